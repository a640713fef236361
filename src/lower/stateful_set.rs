//! StatefulSets and PersistentVolumeClaims.

use super::deployment::restart;
use super::metadata::{Metadata, SYNC_OPTIONS, WAVE};
use super::proof::attribute;
use super::rules::{BUNDLED_SERVICE, CLAIM, KEPT_CLAIM, STABLE_SELECTORS, STATEFUL_SET};
use super::{Lowering, list, pairs, texts};
use crate::app::{Bundled, Claim, ClaimRequest, ClaimTemplate, StatefulSet};
use crate::model::workload::{AccessMode, PodManagement};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Spanned, Value};

impl Lowering<'_> {
    /// A bundled service: the StatefulSet and the Service in front of it.
    pub(super) fn bundled(&mut self, bundled: &Bundled) -> Vec<Node> {
        let stateful_set = &bundled.stateful_set;
        let mut nodes = self.stateful_set_and_services(stateful_set, self.waves.bundled);
        if let Some(place) = stateful_set.bundled {
            // What nobody wrote has the place of the dependency that asks for it.
            let made = self.rule_at(&BUNDLED_SERVICE, place);
            nodes.iter_mut().for_each(|node| attribute(node, place, made));
        }
        nodes
    }

    pub(super) fn stateful_set_and_services(&mut self, stateful_set: &StatefulSet, wave: i32) -> Vec<Node> {
        let pod = &stateful_set.pod;
        let mut nodes = vec![self.stateful_set(stateful_set, wave)];
        for service in std::iter::once(&stateful_set.governing).chain(&stateful_set.service) {
            nodes.push(self.service(service, pod, &stateful_set.selector, wave));
        }
        nodes
    }

    fn stateful_set(&mut self, stateful_set: &StatefulSet, wave: i32) -> Node {
        let origin = self.rule(&STATEFUL_SET);
        let pod = &stateful_set.pod;
        let wave = self.wave(wave, pod.wave);
        let metadata = self.metadata(Metadata {
            name: &stateful_set.name,
            component: Some(&pod.component),
            labels: &pod.labels,
            annotations: &pod.annotations,
            by_rule: vec![(WAVE, wave), restart(stateful_set.restarted_by)],
        });
        let selecting = self.rule(&STABLE_SELECTORS);
        let labels = texts(pairs(&stateful_set.selector), selecting);
        let parallel = stateful_set.pod_management.map(|written| written.map(management_word));
        let spec = object! { origin;
            "replicas"?: stateful_set.replicas,
            "podManagementPolicy"?: parallel,
            "revisionHistoryLimit"?: stateful_set.revision_history_limit,
            "minReadySeconds"?: stateful_set.min_ready_seconds,
            "serviceName": &stateful_set.governing.name,
            "selector": object! { selecting; "matchLabels": labels },
            "template": self.stateful_pods(stateful_set),
            "volumeClaimTemplates"?: list(&stateful_set.claim_templates, origin, |template| claim_template(template, origin)),
            "persistentVolumeClaimRetentionPolicy"?: stateful_set.delete_claims.map(|written| self.deleted_claims(written)),
        };
        object! { origin; "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata, "spec": spec }
    }

    /// Volumes go with the StatefulSet, and stay when it only gets fewer pods.
    fn deleted_claims(&mut self, written: Origin) -> Node {
        let origin = self.rule_at(&STATEFUL_SET, written);
        object! { origin; "whenDeleted": "Delete", "whenScaled": "Retain" }
    }

    /// The pod template. A volume that belongs to the group already is not walked through again.
    fn stateful_pods(&mut self, stateful_set: &StatefulSet) -> Node {
        let origin = self.rule(&STATEFUL_SET);
        let mut template = self.pod_template(&stateful_set.pod, false);
        let context = template.at_mut(&["spec", "securityContext"]).and_then(Node::as_map_mut);
        if let Some(context) = context.filter(|context| context.get("fsGroup").is_some()) {
            context.push("fsGroupChangePolicy", origin, Node::string("OnRootMismatch", origin));
        }
        template
    }

    /// A claim, in the wave of the first pods that use it: where a volume is made for its first
    /// pod alone, a wave of claims would never be healthy.
    pub(super) fn claim(&mut self, claim: &Claim) -> Node {
        let origin = self.rule(&CLAIM);
        let keeping = self.rule(&KEPT_CLAIM);
        let kept = claim.retain.then(|| Node::string("Prune=false,Delete=false", keeping));
        let wave = self.wave(self.waves.of_claim(self.app, &claim.name), None);
        let app = self.app;
        let metadata = self.metadata(Metadata {
            name: &claim.name,
            component: None,
            labels: &app.labels,
            annotations: &[],
            by_rule: vec![(WAVE, wave), (SYNC_OPTIONS, kept)],
        });
        object! { origin;
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
            "spec": claim_spec(&claim.request, origin),
        }
    }
}

/// The API server stores `apiVersion`, `kind` and `volumeMode` of a template, and the list is
/// compared as one.
fn claim_template(template: &ClaimTemplate, origin: Origin) -> Node {
    let mut spec = claim_spec(&template.request, origin);
    if let Value::Map(map) = spec.value_mut() {
        map.push("volumeMode", origin, Node::string("Filesystem", origin));
    }
    object! { origin;
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": object! { origin; "name": &template.name },
        "spec": spec,
    }
}

fn claim_spec(request: &ClaimRequest, origin: Origin) -> Node {
    let written = request.access_modes.iter().copied();
    let default = Some(Spanned::new(AccessMode::ReadWriteOnce, origin)).filter(|_| request.access_modes.is_empty());
    let modes = written.chain(default).map(|mode| Node::string(mode_word(mode.value), mode.origin));
    let requests = object! { origin; "storage": &request.size.0 };
    object! { origin;
        "accessModes": modes.collect::<Vec<_>>(),
        "resources": object! { origin; "requests": requests },
        "storageClassName"?: request.storage_class.as_ref(),
    }
}

fn mode_word(mode: AccessMode) -> &'static str {
    match mode {
        AccessMode::ReadWriteOnce => "ReadWriteOnce",
        AccessMode::ReadWriteOncePod => "ReadWriteOncePod",
        AccessMode::ReadOnlyMany => "ReadOnlyMany",
        AccessMode::ReadWriteMany => "ReadWriteMany",
    }
}

fn management_word(management: PodManagement) -> &'static str {
    match management {
        PodManagement::OrderedReady => "OrderedReady",
        PodManagement::Parallel => "Parallel",
    }
}
