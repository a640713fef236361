//! The registries that a project allows: every image of the final manifests is in one of them.

use super::Build;
use super::needs::containers;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::image::{self, ImageRef};
use crate::tree::{Node, Text};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(allowed) = &build.policy.registries else { return };
    for resource in build.resources {
        let Some(spec) = resource.pod_template().and_then(|template| template.get("spec")) else { continue };
        for node in images(spec) {
            let Some(text) = node.as_str() else { continue };
            let name = ImageRef::split(text).name;
            if allowed.iter().any(|folder| image::below(name, folder).is_some()) {
                continue;
            }
            let message =
                format!("`{}` runs `{text}`, which is in none of the registries of the project", resource.id());
            let mut diagnostic = Diagnostic::error("registry-not-allowed", message)
                .about(resource.id())
                .at(build.at(resource, node))
                .help(help(allowed));
            if let Some(first) = allowed.first() {
                diagnostic = diagnostic.related(first.origin, "the registries");
            }
            diagnostics.push(diagnostic);
        }
    }
}

/// The images of all containers, and of the volumes that are images.
fn images(spec: &Node) -> impl Iterator<Item = &Node> {
    let volumes = spec.get("volumes").into_iter().flat_map(Node::items);
    let volumes = volumes.filter_map(|volume| volume.at(&["image", "reference"]));
    containers(spec).filter_map(|container| container.get("image")).chain(volumes)
}

fn help(allowed: &[Text]) -> String {
    match allowed {
        [] => "strata.yaml allows none under `registries`".to_owned(),
        allowed => {
            let allowed: Vec<String> = allowed.iter().map(|folder| format!("`{folder}`")).collect();
            format!(
                "take the image from {}, under `images` of the overlay or by `mirrors` of the environment, or add its registry to strata.yaml",
                allowed.join(" or ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::check::Policy;

    #[test]
    fn every_container_and_image_volume_is_looked_at_whatever_made_it() {
        let yaml = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers: [{name: i, image: busybox:1.36}]
          containers: [{name: a, image: ghcr.io/acme/a:v1}, {name: b, image: ghcr.io/acmes/b:v1}]
          volumes: [{name: v, image: {reference: quay.io/x/data:v1}}]
";
        let found = |allowed: &[&str]| {
            let policy =
                Policy { registries: Some(allowed.iter().map(|one| text(one)).collect()), ..Policy::default() };
            findings(check, &Case { yaml, policy, ..Case::default() })
        };
        let said = found(&["ghcr.io/acme"]);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(
            said[0].starts_with("registry-not-allowed [busybox:1.36}]] `CronJob/c` runs `busybox:1.36`"),
            "{said:?}"
        );
        assert!(said[1].contains("[ghcr.io/acmes/b:v1}]]") && said[2].contains("[quay.io/x/data:v1}}]]"), "{said:?}");
        assert_eq!(found(&["ghcr.io", "docker.io/library", "quay.io/x"]), [""; 0]);
        assert_eq!(found(&[]).len(), 4);
    }
}
