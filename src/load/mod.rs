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
mod folder;
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

use std::path::{Path, PathBuf};

pub use root::project_root;

use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::project::Project;

/// How much is read at most.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Bytes of one file.
    file: u64,
    /// Bytes of all files of one run.
    total: u64,
    /// Whether a kustomization may name files outside of its folder.
    anywhere: bool,
}

/// 64 MiB a file (the largest published CRD bundles have 12 MB), 1 GiB in all.
const LIMITS: Limits = Limits { file: 64 << 20, total: 1 << 30, anywhere: false };

/// Reads what `entries` name and everything that these files refer to.
///
/// A relative entry is relative to `cwd`. An entry is a folder with an `overlay.yaml`, an
/// `app.yaml`, such a file itself, or a folder with overlays anywhere below it. All entries belong
/// to one project. What is wrong in the files goes into `diagnostics`, at the place that names
/// the file; `Err` says that an entry itself cannot be used, or that the project is too large.
///
/// A kustomization may name files in and below its own folder alone, unless `anywhere` is set.
pub fn load(entries: &[PathBuf], cwd: &Path, anywhere: bool, diagnostics: &mut Diagnostics) -> Result<Project> {
    load_within(Limits { anywhere, ..LIMITS }, entries, cwd, diagnostics)
}

fn load_within(limits: Limits, entries: &[PathBuf], cwd: &Path, diagnostics: &mut Diagnostics) -> Result<Project> {
    let places = root::common(entries, cwd)?;
    let found = entry::find_all(entries, cwd, &places)?;
    let project = waves::load(limits, places, found, diagnostics)?;
    cycle::check(&project, diagnostics);
    Ok(project)
}
