//! Ingress of networking.k8s.io/v1, and what ingress-nginx is told by annotations.

use ecow::eco_format;

use super::rules::{INGRESS, NGINX_ANNOTATIONS, NGINX_CLOSED_PATHS};
use super::{Lowering, list};
use crate::app::{ClientLimit, Ingress, Route, RouteTls};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

/// Seconds that nginx keeps a connection on which nothing is said.
const IDLE: &str = "3600";

type Annotations = Vec<(&'static str, Option<Node>)>;

impl Lowering<'_> {
    /// An Ingress of any controller.
    pub(super) fn ingress(&mut self, route: &Route, ingress: &Ingress) -> Node {
        let paths = self.prefixes(route);
        self.ingress_with(route, ingress, &paths, "", Vec::new())
    }

    /// An Ingress of ingress-nginx, and one that closes the excluded paths.
    pub(super) fn nginx(&mut self, route: &Route, ingress: &Ingress) -> Vec<Node> {
        let annotations = self.nginx_annotations(route);
        let paths = self.prefixes(route);
        let mut objects = vec![self.ingress_with(route, ingress, &paths, "", annotations)];
        if !route.closed.is_empty() {
            let origin = self.rule(&NGINX_CLOSED_PATHS);
            let everyone = Node::string("0.0.0.0/0,::/0", origin);
            let annotations = vec![("nginx.ingress.kubernetes.io/denylist-source-range", Some(everyone))];
            objects.push(self.ingress_with(route, ingress, &route.closed, "closed", annotations));
        }
        objects
    }

    fn ingress_with(
        &mut self,
        route: &Route,
        ingress: &Ingress,
        paths: &[Text],
        suffix: &str,
        annotations: Annotations,
    ) -> Node {
        let origin = self.rule(&INGRESS);
        let rule = |host: Option<&Text>| {
            let paths = list(paths, origin, |path| ingress_path(route, path, origin));
            object! { origin; "host"?: host, "http": object! { origin; "paths"?: paths } }
        };
        let rules = match route.hosts.is_empty() {
            true => vec![rule(None)],
            false => route.hosts.iter().map(|host| rule(Some(host))).collect(),
        };
        let tls = route.tls.as_ref().map(|tls| {
            let entry = object! { tls.origin; "hosts": &route.hosts, "secretName"?: tls.secret.as_ref() };
            Node::new(vec![entry], tls.origin)
        });
        let spec = object! { origin; "ingressClassName"?: ingress.class.as_ref(), "tls"?: tls, "rules": rules };
        object! { origin;
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": self.route_metadata(route, suffix, annotations),
            "spec": spec,
        }
    }

    fn nginx_annotations(&mut self, route: &Route) -> Annotations {
        let idle = route.websocket.map(|at| Node::string(IDLE, self.rule_at(&NGINX_ANNOTATIONS, at)));
        let mut annotations = vec![
            ("nginx.ingress.kubernetes.io/ssl-redirect", route.tls.as_ref().map(|tls| self.ssl_redirect(tls))),
            ("nginx.ingress.kubernetes.io/proxy-read-timeout", idle.clone()),
            ("nginx.ingress.kubernetes.io/proxy-send-timeout", idle),
        ];
        annotations.extend(route.rate_limit.as_ref().map(|limit| self.nginx_limit(limit)).into_iter().flatten());
        annotations
    }

    fn ssl_redirect(&mut self, tls: &RouteTls) -> Node {
        let (forced, written) = tls.forced;
        let origin = written.unwrap_or_else(|| self.rule_at(&NGINX_ANNOTATIONS, tls.origin));
        Node::string(if forced { "true" } else { "false" }, origin)
    }

    fn nginx_limit(&mut self, limit: &ClientLimit) -> Annotations {
        let rate = limit.requests_per_second;
        let by_rule = self.rule_at(&NGINX_ANNOTATIONS, rate.origin);
        let multiplier = limit.burst().div_ceil(rate.value.max(1));
        let origin = limit.burst.map_or(by_rule, |burst| burst.origin);
        vec![
            ("nginx.ingress.kubernetes.io/limit-rps", Some(Node::string(eco_format!("{rate}"), rate.origin))),
            (
                "nginx.ingress.kubernetes.io/limit-burst-multiplier",
                Some(Node::string(eco_format!("{multiplier}"), origin)),
            ),
        ]
    }
}

fn ingress_path(route: &Route, path: &Text, origin: Origin) -> Node {
    let port = object! { origin; "number": route.backend.port };
    let service = object! { origin; "name": &route.backend.service, "port": port };
    object! { origin; "path": path, "pathType": "Prefix", "backend": object! { origin; "service": service } }
}
