//! Strata renders typed applications and overlays into Kubernetes manifests.
//!
//! Data flows one way: load -> resolve -> lower -> transform -> check -> emit. A stage imports
//! nouns, never another stage; `pipeline` alone imports stages.

pub mod app;
pub mod base64;
pub mod diagnostic;
pub mod error;
pub mod lower;
pub mod model;
pub mod names;
pub mod origin;
pub mod resolve;
pub mod resource;
pub mod tree;
