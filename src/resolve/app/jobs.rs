//! Cron jobs, migrations and one-off jobs.

use super::container::Exposed;
use super::{Resolver, Tables};
use crate::app::{CronJob, Job, JobPurpose, ServiceAccount, Trigger};
use crate::diagnostic::Diagnostic;
use crate::model::release::MigrationMode;
use crate::model::workload::{self, History, JobPhase, PodFields};
use crate::names;
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

impl Resolver<'_> {
    pub(super) fn cron_jobs(&mut self, tables: &Tables<'_>, accounts: &mut Vec<ServiceAccount>) -> Vec<CronJob> {
        let spec = self.spec;
        let mut made = Vec::with_capacity(spec.cron_jobs.len());
        for (key, cron) in spec.cron_jobs.iter() {
            // The controller appends eleven characters to name the Jobs.
            let name = self.object_name("a CronJob", key, cron.name.as_ref(), 52);
            let Some(schedule) = &cron.schedule else {
                let message = format!("the cron job `{key}` has no `schedule`");
                self.say(
                    Diagnostic::error("missing-field", message)
                        .at(key.origin)
                        .help("write `schedule: \"*/15 * * * *\"` or the like"),
                );
                continue;
            };
            self.valid(schedule, "invalid-schedule", "a schedule", names::cron);
            if let Some(zone) = &cron.time_zone {
                self.valid(zone, "invalid-time-zone", "a time zone", names::time_zone);
            }
            let pod = self.pod(key, &name, &cron.pod(), &Exposed::default(), tables, accounts);
            made.push(CronJob {
                name,
                trigger: Trigger::Schedule(schedule.clone()),
                time_zone: cron.time_zone.clone(),
                concurrency: cron.concurrency,
                suspend: cron.suspend,
                starting_deadline_seconds: cron.starting_deadline_seconds,
                history: cron.history.clone(),
                backoff_limit: cron.backoff_limit,
                active_deadline_seconds: cron.active_deadline_seconds,
                pod,
            });
        }
        for (key, migration) in spec.migrations.iter() {
            if let Some(mode) = migration.mode.filter(|mode| mode.value == MigrationMode::Manual) {
                made.push(self.manual(key, migration, mode.origin, tables, accounts));
            }
        }
        made
    }

    /// A migration that somebody starts by hand.
    fn manual(
        &mut self,
        key: &Text,
        migration: &workload::Migration,
        mode: Origin,
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> CronJob {
        let name = self.object_name("a CronJob", key, migration.name.as_ref(), 52);
        let pod = self.pod(key, &name, &migration.pod(), &Exposed::default(), tables, accounts);
        CronJob {
            name,
            trigger: Trigger::Hand(mode),
            time_zone: None,
            concurrency: None,
            suspend: None,
            starting_deadline_seconds: None,
            history: History::default(),
            backoff_limit: migration.backoff_limit,
            active_deadline_seconds: migration.active_deadline_seconds,
            pod,
        }
    }

    pub(super) fn jobs(&mut self, tables: &Tables<'_>, accounts: &mut Vec<ServiceAccount>) -> Vec<Job> {
        let spec = self.spec;
        let mut made: Vec<Job> = self.verify_secrets(tables, accounts).into_iter().collect();
        for (key, migration) in spec.migrations.iter() {
            if migration.mode.is_some_and(|mode| mode.value != MigrationMode::Job) {
                continue;
            }
            let limits = (migration.backoff_limit, migration.active_deadline_seconds);
            made.push(self.job(key, &migration.pod(), JobPurpose::Migration, limits, tables, accounts));
        }
        for (key, job) in spec.jobs.iter() {
            let purpose = match job.run {
                Some(JobPhase::BeforeRollout) => JobPurpose::BeforeRollout,
                Some(JobPhase::AfterSync) => JobPurpose::AfterSync,
                Some(JobPhase::WithRollout) | None => JobPurpose::WithRollout,
            };
            let limits = (job.backoff_limit, job.active_deadline_seconds);
            let mut resolved = self.job(key, &job.pod(), purpose, limits, tables, accounts);
            resolved.after.clone_from(&job.after);
            made.push(resolved);
        }
        made
    }

    pub(super) fn job(
        &mut self,
        key: &Text,
        fields: &PodFields<'_>,
        purpose: JobPurpose,
        (backoff_limit, active_deadline_seconds): (Option<Spanned<u32>>, Option<Spanned<u32>>),
        tables: &Tables<'_>,
        accounts: &mut Vec<ServiceAccount>,
    ) -> Job {
        let name = self.object_name("a Job", key, fields.name, 63);
        let pod = self.pod(key, &name, fields, &Exposed::default(), tables, accounts);
        Job { name, purpose, after: Vec::new(), backoff_limit, active_deadline_seconds, pod }
    }
}
