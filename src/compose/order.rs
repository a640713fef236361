//! What starts after what.

use ecow::EcoString;

use super::Composer;
use super::rules::ORDER;
use super::workload::{Role, Workload};
use crate::app::JobPurpose;
use crate::object;
use crate::tree::{Map, Node};

/// What must be true of a service before another one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Started,
    Healthy,
    Completed,
}

impl Condition {
    fn as_str(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}

impl Composer<'_> {
    /// The services that a workload starts after: bundled services and their databases before
    /// everything else, then migrations and jobs by their turn, then what serves, by its `after`.
    pub(super) fn before(workload: &Workload<'_>, all: &[Workload<'_>]) -> Vec<(EcoString, Condition)> {
        let comes_before = |other: &&Workload<'_>| match (other.role, workload.role) {
            (_, Role::Backs) => false,
            _ if workload.after.contains(&other.pod.component) => true,
            (Role::Backs, _) => true,
            (Role::Once(JobPurpose::Databases | JobPurpose::Migration), Role::Serves | Role::ByHand) => true,
            (Role::Once(other), Role::Once(own)) => rank(other) < rank(own),
            (Role::Once(JobPurpose::BeforeRollout), Role::Serves) => true,
            (Role::Serves, Role::Once(own)) => own == JobPurpose::AfterSync,
            _ => false,
        };
        all.iter().filter(comes_before).map(|other| (other.service.clone(), condition(other))).collect()
    }

    /// `depends_on` of these services.
    pub(super) fn depends_on(&mut self, before: &[(EcoString, Condition)]) -> Option<Node> {
        let origin = self.rule(&ORDER);
        let mut map = Map::default();
        for (service, condition) in before {
            map.push(service.clone(), origin, object! { origin; "condition": condition.as_str() });
        }
        (!map.is_empty()).then(|| Node::new(map, origin))
    }
}

/// What others wait for.
fn condition(workload: &Workload<'_>) -> Condition {
    let main = &workload.pod.main;
    let asked = main.readiness.is_some() || main.liveness.is_some() || main.startup.is_some();
    match workload.role {
        Role::Once(_) => Condition::Completed,
        _ if asked => Condition::Healthy,
        _ => Condition::Started,
    }
}

/// The place of a job among those that run once.
fn rank(purpose: JobPurpose) -> u8 {
    match purpose {
        JobPurpose::VerifySecrets | JobPurpose::VerifyDependencies | JobPurpose::Databases => 0,
        JobPurpose::Migration => 1,
        JobPurpose::BeforeRollout => 2,
        JobPurpose::WithRollout => 3,
        JobPurpose::AfterSync | JobPurpose::VerifyRollout => 4,
    }
}
