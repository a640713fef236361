//! Tags that move: the manifest stays the same while the image behind it changes, so nothing rolls
//! out, and two pods of one workload may run different programs.

use std::collections::HashSet;

use super::{Build, tags};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::image::ImageRef;
use crate::model::project::TagPolicy;
use crate::origin::Origin;
use crate::tree::Node;

/// Tags that are set anew with each build of a branch or for each environment.
const MOVING: [&str; 28] = [
    "alpha",
    "beta",
    "canary",
    "current",
    "dev",
    "develop",
    "development",
    "edge",
    "head",
    "latest",
    "live",
    "lts",
    "main",
    "master",
    "next",
    "nightly",
    "preview",
    "prod",
    "production",
    "qa",
    "release",
    "rolling",
    "stable",
    "stage",
    "staging",
    "test",
    "trunk",
    "uat",
];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if !build.policy.local && build.app.is_some() {
        every_image(build, diagnostics);
    }
}

/// The images of a build that no typed application is part of.
pub(super) fn without_app(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if !build.policy.local && build.app.is_none() {
        every_image(build, diagnostics);
    }
}

fn every_image(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    // The environment's policy says more of the application's own images, and as an error.
    let strict = |name| build.policy.tags.as_ref().is_some_and(|tags| tags::of(tags, name).value != TagPolicy::Any);
    let main = build.app.into_iter().flat_map(|app| &app.contract.main_containers);
    let main: HashSet<&str> = main.map(|(_, _, container)| container.as_str()).collect();
    // One image that all workloads share is one finding.
    let mut seen: HashSet<(Origin, &str)> = HashSet::new();
    for resource in build.resources {
        let Some(spec) = resource.pod_template().and_then(|template| template.get("spec")) else { continue };
        let lists = ["initContainers", "containers"].into_iter().filter_map(|field| spec.get(field));
        for container in lists.flat_map(Node::items) {
            let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
            let Some(node) = container.get("image") else { continue };
            let Some(text) = node.as_str() else { continue };
            let image = ImageRef::split(text);
            if main.contains(name) && strict(image.name) {
                continue;
            }
            let origin = build.at(resource, node);
            if let Some(says) = moving(&image).filter(|_| seen.insert((origin, text))) {
                let message = format!(
                    "`{text}` {says}: the manifest stays the same when the image changes, so nothing rolls out"
                );
                diagnostics.push(
                    Diagnostic::warning("moving-tag", message)
                        .at(origin)
                        .help("set a tag that is never set again, or a digest, under `images:` of the overlay"),
                );
            }
        }
    }
}

/// What makes a reference move; `None` when it always means one image.
fn moving(image: &ImageRef<'_>) -> Option<String> {
    if image.digest.is_some() {
        return None;
    }
    match image.tag {
        None => Some("has no tag, which means `latest`".to_owned()),
        Some(tag) if MOVING.contains(&tag) || tag.starts_with("latest-") => Some(format!("has the moving tag `{tag}`")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;
    use crate::check::Policy;

    fn found(image: &str, policy: Policy) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{template: {{spec: {{containers: [{{name: main, image: '{image}'}}]}}}}}}}}"
        );
        findings(check, &Case { yaml: &yaml, policy, ..Case::default() })
    }

    #[test]
    fn a_tag_that_moves_is_told_where_it_matters() {
        let digest = format!("x:latest@sha256:{}", "a".repeat(64));
        for image in ["x", "x:latest", "r:5000/x:main", "x:staging", "x:latest-alpine"] {
            let found = found(image, Policy::default());
            assert!(found.len() == 1 && found[0].starts_with(&format!("moving-tag ['{image}'}}]")), "{found:?}");
        }
        for image in ["x:v1.2.3", "x:main-4f2c9d1", "postgres:16", digest.as_str()] {
            assert!(found(image, Policy::default()).is_empty(), "{image}");
        }
        assert!(found("x:latest", Policy { local: true, ..Policy::default() }).is_empty());
    }
}
