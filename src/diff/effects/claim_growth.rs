//! A claim that grows never shrinks again.

use super::{Case, Effect, Found, Rule, text};
use crate::names::compare_quantities;

pub(super) const RULE: Rule = Rule {
    name: "claim-growth",
    effect: Effect::Configuration,
    text: "a PersistentVolumeClaim grows, which its class has to allow",
    source: "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
    find,
};

const STORAGE: [&str; 4] = ["spec", "resources", "requests", "storage"];

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["PersistentVolumeClaim"])) else { return };
    let (before, after) = (text(old, &STORAGE), text(new, &STORAGE));
    if compare_quantities(before, after) == Some(std::cmp::Ordering::Less) {
        let reason =
            format!("from `{before}` to `{after}`, where its class has `allowVolumeExpansion`: there is no way back");
        found.push(reason, Some(STORAGE.join(".")));
    }
}
