//! `strata render-to`: rendered manifests in a folder that git keeps, one folder for each overlay.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::MessageFormat;
use super::args::render_to::RenderToArguments;
use super::build::items;
use super::git::Git;
use super::{Context, Done, Ended, Stop, files};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit::{self, folder::LIST, folder::Report};
use crate::error::{Error, Result};
use crate::pipeline::{self, Outcome, Rendered, Request};
use crate::project::{ENTRIES, KUSTOMIZATIONS};

/// Files that make of a folder something else than manifests, for Argo CD.
const MISREAD: [&str; 4] = [KUSTOMIZATIONS[0], KUSTOMIZATIONS[1], KUSTOMIZATIONS[2], "Chart.yaml"];

pub(super) fn run(arguments: &RenderToArguments, context: &mut Context) -> Ended {
    let all = arguments.paths.is_empty();
    let entries = if all { vec![files::project_root(&context.env.cwd)?] } else { arguments.paths.clone() };
    let outcome = pipeline::build(&Request { entries, cwd: context.env.cwd.clone(), ..Request::default() })?;
    let mut diagnostics = outcome.diagnostics.clone();
    let target = Target { top: pipeline::join(&context.env.cwd, &arguments.folder), all, check: arguments.check };
    let changes = match diagnostics.has_errors() {
        true => Changes::default(),
        false => target.render(&outcome, &mut diagnostics)?,
    };
    diagnostics.sort();
    if !diagnostics.is_empty() {
        context.show(&diagnostics, &outcome.sources, MessageFormat::Text);
    }
    if diagnostics.has_errors() {
        return Ok(Done::Errors);
    }
    finish(&changes, &outcome, arguments, context)
}

/// The folder of an overlay's rendered manifests, from its name.
pub(super) fn folder_of(name: &str) -> &str {
    name.strip_prefix("overlays/").unwrap_or(name)
}

/// Where to.
struct Target {
    top: PathBuf,
    /// Whether all overlays are rendered, so that what is there besides is stale.
    all: bool,
    check: bool,
}

/// What is different, by the folders of overlays.
#[derive(Default)]
struct Changes {
    /// How many overlays there are.
    overlays: usize,
    /// The overlays of which a file differs, with the files: `+` written, `-` removed.
    changed: Vec<(String, Vec<String>)>,
    /// The overlays that are no longer rendered.
    removed: Vec<String>,
}

impl Target {
    fn render(&self, outcome: &Outcome, diagnostics: &mut Diagnostics) -> std::result::Result<Changes, Stop> {
        let wanted: Vec<&Rendered> =
            outcome.builds.iter().filter(|build| !self.all || build.deployed.is_applied()).collect();
        for build in &wanted {
            let folder = self.top.join(folder_of(&build.name));
            files::without_links(&self.top, &folder)?;
            foreign(&folder, &items(build), diagnostics)?;
        }
        let mut changes = Changes { overlays: wanted.len(), ..Changes::default() };
        if diagnostics.has_errors() {
            return Ok(changes);
        }
        for build in &wanted {
            let name = folder_of(&build.name);
            let report = self.one(&self.top.join(name), &items(build))?;
            changes.add(name, &report, diagnostics, &self.top);
        }
        let known: BTreeSet<PathBuf> = wanted.iter().map(|build| self.top.join(folder_of(&build.name))).collect();
        for folder in if self.all { written_folders(&self.top)? } else { Vec::new() } {
            if !known.contains(&folder) {
                self.take_away(&folder, &mut changes, diagnostics)?;
            }
        }
        Ok(changes)
    }

    fn one(&self, folder: &Path, items: &[emit::folder::Item<'_>]) -> Result<Report> {
        if self.check {
            return emit::folder::compare(folder, items);
        }
        files::make_folder(folder)?;
        emit::folder::write(folder, items)
    }

    /// Removes what was written for an overlay that is no longer rendered.
    fn take_away(&self, folder: &Path, changes: &mut Changes, diagnostics: &mut Diagnostics) -> Result<()> {
        files::without_links(&self.top, folder)?;
        let report = self.one(folder, &[])?;
        let below = folder.strip_prefix(&self.top).unwrap_or(folder);
        kept(&report, folder, diagnostics);
        if !self.check && report.kept.is_empty() {
            files::remove(&folder.join(LIST), &self.top)?;
        }
        changes.removed.push(below.display().to_string());
        Ok(())
    }
}

impl Changes {
    fn add(&mut self, name: &str, report: &Report, diagnostics: &mut Diagnostics, top: &Path) {
        kept(report, &top.join(name), diagnostics);
        let written = report.written.iter().map(|file| format!("+ {name}/{file}"));
        let removed = report.removed.iter().chain(&report.kept).map(|file| format!("- {name}/{file}"));
        let files: Vec<String> = written.chain(removed).collect();
        if !files.is_empty() {
            self.changed.push((name.to_owned(), files));
        }
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    /// The message of a commit of it.
    fn message(&self, revision: Option<&str>) -> String {
        if self.is_empty() {
            return "Nothing to render\n".to_owned();
        }
        let count = match self.changed.len() + self.removed.len() {
            1 => "1 overlay".to_owned(),
            many => format!("{many} overlays"),
        };
        let short = |revision: &str| {
            let dirty = if revision.ends_with("-dirty") { "-dirty" } else { "" };
            format!(" of {}{dirty}", revision.trim_end_matches("-dirty").chars().take(12).collect::<String>())
        };
        let of = revision.map(short).unwrap_or_default();
        let mut text = format!("Render {count}{of}\n");
        let mut list = |title: &str, names: Vec<&str>| {
            if !names.is_empty() {
                text.push_str(&format!("\n{title}:\n"));
                names.iter().for_each(|name| text.push_str(&format!("- {name}\n")));
            }
        };
        list("Changed", self.changed.iter().map(|(name, _)| name.as_str()).collect());
        list("Removed", self.removed.iter().map(String::as_str).collect());
        if let Some(revision) = revision {
            text.push_str(&format!("\nSource-Revision: {revision}\n"));
        }
        text
    }
}

fn finish(changes: &Changes, outcome: &Outcome, arguments: &RenderToArguments, context: &mut Context) -> Ended {
    if arguments.check {
        let removed = changes.removed.iter().map(|name| format!("- {name}/"));
        let lines = changes.changed.iter().flat_map(|(_, files)| files.iter().cloned()).chain(removed);
        context.print(lines.map(|line| line + "\n").collect::<String>().as_bytes())?;
        return Ok(if changes.is_empty() { Done::Fine } else { Done::Findings });
    }
    if arguments.message || arguments.message_file.is_some() {
        let revision = match &arguments.revision {
            Some(revision) => Some(revision.clone()),
            None => head(outcome, context),
        };
        let message = changes.message(revision.as_deref());
        if let Some(file) = &arguments.message_file {
            emit::file::write_atomically(&context.env.cwd.join(file), message.as_bytes())?;
        }
        if arguments.message {
            context.print(message.as_bytes())?;
        }
    }
    let words = format!(
        "{} overlays: {} changed, {} removed\n",
        changes.overlays,
        changes.changed.len(),
        changes.removed.len()
    );
    context.say(&words);
    Ok(Done::Fine)
}

/// The commit that is checked out, with `-dirty` where what is rendered is not as committed there; `None`
/// outside of a git repository.
fn head(outcome: &Outcome, context: &Context) -> Option<String> {
    let cwd = context.env.cwd.canonicalize().unwrap_or_else(|_| context.env.cwd.clone());
    let git = Git::find(&cwd, &context.env.programs).ok()?;
    let head = git.revision("HEAD").ok()?;
    let changed = git.changed(&head, None).ok()?;
    let is_gone = |path: &PathBuf| ENTRIES.iter().any(|name| path.ends_with(name)) && !path.exists();
    let is_read = outcome.builds.iter().any(|build| build.inputs.touched_by(&changed).is_some());
    let dirty = if is_read || changed.iter().any(is_gone) { "-dirty" } else { "" };
    Some(head.commit + dirty)
}

/// Refuses a folder with files that Argo CD would apply or take for something else.
fn foreign(folder: &Path, items: &[emit::folder::Item<'_>], diagnostics: &mut Diagnostics) -> Result<()> {
    let listed = emit::folder::listed(folder)?;
    let ours = emit::folder::file_names(items);
    let Ok(entries) = folder.read_dir() else { return Ok(()) };
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        let applied =
            [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending)) || MISREAD.contains(&&*name);
        if applied && !listed.contains(&name) && !ours.contains(&name) && !folder.join(&name).is_dir() {
            let message =
                format!("`{}` was not written by strata, and Argo CD would read it", folder.join(&name).display());
            diagnostics.push(
                Diagnostic::error("foreign-file", message).help("move it away: the folder is rendered as a whole"),
            );
        }
    }
    Ok(())
}

fn kept(report: &Report, folder: &Path, diagnostics: &mut Diagnostics) {
    for name in &report.kept {
        let message = format!("`{}` is no longer rendered, but was changed by hand", folder.join(name).display());
        diagnostics
            .push(Diagnostic::error("foreign-file", message).help("remove it, or put the change into the overlay"));
    }
}

/// The folders below `top` that strata has written to.
fn written_folders(top: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !top.is_dir() {
        return Ok(found);
    }
    let visit = walkdir::WalkDir::new(top).sort_by_file_name().into_iter();
    for entry in visit.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git") {
        let entry = entry.map_err(|error| Error::new("read", format!("cannot list `{}`: {error}", top.display())))?;
        if entry.file_type().is_file() && entry.file_name() == LIST {
            found.extend(entry.path().parent().map(Path::to_path_buf));
        }
    }
    Ok(found)
}
