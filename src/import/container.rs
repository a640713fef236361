//! A container as fields of a workload. What the model cannot say is left out, and so shows up as
//! a difference.

use std::collections::BTreeMap;

use ecow::{EcoString, eco_format};

use super::{here, text};
use crate::object;
use crate::tree::{IntoNode, Map, Node};

/// What references lead to.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// The groups of `config:`, by the names of their ConfigMaps.
    pub groups: BTreeMap<EcoString, EcoString>,
    /// The keys of `secrets:` by the names of the Secrets, as the application sees them.
    pub secrets: BTreeMap<EcoString, EcoString>,
    /// The keys of `claims:`, by the names of the PersistentVolumeClaims.
    pub claims: BTreeMap<EcoString, EcoString>,
    /// The accounts that workloads make, by their names in the build.
    pub accounts: BTreeMap<EcoString, Node>,
    /// Other objects of the build: the names without the overlay's prefix, by those with it.
    pub others: BTreeMap<(&'static str, EcoString), EcoString>,
    /// What is used of each secret: the keys, by the key of `secrets:`.
    pub used: BTreeMap<EcoString, Vec<EcoString>>,
}

impl Names {
    /// The name of an object as the application sees it.
    pub fn other(&self, kind: &'static str, name: &str) -> Node {
        let local = self.others.get(&(kind, name.into())).cloned();
        Node::string(local.unwrap_or_else(|| name.into()), here())
    }
}

/// Puts `value` under `key` when there is one.
pub(super) fn put(map: &mut Map, key: &str, value: Option<impl IntoNode>) {
    if let Some(value) = value {
        map.push(key, here(), value);
    }
}

/// A mapping, when it has entries.
pub(super) fn filled(map: Map) -> Option<Node> {
    (!map.is_empty()).then(|| Node::new(map, here()))
}

/// The fields that a container has wherever it is.
pub(super) fn container(container: &Node, names: &mut Names) -> Map {
    let mut map = Map::default();
    for field in ["image", "imagePullPolicy", "command", "args", "workingDir"] {
        put(&mut map, field, container.get(field).cloned());
    }
    put(&mut map, "env", env(container, names));
    put(&mut map, "resources", resources(container));
    put(&mut map, "lifecycle", handlers(container));
    map
}

/// The groups whose keys all become variables.
pub(super) fn groups(container: &Node, names: &Names) -> Node {
    let from = container.get("envFrom").into_iter().flat_map(Node::items);
    let plain = from.filter(|entry| entry.get("prefix").is_none());
    let named = plain.filter_map(|entry| names.groups.get(text(entry, &["configMapRef", "name"])?));
    Node::new(named.map(|group| Node::string(group.clone(), here())).collect::<Vec<_>>(), here())
}

fn env(container: &Node, names: &mut Names) -> Option<Node> {
    let mut map = Map::default();
    for entry in container.get("env").into_iter().flat_map(Node::items) {
        let Some(name) = text(entry, &["name"]) else { continue };
        let value = match entry.get("valueFrom") {
            None => Some(Node::string(text(entry, &["value"]).unwrap_or_default(), here())),
            Some(from) => reference(name, from, names),
        };
        if let Some(value) = value.filter(|_| !map.contains_key(name)) {
            map.push(name, here(), value);
        }
    }
    filled(map)
}

fn reference(name: &str, from: &Node, names: &mut Names) -> Option<Node> {
    let keyed = |kind: &str| {
        let reference = from.get(kind)?;
        let key = text(reference, &["key"])?;
        let optional = reference.get("optional").and_then(Node::as_bool).filter(|optional| *optional);
        Some((text(reference, &["name"])?, key, optional))
    };
    let written = |key: &str| (key != name).then(|| Node::string(key, here()));
    if let Some((secret, key, optional)) = keyed("secretKeyRef") {
        let declared = names.secrets.entry(secret.into()).or_insert_with(|| secret.into()).clone();
        let keys = names.used.entry(declared.clone()).or_default();
        if !keys.iter().any(|known| known == key) {
            keys.push(key.into());
        }
        let secret = Node::string(declared, here());
        return Some(object! { here(); "secret": secret, "key"?: written(key), "optional"?: optional });
    }
    if let Some((map, key, optional)) = keyed("configMapKeyRef") {
        let group = Node::string(names.groups.get(map)?.clone(), here());
        return Some(object! { here(); "config": group, "key"?: written(key), "optional"?: optional });
    }
    if let Some(field) = text(from, &["fieldRef", "fieldPath"]) {
        return Some(object! { here(); "field": Node::string(field, here()) });
    }
    let resource = text(from, &["resourceFieldRef", "resource"])?;
    Some(object! { here(); "resource": Node::string(resource, here()) })
}

fn resources(container: &Node) -> Option<Node> {
    let mut map = Map::default();
    for side in ["requests", "limits"] {
        let mut amounts = Map::default();
        for name in ["cpu", "memory", "ephemeral-storage"] {
            put(&mut amounts, name, container.at(&["resources", side, name]).cloned());
        }
        put(&mut map, side, filled(amounts));
    }
    filled(map)
}

/// The ports by name, and the port of the Service for each that has one.
pub(super) fn ports(container: &Node, service: Option<&Node>) -> Option<Node> {
    let mut map = Map::default();
    for port in container.get("ports").into_iter().flat_map(Node::items) {
        let Some(number) = port.get("containerPort").and_then(Node::as_i64) else { continue };
        let behind = service.and_then(|service| service_port(service, port, number));
        let name = port_name(port, number, behind);
        let of_service = |field: &str| behind.and_then(|behind| behind.get(field)).cloned();
        let entry = object! { here();
            "container": number,
            "service"?: of_service("port"),
            "nodePort"?: of_service("nodePort"),
            "protocol"?: port.get("protocol").filter(|word| word.as_str() != Some("TCP")).cloned(),
            "appProtocol"?: of_service("appProtocol"),
        };
        if !map.contains_key(&name) {
            map.push(name, here(), entry);
        }
    }
    filled(map)
}

/// The name that a port has, or that its Service gives it.
fn port_name(port: &Node, number: i64, behind: Option<&Node>) -> EcoString {
    let named = text(port, &["name"]).or_else(|| behind.and_then(|behind| text(behind, &["name"])));
    named.map_or_else(|| eco_format!("port-{number}"), EcoString::from)
}

/// The name of the port of the main container that a port of the Service, by its number or name,
/// leads to.
pub(super) fn port_behind(deployment: &Node, service: &Node, wanted: &Node) -> Option<EcoString> {
    let mut ports = service.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
    let port = ports.find(|port| port.get("port") == Some(wanted) || port.get("name") == Some(wanted))?;
    let main = super::workload::main_container(deployment)?;
    main.get("ports").into_iter().flat_map(Node::items).find_map(|own| {
        let number = own.get("containerPort").and_then(Node::as_i64)?;
        let behind = service_port(service, own, number).filter(|behind| *behind == port);
        behind.map(|behind| port_name(own, number, Some(behind)))
    })
}

/// The port of the Service that sends to this port of the container.
fn service_port<'a>(service: &'a Node, port: &Node, number: i64) -> Option<&'a Node> {
    let mut ports = service.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
    ports.find(|candidate| match candidate.get("targetPort") {
        None => candidate.get("port").and_then(Node::as_i64) == Some(number),
        Some(target) => {
            target.as_i64() == Some(number) || (target.as_str().is_some() && target.as_str() == text(port, &["name"]))
        }
    })
}

const PROBES: [(&str, &str); 3] =
    [("livenessProbe", "liveness"), ("readinessProbe", "readiness"), ("startupProbe", "startup")];

const TIMES: [&str; 5] =
    ["initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"];

pub(super) fn probes(container: &Node) -> Option<Node> {
    let mut map = Map::default();
    for (from, to) in PROBES {
        let Some(written) = container.get(from) else { continue };
        let mut probe = action(written);
        for field in TIMES {
            put(&mut probe, field, written.get(field).cloned());
        }
        put(&mut map, to, filled(probe));
    }
    filled(map)
}

/// What a probe or a handler does.
fn action(written: &Node) -> Map {
    let mut map = Map::default();
    put(&mut map, "http", written.get("httpGet").map(http));
    let port = |kind: &str| {
        let port = written.at(&[kind, "port"])?;
        Some(object! { here(); "port": port.clone() })
    };
    put(&mut map, "tcp", port("tcpSocket"));
    put(&mut map, "exec", written.at(&["exec", "command"]).cloned());
    put(&mut map, "grpc", port("grpc"));
    map
}

fn http(get: &Node) -> Node {
    let mut headers = Map::default();
    for header in get.get("httpHeaders").into_iter().flat_map(Node::items) {
        if let Some(name) = text(header, &["name"]) {
            put(&mut headers, name, header.get("value").cloned());
        }
    }
    object! { here();
        "path": Node::string(text(get, &["path"]).unwrap_or("/"), here()),
        "port"?: get.get("port").cloned(),
        "scheme"?: get.get("scheme").cloned(),
        "headers"?: filled(headers),
    }
}

fn handlers(container: &Node) -> Option<Node> {
    let mut map = Map::default();
    for field in ["postStart", "preStop"] {
        let Some(written) = container.at(&["lifecycle", field]) else { continue };
        let mut handler = Map::default();
        put(&mut handler, "exec", written.at(&["exec", "command"]).cloned());
        put(&mut handler, "http", written.get("httpGet").map(http));
        put(&mut handler, "sleep", written.at(&["sleep", "seconds"]).cloned());
        put(&mut map, field, filled(handler));
    }
    filled(map)
}

/// How far a container may go, of what it says and what its pod says.
pub(super) fn security(container: &Node, pod: &Node) -> Option<Node> {
    let mut map = Map::default();
    let own = |field: &str| container.at(&["securityContext", field]).cloned();
    for field in ["runAsUser", "runAsGroup"] {
        put(&mut map, field, own(field));
    }
    put(&mut map, "fsGroup", pod.at(&["securityContext", "fsGroup"]).cloned());
    let unless_root = own("runAsNonRoot").filter(|written| written.as_bool() == Some(false));
    put(&mut map, "runAsNonRoot", unless_root);
    for field in ["readOnlyRootFilesystem", "allowPrivilegeEscalation", "privileged"] {
        put(&mut map, field, own(field));
    }
    put(&mut map, "addCapabilities", container.at(&["securityContext", "capabilities", "add"]).cloned());
    let unconfined = container.at(&["securityContext", "seccompProfile", "type"]);
    put(&mut map, "seccomp", unconfined.filter(|word| word.as_str() == Some("Unconfined")).cloned());
    filled(map)
}

/// Where a volume is mounted in a container.
pub(super) fn mount(container: &Node, volume: &str, read_only_by_default: bool) -> Option<Node> {
    let mut mounts = container.get("volumeMounts").into_iter().flat_map(Node::items);
    let mount = mounts.find(|mount| text(mount, &["name"]) == Some(volume))?;
    let path = mount.get("mountPath")?.clone();
    let read_only = mount.get("readOnly").and_then(Node::as_bool);
    let read_only = read_only.or(read_only_by_default.then_some(false));
    let sub_path = mount.get("subPath").cloned();
    if sub_path.is_none() && (read_only.is_none() || (read_only_by_default && read_only == Some(true))) {
        return Some(path);
    }
    Some(object! { here(); "path": path, "subPath"?: sub_path, "readOnly"?: read_only })
}
