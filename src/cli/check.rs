//! `strata check`: what is wrong is said before a cluster says it.

mod explain;
mod github;
mod sarif;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::{CheckArguments, CheckFormat, Deny, KustomizeOptions, LoadRestrictor};
use super::{Context, Done, Ended, RenderOptions, files, json, redact, render};
use crate::diagnostic::{Diagnostics, Level};
use crate::pipeline::{self, Checking, Outcome, Request};

pub(super) fn run(arguments: &CheckArguments, context: &mut Context) -> Ended {
    if let Some(code) = &arguments.explain {
        return explain::run(code.as_deref(), arguments.format, context);
    }
    let cwd = &context.env.cwd;
    let root = pipeline::project_root(cwd, cwd);
    let is_root = |path: &Path| cwd.join(path).canonicalize().is_ok_and(|path| path == root);
    let all = arguments.paths.is_empty() && is_root(Path::new("."));
    let entries = match arguments.paths.is_empty() {
        true => vec![here(cwd, all)],
        false => arguments.paths.clone(),
    };
    let check = Checking {
        kubernetes: arguments.kubernetes_version,
        today: arguments.today,
        drift: arguments.drift,
        policies: arguments.policies.clone(),
        whole: all || entries.iter().any(|path| is_root(path)),
    };
    let kustomize = KustomizeOptions {
        load_anywhere: arguments.load_restrictor == LoadRestrictor::None,
        ..KustomizeOptions::default()
    };
    let request = Request { entries, cwd: cwd.clone(), kustomize, check: Some(check), ..Request::default() };
    let outcome = pipeline::build(&request)?;
    let ended = report(&outcome, arguments, context);
    // See `build`: the process ends now.
    std::mem::forget(outcome);
    ended
}

/// What is meant where no path is named: all overlays at the root of a project of Strata, whose other
/// folders may hold anything (tests, examples, vendored charts), and else all that is below.
fn here(cwd: &Path, is_root: bool) -> PathBuf {
    if is_root && files::builds_overlays_alone(cwd) { Path::new("overlays") } else { Path::new(".") }.to_path_buf()
}

fn report(outcome: &Outcome, arguments: &CheckArguments, context: &mut Context) -> Ended {
    let (found, sources) = (&outcome.diagnostics, &outcome.sources);
    let summary = Summary::of(outcome);
    let text = match arguments.format {
        CheckFormat::Text => {
            let options = RenderOptions { color: context.color_out, width: context.env.width };
            render::diagnostics(found, sources, &options) + &summary.text()
        }
        CheckFormat::Json => json::to_text(&Report { summary: &summary, diagnostics: json::entries(found, sources) }),
        CheckFormat::Sarif => sarif::report(found, sources),
        CheckFormat::Github => github::annotations(found, sources),
    };
    context.print(redact::without_credentials(&text).as_bytes())?;
    Ok(match () {
        () if !outcome.complete => Done::Errors,
        () if fails(found, arguments.deny) => Done::Findings,
        () => Done::Fine,
    })
}

/// Whether one of the findings is of a level that fails.
fn fails(found: &Diagnostics, deny: Option<Deny>) -> bool {
    let least = match deny {
        None => Level::Error,
        Some(Deny::Warning) => Level::Warning,
        Some(Deny::Note) => Level::Note,
    };
    found.iter().any(|diagnostic| diagnostic.level <= least)
}

#[derive(Serialize)]
struct Report<'a> {
    summary: &'a Summary,
    diagnostics: Vec<json::Entry<'a>>,
}

/// How many of what.
#[derive(Serialize)]
struct Summary {
    /// Overlays and kustomizations whose final resources were checked.
    checked: usize,
    /// Whether these are all that were asked for.
    complete: bool,
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Summary {
    fn of(outcome: &Outcome) -> Self {
        let count = |level| outcome.diagnostics.iter().filter(|found| found.level == level).count();
        Self {
            checked: outcome.checked,
            complete: outcome.complete,
            errors: count(Level::Error),
            warnings: count(Level::Warning),
            notes: count(Level::Note),
        }
    }

    fn text(&self) -> String {
        let words = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let said: Vec<String> = words.into_iter().filter(|(count, _)| *count > 0).map(|(n, w)| number(n, w)).collect();
        let said = if said.is_empty() { "nothing to say".to_owned() } else { said.join(", ") };
        let rest = if self.complete { "" } else { "; the rest could not be built" };
        format!("checked {}: {said}{rest}\n", number(self.checked, "build"))
    }
}

fn number(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
