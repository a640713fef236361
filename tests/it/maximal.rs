//! The project below maximal/ sets every field of the model, and what it renders, like all of
//! snapshots/, is what Kubernetes accepts: every field known, every value of its type.
//!
//! `everything` is validated against the oldest and the newest supported Kubernetes. `newer` holds
//! what the oldest does not have and is validated against the newest alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use strata::kubernetes::{CustomKind, Definitions, Pinned, Version, Violation, validate};
use strata::resource::Resource;

use crate::repository::{build, maximal, repository};
use crate::schemas::{schemas, written, yaml};

/// Which fields and choices of one schema the files of the project use.
struct Coverage<'s> {
    root: &'s Value,
    /// The name of the file's own fields.
    file: &'s str,
    /// Fields by definition (the file's own fields under its name), with whether one is written.
    /// A definition that several schemas share is one type, and lowered in one place.
    fields: BTreeMap<String, bool>,
}

impl<'s> Coverage<'s> {
    /// Walks `schema` with all values that are written at this place. A definition counts where it
    /// is used first, so `owner` names what the fields belong to.
    fn walk(&mut self, schema: &'s Value, values: &[&Value], owner: &str) {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let Some(name) = name.strip_prefix("#/$defs/") else { return };
            return self.walk(&self.root["$defs"][name], values, name);
        }
        for text in schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const")) {
            self.note(format!("{owner}={text}"), values.contains(&text));
        }
        let options = ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
        for option in options.filter(|option| option.get("type").is_none_or(|of| of != "null")) {
            let fitting: Vec<&Value> = values.iter().copied().filter(|value| fits(option, value, self.root)).collect();
            if let Some(title) = option.get("title").and_then(Value::as_str) {
                self.note(format!("{owner}: {title}"), !fitting.is_empty());
            }
            self.walk(option, &fitting, owner);
        }
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let mut known = BTreeSet::new();
        for (name, field) in fields {
            known.insert(name.as_str());
            let below: Vec<&Value> =
                values.iter().filter_map(|value| value.get(name)).filter(|value| !value.is_null()).collect();
            let path = format!("{owner}.{name}");
            self.note(path.clone(), !below.is_empty());
            // An inline mapping has no name of its own.
            self.walk_once(field, &below, &path);
        }
        if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
            let entries = values.iter().filter_map(|value| value.as_object()).flatten();
            let below: Vec<&Value> = entries
                .filter(|(name, value)| !known.contains(name.as_str()) && !value.is_null())
                .map(|(_, v)| v)
                .collect();
            self.note(format!("{owner}.*"), !below.is_empty());
            self.walk_once(any, &below, &format!("{owner}.*"));
        }
        if let Some(item) = schema.get("items") {
            let items: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
            self.note(format!("{owner}[]"), !items.is_empty());
            self.walk_once(item, &items, &format!("{owner}[]"));
        }
    }

    /// Goes on where something is written; what is not there at all has been noted as missing.
    fn walk_once(&mut self, schema: &'s Value, values: &[&Value], owner: &str) {
        if !values.is_empty() {
            self.walk(schema, values, owner);
        }
    }

    fn note(&mut self, field: String, written: bool) {
        *self.fields.entry(field).or_default() |= written;
    }
}

/// Whether a value is of the type that one option of a choice asks for.
fn fits(option: &Value, value: &Value, root: &Value) -> bool {
    if let Some(name) = option.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix("#/$defs/")) {
        return fits(&root["$defs"][name], value, root);
    }
    let of = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is = |wanted: &Value| wanted == of || (wanted == "integer" && value.is_i64());
    match option.get("type") {
        Some(Value::Array(types)) => types.iter().any(is),
        Some(one) => is(one),
        None => {
            option.get("oneOf").and_then(Value::as_array).is_none_or(|all| all.iter().any(|one| fits(one, value, root)))
        }
    }
}

/// What is written in none of these files: fields, choices, and definitions that no file comes near.
fn left_out(files: &[(&str, Vec<&Value>)]) -> Vec<String> {
    let schemas = schemas();
    let mut fields = BTreeMap::new();
    for (file, values) in files {
        let root = &schemas[&format!("{file}.schema.json")];
        let mut coverage = Coverage { root, file, fields: std::mem::take(&mut fields) };
        coverage.walk(root, values, coverage.file);
        fields = coverage.fields;
    }
    let walked = |name: &str| fields.keys().any(|field| field.starts_with(name));
    let has_fields = |of: &Value| of.get("properties").is_some() || of.get("oneOf").is_some();
    let definitions = files.iter().flat_map(|(file, _)| schemas[&format!("{file}.schema.json")]["$defs"].as_object());
    let definitions = definitions.flatten().filter(|(_, of)| has_fields(of)).map(|(name, _)| name);
    let unseen: BTreeSet<String> = definitions.filter(|name| !walked(name)).cloned().collect();
    println!("{} fields and choices of the model", fields.len());
    fields.iter().filter(|(_, written)| !**written).map(|(field, _)| field.clone()).chain(unseen).collect()
}

#[test]
fn the_maximal_project_sets_every_field_of_the_model() {
    let root = maximal();
    let all: Vec<(String, Value)> = written()
        .into_iter()
        .filter(|path| path.starts_with(&root))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), yaml(&path)))
        .collect();
    let named = |name: &str| -> Vec<&Value> { all.iter().filter(|(file, _)| file == name).map(|(_, v)| v).collect() };
    let policies = ["error", "warning", "note"].map(|level| yaml(&root.join(format!("policies/{level}.yaml"))));
    let mut missing = left_out(&[
        ("app", named("app.yaml")),
        ("overlay", named("overlay.yaml")),
        ("component", named("component.yaml")),
        ("project", named("strata.yaml")),
        ("policy", policies.iter().collect()),
    ]);
    missing.retain(|field| !NOT_IN_A_PROJECT.contains(&field.as_str()));
    assert!(missing.is_empty(), "written nowhere below tests/it/maximal:\n{}", missing.join("\n"));
}

/// What a schema offers and a project has once: `edition` has two spellings.
const NOT_IN_A_PROJECT: [&str; 1] = ["Edition=2026.1"];

/// The custom resources that come with the binary.
fn custom_kinds() -> Vec<CustomKind> {
    Pinned::all().flat_map(Pinned::kinds).collect()
}

fn violations(resource: &Resource, version: Version, custom: &[CustomKind]) -> Vec<String> {
    let definitions = Definitions::of(version);
    let id = resource.id();
    let of_custom = || Some(custom.iter().find(|kind| kind.gvk == id.gvk)?.validate(&resource.root, definitions));
    match validate(&resource.root, definitions).or_else(of_custom) {
        None => vec![format!("{id}: Kubernetes {version} has no {:?}", id.gvk)],
        Some(found) => found.iter().map(|one: &Violation| format!("{id} in {version}: {}", one.message())).collect(),
    }
}

/// Validates all that the overlays render; returns the kinds that were met.
pub fn all_valid(root: &std::path::Path, entry: &str, versions: &[Version]) -> BTreeSet<String> {
    let custom = custom_kinds();
    let outcome = build(root, &[entry]);
    let mut said = Vec::new();
    let mut kinds = BTreeSet::new();
    for build in &outcome.builds {
        for resource in &build.resources {
            kinds.insert(format!("{} {}", resource.id().gvk.api_version(), resource.kind()));
            let found = versions.iter().flat_map(|version| violations(resource, *version, &custom));
            said.extend(found.map(|message| format!("{}: {message}", build.name)));
        }
    }
    assert!(said.is_empty(), "{}", said.join("\n"));
    kinds
}

const OLDEST_AND_NEWEST: [Version; 2] = [Version::OLDEST, Version::NEWEST];

#[test]
fn every_object_of_the_snapshots_is_valid_in_the_oldest_and_newest_kubernetes() {
    all_valid(&repository(), "overlays", &OLDEST_AND_NEWEST);
}

#[test]
fn every_object_of_the_maximal_app_is_valid_in_the_oldest_and_newest_kubernetes() {
    assert_eq!(OLDEST_AND_NEWEST.map(|version| version.to_string()), ["1.25", "1.37"]);
    let kinds = all_valid(&maximal(), "overlays/everything", &OLDEST_AND_NEWEST);
    for kind in [
        "apps/v1 Deployment",
        "autoscaling/v2 HorizontalPodAutoscaler",
        "batch/v1 CronJob",
        "batch/v1 Job",
        "bitnami.com/v1alpha1 SealedSecret",
        "cert-manager.io/v1 Certificate",
        "cilium.io/v2 CiliumNetworkPolicy",
        "external-secrets.io/v1 ExternalSecret",
        "gateway.networking.k8s.io/v1 HTTPRoute",
        "isindir.github.com/v1alpha3 SopsSecret",
        "monitoring.coreos.com/v1 PodMonitor",
        "monitoring.coreos.com/v1 PrometheusRule",
        "monitoring.coreos.com/v1 ServiceMonitor",
        "networking.k8s.io/v1 Ingress",
        "networking.k8s.io/v1 NetworkPolicy",
        "policy/v1 PodDisruptionBudget",
        "rbac.authorization.k8s.io/v1 Role",
        "rbac.authorization.k8s.io/v1 RoleBinding",
        "secrets.infisical.com/v1alpha1 InfisicalSecret",
        "secrets.infisical.com/v1beta1 InfisicalStaticSecret",
        "traefik.io/v1alpha1 IngressRoute",
        "traefik.io/v1alpha1 Middleware",
        "v1 ConfigMap",
        "v1 Secret",
        "v1 Service",
        "v1 ServiceAccount",
    ] {
        assert!(kinds.contains(kind), "{kind} is in none of {kinds:?}");
    }
}

#[test]
fn what_is_newer_than_the_oldest_kubernetes_is_valid_in_the_newest() {
    all_valid(&maximal(), "overlays/newer", &[Version::NEWEST]);
    let custom = custom_kinds();
    let outcome = build(&maximal(), &["overlays/newer"]);
    let refused = outcome.builds[0].resources.iter().flat_map(|one| violations(one, Version::OLDEST, &custom));
    let refused: Vec<String> = refused.collect();
    let only_these = |message: &String| message.contains("sleep") || message.contains("restartPolicy");
    assert!(!refused.is_empty() && refused.iter().all(only_these), "{}", refused.join("\n"));
}

#[test]
fn a_container_comes_after_the_one_that_it_names_wherever_that_is_written() {
    let outcome = build(&maximal(), &["overlays/everything/existing"]);
    let web =
        outcome.builds[0].resources.iter().find(|one| one.name() == "everything-web" && one.kind() == "Deployment");
    let containers = web.unwrap().root.at(&["spec", "template", "spec", "initContainers"]).unwrap();
    let names: Vec<&str> = containers.items().map(|one| one.get("name").unwrap().as_str().unwrap()).collect();
    assert_eq!(names, ["third", "first", "second"]);
}
