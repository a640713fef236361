//! What a container is told: image, command, environment, ports, probes, resources, security.

use schemars::JsonSchema;
use serde::Deserialize;

use super::dependency::DependencyPart;
use super::scalar::{IntOrText, Quantity};
use super::workload::AccessMode;
use crate::short_or_long;
use crate::tree::{Keyed, Raw, Spanned, Text};

/// The value of one environment variable: a scalar, whose text is taken exactly as written, or a
/// reference. A later layer replaces it whole.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// A fixed text.
    Literal(Text),
    /// A reference.
    Reference(Box<EnvReference>),
}

/// Where an environment variable takes its value from: exactly one of `secret`, `config`,
/// `dependency`, `field`, `resource` and `number`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvReference {
    /// A secret that `secrets:` declares; the key is the variable's name unless `key` says another.
    pub secret: Option<Text>,
    /// A group of `config:`; the key is the variable's name unless `key` says another.
    pub config: Option<Text>,
    /// The key in the secret or config group.
    pub key: Option<Text>,
    /// Whether the container starts when the secret or its key is missing (default: false).
    pub optional: Option<Spanned<bool>>,
    /// A dependency of `dependencies:`; `part` says which part of it.
    pub dependency: Option<Text>,
    /// The part of the dependency.
    pub part: Option<Spanned<DependencyPart>>,
    /// A field of the pod, such as `status.podIP` or `metadata.labels['app']`.
    pub field: Option<Text>,
    /// A resource of the container, such as `limits.memory`.
    pub resource: Option<Text>,
    /// A number of `uniqueNumbers`, as a text.
    pub number: Option<Text>,
}

/// A port of a container, and of the Service in front of it when `service` is given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The port that the process listens on.
    #[schemars(range(min = 1, max = 65535))]
    pub container: Spanned<u16>,
    /// The port of the Service; the workload has a Service because one of its ports says this.
    #[schemars(range(min = 1, max = 65535))]
    pub service: Option<Spanned<u16>>,
    /// The port on every node, for Services of type NodePort.
    #[serde(rename = "nodePort")]
    #[schemars(range(min = 1, max = 65535))]
    pub node_port: Option<Spanned<u16>>,
    /// TCP (the default), UDP or SCTP.
    pub protocol: Option<Spanned<Protocol>>,
    /// The application protocol, such as `http` or `kubernetes.io/h2c`.
    #[serde(rename = "appProtocol")]
    pub app_protocol: Option<Text>,
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Protocol {
    /// TCP.
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
    /// SCTP.
    #[serde(rename = "SCTP")]
    Sctp,
}

/// The probes of a container.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// Restarts the container when it fails. It must not check other services: a database that
    /// blinks would restart every pod.
    pub liveness: Option<Probe>,
    /// Takes the pod out of its Services while it fails.
    pub readiness: Option<Probe>,
    /// Holds the other probes back until it succeeds once.
    pub startup: Option<Probe>,
}

/// One probe: exactly one of `http`, `tcp`, `exec` and `grpc`, and how often it runs. A later
/// layer that gives another kind replaces the probe whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// An HTTP GET that must answer 200 to 399.
    pub http: Option<HttpProbe>,
    /// A TCP connection to a port, by its name in `ports` or its number.
    pub tcp: Option<Spanned<PortProbe>>,
    /// A command that must exit 0.
    pub exec: Option<Spanned<Vec<Text>>>,
    /// The gRPC health protocol on a port, by its name in `ports` or its number.
    pub grpc: Option<Spanned<PortProbe>>,
    /// Seconds before the first probe.
    #[serde(rename = "initialDelaySeconds")]
    #[schemars(range(min = 0))]
    pub initial_delay_seconds: Option<Spanned<u32>>,
    /// Seconds between probes (Kubernetes: 10).
    #[serde(rename = "periodSeconds")]
    #[schemars(range(min = 1))]
    pub period_seconds: Option<Spanned<u32>>,
    /// Seconds until a probe counts as failed (Kubernetes: 1).
    #[serde(rename = "timeoutSeconds")]
    #[schemars(range(min = 1))]
    pub timeout_seconds: Option<Spanned<u32>>,
    /// Failures in a row until the probe has failed (Kubernetes: 3).
    #[serde(rename = "failureThreshold")]
    #[schemars(range(min = 1))]
    pub failure_threshold: Option<Spanned<u32>>,
    /// Successes in a row until the probe has succeeded again (Kubernetes: 1).
    #[serde(rename = "successThreshold")]
    #[schemars(range(min = 1))]
    pub success_threshold: Option<Spanned<u32>>,
}

/// An HTTP GET.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpProbe {
    /// The path, starting with `/`.
    pub path: Text,
    /// The port, by its name in `ports` or its number; may be left out when there is one port.
    pub port: Option<IntOrText>,
    /// HTTP (the default) or HTTPS.
    pub scheme: Option<Spanned<HttpScheme>>,
    /// Headers to send, by name.
    #[serde(default)]
    pub headers: Keyed<Text>,
}

/// The scheme of an HTTP probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum HttpScheme {
    /// Plain HTTP.
    #[serde(rename = "HTTP")]
    Http,
    /// TLS, without verification of the certificate.
    #[serde(rename = "HTTPS")]
    Https,
}

/// A port to connect to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortProbe {
    /// The port, by its name in `ports` or its number; may be left out when there is one port.
    pub port: Option<IntOrText>,
}

/// What the container asks for and may use at most.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the scheduler reserves.
    #[serde(default)]
    pub requests: ResourceAmounts,
    /// What the kernel enforces.
    #[serde(default)]
    pub limits: ResourceAmounts,
}

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceAmounts {
    /// CPU, such as `200m` or `1`.
    pub cpu: Option<Quantity>,
    /// Memory, such as `512Mi`.
    pub memory: Option<Quantity>,
    /// Local disk, such as `1Gi`.
    #[serde(rename = "ephemeral-storage")]
    pub ephemeral_storage: Option<Quantity>,
}

/// What the kubelet runs when the container starts and before it stops.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// Runs right after the start.
    #[serde(rename = "postStart")]
    pub post_start: Option<LifecycleHandler>,
    /// Runs before SIGTERM, within the grace period.
    #[serde(rename = "preStop")]
    pub pre_stop: Option<LifecycleHandler>,
}

/// One handler: exactly one of `exec`, `http` and `sleep`. A later layer that gives another kind
/// replaces it whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleHandler {
    /// A command.
    pub exec: Option<Spanned<Vec<Text>>>,
    /// An HTTP GET.
    pub http: Option<HttpProbe>,
    /// Seconds to sleep (Kubernetes 1.30 and newer), so that load balancers let go first.
    #[schemars(range(min = 1))]
    pub sleep: Option<Spanned<u32>>,
}

/// How far a container may go. What is not said here has the safe value: no root, no privilege
/// escalation, no capabilities, the runtime's seccomp profile.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// User id of the process.
    #[serde(rename = "runAsUser")]
    pub run_as_user: Option<Spanned<u32>>,
    /// Group id of the process.
    #[serde(rename = "runAsGroup")]
    pub run_as_group: Option<Spanned<u32>>,
    /// Group id that owns mounted volumes (of the whole pod).
    #[serde(rename = "fsGroup")]
    pub fs_group: Option<Spanned<u32>>,
    /// Whether the kubelet refuses to start the container as root (default: true).
    #[serde(rename = "runAsNonRoot")]
    pub run_as_non_root: Option<Spanned<bool>>,
    /// Whether the root file system is read-only (default: not said).
    #[serde(rename = "readOnlyRootFilesystem")]
    pub read_only_root_filesystem: Option<Spanned<bool>>,
    /// Whether a process may gain more privileges than its parent (default: false).
    #[serde(rename = "allowPrivilegeEscalation")]
    pub allow_privilege_escalation: Option<Spanned<bool>>,
    /// Whether the container has all privileges of the host (default: not said, which is no).
    pub privileged: Option<Spanned<bool>>,
    /// Linux capabilities to add; all others are dropped.
    #[serde(rename = "addCapabilities", default)]
    pub add_capabilities: Vec<Text>,
    /// The seccomp profile: RuntimeDefault (the default) or Unconfined.
    pub seccomp: Option<Spanned<SeccompProfile>>,
}

/// A seccomp profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum SeccompProfile {
    /// The container runtime's profile.
    RuntimeDefault,
    /// No filter.
    Unconfined,
}

/// When the kubelet pulls an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum PullPolicy {
    /// On every start.
    Always,
    /// When the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

/// An init container or a sidecar.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtraContainer {
    /// The image (default: the application's).
    pub image: Option<Text>,
    /// When the kubelet pulls the image.
    #[serde(rename = "imagePullPolicy")]
    pub image_pull_policy: Option<Spanned<PullPolicy>>,
    /// Replaces the image's entry point. A later layer replaces the list whole.
    pub command: Option<Vec<Text>>,
    /// Arguments. A later layer replaces the list whole.
    pub args: Option<Vec<Text>>,
    /// Working directory.
    #[serde(rename = "workingDir")]
    pub working_dir: Option<Text>,
    /// Environment variables of this container alone; the application's `env` and `config` do
    /// not reach init containers and sidecars of another image.
    #[serde(default)]
    pub env: Keyed<EnvValue>,
    /// Ports, by name.
    #[serde(default)]
    pub ports: Keyed<Port>,
    /// Probes (of sidecars).
    #[serde(default)]
    pub probes: Probes,
    /// Requests and limits.
    #[serde(default)]
    pub resources: Resources,
    /// Where volumes of the workload are mounted in this container: the path, by the volume's name.
    #[serde(default)]
    pub mounts: Keyed<Mount>,
    /// How far the container may go.
    #[serde(default)]
    pub security: Security,
    /// Start and stop handlers (of sidecars).
    #[serde(default)]
    pub lifecycle: Lifecycle,
    /// Puts the container after the one of this name; Kubernetes runs init containers in order.
    pub after: Option<Text>,
}

short_or_long! {
    /// Where a volume is mounted. A later layer replaces it whole.
    #[derive(Clone, Debug)]
    pub enum Mount {
        /// The path alone.
        Path(Text) = "a path",
        /// The path with options.
        Options(MountOptions) = "a mapping with `path`, `subPath` and `readOnly`",
    }
}

/// A mount with options.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MountOptions {
    /// The path in the container.
    pub path: Text,
    /// One file or folder of the volume instead of all of it.
    #[serde(rename = "subPath")]
    pub sub_path: Option<Text>,
    /// Whether the mount is read-only (default: true for config, secret and projected volumes).
    #[serde(rename = "readOnly")]
    pub read_only: Option<Spanned<bool>>,
}

/// A volume of a workload: exactly one source, and where it is mounted in the main container. A
/// later layer that gives another source replaces the volume whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Where the main container sees it; init containers and sidecars name it in their `mounts`.
    pub mount: Option<Mount>,
    /// An empty folder that lives as long as the pod; `{}` is enough.
    #[serde(rename = "emptyDir")]
    pub empty_dir: Option<EmptyDir>,
    /// One of `claims:` by its key, or a PersistentVolumeClaim that exists by its name.
    pub claim: Option<Text>,
    /// Of a StatefulSet: a volume for each pod.
    #[serde(rename = "claimTemplate")]
    pub claim_template: Option<ClaimTemplate>,
    /// A group of `config:`.
    pub config: Option<Text>,
    /// A secret of `secrets:`.
    pub secret: Option<Text>,
    /// Several sources in one folder, as Kubernetes writes them.
    pub projected: Option<Raw>,
    /// For `config` and `secret`: the file of each key; without it every key is a file of its name.
    #[serde(default)]
    pub items: Keyed<Text>,
}

/// A volume that each pod of a StatefulSet has for itself. Kubernetes takes no change of it from a
/// StatefulSet that runs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimTemplate {
    /// Its size, such as `1Gi`.
    pub size: Quantity,
    /// The StorageClass (default: the cluster's).
    #[serde(rename = "storageClass")]
    pub storage_class: Option<Text>,
    /// How pods may mount it (default: ReadWriteOnce). A later layer replaces the list whole.
    #[serde(rename = "accessModes", default)]
    pub access_modes: Vec<Spanned<AccessMode>>,
}

/// An empty folder.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyDir {
    /// How large it may grow, such as `64Mi`.
    #[serde(rename = "sizeLimit")]
    pub size_limit: Option<Quantity>,
    /// Whether it lives in memory.
    pub memory: Option<Spanned<bool>>,
}
