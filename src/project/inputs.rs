//! What a build depends on: what was read for it, and what was looked for and is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Entry, FileId, Project, Role};

/// What a build depends on, as absolute paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The files that were read, by their canonical paths, and the symbolic links that lead to them.
    pub files: BTreeSet<PathBuf>,
    /// The folders whose manifests are all read: one more file in such a folder counts.
    pub folders: BTreeSet<PathBuf>,
    /// The folders of which everything counts, at any depth: what was fetched, and Helm charts.
    pub trees: BTreeSet<PathBuf>,
    /// Where something was looked for and nothing is: a file there would change what is rendered.
    pub missing: BTreeSet<PathBuf>,
}

impl Inputs {
    /// The first of the `changed` paths (absolute; what is there may be gone, or new) whose change
    /// can change the build.
    pub fn touched_by<'c>(&self, changed: &'c BTreeSet<PathBuf>) -> Option<&'c Path> {
        let at = |path: &PathBuf| changed.get(path).map(PathBuf::as_path);
        // A folder on the way that is no folder any more is a link or a file now.
        let above = |path: &PathBuf| path.ancestors().skip(1).find_map(|above| changed.get(above));
        let on_the_way = |path: &PathBuf| at(path).or_else(|| above(path).map(PathBuf::as_path));
        let in_folder = |folder: &PathBuf| {
            below(folder, changed, |path| path.parent() == Some(folder.as_path()) && is_manifest(path))
        };
        let mut paths = self.files.iter().chain(&self.missing);
        paths.find_map(on_the_way).or_else(|| self.folders.iter().find_map(in_folder)).or_else(|| {
            let mut whole = self.trees.iter().chain(&self.missing);
            whole.find_map(|tree| at(tree).or_else(|| below(tree, changed, |_| true)))
        })
    }

    /// Adds what another build depends on.
    pub fn extend(&mut self, more: &Self) {
        let Self { files, folders, trees, missing } = more;
        self.files.extend(files.iter().cloned());
        self.folders.extend(folders.iter().cloned());
        self.trees.extend(trees.iter().cloned());
        self.missing.extend(missing.iter().cloned());
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        [&self.files, &self.folders, &self.trees, &self.missing].into_iter().all(BTreeSet::is_empty)
    }
}

/// Whether a folder of manifests would take the file `path` in: `*.yaml`, `*.yml` and `*.json` that
/// are not hidden.
pub fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default();
    !name.starts_with('.') && ["yaml", "yml", "json"].iter().any(|known| extension == *known)
}

/// The first of `paths` that lies below `folder` and is `wanted`.
fn below<'p>(folder: &Path, paths: &'p BTreeSet<PathBuf>, wanted: impl Fn(&Path) -> bool) -> Option<&'p Path> {
    let behind = (std::ops::Bound::Excluded(folder), std::ops::Bound::Unbounded);
    let mut found = paths.range::<Path, _>(behind).take_while(|path| path.starts_with(folder));
    found.find(|path| wanted(path)).map(PathBuf::as_path)
}

/// How far what a file names matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// The layers of an application that is only asked what it says.
    Layers,
    /// Everything.
    Whole,
}

impl Reach {
    /// How far what is named as `role` matters; `None` when it does not.
    fn through(self, role: Role) -> Option<Self> {
        match (self, role) {
            (Self::Layers, Role::Base | Role::Component) | (Self::Whole, Role::Application) => Some(Self::Layers),
            (Self::Layers, _) => None,
            (Self::Whole, _) => Some(Self::Whole),
        }
    }
}

impl Project {
    /// Everything that a build of `entry` depends on, the settings included. Of an application that
    /// a dependency names, what it says counts, and not what it renders. The charts of kustomizations
    /// are not in it: whoever renders them knows where they are.
    pub fn inputs(&self, entry: &Entry) -> Inputs {
        let mut inputs = entry.looked.clone();
        inputs.missing.extend(self.nearer_roots(&entry.canonical));
        match self.settings.map(|id| self.get(id)) {
            Some(settings) => inputs.files.insert(settings.canonical.clone()),
            None => inputs.missing.insert(self.root.join(super::SETTINGS)),
        };
        inputs.files.insert(entry.canonical.clone());
        for (id, reach) in self.reached(entry) {
            inputs.files.insert(self.get(id).canonical.clone());
            for link in self.links(id).iter().filter(|link| reach.through(link.reference.role).is_some()) {
                inputs.folders.extend(link.folder.clone());
            }
            for (role, looked) in self.looked.get(&id).into_iter().flatten() {
                if reach.through(*role).is_some() {
                    inputs.extend(looked);
                }
            }
        }
        inputs
    }

    /// The files that a build of `entry` reads, without the settings.
    pub fn files_of(&self, entry: &Entry) -> impl Iterator<Item = FileId> {
        self.reached(entry).into_keys()
    }

    fn reached(&self, entry: &Entry) -> BTreeMap<FileId, Reach> {
        let mut reached = BTreeMap::new();
        let mut open: Vec<(FileId, Reach)> = entry.file.map(|file| (file, Reach::Whole)).into_iter().collect();
        while let Some((id, reach)) = open.pop() {
            if reached.get(&id).is_none_or(|known| *known < reach) {
                reached.insert(id, reach);
                for link in self.links(id) {
                    let next = reach.through(link.reference.role);
                    open.extend(next.into_iter().flat_map(|next| link.files.iter().map(move |file| (*file, next))));
                }
            }
        }
        reached
    }

    /// The settings that would make a folder between `file` and the root a project of its own.
    fn nearer_roots<'p>(&'p self, file: &'p Path) -> impl Iterator<Item = PathBuf> + 'p {
        let folders = file.ancestors().skip(1).take_while(|folder| *folder != self.root);
        folders.filter(|folder| folder.starts_with(&self.root)).map(|folder| folder.join(super::SETTINGS))
    }

    /// Whether a build of `entry` reads one of `files`.
    pub fn depends_on(&self, entry: &Entry, files: &BTreeSet<PathBuf>) -> bool {
        if files.is_empty() {
            return false;
        }
        let mut visited = BTreeSet::new();
        let mut open: Vec<FileId> = entry.file.into_iter().chain(self.settings).collect();
        while let Some(id) = open.pop() {
            if visited.insert(id) {
                if files.contains(&self.get(id).canonical) {
                    return true;
                }
                open.extend(self.links(id).iter().flat_map(|link| &link.files));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_counts_when_it_was_read_or_looked_for() {
        let set = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<BTreeSet<_>>();
        let inputs = Inputs {
            files: set(&["/p/base/app.yaml"]),
            folders: set(&["/p/more"]),
            trees: set(&["/p/vendor/strata/x"]),
            missing: set(&["/p/o/strata.yaml", "/p/gone"]),
        };
        for path in [
            "/p/base/app.yaml",
            "/p/more/new.yaml",
            "/p/vendor/strata/x/y/z",
            "/p/o/strata.yaml",
            "/p/gone",
            "/p/gone/x.yaml",
            "/p/base",
            "/p/o",
        ] {
            assert_eq!(inputs.touched_by(&set(&[path])), Some(Path::new(path)));
        }
        for path in ["/p/base/other.yaml", "/p/more/README.md", "/p/more/deep/x.yaml", "/p/bas", "/p/more/.x.yaml"] {
            assert_eq!(inputs.touched_by(&set(&[path])), None);
        }
    }
}
