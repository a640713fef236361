//! Pods with stable names and volumes of their own, and volumes that outlive pods.

use super::{Pod, Restarter, Service};
use crate::model::scalar::Quantity;
use crate::model::workload::{AccessMode, PodManagement};
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// A StatefulSet, with its Services.
#[derive(Clone, Debug)]
pub struct StatefulSet {
    /// Name.
    pub name: Text,
    /// How many pods.
    pub replicas: Option<Spanned<u32>>,
    /// In which order pods start.
    pub pod_management: Option<Spanned<PodManagement>>,
    /// The labels that select the pods.
    pub selector: Vec<(Text, Text)>,
    /// History of revisions.
    pub revision_history_limit: Option<Spanned<u32>>,
    /// Time until a pod counts.
    pub min_ready_seconds: Option<Spanned<u32>>,
    /// Who restarts the pods when a Secret that they use changes.
    pub restarted_by: Option<Spanned<Restarter>>,
    /// The pods.
    pub pod: Pod,
    /// The Service that gives the pods their names, and others beside it.
    pub governing: Service,
    /// The Service with an address, where there is one beside the governing one.
    pub service: Option<Service>,
    /// A volume for each pod.
    pub claim_templates: Vec<ClaimTemplate>,
    /// Where it is said that volumes go with the StatefulSet.
    pub delete_claims: Option<Origin>,
    /// The place of the dependency that it is bundled for; `None` for one of the application's own.
    pub bundled: Option<Origin>,
}

/// A volume for each pod of a StatefulSet.
#[derive(Clone, Debug)]
pub struct ClaimTemplate {
    /// Name.
    pub name: Text,
    /// What it asks for.
    pub request: ClaimRequest,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Name.
    pub name: Text,
    /// What it asks for.
    pub request: ClaimRequest,
    /// Whether Argo CD leaves it alone when it is no longer rendered.
    pub retain: bool,
}

/// What a claim asks for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// Size.
    pub size: Quantity,
    /// StorageClass.
    pub storage_class: Option<Text>,
    /// How pods may mount it; ReadWriteOnce where nothing is written.
    pub access_modes: Vec<Spanned<AccessMode>>,
}
