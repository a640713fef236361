//! What a Service leads to, and from where.

use super::{Case, Effect, Found, Rule, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "service-reach",
    effect: Effect::Availability,
    text: "a Service selects other pods, loses a port or is no LoadBalancer or NodePort any more",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["Service"])) else { return };
    if let Some(field) = case.below(&["spec", "selector"]).next() {
        found.push("requests go to other pods", Some(field.shown_path()));
    }
    let kinds = (text(old, &["spec", "type"]), text(new, &["spec", "type"]));
    if ["LoadBalancer", "NodePort"].contains(&kinds.0) && !["LoadBalancer", kinds.0].contains(&kinds.1) {
        found.push(format!("it is no {} any more: nothing outside reaches it", kinds.0), Some("spec.type".into()));
    }
    let ports = |root: &Node| -> Vec<String> {
        let ports = root.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
        ports.filter_map(|port| Some(port.get("port")?.scalar_text()?.to_string())).collect()
    };
    let now = ports(new);
    for port in ports(old).into_iter().filter(|port| !now.contains(port)) {
        found.push(format!("port {port} does not answer any more"), Some("spec.ports".into()));
    }
}
