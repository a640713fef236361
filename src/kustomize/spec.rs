//! What a kustomization says, as it is written.

pub(super) mod chart;
mod generator;
mod replacement;

use ecow::EcoString;

pub use chart::{Chart, HelmGlobals, ValuesMerge};
pub(super) use generator::{Generator, GeneratorOptions};
pub(super) use replacement::{FieldOptions, Replacement, ReplacementField, ReplacementTarget, Source};

use super::plugin;
use super::read::{Fields, Pairs};
use super::selector::Selector;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Gvk;
use crate::transform::patch::MAX_DEPTH;
use crate::tree::{Entry, Node, Text};

/// A kustomization or a component, with older fields read as the present ones.
#[derive(Clone, Debug)]
pub(super) struct Kustomization {
    pub resources: Vec<Text>,
    pub components: Vec<Text>,
    pub configurations: Vec<Text>,
    pub crds: Vec<Text>,
    pub openapi: OpenApi,
    pub generators: Vec<Generator>,
    pub charts: Vec<Chart>,
    pub generator_plugins: Vec<Text>,
    pub transformers: Vec<Text>,
    pub validators: Vec<Text>,
    pub patches_strategic_merge: Option<Vec<Text>>,
    pub patches: Vec<Patch>,
    pub patches_json6902: Vec<Patch>,
    pub namespace: Option<Text>,
    pub name_prefix: Option<Text>,
    pub name_suffix: Option<Text>,
    pub labels: Vec<Labels>,
    pub common_labels: Pairs,
    pub common_annotations: Pairs,
    pub replicas: Vec<Replicas>,
    pub images: Vec<Image>,
    pub replacements: Vec<ReplacementField>,
    pub vars: Vec<Var>,
    pub sort: Option<Node>,
    pub build_metadata: Vec<Text>,
    /// Where it begins.
    pub origin: Origin,
}

/// `openapi`.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenApi {
    pub path: Option<Text>,
    pub version: Option<Text>,
}

/// A patch of either sort.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub path: Option<Text>,
    pub inline: Option<Text>,
    pub target: Option<Selector>,
    pub allow_name_change: bool,
    pub allow_kind_change: bool,
    pub origin: Origin,
}

/// One entry of `labels`.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    pub pairs: Pairs,
    pub selectors: bool,
    pub templates: bool,
    pub volume_claims: bool,
    pub fields: Vec<Spec>,
}

/// A field of resources of a group, version and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spec {
    pub group: EcoString,
    pub version: EcoString,
    pub kind: EcoString,
    pub path: EcoString,
    pub create: bool,
}

/// One entry of `replicas`.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    pub name: Text,
    pub count: i64,
}

/// One entry of `images`.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub name: Text,
    pub new_name: Option<Text>,
    pub new_tag: Option<Text>,
    pub tag_suffix: Option<Text>,
    pub digest: Option<Text>,
}

/// One entry of `vars`.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub name: Text,
    pub gvk: Gvk,
    pub object: EcoString,
    pub namespace: EcoString,
    pub path: Text,
}

const FIELDS: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "openapi",
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "patchesStrategicMerge",
    "patchesJson6902",
    "patches",
    "images",
    "imageTags",
    "replacements",
    "replicas",
    "vars",
    "sortOptions",
    "resources",
    "components",
    "crds",
    "bases",
    "configMapGenerator",
    "secretGenerator",
    "helmGlobals",
    "helmCharts",
    "helmChartInflationGenerator",
    "generatorOptions",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "buildMetadata",
];

/// What kustomize knows of the metadata of a kustomization, which changes nothing.
const METADATA: &[&str] = &["name", "namespace", "labels", "annotations"];

const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";
const VERSION: &str = "kustomize.config.k8s.io/v1beta1";

/// Fields that kustomize calls deprecated, and what it says to use.
const DEPRECATED: [(&str, &str); 7] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("helmChartInflationGenerator", "helmCharts"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

impl Kustomization {
    /// Reads a kustomization file; mistakes go into `diagnostics`.
    pub fn read(root: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(root, "a kustomization", FIELDS, diagnostics);
        header(root, &mut fields);
        plugin::metadata(root, fields.diagnostics);
        for (old, new) in DEPRECATED {
            if let Some(at) = fields.key_origin(old) {
                let message = format!("`{old}` is deprecated");
                let warning = Diagnostic::warning("deprecated-field", message).at(at);
                fields.diagnostics.push(warning.help(format!("use `{new}`")));
            }
        }
        let global = fields.get("generatorOptions").map(|node| GeneratorOptions::read(node, fields.diagnostics));
        let global = global.unwrap_or_default();
        let mut resources = fields.texts("resources");
        resources.extend(fields.texts("bases"));
        let mut images = fields.each("images", image);
        images.extend(fields.each("imageTags", image));
        let mut generator =
            |field, kind| fields.each(field, |node, said| Generator::read(node, kind, &global, false, said));
        let mut generators = generator("configMapGenerator", "ConfigMap");
        generators.extend(generator("secretGenerator", "Secret"));
        Self {
            resources,
            components: fields.texts("components"),
            configurations: fields.texts("configurations"),
            crds: fields.texts("crds"),
            openapi: openapi(&mut fields),
            generators,
            charts: chart::charts(&mut fields),
            generator_plugins: plugins(&mut fields, "generators"),
            transformers: plugins(&mut fields, "transformers"),
            validators: plugins(&mut fields, "validators"),
            patches_strategic_merge: fields.get("patchesStrategicMerge").map(|_| fields.texts("patchesStrategicMerge")),
            patches: fields.each("patches", Patch::read),
            patches_json6902: fields.each("patchesJson6902", Patch::read),
            namespace: fields.filled("namespace"),
            name_prefix: fields.filled("namePrefix"),
            name_suffix: fields.filled("nameSuffix"),
            labels: fields.each("labels", labels),
            common_labels: fields.pairs("commonLabels"),
            common_annotations: fields.pairs("commonAnnotations"),
            replicas: fields.each("replicas", replicas),
            images,
            replacements: fields.each("replacements", ReplacementField::read),
            vars: fields.each("vars", var).into_iter().flatten().collect(),
            sort: fields.get("sortOptions").cloned(),
            build_metadata: fields.texts("buildMetadata"),
            origin: root.origin(),
        }
    }
}

/// Checks `apiVersion`, `kind` and `metadata`, and that there is more.
fn header(root: &Node, fields: &mut Fields) {
    let kind = fields.filled("kind");
    let is_component = kind.as_ref().is_some_and(|kind| *kind == "Component");
    if let Some(kind) = kind.filter(|kind| *kind != "Component" && *kind != "Kustomization") {
        let message = format!("`{kind}` is no kind of a kustomization");
        let problem = Diagnostic::error("unknown-kind", message).at(kind.origin);
        fields.diagnostics.push(problem.help("the kinds are `Kustomization` and `Component`"));
    }
    let wanted = if is_component { COMPONENT_VERSION } else { VERSION };
    if let Some(version) = fields.filled("apiVersion").filter(|version| *version != wanted) {
        let message = format!("`{version}` is not the version of this kind");
        let problem = Diagnostic::error("unknown-api-version", message).at(version.origin);
        fields.diagnostics.push(problem.help(format!("write `{wanted}`")));
    }
    if let Some(node) = fields.get("metadata") {
        let mut metadata = Fields::new(node, "`metadata`", METADATA, fields.diagnostics);
        metadata.text("name");
        metadata.text("namespace");
        metadata.pairs("labels");
        metadata.pairs("annotations");
    }
    let says = |entry: &Entry| !entry.node.is_null() && !matches!(entry.key.as_str(), "apiVersion" | "kind");
    if !root.entries().any(says) {
        let problem = Diagnostic::error("empty-file", "the kustomization is empty").at(fields.origin);
        fields.diagnostics.push(problem.help("list files and folders under `resources`"));
    }
}

/// The plugins of a list, whose empty items kustomize passes over.
fn plugins(fields: &mut Fields, name: &str) -> Vec<Text> {
    fields.texts_or_null(name).into_iter().filter(|text| !text.trim().is_empty()).collect()
}

fn openapi(fields: &mut Fields) -> OpenApi {
    let Some(node) = fields.get("openapi") else { return OpenApi::default() };
    let mut fields = Fields::lenient(node, "`openapi`", &["path", "version"], fields.diagnostics);
    let openapi = OpenApi { path: fields.filled("path"), version: fields.filled("version") };
    if let (Some(path), Some(_)) = (&openapi.path, &openapi.version) {
        let message = "`openapi` has both `path` and `version`";
        let problem = Diagnostic::error("conflicting-fields", message).at(path.origin);
        fields.diagnostics.push(problem.help("a schema of your own replaces the built-in ones: take `version` away"));
    }
    openapi
}

impl Patch {
    /// Reads an entry of `patches` or `patchesJson6902`.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        Self::of(Fields::new(node, "a patch", &["path", "patch", "target", "options"], diagnostics), "patch")
    }

    /// Reads the configuration of the plugin for JSON patches.
    pub fn operations(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        Self::of(Fields::new(node, "a JSON patch", &["path", "jsonOp", "target"], diagnostics), "jsonOp")
    }

    fn of(mut fields: Fields, inline: &'static str) -> Self {
        let target = fields.get("target").map(|node| Selector::read(node, fields.diagnostics));
        let (mut allow_name_change, mut allow_kind_change) = (false, false);
        if let Some(node) = fields.get("options") {
            let known = &["allowNameChange", "allowKindChange"];
            let mut options = Fields::lenient(node, "the options of a patch", known, fields.diagnostics);
            allow_name_change = options.truth("allowNameChange");
            allow_kind_change = options.truth("allowKindChange");
        }
        let is_map = !fields.is_wrong;
        let written = inline;
        let inline = fields.text(inline).filter(|text| !text.trim().is_empty());
        if let Some(text) = inline.as_ref().filter(|text| !text.contains([':', '{', '[', '\n'])) {
            let message = format!("`{written}` holds the patch itself, and this is none");
            let problem = Diagnostic::error("wrong-type", message).at(text.origin);
            fields.diagnostics.push(problem.help("write the name of a file under `path`"));
        }
        let path = fields.filled("path");
        let patch = Self { path, inline, target, allow_name_change, allow_kind_change, origin: fields.origin };
        let problem = match (&patch.path, &patch.inline) {
            _ if !is_map => return patch,
            (None, None) => {
                let message = format!("a patch needs `path` or `{written}`");
                Diagnostic::error("missing-field", message).at(patch.origin)
            }
            (Some(_), Some(inline)) => {
                let message = format!("a patch has `path` or `{written}`, not both");
                Diagnostic::error("conflicting-fields", message).at(inline.origin)
            }
            _ => return patch,
        };
        fields.diagnostics.push(problem);
        patch
    }
}

fn labels(node: &Node, diagnostics: &mut Diagnostics) -> Labels {
    const FIELDS: &[&str] = &["pairs", "includeSelectors", "includeTemplates", "includeVolumeClaimTemplates", "fields"];
    let mut fields = Fields::new(node, "an entry of `labels`", FIELDS, diagnostics);
    Labels {
        pairs: fields.pairs("pairs"),
        selectors: fields.truth("includeSelectors"),
        templates: fields.truth("includeTemplates"),
        volume_claims: fields.truth("includeVolumeClaimTemplates"),
        fields: fields.each("fields", Spec::read),
    }
}

const SPEC: &[&str] = &["group", "version", "kind", "path", "create"];

impl Spec {
    /// Reads a field spec.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(node, "a field spec", SPEC, diagnostics);
        Self {
            group: fields.plain("group"),
            version: fields.plain("version"),
            kind: fields.plain("kind"),
            path: path(&mut fields),
            create: fields.truth("create"),
        }
    }
}

/// The path of a field spec. What makes fields along it walks it step by step, so it has an end.
fn path(fields: &mut Fields) -> EcoString {
    let path = fields.plain("path");
    if path.matches('/').count() < MAX_DEPTH {
        return path;
    }
    let message = format!("the path of a field spec has more than {MAX_DEPTH} steps");
    fields.diagnostics.push(Diagnostic::error("patch-too-deep", message).at(fields.origin));
    EcoString::new()
}

/// Reads an entry of `replicas`.
pub(super) fn replicas(node: &Node, diagnostics: &mut Diagnostics) -> Replicas {
    let mut fields = Fields::new(node, "an entry of `replicas`", &["name", "count"], diagnostics);
    Replicas { name: fields.text_or_empty("name"), count: fields.number("count").unwrap_or(0) }
}

/// Reads an entry of `images`.
pub(super) fn image(node: &Node, diagnostics: &mut Diagnostics) -> Image {
    const FIELDS: &[&str] = &["name", "newName", "newTag", "tagSuffix", "digest"];
    let mut fields = Fields::new(node, "an entry of `images`", FIELDS, diagnostics);
    Image {
        name: fields.text_or_empty("name"),
        new_name: fields.filled("newName"),
        new_tag: fields.filled("newTag"),
        tag_suffix: fields.filled("tagSuffix"),
        digest: fields.filled("digest"),
    }
}

fn var(node: &Node, diagnostics: &mut Diagnostics) -> Option<Var> {
    let mut fields = Fields::new(node, "an entry of `vars`", &["name", "objref", "fieldref"], diagnostics);
    let name = fields.text_or_empty("name");
    let mut path = None;
    if let Some(node) = fields.get("fieldref") {
        path = Fields::new(node, "`fieldref`", &["fieldPath"], fields.diagnostics).filled("fieldPath");
    }
    let path = path.unwrap_or(Text::new("metadata.name", name.origin));
    const OBJECT: &[&str] = &["apiVersion", "group", "version", "kind", "name", "namespace"];
    let empty = Node::map(name.origin);
    let object = fields.get("objref").unwrap_or(&empty);
    let mut object = Fields::new(object, "`objref`", OBJECT, fields.diagnostics);
    let kind = object.plain("kind");
    let gvk = match object.filled("apiVersion") {
        Some(version) => Gvk::new(&version, &kind),
        None => Gvk { group: object.plain("group"), version: object.plain("version"), kind },
    };
    Some(Var { name, gvk, object: object.plain("name"), namespace: object.plain("namespace"), path })
}
