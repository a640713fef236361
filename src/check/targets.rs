//! What scales, grants or belongs to another object finds it: autoscalers and their targets, role
//! bindings, a StatefulSet's Service, priority and storage classes.

use super::Build;
use super::objects::{Missing, Objects, Reference};
use super::pods::{list, spec, text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

const RBAC: &str = "rbac.authorization.k8s.io";

/// The ClusterRoles that every cluster has, beside those whose name begins with `system:`.
const ROLES: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let (objects, mut missing) = (Objects::new(build), Missing::new(build));
    for resource in build.resources {
        if resource.id().gvk.group == RBAC {
            subjects(build, resource, diagnostics);
        }
        // What lives in a namespace of others is theirs.
        for reference in references(resource).into_iter().filter(|one| objects.reaches(one.namespace)) {
            let found = objects.find(build, reference.kind, reference.namespace, reference.name);
            missing.say(build, reference, &found, diagnostics);
        }
    }
}

fn references(resource: &Resource) -> Vec<Reference<'_>> {
    let (id, root) = (resource.id(), &resource.root);
    let namespace = id.namespace.as_str();
    match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject") => {
            let target = root.at(&["spec", "scaleTargetRef"]);
            let mut all: Vec<_> =
                target.and_then(|target| target_of(resource, target, namespace)).into_iter().collect();
            let triggers = root.at(&["spec", "triggers"]).into_iter().flat_map(Node::items);
            let named = triggers.filter_map(|trigger| {
                let of = trigger.get("authenticationRef")?;
                let kind = ("keda.sh", text(of, "kind").unwrap_or("TriggerAuthentication"));
                to(resource, kind, scope(kind.1, namespace), of.get("name")?)
            });
            all.extend(named);
            all
        }
        ("autoscaling.k8s.io", "VerticalPodAutoscaler") => {
            let target = root.at(&["spec", "targetRef"]);
            target.and_then(|target| target_of(resource, target, namespace)).into_iter().collect()
        }
        (RBAC, "RoleBinding" | "ClusterRoleBinding") => binding(resource),
        ("storage.k8s.io" | "scheduling.k8s.io", _) => Vec::new(),
        ("", "PersistentVolumeClaim") => {
            root.at(&["spec", "storageClassName"]).and_then(|node| storage(resource, node)).into_iter().collect()
        }
        _ => {
            let pod = spec(resource);
            let priority = pod.and_then(|pod| pod.get("priorityClassName"));
            let priority = priority.filter(|node| node.as_str().is_some_and(|name| !name.starts_with("system-")));
            let priority = priority.and_then(|node| to(resource, ("scheduling.k8s.io", "PriorityClass"), "", node));
            let service = root.at(&["spec", "serviceName"]).filter(|_| id.gvk.kind == "StatefulSet");
            let service = service.and_then(|node| to(resource, ("", "Service"), namespace, node));
            let claims = root.at(&["spec", "volumeClaimTemplates"]).into_iter().flat_map(Node::items);
            let classes = claims.filter_map(|claim| storage(resource, claim.at(&["spec", "storageClassName"])?));
            priority.into_iter().chain(service).chain(classes).collect()
        }
    }
}

fn to<'a>(by: &'a Resource, kind: (&'a str, &'a str), namespace: &'a str, node: &'a Node) -> Option<Reference<'a>> {
    let name = node.as_str().filter(|name| !name.is_empty())?;
    Some(Reference { by, node, kind, namespace, name })
}

fn storage<'a>(by: &'a Resource, node: &'a Node) -> Option<Reference<'a>> {
    to(by, ("storage.k8s.io", "StorageClass"), "", node)
}

/// The namespace that an object of a kind is looked for in.
fn scope<'a>(kind: &str, namespace: &'a str) -> &'a str {
    if kind.starts_with("Cluster") { "" } else { namespace }
}

/// `{apiVersion, kind, name}`; what has no kind is a Deployment.
fn target_of<'a>(by: &'a Resource, target: &'a Node, namespace: &'a str) -> Option<Reference<'a>> {
    let kind = text(target, "kind").unwrap_or("Deployment");
    let version = text(target, "apiVersion").unwrap_or("apps/v1");
    let group = version.rsplit_once('/').map_or("", |(group, _)| group);
    to(by, (group, kind), namespace, target.get("name")?)
}

fn binding(binding: &Resource) -> Vec<Reference<'_>> {
    let namespace = binding.id().namespace.as_str();
    let mut all = Vec::new();
    if let Some(role) = binding.root.get("roleRef")
        && let (Some(kind), Some(node)) = (text(role, "kind"), role.get("name"))
    {
        let known = node.as_str().is_none_or(|name| ROLES.contains(&name) || name.starts_with("system:"));
        if !known || kind == "Role" {
            all.extend(to(binding, (RBAC, kind), scope(kind, namespace), node));
        }
    }
    for subject in list(&binding.root, "subjects") {
        let is_default = text(subject, "name") == Some("default");
        if text(subject, "kind") == Some("ServiceAccount") && !is_default {
            let namespace = text(subject, "namespace").unwrap_or(namespace);
            all.extend(subject.get("name").and_then(|node| to(binding, ("", "ServiceAccount"), namespace, node)));
        }
    }
    all
}

/// What the API server refuses in the subjects of a binding (`ValidateRoleBindingSubject`).
fn subjects(build: &Build<'_>, binding: &Resource, diagnostics: &mut Diagnostics) {
    for subject in list(&binding.root, "subjects").filter(|one| text(one, "kind") == Some("ServiceAccount")) {
        let name = text(subject, "name").unwrap_or_default();
        let says = if binding.kind() == "ClusterRoleBinding" && text(subject, "namespace").is_none() {
            Some((subject.get("name"), "has no namespace", "write the `namespace` of the ServiceAccount"))
        } else {
            let group = subject.get("apiGroup").filter(|group| group.as_str().is_some_and(|group| !group.is_empty()));
            group.map(|group| (Some(group), "is in no API group", "leave `apiGroup` out: a ServiceAccount has none"))
        };
        let Some((node, says, help)) = says else { continue };
        let message = format!("the ServiceAccount `{name}` in `{}` {says}, so Kubernetes refuses it", binding.id());
        let place = build.at(binding, node.unwrap_or(subject));
        diagnostics.push(Diagnostic::error("invalid-subject", message).about(binding.id()).at(place).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{resources, run, shown};
    use super::*;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        shown(&run(check, None, &resources(yaml), &Policy::default()), yaml)
    }

    const HELD: &str = "
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop, namespace: n}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: n}}
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: reader, namespace: n}}
";

    #[test]
    fn an_autoscaler_finds_what_it_scales() {
        let with = |kind: &str, target: &str| {
            found(&format!(
                "{{apiVersion: {kind}, metadata: {{name: h, namespace: n}}, spec: {{scaleTargetRef: {target}}}}}{HELD}"
            ))
        };
        for kind in ["autoscaling/v2, kind: HorizontalPodAutoscaler", "keda.sh/v1alpha1, kind: ScaledObject"] {
            assert_eq!(with(kind, "{apiVersion: apps/v1, kind: Deployment, name: shop}"), [""; 0]);
            let said = with(kind, "{name: shpo, kind: Deployment}");
            assert!(said[0].starts_with("reference-not-found [shpo, kind"), "{said:?}");
            assert!(with(kind, "{name: cart, kind: StatefulSet}")[0].starts_with("outside-reference [cart"));
        }
    }

    #[test]
    fn a_binding_finds_its_role_and_its_accounts() {
        let with = |role: &str, subject: &str| {
            found(&format!(
                "{{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {{name: b, namespace: n}}, roleRef: {role}, subjects: [{subject}]}}{HELD}"
            ))
        };
        assert_eq!(with("{kind: Role, name: reader}", "{kind: ServiceAccount, name: robot, namespace: n}"), [""; 0]);
        assert_eq!(with("{kind: ClusterRole, name: view}", "{kind: ServiceAccount, name: default}"), [""; 0]);
        assert!(
            with("{kind: Role, name: raeder}", "{kind: User, name: me}")[0].starts_with("reference-not-found [raeder")
        );
        assert!(
            with("{kind: Role, name: reader}", "{kind: ServiceAccount, name: robto}")[0]
                .starts_with("reference-not-found [robto")
        );
        let said = with(
            "{kind: Role, name: reader}",
            "{kind: ServiceAccount, name: robot, apiGroup: rbac.authorization.k8s.io}",
        );
        assert!(said[0].starts_with("invalid-subject [rbac.authorization.k8s.io}"), "{said:?}");
    }

    #[test]
    fn a_cluster_wide_binding_says_the_namespace_of_an_account() {
        let yaml = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: b}, \
                    roleRef: {kind: ClusterRole, name: view}, subjects: [{kind: ServiceAccount, name: default}]}";
        assert_eq!(
            found(yaml),
            [
                "invalid-subject [default}]}] the ServiceAccount `default` in `ClusterRoleBinding/b` has no namespace, so Kubernetes refuses it"
            ]
        );
    }

    #[test]
    fn classes_of_the_cluster_are_worth_a_note() {
        let yaml = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {volumeClaimTemplates: [{spec: {storageClassName: fast}}], \
                    template: {spec: {priorityClassName: high}}}}";
        let said = found(yaml);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.iter().all(|one| one.starts_with("outside-reference")), "{said:?}");
        assert_eq!(
            found(&yaml.replace("high", "system-node-critical").replace("{storageClassName: fast}", "{}")),
            [""; 0]
        );
    }
}
