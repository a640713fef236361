//! What one object says of another.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "secret-key-not-supplied",
        "a Secret that the build renders for a declared secret supplies each declared key",
        "pods that need the key stay in CreateContainerConfigError",
        "supply the key, or take it from the declaration",
    )
    .example(
        "secrets: {shop: {keys: {TOKEN: {}}}}   # and a Secret `shop` without TOKEN",
        "kind: Secret\nmetadata: {name: shop}\nstringData: {TOKEN: ...}",
    ),
    Code::finding(
        "claim-not-shareable",
        Level::Error,
        "a claim that several pods mount has an access mode for that",
        "the second pod hangs in ContainerCreating, on the day on which it lands on another node",
        "give each its own claim, choose `ReadWriteMany`, or keep the pods on one node",
    )
    .example(
        "accessModes: [ReadWriteOnce]   # and a Deployment of 2 replicas mounts it",
        "accessModes: [ReadWriteMany]",
    ),
    Code::finding(
        "claim-blocks-rollout",
        Level::Warning,
        "a Deployment that mounts a claim of one node gives it up before its new pod starts",
        "the new pod waits for a volume that the old one holds, and the rollout never ends, where it lands on another node",
        "write `strategy: recreate` (`strategy: {type: Recreate}`), or choose `ReadWriteMany`",
    )
    .example(
        "accessModes: [ReadWriteOnce]   # and a Deployment with rolling updates mounts it",
        "strategy: {type: Recreate}",
    ),
    Code::finding(
        "reference-not-found",
        Level::Warning,
        "what an object names is there, under this name and in this namespace: ConfigMaps, Secrets, accounts, claims, Services, roles, what an autoscaler scales",
        "pods that name what is not there stay in CreateContainerConfigError, routes answer 503, and bindings grant nothing",
        "correct the name; the message says what has nearly this name, or which name the object has now",
    )
    .example(
        "envFrom: [{configMapRef: {name: setings}}]   # and a ConfigMap `settings`",
        "envFrom: [{configMapRef: {name: settings}}]",
    )
    .by_check(),
    Code::finding(
        "outside-reference",
        Level::Note,
        "what an object names is part of the build, or known to be made elsewhere",
        "a build cannot tell whether what is made elsewhere is there",
        "nothing where it is; otherwise correct the name, or add the object",
    )
    .example(
        "volumes: [{name: tls, secret: {secretName: made-by-hand}}]",
        "kind: ExternalSecret\nspec: {target: {name: made-by-hand}}",
    )
    .by_check(),
    Code::finding(
        "key-not-found",
        Level::Error,
        "a ConfigMap or Secret of the build has each key that pods name",
        "the pod stays in CreateContainerConfigError, or a file is missing",
        "correct the key, add it, or say `optional: true`",
    )
    .example(
        "configMapKeyRef: {name: settings, key: PROT}   # and data: {PORT: \"80\"}",
        "configMapKeyRef: {name: settings, key: PORT}",
    )
    .by_check(),
    Code::finding(
        "volume-not-found",
        Level::Error,
        "a container mounts volumes that its pod has",
        "Kubernetes refuses the pod, and a Deployment stands still",
        "correct the name, or add the volume",
    )
    .example(
        "volumes: [{name: data}]\nvolumeMounts: [{name: dta, mountPath: /data}]",
        "volumeMounts: [{name: data, mountPath: /data}]",
    )
    .by_check(),
    Code::finding(
        "port-not-found",
        Level::Error,
        "a route names a port of the Service, and a Service a named port of its pods",
        "every request is answered with 503, or refused",
        "correct the port; the message says which ones there are",
    )
    .example(
        "targetPort: htpp   # and ports: [{name: http, containerPort: 8080}]",
        "targetPort: http",
    )
    .by_check(),
    Code::finding(
        "undeclared-port",
        Level::Note,
        "a container declares the port that a Service sends to",
        "a container may listen on a port that it does not declare, so this is often right, and a mistake now and then",
        "declare the port of the container, or correct the number",
    )
    .example(
        "targetPort: 8081   # and ports: [{containerPort: 8080}]",
        "targetPort: 8080",
    )
    .by_check(),
    Code::finding(
        "invalid-subject",
        Level::Error,
        "the ServiceAccount of a binding says its namespace where the binding has none, and no API group",
        "Kubernetes refuses the binding",
        "write the `namespace`, and leave `apiGroup` out",
    )
    .example(
        "kind: ClusterRoleBinding\nsubjects: [{kind: ServiceAccount, name: robot}]",
        "subjects: [{kind: ServiceAccount, name: robot, namespace: shop}]",
    )
    .by_check(),
    Code::finding(
        "duplicate-in-list",
        Level::Error,
        "containers, volumes, mount paths and the ports of a Service stand in their list once",
        "Kubernetes refuses the object",
        "keep one of the two, or give one another name",
    )
    .example(
        "ports: [{name: http, port: 80}, {name: http, port: 81}]",
        "ports: [{name: http, port: 80}, {name: admin, port: 81}]",
    )
    .by_check(),
    Code::finding(
        "repeated-in-list",
        Level::Warning,
        "variables and the ports of a container stand in their list once",
        "the last one counts, a server-side apply refuses both, and Argo CD finds a difference for ever",
        "keep one of the two",
    )
    .example(
        "env: [{name: A, value: \"1\"}, {name: A, value: \"2\"}]",
        "env: [{name: A, value: \"2\"}]",
    )
    .by_check(),
    Code::finding(
        "duplicate-object",
        Level::Error,
        "an object is in a build once, whatever API versions it is written in",
        "the one that is applied last wins, and Argo CD warns on each sync",
        "keep one of the two",
    )
    .example(
        "extensions/v1beta1 Ingress shop\nnetworking.k8s.io/v1 Ingress shop",
        "networking.k8s.io/v1 Ingress shop",
    )
    .by_check(),
];
