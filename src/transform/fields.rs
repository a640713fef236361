//! Field paths as kustomize writes them, and walks along them.
//!
//! `spec/template/spec/containers[]/image`: keys joined by `/`; a list on the way means each of
//! its items, with or without `[]` after its key; `\/` is a `/` inside a key.

use std::borrow::Cow;

use crate::origin::Origin;
use crate::resource::Gvk;
use crate::tree::{Map, Node, Value};

/// A field of the resources that a group, version and kind select; an empty text selects any
/// (kustomize's field specs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSpec<'a> {
    /// The group; empty for any.
    pub group: &'a str,
    /// The version; empty for any.
    pub version: &'a str,
    /// The kind; empty for any.
    pub kind: &'a str,
    /// The path of the field.
    pub path: &'a str,
    /// Whether the field is made where it is missing.
    pub create: bool,
}

impl FieldSpec<'_> {
    /// Whether the field is one of resources of this group, version and kind.
    pub fn selects(&self, gvk: &Gvk) -> bool {
        let fits = |selector: &str, value: &str| selector.is_empty() || selector == value;
        fits(self.kind, &gvk.kind) && fits(self.group, &gvk.group) && fits(self.version, &gvk.version)
    }
}

/// One field that a walk found.
pub struct Found<'n, 'p> {
    /// The positions that lead to it from the root: of an entry in a mapping, of an item in a list.
    pub place: &'p [usize],
    /// Its value.
    pub node: &'n Node,
    /// The mapping that holds it, directly or through a list.
    pub parent: &'n Map,
}

/// Visits every field at `path` below `root`, in written order. A missing field, null or a scalar
/// on the way ends that branch.
pub fn visit<'n>(root: &'n Node, path: &str, found: &mut impl FnMut(Found<'n, '_>)) {
    walk(root, Some(path.strip_prefix('/').unwrap_or(path)), None, &mut Vec::new(), found);
}

fn walk<'n>(
    node: &'n Node,
    path: Option<&str>,
    parent: Option<&'n Map>,
    place: &mut Vec<usize>,
    found: &mut impl FnMut(Found<'n, '_>),
) {
    let (Some(path), value) = (path, node.value()) else {
        if let Some(parent) = parent {
            found(Found { place, node, parent });
        }
        return;
    };
    match value {
        Value::Map(map) => {
            let (key, rest) = first_step(path);
            if let Some(position) = map.position(&key) {
                place.push(position);
                walk(&map.as_slice()[position].node, rest, Some(map), place, found);
                place.pop();
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(index);
                walk(item, Some(path), parent, place, found);
                place.pop();
            }
        }
        _ => {}
    }
}

/// The first key of a path, without `[]` and escapes, and what follows.
fn first_step(path: &str) -> (Cow<'_, str>, Option<&str>) {
    let (mut escaped, mut before) = (false, 0);
    let slash = path.bytes().position(|byte| {
        let is_end = byte == b'/' && before != b'\\';
        escaped |= byte == b'/' && !is_end;
        before = byte;
        is_end
    });
    let (key, rest) = slash.map_or((path, None), |slash| (&path[..slash], Some(&path[slash + 1..])));
    let key = key.strip_suffix("[]").unwrap_or(key);
    match escaped {
        true => (key.replace("\\/", "/").into(), rest),
        false => (key.into(), rest),
    }
}

/// Replaces the value at the place that a walk found; the tree must be the one that was walked.
pub fn replace(root: &mut Node, place: &[usize], node: Node) {
    let Some((position, rest)) = place.split_first() else {
        *root = node;
        return;
    };
    let child = match root.value_mut() {
        Value::Map(map) => map.at_mut(*position).map(|entry| &mut entry.node),
        Value::Seq(items) if *position < items.len() => items.make_mut().get_mut(*position),
        _ => None,
    };
    if let Some(child) = child {
        replace(child, rest, node);
    }
}

/// Something that is neither a mapping nor a list stands where a path goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Where it is.
    pub origin: Origin,
}

/// What [`upsert`] makes of missing fields.
#[derive(Clone, Copy, Debug)]
pub enum Missing {
    /// Leaves them out.
    Skip,
    /// Makes them, and the mappings that lead to them, with this origin; the field starts as
    /// null. Nothing is made below a list that is missing (a key with `[]`).
    Create(Origin),
}

/// Changes every field at `path` below `root` in place; returns how many there are. Null on the
/// way counts as missing.
pub fn upsert(
    root: &mut Node,
    path: &str,
    missing: Missing,
    change: &mut impl FnMut(&mut Node),
) -> Result<usize, Blocked> {
    descend(root, Some(path.strip_prefix('/').unwrap_or(path)), missing, change)
}

fn descend(
    node: &mut Node,
    path: Option<&str>,
    missing: Missing,
    change: &mut impl FnMut(&mut Node),
) -> Result<usize, Blocked> {
    let Some(path) = path else {
        change(node);
        return Ok(1);
    };
    let origin = node.origin();
    match node.value_mut() {
        Value::Null => Ok(0),
        Value::Seq(items) if items.is_empty() => Ok(0),
        Value::Seq(items) => items
            .make_mut()
            .iter_mut()
            .try_fold(0, |count, item| Ok(count + descend(item, Some(path), missing, change)?)),
        Value::Map(map) => {
            let (key, rest) = first_step(path);
            if let Missing::Create(origin) = missing {
                make(map, path, &key, rest.is_some(), origin);
            }
            map.get_mut(&key).map_or(Ok(0), |child| descend(child, rest, missing, change))
        }
        _ => Err(Blocked { origin }),
    }
}

/// Makes `key` where it is missing; where it is null and more follows, makes it a mapping.
fn make(map: &mut Map, path: &str, key: &str, more: bool, origin: Origin) {
    let list = path.split('/').next().is_some_and(|step| step.ends_with("[]"));
    let absent = map.get(key).is_none_or(|node| more && node.is_null());
    if absent && !list && !key.is_empty() {
        map.insert(key, if more { Node::map(origin) } else { Node::null(origin) });
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{json, tree};
    use super::*;

    fn texts(root: &str, path: &str) -> Vec<String> {
        let root = tree(root);
        let mut texts = Vec::new();
        visit(&root, path, &mut |found| texts.push(json(found.node)));
        texts
    }

    #[test]
    fn a_walk_goes_through_lists_with_and_without_brackets() {
        let root = r#"{"spec":{"containers":[{"image":"a"},{"name":"x"},{"image":"b"}]}}"#;
        assert_eq!(texts(root, "spec/containers/image"), [r#""a""#, r#""b""#]);
        assert_eq!(texts(root, "/spec/containers[]/image"), [r#""a""#, r#""b""#]);
        assert!(texts(root, "spec/other/image").is_empty());
        assert!(texts(root, "spec/containers/image/deeper").is_empty());
        assert_eq!(texts(r#"{"a":{"x/y":1}}"#, r"a/x\/y"), ["1"]);
        assert_eq!(texts(r#"{"a":[[{"b":1}],{"b":2}]}"#, "a/b"), ["1", "2"]);
    }

    #[test]
    fn a_place_leads_back_to_the_field() {
        let root = tree(r#"{"k":0,"l":[{"n":1},{"m":0,"n":2}]}"#);
        let mut changed = root.clone();
        visit(&root, "l/n", &mut |found| replace(&mut changed, found.place, tree("9")));
        assert_eq!(json(&changed), r#"{"k":0,"l":[{"n":9},{"m":0,"n":9}]}"#);
        assert_eq!(json(&root), r#"{"k":0,"l":[{"n":1},{"m":0,"n":2}]}"#);
    }

    #[test]
    fn missing_fields_are_made_only_when_asked() {
        let check = |root: &str, path: &str, missing, expected: &str| {
            let mut root = tree(root);
            let result = upsert(&mut root, path, missing, &mut |node| *node = Node::new(7, Origin::source(0)));
            assert_eq!((json(&root), result.is_ok()), (expected.to_owned(), true), "{path}");
        };
        let create = Missing::Create(Origin::source(1));
        check("{}", "a/b", create, r#"{"a":{"b":7}}"#);
        check("{}", "a/b", Missing::Skip, "{}");
        check(r#"{"a":null}"#, "a/b", create, r#"{"a":{"b":7}}"#);
        check(r#"{"a":null}"#, "a/b", Missing::Skip, r#"{"a":null}"#);
        check(r#"{"a":[{},{"b":1}]}"#, "a/b", create, r#"{"a":[{"b":7},{"b":7}]}"#);
        check("{}", "a[]/b", create, "{}");
        assert!(upsert(&mut tree(r#"{"a":1}"#), "a/b", create, &mut |_| {}).is_err());
    }
}
