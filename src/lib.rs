//! Strata renders typed applications and overlays into Kubernetes manifests.
//!
//! Data flows one way: load -> resolve -> lower -> transform -> check -> emit. A stage imports
//! nouns, never another stage; `pipeline` alone imports stages.

pub mod app;
pub mod base64;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod emit;
pub mod error;
pub mod image;
pub mod kubernetes;
pub mod kustomize;
pub mod load;
pub mod lower;
pub mod model;
pub mod names;
pub mod origin;
pub mod pipeline;
pub mod project;
pub mod resolve;
pub mod resource;
pub mod scope;
pub mod transform;
pub mod tree;

/// The version of this Strata.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
