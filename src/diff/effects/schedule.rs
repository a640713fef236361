//! When a CronJob runs.

use super::{Case, Effect, Found, Rule, text};

pub(super) const RULE: Rule = Rule {
    name: "schedule",
    effect: Effect::Configuration,
    text: "the schedule, time zone, deadline or concurrency policy of a CronJob changes",
    source: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#writing-a-cronjob-spec",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let Some((old, new)) = case.both().filter(|_| case.is("batch", &["CronJob"])) else { return };
    let when =
        |root| [text(root, &["spec", "schedule"]), text(root, &["spec", "timeZone"])].join(" ").trim().to_owned();
    if when(old) != when(new) {
        found.push(format!("it runs at `{}` and not at `{}`", when(new), when(old)), Some("spec.schedule".into()));
    }
    for key in ["concurrencyPolicy", "startingDeadlineSeconds"] {
        if case.fields().any(|field| field.is_below(&["spec", key])) {
            found.push(format!("`spec.{key}`: which runs are left out changes"), Some(format!("spec.{key}")));
        }
    }
}
