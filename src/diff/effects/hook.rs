//! Hooks run on each sync; one that changes runs as it is now.

use super::{Case, Effect, Found, Rule, hook};

pub(super) const RULE: Rule = Rule {
    name: "hook",
    effect: Effect::Hook,
    text: "an object with the annotation `argocd.argoproj.io/hook` is new or changes",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if let Some(phases) = case.new.and_then(hook).filter(|phases| *phases != "Skip") {
        found.push(format!("it runs in the next sync ({phases}), as it is now"), None);
    }
}
