//! A resolved application: every default filled in, every name validated, every reference known.
//!
//! It is made by `resolve` from the merged layers and turned into resources by `lower`, which
//! cannot fail: what lowering relies on is established here. It holds what will be in the
//! manifests and nothing that is only written (short forms, inheritance, providers' choices).

mod contract;
mod dependency;
mod monitoring;
mod network;
mod pod;
mod route;
mod scaling;
mod secret;
mod stateful_set;

pub use contract::{BoundReason, Contract, DeclaredSecret, ReplicaBound, UniqueNumber};
pub use dependency::{Bundled, Database, Dependency, Peer};
pub use monitoring::{Alert, AlertGroup, Condition, Monitoring, Query, Scrape};
pub use network::{HttpRule, NetworkPeer, NetworkPolicies, NetworkPolicy, PolicyPort, PolicyProvider, Traffic};
pub use pod::{
    Container, ContainerPort, EnvSource, KeyReference, Pod, Probe, ProbeAction, Volume, VolumeMount, VolumeSource,
};
pub use route::{Backend, ClientLimit, Gateway, Ingress, Route, RouteProvider, RouteTls, Traefik};
pub use scaling::{Autoscaling, Disruption};
pub use secret::{ExternalSecret, InfisicalSecret, LocalSecret, SecretEntry, SecretSource};
pub use stateful_set::{Claim, ClaimRequest, ClaimTemplate, StatefulSet};

use crate::model::container::Protocol;
use crate::model::monitoring::Exporter;
use crate::model::overlay::PodSecurity;
use crate::model::project::Edition;
use crate::model::release::Order;
use crate::model::route::PodSelector;
use crate::model::workload::{Concurrency, History, PolicyRule, Rolling, ServiceType};
use crate::origin::Origin;
use crate::tree::{Keyed, Spanned, Text};

/// An application as one overlay renders it.
#[derive(Clone, Debug)]
pub struct App {
    /// The edition whose defaults apply.
    pub edition: Edition,
    /// The name; objects are named after it.
    pub name: Text,
    /// The system that it is part of.
    pub part_of: Option<Text>,
    /// The namespace of every object.
    pub namespace: Option<Text>,
    /// The namespace as an object, when it is made here.
    pub namespace_object: Option<Namespace>,
    /// What keeps the order of a release.
    pub order: Order,
    /// Labels of every object and pod; never in selectors.
    pub labels: Vec<(Text, Text)>,
    /// Annotations of every object.
    pub annotations: Vec<(Text, Text)>,
    /// Service accounts to make.
    pub service_accounts: Vec<ServiceAccount>,
    /// ConfigMaps to make.
    pub config_maps: Vec<ConfigMap>,
    /// Objects that supply Secrets.
    pub secrets: Vec<SecretSource>,
    /// Deployments and workers.
    pub deployments: Vec<Deployment>,
    /// StatefulSets of the application's own.
    pub stateful_sets: Vec<StatefulSet>,
    /// Volumes that outlive pods.
    pub claims: Vec<Claim>,
    /// What it talks to.
    pub dependencies: Vec<Dependency>,
    /// The backing services that run beside it.
    pub bundled: Vec<Bundled>,
    /// CronJobs.
    pub cron_jobs: Vec<CronJob>,
    /// Migrations, one-off jobs and the verification of secrets.
    pub jobs: Vec<Job>,
    /// Alerts, and how what watches finds its objects.
    pub monitoring: Monitoring,
    /// Ways from outside to the Services of deployments.
    pub routes: Vec<Route>,
    /// The pods that requests from outside come from, where the provider of routes names them.
    pub gateway_pods: Option<PodSelector>,
    /// Who may talk to whom; `None` where nobody enforces it.
    pub network: Option<NetworkPolicies>,
    /// What the final resources must respect.
    pub contract: Contract,
}

/// A service account, with a Role and a RoleBinding where it has rules.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// Name.
    pub name: Text,
    /// Annotations.
    pub annotations: Keyed<Text>,
    /// Pull secrets.
    pub image_pull_secrets: Vec<Text>,
    /// What it may do.
    pub rules: Vec<PolicyRule>,
}

/// A ConfigMap.
#[derive(Clone, Debug)]
pub struct ConfigMap {
    /// Name, without a hash.
    pub name: Text,
    /// Whether the name gets a hash of the content.
    pub hash: bool,
    /// The data: text, or the bytes of a file that is not text.
    pub data: Vec<(Text, ConfigData)>,
}

/// One value of a ConfigMap.
#[derive(Clone, Debug)]
pub enum ConfigData {
    /// Text.
    Text(Text),
    /// Bytes that are not UTF-8, for `binaryData`, and where they are named.
    Binary(std::sync::Arc<[u8]>, Origin),
    /// The queries of the alerts on a database, as its exporter reads them.
    Queries {
        /// The source.
        source: Text,
        /// The exporter.
        exporter: Exporter,
        /// The queries.
        queries: Vec<Query>,
    },
}

/// A Deployment, with the Service in front of it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Name.
    pub name: Text,
    /// How many pods; `None` leaves the field out, for an autoscaler.
    pub replicas: Option<Spanned<u32>>,
    /// What makes the number follow the load.
    pub autoscaling: Option<Autoscaling>,
    /// What a drain of nodes leaves running.
    pub disruption: Option<Disruption>,
    /// How pods are replaced.
    pub strategy: Strategy,
    /// The labels that select the pods.
    pub selector: Vec<(Text, Text)>,
    /// History of ReplicaSets.
    pub revision_history_limit: Option<Spanned<u32>>,
    /// Deadline of a rollout.
    pub progress_deadline_seconds: Option<Spanned<u32>>,
    /// Time until a pod counts.
    pub min_ready_seconds: Option<Spanned<u32>>,
    /// The components that come before it.
    pub after: Vec<Text>,
    /// Who restarts the pods when a Secret changes, and where that is asked for.
    pub restarted_by: Option<Spanned<Restarter>>,
    /// The pods.
    pub pod: Pod,
    /// The Service, when a port has one.
    pub service: Option<Service>,
    /// How its metrics are scraped.
    pub scrape: Option<Scrape>,
    /// Whether it is a worker, which no Service may reach.
    pub worker: bool,
}

/// How pods are replaced.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// As Kubernetes does by default.
    Default,
    /// All old ones stop first, because it says so or because a guard allows no second pod.
    Recreate {
        /// Where it is said, or where the guard or the migration is.
        because: Origin,
        /// Who asked for it.
        asked_by: RecreateFor,
    },
    /// Step by step.
    Rolling(Rolling),
}

/// Why all old pods stop before the first new one starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecreateFor {
    /// It is written.
    Itself,
    /// A guard allows no second pod.
    Guard,
    /// A migration runs when the pod starts.
    Migration,
}

/// Who restarts pods when a Secret changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restarter {
    /// Infisical's operator.
    Infisical,
    /// Reloader.
    Reloader,
}

/// A namespace to make.
#[derive(Clone, Debug)]
pub struct Namespace {
    /// Its name.
    pub name: Text,
    /// What it enforces.
    pub pod_security: Option<Spanned<PodSecurity>>,
    /// Its labels.
    pub labels: Keyed<Text>,
    /// Its annotations.
    pub annotations: Keyed<Text>,
}

/// A Service.
#[derive(Clone, Debug)]
pub struct Service {
    /// Name.
    pub name: Text,
    /// Type.
    pub service_type: Option<Spanned<ServiceType>>,
    /// Whether it has no address of its own, and where that is said.
    pub headless: Option<Origin>,
    /// Annotations.
    pub annotations: Keyed<Text>,
    /// Ports.
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// Name, which is the container port's name too.
    pub name: Text,
    /// Port.
    pub port: Spanned<u16>,
    /// Port on every node.
    pub node_port: Option<Spanned<u16>>,
    /// Protocol, where one is written; TCP otherwise.
    pub protocol: Option<Spanned<Protocol>>,
    /// Application protocol.
    pub app_protocol: Option<Text>,
}

/// A CronJob.
#[derive(Clone, Debug)]
pub struct CronJob {
    /// Name, at most 52 characters.
    pub name: Text,
    /// When it runs.
    pub trigger: Trigger,
    /// Time zone.
    pub time_zone: Option<Text>,
    /// Concurrency; Forbid where nothing is written.
    pub concurrency: Option<Spanned<Concurrency>>,
    /// Whether it is switched off.
    pub suspend: Option<Spanned<bool>>,
    /// How late a start may be.
    pub starting_deadline_seconds: Option<Spanned<u32>>,
    /// Finished runs that stay.
    pub history: History,
    /// Tries.
    pub backoff_limit: Option<Spanned<u32>>,
    /// Time limit.
    pub active_deadline_seconds: Option<Spanned<u32>>,
    /// The pods.
    pub pod: Pod,
}

/// When a CronJob runs.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// On a schedule.
    Schedule(Text),
    /// Never by itself: somebody starts it; with the place that says so.
    Hand(Origin),
}

/// A Job that Argo CD runs as a hook.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name.
    pub name: Text,
    /// What it is for.
    pub purpose: JobPurpose,
    /// The components that come before it.
    pub after: Vec<Text>,
    /// Tries.
    pub backoff_limit: Option<Spanned<u32>>,
    /// Time limit.
    pub active_deadline_seconds: Option<Spanned<u32>>,
    /// The pods.
    pub pod: Pod,
}

/// What a Job is for: decides phase, wave and limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobPurpose {
    /// Proves that secrets are there, before migrations.
    VerifySecrets,
    /// Makes databases and users of a bundled service, before migrations.
    Databases,
    /// Changes the schema, before the rollout.
    Migration,
    /// Before the rollout, after migrations.
    BeforeRollout,
    /// With the workloads.
    WithRollout,
    /// After everything is healthy.
    AfterSync,
    /// Proves that required dependencies are there, before migrations.
    VerifyDependencies,
    /// Proves that what was rolled out works, after everything is healthy.
    VerifyRollout,
}

impl JobPurpose {
    /// Whether Strata writes the script, and the pod needs no more than a shell.
    pub fn is_proof(self) -> bool {
        matches!(self, Self::VerifySecrets | Self::VerifyDependencies | Self::VerifyRollout)
    }

    /// Whether it runs when the sync is over.
    pub fn is_after_sync(self) -> bool {
        matches!(self, Self::AfterSync | Self::VerifyRollout)
    }
}
