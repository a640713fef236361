//! The Secrets that the resources of a build hold or make.

use crate::resource::Resource;
use crate::tree::{Entry, Node};

/// A Secret that comes from a resource of the build.
pub(super) struct Made<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its namespace as written; empty when none is.
    pub namespace: &'a str,
    /// Its keys; `None` when only the operator knows them.
    pub keys: Option<Vec<&'a Entry>>,
    /// The keys under a field of the resource's own, such as `secretKey`.
    pub named_keys: Vec<&'a str>,
    /// Whether an operator makes it, some time after the resource is applied.
    pub by_operator: bool,
}

/// The Secrets that `resource` is or makes. Sources: the custom resources' definitions under
/// schemas/crds.
pub(super) fn made_by(resource: &Resource) -> Vec<Made<'_>> {
    let gvk = &resource.id().gvk;
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Secret") => vec![Made { by_operator: false, ..keyed(resource, &resource.root, &["data", "stringData"]) }],
        ("bitnami.com", "SealedSecret") => {
            let mut made = keyed(resource, &resource.root, &[]);
            let fields = [["spec", "encryptedData"].as_slice(), &["spec", "template", "data"]];
            made.keys = Some(fields.into_iter().flat_map(|field| entries(resource.root.at(field))).collect());
            vec![made]
        }
        ("isindir.github.com", "SopsSecret") => sops(resource),
        ("external-secrets.io", "ExternalSecret") => vec![external(resource)],
        ("secrets.infisical.com", "InfisicalSecret") => infisical(resource),
        ("secrets.infisical.com", "InfisicalStaticSecret") => {
            let targets = resource.root.at(&["spec", "targets"]).into_iter().flat_map(Node::items);
            let secrets = targets.filter(|target| text(target, "kind").is_none_or(|kind| kind == "Secret"));
            secrets.filter_map(|target| named(resource, target, "name", "namespace")).collect()
        }
        _ => Vec::new(),
    }
}

/// A Secret of the resource's own name with the keys of `fields` of `holder`.
fn keyed<'a>(resource: &'a Resource, holder: &'a Node, fields: &[&str]) -> Made<'a> {
    let keys = fields.iter().flat_map(|field| entries(holder.get(field))).collect();
    Made {
        name: resource.name(),
        namespace: &resource.id().namespace,
        keys: Some(keys),
        named_keys: Vec::new(),
        by_operator: true,
    }
}

fn sops(resource: &Resource) -> Vec<Made<'_>> {
    // `secretTemplates` since v1alpha2, `secret_templates` before.
    let templates = ["secretTemplates", "secret_templates"];
    let templates = templates.iter().filter_map(|field| resource.root.at(&["spec", field])).flat_map(Node::items);
    templates
        .filter_map(|template| {
            let name = text(template, "name")?;
            Some(Made { name, ..keyed(resource, template, &["data", "stringData"]) })
        })
        .collect()
}

fn external(resource: &Resource) -> Made<'_> {
    let root = &resource.root;
    let mut made = keyed(resource, root, &[]);
    made.name = root.at(&["spec", "target", "name"]).and_then(Node::as_str).unwrap_or(made.name);
    let template = root.at(&["spec", "target", "template"]);
    let template_data = entries(template.and_then(|template| template.get("data"))).collect::<Vec<_>>();
    let merges = template.and_then(|template| text(template, "mergePolicy")) == Some("Merge");
    // A template with data replaces the fetched keys, unless it says that it merges.
    if template_data.is_empty() || merges {
        let data = root.at(&["spec", "data"]).into_iter().flat_map(Node::items);
        made.named_keys = data.filter_map(|entry| text(entry, "secretKey")).collect();
    }
    let fetches_all = root.at(&["spec", "dataFrom"]).is_some_and(|from| from.items().next().is_some());
    let more_templates = template.is_some_and(|template| template.get("templateFrom").is_some());
    made.keys = (!fetches_all && !more_templates).then_some(template_data);
    made
}

fn infisical(resource: &Resource) -> Vec<Made<'_>> {
    let spec = resource.root.get("spec");
    let one = spec.and_then(|spec| spec.get("managedSecretReference"));
    let many = spec.and_then(|spec| spec.get("managedKubeSecretReferences")).into_iter().flat_map(Node::items);
    one.into_iter().chain(many).filter_map(|target| named(resource, target, "secretName", "secretNamespace")).collect()
}

/// A Secret whose keys only the operator knows.
fn named<'a>(resource: &'a Resource, target: &'a Node, name: &str, namespace: &str) -> Option<Made<'a>> {
    let namespace = text(target, namespace).unwrap_or(&resource.id().namespace);
    Some(Made { name: text(target, name)?, namespace, keys: None, named_keys: Vec::new(), by_operator: true })
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = &Entry> {
    node.into_iter().flat_map(Node::entries)
}

fn text<'a>(node: &'a Node, field: &str) -> Option<&'a str> {
    node.get(field)?.as_str()
}
