//! The tag policy of the environment, on the containers that run the application's own images.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::image::{self, ImageRef};
use crate::model::project::{TagPolicy, Tags};
use crate::resource::Resource;
use crate::tree::{Node, Spanned};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let (Some(app), Some(policy)) = (build.app, &build.policy.tags) else { return };
    for (kind, workload, container) in &app.contract.main_containers {
        for index in build.resources.find_by_any_name(kind, workload) {
            let resource = build.resources.get(*index);
            for node in images(resource, container) {
                let Some(text) = node.as_str() else { continue };
                let image = ImageRef::split(text);
                let policy = of(policy, image.name);
                let Err(reason) = allowed(policy.value, &image) else { continue };
                let word = word(policy.value);
                let message = format!("`{}` runs `{text}`, but the policy `{word}` asks for {reason}", resource.id());
                diagnostics.push(
                    Diagnostic::error("tag-policy", message).about(resource.id())
                        .at(build.at(resource, node))
                        .related(policy.origin, "the tag policy")
                        .help("set the image under `images:` of the overlay; one that somebody else releases has a policy of its own under `except` of `tags`"),
                );
            }
        }
    }
}

/// The policy for the tags of the image `name`.
pub(super) fn of(tags: &Tags, name: &str) -> Spanned<TagPolicy> {
    match tags {
        Tags::Policy(policy) => *policy,
        Tags::Policies(policies) => {
            let excepted = policies.except.iter().filter(|(entry, _)| image::within(name, entry));
            excepted.max_by_key(|(entry, _)| entry.len()).map_or(policies.default, |(_, policy)| *policy)
        }
    }
}

/// The image of the container `main`; where a patch renamed it, those of all containers.
fn images<'a>(resource: &'a Resource, main: &str) -> Vec<&'a Node> {
    let containers = resource.pod_template().and_then(|template| template.at(&["spec", "containers"]));
    let containers = || containers.into_iter().flat_map(Node::items);
    let is_main = |container: &&Node| container.get("name").and_then(Node::as_str) == Some(main);
    match containers().find(is_main) {
        Some(container) => container.get("image").into_iter().collect(),
        None => containers().filter_map(|container| container.get("image")).collect(),
    }
}

/// Whether the policy allows a reference; the reason says what it asks for.
fn allowed(policy: TagPolicy, image: &ImageRef<'_>) -> Result<(), &'static str> {
    let tag = image.tag.unwrap_or_default();
    let (fits, reason) = match policy {
        TagPolicy::Any => (true, ""),
        TagPolicy::Semver => {
            let version = tag.strip_prefix('v').unwrap_or(tag);
            (semver::Version::parse(version).is_ok(), "a version such as `v1.2.3` as the tag")
        }
        TagPolicy::Sha => (is_sha(tag), "`sha-` and a commit (7 to 40 hexadecimal digits) as the tag"),
        TagPolicy::Digest => {
            (image.digest.is_some_and(|digest| image::digest(digest).is_ok()), "a digest, `@sha256:...`")
        }
    };
    if fits { Ok(()) } else { Err(reason) }
}

/// `sha-<sha>`, or `sha-<number of the run>-<sha>`.
fn is_sha(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix("sha-") else { return false };
    let is_run = |run: &str| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
    let sha = match rest.split_once('-') {
        Some((run, sha)) if is_run(run) => sha,
        _ => rest,
    };
    (7..=40).contains(&sha.len()) && sha.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn word(policy: TagPolicy) -> &'static str {
    match policy {
        TagPolicy::Any => "any",
        TagPolicy::Semver => "semver",
        TagPolicy::Sha => "sha",
        TagPolicy::Digest => "digest",
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{CONTRACT, Case, findings};
    use super::*;
    use crate::app::Contract;
    use crate::check::Policy;
    use crate::model::project::TagPolicies;
    use crate::origin::Origin;
    use crate::tree::{Keyed, Text};

    fn found(policy: TagPolicy, image: &str, container: &str) -> Vec<String> {
        found_by(Tags::Policy(Spanned::new(policy, Origin::source(CONTRACT))), image, container)
    }

    fn found_by(tags: Tags, image: &str, container: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{template: {{spec: {{containers: [\
             {{image: 'proxy:latest', name: proxy}}, {{name: {container}, image: '{image}'}}]}}}}}}}}"
        );
        let main_containers = vec![("Deployment", "a".into(), "main".into())];
        let contract = Contract { main_containers, ..Contract::default() };
        let policy = Policy { tags: Some(tags), ..Policy::default() };
        findings(check, &Case { yaml: &yaml, contract, policy })
    }

    #[test]
    fn each_policy_has_its_tags() {
        use TagPolicy::{Any, Digest, Semver, Sha};
        let digest = format!("x@sha256:{}", "a".repeat(64));
        let both = format!("x:1@sha256:{}", "a".repeat(64));
        for (policy, good, bad) in [
            (Any, vec!["x", "x:latest"], vec![]),
            (Semver, vec!["x:v1.2.3", "r:5000/x:1.2.3-rc.1"], vec!["x", "x:latest", "x:1.2", "x:vv1.2.3", &digest]),
            (
                Sha,
                vec!["x:sha-abcdef0", "x:sha-12-abcdef0123"],
                vec!["x", "x:sha-abc", "x:sha-ABCDEF0", "x:abcdef0", "x:sha--abcdef0"],
            ),
            (Digest, vec![digest.as_str(), both.as_str()], vec!["x", "x:1.2.3", "x@sha256:ab"]),
        ] {
            for image in good {
                assert!(found(policy, image, "main").is_empty(), "{image}");
            }
            for image in bad {
                let found = found(policy, image, "main");
                assert!(found[0].starts_with(&format!("tag-policy ['{image}'}}]")), "{found:?}");
            }
        }
    }

    #[test]
    fn an_image_of_somebody_else_may_have_a_policy_of_its_own() {
        let spanned = |policy| Spanned::new(policy, Origin::source(CONTRACT));
        let entry = |name: &str, policy| (Text::new(name, Origin::source(CONTRACT)), spanned(policy));
        let tags = || {
            Tags::Policies(TagPolicies {
                default: spanned(TagPolicy::Sha),
                except: Keyed(vec![
                    entry("quay.io/prom", TagPolicy::Semver),
                    entry("quay.io/prom/odd", TagPolicy::Any),
                    entry("docker.io/library/postgres", TagPolicy::Any),
                ]),
            })
        };
        for image in
            ["quay.io/prom/exporter:v0.17.1", "quay.io/prom/odd:latest", "postgres:17", "ghcr.io/a/x:sha-abcdef0"]
        {
            assert!(found_by(tags(), image, "main").is_empty(), "{image}");
        }
        for image in
            ["quay.io/prom/exporter:main", "quay.io/prometheus/x:v1.0.0", "a/postgres:17", "ghcr.io/a/x:v1.0.0"]
        {
            assert_eq!(found_by(tags(), image, "main").len(), 1, "{image}");
        }
    }

    #[test]
    fn renaming_the_container_is_no_way_out() {
        assert_eq!(found(TagPolicy::Semver, "x:latest", "renamed").len(), 2);
    }
}
