//! The load stage: entry paths become parsed source trees with positions.
//!
//! It is the only stage that reads files. What is typed is read only below the project root, and
//! what was fetched only in its own tree; kustomizations reach as far as kustomize lets them, but
//! where a `strata.yaml` marks a project, no further than that. It goes in waves: the entry files first, then the files that they name, and so on. The files of a wave are
//! read, laid into the source space in the order of their canonical paths, and parsed, in parallel
//! where that pays. So the position of a byte does not depend on threads or on the order in which
//! the file system lists names, and a file that many overlays name is read and parsed once.

mod cycle;
mod disk;
mod entry;
mod files;
mod folder;
mod git_tree;
mod kind;
mod kustomization;
mod lookup;
mod path;
mod reading;
mod references;
mod root;
pub mod values;
pub mod vendor;
mod waves;
pub mod yaml;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use files::Files;
pub use git_tree::{Child, ReadBlobs, Tree};
pub use path::join;
pub use root::project_root;

use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::project::{Entry, EntryKind, FileId, Project};
use crate::tree::Node;

/// How much is read at most.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Bytes of one file.
    file: u64,
    /// Bytes of all files of one run.
    total: u64,
    /// Whether a kustomization may name files outside of its folder.
    anywhere: bool,
    folders: Folders,
    reader: yaml::Reader,
}

/// Texts that stand for files, by their canonical paths: what an edit would make of them.
pub type Edits = BTreeMap<PathBuf, Arc<str>>;

/// 64 MiB a file (the largest published CRD bundles have 12 MB), 1 GiB in all.
const LIMITS: Limits =
    Limits { file: 64 << 20, total: 1 << 30, anywhere: false, folders: Folders::Overlays, reader: yaml::Reader::Fast };

/// What a folder stands for that holds nothing to build itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Folders {
    /// Nothing: what is meant is one thing.
    One,
    /// The overlays below it.
    #[default]
    Overlays,
    /// The overlays and the kustomizations below it, but for those that others list.
    Everything,
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Where they are read from.
    pub files: Files<'a>,
    /// Whether a kustomization may name files outside of its folder; else those in and below it.
    pub anywhere: bool,
    /// What a folder stands for that holds nothing to build itself.
    pub folders: Folders,
    /// Who reads YAML; the result is the same.
    pub reader: yaml::Reader,
    /// Texts that are read instead of the files.
    pub edits: Option<&'a Edits>,
    /// The policies to read instead of those that strata.yaml names: a file or a folder.
    pub policies: Option<&'a Path>,
}

/// What is given beside the entries.
#[derive(Clone, Copy, Default)]
struct Given<'a> {
    edits: Option<&'a Edits>,
    /// Policies, and the folder that the path is relative to.
    policies: Option<(&'a Path, &'a Path)>,
}

/// Reads what `entries` name and everything that these files refer to.
///
/// A relative entry is relative to `cwd`. An entry is a folder with an `overlay.yaml`, an
/// `app.yaml`, such a file itself, or a folder with overlays anywhere below it. All entries belong
/// to one project. What is wrong in the files goes into `diagnostics`, at the place that names
/// the file; `Err` says that an entry itself cannot be used, or that the project is too large.
///
/// Once that is read, `others` says whether the rest of the project matters too: then all other
/// overlays and applications are read, and what is wrong with them is their own business.
pub fn load(
    entries: &[PathBuf],
    cwd: &Path,
    options: Options<'_>,
    others: impl Fn(&Project) -> bool,
    diagnostics: &mut Diagnostics,
) -> Result<Project> {
    load_within(
        Limits { anywhere: options.anywhere, folders: options.folders, reader: options.reader, ..LIMITS },
        Given { edits: options.edits, policies: options.policies.map(|path| (path, cwd)) },
        options.files,
        entries,
        cwd,
        &others,
        diagnostics,
    )
}

fn load_within(
    limits: Limits,
    given: Given<'_>,
    files: Files,
    entries: &[PathBuf],
    cwd: &Path,
    others: &dyn Fn(&Project) -> bool,
    diagnostics: &mut Diagnostics,
) -> Result<Project> {
    let places = root::common(entries, cwd, files)?;
    let found = entry::find_all(entries, cwd, &places, limits.folders)?;
    let mut unheard = Diagnostics::default();
    let mut project = waves::load(limits, given, &places, found, others, diagnostics, &mut unheard)?;
    let mut cycles = Diagnostics::default();
    cycle::check(&project, &mut cycles);
    for cycle in cycles {
        let place = cycle.primary.as_ref().and_then(|label| project.holder(label.origin.position()?));
        let asked = place.is_none_or(|file| project.is_asked_for(file));
        if asked { diagnostics.push(cycle) } else { unheard.push(cycle) }
    }
    leave_out_broken(&mut project, &unheard);
    if limits.folders == Folders::Everything {
        leave_out_parts(&mut project, entries);
    }
    Ok(project)
}

/// Takes away the kustomizations that were found below a folder and are parts of others: they are
/// looked at where they are listed, with all that is laid over them.
fn leave_out_parts(project: &mut Project, given: &[PathBuf]) {
    let listed: HashSet<FileId> =
        project.files().flat_map(|(id, _)| project.links(id)).flat_map(|link| link.files.iter().copied()).collect();
    let is_component = |file: FileId| {
        project.get(file).root().and_then(|root| root.get("kind")).and_then(Node::as_str) == Some("Component")
    };
    let is_part = |entry: &Entry| {
        let found = entry.kind == EntryKind::Kustomization && !given.contains(&entry.path);
        found && entry.file.is_some_and(|file| listed.contains(&file) || is_component(file))
    };
    let parts: Vec<bool> = project.entries.iter().map(is_part).collect();
    let mut parts = parts.into_iter();
    project.entries.retain(|_| !parts.next().unwrap_or_default());
}

/// Takes the files of other entries away that are broken: nothing can be said about them.
fn leave_out_broken(project: &mut Project, unheard: &Diagnostics) {
    let broken = project.broken(unheard);
    let is_broken: Vec<bool> = project.others.iter().map(|entry| project.depends_on(entry, &broken)).collect();
    for (entry, _) in project.others.iter_mut().zip(is_broken).filter(|(_, broken)| *broken) {
        entry.file = None;
    }
}
