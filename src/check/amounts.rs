//! What containers ask for: each says how much CPU and memory it needs, and no limit is below.

use std::collections::HashSet;

use super::Build;
use super::needs;
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names;
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    // A LimitRange gives what is not written.
    let ranges = build.resources.iter().filter(|resource| resource.kind() == "LimitRange");
    let given: HashSet<&str> = ranges.map(|range| range.id().namespace.as_str()).collect();
    for resource in build.resources {
        let Some(spec) = pods::spec(resource) else { continue };
        for holder in needs::containers(spec).chain(std::iter::once(spec)) {
            limits(build, resource, holder, diagnostics);
        }
        // A machine of one's own has one user, who sees what is full.
        let free = build.policy.local || given.contains(resource.id().namespace.as_str());
        if free || spec.get("resources").is_some() {
            continue;
        }
        for container in pods::running(spec) {
            diagnostics.extend(requests(build, resource, container));
        }
    }
}

fn requests(build: &Build<'_>, resource: &Resource, container: &Node) -> Option<Diagnostic> {
    let says = |amount: &&str| {
        let of = |field| container.at(&["resources", field, *amount]).is_some_and(|node| !node.is_null());
        !of("requests") && !of("limits")
    };
    let missing: Vec<&str> = ["cpu", "memory"].into_iter().filter(says).collect();
    if missing.is_empty() {
        return None;
    }
    let amounts = missing.join(" and no ");
    let message = format!("the container `{}` of `{}` requests no {amounts}", pods::name(container), resource.id());
    let place = container.get("resources").or_else(|| container.get("name")).unwrap_or(container);
    Some(
        Diagnostic::warning("without-requests", message).about(resource.id())
            .at(build.at(resource, place))
            .help("write `resources: {requests: {cpu: ..., memory: ...}}`: without it nodes fill up, and the pod is the first to go"),
    )
}

/// Kubernetes refuses a request above its limit.
fn limits(build: &Build<'_>, resource: &Resource, holder: &Node, diagnostics: &mut Diagnostics) {
    let Some(limits) = holder.at(&["resources", "limits"]) else { return };
    for limit in limits.entries() {
        let Some(request) = holder.at(&["resources", "requests", limit.key.as_str()]) else { continue };
        let (Some(most), Some(asked)) = (limit.node.scalar_text(), request.scalar_text()) else { continue };
        if names::compare_quantities(&asked, &most) == Some(std::cmp::Ordering::Greater) {
            let message = format!(
                "`{}` requests {asked} of {} and is limited to {most}, which Kubernetes refuses",
                resource.id(),
                limit.key
            );
            diagnostics.push(
                Diagnostic::error("limit-below-request", message)
                    .about(resource.id())
                    .at(build.at(resource, &limit.node))
                    .related(build.at(resource, request), "the request")
                    .help("raise the limit, or lower the request"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(resources: &str, more: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {{containers: [{{name: c, resources: {resources}}}]}}}}\n---\n{more}"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    const MORE: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}}";

    #[test]
    fn a_container_says_what_it_needs() {
        assert_eq!(found("{requests: {cpu: 1, memory: 1Gi}}", MORE), [""; 0]);
        assert_eq!(found("{requests: {cpu: 1}, limits: {memory: 1Gi}}", MORE), [""; 0], "a limit is a request too");
        assert_eq!(
            found("{requests: {cpu: 1}}", MORE),
            ["without-requests [{requests: {cpu: 1}}}]}}] the container `c` of `Pod/p` requests no memory"]
        );
        assert_eq!(found("{}", "{apiVersion: v1, kind: LimitRange, metadata: {name: m}}"), [""; 0]);
    }

    #[test]
    fn no_limit_is_below_its_request() {
        let said = found("{requests: {cpu: 1500m, memory: 1}, limits: {cpu: 1}}", MORE);
        assert_eq!(
            said,
            [
                "limit-below-request [1}}}]}}] `Pod/p` requests 1500m of cpu and is limited to 1, which Kubernetes refuses"
            ]
        );
        assert_eq!(found("{requests: {cpu: 1000m, memory: 1}, limits: {cpu: 1}}", MORE), [""; 0]);
    }
}
