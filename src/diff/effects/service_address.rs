//! The address of a Service is given once.

use super::{Case, Effect, Found, Rule, text};

pub(super) const RULE: Rule = Rule {
    name: "service-address",
    effect: Effect::Recreate,
    text: "`clusterIP` of a Service changes: to or from `None`, or to another address",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/#headless-services and `ValidateServiceUpdate` in kubernetes/pkg/apis/core/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["Service"])) else { return };
    let named = |root| text(root, &["spec", "type"]) == "ExternalName";
    let (before, after) = (text(old, &["spec", "clusterIP"]), text(new, &["spec", "clusterIP"]));
    // An address that is not written any more is kept.
    let kept = after.is_empty() && before != "None";
    if before != after && !kept && !named(old) && !named(new) {
        let shown = |address: &str| {
            if address.is_empty() { "an address of the cluster's choice".into() } else { format!("`{address}`") }
        };
        let reason = format!("`spec.clusterIP` is immutable: {} becomes {}", shown(before), shown(after));
        found.push(reason, Some("spec.clusterIP".into()));
    }
}
