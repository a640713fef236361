//! Ingresses as routes of an application.

use std::collections::BTreeSet;

use ecow::EcoString;

use super::container::{filled, put};
use super::plan::{Facts, Plan};
use super::stateful_set::key_of;
use super::workload::without;
use super::{here, text};
use crate::tree::{Map, Node};

/// The one thing that all paths of an Ingress lead to, and its paths: the same for each host.
pub(super) struct Shape<'a> {
    pub service: &'a str,
    pub port: &'a Node,
    hosts: Vec<&'a Node>,
    paths: Vec<&'a Node>,
}

impl<'a> Shape<'a> {
    /// The shape of an Ingress that a route can have, or what stands against it and where.
    pub fn of(root: &'a Node) -> Result<Self, (&'static str, String)> {
        let rules: Vec<&Node> = root.at(&["spec", "rules"]).into_iter().flat_map(Node::items).collect();
        let mut shape: Option<Self> = None;
        for (index, rule) in rules.iter().enumerate() {
            let at = format!("/spec/rules/{index}");
            let mut one = Self::of_rule(rule, &at)?;
            let host = rule.get("host");
            if host.is_none() && rules.len() > 1 {
                return Err(("a route has hosts for all of its paths, or for none", at));
            }
            one.hosts.extend(host);
            match &mut shape {
                None => shape = Some(one),
                Some(first) if (first.service, first.port, &first.paths) == (one.service, one.port, &one.paths) => {
                    first.hosts.extend(one.hosts);
                }
                Some(_) => return Err(("the hosts of a route have the same paths, and lead to one Service", at)),
            }
        }
        shape.ok_or(("a route has paths that lead to a Service", "/spec".into()))
    }

    fn of_rule(rule: &'a Node, at: &str) -> Result<Self, (&'static str, String)> {
        let mut found: Option<Self> = None;
        for (index, path) in rule.at(&["http", "paths"]).into_iter().flat_map(Node::items).enumerate() {
            let at = format!("{at}/http/paths/{index}");
            if text(path, &["pathType"]) != Some("Prefix") {
                return Err(("the paths of a route are prefixes", format!("{at}/pathType")));
            }
            let service = path.at(&["backend", "service"]);
            let to = service.and_then(|service| {
                let port = service.get("port").and_then(|port| port.get("number").or_else(|| port.get("name")));
                text(service, &["name"]).zip(port)
            });
            let Some((service, port)) = to else { return Err(("a route leads to a Service", at)) };
            let written = path.get("path").ok_or(("the paths of a route are written", at.clone()))?;
            match &mut found {
                None => found = Some(Self { service, port, hosts: Vec::new(), paths: vec![written] }),
                Some(found) if (found.service, found.port) == (service, port) => found.paths.push(written),
                Some(_) => return Err(("the paths of a route lead to one port of one Service", at)),
            }
        }
        found.ok_or(("a route has paths", at.into()))
    }
}

/// An Ingress as an entry of `routes`. `port` is the name of the port that it leads to, where the
/// Service has several.
pub(super) fn route(plan: &Plan, index: usize, root: &Node, to: (&str, Option<&str>), facts: &Facts) -> Option<Node> {
    let name = &plan.subjects[index].name;
    let shape = Shape::of(root).ok()?;
    let (deployment, port) = to;
    let mut map = Map::default();
    put(&mut map, "name", is_named(&plan.app, name).then(|| Node::string(name.clone(), here())));
    put(&mut map, "deployment", (deployment != "main").then(|| Node::string(deployment, here())));
    put(&mut map, "port", port.map(|port| Node::string(port, here())));
    let list = |nodes: Vec<&Node>| Node::new(nodes.into_iter().cloned().collect::<Vec<_>>(), here());
    put(&mut map, "hosts", (!shape.hosts.is_empty()).then(|| list(shape.hosts)));
    let all = matches!(shape.paths.as_slice(), [only] if only.as_str() == Some("/"));
    put(&mut map, "paths", (!all).then(|| list(shape.paths)));
    if let Some(first) = root.at(&["spec", "tls"]).and_then(|tls| tls.items().next()) {
        let mut certificate = Map::default();
        put(&mut certificate, "secret", first.get("secretName").cloned());
        put(&mut map, "tls", filled(certificate).or_else(|| Some(Node::new(true, here()))));
        put(&mut map, "forceTls", Some(false));
    }
    put(&mut map, "annotations", without(root.at(&["metadata", "annotations"]), &facts.annotations));
    Some(Node::new(map, here()))
}

/// Whether a route says its name: the key is a label, which some names are not.
fn is_named(app: &str, name: &str) -> bool {
    let key = route_key(app, name);
    let usual = if key == "main" { EcoString::from(app) } else { ecow::eco_format!("{app}-{key}") };
    usual != name
}

/// The key of a route.
pub(super) fn route_key(app: &str, name: &str) -> EcoString {
    key_of(app, &name.replace('.', "-"))
}

/// The class that Ingresses of an environment have; the most frequent, and of two the first.
pub(super) fn class<'a>(roots: impl Iterator<Item = &'a Node>) -> Option<EcoString> {
    let all: Vec<Option<&str>> = roots.map(|root| text(root, &["spec", "ingressClassName"])).collect();
    let distinct: BTreeSet<&str> = all.iter().flatten().copied().collect();
    let often = |class: &&str| all.iter().filter(|other| **other == Some(*class)).count();
    distinct.into_iter().rev().max_by_key(often).map(EcoString::from)
}
