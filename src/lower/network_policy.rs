//! NetworkPolicy of networking.k8s.io/v1: addresses and ports.

use super::network::public_ranges;
use super::proof::attribute;
use super::rules::{DNS_EGRESS, NETWORK_POLICY};
use super::{Lowering, list};
use crate::app::{NetworkPeer, NetworkPolicy, PolicyPort, Traffic};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

impl Lowering<'_> {
    pub(super) fn network_policy(&mut self, policy: &NetworkPolicy, dns: &[NetworkPeer]) -> Node {
        let origin = self.rule(&NETWORK_POLICY);
        let metadata = self.policy_metadata(policy);
        let ingress: Vec<Node> = policy.ingress.iter().map(|traffic| self.plain_rule("from", traffic)).collect();
        let mut egress: Vec<Node> = policy.egress.iter().map(|traffic| self.plain_rule("to", traffic)).collect();
        egress.extend(self.plain_dns(dns));
        let some = |rules: Vec<Node>| (!rules.is_empty()).then_some(rules);
        let spec = object! { origin;
            "podSelector": self.match_labels(&policy.selector, &NETWORK_POLICY),
            "policyTypes": vec![Node::string("Ingress", origin), Node::string("Egress", origin)],
            "ingress"?: some(ingress),
            "egress"?: some(egress),
        };
        object! { origin;
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec,
        }
    }

    fn plain_rule(&mut self, direction: &'static str, traffic: &Traffic) -> Node {
        let origin = self.rule_at(&NETWORK_POLICY, traffic.origin);
        let peers = self.plain_peers(&traffic.peer, origin);
        let ports = list(&traffic.ports, origin, |port| plain_port(*port, origin));
        let mut rule = object! { origin; };
        if let Some(map) = rule.as_map_mut() {
            // Without peers a rule is for everybody, which is what there is for the outside.
            if !peers.is_empty() {
                map.push(direction, origin, Node::new(peers, origin));
            }
            if let Some(ports) = ports {
                map.push("ports", origin, ports);
            }
        }
        attribute(&mut rule, traffic.origin, origin);
        rule
    }

    fn plain_peers(&mut self, peer: &NetworkPeer, origin: Origin) -> Vec<Node> {
        let blocks = |cidrs: &[Text]| -> Vec<Node> {
            cidrs.iter().map(|cidr| object! { origin; "ipBlock": object! { origin; "cidr": cidr } }).collect()
        };
        match peer {
            NetworkPeer::Pods { namespace, labels } => {
                let namespace = namespace.as_ref().map(|namespace| {
                    let label = object! { origin; "kubernetes.io/metadata.name": namespace };
                    object! { origin; "matchLabels": label }
                });
                // In its own namespace an empty selector is what means all pods.
                let pods =
                    (!labels.is_empty() || namespace.is_none()).then(|| self.match_labels(labels, &NETWORK_POLICY));
                vec![object! { origin; "namespaceSelector"?: namespace, "podSelector"?: pods }]
            }
            NetworkPeer::Addresses(cidrs) => blocks(cidrs),
            NetworkPeer::Public => {
                public_ranges(origin).into_iter().map(|range| object! { origin; "ipBlock": range }).collect()
            }
            NetworkPeer::Outside | NetworkPeer::Name(_) | NetworkPeer::ApiServer => Vec::new(),
        }
    }

    fn plain_dns(&mut self, dns: &[NetworkPeer]) -> Option<Node> {
        let origin = self.rule(&DNS_EGRESS);
        let peers: Vec<Node> = dns.iter().flat_map(|peer| self.plain_peers(peer, origin)).collect();
        let ports = ["UDP", "TCP"].map(|protocol| plain_port(PolicyPort::usual(53, protocol), origin)).to_vec();
        (!peers.is_empty()).then(|| object! { origin; "to": peers, "ports": ports })
    }
}

fn plain_port(port: PolicyPort, origin: Origin) -> Node {
    object! { origin; "protocol": port.protocol, "port": Node::new(i64::from(port.number), port.written.unwrap_or(origin)) }
}
