//! What a pod shares with its node.

use super::{Case, Effect, Found, Rule, containers, is_true};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "host",
    effect: Effect::Security,
    text: "a pod begins to use the network, processes, ports or paths of its node",
    source: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let (old, Some(new)) = case.pods() else { return };
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if is_true(new, &[field]) && !old.is_some_and(|old| is_true(old, &[field])) {
            found.push(format!("pods get `{field}`"), Some(field.into()));
        }
    }
    let paths = |pod: Option<&Node>| -> Vec<String> {
        let volumes = pod.and_then(|pod| pod.get("volumes")).into_iter().flat_map(Node::items);
        volumes.filter_map(|volume| volume.at(&["hostPath", "path"])?.as_str().map(str::to_owned)).collect()
    };
    let ports = |pod: Option<&Node>| -> Vec<String> {
        let ports = containers(pod).filter_map(|(_, container)| container.get("ports")).flat_map(Node::items);
        ports.filter_map(|port| port.get("hostPort")?.scalar_text().map(Into::into)).collect()
    };
    let (known_paths, known_ports) = (paths(old), ports(old));
    for path in paths(Some(new)).into_iter().filter(|path| !known_paths.contains(path)) {
        found.push(format!("pods see `{path}` of their node"), Some("volumes".into()));
    }
    for port in ports(Some(new)).into_iter().filter(|port| !known_ports.contains(port)) {
        found.push(format!("pods take port {port} of their node"), Some("containers.ports".into()));
    }
}
