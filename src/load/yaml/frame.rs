//! The open collections above the place that is being read, and what their keys say about it.

use ecow::EcoString;

use crate::origin::Origin;
use crate::tree::Map;

/// An open collection.
pub(super) struct Frame {
    pub(super) origin: Origin,
    pub(super) anchor: usize,
    pub(super) size: u64,
    pub(super) height: usize,
    /// Where its own items or entries start.
    pub(super) first: usize,
    pub(super) shape: Shape,
    pub(super) keeps_text: bool,
    /// Whether an ancestor holds data of another language, in which no key has our meaning.
    pub(super) foreign: bool,
}

pub(super) enum Shape {
    Seq,
    Map { key: Option<Key>, merge: Option<Box<Merge>> },
}

/// A key that waits for its value.
pub(super) enum Key {
    Text(EcoString, Origin),
    Merge(Origin),
}

/// The mappings of a merge key, and the place among the entries where they go.
pub(super) struct Merge {
    pub(super) origin: Origin,
    pub(super) place: usize,
    pub(super) maps: Vec<Map>,
}

impl Frame {
    fn key(&self) -> Option<&str> {
        match &self.shape {
            Shape::Map { key: Some(Key::Text(text, _)), .. } => Some(text),
            _ => None,
        }
    }
}

/// Keys of the model whose mappings are keyed by names that users choose, so that the keys inside
/// have no meaning of their own: a Deployment may be called `env`.
const KEYED_BY_NAME: [&str; 13] = [
    "deployments",
    "workers",
    "cronJobs",
    "jobs",
    "migrations",
    "initContainers",
    "sidecars",
    "volumes",
    "config",
    "secrets",
    "environments",
    "images",
    "ports",
];

/// Whether the scalars directly in the mapping that `path` leads to are text as written: the
/// variables of `env`, and the entries of `config.<name>` at the root or below `app`.
pub(super) fn keeps_text(path: &[Frame]) -> bool {
    let mut upwards = path.iter().rev().map(Frame::key);
    let (own, parent) = (upwards.next().flatten(), upwards.next().flatten());
    let outside: Vec<_> = upwards.take(2).collect();
    let is_env = own == Some("env") && !parent.is_some_and(|parent| KEYED_BY_NAME.contains(&parent));
    let is_config = own.is_some() && parent == Some("config") && matches!(outside[..], [] | [Some("app")]);
    is_env || is_config
}

/// Whether `path` leads to the annotations of a manifest: to kustomize they are text as written,
/// `1.10` is no number there.
pub(super) fn is_annotations(path: &[Frame]) -> bool {
    matches!(path, [root, metadata] if root.key() == Some("metadata") && metadata.key() == Some("annotations"))
}

/// Whether the mapping or list that `path` leads to holds patches or free values.
pub(super) fn is_foreign(path: &[Frame]) -> bool {
    let mut upwards = path.iter().rev().map(Frame::key);
    let (own, parent) = (upwards.next().flatten(), upwards.next().flatten());
    matches!(own, Some("patches" | "values")) && !parent.is_some_and(|parent| KEYED_BY_NAME.contains(&parent))
}
