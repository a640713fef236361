//! A resolved application: every default filled in, every name validated, every reference known.
//!
//! It is made by `resolve` from the merged layers and turned into resources by `lower`, which
//! cannot fail: what lowering relies on is established here. It holds what will be in the
//! manifests and nothing that is only written (short forms, inheritance, providers' choices).

use ecow::EcoString;

use crate::model::container::{HttpProbe, Lifecycle, Protocol, PullPolicy, Resources, Security};
use crate::model::project::Edition;
use crate::model::scalar::{IntOrText, Quantity};
use crate::model::secret::{InfisicalAuth, InfisicalVersion, SecretStore};
use crate::model::workload::{Concurrency, History, PolicyRule, Rolling, Scheduling, ServiceType};
use crate::origin::Origin;
use crate::tree::{Keyed, Node, Spanned, Text};

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
    /// CronJobs.
    pub cron_jobs: Vec<CronJob>,
    /// Migrations, one-off jobs and the verification of secrets.
    pub jobs: Vec<Job>,
    /// What the final resources must respect.
    pub contract: Contract,
}

/// What the final resources must respect, whatever changed them on the way.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Bounds on the number of pods of Deployments, by the name that lowering gives.
    pub replicas: Vec<ReplicaBound>,
    /// Keys that must not be named anywhere.
    pub forbidden: Vec<Text>,
    /// The keys that each Secret holds, by the Secret's name.
    pub declared: Vec<DeclaredSecret>,
    /// The containers that run the application's own images: kind, name and container.
    pub main_containers: Vec<(&'static str, EcoString, EcoString)>,
}

/// A bound on the number of pods.
#[derive(Clone, Debug)]
pub struct ReplicaBound {
    /// The name of the Deployment as lowered.
    pub deployment: EcoString,
    /// The least number.
    pub min: Option<u32>,
    /// The greatest number.
    pub max: Option<u32>,
    /// Whether the bound also holds during a rollout.
    pub exactly: bool,
    /// Why.
    pub because: Text,
    /// Where the bound is written.
    pub origin: Origin,
}

impl ReplicaBound {
    /// Whether so many pods are within the bound.
    pub fn allows(&self, count: i64) -> bool {
        self.min.is_none_or(|min| i64::from(min) <= count) && self.max.is_none_or(|max| count <= i64::from(max))
    }

    /// The bound in words, such as `exactly 1 is allowed`.
    pub fn in_words(&self) -> String {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => format!("exactly {min} is allowed"),
            (Some(min), Some(max)) => format!("between {min} and {max} are allowed"),
            (Some(min), None) => format!("at least {min} are needed"),
            (None, Some(max)) => format!("at most {max} are allowed"),
            (None, None) => "any number is allowed".to_owned(),
        }
    }
}

/// A Secret whose keys are known.
#[derive(Clone, Debug)]
pub struct DeclaredSecret {
    /// The name of the Secret.
    pub name: Text,
    /// Its keys.
    pub keys: Vec<EcoString>,
    /// Those of its keys that may be missing.
    pub optional: Vec<EcoString>,
    /// Whether keys are forbidden at its source, so that it must not be read whole.
    pub guarded: bool,
    /// Where it is declared.
    pub origin: Origin,
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
}

/// An object that supplies a Secret.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// An InfisicalSecret: one path.
    Infisical(InfisicalSecret),
    /// An InfisicalStaticSecret: several paths.
    InfisicalStatic(InfisicalSecret),
    /// An ExternalSecret.
    External(ExternalSecret),
    /// A Secret with fixed values, for a local environment.
    Local(LocalSecret),
}

/// What Infisical's custom resources need.
#[derive(Clone, Debug)]
pub struct InfisicalSecret {
    /// The version of the API.
    pub version: InfisicalVersion,
    /// The name of the Secret, and of the object.
    pub name: Text,
    /// Address of the API.
    pub host_api: Option<Text>,
    /// Slug of the project.
    pub project: Text,
    /// Slug of the environment.
    pub environment: Text,
    /// Sign-in.
    pub auth: InfisicalAuth,
    /// Time between synchronisations, as one number with one unit.
    pub resync: Option<Text>,
    /// The main path first; v1alpha1 has exactly one.
    pub paths: Vec<Text>,
    /// The keys that reach the Secret.
    pub keys: Vec<SecretEntry>,
}

/// What an ExternalSecret needs.
#[derive(Clone, Debug)]
pub struct ExternalSecret {
    /// The name of the Secret, and of the object.
    pub name: Text,
    /// The store.
    pub store: SecretStore,
    /// Time between synchronisations, in Go's spelling.
    pub refresh: Option<Text>,
    /// The keys that reach the Secret.
    pub keys: Vec<SecretEntry>,
}

/// A Secret with fixed values.
#[derive(Clone, Debug)]
pub struct LocalSecret {
    /// The name of the Secret.
    pub name: Text,
    /// The values.
    pub data: Vec<(Text, Text)>,
}

/// One key of a Secret at its provider.
#[derive(Clone, Debug)]
pub struct SecretEntry {
    /// The key in the Secret.
    pub key: Text,
    /// The path at the provider.
    pub path: Text,
    /// The key at the provider.
    pub remote_key: Text,
    /// Whether it may be missing.
    pub optional: bool,
}

/// A Deployment, with the Service in front of it.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Name.
    pub name: Text,
    /// How many pods; `None` leaves the field out, for an autoscaler.
    pub replicas: Option<Spanned<u32>>,
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
    /// The pods.
    pub pod: Pod,
    /// The Service, when a port has one.
    pub service: Option<Service>,
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
        /// Where it is said, or where the guard is.
        because: Origin,
        /// Whether the guard asked for it.
        by_guard: bool,
    },
    /// Step by step.
    Rolling(Rolling),
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
    /// Schedule.
    pub schedule: Text,
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

/// A Job that Argo CD runs as a hook.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name.
    pub name: Text,
    /// What it is for.
    pub purpose: JobPurpose,
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
    /// Changes the schema, before the rollout.
    Migration,
    /// Before the rollout, after migrations.
    BeforeRollout,
    /// With the workloads.
    WithRollout,
    /// After everything is healthy.
    AfterSync,
}

/// What pods are made of.
#[derive(Clone, Debug)]
pub struct Pod {
    /// The value of the label `app.kubernetes.io/component`.
    pub component: Text,
    /// The value of the label `app.kubernetes.io/name` of the pods.
    pub name_label: Text,
    /// Labels beside the recommended ones.
    pub labels: Vec<(Text, Text)>,
    /// Annotations of the object that holds the pods.
    pub annotations: Vec<(Text, Text)>,
    /// Annotations of the pods.
    pub pod_annotations: Vec<(Text, Text)>,
    /// The wave that is written, when one is.
    pub wave: Option<Spanned<i32>>,
    /// Name of the service account.
    pub service_account: Text,
    /// Whether a token is mounted; with the place that asks for it.
    pub token: Option<Origin>,
    /// Pull secrets.
    pub image_pull_secrets: Vec<Text>,
    /// Init containers and sidecars, in the order in which they start.
    pub init: Vec<Container>,
    /// The main container.
    pub main: Container,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Nodes.
    pub scheduling: Scheduling,
    /// The labels that select these pods among all, for spreading.
    pub selector: Vec<(Text, Text)>,
    /// Grace period.
    pub termination_grace_period_seconds: Option<Spanned<u32>>,
    /// Names of the ConfigMaps without a hash that the pods use: they carry a checksum.
    pub checksums: Vec<EcoString>,
}

/// A container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Name.
    pub name: Text,
    /// Whether it is a native sidecar.
    pub sidecar: bool,
    /// Image.
    pub image: Text,
    /// When the image is pulled.
    pub image_pull_policy: Option<Spanned<PullPolicy>>,
    /// Entry point.
    pub command: Option<Vec<Text>>,
    /// Arguments.
    pub args: Option<Vec<Text>>,
    /// Working directory.
    pub working_dir: Option<Text>,
    /// ConfigMaps whose keys become variables.
    pub env_from: Vec<Text>,
    /// Variables, which win over `env_from`.
    pub env: Vec<(Text, EnvSource)>,
    /// Ports.
    pub ports: Vec<ContainerPort>,
    /// Liveness probe.
    pub liveness: Option<Probe>,
    /// Readiness probe.
    pub readiness: Option<Probe>,
    /// Startup probe.
    pub startup: Option<Probe>,
    /// Requests and limits.
    pub resources: Resources,
    /// Mounts.
    pub mounts: Vec<VolumeMount>,
    /// Start and stop handlers, with their ports resolved.
    pub lifecycle: Lifecycle,
    /// How far it may go.
    pub security: Security,
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug)]
pub enum EnvSource {
    /// A text.
    Literal(Text),
    /// A key of a Secret.
    Secret(KeyReference),
    /// A key of a ConfigMap.
    Config(KeyReference),
    /// A field of the pod.
    Field(Text),
    /// A resource of the container.
    Resource(Text),
}

/// A key of a Secret or ConfigMap.
#[derive(Clone, Debug)]
pub struct KeyReference {
    /// Name of the object.
    pub name: Text,
    /// Key.
    pub key: Text,
    /// Whether it may be missing, and where that is said.
    pub optional: Option<Origin>,
}

/// A port of a container.
#[derive(Clone, Debug)]
pub struct ContainerPort {
    /// Name.
    pub name: Text,
    /// Port.
    pub port: Spanned<u16>,
    /// Protocol, where one is written; TCP otherwise.
    pub protocol: Option<Spanned<Protocol>>,
}

/// A probe with its port resolved.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it does.
    pub action: ProbeAction,
    /// Where it is written.
    pub origin: Origin,
    /// Seconds before the first probe.
    pub initial_delay_seconds: Option<Spanned<u32>>,
    /// Seconds between probes.
    pub period_seconds: Option<Spanned<u32>>,
    /// Seconds until it counts as failed.
    pub timeout_seconds: Option<Spanned<u32>>,
    /// Failures in a row.
    pub failure_threshold: Option<Spanned<u32>>,
    /// Successes in a row.
    pub success_threshold: Option<Spanned<u32>>,
}

/// What a probe does.
#[derive(Clone, Debug)]
pub enum ProbeAction {
    /// An HTTP GET on a port.
    Http(HttpProbe, IntOrText),
    /// A connection.
    Tcp(IntOrText),
    /// A command.
    Exec(Vec<Text>),
    /// The gRPC health protocol on a port number.
    Grpc(Spanned<u16>),
}

/// A volume of a pod.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Name.
    pub name: Text,
    /// Source.
    pub source: VolumeSource,
}

/// The source of a volume.
#[derive(Clone, Debug)]
pub enum VolumeSource {
    /// An empty folder: size limit, whether in memory.
    EmptyDir(Option<Quantity>, Option<Spanned<bool>>),
    /// A claim that exists.
    Claim(Text),
    /// A ConfigMap, with the file of each key.
    Config(Text, Keyed<Text>),
    /// A Secret, with the file of each key.
    Secret(Text, Keyed<Text>),
    /// Several sources, as Kubernetes writes them.
    Projected(Node),
}

/// Where a container sees a volume.
#[derive(Clone, Debug)]
pub struct VolumeMount {
    /// Name of the volume.
    pub volume: Text,
    /// Path in the container.
    pub path: Text,
    /// Part of the volume.
    pub sub_path: Option<Text>,
    /// Whether it is read-only, and where that is said or follows from.
    pub read_only: Option<Spanned<bool>>,
}
