//! Trees to YAML text, byte-identical with what `kustomize build` prints.
//!
//! kustomize prints with go-yaml v2: two spaces of indentation, a sequence inside a mapping not
//! indented, keys in natural order (`keys`), the plainest style that reads back as the same
//! text under YAML 1.1 (`scalar`), and folding at 80 columns (`fold`).
//!
//! Two of its habits are kept although they are odd, since equal bytes are the contract. A text
//! that overflows every number type (`1e999`) stays plain. And a text that holds U+2028 or
//! U+2029 is printed with the character as a line break, as YAML 1.1 has it, even as the last one of
//! a literal block: go-yaml reads the same text back, a YAML 1.2 reader finds the indentation in it.
//! In files for people it is an escape.

mod fold;
mod keys;
mod number;
mod resolve;
mod scalar;

use std::io::Write as _;

use rayon::prelude::*;

pub(super) use keys::Order;
pub(super) use number::write_float;

use crate::tree::{Map, Node, Value};

/// From this many documents on, writing in parallel pays for the threads.
const PARALLEL_FROM: usize = 256;

/// The documents that one task writes, so that small ones do not cost a task each.
const DOCUMENTS_PER_TASK: usize = 64;

/// A key of more bytes than this is written as `? key`.
const LONGEST_SIMPLE_KEY: usize = 128;

/// Writes one document after what is in `out`, with a newline at its end. `out` is empty or ends
/// with a newline.
pub fn write_document(root: &Node, out: &mut Vec<u8>) {
    Writer { out, order: Order::default(), notes: Silent }.root(root);
}

/// One document whose keys stay in the order in which they are: that of a file for people.
pub fn as_written(root: &Node) -> Vec<u8> {
    let mut out = Vec::new();
    Writer { out: &mut out, order: Order::as_written(), notes: Silent }.root(root);
    out
}

/// What is said beside the lines of a document, as comments.
pub trait Notes {
    /// A value begins; what is said of it goes behind the line that shows it first.
    fn enter(&mut self, node: &Node);
    /// The value that began last is over.
    fn leave(&mut self);
    /// What is to be said behind the line that ends now, on one line without control characters.
    fn take(&mut self) -> Option<String>;
}

/// Nothing is said.
struct Silent;

impl Notes for Silent {
    #[inline(always)]
    fn enter(&mut self, _: &Node) {}

    #[inline(always)]
    fn leave(&mut self) {}

    #[inline(always)]
    fn take(&mut self) -> Option<String> {
        None
    }
}

/// One document as [`write_document`] writes it, with comments. They change no data.
pub fn with_notes(root: &Node, notes: &mut impl Notes, out: &mut Vec<u8>) {
    Writer { out, order: Order::default(), notes }.root(root);
}

impl<N: Notes> Notes for &mut N {
    fn enter(&mut self, node: &Node) {
        (**self).enter(node);
    }

    fn leave(&mut self) {
        (**self).leave();
    }

    fn take(&mut self) -> Option<String> {
        (**self).take()
    }
}

/// The documents joined by `---` lines: none before the first, none after the last. No documents
/// are no bytes.
pub fn yaml<'a>(roots: impl IntoIterator<Item = &'a Node>) -> Vec<u8> {
    let roots: Vec<&Node> = roots.into_iter().collect();
    if roots.len() < PARALLEL_FROM {
        return write_documents(&roots);
    }
    let parts: Vec<Vec<u8>> = roots.par_chunks(DOCUMENTS_PER_TASK).map(write_documents).collect();
    parts.join(SEPARATOR)
}

const SEPARATOR: &[u8] = b"---\n";

fn write_documents(roots: &[&Node]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, root) in roots.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(SEPARATOR);
        }
        write_document(root, &mut out);
    }
    out
}

/// Every method that writes a node ends with a newline. `indent` is the column of the keys or
/// dashes of the collection that is being written.
struct Writer<'a, N> {
    out: &'a mut Vec<u8>,
    order: Order,
    notes: N,
}

impl<N: Notes> Writer<'_, N> {
    fn root(&mut self, root: &Node) {
        self.notes.enter(root);
        match root.value() {
            Value::Map(map) if !map.is_empty() => self.map(map, 0, false),
            Value::Seq(items) if !items.is_empty() => self.seq(items, 0, false),
            _ => self.scalar(root, 2),
        }
        self.notes.leave();
    }

    /// `inline`: the first key goes on the line that is begun, after `- ` or `: `.
    fn map(&mut self, map: &Map, indent: usize, inline: bool) {
        let entries = map.as_slice();
        let sorted = self.order.sort(entries);
        for place in 0..entries.len() {
            if place > 0 || !inline {
                self.spaces(indent);
            }
            let entry = &entries[self.order.entry(&sorted, place)];
            self.entry(&entry.key, &entry.node, indent);
        }
        self.order.release(sorted);
    }

    fn entry(&mut self, key: &str, node: &Node, indent: usize) {
        if scalar::is_surely_plain(key) && key.len() <= LONGEST_SIMPLE_KEY {
            self.out.extend_from_slice(key.as_bytes());
        } else if key.len() <= LONGEST_SIMPLE_KEY && !scalar::has_break(key) {
            scalar::write_simple_key(key, self.out);
        } else {
            return self.long_entry(key, node, indent);
        }
        self.out.push(b':');
        self.notes.enter(node);
        match node.value() {
            Value::Map(map) if !map.is_empty() => {
                self.end_line();
                self.map(map, indent + 2, false);
            }
            Value::Seq(items) if !items.is_empty() => {
                self.end_line();
                self.seq(items, indent, false);
            }
            _ => {
                self.out.push(b' ');
                self.scalar(node, indent + 2);
            }
        }
        self.notes.leave();
    }

    /// Ends the line with what is to be said behind it.
    fn end_line(&mut self) {
        if let Some(note) = self.notes.take() {
            self.out.extend_from_slice(b" # ");
            self.out.extend_from_slice(note.as_bytes());
        }
        self.out.push(b'\n');
    }

    /// A key that does not fit before a colon: `? key` and `: value` on lines of their own.
    fn long_entry(&mut self, key: &str, node: &Node, indent: usize) {
        self.out.extend_from_slice(b"? ");
        self.text(key, indent + 2);
        self.spaces(indent);
        self.out.push(b':');
        self.item(node, indent);
    }

    fn seq(&mut self, items: &[Node], indent: usize, inline: bool) {
        for (place, node) in items.iter().enumerate() {
            if place > 0 || !inline {
                self.spaces(indent);
            }
            self.out.push(b'-');
            self.item(node, indent);
        }
    }

    /// What follows a dash, or the colon of a long key: a collection begins on the same line.
    fn item(&mut self, node: &Node, indent: usize) {
        self.out.push(b' ');
        self.notes.enter(node);
        match node.value() {
            Value::Map(map) if !map.is_empty() => self.map(map, indent + 2, true),
            Value::Seq(items) if !items.is_empty() => self.seq(items, indent + 2, true),
            _ => self.scalar(node, indent + 2),
        }
        self.notes.leave();
    }

    /// A value without items; `indent` is that of its continuation lines.
    fn scalar(&mut self, node: &Node, indent: usize) {
        match node.value() {
            Value::Str(text) => return self.text(text, indent),
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            // Writing to a `Vec` cannot fail.
            Value::Int(number) => _ = write!(self.out, "{number}"),
            Value::Uint(number) => _ = write!(self.out, "{number}"),
            Value::Float(number) => write_float(*number, self.out),
            Value::Seq(_) => self.out.extend_from_slice(b"[]"),
            Value::Map(_) => self.out.extend_from_slice(b"{}"),
        }
        self.end_line();
    }

    fn text(&mut self, text: &str, indent: usize) {
        let start = self.out.len();
        match self.order.is_as_written() {
            true => scalar::write_for_people(text, indent, self.out),
            false => scalar::write(text, indent, self.out),
        }
        // The lines of a block are data, and a comment goes behind its header.
        if self.out.get(start) == Some(&b'|')
            && let Some(note) = self.notes.take()
        {
            let end =
                self.out[start..].iter().position(|byte| *byte == b'\n').map_or(self.out.len(), |end| start + end);
            let comment = format!(" # {note}");
            self.out.splice(end..end, comment.into_bytes());
        }
        // Only a literal block can end its own last line.
        if !["\n", "\u{2028}", "\u{2029}"].iter().any(|end| self.out.ends_with(end.as_bytes())) {
            self.end_line();
        }
    }

    fn spaces(&mut self, count: usize) {
        write_spaces(count, self.out);
    }
}

fn write_spaces(count: usize, out: &mut Vec<u8>) {
    const SPACES: &[u8; 64] = &[b' '; 64];
    match SPACES.get(..count) {
        Some(spaces) => out.extend_from_slice(spaces),
        None => out.resize(out.len() + count, b' '),
    }
}

#[cfg(test)]
mod tests;
