//! What the final resources must respect.

use ecow::EcoString;

use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// What the final resources must respect, whatever changed them on the way.
#[derive(Clone, Debug, Default)]
pub struct Contract {
    /// Bounds on the number of pods of Deployments, by the name that lowering gives.
    pub replicas: Vec<ReplicaBound>,
    /// Keys that must not be named anywhere.
    pub forbidden: Vec<Text>,
    /// The keys that each Secret holds, by the Secret's name.
    pub declared: Vec<DeclaredSecret>,
    /// The metrics that alerts may use, one that ends in `*` for all that begin so; `None` where
    /// the application declares no source.
    pub metrics: Option<Vec<Text>>,
    /// The containers that run the application's own images: kind, name and container.
    pub main_containers: Vec<(&'static str, EcoString, EcoString)>,
    /// The numbers that no other application has.
    pub numbers: Vec<UniqueNumber>,
}

/// A number that no other application of the project has under its name.
#[derive(Clone, Debug)]
pub struct UniqueNumber {
    /// Its name.
    pub name: Text,
    /// The number.
    pub value: Spanned<u32>,
    /// The Deployments and StatefulSets whose pods get it: kind, the name that lowering gives, and
    /// where they ask for it.
    pub users: Vec<(&'static str, EcoString, Origin)>,
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
    /// What asks for it.
    pub reason: BoundReason,
    /// Why.
    pub because: Text,
    /// Where the bound is written.
    pub origin: Origin,
}

/// What bounds a number of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundReason {
    /// A guard that is written.
    Guard,
    /// A migration that runs in each pod that starts.
    Migration,
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
    /// The name under `secrets:` that its keys are declared under.
    pub declared_as: Text,
    /// Its keys.
    pub keys: Vec<Text>,
    /// Those of its keys that may be missing.
    pub optional: Vec<EcoString>,
    /// Whether keys are forbidden at its source, so that it must not be read whole.
    pub guarded: bool,
    /// Where it is declared.
    pub origin: Origin,
}
