//! Ways from outside to the Services of deployments, and who serves them.

use crate::model::route::GatewayParent;
use crate::origin::Origin;
use crate::tree::{Keyed, Spanned, Text};

/// A way from outside to a deployment.
#[derive(Clone, Debug)]
pub struct Route {
    /// The name of its object; further objects of it are named `<name>-...`.
    pub name: Text,
    /// What answers.
    pub backend: Backend,
    /// The hosts; none for every host.
    pub hosts: Vec<Text>,
    /// Prefixes of paths; none for every path.
    pub paths: Vec<Text>,
    /// Prefixes below those of `paths` that this route does not serve. Network policies that allow
    /// paths leave them out too.
    pub exclude: Vec<Text>,
    /// Prefixes that network policies with path rules let through; none where none are written.
    pub allowed: Vec<Text>,
    /// Those of `exclude` that no other route serves, so that whoever takes the longest prefix
    /// needs a word on them.
    pub closed: Vec<Text>,
    /// TLS, for a route that is served with it.
    pub tls: Option<RouteTls>,
    /// Whether connections stay open, and where that is said.
    pub websocket: Option<Origin>,
    /// How many requests one client may send.
    pub rate_limit: Option<ClientLimit>,
    /// Annotations of its object.
    pub annotations: Keyed<Text>,
    /// Who serves it.
    pub provider: RouteProvider,
}

/// What answers the requests of a route.
#[derive(Clone, Debug)]
pub struct Backend {
    /// The name of the Deployment.
    pub deployment: Text,
    /// Its component: the value of the label `app.kubernetes.io/component`.
    pub component: Text,
    /// The labels that select its pods.
    pub selector: Vec<(Text, Text)>,
    /// The name of its Service.
    pub service: Text,
    /// The port of the Service.
    pub port: Spanned<u16>,
    /// The port of the container behind it.
    pub container_port: Spanned<u16>,
}

/// How a route is served with TLS.
#[derive(Clone, Debug)]
pub struct RouteTls {
    /// Where TLS is asked for.
    pub origin: Origin,
    /// The Secret with the certificate; without one, whoever serves the route has a certificate.
    pub secret: Option<Text>,
    /// The ClusterIssuer that fills the Secret.
    pub issuer: Option<Text>,
    /// Whether plain HTTP is redirected, and where that is said, if it is.
    pub forced: (bool, Option<Origin>),
}

/// How many requests one client may send.
#[derive(Clone, Copy, Debug)]
pub struct ClientLimit {
    /// Requests a second, on average.
    pub requests_per_second: Spanned<u32>,
    /// Requests at once beyond that, where it is written; otherwise as many as in a second.
    pub burst: Option<Spanned<u32>>,
}

impl ClientLimit {
    /// Requests at once beyond the average.
    pub fn burst(&self) -> u32 {
        self.burst.unwrap_or(self.requests_per_second).value
    }
}

/// Who serves a route, with what that provider needs.
#[derive(Clone, Debug)]
pub enum RouteProvider {
    /// Traefik.
    Traefik(Traefik),
    /// An Ingress whose controller is ingress-nginx.
    Nginx(Ingress),
    /// An Ingress of any other controller.
    Ingress(Ingress),
    /// The Gateway API.
    Gateway(Gateway),
    /// Nobody.
    None,
}

/// What Traefik's custom resources need.
#[derive(Clone, Debug)]
pub struct Traefik {
    /// The entry points that serve the route, where any are written.
    pub entry_points: Option<Vec<Text>>,
    /// The entry points without TLS that redirect, where any are written.
    pub plain_entry_points: Option<Vec<Text>>,
    /// The resolver of certificates.
    pub cert_resolver: Option<Text>,
    /// How many proxies before Traefik name the client.
    pub trusted_hops: Option<Spanned<u32>>,
}

/// What an Ingress needs.
#[derive(Clone, Debug)]
pub struct Ingress {
    /// The IngressClass.
    pub class: Option<Text>,
}

/// What an HTTPRoute needs.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The listeners that serve the route.
    pub parents: Vec<GatewayParent>,
    /// The listeners without TLS that redirect.
    pub plain_parents: Vec<GatewayParent>,
}
