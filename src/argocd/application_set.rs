//! One ApplicationSet for many overlays, as a tree. What it makes of an overlay is the Application
//! that [`Overlay::application`] is.

use ecow::EcoVec;

use super::application::{API, Overlay, below, joined, list, namespace_of};
use crate::object;
use crate::tree::Node;

/// Where an ApplicationSet has its Applications from.
#[derive(Clone, Copy, Debug)]
pub enum Generator<'a> {
    /// A list in the ApplicationSet itself.
    List,
    /// Files in git, each with one [`member`]. The paths below the project's root, which may hold `*`.
    Files(&'a str),
}

/// One ApplicationSet that makes the Applications of `overlays`, which are all of one AppProject.
pub fn application_set(name: &str, overlays: &[&Overlay], generator: Generator) -> Option<Node> {
    let first = overlays.first()?;
    let origin = first.origin;
    let spec = object! {
        origin;
        "destination": object! { origin; "namespace": "default" },
        "project": first.project(),
    };
    let template = object! { origin; "metadata": object! { origin; "name": "{{ .name }}" }, "spec": spec };
    let generator = match generator {
        Generator::List => {
            let elements: EcoVec<Node> = overlays.iter().map(|one| member(one)).collect();
            object! { origin; "list": object! { origin; "elements": Node::new(elements, origin) } }
        }
        Generator::Files(paths) => object! { origin; "git": files(overlays, first, paths) },
    };
    let spec = object! {
        origin;
        "generators": Node::new(EcoVec::from([generator]), origin),
        "goTemplate": true,
        "goTemplateOptions": list(["missingkey=error"], origin),
        // Without it the controller gives each Application a finalizer; those that are wanted are written.
        "syncPolicy": object! { origin; "preserveResourcesOnDeletion": true },
        "template": template,
        // The AppProject is that of the template, whatever a file says.
        "templatePatch": "{{ toJson (set .patch \"spec\" (omit .patch.spec \"project\")) }}",
    };
    let metadata = object! { origin; "name": name, "namespace": namespace_of(first.settings) };
    Some(object! { origin; "apiVersion": API, "kind": "ApplicationSet", "metadata": metadata, "spec": spec })
}

/// What an ApplicationSet knows of one Application: its name, and all else as a patch.
pub fn member(overlay: &Overlay) -> Node {
    let origin = overlay.origin;
    let without = |mut node: Node, keys: &[&str]| {
        if let Some(map) = node.as_map_mut() {
            keys.iter().for_each(|key| drop(map.remove(key)));
        }
        node
    };
    let metadata = without(overlay.metadata(), &["name", "namespace"]);
    let metadata = metadata.as_map().is_some_and(|map| !map.is_empty()).then_some(metadata);
    let patch = object! { origin; "metadata"?: metadata, "spec": without(overlay.spec(), &["project"]) };
    object! { origin; "name": overlay.name.as_str(), "patch": patch }
}

/// The generator that reads files of the project's repository, at the revision of all overlays.
fn files(overlays: &[&Overlay], first: &Overlay, paths: &str) -> Node {
    let origin = first.origin;
    let same = overlays.iter().all(|one| one.revision() == first.revision());
    let path = joined(&below("", first.settings.path.as_ref()), paths);
    let files = EcoVec::from([object! { origin; "path": path.as_str() }]);
    object! {
        origin;
        "files": Node::new(files, origin),
        "repoURL": first.repository.as_str(),
        "revision": if same { first.revision() } else { "HEAD" },
    }
}
