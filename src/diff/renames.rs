//! What one thing is called in two environments.

use std::collections::HashMap;

use ecow::EcoString;

use super::objects::{Pair, Words};
use crate::names::without_hash;
use crate::resource::Resource;

/// The names that objects have in the one environment and in the other.
pub(super) struct Renames {
    names: HashMap<EcoString, EcoString>,
    words: Words,
}

impl Renames {
    /// The names of the objects that were found to be one.
    pub fn of(old: &[Resource], new: &[Resource], pairs: &[Pair]) -> Self {
        let both = pairs.iter().filter_map(|(old, new)| Some((old.as_ref()?.id(), new.as_ref()?.id())));
        let named = both.flat_map(|(old, new)| [(&old.name, &new.name), (&old.namespace, &new.namespace)]);
        let names = named.filter(|(old, new)| old != new).map(|(old, new)| (old.clone(), new.clone())).collect();
        Self { names, words: Words::of_namespaces(old, new) }
    }

    /// What is left of a name of the old side where environments play no part.
    pub fn plain_old(&self, name: &str) -> EcoString {
        self.plain_new(self.names.get(name).map_or(name, EcoString::as_str))
    }

    /// What is left of a name of the new side where environments play no part.
    pub fn plain_new(&self, name: &str) -> EcoString {
        let name = without_hash(name).unwrap_or(name);
        let left = self.words.without(name);
        if left.is_empty() { name.into() } else { left }
    }

    /// Whether the one is called `old` and `new`.
    pub fn are_one(&self, old: &str, new: &str) -> bool {
        self.names.get(old).is_some_and(|known| known == new)
            || self.plain_old(old) == self.plain_new(new) && !self.words.without(old).is_empty()
    }
}
