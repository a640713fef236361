//! Who has a say when an object is deleted.

use super::{Case, Effect, Found, Rule};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "finalizer",
    effect: Effect::Configuration,
    text: "a finalizer comes or goes",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    let (before, after) = (finalizers(old), finalizers(new));
    for one in after.iter().filter(|one| !before.contains(one)) {
        found.push(format!("when it is deleted, it stays until `{one}` is done"), Some("metadata.finalizers".into()));
    }
    for one in before.iter().filter(|one| !after.contains(one)) {
        let reason = format!("when it is deleted, nobody waits for `{one}`: what that cleans up may stay");
        found.push(reason, Some("metadata.finalizers".into()));
    }
}

fn finalizers(root: &Node) -> Vec<&str> {
    root.at(&["metadata", "finalizers"]).into_iter().flat_map(Node::items).filter_map(Node::as_str).collect()
}
