//! Shared by the checks.
