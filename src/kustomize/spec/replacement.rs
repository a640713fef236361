//! `replacements`, as they are written.

use ecow::EcoString;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kustomize::read::Fields;
use crate::kustomize::selector::{Reference, Selector};
use crate::origin::Origin;
use crate::resource::Gvk;
use crate::tree::{Node, Text};

/// An entry of `replacements`: itself, or the file that holds some.
#[derive(Clone, Debug)]
pub(in crate::kustomize) enum ReplacementField {
    Path(Text),
    Inline(Replacement),
}

/// A value that is copied into fields.
#[derive(Clone, Debug)]
pub(in crate::kustomize) struct Replacement {
    pub source: Option<Source>,
    pub value: Option<Text>,
    pub targets: Vec<ReplacementTarget>,
    pub origin: Origin,
}

/// Where a replacement takes its value.
#[derive(Clone, Debug)]
pub(in crate::kustomize) struct Source {
    pub id: Reference,
    pub path: Text,
    pub options: FieldOptions,
}

/// Where a replacement puts its value.
#[derive(Clone, Debug)]
pub(in crate::kustomize) struct ReplacementTarget {
    pub select: Option<Selector>,
    pub reject: Vec<Selector>,
    pub paths: Vec<Text>,
    pub options: FieldOptions,
    pub origin: Origin,
}

/// Which part of a field is meant, and whether it is made.
#[derive(Clone, Debug, Default)]
pub(in crate::kustomize) struct FieldOptions {
    pub delimiter: EcoString,
    pub index: i64,
    pub create: bool,
}

impl ReplacementField {
    /// Reads an entry of `replacements`.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["source", "sourceValue", "targets", "path"];
        let mut silent = Diagnostics::default();
        let mut fields = Fields::new(node, "a replacement", FIELDS, &mut silent);
        let Some(path) = fields.filled("path") else {
            if fields.get("path").is_some_and(|node| node.as_str().is_none()) {
                diagnostics.append(silent);
            }
            return Self::Inline(Replacement::read(node, diagnostics));
        };
        let has_targets = !fields.items("targets").is_empty();
        if has_targets || fields.get("source").is_some() {
            let message = "a replacement has a `path`, or a `source` and targets, not both";
            diagnostics.push(Diagnostic::error("conflicting-fields", message).at(path.origin));
        }
        Self::Path(path)
    }
}

impl Replacement {
    /// Reads a replacement.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["source", "sourceValue", "targets", "path"];
        let mut fields = Fields::new(node, "a replacement", FIELDS, diagnostics);
        let source = fields.get("source").map(|node| source(node, fields.diagnostics));
        let value = fields.text("sourceValue");
        let targets = fields.each("targets", replacement_target);
        let replacement = Self { source, value, targets, origin: fields.origin };
        let none = replacement.source.is_none() && replacement.value.is_none();
        if none || replacement.targets.is_empty() {
            let message = "a replacement needs a `source` and at least one target";
            fields.diagnostics.push(Diagnostic::error("missing-field", message).at(replacement.origin));
        } else if let (Some(_), Some(value)) = (&replacement.source, &replacement.value) {
            let message = "a replacement has `source` or `sourceValue`, not both";
            fields.diagnostics.push(Diagnostic::error("conflicting-fields", message).at(value.origin));
        }
        replacement
    }
}

fn source(node: &Node, diagnostics: &mut Diagnostics) -> Source {
    const FIELDS: &[&str] = &["group", "version", "kind", "name", "namespace", "fieldPath", "options"];
    let mut fields = Fields::new(node, "the source of a replacement", FIELDS, diagnostics);
    let gvk = Gvk { group: fields.plain("group"), version: fields.plain("version"), kind: fields.plain("kind") };
    let id = Reference { gvk, name: fields.plain("name"), namespace: fields.plain("namespace") };
    let path = fields.filled("fieldPath").unwrap_or(Text::new("metadata.name", fields.origin));
    Source { id, path, options: field_options(&mut fields) }
}

fn replacement_target(node: &Node, diagnostics: &mut Diagnostics) -> ReplacementTarget {
    const FIELDS: &[&str] = &["select", "reject", "fieldPaths", "options"];
    let mut fields = Fields::new(node, "the target of a replacement", FIELDS, diagnostics);
    let select = fields.get("select").map(|node| Selector::read(node, fields.diagnostics));
    if select.is_none() {
        let problem = Diagnostic::error("missing-field", "the target of a replacement needs `select`");
        fields.diagnostics.push(problem.at(node.origin()));
    }
    let mut paths = fields.texts("fieldPaths");
    if paths.is_empty() {
        paths.push(Text::new("metadata.name", node.origin()));
    }
    let reject = fields.each("reject", Selector::read);
    ReplacementTarget { select, reject, paths, options: field_options(&mut fields), origin: node.origin() }
}

fn field_options(fields: &mut Fields) -> FieldOptions {
    let Some(node) = fields.get("options") else { return FieldOptions::default() };
    let known = &["delimiter", "index", "encoding", "create"];
    let mut fields = Fields::new(node, "the options of a field", known, fields.diagnostics);
    // Read by kustomize, and then not used.
    fields.text("encoding");
    FieldOptions {
        delimiter: fields.plain("delimiter"),
        index: fields.number("index").unwrap_or(0),
        create: fields.truth("create"),
    }
}
