//! A schema seen as the shapes that it allows.

use serde_json::{Map, Value as Json};

use crate::tree::{Node, Value};

/// References and alternatives are followed this deep; a generated schema stays far below.
const DEPTH: usize = 32;

/// A root schema, which references point into.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'s>(pub(super) &'s Json);

/// One shape that a value may have: a schema without references and alternatives.
#[derive(Clone, Copy)]
pub(super) struct Shape<'s> {
    /// What people call it, when it is one of several.
    title: Option<&'s str>,
    keywords: &'s Map<String, Json>,
}

impl<'s> Schemas<'s> {
    /// The shapes that `schema` allows.
    pub(super) fn shapes(self, schema: &'s Json) -> Vec<Shape<'s>> {
        let mut shapes = Vec::new();
        self.collect(schema, None, DEPTH, &mut shapes);
        shapes
    }

    fn collect(self, schema: &'s Json, title: Option<&'s str>, depth: usize, shapes: &mut Vec<Shape<'s>>) {
        let Some(keywords) = schema.as_object() else { return };
        let Some(depth) = depth.checked_sub(1) else { return };
        if let Some(target) = keywords.get("$ref").and_then(|reference| self.target(reference)) {
            return self.collect(target, title, depth, shapes);
        }
        let alternatives = keywords.get("oneOf").or_else(|| keywords.get("anyOf")).and_then(Json::as_array);
        match alternatives {
            Some(alternatives) => alternatives.iter().for_each(|alternative| {
                let own = alternative.get("title").and_then(Json::as_str);
                self.collect(alternative, own.or(title), depth, shapes);
            }),
            None => shapes.push(Shape { title, keywords }),
        }
    }

    /// The first sentence of the description of `schema`, or of what it refers to.
    pub(super) fn description(self, schema: &'s Json) -> Option<&'s str> {
        let own = schema.get("description").and_then(Json::as_str);
        let text = own.or_else(|| self.target(schema.get("$ref")?)?.get("description")?.as_str())?;
        let sentence = text.split(['\n']).next().unwrap_or(text).split(". ").next().unwrap_or(text);
        Some(sentence.trim_end_matches('.')).filter(|sentence| !sentence.is_empty())
    }

    fn target(self, reference: &Json) -> Option<&'s Json> {
        self.0.pointer(reference.as_str()?.strip_prefix('#')?)
    }
}

impl<'s> Shape<'s> {
    /// The JSON types that it names; empty when it names none.
    fn types(self) -> impl Iterator<Item = &'s str> {
        let named = self.keywords.get("type");
        let list = named.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        named.and_then(Json::as_str).into_iter().chain(list.iter().filter_map(Json::as_str))
    }

    /// Whether it allows the JSON type `name`, by name.
    pub(super) fn names(self, name: &str) -> bool {
        self.types().any(|known| known == name)
    }

    /// Whether a value of the kind of `node` can have this shape.
    pub(super) fn admits(self, node: &Node) -> bool {
        self.types().next().is_none() || json_types(node).iter().any(|name| self.names(name))
    }

    /// The texts that it allows, when it allows only some.
    pub(super) fn texts(self) -> Option<Vec<&'s str>> {
        if let Some(only) = self.keywords.get("const") {
            return Some(only.as_str().into_iter().collect());
        }
        let list = self.keywords.get("enum")?.as_array()?;
        Some(list.iter().filter_map(Json::as_str).collect())
    }

    /// The schema of the field `name`.
    pub(super) fn property(self, name: &str) -> Option<&'s Json> {
        self.properties()?.get(name)
    }

    fn properties(self) -> Option<&'s Map<String, Json>> {
        self.keywords.get("properties")?.as_object()
    }

    /// Its fields in the order of the type, with their schemas.
    pub(super) fn fields(self) -> impl Iterator<Item = (&'s str, &'s Json)> {
        self.properties().into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The names of the fields that must be there.
    pub(super) fn required(self) -> impl Iterator<Item = &'s str> {
        let list = self.keywords.get("required").and_then(Json::as_array);
        list.into_iter().flatten().filter_map(Json::as_str)
    }

    /// Whether a field that it does not name is a mistake.
    pub(super) fn is_closed(self) -> bool {
        self.keywords.get("additionalProperties") == Some(&Json::Bool(false))
    }

    /// The schema of the entries of a mapping with free keys.
    pub(super) fn entries(self) -> Option<&'s Json> {
        self.keywords.get("additionalProperties").filter(|schema| schema.is_object())
    }

    /// The schema of the item at `index` of a list.
    pub(super) fn item(self, index: usize) -> Option<&'s Json> {
        let by_place = self.keywords.get("prefixItems").and_then(|items| items.get(index));
        by_place.or_else(|| self.keywords.get("items"))
    }

    /// The one key of an externally tagged variant.
    pub(super) fn tag(self) -> Option<&'s str> {
        let mut fields = self.fields();
        let (name, _) = fields.next()?;
        (fields.next().is_none() && self.is_closed() && self.required().eq([name])).then_some(name)
    }

    /// The smallest and the largest number that it allows.
    pub(super) fn range(self) -> (Option<&'s serde_json::Number>, Option<&'s serde_json::Number>) {
        let bound = |name| self.keywords.get(name).and_then(Json::as_number);
        (bound("minimum"), bound("maximum"))
    }

    /// What people call it: its title, or its type in their words. Tags and texts are told
    /// together for all shapes, see [`expected`].
    fn phrase(self) -> Option<&'s str> {
        if self.title.is_some() {
            return self.title;
        }
        match self.types().next() {
            None => Some("a value"),
            Some(_) => self.types().find_map(|name| match name {
                "string" => Some("a string"),
                "integer" => Some("an integer"),
                "number" => Some("a number"),
                "boolean" => Some("a boolean"),
                "array" => Some("a list"),
                "object" => Some("a mapping"),
                _ => None,
            }),
        }
    }
}

/// The JSON types that a node has. A float with a whole value is no integer: the model's integers
/// do not take it.
fn json_types(node: &Node) -> &'static [&'static str] {
    match node.value() {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Int(_) | Value::Uint(_) => &["integer", "number"],
        Value::Float(_) => &["number"],
        Value::Str(_) => &["string"],
        Value::Seq(_) => &["array"],
        Value::Map(_) => &["object"],
    }
}

/// The shapes in people's words: `a number or a mapping with `exactly``.
pub(super) fn expected(shapes: &[Shape<'_>]) -> String {
    let mut phrases: Vec<String> = Vec::new();
    let texts: Vec<&str> = shapes.iter().filter_map(|shape| shape.texts()).flatten().collect();
    if !texts.is_empty() {
        phrases.push(format!("{}{}", if texts.len() > 1 { "one of " } else { "" }, list(&texts)));
    }
    let tags = tags(shapes);
    for shape in shapes.iter().filter(|shape| shape.texts().is_none()) {
        let phrase = match (shape.title, shape.tag()) {
            (None, Some(_)) if tags.len() > 1 => format!("a mapping with one of {}", list(&tags)),
            (None, Some(tag)) => format!("a mapping with `{tag}`"),
            _ => shape.phrase().unwrap_or("null").to_owned(),
        };
        // Null is how a file says `not there`: it is no way to write something.
        if !phrases.contains(&phrase) && phrase != "null" {
            phrases.push(phrase);
        }
    }
    if phrases.is_empty() { "null".to_owned() } else { phrases.join(" or ") }
}

/// The tags of the externally tagged variants among `shapes`.
pub(super) fn tags<'s>(shapes: &[Shape<'s>]) -> Vec<&'s str> {
    shapes.iter().filter_map(|shape| shape.tag()).collect()
}

/// Names in backticks with commas; the first twelve when there are more.
pub(super) fn list(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
