//! Custom resources: what their CustomResourceDefinition says about them.

use std::collections::HashMap;

use ecow::EcoString;

use super::custom_pack::{KindRecord, PACK};
use super::schema;
use super::{Definitions, Violation};
use crate::resource::Gvk;
use crate::tree::Node;

/// One served version of a custom resource.
#[derive(Clone, Debug)]
pub struct CustomKind {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// Whether the version is marked as deprecated.
    pub deprecated: bool,
    schema: Node,
}

impl CustomKind {
    /// The served versions that a `CustomResourceDefinition` (apiextensions.k8s.io/v1) defines;
    /// nothing for any other object and for a version without a schema.
    pub fn all_of(definition: &Node) -> Vec<Self> {
        if Gvk::of(definition) != Some(Gvk::new("apiextensions.k8s.io/v1", "CustomResourceDefinition")) {
            return Vec::new();
        }
        let Some(spec) = definition.get("spec") else { return Vec::new() };
        let versions = spec.get("versions").into_iter().flat_map(Node::items);
        versions.filter_map(|version| Self::read(spec, version)).collect()
    }

    fn read(spec: &Node, version: &Node) -> Option<Self> {
        let text = |node: Option<&Node>| Some(node?.as_str()?.into());
        let is = |key: &str| version.get(key).and_then(Node::as_bool) == Some(true);
        let kind = text(spec.at(&["names", "kind"]))?;
        let gvk = Gvk { group: text(spec.get("group"))?, version: text(version.get("name"))?, kind };
        is("served").then_some(())?;
        Some(Self {
            gvk,
            namespaced: spec.get("scope")?.as_str()? == "Namespaced",
            deprecated: is("deprecated"),
            schema: version.at(&["schema", "openAPIV3Schema"])?.clone(),
        })
    }

    /// What is wrong with an object of this kind, in written order; `metadata` is that of the
    /// built-in kinds in `definitions`.
    pub fn validate(&self, root: &Node, definitions: Definitions) -> Vec<Violation> {
        schema::validate(root, &self.schema, definitions)
    }
}

/// The custom resources that a project defines itself.
#[derive(Clone, Debug, Default)]
pub struct CustomKinds {
    kinds: Vec<CustomKind>,
    /// The first definition of each kind, and all of each group and kind.
    by_gvk: HashMap<Gvk, usize>,
    by_kind: HashMap<(EcoString, EcoString), Vec<usize>>,
}

impl CustomKinds {
    /// Adds what a `CustomResourceDefinition` defines; false for any other object.
    pub fn add(&mut self, definition: &Node) -> bool {
        let found = CustomKind::all_of(definition);
        let defines = !found.is_empty();
        for kind in found {
            let index = self.kinds.len();
            self.by_gvk.entry(kind.gvk.clone()).or_insert(index);
            self.by_kind.entry((kind.gvk.group.clone(), kind.gvk.kind.clone())).or_default().push(index);
            self.kinds.push(kind);
        }
        defines
    }

    /// The kind with its definition.
    pub fn get(&self, gvk: &Gvk) -> Option<&CustomKind> {
        self.kinds.get(*self.by_gvk.get(gvk)?)
    }

    /// The versions in which a kind is served; none when it is not defined here.
    pub fn versions(&self, group: &str, kind: &str) -> impl Iterator<Item = &str> {
        let indexes = self.by_kind.get(&(group.into(), kind.into())).into_iter().flatten();
        indexes.filter_map(|index| self.kinds.get(*index)).map(|one| one.gvk.version.as_str())
    }
}

/// A definition that comes with the binary; sources and versions are in `schemas/crds/README.md`.
/// A definition in the project itself goes before these.
#[derive(Clone, Copy, Debug)]
pub struct Pinned(KindRecord);

impl Pinned {
    /// All that there are, sorted by kind and group.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        PACK.kinds().map(Self)
    }

    /// The definition of a kind, whatever its version.
    pub fn of(gvk: &Gvk) -> Option<Self> {
        PACK.kind(&gvk.kind, &gvk.group).map(Self)
    }

    /// The served versions of the kind.
    pub fn kinds(self) -> Vec<CustomKind> {
        PACK.definition(self.0).map(|definition| CustomKind::all_of(&definition)).unwrap_or_default()
    }

    /// The served version `version` of the kind; `None` when there is none.
    pub fn kind(self, version: &str) -> Option<CustomKind> {
        self.kinds().into_iter().find(|kind| kind.gvk.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::super::oracle::tree;
    use super::*;

    fn kind(api_version: &str, kind: &str) -> CustomKind {
        let gvk = Gvk::new(api_version, kind);
        Pinned::of(&gvk).unwrap().kind(&gvk.version).unwrap()
    }

    fn said(of: &CustomKind, text: &str) -> Vec<String> {
        let root = tree(&serde_yaml::from_str(text).unwrap());
        of.validate(&root, Definitions::of(Version::NEWEST)).iter().map(Violation::message).collect()
    }

    #[test]
    fn every_pinned_definition_is_a_valid_one_and_defines_its_kind() {
        for pinned in Pinned::all() {
            let definition = PACK.definition(pinned.0).unwrap();
            let violations = super::super::validate(&definition, Definitions::of(Version::OLDEST)).unwrap();
            assert!(violations.is_empty(), "{pinned:?}: {violations:?}");
            let kinds = pinned.kinds();
            assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind.namespaced));
            assert!(kinds.iter().all(|kind| (&*kind.gvk.group, &*kind.gvk.kind) == (pinned.0.group, pinned.0.kind)));
        }
        assert!(Pinned::of(&Gvk::new("example.com/v1", "SecretStore")).is_none());
        assert!(Pinned::of(&Gvk::new("cert-manager.io/v1", "Certificate")).unwrap().kind("v9").is_none());
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let text = "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: a.b, scope: Namespaced, \
            names: {kind: X}, versions: [{name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: \
            {spec: {$ref: '#'}, other: {$ref: 'http://localhost/x'}}}}}]}}";
        let kinds = CustomKind::all_of(&tree(&serde_yaml::from_str(text).unwrap()));
        assert!(said(&kinds[0], "{spec: {spec: {spec: 1}}, other: [1]}").is_empty());
    }

    #[test]
    fn infisical_secrets_are_validated() {
        let of = kind("secrets.infisical.com/v1alpha1", "InfisicalSecret");
        let usual = "
apiVersion: secrets.infisical.com/v1alpha1
kind: InfisicalSecret
metadata: {name: web, labels: {a: b}}
spec:
  hostAPI: https://app.infisical.com/api
  authentication:
    universalAuth:
      secretsScope: {projectSlug: web, envSlug: prod, secretsPath: /web}
      credentialsRef: {secretName: auth, secretNamespace: web}
  managedKubeSecretReferences: [{secretName: web, secretNamespace: web}]
";
        assert!(said(&of, usual).is_empty(), "creationPolicy and secretType have defaults: {:?}", said(&of, usual));
        let at = "spec.authentication.universalAuth";
        let cases = [
            ("envSlug: prod, ", "", format!("`{at}.secretsScope.envSlug` is required and missing")),
            ("envSlug: prod", "envSlug: 1", format!("`{at}.secretsScope.envSlug` must be a string, not an integer")),
            ("envSlug: prod", "envSlug: null", format!("`{at}.secretsScope.envSlug` must be a string, not null")),
            ("hostAPI:", "hostApi:", "unknown field `spec.hostApi`".into()),
            ("{a: b}", "{a: 1}", "`metadata.labels.a` must be a string, not an integer".into()),
            ("{name: web, l", "{nam: web, l", "unknown field `metadata.nam`".into()),
        ];
        for (from, to, message) in cases {
            assert!(usual.contains(from), "{from}");
            assert_eq!(said(&of, &usual.replacen(from, to, 1)), [message]);
        }
    }

    #[test]
    fn enumerations_and_free_form_fields_are_known() {
        let auth = kind("secrets.infisical.com/v1beta1", "InfisicalAuth");
        let said_of_auth = said(&auth, "{spec: {method: oidc, infisicalConnectionRef: {name: a, namespace: b}}}");
        assert!(said_of_auth[0].starts_with("`spec.method` must be `"), "{said_of_auth:?}");
        let sealed = kind("bitnami.com/v1alpha1", "SealedSecret");
        let text = "{spec: {encryptedData: {A: AgB}, template: {metadata: {name: x, labels: {a: b}}}}}";
        assert!(said(&sealed, text).is_empty(), "{:?}", said(&sealed, text));
    }

    #[test]
    fn what_is_no_definition_defines_nothing() {
        for text in [
            "null",
            "{apiVersion: v1, kind: ConfigMap}",
            "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition}",
        ] {
            assert!(CustomKind::all_of(&tree(&serde_yaml::from_str(text).unwrap())).is_empty(), "{text}");
        }
    }
}
