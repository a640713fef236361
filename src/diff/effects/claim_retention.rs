//! What becomes of the claims of a StatefulSet.

use super::{Case, Effect, Found, Rule, replicas, text};

pub(super) const RULE: Rule = Rule {
    name: "claim-retention",
    effect: Effect::DataLoss,
    text: "the claims of a StatefulSet are deleted with it or with its pods from now on, or it sinks in `replicas` while they are",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("apps", &["StatefulSet"])) else { return };
    const POLICY: &str = "persistentVolumeClaimRetentionPolicy";
    let deletes = |root, when| text(root, &["spec", POLICY, when]) == "Delete";
    for (when, why) in [("whenDeleted", "with the StatefulSet"), ("whenScaled", "when pods are scaled away")] {
        if deletes(new, when) && !deletes(old, when) {
            found.push(format!("its claims are deleted {why}"), Some(format!("spec.{POLICY}.{when}")));
        }
    }
    let (before, after) = (replicas(old), replicas(new));
    if deletes(new, "whenScaled") && after < before {
        let reason = format!("from {before} to {after} replicas: the claims of the pods that go are deleted");
        found.push(reason, Some("spec.replicas".into()));
    }
}
