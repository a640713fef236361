//! A claim can only grow.

use super::{Case, Effect, Found, Rule, text};
use crate::names::compare_quantities;

const STORAGE: [&str; 4] = ["spec", "resources", "requests", "storage"];

pub(super) const RULE: Rule = Rule {
    name: "claim",
    effect: Effect::Recreate,
    text: "a PersistentVolumeClaim shrinks, or its class, volume, access modes, volume mode, data source or selector change",
    source: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims and `ValidatePersistentVolumeClaimUpdate` in kubernetes/pkg/apis/core/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["PersistentVolumeClaim"])) else { return };
    let (before, after) = (text(old, &STORAGE), text(new, &STORAGE));
    if compare_quantities(before, after) == Some(std::cmp::Ordering::Greater) {
        let reason = format!("a claim cannot shrink from `{before}` to `{after}`");
        found.push(reason, Some("spec.resources.requests.storage".into()));
    }
    for key in
        ["storageClassName", "volumeName", "accessModes", "volumeMode", "selector", "dataSource", "dataSourceRef"]
    {
        if let Some(field) = case.refusable().find(|field| field.is_below(&["spec", key])) {
            found.push(format!("`spec.{key}` of a claim is immutable"), Some(field.shown_path()));
        }
    }
}
