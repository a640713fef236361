//! Resources to resources, one file per transform; both front ends use them.
//!
//! A transform reports facts ("this entry matches nothing") and never judges them: the front end
//! decides what is an error.

pub mod annotations;
pub mod checksums;
pub mod fields;
pub mod hash;
pub mod ids;
pub mod images;
pub mod labels;
pub mod names;
pub mod namespace;
pub mod patch;
pub mod references;
pub mod replicas;
pub mod run_commands;
pub mod twins;

#[cfg(test)]
mod test;
