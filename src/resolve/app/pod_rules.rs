//! What the API server refuses of a pod though each field is well formed by itself (Kubernetes'
//! `pkg/apis/core/validation`).

use super::Resolver;
use crate::app::{Container, EnvSource, ServicePort};
use crate::diagnostic::{Diagnostic, near_miss};
use crate::model::container::Protocol;
use crate::model::workload::PodFields;
use crate::tree::Text;

/// The fields of a pod that a variable may take, besides single labels and annotations.
const FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// The resources of a container that a variable may take, besides huge pages.
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

/// Seconds between SIGTERM and SIGKILL when nobody says another number.
const GRACE_PERIOD: u32 = 30;

impl Resolver<'_> {
    /// Checks the containers of one pod.
    pub(super) fn pod_rules<'a>(&mut self, fields: &PodFields<'_>, containers: impl Iterator<Item = &'a Container>) {
        for container in containers {
            self.one_success(container);
            self.env_sources(container);
            self.sleeps_within_the_grace_period(fields, container);
        }
        self.one_wave(fields);
    }

    fn one_success(&mut self, container: &Container) {
        for (what, probe) in [("liveness", &container.liveness), ("startup", &container.startup)] {
            let threshold = probe.as_ref().and_then(|probe| probe.success_threshold);
            if let Some(threshold) = threshold.filter(|threshold| threshold.value != 1) {
                let message = format!("a {what} probe has succeeded after one success, not {threshold}");
                self.say(
                    Diagnostic::error("invalid-probe", message)
                        .at(threshold.origin)
                        .help("leave `successThreshold` out; only readiness probes may count higher"),
                );
            }
        }
    }

    fn env_sources(&mut self, container: &Container) {
        for (_, source) in &container.env {
            match source {
                EnvSource::Field(field) => {
                    let one = |map: &str| field.strip_prefix(map).is_some_and(|rest| rest.ends_with("']"));
                    let known = one("metadata.labels['") || one("metadata.annotations['");
                    self.downward("field of a pod", field, known, &FIELDS);
                }
                EnvSource::Resource(resource) => {
                    let known =
                        ["limits.hugepages-", "requests.hugepages-"].iter().any(|all| resource.starts_with(all));
                    self.downward("resource of a container", resource, known, &RESOURCES);
                }
                _ => {}
            }
        }
    }

    fn downward(&mut self, what: &str, name: &Text, known: bool, all: &[&str]) {
        if known || all.contains(&name.as_str()) {
            return;
        }
        let help = match near_miss(name, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are `{}`", all.join("`, `")),
        };
        let message = format!("`{name}` is no {what} that a variable can take");
        self.say(Diagnostic::error("unknown-field-reference", message).at(name.origin).help(help));
    }

    fn sleeps_within_the_grace_period(&mut self, fields: &PodFields<'_>, container: &Container) {
        let grace = fields.termination_grace_period_seconds;
        let limit = grace.map_or(GRACE_PERIOD, |grace| grace.value);
        let handlers = [&container.lifecycle.post_start, &container.lifecycle.pre_stop];
        for sleep in handlers.into_iter().flatten().filter_map(|handler| handler.sleep) {
            if sleep.value > limit {
                let message = format!("a sleep of {sleep} seconds is longer than the grace period of {limit}");
                let diagnostic = Diagnostic::error("sleep-beyond-grace-period", message)
                    .at(sleep.origin)
                    .help("shorten it, or raise `terminationGracePeriodSeconds`");
                self.say(match grace {
                    Some(grace) => diagnostic.related(grace.origin, "the grace period"),
                    None => diagnostic,
                });
            }
        }
    }

    /// Two ways to say one thing: one of them would lose without a word.
    fn one_wave(&mut self, fields: &PodFields<'_>) {
        if let Some((key, _)) = fields.annotations.entry("argocd.argoproj.io/sync-wave") {
            let message = format!("the annotation `{key}` belongs to the field `wave`");
            self.say(Diagnostic::error("reserved-annotation", message).at(key.origin).help("write `wave: NUMBER`"));
        }
    }

    /// Two ports of one Service are two numbers, or two protocols.
    pub(super) fn distinct_service_ports(&mut self, ports: &[ServicePort]) {
        let protocol = |port: &ServicePort| port.protocol.map_or(Protocol::Tcp, |protocol| protocol.value);
        for (index, port) in ports.iter().enumerate() {
            let same = |other: &&ServicePort| other.port == port.port && protocol(other) == protocol(port);
            if let Some(other) = ports[..index].iter().find(same) {
                let message = format!("`{}` and `{}` are the same port of the Service", port.name, other.name);
                self.say(
                    Diagnostic::error("duplicate-port", message)
                        .at(port.port.origin)
                        .related(other.port.origin, "the other one"),
                );
            }
        }
    }
}
