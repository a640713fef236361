//! Trees to JSON text, with keys in the order that YAML has.

use std::io::Write as _;

use super::yaml::{Order, write_float};
use crate::tree::{Map, Node, Value};

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On one line without spaces.
    Compact,
    /// One value a line, two spaces of indentation.
    Pretty,
}

/// Writes one JSON value after what is in `out`, without a newline at its end. Numbers are those
/// that YAML shows; what JSON has no number for is null.
pub fn document(root: &Node, layout: Layout, out: &mut Vec<u8>) {
    Writer { out, order: Order::default(), layout }.node(root, 0);
}

/// The documents one after another, each ended by a newline: what Argo CD and `kubectl` accept,
/// who refuse an array at the top.
pub fn json<'a>(roots: impl IntoIterator<Item = &'a Node>, layout: Layout) -> Vec<u8> {
    let mut out = Vec::new();
    for root in roots {
        document(root, layout, &mut out);
        out.push(b'\n');
    }
    out
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    order: Order,
    layout: Layout,
}

impl Writer<'_> {
    fn node(&mut self, node: &Node, depth: usize) {
        match node.value() {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            // Writing to a `Vec` cannot fail.
            Value::Int(number) => _ = write!(self.out, "{number}"),
            Value::Uint(number) => _ = write!(self.out, "{number}"),
            Value::Float(number) if number.is_finite() => write_float(*number, self.out),
            Value::Float(_) => self.out.extend_from_slice(b"null"),
            Value::Str(text) => write_text(text, self.out),
            Value::Seq(items) if items.is_empty() => self.out.extend_from_slice(b"[]"),
            Value::Map(map) if map.is_empty() => self.out.extend_from_slice(b"{}"),
            Value::Seq(items) => self.seq(items, depth),
            Value::Map(map) => self.map(map, depth),
        }
    }

    fn seq(&mut self, items: &[Node], depth: usize) {
        for (place, node) in items.iter().enumerate() {
            self.out.push(if place == 0 { b'[' } else { b',' });
            self.line(depth + 1);
            self.node(node, depth + 1);
        }
        self.line(depth);
        self.out.push(b']');
    }

    fn map(&mut self, map: &Map, depth: usize) {
        let entries = map.as_slice();
        let sorted = self.order.sort(entries);
        for place in 0..entries.len() {
            let entry = &entries[self.order.entry(&sorted, place)];
            self.out.push(if place == 0 { b'{' } else { b',' });
            self.line(depth + 1);
            write_text(&entry.key, self.out);
            self.out.extend_from_slice(if self.layout == Layout::Pretty { b": " } else { b":" });
            self.node(&entry.node, depth + 1);
        }
        self.order.release(sorted);
        self.line(depth);
        self.out.push(b'}');
    }

    fn line(&mut self, depth: usize) {
        if self.layout == Layout::Pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + depth * 2, b' ');
        }
    }
}

/// Writes a JSON string (RFC 8259, section 7). Beyond what must be escaped, the characters are
/// that some line-based or script-based readers take for line ends or that a terminal obeys.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| must_escape(*c)) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        write_escape(c, out);
        rest = &rest[at + c.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}

fn must_escape(c: char) -> bool {
    matches!(c, '\0'..='\u{1F}' | '"' | '\\' | '\u{7F}'..='\u{9F}' | '\u{2028}' | '\u{2029}')
}

fn write_escape(c: char, out: &mut Vec<u8>) {
    let short = match c {
        '"' => b'"',
        '\\' => b'\\',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\u{8}' => b'b',
        '\u{C}' => b'f',
        // None of these is above U+FFFF, so four digits are enough.
        _ => {
            _ = write!(out, "\\u{:04x}", u32::from(c));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object;
    use crate::origin::Origin;

    fn origin() -> Origin {
        Origin::source(0)
    }

    fn sample() -> Node {
        let o = origin();
        let list = vec![Node::new(1, o), Node::null(o), Node::seq(o), Node::map(o)];
        object! { o; "z": list, "a": object! { o; "b": "x", "a": true } }
    }

    #[test]
    fn documents_follow_one_another_without_an_array() {
        let expected = "{\"a\":{\"a\":true,\"b\":\"x\"},\"z\":[1,null,[],{}]}\n{\"a\":{\"a\":true,\"b\":\"x\"},\"z\":[1,null,[],{}]}\n";
        assert_eq!(String::from_utf8(json([&sample(), &sample()], Layout::Compact)).unwrap(), expected);
        assert!(json([], Layout::Pretty).is_empty());
    }

    #[test]
    fn pretty_json_has_one_value_a_line() {
        let mut out = Vec::new();
        document(&sample(), Layout::Pretty, &mut out);
        let expected = "{\n  \"a\": {\n    \"a\": true,\n    \"b\": \"x\"\n  },\n  \"z\": [\n    1,\n    null,\n    [],\n    {}\n  ]\n}";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn texts_and_numbers_read_back_as_they_were() {
        let o = origin();
        let text: String = (0..0x300).chain([0x2028, 0x2029, 0xFEFF, 0x1F600]).filter_map(char::from_u32).collect();
        let numbers = vec![
            Node::new(u64::MAX, o),
            Node::new(i64::MIN, o),
            Node::new(1e-7, o),
            Node::new(1.5e300, o),
            Node::new(2.0, o),
        ];
        let mut out = Vec::new();
        document(&object! { o; "text": text.as_str(), "numbers": numbers }, Layout::Compact, &mut out);
        let back: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(back, json!({"text": text, "numbers": [u64::MAX, i64::MIN, 1e-7, 1.5e300, 2]}));
        assert!(!out.iter().any(|byte| *byte < 0x20 || *byte == 0x7F));
    }

    #[test]
    fn what_is_no_json_number_is_null() {
        let mut out = Vec::new();
        document(&Node::new(f64::NAN, origin()), Layout::Compact, &mut out);
        assert_eq!(out, b"null");
    }
}
