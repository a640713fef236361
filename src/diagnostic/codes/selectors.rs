//! Labels, and whom they select.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::guard(
        "overlapping-selectors",
        "no two workloads select the same pods",
        "each takes the other's pods for its own: they are scaled and deleted by the wrong one",
        "give the pods of each workload a label of their own, and select by it",
    )
    .example(
        "web:    selector: {app: shop}\nworker: selector: {app: shop}",
        "web:    selector: {app: shop, component: web}\nworker: selector: {app: shop, component: worker}",
    ),
    Code::guard(
        "service-catches-other-pods",
        "a Service selects the pods of one workload",
        "requests go to pods that do not listen: some fail, and nobody sees why",
        "select by a label that only the pods behind the Service have, such as `app.kubernetes.io/component`",
    )
    .example("selector: {app: shop}", "selector: {app: shop, component: web}"),
    Code::guard(
        "worker-with-service",
        "a worker has no port with a Service",
        "what serves requests rolls out and scales by other rules than what works off a queue",
        "declare it under `deployments:`, or take `service` away",
    )
    .example(
        "workers: {mail: {ports: {http: {container: 80, service: 80}}}}",
        "deployments: {mail: {ports: {http: {container: 80, service: 80}}}}",
    ),
    Code::guard(
        "monitor-catches-other-pods",
        "a ServiceMonitor or PodMonitor selects what it is for",
        "other pods are scraped at a port that they do not have, and an alert fires that means nothing",
        "select by a label that only what is meant has, such as `app.kubernetes.io/component`",
    )
    .example("selector: {matchLabels: {app: shop}}", "selector: {matchLabels: {app: shop, component: web}}"),
    Code::finding(
        "selector-matches-nothing",
        Level::Warning,
        "the selector of a Service, disruption budget, policy or monitor matches something of the build",
        "what it should protect or watch is unprotected and unwatched, in silence",
        "select by the labels that the pods carry",
    )
    .example("selector: {matchLabels: {app: shpo}}", "selector: {matchLabels: {app: shop}}"),
    Code::finding(
        "pods-without-policy",
        Level::Warning,
        "where network policies are enforced, each pod of the build has one",
        "a pod without a policy reaches everything, and everything reaches it",
        "declare the workload in the application, or add a policy for its pods",
    )
    .example("resources: [job.yaml]   # a Job that no policy selects", "resources: [job.yaml, job-policy.yaml]"),
    Code::error(
        "budget-catches-other-pods",
        "a PodDisruptionBudget selects the pods of one workload",
        "select by a label that only the pods it is for have, such as `app.kubernetes.io/component`",
    ),
    Code::error(
        "overlapping-disruption-budgets",
        "no pod has two disruption budgets: Kubernetes evicts none of them then",
        "one budget for each workload",
    ),
    Code::error(
        "disruption-blocks-drain",
        "a disruption budget lets at least one pod go, or no node can ever be drained",
        "write `maxUnavailable: 1`, or run one pod more",
    ),
    Code::finding(
        "selects-outside",
        Level::Note,
        "what selects pods or Services selects some of the build",
        "a build cannot tell what other builds bring",
        "nothing where they come from elsewhere; otherwise correct the labels",
    )
    .example(
        "kind: Service\nspec: {selector: {k8s-app: dns}}   # and no such pods",
        "kind: Service\nspec: {selector: {app: shop}}",
    )
    .by_check(),
    Code::finding(
        "service-catches-portless-pods",
        Level::Warning,
        "all pods that a Service selects have the port that it sends to",
        "a part of the requests goes to pods that do not listen, such as a worker with the same labels",
        "select by a label that only the pods behind the Service have",
    )
    .example(
        "selector: {app: shop}   # a web Deployment and a worker without ports have it",
        "selector: {app: shop, component: web}",
    )
    .by_check(),
];
