//! With the strategy `Recreate` all pods stop before the first new one starts.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "recreated-pods",
    effect: Effect::Availability,
    text: "the pod template of a Deployment with the strategy `Recreate` changes",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#recreate-deployment",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((_, new)) = case.both().filter(|_| case.is("apps", &["Deployment"])) else { return };
    let recreates = super::text(new, &["spec", "strategy", "type"]) == "Recreate";
    if recreates && case.below(&["spec", "template"]).next().is_some() {
        found.push("all pods stop before the first new one starts", Some("spec.strategy.type".into()));
    }
}
