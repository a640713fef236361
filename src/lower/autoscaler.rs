//! HorizontalPodAutoscalers.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::AUTOSCALER;
use crate::app::{Autoscaling, Deployment};
use crate::object;
use crate::tree::{Node, Spanned};

impl Lowering<'_> {
    /// The autoscaler of `deployment`.
    pub(super) fn autoscaler(&mut self, scaling: &Autoscaling, deployment: &Deployment) -> Node {
        let origin = self.rule(&AUTOSCALER);
        let wave = self.wave(self.waves.last, None);
        let app = self.app;
        let metadata = self.metadata(Metadata {
            name: &deployment.name,
            component: Some(&deployment.pod.component),
            labels: &app.labels,
            annotations: &[],
            by_rule: vec![(WAVE, wave)],
        });
        let target = object! { origin; "apiVersion": "apps/v1", "kind": "Deployment", "name": &deployment.name };
        let spec = object! { origin;
            "scaleTargetRef": target,
            "minReplicas": self.or_rule(scaling.min, &AUTOSCALER, 1),
            "maxReplicas": scaling.max,
            "metrics": self.metrics(scaling),
            "behavior"?: self.behavior(scaling),
        };
        object! { origin;
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata,
            "spec": spec,
        }
    }

    /// Memory comes first, as API servers that store the first version of the API return it.
    fn metrics(&mut self, scaling: &Autoscaling) -> Node {
        let origin = self.rule(&AUTOSCALER);
        let metric = |(name, percent): (&'static str, Option<Spanned<u32>>)| {
            let target = object! { origin; "type": "Utilization", "averageUtilization": percent? };
            let resource = object! { origin; "name": name, "target": target };
            Some(object! { origin; "type": "Resource", "resource": resource })
        };
        let metrics: Vec<Node> =
            [("memory", scaling.memory), ("cpu", scaling.cpu)].into_iter().filter_map(metric).collect();
        Node::new(metrics, origin)
    }

    fn behavior(&mut self, scaling: &Autoscaling) -> Option<Node> {
        let origin = self.rule(&AUTOSCALER);
        let rules = |seconds: Option<Spanned<u32>>| {
            seconds.map(|seconds| object! { origin; "stabilizationWindowSeconds": seconds })
        };
        super::unless_empty(object! { origin;
            "scaleUp"?: rules(scaling.scale_up_stabilization_seconds),
            "scaleDown"?: rules(scaling.scale_down_stabilization_seconds),
        })
    }
}
