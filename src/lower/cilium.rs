//! CiliumNetworkPolicy of cilium.io/v2: besides addresses and ports also names, paths and the
//! Kubernetes API.

use ecow::{EcoString, eco_format};

use super::network::public_ranges;
use super::proof::attribute;
use super::rules::{CILIUM_NETWORK_POLICY, DNS_EGRESS, PATH_RULES};
use super::{Lowering, list, texts};
use crate::app::{HttpRule, NetworkPeer, NetworkPolicy, PolicyPort, Traffic};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Map, Node, Text};

/// The label with the namespace that Cilium gives to every pod.
const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";

impl Lowering<'_> {
    pub(super) fn cilium_network_policy(&mut self, policy: &NetworkPolicy, dns: &[NetworkPeer]) -> Node {
        let origin = self.rule(&CILIUM_NETWORK_POLICY);
        let metadata = self.policy_metadata(policy);
        let ingress: Vec<Node> = policy.ingress.iter().map(|traffic| self.cilium_rule(true, traffic)).collect();
        let mut egress: Vec<Node> = policy.egress.iter().map(|traffic| self.cilium_rule(false, traffic)).collect();
        let by_name = policy.egress.iter().any(|traffic| matches!(traffic.peer, NetworkPeer::Name(_)));
        egress.extend(dns.iter().map(|peer| self.cilium_dns(peer, by_name)));
        // An empty rule allows nothing, and that there is one denies the rest.
        let some = |rules: Vec<Node>| if rules.is_empty() { vec![Node::map(origin)] } else { rules };
        let spec = object! { origin;
            "endpointSelector": self.match_labels(&policy.selector, &CILIUM_NETWORK_POLICY),
            "ingress": some(ingress),
            "egress": some(egress),
        };
        object! { origin;
            "apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata, "spec": spec,
        }
    }

    fn cilium_rule(&mut self, ingress: bool, traffic: &Traffic) -> Node {
        let origin = self.rule_at(&CILIUM_NETWORK_POLICY, traffic.origin);
        let (field, peers) = cilium_peers(&traffic.peer, ingress, origin);
        let http = list(&traffic.http, origin, |rule| self.http_rule(rule));
        let rules = http.map(|http| object! { origin; "http": http });
        let ports = list(&traffic.ports, origin, |port| cilium_port(*port, origin));
        let ports = ports.map(|ports| vec![object! { origin; "ports": ports, "rules"?: rules }]);
        let mut rule = Map::default();
        rule.push(field, origin, Node::new(peers, origin));
        if let Some(ports) = ports {
            rule.push("toPorts", origin, Node::new(ports, origin));
        }
        let mut rule = Node::new(rule, origin);
        attribute(&mut rule, traffic.origin, origin);
        rule
    }

    /// Cilium matches expressions against the whole path with what follows `?`.
    fn http_rule(&mut self, rule: &HttpRule) -> Node {
        let origin = self.rule_at(&PATH_RULES, rule.path.origin);
        let path = prefix_pattern(&rule.path).map(|pattern| Node::string(pattern, origin));
        object! { origin; "method"?: rule.method.as_ref(), "path"?: path }
    }

    fn cilium_dns(&mut self, peer: &NetworkPeer, by_name: bool) -> Node {
        let origin = self.rule(&DNS_EGRESS);
        let (field, peers) = cilium_peers(peer, false, origin);
        // Names of rules are learned from the answers that pass here.
        let rules = by_name.then(|| object! { origin; "dns": vec![object! { origin; "matchPattern": "*" }] });
        let port = object! { origin; "port": "53", "protocol": "ANY" };
        let ports = object! { origin; "ports": vec![port], "rules"?: rules };
        let mut rule = Map::default();
        rule.push(field, origin, Node::new(peers, origin));
        rule.push("toPorts", origin, Node::new(vec![ports], origin));
        Node::new(rule, origin)
    }
}

/// The field for a peer, and what it holds.
fn cilium_peers(peer: &NetworkPeer, ingress: bool, origin: Origin) -> (&'static str, Vec<Node>) {
    let field = |from: &'static str, to: &'static str| if ingress { from } else { to };
    match peer {
        NetworkPeer::Pods { namespace, labels } => {
            let mut all: Vec<(Text, Text)> = Vec::with_capacity(labels.len() + 1);
            all.extend(namespace.iter().map(|name| (Text::new(NAMESPACE, name.origin), name.clone())));
            all.extend(labels.iter().cloned());
            let labels = super::unless_empty(texts(super::pairs(&all), origin));
            (field("fromEndpoints", "toEndpoints"), vec![object! { origin; "matchLabels"?: labels }])
        }
        NetworkPeer::Name(name) => ("toFQDNs", vec![object! { origin; "matchName": name }]),
        NetworkPeer::Addresses(cidrs) => (
            field("fromCIDR", "toCIDR"),
            cidrs.iter().map(|cidr| Node::string(cidr.value.clone(), cidr.origin)).collect(),
        ),
        NetworkPeer::Public => (field("fromCIDRSet", "toCIDRSet"), public_ranges(origin)),
        NetworkPeer::Outside => {
            // What comes through another node may carry that node's address.
            let entities = if ingress { &["world", "remote-node"][..] } else { &["world"] };
            let entities = entities.iter().map(|entity| Node::string(*entity, origin)).collect();
            (field("fromEntities", "toEntities"), entities)
        }
        NetworkPeer::ApiServer => (field("fromEntities", "toEntities"), vec![Node::string("kube-apiserver", origin)]),
    }
}

fn cilium_port(port: PolicyPort, origin: Origin) -> Node {
    let number = Node::string(eco_format!("{}", port.number), port.written.unwrap_or(origin));
    object! { origin; "port": number, "protocol": port.protocol }
}

/// A regular expression for all paths at and below a prefix, with what may follow `?`; `None` for
/// every path.
fn prefix_pattern(prefix: &str) -> Option<EcoString> {
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        return None;
    }
    let mut pattern = EcoString::from("^");
    for c in prefix.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push_str("([/?].*)?$");
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_what_begins_with_it_at_a_segment() {
        assert_eq!(prefix_pattern("/"), None);
        let pattern = prefix_pattern("/v1.0/a").unwrap();
        assert_eq!(pattern, r"^/v1\.0/a([/?].*)?$");
        let expression = regex::Regex::new(&pattern).unwrap();
        for (path, matches) in [
            ("/v1.0/a", true),
            ("/v1.0/a/", true),
            ("/v1.0/a/b?c", true),
            ("/v1.0/a?b", true),
            ("/v1.0/ab", false),
            ("/v1x0/a", false),
            ("/x/v1.0/a", false),
        ] {
            assert_eq!(expression.is_match(path), matches, "{path}");
        }
        assert_eq!(prefix_pattern("/a/"), prefix_pattern("/a"));
    }
}
