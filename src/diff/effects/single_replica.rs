//! One pod alone is nothing to fall back on.

use super::{Case, Effect, Found, Rule, replicas};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "single-replica",
    effect: Effect::Availability,
    text: "`replicas` sinks to 1",
    source: "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#dealing-with-disruptions",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    if is_scaled(new) && replicas(old) > 1 && replicas(new) == 1 {
        let reason = format!("from {} to 1 replica: nothing answers while its pod is replaced", replicas(old));
        found.push(reason, Some("spec.replicas".into()));
    }
}

fn is_scaled(root: &Node) -> bool {
    root.at(&["spec", "replicas"]).is_some_and(|count| count.as_i64().is_some())
}
