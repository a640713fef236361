//! What waits for what across waves: a wave ends when all of it is healthy, so what it waits for must not
//! come in a later one, neither itself nor anything that it needs in turn.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use super::argocd_hooks::{HOOK, annotation};
use super::needs;
use super::ordering::Moment;
use super::{Build, pods, secrets};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

/// Namespace (empty for objects of the cluster), kind and name.
type Key<'a> = (&'a str, &'a str, &'a str);

/// How often a need is passed on: by a store that needs a secret that another store fetches, and so on.
const ROUNDS: usize = 16;

/// One thing that an object needs: where that is written, and who brings it.
struct Edge<'a> {
    written: &'a Node,
    /// The kind as people read it: `Secret` of an ExternalSecret.
    kind: &'a str,
    provider: usize,
}

/// When everything that an object needs is there, and because of which other object that is so late.
#[derive(Clone, Copy)]
struct Ready {
    moment: Moment,
    because_of: Option<usize>,
}

/// Finds what is waited for in a wave, and needs what comes in a later one only. What a Job that is a hook
/// needs itself is another rule, which `build` enforces.
pub(super) fn check(build: &Build<'_>, moments: &[(&Resource, Moment)], diagnostics: &mut Diagnostics) {
    let providers = providers(moments);
    let edges: Vec<Vec<Edge<'_>>> = moments.iter().map(|(resource, _)| edges(resource, &providers)).collect();
    let ready = ready(moments, &edges);
    for (index, (resource, moment)) in moments.iter().enumerate().filter(|(_, (one, _))| is_waited_for(one)) {
        let is_hook_job = resource.kind() == "Job" && annotation(resource, HOOK).is_some();
        let mut said = HashSet::new();
        for edge in &edges[index] {
            let direct = moments[edge.provider].1 > *moment;
            let late = ready[edge.provider].moment > *moment;
            if !late || direct && is_hook_job || !said.insert(edge.provider) {
                continue;
            }
            let Some((first, last)) = culprit(edge.provider, &ready, moments) else { continue };
            diagnostics.push(finding(build, moments, index, edge, (first, last)));
        }
    }
}

/// Of what is late because of others: which needs what, in the end. `None` where something in between is
/// waited for itself, so that it has a finding of its own.
fn culprit(from: usize, ready: &[Ready], moments: &[(&Resource, Moment)]) -> Option<(usize, usize)> {
    let (mut before, mut current) = (from, from);
    for _ in 0..=ROUNDS {
        let Some(next) = ready[current].because_of else { break };
        if is_waited_for(moments[current].0) {
            return None;
        }
        (before, current) = (current, next);
    }
    Some((before, current))
}

fn finding(
    build: &Build<'_>,
    moments: &[(&Resource, Moment)],
    index: usize,
    edge: &Edge<'_>,
    (first, last): (usize, usize),
) -> Diagnostic {
    let (resource, moment) = moments[index];
    let (late, comes) = moments[last];
    let name = edge.written.as_str().unwrap_or_default();
    let because = match last == edge.provider {
        true => format!("which `{}` brings in {comes} only", late.id()),
        false => format!("for which `{}` needs `{}`, which comes in {comes} only", moments[first].0.id(), late.id()),
    };
    let message =
        format!("`{}` ({moment}) needs the {} `{name}`, {because}: each waits for the other", resource.id(), edge.kind);
    Diagnostic::error("needs-later-object", message)
        .about(resource.id())
        .at(build.at(resource, edge.written))
        .related(build.place_of(late), format!("`{}`", late.id()))
        .help("put what it needs into an earlier wave, or what waits into a later one")
}

/// Whether the end of a wave waits for the health of this object, which it has not without what it needs.
fn is_waited_for(resource: &Resource) -> bool {
    match resource.id().gvk.group.as_str() {
        "" => matches!(resource.kind(), "Pod" | "PersistentVolumeClaim"),
        "apps" => matches!(resource.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet"),
        "batch" => resource.kind() == "Job",
        "autoscaling" => resource.kind() == "HorizontalPodAutoscaler",
        "argoproj.io" => resource.kind() == "Rollout",
        "external-secrets.io" => matches!(resource.kind(), "ExternalSecret" | "SecretStore" | "ClusterSecretStore"),
        "cert-manager.io" => matches!(resource.kind(), "Certificate" | "Issuer" | "ClusterIssuer"),
        _ => false,
    }
}

/// What each object is and makes; of two that bring one object the first in time counts.
fn providers<'a>(moments: &[(&'a Resource, Moment)]) -> HashMap<Key<'a>, usize> {
    let mut found: HashMap<Key<'a>, usize> = HashMap::new();
    for (index, (resource, moment)) in moments.iter().enumerate() {
        let mut add = |key: Key<'a>| {
            let known = found.entry(key).or_insert(index);
            if *moment < moments[*known].1 {
                *known = index;
            }
        };
        let id = resource.id();
        add((&id.namespace, &id.gvk.kind, resource.name()));
        for made in secrets::made_by(resource) {
            add((made.namespace, "Secret", made.name));
        }
        if id.gvk.group == "cert-manager.io"
            && let Some(secret) = resource.root.at(&["spec", "secretName"]).and_then(Node::as_str)
        {
            add((&id.namespace, "Secret", secret));
        }
    }
    found
}

/// When each object and all that it needs is there.
fn ready(moments: &[(&Resource, Moment)], edges: &[Vec<Edge<'_>>]) -> Vec<Ready> {
    let own = |(_, moment): &(&Resource, Moment)| Ready { moment: *moment, because_of: None };
    let mut ready: Vec<Ready> = moments.iter().map(own).collect();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for (index, edges) in edges.iter().enumerate() {
            for edge in edges {
                if ready[edge.provider].moment > ready[index].moment {
                    ready[index] = Ready { moment: ready[edge.provider].moment, because_of: Some(edge.provider) };
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    ready
}

struct Needs<'a, 'p> {
    namespace: &'a str,
    providers: &'p HashMap<Key<'a>, usize>,
    found: Vec<Edge<'a>>,
}

fn edges<'a>(resource: &'a Resource, providers: &HashMap<Key<'a>, usize>) -> Vec<Edge<'a>> {
    let id = resource.id();
    let mut needs = Needs { namespace: &id.namespace, providers, found: Vec::new() };
    let spec = resource.root.get("spec");
    match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
        ("", "PersistentVolumeClaim") => {
            needs.cluster("StorageClass", spec.and_then(|spec| spec.get("storageClassName")))
        }
        ("autoscaling", "HorizontalPodAutoscaler") => {
            needs.named(spec.and_then(|spec| spec.get("scaleTargetRef")), None);
        }
        ("external-secrets.io", "ExternalSecret") => {
            needs.named(spec.and_then(|spec| spec.get("secretStoreRef")), Some("SecretStore"));
        }
        ("external-secrets.io", "SecretStore" | "ClusterSecretStore") => needs.credentials(spec),
        ("secrets.infisical.com", _) => needs.credentials(spec),
        ("cert-manager.io", "Certificate") => needs.named(spec.and_then(|spec| spec.get("issuerRef")), Some("Issuer")),
        ("cert-manager.io", "Issuer") => {
            needs.add("Secret", spec.and_then(|spec| spec.at(&["ca", "secretName"])), None);
        }
        _ => {}
    }
    if let Some(pod) = pods::spec(resource) {
        needs.pod(pod);
    }
    needs.found
}

impl<'a> Needs<'a, '_> {
    fn add(&mut self, kind: &'a str, name: Option<&'a Node>, namespace: Option<&'a str>) {
        let Some(written) = name else { return };
        let Some(text) = written.as_str() else { return };
        if let Some(provider) = self.providers.get(&(namespace.unwrap_or(self.namespace), kind, text)) {
            self.found.push(Edge { written, kind, provider: *provider });
        }
    }

    fn cluster(&mut self, kind: &'a str, name: Option<&'a Node>) {
        self.add(kind, name, Some(""));
    }

    /// `{kind, name}`; `usual` is the kind where none is written.
    fn named(&mut self, reference: Option<&'a Node>, usual: Option<&'a str>) {
        let Some(reference) = reference else { return };
        let Some(kind) = pods::text(reference, "kind").or(usual) else { return };
        let namespace = kind.starts_with("Cluster").then_some("");
        self.add(kind, reference.get("name"), namespace);
    }

    fn pod(&mut self, spec: &'a Node) {
        for need in needs::of_pod(spec).iter().filter(|need| !need.optional) {
            self.add(need.kind.as_str(), Some(need.name), None);
        }
        for volume in pods::list(spec, "volumes") {
            self.add("PersistentVolumeClaim", volume.at(&["persistentVolumeClaim", "claimName"]), None);
        }
        self.cluster("PriorityClass", spec.get("priorityClassName"));
        self.cluster("RuntimeClass", spec.get("runtimeClassName"));
    }

    /// The Secrets and service accounts that a store signs in with, wherever its provider keeps them.
    fn credentials(&mut self, node: Option<&'a Node>) {
        let Some(node) = node else { return };
        for entry in node.entries() {
            let key: &EcoString = &entry.key;
            let namespace = |field: &str| pods::text(&entry.node, field);
            match key.as_str() {
                "serviceAccountRef" => self.add("ServiceAccount", entry.node.get("name"), namespace("namespace")),
                "credentialsRef" => self.add("Secret", entry.node.get("secretName"), namespace("secretNamespace")),
                key if key.ends_with("ecretRef") => {
                    self.add("Secret", entry.node.get("name"), namespace("namespace"));
                }
                _ => {}
            }
            self.credentials(Some(&entry.node));
        }
        node.items().for_each(|item| self.credentials(Some(item)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};

    fn found(yaml: &str) -> Vec<String> {
        findings(super::super::waves::check, &Case { yaml, ..Case::default() })
    }

    fn object(version: &str, kind: &str, name: &str, wave: i64, spec: &str) -> String {
        format!(
            "---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}}}, spec: {spec}}}\n"
        )
    }

    fn deployment(wave: i64, pod: &str) -> String {
        object("apps/v1", "Deployment", "d", wave, &format!("{{template: {{spec: {pod}}}}}"))
    }

    #[track_caller]
    fn one(yaml: &str, end: &str) {
        let said = found(yaml);
        assert!(said.len() == 1 && said[0].starts_with("needs-later-object [") && said[0].ends_with(end), "{said:?}");
    }

    #[test]
    fn what_a_wave_waits_for_needs_nothing_of_a_later_one() {
        let with_map = |wave: i64| {
            let map = object("v1", "ConfigMap", "c", wave, "{}");
            deployment(0, "{containers: [{envFrom: [{configMapRef: {name: c}}]}]}") + &map
        };
        assert_eq!(found(&with_map(0)), [""; 0]);
        assert_eq!(found(&with_map(-1)), [""; 0]);
        one(&with_map(1), "which `ConfigMap/c` brings in phase `Sync`, wave 1 only: each waits for the other");
        let claim = object("v1", "PersistentVolumeClaim", "p", 1, "{}");
        one(
            &(deployment(0, "{volumes: [{persistentVolumeClaim: {claimName: p}}]}") + &claim),
            "each waits for the other",
        );
        let class = object("scheduling.k8s.io/v1", "PriorityClass", "high", 1, "{}");
        one(&(deployment(0, "{priorityClassName: high}") + &class), "each waits for the other");
        let scaler = |wave| {
            object(
                "autoscaling/v2",
                "HorizontalPodAutoscaler",
                "h",
                wave,
                "{scaleTargetRef: {kind: Deployment, name: d}}",
            )
        };
        one(&(scaler(-1) + &deployment(0, "{}")), "each waits for the other");
        assert_eq!(found(&(scaler(0) + &deployment(0, "{}"))), [""; 0]);
    }

    #[test]
    fn what_operators_fetch_needs_its_store_and_a_certificate_its_issuer() {
        let external =
            |wave: i64| object("external-secrets.io/v1", "ExternalSecret", "e", wave, "{secretStoreRef: {name: s}}");
        let store = object(
            "external-secrets.io/v1",
            "SecretStore",
            "s",
            0,
            "{provider: {vault: {auth: {tokenSecretRef: {name: token}}}}}",
        );
        one(
            &(external(-1) + &store),
            "which `SecretStore/s` brings in phase `Sync`, wave 0 only: each waits for the other",
        );
        assert_eq!(found(&(external(0) + &store)), [""; 0]);
        let token = object("v1", "Secret", "token", 1, "{}");
        one(
            &(external(0) + &store + &token),
            "which `Secret/token` brings in phase `Sync`, wave 1 only: each waits for the other",
        );
        let certificate =
            object("cert-manager.io/v1", "Certificate", "c", -1, "{secretName: tls, issuerRef: {name: ca}}");
        let issuer = object("cert-manager.io/v1", "Issuer", "ca", 0, "{}");
        one(
            &(certificate + &issuer),
            "which `Issuer/ca` brings in phase `Sync`, wave 0 only: each waits for the other",
        );
    }

    #[test]
    fn a_cycle_may_go_through_what_nobody_waits_for() {
        let pod = "{containers: [{envFrom: [{secretRef: {name: shop}}]}]}";
        let auth = "{authentication: {universalAuth: {credentialsRef: {secretName: login, secretNamespace: ''}}}, managedSecretReference: {secretName: shop}}";
        let with = |wave: i64| {
            let infisical = object("secrets.infisical.com/v1alpha1", "InfisicalSecret", "i", 0, auth);
            deployment(1, pod) + &infisical + &object("v1", "Secret", "login", wave, "{}")
        };
        assert_eq!(found(&with(1)), [""; 0]);
        one(
            &with(2),
            "needs the Secret `shop`, for which `InfisicalSecret/i` needs `Secret/login`, which comes in phase `Sync`, wave 2 only: each waits for the other",
        );
    }
}
