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

/// Fields of an application whose entries, keyed by names that users choose, have an `env`.
const WORKLOADS: [&str; 6] = ["deployments", "workers", "statefulSets", "jobs", "cronJobs", "migrations"];

/// Whether the scalars directly in the mapping that `path` leads to are text as written: the
/// variables of an `env`, and the entries of `config.<name>`. It goes by the place from the root, for
/// a key that users choose (a workload or a group that is called `env`) has no meaning of its own.
pub(super) fn keeps_text(path: &[Frame]) -> bool {
    let [.., last] = path else { return false };
    let parent = path.iter().rev().nth(1).and_then(Frame::key);
    if last.key() != Some("env") && parent != Some("config") {
        return false;
    }
    let keys: Vec<Option<&str>> = path.iter().map(Frame::key).collect();
    let below_app = match &keys[..] {
        [Some("app"), rest @ ..] => rest,
        rest => rest,
    };
    match below_app {
        [Some("env")] | [Some("config"), Some(_)] => true,
        [Some(field), Some(_), rest @ ..] if WORKLOADS.contains(field) => matches!(
            rest,
            [Some("env")] | [Some("initContainers" | "sidecars"), Some(_), Some("env")] | [Some("onBoot"), Some("env")]
        ),
        _ => false,
    }
}

/// Whether `path` leads to the annotations of a manifest: to kustomize they are text as written,
/// `1.10` is no number there.
pub(super) fn is_annotations(path: &[Frame]) -> bool {
    matches!(path, [root, metadata] if root.key() == Some("metadata") && metadata.key() == Some("annotations"))
}
