use std::collections::BTreeMap;

use proptest::prelude::{Just, any, prop_assert, prop_oneof, proptest};
use proptest::strategy::Strategy as _;
use schemars::JsonSchema;
use serde::Deserialize;

use super::*;
use crate::object;
use crate::tree::de::from_node;
use crate::tree::{Keyed, Map};

fn at(position: u32) -> Origin {
    Origin::source(position)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: Text,
    count: Option<Spanned<u32>>,
    #[serde(default)]
    labels: Keyed<Text>,
    patch: Option<Raw>,
    strategy: Option<Strategy>,
    #[serde(default)]
    args: Vec<Text>,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "camelCase")]
enum Strategy {
    Recreate,
    RollingUpdate { surge: Spanned<i64> },
    Weight(f64),
    Pair(u8, u8),
}

fn sample() -> Node {
    let mut labels = Map::default();
    labels.push("z", at(20), Node::string("last", at(21)));
    labels.push("a", at(22), Node::string("first", at(23)));
    object! {
        at(0);
        "name": Node::string("shop", at(1)),
        "count": Node::new(3, at(2)),
        "labels": Node::new(labels, at(19)),
        "patch": object! { at(30); "deep": object! { at(31); "x": Node::null(at(32)) } },
        "strategy": object! { at(40); "rollingUpdate": object! { at(41); "surge": Node::new(-1, at(42)) } },
        "args": Node::new(vec![Node::string("serve", at(50))], at(49)),
    }
}

#[test]
fn values_and_keys_keep_their_places() {
    let sample: Sample = from_node(&sample()).unwrap();
    assert_eq!((sample.name.as_str(), sample.name.origin), ("shop", at(1)));
    let count = sample.count.unwrap();
    assert_eq!((count.value, count.origin), (3, at(2)));
    let labels: Vec<_> = sample.labels.iter().map(|(k, v)| (k.as_str(), k.origin, v.as_str(), v.origin)).collect();
    assert_eq!(labels, [("z", at(20), "last", at(21)), ("a", at(22), "first", at(23))]);
    assert!(sample.labels.contains("a") && sample.labels.get("b").is_none());
    assert_eq!(sample.args[0].origin, at(50));
    let Some(Strategy::RollingUpdate { surge }) = sample.strategy else { panic!() };
    assert_eq!((surge.value, surge.origin), (-1, at(42)));
}

#[test]
fn a_raw_field_is_the_node_itself_and_shares_its_content() {
    let node = sample();
    let sample: Sample = from_node(&node).unwrap();
    let raw = sample.patch.unwrap();
    assert_eq!(raw.origin(), at(30));
    assert_eq!(raw.at(&["deep", "x"]).unwrap().origin(), at(32));
    let storage = |node: &Node| node.as_map().unwrap().as_slice().as_ptr();
    assert_eq!(storage(&raw.0), storage(node.get("patch").unwrap()));
    assert!(from_node::<Raw>(&Node::null(at(5))).unwrap().is_null());
}

#[test]
fn a_value_goes_back_into_a_tree_with_its_own_place() {
    let sample: Sample = from_node(&sample()).unwrap();
    let made = object! {
        at(90);
        "name": &sample.name,
        "count"?: sample.count,
        "labels": &sample.labels,
        "patch"?: sample.patch.as_ref(),
        "args": &sample.args,
        "literal": 1,
    };
    let place = |keys: &[&str]| made.at(keys).unwrap().origin();
    assert_eq!(place(&["name"]), at(1));
    assert_eq!(place(&["count"]), at(2));
    assert_eq!(place(&["labels"]), at(90));
    assert_eq!(place(&["labels", "a"]), at(23));
    assert_eq!(made.get("labels").unwrap().as_map().unwrap().entry("a").unwrap().key_origin, at(22));
    assert_eq!(place(&["patch", "deep"]), at(31));
    assert_eq!((place(&["args"]), made.get("args").unwrap().items().next().unwrap().origin()), (at(90), at(50)));
    assert_eq!(place(&["literal"]), at(90));
}

#[test]
fn equality_ignores_places() {
    assert_eq!(Text::new("a", at(1)), Text::new("a", at(2)));
    assert_ne!(Spanned::new(1, at(1)), Spanned::new(2, at(1)));
    assert_eq!(Spanned::new(1, at(1)), Spanned::new(1, at(2)));
}

#[test]
fn nothing_is_coerced_and_errors_point_at_the_node() {
    let wrong = |key: &str, node: Node| {
        let mut sample = sample();
        sample.as_map_mut().unwrap().insert(key, node);
        let error = from_node::<Sample>(&sample).unwrap_err();
        (error.to_string(), error.origin().unwrap())
    };
    let text = |text: &str| Node::string(text, at(70));
    assert_eq!(wrong("count", text("1")), ("invalid type: string \"1\", expected u32".into(), at(70)));
    assert_eq!(wrong("count", Node::new(1.0, at(70))).1, at(70));
    assert_eq!(wrong("count", Node::new(-1, at(70))).1, at(70));
    assert_eq!(wrong("name", Node::new(1, at(70))), ("invalid type: integer `1`, expected a string".into(), at(70)));
    assert_eq!(wrong("name", Node::null(at(70))).1, at(70));
    assert_eq!(wrong("args", Node::new(vec![text("a"), Node::new(true, at(71))], at(60))).1, at(71));
    assert_eq!(wrong("strategy", text("rollingUpdate")).1, at(70));
    assert_eq!(wrong("strategy", text("unknown")).1, at(70));
    assert_eq!(wrong("strategy", object! { at(60); "recreate": Node::null(at(61)) }).1, at(61));
    assert_eq!(wrong("strategy", Node::map(at(60))).1, at(60));
    let three = Node::new(vec![Node::new(1, at(62)), Node::new(2, at(62)), Node::new(3, at(62))], at(61));
    assert_eq!(wrong("strategy", object! { at(60); "pair": three }).1, at(61));
    let mut unknown = sample();
    unknown.as_map_mut().unwrap().push("nmae", at(80), text("x"));
    assert_eq!(from_node::<Sample>(&unknown).unwrap_err().origin(), Some(at(80)));
    assert_eq!(from_node::<Sample>(&Node::map(at(9))).unwrap_err().origin(), Some(at(9)));
}

#[test]
fn null_is_an_absent_option_and_whole_numbers_are_numbers() {
    let mut node = sample();
    node.as_map_mut().unwrap().insert("count", Node::null(at(1)));
    node.as_map_mut().unwrap().insert("strategy", object! { at(1); "weight": 2 });
    let sample: Sample = from_node(&node).unwrap();
    assert!(sample.count.is_none());
    assert_eq!(sample.strategy, Some(Strategy::Weight(2.0)));
    node.as_map_mut().unwrap().insert("strategy", Node::string("recreate", at(1)));
    assert_eq!(from_node::<Sample>(&node).unwrap().strategy, Some(Strategy::Recreate));
    assert_eq!(from_node::<u64>(&Node::new(u64::MAX, at(1))).unwrap(), u64::MAX);
    assert!(from_node::<i64>(&Node::new(u64::MAX, at(1))).is_err());
}

#[test]
fn without_a_tree_a_spanned_value_is_refused() {
    assert!(serde_json::from_str::<Text>("\"a\"").is_err());
    assert!(serde_json::from_str::<Raw>("{}").is_err());
    assert!(serde_json::from_str::<Spanned<u8>>("1").is_err());
}

#[test]
fn the_schema_is_that_of_the_value() {
    let schema = |spanned: Schema, plain: Schema| assert_eq!(spanned, plain);
    schema(schemars::schema_for!(Option<Spanned<u32>>), schemars::schema_for!(Option<u32>));
    let text = schemars::schema_for!(Vec<Text>);
    assert_eq!(text.get("items").unwrap(), &serde_json::json!({ "type": "string" }));
    let keyed = schemars::schema_for!(Keyed<Spanned<bool>>);
    assert_eq!(keyed.get("additionalProperties").unwrap(), &serde_json::json!({ "type": "boolean" }));
}

/// Any tree up to a modest depth; keys are drawn from `keys`, so that known fields come up.
pub(crate) fn any_tree(keys: &'static [&'static str]) -> impl proptest::strategy::Strategy<Value = Node> {
    let scalar = prop_oneof![
        Just(crate::tree::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,6}".prop_map(Into::into),
        proptest::sample::select(keys).prop_map(Into::into),
    ];
    let origin = || (0..1000u32).prop_map(Origin::source);
    let leaf = (scalar, origin()).prop_map(|(value, origin)| Node::new(value, origin));
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let map = proptest::collection::btree_map(proptest::sample::select(keys), inner.clone(), 0..6);
        prop_oneof![
            (proptest::collection::vec(inner, 0..6), origin()).prop_map(|(items, origin)| Node::new(items, origin)),
            (map, origin()).prop_map(|(map, origin): (BTreeMap<_, _>, _)| {
                let mut made = Map::default();
                map.into_iter().for_each(|(key, node)| made.push(key, origin, node));
                Node::new(made, origin)
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_tree_is_read_or_refused_with_a_place(
        tree in any_tree(&["name", "count", "labels", "patch", "strategy", "args", "recreate", "pair", "surge"])
    ) {
        if let Err(error) = from_node::<Sample>(&tree) {
            prop_assert!(error.origin().is_some(), "{error}");
        }
    }
}
