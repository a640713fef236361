//! The project as it would be: built before anything is written, compared with what is there, and
//! then written whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::super::args::MessageFormat;
use super::super::json;
use super::super::snapshot_diff::diff;
use super::super::{Context, Done, Ended, Stop, build, excerpt, files};
use super::draft::Drafts;
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::emit::replace::{Replacement, replace_all};
use crate::error::Result;
use crate::origin::Sources;
use crate::pipeline::{self, Folders, Outcome, Request, Written, WrittenOverlay};
use crate::project::ENTRIES;

/// What is edited: overlays as they are written, and as they are built now.
pub struct Before {
    pub written: Written,
    pub outcome: Outcome,
}

impl Before {
    /// Reads and builds what `entries` name. Overlays that cannot be built now may be edited all
    /// the same: the edit may be what they need.
    pub fn of(entries: Vec<PathBuf>, cwd: &Path) -> Result<Self> {
        let request = request(entries, cwd);
        let written = pipeline::written(&request)?;
        let outcome = pipeline::build(&request)?;
        Ok(Self { written, outcome })
    }

    /// What an overlay renders now.
    pub fn rendered(&self, overlay: &WrittenOverlay) -> Option<&pipeline::Rendered> {
        self.outcome.builds.iter().find(|build| build.name == overlay.name)
    }
}

/// A request to build what the paths name.
pub fn request(entries: Vec<PathBuf>, cwd: &Path) -> Request {
    Request { entries, cwd: cwd.to_path_buf(), folders: Folders::Everything, ..Request::default() }
}

/// Edits, and what they come to.
pub struct Trial {
    drafts: Drafts,
    /// What is built with them.
    after: Outcome,
    overlays: Vec<Change>,
    files: Vec<FileChange>,
}

/// An overlay that renders differently.
#[derive(Serialize)]
struct Change {
    overlay: String,
    diff: String,
}

/// A file that is edited.
#[derive(Serialize)]
struct FileChange {
    path: String,
    diff: String,
}

/// How a change is made.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Shows, and writes nothing.
    pub dry_run: bool,
    pub format: MessageFormat,
}

impl Trial {
    /// Builds the overlays of `before`, and all others that an edited file is a layer of, with the
    /// edits of `drafts`.
    pub fn new(before: &Before, drafts: Drafts, entries: Vec<PathBuf>, context: &Context) -> Result<Self> {
        let cwd = &context.env.cwd;
        let named: BTreeSet<&str> = before.written.overlays.iter().map(|overlay| overlay.name.as_str()).collect();
        let more: Vec<PathBuf> = dependents(&before.written.root, &drafts, cwd)
            .into_iter()
            .filter(|(name, _)| !named.contains(name.as_str()))
            .map(|(_, path)| path)
            .collect();
        let mut rendered = texts(&before.outcome);
        if !more.is_empty() {
            rendered.extend(texts(&pipeline::build(&request(more.clone(), cwd))?));
        }
        let all = entries.into_iter().chain(more).collect();
        let after = pipeline::build(&Request { edits: drafts.edits(), ..request(all, cwd) })?;
        let color = context.color_out;
        let none = Vec::new();
        let changes = texts(&after).into_iter().filter_map(|(name, now)| {
            let then = rendered.get(&name).unwrap_or(&none);
            (*then != now).then(|| Change { diff: diff(then, &now, color), overlay: name })
        });
        let overlays = changes.collect();
        let files = drafts.changed().map(|(_, draft)| FileChange {
            path: draft.shown.display().to_string(),
            diff: diff(draft.before.as_bytes(), draft.after.as_bytes(), color),
        });
        Ok(Self { overlays, files: files.collect(), drafts, after })
    }

    /// Writes what builds, shows what came of it, and says how it ended. `said` is what there is to
    /// say about the edits themselves; `more` is shown above them, and goes into the JSON report.
    pub fn finish<M: Serialize>(
        self,
        before: &Before,
        mut said: Diagnostics,
        (heading, more): (&str, &M),
        how: How,
        context: &mut Context,
    ) -> Ended {
        let failed = said.has_errors() || self.after.diagnostics.has_errors();
        let write = !failed && !how.dry_run && !self.files.is_empty();
        if write && let Err(error) = self.write() {
            said.push(error.into());
        }
        let failed = failed || said.has_errors();
        let known: BTreeSet<(&str, &str)> =
            before.outcome.diagnostics.iter().map(|one| (one.code, one.message.as_str())).collect();
        let is_new =
            |one: &&Diagnostic| one.level == Level::Error || !known.contains(&(one.code, one.message.as_str()));
        let new: Diagnostics = self.after.diagnostics.iter().filter(is_new).cloned().collect();
        if how.format == MessageFormat::Json {
            let mut diagnostics = json::entries(&said, &before.written.sources);
            diagnostics.extend(json::entries(&new, &self.after.sources));
            let written = write && !failed;
            let (files, overlays) = (&self.files, &self.overlays);
            let report = Report { written, files, overlays, more, diagnostics };
            context.print(json::to_text(&report).as_bytes())?;
        } else {
            show(&said, &before.written.sources, context);
            show(&new, &self.after.sources, context);
            match failed {
                true => context.say(&self.failure(heading)),
                false => self.show(heading, how, context)?,
            }
        }
        Ok(if failed { Done::Errors } else { Done::Fine })
    }

    /// Whether the edited overlays break the rule of this code.
    pub fn refuses(&self, code: &str) -> bool {
        self.after.diagnostics.iter().any(|one| one.code == code && one.level == Level::Error)
    }

    fn write(&self) -> Result<()> {
        let files: Vec<Replacement> = self
            .drafts
            .changed()
            .map(|(path, draft)| Replacement { path, shown: &draft.shown, before: &draft.before, after: &draft.after })
            .collect();
        replace_all(&files)
    }

    /// What people see of an edit that is not made.
    fn failure(&self, heading: &str) -> String {
        let would_be = match self.after.diagnostics.has_errors() {
            true => "these are the files as they would be\n",
            false => "",
        };
        format!("{heading}{would_be}nothing was written\n")
    }

    /// Shows the edits, with `--dry-run` as differences.
    fn show(&self, heading: &str, how: How, context: &mut Context) -> std::result::Result<(), Stop> {
        let mut text = heading.to_owned();
        for FileChange { path, diff } in &self.files {
            let path = excerpt::escape(path);
            match how.dry_run {
                true => text.push_str(&format!("--- {path}\n+++ {path}, edited\n{diff}")),
                false => text.push_str(&format!("edited {path}\n")),
            }
        }
        if how.dry_run {
            for Change { overlay, diff } in &self.overlays {
                let overlay = excerpt::escape(overlay);
                text.push_str(&format!("--- {overlay}, rendered\n+++ {overlay}, rendered with the edit\n{diff}"));
            }
        }
        context.print(text.as_bytes())?;
        context.say(&self.summary(how.dry_run));
        Ok(())
    }

    fn summary(&self, dry_run: bool) -> String {
        let overlays: Vec<String> =
            self.overlays.iter().map(|change| format!("`{}`", excerpt::escape(&change.overlay))).collect();
        let of = match overlays.as_slice() {
            [] => "no overlay renders anything else".to_owned(),
            [one] => format!("{one} renders differently"),
            many if many.len() <= 5 => format!("{} render differently", many.join(", ")),
            many => format!("{} overlays render differently", many.len()),
        };
        match (self.files.is_empty(), dry_run) {
            (true, _) => "nothing to change: the files say so already\n".to_owned(),
            (false, true) => format!("{of}; nothing was written (--dry-run)\n"),
            (false, false) => format!("{of}\n"),
        }
    }
}

#[derive(Serialize)]
struct Report<'a, M, D> {
    written: bool,
    files: &'a [FileChange],
    overlays: &'a [Change],
    #[serde(flatten)]
    more: &'a M,
    diagnostics: Vec<D>,
}

/// Shows diagnostics as text, when there are any.
pub fn show(diagnostics: &Diagnostics, sources: &Sources, context: &mut Context) {
    if !diagnostics.is_empty() {
        context.show(diagnostics, sources, MessageFormat::Text);
    }
}

/// What each overlay prints.
fn texts(outcome: &Outcome) -> BTreeMap<String, Vec<u8>> {
    let text = |build: &pipeline::Rendered| build::yaml(build.resources.iter().map(|resource| &resource.root));
    outcome.builds.iter().map(|build| (build.name.clone(), text(build))).collect()
}

/// The overlays of the project that an edited file is a layer of, by name. What is broken elsewhere
/// in the project is not the business of an edit.
fn dependents(root: &Path, drafts: &Drafts, cwd: &Path) -> Vec<(String, PathBuf)> {
    let Ok(all) = pipeline::written(&request(vec![files::whole_project(root)], cwd)) else { return Vec::new() };
    let edited: BTreeSet<&Path> = drafts.changed().map(|(path, _)| path).collect();
    let depends =
        |overlay: &WrittenOverlay| overlay.layers.iter().any(|file| edited.contains(file.canonical.as_path()));
    all.overlays.into_iter().filter(depends).map(|overlay| (overlay.name, overlay.path)).collect()
}

/// The folders to edit: those that are named, or the current folder when it is one itself. A whole
/// project is never meant by saying nothing.
pub fn entries(paths: &[PathBuf], cwd: &Path) -> Result<Vec<PathBuf>> {
    if !paths.is_empty() {
        return Ok(paths.to_vec());
    }
    if ENTRIES.iter().any(|name| cwd.join(name).is_file()) {
        return Ok(vec![PathBuf::from(".")]);
    }
    Err(crate::error::Error::new("missing-overlay", "no overlay is named, and the current folder is none")
        .help("name the folders of the overlays after what is set"))
}

/// Refuses files that are symbolic links below the root: what they lead to may be part of more.
pub fn without_links(written: &Written, paths: &[PathBuf], cwd: &Path) -> Result<()> {
    for path in paths {
        let absolute = cwd.join(path);
        let file = ENTRIES.iter().map(|name| absolute.join(name)).find(|file| file.symlink_metadata().is_ok());
        let file = file.unwrap_or(absolute);
        if file.is_symlink() {
            files::without_links(file.parent().unwrap_or(&written.root), &file)?;
        }
    }
    Ok(())
}
