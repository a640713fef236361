//! `strata.yaml`: what a whole project shares.

use schemars::JsonSchema;
use serde::Deserialize;

use super::monitoring::Monitoring;
use super::route::Routing;
use super::secret::SecretProvider;
use crate::tree::{Keyed, Raw, Spanned, Text};

/// What a whole project shares: strata.yaml at its root. Optional; an application alone builds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Freezes defaults, labels, names and waves: a newer Strata renders an older edition to the
    /// same bytes (default: the first edition, 2026.1).
    pub edition: Option<Edition>,
    /// The versions of Strata that may build this project, such as `>=0.4`.
    pub requires: Option<Text>,
    /// The version of Kubernetes that manifests are made for, such as `"1.33"` (default: any
    /// supported one).
    pub kubernetes: Option<Text>,
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
}

/// One environment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Where it runs.
    pub destination: Option<Destination>,
    /// Values that `${{ values.NAME }}` stands for; applications and overlays win.
    #[serde(default)]
    pub values: Keyed<Raw>,
    /// Who supplies secrets.
    pub secrets: Option<SecretProvider>,
    /// Who watches: metrics and alerts.
    pub monitoring: Option<Monitoring>,
    /// Who serves routes, with the settings of each provider; an overlay switches by a word.
    pub routing: Option<Routing>,
    /// Which image tags are allowed: `any` (the default), `semver` (v1.2.3), `sha` (sha-...), or
    /// `digest` (only with a digest).
    pub tags: Option<Spanned<TagPolicy>>,
    /// Whether this is a machine of your own, where fixed secrets are fine (default: false).
    pub local: Option<Spanned<bool>>,
}

/// Where an environment runs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The cluster's name in Argo CD.
    pub cluster: Text,
}

/// Which image tags an environment allows.
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
