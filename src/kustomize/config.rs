//! What `configurations` and `crds` add to the fields that transforms know.

use ecow::EcoString;

use super::read::Fields;
use super::spec::Spec;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Result;
use crate::resource::Gvk;
use crate::transform::fields::FieldSpec;
use crate::transform::references::{Guard, Rule};
use crate::tree::{Entry, Node};

/// Fields beside those that kustomize has by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Config {
    pub name_prefix: Vec<Spec>,
    pub name_suffix: Vec<Spec>,
    pub namespace: Vec<Spec>,
    /// Of `labels`, whatever else an entry asks for.
    pub labels: Vec<Spec>,
    /// Of `commonLabels`, and of `labels` with selectors.
    pub common_labels: Vec<Spec>,
    pub template_labels: Vec<Spec>,
    pub volume_claim_labels: Vec<Spec>,
    pub annotations: Vec<Spec>,
    pub images: Vec<Spec>,
    pub replicas: Vec<Spec>,
    pub vars: Vec<Spec>,
    pub references: Vec<Rule>,
}

const FIELDS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "volumeClaimTemplateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
    "apiVersion",
    "kind",
    "metadata",
];

impl Config {
    /// Adds what one file of `configurations` says.
    pub fn add(&mut self, root: &Node, diagnostics: &mut Diagnostics) {
        let mut fields = Fields::new(root, "a transformer configuration", FIELDS, diagnostics);
        let mut add = |name, to: &mut Vec<Spec>| merge(to, fields.each(name, Spec::read));
        add("namePrefix", &mut self.name_prefix);
        add("nameSuffix", &mut self.name_suffix);
        add("namespace", &mut self.namespace);
        add("commonLabels", &mut self.common_labels);
        add("labels", &mut self.labels);
        add("templateLabels", &mut self.template_labels);
        add("volumeClaimTemplateLabels", &mut self.volume_claim_labels);
        add("commonAnnotations", &mut self.annotations);
        add("varReference", &mut self.vars);
        add("images", &mut self.images);
        add("replicas", &mut self.replicas);
        for rules in fields.each("nameReference", rules) {
            self.references.extend(rules);
        }
    }

    /// Adds what another layer knows.
    pub fn merge(&mut self, other: Self) {
        merge(&mut self.name_prefix, other.name_prefix);
        merge(&mut self.name_suffix, other.name_suffix);
        merge(&mut self.namespace, other.namespace);
        merge(&mut self.common_labels, other.common_labels);
        merge(&mut self.labels, other.labels);
        merge(&mut self.template_labels, other.template_labels);
        merge(&mut self.volume_claim_labels, other.volume_claim_labels);
        merge(&mut self.annotations, other.annotations);
        merge(&mut self.vars, other.vars);
        merge(&mut self.images, other.images);
        merge(&mut self.replicas, other.replicas);
        let same = |a: &Rule, b: &Rule| (&a.target, &a.referrer, &a.path) == (&b.target, &b.referrer, &b.path);
        for rule in other.references {
            if !self.references.iter().any(|known| same(known, &rule)) {
                self.references.push(rule);
            }
        }
    }

    /// Adds what one file of `crds` says: OpenAPI definitions whose fields have
    /// `x-kubernetes-annotation`, `x-kubernetes-label-selector`, `x-kubernetes-identity` or
    /// `x-kubernetes-object-ref-api-version`, `-kind` and `-name-key`.
    pub fn add_crds(&mut self, root: &Node) -> Result<()> {
        let wrong = |message: String, at: &Node| Diagnostic::error("wrong-type", message).at(at.origin());
        if root.as_map().is_none() {
            return Err(wrong(format!("OpenAPI definitions are a mapping, and this is {}", root.kind()), root).into());
        }
        let no_definition = |entry: &&Entry| schema(&entry.node).as_map().is_none();
        if let Some(entry) = root.entries().find(no_definition) {
            let message =
                format!("the OpenAPI definition `{}` is a mapping, and this is {}", entry.key, entry.node.kind());
            return Err(wrong(message, &entry.node)
                .help("a CustomResourceDefinition belongs under `resources`")
                .into());
        }
        for definition in root.entries() {
            let schema = schema(&definition.node);
            let properties = |name| schema.at(&["properties", name]).is_some();
            if !properties("apiVersion") || !properties("kind") || !properties("metadata") {
                continue;
            }
            let mut walk = Crd { root, kind: kind_of(&definition.key), config: self, open: Vec::new() };
            walk.properties(schema, "");
        }
        Ok(())
    }
}

/// The schema of a definition, which may stand below a key of its own.
fn schema(definition: &Node) -> &Node {
    definition.get("Schema").or(definition.get("schema")).unwrap_or(definition)
}

/// The kind that a definition's name ends with: `github.com/example/v1beta1.Bee` is `Bee`.
fn kind_of(name: &str) -> Gvk {
    let last = name.rsplit('/').next().unwrap_or(name);
    let kind = last.rsplit('.').next().unwrap_or(last);
    Gvk { kind: kind.into(), ..Gvk::default() }
}

/// A walk over the properties of one custom kind.
struct Crd<'a> {
    root: &'a Node,
    kind: Gvk,
    config: &'a mut Config,
    open: Vec<EcoString>,
}

impl Crd<'_> {
    fn properties(&mut self, schema: &Node, path: &str) {
        for property in schema.get("properties").into_iter().flat_map(Node::entries) {
            let path =
                if path.is_empty() { property.key.clone() } else { ecow::eco_format!("{path}/{}", property.key) };
            self.property(&property.node, &path);
        }
    }

    fn property(&mut self, property: &Node, path: &EcoString) {
        let has = |name: &str| property.get(name).is_some();
        let text = |name: &str| property.get(name).and_then(Node::as_str);
        let spec = |path: EcoString| Spec { kind: self.kind.kind.clone(), path, ..Spec::default() };
        if has("x-kubernetes-annotation") {
            merge(&mut self.config.annotations, vec![spec(path.clone())]);
        }
        if has("x-kubernetes-label-selector") {
            merge(&mut self.config.common_labels, vec![spec(path.clone())]);
        }
        if has("x-kubernetes-identity") {
            merge(&mut self.config.name_prefix, vec![spec(path.clone())]);
        }
        let target = text("x-kubernetes-object-ref-api-version").zip(text("x-kubernetes-object-ref-kind"));
        if let Some((version, kind)) = target {
            let key = text("x-kubernetes-object-ref-name-key").unwrap_or("name");
            let referrer = self.kind.clone();
            let path = ecow::eco_format!("{path}/{key}");
            let rule = Rule { target: Gvk::new(version, kind), referrer, path, guard: Guard::None };
            self.config.references.push(rule);
        }
        let Some(name) = text("$ref").or_else(|| property.at(&["items", "$ref"])?.as_str()) else {
            return self.properties(property, path);
        };
        // A definition may hold itself.
        if self.open.iter().any(|open| open == name) {
            return;
        }
        let root = self.root;
        if let Some(definition) = root.get(name) {
            self.open.push(name.into());
            self.properties(schema(definition), path);
            self.open.pop();
        }
    }
}

fn rules(node: &Node, diagnostics: &mut Diagnostics) -> Vec<Rule> {
    const FIELDS: &[&str] = &["group", "version", "kind", "fieldSpecs"];
    let mut fields = Fields::new(node, "a name reference", FIELDS, diagnostics);
    let target = Gvk { group: fields.plain("group"), version: fields.plain("version"), kind: fields.plain("kind") };
    let specs = fields.each("fieldSpecs", Spec::read);
    let rule = |spec: Spec| {
        let referrer = Gvk { group: spec.group, version: spec.version, kind: spec.kind };
        Rule { target: target.clone(), referrer, path: spec.path, guard: Guard::None }
    };
    specs.into_iter().map(rule).collect()
}

/// Adds specs that are not there yet; a field is made when one of them asks for it.
fn merge(to: &mut Vec<Spec>, more: Vec<Spec>) {
    for spec in more {
        let same = |known: &&mut Spec| Spec { create: spec.create, ..(**known).clone() } == spec;
        match to.iter_mut().find(same) {
            Some(known) => known.create |= spec.create,
            None => to.push(spec),
        }
    }
}

/// Specs as transforms take them.
pub(super) fn fields(specs: &[Spec]) -> Vec<FieldSpec<'_>> {
    specs.iter().map(as_field).collect()
}

/// One spec as transforms take it.
pub(super) fn as_field(spec: &Spec) -> FieldSpec<'_> {
    let Spec { group, version, kind, path, create } = spec;
    FieldSpec { group, version, kind, path, create: *create }
}
