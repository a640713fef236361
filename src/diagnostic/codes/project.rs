//! `strata.yaml`, and what only all applications together can break.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "capacity-exceeded",
        "what all overlays of a cluster request, with surge and reserve, fits into the cluster",
        "the last pod stays Pending, and a rollout never ends",
        "lower requests, or say the capacity that the cluster has",
    )
    .example("clusters: {one: {memory: 2Gi}}   # and 3Gi are requested", "clusters: {one: {memory: 4Gi}}"),
    Code::finding(
        "missing-request",
        Level::Error,
        "where the capacity of a cluster counts, each container says what it needs",
        "what is not said cannot be summed up, and the sum would be wrong",
        "write `resources: {requests: {...}}` of the container",
    )
    .example("containers: [{name: web}]", "containers: [{name: web, resources: {requests: {memory: 64Mi}}}]"),
    Code::finding(
        "capacity-unknown",
        Level::Warning,
        "what shares a cluster can be built, so that its requests can be summed up",
        "the sum lacks what is broken",
        "build the overlay that the message names: it says why",
    )
    .example("overlays/a/prod does not build", "overlays/a/prod builds"),
    Code::guard(
        "duplicate-number",
        "a number that one application of the project has alone is no other's",
        "two writers with one id make the same keys",
        "give one of them a number that no application of the project has",
    )
    .example("a: uniqueNumbers: {snowflake: 3}\nb: uniqueNumbers: {snowflake: 3}", "b: uniqueNumbers: {snowflake: 4}"),
    Code::finding(
        "shared-unique-number",
        Level::Warning,
        "a number of its own belongs to one pod",
        "pods of one workload share the number, as two applications would",
        "run one pod, or let each pod have a number of its own",
    )
    .example("uniqueNumbers: {snowflake: 3}\nreplicas: 2", "uniqueNumbers: {snowflake: 3}\nreplicas: 1"),
    Code::finding(
        "unknown-metric",
        Level::Error,
        "an alert reads metrics that a declared source provides",
        "an alert on a metric that nobody provides never fires",
        "declare the source under `metricSources`, or write the name that it has",
    )
    .example("expr: reqests_total > 5", "expr: requests_total > 5"),
    Code::finding(
        "object-of-two-overlays",
        Level::Error,
        "an object of a cluster is rendered by one overlay",
        "each sync of one application undoes what the other one did",
        "give one of them another namespace, or let one overlay alone render it",
    )
    .example(
        "shop and admin, both with namespace: tools, render ConfigMap/settings",
        "shop with namespace: shop, admin with namespace: admin",
    )
    .by_check(),
    Code::finding(
        "environment-drift",
        Level::Warning,
        "the environments of an application have the same objects, containers, variables, ports, keys, \
         dependencies and routes; `strata check --drift` compares them",
        "a key that was forgotten in production is found when a pod does not start",
        "write it there too, or say with an exception that the difference is meant",
    )
    .example(
        "staging: app: {config: {settings: {CACHE: redis}}}",
        "staging and prod: app: {config: {settings: {CACHE: redis}}}",
    )
    .by_check(),
    Code::finding(
        "unused-exception",
        Level::Warning,
        "an exception lets something pass",
        "it is left over, and will let pass what nobody has looked at",
        "take the exception away, or name the object and field as they are rendered",
    )
    .example(
        "exceptions: [{code: moving-tag, object: Deployment/shpo, reason: ...}]",
        "exceptions: [{code: moving-tag, object: Deployment/shop, reason: ...}]",
    )
    .by_check(),
    Code::finding(
        "exception-expired",
        Level::Error,
        "an exception lets findings pass up to its last day, which `strata check --today DAY` compares",
        "somebody has promised to correct it by then",
        "correct what it let pass, or agree on another day",
    )
    .example("until: \"2026-01-31\"   # with --today 2026-02-01", "until: \"2026-06-30\"")
    .by_check(),
    Code::finding(
        "policy",
        Level::Error,
        "the final objects satisfy the policies of the organisation: CEL expressions in `policies/`",
        "what breaks a policy is refused by the cluster that enforces it, or by whoever wrote it down",
        "change the object, or except it with a reason: `code: policy/NAME` (docs/policies.md)",
    )
    .example("expression: object.spec.replicas >= 2\nreplicas: 1", "replicas: 2")
    .by_check(),
    Code::finding(
        "policy-too-costly",
        Level::Error,
        "a policy is held against all objects in a bounded number of steps",
        "the rest of the objects were not held against it, and a cluster bounds the cost as well",
        "do not run over a list for each element of another one",
    )
    .example("a.all(x, a.all(y, a.all(z, ...)))", "a.all(x, x in ['b', 'c'])")
    .by_check(),
    Code::finding(
        "unchecked-policy",
        Level::Note,
        "a policy says what can be told offline, of objects as they are made",
        "what needs a cluster (`authorizer`, the user, labels of a namespace that is not rendered, parameters \
         that are not here) and what is for updates and deletions alone is not held against anything",
        "render the namespace, or put the parameters beside the policy; else nothing: the cluster checks it",
    )
    .example(
        "expression: authorizer.group('').resource('pods').check('create').allowed()",
        "expression: object.spec.replicas < 5",
    )
    .by_check(),
    Code::finding(
        "unused-params",
        Level::Warning,
        "an object in the folder of policies is a policy, a binding, or what a policy has as its parameters",
        "it is never looked at",
        "name its kind under `paramKind` of a policy, or move it elsewhere",
    )
    .example(
        "policies/limits.yaml: a ConfigMap that no `paramKind` names",
        "paramKind: {apiVersion: v1, kind: ConfigMap}",
    )
    .by_check(),
    Code::error(
        "invalid-policy",
        "a file of policies holds policies that the API server, or Strata, would take",
        "correct it as the message says; docs/policies.md shows both forms",
    ),
    Code::error(
        "invalid-cel",
        "an expression of a policy is CEL, and names only what there is",
        "correct it where the message points; docs/policies.md lists what can be named",
    ),
    Code::error(
        "invalid-object",
        "an exception names one object",
        "write `Kind/name` as the object is rendered, such as `Deployment/shop`",
    ),
    Code::error(
        "invalid-date",
        "a day is written as year, month and day",
        "write the like of `\"2026-12-31\"`, in quotes",
    ),
    Code::error(
        "fixed-level",
        "a guard has no other level and no exception: it is always an error",
        "change what it guards where that is written, with its reason",
    ),
    Code::error(
        "unknown-code",
        "a code that is named is one of the table, and where a level is set or an exception made, of a finding",
        "write one of the codes that docs/checks.md shows as settable",
    ),
    Code::error(
        "unknown-cluster",
        "an environment names a cluster that strata.yaml declares",
        "declare it under `clusters:`",
    ),
    Code::error(
        "unknown-environment",
        "an overlay names an environment that strata.yaml declares",
        "declare it under `environments:`",
    ),
    Code::error(
        "unknown-kubernetes-version",
        "the version of Kubernetes is one whose definitions Strata has",
        "write a version in the range that the message names",
    ),
    Code::error(
        "invalid-requirement",
        "`requires` is a requirement on versions",
        "write the like of `>=0.4` or `^1.2`",
    ),
    Code::error("strata-too-old", "the binary is one that `requires` allows", "install a version that fits"),
    Code::error(
        "invalid-registry",
        "an entry of `registries` is a registry, with or without a path",
        "write the like of `ghcr.io/acme`, without a tag",
    ),
];
