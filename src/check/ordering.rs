//! What a Job of a hook needs is there before the Job: Argo CD applies phase by phase and wave by
//! wave, so a Job that comes before its ServiceAccount, ConfigMap or Secret blocks the first sync
//! for ever and reads old data on later ones.

use std::collections::{HashMap, HashSet};

use super::Build;
use super::argocd_hooks::{HOOK, WAVE, annotation, listed};
use super::needs::{self, Kind, Need};
use super::secrets;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let jobs: Vec<(&Resource, Moment)> = build.resources.iter().filter_map(hook_job).collect();
    if jobs.is_empty() || build.policy.without_argo_cd {
        return;
    }
    let providers = providers(build);
    for (job, moment) in jobs {
        let spec = job.pod_template().and_then(|template| template.get("spec"));
        // One finding for each object, however often the pod names it.
        let mut seen = HashSet::new();
        for need in spec.map(needs::of_pod).unwrap_or_default() {
            let Some(name) = need.name.as_str().filter(|_| !need.optional) else { continue };
            let Some(provider) = providers.get(&(job.id().namespace.as_str(), need.kind, name)) else { continue };
            if provider.is_there(moment) || !seen.insert((need.kind, name)) {
                continue;
            }
            diagnostics.push(finding(build, job, moment, &need, provider));
        }
    }
}

/// When Argo CD applies a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub phase: Phase,
    pub wave: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    PreSync,
    Sync,
    PostSync,
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "phase `{:?}`, wave {}", self.phase, self.wave)
    }
}

/// A resource that is or makes what a pod needs.
#[derive(Clone, Copy)]
pub(super) struct Provider<'a> {
    pub resource: &'a Resource,
    pub moment: Moment,
    pub by_operator: bool,
}

impl Provider<'_> {
    /// Whether what it makes is there for a Job of `moment`. In one wave Argo CD applies service
    /// accounts, Secrets and ConfigMaps before Jobs; an operator needs time, which only the end of
    /// a wave gives.
    fn is_there(&self, moment: Moment) -> bool {
        self.moment < moment || (self.moment == moment && !self.by_operator)
    }
}

/// When a resource is applied first; `None` when it is no part of a sync (`Skip`, `SyncFail`, ...).
pub(super) fn moment(resource: &Resource) -> Option<Moment> {
    let wave = annotation(resource, WAVE).and_then(|(_, text)| text.parse().ok()).unwrap_or(0);
    let phase = match annotation(resource, HOOK) {
        None => Some(Phase::Sync),
        Some((_, hooks)) => listed(hooks).filter_map(phase).min(),
    };
    Some(Moment { phase: phase?, wave })
}

fn phase(hook: &str) -> Option<Phase> {
    match hook {
        "PreSync" => Some(Phase::PreSync),
        "Sync" => Some(Phase::Sync),
        "PostSync" => Some(Phase::PostSync),
        _ => None,
    }
}

/// A Job that runs before the sync is over.
fn hook_job(resource: &Resource) -> Option<(&Resource, Moment)> {
    if resource.kind() != "Job" {
        return None;
    }
    annotation(resource, HOOK)?;
    moment(resource).filter(|moment| moment.phase <= Phase::Sync).map(|moment| (resource, moment))
}

/// Namespace, kind and name.
pub(super) type Key<'a> = (&'a str, Kind, &'a str);

/// What the build makes, by namespace, kind and name; of two that make one object the first in
/// time counts.
pub(super) fn providers<'a>(build: &Build<'a>) -> HashMap<Key<'a>, Provider<'a>> {
    let mut found: HashMap<Key<'_>, Provider<'_>> = HashMap::new();
    for resource in build.resources {
        let Some(moment) = moment(resource) else { continue };
        let mut add = |namespace, kind, name, by_operator| {
            let provider = Provider { resource, moment, by_operator };
            let known = found.entry((namespace, kind, name)).or_insert(provider);
            if (moment, by_operator) < (known.moment, known.by_operator) {
                *known = provider;
            }
        };
        let id = resource.id();
        match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
            ("", "ConfigMap") => add(&id.namespace, Kind::ConfigMap, resource.name(), false),
            ("", "ServiceAccount") => add(&id.namespace, Kind::ServiceAccount, resource.name(), false),
            _ => {
                for made in secrets::made_by(resource) {
                    add(made.namespace, Kind::Secret, made.name, made.by_operator);
                }
            }
        }
    }
    found
}

fn finding(build: &Build<'_>, job: &Resource, moment: Moment, need: &Need<'_>, provider: &Provider<'_>) -> Diagnostic {
    let (id, maker) = (job.id(), provider.resource.id());
    let object = format!("{}/{}", need.kind.as_str(), need.name.as_str().unwrap_or_default());
    let comes = match maker.gvk.kind == need.kind.as_str() {
        true => "which comes".to_owned(),
        false => format!("which `{maker}` makes"),
    };
    let message = format!("`{id}` runs in {moment} and needs `{object}`, {comes} in {}", provider.moment);
    let help = match moment.phase {
        Phase::PreSync => "make it a hook of phase `Sync`, in a wave after what it needs and before the workloads",
        Phase::Sync | Phase::PostSync => "put what it needs into an earlier wave, or the Job into a later one",
    };
    Diagnostic::error("needs-later-object", message)
        .about(job.id())
        .at(build.at(job, need.name))
        .related(build.place_of(provider.resource), format!("`{maker}`"))
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(job: &str, resources: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j, annotations: {job}}}, spec: {{template: {{spec: \
             {{containers: [{{env: [{{valueFrom: {{secretKeyRef: {{key: A, name: s}}}}}}, {{valueFrom: {{secretKeyRef: {{key: B, name: s}}}}}}], \
             envFrom: [{{configMapRef: {{name: c}}}}, {{configMapRef: {{name: o, optional: true}}}}]}}], serviceAccountName: a}}}}}}}}\n{resources}"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    fn hook(phase: &str, wave: i64) -> String {
        format!("{{argocd.argoproj.io/hook: {phase}, argocd.argoproj.io/sync-wave: '{wave}'}}")
    }

    fn resource(kind: &str, name: &str, annotations: &str) -> String {
        let (version, kind) = kind.split_once(' ').unwrap();
        let target = "spec: {managedSecretReference: {secretName: s}}";
        format!(
            "---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, annotations: {annotations}}}, {target}}}\n"
        )
    }

    fn wave(wave: i64) -> String {
        format!("{{argocd.argoproj.io/sync-wave: '{wave}'}}")
    }

    const INFISICAL: &str = "secrets.infisical.com/v1alpha1 InfisicalSecret";

    #[test]
    fn what_a_job_needs_comes_before_it() {
        let job = hook("Sync", -1);
        for (kind, name) in [("v1 ConfigMap", "c"), ("v1 ServiceAccount", "a"), ("v1 Secret", "s")] {
            for early in [wave(-2), wave(-1), hook("PreSync", 5)] {
                assert!(found(&job, &resource(kind, name, &early)).is_empty(), "{kind} {early}");
            }
            let found = found(&job, &resource(kind, name, "{}"));
            let kind = kind.trim_start_matches("v1 ");
            let message = format!(
                "`Job/j` runs in phase `Sync`, wave -1 and needs `{kind}/{name}`, which comes in phase `Sync`, wave 0"
            );
            assert!(found.len() == 1 && found[0].ends_with(&message), "{found:?}");
            assert!(found[0].starts_with(&format!("needs-later-object [{name}}}")), "{found:?}");
        }
    }

    #[test]
    fn an_operator_needs_a_wave_of_its_own() {
        let secret = |when: &str| resource(INFISICAL, "x", when);
        assert!(found(&hook("Sync", -1), &secret(&wave(-2))).is_empty());
        let found = found(&hook("Sync", -1), &secret(&wave(-1)));
        assert!(found.len() == 1 && found[0].contains("which `InfisicalSecret/x` makes in phase `Sync`, wave -1"));
        for kind in ["external-secrets.io/v1 ExternalSecret", "bitnami.com/v1alpha1 SealedSecret"] {
            assert_eq!(self::found(&hook("Sync", 0), &resource(kind, "s", "{}")).len(), 1);
        }
    }

    #[test]
    fn nothing_of_the_sync_comes_before_a_presync_hook() {
        let job = hook("PreSync", 5);
        assert_eq!(found(&job, &resource("v1 ConfigMap", "c", &wave(-9))).len(), 1);
        assert!(found(&job, &resource("v1 ConfigMap", "c", &hook("PreSync", 4))).is_empty());
        assert!(found(&job, &resource("v1 ConfigMap", "o", "{}")).is_empty(), "an optional one is not waited for");
        assert!(found(&hook("PostSync", 0), &resource("v1 ConfigMap", "c", "{}")).is_empty());
        assert!(found("{}", &resource("v1 ConfigMap", "c", &wave(3))).is_empty(), "an ordinary Job is no hook");
    }
}
