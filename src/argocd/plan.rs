//! What a sync does: its steps, and what there is to know of the first one and of every later one.

use std::collections::{BTreeMap, BTreeSet};

use super::health::{self, Done};
use super::sync::{self, Phase, Task};
use super::{annotation, has_option};
use crate::kubernetes::{Definitions, Version};
use crate::resource::{Resource, pod_template_path};
use crate::tree::{Node, Value};

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
    /// What holds for a sync over an earlier one.
    pub upgrade: Vec<Note<'a>>,
    /// What somebody starts by hand, with the command.
    pub by_hand: Vec<(&'a Resource, &'a str)>,
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
    let upgrade = upgrade(&tasks);
    Plan { tasks, left_out, first_install, upgrade, by_hand }
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
            "the namespace `{namespace}` is not part of it: it has to be there, or the Application says `CreateNamespace=true`"
        )));
    }
    let foreign = foreign_kinds(resources);
    if !foreign.is_empty() {
        let list: Vec<String> = foreign.iter().map(|kind| format!("`{kind}`")).collect();
        notes.push(note(format!(
            "the cluster has to know {}: else nothing is applied, unless `SkipDryRunOnMissingResource=true` puts the failure off",
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

fn upgrade<'a>(tasks: &[Task<'a>]) -> Vec<Note<'a>> {
    let mut notes = vec![Note {
        resource: None,
        text: "what is no longer rendered is pruned, if the Application prunes, in the mirrored order of its waves: \
               what was applied last goes first"
            .to_owned(),
    }];
    let users = users_of_config(tasks);
    for task in unique(tasks) {
        let one = task.resource;
        let texts =
            [of_hook(task), of_job(task), of_config(task, &users), of_source(one), of_rollout(one), of_prune(one)];
        notes.extend(texts.into_iter().flatten().map(|text| Note { resource: Some(task.resource), text }));
    }
    notes
}

/// The first task of each object: a hook may have several phases.
fn unique<'t, 'a>(tasks: &'t [Task<'a>]) -> impl Iterator<Item = &'t Task<'a>> {
    let mut seen = BTreeSet::new();
    tasks.iter().filter(move |task| seen.insert(task.resource.id()))
}

fn of_hook(task: &Task) -> Option<String> {
    if !task.hook {
        return None;
    }
    let says = |policy| match policy {
        "BeforeHookCreation" => "the one of the last sync is deleted before it is made anew",
        "HookSucceeded" => "it is deleted once it has succeeded",
        _ => "it is deleted once it has failed",
    };
    let words: Vec<&str> = sync::delete_policies(task.resource).into_iter().map(says).collect();
    Some(words.join("; "))
}

fn of_job(task: &Task) -> Option<String> {
    if task.hook || task.resource.kind() != "Job" {
        return None;
    }
    let replaced = ["Replace=true", "Force=true"].iter().all(|option| has_option(task.resource, option));
    Some(match replaced {
        true => "it is deleted and made anew when it changes".to_owned(),
        false => "its pods cannot change: a sync that changes them fails".to_owned(),
    })
}

/// What becomes of a ConfigMap or Secret, and what that does to pods that run.
fn of_config(task: &Task, users: &BTreeMap<(String, String), Vec<&Task>>) -> Option<String> {
    let resource = task.resource;
    if task.hook || !matches!(resource.kind(), "ConfigMap" | "Secret") {
        return None;
    }
    let used = users.get(&(resource.kind().to_owned(), resource.name().to_owned()))?;
    let pods: Vec<String> = used.iter().map(|user| format!("`{}`", user.resource.id())).collect();
    let pods = pods.join(", ");
    if is_hashed(resource) {
        return Some(match has_option(resource, "PruneLast=true") {
            true => format!(
                "a change gives it a new name; the old one is pruned after the last wave, so old pods of {pods} keep it until then"
            ),
            false => format!(
                "a change gives it a new name, and the old one is pruned before the rollout: an old pod of {pods} that restarts then cannot start"
            ),
        });
    }
    let later = used.iter().any(|user| (user.phase, user.wave) > (task.phase, task.wave));
    later.then(|| format!("it changes in place, before {pods}: an old pod that restarts in between reads the new one"))
}

/// Whether the name ends with a hash of the content: an earlier name, a dash and ten characters.
fn is_hashed(resource: &Resource) -> bool {
    let hash = |earlier: &str| resource.name().strip_prefix(earlier)?.strip_prefix('-').map(str::len);
    resource.every_id().any(|id| hash(&id.name) == Some(10))
}

/// What an operator makes a Secret of.
fn of_source(resource: &Resource) -> Option<String> {
    let kinds = ["InfisicalSecret", "InfisicalStaticSecret", "ExternalSecret"];
    kinds.contains(&resource.kind()).then(|| {
        "what changed at the provider is in its Secret only once the operator has synced: what comes later may \
         still read the old one"
            .to_owned()
    })
}

fn of_rollout(resource: &Resource) -> Option<String> {
    let strategy = resource.root.at(&["spec", "strategy", "type"]).and_then(Node::as_str);
    match (resource.kind(), strategy) {
        ("Deployment", Some("Recreate")) => Some("all old pods stop before the first new one starts".to_owned()),
        ("StatefulSet", _) => {
            Some("its pods are replaced one by one, from the last; its claims cannot change".to_owned())
        }
        _ => None,
    }
}

fn of_prune(resource: &Resource) -> Option<String> {
    has_option(resource, "Prune=false").then(|| "it stays when it is no longer rendered".to_owned())
}

/// The tasks whose pods name a ConfigMap or Secret, by its kind and name.
fn users_of_config<'t, 'a>(tasks: &'t [Task<'a>]) -> BTreeMap<(String, String), Vec<&'t Task<'a>>> {
    let mut users: BTreeMap<(String, String), Vec<&Task>> = BTreeMap::new();
    for task in unique(tasks).filter(|task| pod_template_path(task.resource.kind()).is_some()) {
        let Some(pod) = task.resource.pod_template() else { continue };
        let config = names(pod, &["configMap", "configMapRef", "configMapKeyRef"], "name");
        let keys = names(pod, &["secretRef", "secretKeyRef"], "name");
        let files = names(pod, &["secret"], "secretName");
        let secrets = keys.into_iter().chain(files).map(|name| ("Secret", name));
        let all: BTreeSet<(&str, String)> = config.into_iter().map(|name| ("ConfigMap", name)).chain(secrets).collect();
        for (kind, name) in all {
            users.entry((kind.to_owned(), name)).or_default().push(task);
        }
    }
    users
}

/// The texts under `key` of all mappings below `node` that stand under one of `parents`.
fn names(node: &Node, parents: &[&str], key: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match node.value() {
            Value::Map(map) => {
                for entry in map.iter() {
                    if parents.contains(&entry.key.as_str()) {
                        found.extend(entry.node.get(key).and_then(Node::as_str).map(str::to_owned));
                    }
                    open.push(&entry.node);
                }
            }
            Value::Seq(items) => open.extend(items.iter()),
            _ => {}
        }
    }
    found
}
