//! `strata render-to`, as written.

use std::path::PathBuf;

use clap::Args;

/// `strata render-to`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata render-to ../rendered                  all overlays that Argo CD applies, a folder each
  strata render-to ../rendered --message        prints a commit message with the source revision
  strata render-to ../rendered --check          exit code 1 when something there is not as rendered

overlays/APP/ENV is rendered to FOLDER/APP/ENV, one file for each object. Files and folders that are no
longer rendered are removed. A file that strata did not write is an error, for Argo CD would read it.")]
pub struct RenderToArguments {
    /// The folder; it is made when it is missing
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Overlays, or folders that hold overlays (default: all that Argo CD applies; with some named, no
    /// other folder is removed)
    pub paths: Vec<PathBuf>,
    /// Writes nothing, lists what differs, and ends with exit code 1 if something does
    #[arg(long, conflicts_with_all = ["message", "message_file"])]
    pub check: bool,
    /// Prints a commit message
    #[arg(long)]
    pub message: bool,
    /// Writes a commit message into a file
    #[arg(long, value_name = "FILE")]
    pub message_file: Option<PathBuf>,
    /// The source revision in the message (default: what git has checked out here)
    #[arg(long, value_name = "REVISION")]
    pub revision: Option<String>,
}
