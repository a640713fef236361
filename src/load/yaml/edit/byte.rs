//! A change of the scalar that a byte is part of.

use super::syntax::{Shape, Syntax};
use super::{Changed, Outcome, Refusal, Source, expected, put_at};
use crate::tree::{Node, Segment, Value};

impl Source<'_> {
    pub(super) fn put_at(&self, at: usize, value: &Value) -> Outcome<Changed> {
        let refuse = |reason| Refusal { at, reason };
        let (path, node) = self.holder(at).ok_or(refuse("no value begins there"))?;
        if let Shape::Block = node.shape {
            return self.in_block(&path, node, at, value);
        }
        let wanted = expected::put(&self.tree, &path, value).ok_or(self.nowhere())?;
        if wanted == self.tree {
            return Ok(Changed { text: self.text.to_owned(), replaced: at..at, length: 0 });
        }
        self.first_right(self.in_place(node, value)?, &wanted, at)
    }

    /// The deepest node that byte `at` is part of, and the way there; `None` where that, or what holds it,
    /// stands for more than itself.
    fn holder(&self, at: usize) -> Option<(Vec<Segment>, &Syntax)> {
        let (mut path, mut node) = (Vec::new(), &self.root);
        loop {
            if node.is_shared {
                return None;
            }
            let (step, next) = match &node.shape {
                Shape::Map { entries, .. } => {
                    let entry = entries.iter().find(|entry| entry.value.span.contains(&at))?;
                    (Segment::Key(entry.key.as_deref()?.into()), &entry.value)
                }
                Shape::Seq { items, .. } => {
                    let index = items.iter().position(|item| item.span.contains(&at))?;
                    (Segment::Index(index), &items[index])
                }
                Shape::Scalar(_) | Shape::Block => return Some((path, node)),
                Shape::Absent | Shape::Alias | Shape::Odd => return None,
            };
            path.push(step);
            node = next;
        }
    }

    /// A change in the text of a literal block, whose lines are those of the text behind an indentation.
    fn in_block(&self, path: &[Segment], node: &Syntax, at: usize, value: &Value) -> Outcome<Changed> {
        let refuse = || Refusal { at, reason: "a text of several lines is written there" };
        let text = self.value_at(path).and_then(Node::as_str).ok_or_else(refuse)?;
        let first = match self.text[node.span.start..].starts_with(['|', '>']) {
            true => self.line_end(node.span.start),
            false => self.line_start(node.span.start),
        };
        let first = if self.text[first..].starts_with("\r\n") { first + 2 } else { first };
        let first = if self.text[first..].starts_with('\n') { first + 1 } else { first };
        let line = self.line_start(at);
        let number = self.text.get(first..line).ok_or_else(refuse)?.matches('\n').count();
        let inner = text.split('\n').nth(number).ok_or_else(refuse)?;
        let before: usize = text.split('\n').take(number).map(|line| line.len() + 1).sum();
        let written = &self.text[line..self.line_end(at)];
        let indent = written.strip_suffix(inner).filter(|indent| indent.trim_matches(' ').is_empty());
        let indent = indent.ok_or_else(refuse)?.len();
        let column = (at - line).checked_sub(indent).ok_or_else(refuse)?;
        let changed = put_at(text, self.dialect, before + column, value)
            .map_err(|refusal| Refusal { at, reason: refusal.reason })?;
        let new = &changed.text[changed.replaced.start..changed.replaced.start + changed.length];
        let end = before + inner.len();
        if changed.replaced.start < before || changed.replaced.end > end || new.contains('\n') {
            return Err(refuse());
        }
        let raw = |inner: usize| line + indent + (inner - before);
        let replaced = raw(changed.replaced.start)..raw(changed.replaced.end);
        let wanted = Value::Str(changed.text.as_str().into());
        let wanted = expected::put(&self.tree, path, &wanted).ok_or(self.nowhere())?;
        self.first_right(vec![(replaced, new.to_owned())], &wanted, at)
    }

    fn value_at(&self, path: &[Segment]) -> Option<&Node> {
        path.iter().try_fold(&self.tree, |node, step| match step {
            Segment::Key(key) => node.get(key),
            Segment::Index(index) => node.as_seq()?.get(*index),
        })
    }
}
