//! What a comparison came to, before it is told: overlays, their objects, and the counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;

use super::sides::Sides;
use crate::diff::{self, Change, Effect, Expected, FieldChange, Matching, Object};
use crate::origin::{Location, Locations};
use crate::pipeline::Rendered;

/// What a comparison came to.
pub struct Report<'a> {
    /// The names of the sides.
    pub titles: (&'a str, &'a str),
    pub matching: Matching,
    /// The overlays that differ, the riskiest first.
    pub overlays: Vec<Overlay<'a>>,
    /// How many overlays were compared.
    pub compared: usize,
    /// What cannot be rendered on the old and on the new side.
    pub failed_before: Vec<String>,
    pub failed_now: Vec<String>,
}

/// An overlay that differs.
pub struct Overlay<'a> {
    pub name: String,
    pub change: Change,
    pub objects: Vec<Object<'a>>,
    old: Option<&'a Rendered>,
    new: Option<&'a Rendered>,
}

impl<'a> Report<'a> {
    pub fn of(sides: &'a Sides) -> Self {
        let pairs = pairs(sides);
        let compared = pairs.len();
        let overlay = |(old, new): &(Option<&'a Rendered>, Option<&'a Rendered>)| overlay(*old, *new, sides.matching);
        let mut overlays: Vec<Overlay> = match pairs.len() < 4 {
            true => pairs.iter().filter_map(overlay).collect(),
            false => pairs.par_iter().filter_map(overlay).collect(),
        };
        overlays.sort_by(|a, b| (a.effect(), &a.name).cmp(&(b.effect(), &b.name)));
        Self {
            titles: (&sides.old.title, &sides.new.title),
            matching: sides.matching,
            overlays,
            compared,
            failed_before: sides.old.failed.clone(),
            failed_now: sides.new.failed.clone(),
        }
    }

    /// How many objects have each effect, counted by the riskiest thing that their change does, and
    /// in how many overlays that is; the riskiest first.
    pub fn counts(&self) -> Vec<(Effect, usize, usize)> {
        let mut counts: BTreeMap<Effect, (usize, BTreeSet<&str>)> = BTreeMap::new();
        for overlay in &self.overlays {
            for object in &overlay.objects {
                let count = counts.entry(object.effect()).or_default();
                count.0 += 1;
                count.1.insert(&overlay.name);
            }
        }
        counts.into_iter().map(|(effect, (objects, overlays))| (effect, objects, overlays.len())).collect()
    }

    /// Whether a change does one of these.
    pub fn does_one_of(&self, effects: &[Effect]) -> bool {
        let objects = self.overlays.iter().flat_map(|overlay| &overlay.objects);
        objects.flat_map(|object| &object.findings).any(|finding| effects.contains(&finding.effect))
    }

    /// Whether anything is told that is not expected.
    pub fn worth_a_look(&self, all: bool) -> bool {
        let objects = self.overlays.iter().flat_map(|overlay| &overlay.objects);
        let mut told = objects.map(|object| object.fields.is_empty() || self.fields(object, all).next().is_some());
        told.any(|told| told)
    }

    /// The fields of an object that are told.
    pub fn fields<'o>(&self, object: &'o Object<'a>, all: bool) -> impl Iterator<Item = &'o FieldChange> {
        let folds = self.matching == Matching::Environments && !all;
        object.fields.iter().filter(move |field| !folds || Expected::of(object, field).is_none())
    }

    /// How many fields of an overlay are folded away, by the rule that does so.
    pub fn folded(&self, overlay: &Overlay, all: bool) -> BTreeMap<Expected, usize> {
        let mut folded = BTreeMap::new();
        if self.matching == Matching::Environments && !all {
            for object in &overlay.objects {
                for rule in object.fields.iter().filter_map(|field| Expected::of(object, field)) {
                    *folded.entry(rule).or_default() += 1;
                }
            }
        }
        folded
    }
}

impl<'a> Overlay<'a> {
    pub fn effect(&self) -> Effect {
        self.objects.iter().map(Object::effect).min().unwrap_or(Effect::None)
    }

    /// Where what it tells is written.
    pub fn places(&self) -> Places<'a> {
        let locations = |build: Option<&'a Rendered>| build.map(|build| (build, Locations::new(&build.sources)));
        Places { old: locations(self.old), new: locations(self.new) }
    }
}

/// Where the objects and fields of an overlay are written.
pub struct Places<'a> {
    old: Option<(&'a Rendered, Locations<'a>)>,
    new: Option<(&'a Rendered, Locations<'a>)>,
}

impl Places<'_> {
    /// Where the value that a field has now is written; of one that is gone, what holds it.
    pub fn field(&mut self, field: &FieldChange) -> Option<Location> {
        let (build, locations) = self.new.as_mut()?;
        locations.locate(build.origins.place(field.place?)?)
    }

    /// Where an object is written that came, or was written that went.
    pub fn object(&mut self, object: &Object) -> Option<Location> {
        let ((build, locations), resource) = match object.change {
            Change::Removed => (self.old.as_mut()?, object.old?),
            _ => (self.new.as_mut()?, object.new?),
        };
        let name = resource.root.at(&["metadata", "name"]).unwrap_or(&resource.root);
        locations.locate(build.origins.place(name.origin())?)
    }
}

type Pair<'a> = (Option<&'a Rendered>, Option<&'a Rendered>);

fn pairs(sides: &Sides) -> Vec<Pair<'_>> {
    let (old, new) = (&sides.old.builds, &sides.new.builds);
    if let Some(pairs) = &sides.pairs {
        return pairs.iter().map(|(before, after)| (old.get(*before), new.get(*after))).collect();
    }
    let before: HashMap<&str, &Rendered> = old.iter().map(|build| (build.name.as_str(), build)).collect();
    let after: HashMap<&str, &Rendered> = new.iter().map(|build| (build.name.as_str(), build)).collect();
    // What cannot be rendered on one side did neither come nor go.
    let is_broken = |name: &&str, failed: &[String]| failed.iter().any(|broken| broken == name);
    let names: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let names =
        names.into_iter().filter(|name| !is_broken(name, &sides.old.failed) && !is_broken(name, &sides.new.failed));
    names.map(|name| (before.get(name).copied(), after.get(name).copied())).collect()
}

fn overlay<'a>(old: Option<&'a Rendered>, new: Option<&'a Rendered>, matching: Matching) -> Option<Overlay<'a>> {
    let resources = |build: Option<&'a Rendered>| build.map_or(&[][..], |build| build.resources.as_slice());
    let objects = diff::compare(resources(old), resources(new), matching);
    let (change, name) = match (old, new) {
        (None, Some(new)) => (Change::Added, new.name.clone()),
        (Some(old), None) => (Change::Removed, old.name.clone()),
        (Some(old), Some(new)) if old.name != new.name => (Change::Changed, format!("{} → {}", old.name, new.name)),
        (_, new) => (Change::Changed, new.map(|new| new.name.clone()).unwrap_or_default()),
    };
    (!objects.is_empty()).then_some(Overlay { name, change, objects, old, new })
}
