//! `strata import kustomize`: a typed project out of a kustomize base and its overlays. It builds
//! what it would write and compares that with what kustomize's way renders, before it writes.

mod layout;
mod places;
mod report;
mod trial;
mod write;

use std::path::Path;

use super::args::{ImportKustomizeArguments, LoadRestrictor};
use super::{Context, Done, Ended, files, init};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit::yaml::{as_written, yaml};
use crate::error::{Error, Result};
use crate::import::{Environment, File, Plan, common, draft};
use crate::model::project::Edition;
use crate::origin::Sources;
use crate::pipeline::{self, Request};
use crate::resource::Resource;
use layout::Layout;
use places::{Places, Read};

pub(super) fn kustomize(arguments: &ImportKustomizeArguments, context: &mut Context) -> Ended {
    let cwd = context.env.cwd.clone();
    let layout = Layout::find(&cwd.join(&arguments.folder))?;
    let app = match &arguments.name {
        Some(name) => init::checked(name)?,
        None => init::dns_label(&layout.name).unwrap_or_else(|| "app".into()),
    };
    let output = cwd.join(&arguments.output);
    let kept = settings(&output)?;
    let Some((plan, places)) = plan(app, &layout, arguments, context)? else { return Ok(Done::Errors) };
    let settings_text = kept.clone().unwrap_or_else(new_settings);
    let trial = trial::Trial { plan: &plan, settings: &settings_text, allow_defaults: arguments.allow_defaults };
    let found = match trial.search()? {
        Ok(found) => found,
        Err(refused) => {
            context.show(&refused.diagnostics, &refused.sources, arguments.format);
            return Err(Error::new("cannot-import", refused.reason).help("nothing was written").into());
        }
    };
    let drafted = draft(&plan, &found.choice, &found.changes);
    let mut written: Vec<(String, String)> = drafted.iter().map(|file| (file.path.clone(), bytes(file))).collect();
    if kept.is_none() {
        written.push(("strata.yaml".into(), settings_text));
    }
    init::refuse_to_overwrite(&output, &written)?;
    write::all(&output, &written)?;
    context.show(&secrets(&drafted), &Sources::default(), arguments.format);
    let report = report::Report::new(&plan, &found, &places, written.iter().map(|(path, _)| path.clone()).collect());
    context.print(report.text(arguments.format, &arguments.output).as_bytes())?;
    Ok(Done::Fine)
}

/// Says of each file that holds the values of a Secret that it does: nobody may commit one unaware.
fn secrets(files: &[File]) -> Diagnostics {
    let copied = files.iter().filter_map(|file| Some((file.path.as_str(), file.secret()?)));
    let warning = |(path, name)| {
        let message = format!("`{path}` holds the values of the Secret `{name}`, as the kustomization renders them");
        let help = "do not commit it unless it may be read by all who read the repository; have a provider of \
                    `secrets` supply it, then remove the file";
        Diagnostic::warning("secret-values-copied", message).help(help)
    };
    copied.map(warning).collect()
}

/// Builds the base and its overlays; `None` when one does not build, which is said.
fn plan(
    app: String,
    layout: &Layout,
    arguments: &ImportKustomizeArguments,
    context: &mut Context,
) -> Result<Option<(Plan, Places)>> {
    let base = match &layout.base {
        Some(folder) => match built(folder, arguments, context)? {
            Some(base) => Some(base),
            None => return Ok(None),
        },
        None => None,
    };
    let mut environments = Vec::with_capacity(layout.environments.len());
    let mut places = Places { cwd: context.env.cwd.clone(), ..Places::default() };
    for (name, folder) in &layout.environments {
        let Some((resources, read)) = built(folder, arguments, context)? else { return Ok(None) };
        environments.push(Environment { name: name.clone(), resources });
        places.environments.push(read);
    }
    let base = match base {
        Some((resources, read)) => {
            places.base = Some(read);
            resources
        }
        None => common(&environments),
    };
    Ok(Some((Plan::new(app, &base, &environments), places)))
}

/// What a kustomization renders, as `strata build` does it, and what that was read from.
fn built(
    folder: &Path,
    arguments: &ImportKustomizeArguments,
    context: &mut Context,
) -> Result<Option<(Vec<Resource>, Read)>> {
    let entries = vec![folder.to_path_buf()];
    let mut request = Request { entries, cwd: context.env.cwd.clone(), ..Request::default() };
    request.kustomize.load_anywhere = arguments.load_restrictor == LoadRestrictor::None;
    let outcome = pipeline::build(&request)?;
    context.show(&outcome.diagnostics, &outcome.sources, arguments.format);
    if outcome.diagnostics.has_errors() {
        return Ok(None);
    }
    let mut read = Read::default();
    let mut resources = Vec::new();
    for build in outcome.builds {
        resources.extend(build.resources);
        read = Read { origins: build.origins, sources: build.sources };
    }
    Ok(Some((resources, read)))
}

/// The strata.yaml of the output folder, when there is one.
fn settings(output: &Path) -> Result<Option<String>> {
    let above = output.ancestors().skip(1).find(|folder| folder.join("strata.yaml").is_file());
    let own = files::read_if_there(&output.join("strata.yaml"))?;
    match (own, above) {
        (Some(bytes), _) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        (None, Some(root)) => {
            let message = format!("`{}` is below the project `{}`", output.display(), root.display());
            Err(Error::new("nested-project", message).help(format!("say `--output {}`", root.display())))
        }
        (None, None) => Ok(None),
    }
}

fn new_settings() -> String {
    format!("edition: {}\n", Edition::newest().as_str())
}

fn bytes(file: &File) -> String {
    let bytes = if file.is_model { as_written(&file.root) } else { yaml([&file.root]) };
    let text = String::from_utf8_lossy(&bytes);
    match file.path.starts_with("components/") {
        true => format!("{COMPONENT}{text}"),
        false => text.into_owned(),
    }
}

const COMPONENT: &str = "\
# What all environments render and the model does not say. An operation `remove` below takes away
# what Strata adds by default; without it the default comes back.
";
