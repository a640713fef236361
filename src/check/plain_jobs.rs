//! Jobs that are no hooks: Kubernetes never changes the template of one, so the next release of it
//! cannot be applied, and one that deletes itself is out of sync as soon as it is done.

use super::Build;
use super::argocd_hooks::{annotation, is_hook, listed};
use super::sync_options::SYNC_OPTIONS;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    let is_job = |resource: &&Resource| resource.id().gvk.group == "batch" && resource.kind() == "Job";
    for job in build.resources.iter().filter(is_job).filter(|job| !is_hook(job)) {
        let ttl = job.root.at(&["spec", "ttlSecondsAfterFinished"]).filter(|node| !node.is_null());
        if let Some(ttl) = ttl {
            let message = format!(
                "`{}` is deleted when it is done, and Argo CD then finds it missing and runs it again",
                job.id()
            );
            diagnostics.push(
                Diagnostic::warning("job-with-ttl", message)
                    .about(job.id())
                    .at(build.at(job, ttl))
                    .help("make it a hook (`argocd.argoproj.io/hook: Sync`), or take `ttlSecondsAfterFinished` out"),
            );
        } else if !is_replaced(job) && !is_numbered(job.name()) {
            let message = format!("`{}` cannot change: the next sync with another image or variable fails", job.id());
            diagnostics.push(Diagnostic::warning("plain-job", message).about(job.id()).at(build.place_of(job)).help(
                "make it a hook (`argocd.argoproj.io/hook: Sync`), or annotate it with `argocd.argoproj.io/sync-options: Force=true,Replace=true`",
            ));
        }
    }
}

/// Whether Argo CD makes it anew.
fn is_replaced(job: &Resource) -> bool {
    let has =
        |wanted: &str| annotation(job, SYNC_OPTIONS).is_some_and(|(_, text)| listed(text).any(|one| one == wanted));
    has("Replace=true") && has("Force=true")
        || job.root.at(&["metadata", "generateName"]).and_then(Node::as_str).is_some()
}

/// Whether the name says which release it is of: then each release is a Job of its own.
fn is_numbered(name: &str) -> bool {
    name.rsplit_once('-').is_some_and(|(_, last)| last.bytes().any(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(name: &str, annotations: &str, spec: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: batch/v1, kind: Job, metadata: {{name: {name}, annotations: {{{annotations}}}}}, spec: {{{spec}}}}}"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn a_job_is_a_hook_or_made_anew() {
        assert!(found("migrate", "", "")[0].starts_with("plain-job [migrate"));
        for good in [
            "argocd.argoproj.io/hook: Sync",
            "helm.sh/hook: pre-install",
            "argocd.argoproj.io/sync-options: 'Force=true,Replace=true'",
        ] {
            assert_eq!(found("migrate", good, ""), [""; 0], "{good}");
        }
        assert_eq!(found("migrate-v7", "", ""), [""; 0]);
        assert!(found("migrate", "", "ttlSecondsAfterFinished: 9")[0].starts_with("job-with-ttl [9}}]"));
        assert_eq!(found("migrate", "argocd.argoproj.io/hook: Sync", "ttlSecondsAfterFinished: 9"), [""; 0]);
    }
}
