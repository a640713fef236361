//! Finds the most typed project that renders what kustomize's way renders, by building each one.

use std::collections::{BTreeMap, BTreeSet};

use super::bytes;
use crate::cli::init::write_new;
use crate::diagnostic::{Diagnostics, Level};
use crate::error::{Error, Result};
use crate::import::{Changes, Choice, Comparison, Plan, Rendered, compare, draft};
use crate::origin::Sources;
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
    pub reasons: BTreeMap<usize, String>,
}

/// Why a draft is not taken.
pub(super) struct Refused {
    pub reason: String,
    pub diagnostics: Diagnostics,
    pub sources: Sources,
}

impl From<String> for Refused {
    fn from(reason: String) -> Self {
        Self { reason, diagnostics: Diagnostics::default(), sources: Sources::default() }
    }
}

type Tried<T> = std::result::Result<T, Refused>;

impl Trial<'_> {
    /// Begins with manifests alone and types one object after the other, as long as what is
    /// rendered stays the same.
    pub fn search(&self) -> Result<Tried<Found>> {
        let shared = Choice { own: self.plan.own(), fields: true, ..Choice::default() };
        let mut best = match self.attempt(&shared)? {
            Ok(found) => found,
            Err(_) => match self.attempt(&Choice::default())? {
                Ok(found) => found,
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let mut reasons: BTreeMap<usize, String> = BTreeMap::new();
        for candidate in self.plan.candidates() {
            if candidate.iter().any(|index| best.choice.typed.contains(index)) {
                continue;
            }
            let alone = candidate.iter().find_map(|index| Some((*index, self.plan.belongs_to(*index)?)));
            if let Some((index, _)) = alone.filter(|(_, of)| of.is_none_or(|of| !best.choice.typed.contains(&of))) {
                reasons.insert(index, "no typed Deployment is what it is for".to_owned());
                continue;
            }
            let mut choice = best.choice.clone();
            choice.own.retain(|index| !candidate.contains(index));
            choice.typed.extend(&candidate);
            match self.attempt(&choice)? {
                Ok(found) => best = found,
                Err(refused) => {
                    for index in candidate {
                        reasons.entry(index).or_insert_with(|| refused.reason.clone());
                    }
                }
            }
        }
        reasons.retain(|index, _| !best.choice.typed.contains(index));
        Ok(Ok(Found { reasons, ..best }))
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
                return Ok(Err(format!("`{name}` would need more than {OPERATIONS} operations as patches").into()));
            }
            if large.iter().any(|index| choice.own.insert(*index)) {
                continue;
            }
            return self.settled(choice, first);
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
        if let Some((index, list)) = second.iter().find_map(|one| one.changes.iter().next()) {
            let path = list.first().map(|change| change.path.as_str()).unwrap_or_default();
            return Ok(Err(format!("`{path}` of `{}` would differ", self.plan.name(*index)).into()));
        }
        let (mut added, mut defaults) = (BTreeSet::new(), BTreeSet::new());
        for (place, one) in second.into_iter().enumerate() {
            added.extend(one.added);
            defaults.extend(one.defaults.into_iter().map(|(index, path, rule)| (place, index, path, rule)));
        }
        Ok(Ok(Found { choice, changes, added, defaults, reasons: BTreeMap::new() }))
    }

    /// What differs in each environment when the draft is built.
    fn compared(&self, choice: &Choice, changes: &Changes) -> Result<Tried<Vec<Comparison>>> {
        let outcome = self.build(choice, changes)?;
        let error = outcome.diagnostics.iter().find(|diagnostic| diagnostic.level == Level::Error);
        if let Some(reason) = error.map(|error| error.message.clone()) {
            return Ok(Err(Refused { reason, diagnostics: outcome.diagnostics, sources: outcome.sources }));
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
            if let Some(wrong) = one.wrong.first() {
                return Ok(Err(format!("{wrong} in `{environment}`").into()));
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
