//! `strata promote`.

use clap::Args;

use super::MessageFormat;

/// `strata promote`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata promote --from staging --to production --app shop --dry-run
  strata promote --from staging --to production --app shop --tag v1.4.2
  strata promote --from staging --to production --tag v1.4.2      all applications of one build
  strata promote --from staging --to production --format json

An environment is the folder of overlays, as in overlays/shop/staging, or else the environment that
overlays name. Tags and digests of the images that differ are carried over; names and registries
stay. With `--tag` the images of the application get that tag in the target, and keep the digest:
the same bytes under a new name. Without `--app` that is for applications of one build: whose images
have one tag in the source. Nothing is written when a tag is against the target's policy.")]
pub struct PromoteArguments {
    /// The environment whose images are carried
    #[arg(long, value_name = "ENVIRONMENT")]
    pub from: String,
    /// The environment that gets them
    #[arg(long, value_name = "ENVIRONMENT")]
    pub to: String,
    /// The application, a folder of overlays/ (default: all that have both environments)
    #[arg(long, value_name = "APP")]
    pub app: Vec<String>,
    /// The tag that the images get
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// Shows how the files and the manifests would change, and writes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format of the report, and of errors and warnings
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
}
