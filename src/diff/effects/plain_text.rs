//! What is served without encryption from now on.

use super::{Case, Effect, Found, Rule, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "plain-text",
    effect: Effect::Security,
    text: "a host of an Ingress, or an IngressRoute, has no TLS any more",
    source: "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    let tls = |root: &Node| root.at(&["spec", "tls"]).is_some_and(|tls| !tls.is_null());
    if case.kind == "IngressRoute" && tls(old) && !tls(new) {
        return found.push("it is served in plain text", Some("spec.tls".into()));
    }
    if !case.is("networking.k8s.io", &["Ingress"]) {
        return;
    }
    let hosts = |root: &Node| -> Vec<String> {
        let entries = root.at(&["spec", "tls"]).into_iter().flat_map(Node::items);
        let hosts = entries.filter_map(|entry| entry.get("hosts")).flat_map(Node::items);
        hosts.filter_map(|host| host.as_str().map(str::to_owned)).collect()
    };
    let served: Vec<String> = new
        .at(&["spec", "rules"])
        .into_iter()
        .flat_map(Node::items)
        .map(|rule| text(rule, &["host"]).to_owned())
        .collect();
    let now = hosts(new);
    for host in hosts(old).into_iter().filter(|host| !now.contains(host) && served.contains(host)) {
        found.push(format!("`{host}` is served in plain text"), Some("spec.tls".into()));
    }
}
