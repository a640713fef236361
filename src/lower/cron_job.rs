//! CronJobs.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::{CRON_JOB, CRON_JOB_DEFAULTS};
use crate::app::CronJob;
use crate::model::workload::Concurrency;
use crate::object;
use crate::tree::Node;

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
            "schedule": &cron_job.schedule,
            "timeZone"?: cron_job.time_zone.as_ref(),
            "concurrencyPolicy": self.or_rule(concurrency, &CRON_JOB_DEFAULTS, concurrency_word(Concurrency::Forbid)),
            "suspend"?: cron_job.suspend,
            "startingDeadlineSeconds"?: cron_job.starting_deadline_seconds,
            "successfulJobsHistoryLimit"?: cron_job.history.successful,
            "failedJobsHistoryLimit": self.or_rule(cron_job.history.failed, &CRON_JOB_DEFAULTS, self.defaults.cron_job_failures),
            "jobTemplate": self.job_template(cron_job),
        };
        object! { origin; "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec }
    }

    fn job_template(&mut self, cron_job: &CronJob) -> Node {
        let origin = self.rule(&CRON_JOB);
        let spec = object! { origin;
            "backoffLimit": self.or_rule(cron_job.backoff_limit, &CRON_JOB_DEFAULTS, self.defaults.cron_job_tries),
            "activeDeadlineSeconds": self.or_rule(cron_job.active_deadline_seconds, &CRON_JOB_DEFAULTS, self.defaults.cron_job_seconds),
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
