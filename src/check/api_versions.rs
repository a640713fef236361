//! API versions that a release of Kubernetes has deprecated or no longer serves, with what replaces
//! them, and kinds of its groups that it does not have.
//!
//! The table is that of <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::kubernetes::{Definitions, Version};
use crate::resource::{Gvk, Resource};

/// API versions that went away: group and version, kinds, the minor release of Kubernetes 1 that
/// has the replacement first, the one that no longer serves them, and the replacement.
const GONE: [(&str, &[&str], u8, u8, &str); 32] = [
    ("flowcontrol.apiserver.k8s.io/v1beta3", FLOW, 29, 32, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", FLOW, 26, 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", FLOW, 23, 26, "flowcontrol.apiserver.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 24, 27, "storage.k8s.io/v1"),
    ("autoscaling/v2beta2", SCALER, 23, 26, "autoscaling/v2"),
    ("autoscaling/v2beta1", SCALER, 23, 25, "autoscaling/v2"),
    ("batch/v1beta1", &["CronJob"], 21, 25, "batch/v1"),
    ("discovery.k8s.io/v1beta1", &["EndpointSlice"], 21, 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", &["Event"], 19, 25, "events.k8s.io/v1"),
    ("policy/v1beta1", &["PodDisruptionBudget"], 21, 25, "policy/v1"),
    ("policy/v1beta1", &["PodSecurityPolicy"], 21, 25, ""),
    ("node.k8s.io/v1beta1", &["RuntimeClass"], 20, 25, "node.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", HOOKS, 16, 22, "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 16, 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", &["APIService"], 10, 22, "apiregistration.k8s.io/v1"),
    ("authentication.k8s.io/v1beta1", &["TokenReview"], 6, 22, "authentication.k8s.io/v1"),
    ("authorization.k8s.io/v1beta1", REVIEWS, 6, 22, "authorization.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 19, 22, "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", &["Lease"], 14, 22, "coordination.k8s.io/v1"),
    ("extensions/v1beta1", &["Ingress"], 19, 22, "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 19, 22, "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", ROLES, 8, 22, "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", &["PriorityClass"], 14, 22, "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", STORAGE, 19, 22, "storage.k8s.io/v1"),
    ("extensions/v1beta1", &["NetworkPolicy"], 8, 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", WORKLOADS, 9, 16, "apps/v1"),
    ("extensions/v1beta1", &["PodSecurityPolicy"], 10, 16, ""),
    ("apps/v1beta1", WORKLOADS, 9, 16, "apps/v1"),
    ("apps/v1beta2", WORKLOADS, 9, 16, "apps/v1"),
    ("batch/v2alpha1", &["CronJob"], 21, 21, "batch/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", ROLES, 8, 22, "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1alpha1", &["PriorityClass"], 14, 22, "scheduling.k8s.io/v1"),
];

const FLOW: &[&str] = &["FlowSchema", "PriorityLevelConfiguration"];
const SCALER: &[&str] = &["HorizontalPodAutoscaler"];
const HOOKS: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
const REVIEWS: &[&str] =
    &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"];
const ROLES: &[&str] = &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];
const STORAGE: &[&str] = &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"];
const WORKLOADS: &[&str] = &["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let version = build.policy.kubernetes.unwrap_or(Version::NEWEST);
    let definitions = Definitions::of(version);
    for resource in build.resources {
        let gvk = &resource.id().gvk;
        let found = match gone(gvk) {
            Some(gone) => of_old_version(build, resource, gone, version),
            None if definitions.resource(gvk).is_none() => of_unknown_kind(build, resource, definitions),
            None => None,
        };
        found.into_iter().for_each(|found| diagnostics.push(found));
    }
}

fn gone(gvk: &Gvk) -> Option<(u8, u8, &'static str)> {
    let api_version = gvk.api_version();
    let same = |(of, kinds, ..): &&(&str, &[&str], u8, u8, &str)| *of == api_version && kinds.contains(&&*gvk.kind);
    GONE.iter().find(same).map(|(.., since, removed, now)| (*since, *removed, *now))
}

fn of_old_version(
    build: &Build<'_>,
    resource: &Resource,
    (since, removed, now): (u8, u8, &str),
    version: Version,
) -> Option<Diagnostic> {
    let of = resource.id().gvk.api_version();
    let kind = resource.kind();
    let found = if version.minor >= removed {
        let message =
            format!("Kubernetes {version} does not serve `{of}` of `{}`: 1.{removed} took it away", resource.id());
        Diagnostic::error("removed-api", message)
    } else if version.minor >= since {
        let message = format!("`{of}` of `{}` is deprecated, and Kubernetes 1.{removed} takes it away", resource.id());
        Diagnostic::warning("deprecated-api", message)
    } else {
        return None;
    };
    let help = match now {
        "" => "nothing replaces it: set the level of the Pod Security Standards on namespaces".to_owned(),
        now => format!("write `apiVersion: {now}`, which serves {kind} from 1.{since} on; its fields may differ"),
    };
    let place = resource.root.get("apiVersion").unwrap_or(&resource.root);
    Some(found.at(build.at(resource, place)).about(resource.id()).help(help))
}

/// A kind in a group of Kubernetes' own that the release does not have. Other groups are other
/// people's.
fn of_unknown_kind(build: &Build<'_>, resource: &Resource, definitions: Definitions) -> Option<Diagnostic> {
    let gvk = &resource.id().gvk;
    let of_group: Vec<Gvk> = definitions.kinds().filter(|known| known.group == gvk.group).collect();
    if of_group.is_empty() {
        return None;
    }
    let version = definitions.version();
    let message = format!("Kubernetes {version} has no `{}` in `{}`", gvk.kind, gvk.api_version());
    let other_version = of_group.iter().find(|known| known.kind == gvk.kind);
    let help = match other_version {
        Some(other) => format!("it has one in `{}`", other.api_version()),
        None => match near_miss(&gvk.kind, of_group.iter().map(|known| &*known.kind)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name the version of the cluster with `kubernetes:` if it is not {version}"),
        },
    };
    let place = if other_version.is_some() { "apiVersion" } else { "kind" };
    let place = resource.root.get(place).unwrap_or(&resource.root);
    Some(Diagnostic::warning("unserved-kind", message).at(build.at(resource, place)).about(resource.id()).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::super::test::{Case, findings};
    use super::*;
    use crate::kubernetes::served;

    fn found(object: &str, version: &str) -> Vec<String> {
        let policy = Policy { kubernetes: Some(version.parse().unwrap()), ..Policy::default() };
        let yaml = format!("{{{object}, metadata: {{name: x}}}}");
        findings(check, &Case { yaml: &yaml, policy, ..Case::default() })
    }

    #[test]
    fn the_table_agrees_with_the_definitions_where_they_reach() {
        for (api_version, kinds, since, removed, now) in GONE {
            for kind in kinds {
                if let Some(served) = served(&Gvk::new(api_version, kind)) {
                    assert_eq!(served.end().minor, removed - 1, "{api_version} {kind}");
                } else {
                    assert!(removed <= 25, "{api_version} {kind}");
                }
                if !now.is_empty() {
                    let replacement = served(&Gvk::new(now, kind));
                    let first = replacement.unwrap_or_else(|| panic!("{now} {kind}")).start().minor;
                    assert!(first == 25 || first >= since, "{now} {kind}: {first}");
                    assert!(first <= removed.max(29), "{now} {kind}: {first}");
                }
            }
        }
    }

    #[test]
    fn an_old_version_is_deprecated_and_then_gone() {
        let scaler = "apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler";
        assert!(
            found(scaler, "1.25")[0].starts_with("deprecated-api [autoscaling/v2beta2"),
            "{:?}",
            found(scaler, "1.25")
        );
        assert!(found(scaler, "1.26")[0].starts_with("removed-api [autoscaling/v2beta2"));
        assert!(found("apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler", "1.26").is_empty());
        assert!(found("apiVersion: extensions/v1beta1, kind: Ingress", "1.37")[0].contains("1.22 took it away"));
    }

    #[test]
    fn a_kind_that_the_release_does_not_have_is_found_in_groups_of_kubernetes_alone() {
        let policy = "apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy";
        assert!(found(policy, "1.29")[0].starts_with("unserved-kind"), "{:?}", found(policy, "1.29"));
        assert!(found(policy, "1.30").is_empty());
        let misspelt = found("apiVersion: apps/v1, kind: Deploymnt", "1.30");
        assert_eq!(
            misspelt,
            [
                "unserved-kind [Deploymnt, metadata: {name: x}}] Kubernetes 1.30 has no `Deploymnt` in `apps/v1` (did you mean `Deployment`?)"
            ]
        );
        assert!(found("apiVersion: example.com/v1, kind: Deploymnt", "1.30").is_empty());
    }
}
