//! The types of what users write.

pub mod read;
