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

/// Lays the choice of who supplies secrets over that of an earlier layer. The same provider keeps what
/// the later layer does not say; another one has the settings that `alternatives` holds for it, and
/// the one before is an alternative from then on.
pub(super) fn lay_secrets(lower: Option<Node>, over: &Node) -> Option<Node> {
    if over.is_null() {
        return lower;
    }
    let over = as_mapping(over);
    let Some(mut lower) = lower else { return Some(over) };
    if lower.get("provider").is_none() || lower.get("provider") == over.get("provider") {
        replace_keys(&mut lower, &over);
        return Some(lower);
    }
    let mut others: Vec<Node> = lower.get("alternatives").into_iter().flat_map(Node::items).cloned().collect();
    let known = others.iter().position(|other| other.get("provider") == over.get("provider"));
    let mut chosen = known.map_or_else(|| Node::map(over.origin()), |at| others.remove(at));
    if let Some(map) = lower.as_map_mut() {
        map.remove("alternatives");
    }
    let origin = lower.origin();
    others.push(lower);
    replace_keys(&mut chosen, &over);
    if let Some(map) = chosen.as_map_mut()
        && !map.contains_key("alternatives")
    {
        map.push("alternatives", origin, Node::new(others, origin));
    }
    Some(chosen)
}

/// The keys of `over` in the place of those of `lower`.
fn replace_keys(lower: &mut Node, over: &Node) {
    let Some(map) = lower.as_map_mut() else { return };
    for entry in over.entries() {
        map.remove(&entry.key);
        map.push(entry.key.clone(), entry.key_origin, entry.node.clone());
    }
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
