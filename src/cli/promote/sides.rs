//! Which overlays give their images, and which get them, by application.

use super::super::args::PromoteArguments;
use super::super::edit::known;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::pipeline::{Written, WrittenOverlay};

/// The two environments of one application.
pub struct Side<'w> {
    pub app: String,
    pub from: Vec<&'w WrittenOverlay>,
    pub to: Vec<&'w WrittenOverlay>,
}

/// The applications that are promoted: those that have both environments.
pub fn sides<'w>(all: &'w Written, arguments: &PromoteArguments, said: &mut Diagnostics) -> Result<Vec<Side<'w>>> {
    if arguments.from == arguments.to {
        let message = format!("`{}` is both where images come from and where they go", arguments.from);
        return Err(Error::new("invalid-argument", message).help("name two environments"));
    }
    let apps = apps(all);
    for app in &arguments.app {
        if !apps.contains(&app.as_str()) {
            let message = format!("there is no application `{app}` below `overlays/`");
            return Err(Error::new("unknown-application", message).help(known(app, &apps)));
        }
    }
    known_environment(all, &arguments.from)?;
    known_environment(all, &arguments.to)?;
    let wanted = |app: &&&str| arguments.app.is_empty() || arguments.app.iter().any(|wanted| wanted == **app);
    let mut sides = Vec::new();
    for app in apps.iter().filter(wanted) {
        let (from, to) = (overlays(all, app, &arguments.from), overlays(all, app, &arguments.to));
        match (from.is_empty(), to.is_empty()) {
            (false, false) => sides.push(Side { app: (*app).to_owned(), from, to }),
            (true, true) if arguments.app.is_empty() => {}
            (no_from, _) => said.push(one_side(app, arguments, no_from)),
        }
    }
    if sides.is_empty() {
        let (from, to) = (&arguments.from, &arguments.to);
        let message = format!("no application has both `{from}` and `{to}`");
        return Err(Error::new("nothing-to-promote", message)
            .help("an environment is the folder below overlays/APP/, or the one that overlays name"));
    }
    Ok(sides)
}

fn one_side(app: &str, arguments: &PromoteArguments, no_from: bool) -> Diagnostic {
    let (has, lacks) = match no_from {
        true => (&arguments.to, &arguments.from),
        false => (&arguments.from, &arguments.to),
    };
    let message = format!("`{app}` has `{has}` and no `{lacks}`, so it is left alone");
    Diagnostic::note("one-side-only", message)
}

/// The folders right below `overlays/`.
fn apps(all: &Written) -> Vec<&str> {
    let mut apps: Vec<&str> = all.overlays.iter().filter_map(|overlay| parts(overlay)).map(|(app, _)| app).collect();
    apps.dedup();
    apps
}

/// The application and the way below it: `shop` and `prod/eu` of `overlays/shop/prod/eu`.
fn parts(overlay: &WrittenOverlay) -> Option<(&str, &str)> {
    let below = overlay.name.strip_prefix("overlays/")?;
    Some(below.split_once('/').unwrap_or((below, "")))
}

/// The overlays of an application in an environment: by their folder, else by what they name.
fn overlays<'w>(all: &'w Written, app: &str, environment: &str) -> Vec<&'w WrittenOverlay> {
    let of_app = || all.overlays.iter().filter(|overlay| parts(overlay).is_some_and(|(own, _)| own == app));
    let by_folder: Vec<_> = of_app().filter(|overlay| in_folder(overlay, environment)).collect();
    if !by_folder.is_empty() {
        return by_folder;
    }
    of_app().filter(|overlay| overlay.environment.as_deref() == Some(environment)).collect()
}

fn in_folder(overlay: &WrittenOverlay, environment: &str) -> bool {
    let below = parts(overlay).and_then(|(_, way)| way.strip_prefix(environment));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn known_environment(all: &Written, environment: &str) -> Result<()> {
    let is_known = |overlay: &WrittenOverlay| {
        in_folder(overlay, environment) || overlay.environment.as_deref() == Some(environment)
    };
    if all.overlays.iter().any(is_known) {
        return Ok(());
    }
    let folders = all.overlays.iter().filter_map(parts).map(|(_, way)| way);
    let named = all.overlays.iter().filter_map(|overlay| overlay.environment.as_deref());
    let mut names: Vec<&str> = folders.chain(named).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!("no overlay is in the environment `{environment}`");
    Err(Error::new("unknown-environment", message).help(known(environment, &names)))
}
