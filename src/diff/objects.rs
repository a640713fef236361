//! Which object of one render is which of the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ecow::EcoString;

use super::Matching;
use crate::names::without_hash;
use crate::resource::{ObjectKey, Resource};

/// An object before and after.
pub(super) type Pair<'a> = (Option<&'a Resource>, Option<&'a Resource>);

/// Objects by group, kind, namespace and name; of what is left, those whose names differ in the hash
/// of their content alone; of two environments, those that have one name but for prefix, suffix and
/// the words of their environments.
pub(super) fn pairs<'a>(old: &'a [Resource], new: &'a [Resource], matching: Matching) -> Vec<Pair<'a>> {
    let mut rest = Rest { old: old.iter().map(Some).collect(), new: new.iter().map(Some).collect() };
    let mut pairs = Vec::with_capacity(new.len());
    rest.pair(&mut pairs, |resource| Some(resource.id().object_key()));
    rest.pair(&mut pairs, unhashed);
    if matching == Matching::Environments {
        rest.pair(&mut pairs, |resource| Some(anywhere(resource, resource.id().name.clone())));
        rest.pair(&mut pairs, |resource| Some(anywhere(resource, unhashed(resource)?.3)));
        rest.pair(&mut pairs, |resource| Some(anywhere(resource, resource.original_id().name.clone())));
        let words = Words::of_namespaces(old, new);
        rest.pair(&mut pairs, |resource| Some(anywhere(resource, words.without(&resource.id().name))));
    }
    pairs.extend(rest.old.into_iter().flatten().map(|old| (Some(old), None)));
    pairs.extend(rest.new.into_iter().flatten().map(|new| (None, Some(new))));
    pairs
}

struct Rest<'a> {
    old: Vec<Option<&'a Resource>>,
    new: Vec<Option<&'a Resource>>,
}

impl<'a> Rest<'a> {
    /// Takes out what has one key in both; a key that several have says nothing.
    fn pair(&mut self, pairs: &mut Vec<Pair<'a>>, key: impl Fn(&Resource) -> Option<ObjectKey>) {
        let mut by_key: HashMap<ObjectKey, Option<usize>> = HashMap::new();
        for (index, resource) in self.old.iter().enumerate() {
            if let Some(key) = resource.and_then(&key) {
                by_key.entry(key).and_modify(|known| *known = None).or_insert(Some(index));
            }
        }
        for new in &mut self.new {
            let Some(key) = new.and_then(&key) else { continue };
            if let Some(place) = by_key.get_mut(&key).and_then(Option::take) {
                pairs.push((self.old[place].take(), new.take()));
            }
        }
    }
}

/// The key of an object without the hash in its name: of ConfigMaps and Secrets, which generators
/// name so, and of others that say that their name ends so.
fn unhashed(resource: &Resource) -> Option<ObjectKey> {
    let (group, kind, namespace, name) = resource.id().object_key();
    let generated = resource.needs_hash || ["ConfigMap", "Secret"].contains(&kind.as_str());
    let name = generated.then(|| without_hash(&name))??;
    Some((group, kind, namespace, name.into()))
}

/// The words in which environments differ: `staging` and `production` of the namespaces `shop-staging`
/// and `shop-production`.
pub struct Words(BTreeSet<EcoString>);

impl Words {
    /// The words in which the namespaces of two environments differ.
    pub(super) fn of_namespaces(old: &[Resource], new: &[Resource]) -> Self {
        let words = |side: &[Resource]| -> BTreeSet<EcoString> {
            side.iter().flat_map(|resource| resource.id().namespace.split('-')).map(EcoString::from).collect()
        };
        Self::between([old, new].into_iter().map(words))
    }

    /// The words that one of the environments has and another has not.
    pub fn between(environments: impl Iterator<Item = BTreeSet<EcoString>>) -> Self {
        let mut counts: BTreeMap<EcoString, usize> = BTreeMap::new();
        let mut all = 0;
        for words in environments {
            all += 1;
            words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
        }
        Self(counts.into_iter().filter(|(_, count)| *count < all).map(|(word, _)| word).collect())
    }

    /// A name without these words.
    pub fn without(&self, name: &str) -> EcoString {
        let kept: Vec<&str> = name.split('-').filter(|part| !self.0.contains(*part)).collect();
        kept.join("-").into()
    }
}

fn anywhere(resource: &Resource, name: EcoString) -> ObjectKey {
    let (group, kind, ..) = resource.id().object_key();
    (group, kind, EcoString::new(), name)
}
