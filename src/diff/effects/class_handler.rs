//! Who serves a class of Ingresses is fixed.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "class-handler",
    effect: Effect::Recreate,
    text: "`spec.controller` of an IngressClass or the handler of a RuntimeClass changes",
    source: "`ValidateIngressClassUpdate` in kubernetes/pkg/apis/networking/validation and `ValidateRuntimeClassUpdate` in kubernetes/pkg/apis/node/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if case.is("networking.k8s.io", &["IngressClass"]) {
        found.fixed(case, &[&["spec", "controller"]]);
    }
    if case.is("node.k8s.io", &["RuntimeClass"]) {
        found.fixed(case, &[&["handler"]]);
    }
}
