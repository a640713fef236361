//! From a written reference to the files that it stands for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::disk::{self, Found, Refusal};
use super::folder;
use super::path::{self, Places};
use super::reading::Reading;
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::project::{Reference, Role};

/// What the file system says about paths, each asked once: a base that a thousand overlays name
/// is looked up once.
pub(super) struct Lookups<'a> {
    pub places: &'a Places,
    file_limit: u64,
    known: HashMap<PathBuf, std::result::Result<Found, Refusal>>,
    /// How many references led to nothing.
    missing: usize,
}

/// For more missing files than this no near miss is searched.
const NEAR_MISSES: usize = 50;

/// Whose rules for paths apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Those of the model: relative paths within the project.
    Model,
    /// Kustomize's: files in and below the kustomization's folder, folders anywhere.
    Below,
    /// Kustomize's without its restriction.
    Anywhere,
}

/// A file to read: its canonical path and its size when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub canonical: PathBuf,
    pub size: u64,
}

/// What a reference stands for.
pub(super) struct Targets {
    pub files: Vec<Target>,
    /// The folder that was listed to find them, when the reference names a folder of files.
    pub folder: Option<PathBuf>,
    /// How they are read.
    pub reading: Reading,
}

impl<'a> Lookups<'a> {
    pub fn new(places: &'a Places, file_limit: u64) -> Self {
        Self { places, file_limit, known: HashMap::new(), missing: 0 }
    }

    /// What is at `path` (absolute, without `..`).
    pub fn look(&mut self, path: &Path) -> std::result::Result<Found, Refusal> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let found = disk::look(path, &self.places.root, self.file_limit);
        self.known.insert(path.to_path_buf(), found.clone());
        found
    }

    /// The regular file at `path`, which a message calls `written`.
    pub fn file(&mut self, path: &Path, written: &str) -> Result<Target> {
        match self.look(path) {
            Ok(Found::File { canonical, size }) => Ok(Target { canonical, size }),
            Ok(Found::Folder(_)) => Err(Refusal::NotRegular("a folder").diagnostic(written, path, self.places).into()),
            Err(refusal) => Err(refusal.diagnostic(written, path, self.places).into()),
        }
    }

    /// The files that `reference`, written in a file of `folder`, stands for. The diagnostic that
    /// says why there is none has no label yet.
    pub fn targets(&mut self, folder: &Path, reference: &Reference, policy: Policy) -> Result<Targets> {
        let written = reference.text.as_str();
        if let Some(diagnostic) = not_a_local_path(written) {
            return Err(diagnostic.into());
        }
        let path = path::join(folder, Path::new(written));
        // Outside of the project nothing is looked at, so that not even its existence shows.
        if !path.starts_with(&self.places.root) {
            return Err(Refusal::Outside(path.clone()).diagnostic(written, &path, self.places).into());
        }
        if Path::new(written).has_root() && policy == Policy::Model {
            let message = format!("`{written}` is an absolute path");
            return Err(Diagnostic::error("absolute-path", message)
                .help("write it relative to the folder of this file, so that the project builds wherever it lies")
                .into());
        }
        match self.look(&path) {
            Err(Refusal::Missing) => {
                self.missing += 1;
                Err(disk::missing(written, &path, self.places, self.missing <= NEAR_MISSES).into())
            }
            Err(refusal) => Err(refusal.diagnostic(written, &path, self.places).into()),
            Ok(Found::File { canonical, size }) => {
                if policy == Policy::Below && !canonical.starts_with(folder) {
                    return Err(above(written, &canonical, folder).into());
                }
                self.one(reference, Target { canonical, size })
            }
            Ok(Found::Folder(canonical)) => self.in_folder(reference, canonical),
        }
    }

    fn one(&mut self, reference: &Reference, target: Target) -> Result<Targets> {
        if reference.role == Role::KustomizeComponent {
            let message = format!("`{}` is a file, and a component is a folder", reference.text);
            return Err(Diagnostic::error("wrong-kind", message).help("name the folder that holds it").into());
        }
        let kustomization = folder::KUSTOMIZATIONS.contains(&path::name(&target.canonical).as_str());
        let reading = match reference.role {
            Role::Component if kustomization => return Err(not_a_component(&reference.text).into()),
            // Kustomize never reads a file of these names as manifests.
            Role::Base | Role::KustomizeResource | Role::KustomizePlugin if kustomization => Reading::Kustomization,
            role => Reading::of(role),
        };
        Ok(Targets { files: vec![target], folder: None, reading })
    }

    fn in_folder(&mut self, reference: &Reference, folder: PathBuf) -> Result<Targets> {
        let written = reference.text.as_str();
        match reference.role {
            Role::Base if !holds(&folder, &folder::BASES) && holds(&folder, &folder::KUSTOMIZATIONS) => {
                self.kustomization(&folder, written)
            }
            Role::Base => self.layer(&folder, written, &folder::BASES),
            Role::Component if holds(&folder, &folder::KUSTOMIZATIONS) => Err(not_a_component(written).into()),
            Role::Component => self.layer(&folder, written, &folder::COMPONENTS),
            Role::Resource if holds(&folder, &folder::KUSTOMIZATIONS) => self.kustomization(&folder, written),
            Role::Resource => {
                let paths = folder::manifests(&folder, written, self.places)?;
                let files = paths.iter().map(|path| self.file(path, &self.places.show(path)));
                let files = files.collect::<Result<_>>()?;
                Ok(Targets { files, folder: Some(folder), reading: Reading::Resource })
            }
            Role::KustomizeResource | Role::KustomizeComponent | Role::KustomizePlugin => {
                if Path::new(written).has_root() {
                    let message = format!("`{written}` is an absolute path of a folder");
                    return Err(Diagnostic::error("absolute-path", message).help("write it relative").into());
                }
                let typed = holds(&folder, &folder::BASES) && !holds(&folder, &folder::KUSTOMIZATIONS);
                match reference.role {
                    Role::KustomizeResource if typed => self.layer(&folder, written, &folder::BASES),
                    _ => self.kustomization(&folder, written),
                }
            }
            Role::JsonPatch
            | Role::Patch
            | Role::Template
            | Role::Text
            | Role::KustomizePatch
            | Role::KustomizeConfig => {
                Err(Refusal::NotRegular("a folder").diagnostic(written, &folder, self.places).into())
            }
        }
    }

    fn layer(&mut self, folder: &Path, written: &str, names: &[&str]) -> Result<Targets> {
        let path = folder::layer(folder, written, names, self.places)?;
        let target = self.file(&path, &self.places.show(&path))?;
        Ok(Targets { files: vec![target], folder: None, reading: Reading::Model })
    }

    fn kustomization(&mut self, folder: &Path, written: &str) -> Result<Targets> {
        let path = folder::kustomization(folder, written)?;
        let target = self.file(&path, &self.places.show(&path))?;
        Ok(Targets { files: vec![target], folder: None, reading: Reading::Kustomization })
    }
}

fn holds(folder: &Path, names: &[&str]) -> bool {
    !folder::present(folder, names).is_empty()
}

/// A kustomization where a component of the model belongs.
fn not_a_component(written: &str) -> Diagnostic {
    let message = format!("`{written}` is a kustomization, and `components` takes components of Strata");
    Diagnostic::error("wrong-kind", message).help("list it under `base` or `resources`, or write its patches here")
}

/// What kustomize's load restriction says.
fn above(written: &str, canonical: &Path, folder: &Path) -> Diagnostic {
    let (canonical, folder) = (canonical.display(), folder.display());
    let message = format!("`{written}` leads to `{canonical}`, which is not in or below `{folder}`");
    Diagnostic::error("outside-kustomization", message).help(
        "move the file, make its folder a kustomization of its own, or say `--load-restrictor LoadRestrictionsNone`",
    )
}

/// Texts that stand where a path belongs and are none.
fn not_a_local_path(written: &str) -> Option<Diagnostic> {
    let remote = ["git@", "git::", "github.com/"].iter().any(|start| written.starts_with(start));
    let error = |code, message: &str, help: &str| Some(Diagnostic::error(code, message).help(help));
    match written {
        "" => error("empty-path", "the path is empty", "write `.` for the folder of this file"),
        _ if written.contains('\n') => error(
            "path-with-newline",
            "a text with several lines is no path",
            "write what is meant as YAML: take the `|` or `>` after the key away",
        ),
        _ if written.contains("${{") => error(
            "interpolated-path",
            &format!("`{written}` is not known before values are: paths are taken as written"),
            "name the file itself; which files a build reads does not depend on values",
        ),
        _ if remote || written.contains("://") => error(
            "remote-reference",
            &format!("`{written}` is not in this project, and a build reads nothing from elsewhere"),
            "download it into the project and name the copy",
        ),
        _ => None,
    }
}
