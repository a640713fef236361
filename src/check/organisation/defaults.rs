//! What the API server fills in before a policy sees an object. An expression such as
//! `object.spec.replicas <= 5` relies on it.
//!
//! Only what is always the same is here, as Kubernetes documents it; what a controller or an
//! admission plugin adds is not. A field that is filled in is shown at what it stands in.

use crate::origin::Origin;
use crate::resource::{Gvk, pod_template_path};
use crate::tree::{Node, Value};

/// The object with its namespace and its defaults.
pub(super) fn filled(mut root: Node, gvk: &Gvk, namespace: Option<&str>) -> Node {
    if let Some(namespace) = namespace {
        set(&mut root, &["metadata"], "namespace", namespace);
    }
    for (group, kind, path, key, value) in KINDS {
        if gvk.group == *group && gvk.kind == *kind {
            value.put(&mut root, path, key);
        }
    }
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Service") => service(&mut root),
        ("apps" | "batch" | "", kind) => {
            if let Some(path) = pod_template_path(kind) {
                pod(&mut root, path);
            }
        }
        _ => {}
    }
    root
}

/// A scalar that Kubernetes fills in.
#[derive(Clone, Copy)]
enum Filled {
    Text(&'static str),
    Number(i64),
    Truth(bool),
    Mapping,
}

use Filled::{Mapping, Number, Text, Truth};

impl Filled {
    fn node(self, at: Origin) -> Node {
        match self {
            Text(text) => Node::string(text, at),
            Number(number) => Node::new(number, at),
            Truth(truth) => Node::new(truth, at),
            Mapping => Node::map(at),
        }
    }

    fn put(self, root: &mut Node, path: &[&str], key: &str) {
        let Some(holder) = root.at_mut(path) else { return };
        fill(holder, key, self);
    }
}

type Default = (&'static str, &'static str, &'static [&'static str], &'static str, Filled);

const KINDS: &[Default] = &[
    ("apps", "Deployment", &["spec"], "replicas", Number(1)),
    ("apps", "Deployment", &["spec"], "revisionHistoryLimit", Number(10)),
    ("apps", "Deployment", &["spec"], "progressDeadlineSeconds", Number(600)),
    ("apps", "Deployment", &["spec"], "strategy", Mapping),
    ("apps", "Deployment", &["spec", "strategy"], "type", Text("RollingUpdate")),
    ("apps", "StatefulSet", &["spec"], "replicas", Number(1)),
    ("apps", "StatefulSet", &["spec"], "revisionHistoryLimit", Number(10)),
    ("apps", "StatefulSet", &["spec"], "podManagementPolicy", Text("OrderedReady")),
    ("apps", "StatefulSet", &["spec"], "updateStrategy", Mapping),
    ("apps", "StatefulSet", &["spec", "updateStrategy"], "type", Text("RollingUpdate")),
    ("apps", "DaemonSet", &["spec"], "revisionHistoryLimit", Number(10)),
    ("apps", "DaemonSet", &["spec"], "updateStrategy", Mapping),
    ("apps", "DaemonSet", &["spec", "updateStrategy"], "type", Text("RollingUpdate")),
    ("apps", "ReplicaSet", &["spec"], "replicas", Number(1)),
    ("batch", "Job", &["spec"], "backoffLimit", Number(6)),
    ("batch", "Job", &["spec"], "completions", Number(1)),
    ("batch", "Job", &["spec"], "parallelism", Number(1)),
    ("batch", "Job", &["spec"], "suspend", Truth(false)),
    ("batch", "Job", &["spec"], "completionMode", Text("NonIndexed")),
    ("batch", "CronJob", &["spec"], "concurrencyPolicy", Text("Allow")),
    ("batch", "CronJob", &["spec"], "suspend", Truth(false)),
    ("batch", "CronJob", &["spec"], "successfulJobsHistoryLimit", Number(3)),
    ("batch", "CronJob", &["spec"], "failedJobsHistoryLimit", Number(1)),
    ("", "Service", &["spec"], "type", Text("ClusterIP")),
    ("", "Service", &["spec"], "sessionAffinity", Text("None")),
    ("", "PersistentVolumeClaim", &["spec"], "volumeMode", Text("Filesystem")),
    ("autoscaling", "HorizontalPodAutoscaler", &["spec"], "minReplicas", Number(1)),
];

fn service(root: &mut Node) {
    let ports = root.at_mut(&["spec", "ports"]).and_then(Node::as_seq_mut);
    for port in ports.into_iter().flat_map(|ports| ports.make_mut()) {
        fill(port, "protocol", Text("TCP"));
        if let Some(number) = port.get("port").cloned() {
            add(port, "targetPort", number);
        }
    }
}

const POD: &[(&str, Filled)] = &[
    ("dnsPolicy", Text("ClusterFirst")),
    ("schedulerName", Text("default-scheduler")),
    ("terminationGracePeriodSeconds", Number(30)),
    ("securityContext", Mapping),
    ("restartPolicy", Text("Always")),
];

const PROBE: &[(&str, Filled)] = &[
    ("timeoutSeconds", Number(1)),
    ("periodSeconds", Number(10)),
    ("successThreshold", Number(1)),
    ("failureThreshold", Number(3)),
];

/// The pod of a template at `path`.
fn pod(root: &mut Node, path: &[&str]) {
    let Some(spec) = root.at_mut(path).and_then(|template| template.at_mut(&["spec"])) else { return };
    POD.iter().for_each(|(key, value)| fill(spec, key, *value));
    for list in ["initContainers", "containers"] {
        let containers = spec.at_mut(&[list]).and_then(Node::as_seq_mut);
        containers.into_iter().flat_map(|all| all.make_mut()).for_each(container);
    }
}

fn container(container: &mut Node) {
    let image = container.get("image").and_then(Node::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let moves = !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    fill(container, "imagePullPolicy", Text(if moves { "Always" } else { "IfNotPresent" }));
    fill(container, "resources", Mapping);
    fill(container, "terminationMessagePath", Text("/dev/termination-log"));
    fill(container, "terminationMessagePolicy", Text("File"));
    let ports = container.at_mut(&["ports"]).and_then(Node::as_seq_mut);
    ports.into_iter().flat_map(|ports| ports.make_mut()).for_each(|port| fill(port, "protocol", Text("TCP")));
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.at_mut(&[probe]) {
            PROBE.iter().for_each(|(key, value)| fill(probe, key, *value));
        }
    }
    requests(container);
}

/// What is limited and not requested is requested as it is limited.
fn requests(container: &mut Node) {
    let Some(limits) = container.at(&["resources", "limits"]).cloned() else { return };
    let Some(resources) = container.at_mut(&["resources"]) else { return };
    fill(resources, "requests", Mapping);
    let Some(requests) = resources.at_mut(&["requests"]) else { return };
    for entry in limits.entries() {
        add(requests, &entry.key, entry.node.clone());
    }
}

fn fill(holder: &mut Node, key: &str, value: Filled) {
    add(holder, key, value.node(holder.origin()));
}

fn set(root: &mut Node, path: &[&str], key: &str, text: &str) {
    if let Some(holder) = root.at_mut(path) {
        let node = Node::new(Value::from(text), holder.origin());
        add(holder, key, node);
    }
}

/// Puts a value where none is.
fn add(holder: &mut Node, key: &str, value: Node) {
    if let Some(map) = holder.as_map_mut()
        && map.get(key).is_none_or(Node::is_null)
    {
        map.insert(key, value);
    }
}
