//! What an API server puts where nothing is written: to write it or not is the same.

use super::text;
use crate::tree::Node;

/// Texts that Kubernetes takes for fields of pods and of their containers that are not written.
const OF_PODS: [(&str, &str); 6] = [
    ("dnsPolicy", "ClusterFirst"),
    ("schedulerName", "default-scheduler"),
    ("serviceAccountName", "default"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("protocol", "TCP"),
];

/// Whether `node`, at `path` of the object `root`, is what holds where nothing is written.
pub(super) fn is_usual(root: &Node, path: &[&str], node: &Node) -> bool {
    let kind = text(root, &["kind"]).unwrap_or_default();
    match path {
        ["spec", rest @ ..] if kind == "Service" => of_service(rest, node),
        ["spec", "template", "spec", "restartPolicy"] => {
            node.as_str() == Some("Always") && ["Deployment", "StatefulSet"].contains(&kind)
        }
        ["spec", "strategy"] if kind == "Deployment" => {
            text(node, &["type"]) == Some("RollingUpdate") && node.as_map().is_some_and(|map| map.len() == 1)
        }
        ["spec", rest @ ..] if kind == "StatefulSet" && is_of_stateful_set(rest, node) => true,
        ["spec", "volumeMode"] if kind == "PersistentVolumeClaim" => node.as_str() == Some("Filesystem"),
        [.., "volumeMounts", _, "readOnly"] => node.as_bool() == Some(false),
        [.., "volumes", _, "configMap" | "secret" | "projected", "defaultMode"] => node.as_i64() == Some(420),
        [.., "httpGet", "scheme"] => node.as_str() == Some("HTTP"),
        // The old name of `serviceAccountName`, which the API server keeps equal.
        [.., "spec", "serviceAccount"] => {
            let mut beside = path.to_vec();
            beside.pop();
            beside.push("serviceAccountName");
            node.as_str().is_some() && text(root, &beside) == node.as_str()
        }
        [.., "template", "spec", last] | [.., "containers" | "initContainers", _, last] => of_pod(last, node),
        [.., "ports", _, "protocol"] => node.as_str() == Some("TCP"),
        _ => false,
    }
}

fn of_pod(field: &str, node: &Node) -> bool {
    OF_PODS.iter().any(|(name, usual)| *name == field && node.as_str() == Some(usual))
}

fn of_service(path: &[&str], node: &Node) -> bool {
    match path {
        ["type"] => node.as_str() == Some("ClusterIP"),
        ["sessionAffinity"] => node.as_str() == Some("None"),
        ["internalTrafficPolicy"] => node.as_str() == Some("Cluster"),
        ["ports", _, "protocol"] => node.as_str() == Some("TCP"),
        _ => false,
    }
}

fn is_of_stateful_set(path: &[&str], node: &Node) -> bool {
    match path {
        ["podManagementPolicy"] => node.as_str() == Some("OrderedReady"),
        ["updateStrategy"] => {
            text(node, &["type"]) == Some("RollingUpdate") && node.as_map().is_some_and(|map| map.len() == 1)
        }
        ["volumeClaimTemplates", _, "apiVersion"] => node.as_str() == Some("v1"),
        ["volumeClaimTemplates", _, "kind"] => node.as_str() == Some("PersistentVolumeClaim"),
        ["volumeClaimTemplates", _, "spec", "volumeMode"] => node.as_str() == Some("Filesystem"),
        _ => false,
    }
}
