//! Custom resources against their definitions: those that the build renders, those in files that
//! strata.yaml names, and those that come with the binary, in this order.

use std::collections::HashMap;

use super::{Build, schema};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::kubernetes::{CustomKind, CustomKinds, Definitions, Pinned, Version};
use crate::resource::{Gvk, Resource};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let definitions = Definitions::of(build.policy.kubernetes.unwrap_or(Version::NEWEST));
    let mut rendered = CustomKinds::default();
    let is_definition = |resource: &&Resource| resource.kind() == "CustomResourceDefinition";
    build.resources.iter().filter(is_definition).for_each(|resource| {
        rendered.add(&resource.root);
    });
    // A definition that comes with the binary is read when the first object of its kind is met.
    let mut known: HashMap<Gvk, Option<CustomKind>> = HashMap::new();
    for resource in build.resources {
        let gvk = &resource.id().gvk;
        if definitions.resource(gvk).is_some() {
            continue;
        }
        let own = rendered.get(gvk).or_else(|| build.policy.custom.get(gvk));
        let mut versions: Vec<&str> = rendered.versions(&gvk.group, &gvk.kind).collect();
        versions.extend(build.policy.custom.versions(&gvk.group, &gvk.kind));
        if own.is_none() && versions.is_empty() && !known.contains_key(gvk) {
            known.insert(gvk.clone(), Pinned::of(gvk).and_then(|pinned| pinned.kind(&gvk.version)));
        }
        match own.or_else(|| known.get(gvk)?.as_ref()) {
            Some(kind) => of_kind(build, resource, kind, definitions, diagnostics),
            None if !versions.is_empty() => diagnostics.push(not_served(build, resource, &versions)),
            None => {}
        }
    }
}

fn of_kind(
    build: &Build<'_>,
    resource: &Resource,
    kind: &CustomKind,
    definitions: Definitions,
    diagnostics: &mut Diagnostics,
) {
    let of = format!("checked as a {} of {}", kind.gvk.kind, kind.gvk.api_version());
    for violation in kind.validate(&resource.root, definitions) {
        diagnostics.push(schema::warning(build, resource, &violation, &of));
    }
    if kind.deprecated {
        let message = format!("`{}` of `{}` is deprecated by its definition", kind.gvk.api_version(), resource.id());
        let place = resource.root.get("apiVersion").unwrap_or(&resource.root);
        let found = Diagnostic::warning("deprecated-api", message).at(build.at(resource, place)).about(resource.id());
        diagnostics.push(found.help("write a version that the definition serves and does not deprecate"));
    }
}

fn not_served(build: &Build<'_>, resource: &Resource, versions: &[&str]) -> Diagnostic {
    let gvk = &resource.id().gvk;
    let message = format!("the definition of `{}` has no version `{}`", gvk.kind, gvk.version);
    let help = match near_miss(&gvk.version, versions.iter().copied()) {
        Some(near) => format!("did you mean `{}/{near}`?", gvk.group),
        None => format!("it serves `{}`", versions.join("`, `")),
    };
    let place = resource.root.get("apiVersion").unwrap_or(&resource.root);
    Diagnostic::warning("unserved-kind", message).at(build.at(resource, place)).about(resource.id()).help(help)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Policy;
    use super::super::test::{Case, findings, resources};
    use super::*;

    const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties:
        {size: {type: integer}, port: {x-kubernetes-int-or-string: true}, free: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}}}
    - {name: v1alpha1, served: true, deprecated: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
";

    fn widget(version: &str, spec: &str) -> String {
        format!("---\napiVersion: example.com/{version}\nkind: Widget\nmetadata: {{name: w}}\nspec: {spec}\n")
    }

    fn found(yaml: &str) -> Vec<String> {
        findings(check, &Case { yaml, ..Case::default() })
    }

    #[test]
    fn an_object_is_held_against_the_definition_that_is_rendered_with_it() {
        let with = |version: &str, spec: &str| found(&format!("{DEFINITION}{}", widget(version, spec)));
        assert!(with("v1", "{size: 3, port: http, free: {any: [1]}}").is_empty());
        assert_eq!(with("v1", "{siz: 3}"), ["unknown-field [siz: 3}] unknown field `spec.siz` (did you mean `size`?)"]);
        assert_eq!(with("v1", "{size: big}").len(), 1);
        assert!(with("v1alpha1", "{x: 1}")[0].starts_with("deprecated-api [example.com/v1alpha1]"));
        let other = with("v2", "{}");
        assert_eq!(
            other,
            [
                "unserved-kind [example.com/v2] the definition of `Widget` has no version `v2` (did you mean `example.com/v1`?)"
            ]
        );
    }

    #[test]
    fn a_definition_of_the_project_counts_where_none_is_rendered() {
        let mut custom = CustomKinds::default();
        assert!(custom.add(&resources(DEFINITION).get(0).root));
        let policy = Policy { custom: Arc::new(custom), ..Policy::default() };
        let case = Case { yaml: &widget("v1", "{siz: 3}"), policy, ..Case::default() };
        assert_eq!(findings(check, &case).len(), 1);
        assert!(found(&widget("v1", "{siz: 3}")).is_empty(), "nobody defines it");
    }

    #[test]
    fn a_definition_that_comes_with_the_binary_is_known() {
        let route = |kind: &str| {
            format!(
                "{{apiVersion: traefik.io/v1alpha1, kind: {kind}, metadata: {{name: m}}, spec: {{rateLimi: {{}}}}}}"
            )
        };
        assert_eq!(
            found(&route("Middleware")),
            ["unknown-field [rateLimi: {}}}] unknown field `spec.rateLimi` (did you mean `rateLimit`?)"]
        );
        assert!(found(&route("Middlewares")).is_empty());
    }
}
