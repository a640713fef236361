//! Fields with a short and a long form, and scalars with a grammar of their own.
//!
//! Each is read from its node by hand: one form by the kind of the node, so that a message can
//! say both. The schema of such a field is the `oneOf` of the two.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};

use super::app::{ConfigValue, FileSource};
use super::container::{EnvReference, EnvValue};
use super::overlay::Base;
use super::project::Edition;
use super::scalar::{IntOrText, Quantity};
use super::workload::{Rolling, Strategy};
use crate::diagnostic::near_miss;
use crate::names;
use crate::tree::{Node, Raw, Spanned, Text, Value, de};

/// Implements `Deserialize` through a function from the node, and `JsonSchema` through one from
/// the generator.
macro_rules! by_hand {
    ($type:ident, $read:expr, $schema:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Raw(node) = Raw::deserialize(deserializer)?;
                let read: fn(&Node) -> Result<$type, String> = $read;
                read(&node).map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let schema: fn(&mut SchemaGenerator) -> Schema = $schema;
                schema(generator)
            }
        }
    };
}

fn long<T: DeserializeOwned>(node: &Node) -> Result<T, String> {
    de::from_node(node).map_err(|error| error.to_string())
}

/// The text of a scalar, as the reader delivered it.
fn scalar(node: &Node) -> Option<Text> {
    node.scalar_text().map(|text| Text::new(text, node.origin()))
}

fn scalar_schema(description: &str) -> Schema {
    json_schema!({ "type": ["string", "number", "boolean"], "title": "a scalar", "description": description })
}

by_hand!(
    EnvValue,
    |node| match scalar(node) {
        Some(text) => Ok(Self::Literal(text)),
        None if node.as_map().is_some() => long::<EnvReference>(node).map(Box::new).map(Self::Reference),
        None => Err(format!("expected a scalar or a mapping such as {{secret: NAME}}, found {}", node.kind())),
    },
    |generator| json_schema!({ "oneOf": [
        scalar_schema("the text, exactly as written"),
        generator.subschema_for::<EnvReference>(),
    ] })
);

by_hand!(
    ConfigValue,
    |node| match scalar(node) {
        Some(text) => Ok(Self::Literal(text)),
        None if node.as_map().is_some() => long::<FileSource>(node).map(Self::File),
        None => Err(format!("expected a scalar or {{file: PATH}}, found {}", node.kind())),
    },
    |generator| json_schema!({ "oneOf": [
        scalar_schema("the text, exactly as written"),
        generator.subschema_for::<FileSource>(),
    ] })
);

by_hand!(
    Strategy,
    |node| match node.as_str() {
        Some("recreate") => Ok(Self::Recreate(Spanned::new((), node.origin()))),
        _ if node.as_map().is_some() => long::<Rolling>(node).map(Self::Rolling),
        _ => Err("expected `recreate` or a mapping with `maxSurge` and `maxUnavailable`".to_owned()),
    },
    |generator| json_schema!({ "oneOf": [
        { "type": "string", "enum": ["recreate"], "title": "recreate" },
        generator.subschema_for::<Rolling>(),
    ] })
);

by_hand!(
    Base,
    |node| match node.value() {
        Value::Str(path) => Ok(Self(vec![Text::new(path.clone(), node.origin())])),
        Value::Seq(_) => long::<Vec<Text>>(node).and_then(|paths| match paths.is_empty() {
            true => Err("expected at least one path".to_owned()),
            false => Ok(Self(paths)),
        }),
        _ => Err(format!("expected a path or a list of paths, found {}", node.kind())),
    },
    |_| json_schema!({ "oneOf": [
        { "type": "string", "title": "a path" },
        { "type": "array", "items": { "type": "string" }, "minItems": 1, "title": "a list of paths" },
    ] })
);

by_hand!(
    Edition,
    // 2026.1 without quotes is a number in YAML; both spellings mean the same.
    |node| {
        let text = node.scalar_text().unwrap_or_else(|| node.kind().into());
        Self::parse(&text).ok_or_else(|| unknown_edition(&text))
    },
    |_| json_schema!({ "enum": [2026.1, "2026.1"] })
);

/// The message and, after a line break, the help for a text that is no edition.
pub fn unknown_edition(text: &str) -> String {
    let known = Edition::ALL.map(Edition::as_str);
    let help = match near_miss(text, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("this Strata knows {}", known.map(|known| format!("`{known}`")).join(", ")),
    };
    format!("`{text}` is no edition that Strata {} knows\n{help}", crate::VERSION)
}

by_hand!(
    IntOrText,
    |node| match node.value() {
        Value::Int(_) | Value::Str(_) => Ok(Self(node.clone())),
        _ => Err(format!("expected a whole number or a text, found {}", node.kind())),
    },
    |_| json_schema!({ "oneOf": [{ "type": "integer", "title": "a number" }, { "type": "string", "title": "a text" }] })
);

by_hand!(
    Quantity,
    |node| {
        let text = node.scalar_text().filter(|_| node.as_bool().is_none());
        let text =
            text.ok_or_else(|| format!("expected a quantity such as `200m` or `512Mi`, found {}", node.kind()))?;
        names::quantity(&text).map_err(|reason| format!("`{text}` is not a quantity: {reason}"))?;
        Ok(Self(Text::new(names::canonical_quantity(&text), node.origin())))
    },
    |_| json_schema!({ "oneOf": [
        { "type": "string", "title": "a quantity" },
        { "type": "number", "minimum": 0, "title": "a number" },
    ] })
);
