//! Where files are read from: the disk, or the tree of a git revision, which is never checked out.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::disk::{self, Refusal};
use super::git_tree::{Child, Tree};
use super::path;

/// Where files are read from.
#[derive(Clone, Copy, Debug, Default)]
pub enum Files<'a> {
    /// The file system.
    #[default]
    Disk,
    /// The tree of a revision, seen at the place of the working tree.
    Revision(&'a Tree<'a>),
}

/// What was read at once, so that one program serves a whole wave.
pub(super) struct Held<'a> {
    files: Files<'a>,
    contents: HashMap<PathBuf, Result<Vec<u8>, Refusal>>,
}

impl<'a> Files<'a> {
    /// The path without symbolic links.
    pub fn canonicalize(self, path: &Path) -> io::Result<PathBuf> {
        match self {
            Self::Disk => path.canonicalize(),
            Self::Revision(tree) => tree.canonicalize(path),
        }
    }

    /// Whether something is at `path`, be it a link that leads nowhere.
    pub fn exists(self, path: &Path) -> bool {
        match self {
            Self::Disk => path.symlink_metadata().is_ok(),
            Self::Revision(tree) => tree.find(path).is_some(),
        }
    }

    /// Whether `path` leads to a folder.
    pub fn is_dir(self, path: &Path) -> bool {
        match self {
            Self::Disk => path.is_dir(),
            Self::Revision(tree) => tree.canonicalize(path).is_ok_and(|real| tree.is_folder(&real)),
        }
    }

    /// Whether `path` itself is a symbolic link.
    pub fn is_symlink(self, path: &Path) -> bool {
        self.read_link(path).is_some()
    }

    /// Where the symbolic link at `path` points, when there is one.
    pub fn read_link(self, path: &Path) -> Option<PathBuf> {
        match self {
            Self::Disk => path.read_link().ok(),
            Self::Revision(tree) => match tree.find(path)? {
                Child::Link(target) => Some(target.clone()),
                _ => None,
            },
        }
    }

    /// The names in `folder`, sorted; nothing when it cannot be read.
    pub fn names(self, folder: &Path) -> Vec<String> {
        match self {
            Self::Disk => disk::names(folder),
            Self::Revision(tree) => match tree.canonicalize(folder) {
                Ok(folder) => tree.children(&folder).map(|(name, _)| name.to_owned()).collect(),
                Err(_) => Vec::new(),
            },
        }
    }

    /// What is at `path`, see [`disk::look`].
    pub(super) fn look(self, path: &Path, root: &Path, limit: u64) -> Result<disk::Found, Refusal> {
        match self {
            Self::Disk => disk::look(path, root, limit),
            Self::Revision(tree) => tree.look(path, root, limit),
        }
    }

    /// The symbolic links on the way to `path` (absolute, without `..`), each by its own path.
    pub(super) fn links(self, path: &Path) -> Vec<PathBuf> {
        /// More links than this lead in a circle.
        const MOST: usize = 40;
        let (mut found, mut path) = (Vec::new(), path.to_path_buf());
        while found.len() < MOST {
            let mut parts: Vec<&Path> = path.ancestors().collect();
            parts.reverse();
            let link = parts.iter().find_map(|part| Some((*part, self.read_link(part)?)));
            let Some((link, target)) = link else { break };
            let rest = path.strip_prefix(link).unwrap_or(Path::new(""));
            let next = path::join(&path::join(link.parent().unwrap_or(link), &target), rest);
            found.push(link.to_path_buf());
            path = next;
        }
        found
    }

    /// Gets hold of files that are to be read together; those of the disk are read one by one.
    pub(super) fn hold<'p>(self, paths: impl Iterator<Item = &'p Path>, limit: u64) -> Held<'a> {
        let contents = match self {
            Self::Disk => HashMap::new(),
            Self::Revision(tree) => tree.read_all(paths, limit),
        };
        Held { files: self, contents }
    }

    /// The bytes of the file at `canonical`.
    pub(super) fn read(self, canonical: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        self.hold(std::iter::once(canonical), limit).read(canonical, limit)
    }

    /// Visits `top` and what is below it by name. Symbolic links are not followed. `enter` says of
    /// each folder below whether it is visited.
    pub(super) fn walk(
        self,
        top: &Path,
        enter: &mut dyn FnMut(&Path) -> bool,
        file: &mut dyn FnMut(&Path),
    ) -> Result<(), (PathBuf, String)> {
        match self {
            Self::Disk => {
                let steps = WalkDir::new(top).sort_by_file_name().into_iter();
                let visited =
                    |step: &walkdir::DirEntry| step.depth() == 0 || !step.file_type().is_dir() || enter(step.path());
                for step in steps.filter_entry(visited) {
                    match step {
                        Ok(step) if step.file_type().is_dir() => {}
                        Ok(step) => file(step.path()),
                        Err(error) => return Err(unreadable(&error, top)),
                    }
                }
            }
            Self::Revision(tree) => tree.walk(top, enter, file),
        }
        Ok(())
    }
}

fn unreadable(error: &walkdir::Error, top: &Path) -> (PathBuf, String) {
    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    (error.path().unwrap_or(top).to_path_buf(), why)
}

impl Held<'_> {
    /// The bytes of the file at `canonical`.
    pub fn read(&self, canonical: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        match (self.files, self.contents.get(canonical)) {
            (Files::Disk, _) => disk::read(canonical, limit),
            (Files::Revision(_), Some(known)) => known.clone(),
            (Files::Revision(_), None) => Err(Refusal::Missing),
        }
    }

    /// Whether `path` is a symbolic link.
    pub fn is_symlink(&self, path: &Path) -> bool {
        self.files.is_symlink(path)
    }

    /// The bytes of the file that the link at `path` leads to.
    pub fn read_behind(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        match self.files {
            Files::Disk => disk::read(&path.canonicalize().map_err(|_| Refusal::Changed)?, limit),
            // What was asked for by the link's path is what the link leads to.
            Files::Revision(_) => self.read(path, limit),
        }
    }
}

/// Reads a small file that is named by its path, links included.
pub(super) fn read_text(files: Files<'_>, path: &Path, limit: u64) -> io::Result<String> {
    match files {
        Files::Disk => fs::read_to_string(path),
        Files::Revision(_) => {
            let real = files.canonicalize(path)?;
            let bytes = files.read(&real, limit).map_err(|_| io::Error::from(io::ErrorKind::NotFound))?;
            String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        }
    }
}
