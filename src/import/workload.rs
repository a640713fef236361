//! Deployments and ConfigMaps as fields of an application.

use ecow::EcoString;

use super::container::{self, Names, filled, put};
use super::cron_job::template;
use super::plan::{Facts, Plan};
use super::{here, text};
use crate::object;
use crate::tree::{Map, Node};

/// What runs pods, with the Service that its ports are for.
pub(super) struct Workload<'a> {
    pub key: &'a str,
    /// Its name before the overlay's prefix.
    pub name: &'a str,
    pub root: &'a Node,
    /// The Service and its name.
    pub service: Option<(&'a str, &'a Node)>,
}

/// Whether a tree holds what Strata would take for an interpolation.
pub(super) fn interpolates(node: &Node) -> bool {
    let marked = |text: &str| text.contains("${{");
    node.as_str().is_some_and(marked)
        || node.items().any(interpolates)
        || node.entries().any(|entry| marked(&entry.key) || interpolates(&entry.node))
}

pub(super) fn deployment(workload: &Workload, app: &str, facts: &Facts, names: &mut Names) -> Node {
    let Workload { name, root, service, .. } = workload;
    let none = Node::map(here());
    let spec = root.get("spec").unwrap_or(&none);
    let main = main_container(root).unwrap_or(&none);
    let mut map = Map::default();
    put(&mut map, "name", (!is_usual(workload, app)).then(|| Node::string(*name, here())));
    for field in ["replicas", "revisionHistoryLimit", "progressDeadlineSeconds", "minReadySeconds"] {
        put(&mut map, field, spec.get(field).cloned());
    }
    put(&mut map, "strategy", strategy(spec));
    put(&mut map, "selector", spec.at(&["selector", "matchLabels"]).cloned());
    put(&mut map, "ports", container::ports(main, service.map(|(_, root)| root)));
    put(&mut map, "service", service.and_then(|(own, root)| service_options(own, name, root)));
    put(&mut map, "probes", container::probes(main));
    pod(&mut map, root, names);
    metadata(&mut map, root, facts);
    Node::new(map, here())
}

/// The first container, which is the one that the model says itself.
pub(super) fn main_container(root: &Node) -> Option<&Node> {
    template(root)?.at(&["spec", "containers"])?.items().next()
}

/// The fields that say what is in the pods.
pub(super) fn pod(map: &mut Map, root: &Node, names: &mut Names) {
    let none = Node::map(here());
    let main = main_container(root).unwrap_or(&none);
    let pod = template(root).and_then(|template| template.get("spec")).unwrap_or(&none);
    for entry in container::container(main, names).iter() {
        map.push(entry.key.clone(), here(), entry.node.clone());
    }
    map.push("config", here(), container::groups(main, names));
    put(map, "volumes", volumes(pod, main, names));
    for (field, sidecar) in [("initContainers", false), ("sidecars", true)] {
        put(map, field, beside(pod, sidecar, names));
    }
    put(map, "scheduling", scheduling(pod));
    map.push("serviceAccount", here(), account(pod, names));
    put(map, "terminationGracePeriodSeconds", pod.get("terminationGracePeriodSeconds").cloned());
    put(map, "security", container::security(main, pod));
}

const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// The labels and annotations of the object and its pods, and its sync wave.
pub(super) fn metadata(map: &mut Map, root: &Node, facts: &Facts) {
    let of_pods = template(root).and_then(|template| template.get("metadata"));
    put(map, "labels", labels(of_pods, facts));
    let mut annotations = without(root.at(&["metadata", "annotations"]), &facts.annotations);
    let written = annotations.as_ref().and_then(|map| text(map, &[WAVE]));
    if let Some(wave) = written.and_then(|wave| wave.parse::<i64>().ok()) {
        map.push("wave", here(), wave);
        let rest = annotations.as_mut().and_then(Node::as_map_mut);
        rest.map(|map| map.remove(WAVE));
    }
    put(map, "annotations", annotations.filter(|map| map.entries().next().is_some()));
    put(map, "podAnnotations", of_pods.and_then(|metadata| metadata.get("annotations")).cloned());
}

/// Whether a workload has the name that it has when it says none.
pub(super) fn is_usual(workload: &Workload, app: &str) -> bool {
    match workload.key {
        "main" => workload.name == app,
        key => workload.name.strip_prefix(app).and_then(|rest| rest.strip_prefix('-')) == Some(key),
    }
}

fn strategy(spec: &Node) -> Option<Node> {
    let strategy = spec.get("strategy")?;
    if text(strategy, &["type"]) == Some("Recreate") {
        return Some(Node::string("recreate", here()));
    }
    let rolling = strategy.get("rollingUpdate")?;
    let bound = |field: &str| rolling.get(field).cloned();
    Some(object! { here(); "maxSurge"?: bound("maxSurge"), "maxUnavailable"?: bound("maxUnavailable") })
}

fn service_options(own: &str, deployment: &str, service: &Node) -> Option<Node> {
    let mut map = Map::default();
    put(&mut map, "name", (own != deployment).then(|| Node::string(own, here())));
    let word = service.at(&["spec", "type"]).filter(|word| word.as_str() != Some("ClusterIP"));
    put(&mut map, "type", word.cloned());
    let headless = text(service, &["spec", "clusterIP"]) == Some("None");
    put(&mut map, "headless", headless.then_some(true));
    put(&mut map, "annotations", service.at(&["metadata", "annotations"]).cloned());
    filled(map)
}

fn volumes(pod: &Node, main: &Node, names: &Names) -> Option<Node> {
    let mut map = Map::default();
    for volume in pod.get("volumes").into_iter().flat_map(Node::items) {
        let Some(name) = text(volume, &["name"]) else { continue };
        if let Some((mut source, read_only)) = source(volume, names) {
            let items = volume.get("configMap").or(volume.get("secret")).and_then(|source| source.get("items"));
            let mut files = Map::default();
            for item in items.into_iter().flat_map(Node::items) {
                if let Some(key) = text(item, &["key"]) {
                    put(&mut files, key, item.get("path").cloned());
                }
            }
            put(&mut source, "items", filled(files));
            put(&mut source, "mount", container::mount(main, name, read_only));
            map.push(name, here(), Node::new(source, here()));
        }
    }
    filled(map)
}

/// The source of a volume, and whether its mounts are read-only unless they say otherwise.
fn source(volume: &Node, names: &Names) -> Option<(Map, bool)> {
    let mut map = Map::default();
    let mut read_only = true;
    if let Some(folder) = volume.get("emptyDir") {
        read_only = false;
        let memory = text(folder, &["medium"]) == Some("Memory");
        let limit = folder.get("sizeLimit").cloned();
        map.push("emptyDir", here(), object! { here(); "sizeLimit"?: limit, "memory"?: memory.then_some(true) });
    } else if let Some(claim) = volume.at(&["persistentVolumeClaim", "claimName"]).and_then(Node::as_str) {
        read_only = false;
        let key = names.claims.get(claim).map(|key| Node::string(key.clone(), here()));
        map.push("claim", here(), key.unwrap_or_else(|| names.other("PersistentVolumeClaim", claim)));
    } else if let Some(config) = text(volume, &["configMap", "name"]) {
        map.push("config", here(), Node::string(names.groups.get(config)?.clone(), here()));
    } else if let Some(secret) = text(volume, &["secret", "secretName"]) {
        map.push("secret", here(), Node::string(names.secrets.get(secret)?.clone(), here()));
    } else {
        map.push("projected", here(), volume.get("projected")?.clone());
    }
    Some((map, read_only))
}

/// The init containers, or those of them that run beside the main container.
fn beside(pod: &Node, sidecar: bool, names: &mut Names) -> Option<Node> {
    let mut map = Map::default();
    let volumes: Vec<Node> = pod.get("volumes").into_iter().flat_map(|list| list.items().cloned()).collect();
    for extra in pod.get("initContainers").into_iter().flat_map(Node::items) {
        let runs_on = text(extra, &["restartPolicy"]) == Some("Always");
        let Some(name) = text(extra, &["name"]).filter(|_| runs_on == sidecar) else { continue };
        let mut fields = container::container(extra, names);
        put(&mut fields, "ports", container::ports(extra, None));
        put(&mut fields, "probes", container::probes(extra));
        put(&mut fields, "security", container::security(extra, &Node::map(here())));
        let mut mounts = Map::default();
        for volume in &volumes {
            if let Some((name, (_, read_only))) = text(volume, &["name"]).zip(source(volume, names)) {
                put(&mut mounts, name, container::mount(extra, name, read_only));
            }
        }
        put(&mut fields, "mounts", filled(mounts));
        map.push(name, here(), Node::new(fields, here()));
    }
    filled(map)
}

fn scheduling(pod: &Node) -> Option<Node> {
    let mut map = Map::default();
    for (from, to) in [
        ("nodeSelector", "nodeSelector"),
        ("tolerations", "tolerations"),
        ("affinity", "affinity"),
        ("priorityClassName", "priorityClass"),
    ] {
        put(&mut map, to, pod.get(from).cloned());
    }
    filled(map)
}

/// The identity as it is: an account that is no field stays what it is, and nothing is made.
fn account(pod: &Node, names: &Names) -> Node {
    let name = text(pod, &["serviceAccountName"]).unwrap_or("default");
    let token = pod.get("automountServiceAccountToken").and_then(Node::as_bool) != Some(false);
    if let Some(made) = names.accounts.get(name) {
        let mut made = made.clone();
        if let Some(map) = made.as_map_mut() {
            map.insert("name", names.other("ServiceAccount", name));
            token.then(|| map.push("token", here(), true));
        }
        return made;
    }
    object! { here(); "name": names.other("ServiceAccount", name), "create": false, "token"?: token.then_some(true) }
}

/// Labels that Strata or Argo CD set.
const RESERVED: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/instance"];

/// The labels of the pods, which the object then has as well.
fn labels(of_pods: Option<&Node>, facts: &Facts) -> Option<Node> {
    let labels = without(of_pods?.get("labels"), &facts.labels)?;
    let mut map = labels.as_map()?.clone();
    map.retain(|entry| !RESERVED.contains(&entry.key.as_str()));
    filled(map)
}

/// `node` without the pairs that the overlay says for all objects.
pub(super) fn without(node: Option<&Node>, pairs: &[(EcoString, EcoString)]) -> Option<Node> {
    let mut map = node?.as_map()?.clone();
    map.retain(|entry| !pairs.iter().any(|(key, value)| *key == entry.key && entry.node.as_str() == Some(value)));
    filled(map)
}

/// Whether a group of `config:` can hold a ConfigMap whole.
pub(super) fn is_group(config_map: &Node) -> bool {
    ["binaryData", "immutable"].iter().all(|field| config_map.get(field).is_none()) && config_map.get("data").is_some()
}

/// The key of a group: the name of the ConfigMap without the application's.
pub(super) fn group_key(plan: &Plan, index: usize) -> EcoString {
    let name = &plan.subjects[index].name;
    let short = name.strip_prefix(plan.app.as_str()).and_then(|rest| rest.strip_prefix('-'));
    short.filter(|short| !short.is_empty()).unwrap_or(name).into()
}
