//! Strategic merge exactly as kustomize 5 does it (kyaml `merge2` and `walk`, with items of the
//! patch in front), where its result differs from Kubernetes' description:
//! - the whole resource is walked, so lists that the patch does not name are affected too: items
//!   of one key collapse into the last of them;
//! - a list with several keys (ports: `containerPort` and `protocol`) loses items when some have
//!   the second key and others do not;
//! - `$patch: replace` on an item of a list moves it to the front and changes nothing else;
//! - `$setElementOrder`, `$retainKeys` and `$deleteFromPrimitiveList` are ordinary keys;
//! - a mapping, list or scalar over one of the other two is an error.

mod list;

use super::strategic::{DIRECTIVE, Directive, MergeShape};
use super::{Outcome, Recorder, identical};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::origin::Origins;
use crate::tree::{Entry, Map, Node, Value};

/// See [`super::strategic::apply`].
pub(super) fn apply<S: MergeShape>(
    root: &mut Node,
    patch: &Node,
    shape: Option<S>,
    origins: &mut Origins,
) -> Result<Outcome, Error> {
    let mut walk = Walk { recorder: Recorder::new(origins) };
    match walk.both(root, patch, shape)? {
        Walked::Gone => walk.recorder.outcome.deleted = true,
        Walked::Same => {}
        Walked::New(node) => {
            walk.recorder.outcome.changed = !identical(root, &node);
            *root = node;
        }
    }
    Ok(walk.recorder.outcome)
}

/// What became of a node.
#[derive(Debug)]
enum Walked {
    Same,
    New(Node),
    Gone,
}

impl Walked {
    /// The node that is there now, where `before` was.
    fn node(self, before: &Node) -> Option<Node> {
        match self {
            Self::Same => Some(before.clone()),
            Self::New(node) => Some(node),
            Self::Gone => None,
        }
    }
}

/// Which tree a node that is walked alone belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The resource: nulls stay that are written as `null` or `~`, and go where nothing is written.
    Resource,
    /// The patch, where the resource has nothing: nulls go and directives count.
    Patch,
}

/// One walk over a resource and a patch.
struct Walk<'a> {
    recorder: Recorder<'a>,
}

impl Walk<'_> {
    /// Merges `patch` into `old`.
    fn both<S: MergeShape>(&mut self, old: &Node, patch: &Node, shape: Option<S>) -> Result<Walked, Error> {
        match (old.value(), patch.value()) {
            (_, Value::Null) => Ok(Walked::Gone),
            (Value::Null, _) => Ok(match self.alone(patch, shape, Side::Patch)?.node(patch) {
                Some(node) => Walked::New(self.recorder.replaced(old, node)),
                None => Walked::Gone,
            }),
            (Value::Map(known), Value::Map(map)) => match Directive::of(map)? {
                Directive::Delete => Ok(Walked::Gone),
                Directive::Merge => self.maps(old, known, map, shape),
                Directive::Replace => Ok(match self.alone(patch, shape, Side::Patch)?.node(patch) {
                    Some(node) if !identical(old, &node) => Walked::New(self.recorder.replaced(old, node)),
                    _ => Walked::Same,
                }),
            },
            (Value::Seq(known), Value::Seq(items)) => match shape.filter(|shape| shape.strategy().merge) {
                Some(shape) => self.lists(old, known, items, shape),
                None => Ok(self.over(old, patch)),
            },
            (Value::Seq(_) | Value::Map(_), _) | (_, Value::Seq(_) | Value::Map(_)) => {
                Err(kind_mismatch(old, patch).into())
            }
            _ => Ok(self.over(old, patch)),
        }
    }

    fn over(&mut self, old: &Node, new: &Node) -> Walked {
        match identical(old, new) {
            true => Walked::Same,
            false => Walked::New(self.recorder.replaced(old, new.clone())),
        }
    }

    fn maps<S: MergeShape>(&mut self, old: &Node, known: &Map, patch: &Map, shape: Option<S>) -> Result<Walked, Error> {
        let mut changes = Changes::new(known);
        for (place, (entry, other)) in known.iter().zip(patch.positions(known.keys())).enumerate() {
            let other = other.and_then(|other| patch.as_slice().get(other));
            if other.is_none() && stays(&entry.node) {
                continue;
            }
            let below = shape.and_then(|shape| shape.field(&entry.key));
            self.recorder.path.push_key(entry.key.clone());
            let walked = match other {
                Some(other) => self.both(&entry.node, &other.node, below)?,
                None => self.alone(&entry.node, below, Side::Resource)?,
            };
            self.recorder.path.pop();
            changes.set(place, walked);
        }
        for (entry, place) in patch.iter().zip(known.positions(patch.keys())) {
            if place.is_some() || entry.key == DIRECTIVE {
                continue;
            }
            let below = shape.and_then(|shape| shape.field(&entry.key));
            self.recorder.path.push_key(entry.key.clone());
            match self.alone(&entry.node, below, Side::Patch)?.node(&entry.node).filter(|node| !node.is_null()) {
                Some(node) => changes.push(Entry { node, ..entry.clone() }),
                None => self.recorder.missing(entry.node.origin()),
            }
            self.recorder.path.pop();
        }
        Ok(changes.finish(old))
    }

    /// Walks a node that only one of the two trees has.
    fn alone<S: MergeShape>(&mut self, node: &Node, shape: Option<S>, side: Side) -> Result<Walked, Error> {
        match node.value() {
            Value::Map(map) => self.map_alone(node, map, shape, side),
            Value::Seq(items) => match shape.filter(|shape| shape.strategy().merge) {
                Some(shape) => self.list_alone(node, items, shape, side),
                None => Ok(Walked::Same),
            },
            Value::Null if side == Side::Patch || node.is_absent() => Ok(Walked::Gone),
            _ => Ok(Walked::Same),
        }
    }

    fn map_alone<S: MergeShape>(
        &mut self,
        node: &Node,
        map: &Map,
        shape: Option<S>,
        side: Side,
    ) -> Result<Walked, Error> {
        if side == Side::Patch && Directive::of(map)? == Directive::Delete {
            return Ok(Walked::Gone);
        }
        let mut changes = Changes::new(map);
        for (place, entry) in map.iter().enumerate() {
            if side == Side::Patch && entry.key == DIRECTIVE {
                changes.set(place, Walked::Gone);
                continue;
            }
            if side == Side::Resource && stays(&entry.node) {
                continue;
            }
            let below = shape.and_then(|shape| shape.field(&entry.key));
            let walked = self.alone(&entry.node, below, side)?;
            changes.set(place, walked);
        }
        Ok(changes.finish(node))
    }
}

/// Whether a node of the resource stays as it is, whatever its shape: it holds no list and no null.
fn stays(node: &Node) -> bool {
    match node.value() {
        Value::Seq(_) | Value::Null => false,
        Value::Map(map) => map.iter().all(|entry| stays(&entry.node)),
        _ => true,
    }
}

/// The changes to a mapping that is copied only when there are some.
struct Changes<'a> {
    before: &'a Map,
    changed: Vec<(usize, Walked)>,
    added: Vec<Entry>,
}

impl<'a> Changes<'a> {
    fn new(before: &'a Map) -> Self {
        Self { before, changed: Vec::new(), added: Vec::new() }
    }

    fn set(&mut self, place: usize, walked: Walked) {
        if !matches!(walked, Walked::Same) {
            self.changed.push((place, walked));
        }
    }

    fn push(&mut self, entry: Entry) {
        self.added.push(entry);
    }

    fn finish(self, old: &Node) -> Walked {
        if self.changed.is_empty() && self.added.is_empty() {
            return Walked::Same;
        }
        // The places are in ascending order, as they were set.
        let mut changed = self.changed.into_iter().peekable();
        let mut kept = |(place, entry): (usize, &Entry)| match changed.next_if(|(at, _)| *at == place) {
            Some((_, walked)) => walked.node(&entry.node).map(|node| Entry { node, ..entry.clone() }),
            None => Some(entry.clone()),
        };
        let mut entries: Vec<_> = self.before.iter().enumerate().filter_map(&mut kept).collect();
        entries.extend(self.added);
        Walked::New(Node::new(entries.into_iter().collect::<Map>(), old.origin()))
    }
}

fn kind_mismatch(old: &Node, patch: &Node) -> Diagnostic {
    let message = format!("the patch has {} where the resource has {}", patch.kind(), old.kind());
    Diagnostic::error("patch-kind-mismatch", message).at(patch.origin()).related(old.origin(), "the resource has this")
}

#[cfg(test)]
pub(super) mod tests;
