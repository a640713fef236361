//! What selects what: a label that is added must not bring an object under a selector.

use std::collections::BTreeSet;

use crate::resource::{ResourceId, pod_template_path};
use crate::tree::Node;

/// Each pair of a selector (by its object and place) and an object or pod template that it selects.
pub(super) fn selections(roots: &[&Node]) -> BTreeSet<(String, String)> {
    let mut selectors = Vec::new();
    let mut labelled = Vec::new();
    for root in roots {
        let Some(id) = ResourceId::of(root) else { continue };
        let name = format!("{}/{id}", id.namespace);
        if let Some(labels) = root.at(&["metadata", "labels"]) {
            labelled.push((format!("{name} itself"), labels));
        }
        let template = pod_template_path(&id.gvk.kind).filter(|path| !path.is_empty());
        if let Some(labels) = template.and_then(|path| root.at(path)?.at(&["metadata", "labels"])) {
            labelled.push((format!("{name} pods"), labels));
        }
        if let Some(selector) = root.at(&["spec", "selector"]).filter(|_| id.gvk.kind == "Service") {
            selectors.push((name.clone(), selector));
        }
        match_labels(root, &name, &mut selectors);
    }
    let pairs = selectors.iter().flat_map(|(whose, selector)| {
        let selected = labelled.iter().filter(|(_, labels)| selects(selector, labels));
        selected.map(|(what, _)| (whose.clone(), what.clone()))
    });
    pairs.collect()
}

fn match_labels<'a>(node: &'a Node, path: &str, found: &mut Vec<(String, &'a Node)>) {
    for (index, item) in node.items().enumerate() {
        match_labels(item, &format!("{path}/{index}"), found);
    }
    for entry in node.entries() {
        let path = format!("{path}/{}", entry.key);
        if entry.key == "matchLabels" {
            found.push((path, &entry.node));
        } else {
            match_labels(&entry.node, &path, found);
        }
    }
}

fn selects(selector: &Node, labels: &Node) -> bool {
    let mut entries = selector.entries().peekable();
    entries.peek().is_some() && entries.all(|entry| labels.get(&entry.key) == Some(&entry.node))
}
