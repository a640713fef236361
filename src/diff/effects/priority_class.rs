//! How much a priority counts is fixed.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "priority-class",
    effect: Effect::Recreate,
    text: "`value` or `preemptionPolicy` of a PriorityClass changes",
    source: "`ValidatePriorityClassUpdate` in kubernetes/pkg/apis/scheduling/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if case.is("scheduling.k8s.io", &["PriorityClass"]) {
        found.fixed(case, &[&["value"], &["preemptionPolicy"]]);
    }
}
