//! `strata argocd`: the config-management plugin, the plan of a sync, and Applications.

mod apps;
mod environment;
mod files;
mod generate;
mod parameters;
mod plan;
mod report;

use super::args::argocd::{ArgocdArguments, ArgocdCommand};
use super::{Context, Ended};

pub(super) fn run(arguments: &ArgocdArguments, context: &mut Context) -> Ended {
    match &arguments.command {
        ArgocdCommand::Generate(arguments) => generate::run(arguments, context),
        ArgocdCommand::Parameters(arguments) => parameters::run(arguments, context),
        ArgocdCommand::Plan(arguments) => plan::run(arguments, context),
        ArgocdCommand::Apps(arguments) => apps::run(arguments, context),
    }
}
