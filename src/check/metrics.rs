//! Alerts ask only for metrics that somebody provides: a rule on a metric that is not there never
//! fires, and nobody notices.

use std::collections::HashSet;

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::promql;
use crate::resource::Resource;
use crate::tree::{Node, Text};

/// What Prometheus itself writes for each target and rule.
const OWN: [&str; 10] = [
    "up",
    "ALERTS",
    "ALERTS_FOR_STATE",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "scrape_sample_limit",
    "scrape_body_size_bytes",
];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(declared) = build.app.and_then(|app| app.contract.metrics.as_ref()) else { return };
    let rules: Vec<(&Resource, &Node)> = build.resources.iter().flat_map(rules_of).collect();
    let recorded = rules.iter().filter_map(|(_, rule)| rule.get("record")?.as_str());
    let known = Known::new(declared, recorded);
    for (resource, rule) in rules {
        let Some(node) = rule.get("expr") else { continue };
        // A number is an expression too.
        let Some(expr) = node.as_str() else { continue };
        match promql::reads(expr) {
            Err(reason) => diagnostics.push(
                Diagnostic::error("invalid-expression", format!("the expression cannot work: {reason}"))
                    .about(resource.id())
                    .at(build.at(resource, node)),
            ),
            Ok(reads) => {
                for metric in reads.metrics.iter().filter(|metric| !known.has(metric)) {
                    diagnostics.push(unknown(build, resource, node, metric, &known));
                }
                for pattern in reads.patterns {
                    diagnostics.push(by_pattern(build, resource, node, pattern));
                }
            }
        }
    }
}

/// The rules of a PrometheusRule.
fn rules_of(resource: &Resource) -> Vec<(&Resource, &Node)> {
    let gvk = &resource.id().gvk;
    if gvk.kind != "PrometheusRule" || gvk.group != "monitoring.coreos.com" {
        return Vec::new();
    }
    let groups = resource.root.at(&["spec", "groups"]).into_iter().flat_map(Node::items);
    let rules = groups.flat_map(|group| group.get("rules").into_iter().flat_map(Node::items));
    rules.map(|rule| (resource, rule)).collect()
}

/// The metrics that are there.
struct Known<'a> {
    names: HashSet<&'a str>,
    /// Beginnings of names.
    prefixes: Vec<&'a str>,
}

impl<'a> Known<'a> {
    fn new(declared: &'a [Text], recorded: impl Iterator<Item = &'a str>) -> Self {
        let (patterns, names): (Vec<&Text>, Vec<&Text>) = declared.iter().partition(|name| name.ends_with('*'));
        let names = names.into_iter().map(Text::as_str).chain(recorded).chain(OWN).collect();
        Self { names, prefixes: patterns.into_iter().map(|pattern| pattern.trim_end_matches('*')).collect() }
    }

    fn has(&self, metric: &str) -> bool {
        self.names.contains(metric) || self.prefixes.iter().any(|prefix| metric.starts_with(prefix))
    }
}

fn unknown(build: &Build<'_>, resource: &Resource, node: &Node, metric: &str, known: &Known<'_>) -> Diagnostic {
    let mut names: Vec<&str> = known.names.iter().copied().collect();
    names.sort_unstable();
    let help = match near_miss(metric, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add it to an entry of `metricSources`, which says where it is scraped".to_owned(),
    };
    let message = format!("no source provides the metric `{metric}`, so this can never fire");
    Diagnostic::error("unknown-metric", message).at(build.at(resource, node)).about(resource.id()).help(help)
}

fn by_pattern(build: &Build<'_>, resource: &Resource, node: &Node, pattern: &str) -> Diagnostic {
    let message = format!("the pattern `{pattern}` in the place of a metric's name cannot be proven");
    Diagnostic::error("unknown-metric", message)
        .at(build.at(resource, node))
        .about(resource.id())
        .help("name the metrics, with `or` between them")
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::app::Contract;

    fn found(expr: &str, metrics: Option<&[&str]>) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: monitoring.coreos.com/v1, kind: PrometheusRule, metadata: {{name: r}}, spec: {{groups: [\
             {{name: g, rules: [{{record: own:rate5m, expr: up}}, {{alert: A, expr: '{expr}'}}]}}]}}}}"
        );
        let metrics = metrics.map(|metrics| metrics.iter().map(|name| text(name)).collect());
        let contract = Contract { metrics, ..Contract::default() };
        findings(check, &Case { yaml: &yaml, contract, ..Case::default() })
    }

    #[test]
    fn every_metric_comes_from_a_source_a_recording_rule_or_prometheus() {
        let known: &[&str] = &["http_requests_total", "kube_*"];
        assert_eq!(
            found("rate(http_requests_total[5m]) > 1 and kube_pod_info and own:rate5m and up", Some(known)),
            [""; 0]
        );
        let said = found("http_request_total > 1", Some(known));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("unknown-metric ["), "{said:?}");
        assert!(said[0].ends_with(
            "no source provides the metric `http_request_total`, so this can never fire (did you mean `http_requests_total`?)"
        ));
        assert_eq!(found("a + b", Some(known)).len(), 2);
        assert!(found("{__name__=~\"a.*\"}", Some(known))[0].contains("the pattern `a.*` in the place of a metric"));
    }

    #[test]
    fn what_no_source_is_declared_for_is_not_judged() {
        assert_eq!(found("anything", None), [""; 0]);
        assert_eq!(found("anything", Some(&[])).len(), 1);
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_refused() {
        assert!(found("sum(up", Some(&[]))[0].ends_with("the expression cannot work: `(` is never closed"));
    }
}
