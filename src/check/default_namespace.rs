//! The namespace `default` is where objects land by accident.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::Resource;
use crate::scope;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    // What lives in no namespace may have one written all the same.
    let is_there = |resource: &&Resource| {
        let id = resource.id();
        id.namespace == "default" && !scope::is_cluster_scoped(&id.gvk.group, &id.gvk.kind)
    };
    let mut there = build.resources.iter().filter(is_there);
    let Some(first) = there.next() else { return };
    let message = match there.count() {
        0 => format!("`{}` is in the namespace `default`", first.id()),
        more => format!("`{}` and {more} more are in the namespace `default`", first.id()),
    };
    let place =
        first.root.at(&["metadata", "namespace"]).map_or_else(|| build.place_of(first), |node| build.at(first, node));
    diagnostics.push(
        Diagnostic::note("default-namespace", message)
            .at(place)
            .help("give the application a namespace of its own: rights, quotas and policies are said of namespaces"),
    );
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    #[test]
    fn what_is_in_default_is_said_once() {
        let found = |namespace: &str| {
            let yaml = format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {namespace}}}}}\n---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: b, namespace: {namespace}}}}}"
            );
            findings(check, &Case { yaml: &yaml, ..Case::default() })
        };
        assert_eq!(
            found("default"),
            ["default-namespace [default}}] `ConfigMap/a` and 1 more are in the namespace `default`"]
        );
        assert_eq!(found("shop"), [""; 0]);
    }
}
