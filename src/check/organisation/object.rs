//! An object as a policy sees it.

use ecow::EcoString;

use super::defaults;
use super::matching::{Kinds, Namespaces};
use crate::cel::{Given, Value};
use crate::object;
use crate::resource::{Gvk, Resource, ResourceSet};
use crate::scope;
use crate::tree::Node;

/// What policies are held against: an object, or the pods that it makes.
pub(super) struct Target<'a> {
    pub resource: &'a Resource,
    /// Whether this is what `resource` makes.
    pub is_made: bool,
    pub gvk: Gvk,
    /// The resource of the API, such as `deployments`.
    pub plural: EcoString,
    /// The namespace; `None` for an object that has none.
    pub namespace: Option<EcoString>,
}

impl Target<'_> {
    /// Whether its values are not told.
    pub fn is_secret(&self) -> bool {
        self.gvk.group.is_empty() && self.gvk.kind == "Secret"
    }
}

/// All objects of a build, and the pods that they make.
pub(super) fn targets<'a>(resources: &'a ResourceSet, kinds: &Kinds<'_>) -> Vec<Target<'a>> {
    let mut targets = Vec::with_capacity(resources.len());
    for resource in resources {
        let gvk = resource.id().gvk.clone();
        // Without a namespace of its own, an object gets into that of whoever applies it.
        let namespace = match resource.id().namespace.as_str() {
            "" => EcoString::from("default"),
            written => written.into(),
        };
        let namespace = (!scope::is_cluster_scoped(&gvk.group, &gvk.kind)).then_some(namespace);
        let makes_pods = resource.kind() != "Pod" && resource.pod_template().is_some();
        let plural = kinds.plural(&gvk);
        targets.push(Target { resource, is_made: false, gvk, plural, namespace: namespace.clone() });
        if makes_pods {
            let gvk = Gvk::new("v1", "Pod");
            targets.push(Target { resource, is_made: true, gvk, plural: "pods".into(), namespace });
        }
    }
    targets
}

/// What expressions can name of it.
pub(super) fn given(target: &Target<'_>, namespaces: &Namespaces<'_>) -> Given {
    let root = if target.is_made { pod(target) } else { target.resource.root.clone() };
    let root = defaults::filled(root, &target.gvk, target.namespace.as_deref());
    let namespace = match &target.namespace {
        None => Some(Value::Null),
        Some(name) => namespaces.get(name).map(|namespace| Value::of(&namespace.root, false)),
    };
    Given {
        object: Value::of(&root, true),
        request: Value::of(&request(target), false),
        namespace,
        params: Value::Null,
    }
}

/// The pod of a template. It has the name of the workload, for that is how the real one begins.
fn pod(target: &Target<'_>) -> Node {
    let resource = target.resource;
    let template = resource.pod_template().unwrap_or(&resource.root);
    let at = template.origin();
    let mut metadata = template.get("metadata").cloned().unwrap_or_else(|| Node::map(at));
    if let Some(map) = metadata.as_map_mut() {
        let name = resource.root.at(&["metadata", "name"]).map_or(at, Node::origin);
        map.insert("name", Node::string(resource.name(), name));
        if let Some(namespace) = &target.namespace {
            map.insert("namespace", Node::string(namespace.clone(), at));
        }
    }
    object! { at; "apiVersion": Node::string("v1", at), "kind": Node::string("Pod", at), "metadata": metadata,
    "spec"?: template.get("spec").cloned() }
}

/// The request that would make the object.
fn request(target: &Target<'_>) -> Node {
    let at = target.resource.root.origin();
    let text = |text: &str| Node::string(text, at);
    let gvk = &target.gvk;
    let of = |key: &str, value: &str| {
        let mut node = object! { at; "group": text(&gvk.group), "version": text(&gvk.version) };
        if let Some(map) = node.as_map_mut() {
            map.insert(key, text(value));
        }
        node
    };
    object! { at; "operation": text("CREATE"), "kind": of("kind", &gvk.kind), "requestKind": of("kind", &gvk.kind),
    "resource": of("resource", &target.plural), "requestResource": of("resource", &target.plural),
    "subResource": text(""), "requestSubResource": text(""), "name": text(target.resource.name()),
    "namespace": text(target.namespace.as_deref().unwrap_or_default()), "dryRun": Node::new(false, at) }
}
