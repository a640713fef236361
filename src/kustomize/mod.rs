//! The second front end: kustomizations become resources by one fold.
//!
//! What it does is what `kustomize build` does, oversights included, so that the output is the
//! same to the byte. [`fold`] walks the layers and applies the transforms of each; the last steps
//! (hashes, name references, variables, order) come once, at the top.

mod config;
mod finish;
mod fold;
mod generator;
mod path;
mod provenance;
mod read;
mod replacement;
mod scalar;
mod schema;
mod selector;
mod sort;
mod spec;
mod vars;

#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostics;
use crate::origin::Origins;
use crate::project::{FileId, Project};
use crate::resource::Resource;
use crate::tree::Node;

/// The flags of `kustomize build`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether a kustomization may name files outside of its folder.
    pub load_anywhere: bool,
    /// Whether the output is in the legacy order where `sortOptions` says none.
    pub reorder: bool,
    /// Whether all resources get the label `app.kubernetes.io/managed-by`.
    pub managed_by: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { load_anywhere: false, reorder: true, managed_by: false }
    }
}

/// Builds a typed overlay that a kustomization lists among its resources: the file, and where what
/// there is to say goes. `None` when that cannot be; then there is at least one error more.
pub type Typed<'a> = dyn FnMut(FileId, &mut Origins, &mut Diagnostics) -> Option<Vec<Node>> + 'a;

/// Builds the kustomization `file`: its resources in the order of output. `None` when that cannot
/// be; then `diagnostics` has at least one error more.
pub fn build(
    project: &Project,
    file: FileId,
    options: &Options,
    typed: &mut Typed<'_>,
    origins: &mut Origins,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Resource>> {
    let mut fold = fold::Fold::new(project, typed, origins, diagnostics);
    match finish::build(&mut fold, file, options) {
        Ok(resources) => Some(resources),
        Err(error) => {
            diagnostics.push(error.into());
            None
        }
    }
}
