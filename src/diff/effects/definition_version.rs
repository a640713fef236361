//! The versions that a custom resource definition serves.

use super::{Case, Effect, Found, Rule, is_true, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "definition-version",
    effect: Effect::Availability,
    text: "a version of a CustomResourceDefinition goes or is not served any more",
    source: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#upgrade-existing-objects-to-a-new-stored-version",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let is_definition = case.is("apiextensions.k8s.io", &["CustomResourceDefinition"]);
    let Some((old, new)) = case.both().filter(|_| is_definition) else { return };
    let now: Vec<&Node> = versions(new).collect();
    for version in versions(old) {
        let name = text(version, &["name"]);
        let path = format!("spec.versions[{name}]");
        match now.iter().find(|other| text(other, &["name"]) == name) {
            None => found.push(
                format!(
                    "`{name}` goes: who asks for it gets nothing, and while objects are stored so, the API refuses it"
                ),
                Some(path),
            ),
            Some(now) if is_true(version, &["served"]) && !is_true(now, &["served"]) => {
                found.push(format!("`{name}` is not served any more"), Some(path + ".served"));
            }
            Some(_) => {}
        }
    }
}

fn versions(root: &Node) -> impl Iterator<Item = &Node> {
    root.at(&["spec", "versions"]).into_iter().flat_map(Node::items)
}
