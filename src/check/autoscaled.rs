//! What an autoscaler scales says no number of its own: each sync would set it back.

use super::Build;
use super::scalers::Scalers;
use crate::diagnostic::{Diagnostic, Diagnostics};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let scalers = Scalers::new(build.resources);
    for resource in build.resources {
        let [scaler, ..] = scalers.of(resource) else { continue };
        let Some(replicas) = resource.root.at(&["spec", "replicas"]).filter(|node| !node.is_null()) else { continue };
        let (id, by) = (resource.id(), scaler.id());
        let message = format!("`{id}` sets `replicas`, and `{by}` scales it: each sync would set the number back");
        diagnostics.push(
            Diagnostic::error("replicas-beside-autoscaler", message)
                .about(resource.id())
                .at(build.at(resource, replicas))
                .related(build.place_of(scaler), format!("`{by}`"))
                .help("write `autoscaling` of the deployment instead of a number, or patch `replicas` away"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(replicas: &str, scaler: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{{replicas}}}}}\n---\n{scaler}\n"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn no_number_stands_beside_an_autoscaler() {
        let hpa = "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {scaleTargetRef: {kind: Deployment, name: a}}}";
        let keda = "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: h}, spec: {scaleTargetRef: {name: a}}}";
        for scaler in [hpa, keda] {
            assert!(found("", scaler).is_empty() && found("replicas: null", scaler).is_empty());
            let found = found("replicas: 2", scaler);
            assert!(found.len() == 1 && found[0].starts_with("replicas-beside-autoscaler [2}"), "{found:?}");
        }
        assert!(found("replicas: 2", &hpa.replace("name: a", "name: b")).is_empty());
    }
}
