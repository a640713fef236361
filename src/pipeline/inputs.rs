//! What a build depends on, with the charts that kustomizations ask for.

use std::path::Path;

use crate::kustomize::{self, Chart};
use crate::load::values::join;
use crate::project::{Entry, Inputs, Project};

/// Everything that a build of `entry` depends on.
pub(super) fn of(project: &Project, entry: &Entry) -> Inputs {
    let mut inputs = project.inputs(entry);
    for file in project.files_of(entry) {
        let folder = project.get(file).canonical.parent().unwrap_or(&project.root);
        kustomize::charts(project, file).iter().for_each(|chart| of_chart(chart, folder, &mut inputs));
    }
    inputs
}

/// A chart is what its folder holds, also when it has yet to be pulled, and the values that are
/// written beside it.
fn of_chart(chart: &Chart, folder: &Path, inputs: &mut Inputs) {
    inputs.trees.insert(join(folder, &Path::new(chart.home().as_str()).join(chart.name.as_str())));
    let values = chart.values_file.iter().chain(&chart.additional_values_files);
    inputs.files.extend(values.map(|file| join(folder, Path::new(file.as_str()))));
}
