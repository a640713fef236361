//! Compares the validator with the `jsonschema` crate: a JSON Schema is made from the same types,
//! random objects are made and spoilt, and both must give the same verdict.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::origin::Origin;
use crate::tree::{Map, Node, Value};

/// `int32` of the OpenAPI specification.
const INT32: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);
const QUANTITY: &str = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\s*$";
const BASE64: &str = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";

/// The JSON Schema of a type, with every object once in `$defs`.
fn json_schema(of: Type) -> Json {
    let mut defs = BTreeMap::new();
    let mut root = schema_of(of, &mut defs);
    root["$defs"] = json!(defs);
    root
}

fn schema_of(of: Type, defs: &mut BTreeMap<String, Json>) -> Json {
    match of.kind() {
        Kind::Any => json!({}),
        Kind::Object if of.preserves_unknown_fields() => json!({"type": "object"}),
        Kind::Object => {
            let name: String = format!("{of:?}").chars().filter(|c| c.is_ascii_alphanumeric()).collect();
            if !defs.contains_key(&name) {
                defs.insert(name.clone(), Json::Null);
                let object = object_schema(of, defs);
                defs.insert(name.clone(), object);
            }
            json!({"$ref": format!("#/$defs/{name}")})
        }
        Kind::Map => {
            json!({"type": "object", "additionalProperties": schema_of(of.additional().unwrap(), defs)})
        }
        Kind::Array => json!({"type": "array", "items": schema_of(of.items().unwrap(), defs)}),
        Kind::String if of.format() == Some(Format::Byte) => json!({"type": "string", "pattern": BASE64}),
        Kind::String => json!({"type": "string"}),
        Kind::Integer if of.format() == Some(Format::Int32) => {
            json!({"type": "integer", "minimum": INT32.0, "maximum": INT32.1})
        }
        Kind::Integer => json!({"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX}),
        Kind::Number => json!({"type": "number"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::IntOrString => json!({"type": ["integer", "string"], "minimum": INT32.0, "maximum": INT32.1}),
        Kind::Quantity => json!({"type": ["number", "string"], "pattern": QUANTITY}),
    }
}

fn object_schema(of: Type, defs: &mut BTreeMap<String, Json>) -> Json {
    let property = |field: Field| {
        let schema = schema_of(field.of, defs);
        let schema = if field.required { schema } else { json!({"anyOf": [{"type": "null"}, schema]}) };
        (field.name.to_string(), schema)
    };
    let properties: serde_json::Map<_, _> = of.fields().map(property).collect();
    let not_null: serde_json::Map<_, _> =
        of.required().map(|name| (name.into(), json!({"not": {"type": "null"}}))).collect();
    let required: Vec<_> = of.required().collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false, "required": required,
           "allOf": [{"properties": not_null}]})
}

/// Choices from one seed (xorshift64*).
pub(super) struct Choice(u64);

impl Choice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit
    }

    fn of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }
}

/// A random valid value.
fn valid(of: Type, depth: usize, choice: &mut Choice) -> Json {
    match of.kind() {
        Kind::Any => choice.of(&[json!(true), json!({"a": [1]}), json!("x"), json!(1.5)]),
        Kind::Object if of.preserves_unknown_fields() => json!({"free": {"form": null}}),
        Kind::Object => {
            let wanted = |field: &Field| field.required || depth < 5 && choice.below(3) == 0;
            let fields: Vec<_> = of.fields().filter(wanted).collect();
            Json::Object(fields.iter().map(|f| (f.name.into(), valid(f.of, depth + 1, choice))).collect())
        }
        Kind::Map => match choice.below(3) {
            0 => json!({}),
            _ => json!({"a.b/c": valid(of.additional().unwrap(), depth + 1, choice)}),
        },
        Kind::Array => {
            let count = choice.below(3);
            (0..count).map(|_| valid(of.items().unwrap(), depth + 1, choice)).collect()
        }
        Kind::String if of.format() == Some(Format::Byte) => choice.of(&[json!("YQ=="), json!("")]),
        Kind::String => choice.of(&[json!("text"), json!("")]),
        Kind::Integer => choice.of(&[json!(0), json!(-7), json!(2_147_483_647), json!(3.0)]),
        Kind::Number => choice.of(&[json!(0), json!(0.5)]),
        Kind::Boolean => choice.of(&[json!(true), json!(false)]),
        Kind::IntOrString => choice.of(&[json!(80), json!("25%")]),
        Kind::Quantity => choice.of(&[json!("500m"), json!("1Gi"), json!(1), json!(0.5), json!("1e3")]),
    }
}

/// Changes one random place.
pub(super) fn spoil(root: &mut Json, choice: &mut Choice) {
    // The later of two places: a change at the root hides all others.
    let places = count(root);
    let mut target = choice.below(places).max(choice.below(places));
    change(nth(root, &mut target).unwrap(), choice);
}

fn children(node: &mut Json) -> Vec<&mut Json> {
    match node {
        Json::Object(map) => map.values_mut().collect(),
        Json::Array(items) => items.iter_mut().collect(),
        _ => Vec::new(),
    }
}

fn count(node: &mut Json) -> usize {
    1 + children(node).into_iter().map(count).sum::<usize>()
}

fn nth<'a>(node: &'a mut Json, place: &mut usize) -> Option<&'a mut Json> {
    if *place == 0 {
        return Some(node);
    }
    *place -= 1;
    children(node).into_iter().find_map(|child| nth(child, place))
}

fn change(node: &mut Json, choice: &mut Choice) {
    match (choice.below(3), &mut *node) {
        (0, Json::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(choice.below(map.len())).unwrap().clone();
            map.shift_remove(&key);
        }
        (1, Json::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(choice.below(map.len())).unwrap().clone();
            let value = map.shift_remove(&key).unwrap();
            let renamed =
                choice.of(&[format!("{key}s"), key.to_uppercase(), String::new(), key.chars().skip(1).collect()]);
            map.insert(renamed, value);
        }
        (0, Json::Array(items)) => items.push(Json::Null),
        (1, Json::String(text)) => text.clear(),
        (1, Json::Array(items)) => items.clear(),
        _ => {
            let others = json!([null, true, 1, -1, 2147483648u64, 1.5, 3.0, 1e20, "x", "", "1Gi", "2OOm", "1.2.3", "YQ==", "Y===", [], [null], {}, {"a": null}, {"name": "x"}]);
            *node = choice.of(others.as_array().unwrap());
        }
    }
}

/// The same data as a tree.
pub(super) fn tree(json: &Json) -> Node {
    let origin = Origin::source(0);
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => Value::Int(number),
            (_, Some(number), _) => Value::Uint(number),
            (.., number) => Value::Float(number.unwrap()),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(tree).collect::<Vec<_>>().into(),
        Json::Object(object) => {
            let mut map = Map::default();
            object.iter().for_each(|(key, value)| map.push(key.as_str(), origin, tree(value)));
            map.into()
        }
    };
    Node::new(value, origin)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_verdict_is_that_of_a_json_schema_validator(kind in 0usize..1000, minor in 25u8..=37, seed: u64) {
        let definitions = Definitions::of(Version { major: 1, minor });
        let kinds: Vec<_> = definitions.kinds().collect();
        let gvk = &kinds[kind % kinds.len()];
        let of = definitions.resource(gvk).unwrap();
        let oracle = jsonschema::validator_for(&json_schema(of)).unwrap();
        let choice = &mut Choice::new(seed);
        for _ in 0..8 {
            let mut object = valid(of, 0, choice);
            let ours = validate_as(&tree(&object), of);
            prop_assert!(ours.is_empty() && oracle.is_valid(&object), "{gvk:?} {minor} {ours:?} {object}");
            for _ in 0..4 {
                spoil(&mut object, choice);
                let ours = validate_as(&tree(&object), of);
                prop_assert_eq!(ours.is_empty(), oracle.is_valid(&object), "{:?} {} {:?} {}", gvk, minor, ours, object);
            }
        }
    }
}

/// A structural schema as a JSON Schema that refuses what the API server refuses; `pattern` and
/// the like are not compared, because the validator does not evaluate them.
fn strict(schema: &Json) -> Json {
    let is = |key: &str| schema[key] == true;
    let mut result = serde_json::Map::new();
    for key in [
        "enum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
    ] {
        schema.get(key).map(|value| result.insert(key.into(), value.clone()));
    }
    if is("x-kubernetes-int-or-string") {
        result.extend(int_or_string());
    } else if let Some(of) = schema.get("type") {
        result.insert("type".into(), of.clone());
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), Some("int32")) => {
            result.entry("minimum").or_insert(json!(INT32.0));
            result.entry("maximum").or_insert(json!(INT32.1));
        }
        (Some("integer"), _) => {
            result.entry("minimum").or_insert(json!(i64::MIN));
            result.entry("maximum").or_insert(json!(i64::MAX));
        }
        (_, Some("byte")) => drop(result.insert("pattern".into(), json!(BASE64))),
        (Some("array"), _) => drop(result.insert("items".into(), strict(&schema["items"]))),
        (Some("object"), _) => result.extend(strict_object(schema)),
        _ => {}
    }
    match is("nullable") || schema.get("default").is_some() {
        true => json!({"anyOf": [{"type": "null"}, result]}),
        false => Json::Object(result),
    }
}

fn int_or_string() -> serde_json::Map<String, Json> {
    let schema = json!({"type": ["integer", "string"], "minimum": INT32.0, "maximum": INT32.1});
    schema.as_object().unwrap().clone()
}

fn strict_object(schema: &Json) -> serde_json::Map<String, Json> {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let additional = match (&schema["additionalProperties"], &schema["x-kubernetes-preserve-unknown-fields"]) {
        (Json::Object(below), _) => strict(&Json::Object(below.clone())),
        (Json::Bool(true), _) | (_, Json::Bool(true)) => json!(true),
        _ => json!(false),
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let required: Vec<_> =
        required.iter().filter(|name| properties[name.as_str().unwrap()].get("default").is_none()).collect();
    let strict_properties: serde_json::Map<_, _> = properties.iter().map(|(k, v)| (k.clone(), strict(v))).collect();
    let object = json!({"properties": strict_properties, "additionalProperties": additional, "required": required});
    object.as_object().unwrap().clone()
}

/// A random value that is often valid.
fn plausible(schema: &Json, depth: usize, choice: &mut Choice) -> Json {
    if let Some(options) = schema["enum"].as_array() {
        return choice.of(options);
    }
    match schema["type"].as_str() {
        Some("object") => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut object = serde_json::Map::new();
            for (name, below) in schema["properties"].as_object().into_iter().flatten() {
                let is_required = required.iter().any(|r| r == name) && below.get("default").is_none();
                if is_required || depth < 6 && choice.below(3) == 0 {
                    object.insert(name.clone(), plausible(below, depth + 1, choice));
                }
            }
            if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
                object.insert("key".into(), plausible(values, depth + 1, choice));
            }
            if schema["x-kubernetes-preserve-unknown-fields"] == true {
                object.insert("free".into(), json!({"form": [null]}));
            }
            Json::Object(object)
        }
        Some("array") => (0..1 + choice.below(2)).map(|_| plausible(&schema["items"], depth + 1, choice)).collect(),
        Some("boolean") => json!(true),
        Some("integer") => choice.of(&[json!(1), json!(700)]),
        Some("number") => json!(0.5),
        _ if schema.get("default").is_some() && choice.below(4) == 0 => Json::Null,
        Some("string") => choice.of(&[json!("YQ=="), json!("text")]),
        _ => json!("5m"),
    }
}

/// The definitions that come with the binary, as files.
const CRDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/crds");

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_verdict_on_custom_resources_is_that_of_a_json_schema_validator(which in 0..Pinned::all().len(), seed: u64) {
        let definitions = Definitions::of(Version::NEWEST);
        let path = std::fs::read_dir(CRDS).unwrap().map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "json")).nth(which).unwrap();
        let definition: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for version in definition["spec"]["versions"].as_array().unwrap() {
            let schema = &version["schema"]["openAPIV3Schema"];
            let kind = CustomKind::all_of(&tree(&definition)).into_iter().find(|kind| *kind.gvk.version == *version["name"].as_str().unwrap());
            let kind = kind.unwrap();
            let oracle = jsonschema::validator_for(&strict(schema)).unwrap();
            let choice = &mut Choice::new(seed);
            for round in 0..16 {
                let mut object = plausible(schema, 0, choice);
                // `metadata` is compared with the built-in kinds.
                object.as_object_mut().unwrap().shift_remove("metadata");
                (0..round % 4).for_each(|_| spoil(&mut object, choice));
                if object.get("metadata").is_some() {
                    continue;
                }
                let ours = kind.validate(&tree(&object), definitions);
                let theirs: Vec<_> = oracle.iter_errors(&object).map(|error| error.to_string()).collect();
                prop_assert_eq!(ours.is_empty(), theirs.is_empty(), "{:?} {:?} {:?} {}", kind.gvk, ours, theirs, object);
            }
        }
    }
}
