//! Generators and their options, as they are written.

use crate::diagnostic::Diagnostics;
use crate::kustomize::plugin;
use crate::kustomize::read::{Fields, Pairs};
use crate::origin::Origin;
use crate::tree::{Node, Text};

/// A generator of a ConfigMap or a Secret.
#[derive(Clone, Debug)]
pub(in crate::kustomize) struct Generator {
    pub kind: &'static str,
    pub name: Option<Text>,
    pub namespace: Option<Text>,
    pub behavior: Option<Text>,
    pub files: Vec<Text>,
    pub envs: Vec<Text>,
    pub literals: Vec<Text>,
    pub secret_type: Option<Text>,
    pub options: GeneratorOptions,
    pub origin: Origin,
}

/// `generatorOptions`, and `options` of one generator.
#[derive(Clone, Debug, Default)]
pub(in crate::kustomize) struct GeneratorOptions {
    pub labels: Pairs,
    pub annotations: Pairs,
    pub no_hash: bool,
    pub immutable: bool,
}

impl Generator {
    /// Reads a generator; `is_plugin` when it is a resource of its own with `metadata`.
    pub fn read(
        node: &Node,
        kind: &'static str,
        global: &GeneratorOptions,
        is_plugin: bool,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        /// A Secret has all of them, a ConfigMap all but the first, and what is no plugin all but the last.
        const FIELDS: &[&str] =
            &["type", "name", "namespace", "behavior", "files", "envs", "env", "literals", "options", "metadata"];
        let has_type = kind == "Secret";
        let known = match (has_type, is_plugin) {
            (true, true) => FIELDS,
            (true, false) => FIELDS.split_at(FIELDS.len() - 1).0,
            (false, true) => FIELDS.split_at(1).1,
            (false, false) => FIELDS.split_at(1).1.split_at(FIELDS.len() - 2).0,
        };
        let mut fields = Fields::new(node, "a generator", known, diagnostics);
        let options = fields.get("options").map(|node| GeneratorOptions::read(node, fields.diagnostics));
        let mut envs = fields.texts("envs");
        envs.extend(fields.filled("env"));
        let (mut name, mut namespace) = (fields.filled("name"), fields.filled("namespace"));
        if is_plugin {
            let [own, within] = plugin::metadata(node, fields.diagnostics);
            (name, namespace) = (name.or(own), namespace.or(within));
        }
        Self {
            kind,
            name,
            namespace,
            behavior: fields.filled("behavior"),
            files: fields.texts("files"),
            envs,
            literals: fields.texts("literals"),
            secret_type: fields.filled("type"),
            options: options.unwrap_or_default().over(global),
            origin: fields.origin,
        }
    }
}

impl GeneratorOptions {
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["labels", "annotations", "disableNameSuffixHash", "immutable"];
        let mut fields = Fields::new(node, "the options of a generator", FIELDS, diagnostics);
        Self {
            labels: fields.pairs("labels"),
            annotations: fields.pairs("annotations"),
            no_hash: fields.truth("disableNameSuffixHash"),
            immutable: fields.truth("immutable"),
        }
    }

    /// These options with those of all generators below them.
    fn over(mut self, global: &Self) -> Self {
        let add = |own: &mut Pairs, global: &Pairs| {
            for (key, value) in global {
                if !own.iter().any(|(known, _)| known == key) {
                    own.push((key.clone(), value.clone()));
                }
            }
        };
        add(&mut self.labels, &global.labels);
        add(&mut self.annotations, &global.annotations);
        Self { no_hash: self.no_hash || global.no_hash, immutable: self.immutable || global.immutable, ..self }
    }
}
