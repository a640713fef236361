//! The ServiceAccount that the IAMPolicyGenerator makes for Google's workload identity.

use super::scalar;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::object;
use crate::tree::Node;

/// The account. Kustomize writes the names into a YAML text without quotes; names that would be
/// something else there are refused.
pub(super) fn service_account(config: &Node) -> Result<Node> {
    let origin = config.origin();
    let cloud = config.get("cloud").and_then(Node::as_str).unwrap_or_default();
    if cloud != "gke" {
        let message = format!("the cloud `{cloud}` is not supported");
        let at = config.get("cloud").map_or(origin, Node::origin);
        return Err(Diagnostic::error("not-supported", message).at(at).help("write `cloud: gke`").into());
    }
    let account = name(config, &["serviceAccount", "name"])?;
    let project = config.at(&["serviceAccount", "projectId"]);
    let project = match project.is_none_or(|node| node.is_null() || node.as_str() == Some("")) {
        true => "",
        false => name(config, &["serviceAccount", "projectId"])?,
    };
    let address = format!("{account}@{project}.iam.gserviceaccount.com");
    let namespace = config.at(&["kubernetesService", "namespace"]);
    let namespace = match namespace.is_none_or(|node| node.is_null() || node.as_str() == Some("")) {
        true => None,
        false => Some(scalar::resolve(name(config, &["kubernetesService", "namespace"])?)),
    };
    let metadata = object! { origin;
        "annotations": object! { origin; "iam.gke.io/gcp-service-account": address },
        "name": scalar::resolve(name(config, &["kubernetesService", "name"])?),
        "namespace"?: namespace,
    };
    Ok(object! { origin; "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata })
}

/// A name that is the same in YAML without quotes.
fn name<'n>(config: &'n Node, keys: &[&str]) -> Result<&'n str> {
    let node = config.at(keys).filter(|node| !node.is_null());
    let at = node.map_or(config.origin(), Node::origin);
    let path = keys.join(".");
    if let Some(node) = node.filter(|node| node.as_str().is_none()) {
        let message = format!("`{path}` is a string, and this is {}", node.kind());
        return Err(Diagnostic::error("wrong-type", message).at(at).help("put it in quotes").into());
    }
    let Some(text) = node.and_then(Node::as_str).filter(|text| !text.is_empty()) else {
        let problem = Diagnostic::error("missing-field", format!("`{path}` is missing"));
        return Err(Error::from(
            problem.at(at).help("the account has a name in the cluster, one in the cloud, and a project"),
        ));
    };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    if text.starts_with(|c: char| !c.is_alphanumeric()) || text.ends_with(':') || !text.chars().all(plain) {
        let problem = Diagnostic::error("invalid-name", format!("`{text}` is no name of an account or a project"));
        return Err(problem.at(at).help("a name has letters, digits, `-`, `_` and `.`").into());
    }
    Ok(text)
}
