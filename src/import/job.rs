//! Jobs as fields of an application: those that are hooks of Argo CD, as all of the model are.

use super::container::put;
use super::plan::{Facts, Plan};
use super::workload::{Workload, is_usual, metadata, pod};
use super::{Names, here, text};
use crate::tree::{Map, Node};

const HOOK: &str = "argocd.argoproj.io/hook";
const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";

/// The word for when a Job runs, or what stands against it and where.
pub(super) fn phase(root: &Node) -> Result<&'static str, (&'static str, String)> {
    let annotation = |key: &str| text(root, &["metadata", "annotations", key]);
    let at = |key: &str| match annotation(key) {
        Some(_) => format!("/metadata/annotations/{}", key.replace('/', "~1")),
        None => "/kind".to_owned(),
    };
    let word = match annotation(HOOK) {
        Some("Sync") => "withRollout",
        Some("PostSync") => "afterSync",
        Some(_) => return Err(("Jobs of the model are hooks of the phases Sync and PostSync", at(HOOK))),
        None => return Err(("Jobs of the model are hooks of Argo CD, and this one is none", at(HOOK))),
    };
    match annotation(HOOK_DELETE_POLICY) {
        None | Some("BeforeHookCreation") => Ok(word),
        Some(_) => Err(("Jobs of the model stay until the next sync", at(HOOK_DELETE_POLICY))),
    }
}

/// A Job as an entry of `jobs`.
pub(super) fn job(plan: &Plan, workload: &Workload, facts: &Facts, names: &mut Names) -> Node {
    let Workload { name, root, .. } = workload;
    let none = Node::map(here());
    let spec = root.get("spec").unwrap_or(&none);
    let mut map = Map::default();
    put(&mut map, "name", (!is_usual(workload, &plan.app)).then(|| Node::string(*name, here())));
    put(&mut map, "run", phase(root).ok().filter(|word| *word != "withRollout"));
    for field in ["backoffLimit", "activeDeadlineSeconds"] {
        put(&mut map, field, spec.get(field).cloned());
    }
    pod(&mut map, root, names);
    metadata(&mut map, root, facts);
    // What makes it a hook is said by `run`.
    if let Some(mut annotations) = map.get("annotations").and_then(Node::as_map).cloned() {
        annotations.retain(|entry| ![HOOK, HOOK_DELETE_POLICY].contains(&entry.key.as_str()));
        match super::container::filled(annotations) {
            Some(annotations) => _ = map.insert("annotations", annotations),
            None => _ = map.remove("annotations"),
        }
    }
    Node::new(map, here())
}
