//! How requests from outside reach an application: its routes, and who serves them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::short_or_long;
use crate::tree::{Keyed, Spanned, Text};

/// A way from outside to the Service of a deployment: hosts, and prefixes of paths. It is said
/// once, and rendered for the provider that `routing` names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The exact name of the object (default: `<app>` for the key `main`, else `<app>-<key>`).
    pub name: Option<Text>,
    /// The deployment that answers (default: `main`, or the only one that has a Service).
    pub deployment: Option<Text>,
    /// The port, by its name in `ports` (default: the only one of the Service).
    pub port: Option<Text>,
    /// The hosts, such as `api.example.com` or `*.example.com` (default: every host). A later
    /// layer replaces the list whole.
    pub hosts: Option<Vec<Text>>,
    /// Prefixes of paths, such as `/v1/api` (default: `/`). A later layer replaces the list whole.
    pub paths: Option<Vec<Text>>,
    /// Prefixes below those of `paths` that must not be reached by this route. A later layer
    /// replaces the list whole.
    pub exclude: Option<Vec<Text>>,
    /// What network policies with path rules let through, as prefixes below `paths`: their rules
    /// only allow, so what is not excluded is listed (default: `paths`, where nothing is excluded).
    /// A later layer replaces the list whole.
    pub allowed: Option<Vec<Text>>,
    /// Whether it is served with TLS: `true` (with the certificate of whoever serves it), or a
    /// certificate of its own (default: false, plain HTTP).
    pub tls: Option<Tls>,
    /// Whether plain HTTP is redirected to TLS (default: true for a route with TLS).
    #[serde(rename = "forceTls")]
    pub force_tls: Option<Spanned<bool>>,
    /// Whether connections stay open, as those of WebSockets do (default: false).
    pub websocket: Option<Spanned<bool>>,
    /// How many requests one client may send.
    #[serde(rename = "rateLimit")]
    pub rate_limit: Option<RateLimit>,
    /// Annotations of the object.
    #[serde(default)]
    pub annotations: Keyed<Text>,
}

short_or_long! {
    /// Whether a route is served with TLS, and with which certificate.
    #[derive(Clone, Debug)]
    pub enum Tls {
        /// With TLS or without it.
        Switch(Spanned<bool>) = "true or false",
        /// With a certificate of its own.
        Certificate(Certificate) = "a certificate such as `{issuer: NAME}`",
    }
}

/// The certificate of a route: at least one field.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The Secret with the certificate: one that `secrets:` declares, or the exact name of one
    /// that exists (default with an `issuer`: `<route>-tls`).
    pub secret: Option<Text>,
    /// The ClusterIssuer of cert-manager that issues the certificate: a Certificate is rendered.
    pub issuer: Option<Text>,
}

/// How many requests one client may send, by its address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests a second, on average.
    #[serde(rename = "requestsPerSecond")]
    #[schemars(range(min = 1))]
    pub requests_per_second: Spanned<u32>,
    /// Requests at once beyond that (default: as many as in a second).
    #[schemars(range(min = 1))]
    pub burst: Option<Spanned<u32>>,
}

short_or_long! {
    /// Who serves routes: a word, or the word with the settings of providers. A later layer that
    /// says the word alone keeps the settings.
    #[derive(Clone, Debug)]
    pub enum Routing {
        /// The provider.
        Provider(Spanned<RouteProvider>) = "`traefik`, `ingress`, `gateway` or `none`",
        /// The provider, and settings of providers.
        Settings(Box<RoutingSettings>) = "a mapping such as `{provider: ingress, ingress: {class: nginx}}`",
    }
}

/// Who serves routes, and what each provider needs to know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingSettings {
    /// The provider (default: none yet; an overlay says it).
    pub provider: Option<Spanned<RouteProvider>>,
    /// What Traefik needs to know.
    #[serde(default)]
    pub traefik: TraefikSettings,
    /// What an Ingress needs to know.
    #[serde(default)]
    pub ingress: IngressSettings,
    /// What the Gateway API needs to know.
    #[serde(default)]
    pub gateway: GatewaySettings,
}

/// Who serves routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RouteProvider {
    /// Traefik: IngressRoute and Middleware of traefik.io/v1alpha1.
    Traefik,
    /// A controller of Ingress (networking.k8s.io/v1).
    Ingress,
    /// The Gateway API: HTTPRoute of gateway.networking.k8s.io/v1.
    Gateway,
    /// Nobody: routes are not rendered.
    None,
}

impl RouteProvider {
    /// The word that users write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traefik => "traefik",
            Self::Ingress => "ingress",
            Self::Gateway => "gateway",
            Self::None => "none",
        }
    }
}

/// What Traefik needs to know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraefikSettings {
    /// The entry points by whether they speak TLS.
    #[serde(rename = "entryPoints", default)]
    pub entry_points: EntryPoints,
    /// The resolver that gets the certificates of routes with `tls: true` (default: Traefik's
    /// default certificate).
    #[serde(rename = "certResolver")]
    pub cert_resolver: Option<Text>,
    /// How many trusted proxies stand before Traefik: with one, the client of a rate limit is the
    /// last address of `X-Forwarded-For` (default: 0, the address of the connection).
    #[serde(rename = "trustedHops")]
    pub trusted_hops: Option<Spanned<u32>>,
    /// The pods of Traefik, which network policies let in.
    pub pods: Option<PodSelector>,
}

/// Traefik's entry points by whether they speak TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryPoints {
    /// Those without TLS (default: `[web]`).
    pub http: Option<Vec<Text>>,
    /// Those with TLS (default: `[websecure]`).
    pub https: Option<Vec<Text>>,
}

/// What an Ingress needs to know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngressSettings {
    /// The IngressClass (default: the cluster's default class).
    pub class: Option<Text>,
    /// The controller, whose annotations say what an Ingress has no fields for (default: other).
    pub controller: Option<Spanned<IngressController>>,
    /// The pods of the controller, which network policies let in.
    pub pods: Option<PodSelector>,
    /// What may be lost, each with its reason.
    #[serde(default)]
    pub accept: IngressLosses,
}

/// A controller of Ingress, by the annotations that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IngressController {
    /// ingress-nginx of Kubernetes.
    Nginx,
    /// Another one: only what the fields of an Ingress say is rendered.
    Other,
}

/// What an Ingress without annotations cannot say; a reason each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngressLosses {
    /// Excluded paths are routed.
    pub exclude: Option<Text>,
    /// Nothing limits requests, or not as is written.
    #[serde(rename = "rateLimit")]
    pub rate_limit: Option<Text>,
    /// How long connections may stay is up to the controller.
    pub websocket: Option<Text>,
    /// Whether plain HTTP is redirected is up to the controller.
    #[serde(rename = "forceTls")]
    pub force_tls: Option<Text>,
}

/// What the Gateway API needs to know.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// The listeners of Gateways, by whether they speak TLS.
    #[serde(default)]
    pub parents: GatewayParents,
    /// The pods of the gateway, which network policies let in.
    pub pods: Option<PodSelector>,
    /// What may be lost, each with its reason.
    #[serde(default)]
    pub accept: GatewayLosses,
}

/// Listeners of Gateways, by whether they speak TLS.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayParents {
    /// Those without TLS; without one, nothing is served in plain.
    #[serde(default)]
    pub http: Vec<GatewayParent>,
    /// Those with TLS.
    #[serde(default)]
    pub https: Vec<GatewayParent>,
}

/// A Gateway, or one of its listeners.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayParent {
    /// Name of the Gateway.
    pub name: Text,
    /// Its namespace (default: the application's).
    pub namespace: Option<Text>,
    /// The listener (default: all that fit).
    pub section: Option<Text>,
}

/// What an HTTPRoute cannot say; a reason each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayLosses {
    /// The certificate is that of the Gateway's listener.
    pub certificate: Option<Text>,
    /// Nothing limits requests.
    #[serde(rename = "rateLimit")]
    pub rate_limit: Option<Text>,
}

/// Pods by namespace and labels.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodSelector {
    /// The namespace (default: the application's).
    pub namespace: Option<Text>,
    /// Labels that the pods have (default: all pods of the namespace).
    #[serde(default)]
    pub labels: Keyed<Text>,
}
