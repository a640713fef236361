//! Finds the most typed project that renders what kustomize's way renders, by building each one.

use std::collections::{BTreeMap, BTreeSet};

use super::bytes;
use crate::cli::init::write_new;
use crate::diagnostic::{Diagnostics, Level};
use crate::error::{Error, Result};
use crate::import::{Change, Changes, Choice, Comparison, Plan, Rendered, compare, draft};
use crate::origin::{Origin, Sources};
use crate::pipeline::{self, Outcome, Request};

/// An object that needs more operations than this is better a manifest.
const OPERATIONS: usize = 16;

/// What is tried.
pub(super) struct Trial<'a> {
    pub plan: &'a Plan,
    /// The content of strata.yaml.
    pub settings: &'a str,
    pub allow_defaults: bool,
}

/// A project that renders the same.
pub(super) struct Found {
    pub choice: Choice,
    pub changes: Changes,
    /// Labels and annotations that Strata adds, by object.
    pub added: BTreeSet<(usize, String)>,
    /// What its rules add, where that was allowed: environment, object, path and rule.
    pub defaults: BTreeSet<(usize, usize, String, &'static str)>,
    /// Why objects that could have been typed are not.
    pub reasons: BTreeMap<usize, Why>,
    /// Why overlays say nothing for all objects at once, when they do not.
    pub scattered: Option<Why>,
}

/// Why an object is no field, and where the field is that stands against it.
#[derive(Clone, Debug)]
pub(super) struct Why {
    pub reason: String,
    pub at: Option<At>,
}

/// A place in what kustomize renders.
#[derive(Clone, Debug)]
pub(super) enum At {
    /// A value of an environment.
    Origin { place: usize, at: Origin },
    /// The pointer to a field, of an environment or of the base.
    Path { index: usize, place: Option<usize>, path: String },
}

/// Why a draft is not taken.
pub(super) struct Refused {
    pub reason: String,
    pub at: Option<At>,
    /// The objects that would be missing or differ.
    pub objects: BTreeSet<usize>,
    pub diagnostics: Diagnostics,
    pub sources: Sources,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self {
            reason,
            at: None,
            objects: BTreeSet::new(),
            diagnostics: Diagnostics::default(),
            sources: Sources::default(),
        }
    }
}

impl Refused {
    fn why(&self) -> Why {
        Why { reason: self.reason.clone(), at: self.at.clone() }
    }
}

type Tried<T> = std::result::Result<T, Refused>;

impl Trial<'_> {
    /// Begins with manifests alone and types one object after the other, as long as what is
    /// rendered stays the same.
    pub fn search(&self) -> Result<Tried<Found>> {
        let mut best = match self.shared()? {
            Ok(found) => found,
            Err(shared) => match self.attempt(&Choice::default())? {
                Ok(found) => Found { scattered: Some(shared.why()), ..found },
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let mut reasons: BTreeMap<usize, Why> = BTreeMap::new();
        for candidate in self.plan.candidates() {
            if candidate.iter().any(|index| best.choice.typed.contains(index)) {
                continue;
            }
            if let Some((index, reason)) = self.against(&candidate, &best.choice) {
                reasons.entry(index).or_insert(reason);
                continue;
            }
            let mut choice = best.choice.clone();
            choice.own.retain(|index| !candidate.contains(index));
            choice.typed.extend(&candidate);
            match self.attempt(&choice)? {
                Ok(found) => best = Found { scattered: best.scattered, ..found },
                Err(refused) => {
                    for index in candidate {
                        reasons.entry(index).or_insert_with(|| refused.why());
                    }
                }
            }
        }
        reasons.retain(|index, _| !best.choice.typed.contains(index));
        Ok(Ok(Found { reasons, ..best }))
    }

    /// One manifest for all environments of as many objects as possible; those that would not
    /// stay the same become manifests of each.
    fn shared(&self) -> Result<Tried<Found>> {
        let mut choice = Choice { own: self.plan.own(), fields: true, ..Choice::default() };
        loop {
            let refused = match self.attempt(&choice)? {
                Ok(found) => return Ok(Ok(found)),
                Err(refused) => refused,
            };
            let before = choice.own.len();
            choice.own.extend(&refused.objects);
            if choice.own.len() == before {
                return Ok(Err(refused));
            }
        }
    }

    /// What stands against a candidate before it is built.
    fn against(&self, candidate: &[usize], so_far: &Choice) -> Option<(usize, Why)> {
        candidate.iter().find_map(|index| {
            let alone = self.plan.belongs_to(*index);
            let alone = alone.filter(|(of, _)| !of.iter().any(|of| so_far.typed.contains(of)));
            let alone = alone.map(|(_, reason)| Why { reason: reason.into(), at: None });
            let why = alone.or_else(|| {
                let unfit = self.plan.unfit(*index)?;
                Some(Why {
                    reason: unfit.reason,
                    at: Some(At::Path { index: *index, place: unfit.place, path: unfit.path }),
                })
            });
            Some((*index, why?))
        })
    }

    /// Builds a draft, patches what differs, and builds again. An object that would need many
    /// patches becomes a manifest of each environment.
    fn attempt(&self, choice: &Choice) -> Result<Tried<Found>> {
        let mut choice = choice.clone();
        loop {
            let first = match self.compared(&choice, &Changes::new())? {
                Ok(compared) => compared,
                Err(refused) => return Ok(Err(refused)),
            };
            let large = |(index, count): (&usize, usize)| (count > OPERATIONS).then_some(*index);
            let counted = first.iter().flat_map(|one| one.changes.iter().map(|(index, list)| (index, list.len())));
            let large: Vec<usize> = counted.filter_map(large).collect();
            if let Some(index) = large.iter().find(|index| choice.typed.contains(index)) {
                let name = self.plan.name(*index);
                return Ok(Err(self.too_many(&name, *index, &first)));
            }
            if large.iter().any(|index| choice.own.insert(*index)) {
                continue;
            }
            return self.settled(choice, first);
        }
    }

    /// The fields that the model does not say, of an object that has many.
    fn too_many(&self, name: &str, index: usize, first: &[Comparison]) -> Refused {
        let changed = |(place, one): (usize, &Comparison)| {
            let list = one.changes.get(&index).filter(|list| list.len() > OPERATIONS)?;
            Some((place, list.iter().find(|change| change.at.is_some()).or(list.first())?.clone()))
        };
        let reason = format!("`{name}` would need more than {OPERATIONS} operations as patches");
        match first.iter().enumerate().find_map(changed) {
            Some((place, Change { path, at, .. })) => Refused {
                at: at.map(|at| At::Origin { place, at }),
                ..Refused::from(format!("{reason}, the first for `{path}`"))
            },
            None => reason.into(),
        }
    }

    fn settled(&self, choice: Choice, first: Vec<Comparison>) -> Result<Tried<Found>> {
        let mut changes = Changes::new();
        for (place, one) in first.iter().enumerate() {
            changes.extend(one.changes.iter().map(|(index, list)| ((place, *index), list.clone())));
        }
        let second = match changes.is_empty() {
            true => first,
            false => match self.compared(&choice, &changes)? {
                Ok(compared) => compared,
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let differs = |(place, one): (usize, &Comparison)| {
            let (index, list) = one.changes.iter().next()?;
            Some((place, *index, list.first()?.clone()))
        };
        if let Some((place, index, change)) = second.iter().enumerate().find_map(differs) {
            let reason = format!("`{}` of `{}` would differ", change.path, self.plan.name(index));
            let at = change.at.map(|at| At::Origin { place, at });
            let objects = second.iter().flat_map(|one| one.changes.keys().copied()).collect();
            return Ok(Err(Refused { at, objects, ..Refused::from(reason) }));
        }
        let (mut added, mut defaults) = (BTreeSet::new(), BTreeSet::new());
        for (place, one) in second.into_iter().enumerate() {
            added.extend(one.added);
            defaults.extend(one.defaults.into_iter().map(|(index, path, rule)| (place, index, path, rule)));
        }
        Ok(Ok(Found { choice, changes, added, defaults, reasons: BTreeMap::new(), scattered: None }))
    }

    /// What differs in each environment when the draft is built.
    fn compared(&self, choice: &Choice, changes: &Changes) -> Result<Tried<Vec<Comparison>>> {
        let outcome = self.build(choice, changes)?;
        let error = outcome.diagnostics.iter().find(|diagnostic| diagnostic.level == Level::Error);
        if let Some(reason) = error.map(|error| error.message.clone()) {
            return Ok(Err(Refused { diagnostics: outcome.diagnostics, sources: outcome.sources, ..reason.into() }));
        }
        let mut compared = Vec::with_capacity(self.plan.environments.len());
        for (place, environment) in self.plan.environments.iter().enumerate() {
            let name = format!("overlays/{}/{environment}", self.plan.app);
            let Some(build) = outcome.builds.iter().find(|build| build.name == name) else {
                return Ok(Err(format!("`{name}` was not built").into()));
            };
            let roots = build.resources.iter().map(|resource| &resource.root).collect();
            let rendered = Rendered { roots, origins: &build.origins, allow_defaults: self.allow_defaults };
            let one = compare(self.plan, place, &rendered);
            if let Some((_, wrong)) = one.wrong.first() {
                let objects = one.wrong.iter().filter_map(|(index, _)| *index).collect();
                return Ok(Err(Refused { objects, ..Refused::from(format!("{wrong} in `{environment}`")) }));
            }
            compared.push(one);
        }
        Ok(Ok(compared))
    }

    /// Builds a draft in a folder of its own, as it will be built where it is written.
    fn build(&self, choice: &Choice, changes: &Changes) -> Result<Outcome> {
        let cannot =
            |error: std::io::Error| Error::new("cannot-write", format!("cannot make a folder to try in: {error}"));
        let folder = tempfile::tempdir().map_err(cannot)?;
        let root = folder.path().canonicalize().map_err(cannot)?;
        write_new(&root.join("strata.yaml"), self.settings)?;
        for file in draft(self.plan, choice, changes) {
            write_new(&root.join(&file.path), &bytes(&file))?;
        }
        let entries = vec![root.join("overlays").join(&self.plan.app)];
        pipeline::build(&Request { entries, cwd: root, ..Request::default() })
    }
}
