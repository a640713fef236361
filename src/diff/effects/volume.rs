//! What a volume is made of is fixed.

use super::{Case, Effect, FieldChange, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "volume",
    effect: Effect::Recreate,
    text: "the source or `volumeMode` of a PersistentVolume changes, or the `nodeAffinity` that it had",
    source: "`ValidatePersistentVolumeUpdate` in kubernetes/pkg/apis/core/validation",
    find,
};

/// What may change: the rest is where the volume is.
const MUTABLE: [&str; 7] = [
    "capacity",
    "accessModes",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "mountOptions",
    "volumeAttributesClassName",
    "claimRef",
];

fn find(case: &Case, found: &mut Found) {
    if !case.is("", &["PersistentVolume"]) {
        return;
    }
    let is_mutable = |field: &FieldChange| MUTABLE.iter().any(|key| field.is_below(&["spec", key]));
    let is_first = |field: &FieldChange| {
        let set_once: [&[&str]; 2] = [&["spec", "nodeAffinity"], &["spec", "csi", "controllerExpandSecretRef"]];
        let had = |keys: &[&str]| case.old.is_some_and(|old| old.at(keys).is_some());
        set_once.iter().any(|keys| field.is_below(keys) && !had(keys))
    };
    let mut fixed = case.refusable().filter(|field| field.is_below(&["spec"]) && !is_mutable(field));
    if let Some(field) = fixed.find(|field| !is_first(field)) {
        let path = field.shown_path();
        found.push(format!("`{path}` of a volume is immutable"), Some(path));
    }
}
