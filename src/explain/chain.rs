//! The life of a value: what put it there, and what it replaced, newest first.

use std::collections::HashMap;

use super::path::Found;
use super::place::{Place, Places};
use super::reason::Reason;
use super::taken;
use crate::origin::{Cause, Derived, Origin, Origins, Rule};
use crate::resource::Resource;
use crate::tree::{Node, Segment, Value};

/// The keys that tell the items of a list apart.
const ITEM_KEYS: [&str; 3] = ["name", "key", "containerPort"];

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
    /// The value after this step; `None` for what another step takes its value from, and for what is
    /// taken away.
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
    /// The first derivation in which what is written at a position won over an earlier layer: a value
    /// that the model takes apart keeps the places of its parts alone.
    layered: HashMap<u32, &'a Derived>,
}

impl<'a> Chains<'a> {
    /// The chains of one build.
    pub fn new(origins: &'a Origins, places: Places<'a>) -> Self {
        let mut layered = HashMap::new();
        for derived in origins.derivations().filter(|derived| derived.cause == Cause::Layer) {
            if let Some(position) = derived.at.and_then(|at| origins.place(at)) {
                layered.entry(position).or_insert(derived);
            }
        }
        Self { origins, places, layered }
    }

    /// The newest step of `node`: where its value comes from.
    pub fn newest(&mut self, node: &Node) -> Option<Step> {
        let mut steps = Vec::new();
        self.one(node.origin(), Some(node.clone()), Relation::Is, &mut steps);
        steps.into_iter().next()
    }

    /// What made a resource. Where that is a rule, its place is what the resource is named after.
    pub fn maker(&mut self, resource: &Resource) -> Option<Step> {
        let step = self.newest(&resource.root)?;
        let name = resource.root.at(&["metadata", "name"]).filter(|_| step.place.is_none());
        let mut steps = Vec::new();
        if let Some(name) = name {
            self.follow(name.origin(), None, Relation::Is, &mut steps);
        }
        let place = steps.into_iter().rev().find_map(|step| step.place);
        // A manifest begins with a field, and is meant as a whole.
        let words = if step.reason == Reason::Written { Reason::Written.words("") } else { step.words };
        Some(Step { place: step.place.or(place), words, ..step })
    }

    /// All steps of a field, newest first.
    pub fn steps(&mut self, found: &Found) -> Vec<Step> {
        let Some(node) = found.node() else { return Vec::new() };
        let mut steps = Vec::new();
        let oldest = self.follow(node.origin(), Some((*node).clone()), Relation::Is, &mut steps);
        for old in self.of_parents(found).into_iter().chain(self.of_written(oldest)) {
            if old.origin() != oldest && steps.iter().all(|step| step.relation != Relation::Was) {
                self.follow(old.origin(), Some(old.clone()), Relation::Was, &mut steps);
            }
        }
        if let Some(taken) = found.taken {
            steps
                .iter_mut()
                .filter(|step| step.relation == Relation::Is)
                .for_each(|step| step.relation = Relation::Was);
            let mut all = Vec::new();
            self.one(taken::place(taken, found), None, Relation::Is, &mut all);
            all.truncate(1);
            let null = all.iter_mut().filter(|step| taken::is_null(taken) && step.reason == Reason::Written);
            null.for_each(|step| step.words = step.words.replace("written as", "`null` in"));
            all.append(&mut steps);
            return all;
        }
        steps
    }

    /// What stood at the path of the field in values that were replaced as a whole.
    fn of_parents(&self, found: &Found) -> Vec<Node> {
        let mut olds = Vec::new();
        for depth in (0..found.way.len().saturating_sub(1)).rev() {
            let (parent, below) = (found.way[depth], &found.path.segments()[depth..]);
            let mut next = self.origins.get(parent.origin());
            while let Some(derived) = next {
                olds.extend(derived.old.as_ref().and_then(|old| counterpart(old, below, &found.way[depth..])).cloned());
                next = derived.replaced.and_then(|replaced| self.origins.get(replaced));
            }
        }
        olds
    }

    /// The same for what is part of a larger value in its own file, which won over an earlier layer.
    fn of_written(&mut self, origin: Origin) -> Vec<Node> {
        let Some(position) = origin.position() else { return Vec::new() };
        let mut olds = Vec::new();
        for (parent, below) in self.places.parents(position) {
            let old = self.layered.get(&parent).and_then(|derived| derived.old.as_ref());
            olds.extend(old.and_then(|old| counterpart(old, &below, &[])).cloned());
        }
        olds
    }

    /// Steps back as long as something was replaced, and gives the oldest origin.
    fn follow(&mut self, origin: Origin, value: Option<Node>, relation: Relation, out: &mut Vec<Step>) -> Origin {
        let (mut origin, mut value, mut relation) = (origin, value, relation);
        loop {
            let origins = self.origins;
            let end = self.one(origin, value, relation, out);
            let Some(derived) = origins.get(origin) else { return end };
            let (Some(replaced), false) = (derived.replaced, derived.cause == Cause::Interpolation) else { return end };
            let lost = match relation {
                Relation::Is | Relation::Was => Relation::Was,
                Relation::From | Relation::InsteadOf => Relation::InsteadOf,
            };
            (origin, value, relation) = (replaced, derived.old.clone(), lost);
        }
    }

    /// The step of `origin` alone, with what it takes its value from. Gives the origin at its end.
    fn one(&mut self, origin: Origin, value: Option<Node>, relation: Relation, out: &mut Vec<Step>) -> Origin {
        let origins = self.origins;
        let Some(derived) = origins.get(origin) else {
            self.written(origin, value, relation, out);
            return origin;
        };
        let place = |chains: &mut Self| derived.at.and_then(|at| chains.place(at));
        match (derived.cause, derived.at) {
            // The winner has a story of its own.
            (Cause::Layer, Some(at)) => return self.follow(at, value, relation, out),
            (Cause::Interpolation, at) => return self.interpolated(derived, at, value, relation, out),
            (Cause::Rule(rule), _) => {
                let words = Reason::Rule.words(rule.name);
                let step = step(relation, value, Reason::Rule, words, place(self));
                out.push(Step { rule: Some(rule), ..step });
            }
            (Cause::Transform(name), _) => {
                let (place, reason) = (place(self), Reason::of_transform(name));
                let field = place.as_ref().map(|place| place.field.clone()).unwrap_or_default();
                let asked = place.as_ref().filter(|place| place.reason == reason).map(|place| place.words.clone());
                out.push(step(relation, value, reason, asked.unwrap_or_else(|| reason.words(&field)), place));
            }
            (Cause::Patch { operation }, _) => {
                let place = place(self);
                let words = match place.as_ref().filter(|place| place.reason == Reason::Patch) {
                    Some(place) => place.words.clone(),
                    None => format!("patch, operation {}", operation.saturating_add(1)),
                };
                out.push(step(relation, value, Reason::Patch, words, place));
            }
            (Cause::Template | Cause::Layer, _) => {
                let place = place(self);
                out.push(step(relation, value, Reason::Template, Reason::Template.words(""), place));
            }
        }
        derived.at.unwrap_or(origin)
    }

    fn interpolated(
        &mut self,
        derived: &Derived,
        at: Option<Origin>,
        value: Option<Node>,
        relation: Relation,
        out: &mut Vec<Step>,
    ) -> Origin {
        let place = at.and_then(|at| self.place(at));
        let field = place.as_ref().map(|place| place.field.clone()).unwrap_or_default();
        out.push(step(relation, value, Reason::Interpolation, Reason::Interpolation.words(&field), place));
        if let Some(source) = derived.replaced {
            self.follow(source, None, Relation::From, out);
        }
        // What the text with the interpolation replaced in its turn.
        let above = at.and_then(|at| self.origins.get(at));
        match above.and_then(|above| Some((above.replaced?, above.old.clone()))) {
            Some((replaced, old)) => self.follow(replaced, old, Relation::Was, out),
            None => at.unwrap_or(Origin::source(0)),
        }
    }

    fn place(&mut self, at: Origin) -> Option<Place> {
        let position = self.origins.place(at)?;
        self.places.at(position)
    }

    fn written(&mut self, origin: Origin, value: Option<Node>, relation: Relation, out: &mut Vec<Step>) {
        let Some(position) = origin.position() else { return };
        let origins = self.origins;
        let Some(part) = origins.printed(position) else {
            let printed = value.as_ref().and_then(Node::scalar_text);
            let is_other = printed.is_some_and(|printed| self.places.says_other(position, &printed));
            out.extend(self.places.at(position).map(|place| {
                let words = match place.reason {
                    Reason::Written if is_other => format!("made from `{}`", place.field),
                    _ => place.words.clone(),
                };
                step(relation, value, place.reason, words, Some(place))
            }));
            return;
        };
        let place = self.place(part.at(position));
        out.push(step(relation, value, Reason::Template, Reason::Template.words(""), place));
        for value in part.values.iter().flatten() {
            self.follow(*value, None, Relation::From, out);
        }
    }
}

fn step(relation: Relation, value: Option<Node>, reason: Reason, words: String, place: Option<Place>) -> Step {
    Step { relation, value, reason, words, rule: None, place }
}

/// What stands in `old` where `path` leads in the value that replaced it: an item of a list is the
/// one of the same name, or, in a list of scalars, the one at the same index. `way` is the new value
/// and what is below it on the path, as far as that is known.
fn counterpart<'n>(old: &'n Node, path: &[Segment], way: &[&Node]) -> Option<&'n Node> {
    let Some((first, rest)) = path.split_first() else { return Some(old) };
    let below = way.get(1..).unwrap_or_default();
    let next = match (first, old.value()) {
        (Segment::Key(key), Value::Map(map)) => map.get(key)?,
        (Segment::Index(index), Value::Seq(_)) => counterpart_item(old, *index, below.first().copied())?,
        _ => return None,
    };
    counterpart(next, rest, below)
}

/// The item of a list that stands for an item of another: the one of the same name, or, among
/// scalars, the one at the same index.
pub(super) fn counterpart_item<'n>(list: &'n Node, index: usize, item: Option<&Node>) -> Option<&'n Node> {
    let items = list.as_seq()?;
    let named = |item: &Node| {
        let key = ITEM_KEYS.iter().find(|key| item.get(key).is_some())?;
        Some((*key, item.get(key)?.clone()))
    };
    match item.and_then(named) {
        Some((key, name)) => items.iter().find(|item| item.get(key) == Some(&name)),
        None => items.get(index).filter(|item| item.as_map().is_none()),
    }
}
