//! Jobs, which Argo CD runs as hooks.

use std::borrow::Cow;

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::{DATABASES_JOB, JOB_LIMITS, MIGRATION_JOB, ONE_OFF_JOB, VERIFY_SECRETS_JOB};
use crate::app::{Job, JobPurpose, Pod};
use crate::model::container::{ResourceAmounts, Resources};
use crate::model::scalar::Quantity;
use crate::object;
use crate::origin::{Origin, Rule};
use crate::tree::{Node, Spanned, Text, Value};

const HOOK: &str = "argocd.argoproj.io/hook";
const HOOK_DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";

/// Gives every value at `place` the origin `made`.
pub(super) fn attribute(node: &mut Node, place: Origin, made: Origin) {
    let here = node.origin() == place;
    match node.value_mut() {
        Value::Map(map) => map.iter_mut().for_each(|entry| attribute(&mut entry.node, place, made)),
        Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| attribute(item, place, made)),
        _ if here => *node = node.clone().with_origin(made),
        _ => {}
    }
}

/// The user that owns nothing.
const NOBODY: u32 = 65534;

impl Lowering<'_> {
    pub(super) fn job(&mut self, job: &Job) -> Node {
        let origin = self.rule(rule_of(job.purpose));
        let pod = &*self.job_pod(job);
        let phase = match job.purpose {
            JobPurpose::AfterSync => "PostSync",
            _ => "Sync",
        };
        let wave = self.wave(self.waves.of_job(job.purpose), pod.wave);
        let metadata = self.metadata(Metadata {
            name: &job.name,
            component: Some(&pod.component),
            labels: &pod.labels,
            annotations: &pod.annotations,
            by_rule: vec![
                (HOOK, Some(Node::string(phase, origin))),
                (HOOK_DELETE_POLICY, Some(Node::string("BeforeHookCreation", origin))),
                (WAVE, wave),
            ],
        });
        let (tries, seconds) = self.limits(job);
        let spec = object! { origin;
            "backoffLimit"?: tries,
            "activeDeadlineSeconds": seconds,
            "template": self.pod_template(pod, true),
        };
        let mut root = object! { origin; "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec };
        if job.purpose == JobPurpose::Databases {
            let place = pod.component.origin;
            let made = self.rule_at(&DATABASES_JOB, place);
            attribute(&mut root, place, made);
        }
        if job.purpose == JobPurpose::VerifySecrets {
            // Its name, command and script have the place of the switch that asks for them, where
            // they are not written: the rule made them, because of that place.
            let place = pod.component.origin;
            let made = self.rule_at(&VERIFY_SECRETS_JOB, place);
            attribute(&mut root, place, made);
        }
        root
    }

    /// The pods of a Job. The proof of secrets runs a shell and nothing else, so any user will do,
    /// also where the image's own one is root or has no number, and little CPU and memory.
    fn job_pod<'j>(&mut self, job: &'j Job) -> Cow<'j, Pod> {
        if job.purpose != JobPurpose::VerifySecrets {
            return Cow::Borrowed(&job.pod);
        }
        let origin = self.rule(&VERIFY_SECRETS_JOB);
        let mut pod = job.pod.clone();
        let security = &mut pod.main.security;
        security.run_as_user.get_or_insert(Spanned::new(NOBODY, origin));
        security.read_only_root_filesystem.get_or_insert(Spanned::new(true, origin));
        // What is written is kept whole: a default beside it could be a limit below its request.
        if pod.main.resources == Resources::default() {
            pod.main.resources = small(origin);
        }
        Cow::Owned(pod)
    }

    /// The number of tries and the time limit. The proof of secrets keeps Kubernetes' six tries:
    /// their growing pauses give the operator time to correct a value, and the deadline ends them.
    fn limits(&mut self, job: &Job) -> (Option<Node>, Node) {
        if job.purpose == JobPurpose::VerifySecrets {
            let seconds = self.defaults.verify_seconds;
            return (None, self.or_rule(job.active_deadline_seconds, &VERIFY_SECRETS_JOB, seconds));
        }
        let tries = self.or_rule(job.backoff_limit, &JOB_LIMITS, self.defaults.job_tries);
        (Some(tries), self.or_rule(job.active_deadline_seconds, &JOB_LIMITS, self.defaults.job_seconds))
    }
}

/// What a shell with a few lines of script needs.
fn small(origin: Origin) -> Resources {
    let amount = |text: &str| Some(Quantity(Text::new(text, origin)));
    Resources {
        requests: ResourceAmounts { cpu: amount("10m"), memory: amount("16Mi"), ephemeral_storage: None },
        limits: ResourceAmounts { memory: amount("64Mi"), ..ResourceAmounts::default() },
    }
}

fn rule_of(purpose: JobPurpose) -> &'static Rule {
    match purpose {
        JobPurpose::VerifySecrets => &VERIFY_SECRETS_JOB,
        JobPurpose::Databases => &DATABASES_JOB,
        JobPurpose::Migration => &MIGRATION_JOB,
        JobPurpose::BeforeRollout | JobPurpose::WithRollout | JobPurpose::AfterSync => &ONE_OFF_JOB,
    }
}
