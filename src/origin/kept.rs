//! What is kept beside the derivations for whoever asks: what was taken away, and which part of a
//! template printed what.

use std::collections::HashSet;

use super::{Origin, each_scalar};
use crate::tree::Node;

/// What was taken away from a value, and by what.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The value before.
    pub before: Node,
    /// What is left of it; `None` when it was taken away as a whole.
    pub after: Option<Node>,
    /// What took it away.
    pub by: Origin,
    /// The merge patch that did, which says more exactly what took which part.
    pub patch: Option<Node>,
}

impl Taken {
    /// Every scalar that was taken away.
    pub fn each_scalar<'n>(&'n self, each: &mut impl FnMut(&'n Node)) {
        let mut kept = HashSet::new();
        self.after.iter().for_each(|after| each_scalar(after, &mut |node| _ = kept.insert(node.origin())));
        each_scalar(&self.before, &mut |node| {
            if !kept.contains(&node.origin()) {
                each(node);
            }
        });
    }
}

/// All that is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub losses: Vec<Taken>,
    /// Whether no `null` of a layer takes anything away: what would be there without them?
    pub prevented: bool,
    pub printed: Vec<Printed>,
}

/// What one part of a template printed: a text that stands there as it is, or an expression.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Where the output begins, in the source that the template's output is.
    pub position: u32,
    /// Where it ends.
    pub end: u32,
    /// The part of the template.
    pub at: Origin,
    /// The values that an expression takes; `None` for a text.
    pub values: Option<Vec<Origin>>,
}

impl Printed {
    /// Where the template says what it printed at `position`.
    pub fn at(&self, position: u32) -> Origin {
        match (self.at.position(), &self.values) {
            (Some(at), None) => Origin::source(at + (position - self.position)),
            _ => self.at,
        }
    }
}
