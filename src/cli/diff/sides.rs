//! The two sides of a comparison: builds of folders, manifests in files, trees of revisions.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::between;
use crate::cli::affected::{everything, is_built, relative, revisions, went_away};
use crate::cli::args::DiffArguments;
use crate::cli::git::Git;
use crate::cli::{Context, files};
use crate::diagnostic::Diagnostics;
use crate::diff::Matching;
use crate::error::{Error, Result};
use crate::origin::Sources;
use crate::pipeline::{self, Files, Outcome, Rendered, Tree};
use crate::project::ENTRIES;

/// One side.
#[derive(Default)]
pub struct Side {
    /// What people call it.
    pub title: String,
    /// The project's root.
    pub root: PathBuf,
    pub builds: Vec<Rendered>,
    /// The overlays that cannot be rendered.
    pub failed: Vec<String>,
    pub diagnostics: Diagnostics,
    pub sources: Sources,
}

/// Both sides.
pub struct Sides {
    pub old: Side,
    pub new: Side,
    pub matching: Matching,
    /// Which build of the one side is which of the other, where names do not say so.
    pub pairs: Option<Vec<(usize, usize)>>,
}

pub fn read(arguments: &DiffArguments, context: &Context) -> Result<Sides> {
    match (&arguments.base, &arguments.between) {
        (Some(base), _) => by_revision(base, arguments, context),
        (None, Some(names)) => between::read(names, arguments, context),
        (None, None) => two(&arguments.paths, context),
    }
}

impl Side {
    pub fn of(title: impl Into<String>, outcome: Outcome) -> Self {
        let Outcome { root, builds, failed, sources, diagnostics, .. } = outcome;
        Self { title: title.into(), root, builds, failed, diagnostics, sources }
    }
}

fn two(paths: &[PathBuf], context: &Context) -> Result<Sides> {
    let [old, new] = paths else {
        let message = format!(
            "two things are compared, and {} given",
            match paths.len() {
                0 => "none is".to_owned(),
                1 => "one is".to_owned(),
                many => format!("{many} are"),
            }
        );
        return Err(Error::new("two-sides", message)
            .help("say `strata diff OLD NEW`, or `strata diff --base REVISION [OVERLAY...]`"));
    };
    if old == new && old == Path::new("-") {
        return Err(Error::new("two-sides", "stdin can be one side, not both"));
    }
    let (old, new) = (side(old, context)?, side(new, context)?);
    let pairs = (old.builds.len() == 1 && new.builds.len() == 1).then(|| vec![(0, 0)]);
    Ok(Sides { old, new, matching: Matching::SameObjects, pairs })
}

fn side(path: &Path, context: &Context) -> Result<Side> {
    let (title, absolute) = (format!("`{}`", path.display()), pipeline::join(&context.env.cwd, path));
    let plain = |texts| -> Result<Side> {
        let build = pipeline::plain(&path.display().to_string(), texts)?;
        let sources = build.sources.clone();
        Ok(Side { title: title.clone(), builds: vec![build], sources, ..Side::default() })
    };
    let read = |file: &Path| std::fs::read(file).map_err(|error| files::cannot("read", file, &error));
    if path == Path::new("-") {
        let bytes = (context.env.stdin)().map_err(|error| files::cannot("read", Path::new("stdin"), &error))?;
        return plain(vec![("stdin".into(), bytes)]);
    }
    let is_entry = |name: &str| absolute.file_name().is_some_and(|own| own == name);
    if absolute.is_file() && !ENTRIES.iter().any(|name| is_entry(name)) {
        let bytes = read(&absolute)?;
        let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
        if !beginning.lines().any(|line| line.starts_with("apiVersion: strata.dev/")) {
            return plain(vec![(path.to_path_buf(), bytes)]);
        }
    }
    let request = everything(vec![path.to_path_buf()], &context.env.cwd);
    match pipeline::build_from(&request, Files::Disk, None) {
        Err(error) if error.diagnostic().code == "nothing-to-build" && absolute.is_dir() => {
            let names = files::yaml_files_below(&absolute)?;
            if names.is_empty() {
                return Err(error);
            }
            let texts = names.iter().map(|name| Ok((path.join(name), read(&absolute.join(name))?)));
            plain(texts.collect::<Result<_>>()?)
        }
        built => Ok(Side::of(title, built?)),
    }
}

fn by_revision(base: &str, arguments: &DiffArguments, context: &Context) -> Result<Sides> {
    let cwd = context.env.cwd.canonicalize().unwrap_or_else(|_| context.env.cwd.clone());
    let git = Git::find(&cwd, &context.env.programs)?;
    let (base, head) = revisions(&git, base, arguments.head.as_deref(), arguments.merge_base)?;
    let changed = git.changed(&base, head.as_ref())?;
    let entries = match arguments.paths.is_empty() {
        true => vec![files::whole_project(&cwd)],
        false => arguments.paths.iter().map(|path| pipeline::join(&cwd, path)).collect(),
    };
    let read = |ids: &[&str]| git.blobs(ids);
    let before = Tree::new(git.top.clone(), git.tree(&base)?, &read);
    let (before, title) = (Files::Revision(&before), format!("`{}`", base.written));
    let now = head.as_ref().map(|head| Ok::<_, Error>(Tree::new(git.top.clone(), git.tree(head)?, &read)));
    let now = now.transpose()?;
    let (now, now_title) = match (&now, &head) {
        (Some(tree), Some(head)) => (Files::Revision(tree), format!("`{}`", head.written)),
        _ => (Files::Disk, "the working tree".to_owned()),
    };
    let (here, gone): (Vec<PathBuf>, Vec<PathBuf>) = entries.into_iter().partition(|entry| now.exists(entry));
    if let Some(neither) = gone.iter().find(|entry| !before.exists(entry)) {
        let message = format!("`{}` is neither in {now_title} nor in {title}", relative(neither, &cwd));
        return Err(Error::new("file-not-found", message));
    }
    let request = |entries| everything(entries, &cwd);
    let new = match here.is_empty() {
        true => Side { title: now_title, ..Side::default() },
        false => Side::of(now_title, pipeline::build_from(&request(here.clone()), now, Some(&changed))?),
    };
    let wanted = entries_before(&new, &changed, (before, now), (&here, &gone), &cwd);
    let old = match wanted.is_empty() {
        true => Side { title, ..Side::default() },
        false => match pipeline::build_from(&request(wanted.clone()), before, None) {
            Ok(outcome) => Side::of(title, outcome),
            // The whole tree is broken: its settings, say.
            Err(error) => {
                let failed = new.builds.iter().map(|build| build.name.clone()).collect();
                let diagnostics = std::iter::once(error.into()).collect();
                Side { title, failed, diagnostics, ..Side::default() }
            }
        },
    };
    Ok(Sides { old, new, matching: Matching::SameObjects, pairs: None })
}

/// What to render of the revision before: what is affected now and was there, and what went away.
fn entries_before(
    new: &Side,
    changed: &BTreeSet<PathBuf>,
    (before, now): (Files, Files),
    (here, gone): (&[PathBuf], &[PathBuf]),
    cwd: &Path,
) -> Vec<PathBuf> {
    let mut wanted: BTreeSet<PathBuf> = new.builds.iter().map(|build| build.folder.clone()).collect();
    wanted.extend(new.failed.iter().map(|name| new.root.join(name)));
    wanted.retain(|folder| is_built(folder, before));
    let entries: Vec<PathBuf> = here.iter().chain(gone).cloned().collect();
    wanted.extend(went_away(changed, &entries, (before, now), cwd));
    wanted.extend(gone.iter().cloned());
    wanted.into_iter().collect()
}
