//! Manifests with the source of each line behind it.

use super::text::source;
use crate::emit::yaml::{Notes, with_notes};
use crate::explain::{Chains, Reason, Step};
use crate::tree::Node;

/// One manifest, with a comment behind each line whose source is not that of what holds it.
pub(in crate::cli) fn annotated(root: &Node, chains: &mut Chains, out: &mut Vec<u8>) {
    with_notes(root, &mut Annotations { chains, open: Vec::new(), pending: Vec::new() }, out);
}

/// What a value comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Source {
    reason: Reason,
    rule: Option<&'static str>,
    position: Option<u32>,
}

impl Source {
    fn of(step: &Step) -> Self {
        let position = step.place.as_ref().map(|place| place.position);
        Self { reason: step.reason, rule: step.rule.map(|rule| rule.name), position }
    }
}

struct Annotations<'c, 'a> {
    chains: &'c mut Chains<'a>,
    /// The sources of the values that are being written, the outermost first.
    open: Vec<Option<Source>>,
    /// What is said of values that began on this line.
    pending: Vec<String>,
}

impl Annotations<'_, '_> {
    /// Whether a value is part of what holds it in its source too.
    fn is_inherited(&mut self, own: Source) -> bool {
        let Some(Some(above)) = self.open.last().copied() else { return false };
        let same = (above.reason, above.rule) == (own.reason, own.rule);
        same && match (above.position, own.position) {
            (Some(above), Some(own)) => self.chains.places.holds(above, own),
            (above, own) => above == own,
        }
    }
}

impl Notes for Annotations<'_, '_> {
    fn enter(&mut self, node: &Node) {
        let step = self.chains.newest(node);
        let own = step.as_ref().map(Source::of);
        if let (Some(own), Some(step)) = (own, step)
            && !self.is_inherited(own)
        {
            self.pending.push(note(step));
        }
        self.open.push(own);
    }

    fn leave(&mut self) {
        self.open.pop();
    }

    fn take(&mut self) -> Option<String> {
        // One line may begin several values from one place: a list, its first item, a field of that.
        self.pending.dedup();
        let notes = std::mem::take(&mut self.pending);
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

/// `FILE:LINE:COLUMN`, with why where it is not just written there.
fn note(mut step: Step) -> String {
    if step.reason == Reason::Written {
        step.words.clear();
    }
    step.place.iter_mut().for_each(|place| place.layer.clear());
    source(&step)
}
