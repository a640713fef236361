//! What is reached from outside.

use super::{Case, Effect, Found, Rule, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "exposure",
    effect: Effect::Security,
    text: "a Service becomes a LoadBalancer or NodePort, or an Ingress, HTTPRoute or IngressRoute has a host or path more",
    source: "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(new) = case.new else { return };
    if case.is("", &["Service"]) {
        let kind = text(new, &["spec", "type"]);
        let before = case.old.map(|old| text(old, &["spec", "type"])).unwrap_or_default();
        if ["LoadBalancer", "NodePort"].contains(&kind) && before != kind {
            found.push(format!("the Service becomes a {kind}"), Some("spec.type".into()));
        }
        return;
    }
    let known: Vec<String> = case.old.map(|old| doors(case.kind, old)).unwrap_or_default();
    for door in doors(case.kind, new).into_iter().filter(|door| !known.contains(door)) {
        found.push(format!("`{door}` is reached from outside"), Some("spec".into()));
    }
}

/// Hosts with paths, or what matches requests.
pub(super) fn doors(kind: &str, root: &Node) -> Vec<String> {
    let list = |node: &Node, keys: &[&str]| -> Vec<Node> {
        node.at(keys).map(|items| items.items().cloned().collect()).unwrap_or_default()
    };
    match kind {
        "Ingress" => {
            let rules = list(root, &["spec", "rules"]);
            let paths = |rule: &Node| {
                let host = text(rule, &["host"]).to_owned();
                let paths = list(rule, &["http", "paths"]);
                paths.into_iter().map(move |path| format!("{host}{}", text(&path, &["path"]))).collect::<Vec<_>>()
            };
            rules.iter().flat_map(paths).collect()
        }
        "HTTPRoute" => {
            let hosts: Vec<String> =
                list(root, &["spec", "hostnames"]).iter().filter_map(|host| host.as_str().map(str::to_owned)).collect();
            let matches =
                list(root, &["spec", "rules"]).iter().flat_map(|rule| list(rule, &["matches"])).collect::<Vec<_>>();
            let paths: Vec<String> = matches.iter().map(|one| text(one, &["path", "value"]).to_owned()).collect();
            let paths = if paths.is_empty() { vec![String::new()] } else { paths };
            hosts.iter().flat_map(|host| paths.iter().map(move |path| format!("{host}{path}"))).collect()
        }
        "IngressRoute" => {
            let routes = list(root, &["spec", "routes"]);
            routes.iter().map(|route| text(route, &["match"]).to_owned()).collect()
        }
        _ => Vec::new(),
    }
}
