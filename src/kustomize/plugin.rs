//! The configurations of builtin plugins as kustomize reads them: it passes over fields that it does
//! not know, and takes a number or a truth value for a text where one is wanted.
//!
//! The tables say which fields there are. What is left of a configuration is read as strictly as the
//! fields of a kustomization are.

use super::read::{Fields, nearest, unknown_field};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::{self, Map, Node};

/// The fields of a mapping.
pub(super) struct Shape {
    /// What a message calls it.
    what: &'static str,
    fields: &'static [(&'static str, Field)],
    /// Whether letter case counts, and items that are null do not (kustomize has two readers).
    exact: bool,
    /// Whether texts are only what is written as such, here and below.
    plain: bool,
}

/// How the value of a field is read.
#[derive(Clone, Copy)]
enum Field {
    /// As it is written.
    Plain,
    /// As a text.
    Text,
    /// As a list of texts, or a mapping to them.
    Texts,
    /// As a mapping, or as a list of such.
    Below(&'static Shape),
}

use Field::{Below, Plain, Text, Texts};

const fn shape(what: &'static str, fields: &'static [(&'static str, Field)]) -> Shape {
    Shape { what, fields, exact: false, plain: false }
}

/// The configuration of a plugin with these fields beside those that every object has.
const fn plugin(fields: &'static [(&'static str, Field)]) -> Shape {
    shape("the configuration of a plugin", fields)
}

const METADATA: Shape =
    shape("`metadata`", &[("name", Text), ("namespace", Text), ("labels", Texts), ("annotations", Texts)]);

const FIELD_SPEC: Shape =
    shape("a field spec", &[("group", Plain), ("version", Plain), ("kind", Plain), ("path", Text), ("create", Plain)]);

const AFFIX_SPEC: Shape = Shape {
    exact: true,
    ..shape("a field spec", &[("group", Text), ("version", Text), ("kind", Text), ("path", Text), ("create", Plain)])
};

const SELECTOR: Shape = shape(
    "a selector",
    &[
        ("group", Plain),
        ("version", Plain),
        ("kind", Plain),
        ("name", Plain),
        ("namespace", Plain),
        ("labelSelector", Text),
        ("annotationSelector", Text),
    ],
);

const PATCH_OPTIONS: Shape = shape("the options of a patch", &[("allowNameChange", Plain), ("allowKindChange", Plain)]);

const IMAGE: Shape =
    shape("an image", &[("name", Text), ("newName", Text), ("newTag", Text), ("tagSuffix", Text), ("digest", Text)]);

const FIELD_OPTIONS: Shape =
    shape("the options of a field", &[("delimiter", Text), ("index", Plain), ("encoding", Text), ("create", Plain)]);

const SOURCE: Shape = shape(
    "the source of a replacement",
    &[
        ("group", Plain),
        ("version", Plain),
        ("kind", Plain),
        ("name", Plain),
        ("namespace", Plain),
        ("fieldPath", Text),
        ("options", Below(&FIELD_OPTIONS)),
    ],
);

const REPLACEMENT_TARGET: Shape = shape(
    "the target of a replacement",
    &[
        ("select", Below(&SELECTOR)),
        ("reject", Below(&SELECTOR)),
        ("fieldPaths", Texts),
        ("options", Below(&FIELD_OPTIONS)),
    ],
);

/// What a file of replacements holds: one, or a list of them.
pub(super) const REPLACEMENT: Shape = shape(
    "a replacement",
    &[("path", Text), ("source", Below(&SOURCE)), ("sourceValue", Text), ("targets", Below(&REPLACEMENT_TARGET))],
);

const REPLACEMENT_ITEM: Shape = Shape { plain: true, ..REPLACEMENT };

const GENERATOR_OPTIONS: Shape = shape(
    "the options of a generator",
    &[("labels", Plain), ("annotations", Plain), ("disableNameSuffixHash", Plain), ("immutable", Plain)],
);

const TARGET: Shape =
    shape("a target", &[("selector", Below(&SELECTOR)), ("fieldPath", Text), ("filePathPosition", Plain)]);

/// The `targetFilePath` of a ValueAddTransformer.
pub(super) const TARGETS: Shape = shape("a file of targets", &[("targets", Below(&TARGET))]);

/// The shape of the configuration of a builtin plugin; `None` when there is no such plugin.
pub(super) fn of(kind: &str) -> Option<&'static Shape> {
    macro_rules! generator {
        ($($more:expr),*) => {
            const { &plugin(&[
                ("metadata", Below(&METADATA)),
                ("name", Plain),
                ("namespace", Plain),
                ("behavior", Plain),
                ("files", Plain),
                ("envs", Plain),
                ("literals", Plain),
                ("options", Below(&GENERATOR_OPTIONS)),
                $($more),*
            ]) }
        };
    }
    const PREFIX: (&str, Field) = ("prefix", Text);
    const SUFFIX: (&str, Field) = ("suffix", Text);
    const AFFIX_SPECS: (&str, Field) = ("fieldSpecs", Below(&AFFIX_SPEC));
    const SPECS: (&str, Field) = ("fieldSpecs", Below(&FIELD_SPEC));
    Some(match kind {
        "ConfigMapGenerator" => generator!(),
        "SecretGenerator" => generator!(("type", Plain)),
        "IAMPolicyGenerator" => {
            const ACCOUNT: Shape = shape("an account", &[("name", Plain), ("namespace", Plain), ("projectId", Plain)]);
            const { &plugin(&[("cloud", Text), ("kubernetesService", Below(&ACCOUNT)), ("serviceAccount", Below(&ACCOUNT))]) }
        }
        "HashTransformer" => const { &plugin(&[]) },
        "PatchTransformer" => {
            const {
                &plugin(&[
                    ("path", Text),
                    ("patch", Text),
                    ("target", Below(&SELECTOR)),
                    ("options", Below(&PATCH_OPTIONS)),
                ])
            }
        }
        "PatchJson6902Transformer" => {
            const { &plugin(&[("path", Text), ("jsonOp", Text), ("target", Below(&SELECTOR))]) }
        }
        "PatchStrategicMergeTransformer" => const { &plugin(&[("paths", Texts), ("patches", Text)]) },
        "ReplacementTransformer" => const { &plugin(&[("replacements", Below(&REPLACEMENT_ITEM))]) },
        "LabelTransformer" => const { &plugin(&[("labels", Texts), SPECS]) },
        "AnnotationsTransformer" => const { &plugin(&[("annotations", Texts), SPECS]) },
        "PrefixTransformer" => const { &Shape { exact: true, ..plugin(&[PREFIX, AFFIX_SPECS]) } },
        "SuffixTransformer" => const { &Shape { exact: true, ..plugin(&[SUFFIX, AFFIX_SPECS]) } },
        "PrefixSuffixTransformer" => const { &Shape { exact: true, ..plugin(&[PREFIX, SUFFIX, AFFIX_SPECS]) } },
        "NamespaceTransformer" => {
            const {
                &plugin(&[
                    ("metadata", Below(&METADATA)),
                    SPECS,
                    ("unsetOnly", Plain),
                    ("setRoleBindingSubjects", Text),
                ])
            }
        }
        "ImageTagTransformer" => const { &plugin(&[("imageTag", Below(&IMAGE)), SPECS]) },
        "ReplicaCountTransformer" => {
            const REPLICA: Shape = shape("a replica", &[("name", Text), ("count", Plain)]);
            const { &plugin(&[("replica", Below(&REPLICA)), SPECS]) }
        }
        "ValueAddTransformer" => {
            const { &plugin(&[("value", Text), ("targets", Below(&TARGET)), ("targetFilePath", Text)]) }
        }
        _ => return None,
    })
}

/// `metadata.name` and `metadata.namespace` of a configuration.
pub(super) fn metadata(config: &Node, diagnostics: &mut Diagnostics) -> [Option<tree::Text>; 2] {
    const FIELDS: &[&str] = &["name", "namespace", "labels", "annotations"];
    let Some(node) = config.get("metadata") else { return [None, None] };
    let mut fields = Fields::new(node, "`metadata`", FIELDS, diagnostics);
    // They mean nothing here; kustomize minds their type all the same.
    ["labels", "annotations"].into_iter().for_each(|key| drop(fields.pairs(key)));
    [fields.filled("name"), fields.filled("namespace")]
}

impl Shape {
    /// What kustomize reads of a mapping. What it passes over goes into `ignored`, but for what every
    /// object has.
    pub fn read(&self, node: &Node, ignored: &mut Vec<Diagnostic>) -> Node {
        self.below(node, self.plain, ignored)
    }

    fn below(&self, node: &Node, plain: bool, ignored: &mut Vec<Diagnostic>) -> Node {
        let plain = plain || self.plain;
        if node.as_seq().is_some() {
            let items = node.items().filter(|item| !(self.exact && item.is_null()));
            let items: Vec<Node> = items.map(|item| self.below(item, plain, ignored)).collect();
            return Node::new(items, node.origin());
        }
        if node.as_map().is_none() {
            return node.clone();
        }
        let mut read = Map::with_capacity(self.fields.len());
        for entry in node.entries() {
            let names = self.fields.iter().map(|(name, _)| *name);
            let known = match self.exact {
                true => names.clone().position(|name| name == entry.key),
                false => nearest(&entry.key, names.clone()),
            };
            match known.and_then(|known| self.fields.get(known)) {
                Some((_, field)) => {
                    read.push(entry.key.clone(), entry.key_origin, field.read(&entry.node, plain, ignored));
                }
                None if matches!(entry.key.as_str(), "apiVersion" | "kind" | "metadata") => {}
                None => {
                    let names: Vec<&str> = names.collect();
                    ignored.push(unknown_field(Diagnostic::warning, self.what, entry, &names));
                }
            }
        }
        Node::new(read, node.origin())
    }
}

impl Field {
    fn read(self, node: &Node, plain: bool, ignored: &mut Vec<Diagnostic>) -> Node {
        match self {
            Below(shape) => shape.below(node, plain, ignored),
            _ if plain => node.clone(),
            Plain => node.clone(),
            Text => text(node),
            Texts => texts(node),
        }
    }
}

fn text(node: &Node) -> Node {
    match node.scalar_text() {
        Some(text) => Node::string(text, node.origin()),
        None => node.clone(),
    }
}

fn texts(node: &Node) -> Node {
    if node.as_seq().is_some() {
        let items: Vec<Node> = node.items().map(text).collect();
        return Node::new(items, node.origin());
    }
    let mut texts = node.clone();
    for entry in texts.as_map_mut().into_iter().flat_map(Map::iter_mut) {
        entry.node = text(&entry.node);
    }
    texts
}
