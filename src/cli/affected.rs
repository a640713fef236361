//! `strata affected`: the overlays whose inputs changed, from the files that their builds read.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

use super::args::{AffectedArguments, AffectedFormat};
use super::git::{Git, Revision};
use super::{Context, Done, Ended, excerpt, files, json};
use crate::error::{Error, Result};
use crate::pipeline::{self, Files, Known, Request, Tree};
use crate::project::{KUSTOMIZATIONS, OVERLAY};

pub(super) fn run(arguments: &AffectedArguments, context: &mut Context) -> Ended {
    let entries = match arguments.paths.is_empty() {
        true => vec![files::all_overlays(&context.env.cwd)?],
        false => arguments.paths.clone(),
    };
    let request = Request { entries, cwd: context.env.cwd.clone(), ..Request::default() };
    let (changed, known) = match (&arguments.base, &arguments.files) {
        (Some(base), _) => by_revisions(base, &request, arguments, context)?,
        (None, list) => (listed(list.as_deref(), context)?, pipeline::made_from(&request, Files::Disk)?),
    };
    let text = report(&changed, &known, arguments.format, &context.env.cwd);
    // Dropping the trees of a large project takes longer than writing the list.
    std::mem::forget(known);
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn by_revisions(
    base: &str,
    request: &Request,
    arguments: &AffectedArguments,
    context: &Context,
) -> Result<(BTreeSet<PathBuf>, Known)> {
    let git = Git::find(&context.env.cwd, &context.env.programs)?;
    let (base, head) = revisions(&git, base, arguments.head.as_deref(), arguments.merge_base)?;
    let changed = git.changed(&base, head.as_ref())?;
    let Some(head) = head else { return Ok((changed, pipeline::made_from(request, Files::Disk)?)) };
    let read = |ids: &[&str]| git.blobs(ids);
    let tree = Tree::new(git.top.clone(), git.tree(&head)?, &read);
    Ok((changed, pipeline::made_from(request, Files::Revision(&tree))?))
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
    Ok(lines.map(|line| normal(&top.join(line))).collect())
}

/// A path with `.` and `..` worked out on the text.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
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

fn report(changed: &BTreeSet<PathBuf>, known: &Known, format: AffectedFormat, cwd: &Path) -> String {
    let cwd = cwd.canonicalize().unwrap_or_else(|_| cwd.to_path_buf());
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
            json::to_text(&Report { overlays: overlays.collect(), removed: removed(changed, known) })
        }
    }
}

/// The folders below the project's root whose overlay went away.
fn removed(changed: &BTreeSet<PathBuf>, known: &Known) -> Vec<String> {
    let is_entry = |path: &&PathBuf| {
        let name = path.file_name();
        name.is_some_and(|name| name == OVERLAY || KUSTOMIZATIONS.iter().any(|entry| name == *entry))
    };
    let gone = changed.iter().filter(is_entry).filter(|path| path.starts_with(&known.root) && !path.exists());
    gone.filter_map(|path| Some(relative(path.parent()?, &known.root))).collect()
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
        assert_eq!(normal(Path::new("/p/./a/../b")), Path::new("/p/b"));
    }
}
