//! The numbers that an edition freezes, one column an edition: what lowering writes where nobody
//! has written anything. A default is changed by a new edition alone; kept snapshots of every
//! edition prove it.

use crate::model::project::Edition;

/// What lowering writes where nothing is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    /// Tries of migrations and one-off jobs.
    pub job_tries: u32,
    /// Seconds until these are stopped.
    pub job_seconds: u32,
    /// Seconds until the proofs of secrets, dependencies and rollouts are stopped.
    pub verify_seconds: u32,
    /// Tries of a run of a CronJob.
    pub cron_job_tries: u32,
    /// Seconds until a run is stopped.
    pub cron_job_seconds: u32,
    /// Failed runs that stay to read.
    pub cron_job_failures: u32,
}

const E2026_1: Defaults = Defaults {
    job_tries: 3,
    job_seconds: 600,
    verify_seconds: 300,
    cron_job_tries: 1,
    cron_job_seconds: 3600,
    cron_job_failures: 3,
};

impl Defaults {
    /// The defaults of an edition.
    pub(super) fn of(edition: Edition) -> Self {
        match edition {
            Edition::E2026_1 => E2026_1,
            #[cfg(test)]
            Edition::Next => Self { job_tries: 5, ..E2026_1 },
        }
    }
}
