//! Routes: what every provider needs, and the choice between them.

use super::Lowering;
use super::metadata::{Metadata, WAVE};
use super::rules::ROUTE;
use crate::app::{Route, RouteProvider};
use crate::tree::{Node, Text};

impl Lowering<'_> {
    /// The objects of a route.
    pub(super) fn route(&mut self, route: &Route) -> Vec<Node> {
        let mut objects = match &route.provider {
            RouteProvider::Traefik(traefik) => self.traefik(route, traefik),
            RouteProvider::Nginx(ingress) => self.nginx(route, ingress),
            RouteProvider::Ingress(ingress) => vec![self.ingress(route, ingress)],
            RouteProvider::Gateway(gateway) => return self.gateway(route, gateway),
            RouteProvider::None => return Vec::new(),
        };
        objects.extend(self.certificate(route));
        objects
    }

    /// The prefixes of a route: `/` where none is written.
    pub(super) fn prefixes(&mut self, route: &Route) -> Vec<Text> {
        match route.paths.is_empty() {
            true => vec![Text::new("/", self.rule(&ROUTE))],
            false => route.paths.clone(),
        }
    }

    /// Metadata of an object of a route: of the route itself, with its annotations, or of one that
    /// goes with it, whose name ends in `suffix`.
    pub(super) fn route_metadata(
        &mut self,
        route: &Route,
        suffix: &str,
        mut by_rule: Vec<(&'static str, Option<Node>)>,
    ) -> Node {
        let name = suffixed(route, suffix);
        by_rule.push((WAVE, self.wave(self.waves.last, None)));
        let annotations = if suffix.is_empty() { route.annotations.0.as_slice() } else { &[] };
        let app = self.app;
        let component = Some(&route.backend.component);
        self.metadata(Metadata { name: &name, component, labels: &app.labels, annotations, by_rule })
    }
}

/// The name of the route, and a suffix.
pub(super) fn suffixed(route: &Route, suffix: &str) -> Text {
    match suffix {
        "" => route.name.clone(),
        suffix => Text::new(ecow::eco_format!("{}-{suffix}", route.name), route.name.origin),
    }
}
