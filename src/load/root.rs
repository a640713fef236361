//! Where a project begins: nothing above its root is ever read.

use std::path::{Path, PathBuf};

use super::{folder, path};
use crate::error::{Error, Result};

/// The file that marks a project root and holds its settings.
pub(super) const SETTINGS: &str = "strata.yaml";

/// The root of the project that `entry` (relative to `cwd` or absolute) belongs to, canonical
/// where that is possible: the nearest folder from the entry upwards that holds `strata.yaml`,
/// else the nearest that holds `.git`, else the current folder when the entry is below it, else
/// the entry's own folder; for a kustomization the top of the file system, since kustomize lets
/// its bases be anywhere.
///
/// Below the current folder the search begins where no symbolic link has been followed yet: a link
/// in a repository must not be able to move the root to where it points.
pub fn project_root(entry: &Path, cwd: &Path) -> PathBuf {
    let entry = path::join(cwd, entry);
    let own = entry.ancestors().find(|folder| folder.is_dir()).unwrap_or(&entry);
    let start = before_links(own, &path::join(cwd, Path::new(".")));
    let marked = |marker: &str| start.ancestors().find(|folder| folder.join(marker).symlink_metadata().is_ok());
    let kustomization = folder::present(own, &folder::KUSTOMIZATIONS);
    let unmarked = || match kustomization.is_empty() {
        // The bases of a kustomization may be anywhere.
        false => own.ancestors().last().unwrap_or(own),
        true if is_below(own, cwd) => cwd,
        true => own,
    };
    let root = marked(SETTINGS).or_else(|| marked(".git")).unwrap_or_else(unmarked);
    root.canonicalize().unwrap_or_else(|_| root.to_path_buf())
}

/// The part of `folder` before the first symbolic link below `cwd`; the whole of a folder that is
/// not written below it, for then somebody named it on purpose.
fn before_links<'a>(folder: &'a Path, cwd: &Path) -> &'a Path {
    let below = folder.ancestors().take_while(|part| *part != cwd && part.starts_with(cwd));
    below.filter(|part| part.is_symlink()).last().and_then(Path::parent).unwrap_or(folder)
}

/// Whether `folder` is `cwd` or below it, by its written or its real path.
fn is_below(folder: &Path, cwd: &Path) -> bool {
    let really = || Some(folder.canonicalize().ok()?.starts_with(cwd.canonicalize().ok()?));
    folder.starts_with(path::join(cwd, Path::new("."))) || really().unwrap_or(false)
}

/// The root that all entries share.
pub(super) fn common(entries: &[PathBuf], cwd: &Path) -> Result<PathBuf> {
    let Some((first, rest)) = entries.split_first() else {
        return Err(
            Error::new("nothing-to-build", "no path was given").help("name an overlay, or a folder of overlays")
        );
    };
    let root = project_root(first, cwd);
    for entry in rest {
        let other = project_root(entry, cwd);
        if other != root {
            let message = format!(
                "`{}` and `{}` belong to two projects: `{}` and `{}`",
                first.display(),
                entry.display(),
                root.display(),
                other.display()
            );
            return Err(Error::new("several-projects", message).help("build one project at a time"));
        }
    }
    Ok(root)
}
