//! A webhook without which nothing is admitted.

use super::admission_off::{WEBHOOKS, fails, webhooks};
use super::{Case, Effect, Found, Rule, text};

pub(super) const RULE: Rule = Rule {
    name: "admission-fails",
    effect: Effect::Availability,
    text: "an admission webhook is new or changes so that requests fail which it does not answer",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some(new) = case.new.filter(|_| case.is("admissionregistration.k8s.io", &WEBHOOKS)) else { return };
    let failed = |name: &str| {
        let mut before = case.old.into_iter().flat_map(webhooks);
        before.any(|webhook| text(webhook, &["name"]) == name && fails(webhook))
    };
    for webhook in webhooks(new).filter(|webhook| fails(webhook)) {
        let name = text(webhook, &["name"]);
        if !failed(name) {
            let reason = format!("while `{name}` does not answer, what it is about can be neither made nor changed");
            found.push(reason, Some(format!("webhooks[{name}].failurePolicy")));
        }
    }
}
