//! `strata explain`: where the fields of a build come from.

mod annotate;
mod json;
mod rules;
mod text;

use super::args::{ExplainArguments, MessageFormat};
use super::helm::with_helm;
use super::{Context, Done, Ended, vendor};
use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::explain::{Chains, FieldPath, Found, Group, Made, Places, Wanted, unused};
use crate::pipeline::{self, Outcome, Rendered, Request};
use crate::project::Project;
use crate::resource::Resource;

/// What matches nothing and changes nothing, as the build says it.
type Unmatched = Diagnostics;

pub(super) fn run(arguments: &ExplainArguments, context: &mut Context) -> Ended {
    if arguments.rules {
        return rules::all(arguments.format, context);
    }
    if let Some(name) = &arguments.rule {
        return rules::one(name, arguments.format, context);
    }
    let request = Request {
        entries: vec![arguments.folder.clone()],
        cwd: context.env.cwd.clone(),
        set: arguments.set.clone(),
        kustomize: arguments.kustomize.options(),
        traced: true,
        ..Request::default()
    };
    if arguments.kustomize.fetch && vendor::fetch(&request, false, arguments.format, context)?.is_none() {
        return Ok(Done::Errors);
    }
    // What is asked for is read first: a slip there should not wait for a build.
    let wanted = arguments.resource.as_deref().map(Wanted::parse).transpose()?;
    let path = arguments.path.as_deref().map(FieldPath::parse).transpose()?;
    let outcome = with_helm(&arguments.kustomize, context.env, |helm| pipeline::build_with(&request, helm))?;
    let ended = match outcome.diagnostics.has_errors() {
        // What could not be built cannot be explained, and says why.
        true => {
            context.show(&outcome.diagnostics, &outcome.sources, arguments.format);
            Ok(Done::Errors)
        }
        false => finish(&outcome, arguments, wanted.as_ref(), path.as_ref(), context),
    };
    // See `build`: the process ends now.
    std::mem::forget(outcome);
    ended
}

fn finish(
    outcome: &Outcome,
    arguments: &ExplainArguments,
    wanted: Option<&Wanted>,
    path: Option<&FieldPath>,
    context: &mut Context,
) -> Ended {
    let is_json = arguments.format == MessageFormat::Json;
    let out = match wanted {
        None if arguments.unused => explain_unused(outcome, is_json),
        None => listed(outcome, is_json),
        Some(wanted) => explained(outcome, wanted, path, is_json)?,
    };
    context.print(&out)?;
    if out.is_empty() && arguments.unused {
        context.say("all that is written reaches an output, or decides something\n");
    }
    Ok(Done::Fine)
}

/// The one resource that is asked for.
struct Asked<'a> {
    build: &'a Rendered,
    resource: &'a Resource,
}

impl<'a> Asked<'a> {
    fn find(outcome: &'a Outcome, wanted: &Wanted) -> Result<Self> {
        let group = |build: &'a Rendered| Group { overlay: &build.name, resources: &build.resources };
        let groups: Vec<Group> = outcome.builds.iter().map(group).collect();
        let (build, resource) = wanted.find(&groups)?;
        let build = &outcome.builds[build];
        Ok(Self { build, resource: &build.resources[resource] })
    }
}

/// What follows the origins of a build; `None` when its files were not kept.
pub(super) fn chains<'a>(outcome: &'a Outcome, build: &'a Rendered) -> Option<Chains<'a>> {
    let places = Places::new(outcome.project.as_ref()?, &build.sources, &build.folder);
    Some(Chains::new(&build.origins, places))
}

/// All manifests with the source of each line behind it.
pub(super) fn annotated(outcome: &Outcome) -> Vec<u8> {
    let mut out = Vec::new();
    for build in &outcome.builds {
        let Some(mut chains) = chains(outcome, build) else { continue };
        for resource in &build.resources {
            if !out.is_empty() {
                out.extend_from_slice(b"---\n");
            }
            annotate::annotated(&resource.root, &mut chains, &mut out);
        }
    }
    out
}

/// The fields at `path`; without one, the manifest with the source of each line.
fn explained(outcome: &Outcome, wanted: &Wanted, path: Option<&FieldPath>, is_json: bool) -> Result<Vec<u8>> {
    let asked = Asked::find(outcome, wanted)?;
    let root = &asked.resource.root;
    let fields = match path {
        Some(path) => path.find(root)?,
        None => vec![Found::root(root)],
    };
    let Some(mut chains) = chains(outcome, asked.build) else { return Ok(Vec::new()) };
    if is_json {
        return Ok(json::fields(&asked, &fields, &mut chains).into_bytes());
    }
    if path.is_some() {
        let head = format!("{} in {}\n\n", asked.resource.id(), asked.build.name);
        return Ok((head + &text::fields(asked.resource, &fields, &mut chains)).into_bytes());
    }
    let mut out = Vec::new();
    annotate::annotated(&text::without_secrets(asked.resource), &mut chains, &mut out);
    Ok(out)
}

/// The resources of all builds, with their sources.
fn listed(outcome: &Outcome, is_json: bool) -> Vec<u8> {
    let with_chains = |build| Some((build, chains(outcome, build)?));
    let builds: Vec<(&Rendered, Chains)> = outcome.builds.iter().filter_map(with_chains).collect();
    if is_json {
        let builds = builds.into_iter().map(|(build, chains)| (&*build.name, &*build.resources, chains));
        return json::resources(builds.collect()).into_bytes();
    }
    let list = |(build, mut chains): (&Rendered, Chains)| {
        format!("{}\n{}", build.name, text::resources(&build.resources, &mut chains))
    };
    builds.into_iter().map(list).collect::<Vec<_>>().join("\n").into_bytes()
}

fn made<'a>(project: &'a Project, build: &'a Rendered) -> Made<'a> {
    let Rendered { origins, resources, sources, folder, .. } = build;
    Made { origins, resources, places: Places::new(project, sources, folder) }
}

/// What is written and reaches no output, and what matches nothing.
fn explain_unused(outcome: &Outcome, is_json: bool) -> Vec<u8> {
    let Some(project) = &outcome.project else { return Vec::new() };
    let mut builds: Vec<Made> = outcome.builds.iter().map(|build| made(project, build)).collect();
    let unused = unused(project, &mut builds);
    let is_unmatched = |code: &str| {
        code != "selector-matches-nothing" && (code.ends_with("-matches-nothing") || code.ends_with("-changes-nothing"))
    };
    let said = outcome.diagnostics.iter().filter(|said| is_unmatched(said.code));
    let unmatched: Unmatched = said.cloned().collect();
    match is_json {
        true => json::unused(&unused, &unmatched, &outcome.sources),
        false => text::unused(&unused, &unmatched, &outcome.sources),
    }
    .into_bytes()
}
