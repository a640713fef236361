//! Pods that reach their node: privileged containers, namespaces, folders and ports of the host.

use std::collections::HashSet;

use super::Build;
use super::pod_security::{ENFORCE, host_access};
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    // A namespace that says so has them on purpose.
    let privileged = build.resources.iter().filter(|resource| {
        let level = resource.root.at(&["metadata", "labels", ENFORCE]).and_then(Node::as_str);
        resource.kind() == "Namespace" && level == Some("privileged")
    });
    let privileged: HashSet<&str> = privileged.map(|namespace| namespace.name()).collect();
    for resource in build.resources.iter().filter(|one| !privileged.contains(one.id().namespace.as_str())) {
        let Some(spec) = pods::spec(resource) else { continue };
        // Once for each workload: a folder more is no other finding.
        let mut seen = HashSet::new();
        for (node, says) in host_access(spec) {
            if !seen.insert(says.clone()) {
                continue;
            }
            let place = node.map_or_else(|| build.place_of(resource), |node| build.at(resource, node));
            let message = format!("pods of `{}` {says}", resource.id());
            let help = "do without it, or label the namespace with `pod-security.kubernetes.io/enforce: privileged`";
            diagnostics.push(Diagnostic::warning("host-access", message).about(resource.id()).at(place).help(help));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    #[test]
    fn pods_that_reach_their_node_are_told() {
        let found = |spec: &str, more: &str| {
            let yaml = format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{name: p, namespace: n}}, spec: {{{spec}}}}}\n---\n{more}"
            );
            findings(check, &Case { yaml: &yaml, ..Case::default() })
        };
        let other = "{apiVersion: v1, kind: Namespace, metadata: {name: n}}";
        assert!(found("hostNetwork: true", other)[0].starts_with("host-access [true}"));
        assert!(
            found("containers: [{securityContext: {privileged: true}}]", other)[0]
                .ends_with("have all privileges of the host")
        );
        assert_eq!(found("containers: [{securityContext: {privileged: false}}]", other), [""; 0]);
        let said = "{apiVersion: v1, kind: Namespace, metadata: {name: n, labels: {pod-security.kubernetes.io/enforce: privileged}}}";
        assert_eq!(found("hostNetwork: true", said), [""; 0]);
    }
}
