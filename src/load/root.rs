//! Where a project begins: nothing above its root is ever read.

use std::path::{Path, PathBuf};

use super::files::Files;
use super::path::Places;
use super::{folder, path, vendor};
use crate::error::{Error, Result};
use crate::project::KUSTOMIZATIONS;

pub(super) use crate::project::SETTINGS;

/// Where an entry belongs.
struct Found {
    root: PathBuf,
    /// Whether a file or folder there says that it is a root.
    marked: bool,
    /// Whether that is a `strata.yaml`.
    settings: bool,
    /// Whether the entry is a kustomization.
    kustomization: bool,
}

/// The root of the project that `entry` (relative to `cwd` or absolute) belongs to, canonical
/// where that is possible: the nearest folder from the entry upwards that holds `strata.yaml`,
/// else the nearest that holds `.git`, else the nearest with a lock file of `strata vendor`, else
/// the current folder when the entry is below it, else the entry's own folder.
///
/// Below the current folder the search begins where no symbolic link has been followed yet: a link
/// in a repository must not be able to move the root to where it points.
pub fn project_root(entry: &Path, cwd: &Path) -> PathBuf {
    find(entry, cwd, Files::Disk).root
}

fn find(entry: &Path, cwd: &Path, files: Files) -> Found {
    let entry = path::join(cwd, entry);
    let own = entry.ancestors().find(|folder| files.is_dir(folder)).unwrap_or(&entry);
    let start = before_links(own, &path::join(cwd, Path::new(".")), files);
    let marked = |marker: &str| start.ancestors().find(|folder| files.exists(&folder.join(marker)));
    let settings = marked(SETTINGS);
    let marked = settings.or_else(|| marked(".git")).or_else(|| marked(vendor::LOCK));
    let root = marked.unwrap_or(if is_below(own, cwd, files) { cwd } else { own });
    Found {
        root: files.canonicalize(root).unwrap_or_else(|_| root.to_path_buf()),
        marked: marked.is_some(),
        settings: settings.is_some(),
        kustomization: !folder::present(own, &KUSTOMIZATIONS, files).is_empty(),
    }
}

/// The part of `folder` before the first symbolic link below `cwd`; the whole of a folder that is
/// not written below it, for then somebody named it on purpose.
fn before_links<'a>(folder: &'a Path, cwd: &Path, files: Files) -> &'a Path {
    let below = folder.ancestors().take_while(|part| *part != cwd && part.starts_with(cwd));
    below.filter(|part| files.is_symlink(part)).last().and_then(Path::parent).unwrap_or(folder)
}

/// Whether `folder` is `cwd` or below it, by its written or its real path.
fn is_below(folder: &Path, cwd: &Path, files: Files) -> bool {
    let really = || Some(files.canonicalize(folder).ok()?.starts_with(cwd.canonicalize().ok()?));
    folder.starts_with(path::join(cwd, Path::new("."))) || really().unwrap_or(false)
}

/// The root that all entries share, and how far their kustomizations may reach: with a
/// `strata.yaml` to its folder, else as far as kustomize lets them.
pub(super) fn common<'a>(entries: &[PathBuf], cwd: &Path, files: Files<'a>) -> Result<Places<'a>> {
    let Some((first, rest)) = entries.split_first() else {
        return Err(
            Error::new("nothing-to-build", "no path was given").help("name an overlay, or a folder of overlays")
        );
    };
    let mut found = find(first, cwd, files);
    for entry in rest {
        let other = find(entry, cwd, files);
        let free = |found: &Found| !found.marked && found.kustomization;
        if other.root != found.root && free(&found) && free(&other) {
            let shared = found.root.ancestors().find(|folder| other.root.starts_with(folder));
            found.root = shared.unwrap_or(&found.root).to_path_buf();
        } else if other.root != found.root {
            return Err(several(first, &found.root, entry, &other.root));
        }
        found.kustomization |= other.kustomization;
    }
    let bounds = match found.kustomization && !found.settings {
        true => found.root.ancestors().last().unwrap_or(&found.root).to_path_buf(),
        false => found.root.clone(),
    };
    Ok(Places::new(found.root, bounds, cwd, files))
}

fn several(first: &Path, root: &Path, entry: &Path, other: &Path) -> Error {
    let message = format!(
        "`{}` and `{}` belong to two projects: `{}` and `{}`",
        first.display(),
        entry.display(),
        root.display(),
        other.display()
    );
    Error::new("several-projects", message).help("build one project at a time")
}
