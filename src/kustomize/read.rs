//! Reads the mappings that kustomize's users write: unknown fields are errors, letter case of
//! keys does not count, and null is as nothing (Go's `encoding/json`).

use ecow::EcoString;

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::origin::Origin;
use crate::tree::{Entry, Node, Text};

/// The position of the name that a key means: the same, or one that differs in letter case alone.
pub(super) fn nearest<'a>(key: &str, names: impl Iterator<Item = &'a str> + Clone) -> Option<usize> {
    names.clone().position(|name| name == key).or_else(|| names.clone().position(|name| name.eq_ignore_ascii_case(key)))
}

/// What there is to say of a field that `what` does not have.
pub(super) fn unknown_field(
    level: fn(&'static str, String) -> Diagnostic,
    what: &str,
    entry: &Entry,
    names: &[&str],
) -> Diagnostic {
    let help = match near_miss(&entry.key, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "take it away".to_owned(),
        None => format!("the fields are `{}`", names.join("`, `")),
    };
    level("unknown-field", format!("{what} has no field `{}`", entry.key)).at(entry.key_origin).help(help)
}

/// A key with a text, as in labels.
pub(super) type Pairs = Vec<(Text, Text)>;

/// The fields of one mapping.
pub(super) struct Fields<'n, 'd> {
    known: Vec<(&'static str, &'n Entry)>,
    /// Where the mapping is.
    pub origin: Origin,
    /// Whether it is neither a mapping nor null, which is as good as an empty one.
    pub is_wrong: bool,
    /// Where mistakes go.
    pub diagnostics: &'d mut Diagnostics,
}

impl<'n, 'd> Fields<'n, 'd> {
    /// Reads `node`, which a message calls `what`. Empty when it is no mapping.
    pub fn new(node: &'n Node, what: &str, names: &'static [&'static str], diagnostics: &'d mut Diagnostics) -> Self {
        Self::with(Diagnostic::error, node, what, names, diagnostics)
    }

    /// The same, for what kustomize reads without minding other fields: they get a warning.
    pub fn lenient(
        node: &'n Node,
        what: &str,
        names: &'static [&'static str],
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        Self::with(Diagnostic::warning, node, what, names, diagnostics)
    }

    fn with(
        unknown: fn(&'static str, String) -> Diagnostic,
        node: &'n Node,
        what: &str,
        names: &'static [&'static str],
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        let is_wrong = node.as_map().is_none() && !node.is_null();
        let mut fields = Self { known: Vec::new(), origin: node.origin(), is_wrong, diagnostics };
        if is_wrong {
            fields.wrong(node, what, "a mapping");
        }
        for entry in node.entries() {
            match nearest(&entry.key, names.iter().copied()).and_then(|known| names.get(known)) {
                Some(_) if entry.node.is_null() => {}
                Some(name) => fields.known.push((name, entry)),
                None => fields.diagnostics.push(unknown_field(unknown, what, entry, names)),
            }
        }
        fields
    }

    fn wrong(&mut self, node: &Node, name: &str, wanted: &str) {
        let message = format!("`{name}` is {wanted}, and this is {}", node.kind());
        let problem = Diagnostic::error("wrong-type", message).at(node.origin());
        // The text is not shown: `1.10` is no longer what was written.
        let quotable = wanted == "a string" && node.scalar_text().is_some();
        self.diagnostics.push(if quotable { problem.help("put it in quotes") } else { problem });
    }

    /// The value of a field, unless it is null. Of a key that stands there in two spellings the
    /// last one counts.
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.node)
    }

    /// Where the key of a field stands.
    pub fn key_origin(&self, name: &str) -> Option<Origin> {
        self.entry(name).map(|entry| entry.key_origin)
    }

    fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.known.iter().rev().find(|(known, _)| *known == name).map(|(_, entry)| *entry)
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<Text> {
        let node = self.get(name)?;
        self.text_of(node, name)
    }

    fn text_of(&mut self, node: &Node, name: &str) -> Option<Text> {
        match node.as_str() {
            Some(text) => Some(Text::new(text, node.origin())),
            None => {
                self.wrong(node, name, "a string");
                None
            }
        }
    }

    /// A text that is not empty.
    pub fn filled(&mut self, name: &str) -> Option<Text> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A text; an empty one when there is none.
    pub fn text_or_empty(&mut self, name: &str) -> Text {
        self.text(name).unwrap_or_else(|| Text::new("", self.origin))
    }

    /// A text without its place; empty when there is none.
    pub fn plain(&mut self, name: &str) -> EcoString {
        self.text(name).map(|text| text.value).unwrap_or_default()
    }

    /// A truth value; false when there is none.
    pub fn truth(&mut self, name: &str) -> bool {
        let Some(node) = self.get(name) else { return false };
        node.as_bool().unwrap_or_else(|| {
            self.wrong(node, name, "a boolean");
            false
        })
    }

    /// A whole number.
    pub fn number(&mut self, name: &str) -> Option<i64> {
        let node = self.get(name)?;
        let number = node.as_i64();
        if number.is_none() {
            self.wrong(node, name, "an integer");
        }
        number
    }

    /// The items of a list.
    pub fn items(&mut self, name: &str) -> Vec<&'n Node> {
        let Some(node) = self.get(name) else { return Vec::new() };
        if node.as_seq().is_none() {
            self.wrong(node, name, "a list");
        }
        node.items().collect()
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Vec<Text> {
        self.items(name).into_iter().filter_map(|item| self.text_of(item, name)).collect()
    }

    /// A list of texts, of which null is an empty one.
    pub fn texts_or_null(&mut self, name: &str) -> Vec<Text> {
        let text = |item: &'n Node, fields: &mut Self| match item.is_null() {
            true => Some(Text::new("", item.origin())),
            false => fields.text_of(item, name),
        };
        self.items(name).into_iter().filter_map(|item| text(item, self)).collect()
    }

    /// A mapping of texts to texts.
    pub fn pairs(&mut self, name: &str) -> Pairs {
        let Some(node) = self.get(name) else { return Vec::new() };
        if node.as_map().is_none() {
            self.wrong(node, name, "a mapping");
        }
        let mut pairs = Vec::new();
        for entry in node.entries() {
            let value = match entry.node.is_null() {
                true => Some(Text::new("", entry.node.origin())),
                false => self.text_of(&entry.node, &entry.key),
            };
            pairs.extend(value.map(|value| (Text::new(entry.key.clone(), entry.key_origin), value)));
        }
        pairs
    }

    /// What `read` makes of each item of a list.
    pub fn each<T>(&mut self, name: &str, mut read: impl FnMut(&'n Node, &mut Diagnostics) -> T) -> Vec<T> {
        self.items(name).into_iter().map(|item| read(item, self.diagnostics)).collect()
    }
}
