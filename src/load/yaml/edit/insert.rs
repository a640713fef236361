//! Entries and items that are not there yet, in the style of what is beside them.

use super::expected::nested;
use super::syntax::{Entry, Shape, Syntax};
use super::write::{self, Layout, Quoting, Style};
use super::{Outcome, Place, Refusal, Source, Splice};
use crate::load::yaml::Dialect;
use crate::tree::{Segment, Value};

impl Source<'_> {
    /// What may be added for `value` below `missing`, the rest of the way from `place` on.
    pub(super) fn added(
        &self,
        place: &Place<'_, '_>,
        missing: &[Segment],
        value: &Value,
        order: &[&str],
    ) -> Outcome<Vec<Splice>> {
        let [step, rest @ ..] = missing else { return Err(self.nowhere()) };
        let value = nested(rest, value);
        let candidates = [Quoting::Bold, Quoting::Careful].map(|quoting| {
            let layout = self.layout(place, quoting);
            match (&place.node.shape, step) {
                (Shape::Map { is_flow: true, entries }, Segment::Key(key)) => {
                    let style = if is_json(self.text, entries) { Style::Json } else { Style::Flow };
                    let new = write::flow_entry(key, &value, &Layout { style, ..layout });
                    self.between_braces(place.node, entries.last().map(|last| last.span().end), &new)
                }
                (Shape::Map { is_flow: false, entries }, Segment::Key(key)) => {
                    let after = after(entries, key, if place.is_top { order } else { &[] });
                    let lines = write::entry(key, &value, &layout);
                    Some(self.below(after?.span().end, self.column(place.node), &lines))
                }
                (Shape::Seq { is_flow: true, items }, Segment::Index(_)) => {
                    let new = write::flow(&value, &Layout { style: Style::Flow, ..layout });
                    self.between_braces(place.node, items.last().map(|last| last.span.end), &new)
                }
                (Shape::Seq { is_flow: false, items }, Segment::Index(_)) => {
                    let lines = write::item(&value, &layout);
                    Some(self.below(items.last()?.span.end, self.column(place.node), &lines))
                }
                (Shape::Absent, _) if !place.in_flow && !place.is_top => {
                    let columns = if matches!(step, Segment::Key(_)) { layout.step } else { layout.list };
                    let lines = match step {
                        Segment::Key(key) => write::entry(key, &value, &layout),
                        Segment::Index(_) => write::item(&value, &layout),
                    };
                    Some(self.below(place.node.span.end, place.column + columns, &lines))
                }
                _ => {
                    let new =
                        write::flow(&nested(missing, value_of(rest, &value)), &Layout { style: Style::Flow, ..layout });
                    let space = if matches!(place.node.shape, Shape::Absent) { " " } else { "" };
                    Some((place.node.span.clone(), format!("{space}{new}")))
                }
            }
        });
        let refusal = Refusal { at: place.node.span.start, reason: "nothing can be added to what is written there" };
        let candidates: Vec<Splice> = candidates.into_iter().flatten().collect();
        if candidates.is_empty() { Err(refusal) } else { Ok(candidates) }
    }

    /// Lines of their own below the line that holds byte `end`.
    fn below(&self, end: usize, column: usize, lines: &[String]) -> Splice {
        let at = self.line_end(end);
        let indent = " ".repeat(column);
        let new = lines.iter().map(|line| format!("{}{indent}{line}", self.line_break())).collect();
        (at..at, new)
    }

    /// A new entry or item behind the last one, which ends at `last`, before the closing bracket.
    fn between_braces(&self, node: &Syntax, last: Option<usize>, new: &str) -> Option<Splice> {
        let Some(last) = last else {
            let inside = node.span.start + 1..node.span.end.checked_sub(1)?;
            return self.text.get(inside.clone())?.trim().is_empty().then(|| (inside, new.to_owned()));
        };
        let rest = self.text.get(last..node.span.end)?;
        let has_comma = rest.trim_start().starts_with(',');
        let end = self.line_end(last);
        if end >= node.span.end {
            return Some((last..last, format!(", {new}")));
        }
        // The bracket closes on a line of its own, so each entry has one too.
        let comma = rest.find(',').filter(|_| has_comma).map_or(last, |comma| last + comma + 1);
        let indent: String = self.text[self.line_start(last)..].chars().take_while(|c| *c == ' ').collect();
        let behind = self.text.get(comma..end)?;
        let comma_after = if has_comma { "," } else { "" };
        let new = format!(",{behind}{}{indent}{new}{comma_after}", self.line_break());
        Some((last..end, new))
    }

    fn layout(&self, place: &Place<'_, '_>, quoting: Quoting) -> Layout {
        let beside = match &place.node.shape {
            // What stands at the top of a file has nothing to do with what is beside it.
            _ if place.is_top => None,
            Shape::Map { entries, .. } => entries.iter().rev().find_map(|entry| style_of(&entry.value)),
            Shape::Seq { items, .. } => items.iter().rev().find_map(style_of),
            _ => None,
        };
        let is_model = self.dialect == Dialect::Model;
        let (mut steps, mut lists) = (None, None);
        self.measure(&self.root, &mut steps, &mut lists);
        Layout {
            style: beside.unwrap_or(Style::Block),
            quoting,
            step: steps.unwrap_or(2),
            list: lists.unwrap_or(if is_model { steps.unwrap_or(2) } else { 0 }),
            braces: is_model && beside.is_none(),
            is_outer: place.is_top,
        }
    }

    /// How far the first block mapping and the first block list below a key are indented.
    fn measure(&self, node: &Syntax, steps: &mut Option<usize>, lists: &mut Option<usize>) {
        let Shape::Map { is_flow: false, entries } = &node.shape else { return };
        let own = self.column(node);
        for Entry { value, .. } in entries {
            let into = match &value.shape {
                Shape::Map { is_flow: false, .. } => &mut *steps,
                Shape::Seq { is_flow: false, .. } => &mut *lists,
                _ => continue,
            };
            *into = into.or(self.column(value).checked_sub(own));
            self.measure(value, steps, lists);
        }
    }
}

/// The innermost value of what was nested below `rest`.
fn value_of<'v>(rest: &[Segment], value: &'v Value) -> &'v Value {
    rest.iter().fold(value, |value, step| {
        let below = match (value, step) {
            (Value::Map(map), Segment::Key(key)) => map.get(key),
            (Value::Seq(items), _) => items.first(),
            _ => None,
        };
        below.map_or(value, |node| node.value())
    })
}

fn style_of(node: &Syntax) -> Option<Style> {
    match &node.shape {
        Shape::Map { is_flow: true, entries } | Shape::Map { is_flow: false, entries } if entries.is_empty() => None,
        Shape::Map { is_flow, .. } => Some(if *is_flow { Style::Flow } else { Style::Block }),
        _ => None,
    }
}

/// Whether all keys are between double quotes.
fn is_json(text: &str, entries: &[Entry]) -> bool {
    !entries.is_empty() && entries.iter().all(|entry| text[entry.key_span.clone()].starts_with('"'))
}

/// The entry that a new key comes after.
fn after<'e>(entries: &'e [Entry], key: &str, order: &[&str]) -> Option<&'e Entry> {
    let rank = |key: &str| order.iter().position(|known| *known == key);
    let before = |entry: &&Entry| match (rank(key), entry.key.as_deref().and_then(rank)) {
        (Some(own), Some(other)) => other < own,
        _ => false,
    };
    entries.iter().rev().find(before).or(entries.last())
}
