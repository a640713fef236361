//! Integration tests: whole builds, the command line, snapshots and schemas.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]

mod cli;
mod cli_binary;
mod cli_init;
mod commands;
mod fields;
mod fixture;
mod overlays;
mod providers;
