//! Sync waves: what must be there before what.

use super::Lowering;
use super::rules::SYNC_WAVES;
use crate::app::{App, JobPurpose, Pod, VolumeSource};
use crate::tree::{Node, Spanned};

/// Accounts, configuration and secret sources.
const PREREQUISITES: i32 = -20;
/// The proof that secrets are there.
const VERIFY: i32 = -15;
/// Bundled services, which migrations and everything after them need.
const BUNDLED: i32 = -13;
/// What is made in them.
const DATABASES: i32 = -12;
const MIGRATION: i32 = -10;
const BEFORE_ROLLOUT: i32 = -5;
const WORKLOADS: i32 = 0;
/// The last wave, after which nothing waits: a CronJob whose last run failed is degraded, and so is
/// an autoscaler before the first metrics, an Ingress without an address and a certificate that is
/// not there yet.
const LAST: i32 = 20;
/// The distance between two waves, so that there is room for others.
const STEP: i32 = 5;

/// The waves of an application that depend on what is written: what others need stays before the
/// earliest of them, also when one is moved ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waves {
    pub prerequisites: i32,
    pub last: i32,
    verify: i32,
    /// Bundled services; the wave after it makes their databases.
    pub bundled: i32,
}

impl Waves {
    pub(super) fn of(app: &App) -> Self {
        let wave = |pod: &Pod, default: i32| pod.wave.map_or(default, |wave| wave.value);
        // Hooks after the sync have waves of their own phase.
        let jobs = app.jobs.iter().filter(|job| !matches!(job.purpose, JobPurpose::AfterSync | JobPurpose::Databases));
        let (verify, jobs): (Vec<_>, Vec<_>) = jobs.partition(|job| job.purpose == JobPurpose::VerifySecrets);
        let jobs = jobs.into_iter().map(|job| wave(&job.pod, default_of(job.purpose)));
        let deployments = app.deployments.iter().map(|deployment| wave(&deployment.pod, WORKLOADS));
        let cron_jobs = app.cron_jobs.iter().map(|cron_job| wave(&cron_job.pod, LAST));
        let stateful_sets = app.stateful_sets.iter().map(|set| wave(&set.pod, WORKLOADS));
        let users = jobs.chain(deployments).chain(stateful_sets).chain(cron_jobs).min().unwrap_or(WORKLOADS);
        let before = |wave: i32| wave.saturating_sub(STEP);
        let proof = VERIFY.min(before(users));
        let earliest = verify.iter().map(|job| wave(&job.pod, proof)).min().unwrap_or(users).min(users);
        Self {
            prerequisites: PREREQUISITES.min(before(earliest)),
            last: LAST,
            verify: proof,
            bundled: BUNDLED.min(users.saturating_sub(DATABASES - BUNDLED + 1)),
        }
    }

    pub(super) fn of_job(self, purpose: JobPurpose) -> i32 {
        match purpose {
            JobPurpose::VerifySecrets => self.verify,
            JobPurpose::Databases => self.bundled + (DATABASES - BUNDLED),
            other => default_of(other),
        }
    }

    pub(super) fn of_workload(self) -> i32 {
        WORKLOADS
    }

    /// The wave of the first pods that use the claim `name`; that of the workloads when none does.
    pub(super) fn of_claim(self, app: &App, name: &str) -> i32 {
        let uses = |pod: &Pod| {
            pod.volumes.iter().any(|volume| matches!(&volume.source, VolumeSource::Claim(claim) if *claim == name))
        };
        let wave = |pod: &Pod, default: i32| uses(pod).then(|| pod.wave.map_or(default, |wave| wave.value));
        let sync = app.jobs.iter().filter(|job| job.purpose != JobPurpose::AfterSync);
        let jobs = sync.filter_map(|job| wave(&job.pod, self.of_job(job.purpose)));
        let deployments = app.deployments.iter().filter_map(|deployment| wave(&deployment.pod, WORKLOADS));
        let stateful_sets = app.stateful_sets.iter().filter_map(|set| wave(&set.pod, WORKLOADS));
        let cron_jobs = app.cron_jobs.iter().filter_map(|cron_job| wave(&cron_job.pod, LAST));
        jobs.chain(deployments).chain(stateful_sets).chain(cron_jobs).min().unwrap_or(WORKLOADS)
    }
}

fn default_of(purpose: JobPurpose) -> i32 {
    match purpose {
        JobPurpose::VerifySecrets => VERIFY,
        JobPurpose::Databases => DATABASES,
        JobPurpose::Migration => MIGRATION,
        JobPurpose::BeforeRollout => BEFORE_ROLLOUT,
        JobPurpose::WithRollout | JobPurpose::AfterSync => WORKLOADS,
    }
}

impl Lowering<'_> {
    /// The value of the wave annotation: the written wave, or the default. Wave 0 is Argo CD's
    /// own default and not written.
    pub(super) fn wave(&mut self, default: i32, written: Option<Spanned<i32>>) -> Option<Node> {
        let origin = self.rule(&SYNC_WAVES);
        let wave = written.unwrap_or(Spanned::new(default, origin));
        (wave.value != 0).then(|| Node::string(ecow::eco_format!("{}", wave.value), wave.origin))
    }
}
