//! The application of a typed overlay as a Docker Compose file.

use super::Build;
use crate::app::App;
use crate::compose::{self, Given};
use crate::diagnostic::Diagnostic;
use crate::project::FileId;
use crate::resolve::layers::Plan;

impl Build<'_> {
    /// Makes the Compose file of what is built and checked.
    pub(super) fn compose(&mut self, plan: &Plan, file: FileId, app: Option<&App>) {
        let Some(app) = app else { return self.no_compose(file) };
        let patches = plan.layers.iter().flat_map(|layer| &layer.patches);
        let patches = patches.map(|patch| patch.target.place().unwrap_or(patch.target.origin)).collect();
        let given = Given { settings: &plan.compose, resources: &self.resources, patches };
        self.compose = Some(compose::compose(app, &given, &mut self.origins, &mut self.diagnostics));
    }

    /// Says that `file` has no application that a Compose file could be made of.
    pub(super) fn no_compose(&mut self, file: FileId) {
        let message = "a Compose file is made of an application, and here is none";
        self.diagnostics.push(
            Diagnostic::error("compose-without-application", message)
                .at(self.run.project.get(file).start())
                .help("build an overlay whose base is an App"),
        );
    }
}
