//! Who may not reach whom any more.

use super::network_policy::{covers, rules};
use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "network-narrowed",
    effect: Effect::Availability,
    text: "a NetworkPolicy permits less, or a new one is about pods that were there before",
    source: "https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !["NetworkPolicy", "CiliumNetworkPolicy"].contains(&case.kind) {
        return;
    }
    let Some(new) = case.new else { return };
    let Some(old) = case.old else {
        let selector = new.at(&["spec", "podSelector"]);
        let namespace = case.object.new.map(|policy| policy.id().namespace.clone()).unwrap_or_default();
        let about = case.world.earlier_workloads_of(&namespace, selector).next().filter(|_| selector.is_some());
        if let Some(workload) = about {
            let reason =
                format!("what it does not permit is closed to pods that run already, such as `{}`", workload.id());
            found.push(reason, None);
        }
        return;
    };
    for direction in ["ingress", "egress"] {
        let now = rules(new, direction);
        if rules(old, direction).iter().any(|rule| !now.iter().any(|known| covers(known, rule))) {
            found.push(format!("`{direction}` permits less or something else"), Some(format!("spec.{direction}")));
        }
    }
}
