//! Objects with which data goes.

use super::{Case, Effect, Found, Rule, has_sync_option};
use crate::diff::Change;
use crate::tree::Node;

/// Group, kind, and what goes with it.
const DATA: [(&str, &str, &str); 15] = [
    ("", "PersistentVolumeClaim", "the volume goes too, unless its reclaim policy is `Retain`"),
    ("", "PersistentVolume", "what is on the volume may go too"),
    ("", "Namespace", "everything in it goes too"),
    ("", "Secret", "its values are kept nowhere else"),
    ("apps", "StatefulSet", "its pods go, and its claims too where its retention policy says so"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "all objects of its kind go too"),
    ("external-secrets.io", "ExternalSecret", "the Secret that it owns goes too"),
    ("bitnami.com", "SealedSecret", "the Secret that it owns goes too"),
    ("secrets.infisical.com", "InfisicalSecret", "the Secret that it owns goes too"),
    ("snapshot.storage.k8s.io", "VolumeSnapshot", "the snapshot goes too, unless its class says `Retain`"),
    ("postgresql.cnpg.io", "Cluster", "its databases go too"),
    ("kafka.strimzi.io", "Kafka", "its topics may go too"),
    ("kafka.strimzi.io", "KafkaTopic", "its messages go too"),
    ("rabbitmq.com", "RabbitmqCluster", "its queues go too"),
    ("argoproj.io", "Application", "with its finalizer, all that it deployed goes too"),
];

pub(super) const RULE: Rule = Rule {
    name: "removed-data",
    effect: Effect::DataLoss,
    text: "a PersistentVolumeClaim, PersistentVolume, StatefulSet, CustomResourceDefinition, Namespace, Secret, ExternalSecret, SealedSecret, InfisicalSecret, VolumeSnapshot, a database cluster or queue of an operator, or an Application with the finalizer of its resources is not rendered any more, and Argo CD may prune it",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources and https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(old) = case.old.filter(|_| case.object.change == Change::Removed) else { return };
    // Without the finalizer an Application leaves what it deployed.
    let finalizers = old.at(&["metadata", "finalizers"]).into_iter().flat_map(Node::items);
    let cascades = finalizers.filter_map(Node::as_str).any(|one| one.starts_with("resources-finalizer.argocd"));
    let kept = has_sync_option(old, "Prune=false") || case.is("argoproj.io", &["Application"]) && !cascades;
    let known = DATA.iter().find(|(group, kind, _)| case.is(group, &[kind])).filter(|_| !kept);
    // A generated Secret is replaced by one with another name.
    if let Some((_, kind, why)) = known {
        found.push(format!("the {kind} is deleted: {why}"), None);
    }
}
