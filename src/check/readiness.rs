//! Pods behind a Service say when they can serve: without a readiness probe each rollout sends
//! requests to a program that is not up yet.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Selector};
use super::pods::{self, list, text};
use super::services::is_service;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let index = PodIndex::of_every_kind(build.resources);
    let mut said = HashSet::new();
    for service in build.resources.iter().filter(|resource| is_service(resource)) {
        let Some(selector) = service.root.at(&["spec", "selector"]).map(Selector::of_map).filter(|one| !one.is_empty())
        else {
            continue;
        };
        let ports = || service.root.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
        // A scrape that fails is no lost request.
        if ports().all(|port| text(port, "name").is_some_and(|name| name.contains("metrics"))) {
            continue;
        }
        let ports: Vec<_> =
            ports().filter_map(|port| port.get("targetPort").or_else(|| port.get("port"))?.scalar_text()).collect();
        for one in index.selected(&service.id().namespace, &selector) {
            let serves =
                matches!(one.resource.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Rollout");
            let Some(spec) = pods::spec(one.resource).filter(|_| serves) else { continue };
            let has = |container: &&Node| {
                list(container, "ports").any(|port| {
                    let number = port.get("containerPort").and_then(Node::scalar_text);
                    ports.iter().any(|wanted| number.as_ref() == Some(wanted) || text(port, "name") == Some(wanted))
                })
            };
            // A pod is ready when all its containers are, so one that says so speaks for its sidecars.
            if pods::running(spec).any(|container| container.get("readinessProbe").is_some()) {
                continue;
            }
            for container in pods::running(spec).filter(has) {
                if !said.insert((one.index, pods::name(container))) {
                    continue;
                }
                let message = format!(
                    "the container `{}` of `{}` serves `{}` and has no readiness probe",
                    pods::name(container),
                    one.resource.id(),
                    service.id()
                );
                let place = container.get("name").unwrap_or(container);
                diagnostics.push(
                    Diagnostic::warning("missing-probe", message)
                        .about(one.resource.id())
                        .at(build.at(one.resource, place))
                        .related(build.place_of(service), "requests come from here")
                        .help(
                            "write `readinessProbe`: without it a rollout sends requests to pods that are not up yet",
                        ),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    #[test]
    fn what_serves_has_a_readiness_probe() {
        let found = |container: &str, port: &str| {
            let yaml = format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {{template: {{metadata: {{labels: {{app: x}}}}, \
                 spec: {{containers: [{{name: c, ports: [{{name: http, containerPort: 80}}]{container}}}, {{name: other}}]}}}}}}}}\n---\n\
                 {{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{selector: {{app: x}}, ports: [{{port: 1, targetPort: {port}}}]}}}}"
            );
            findings(check, &Case { yaml: &yaml, ..Case::default() })
        };
        for port in ["http", "80"] {
            let said = found("", port);
            assert!(said.len() == 1 && said[0].starts_with("missing-probe [c, ports"), "{said:?}");
            assert_eq!(found(", readinessProbe: {}", port), [""; 0]);
            assert_eq!(found("}, {name: proxy, readinessProbe: {}", port), [""; 0]);
        }
        assert_eq!(found("", "other"), [""; 0]);
        assert_eq!(found("", "http, name: http-metrics"), [""; 0]);
    }
}
