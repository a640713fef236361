//! Trees as YAML text, for files inside of ConfigMaps that other programs read. Resources
//! themselves are written by `emit`.

use std::fmt::Write as _;

use ecow::EcoString;

use crate::tree::{Node, Value};

/// Words that YAML 1.1 takes for something else than a text.
const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// `node` as YAML, which ends in a line break: maps and lists in blocks, texts of several lines as
/// they are.
pub(super) fn yaml(node: &Node) -> EcoString {
    let mut out = String::new();
    value(node, 0, &mut out);
    out.into()
}

/// Writes what comes behind `key:` or `-`, up to the end of its last line.
fn value(node: &Node, indent: usize, out: &mut String) {
    match node.value() {
        Value::Map(map) => {
            for (index, entry) in map.iter().enumerate() {
                // The first entry of a list's item stands behind the dash.
                if index > 0 || !out.ends_with("- ") {
                    pad(indent, out);
                }
                out.push_str(&scalar(&entry.key));
                out.push(':');
                below(&entry.node, indent, out);
            }
        }
        Value::Seq(items) => {
            for item in items {
                pad(indent, out);
                out.push('-');
                below(item, indent, out);
            }
        }
        _ => out.push_str("null\n"),
    }
}

fn below(node: &Node, indent: usize, out: &mut String) {
    match node.value() {
        Value::Map(_) if out.ends_with('-') => {
            out.push(' ');
            value(node, indent + 2, out);
        }
        Value::Map(_) | Value::Seq(_) => {
            out.push('\n');
            value(node, indent + 2, out);
        }
        _ => {
            let text = node.scalar_text().unwrap_or_default();
            match is_block(&text) {
                true => block(&text, indent + 2, out),
                false => _ = writeln!(out, " {}", scalar(&text)),
            }
        }
    }
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Whether a text can stand as a literal block: several lines, nothing that needs an escape, no
/// space or break at an end, which a block would have to announce.
fn is_block(text: &str) -> bool {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let plain = |c: char| c == '\n' || !c.is_control();
    let ends = |c: char| c.is_whitespace();
    text.contains('\n') && text.chars().all(plain) && !text.starts_with(ends) && !text.ends_with(ends)
}

fn block(text: &str, indent: usize, out: &mut String) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.lines() {
        if !line.is_empty() {
            pad(indent, out);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A text on one line: bare where no YAML reader takes it for anything else, else in quotes.
fn scalar(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let bare = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
    if starts && text.chars().all(bare) && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return text.to_owned();
    }
    if !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => _ = write!(quoted, "\\u{:04x}", c as u32),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    #[test]
    fn another_reader_reads_the_same_tree() {
        let at = Origin::source(0);
        let texts = [
            "plain",
            "two words",
            "it's",
            "yes",
            "5m",
            "a: b",
            "# x",
            "",
            " x",
            "a\nb",
            "a\nb\n",
            "a\n\n  b # c\n",
            "\ta\nb",
            "a\n b\u{7}",
            "{{ $value }}",
            "sum({app=\"x\"} |= `y` [5m]) > 0",
            "é",
        ];
        let items: Vec<Node> = texts.iter().map(|text| Node::string(*text, at)).collect();
        let tree = object! { at;
            "groups": vec![object! { at; "name": "x", "rules": vec![object! { at; "texts": items.clone() }] }],
            "texts": items,
        };
        let read: serde_json::Value = serde_yaml::from_str(&yaml(&tree)).unwrap();
        assert_eq!(read["texts"], serde_json::json!(texts));
        assert_eq!(read["groups"][0]["rules"][0]["texts"], serde_json::json!(texts));
        assert_eq!(read["groups"][0]["name"], "x");
    }

    #[test]
    fn queries_stay_readable() {
        let at = Origin::source(0);
        let tree = object! { at; "a": vec![object! { at; "b": "x", "sql": "SELECT 1\nFROM y\n" }] };
        assert_eq!(yaml(&tree), "a:\n  - b: x\n    sql: |\n      SELECT 1\n      FROM y\n");
    }
}
