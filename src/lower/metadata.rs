//! Metadata: names, labels and annotations.

use super::rules::{OBJECT_NAMES, RECOMMENDED_LABELS};
use super::{Lowering, unless_empty};
use crate::app::Pod;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Map, Node, Text};

/// The annotation with an object's wave.
pub(super) const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The annotation with an object's options for a sync, a list with commas between them.
pub(super) const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

const NAME_LABEL: &str = "app.kubernetes.io/name";

/// What the metadata of an object is made of, beside what the application gives to all.
pub(super) struct Metadata<'m> {
    pub name: &'m Text,
    pub component: Option<&'m Text>,
    pub labels: &'m [(Text, Text)],
    pub annotations: &'m [(Text, Text)],
    /// Annotations that rules set; what a user writes under the same key wins.
    pub by_rule: Vec<(&'static str, Option<Node>)>,
}

impl Lowering<'_> {
    pub(super) fn metadata(&mut self, metadata: Metadata<'_>) -> Node {
        let origin = self.rule(&OBJECT_NAMES);
        let labels = self.labels(metadata.component, metadata.labels);
        let mut annotations = Map::default();
        for (key, value) in self.app.annotations.iter().chain(metadata.annotations) {
            put(&mut annotations, key, value);
        }
        for (key, value) in metadata.by_rule {
            if let Some(value) = value {
                add(&mut annotations, key, value);
            }
        }
        object! { origin;
            "name": metadata.name,
            "namespace"?: self.app.namespace.as_ref(),
            "labels": labels,
            "annotations"?: unless_empty(Node::new(annotations, origin)),
        }
    }

    /// Metadata of an object that belongs to the whole application, in the wave of prerequisites.
    pub(super) fn shared_metadata(
        &mut self,
        name: &Text,
        annotations: &[(Text, Text)],
        mut by_rule: Vec<(&'static str, Option<Node>)>,
    ) -> Node {
        by_rule.push((WAVE, self.wave(self.waves.prerequisites, None)));
        let app = self.app;
        self.metadata(Metadata { name, component: None, labels: &app.labels, annotations, by_rule })
    }

    /// The recommended labels and the users' own, which win.
    pub(super) fn labels(&mut self, component: Option<&Text>, own: &[(Text, Text)]) -> Node {
        let origin = self.rule(&RECOMMENDED_LABELS);
        let app = self.app;
        let labels = object! { origin;
            "app.kubernetes.io/name": &app.name,
            "app.kubernetes.io/component"?: component,
            "app.kubernetes.io/part-of"?: app.part_of.as_ref(),
            "app.kubernetes.io/managed-by": "strata",
        };
        with(labels, own)
    }

    /// The labels of pods: those of their object, with the pods' own name, and those that select them.
    pub(super) fn pod_labels(&mut self, pod: &Pod) -> Node {
        let labels = self.labels(Some(&pod.component), &pod.labels);
        let name = (Text::new(NAME_LABEL, pod.name_label.origin), pod.name_label.clone());
        with(with(labels, &[name]), &pod.selector)
    }
}

/// `labels` with `more`, which win.
pub(super) fn with(mut labels: Node, more: &[(Text, Text)]) -> Node {
    if let Some(map) = labels.as_map_mut() {
        more.iter().for_each(|(key, value)| put(map, key, value));
    }
    labels
}

fn put(map: &mut Map, key: &Text, value: &Text) {
    let node = Node::string(value.value.clone(), value.origin);
    match map.get_mut(key) {
        Some(old) => *old = node,
        None => map.push(key.value.clone(), key.origin, node),
    }
}

/// Adds what a rule sets. Options of a sync are a list, so both stand in it; of anything else the
/// written value stays.
pub(super) fn add(map: &mut Map, key: &'static str, value: Node) {
    let origin = value.origin();
    match map.get_mut(key) {
        None => map.push(key, origin, value),
        Some(written) if key == SYNC_OPTIONS => append_option(written, &value, origin),
        Some(_) => {}
    }
}

fn append_option(written: &mut Node, option: &Node, origin: Origin) {
    let (Some(options), Some(option)) = (written.as_str(), option.as_str()) else { return };
    let name = option.split_once('=').map_or(option, |(name, _)| name);
    let has = |known: &str| known.trim().split_once('=').is_some_and(|(known, _)| known == name);
    if options.split(',').any(has) {
        return;
    }
    *written = Node::string(ecow::eco_format!("{options},{option}"), origin);
}
