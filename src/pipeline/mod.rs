//! The whole flow of a build, from entry paths to checked resources. This module alone imports
//! stages, but that `cli` turns the result into bytes with `emit`.

mod apply;
mod charts;
mod imports;
mod layer;
mod manifests;
mod patches;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Result;
use crate::kustomize;
pub use crate::kustomize::Options as KustomizeOptions;
use crate::load;
pub use crate::load::vendor;
use crate::lower;
use crate::model;
use crate::origin::{Origins, Sources};
pub use crate::project::RemoteUse;
use crate::project::{Entry, EntryKind, FileId, Project};
use crate::resolve::layers::{self, Plan, Setting};
use crate::resource::{Identity, Resource, ResourceSet};
pub use charts::{Helm, HelmCall, RunHelm};

/// From how many overlays on threads pay for themselves.
const PARALLEL_FROM: usize = 4;

/// What to build.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Overlays, or folders of them; relative to `cwd`.
    pub entries: Vec<PathBuf>,
    /// The current folder.
    pub cwd: PathBuf,
    /// Values of parameters, by name.
    pub set: Vec<(String, String)>,
    /// How kustomizations are built.
    pub kustomize: kustomize::Options,
}

/// One overlay that was built without errors.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The overlay's folder relative to the project's root, with `/` between the parts.
    pub name: String,
    /// The overlay's folder.
    pub folder: PathBuf,
    /// Its resources, in the order of output.
    pub resources: Vec<Resource>,
    /// Whose view of resources it has: kustomize's when it is a kustomization.
    pub identity: Identity,
    /// Why the values of the resources are what they are.
    pub origins: Origins,
    /// What the positions in `resources` and `origins` are positions of: everything that was read,
    /// and what the templates of this overlay printed.
    pub sources: Sources,
}

/// What came of a request.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The project's root.
    pub root: PathBuf,
    /// What was built without errors, sorted by name.
    pub builds: Vec<Rendered>,
    /// Everything that was read.
    pub sources: Sources,
    /// What there is to say, settled and sorted.
    pub diagnostics: Diagnostics,
}

/// Builds what `request` asks for; `Err` only when nothing useful can follow.
pub fn build(request: &Request) -> Result<Outcome> {
    build_with(request, None)
}

/// What the kustomizations of a request name elsewhere.
pub struct Remotes {
    /// The project's root.
    pub root: PathBuf,
    /// Each text that names something elsewhere.
    pub uses: Vec<RemoteUse>,
    /// Everything that was read.
    pub sources: Sources,
    /// What there is to say about these files, with an error for each that was not fetched.
    pub diagnostics: Diagnostics,
}

/// What the kustomizations of `request` name elsewhere, as far as what was fetched shows.
pub fn remotes(request: &Request) -> Result<Remotes> {
    let mut diagnostics = Diagnostics::default();
    let mut project = load::load(&request.entries, &request.cwd, request.kustomize.load_anywhere, &mut diagnostics)?;
    diagnostics.sort();
    let uses = std::mem::take(&mut project.remotes);
    Ok(Remotes { root: project.root.clone(), uses, sources: project.sources().clone(), diagnostics })
}

/// As [`build`], with a helm that renders the charts of kustomizations.
pub fn build_with(request: &Request, helm: Option<&Helm>) -> Result<Outcome> {
    let mut diagnostics = Diagnostics::default();
    let mut project = load::load(&request.entries, &request.cwd, request.kustomize.load_anywhere, &mut diagnostics)?;
    let set = apply::settings_as_sources(&mut project, &request.set);
    let settings = settings(&project, &mut diagnostics);
    let broken = broken_files(&project, &diagnostics);
    let whole = |entry: &&Entry| entry.file.is_some() && !depends_on(&project, entry, &broken);
    let entries: Vec<&Entry> = project.entries.iter().filter(whole).collect();
    let shared = Arc::new(project.sources().clone());
    let run = Run {
        project: &project,
        settings: settings.as_ref(),
        set: &set,
        sources: &shared,
        kustomize: &request.kustomize,
        helm,
    };
    // Two builds that pull one chart at the same time would be in each other's way.
    let built: Vec<Built> = match entries.len() < PARALLEL_FROM || helm.is_some() {
        true => entries.iter().map(|entry| run.entry(entry)).collect(),
        false => entries.par_iter().map(|entry| run.entry(entry)).collect(),
    };
    let root = project.root.clone();
    let mut sources = Sources::over(Arc::clone(&shared));
    let mut builds = Vec::with_capacity(built.len());
    for built in built {
        builds.extend(built.rendered);
        apply::adopt(&mut sources, built.sources.own(), built.diagnostics, &mut diagnostics);
    }
    builds.sort_by(|a, b| a.name.cmp(&b.name));
    diagnostics.sort();
    Ok(Outcome { root, builds, sources, diagnostics })
}

/// What all overlays of a run share.
struct Run<'a> {
    project: &'a Project,
    settings: Option<&'a model::project::Project>,
    set: &'a [Setting],
    sources: &'a Arc<Sources>,
    kustomize: &'a kustomize::Options,
    helm: Option<&'a Helm<'a>>,
}

/// What one overlay came to. Its diagnostics are settled into `sources`.
struct Built {
    rendered: Option<Rendered>,
    diagnostics: Diagnostics,
    /// The project's sources, and as its own what templates printed.
    sources: Sources,
}

/// One overlay in the making.
struct Build<'a> {
    run: &'a Run<'a>,
    sources: Sources,
    origins: Origins,
    resources: ResourceSet,
    diagnostics: Diagnostics,
}

impl Run<'_> {
    fn entry(&self, entry: &Entry) -> Built {
        let mut build = Build {
            run: self,
            sources: Sources::over(Arc::clone(self.sources)),
            origins: Origins::default(),
            resources: ResourceSet::default(),
            diagnostics: Diagnostics::default(),
        };
        let done = entry.file.and_then(|file| match entry.kind {
            EntryKind::Layer => build.overlay(file),
            EntryKind::Kustomization => build.kustomization(file),
        });
        let Build { sources, origins, resources, mut diagnostics, .. } = build;
        diagnostics.settle(&origins);
        let ok = done.is_some() && !diagnostics.has_errors();
        let rendered = ok.then(|| {
            let (name, folder) = apply::place(self.project, entry);
            let identity = resources.identity();
            Rendered {
                name,
                folder,
                resources: resources.into_resources(),
                identity,
                origins,
                sources: sources.clone(),
            }
        });
        Built { rendered, diagnostics, sources }
    }
}

impl Build<'_> {
    /// A typed overlay (or an application alone): all typed merges, then transforms layer by
    /// layer, then what needs final names, then the rules that no door may go around.
    fn overlay(&mut self, file: FileId) -> Option<()> {
        let (project, none) = (self.run.project, model::project::Project::default());
        let settings = self.run.settings.unwrap_or(&none);
        let plan = layers::plan(project, settings, file, self.run.set, &mut self.origins, &mut self.diagnostics)?;
        let app = self.app(&plan, settings)?;
        let definitions = apply::definitions(settings, &mut self.diagnostics);
        if let Some(app) = &app {
            for resource in lower::lower(app, &mut self.origins) {
                self.insert(resource);
            }
        }
        for (index, _) in plan.layers.iter().enumerate() {
            self.layer(&plan, index, app.as_ref(), definitions);
        }
        if self.diagnostics.has_errors() {
            return None;
        }
        self.final_names(app.as_ref());
        let policy = apply::policy(&plan, settings);
        let build =
            check::Build { app: app.as_ref(), resources: &self.resources, policy: &policy, origins: &self.origins };
        check::enforce(&build, &mut self.diagnostics);
        Some(())
    }

    /// A kustomization: kustomize's fold, and nothing that kustomize would not do.
    fn kustomization(&mut self, file: FileId) -> Option<()> {
        let built = self.kustomize(file)?;
        self.resources = ResourceSet::with_identity(Identity::Kustomize);
        for resource in built {
            // Ids were unique in the fold.
            let _ = self.resources.insert(resource);
        }
        Some(())
    }

    /// Reads the merged application and resolves it. `Some(None)` when the layers hold none.
    fn app(&mut self, plan: &Plan, settings: &model::project::Project) -> Option<Option<crate::app::App>> {
        let Some(merged) = &plan.app else { return Some(None) };
        let spec = model::read::<model::app::App>(merged, &mut self.diagnostics)?;
        let (project, origins) = (self.run.project, &self.origins);
        let file = |path: &crate::tree::Text| apply::config_file(project, origins, path);
        let context = crate::resolve::app::Context {
            edition: settings.edition.unwrap_or_default(),
            namespace: plan.namespace.as_ref(),
            provider: plan.provider.as_ref(),
            monitoring: &plan.monitoring,
            routing: plan.routing.as_ref(),
            environment: plan.environment.as_ref(),
            local: apply::is_local(plan),
            file: &file,
        };
        crate::resolve::app::resolve(&spec, &context, &mut self.diagnostics).map(Some)
    }
}

/// `strata.yaml`, read and checked against this binary's version.
fn settings(project: &Project, diagnostics: &mut Diagnostics) -> Option<model::project::Project> {
    let root = project.get(project.settings?).root()?;
    let settings = model::read::<model::project::Project>(root, diagnostics)?;
    if let Some(requires) = &settings.requires {
        match semver::VersionReq::parse(requires) {
            Err(_) => diagnostics.push(
                Diagnostic::error("invalid-requirement", format!("`{requires}` is not a requirement on versions"))
                    .at(requires.origin)
                    .help("write the like of `>=0.4` or `^1.2`"),
            ),
            Ok(wanted) if !semver::Version::parse(crate::VERSION).is_ok_and(|own| wanted.matches(&own)) => {
                diagnostics.push(
                    Diagnostic::error(
                        "strata-too-old",
                        format!("the project needs Strata {requires}, and this is {}", crate::VERSION),
                    )
                    .at(requires.origin)
                    .help("install a version that fits"),
                );
            }
            Ok(_) => {}
        }
    }
    Some(settings)
}

/// The files that load or the settings have complained about: what depends on them is not built,
/// so that one mistake is said once.
fn broken_files(project: &Project, diagnostics: &Diagnostics) -> HashSet<PathBuf> {
    let errors = diagnostics.iter().filter(|d| d.level == crate::diagnostic::Level::Error);
    let places = errors.filter_map(|d| d.primary.as_ref()?.origin.position());
    places.filter_map(|position| project.sources().source(position)).map(|source| source.canonical.clone()).collect()
}

fn depends_on(project: &Project, entry: &Entry, broken: &HashSet<PathBuf>) -> bool {
    !broken.is_empty() && project.inputs(entry).files.iter().any(|file| broken.contains(file))
}
