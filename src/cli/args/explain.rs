//! `strata explain` as written.

use std::path::PathBuf;

use clap::Args;

use super::{KustomizeArguments, MessageFormat, name_and_value};

/// `strata explain`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  strata explain overlays/my-app/prod           lists resources, and what each comes from
  strata explain overlays/my-app/prod Deployment/my-app spec.replicas
  strata explain k8s/overlays/prod Deployment/web 'spec.template.spec.containers[name=web].env'
  strata explain k8s/overlays/prod ConfigMap/settings-5t4m7h8b6c /data/LOG_LEVEL

For each field below PATH: its value, the place and the layer that it comes from, why, and the values
that it replaced, newest first. A path is dotted (`[0]`, `[name=web]`), a JSON pointer, or as kubectl
takes it (`{.spec.replicas}`). Values of Secrets are not shown.")]
pub struct ExplainArguments {
    /// An overlay, a folder that holds overlays, or a folder with a kustomization.yaml
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// The resource by its name in the output; KIND.GROUP/NAME and KIND/NAMESPACE/NAME tell more
    #[arg(value_name = "KIND/NAME")]
    pub resource: Option<String>,
    /// The field (default: all)
    pub path: Option<String>,
    /// The format
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
    /// Sets a parameter that the overlay declares
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub set: Vec<(String, String)>,
    /// How kustomizations are built
    #[command(flatten)]
    pub kustomize: KustomizeArguments,
}
