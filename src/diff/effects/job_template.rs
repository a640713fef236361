//! What a Job runs is immutable.

use super::{Case, Effect, Found, Rule, has_sync_option, hook};

pub(super) const RULE: Rule = Rule {
    name: "job-template",
    effect: Effect::Recreate,
    text: "the template, `completions`, `completionMode`, `podFailurePolicy`, `successPolicy`, `backoffLimitPerIndex` or `managedBy` of a Job that is no hook changes",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/job/ and `ValidateJobUpdate` in kubernetes/pkg/apis/batch/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((_, new)) = case.both().filter(|(_, new)| case.is("batch", &["Job"]) && hook(new).is_none()) else {
        return;
    };
    const FIXED: [&str; 7] = [
        "template",
        "completions",
        "completionMode",
        "podFailurePolicy",
        "successPolicy",
        "backoffLimitPerIndex",
        "managedBy",
    ];
    let is_fixed = |field: &&crate::diff::FieldChange| FIXED.iter().any(|key| field.is_below(&["spec", key]));
    let Some(field) = case.fields().find(is_fixed) else { return };
    let path = field.shown_path();
    let reason = match has_sync_option(new, "Replace=true") {
        true => format!("`{path}` is immutable: Argo CD replaces the Job, which runs again"),
        false => format!("`{path}` is immutable: the Job is to be deleted, or named anew"),
    };
    found.push(reason, Some(path));
}
