//! `strata set`.

use clap::{Args, Subcommand};

use super::MessageFormat;

/// `strata set`.
#[derive(Clone, Debug, Args)]
pub struct SetArguments {
    /// What is set.
    #[command(subcommand)]
    pub what: SetCommand,
}

/// What is set.
#[derive(Clone, Debug, Subcommand)]
pub enum SetCommand {
    /// Sets name, tag and digest of images
    Image(SetImageArguments),
    /// Sets how many pods workloads have
    Replicas(SetReplicasArguments),
    /// Sets environment variables
    Env(SetEnvArguments),
}

impl SetCommand {
    /// The format of the report, and of errors and warnings.
    pub fn format(&self) -> MessageFormat {
        match self {
            Self::Image(arguments) => arguments.how.format,
            Self::Replicas(arguments) => arguments.how.format,
            Self::Env(arguments) => arguments.how.format,
        }
    }
}

/// `strata set image`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata set image ghcr.io/acme/shop:v1.4.2 overlays/shop/prod
  strata set image shop=ghcr.io/acme/shop:v1.4.2 k8s/overlays/prod
  strata set image ghcr.io/acme/shop --digest sha256:4b1d... overlays/shop/staging
  strata set image api:v2 admin:v2 overlays/shop/staging overlays/shop/prod
  strata set image ghcr.io/acme/shop:v2 overlays/shop --dry-run

An image is NAME:TAG, NAME@DIGEST, NAME:TAG@DIGEST, NAME=NEWNAME, or NAME=NEWNAME with a tag or
digest; `*` keeps what is there. A tag replaces a digest, and a digest a tag, when only one of them
is given: the other one would be of the old image. `--digest` alone keeps the tag.

The place that says the image is edited in the overlay's own file, as bytes: comments, quotes and
order stay. What would be is built first; with an error nothing is written.")]
pub struct SetImageArguments {
    /// Images, then overlays: the first argument and all others with `:`, `=` or `@` are images
    #[arg(required = true, value_name = "IMAGE|OVERLAY")]
    pub arguments: Vec<String>,
    /// The digest of the image, `sha256:...`; the tag stays
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// How it is done.
    #[command(flatten)]
    pub how: EditArguments,
}

/// `strata set replicas`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata set replicas main=3 overlays/shop/prod
  strata set replicas shop-worker=2 main=3 overlays/shop/prod
  strata set replicas statefulSets/cache=1 overlays/shop/prod
  strata set replicas shop=3 k8s/overlays/prod      an entry of `replicas` of a kustomization

NAME is the key of a workload or the name of its object. A guard with a reason is not changed.")]
pub struct SetReplicasArguments {
    /// Numbers, then overlays: arguments with `=` are numbers
    #[arg(required = true, value_name = "NAME=N|OVERLAY")]
    pub arguments: Vec<String>,
    /// How it is done.
    #[command(flatten)]
    pub how: EditArguments,
}

/// `strata set env`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata set env LOG_LEVEL=debug overlays/shop/staging
  strata set env worker/CONCURRENCY=20 overlays/shop/prod
  strata set env LOG_LEVEL=debug k8s/overlays/staging       a literal of a configMapGenerator
  strata set env settings/LOG_LEVEL=debug k8s/overlays/prod the generator `settings`
  strata set env web/LOG_LEVEL=debug k8s/overlays/prod      a patch of the Deployment `web`

A variable is set where the layers say it: in `env` of the application, in a group of `config`, or
in the workload that is named. One that takes its value from a secret is not changed.

Of a kustomization that is a literal or a file of variables of a configMapGenerator, or where the value
that is rendered is written: a patch, inline or in a file, or a manifest. With `--shared` also in a base.")]
pub struct SetEnvArguments {
    /// Variables, then overlays: arguments with `=` are variables
    #[arg(required = true, value_name = "[WORKLOAD/]NAME=VALUE|OVERLAY")]
    pub arguments: Vec<String>,
    /// How it is done.
    #[command(flatten)]
    pub how: EditArguments,
}

/// How an edit is done.
#[derive(Clone, Copy, Debug, Args)]
pub struct EditArguments {
    /// Edits the layer that says it now, even one that other overlays share
    #[arg(long)]
    pub shared: bool,
    /// Shows how the files and the manifests would change, and writes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The format of the report, and of errors and warnings
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
}
