//! `strata diff`: what differs between two renders, and what that does to what runs.

mod between;
mod github;
mod json;
mod markdown;
mod report;
mod sides;
mod text;
mod value;

use super::args::{DiffArguments, DiffFormat, MessageFormat};
use super::{Context, Done, Ended};
use crate::diagnostic::{Diagnostics, Level};
use report::Report;
use sides::Side;

pub(super) fn run(arguments: &DiffArguments, context: &mut Context) -> Ended {
    let sides = sides::read(arguments, context)?;
    let report = Report::of(&sides);
    let text = match arguments.format {
        DiffFormat::Text => text::render(&report, arguments.all, context.color_out),
        DiffFormat::Markdown => markdown::render(&report, arguments.all, arguments.limit),
        DiffFormat::Json => json::render(&report, arguments.all),
        DiffFormat::Github => github::render(&report),
    };
    context.print(text.as_bytes())?;
    complain(&sides.old, &report.failed_before, context);
    complain(&sides.new, &report.failed_now, context);
    let done = done(&report, arguments);
    // See `build`: the process ends now.
    std::mem::forget(report);
    std::mem::forget(sides);
    Ok(done)
}

fn done(report: &Report, arguments: &DiffArguments) -> Done {
    let differs = !report.overlays.is_empty() && report.worth_a_look(arguments.all);
    match () {
        () if !report.failed_now.is_empty() => Done::Errors,
        () if arguments.exit_code && differs => Done::Findings,
        () if report.does_one_of(&arguments.fail_on) => Done::Findings,
        () => Done::Fine,
    }
}

/// Says which side cannot be rendered, and why.
fn complain(side: &Side, failed: &[String], context: &mut Context) {
    if failed.is_empty() {
        return;
    }
    let errors: Diagnostics = side.diagnostics.iter().filter(|one| one.level == Level::Error).cloned().collect();
    context.say(&format!("{} cannot be rendered at {}:\n", super::excerpt::escape(&failed.join(", ")), side.title));
    context.show(&errors, &side.sources, MessageFormat::Text);
}
