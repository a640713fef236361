//! A disruption budget that permits no disruption keeps nodes from being drained.

use super::{Case, Effect, Found, Rule, replicas};
use crate::diff::Change;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "blocked-drain",
    effect: Effect::Availability,
    text: "a PodDisruptionBudget is new or changes so that no pod may be evicted",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(new) = case.new.filter(|_| case.is("policy", &["PodDisruptionBudget"])) else { return };
    if case.object.change == Change::Changed && case.below(&["spec"]).next().is_none() {
        return;
    }
    let said = |key: &str| new.at(&["spec", key]).and_then(Node::scalar_text);
    let (most, least) = (said("maxUnavailable"), said("minAvailable"));
    if let Some(most) = most.as_deref().filter(|most| ["0", "0%"].contains(most)) {
        found.push(format!("`maxUnavailable: {most}`: no pod can be evicted"), Some("spec.maxUnavailable".into()));
    }
    if least.as_deref() == Some("100%") {
        found.push("`minAvailable: 100%`: no pod can be evicted", Some("spec.minAvailable".into()));
    }
    let (Some(number), Some(budget)) = (least.and_then(|least| least.parse::<i64>().ok()), case.object.new) else {
        return;
    };
    for workload in case.world.workloads_of(&budget.id().namespace, new.at(&["spec", "selector"])) {
        let count = replicas(&workload.root);
        let is_counted = workload.root.at(&["spec", "replicas"]).is_some();
        if is_counted && count <= number {
            let reason =
                format!("`minAvailable: {number}` with {count} replicas of `{}`: no pod can be evicted", workload.id());
            found.push(reason, Some("spec.minAvailable".into()));
        }
    }
}
