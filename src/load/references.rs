//! Which other files a document names, read from its raw tree: one function per kind of document.
//!
//! Only texts count here. A value of another type is left to the typed reading, which reports it.

use crate::project::{Kind, Reference, Role};
use crate::tree::Node;

/// The files that a document of `kind` names, in written order of the fields below.
pub(super) fn of(kind: Kind, root: &Node) -> Vec<Reference> {
    let mut references = Vec::new();
    match kind {
        Kind::App => app(root, &mut references),
        Kind::Overlay => overlay(root, &mut references),
        Kind::Component => component(root, &mut references),
        Kind::Kustomization => super::kustomization::references(root, &mut references),
    }
    references
}

/// `base` (one text or a list), `components[]`, what every layer has, and `app`.
fn overlay(root: &Node, out: &mut Vec<Reference>) {
    one_or_many(root.get("base"), Role::Base, out);
    one_or_many(root.get("components"), Role::Component, out);
    layer(root, out);
    if let Some(app_layer) = root.get("app") {
        app(app_layer, out);
    }
}

/// What every layer has, and `app`.
fn component(root: &Node, out: &mut Vec<Reference>) {
    layer(root, out);
    if let Some(app_layer) = root.get("app") {
        app(app_layer, out);
    }
}

/// `resources[]`, `templates[]`, and `patches[]` whose `json6902`, `merge` or `strategic` is a
/// text: the path of a file with the patch.
fn layer(root: &Node, out: &mut Vec<Reference>) {
    one_or_many(root.get("resources"), Role::Resource, out);
    one_or_many(root.get("templates"), Role::Template, out);
    for patch in root.get("patches").into_iter().flat_map(Node::items) {
        for (field, role) in [("json6902", Role::JsonPatch), ("merge", Role::Patch), ("strategic", Role::Patch)] {
            text(patch.get(field), role, out);
        }
    }
}

/// `config.<group>.<key>.file` and `dependencies.<key>.application.overlay` of an app.
fn app(root: &Node, out: &mut Vec<Reference>) {
    for group in root.get("config").into_iter().flat_map(Node::entries) {
        for entry in group.node.entries() {
            text(entry.node.get("file"), Role::Text, out);
        }
    }
    for dependency in root.get("dependencies").into_iter().flat_map(Node::entries) {
        text(dependency.node.at(&["application", "overlay"]), Role::Application, out);
    }
}

pub(super) fn one_or_many(node: Option<&Node>, role: Role, out: &mut Vec<Reference>) {
    text(node, role, out);
    for item in node.into_iter().flat_map(Node::items) {
        text(Some(item), role, out);
    }
}

pub(super) fn text(node: Option<&Node>, role: Role, out: &mut Vec<Reference>) {
    if let Some(node) = node
        && let Some(text) = node.as_str()
    {
        out.push(Reference { text: text.into(), origin: node.origin(), role });
    }
}
