//! Fewer pods than a disruption budget asks for, or no budget any more.

use super::{Case, Effect, Found, Rule};
use crate::diff::Change;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "disruption-budget",
    effect: Effect::Availability,
    text: "`replicas` sinks to or below the `minAvailable` of its PodDisruptionBudget, or a PodDisruptionBudget goes",
    source: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if case.kind == "PodDisruptionBudget" && case.object.change == Change::Removed {
        return found.push("nothing keeps a drain of nodes from stopping all pods at once", None);
    }
    let (Some((old, new)), Some(resource)) = (case.both(), case.object.new) else { return };
    let replicas = |root: &Node| root.at(&["spec", "replicas"]).and_then(Node::as_i64);
    let (Some(after), before) = (replicas(new), replicas(old)) else { return };
    if before.is_some_and(|before| before <= after) || after == 0 {
        return;
    }
    let Some(labels) = new.at(&["spec", "template", "metadata", "labels"]) else { return };
    for budget in case.world.budgets_of(&resource.id().namespace, labels) {
        let least = budget.root.at(&["spec", "minAvailable"]);
        let number = least.and_then(|least| match least.as_i64() {
            Some(number) => Some(number),
            None => {
                let percent: i64 = least.as_str()?.strip_suffix('%')?.parse().ok()?;
                Some(after.saturating_mul(percent).saturating_add(99) / 100)
            }
        });
        if number.is_some_and(|number| after <= number) {
            let least = least.and_then(Node::scalar_text).unwrap_or_default();
            let reason =
                format!("{after} replicas with `minAvailable: {least}` of `{}`: no pod can be evicted", budget.id());
            found.push(reason, Some("spec.replicas".into()));
        }
    }
}
