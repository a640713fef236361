//! Who the pods of a service account are in the cloud.

use super::{Case, Effect, Found, Rule, annotation};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "cloud-identity",
    effect: Effect::Security,
    text: "a ServiceAccount gets another identity of AWS, Google Cloud or Azure, or its token is mounted from now on",
    source: "https://kubernetes.io/docs/concepts/security/service-accounts/ and https://docs.aws.amazon.com/eks/latest/userguide/specify-service-account-role.html",
    find,
};

const IDENTITIES: [&str; 3] =
    ["eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account", "azure.workload.identity/client-id"];

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["ServiceAccount"])) else { return };
    for key in IDENTITIES {
        if let Some(now) = annotation(new, key).filter(|now| annotation(old, key) != Some(now)) {
            found.push(format!("its pods are `{now}` in the cloud"), Some(format!("metadata.annotations[{key:?}]")));
        }
    }
    const TOKEN: &str = "automountServiceAccountToken";
    let is_off = |root: &Node| root.get(TOKEN).and_then(Node::as_bool) == Some(false);
    if is_off(old) && !is_off(new) {
        found.push("pods get its token, unless they say otherwise", Some(TOKEN.into()));
    }
}
