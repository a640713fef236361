//! What is compared: which files the overlays of a tree were made from, and those of them that a
//! change of some files can change. The rest of the project has no say here: what only the project
//! as a whole can break is said by a build.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::{Outcome, Request, apply, inputs, render};
use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::load::{self, Files};
use crate::origin::Sources;
use crate::project::{Entry, Inputs};

/// What the overlays of a tree are made from.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The project's root.
    pub root: PathBuf,
    /// The overlays, sorted by name.
    pub overlays: Vec<Made>,
    /// Everything that was read.
    pub sources: Sources,
    /// What is wrong with what was read.
    pub diagnostics: Diagnostics,
}

/// One overlay and what it is made from.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Its folder relative to the project's root, with `/`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What it is made from.
    pub inputs: Inputs,
}

/// What the overlays that `request` names are made from; nothing is rendered.
pub fn made_from(request: &Request, files: Files) -> Result<Known> {
    let mut diagnostics = Diagnostics::default();
    let project = load::load(&request.entries, &request.cwd, request.reading(files), |_| false, &mut diagnostics)?;
    diagnostics.sort();
    let made = project.entries.iter().map(|entry| Made {
        name: apply::name(&project, entry),
        folder: entry.canonical.parent().map(Path::to_path_buf).unwrap_or_default(),
        inputs: inputs::of(&project, entry),
    });
    let mut overlays: Vec<Made> = made.collect();
    overlays.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Known { root: project.root.clone(), overlays, sources: project.sources().clone(), diagnostics })
}

/// Builds what `request` names from `files`, of it what a change of `changed` can change. Charts are
/// not rendered from a revision: helm reads files.
pub fn build_from(request: &Request, files: Files, changed: Option<&BTreeSet<PathBuf>>) -> Result<Outcome> {
    let mut diagnostics = Diagnostics::default();
    let project = load::load(&request.entries, &request.cwd, request.reading(files), |_| false, &mut diagnostics)?;
    let touched = |entry: &&Entry| match changed {
        Some(changed) => inputs::of(&project, entry).touched_by(changed).is_some(),
        None => true,
    };
    let wanted: HashSet<PathBuf> =
        project.entries.iter().filter(touched).map(|entry| entry.canonical.clone()).collect();
    render(project, request, None, diagnostics, &|entry| wanted.contains(&entry.canonical), None)
}
