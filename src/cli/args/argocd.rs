//! `strata argocd`, as written.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
