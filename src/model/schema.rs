//! The JSON Schemas of what users write, as an editor reads them.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::app::App;
use super::layering::{Rule, rule};
use super::overlay::{Component, Overlay};
use super::policy::Policy;
use super::project::Project;

/// The keyword that names the merge rule of a field.
const MERGE: &str = "x-strata-merge";

/// The schema (draft 2020-12) of a `T` as it is read.
pub(super) fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(bound));
    settings.into_generator().into_root_schema_for::<T>()
}

/// Gives 32-bit integers the range that schemars leaves to their format, which editors ignore.
fn bound(schema: &mut Schema) {
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => (0, i64::from(u32::MAX)),
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => return,
    };
    for (keyword, limit) in [("minimum", low), ("maximum", high)] {
        if schema.get(keyword).is_none() {
            schema.insert(keyword.to_owned(), limit.into());
        }
    }
}

/// The text of the JSON Schema file of `T`, with `id` as its `$id`. The order of keys is that of
/// the type's fields, definitions are sorted by name, and the merge rule of a field (written as
/// `#[schemars(extend("x-strata-merge" = "keys"))]`) is told in its description too, where an
/// editor shows it.
pub fn schema<T: JsonSchema>(id: &str, title: &str) -> String {
    text(schema_of::<T>().to_value(), id, title)
}

/// The schemas of all files that users write: file name and text. `app-layer.schema.json` is what
/// `app:` of an overlay or component may hold: the fields of an application, none of them
/// required, each of them removable by `null` unless it is a guard.
pub fn schemas() -> Vec<(&'static str, String)> {
    let mut app = schema_of::<App>().to_value();
    let definitions = app.get("$defs").cloned().unwrap_or_default();
    layering(&mut app, &definitions);
    let mut layer = app.clone();
    partial(&mut layer);
    let with_layer = |mut schema: Value| {
        if let Some(app) = schema.pointer_mut("/properties/app").and_then(Value::as_object_mut) {
            app.insert("$ref".to_owned(), "app-layer.schema.json".into());
        }
        schema
    };
    let overlay = with_layer(schema_of::<Overlay>().to_value());
    let component = with_layer(schema_of::<Component>().to_value());
    let project = schema_of::<Project>().to_value();
    [
        ("app.schema.json", app, "A Strata application: base/<app>/app.yaml"),
        ("app-layer.schema.json", layer, "Fields of a Strata application that a layer changes"),
        ("component.schema.json", component, "A Strata component: components/<name>/component.yaml"),
        ("overlay.schema.json", overlay, "A Strata overlay: overlays/<app>/<env>/overlay.yaml"),
        ("policy.schema.json", schema_of::<Policy>().to_value(), "A Strata policy: policies/<name>.yaml"),
        ("project.schema.json", project, "A Strata project: strata.yaml"),
    ]
    .into_iter()
    .map(|(file, schema, title)| (file, text(schema, file, title)))
    .collect()
}

/// Writes the merge rule of every field into the schema of an application.
fn layering(app: &mut Value, definitions: &Value) {
    let mut rules: Vec<(String, &'static str)> = Vec::new();
    collect_rules(app, "", &mut Vec::new(), definitions, &mut rules);
    for (pointer, rule) in rules {
        if let Some(field) = app.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            field.insert(MERGE.to_owned(), rule.into());
        }
    }
}

/// Walks the fields below `schema` (found at `pointer` of the file) and notes each one's rule.
fn collect_rules(
    schema: &Value,
    pointer: &str,
    path: &mut Vec<String>,
    definitions: &Value,
    rules: &mut Vec<(String, &'static str)>,
) {
    // The paths that rules speak of are at most seven keys long.
    if path.len() > 7 {
        return;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/")) {
        if let Some(definition) = definitions.get(name) {
            collect_rules(definition, &format!("/$defs/{name}"), path, definitions, rules);
        }
        return;
    }
    for combined in ["anyOf", "oneOf"] {
        for (index, option) in schema.get(combined).and_then(Value::as_array).into_iter().flatten().enumerate() {
            collect_rules(option, &format!("{pointer}/{combined}/{index}"), path, definitions, rules);
        }
    }
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields = fields.map(|(name, field)| (name.as_str(), format!("{pointer}/properties/{name}"), field));
    let any = schema.get("additionalProperties").filter(|any| any.is_object());
    let any = any.map(|any| ("*", format!("{pointer}/additionalProperties"), any));
    for (name, pointer, field) in fields.chain(any) {
        path.push(name.to_owned());
        let keys: Vec<&str> = path.iter().map(String::as_str).collect();
        let rule = match rule(&keys) {
            Rule::ByKey if !is_mapping(field, definitions) => Rule::Replace,
            rule => rule,
        };
        rules.push((pointer.clone(), rule.as_str()));
        collect_rules(field, &pointer, path, definitions, rules);
        path.pop();
    }
}

fn is_mapping(schema: &Value, definitions: &Value) -> bool {
    let referred =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| definitions.get(name.strip_prefix("#/$defs/")?));
    let schema = referred.unwrap_or(schema);
    let options = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    // A mapping of anything (`values`) says `additionalProperties: true`.
    schema.get("properties").is_some()
        || schema.get("additionalProperties").is_some_and(|any| any.is_object() || any == true)
        || options.into_iter().any(|option| is_mapping(option, definitions))
}

/// Makes nothing required and everything but guards removable, everywhere below `schema`.
fn partial(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            keywords.shift_remove("required");
            for (name, value) in keywords.iter_mut() {
                match (name.as_str(), value) {
                    ("properties", Value::Object(fields)) => fields.iter_mut().for_each(|(_, field)| removable(field)),
                    ("additionalProperties", field) if field.is_object() => removable(field),
                    (_, value) => partial(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(partial),
        _ => {}
    }
}

fn removable(field: &mut Value) {
    partial(field);
    let rule = field.get(MERGE).cloned();
    if matches!(rule.as_ref().and_then(Value::as_str), Some("guard" | "union")) || !field.is_object() {
        return;
    }
    let mut outer = Map::new();
    if let Value::Object(keywords) = field {
        for kept in ["description", MERGE] {
            if let Some(value) = keywords.shift_remove(kept) {
                outer.insert(kept.to_owned(), value);
            }
        }
    }
    outer.insert("anyOf".to_owned(), Value::Array(vec![field.take(), serde_json::json!({ "type": "null" })]));
    *field = Value::Object(outer);
}

fn text(schema: Value, id: &str, title: &str) -> String {
    let Value::Object(mut root) = schema else { return "true\n".to_owned() };
    let mut definitions: Vec<(String, Value)> = match root.shift_remove("$defs") {
        Some(Value::Object(definitions)) => definitions.into_iter().collect(),
        _ => Vec::new(),
    };
    definitions.sort_by(|a, b| a.0.cmp(&b.0));
    let definitions: Map<String, Value> = definitions.into_iter().collect();

    root.insert("$id".to_owned(), id.into());
    root.insert("title".to_owned(), title.into());
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), Value::Object(definitions.clone()));
    }
    let mut file = Value::Object(root);
    tell(&mut file, &definitions);
    ordered(file)
}

/// The text of a schema, with the keywords of each in the order in which people read them.
fn ordered(file: Value) -> String {
    let plain = |file: &Value| format!("{file:#}");
    let text = match Schema::try_from(file.clone()) {
        Ok(schema) => serde_json::to_string_pretty(&schema).unwrap_or_else(|_| plain(&file)),
        Err(_) => plain(&file),
    };
    text + "\n"
}

/// Tells merge rules in descriptions, everywhere below `schema`, and drops defaults that say
/// nothing.
fn tell(schema: &mut Value, definitions: &Map<String, Value>) {
    match schema {
        Value::Object(keywords) => {
            if keywords.get("default").is_some_and(Value::is_null) {
                keywords.shift_remove("default");
            }
            tell_merge_rule(keywords, definitions);
            keywords.iter_mut().for_each(|(_, value)| tell(value, definitions));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tell(item, definitions)),
        _ => {}
    }
}

fn tell_merge_rule(keywords: &mut Map<String, Value>, definitions: &Map<String, Value>) {
    let Some(sentence) = keywords.get(MERGE).and_then(Value::as_str).and_then(merge_sentence) else { return };
    let told = match description(keywords, definitions) {
        Some(text) if text.ends_with(['.', '?', '!', ':']) => format!("{text} {sentence}"),
        Some(text) => format!("{text}. {sentence}"),
        None => sentence.to_owned(),
    };
    match keywords.get_mut("description") {
        Some(description) => *description = told.into(),
        None => {
            keywords.shift_insert(0, "description".to_owned(), told.into());
        }
    }
}

/// The description of a schema, or that of the definition which it refers to.
fn description<'a>(keywords: &'a Map<String, Value>, definitions: &'a Map<String, Value>) -> Option<&'a str> {
    let own = keywords.get("description").and_then(Value::as_str);
    own.or_else(|| {
        let name = keywords.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        definitions.get(name)?.get("description")?.as_str()
    })
}

/// What a merge rule means, in a sentence; `None` for a rule that has none.
fn merge_sentence(rule: &str) -> Option<&'static str> {
    match rule {
        "replace" => Some("Layering: a later layer replaces it whole."),
        "keys" => Some("Layering: a later layer merges into it key by key; `null` takes a key away."),
        "choice" => Some(
            "Layering: its places exclude each other, so another one in a later layer takes away the one that was there; the rest merges.",
        ),
        "one-of" => Some("Layering: another variant in a later layer replaces it whole, the same variant merges."),
        "fixed" => Some("Layering: a later layer cannot change it."),
        "guard" => Some("Layering: a guard stays; a later layer may write a number within it."),
        "union" => Some("Layering: a later layer adds to it."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::tree::{Keyed, Spanned, Text};

    /// One shop.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[expect(dead_code)]
    struct Shop {
        /// What it is called
        name: Text,
        /// The shelves.
        #[serde(default)]
        #[schemars(extend("x-strata-merge" = "keys"))]
        shelves: Keyed<Spanned<u8>>,
        #[schemars(extend("x-strata-merge" = "replace"))]
        owner: Person,
        #[serde(default)]
        count: Option<u8>,
    }

    /// A person.
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code)]
    struct Person {
        first: Address,
    }

    /// An address
    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code)]
    struct Address {
        #[schemars(extend("x-strata-merge" = "fixed"))]
        town: String,
    }

    #[test]
    fn the_file_tells_merge_rules_and_keeps_a_stable_order() {
        let expected = r##"{
  "$id": "https://strata.dev/shop.json",
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Shop",
  "description": "One shop.",
  "type": "object",
  "properties": {
    "name": {
      "description": "What it is called",
      "type": "string"
    },
    "shelves": {
      "description": "The shelves. Layering: a later layer merges into it key by key; `null` takes a key away.",
      "type": "object",
      "additionalProperties": {
        "type": "integer",
        "format": "uint8",
        "minimum": 0,
        "maximum": 255
      },
      "x-strata-merge": "keys"
    },
    "owner": {
      "description": "A person. Layering: a later layer replaces it whole.",
      "$ref": "#/$defs/Person",
      "x-strata-merge": "replace"
    },
    "count": {
      "type": [
        "integer",
        "null"
      ],
      "format": "uint8",
      "minimum": 0,
      "maximum": 255
    }
  },
  "additionalProperties": false,
  "required": [
    "name",
    "owner"
  ],
  "$defs": {
    "Address": {
      "description": "An address",
      "type": "object",
      "properties": {
        "town": {
          "description": "Layering: a later layer cannot change it.",
          "type": "string",
          "x-strata-merge": "fixed"
        }
      },
      "required": [
        "town"
      ]
    },
    "Person": {
      "description": "A person.",
      "type": "object",
      "properties": {
        "first": {
          "$ref": "#/$defs/Address"
        }
      },
      "required": [
        "first"
      ]
    }
  }
}
"##;
        assert_eq!(schema::<Shop>("https://strata.dev/shop.json", "Shop"), expected);
    }
}
