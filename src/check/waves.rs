//! Waves that never become healthy: Argo CD applies a wave when all of the one before is healthy.

use std::collections::{BTreeMap, HashSet};

use super::Build;
use super::argocd_hooks::{HOOK, annotation};
use super::ordering::{Moment, Phase, moment};
use super::{pods, wave_needs};
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
    claims(build, &moments, last, diagnostics);
    wave_needs::check(build, &moments, diagnostics);
}

/// What is stopped by hand is never healthy.
fn never_healthy(build: &Build<'_>, resource: &Resource, moment: Moment, last: Moment) -> Option<Diagnostic> {
    let (field, word) = match resource.kind() {
        "Job" | "CronJob" => ("suspend", "suspended"),
        "Deployment" | "Rollout" => ("paused", "paused"),
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
            .about(resource.id())
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
    Some(waits(build, resource, moment, last, why))
}

fn waits(build: &Build<'_>, resource: &Resource, moment: Moment, last: Moment, why: &str) -> Diagnostic {
    let wave =
        build.at(resource, annotation(resource, super::argocd_hooks::WAVE).map_or(&resource.root, |(node, _)| node));
    let message = format!("{last} waits until `{}` ({moment}) {why}", resource.id());
    Diagnostic::note("wave-waits", message)
        .about(resource.id())
        .at(wave)
        .help("put it into the last wave, unless what follows needs it")
}

/// A claim that is bound when its first pod comes, before that pod; one that no pod of the sync mounts is
/// bound later still.
fn claims(build: &Build<'_>, moments: &[(&Resource, Moment)], last: Moment, diagnostics: &mut Diagnostics) {
    let immediate = |claim: &Resource| {
        let class = claim.root.at(&["spec", "storageClassName"]).and_then(Node::as_str)?;
        let found = build.resources.find_by_any_name("StorageClass", class).first()?;
        let mode = build.resources.get(*found).root.get("volumeBindingMode").and_then(Node::as_str);
        (mode != Some("WaitForFirstConsumer")).then_some(())
    };
    let mut early: BTreeMap<(&str, &str), (&Resource, Moment)> = BTreeMap::new();
    for (claim, moment) in moments.iter().filter(|(one, _)| one.kind() == "PersistentVolumeClaim") {
        if immediate(claim).is_none() {
            early.insert((&claim.id().namespace, claim.name()), (claim, *moment));
        }
    }
    if early.is_empty() {
        return;
    }
    let mut mounted = HashSet::new();
    for (user, when) in moments.iter().filter(|(user, _)| user.kind() != "CronJob") {
        let Some(spec) = pods::spec(user) else { continue };
        for volume in pods::list(spec, "volumes") {
            let name = volume.at(&["persistentVolumeClaim", "claimName"]).and_then(Node::as_str);
            let Some(key) = name.map(|name| (user.id().namespace.as_str(), name)) else { continue };
            mounted.insert(key);
            let Some((claim, moment)) = early.get(&key).filter(|(_, moment)| moment < when) else { continue };
            let message = format!(
                "`{}` comes in {moment}, before its first pod (`{}`, {when}): most storage classes bind it only then, and the wave waits for it",
                claim.id(),
                user.id()
            );
            diagnostics.push(
                Diagnostic::warning("claim-before-its-pod", message)
                    .about(claim.id())
                    .at(build.place_of(claim))
                    .related(build.place_of(user), format!("`{}`", user.id()))
                    .help("give both one wave, or use a class with `volumeBindingMode: Immediate`"),
            );
        }
    }
    for (claim, moment) in early.iter().filter(|(key, _)| !mounted.contains(*key)).map(|(_, one)| one) {
        if *moment < last {
            let why =
                "is bound, which with most storage classes takes a pod that mounts it, and no pod of the sync does";
            diagnostics.push(waits(build, claim, *moment, last, why));
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
        let alone = resource("v1, kind: PersistentVolumeClaim", "c", 0, "{}") + END;
        assert!(found(&alone)[0].starts_with("wave-waits ['0'}}"), "{:?}", found(&alone));
        let class = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: now, annotations: {argocd.argoproj.io/sync-wave: '-2'}}}";
        assert_eq!(found(&(both(-1, "{storageClassName: now}") + class)), [""; 0]);
    }
}
