//! References by name.
