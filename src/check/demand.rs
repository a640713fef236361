//! What the pods of one build ask for at most: the sum that has to fit the cluster.
//!
//! An autoscaler counts with its greatest number, a rollout with its extra pods, a CronJob with
//! one run, a DaemonSet with a pod on every node. A pod asks for the sum of its containers and
//! sidecars, or for what an init container needs beside the sidecars before it, whichever is more.

use ecow::EcoString;

use super::Build;
use super::scalers::Scalers;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

/// What is counted, by the names of Kubernetes.
pub(super) const COUNTED: [&str; 2] = ["cpu", "memory"];

/// Amounts of what is counted, in billionths.
pub(super) type Amounts = [i128; 2];

/// What one workload asks for.
#[derive(Clone, Debug)]
pub struct Share {
    /// Its kind, namespace and name: on one cluster this is one object.
    pub(super) object: (EcoString, EcoString, EcoString),
    /// The greatest number of its pods at one time.
    pub(super) pods: i64,
    /// What each of them asks for.
    pub(super) each: Amounts,
    /// Where it asks, for each amount.
    pub(super) places: [Option<Origin>; 2],
}

/// What a build asks for.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    pub(super) shares: Vec<Share>,
}

impl Demand {
    /// What `build` asks of a cluster with so many nodes, of which `wanted` amounts are checked.
    /// Containers that do not say what they need go to `missing`. Places are settled, so that they
    /// can leave the build.
    pub fn of(build: &Build<'_>, nodes: u32, wanted: [bool; 2], missing: &mut Diagnostics) -> Self {
        let scalers = Scalers::new(build.resources);
        let mut demand = Self::default();
        for resource in build.resources {
            let Some(spec) = resource.pod_template().and_then(|template| template.get("spec")) else { continue };
            let pods = most_pods(resource, &scalers, i64::from(nodes));
            if pods == 0 {
                continue;
            }
            let mut share = Share { object: object(resource), pods, each: [0; 2], places: [None; 2] };
            for (index, amount) in COUNTED.into_iter().enumerate().filter(|(index, _)| wanted[*index]) {
                let mut pod = PodRequest { build, resource, amount, missing: &mut *missing };
                share.each[index] = pod.total(spec);
                let place =
                    asked(spec, amount).map_or_else(|| build.place_of(resource), |node| build.at(resource, node));
                share.places[index] = build.origins.settle(place);
            }
            demand.shares.push(share);
        }
        demand
    }

    /// Forgets places at which nothing stands once the build is over: what its templates printed,
    /// behind all files, from the position `end` on.
    pub fn forget_places_from(&mut self, end: u64) {
        for place in self.shares.iter_mut().flat_map(|share| &mut share.places) {
            *place = place.filter(|place| place.position().is_some_and(|position| u64::from(position) < end));
        }
    }
}

fn object(resource: &Resource) -> (EcoString, EcoString, EcoString) {
    let id = resource.id();
    (resource.kind().into(), id.namespace.clone(), resource.name().into())
}

/// Where the first container asks for an amount.
fn asked<'n>(spec: &'n Node, amount: &str) -> Option<&'n Node> {
    list(spec, "containers").find_map(|container| written(container, amount))
}

/// The greatest number of pods of a workload at one time.
fn most_pods(workload: &Resource, scalers: &Scalers<'_>, nodes: i64) -> i64 {
    let number = |path: &[&str]| workload.root.at(path).and_then(Node::as_i64);
    match workload.kind() {
        "Pod" => 1,
        "DaemonSet" => nodes.saturating_add(surge(workload, "updateStrategy", nodes, 0)),
        "Job" => number(&["spec", "parallelism"]).unwrap_or(1),
        "CronJob" => number(&["spec", "jobTemplate", "spec", "parallelism"]).unwrap_or(1),
        kind => {
            let (replicas, _) = written_pods(workload, scalers);
            let rolls = kind == "Deployment" && !is_recreated(workload);
            let extra = if rolls { surge(workload, "strategy", replicas, 25) } else { 0 };
            replicas.saturating_add(extra)
        }
    }
}

/// The greatest number of pods that replicas and autoscalers ask for, and where: the resource and
/// the number; a rollout may add to it.
pub(super) fn written_pods<'a>(
    workload: &'a Resource,
    scalers: &Scalers<'a>,
) -> (i64, Option<(&'a Resource, &'a Node)>) {
    let said = |resource: &'a Resource, field: &str, default: Option<i64>| {
        let node = resource.root.at(&["spec", field]);
        Some((node.and_then(Node::as_i64).or(default)?, node.map(|node| (resource, node))))
    };
    let most = |scaler: &&'a Resource| match scaler.kind() {
        "ScaledObject" => said(scaler, "maxReplicaCount", Some(100)),
        _ => said(scaler, "maxReplicas", None),
    };
    let scaled = scalers.of(workload).iter().filter_map(most);
    let all = said(workload, "replicas", None).into_iter().chain(scaled);
    all.max_by_key(|(pods, _)| *pods).unwrap_or((1, None))
}

fn is_recreated(deployment: &Resource) -> bool {
    deployment.root.at(&["spec", "strategy", "type"]).and_then(Node::as_str) == Some("Recreate")
}

/// The pods that a rollout adds to `replicas`; where nothing is written `default` percent.
fn surge(workload: &Resource, strategy: &str, replicas: i64, default: i64) -> i64 {
    let part = |percent: i64| replicas.saturating_mul(percent).saturating_add(99) / 100;
    let node = workload.root.at(&["spec", strategy, "rollingUpdate", "maxSurge"]);
    let Some(node) = node.filter(|node| !node.is_null()) else { return part(default) };
    let percent = || node.as_str()?.strip_suffix('%')?.parse().ok().map(part);
    node.as_i64().or_else(percent).unwrap_or_else(|| part(default))
}

/// One amount of one pod.
struct PodRequest<'a, 'b> {
    build: &'a Build<'b>,
    resource: &'a Resource,
    amount: &'static str,
    missing: &'a mut Diagnostics,
}

impl PodRequest<'_, '_> {
    fn total(&mut self, spec: &Node) -> i128 {
        let overhead = spec.at(&["overhead", self.amount]).and_then(value).unwrap_or(0);
        // What is said of the pod as a whole stands for its containers (Kubernetes 1.34).
        if let Some(whole) = written(spec, self.amount).and_then(value) {
            return whole.saturating_add(overhead);
        }
        let (mut sidecars, mut peak) = (0i128, 0i128);
        for container in list(spec, "initContainers") {
            let asked = self.container(container);
            let beside = sidecars.saturating_add(asked);
            match container.get("restartPolicy").and_then(Node::as_str) {
                Some("Always") => sidecars = beside,
                _ => peak = peak.max(beside),
            }
        }
        let containers = list(spec, "containers").map(|container| self.container(container));
        let running = containers.fold(sidecars, i128::saturating_add);
        running.max(peak).saturating_add(overhead)
    }

    fn container(&mut self, container: &Node) -> i128 {
        if let Some(asked) = written(container, self.amount).and_then(value) {
            return asked;
        }
        let (build, resource, amount) = (self.build, self.resource, self.amount);
        let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
        let place = container.get("name").unwrap_or(container);
        self.missing.push(
            Diagnostic::error(
                "missing-request",
                format!("the container `{name}` of `{}` does not say how much {amount} it needs", resource.id()),
            )
            .at(build.at(resource, place))
            .about(resource.id())
            .help(format!(
                "write `resources: {{requests: {{{amount}: ...}}}}`: without it nobody can tell whether the cluster holds all"
            )),
        );
        0
    }
}

/// What a container asks for: its request, or its limit, which the API server takes for one.
fn written<'n>(container: &'n Node, amount: &str) -> Option<&'n Node> {
    let of = |field: &str| container.at(&["resources", field, amount]).filter(|node| !node.is_null());
    of("requests").or_else(|| of("limits"))
}

fn value(node: &Node) -> Option<i128> {
    names::amount(&node.scalar_text()?)
}

fn list<'n>(spec: &'n Node, field: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
    spec.get(field).into_iter().flat_map(Node::items)
}

#[cfg(test)]
mod tests {
    use super::super::test::resources;
    use super::*;
    use crate::check::Policy;
    use crate::origin::Origins;

    fn demand(yaml: &str) -> Demand {
        demand_and_findings(yaml).0
    }

    fn demand_and_findings(yaml: &str) -> (Demand, Vec<String>) {
        let set = resources(yaml);
        let (policy, origins, mut missing) = (Policy::default(), Origins::default(), Diagnostics::default());
        let build = Build { app: None, resources: &set, policy: &policy, origins: &origins };
        let demand = Demand::of(&build, 3, [true, true], &mut missing);
        (demand, missing.iter().map(|d| d.message.clone()).collect())
    }

    /// The pods of the first workload.
    #[track_caller]
    fn pods(kind: &str, spec: &str) -> i64 {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: a}}, spec: {{{spec}template: {{spec: {{containers: \
             [{{name: a, resources: {{requests: {{cpu: 1, memory: 1}}}}}}]}}}}}}}}"
        );
        demand(&yaml).shares.first().map_or(0, |share| share.pods)
    }

    #[test]
    fn a_rollout_counts_with_the_pods_that_it_adds() {
        assert_eq!(pods("Deployment", ""), 2, "a quarter of one, rounded up");
        assert_eq!(pods("Deployment", "replicas: 8, "), 10);
        assert_eq!(pods("Deployment", "replicas: 8, strategy: {type: Recreate}, "), 8);
        assert_eq!(pods("Deployment", "replicas: 8, strategy: {rollingUpdate: {maxSurge: 0}}, "), 8);
        assert_eq!(pods("Deployment", "replicas: 3, strategy: {rollingUpdate: {maxSurge: 50%}}, "), 5);
        assert_eq!(pods("Deployment", "replicas: 0, "), 0);
        assert_eq!(pods("StatefulSet", "replicas: 3, "), 3);
        assert_eq!(pods("DaemonSet", ""), 3, "one on each node");
        assert_eq!(pods("DaemonSet", "updateStrategy: {rollingUpdate: {maxSurge: 1}}, "), 4);
        assert_eq!(pods("Job", "parallelism: 4, "), 4);
        assert_eq!(pods("ReplicaSet", ""), 1);
    }

    #[test]
    fn an_autoscaler_counts_with_its_greatest_number() {
        let deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {replicas: 2, strategy: \
                          {type: Recreate}, template: {spec: {containers: []}}}}";
        let scaler = |kind: &str, most: &str| {
            format!(
                "{deployment}\n---\n{{apiVersion: x/v1, kind: {kind}, metadata: {{name: s}}, spec: {{scaleTargetRef: \
                 {{kind: Deployment, name: a}}{most}}}}}"
            )
        };
        let pods = |yaml: &str| demand(yaml).shares[0].pods;
        assert_eq!(pods(&scaler("HorizontalPodAutoscaler", ", maxReplicas: 6")), 6);
        assert_eq!(pods(&scaler("HorizontalPodAutoscaler", ", maxReplicas: 1")), 2);
        assert_eq!(pods(&scaler("ScaledObject", "")), 100);
    }

    #[test]
    fn a_pod_asks_for_its_containers_and_sidecars_or_for_its_greatest_init_container() {
        let pod = |spec: &str| {
            let yaml = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{{spec}}}}}");
            let (found, said) = demand_and_findings(&yaml);
            (found.shares[0].each.map(|amount| amount / 1_000_000_000), said)
        };
        let one = |name: &str, cpu: u32, more: &str| {
            format!("{{name: {name}, resources: {{requests: {{cpu: {cpu}, memory: 1}}}}{more}}}")
        };
        let always = ", restartPolicy: Always";
        let spec =
            |init: &str| format!("initContainers: [{init}], containers: [{}, {}]", one("a", 2, ""), one("b", 3, ""));
        assert_eq!(pod(&spec("")), ([5, 2], vec![]));
        assert_eq!(pod(&spec(&one("s", 1, always))).0, [6, 3]);
        assert_eq!(pod(&spec(&one("i", 9, ""))).0, [9, 2]);
        assert_eq!(pod(&spec(&format!("{}, {}", one("s", 1, always), one("i", 9, "")))).0, [10, 3]);
        assert_eq!(pod(&spec(&format!("{}, {}", one("i", 9, ""), one("s", 1, always)))).0, [9, 3]);
        assert_eq!(pod("overhead: {cpu: 1}, resources: {requests: {cpu: 4}}, containers: [{name: a}]").0, [5, 0]);
        let limited = "containers: [{name: a, resources: {limits: {cpu: 4, memory: 2}}}]";
        assert_eq!(pod(limited), ([4, 2], vec![]), "a limit is a request where none is written");
        let (_, said) = pod("containers: [{name: a, resources: {requests: {memory: 1}}}]");
        assert_eq!(said, ["the container `a` of `Pod/a` does not say how much cpu it needs"]);
    }
}
