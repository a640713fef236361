//! `strata vendor`: fetches what kustomizations name elsewhere, and writes down what came.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::args::{MessageFormat, VendorArguments};
use super::fetch::Failure;
use super::{Context, Done, Ended, Stop, fetch, files};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit;
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::pipeline::vendor::{FOLDER, LOCK, Lock, Locked, tree_hash};
use crate::pipeline::{self, RemoteUse, Remotes, Request};
use crate::project::{KUSTOMIZATIONS, OVERLAY};
use crate::remote::Remote;
use crate::tree::{Map, Node};

/// How the folders begin in which trees are made.
const UNFINISHED: &str = ".fetch-";

/// How deep repositories may name other repositories.
const ROUNDS: usize = 16;

pub(super) fn run(arguments: &VendorArguments, context: &mut Context) -> Ended {
    let mut entries = Vec::new();
    for path in &arguments.paths {
        entries.extend(kustomizations(path, &context.env.cwd)?);
    }
    let request = Request { entries, cwd: context.env.cwd.clone(), ..Request::default() };
    let Some(remotes) = fetch(&request, arguments.update, arguments.message_format, context)? else {
        return Ok(Done::Errors);
    };
    if !remotes.diagnostics.is_empty() {
        context.show(&remotes.diagnostics, &remotes.sources, arguments.message_format);
    }
    if remotes.diagnostics.has_errors() {
        return Ok(Done::Errors);
    }
    if arguments.prune {
        prune(&remotes, context)?;
    }
    Ok(Done::Fine)
}

/// The kustomization at `path`, or those below it.
fn kustomizations(path: &Path, cwd: &Path) -> Result<Vec<PathBuf>> {
    let holds = |folder: &Path| KUSTOMIZATIONS.iter().any(|name| folder.join(name).is_file());
    let full = cwd.join(path);
    // An overlay may stand on a kustomization.
    if full.is_file() || holds(&full) || full.join(OVERLAY).is_file() || !full.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let visited = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let skipped = name.starts_with('.') || name == "target" || name == "node_modules";
        entry.depth() == 0 || (entry.file_type().is_dir() && !skipped && !entry.path().ends_with(FOLDER))
    };
    let folders = walkdir::WalkDir::new(&full).sort_by_file_name().into_iter().filter_entry(visited).flatten();
    let found = folders.filter(|folder| holds(folder.path()));
    let below = |folder: walkdir::DirEntry| match folder.path().strip_prefix(&full) {
        Ok(below) if path == Path::new(".") => below.to_path_buf(),
        Ok(below) => path.join(below),
        Err(_) => folder.into_path(),
    };
    let found: Vec<PathBuf> = found.map(below).collect();
    match found.is_empty() {
        true => {
            Err(Error::new("nothing-to-vendor", format!("there is no kustomization in or below `{}`", path.display()))
                .help("name the folder of one, or one with some below it"))
        }
        false => Ok(found),
    }
}

/// Fetches what is missing, or everything when `update` is set, until nothing new is named.
/// `None` when something could not be fetched, which was shown.
pub(super) fn fetch(
    request: &Request,
    update: bool,
    format: MessageFormat,
    context: &mut Context,
) -> std::result::Result<Option<Remotes>, Stop> {
    fetch_entries(request, update, context)?;
    let mut done = HashSet::new();
    for _ in 0..ROUNDS {
        let remotes = pipeline::remotes(request)?;
        let mut todo: Vec<&RemoteUse> = Vec::new();
        for wanted in remotes.uses.iter().filter(|wanted| update || !wanted.fetched) {
            if done.insert(wanted.remote.key()) {
                todo.push(wanted);
            }
        }
        if todo.is_empty() {
            return Ok(Some(remotes));
        }
        let mut said = Diagnostics::default();
        let mut vendor = Vendor::open(&remotes.root, update, context)?;
        for wanted in todo {
            match vendor.fetch_use(wanted, context) {
                Ok(line) => context.say(&line.unwrap_or_default()),
                Err(error) => said.push(Diagnostic::from(error).at(wanted.origin)),
            }
        }
        if !said.is_empty() {
            said.sort();
            context.show(&said, &remotes.sources, format);
            return Ok(None);
        }
    }
    Err(Error::new("remotes-too-deep", format!("repositories name repositories {ROUNDS} levels deep")).into())
}

/// Fetches the repositories that are asked for themselves.
fn fetch_entries(request: &Request, update: bool, context: &mut Context) -> Result<()> {
    for entry in request.entries.iter().filter(|entry| !request.cwd.join(entry).exists()) {
        let Some(Ok(remote @ Remote::Git(_))) = Remote::parse(&entry.to_string_lossy()) else { continue };
        let mut vendor = Vendor::open(&pipeline::project_root(entry, &request.cwd), update, context)?;
        let line = vendor.fetch(&remote, context)?;
        context.say(&line.unwrap_or_default());
    }
    Ok(())
}

/// The vendor folder of a project.
struct Vendor {
    root: PathBuf,
    folder: PathBuf,
    lock: Lock,
    update: bool,
    /// While it is open, other runs wait.
    _alone: Option<std::fs::File>,
}

impl Vendor {
    fn open(root: &Path, update: bool, context: &mut Context) -> Result<Self> {
        let folder = root.join(FOLDER);
        files::without_links(root, &folder)?;
        files::make_folder(&folder)?;
        let alone = alone(&folder, context);
        if alone.is_some() {
            remove_leftovers(&folder);
        }
        Ok(Self { root: root.to_path_buf(), folder, lock: Lock::read(root)?, update, _alone: alone })
    }

    /// Fetches what a text names: a repository, or the file that it may be where none answers.
    fn fetch_use(&mut self, wanted: &RemoteUse, context: &Context) -> Result<Option<String>> {
        match (self.fetch(&wanted.remote, context), &wanted.otherwise) {
            (Err(refused), Some(file)) if self.lock.find(&wanted.remote).is_none() => {
                self.fetch_if(file, context, |bytes| !is_page(bytes)).map_err(|_| refused)
            }
            (done, _) => done,
        }
    }

    /// Fetches one tree, puts it in its place and writes the lock file; what to tell. `None` when
    /// it is there already.
    fn fetch(&mut self, remote: &Remote, context: &Context) -> Result<Option<String>> {
        self.fetch_if(remote, context, |_| true)
    }

    /// As [`Self::fetch`], of a file only what is `right`.
    fn fetch_if(
        &mut self,
        remote: &Remote,
        context: &Context,
        right: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<String>> {
        let failed = |why: String| Error::new("fetch-failed", format!("`{}` cannot be fetched: {why}", remote.shown()));
        let cannot = |error: std::io::Error| files::cannot("write", &self.folder, &error);
        let known = self.lock.find(remote).map(|(_, locked)| locked.clone()).filter(|_| !self.update);
        let name = remote.folder_name();
        let place = self.folder.join(&name);
        if known.is_some() && place.is_dir() {
            return Ok(None);
        }
        let space = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.folder).map_err(cannot)?;
        let tree = space.path().join("tree");
        std::fs::create_dir(&tree).map_err(cannot)?;
        let mut locked =
            Locked { key: remote.key(), url: remote.shown(), reference: None, commit: None, sha256: String::new() };
        match remote {
            Remote::Git(repository) => {
                let commit = known.as_ref().and_then(|known| known.commit.as_deref());
                let found = fetch::repository(repository, commit, &tree, context.env);
                let found = found.map_err(|Failure { why, help }| match help {
                    Some(help) => failed(why).help(help),
                    None => failed(why),
                });
                locked.commit = Some(found?);
                locked.reference = repository.reference.clone();
            }
            Remote::File(file) => {
                let bytes = fetch::file(file, context.env).map_err(|why| match Remote::parse(&file.url) {
                    Some(Ok(Remote::Git(_))) => failed(why).help("a file is needed here: name the file's own URL"),
                    _ => failed(why),
                })?;
                if !right(&bytes) {
                    return Err(failed("a web page came".to_owned()));
                }
                std::fs::write(tree.join(file.name()), bytes).map_err(cannot)?;
            }
        }
        locked.sha256 = tree_hash(&tree).map_err(|error| failed(error.to_string()))?;
        if let Some(known) = known.filter(|known| known.sha256 != locked.sha256) {
            let why = format!("its SHA-256 is {}, and the lock file says {}", locked.sha256, known.sha256);
            return Err(failed(why).help("look at what changed there; `strata vendor --update` takes it"));
        }
        let old = space.path().join("old");
        if place.symlink_metadata().is_ok() {
            std::fs::rename(&place, old).map_err(cannot)?;
        }
        std::fs::rename(&tree, &place).map_err(cannot)?;
        let what = locked.commit.as_ref().map_or("", |commit| commit.get(..12).unwrap_or(commit));
        let what = if what.is_empty() { String::new() } else { format!(" ({what})") };
        self.lock.entries.insert(name.clone(), locked);
        write(&self.root, &self.lock)?;
        Ok(Some(format!("fetched {}{what} into {FOLDER}/{name}\n", remote.shown())))
    }
}

/// Whether a server sent a page for people: kustomize passes over what is no YAML in the same way.
fn is_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// Keeps other runs away from the vendor folder until the file is closed; `None` where the file
/// system cannot.
fn alone(folder: &Path, context: &mut Context) -> Option<std::fs::File> {
    let opened = std::fs::File::open(folder).ok()?;
    match opened.try_lock() {
        Ok(()) => return Some(opened),
        Err(std::fs::TryLockError::WouldBlock) => {}
        Err(std::fs::TryLockError::Error(_)) => return None,
    }
    context.say("waiting for another `strata vendor` in this project\n");
    opened.lock().ok().map(|()| opened)
}

/// Removes what a run left behind that was stopped.
fn remove_leftovers(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED)) {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(entry.path());
    }
}

/// Writes the lock file, in one step.
fn write(root: &Path, lock: &Lock) -> Result<()> {
    let at = Origin::source(0);
    let text = |text: &str| Node::string(text, at);
    let mut entries = Map::default();
    for (name, locked) in &lock.entries {
        let mut entry = Map::default();
        entry.insert("key", text(&locked.key));
        entry.insert("url", text(&locked.url));
        locked.reference.iter().for_each(|reference| drop(entry.insert("ref", text(reference))));
        locked.commit.iter().for_each(|commit| drop(entry.insert("commit", text(commit))));
        entry.insert("sha256", text(&locked.sha256));
        entries.insert(name.as_str(), Node::new(entry, at));
    }
    let mut root_map = Map::default();
    root_map.insert("version", Node::new(1_i64, at));
    root_map.insert("entries", Node::new(entries, at));
    let mut bytes = b"# What `strata vendor` fetched. Commit this file.\n".to_vec();
    bytes.extend(emit::yaml::yaml([&Node::new(root_map, at)]));
    emit::file::write_atomically(&root.join(LOCK), &bytes)
}

/// Removes what none of the kustomizations names.
fn prune(remotes: &Remotes, context: &mut Context) -> Result<()> {
    let mut vendor = Vendor::open(&remotes.root, false, context)?;
    let used: HashSet<String> = remotes.uses.iter().map(|wanted| wanted.remote.folder_name()).collect();
    let unused: Vec<String> = vendor.lock.entries.keys().filter(|name| !used.contains(*name)).cloned().collect();
    for name in unused {
        let place = vendor.folder.join(&name);
        vendor.lock.entries.remove(&name);
        write(&vendor.root, &vendor.lock)?;
        if place.symlink_metadata().is_ok() {
            std::fs::remove_dir_all(&place).map_err(|error| files::cannot("remove", &place, &error))?;
        }
        context.say(&format!("removed {FOLDER}/{name}\n"));
    }
    Ok(())
}
