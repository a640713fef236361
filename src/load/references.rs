//! Which other files a document names, read from its raw tree: one function per kind of document.
//!
//! Only texts count here. A value of another type is left to the typed reading, which reports it.

use ecow::EcoString;

use super::kind::Kind;
use crate::origin::Origin;
use crate::tree::Node;

/// What a file is named for. It decides how the file is read and what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The layer below: an app or an overlay, or the folder of one.
    Base,
    /// A component, or the folder of one.
    Component,
    /// Manifests, or a folder of files with manifests.
    Resource,
    /// The operations of a JSON 6902 patch.
    JsonPatch,
    /// A merge patch or a strategic-merge patch.
    Patch,
    /// A template whose output is manifests.
    Template,
    /// The content of one key of a ConfigMap.
    Text,
}

/// One text that names a file or folder, relative to the folder of the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The path as written.
    pub text: EcoString,
    /// Where it is written.
    pub origin: Origin,
    /// What the file is for.
    pub role: Role,
}

/// The files that a document of `kind` names, in written order of the fields below.
pub(super) fn of(kind: Kind, root: &Node) -> Vec<Reference> {
    let mut references = Vec::new();
    match kind {
        Kind::App => app(root, &mut references),
        Kind::Overlay => overlay(root, &mut references),
        Kind::Component => component(root, &mut references),
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

/// What every layer has, and the partial app: under `app` or beside it.
fn component(root: &Node, out: &mut Vec<Reference>) {
    layer(root, out);
    app(root, out);
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

/// The parts of an app that hold workloads by name, each of which may have a `config` of its own.
const WORKLOADS: [&str; 5] = ["deployments", "workers", "cronJobs", "migrations", "jobs"];

/// `config.*.files`, of the app and of each workload.
fn app(root: &Node, out: &mut Vec<Reference>) {
    config_files(root, out);
    for workloads in WORKLOADS {
        for workload in root.get(workloads).into_iter().flat_map(Node::entries) {
            config_files(&workload.node, out);
        }
    }
}

/// `config.<name>.files`: a list of paths, or a mapping from key to path.
fn config_files(owner: &Node, out: &mut Vec<Reference>) {
    for config in owner.get("config").into_iter().flat_map(Node::entries) {
        let files = config.node.get("files");
        one_or_many(files, Role::Text, out);
        for entry in files.into_iter().flat_map(Node::entries) {
            text(Some(&entry.node), Role::Text, out);
        }
    }
}

fn one_or_many(node: Option<&Node>, role: Role, out: &mut Vec<Reference>) {
    text(node, role, out);
    for item in node.into_iter().flat_map(Node::items) {
        text(Some(item), role, out);
    }
}

fn text(node: Option<&Node>, role: Role, out: &mut Vec<Reference>) {
    if let Some(node) = node
        && let Some(text) = node.as_str()
    {
        out.push(Reference { text: text.into(), origin: node.origin(), role });
    }
}
