//! Who may reach whom in the cluster.

use super::{Case, Effect, Found, Rule};
use crate::diff::Change;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "network-policy",
    effect: Effect::Security,
    text: "a NetworkPolicy goes or permits more",
    source: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !["NetworkPolicy", "CiliumNetworkPolicy"].contains(&case.kind) {
        return;
    }
    if case.object.change == Change::Removed {
        return found.push("without it, its pods are reached by and reach whatever no other policy is about", None);
    }
    let Some((old, new)) = case.both() else { return };
    for direction in ["ingress", "egress"] {
        let before = rules(old, direction);
        if rules(new, direction).iter().any(|rule| !before.iter().any(|known| covers(known, rule))) {
            found.push(format!("`{direction}` permits something else or more"), Some(format!("spec.{direction}")));
        }
    }
    if let Some(field) = case.below(&["spec", "podSelector"]).next() {
        found.push("it is about other pods", Some(field.shown_path()));
    }
}

/// What a policy permits in a direction.
pub(super) fn rules<'n>(root: &'n Node, direction: &str) -> Vec<&'n Node> {
    root.at(&["spec", direction]).into_iter().flat_map(Node::items).collect()
}

/// Whether a rule permits all that another one does: each of its lists is left out, or has all that the
/// other one's has.
pub(super) fn covers(known: &Node, rule: &Node) -> bool {
    let items = |node: Option<&Node>| -> Vec<Node> { node.into_iter().flat_map(Node::items).cloned().collect() };
    known == rule
        || known.as_map().is_some()
            && known.entries().all(|entry| {
                let (wide, narrow) = (items(Some(&entry.node)), items(rule.get(&entry.key)));
                wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|item| wide.contains(item))
            })
}
