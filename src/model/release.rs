//! The order of a release: what comes after what, how migrations run, and what proves that all is well.

use schemars::JsonSchema;
use serde::Deserialize;

use super::container::{EnvValue, HttpScheme, Resources};
use crate::tree::{Keyed, Spanned, Text};

/// What keeps the order of a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Order {
    /// Argo CD: sync waves and hooks.
    #[default]
    Waves,
    /// The pods themselves, without Argo CD: init containers wait for what comes before.
    InitContainers,
}

/// How a migration runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MigrationMode {
    /// As a Job on every sync, before the rollout.
    #[default]
    Job,
    /// In the process of a deployment when it starts, of which there is then one pod.
    OnBoot,
    /// By hand, from a CronJob that is switched off: the annotation `strata.dev/run` says how.
    Manual,
}

/// The deployment that migrates when it starts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBoot {
    /// Its key (default: `main`, or the only one).
    pub deployment: Option<Text>,
    /// Variables that make it do so; they win over its own.
    #[serde(default)]
    pub env: Keyed<EnvValue>,
}

/// A Job before the migrations that proves that every required dependency is there: that it takes
/// connections; for postgres with `url` also its version, extensions and schemas. It prints names only.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyDependencies {
    /// Whether the Job is made (default: true).
    pub enabled: Option<Spanned<bool>>,
    /// An image with `sh`, BusyBox's `nc`, and `psql` where a database is asked (default: the official
    /// one of PostgreSQL then, else BusyBox).
    pub image: Option<Text>,
    /// Seconds until the Job is stopped and the sync fails (default: 300).
    #[serde(rename = "activeDeadlineSeconds")]
    pub active_deadline_seconds: Option<Spanned<u32>>,
    /// Requests and limits of the Job (default: small ones).
    #[serde(default)]
    pub resources: Resources,
}

/// A Job after the rollout that proves that what was rolled out works. It prints names only.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyRollout {
    /// Whether the Job is made (default: true).
    pub enabled: Option<Spanned<bool>>,
    /// An image with `sh`, `curl` and `nc` (default: `curlimages/curl`).
    pub image: Option<Text>,
    /// What deployments must answer through their Services with a status of 200 to 399, by name.
    #[serde(default)]
    pub http: Keyed<HttpCheck>,
    /// URLs that must answer, with any status below 500, by name: texts or references such as
    /// `{secret: NAME, key: KEY}`.
    #[serde(default)]
    pub urls: Keyed<EnvValue>,
    /// Dependencies that must take connections, by key. A later layer replaces the list whole.
    #[serde(default)]
    pub dependencies: Vec<Text>,
    /// Seconds until the Job is stopped and the sync fails (default: 300).
    #[serde(rename = "activeDeadlineSeconds")]
    pub active_deadline_seconds: Option<Spanned<u32>>,
    /// Requests and limits of the Job (default: small ones).
    #[serde(default)]
    pub resources: Resources,
}

/// A request to a deployment's Service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpCheck {
    /// The deployment's key (default: `main`, or the only one with a Service).
    pub deployment: Option<Text>,
    /// The path, starting with `/`.
    pub path: Text,
    /// The name of the port (default: the first one of the Service).
    pub port: Option<Text>,
    /// HTTP (the default) or HTTPS, without verification of the certificate.
    pub scheme: Option<Spanned<HttpScheme>>,
}
