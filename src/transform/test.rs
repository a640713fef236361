//! What the tests of the transforms share: trees and sets of resources from JSON text, and back.

use crate::origin::{Origin, Origins};
use crate::resource::{Resource, ResourceSet};
use crate::tree::{Entry, Node, Value};

fn node(value: &serde_json::Value) -> Node {
    let o = Origin::source(0);
    let value = match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => (*truth).into(),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into(),
            (_, Some(number)) => number.into(),
            _ => number.as_f64().unwrap().into(),
        },
        serde_json::Value::String(text) => text.as_str().into(),
        serde_json::Value::Array(items) => items.iter().map(node).collect::<Vec<_>>().into(),
        serde_json::Value::Object(map) => {
            let entry = |(key, value): (&String, _)| Entry { key: key.into(), key_origin: o, node: node(value) };
            Value::Map(map.iter().map(entry).collect())
        }
    };
    Node::new(value, o)
}

fn plain(node: &Node) -> serde_json::Value {
    match node.value() {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Str(text) => text.as_str().into(),
        Value::Seq(items) => items.iter().map(plain).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.to_string(), plain(&entry.node))).collect(),
    }
}

/// A tree from JSON text.
pub fn tree(text: &str) -> Node {
    node(&serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// A tree as JSON text.
pub fn json(node: &Node) -> String {
    plain(node).to_string()
}

/// A resource from a kind such as `apps/v1 Deployment`, a name such as `namespace/name` and the
/// JSON text of its other fields.
pub fn resource(kind: &str, name: &str, fields: &str) -> Resource {
    let (api_version, kind) = kind.split_once(' ').unwrap();
    let (namespace, name) = name.split_once('/').map_or((None, name), |(namespace, name)| (Some(namespace), name));
    let mut root = tree(&format!(r#"{{"apiVersion":"{api_version}","kind":"{kind}","metadata":{{"name":"{name}"}}}}"#));
    if let Some(namespace) = namespace {
        root.map_under("metadata", root.origin()).unwrap().insert("namespace", node(&namespace.into()));
    }
    for entry in tree(fields).entries() {
        match entry.key == "metadata" {
            true => {
                for entry in entry.node.entries() {
                    root.map_under("metadata", root.origin()).unwrap().insert(entry.key.clone(), entry.node.clone());
                }
            }
            false => drop(root.as_map_mut().unwrap().insert(entry.key.clone(), entry.node.clone())),
        }
    }
    Resource::new(root).unwrap()
}

/// A set of the given resources.
pub fn set(resources: impl IntoIterator<Item = Resource>) -> ResourceSet {
    let mut set = ResourceSet::default();
    for resource in resources {
        set.insert(resource).unwrap();
    }
    set
}

/// The names in a set, with namespaces, in order.
pub fn names(set: &ResourceSet) -> Vec<String> {
    let name = |r: &Resource| match r.id().namespace.is_empty() {
        true => r.name().to_owned(),
        false => format!("{}/{}", r.id().namespace, r.name()),
    };
    set.iter().map(name).collect()
}

/// The JSON text of the field at `keys` of the resource at `index`.
pub fn field(set: &ResourceSet, index: usize, keys: &[&str]) -> String {
    set.get(index).root.at(keys).map_or_else(|| "-".into(), json)
}

/// Fresh origins.
pub fn origins() -> Origins {
    Origins::default()
}

/// The origin that tests give to entries.
pub fn entry() -> Origin {
    Origin::source(77)
}
