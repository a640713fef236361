//! What each field becomes: where in the manifests of the maximal project, which sets every field,
//! stands what the field says. Every node leads to where it is written, so this needs no list.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;
use strata::diagnostic::Diagnostics;
use strata::load::yaml::{Dialect, read};
use strata::resource::pod_template_path;
use strata::tree::{Node, Value};

use crate::repository::{build, maximal};

/// Places that are told of one field.
const TOLD: usize = 4;
/// From how many kinds on one place is one of all kinds.
const ALL_KINDS: usize = 4;

/// `Type.field` to what it becomes; the type of a file's own fields is the file's kind.
pub fn reach(schemas: &BTreeMap<String, Json>) -> BTreeMap<String, Vec<String>> {
    let outcome = build(&maximal(), &["overlays"]);
    let mut found: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut written = HashMap::new();
    for source in outcome.sources.all() {
        let name = source.path.file_name().unwrap().to_str().unwrap();
        let kind = match name {
            "app.yaml" => "app",
            "overlay.yaml" => "overlay",
            "component.yaml" => "component",
            "strata.yaml" => "project",
            _ => continue,
        };
        let documents = read(&source.text, source.base, Dialect::Model, &mut Diagnostics::default()).unwrap();
        let schema = &schemas[&format!("{kind}.schema.json")];
        let mut walk = Walk { schemas, root: schema, written: &mut written };
        walk.fields(schema, &documents[0], kind);
    }
    for build in &outcome.builds {
        for resource in &build.resources {
            let mut path = Vec::new();
            leaves(&resource.root, &mut path, &mut |path, node| {
                let field = build.origins.place(node.origin()).and_then(|position| written.get(&position));
                if let Some(field) = field {
                    let (kind, place) = told(resource.kind(), path);
                    found.entry(field.clone()).or_default().entry(place).or_default().insert(kind);
                }
            });
        }
    }
    found.into_iter().map(|(field, places)| (field, in_words(places))).collect()
}

/// The field that each position of a file belongs to.
struct Walk<'a> {
    schemas: &'a BTreeMap<String, Json>,
    root: &'a Json,
    written: &'a mut HashMap<u32, String>,
}

impl Walk<'_> {
    /// The entries of a mapping that `schema` describes, of the type `owner`.
    fn fields(&mut self, schema: &Json, node: &Node, owner: &str) {
        for entry in node.entries() {
            let any = &schema["additionalProperties"];
            match schema["properties"].get(entry.key.as_str()) {
                Some(field) => self.value(field, &entry.node, &format!("{owner}.{}", entry.key)),
                None if any.is_object() => {
                    self.note(entry.key_origin.position(), owner);
                    self.value(any, &entry.node, owner);
                }
                None => self.everything(&entry.node, owner),
            }
        }
    }

    /// A value that `schema` describes, which the field `of` holds.
    fn value(&mut self, schema: &Json, node: &Node, of: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            if let Some(name) = reference.strip_prefix("#/$defs/") {
                let definition = &self.root["$defs"][name];
                // A type of its own has fields of its own; what is no mapping belongs to this one.
                let owner = if definition.get("properties").is_some() { name } else { of };
                self.note(node.origin().position(), of);
                return self.value(definition, node, owner);
            }
            let root = &self.schemas[reference];
            let mut walk = Walk { schemas: self.schemas, root, written: self.written };
            return walk.fields(root, node, "app");
        }
        for option in ["anyOf", "oneOf"].iter().filter_map(|key| schema[*key].as_array()).flatten() {
            if self.fits(option, node) {
                return self.value(option, node, of);
            }
        }
        self.note(node.origin().position(), of);
        match node.value() {
            Value::Map(_) => self.fields(schema, node, of),
            Value::Seq(items) => items.iter().for_each(|item| self.value(&schema["items"], item, of)),
            _ => {}
        }
    }

    fn fits(&self, option: &Json, node: &Node) -> bool {
        let definition = option["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/"));
        let option = definition.map_or(option, |name| &self.root["$defs"][name]);
        let nested = ["anyOf", "oneOf"].iter().filter_map(|key| option[*key].as_array()).flatten();
        let is_mapping = option.get("properties").is_some() || option.get("additionalProperties").is_some();
        match node.value() {
            Value::Map(_) if is_mapping => true,
            Value::Seq(_) if option["type"] == "array" => true,
            Value::Map(_) | Value::Seq(_) => nested.into_iter().any(|nested| self.fits(nested, node)),
            _ => !is_mapping && option["type"] != "array" && option["type"] != "null",
        }
    }

    fn everything(&mut self, node: &Node, of: &str) {
        self.note(node.origin().position(), of);
        match node.value() {
            Value::Map(map) => map.iter().for_each(|entry| self.everything(&entry.node, of)),
            Value::Seq(items) => items.iter().for_each(|item| self.everything(item, of)),
            _ => {}
        }
    }

    fn note(&mut self, position: Option<u32>, field: &str) {
        // An anchor is written where it is used first.
        self.written.entry(position.unwrap()).or_insert_with(|| field.to_owned());
    }
}

fn leaves<'n>(node: &'n Node, path: &mut Vec<String>, each: &mut impl FnMut(&[String], &'n Node)) {
    match node.value() {
        Value::Map(map) if !map.is_empty() => {
            for entry in map {
                path.push(entry.key.to_string());
                leaves(&entry.node, path, each);
                path.pop();
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            path.push("[]".to_owned());
            items.iter().for_each(|item| leaves(item, path, each));
            path.pop();
        }
        _ => each(path, node),
    }
}

/// The kind and the path of a leaf as the reference tells them. All pods are one kind; the keys of
/// mappings that people name are `*`.
fn told(kind: &str, path: &[String]) -> (String, String) {
    let pod = pod_template_path(kind)
        .filter(|pod| !pod.is_empty() && path.iter().map(String::as_str).take(pod.len()).eq(pod.iter().copied()));
    let (kind, path) = pod.map_or((kind, path), |pod| ("pod", &path[pod.len()..]));
    let named =
        ["labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "stringData", "binaryData"];
    let mut text = String::new();
    for (index, key) in path.iter().enumerate() {
        let under_named = index > 0
            && named.contains(&path[index - 1].as_str())
            && !["matchLabels", "matchExpressions"].contains(&key.as_str());
        match key.as_str() {
            "[]" => text.push_str("[]"),
            key => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(if under_named { "*" } else { key });
            }
        }
    }
    (kind.to_owned(), text)
}

/// The shortest places first, each with its kinds.
fn in_words(places: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut places: Vec<(String, BTreeSet<String>)> = places.into_iter().collect();
    places.sort_by_key(|(place, kinds)| (place.matches('.').count(), std::cmp::Reverse(kinds.len()), place.clone()));
    let more = places.len() > TOLD;
    let word = |(place, kinds): &(String, BTreeSet<String>)| match kinds.len() {
        ALL_KINDS.. => format!("`{place}`"),
        _ => format!("{} `{place}`", kinds.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    let mut told: Vec<String> = places.iter().take(TOLD).map(word).collect();
    told.extend(more.then(|| "…".to_owned()));
    told
}
