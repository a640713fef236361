//! A mapping with text keys in written order.

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};

use super::{IntoNode, Node};
use crate::origin::Origin;

/// One key with its value; both have an origin.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: EcoString,
    /// Where the key is written.
    pub key_origin: Origin,
    /// The value.
    pub node: Node,
}

/// A mapping with text keys in written order. Look-up is linear: most maps of manifests have
/// fewer than 16 keys. A pass that looks up many keys of a larger map builds an index first.
#[derive(Clone, Debug, Default)]
pub struct Map(EcoVec<Entry>);

impl Map {
    /// An empty mapping with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(EcoVec::with_capacity(capacity))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries in written order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry> {
        self.0.iter()
    }

    /// The entries in written order, to change in place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Entry> {
        self.0.make_mut().iter_mut()
    }

    /// The entries as a slice.
    pub fn as_slice(&self) -> &[Entry] {
        &self.0
    }

    /// The keys in written order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|entry| entry.key.as_str())
    }

    /// The place of `key` in written order.
    pub fn position(&self, key: &str) -> Option<usize> {
        self.0.iter().position(|entry| entry.key == key)
    }

    /// The place of each of `keys`, which are looked up through an index where that pays.
    pub fn positions<'k>(&self, keys: impl ExactSizeIterator<Item = &'k str>) -> Vec<Option<usize>> {
        const LINEAR: usize = 16;
        if self.len() <= LINEAR || keys.len() <= LINEAR {
            // Maps that share an order, the common case, are found at once.
            let near = |place: usize, key: &str| self.0.get(place).is_some_and(|entry| entry.key == key);
            let find = |(place, key)| if near(place, key) { Some(place) } else { self.position(key) };
            return keys.enumerate().map(find).collect();
        }
        let index: HashMap<&str, usize> = self.keys().zip(0..).collect();
        keys.map(|key| index.get(key).copied()).collect()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The entry of `key`.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    /// Whether `key` is there.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// The value under `key`, to change in place. A map shared with another tree is copied only
    /// when the key is there.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let position = self.position(key)?;
        Some(&mut self.0.make_mut()[position].node)
    }

    /// The entry at `position` in written order, to change in place.
    pub fn at_mut(&mut self, position: usize) -> Option<&mut Entry> {
        (position < self.0.len()).then(|| &mut self.0.make_mut()[position])
    }

    /// Sets `key` to `node`: in place where the key is there, else as the last entry, whose key
    /// gets the node's origin. Returns what was there.
    pub fn insert(&mut self, key: impl Into<EcoString> + AsRef<str>, node: Node) -> Option<Node> {
        match self.get_mut(key.as_ref()) {
            Some(old) => Some(std::mem::replace(old, node)),
            None => {
                self.push(key, node.origin(), node);
                None
            }
        }
    }

    /// Adds an entry at the end, without looking whether the key is there: for keys that are
    /// known to be new.
    pub fn push(&mut self, key: impl Into<EcoString>, key_origin: Origin, node: impl IntoNode) {
        let node = node.into_node(key_origin);
        self.0.push(Entry { key: key.into(), key_origin, node });
    }

    /// Adds an entry at `position`, without looking whether the key is there.
    pub fn insert_at(&mut self, position: usize, entry: Entry) {
        self.0.insert(position.min(self.0.len()), entry);
    }

    /// Takes `key` out; the order of the others stays.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let position = self.position(key)?;
        Some(self.0.remove(position))
    }

    /// Keeps the entries for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        if self.0.iter().all(&mut keep) {
            return;
        }
        self.0.retain(|entry| keep(entry));
    }
}

/// Equal when both hold the same keys with equal values, in any order.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        // The common case: both in the same order.
        if self.iter().zip(other.iter()).all(|(a, b)| a.key == b.key) {
            return self.iter().zip(other.iter()).all(|(a, b)| a.node == b.node);
        }
        let mut sorted: Vec<_> = other.iter().collect();
        sorted.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        self.iter().all(|entry| {
            let found = sorted.binary_search_by(|candidate| candidate.key.cmp(&entry.key));
            found.is_ok_and(|index| sorted[index].node == entry.node)
        })
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a Entry;
    type IntoIter = std::slice::Iter<'a, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = Entry;
    type IntoIter = ecow::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<Entry> for Map {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_the_same_with_and_without_an_index() {
        let map = |keys: std::ops::Range<usize>| {
            let o = Origin::source(0);
            keys.map(|key| Entry { key: format!("k{key}").into(), key_origin: o, node: Node::null(o) }).collect::<Map>()
        };
        for (known, wanted) in [(0..3, 1..5), (0..40, 0..3), (0..3, 0..40), (0..40, 20..60), (0..40, 0..40)] {
            let (known, wanted) = (map(known), map(wanted));
            let expected: Vec<_> = wanted.keys().map(|key| known.position(key)).collect();
            assert_eq!(known.positions(wanted.keys()), expected);
        }
    }
}
