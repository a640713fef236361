//! Pods, of whatever kind runs them.

use crate::resource::Resource;
use crate::tree::Node;

/// The pod template of a resource, of a custom kind too (`Rollout`, `CloneSet`): what holds
/// containers.
pub(super) fn template(resource: &Resource) -> Option<&Node> {
    let custom = || resource.root.at(&["spec", "template"]).filter(|node| node.at(&["spec", "containers"]).is_some());
    resource.pod_template().or_else(custom)
}

/// What [`template`] says of the pod itself.
pub(super) fn spec(resource: &Resource) -> Option<&Node> {
    template(resource)?.get("spec")
}

/// The containers that run as long as the pod does: the ordinary ones and sidecars.
pub(super) fn running(spec: &Node) -> impl Iterator<Item = &Node> {
    let always = |container: &&Node| container.get("restartPolicy").and_then(Node::as_str) == Some("Always");
    list(spec, "containers").chain(list(spec, "initContainers").filter(always))
}

/// The items of a list field.
pub(super) fn list<'a>(node: &'a Node, field: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
    node.get(field).into_iter().flat_map(Node::items)
}

/// The text of a field, unless it is empty.
pub(super) fn text<'a>(node: &'a Node, field: &str) -> Option<&'a str> {
    node.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// The name of a container, for messages.
pub(super) fn name(container: &Node) -> &str {
    text(container, "name").unwrap_or_default()
}
