//! Claims that several pods mount: a volume of one node (ReadWriteOnce) or of one pod
//! (ReadWriteOncePod) keeps a pod elsewhere waiting for ever.
//!
//! A claim that is not rendered here may be of any sort, so nothing is said about it.

use std::collections::BTreeMap;

use super::Build;
use super::labels::Selector;
use super::scalers::Scalers;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

/// The label that tells nodes apart.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// Pods that mount a claim.
struct User<'a> {
    resource: &'a Resource,
    template: &'a Node,
    /// Where the claim is named.
    name: &'a Node,
    /// How many pods run at once, outside of a rollout.
    pods: i64,
    /// Whether a rollout starts new pods before the old ones are gone.
    surges: bool,
}

impl User<'_> {
    fn several(&self) -> bool {
        self.pods > 1 || self.surges
    }

    /// Whether its pods run only where pods of `other` run.
    fn follows(&self, other: &Self) -> bool {
        let terms =
            self.template.at(&["spec", "affinity", "podAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]);
        terms.into_iter().flat_map(Node::items).any(|term| {
            let by_host = term.get("topologyKey").and_then(Node::as_str) == Some(HOSTNAME);
            let selector = term.get("labelSelector").map(Selector::of).filter(|selector| !selector.is_empty());
            by_host && selector.is_some_and(|selector| selector.matches_template(other.template))
        })
    }

    /// The one node that its pods may run on.
    fn node(&self) -> Option<&str> {
        self.template.at(&["spec", "nodeSelector", HOSTNAME]).and_then(Node::as_str)
    }
}

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let claims: BTreeMap<(&str, &str), &Resource> = build
        .resources
        .iter()
        .filter(|resource| resource.kind() == "PersistentVolumeClaim")
        .map(|claim| ((claim.id().namespace.as_str(), claim.name()), claim))
        .collect();
    if claims.is_empty() {
        return;
    }
    let mut users: BTreeMap<(&str, &str), Vec<User<'_>>> = BTreeMap::new();
    let scalers = Scalers::new(build.resources);
    for resource in build.resources {
        let Some(template) = resource.pod_template() else { continue };
        for name in claim_names(template) {
            let Some(key) = name.as_str().map(|name| (resource.id().namespace.as_str(), name)) else { continue };
            if claims.contains_key(&key) {
                let (pods, surges) = (pods(resource, &scalers), surges(resource));
                users.entry(key).or_default().push(User { resource, template, name, pods, surges });
            }
        }
    }
    for (key, users) in &users {
        if let Some(finding) = claims.get(key).and_then(|claim| shared(build, claim, users)) {
            diagnostics.push(finding);
        }
    }
}

fn claim_names(template: &Node) -> impl Iterator<Item = &Node> {
    let volumes = template.at(&["spec", "volumes"]).into_iter().flat_map(Node::items);
    volumes.filter_map(|volume| volume.at(&["persistentVolumeClaim", "claimName"]))
}

/// The greatest number of pods that a workload runs outside of a rollout.
fn pods(workload: &Resource, scalers: &Scalers<'_>) -> i64 {
    let number = |path: &[&str]| workload.root.at(path).and_then(Node::as_i64);
    let scaled = scalers.of(workload).iter().map(|scaler| {
        let field = if scaler.kind() == "ScaledObject" { "maxReplicaCount" } else { "maxReplicas" };
        scaler.root.at(&["spec", field]).and_then(Node::as_i64).unwrap_or(i64::MAX)
    });
    match workload.kind() {
        "DaemonSet" => i64::MAX,
        "Job" => number(&["spec", "parallelism"]).unwrap_or(1),
        "CronJob" => {
            let runs = workload.root.at(&["spec", "concurrencyPolicy"]).and_then(Node::as_str);
            let at_once = number(&["spec", "jobTemplate", "spec", "parallelism"]).unwrap_or(1);
            if matches!(runs, Some("Forbid" | "Replace")) { at_once } else { at_once.saturating_mul(2) }
        }
        _ => scaled.max().unwrap_or_else(|| number(&["spec", "replicas"]).unwrap_or(1)),
    }
}

/// Whether a rollout of a Deployment starts a pod before another one is gone, as it does by default.
fn surges(workload: &Resource) -> bool {
    let strategy = workload.root.at(&["spec", "strategy"]);
    let recreates = strategy.and_then(|strategy| strategy.get("type")).and_then(Node::as_str) == Some("Recreate");
    let surge = strategy.and_then(|strategy| strategy.at(&["rollingUpdate", "maxSurge"])).and_then(Node::scalar_text);
    workload.kind() == "Deployment" && !recreates && !matches!(surge.as_deref(), Some("0" | "0%"))
}

/// What is wrong with the pods of one claim.
fn shared(build: &Build<'_>, claim: &Resource, users: &[User<'_>]) -> Option<Diagnostic> {
    let modes: Vec<&str> =
        claim.root.at(&["spec", "accessModes"]).into_iter().flat_map(Node::items).filter_map(Node::as_str).collect();
    if modes.iter().any(|mode| matches!(*mode, "ReadWriteMany" | "ReadOnlyMany")) {
        return None;
    }
    let one_pod = modes.contains(&"ReadWriteOncePod");
    let crowded = users.len() > 1 || users.iter().any(User::several);
    if !crowded || (!one_pod && one_node(users)) {
        return None;
    }
    let mode = if one_pod { "ReadWriteOncePod" } else { "ReadWriteOnce" };
    let (first, last) = (users.first()?, users.last()?);
    let id = |user: &User<'_>| format!("`{}`", user.resource.id());
    let who = match users {
        [only] if only.pods > 1 => format!("{} runs several pods with", id(only)),
        [only] => format!("a rollout of {} starts its new pod beside the old one with", id(only)),
        _ => format!("{} and {} mount", id(first), id(last)),
    };
    let message = format!("{who} the claim `{}`, which is {mode}", claim.name());
    let help = match users {
        [only] if only.pods == 1 => "write `strategy: recreate`, or `accessModes: [ReadWriteMany]` of a class that can",
        _ => {
            "write `accessModes: [ReadWriteMany]` of a class that can, or keep all pods on one node by a required pod affinity with the topology key kubernetes.io/hostname"
        }
    };
    let place =
        claim.root.at(&["spec", "accessModes"]).map_or_else(|| build.place_of(claim), |node| build.at(claim, node));
    // A rollout gets stuck only where its new pod lands on another node.
    let found = match users {
        [only] if only.pods <= 1 && !one_pod => Diagnostic::warning("claim-blocks-rollout", message),
        _ => Diagnostic::error("claim-not-shareable", message),
    };
    Some(found.about(last.resource.id()).at(build.at(last.resource, last.name)).related(place, "the claim").help(help))
}

/// Whether all pods run on one node: a selector names it, or they follow the pods of one workload.
fn one_node(users: &[User<'_>]) -> bool {
    let node = users.first().and_then(User::node);
    if node.is_some() && users.iter().all(|user| user.node() == node) {
        return true;
    }
    users.iter().any(|anchor| {
        let others = users.iter().filter(|user| !std::ptr::eq(*user, anchor));
        (!anchor.several() || anchor.follows(anchor)) && others.into_iter().all(|other| other.follows(anchor))
    })
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn claim(mode: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {{name: c}}, spec: {{accessModes: [{mode}]}}}}\n"
        )
    }

    fn deployment(name: &str, spec: &str, pod: &str) -> String {
        format!(
            "---\n{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{{spec} template: {{\
             metadata: {{labels: {{app: {name}}}}}, spec: {{{pod} volumes: [{{persistentVolumeClaim: {{claimName: c}}}}]}}}}}}}}\n"
        )
    }

    fn found(mode: &str, workloads: &[String]) -> Vec<String> {
        let yaml = claim(mode) + &workloads.concat();
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    const ONE: &str = "strategy: {type: Recreate},";

    fn beside(app: &str) -> String {
        format!(
            "affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: kubernetes.io/hostname, \
             labelSelector: {{matchLabels: {{app: {app}}}}}}}]}}}},"
        )
    }

    #[test]
    fn one_pod_may_mount_any_claim_and_any_pod_one_for_many() {
        let two = [deployment("a", "", ""), deployment("b", "replicas: 3,", "")];
        assert!(found("ReadWriteMany", &two).is_empty());
        assert!(found("ReadWriteOnce", &[deployment("a", ONE, "")]).is_empty());
        assert!(
            found("ReadWriteOncePod", &[deployment("a", "strategy: {rollingUpdate: {maxSurge: 0}},", "")]).is_empty()
        );
    }

    #[test]
    fn two_workloads_do_not_share_a_volume_of_one_node() {
        let two = [deployment("a", ONE, ""), deployment("b", ONE, "")];
        let said = found("ReadWriteOnce", &two);
        let message = "`Deployment/a` and `Deployment/b` mount the claim `c`, which is ReadWriteOnce";
        assert!(
            said.len() == 1 && said[0].starts_with("claim-not-shareable [c}}]") && said[0].ends_with(message),
            "{said:?}"
        );
    }

    #[test]
    fn several_pods_and_a_rollout_count_too() {
        let several = &found("ReadWriteOnce", &[deployment("a", "strategy: {type: Recreate}, replicas: 2,", "")])[0];
        assert!(several.contains("`Deployment/a` runs several pods with the claim `c`"), "{several}");
        let rollout = &found("ReadWriteOnce", &[deployment("a", "", "")])[0];
        assert!(
            rollout.starts_with("claim-blocks-rollout [")
                && rollout.contains("a rollout of `Deployment/a` starts its new pod beside the old one with the claim"),
            "{rollout}"
        );
    }

    #[test]
    fn pods_on_one_node_share_a_volume_of_it() {
        let follows = [deployment("a", ONE, ""), deployment("b", "replicas: 3,", &beside("a"))];
        assert!(found("ReadWriteOnce", &follows).is_empty());
        assert_eq!(found("ReadWriteOncePod", &follows).len(), 1);
        assert_eq!(found("ReadWriteOnce", &[deployment("a", ONE, ""), deployment("b", ONE, &beside("x"))]).len(), 1);
        assert!(found("ReadWriteOnce", &[deployment("a", "replicas: 2,", &beside("a"))]).is_empty());
        let node = "nodeSelector: {kubernetes.io/hostname: one},";
        assert!(found("ReadWriteOnce", &[deployment("a", "", node), deployment("b", "", node)]).is_empty());
    }
}
