//! How many pods of a Deployment run.

use crate::model::scalar::IntOrText;
use crate::tree::Spanned;

/// A number of pods that follows their load.
#[derive(Clone, Debug)]
pub struct Autoscaling {
    /// The least number, where one is written; 1 otherwise.
    pub min: Option<Spanned<u32>>,
    /// The greatest number.
    pub max: Spanned<u32>,
    /// CPU to aim at, in percent of the requests.
    pub cpu: Option<Spanned<u32>>,
    /// Memory to aim at, in percent of the requests.
    pub memory: Option<Spanned<u32>>,
    /// Seconds of high load before pods are added.
    pub scale_up_stabilization_seconds: Option<Spanned<u32>>,
    /// Seconds of low load before pods are taken away.
    pub scale_down_stabilization_seconds: Option<Spanned<u32>>,
}

/// What a drain of nodes leaves running.
#[derive(Clone, Debug)]
pub enum Disruption {
    /// So many pods may be away.
    MaxUnavailable(IntOrText),
    /// So many pods stay.
    MinAvailable(IntOrText),
}
