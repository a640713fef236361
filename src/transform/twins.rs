//! Labels and annotations that kustomize keeps as one value at several places.
//!
//! Its transforms put one and the same YAML node under each field of a resource that gets a new
//! label. Whatever overwrites the label at one of them later (a patch, another label, a
//! replacement) overwrites it at all: a base with `commonLabels: {app: a}` whose overlay patches
//! `metadata.labels.app` has another selector too. A JSON patch makes new nodes, and that ends it.

use ecow::EcoString;

use super::fields::{self, Missing};
use super::patch::identical;
use crate::resource::Twins;
use crate::tree::{Node, Value};

/// Writes `node` at every place of `twins` that is there.
pub(super) fn write(root: &mut Node, twins: &Twins, node: &Node) {
    for path in &twins.paths {
        let mut set = |holder: &mut Node| {
            if let Some(old) = holder.as_map_mut().and_then(|map| map.get_mut(&twins.key))
                && !identical(old, node)
            {
                *old = node.clone();
            }
        };
        // What blocks the path now holds no label.
        let _ = fields::upsert(root, path, Missing::Skip, &mut set);
    }
}

/// The value at the last of the places that are given, in kustomize's order of walking.
fn last<'n>(paths: &[EcoString], mut value: impl FnMut(&EcoString) -> Option<&'n Node>) -> Option<Node> {
    let mut paths: Vec<&EcoString> = paths.iter().collect();
    paths.sort_unstable();
    paths.into_iter().rev().find_map(|path| value(path).cloned())
}

/// The value of the label `key` of the mapping at `path`.
fn label<'n>(root: &'n Node, path: &str, key: &str) -> Option<&'n Node> {
    let mut label = None;
    fields::visit(root, path, &mut |found| label = found.node.get(key).or(label));
    label.filter(|node| !matches!(node.value(), Value::Null | Value::Map(_) | Value::Seq(_)))
}

/// After a strategic merge of `patch`: what it writes at one place goes to all.
pub fn after_patch(root: &mut Node, twins: &[Twins], patch: &Node) {
    for twins in twins {
        if let Some(node) = last(&twins.paths, |path| label(patch, path, &twins.key)) {
            write(root, twins, &node);
        }
    }
}

/// After any change of `before`: what became another value at one place goes to all.
pub fn after_change(root: &mut Node, twins: &[Twins], before: &Node) {
    for twins in twins {
        let changed = |path: &EcoString| {
            let (old, new) = (label(before, path, &twins.key)?, label(root, path, &twins.key)?);
            (!identical(old, new)).then_some(new)
        };
        if let Some(node) = last(&twins.paths, changed) {
            write(root, twins, &node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{json, tree};
    use super::*;

    const ROOT: &str = r#"{"metadata":{"labels":{"app":"a","b":"a"}},"spec":{"selector":{"app":"a"}}}"#;

    fn twins() -> [Twins; 1] {
        [Twins { key: "app".into(), paths: vec!["metadata/labels".into(), "spec/selector".into(), "x/y".into()] }]
    }

    #[test]
    fn a_patch_of_one_place_changes_all_and_the_last_one_counts() {
        for (patch, value) in [
            (r#"{"metadata":{"labels":{"app":"n"}}}"#, "n"),
            (r#"{"metadata":{"labels":{"app":"n"}},"spec":{"selector":{"app":"m"}}}"#, "m"),
            (r#"{"metadata":{"labels":{"b":"n"}}}"#, "a"),
            (r#"{"metadata":{"labels":{"app":null}}}"#, "a"),
        ] {
            let mut root = tree(ROOT);
            after_patch(&mut root, &twins(), &tree(patch));
            let expected = ROOT.replace(r#""app":"a""#, &format!(r#""app":"{value}""#));
            assert_eq!(json(&root), expected, "{patch}");
        }
    }

    #[test]
    fn a_change_of_one_place_changes_all() {
        let before = tree(ROOT);
        let mut root = tree(&ROOT.replace(r#"{"app":"a"}"#, r#"{"app":"n"}"#));
        after_change(&mut root, &twins(), &before);
        assert_eq!(json(&root), ROOT.replace(r#""app":"a""#, r#""app":"n""#));
    }
}
