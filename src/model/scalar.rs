//! Scalars of the model that Kubernetes knows in two spellings.

use crate::tree::{Node, Text};

/// A whole number or a text, such as a port or `25%`.
#[derive(Clone, Debug, PartialEq)]
pub struct IntOrText(pub Node);

/// An amount as Kubernetes writes it (`200m`, `1`, `512Mi`), in its canonical spelling, so that
/// what the API server stores is what was rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity(pub Text);
