//! From a written reference to the files that it stands for.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::disk::{self, Found, Refusal};
use super::folder;
use super::path::{self, Places};
use super::reading::Reading;
use super::vendor::Vendored;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::project::{APP, COMPONENT, Inputs, KUSTOMIZATIONS, OVERLAY, Reference, RemoteUse, Role};
use crate::remote::Remote;

/// What the file system says about paths, each asked once: a base that a thousand overlays name
/// is looked up once.
pub(super) struct Lookups<'a> {
    pub places: &'a Places<'a>,
    file_limit: u64,
    /// By the folder that they must be in.
    known: HashMap<PathBuf, HashMap<PathBuf, std::result::Result<Found, Refusal>>>,
    vendored: Vendored<'a>,
    /// What kustomizations name elsewhere.
    pub remotes: Vec<RemoteUse>,
    /// What was looked at beside the files that are read, since it was last taken away.
    pub looked: Inputs,
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
    pub fn new(places: &'a Places<'a>, file_limit: u64) -> Self {
        let (known, vendored) = (HashMap::new(), Vendored::new(&places.root, places.files));
        let looked = Inputs::default();
        Self { places, file_limit, known, vendored, remotes: Vec::new(), looked, missing: 0 }
    }

    /// What is at `path` (absolute, without `..`), which must be in `bounds`.
    pub fn look(&mut self, path: &Path, bounds: &Path) -> std::result::Result<Found, Refusal> {
        if let Some(known) = self.known.get(bounds).and_then(|known| known.get(path)) {
            let found = known.clone();
            self.note(path, &found);
            return found;
        }
        let found = self.places.files.look(path, bounds, self.file_limit);
        self.known.entry(bounds.to_path_buf()).or_default().insert(path.to_path_buf(), found.clone());
        self.note(path, &found);
        found
    }

    /// Remembers that what was found at `path` depends on more than a file of that path.
    fn note(&mut self, path: &Path, found: &std::result::Result<Found, Refusal>) {
        match found {
            Ok(Found::File { canonical, .. } | Found::Folder(canonical)) if canonical == path => return,
            Ok(Found::File { canonical, .. }) => _ = self.looked.files.insert(canonical.clone()),
            Ok(Found::Folder(_)) => {}
            Err(_) => _ = self.looked.missing.insert(path.to_path_buf()),
        }
        let bounds = &self.places.bounds;
        self.looked.files.extend(self.places.files.links(path).into_iter().filter(|link| link.starts_with(bounds)));
    }

    /// Whether one of `names` is in `folder`.
    pub fn holds(&mut self, folder: &Path, names: &[&str]) -> bool {
        let there = folder::present(folder, names, self.places.files);
        for name in names {
            let counts = if there.contains(name) { &mut self.looked.files } else { &mut self.looked.missing };
            counts.insert(folder.join(name));
        }
        !there.is_empty()
    }

    /// The regular file at `path`, which a message calls `written`.
    pub fn file(&mut self, path: &Path, bounds: &Path, written: &str) -> Result<Target> {
        match self.look(path, bounds) {
            Ok(Found::File { canonical, size }) => Ok(Target { canonical, size }),
            Ok(Found::Folder(_)) => {
                Err(Refusal::NotRegular("a folder").diagnostic(written, path, bounds, self.places).into())
            }
            Err(refusal) => Err(refusal.diagnostic(written, path, bounds, self.places).into()),
        }
    }

    /// The files that `reference`, written in a file of `folder`, stands for. The diagnostic that
    /// says why there is none has no label yet.
    pub fn targets(&mut self, folder: &Path, reference: &Reference, policy: Policy) -> Result<Targets> {
        let written = reference.text.as_str();
        let (policy, bounds) = self.reach(folder, policy);
        if policy != Policy::Model
            && let Some(remote) = self.elsewhere(folder, written, &bounds)
        {
            return self.remote(reference, remote);
        }
        if let Some(diagnostic) = not_a_local_path(written, policy) {
            return Err(diagnostic.into());
        }
        let path = path::join(folder, Path::new(written));
        // Outside of the project nothing is looked at, so that not even its existence shows.
        if !path.starts_with(&bounds) {
            return Err(Refusal::Outside(path.clone()).diagnostic(written, &path, &bounds, self.places).into());
        }
        if Path::new(written).has_root() && policy == Policy::Model {
            let message = format!("`{written}` is an absolute path");
            return Err(Diagnostic::error("absolute-path", message)
                .help("write it relative to the folder of this file, so that the project builds wherever it lies")
                .into());
        }
        let within = (policy == Policy::Below).then_some(folder);
        self.at(&path, &bounds, within, reference)
    }

    /// The file of values `written`, and how far it may lead.
    pub fn values(&mut self, folder: &Path, written: &Path, policy: Policy) -> Result<(Target, PathBuf)> {
        let (policy, bounds) = self.reach(folder, policy);
        let shown = written.display().to_string();
        if let Some(remote) = self.elsewhere(folder, &shown, &bounds) {
            let (remote, tree) = self.fetched(file_elsewhere(&shown, remote)?)?;
            let Remote::File(file) = &remote else { return Err(not_a_file(&remote).into()) };
            return Ok((self.file(&tree.join(file.name()), &tree, &shown)?, tree));
        }
        let path = path::join(folder, written);
        if policy == Policy::Below && !path.starts_with(folder) {
            return Err(above(&shown, &path, folder).into());
        }
        let target = self.file(&path, &bounds, &shown)?;
        match policy == Policy::Below && !target.canonical.starts_with(folder) {
            true => Err(above(&shown, &target.canonical, folder).into()),
            false => Ok((target, bounds)),
        }
    }

    /// How far what is written in `folder` may reach. What was fetched stays in its own tree.
    fn reach(&self, folder: &Path, policy: Policy) -> (Policy, PathBuf) {
        match (policy, self.vendored.tree_of(folder)) {
            (Policy::Model, tree) => (policy, tree.unwrap_or_else(|| self.places.root.clone())),
            (_, Some(tree)) => (Policy::Below, tree),
            (_, None) => (policy, self.places.bounds.clone()),
        }
    }

    /// What is at `path`; a file must be below `within`.
    fn at(&mut self, path: &Path, bounds: &Path, within: Option<&Path>, reference: &Reference) -> Result<Targets> {
        let written = reference.text.as_str();
        match self.look(path, bounds) {
            Err(Refusal::Missing) => {
                self.missing += 1;
                // What else lies outside of the project is not told.
                let search = self.missing <= NEAR_MISSES && path.starts_with(&self.places.root);
                Err(disk::missing(written, path, self.places, search).into())
            }
            Err(refusal) => Err(refusal.diagnostic(written, path, bounds, self.places).into()),
            Ok(Found::File { canonical, size }) => match within.filter(|folder| !canonical.starts_with(folder)) {
                Some(folder) => Err(above(written, &canonical, folder).into()),
                None => self.one(reference, Target { canonical, size }),
            },
            Ok(Found::Folder(canonical)) => self.in_folder(reference, canonical, bounds),
        }
    }

    /// What `written` names elsewhere. A file of that name here comes first, as in kustomize, and so
    /// does a folder where the text names no repository.
    fn elsewhere(
        &mut self,
        folder: &Path,
        written: &str,
        bounds: &Path,
    ) -> Option<std::result::Result<Remote, String>> {
        let remote = Remote::parse(written)?;
        if written.contains("://") {
            return Some(remote);
        }
        match (self.look(&path::join(folder, Path::new(written)), bounds), &remote) {
            (Ok(Found::File { .. }), _) | (Ok(Found::Folder(_)), Err(_)) => None,
            _ => Some(remote),
        }
    }

    /// What was fetched for a reference.
    fn remote(&mut self, reference: &Reference, remote: std::result::Result<Remote, String>) -> Result<Targets> {
        let (remote, otherwise) = match reference.role {
            Role::KustomizeComponent => (remote.map_err(|why| not_a_repository(&why))?, None),
            Role::KustomizeResource | Role::KustomizePlugin => {
                (remote.map_err(|why| not_a_repository(&why))?, Remote::file(&reference.text))
            }
            _ => (file_elsewhere(&reference.text, remote)?, None),
        };
        let otherwise = otherwise.filter(|file| *file != remote);
        self.looked.files.insert(self.places.root.join(super::vendor::LOCK));
        let remote = self.vendored.which(remote, otherwise.as_ref())?;
        self.looked.trees.insert(self.vendored.place(&remote));
        let tree = self.vendored.tree(&remote)?;
        let (origin, fetched) = (reference.origin, tree.is_some());
        self.remotes.push(RemoteUse { remote: remote.clone(), otherwise, origin, fetched });
        let tree = tree.ok_or_else(|| not_fetched(&remote))?;
        let path = match &remote {
            Remote::Git(repository) => path::join(&tree, Path::new(&repository.folder)),
            Remote::File(file) => tree.join(file.name()),
        };
        if let (Remote::Git(_), Ok(Found::File { .. })) = (&remote, self.look(&path, &tree)) {
            let message = "a file of a repository is no kustomization";
            return Err(Diagnostic::error("wrong-kind", message).help("name its folder, or the file's own URL").into());
        }
        self.at(&path, &tree, Some(&tree), reference)
    }

    /// What is meant, and the tree that was fetched for it.
    fn fetched(&mut self, remote: Remote) -> Result<(Remote, PathBuf)> {
        let tree = self.vendored.tree(&remote)?.ok_or_else(|| not_fetched(&remote))?;
        Ok((remote, tree))
    }

    /// The folder that somebody asks to build and that is elsewhere: in what was fetched.
    pub fn entry(&mut self, remote: std::result::Result<Remote, String>) -> Result<PathBuf> {
        let remote = remote.map_err(|why| not_a_repository(&why))?;
        let Remote::Git(repository) = &remote else {
            let message = format!("`{}` is a file, and a folder is built", remote.shown());
            return Err(Error::new("wrong-kind", message).help("list it under `resources` of a kustomization"));
        };
        let tree = self.vendored.tree(&remote)?.ok_or_else(|| {
            not_fetched(&remote).help("run `strata vendor` with this URL, which keeps a copy, or say `--fetch`")
        })?;
        let path = path::join(&tree, Path::new(&repository.folder));
        match self.look(&path, &tree) {
            Ok(Found::Folder(canonical)) => Ok(canonical),
            Ok(Found::File { .. }) => {
                Err(Error::new("wrong-kind", "a file of a repository is no kustomization").help("name its folder"))
            }
            Err(refusal) => Err(refusal.diagnostic(&repository.folder, &path, &tree, self.places).into()),
        }
    }

    fn one(&mut self, reference: &Reference, target: Target) -> Result<Targets> {
        if reference.role == Role::KustomizeComponent {
            let message = format!("`{}` is a file, and a component is a folder", reference.text);
            return Err(Diagnostic::error("wrong-kind", message).help("name the folder that holds it").into());
        }
        let kustomization = KUSTOMIZATIONS.contains(&path::name(&target.canonical).as_str());
        let reading = match reference.role {
            Role::Component if kustomization => return Err(not_a_component(&reference.text).into()),
            // Among `resources` kustomize reads a file of these names as it reads any other: one of Flux has
            // a name and is an object.
            Role::Base | Role::KustomizePlugin if kustomization => Reading::Kustomization,
            role => Reading::of(role),
        };
        Ok(Targets { files: vec![target], folder: None, reading })
    }

    fn in_folder(&mut self, reference: &Reference, folder: PathBuf, bounds: &Path) -> Result<Targets> {
        let written = reference.text.as_str();
        match reference.role {
            Role::Base if !self.holds(&folder, &folder::BASES) && self.holds(&folder, &KUSTOMIZATIONS) => {
                self.kustomization(&folder, written, bounds)
            }
            Role::Base | Role::Application => self.layer(&folder, written, &folder::BASES, bounds),
            Role::Component if self.holds(&folder, &KUSTOMIZATIONS) => Err(not_a_component(written).into()),
            Role::Component => self.layer(&folder, written, &folder::COMPONENTS, bounds),
            Role::Resource if self.holds(&folder, &KUSTOMIZATIONS) => self.kustomization(&folder, written, bounds),
            Role::Resource | Role::Definitions | Role::Policies => self.manifests(folder, written, bounds),
            Role::KustomizeResource | Role::KustomizeComponent | Role::KustomizePlugin => {
                if Path::new(written).has_root() {
                    let message = format!("`{written}` is an absolute path of a folder");
                    return Err(Diagnostic::error("absolute-path", message).help("write it relative").into());
                }
                let typed = !self.holds(&folder, &KUSTOMIZATIONS) && self.holds(&folder, &folder::BASES);
                match reference.role {
                    Role::KustomizeResource if typed => self.layer(&folder, written, &folder::BASES, bounds),
                    _ => self.kustomization(&folder, written, bounds),
                }
            }
            Role::JsonPatch
            | Role::Patch
            | Role::Template
            | Role::Text
            | Role::KustomizePatch
            | Role::KustomizeConfig => {
                Err(Refusal::NotRegular("a folder").diagnostic(written, &folder, bounds, self.places).into())
            }
        }
    }

    fn manifests(&mut self, folder: PathBuf, written: &str, bounds: &Path) -> Result<Targets> {
        // A layer among them would be an error.
        self.holds(&folder, &[OVERLAY, APP, COMPONENT]);
        let paths = folder::manifests(&folder, written, self.places)?;
        let files = paths.iter().map(|path| self.file(path, bounds, &self.places.show(path)));
        let files = files.collect::<Result<_>>()?;
        Ok(Targets { files, folder: Some(folder), reading: Reading::Resource })
    }

    fn layer(&mut self, folder: &Path, written: &str, names: &[&str], bounds: &Path) -> Result<Targets> {
        self.holds(folder, names);
        let path = folder::layer(folder, written, names, self.places)?;
        let target = self.file(&path, bounds, &self.places.show(&path))?;
        Ok(Targets { files: vec![target], folder: None, reading: Reading::Model })
    }

    fn kustomization(&mut self, folder: &Path, written: &str, bounds: &Path) -> Result<Targets> {
        let path = folder::kustomization(folder, written, self.places.files)?;
        let target = self.file(&path, bounds, &self.places.show(&path))?;
        // Behind a link, what it names is relative to the link's folder all the same.
        let target = Target { canonical: path, ..target };
        Ok(Targets { files: vec![target], folder: None, reading: Reading::Kustomization })
    }
}

/// A kustomization where a component of the model belongs.
fn not_a_component(written: &str) -> Diagnostic {
    let message = format!("`{written}` is a kustomization, and `components` takes components of Strata");
    Diagnostic::error("wrong-kind", message).help("list it under `base` or `resources`, or write its patches here")
}

/// What stands where a file is needed: a URL is that of a file there, whatever it looks like.
fn file_elsewhere(written: &str, remote: std::result::Result<Remote, String>) -> Result<Remote> {
    match (Remote::file(written), remote) {
        (Some(file), _) => Ok(file),
        (None, Ok(remote)) => Err(not_a_file(&remote).into()),
        (None, Err(why)) => Err(not_a_repository(&why).into()),
    }
}

fn not_a_file(remote: &Remote) -> Diagnostic {
    let message = format!("`{}` is a repository, and a file is needed", remote.shown());
    Diagnostic::error("wrong-kind", message).help("name the file's own URL, or a copy of it")
}

fn not_fetched(remote: &Remote) -> Diagnostic {
    let message = format!("`{}` was not fetched, and a build asks no network", remote.shown());
    Diagnostic::error("not-vendored", message)
        .help("run `strata vendor`, which keeps a copy in `vendor/strata`, or say `--fetch`")
}

fn not_a_repository(why: &str) -> Diagnostic {
    Diagnostic::error("invalid-remote", format!("this names no repository: {why}"))
        .help("write the like of `https://github.com/org/repo/path?ref=v1.0.0`")
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
fn not_a_local_path(written: &str, policy: Policy) -> Option<Diagnostic> {
    // What kustomizations name elsewhere was found before.
    let remote =
        policy == Policy::Model && ["git@", "git::", "github.com/"].iter().any(|start| written.starts_with(start));
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
