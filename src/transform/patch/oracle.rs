//! Test support: JSON texts as trees, and an independent crate as the judge of both JSON patches.

use proptest::prelude::*;
use serde_json::{Map as JsonMap, Value as Json};

use super::{Dialect, json6902, merge, strategic};
use crate::origin::{Origin, Origins};
use crate::tree::{Map, Node, Value};

/// A tree of a JSON text; its nodes have the origins `first`, `first + 1`, ...
pub(super) fn json(text: &str, first: u32) -> Node {
    tree(&serde_json::from_str(text).unwrap(), &mut { first })
}

/// A tree as sorted JSON text.
pub(super) fn text(node: &Node) -> String {
    let mut value = plain(node);
    value.sort_all_objects();
    value.to_string()
}

/// A tree of a YAML text.
pub(super) fn yaml(text: &str, first: u32) -> Node {
    tree(&serde_yaml::from_str(text).unwrap(), &mut { first })
}

fn tree(value: &Json, next: &mut u32) -> Node {
    let origin = Origin::source(*next);
    *next += 1;
    match value {
        Json::Null => Node::null(origin),
        Json::Bool(truth) => Node::new(*truth, origin),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Node::new(number, origin),
            (None, Some(number)) => Node::new(number, origin),
            (None, None) => Node::new(number.as_f64().unwrap(), origin),
        },
        Json::String(text) => Node::string(text.as_str(), origin),
        Json::Array(items) => Node::new(items.iter().map(|item| tree(item, next)).collect::<Vec<_>>(), origin),
        Json::Object(entries) => {
            let mut map = Map::default();
            for (key, value) in entries {
                map.push(key.as_str(), origin, tree(value, next));
            }
            Node::new(map, origin)
        }
    }
}

pub(super) fn plain(node: &Node) -> Json {
    match node.value() {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::from(*truth),
        Value::Int(number) => Json::from(*number),
        Value::Uint(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Str(text) => Json::from(text.as_str()),
        Value::Seq(items) => items.iter().map(plain).collect::<Vec<_>>().into(),
        Value::Map(map) => map.iter().map(|e| (e.key.to_string(), plain(&e.node))).collect::<JsonMap<_, _>>().into(),
    }
}

/// Documents over few keys, so that patches hit them often.
fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (0..4i64).prop_map(Json::from),
        Just(Json::from(u64::MAX)),
        Just(Json::from(1.5)),
        "[ab]?".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|entries| Json::from(entries.into_iter().collect::<JsonMap<_, _>>())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "a/b", "~", "0", ""]).prop_map(str::to_string)
}

fn path() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec!["a", "b", "c", "a~1b", "~0", "0", "1", "2", "-", "01", ""]);
    prop::collection::vec(token, 0..4).prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect())
}

fn operation() -> impl Strategy<Value = Json> {
    let op = prop::sample::select(vec!["add", "add", "remove", "replace", "move", "copy", "test"]);
    (op, path(), path(), document()).prop_map(|(op, path, from, value)| match op {
        "remove" => serde_json::json!({"op": op, "path": path}),
        "move" | "copy" => serde_json::json!({"op": op, "path": path, "from": from}),
        _ => serde_json::json!({"op": op, "path": path, "value": value}),
    })
}

/// What no oracle decides: the RFC does not define taking the whole document away, and a
/// value moved onto itself is left alone by us.
fn is_disputed(operation: &Json) -> bool {
    let text = |key| operation.get(key).and_then(Json::as_str);
    match text("op") {
        Some("remove") => text("path") == Some(""),
        Some("move") => text("from") == Some("") || text("from") == text("path"),
        _ => false,
    }
}

fn without_directives(value: Json) -> Json {
    match value {
        Json::Array(items) => items.into_iter().map(without_directives).collect::<Vec<_>>().into(),
        Json::Object(entries) => {
            let fields = entries.into_iter().filter(|(key, _)| !key.starts_with('$'));
            fields.map(|(key, value)| (key, without_directives(value))).collect::<JsonMap<_, _>>().into()
        }
        other => other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_patches_agree_with_an_independent_implementation(
        before in document(),
        operations in prop::collection::vec(operation(), 0..4),
    ) {
        prop_assume!(!operations.iter().any(is_disputed));
        let mut theirs = before.clone();
        let patch: json_patch::Patch = serde_json::from_value(Json::from(operations.clone())).unwrap();
        let expected = json_patch::patch_unsafe(&mut theirs, &patch);

        let mut ours = tree(&before, &mut 0);
        let parsed = json6902::parse(&tree(&Json::from(operations), &mut 1000), Dialect::Standard).unwrap();
        let outcome = json6902::apply(&mut ours, &parsed, Dialect::Standard, &mut Origins::default());
        prop_assert_eq!(outcome.is_ok(), expected.is_ok(), "ours {:?}, theirs {:?}", outcome, expected);
        match outcome {
            Ok(outcome) => {
                prop_assert_eq!(plain(&ours), theirs.clone());
                prop_assert!(outcome.changed || theirs == before);
            }
            Err(_) => prop_assert_eq!(plain(&ours), before),
        }
    }

    #[test]
    fn merge_patches_agree_with_an_independent_implementation(before in document(), patch in document()) {
        let mut theirs = before.clone();
        json_patch::merge(&mut theirs, &patch);
        let mut ours = tree(&before, &mut 0);
        let outcome = merge::apply(&mut ours, &tree(&patch, &mut 1000), &mut Origins::default());
        prop_assert_eq!(plain(&ours), theirs.clone());
        prop_assert_eq!(outcome.changed, theirs != before);
    }

    #[test]
    fn without_definitions_a_strategic_merge_is_a_json_merge(before in document(), patch in document()) {
        prop_assume!(!patch.is_null());
        let (mut strategic, mut merged) = (tree(&before, &mut 0), tree(&before, &mut 0));
        let patch = tree(&patch, &mut 1000);
        let outcome =
            strategic::apply(&mut strategic, &patch, None::<strategic::tests::Shape>, Dialect::Standard, &mut Origins::default()).unwrap();
        let expected = merge::apply(&mut merged, &patch, &mut Origins::default());
        prop_assert_eq!(plain(&strategic), plain(&merged));
        prop_assert_eq!(outcome, expected);
    }

    #[test]
    fn no_dialect_panics_on_any_tree(before in strategic::tests::podlike(), patch in strategic::tests::podlike(), list in document()) {
        for dialect in [Dialect::Standard, Dialect::Kustomize] {
            let (mut root, patch) = (tree(&before, &mut 0), tree(&patch, &mut 1000));
            let _ = strategic::apply(&mut root, &patch, Some(strategic::tests::ROOT), dialect, &mut Origins::default());
            let _ = json6902::parse(&patch, dialect);
            let _ = json6902::parse(&tree(&list, &mut 0), dialect);
        }
    }

    #[test]
    fn a_strategic_merge_without_directives_is_idempotent(before in strategic::tests::podlike(), patch in strategic::tests::podlike()) {
        let patch = without_directives(patch);
        let mut root = tree(&before, &mut 0);
        let patch = tree(&patch, &mut 1000);
        let apply = |root: &mut Node| {
            strategic::apply(root, &patch, Some(strategic::tests::ROOT), Dialect::Standard, &mut Origins::default())
        };
        if apply(&mut root).is_ok() {
            let once = plain(&root);
            let outcome = apply(&mut root);
            prop_assert!(outcome.is_ok());
            prop_assert_eq!(plain(&root), once);
        }
    }

    #[test]
    fn the_direct_way_through_a_list_is_the_slow_way(before in strategic::tests::full_list(), patch in strategic::tests::full_list()) {
        prop_assume!(!before.to_string().contains("$patch"));
        super::kyaml::tests::check_both_ways(&tree(&before, &mut 0), &tree(&patch, &mut 1000));
    }
}
