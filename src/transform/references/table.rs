//! Which fields name resources of which kinds.

use ecow::EcoString;

use crate::resource::Gvk;

/// Whose rules the table and the choice among candidates follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Typed overlays: more fields, exact groups, and a `kind` beside a name counts.
    Typed,
    /// Kustomize, without its reading of more than it says.
    Kustomize,
}

/// What must hold beside the name for it to be a reference to the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// `kind` in the same mapping is the target's kind.
    Kind,
    /// `kind` in the same mapping is the target's kind or missing.
    KindOrMissing,
    /// `resources` in the same mapping (a rule of a Role) names this plural.
    Resource(&'static str),
}

/// One field of some referrers that names resources of one kind.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The kind that is referred to; empty version: any.
    pub target: Gvk,
    /// The kinds that have the field; empty group and version: any.
    pub referrer: Gvk,
    /// The field: a name, a mapping with `name` (and `namespace`), or a list of such.
    pub path: EcoString,
    /// What must hold beside the name; of no meaning under [`Rules::Kustomize`].
    pub guard: Guard,
}

/// The rules of one build.
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) rules: Rules,
    known: &'static [&'static [Row]],
    added: Vec<Rule>,
}

impl Table {
    /// The references that typed overlays follow.
    pub fn typed() -> Self {
        Self { rules: Rules::Typed, known: &[KUSTOMIZE, TYPED], added: Vec::new() }
    }

    /// The references that kustomize follows by default (its `nameReference` configuration; the
    /// entry for IngressClass has a group that no kind has, so it is left out).
    pub fn kustomize() -> Self {
        Self { rules: Rules::Kustomize, known: &[KUSTOMIZE], added: Vec::new() }
    }

    /// Adds a rule (kustomize's `configurations`, or a custom kind of the user's).
    pub fn add(&mut self, rule: Rule) {
        self.added.push(rule);
    }

    /// The rules for resources of this group, version and kind: those of the kind, then those of
    /// any kind. They are made on demand, for a build has few kinds.
    pub(super) fn of(&self, gvk: &Gvk) -> impl Iterator<Item = Rule> {
        let rows = self.known.iter().copied().flatten();
        let known = rows.filter(|row| row.3.contains(&gvk.kind.as_str())).map(|row| row.rule(&gvk.kind));
        let own = self.added.iter().filter(|rule| rule.referrer.kind == gvk.kind);
        let any = self.added.iter().filter(|rule| rule.referrer.kind.is_empty());
        known.chain(own.chain(any).cloned()).filter(|rule| {
            let fits = |selector: &EcoString, value: &EcoString| selector.is_empty() || selector == value;
            fits(&rule.referrer.group, &gvk.group) && fits(&rule.referrer.version, &gvk.version)
        })
    }
}

impl Row {
    /// The rule for one of the kinds.
    fn rule(&self, referrer: &str) -> Rule {
        let Self((kind, group, version), guard, referrer_group, _, path) = *self;
        let path = match path.strip_prefix("{pod}") {
            Some(rest) => [pod_spec(referrer), rest].concat().into(),
            None => path.into(),
        };
        let target = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
        let referrer = Gvk { group: referrer_group.into(), version: EcoString::new(), kind: referrer.into() };
        Rule { target, referrer, path, guard }
    }
}

/// Where the pod spec of a kind is.
fn pod_spec(kind: &str) -> &'static str {
    match kind {
        "Pod" => "spec",
        "PodTemplate" => "template/spec",
        "CronJob" => "spec/jobTemplate/spec/template/spec",
        _ => "spec/template/spec",
    }
}

/// Target (kind, group, version), guard, group of the referrers, their kinds, path.
#[derive(Debug)]
struct Row((&'static str, &'static str, &'static str), Guard, &'static str, &'static [&'static str], &'static str);

const CONFIG_MAP: (&str, &str, &str) = ("ConfigMap", "", "v1");
const SECRET: (&str, &str, &str) = ("Secret", "", "v1");
const SERVICE: (&str, &str, &str) = ("Service", "", "v1");
const ACCOUNT: (&str, &str, &str) = ("ServiceAccount", "", "v1");
const CLAIM: (&str, &str, &str) = ("PersistentVolumeClaim", "", "v1");
const VOLUME: (&str, &str, &str) = ("PersistentVolume", "", "v1");
const STORAGE: (&str, &str, &str) = ("StorageClass", "storage.k8s.io", "v1");
const PRIORITY: (&str, &str, &str) = ("PriorityClass", "scheduling.k8s.io", "v1");
const ROLE: (&str, &str, &str) = ("Role", RBAC, "");
const CLUSTER_ROLE: (&str, &str, &str) = ("ClusterRole", RBAC, "");
const POLICY: (&str, &str, &str) = ("ValidatingAdmissionPolicy", ADMISSION, "");
const DEPLOYMENT: (&str, &str, &str) = ("Deployment", "apps", "");
const STATEFUL_SET: (&str, &str, &str) = ("StatefulSet", "apps", "");
const REPLICA_SET: (&str, &str, &str) = ("ReplicaSet", "apps", "");
const CONTROLLER: (&str, &str, &str) = ("ReplicationController", "", "");

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

const TRAEFIK: &str = "traefik.io";

const INFISICAL: &str = "secrets.infisical.com";

const PODS: &[&str] = &["Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob"];
/// The kinds whose accounts, claims and priorities kustomize follows.
const RUNNERS: &[&str] = &["Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet"];
/// The kinds with pods that [`RUNNERS`] lacks.
const OTHER_RUNNERS: &[&str] = &["PodTemplate", "ReplicaSet"];
const ALL_PODS: &[&str] = &[
    "Pod",
    "PodTemplate",
    "Deployment",
    "ReplicaSet",
    "DaemonSet",
    "StatefulSet",
    "Job",
    "CronJob",
    "ReplicationController",
];
const HPA: &[&str] = &["HorizontalPodAutoscaler"];
const ROLES: &[&str] = &["Role", "ClusterRole"];
const BINDINGS: &[&str] = &["RoleBinding", "ClusterRoleBinding"];
const WEBHOOKS: &[&str] = &["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
const INGRESS: &[&str] = &["Ingress"];
const STORAGE_CLASS: &[&str] = &["StorageClass"];
const TRAEFIK_ROUTES: &[&str] = &["IngressRoute", "IngressRouteTCP", "IngressRouteUDP"];
const ROUTES: &[&str] = &["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];

/// Kustomize's default `nameReference` configuration.
const KUSTOMIZE: &[Row] = &[
    Row(DEPLOYMENT, Guard::Kind, "", HPA, "spec/scaleTargetRef/name"),
    Row(CONTROLLER, Guard::Kind, "", HPA, "spec/scaleTargetRef/name"),
    Row(REPLICA_SET, Guard::Kind, "", HPA, "spec/scaleTargetRef/name"),
    Row(STATEFUL_SET, Guard::Kind, "", HPA, "spec/scaleTargetRef/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/volumes/configMap/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/containers/env/valueFrom/configMapKeyRef/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/initContainers/env/valueFrom/configMapKeyRef/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/containers/envFrom/configMapRef/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/initContainers/envFrom/configMapRef/name"),
    Row(CONFIG_MAP, Guard::None, "", PODS, "{pod}/volumes/projected/sources/configMap/name"),
    Row(CONFIG_MAP, Guard::None, "", &["Node"], "spec/configSource/configMap"),
    Row(CONFIG_MAP, Guard::Resource("configmaps"), "", ROLES, "rules/resourceNames"),
    Row(
        CONFIG_MAP,
        Guard::None,
        "",
        INGRESS,
        r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap",
    ),
    Row(SECRET, Guard::None, "", PODS, "{pod}/volumes/secret/secretName"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/containers/env/valueFrom/secretKeyRef/name"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/initContainers/env/valueFrom/secretKeyRef/name"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/containers/envFrom/secretRef/name"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/initContainers/envFrom/secretRef/name"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/imagePullSecrets/name"),
    Row(SECRET, Guard::None, "", PODS, "{pod}/volumes/projected/sources/secret/name"),
    Row(SECRET, Guard::None, "", INGRESS, "spec/tls/secretName"),
    Row(SECRET, Guard::None, "", INGRESS, r"metadata/annotations/ingress.kubernetes.io\/auth-secret"),
    Row(SECRET, Guard::None, "", INGRESS, r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"),
    Row(SECRET, Guard::None, "", INGRESS, r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"),
    Row(SECRET, Guard::None, "", &["ServiceAccount"], "imagePullSecrets/name"),
    Row(SECRET, Guard::None, "", STORAGE_CLASS, "parameters/secretName"),
    Row(SECRET, Guard::None, "", STORAGE_CLASS, "parameters/adminSecretName"),
    Row(SECRET, Guard::None, "", STORAGE_CLASS, "parameters/userSecretName"),
    Row(SECRET, Guard::None, "", STORAGE_CLASS, "parameters/secretRef"),
    Row(SECRET, Guard::Resource("secrets"), "", ROLES, "rules/resourceNames"),
    Row(
        SECRET,
        Guard::None,
        "serving.knative.dev",
        &["Service"],
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
    ),
    Row(SECRET, Guard::None, "", &["PersistentVolume"], "spec/azureFile/secretName"),
    Row(SERVICE, Guard::None, "apps", &["StatefulSet"], "spec/serviceName"),
    Row(SERVICE, Guard::None, "", INGRESS, "spec/rules/http/paths/backend/serviceName"),
    Row(SERVICE, Guard::None, "", INGRESS, "spec/backend/serviceName"),
    Row(SERVICE, Guard::None, "", INGRESS, "spec/rules/http/paths/backend/service/name"),
    Row(SERVICE, Guard::None, "", INGRESS, "spec/defaultBackend/service/name"),
    Row(SERVICE, Guard::None, "apiregistration.k8s.io", &["APIService"], "spec/service/name"),
    Row(SERVICE, Guard::None, ADMISSION, WEBHOOKS, "webhooks/clientConfig/service"),
    Row(ROLE, Guard::Kind, RBAC, &["RoleBinding"], "roleRef/name"),
    Row(CLUSTER_ROLE, Guard::Kind, RBAC, BINDINGS, "roleRef/name"),
    Row(ACCOUNT, Guard::Kind, RBAC, BINDINGS, "subjects"),
    Row(ACCOUNT, Guard::None, "", RUNNERS, "{pod}/serviceAccountName"),
    Row(CLAIM, Guard::None, "", RUNNERS, "{pod}/volumes/persistentVolumeClaim/claimName"),
    Row(VOLUME, Guard::None, "", &["PersistentVolumeClaim"], "spec/volumeName"),
    Row(VOLUME, Guard::Resource("persistentvolumes"), "", &["ClusterRole"], "rules/resourceNames"),
    Row(STORAGE, Guard::None, "", &["PersistentVolume", "PersistentVolumeClaim"], "spec/storageClassName"),
    Row(STORAGE, Guard::None, "", &["StatefulSet"], "spec/volumeClaimTemplates/spec/storageClassName"),
    Row(PRIORITY, Guard::None, "", RUNNERS, "{pod}/priorityClassName"),
    Row(POLICY, Guard::None, ADMISSION, &["ValidatingAdmissionPolicyBinding"], "spec/policyName"),
];

/// What typed overlays follow beside these: the same fields where kustomize's list has gaps, and
/// fields of custom kinds that are met often (paths from the definitions of their projects).
const TYPED: &[Row] = &[
    Row(CONFIG_MAP, Guard::None, "", ALL_PODS, "{pod}/ephemeralContainers/env/valueFrom/configMapKeyRef/name"),
    Row(CONFIG_MAP, Guard::None, "", ALL_PODS, "{pod}/ephemeralContainers/envFrom/configMapRef/name"),
    Row(CONFIG_MAP, Guard::None, "", &["ReplicationController"], "{pod}/volumes/configMap/name"),
    Row(CONFIG_MAP, Guard::None, "", &["ReplicationController"], "{pod}/containers/env/valueFrom/configMapKeyRef/name"),
    Row(CONFIG_MAP, Guard::None, "", &["ReplicationController"], "{pod}/containers/envFrom/configMapRef/name"),
    Row(SECRET, Guard::None, "", ALL_PODS, "{pod}/ephemeralContainers/env/valueFrom/secretKeyRef/name"),
    Row(SECRET, Guard::None, "", ALL_PODS, "{pod}/ephemeralContainers/envFrom/secretRef/name"),
    Row(SECRET, Guard::None, "", ALL_PODS, "{pod}/volumes/csi/nodePublishSecretRef/name"),
    Row(SECRET, Guard::None, "", &["ReplicationController"], "{pod}/volumes/secret/secretName"),
    Row(SECRET, Guard::None, "", &["ReplicationController"], "{pod}/containers/env/valueFrom/secretKeyRef/name"),
    Row(SECRET, Guard::None, "", &["ReplicationController"], "{pod}/containers/envFrom/secretRef/name"),
    Row(SECRET, Guard::None, "", &["ReplicationController"], "{pod}/imagePullSecrets/name"),
    Row(SECRET, Guard::None, "", &["ServiceAccount"], "secrets/name"),
    Row(SECRET, Guard::KindOrMissing, GATEWAY, &["Gateway"], "spec/listeners/tls/certificateRefs/name"),
    Row(ACCOUNT, Guard::None, "", OTHER_RUNNERS, "{pod}/serviceAccountName"),
    Row(ACCOUNT, Guard::None, "", ALL_PODS, "{pod}/serviceAccount"),
    Row(ACCOUNT, Guard::Resource("serviceaccounts"), "", ROLES, "rules/resourceNames"),
    Row(SERVICE, Guard::Resource("services"), "", ROLES, "rules/resourceNames"),
    Row(CLAIM, Guard::Resource("persistentvolumeclaims"), "", ROLES, "rules/resourceNames"),
    Row(CLAIM, Guard::None, "", OTHER_RUNNERS, "{pod}/volumes/persistentVolumeClaim/claimName"),
    Row(CLAIM, Guard::Kind, "", &["PersistentVolumeClaim"], "spec/dataSource/name"),
    Row(CLAIM, Guard::Kind, "", &["PersistentVolumeClaim"], "spec/dataSourceRef/name"),
    Row(CLAIM, Guard::None, "", &["PersistentVolume"], "spec/claimRef"),
    Row(PRIORITY, Guard::None, "", OTHER_RUNNERS, "{pod}/priorityClassName"),
    Row(("RuntimeClass", "node.k8s.io", ""), Guard::None, "", ALL_PODS, "{pod}/runtimeClassName"),
    Row(("IngressClass", "networking.k8s.io", ""), Guard::None, "", INGRESS, "spec/ingressClassName"),
    Row(
        SERVICE,
        Guard::None,
        "apiextensions.k8s.io",
        &["CustomResourceDefinition"],
        "spec/conversion/webhook/clientConfig/service",
    ),
    Row(SERVICE, Guard::KindOrMissing, GATEWAY, ROUTES, "spec/rules/backendRefs/name"),
    Row(("Gateway", GATEWAY, ""), Guard::KindOrMissing, GATEWAY, ROUTES, "spec/parentRefs/name"),
    Row(("GatewayClass", GATEWAY, ""), Guard::None, GATEWAY, &["Gateway"], "spec/gatewayClassName"),
    Row(SERVICE, Guard::KindOrMissing, TRAEFIK, TRAEFIK_ROUTES, "spec/routes/services/name"),
    Row(("TraefikService", TRAEFIK, ""), Guard::Kind, TRAEFIK, &["IngressRoute"], "spec/routes/services/name"),
    Row(("Middleware", TRAEFIK, ""), Guard::None, TRAEFIK, &["IngressRoute"], "spec/routes/middlewares/name"),
    Row(("Middleware", TRAEFIK, ""), Guard::None, TRAEFIK, &["Middleware"], "spec/chain/middlewares/name"),
    Row(("TLSOption", TRAEFIK, ""), Guard::None, TRAEFIK, TRAEFIK_ROUTES, "spec/tls/options/name"),
    Row(SECRET, Guard::None, TRAEFIK, TRAEFIK_ROUTES, "spec/tls/secretName"),
    Row(SECRET, Guard::None, TRAEFIK, &["TLSStore"], "spec/defaultCertificate/secretName"),
    Row(SECRET, Guard::None, TRAEFIK, &["Middleware"], "spec/basicAuth/secret"),
    Row(SECRET, Guard::None, TRAEFIK, &["Middleware"], "spec/digestAuth/secret"),
    Row(SERVICE, Guard::KindOrMissing, TRAEFIK, &["Middleware"], "spec/errors/service/name"),
    Row(SECRET, Guard::None, "cert-manager.io", &["Certificate"], "spec/secretName"),
    Row(DEPLOYMENT, Guard::Kind, "autoscaling.k8s.io", &["VerticalPodAutoscaler"], "spec/targetRef/name"),
    Row(STATEFUL_SET, Guard::Kind, "autoscaling.k8s.io", &["VerticalPodAutoscaler"], "spec/targetRef/name"),
    Row(DEPLOYMENT, Guard::KindOrMissing, "keda.sh", &["ScaledObject"], "spec/scaleTargetRef/name"),
    Row(STATEFUL_SET, Guard::Kind, "keda.sh", &["ScaledObject"], "spec/scaleTargetRef/name"),
    Row(
        ("TriggerAuthentication", "keda.sh", ""),
        Guard::KindOrMissing,
        "keda.sh",
        &["ScaledObject", "ScaledJob"],
        "spec/triggers/authenticationRef/name",
    ),
    Row(SECRET, Guard::None, "keda.sh", &["TriggerAuthentication"], "spec/secretTargetRef/name"),
    Row(
        ("Issuer", "cert-manager.io", ""),
        Guard::KindOrMissing,
        "cert-manager.io",
        &["Certificate"],
        "spec/issuerRef/name",
    ),
    Row(
        ("ClusterIssuer", "cert-manager.io", ""),
        Guard::Kind,
        "cert-manager.io",
        &["Certificate"],
        "spec/issuerRef/name",
    ),
    Row(
        ("SecretStore", "external-secrets.io", ""),
        Guard::KindOrMissing,
        "external-secrets.io",
        &["ExternalSecret"],
        "spec/secretStoreRef/name",
    ),
    Row(
        ("ClusterSecretStore", "external-secrets.io", ""),
        Guard::Kind,
        "external-secrets.io",
        &["ExternalSecret"],
        "spec/secretStoreRef/name",
    ),
    Row(
        SECRET,
        Guard::None,
        INFISICAL,
        &["InfisicalSecret"],
        "spec/authentication/universalAuth/credentialsRef/secretName",
    ),
    Row(SECRET, Guard::None, INFISICAL, &["InfisicalSecret"], "spec/authentication/ldapAuth/credentialsRef/secretName"),
    Row(
        SECRET,
        Guard::None,
        INFISICAL,
        &["InfisicalSecret"],
        "spec/authentication/serviceToken/serviceTokenSecretReference/secretName",
    ),
    Row(SECRET, Guard::None, INFISICAL, &["InfisicalSecret"], "spec/tls/caRef/secretName"),
    Row(ACCOUNT, Guard::None, INFISICAL, &["InfisicalSecret"], "spec/authentication/kubernetesAuth/serviceAccountRef"),
    Row(ACCOUNT, Guard::None, INFISICAL, &["InfisicalAuth"], "spec/kubernetes/serviceAccountRef"),
    Row(SECRET, Guard::None, INFISICAL, &["InfisicalAuth"], "spec/universal/clientIdRef/name"),
    Row(SECRET, Guard::None, INFISICAL, &["InfisicalAuth"], "spec/universal/clientSecretRef/name"),
    Row(SECRET, Guard::None, INFISICAL, &["InfisicalAuth"], "spec/kubernetes/identityIdRef/name"),
    Row(("InfisicalAuth", INFISICAL, ""), Guard::None, INFISICAL, &["InfisicalStaticSecret"], "spec/infisicalAuthRef"),
    Row(
        ("InfisicalConnection", INFISICAL, ""),
        Guard::None,
        INFISICAL,
        &["InfisicalAuth"],
        "spec/infisicalConnectionRef",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_reference_of_kustomize_once() {
        let row = |rule: Rule| (rule.target, rule.referrer, rule.path);
        let rows: Vec<_> = KUSTOMIZE.iter().flat_map(|row| row.3.iter().map(|kind| row.rule(kind))).map(row).collect();
        // 166 distinct entries, without the one for IngressClass.
        assert_eq!(rows.len(), 165);
        assert_eq!(rows.into_iter().collect::<std::collections::HashSet<_>>().len(), 165);
    }
}
