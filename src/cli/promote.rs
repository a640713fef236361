//! `strata promote`: the images of one environment go to another, in place.

mod plan;
mod sides;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::args::{MessageFormat, PromoteArguments};
use super::edit::Files;
use super::edit::draft::Drafts;
use super::edit::image::{self, ImageChange, Part};
use super::edit::trial::{Before, How, Trial};
use super::{Context, Done, Ended, files};
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::error::{Error, Result};
use crate::pipeline::{self, WrittenOverlay};
use plan::Promotion;

/// What the JSON report holds besides edits and diagnostics.
#[derive(Serialize)]
struct Promoted<'a> {
    from: &'a str,
    to: &'a str,
    images: &'a [Promotion],
}

pub(super) fn run(arguments: &PromoteArguments, context: &mut Context) -> Ended {
    if let Some(tag) = &arguments.tag {
        crate::image::tag(tag).map_err(|reason| {
            Error::new("invalid-image", format!("`{tag}` is not a tag: {reason}")).help("write `--tag v1.2.3`")
        })?;
    }
    let cwd = context.env.cwd.clone();
    let root = files::project_root(&cwd)?;
    let all = pipeline::written(&super::edit::trial::request(vec![root.join("overlays")], &cwd))?;
    let mut said = Diagnostics::default();
    let sides = sides::sides(&all, arguments, &mut said)?;
    let paths: Vec<_> =
        sides.iter().flat_map(|side| side.from.iter().chain(&side.to)).map(|overlay| overlay.path.clone()).collect();
    let before = Before::of(paths.clone(), &cwd)?;
    let how = How { dry_run: arguments.dry_run, format: arguments.format };
    if before.outcome.diagnostics.has_errors() {
        return refuse(&before, how, context);
    }
    let promotions = plan::plan(&sides, &before, arguments.tag.as_deref(), &mut said);
    one_build(&promotions, arguments)?;
    let mut drafts = Drafts::default();
    if !said.has_errors() {
        for promotion in &promotions {
            if let Err(error) = edit(promotion, &before, &mut drafts) {
                said.push(Diagnostic::from(error).subject(promotion.overlay.clone()));
            }
        }
    }
    let promoted = Promoted { from: &arguments.from, to: &arguments.to, images: &promotions };
    if said.has_errors() {
        context.show(&said, &before.outcome.sources, how.format);
        if how.format == MessageFormat::Text {
            context.say("nothing was written\n");
        }
        return Ok(Done::Errors);
    }
    let trial = Trial::new(&before, drafts, paths, context)?;
    if arguments.tag.is_none() && trial.refuses("tag-policy") {
        said.push(policy_note(arguments));
    }
    trial.finish(&before, said, (&table::table(&promotions, arguments), &promoted), how, context)
}

/// Refuses one tag for applications that nobody named and that run several builds: what one build made has
/// one tag in the source.
fn one_build(promotions: &[Promotion], arguments: &PromoteArguments) -> Result<()> {
    let Some(tag) = arguments.tag.as_ref().filter(|_| arguments.app.is_empty()) else { return Ok(()) };
    let mut runs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Promotion { app, source, .. } in promotions {
        runs.entry(app).or_default().insert(source.tag.as_deref().unwrap_or("no tag"));
    }
    let tags: BTreeSet<&str> = runs.values().flatten().copied().collect();
    if runs.len() < 2 || tags.len() == 1 && !tags.contains("no tag") {
        return Ok(());
    }
    let tags_of = |tags: &BTreeSet<&str>| tags.iter().map(|tag| format!("`{tag}`")).collect::<Vec<_>>().join(", ");
    let told: Vec<String> = runs.iter().map(|(app, tags)| format!("`{app}` ({})", tags_of(tags))).collect();
    let message = format!(
        "`{tag}` would become the tag of applications that are not of one build in `{}`: {}",
        arguments.from,
        told.join(", ")
    );
    Err(Error::new("several-applications", message).help("say which are meant with `--app`, once for each"))
}

fn policy_note(arguments: &PromoteArguments) -> Diagnostic {
    let message = format!("the tags of `{}` are not those that `{}` allows", arguments.from, arguments.to);
    Diagnostic::note("promoted-tag", message).help("`--tag v1.2.3` gives the same images the tag that is asked for")
}

/// An environment that does not build says nothing that could be carried, or cannot be checked.
fn refuse(before: &Before, how: How, context: &mut Context) -> Ended {
    let errors = before.outcome.diagnostics.iter().filter(|one| one.level == Level::Error).cloned().collect();
    context.show(&errors, &before.outcome.sources, how.format);
    if how.format == MessageFormat::Text {
        let broken: Vec<String> = before
            .written
            .overlays
            .iter()
            .filter(|overlay| before.rendered(overlay).is_none())
            .map(|overlay| format!("`{}`", super::excerpt::escape(&overlay.name)))
            .collect();
        context.say(&format!("{} cannot be built; nothing was written\n", broken.join(", ")));
    }
    Ok(Done::Errors)
}

/// Puts one image into the overlay that gets it.
fn edit(promotion: &Promotion, before: &Before, drafts: &mut Drafts) -> Result<()> {
    let Some(overlay) = before.written.overlays.iter().find(|overlay| overlay.name == promotion.overlay) else {
        return Ok(());
    };
    let part = |text: &Option<String>| text.as_ref().map_or(Part::Clear, |text| Part::Set(text.clone()));
    let change = ImageChange {
        name: promotion.image.clone(),
        new_name: Part::Keep,
        tag: part(&promotion.after.tag),
        digest: part(&promotion.after.digest),
    };
    let rendered = before.rendered(overlay);
    let mut files = Files { overlay, sources: &before.written.sources, drafts, rendered };
    image::set(&mut files, &change, false)
}

/// Whether the overlay takes its images from another one of them, and says nothing of this one.
fn inherits(overlay: &WrittenOverlay, others: &[&WrittenOverlay], before: &Before, image: &str) -> bool {
    let own = |overlay: &WrittenOverlay| overlay.layers.last().map(|file| file.canonical.clone());
    let below = overlay.layers.split_last().map(|(_, below)| below).unwrap_or_default();
    let takes = below.iter().any(|file| {
        others.iter().any(|other| other.name != overlay.name && own(other).as_ref() == Some(&file.canonical))
    });
    let mut drafts = Drafts::default();
    let rendered = before.rendered(overlay);
    let files = Files { overlay, sources: &before.written.sources, drafts: &mut drafts, rendered };
    takes && !image::is_set(&files, image)
}
