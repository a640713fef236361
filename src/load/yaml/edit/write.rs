//! New text: scalars with the quotes that they need, and entries in block or flow style.

use crate::tree::{Map, Node, Value};

/// How a new collection is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Block,
    Flow,
    /// Flow, with every key and text between double quotes.
    Json,
}

/// How bold quotes are left away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Wherever the characters allow it: right where plain scalars are text.
    Bold,
    /// Only where every reader takes the text for a text.
    Careful,
}

/// A scalar in the ways in which it may be written, the best first: with the quotes that are
/// there, without, then with the quotes that it needs.
pub(super) fn scalars(value: &Value, quote: Option<char>) -> Vec<String> {
    let Value::Str(text) = value else { return vec![plain_value(value)] };
    let quoted = |quote| match quote {
        '\'' => single_quoted(text),
        _ => Some(double_quoted(text)),
    };
    let plain = || can_be_plain(text).then(|| text.to_string());
    let own = quote.map_or_else(plain, quoted);
    own.into_iter().chain([double_quoted(text)]).collect()
}

fn plain_value(value: &Value) -> String {
    match value {
        Value::Null | Value::Seq(_) | Value::Map(_) => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Str(text) => text.to_string(),
    }
}

fn scalar(value: &Value, quoting: Quoting) -> String {
    let Value::Str(text) = value else { return plain_value(value) };
    let plain = match quoting {
        Quoting::Bold => can_be_plain(text),
        Quoting::Careful => is_surely_text(text),
    };
    if plain { text.to_string() } else { double_quoted(text) }
}

/// The lines of `key: value` for a block mapping; the first without indentation, the others
/// indented from there. `step` is added for each level, `list` for the items of a list.
pub(super) fn entry(key: &str, value: &Value, layout: &Layout) -> Vec<String> {
    let key = self::key(key, layout.style);
    match value {
        Value::Map(map) if layout.is_block(map) => {
            let mut lines = vec![format!("{key}:")];
            lines.extend(self::map(map, layout).into_iter().map(|line| layout.indented(&line, layout.step)));
            lines
        }
        Value::Seq(items) if layout.style == Style::Block && !items.is_empty() => {
            let mut lines = vec![format!("{key}:")];
            for item in items {
                lines.extend(
                    self::item(item.value(), layout).into_iter().map(|line| layout.indented(&line, layout.list)),
                );
            }
            lines
        }
        value => vec![format!("{key}: {}", flow(value, layout))],
    }
}

/// The lines of an item of a block list, its dash included.
pub(super) fn item(value: &Value, layout: &Layout) -> Vec<String> {
    let Value::Map(map) = value else { return vec![format!("- {}", flow(value, layout))] };
    if layout.style != Style::Block || map.is_empty() {
        return vec![format!("- {}", flow(value, layout))];
    }
    let lines = self::map(map, layout).into_iter().enumerate();
    lines.map(|(index, line)| if index == 0 { format!("- {line}") } else { layout.indented(&line, 2) }).collect()
}

fn map(map: &Map, layout: &Layout) -> Vec<String> {
    let below = Layout { is_outer: false, ..*layout };
    map.iter().flat_map(|item| entry(&item.key, item.node.value(), &below)).collect()
}

/// How new lines look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub style: Style,
    pub quoting: Quoting,
    /// Columns from a key to the keys below it.
    pub step: usize,
    /// Columns from a key to the dashes below it.
    pub list: usize,
    /// Whether a mapping of scalars inside a new mapping is written between braces.
    pub braces: bool,
    /// Whether the value of a key at the top of the file is meant, which gets lines of its own.
    pub is_outer: bool,
}

impl Layout {
    fn is_block(&self, map: &Map) -> bool {
        let is_small = || map.iter().all(|entry| !matches!(entry.node.value(), Value::Map(_) | Value::Seq(_)));
        self.style == Style::Block && !map.is_empty() && (self.is_outer || !self.braces || !is_small())
    }

    fn indented(&self, line: &str, columns: usize) -> String {
        format!("{}{line}", " ".repeat(columns))
    }
}

/// A value on one line.
pub(super) fn flow(value: &Value, layout: &Layout) -> String {
    match value {
        Value::Map(map) => {
            let entries: Vec<String> =
                map.iter().map(|entry| flow_entry(&entry.key, entry.node.value(), layout)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item: &Node| flow(item.value(), layout)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Str(text) if layout.style == Style::Json => double_quoted(text),
        value => scalar(value, layout.quoting),
    }
}

/// `key: value` on one line.
pub(super) fn flow_entry(key: &str, value: &Value, layout: &Layout) -> String {
    format!("{}: {}", self::key(key, layout.style), flow(value, layout))
}

fn key(key: &str, style: Style) -> String {
    if style != Style::Json && is_surely_text(key) { key.to_owned() } else { double_quoted(key) }
}

/// Whether the characters of a text can stand without quotes, in braces too; it may be read as
/// something other than text.
fn can_be_plain(text: &str) -> bool {
    let first = text.chars().next();
    let starts = first.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '_' | '.' | '$' | '(' | '+' | '~'))
        || first == Some('-') && text.chars().nth(1).is_some_and(|c| !c.is_whitespace());
    let indicator =
        |c: char| c.is_control() || matches!(c, ',' | '[' | ']' | '{' | '}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}');
    starts
        && !text.contains(indicator)
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([' ', ':'])
        && !is_word(text)
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// Whether every reader takes the plain scalar for a text.
fn is_surely_text(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.' | '@' | ':' | '-' | '+' | '%');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_'))
        && text.chars().all(known)
        && !text.ends_with(':')
        && !is_word(text)
}

/// Words that some reader takes for a boolean or for null.
fn is_word(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

fn single_quoted(text: &str) -> Option<String> {
    let fits = !text.chars().any(|c| c.is_control() || matches!(c, '\u{FEFF}' | '\u{2028}' | '\u{2029}'));
    fits.then(|| format!("'{}'", text.replace('\'', "''")))
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{FEFF}' | '\u{2028}' | '\u{2029}') => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
