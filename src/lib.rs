//! Strata renders typed applications and overlays into Kubernetes manifests.
//!
//! Data flows one way: load -> resolve -> lower -> transform -> check -> emit. A stage imports
//! nouns, never another stage; `pipeline` alone imports stages.

pub mod app;
pub mod check;
pub mod diagnostic;
pub mod emit;
pub mod error;
pub mod image;
pub mod kubernetes;
pub mod load;
pub mod model;
pub mod names;
pub mod origin;
pub mod project;
pub mod resolve;
pub mod resource;
pub mod scope;
pub mod transform;
pub mod tree;
