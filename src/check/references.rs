//! What pods refer to is there: ConfigMaps, Secrets, service accounts, claims, and the keys that
//! they name in what the build holds.

use std::collections::HashSet;

use super::Build;
use super::needs::{self, Need, Use};
use super::objects::{Found, Missing, Objects, Reference};
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Node;

/// ConfigMaps that Kubernetes and OpenShift put into every namespace.
const EVERYWHERE: [&str; 3] = ["kube-root-ca.crt", "openshift-service-ca.crt", "istio-ca-root-cert"];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let (objects, mut missing) = (Objects::new(build), Missing::new(build));
    for resource in build.resources {
        let Some(spec) = pods::spec(resource) else { continue };
        let mut seen = HashSet::new();
        for need in needs::of_pod(spec) {
            let Some(name) = need.name.as_str() else { continue };
            let kind = ("", need.kind.as_str());
            if always_there(kind.1, name) || from_image_pull(spec, need.name) {
                continue;
            }
            let found = objects.find(build, kind, &resource.id().namespace, name);
            if let (Found::Here(held), Use::Key(key)) = (&found, need.usage)
                && let (Some(keys), Some(text)) = (&held.keys, key.as_str())
                && !keys.contains(text)
                && !need.optional
                && seen.insert((name, text))
            {
                diagnostics.push(without_key(build, resource, &need, key, held.resource, keys));
            }
            if !need.optional || matches!(found, Found::Renamed(_)) {
                let reference =
                    Reference { by: resource, node: need.name, kind, namespace: &resource.id().namespace, name };
                missing.say(build, reference, &found, diagnostics);
            }
        }
        claims(build, resource, spec, &objects, &mut missing, diagnostics);
    }
}

fn always_there(kind: &str, name: &str) -> bool {
    (kind == "ServiceAccount" && name == "default") || (kind == "ConfigMap" && EVERYWHERE.contains(&name))
}

/// Whether the reference is of `imagePullSecrets`: a pod starts without it, and clusters bring theirs.
fn from_image_pull(spec: &Node, node: &Node) -> bool {
    pods::list(spec, "imagePullSecrets").filter_map(|one| one.get("name")).any(|name| std::ptr::eq(name, node))
}

fn claims<'a>(
    build: &Build<'a>,
    resource: &'a Resource,
    spec: &'a Node,
    objects: &Objects<'a>,
    missing: &mut Missing<'a>,
    diagnostics: &mut Diagnostics,
) {
    for volume in pods::list(spec, "volumes") {
        let Some(node) = volume.at(&["persistentVolumeClaim", "claimName"]) else { continue };
        let Some(name) = node.as_str() else { continue };
        let (kind, namespace) = (("", "PersistentVolumeClaim"), resource.id().namespace.as_str());
        let found = objects.find(build, kind, namespace, name);
        missing.say(build, Reference { by: resource, node, kind, namespace, name }, &found, diagnostics);
    }
}

fn without_key(
    build: &Build<'_>,
    user: &Resource,
    need: &Need<'_>,
    key: &Node,
    holder: &Resource,
    keys: &HashSet<&str>,
) -> Diagnostic {
    let text = key.as_str().unwrap_or_default();
    let message = format!("`{}` uses the key `{text}` of `{}`, which does not have it", user.id(), holder.id());
    let mut sorted: Vec<&str> = keys.iter().copied().collect();
    sorted.sort_unstable();
    let help = match near_miss(text, sorted.iter().copied().take(500)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add the key to the {}, or say `optional: true`", need.kind.as_str()),
    };
    Diagnostic::error("key-not-found", message)
        .about(user.id())
        .at(build.at(user, key))
        .related(build.place_of(holder), format!("the {}", need.kind.as_str()))
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(pod: &str, more: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d, namespace: n}}, spec: {{template: {{spec: {pod}}}}}}}\n---\n{more}"
        );
        let set = super::super::test::resources(&yaml);
        let policy = super::super::Policy::default();
        super::super::test::shown(&super::super::test::run(check, None, &set, &policy), &yaml)
    }

    const MAP: &str =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: n}, data: {PORT: '1', HOST: x}}";

    #[test]
    fn a_pod_uses_keys_that_are_there() {
        let env = |key: &str| {
            format!("{{containers: [{{env: [{{valueFrom: {{configMapKeyRef: {{key: {key}, name: settings}}}}}}]}}]}}")
        };
        assert_eq!(found(&env("PORT"), MAP), [""; 0]);
        assert_eq!(
            found(&env("PROT"), MAP),
            [
                "key-not-found [PROT, name: settings}}}]}]}}}}] `Deployment/d` uses the key `PROT` of `ConfigMap/settings`, \
                 which does not have it (did you mean `PORT`?)"
            ]
        );
        let filled = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: n}}";
        assert_eq!(found(&env("ANY"), filled), [""; 0], "a controller fills it");
        let projected = "{volumes: [{projected: {sources: [{configMap: {name: settings, items: [{key: NO}]}}]}}]}";
        assert!(found(projected, MAP)[0].starts_with("key-not-found [NO}]"));
    }

    #[test]
    fn what_is_made_elsewhere_is_a_note_and_a_near_name_a_warning() {
        let from = |name: &str| format!("{{containers: [{{envFrom: [{{configMapRef: {{name: {name}}}}}]}}]}}");
        assert_eq!(found(&from("settings"), MAP), [""; 0]);
        let near = found(&from("setings"), MAP);
        assert!(near.len() == 1 && near[0].starts_with("reference-not-found [setings}}]}]}}}}]"), "{near:?}");
        assert!(near[0].ends_with("(did you mean `settings`?)"), "{near:?}");
        assert!(found(&from("cluster-wide"), MAP)[0].starts_with("outside-reference [cluster-wide"));
        let other = MAP.replace("namespace: n", "namespace: other");
        let elsewhere = found(&from("settings"), &other);
        assert!(elsewhere[0].contains("which is in the namespace `other`, not in `n`"), "{elsewhere:?}");
        assert_eq!(found(&from("settings"), &MAP.replace(", namespace: n", "")), [""; 0], "no namespace may be any");
        assert_eq!(found(&from("kube-root-ca.crt"), MAP), [""; 0]);
        assert_eq!(found(&from("$(NAME)"), MAP), [""; 0]);
    }

    #[test]
    fn what_an_operator_makes_is_there() {
        let secret = "{containers: [{envFrom: [{secretRef: {name: s}}]}], imagePullSecrets: [{name: pull}]}";
        for made in [
            "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: s, namespace: n}}",
            "{apiVersion: secrets.infisical.com/v1alpha1, kind: InfisicalSecret, metadata: {name: x, namespace: n}, spec: {managedSecretReference: {secretName: s}}}",
            "{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s, namespace: n}}",
            "{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: x, namespace: n}, spec: {secretName: s}}",
        ] {
            assert_eq!(found(secret, made), [""; 0], "{made}");
        }
        assert_eq!(found(secret, MAP).len(), 1);
    }

    #[test]
    fn a_claim_and_an_account_are_looked_for_too() {
        let pod = "{serviceAccountName: me, volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}";
        let there = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: me, namespace: n}}\n---\n\
                     {apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: n}}";
        assert_eq!(found(pod, there), [""; 0]);
        assert_eq!(found(pod, MAP).len(), 2);
    }

    #[test]
    fn a_typed_application_is_whole() {
        let yaml = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{envFrom: [{configMapRef: {name: c}}]}]}}";
        let said = findings(check, &Case { yaml, ..Case::default() });
        assert!(said[0].starts_with("reference-not-found [c}}]}]}}]"), "{said:?}");
    }
}
