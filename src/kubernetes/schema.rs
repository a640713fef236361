//! Validates objects against the `openAPIV3Schema` of a CustomResourceDefinition.
//!
//! A structural schema as the API server reads it
//! (kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions): a
//! field that the schema does not list is refused, a required field with a default may be left
//! out, null is refused unless the field is nullable or has a default. Not evaluated are `pattern`,
//! `allOf`, `anyOf`, `oneOf`, `not`, `multipleOf`, `uniqueItems` and `x-kubernetes-validations`:
//! what only they refuse is not found here, and nothing is refused because of them.

use ecow::{EcoString, eco_format};

use super::Definitions;
use super::scalar::{self, Fit};
use super::types::{Format, Kind, Type};
use super::validate::{check as check_built_in, content};
use super::violation::{Findings, Known, Violation, What};
use crate::origin::Origin;
use crate::tree::{Map, Node, Value};

/// What is wrong with an object, in written order. `schema` describes the whole object;
/// `metadata` is checked as that of the built-in kinds in `definitions`.
pub fn validate(root: &Node, schema: &Node, definitions: Definitions) -> Vec<Violation> {
    let mut findings = Findings::default();
    let validator = Validator { metadata: definitions.object_meta() };
    match root.as_map() {
        Some(map) => validator.object(map, root, Schema { node: schema, is_resource: true }, &mut findings),
        None => findings.wrong_type(root, "a mapping"),
    }
    findings.into_list()
}

struct Validator {
    metadata: Option<Type>,
}

/// A schema and whether it describes a whole resource, which has `apiVersion`, `kind` and
/// `metadata` without saying so.
#[derive(Clone, Copy)]
struct Schema<'a> {
    node: &'a Node,
    is_resource: bool,
}

impl<'a> Schema<'a> {
    fn new(node: &'a Node) -> Self {
        Self { node, is_resource: is_true(node, "x-kubernetes-embedded-resource") }
    }

    fn property(self, name: &str) -> Option<Self> {
        self.node.get("properties")?.get(name).map(Self::new)
    }

    /// The schema of the values whose keys are not listed.
    fn additional(self) -> Option<Self> {
        self.node.get("additionalProperties").filter(|node| node.as_map().is_some()).map(Self::new)
    }

    /// Whether keys that are not listed may hold anything.
    fn is_open(self) -> bool {
        is_true(self.node, "x-kubernetes-preserve-unknown-fields") || is_true(self.node, "additionalProperties")
    }

    /// Null is accepted where the API server replaces it by the default.
    fn accepts_null(self) -> bool {
        is_true(self.node, "nullable") || self.has_default()
    }

    fn has_default(self) -> bool {
        self.node.get("default").is_some_and(|node| !node.is_null())
    }

    fn kind(self) -> Kind {
        if is_true(self.node, "x-kubernetes-int-or-string") {
            return Kind::IntOrString;
        }
        match self.node.get("type").and_then(Node::as_str) {
            Some("object") => Kind::Object,
            Some("array") => Kind::Array,
            Some("string") => Kind::String,
            Some("integer") => Kind::Integer,
            Some("number") => Kind::Number,
            Some("boolean") => Kind::Boolean,
            _ => Kind::Any,
        }
    }

    fn format(self) -> Option<Format> {
        match self.node.get("format")?.as_str()? {
            "int32" => Some(Format::Int32),
            "int64" => Some(Format::Int64),
            "byte" => Some(Format::Byte),
            _ => None,
        }
    }
}

impl Validator {
    fn check(&self, node: &Node, schema: Schema, findings: &mut Findings) {
        if node.is_null() && schema.accepts_null() {
            return;
        }
        let kind = schema.kind();
        let fit = match kind {
            Kind::Any => Fit::Yes,
            Kind::Array => self.list(node, schema, findings),
            Kind::String => scalar::string(node, schema.format()),
            Kind::Integer => scalar::integer(node, schema.format()),
            Kind::Number => scalar::number(node),
            Kind::Boolean => node.as_bool().map_or(Fit::Type, |_| Fit::Yes),
            Kind::IntOrString => scalar::int_or_string(node),
            _ => match node.as_map() {
                Some(map) => {
                    self.object(map, node, schema, findings);
                    Fit::Yes
                }
                None => Fit::Type,
            },
        };
        match fit {
            Fit::Yes => limits(node, schema.node, findings),
            Fit::Type => findings.wrong_type(node, kind.expected()),
            Fit::Content => findings.push(node.origin(), What::Malformed { expected: content(kind, schema.format()) }),
        }
    }

    fn object(&self, map: &Map, node: &Node, schema: Schema, findings: &mut Findings) {
        for entry in map {
            let (key, node) = (&entry.key, &entry.node);
            if schema.is_resource && self.implied(key, node, findings) {
                continue;
            }
            match schema.property(key).or_else(|| schema.additional()) {
                Some(below) => findings.below_key(key, |findings| self.check(node, below, findings)),
                None if schema.is_open() => {}
                None => findings.unknown(key, entry.key_origin, known(schema.node)),
            }
        }
        let required = schema.node.get("required").into_iter().flat_map(Node::items).filter_map(Node::as_str);
        for name in required.filter(|name| !map.contains_key(name)) {
            if !schema.property(name).is_some_and(Schema::has_default) {
                findings.missing(name, node);
            }
        }
    }

    /// Checks the fields that every resource has; false for other fields.
    fn implied(&self, key: &EcoString, node: &Node, findings: &mut Findings) -> bool {
        match (key.as_str(), self.metadata) {
            ("apiVersion" | "kind", _) if node.as_str().is_some() => {}
            ("apiVersion" | "kind", _) => findings.below_key(key, |below| below.wrong_type(node, "a string")),
            ("metadata", Some(of)) => findings.below_key(key, |below| check_built_in(node, of, below)),
            _ => return false,
        }
        true
    }

    fn list(&self, node: &Node, schema: Schema, findings: &mut Findings) -> Fit {
        if node.as_seq().is_none() {
            return Fit::Type;
        }
        if let Some(items) = schema.node.get("items").map(Schema::new) {
            findings.each_item(node, |findings, item| self.check(item, items, findings));
        }
        Fit::Yes
    }
}

fn is_true(node: &Node, key: &str) -> bool {
    node.get(key).and_then(Node::as_bool) == Some(true)
}

fn known(schema: &Node) -> Known {
    Known::Properties(schema.get("properties").cloned().unwrap_or_else(|| Node::null(schema.origin())))
}

/// `enum` and the bounds of numbers, lengths and counts.
fn limits(node: &Node, schema: &Node, findings: &mut Findings) {
    let options = schema.get("enum").map(Node::items);
    if let Some(mut options) = options
        && !options.any(|option| option == node)
    {
        let allowed = schema.get("enum").into_iter().flat_map(Node::items).filter_map(Node::scalar_text).collect();
        findings.push(node.origin(), What::NotAllowed { allowed });
    }
    match node.value() {
        Value::Str(text) => {
            let [low, high] = counts(schema, ["minLength", "maxLength"]);
            if low.is_some() || high.is_some() {
                bounds(text.chars().count(), low, high, "character", node.origin(), findings);
            }
        }
        Value::Seq(items) => {
            let [low, high] = counts(schema, ["minItems", "maxItems"]);
            bounds(items.len(), low, high, "item", node.origin(), findings);
        }
        Value::Map(map) => {
            let [low, high] = counts(schema, ["minProperties", "maxProperties"]);
            bounds(map.len(), low, high, "field", node.origin(), findings);
        }
        Value::Int(number) => range(*number as f64, schema, node.origin(), findings),
        Value::Uint(number) => range(*number as f64, schema, node.origin(), findings),
        Value::Float(number) => range(*number, schema, node.origin(), findings),
        Value::Null | Value::Bool(_) => {}
    }
}

fn counts(schema: &Node, keys: [&str; 2]) -> [Option<i64>; 2] {
    keys.map(|key| schema.get(key).and_then(Node::as_i64))
}

fn bounds(count: usize, low: Option<i64>, high: Option<i64>, noun: &str, origin: Origin, findings: &mut Findings) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let plural = |limit: i64| if limit == 1 { "" } else { "s" };
    if let Some(low) = low.filter(|low| count < *low) {
        let bound = eco_format!("at least {low} {noun}{}", plural(low));
        findings.push(origin, What::OutOfBounds { bound });
    }
    if let Some(high) = high.filter(|high| count > *high) {
        let bound = eco_format!("at most {high} {noun}{}", plural(high));
        findings.push(origin, What::OutOfBounds { bound });
    }
}

fn range(number: f64, schema: &Node, origin: Origin, findings: &mut Findings) {
    let limit = |key: &str| match schema.get(key).map(Node::value) {
        Some(Value::Int(limit)) => Some(*limit as f64),
        Some(Value::Float(limit)) => Some(*limit),
        _ => None,
    };
    let too_low = |low: &f64| number < *low || number == *low && is_true(schema, "exclusiveMinimum");
    let too_high = |high: &f64| number > *high || number == *high && is_true(schema, "exclusiveMaximum");
    if let Some(low) = limit("minimum").filter(too_low) {
        let word = if is_true(schema, "exclusiveMinimum") { "above" } else { "of at least" };
        findings.push(origin, What::OutOfBounds { bound: eco_format!("a value {word} {low}") });
    }
    if let Some(high) = limit("maximum").filter(too_high) {
        let word = if is_true(schema, "exclusiveMaximum") { "below" } else { "of at most" };
        findings.push(origin, What::OutOfBounds { bound: eco_format!("a value {word} {high}") });
    }
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::super::oracle::tree;
    use super::*;
    use crate::object;

    fn read(text: &str) -> Node {
        tree(&serde_yaml::from_str(text).unwrap())
    }

    /// What is said about `field: <value>` when `field` has the given schema.
    #[track_caller]
    fn check(schema: &str, value: &str, expected: &[&str]) {
        let schema = read(&format!("{{type: object, properties: {{field: {schema}}}}}"));
        let violations = validate(&read(&format!("{{field: {value}}}")), &schema, Definitions::of(Version::NEWEST));
        assert_eq!(violations.iter().map(Violation::message).collect::<Vec<_>>(), expected, "{value}");
    }

    #[test]
    fn a_required_field_with_a_default_may_be_left_out_or_null() {
        let schema = "{type: object, required: [a, b], properties: {a: {type: string, default: x}, b: {type: string}}}";
        check(schema, "{b: x}", &[]);
        check(schema, "{a: null, b: x}", &[]);
        check(schema, "{a: x}", &["`field.b` is required and missing"]);
        check(schema, "{b: null}", &["`field.b` must be a string, not null"]);
        check("{type: string, nullable: true}", "null", &[]);
    }

    #[test]
    fn unknown_fields_pass_only_where_the_schema_lets_them() {
        check("{type: object}", "{a: 1}", &["unknown field `field.a`"]);
        check("{type: object, additionalProperties: true}", "{a: 1}", &[]);
        check("{type: object, additionalProperties: {type: integer}}", "{a: 1}", &[]);
        let wrong = "`field.a` must be an integer, not a string";
        check("{type: object, additionalProperties: {type: integer}}", "{a: x}", &[wrong]);
        let open = "{type: object, x-kubernetes-preserve-unknown-fields: true, properties: {a: {type: integer}}}";
        check(open, "{a: 1, b: {c: null}}", &[]);
        check(open, "{a: x}", &[wrong]);
        check("{x-kubernetes-preserve-unknown-fields: true}", "[1, {a: b}]", &[]);
    }

    #[test]
    fn an_embedded_resource_has_the_usual_metadata() {
        let schema = "{type: object, x-kubernetes-embedded-resource: true, properties: {spec: {type: object}}}";
        check(schema, "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {}}", &[]);
        check(schema, "{kind: 1}", &["`field.kind` must be a string, not an integer"]);
        check(schema, "{metadata: {nam: x}}", &["unknown field `field.metadata.nam`"]);
    }

    #[test]
    fn bounds_and_enumerations_are_said_in_words() {
        check("{type: string, enum: [a, b, c]}", "d", &["`field` must be `a`, `b` or `c`"]);
        check("{type: integer, enum: [1]}", "1.0", &[]);
        check("{type: string, minLength: 1}", "''", &["`field` must have at least 1 character"]);
        check("{type: string, maxLength: 2}", "äöü", &["`field` must have at most 2 characters"]);
        check("{type: array, minItems: 2, items: {type: string}}", "[a]", &["`field` must have at least 2 items"]);
        check("{type: object, maxProperties: 0}", "{}", &[]);
        check("{type: integer, minimum: 600}", "599", &["`field` must have a value of at least 600"]);
        check("{type: number, maximum: 1, exclusiveMaximum: true}", "1", &["`field` must have a value below 1"]);
        check("{type: integer, format: int32}", "3000000000", &["`field` must be an integer of 32 bits"]);
        check("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}", "5m", &[]);
    }

    #[test]
    fn a_schema_that_makes_no_sense_refuses_nothing() {
        for schema in ["null", "1", "[]", "{type: [string]}", "{type: array, items: 3}", "{properties: x, required: y}"]
        {
            check(schema, "[1]", &[]);
        }
        assert!(validate(&read("{}"), &read("null"), Definitions::of(Version::NEWEST)).is_empty());
    }

    #[test]
    fn near_misses_come_from_the_schema() {
        let at = Origin::source;
        let root = object! { at(1); "spek": Node::map(at(2)) };
        let violations = validate(&root, &read("{properties: {spec: {}}}"), Definitions::of(Version::NEWEST));
        assert_eq!(violations[0].help().as_deref(), Some("did you mean `spec`?"));
        assert_eq!(violations[0].diagnostic().code, "unknown-field");
    }
}
