//! Alerts: a PrometheusRule, the ConfigMap that Loki's ruler reads, and the queries of exporters.

use ecow::{EcoString, eco_format};

use super::metadata::Metadata;
use super::rules::{ALERTS, LOG_ALERTS, QUERIES};
use super::{Lowering, list, pairs, text, texts, unless_empty};
use crate::app::{Alert, AlertGroup, Condition, Query};
use crate::model::monitoring::{Exporter, Severity};
use crate::object;
use crate::origin::{Origin, Rule};
use crate::tree::{Map, Node, Text};

impl Lowering<'_> {
    /// The PrometheusRule of the application; `None` without alerts on metrics.
    pub(super) fn prometheus_rule(&mut self) -> Option<Node> {
        let app = self.app;
        let groups = self.groups(&app.monitoring.rules, &ALERTS)?;
        let origin = self.rule(&ALERTS);
        let name = Text::new(app.name.value.clone(), origin);
        let metadata = self.watched_metadata(&name, None);
        Some(object! { origin;
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": metadata,
            "spec": object! { origin; "groups": groups },
        })
    }

    /// The ConfigMap with the alerts on logs; `None` without any.
    pub(super) fn log_alerts(&mut self) -> Option<Node> {
        let app = self.app;
        let groups = self.groups(&app.monitoring.log_rules, &LOG_ALERTS)?;
        let origin = self.rule(&LOG_ALERTS);
        let at = app.monitoring.log_rules.first().map_or(origin, |group| group.source.origin);
        let name = Text::new(eco_format!("{}-log-alerts", app.name), origin);
        // The sidecar puts the files of all namespaces into one folder.
        let file = match &app.namespace {
            Some(namespace) => eco_format!("{namespace}-{name}.yaml"),
            None => eco_format!("{name}.yaml"),
        };
        let made = self.rule_at(&LOG_ALERTS, at);
        let content = text::yaml(&object! { origin; "groups": groups });
        let mut data = Map::default();
        data.push(file, origin, Node::string(content, made));
        let mut labels = app.labels.clone();
        match app.monitoring.loki_labels.is_empty() {
            true => labels.push((Text::new("loki_rule", origin), Text::new("1", origin))),
            false => labels.extend(app.monitoring.loki_labels.iter().cloned()),
        }
        let metadata = self.metadata(Metadata {
            name: &name,
            component: None,
            labels: &labels,
            annotations: &app.monitoring.loki_annotations,
            by_rule: Vec::new(),
        });
        Some(object! { origin;
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": Node::new(data, origin),
        })
    }

    /// Metadata of what a Prometheus finds by its labels.
    pub(super) fn watched_metadata(&mut self, name: &Text, component: Option<&Text>) -> Node {
        let app = self.app;
        let labels = [app.labels.as_slice(), &app.monitoring.labels].concat();
        self.metadata(Metadata { name, component, labels: &labels, annotations: &[], by_rule: Vec::new() })
    }

    /// One group for each source.
    fn groups(&mut self, groups: &[AlertGroup], rule: &'static Rule) -> Option<Node> {
        let origin = self.rule(rule);
        let app = &self.app.name;
        list(groups, origin, |group| {
            let name = Node::string(eco_format!("{app}-{}", group.source), group.source.origin);
            object! { origin; "name": name, "rules"?: list(&group.alerts, origin, |alert| self.alert(alert, origin)) }
        })
    }

    fn alert(&mut self, alert: &Alert, origin: Origin) -> Node {
        let expr = match &alert.expr {
            Condition::Written(expr) => Node::string(expr.value.clone(), expr.origin),
            Condition::Above0(metric) => {
                let made = self.rule_at(&ALERTS, metric.origin);
                Node::string(eco_format!("{metric} > 0"), made)
            }
        };
        let mut labels = object! { origin; "severity": alert.severity.map(Severity::as_str) };
        if let Some(map) = labels.as_map_mut() {
            alert.labels.iter().for_each(|(key, value)| map.push(key.value.clone(), key.origin, value));
        }
        object! { origin;
            "alert": &alert.name,
            "expr": expr,
            "for"?: alert.hold.as_ref(),
            "keep_firing_for"?: alert.keep_firing_for.as_ref(),
            "labels": labels,
            "annotations"?: unless_empty(texts(pairs(&alert.annotations), origin)),
        }
    }

    /// The file in which an exporter finds its queries.
    pub(super) fn queries(&mut self, source: &Text, exporter: Exporter, queries: &[Query]) -> Node {
        let origin = self.rule(&QUERIES);
        let file = match exporter {
            Exporter::SqlExporter => object! { origin;
                "collector_name": source,
                "metrics"?: list(queries, origin, |query| {
                    object! { origin;
                        "metric_name": &query.metric,
                        "type": "gauge",
                        "help": help(query),
                        "values": vec![Node::string("value", origin)],
                        "query": Node::string(query.sql.value.clone(), query.sql.origin),
                    }
                }),
            },
            Exporter::PostgresExporter => {
                let mut file = Map::default();
                for query in queries {
                    let usage = object! { origin; "usage": "GAUGE", "description": help(query) };
                    let metrics = vec![object! { origin; "value": usage }];
                    let sql = Node::string(query.sql.value.clone(), query.sql.origin);
                    let entry = object! { origin; "query": sql, "metrics": metrics };
                    file.push(query.metric.value.clone(), query.metric.origin, entry);
                }
                Node::new(file, origin)
            }
        };
        let made = self.rule_at(&QUERIES, source.origin);
        Node::string(text::yaml(&file), made)
    }
}

/// What a metric is, for people: exporters refuse one that does not say it.
fn help(query: &Query) -> EcoString {
    query.help.as_ref().unwrap_or(&query.metric).value.clone()
}
