//! Metrics and alerts.

use crate::model::monitoring::Severity;
use crate::origin::Origin;
use crate::tree::{Spanned, Text};

/// What watches an application.
#[derive(Clone, Debug, Default)]
pub struct Monitoring {
    /// Labels by which a Prometheus finds its objects.
    pub labels: Vec<(Text, Text)>,
    /// The alerts on metrics.
    pub rules: Vec<AlertGroup>,
    /// The alerts on logs.
    pub log_rules: Vec<AlertGroup>,
    /// Labels of the ConfigMap with the alerts on logs; the chart's where none are written.
    pub loki_labels: Vec<(Text, Text)>,
    /// Annotations of that ConfigMap.
    pub loki_annotations: Vec<(Text, Text)>,
}

/// How the metrics of a workload are scraped.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// Where that is asked for.
    pub origin: Origin,
    /// The name of the port.
    pub port: Text,
    /// The port number in the container.
    pub number: Spanned<u16>,
    /// Whether the Service has the port, so that it is found through the Service.
    pub by_service: bool,
    /// Path.
    pub path: Option<Text>,
    /// Time between scrapes.
    pub interval: Option<Text>,
    /// Time until a scrape is given up.
    pub timeout: Option<Text>,
}

/// The alerts of one source.
#[derive(Clone, Debug)]
pub struct AlertGroup {
    /// The source.
    pub source: Text,
    /// The alerts.
    pub alerts: Vec<Alert>,
}

/// An alert.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Name.
    pub name: Text,
    /// Condition.
    pub expr: Condition,
    /// How long the condition must hold.
    pub hold: Option<Text>,
    /// How long it goes on firing.
    pub keep_firing_for: Option<Text>,
    /// The label `severity`.
    pub severity: Spanned<Severity>,
    /// Labels beside it.
    pub labels: Vec<(Text, Text)>,
    /// Annotations.
    pub annotations: Vec<(Text, Text)>,
}

/// The condition of an alert.
#[derive(Clone, Debug)]
pub enum Condition {
    /// As it is written.
    Written(Text),
    /// This metric is above 0.
    Above0(Text),
}

/// A query that an exporter asks.
#[derive(Clone, Debug)]
pub struct Query {
    /// The name of the metric, without what the exporter appends.
    pub metric: Text,
    /// The SQL.
    pub sql: Text,
    /// What the metric is.
    pub help: Option<Text>,
}
