//! A CronJob that does not run, or a rollout that stands still.

use super::{Case, Effect, Found, Rule, is_true};

pub(super) const RULE: Rule = Rule {
    name: "suspended",
    effect: Effect::Availability,
    text: "a CronJob or Job is suspended, or a Deployment paused",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension, https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job and https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both() else { return };
    let (field, why) = match case.kind {
        "CronJob" | "Job" => ("suspend", "it does not run any more"),
        "Deployment" => ("paused", "changes do not roll out"),
        _ => return,
    };
    if is_true(new, &["spec", field]) && !is_true(old, &["spec", field]) {
        found.push(format!("`spec.{field}`: {why}"), Some(format!("spec.{field}")));
    }
}
