//! Who serves a route, and what is lost on the way: what a provider cannot say is an error until
//! its loss is accepted with a reason.

use super::super::Resolver;
use crate::app::{Gateway, Ingress, RouteProvider, RouteTls, Traefik};
use crate::diagnostic::Diagnostic;
use crate::model::route::{
    self, GatewaySettings, IngressController, IngressSettings, PodSelector, Route, RoutingSettings, TraefikSettings,
};
use crate::origin::Origin;
use crate::tree::Text;

/// What a provider cannot say.
struct Loss<'a> {
    /// The field of the route.
    field: &'static str,
    /// Where it is said.
    at: Origin,
    /// What is lost, in words.
    what: &'static str,
    /// Why it may be lost.
    accepted: Option<&'a Text>,
}

impl<'a> Resolver<'a> {
    /// Who serves the route; `None` when nobody is named, which is said.
    pub(super) fn route_provider(&mut self, key: &Text, spec: &Route, tls: Option<&RouteTls>) -> Option<RouteProvider> {
        let Some((settings, provider)) = self.routing() else {
            self.say(
                Diagnostic::error("no-routing-provider", format!("no layer says who serves the route `{key}`"))
                    .at(key.origin)
                    .help("set `routing: ingress` (or `traefik`, `gateway`, `none`) in the environment of strata.yaml or in the overlay"),
            );
            return None;
        };
        Some(match provider {
            route::RouteProvider::Traefik => RouteProvider::Traefik(traefik(&settings.traefik, tls.is_some())),
            route::RouteProvider::Ingress => self.ingress(spec, tls, &settings.ingress),
            route::RouteProvider::Gateway => RouteProvider::Gateway(self.gateway(key, spec, tls, &settings.gateway)?),
            route::RouteProvider::None => RouteProvider::None,
        })
    }

    /// The pods that requests from outside come from.
    pub(in super::super) fn gateway_pods(&self) -> Option<PodSelector> {
        let (settings, provider) = self.routing()?;
        match provider {
            route::RouteProvider::Traefik => settings.traefik.pods.clone(),
            route::RouteProvider::Ingress => settings.ingress.pods.clone(),
            route::RouteProvider::Gateway => settings.gateway.pods.clone(),
            route::RouteProvider::None => None,
        }
    }

    fn routing(&self) -> Option<(&'a RoutingSettings, route::RouteProvider)> {
        let settings = self.context.routing?;
        Some((settings, settings.provider?.value))
    }

    fn ingress(&mut self, spec: &Route, tls: Option<&RouteTls>, settings: &IngressSettings) -> RouteProvider {
        let made = Ingress { class: settings.class.clone() };
        let accept = &settings.accept;
        let limit = spec.rate_limit.as_ref();
        if settings.controller.is_some_and(|controller| controller.value == IngressController::Nginx) {
            let uneven = |rate: u32, burst: u32| burst.checked_rem(rate).is_some_and(|rest| rest != 0);
            let burst =
                limit.and_then(|limit| limit.burst.filter(|b| uneven(limit.requests_per_second.value, b.value)));
            if let Some(burst) = burst {
                let what = "a burst that is no multiple of the requests a second, and takes the next one";
                let accepted = accept.rate_limit.as_ref();
                self.loss("ingress", "ingress-nginx", Loss { field: "rateLimit", at: burst.origin, what, accepted });
            }
            return RouteProvider::Nginx(made);
        }
        let excluded = spec.exclude.as_ref().and_then(|exclude| exclude.first()).map(|path| path.origin);
        let websocket = spec.websocket.filter(|websocket| websocket.value).map(|websocket| websocket.origin);
        let forced = tls.filter(|tls| tls.forced.0).map(|tls| tls.forced.1.unwrap_or(tls.origin));
        let losses = [
            ("exclude", excluded, "excluded paths: they are routed", &accept.exclude),
            ("rateLimit", limit.map(|limit| limit.requests_per_second.origin), "a rate limit", &accept.rate_limit),
            ("websocket", websocket, "how long connections may stay", &accept.websocket),
            ("forceTls", forced, "a redirect of plain HTTP", &accept.force_tls),
        ];
        for (field, at, what, accepted) in losses {
            let Some(at) = at else { continue };
            let loss = Loss { field, at, what, accepted: accepted.as_ref() };
            self.loss("ingress", "an Ingress without the annotations of its controller", loss);
        }
        RouteProvider::Ingress(made)
    }

    fn gateway(
        &mut self,
        key: &Text,
        spec: &Route,
        tls: Option<&RouteTls>,
        settings: &GatewaySettings,
    ) -> Option<Gateway> {
        let limit = spec.rate_limit.as_ref().map(|limit| limit.requests_per_second.origin);
        let certificate = tls.and_then(|tls| Some(tls.secret.as_ref()?.origin));
        let losses = [
            ("rateLimit", limit, "a rate limit", &settings.accept.rate_limit),
            ("certificate", certificate, "a certificate: it is the Gateway's", &settings.accept.certificate),
        ];
        for (field, at, what, accepted) in losses {
            let Some(at) = at else { continue };
            self.loss("gateway", "an HTTPRoute", Loss { field, at, what, accepted: accepted.as_ref() });
        }
        let http = settings.parents.http.clone();
        let (field, parents, plain_parents) = match tls {
            Some(tls) => ("https", settings.parents.https.clone(), if tls.forced.0 { http } else { Vec::new() }),
            None => ("http", http, Vec::new()),
        };
        if parents.is_empty() {
            let message = format!("no listener of a Gateway is named that could serve the route `{key}`");
            self.say(
                Diagnostic::error("missing-field", message)
                    .at(tls.map_or(key.origin, |tls| tls.origin))
                    .help(format!("set `routing: {{gateway: {{parents: {{{field}: [{{name: GATEWAY}}]}}}}}}`")),
            );
            return None;
        }
        Some(Gateway { parents, plain_parents })
    }

    fn loss(&mut self, provider: &str, who: &str, loss: Loss<'_>) {
        let Loss { field, at, what, accepted } = loss;
        let Some(reason) = accepted else {
            let message = format!("{who} cannot say {what}");
            let diagnostic = Diagnostic::error("route-loss", message).at(at).help(format!(
                "choose another provider, or accept the loss: `routing: {{{provider}: {{accept: {{{field}: REASON}}}}}}`"
            ));
            let chosen = self.context.routing.and_then(|settings| settings.provider);
            self.say(match chosen {
                Some(chosen) => diagnostic.related(chosen.origin, "the provider"),
                None => diagnostic,
            });
            return;
        };
        if reason.trim().is_empty() {
            let message = "an accepted loss needs a reason";
            self.say(Diagnostic::error("empty-reason", message).at(reason.origin));
        }
    }
}

fn traefik(settings: &TraefikSettings, tls: bool) -> Traefik {
    let (http, https) = (settings.entry_points.http.clone(), settings.entry_points.https.clone());
    let (entry_points, plain_entry_points) = if tls { (https, http) } else { (http, None) };
    Traefik {
        entry_points,
        plain_entry_points,
        cert_resolver: settings.cert_resolver.clone(),
        trusted_hops: settings.trusted_hops,
    }
}
