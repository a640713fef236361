//! Where images come from.

use super::{Case, Effect, Found, Rule, container, containers, text};
use crate::image::ImageRef;

pub(super) const RULE: Rule = Rule {
    name: "registry",
    effect: Effect::Security,
    text: "an image comes from a registry that the container's image did not come from, and nothing else here did",
    source: "https://kubernetes.io/docs/concepts/containers/images/#image-names",
    find,
};

fn find(case: &Case, found: &mut Found) {
    let (Some(old), Some(new)) = case.pods() else { return };
    for (name, after) in containers(Some(new)) {
        let now = of(text(after, &["image"]));
        let before = container(Some(old), name).map(|before| of(text(before, &["image"])));
        if before.as_ref() != Some(&now) && !case.world.knows_registry(&now) {
            found.push(format!("the image of `{name}` comes from `{now}`"), Some(format!("containers[{name}].image")));
        }
    }
}

/// The registry of an image; a name without one is on Docker Hub.
pub(super) fn of(image: &str) -> String {
    let name = ImageRef::split(image).name;
    let first = name.split_once('/').map(|(first, _)| first);
    let host = first.filter(|first| first.contains(['.', ':']) || *first == "localhost");
    host.unwrap_or("docker.io").to_owned()
}
