//! `strata argocd generate`: the manifests of one overlay for Argo CD. Never nothing with exit
//! code 0 by mistake, for then Argo CD would take everything away.

use super::{environment, print, report};
use crate::cli::args::argocd::PluginArguments;
use crate::cli::{Context, Ended};
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
