//! What is not reached from outside any more.

use super::exposure::doors;
use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "unreachable",
    effect: Effect::Availability,
    text: "an Ingress, HTTPRoute or IngressRoute loses a host or path, or an Ingress gets another class",
    source: "https://kubernetes.io/docs/concepts/services-networking/ingress/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    let now = doors(case.kind, new);
    for door in doors(case.kind, old).into_iter().filter(|door| !now.contains(door)) {
        found.push(format!("`{door}` is not reached any more"), Some("spec".into()));
    }
    if case.is("networking.k8s.io", &["Ingress"]) && case.below(&["spec", "ingressClassName"]).next().is_some() {
        found.push("another controller serves it", Some("spec.ingressClassName".into()));
    }
}
