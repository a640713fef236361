//! `strata completions`: a script that a shell loads.

use clap::CommandFactory;

use super::args::{Arguments, CompletionsArguments};
use super::{Context, Done, Ended};

pub(super) fn run(arguments: &CompletionsArguments, context: &mut Context) -> Ended {
    // The generator panics when its writer fails, so it gets one that cannot.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "strata", &mut script);
    context.print(&script)?;
    Ok(Done::Fine)
}
