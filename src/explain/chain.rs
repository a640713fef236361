//! The life of a value: what put it there, and what it replaced, newest first.

use super::place::{Place, Places};
use super::reason::Reason;
use crate::origin::{Cause, Derived, Origin, Origins, Rule};
use crate::resource::Resource;
use crate::tree::Node;

/// How a step has to do with the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the value.
    Is,
    /// It was the value before, and lost.
    Was,
    /// The value of the step before is taken from here.
    From,
    /// It would have been taken from here, and lost.
    InsteadOf,
}

/// One step in the life of a value.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is to the step before.
    pub relation: Relation,
    /// The value after this step; `None` for what another step takes its value from.
    pub value: Option<Node>,
    /// Why.
    pub reason: Reason,
    /// That in words.
    pub words: String,
    /// The rule, when one gave the value.
    pub rule: Option<&'static Rule>,
    /// Where it is written; `None` for what nobody wrote.
    pub place: Option<Place>,
}

/// Follows origins of one build.
pub struct Chains<'a> {
    origins: &'a Origins,
    /// What is written where.
    pub places: Places<'a>,
}

impl<'a> Chains<'a> {
    /// The chains of one build.
    pub fn new(origins: &'a Origins, places: Places<'a>) -> Self {
        Self { origins, places }
    }

    /// The newest step of `node`: where its value comes from.
    pub fn newest(&mut self, node: &Node) -> Option<Step> {
        self.steps(node).into_iter().next()
    }

    /// What made a resource. Where that is a rule, its place is what the resource is named after.
    pub fn maker(&mut self, resource: &Resource) -> Option<Step> {
        let step = self.newest(&resource.root)?;
        let name = resource.root.at(&["metadata", "name"]).filter(|_| step.place.is_none());
        let place = name.and_then(|name| self.steps(name).into_iter().rev().find_map(|step| step.place));
        // A manifest begins with a field, and is meant as a whole.
        let words = if step.reason == Reason::Written { Reason::Written.words("") } else { step.words };
        Some(Step { place: step.place.or(place), words, ..step })
    }

    /// All steps of `node`, newest first.
    pub fn steps(&mut self, node: &Node) -> Vec<Step> {
        let mut steps = Vec::new();
        self.follow(node.origin(), Some(node.clone()), Relation::Is, &mut steps);
        steps
    }

    /// Steps back as long as something was replaced.
    fn follow(&mut self, origin: Origin, value: Option<Node>, relation: Relation, out: &mut Vec<Step>) {
        let (mut origin, mut value, mut relation) = (origin, value, relation);
        loop {
            let origins = self.origins;
            let Some(derived) = origins.get(origin) else {
                out.extend(self.written(origin, value, relation));
                return;
            };
            self.derived(derived, value, relation, out);
            let (Some(replaced), false) = (derived.replaced, derived.cause == Cause::Interpolation) else { return };
            let lost = match relation {
                Relation::Is | Relation::Was => Relation::Was,
                Relation::From | Relation::InsteadOf => Relation::InsteadOf,
            };
            (origin, value, relation) = (replaced, derived.old.clone(), lost);
        }
    }

    fn derived(&mut self, derived: &Derived, value: Option<Node>, relation: Relation, out: &mut Vec<Step>) {
        match (derived.cause, derived.at) {
            // The winner has a story of its own.
            (Cause::Layer, Some(at)) => self.follow(at, value, relation, out),
            (Cause::Interpolation, at) => {
                let place = self.place(at);
                let field = place.as_ref().map(|place| place.field.clone()).unwrap_or_default();
                out.push(step(relation, value, Reason::Interpolation, Reason::Interpolation.words(&field), place));
                if let Some(source) = derived.replaced {
                    self.follow(source, None, Relation::From, out);
                }
                // What the text with the interpolation replaced in its turn.
                let above = at.and_then(|at| self.origins.get(at));
                if let Some((replaced, old)) = above.and_then(|above| Some((above.replaced?, above.old.clone()))) {
                    self.follow(replaced, old, Relation::Was, out);
                }
            }
            (Cause::Rule(rule), at) => {
                let place = self.place(at);
                let words = Reason::Rule.words(rule.name);
                let step = step(relation, value, Reason::Rule, words, place);
                out.push(Step { rule: Some(rule), ..step });
            }
            (Cause::Transform(name), at) => {
                let place = self.place(at);
                let reason = Reason::of_transform(name);
                let field = place.as_ref().map(|place| place.field.clone()).unwrap_or_default();
                let asked = place.as_ref().filter(|place| place.reason == reason).map(|place| place.words.clone());
                out.push(step(relation, value, reason, asked.unwrap_or_else(|| reason.words(&field)), place));
            }
            (Cause::Patch { operation }, at) => {
                let place = self.place(at);
                let patch = place.as_ref().filter(|place| place.reason == Reason::Patch);
                let words = match patch {
                    Some(place) => place.words.clone(),
                    None => format!("patch, operation {}", operation + 1),
                };
                out.push(step(relation, value, Reason::Patch, words, place));
            }
            (Cause::Template, at) | (Cause::Layer, at @ None) => {
                let place = self.place(at);
                out.push(step(relation, value, Reason::Template, Reason::Template.words(""), place));
            }
        }
    }

    fn place(&mut self, at: Option<Origin>) -> Option<Place> {
        let position = self.origins.place(at?)?;
        self.places.at(position)
    }

    fn written(&mut self, origin: Origin, value: Option<Node>, relation: Relation) -> Option<Step> {
        let place = self.places.at(origin.position()?)?;
        Some(step(relation, value, place.reason, place.words.clone(), Some(place)))
    }
}

fn step(relation: Relation, value: Option<Node>, reason: Reason, words: String, place: Option<Place>) -> Step {
    Step { relation, value, reason, words, rule: None, place }
}
