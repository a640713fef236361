//! `strata.yaml`: what a whole project shares.

use schemars::JsonSchema;
use serde::Deserialize;

use super::argocd::ArgoCd;
use super::exception::Exception;
use super::monitoring::Monitoring;
use super::network::NetworkPolicies;
use super::release::Order;
use super::route::Routing;
use super::scalar::Quantity;
use super::secret::Secrets;
use crate::short_or_long;
use crate::tree::{Keyed, Raw, Spanned, Text};

/// What a whole project shares: strata.yaml at its root. Optional; an application alone builds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Freezes defaults, labels, names and waves: a newer Strata renders an older edition to the
    /// same bytes (default: the first edition, 2026.1).
    pub edition: Option<Spanned<Edition>>,
    /// The versions of Strata that may build this project, such as `>=0.4`. A pre-release counts
    /// as older than its release.
    pub requires: Option<Text>,
    /// The version of Kubernetes that manifests are made for, such as `"1.33"` (default: any
    /// supported one).
    pub kubernetes: Option<Text>,
    /// How serious a finding is in this project, by its code: `error`, `warning`, `note` or
    /// `ignore` (default: as docs/checks.md lists it). Errors of the files themselves and guards have
    /// no other level.
    #[serde(default)]
    pub policy: Keyed<Spanned<FindingLevel>>,
    /// What is let pass in this project.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Files with definitions of custom resources (CRDs), or folders of them, that `strata check`
    /// holds objects against, beside those that are rendered and those that Strata knows.
    #[serde(default)]
    pub crds: Vec<Text>,
    /// Files with policies, or folders of them, that `strata check` holds the final objects against
    /// (default: the folder `policies`, where there is one; `[]` for none).
    pub policies: Option<Vec<Text>>,
    /// From where images may come (default: from anywhere).
    pub registries: Option<Registries>,
    /// The Argo CD Applications of all overlays, where environments and overlays say nothing else.
    pub argocd: Option<ArgoCd>,
    /// Clusters by name, and what they have room for. Once one is named, a `destination` names
    /// one of them.
    #[serde(default)]
    pub clusters: Keyed<Cluster>,
    /// Environments by name.
    #[serde(default)]
    pub environments: Keyed<Environment>,
}

/// An edition. An edition is a text that looks like a number, so both spellings are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Edition {
    /// 2026.1, the first.
    #[default]
    E2026_1,
    /// An edition of the tests, with defaults of its own.
    #[cfg(test)]
    Next,
}

impl Edition {
    /// All editions, oldest first.
    #[cfg(not(test))]
    pub const ALL: [Self; 1] = [Self::E2026_1];
    /// All editions, oldest first.
    #[cfg(test)]
    pub const ALL: [Self; 2] = [Self::E2026_1, Self::Next];

    /// The edition as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::E2026_1 => "2026.1",
            #[cfg(test)]
            Self::Next => "2026.2",
        }
    }

    /// The edition of this text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| edition.as_str() == text)
    }

    /// The newest edition.
    pub fn newest() -> Self {
        Self::ALL.into_iter().max().unwrap_or_default()
    }
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FindingLevel {
    /// The build fails.
    Error,
    /// It is shown.
    Warning,
    /// It is shown as good to know.
    Note,
    /// It is not shown.
    Ignore,
}

/// From where images may come.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registries {
    /// Registries, or folders of them, such as `ghcr.io/acme`. Every image of the final manifests,
    /// after `mirrors`, is in one of them; what names no registry is in `docker.io`.
    pub allowed: Vec<Text>,
}

/// A cluster.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// The URL of its API server, by which Argo CD knows it (default: Argo CD knows it by its name).
    pub server: Option<Text>,
    /// The version of Kubernetes that it runs, such as `"1.33"` (default: the project's).
    pub kubernetes: Option<Text>,
    /// How many nodes it has, for a DaemonSet runs a pod on each (default: 1).
    #[schemars(range(min = 1))]
    pub nodes: Option<Spanned<u32>>,
    /// What all its nodes have together. The pods of all overlays with this destination ask for
    /// no more, jobs and the extra pods of rollouts included.
    #[serde(default)]
    pub capacity: Capacity,
    /// What of the capacity is not for applications.
    #[serde(rename = "systemReserve")]
    pub system_reserve: Option<SystemReserve>,
}

/// CPU and memory of a cluster.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// CPU, such as `2` or `1500m` (default: not checked).
    pub cpu: Option<Quantity>,
    /// Memory, such as `2Gi` (default: not checked).
    pub memory: Option<Quantity>,
}

/// What the operating system, the kubelet and cluster-wide services need.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemReserve {
    /// CPU (default: 0).
    pub cpu: Option<Quantity>,
    /// Memory (default: 0).
    pub memory: Option<Quantity>,
    /// What it is for; shown when the capacity is exceeded.
    pub because: Option<Text>,
}

/// One environment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Where it runs.
    pub destination: Option<Destination>,
    /// The Argo CD Applications of this environment, laid over those of the project.
    pub argocd: Option<ArgoCd>,
    /// Values that `${{ values.NAME }}` stands for; applications and overlays win.
    #[serde(default)]
    pub values: Keyed<Raw>,
    /// Who supplies secrets.
    pub secrets: Option<Secrets>,
    /// Who watches: metrics and alerts.
    pub monitoring: Option<Monitoring>,
    /// Who serves routes, with the settings of each provider; an overlay switches by a word.
    pub routing: Option<Routing>,
    /// Who enforces network policies, and what they need to know of the cluster.
    #[serde(rename = "networkPolicies")]
    pub network_policies: Option<NetworkPolicies>,
    /// Which image tags are allowed: `any` (the default), `semver` (v1.2.3), `sha` (sha-...), or
    /// `digest` (only with a digest).
    pub tags: Option<Tags>,
    /// What keeps the order of a release: `waves` of Argo CD (the default), or `initContainers`
    /// where there is none.
    pub order: Option<Spanned<Order>>,
    /// Whether this is a machine of your own, where fixed secrets are fine (default: false).
    pub local: Option<Spanned<bool>>,
    /// From where images are taken here: by the registry that is written, or a folder of it, the one
    /// that takes its place, whatever layer or patch wrote the image. The longest entry counts.
    #[serde(default)]
    pub mirrors: Keyed<Text>,
}

/// Where an environment runs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The cluster's name: one of `clusters`, where that is written.
    pub cluster: Text,
}

short_or_long! {
    /// The image tags that the workloads of an application may run, in the containers that bear their
    /// names. A later layer replaces it whole.
    #[derive(Clone, Debug)]
    pub enum Tags {
        /// One policy for all images.
        Policy(Spanned<TagPolicy>) = "a policy such as `semver` or `sha`",
        /// A policy, and others for images that somebody else releases.
        Policies(TagPolicies) = "a mapping with `default` and `except`",
    }
}

/// A policy for tags, and what it does not govern.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagPolicies {
    /// The policy of every image that is not excepted.
    pub default: Spanned<TagPolicy>,
    /// Policies of images that somebody else releases, by registry, folder of it or name of the
    /// image, as the manifests have it in the end. The longest entry counts.
    #[serde(default)]
    pub except: Keyed<Spanned<TagPolicy>>,
}

/// Which image tags are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TagPolicy {
    /// Any tag, or none.
    Any,
    /// A semantic version, with or without `v`.
    Semver,
    /// `sha-<sha>` or `sha-<run>-<sha>`.
    Sha,
    /// A digest, whatever the tag.
    Digest,
}
