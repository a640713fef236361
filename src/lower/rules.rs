//! The documented rules of the lowering: each field that nobody wrote leads to one of them.
//!
//! A rule says what it sets, why, with its source, and what a user writes to change it.

use crate::origin::Rule;

/// Declares the rules and the list of all of them.
macro_rules! rules {
    ($($ident:ident = $name:literal: $text:literal, change: $change:literal;)*) => {
        $(pub(super) static $ident: Rule = Rule { name: $name, text: $text, change: $change };)*
        /// Every rule, in the order in which a reader meets them.
        pub(super) static ALL: &[&Rule] = &[$(&$ident),*];
    };
}

rules! {
    OBJECT_NAMES = "object-names":
        "Every object carries the name that the application and its key give, and the namespace of the overlay, so that one object has one name in every tool (Kubernetes: Object Names and IDs).",
        change: "write `name:` of the workload, account, secret or configuration group; `namespace:` and `names:` of the overlay";
    RECOMMENDED_LABELS = "recommended-labels":
        "Objects and pods carry app.kubernetes.io/name, component, part-of and managed-by (Kubernetes: Recommended Labels). The version and the environment are left out, because each change of them would roll every pod, and so is app.kubernetes.io/instance, which Argo CD owns.",
        change: "write `labels:` of the application or workload to add labels, and `metadata.partOf`";
    STABLE_SELECTORS = "stable-selectors":
        "Pods are selected by app.kubernetes.io/name and app.kubernetes.io/component alone, those of workers by the name `<app>-worker`, which nothing that looks for the application's own pods selects, because the selector of a Deployment cannot change once it exists (Kubernetes: Deployments, Label selector updates).",
        change: "write `selector:` of the deployment to adopt a running one exactly";
    SYNC_WAVES = "sync-waves":
        "Argo CD waits for each wave to be healthy before the next: the namespace in -25, accounts, configuration and secret sources in -20 (or 5 below the earliest wave that uses them), the proofs of secrets and of dependencies in -15, bundled services in -13, their databases in -12, migrations in -10, jobs before the rollout in -5, workloads and Services in 0, those `after` others 5 behind the last of them, autoscalers, cron jobs and routes in 20, because an autoscaler without metrics and a cron job whose last run failed count as degraded and would block their own fix, and so would an Ingress without an address (Argo CD: Sync Phases and Waves).",
        change: "write `after:` or `wave:` of the workload";
    NAMESPACE = "namespace":
        "`namespace: {create: true}` is the Namespace itself, before all that is in it, with `podSecurity` in all modes of Pod Security Admission. Argo CD neither prunes nor deletes it, because all that it holds would go with it (Argo CD: Sync Options, No Prune Resources; Kubernetes: Pod Security Admission).",
        change: "write `namespace: {labels, annotations}`; `argocd.argoproj.io/sync-options: Prune=true` there lets it go";
    DEPLOYMENT = "deployment":
        "An entry of `deployments` or `workers` is a Deployment of apps/v1. Only what is written is set; for the rest the defaults of Kubernetes hold (Kubernetes: Deployments).",
        change: "write the fields of the deployment; what the model lacks is reached by a patch";
    SINGLE_WRITER_ROLLOUT = "single-writer-rollout":
        "A guard that allows exactly so many pods holds during a rollout too, so all old pods stop before the first new one starts: strategy Recreate (Kubernetes: Deployments, Recreate Deployment).",
        change: "write `strategy: {maxSurge: 0}` if the pods may be replaced one by one, or change the guard";
    ROLLOUT_STRATEGY = "rollout-strategy":
        "A strategy that is written is set with its type, so that a change from the other type takes effect; what it does not say is left to Kubernetes (25% surge, 25% unavailable).",
        change: "write `strategy: recreate` or `strategy: {maxSurge: 1, maxUnavailable: 0}`";
    AUTOSCALER = "autoscaler":
        "`autoscaling` is a HorizontalPodAutoscaler of autoscaling/v2 for the deployment, which then says no `replicas`: each sync would set them back. Memory stands before CPU, as older API servers return it. It lies in the last wave, because it is degraded until metrics of the first pods arrive, and a degraded object of an earlier wave fails the sync (Kubernetes: HorizontalPodAutoscaler Walkthrough; Argo CD: Diff Customization, Resource Health).",
        change: "write `autoscaling: {min, max, cpu, memory, scaleUpStabilizationSeconds, scaleDownStabilizationSeconds}`; other metrics are reached by a patch";
    DISRUPTION_BUDGET = "disruption-budget":
        "`disruption` is a PodDisruptionBudget with the selector of its deployment, so that a drain of nodes leaves pods running (Kubernetes: Specifying a Disruption Budget for your Application).",
        change: "write `disruption: {maxUnavailable: 1}` or `{minAvailable: 1}`";
    SERVICE = "service":
        "A deployment with a port that says `service` has a Service of its name, which sends to the container port by its name, so that a changed port number needs no second change (Kubernetes: Service). It lies in the wave of its Deployment.",
        change: "write `service` of a port, and `service: {name, type, headless, annotations}` of the deployment";
    PORT_PROTOCOL = "port-protocol":
        "The protocol of a port is written out, also where it is TCP: lists of ports are merged by port and protocol, and a server-side apply without the protocol mixes up two entries of one port (Kubernetes: Server-Side Apply, Merge strategy).",
        change: "write `protocol: UDP` or `SCTP` of the port";
    STATEFUL_SET = "stateful-set":
        "An entry of `statefulSets` is a StatefulSet of apps/v1 with the headless Service that gives its pods their names. Its claim templates say apiVersion, kind and volumeMode, which the API server stores and Argo CD compares (argo-cd issue 11143), and a volume that belongs to the pods' group already is not walked through again at each start (Kubernetes: StatefulSets).",
        change: "write the fields of the stateful set; `service: {headless: false}` gives a second Service an address";
    BUNDLED_SERVICE = "bundled-service":
        "A bundled dependency is a StatefulSet of one pod that runs the official image as its own user on a read-only root file system, with a volume, a Service, and an account without a token. It is ready when it answers; it is restarted only when nobody listens on its port for two minutes. It comes in wave -13, before migrations. The pods are labelled with its own name, so that no Service or monitor of the application reaches them.",
        change: "write `bundled:` of the dependency; what the model lacks is reached by a patch";
    DATABASES_JOB = "databases-job":
        "Databases, users, schemas and extensions of a bundled PostgreSQL are made by a Job on every sync, in the wave after it, so that one that is added later is made too; the scripts of the image run on an empty volume only. Nothing is ever dropped, and passwords are set to what their Secrets hold (PostgreSQL: psql, SQL Interpolation).",
        change: "write `databases:` of what is bundled, `schemas` and `extensions` of the dependency";
    CLAIM = "claim":
        "An entry of `claims` is a PersistentVolumeClaim, ReadWriteOnce unless it says otherwise, in the wave of the first pods that use it: a volume that is made for its first pod keeps a wave of claims alone waiting for ever (Kubernetes: Storage Classes, Volume Binding Mode).",
        change: "write `claims: {NAME: {size, storageClass, accessModes}}`";
    KEPT_CLAIM = "kept-claim":
        "A claim stays when it is no longer rendered and when the application is deleted, for its data goes with it (Argo CD: Sync Options, No Prune Resources and No Resource Deletion).",
        change: "write `retain: false` of the claim";
    POD = "pod":
        "The fields of a workload become its pod template: identity, containers, volumes and placement (Kubernetes: Pods).",
        change: "write the fields of the workload; what the model lacks is reached by a patch";
    CONTAINER = "container":
        "A workload runs one main container, and its `initContainers` and `sidecars` beside it; variables are listed in the written order, because `$(NAME)` refers to earlier ones (Kubernetes: Container v1 core).",
        change: "write the fields of the workload or of the init container or sidecar";
    NATIVE_SIDECAR = "native-sidecar":
        "A sidecar is an init container with restartPolicy Always: it starts before the main container, runs beside it, and does not keep a Job from ending (Kubernetes: Sidecar Containers, 1.29 and newer).",
        change: "declare the container under `initContainers:` if it should end before the main one starts";
    PROBE = "probe":
        "A probe goes to the port of the container by its name; how often it runs is set only where it is written (Kubernetes: Configure Liveness, Readiness and Startup Probes).",
        change: "write `probes:` of the workload";
    SECURITY_DEFAULTS = "security-defaults":
        "Pods do not run as root, use the runtime's seccomp profile, gain no privileges and have no capabilities (Kubernetes: Pod Security Standards, Restricted). User and group ids hold for the container that says them and for those of the same image; a privileged container, or one with SYS_ADMIN, may gain privileges because the API server refuses anything else.",
        change: "write `security:` of the workload, init container or sidecar";
    NO_SERVICE_LINKS = "no-service-links":
        "enableServiceLinks is false: otherwise each Service of the namespace puts variables such as REDIS_PORT=tcp://... into every container, which shadow the application's own settings (Kubernetes: Accessing the Service, Environment variables).",
        change: "patch `/spec/template/spec/enableServiceLinks`";
    SERVICE_MONITOR = "service-monitor":
        "A deployment with `metrics` on a port of its Service has a ServiceMonitor that selects this Service alone, by name and component, so that no worker or job is scraped with it. What is not written (path, interval) is the choice of the Prometheus, and so left out (Prometheus Operator: ServiceMonitor).",
        change: "write `metrics: {port, path, interval, timeout}` of the deployment; `monitoring: none` of the environment or overlay takes it away";
    POD_MONITOR = "pod-monitor":
        "A worker, or a deployment whose Service does not have the port, has a PodMonitor that selects its pods as the Deployment does (Prometheus Operator: PodMonitor).",
        change: "write `metrics: {port, path, interval, timeout}` of the worker; `monitoring: none` of the environment or overlay takes it away";
    ALERTS = "alerts":
        "Alerts on metrics are one PrometheusRule with a group for each source. The severity is a label, because alerts are routed by labels; what to check, to do and whom to call are annotations. An alert on a query fires when its metric is above 0, unless it has an `expr` (Prometheus Operator: PrometheusRule).",
        change: "write `alerts:` and `metricSources:`; `monitoring: {labels}` of the environment says how the Prometheus finds them";
    LOG_ALERTS = "log-alerts":
        "Alerts on logs are rules of Loki's ruler in a ConfigMap with the label `loki_rule`, which the sidecar of Loki's chart collects; its file is named after the namespace too, because the sidecar puts the files of all namespaces into one folder (Loki: Alerting and recording rules).",
        change: "write `alerts:` with a source of `logs`; `monitoring: {loki: {labels, annotations}}` of the environment says how the ruler finds them";
    QUERIES = "queries":
        "The queries of alerts on a database are a file in the configuration group of the source's name, as its exporter reads it: each is a gauge whose number is the column `value` (sql_exporter: collectors; postgres_exporter: queries.yaml).",
        change: "write `query` and `metric` of the alert, and mount the group: `volumes: {queries: {config: SOURCE, mount: PATH}}`";
    SERVICE_ACCOUNT = "service-account":
        "Workloads have an identity of their own instead of the namespace's default account. Its token is mounted neither by the account nor by the pod unless something asks for it, for a token that nobody needs is one that can be stolen (Kubernetes: Configure Service Accounts for Pods).",
        change: "write `serviceAccount: {name, create, token, annotations}` of the application or workload";
    SERVICE_ACCOUNT_RULES = "service-account-rules":
        "`rules` of a service account become a Role and a RoleBinding of its name; they hold in its namespace only (Kubernetes: Using RBAC Authorization).",
        change: "write `serviceAccount: {rules: [...]}`; `token: false` keeps the token away";
    TOPOLOGY_SPREAD = "topology-spread":
        "`spread` keeps the numbers of pods per zone or node within one of each other as far as possible: maxSkew 1, ScheduleAnyway, so that a full zone never blocks a rollout (Kubernetes: Pod Topology Spread Constraints).",
        change: "write `scheduling: {spread: [...]}`, or `affinity` for hard rules";
    VOLUMES = "volumes":
        "Volumes become volumes of the pod and mounts of the containers that name them; files from configuration and secrets are mounted read-only (Kubernetes: Volumes).",
        change: "write `volumes:` of the workload and `mounts:` of init containers and sidecars";
    CONFIG_MAP = "config-map":
        "Each group of `config` is a ConfigMap, with files that are not text under binaryData (Kubernetes: ConfigMaps).",
        change: "write `config:` and `configMaps:`";
    PRUNE_LAST = "prune-last":
        "A ConfigMap whose name ends in a hash is pruned last: Argo CD prunes early waves before the rollout otherwise, and an old pod that restarts then could not start (Argo CD: Sync Options, Prune Last).",
        change: "write `configMaps: {GROUP: {hash: false}}`; the pods carry a checksum instead";
    INFISICAL_SECRET = "infisical-secret":
        "An InfisicalSecret reads one path and fills one Secret with the declared keys only. A required key that is missing or empty makes the operator's template fail, because it would print `<no value>` otherwise; a missing optional key arrives as an empty text, because each key of the template is always set. The Secret stays when the object goes (Orphan), its labels are its own, so that Argo CD's tracking is not copied to it, and the operator asks for short-lived tokens, as clusters since 1.24 keep none (Infisical: InfisicalSecret CRD).",
        change: "write `secrets:` of the application, and `secrets: {provider: infisical, ...}` of the environment or overlay";
    INFISICAL_STATIC_SECRET = "infisical-static-secret":
        "An InfisicalStaticSecret reads several paths and fills one Secret with the declared keys only, once a minute unless `resync` says otherwise. A required key that is missing or empty makes the template fail; keys of further paths are read by path (`secretFrom`), because the first path wins where two hold the same key; with optional keys the template is one text, so that a missing one is left out. The Secret stays when the object goes (Orphan), and its labels are its own (Infisical: InfisicalStaticSecret CRD, operator 0.11.2 and newer).",
        change: "write `secrets:` of the application, and `secrets: {provider: infisical, version: v1beta1, ...}` of the environment or overlay";
    EXTERNAL_SECRET = "external-secret":
        "An ExternalSecret fills one Secret with the declared keys, each by its full path; an optional key is searched for, because one missing entry of `data` fails the whole object. All defaults that the API server would add are written out, so that Argo CD sees no difference, and labels are set by the template, so that Argo CD's tracking is not copied to the Secret (External Secrets Operator: ExternalSecret).",
        change: "write `secrets:` of the application, and `secrets: {provider: externalSecrets, store, refresh}` of the environment or overlay";
    LOCAL_SECRET = "local-secret":
        "Fixed values become a Secret that is marked strata.dev/local-only, with its data in base64 as the API server stores it, so that no tool sees a difference (Kubernetes: Secrets).",
        change: "choose another provider under `secrets:` of the environment";
    LOCAL_CREDENTIALS = "local-credentials":
        "In a local environment the passwords of bundled services follow from the names of application, namespace, dependency and user (SHA-256), so that each build makes the same. Whoever knows these names knows them: they protect nothing, and what holds them is marked strata.dev/local-only.",
        change: "name declared secrets under `credentials` and `password`, or write `literals` of the provider";
    DEPENDENCY_PART = "dependency-part":
        "A variable that is a part of a dependency has the text that follows from where the dependency is: the name of a bundled Service, its port, a database.",
        change: "write another place of the dependency, or the variable as a text";
    NETWORK_POLICY = "network-policy":
        "The pods of each workload receive and send what is declared and nothing else. In come those who serve its routes, its clients, the Prometheus where metrics are scraped, and whoever comes through a NodePort or LoadBalancer; to a bundled service the application's pods. Out go the dependencies, the own workloads that it calls, DNS, and the Kubernetes API for pods with a token; to a dependency on `*` every public address (IPv4 without private, shared and link-local ranges, IPv6 of 2000::/3); the proof of a rollout reaches what it asks, pods that wait reach what they wait for, and the proof of secrets and bundled services send nothing. Ports are those of the pods, for policies hold behind Services. Probes come from the node, which network plugins let in. Policies are in the wave of prerequisites, before what they protect (Kubernetes: Network Policies).",
        change: "write `dependencies:`, `routes:` and `clients:` of the application; `networkPolicies: cilium`, `kubernetes` or `none` of the environment or overlay";
    CILIUM_NETWORK_POLICY = "cilium-network-policy":
        "As the rule `network-policy`, for Cilium: an empty rule stands where nothing is allowed, for a policy without any would allow everything (Cilium: Policy, Layer 3).",
        change: "write `dependencies:`, `routes:` and `clients:` of the application; `networkPolicies: cilium`, `kubernetes` or `none` of the environment or overlay";
    PATH_RULES = "path-rules":
        "Rules on paths only allow, so prefixes are listed. Each matches at a segment's end, with what may follow `?`, because Cilium compares the whole request target (Cilium: Policy, Layer 7).",
        change: "write `paths` and `methods` of the client, `allowed` of the route";
    LOST_PATHS = "lost-paths":
        "Where path rules are lost and that is accepted, the reason stands on the policy, for whoever wonders.",
        change: "write `networkPolicies: {accept: {pathRules: REASON}}`, or choose `cilium`";
    DNS_EGRESS = "dns-egress":
        "Pods that send anything also resolve names, at the pods with `k8s-app: kube-dns` in kube-system unless another place is written; in Cilium the answers are read where a rule is on a name (Cilium: DNS based).",
        change: "write `networkPolicies: {dns: {namespace, labels, cidrs}}` of the environment";
    JOB_PODS = "job-pods":
        "Pods of Jobs and CronJobs are not restarted in place (restartPolicy Never): each try is a pod of its own, whose log stays to read (Kubernetes: Jobs, Handling Pod and container failures).",
        change: "write `backoffLimit` for the number of tries";
    JOB_LIMITS = "job-limits":
        "A migration or one-off Job is tried again 3 times and stopped after 600 seconds, which ends the wait for a secret that never comes. It has no time to live, for Argo CD would take its disappearance for a difference (Kubernetes: Jobs, Job termination and cleanup).",
        change: "write `backoffLimit` and `activeDeadlineSeconds`";
    MIGRATION_JOB = "migration-job":
        "A migration is a Job that Argo CD runs on every sync as a hook of the Sync phase, before the rollout: a PreSync hook would run before the accounts, configuration and secrets that it needs. The last run stays until the next sync (Argo CD: Resource Hooks).",
        change: "write the fields of the migration; `wave:` moves it";
    MIGRATION_ON_BOOT = "migration-on-boot":
        "A migration that runs when its deployment starts runs in each of its pods, so all old pods stop before the first new one starts, and there is one: strategy Recreate. More than one pod, by whatever door, is an error (Kubernetes: Deployments, Recreate Deployment).",
        change: "write `mode: job` of the migration, or `strategy: {maxSurge: 0}` of the deployment";
    MANUAL_MIGRATION = "manual-migration":
        "A migration that somebody starts by hand is a CronJob that is switched off: each sync updates it, and `kubectl create job --from`, which the annotation strata.dev/run says whole, runs it as it is then. Its schedule is needed and never comes to matter. It lies in the last wave, because Argo CD calls it suspended and would wait for it (Argo CD: Resource Health).",
        change: "write `mode: job` or `onBoot` of the migration";
    PLAIN_JOB = "plain-job":
        "Where pods keep the order, a Job is no hook. Its template cannot be changed, so a tool that knows Argo CD's sync options replaces it; otherwise `kubectl replace --force` does (Argo CD: Sync Options).",
        change: "write `order: waves` where Argo CD is";
    WAIT_CONTAINER = "wait-container":
        "Where pods keep the order (`order: initContainers`), an init container waits until what comes before, and each required dependency, takes connections; the Service of a deployment does so when a pod is ready. It needs a shell and nothing else, so it runs as user 65534 with a read-only root file system and little CPU and memory (Kubernetes: Init Containers).",
        change: "write `after` of the workload, and `order` of the overlay or environment; `images: {docker.io/library/busybox: ...}` changes the image";
    VERIFY_ROLLOUT_JOB = "verify-rollout-job":
        "A Job after the sync asks what `verifyRollout` names and fails when an answer is missing or bad, so that the sync fails; it prints names only. It comes before the jobs that run after the sync, keeps Kubernetes' six tries within 300 seconds, and runs as user 65534 with a read-only root file system and little CPU and memory (Argo CD: Resource Hooks).",
        change: "write `verifyRollout: {enabled: false}`, or its `image`, `resources` and `activeDeadlineSeconds`";
    VERIFY_DEPENDENCIES_JOB = "verify-dependencies-job":
        "A Job before the migrations connects to every required dependency and asks a PostgreSQL whose URL is known for its version, extensions and schemas; it fails when one is not as it should be and prints names only. It lies in -15 beside the proof of secrets, or in -11 behind bundled services and their databases, keeps Kubernetes' six tries within 300 seconds, and runs as user 65534 with a read-only root file system and little CPU and memory (Argo CD: Sync Phases and Waves).",
        change: "write `verifyDependencies: {enabled: false}`, or its `image`, `resources` and `activeDeadlineSeconds`; `optional: true` of a dependency leaves it out";
    VERIFY_SECRETS_JOB = "verify-secrets-job":
        "A Job before the migrations gets every declared key and fails when a required one is missing, empty or malformed; it prints names only. While the Secret is missing its pod waits, which is no failure, and after 300 seconds the sync fails. It keeps Kubernetes' six tries, whose growing pauses give time to correct a value. It needs nothing but a shell, so it runs as user 65534 with a read-only root file system, and gets 10m CPU and 16Mi of memory, 64Mi at most, because a namespace with a quota on them refuses pods that do not say (Kubernetes: Resource Quotas).",
        change: "write `verifySecrets: {enabled: false}`, or its `image`, `resources` and `activeDeadlineSeconds`";
    ONE_OFF_JOB = "one-off-job":
        "A one-off job runs on every sync as a hook: of the Sync phase before or with the rollout, of the PostSync phase once all is healthy. The last run stays until the next sync (Argo CD: Resource Hooks).",
        change: "write `run: beforeRollout`, `withRollout` or `afterSync`";
    CRON_JOB = "cron-job":
        "An entry of `cronJobs` is a CronJob of batch/v1 (Kubernetes: CronJob).",
        change: "write the fields of the cron job; what the model lacks is reached by a patch";
    CRON_JOB_DEFAULTS = "cron-job-defaults":
        "A run does not start while the last one still runs (Forbid), is tried again once, stops after an hour, and three failed ones stay to read. startingDeadlineSeconds is left out: a run that comes late because the controller was away beats one that is lost (Kubernetes: CronJob).",
        change: "write `concurrency`, `backoffLimit`, `activeDeadlineSeconds`, `history` and `startingDeadlineSeconds`";
    ROUTE = "route":
        "An entry of `routes` sends requests for its hosts and paths (all paths where none is written) to a port of a deployment's Service. It is served by whom `routing` names (Kubernetes: Ingress; Gateway API; Traefik).",
        change: "write the fields of the route; `routing: traefik`, `ingress`, `gateway` or `none` of the overlay or environment";
    ROUTE_CERTIFICATE = "route-certificate":
        "A route with an issuer has a Certificate of its own, whoever serves it, named like the Secret that it fills. Group and kind of the issuer are written out, for some versions of cert-manager add them, which Argo CD would take for a difference (cert-manager: Certificate).",
        change: "write `tls: {secret: NAME, issuer: NAME}`, or `tls: {secret: NAME}` for a certificate that comes from elsewhere";
    INGRESS = "ingress":
        "An Ingress serves prefixes of paths (pathType Prefix); of two that fit, the longer one wins (Kubernetes: Ingress).",
        change: "write `routing: {ingress: {class: NAME}}`, and the route's `hosts`, `paths` and `annotations`";
    NGINX_ANNOTATIONS = "nginx-annotations":
        "What an Ingress has no fields for is said to ingress-nginx by its annotations: limit-rps with a burst in whole multiples of it, an hour without a word on a connection for `websocket`, ssl-redirect. The limit is that of each nginx pod (ingress-nginx: Annotations).",
        change: "write `rateLimit`, `websocket` and `forceTls` of the route; its `annotations` win";
    NGINX_CLOSED_PATHS = "nginx-closed-paths":
        "Excluded paths have an Ingress of their own, whose longer prefix wins and which denies every address, so that nginx answers 403; nothing else keeps a path of a prefix away (ingress-nginx: denylist-source-range).",
        change: "write `exclude:` of the route, or serve the path by another route";
    INGRESS_ROUTE = "ingress-route":
        "An IngressRoute has a rule for each host and path, so that the longest one wins as everywhere else: Traefik takes the longest text of a rule first, and excluded paths do not count in it (priority). Without a word on it the entry points are web and websecure, as Traefik's chart has them (Traefik: IngressRoute, Routers Priority).",
        change: "write `hosts`, `paths`, `exclude` of the route, and `routing: {traefik: {entryPoints: {http: [...], https: [...]}, certResolver: NAME}}`";
    RATE_LIMIT_MIDDLEWARE = "rate-limit-middleware":
        "A rate limit is a Middleware that counts the requests of each client's address; without a word on it the burst is what one second allows. Behind other proxies `trustedHops` says how far to the right of X-Forwarded-For the client stands, for otherwise all clients share one limit (Traefik: RateLimit).",
        change: "write `rateLimit: {requestsPerSecond, burst}` of the route, and `routing: {traefik: {trustedHops: 1}}`";
    TLS_REDIRECT = "tls-redirect":
        "A route with TLS has a second one on plain HTTP that does nothing but redirect, for good (301), so that no request is answered in the clear (Traefik: RedirectScheme; Gateway API: HTTPRequestRedirectFilter).",
        change: "write `forceTls: false` of the route, for example where the entry point redirects already";
    HTTP_ROUTE = "http-route":
        "An HTTPRoute joins the listeners that the environment names. All defaults that the API server would add are written out, because Argo CD compares lists as a whole. An excluded path is a rule to nowhere, which the longest prefix finds first and which answers with an error; a route with `websocket` has no time limit (Gateway API: HTTPRoute).",
        change: "write the fields of the route, and `routing: {gateway: {parents: {http: [...], https: [...]}}}`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_how_to_change_it() {
        for (index, rule) in ALL.iter().enumerate() {
            assert!(rule.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.name);
            assert!(ALL[..index].iter().all(|other| other.name != rule.name), "{}", rule.name);
            assert!(rule.text.ends_with('.') && !rule.change.is_empty(), "{}", rule.name);
        }
    }
}
