//! `strata explain --line`: the value that a line of the output shows.

use std::borrow::Cow;

use super::Asked;
use crate::emit::yaml::{Notes, with_notes};
use crate::error::{Error, Result};
use crate::explain::Found;
use crate::pipeline::Outcome;
use crate::tree::Node;

/// What the number of a value stands behind: no manifest has a use for it.
const MARK: char = '\u{F0000}';

/// The value that line `number` of the output shows, counted from 1: the innermost that begins there,
/// or the one that goes on.
pub(super) fn at(outcome: &Outcome, number: usize) -> Result<Asked<'_>> {
    let mut before = 0;
    for build in &outcome.builds {
        for resource in &build.resources {
            // The line between two documents is taken as the beginning of the second.
            before += usize::from(before > 0);
            let (lines, values) = shown(&resource.root);
            if number <= before + lines.len() {
                let value = number.checked_sub(before + 1).and_then(|index| lines.get(index));
                let field = value.and_then(|value| values.found(&resource.root, *value));
                let fields = vec![field.unwrap_or_else(|| Found::root(&resource.root))];
                return Ok(Asked { build, resource: Cow::Borrowed(resource), fields, alone: true });
            }
            before += lines.len();
        }
    }
    let error = Error::new("unknown-line", format!("the output has no line {number}"));
    Err(error.help(format!("it has {before} lines")))
}

/// For each line of a document the index of the value that it shows, and the values.
fn shown(root: &Node) -> (Vec<usize>, Values) {
    let (mut out, mut values) = (Vec::new(), Values::default());
    with_notes(root, &mut values, &mut out);
    let mut last = 0;
    let text = String::from_utf8_lossy(&out);
    let lines = text.lines().map(|line| {
        let noted = line.rsplit_once(MARK).and_then(|(_, index)| index.parse().ok());
        last = noted.unwrap_or(last);
        last
    });
    (lines.collect(), values)
}

/// The values of a document in the order in which they are written.
#[derive(Default)]
struct Values {
    /// Each value by its address, which is its own below one parent alone, and the index of the parent.
    written: Vec<(usize, Option<usize>)>,
    open: Vec<usize>,
    /// The last that began on this line.
    pending: Option<usize>,
}

impl Notes for Values {
    fn enter(&mut self, node: &Node) {
        let index = self.written.len();
        self.written.push((address(node), self.open.last().copied()));
        self.open.push(index);
        self.pending = Some(index);
    }

    fn leave(&mut self) {
        self.open.pop();
    }

    fn take(&mut self) -> Option<String> {
        self.pending.take().map(|index| format!("{MARK}{index}"))
    }
}

impl Values {
    /// The field that was written as number `index`.
    fn found<'n>(&self, root: &'n Node, index: usize) -> Option<Found<'n>> {
        let (address, parent) = *self.written.get(index)?;
        let Some(parent) = parent else { return Some(Found::root(root)) };
        let parent = self.found(root, parent)?;
        let is_it = |node: &Node| self::address(node) == address;
        let node = parent.node()?;
        let entry = node.entries().find(|entry| is_it(&entry.node)).map(|entry| parent.entry(entry));
        let item = || node.items().enumerate().find(|(_, item)| is_it(item));
        entry.or_else(|| item().map(|(index, item)| parent.item(index, item)))
    }
}

fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}
