//! The files from which an ApplicationSet makes its Applications: one for each, below a folder of the
//! project, in a folder for each AppProject.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::argocd::application::Overlay;
use crate::argocd::application_set::member;
use crate::cli::files;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit;
use crate::error::{Error, Result};
use crate::pipeline;

/// The first line of each file: one without it was not written here.
const HEADER: &[u8] = b"# Written by `strata argocd apps --files`: what is changed by hand is lost.\n";
/// The end of the names, so that no file is taken for one of the project's own.
const ENDING: &str = ".application.yaml";

/// The folder with the files.
pub(super) struct Folder {
    /// The project's root.
    root: PathBuf,
    /// The folder.
    top: PathBuf,
    /// The same below the project's root, with `/`.
    name: String,
    /// Whether all overlays are there, so that every other file is stale.
    all: bool,
}

/// What differs, as paths below the folder.
#[derive(Default)]
pub(super) struct Changes {
    written: BTreeMap<String, Vec<u8>>,
    removed: Vec<String>,
}

impl Folder {
    /// The folder `folder`, as written in `cwd`, of the project at `root`.
    pub(super) fn new(folder: &Path, cwd: &Path, root: &Path, all: bool) -> Result<Self> {
        let top = pipeline::join(cwd, folder);
        let below = top.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
        let Some(below) = below else {
            let message = format!("`{}` is no folder below the project", folder.display());
            return Err(
                Error::new("outside-project", message).help("Argo CD reads the files from the project's repository")
            );
        };
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Ok(Self { root: root.to_path_buf(), name: parts.join("/"), top, all })
    }

    /// The files of an AppProject, from the root of the project.
    pub(super) fn pattern(&self, project: &str) -> String {
        format!("{}/{project}/*{ENDING}", self.name)
    }

    /// What has to be written and removed, so that the folder holds `overlays`.
    pub(super) fn compare(&self, overlays: &[Overlay], diagnostics: &mut Diagnostics) -> Result<Changes> {
        let path = |one: &Overlay| format!("{}/{}{ENDING}", one.project(), one.name);
        let text = |one: &Overlay| {
            let mut bytes = HEADER.to_vec();
            emit::yaml::write_document(&member(one), &mut bytes);
            bytes
        };
        let mut changes =
            Changes { written: overlays.iter().map(|one| (path(one), text(one))).collect(), removed: Vec::new() };
        files::without_links(&self.root, &self.top)?;
        for found in if self.top.is_dir() { files::yaml_files_below(&self.top)? } else { Vec::new() } {
            let wanted = changes.written.get(&found);
            if wanted.is_none() && !(self.all && found.ends_with(ENDING)) {
                continue;
            }
            files::without_links(&self.root, &self.top.join(&found))?;
            let there = files::read_if_there(&self.top.join(&found))?.unwrap_or_default();
            if !there.starts_with(HEADER) {
                let message =
                    format!("`{}/{found}` was not written by strata, and the ApplicationSet would read it", self.name);
                diagnostics
                    .push(Diagnostic::error("foreign-file", message).help("move it away, or name another folder"));
            } else if wanted.is_none() {
                changes.removed.push(found);
            } else if wanted == Some(&there) {
                changes.written.remove(&found);
            }
        }
        Ok(changes)
    }

    /// Makes the changes.
    pub(super) fn change(&self, changes: &Changes) -> Result<()> {
        for (name, bytes) in &changes.written {
            let path = self.top.join(name);
            files::without_links(&self.root, &path)?;
            files::make_parent(&path)?;
            emit::file::write_atomically(&path, bytes)?;
        }
        changes.removed.iter().try_for_each(|name| files::remove(&self.top.join(name), &self.top))
    }
}

impl Changes {
    /// One line for each, `+` for what is written and `-` for what is removed.
    pub(super) fn lines(&self) -> String {
        let written = self.written.keys().map(|name| format!("+ {name}\n"));
        written.chain(self.removed.iter().map(|name| format!("- {name}\n"))).collect()
    }

    /// How many there are.
    pub(super) fn count(&self) -> (usize, usize) {
        (self.written.len(), self.removed.len())
    }
}
