//! Integration tests: whole builds, the command line, snapshots and schemas.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]
#![allow(clippy::print_stdout, reason = "figures and skips are told with `--nocapture`")]

mod affected;
mod alerts;
mod architecture;
mod argocd;
mod argocd_oracle;
mod argocd_upgrade;
#[cfg(target_os = "linux")]
mod bad;
mod bad_input;
mod causes;
mod check;
mod ci;
mod cli;
mod cli_binary;
mod cli_init;
mod codes;
mod commands;
mod compose;
mod coverage;
mod dependencies;
mod diff;
mod doors;
mod drift;
mod editions;
mod explain;
mod fields;
mod findings;
mod fixture;
mod git;
mod helm;
mod import;
mod inputs;
mod kustomize_input;
mod maximal;
mod mixed;
mod mutations;
mod network;
mod origins;
mod overlays;
mod pairs;
mod places;
mod plugin;
mod policies;
mod project;
mod promote;
mod providers;
mod readme;
mod reference;
mod release;
mod render_to;
mod repository;
mod round_trip;
mod routes;
mod scaling;
mod schemas;
mod set;
mod shared;
mod snapshots;
mod systems;
mod vendor;
mod verify_secrets;
