//! The second front end: kustomizations become resources by one fold.
//!
//! What it does is what `kustomize build` does, oversights included, so that the output is the
//! same to the byte. [`fold`] walks the layers and applies the transforms of each; the last steps
//! (hashes, name references, variables, order) come once, at the top.

mod account;
mod config;
mod field_spec;
mod finish;
mod fold;
mod generator;
mod json;
mod path;
mod pattern;
mod plugin;
mod provenance;
mod read;
mod replacement;
mod scalar;
mod schema;
mod selector;
mod sort;
mod spec;
mod value_add;
mod vars;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::origin::{Origin, Origins};
use crate::project::{FileId, Kind, Project, Role};
use crate::resource::Resource;
use crate::tree::Node;

pub use spec::{Chart, HelmGlobals, ValuesMerge};

/// What a kustomization takes in and this front end does not make itself.
pub trait Imports {
    /// Builds a typed overlay that is listed among the resources; what there is to say goes into
    /// `diagnostics`. `None` when that cannot be; then there is at least one error more.
    fn overlay(&mut self, file: FileId, origins: &mut Origins, diagnostics: &mut Diagnostics) -> Option<Vec<Node>>;

    /// The objects of a Helm chart, which a kustomization in `folder` asks for.
    fn chart(&mut self, chart: &Chart, folder: &Path) -> Result<Vec<Node>>;
}

/// The flags of `kustomize build`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether a kustomization may name files outside of its folder.
    pub load_anywhere: bool,
    /// Whether the output is in the legacy order where `sortOptions` says none.
    pub reorder: bool,
    /// Whether all resources get the label `app.kubernetes.io/managed-by`.
    pub managed_by: bool,
    /// Whether what matches nothing is an error.
    pub strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { load_anywhere: false, reorder: true, managed_by: false, strict: false }
    }
}

/// Where the file says that it is a component and no kustomization, when it does.
pub fn component(project: &Project, file: FileId) -> Option<Origin> {
    let kind = project.get(file).root()?.get("kind")?;
    (kind.as_str() == Some("Component")).then_some(kind.origin())
}

/// The charts that the kustomization `file` asks for, itself and through the configurations of
/// generators that it names. What is wrong with them is said when it is built.
pub fn charts(project: &Project, file: FileId) -> Vec<Chart> {
    let root = project.get(file).root().filter(|_| project.get(file).kind == Some(Kind::Kustomization));
    let mut said = Diagnostics::default();
    let mut found = root.map(|root| spec::chart::charts_of(root, &mut said)).unwrap_or_default();
    for link in project.links(file).iter().filter(|link| link.reference.role == Role::KustomizePlugin) {
        let documents = link.files.iter().flat_map(|file| project.get(*file).documents());
        let charts = documents.filter(|node| node.get("kind").and_then(Node::as_str) == Some(CHARTS));
        found.extend(charts.filter_map(|node| Chart::plugin(node, &mut said)));
    }
    found
}

/// The plugin that makes resources of a chart.
const CHARTS: &str = "HelmChartInflationGenerator";

/// Builds the kustomization `file`: its resources in the order of output. `None` when that cannot
/// be; then `diagnostics` has at least one error more.
pub fn build(
    project: &Project,
    file: FileId,
    options: &Options,
    imports: &mut dyn Imports,
    origins: &mut Origins,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Resource>> {
    let mut fold = fold::Fold::new(project, options, imports, origins, diagnostics);
    match finish::build(&mut fold, file, options) {
        Ok(resources) => Some(resources),
        Err(error) => {
            diagnostics.push(error.into());
            None
        }
    }
}
