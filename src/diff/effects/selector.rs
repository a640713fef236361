//! The selector of a workload is immutable.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "selector",
    effect: Effect::Recreate,
    text: "the selector of a Deployment, StatefulSet, DaemonSet, ReplicaSet or Job changes",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates and `ValidateDaemonSetUpdate`, `ValidateReplicaSetUpdate` in kubernetes/pkg/apis/apps/validation, `ValidateJobUpdate` in kubernetes/pkg/apis/batch/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let is_workload =
        case.is("apps", &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]) || case.is("batch", &["Job"]);
    if let Some(field) = case.below(&["spec", "selector"]).next().filter(|_| is_workload) {
        let path = field.shown_path();
        found.push(format!("`{path}` is immutable: the {} is to be deleted and made again", case.kind), Some(path));
    }
}
