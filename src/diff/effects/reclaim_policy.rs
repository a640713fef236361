//! What becomes of a volume without its claim.

use super::{Case, Effect, Found, Rule, text};

pub(super) const RULE: Rule = Rule {
    name: "reclaim-policy",
    effect: Effect::DataLoss,
    text: "the reclaim policy of a PersistentVolume becomes `Delete` or `Recycle`",
    source: "https://kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy/",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("", &["PersistentVolume"])) else { return };
    let policy = |root| match text(root, &["spec", "persistentVolumeReclaimPolicy"]) {
        "" => "Retain",
        policy => policy,
    };
    let (before, after) = (policy(old), policy(new));
    if before == "Retain" && after != "Retain" {
        let reason = format!("the volume goes with its claim: the reclaim policy becomes `{after}`");
        found.push(reason, Some("spec.persistentVolumeReclaimPolicy".into()));
    }
}
