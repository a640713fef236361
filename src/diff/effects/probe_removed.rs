//! Without a probe nobody notices.

use super::{Case, Effect, Found, Rule, container, containers};

pub(super) const RULE: Rule = Rule {
    name: "probe-removed",
    effect: Effect::Availability,
    text: "a container loses its liveness, readiness or startup probe",
    source: "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-probes",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let (Some(old), Some(new)) = case.pods() else { return };
    for (name, before) in containers(Some(old)) {
        let Some(after) = container(Some(new), name) else { continue };
        for (probe, why) in [
            ("readinessProbe", "pods get requests before they can answer"),
            ("livenessProbe", "a hanging container is not restarted"),
            ("startupProbe", "a slow start may be taken for a failure"),
        ] {
            let has = |container: &crate::tree::Node| container.get(probe).is_some_and(|probe| !probe.is_null());
            if has(before) && !has(after) {
                found.push(format!("`{name}` loses its `{probe}`: {why}"), Some(format!("containers[{name}].{probe}")));
            }
        }
    }
}
