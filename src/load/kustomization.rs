//! Which files a kustomization names.

use ecow::EcoString;

use super::references::{one_or_many, text};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::project::{File, Kind, Reference, Role};
use crate::remote::Remote;
use crate::tree::Node;

/// Whether a reference is the content itself instead of a path.
pub(super) fn is_inline(reference: &Reference) -> bool {
    let text = &reference.text;
    let trimmed = text.trim_start();
    let holds = text.contains('\n') || trimmed.starts_with(['{', '[']) || trimmed.contains(": ");
    reference.role.may_be_inline() && holds
}

/// A kustomization is a mapping. What follows behind its document is ignored, as kustomize does; the
/// build says so.
pub(super) fn check(documents: &[Node], start: Origin, out: &mut Diagnostics) -> Option<Kind> {
    let problem = match documents {
        [root, ..] if root.as_map().is_some() => return Some(Kind::Kustomization),
        [] => Diagnostic::error("empty-file", "the kustomization is empty").at(start),
        [root, ..] => {
            let message = format!("a kustomization is a mapping, and this is {}", root.kind());
            Diagnostic::error("wrong-type", message).at(root.origin())
        }
    };
    out.push(problem.help("begin with `resources:` and a list of files and folders"));
    None
}

/// Whether a file is a component of kustomize.
pub(super) fn is_component(file: &File) -> bool {
    let kind = file.root().and_then(|root| root.get("kind")).and_then(Node::as_str);
    file.kind == Some(Kind::Kustomization) && kind == Some("Component")
}

/// The files that a kustomization names. Its reader finds what is wrong with the rest.
pub(super) fn references(root: &Node, out: &mut Vec<Reference>) {
    for entry in root.entries() {
        let node = Some(&entry.node);
        match entry.key.to_ascii_lowercase().as_str() {
            "resources" | "bases" => one_or_many(node, Role::KustomizeResource, out),
            "components" => one_or_many(node, Role::KustomizeComponent, out),
            "patchesstrategicmerge" => one_or_many(node, Role::KustomizePatch, out),
            "patches" | "patchesjson6902" => entry.node.items().for_each(|patch| self::patch(patch, out)),
            "configurations" | "crds" => one_or_many(node, Role::KustomizeConfig, out),
            "openapi" => optional(get(&entry.node, "path"), Role::KustomizeConfig, out),
            "replacements" => {
                // One that is written here as well is an error, which comes before the file.
                let elsewhere = entry.node.items().filter(|item| get(item, "source").is_none());
                elsewhere.for_each(|item| optional(get(item, "path"), Role::KustomizeConfig, out));
            }
            "generators" | "transformers" | "validators" => {
                let is_there = |item: &&Node| item.as_str().is_some_and(|text| !text.trim().is_empty());
                entry.node.items().filter(is_there).for_each(|item| text(Some(item), Role::KustomizePlugin, out));
            }
            "configmapgenerator" | "secretgenerator" => {
                entry.node.items().for_each(|generator| self::generator(generator, &["envs", "env"], out));
            }
            "helmcharts" | "helmchartinflationgenerator" => entry.node.items().for_each(|item| chart(item, out)),
            _ => {}
        }
    }
}

/// The files of values that are elsewhere; those that are here are read when the chart is rendered.
fn chart(chart: &Node, out: &mut Vec<Reference>) {
    let mut named = Vec::new();
    for field in ["valuesFile", "values", "additionalValuesFiles"] {
        one_or_many(get(chart, field), Role::Text, &mut named);
    }
    out.extend(named.into_iter().filter(|reference| Remote::parse(&reference.text).is_some()));
}

/// The files that the configuration of a builtin plugin names.
pub(super) fn plugin_references(root: &Node, out: &mut Vec<Reference>) {
    match root.get("kind").and_then(Node::as_str).unwrap_or_default() {
        "PatchTransformer" => patch(root, out),
        "PatchJson6902Transformer" => {
            optional(get(root, "path"), Role::KustomizePatch, out);
            content(get(root, "jsonOp"), out);
        }
        "PatchStrategicMergeTransformer" => {
            one_or_many(get(root, "paths"), Role::KustomizePatch, out);
            content(get(root, "patches"), out);
        }
        "ReplacementTransformer" => {
            let replacements = get(root, "replacements").into_iter().flat_map(Node::items);
            replacements.for_each(|item| optional(get(item, "path"), Role::KustomizeConfig, out));
        }
        "ConfigMapGenerator" | "SecretGenerator" => generator(root, &["envs"], out),
        "ValueAddTransformer" => optional(get(root, "targetFilePath"), Role::KustomizeConfig, out),
        "HelmChartInflationGenerator" => chart(root, out),
        _ => {}
    }
}

/// The patches that stand in configurations of plugins.
pub(super) fn plugin_contents(file: &File) -> Vec<Reference> {
    let is_plugin = |document: &&Node| document.get("apiVersion").and_then(Node::as_str) == Some("builtin");
    let mut references = Vec::new();
    for document in file.documents().iter().filter(is_plugin) {
        plugin_references(document, &mut references);
    }
    references.retain(is_inline);
    references
}

fn patch(patch: &Node, out: &mut Vec<Reference>) {
    optional(get(patch, "path"), Role::KustomizePatch, out);
    content(get(patch, "patch"), out);
}

/// A patch itself, which is never the name of a file.
fn content(node: Option<&Node>, out: &mut Vec<Reference>) {
    let start = out.len();
    text(node, Role::KustomizePatch, out);
    if out.get(start).is_some_and(|reference| !is_inline(reference)) {
        out.truncate(start);
    }
}

/// One text, of which an empty one names nothing.
fn optional(node: Option<&Node>, role: Role, out: &mut Vec<Reference>) {
    text(node.filter(|node| node.as_str() != Some("")), role, out);
}

fn generator(generator: &Node, envs: &[&str], out: &mut Vec<Reference>) {
    for field in envs {
        match *field {
            "env" => optional(get(generator, field), Role::Text, out),
            field => one_or_many(get(generator, field), Role::Text, out),
        }
    }
    for item in get(generator, "files").into_iter().flat_map(Node::items) {
        if let Some(written) = item.as_str() {
            // `key=path`, or a path whose last part is the key.
            let path = written.split_once('=').map_or(written, |(_, path)| path);
            out.push(Reference { text: EcoString::from(path), origin: item.origin(), role: Role::Text });
        }
    }
}

/// A field by its name; letter case does not count, as in kustomize's reader.
fn get<'n>(node: &'n Node, field: &str) -> Option<&'n Node> {
    node.get(field).or_else(|| {
        let entry = node.entries().find(|entry| entry.key.eq_ignore_ascii_case(field))?;
        Some(&entry.node)
    })
}
