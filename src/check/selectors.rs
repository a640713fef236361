//! Selectors: the pods of one workload are no other's, every workload selects its own, and a
//! Service sends nothing to pods that do not serve, nor does a disruption budget keep them by accident.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Pods, Selector};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let pods = PodIndex::new(build.resources);
    let workers = workers(build);
    let mut reported = HashSet::new();
    for (index, resource) in build.resources.iter().enumerate() {
        let Some(selector) = resource.root.at(&["spec", "selector"]) else { continue };
        match resource.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => {
                let parsed = Selector::of(selector);
                own_pods(build, resource, selector, &parsed, diagnostics);
                if let Some(other) = foreign(&pods, index, resource, &parsed)
                    && reported.insert((index.min(other.index), index.max(other.index)))
                {
                    diagnostics.push(overlap(build, resource, selector, other));
                }
            }
            "Service" if resource.id().gvk.group.is_empty() => {
                let parsed = Selector::of_map(selector);
                if let Some(other) = caught(&pods, resource, &parsed, &workers) {
                    diagnostics.push(catch(build, resource, selector, other));
                }
            }
            "PodDisruptionBudget" => {
                if let Some(other) = caught(&pods, resource, &Selector::of(selector), &workers) {
                    diagnostics.push(keep(build, resource, selector, other));
                }
            }
            _ => {}
        }
    }
}

/// The indexes of the workers' Deployments, whatever their names are now.
pub(super) fn workers(build: &Build<'_>) -> HashSet<usize> {
    let workers = build.app.into_iter().flat_map(|app| &app.deployments).filter(|deployment| deployment.worker);
    workers.flat_map(|worker| build.resources.find_by_any_name("Deployment", &worker.name)).copied().collect()
}

/// Kubernetes refuses a workload whose pods its selector does not select.
fn own_pods(
    build: &Build<'_>,
    resource: &Resource,
    node: &Node,
    selector: &Selector<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(template) = resource.pod_template() else { return };
    if selector.is_empty() || selector.matches_template(template) {
        return;
    }
    let message = format!("the selector of `{}` does not select its own pods", resource.id());
    let labels = template.at(&["metadata", "labels"]).unwrap_or(template);
    diagnostics.push(
        Diagnostic::error("selector-matches-nothing", message)
            .about(resource.id())
            .at(build.at(resource, node))
            .related(build.at(resource, labels), "the labels of its pods")
            .help("a selector of a running workload cannot change: give the pods the labels that it asks for"),
    );
}

/// The first pods of another resource that the selector of `resource` selects.
fn foreign<'p>(
    pods: &'p PodIndex<'_>,
    index: usize,
    resource: &Resource,
    selector: &Selector<'_>,
) -> Option<&'p Pods<'p>> {
    if selector.is_empty() {
        return None;
    }
    pods.selected(&resource.id().namespace, selector).find(|pods| pods.index != index)
}

fn overlap(build: &Build<'_>, resource: &Resource, selector: &Node, other: &Pods<'_>) -> Diagnostic {
    let (id, other_id) = (resource.id(), other.resource.id());
    let message = format!("the selector of `{id}` also selects the pods of `{other_id}`");
    Diagnostic::error("overlapping-selectors", message)
        .about(resource.id())
        .at(build.at(resource, selector))
        .related(build.place_of(other.resource), format!("`{other_id}`"))
        .help("give the pods of each workload a label of their own, and select by it")
}

/// The first pods that a Service or budget reaches and should not.
fn caught<'p>(
    pods: &'p PodIndex<'_>,
    by: &Resource,
    selector: &Selector<'_>,
    workers: &HashSet<usize>,
) -> Option<&'p Pods<'p>> {
    if selector.is_empty() {
        return None;
    }
    stray(pods.selected(&by.id().namespace, selector), workers)
}

/// The first pods that do not belong to the others: those of a Job or CronJob; those of a worker,
/// unless all are of workers.
pub(super) fn stray<'p>(
    selected: impl IntoIterator<Item = &'p Pods<'p>>,
    workers: &HashSet<usize>,
) -> Option<&'p Pods<'p>> {
    let (mut worker, mut serving) = (None, false);
    for pods in selected {
        match pods.resource.kind() {
            "Job" | "CronJob" => return Some(pods),
            _ if workers.contains(&pods.index) => worker = worker.or(Some(pods)),
            _ => serving = true,
        }
    }
    worker.filter(|_| serving)
}

fn catch(build: &Build<'_>, service: &Resource, selector: &Node, other: &Pods<'_>) -> Diagnostic {
    let (id, other_id) = (service.id(), other.resource.id());
    let message = format!("the Service `{}` also sends requests to the pods of `{other_id}`", id.name);
    Diagnostic::error("service-catches-other-pods", message)
        .about(service.id())
        .at(build.at(service, selector))
        .related(build.place_of(other.resource), format!("`{other_id}`"))
        .help("select by a label that only the pods behind the Service have, such as `app.kubernetes.io/component`")
}

fn keep(build: &Build<'_>, budget: &Resource, selector: &Node, other: &Pods<'_>) -> Diagnostic {
    let (id, other_id) = (budget.id(), other.resource.id());
    let message = format!("the budget `{id}` also counts the pods of `{other_id}`");
    Diagnostic::error("budget-catches-other-pods", message)
        .about(budget.id())
        .at(build.at(budget, selector))
        .related(build.place_of(other.resource), format!("`{other_id}`"))
        .help("select by a label that only the pods it is for have, such as `app.kubernetes.io/component`")
}

#[cfg(test)]
mod tests {
    use super::super::test::{app, resources, run, shown};
    use super::*;
    use crate::app::Contract;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        shown(&run(check, Some(&app(Contract::default())), &resources(yaml), &Policy::default()), yaml)
    }

    fn workload(kind: &str, name: &str, selector: &str, labels: &str) -> String {
        let template = format!("template: {{metadata: {{labels: {labels}}}}}");
        let spec = match kind {
            "CronJob" => format!("{{jobTemplate: {{spec: {{{template}}}}}}}"),
            "Job" => format!("{{{template}}}"),
            _ => format!("{{selector: {{matchLabels: {selector}}}, {template}}}"),
        };
        format!("---\n{{apiVersion: v1, kind: {kind}, metadata: {{name: {name}}}, spec: {spec}}}\n")
    }

    fn service(selector: &str) -> String {
        format!("---\n{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{selector: {selector}}}}}\n")
    }

    fn deployment(name: &str) -> String {
        let labels = format!("{{app: x, component: {name}}}");
        workload("Deployment", name, &labels, &labels)
    }

    #[test]
    fn selectors_of_workloads_are_disjoint() {
        assert!(found(&[deployment("a"), deployment("b")].concat()).is_empty());
        for kind in ["Job", "CronJob", "StatefulSet"] {
            let selector = "{app: x, own: y}";
            let yaml = [deployment("a"), workload(kind, "j", selector, "{app: x, component: a, own: y}")].concat();
            let message = format!("the selector of `Deployment/a` also selects the pods of `{kind}/j`");
            let found = found(&yaml);
            assert_eq!(found.len(), 1);
            assert!(
                found[0].starts_with("overlapping-selectors [{matchLabels") && found[0].ends_with(&message),
                "{found:?}"
            );
        }
        let same = [deployment("a"), deployment("a").replace("name: a", "name: b")].concat();
        assert_eq!(found(&same).len(), 1, "a pair is reported once");
        let other = deployment("a").replace("name: a", "name: b, namespace: n");
        assert!(found(&[deployment("a"), other].concat()).is_empty());
    }

    #[test]
    fn a_workload_selects_its_own_pods() {
        let found = found(&workload("Deployment", "a", "{app: x}", "{app: y}"));
        assert!(found[0].contains("the selector of `Deployment/a` does not select its own pods"), "{found:?}");
    }

    #[test]
    fn a_service_does_not_reach_jobs() {
        for kind in ["Job", "CronJob"] {
            let yaml = [deployment("a"), workload(kind, "j", "", "{app: x}"), service("{app: x}")].concat();
            let found = found(&yaml);
            assert!(found[0].starts_with("service-catches-other-pods [{app: x}"), "{found:?}");
            assert!(found[0].ends_with(&format!("also sends requests to the pods of `{kind}/j`")), "{found:?}");
        }
        assert!(found(&[deployment("a"), deployment("b"), service("{app: x}")].concat()).is_empty());
    }

    #[test]
    fn a_budget_counts_no_jobs() {
        let budget = "---\n{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {selector: {matchLabels: {app: x}}, maxUnavailable: 1}}\n";
        let found = found(&[deployment("a"), workload("Job", "j", "", "{app: x}"), budget.into()].concat());
        assert!(found.len() == 1 && found[0].starts_with("budget-catches-other-pods [{matchLabels"), "{found:?}");
    }

    #[test]
    fn a_service_reaches_workers_only_on_purpose() {
        let set = resources(&[deployment("a"), deployment("w"), service("{app: x}")].concat());
        let pods = PodIndex::new(&set);
        let caught_by = |labels: [(&'static str, &'static str); 1], workers: &[usize]| {
            let workers = workers.iter().copied().collect();
            caught(&pods, set.get(2), &Selector::of_pairs(labels), &workers).map(|pods| pods.resource.name())
        };
        assert_eq!(caught_by([("app", "x")], &[1]), Some("w"));
        assert_eq!(caught_by([("component", "w")], &[1]), None);
        assert_eq!(caught_by([("app", "x")], &[]), None);
    }
}
