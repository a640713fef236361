//! What stands beside a Deployment: its autoscaler and its disruption budget.

use super::container::{filled, put};
use super::{Plan, here, text};
use crate::tree::{Map, Node};

/// The kinds that belong to a Deployment, by group.
pub(super) const KINDS: [(&str, &str); 2] =
    [("autoscaling", "HorizontalPodAutoscaler"), ("policy", "PodDisruptionBudget")];

/// The Deployment that an autoscaler or a budget is for, in the build that has both.
pub(super) fn deployment_of(plan: &Plan, index: usize) -> Option<usize> {
    let subject = &plan.subjects[index];
    let deployments: Vec<usize> = plan.of_kind("apps", "Deployment").collect();
    let sides = std::iter::once(None).chain((0..plan.environments.len()).map(Some));
    sides.into_iter().find_map(|place| {
        let of = |index: usize| match place {
            None => plan.subjects[index].base.as_ref(),
            Some(place) => plan.subjects[index].built[place].as_ref(),
        };
        let root = of(index)?;
        let is_for = |deployment: &Node| match subject.kind.as_str() {
            "PodDisruptionBudget" => root
                .at(&["spec", "selector", "matchLabels"])
                .is_some_and(|labels| deployment.at(&["spec", "selector", "matchLabels"]) == Some(labels)),
            _ => {
                let target = |field| text(root, &["spec", "scaleTargetRef", field]);
                target("kind") == Some("Deployment") && target("name") == text(deployment, &["metadata", "name"])
            }
        };
        deployments.iter().copied().find(|deployment| of(*deployment).is_some_and(is_for))
    })
}

/// The field of a Deployment that says the object.
pub(super) fn field(root: &Node) -> Option<(&'static str, Node)> {
    let none = Node::map(here());
    let spec = root.get("spec").unwrap_or(&none);
    match text(root, &["kind"])? {
        "HorizontalPodAutoscaler" => Some(("autoscaling", autoscaling(spec)?)),
        "PodDisruptionBudget" => Some(("disruption", disruption(spec)?)),
        _ => None,
    }
}

fn autoscaling(spec: &Node) -> Option<Node> {
    let mut map = Map::default();
    put(&mut map, "min", spec.get("minReplicas").cloned());
    put(&mut map, "max", spec.get("maxReplicas").cloned());
    for name in ["cpu", "memory"] {
        let mut metrics = spec.get("metrics").into_iter().flat_map(Node::items);
        let metric = metrics.find(|metric| text(metric, &["resource", "name"]) == Some(name));
        let target = metric.and_then(|metric| metric.at(&["resource", "target", "averageUtilization"]));
        let first = (name == "cpu").then(|| spec.get("targetCPUUtilizationPercentage")).flatten();
        put(&mut map, name, target.or(first).cloned());
    }
    for (from, to) in [("scaleUp", "scaleUpStabilizationSeconds"), ("scaleDown", "scaleDownStabilizationSeconds")] {
        put(&mut map, to, spec.at(&["behavior", from, "stabilizationWindowSeconds"]).cloned());
    }
    filled(map)
}

fn disruption(spec: &Node) -> Option<Node> {
    let mut map = Map::default();
    for field in ["maxUnavailable", "minAvailable"] {
        put(&mut map, field, spec.get(field).cloned());
    }
    filled(map)
}
