//! Deployments.

use super::metadata::{Metadata, WAVE};
use super::rules::{DEPLOYMENT, MIGRATION_ON_BOOT, ROLLOUT_STRATEGY, SINGLE_WRITER_ROLLOUT, STABLE_SELECTORS};
use super::{Lowering, pairs, texts, unless_empty};
use crate::app::{Deployment, RecreateFor, Restarter, Strategy};
use crate::model::workload::Rolling;
use crate::object;
use crate::tree::{Node, Spanned};

impl Lowering<'_> {
    pub(super) fn deployment(&mut self, deployment: &Deployment) -> Node {
        let origin = self.rule(&DEPLOYMENT);
        let pod = &deployment.pod;
        let wave = self.wave(self.waves.of_workload(pod), pod.wave);
        let metadata = self.metadata(Metadata {
            name: &deployment.name,
            component: Some(&pod.component),
            labels: &pod.labels,
            annotations: &pod.annotations,
            by_rule: vec![(WAVE, wave), restart(deployment.restarted_by)],
        });
        let selecting = self.rule(&STABLE_SELECTORS);
        let labels = texts(pairs(&deployment.selector), selecting);
        let spec = object! { origin;
            "replicas"?: deployment.replicas,
            "revisionHistoryLimit"?: deployment.revision_history_limit,
            "progressDeadlineSeconds"?: deployment.progress_deadline_seconds,
            "minReadySeconds"?: deployment.min_ready_seconds,
            "strategy"?: self.strategy(&deployment.strategy),
            "selector": object! { selecting; "matchLabels": labels },
            "template": self.pod_template(pod, false),
        };
        object! { origin; "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec }
    }

    fn strategy(&mut self, strategy: &Strategy) -> Option<Node> {
        match strategy {
            Strategy::Default => None,
            Strategy::Recreate { because, asked_by } => {
                let origin = match asked_by {
                    RecreateFor::Itself => *because,
                    RecreateFor::Guard => self.rule_at(&SINGLE_WRITER_ROLLOUT, *because),
                    RecreateFor::Migration => self.rule_at(&MIGRATION_ON_BOOT, *because),
                };
                Some(object! { origin; "type": "Recreate" })
            }
            Strategy::Rolling(rolling) => Some(self.rolling(rolling)),
        }
    }

    fn rolling(&mut self, rolling: &Rolling) -> Node {
        let origin = self.rule(&ROLLOUT_STRATEGY);
        let bounds = object! { origin;
            "maxSurge"?: rolling.max_surge.as_ref().map(|bound| bound.0.clone()),
            "maxUnavailable"?: rolling.max_unavailable.as_ref().map(|bound| bound.0.clone()),
        };
        object! { origin; "type": "RollingUpdate", "rollingUpdate"?: unless_empty(bounds) }
    }
}

/// The annotation by which the operator of the secrets, or Reloader, restarts the pods.
pub(super) fn restart(by: Option<Spanned<Restarter>>) -> (&'static str, Option<Node>) {
    let key = match by.map(|by| by.value) {
        Some(Restarter::Infisical) => "secrets.infisical.com/auto-reload",
        Some(Restarter::Reloader) | None => "secret.reloader.stakater.com/auto",
    };
    (key, by.map(|by| Node::string("true", by.origin)))
}
