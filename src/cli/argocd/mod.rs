//! `strata argocd`: the config-management plugin.

mod environment;
mod generate;
mod parameters;
mod report;

use super::args::argocd::{ArgocdArguments, ArgocdCommand};
use super::{Context, Ended};

pub(super) fn run(arguments: &ArgocdArguments, context: &mut Context) -> Ended {
    match &arguments.command {
        ArgocdCommand::Generate(arguments) => generate::run(arguments, context),
        ArgocdCommand::Parameters(arguments) => parameters::run(arguments, context),
    }
}
