//! Who may talk to whom, as the policies of one provider say it.

use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// Who enforces policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyProvider {
    /// CiliumNetworkPolicy.
    Cilium,
    /// NetworkPolicy of Kubernetes.
    Kubernetes,
}

/// The policies of an application: one for each group of pods, which lets in and out what is
/// listed and nothing else.
#[derive(Clone, Debug)]
pub struct NetworkPolicies {
    /// Who enforces them.
    pub provider: PolicyProvider,
    /// Where names are resolved; none where it is not written, for the usual place.
    pub dns: Vec<NetworkPeer>,
    /// The policies.
    pub policies: Vec<NetworkPolicy>,
}

/// What the pods of one workload may receive and send.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    /// The name, which is the workload's.
    pub name: Text,
    /// The workload's component.
    pub component: Text,
    /// The labels that select the pods.
    pub selector: Vec<(Text, Text)>,
    /// What they receive.
    pub ingress: Vec<Traffic>,
    /// What they send, but for the resolution of names.
    pub egress: Vec<Traffic>,
    /// The reason for which path rules are lost, where some are.
    pub lost_paths: Option<Text>,
}

/// Traffic with one peer.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Where it follows from.
    pub origin: Origin,
    /// Who is at the other end.
    pub peer: NetworkPeer,
    /// The ports of the pods that receive it; none for every port.
    pub ports: Vec<PolicyPort>,
    /// What may be asked for; none for everything.
    pub http: Vec<HttpRule>,
}

/// A port. One is the other by its number and protocol.
#[derive(Clone, Copy, Debug)]
pub struct PolicyPort {
    /// Its number.
    pub number: u16,
    /// Where the number is written; `None` when it is a default.
    pub written: Option<Origin>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
}

impl PolicyPort {
    /// A port whose number is written.
    pub fn tcp(number: Spanned<u16>) -> Self {
        Self { number: number.value, written: Some(number.origin), protocol: "TCP" }
    }

    /// A port that nobody wrote.
    pub fn usual(number: u16, protocol: &'static str) -> Self {
        Self { number, written: None, protocol }
    }
}

impl PartialEq for PolicyPort {
    fn eq(&self, other: &Self) -> bool {
        (self.number, self.protocol) == (other.number, other.protocol)
    }
}

impl Eq for PolicyPort {}

/// Who is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkPeer {
    /// Pods of the cluster; without a namespace, of the application's own.
    Pods {
        /// Their namespace.
        namespace: Option<Text>,
        /// Labels that they have; none for all pods of the namespace.
        labels: Vec<(Text, Text)>,
    },
    /// A name in DNS.
    Name(Text),
    /// Addresses outside of the cluster.
    Addresses(Vec<Text>),
    /// Everything outside of the cluster.
    Outside,
    /// Every public address: what is in nobody's own network.
    Public,
    /// The Kubernetes API.
    ApiServer,
}

/// What may be asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRule {
    /// The prefix of the path.
    pub path: Text,
    /// The method; any where there is none.
    pub method: Option<Text>,
}
