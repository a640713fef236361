//! Sync waves: what must be there before what.

use std::collections::HashMap;

use super::Lowering;
use super::rules::SYNC_WAVES;
use crate::app::{App, Job, JobPurpose, Pod, VolumeSource};
use crate::model::release::Order;
use crate::tree::{Node, Spanned, Text};

/// The namespace, before all that is in it.
const NAMESPACE: i32 = -25;
/// Accounts, configuration and secret sources.
const PREREQUISITES: i32 = -20;
/// The proofs that secrets, and dependencies outside of the application, are there.
const VERIFY: i32 = -15;
/// Bundled services, which migrations and everything after them need.
const BUNDLED: i32 = -13;
/// What is made in them.
const DATABASES: i32 = -12;
/// The proof of dependencies, where some are bundled.
const VERIFY_BUNDLED: i32 = -11;
const MIGRATION: i32 = -10;
const BEFORE_ROLLOUT: i32 = -5;
/// Workloads that come `after` nothing; the others follow in steps.
const WORKLOADS: i32 = 0;
/// The last wave, after which nothing waits: a CronJob whose last run failed is degraded, and so is
/// an autoscaler before the first metrics, an Ingress without an address and a certificate that is
/// not there yet; a CronJob that is switched off is never healthy.
const LAST: i32 = 20;
/// The proof of a rollout, in the phase after the sync, before the jobs of that phase.
const VERIFY_ROLLOUT: i32 = -5;
/// The distance between two waves, so that there is room for others.
const STEP: i32 = 5;

/// The waves of an application that depend on what is written: what others need stays before the
/// earliest of them, also when one is moved ahead, and the last wave behind all that follows others.
#[derive(Clone, Debug)]
pub(super) struct Waves<'a> {
    pub namespace: i32,
    pub prerequisites: i32,
    pub last: i32,
    verify: i32,
    /// Bundled services; the wave after it makes their databases, and the next one proves them.
    pub bundled: i32,
    /// The proof of dependencies.
    verify_dependencies: i32,
    /// The waves of what comes after others, by component.
    later: HashMap<&'a str, i32>,
}

impl<'a> Waves<'a> {
    pub(super) fn of(app: &'a App) -> Self {
        let later = later(app);
        let (proofs, users): (Vec<_>, Vec<_>) =
            pods(app).filter(|(_, _, of)| !of.is_apart()).partition(|(.., of)| of.is_proof());
        let wave = |(pod, after, of): &Placed<'_>| match after.is_empty() {
            true => pod.wave.map_or(of.wave(), |wave| wave.value),
            false => later.get(pod.component.as_str()).copied().unwrap_or(of.wave()),
        };
        let users = users.iter().map(wave).min().unwrap_or(WORKLOADS);
        let before = |wave: i32| wave.saturating_sub(STEP);
        let verify = VERIFY.min(before(users));
        let proofs = proofs.iter().map(|(pod, ..)| pod.wave.map_or(verify, |wave| wave.value));
        let earliest = proofs.min().unwrap_or(users).min(users);
        let prerequisites = PREREQUISITES.min(before(earliest));
        let latest = later.values().copied().max();
        let proven = app.jobs.iter().any(|job| job.purpose == JobPurpose::VerifyDependencies);
        let bundled = BUNDLED.min(users.saturating_sub(if proven { VERIFY_BUNDLED } else { DATABASES } - BUNDLED + 1));
        Self {
            namespace: NAMESPACE.min(before(prerequisites)),
            prerequisites,
            last: latest.map_or(LAST, |latest| LAST.max(latest.saturating_add(STEP))),
            verify,
            bundled,
            verify_dependencies: if app.bundled.is_empty() { verify } else { bundled + (VERIFY_BUNDLED - BUNDLED) },
            later,
        }
    }

    pub(super) fn of_job(&self, job: &Job) -> i32 {
        match job.purpose {
            JobPurpose::VerifySecrets => self.verify,
            JobPurpose::VerifyDependencies => self.verify_dependencies,
            JobPurpose::Databases => self.bundled + (DATABASES - BUNDLED),
            other => self.after(&job.pod, default_of(other)),
        }
    }

    pub(super) fn of_workload(&self, pod: &Pod) -> i32 {
        self.after(pod, WORKLOADS)
    }

    fn after(&self, pod: &Pod, default: i32) -> i32 {
        self.later.get(pod.component.as_str()).copied().unwrap_or(default)
    }

    /// The wave of the first pods that use the claim `name`; that of the workloads when none does.
    pub(super) fn of_claim(&self, app: &App, name: &str) -> i32 {
        let uses = |pod: &Pod| {
            pod.volumes.iter().any(|volume| matches!(&volume.source, VolumeSource::Claim(claim) if *claim == name))
        };
        let users = pods(app).filter(|(pod, _, of)| uses(pod) && !of.is_after_sync());
        let wave = |(pod, _, of): Placed<'_>| {
            let default = match of {
                Of::Job(job) => self.of_job(job),
                Of::Workload | Of::CronJob => self.after(pod, of.wave()),
            };
            pod.wave.map_or(default, |wave| wave.value)
        };
        users.map(wave).min().unwrap_or(WORKLOADS)
    }
}

/// What pods are of.
#[derive(Clone, Copy)]
enum Of<'a> {
    Workload,
    Job(&'a Job),
    CronJob,
}

impl Of<'_> {
    /// The wave where nothing is written.
    fn wave(self) -> i32 {
        match self {
            Self::Workload => WORKLOADS,
            Self::Job(job) => default_of(job.purpose),
            Self::CronJob => LAST,
        }
    }

    fn is_proof(self) -> bool {
        matches!(self, Self::Job(job) if job.purpose.is_proof())
    }

    /// Hooks after the sync have waves of their own phase.
    fn is_after_sync(self) -> bool {
        matches!(self, Self::Job(job) if job.purpose.is_after_sync())
    }

    /// Whether it has no say in the waves of others.
    fn is_apart(self) -> bool {
        self.is_after_sync() || matches!(self, Self::Job(job) if job.purpose == JobPurpose::Databases)
    }
}

/// Pods, what they come after, and what they are of.
type Placed<'a> = (&'a Pod, &'a [Text], Of<'a>);

/// All pods but those of bundled services.
fn pods(app: &App) -> impl Iterator<Item = Placed<'_>> {
    let none: &[Text] = &[];
    let deployments = app.deployments.iter().map(|one| (&one.pod, one.after.as_slice(), Of::Workload));
    let stateful_sets = app.stateful_sets.iter().map(move |set| (&set.pod, none, Of::Workload));
    let jobs = app.jobs.iter().map(|job| (&job.pod, job.after.as_slice(), Of::Job(job)));
    let cron_jobs = app.cron_jobs.iter().map(move |cron_job| (&cron_job.pod, none, Of::CronJob));
    deployments.chain(stateful_sets).chain(jobs).chain(cron_jobs)
}

/// The waves of what comes after others: a step behind the last of them.
fn later(app: &App) -> HashMap<&str, i32> {
    let (mut waiting, first): (Vec<_>, Vec<_>) = pods(app).partition(|(_, after, _)| !after.is_empty());
    let wave = |(pod, _, of): Placed<'_>| pod.wave.map_or(of.wave(), |wave| wave.value);
    let mut waves: HashMap<&str, i32> =
        first.into_iter().map(|placed| (placed.0.component.as_str(), wave(placed))).collect();
    let mut later = HashMap::with_capacity(waiting.len());
    let mut left = usize::MAX;
    // There is no circle: each round places one at least.
    while waiting.len() < left {
        left = waiting.len();
        waiting.retain(|(pod, after, _)| {
            let before: Option<Vec<i32>> = after.iter().map(|name| waves.get(name.as_str()).copied()).collect();
            let Some(latest) = before.and_then(|waves| waves.into_iter().max()) else { return true };
            waves.insert(&pod.component, latest.saturating_add(STEP));
            later.insert(pod.component.as_str(), latest.saturating_add(STEP));
            false
        });
    }
    later
}

fn default_of(purpose: JobPurpose) -> i32 {
    match purpose {
        JobPurpose::VerifySecrets | JobPurpose::VerifyDependencies => VERIFY,
        JobPurpose::Databases => DATABASES,
        JobPurpose::Migration => MIGRATION,
        JobPurpose::BeforeRollout => BEFORE_ROLLOUT,
        JobPurpose::WithRollout | JobPurpose::AfterSync => WORKLOADS,
        JobPurpose::VerifyRollout => VERIFY_ROLLOUT,
    }
}

impl Lowering<'_> {
    /// The value of the wave annotation: the written wave, or the default. Wave 0 is Argo CD's own
    /// default and not written, and where pods keep the order themselves no default is.
    pub(super) fn wave(&mut self, default: i32, written: Option<Spanned<i32>>) -> Option<Node> {
        if written.is_none() && self.app.order == Order::InitContainers {
            return None;
        }
        let origin = self.rule(&SYNC_WAVES);
        let wave = written.unwrap_or(Spanned::new(default, origin));
        (wave.value != 0).then(|| Node::string(ecow::eco_format!("{}", wave.value), wave.origin))
    }
}
