//! What is wrong with an object, and where.

use ecow::EcoString;

use super::types::Type;
use crate::diagnostic::{Diagnostic, near_miss};
use crate::origin::Origin;
use crate::tree::{Node, Path};

/// One place where an object does not follow its schema. It never holds a value of the object:
/// the value may be secret.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The offending field, or the field that is missing.
    pub path: Path,
    /// The key of an unknown field, the mapping that a field is missing in, else the value.
    pub origin: Origin,
    /// What is wrong.
    pub what: What,
}

/// What is wrong at one place.
#[derive(Clone, Debug)]
pub enum What {
    /// The schema has no such field.
    UnknownField {
        /// The field as written.
        field: EcoString,
        /// The fields that there are.
        known: Known,
    },
    /// A required field is absent or null.
    MissingField {
        /// The field that should be there.
        field: EcoString,
    },
    /// The value has another type.
    WrongType {
        /// What the schema accepts, with an article.
        expected: &'static str,
        /// What is there, with an article (`null` has none).
        found: &'static str,
    },
    /// The type is right but the text or number is not.
    Malformed {
        /// What the schema accepts, with an article.
        expected: &'static str,
    },
    /// The value is none of those that the schema lists.
    NotAllowed {
        /// The listed values as text.
        allowed: Vec<EcoString>,
    },
    /// Too small, too large, too short or too long.
    OutOfBounds {
        /// The bound in words: `at least 1 item`.
        bound: EcoString,
    },
}

/// The fields that an object may have; names are only looked up when a message needs them.
#[derive(Clone, Debug)]
pub enum Known {
    /// Those of a built-in type.
    Type(Type),
    /// The keys of a mapping: `properties` of a custom resource's schema (null for none).
    Properties(Node),
}

impl Known {
    /// The names of the fields.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Type(of) => of.fields().map(|field| field.name).collect(),
            Self::Properties(node) => node.entries().map(|entry| entry.key.as_str()).collect(),
        }
    }
}

impl Violation {
    /// Stable kebab-case code.
    pub fn code(&self) -> &'static str {
        match self.what {
            What::UnknownField { .. } => "unknown-field",
            What::MissingField { .. } => "missing-field",
            What::WrongType { .. } => "wrong-type",
            What::Malformed { .. } => "malformed-value",
            What::NotAllowed { .. } => "value-not-allowed",
            What::OutOfBounds { .. } => "out-of-bounds",
        }
    }

    /// One sentence: lower case, no final period, names in backticks.
    pub fn message(&self) -> String {
        let path = &self.path;
        match &self.what {
            What::UnknownField { .. } => format!("unknown field `{path}`"),
            What::MissingField { .. } => format!("`{path}` is required and missing"),
            What::WrongType { expected, found } => format!("`{path}` must be {expected}, not {found}"),
            What::Malformed { expected } => format!("`{path}` must be {expected}"),
            What::NotAllowed { allowed } => format!("`{path}` must be {}", alternatives(allowed)),
            What::OutOfBounds { bound } => format!("`{path}` must have {bound}"),
        }
    }

    /// What to do about it, where there is something to say.
    pub fn help(&self) -> Option<String> {
        match &self.what {
            What::UnknownField { field, known } => {
                let near = near_miss(field, known.names())?;
                Some(format!("did you mean `{near}`?"))
            }
            What::WrongType { expected: "a string", found: "a boolean" | "an integer" | "a number" } => {
                Some("write the value in quotes".into())
            }
            What::WrongType { expected: "an integer" | "a number", found: "a string" } => {
                Some("write a number, without quotes".into())
            }
            What::WrongType { expected: "a boolean", found: "a string" } => {
                Some("write `true` or `false`, without quotes".into())
            }
            _ => None,
        }
    }

    /// The violation as an error that points at its place.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.code(), self.message()).at(self.origin);
        match self.help() {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// `a`, `b` or `c`.
fn alternatives(allowed: &[EcoString]) -> String {
    let quoted: Vec<_> = allowed.iter().map(|text| format!("`{text}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "absent".into(),
    }
}

/// The violations found so far and the place that is being looked at.
#[derive(Default)]
pub(super) struct Findings {
    path: Path,
    list: Vec<Violation>,
}

impl Findings {
    pub(super) fn into_list(self) -> Vec<Violation> {
        self.list
    }

    /// Looks at the value under `key`.
    pub(super) fn below_key(&mut self, key: &EcoString, look: impl FnOnce(&mut Self)) {
        self.path.push_key(key.clone());
        look(self);
        self.path.pop();
    }

    /// Looks at each item of a list.
    pub(super) fn each_item(&mut self, list: &Node, mut look: impl FnMut(&mut Self, &Node)) {
        for (index, item) in list.items().enumerate() {
            self.path.push_index(index);
            look(self, item);
            self.path.pop();
        }
    }

    /// Records what is wrong at the present place.
    pub(super) fn push(&mut self, origin: Origin, what: What) {
        self.list.push(Violation { path: self.path.clone(), origin, what });
    }

    pub(super) fn wrong_type(&mut self, node: &Node, expected: &'static str) {
        self.push(node.origin(), What::WrongType { expected, found: node.kind() });
    }

    pub(super) fn unknown(&mut self, field: &EcoString, origin: Origin, known: Known) {
        self.below_key(field, |this| this.push(origin, What::UnknownField { field: field.clone(), known }));
    }

    pub(super) fn missing(&mut self, field: &str, of: &Node) {
        let field = EcoString::from(field);
        self.below_key(&field, |this| this.push(of.origin(), What::MissingField { field: field.clone() }));
    }
}
