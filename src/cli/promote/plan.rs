//! Which images go where, and what of that cannot be proven.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::edit::running::{Running, images};
use super::super::edit::trial::Before;
use super::inherits;
use super::sides::Side;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::image::ImageRef;
use crate::pipeline::{Rendered, WrittenOverlay};
use crate::project::Kind;

/// One image of one overlay that gets another version.
#[derive(Clone, Debug, Serialize)]
pub struct Promotion {
    pub app: String,
    /// The name in the manifests.
    pub image: String,
    /// The overlay that gets it.
    pub overlay: String,
    /// What the source runs.
    pub source: Version,
    /// What the target runs now.
    pub before: Version,
    /// What the target will run.
    pub after: Version,
    /// Whether the target is known to run the bytes that the source runs.
    pub proven: bool,
}

/// An image as it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    pub name: String,
    pub tag: Option<String>,
    pub digest: Option<String>,
}

impl Version {
    fn of(text: &str) -> Self {
        let image = ImageRef::split(text);
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Self { name: image.name.to_owned(), tag: owned(image.tag), digest: owned(image.digest) }
    }

    fn is_same_version(&self, other: &Self) -> bool {
        (&self.tag, &self.digest) == (&other.tag, &other.digest)
    }
}

/// The images of one overlay or more, by their names in the manifests.
type Found<'a> = BTreeMap<String, Vec<(&'a WrittenOverlay, Running)>>;

/// Compares the two sides of each application.
pub fn plan(sides: &[Side<'_>], before: &Before, tag: Option<&str>, said: &mut Diagnostics) -> Vec<Promotion> {
    let mut promotions = Vec::new();
    for side in sides {
        let (from, to) = (found(&side.from, before), found(&side.to, before));
        for (name, runs) in &from {
            let Some(source) = one(name, runs, said) else { continue };
            match to.get(name) {
                Some(targets) => {
                    let wanted = Wanted { app: &side.app, name, source, runs, tag };
                    promotions.extend(wanted.promote(side, targets, before, said));
                }
                None if is_written(runs, before) => said.push(missing(name, &side.app, &side.from, &side.to)),
                None => {}
            }
        }
        for (name, _) in to.iter().filter(|(name, runs)| !from.contains_key(*name) && is_written(runs, before)) {
            said.push(missing(name, &side.app, &side.to, &side.from));
        }
    }
    promotions
}

fn found<'a>(overlays: &[&'a WrittenOverlay], before: &Before) -> Found<'a> {
    let mut found = Found::new();
    for overlay in overlays {
        for image in before.rendered(overlay).map(images).unwrap_or_default() {
            found.entry(image.first_name().to_owned()).or_default().push((*overlay, image));
        }
    }
    found
}

/// The one version that all of them run; two of them are an error.
fn one(name: &str, runs: &[(&WrittenOverlay, Running)], said: &mut Diagnostics) -> Option<Version> {
    let (overlay, first) = runs.first()?;
    let version = Version::of(&first.text);
    let other = runs.iter().find(|(_, run)| !Version::of(&run.text).is_same_version(&version));
    let Some((other_overlay, other)) = other else { return Some(version) };
    let message = format!(
        "`{name}` runs as `{}` in `{}` and as `{}` in `{}`",
        first.text, overlay.name, other.text, other_overlay.name
    );
    let mut diagnostic = Diagnostic::error("conflicting-versions", message)
        .help("say what is meant with `strata set image`, for nothing tells which of them");
    if let Some(place) = first.place {
        diagnostic = diagnostic.at(place);
    }
    if let Some(place) = other.place {
        diagnostic = diagnostic.related(place, "the other version");
    }
    said.push(diagnostic);
    None
}

/// One image of the source, and the tag that it gets.
struct Wanted<'a> {
    app: &'a str,
    name: &'a str,
    source: Version,
    runs: &'a [(&'a WrittenOverlay, Running)],
    tag: Option<&'a str>,
}

impl Wanted<'_> {
    fn promote(
        &self,
        side: &Side<'_>,
        targets: &[(&WrittenOverlay, Running)],
        before: &Before,
        said: &mut Diagnostics,
    ) -> Vec<Promotion> {
        // What the application alone says, or a rule, is the same everywhere and no release.
        if !is_release(self.runs, before) && !is_release(targets, before) {
            return Vec::new();
        }
        let mut promotions: Vec<Promotion> = Vec::new();
        for overlay in &side.to {
            let own: Vec<_> = targets.iter().filter(|(other, _)| other.name == overlay.name).cloned().collect();
            let Some(current) = own.first().map(|(_, run)| Version::of(&run.text)) else { continue };
            let Some(current) = one(self.name, &own, said).map(|_| current) else { continue };
            if inherits(overlay, &side.to, before, self.name) {
                continue;
            }
            let tag = self.tag.map(str::to_owned).or_else(|| self.source.tag.clone());
            let after = Version { name: current.name.clone(), tag, digest: self.source.digest.clone() };
            if after.is_same_version(&current) {
                continue;
            }
            if after.tag.is_none() && after.digest.is_none() {
                said.push(self.no_version(overlay));
                continue;
            }
            let proven = self.prove(&after, overlay, said);
            let (app, image) = (self.app.to_owned(), self.name.to_owned());
            let (source, overlay) = (self.source.clone(), overlay.name.clone());
            promotions.push(Promotion { app, image, overlay, source, before: current, after, proven });
        }
        promotions
    }

    fn no_version(&self, overlay: &WrittenOverlay) -> Diagnostic {
        let message =
            format!("`{}` has neither tag nor digest, so there is nothing to give `{}`", self.name, overlay.name);
        let diagnostic =
            Diagnostic::error("no-version", message).help("write `--tag`, or set a tag in the source first");
        match self.runs.first().and_then(|(_, run)| run.place) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        }
    }

    /// Says what is not known of an image that is carried.
    fn prove(&self, after: &Version, overlay: &WrittenOverlay, said: &mut Diagnostics) -> bool {
        let source = &self.source;
        let from = self.runs.first().map_or("", |(overlay, _)| overlay.name.as_str());
        let shown = |tag: &Option<String>| tag.as_ref().map_or("no tag".to_owned(), |tag| format!("`{tag}`"));
        let doubt = match () {
            () if source.digest.is_none() && after.tag != source.tag => format!(
                "nothing proves that {} of `{}` is what {} is in `{from}`: no digest is written there",
                shown(&after.tag),
                after.name,
                shown(&source.tag)
            ),
            () if source.digest.is_none() => format!(
                "`{}` is carried by its tag {} alone: nothing proves that it still means the same image",
                after.name,
                shown(&after.tag)
            ),
            () if source.name != after.name => format!(
                "`{}` runs `{}`, and `{from}` runs `{}`: nothing proves that the digest is there as well",
                overlay.name, after.name, source.name
            ),
            () => return true,
        };
        let diagnostic = Diagnostic::warning("unproven-image", doubt)
            .help("write the digest with `strata set image --digest` where the image is built");
        said.push(match self.runs.first().and_then(|(_, run)| run.place) {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        });
        false
    }
}

/// Whether an overlay says the version, and not the application or a rule.
fn is_release(runs: &[(&WrittenOverlay, Running)], before: &Before) -> bool {
    let says = |(overlay, run): &(&WrittenOverlay, Running)| {
        let Some(build) = before.rendered(overlay) else { return false };
        let kind = file(build, run).and_then(|file| {
            let layer = overlay.layers.iter().find(|layer| layer.canonical == file)?;
            Some(layer.kind)
        });
        matches!(kind, Some(Kind::Overlay | Kind::Component | Kind::Kustomization))
    };
    runs.iter().any(says)
}

/// Whether a file of the layers says the image at all, and not a rule.
fn is_written(runs: &[(&WrittenOverlay, Running)], before: &Before) -> bool {
    let says = |(overlay, run): &(&WrittenOverlay, Running)| {
        let file = before.rendered(overlay).and_then(|build| file(build, run));
        file.is_some_and(|file| overlay.layers.iter().any(|layer| layer.canonical == file))
    };
    runs.iter().any(says)
}

/// The file in which the version is written.
fn file<'b>(build: &'b Rendered, run: &Running) -> Option<&'b std::path::Path> {
    let source = build.sources.source(run.place?.position()?)?;
    Some(&source.canonical)
}

fn missing(name: &str, app: &str, has: &[&WrittenOverlay], lacks: &[&WrittenOverlay]) -> Diagnostic {
    let names = |overlays: &[&WrittenOverlay]| -> String {
        let names: Vec<String> = overlays.iter().map(|overlay| format!("`{}`", overlay.name)).collect();
        names.join(", ")
    };
    let message = format!("{} runs `{name}` of `{app}`, and {} does not", names(has), names(lacks));
    Diagnostic::note("one-side-only", message)
}
