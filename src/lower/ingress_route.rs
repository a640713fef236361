//! IngressRoute and Middleware of traefik.io/v1alpha1.

use ecow::{EcoString, eco_format};

use super::Lowering;
use super::route::suffixed;
use super::rules::{INGRESS_ROUTE, RATE_LIMIT_MIDDLEWARE, TLS_REDIRECT};
use crate::app::{ClientLimit, Route, RouteTls, Traefik};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

const VERSION: &str = "traefik.io/v1alpha1";
const RATE_LIMIT: &str = "rate-limit";
const REDIRECT: &str = "redirect";

impl Lowering<'_> {
    /// An IngressRoute with its Middlewares, and the redirect of plain HTTP.
    pub(super) fn traefik(&mut self, route: &Route, traefik: &Traefik) -> Vec<Node> {
        let limit = route.rate_limit.as_ref();
        let mut objects = vec![self.ingress_route(route, traefik)];
        objects.extend(limit.map(|limit| self.rate_limit(route, traefik, limit)));
        if route.tls.as_ref().is_some_and(|tls| tls.forced.0) {
            objects.extend(self.redirect(route, traefik));
        }
        objects
    }

    fn ingress_route(&mut self, route: &Route, traefik: &Traefik) -> Node {
        let origin = self.rule(&INGRESS_ROUTE);
        let backend = &route.backend;
        let service = object! { origin; "kind": "Service", "name": &backend.service, "port": backend.port };
        let middleware = route.rate_limit.is_some().then_some(RATE_LIMIT);
        let default = if route.tls.is_some() { "websecure" } else { "web" };
        let spec = object! { origin;
            "entryPoints": self.entry_points(traefik.entry_points.as_deref(), default),
            "routes": self.traefik_rules(route, &service, middleware),
            "tls"?: route.tls.as_ref().map(|tls| self.traefik_tls(tls, traefik)),
        };
        object! { origin;
            "apiVersion": VERSION,
            "kind": "IngressRoute",
            "metadata": self.route_metadata(route, "", Vec::new()),
            "spec": spec,
        }
    }

    /// Without a Secret and a resolver the mapping is empty, which is how TLS with the default
    /// certificate is said; the API server keeps it, for in a custom resource it keeps all.
    fn traefik_tls(&mut self, tls: &RouteTls, traefik: &Traefik) -> Node {
        let origin = self.rule_at(&INGRESS_ROUTE, tls.origin);
        let resolver = traefik.cert_resolver.as_ref().filter(|_| tls.secret.is_none());
        object! { origin; "secretName"?: tls.secret.as_ref(), "certResolver"?: resolver }
    }

    fn entry_points(&mut self, written: Option<&[Text]>, default: &'static str) -> Node {
        let origin = self.rule(&INGRESS_ROUTE);
        let names = written.map(|names| names.iter().map(|name| Node::string(name.value.clone(), name.origin)));
        Node::new(names.map_or_else(|| vec![Node::string(default, origin)], Iterator::collect), origin)
    }

    fn rate_limit(&mut self, route: &Route, traefik: &Traefik, limit: &ClientLimit) -> Node {
        let origin = self.rule(&RATE_LIMIT_MIDDLEWARE);
        let source = traefik.trusted_hops.filter(|hops| hops.value > 0).map(|hops| {
            let strategy = object! { origin; "depth": hops };
            object! { origin; "ipStrategy": strategy }
        });
        let burst = limit.burst.map_or(Node::new(limit.burst(), origin), |burst| Node::new(burst.value, burst.origin));
        let limit = object! { origin;
            "average": limit.requests_per_second,
            "burst": burst,
            "sourceCriterion"?: source,
        };
        self.middleware(route, RATE_LIMIT, origin, object! { origin; "rateLimit": limit })
    }

    fn redirect(&mut self, route: &Route, traefik: &Traefik) -> [Node; 2] {
        let origin = self.rule(&TLS_REDIRECT);
        let nowhere = object! { origin; "kind": "TraefikService", "name": "noop@internal" };
        let spec = object! { origin;
            "entryPoints": self.entry_points(traefik.plain_entry_points.as_deref(), "web"),
            "routes": self.traefik_rules(route, &nowhere, Some(REDIRECT)),
        };
        let root = object! { origin;
            "apiVersion": VERSION,
            "kind": "IngressRoute",
            "metadata": self.route_metadata(route, REDIRECT, Vec::new()),
            "spec": spec,
        };
        let scheme = object! { origin; "scheme": "https", "permanent": true };
        [root, self.middleware(route, REDIRECT, origin, object! { origin; "redirectScheme": scheme })]
    }

    /// A rule for each host and path, all to one service.
    fn traefik_rules(&mut self, route: &Route, service: &Node, middleware: Option<&str>) -> Node {
        let origin = self.rule(&INGRESS_ROUTE);
        let hosts: Vec<Option<&Text>> = match route.hosts.is_empty() {
            true => vec![None],
            false => route.hosts.iter().map(Some).collect(),
        };
        let paths = self.prefixes(route);
        let mut rules = Vec::with_capacity(hosts.len() * paths.len());
        for (host, path) in hosts.iter().flat_map(|host| paths.iter().map(move |path| (*host, path))) {
            let (rule, priority) = matcher(host, path, &route.exclude);
            let at = self.rule_at(&INGRESS_ROUTE, host.unwrap_or(path).origin);
            let middlewares = middleware.map(|suffix| vec![object! { origin; "name": &suffixed(route, suffix) }]);
            rules.push(object! { origin;
                "kind": "Rule",
                "match": Node::string(rule, at),
                "priority"?: priority,
                "middlewares"?: middlewares,
                "services": vec![service.clone()],
            });
        }
        Node::new(rules, origin)
    }

    fn middleware(&mut self, route: &Route, suffix: &str, origin: Origin, spec: Node) -> Node {
        object! { origin;
            "apiVersion": VERSION,
            "kind": "Middleware",
            "metadata": self.route_metadata(route, suffix, Vec::new()),
            "spec": spec,
        }
    }
}

/// The rule for one host and path; and its length without what is excluded, where something is.
fn matcher(host: Option<&Text>, path: &Text, exclude: &[Text]) -> (EcoString, Option<i64>) {
    let host = host.map(|host| match host.strip_prefix("*.") {
        Some(rest) => eco_format!("HostRegexp(`^[^.]+\\.{}$`)", rest.replace('.', "\\.")),
        None => eco_format!("Host(`{host}`)"),
    });
    let prefix = (*path != "/" || host.is_none()).then(|| eco_format!("PathPrefix(`{path}`)"));
    let mut rule: EcoString = [host, prefix].into_iter().flatten().collect::<Vec<_>>().join(" && ").into();
    let length = rule.len();
    for excluded in exclude.iter().filter(|excluded| crate::names::is_below(excluded, path)) {
        rule.push_str(&eco_format!(" && !PathPrefix(`{excluded}`)"));
    }
    let longer = rule.len() > length;
    (rule, longer.then_some(length as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(host: Option<&str>, path: &str, exclude: &[&str]) -> (String, Option<i64>) {
        let text = |text: &str| Text::new(text, Origin::source(1));
        let exclude: Vec<Text> = exclude.iter().map(|path| text(path)).collect();
        let (rule, priority) = matcher(host.map(text).as_ref(), &text(path), &exclude);
        (rule.to_string(), priority)
    }

    #[test]
    fn a_rule_names_host_path_and_what_is_excluded_below_it() {
        assert_eq!(rule(None, "/", &[]), ("PathPrefix(`/`)".into(), None));
        assert_eq!(rule(Some("a.com"), "/", &[]), ("Host(`a.com`)".into(), None));
        assert_eq!(rule(Some("*.a.com"), "/", &[]), (r"HostRegexp(`^[^.]+\.a\.com$`)".into(), None));
        let expected = "Host(`a.com`) && PathPrefix(`/x`) && !PathPrefix(`/x/y`)";
        assert_eq!(rule(Some("a.com"), "/x", &["/x/y", "/z/y"]), (expected.into(), Some(33)));
    }
}
