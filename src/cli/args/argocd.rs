//! `strata argocd`, as written.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `strata argocd`.
#[derive(Clone, Debug, Args)]
pub struct ArgocdArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: ArgocdCommand,
}

/// What there is for Argo CD.
#[derive(Clone, Debug, Subcommand)]
pub enum ArgocdCommand {
    /// Prints the manifests of one overlay, as a config-management plugin does
    Generate(PluginArguments),
    /// Prints the parameters of one overlay, as a config-management plugin announces them
    Parameters(PluginArguments),
    /// Shows what a sync does, step by step, in the order of Argo CD
    Plan(PlanArguments),
    /// Prints the Applications of overlays and their AppProjects
    Apps(AppsArguments),
}

/// `strata argocd plan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata argocd plan overlays/my-app/prod       one object a line, in the order of a sync
  strata argocd plan overlays/my-app/prod --base origin/main    what this change makes of the sync
  strata argocd plan overlays/my-app/prod --format mermaid
  strata argocd plan overlays --format json")]
pub struct PlanArguments {
    /// Overlays, or folders that hold overlays
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The git revision that was applied last: shows what is new, changed and pruned since
    #[arg(long, value_name = "REVISION")]
    pub base: Option<String>,
    /// The format
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
    /// Sets a parameter that the overlay declares
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::name_and_value)]
    pub set: Vec<(String, String)>,
}

/// The format of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    Text,
    Json,
    Mermaid,
}

/// `strata argocd apps`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata argocd apps overlays > apps.yaml       an Application for each overlay, and the AppProjects
  strata argocd apps overlays --as applicationset
  strata argocd apps --files argocd/applications > argocd/apps.yaml
                                                an ApplicationSet that reads a file for each overlay
  strata argocd apps --files argocd/applications --check
  strata argocd apps overlays/my-app --without-project

`argocd:` of strata.yaml, of its environments and of overlays says where from, where to and how
(docs/argocd.md). Overlays of a local environment get none.")]
pub struct AppsArguments {
    /// Overlays, or folders that hold overlays (default: those below this folder; with --files all of
    /// the project, and with some named no other file is removed)
    pub paths: Vec<PathBuf>,
    /// What to make
    #[arg(long = "as", value_enum, value_name = "KIND", default_value = "applications")]
    #[arg(default_value_if("files", clap::builder::ArgPredicate::IsPresent, "applicationset"))]
    pub kind: AppsKind,
    /// Writes a file for each Application below this folder of the project, and removes stale ones; the
    /// ApplicationSet reads these files from git instead of having a list
    #[arg(long, value_name = "FOLDER")]
    pub files: Option<PathBuf>,
    /// Writes and prints nothing but which of the files differ, and ends with exit code 1 if some do
    #[arg(long, requires = "files")]
    pub check: bool,
    /// Leaves the AppProjects out
    #[arg(long)]
    pub without_project: bool,
}

/// What `strata argocd apps` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AppsKind {
    Applications,
    #[value(name = "applicationset")]
    ApplicationSet,
}

/// `strata argocd generate` and `strata argocd parameters`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata argocd generate                        the overlay in this folder, as Argo CD runs it
  strata argocd parameters overlays/my-app/prod
  ARGOCD_APP_PARAMETERS='[{\"name\": \"replicas\", \"map\": {\"my-app\": \"3\"}}]' strata argocd generate overlays/my-app/prod

Both read ARGOCD_APP_PARAMETERS, ARGOCD_ENV_* and KUBE_VERSION. Errors are short lines of plain
text, for Argo CD shows them in one field. docs/argocd.md says how to install the plugin.")]
pub struct PluginArguments {
    /// The folder of one overlay, application or kustomization
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Refused: rendering in the plugin uses no network
    #[arg(long, hide = true)]
    pub fetch: bool,
    /// Refused: rendering in the plugin runs no program
    #[arg(long, hide = true)]
    pub enable_helm: bool,
}
