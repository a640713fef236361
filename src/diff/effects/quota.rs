//! How much may be asked for in a namespace.

use super::{Case, Effect, Found, Rule};
use crate::names::compare_quantities;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "quota",
    effect: Effect::Availability,
    text: "a ResourceQuota permits less, or the limits of a LimitRange change",
    source: "https://kubernetes.io/docs/concepts/policy/resource-quotas/ and https://kubernetes.io/docs/concepts/policy/limit-range/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    if case.is("", &["LimitRange"]) {
        if let Some(field) = case.below(&["spec", "limits"]).next() {
            found.push("pods that are made anew get other limits, or are refused", Some(field.shown_path()));
        }
        return;
    }
    if !case.is("", &["ResourceQuota"]) {
        return;
    }
    for entry in new.at(&["spec", "hard"]).into_iter().flat_map(Node::entries) {
        let amount = |node: &Node| node.scalar_text().map(|text| text.to_string());
        let now = amount(&entry.node).unwrap_or_default();
        let before = old.at(&["spec", "hard", &entry.key]).and_then(amount);
        let is_less = match &before {
            None => true,
            Some(before) => compare_quantities(before, &now) == Some(std::cmp::Ordering::Greater),
        };
        if is_less {
            let from = before.map_or("no bound".to_owned(), |before| format!("`{before}`"));
            let reason = format!("`{}` sinks from {from} to `{now}`: pods beyond it are not made", entry.key);
            found.push(reason, Some(format!("spec.hard[{:?}]", entry.key)));
        }
    }
}
