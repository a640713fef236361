//! Choices of a provider that environments and overlays make together: a word, or a mapping with
//! `provider` and the settings of each. A word changes the provider and keeps the settings, so
//! that a switch is one word.

use crate::tree::{Map, Node};

/// Lays the choice of a later layer over that of an earlier one.
pub(super) fn lay(lower: Option<Node>, over: &Node) -> Option<Node> {
    if over.is_null() {
        return lower;
    }
    let over = as_mapping(over);
    let Some(mut lower) = lower else { return Some(over) };
    lay_keys(&mut lower, &over);
    Some(lower)
}

/// Mappings by key, anything else replaced.
fn lay_keys(lower: &mut Node, over: &Node) {
    let Some(map) = lower.as_map_mut() else { return };
    for entry in over.entries() {
        match map.get_mut(&entry.key) {
            Some(below) if below.as_map().is_some() && entry.node.as_map().is_some() => lay_keys(below, &entry.node),
            Some(below) => *below = entry.node.clone(),
            None => map.push(entry.key.clone(), entry.key_origin, entry.node.clone()),
        }
    }
}

/// The long form of a choice.
fn as_mapping(choice: &Node) -> Node {
    if choice.as_map().is_some() {
        return choice.clone();
    }
    let mut map = Map::default();
    map.push("provider", choice.origin(), choice.clone());
    Node::new(map, choice.origin())
}
