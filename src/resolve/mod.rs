//! Layers merge as trees and are read once into a validated application.

pub mod app;
mod choice;
mod diamond;
pub mod exceptions;
mod layer_rules;
pub mod layers;
mod like;
pub mod merge;
mod parameters;
pub mod policies;
pub mod project;
mod reserved;
pub mod template;
pub mod values;
