//! Custom resources: what their CustomResourceDefinition says about them.

use super::json;
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
}

impl CustomKinds {
    /// Adds what a `CustomResourceDefinition` defines; false for any other object.
    pub fn add(&mut self, definition: &Node) -> bool {
        let found = CustomKind::all_of(definition);
        let defines = !found.is_empty();
        self.kinds.extend(found);
        defines
    }

    /// The kind with its definition.
    pub fn get(&self, gvk: &Gvk) -> Option<&CustomKind> {
        self.kinds.iter().find(|kind| kind.gvk == *gvk)
    }

    /// The versions in which a kind is served; none when it is not defined here.
    pub fn versions<'a>(&'a self, group: &'a str, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |one: &&CustomKind| one.gvk.group == group && one.gvk.kind == kind;
        self.kinds.iter().filter(same).map(|one| one.gvk.version.as_str())
    }
}

/// A definition that comes with the binary.
#[derive(Debug)]
pub struct Pinned {
    /// Group of the resource.
    pub group: &'static str,
    /// Kind of the resource.
    pub kind: &'static str,
    /// The `CustomResourceDefinition` as JSON, to be read when an object of the kind is met.
    pub text: &'static str,
}

impl Pinned {
    /// The served version `version` of the kind; `None` when there is none, and for a text that is
    /// no definition.
    pub fn kind(&self, version: &str) -> Option<CustomKind> {
        let definition = json::read(self.text)?;
        CustomKind::all_of(&definition).into_iter().find(|kind| kind.gvk.version == version)
    }
}

macro_rules! pinned {
    ($($kind:literal $plural:literal $group:literal)*) => {
        [$(Pinned {
            group: $group,
            kind: $kind,
            text: include_str!(concat!("../../schemas/crds/", $plural, ".", $group, ".json")),
        }),*]
    };
}

/// The definitions that come with the binary; sources and versions are in
/// `schemas/crds/README.md`. A definition in the project itself goes before these.
pub static PINNED: [Pinned; 19] = pinned! {
    "AppProject" "appprojects" "argoproj.io"
    "Application" "applications" "argoproj.io"
    "ApplicationSet" "applicationsets" "argoproj.io"
    "Certificate" "certificates" "cert-manager.io"
    "CiliumNetworkPolicy" "ciliumnetworkpolicies" "cilium.io"
    "ExternalSecret" "externalsecrets" "external-secrets.io"
    "HTTPRoute" "httproutes" "gateway.networking.k8s.io"
    "InfisicalAuth" "infisicalauths" "secrets.infisical.com"
    "InfisicalConnection" "infisicalconnections" "secrets.infisical.com"
    "InfisicalSecret" "infisicalsecrets" "secrets.infisical.com"
    "InfisicalStaticSecret" "infisicalstaticsecrets" "secrets.infisical.com"
    "IngressRoute" "ingressroutes" "traefik.io"
    "Middleware" "middlewares" "traefik.io"
    "PodMonitor" "podmonitors" "monitoring.coreos.com"
    "PrometheusRule" "prometheusrules" "monitoring.coreos.com"
    "SealedSecret" "sealedsecrets" "bitnami.com"
    "SecretStore" "secretstores" "external-secrets.io"
    "ServiceMonitor" "servicemonitors" "monitoring.coreos.com"
    "SopsSecret" "sopssecrets" "isindir.github.com"
};

/// The definition of a kind that comes with the binary.
pub fn pinned(gvk: &Gvk) -> Option<&'static Pinned> {
    PINNED.iter().find(|pinned| pinned.kind == gvk.kind && pinned.group == gvk.group)
}

#[cfg(test)]
mod tests {
    use super::super::Version;
    use super::super::oracle::tree;
    use super::*;

    fn kind(api_version: &str, kind: &str) -> CustomKind {
        let gvk = Gvk::new(api_version, kind);
        let definition = tree(&serde_json::from_str(pinned(&gvk).unwrap().text).unwrap());
        CustomKind::all_of(&definition).into_iter().find(|kind| kind.gvk == gvk).unwrap()
    }

    fn said(of: &CustomKind, text: &str) -> Vec<String> {
        let root = tree(&serde_yaml::from_str(text).unwrap());
        of.validate(&root, Definitions::of(Version::NEWEST)).iter().map(Violation::message).collect()
    }

    #[test]
    fn every_pinned_definition_is_a_valid_one_and_defines_its_kind() {
        for pinned in &PINNED {
            let definition = tree(&serde_json::from_str(pinned.text).unwrap());
            let violations = super::super::validate(&definition, Definitions::of(Version::OLDEST)).unwrap();
            assert!(violations.is_empty(), "{}: {violations:?}", pinned.kind);
            let kinds = CustomKind::all_of(&definition);
            assert!(!kinds.is_empty() && kinds.iter().all(|kind| kind.namespaced));
            assert!(kinds.iter().all(|kind| (&*kind.gvk.group, &*kind.gvk.kind) == (pinned.group, pinned.kind)));
        }
        assert!(pinned(&Gvk::new("example.com/v1", "SecretStore")).is_none());
    }

    #[test]
    fn the_readme_gives_the_source_of_every_definition_and_all_are_pinned() {
        let readme = include_str!("../../schemas/crds/README.md");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/crds");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
        assert_eq!(names.len(), PINNED.len());
        assert!(names.iter().all(|name| readme.contains(&format!("| {name} | "))), "{names:?}");
    }

    #[test]
    fn the_text_of_a_definition_is_read_as_it_is() {
        for pinned in &PINNED {
            let by_oracle = tree(&serde_json::from_str(pinned.text).unwrap());
            assert_eq!(json::read(pinned.text).unwrap(), by_oracle, "{}", pinned.kind);
        }
        for text in ["", "{", "{\"a\": 1}}", "nul"] {
            assert!(json::read(text).is_none(), "{text}");
        }
        assert!(pinned(&Gvk::new("cert-manager.io/v1", "Certificate")).unwrap().kind("v1").is_some());
        assert!(pinned(&Gvk::new("cert-manager.io/v1", "Certificate")).unwrap().kind("v9").is_none());
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
