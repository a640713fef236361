//! What users write, as types: applications, overlays, components and `strata.yaml`; how they are
//! read, and their JSON Schemas.
//!
//! These types hold what is written (`Option` where nothing needs to be). What it means, with
//! every default filled in, is [`crate::app`]. Their JSON Schemas are kept in schemas/.

pub mod app;
pub mod argocd;
pub mod compose;
pub mod container;
pub mod dependency;
pub mod exception;
mod forms;
pub mod layering;
pub mod monitoring;
pub mod network;
pub mod overlay;
pub mod policy;
pub mod project;
pub mod read;
pub mod release;
pub mod route;
pub mod scalar;
pub mod scaling;
pub mod schema;
mod schema_walk;
pub mod secret;
pub mod workload;

pub use forms::unknown_edition;
pub use read::read;
pub use schema::{schema, schemas};

/// The `apiVersion` of everything that users write for Strata.
pub const API_VERSION: &str = "strata.dev/v1alpha1";
