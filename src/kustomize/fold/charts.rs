//! Helm charts: what they render is taken in like what a generator makes.

use std::path::PathBuf;

use super::{Fold, Layer, insert, manifests};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::kustomize::Chart;
use crate::kustomize::provenance::{self, Maker, ORIGIN};
use crate::project::FileId;
use crate::resource::Resource;

impl Fold<'_> {
    /// Takes in what a chart renders.
    pub(super) fn chart(&mut self, file: FileId, chart: &Chart, maker: Option<Maker>, layer: &mut Layer) -> Result<()> {
        let folder = self.project.get(file).canonical.parent().map(PathBuf::from).unwrap_or_default();
        let documents = self.imports.chart(chart, &folder)?;
        for mut root in manifests(&documents)? {
            if let Some(maker) = &maker {
                provenance::annotate(&mut root, ORIGIN, maker.origin(), chart.origin);
            }
            let at = root.origin();
            let mut resource = Resource::without_version(root)
                .ok_or_else(|| Diagnostic::error("not-a-resource", "this is not a Kubernetes object").at(at))?;
            resource.needs_hash = provenance::asks_for_hash(&resource.root);
            insert(&mut layer.set, resource)?;
        }
        Ok(())
    }
}
