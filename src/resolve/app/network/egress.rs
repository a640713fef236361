//! What the policy of a workload lets out.

use ecow::eco_format;

use super::clients::Client;
use super::{Resolver, Role, Workload};
use crate::app::{App, Dependency, NetworkPeer, Peer, PolicyPort, PolicyProvider, Traffic};
use crate::names;
use crate::origin::Origin;
use crate::resolve::reserved::NAME_LABEL;
use crate::tree::{Spanned, Text};

/// The port on which the Kubernetes API usually listens, behind its Service.
const API_SERVER: u16 = 6443;

impl Resolver<'_> {
    /// What a workload sends: to the dependencies of the application, to the workloads that it
    /// calls, and to the Kubernetes API where it has a token.
    pub(super) fn policy_egress(
        &mut self,
        app: &App,
        workload: &Workload<'_>,
        dependencies: &[Traffic],
        clients: &[Client],
        provider: Spanned<PolicyProvider>,
    ) -> Vec<Traffic> {
        let is_needed = |traffic: &&Traffic| match workload.role {
            Role::Setup => goes_to(&traffic.peer, &workload.pod.name_label),
            _ => workload.uses_dependencies(),
        };
        let mut egress: Vec<Traffic> = dependencies.iter().filter(is_needed).cloned().collect();
        for client in clients.iter().filter(|client| client.workload.as_ref() == Some(&workload.pod.component)) {
            let peer = NetworkPeer::Pods { namespace: None, labels: client.called_pods.clone() };
            egress.push(Traffic { origin: client.origin, peer, ports: client.ports.clone(), http: Vec::new() });
        }
        egress.extend(self.to_urls(app, workload, provider));
        egress.extend(workload.pod.token.and_then(|token| self.api_server_traffic(token, provider)));
        egress
    }

    /// The traffic to all dependencies that have a place.
    pub(super) fn dependency_traffic(&mut self, app: &App, provider: Spanned<PolicyProvider>) -> Vec<Traffic> {
        let all = app.dependencies.iter();
        let mut made = Vec::with_capacity(all.len());
        for dependency in all {
            let spec = self.spec.dependencies.get(&dependency.key);
            let of_pods = spec.and_then(|spec| spec.service.as_ref()?.pod_port);
            let written = [spec.and_then(|spec| spec.port), of_pods].map(|port| port.map(|port| port.origin));
            for (peer, port) in self.dependency_peers(dependency, provider) {
                let written = Some(port.origin).filter(|origin| written.contains(&Some(*origin)));
                let ports = vec![PolicyPort { written, ..PolicyPort::tcp(port) }];
                made.push(Traffic { origin: dependency.key.origin, peer, ports, http: Vec::new() });
            }
        }
        made
    }

    /// Who is behind a dependency, and the port there: of the pods, not of the Service before them.
    fn dependency_peers(
        &mut self,
        dependency: &Dependency,
        provider: Spanned<PolicyProvider>,
    ) -> Vec<(NetworkPeer, Spanned<u16>)> {
        let pods = |namespace: &Option<Text>, labels: &[(Text, Text)]| NetworkPeer::Pods {
            namespace: namespace.clone(),
            labels: labels.to_vec(),
        };
        match &dependency.peer {
            Peer::Bundled { labels } => vec![(pods(&None, labels), dependency.port)],
            Peer::Service { namespace, labels, port } => {
                vec![(pods(namespace, labels), port.unwrap_or(dependency.port))]
            }
            Peer::Application { namespace, labels, .. } => vec![(pods(namespace, labels), dependency.port)],
            Peer::External { cidrs } => {
                let peers = self.external_peers(&dependency.host, cidrs, provider);
                peers.into_iter().map(|peer| (peer, dependency.port)).collect()
            }
            Peer::Public { cidrs } => {
                let private = (!cidrs.is_empty()).then(|| NetworkPeer::Addresses(cidrs.clone()));
                [NetworkPeer::Public].into_iter().chain(private).map(|peer| (peer, dependency.port)).collect()
            }
        }
    }

    /// A host outside of the cluster: by its name where policies know names, and by its addresses,
    /// which may be those of further brokers or replicas.
    fn external_peers(&mut self, host: &Text, cidrs: &[Text], provider: Spanned<PolicyProvider>) -> Vec<NetworkPeer> {
        let mut peers = Vec::new();
        let mut addresses = cidrs.to_vec();
        if names::ip_address(host).is_ok() {
            let length = if host.contains(':') { 128 } else { 32 };
            let own = Text::new(eco_format!("{host}/{length}"), host.origin);
            if addresses.is_empty() {
                addresses.push(own);
            }
        } else if provider.value == PolicyProvider::Cilium {
            peers.push(NetworkPeer::Name(host.clone()));
        } else if addresses.is_empty() {
            let message =
                format!("plain network policies know no names, and the addresses of `{host}` are not written");
            let help = "write `external: {cidrs: [...]}` of the dependency, or choose `cilium`";
            self.unknown_to_policies(host.origin, provider.origin, &message, help);
        }
        if !addresses.is_empty() {
            peers.push(NetworkPeer::Addresses(addresses));
        }
        peers
    }

    /// The Kubernetes API, which pods with a token talk to.
    fn api_server_traffic(&mut self, token: Origin, provider: Spanned<PolicyProvider>) -> Option<Traffic> {
        if provider.value == PolicyProvider::Cilium {
            return Some(Traffic { origin: token, peer: NetworkPeer::ApiServer, ports: Vec::new(), http: Vec::new() });
        }
        let Some(server) = &self.context.network.api_server else {
            let message = "these pods talk to the Kubernetes API, whose addresses plain network policies need";
            let help =
                "write `networkPolicies: {apiServer: {cidrs: [...]}}` in the environment, or take the token away";
            self.unknown_to_policies(token, provider.origin, message, help);
            return None;
        };
        let port = server.port.map_or(PolicyPort::usual(API_SERVER, "TCP"), PolicyPort::tcp);
        let peer = NetworkPeer::Addresses(server.cidrs.clone());
        Some(Traffic { origin: token, peer, ports: vec![port], http: Vec::new() })
    }
}

/// Whether a peer is the pods of the application's own that go by this name.
fn goes_to(peer: &NetworkPeer, name: &Text) -> bool {
    let is_name = |(key, value): &(Text, Text)| *key == NAME_LABEL && value == name;
    matches!(peer, NetworkPeer::Pods { namespace: None, labels } if labels.iter().any(is_name))
}
