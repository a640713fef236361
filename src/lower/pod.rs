//! Pod templates.

use super::rules::{JOB_PODS, NO_SERVICE_LINKS, POD, SERVICE_ACCOUNT, TOPOLOGY_SPREAD};
use super::service_account::pull_secrets;
use super::{Lowering, list, pairs, texts, unless_empty};
use crate::app::{Container, Pod};
use crate::object;
use crate::tree::{Node, Text};

impl Lowering<'_> {
    /// The pod template of a workload; the pods of Jobs run once each.
    pub(super) fn pod_template(&mut self, pod: &Pod, once: bool) -> Node {
        let origin = self.rule(&POD);
        let metadata = object! { origin;
            "labels": self.pod_labels(pod),
            "annotations"?: unless_empty(texts(pairs(&pod.pod_annotations), origin)),
        };
        object! { origin; "metadata": metadata, "spec": self.pod_spec(pod, once) }
    }

    fn pod_spec(&mut self, pod: &Pod, once: bool) -> Node {
        let origin = self.rule(&POD);
        let never = self.rule(&JOB_PODS);
        let links = self.rule(&NO_SERVICE_LINKS);
        let identity = self.rule(&SERVICE_ACCOUNT);
        let scheduling = &pod.scheduling;
        object! { origin;
            "serviceAccountName": &pod.service_account,
            "automountServiceAccountToken": match pod.token {
                Some(asked) => Node::new(true, asked),
                None => Node::new(false, identity),
            },
            "enableServiceLinks": Node::new(false, links),
            "restartPolicy"?: once.then(|| Node::string("Never", never)),
            "terminationGracePeriodSeconds"?: pod.termination_grace_period_seconds,
            "priorityClassName"?: scheduling.priority_class.as_ref(),
            "securityContext": self.pod_security(pod),
            "imagePullSecrets"?: pull_secrets(&pod.image_pull_secrets, origin),
            "nodeSelector"?: unless_empty(texts(scheduling.node_selector.iter(), origin)),
            "tolerations"?: scheduling.tolerations.as_ref().map(|raw| raw.0.clone()),
            "affinity"?: scheduling.affinity.as_ref().map(|raw| raw.0.clone()),
            "topologySpreadConstraints"?: self.spread(scheduling.spread.as_deref().unwrap_or_default(), pod),
            "initContainers"?: list(&pod.init, origin, |container| self.container(container, pod)),
            "containers": self.containers(&pod.main, pod),
            "volumes"?: list(&pod.volumes, origin, |volume| self.volume(volume)),
        }
    }

    fn containers(&mut self, main: &Container, pod: &Pod) -> Node {
        let origin = self.rule(&POD);
        Node::new(vec![self.container(main, pod)], origin)
    }

    fn spread(&mut self, over: &[Text], pod: &Pod) -> Option<Node> {
        let origin = self.rule(&TOPOLOGY_SPREAD);
        list(over, origin, |label| {
            let selector = object! { origin; "matchLabels": texts(pairs(&pod.selector), origin) };
            object! { origin;
                "maxSkew": 1,
                "topologyKey": label,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": selector,
            }
        })
    }
}
