//! The namespace of every resource of a build.

use ecow::EcoString;

use super::fields::{self, FieldSpec, Missing};
use super::ids::{Conflict, change_all};
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Gvk, Resource, ResourceSet, UpdateError};
use crate::scope;
use crate::tree::Node;

/// Which subjects of RoleBindings and ClusterRoleBindings get the namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subjects {
    /// None.
    None,
    /// Those named `default`, whatever their kind and namespace (kustomize's `defaultOnly`, its
    /// default; accounts of the build follow in its name references).
    Default,
    /// Every subject of kind ServiceAccount (kustomize's `allServiceAccounts`).
    ServiceAccounts,
    /// Subjects of kind ServiceAccount that have no namespace, and those that name an account of
    /// the build in a namespace that it had.
    OfBuild,
}

/// Which fields that name the namespace of a Service follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Services {
    /// `spec.service.namespace` of every APIService (made where missing) and
    /// `spec.conversion.webhook.clientConfig.service.namespace` of every
    /// CustomResourceDefinition that has it (kustomize's `namespace` configuration; webhook
    /// configurations follow in its name references).
    Always,
    /// Those of APIServices, CustomResourceDefinitions and webhook configurations, where the
    /// Service is one of the build and had that namespace.
    OfBuild,
    /// None (kustomize's plugin, which names its fields itself).
    None,
}

/// What the transform does beside `metadata.namespace`.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Tells which kinds have no namespace; anything else gets one.
    pub cluster_scoped: fn(&Gvk) -> bool,
    /// Kinds (group, kind) of which the build itself says that they have no namespace: custom
    /// resources whose definition has `scope: Cluster`. Sorted.
    pub also_cluster_scoped: &'a [(EcoString, EcoString)],
    /// Whether objects of kind Namespace get the namespace as their name (kustomize: yes).
    pub rename_namespaces: bool,
    /// Whether a namespace that is written stays (kustomize's `unsetOnly`).
    pub unset_only: bool,
    /// Which subjects of bindings get it.
    pub subjects: Subjects,
    /// Which references to Services get it.
    pub services: Services,
    /// More fields that get it (kustomize's `configurations` and `fieldSpecs`).
    pub fields: &'a [FieldSpec<'a>],
}

impl Options<'static> {
    /// The rules of typed overlays.
    pub const TYPED: Self = Self {
        cluster_scoped: |gvk| scope::is_cluster_scoped(&gvk.group, &gvk.kind),
        also_cluster_scoped: &[],
        rename_namespaces: false,
        unset_only: false,
        subjects: Subjects::OfBuild,
        services: Services::OfBuild,
        fields: &[],
    };
    /// The rules of kustomize's `namespace` field.
    pub const KUSTOMIZE: Self = Self {
        cluster_scoped: scope::is_cluster_scoped_for_kustomize,
        rename_namespaces: true,
        subjects: Subjects::Default,
        services: Services::Always,
        ..Self::TYPED
    };
}

/// The kinds (group, kind) of which CustomResourceDefinitions of the build say that they have no
/// namespace.
pub fn cluster_scoped_by_definition(set: &ResourceSet) -> Vec<(EcoString, EcoString)> {
    let definitions = set.iter().filter(|resource| resource.kind() == "CustomResourceDefinition");
    let kind = |resource: &Resource| {
        let text = |keys: &[&str]| Some(EcoString::from(resource.root.at(keys)?.as_str()?));
        let cluster = text(&["spec", "scope"])? == "Cluster";
        cluster.then_some((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?))
    };
    let mut kinds: Vec<_> = definitions.filter_map(kind).collect();
    kinds.sort_unstable();
    kinds
}

/// Sets the namespace `name`, written at `origin`, as `options` say. Returns the changes that
/// would have made two objects one.
pub fn apply(
    set: &mut ResourceSet,
    name: &str,
    origin: Origin,
    options: &Options<'_>,
    origins: &mut Origins,
) -> Vec<Conflict> {
    let mut setter = Setter { name, origin, unset_only: options.unset_only, origins };
    let wanted = |resource: &Resource| {
        let old = &resource.id().namespace;
        let replaceable = old.is_empty() || (!options.unset_only && old != name);
        replaceable && !is_cluster_scoped(&resource.id().gvk, options)
    };
    let change = |set: &mut ResourceSet, index| set.update(index, |resource| setter.namespace(&mut resource.root));
    let mut conflicts = change_all(set, wanted, change, |_| {});
    for index in 0..set.len() {
        let places = places(set, index, options);
        let resource = set.get(index);
        let follows =
            |field: &&FieldSpec<'_>| field.selects(&resource.id().gvk) && !has_own_rule(field, &resource.id().gvk);
        let extra: Vec<_> = options.fields.iter().filter(follows).collect();
        if places.is_empty() && extra.is_empty() {
            continue;
        }
        let result = set.update(index, |resource| {
            for (path, create) in places {
                setter.at_place(&mut resource.root, &path, create);
            }
            for field in extra {
                setter.at_path(&mut resource.root, field.path, field.create);
            }
        });
        if let Err(UpdateError::Taken(with)) = result {
            conflicts.push(Conflict { index, with });
        }
    }
    conflicts
}

/// Fields that get the namespace by rules of their own, whatever a list of fields says. A name is
/// changed where the version is `v1`, for Namespaces are what that is made for.
fn has_own_rule(field: &FieldSpec<'_>, gvk: &Gvk) -> bool {
    field.path == "metadata/namespace"
        || field.path == "metadata/name" && (!gvk.group.is_empty() || gvk.version != "v1")
        || field.path == "subjects/namespace" && matches!(field.kind, "RoleBinding" | "ClusterRoleBinding")
}

fn is_cluster_scoped(gvk: &Gvk, options: &Options<'_>) -> bool {
    let told = || {
        let own = (gvk.group.as_str(), gvk.kind.as_str());
        options.also_cluster_scoped.binary_search_by(|(group, kind)| (group.as_str(), kind.as_str()).cmp(&own)).is_ok()
    };
    (options.cluster_scoped)(gvk) || told()
}

/// Writes one namespace.
struct Setter<'a> {
    name: &'a str,
    origin: Origin,
    unset_only: bool,
    origins: &'a mut Origins,
}

impl Setter<'_> {
    fn namespace(&mut self, root: &mut Node) {
        let added = self.added();
        if root.map_under("metadata", added).is_some() {
            self.at_path(root, "metadata/namespace", true);
        }
    }

    fn added(&mut self) -> Origin {
        self.origins.transform("namespace", Some(self.origin))
    }

    fn at_path(&mut self, root: &mut Node, path: &str, create: bool) {
        let missing = if create { Missing::Create(self.added()) } else { Missing::Skip };
        // Where a list or text blocks the path there is no such field.
        let _ = fields::upsert(root, path, missing, &mut |node| self.write(node));
    }

    /// `namespace` in the mapping at a place that a walk found.
    fn at_place(&mut self, root: &mut Node, place: &Place, create: bool) {
        match place {
            Place::Path(path) => self.at_path(root, path, create),
            Place::Item(list, index) => {
                let item = root
                    .at_mut(list)
                    .and_then(Node::as_seq_mut)
                    .and_then(|items| (*index < items.len()).then(|| items.make_mut().get_mut(*index)).flatten());
                if let Some(item) = item {
                    let below = if list == &["webhooks"] { "clientConfig/service/namespace" } else { "namespace" };
                    self.at_path(item, below, create);
                }
            }
        }
    }

    fn write(&mut self, node: &mut Node) {
        let old = node.as_str().unwrap_or_default();
        if old == self.name || (self.unset_only && !old.is_empty()) {
            return;
        }
        let origin = match node.is_null() {
            true => self.added(),
            false => self.origins.replace(Cause::Transform("namespace"), self.origin, node),
        };
        *node = Node::string(self.name, origin);
    }
}

/// Where a namespace is written beside `metadata`.
enum Place {
    /// At a path from the root.
    Path(&'static str),
    /// In the item of a list.
    Item(&'static [&'static str], usize),
}

/// The places of one resource that follow, each with whether it is made where missing.
fn places(set: &ResourceSet, index: usize, options: &Options<'_>) -> Vec<(Place, bool)> {
    let resource = set.get(index);
    let gvk = &resource.id().gvk;
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") if options.rename_namespaces && gvk.version == "v1" => {
            vec![(Place::Path("metadata/name"), true)]
        }
        (_, "RoleBinding" | "ClusterRoleBinding") => subjects(set, resource, options.subjects),
        ("apiregistration.k8s.io", "APIService") => {
            service(set, resource, options.services, &["spec", "service"], "spec/service/namespace", true)
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let keys = ["spec", "conversion", "webhook", "clientConfig", "service"];
            let path = "spec/conversion/webhook/clientConfig/service/namespace";
            service(set, resource, options.services, &keys, path, false)
        }
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration")
            if options.services == Services::OfBuild =>
        {
            let webhooks = resource.root.get("webhooks").into_iter().flat_map(Node::items).enumerate();
            let follows = |(_, webhook): &(usize, &Node)| {
                let reference = webhook.at(&["clientConfig", "service"]);
                reference.is_some_and(|reference| names_one_of_build(set, "Service", reference))
            };
            webhooks.filter(follows).map(|(at, _)| (Place::Item(&["webhooks"], at), true)).collect()
        }
        _ => Vec::new(),
    }
}

fn service(
    set: &ResourceSet,
    resource: &Resource,
    services: Services,
    keys: &[&str],
    path: &'static str,
    create: bool,
) -> Vec<(Place, bool)> {
    let reference = resource.root.at(keys);
    let follows = match services {
        Services::Always => create || reference.is_some(),
        Services::OfBuild => reference.is_some_and(|reference| names_one_of_build(set, "Service", reference)),
        Services::None => false,
    };
    if follows { vec![(Place::Path(path), create || services == Services::OfBuild)] } else { Vec::new() }
}

fn subjects(set: &ResourceSet, resource: &Resource, rule: Subjects) -> Vec<(Place, bool)> {
    let text = |node: &Node, key: &str| EcoString::from(node.get(key).and_then(Node::as_str).unwrap_or_default());
    let follows = |(_, subject): &(usize, &Node)| match rule {
        Subjects::None => false,
        Subjects::Default => text(subject, "name") == "default",
        Subjects::ServiceAccounts => text(subject, "kind") == "ServiceAccount",
        Subjects::OfBuild => {
            text(subject, "kind") == "ServiceAccount"
                && (text(subject, "namespace").is_empty() || names_one_of_build(set, "ServiceAccount", subject))
        }
    };
    let items = resource.root.get("subjects").into_iter().flat_map(Node::items).enumerate();
    items.filter(follows).map(|(at, _)| (Place::Item(&["subjects"], at), true)).collect()
}

/// Whether a reference of `name` and `namespace` means a resource of the build: one that has or
/// had the name, and the namespace together with it. A reference without a namespace means any.
fn names_one_of_build(set: &ResourceSet, kind: &str, reference: &Node) -> bool {
    let Some(name) = reference.get("name").and_then(Node::as_str) else { return false };
    let namespace = reference.get("namespace").and_then(Node::as_str).unwrap_or_default();
    set.find_by_any_name(kind, name).iter().any(|index| {
        namespace.is_empty() || set.get(*index).every_id().any(|id| id.name == name && id.namespace == namespace)
    })
}

#[cfg(test)]
mod tests {
    use super::super::test::{entry, field, names, origins, resource, set};
    use super::*;

    fn check(options: &Options<'_>, kind: &str, name: &str, fields: &str, keys: &[&str], expected: &str) {
        let build = [
            resource("v1 ServiceAccount", "old/acct", "{}"),
            resource("v1 Service", "svc", "{}"),
            resource(kind, name, fields),
        ];
        let mut set = set(build);
        assert_eq!(apply(&mut set, "new", entry(), options, &mut origins()), []);
        assert_eq!(field(&set, 2, keys), expected, "{kind}");
    }

    const TYPED: Options<'static> = Options::TYPED;
    const KUSTOMIZE: Options<'static> = Options::KUSTOMIZE;
    const META: &[&str] = &["metadata", "namespace"];

    #[test]
    fn namespaced_kinds_get_it_and_cluster_scoped_ones_do_not() {
        for options in [TYPED, KUSTOMIZE] {
            check(&options, "apps/v1 Deployment", "d", "{}", META, r#""new""#);
            check(&options, "apps/v1 Deployment", "x/d", "{}", META, r#""new""#);
            check(&options, "example.com/v1 Own", "d", "{}", META, r#""new""#);
            check(&options, "rbac.authorization.k8s.io/v1 ClusterRole", "d", "{}", META, "-");
        }
        check(&TYPED, "cert-manager.io/v1 ClusterIssuer", "d", "{}", META, "-");
        check(&KUSTOMIZE, "cert-manager.io/v1 ClusterIssuer", "d", "{}", META, r#""new""#);
        let unset = Options { unset_only: true, ..TYPED };
        check(&unset, "apps/v1 Deployment", "x/d", "{}", META, r#""x""#);
        check(&unset, "apps/v1 Deployment", "d", "{}", META, r#""new""#);
    }

    #[test]
    fn only_kustomize_renames_namespaces() {
        check(&TYPED, "v1 Namespace", "n", "{}", &["metadata", "name"], r#""n""#);
        check(&KUSTOMIZE, "v1 Namespace", "n", "{}", &["metadata", "name"], r#""new""#);
        check(&KUSTOMIZE, "example.com/v1 Namespace", "n", "{}", &["metadata", "name"], r#""n""#);
    }

    #[test]
    fn subjects_follow_by_the_rule_that_is_chosen() {
        let kind = "rbac.authorization.k8s.io/v1 RoleBinding";
        let subjects = r#"{"subjects":[{"kind":"ServiceAccount","name":"acct","namespace":"old"},
            {"kind":"ServiceAccount","name":"default","namespace":"far"},
            {"kind":"ServiceAccount","name":"other"},{"kind":"User","name":"u"}]}"#;
        let expected = |a: &str, b: &str, c: &str| {
            let c = if c.is_empty() { String::new() } else { format!(r#","namespace":"{c}""#) };
            format!(
                r#"[{{"kind":"ServiceAccount","name":"acct","namespace":"{a}"}},{{"kind":"ServiceAccount","name":"default","namespace":"{b}"}},{{"kind":"ServiceAccount","name":"other"{c}}},{{"kind":"User","name":"u"}}]"#
            )
        };
        for (rule, expected) in [
            (Subjects::None, expected("old", "far", "")),
            (Subjects::Default, expected("old", "new", "")),
            (Subjects::ServiceAccounts, expected("new", "new", "new")),
            (Subjects::OfBuild, expected("new", "far", "new")),
        ] {
            check(&Options { subjects: rule, ..TYPED }, kind, "b", subjects, &["subjects"], &expected);
        }
    }

    #[test]
    fn references_to_services_of_the_build_follow() {
        let api = "apiregistration.k8s.io/v1 APIService";
        let keys = &["spec", "service"];
        let of_build = r#"{"spec":{"service":{"name":"svc"}}}"#;
        let foreign = r#"{"spec":{"service":{"name":"x","namespace":"far"}}}"#;
        check(&TYPED, api, "a", of_build, keys, r#"{"name":"svc","namespace":"new"}"#);
        check(&TYPED, api, "a", foreign, keys, r#"{"name":"x","namespace":"far"}"#);
        check(&KUSTOMIZE, api, "a", foreign, keys, r#"{"name":"x","namespace":"new"}"#);
        check(&KUSTOMIZE, api, "a", "{}", &["spec"], r#"{"service":{"namespace":"new"}}"#);
        let hooks = r#"{"webhooks":[{"clientConfig":{"service":{"name":"svc"}}},{"clientConfig":{"service":{"name":"x","namespace":"far"}}}]}"#;
        let expected = r#"[{"clientConfig":{"service":{"name":"svc","namespace":"new"}}},{"clientConfig":{"service":{"name":"x","namespace":"far"}}}]"#;
        check(
            &TYPED,
            "admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration",
            "w",
            hooks,
            &["webhooks"],
            expected,
        );
        let conversion =
            r#"{"spec":{"conversion":{"webhook":{"clientConfig":{"service":{"name":"svc","namespace":"x"}}}}}}"#;
        let keys = &["spec", "conversion", "webhook", "clientConfig", "service", "namespace"];
        let crd = "apiextensions.k8s.io/v1 CustomResourceDefinition";
        check(&KUSTOMIZE, crd, "c", conversion, keys, r#""new""#);
        check(&TYPED, crd, "c", conversion, keys, r#""x""#);
    }

    #[test]
    fn two_objects_that_would_become_one_are_reported() {
        let mut set = set([resource("v1 Service", "a/s", "{}"), resource("v1 Service", "b/s", "{}")]);
        let conflicts = apply(&mut set, "b", entry(), &TYPED, &mut origins());
        assert_eq!(conflicts, [Conflict { index: 0, with: 1 }]);
        assert_eq!(names(&set), ["a/s", "b/s"]);
    }

    #[test]
    fn definitions_of_the_build_tell_the_scope_of_their_kinds() {
        let crd = resource(
            "apiextensions.k8s.io/v1 CustomResourceDefinition",
            "c",
            r#"{"spec":{"scope":"Cluster","group":"example.com","names":{"kind":"Own"}}}"#,
        );
        let mut set = set([crd, resource("example.com/v1 Own", "o", "{}")]);
        let told = cluster_scoped_by_definition(&set);
        apply(&mut set, "new", entry(), &Options { also_cluster_scoped: &told, ..TYPED }, &mut origins());
        assert_eq!(names(&set), ["c", "o"]);
    }
}
