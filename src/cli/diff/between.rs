//! The overlays of two environments, application by application.

use std::collections::{BTreeMap, BTreeSet};

use super::sides::{Side, Sides};
use crate::cli::args::DiffArguments;
use crate::cli::{Context, files};
use crate::diagnostic::near_miss;
use crate::diff::Matching;
use crate::error::{Error, Result};
use crate::pipeline::{self, Files, Folders, Outcome, Rendered, Request};

pub fn read(names: &[String], arguments: &DiffArguments, context: &Context) -> Result<Sides> {
    let [from, to] = names else { return Err(Error::new("two-sides", "two environments are compared")) };
    if from == to {
        let message = format!("`{from}` is both of the environments");
        return Err(Error::new("two-sides", message).help("name two environments"));
    }
    let entries = match arguments.paths.is_empty() {
        true => vec![files::whole_project(&context.env.cwd)],
        false => arguments.paths.clone(),
    };
    let cwd = context.env.cwd.clone();
    let request = Request { entries, cwd, folders: Folders::Everything, ..Request::default() };
    let outcome = pipeline::build_from(&request, Files::Disk, None)?;
    let is_app = |build: &Rendered| arguments.app.as_ref().is_none_or(|app| app_of(build) == *app);
    if let Some(app) = arguments.app.as_ref().filter(|_| !outcome.builds.iter().any(is_app)) {
        return Err(unknown("application", app, outcome.builds.iter().map(app_of)));
    }
    let is_in = |environment: &str| members(environment, &outcome.builds);
    let (in_from, in_to) = (is_in(from), is_in(to));
    for (name, members) in [(from, &in_from), (to, &in_to)] {
        if members.is_empty() {
            return Err(unknown("environment", name, outcome.builds.iter().flat_map(environments_of)));
        }
    }
    let Outcome { root, builds, failed, diagnostics, sources, .. } = outcome;
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (index, build) in builds.into_iter().enumerate().filter(|(_, build)| is_app(build)) {
        match index {
            index if in_from.contains(&index) => old.push(build),
            index if in_to.contains(&index) => new.push(build),
            _ => {}
        }
    }
    let pairs = pairs(&old, &new, (from, to))?;
    // What is not rendered may be of either.
    let failed: Vec<String> = failed.into_iter().filter(|name| is_of(name, arguments, [from, to])).collect();
    let side = |title: &String, builds, failed| {
        let (root, diagnostics, sources) = (root.clone(), diagnostics.clone(), sources.clone());
        Side { title: format!("`{title}`"), root, builds, failed, diagnostics, sources }
    };
    let (old, new) = (side(from, old, Vec::new()), side(to, new, failed));
    Ok(Sides { old, new, matching: Matching::Environments, pairs: Some(pairs) })
}

fn is_of(name: &str, arguments: &DiffArguments, environments: [&String; 2]) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let app = arguments.app.as_ref().is_none_or(|app| parts.contains(&app.as_str()));
    app && environments.iter().any(|environment| parts.contains(&environment.as_str()))
}

/// An overlay of the one environment and that of the same application in the other. Where an
/// application has one overlay in the one and several in the other, it is compared with each.
fn pairs(old: &[Rendered], new: &[Rendered], (from, to): (&str, &str)) -> Result<Vec<(usize, usize)>> {
    let by_app = |builds: &[Rendered]| {
        let mut by_app: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        builds.iter().enumerate().for_each(|(index, build)| by_app.entry(app_of(build)).or_default().push(index));
        by_app
    };
    let (before, after) = (by_app(old), by_app(new));
    let mut pairs = Vec::new();
    for (app, olds) in &before {
        let Some(news) = after.get(app) else { continue };
        if olds.len() > 1 && news.len() > 1 {
            let names = |builds: &[Rendered], which: &[usize]| {
                which.iter().map(|index| format!("`{}`", builds[*index].name)).collect::<Vec<_>>().join(", ")
            };
            let message = format!(
                "`{app}` has several overlays in `{from}` ({}) and in `{to}` ({})",
                names(old, olds),
                names(new, news)
            );
            return Err(Error::new("several-overlays", message).help("name two of them: `strata diff OLD NEW`"));
        }
        pairs.extend(olds.iter().flat_map(|old| news.iter().map(move |new| (*old, *new))));
    }
    if pairs.is_empty() {
        let message = format!("no application has an overlay in `{from}` and one in `{to}`");
        return Err(Error::new("nothing-to-compare", message));
    }
    Ok(pairs)
}

/// Which of `builds` are in an environment: of each application those whose folder is called so, as
/// with `promote`, else those that name it.
fn members(environment: &str, builds: &[Rendered]) -> BTreeSet<usize> {
    let in_folder = |build: &Rendered| build.name.split('/').skip(1).any(|part| part == environment);
    let by_folder: BTreeSet<String> = builds.iter().filter(|build| in_folder(build)).map(app_of).collect();
    let is_member = |build: &Rendered| match by_folder.contains(&app_of(build)) {
        true => in_folder(build),
        false => build.environment.as_deref() == Some(environment),
    };
    builds.iter().enumerate().filter(|(_, build)| is_member(build)).map(|(index, _)| index).collect()
}

/// What the environment of an overlay may be called: its folder, and what it names.
fn environments_of(build: &Rendered) -> impl Iterator<Item = String> {
    let last = build.name.rsplit('/').next().map(str::to_owned);
    last.into_iter().chain(build.environment.clone())
}

/// The application of an overlay; of a kustomization the folder above its environment's.
fn app_of(build: &Rendered) -> String {
    let above = || build.name.rsplit('/').nth(1).unwrap_or_default().to_owned();
    build.app.clone().unwrap_or_else(above)
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = String>) -> Error {
    let known: BTreeSet<String> = known.collect();
    let help = match near_miss(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    };
    Error::new("nothing-to-compare", format!("no overlay is of the {what} `{name}`")).help(help)
}
