//! `kind: App`: what an application is, in every environment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::container::{EnvValue, PullPolicy};
use super::dependency::Dependency;
use super::monitoring::{Alert, MetricSource};
use super::network::Client;
use super::release::{VerifyDependencies, VerifyRollout};
use super::route::Route;
use super::scalar::Quantity;
use super::secret::{Secret, VerifySecrets};
use super::workload::{AccessMode, CronJob, Deployment, Job, Migration, ServiceAccount, StatefulSet};
use crate::tree::{Keyed, Raw, Spanned, Text};

/// An application as its base describes it: base/<app>/app.yaml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// `strata.dev/v1alpha1`.
    #[serde(rename = "apiVersion")]
    pub api_version: Text,
    /// `App`.
    pub kind: Text,
    /// Name and extra labels.
    pub metadata: Metadata,
    /// Values that `${{ values.NAME }}` stands for; environments and overlays change them.
    #[serde(default)]
    pub values: Keyed<Raw>,
    /// The image of every workload that names no other, with or without a tag.
    pub image: Option<Text>,
    /// When the kubelet pulls the image.
    #[serde(rename = "imagePullPolicy")]
    pub image_pull_policy: Option<Spanned<PullPolicy>>,
    /// Secrets with the registry's credentials, by their names. A later layer replaces the list whole.
    #[serde(rename = "imagePullSecrets", default)]
    pub image_pull_secrets: Vec<Text>,
    /// Environment variables of every workload; a workload's own win.
    #[serde(default)]
    pub env: Keyed<EnvValue>,
    /// Numbers that no other application of the project may have under the same name, such as the
    /// id of a generator of ids. An environment variable takes one with `{number: NAME}`.
    #[serde(rename = "uniqueNumbers", default)]
    pub unique_numbers: Keyed<Spanned<u32>>,
    /// Deployments by key: `main` is named like the application, any other `<app>-<key>`.
    #[serde(default)]
    pub deployments: Keyed<Deployment>,
    /// Deployments without a Service, by key: `<app>-<key>`. Their selectors never match a Service's.
    #[serde(default)]
    pub workers: Keyed<Deployment>,
    /// StatefulSets by key, named like deployments: pods with stable names and volumes of their own.
    #[serde(rename = "statefulSets", default)]
    pub stateful_sets: Keyed<StatefulSet>,
    /// CronJobs by key: `<app>-<key>`.
    #[serde(rename = "cronJobs", default)]
    pub cron_jobs: Keyed<CronJob>,
    /// Migrations by key: `<app>-<key>`. They run before the rollout on every sync.
    #[serde(default)]
    pub migrations: Keyed<Migration>,
    /// One-off jobs by key: `<app>-<key>`. They run on every sync.
    #[serde(default)]
    pub jobs: Keyed<Job>,
    /// Ways from outside to the Services of deployments, by key: `main` is named like the
    /// application, any other `<app>-<key>`.
    #[serde(default)]
    pub routes: Keyed<Route>,
    /// Configuration groups: a ConfigMap each, named `<app>-<group>`.
    #[serde(default)]
    pub config: Keyed<Keyed<ConfigValue>>,
    /// How the ConfigMap of a configuration group is made, by the group's name.
    #[serde(rename = "configMaps", default)]
    pub config_maps: Keyed<ConfigMapOptions>,
    /// Volumes that outlive pods, by key: a PersistentVolumeClaim each, named `<app>-<key>`.
    #[serde(default)]
    pub claims: Keyed<Claim>,
    /// What the application talks to, by name.
    #[serde(default)]
    pub dependencies: Keyed<Dependency>,
    /// Secrets that the application needs, by name.
    #[serde(default)]
    pub secrets: Keyed<Secret>,
    /// Adds a Job before the rollout that proves that all required secret keys are there.
    #[serde(rename = "verifySecrets")]
    pub verify_secrets: Option<VerifySecrets>,
    /// Who calls the application beside its routes and the Prometheus, by name: network policies
    /// let nobody else in.
    #[serde(default)]
    pub clients: Keyed<Client>,
    /// Metrics and logs that alerts may ask, by name.
    #[serde(rename = "metricSources", default)]
    pub metric_sources: Keyed<MetricSource>,
    /// Alerts by name: a rule of Prometheus each, or of Loki's ruler for a source of logs.
    #[serde(default)]
    pub alerts: Keyed<Alert>,
    /// Adds a Job before the rollout that proves that all required dependencies are there.
    #[serde(rename = "verifyDependencies")]
    pub verify_dependencies: Option<VerifyDependencies>,
    /// Adds a Job after the rollout that proves that it works.
    #[serde(rename = "verifyRollout")]
    pub verify_rollout: Option<VerifyRollout>,
    /// Whether a change of a Secret restarts the deployments and workers that use it (default: false).
    #[serde(rename = "restartOnSecretChange")]
    pub restart_on_secret_change: Option<Spanned<bool>>,
    /// The identity of all workloads that have none of their own (default: made, without a token).
    #[serde(rename = "serviceAccount", default)]
    pub service_account: ServiceAccount,
}

/// Name and extra labels of an application.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The application's name: a DNS label of at most 63 characters. Objects are named after it.
    pub name: Text,
    /// The system that the application is part of: the label `app.kubernetes.io/part-of`.
    #[serde(rename = "partOf")]
    pub part_of: Option<Text>,
    /// Labels of every object; they never reach selectors.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations of every object.
    #[serde(default)]
    pub annotations: Keyed<Text>,
}

/// One entry of a configuration group: a scalar, whose text is taken exactly as written, or
/// `{file: PATH}`.
#[derive(Clone, Debug)]
pub enum ConfigValue {
    /// A text.
    Literal(Text),
    /// The content of a file.
    File(FileSource),
}

/// The content of a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileSource {
    /// The path, relative to the file that says it.
    pub file: Text,
}

/// A volume that outlives pods. Volumes of workloads name it under `claim`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The exact name (default: `<app>-<key>`).
    pub name: Option<Text>,
    /// Its size, such as `1Gi`. Kubernetes never shrinks a volume.
    pub size: Quantity,
    /// The StorageClass (default: the cluster's).
    #[serde(rename = "storageClass")]
    pub storage_class: Option<Text>,
    /// How pods may mount it (default: ReadWriteOnce). A later layer replaces the list whole.
    #[serde(rename = "accessModes", default)]
    pub access_modes: Vec<Spanned<AccessMode>>,
    /// Whether Argo CD leaves it alone when it is no longer rendered (default: true).
    pub retain: Option<Spanned<bool>>,
}

/// How the ConfigMap of a configuration group is made.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMapOptions {
    /// The exact name (default: `<app>-<group>`).
    pub name: Option<Text>,
    /// Whether the name ends in a hash of the content, so that a change rolls the pods (default:
    /// true). Without it the pods carry a checksum of the content, to the same effect.
    pub hash: Option<Spanned<bool>>,
    /// Whether its keys become environment variables of all workloads (default: true when every
    /// key is a valid name of one and no entry is a file).
    pub env: Option<Spanned<bool>>,
}
