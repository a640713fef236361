//! Nothing runs any more.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "scaled-to-zero",
    effect: Effect::ScaledToZero,
    text: "`replicas` becomes 0",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#scaling-a-deployment",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    let replicas = |root: &crate::tree::Node| root.at(&["spec", "replicas"]).and_then(crate::tree::Node::as_i64);
    if replicas(new) == Some(0) && replicas(old) != Some(0) {
        let before = replicas(old).map_or("1".to_owned(), |number| number.to_string());
        found.push(format!("`spec.replicas` goes from {before} to 0"), Some("spec.replicas".into()));
    }
}
