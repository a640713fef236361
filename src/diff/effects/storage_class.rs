//! A storage class is immutable.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "storage-class",
    effect: Effect::Recreate,
    text: "`provisioner`, `parameters`, `reclaimPolicy` or `volumeBindingMode` of a StorageClass changes",
    source: "`ValidateStorageClassUpdate` in kubernetes/pkg/apis/storage/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("storage.k8s.io", &["StorageClass"]) {
        return;
    }
    let keys = ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"];
    for field in case.refusable().filter(|field| keys.iter().any(|key| field.is_below(&[key]))) {
        found.push(format!("`{}` of a StorageClass is immutable", field.shown_path()), Some(field.shown_path()));
    }
}
