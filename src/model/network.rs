//! Who may talk to whom: the callers of an application, and who enforces it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::route::PodSelector;
use crate::short_or_long;
use crate::tree::{Keyed, Spanned, Text};

/// Somebody who calls the application beside its routes and the Prometheus: exactly one of
/// `service`, `workload` and `cidrs`. Network policies let nobody else in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Pods of the cluster, by namespace and labels.
    pub service: Option<PodSelector>,
    /// A workload of this application, by its key.
    pub workload: Option<Text>,
    /// Addresses outside of the cluster, such as `10.0.0.0/8`. A later layer replaces the list
    /// whole.
    #[serde(default)]
    pub cidrs: Vec<Text>,
    /// The deployment, worker or StatefulSet that is called (default: `main`, or the only one).
    pub deployment: Option<Text>,
    /// The bundled dependency that is called, in the place of a deployment.
    pub dependency: Option<Text>,
    /// The port, by its name in `ports` (default: all ports).
    pub port: Option<Text>,
    /// The prefixes of paths that it may ask for (default: all). Plain network policies have no
    /// paths. A later layer replaces the list whole.
    #[serde(default)]
    pub paths: Vec<Text>,
    /// The methods that it may use, such as `POST` (default: all). A later layer replaces the list
    /// whole.
    #[serde(default)]
    pub methods: Vec<Text>,
}

short_or_long! {
    /// Who enforces network policies: one word, or a mapping with what it needs. A later layer that
    /// says the word alone keeps the rest.
    #[derive(Clone, Debug)]
    pub enum NetworkPolicies {
        /// The word alone.
        Provider(Spanned<PolicyProvider>) = "`cilium`, `kubernetes` or `none`",
        /// The provider and what it needs.
        Settings(Box<PolicySettings>) = "a mapping such as `{provider: cilium, monitoring: {namespace: NAME}}`",
    }
}

/// Who enforces network policies, and what the policies need to know of the cluster.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicySettings {
    /// Who enforces them (default: `none`).
    pub provider: Option<Spanned<PolicyProvider>>,
    /// Where names are resolved (default: the pods with `k8s-app: kube-dns` in `kube-system`).
    pub dns: Option<DnsPods>,
    /// The pods that scrape metrics.
    pub monitoring: Option<PodSelector>,
    /// Where the Kubernetes API is, for pods with a token. Cilium knows it.
    #[serde(rename = "apiServer")]
    pub api_server: Option<ApiServer>,
    /// What may be lost, each with its reason.
    #[serde(default)]
    pub accept: PolicyLosses,
}

impl PolicySettings {
    /// Whether anybody enforces network policies.
    pub fn is_enforced(&self) -> bool {
        self.provider.is_some_and(|provider| provider.value != PolicyProvider::None)
    }
}

/// Who enforces network policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyProvider {
    /// Cilium: CiliumNetworkPolicy, with names and paths.
    Cilium,
    /// Any network plugin: NetworkPolicy of Kubernetes, with addresses and ports.
    Kubernetes,
    /// Nobody: nothing is rendered.
    None,
}

/// The pods that resolve names.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DnsPods {
    /// Their namespace.
    pub namespace: Text,
    /// Labels that they have (default: all pods of the namespace).
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Addresses beside them, such as `169.254.20.10/32` of a cache on each node.
    #[serde(default)]
    pub cidrs: Vec<Text>,
}

/// Where the Kubernetes API is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiServer {
    /// Its addresses.
    pub cidrs: Vec<Text>,
    /// Its port there (default: 6443).
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<Spanned<u16>>,
}

/// What policies of another provider than Cilium cannot say; a reason each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyLosses {
    /// Whoever may use a port may ask for every path.
    #[serde(rename = "pathRules")]
    pub path_rules: Option<Text>,
}
