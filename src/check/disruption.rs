//! Disruption budgets let nodes be drained: they leave a pod that may go, and there is one budget
//! for a pod, because an eviction is refused where there are two.

use std::collections::HashMap;

use super::Build;
use super::labels::{PodIndex, Selector, pairs};
use super::objects::Objects;
use super::scalers::Scalers;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let budgets = build.resources.iter().filter(|resource| resource.kind() == "PodDisruptionBudget");
    let budgets: Vec<&Resource> = budgets.collect();
    if budgets.is_empty() {
        return;
    }
    let (pods, scalers) = (PodIndex::new(build.resources), Scalers::new(build.resources));
    let (mut objects, mut operators) = (None, None);
    let mut kept_by: HashMap<usize, &Resource> = HashMap::new();
    for budget in budgets {
        let Some(node) = budget.root.at(&["spec", "selector"]) else { continue };
        let (namespace, selector) = (&budget.id().namespace, Selector::of(node));
        let selected: Vec<_> = pods.selected(namespace, &selector).collect();
        if selected.is_empty() {
            let operators = operators.get_or_insert_with(|| PodIndex::of_operators(build.resources));
            if operators.selected(namespace, &selector).next().is_some() {
                continue;
            }
            // An operator, or a chart, makes pods that carry the name of its object.
            let objects = objects.get_or_insert_with(|| Objects::new(build));
            if !pairs(node.get("matchLabels")).any(|(_, value)| objects.is_mentioned(value)) {
                diagnostics.push(no_pods(build, budget, node));
            }
            continue;
        }
        if let Some(other) = selected.iter().find_map(|pods| kept_by.get(&pods.index)) {
            diagnostics.push(two(build, budget, node, other));
        }
        kept_by.extend(selected.iter().map(|pods| (pods.index, budget)));
        let count = selected.iter().map(|pods| number(pods.resource, &scalers)).sum();
        if let Some(finding) = stuck(build, budget, count) {
            diagnostics.push(finding);
        }
    }
}

fn no_pods(build: &Build<'_>, budget: &Resource, selector: &Node) -> Diagnostic {
    let message = format!("the selector of `{}` selects no pods of this build", budget.id());
    Diagnostic::warning("selector-matches-nothing", message)
        .about(budget.id())
        .at(build.at(budget, selector))
        .help("select by the labels that the pods carry; `disruption` of a deployment does")
}

fn two(build: &Build<'_>, budget: &Resource, selector: &Node, other: &Resource) -> Diagnostic {
    let message = format!("`{}` and `{}` keep the same pods, so no eviction of them succeeds", budget.id(), other.id());
    Diagnostic::error("overlapping-disruption-budgets", message)
        .about(budget.id())
        .at(build.at(budget, selector))
        .related(build.place_of(other), format!("`{}`", other.id()))
        .help("one budget for each workload")
}

/// The least number of pods that a workload runs when all is well.
fn number(workload: &Resource, scalers: &Scalers<'_>) -> i64 {
    let at = |resource: &Resource, field| resource.root.at(&["spec", field]).and_then(Node::as_i64);
    match (workload.kind(), scalers.of(workload)) {
        ("Deployment" | "StatefulSet" | "ReplicaSet", [scaler, ..]) => match scaler.kind() {
            "ScaledObject" => at(scaler, "minReplicaCount").unwrap_or(0),
            _ => at(scaler, "minReplicas").unwrap_or(1),
        },
        ("Deployment" | "StatefulSet" | "ReplicaSet", []) => at(workload, "replicas").unwrap_or(1),
        _ => 1,
    }
}

/// A budget under which none of `count` pods may go. Of no pods, none needs to.
fn stuck(build: &Build<'_>, budget: &Resource, count: i64) -> Option<Diagnostic> {
    let bound = |field| budget.root.at(&["spec", field]).filter(|node| !node.is_null());
    let (field, node, may_go) = match (bound("minAvailable"), bound("maxUnavailable")) {
        (Some(least), _) => ("minAvailable", least, count.saturating_sub(pods_of(least, count)?)),
        (_, Some(most)) => ("maxUnavailable", most, pods_of(most, count)?),
        _ => return None,
    };
    if count == 0 || may_go > 0 {
        return None;
    }
    let said = node.scalar_text().unwrap_or_default();
    let message = format!(
        "`{}` has {said} as `{field}`: of {count} {} none may go, so no node that runs one can be drained",
        budget.id(),
        if count == 1 { "pod" } else { "pods" },
    );
    let diagnostic =
        Diagnostic::error("disruption-blocks-drain", message).about(budget.id()).at(build.at(budget, node));
    Some(diagnostic.help("write `maxUnavailable: 1`, or run one pod more"))
}

/// A number, or a percentage of `count`, rounded up as Kubernetes does.
fn pods_of(bound: &Node, count: i64) -> Option<i64> {
    match bound.as_str() {
        Some(text) => {
            let percent: i64 = text.strip_suffix('%')?.parse().ok()?;
            Some(percent.saturating_mul(count).saturating_add(99) / 100)
        }
        None => bound.as_i64(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(replicas: &str, budgets: &[&str]) -> Vec<String> {
        let mut yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{{replicas} template: {{metadata: {{labels: {{app: x}}}}}}}}}}\n"
        );
        for (index, budget) in budgets.iter().enumerate() {
            yaml += &format!(
                "---\n{{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {{name: b{index}}}, spec: {{selector: {{matchLabels: {{app: x}}}}, {budget}}}}}\n"
            );
        }
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn a_budget_leaves_a_pod_that_may_go() {
        for (replicas, budget, stuck) in [
            ("replicas: 2,", "minAvailable: 1", false),
            ("replicas: 2,", "minAvailable: 2", true),
            ("replicas: 2,", "minAvailable: 3", true),
            ("replicas: 3,", "minAvailable: 60%", false),
            ("replicas: 3,", "minAvailable: 67%", true),
            ("replicas: 0,", "minAvailable: 1", false),
            ("", "minAvailable: 1", true),
            ("", "maxUnavailable: 1", false),
            ("replicas: 9,", "maxUnavailable: 0", true),
            ("replicas: 9,", "maxUnavailable: 1%", false),
        ] {
            let found = found(replicas, &[budget]);
            assert_eq!(found.len(), usize::from(stuck), "{replicas} {budget}: {found:?}");
            assert!(found.iter().all(|one| one.starts_with("disruption-blocks-drain")), "{found:?}");
        }
    }

    #[test]
    fn the_least_number_of_an_autoscaler_counts() {
        let hpa = |min: u32| {
            format!(
                "maxUnavailable: 1}}}}\n---\n{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: h}}, spec: {{scaleTargetRef: {{kind: Deployment, name: a}}, minReplicas: {min}"
            )
        };
        let with = |min| found("", &[&hpa(min).replacen("maxUnavailable", "minAvailable", 1)]);
        assert_eq!(with(2), Vec::<String>::new());
        assert_eq!(with(1).len(), 1);
    }

    #[test]
    fn a_pod_has_one_budget_and_a_budget_has_pods() {
        let twice = found("replicas: 3,", &["maxUnavailable: 1", "minAvailable: 1"]);
        assert!(twice.len() == 1 && twice[0].starts_with("overlapping-disruption-budgets"), "{twice:?}");
        let other = "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {selector: {matchLabels: {app: y}}, maxUnavailable: 1}}\n";
        let none = findings(check, &Case { yaml: other, ..Case::default() });
        assert!(none.len() == 1 && none[0].contains("selects no pods of this build"), "{none:?}");
    }
}
