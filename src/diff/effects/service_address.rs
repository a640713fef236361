//! The address of a Service is given once.

use super::{Case, Effect, Found, Rule, text};

pub(super) const RULE: Rule = Rule {
    name: "service-address",
    effect: Effect::Recreate,
    text: "`clusterIP` of a Service changes: to `None`, from `None` or to another address; one that is not written any more is kept, `None` too",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/#headless-services, `ValidateServiceUpdate` in kubernetes/pkg/apis/core/validation and `patchAllocatedValues` in kubernetes/pkg/registry/core/service/storage",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["Service"])) else { return };
    let named = |root| text(root, &["spec", "type"]) == "ExternalName";
    let (before, after) = (text(old, &["spec", "clusterIP"]), text(new, &["spec", "clusterIP"]));
    if before == after || named(old) || named(new) {
        return;
    }
    let reason: String = match (before, after) {
        // What is not written any more is kept; of an address nobody notices.
        ("None", "") => {
            "`spec.clusterIP` is kept: the Service stays headless until it is deleted and made again".into()
        }
        (_, "") => return,
        ("", after) => format!("`spec.clusterIP` is immutable: an address of the cluster's choice becomes `{after}`"),
        (before, after) => format!("`spec.clusterIP` is immutable: `{before}` becomes `{after}`"),
    };
    found.push(reason, Some("spec.clusterIP".into()));
}
