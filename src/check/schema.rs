//! Built-in kinds against the definitions of the Kubernetes release that the project names: what
//! an API server drops or refuses, and `kubectl` with it, is said at the place that wrote it.
//!
//! These are warnings, because a cluster may be newer than the definitions.

use std::collections::HashSet;

use super::Build;
use super::sops;
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::kubernetes::{Definitions, Version, Violation, validate};
use crate::origin::Origin;
use crate::resource::Resource;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let definitions = Definitions::of(build.policy.kubernetes.unwrap_or(Version::NEWEST));
    let mut found = Vec::new();
    for resource in build.resources {
        let violations = validate(&resource.root, definitions).unwrap_or_default();
        // Ciphertext stands where the decrypted value will have another type, and the metadata of
        // SOPS is gone by then.
        if violations.is_empty() || sops::ciphertext(resource).is_some() {
            continue;
        }
        let of = format!("checked as a {} of Kubernetes {}", resource.kind(), definitions.version());
        found.extend(violations.iter().map(|violation| warning(build, resource, violation, &of)));
    }
    if found.is_empty() {
        return;
    }
    // What is an error by a rule of its own is not said twice.
    let is_error = |said: &&Diagnostic| said.level == Level::Error;
    let taken: HashSet<Origin> = diagnostics.iter().filter(is_error).filter_map(place).collect();
    found.retain(|warning| place(warning).is_none_or(|place| !taken.contains(&place)));
    found.into_iter().for_each(|warning| diagnostics.push(warning));
}

/// The name of the object is left out, so that a patch of many objects is wrong once.
pub(super) fn warning(build: &Build<'_>, resource: &Resource, violation: &Violation, of: &str) -> Diagnostic {
    let warning = Diagnostic::warning(violation.code(), violation.message())
        .label(build.or_resource(resource, violation.origin), of)
        .about(resource.id());
    match violation.help() {
        Some(help) => warning.help(help),
        None => warning,
    }
}

fn place(diagnostic: &Diagnostic) -> Option<Origin> {
    diagnostic.primary.as_ref().map(|label| label.origin)
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::check::Policy;

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    #[test]
    fn unknown_wrong_and_missing_fields_are_found_at_their_places() {
        let yaml = "\
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  ports: [{port: http}, {name: x}]
  slector: {a: b}
";
        let said = found(yaml);
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said[0].starts_with("wrong-type [http}, {name: x}]] `spec.ports[0].port` must be an integer"));
        assert!(said[1].starts_with("missing-field [{name: x}]] `spec.ports[1].port` is required"), "{said:?}");
        assert_eq!(said[2], "unknown-field [slector: {a: b}] unknown field `spec.slector` (did you mean `selector`?)");
    }

    #[test]
    fn the_release_that_the_project_names_counts() {
        let yaml = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, \
            spec: {ordinals: {start: 1}, selector: {}, serviceName: s, template: {}}}";
        let at = |version: &str| {
            let policy = Policy { kubernetes: version.parse().ok(), ..Policy::default() };
            findings(check, &Case { yaml, policy, ..Case::default() })
        };
        assert!(at("1.25").iter().any(|said| said.contains("unknown field `spec.ordinals`")), "{:?}", at("1.25"));
        assert!(!at("1.30").iter().any(|said| said.contains("ordinals")));
    }

    #[test]
    fn custom_kinds_are_left_alone() {
        assert!(found("{apiVersion: example.com/v1, kind: Deployment, metadata: {name: d}, what: ever}").is_empty());
    }

    #[test]
    fn ciphertext_is_no_malformed_value() {
        for fields in ["data: {x: 'ENC[AES256_GCM,data:y]'}, sops: {mac: x}", "data: {x: 'ENC[AES256_GCM,data:y]'}"] {
            let yaml = format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, {fields}}}");
            let policy = Policy { decrypted_by: Some(text("ksops")), ..Policy::default() };
            assert!(findings(check, &Case { yaml: &yaml, policy, ..Case::default() }).is_empty());
        }
        let said = found("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {x: hunter2!}}");
        assert!(said[0].ends_with("`data.x` must be base64"), "{said:?}");
    }
}
