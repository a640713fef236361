//! What was fetched for kustomizations: folders below `vendor/strata`, and a lock file that says
//! what each of them must hold.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::files::{self, Files};
use super::git_tree::{Child, Tree};
use super::yaml::{self, Dialect};
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::remote::{Remote, hex};
use crate::tree::Node;

/// The folder of what was fetched, below a project's root.
pub const FOLDER: &str = "vendor/strata";
/// The lock file, below a project's root.
pub const LOCK: &str = "vendor/strata/lock.yaml";

/// What the lock file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What is in each folder.
    pub entries: BTreeMap<String, Locked>,
}

/// What one folder must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// What tells it from others, see [`Remote::key`].
    pub key: String,
    /// Where it is from, for people.
    pub url: String,
    /// The branch, tag or commit that was asked for.
    pub reference: Option<String>,
    /// The commit that this was.
    pub commit: Option<String>,
    /// The hash of the tree, see [`tree_hash`].
    pub sha256: String,
}

impl Lock {
    /// Reads the lock file of the project at `root`; an empty one when there is none.
    pub fn read(root: &Path) -> Result<Self> {
        Self::read_in(root, Files::Disk)
    }

    fn read_in(root: &Path, files: Files) -> Result<Self> {
        let path = root.join(LOCK);
        let text = match files::read_text(files, &path, super::LIMITS.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(invalid(&path, &error.to_string())),
        };
        let mut said = Diagnostics::default();
        let documents = yaml::read(&text, 0, Dialect::JsonPatch, &mut said).unwrap_or_default();
        let [root] = &documents[..] else { return Err(invalid(&path, "it is not one YAML document")) };
        if root.get("version").and_then(Node::as_i64) != Some(1) {
            return Err(invalid(&path, "its `version` is not 1"));
        }
        let entries = root.get("entries").into_iter().flat_map(Node::entries);
        let entries = entries.map(|entry| Some((entry.key.to_string(), Locked::read(&entry.key, &entry.node)?)));
        let entries = entries.collect::<Option<_>>().ok_or_else(|| invalid(&path, "an entry is not complete"))?;
        Ok(Self { entries })
    }

    /// The entry of a remote tree, and its folder's name.
    pub fn find(&self, remote: &Remote) -> Option<(String, &Locked)> {
        let name = remote.folder_name();
        let locked = self.entries.get(&name).filter(|locked| locked.key == remote.key())?;
        Some((name, locked))
    }
}

impl Locked {
    /// Reads an entry. The folder's name is one part of a path, whoever wrote it.
    fn read(name: &str, node: &Node) -> Option<Self> {
        let text = |field| node.get(field).and_then(Node::as_str).map(str::to_owned);
        let safe = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && !name.starts_with('.');
        let (key, url, sha256) = (text("key")?, text("url")?, text("sha256")?);
        safe.then(|| Self { key, url, reference: text("ref"), commit: text("commit"), sha256 })
    }
}

fn invalid(path: &Path, why: &str) -> Error {
    let message = format!("the lock file `{}` cannot be read: {why}", path.display());
    Error::new("invalid-lock", message).help("restore it from version control, or remove it and run `strata vendor`")
}

/// The SHA-256 of everything in a folder: for each file in the order of their paths its mode (as
/// git has it), its path and the SHA-256 of its content; of a symbolic link the path that it
/// holds. Folders count by what is in them.
pub fn tree_hash(folder: &Path) -> io::Result<String> {
    let lines: Vec<Vec<u8>> =
        files(folder)?.par_iter().map(|file| tree_line(folder, file)).collect::<io::Result<_>>()?;
    Ok(hash_of(&lines))
}

/// [`tree_hash`] of a folder of a revision.
fn tree_hash_of_revision(folder: &Path, tree: &Tree) -> io::Result<String> {
    let mut found = Vec::new();
    let mut file = |path: &Path| found.push(path.to_path_buf());
    tree.walk(folder, &mut |below| below.file_name().is_none_or(|name| name != ".git"), &mut file);
    let below = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_path_buf();
    found.sort_by_cached_key(|path| bytes_of(&below(path)));
    let regular = found.iter().filter(|path| matches!(tree.find(path), Some(Child::File { .. })));
    let contents = tree.read_all(regular.map(PathBuf::as_path), super::LIMITS.file);
    let line = |path: &PathBuf| match (tree.find(path), contents.get(path)) {
        (Some(Child::Link(target)), _) => Ok(line_of(&below(path), Entry::Link, &bytes_of(target))),
        (Some(Child::File { executable, .. }), Some(Ok(content))) => {
            let kind = if *executable { Entry::Executable } else { Entry::File };
            Ok(line_of(&below(path), kind, content))
        }
        _ => Err(io::Error::other(format!("`{}` cannot be read", path.display()))),
    };
    Ok(hash_of(&found.iter().map(line).collect::<io::Result<Vec<_>>>()?))
}

fn hash_of(lines: &[Vec<u8>]) -> String {
    let mut all = Sha256::new();
    all.update(b"strata tree 1\n");
    lines.iter().for_each(|line| all.update(line));
    hex(&all.finalize())
}

/// What a hash covers of one file.
fn tree_line(folder: &Path, (path, kind): &(PathBuf, Entry)) -> io::Result<Vec<u8>> {
    let full = folder.join(path);
    let content = match kind {
        Entry::Link => bytes_of(&fs::read_link(&full)?),
        Entry::Executable | Entry::File => fs::read(&full)?,
    };
    Ok(line_of(path, *kind, &content))
}

fn line_of(path: &Path, kind: Entry, content: &[u8]) -> Vec<u8> {
    let mode = match kind {
        Entry::Link => "120000",
        Entry::Executable => "100755",
        Entry::File => "100644",
    };
    let content = hex(&Sha256::digest(content));
    [mode.as_bytes(), b" ", content.as_bytes(), b" ", &bytes_of(path), b"\0"].concat()
}

/// What can be in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link.
    Link,
}

/// The files and links below a folder, relative to it, sorted by the bytes of their paths. What
/// git keeps for itself is no part of a tree.
pub fn files(folder: &Path) -> io::Result<Vec<(PathBuf, Entry)>> {
    let mut found = Vec::new();
    for step in WalkDir::new(folder).min_depth(1).into_iter().filter_entry(|entry| entry.file_name() != ".git") {
        let step = step?;
        let kind = match step.file_type() {
            kind if kind.is_dir() => continue,
            kind if kind.is_symlink() => Entry::Link,
            kind if kind.is_file() && is_executable(&step.metadata()?) => Entry::Executable,
            kind if kind.is_file() => Entry::File,
            _ => return Err(io::Error::other(format!("`{}` is no file", step.path().display()))),
        };
        let path = step.path().strip_prefix(folder).unwrap_or(step.path());
        found.push((path.to_path_buf(), kind));
    }
    found.sort_by_cached_key(|(path, _)| bytes_of(path));
    Ok(found)
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

/// What was fetched for the project of one run. The lock file and each tree are looked at once,
/// and only when a kustomization names something elsewhere.
pub(super) struct Vendored<'a> {
    files: Files<'a>,
    root: PathBuf,
    folder: PathBuf,
    lock: Option<Result<Lock>>,
    trees: HashMap<String, Result<PathBuf>>,
}

impl<'a> Vendored<'a> {
    pub fn new(root: &Path, files: Files<'a>) -> Self {
        Self { files, root: root.to_path_buf(), folder: root.join(FOLDER), lock: None, trees: HashMap::new() }
    }

    /// The folder of the tree that `folder` is in, when it is in one: what is in it reads nothing
    /// outside of it.
    pub fn tree_of(&self, folder: &Path) -> Option<PathBuf> {
        let name = folder.strip_prefix(&self.folder).ok()?.components().next()?;
        Some(self.folder.join(name))
    }

    /// Where a remote tree is, once it is fetched.
    pub fn place(&self, remote: &Remote) -> PathBuf {
        self.folder.join(remote.folder_name())
    }

    /// What a text means that may name `remote` or the file `otherwise`: what was fetched for it.
    pub fn which(&mut self, remote: Remote, otherwise: Option<&Remote>) -> Result<Remote> {
        let Some(otherwise) = otherwise else { return Ok(remote) };
        let lock = self.lock()?;
        let is_other = lock.find(&remote).is_none() && lock.find(otherwise).is_some();
        Ok(if is_other { otherwise.clone() } else { remote })
    }

    fn lock(&mut self) -> Result<&Lock> {
        let (root, files) = (&self.root, self.files);
        self.lock.get_or_insert_with(|| Lock::read_in(root, files)).as_ref().map_err(Clone::clone)
    }

    /// The folder of a remote tree, which is what the lock file says. `Ok(None)` when it was not
    /// fetched.
    pub fn tree(&mut self, remote: &Remote) -> Result<Option<PathBuf>> {
        let Some((name, locked)) = self.lock()?.find(remote).map(|(name, locked)| (name, locked.clone())) else {
            return Ok(None);
        };
        let (root, files) = (&self.root, self.files);
        let folder = self.folder.join(&name);
        if !files.exists(&folder) {
            return Ok(None);
        }
        let known = self.trees.entry(name).or_insert_with(|| verified(root, folder, &locked, files));
        known.clone().map(Some)
    }
}

fn verified(root: &Path, folder: PathBuf, locked: &Locked, files: Files) -> Result<PathBuf> {
    let shown = folder.strip_prefix(root).unwrap_or(&folder).display().to_string();
    let real = files.canonicalize(&folder).map_err(|error| changed(&shown, &error.to_string()))?;
    // A link would lead what is read to another place than the one that was looked at.
    if real != folder {
        return Err(changed(&shown, "it is, or lies below, a symbolic link"));
    }
    let hash = match files {
        Files::Disk => tree_hash(&folder),
        Files::Revision(tree) => tree_hash_of_revision(&folder, tree),
    };
    match hash {
        Ok(hash) if hash == locked.sha256 => Ok(folder),
        Ok(_) => Err(changed(&shown, "its SHA-256 is another one")),
        Err(error) => Err(changed(&shown, &error.to_string())),
    }
}

fn changed(shown: &str, why: &str) -> Error {
    Error::new("vendored-tree-changed", format!("`{shown}` is not what the lock file says: {why}"))
        .help("remove the folder and run `strata vendor` to fetch it again; changes belong into patches")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(files: &[(&str, &str)]) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let hash = tree_hash(folder.path()).unwrap();
        (folder, hash)
    }

    #[test]
    fn a_hash_covers_names_and_contents_and_no_order() {
        let (_, one) = hash(&[("a", "1"), ("b/c", "2")]);
        assert_eq!(one, hash(&[("b/c", "2"), ("a", "1")]).1);
        assert_eq!(one, hash(&[("b/c", "2"), ("a", "1"), (".git/config", "x")]).1);
        for other in [vec![("a", "2"), ("b/c", "2")], vec![("a", "1"), ("b/d", "2")], vec![("a", "1")]] {
            assert_ne!(one, hash(&other).1, "{other:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_hash_covers_modes_and_where_links_lead() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (folder, plain) = hash(&[("a", "1")]);
        fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o755)).unwrap();
        let executable = tree_hash(folder.path()).unwrap();
        fs::remove_file(folder.path().join("a")).unwrap();
        symlink("1", folder.path().join("a")).unwrap();
        let link = tree_hash(folder.path()).unwrap();
        assert!(plain != executable && plain != link && executable != link);
    }
}
