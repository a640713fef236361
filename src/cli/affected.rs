//! `strata affected`: the overlays whose inputs changed, from the files that their builds read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{AffectedArguments, AffectedFormat};
use super::git::{Git, Revision};
use super::{Context, Done, Ended, excerpt, files, json};
use crate::error::{Error, Result};
use crate::pipeline::{self, Files, Folders, Known, Request, Tree};
use crate::project::{APP, ENTRIES, OVERLAY};

pub(super) fn run(arguments: &AffectedArguments, context: &mut Context) -> Ended {
    let entries = match arguments.paths.is_empty() {
        true => vec![files::whole_project(&context.env.cwd)],
        false => arguments.paths.clone(),
    };
    let request = everything(entries, &context.env.cwd);
    let found = match (&arguments.base, &arguments.files) {
        (Some(base), _) => by_revisions(base, &request, arguments, context)?,
        (None, list) => by_list(list.as_deref(), &request, context)?,
    };
    let text = report(&found, arguments.format, &context.env.cwd);
    // Dropping the trees of a large project takes longer than writing the list.
    std::mem::forget(found);
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

/// What changed, what the overlays are made from, and the folders whose overlay is gone.
struct Found {
    changed: BTreeSet<PathBuf>,
    known: Known,
    removed: BTreeSet<PathBuf>,
}

/// A request for all that is built below folders, overlays and kustomizations.
pub(super) fn everything(entries: Vec<PathBuf>, cwd: &Path) -> Request {
    Request { entries, cwd: cwd.to_path_buf(), folders: Folders::Everything, ..Request::default() }
}

fn by_list(list: Option<&Path>, request: &Request, context: &Context) -> Result<Found> {
    let changed = listed(list, context)?;
    let known = pipeline::made_from(request, Files::Disk)?;
    let removed = may_be_gone(&changed, Files::Disk).filter(|folder| folder.starts_with(&known.root));
    let removed = removed.map(Path::to_path_buf).collect();
    Ok(Found { changed, known, removed })
}

fn by_revisions(base: &str, request: &Request, arguments: &AffectedArguments, context: &Context) -> Result<Found> {
    let git = Git::find(&context.env.cwd, &context.env.programs)?;
    let (base, head) = revisions(&git, base, arguments.head.as_deref(), arguments.merge_base)?;
    let changed = git.changed(&base, head.as_ref())?;
    let read = |ids: &[&str]| git.blobs(ids);
    let tree = |revision| Ok::<_, Error>(Tree::new(git.top.clone(), git.tree(revision)?, &read));
    let head = head.as_ref().map(tree).transpose()?;
    let now = head.as_ref().map_or(Files::Disk, Files::Revision);
    let known = pipeline::made_from(request, now)?;
    let removed = match may_be_gone(&changed, now).next() {
        None => BTreeSet::new(),
        Some(_) => {
            let before = tree(&base)?;
            let entries: Vec<PathBuf> =
                request.entries.iter().map(|entry| pipeline::join(&known_folder(&request.cwd), entry)).collect();
            went_away(&changed, &entries, (Files::Revision(&before), now), &request.cwd)
        }
    };
    Ok(Found { changed, known, removed })
}

fn known_folder(cwd: &Path) -> PathBuf {
    cwd.canonicalize().unwrap_or_else(|_| cwd.to_path_buf())
}

/// Whether there is something to build in a folder.
pub(super) fn is_built(folder: &Path, files: Files) -> bool {
    ENTRIES.iter().any(|name| files.exists(&folder.join(name)))
}

/// The folders of changed files that make a folder something to build, where nothing is built now. (Below
/// a folder an application alone is nothing to build.)
fn may_be_gone<'c>(changed: &'c BTreeSet<PathBuf>, now: Files<'c>) -> impl Iterator<Item = &'c Path> {
    let is_entry = |path: &Path| ENTRIES.iter().any(|name| *name != APP && path.ends_with(name));
    let folders = changed.iter().filter(move |path| is_entry(path)).filter_map(|path| path.parent());
    folders.filter(move |folder| !is_built(folder, now))
}

/// The folders below `entries` (absolute) whose overlay or kustomization was there `before` and is not
/// `now`. A kustomization that was a part of others alone goes with them, and not by itself.
pub(super) fn went_away(
    changed: &BTreeSet<PathBuf>,
    entries: &[PathBuf],
    (before, now): (Files, Files),
    cwd: &Path,
) -> BTreeSet<PathBuf> {
    let asked = |folder: &Path| entries.iter().any(|entry| folder.starts_with(entry));
    let went = may_be_gone(changed, now).filter(|folder| asked(folder) && is_built(folder, before));
    let mut went: BTreeSet<PathBuf> = went.map(Path::to_path_buf).collect();
    let is_kustomization = |folder: &PathBuf| !before.exists(&folder.join(OVERLAY));
    if went.iter().any(is_kustomization) {
        let there = entries.iter().filter(|entry| before.exists(entry)).cloned().collect();
        if let Ok(known) = pipeline::made_from(&everything(there, cwd), before) {
            let own: BTreeSet<&Path> = known.overlays.iter().map(|made| made.folder.as_path()).collect();
            went.retain(|folder| own.contains(folder.as_path()));
        }
    }
    went
}

/// The commits that are compared.
pub(super) fn revisions(
    git: &Git,
    base: &str,
    head: Option<&str>,
    merge_base: bool,
) -> Result<(Revision, Option<Revision>)> {
    let base = git.revision(base)?;
    let head = head.map(|head| git.revision(head)).transpose()?;
    let base = if merge_base { git.merge_base(&base, head.as_ref())? } else { base };
    Ok((base, head))
}

/// The changed files of a list, as `git diff --name-only` prints them.
fn listed(list: Option<&Path>, context: &Context) -> Result<BTreeSet<PathBuf>> {
    let list = list.unwrap_or(Path::new("-"));
    let bytes = match list == Path::new("-") {
        true => (context.env.stdin)().map_err(|error| files::cannot("read", Path::new("stdin"), &error))?,
        false => {
            let path = context.env.cwd.join(list);
            std::fs::read(&path).map_err(|error| files::cannot("read", &path, &error))?
        }
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::new("invalid-list", format!("`{}` is no list of paths in UTF-8", list.display())))?;
    let cwd = context.env.cwd.canonicalize().unwrap_or_else(|_| context.env.cwd.clone());
    let top = cwd.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&cwd);
    let lines = text.lines().map(|line| line.trim_end_matches('\r')).filter(|line| !line.is_empty());
    Ok(lines.map(|line| pipeline::join(top, Path::new(line))).collect())
}

#[derive(Serialize)]
struct Report<'a> {
    overlays: Vec<Affected<'a>>,
    /// Folders whose overlay or kustomization is gone.
    removed: Vec<String>,
}

#[derive(Serialize)]
struct Affected<'a> {
    name: &'a str,
    folder: String,
    because: String,
}

#[derive(Serialize)]
struct Matrix<'a> {
    include: Vec<Job<'a>>,
}

#[derive(Serialize)]
struct Job<'a> {
    overlay: &'a str,
    folder: String,
}

fn report(found: &Found, format: AffectedFormat, cwd: &Path) -> String {
    let Found { changed, known, removed } = found;
    let cwd = known_folder(cwd);
    let affected = known.overlays.iter().filter_map(|made| Some((made, made.inputs.touched_by(changed)?)));
    match format {
        AffectedFormat::List => {
            affected.map(|(made, _)| excerpt::escape(&relative(&made.folder, &cwd)) + "\n").collect()
        }
        AffectedFormat::Matrix => {
            let job = |(made, _): (&'_ pipeline::Made, _)| (made.name.clone(), relative(&made.folder, &cwd));
            let jobs: Vec<(String, String)> = affected.map(job).collect();
            let include = jobs.iter().map(|(overlay, folder)| Job { overlay, folder: folder.clone() }).collect();
            json::to_text(&Matrix { include })
        }
        AffectedFormat::Json => {
            let overlays = affected.map(|(made, because)| Affected {
                name: &made.name,
                folder: relative(&made.folder, &cwd),
                because: relative(because, &known.root),
            });
            json::to_text(&Report {
                overlays: overlays.collect(),
                removed: removed.iter().map(|folder| relative(folder, &known.root)).collect(),
            })
        }
    }
}

/// `path` as seen from the folder `from`, with `/`.
pub(super) fn relative(path: &Path, from: &Path) -> String {
    let shared = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".into());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_folder() {
        let seen = |path: &str, from: &str| relative(Path::new(path), Path::new(from));
        assert_eq!(seen("/p/overlays/a/prod", "/p"), "overlays/a/prod");
        assert_eq!(seen("/p/overlays/a/prod", "/p/overlays/b"), "../a/prod");
        assert_eq!(seen("/p", "/p"), ".");
        assert_eq!(pipeline::join(Path::new("/p"), Path::new("./a/../b")), Path::new("/p/b"));
    }
}
