//! What to do about a value of the wrong type.

use super::shape::{Shape, list, tags};
use crate::tree::{Node, Value};

/// What to write instead of `node`, where one of `shapes` is needed; `None` when the message says
/// it all.
pub(super) fn for_type(node: &Node, shapes: &[Shape<'_>]) -> Option<String> {
    let needs = |name: &str| shapes.iter().any(|shape| shape.names(name));
    let needs_only = |name: &str| shapes.iter().all(|shape| shape.names(name));
    match node.value() {
        Value::Null if needs_only("object") => Some("write `{}` for an empty mapping, or remove the field".to_owned()),
        Value::Null if needs_only("array") => Some("write `[]` for an empty list, or remove the field".to_owned()),
        Value::Null => Some("write a value, or remove the field".to_owned()),
        Value::Seq(_) => Some(for_list(shapes)),
        Value::Map(_) if needs("array") => Some("start each item of the list with `- `".to_owned()),
        Value::Map(_) => None,
        Value::Float(_) if needs("integer") => Some("write a whole number".to_owned()),
        Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) if takes_any_text(shapes) => {
            Some("put it in quotes, so that it is read as a string".to_owned())
        }
        Value::Str(text) if needs("integer") || needs("number") => for_number(text, needs("integer")),
        Value::Str(text) if needs("boolean") => for_boolean(text),
        _ if needs("array") => Some("write it as a list: on a line of its own, after `- `".to_owned()),
        _ if needs("object") => for_scalar(node, shapes),
        _ => None,
    }
}

fn takes_any_text(shapes: &[Shape<'_>]) -> bool {
    shapes.iter().any(|shape| shape.names("string") && shape.texts().is_none())
}

/// A list where none is needed.
fn for_list(shapes: &[Shape<'_>]) -> String {
    if shapes.iter().any(|shape| shape.entries().is_some()) {
        "write `NAME: …` in place of each `- `: entries are keyed by name, so that a layer can change one".to_owned()
    } else {
        "write one value, not a list of them".to_owned()
    }
}

/// A text where a number is needed.
fn for_number(text: &str, whole: bool) -> Option<String> {
    let is_number = if whole { text.parse::<i64>().is_ok() } else { text.parse::<f64>().is_ok() };
    is_number.then(|| "remove the quotes, so that it is read as a number".to_owned())
}

/// A text where `true` or `false` is needed.
fn for_boolean(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some("write `true`, without quotes".to_owned()),
        "false" | "no" | "n" | "off" => Some("write `false`, without quotes".to_owned()),
        _ => None,
    }
}

/// A scalar where a mapping is needed.
fn for_scalar(node: &Node, shapes: &[Shape<'_>]) -> Option<String> {
    if let Some(tag) = node.as_str().filter(|text| tags(shapes).contains(text)) {
        return Some(format!("`{tag}` takes a value: write it as a key, `{tag}: …`"));
    }
    // Tags are in the message already.
    let untagged = shapes.iter().filter(|shape| shape.tag().is_none());
    let fields: Vec<&str> = untagged.flat_map(|shape| shape.fields().map(|(name, _)| name)).collect();
    (!fields.is_empty()).then(|| format!("its fields are {}", list(&fields)))
}
