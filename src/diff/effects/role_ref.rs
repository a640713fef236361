//! What a binding binds to is immutable.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "role-ref",
    effect: Effect::Recreate,
    text: "`roleRef` of a RoleBinding or ClusterRoleBinding changes",
    source: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("rbac.authorization.k8s.io", &["RoleBinding", "ClusterRoleBinding"]) {
        return;
    }
    if let Some(field) = case.below(&["roleRef"]).next() {
        found.push("`roleRef` is immutable: the binding is to be deleted and made again", Some(field.shown_path()));
    }
}
