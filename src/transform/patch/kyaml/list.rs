//! Keyed lists as kyaml merges them. Lists whose items all have every key, once, take a direct
//! way; the others go through kyaml's own steps, because what is lost on that way is part of what
//! kustomize prints.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, EcoVec};

use super::{DIRECTIVE, Directive, Error, MergeShape, Side, Walk, Walked, identical};
use crate::tree::{Map, Node, Value};

type Texts = Vec<EcoString>;

impl Walk<'_> {
    pub(super) fn lists<S: MergeShape>(
        &mut self,
        old: &Node,
        known: &EcoVec<Node>,
        patch: &EcoVec<Node>,
        shape: S,
    ) -> Result<Walked, Error> {
        let items = match list_directive(patch)? {
            Some((Directive::Delete, _)) => return Ok(Walked::Gone),
            Some((Directive::Replace, items)) => {
                let new = Node::new(items.clone(), old.origin());
                let walked = self.list_alone(&new, &items, shape, Side::Patch)?;
                return Ok(walked.node(&new).map_or(Walked::Gone, Walked::New));
            }
            Some((Directive::Merge, items)) => items,
            None => patch.clone(),
        };
        let keys = shape.merge_keys();
        let new = if keys.is_empty() {
            union(items.iter().chain(known))
        } else if let (Some(index), Some(_)) = (index(known, &keys), index(&items, &keys)) {
            self.direct(known, &items, &keys, &index, shape.items())?
        } else {
            self.slow(known, Some(&items), &keys, shape.items())?
        };
        Ok(over_list(old, known, new))
    }

    pub(super) fn list_alone<S: MergeShape>(
        &mut self,
        node: &Node,
        items: &EcoVec<Node>,
        shape: S,
        side: Side,
    ) -> Result<Walked, Error> {
        let keys = shape.merge_keys();
        let new = if keys.is_empty() {
            union(items.iter())
        } else if are_keyed(items, &keys) {
            return self.each_alone(node, items, shape, side);
        } else {
            self.slow_alone(items, &keys, shape.items(), side)?
        };
        Ok(over_list(node, items, new))
    }

    /// Walks items that each have keys of their own; a list of which nothing changes is not copied.
    fn each_alone<S: MergeShape>(
        &mut self,
        node: &Node,
        items: &EcoVec<Node>,
        shape: S,
        side: Side,
    ) -> Result<Walked, Error> {
        let shape = shape.items();
        let walked: Vec<Walked> = items.iter().map(|item| self.alone(item, shape, side)).collect::<Result<_, _>>()?;
        if walked.iter().zip(items).all(|(walked, item)| matches!(walked, Walked::Same) && !is_empty_map(item)) {
            return Ok(Walked::Same);
        }
        let nodes = walked.into_iter().zip(items).filter_map(|(walked, item)| walked.node(item));
        let new = nodes.filter(|node| !is_empty_map(node)).collect();
        Ok(over_list(node, items, new))
    }

    pub(super) fn direct<S: MergeShape>(
        &mut self,
        known: &EcoVec<Node>,
        patch: &EcoVec<Node>,
        keys: &[EcoString],
        index: &HashMap<Texts, usize>,
        shape: Option<S>,
    ) -> Result<EcoVec<Node>, Error> {
        let mut new = EcoVec::with_capacity(known.len() + patch.len());
        let mut merged: Vec<Option<Option<Node>>> = vec![None; known.len()];
        for (number, item) in patch.iter().enumerate() {
            let place = index.get(&texts(item, keys)).copied();
            self.recorder.path.push_index(place.unwrap_or(number));
            let old = place.and_then(|place| known.get(place));
            let walked = match old {
                // The item that was there comes back over the one that replaces it.
                Some(old) if is_replacing(item)? => Some(old.clone()),
                Some(old) => self.both(old, item, shape)?.node(old),
                None => self.alone(item, shape, Side::Patch)?.node(item),
            };
            if walked.is_none() && old.is_none() {
                self.recorder.missing(item.origin());
            }
            self.recorder.path.pop();
            let walked = walked.filter(|node| !is_empty_map(node));
            match place.and_then(|place| merged.get_mut(place)) {
                // With several keys, items that were there stay in their order, after the new ones.
                Some(slot) if keys.len() > 1 => *slot = Some(walked),
                Some(slot) => {
                    *slot = Some(None);
                    new.extend(walked);
                }
                None => new.extend(walked),
            }
        }
        for (item, merged) in known.iter().zip(merged) {
            let walked = match merged {
                Some(merged) => merged,
                None => self.alone(item, shape, Side::Resource)?.node(item).filter(|item| !is_empty_map(item)),
            };
            new.extend(walked);
        }
        Ok(new)
    }

    pub(super) fn slow<S: MergeShape>(
        &mut self,
        known: &EcoVec<Node>,
        patch: Option<&EcoVec<Node>>,
        keys: &[EcoString],
        shape: Option<S>,
    ) -> Result<EcoVec<Node>, Error> {
        let mut arena: Vec<Node> = known.to_vec();
        let old = (0..arena.len()).collect();
        arena.extend(patch.into_iter().flatten().cloned());
        let patch = patch.map(|_| (known.len()..arena.len()).collect());
        Steps { arena, old, patch, same: None, keys }.run(self, shape)
    }

    pub(super) fn slow_alone<S: MergeShape>(
        &mut self,
        items: &EcoVec<Node>,
        keys: &[EcoString],
        shape: Option<S>,
        side: Side,
    ) -> Result<EcoVec<Node>, Error> {
        match side {
            // An item that has no other beside it meets itself alone.
            Side::Resource if items.len() == 1 && items.iter().all(|item| has_some(item, keys)) => {
                let walked = items.iter().map(|item| Ok(self.alone(item, shape, side)?.node(item)));
                let kept = |node: &Option<Node>| node.as_ref().is_none_or(|node| !is_empty_map(node));
                Ok(walked.collect::<Result<Vec<_>, Error>>()?.into_iter().filter(kept).flatten().collect())
            }
            Side::Resource => self.slow(items, None, keys, shape),
            Side::Patch => {
                let arena = items.to_vec();
                let old = (0..arena.len()).collect();
                Steps { arena, old, patch: None, same: Some(Side::Patch), keys }.run(self, shape)
            }
        }
    }
}

/// kyaml's way: items are looked up, replaced and taken out by matching texts of keys, and an
/// item that is in two lists is one item (here: one index into the arena).
struct Steps<'k> {
    arena: Vec<Node>,
    old: Vec<usize>,
    patch: Option<Vec<usize>>,
    /// Set when the list of the patch is the one that was there, since nothing was.
    same: Option<Side>,
    keys: &'k [EcoString],
}

impl Steps<'_> {
    fn run<S: MergeShape>(mut self, walk: &mut Walk<'_>, shape: Option<S>) -> Result<EcoVec<Node>, Error> {
        let mut all = self.every_key();
        if self.keys.len() > 1 {
            merge_texts(&mut all);
        }
        let mut added = vec![];
        let mut last_keys = vec![];
        for texts in &all {
            let (keys, texts) = valid(&all, texts, self.keys);
            match self.walk(walk, &keys, &texts, shape)? {
                None => {
                    let old = std::mem::take(&mut self.old);
                    self.old = self.set(old, None, &keys, &texts);
                }
                Some(item) => added = self.set(added, Some(item), &keys, &texts),
            }
            last_keys = keys;
        }
        if !all.is_empty() {
            self.old = self.append(added, &last_keys);
        }
        Ok(self.old.iter().filter_map(|item| self.arena.get(*item)).cloned().collect())
    }

    fn node(&self, item: usize) -> &Node {
        &self.arena[item]
    }

    /// The keys of all items, each once, those of the patch first.
    fn every_key(&self) -> Vec<Texts> {
        let items = self.patch.iter().flatten().chain(&self.old);
        let mut seen = HashSet::new();
        items.map(|item| texts(self.node(*item), self.keys)).filter(|texts| seen.insert(texts.clone())).collect()
    }

    /// Walks the first item of each side that has these keys; the item that results, if any.
    fn walk<S: MergeShape>(
        &mut self,
        walk: &mut Walk<'_>,
        keys: &[EcoString],
        wanted: &[EcoString],
        shape: Option<S>,
    ) -> Result<Option<usize>, Error> {
        let (keys, wanted) = valid(&[wanted.to_vec()], wanted, keys);
        let matches = |item: &&usize| {
            let node = self.node(**item);
            let has =
                |(key, text): (&EcoString, &EcoString)| node.get(key).is_some_and(|value| key_text(value) == *text);
            node.as_map().is_some() && keys.iter().zip(&wanted).all(has)
        };
        let old = self.old.iter().find(matches).copied();
        let patch = self.patch.iter().flatten().find(matches).copied();
        let (item, walked) = match (old, patch) {
            (Some(old), Some(patch)) if is_replacing(self.node(patch))? => {
                (patch, walk.both(self.node(old), self.node(patch), shape)?.node(self.node(old)))
            }
            (Some(old), Some(patch)) => (old, walk.both(self.node(old), self.node(patch), shape)?.node(self.node(old))),
            (Some(old), None) => {
                let side = self.same.unwrap_or(Side::Resource);
                (old, walk.alone(self.node(old), shape, side)?.node(self.node(old)))
            }
            (None, Some(patch)) => (patch, walk.alone(self.node(patch), shape, Side::Patch)?.node(self.node(patch))),
            (None, None) => return Ok(None),
        };
        let Some(walked) = walked.filter(|node| !is_empty_map(node)) else { return Ok(None) };
        if let Some(place) = self.arena.get_mut(item) {
            *place = walked;
        }
        Ok(Some(item))
    }

    /// Puts `element` in the place of every item that matches, or at the end when none does; or
    /// takes every item that matches out.
    fn set(&self, list: Vec<usize>, element: Option<usize>, keys: &[EcoString], wanted: &[EcoString]) -> Vec<usize> {
        let mut new = Vec::with_capacity(list.len() + 1);
        let mut found = false;
        for item in list {
            let node = self.node(item);
            if node.is_null() || is_empty_map(node) {
                continue;
            }
            // An empty text matches any value; a key without a text does not count.
            let matches = node.as_map().is_some_and(|map| {
                let has = |(key, text): (&EcoString, &EcoString)| {
                    map.get(key).is_some_and(|value| text.is_empty() || key_text(value) == *text)
                };
                !wanted.is_empty() && keys.iter().zip(wanted).all(has)
            });
            if !matches {
                if !wanted.is_empty() || node.as_map().is_none() {
                    new.push(item);
                }
                continue;
            }
            found = true;
            new.extend(element);
        }
        if !found {
            new.extend(element);
        }
        new
    }

    /// Adds the items that were there to `list`, each over the one of its keys.
    fn append(&self, mut list: Vec<usize>, keys: &[EcoString]) -> Vec<usize> {
        for item in &self.old {
            let mut wanted = vec![];
            for key in keys {
                match self.node(*item).get(key) {
                    Some(value) => wanted.push(key_text(value)),
                    None => list.push(*item),
                }
            }
            if keys.len() > 1 {
                list = self.set(list, None, keys, &wanted);
            }
            list = self.set(list, Some(*item), keys, &wanted);
        }
        list
    }
}

/// Makes keys that differ only where one is empty the same.
fn merge_texts(all: &mut [Texts]) {
    for i in 0..all.len() {
        let one = all[i].clone();
        for j in 0..all.len() {
            if let Some(merged) = matched(&one, &all[j]) {
                all[i] = merged.clone();
                all[j] = merged;
            }
        }
    }
}

fn matched(one: &Texts, other: &Texts) -> Option<Texts> {
    let common = one.iter().zip(other).any(|(a, b)| a == b);
    let fits = one.iter().zip(other).all(|(a, b)| a == b || a.is_empty() || b.is_empty());
    let merged = || one.iter().zip(other).map(|(a, b)| if a.is_empty() { b.clone() } else { a.clone() }).collect();
    (common && fits).then(merged)
}

/// The keys that some item has, and the texts for them; all keys when no item has any.
fn valid(all: &[Texts], wanted: &[EcoString], keys: &[EcoString]) -> (Vec<EcoString>, Texts) {
    let used: Vec<bool> =
        (0..keys.len()).map(|at| all.iter().any(|t| t.get(at).is_some_and(|t| !t.is_empty()))).collect();
    if !used.contains(&true) {
        return (keys.to_vec(), wanted.to_vec());
    }
    let pick =
        |texts: &[EcoString]| texts.iter().zip(&used).filter(|(_, used)| **used).map(|(t, _)| t.clone()).collect();
    (pick(keys), pick(wanted))
}

/// The items by their keys, when each is a mapping that has all of them and none comes twice.
pub(super) fn index(items: &EcoVec<Node>, keys: &[EcoString]) -> Option<HashMap<Texts, usize>> {
    let mut index = HashMap::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let texts = texts(item, keys);
        if texts.iter().any(|text| text.is_empty()) || index.insert(texts, place).is_some() {
            return None;
        }
    }
    Some(index)
}

/// Whether each item is a mapping that has all of the keys, and none comes twice.
fn are_keyed(items: &EcoVec<Node>, keys: &[EcoString]) -> bool {
    const FEW: usize = 8;
    let ([key], true) = (keys, items.len() <= FEW) else { return index(items, keys).is_some() };
    // The usual case needs no index.
    let text = |item: &Node| item.get(key).map(key_text).unwrap_or_default();
    items.iter().enumerate().all(|(place, item)| {
        let own = text(item);
        !own.is_empty() && items.iter().take(place).all(|other| text(other) != own)
    })
}

/// Whether an item is a mapping that has a text for one of the keys.
fn has_some(item: &Node, keys: &[EcoString]) -> bool {
    item.as_map()
        .is_some_and(|map| keys.iter().any(|key| map.get(key).is_some_and(|value| !key_text(value).is_empty())))
}

fn texts(item: &Node, keys: &[EcoString]) -> Texts {
    keys.iter().map(|key| item.get(key).map(key_text).unwrap_or_default()).collect()
}

fn key_text(value: &Node) -> EcoString {
    value.scalar_text().unwrap_or_default()
}

fn is_empty_map(node: &Node) -> bool {
    node.as_map().is_some_and(Map::is_empty)
}

fn is_replacing(item: &Node) -> Result<bool, Error> {
    Ok(item.as_map().map_or(Ok(Directive::Merge), Directive::of)? == Directive::Replace)
}

/// A set of scalars: each text once, empty items dropped.
fn union<'a>(items: impl Iterator<Item = &'a Node>) -> EcoVec<Node> {
    let mut seen = HashSet::new();
    let kept = |node: &&Node| match node.value() {
        Value::Null => false,
        Value::Map(map) => !map.is_empty(),
        Value::Seq(_) => true,
        _ => seen.insert(key_text(node)),
    };
    items.filter(kept).cloned().collect()
}

/// The directive in the first item that has one, and the list without it. An item with other
/// fields speaks for itself alone.
fn list_directive(items: &EcoVec<Node>) -> Result<Option<(Directive, EcoVec<Node>)>, Error> {
    let Some(item) = items.iter().filter_map(Node::as_map).find(|map| map.contains_key(DIRECTIVE)) else {
        return Ok(None);
    };
    let Some(written) = item.get(DIRECTIVE).filter(|_| item.len() == 1) else { return Ok(None) };
    let directive = Directive::parse(written)?;
    let stays = |item: &&Node| {
        item.get(DIRECTIVE).is_none_or(|other| other != written) && !item.is_null() && !is_empty_map(item)
    };
    Ok(Some((directive, items.iter().filter(stays).cloned().collect())))
}

fn over_list(old: &Node, known: &EcoVec<Node>, new: EcoVec<Node>) -> Walked {
    let same = known.len() == new.len() && known.iter().zip(&new).all(|(a, b)| identical(a, b));
    if same { Walked::Same } else { Walked::New(Node::new(new, old.origin())) }
}
