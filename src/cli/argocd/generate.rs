//! `strata argocd generate`: the manifests of one overlay for Argo CD. Never nothing with exit
//! code 0 by mistake, for then Argo CD would take everything away.

use std::io::ErrorKind;

use super::{environment, report};
use crate::cli::args::argocd::PluginArguments;
use crate::cli::{Context, Done, Ended, Stop};
use crate::emit;
use crate::error::{Error, Result};
use crate::pipeline::{self, Outcome};
use crate::resource::Identity;

pub(super) fn run(arguments: &PluginArguments, context: &mut Context) -> Ended {
    let root = pipeline::project_root(&arguments.path, &context.env.cwd);
    let built = environment::request(arguments, context).and_then(|request| pipeline::build(&request));
    let outcome = match built {
        Ok(outcome) if !outcome.diagnostics.has_errors() => outcome,
        Ok(outcome) => {
            return report::errors(&outcome.diagnostics, &outcome.sources, &root, context);
        }
        Err(error) => return report::error(error, &root, context),
    };
    let ended = match manifests(&outcome) {
        Ok(bytes) => print(&bytes, context).or_else(|error| report::error(error, &root, context)),
        Err(error) => report::error(error, &root, context),
    };
    // The process ends now, and taking trees apart takes longer than a small build.
    std::mem::forget(outcome);
    ended
}

fn manifests(outcome: &Outcome) -> Result<Vec<u8>> {
    let [build] = outcome.builds.as_slice() else {
        return Err(Error::new("nothing-to-build", "the folder is not that of one overlay"));
    };
    if build.resources.is_empty() && build.identity == Identity::Kustomize {
        return Err(Error::new("empty-render", "the kustomization renders nothing")
            .help("Argo CD would remove all that it made before; delete the Application if that is meant"));
    }
    Ok(emit::yaml::yaml(build.resources.iter().map(|resource| &resource.root)))
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
