//! What the user asks to build: from the paths that were given to the files that they stand for.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::Folders;
use super::disk::{self, Found, Refusal};
use super::folder::{self, APP, OVERLAY};
use super::lookup::{Lookups, Target};
use super::path::{self, Places};
use super::root::SETTINGS;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::{EntryKind, Inputs};
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
                lookups.holds(folder, &folder::KUSTOMIZATIONS);
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
    match folder::KUSTOMIZATIONS.contains(&path::name(file).as_str()) {
        true => EntryKind::Kustomization,
        false => EntryKind::Layer,
    }
}

fn in_folder(given: &Path, canonical: &Path, folders: Folders, lookups: &mut Lookups) -> Result<Vec<Candidate>> {
    let written = given.display().to_string();
    if !folder::present(canonical, &folder::BASES).is_empty() {
        let file = folder::layer(canonical, &written, &folder::BASES, lookups.places)?;
        let target = lookups.file(&file, &lookups.places.bounds, &lookups.places.show(&file))?;
        return Ok(vec![Candidate::new(given.to_path_buf(), EntryKind::Layer, target, lookups)]);
    }
    if !folder::present(canonical, &folder::KUSTOMIZATIONS).is_empty() {
        let file = folder::kustomization(canonical, &written)?;
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
    let visit = WalkDir::new(canonical).sort_by_file_name().into_iter();
    for step in visit.filter_entry(|entry| entry.depth() == 0 || is_visited(entry, &mut nested)) {
        let step = step.map_err(|error| unreadable(&error, given, lookups.places))?;
        if step.file_type().is_dir() {
            continue;
        }
        let name = step.file_name().to_string_lossy();
        let kind = match &*name {
            OVERLAY => Some(EntryKind::Layer),
            other if deep && folder::KUSTOMIZATIONS.contains(&other) => Some(EntryKind::Kustomization),
            _ => None,
        };
        if let Some(kind) = kind {
            let file = step.path();
            let target = lookups.file(file, &lookups.places.bounds, &lookups.places.show(file))?;
            let way = file.parent().and_then(|parent| parent.strip_prefix(canonical).ok()).unwrap_or(Path::new(""));
            let path = if given == Path::new(".") { way.to_path_buf() } else { given.join(way) };
            candidates.push(Candidate::new(path, kind, target, lookups));
        } else if near.is_none() && crate::diagnostic::near_miss(&name, [OVERLAY]).is_some() {
            near = Some(step.path().to_path_buf());
        }
    }
    candidates.sort_by(|a: &Candidate, b| a.path.cmp(&b.path));
    if candidates.is_empty() { Err(nothing(given, canonical, near, nested, lookups.places)) } else { Ok(candidates) }
}

/// What a project builds besides what was asked for: every overlay and application below
/// `overlays/` and `base/`, or where there are no such folders, below its root.
pub(super) fn others(asked: &[Candidate], places: &Places) -> Result<Vec<Candidate>> {
    let mut lookups = Lookups::new(places, u64::MAX);
    let named = ["base", "overlays"].map(|name| places.root.join(name));
    let mut tops: Vec<&Path> = named.iter().map(PathBuf::as_path).filter(|folder| folder.is_dir()).collect();
    if tops.is_empty() {
        tops.push(&places.root);
    }
    let known: std::collections::HashSet<&Path> = asked.iter().map(|one| one.target.canonical.as_path()).collect();
    let mut candidates = Vec::new();
    for top in tops {
        let visit = WalkDir::new(top).sort_by_file_name().into_iter();
        for step in visit.filter_entry(|entry| entry.depth() == 0 || is_visited(entry, &mut None)) {
            let step = step.map_err(|error| unreadable(&error, top, places))?;
            if step.file_type().is_dir() || ![OVERLAY, APP].contains(&&*step.file_name().to_string_lossy()) {
                continue;
            }
            let target = lookups.file(step.path(), &places.root, &places.show(step.path()))?;
            if !known.contains(target.canonical.as_path()) {
                candidates.push(Candidate::new(step.into_path(), EntryKind::Layer, target, &mut lookups));
            }
        }
    }
    Ok(candidates)
}

/// Not visited are hidden folders, those that build tools fill, and other projects, the first of
/// which goes into `nested`.
fn is_visited(entry: &walkdir::DirEntry, nested: &mut Option<PathBuf>) -> bool {
    if !entry.file_type().is_dir() {
        return true;
    }
    let name = entry.file_name().to_string_lossy();
    if name.starts_with('.') || name == "target" || name == "node_modules" {
        return false;
    }
    // What was fetched is built where it is named.
    if entry.path().ends_with(super::vendor::FOLDER) {
        return false;
    }
    let is_project = entry.path().join(SETTINGS).symlink_metadata().is_ok();
    if is_project && nested.is_none() {
        *nested = Some(entry.path().to_path_buf());
    }
    !is_project
}

fn unreadable(error: &walkdir::Error, given: &Path, places: &Places) -> Error {
    let path = error.path().unwrap_or(given);
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Refusal::Unreadable(why).diagnostic(&places.show(path), path, &places.bounds, places).into()
}

/// A folder of overlays, where one overlay is asked for.
fn not_one(given: &Path) -> Error {
    let looked_for = folder::or(&[OVERLAY, APP, folder::KUSTOMIZATIONS[0]]);
    Error::new("nothing-to-build", format!("nothing to build in `{}`: it has no {looked_for}", given.display()))
        .help("name the folder of one overlay")
}

fn nothing(given: &Path, canonical: &Path, near: Option<PathBuf>, nested: Option<PathBuf>, places: &Places) -> Error {
    let given = given.display();
    let looked_for = folder::or(&[OVERLAY, APP, folder::KUSTOMIZATIONS[0]]);
    let message =
        format!("nothing to build in `{given}`: it has no {looked_for}, and there is no `{OVERLAY}` below it");
    let help = match (near, nested) {
        (Some(near), _) => format!("`{}` is there: rename it to `{OVERLAY}`", places.show(&near)),
        (None, Some(nested)) => format!("`{}` is a project of its own: name it to build it", places.show(&nested)),
        (None, None) if disk::names(canonical).iter().any(|name| name == folder::COMPONENT) => {
            "a component is not built by itself: build an overlay that lists it under `components`".to_owned()
        }
        (None, None) => match folder::near_miss_of(&disk::names(canonical), &[APP]) {
            Some((held, _)) => format!("it holds `{held}`, which is not what is looked for"),
            None => "name the folder of an overlay or of an app, or one with overlays below it".to_owned(),
        },
    };
    Error::new("nothing-to-build", message).help(help)
}
