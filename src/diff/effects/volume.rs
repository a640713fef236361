//! What a volume is made of is fixed.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "volume",
    effect: Effect::Recreate,
    text: "the source, `volumeMode` or `nodeAffinity` of a PersistentVolume changes",
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
    let is_mutable = |field: &crate::diff::FieldChange| MUTABLE.iter().any(|key| field.is_below(&["spec", key]));
    if let Some(field) = case.below(&["spec"]).find(|field| !is_mutable(field)) {
        let path = field.shown_path();
        found.push(format!("`{path}` of a volume is immutable"), Some(path));
    }
}
