//! The definitions of custom resources that strata.yaml names.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kubernetes::CustomKinds;
use crate::project::{Project, Role};
use crate::tree::Node;

/// What the files under `crds` define; one that defines nothing is an error.
pub(super) fn custom(project: &Project, diagnostics: &mut Diagnostics) -> CustomKinds {
    let mut kinds = CustomKinds::default();
    let links = project.settings.into_iter().flat_map(|settings| project.links(settings));
    for link in links.filter(|link| link.reference.role == Role::Definitions) {
        // What cannot be read has been reported.
        let is_broken = link.files.iter().any(|file| project.get(*file).root().is_none());
        let mut defines = link.files.is_empty() || is_broken;
        for document in link.files.iter().flat_map(|file| project.get(*file).documents()) {
            let is_list = document.get("kind").and_then(Node::as_str) == Some("List");
            let items = document.get("items").filter(|_| is_list);
            for one in items.map_or(std::slice::from_ref(document), |items| items.as_seq().map_or(&[], |all| all)) {
                defines |= kinds.add(one);
            }
        }
        if !defines {
            let message = format!("`{}` defines no custom resource", link.reference.text);
            let help = "name files with a CustomResourceDefinition of apiextensions.k8s.io/v1";
            diagnostics.push(Diagnostic::error("wrong-kind", message).at(link.reference.origin).help(help));
        }
    }
    kinds
}
