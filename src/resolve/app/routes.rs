//! Routes: what answers, hosts and paths, and what two routes say about one another.

mod backend;
mod overlap;
mod provider;
mod tls;

use super::Resolver;
use super::secrets::SecretTable;
use crate::app::{ClientLimit, Deployment, Route};
use crate::diagnostic::Diagnostic;
use crate::model::route;
use crate::names;
use crate::tree::Text;

impl Resolver<'_> {
    pub(super) fn routes(&mut self, deployments: &[Deployment], secrets: &SecretTable) -> Vec<Route> {
        let spec = self.spec;
        let mut made: Vec<(Text, Route)> = Vec::with_capacity(spec.routes.len());
        for (key, route) in spec.routes.iter() {
            made.extend(self.route(key, route, deployments, secrets).map(|route| (key.clone(), route)));
        }
        self.distinct_routes(&made);
        self.close(made)
    }

    fn route(
        &mut self,
        key: &Text,
        spec: &route::Route,
        deployments: &[Deployment],
        secrets: &SecretTable,
    ) -> Option<Route> {
        let name = self.object_name("a route", key, spec.name.as_ref(), 63);
        self.annotations(&spec.annotations);
        let hosts = spec.hosts.clone().unwrap_or_default();
        for host in &hosts {
            self.valid(host, "invalid-host", "a host", names::host);
        }
        let paths = spec.paths.clone().unwrap_or_default();
        for path in &paths {
            self.valid(path, "invalid-path", "a prefix of paths", names::path_prefix);
        }
        let exclude = spec.exclude.clone().unwrap_or_default();
        self.excluded(&exclude, &paths);
        let allowed = spec.allowed.clone().unwrap_or_default();
        self.allowed(&allowed, &paths, &exclude);
        let tls = self.route_tls(&name, key, spec, secrets);
        let backend = self.backend(key, spec, deployments);
        let provider = self.route_provider(key, spec, tls.as_ref());
        Some(Route {
            name,
            backend: backend?,
            hosts,
            paths,
            exclude,
            allowed,
            closed: Vec::new(),
            tls,
            websocket: spec.websocket.filter(|websocket| websocket.value).map(|websocket| websocket.origin),
            rate_limit: self.rate_limit(spec),
            annotations: spec.annotations.clone(),
            provider: provider?,
        })
    }

    /// What is excluded lies below a prefix that is routed, and is not all of it.
    fn excluded(&mut self, exclude: &[Text], paths: &[Text]) {
        for path in exclude {
            if !self.valid(path, "invalid-path", "a prefix of paths", names::path_prefix) {
                continue;
            }
            let routed: Vec<&str> = if paths.is_empty() { vec!["/"] } else { paths.iter().map(Text::as_str).collect() };
            let below = routed.iter().any(|prefix| names::is_below(path, prefix));
            if !below || routed.contains(&path.as_str()) {
                let message = format!("`{path}` is excluded from a route that does not serve it");
                let help = format!("exclude what is below {}; any other path is not routed", super::quoted(&routed));
                self.say(Diagnostic::error("exclude-outside-paths", message).at(path.origin).help(help));
            }
        }
    }

    /// What policies let through lies below a prefix that is routed, and beside what is excluded.
    fn allowed(&mut self, allowed: &[Text], paths: &[Text], exclude: &[Text]) {
        for path in allowed {
            if !self.valid(path, "invalid-path", "a prefix of paths", names::path_prefix) {
                continue;
            }
            if !paths.is_empty() && !paths.iter().any(|prefix| names::is_below(path, prefix)) {
                let message = format!("`{path}` is allowed on a route that does not serve it");
                self.say(Diagnostic::error("allowed-outside-paths", message).at(path.origin));
            }
            let meets = |other: &&Text| names::is_below(path, other) || names::is_below(other, path);
            if let Some(excluded) = exclude.iter().find(meets) {
                let message = format!("to allow `{path}` lets `{excluded}` through, which is excluded");
                self.say(
                    Diagnostic::error("allowed-and-excluded", message)
                        .at(path.origin)
                        .related(excluded.origin, "excluded here")
                        .help("rules of a network policy only allow: list the prefixes beside it"),
                );
            }
        }
    }

    fn rate_limit(&mut self, spec: &route::Route) -> Option<ClientLimit> {
        let limit = spec.rate_limit.as_ref()?;
        for number in [Some(limit.requests_per_second), limit.burst].into_iter().flatten() {
            if number.value == 0 {
                let message = "a rate limit of 0 would let nothing through, or everything, by provider";
                self.say(Diagnostic::error("invalid-rate-limit", message).at(number.origin));
            }
        }
        Some(ClientLimit { requests_per_second: limit.requests_per_second, burst: limit.burst })
    }
}
