//! What an application reads of others in the project: those that run a backing service for it.

use crate::model;
use crate::project::Role;
use crate::resolve::app::Neighbour;
use crate::resolve::layers;
use crate::tree::Text;

use super::{Build, apply};

impl Build<'_> {
    /// The applications that the dependencies of `spec` name, by the key of the dependency. Only what
    /// they say is read: what they render is the business of their own builds.
    pub(super) fn neighbours(
        &mut self,
        spec: &model::app::App,
        settings: &model::project::Project,
    ) -> Vec<(Text, Neighbour)> {
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
            let neighbour = spec.map(|spec| Neighbour {
                spec,
                namespace: plan.namespace.clone(),
                affixes: apply::affixes(&plan),
                local: apply::is_local(&plan),
            });
            found.extend(neighbour.map(|neighbour| (key.clone(), neighbour)));
        }
        found
    }
}
