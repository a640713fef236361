//! One object stands in a build once: of two with one group, kind, namespace and name the last one
//! that is applied wins, whatever versions of the API they are written in.

use std::collections::HashMap;

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::scope;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<(&str, &str, &str, &str), &Resource> = HashMap::new();
    for resource in build.resources.iter().filter(|resource| !resource.name().is_empty()) {
        let id = resource.id();
        let cluster = scope::is_cluster_scoped(&id.gvk.group, &id.gvk.kind);
        let namespace = if cluster { "" } else { id.namespace.as_str() };
        let key = (family(&id.gvk.group), id.gvk.kind.as_str(), namespace, id.name.as_str());
        let Some(first) = seen.get(&key) else {
            seen.insert(key, resource);
            continue;
        };
        let message = format!(
            "`{id}` is in this build twice, as `{}` and as `{}`: only one of the two is left",
            first.id().gvk.api_version(),
            id.gvk.api_version()
        );
        diagnostics.push(
            Diagnostic::error("duplicate-object", message)
                .about(resource.id())
                .at(build.place_of(resource))
                .related(build.place_of(first), "the other one")
                .help("keep one of the two"),
        );
    }
}

/// The group that an object is stored under: `extensions` was a second name of others.
fn family(group: &str) -> &str {
    match group {
        "extensions" | "networking.k8s.io" => "networking.k8s.io",
        group => group,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    #[test]
    fn two_versions_of_one_object_are_one_object() {
        let found = |one: &str, other: &str| {
            let yaml = format!(
                "{{apiVersion: {one}, metadata: {{name: x}}}}\n---\n{{apiVersion: {other}, metadata: {{name: x}}}}"
            );
            let set = {
                let mut set = crate::resource::ResourceSet::with_identity(crate::resource::Identity::Kustomize);
                for resource in super::super::test::resources(&yaml).into_resources() {
                    set.insert(resource).unwrap();
                }
                set
            };
            let policy = crate::check::Policy::default();
            super::super::test::shown(&super::super::test::run(check, None, &set, &policy), &yaml)
        };
        let said = found("extensions/v1beta1, kind: Ingress", "networking.k8s.io/v1, kind: Ingress");
        assert!(said[0].starts_with("duplicate-object [x}"), "{said:?}");
        assert_eq!(found("v1, kind: Service", "serving.knative.dev/v1, kind: Service"), [""; 0]);
        let yaml = "{apiVersion: v1, kind: Namespace, metadata: {name: x}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: x, namespace: y}}";
        assert_eq!(findings(check, &Case { yaml, ..Case::default() }).len(), 1);
    }
}
