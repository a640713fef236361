//! What a pod refers to: Secrets, ConfigMaps and its service account.

pub(super) use crate::resource::containers;
use crate::tree::Node;

/// The kinds that a pod refers to by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Secret,
    ConfigMap,
    ServiceAccount,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::ServiceAccount => "ServiceAccount",
        }
    }
}

/// How a pod uses what it refers to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use<'a> {
    /// One key, where it is written.
    Key(&'a Node),
    /// Every key becomes a variable.
    Env,
    /// As a whole in another way.
    Whole,
}

/// One reference.
pub(super) struct Need<'a> {
    pub kind: Kind,
    /// The name, where it is written.
    pub name: &'a Node,
    pub usage: Use<'a>,
    /// Whether the pod starts without it.
    pub optional: bool,
}

/// Everything that a pod's `spec` refers to.
pub(super) fn of_pod(spec: &Node) -> Vec<Need<'_>> {
    let mut needs = Vec::new();
    let account = spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount"));
    if let Some(name) = account.filter(|name| name.as_str().is_some_and(|name| !name.is_empty())) {
        needs.push(Need { kind: Kind::ServiceAccount, name, usage: Use::Whole, optional: false });
    }
    for reference in list(spec, "imagePullSecrets") {
        push(&mut needs, Kind::Secret, Some(reference), "name");
    }
    for container in containers(spec) {
        for variable in list(container, "env") {
            let from = variable.get("valueFrom");
            key(&mut needs, Kind::Secret, from.and_then(|from| from.get("secretKeyRef")));
            key(&mut needs, Kind::ConfigMap, from.and_then(|from| from.get("configMapKeyRef")));
        }
        for source in list(container, "envFrom") {
            for (kind, field) in [(Kind::Secret, "secretRef"), (Kind::ConfigMap, "configMapRef")] {
                if push(&mut needs, kind, source.get(field), "name")
                    && let Some(last) = needs.last_mut()
                {
                    last.usage = Use::Env;
                }
            }
        }
    }
    for volume in list(spec, "volumes") {
        files(&mut needs, Kind::Secret, volume.get("secret"), "secretName");
        files(&mut needs, Kind::ConfigMap, volume.get("configMap"), "name");
        for source in volume.get("projected").into_iter().flat_map(|projected| list(projected, "sources")) {
            files(&mut needs, Kind::Secret, source.get("secret"), "name");
            files(&mut needs, Kind::ConfigMap, source.get("configMap"), "name");
        }
    }
    needs
}

fn list<'a>(node: &'a Node, field: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
    node.get(field).into_iter().flat_map(Node::items)
}

fn push<'a>(needs: &mut Vec<Need<'a>>, kind: Kind, reference: Option<&'a Node>, field: &str) -> bool {
    let Some(reference) = reference else { return false };
    let Some(name) = reference.get(field).filter(|name| name.as_str().is_some()) else { return false };
    let optional = reference.get("optional").and_then(Node::as_bool) == Some(true);
    needs.push(Need { kind, name, usage: Use::Whole, optional });
    true
}

fn key<'a>(needs: &mut Vec<Need<'a>>, kind: Kind, reference: Option<&'a Node>) {
    if push(needs, kind, reference, "name")
        && let (Some(last), Some(key)) = (needs.last_mut(), reference.and_then(|reference| reference.get("key")))
    {
        last.usage = Use::Key(key);
    }
}

/// A volume source: the whole object, or a reference for each of its `items`.
fn files<'a>(needs: &mut Vec<Need<'a>>, kind: Kind, source: Option<&'a Node>, field: &str) {
    if !push(needs, kind, source, field) {
        return;
    }
    let mut keys = source.into_iter().flat_map(|source| list(source, "items")).filter_map(|item| item.get("key"));
    let (Some(first), Some(whole)) = (keys.next(), needs.pop()) else { return };
    for key in std::iter::once(first).chain(keys) {
        needs.push(Need { usage: Use::Key(key), ..whole });
    }
}
