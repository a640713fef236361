//! Hooks and what Argo CD deletes: configuration that is a hook goes away under the pods that read
//! it, one with a hash in its name before the rollout, and a hook without a deadline waits for ever.

use std::collections::HashMap;

use super::Build;
use super::argocd_hooks::{DELETE_POLICY, HOOK, annotation, is_applied_by_argo_cd, is_hook, listed};
use super::needs::{self, Kind};
use super::pods;
use super::secrets;
use super::sync_options::SYNC_OPTIONS;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names::without_hash;
use crate::resource::Resource;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    used_by_workloads(build, diagnostics);
    without_deadline(build, diagnostics);
    if is_applied_by_argo_cd(build) {
        diagnostics.extend(pruned_early(build));
    }
}

/// Namespace, kind and name.
type Key<'a> = (&'a str, Kind, &'a str);

/// Hooks that pods of ordinary resources read.
fn used_by_workloads(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let mut hooks: HashMap<Key<'_>, &Resource> = HashMap::new();
    for resource in build.resources.iter().filter(|resource| is_deleted(resource)) {
        let id = resource.id();
        match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
            ("", "ConfigMap") => _ = hooks.insert((&id.namespace, Kind::ConfigMap, resource.name()), resource),
            ("", "ServiceAccount") => {
                _ = hooks.insert((&id.namespace, Kind::ServiceAccount, resource.name()), resource)
            }
            _ => {
                let made = secrets::made_by(resource);
                hooks.extend(made.into_iter().map(|made| ((made.namespace, Kind::Secret, made.name), resource)));
            }
        }
    }
    if hooks.is_empty() {
        return;
    }
    for user in build.resources.iter().filter(|resource| !is_hook(resource)) {
        for need in pods::spec(user).map(needs::of_pod).unwrap_or_default() {
            let Some(name) = need.name.as_str() else { continue };
            // Once said is enough.
            let Some(hook) = hooks.remove(&(user.id().namespace.as_str(), need.kind, name)) else { continue };
            let message = format!(
                "`{}` is a hook, which Argo CD deletes and makes anew, and the pods of `{}` need it all the time",
                hook.id(),
                user.id()
            );
            let place = annotation(hook, HOOK).map_or_else(|| build.place_of(hook), |(node, _)| build.at(hook, node));
            diagnostics.push(
                Diagnostic::error("hook-used-by-workload", message)
                    .about(hook.id())
                    .at(place)
                    .related(build.at(user, need.name), format!("`{}` needs it", user.id()))
                    .help("make it an ordinary object of an early wave; hooks that need it earlier have a copy of their own"),
            );
        }
    }
}

/// Whether Argo CD deletes a resource when it syncs, because it is a hook.
fn is_deleted(resource: &Resource) -> bool {
    let phases = annotation(resource, HOOK).map(|(_, text)| listed(text).any(|phase| phase != "Skip"));
    let policies = annotation(resource, DELETE_POLICY).map(|(_, text)| text);
    let deletes = |text: &str| {
        let mut policies = listed(text).peekable();
        policies.peek().is_none() || policies.any(|policy| matches!(policy, "BeforeHookCreation" | "HookSucceeded"))
    };
    phases == Some(true) && deletes(policies.unwrap_or_default())
}

/// Jobs that are hooks and need a Secret of which Argo CD cannot tell whether it is there: the kind
/// that makes it has no health check.
fn without_deadline(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let mut unseen: HashMap<(&str, &str), &Resource> = HashMap::new();
    for resource in build.resources {
        let group = resource.id().gvk.group.as_str();
        if matches!(group, "secrets.infisical.com" | "isindir.github.com") {
            unseen.extend(secrets::made_by(resource).iter().map(|made| ((made.namespace, made.name), resource)));
        }
    }
    if unseen.is_empty() {
        return;
    }
    for job in build.resources.iter().filter(|resource| resource.kind() == "Job" && is_hook(resource)) {
        let limited = ["activeDeadlineSeconds"].iter().any(|field| job.root.at(&["spec", field]).is_some());
        let Some(spec) = pods::spec(job).filter(|_| !limited) else { continue };
        let needs = needs::of_pod(spec);
        let waits = needs.iter().filter(|need| need.kind == Kind::Secret && !need.optional).find_map(|need| {
            let maker = unseen.get(&(job.id().namespace.as_str(), need.name.as_str()?))?;
            Some((need.name, maker))
        });
        let Some((node, maker)) = waits else { continue };
        let message = format!(
            "`{}` has no deadline and needs what `{}` makes: where the Secret does not come, the sync hangs for ever",
            job.id(),
            maker.id()
        );
        diagnostics.push(
            Diagnostic::warning("hook-without-deadline", message)
                .about(job.id())
                .at(build.at(job, node))
                .related(build.place_of(maker), "Argo CD has no health check for this kind and does not wait for it")
                .help("write `activeDeadlineSeconds` of the Job"),
        );
    }
}

/// Pruned objects go before the rollout of what replaces them, unless they say `PruneLast`. Said
/// once: what makes them mostly makes all of them.
fn pruned_early(build: &Build<'_>) -> Option<Diagnostic> {
    let last = |text: &str| listed(text).any(|option| matches!(option, "PruneLast=true" | "Prune=false"));
    let goes = |resource: &&Resource| {
        matches!(resource.kind(), "ConfigMap" | "Secret")
            && has_hash(resource)
            && !annotation(resource, SYNC_OPTIONS).is_some_and(|(_, text)| last(text))
    };
    let mut early = build.resources.iter().filter(goes);
    let first = early.next()?;
    let more = match early.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let place =
        annotation(first, SYNC_OPTIONS).map_or_else(|| build.place_of(first), |(node, _)| build.at(first, node));
    let message = format!(
        "Argo CD deletes the `{}`{more} of the release before while its pods still run: a pod that restarts then does not start",
        first.original_id()
    );
    Some(Diagnostic::warning("hash-without-prune-last", message).at(place).help(
        "annotate it with `argocd.argoproj.io/sync-options: PruneLast=true` (in a generator: `options.annotations`)",
    ))
}

/// Whether the name ends with a hash of the content, which it got in this build.
fn has_hash(resource: &Resource) -> bool {
    resource.every_id().skip(1).any(|before| without_hash(resource.name()) == Some(before.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, resources, run, shown};
    use super::*;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    fn both(annotations: &str) -> Vec<String> {
        found(&format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c, annotations: {{argocd.argoproj.io/{annotations}}}}}}}\n---\n\
             {{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{envFrom: [{{configMapRef: {{name: c}}}}]}}]}}}}"
        ))
    }

    #[test]
    fn what_pods_need_is_no_hook() {
        let said = both("hook: PreSync");
        assert!(said[0].starts_with("hook-used-by-workload [PreSync}}}]"), "{said:?}");
        assert_eq!(both("hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookFailed"), [""; 0]);
        assert_eq!(both("sync-wave: '-1'"), [""; 0]);
    }

    #[test]
    fn a_hook_that_waits_for_an_unseen_secret_has_a_deadline() {
        let job = |spec: &str| {
            found(&format!(
                "{{apiVersion: batch/v1, kind: Job, metadata: {{name: j, annotations: {{argocd.argoproj.io/hook: Sync}}}}, spec: {{{spec}\
                 template: {{spec: {{containers: [{{envFrom: [{{secretRef: {{name: s}}}}]}}]}}}}}}}}\n---\n\
                 {{apiVersion: secrets.infisical.com/v1alpha1, kind: InfisicalSecret, metadata: {{name: i}}, spec: {{managedSecretReference: {{secretName: s}}}}}}"
            ))
        };
        assert!(job("")[0].starts_with("hook-without-deadline [s}}]}]}}}}]"), "{:?}", job(""));
        assert_eq!(job("activeDeadlineSeconds: 60, "), [""; 0]);
    }

    #[test]
    fn a_hashed_map_is_pruned_last() {
        let with = |annotations: &str| {
            let yaml =
                format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c, annotations: {{{annotations}}}}}}}");
            let mut set = resources(&yaml);
            set.update(0, |resource| {
                let name = resource.root.at_mut(&["metadata", "name"]).unwrap();
                *name = crate::tree::Node::string("c-5g2bk4m6t8", name.origin());
            })
            .unwrap();
            shown(&run(check, None, &set, &Policy::default()), &yaml)
        };
        assert!(with("argocd.argoproj.io/sync-wave: '-1'")[0].starts_with("hash-without-prune-last [c, annotations"));
        assert_eq!(with("argocd.argoproj.io/sync-options: PruneLast=true"), [""; 0]);
        assert_eq!(with("other: x"), [""; 0], "nothing shows that Argo CD applies it");
    }
}
