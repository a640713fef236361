//! The fields of an application, as they are resolved.

use super::Code;
use crate::diagnostic::Level;

pub(super) const CODES: &[Code] = &[
    Code::error(
        "field-without-effect",
        "what is written has an effect where it is written",
        "take the field away, or write it where the message says",
    ),
    Code::error("conflicting-fields", "of fields that exclude each other one is written", "keep one of the two"),
    Code::error(
        "duplicate-workload-key",
        "a key names one workload of the application, whatever its sort",
        "give one of them another key",
    ),
    Code::error("duplicate-container", "the containers of a pod have different names", "rename one"),
    Code::error("duplicate-mount", "one path of a container is mounted once", "mount one of them elsewhere"),
    Code::error(
        "duplicate-name",
        "what shares a list of names (volumes, metrics, routes) has names of its own",
        "rename one",
    ),
    Code::error("duplicate-port", "a port of a pod has one name and one number", "take one of the two away"),
    Code::error("duplicate-route", "one host and path is served by one route", "give one of them another host or path"),
    Code::error(
        "partly-excluded",
        "a path that a route excludes is served by others on all of its hosts, or on none",
        "serve it on all hosts, or exclude it in a route of its own",
    ),
    Code::error("after-cycle", "what comes `after` what has a beginning", "take one `after` away"),
    Code::error(
        "after-without-service",
        "without waves, what others come after has a port that they can wait for",
        "give it a port with `service`, or let Argo CD keep the order: `order: waves`",
    ),
    Code::error(
        "order-needs-waves",
        "an order that only Argo CD keeps needs `order: waves`",
        "write `run: withRollout`, or `order: waves` where Argo CD is",
    ),
    Code::error(
        "container-cycle",
        "the containers of a pod start in an order that has a beginning",
        "take one `after` away",
    ),
    Code::error(
        "missing-image",
        "each container has an image, of its own or the application's",
        "set `image` of the application or of the workload",
    ),
    Code::error(
        "invalid-image",
        "an image is a name with an optional registry, tag and digest",
        "write the like of `ghcr.io/acme/shop`",
    ),
    Code::error(
        "conflicting-service-account",
        "a service account is described once",
        "describe it once and name it alone in the others, or give each its own name",
    ),
    Code::error("empty-guard", "a guard has a bound and a reason", "write both: `{exactly: 1, because: ...}`"),
    Code::error("empty-reason", "a reason that is asked for is written", "say why: whoever runs into it will read it"),
    Code::error(
        "empty-selector",
        "a selector of a workload selects some pods, not all of the namespace",
        "write the labels of the running object's selector, or leave the field out",
    ),
    Code::error("limit-below-request", "a limit is not lower than its request", "raise the limit or lower the request")
        .why("the API server refuses the pod")
        .example(
            "resources: {requests: {cpu: 1}, limits: {cpu: 500m}}",
            "resources: {requests: {cpu: 500m}, limits: {cpu: 1}}",
        ),
    Code::error(
        "autoscaling-without-request",
        "what is scaled by CPU or memory says how much of it it requests",
        "write `resources: {requests: {cpu: ...}}` of the container",
    )
    .why("the autoscaler counts in percent of the request, and does nothing without one"),
    Code::error(
        "invalid-autoscaling",
        "the bounds of an autoscaler are in order, and only queues scale to zero",
        "write `min` below `max`",
    ),
    Code::error(
        "invalid-disruption",
        "`disruption` is a number of pods or a percentage",
        "write the like of `maxUnavailable: 1`",
    ),
    Code::error(
        "sleep-beyond-grace-period",
        "the sleep before a stop ends within the grace period",
        "shorten it, or raise `terminationGracePeriodSeconds`",
    )
    .why("the pod is killed while it sleeps, with requests under way"),
    Code::error(
        "invalid-probe",
        "a liveness or startup probe counts one success",
        "leave `successThreshold` out; only readiness probes may count higher",
    ),
    Code::error("missing-port", "it is clear which port a probe, a route or a check uses", "name the port"),
    Code::error(
        "unknown-port",
        "a port that is named is one of the workload",
        "write a port of the workload; the help line names near ones",
    ),
    Code::error("invalid-port", "a port is a number between 1 and 65535", "write another number"),
    Code::error(
        "invalid-port-name",
        "the name of a port has at most 15 lower case letters, digits and `-`",
        "shorten the name",
    ),
    Code::error("invalid-path", "a path is absolute, and one that its field can carry", "begin it with `/`"),
    Code::error(
        "invalid-env-name",
        "the name of a variable has letters, digits, `_`, `-` and `.`, and no digit first",
        "rename the variable",
    ),
    Code::error("invalid-key", "a key has the form that its use asks for", "rename the key as the message says"),
    Code::error("invalid-config-key", "a key of a ConfigMap has letters, digits, `-`, `_` and `.`", "rename the key"),
    Code::error(
        "invalid-schedule",
        "a schedule is one that Kubernetes' cron reads",
        "write five fields, such as `\"*/15 * * * *\"`",
    ),
    Code::error(
        "invalid-time-zone",
        "a time zone has the form of a name of the IANA database",
        "write a name such as `Europe/London`",
    ),
    Code::error("unknown-config", "a configuration group that is named is declared", "declare it under `config:`"),
    Code::error(
        "unknown-config-key",
        "a key of a configuration group that is named is declared",
        "add it under `config:`",
    ),
    Code::error(
        "unknown-container",
        "a container that is named is one of the pod",
        "write the name of another container",
    ),
    Code::error(
        "unknown-volume",
        "a volume that is mounted is declared",
        "declare it under `volumes:` of the workload",
    ),
    Code::error("unknown-key", "a volume shows keys that its source has", "write a key of the source"),
    Code::finding(
        "unmounted-volume",
        Level::Warning,
        "a volume of a workload is mounted by one of its containers",
        "the pod waits for a volume that nobody reads; a layer that replaces the source takes the `mount` away",
        "say `mount` here",
    )
    .example("volumes: {cache: {empty: {}}}", "volumes: {cache: {empty: {}, mount: /cache}}"),
    Code::error("unknown-number", "a number that is named is declared", "declare it under `uniqueNumbers:`"),
    Code::error(
        "unknown-field-reference",
        "`field:` names a field of the pod that Kubernetes gives to containers",
        "write the like of `status.podIP`",
    ),
    Code::error(
        "unknown-workload",
        "a workload that is named is declared",
        "write the key of a workload; the help line names near ones",
    ),
    Code::error(
        "unknown-deployment",
        "a route leads to a deployment that is declared",
        "write the key of a deployment",
    ),
    Code::error(
        "like-cycle",
        "what is `like` another one does not lead back to itself",
        "let one of them say its fields itself",
    ),
    Code::error(
        "route-without-service",
        "a route leads to a deployment that has a Service",
        "give one of its ports a `service`",
    ),
    Code::error(
        "no-routing-provider",
        "a layer says who serves routes",
        "set `routing: ingress` (or `traefik`, `gateway`, `none`) in the environment or the overlay",
    ),
    Code::error(
        "route-loss",
        "who serves a route can do all that the route asks for",
        "choose another provider, or accept the loss with a reason",
    )
    .why("a rate limit or an exclusion that is dropped in silence is open to everyone"),
    Code::error("invalid-host", "a host is a DNS name", "write the like of `api.example.com`"),
    Code::error("tls-without-hosts", "TLS of a route knows its hosts", "write `hosts: [NAME]`"),
    Code::error("invalid-rate-limit", "a rate limit counts at least one request", "write a number above 0"),
    Code::error(
        "exclude-outside-paths",
        "what a route excludes lies below its paths",
        "write a path below one of `paths`",
    ),
    Code::error(
        "allowed-outside-paths",
        "what policies allow lies below the paths of the route",
        "write a path below one of `paths`",
    ),
    Code::error(
        "allowed-and-excluded",
        "what policies allow is not excluded",
        "list the prefixes beside it: rules of a network policy only allow",
    ),
    Code::error("invalid-method", "a method is one of HTTP", "write the like of `POST`"),
    Code::error("invalid-cidr", "a range of addresses is written as CIDR", "write the like of `10.0.0.0/8`"),
    Code::error("unknown-dependency", "a dependency that is named is declared", "declare it under `dependencies:`"),
    Code::error(
        "unplaced-dependency",
        "a dependency that is used says where it is",
        "say `bundled`, `external`, `service` or `application` of it",
    ),
    Code::error(
        "unreachable-dependency",
        "the application that a dependency names offers what is asked of it",
        "name what the other application offers",
    ),
    Code::error(
        "unknown-part",
        "a dependency has the part of its address that is asked for",
        "ask for a part that the message names",
    ),
    Code::error(
        "unknown-database",
        "a database that is named is declared where it is bundled",
        "declare it under `databases:`",
    ),
    Code::error("unknown-database-user", "a database is used by its owner", "name the owner"),
    Code::error(
        "invalid-database-name",
        "the names of databases and users need no quotes in SQL",
        "write lower case letters, digits and `_`",
    ),
    Code::error(
        "missing-credentials",
        "what is bundled outside a local environment names its credentials",
        "write `{secret: NAME, key: KEY}` of a declared secret",
    ),
    Code::error(
        "local-only",
        "what is made without credentials or storage is for local environments",
        "name a server with `external` or `service`; set `local: true` only on a machine of your own",
    ),
    Code::error("unknown-secret", "a secret that is named is declared", "declare it under `secrets:`"),
    Code::error(
        "unknown-secret-key",
        "a key of a secret that is named is declared",
        "declare it under `keys:` of the secret",
    ),
    Code::error(
        "no-secret-provider",
        "a layer says who supplies secrets",
        "set `secrets: {provider: ...}` in the environment or the overlay",
    ),
    Code::error(
        "field-of-another-provider",
        "a field belongs to the provider that is chosen",
        "remove the field, or name the other provider",
    ),
    Code::error("invalid-secret-key", "a key of a Secret has letters, digits, `-`, `_` and `.`", "rename the key"),
    Code::error("invalid-secret-path", "a path of the provider is absolute", "begin it with `/`"),
    Code::error(
        "invalid-secret-value",
        "a value that is visible is one that its key allows",
        "write one of the allowed values",
    ),
    Code::error(
        "missing-local-value",
        "the provider `local` has a value for each declared key",
        "add it under `literals`",
    ),
    Code::error(
        "missing-path",
        "a secret says where its provider keeps it",
        "set `path` of the secret, or `from` of the key",
    ),
    Code::error(
        "missing-namespace",
        "what refers to an object by its namespace knows the namespace",
        "set `namespace` in the overlay",
    ),
    Code::error("invalid-interval", "an interval has one number and one unit", "write the like of `60s`, `5m`, `1h`"),
    Code::error("invalid-url", "a URL has a scheme and a host", "write `https://HOST/PATH`"),
    Code::error("invalid-version", "a version is one or more numbers", "write `\"16\"` or the like"),
    Code::error("check-without-service", "what a check calls has a Service", "give one of its ports a `service`"),
    Code::error(
        "invalid-source-path",
        "a source path is a path or glob below the repository",
        "write the like of `api/**`",
    ),
    Code::error(
        "invalid-expression",
        "an expression of an alert is one that Prometheus or Loki reads",
        "write it as the message says",
    ),
    Code::error("invalid-metric", "a metric has a name that Prometheus takes", "rename the metric"),
    Code::error("invalid-query", "a query of a database alert names its number", "write `SELECT ... AS value`"),
    Code::error(
        "unknown-log-label",
        "an expression selects logs by labels that the source has",
        "write a label of the source",
    ),
    Code::error("unknown-source", "a source that is named is declared", "declare it under `metricSources:`"),
    Code::error(
        "unscraped-source",
        "a workload that is a source of metrics is scraped",
        "write `metrics: {port: NAME}` of the workload",
    ),
];
