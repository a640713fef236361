//! The fields of one object that differ. Spellings that Argo CD takes for the same are no difference:
//! it reads built-in kinds into their types and back before it compares (gitops-engine `pkg/diff`), so
//! amounts are canonical, and nulls, empty lists and empty maps are as if they were not there.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;

use super::renames::Renames;
use super::{FieldChange, Step};
use crate::base64;
use crate::kubernetes::{Definitions, Kind, ListType, Type, Version};
use crate::names::canonical_quantity;
use crate::names::without_hash;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::{Node, Value};

/// Fields that are part of an object in any case, so that an empty one says as much as none.
const EMPTY_IS_ABSENT: [&str; 5] = ["resources", "strategy", "status", "updateStrategy", "metadata"];
/// Fields of a Secret whose values are no secret.
const OPEN_FIELDS: [&str; 6] = ["apiVersion", "kind", "metadata", "type", "immutable", "status"];
/// An annotation in which kubectl keeps a copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The fields in which two states of an object differ; with `renames`, an object in two environments.
pub(super) fn changes(old: &Resource, new: &Resource, renames: Option<&Renames>) -> Vec<FieldChange> {
    if old.root == new.root {
        return Vec::new();
    }
    let of = Definitions::of(Version::NEWEST).resource(&new.id().gvk);
    let mut walk = Walk { path: Vec::new(), built_in: of.is_some(), secret: false, renames, found: Vec::new() };
    let (before, after) = (with_data(&old.root), with_data(&new.root));
    walk.map(before.as_ref().unwrap_or(&old.root), after.as_ref().unwrap_or(&new.root), of);
    let mut found = walk.found;
    if renames.is_none() && old.id().name != new.id().name {
        // Only the hash of the content differs, which the content says.
        found.retain(|change| !change.is_at(&["metadata", "name"]));
    }
    found
}

/// A Secret with its `stringData` among its `data`, as the API server keeps it; `None` for others.
fn with_data(root: &Node) -> Option<Node> {
    let is_secret = root.get("kind").and_then(Node::as_str) == Some("Secret");
    let texts = root.get("stringData").filter(|texts| is_secret && texts.as_map().is_some())?;
    let mut merged = root.clone();
    let data = merged.map_under("data", texts.origin())?;
    for entry in texts.entries() {
        let text = entry.node.scalar_text().unwrap_or_default();
        data.insert(entry.key.clone(), Node::string(base64::encode(text.as_bytes()), entry.node.origin()));
    }
    merged.as_map_mut()?.remove("stringData");
    Some(merged)
}

struct Walk<'r> {
    path: Vec<Step>,
    built_in: bool,
    secret: bool,
    renames: Option<&'r Renames>,
    found: Vec<FieldChange>,
}

impl Walk<'_> {
    fn node(&mut self, old: &Node, new: &Node, of: Option<Type>) {
        match (old.value(), new.value()) {
            _ if old == new || same(old, new, of) => {}
            (Value::Map(_), Value::Map(_)) => self.map(old, new, of),
            (Value::Seq(_), Value::Seq(_)) => self.list(old, new, of),
            _ => self.push(Some(old), Some(new), new.origin()),
        }
    }

    fn map(&mut self, old: &Node, new: &Node, of: Option<Type>) {
        let outer = self.secret;
        let is_secret = [old, new].iter().any(|node| node.get("kind").and_then(Node::as_str) == Some("Secret"));
        let (Some(before), Some(after)) = (old.as_map(), new.as_map()) else { return };
        for (entry, place) in before.iter().zip(after.positions(before.keys())) {
            let now = place.and_then(|place| after.as_slice().get(place));
            self.enter(&entry.key, is_secret || outer, of, |walk, of| match now {
                Some(now) => walk.optional(Some(&entry.node), Some(&now.node), now.node.origin(), of),
                None => walk.optional(Some(&entry.node), None, new.origin(), of),
            });
        }
        let places = before.positions(after.keys());
        for (entry, _) in after.iter().zip(places).filter(|(_, place)| place.is_none()) {
            self.enter(&entry.key, is_secret || outer, of, |walk, of| {
                walk.optional(None, Some(&entry.node), entry.key_origin, of);
            });
        }
        self.secret = outer;
    }

    fn enter(&mut self, key: &EcoString, is_secret: bool, of: Option<Type>, go: impl FnOnce(&mut Self, Option<Type>)) {
        let outer = self.secret;
        self.secret = outer || key == LAST_APPLIED || is_secret && !OPEN_FIELDS.contains(&key.as_str());
        self.path.push(Step::Key(key.clone()));
        go(self, of.and_then(|of| of.field(key).or_else(|| of.additional())));
        self.path.pop();
        self.secret = outer;
    }

    /// A value that may be missing on one side, where nothing and an empty one may be the same.
    fn optional(&mut self, old: Option<&Node>, new: Option<&Node>, place: Origin, of: Option<Type>) {
        let is_absent = |node: Option<&Node>| node.is_none_or(|node| self.is_absent(node, of));
        match (is_absent(old), is_absent(new), old, new) {
            (true, true, ..) => {}
            (false, false, Some(old), Some(new)) => self.node(old, new, of),
            (_, gone, old, new) => {
                let (old, new) = (old.filter(|_| !is_absent(old)), new.filter(|_| !gone));
                // One by one, so that a rule finds the field that it is about.
                match old.or(new).filter(|node| node.as_map().is_some_and(|map| !map.is_empty()) && self.path.len() < 3)
                {
                    Some(whole) => {
                        let empty = Node::map(place);
                        let (old, new) = if old.is_some() { (whole, &empty) } else { (&empty, whole) };
                        self.map(old, new, of);
                    }
                    None => self.push(old, new, place),
                }
            }
        }
    }

    fn is_absent(&self, node: &Node, of: Option<Type>) -> bool {
        let key = match self.path.last() {
            Some(Step::Key(key)) => key.as_str(),
            _ => "",
        };
        match node.value() {
            Value::Null => true,
            Value::Seq(items) => self.built_in && items.is_empty(),
            Value::Map(map) if map.is_empty() && self.built_in => {
                of.is_some_and(|of| of.kind() == Kind::Map) || EMPTY_IS_ABSENT.contains(&key)
            }
            Value::Map(map) => map.is_empty() && ["labels", "annotations"].contains(&key),
            _ => false,
        }
    }

    fn list(&mut self, old: &Node, new: &Node, of: Option<Type>) {
        let (before, after): (Vec<&Node>, Vec<&Node>) = (old.items().collect(), new.items().collect());
        let item = of.and_then(Type::items);
        match keys_of(of, &before, &after, self.renames) {
            Some((old_keys, new_keys)) => self.keyed(&before, &after, &old_keys, &new_keys, (new, item)),
            None => self.in_order(&before, &after, (new, item)),
        }
    }

    fn keyed(
        &mut self,
        before: &[&Node],
        after: &[&Node],
        old: &[EcoString],
        new: &[EcoString],
        (list, of): (&Node, Option<Type>),
    ) {
        let places =
            |keys: &[EcoString]| keys.iter().cloned().enumerate().map(|(i, key)| (key, i)).collect::<HashMap<_, _>>();
        let (in_old, in_new) = (places(old), places(new));
        // Of what is left, items with one name are one: the port `http` that has another number.
        let name = |node: &Node| node.get("name").and_then(Node::scalar_text);
        let left = new.iter().zip(after).enumerate().filter(|(_, (key, _))| !in_old.contains_key(*key));
        let mut by_name: HashMap<EcoString, usize> =
            left.filter_map(|(place, (_, node))| Some((name(node)?, place))).collect();
        let mut named = HashSet::new();
        for (key, node) in old.iter().zip(before) {
            let same = in_new.get(key).copied();
            let renumbered =
                || name(node).and_then(|name| by_name.remove_entry(&name)).map(|(name, place)| (place, name));
            let now = same.map(|place| (place, key.clone())).or_else(renumbered);
            let (place, key) = now.map_or((None, key.clone()), |(place, key)| (Some(place), key));
            self.path.push(Step::Item(key));
            match place {
                Some(place) => self.node(node, after[place], of),
                None => self.push(Some(node), None, list.origin()),
            }
            self.path.pop();
            named.extend(place);
        }
        for (place, (key, node)) in new.iter().zip(after).enumerate() {
            if named.contains(&place) {
                continue;
            }
            self.path.push(Step::Item(key.clone()));
            self.push(None, Some(node), node.origin());
            self.path.pop();
        }
        let kept_old: Vec<&EcoString> = old.iter().filter(|key| in_new.contains_key(*key)).collect();
        let kept_new: Vec<&EcoString> = new.iter().filter(|key| in_old.contains_key(*key)).collect();
        if kept_old != kept_new && self.order_counts() {
            let names = |keys: &[&EcoString]| {
                Node::string(keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", "), list.origin())
            };
            self.push(Some(&names(&kept_old)), Some(&names(&kept_new)), list.origin());
            if let Some(last) = self.found.last_mut() {
                last.order = true;
            }
        }
    }

    /// Containers start in their order, variables refer to earlier ones; of the rest the API server
    /// keeps the order, and so does Argo CD's comparison.
    fn order_counts(&self) -> bool {
        self.built_in
    }

    /// Lists without keys: what is the same at the beginning and the end is set aside.
    fn in_order(&mut self, before: &[&Node], after: &[&Node], (list, of): (&Node, Option<Type>)) {
        let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
        let end = before[start..].iter().rev().zip(after[start..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (old, new) = (&before[start..before.len() - end], &after[start..after.len() - end]);
        for index in 0..old.len().max(new.len()) {
            self.path.push(Step::Index(start + index));
            match (old.get(index), new.get(index)) {
                (Some(old), Some(new)) => self.node(old, new, of),
                (old, new) => {
                    let place = new.map_or(list.origin(), |new| new.origin());
                    self.push(old.copied(), new.copied(), place);
                }
            }
            self.path.pop();
        }
    }

    fn push(&mut self, old: Option<&Node>, new: Option<&Node>, place: Origin) {
        let names = (old.and_then(Node::as_str), new.and_then(Node::as_str));
        let renamed = match (self.renames, names) {
            (Some(renames), (Some(old), Some(new))) => renames.are_one(old, new),
            _ => false,
        };
        self.found.push(FieldChange {
            path: self.path.clone(),
            old: old.cloned(),
            new: new.cloned(),
            place: Some(place),
            secret: self.secret,
            order: false,
            renamed,
        });
    }
}

/// Whether two spellings are one amount.
fn same(old: &Node, new: &Node, of: Option<Type>) -> bool {
    let amount = |node: &Node| node.scalar_text().map(|text| canonical_quantity(&text));
    of.is_some_and(|of| of.kind() == Kind::Quantity) && amount(old).is_some() && amount(old) == amount(new)
}

/// What names the items of a list, when all of both lists have such a name and no two the same one:
/// the keys that Kubernetes merges such a list by, and for kinds that it does not define `name`.
fn keys_of(
    of: Option<Type>,
    old: &[&Node],
    new: &[&Node],
    renames: Option<&Renames>,
) -> Option<(Vec<EcoString>, Vec<EcoString>)> {
    let is_set = of.is_some_and(|of| of.list_type() == Some(ListType::Set) || of.patch_strategy().merge);
    let is_scalar = |node: &&Node| node.scalar_text().is_some();
    if is_set && old.iter().chain(new).all(is_scalar) {
        let names = unique(old, new, |node| node.scalar_text());
        return names.map(|names| of_environments(names, renames));
    }
    let map_keys: Vec<&str> = of.into_iter().flat_map(Type::list_map_keys).collect();
    let by_merge_key = of.and_then(Type::merge_key);
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::scalar_text);
    let candidates: Vec<Vec<&str>> = match (map_keys.is_empty(), by_merge_key) {
        (_, Some(key)) => vec![vec![key], map_keys],
        (false, None) => vec![map_keys],
        (true, None) => [["name"], ["key"], ["host"]].map(Vec::from).into(),
    };
    candidates.into_iter().filter(|keys| !keys.is_empty()).find_map(|keys| {
        let name = |node: &Node| {
            let parts: Vec<EcoString> = keys.iter().filter_map(|key| text(node, key)).collect();
            // A part that is left out has a default: `protocol` is TCP.
            (!parts.is_empty() && text(node, keys[0]).is_some()).then(|| parts.join("/").into())
        };
        // Hosts differ from environment to environment, and come in one order.
        if renames.is_some() && keys == ["host"] && old.len() == new.len() {
            return None;
        }
        let plain = unique(old, new, name).map(|names| of_environments(names, renames));
        plain.or_else(|| {
            // A name that ends in a hash of the content is the same name.
            let stable = |node: &Node| {
                name(node).map(|name: EcoString| without_hash(&name).map_or(name.clone(), EcoString::from))
            };
            unique(old, new, stable)
        })
    })
}

/// The names of items with those of two environments made one, unless two items would be one then.
fn of_environments((old, new): Names, renames: Option<&Renames>) -> Names {
    let Some(renames) = renames else { return (old, new) };
    // Of several keys the first is the name.
    let one = |names: &[EcoString], one: &dyn Fn(&str) -> EcoString| -> Vec<EcoString> {
        let first = |name: &EcoString| match name.split_once('/') {
            Some((first, rest)) => format!("{}/{rest}", one(first)).into(),
            None => one(name),
        };
        names.iter().map(first).collect()
    };
    let (old_ones, new_ones) = (one(&old, &|name| renames.plain_old(name)), one(&new, &|name| renames.plain_new(name)));
    let is_unique = |names: &[EcoString]| names.iter().collect::<HashSet<_>>().len() == names.len();
    match is_unique(&old_ones) && is_unique(&new_ones) {
        true => (old_ones, new_ones),
        false => (old, new),
    }
}

/// The names of the items of both lists.
type Names = (Vec<EcoString>, Vec<EcoString>);

fn unique(
    old: &[&Node],
    new: &[&Node],
    name: impl Fn(&Node) -> Option<EcoString>,
) -> Option<(Vec<EcoString>, Vec<EcoString>)> {
    let names = |nodes: &[&Node]| {
        let names: Option<Vec<EcoString>> = nodes.iter().map(|node| name(node)).collect();
        names.filter(|names| names.iter().collect::<HashSet<_>>().len() == names.len())
    };
    Some((names(old)?, names(new)?))
}
