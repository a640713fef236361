//! `strata argocd`: the config-management plugin, the plan of a sync, and Applications.

mod apps;
mod environment;
mod files;
mod generate;
mod parameters;
mod plan;
mod report;

use super::args::argocd::{ArgocdArguments, ArgocdCommand};
use std::io::ErrorKind;

use super::{Context, Done, Ended, Stop};
use crate::error::{Error, Result};

pub(super) fn run(arguments: &ArgocdArguments, context: &mut Context) -> Ended {
    match &arguments.command {
        ArgocdCommand::Generate(arguments) => generate::run(arguments, context),
        ArgocdCommand::Parameters(arguments) => parameters::run(arguments, context),
        ArgocdCommand::Plan(arguments) => plan::run(arguments, context),
        ArgocdCommand::Apps(arguments) => apps::run(arguments, context),
    }
}

/// Prints all of it. A reader that went away has not got all, and nobody else would tell.
fn print(bytes: &[u8], context: &mut Context) -> Result<Done> {
    let written = context.print(bytes).and_then(|()| Ok(context.out.flush()?));
    match written {
        Ok(()) => Ok(Done::Fine),
        Err(Stop::Output(cause)) if cause.kind() == ErrorKind::BrokenPipe => {
            Err(Error::new("cannot-write", "stdout was closed before all was printed"))
        }
        Err(Stop::Output(cause)) => Err(Error::new("cannot-write", format!("cannot write to stdout: {cause}"))),
        Err(Stop::Error(error)) => Err(error),
    }
}
