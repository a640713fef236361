//! Whether the applications whose services this one uses let it in.

use super::{Resolver, Workload};
use crate::diagnostic::Diagnostic;
use crate::model::dependency::Dependency;
use crate::model::network::Client;
use crate::resolve::app::Neighbour;
use crate::resolve::reserved::NAME_LABEL;
use crate::tree::Text;

impl Resolver<'_> {
    /// An application that only its clients reach must name this one among them.
    pub(super) fn let_in_by_neighbours(&mut self, workloads: &[Workload<'_>]) {
        let spec = self.spec;
        for (key, neighbour) in self.context.neighbours.iter().filter(|(_, neighbour)| neighbour.guarded) {
            let Some(dependency) = spec.dependencies.get(key) else { continue };
            let Some((offered, place)) = offered(dependency, neighbour) else { continue };
            let shut_out = workloads.iter().filter(|workload| workload.uses_dependencies()).find(|workload| {
                let mut clients = neighbour.spec.clients.iter().map(|(_, client)| client);
                !clients.any(|client| {
                    client.dependency.as_ref() == Some(offered) && self.is_let_in(client, workload, neighbour)
                })
            });
            if let Some(workload) = shut_out {
                let name = &neighbour.spec.metadata.name;
                let message = format!("`{name}` does not let the pods of `{}` in", workload.name);
                let namespace = self.context.namespace.map(Text::as_str).unwrap_or_default();
                self.say(
                    Diagnostic::error("not-let-in", message).at(place.origin).related(name.origin, "the application").help(
                        format!(
                            "add to its `clients`: `{}: {{service: {{namespace: {namespace}}}, dependency: {offered}}}`",
                            spec.metadata.name
                        ),
                    ),
                );
            }
        }
    }

    /// Whether a client of the neighbour is what the pods of this workload are.
    fn is_let_in(&self, client: &Client, workload: &Workload<'_>, neighbour: &Neighbour) -> bool {
        let Some(pods) = &client.service else { return false };
        let namespace = pods.namespace.as_ref().or(neighbour.namespace.as_ref());
        let label = |key: &str| match key {
            NAME_LABEL => Some(workload.pod.name_label.as_str()),
            "app.kubernetes.io/managed-by" => Some("strata"),
            "app.kubernetes.io/part-of" => self.spec.metadata.part_of.as_deref(),
            key => {
                let own = workload.pod.selector.iter().chain(&workload.pod.labels);
                own.into_iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
            }
        };
        namespace == self.context.namespace && pods.labels.iter().all(|(key, value)| label(key) == Some(value.as_str()))
    }
}

/// The key there of the dependency that is meant, and the place here that names it; what cannot be
/// found has been reported.
fn offered<'n>(dependency: &'n Dependency, neighbour: &'n Neighbour) -> Option<(&'n Text, &'n Text)> {
    let application = dependency.application.as_ref()?;
    if let Some(wanted) = &application.dependency {
        return Some((wanted, wanted));
    }
    let kind = dependency.dependency_type.value;
    let fits = |other: &Dependency| other.bundled.is_some() && other.dependency_type.value == kind;
    let (key, _) = neighbour.spec.dependencies.iter().find(|(_, other)| fits(other))?;
    Some((key, &application.overlay))
}
