//! What runs: the workloads of an application by their names, and when they run.

use ecow::EcoString;

use super::Composer;
use super::text::literal;
use crate::app::{ClaimTemplate, Container, JobPurpose, Pod, Service, StatefulSet};
use crate::resource::Resource;
use crate::tree::{Node, Spanned, Text};

/// A workload that a Compose file has services for.
pub(super) struct Workload<'a> {
    /// The kind of its object.
    pub kind: &'static str,
    /// The name of its object as lowered.
    pub name: &'a Text,
    /// The name of its service.
    pub service: EcoString,
    /// Its pods.
    pub pod: &'a Pod,
    /// When it runs.
    pub role: Role,
    /// The components that come before it.
    pub after: &'a [Text],
    /// How many run.
    pub replicas: Option<Spanned<u32>>,
    /// The Service in front of it.
    pub front: Option<&'a Service>,
    /// The volumes that each of its pods gets.
    pub claims: &'a [ClaimTemplate],
}

/// When a workload runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// All the time.
    Serves,
    /// All the time, for the others: a backing service.
    Backs,
    /// Once, when the project comes up.
    Once(JobPurpose),
    /// When somebody starts it.
    ByHand,
}

impl<'a> Composer<'a> {
    /// All workloads that are among the final resources, in the order of the application.
    pub(super) fn workloads(&self) -> Vec<Workload<'a>> {
        let app = self.app;
        let deployments = app.deployments.iter().map(|one| Workload {
            replicas: one.replicas,
            front: one.service.as_ref(),
            after: &one.after,
            ..workload("Deployment", &one.name, &one.pod, Role::Serves)
        });
        // What proves something to Argo CD has nobody to tell it to here.
        let jobs = app.jobs.iter().filter(|job| !job.purpose.is_proof());
        let jobs = jobs
            .map(|job| Workload { after: &job.after, ..workload("Job", &job.name, &job.pod, Role::Once(job.purpose)) });
        let cron_jobs = app.cron_jobs.iter().map(|one| workload("CronJob", &one.name, &one.pod, Role::ByHand));
        let bundled = app.bundled.iter().map(|one| stateful(&one.stateful_set, Role::Backs));
        let own = app.stateful_sets.iter().map(|one| stateful(one, Role::Serves));
        let all = bundled.chain(jobs).chain(own).chain(deployments).chain(cron_jobs);
        all.filter_map(|workload| {
            Some(Workload { service: self.final_name(workload.kind, workload.name)?, ..workload })
        })
        .collect()
    }

    /// The object that was lowered with this name, as all layers leave it; `None` when it was removed.
    pub(super) fn object(&self, kind: &str, name: &str) -> Option<&'a Resource> {
        let resources = self.given.resources;
        let found = resources.find_by_any_name(kind, name).iter().map(|index| resources.get(*index));
        found.into_iter().find(|resource| resource.original_id().name == *name)
    }

    /// The name that an object has in the end.
    pub(super) fn final_name(&self, kind: &str, name: &str) -> Option<EcoString> {
        self.object(kind, name).map(|resource| resource.name().into())
    }

    /// The image of a container as the final resources have it.
    pub(super) fn image(&self, workload: &Workload<'_>, container: &Container) -> Node {
        let spec = self.object(workload.kind, workload.name).and_then(|object| object.pod_template()?.get("spec"));
        let lists = ["containers", "initContainers"].into_iter().filter_map(|key| spec?.get(key));
        let named = |node: &&Node| node.get("name").and_then(Node::as_str) == Some(container.name.as_str());
        let image = lists.flat_map(Node::items).filter(named).find_map(|node| node.get("image")).cloned();
        image.unwrap_or_else(|| Node::string(container.image.value.clone(), container.image.origin))
    }

    /// A text of a ConfigMap as the final resources have it.
    pub(super) fn config_text(&self, map: &str, key: &str) -> Option<Node> {
        let node = self.object("ConfigMap", map)?.root.at(&["data", key])?;
        Some(Node::string(literal(node.as_str()?), node.origin()))
    }
}

fn workload<'a>(kind: &'static str, name: &'a Text, pod: &'a Pod, role: Role) -> Workload<'a> {
    Workload { kind, name, service: EcoString::new(), pod, role, after: &[], replicas: None, front: None, claims: &[] }
}

fn stateful(set: &StatefulSet, role: Role) -> Workload<'_> {
    Workload {
        replicas: set.replicas,
        front: Some(set.service.as_ref().unwrap_or(&set.governing)),
        claims: &set.claim_templates,
        ..workload("StatefulSet", &set.name, &set.pod, role)
    }
}
