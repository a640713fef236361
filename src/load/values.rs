//! Files of values for Helm charts: which ones are needed is known only when a chart is rendered,
//! for some come with the chart.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::lookup::Lookups;
use super::path::{self, Places};
use super::reading::{self, Fetched, Reading};
use super::{LIMITS, lookup, vendor};
use crate::error::Result;
use crate::project::Project;

/// A file of values.
pub struct Values {
    /// Its canonical path.
    pub canonical: PathBuf,
    /// Its content.
    pub text: String,
}

/// Reads the file `written` of the kustomization in `folder` by kustomize's rules for files. What
/// is wrong with it has no label yet.
pub fn read(project: &Project, folder: &Path, written: &Path, anywhere: bool) -> Result<Values> {
    let places = Places::new(project.root.clone(), project.bounds.clone(), &project.root, Files::Disk);
    let mut lookups = Lookups::new(&places, LIMITS.file);
    let policy = if anywhere { lookup::Policy::Anywhere } else { lookup::Policy::Below };
    let (target, bounds) = lookups.values(folder, written, policy)?;
    let shown = written.display().to_string();
    let refused = |refusal: super::disk::Refusal| refusal.diagnostic(&shown, &target.canonical, &bounds, &places);
    let held = Files::Disk.hold(std::iter::empty(), 0);
    let fetched = reading::fetch(&target.canonical, Reading::Template, LIMITS.file, None, &held);
    let text = match fetched.map_err(refused)? {
        Fetched::Text(text) => text,
        Fetched::Bytes(_) => String::new(),
        Fetched::Undecodable(broken) => return Err(broken.diagnostic(0).into()),
    };
    Ok(Values { canonical: target.canonical, text })
}

/// Whether there is a folder at `path`.
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// `relative` seen from `folder`, worked out on the text.
pub fn join(folder: &Path, relative: &Path) -> PathBuf {
    path::join(folder, relative)
}

/// Whether `folder` was fetched, so that nothing may be put into it.
pub fn is_vendored(project: &Project, folder: &Path) -> bool {
    folder.starts_with(project.root.join(vendor::FOLDER))
}
