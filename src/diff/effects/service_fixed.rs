//! What a Service is given once beside its address.

use super::{Case, Effect, Found, Rule, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "service-fixed",
    effect: Effect::Recreate,
    text: "the `loadBalancerClass` of a LoadBalancer comes, goes or changes, its `healthCheckNodePort` changes, or the first of the `ipFamilies` of a Service that is not headless does",
    source: "`ValidateServiceUpdate` in kubernetes/pkg/apis/core/validation and https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-class",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["Service"])) else { return };
    let both = |keys: &[&str], value: &str| [old, new].iter().all(|root| text(root, keys) == value);
    let neither = |keys: &[&str], value: &str| [old, new].iter().all(|root| text(root, keys) != value);
    let is_balanced = both(&["spec", "type"], "LoadBalancer");
    let is_checked = is_balanced && both(&["spec", "externalTrafficPolicy"], "Local");
    let has_address = neither(&["spec", "clusterIP"], "None") && neither(&["spec", "type"], "ExternalName");
    // A port or family that is not written is given by the cluster, and kept.
    let class = is_balanced && values("loadBalancerClass", old, new).is_some();
    let port = is_checked && matches!(values("healthCheckNodePort", old, new), Some((Some(_), Some(_))));
    let family = has_address && matches!(values("ipFamilies", old, new), Some((Some(_), Some(_))));
    for (path, is_refused) in
        [("spec.loadBalancerClass", class), ("spec.healthCheckNodePort", port), ("spec.ipFamilies", family)]
    {
        if is_refused {
            let reason = format!("`{path}` is immutable: the Service is to be deleted and made again");
            found.push(reason, Some(path.into()));
        }
    }
}

/// A field before and now, of a list its first item; `None` when they are the same.
fn values<'n>(key: &str, old: &'n Node, new: &'n Node) -> Option<(Option<&'n Node>, Option<&'n Node>)> {
    let value = |root: &'n Node| root.at(&["spec", key]).map(|value| value.items().next().unwrap_or(value));
    Some((value(old), value(new))).filter(|(before, after)| before != after)
}
