//! What differs between what kustomize renders and what a draft does, as the operations that make
//! the one the other. Spellings that an API server takes for the same are no difference.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::selectors::selections;
use super::{Change, Plan, here, text, usual};
use crate::names::canonical_quantity;
use crate::origin::Origins;
use crate::resource::{ObjectKey, ResourceId};
use crate::tree::{Node, Value};

/// What a draft renders for one environment.
#[derive(Clone, Debug)]
pub struct Rendered<'a> {
    /// The objects.
    pub roots: Vec<&'a Node>,
    /// Why they are what they are.
    pub origins: &'a Origins,
    /// Whether what the rules of Strata add may stay.
    pub allow_defaults: bool,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What makes each object what kustomize renders.
    pub changes: BTreeMap<usize, Vec<Change>>,
    /// What the draft renders beside that and may: labels and annotations of Strata, by object.
    pub added: BTreeSet<(usize, String)>,
    /// What stays different because defaults are allowed: the object, the path and the rule.
    pub defaults: BTreeSet<(usize, String, &'static str)>,
    /// What no patch can mend, and the object that it is about, where it is about one.
    pub wrong: Vec<(Option<usize>, String)>,
}

/// Compares what environment `place` of `plan` renders with what a draft does.
pub fn compare(plan: &Plan, place: usize, rendered: &Rendered<'_>) -> Comparison {
    let by_key: HashMap<ObjectKey, &Node> =
        rendered.roots.iter().filter_map(|root| Some((key(root)?, *root))).collect();
    let mut comparison = Comparison::default();
    let mut met = 0;
    let mut wanted = Vec::new();
    for (index, subject) in plan.subjects.iter().enumerate() {
        let Some(expected) = &subject.built[place] else { continue };
        wanted.push(expected);
        let Some(actual) = key(expected).and_then(|key| by_key.get(&key).copied()) else {
            comparison.wrong.push((Some(index), format!("`{subject}` would be missing")));
            continue;
        };
        met += 1;
        let mut difference =
            Difference { index, rendered, root: actual, path: Vec::new(), changes: Vec::new(), found: &mut comparison };
        difference.node(actual, expected);
        let changes = difference.changes;
        if !changes.is_empty() {
            comparison.changes.insert(index, changes);
        }
    }
    if met < rendered.roots.len() {
        comparison.wrong.push((None, "objects would be added".into()));
    }
    // Before the patches are there, labels may still be missing.
    if comparison.changes.is_empty() && selections(&rendered.roots) != selections(&wanted) {
        let reason = "the labels that Strata adds would bring pods under other selectors";
        comparison.wrong.push((None, reason.into()));
    }
    comparison
}

fn key(root: &Node) -> Option<ObjectKey> {
    Some(ResourceId::of(root)?.object_key())
}

/// Labels that Strata adds to objects and pods.
const ADDED_LABELS: [&str; 4] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
];

/// Annotations that Strata adds: the order of a sync, and checksums that roll pods.
const ADDED_ANNOTATIONS: [&str; 3] = ["argocd.argoproj.io/sync-wave", "argocd.argoproj.io/sync-options", "checksum/"];

/// Fields for which an empty mapping says as much as no mapping.
const EMPTY_IS_ABSENT: [&str; 7] =
    ["resources", "securityContext", "strategy", "status", "creationTimestamp", "annotations", "labels"];

struct Difference<'a> {
    index: usize,
    rendered: &'a Rendered<'a>,
    root: &'a Node,
    path: Vec<String>,
    changes: Vec<Change>,
    found: &'a mut Comparison,
}

impl Difference<'_> {
    fn node(&mut self, actual: &Node, expected: &Node) {
        match (actual.value(), expected.value()) {
            (Value::Map(_), Value::Map(_)) if self.same(actual, expected) => {}
            (Value::Map(_), Value::Map(_)) => self.map(actual, expected),
            (Value::Seq(_), Value::Seq(_)) if actual != expected => self.list(actual, expected),
            _ if actual == expected || self.same(actual, expected) => {}
            _ => self.push("replace", Some(expected)),
        }
    }

    fn map(&mut self, actual: &Node, expected: &Node) {
        for entry in actual.entries() {
            self.path.push(entry.key.to_string());
            match expected.get(&entry.key) {
                Some(expected) => self.node(&entry.node, expected),
                None => self.only_here(&entry.node),
            }
            self.path.pop();
        }
        for entry in expected.entries().filter(|entry| actual.get(&entry.key).is_none()) {
            self.path.push(entry.key.to_string());
            if !self.is_default(&entry.node) {
                self.push("add", Some(&entry.node));
            }
            self.path.pop();
        }
    }

    /// A value that kustomize does not render.
    fn only_here(&mut self, actual: &Node) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let Some((last, above)) = path.split_last() else { return };
        let holder = above.last().copied().unwrap_or_default();
        let is_metadata = above.len() >= 2 && above[above.len() - 2] == "metadata";
        let added = match holder {
            "labels" => is_metadata && ADDED_LABELS.contains(last),
            "annotations" => is_metadata && ADDED_ANNOTATIONS.iter().any(|known| last.starts_with(known)),
            "metadata" => self.only_added(last, actual),
            _ => *last == "name" && above.len() >= 2 && above[above.len() - 2] == "ports",
        };
        if added {
            let what = match (holder, *last) {
                ("labels" | "annotations", key) => vec![format!("{} {key}", holder.trim_end_matches('s'))],
                (_, "name") => vec![format!("the name {} of a port", actual.as_str().unwrap_or_default())],
                (_, "labels" | "annotations") => {
                    actual.entries().map(|entry| format!("{} {}", last.trim_end_matches('s'), entry.key)).collect()
                }
                _ => Vec::new(),
            };
            self.found.added.extend(what.into_iter().map(|what| (self.index, what)));
        } else if !self.is_default(actual) {
            let rule = self.rendered.origins.rule_of(actual.origin()).map(|rule| rule.name);
            match rule.filter(|_| self.rendered.allow_defaults) {
                Some(rule) => _ = self.found.defaults.insert((self.index, self.pointer(), rule)),
                None => self.take_away(rule),
            }
        }
    }

    /// Whether all entries of `labels` or `annotations` are Strata's.
    fn only_added(&self, field: &str, actual: &Node) -> bool {
        let known = |key: &str| match field {
            "labels" => ADDED_LABELS.contains(&key),
            _ => ADDED_ANNOTATIONS.iter().any(|known| key.starts_with(known)),
        };
        ["labels", "annotations"].contains(&field) && actual.entries().all(|entry| known(&entry.key))
    }

    /// Whether the value is what holds where nothing is written.
    fn is_default(&self, node: &Node) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let is_empty = node.is_null() || node.as_map().is_some_and(crate::tree::Map::is_empty);
        match path.as_slice() {
            [.., last] if is_empty && EMPTY_IS_ABSENT.contains(last) => true,
            _ => usual::is_usual(self.root, &path, node),
        }
    }

    /// Whether two spellings mean the same.
    fn same(&self, actual: &Node, expected: &Node) -> bool {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            [.., "resources", "requests" | "limits", _] => {
                let amount = |node: &Node| node.scalar_text().map(|text| canonical_quantity(&text));
                amount(actual) == amount(expected)
            }
            [.., "backend", "service", "port"] => {
                let number = |port: &Node| self.service_port(port);
                number(actual).is_some() && number(actual) == number(expected)
            }
            ["spec", "ports", _, "targetPort"] => {
                let number = |node: &Node| node.as_i64().or_else(|| self.port_number(node.as_str()?));
                number(actual).is_some() && number(actual) == number(expected)
            }
            _ => false,
        }
    }

    /// The number of a port of the Service of an Ingress, which may call it by its name.
    fn service_port(&self, port: &Node) -> Option<i64> {
        let written = port.get("number").and_then(Node::as_i64);
        let name = text(port, &["name"]);
        let rules = self.root.at(&["spec", "rules"]).into_iter().flat_map(Node::items);
        let mut paths = rules.filter_map(|rule| rule.at(&["http", "paths"])).flat_map(Node::items);
        // All paths that are compared here lead to one Service.
        let service = paths.find_map(|path| text(path, &["backend", "service", "name"]));
        let named = || {
            let is_it = |root: &&&Node| {
                text(root, &["kind"]) == Some("Service") && text(root, &["metadata", "name"]) == service
            };
            let root = self.rendered.roots.iter().find(is_it)?;
            let mut ports = root.at(&["spec", "ports"])?.items();
            ports.find(|port| text(port, &["name"]) == name)?.get("port")?.as_i64()
        };
        written.or_else(|| name.and_then(|_| named()))
    }

    /// The number of the port of this name in all pods that this Service selects.
    fn port_number(&self, name: &str) -> Option<i64> {
        let selector = self.root.at(&["spec", "selector"])?;
        let labels = |root: &Node| {
            let labels = root.at(&["spec", "template", "metadata", "labels"]).cloned();
            labels.filter(|labels| selector.entries().all(|entry| labels.get(&entry.key) == Some(&entry.node)))
        };
        let pods = self.rendered.roots.iter().filter(|root| labels(root).is_some());
        let containers = pods.filter_map(|root| root.at(&["spec", "template", "spec", "containers"]));
        let ports = containers.flat_map(Node::items).filter_map(|container| container.get("ports"));
        let named = ports.flat_map(Node::items).filter(|port| text(port, &["name"]) == Some(name));
        let numbers: BTreeSet<Option<i64>> =
            named.map(|port| port.get("containerPort").and_then(Node::as_i64)).collect();
        if numbers.len() == 1 { numbers.into_iter().next()? } else { None }
    }

    /// Lists are compared item by item; of named items, those that only one list has are added and
    /// removed one by one.
    fn list(&mut self, actual: &Node, expected: &Node) {
        let (before, after): (Vec<&Node>, Vec<&Node>) = (actual.items().collect(), expected.items().collect());
        if before.len() == after.len() && names_of(&before) == names_of(&after) {
            return self.items(&before, &after);
        }
        let (Some(old), Some(new)) = (names_of(&before), names_of(&after)) else {
            match before.len() == after.len() {
                true => self.items(&before, &after),
                false => self.push("replace", Some(expected)),
            }
            return;
        };
        if self.is_unordered(&before, &after) {
            return self.in_any_order((&before, &old), (&after, &new));
        }
        let kept: Vec<&&str> = old.iter().filter(|name| new.contains(name)).collect();
        if kept != new.iter().filter(|name| old.contains(name)).collect::<Vec<_>>() {
            return self.push("replace", Some(expected));
        }
        for index in (0..before.len()).rev().filter(|index| !new.contains(&old[*index])) {
            self.path.push(index.to_string());
            self.push("remove", None);
            self.path.pop();
        }
        for (index, item) in after.iter().enumerate() {
            self.path.push(index.to_string());
            match old.iter().position(|name| *name == new[index]) {
                Some(place) => self.node(before[place], item),
                None => self.push("add", Some(item)),
            }
            self.path.pop();
        }
    }

    /// Whether the items of a list may stand in any order: variables that do not refer to each
    /// other, volumes, and mounts that are not inside of one another.
    fn is_unordered(&self, before: &[&Node], after: &[&Node]) -> bool {
        match self.path.last().map(String::as_str) {
            Some("env") => !refers(before) && !refers(after),
            Some("volumes") => true,
            Some("volumeMounts") => !nested(before) && !nested(after),
            _ => false,
        }
    }

    /// Compares items by their names alone.
    fn in_any_order(&mut self, (before, old): (&[&Node], &[&str]), (after, new): (&[&Node], &[&str])) {
        for (index, name) in old.iter().enumerate() {
            if let Some(place) = new.iter().position(|other| other == name) {
                self.path.push(index.to_string());
                self.node(before[index], after[place]);
                self.path.pop();
            }
        }
        for index in (0..old.len()).rev().filter(|index| !new.contains(&old[*index])) {
            self.path.push(index.to_string());
            self.push("remove", None);
            self.path.pop();
        }
        for (item, _) in after.iter().zip(new).filter(|(_, name)| !old.contains(name)) {
            self.path.push("-".into());
            self.push("add", Some(item));
            self.path.pop();
        }
    }

    fn items(&mut self, before: &[&Node], after: &[&Node]) {
        for (index, (actual, expected)) in before.iter().zip(after).enumerate() {
            self.path.push(index.to_string());
            self.node(actual, expected);
            self.path.pop();
        }
    }

    fn push(&mut self, op: &'static str, value: Option<&Node>) {
        let at = value.map(Node::origin);
        let value = value.map(|value| value.clone().with_origin(here()));
        self.changes.push(Change { op, path: self.pointer(), value, at, rule: None });
    }

    fn take_away(&mut self, rule: Option<&'static str>) {
        self.changes.push(Change { op: "remove", path: self.pointer(), value: None, at: None, rule });
    }

    fn pointer(&self) -> String {
        self.path.iter().map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
    }
}

/// Whether a variable stands for another one, as `$(NAME)`.
fn refers(variables: &[&Node]) -> bool {
    variables.iter().any(|variable| text(variable, &["value"]).is_some_and(|value| value.contains("$(")))
}

/// Whether one mount is inside of another one.
fn nested(mounts: &[&Node]) -> bool {
    let paths: Vec<&str> = mounts.iter().filter_map(|mount| text(mount, &["mountPath"])).collect();
    let below = |path: &&str, other: &&str| path.strip_prefix(*other).is_some_and(|rest| rest.starts_with('/'));
    paths.iter().any(|path| paths.iter().any(|other| below(path, other)))
}

/// The names of the items, when all have one and no two the same.
fn names_of<'a>(items: &[&'a Node]) -> Option<Vec<&'a str>> {
    let names: Option<Vec<&str>> =
        items.iter().map(|item| text(item, &["mountPath"]).or_else(|| text(item, &["name"]))).collect();
    names.filter(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len())
}
