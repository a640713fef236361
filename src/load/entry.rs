//! What the user asks to build: from the paths that were given to the files that they stand for.

use std::path::{Path, PathBuf};

use super::Folders;
use super::disk::{Found, Refusal};
use super::files::Files;
use super::folder;
use super::lookup::{Lookups, Target};
use super::path::{self, Places};
use super::root::SETTINGS;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::{APP, COMPONENT, EntryKind, Inputs, KUSTOMIZATIONS, OVERLAY};
use crate::remote::Remote;

/// An entry whose file is known and not read yet.
pub(super) struct Candidate {
    pub path: PathBuf,
    pub kind: EntryKind,
    pub target: Target,
    /// What was looked at to find it.
    pub looked: Inputs,
}

impl Candidate {
    fn new(path: PathBuf, kind: EntryKind, target: Target, lookups: &mut Lookups) -> Self {
        // By whatever path it was named: as a folder it is built only while there is no second file.
        if let Some(folder) = target.canonical.parent() {
            lookups.holds(folder, &folder::BASES);
            if kind == EntryKind::Kustomization {
                lookups.holds(folder, &KUSTOMIZATIONS);
            }
        }
        Self { path, kind, target, looked: std::mem::take(&mut lookups.looked) }
    }
}

/// The entries that the given paths stand for, in the order given and found; a path that comes
/// twice is built once. What a folder stands for, `folders` says.
pub(super) fn find_all(given: &[PathBuf], cwd: &Path, places: &Places, folders: Folders) -> Result<Vec<Candidate>> {
    // No file is too large to be looked at; reading it has the limit.
    let mut lookups = Lookups::new(places, u64::MAX);
    let mut candidates = Vec::new();
    let mut known = std::collections::HashSet::new();
    for path in given {
        for candidate in find(path, cwd, folders, &mut lookups)? {
            if known.insert(path::join(cwd, &candidate.path)) {
                candidates.push(candidate);
            }
        }
    }
    Ok(candidates)
}

fn find(given: &Path, cwd: &Path, folders: Folders, lookups: &mut Lookups) -> Result<Vec<Candidate>> {
    let absolute = path::join(cwd, given);
    let written = given.display().to_string();
    let bounds = lookups.places.bounds.clone();
    match lookups.look(&absolute, &bounds) {
        Err(refusal @ Refusal::Outside(_)) => {
            let diagnostic = refusal.diagnostic(&written, &absolute, &bounds, lookups.places);
            Err(diagnostic.help("name it by its real path, without symbolic links, to build that project").into())
        }
        Err(refusal) => {
            if let Some(remote) = Remote::parse(&written) {
                let folder = lookups.entry(remote)?;
                let shown = folder.strip_prefix(cwd).unwrap_or(&folder).to_path_buf();
                return in_folder(&shown, &folder, folders, lookups);
            }
            let mut diagnostic = refusal.diagnostic(&written, &absolute, &bounds, lookups.places);
            if matches!(refusal, Refusal::Missing) && !names_another(&diagnostic) {
                diagnostic.help = Some("paths are relative to the current folder".to_owned());
            }
            Err(diagnostic.into())
        }
        Ok(Found::File { .. }) if path::name(&absolute) == SETTINGS => Err(settings(&written)),
        Ok(Found::File { canonical, size }) => {
            let kind = kind_of(&absolute);
            Ok(vec![Candidate::new(given.to_path_buf(), kind, Target { canonical, size }, lookups)])
        }
        Ok(Found::Folder(canonical)) => {
            // How the folder was named is no part of what is built.
            lookups.looked = Inputs::default();
            in_folder(given, &canonical, folders, lookups)
        }
    }
}

fn names_another(diagnostic: &Diagnostic) -> bool {
    diagnostic.help.as_ref().is_some_and(|help| help.starts_with("did you mean"))
}

/// The settings are read with each overlay, and are nothing to build themselves.
fn settings(written: &str) -> Error {
    let message = format!("`{written}` holds the settings of the project, which are not built by themselves");
    Error::new("wrong-kind", message).help("name an overlay, or the folder of the project to build all of them")
}

fn kind_of(file: &Path) -> EntryKind {
    match KUSTOMIZATIONS.contains(&path::name(file).as_str()) {
        true => EntryKind::Kustomization,
        false => EntryKind::Layer,
    }
}

fn in_folder(given: &Path, canonical: &Path, folders: Folders, lookups: &mut Lookups) -> Result<Vec<Candidate>> {
    let written = given.display().to_string();
    let files = lookups.places.files;
    if !folder::present(canonical, &folder::BASES, files).is_empty() {
        let file = folder::layer(canonical, &written, &folder::BASES, lookups.places)?;
        let target = lookups.file(&file, &lookups.places.bounds, &lookups.places.show(&file))?;
        return Ok(vec![Candidate::new(given.to_path_buf(), EntryKind::Layer, target, lookups)]);
    }
    if !folder::present(canonical, &KUSTOMIZATIONS, files).is_empty() {
        let file = folder::kustomization(canonical, &written, files)?;
        let target = lookups.file(&file, &lookups.places.bounds, &lookups.places.show(&file))?;
        let target = Target { canonical: file, ..target };
        return Ok(vec![Candidate::new(given.to_path_buf(), EntryKind::Kustomization, target, lookups)]);
    }
    match folders {
        Folders::One => Err(not_one(given)),
        Folders::Overlays => below(given, canonical, false, lookups),
        Folders::Everything => below(given, canonical, true, lookups),
    }
}

/// Every overlay (and where `deep` says so, every kustomization) below a folder, at any depth, in the
/// order of their paths. A folder with a `strata.yaml` of its own is another project, which is built by itself.
fn below(given: &Path, canonical: &Path, deep: bool, lookups: &mut Lookups) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    let (mut near, mut nested) = (None, None);
    for file in &files_below(canonical, &mut nested, lookups.places)? {
        let name = path::name(file);
        let kind = match &*name {
            OVERLAY => Some(EntryKind::Layer),
            other if deep && KUSTOMIZATIONS.contains(&other) && !has_layer(file, lookups.places) => {
                Some(EntryKind::Kustomization)
            }
            _ => None,
        };
        if let Some(kind) = kind {
            let target = lookups.file(file, &lookups.places.bounds, &lookups.places.show(file))?;
            let way = file.parent().and_then(|parent| parent.strip_prefix(canonical).ok()).unwrap_or(Path::new(""));
            let path = if given == Path::new(".") { way.to_path_buf() } else { given.join(way) };
            candidates.push(Candidate::new(path, kind, target, lookups));
        } else if near.is_none() && crate::diagnostic::near_miss(&name, [OVERLAY]).is_some() {
            near = Some(file.clone());
        }
    }
    candidates.sort_by(|a: &Candidate, b| a.path.cmp(&b.path));
    if candidates.is_empty() { Err(nothing(given, canonical, near, nested, lookups.places)) } else { Ok(candidates) }
}

/// Whether the folder of a kustomization holds what is built in its place.
fn has_layer(kustomization: &Path, places: &Places) -> bool {
    kustomization.parent().is_some_and(|folder| !folder::present(folder, &folder::BASES, places.files).is_empty())
}

/// What a project builds besides what was asked for: every overlay and application below
/// `overlays/` and `base/`, or where there are no such folders, below its root.
pub(super) fn others(asked: &[Candidate], places: &Places) -> Result<Vec<Candidate>> {
    let mut lookups = Lookups::new(places, u64::MAX);
    let named = ["base", "overlays"].map(|name| places.root.join(name));
    let mut tops: Vec<&Path> =
        named.iter().map(PathBuf::as_path).filter(|folder| places.files.is_dir(folder)).collect();
    if tops.is_empty() {
        tops.push(&places.root);
    }
    let known: std::collections::HashSet<&Path> = asked.iter().map(|one| one.target.canonical.as_path()).collect();
    let mut candidates = Vec::new();
    for top in tops {
        let files = files_below(top, &mut None, places)?;
        for file in files.into_iter().filter(|file| [OVERLAY, APP].contains(&path::name(file).as_str())) {
            let target = lookups.file(&file, &places.root, &places.show(&file))?;
            if !known.contains(target.canonical.as_path()) {
                candidates.push(Candidate::new(file, EntryKind::Layer, target, &mut lookups));
            }
        }
    }
    Ok(candidates)
}

/// Not visited are hidden folders, those that build tools fill, and other projects, the first of
/// which goes into `nested`.
fn is_visited(folder: &Path, nested: &mut Option<PathBuf>, files: Files) -> bool {
    let name = path::name(folder);
    if name.starts_with('.') || name == "target" || name == "node_modules" {
        return false;
    }
    // What was fetched is built where it is named.
    if folder.ends_with(super::vendor::FOLDER) {
        return false;
    }
    let is_project = files.exists(&folder.join(SETTINGS));
    if is_project && nested.is_none() {
        *nested = Some(folder.to_path_buf());
    }
    !is_project
}

/// The files below a folder, by name, but those of folders that are not visited.
fn files_below(top: &Path, nested: &mut Option<PathBuf>, places: &Places) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut enter = |folder: &Path| is_visited(folder, nested, places.files);
    let walked = places.files.walk(top, &mut enter, &mut |file| found.push(file.to_path_buf()));
    let unreadable = |(path, why): (PathBuf, String)| {
        Refusal::Unreadable(why).diagnostic(&places.show(&path), &path, &places.bounds, places)
    };
    walked.map_err(unreadable)?;
    Ok(found)
}

/// A folder of overlays, where one overlay is asked for.
fn not_one(given: &Path) -> Error {
    let looked_for = folder::or(&[OVERLAY, APP, KUSTOMIZATIONS[0]]);
    Error::new("nothing-to-build", format!("nothing to build in `{}`: it has no {looked_for}", given.display()))
        .help("name the folder of one overlay")
}

fn nothing(given: &Path, canonical: &Path, near: Option<PathBuf>, nested: Option<PathBuf>, places: &Places) -> Error {
    let given = given.display();
    let looked_for = folder::or(&[OVERLAY, APP, KUSTOMIZATIONS[0]]);
    let message =
        format!("nothing to build in `{given}`: it has no {looked_for}, and there is no `{OVERLAY}` below it");
    let help = match (near, nested) {
        (Some(near), _) => format!("`{}` is there: rename it to `{OVERLAY}`", places.show(&near)),
        (None, Some(nested)) => format!("`{}` is a project of its own: name it to build it", places.show(&nested)),
        (None, None) if places.files.names(canonical).iter().any(|name| name == COMPONENT) => {
            "a component is not built by itself: build an overlay that lists it under `components`".to_owned()
        }
        (None, None) => match folder::near_miss_of(&places.files.names(canonical), &[APP]) {
            Some((held, _)) => format!("it holds `{held}`, which is not what is looked for"),
            None => "name the folder of an overlay or of an app, or one with overlays below it".to_owned(),
        },
    };
    Error::new("nothing-to-build", message).help(help)
}
