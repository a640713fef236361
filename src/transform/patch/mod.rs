//! Patches over the tree: JSON 6902, JSON merge and Kubernetes strategic merge.
//!
//! A patch either applies as a whole or changes nothing: it works on a clone, which is O(1). A
//! value that replaces another one gets a derivation that remembers the loser; an added value
//! keeps the origin it has in the patch's text.

pub mod json6902;
mod kyaml;
pub mod merge;
pub mod pointer;
pub mod selector;
mod shape;
pub mod strategic;
pub mod target;

use crate::origin::{Cause, Origin, Origins};
use crate::tree::{Node, Path, Value};

/// The deepest nesting that a patched tree may have; the reader refuses deeper documents too.
pub const MAX_DEPTH: usize = 128;

/// Whose reading of the standards applies where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The documents themselves: RFC 6902, and Kubernetes' description of strategic merge with
    /// all of its directives. What typed overlays use.
    Standard,
    /// What kustomize 5 does, oversights included, so that its output is reproduced.
    Kustomize,
}

/// What a patch did, for the front end to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the tree is different from before.
    pub changed: bool,
    /// Whether the patch asks to delete the whole resource (`$patch: delete` at its top). The
    /// tree itself is left as it was.
    pub deleted: bool,
    /// What the patch takes away and what was not there: the path in the resource and the place
    /// in the patch.
    pub removed_missing: Vec<(Path, Origin)>,
}

/// Keeps the books of one merge: derivations, facts and the path it is at.
struct Recorder<'a> {
    origins: &'a mut Origins,
    outcome: Outcome,
    path: Path,
}

impl<'a> Recorder<'a> {
    fn new(origins: &'a mut Origins) -> Self {
        Self { origins, outcome: Outcome::default(), path: Path::default() }
    }

    /// Puts `new` in the place of `old`, unless they are the same.
    fn overwrite(&mut self, old: &mut Node, new: Node) {
        if !identical(old, &new) {
            *old = self.replaced(old, new);
            self.outcome.changed = true;
        }
    }

    /// `new` as the successor of `old`.
    fn replaced(&mut self, old: &Node, new: Node) -> Node {
        let origin = self.origins.replace(Cause::Patch { operation: 0 }, new.origin(), old);
        new.with_origin(origin)
    }

    /// Notes that the patch takes away what is not there.
    fn missing(&mut self, at: Origin) {
        self.outcome.removed_missing.push((self.path.clone(), at));
    }

    fn missing_key(&mut self, key: &str, at: Origin) {
        self.path.push_key(key);
        self.missing(at);
        self.path.pop();
    }
}

/// Whether two trees would be printed the same: like equality, but `1` and `1.0` differ.
pub(super) fn identical(a: &Node, b: &Node) -> bool {
    match (a.value(), b.value()) {
        (Value::Seq(x), Value::Seq(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| identical(x, y)),
        (Value::Map(x), Value::Map(y)) => {
            let pairs = || x.iter().zip(y.positions(x.keys()));
            x.len() == y.len()
                && pairs().all(|(entry, place)| {
                    place
                        .and_then(|place| y.as_slice().get(place))
                        .is_some_and(|other| identical(&entry.node, &other.node))
                })
        }
        (Value::Float(_), Value::Int(_) | Value::Uint(_)) | (Value::Int(_) | Value::Uint(_), Value::Float(_)) => false,
        (x, y) => x == y,
    }
}

/// Whether `value` may stand below `steps` keys: what comes of it is no deeper than manifests are, and a
/// value that is copied into what holds it does not grow without bounds.
pub fn may_stand_below(value: &Node, steps: usize) -> bool {
    let mut limit = json6902::COPY_LIMIT;
    MAX_DEPTH.checked_sub(steps).is_some_and(|left| measure(value, left, &mut limit).is_some())
}

/// The nesting depth of a tree (a scalar has 0) and its number of nodes; `None` as soon as either
/// is above its limit, so that shared parts cannot make the count explode.
fn measure(node: &Node, depth_left: usize, nodes_left: &mut usize) -> Option<()> {
    *nodes_left = nodes_left.checked_sub(1)?;
    let depth_left = || depth_left.checked_sub(1);
    match node.value() {
        Value::Seq(items) => {
            let depth_left = depth_left()?;
            items.iter().try_for_each(|item| measure(item, depth_left, nodes_left))
        }
        Value::Map(map) => {
            let depth_left = depth_left()?;
            map.iter().try_for_each(|entry| measure(&entry.node, depth_left, nodes_left))
        }
        _ => Some(()),
    }
}

#[cfg(test)]
mod oracle;
