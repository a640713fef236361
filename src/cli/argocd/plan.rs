//! `strata argocd plan`: what Argo CD will do with an overlay, step by step.

mod json;
mod mermaid;
mod text;

use std::collections::HashMap;

use crate::argocd::health::{self, Done as Health};
use crate::argocd::plan::{self, Plan};
use crate::argocd::sync::Task;
use crate::cli::args::MessageFormat;
use crate::cli::args::argocd::{PlanArguments, PlanFormat};
use crate::cli::git::Git;
use crate::cli::{Context, Done, Ended};
use crate::error::Result;
use crate::pipeline::{self, Files, Outcome, Rendered, Request, Tree};
use crate::project::ENTRIES;

/// The plan of one overlay.
struct Planned<'a> {
    build: &'a Rendered,
    plan: Plan<'a>,
    /// The revision that the cluster is at, where one is named, and whether the overlay is there.
    base: Option<(&'a str, bool)>,
}

pub(super) fn run(arguments: &PlanArguments, context: &mut Context) -> Ended {
    let outcome = pipeline::build(&request(arguments, arguments.paths.clone(), context))?;
    let before = match &arguments.base {
        Some(base) if !outcome.diagnostics.has_errors() => Some(at(base, &outcome, arguments, context)?),
        _ => None,
    };
    for outcome in [Some(&outcome), before.as_ref()].into_iter().flatten() {
        if outcome.diagnostics.has_errors() {
            if before.is_some() {
                let base = arguments.base.as_deref().unwrap_or_default();
                context.say(&format!("cannot be rendered at `{}`:\n", crate::cli::excerpt::escape(base)));
            }
            context.show(&outcome.diagnostics, &outcome.sources, MessageFormat::Text);
            return Ok(Done::Errors);
        }
    }
    let planned = planned(&outcome, before.as_ref(), arguments.base.as_deref());
    let joined = |one: fn(&Planned) -> String| planned.iter().map(one).collect::<Vec<_>>().join("\n");
    let text = match arguments.format {
        PlanFormat::Json => json::render(&planned),
        PlanFormat::Text => joined(text::render),
        // A text of Mermaid is one timeline; several stand in Markdown.
        PlanFormat::Mermaid if planned.len() > 1 => joined(|one| format!("```mermaid\n{}```\n", mermaid::render(one))),
        PlanFormat::Mermaid => joined(mermaid::render),
    };
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn request(arguments: &PlanArguments, entries: Vec<std::path::PathBuf>, context: &Context) -> Request {
    Request { entries, cwd: context.env.cwd.clone(), set: arguments.set.clone(), ..Request::default() }
}

/// The same overlays at a revision, as far as they are there.
fn at(base: &str, now: &Outcome, arguments: &PlanArguments, context: &Context) -> Result<Outcome> {
    let cwd = context.env.cwd.canonicalize().unwrap_or_else(|_| context.env.cwd.clone());
    let git = Git::find(&cwd, &context.env.programs)?;
    let revision = git.revision(base)?;
    let read = |ids: &[&str]| git.blobs(ids);
    let tree = Tree::new(git.top.clone(), git.tree(&revision)?, &read);
    let files = Files::Revision(&tree);
    let is_there = |build: &&Rendered| ENTRIES.iter().any(|name| files.exists(&build.folder.join(name)));
    let folders: Vec<_> = now.builds.iter().filter(is_there).map(|build| build.folder.clone()).collect();
    match folders.is_empty() {
        true => Ok(Outcome::default()),
        false => pipeline::build_from(&request(arguments, folders, context), files, None),
    }
}

fn planned<'a>(now: &'a Outcome, before: Option<&'a Outcome>, base: Option<&'a str>) -> Vec<Planned<'a>> {
    let before: HashMap<&str, &Rendered> =
        before.iter().flat_map(|outcome| &outcome.builds).map(|build| (build.name.as_str(), build)).collect();
    let plan = |build: &'a Rendered| {
        let old = before.get(build.name.as_str());
        let namespace = build.deployed.namespace();
        let plan = match old {
            Some(old) => plan::over(&build.resources, &old.resources, namespace),
            None => plan::of(&build.resources, namespace),
        };
        Planned { build, plan, base: base.map(|base| (base, old.is_some())) }
    };
    now.builds.iter().map(plan).collect()
}

/// When Argo CD goes on after a task.
fn until(task: &Task, tasks: &[Task]) -> String {
    if !plan::is_waited_for(task, tasks) {
        return "nobody waits for it".to_owned();
    }
    if task.prune {
        return "it is gone".to_owned();
    }
    match health::of(task.resource) {
        Health::Applied => "applied".to_owned(),
        Health::When(when) => when.to_owned(),
        Health::WithCheck(when) => format!("{when}, with the health check installed"),
        Health::Never(why) => format!("never: {why}"),
    }
}
