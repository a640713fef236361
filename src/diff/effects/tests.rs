//! A case for each rule: what it finds, and what it lets pass.

use std::collections::BTreeSet;

use super::*;
use crate::diff::tests::resources;
use crate::diff::{Matching, compare};

/// What the changes from `old` to `new` do: effect, rule and reason.
fn found(old: &str, new: &str) -> Vec<Finding> {
    let (old, new) = (resources(old), resources(new));
    compare(&old, &new, Matching::SameObjects).into_iter().flat_map(|object| object.findings).collect()
}

fn rules(old: &str, new: &str) -> BTreeSet<&'static str> {
    found(old, new).into_iter().map(|finding| finding.rule).collect()
}

/// An object of a kind with these fields.
fn of(version: &str, kind: &str, fields: &str) -> String {
    format!("{{apiVersion: {version}, kind: {kind}, metadata: {{name: a, namespace: n}}, {fields}}}\n")
}

fn workload(kind: &str, spec: &str, pod: &str) -> String {
    of("apps/v1", kind, &format!("spec: {{{spec}, template: {{metadata: {{labels: {{app: a}}}}, spec: {{{pod}}}}}}}"))
}

/// A Deployment whose container has these fields.
fn container(fields: &str) -> String {
    workload("Deployment", "replicas: 3", &format!("containers: [{{name: c, image: 'ghcr.io/acme/x:1', {fields}}}]"))
}

/// Rule, what was, what is, and a part of the reason.
fn cases() -> Vec<(&'static str, String, String, &'static str)> {
    let deployment = |spec: &str| workload("Deployment", spec, "containers: []");
    let pod = |fields: &str| workload("Deployment", "replicas: 3", fields);
    let rbac = "rbac.authorization.k8s.io/v1";
    vec![
        ("removed-data", of("v1", "PersistentVolumeClaim", "spec: {}"), String::new(), "reclaim policy"),
        (
            "claim-retention",
            stateful("persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}, replicas: 3"),
            stateful("persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}, replicas: 2"),
            "from 3 to 2 replicas",
        ),
        (
            "reclaim-policy",
            of("v1", "PersistentVolume", "spec: {persistentVolumeReclaimPolicy: Retain}"),
            of("v1", "PersistentVolume", "spec: {persistentVolumeReclaimPolicy: Delete}"),
            "the reclaim policy becomes `Delete`",
        ),
        (
            "definition-field",
            definition("v1", "type: object, properties: {a: {type: string}, b: {type: string}}"),
            definition("v1", "type: object, properties: {a: {type: string}}"),
            "properties.b` goes",
        ),
        (
            "definition-narrowed",
            definition("v1", "type: object, properties: {a: {enum: [x, y]}}"),
            definition("v1", "type: object, properties: {a: {enum: [x]}}"),
            "what does not fit is refused",
        ),
        ("definition-version", definition("v1", "type: object"), definition("v2", "type: object"), "`v1` goes"),
        (
            "class-handler",
            of("networking.k8s.io/v1", "IngressClass", "spec: {controller: a}"),
            of("networking.k8s.io/v1", "IngressClass", "spec: {controller: b}"),
            "`spec.controller` is immutable",
        ),
        (
            "priority-class",
            of("scheduling.k8s.io/v1", "PriorityClass", "value: 10"),
            of("scheduling.k8s.io/v1", "PriorityClass", "value: 20"),
            "`value` is immutable",
        ),
        (
            "service-fixed",
            of("v1", "Service", "spec: {ipFamilies: [IPv4, IPv6]}"),
            of("v1", "Service", "spec: {ipFamilies: [IPv6, IPv4]}"),
            "`spec.ipFamilies` is immutable",
        ),
        (
            "volume",
            of("v1", "PersistentVolume", "spec: {nfs: {server: a, path: /}}"),
            of("v1", "PersistentVolume", "spec: {nfs: {server: b, path: /}}"),
            "`spec.nfs.server` of a volume",
        ),
        (
            "admission-fails",
            webhooks("{name: w, failurePolicy: Ignore}"),
            webhooks("{name: w}"),
            "while `w` does not answer",
        ),
        ("admission-off", webhooks("{name: w}, {name: v}"), webhooks("{name: v}"), "the webhook `w` goes"),
        (
            "autoscaler",
            of("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {minReplicas: 3}"),
            of("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {minReplicas: 2}"),
            "`spec.minReplicas` sinks from 3 to 2",
        ),
        ("blocked-drain", drained(2), drained(3), "`minAvailable: 3` with 3 replicas"),
        (
            "network-narrowed",
            of("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{}]}"),
            of("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{from: [{podSelector: {}}]}]}"),
            "`ingress` permits less",
        ),
        (
            "quota",
            of("v1", "ResourceQuota", "spec: {hard: {pods: '10'}}"),
            of("v1", "ResourceQuota", "spec: {hard: {pods: '5'}}"),
            "`pods` sinks from `10` to `5`",
        ),
        (
            "service-reach",
            of("v1", "Service", "spec: {selector: {app: a}, ports: [{port: 80}, {port: 81}]}"),
            of("v1", "Service", "spec: {selector: {app: a}, ports: [{port: 80}]}"),
            "port 81 does not answer",
        ),
        ("single-replica", deployment("replicas: 3"), deployment("replicas: 1"), "from 3 to 1 replica"),
        (
            "unreachable",
            ingress("{host: a.example.com, http: {paths: [{path: /x}]}}", ""),
            ingress("{host: a.example.com, http: {paths: [{path: /y}]}}", ""),
            "`a.example.com/x` is not reached",
        ),
        (
            "cloud-identity",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}, automountServiceAccountToken: false}\n".into(),
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, annotations: {eks.amazonaws.com/role-arn: b}}}\n".into(),
            "its pods are `b` in the cloud",
        ),
        (
            "plain-text",
            ingress("{host: a.example.com}", "tls: [{hosts: [a.example.com]}], "),
            ingress("{host: a.example.com}", ""),
            "`a.example.com` is served in plain text",
        ),
        ("claim-growth", claim("10Gi", "a"), claim("11Gi", "a"), "from `10Gi` to `11Gi`"),
        (
            "finalizer",
            "{apiVersion: v1, kind: Service, metadata: {name: a, finalizers: [x/y]}}\n".into(),
            "{apiVersion: v1, kind: Service, metadata: {name: a}}\n".into(),
            "nobody waits for `x/y`",
        ),
        (
            "schedule",
            of("batch/v1", "CronJob", "spec: {schedule: '* * * * *'}"),
            of("batch/v1", "CronJob", "spec: {schedule: '0 3 * * *', timeZone: Europe/Berlin}"),
            "it runs at `0 3 * * * Europe/Berlin`",
        ),
        ("claim", claim("10Gi", "a"), claim("9Gi", "a"), "cannot shrink from `10Gi` to `9Gi`"),
        (
            "definition",
            of("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {scope: Cluster}"),
            of("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec: {scope: Namespaced}"),
            "`spec.scope` is immutable",
        ),
        (
            "immutable-data",
            of("v1", "ConfigMap", "immutable: true, data: {A: a}"),
            of("v1", "ConfigMap", "immutable: true, data: {A: b}"),
            "`data.A` is immutable",
        ),
        ("job-template", job("a", ""), job("b", ""), "the Job is to be deleted"),
        (
            "role-ref",
            of(rbac, "RoleBinding", "roleRef: {kind: Role, name: a}"),
            of(rbac, "RoleBinding", "roleRef: {kind: Role, name: b}"),
            "`roleRef` is immutable",
        ),
        (
            "selector",
            deployment("selector: {matchLabels: {app: a}}"),
            deployment("selector: {matchLabels: {app: b}}"),
            "`spec.selector.matchLabels.app` is immutable",
        ),
        (
            "service-address",
            of("v1", "Service", "spec: {clusterIP: None}"),
            of("v1", "Service", "spec: {}"),
            "the Service stays headless",
        ),
        (
            "stateful-set",
            workload("StatefulSet", "serviceName: a", "containers: []"),
            workload("StatefulSet", "serviceName: b", "containers: []"),
            "`spec.serviceName` of a StatefulSet is immutable",
        ),
        (
            "storage-class",
            of("storage.k8s.io/v1", "StorageClass", "provisioner: a"),
            of("storage.k8s.io/v1", "StorageClass", "provisioner: b"),
            "`provisioner` of a StorageClass",
        ),
        ("scaled-to-zero", deployment("replicas: 3"), deployment("replicas: 0"), "from 3 to 0"),
        ("disruption-budget", budget(3), budget(2), "2 replicas with `minAvailable: 2`"),
        (
            "probe-removed",
            container("readinessProbe: {httpGet: {path: /}}"),
            container("imagePullPolicy: Always"),
            "`c` loses its `readinessProbe`",
        ),
        (
            "recreated-pods",
            workload("Deployment", "strategy: {type: Recreate}", "nodeName: a"),
            workload("Deployment", "strategy: {type: Recreate}", "nodeName: b"),
            "all pods stop before",
        ),
        (
            "suspended",
            of("batch/v1", "CronJob", "spec: {schedule: '* * * * *'}"),
            of("batch/v1", "CronJob", "spec: {schedule: '* * * * *', suspend: true}"),
            "it does not run any more",
        ),
        (
            "access",
            of(rbac, "Role", "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]"),
            of(rbac, "Role", "rules: [{apiGroups: [''], resources: [pods], verbs: [get, delete]}]"),
            "permits `get, delete` on `pods`",
        ),
        (
            "exposure",
            of("v1", "Service", "spec: {type: ClusterIP}"),
            of("v1", "Service", "spec: {type: LoadBalancer}"),
            "becomes a LoadBalancer",
        ),
        ("host", pod("containers: []"), pod("hostNetwork: true"), "pods get `hostNetwork`"),
        (
            "network-policy",
            of("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{from: [{podSelector: {}}]}]}"),
            of("networking.k8s.io/v1", "NetworkPolicy", "spec: {ingress: [{}]}"),
            "`ingress` permits something else",
        ),
        (
            "privileged",
            container("securityContext: {runAsNonRoot: true}"),
            container("securityContext: {privileged: true}"),
            "`c` becomes privileged",
        ),
        (
            "registry",
            container("args: [a]"),
            container("args: [a]").replace("ghcr.io/acme", "evil.example"),
            "comes from `evil.example`",
        ),
        (
            "secret-access",
            container("args: [a]"),
            container("envFrom: [{secretRef: {name: keys}}]"),
            "pods get the Secret `keys`",
        ),
        ("pruned", of("v1", "Service", "spec: {}"), String::new(), "it is deleted where pruning is on"),
        ("hook", job("a", "Sync"), job("b", "Sync"), "in the next sync (Sync)"),
        ("pod-template", container("args: [a]"), container("args: [b]"), "all pods are replaced"),
    ]
}

fn stateful(spec: &str) -> String {
    workload("StatefulSet", spec, "containers: []")
}

fn definition(version: &str, schema: &str) -> String {
    let version = format!("{{name: {version}, served: true, schema: {{openAPIV3Schema: {{{schema}}}}}}}");
    of("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("spec: {{versions: [{version}]}}"))
}

fn webhooks(webhooks: &str) -> String {
    let version = "admissionregistration.k8s.io/v1";
    of(version, "ValidatingWebhookConfiguration", &format!("webhooks: [{webhooks}]"))
}

fn ingress(rule: &str, tls: &str) -> String {
    of("networking.k8s.io/v1", "Ingress", &format!("spec: {{{tls}rules: [{rule}]}}"))
}

/// Three replicas, and a budget that wants so many of them.
fn drained(least: u8) -> String {
    budget(3).replace("minAvailable: 2", &format!("minAvailable: {least}"))
}

fn claim(size: &str, class: &str) -> String {
    let spec = format!("spec: {{storageClassName: {class}, resources: {{requests: {{storage: {size}}}}}}}");
    of("v1", "PersistentVolumeClaim", &spec)
}

fn job(image: &str, hook: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: j, annotations: {{argocd.argoproj.io/hook: '{hook}'}}}}\nspec: {{template: {{spec: {{containers: [{{name: c, image: {image}}}]}}}}}}\n"
    )
}

fn budget(replicas: u8) -> String {
    let budget = of("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 2, selector: {matchLabels: {app: a}}}");
    format!("{budget}---\n{}", workload("Deployment", &format!("replicas: {replicas}"), "containers: []"))
}

#[test]
fn every_rule_finds_its_case() {
    let cases = cases();
    for (rule, old, new, reason) in &cases {
        let found = found(old, new);
        let of_rule = found.iter().find(|finding| finding.rule == *rule);
        let finding = of_rule.unwrap_or_else(|| panic!("{rule}: {found:?}"));
        assert!(finding.reason.contains(reason), "{rule}: {}", finding.reason);
        let declared = RULES.iter().find(|known| known.name == *rule).unwrap();
        assert_eq!(finding.effect, declared.effect);
    }
    let tested: BTreeSet<&str> = cases.iter().map(|(rule, ..)| *rule).collect();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(tested, known, "a rule without a case");
}

#[test]
fn nothing_of_it_is_found_in_the_other_direction() {
    let directed = [
        "claim",
        "scaled-to-zero",
        "disruption-budget",
        "probe-removed",
        "suspended",
        "access",
        "exposure",
        "host",
        "privileged",
        "registry",
        "secret-access",
        "claim-retention",
        "reclaim-policy",
        "definition-field",
        "definition-narrowed",
        "admission-fails",
        "admission-off",
        "autoscaler",
        "blocked-drain",
        "network-narrowed",
        "quota",
        "service-reach",
        "single-replica",
        "cloud-identity",
        "plain-text",
        "claim-growth",
    ];
    for (rule, old, new, _) in cases().into_iter().filter(|(rule, ..)| directed.contains(rule)) {
        let back = rules(&new, &old);
        assert!(rule == "registry" || !back.contains(rule), "{rule}: {back:?}");
    }
}

#[test]
fn the_riskiest_comes_first_and_what_is_left_has_a_name() {
    let strategy = |image: &str, probe: &str| {
        workload(
            "Deployment",
            "strategy: {type: Recreate}",
            &format!("containers: [{{name: c, image: {image}{probe}}}]"),
        )
    };
    let findings = found(&strategy("x", ", livenessProbe: {exec: {}}"), &strategy("y", ""));
    let effects: Vec<Effect> = findings.iter().map(|finding| finding.effect).collect();
    assert_eq!(effects, [Effect::Availability, Effect::Availability, Effect::Restart]);
    let service = |fields: &str| of("v1", "Service", fields);
    assert_eq!(
        rules(&service("spec: {}"), &service("spec: {sessionAffinity: ClientIP}")),
        BTreeSet::from(["configuration"])
    );
    let labelled = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: n, labels: {x: y}}, spec: {}}\n";
    assert_eq!(rules(&service("spec: {}"), labelled), BTreeSet::from(["metadata"]));
    assert_eq!(rules("", &service("spec: {}")), BTreeSet::from(["created"]));
}

#[test]
fn what_argo_cd_keeps_is_not_lost() {
    let kept = "{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {argocd.argoproj.io/sync-options: 'Prune=false'}}}\n";
    assert_eq!(rules(kept, ""), BTreeSet::from(["kept"]));
    let replaced = |image: &str| job(image, "").replace("hook: ''", "sync-options: 'Force=true,Replace=true'");
    let findings = found(&replaced("a"), &replaced("b"));
    assert!(findings[0].reason.contains("Argo CD replaces the Job"), "{findings:?}");
}

#[test]
fn a_job_that_is_replaced_without_force_is_refused() {
    let replaced = |image: &str| job(image, "").replace("hook: ''", "sync-options: Replace=true");
    let findings = found(&replaced("a"), &replaced("b"));
    assert!(findings[0].reason.contains("the Job is to be deleted"), "{findings:?}");
}

#[test]
fn a_default_that_is_spelled_out_is_not_refused() {
    let cases = [
        ("v1", "Secret", "data: {}", "type: Opaque, data: {}"),
        ("v1", "PersistentVolumeClaim", "spec: {volumeName: v}", "spec: {volumeName: v, volumeMode: Filesystem}"),
        ("scheduling.k8s.io/v1", "PriorityClass", "value: 1", "value: 1, preemptionPolicy: PreemptLowerPriority"),
        ("storage.k8s.io/v1", "StorageClass", "provisioner: a", "provisioner: a, reclaimPolicy: Delete"),
        ("apps/v1", "StatefulSet", "spec: {replicas: 1}", "spec: {replicas: 1, podManagementPolicy: OrderedReady}"),
    ];
    for (version, kind, silent, spelled) in cases {
        let (silent, spelled) = (of(version, kind, silent), of(version, kind, spelled));
        assert_eq!(rules(&silent, &spelled), BTreeSet::from(["configuration"]), "{kind}");
        assert_eq!(rules(&spelled, &silent), BTreeSet::from(["configuration"]), "{kind}");
    }
    let retained = of("storage.k8s.io/v1", "StorageClass", "provisioner: a, reclaimPolicy: Retain");
    let silent = of("storage.k8s.io/v1", "StorageClass", "provisioner: a");
    assert_eq!(rules(&silent, &retained), BTreeSet::from(["storage-class"]));
}

#[test]
fn what_a_suspended_job_and_an_indexed_one_may_change_is_not_refused() {
    let job = |spec: &str| of("batch/v1", "Job", &format!("spec: {{{spec}}}"));
    let pods = |zone: &str, suspend: bool| {
        job(&format!("suspend: {suspend}, template: {{spec: {{nodeSelector: {{zone: {zone}}}, containers: []}}}}"))
    };
    assert_eq!(rules(&pods("a", true), &pods("b", true)), BTreeSet::from(["configuration"]));
    assert_eq!(rules(&pods("a", false), &pods("b", false)), BTreeSet::from(["job-template"]));
    let indexed =
        |count: u8, at_once: u8| job(&format!("completionMode: Indexed, completions: {count}, parallelism: {at_once}"));
    assert_eq!(rules(&indexed(2, 2), &indexed(3, 3)), BTreeSet::from(["configuration"]));
    assert_eq!(rules(&indexed(2, 2), &indexed(3, 2)), BTreeSet::from(["job-template"]));
}

#[test]
fn a_service_may_change_what_its_type_does_not_fix() {
    let service = |spec: &str| of("v1", "Service", &format!("spec: {{{spec}}}"));
    let refused = |old: &str, new: &str| rules(&service(old), &service(new)).contains("service-fixed");
    let (balanced, local) = ("type: LoadBalancer", "type: LoadBalancer, externalTrafficPolicy: Local");
    assert!(refused(balanced, &format!("{balanced}, loadBalancerClass: a/b")));
    assert!(refused(&format!("{balanced}, loadBalancerClass: a/b"), balanced));
    assert!(!refused("type: ClusterIP", &format!("{balanced}, loadBalancerClass: a/b")));
    assert!(refused(&format!("{local}, healthCheckNodePort: 30000"), &format!("{local}, healthCheckNodePort: 30001")));
    assert!(!refused(&format!("{local}, healthCheckNodePort: 30000"), local));
    assert!(!refused("clusterIP: None, ipFamilies: [IPv4]", "clusterIP: None, ipFamilies: [IPv6]"));
}

#[test]
fn a_volume_may_be_given_a_node_affinity_once() {
    let volume = |spec: &str| of("v1", "PersistentVolume", &format!("spec: {{local: {{path: /a}}{spec}}}"));
    let near = |zone: &str| volume(&format!(", nodeAffinity: {{required: {{nodeSelectorTerms: [{{x: {zone}}}]}}}}"));
    assert_eq!(rules(&volume(""), &near("a")), BTreeSet::from(["configuration"]));
    assert_eq!(rules(&near("a"), &near("b")), BTreeSet::from(["volume"]));
    assert_eq!(rules(&near("a"), &volume("")), BTreeSet::from(["volume"]));
}

#[test]
fn a_secret_goes_with_what_made_it_where_that_owns_it() {
    let lost = |version: &str, kind: &str, fields: &str| rules(&of(version, kind, fields), "").contains("removed-data");
    let external = "external-secrets.io/v1";
    assert!(lost(external, "ExternalSecret", "spec: {target: {name: a}}"));
    assert!(!lost(external, "ExternalSecret", "spec: {target: {creationPolicy: Orphan}}"));
    let infisical = "secrets.infisical.com/v1alpha1";
    assert!(!lost(infisical, "InfisicalSecret", "spec: {managedSecretReference: {secretName: a}}"));
    assert!(lost(infisical, "InfisicalSecret", "spec: {managedSecretReference: {creationPolicy: Owner}}"));
    assert!(lost(infisical, "InfisicalSecret", "spec: {managedKubeSecretReferences: [{creationPolicy: Owner}]}"));
    let current = "secrets.infisical.com/v1beta1";
    assert!(!lost(current, "InfisicalStaticSecret", "spec: {targets: [{creationPolicy: Orphan}]}"));
    assert!(lost(current, "InfisicalStaticSecret", "spec: {targets: [{creationPolicy: Owner}]}"));
    let kept =
        "spec: {template: {metadata: {annotations: {sealedsecrets.bitnami.com/skip-set-owner-references: 'true'}}}}";
    assert!(lost("bitnami.com/v1alpha1", "SealedSecret", "spec: {}"));
    assert!(!lost("bitnami.com/v1alpha1", "SealedSecret", kept));
}

#[test]
fn an_application_goes_with_what_it_deployed_where_its_finalizer_says_so() {
    let application = |finalizers: &str| {
        format!(
            "{{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {{name: a, finalizers: [{finalizers}]}}}}\n"
        )
    };
    assert_eq!(rules(&application(""), ""), BTreeSet::from(["pruned"]));
    let lost = rules(&application("resources-finalizer.argocd.argoproj.io"), "");
    assert_eq!(lost, BTreeSet::from(["pruned", "removed-data"]));
}

#[test]
fn what_stays_permitted_or_has_another_order_is_no_change_of_access() {
    let policy = |rules: &str| of("networking.k8s.io/v1", "NetworkPolicy", &format!("spec: {{ingress: [{rules}]}}"));
    let (wide, narrow) = ("{from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}", "{from: [{podSelector: {}}]}");
    assert_eq!(rules(&policy(wide), &policy(narrow)), BTreeSet::from(["network-narrowed"]));
    assert_eq!(rules(&policy(narrow), &policy(wide)), BTreeSet::from(["network-policy"]));
    assert_eq!(rules(&policy(narrow), &policy("{from: []}")), BTreeSet::from(["network-policy"]));
    // A policy that comes with its pods takes nothing away; one that comes to pods that run does.
    let pods = workload("Deployment", "replicas: 1", "containers: []");
    let one = of("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {matchLabels: {app: a}}}");
    let both = format!("{pods}---\n{one}");
    assert_eq!(rules("", &both), BTreeSet::from(["created"]));
    assert_eq!(rules(&pods, &both), BTreeSet::from(["created", "network-narrowed"]));
}

#[test]
fn a_schema_that_permits_more_narrows_nothing() {
    let schema = |schema: &str| definition("v1", &format!("type: object, {schema}"));
    for (old, new) in [
        ("properties: {a: {enum: [x]}}", "properties: {a: {enum: [x, y]}}"),
        ("required: [a]", "required: []"),
        ("properties: {a: {maximum: 3}}", "properties: {a: {}}"),
        ("properties: {a: {type: string}}", "properties: {a: {type: string}, pattern: {type: string}}"),
        ("properties: {a: {description: x}}", "properties: {a: {description: y}}"),
    ] {
        assert_eq!(rules(&schema(old), &schema(new)), BTreeSet::from(["configuration"]), "{new}");
    }
}

#[test]
fn a_generated_secret_with_another_hash_is_no_loss() {
    let secret = |hash: &str, value: &str| {
        format!("{{apiVersion: v1, kind: Secret, metadata: {{name: s-{hash}}}, data: {{A: {value}}}}}\n")
    };
    assert_eq!(rules(&secret("bcdfghkmt2", "eA=="), &secret("2456789bcd", "eQ==")), BTreeSet::from(["configuration"]));
}

#[test]
fn the_documentation_has_every_rule_with_its_effect_and_source() {
    let documentation = include_str!("../../../docs/diff.md");
    for rule in RULES {
        let row = format!("| `{}` | {} | {} | {} |", rule.name, rule.effect.as_str(), rule.text, rule.source);
        assert!(documentation.contains(&row), "docs/diff.md lacks\n{row}");
    }
}
