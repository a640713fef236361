//! What users write, as types: applications, overlays, components and `strata.yaml`.
//!
//! These types hold what is written (`Option` where nothing needs to be). What it means, with
//! every default filled in, is [`crate::app`]. Their JSON Schemas are kept in schemas/.

pub mod app;
pub mod container;
mod forms;
pub mod overlay;
pub mod project;
pub mod read;
pub mod scalar;
pub mod secret;
pub mod workload;

/// The `apiVersion` of everything that users write for Strata.
pub const API_VERSION: &str = "strata.dev/v1alpha1";
