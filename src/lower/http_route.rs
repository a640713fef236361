//! HTTPRoute of gateway.networking.k8s.io/v1.

use super::rules::{HTTP_ROUTE, TLS_REDIRECT};
use super::{Lowering, list};
use crate::app::{Gateway, Route};
use crate::model::route::GatewayParent;
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

const GROUP: &str = "gateway.networking.k8s.io";

impl Lowering<'_> {
    /// An HTTPRoute, and one that redirects plain HTTP.
    pub(super) fn gateway(&mut self, route: &Route, gateway: &Gateway) -> Vec<Node> {
        let origin = self.rule(&HTTP_ROUTE);
        let backend = object! { origin;
            "group": "",
            "kind": "Service",
            "name": &route.backend.service,
            "port": route.backend.port,
            "weight": 1,
        };
        let timeouts = route.websocket.map(|at| {
            let at = self.rule_at(&HTTP_ROUTE, at);
            object! { at; "request": "0s" }
        });
        let mut rules = vec![object! { origin;
            "matches"?: matches(&self.prefixes(route), origin),
            "timeouts"?: timeouts,
            "backendRefs": vec![backend],
        }];
        rules.extend(matches(&route.closed, origin).map(|matches| object! { origin; "matches": matches }));
        let mut objects = vec![self.http_route(route, "", &gateway.parents, rules, origin)];
        if !gateway.plain_parents.is_empty() {
            objects.push(self.gateway_redirect(route, gateway));
        }
        objects
    }

    fn gateway_redirect(&mut self, route: &Route, gateway: &Gateway) -> Node {
        let origin = self.rule(&TLS_REDIRECT);
        let redirect = object! { origin; "scheme": "https", "statusCode": 301 };
        let filter = object! { origin; "type": "RequestRedirect", "requestRedirect": redirect };
        let rule = object! { origin; "matches"?: matches(&self.prefixes(route), origin), "filters": vec![filter] };
        self.http_route(route, "redirect", &gateway.plain_parents, vec![rule], origin)
    }

    fn http_route(
        &mut self,
        route: &Route,
        suffix: &str,
        parents: &[GatewayParent],
        rules: Vec<Node>,
        origin: Origin,
    ) -> Node {
        let spec = object! { origin;
            "parentRefs"?: list(parents, origin, |parent| parent_reference(parent, origin)),
            "hostnames"?: Some(&route.hosts).filter(|hosts| !hosts.is_empty()),
            "rules": rules,
        };
        object! { origin;
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": self.route_metadata(route, suffix, Vec::new()),
            "spec": spec,
        }
    }
}

fn parent_reference(parent: &GatewayParent, origin: Origin) -> Node {
    object! { origin;
        "group": GROUP,
        "kind": "Gateway",
        "name": &parent.name,
        "namespace"?: parent.namespace.as_ref(),
        "sectionName"?: parent.section.as_ref(),
    }
}

fn matches(paths: &[Text], origin: Origin) -> Option<Node> {
    list(paths, origin, |path| {
        let path = object! { origin; "type": "PathPrefix", "value": path };
        object! { origin; "path": path }
    })
}
