//! Services reach pods: the selector selects some, and they have the port that the Service sends to.

use std::collections::HashSet;

use super::Build;
use super::labels::{PodIndex, Pods, Selector, pairs};
use super::objects::Objects;
use super::pods;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let mut services = build.resources.iter().filter(|resource| is_service(resource)).peekable();
    if services.peek().is_none() {
        return;
    }
    let (index, objects) = (PodIndex::of_every_kind(build.resources), Objects::new(build));
    let operators = PodIndex::of_operators(build.resources);
    for service in services {
        let Some(node) = service.root.at(&["spec", "selector"]) else { continue };
        let selector = Selector::of_map(node);
        if selector.is_empty() {
            continue;
        }
        let selected: Vec<&Pods<'_>> = index.selected(&service.id().namespace, &selector).collect();
        if selected.is_empty() && operators.selected(&service.id().namespace, &selector).next().is_some() {
            continue;
        }
        if selected.is_empty() {
            let labels = pairs(Some(node));
            diagnostics.push(nothing_selected(build, service, node, labels, ("pods", &index), &objects));
            continue;
        }
        let ports = service.root.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
        for port in ports {
            diagnostics.extend(target(build, service, port, &selected));
        }
    }
}

/// Whether a resource is a Service of Kubernetes.
pub(super) fn is_service(resource: &Resource) -> bool {
    resource.kind() == "Service" && resource.id().gvk.group.is_empty()
}

/// A selector that selects no pods here: a mistake where pods nearly fit, else worth knowing.
pub(super) fn nothing_selected<'s>(
    build: &Build<'_>,
    by: &Resource,
    node: &Node,
    labels: impl Iterator<Item = (&'s str, &'s str)>,
    (what, index): (&str, &PodIndex<'_>),
    objects: &Objects<'_>,
) -> Diagnostic {
    let labels: Vec<(&str, &str)> = labels.collect();
    let message = format!("the selector of `{}` selects no {what} of this build", by.id());
    // An operator makes pods that carry the name of its object.
    let by_operator = labels.iter().any(|(_, value)| objects.is_mentioned(value));
    let near = index.near(&by.id().namespace, &labels).filter(|_| !by_operator);
    match near {
        Some(near) => Diagnostic::warning("selector-matches-nothing", message)
            .about(by.id())
            .at(build.at(by, node))
            .related(build.place_of(near.resource), format!("`{}` has some of the labels", near.resource.id()))
            .help(format!("select by labels that the {what} of `{}` carry", near.resource.id())),
        None => Diagnostic::note("selects-outside", message)
            .about(by.id())
            .at(build.at(by, node))
            .help("nothing to do where the pods come from elsewhere; otherwise correct the labels"),
    }
}

/// Whether the pods of a Service have the port that it sends to.
fn target(build: &Build<'_>, service: &Resource, port: &Node, selected: &[&Pods<'_>]) -> Option<Diagnostic> {
    let node = port.get("targetPort").filter(|node| !node.is_null()).or_else(|| port.get("port"))?;
    let protocol = pods::text(port, "protocol").unwrap_or("TCP");
    let wanted = node.scalar_text()?;
    let (mut without, mut with, mut names) = (None, false, HashSet::new());
    for one in selected {
        let Some(spec) = pods::spec(one.resource) else { continue };
        let mut declares = false;
        let mut has = false;
        for port in pods::running(spec).flat_map(|container| pods::list(container, "ports")) {
            declares = true;
            names.extend(pods::text(port, "name"));
            let number = port.get("containerPort").and_then(Node::scalar_text);
            let fits = pods::text(port, "protocol").unwrap_or("TCP") == protocol;
            has |= fits && (number.as_deref() == Some(&*wanted) || pods::text(port, "name") == Some(&*wanted));
        }
        with |= has;
        if !has {
            without = without.or(Some((one, declares)));
        }
    }
    let (other, declares) = without?;
    let (id, other_id) = (service.id(), other.resource.id());
    let is_name = node.as_str().is_some_and(|text| text.parse::<u16>().is_err());
    let diagnostic = match (is_name, with) {
        (true, false) => {
            let message = format!("`{id}` sends to the port `{wanted}`, and no container of `{other_id}` names one so");
            let help = match near_miss(&wanted, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a port of the container so, or send to its number".to_owned(),
            };
            Diagnostic::error("port-not-found", message).help(help)
        }
        (false, true) => {
            let message = format!("`{id}` also sends to the pods of `{other_id}`, which have no port {wanted}");
            Diagnostic::warning("service-catches-portless-pods", message)
                .help("select by a label that only the pods behind the Service have")
        }
        // A container may listen without saying so.
        (false, false) if declares => {
            let message = format!("`{id}` sends to the port {wanted}, which no container of `{other_id}` declares");
            Diagnostic::note("undeclared-port", message)
                .help("declare the port of the container, or correct the number")
        }
        _ => return None,
    };
    let place = build.place_of(other.resource);
    Some(diagnostic.about(id).at(build.at(service, node)).related(place, format!("`{other_id}`")))
}

#[cfg(test)]
mod tests {
    use super::super::test::{resources, run, shown};
    use super::*;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        shown(&run(check, None, &resources(yaml), &Policy::default()), yaml)
    }

    fn deployment(name: &str, labels: &str, ports: &str) -> String {
        format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}}}, spec: {{template: {{metadata: {{labels: {labels}}}, \
             spec: {{containers: [{{name: c, ports: [{ports}]}}]}}}}}}}}\n---\n"
        )
    }

    fn service(selector: &str, port: &str) -> String {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: s}}, spec: {{ports: [{port}], selector: {selector}}}}}\n---\n"
        )
    }

    const HTTP: &str = "{name: http, containerPort: 8080}";

    #[test]
    fn a_service_sends_to_a_port_that_its_pods_have() {
        let pods = deployment("d", "{app: x}", HTTP);
        for good in ["{port: 80, targetPort: http}", "{port: 8080}", "{port: 80, targetPort: 8080}"] {
            assert_eq!(found(&[&pods, &service("{app: x}", good)[..]].concat()), [""; 0]);
        }
        let said = found(&[&pods, &service("{app: x}", "{port: 80, targetPort: htpp}")[..]].concat());
        assert_eq!(
            said,
            [
                "port-not-found [htpp}], selector: {app: x}}}] `Service/s` sends to the port `htpp`, and no container of \
              `Deployment/d` names one so (did you mean `http`?)"
            ]
        );
        let said = found(&[&pods, &service("{app: x}", "{port: 81}")[..]].concat());
        assert!(said.len() == 1 && said[0].starts_with("undeclared-port [81}]"), "{said:?}");
        let silent = deployment("d", "{app: x}", "");
        assert_eq!(found(&[&silent, &service("{app: x}", "{port: 81}")[..]].concat()), [""; 0]);
    }

    #[test]
    fn a_service_that_catches_pods_without_the_port_is_told() {
        let both = [deployment("d", "{app: x, c: web}", HTTP), deployment("w", "{app: x, c: worker}", "")].concat();
        let said = found(&[&both[..], &service("{app: x}", "{port: 80, targetPort: 8080}")].concat());
        assert!(said[0].ends_with("also sends to the pods of `Deployment/w`, which have no port 8080"), "{said:?}");
        assert!(said[0].starts_with("service-catches-portless-pods"));
        assert_eq!(found(&[&both[..], &service("{c: web}", "{port: 80, targetPort: 8080}")].concat()), [""; 0]);
    }

    #[test]
    fn a_selector_that_nearly_fits_is_a_warning_and_a_foreign_one_a_note() {
        let pods = deployment("d", "{app: shop, tier: web}", HTTP);
        let with = |selector: &str| found(&[&pods[..], &service(selector, "{port: 8080}")].concat());
        assert!(with("{app: shop, tier: wbe}")[0].starts_with("selector-matches-nothing [{app: shop"));
        assert!(with("{app: shpo}")[0].starts_with("selector-matches-nothing"));
        assert!(with("{k8s-app: dns}")[0].starts_with("selects-outside [{k8s-app: dns}"));
        let operator = "{apiVersion: example.com/v1, kind: Db, metadata: {name: shop}}\n---\n";
        assert!(
            found(&[&pods[..], operator, &service("{app: shop, x: y}", "{port: 1}")].concat())[0]
                .starts_with("selects-outside")
        );
    }

    #[test]
    fn a_custom_workload_has_pods_too() {
        let rollout = deployment("d", "{app: x}", HTTP)
            .replace("apps/v1, kind: Deployment", "argoproj.io/v1alpha1, kind: Rollout");
        assert_eq!(found(&[&rollout, &service("{app: x}", "{port: 80, targetPort: http}")[..]].concat()), [""; 0]);
    }
}
