//! Objects with which data goes.

use super::{Case, Effect, Found, Rule, has_sync_option, text};
use crate::diff::Change;
use crate::tree::Node;

/// Group, kind, and what goes with it.
const DATA: [(&str, &str, &str); 16] = [
    ("", "PersistentVolumeClaim", "the volume goes too, unless its reclaim policy is `Retain`"),
    ("", "PersistentVolume", "what is on the volume may go too"),
    ("", "Namespace", "everything in it goes too"),
    ("", "Secret", "its values are kept nowhere else"),
    ("apps", "StatefulSet", "its pods go, and its claims too where its retention policy says so"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "all objects of its kind go too"),
    ("external-secrets.io", "ExternalSecret", "the Secret that it owns goes too"),
    ("bitnami.com", "SealedSecret", "the Secret that it owns goes too"),
    ("secrets.infisical.com", "InfisicalSecret", "the Secret that it owns goes too"),
    ("secrets.infisical.com", "InfisicalStaticSecret", "the Secret that it owns goes too"),
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
    text: "a PersistentVolumeClaim, PersistentVolume, StatefulSet, CustomResourceDefinition, Namespace, Secret, VolumeSnapshot, SealedSecret, ExternalSecret, InfisicalSecret or InfisicalStaticSecret (these with the `creationPolicy` `Owner`), a database cluster or queue of an operator, or an Application with the finalizer of its resources is not rendered any more, and Argo CD may prune it",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources, https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming, https://external-secrets.io/latest/guides/ownership-deletion-policy/ and https://infisical.com/docs/integrations/platforms/kubernetes/infisical-secret-crd",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(old) = case.old.filter(|_| case.object.change == Change::Removed) else { return };
    let goes = !has_sync_option(old, "Prune=false") && takes_along(case.kind, old);
    let known = DATA.iter().find(|(group, kind, _)| case.is(group, &[kind])).filter(|_| goes);
    // A generated Secret is replaced by one with another name.
    if let Some((_, kind, why)) = known {
        found.push(format!("the {kind} is deleted: {why}"), None);
    }
}

/// Whether what an object made goes with it, as far as the object says so: an ExternalSecret owns its Secret
/// unless it says otherwise, an InfisicalSecret does not unless it says so.
fn takes_along(kind: &str, root: &Node) -> bool {
    const SKIPPED: [&str; 5] =
        ["spec", "template", "metadata", "annotations", "sealedsecrets.bitnami.com/skip-set-owner-references"];
    let list = |keys: &[&str]| root.at(keys).into_iter().flat_map(Node::items);
    let owns = |target: &Node| text(target, &["creationPolicy"]) == "Owner";
    match kind {
        // Without the finalizer an Application leaves what it deployed.
        "Application" => {
            let mut finalizers = list(&["metadata", "finalizers"]).filter_map(Node::as_str);
            finalizers.any(|one| one.starts_with("resources-finalizer.argocd"))
        }
        "ExternalSecret" => ["", "Owner"].contains(&text(root, &["spec", "target", "creationPolicy"])),
        "InfisicalSecret" => {
            root.at(&["spec", "managedSecretReference"]).is_some_and(owns)
                || list(&["spec", "managedKubeSecretReferences"]).any(owns)
        }
        "InfisicalStaticSecret" => list(&["spec", "targets"]).any(owns),
        "SealedSecret" => text(root, &SKIPPED) != "true",
        _ => true,
    }
}
