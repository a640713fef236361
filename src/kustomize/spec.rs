//! What a kustomization says, as it is written.

use ecow::EcoString;

use super::read::{Fields, Pairs};
use super::selector::{Reference, Selector};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Gvk;
use crate::tree::{Node, Text};

/// A kustomization or a component, with older fields read as the present ones.
#[derive(Clone, Debug)]
pub(super) struct Kustomization {
    pub resources: Vec<Text>,
    pub components: Vec<Text>,
    pub configurations: Vec<Text>,
    pub crds: Vec<Text>,
    pub openapi: OpenApi,
    pub generators: Vec<Generator>,
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

/// A generator of a ConfigMap or a Secret.
#[derive(Clone, Debug)]
pub(super) struct Generator {
    pub kind: &'static str,
    pub name: Option<Text>,
    pub namespace: Option<Text>,
    pub behavior: EcoString,
    pub files: Vec<Text>,
    pub envs: Vec<Text>,
    pub literals: Vec<Text>,
    pub secret_type: Option<Text>,
    pub options: GeneratorOptions,
    pub origin: Origin,
}

/// `generatorOptions`, and `options` of one generator.
#[derive(Clone, Debug, Default)]
pub(super) struct GeneratorOptions {
    pub labels: Pairs,
    pub annotations: Pairs,
    pub no_hash: bool,
    pub immutable: bool,
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

/// An entry of `replacements`: itself, or the file that holds some.
#[derive(Clone, Debug)]
pub(super) enum ReplacementField {
    Path(Text),
    Inline(Replacement),
}

/// A value that is copied into fields.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub source: Option<Source>,
    pub value: Option<Text>,
    pub targets: Vec<ReplacementTarget>,
    pub origin: Origin,
}

/// Where a replacement takes its value.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub id: Reference,
    pub path: Text,
    pub options: FieldOptions,
}

/// Where a replacement puts its value.
#[derive(Clone, Debug)]
pub(super) struct ReplacementTarget {
    pub select: Option<Selector>,
    pub reject: Vec<Selector>,
    pub paths: Vec<Text>,
    pub options: FieldOptions,
    pub origin: Origin,
}

/// Which part of a field is meant, and whether it is made.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldOptions {
    pub delimiter: EcoString,
    pub index: i64,
    pub create: bool,
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

const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";
const VERSION: &str = "kustomize.config.k8s.io/v1beta1";

/// Fields that kustomize calls deprecated, and what it says to use.
const DEPRECATED: [(&str, &str); 6] = [
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("imageTags", "images"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
    ("vars", "replacements"),
];

impl Kustomization {
    /// Reads a kustomization file; mistakes go into `diagnostics`.
    pub fn read(root: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(root, "a kustomization", FIELDS, diagnostics);
        header(&mut fields);
        unsupported(&mut fields);
        for (old, new) in DEPRECATED {
            if let Some(node) = fields.get(old) {
                let message = format!("`{old}` is deprecated");
                let warning = Diagnostic::warning("deprecated-field", message).at(node.origin());
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
            generator_plugins: fields.texts("generators"),
            transformers: fields.texts("transformers"),
            validators: fields.texts("validators"),
            patches_strategic_merge: fields.get("patchesStrategicMerge").map(|_| fields.texts("patchesStrategicMerge")),
            patches: fields.each("patches", Patch::read),
            patches_json6902: fields.each("patchesJson6902", Patch::read),
            namespace: fields.filled("namespace"),
            name_prefix: fields.filled("namePrefix"),
            name_suffix: fields.filled("nameSuffix"),
            labels: fields.each("labels", labels),
            common_labels: fields.pairs("commonLabels"),
            common_annotations: fields.pairs("commonAnnotations"),
            replicas: fields.each("replicas", replicas).into_iter().flatten().collect(),
            images: images.into_iter().flatten().collect(),
            replacements: fields.each("replacements", ReplacementField::read),
            vars: fields.each("vars", var).into_iter().flatten().collect(),
            sort: fields.get("sortOptions").cloned(),
            build_metadata: build_metadata(&mut fields),
            origin: root.origin(),
        }
    }
}

/// Checks `apiVersion` and `kind`, and that there is more.
fn header(fields: &mut Fields) {
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
    if FIELDS[2..].iter().all(|name| fields.get(name).is_none()) {
        let problem = Diagnostic::error("empty-file", "the kustomization is empty").at(fields.origin);
        fields.diagnostics.push(problem.help("list files and folders under `resources`"));
    }
}

fn unsupported(fields: &mut Fields) {
    for name in ["helmGlobals", "helmCharts", "helmChartInflationGenerator"] {
        if let Some(node) = fields.get(name) {
            let message = format!("`{name}` is not supported");
            let problem = Diagnostic::error("not-supported", message).at(node.origin());
            fields
                .diagnostics
                .push(problem.help("render the chart into a file with `helm template` and list the file"));
        }
    }
}

fn openapi(fields: &mut Fields) -> OpenApi {
    let Some(node) = fields.get("openapi") else { return OpenApi::default() };
    let mut fields = Fields::new(node, "`openapi`", &["path", "version"], fields.diagnostics);
    let openapi = OpenApi { path: fields.filled("path"), version: fields.filled("version") };
    if let (Some(path), Some(_)) = (&openapi.path, &openapi.version) {
        let message = "`openapi` has both `path` and `version`";
        let problem = Diagnostic::error("conflicting-fields", message).at(path.origin);
        fields.diagnostics.push(problem.help("a schema of your own replaces the built-in ones: take `version` away"));
    }
    openapi
}

fn build_metadata(fields: &mut Fields) -> Vec<Text> {
    const KNOWN: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
    let written = fields.texts("buildMetadata");
    for text in written.iter().filter(|text| !KNOWN.contains(&text.as_str())) {
        let message = format!("`{text}` is no option of `buildMetadata`");
        let problem = Diagnostic::error("unknown-option", message).at(text.origin);
        fields.diagnostics.push(problem.help(format!("the options are `{}`", KNOWN.join("`, `"))));
    }
    written
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
        const FIELDS: &[&str] = &[
            "name",
            "namespace",
            "behavior",
            "files",
            "envs",
            "env",
            "literals",
            "type",
            "options",
            "apiVersion",
            "kind",
            "metadata",
        ];
        let mut fields = match is_plugin {
            true => Fields::lenient(node, "a generator", FIELDS, diagnostics),
            false => Fields::new(node, "a generator", FIELDS, diagnostics),
        };
        let options = fields.get("options").map(|node| GeneratorOptions::read(node, fields.diagnostics));
        let mut envs = fields.texts("envs");
        envs.extend(fields.filled("env"));
        let (mut name, mut namespace) = (fields.filled("name"), fields.filled("namespace"));
        if is_plugin {
            let text =
                |key| node.at(&["metadata", key]).and_then(|node| Some(Text::new(node.as_str()?, node.origin())));
            name = name.or(text("name"));
            namespace = namespace.or(text("namespace"));
        }
        Self {
            kind,
            name,
            namespace,
            behavior: fields.plain("behavior"),
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
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
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

impl Patch {
    /// Reads a patch: an entry of `patches` or `patchesJson6902`, or the configuration of a plugin.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["path", "patch", "target", "options", "jsonOp", "apiVersion", "kind", "metadata"];
        let mut fields = Fields::new(node, "a patch", FIELDS, diagnostics);
        let target = fields.get("target").map(|node| Selector::read(node, fields.diagnostics));
        let (mut allow_name_change, mut allow_kind_change) = (false, false);
        if let Some(node) = fields.get("options") {
            let known = &["allowNameChange", "allowKindChange"];
            let mut options = Fields::new(node, "the options of a patch", known, fields.diagnostics);
            allow_name_change = options.truth("allowNameChange");
            allow_kind_change = options.truth("allowKindChange");
        }
        let inline = fields.text("patch").or(fields.text("jsonOp")).filter(|text| !text.trim().is_empty());
        let path = fields.filled("path");
        let patch = Self { path, inline, target, allow_name_change, allow_kind_change, origin: fields.origin };
        let problem = match (&patch.path, &patch.inline) {
            (None, None) => Diagnostic::error("missing-field", "a patch needs `path` or `patch`").at(patch.origin),
            (Some(_), Some(inline)) => {
                Diagnostic::error("conflicting-fields", "a patch has `path` or `patch`, not both").at(inline.origin)
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

const SPEC: &[&str] = &["group", "version", "kind", "path", "create", "skip"];

impl Spec {
    /// Reads a field spec.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        Self::of(Fields::new(node, "a field spec", SPEC, diagnostics))
    }

    /// Reads a field spec of a plugin, where kustomize passes over other fields.
    pub fn lenient(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        Self::of(Fields::lenient(node, "a field spec", SPEC, diagnostics))
    }

    fn of(mut fields: Fields) -> Self {
        Self {
            group: fields.plain("group"),
            version: fields.plain("version"),
            kind: fields.plain("kind"),
            path: fields.plain("path"),
            create: fields.truth("create"),
        }
    }
}

/// Reads an entry of `replicas`.
pub(super) fn replicas(node: &Node, diagnostics: &mut Diagnostics) -> Option<Replicas> {
    let mut fields = Fields::new(node, "an entry of `replicas`", &["name", "count"], diagnostics);
    Some(Replicas { name: fields.text("name")?, count: fields.number("count").unwrap_or(0) })
}

/// Reads an entry of `images`.
pub(super) fn image(node: &Node, diagnostics: &mut Diagnostics) -> Option<Image> {
    const FIELDS: &[&str] = &["name", "newName", "newTag", "tagSuffix", "digest"];
    let mut fields = Fields::new(node, "an entry of `images`", FIELDS, diagnostics);
    Some(Image {
        name: fields.text("name")?,
        new_name: fields.filled("newName"),
        new_tag: fields.filled("newTag"),
        tag_suffix: fields.filled("tagSuffix"),
        digest: fields.filled("digest"),
    })
}

impl ReplacementField {
    /// Reads an entry of `replacements`.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        match node.get("path") {
            Some(path) if path.as_str().is_some_and(|text| !text.is_empty()) => {
                Self::Path(Text::new(path.as_str().unwrap_or_default(), path.origin()))
            }
            _ => Self::Inline(Replacement::read(node, diagnostics)),
        }
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
        if none || fields.get("targets").is_none() {
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
    const FIELDS: &[&str] = &["group", "version", "kind", "name", "namespace", "fieldPath", "options", "apiVersion"];
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
    FieldOptions {
        delimiter: fields.plain("delimiter"),
        index: fields.number("index").unwrap_or(0),
        create: fields.truth("create"),
    }
}

fn var(node: &Node, diagnostics: &mut Diagnostics) -> Option<Var> {
    let mut fields = Fields::new(node, "an entry of `vars`", &["name", "objref", "fieldref"], diagnostics);
    let name = fields.text("name")?;
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
