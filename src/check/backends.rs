//! Routes lead to Services that are there, at ports that they have: Ingress, HTTPRoute and its kin,
//! IngressRoute, webhooks, APIService; and the Secrets of their certificates are there.

use std::collections::HashSet;

use super::Build;
use super::objects::{Found, Missing, Objects, Reference};
use super::pods::{list, text};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Node;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let (objects, mut missing) = (Objects::new(build), Missing::new(build));
    for resource in build.resources {
        for backend in backends(resource) {
            let found = objects.find(build, ("", "Service"), backend.namespace, backend.name());
            if let Found::Here(held) = found {
                diagnostics.extend(port(build, resource, &backend, held.resource));
            }
            missing.say(build, backend.reference(resource, ("", "Service")), &found, diagnostics);
        }
        for (kind, named) in others(resource) {
            let found = objects.find(build, kind, named.namespace, named.name());
            missing.say(build, named.reference(resource, kind), &found, diagnostics);
        }
    }
}

/// A Service (or another object) that a route names.
struct Named<'a> {
    node: &'a Node,
    namespace: &'a str,
    port: Option<&'a Node>,
}

impl<'a> Named<'a> {
    fn of(holder: Option<&'a Node>, field: &str, namespace: &'a str) -> Option<Self> {
        let holder = holder?;
        let node = holder.get(field).filter(|node| node.as_str().is_some())?;
        let namespace = text(holder, "namespace").unwrap_or(namespace);
        Some(Self { node, namespace, port: holder.get("port").filter(|port| !port.is_null()) })
    }

    fn name(&self) -> &'a str {
        self.node.as_str().unwrap_or_default()
    }

    fn reference(&self, by: &'a Resource, kind: (&'a str, &'a str)) -> Reference<'a> {
        Reference { by, node: self.node, kind, namespace: self.namespace, name: self.name() }
    }
}

/// The Services that a resource sends requests to.
fn backends(resource: &Resource) -> Vec<Named<'_>> {
    let id = resource.id();
    let (spec, namespace) = (resource.root.get("spec"), id.namespace.as_str());
    let each = |field: &str| spec.into_iter().flat_map(|spec| list(spec, field)).collect::<Vec<_>>();
    match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
        ("networking.k8s.io" | "extensions", "Ingress") => {
            let paths = each("rules").into_iter().filter_map(|rule| rule.get("http"));
            let paths = paths.flat_map(|http| list(http, "paths")).filter_map(|path| path.get("backend"));
            let default = spec.and_then(|spec| spec.get("defaultBackend").or_else(|| spec.get("backend")));
            default.into_iter().chain(paths).filter_map(|backend| ingress(backend, namespace)).collect()
        }
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute" | "UDPRoute") => {
            let backends = each("rules").into_iter().flat_map(|rule| list(rule, "backendRefs"));
            let services = backends
                .filter(|one| text(one, "kind").is_none_or(|kind| kind == "Service") && text(one, "group").is_none());
            services.filter_map(|one| Named::of(Some(one), "name", namespace)).collect()
        }
        ("traefik.io" | "traefik.containo.us", "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP") => {
            let services = each("routes").into_iter().flat_map(|route| list(route, "services"));
            let services = services.filter(|one| text(one, "kind").is_none_or(|kind| kind == "Service"));
            services.filter_map(|one| Named::of(Some(one), "name", namespace)).collect()
        }
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => {
            let hooks = list(&resource.root, "webhooks").map(|hook| hook.at(&["clientConfig", "service"]));
            hooks.filter_map(|service| Named::of(service, "name", namespace)).collect()
        }
        ("apiregistration.k8s.io", "APIService") => {
            Named::of(spec.and_then(|spec| spec.get("service")), "name", namespace).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A backend of an Ingress: of `networking.k8s.io/v1`, or of the versions before.
fn ingress<'a>(backend: &'a Node, namespace: &'a str) -> Option<Named<'a>> {
    if let Some(service) = backend.get("service") {
        let port = service.get("port");
        let port = port.and_then(|port| port.get("number").or_else(|| port.get("name")));
        return Some(Named { port, ..Named::of(Some(service), "name", namespace)? });
    }
    Some(Named { port: backend.get("servicePort"), ..Named::of(Some(backend), "serviceName", namespace)? })
}

/// What a route names besides: certificates, middlewares.
fn others(resource: &Resource) -> Vec<((&'static str, &'static str), Named<'_>)> {
    let id = resource.id();
    let (Some(spec), namespace) = (resource.root.get("spec"), id.namespace.as_str()) else { return Vec::new() };
    const SECRET: (&str, &str) = ("", "Secret");
    match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
        // cert-manager makes the Secret of an Ingress that asks for it.
        ("networking.k8s.io" | "extensions", "Ingress") if !is_issued(resource) => {
            let named = list(spec, "tls").filter_map(|tls| Named::of(Some(tls), "secretName", namespace));
            named.map(|named| (SECRET, named)).collect()
        }
        ("traefik.io", "IngressRoute") => {
            let middlewares = list(spec, "routes").flat_map(|route| list(route, "middlewares"));
            // `name@provider` is one that Traefik has from elsewhere.
            let named = middlewares.filter_map(|one| Named::of(Some(one), "name", namespace));
            let named = named.filter(|named| !named.name().contains('@'));
            let tls = Named::of(spec.get("tls"), "secretName", namespace).map(|named| (SECRET, named));
            named.map(|named| (("traefik.io", "Middleware"), named)).chain(tls).collect()
        }
        _ => Vec::new(),
    }
}

fn is_issued(ingress: &Resource) -> bool {
    let annotations = ingress.root.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    annotations.into_iter().any(|entry| {
        matches!(
            entry.key.as_str(),
            "cert-manager.io/cluster-issuer" | "cert-manager.io/issuer" | "kubernetes.io/tls-acme"
        )
    })
}

/// Whether the Service has the port.
fn port(build: &Build<'_>, by: &Resource, backend: &Named<'_>, service: &Resource) -> Option<Diagnostic> {
    let is_external = service.root.at(&["spec", "type"]).and_then(Node::as_str) == Some("ExternalName");
    let ports = service.root.at(&["spec", "ports"])?;
    let node = backend.port.filter(|_| !is_external && super::services::is_service(service))?;
    let wanted = node.scalar_text()?;
    let numbers = ports.items().filter_map(|port| port.get("port")?.scalar_text());
    let names: HashSet<&str> = ports.items().filter_map(|port| text(port, "name")).collect();
    let numbers: Vec<_> = numbers.collect();
    if names.contains(&*wanted) || numbers.iter().any(|number| **number == *wanted) {
        return None;
    }
    let (id, service_id) = (by.id(), service.id());
    let message = format!("`{id}` sends to the port `{wanted}` of `{service_id}`, which has no such port");
    let help = match near_miss(&wanted, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it has {}", numbers.join(", ")),
    };
    Some(
        Diagnostic::error("port-not-found", message)
            .about(by.id())
            .at(build.at(by, node))
            .related(build.at(service, ports), "the ports of the Service")
            .help(help),
    )
}

#[cfg(test)]
mod tests {
    use super::super::test::{resources, run, shown};
    use super::*;
    use crate::check::Policy;

    const SERVICE: &str = "---\n{apiVersion: v1, kind: Service, metadata: {name: shop, namespace: n}, spec: {ports: [{name: http, port: 80}]}}\n";

    fn found(version: &str, kind: &str, spec: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: {version}, kind: {kind}, metadata: {{name: r, namespace: n}}, spec: {spec}}}\n{SERVICE}"
        );
        shown(&run(check, None, &resources(&yaml), &Policy::default()), &yaml)
    }

    fn cases(service: &str, port: &str) -> [Vec<String>; 4] {
        let number = |field: &str| match port.parse::<u16>() {
            Ok(_) => format!("{{number: {port}}}"),
            Err(_) => format!("{{{field}: {port}}}"),
        };
        [
            found(
                "networking.k8s.io/v1",
                "Ingress",
                &format!(
                    "{{rules: [{{http: {{paths: [{{backend: {{service: {{port: {}, name: {service}}}}}}}]}}}}]}}",
                    number("name")
                ),
            ),
            found(
                "extensions/v1beta1",
                "Ingress",
                &format!("{{backend: {{servicePort: {port}, serviceName: {service}}}}}"),
            ),
            found(
                "gateway.networking.k8s.io/v1",
                "HTTPRoute",
                &format!("{{rules: [{{backendRefs: [{{port: {port}, name: {service}}}, {{kind: Other, name: x}}]}}]}}"),
            ),
            found(
                "traefik.io/v1alpha1",
                "IngressRoute",
                &format!("{{routes: [{{services: [{{port: {port}, name: {service}}}]}}]}}"),
            ),
        ]
    }

    #[test]
    fn a_route_leads_to_a_service_and_its_port() {
        assert_eq!(cases("shop", "80"), [const { Vec::<String>::new() }; 4]);
        assert_eq!(cases("shop", "http"), [const { Vec::<String>::new() }; 4]);
        for said in cases("shop", "8080") {
            assert_eq!(said.len(), 1);
            assert!(said[0].starts_with("port-not-found [8080"), "{said:?}");
            assert!(
                said[0].ends_with("sends to the port `8080` of `Service/shop`, which has no such port"),
                "{said:?}"
            );
        }
        for said in cases("shpo", "80") {
            assert!(said[0].starts_with("reference-not-found [shpo"), "{said:?}");
            assert!(said[0].ends_with("(did you mean `shop`?)"), "{said:?}");
        }
        for said in cases("elsewhere", "80") {
            assert!(said[0].starts_with("outside-reference [elsewhere"), "{said:?}");
        }
    }

    #[test]
    fn the_secret_of_a_certificate_is_looked_for_unless_it_is_issued() {
        let said = found("networking.k8s.io/v1", "Ingress", "{tls: [{secretName: cert}]}");
        assert!(said[0].starts_with("outside-reference [cert}]}}]"), "{said:?}");
        let yaml = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: r, annotations: {cert-manager.io/issuer: x}}, \
                    spec: {tls: [{secretName: cert}]}}";
        assert!(run(check, None, &resources(yaml), &Policy::default()).is_empty());
    }
}
