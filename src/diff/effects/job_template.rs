//! What a Job runs is immutable.

use super::{Case, Effect, FieldChange, Found, Rule, has_sync_option, hook, is_true, text};
use crate::tree::Node;

pub(super) const RULE: Rule = Rule {
    name: "job-template",
    effect: Effect::Recreate,
    text: "the template, `completions`, `completionMode`, `podFailurePolicy`, `successPolicy`, `backoffLimitPerIndex` or `managedBy` of a Job that is no hook changes, but for what a suspended Job may change (labels, annotations, node selector, node affinity, tolerations, gates) and the `completions` of an indexed one together with its `parallelism`",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/#mutable-scheduling-directives, `ValidateJobUpdate` in kubernetes/pkg/apis/batch/validation and https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#force-sync",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|(_, new)| case.is("batch", &["Job"]) && hook(new).is_none()) else {
        return;
    };
    let scheduling = is_true(old, &["spec", "suspend"]);
    let grows = is_scaled_together(new);
    let is_fixed = |field: &&FieldChange| {
        FIXED.iter().any(|key| field.is_below(&["spec", key]))
            && !(scheduling && MUTABLE_WHILE_SUSPENDED.iter().any(|keys| field.is_below(keys)))
            && !(grows && field.is_at(&["spec", "completions"]))
    };
    let Some(field) = case.refusable().find(is_fixed) else { return };
    let path = field.shown_path();
    // `Replace=true` alone is `kubectl replace`, which is refused as well.
    let reason = match has_sync_option(new, "Force=true") {
        true => format!("`{path}` is immutable: Argo CD replaces the Job, which runs again"),
        false => format!("`{path}` is immutable: the Job is to be deleted, or named anew"),
    };
    found.push(reason, Some(path));
}

/// What a Job may change as long as it is suspended and never ran.
const MUTABLE_WHILE_SUSPENDED: [&[&str]; 6] = [
    &["spec", "template", "metadata", "labels"],
    &["spec", "template", "metadata", "annotations"],
    &["spec", "template", "spec", "nodeSelector"],
    &["spec", "template", "spec", "tolerations"],
    &["spec", "template", "spec", "schedulingGates"],
    &["spec", "template", "spec", "affinity", "nodeAffinity"],
];

/// Whether an indexed Job has as many completions as pods at a time: both may change together.
fn is_scaled_together(job: &Node) -> bool {
    let number = |key| job.at(&["spec", key]).and_then(Node::as_i64);
    text(job, &["spec", "completionMode"]) == "Indexed" && number("completions") == number("parallelism")
}

/// What never changes.
const FIXED: [&str; 7] = [
    "template",
    "completions",
    "completionMode",
    "podFailurePolicy",
    "successPolicy",
    "backoffLimitPerIndex",
    "managedBy",
];
