//! Alerts and the sources that they ask.

use ecow::{EcoString, eco_format};

use super::Resolver;
use crate::app::{Alert, AlertGroup, Condition, ConfigData, Contract, Monitoring, Query};
use crate::diagnostic::{Diagnostic, near_miss};
use crate::model::dependency::{Dependency, DependencyType};
use crate::model::monitoring::{self, Exporter, LogSource, MetricSource};
use crate::names;
use crate::promql;
use crate::tree::Text;

impl<'a> Resolver<'a> {
    /// The alerts by source, and the names of metrics that they may use.
    pub(super) fn monitoring(&mut self, contract: &mut Contract) -> Monitoring {
        let (spec, settings) = (self.spec, self.context.monitoring);
        self.labels(&settings.labels);
        self.labels(&settings.loki.labels);
        self.annotations(&settings.loki.annotations);
        let mut made = Monitoring {
            labels: settings.labels.0.clone(),
            loki_labels: settings.loki.labels.0.clone(),
            loki_annotations: settings.loki.annotations.0.clone(),
            ..Monitoring::default()
        };
        for (key, source) in spec.metric_sources.iter() {
            self.source(key, source, contract);
        }
        for (name, alert) in spec.alerts.iter() {
            let Some((key, alert)) = self.alert(name, alert, contract) else { continue };
            let is_log = spec.metric_sources.get(key).is_some_and(|source| source.logs.is_some());
            let groups = if is_log { &mut made.log_rules } else { &mut made.rules };
            match groups.iter_mut().find(|group| group.source == *key) {
                Some(group) => group.alerts.push(alert),
                None => groups.push(AlertGroup { source: key.clone(), alerts: vec![alert] }),
            }
        }
        if !self.is_watched() {
            (made.rules, made.log_rules) = (Vec::new(), Vec::new());
        }
        made
    }

    fn source(&mut self, key: &Text, source: &MetricSource, contract: &mut Contract) {
        self.valid(key, "invalid-key", "the key of a source", names::dns_label);
        let given = [!source.metrics.is_empty(), source.logs.is_some(), source.database.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            let message = format!("the source `{key}` needs exactly one of `metrics`, `logs` and `database`");
            self.say(Diagnostic::error("conflicting-fields", message).at(key.origin));
        }
        for metric in &source.metrics {
            let name = metric.strip_suffix('*').unwrap_or(metric);
            if let Err(reason) = metric_name(name) {
                let message = format!("`{metric}` is not the name of a metric: {reason}");
                self.say(Diagnostic::error("invalid-metric", message).at(metric.origin));
            }
        }
        if let Some(wanted) = source.database.as_ref().and_then(|database| database.dependency.as_ref()) {
            self.asked_database(wanted);
        }
        if let Some(logs) = &source.logs {
            self.log_selector(&logs.selector);
        }
        contract.metrics.get_or_insert_default().extend(source.metrics.iter().cloned());
        if let Some(workload) = &source.workload {
            self.scraped_workload(workload);
        }
    }

    fn asked_database(&mut self, wanted: &Text) {
        let is_database = |dependency: &Dependency| dependency.dependency_type.value == DependencyType::Postgres;
        let databases = self.spec.dependencies.iter().filter(|(_, dependency)| is_database(dependency));
        let known: Vec<&str> = databases.map(|(key, _)| key.as_str()).collect();
        if !known.contains(&wanted.as_str()) {
            self.unknown("unknown-dependency", "the database", wanted, &known, "declare it under `dependencies:`");
        }
    }

    fn log_selector(&mut self, selector: &Text) {
        let reason = match promql::reads(selector) {
            Ok(reads) if reads.selector && !reads.labels.is_empty() => return,
            Ok(_) => "it asks for no label".to_owned(),
            Err(reason) => reason,
        };
        self.say(
            Diagnostic::error("invalid-expression", format!("the selector cannot work: {reason}"))
                .at(selector.origin)
                .help("write the like of `'{namespace=\"shop\", app=\"shop\"}'`"),
        );
    }

    /// A source that a workload of the application provides needs somebody who scrapes it.
    fn scraped_workload(&mut self, workload: &Text) {
        let spec = self.spec;
        let known: Vec<&str> = spec.deployments.keys().chain(spec.workers.keys()).map(Text::as_str).collect();
        match spec.deployments.entry(workload).or_else(|| spec.workers.entry(workload)) {
            None => self.unknown("unknown-workload", "the deployment or worker", workload, &known, "declare it"),
            Some((key, found)) if found.metrics.is_none() => {
                let message = format!("nothing scrapes `{workload}`, so its metrics are not there");
                self.say(
                    Diagnostic::error("unscraped-source", message)
                        .at(workload.origin)
                        .related(key.origin, "the workload")
                        .help("write `metrics: {port: NAME}` of the workload"),
                );
            }
            Some(_) => {}
        }
    }

    /// An alert, and the key of its source.
    fn alert(&mut self, name: &Text, spec: &monitoring::Alert, contract: &mut Contract) -> Option<(&'a Text, Alert)> {
        self.valid(name, "invalid-name", "the name of an alert", names::c_identifier);
        self.alert_labels(spec);
        for time in [&spec.hold, &spec.keep_firing_for] {
            self.prometheus_duration(time.as_ref());
        }
        let severity = spec.severity.or_else(|| {
            let help = "write `severity: critical`, `warning` or `info`: by it somebody is called";
            self.missing(name, "severity", help)
        });
        let (key, source) = self.alert_source(name, spec)?;
        let expr = match (&source.logs, &source.database) {
            (Some(logs), _) => self.log_condition(name, spec, logs),
            (_, Some(database)) => self.database_condition(name, spec, database.exporter.value, contract),
            _ => self.written_condition(name, spec),
        };
        let alert = Alert {
            name: name.clone(),
            expr: expr?,
            hold: spec.hold.clone(),
            keep_firing_for: spec.keep_firing_for.clone(),
            severity: severity?,
            labels: spec.labels.0.clone(),
            annotations: annotations(spec, source.from.as_ref()),
        };
        Some((key, alert))
    }

    fn alert_labels(&mut self, spec: &monitoring::Alert) {
        for key in spec.labels.keys().chain(spec.annotations.keys()) {
            self.valid(key, "invalid-label", "a label or annotation of an alert", names::c_identifier);
            let field = match key.as_str() {
                "severity" => "severity",
                "alertname" => "alerts",
                _ => continue,
            };
            let message = format!("the label `{key}` is what the field `{field}` says");
            self.say(Diagnostic::error("reserved-label", message).at(key.origin).help("leave it out"));
        }
    }

    fn alert_source(&mut self, name: &Text, spec: &monitoring::Alert) -> Option<(&'a Text, &'a MetricSource)> {
        let sources = &self.spec.metric_sources;
        let Some(wanted) = &spec.source else {
            return self.missing(name, "source", "name an entry of `metricSources`, which says what there is to ask");
        };
        let found = sources.entry(wanted);
        if found.is_none() {
            let known: Vec<&str> = sources.keys().map(Text::as_str).collect();
            self.unknown("unknown-source", "the source", wanted, &known, "declare it under `metricSources:`");
        }
        found
    }

    /// Says that an alert lacks a field.
    fn missing<T>(&mut self, alert: &Text, field: &str, help: &str) -> Option<T> {
        let message = format!("the alert `{alert}` has no `{field}`");
        self.say(Diagnostic::error("missing-field", message).at(alert.origin).help(help));
        None
    }

    /// The expression that is written; what only a database has goes with no other source.
    fn written_condition(&mut self, name: &Text, spec: &monitoring::Alert) -> Option<Condition> {
        for (field, written) in [("query", &spec.query), ("metric", &spec.metric)] {
            if let Some(written) = written {
                let message = format!("`{field}` goes with a source of kind `database`");
                let diagnostic = Diagnostic::error("field-without-effect", message).at(written.origin);
                self.say(diagnostic.help("take it away, or name another source"));
            }
        }
        match &spec.expr {
            Some(expr) => Some(Condition::Written(expr.clone())),
            None => self.missing(name, "expr", "write the condition, such as `expr: up == 0`"),
        }
    }

    /// A condition in LogQL: it counts lines of a stream over time, and asks for labels that the
    /// streams have.
    fn log_condition(&mut self, name: &Text, spec: &monitoring::Alert, logs: &LogSource) -> Option<Condition> {
        let condition = self.written_condition(name, spec)?;
        let expr = spec.expr.as_ref()?;
        let reads = match promql::reads(expr) {
            Ok(reads) => reads,
            Err(reason) => return self.invalid_expression(expr, &reason),
        };
        if !reads.range || !reads.selector {
            return self.invalid_expression(expr, "it counts no lines of a stream over time");
        }
        // What is wrong with the source's own selector is said there.
        let known = promql::reads(&logs.selector).map(|reads| reads.labels).unwrap_or_default();
        for label in reads.labels.iter().filter(|label| !known.is_empty() && !known.contains(label)) {
            let help = match near_miss(label, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a selector that asks for a label which no stream has finds nothing".to_owned(),
            };
            let message = format!("the alert `{name}` selects streams by `{label}`, which its source does not have");
            self.say(Diagnostic::error("unknown-log-label", message).at(expr.origin).help(help));
        }
        Some(condition)
    }

    fn invalid_expression<T>(&mut self, expr: &Text, reason: &str) -> Option<T> {
        let message = format!("the expression cannot work: {reason}");
        self.say(
            Diagnostic::error("invalid-expression", message)
                .at(expr.origin)
                .help("write the like of `sum(count_over_time({app=\"shop\"} |= \"error\" [5m])) > 0`"),
        );
        None
    }

    /// A condition on the metric of a query.
    fn database_condition(
        &mut self,
        name: &Text,
        spec: &monitoring::Alert,
        exporter: Exporter,
        contract: &mut Contract,
    ) -> Option<Condition> {
        let Some(query) = &spec.query else {
            return self.missing(name, "query", "write the SQL, whose result has a column `value`");
        };
        if !has_word(query, VALUE) {
            let message = format!("the query of `{name}` gives no column `{VALUE}`");
            self.say(
                Diagnostic::error("invalid-query", message)
                    .at(query.origin)
                    .help(format!("name the number, such as `SELECT count(*) AS {VALUE} FROM ...`")),
            );
        }
        let metric = query_metric(name, spec, exporter);
        if let Err(reason) = metric_name(&metric) {
            let message = format!("`{metric}` is not the name of a metric: {reason}");
            self.say(Diagnostic::error("invalid-metric", message).at(metric.origin));
        }
        let known = contract.metrics.get_or_insert_default();
        if let Some(other) = known.iter().find(|known| **known == metric).cloned() {
            let message = format!("the metric `{metric}` of `{name}` is there already");
            self.say(
                Diagnostic::error("duplicate-name", message)
                    .at(metric.origin)
                    .related(other.origin, "the other one")
                    .help("give it another name: `metric: NAME`"),
            );
        }
        contract.metrics.get_or_insert_default().push(metric.clone());
        Some(spec.expr.clone().map_or(Condition::Above0(metric), Condition::Written))
    }

    /// The file with the queries of a source, and what is in it; `None` where it has none.
    pub(super) fn queries(&self, key: &Text) -> Option<(Text, ConfigData)> {
        let exporter = self.spec.metric_sources.get(key)?.database.as_ref()?.exporter.value;
        let of_source = |alert: &monitoring::Alert| alert.source.as_ref() == Some(key);
        let queries = self.spec.alerts.iter().filter(|(_, alert)| of_source(alert)).filter_map(|(name, alert)| {
            let metric = alert.metric.clone().unwrap_or_else(|| Text::new(snake_case(name), name.origin));
            Some(Query { metric, sql: alert.query.clone()?, help: alert.summary.clone() })
        });
        let queries: Vec<Query> = queries.collect();
        let file = match exporter {
            Exporter::SqlExporter => eco_format!("{key}.collector.yml"),
            Exporter::PostgresExporter => "queries.yaml".into(),
        };
        let data = ConfigData::Queries { source: key.clone(), exporter, queries };
        (!matches!(&data, ConfigData::Queries { queries, .. } if queries.is_empty()))
            .then(|| (Text::new(file, key.origin), data))
    }
}

/// The column with the number of a query.
const VALUE: &str = "value";

/// The metric that the exporter makes of a query. The one for PostgreSQL appends the column.
fn query_metric(name: &Text, spec: &monitoring::Alert, exporter: Exporter) -> Text {
    let metric = spec.metric.clone().unwrap_or_else(|| Text::new(snake_case(name), name.origin));
    match exporter {
        Exporter::SqlExporter => metric,
        Exporter::PostgresExporter => Text::new(eco_format!("{metric}_{VALUE}"), metric.origin),
    }
}

/// Whether `word` stands in `text` as a word.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part.eq_ignore_ascii_case(word))
}

/// `SaleStuckOrder` as `sale_stuck_order`.
fn snake_case(name: &str) -> EcoString {
    let mut made = EcoString::new();
    let mut last_is_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && last_is_lower {
            made.push('_');
        }
        last_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        made.push(c.to_ascii_lowercase());
    }
    made
}

/// The name of a metric: that of an identifier, and colons.
fn metric_name(name: &str) -> Result<(), String> {
    names::c_identifier(&name.replace(':', "_"))
}

/// What an alert tells people.
fn annotations(spec: &monitoring::Alert, from: Option<&Text>) -> Vec<(Text, Text)> {
    let fields = [
        ("summary", spec.summary.as_ref()),
        ("check", spec.check.as_ref()),
        ("fix", spec.fix.as_ref()),
        ("escalation", spec.escalate.as_ref()),
        ("runbook_url", spec.runbook.as_ref()),
        ("source", from),
    ];
    let mut made: Vec<(Text, Text)> = Vec::new();
    for (key, text) in fields {
        let own = spec.annotations.contains(key);
        made.extend(text.filter(|_| !own).map(|text| (Text::new(key, text.origin), text.clone())));
    }
    made.extend(spec.annotations.0.iter().cloned());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_alerts_become_names_of_metrics() {
        for (name, expected) in [
            ("SaleStuckOrder", "sale_stuck_order"),
            ("sale_leak", "sale_leak"),
            ("Http5xxErrors", "http5xx_errors"),
            ("DBDown", "dbdown"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
