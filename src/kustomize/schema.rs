//! Which lists a strategic merge merges: Kubernetes' own definitions, or the schema that `openapi`
//! names, which takes their place.

use ecow::EcoString;

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::kubernetes::{Definitions, Type, Version};
use crate::resource::Gvk;
use crate::transform::patch::strategic::{MergeShape, Strategy};
use crate::tree::Node;

/// The definitions of one build.
#[derive(Clone, Debug, Default)]
pub(super) enum Schema {
    /// None was named yet.
    #[default]
    Unset,
    /// Kubernetes' own, by name.
    Builtin,
    /// The user's.
    Custom {
        /// The document.
        root: Node,
        /// Whether Kubernetes' definitions stay beside it.
        builtin: bool,
    },
}

/// Whether a document can be a schema.
pub(super) fn check(root: &Node) -> Result<()> {
    let wrong = |what: &str, node: &Node| {
        let message = format!("{what} is a mapping, and this is {}", node.kind());
        Err(Diagnostic::error("wrong-type", message).at(node.origin()).into())
    };
    if root.as_map().is_none() {
        return wrong("an OpenAPI document", root);
    }
    let Some(definitions) = root.get("definitions").filter(|definitions| !definitions.is_null()) else { return Ok(()) };
    if definitions.as_map().is_none() {
        return wrong("`definitions`", definitions);
    }
    let bad = definitions.entries().find(|entry| entry.node.as_map().is_none() && !entry.node.is_null());
    bad.map_or(Ok(()), |entry| wrong(&format!("the definition `{}`", entry.key), &entry.node))
}

impl Schema {
    /// Whether a kustomization has chosen already.
    pub fn is_set(&self) -> bool {
        !matches!(self, Self::Unset)
    }

    /// The type of a kind; `None` for kinds without definitions.
    pub fn shape(&self, gvk: &Gvk) -> Option<Shape<'_>> {
        let Self::Custom { root, builtin: both } = self else { return builtin(gvk).map(Shape::Builtin) };
        let below = || builtin(gvk).filter(|_| *both).map(Shape::Builtin);
        let Some(definitions) = root.get("definitions") else { return below() };
        let is = |node: &Node| {
            let text = |key| node.get(key).and_then(Node::as_str).unwrap_or_default();
            text("group") == gvk.group && text("version") == gvk.version && text("kind") == gvk.kind
        };
        let known = |node: &Node| {
            let kinds = node.get("x-kubernetes-group-version-kind");
            kinds.is_some_and(|kinds| kinds.items().any(is))
        };
        let found = definitions.entries().find(|entry| known(&entry.node));
        found.map(|found| Shape::Custom { definitions, node: &found.node, builtin: *both }).or_else(below)
    }
}

/// Kinds of beta versions that kustomize knows and that are gone since have the type of the
/// present version.
fn builtin(gvk: &Gvk) -> Option<Type> {
    const BETA: [&str; 4] = ["batch", "policy", "networking.k8s.io", "admissionregistration.k8s.io"];
    let definitions = Definitions::of(Version::OLDEST);
    let beta = gvk.version == "v1beta1" && BETA.contains(&gvk.group.as_str());
    let present = || definitions.resource(&Gvk { version: "v1".into(), ..gvk.clone() });
    definitions.resource(gvk).or_else(|| beta.then(present).flatten())
}

/// A type of Kubernetes that custom definitions refer to, such as
/// `io.k8s.api.core.v1.PodTemplateSpec`.
fn named(name: &str) -> Option<Type> {
    let path: &[&str] = match name.rsplit('.').next()? {
        "ObjectMeta" => &["metadata"],
        "LabelSelector" => &["spec", "selector"],
        "PodTemplateSpec" => &["spec", "template"],
        "PodSpec" => &["spec", "template", "spec"],
        _ => return None,
    };
    path.iter().try_fold(builtin(&Gvk::new("apps/v1", "Deployment"))?, |of, field| of.field(field))
}

/// A type of either sort.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape<'a> {
    Builtin(Type),
    Custom { definitions: &'a Node, node: &'a Node, builtin: bool },
}

impl<'a> Shape<'a> {
    fn custom(definitions: &'a Node, mut node: &'a Node, builtin: bool) -> Self {
        // References may lead in a circle.
        for _ in 0..16 {
            let Some(name) = node.get("$ref").and_then(Node::as_str) else { break };
            let name = name.strip_prefix("#/definitions/").unwrap_or(name);
            let Some(next) = definitions.get(name) else {
                let below = if builtin { named(name) } else { None };
                return below.map_or(Self::Custom { definitions, node, builtin }, Self::Builtin);
            };
            node = next;
        }
        Self::Custom { definitions, node, builtin }
    }
}

impl MergeShape for Shape<'_> {
    fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::Builtin(of) => MergeShape::field(of, name).map(Self::Builtin),
            Self::Custom { definitions, node, builtin } => {
                let field = node.at(&["properties", name]).or_else(|| node.get("additionalProperties"))?;
                // What is said beside a reference is said of the field.
                match field.get("x-kubernetes-patch-strategy").is_some() {
                    true => Some(Self::Custom { definitions, node: field, builtin }),
                    false => Some(Self::custom(definitions, field, builtin)),
                }
            }
        }
    }

    fn items(self) -> Option<Self> {
        match self {
            Self::Builtin(of) => MergeShape::items(of).map(Self::Builtin),
            Self::Custom { definitions, node, builtin } => Some(Self::custom(definitions, node.get("items")?, builtin)),
        }
    }

    fn merge_keys(self) -> Vec<EcoString> {
        match self {
            Self::Builtin(of) => of.merge_keys(),
            Self::Custom { node, .. } => {
                let key = node.get("x-kubernetes-patch-merge-key").and_then(Node::as_str);
                let more = node.get("x-kubernetes-list-map-keys").into_iter().flat_map(Node::items);
                let more = more.filter_map(Node::as_str).filter(|more| Some(*more) != key);
                key.into_iter().chain(more).map(EcoString::from).collect()
            }
        }
    }

    fn strategy(self) -> Strategy {
        match self {
            Self::Builtin(of) => MergeShape::strategy(of),
            Self::Custom { node, .. } => {
                Strategy::parse(node.get("x-kubernetes-patch-strategy").and_then(Node::as_str).unwrap_or_default())
            }
        }
    }
}
