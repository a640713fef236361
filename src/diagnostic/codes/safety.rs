//! What may not get into a cluster.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "secret-in-config",
        "the value of a declared secret key stands in no ConfigMap and in no variable as text",
        "whoever reads the repository, the cluster's ConfigMaps or a pod's description reads the secret",
        "refer to the key: `{secret: NAME}`",
    )
    .example("config: {settings: {TOKEN: abc}}", "env: {TOKEN: {secret: shop}}"),
    Code::guard(
        "secret-read-whole",
        "pods read declared keys of a Secret one by one, never the whole Secret",
        "an operator may copy everything at a path, a forbidden key with it",
        "refer to each key by name, with `secretKeyRef`",
    )
    .example("envFrom: [{secretRef: {name: shop}}]", "env: {TOKEN: {secret: shop}}"),
    Code::guard(
        "forbidden-key",
        "a key that a secret forbids is named nowhere",
        "the key is forbidden because something else has it, or must not have it",
        "remove the key, or its entry under `forbidden` with whoever wrote it",
    )
    .example("forbidden: [OLD_URL]\nkeys: {OLD_URL: {}}", "forbidden: [OLD_URL]\nkeys: {URL: {}}"),
    Code::guard(
        "local-secrets",
        "the provider `local`, which writes values into manifests, is for local environments alone",
        "its values are in the repository",
        "choose another provider; set `local: true` only for an environment on a machine of your own",
    )
    .example(
        "environments: {prod: {secrets: {provider: local}}}",
        "environments: {prod: {secrets: {provider: infisical}}}",
    ),
    Code::guard(
        "sops-ciphertext",
        "no Secret with SOPS ciphertext is rendered unless a stage after Strata decrypts it",
        "the cluster gets `ENC[...]` for a value, and pods start with it",
        "name the stage that decrypts it with `decryptedBy` of the provider `existing`, or use a SopsSecret",
    )
    .example("data: {TOKEN: \"ENC[AES256_GCM,...]\"}", "secrets: {provider: existing, decryptedBy: ksops}"),
    Code::guard(
        "pod-security",
        "pods satisfy the level of the Pod Security Standards that their namespace enforces",
        "the API server refuses the pods, and the rollout stands still without an error of its own",
        "write `security` of the workload, or another `podSecurity` of the namespace",
    )
    .example(
        "podSecurity: restricted\ncontainers: [{securityContext: {privileged: true}}]",
        "security: {runAsNonRoot: true}",
    ),
    Code::guard(
        "registry-not-allowed",
        "images come from the registries that the project allows",
        "an image from elsewhere may be gone, or changed, when a node pulls it",
        "push the image to an allowed registry, or allow its own under `registries:`",
    )
    .example("image: someone/tool:1.0", "image: ghcr.io/acme/tool:1.0"),
    Code::guard(
        "tag-policy",
        "image tags have the form that the environment demands",
        "what runs in production is a release, and can be found again",
        "set the image under `images:` of the overlay",
    )
    .example("tags: semver\nimages: {shop: {tag: latest}}", "tags: semver\nimages: {shop: {tag: v1.4.2}}"),
    Code::finding(
        "moving-tag",
        Level::Warning,
        "an image has a tag that is never set again, or a digest",
        "the manifest never changes, so nothing rolls out; and each node runs what it happened to pull",
        "set a tag that is never set again, or a digest, under `images:` of the overlay",
    )
    .example("images: {ghcr.io/acme/shop: {tag: latest}}", "images: {ghcr.io/acme/shop: {tag: v1.4.2}}"),
    Code::guard(
        "replicas-guard",
        "nothing sets more pods than a guard allows: no layer, patch, autoscaler or parameter",
        "two writers corrupt data; the guard says why",
        "write a number within the guard, or change the guard where it is written, with its reason",
    )
    .example(
        "replicas: {exactly: 1, because: one writer}   # and a patch: replicas: 2",
        "replicas: {exactly: 1, because: one writer}",
    ),
    Code::guard(
        "replicas-beside-autoscaler",
        "what an autoscaler scales has no `replicas` of its own",
        "each sync sets the number back, and the autoscaler scales again",
        "write `autoscaling` of the deployment instead of a number, or patch `replicas` away",
    )
    .example("replicas: 2   # and a HorizontalPodAutoscaler", "autoscaling: {min: 2, max: 5, cpu: 70}"),
    Code::guard(
        "migration-on-boot-scaled",
        "a migration that runs on boot runs in one pod",
        "several pods migrate one database at the same time",
        "run one pod, or let the migration run before the rollout: `mode: job`",
    )
    .example("migrations: {schema: {mode: onBoot}}\nreplicas: 2", "migrations: {schema: {mode: job}}\nreplicas: 2"),
    Code::guard(
        "path-rule-lost",
        "a rule on paths is kept by the network policies of the environment",
        "plain NetworkPolicy knows no paths: callers reach all of them",
        "choose Cilium, or accept it with a reason: `networkPolicies: {accept: {pathRules: REASON}}`",
    )
    .example("clients: {pay: {paths: [/webhooks]}}   # provider: kubernetes", "networkPolicies: {provider: cilium}"),
    Code::guard(
        "not-let-in",
        "an application that another one depends on lets it in",
        "policies of the other side drop the connection",
        "add the caller to the `clients` of the other application",
    )
    .example(
        "dependencies: {db: {application: ...}}   # db has no such client",
        "clients: {shop: {service: {namespace: shop}}}",
    ),
    Code::finding(
        "plain-secret",
        Level::Error,
        "a token, key or private key of a known form stands in Secrets alone",
        "whoever reads the repository, a ConfigMap or the description of a pod has it; it has to be replaced",
        "move it into a Secret, refer to its key, and replace what was in the repository",
    )
    .example(
        "env: [{name: TOKEN, value: ghp_...}]",
        "env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: shop, key: TOKEN}}}]",
    )
    .by_check(),
    Code::finding(
        "likely-secret",
        Level::Warning,
        "a value that its name calls a secret, and the password of a URL, stand in Secrets alone",
        "whoever reads the repository, a ConfigMap or the description of a pod has it",
        "move it into a Secret and refer to its key",
    )
    .example(
        "data: {DB_PASSWORD: hunter2}",
        "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: PASSWORD}}}]",
    )
    .by_check(),
    Code::finding(
        "host-access",
        Level::Warning,
        "pods keep to themselves: no privileges, folders, ports, processes or network of the node",
        "who gets into such a container has the node",
        "do without it, or label the namespace with `pod-security.kubernetes.io/enforce: privileged`",
    )
    .example(
        "securityContext: {privileged: true}",
        "securityContext: {privileged: false}",
    )
    .by_check(),
    Code::finding(
        "without-requests",
        Level::Warning,
        "a container says how much cpu and memory it needs",
        "nodes fill up without anybody knowing, and pods without requests are the first to be evicted",
        "write `resources: {requests: {cpu: ..., memory: ...}}`, or add a LimitRange",
    )
    .example(
        "containers: [{name: web}]",
        "containers: [{name: web, resources: {requests: {cpu: 50m, memory: 64Mi}}}]",
    )
    .by_check(),
    Code::finding(
        "missing-probe",
        Level::Warning,
        "a container that a Service sends to has a readiness probe",
        "each rollout sends requests to programs that are not up yet",
        "write `readinessProbe` of the container",
    )
    .example(
        "ports: [{containerPort: 80}]   # and a Service sends to it",
        "readinessProbe: {httpGet: {path: /ready, port: 80}}",
    )
    .by_check(),
    Code::finding(
        "rbac-wildcard",
        Level::Warning,
        "a role names verbs and resources, but for an API group that is all its own",
        "a wildcard grants what a later version adds, Secrets among it",
        "name the verbs and the resources that are needed",
    )
    .example(
        "rules: [{apiGroups: [\"\"], resources: [\"*\"], verbs: [\"*\"]}]",
        "rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get, list]}]",
    )
    .by_check(),
    Code::finding(
        "cluster-admin",
        Level::Warning,
        "nobody is bound to `cluster-admin`",
        "whoever gets at its token has the cluster",
        "write a role with the rights that are needed",
    )
    .example(
        "roleRef: {kind: ClusterRole, name: cluster-admin}",
        "roleRef: {kind: ClusterRole, name: shop-operator}",
    )
    .by_check(),
    Code::finding(
        "default-namespace",
        Level::Note,
        "an application has a namespace of its own",
        "rights, quotas and network policies are said of namespaces, and what is in `default` shares them with what got there by accident",
        "set another `namespace`",
    )
    .example(
        "metadata: {name: shop, namespace: default}",
        "metadata: {name: shop, namespace: shop}",
    )
    .by_check(),
];
