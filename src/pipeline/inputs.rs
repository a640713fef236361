//! What a build depends on, with the charts that kustomizations ask for.

use std::path::Path;

use crate::kustomize::{self, Chart};
use crate::load::values::join;
use crate::project::{Entry, FileId, Inputs, Kind, Project, Role};
use crate::resolve::layers;

/// Everything that a build of `entry` depends on.
pub(super) fn of(project: &Project, entry: &Entry) -> Inputs {
    let mut inputs = project.inputs(entry);
    for file in project.files_of(entry) {
        let folder = project.get(file).canonical.parent().unwrap_or(&project.root);
        kustomize::charts(project, file).iter().for_each(|chart| of_chart(chart, folder, &mut inputs));
    }
    inputs
}

/// The environment and the application of an entry, as its layers write them.
pub(super) fn about(project: &Project, entry: &Entry) -> (Option<String>, Option<String>) {
    let environment = entry.file.and_then(|file| layers::environment_of(project, file)).map(str::to_owned);
    let app = layers_of(project, entry).into_iter().find_map(|file| {
        let file = project.get(file);
        let name = file.root().filter(|_| file.kind == Some(Kind::App))?.at(&["metadata", "name"])?;
        name.as_str().map(str::to_owned)
    });
    (environment, app)
}

/// The files of an entry and of the bases below it.
fn layers_of(project: &Project, entry: &Entry) -> Vec<FileId> {
    let (mut found, mut open) = (Vec::new(), Vec::from_iter(entry.file));
    while let Some(file) = open.pop() {
        if !found.contains(&file) {
            found.push(file);
            let bases = project.links(file).iter().filter(|link| link.reference.role == Role::Base);
            open.extend(bases.flat_map(|link| &link.files));
        }
    }
    found
}

/// A chart is what its folder holds, also when it has yet to be pulled, and the values that are
/// written beside it.
fn of_chart(chart: &Chart, folder: &Path, inputs: &mut Inputs) {
    inputs.trees.insert(join(folder, &Path::new(chart.home().as_str()).join(chart.name.as_str())));
    let values = chart.values_file.iter().chain(&chart.additional_values_files);
    inputs.files.extend(values.map(|file| join(folder, Path::new(file.as_str()))));
}
