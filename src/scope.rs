//! Which kinds have no namespace.

/// Whether objects of this kind have no namespace.
pub fn is_cluster_scoped(_group: &str, kind: &str) -> bool {
    matches!(kind, "Namespace" | "ClusterRole" | "ClusterRoleBinding" | "CustomResourceDefinition")
}
