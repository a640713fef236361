//! How far an autoscaler goes.

use super::{Case, Effect, Found, Rule};
use crate::diff::Change;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "autoscaler",
    effect: Effect::Availability,
    text: "`minReplicas` or `maxReplicas` of a HorizontalPodAutoscaler sinks, or it goes",
    source: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("autoscaling", &["HorizontalPodAutoscaler"]) {
        return;
    }
    if case.object.change == Change::Removed {
        return found.push("nothing scales its workload any more", None);
    }
    let Some((old, new)) = case.both() else { return };
    for key in ["minReplicas", "maxReplicas"] {
        let number = |root: &Node| root.at(&["spec", key]).and_then(Node::as_i64).unwrap_or(1);
        let (before, after) = (number(old), number(new));
        if after < before {
            found.push(format!("`spec.{key}` sinks from {before} to {after}"), Some(format!("spec.{key}")));
        }
    }
}
