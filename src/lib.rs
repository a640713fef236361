//! Strata renders typed applications and overlays into Kubernetes manifests.
//!
//! Data flows one way: load -> resolve -> lower -> transform -> check -> emit. A stage imports
//! nouns, never another stage; `pipeline` alone imports stages.

pub mod cli;
pub mod diagnostic;
pub mod emit;
pub mod error;
pub mod origin;
pub mod pipeline;
pub mod resource;
pub mod scope;
pub mod tree;
