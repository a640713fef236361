//! The lists of a strategic merge.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, EcoVec};

use super::{DIRECTIVE, Diagnostic, Directive, Error, Fate, Merge, MergeShape, identical};
use crate::tree::{Node, Value};

/// The texts of an item's merge keys; empty for one that it does not have and that has no default.
type ItemKey = Vec<EcoString>;

impl Merge<'_> {
    /// Merges a list of the patch into what is there.
    pub(super) fn list<S: MergeShape>(
        &mut self,
        target: &mut Node,
        patch: &Node,
        shape: Option<S>,
    ) -> Result<Fate, Error> {
        let none = EcoVec::new();
        let items = patch.as_seq().unwrap_or(&none);
        let merged = shape.is_some_and(|shape| shape.strategy().merge);
        let whole = !merged || list_directive(items)? == Some(Directive::Replace);
        let known = target.as_seq().filter(|_| !whole).cloned();
        let Some(new) = self.list_items(known.as_ref().unwrap_or(&none), items, shape)? else {
            return Ok(Fate::Removed);
        };
        let new = Node::new(Value::Seq(new), patch.origin());
        match known {
            // The list is the one that was there, with other items.
            Some(_) if identical(target, &new) => {}
            Some(_) => {
                *target = new.with_origin(target.origin());
                self.recorder.outcome.changed = true;
            }
            None => self.recorder.overwrite(target, new),
        }
        Ok(Fate::Kept)
    }

    /// The items that a list of the patch makes of the `known` ones; `None` when it deletes the list.
    pub(super) fn list_items<S: MergeShape>(
        &mut self,
        known: &EcoVec<Node>,
        patch: &EcoVec<Node>,
        shape: Option<S>,
    ) -> Result<Option<EcoVec<Node>>, Error> {
        let items: EcoVec<Node> = match list_directive(patch)? {
            Some(Directive::Delete) => return Ok(None),
            Some(_) => patch.iter().filter(|item| !is_list_directive(item)).cloned().collect(),
            None => patch.clone(),
        };
        let Some(shape) = shape.filter(|shape| shape.strategy().merge) else {
            items.iter().try_for_each(refuse_directives)?;
            return Ok(Some(items));
        };
        match shape.merge_keys() {
            keys if keys.is_empty() => union(&items, known).map(Some),
            keys => self.keyed(known, &items, &keys, shape.items()).map(Some),
        }
    }

    /// Merges items by their keys: those of the patch first, then the rest of what was there.
    fn keyed<S: MergeShape>(
        &mut self,
        known: &EcoVec<Node>,
        patch: &EcoVec<Node>,
        keys: &[EcoString],
        shape: Option<S>,
    ) -> Result<EcoVec<Node>, Error> {
        let index = Index::new(known, keys, patch);
        let mut result = Vec::with_capacity(known.len() + patch.len());
        // Where the result of a key, or of an item that was there, is.
        let mut by_key: HashMap<ItemKey, usize> = HashMap::new();
        let mut by_place: HashMap<usize, usize> = HashMap::new();
        for (number, item) in patch.iter().enumerate() {
            let key = patch_key(item, keys)?;
            let matches = index.find(&key, item, keys)?;
            let place = matches.first().copied();
            self.recorder.path.push_index(place.unwrap_or(number));
            // A second item of the same key goes on where the first one ended.
            let known_slot = by_key.get(&key).or_else(|| by_place.get(&place?)).copied();
            let slot = known_slot.unwrap_or_else(|| {
                result.push(place.and_then(|place| known.get(place)).cloned());
                result.len() - 1
            });
            by_key.insert(key, slot);
            by_place.extend(matches.iter().map(|place| (*place, slot)));
            self.item(&mut result, slot, item, shape)?;
            self.recorder.path.pop();
        }
        let rest = known.iter().enumerate().filter(|(place, _)| !by_place.contains_key(place));
        Ok(result.into_iter().flatten().chain(rest.map(|(_, item)| item.clone())).collect())
    }

    fn item<S: MergeShape>(
        &mut self,
        result: &mut [Option<Node>],
        slot: usize,
        patch: &Node,
        shape: Option<S>,
    ) -> Result<(), Error> {
        let Some(slot) = result.get_mut(slot) else { return Ok(()) };
        match slot {
            Some(node) => {
                if self.value(node, patch, shape)? == Fate::Removed {
                    *slot = None;
                    self.recorder.outcome.changed = true;
                }
            }
            None => {
                *slot = self.fresh(patch, shape)?;
                self.recorder.outcome.changed |= slot.is_some();
            }
        }
        Ok(())
    }
}

/// The items of a list by their keys.
struct Index {
    exact: HashMap<ItemKey, Vec<usize>>,
    /// By the first key alone, for items that leave out the others.
    first: HashMap<EcoString, Vec<(ItemKey, usize)>>,
    /// The keys that items of the patch have.
    patch: HashSet<ItemKey>,
}

impl Index {
    fn new(items: &EcoVec<Node>, keys: &[EcoString], patch: &EcoVec<Node>) -> Self {
        let patch = patch.iter().filter(|_| keys.len() > 1).map(|item| item_key(item, keys)).collect();
        let mut index = Self { exact: HashMap::new(), first: HashMap::new(), patch };
        for (place, item) in items.iter().enumerate() {
            let key = item_key(item, keys);
            if keys.len() > 1 {
                let first = key.first().cloned().unwrap_or_default();
                index.first.entry(first).or_default().push((key.clone(), place));
            }
            index.exact.entry(key).or_default().push(place);
        }
        index
    }

    /// The items that `key` means: those with the same keys, else, for an item of the patch that
    /// leaves keys out (a port without `protocol`), the one that has those it gives and that no
    /// other item of the patch names.
    fn find(&self, key: &ItemKey, item: &Node, keys: &[EcoString]) -> Result<Vec<usize>, Error> {
        if let Some(places) = self.exact.get(key) {
            return Ok(places.clone());
        }
        let written = written_key(item, keys);
        if written.iter().all(|text| !text.is_empty()) {
            return Ok(vec![]);
        }
        let alike = key.first().and_then(|first| self.first.get(first)).into_iter().flatten();
        let fits = |other: &ItemKey| written.iter().zip(other).all(|(a, b)| a == b || a.is_empty());
        let mut alike: Vec<_> = alike.filter(|(other, _)| fits(other)).collect();
        alike.retain(|(other, _)| !self.patch.contains(other));
        if let [] | [_] = alike[..] {
            return Ok(alike.into_iter().map(|(_, place)| *place).collect());
        }
        let described = |name: &EcoString, text: &EcoString| format!("`{name}: {text}`");
        let wanted: Vec<_> =
            keys.iter().zip(&written).filter(|(_, t)| !t.is_empty()).map(|(n, t)| described(n, t)).collect();
        let missing: Vec<_> =
            keys.iter().zip(&written).filter(|(_, t)| t.is_empty()).map(|(n, _)| format!("`{n}`")).collect();
        let message = format!("{} items of this list have {}", alike.len(), wanted.join(" and "));
        Err(Diagnostic::error("ambiguous-patch-item", message)
            .at(item.origin())
            .help(format!("say which one with {}", missing.join(" and ")))
            .into())
    }
}

/// The keys of an item with Kubernetes' default for the one that may be left out: `protocol` of a
/// port is `TCP`.
fn item_key(item: &Node, keys: &[EcoString]) -> ItemKey {
    let mut texts = written_key(item, keys);
    for (text, key) in texts.iter_mut().zip(keys).skip(1) {
        if text.is_empty() && key == "protocol" {
            *text = "TCP".into();
        }
    }
    texts
}

fn written_key(item: &Node, keys: &[EcoString]) -> ItemKey {
    keys.iter().map(|key| item.get(key).and_then(Node::scalar_text).unwrap_or_default()).collect()
}

fn patch_key(item: &Node, keys: &[EcoString]) -> Result<ItemKey, Error> {
    let key = item_key(item, keys);
    if key.first().is_some_and(|first| !first.is_empty()) {
        return Ok(key);
    }
    let name = keys.first().map_or("", |name| name.as_str());
    let message = match item.as_map() {
        Some(_) => format!("an item of this list needs `{name}`, which tells the items apart"),
        None => format!("an item of this list is a mapping with `{name}`, but this is {}", item.kind()),
    };
    let near = item.as_map().and_then(|map| crate::diagnostic::near_miss(name, map.keys()));
    let mut error = Diagnostic::error("missing-merge-key", message).at(item.origin());
    error.help = near.map(|near| format!("`{near}` looks like `{name}`"));
    Err(error.into())
}

/// A set of scalars: those of the patch first, then what was there and is not in the patch.
fn union(patch: &EcoVec<Node>, known: &EcoVec<Node>) -> Result<EcoVec<Node>, Error> {
    if let Some(item) = patch.iter().find(|item| item.scalar_text().is_none()) {
        let message = format!("an item of this list is a scalar, but this is {}", item.kind());
        return Err(Diagnostic::error("wrong-type", message).at(item.origin()).into());
    }
    let mut seen = HashSet::new();
    let unseen = |node: &&Node| node.scalar_text().is_none_or(|text| seen.insert(text));
    Ok(patch.iter().chain(known).filter(unseen).cloned().collect())
}

/// What an item that is nothing but `$patch: …` says about the list that it is in.
fn list_directive(items: &EcoVec<Node>) -> Result<Option<Directive>, Error> {
    items
        .iter()
        .find(|item| is_list_directive(item))
        .and_then(|item| item.get(DIRECTIVE))
        .map(Directive::parse)
        .transpose()
}

fn is_list_directive(item: &Node) -> bool {
    item.as_map().is_some_and(|map| map.len() == 1 && map.contains_key(DIRECTIVE))
}

/// A list that is replaced whole has no place for directives: they would end up in the resource.
fn refuse_directives(node: &Node) -> Result<(), Error> {
    for entry in node.entries() {
        if entry.key == DIRECTIVE {
            return Err(Diagnostic::error(
                "misplaced-patch-directive",
                "`$patch` has no meaning inside a list that is replaced whole",
            )
            .at(entry.key_origin)
            .help("write the list as it should be, or use a `json6902` patch for a single item")
            .into());
        }
        refuse_directives(&entry.node)?;
    }
    node.items().try_for_each(refuse_directives)
}

/// Sorts the items that `order` names as it says. The others keep their order among themselves; one
/// comes after a named item only if it did so in the list as it was `before` the patch
/// (`$setElementOrder` in Kubernetes' description of strategic merge).
pub(super) fn in_order(
    items: &EcoVec<Node>,
    before: Option<&Node>,
    order: &EcoVec<Node>,
    merge_key: Option<&EcoString>,
) -> EcoVec<Node> {
    let text = |node: &Node| match merge_key {
        Some(key) => node.get(key).and_then(Node::scalar_text).unwrap_or_default(),
        None => node.scalar_text().unwrap_or_default(),
    };
    let wanted: HashMap<EcoString, usize> = order.iter().map(text).zip(0..).collect();
    let places: HashMap<EcoString, usize> = before.into_iter().flat_map(Node::items).map(text).zip(0..).collect();
    let (mut named, others): (Vec<&Node>, Vec<&Node>) = items.iter().partition(|item| wanted.contains_key(&text(item)));
    named.sort_by_key(|item| wanted.get(&text(item)).copied());
    let mut named = named.into_iter().peekable();
    let mut sorted = EcoVec::with_capacity(items.len());
    for other in others {
        let place = places.get(&text(other));
        let precedes = |item: &&Node| places.get(&text(item)).zip(place).is_some_and(|(item, other)| item < other);
        while let Some(item) = named.next_if(precedes) {
            sorted.push(item.clone());
        }
        sorted.push(other.clone());
    }
    sorted.extend(named.cloned());
    sorted
}
