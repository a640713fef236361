//! Layers merge as trees and are read once into a validated application.

pub mod app;
mod diamond;
pub mod layers;
pub mod merge;
mod parameters;
pub mod template;
pub mod values;
