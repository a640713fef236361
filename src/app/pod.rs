//! Pods: containers, probes and volumes.

use ecow::EcoString;

use crate::model::container::{HttpProbe, Lifecycle, Protocol, PullPolicy, Resources, Security};
use crate::model::scalar::{IntOrText, Quantity};
use crate::model::workload::Scheduling;
use crate::origin::Origin;
use crate::tree::{Keyed, Node, Spanned, Text};

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
    /// For a container that waits for what comes before the pod: where the order is said.
    pub waits: Option<Origin>,
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
    /// A text that follows from where a dependency is, and the place that says it.
    Dependency(Text),
    /// A key of a Secret.
    Secret(KeyReference),
    /// A key of a ConfigMap.
    Config(KeyReference),
    /// A field of the pod.
    Field(Text),
    /// A resource of the container.
    Resource(Text),
    /// A number that is unique in the project, by its name.
    Number(Text, Spanned<u32>),
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
