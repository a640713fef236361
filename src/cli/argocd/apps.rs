//! `strata argocd apps`: the Applications of overlays, and the AppProjects that they are in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::files::{Changes, Folder};
use crate::argocd::application::{self, Cluster, Overlay};
use crate::argocd::application_set::{Generator, application_set};
use crate::cli::args::MessageFormat;
use crate::cli::args::argocd::{AppsArguments, AppsKind};
use crate::cli::{Context, Done, Ended, files, render_to};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::emit;
use crate::error::Result;
use crate::names;
use crate::origin::Origin;
use crate::pipeline::{self, Outcome, Rendered, Request};
use crate::resource::Resource;
use crate::tree::Node;

/// The most bytes of annotations that an object has.
const ANNOTATIONS: usize = 262_144;

pub(super) fn run(arguments: &AppsArguments, context: &mut Context) -> Ended {
    let outcome = pipeline::build(&Request {
        entries: entries(arguments, context)?,
        cwd: context.env.cwd.clone(),
        ..Request::default()
    })?;
    let mut diagnostics = outcome.diagnostics.clone();
    let overlays = overlays(&outcome, &mut diagnostics);
    let folder =
        |path: &std::path::PathBuf| Folder::new(path, &context.env.cwd, &outcome.root, arguments.paths.is_empty());
    let folder = arguments.files.as_ref().map(folder).transpose()?;
    let mut changes = Changes::default();
    if let Some(folder) = folder.as_ref().filter(|_| !diagnostics.has_errors()) {
        one_repository(&overlays, &mut diagnostics);
        changes = folder.compare(&overlays, &mut diagnostics)?;
    }
    diagnostics.sort();
    if diagnostics.has_errors() {
        context.show(&diagnostics, &outcome.sources, MessageFormat::Text);
        return Ok(Done::Errors);
    }
    if arguments.check {
        let lines = changes.lines();
        context.print(lines.as_bytes())?;
        return Ok(if lines.is_empty() { Done::Fine } else { Done::Findings });
    }
    if overlays.is_empty() {
        context.say("no overlay here is one that Argo CD applies\n");
    }
    if let Some(folder) = &folder {
        folder.change(&changes)?;
        let (written, removed) = changes.count();
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (applications, files) = (counted(overlays.len(), "application"), counted(written, "file"));
        context.say(&format!("{applications}: {files} written, {removed} removed\n"));
    }
    context.print(&emit::yaml::yaml(&objects(&overlays, arguments, folder.as_ref())))?;
    Ok(Done::Fine)
}

fn entries(arguments: &AppsArguments, context: &Context) -> Result<Vec<std::path::PathBuf>> {
    Ok(match (arguments.paths.is_empty(), &arguments.files) {
        (false, _) => arguments.paths.clone(),
        (true, None) => vec![".".into()],
        (true, Some(_)) => vec![files::project_root(&context.env.cwd)?],
    })
}

/// What is printed: the AppProjects, and what makes the Applications.
fn objects(overlays: &[Overlay], arguments: &AppsArguments, folder: Option<&Folder>) -> Vec<Node> {
    let mut objects = if arguments.without_project { Vec::new() } else { projects(overlays) };
    match arguments.kind {
        AppsKind::Applications => objects.extend(overlays.iter().map(Overlay::application)),
        AppsKind::ApplicationSet => {
            for (project, members) in &by_project(overlays) {
                let pattern = folder.map(|folder| folder.pattern(project));
                let generator = pattern.as_deref().map_or(Generator::List, Generator::Files);
                objects.extend(application_set(project, members, generator));
            }
        }
    }
    objects
}

/// An ApplicationSet reads files of one repository.
fn one_repository(overlays: &[Overlay], diagnostics: &mut Diagnostics) {
    let mut known: HashMap<&str, &Overlay> = HashMap::new();
    for overlay in overlays {
        let first = known.entry(overlay.project()).or_insert(overlay);
        if *first.repository != *overlay.repository {
            let message = format!("the applications of `{}` are in two repositories", overlay.project());
            let error = Diagnostic::error("several-repositories", message);
            let error = error.at(overlay.repository.origin).related(first.repository.origin, "the other one");
            diagnostics.push(
                error.help(
                    "an ApplicationSet reads its files from one: write another `argocd: {project: NAME}` for these",
                ),
            );
        }
    }
}

/// The overlays that become Applications, in the order of their names.
fn overlays<'a>(outcome: &'a Outcome, diagnostics: &mut Diagnostics) -> Vec<Overlay<'a>> {
    let mut found = Vec::new();
    let mut known: HashMap<String, &Rendered> = HashMap::new();
    for build in outcome.builds.iter().filter(|build| build.deployed.is_applied()) {
        let Some(place) = build.deployed.place else {
            let message = format!("nothing says which cluster `{}` is for: it is a kustomization", build.name);
            let help = "write an overlay with `base:` over it";
            diagnostics.push(Diagnostic::error("no-destination", message).help(help));
            continue;
        };
        let rendered = render_to::folder_of(&build.name);
        let name = build.deployed.application().map_or_else(|| rendered.replace('/', "-"), str::to_owned);
        let at = build.deployed.argocd.application.as_ref().map_or(place, |name| name.origin);
        if let Err(reason) = names::dns_subdomain(&name) {
            let message = format!("`{name}` is not the name of an Application: {reason}");
            let help = "write `argocd: {application: NAME}`";
            diagnostics.push(Diagnostic::error("invalid-name", message).at(at).help(help));
        }
        if let Some(other) = known.insert(name.clone(), build) {
            diagnostics.push(twins(&name, other, build, at));
        }
        found.extend(overlay(build, name, rendered, place, &outcome.root, diagnostics));
    }
    found
}

/// One overlay as its Application sees it, when there is a cluster and a repository.
fn overlay<'a>(
    build: &'a Rendered,
    name: String,
    rendered: &'a str,
    place: Origin,
    root: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<Overlay<'a>> {
    let deployed = &build.deployed;
    let cluster = match (&deployed.server, &deployed.cluster) {
        (Some(server), _) => Some(Cluster::Server(server)),
        (None, Some(cluster)) => Some(Cluster::Name(cluster)),
        (None, None) => None,
    };
    if cluster.is_none() {
        let message = format!("nothing says which cluster `{}` is for", build.name);
        let help = "write `destination: {cluster: NAME}` in its environment in strata.yaml";
        diagnostics.push(Diagnostic::error("no-destination", message).at(place).help(help));
    }
    if deployed.argocd.repository.is_none() {
        let help = "write `argocd: {repository: URL}` in strata.yaml";
        let message = "nothing says from which git repository Argo CD takes the project";
        diagnostics.push(Diagnostic::error("application-without-repository", message).at(place).help(help));
    }
    Some(Overlay {
        name,
        folder: &build.name,
        rendered,
        settings: &deployed.argocd,
        repository: deployed.argocd.repository.as_ref()?,
        namespace: deployed.namespace(),
        cluster: cluster?,
        resources: &build.resources,
        large: build.resources.iter().any(is_large),
        inputs: inputs(build, root),
        origin: place,
    })
}

fn twins(name: &str, other: &Rendered, build: &Rendered, at: Origin) -> Diagnostic {
    let message = format!("two overlays are the application `{name}`: `{}` and `{}`", other.name, build.name);
    let error = Diagnostic::error("duplicate-application", message).at(at);
    let error = match &other.deployed.argocd.application {
        Some(name) => error.related(name.origin, "the other one"),
        None => error,
    };
    error.help("give one of them another name, or say `argocd: {enabled: false}` there")
}

/// Whether an object does not fit into an annotation of itself.
fn is_large(resource: &Resource) -> bool {
    let mut bytes = Vec::new();
    emit::json::document(&resource.root, emit::json::Layout::Compact, &mut bytes);
    bytes.len() > ANNOTATIONS
}

/// What an overlay is made from, below the root, with `/`; what lies in a folder that counts as a
/// whole is not named again.
fn inputs(build: &Rendered, root: &Path) -> Vec<String> {
    let folders: BTreeSet<&Path> =
        build.inputs.folders.iter().chain(&build.inputs.trees).map(std::path::PathBuf::as_path).collect();
    let covered = |file: &Path| file.ancestors().skip(1).any(|folder| folders.contains(folder));
    let files = build.inputs.files.iter().map(std::path::PathBuf::as_path).filter(|file| !covered(file));
    let own = folders.iter().copied().filter(|folder| !covered(folder));
    let below = |path: &Path| {
        let parts =
            path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        Some(parts.collect::<Vec<_>>().join("/"))
    };
    let paths: BTreeSet<String> = files.chain(own).filter_map(below).filter(|path| !path.is_empty()).collect();
    paths.into_iter().collect()
}

fn by_project<'o, 'a>(overlays: &'o [Overlay<'a>]) -> BTreeMap<&'o str, Vec<&'o Overlay<'a>>> {
    let mut projects: BTreeMap<&str, Vec<&Overlay>> = BTreeMap::new();
    overlays.iter().for_each(|one| projects.entry(one.project()).or_default().push(one));
    projects
}

/// One AppProject for each but `default`, which Argo CD has itself.
fn projects(overlays: &[Overlay]) -> Vec<Node> {
    let projects = by_project(overlays);
    projects
        .iter()
        .filter(|(name, _)| **name != "default")
        .filter_map(|(_, members)| application::project(members))
        .collect()
}
