//! Kustomizations, and what they take in that their own front end does not make: typed overlays
//! and Helm charts.

use std::path::Path;

use super::charts::Renderer;
use super::others::Facts;
use super::{Build, Run};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Result;
use crate::kustomize::{self, Chart, Imports};
use crate::origin::{Origins, Sources};
use crate::project::FileId;
use crate::resource::{Resource, ResourceSet};
use crate::tree::Node;

impl Build<'_> {
    /// Builds a kustomization; `None` after an error.
    pub(super) fn kustomize(&mut self, file: FileId) -> Option<Vec<Resource>> {
        let Self { run, sources, origins, diagnostics, facts, .. } = self;
        let mut imported = Imported { run, sources, facts };
        kustomize::build(run.project, file, run.kustomize, &mut imported, origins, diagnostics)
    }
}

/// What the kustomizations of one build take in; charts and templates add sources to it.
struct Imported<'a> {
    run: &'a Run<'a>,
    sources: &'a mut Sources,
    /// What the typed overlays among them say to the rest of the project.
    facts: &'a mut Facts,
}

impl Imports for Imported<'_> {
    fn overlay(&mut self, file: FileId, origins: &mut Origins, diagnostics: &mut Diagnostics) -> Option<Vec<Node>> {
        let mut build = Build {
            run: self.run,
            sources: std::mem::take(self.sources),
            origins: std::mem::take(origins),
            resources: ResourceSet::default(),
            compose: None,
            diagnostics: Diagnostics::default(),
            facts: Facts::default(),
            deployed: super::Deployed::default(),
            given: None,
            verdicts: Vec::new(),
        };
        let built = build.overlay(file).filter(|_| !build.diagnostics.has_errors());
        *self.sources = build.sources;
        *origins = build.origins;
        self.facts.take_in(build.facts);
        diagnostics.append(build.diagnostics);
        built.map(|resources| resources.into_iter().map(|resource| resource.root).collect())
    }

    fn chart(&mut self, chart: &Chart, folder: &Path) -> Result<Vec<Node>> {
        let Some(helm) = self.run.helm else {
            let message = format!("the chart `{}` is not rendered without `--enable-helm`", chart.name);
            let problem = Diagnostic::error("helm-not-enabled", message).at(chart.name.origin);
            let help = "say `--enable-helm` to run the installed helm, or render the chart into a file and list that";
            return Err(problem.help(help).into());
        };
        let anywhere = self.run.kustomize.load_anywhere;
        Renderer { helm: *helm, project: self.run.project, anywhere, sources: self.sources }.render(chart, folder)
    }
}
