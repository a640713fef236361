//! Probes and lifecycle handlers: one action each, on a port that exists.

use super::Resolver;
use crate::app::{ContainerPort, Probe, ProbeAction};
use crate::diagnostic::Diagnostic;
use crate::model::container::{self, HttpProbe, Lifecycle, PortProbe};
use crate::model::scalar::IntOrText;
use crate::origin::Origin;
use crate::tree::{Node, Spanned, Text, Value};

impl Resolver<'_> {
    /// A probe with its port resolved; `None` when it has no meaning, which is said.
    pub(super) fn probe(&mut self, probe: Option<&container::Probe>, ports: &[ContainerPort]) -> Option<Probe> {
        let probe = probe?;
        let action = self.probe_action(probe, ports)?;
        let origin = match &action {
            ProbeAction::Http(http, _) => http.path.origin,
            ProbeAction::Tcp(port) => port.0.origin(),
            ProbeAction::Exec(command) => command.first().map_or(self.spec.metadata.name.origin, |word| word.origin),
            ProbeAction::Grpc(port) => port.origin,
        };
        Some(Probe {
            action,
            origin,
            initial_delay_seconds: probe.initial_delay_seconds,
            period_seconds: probe.period_seconds,
            timeout_seconds: probe.timeout_seconds,
            failure_threshold: probe.failure_threshold,
            success_threshold: probe.success_threshold,
        })
    }

    fn probe_action(&mut self, probe: &container::Probe, ports: &[ContainerPort]) -> Option<ProbeAction> {
        Some(match (&probe.http, &probe.tcp, &probe.exec, &probe.grpc) {
            (Some(http), None, None, None) => {
                self.http_path(http);
                ProbeAction::Http(http.clone(), self.port(http.port.as_ref(), http.path.origin, ports)?)
            }
            (None, Some(tcp), None, None) => ProbeAction::Tcp(self.port(tcp.value.port.as_ref(), tcp.origin, ports)?),
            (None, None, Some(command), None) => ProbeAction::Exec(command.value.clone()),
            (None, None, None, Some(grpc)) => ProbeAction::Grpc(self.port_number(grpc, ports)?),
            _ => {
                let message = "a probe needs exactly one of `http`, `tcp`, `exec` and `grpc`";
                let place = probe_places(probe).last().unwrap_or(self.spec.metadata.name.origin);
                self.say(Diagnostic::error("conflicting-fields", message).at(place));
                return None;
            }
        })
    }

    fn http_path(&mut self, http: &HttpProbe) {
        if !http.path.starts_with('/') {
            self.say(
                Diagnostic::error("invalid-path", format!("`{}` is not the path of a request", http.path))
                    .at(http.path.origin)
                    .help(format!("write `/{}`", http.path)),
            );
        }
    }

    /// The port of a probe: as written, or the only one there is.
    fn port(&mut self, written: Option<&IntOrText>, place: Origin, ports: &[ContainerPort]) -> Option<IntOrText> {
        let Some(written) = written else {
            if let [only] = ports {
                return Some(IntOrText(Node::string(only.name.value.clone(), only.name.origin)));
            }
            let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
            let help = match known.is_empty() {
                true => "declare the port under `ports:`, or write `port:` as a number".to_owned(),
                false => format!("write `port:`, one of {}", super::quoted(&known)),
            };
            self.say(Diagnostic::error("missing-port", "which port the probe uses is not clear").at(place).help(help));
            return None;
        };
        if let Some(name) = written.0.as_str()
            && !ports.iter().any(|port| port.name == *name)
        {
            let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
            let name = Text::new(name, written.0.origin());
            self.unknown("unknown-port", "the port", &name, &known, "declare it under `ports:`");
            return None;
        }
        Some(written.clone())
    }

    /// The gRPC probe of Kubernetes takes a number only.
    fn port_number(&mut self, probe: &Spanned<PortProbe>, ports: &[ContainerPort]) -> Option<Spanned<u16>> {
        let port = self.port(probe.value.port.as_ref(), probe.origin, ports)?;
        match port.0.value() {
            Value::Str(name) => ports.iter().find(|port| port.name == *name.as_str()).map(|port| port.port),
            _ => port
                .0
                .as_i64()
                .and_then(|number| u16::try_from(number).ok())
                .map(|number| Spanned::new(number, port.0.origin())),
        }
    }

    /// The handlers with their ports resolved.
    pub(super) fn lifecycle(&mut self, lifecycle: &Lifecycle, ports: &[ContainerPort]) -> Lifecycle {
        let mut resolved = lifecycle.clone();
        for handler in [&mut resolved.post_start, &mut resolved.pre_stop].into_iter().flatten() {
            let given = [handler.exec.is_some(), handler.http.is_some(), handler.sleep.is_some()];
            if given.iter().filter(|given| **given).count() != 1 {
                let message = "a lifecycle handler needs exactly one of `exec`, `http` and `sleep`";
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(handler_place(handler).unwrap_or(self.spec.metadata.name.origin)),
                );
            }
            if let Some(http) = &mut handler.http {
                self.http_path(http);
                http.port = self.port(http.port.as_ref(), http.path.origin, ports);
            }
        }
        resolved
    }
}

/// The places of a probe's fields that have one, its actions first.
pub(super) fn probe_places(probe: &container::Probe) -> impl Iterator<Item = Origin> {
    [
        probe.http.as_ref().map(|http| http.path.origin),
        probe.tcp.as_ref().map(|tcp| tcp.origin),
        probe.exec.as_ref().map(|exec| exec.origin),
        probe.grpc.as_ref().map(|grpc| grpc.origin),
        probe.period_seconds.map(|seconds| seconds.origin),
        probe.initial_delay_seconds.map(|seconds| seconds.origin),
    ]
    .into_iter()
    .flatten()
}

/// The place of the first action of a lifecycle handler.
pub(super) fn handler_place(handler: &container::LifecycleHandler) -> Option<Origin> {
    let exec = handler.exec.as_ref().map(|exec| exec.origin);
    exec.or(handler.http.as_ref().map(|http| http.path.origin)).or(handler.sleep.map(|sleep| sleep.origin))
}
