//! Reads a model type from the tree.
