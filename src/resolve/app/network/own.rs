//! What the workloads of an application ask each other without a word in `clients`: the containers
//! that wait, and the proof of a rollout.

use super::clients::{Client, container_ports, policy_port};
use super::{Resolver, Workload};
use crate::app::{App, Container, EnvSource, JobPurpose, NetworkPeer, PolicyPort, PolicyProvider, Service, Traffic};
use crate::model::container::EnvValue;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

impl Resolver<'_> {
    /// The workloads that wait for others or prove them, as their clients.
    pub(super) fn own_clients(&self, app: &App, workloads: &[Workload<'_>]) -> Vec<Client> {
        let mut made: Vec<Client> = Vec::new();
        for caller in workloads {
            for (origin, host, port) in caller.pod.init.iter().filter_map(awaited) {
                made.extend(self.behind(workloads, host, port).map(|call| client(caller, origin, call)));
            }
        }
        let proof = app.jobs.iter().find(|job| job.purpose == JobPurpose::VerifyRollout);
        let caller = proof.and_then(|job| workloads.iter().find(|workload| *workload.name == job.name));
        let checks = self.spec.verify_rollout.iter().flat_map(|spec| spec.http.iter());
        for (name, check) in checks {
            let Some(caller) = caller else { continue };
            let served = |workload: &&Workload<'_>| !workload.services().is_empty() && workload.is_callable();
            let called = match &check.deployment {
                Some(key) => workloads.iter().find(|workload| workload.pod.component == *key),
                None => workloads.iter().filter(served).find(|workload| workload.pod.component == "main"),
            };
            let Some(called) = called.or_else(|| workloads.iter().find(served)) else { continue };
            let port = |service: &Service| match &check.port {
                Some(wanted) => service.ports.iter().find(|port| port.name == *wanted).map(|port| port.name.clone()),
                None => service.ports.first().map(|port| port.name.clone()),
            };
            let port = called.services().into_iter().find_map(port).and_then(|port| pod_port(called, &port));
            made.extend(port.map(|port| client(caller, name.origin, (*called, port))));
        }
        made
    }

    /// The workload behind the Service at `host`, and the port of its pods. Bundled services let all
    /// that use them in anyway.
    fn behind<'w>(&self, workloads: &[Workload<'w>], host: &str, port: &str) -> Option<(Workload<'w>, PolicyPort)> {
        workloads.iter().filter(|workload| workload.is_callable()).find_map(|workload| {
            let services = workload.services();
            let service = services.iter().find(|service| self.final_name(&service.name) == *host)?;
            let named = service.ports.iter().find(|known| known.port.value.to_string() == *port)?;
            Some((*workload, pod_port(workload, &named.name)?))
        })
    }

    /// What the proof of a rollout asks by URL: the host, where it can be known, and else everything
    /// outside. The cluster may send what goes to its own gateway straight to the gateway's pods.
    pub(super) fn to_urls(
        &self,
        app: &App,
        workload: &Workload<'_>,
        provider: Spanned<PolicyProvider>,
    ) -> Vec<Traffic> {
        let is_proof =
            app.jobs.iter().any(|job| job.purpose == JobPurpose::VerifyRollout && job.name == *workload.name);
        let Some(spec) = self.spec.verify_rollout.as_ref().filter(|spec| is_proof && !spec.urls.is_empty()) else {
            return Vec::new();
        };
        let mut made: Vec<Traffic> = Vec::new();
        for (name, url) in spec.urls.iter() {
            let (peer, ports) = match url {
                EnvValue::Literal(url) => url_peer(url, provider.value),
                EnvValue::Reference(_) => (NetworkPeer::Outside, vec![443, 80]),
            };
            let ports = ports.into_iter().map(|number| PolicyPort::usual(number, "TCP")).collect();
            made.push(Traffic { origin: name.origin, peer, ports, http: Vec::new() });
        }
        let gateway = app.gateway_pods.as_ref().zip(spec.urls.keys().next());
        made.extend(gateway.map(|(gateway, name)| Traffic {
            origin: name.origin,
            peer: super::clients::pods(gateway),
            ports: Vec::new(),
            http: Vec::new(),
        }));
        made
    }
}

/// For a container that waits: where that is said, the host and the port.
fn awaited(container: &Container) -> Option<(Origin, &str, &str)> {
    let variable = |name: &str| {
        let (_, source) = container.env.iter().find(|(known, _)| *known == name)?;
        if let EnvSource::Literal(text) = source { Some(text.as_str()) } else { None }
    };
    Some((container.waits?, variable("HOST")?, variable("PORT")?))
}

/// A caller that nobody wrote: its labels follow from what is said at `origin`.
fn client(caller: &Workload<'_>, origin: Origin, (called, port): (Workload<'_>, PolicyPort)) -> Client {
    let labels = caller.pod.selector.iter();
    let labels =
        labels.map(|(key, value)| (Text::new(key.value.clone(), origin), Text::new(value.value.clone(), origin)));
    Client {
        origin,
        called: called.pod.component.clone(),
        called_pods: called.pod.selector.clone(),
        workload: Some(caller.pod.component.clone()),
        peer: NetworkPeer::Pods { namespace: None, labels: labels.collect() },
        ports: vec![port],
        http: Vec::new(),
    }
}

fn pod_port(workload: &Workload<'_>, name: &Text) -> Option<PolicyPort> {
    container_ports(workload.pod).find(|port| port.name == *name).map(policy_port)
}

/// The host and port of a URL; everything outside where policies know no names.
fn url_peer(url: &Text, provider: PolicyProvider) -> (NetworkPeer, Vec<u16>) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let usual = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.ends_with(':') => (host, port.parse().unwrap_or(usual)),
        _ => (authority, usual),
    };
    let known = provider == PolicyProvider::Cilium && names::dns_subdomain(host).is_ok();
    let is_name = known && names::ip_address(host).is_err();
    let peer = if is_name { NetworkPeer::Name(Text::new(host, url.origin)) } else { NetworkPeer::Outside };
    (peer, vec![port])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_host_and_port() {
        let read = |url: &str| {
            let (peer, ports) = url_peer(&Text::new(url, Origin::source(0)), PolicyProvider::Cilium);
            let host = if let NetworkPeer::Name(name) = peer { name.value.to_string() } else { "outside".to_owned() };
            (host, ports)
        };
        for (url, host, port) in [
            ("https://a.example.com/x:y", "a.example.com", 443),
            ("http://a.example.com", "a.example.com", 80),
            ("https://u:p@a.example.com:8443?x", "a.example.com", 8443),
            ("https://192.0.2.1:9/", "outside", 9),
            ("https://[::1]/", "outside", 443),
            ("nonsense", "nonsense", 443),
        ] {
            assert_eq!(read(url), (host.to_owned(), vec![port]), "{url}");
        }
    }
}
