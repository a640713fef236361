//! What becomes of a generated resource: it is new, or it replaces or is merged with another.

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::kustomize::provenance::ORIGIN;
use crate::kustomize::selector::effective;
use crate::kustomize::spec::Generator;
use crate::origin::{Cause, Origins};
use crate::resource::{Resource, ResourceId, ResourceSet};
use crate::tree::{Entry, Map, Node};

/// Takes in what a generator made.
pub(super) fn absorb(set: &mut ResourceSet, root: Node, generator: &Generator, origins: &mut Origins) -> Result<()> {
    let Some(mut resource) = Resource::new(root) else { return Ok(()) };
    resource.needs_hash = !generator.options.no_hash;
    let matches = matching(set, resource.id());
    let id = resource.id().clone();
    let problem = |code, message: String| Diagnostic::error(code, message).at(generator.origin);
    let behavior = generator.behavior.as_ref().map_or("", |word| word.as_str());
    match (matches[..].split_first(), behavior) {
        (None, "merge" | "replace") => {
            let message = format!("there is no `{id}` to {behavior}");
            Err(problem("generator-without-base", message).help("take `behavior` away to make a new one").into())
        }
        (None, _) => super::insert(set, resource),
        (Some((index, [])), "merge" | "replace") => {
            let old = set.get(*index).root.clone();
            let root = over(&old, resource.root, behavior == "merge", origins);
            origins.taken_away(&old, Some(&root), generator.origin);
            // Of the two, the one that is replaced must have a hash too.
            let needs_hash = resource.needs_hash && set.get(*index).needs_hash;
            let done = set.replace(*index, root, needs_hash);
            done.map_err(|_| problem("duplicate-resource", format!("`{id}` takes the id of another resource")).into())
        }
        (Some((index, [])), _) => {
            let other = set.get(*index).root.origin();
            let help = "say `behavior: merge` or `behavior: replace`";
            let message = format!("there is a resource `{id}` already");
            Err(problem("duplicate-resource", message).related(other, "the other one").help(help).into())
        }
        (Some(_), _) => {
            Err(problem("ambiguous-merge", format!("several resources could be the `{id}` to {behavior}")).into())
        }
    }
}

/// The resources that have or had this id.
pub(super) fn matching(set: &ResourceSet, id: &ResourceId) -> Vec<usize> {
    let same = |known: &ResourceId| known.gvk == id.gvk && known.name == id.name && effective(known) == effective(id);
    let found = set.find_by_any_name(&id.gvk.kind, &id.name).iter().copied();
    found.filter(|index| set.get(*index).every_id().any(same)).collect()
}

/// The new manifest with labels, annotations, name and namespace of the old one below its own;
/// when merged, with the old data below its own too.
fn over(old: &Node, mut new: Node, merge: bool, origins: &mut Origins) -> Node {
    let origin = new.origin();
    let was = old.at(&["metadata", "annotations", ORIGIN]).cloned();
    if let Some(metadata) = new.map_under("metadata", origin) {
        for key in ["labels", "annotations"] {
            layer(metadata, old.at(&["metadata", key]), key, origins);
        }
        for key in ["name", "namespace"] {
            match old.at(&["metadata", key]) {
                Some(node) => drop(metadata.insert(key, node.clone())),
                None => drop(metadata.remove(key)),
            }
        }
    }
    if !merge && let Some(map) = new.as_map_mut() {
        ["data", "binaryData"].iter().for_each(|key| replaced(map, old.get(key), key, origins));
    }
    if merge {
        if let Some(map) = new.as_map_mut() {
            for key in ["data", "binaryData"] {
                layer(map, old.get(key).map(texts).as_ref(), key, origins);
                if map.get(key).and_then(Node::as_map).is_some_and(|map| map.is_empty()) {
                    map.remove(key);
                }
            }
        }
        if let Some(was) = was
            && let Some(annotations) = new.at_mut(&["metadata", "annotations"]).and_then(Node::as_map_mut)
        {
            annotations.insert(ORIGIN, was);
        }
    }
    new
}

/// Notes what the entries of `map.key` replace.
fn replaced(map: &mut Map, old: Option<&Node>, key: &str, origins: &mut Origins) {
    let (Some(own), Some(old)) = (map.get_mut(key).and_then(Node::as_map_mut), old) else { return };
    let Some(old) = old.as_map() else { return };
    let places = old.positions(own.keys());
    for (entry, place) in own.iter_mut().zip(places) {
        if let Some(Entry { node: old, .. }) = place.and_then(|place| old.as_slice().get(place)) {
            let origin = origins.replace(Cause::Layer, entry.node.origin(), old);
            entry.node = std::mem::replace(&mut entry.node, Node::null(origin)).with_origin(origin);
        }
    }
}

/// The data of a resource that a generator merges with: its values become texts.
fn texts(data: &Node) -> Node {
    let mut data = data.clone();
    for entry in data.as_map_mut().into_iter().flat_map(Map::iter_mut) {
        if entry.node.as_str().is_none() {
            let text = entry.node.scalar_text().unwrap_or_default();
            entry.node = Node::string(text, entry.node.origin());
        }
    }
    data
}

/// Puts the entries of `below` under those of `map.key`.
fn layer(map: &mut Map, below: Option<&Node>, key: &str, origins: &mut Origins) {
    let Some(below) = below.filter(|node| node.as_map().is_some_and(|map| !map.is_empty())) else { return };
    let mut merged = below.clone();
    if let (Some(merged), Some(own)) = (merged.as_map_mut(), map.get(key).and_then(Node::as_map)) {
        for (entry, place) in own.iter().zip(merged.positions(own.keys())) {
            match place.and_then(|place| merged.at_mut(place)) {
                Some(Entry { node: old, .. }) => {
                    let origin = origins.replace(Cause::Layer, entry.node.origin(), old);
                    *old = entry.node.clone().with_origin(origin);
                }
                None => merged.push(entry.key.clone(), entry.node.origin(), entry.node.clone()),
            }
        }
    }
    map.insert(key, merged);
}
