//! Emit: resources to bytes. The last stage; it changes nothing and decides nothing but bytes.
//!
//! YAML is byte-identical with what kustomize prints, JSON has the same keys in the same order,
//! and files appear whole or not at all.

pub mod file;
pub mod folder;
pub mod json;
pub mod replace;
pub mod yaml;
