//! The tree of a git revision as a file system that is only read. Which files are in it is known
//! from the start; their contents are asked for when they are needed, many at once.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::disk::{Found, Refusal};
use super::path;

/// Reads objects by their ids: their contents in the same order, or why that cannot be.
pub type ReadBlobs<'a> = &'a (dyn Fn(&[&str]) -> Result<Vec<Vec<u8>>, String> + Sync);

/// What is in a folder of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// The id of its content.
        id: String,
        /// The number of its bytes.
        size: u64,
        /// Whether it may be run.
        executable: bool,
    },
    /// A symbolic link and where it points.
    Link(PathBuf),
    /// A repository of its own: only its commit is known.
    Submodule,
}

/// The tree of a revision.
pub struct Tree<'a> {
    /// The canonical top of the working tree, which the tree stands in the place of.
    top: PathBuf,
    folders: HashMap<PathBuf, BTreeMap<String, Child>>,
    read: ReadBlobs<'a>,
}

impl std::fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "tree of {} folders at {}", self.folders.len(), self.top.display())
    }
}

/// More links than this lead in a circle.
const LINKS: usize = 40;
/// How a file begins that holds a place for one in Git LFS.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
const SUBMODULE: &str = "in a submodule of git, whose files are not in this repository";

impl<'a> Tree<'a> {
    /// A tree at the place `top` (canonical) of these files, links and submodules, by their paths
    /// from the top.
    pub fn new(top: PathBuf, children: impl IntoIterator<Item = (PathBuf, Child)>, read: ReadBlobs<'a>) -> Self {
        let mut folders: HashMap<PathBuf, BTreeMap<String, Child>> = HashMap::new();
        folders.insert(top.clone(), BTreeMap::from([(".git".to_owned(), Child::Folder)]));
        for (path, child) in children {
            let (mut path, mut child) = (top.join(path), child);
            while let (Some(folder), Some(name)) = (path.parent(), path.file_name()) {
                let known = folders.contains_key(folder);
                folders.entry(folder.to_path_buf()).or_default().insert(name.to_string_lossy().into_owned(), child);
                if known {
                    break;
                }
                (path, child) = (folder.to_path_buf(), Child::Folder);
            }
        }
        Self { top, folders, read }
    }

    /// What is at `path`, without following a link there. Links on the way are followed.
    pub(super) fn find(&self, path: &Path) -> Option<&Child> {
        if self.top.starts_with(path) {
            return Some(&Child::Folder);
        }
        let folder = self.canonicalize(path.parent()?).ok()?;
        self.child(&folder.join(path.file_name()?))
    }

    /// What is at `path`, whose folder is canonical.
    fn child(&self, path: &Path) -> Option<&Child> {
        self.folders.get(path.parent()?)?.get(&*path.file_name()?.to_string_lossy())
    }

    pub(super) fn is_folder(&self, canonical: &Path) -> bool {
        self.top.starts_with(canonical) || self.folders.contains_key(canonical)
    }

    pub(super) fn children(&self, folder: &Path) -> impl Iterator<Item = (&str, &Child)> {
        self.folders.get(folder).into_iter().flatten().map(|(name, child)| (name.as_str(), child))
    }

    /// The path without symbolic links. A link that leaves the tree gives the path that it leads
    /// to: nothing is looked up there.
    pub(super) fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        let mut rest: VecDeque<PathBuf> = parts(path);
        let (mut real, mut links) = (PathBuf::new(), 0);
        while let Some(part) = rest.pop_front() {
            let next = real.join(&part);
            if self.top.starts_with(&next) || !next.starts_with(&self.top) {
                real = next;
                continue;
            }
            match self.child(&next) {
                Some(Child::Folder) => real = next,
                Some(Child::File { .. }) if rest.is_empty() => real = next,
                Some(Child::Link(target)) if links < LINKS => {
                    links += 1;
                    let led = path::join(&real, target);
                    real = PathBuf::new();
                    rest = parts(&led).into_iter().chain(rest).collect();
                }
                Some(Child::Link(_)) => return Err(io::Error::other("too many symbolic links")),
                Some(Child::Submodule) => return Err(io::Error::other(SUBMODULE)),
                Some(Child::File { .. }) => return Err(io::ErrorKind::NotADirectory.into()),
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        }
        Ok(real)
    }

    /// What is at `path`, which must be in `root`.
    pub(super) fn look(&self, path: &Path, root: &Path, limit: u64) -> Result<Found, Refusal> {
        let canonical = match self.canonicalize(path) {
            Ok(canonical) => canonical,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(match self.find(path) {
                    Some(Child::Link(target)) => {
                        let target = path::join(path.parent().unwrap_or(path), target);
                        if target.starts_with(root) { Refusal::Dangling(target) } else { Refusal::Outside(target) }
                    }
                    _ => Refusal::Missing,
                });
            }
            Err(error) if error.to_string() == SUBMODULE => return Err(Refusal::NotRegular(SUBMODULE)),
            Err(error) => return Err(Refusal::Unreadable(error.to_string())),
        };
        if !canonical.starts_with(root) || !(canonical.starts_with(&self.top) || self.top.starts_with(&canonical)) {
            return Err(Refusal::Outside(canonical));
        }
        if self.is_folder(&canonical) {
            return Ok(Found::Folder(canonical));
        }
        match self.child(&canonical) {
            Some(Child::File { size, .. }) if *size > limit => Err(Refusal::TooLarge(limit)),
            Some(Child::File { size, .. }) => Ok(Found::File { size: *size, canonical }),
            _ => Err(Refusal::Missing),
        }
    }

    /// The contents of these files, which are asked for at once.
    pub(super) fn read_all<'p>(
        &self,
        paths: impl Iterator<Item = &'p Path>,
        limit: u64,
    ) -> HashMap<PathBuf, Result<Vec<u8>, Refusal>> {
        let mut read = HashMap::new();
        let (mut wanted, mut ids): (Vec<PathBuf>, Vec<&str>) = (Vec::new(), Vec::new());
        for path in paths {
            let real = self.canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            match self.child(&real) {
                Some(Child::File { size, .. }) if *size > limit => {
                    read.insert(path.to_path_buf(), Err(Refusal::TooLarge(limit)));
                }
                Some(Child::File { id, .. }) => {
                    wanted.push(path.to_path_buf());
                    ids.push(id);
                }
                _ => _ = read.insert(path.to_path_buf(), Err(Refusal::Missing)),
            }
        }
        if ids.is_empty() {
            return read;
        }
        match (self.read)(&ids) {
            Ok(contents) if contents.len() == wanted.len() => {
                let contents = contents.into_iter().map(|content| match content.starts_with(LFS) {
                    true => Err(Refusal::NotRegular("a pointer into Git LFS, whose content is not in this repository")),
                    false => Ok(content),
                });
                read.extend(wanted.into_iter().zip(contents));
            }
            Ok(_) => {
                let why = Refusal::Unreadable("git gave fewer objects than were asked for".into());
                read.extend(wanted.into_iter().map(|path| (path, Err(why.clone()))));
            }
            Err(why) => read.extend(wanted.into_iter().map(|path| (path, Err(Refusal::Unreadable(why.clone()))))),
        }
        read
    }

    /// Visits what is below `top`, by name.
    pub(super) fn walk(&self, top: &Path, enter: &mut dyn FnMut(&Path) -> bool, file: &mut dyn FnMut(&Path)) {
        let mut open = vec![top.to_path_buf()];
        while let Some(folder) = open.pop() {
            let mut below = Vec::new();
            for (name, child) in self.children(&folder) {
                let path = folder.join(name);
                match child {
                    Child::Folder if enter(&path) => below.push(path),
                    Child::Folder | Child::Submodule => {}
                    Child::File { .. } | Child::Link(_) => file(&path),
                }
            }
            open.extend(below.into_iter().rev());
        }
    }
}

fn parts(path: &Path) -> VecDeque<PathBuf> {
    path.components().filter(|part| *part != Component::CurDir).map(|part| PathBuf::from(part.as_os_str())).collect()
}
