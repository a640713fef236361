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
        let rules = |root: &Node| -> Vec<Node> {
            root.at(&["spec", direction]).map(|rules| rules.items().cloned().collect()).unwrap_or_default()
        };
        let before = rules(old);
        if rules(new).iter().any(|rule| !before.contains(rule)) {
            found.push(format!("`{direction}` permits something else or more"), Some(format!("spec.{direction}")));
        }
    }
    if let Some(field) = case.below(&["spec", "podSelector"]).next() {
        found.push("it is about other pods", Some(field.shown_path()));
    }
}
