//! Network policies and monitors select something: one that selects nothing lets everything in, or
//! scrapes nothing, without a word.

use super::Build;
use super::labels::{PodIndex, Selector, pairs};
use super::objects::Objects;
use super::services::nothing_selected;
use crate::diagnostic::Diagnostics;
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let mut asked = build.resources.iter().filter_map(selector).peekable();
    if asked.peek().is_none() {
        return;
    }
    let pods = PodIndex::of_every_kind(build.resources);
    let operators = PodIndex::of_operators(build.resources);
    let (services, objects) = (PodIndex::of_services(build.resources), Objects::new(build));
    for Asked { by, node, of_services } in asked {
        let selector = selector_of(node);
        let index = if of_services { &services } else { &pods };
        let namespace = by.id().namespace.as_str();
        let is_selected = |index: &PodIndex<'_>| index.selected(namespace, &selector).next().is_some();
        if selector.is_empty() || elsewhere(by) || is_selected(index) || is_selected(&operators) {
            continue;
        }
        let labels = pairs(node.get("matchLabels")).map(|(key, value)| (without_source(key), value));
        let what = if of_services { "Services" } else { "pods" };
        diagnostics.push(nothing_selected(build, by, node, labels, (what, index), &objects));
    }
}

/// A selector of pods or Services.
struct Asked<'a> {
    by: &'a Resource,
    node: &'a Node,
    of_services: bool,
}

fn selector(by: &Resource) -> Option<Asked<'_>> {
    let (field, of_services) = match (by.id().gvk.group.as_str(), by.kind()) {
        ("networking.k8s.io", "NetworkPolicy") => ("podSelector", false),
        ("cilium.io", "CiliumNetworkPolicy") => ("endpointSelector", false),
        ("monitoring.coreos.com", "PodMonitor") => ("selector", false),
        ("monitoring.coreos.com", "ServiceMonitor") => ("selector", true),
        _ => return None,
    };
    let node = by.root.at(&["spec", field])?;
    Some(Asked { by, node, of_services })
}

/// Labels of Cilium may begin with their source.
fn selector_of(node: &Node) -> Selector<'_> {
    if node.get("matchExpressions").is_some() {
        return Selector::of(node);
    }
    Selector::of_pairs(pairs(node.get("matchLabels")).map(|(key, value)| (without_source(key), value)))
}

fn without_source(key: &str) -> &str {
    key.strip_prefix("k8s:").or_else(|| key.strip_prefix("any:")).unwrap_or(key)
}

/// Whether a monitor looks into other namespaces, of which a build need not know.
fn elsewhere(by: &Resource) -> bool {
    by.root.at(&["spec", "namespaceSelector"]).is_some_and(|node| node.entries().next().is_some())
}

#[cfg(test)]
mod tests {
    use super::super::test::{resources, run, shown};
    use super::*;
    use crate::check::Policy;

    fn found(kind: &str, spec: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: {kind}, metadata: {{name: p}}, spec: {spec}}}\n---\n\
             {{apiVersion: v1, kind: Pod, metadata: {{name: a, labels: {{app: shop}}}}}}\n---\n\
             {{apiVersion: v1, kind: Service, metadata: {{name: a, labels: {{app: shop}}}}}}"
        );
        shown(&run(check, None, &resources(&yaml), &Policy::default()), &yaml)
    }

    #[test]
    fn what_an_operator_makes_carries_the_labels_of_its_object() {
        let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x}, spec: {podSelector: {matchLabels: {app: prometheus}}}}\n---\n";
        let custom = |labels: &str| {
            let yaml = format!(
                "{policy}{{apiVersion: monitoring.coreos.com/v1, kind: Prometheus, metadata: {{name: k8s, {labels}}}}}"
            );
            let set = resources(&yaml);
            shown(&run(check, None, &set, &Policy::default()), &yaml)
        };
        assert_eq!(custom("labels: {app: prometheus, team: a}"), [""; 0]);
        assert!(custom("labels: {app: other}")[0].starts_with("selects-outside"));
    }

    #[test]
    fn what_selects_selects_something() {
        for (kind, field) in [
            ("networking.k8s.io/v1, kind: NetworkPolicy", "podSelector"),
            ("cilium.io/v2, kind: CiliumNetworkPolicy", "endpointSelector"),
            ("monitoring.coreos.com/v1, kind: PodMonitor", "selector"),
            ("monitoring.coreos.com/v1, kind: ServiceMonitor", "selector"),
        ] {
            let with = |value: &str| found(kind, &format!("{{{field}: {{matchLabels: {{app: {value}}}}}}}"));
            assert_eq!(with("shop"), [""; 0]);
            assert!(with("shpo")[0].starts_with("selector-matches-nothing [{matchLabels: {app: shpo}}"), "{kind}");
            assert!(with("elsewhere")[0].starts_with("selects-outside [{matchLabels"), "{kind}");
            assert_eq!(found(kind, &format!("{{{field}: {{}}}}")), [""; 0]);
        }
        assert_eq!(
            found("cilium.io/v2, kind: CiliumNetworkPolicy", "{endpointSelector: {matchLabels: {'k8s:app': shop}}}"),
            [""; 0]
        );
        let any = "{namespaceSelector: {any: true}, selector: {matchLabels: {app: x}}}";
        assert_eq!(found("monitoring.coreos.com/v1, kind: ServiceMonitor", any), [""; 0]);
    }
}
