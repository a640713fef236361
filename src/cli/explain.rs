//! `strata explain`: where the fields of a build come from.

mod annotate;
mod json;
mod line;
mod rules;
mod text;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::args::{ExplainArguments, MessageFormat};
use super::helm::with_helm;
use super::{Context, Done, Ended, files, vendor};
use crate::diagnostic::Diagnostics;
use crate::error::{Error, Result};
use crate::explain::{Chains, FieldPath, Found, Group, Made, Places, Wanted};
use crate::explain::{has_nulls, taken_by_null, taken_fields, taken_resource, unused};
use crate::pipeline::{self, Folders, Outcome, Rendered, Request};
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
        entries: entries(arguments, &context.env.cwd),
        cwd: context.env.cwd.clone(),
        set: arguments.set.clone(),
        kustomize: arguments.kustomize.options(),
        traced: true,
        folders: if arguments.unused { Folders::Everything } else { Folders::Overlays },
        ..Request::default()
    };
    if arguments.kustomize.fetch && vendor::fetch(&request, false, arguments.format, context)?.is_none() {
        return Ok(Done::Errors);
    }
    // What is asked for is read first: a slip there should not wait for a build.
    let (wanted, path) = match arguments.unused {
        true => (None, None),
        false => (arguments.resource.as_deref(), arguments.path.as_deref()),
    };
    let wanted = wanted.map(Wanted::parse).transpose()?;
    let path = path.map(FieldPath::parse).transpose()?;
    let outcome = with_helm(&arguments.kustomize, context.env, |helm| pipeline::build_with(&request, helm))?;
    let ended = match outcome.diagnostics.has_errors() {
        // What could not be built cannot be explained, and says why.
        true => {
            context.show(&outcome.diagnostics, &outcome.sources, arguments.format);
            Ok(Done::Errors)
        }
        false => match &wanted {
            Some(wanted) => {
                let request = Request { without_losses: true, ..request };
                let rebuild =
                    || with_helm(&arguments.kustomize, context.env, |helm| pipeline::build_with(&request, helm));
                let is_json = arguments.format == MessageFormat::Json;
                let out = explained(&outcome, wanted, path.as_ref(), is_json, rebuild)?;
                context.print(&out)?;
                Ok(Done::Fine)
            }
            None => finish(&outcome, arguments, context),
        },
    };
    // See `build`: the process ends now.
    std::mem::forget(outcome);
    ended
}

/// What is built. Without a folder, that is for `--unused` the whole project.
fn entries(arguments: &ExplainArguments, cwd: &Path) -> Vec<PathBuf> {
    match arguments.unused {
        true if arguments.folder.is_none() => vec![files::whole_project(cwd)],
        true => arguments.words().map(PathBuf::from).collect(),
        false => vec![arguments.folder.clone().unwrap_or_else(|| ".".into())],
    }
}

/// What a line shows, what reaches no output, or all resources.
fn finish(outcome: &Outcome, arguments: &ExplainArguments, context: &mut Context) -> Ended {
    let is_json = arguments.format == MessageFormat::Json;
    let out = match (arguments.unused, arguments.line) {
        (true, _) => explain_unused(outcome, is_json),
        (_, Some(line)) => shown(outcome, &line::at(outcome, line as usize)?, true, is_json),
        (false, None) => listed(outcome, is_json),
    };
    context.print(&out)?;
    if out.is_empty() && arguments.unused {
        context.say("all that is written reaches an output, or decides something\n");
    }
    Ok(Done::Fine)
}

/// What is asked for: fields of one resource.
struct Asked<'a> {
    build: &'a Rendered,
    /// The resource, or what it was before it was taken away.
    resource: Cow<'a, Resource>,
    fields: Vec<Found<'a>>,
    /// Whether the fields themselves are meant, and not what is below them.
    alone: bool,
}

impl<'a> Asked<'a> {
    /// Without a path, all of the resource is meant. What was taken away is found too.
    fn find(outcome: &'a Outcome, wanted: &Wanted, path: Option<&FieldPath>) -> Result<Self> {
        let group = |build: &'a Rendered| Group { overlay: &build.name, resources: &build.resources };
        let groups: Vec<Group> = outcome.builds.iter().map(group).collect();
        let (build, index) = match wanted.find(&groups) {
            Ok((build, index)) => (&outcome.builds[build], index),
            Err(error) => return Self::taken(outcome, wanted, path, error),
        };
        let resource = &build.resources[index];
        let fields = match path.map_or_else(|| Ok(vec![Found::root(&resource.root)]), |path| path.find(&resource.root))
        {
            Ok(fields) => fields,
            Err(error) => match path.map(|path| taken_fields(&build.origins, resource, path)) {
                Some(taken) if !taken.is_empty() => taken,
                _ => return Err(error),
            },
        };
        Ok(Self { build, resource: Cow::Borrowed(resource), fields, alone: false })
    }

    /// A resource that was taken away as a whole; `error` when there was none.
    fn taken(outcome: &'a Outcome, wanted: &Wanted, path: Option<&FieldPath>, error: Error) -> Result<Self> {
        let found = outcome.builds.iter().find_map(|build| {
            let taken = taken_resource(&build.origins, wanted)?;
            Some((build, taken, Resource::without_version(taken.before.clone())?))
        });
        let Some((build, taken, resource)) = found else { return Err(error) };
        let fields = path.map_or_else(|| Ok(vec![Found::root(&taken.before)]), |path| path.find(&taken.before))?;
        let fields = fields.into_iter().map(|field| Found { taken: Some(taken), ..field }).collect();
        // A resource that is gone is meant as a whole.
        Ok(Self { build, resource: Cow::Owned(resource), fields, alone: path.is_none() })
    }

    /// What a `null` of a layer of `with` keeps away; these are the fields of a build without it.
    fn taken_by_null(self, with: &'a Outcome, path: Option<&FieldPath>) -> Option<Self> {
        let build = with.builds.iter().find(|build| build.name == self.build.name)?;
        let taken = Some(taken_by_null(&build.origins, &self.fields, &self.build.origins)?);
        let fields = self.fields.into_iter().map(|field| Found { taken, ..field }).collect();
        Some(Self { fields, alone: path.is_none(), ..self })
    }
}

/// What follows the origins of a build.
pub(super) fn chains<'a>(outcome: &'a Outcome, build: &'a Rendered) -> Chains<'a> {
    Chains::new(&build.origins, Places::new(&outcome.project, &build.sources, build.file))
}

/// All manifests with the source of each line behind it.
pub(super) fn annotated(outcome: &Outcome) -> Vec<u8> {
    let mut out = Vec::new();
    for build in &outcome.builds {
        let mut chains = chains(outcome, build);
        for resource in &build.resources {
            if !out.is_empty() {
                out.extend_from_slice(b"---\n");
            }
            annotate::annotated(&resource.root, &mut chains, &mut out);
        }
    }
    out
}

/// The fields at `path`; without one, the manifest with the source of each line. What is not there is
/// looked for where nothing is taken away.
fn explained(
    outcome: &Outcome,
    wanted: &Wanted,
    path: Option<&FieldPath>,
    is_json: bool,
    without_losses: impl FnOnce() -> Result<Outcome>,
) -> Result<Vec<u8>> {
    let error = match Asked::find(outcome, wanted, path) {
        Ok(asked) => return Ok(shown(outcome, &asked, path.is_some(), is_json)),
        Err(error) => error,
    };
    if !outcome.builds.iter().any(|build| has_nulls(&build.origins)) {
        return Err(error);
    }
    let Ok(other) = without_losses() else { return Err(error) };
    let found = Asked::find(&other, wanted, path).ok().and_then(|asked| asked.taken_by_null(outcome, path));
    found.map(|asked| shown(&other, &asked, path.is_some(), is_json)).ok_or(error)
}

fn shown(outcome: &Outcome, asked: &Asked, by_path: bool, is_json: bool) -> Vec<u8> {
    let mut chains = chains(outcome, asked.build);
    if is_json {
        return json::fields(asked, &mut chains).into_bytes();
    }
    if by_path || asked.alone || asked.fields.iter().any(|field| field.taken.is_some()) {
        let head = format!("{} in {}\n\n", asked.resource.id(), asked.build.name);
        return (head + &text::fields(asked, &mut chains)).into_bytes();
    }
    let mut out = Vec::new();
    annotate::annotated(&text::without_secrets(&asked.resource), &mut chains, &mut out);
    out
}

/// The resources of all builds, with their sources.
fn listed(outcome: &Outcome, is_json: bool) -> Vec<u8> {
    let with_chains = |build| (build, chains(outcome, build));
    let builds: Vec<(&Rendered, Chains)> = outcome.builds.iter().map(with_chains).collect();
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
    let Rendered { origins, resources, sources, file, .. } = build;
    Made { origins, resources, places: Places::new(project, sources, *file) }
}

/// What is written and reaches no output, and what matches nothing.
fn explain_unused(outcome: &Outcome, is_json: bool) -> Vec<u8> {
    let project = &outcome.project;
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
