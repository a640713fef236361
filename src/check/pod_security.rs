//! Pods keep to the Pod Security Standard that their namespace enforces, as far as a manifest shows
//! it: otherwise the API server refuses them one by one, and the rollout stands still without a word.

use std::collections::HashMap;

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::overlay::PodSecurity;
use crate::origin::Origin;
use crate::resource::containers;
use crate::tree::Node;

pub(super) const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The capabilities that a pod of level baseline may add.
const BASELINE: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The volumes that a pod of level restricted may have.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let levels = levels(build);
    if levels.is_empty() {
        return;
    }
    for resource in build.resources {
        let Some(&(level, said)) = levels.get(resource.id().namespace.as_str()) else { continue };
        let Some(spec) = resource.pod_template().and_then(|template| template.get("spec")) else { continue };
        let mut pod = Breaches { found: Vec::new() };
        pod.baseline(spec);
        if level == PodSecurity::Restricted {
            pod.restricted(spec);
        }
        for (node, says) in pod.found {
            let message =
                format!("pods of `{}` {says}, which the level `{}` does not allow", resource.id(), level.as_str());
            let origin = node.map_or_else(|| build.place_of(resource), |node| build.at(resource, node));
            diagnostics.push(
                Diagnostic::error("pod-security", message)
                    .about(resource.id())
                    .at(origin)
                    .related(said, "the level of the namespace")
                    .help("write `security` of the workload, or another `podSecurity` of the namespace"),
            );
        }
    }
}

/// The levels that namespaces enforce, with the place: what the overlay says of its own, and what
/// Namespaces of the build are labelled with.
fn levels<'a>(build: &Build<'a>) -> HashMap<&'a str, (PodSecurity, Origin)> {
    let mut levels = HashMap::new();
    if let Some((name, level)) = &build.policy.pod_security {
        levels.insert(name.as_str(), (level.value, level.origin));
    }
    for resource in build.resources.iter().filter(|resource| resource.kind() == "Namespace") {
        let Some(node) = resource.root.at(&["metadata", "labels", ENFORCE]) else { continue };
        let level = match node.as_str() {
            Some("restricted") => PodSecurity::Restricted,
            Some("baseline") => PodSecurity::Baseline,
            _ => continue,
        };
        levels.insert(resource.name(), (level, build.at(resource, node)));
    }
    levels.retain(|_, (level, _)| *level != PodSecurity::Privileged);
    levels
}

/// What a pod may do to its node: where, and in words.
pub(super) fn host_access(spec: &Node) -> Vec<(Option<&Node>, String)> {
    let mut pod = Breaches { found: Vec::new() };
    pod.baseline(spec);
    pod.found
}

/// What a pod does that its level does not allow: where, and in words.
struct Breaches<'a> {
    found: Vec<(Option<&'a Node>, String)>,
}

impl<'a> Breaches<'a> {
    fn add(&mut self, node: Option<&'a Node>, says: impl Into<String>) {
        self.found.push((node, says.into()));
    }

    fn baseline(&mut self, spec: &'a Node) {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if let Some(node) = is_true(spec.get(field)) {
                self.add(Some(node), format!("use the host's own (`{field}`)"));
            }
        }
        for path in items(spec, "volumes").filter_map(|volume| volume.get("hostPath")) {
            self.add(path.get("path").or(Some(path)), "mount a folder of the host");
        }
        self.unconfined(spec);
        for container in containers(spec) {
            for port in items(container, "ports").filter_map(|port| port.get("hostPort")) {
                if port.as_i64() != Some(0) {
                    self.add(Some(port), "listen on a port of the host");
                }
            }
            if let Some(node) = is_true(container.at(&["securityContext", "privileged"])) {
                self.add(Some(node), "have all privileges of the host");
            }
            for capability in added(container) {
                if capability.as_str().is_some_and(|name| !BASELINE.contains(&name)) {
                    self.add(Some(capability), "add a capability");
                }
            }
            self.unconfined(container);
        }
    }

    fn unconfined(&mut self, holder: &'a Node) {
        let profile = holder.at(&["securityContext", "seccompProfile", "type"]);
        if let Some(node) = profile.filter(|node| node.as_str() == Some("Unconfined")) {
            self.add(Some(node), "run without a seccomp profile");
        }
    }

    fn restricted(&mut self, spec: &'a Node) {
        for volume in items(spec, "volumes") {
            let source = volume.entries().find(|entry| entry.key != "name");
            // `hostPath` breaks the level below already.
            let other = source.filter(|one| !VOLUMES.contains(&one.key.as_str()) && one.key != "hostPath");
            if let Some(source) = other {
                self.add(volume.get("name"), format!("have a volume of type `{}`", source.key));
            }
        }
        for container in containers(spec) {
            let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
            let own = |field| container.at(&["securityContext", field]);
            let either = |field| own(field).or_else(|| spec.at(&["securityContext", field]));
            match own("allowPrivilegeEscalation") {
                Some(node) if node.as_bool() == Some(false) => {}
                // A privileged container, which breaks the level below already.
                _ if is_true(own("privileged")).is_some() => {}
                node => self.add(node, format!("may gain privileges in the container `{name}`")),
            }
            match either("runAsNonRoot") {
                Some(node) if node.as_bool() == Some(true) => {}
                node => self.add(node, format!("may run as root in the container `{name}`")),
            }
            if let Some(node) = either("runAsUser").filter(|node| node.as_i64() == Some(0)) {
                self.add(Some(node), format!("run as root in the container `{name}`"));
            }
            if either("seccompProfile").is_none() {
                self.add(None, format!("say no seccomp profile for the container `{name}`"));
            }
            let dropped = container.at(&["securityContext", "capabilities", "drop"]);
            if !dropped.into_iter().flat_map(Node::items).any(|name| name.as_str() == Some("ALL")) {
                self.add(dropped, format!("keep capabilities in the container `{name}`"));
            }
            for capability in added(container) {
                let beyond = |name: &str| BASELINE.contains(&name) && name != "NET_BIND_SERVICE";
                if capability.as_str().is_some_and(beyond) {
                    self.add(Some(capability), "add a capability");
                }
            }
        }
    }
}

fn items<'a>(holder: &'a Node, field: &str) -> impl Iterator<Item = &'a Node> {
    holder.get(field).into_iter().flat_map(Node::items)
}

fn added(container: &Node) -> impl Iterator<Item = &Node> {
    container.at(&["securityContext", "capabilities", "add"]).into_iter().flat_map(Node::items)
}

fn is_true(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| node.as_bool() == Some(true))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    const SAFE: &str = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}";

    fn found(level: &str, pod: &str, container: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: v1, kind: Namespace, metadata: {{name: n, labels: {{pod-security.kubernetes.io/enforce: {level}}}}}}}\n---\n\
             {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a, namespace: n}}, spec: {{template: {{spec: {{{pod} containers: [{{name: main, {container}}}]}}}}}}}}\n"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn each_level_refuses_what_kubernetes_refuses() {
        let pod = "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},";
        assert_eq!(found("restricted", pod, SAFE), Vec::<String>::new());
        assert_eq!(found("baseline", "", "image: x"), Vec::<String>::new());
        for (level, pod, container, says) in [
            ("baseline", "hostNetwork: true,", "image: x", "use the host's own (`hostNetwork`)"),
            ("baseline", "volumes: [{name: v, hostPath: {path: /}}],", "image: x", "mount a folder of the host"),
            ("baseline", "", "ports: [{containerPort: 1, hostPort: 1}]", "listen on a port of the host"),
            ("baseline", "", "securityContext: {privileged: true}", "have all privileges of the host"),
            ("baseline", "", "securityContext: {capabilities: {add: [SYS_ADMIN]}}", "add a capability"),
            (
                "baseline",
                "securityContext: {seccompProfile: {type: Unconfined}},",
                "image: x",
                "run without a seccomp profile",
            ),
            ("restricted", "securityContext: {seccompProfile: {type: RuntimeDefault}},", SAFE, "may run as root"),
            ("restricted", "securityContext: {runAsNonRoot: true},", SAFE, "say no seccomp profile"),
            ("restricted", pod, "securityContext: {capabilities: {drop: [ALL]}}", "may gain privileges"),
            ("restricted", pod, "securityContext: {allowPrivilegeEscalation: false}", "keep capabilities"),
            (
                "restricted",
                pod,
                "securityContext: {allowPrivilegeEscalation: false, runAsUser: 0, capabilities: {drop: [ALL]}}",
                "run as root",
            ),
            (
                "restricted",
                pod,
                "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [CHOWN]}}",
                "add a capability",
            ),
            (
                "restricted",
                "securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, volumes: [{name: v, nfs: {}}],",
                SAFE,
                "have a volume of type `nfs`",
            ),
        ] {
            let found = found(level, pod, container);
            assert!(
                found.len() == 1 && found[0].starts_with("pod-security [") && found[0].contains(says),
                "{says}: {found:?}"
            );
        }
        assert!(found("privileged", "hostPID: true,", "image: x").is_empty());
    }
}
