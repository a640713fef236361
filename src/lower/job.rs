//! Jobs, which Argo CD runs as hooks.

use std::borrow::Cow;

use super::Lowering;
use super::metadata::{Metadata, SYNC_OPTIONS, WAVE};
use super::proof::{attribute, confine};
use super::rules::{
    DATABASES_JOB, JOB_LIMITS, MIGRATION_JOB, ONE_OFF_JOB, PLAIN_JOB, VERIFY_DEPENDENCIES_JOB, VERIFY_ROLLOUT_JOB,
    VERIFY_SECRETS_JOB,
};
use crate::app::{Job, JobPurpose, Pod};
use crate::model::release::Order;
use crate::object;
use crate::origin::Rule;
use crate::tree::Node;

const HOOK: &str = "argocd.argoproj.io/hook";
const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";

impl Lowering<'_> {
    pub(super) fn job(&mut self, job: &Job) -> Node {
        let origin = self.rule(rule_of(job.purpose));
        let pod = &*self.job_pod(job);
        let wave = self.wave(self.waves.of_job(job), pod.wave);
        let by_rule = self.hook(job, wave);
        let metadata = self.metadata(Metadata {
            name: &job.name,
            component: Some(&pod.component),
            labels: &pod.labels,
            annotations: &pod.annotations,
            by_rule,
        });
        let (tries, seconds) = self.limits(job);
        let spec = object! { origin;
            "backoffLimit"?: tries,
            "activeDeadlineSeconds": seconds,
            "template": self.pod_template(pod, true),
        };
        let mut root = object! { origin; "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec };
        if job.purpose.is_proof() || job.purpose == JobPurpose::Databases {
            // Its name, command and script have the place of the switch that asks for them, where
            // they are not written: the rule made them, because of that place.
            let place = pod.component.origin;
            let made = self.rule_at(rule_of(job.purpose), place);
            attribute(&mut root, place, made);
        }
        root
    }

    /// What makes the Job a hook of Argo CD. Where pods keep the order it is a plain Job, which is
    /// made anew when it changes, because the template of a Job cannot be changed.
    fn hook(&mut self, job: &Job, wave: Option<Node>) -> Vec<(&'static str, Option<Node>)> {
        let text = |text: &str, origin| Some(Node::string(text, origin));
        if self.app.order == Order::InitContainers {
            let origin = self.rule(&PLAIN_JOB);
            let options = ["Force=true", "Replace=true"];
            return options
                .map(|option| (SYNC_OPTIONS, text(option, origin)))
                .into_iter()
                .chain([(WAVE, wave)])
                .collect();
        }
        let origin = self.rule(rule_of(job.purpose));
        let phase = if job.purpose.is_after_sync() { "PostSync" } else { "Sync" };
        vec![(HOOK, text(phase, origin)), (HOOK_DELETE_POLICY, text("BeforeHookCreation", origin)), (WAVE, wave)]
    }

    /// The pods of a Job.
    fn job_pod<'j>(&mut self, job: &'j Job) -> Cow<'j, Pod> {
        if !job.purpose.is_proof() {
            return Cow::Borrowed(&job.pod);
        }
        let origin = self.rule(rule_of(job.purpose));
        let mut pod = job.pod.clone();
        confine(&mut pod.main, origin);
        Cow::Owned(pod)
    }

    /// The number of tries and the time limit. Proofs keep Kubernetes' six tries: their growing pauses
    /// give whoever is proven time to get well, and the deadline ends them.
    fn limits(&mut self, job: &Job) -> (Option<Node>, Node) {
        if job.purpose.is_proof() {
            let seconds = self.defaults.verify_seconds;
            return (None, self.or_rule(job.active_deadline_seconds, rule_of(job.purpose), seconds));
        }
        let tries = self.or_rule(job.backoff_limit, &JOB_LIMITS, self.defaults.job_tries);
        (Some(tries), self.or_rule(job.active_deadline_seconds, &JOB_LIMITS, self.defaults.job_seconds))
    }
}

fn rule_of(purpose: JobPurpose) -> &'static Rule {
    match purpose {
        JobPurpose::VerifySecrets => &VERIFY_SECRETS_JOB,
        JobPurpose::Databases => &DATABASES_JOB,
        JobPurpose::VerifyDependencies => &VERIFY_DEPENDENCIES_JOB,
        JobPurpose::VerifyRollout => &VERIFY_ROLLOUT_JOB,
        JobPurpose::Migration => &MIGRATION_JOB,
        JobPurpose::BeforeRollout | JobPurpose::WithRollout | JobPurpose::AfterSync => &ONE_OFF_JOB,
    }
}
