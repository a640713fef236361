//! Waves that never become healthy: Argo CD applies a wave when all of the one before is healthy.

use std::collections::HashMap;

use super::Build;
use super::argocd_hooks::{HOOK, annotation};
use super::needs;
use super::ordering::{Moment, Phase, moment, providers};
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    let moments: Vec<(&Resource, Moment)> =
        build.resources.iter().filter_map(|resource| Some((resource, moment(resource)?))).collect();
    let Some(last) = moments.iter().map(|(_, moment)| *moment).max() else { return };
    // One wave alone waits for nothing.
    if moments.iter().all(|(_, moment)| *moment == last) {
        return;
    }
    for (resource, moment) in moments.iter().filter(|(_, moment)| *moment < last) {
        diagnostics.extend(never_healthy(build, resource, *moment, last));
        diagnostics.extend(slow(build, resource, *moment, last));
    }
    claims(build, &moments, diagnostics);
    later(build, &moments, diagnostics);
}

/// What is stopped by hand is never healthy.
fn never_healthy(build: &Build<'_>, resource: &Resource, moment: Moment, last: Moment) -> Option<Diagnostic> {
    let (field, word) = match resource.kind() {
        "Job" | "CronJob" => ("suspend", "suspended"),
        "Deployment" => ("paused", "paused"),
        _ => return None,
    };
    // Before a hook that runs after the sync another rule says it.
    if last.phase == Phase::PostSync && field == "suspend" && annotation(resource, HOOK).is_none() {
        return None;
    }
    let node = resource.root.at(&["spec", field]).filter(|node| node.as_bool() == Some(true))?;
    let message =
        format!("`{}` is {word} in {moment}, so {last} never comes: Argo CD waits until all is healthy", resource.id());
    Some(
        Diagnostic::error("wave-never-healthy", message)
            .at(build.at(resource, node))
            .help("put it into the last wave, or let it run"),
    )
}

/// What may take long to become healthy, or stop being so later.
fn slow(build: &Build<'_>, resource: &Resource, moment: Moment, last: Moment) -> Option<Diagnostic> {
    let is_balancer = || resource.root.at(&["spec", "type"]).and_then(Node::as_str) == Some("LoadBalancer");
    let why = match (resource.id().gvk.group.as_str(), resource.kind()) {
        ("networking.k8s.io", "Ingress") => "has an address",
        ("", "Service") if is_balancer() => "has an address",
        ("batch", "CronJob") => "has no failed run, which also holds back what would repair it",
        _ => return None,
    };
    let wave =
        build.at(resource, annotation(resource, super::argocd_hooks::WAVE).map_or(&resource.root, |(node, _)| node));
    let message = format!("{last} waits until `{}` ({moment}) {why}", resource.id());
    Some(
        Diagnostic::note("wave-waits", message)
            .at(wave)
            .help("put it into the last wave, unless what follows needs it"),
    )
}

/// A claim that is bound when its first pod comes, before that pod.
fn claims(build: &Build<'_>, moments: &[(&Resource, Moment)], diagnostics: &mut Diagnostics) {
    let immediate = |claim: &Resource| {
        let class = claim.root.at(&["spec", "storageClassName"]).and_then(Node::as_str)?;
        let found = build.resources.find_by_any_name("StorageClass", class).first()?;
        let mode = build.resources.get(*found).root.get("volumeBindingMode").and_then(Node::as_str);
        (mode != Some("WaitForFirstConsumer")).then_some(())
    };
    let mut early: HashMap<(&str, &str), (&Resource, Moment)> = HashMap::new();
    for (claim, moment) in moments.iter().filter(|(one, _)| one.kind() == "PersistentVolumeClaim") {
        if immediate(claim).is_none() {
            early.insert((&claim.id().namespace, claim.name()), (claim, *moment));
        }
    }
    if early.is_empty() {
        return;
    }
    for (user, when) in moments {
        let Some(spec) = pods::spec(user) else { continue };
        for volume in pods::list(spec, "volumes") {
            let name = volume.at(&["persistentVolumeClaim", "claimName"]).and_then(Node::as_str);
            let Some((claim, moment)) = name.and_then(|name| early.get(&(user.id().namespace.as_str(), name))) else {
                continue;
            };
            let message = match moment.cmp(when) {
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Less => format!(
                    "`{}` comes in {moment}, before its first pod (`{}`, {when}): most storage classes bind it only then, and the wave waits for it",
                    claim.id(),
                    user.id()
                ),
                std::cmp::Ordering::Greater => continue,
            };
            diagnostics.push(
                Diagnostic::warning("claim-before-its-pod", message)
                    .at(build.place_of(claim))
                    .related(build.place_of(user), format!("`{}`", user.id()))
                    .help("give both one wave, or use a class with `volumeBindingMode: Immediate`"),
            );
        }
    }
}

/// Pods that need what comes in a later wave, which waits for them. Jobs that are hooks have a rule
/// of their own, which `build` enforces.
fn later(build: &Build<'_>, moments: &[(&Resource, Moment)], diagnostics: &mut Diagnostics) {
    let providers = providers(build);
    for (resource, moment) in moments {
        let waited =
            matches!(resource.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Pod" | "Job");
        if !waited || (resource.kind() == "Job" && annotation(resource, HOOK).is_some()) {
            continue;
        }
        let mut said = std::collections::HashSet::new();
        for need in pods::spec(resource).map(needs::of_pod).unwrap_or_default() {
            let Some(name) = need.name.as_str().filter(|_| !need.optional) else { continue };
            let Some(provider) = providers.get(&(resource.id().namespace.as_str(), need.kind, name)) else { continue };
            if provider.moment <= *moment || !said.insert((need.kind, name)) {
                continue;
            }
            let maker = provider.resource.id();
            let message = format!(
                "`{}` ({moment}) needs the {} `{name}`, which `{maker}` brings in {} only: each waits for the other",
                resource.id(),
                need.kind.as_str(),
                provider.moment
            );
            diagnostics.push(
                Diagnostic::error("needs-later-object", message)
                    .at(build.at(resource, need.name))
                    .related(build.place_of(provider.resource), format!("`{maker}`"))
                    .help("put what it needs into an earlier wave, or the workload into a later one"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    fn resource(kind: &str, name: &str, wave: i64, spec: &str) -> String {
        format!(
            "{{apiVersion: {kind}, metadata: {{name: {name}, annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}}}, spec: {spec}}}\n---\n"
        )
    }

    const END: &str =
        "{apiVersion: v1, kind: X, metadata: {name: end, annotations: {argocd.argoproj.io/sync-wave: '9'}}}";

    #[test]
    fn what_is_stopped_stands_in_the_last_wave() {
        let stopped = |field: &str| format!("{{{field}: true}}");
        for (kind, field) in [("batch/v1, kind: Job", "suspend"), ("apps/v1, kind: Deployment", "paused")] {
            let said = found(&(resource(kind, "a", 0, &stopped(field)) + END));
            assert!(said[0].starts_with("wave-never-healthy [true}}]"), "{said:?}");
            assert!(said[0].contains("so phase `Sync`, wave 9 never comes"), "{said:?}");
            assert_eq!(found(&(resource(kind, "a", 9, &stopped(field)) + END)), [""; 0]);
            assert_eq!(found(&resource(kind, "a", 0, &stopped(field))), [""; 0], "one wave waits for nothing");
        }
    }

    #[test]
    fn what_may_be_slow_is_a_note() {
        for (kind, spec) in [
            ("networking.k8s.io/v1, kind: Ingress", "{}"),
            ("v1, kind: Service", "{type: LoadBalancer}"),
            ("batch/v1, kind: CronJob", "{}"),
        ] {
            let said = found(&(resource(kind, "a", 0, spec) + END));
            assert!(said[0].starts_with("wave-waits ['0'}}"), "{said:?}");
            assert_eq!(found(&(resource(kind, "a", 9, spec) + END)), [""; 0]);
        }
    }

    #[test]
    fn a_claim_comes_with_its_pod() {
        let pod = "{template: {spec: {volumes: [{persistentVolumeClaim: {claimName: c}}]}}}";
        let both = |wave: i64, class: &str| {
            resource("v1, kind: PersistentVolumeClaim", "c", wave, class)
                + &resource("apps/v1, kind: Deployment", "d", 0, pod)
        };
        assert!(found(&both(-1, "{}"))[0].starts_with("claim-before-its-pod [c, annotations"));
        assert_eq!(found(&both(0, "{}")), [""; 0]);
        let class = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: now}}";
        assert_eq!(found(&(both(-1, "{storageClassName: now}") + class)), [""; 0]);
    }

    #[test]
    fn a_workload_does_not_wait_for_a_wave_that_waits_for_it() {
        let pod = "{template: {spec: {containers: [{envFrom: [{configMapRef: {name: c}}]}]}}}";
        let both = |wave: i64| {
            resource("v1, kind: ConfigMap", "c", wave, "{}") + &resource("apps/v1, kind: Deployment", "d", 0, pod)
        };
        assert_eq!(found(&both(0)), [""; 0]);
        assert_eq!(found(&both(-1)), [""; 0]);
        let said = found(&both(1));
        assert!(said[0].starts_with("needs-later-object [c}}]}]}}}}]"), "{said:?}");
        assert!(
            said[0].ends_with("which `ConfigMap/c` brings in phase `Sync`, wave 1 only: each waits for the other"),
            "{said:?}"
        );
    }
}
