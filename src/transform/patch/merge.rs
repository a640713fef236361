//! JSON merge patches (RFC 7386): mappings merge key by key, null takes a key away, and everything
//! else replaces what is there.

use super::{Outcome, Recorder};
use crate::origin::Origins;
use crate::tree::{Map, Node, Value};

/// Merges `patch` into `root`. It cannot fail; a null for a key that is not there is reported as
/// [`Outcome::removed_missing`].
pub fn apply(root: &mut Node, patch: &Node, origins: &mut Origins) -> Outcome {
    let mut recorder = Recorder::new(origins);
    merge(&mut recorder, root, patch);
    recorder.outcome
}

fn merge(recorder: &mut Recorder<'_>, target: &mut Node, patch: &Node) {
    match (target.as_map_mut(), patch.as_map()) {
        (Some(target), Some(patch)) => merge_map(recorder, target, patch),
        _ => {
            let new = fresh(recorder, patch);
            recorder.overwrite(target, new);
        }
    }
}

fn merge_map(recorder: &mut Recorder<'_>, target: &mut Map, patch: &Map) {
    let mut gone = vec![];
    for (entry, place) in patch.iter().zip(target.positions(patch.keys())) {
        recorder.path.push_key(entry.key.clone());
        match place {
            Some(place) if entry.node.is_null() => gone.push(place),
            Some(place) => {
                if let Some(known) = target.at_mut(place) {
                    merge(recorder, &mut known.node, &entry.node);
                }
            }
            None if entry.node.is_null() => recorder.missing(entry.node.origin()),
            None => {
                let node = fresh(recorder, &entry.node);
                target.push(entry.key.clone(), entry.key_origin, node);
                recorder.outcome.changed = true;
            }
        }
        recorder.path.pop();
    }
    remove_places(recorder, target, gone);
}

/// Takes the entries at `places` out.
pub(super) fn remove_places(recorder: &mut Recorder<'_>, map: &mut Map, mut places: Vec<usize>) {
    if places.is_empty() {
        return;
    }
    places.sort_unstable();
    let taken = std::mem::take(map).into_iter().enumerate();
    *map = taken.filter(|(place, _)| places.binary_search(place).is_err()).map(|(_, entry)| entry).collect();
    recorder.outcome.changed = true;
}

/// A value that is new where it goes: the patch's, without the nulls of its mappings.
fn fresh(recorder: &mut Recorder<'_>, patch: &Node) -> Node {
    match patch.as_map() {
        Some(map) if !is_plain(patch) => {
            let mut target = Map::with_capacity(map.len());
            merge_map_into_new(recorder, &mut target, map);
            Node::new(target, patch.origin())
        }
        _ => patch.clone(),
    }
}

fn merge_map_into_new(recorder: &mut Recorder<'_>, target: &mut Map, patch: &Map) {
    for entry in patch {
        recorder.path.push_key(entry.key.clone());
        match entry.node.value() {
            Value::Null => recorder.missing(entry.node.origin()),
            Value::Map(below) => {
                let mut map = Map::with_capacity(below.len());
                merge_map_into_new(recorder, &mut map, below);
                target.push(entry.key.clone(), entry.key_origin, Node::new(map, entry.node.origin()));
            }
            _ => target.push(entry.key.clone(), entry.key_origin, entry.node.clone()),
        }
        recorder.path.pop();
    }
}

/// Whether no mapping reachable through mappings alone holds a null.
fn is_plain(node: &Node) -> bool {
    node.entries().all(|entry| !entry.node.is_null() && is_plain(&entry.node))
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{json, text};
    use super::*;
    use crate::origin::Cause;

    #[test]
    fn the_examples_of_rfc_7386_hold() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a"]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"[1]"#, r#"null"#, r#"null"#),
        ] {
            let mut root = json(target, 0);
            apply(&mut root, &json(patch, 100), &mut Origins::default());
            assert_eq!(text(&root), text(&json(expected, 0)), "{target} + {patch}");
        }
    }

    #[test]
    fn a_null_for_a_missing_key_is_reported_with_its_path() {
        let mut root = json(r#"{"spec":{"a":1}}"#, 0);
        let patch = json(r#"{"spec":{"b":null,"c":{"d":null}}}"#, 100);
        let outcome = apply(&mut root, &patch, &mut Origins::default());
        let paths: Vec<_> = outcome.removed_missing.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["spec.b", "spec.c.d"]);
        assert_eq!(outcome.removed_missing[0].1, patch.at(&["spec", "b"]).unwrap().origin());
    }

    #[test]
    fn writing_what_is_there_changes_nothing() {
        let mut root = json(r#"{"spec":{"a":1,"l":[1,{"b":2}]}}"#, 0);
        let mut origins = Origins::default();
        let outcome = apply(&mut root, &json(r#"{"spec":{"l":[1,{"b":2}],"a":1}}"#, 100), &mut origins);
        assert_eq!(outcome, Outcome::default());
        assert!(root.at(&["spec", "a"]).unwrap().origin().position().is_some());
        assert!(apply(&mut root, &json(r#"{"spec":{"a":1.0}}"#, 100), &mut origins).changed);
    }

    #[test]
    fn the_winner_remembers_the_loser_and_what_is_added_keeps_its_place() {
        let mut root = json(r#"{"a":1}"#, 0);
        let patch = json(r#"{"a":2,"b":3}"#, 100);
        let mut origins = Origins::default();
        apply(&mut root, &patch, &mut origins);
        let step = origins.get(root.get("a").unwrap().origin()).unwrap();
        assert_eq!(step.cause, Cause::Patch { operation: 0 });
        assert_eq!(step.at, Some(patch.get("a").unwrap().origin()));
        assert_eq!(step.old.as_ref().unwrap().as_i64(), Some(1));
        assert_eq!(root.get("b").unwrap().origin(), patch.get("b").unwrap().origin());
    }

    #[test]
    fn large_mappings_merge_through_an_index() {
        let object = |range: std::ops::Range<i32>, value: &str| {
            let entries: Vec<_> = range.map(|i| format!("\"k{i}\":{value}")).collect();
            json(&format!("{{{}}}", entries.join(",")), 0)
        };
        let mut root = object(0..100, "1");
        apply(&mut root, &object(50..150, "2"), &mut Origins::default());
        assert_eq!(root.as_map().unwrap().len(), 150);
        apply(&mut root, &object(0..120, "null"), &mut Origins::default());
        assert_eq!(root, object(120..150, "2"));
    }
}
