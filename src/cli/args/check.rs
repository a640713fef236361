//! What can be written after `strata check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::LoadRestrictor;
use crate::date::Date;
use crate::kubernetes::Version;

/// `strata check`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata check                                  all overlays and kustomizations below this folder
  strata check overlays/my-app/prod             one overlay
  strata check --deny warning                   warnings fail, too
  strata check --format github                  annotations on the lines of a pull request
  strata check --format sarif > strata.sarif    for code scanning
  strata check --kubernetes-version 1.33        against another version than strata.yaml says
  strata check --today 2026-12-01               exceptions whose last day has passed are findings
  strata check --drift                          what one environment has and another lacks
  strata check --policies rules/                against the policies of a folder
  strata check --explain moving-tag             the rule, why it matters, what to do
  strata check --explain                        every code

It reads files alone: no cluster and no network. Levels and exceptions stand in strata.yaml and in
overlays, under `policy` and `exceptions`.

Exit codes: 0 clean, 1 findings at the level of an error (or what --deny names), 2 could not check.")]
pub struct CheckArguments {
    /// Overlays, kustomizations, or folders of them (default: all overlays of the project, or else the
    /// current folder)
    pub paths: Vec<PathBuf>,
    /// The format of the findings, which go to stdout
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
    /// Which findings fail as errors do
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub deny: Option<Deny>,
    /// Says what a code means, or lists all codes
    #[arg(long, value_name = "CODE", num_args = 0..=1, conflicts_with = "paths")]
    pub explain: Option<Option<String>>,
    /// Compares the environments of each application: what one has and another lacks is a finding
    #[arg(long)]
    pub drift: bool,
    /// The day that exceptions are held against, such as 2026-12-31 (default: they have no end)
    #[arg(long, value_name = "DAY")]
    pub today: Option<Date>,
    /// The version of Kubernetes to check against (default: as strata.yaml says, else the newest known)
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub kubernetes_version: Option<Version>,
    /// A file with policies, or a folder of them (default: as strata.yaml says, else its `policies/`)
    #[arg(long, value_name = "PATH")]
    pub policies: Option<PathBuf>,
    /// Which files a kustomization may name
    #[arg(long, value_enum, value_name = "RULE", default_value = "LoadRestrictionsRootOnly", ignore_case = true)]
    pub load_restrictor: LoadRestrictor,
}

/// The format of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Text,
    /// One object, as docs/diagnostics.md says
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Workflow commands of GitHub Actions
    Github,
}

/// Which findings fail beside errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Warnings
    Warning,
    /// Warnings and notes
    Note,
}

fn version(text: &str) -> Result<Version, String> {
    let version: Version = text.parse().map_err(|error: crate::kubernetes::InvalidVersion| error.to_string())?;
    match version.is_supported() {
        true => Ok(version),
        false => Err(format!("supported are {} to {}", Version::OLDEST, Version::NEWEST)),
    }
}
