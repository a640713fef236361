//! Values as they are told: on one line, cut, without what is secret.

use similar::{ChangeTag, TextDiff};

use crate::cli::{excerpt, redact};
use crate::diff::FieldChange;
use crate::emit;
use crate::tree::{Node, Value};

/// What stands for a value that is not shown.
pub const HIDDEN: &str = "…";
/// The most characters of one value.
const MOST: usize = 160;
/// The most lines that are told of a change in a long text.
const LINES: usize = 40;

/// A value on one line; `None` for none.
pub fn shown(value: Option<&Node>, secret: bool) -> Option<String> {
    let value = value?;
    if secret {
        return Some(HIDDEN.to_owned());
    }
    Some(cut(&redact::without_credentials(&text(value))))
}

fn text(value: &Node) -> String {
    match value.value() {
        Value::Str(text) if is_plain(text) => text.to_string(),
        _ => {
            let mut bytes = Vec::new();
            emit::json::document(&hidden(value), emit::json::Layout::Compact, &mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        }
    }
}

/// Whether a text can be told without quotes: nothing else looks like it.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(['\n', '"', '\t'])
        && text.trim() == text
        && text.parse::<f64>().is_err()
        && !["true", "false", "null", "{}", "[]"].contains(&text)
}

/// The value with what a Secret in it holds left out.
fn hidden(value: &Node) -> Node {
    let mut value = value.clone();
    if value.get("kind").and_then(Node::as_str) == Some("Secret") {
        for key in ["data", "stringData"] {
            if let Some(data) = value.at_mut(&[key]) {
                *data = Node::string(HIDDEN, data.origin());
            }
        }
    }
    value
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} characters)", excerpt::escape(&text[..end]), text.chars().count()),
        None => excerpt::escape(text),
    }
}

/// The changed lines of a text of several lines, with one line around them; `None` for other values.
pub fn lines(field: &FieldChange) -> Option<Vec<(char, String)>> {
    let (old, new) = (field.old.as_ref()?.as_str()?, field.new.as_ref()?.as_str()?);
    if field.secret || old.lines().count().max(new.lines().count()) < 2 {
        return None;
    }
    let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changes = TextDiff::configure().diff_slices(&before, &after);
    let mut told = Vec::new();
    for group in changes.grouped_ops(1) {
        for change in group.iter().flat_map(|op| changes.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            told.push((sign, cut(&redact::without_credentials(change.value()))));
        }
    }
    if told.len() > LINES {
        let more = told.len() - LINES;
        told.truncate(LINES);
        told.push((' ', format!("… and {more} more lines")));
    }
    Some(told)
}
