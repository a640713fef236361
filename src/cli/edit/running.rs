//! The images that an overlay runs, and what they were called on the way there.

use ecow::EcoString;

use crate::image::ImageRef;
use crate::origin::{Cause, Origin};
use crate::pipeline::Rendered;
use crate::tree::{Node, Value};

/// An image in the manifests of an overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What the overlay says, before the environment's mirrors take the place of registries.
    pub text: EcoString,
    /// Its names, without tag and digest: the one in the manifests, those that layers gave it, and
    /// at last the one that a mirror gives it.
    pub names: Vec<EcoString>,
    /// Where the version is written; `None` where no file says it, but a rule.
    pub place: Option<Origin>,
}

impl Running {
    /// Whether this is the image `name`, by any of its names.
    pub fn is(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The name in the manifests, before any layer gave it another.
    pub fn first_name(&self) -> &str {
        self.names.first().map_or("", EcoString::as_str)
    }
}

/// The images of all containers and image volumes, each text once, in the order of the manifests.
pub fn images(build: &Rendered) -> Vec<Running> {
    let mut found: Vec<Running> = Vec::new();
    for resource in build.resources.iter().filter(|resource| resource.kind() != "CustomResourceDefinition") {
        visit(&resource.root, &mut |node| {
            if let Some(image) = running(build, node)
                && !found.contains(&image)
            {
                found.push(image);
            }
        });
    }
    found
}

/// Calls `with` for each image below `node`.
fn visit<'n>(node: &'n Node, with: &mut impl FnMut(&'n Node)) {
    match node.value() {
        Value::Map(map) => {
            for entry in map {
                let field = match entry.key.as_str() {
                    "containers" | "initContainers" | "ephemeralContainers" => &["image"][..],
                    "volumes" => &["image", "reference"],
                    _ => &[],
                };
                if !field.is_empty() {
                    entry.node.items().filter_map(|item| item.at(field)).for_each(&mut *with);
                }
                visit(&entry.node, with);
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| visit(item, with)),
        _ => {}
    }
}

fn running(build: &Rendered, node: &Node) -> Option<Running> {
    let text: EcoString = node.as_str()?.into();
    let name = |text: &str| EcoString::from(ImageRef::split(text).name);
    let (mut current, mut names) = (text, Vec::new());
    let mut place = build.origins.settle(node.origin());
    let mut origin = node.origin();
    names.push(name(&current));
    // Newest first: each step of the transform keeps what it replaced.
    while let Some(step) = build.origins.get(origin).filter(|step| step.cause == Cause::Transform("images")) {
        let (Some(replaced), Some(old)) = (step.replaced, step.old.as_ref().and_then(Node::as_str)) else { break };
        names.push(name(old));
        if names.len() == 2 && is_mirror(build, step.at) {
            (current, place) = (old.into(), build.origins.settle(replaced));
        }
        origin = replaced;
    }
    names.reverse();
    names.dedup();
    let place = place.filter(|place| is_said(build, *place, &current));
    Some(Running { text: current, names, place })
}

/// Whether a part of the image, or a value that stands for it, is what is written at `place`: what a
/// rule makes leads to the field that asks for it.
fn is_said(build: &Rendered, place: Origin, text: &str) -> bool {
    let image = ImageRef::split(text);
    let written = place.position().and_then(|position| build.sources.text_from(position)).unwrap_or_default();
    let written = written.trim_start_matches(['"', '\'']);
    let parts = [Some(image.name), image.tag, image.digest, Some("${{")];
    parts.into_iter().flatten().any(|part| !part.is_empty() && written.starts_with(part))
}

/// Whether a step is the work of the environment's `mirrors`: only they are written in the settings.
fn is_mirror(build: &Rendered, place: Option<Origin>) -> bool {
    let position = place.and_then(|place| build.origins.place(place));
    let source = position.and_then(|position| build.sources.source(position));
    source.is_some_and(|source| source.canonical.ends_with("strata.yaml"))
}
