//! Changes of many ids at once.

use crate::resource::{Resource, ResourceSet, UpdateError};

/// A change that was not made because its result is the id of another resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The resource that kept its id.
    pub index: usize,
    /// The resource that has the id.
    pub with: usize,
}

/// Applies `change` to each resource for which `wanted` is true. Where the new id belongs to a
/// resource that is still to be changed, that one goes first; so `a` can become `p-a` while the
/// old `p-a` becomes `p-p-a`. `change` may run twice for one resource; `done` runs once, after the
/// change was made, and leaves the id as it is.
pub(super) fn change_all(
    set: &mut ResourceSet,
    wanted: impl Fn(&Resource) -> bool,
    mut change: impl FnMut(&mut ResourceSet, usize) -> Result<(), UpdateError>,
    mut done: impl FnMut(&mut Resource),
) -> Vec<Conflict> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Waiting,
        Done,
    }
    let state_of = |resource: &Resource| if wanted(resource) { State::Open } else { State::Done };
    let mut states: Vec<State> = set.iter().map(state_of).collect();
    let mut conflicts = Vec::new();
    for first in 0..states.len() {
        let mut stack = if states[first] == State::Open { vec![first] } else { Vec::new() };
        while let Some(index) = stack.last().copied() {
            states[index] = State::Waiting;
            match change(set, index) {
                Err(UpdateError::Taken(other)) if states[other] == State::Open => {
                    stack.push(other);
                    continue;
                }
                Err(UpdateError::Taken(with)) => conflicts.push(Conflict { index, with }),
                Ok(()) => {
                    set.as_mut_slice().get_mut(index).into_iter().for_each(&mut done);
                }
                Err(UpdateError::NoKind) => {}
            }
            states[index] = State::Done;
            stack.pop();
        }
    }
    conflicts
}
