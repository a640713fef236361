//! What is scraped of a workload.

use super::Resolver;
use crate::app::Scrape;
use crate::diagnostic::Diagnostic;
use crate::model::container::{Port, Protocol};
use crate::model::monitoring::{Metrics, MonitoringProvider};
use crate::model::workload;
use crate::names;
use crate::tree::Text;

/// The port that is scraped where none is named.
const METRICS: &str = "metrics";

impl Resolver<'_> {
    /// Whether metrics and alerts are rendered.
    pub(super) fn is_watched(&self) -> bool {
        let provider = self.context.monitoring.provider;
        provider.is_none_or(|provider| provider.value != MonitoringProvider::None)
    }

    /// How the metrics of the workload `key` are scraped; `None` where they are not.
    pub(super) fn scrape(&mut self, key: &Text, spec: &workload::Deployment) -> Option<Scrape> {
        let metrics = spec.metrics.as_ref()?;
        let (name, port) = self.metrics_port(key, metrics, spec)?;
        if port.protocol.is_some_and(|protocol| protocol.value != Protocol::Tcp) {
            let message = format!("metrics are scraped over TCP, and the port `{name}` is not TCP");
            self.say(Diagnostic::error("conflicting-fields", message).at(name.origin));
        }
        if let Some(path) = metrics.path.as_ref().filter(|path| !path.starts_with('/')) {
            let message = format!("`{path}` is not a path");
            self.say(Diagnostic::error("invalid-path", message).at(path.origin).help(format!("write `/{path}`")));
        }
        self.scrape_times(metrics);
        self.is_watched().then(|| Scrape {
            origin: name.origin,
            port: name,
            number: port.container,
            by_service: port.service.is_some(),
            path: metrics.path.clone(),
            interval: metrics.interval.clone(),
            timeout: metrics.timeout.clone(),
        })
    }

    /// The port that is scraped: the one that is named, the one named `metrics`, or the only one.
    fn metrics_port(&mut self, key: &Text, metrics: &Metrics, spec: &workload::Deployment) -> Option<(Text, Port)> {
        let known: Vec<&str> = spec.ports.keys().map(Text::as_str).collect();
        let help = "declare it under `ports:` of the workload";
        if let Some(name) = &metrics.port {
            let found = spec.ports.get(name);
            if found.is_none() {
                self.unknown("unknown-port", "the port", name, &known, help);
            }
            return found.map(|port| (name.clone(), port.clone()));
        }
        let mut ports = spec.ports.iter();
        let found = spec.ports.entry(METRICS).or_else(|| ports.next().filter(|_| ports.next().is_none()));
        if found.is_none() {
            let message = format!("`{key}` does not say which of its ports has the metrics");
            self.say(
                Diagnostic::error("missing-field", message)
                    .at(key.origin)
                    .help("write `metrics: {port: NAME}`, or name a port `metrics`"),
            );
        }
        found.map(|(name, port)| (name.clone(), port.clone()))
    }

    /// Prometheus refuses a time-out that is longer than the interval.
    fn scrape_times(&mut self, metrics: &Metrics) {
        let valid = [&metrics.interval, &metrics.timeout].map(|time| self.prometheus_duration(time.as_ref()));
        if let (Some(interval), Some(timeout), [true, true]) = (&metrics.interval, &metrics.timeout, valid)
            && names::prometheus_milliseconds(timeout) > names::prometheus_milliseconds(interval)
        {
            let message = format!("the time-out {timeout} is longer than the interval {interval}");
            self.say(
                Diagnostic::error("conflicting-fields", message)
                    .at(timeout.origin)
                    .related(interval.origin, "the interval")
                    .help("Prometheus refuses such a scrape: shorten the time-out"),
            );
        }
    }

    /// Whether a time is one that Prometheus reads; says it where it is not.
    pub(super) fn prometheus_duration(&mut self, time: Option<&Text>) -> bool {
        time.is_none_or(|time| {
            self.valid(time, "invalid-interval", "a duration of Prometheus", names::prometheus_duration)
        })
    }
}
