//! Everything that runs pods: deployments, workers, cron jobs, migrations and one-off jobs.

use schemars::JsonSchema;
use serde::Deserialize;

use super::container::{EnvValue, ExtraContainer, Lifecycle, Port, Probes, PullPolicy, Resources, Security, Volume};
use super::monitoring::Metrics;
use super::release::{MigrationMode, OnBoot};
use super::scalar::IntOrText;
use super::scaling::{Autoscaling, Disruption};
use crate::short_or_long;
use crate::tree::{Keyed, Raw, Spanned, Text};

/// The sections of an application that hold workloads by key.
pub const SECTIONS: [&str; 6] = ["deployments", "workers", "statefulSets", "cronJobs", "migrations", "jobs"];

/// The fields that [`like`](Deployment::like) takes from another workload: those that make its
/// pods what they are. Command and arguments come together: who writes a `command` of its own gets
/// no arguments that were meant for another.
pub const LIKE_FIELDS: [&str; 16] = [
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "workingDir",
    "env",
    "config",
    "resources",
    "volumes",
    "initContainers",
    "sidecars",
    "scheduling",
    "serviceAccount",
    "lifecycle",
    "terminationGracePeriodSeconds",
    "security",
];

/// Defines a type of workload: its own fields, and after them the fields that every pod has.
/// One list of fields serves all five types, because serde's `flatten` would ruin the messages.
macro_rules! workload {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The exact name of the object, to adopt a running one (default: `<app>` for the key
            /// `main`, else `<app>-<key>`).
            pub name: Option<Text>,
            /// The workload of this key, in whatever section, whose pods these pods are like: what
            /// makes its pods (image, command, variables, resources, volumes, security and so on,
            /// but no ports, probes, replicas or labels) is a layer below the fields written here.
            pub like: Option<Text>,
            $($(#[$field_meta])* pub $field: $type,)*
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
            /// Environment variables; they win over the application's `env`, which wins over `config`.
            #[serde(default)]
            pub env: Keyed<EnvValue>,
            /// The groups of `config:` whose keys become environment variables (default: all
            /// groups that `configMaps` does not keep out). A later layer replaces the list whole.
            pub config: Option<Vec<Text>>,
            /// Requests and limits of the main container.
            #[serde(default)]
            pub resources: Resources,
            /// Volumes by name, with where the main container sees them.
            #[serde(default)]
            pub volumes: Keyed<Volume>,
            /// Containers that run one after the other before the main one, by name.
            #[serde(rename = "initContainers", default)]
            pub init_containers: Keyed<ExtraContainer>,
            /// Containers that start before the main one and run beside it until the pod ends
            /// (native sidecars, Kubernetes 1.29 and newer), by name.
            #[serde(default)]
            pub sidecars: Keyed<ExtraContainer>,
            /// On which nodes the pods run.
            #[serde(default)]
            pub scheduling: Scheduling,
            /// The identity of the pods (default: the application's).
            #[serde(rename = "serviceAccount")]
            pub service_account: Option<ServiceAccount>,
            /// Start and stop handlers of the main container.
            #[serde(default)]
            pub lifecycle: Lifecycle,
            /// Seconds between SIGTERM and SIGKILL (Kubernetes: 30).
            #[serde(rename = "terminationGracePeriodSeconds")]
            pub termination_grace_period_seconds: Option<Spanned<u32>>,
            /// How far the main container may go.
            #[serde(default)]
            pub security: Security,
            /// Extra labels of the object and its pods; they never reach selectors.
            #[serde(default)]
            pub labels: Keyed<Text>,
            /// Annotations of the object.
            #[serde(default)]
            pub annotations: Keyed<Text>,
            /// Annotations of the pods.
            #[serde(rename = "podAnnotations", default)]
            pub pod_annotations: Keyed<Text>,
            /// The files of the repository that it is built from, as globs: the annotation
            /// `strata.dev/source-paths` of the object, for who asks what a change affects. A later
            /// layer replaces the list whole.
            #[serde(rename = "sourcePaths", default)]
            pub source_paths: Vec<Text>,
            /// The sync wave in which Argo CD applies the object (default: by what it is).
            pub wave: Option<Spanned<i32>>,
        }

        impl $name {
            /// The fields that every type of workload has.
            pub fn pod(&self) -> PodFields<'_> {
                PodFields {
                    name: self.name.as_ref(),
                    image: self.image.as_ref(),
                    image_pull_policy: self.image_pull_policy,
                    command: self.command.as_deref(),
                    args: self.args.as_deref(),
                    working_dir: self.working_dir.as_ref(),
                    env: &self.env,
                    config: self.config.as_deref(),
                    resources: &self.resources,
                    volumes: &self.volumes,
                    init_containers: &self.init_containers,
                    sidecars: &self.sidecars,
                    scheduling: &self.scheduling,
                    service_account: self.service_account.as_ref(),
                    lifecycle: &self.lifecycle,
                    termination_grace_period_seconds: self.termination_grace_period_seconds.as_ref(),
                    security: &self.security,
                    labels: &self.labels,
                    annotations: &self.annotations,
                    pod_annotations: &self.pod_annotations,
                    source_paths: &self.source_paths,
                    wave: self.wave.as_ref(),
                }
            }
        }
    };
}

/// The fields that every type of workload has, borrowed from one of them.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each field is documented where users write it, in the types above")]
pub struct PodFields<'a> {
    pub name: Option<&'a Text>,
    pub image: Option<&'a Text>,
    pub image_pull_policy: Option<Spanned<PullPolicy>>,
    pub command: Option<&'a [Text]>,
    pub args: Option<&'a [Text]>,
    pub working_dir: Option<&'a Text>,
    pub env: &'a Keyed<EnvValue>,
    pub config: Option<&'a [Text]>,
    pub resources: &'a Resources,
    pub volumes: &'a Keyed<Volume>,
    pub init_containers: &'a Keyed<ExtraContainer>,
    pub sidecars: &'a Keyed<ExtraContainer>,
    pub scheduling: &'a Scheduling,
    pub service_account: Option<&'a ServiceAccount>,
    pub lifecycle: &'a Lifecycle,
    pub termination_grace_period_seconds: Option<&'a Spanned<u32>>,
    pub security: &'a Security,
    pub labels: &'a Keyed<Text>,
    pub annotations: &'a Keyed<Text>,
    pub pod_annotations: &'a Keyed<Text>,
    pub source_paths: &'a [Text],
    pub wave: Option<&'a Spanned<i32>>,
}

workload! {
    /// A long-running process: a Deployment, with a Service where a port says `service`. Workers
    /// have the same fields but no Service.
    pub struct Deployment {
        /// How many pods run: a number, or a guard such as `{exactly: 1, because: ...}`.
        pub replicas: Option<Replicas>,
        /// Lets the number of pods follow their load: a HorizontalPodAutoscaler. It takes the place of
        /// a number under `replicas`; a guard there bounds it.
        pub autoscaling: Option<Autoscaling>,
        /// How many pods a drain of nodes may take at once: a PodDisruptionBudget.
        pub disruption: Option<Disruption>,
        /// The deployments, workers, StatefulSets and jobs that come before it, by key: Argo CD applies it when
        /// they are healthy, or its pods wait for them. A later layer replaces the list whole.
        #[serde(default)]
        pub after: Vec<Text>,
        /// Whether a change of a Secret that the pods use restarts them, by an annotation that the
        /// operator of the secrets or Reloader reads (default: the application's word, else false).
        #[serde(rename = "restartOnSecretChange")]
        pub restart_on_secret_change: Option<Spanned<bool>>,
        /// How pods are replaced: `recreate`, or `{maxSurge: 1, maxUnavailable: 0}` (default:
        /// `recreate` under the guard `exactly: 1` and where a migration runs on boot, else
        /// Kubernetes' rolling update).
        pub strategy: Option<Strategy>,
        /// The exact labels that select the pods, to adopt a running Deployment, whose selector
        /// cannot change (default: `app.kubernetes.io/name` and `app.kubernetes.io/component`).
        pub selector: Option<Keyed<Text>>,
        /// Ports by name.
        #[serde(default)]
        pub ports: Keyed<Port>,
        /// Probes of the main container.
        #[serde(default)]
        pub probes: Probes,
        /// The Service in front of the pods.
        #[serde(default)]
        pub service: ServiceOptions,
        /// Where Prometheus finds the metrics of the pods.
        pub metrics: Option<Metrics>,
        /// How many old ReplicaSets stay for a rollback (Kubernetes: 10).
        #[serde(rename = "revisionHistoryLimit")]
        pub revision_history_limit: Option<Spanned<u32>>,
        /// Seconds without progress until a rollout has failed (Kubernetes: 600).
        #[serde(rename = "progressDeadlineSeconds")]
        pub progress_deadline_seconds: Option<Spanned<u32>>,
        /// Seconds a new pod must be ready before it counts as available (Kubernetes: 0).
        #[serde(rename = "minReadySeconds")]
        pub min_ready_seconds: Option<Spanned<u32>>,
    }
}

workload! {
    /// Pods with stable names, each with volumes of its own: a StatefulSet, and the Service that
    /// gives its pods their names.
    pub struct StatefulSet {
        /// How many pods run.
        pub replicas: Option<Spanned<u32>>,
        /// Whether pods start and stop one after the other (`OrderedReady`, the default)
        /// or at once (`Parallel`).
        #[serde(rename = "podManagement")]
        pub pod_management: Option<Spanned<PodManagement>>,
        /// The exact labels that select the pods, to adopt a running StatefulSet (default:
        /// `app.kubernetes.io/name` and `app.kubernetes.io/component`).
        pub selector: Option<Keyed<Text>>,
        /// Ports by name.
        #[serde(default)]
        pub ports: Keyed<Port>,
        /// Probes of the main container.
        #[serde(default)]
        pub probes: Probes,
        /// The Service of the pods, headless unless it says otherwise; one with an address has a
        /// headless one beside it.
        #[serde(default)]
        pub service: ServiceOptions,
        /// Whether a change of a Secret that the pods use restarts them, by an annotation that the
        /// operator of the secrets or Reloader reads (default: the application's word, else false).
        #[serde(rename = "restartOnSecretChange")]
        pub restart_on_secret_change: Option<Spanned<bool>>,
        /// How many old revisions stay for a rollback (Kubernetes: 10).
        #[serde(rename = "revisionHistoryLimit")]
        pub revision_history_limit: Option<Spanned<u32>>,
        /// Seconds a new pod must be ready before it counts as available (Kubernetes: 0).
        #[serde(rename = "minReadySeconds")]
        pub min_ready_seconds: Option<Spanned<u32>>,
        /// Whether volumes of claim templates stay when the StatefulSet goes (default: true).
        pub retain: Option<Spanned<bool>>,
    }
}

workload! {
    /// A job on a schedule: a CronJob.
    pub struct CronJob {
        /// When it runs, in cron's five fields or as `@hourly` and the like.
        pub schedule: Option<Text>,
        /// The time zone of the schedule, such as `Europe/London` (default: the controller's).
        #[serde(rename = "timeZone")]
        pub time_zone: Option<Text>,
        /// What happens when the last run still runs (default: Forbid).
        pub concurrency: Option<Spanned<Concurrency>>,
        /// Whether it is switched off (default: false).
        pub suspend: Option<Spanned<bool>>,
        /// Seconds that a start may be late until it is skipped.
        #[serde(rename = "startingDeadlineSeconds")]
        pub starting_deadline_seconds: Option<Spanned<u32>>,
        /// How many finished runs stay to look at.
        #[serde(default)]
        pub history: History,
        /// How often a failed pod is tried again (default: 1; the next run comes anyway).
        #[serde(rename = "backoffLimit")]
        pub backoff_limit: Option<Spanned<u32>>,
        /// Seconds until a run is stopped (default: 3600).
        #[serde(rename = "activeDeadlineSeconds")]
        pub active_deadline_seconds: Option<Spanned<u32>>,
    }
}

workload! {
    /// A database migration: a Job that Argo CD runs on every sync, before the rollout and after
    /// the secrets, config and service accounts that it needs.
    pub struct Migration {
        /// How it runs: `job` (default), `onBoot` or `manual`.
        pub mode: Option<Spanned<MigrationMode>>,
        /// The mode `onBoot`: which deployment migrates when it starts.
        #[serde(rename = "onBoot")]
        pub on_boot: Option<OnBoot>,
        /// How often a failed pod is tried again (default: 3).
        #[serde(rename = "backoffLimit")]
        pub backoff_limit: Option<Spanned<u32>>,
        /// Seconds until the migration is stopped and the sync fails (default: 600). On a first
        /// installation this includes the wait for the secret.
        #[serde(rename = "activeDeadlineSeconds")]
        pub active_deadline_seconds: Option<Spanned<u32>>,
    }
}

workload! {
    /// A one-off job that Argo CD runs on every sync.
    pub struct Job {
        /// When it runs: `beforeRollout`, `withRollout` (default) or `afterSync`.
        pub run: Option<JobPhase>,
        /// The deployments, workers and jobs that come before it, by key: Argo CD applies it when
        /// they are healthy, or its pods wait for them. A later layer replaces the list whole.
        #[serde(default)]
        pub after: Vec<Text>,
        /// How often a failed pod is tried again (default: 3).
        #[serde(rename = "backoffLimit")]
        pub backoff_limit: Option<Spanned<u32>>,
        /// Seconds until the job is stopped and the sync fails (default: 600).
        #[serde(rename = "activeDeadlineSeconds")]
        pub active_deadline_seconds: Option<Spanned<u32>>,
    }
}

/// In which order the pods of a StatefulSet start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum PodManagement {
    /// One after the other.
    OrderedReady,
    /// All at once.
    Parallel,
}

/// How pods may mount a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// By the pods of one node.
    ReadWriteOnce,
    /// By one pod.
    ReadWriteOncePod,
    /// By any pod, to read.
    ReadOnlyMany,
    /// By any pod.
    ReadWriteMany,
}

/// When a one-off job runs in a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum JobPhase {
    /// Between migrations and the workloads.
    BeforeRollout,
    /// In the wave of the workloads.
    WithRollout,
    /// After everything is healthy (a PostSync hook).
    AfterSync,
}

short_or_long! {
    /// The number of pods: a number, or a guard that every layer must respect.
    #[derive(Clone, Debug)]
    pub enum Replicas {
        /// So many, and any later layer may say another number.
        Count(Spanned<u32>) = "a whole number",
        /// A guard with its reason.
        Guard(ReplicaGuard) = "a guard such as `{exactly: 1, because: ...}`",
    }
}

/// A bound on the number of pods, with its reason. Whatever sets another number (a layer, a
/// patch, a resource, an autoscaler, a parameter) is an error that shows the reason.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicaGuard {
    /// Exactly so many, also during a rollout.
    pub exactly: Option<Spanned<u32>>,
    /// At least so many.
    pub min: Option<Spanned<u32>>,
    /// At most so many.
    pub max: Option<Spanned<u32>>,
    /// How many, within `min` and `max` (default: `min`, or 1).
    pub count: Option<Spanned<u32>>,
    /// Why; shown to whoever runs into the guard.
    pub because: Text,
}

/// How pods are replaced in a rollout. A later layer that gives the other kind replaces it whole.
#[derive(Clone, Debug)]
pub enum Strategy {
    /// All old pods stop before the first new one starts.
    Recreate(Spanned<()>),
    /// Step by step.
    Rolling(Rolling),
}

/// A rolling update.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rolling {
    /// How many pods more than wanted may run, as a number or percentage (Kubernetes: 25%).
    #[serde(rename = "maxSurge")]
    pub max_surge: Option<IntOrText>,
    /// How many pods fewer than wanted may run, as a number or percentage (Kubernetes: 25%).
    #[serde(rename = "maxUnavailable")]
    pub max_unavailable: Option<IntOrText>,
}

/// What happens when a run is due and the last one still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Concurrency {
    /// Both run.
    Allow,
    /// The new one is skipped.
    Forbid,
    /// The old one is stopped.
    Replace,
}

/// How many finished runs of a CronJob stay.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Successful ones (Kubernetes: 3).
    pub successful: Option<Spanned<u32>>,
    /// Failed ones (default: 3, so that logs of a night are still there; Kubernetes: 1).
    pub failed: Option<Spanned<u32>>,
}

/// The Service of a deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceOptions {
    /// The exact name (default: the deployment's).
    pub name: Option<Text>,
    /// ClusterIP (the default), NodePort or LoadBalancer.
    #[serde(rename = "type")]
    pub service_type: Option<Spanned<ServiceType>>,
    /// Annotations of the Service.
    #[serde(default)]
    pub annotations: Keyed<Text>,
    /// Whether the Service has no address of its own and its DNS name lists the pods.
    pub headless: Option<Spanned<bool>>,
}

/// The type of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ServiceType {
    /// Inside the cluster.
    #[serde(rename = "ClusterIP")]
    ClusterIp,
    /// A port on every node.
    NodePort,
    /// A load balancer of the cloud.
    LoadBalancer,
}

/// On which nodes pods run.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduling {
    /// Labels that a node must have.
    #[serde(rename = "nodeSelector", default)]
    pub node_selector: Keyed<Text>,
    /// Taints that the pods tolerate, as Kubernetes writes them.
    pub tolerations: Option<Raw>,
    /// Affinity, as Kubernetes writes it.
    pub affinity: Option<Raw>,
    /// Spreads the pods evenly over each of these node labels, such as
    /// `topology.kubernetes.io/zone`, as far as possible. A later layer replaces the list whole.
    pub spread: Option<Vec<Text>>,
    /// The PriorityClass.
    #[serde(rename = "priorityClass")]
    pub priority_class: Option<Text>,
}

/// The identity of pods. Its token is not mounted unless `token: true` or `rules` ask for it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccount {
    /// The exact name (default: the application's, or the workload's for an account of its own).
    pub name: Option<Text>,
    /// Whether the account is made (default: true); false refers to one that exists.
    pub create: Option<Spanned<bool>>,
    /// Annotations, such as the cloud role that the account stands for.
    #[serde(default)]
    pub annotations: Keyed<Text>,
    /// Whether the pods get a token for the Kubernetes API (default: only when there are `rules`).
    pub token: Option<Spanned<bool>>,
    /// What the account may do in its namespace: a Role and a RoleBinding.
    #[serde(default)]
    pub rules: Vec<PolicyRule>,
}

/// One rule of a Role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    /// API groups; the core group is the empty text.
    #[serde(rename = "apiGroups")]
    pub api_groups: Vec<Text>,
    /// Resources, such as `pods` or `pods/log`.
    pub resources: Vec<Text>,
    /// Verbs, such as `get`.
    pub verbs: Vec<Text>,
    /// Names of single objects.
    #[serde(rename = "resourceNames", default)]
    pub resource_names: Vec<Text>,
}
