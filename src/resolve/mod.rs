//! Layers merge as trees and are read once into a validated application.

pub mod app;
pub mod merge;
pub mod values;
