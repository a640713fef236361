//! `strata explain`: where the fields of a build come from.

mod text;

use super::args::{ExplainArguments, MessageFormat};
use super::helm::with_helm;
use super::{Context, Done, Ended, vendor};
use crate::error::Result;
use crate::explain::{Chains, FieldPath, Found, Group, Places, Wanted};
use crate::pipeline::{self, Outcome, Rendered, Request};
use crate::resource::Resource;

pub(super) fn run(arguments: &ExplainArguments, context: &mut Context) -> Ended {
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
    let ended = finish(&outcome, wanted.as_ref(), path.as_ref(), arguments.format, context);
    // See `build`: the process ends now.
    std::mem::forget(outcome);
    ended
}

/// Explains what was built; what could not be built says why instead.
fn finish(
    outcome: &Outcome,
    wanted: Option<&Wanted>,
    path: Option<&FieldPath>,
    format: MessageFormat,
    context: &mut Context,
) -> Ended {
    if outcome.diagnostics.has_errors() {
        context.show(&outcome.diagnostics, &outcome.sources, format);
        return Ok(Done::Errors);
    }
    let Some(wanted) = wanted else {
        let lists: Vec<String> = outcome.builds.iter().filter_map(|build| listed(outcome, build)).collect();
        context.print(lists.join("\n").as_bytes())?;
        return Ok(Done::Fine);
    };
    let asked = Asked::find(outcome, wanted)?;
    let Some(mut chains) = asked.chains(outcome) else { return Ok(Done::Fine) };
    let fields = asked.fields(path)?;
    let text = text::fields(asked.resource, &fields, &mut chains);
    context.print(format!("{} in {}\n\n{text}", asked.resource.id(), asked.build.name).as_bytes())?;
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

    fn chains(&self, outcome: &'a Outcome) -> Option<Chains<'a>> {
        chains(outcome, self.build)
    }

    /// The fields at `path`; all of them without one.
    fn fields(&self, path: Option<&FieldPath>) -> Result<Vec<Found<'a>>> {
        match path {
            Some(path) => path.find(&self.resource.root),
            None => Ok(vec![Found::root(&self.resource.root)]),
        }
    }
}

fn chains<'a>(outcome: &'a Outcome, build: &'a Rendered) -> Option<Chains<'a>> {
    let places = Places::new(outcome.project.as_ref()?, &build.sources, &build.folder);
    Some(Chains::new(&build.origins, places))
}

/// The resources of a build with their sources.
fn listed(outcome: &Outcome, build: &Rendered) -> Option<String> {
    let mut chains = chains(outcome, build)?;
    Some(format!("{}\n{}", build.name, text::resources(&build.resources, &mut chains)))
}
