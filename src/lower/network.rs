//! Network policies: one for each workload, for the provider that enforces them.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::proof::attribute;
use super::rules::{DNS_EGRESS, LOST_PATHS, NETWORK_POLICY};
use crate::app::{NetworkPeer, NetworkPolicy, PolicyProvider};
use crate::object;
use crate::origin::{Origin, Rule};
use crate::tree::{Node, Text};

/// The annotation with the reason for which path rules are lost.
const ACCEPTED: &str = "strata.dev/accepted-loss-of-path-rules";

/// IPv4 that belongs to nobody's own network is all but these: private, shared by providers, and
/// of one link, where clouds keep the credentials of machines.
const NOT_PUBLIC: [&str; 5] = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/// Every public address, in the form that both providers have for ranges.
pub(super) fn public_ranges(origin: Origin) -> Vec<Node> {
    let except: Vec<Node> = NOT_PUBLIC.iter().map(|cidr| Node::string(*cidr, origin)).collect();
    vec![object! { origin; "cidr": "0.0.0.0/0", "except": except }, object! { origin; "cidr": "2000::/3" }]
}

impl Lowering<'_> {
    /// All policies, in the order of the workloads.
    pub(super) fn network_policies(&mut self) -> Vec<Node> {
        let Some(network) = &self.app.network else { return Vec::new() };
        let mut made = Vec::with_capacity(network.policies.len());
        for policy in &network.policies {
            let dns = if policy.egress.is_empty() { Vec::new() } else { self.dns(&network.dns) };
            let mut root = match network.provider {
                PolicyProvider::Cilium => self.cilium_network_policy(policy, &dns),
                PolicyProvider::Kubernetes => self.network_policy(policy, &dns),
            };
            // The component may be the name that a rule gives to what is asked for at its place.
            let place = policy.component.origin;
            let made_there = self.rule_at(&NETWORK_POLICY, place);
            attribute(&mut root, place, made_there);
            made.push(root);
        }
        made
    }

    /// Where names are resolved; without a word on it, the DNS of most clusters.
    fn dns(&mut self, written: &[NetworkPeer]) -> Vec<NetworkPeer> {
        if !written.is_empty() {
            return written.to_vec();
        }
        let origin = self.rule(&DNS_EGRESS);
        let labels = vec![(Text::new("k8s-app", origin), Text::new("kube-dns", origin))];
        vec![NetworkPeer::Pods { namespace: Some(Text::new("kube-system", origin)), labels }]
    }

    /// Policies come before what they protect, with what else the workloads need.
    pub(super) fn policy_metadata(&mut self, policy: &NetworkPolicy) -> Node {
        let wave = self.wave(self.waves.prerequisites, None);
        let lost = policy.lost_paths.as_ref().map(|reason| {
            let made = self.rule_at(&LOST_PATHS, reason.origin);
            Node::string(reason.value.clone(), made)
        });
        let app = self.app;
        self.metadata(Metadata {
            name: &policy.name,
            component: Some(&policy.component),
            labels: &app.labels,
            annotations: &[],
            by_rule: vec![(WAVE, wave), (ACCEPTED, lost)],
        })
    }

    /// A selector of labels; an empty one is left out.
    pub(super) fn match_labels(&mut self, labels: &[(Text, Text)], rule: &'static Rule) -> Node {
        let origin = self.rule(rule);
        let labels = super::unless_empty(super::texts(super::pairs(labels), origin));
        object! { origin; "matchLabels"?: labels }
    }
}
