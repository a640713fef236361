//! What Argo CD waits for before it goes on (gitops-engine `pkg/health` and
//! `resource_customizations` of Argo CD 3.6). What has no health check is done at once.

use crate::resource::Resource;
use crate::tree::Node;

/// When an object counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// As soon as it is applied.
    Applied,
    /// When it is so.
    When(&'static str),
    /// As soon as it is applied, unless the health check that Strata ships is installed: then when it
    /// is so.
    WithCheck(&'static str),
    /// Never, as it is written: a sync that has to wait for it hangs.
    Never(&'static str),
}

/// When an object counts as done.
pub fn of(resource: &Resource) -> Done {
    let gvk = &resource.id().gvk;
    let is = |path: &[&str]| resource.root.at(path).and_then(Node::as_bool) == Some(true);
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("apps", "Deployment") if is(&["spec", "paused"]) => Done::Never("it is paused"),
        ("apps", "Deployment") => Done::When("all its pods are new and available"),
        ("apps", "StatefulSet") => Done::When("all its pods are new and ready"),
        ("apps", "DaemonSet") => Done::When("a new pod is available on each node"),
        ("apps", "ReplicaSet") => Done::When("its pods are available"),
        ("batch", "Job") if is(&["spec", "suspend"]) => Done::Never("it is suspended"),
        ("batch", "Job") => Done::When("it has succeeded"),
        ("batch", "CronJob") => Done::When("its last run did not fail"),
        ("", "Pod") => Done::When("it is ready, or has succeeded"),
        ("", "PersistentVolumeClaim") => Done::When("it is bound"),
        ("", "Service") if type_of(resource) == Some("LoadBalancer") => Done::When("it has an address"),
        ("networking.k8s.io" | "extensions", "Ingress") => Done::When("it has an address"),
        ("autoscaling", "HorizontalPodAutoscaler") => Done::When("it gets its metrics"),
        ("policy", "PodDisruptionBudget") => Done::When("its controller has seen it"),
        ("apiregistration.k8s.io", "APIService") => Done::When("it is available"),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Done::When("it is established"),
        ("external-secrets.io", "ExternalSecret") => Done::When("its Secret is there"),
        ("external-secrets.io", "SecretStore" | "ClusterSecretStore") => Done::When("it is ready"),
        ("bitnami.com", "SealedSecret") => Done::When("its Secret is there"),
        ("cert-manager.io", "Certificate") => Done::When("it is issued"),
        ("cert-manager.io", "Issuer" | "ClusterIssuer") => Done::When("it is ready"),
        ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute") => Done::When("its gateways accept it"),
        ("gateway.networking.k8s.io", "Gateway") => Done::When("it is programmed"),
        ("keda.sh", "ScaledObject") => Done::When("it is ready"),
        ("postgresql.cnpg.io", "Cluster") => Done::When("it is healthy"),
        ("argoproj.io", "Rollout") => Done::When("it is rolled out"),
        ("secrets.infisical.com", "InfisicalSecret" | "InfisicalStaticSecret") => {
            Done::WithCheck("its Secret is synced")
        }
        ("secrets.infisical.com", "InfisicalConnection" | "InfisicalAuth") => Done::WithCheck("it is ready"),
        _ => Done::Applied,
    }
}

fn type_of(resource: &Resource) -> Option<&str> {
    resource.root.at(&["spec", "type"]).and_then(Node::as_str)
}
