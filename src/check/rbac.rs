//! Rights without bounds: wildcards in roles, and bindings to the role of the whole cluster.

use super::Build;
use super::pods::{list, text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::Node;

const RBAC: &str = "rbac.authorization.k8s.io";

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for resource in build.resources.iter().filter(|resource| resource.id().gvk.group == RBAC) {
        for rule in list(&resource.root, "rules") {
            let wild = |field: &str| list(rule, field).find(|node| node.as_str() == Some("*"));
            let (verbs, resources) = (wild("verbs"), wild("resources"));
            let says = match (verbs, resources) {
                (Some(node), Some(_)) => (node, "do anything with anything"),
                (Some(node), None) => (node, "do anything, also what a later version adds"),
                (None, Some(node)) => (node, "reach every kind of object, Secrets among them"),
                (None, None) => continue,
            };
            // The groups of one operator alone are its own.
            let groups: Vec<&str> = list(rule, "apiGroups").filter_map(Node::as_str).collect();
            let foreign =
                groups.iter().any(|group| *group == "*" || !group.contains('.') || group.ends_with(".k8s.io"));
            if !foreign {
                continue;
            }
            let message = format!("`{}` may {}", resource.id(), says.1);
            diagnostics.push(
                Diagnostic::warning("rbac-wildcard", message)
                    .about(resource.id())
                    .at(build.at(resource, says.0))
                    .help("name the verbs and the resources that are needed"),
            );
        }
        let role = resource.root.get("roleRef");
        let is_admin = role.is_some_and(|role| {
            text(role, "kind") == Some("ClusterRole") && text(role, "name") == Some("cluster-admin")
        });
        if let Some(name) = role.filter(|_| is_admin).and_then(|role| role.get("name")) {
            let message = format!("`{}` gives every right there is", resource.id());
            diagnostics.push(
                Diagnostic::warning("cluster-admin", message)
                    .about(resource.id())
                    .at(build.at(resource, name))
                    .help("write a role with the rights that are needed"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn role(rule: &str) -> Vec<String> {
        let yaml =
            format!("{{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {{name: r}}, rules: [{rule}]}}");
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn rights_have_bounds() {
        assert!(
            role("{apiGroups: ['*'], resources: ['*'], verbs: ['*']}")[0]
                .starts_with("rbac-wildcard ['*']}]}] `Role/r` may do anything with")
        );
        assert_eq!(role("{apiGroups: [''], resources: [pods], verbs: ['*']}").len(), 1);
        assert_eq!(role("{apiGroups: [''], resources: ['*'], verbs: [get]}").len(), 1);
        assert_eq!(role("{apiGroups: [''], resources: [pods], verbs: [get]}"), [""; 0]);
        assert_eq!(role("{apiGroups: [operator.example.com], resources: ['*'], verbs: ['*']}"), [""; 0]);
        let binding = |name: &str| {
            let yaml = format!(
                "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {{name: b}}, roleRef: {{kind: ClusterRole, name: {name}}}}}"
            );
            findings(check, &Case { yaml: &yaml, ..Case::default() })
        };
        assert!(binding("cluster-admin")[0].starts_with("cluster-admin [cluster-admin}"));
        assert_eq!(binding("view"), [""; 0]);
    }
}
