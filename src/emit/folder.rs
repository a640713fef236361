//! A folder with one file per resource, named as `kustomize build -o FOLDER` names them.
//!
//! Strata keeps the list of what it wrote in `.strata-files`, in the format of `sha256sum`. A
//! file of an earlier run that is not written any more is removed when it still holds what Strata
//! wrote; one that somebody changed is kept and reported, and so is everything that Strata never
//! wrote. No symlink in the folder is followed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use tempfile::TempPath;

use super::file::{cannot_write, persist, stage, sweep};
use super::yaml;
use crate::error::{Error, Result};
use crate::resource::ResourceId;
use crate::tree::Node;

/// The name of the list of files that Strata wrote.
pub const LIST: &str = ".strata-files";

/// The longest file name that common file systems take, in bytes.
const LONGEST_NAME: usize = 255;

/// A resource to be written.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What the file is named after.
    pub id: &'a ResourceId,
    /// The manifest.
    pub root: &'a Node,
    /// Whether objects of its kind have no namespace.
    pub cluster_scoped: bool,
}

/// What became of the files of a folder, by name, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// New, or with new content.
    pub written: Vec<String>,
    /// Already as they should be, and not touched.
    pub unchanged: Vec<String>,
    /// Those of `written` that held something which Strata had not written.
    pub overwritten: Vec<String>,
    /// Stale and removed.
    pub removed: Vec<String>,
    /// Stale but changed since Strata wrote them, and so left alone.
    pub kept: Vec<String>,
}

/// Writes one file per resource into `dir`, which is made when only itself is missing. All files
/// are written beside their places before the first one is moved into its place, so an error
/// (almost) always leaves the folder as it was.
pub fn write(dir: &Path, items: &[Item<'_>]) -> Result<Report> {
    let made = make_folder(dir)?;
    let result = write_into(dir, items);
    if made && result.is_err() {
        // Fails, as it should, when something is in it.
        let _ = fs::remove_dir(dir);
    }
    result
}

/// What [`write`] would do, without doing it.
pub fn compare(dir: &Path, items: &[Item<'_>]) -> Result<Report> {
    let listed = read_list(dir)?;
    let mut report = Report::default();
    let names = file_names(items);
    for (name, item) in names.iter().zip(items) {
        let path = dir.join(name);
        let mut bytes = Vec::new();
        yaml::write_document(item.root, &mut bytes);
        let old = read_regular(&path).map_err(|cause| cannot_write(&path, &cause))?;
        let slot = if old.as_ref() == Some(&bytes) { &mut report.unchanged } else { &mut report.written };
        slot.push(name.clone());
    }
    for (name, written) in listed.iter().filter(|(name, _)| !names.contains(name)) {
        match read_regular(&dir.join(name)) {
            Ok(None) => {}
            Ok(Some(bytes)) if hash(&bytes) == *written => report.removed.push(name.clone()),
            Ok(Some(_)) | Err(_) => report.kept.push(name.clone()),
        }
    }
    [&mut report.written, &mut report.unchanged].into_iter().for_each(|names| names.sort_unstable());
    Ok(report)
}

/// The names of the files that Strata has written to a folder.
pub fn listed(dir: &Path) -> Result<HashSet<String>> {
    Ok(read_list(dir)?.into_keys().collect())
}

fn make_folder(dir: &Path) -> Result<bool> {
    match fs::metadata(dir) {
        Ok(existing) if existing.is_dir() => Ok(false),
        Ok(_) => {
            Err(Error::new("cannot-write", format!("cannot write to the folder `{}`: it is a file", dir.display()))
                .help("name a folder, or remove the file"))
        }
        Err(_) => fs::create_dir(dir).map(|()| true).map_err(|cause| cannot_write(dir, &cause)),
    }
}

fn write_into(dir: &Path, items: &[Item<'_>]) -> Result<Report> {
    let listed = read_list(dir)?;
    let names = file_names(items);
    let files: Vec<File> = names
        .into_par_iter()
        .zip(items)
        .map(|(name, item)| File::prepare(dir, name, item.root))
        .collect::<Result<_>>()?;
    let mut report = Report::default();
    let mut list = BTreeMap::new();
    for file in files {
        list.insert(file.name.clone(), file.hash.clone());
        file.finish(dir, &listed, &mut report)?;
    }
    remove_stale(dir, &listed, &list, &mut report)?;
    write_list(dir, &list)?;
    sweep(dir);
    for names in [&mut report.written, &mut report.unchanged, &mut report.overwritten] {
        names.sort_unstable();
    }
    Ok(report)
}

type List = BTreeMap<String, String>;

/// A file that is about to be written.
struct File {
    name: String,
    hash: String,
    /// The hash of what is there now.
    old_hash: Option<String>,
    /// The new content in its temporary file; `None` when it is there already.
    staged: Option<TempPath>,
}

impl File {
    fn prepare(dir: &Path, name: String, root: &Node) -> Result<Self> {
        let path = dir.join(&name);
        let attempt = || -> io::Result<Self> {
            let mut bytes = Vec::new();
            yaml::write_document(root, &mut bytes);
            let old = read_regular(&path)?;
            let staged = if old.as_ref() == Some(&bytes) { None } else { Some(stage(&path, &bytes)?) };
            let old_hash = old.map(|old| hash(&old));
            Ok(Self { hash: hash(&bytes), name: name.clone(), old_hash, staged })
        };
        attempt().map_err(|cause| cannot_write(&path, &cause))
    }

    fn finish(self, dir: &Path, listed: &List, report: &mut Report) -> Result<()> {
        let Some(staged) = self.staged else {
            report.unchanged.push(self.name);
            return Ok(());
        };
        let path = dir.join(&self.name);
        persist(staged, &path).map_err(|cause| cannot_write(&path, &cause))?;
        if self.old_hash.is_some() && self.old_hash.as_ref() != listed.get(&self.name) {
            report.overwritten.push(self.name.clone());
        }
        report.written.push(self.name);
        Ok(())
    }
}

/// The content of a regular file; `None` when nothing is there. A symlink, a folder or a device
/// in its place is an error: it is not ours to replace or to follow.
fn read_regular(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Ok(existing) if existing.is_file() => fs::read(path).map(Some),
        Ok(existing) if existing.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::other("it is a symlink or a device, which is not replaced")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_stale(dir: &Path, listed: &List, list: &List, report: &mut Report) -> Result<()> {
    for (name, written) in listed.iter().filter(|(name, _)| !list.contains_key(*name)) {
        let path = dir.join(name);
        match read_regular(&path) {
            Ok(None) => {}
            Ok(Some(bytes)) if hash(&bytes) == *written => {
                fs::remove_file(&path).map_err(|cause| cannot_write(&path, &cause))?;
                report.removed.push(name.clone());
            }
            Ok(Some(_)) | Err(_) => report.kept.push(name.clone()),
        }
    }
    Ok(())
}

/// Reads the list. A line that is not ours, or a name that would leave the folder, is passed over.
fn read_list(dir: &Path) -> Result<List> {
    let path = dir.join(LIST);
    let bytes = read_regular(&path).map_err(|cause| cannot_write(&path, &cause))?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let entries = text.lines().filter_map(|line| line.split_once("  "));
    Ok(entries.filter(|(_, name)| is_our_name(name)).map(|(hash, name)| (name.to_owned(), hash.to_owned())).collect())
}

fn is_our_name(name: &str) -> bool {
    name.ends_with(".yaml") && name.char_indices().all(|(at, c)| c == '%' || !must_escape(name, at, c))
}

fn write_list(dir: &Path, list: &List) -> Result<()> {
    let path = dir.join(LIST);
    let text: String = list.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
    let attempt = || match read_regular(&path)? {
        Some(old) if old == text.as_bytes() => Ok(()),
        _ => persist(stage(&path, text.as_bytes())?, &path),
    };
    attempt().map_err(|cause| cannot_write(&path, &cause))
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file names of resources, in their order: `apps_v1_deployment_web.yaml`, all in lower case,
/// and with the namespace in front (`default` where none is written) when the resources that have
/// one are in several. What kustomize would write into one file gets `_2`, `_3` and so on.
pub fn file_names(items: &[Item<'_>]) -> Vec<String> {
    let namespaces: HashSet<&str> = items.iter().filter_map(namespace).collect();
    let stems: Vec<String> = items.iter().map(|item| stem(item, namespaces.len() > 1)).collect();
    let wanted: HashSet<&str> = stems.iter().map(String::as_str).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut numbered: HashSet<String> = HashSet::new();
    let mut names = Vec::with_capacity(items.len());
    for stem in &stems {
        let count = counts.entry(stem).or_insert(0);
        *count += 1;
        let mut name = stem.clone();
        while *count > 1 {
            name = format!("{stem}_{count}");
            if !wanted.contains(name.as_str()) && numbered.insert(name.clone()) {
                break;
            }
            *count += 1;
        }
        names.push(name + ".yaml");
    }
    names
}

fn namespace<'a>(item: &Item<'a>) -> Option<&'a str> {
    let written = item.id.namespace.as_str();
    (!item.cluster_scoped).then_some(if written.is_empty() { "default" } else { written })
}

/// The name without `.yaml`, short enough for a number and the ending to follow.
fn stem(item: &Item<'_>, with_namespace: bool) -> String {
    let gvk = &item.id.gvk;
    let namespace = namespace(item).filter(|_| with_namespace);
    let kind = [gvk.group.as_str(), &gvk.version, &gvk.kind].into_iter().filter(|part| !part.is_empty());
    let parts: Vec<&str> = namespace.into_iter().chain(kind).chain([item.id.name.as_str()]).collect();
    shorten(escape(&parts.join("_").to_lowercase()))
}

/// Percent-encodes what would mean something to a file system or a terminal. Names of Kubernetes
/// objects cannot hold `/` or `%`, so this touches no valid one.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        if must_escape(name, at, c) {
            let mut buffer = [0; 4];
            escaped.extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Whether the character `c` at byte `at` of `name` may not stand there.
fn must_escape(name: &str, at: usize, c: char) -> bool {
    match c {
        '.' => at == 0 || name[..at].ends_with('.') || name[at + 1..].starts_with('.'),
        '/' | '\\' | '%' => true,
        // Line separators, and marks that change the direction in which a terminal shows text.
        '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

/// Cuts a name that is too long for a file system and ends it with a hash of the whole.
fn shorten(name: String) -> String {
    const ENDING: usize = "_99999999.yaml".len();
    const HASH: usize = 16;
    if name.len() <= LONGEST_NAME - ENDING {
        return name;
    }
    let cut = (0..=LONGEST_NAME - ENDING - HASH - 1).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}_{}", &name[..cut], &hash(name.as_bytes())[..HASH])
}

#[cfg(test)]
mod tests;
