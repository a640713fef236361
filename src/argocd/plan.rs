//! What a sync does: its steps, and what there is to know of the first one and of every later one.

use std::collections::{BTreeSet, HashMap};

use super::annotation;
use super::health::{self, Done};
use super::sync::{self, Key, Phase, Task};
use super::upgrade::{self, names};
use crate::kubernetes::{Definitions, Version};
use crate::resource::Resource;
use crate::tree::Node;

/// The annotation with the command that somebody runs by hand.
const RUN: &str = "strata.dev/run";

/// A sync.
#[derive(Clone, Debug, Default)]
pub struct Plan<'a> {
    /// Everything that is applied, in order.
    pub tasks: Vec<Task<'a>>,
    /// What is no part of a sync, with its hook annotation.
    pub left_out: Vec<(&'a Resource, &'a str)>,
    /// What holds for the first sync into an empty namespace.
    pub first_install: Vec<Note<'a>>,
    /// What holds for a sync over an earlier one: over the one that is known, or over any.
    pub upgrade: Vec<Note<'a>>,
    /// What somebody starts by hand, with the command.
    pub by_hand: Vec<(&'a Resource, &'a str)>,
    /// What an earlier sync applied, where it is known.
    before: Option<HashMap<Key, &'a Resource>>,
    namespace: &'a str,
}

/// Something to know, of one object where it is about one.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    /// The object.
    pub resource: Option<&'a Resource>,
    /// What there is to know, without a final period.
    pub text: String,
}

/// The sync of `resources` into `namespace`.
pub fn of<'a>(resources: &'a [Resource], namespace: &'a str) -> Plan<'a> {
    let tasks = sync::order(resources, namespace);
    let left_out = resources.iter().filter_map(|one| Some((one, sync::left_out(one)?))).collect();
    let by_hand = resources.iter().filter_map(|one| Some((one, annotation(one, RUN)?))).collect();
    let first_install = first_install(resources, &tasks, namespace);
    let upgrade = upgrade::every(&tasks);
    Plan { tasks, left_out, first_install, upgrade, by_hand, before: None, namespace }
}

/// The sync of `resources` into `namespace` over one of `before`.
pub fn over<'a>(resources: &'a [Resource], before: &'a [Resource], namespace: &'a str) -> Plan<'a> {
    let sorted = sync::order_over(resources, before, namespace);
    // In a step what is pruned goes before the rest is applied.
    let steps = sorted.chunk_by(|a, b| a.step() == b.step());
    let tasks: Vec<Task> = steps.flat_map(|step| prunes(step, true).chain(prunes(step, false))).collect();
    let before: HashMap<Key, &Resource> = before.iter().map(|one| (sync::key(one, namespace), one)).collect();
    let upgrade = upgrade::this(&tasks, &before, namespace);
    Plan { tasks, upgrade, first_install: Vec::new(), before: Some(before), ..of(resources, namespace) }
}

fn prunes<'t, 'a>(step: &'t [Task<'a>], prune: bool) -> impl Iterator<Item = Task<'a>> + use<'t, 'a> {
    step.iter().filter(move |task| task.prune == prune).copied()
}

/// What a sync does with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there.
    New,
    /// It is there and becomes another.
    Changed,
    /// It stays as it is.
    Same,
    /// It is taken away.
    Pruned,
    /// It is a hook, which runs in each sync.
    Runs,
}

impl Change {
    /// The word for it; none for what stays as it is.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Same => "",
            Self::Pruned => "pruned",
            Self::Runs => "runs",
        }
    }
}

impl Plan<'_> {
    /// Whether an earlier sync is known.
    pub fn is_over_another(&self) -> bool {
        self.before.is_some()
    }

    /// What becomes of an object; `None` where nothing is known of an earlier sync.
    pub fn change(&self, task: &Task) -> Option<Change> {
        let before = self.before.as_ref()?;
        Some(match before.get(&sync::key(task.resource, self.namespace)) {
            _ if task.prune => Change::Pruned,
            _ if task.hook => Change::Runs,
            None => Change::New,
            Some(was) if was.root == task.resource.root => Change::Same,
            Some(_) => Change::Changed,
        })
    }
}

/// Whether Argo CD waits for a task before it goes on or is done. It waits for every hook, and for all
/// of a step that is not the last. The last step is done at once, unless a hook is in it and there are
/// other steps.
pub fn is_waited_for(task: &Task, tasks: &[Task]) -> bool {
    let regular = |one: &&Task| one.phase != Phase::SyncFail;
    let Some(last) = tasks.iter().rfind(regular) else { return false };
    let step = |one: &Task| (one.phase, one.wave);
    if task.hook || step(task) != step(last) {
        return true;
    }
    let several = tasks.iter().any(|one| step(one) != step(last));
    several && tasks.iter().any(|one| one.hook && step(one) == step(last))
}

fn first_install<'a>(resources: &'a [Resource], tasks: &[Task<'a>], namespace: &str) -> Vec<Note<'a>> {
    let mut notes = Vec::new();
    let note = |text: String| Note { resource: None, text };
    let makes = |one: &Resource| one.kind() == "Namespace" && one.name() == namespace;
    if !namespace.is_empty() && !resources.iter().any(makes) {
        notes.push(note(format!(
            "the namespace `{namespace}` is not part of it: it has to be there, or the Application says `CreateNamespace=true`, as those of `strata argocd apps` do"
        )));
    }
    let foreign = foreign_kinds(resources);
    if !foreign.is_empty() {
        let list: Vec<String> = foreign.iter().map(|kind| format!("`{kind}`")).collect();
        notes.push(note(format!(
            "the cluster has to know {}: else nothing is applied, unless `SkipDryRunOnMissingResource=true` puts the failure off, as in those of `strata argocd apps`",
            list.join(", ")
        )));
    }
    for task in tasks.iter().filter(|task| is_waited_for(task, tasks)) {
        let step = format!("{} {}", task.phase.as_str(), task.wave);
        let text = match (health::of(task.resource), task.resource.kind()) {
            (Done::Never(why), _) => format!("it is never done, for {why}: the sync hangs in {step}"),
            (_, "PersistentVolumeClaim") if !mounted_by(task, tasks) => {
                format!("where volumes wait for their first pod, it stays pending, and the sync hangs in {step}")
            }
            (Done::When(_), "Ingress" | "Service") => {
                format!("where nobody gives it an address, the sync hangs in {step}")
            }
            (_, "HorizontalPodAutoscaler") => {
                format!("it is degraded until the first metrics come, which fails the sync in {step}")
            }
            (Done::WithCheck(_), _) => {
                "without the health check of deploy/argocd/argocd-cm-health.yaml nothing waits for its Secret: \
                 pods stay pending until the operator has made it"
                    .to_owned()
            }
            _ => continue,
        };
        notes.push(Note { resource: Some(task.resource), text });
    }
    notes
}

/// Kinds that are neither built in nor defined by the resources themselves.
pub(super) fn foreign_kinds(resources: &[Resource]) -> BTreeSet<String> {
    let definitions = Definitions::of(Version::NEWEST);
    let text = |one: &Resource, path: &[&str]| one.root.at(path).and_then(Node::as_str).unwrap_or_default().to_owned();
    let own: BTreeSet<(String, String)> = resources
        .iter()
        .filter(|one| one.kind() == "CustomResourceDefinition")
        .map(|one| (text(one, &["spec", "group"]), text(one, &["spec", "names", "kind"])))
        .collect();
    let is_foreign = |one: &&Resource| {
        let gvk = &one.id().gvk;
        // A built-in kind of an older or newer release is no custom one: its group is not a domain.
        gvk.group.contains('.')
            && !gvk.group.ends_with(".k8s.io")
            && definitions.resource(gvk).is_none()
            && !own.contains(&(gvk.group.to_string(), gvk.kind.to_string()))
            || gvk.group == "gateway.networking.k8s.io"
    };
    let shown = |one: &Resource| format!("{}.{}", one.kind(), one.id().gvk.group);
    resources.iter().filter(is_foreign).map(shown).collect()
}

/// Whether a pod of the same step or an earlier one mounts a claim.
fn mounted_by(claim: &Task, tasks: &[Task]) -> bool {
    let before = |one: &&Task| (one.phase, one.wave) <= (claim.phase, claim.wave);
    tasks.iter().filter(before).any(|one| {
        let pod = one.resource.pod_template();
        pod.is_some_and(|pod| names(pod, &["persistentVolumeClaim"], "claimName").contains(claim.resource.name()))
    })
}
