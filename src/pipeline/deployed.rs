//! Where an overlay runs and which Application of Argo CD it is, as strata.yaml and the overlay say.

use crate::model::argocd::ArgoCd;
use crate::model::project::Project as Settings;
use crate::origin::Origin;
use crate::resolve::layers::Plan;
use crate::tree::Text;

/// Where an overlay runs, and what is written about its Application.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    /// The namespace of the overlay.
    pub namespace: Option<Text>,
    /// The cluster of its environment.
    pub cluster: Option<Text>,
    /// The URL of the cluster's API server, where strata.yaml says it.
    pub server: Option<Text>,
    /// Whether its environment is a machine of the user's own.
    pub local: bool,
    /// What the project, the environment and the overlay say of the Application.
    pub argocd: ArgoCd,
    /// The overlay's file.
    pub place: Option<Origin>,
}

impl Deployed {
    /// Whether Argo CD applies it.
    pub fn is_applied(&self) -> bool {
        self.argocd.enabled.map_or(!self.local, |enabled| enabled.value)
    }

    /// The name of the Application, where the overlay says it.
    pub fn application(&self) -> Option<&str> {
        self.argocd.application.as_ref().map(Text::as_str)
    }

    /// The namespace, empty where none is said.
    pub fn namespace(&self) -> &str {
        self.namespace.as_ref().map_or("", Text::as_str)
    }
}

/// What is said of the overlay of `plan`, whose file begins at `place`.
pub(super) fn of(plan: &Plan, settings: &Settings, place: Origin) -> Deployed {
    let environment = plan.settings.as_ref();
    let layers = [settings.argocd.as_ref(), environment.and_then(|one| one.argocd.as_ref()), plan.argocd.as_ref()];
    let argocd = layers.into_iter().flatten().fold(ArgoCd::default(), |lower, over| over.over(&lower));
    let destination = environment.and_then(|one| one.destination.as_ref());
    let cluster = destination.map(|destination| destination.cluster.clone());
    let described = cluster.as_ref().and_then(|cluster| settings.clusters.get(cluster));
    Deployed {
        namespace: plan.namespace.clone(),
        server: described.and_then(|cluster| cluster.server.clone()),
        cluster,
        local: environment.is_some_and(|one| one.local.is_some_and(|local| local.value)),
        argocd,
        place: Some(place),
    }
}
