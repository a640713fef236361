//! What is worth a try.

use std::collections::BTreeSet;

use ecow::{EcoString, eco_format};

use super::app::service_of;
use super::plan::Plan;
use super::workload::{interpolates, is_group};
use super::{Choice, Subject, scaling};

impl Plan {
    /// Groups of objects that are worth a try as fields: first ConfigMaps, then Deployments with
    /// their Services, then without, what stands beside a Deployment, and CronJobs.
    pub fn candidates(&self) -> Vec<Vec<usize>> {
        let plain = |index: &usize| {
            let subject = &self.subjects[*index];
            !subject.base.iter().chain(subject.built.iter().flatten()).any(interpolates)
        };
        let whole = |index: &usize| self.subjects[*index].base.is_some() && plain(index);
        let mut found: Vec<Vec<usize>> = self
            .of_kind("", "ConfigMap")
            .filter(|index| whole(index) && self.subjects[*index].base.as_ref().is_some_and(is_group))
            .map(|index| vec![index])
            .collect();
        for index in self.of_kind("apps", "Deployment").filter(whole) {
            let all: Choice =
                Choice { typed: self.of_kind("", "Service").filter(whole).collect(), ..Choice::default() };
            let base = self.subjects[index].base.as_ref();
            let service = base.and_then(|root| service_of(self, &all, root, None));
            found.extend(service.map(|(service, _)| vec![index, service]));
            found.push(vec![index]);
        }
        // One that an environment alone has is a field of its layer.
        for (group, kind) in scaling::KINDS {
            found.extend(self.of_kind(group, kind).filter(plain).map(|index| vec![index]));
        }
        found.extend(self.of_kind("batch", "CronJob").filter(whole).map(|index| vec![index]));
        found
    }

    /// The Deployment whose fields say this object, when it is of such a kind; `Some(None)` when
    /// there is no such Deployment.
    pub fn belongs_to(&self, index: usize) -> Option<Option<usize>> {
        let subject = &self.subjects[index];
        let is_kind = scaling::KINDS.contains(&(subject.group.as_str(), subject.kind.as_str()));
        is_kind.then(|| scaling::deployment_of(self, index))
    }

    /// The objects that must be manifests of each environment: what Strata would take for an
    /// interpolation cannot stand in a patch, nor can the values of a Secret, and a hash is another
    /// one everywhere.
    pub fn own(&self) -> BTreeSet<usize> {
        let own = |(index, subject): (usize, &Subject)| {
            let mut roots = subject.base.iter().chain(subject.built.iter().flatten());
            (subject.hashed || subject.kind == "Secret" || roots.any(interpolates)).then_some(index)
        };
        self.subjects.iter().enumerate().filter_map(own).collect()
    }

    /// The name of an object in messages, such as `Deployment/web`.
    pub fn name(&self, index: usize) -> EcoString {
        eco_format!("{}", self.subjects[index])
    }
}
