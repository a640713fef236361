//! What is not looked at any more before it is admitted.

use super::{Case, Effect, Found, Rule, text};
use crate::diff::Change;
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "admission-off",
    effect: Effect::Security,
    text: "an admission webhook or a ValidatingAdmissionPolicy goes, or its failures are ignored from now on",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#failure-policy and https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#failure-policy",
    find,
};

pub(super) const WEBHOOKS: [&str; 2] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
const POLICIES: [&str; 2] = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];

fn find(case: &Case, found: &mut Found) {
    if !case.is("admissionregistration.k8s.io", &WEBHOOKS) && !case.is("admissionregistration.k8s.io", &POLICIES) {
        return;
    }
    if case.object.change == Change::Removed {
        return found.push("what it would refuse or change is admitted as it is", None);
    }
    let Some((old, new)) = case.both() else { return };
    if text(new, &["spec", "failurePolicy"]) == "Ignore" && text(old, &["spec", "failurePolicy"]) != "Ignore" {
        found.push("what cannot be evaluated is admitted", Some("spec.failurePolicy".into()));
    }
    for webhook in webhooks(old) {
        let name = text(webhook, &["name"]);
        match webhooks(new).find(|other| text(other, &["name"]) == name) {
            None => found.push(format!("the webhook `{name}` goes"), Some("webhooks".into())),
            Some(now) if !fails(now) && fails(webhook) => {
                let reason = format!("without an answer of `{name}` everything is admitted");
                found.push(reason, Some(format!("webhooks[{name}].failurePolicy")));
            }
            Some(_) => {}
        }
    }
}

pub(super) fn webhooks(root: &Node) -> impl Iterator<Item = &Node> {
    root.get("webhooks").into_iter().flat_map(Node::items)
}

/// Whether a request fails that the webhook does not answer; so it is where nothing is said.
pub(super) fn fails(webhook: &Node) -> bool {
    text(webhook, &["failurePolicy"]) != "Ignore"
}
