//! Strategic merge patches: a merge patch that knows from the Kubernetes definitions which lists
//! are sets keyed by a field, and that understands directives.
//!
//! Rules and directives: Kubernetes' "Strategic Merge Patch" (contributors/devel/sig-api-machinery
//! in kubernetes/community). Order: as kustomize has it, items that a patch names come first, in
//! the patch's order, and the others follow in theirs.
//!
//! A kind without definitions (a custom resource) merges as a JSON merge patch does, `$patch` in
//! mappings apart: its lists are replaced whole.

mod list;

use std::collections::HashSet;

use ecow::{EcoString, EcoVec};

use super::merge::remove_places;
use super::{Dialect, Outcome, Recorder, identical, kyaml};
use crate::diagnostic::{Diagnostic, near_miss};
use crate::error::Error;
use crate::origin::Origins;
use crate::tree::{Entry, Map, Node, Value};

/// What a strategic merge needs to know about a type.
pub trait MergeShape: Copy {
    /// The type of a field of an object, or of the values of a map.
    fn field(self, name: &str) -> Option<Self>;

    /// The type of a list's items.
    fn items(self) -> Option<Self>;

    /// The keys that tell a list's items apart, the one of `x-kubernetes-patch-merge-key` first:
    /// `x-kubernetes-list-map-keys` where the list has them, else the patch merge key alone;
    /// empty for lists of scalars.
    fn merge_keys(self) -> Vec<EcoString>;

    /// `x-kubernetes-patch-strategy`.
    fn strategy(self) -> Strategy;
}

/// The patch strategy of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strategy {
    /// `merge`: a list whose items are merged; other lists are replaced whole.
    pub merge: bool,
    /// `retainKeys`: a one-of, whose patch says in `$retainKeys` which fields stay.
    pub retain_keys: bool,
    /// `replace`: a mapping that is replaced whole.
    pub replace: bool,
}

impl Strategy {
    /// Reads the text of `x-kubernetes-patch-strategy`, such as `merge,retainKeys`.
    pub fn parse(text: &str) -> Self {
        let has = |word| text.split(',').any(|part| part.trim() == word);
        Self { merge: has("merge"), retain_keys: has("retainKeys"), replace: has("replace") }
    }
}

/// The key of the directive that says what becomes of the mapping or list it is in.
pub(super) const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const ORDER_OF: &str = "$setElementOrder/";

/// What `$patch` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    /// Merge, as without the directive.
    Merge,
    /// Put this in the place of what is there.
    Replace,
    /// Take away what is there.
    Delete,
}

impl Directive {
    /// Reads the value of `$patch`.
    pub(super) fn parse(node: &Node) -> Result<Self, Error> {
        match node.as_str() {
            Some("merge") => Ok(Self::Merge),
            Some("replace") => Ok(Self::Replace),
            Some("delete") => Ok(Self::Delete),
            other => {
                let written = other.map_or(node.kind().to_string(), |text| format!("`{text}`"));
                let help = match near_miss(other.unwrap_or_default(), ["merge", "replace", "delete"]) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write `delete`, `replace` or `merge`".to_string(),
                };
                let message = format!("`$patch` is `delete`, `replace` or `merge`, not {written}");
                Err(Diagnostic::error("unknown-patch-directive", message).at(node.origin()).help(help).into())
            }
        }
    }

    /// The directive of a mapping, `merge` when it has none.
    pub(super) fn of(map: &Map) -> Result<Self, Error> {
        map.get(DIRECTIVE).map_or(Ok(Self::Merge), Self::parse)
    }
}

/// Whether a patch deletes the resource that it is for.
pub fn deletes(patch: &Node) -> bool {
    patch.get(DIRECTIVE).and_then(Node::as_str) == Some("delete")
}

/// Merges `patch` into `root`, whose type is `shape` (`None` for a kind without definitions).
/// When it fails, `root` is as it was. A patch that deletes the resource leaves `root` alone too
/// and says so in [`Outcome::deleted`].
///
/// [`Dialect::Kustomize`] reproduces what kustomize prints: it walks the whole resource, knows of
/// the directives `$patch` alone, and its lists have the oversights described in `kyaml`.
pub fn apply<S: MergeShape>(
    root: &mut Node,
    patch: &Node,
    shape: Option<S>,
    dialect: Dialect,
    origins: &mut Origins,
) -> Result<Outcome, Error> {
    if dialect == Dialect::Kustomize {
        return kyaml::apply(root, patch, shape, origins);
    }
    let mut merge = Merge { recorder: Recorder::new(origins) };
    let mut patched = root.clone();
    match merge.value(&mut patched, patch, shape)? {
        Fate::Removed => merge.recorder.outcome.deleted = true,
        Fate::Kept => *root = patched,
    }
    Ok(merge.recorder.outcome)
}

/// Whether a patched value is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Removed,
}

/// One strategic merge.
struct Merge<'a> {
    recorder: Recorder<'a>,
}

impl Merge<'_> {
    fn value<S: MergeShape>(&mut self, target: &mut Node, patch: &Node, shape: Option<S>) -> Result<Fate, Error> {
        match patch.value() {
            Value::Null => return Ok(Fate::Removed),
            Value::Map(map) => match (Directive::of(map)?, target.as_map_mut()) {
                (Directive::Delete, _) => return Ok(Fate::Removed),
                (Directive::Merge, Some(target)) if !shape.is_some_and(|shape| shape.strategy().replace) => {
                    self.map(target, map, shape)?
                }
                _ => self.replace(target, patch, shape)?,
            },
            Value::Seq(_) => return self.list(target, patch, shape),
            _ => self.recorder.overwrite(target, patch.clone()),
        }
        Ok(Fate::Kept)
    }

    fn replace<S: MergeShape>(&mut self, target: &mut Node, patch: &Node, shape: Option<S>) -> Result<(), Error> {
        // A value that is deleted within a replacement was never there; only a whole can be.
        if let Some(new) = self.fresh(patch, shape)? {
            self.recorder.overwrite(target, new);
        }
        Ok(())
    }

    /// The patch's value where there is nothing yet: without nulls and directives.
    fn fresh<S: MergeShape>(&mut self, patch: &Node, shape: Option<S>) -> Result<Option<Node>, Error> {
        match patch.value() {
            Value::Null => {
                self.recorder.missing(patch.origin());
                Ok(None)
            }
            Value::Map(map) => {
                if Directive::of(map)? == Directive::Delete {
                    self.recorder.missing(patch.origin());
                    return Ok(None);
                }
                let mut new = Map::with_capacity(map.len());
                self.map(&mut new, map, shape)?;
                Ok(Some(Node::new(new, patch.origin())))
            }
            Value::Seq(items) => {
                let new = self.list_items(&EcoVec::new(), items, shape)?;
                Ok(new.map(|items| Node::new(items, patch.origin())))
            }
            _ => Ok(Some(patch.clone())),
        }
    }

    fn map<S: MergeShape>(&mut self, target: &mut Map, patch: &Map, shape: Option<S>) -> Result<(), Error> {
        let orders = patch.keys().any(|key| key.starts_with(ORDER_OF));
        let before = if orders { target.clone() } else { Map::default() };
        let mut gone = vec![];
        for (entry, place) in patch.iter().zip(target.positions(patch.keys())) {
            if is_directive(&entry.key) {
                continue;
            }
            let below = shape.and_then(|shape| shape.field(&entry.key));
            self.recorder.path.push_key(entry.key.clone());
            match place.and_then(|place| target.at_mut(place)).zip(place) {
                Some((known, place)) => {
                    if self.value(&mut known.node, &entry.node, below)? == Fate::Removed {
                        gone.push(place);
                    }
                }
                None => {
                    if let Some(node) = self.fresh(&entry.node, below)? {
                        target.insert_at(usize::MAX, Entry { node, ..entry.clone() });
                        self.recorder.outcome.changed = true;
                    }
                }
            }
            self.recorder.path.pop();
        }
        remove_places(&mut self.recorder, target, gone);
        self.directives(target, &before, patch, shape)
    }

    /// The directives that speak about other keys of their mapping; they come after the merge.
    fn directives<S: MergeShape>(
        &mut self,
        target: &mut Map,
        before: &Map,
        patch: &Map,
        shape: Option<S>,
    ) -> Result<(), Error> {
        for entry in patch {
            if entry.key == RETAIN_KEYS {
                self.retain_keys(target, patch, entry)?;
            } else if let Some(key) = entry.key.strip_prefix(DELETE_FROM) {
                self.delete_from(target, key, entry)?;
            } else if let Some(key) = entry.key.strip_prefix(ORDER_OF) {
                let keys = shape.and_then(|shape| shape.field(key)).map_or(vec![], S::merge_keys);
                self.order_of(target, before.get(key), key, entry, keys.first())?;
            }
        }
        Ok(())
    }

    fn retain_keys(&mut self, target: &mut Map, patch: &Map, directive: &Entry) -> Result<(), Error> {
        let kept = texts(directive)?;
        let stray =
            |entry: &&Entry| !is_directive(&entry.key) && !entry.node.is_null() && !kept.contains(entry.key.as_str());
        if let Some(stray) = patch.iter().find(stray) {
            let message = format!("the patch sets `{}`, which its `$retainKeys` does not keep", stray.key);
            return Err(Diagnostic::error("patch-directive-conflict", message)
                .at(stray.key_origin)
                .related(directive.key_origin, "the keys to keep")
                .help(format!("add `{}` to `$retainKeys`, or remove it from the patch", stray.key))
                .into());
        }
        let before = target.len();
        target.retain(|entry| kept.contains(entry.key.as_str()));
        self.recorder.outcome.changed |= target.len() != before;
        Ok(())
    }

    fn delete_from(&mut self, target: &mut Map, key: &str, directive: &Entry) -> Result<(), Error> {
        let Some(values) = directive.node.as_seq() else { return Err(not_a_list(directive).into()) };
        let list = target.get_mut(key).and_then(Node::as_seq_mut);
        let Some(list) = list else {
            self.recorder.missing_key(key, directive.key_origin);
            return Ok(());
        };
        let known: HashSet<_> = list.iter().filter_map(Node::scalar_text).collect();
        let unwanted: HashSet<_> = values.iter().filter_map(Node::scalar_text).collect();
        for value in values.iter().filter(|value| value.scalar_text().is_none_or(|text| !known.contains(&text))) {
            self.recorder.missing_key(key, value.origin());
        }
        let before = list.len();
        list.retain(|item| item.scalar_text().is_none_or(|text| !unwanted.contains(&text)));
        self.recorder.outcome.changed |= list.len() != before;
        Ok(())
    }

    fn order_of(
        &mut self,
        target: &mut Map,
        before: Option<&Node>,
        key: &str,
        directive: &Entry,
        merge_key: Option<&EcoString>,
    ) -> Result<(), Error> {
        let Some(order) = directive.node.as_seq() else { return Err(not_a_list(directive).into()) };
        let Some(items) = target.get_mut(key).and_then(Node::as_seq_mut) else {
            self.recorder.missing_key(key, directive.key_origin);
            return Ok(());
        };
        let sorted = list::in_order(items, before, order, merge_key);
        if sorted.iter().zip(items.iter()).any(|(a, b)| !identical(a, b)) {
            *items = sorted;
            self.recorder.outcome.changed = true;
        }
        Ok(())
    }
}

/// Whether a key of a patch is a directive rather than a field.
fn is_directive(key: &str) -> bool {
    key == DIRECTIVE || key == RETAIN_KEYS || key.starts_with(DELETE_FROM) || key.starts_with(ORDER_OF)
}

fn texts(directive: &Entry) -> Result<HashSet<&str>, Error> {
    let items = directive.node.as_seq().ok_or_else(|| not_a_list(directive))?;
    items.iter().map(|item| item.as_str().ok_or_else(|| not_a_list(directive).into())).collect()
}

fn not_a_list(directive: &Entry) -> Diagnostic {
    let message = format!("`{}` is a list, but this is {}", directive.key, directive.node.kind());
    Diagnostic::error("wrong-type", message).at(directive.node.origin())
}

#[cfg(test)]
pub(super) mod tests;
