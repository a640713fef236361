//! How many pods of a deployment run, when nobody says a number: by load, and while nodes are drained.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalar::IntOrText;
use crate::tree::Spanned;

/// A number of pods that follows their load; at least one of `cpu` and `memory`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaling {
    /// The least number of pods (default: 1).
    #[schemars(range(min = 1))]
    pub min: Option<Spanned<u32>>,
    /// The greatest number of pods; needed.
    #[schemars(range(min = 1))]
    pub max: Option<Spanned<u32>>,
    /// The CPU use to aim at, over all pods, in percent of what they request.
    #[schemars(range(min = 1))]
    pub cpu: Option<Spanned<u32>>,
    /// The memory use to aim at, over all pods, in percent of what they request.
    #[schemars(range(min = 1))]
    pub memory: Option<Spanned<u32>>,
    /// Seconds for which the load must stay high before pods are added (Kubernetes: 0).
    #[serde(rename = "scaleUpStabilizationSeconds")]
    #[schemars(range(min = 0, max = 3600))]
    pub scale_up_stabilization_seconds: Option<Spanned<u32>>,
    /// Seconds for which the load must stay low before pods are taken away (Kubernetes: 300).
    #[serde(rename = "scaleDownStabilizationSeconds")]
    #[schemars(range(min = 0, max = 3600))]
    pub scale_down_stabilization_seconds: Option<Spanned<u32>>,
}

/// What a drain of nodes leaves running: exactly one of the two, as a number or percentage. A later
/// layer that says the other one replaces it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disruption {
    /// So many pods may be away.
    #[serde(rename = "maxUnavailable")]
    pub max_unavailable: Option<IntOrText>,
    /// So many pods must stay. As many as there are would let no node be drained.
    #[serde(rename = "minAvailable")]
    pub min_available: Option<IntOrText>,
}
