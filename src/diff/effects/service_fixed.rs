//! What a Service is given once beside its address.

use super::{Case, Effect, Found, Rule};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "service-fixed",
    effect: Effect::Recreate,
    text: "the first of `ipFamilies`, `loadBalancerClass` or `healthCheckNodePort` of a Service changes",
    source: "`ValidateServiceUpdate` in kubernetes/pkg/apis/core/validation and https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-class",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["Service"])) else { return };
    for (keys, path) in [
        (&["spec", "loadBalancerClass"][..], "spec.loadBalancerClass"),
        (&["spec", "healthCheckNodePort"], "spec.healthCheckNodePort"),
        (&["spec", "ipFamilies"], "spec.ipFamilies"),
    ] {
        let value = |root: &Node| -> Option<Node> {
            let value = root.at(keys)?;
            Some(value.items().next().unwrap_or(value).clone())
        };
        // A value that is not written any more is kept.
        let (Some(before), Some(after)) = (value(old), value(new)) else { continue };
        if before != after {
            found
                .push(format!("`{path}` is immutable: the Service is to be deleted and made again"), Some(path.into()));
        }
    }
}
