//! Changes one value of a YAML text in place: the bytes of a scalar are replaced, or an entry is
//! added or taken out, and every other byte stays. Comments, quotes, order and line breaks are the
//! user's.
//!
//! What comes out is read again, and is given back only when its tree differs in exactly that
//! value: a change that would reach further, through an anchor say, is refused with the reason.

mod byte;
mod expected;
mod insert;
mod syntax;
#[cfg(test)]
mod tests;
mod write;

use std::ops::Range;

use granit_parser::ScalarStyle;

use super::{Dialect, read};
use crate::diagnostic::Diagnostics;
use crate::tree::{Node, Segment, Value};
use syntax::{Entry, Shape, Syntax};

/// A text with one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The new text.
    pub text: String,
    /// The bytes of the old text that were replaced.
    pub replaced: Range<usize>,
    /// How many bytes took their place.
    pub length: usize,
}

/// Why a text is not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The byte of the text that is in the way.
    pub at: usize,
    /// What is there, as the end of a sentence.
    pub reason: &'static str,
}

type Outcome<T> = Result<T, Refusal>;

/// `text` with `value` at `path`, in its first document that holds something. What is missing on
/// the way is made, in the style of what is beside it. A key of the top mapping that `order` names
/// comes after those that `order` names before it; any other new key comes last.
pub fn put(text: &str, dialect: Dialect, path: &[Segment], value: &Value, order: &[&str]) -> Outcome<Changed> {
    let source = Source::read(text, dialect)?;
    let wanted = expected::put(&source.tree, path, value).ok_or(source.nowhere())?;
    if wanted == source.tree {
        let at = source.root.span.start;
        return Ok(Changed { text: text.to_owned(), replaced: at..at, length: 0 });
    }
    let place = source.find(path)?;
    let candidates = match place.missing {
        [] => source.in_place(place.node, value)?,
        missing => source.added(&place, missing, value, order)?,
    };
    source.first_right(candidates, &wanted, place.node.span.start)
}

/// `text` with `value` in place of the scalar that byte `at` is part of, in whichever document; in a literal
/// block that is YAML itself (a patch in a kustomization), in that.
pub fn put_at(text: &str, dialect: Dialect, at: usize, value: &Value) -> Outcome<Changed> {
    Source::read_with(text, dialect, |_, root| root.span.contains(&at))?.put_at(at, value)
}

/// `text` without the entry at `path`, a key of a mapping that has others.
pub fn remove(text: &str, dialect: Dialect, path: &[Segment]) -> Outcome<Changed> {
    let source = Source::read(text, dialect)?;
    let wanted = expected::remove(&source.tree, path).ok_or(source.nowhere())?;
    let Some((Segment::Key(key), above)) = path.split_last() else { return Err(source.nowhere()) };
    let place = source.find(above)?;
    let Shape::Map { is_flow, entries } = &place.node.shape else { return Err(source.nowhere()) };
    let index = entries.iter().position(|entry| entry.key.as_deref() == Some(key)).ok_or(source.nowhere())?;
    let cut = source.without(entries, index, *is_flow).ok_or(Refusal {
        at: entries[index].key_span.start,
        reason: "it stands so close to other text that it cannot be cut out",
    })?;
    source.first_right(vec![(cut, String::new())], &wanted, entries[index].key_span.start)
}

/// The tree of the document that [`put`] and [`remove`] change.
pub fn tree(text: &str, dialect: Dialect) -> Option<Node> {
    trees(text, dialect)?.into_iter().find(|tree| !tree.is_null())
}

/// A range of bytes and what takes their place.
type Splice = (Range<usize>, String);

/// A text that can be changed.
struct Source<'t> {
    text: &'t str,
    dialect: Dialect,
    /// The document that is changed.
    tree: Node,
    root: Syntax,
    /// Its number in the text.
    document: usize,
}

/// The deepest node on the way to a place, and the rest of the way, which is not there.
struct Place<'s, 'p> {
    node: &'s Syntax,
    missing: &'p [Segment],
    /// The column of the keys of the block mapping, or of the dashes of the list, around the node.
    column: usize,
    /// Whether the node is between braces or brackets.
    in_flow: bool,
    /// Whether the node is the document.
    is_top: bool,
}

impl<'t> Source<'t> {
    fn read(text: &'t str, dialect: Dialect) -> Outcome<Self> {
        Self::read_with(text, dialect, |tree, _| !tree.is_null())
    }

    /// The first document that `is_meant`.
    fn read_with(text: &'t str, dialect: Dialect, is_meant: impl Fn(&Node, &Syntax) -> bool) -> Outcome<Self> {
        let broken = Refusal { at: 0, reason: "the file is no YAML that can be read" };
        let trees = trees(text, dialect).ok_or(broken.clone())?;
        let roots = syntax::documents(text).ok_or(broken.clone())?;
        if trees.len() != roots.len() {
            return Err(broken);
        }
        let documents = trees.into_iter().zip(roots).enumerate();
        let found = documents.into_iter().find(|(_, (tree, root))| is_meant(tree, root));
        let (document, (tree, root)) = found.ok_or(Refusal { at: 0, reason: "the file holds nothing" })?;
        Ok(Self { text, dialect, tree, root, document })
    }

    fn nowhere(&self) -> Refusal {
        Refusal { at: self.root.span.start, reason: "the place of the value is not in the file" }
    }

    /// Goes down `path` as far as the text does.
    fn find<'p>(&self, path: &'p [Segment]) -> Outcome<Place<'_, 'p>> {
        let mut place =
            Place { node: &self.root, missing: path, column: self.column(&self.root), in_flow: false, is_top: true };
        while let [step, rest @ ..] = place.missing {
            if place.node.is_shared {
                return Err(Refusal { at: place.node.span.start, reason: "an alias elsewhere stands for it as well" });
            }
            let next = match (&place.node.shape, step) {
                (Shape::Map { entries, .. }, Segment::Key(key)) => {
                    entries.iter().find(|entry| entry.key.as_deref() == Some(key)).map(|entry| &entry.value)
                }
                (Shape::Seq { items, .. }, Segment::Index(index)) => items.get(*index),
                (Shape::Alias, _) => {
                    let reason = "an alias stands there, and what it stands for is used elsewhere as well";
                    return Err(Refusal { at: place.node.span.start, reason });
                }
                (Shape::Absent, _) => None,
                (Shape::Scalar(_), _) if place.node.is_null(self.text) => None,
                (Shape::Map { .. } | Shape::Seq { .. }, _) | (Shape::Scalar(_) | Shape::Block | Shape::Odd, _) => {
                    let reason = "something else is written on the way to the value";
                    return Err(Refusal { at: place.node.span.start, reason });
                }
            };
            let Some(next) = next else { return Ok(place) };
            place.in_flow |=
                matches!(place.node.shape, Shape::Map { is_flow: true, .. } | Shape::Seq { is_flow: true, .. });
            if !place.in_flow {
                place.column = self.column(place.node);
            }
            (place.node, place.missing, place.is_top) = (next, rest, false);
        }
        Ok(place)
    }

    /// The column in which the first key, or the first dash, of a node stands.
    fn column(&self, node: &Syntax) -> usize {
        let at = match &node.shape {
            Shape::Seq { is_flow: false, items } => {
                items.first().and_then(|item| self.dash(item)).unwrap_or(node.span.start)
            }
            _ => node.span.start,
        };
        self.text[self.line_start(at)..at].chars().count()
    }

    /// The dash before an item of a block list.
    fn dash(&self, item: &Syntax) -> Option<usize> {
        let before = self.text[..item.span.start].trim_end_matches(' ');
        before.ends_with('-').then(|| before.len() - 1)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line that holds byte `at`, without its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let end = rest.find('\n').map_or(self.text.len(), |newline| at + newline);
        if self.text[at..end].ends_with('\r') { end - 1 } else { end }
    }

    /// The line break that the text uses.
    fn line_break(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// What may take the place of a node that is there.
    fn in_place(&self, node: &Syntax, value: &Value) -> Outcome<Vec<Splice>> {
        let refuse = |reason| Err(Refusal { at: node.span.start, reason });
        if node.is_shared {
            return refuse("it has an anchor, and an alias elsewhere stands for it as well");
        }
        if matches!(value, Value::Map(_) | Value::Seq(_)) {
            return refuse("another value is written there");
        }
        let (quote, before) = match node.shape {
            Shape::Scalar(ScalarStyle::DoubleQuoted) => (Some('"'), ""),
            Shape::Scalar(ScalarStyle::SingleQuoted) => (Some('\''), ""),
            Shape::Scalar(_) | Shape::Alias => (None, ""),
            Shape::Absent => (None, " "),
            Shape::Block => return refuse("a text of several lines is written there"),
            Shape::Seq { .. } => return refuse("a list is written there"),
            Shape::Map { .. } => return refuse("a mapping is written there"),
            Shape::Odd => return refuse("a pair without braces is written there"),
        };
        let texts = write::scalars(value, quote).into_iter();
        Ok(texts.map(|text| (node.span.clone(), format!("{before}{text}"))).collect())
    }

    /// The bytes of an entry, with its line where it has one of its own.
    fn without(&self, entries: &[Entry], index: usize, is_flow: bool) -> Option<Range<usize>> {
        let span = entries[index].span();
        let clean = |range: Range<usize>| (!self.text[range.clone()].contains('#')).then_some(range);
        let (line, end) = (self.line_start(span.start), self.line_end(span.end));
        let is_own_line = self.text[line..span.start].trim().is_empty();
        let next = entries.get(index + 1).map(|next| next.key_span.start);
        match (is_flow, next) {
            (true, Some(next)) => {
                // The entry and its comma; a line of its own goes whole.
                let whole = is_own_line && self.text[span.end..next].contains('\n');
                let from_line = line..self.line_start(next);
                if whole && clean(span.end..self.line_start(next)).is_some() {
                    Some(from_line)
                } else {
                    clean(span.start..next)
                }
            }
            (true, None) => clean(entries.get(index.checked_sub(1)?)?.span().end..span.end),
            (false, Some(next)) if !is_own_line => clean(span.start..next),
            (false, None) if !is_own_line || entries.len() == 1 => None,
            (false, _) if end == self.text.len() => {
                let before = self.text[..line].trim_end_matches('\n').trim_end_matches('\r').len();
                Some(before..end)
            }
            (false, _) => Some(line..self.text[end..].find('\n').map_or(end, |newline| end + newline + 1)),
        }
    }

    /// The first candidate that reads as `wanted`, and all other documents as before.
    fn first_right(&self, candidates: Vec<Splice>, wanted: &Node, at: usize) -> Outcome<Changed> {
        let before = trees(self.text, self.dialect).unwrap_or_default();
        let is_right = |text: &str| {
            let Some(after) = trees(text, self.dialect) else { return false };
            let others = |trees: &[Node]| -> Vec<Node> {
                let others = trees.iter().enumerate().filter(|(index, _)| *index != self.document);
                others.map(|(_, tree)| tree.clone()).collect()
            };
            after.get(self.document).is_some_and(|tree| tree == wanted) && others(&after) == others(&before)
        };
        for (replaced, new) in candidates {
            let text = format!("{}{new}{}", &self.text[..replaced.start], &self.text[replaced.end..]);
            if is_right(&text) {
                return Ok(Changed { text, replaced, length: new.len() });
            }
        }
        Err(Refusal { at, reason: "the change would reach further than this one value" })
    }
}

/// All documents; `None` when one of them cannot be read.
fn trees(text: &str, dialect: Dialect) -> Option<Vec<Node>> {
    read(text, 0, dialect, &mut Diagnostics::default())
}
