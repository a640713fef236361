//! A ConfigMap or Secret that says so is immutable; the type of a Secret always is.

use super::{Case, Effect, Found, Rule, is_true};

pub(super) const RULE: Rule = Rule {
    name: "immutable-data",
    effect: Effect::Recreate,
    text: "the data of a ConfigMap or Secret with `immutable: true` changes, or the `type` of a Secret",
    source: "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable and `ValidateSecretUpdate` in kubernetes/pkg/apis/core/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["ConfigMap", "Secret"])) else { return };
    let same_name = super::text(old, &["metadata", "name"]) == super::text(new, &["metadata", "name"]);
    if !same_name {
        return;
    }
    let keys: &[&str] = match is_true(old, &["immutable"]) {
        true => &["data", "binaryData", "immutable", "type"],
        false => &["type"],
    };
    if let Some(field) = case.refusable().find(|field| keys.iter().any(|key| field.is_below(&[key]))) {
        let path = field.shown_path();
        found.push(format!("`{path}` is immutable: the {} is to be deleted and made again", case.kind), Some(path));
    }
}
