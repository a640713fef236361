//! What the layers of overlays say, as they are written: for who edits them.

use std::collections::HashSet;
use std::path::PathBuf;

use super::{Request, apply};
use crate::diagnostic::Diagnostics;
use crate::error::Result;
use crate::load;
use crate::origin::Sources;
use crate::project::{FileId, Kind, Project, Role};
use crate::resolve::layers;
use crate::tree::Node;

/// The overlays of a request, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The project's root.
    pub root: PathBuf,
    /// The overlays, in the order given and found.
    pub overlays: Vec<WrittenOverlay>,
    /// Everything that was read.
    pub sources: Sources,
    /// What there is to say about the files, sorted.
    pub diagnostics: Diagnostics,
}

/// One overlay and the layers below it.
#[derive(Clone, Debug)]
pub struct WrittenOverlay {
    /// Its folder relative to the project's root, with `/` between the parts.
    pub name: String,
    /// The path as given; of what was found below a given folder, that folder and the way to it.
    pub path: PathBuf,
    /// The environment that it names, itself or through its base.
    pub environment: Option<String>,
    /// Its layers, base first; its own file is the last one.
    pub layers: Vec<WrittenFile>,
}

/// The file of a layer.
#[derive(Clone, Debug)]
pub struct WrittenFile {
    /// The canonical path.
    pub canonical: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// The document.
    pub root: Node,
    /// The position of its first byte in the sources.
    pub base: u32,
}

/// Reads the layers of what `request` asks for, and makes nothing of them.
pub fn written(request: &Request) -> Result<Written> {
    let mut diagnostics = Diagnostics::default();
    let project =
        load::load(&request.entries, &request.cwd, request.reading(load::Files::Disk), |_| false, &mut diagnostics)?;
    diagnostics.sort();
    let mut overlays = Vec::new();
    for entry in &project.entries {
        let Some(file) = entry.file else { continue };
        let environment = layers::environment_of(&project, file).map(str::to_owned);
        let (name, _) = apply::place(&project, entry);
        overlays.push(WrittenOverlay { name, path: entry.path.clone(), environment, layers: chain(&project, file) });
    }
    Ok(Written { root: project.root.clone(), overlays, sources: project.sources().clone(), diagnostics })
}

/// The layers below `entry`, base first, and it itself; of kustomizations those that they list.
fn chain(project: &Project, entry: FileId) -> Vec<WrittenFile> {
    let mut layers = Vec::new();
    let mut seen = HashSet::new();
    // An explicit stack, for chains may be long: what to visit, or what comes after its layers.
    let mut open = vec![(entry, false)];
    while let Some((id, below_done)) = open.pop() {
        if below_done {
            let file = project.get(id);
            let layer = file.kind.zip(file.root().cloned());
            layers.extend(layer.map(|(kind, root)| WrittenFile {
                canonical: file.canonical.clone(),
                kind,
                root,
                base: file.base,
            }));
        } else if seen.insert(id) {
            open.push((id, true));
            let is_layer = |role| {
                matches!(role, Role::Base | Role::Component | Role::KustomizeResource | Role::KustomizeComponent)
            };
            let links = project.links(id).iter().filter(|link| is_layer(link.reference.role));
            let below: Vec<FileId> = links.flat_map(|link| link.files.iter().copied()).collect();
            open.extend(below.into_iter().rev().filter(|id| project.get(*id).kind.is_some()).map(|id| (id, false)));
        }
    }
    layers
}
