//! Callers of an application beside its routes and the Prometheus.

use super::{Resolver, Workload};
use crate::app::{ContainerPort, HttpRule, NetworkPeer, Pod, PolicyPort};
use crate::diagnostic::Diagnostic;
use crate::model::container::Protocol;
use crate::model::dependency::Dependency;
use crate::model::network;
use crate::model::route::PodSelector;
use crate::names;
use crate::origin::Origin;
use crate::tree::Text;

/// A caller, and what it may call.
pub(super) struct Client {
    /// Where it is declared.
    pub origin: Origin,
    /// The component of the workload that is called.
    pub called: Text,
    /// The labels of its pods.
    pub called_pods: Vec<(Text, Text)>,
    /// The component of the workload of this application that calls, where it is one.
    pub workload: Option<Text>,
    /// The caller.
    pub peer: NetworkPeer,
    /// The ports that it may call.
    pub ports: Vec<PolicyPort>,
    /// What it may ask for; none for everything.
    pub http: Vec<HttpRule>,
}

impl<'a> Resolver<'a> {
    /// The callers that are declared; what is wrong with one is said whoever enforces policies.
    pub(super) fn clients(&mut self, workloads: &[Workload<'_>]) -> Vec<Client> {
        let spec = self.spec;
        spec.clients.iter().filter_map(|(key, client)| self.client(key, client, workloads)).collect()
    }

    fn client(&mut self, key: &Text, spec: &'a network::Client, workloads: &[Workload<'_>]) -> Option<Client> {
        self.valid(key, "invalid-key", "the key of a client", names::dns_label);
        self.paths_and_methods(spec);
        let caller = self.caller(key, spec, workloads);
        let called = self.called(key, spec, workloads)?;
        let ports = self.called_ports(key, spec, called.pod)?;
        let (peer, workload) = caller?;
        Some(Client {
            origin: key.origin,
            called: called.pod.component.clone(),
            called_pods: called.pod.selector.clone(),
            workload,
            peer,
            ports,
            http: rules(&spec.paths, &spec.methods),
        })
    }

    fn paths_and_methods(&mut self, spec: &network::Client) {
        for path in &spec.paths {
            self.valid(path, "invalid-path", "a prefix of paths", names::path_prefix);
        }
        for method in &spec.methods {
            if method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase()) {
                let message = format!("`{method}` is not a method of HTTP");
                let help = "methods are written in capitals, such as `POST`";
                self.say(Diagnostic::error("invalid-method", message).at(method.origin).help(help));
            }
        }
    }

    /// Who calls.
    fn caller(
        &mut self,
        key: &Text,
        spec: &network::Client,
        workloads: &[Workload<'_>],
    ) -> Option<(NetworkPeer, Option<Text>)> {
        for cidr in &spec.cidrs {
            self.valid(cidr, "invalid-cidr", "a range of addresses", names::cidr);
        }
        if let Some(service) = &spec.service {
            self.pod_selector(service);
        }
        match (&spec.service, &spec.workload, spec.cidrs.as_slice()) {
            (Some(service), None, []) => Some((pods(service), None)),
            (None, Some(workload), []) => self.own_caller(workload, workloads),
            (None, None, [_, ..]) => Some((NetworkPeer::Addresses(spec.cidrs.clone()), None)),
            _ => {
                let message = format!("the client `{key}` needs exactly one of `service`, `workload` and `cidrs`");
                self.say(Diagnostic::error("conflicting-fields", message).at(key.origin));
                None
            }
        }
    }

    fn own_caller(&mut self, key: &Text, workloads: &[Workload<'_>]) -> Option<(NetworkPeer, Option<Text>)> {
        let found = self.workload(key, workloads, "the workload", |_| true)?;
        let peer = NetworkPeer::Pods { namespace: None, labels: found.pod.selector.clone() };
        Some((peer, Some(found.pod.component.clone())))
    }

    /// The workload with this key among those that `fits` takes.
    fn workload<'w>(
        &mut self,
        key: &Text,
        workloads: &[Workload<'w>],
        what: &str,
        fits: fn(&Workload<'_>) -> bool,
    ) -> Option<Workload<'w>> {
        let fitting = || workloads.iter().filter(|workload| fits(workload));
        let found = fitting().find(|workload| workload.pod.component == *key).copied();
        if found.is_none() {
            let known: Vec<&str> = fitting().map(|workload| workload.pod.component.as_str()).collect();
            self.unknown("unknown-workload", what, key, &known, "declare it");
        }
        found
    }

    /// Checks labels and namespace of pods that somebody else runs.
    pub(super) fn pod_selector(&mut self, pods: &PodSelector) {
        if let Some(namespace) = &pods.namespace {
            self.valid(namespace, "invalid-namespace", "a namespace", names::dns_label);
        }
        for (key, value) in pods.labels.iter() {
            self.valid(key, "invalid-label", "a label key", names::label_key);
            self.valid(value, "invalid-label", "a label value", names::label_value);
        }
    }

    /// The workload that a client calls.
    fn called<'w>(&mut self, key: &Text, spec: &network::Client, workloads: &[Workload<'w>]) -> Option<Workload<'w>> {
        if let (Some(deployment), Some(dependency)) = (&spec.deployment, &spec.dependency) {
            let message = format!("the client `{key}` calls a deployment or a dependency, not both");
            let diagnostic = Diagnostic::error("conflicting-fields", message).at(dependency.origin);
            self.say(diagnostic.related(deployment.origin, "the other one").help("declare two clients"));
            return None;
        }
        if let Some(wanted) = &spec.dependency {
            let found = workloads.iter().find(|workload| workload.is_bundled_as(wanted)).copied();
            if found.is_none() {
                let bundled = |(key, dependency): (&'a Text, &Dependency)| dependency.bundled.is_some().then_some(key);
                let known: Vec<&str> = self.spec.dependencies.iter().filter_map(bundled).map(Text::as_str).collect();
                self.unknown(
                    "unknown-dependency",
                    "the bundled dependency",
                    wanted,
                    &known,
                    "declare it with `bundled`",
                );
            }
            return found;
        }
        if let Some(wanted) = &spec.deployment {
            return self.workload(wanted, workloads, "the deployment", |workload| workload.is_callable());
        }
        let serving = |workload: &&Workload<'_>| workload.is_callable() && !workload.services().is_empty();
        let mut all = workloads.iter().filter(serving);
        let main = workloads.iter().find(|workload| workload.is_callable() && workload.pod.component == "main");
        let found = main.or_else(|| all.next().filter(|_| all.next().is_none())).copied();
        if found.is_none() {
            let message = format!("the client `{key}` does not say which deployment it calls");
            self.say(Diagnostic::error("missing-field", message).at(key.origin).help("write `deployment: KEY`"));
        }
        found
    }

    fn called_ports(&mut self, key: &Text, spec: &network::Client, called: &Pod) -> Option<Vec<PolicyPort>> {
        let ports: Vec<&ContainerPort> = container_ports(called).collect();
        if let Some(wanted) = &spec.port {
            let found = ports.iter().find(|port| port.name == *wanted);
            if found.is_none() {
                let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
                self.unknown("unknown-port", "the port", wanted, &known, "declare it under `ports:` of the deployment");
            }
            return found.map(|port| vec![policy_port(port)]);
        }
        let limited = !spec.paths.is_empty() || !spec.methods.is_empty();
        if ports.is_empty() || (limited && ports.len() > 1) {
            let message = format!("the client `{key}` does not say which port of `{}` it calls", called.component);
            self.say(Diagnostic::error("missing-field", message).at(key.origin).help("write `port: NAME`"));
            return None;
        }
        Some(ports.into_iter().map(policy_port).collect())
    }
}

/// The ports of a pod's containers.
pub(super) fn container_ports(pod: &Pod) -> impl Iterator<Item = &ContainerPort> {
    pod.main.ports.iter().chain(pod.init.iter().flat_map(|container| &container.ports))
}

/// A port as policies have it.
pub(super) fn policy_port(port: &ContainerPort) -> PolicyPort {
    let protocol = match port.protocol.map(|protocol| protocol.value) {
        Some(Protocol::Udp) => "UDP",
        Some(Protocol::Sctp) => "SCTP",
        Some(Protocol::Tcp) | None => "TCP",
    };
    // The port of a bundled server stands where its name does.
    let written = Some(port.port.origin).filter(|origin| *origin != port.name.origin);
    PolicyPort { number: port.port.value, written, protocol }
}

/// Pods as a peer.
pub(super) fn pods(pods: &PodSelector) -> NetworkPeer {
    NetworkPeer::Pods { namespace: pods.namespace.clone(), labels: pods.labels.0.clone() }
}

/// Every path with every method.
fn rules(paths: &[Text], methods: &[Text]) -> Vec<HttpRule> {
    let root = methods.first().map(|method| Text::new("/", method.origin));
    let paths: Vec<Text> = if paths.is_empty() { root.into_iter().collect() } else { paths.to_vec() };
    let with = |path: &Text| -> Vec<HttpRule> {
        let rule = |method: Option<&Text>| HttpRule { path: path.clone(), method: method.cloned() };
        if methods.is_empty() { vec![rule(None)] } else { methods.iter().map(|method| rule(Some(method))).collect() }
    };
    paths.iter().flat_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_allowed_with_every_method() {
        let text = |text: &str| Text::new(text, Origin::source(0));
        let shown = |paths: &[&str], methods: &[&str]| -> Vec<String> {
            let texts = |all: &[&str]| all.iter().map(|one| text(one)).collect::<Vec<_>>();
            let rules = rules(&texts(paths), &texts(methods));
            rules
                .iter()
                .map(|rule| format!("{} {}", rule.method.as_ref().map_or("*", Text::as_str), rule.path))
                .collect()
        };
        assert_eq!(shown(&[], &[]), [""; 0]);
        assert_eq!(shown(&["/a", "/b"], &[]), ["* /a", "* /b"]);
        assert_eq!(shown(&["/a"], &["GET", "POST"]), ["GET /a", "POST /a"]);
        assert_eq!(shown(&[], &["GET"]), ["GET /"]);
    }
}
