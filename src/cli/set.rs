//! `strata set`: images, replicas and variables of overlays, edited in place.

use std::path::{Path, PathBuf};

use super::args::{EditArguments, SetArguments, SetCommand, SetImageArguments};
use super::edit::draft::Drafts;
use super::edit::env::EnvChange;
use super::edit::image::{ImageChange, Part};
use super::edit::trial::{self, Before, How, Trial};
use super::edit::{self, Files, running};
use super::{Context, Done, Ended};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::image::{self, ImageRef};
use crate::pipeline::WrittenOverlay;

/// What is to be set.
enum Wanted {
    Images(Vec<ImageChange>),
    Replicas(Vec<(String, u32)>),
    Env(Vec<EnvChange>),
}

pub(super) fn run(arguments: &SetArguments, context: &mut Context) -> Ended {
    let (wanted, paths, how) = match &arguments.what {
        SetCommand::Image(arguments) => {
            let (images, paths) = images(arguments)?;
            (Wanted::Images(images), paths, arguments.how)
        }
        SetCommand::Replicas(arguments) => {
            let (pairs, paths) = pairs(&arguments.arguments, "NAME=N")?;
            (Wanted::Replicas(pairs.into_iter().map(number).collect::<Result<_>>()?), paths, arguments.how)
        }
        SetCommand::Env(arguments) => {
            let (pairs, paths) = pairs(&arguments.arguments, "NAME=VALUE")?;
            (Wanted::Env(pairs.into_iter().map(variable).collect::<Result<_>>()?), paths, arguments.how)
        }
    };
    set(&wanted, &paths, how, context)
}

fn set(wanted: &Wanted, paths: &[PathBuf], how: EditArguments, context: &mut Context) -> Ended {
    let cwd = context.env.cwd.clone();
    let entries = trial::entries(paths, &cwd)?;
    let before = Before::of(entries.clone(), &cwd)?;
    trial::without_links(&before.written, &entries, &cwd)?;
    let mut said = before.written.diagnostics.clone();
    let mut drafts = Drafts::default();
    if !said.has_errors() {
        for overlay in meant(&before, wanted, &entries, &cwd, &mut said) {
            let rendered = before.rendered(overlay);
            let sources = &before.written.sources;
            let mut files = Files { overlay, sources, drafts: &mut drafts, rendered };
            if let Err(error) = edit(&mut files, wanted, how.shared, &mut said) {
                said.push(Diagnostic::from(error).subject(overlay.name.clone()));
            }
        }
    }
    let how = How { dry_run: how.dry_run, format: how.format };
    if said.has_errors() {
        return refuse(&said, &before, how, context);
    }
    Trial::new(&before, drafts, entries, context)?.finish(&before, said, ("", &Nothing {}), how, context)
}

#[derive(serde::Serialize)]
struct Nothing {}

/// Shows why nothing was edited.
fn refuse(said: &Diagnostics, before: &Before, how: How, context: &mut Context) -> Ended {
    context.show(said, &before.written.sources, how.format);
    if how.format == super::args::MessageFormat::Text {
        context.say("nothing was written\n");
    }
    Ok(Done::Errors)
}

/// The overlays to edit. One that takes what is set from another one of them, and that was found in
/// a folder and has nothing of what is set, is left alone.
fn meant<'b>(
    before: &'b Before,
    wanted: &Wanted,
    entries: &[PathBuf],
    cwd: &Path,
    said: &mut Diagnostics,
) -> Vec<&'b WrittenOverlay> {
    let overlays = &before.written.overlays;
    let own = |overlay: &WrittenOverlay| overlay.layers.last().map(|file| file.canonical.clone());
    let Wanted::Images(images) = wanted else { return overlays.iter().collect() };
    let mut meant = Vec::new();
    let mut drafts = Drafts::default();
    let mut unknown = Vec::new();
    for overlay in overlays {
        let sources = &before.written.sources;
        let files = Files { overlay, sources, drafts: &mut drafts, rendered: before.rendered(overlay) };
        let missing: Vec<&ImageChange> = images.iter().filter(|change| !runs(&files, &change.name)).collect();
        if let Some(missing) = missing.first() {
            let is_named = entries.iter().any(|entry| is_same(&cwd.join(entry), overlay));
            unknown.push((is_named, unknown_image(&files, &missing.name)));
            continue;
        }
        let (_, below) = overlay.layers.split_last().unzip();
        let takes = |file: &crate::pipeline::WrittenFile| {
            overlays.iter().any(|other| own(other).as_ref() == Some(&file.canonical) && other.name != overlay.name)
        };
        let inherits = below.unwrap_or_default().iter().any(takes);
        if !inherits || images.iter().any(|change| edit::image::is_set(&files, &change.name)) {
            meant.push(overlay);
        }
    }
    let none = meant.is_empty();
    unknown.into_iter().filter(|(is_named, _)| *is_named || none).for_each(|(_, diagnostic)| said.push(diagnostic));
    meant
}

/// Whether an argument names the overlay itself, and not a folder above it.
fn is_same(entry: &Path, overlay: &WrittenOverlay) -> bool {
    let Some(own) = overlay.layers.last().map(|file| file.canonical.as_path()) else { return false };
    entry.canonicalize().is_ok_and(|entry| entry == own || Some(entry.as_path()) == own.parent())
}

/// Whether the overlay runs the image. Of what cannot be built now, the build with the edit says it.
fn runs(files: &Files<'_>, name: &str) -> bool {
    let Some(rendered) = files.rendered else { return true };
    running::images(rendered).iter().any(|image| image.is(name)) || edit::image::is_set(files, name)
}

fn unknown_image(files: &Files<'_>, name: &str) -> Diagnostic {
    let images = files.rendered.map(running::images).unwrap_or_default();
    let mut names: Vec<&str> = images.iter().map(|image| image.first_name()).collect();
    names.sort_unstable();
    names.dedup();
    let base = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    // Most often the registry or folders are left out.
    let bases: Vec<String> = names.iter().map(|known| base(known)).collect();
    let near = crate::diagnostic::near_miss(&base(name), bases.iter().map(String::as_str));
    let near = near.and_then(|near| names.iter().find(|known| base(known) == near));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => edit::known(name, &names),
    };
    Diagnostic::error("unknown-image", format!("`{}` runs no image `{name}`", files.name())).help(help)
}

fn edit(files: &mut Files<'_>, wanted: &Wanted, shared: bool, said: &mut Diagnostics) -> Result<()> {
    match wanted {
        Wanted::Images(images) => images.iter().try_for_each(|change| edit::image::set(files, change, shared)),
        Wanted::Replicas(pairs) => {
            pairs.iter().try_for_each(|(name, count)| edit::replicas::set(files, name, *count, shared))
        }
        Wanted::Env(variables) => variables.iter().try_for_each(|change| {
            let near = edit::env::set(files, change, shared)?;
            if let Some(near) = near {
                let message = format!("no layer of `{}` sets `{}` yet: it is new", files.name(), change.name);
                said.push(Diagnostic::warning("new-variable", message).help(format!("did you mean `{near}`?")));
            }
            Ok(())
        }),
    }
}

/// The images and the overlays of the arguments.
fn images(arguments: &SetImageArguments) -> Result<(Vec<ImageChange>, Vec<PathBuf>)> {
    let is_image = |index: usize, text: &str| index == 0 || text.contains([':', '=', '@']);
    let (mut images, mut paths) = (Vec::new(), Vec::new());
    for (index, text) in arguments.arguments.iter().enumerate() {
        match is_image(index, text) {
            true => images.push(image(text, arguments.digest.as_deref())?),
            false => paths.push(PathBuf::from(text)),
        }
    }
    if let (Some(_), [_, second, ..]) = (&arguments.digest, images.as_slice()) {
        let message = format!("`--digest` is of one image, and `{}` is a second one", second.name);
        return Err(Error::new("several-images", message).help("write NAME:TAG@DIGEST for each of them"));
    }
    Ok((images, paths))
}

/// `NAME[=NEWNAME][:TAG][@DIGEST]`, as `kustomize edit set image` takes it.
fn image(text: &str, digest: Option<&str>) -> Result<ImageChange> {
    let (name, rest) = text.split_once('=').map_or((None, text), |(name, rest)| (Some(name), rest));
    let parts = ImageRef::split(rest);
    let says_version = parts.tag.is_some() || parts.digest.is_some();
    if name.is_none() && !says_version && digest.is_none() {
        return Err(invalid(text, "it says no tag, digest or new name".to_owned()));
    }
    if digest.is_some() && parts.digest.is_some() {
        return Err(invalid(text, "it has a digest, and `--digest` gives another one".to_owned()));
    }
    let part = |written: Option<&str>, valid: fn(&str) -> std::result::Result<(), String>| match written {
        Some("*") => Ok(Part::Keep),
        Some(written) => valid(written).map(|()| Part::Set(written.to_owned())).map_err(|reason| invalid(text, reason)),
        None if says_version => Ok(Part::Clear),
        None => Ok(Part::Keep),
    };
    let new_name = match name {
        Some(_) if parts.name != "*" => {
            image::name(parts.name).map_err(|reason| invalid(text, reason))?;
            Part::Set(parts.name.to_owned())
        }
        _ => Part::Keep,
    };
    let name = name.unwrap_or(parts.name);
    image::name(name).map_err(|reason| invalid(text, reason))?;
    let digest = digest.or(parts.digest);
    Ok(ImageChange {
        name: name.to_owned(),
        new_name,
        tag: part(parts.tag, image::tag)?,
        digest: part(digest, image::digest)?,
    })
}

fn invalid(text: &str, reason: String) -> Error {
    Error::new("invalid-image", format!("`{text}` does not say what becomes of an image: {reason}"))
        .help("write NAME:TAG, NAME@DIGEST, NAME:TAG@DIGEST, NAME=NEWNAME or NAME=NEWNAME:TAG; overlays come after it")
}

type Pair = (String, String);

/// The arguments with `=`, as pairs, and the overlays.
fn pairs(arguments: &[String], form: &str) -> Result<(Vec<Pair>, Vec<PathBuf>)> {
    let (mut pairs, mut paths) = (Vec::new(), Vec::new());
    for text in arguments {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => pairs.push((name.to_owned(), value.to_owned())),
            Some(_) => {
                return Err(Error::new("invalid-argument", format!("`{text}` has nothing before `=`"))
                    .help(format!("write {form}")));
            }
            None => paths.push(PathBuf::from(text)),
        }
    }
    match pairs.is_empty() {
        true => Err(Error::new("invalid-argument", "nothing is set").help(format!("write {form}, then the overlays"))),
        false => Ok((pairs, paths)),
    }
}

fn number((name, value): Pair) -> Result<(String, u32)> {
    match value.parse::<u32>().ok().filter(|count| i32::try_from(*count).is_ok()) {
        Some(count) => Ok((name, count)),
        None => Err(Error::new("invalid-argument", format!("`{value}` is no number of pods"))
            .help(format!("write {name}=N, a whole number from 0 on"))),
    }
}

fn variable((name, value): Pair) -> Result<EnvChange> {
    let (of, name) = match name.rsplit_once('/') {
        Some((of, name)) => (Some(of.to_owned()), name.to_owned()),
        None => (None, name),
    };
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let message = format!("`{name}` is no name of a variable");
        return Err(Error::new("invalid-argument", message).help("write NAME=VALUE or WORKLOAD/NAME=VALUE"));
    }
    Ok(EnvChange { of, name, value })
}
