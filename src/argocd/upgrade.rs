//! What a sync over an earlier one does: what it deletes, replaces and prunes, and what that does to
//! pods that run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::has_option;
use super::plan::Note;
use super::sync::{self, Key, Phase, Task};
use crate::resource::{Resource, pod_template_path};
use crate::tree::{Node, Value};

/// What holds for every later sync.
pub(super) fn every<'a>(tasks: &[Task<'a>]) -> Vec<Note<'a>> {
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

/// What holds for the sync over `before`, by what an object was there.
pub(super) fn this<'a>(tasks: &[Task<'a>], before: &HashMap<Key, &'a Resource>, namespace: &str) -> Vec<Note<'a>> {
    let mut notes = Vec::new();
    let last_applied = tasks.iter().filter(|one| !one.prune && one.phase == Phase::Sync).map(Task::step).max();
    if tasks.iter().any(|one| one.prune && Some(one.step()) > last_applied) {
        let text = "the last step prunes, so the sync waits for all steps before it";
        notes.push(Note { resource: None, text: text.to_owned() });
    }
    let users = users_of_config(tasks);
    let old_users = users_in(before.values().copied());
    for task in unique(tasks) {
        let one = task.resource;
        let was = before.get(&sync::key(one, namespace));
        let texts = match was {
            _ if task.prune => vec![of_gone(task, tasks, &old_users, namespace), gone_with(one), confirmed(one)],
            Some(was) if was.root == one.root && !task.hook => continue,
            Some(_) => vec![of_hook(task), of_job(task), of_config(task, &users), of_rollout(one)],
            None => vec![of_source(one)],
        };
        notes.extend(texts.into_iter().flatten().map(|text| Note { resource: Some(one), text }));
    }
    notes
}

/// What pods that run lose with a ConfigMap or Secret that is pruned.
fn of_gone(
    task: &Task,
    tasks: &[Task],
    users: &BTreeMap<(String, String), Vec<&Resource>>,
    namespace: &str,
) -> Option<String> {
    let used = users.get(&(task.resource.kind().to_owned(), task.resource.name().to_owned()))?;
    let replaced = |user: &&Resource| {
        let key = sync::key(user, namespace);
        tasks.iter().find(|one| !one.hook && sync::key(one.resource, namespace) == key)
    };
    let says = |user: &&Resource| {
        let name = format!("`{}`", user.id());
        match replaced(user) {
            None => return None,
            Some(one) if one.prune && one.step() <= task.step() => return None,
            Some(one) if one.step() < task.step() => format!("{name} has new pods by then"),
            Some(one) => format!(
                "{name} has its old pods until {} {}: one that restarts before cannot start",
                one.phase.as_str(),
                one.wave
            ),
        }
        .into()
    };
    let words: Vec<String> = used.iter().filter_map(says).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// What goes along with an object.
fn gone_with(resource: &Resource) -> Option<String> {
    if has_option(resource, "Prune=false") {
        return Some("it stays, for it says `Prune=false`".to_owned());
    }
    let text = match resource.kind() {
        "Namespace" => "all that is in it goes",
        "PersistentVolumeClaim" => "its data goes, where its volume is not retained",
        "CustomResourceDefinition" => "all objects of its kind go, in all namespaces",
        "StatefulSet" => "its pods stop; its claims stay",
        _ if pod_template_path(resource.kind()).is_some() => "its pods stop",
        _ => return None,
    };
    Some(text.to_owned())
}

fn confirmed(resource: &Resource) -> Option<String> {
    has_option(resource, "Prune=confirm").then(|| "the sync waits until somebody confirms that it is pruned".to_owned())
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
    for task in unique(tasks).filter(|task| !task.prune) {
        config_of(task.resource).into_iter().for_each(|config| users.entry(config).or_default().push(task));
    }
    users
}

/// The resources whose pods name a ConfigMap or Secret, by its kind and name.
fn users_in<'a>(resources: impl Iterator<Item = &'a Resource>) -> BTreeMap<(String, String), Vec<&'a Resource>> {
    let mut users: BTreeMap<(String, String), Vec<&Resource>> = BTreeMap::new();
    for resource in resources {
        config_of(resource).into_iter().for_each(|config| users.entry(config).or_default().push(resource));
    }
    users.values_mut().for_each(|users| users.sort_by(|a, b| a.id().cmp(b.id())));
    users
}

/// Kind and name of the ConfigMaps and Secrets that the pods of a resource name.
fn config_of(resource: &Resource) -> BTreeSet<(String, String)> {
    let pod = pod_template_path(resource.kind()).and_then(|_| resource.pod_template());
    let Some(pod) = pod else { return BTreeSet::new() };
    let config = names(pod, &["configMap", "configMapRef", "configMapKeyRef"], "name");
    let keys = names(pod, &["secretRef", "secretKeyRef"], "name");
    let files = names(pod, &["secret"], "secretName");
    let secrets = keys.into_iter().chain(files).map(|name| ("Secret".to_owned(), name));
    config.into_iter().map(|name| ("ConfigMap".to_owned(), name)).chain(secrets).collect()
}

/// The texts under `key` of all mappings below `node` that stand under one of `parents`.
pub(super) fn names(node: &Node, parents: &[&str], key: &str) -> BTreeSet<String> {
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
