//! schemas/ is what the model says, and what the repository's own files follow. `STRATA_UPDATE=1
//! cargo test` rewrites it.

use std::collections::BTreeMap;

use serde_json::Value;
use strata::model::layering::{Rule, rule};

use crate::repository::{compare, files, maximal, repository};

/// The schemas of the model, by file name.
pub fn schemas() -> BTreeMap<String, Value> {
    let parsed = strata::model::schemas().into_iter();
    parsed.map(|(file, text)| (file.to_owned(), serde_json::from_str(&text).unwrap())).collect()
}

/// The file as an editor reads it: YAML 1.2, where plain numbers are numbers.
pub fn yaml(path: &std::path::Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    let plain: serde_yaml::Value = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::to_value(merged(plain)).unwrap()
}

/// Merge keys (`<<`), which editors apply, applied.
fn merged(mut value: serde_yaml::Value) -> serde_yaml::Value {
    value.apply_merge().unwrap();
    value
}

/// Every file that users write for Strata, of both projects.
pub fn written() -> Vec<std::path::PathBuf> {
    let parts = ["base/", "components/", "overlays/"];
    let names = ["app.yaml", "overlay.yaml", "component.yaml"];
    let is_ours = |path: &str| {
        let name = path.rsplit('/').next().unwrap();
        path == "strata.yaml" || (parts.iter().any(|part| path.starts_with(part)) && names.contains(&name))
    };
    let below = |root: std::path::PathBuf| files(&root, is_ours).into_iter().map(move |path| root.join(path));
    [repository(), maximal()].into_iter().flat_map(below).collect()
}

/// The schema file that the first line names for editors.
fn modeline(path: &std::path::Path) -> std::path::PathBuf {
    let text = std::fs::read_to_string(path).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let named = first.strip_prefix("# yaml-language-server: $schema=");
    let named = named.unwrap_or_else(|| panic!("{} has no line for editors", path.display()));
    path.parent().unwrap().join(named).canonicalize().unwrap_or_else(|e| panic!("{}: {named}: {e}", path.display()))
}

#[test]
fn the_schemas_folder_is_what_the_model_says() {
    let folder = repository().join("schemas");
    let expected: Vec<(String, String)> =
        strata::model::schemas().into_iter().map(|(file, text)| (file.to_owned(), text)).collect();
    let kept = files(&folder, |path| !path.contains('/') && path.ends_with(".schema.json"));
    compare(&folder, &expected, &kept);
}

#[test]
fn every_schema_is_a_valid_one() {
    for (file, schema) in schemas() {
        if let Err(error) = jsonschema::meta::validate(&schema) {
            panic!("{file}: {error} at {}", error.instance_path());
        }
    }
}

/// A validator for `file` to which the schemas beside it are known.
fn validator(file: &str) -> jsonschema::Validator {
    let all = schemas();
    let mut schema = all[file].clone();
    if let Some(app) = schema.pointer_mut("/properties/app").filter(|app| app.get("$ref").is_some()) {
        // `jsonschema` would ask the network for the file beside this one; as a root of its own,
        // under an address that nobody has to fetch, it is the same schema.
        app["$ref"] = "urn:app-layer".into();
    }
    schema["$id"] = "urn:schema".into();
    let mut layer = all["app-layer.schema.json"].clone();
    layer["$id"] = "urn:app-layer".into();
    let layer = jsonschema::Resource::from_contents(layer);
    let registry = jsonschema::Registry::new().add("urn:app-layer", layer).unwrap().prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&schema).unwrap()
}

#[test]
fn every_file_of_the_projects_names_its_schema_and_follows_it() {
    let kinds = [("App", "app"), ("Overlay", "overlay"), ("Component", "component")];
    let validators: BTreeMap<String, jsonschema::Validator> =
        schemas().into_keys().map(|file| (file.clone(), validator(&file))).collect();
    let mut seen = 0;
    for path in written() {
        let value = yaml(&path);
        let kind = value.get("kind").and_then(Value::as_str);
        let file = kinds.iter().find(|(name, _)| Some(*name) == kind).map_or("project", |(_, file)| file);
        let schema = modeline(&path);
        assert_eq!(schema, repository().join(format!("schemas/{file}.schema.json")).canonicalize().unwrap());
        let said: Vec<String> = validators[&format!("{file}.schema.json")]
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(said.is_empty(), "{}:\n{}", path.display(), said.join("\n"));
        seen += 1;
    }
    assert!(seen >= 10, "{seen} files");
}

#[test]
fn what_strata_refuses_an_editor_underlines_too() {
    let app = validator("app.schema.json");
    let good = yaml(&repository().join("base/pos-partner-api/app.yaml"));
    assert!(app.is_valid(&good));
    for (pointer, value) in [
        ("/deployments/main/replica", Value::from(1)),
        ("/deployments/main/env/PORT", serde_json::json!([1])),
        ("/deployments/main/env/PORT", serde_json::json!({ "secrets": "x" })),
        ("/deployments/main/ports/http/container", 0.into()),
        ("/cronJobs/reconciliation-sync/concurrency", "forbid".into()),
        ("/metadata/name", Value::Null),
        ("/secrets/pos-partner-api/keys/MCA_API_URL/format", "uri".into()),
    ] {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let mut bad = good.clone();
        bad.pointer_mut(parent).unwrap()[key] = value;
        assert!(!app.is_valid(&bad), "{pointer}");
    }
}

/// The fields of an application by their paths (`*` for any key), each with the place of its
/// schema in the file and the rule that this place tells.
fn fields(schema: &Value, pointer: String, path: &mut Vec<String>, root: &Value, found: &mut Vec<Field>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/")) {
        let definition = &root["$defs"][name];
        return fields(definition, format!("/$defs/{name}"), path, root, found);
    }
    for combined in ["anyOf", "oneOf"] {
        for (index, option) in schema.get(combined).and_then(Value::as_array).into_iter().flatten().enumerate() {
            fields(option, format!("{pointer}/{combined}/{index}"), path, root, found);
        }
    }
    let named = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let named = named.map(|(name, field)| (name.as_str(), format!("{pointer}/properties/{name}"), field));
    let any = schema.get("additionalProperties").filter(|any| any.is_object());
    let any = any.map(|any| ("*", format!("{pointer}/additionalProperties"), any));
    for (name, pointer, field) in named.chain(any) {
        path.push(name.to_owned());
        let told = field.get("x-strata-merge").and_then(Value::as_str).map(str::to_owned);
        found.push(Field { path: path.clone(), pointer: pointer.clone(), told, schema: field.clone() });
        fields(field, pointer, path, root, found);
        path.pop();
    }
}

struct Field {
    path: Vec<String>,
    pointer: String,
    told: Option<String>,
    schema: Value,
}

/// Whether a mapping may be written here.
fn is_mapping(schema: &Value, root: &Value) -> bool {
    let definition = |name: &str| &root["$defs"][name.strip_prefix("#/$defs/").unwrap()];
    let schema = schema.get("$ref").and_then(Value::as_str).map_or(schema, definition);
    let mut options = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    schema.get("type").is_some_and(|of| of == "object") || options.any(|option| is_mapping(option, root))
}

#[test]
fn the_rules_of_layering_that_an_editor_shows_are_those_that_merging_follows() {
    let app = &schemas()["app.schema.json"];
    let mut found = Vec::new();
    fields(app, String::new(), &mut Vec::new(), app, &mut found);
    let mut said: BTreeMap<&str, (&'static str, &[String])> = BTreeMap::new();
    let mut deepest = 0;
    for field in &found {
        let keys: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let rule = rule(&keys);
        let told = field.told.as_deref().unwrap_or_else(|| panic!("{keys:?} tells no rule"));
        // By key, or replaced: which of the two is a matter of the value, a mapping or not.
        let by_key = if is_mapping(&field.schema, app) { "keys" } else { "replace" };
        let agrees = told == if rule == Rule::ByKey { by_key } else { rule.as_str() };
        assert!(agrees, "{keys:?}: {told} is told, {} is followed", rule.as_str());
        let (first, path) = *said.entry(&field.pointer).or_insert((rule.as_str(), &field.path));
        assert_eq!(first, rule.as_str(), "{path:?} and {keys:?} share one definition");
        deepest = deepest.max(keys.len());
    }
    assert!(found.len() > 1000 && deepest > 7, "{} fields, {deepest} deep", found.len());
}
