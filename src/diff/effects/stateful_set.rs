//! Most of a StatefulSet is immutable, its claims above all.

use super::{Case, Effect, Found, Rule};

/// What may change, `ordinals` from 1.27 and `revisionHistoryLimit` from 1.33 on (the API server's own words: "updates to statefulset spec for fields other than").
const MUTABLE: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

pub(super) const RULE: Rule = Rule {
    name: "stateful-set",
    effect: Effect::Recreate,
    text: "a field of a StatefulSet changes that is not `replicas`, `ordinals`, `template`, `updateStrategy`, `revisionHistoryLimit`, `persistentVolumeClaimRetentionPolicy` or `minReadySeconds`",
    source: "`ValidateStatefulSetUpdate` in kubernetes/pkg/apis/apps/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("apps", &["StatefulSet"]) {
        return;
    }
    let is_mutable = |field: &crate::diff::FieldChange| {
        field.is_below(&["spec", "selector"]) || MUTABLE.iter().any(|key| field.is_below(&["spec", key]))
    };
    for field in case.refusable().filter(|field| field.is_below(&["spec"]) && !is_mutable(field)) {
        let path = field.shown_path();
        found.push(format!("`{path}` of a StatefulSet is immutable"), Some(path));
    }
}
