//! ServiceMonitors and PodMonitors scrape what serves: not the pods of a Job with it, nor those of
//! a worker, whose metrics would be counted as the deployment's.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Pods, Selector};
use super::selectors::{stray, workers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let is_monitor = |resource: &&Resource| {
        resource.id().gvk.group == "monitoring.coreos.com"
            && ["ServiceMonitor", "PodMonitor"].contains(&resource.kind())
    };
    let mut monitors = build.resources.iter().filter(is_monitor).peekable();
    if monitors.peek().is_none() {
        return;
    }
    let (pods, services) = (PodIndex::new(build.resources), PodIndex::of_services(build.resources));
    let workers = workers(build);
    for monitor in monitors {
        let Some(node) = monitor.root.at(&["spec", "selector"]) else { continue };
        let selector = Selector::of(node);
        if let Some(other) = stray(scraped(monitor, &selector, &pods, &services), &workers) {
            diagnostics.push(catch(build, monitor, node, other));
        }
    }
}

/// The pods that a monitor scrapes, through its Services or by their own labels.
fn scraped<'p>(
    monitor: &Resource,
    selector: &Selector<'_>,
    pods: &'p PodIndex<'_>,
    services: &'p PodIndex<'_>,
) -> Vec<&'p Pods<'p>> {
    let direct = monitor.kind() == "PodMonitor";
    let found = selected(monitor, selector, if direct { pods } else { services });
    if direct {
        return found;
    }
    let mut seen = HashSet::new();
    let behind = found.into_iter().flat_map(|service| {
        let selector = service.resource.root.at(&["spec", "selector"]).map(Selector::of_map);
        let selector = selector.filter(|selector| !selector.is_empty());
        let selected = selector.map(|selector| pods.selected(&service.resource.id().namespace, &selector).collect());
        selected.unwrap_or_else(Vec::new)
    });
    behind.filter(|pods| seen.insert(pods.index)).collect()
}

/// What a monitor selects in the namespaces that it names: its own, a list, or any.
fn selected<'p>(monitor: &Resource, selector: &Selector<'_>, index: &'p PodIndex<'_>) -> Vec<&'p Pods<'p>> {
    let namespaces = monitor.root.at(&["spec", "namespaceSelector"]);
    if namespaces.and_then(|node| node.get("any")).and_then(Node::as_bool) == Some(true) {
        return index.selected_anywhere(selector).collect();
    }
    let named: Vec<&str> = namespaces
        .and_then(|node| node.get("matchNames"))
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::as_str)
        .collect();
    match named.as_slice() {
        [] => index.selected(&monitor.id().namespace, selector).collect(),
        named => named.iter().flat_map(|namespace| index.selected(namespace, selector)).collect(),
    }
}

fn catch(build: &Build<'_>, monitor: &Resource, selector: &Node, other: &Pods<'_>) -> Diagnostic {
    let (id, other_id) = (monitor.id(), other.resource.id());
    let message = format!("the {} `{}` also scrapes the pods of `{other_id}`", id.gvk.kind, id.name);
    Diagnostic::error("monitor-catches-other-pods", message)
        .about(monitor.id())
        .at(build.at(monitor, selector))
        .related(build.place_of(other.resource), format!("`{other_id}`"))
        .help("select by a label that only what is meant has, such as `app.kubernetes.io/component`")
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    const PODS: &str = "
{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: n}, spec: {selector: {matchLabels: {app: x, c: api}}, template: {metadata: {labels: {app: x, c: api}}}}}
---
{apiVersion: batch/v1, kind: CronJob, metadata: {name: job, namespace: n}, spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: x, c: job}}}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: n, labels: {app: x, c: api}}, spec: {selector: {app: x, c: api}}}
---
{apiVersion: v1, kind: Service, metadata: {name: jobs, namespace: n, labels: {app: x, c: job}}, spec: {selector: {app: x, c: job}}}
---
";

    fn found(kind: &str, namespace: &str, spec: &str) -> Vec<String> {
        let monitor = format!(
            "{{apiVersion: monitoring.coreos.com/v1, kind: {kind}, metadata: {{name: m, namespace: {namespace}}}, spec: {spec}}}"
        );
        findings(check, &Case { yaml: &[PODS, &monitor].concat(), ..Case::default() })
    }

    #[test]
    fn a_monitor_that_selects_one_workload_is_fine() {
        for kind in ["ServiceMonitor", "PodMonitor"] {
            assert_eq!(found(kind, "n", "{selector: {matchLabels: {app: x, c: api}}}"), [""; 0]);
            assert_eq!(found(kind, "other", "{selector: {matchLabels: {app: x}}}"), [""; 0], "another namespace");
        }
    }

    #[test]
    fn a_monitor_that_also_selects_a_job_is_refused_in_every_namespace_that_it_names() {
        for kind in ["ServiceMonitor", "PodMonitor"] {
            for (namespace, more) in [
                ("n", ""),
                ("other", ", namespaceSelector: {any: true}"),
                ("other", ", namespaceSelector: {matchNames: [n]}"),
            ] {
                let found = found(kind, namespace, &format!("{{selector: {{matchLabels: {{app: x}}}}{more}}}"));
                assert_eq!(found.len(), 1, "{found:?}");
                assert!(found[0].starts_with("monitor-catches-other-pods [{matchLabels: {app: x}}"), "{found:?}");
                assert!(
                    found[0].ends_with(&format!("the {kind} `m` also scrapes the pods of `CronJob/job`")),
                    "{found:?}"
                );
            }
        }
    }

    #[test]
    fn an_empty_selector_selects_everything() {
        assert_eq!(found("PodMonitor", "n", "{selector: {}}").len(), 1);
        assert_eq!(found("ServiceMonitor", "n", "{selector: {}}").len(), 1);
    }
}
