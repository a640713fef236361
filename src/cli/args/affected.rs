//! The arguments of `strata affected`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `strata affected`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata affected --base origin/main            overlays that the working tree changes, one per line
  strata affected --base HEAD~1 --head HEAD     what the last commit changes
  git diff --name-only HEAD~1 | strata affected --files -
  strata affected --base origin/main --format matrix      for a job per overlay (docs/diff.md)

An overlay is affected when a file that its build reads changed, came or went, or when one is there
now where its build looked in vain.")]
pub struct AffectedArguments {
    /// Overlays, kustomizations, or folders of them (default: the whole project)
    pub paths: Vec<PathBuf>,
    /// The revision to compare with
    #[arg(long, value_name = "REVISION", required_unless_present = "files", conflicts_with = "files")]
    pub base: Option<String>,
    /// The revision that is looked at (default: the working tree)
    #[arg(long, value_name = "REVISION", requires = "base")]
    pub head: Option<String>,
    /// Compares with where the head branched off from the base
    #[arg(long, requires = "base")]
    pub merge_base: bool,
    /// Reads the changed files from a file (`-`: stdin), one path per line from the repository's top,
    /// instead of asking git
    #[arg(long, value_name = "FILE")]
    pub files: Option<PathBuf>,
    /// One folder per line, a JSON report, or a matrix for CI
    #[arg(long, value_enum, default_value = "list")]
    pub format: AffectedFormat,
}

/// How overlays are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AffectedFormat {
    List,
    Json,
    Matrix,
}
