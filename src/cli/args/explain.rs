//! `strata explain` as written.

use std::ffi::OsStr;
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
  strata explain overlays/my-app/prod Deployment/my-app      the manifest, its sources as comments
  strata explain overlays/my-app/prod --line 42  what line 42 of its output shows
  strata explain --unused                       what is written and reaches no output of the project
  strata explain --unused overlays/a overlays/b     the same of some overlays
  strata explain --rule security-defaults       what a default sets, and how to change it

For each field below PATH: its value, the place and the layer that it comes from, why, and the values
that it replaced, newest first. A path is dotted (`[0]`, `[name=web]`), a JSON pointer, or as kubectl
takes it (`{.spec.replicas}`). Values of Secrets are not shown.")]
pub struct ExplainArguments {
    /// An overlay, a folder that holds overlays, or a folder with a kustomization.yaml (default: the
    /// current folder); with --unused, as many as you like
    pub folder: Option<PathBuf>,
    /// The resource by its name in the output; KIND.GROUP/NAME and KIND/NAMESPACE/NAME tell more
    #[arg(value_name = "KIND/NAME")]
    pub resource: Option<String>,
    /// The field; without it, the manifest is printed with the source of each line
    pub path: Option<String>,
    /// Further folders, for --unused
    #[arg(hide = true, requires = "unused")]
    pub more: Vec<String>,
    /// The line of the output of `strata build`, instead of a resource and a field
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..), conflicts_with_all = ["resource", "unused", "rule", "rules"])]
    pub line: Option<u32>,
    /// Lists what is written in bases and overlays and reaches no output of any of them (default: of
    /// the whole project)
    #[arg(long)]
    pub unused: bool,
    /// Tells what a default rule sets, and how to change it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["resource", "unused", "rules"])]
    pub rule: Option<String>,
    /// Lists the default rules
    #[arg(long, conflicts_with_all = ["resource", "unused"])]
    pub rules: bool,
    /// The format (JSON: docs/explain.md)
    #[arg(long, value_enum, default_value = "text")]
    pub format: MessageFormat,
    /// Sets a parameter that the overlay declares
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub set: Vec<(String, String)>,
    /// How kustomizations are built
    #[command(flatten)]
    pub kustomize: KustomizeArguments,
}

impl ExplainArguments {
    /// All words, which are folders where there is no resource to name.
    pub(in crate::cli) fn words(&self) -> impl Iterator<Item = &OsStr> {
        let folder = self.folder.iter().map(|folder| folder.as_os_str());
        let rest = self.resource.iter().chain(&self.path).chain(&self.more);
        folder.chain(rest.map(OsStr::new))
    }
}
