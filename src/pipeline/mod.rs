//! The whole flow of a build, from entry paths to checked resources. This module alone imports
//! stages, but that `cli` turns the result into bytes with `emit`.

mod apply;
mod charts;
mod checking;
mod compose;
mod definitions;
mod deployed;
mod environments;
mod given;
mod imports;
mod inputs;
mod judge;
mod layer;
mod manifests;
mod others;
mod patches;
mod plain;
mod policies;
mod revision;
mod settings;
mod written;

use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::check;
use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::kubernetes::{CustomKinds, Version};
use crate::kustomize;
pub use crate::kustomize::Options as KustomizeOptions;
use crate::load;
pub use crate::load::Edits;
pub use crate::load::vendor;
pub use crate::load::yaml::{Dialect, Reader, edit};
pub use crate::load::{Child, Files, Folders, Tree};
pub use crate::load::{join, project_root};
use crate::lower;
use crate::model;
use crate::model::project::Edition;
use crate::origin::{Origin, Origins, Rule, Sources};
use crate::policy::Policies;
use crate::project::{Entry, EntryKind, FileId, Project, Role};
pub use crate::project::{Inputs, RemoteUse};
use crate::resolve::layers::{self, Plan};
use crate::resource::{Identity, Resource, ResourceSet};
use crate::tree::{Node, Text};
pub use charts::{Helm, HelmCall, RunHelm};
pub use checking::Checking;
pub use deployed::Deployed;
pub use given::{ARGOCD, COMMAND_LINE, Declared, Given, declared, images, replicas};
pub use plain::plain;
pub use revision::{Known, Made, build_from, made_from};

use given::Placed;
pub use written::{Written, WrittenFile, WrittenOverlay, written};

/// From how many overlays on threads pay for themselves.
const PARALLEL_FROM: usize = 4;

/// How many overlays are built before it is told again how far it is.
const BETWEEN_TOLD: usize = 64;

/// What to build.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Overlays, or folders of them; relative to `cwd`.
    pub entries: Vec<PathBuf>,
    /// The current folder.
    pub cwd: PathBuf,
    /// Values of parameters, by name.
    pub set: Vec<(String, String)>,
    /// What else is given besides the files.
    pub given: Given,
    /// How kustomizations are built.
    pub kustomize: kustomize::Options,
    /// The edition to build in, whatever strata.yaml says.
    pub edition: Option<Edition>,
    /// What to make.
    pub target: Target,
    /// Who reads the YAML; the result is the same.
    pub reader: Reader,
    /// Whether to keep what [`crate::explain`] needs beside the origins: what was taken away.
    pub traced: bool,
    /// Whether no `null` of a layer takes anything away: what would be there without them?
    pub without_losses: bool,
    /// Texts that are read instead of the files that they are edits of.
    pub edits: Edits,
    /// What is to be checked beside what a build enforces.
    pub check: Option<Checking>,
    /// What a folder stands for that holds nothing to build itself.
    pub folders: Folders,
}

/// What a build makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Manifests of Kubernetes.
    #[default]
    Kubernetes,
    /// A Docker Compose file for each overlay, beside the manifests.
    Compose,
}

impl Request {
    fn reading<'a>(&'a self, files: Files<'a>) -> load::Options<'a> {
        let folders = match () {
            () if self.given.by_argocd => load::Folders::One,
            () if self.check.is_some() => load::Folders::Everything,
            () => self.folders,
        };
        let edits = (!self.edits.is_empty()).then_some(&self.edits);
        let policies = self.check.as_ref().and_then(|check| check.policies.as_deref());
        load::Options { files, anywhere: self.kustomize.load_anywhere, folders, reader: self.reader, edits, policies }
    }
}

/// One overlay that was built without errors.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The overlay's folder relative to the project's root, with `/` between the parts.
    pub name: String,
    /// The overlay's folder.
    pub folder: PathBuf,
    /// The file that it begins with, of the project of the outcome.
    pub file: Option<FileId>,
    /// The environment that it is for, where it says one.
    pub environment: Option<String>,
    /// The application that it is made of, where there is one.
    pub app: Option<String>,
    /// Its resources, in the order of output.
    pub resources: Vec<Resource>,
    /// The Docker Compose file, where one is asked for.
    pub compose: Option<Node>,
    /// Where it runs, and which Application it is.
    pub deployed: Deployed,
    /// What it was made from: a change elsewhere cannot change it. What only the project as a whole
    /// can break (a capacity, a unique number) is no part of it.
    pub inputs: Inputs,
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
    /// The names of what has errors, sorted.
    pub failed: Vec<String>,
    /// Everything that was read.
    pub sources: Sources,
    /// What there is to say, settled and sorted.
    pub diagnostics: Diagnostics,
    /// The project's edition.
    pub edition: ProjectEdition,
    /// The files.
    pub project: Project,
    /// How many entries came as far as the checks of their final resources.
    pub checked: usize,
    /// Whether that is all of them, and strata.yaml is right.
    pub complete: bool,
}

/// The edition of a project, and where strata.yaml says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProjectEdition {
    /// The edition; the first where none is written.
    pub edition: Edition,
    /// Where it is written, when it is.
    pub written: Option<Origin>,
    /// Where the first entry of strata.yaml is, when there is one.
    pub beginning: Option<Origin>,
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
    let options = request.reading(Files::Disk);
    let mut project = load::load(&request.entries, &request.cwd, options, |_| false, &mut diagnostics)?;
    diagnostics.sort();
    let uses = std::mem::take(&mut project.remotes);
    Ok(Remotes { root: project.root.clone(), uses, sources: project.sources().clone(), diagnostics })
}

/// Told how many of how many overlays are done.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

/// As [`build`], and says between some overlays and the next how far it is.
pub fn build_telling(request: &Request, progress: Progress) -> Result<Outcome> {
    load_and_render(request, None, Some(progress))
}

/// As [`build`], with a helm that renders the charts of kustomizations.
pub fn build_with(request: &Request, helm: Option<&Helm>) -> Result<Outcome> {
    load_and_render(request, helm, None)
}

fn load_and_render(request: &Request, helm: Option<&Helm>, progress: Option<Progress>) -> Result<Outcome> {
    let mut diagnostics = Diagnostics::default();
    let options = request.reading(Files::Disk);
    // What is in git has been held against the rest of the project there; what Argo CD gives has not.
    let compare = !request.given.by_argocd || !request.set.is_empty() || request.given.changes_something();
    let others = |project: &Project| compare && others::matter(project);
    let project = load::load(&request.entries, &request.cwd, options, others, &mut diagnostics)?;
    render(project, request, helm, diagnostics, &|_| true, progress)
}

/// Renders what was loaded, of its entries those that are `wanted`.
fn render(
    mut project: Project,
    request: &Request,
    helm: Option<&Helm>,
    mut diagnostics: Diagnostics,
    wanted: &dyn Fn(&Entry) -> bool,
    progress: Option<Progress>,
) -> Result<Outcome> {
    let given = Placed::of(&request.set, &request.given, &mut project);
    let mut settings = settings::settings(&project, &mut diagnostics);
    let edition = settings::edition(&project, settings.as_ref());
    if let Some(edition) = request.edition {
        settings = Some(settings::in_edition(settings, edition));
    }
    let custom = Arc::new(definitions::custom(&project, &mut diagnostics));
    let policies = Arc::new(policies::policies(&project, settings.as_ref(), request.check.as_ref(), &mut diagnostics));
    let settings_are_right = !diagnostics.has_errors();
    // What depends on a file that is wrong is not built, so that one mistake is said once.
    let broken = project.broken(&diagnostics);
    let whole = |entry: &&Entry| entry.file.is_some() && !project.depends_on(entry, &broken);
    let (entries, unusable): (Vec<&Entry>, Vec<&Entry>) =
        project.entries.iter().filter(|entry| wanted(entry)).partition(whole);
    let mut failed: Vec<String> = unusable.iter().map(|entry| apply::name(&project, entry)).collect();
    let shared = Arc::new(project.sources().clone());
    let run = Run {
        project: &project,
        settings: settings.as_ref(),
        given: &given,
        kubernetes: request.given.kubernetes,
        sources: &shared,
        kustomize: &request.kustomize,
        helm,
        target: request.target,
        traced: request.traced,
        without_losses: request.without_losses,
        check: request.check.as_ref(),
        custom: &custom,
        policies: &policies,
    };
    let built = run.entries(&entries, progress);
    let root = project.root.clone();
    let mut sources = Sources::over(Arc::clone(&shared));
    let (mut builds, mut facts) = (Vec::with_capacity(built.len()), Vec::with_capacity(built.len()));
    let checked = built.iter().filter(|built| built.checked).count();
    let mut verdicts = Vec::new();
    for (built, entry) in built.into_iter().zip(&entries) {
        if built.rendered.is_none() {
            failed.push(apply::name(&project, entry));
        }
        verdicts.extend(built.verdicts);
        builds.extend(built.rendered);
        facts.push(built.facts);
        apply::adopt(&mut sources, built.sources.own(), built.diagnostics, &mut diagnostics);
    }
    let complete = settings_are_right && checked == project.entries.len();
    if let Some(check) = &request.check {
        verdicts.extend(run.compare(&mut facts, check, complete, &mut diagnostics));
    }
    run.with_others(facts, &mut diagnostics);
    if let Some(check) = request.check.as_ref().filter(|_| complete) {
        judge::exceptions(&verdicts, check, &mut diagnostics);
    }
    builds.sort_by(|a, b| a.name.cmp(&b.name));
    failed.sort();
    settings::set_levels(settings.as_ref(), &mut diagnostics);
    diagnostics.sort();
    Ok(Outcome { root, builds, failed, sources, diagnostics, edition, project, checked, complete })
}

/// Every rule that gives defaults, by which fields that nobody wrote are explained.
pub fn rules() -> Vec<&'static Rule> {
    lower::rules().iter().chain(crate::compose::rules()).copied().collect()
}

/// What all overlays of a run share.
#[derive(Clone, Copy)]
struct Run<'a> {
    project: &'a Project,
    settings: Option<&'a model::project::Project>,
    given: &'a Placed,
    /// The version of Kubernetes, where the project names none.
    kubernetes: Option<Version>,
    sources: &'a Arc<Sources>,
    kustomize: &'a kustomize::Options,
    helm: Option<&'a Helm<'a>>,
    target: Target,
    traced: bool,
    without_losses: bool,
    check: Option<&'a Checking>,
    /// The custom resources that the project defines beside what it renders.
    custom: &'a Arc<CustomKinds>,
    /// The policies of the organisation.
    policies: &'a Arc<Policies>,
}

/// What one overlay came to. Its diagnostics are settled into `sources`.
struct Built {
    rendered: Option<Rendered>,
    diagnostics: Diagnostics,
    /// The project's sources, and as its own what templates printed.
    sources: Sources,
    /// What the rest of the project has to know of it.
    facts: others::Facts,
    /// What became of the exceptions.
    verdicts: Vec<judge::Verdict>,
    /// Whether it came as far as the checks of the final resources.
    checked: bool,
}

/// One overlay in the making.
struct Build<'a> {
    run: &'a Run<'a>,
    sources: Sources,
    origins: Origins,
    resources: ResourceSet,
    compose: Option<Node>,
    diagnostics: Diagnostics,
    facts: others::Facts,
    deployed: Deployed,
    /// What is given besides the files, to the overlay that is asked for and to no other.
    given: Option<&'a Placed>,
    verdicts: Vec<judge::Verdict>,
}

impl Run<'_> {
    fn entries(&self, entries: &[&Entry], progress: Option<Progress>) -> Vec<Built> {
        // Two builds that pull one chart at the same time would be in each other's way.
        if entries.len() < PARALLEL_FROM || self.helm.is_some() {
            return entries.iter().map(|entry| self.entry(entry)).collect();
        }
        let Some(progress) = progress else { return entries.par_iter().map(|entry| self.entry(entry)).collect() };
        let mut built = Vec::with_capacity(entries.len());
        for some in entries.chunks(BETWEEN_TOLD) {
            built.par_extend(some.par_iter().map(|entry| self.entry(entry)));
            progress(built.len(), entries.len());
        }
        built
    }

    fn entry(&self, entry: &Entry) -> Built {
        let mut build = Build {
            run: self,
            sources: Sources::over(Arc::clone(self.sources)),
            origins: match () {
                () if self.without_losses => Origins::without_losses(),
                () if self.traced => Origins::with_losses(),
                () => Origins::default(),
            },
            resources: ResourceSet::default(),
            compose: None,
            diagnostics: Diagnostics::default(),
            facts: others::Facts::default(),
            deployed: Deployed::default(),
            given: Some(self.given),
            verdicts: Vec::new(),
        };
        let built = entry.file.and_then(|file| match entry.kind {
            EntryKind::Layer => build.overlay(file),
            EntryKind::Kustomization if self.target == Target::Compose => {
                build.no_compose(file);
                None
            }
            EntryKind::Kustomization => build.kustomization(file, self.given),
        });
        let checked = built.is_some();
        let Build { sources, origins, compose, mut diagnostics, facts, deployed, verdicts, .. } = build;
        diagnostics.settle(&origins);
        settings::set_levels(self.settings, &mut diagnostics);
        let rendered = built.filter(|_| !diagnostics.has_errors()).map(|resources| {
            let (name, folder) = apply::place(self.project, entry);
            let identity = match entry.kind {
                EntryKind::Layer => Identity::Object,
                EntryKind::Kustomization => Identity::Kustomize,
            };
            let inputs = inputs::of(self.project, entry);
            let (environment, app) = inputs::about(self.project, entry);
            Rendered {
                name,
                folder,
                file: entry.file,
                environment,
                app,
                resources,
                deployed,
                inputs,
                identity,
                compose,
                origins,
                sources: sources.clone(),
            }
        });
        Built { rendered, diagnostics, sources, facts, verdicts, checked }
    }
}

impl Build<'_> {
    /// A typed overlay (or an application alone): all typed merges, then transforms layer by
    /// layer, then what needs final names, then the rules that no door may go around.
    fn overlay(&mut self, file: FileId) -> Option<Vec<Resource>> {
        let (project, none) = (self.run.project, Box::<model::project::Project>::default());
        let settings = self.run.settings.unwrap_or(&none);
        let plan =
            layers::plan(project, settings, file, &self.run.given.set, &mut self.origins, &mut self.diagnostics)?;
        let app = self.app(&plan, settings)?;
        let definitions = apply::definitions(&plan, settings, &mut self.diagnostics);
        if let Some(app) = app.as_deref() {
            for resource in lower::lower(app, &mut self.origins) {
                self.insert(resource);
            }
        }
        for (index, _) in plan.layers.iter().enumerate() {
            self.layer(&plan, index, app.as_deref(), definitions);
        }
        if self.diagnostics.has_errors() {
            return None;
        }
        self.mirrors(&plan);
        if let Some(given) = self.given {
            self.images_and_replicas(given);
        }
        self.final_names(app.as_deref());
        self.deployed = deployed::of(&plan, settings, project.get(file).start());
        let policy = self.run.checked(apply::policy(&plan, settings, self.run));
        let build =
            check::Build { app: app.as_deref(), resources: &self.resources, policy: &policy, origins: &self.origins };
        check::enforce(&build, &mut self.diagnostics);
        if self.run.check.is_some() {
            check::advise(&build, &mut self.diagnostics);
        }
        let beside = self.beside(&build, file, Some(&plan));
        let name = || apply::file_place(project, file).0;
        let own = apply::facts(&build, &plan, settings, name, &mut self.diagnostics);
        // What lies below is part of the resources here, and asks for nothing beside them.
        let below = std::mem::replace(&mut self.facts, own);
        self.facts.claims.extend(below.claims);
        self.facts.beside = beside;
        if self.run.target == Target::Compose {
            self.compose(&plan, file, app.as_deref());
        }
        self.judge(&plan.policy, &plan.exceptions);
        Some(std::mem::take(&mut self.resources).into_resources())
    }

    /// Reads the merged application and resolves it. `Some(None)` when the layers hold none. Boxed, for
    /// layers of both kinds in turn lie on one stack.
    fn app(&mut self, plan: &Plan, settings: &model::project::Project) -> Option<Option<Box<crate::app::App>>> {
        let Some(merged) = &plan.app else { return Some(None) };
        let spec = model::read::<model::app::App>(merged, &mut self.diagnostics)?;
        let neighbours = self.neighbours(&spec, settings);
        let affixes = apply::affixes(plan);
        let (project, origins) = (self.run.project, &self.origins);
        let file = |path: &crate::tree::Text| apply::config_file(project, origins, path);
        let context = crate::resolve::app::Context {
            edition: settings.edition.map(|edition| edition.value).unwrap_or_default(),
            namespace: plan.namespace.as_ref(),
            provider: plan.provider.as_ref(),
            monitoring: &plan.monitoring,
            routing: plan.routing.as_ref(),
            network: &plan.network,
            environment: plan.environment.as_ref(),
            local: apply::is_local(plan),
            in_cluster: self.run.target == Target::Kubernetes,
            affixes: &affixes,
            neighbours: &neighbours,
            release: crate::resolve::app::Release {
                order: plan.order,
                kept_by_runner: self.run.target == Target::Compose,
                namespace: plan.namespace_object.as_ref(),
            },
            file: &file,
        };
        crate::resolve::app::resolve(&spec, &context, &mut self.diagnostics).map(Box::new).map(Some)
    }
}

impl Build<'_> {
    /// The applications that the dependencies of `spec` name, by the key of the dependency. Only what
    /// they say is read: what they render is the business of their own builds.
    fn neighbours(
        &mut self,
        spec: &model::app::App,
        settings: &model::project::Project,
    ) -> Vec<(Text, crate::resolve::app::Neighbour)> {
        let project = self.run.project;
        let mut found = Vec::new();
        for (key, dependency) in spec.dependencies.iter() {
            let Some(application) = &dependency.application else { continue };
            let overlay = &application.overlay;
            let Some(from) = self.origins.settle(overlay.origin) else { continue };
            let link = project.link(from, overlay, Role::Application);
            let Some(file) = link.and_then(|link| link.files.first().copied()) else { continue };
            let plan = layers::plan(project, settings, file, &[], &mut self.origins, &mut self.diagnostics);
            let Some(plan) = plan else { continue };
            let spec = plan.app.as_ref().and_then(|app| model::read(app, &mut self.diagnostics));
            let neighbour = spec.map(|spec| crate::resolve::app::Neighbour {
                spec,
                namespace: plan.namespace.clone(),
                affixes: apply::affixes(&plan),
                local: apply::is_local(&plan),
                guarded: plan.network.is_enforced(),
            });
            found.extend(neighbour.map(|neighbour| (key.clone(), neighbour)));
        }
        found
    }
}
