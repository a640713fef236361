//! CronJobs.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::{CRON_JOB, CRON_JOB_DEFAULTS, JOB_LIMITS, MANUAL_MIGRATION};
use crate::app::{CronJob, Trigger};
use crate::model::workload::Concurrency;
use crate::object;
use crate::tree::{Node, Spanned};

impl Lowering<'_> {
    pub(super) fn cron_job(&mut self, cron_job: &CronJob) -> Node {
        let origin = self.rule(&CRON_JOB);
        let pod = &cron_job.pod;
        let wave = self.wave(self.waves.last, pod.wave);
        let metadata = self.metadata(Metadata {
            name: &cron_job.name,
            component: Some(&pod.component),
            labels: &pod.labels,
            annotations: &pod.annotations,
            by_rule: vec![(WAVE, wave)],
        });
        let concurrency = cron_job.concurrency.map(|written| written.map(concurrency_word));
        let spec = object! { origin;
            "schedule": self.schedule(cron_job),
            "timeZone"?: cron_job.time_zone.as_ref(),
            "concurrencyPolicy": self.or_rule(concurrency, &CRON_JOB_DEFAULTS, concurrency_word(Concurrency::Forbid)),
            "suspend"?: match cron_job.trigger {
                Trigger::Schedule(_) => cron_job.suspend,
                Trigger::Hand(written) => Some(Spanned::new(true, self.rule_at(&MANUAL_MIGRATION, written))),
            },
            "startingDeadlineSeconds"?: cron_job.starting_deadline_seconds,
            "successfulJobsHistoryLimit"?: cron_job.history.successful,
            "failedJobsHistoryLimit": self.or_rule(cron_job.history.failed, &CRON_JOB_DEFAULTS, self.defaults.cron_job_failures),
            "jobTemplate": self.job_template(cron_job),
        };
        object! { origin; "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec }
    }

    /// A schedule is needed; that of a migration that somebody starts by hand never comes to matter.
    fn schedule(&mut self, cron_job: &CronJob) -> Node {
        match &cron_job.trigger {
            Trigger::Schedule(schedule) => Node::string(schedule.value.clone(), schedule.origin),
            Trigger::Hand(written) => Node::string("0 0 1 1 *", self.rule_at(&MANUAL_MIGRATION, *written)),
        }
    }

    fn job_template(&mut self, cron_job: &CronJob) -> Node {
        let origin = self.rule(&CRON_JOB);
        let (limits, tries, seconds) = match cron_job.trigger {
            Trigger::Schedule(_) => (&CRON_JOB_DEFAULTS, self.defaults.cron_job_tries, self.defaults.cron_job_seconds),
            Trigger::Hand(_) => (&JOB_LIMITS, self.defaults.job_tries, self.defaults.job_seconds),
        };
        let spec = object! { origin;
            "backoffLimit": self.or_rule(cron_job.backoff_limit, limits, tries),
            "activeDeadlineSeconds": self.or_rule(cron_job.active_deadline_seconds, limits, seconds),
            "template": self.pod_template(&cron_job.pod, true),
        };
        let labels = self.labels(Some(&cron_job.pod.component), &cron_job.pod.labels);
        object! { origin; "metadata": object! { origin; "labels": labels }, "spec": spec }
    }
}

fn concurrency_word(concurrency: Concurrency) -> &'static str {
    match concurrency {
        Concurrency::Allow => "Allow",
        Concurrency::Forbid => "Forbid",
        Concurrency::Replace => "Replace",
    }
}
