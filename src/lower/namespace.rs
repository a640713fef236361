//! The Namespace.

use super::metadata::{SYNC_OPTIONS, WAVE, add, with};
use super::rules::{NAMESPACE, RECOMMENDED_LABELS};
use super::{Lowering, texts, unless_empty};
use crate::app::Namespace;
use crate::object;
use crate::tree::Node;

/// The modes of Pod Security Admission.
const MODES: [&str; 3] = ["enforce", "audit", "warn"];

impl Lowering<'_> {
    /// The namespace of the overlay. It belongs to nobody but the overlay, so it carries none of the
    /// application's labels.
    pub(super) fn namespace(&mut self, namespace: &Namespace) -> Node {
        let origin = self.rule(&NAMESPACE);
        let managed = self.rule(&RECOMMENDED_LABELS);
        let mut labels = object! { managed; "app.kubernetes.io/managed-by": "strata" };
        if let (Some(level), Some(map)) = (namespace.pod_security, labels.as_map_mut()) {
            for mode in MODES {
                let key = ecow::eco_format!("pod-security.kubernetes.io/{mode}");
                map.push(key, level.origin, Node::string(level.value.as_str(), level.origin));
            }
        }
        let mut annotations = texts(namespace.annotations.iter(), origin);
        let wave = self.wave(self.waves.namespace, None);
        if let Some(map) = annotations.as_map_mut() {
            let keep = |option| (SYNC_OPTIONS, Some(Node::string(option, origin)));
            for (key, value) in [(WAVE, wave), keep("Prune=false"), keep("Delete=false")] {
                value.into_iter().for_each(|value| add(map, key, value));
            }
        }
        let metadata = object! { origin;
            "name": &namespace.name,
            "labels": with(labels, &namespace.labels.0),
            "annotations"?: unless_empty(annotations),
        };
        object! { origin; "apiVersion": "v1", "kind": "Namespace", "metadata": metadata }
    }
}
