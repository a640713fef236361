//! Metrics and alerts: what is scraped, what exists elsewhere, and when somebody must look.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::short_or_long;
use crate::tree::{Keyed, Spanned, Text};

/// Where Prometheus finds the metrics of a workload: a ServiceMonitor that selects its Service
/// alone, or a PodMonitor where the port has none. `{}` is enough with a port named `metrics` or
/// with one port.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// The name of the port (default: `metrics`, else the only port).
    pub port: Option<Text>,
    /// The path (Prometheus: `/metrics`).
    pub path: Option<Text>,
    /// Time between scrapes, such as `30s` (default: that of the Prometheus).
    pub interval: Option<Text>,
    /// Time until a scrape is given up; not longer than the interval (default: that of the
    /// Prometheus).
    pub timeout: Option<Text>,
}

/// What alerts may ask: exactly one of `metrics`, `logs` and `database`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricSource {
    /// The names of metrics that are scraped; one that ends in `*` stands for all that begin so. A
    /// later layer replaces the list whole.
    #[serde(default)]
    pub metrics: Vec<Text>,
    /// Logs in Loki: alerts on them are rules in LogQL for its ruler.
    pub logs: Option<LogSource>,
    /// A database that an exporter asks: alerts on it bring the `query`.
    pub database: Option<DatabaseSource>,
    /// The deployment or worker of this application that provides the metrics; it must have
    /// `metrics` (default: they are scraped elsewhere).
    pub workload: Option<Text>,
    /// Where that is, for people; an annotation of the alerts.
    pub from: Option<Text>,
}

/// Logs in Loki.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// What selects the streams of the application, such as `{namespace="shop", app="shop"}`. Alerts
    /// select by its labels: a selector that asks for another one finds nothing.
    pub selector: Text,
}

/// A database that an exporter asks. The queries are a file in the configuration group of the
/// source's name, which the exporter mounts as a volume: `<source>.collector.yml` or `queries.yaml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSource {
    /// For which exporter the queries are written.
    pub exporter: Spanned<Exporter>,
    /// The dependency of type `postgres` that is asked, for people and against mistakes.
    pub dependency: Option<Text>,
}

/// An exporter of database queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exporter {
    /// burningalchemist/sql_exporter: a collector file.
    SqlExporter,
    /// prometheus-community/postgres_exporter: a file of `--extend.query-path`.
    PostgresExporter,
}

/// When somebody must look, and what they do then.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The entry of `metricSources` that it asks; decides the language of `expr`.
    pub source: Option<Text>,
    /// The condition: PromQL, or LogQL for a source of logs (default for a database: the metric of
    /// `query` is above 0).
    pub expr: Option<Text>,
    /// For a database: the SQL, whose result has a column `value`.
    pub query: Option<Text>,
    /// For a database: the name of the metric (default: the alert's in snake case).
    pub metric: Option<Text>,
    /// How long the condition must hold, such as `5m` (Prometheus: not at all).
    #[serde(rename = "for")]
    pub hold: Option<Text>,
    /// How long it goes on firing when the condition has passed, such as `10m`.
    #[serde(rename = "keepFiringFor")]
    pub keep_firing_for: Option<Text>,
    /// How bad it is: the label `severity`.
    pub severity: Option<Spanned<Severity>>,
    /// One sentence: what has happened.
    pub summary: Option<Text>,
    /// Where to look first.
    pub check: Option<Text>,
    /// What usually helps.
    pub fix: Option<Text>,
    /// Whom to call when it does not.
    pub escalate: Option<Text>,
    /// The address of a longer text: the annotation `runbook_url`.
    pub runbook: Option<Text>,
    /// Labels beside `severity`, by which alerts are routed.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations beside those above.
    #[serde(default)]
    pub annotations: Keyed<Text>,
}

/// How bad an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody is woken.
    Critical,
    /// Somebody looks today.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

short_or_long! {
    /// Who watches: one word, or a mapping with what it needs. A later layer that says the word
    /// alone keeps the rest.
    #[derive(Clone, Debug)]
    pub enum Monitoring {
        /// The word alone.
        Provider(Spanned<MonitoringProvider>) = "a provider such as `prometheusOperator` or `none`",
        /// The provider and what it needs.
        Settings(Box<MonitoringSettings>) = "a mapping with `provider` and what it needs",
    }
}

/// Who watches, and how it finds what it should.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitoringSettings {
    /// Who watches (default: `prometheusOperator`).
    pub provider: Option<Spanned<MonitoringProvider>>,
    /// Labels by which the Prometheus finds its ServiceMonitors, PodMonitors and PrometheusRules,
    /// such as `release: kube-prometheus-stack`.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// How the ruler of Loki finds its rules.
    #[serde(default)]
    pub loki: LokiRules,
}

/// Who watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MonitoringProvider {
    /// The Prometheus Operator, and Loki's ruler for logs.
    PrometheusOperator,
    /// Nobody: nothing is rendered.
    None,
}

/// How the ruler of Loki finds its rules: the ConfigMaps that the sidecar of its chart collects.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LokiRules {
    /// Labels of the ConfigMap (default: `loki_rule: "1"`, which the chart looks for).
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Annotations of the ConfigMap, such as the folder of a tenant
    /// (`k8s-sidecar-target-directory`).
    #[serde(default)]
    pub annotations: Keyed<Text>,
}
