//! PodDisruptionBudgets.

use super::metadata::{Metadata, WAVE};
use super::rules::{DISRUPTION_BUDGET, STABLE_SELECTORS};
use super::{Lowering, pairs, texts};
use crate::app::{Deployment, Disruption};
use crate::object;
use crate::tree::Node;

impl Lowering<'_> {
    /// The budget of `deployment`, in its wave.
    pub(super) fn disruption_budget(&mut self, disruption: &Disruption, deployment: &Deployment) -> Node {
        let origin = self.rule(&DISRUPTION_BUDGET);
        let selecting = self.rule(&STABLE_SELECTORS);
        let wave = self.wave(self.waves.of_workload(&deployment.pod), deployment.pod.wave);
        let app = self.app;
        let metadata = self.metadata(Metadata {
            name: &deployment.name,
            component: Some(&deployment.pod.component),
            labels: &app.labels,
            annotations: &[],
            by_rule: vec![(WAVE, wave)],
        });
        let (most, least) = match disruption {
            Disruption::MaxUnavailable(bound) => (Some(bound.0.clone()), None),
            Disruption::MinAvailable(bound) => (None, Some(bound.0.clone())),
        };
        let labels = texts(pairs(&deployment.selector), selecting);
        let spec = object! { origin;
            "maxUnavailable"?: most,
            "minAvailable"?: least,
            "selector": object! { selecting; "matchLabels": labels },
        };
        object! { origin;
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata,
            "spec": spec,
        }
    }
}
