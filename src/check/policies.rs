//! Where network policies are enforced, every pod has one: pods without a policy receive and send
//! whatever they like.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Pods, Selector, pairs};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.app.is_none_or(|app| app.network.is_none()) {
        return;
    }
    let pods = PodIndex::new(build.resources);
    let mut covered: HashSet<usize> = HashSet::new();
    for policy in build.resources {
        if let Some(selector) = selector(policy) {
            covered.extend(pods.selected(&policy.id().namespace, &selector).map(|pods| pods.index));
        }
    }
    let everything = Selector::of_pairs([]);
    for pods in pods.selected_anywhere(&everything).filter(|pods| !covered.contains(&pods.index)) {
        diagnostics.push(uncovered(build, pods));
    }
}

/// What a policy selects. Labels of Cilium may begin with their source.
fn selector(policy: &Resource) -> Option<Selector<'_>> {
    let field = match (policy.id().gvk.group.as_str(), policy.kind()) {
        ("networking.k8s.io", "NetworkPolicy") => "podSelector",
        ("cilium.io", "CiliumNetworkPolicy") => "endpointSelector",
        _ => return None,
    };
    let node = policy.root.at(&["spec", field])?;
    if node.get("matchExpressions").is_some() {
        return Some(Selector::of(node));
    }
    let labels = pairs(node.get("matchLabels")).map(|(key, value)| (without_source(key), value));
    Some(Selector::of_pairs(labels))
}

fn without_source(key: &str) -> &str {
    key.strip_prefix("k8s:").or_else(|| key.strip_prefix("any:")).unwrap_or(key)
}

fn uncovered(build: &Build<'_>, pods: &Pods<'_>) -> Diagnostic {
    let resource = pods.resource;
    let place = resource.pod_template().map_or_else(|| build.place_of(resource), Node::origin);
    let message =
        format!("no network policy selects the pods of `{}`, so they receive and send anything", resource.id());
    Diagnostic::warning("pods-without-policy", message)
        .at(build.or_resource(resource, place))
        .about(resource.id())
        .help("declare the workload in the application, or add a policy for its pods")
}

#[cfg(test)]
mod tests {
    use super::super::test::{app, resources, run, shown};
    use super::*;
    use crate::app::{Contract, NetworkPolicies, PolicyProvider};
    use crate::check::Policy;

    fn found(yaml: &str, enforced: bool) -> Vec<String> {
        let mut app = app(Contract::default());
        let provider = PolicyProvider::Cilium;
        app.network = enforced.then(|| NetworkPolicies { provider, dns: Vec::new(), policies: Vec::new() });
        shown(&run(check, Some(&app), &resources(yaml), &Policy::default()), yaml)
    }

    const JOB: &str =
        "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {metadata: {labels: {app: x}}}}}";

    fn policy(kind: &str, spec: &str) -> String {
        let version = if kind == "NetworkPolicy" { "networking.k8s.io/v1" } else { "cilium.io/v2" };
        format!("{JOB}\n---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: p}}, spec: {spec}}}")
    }

    #[test]
    fn pods_that_no_policy_selects_are_told() {
        assert_eq!(found(JOB, false), [""; 0]);
        let said = found(JOB, true);
        assert!(said[0].ends_with("no network policy selects the pods of `Job/j`, so they receive and send anything"));
        for (kind, spec, count) in [
            ("NetworkPolicy", "{podSelector: {matchLabels: {app: x}}}", 0),
            ("NetworkPolicy", "{podSelector: {matchLabels: {app: y}}}", 1),
            ("NetworkPolicy", "{podSelector: {}}", 0),
            ("NetworkPolicy", "{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}", 0),
            ("CiliumNetworkPolicy", "{endpointSelector: {matchLabels: {'k8s:app': x}}}", 0),
            ("CiliumNetworkPolicy", "{endpointSelector: {matchLabels: {'any:app': y}}}", 1),
        ] {
            assert_eq!(found(&policy(kind, spec), true).len(), count, "{spec}");
        }
    }
}
