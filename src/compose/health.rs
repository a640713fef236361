//! Health checks: what probes are in Compose.

use ecow::{EcoString, eco_format};

use super::Composer;
use super::rules::HEALTH;
use super::text::{literal, quoted, seconds, words};
use super::workload::Role;
use crate::app::{Container, Probe, ProbeAction};
use crate::model::container::{HttpProbe, HttpScheme};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Spanned, Value};

impl Composer<'_> {
    /// The health check of a container that has a probe.
    pub(super) fn health(&mut self, service: &EcoString, container: &Container, role: Role) -> Option<Node> {
        let startup = container.startup.as_ref();
        let probe = container.readiness.as_ref().or(container.liveness.as_ref()).or(startup)?;
        let origin = self.rule_at(&HEALTH, probe.origin);
        let number = |written: Option<Spanned<u32>>, default: u32| written.map_or(default, |written| written.value);
        let time = |written: Option<Spanned<u32>>, default: u32| {
            let at = written.map_or(origin, |written| written.origin);
            Node::string(seconds(number(written, default)), at)
        };
        let delay = number(probe.initial_delay_seconds, 0);
        let starting = startup.map(|startup| {
            let period = number(startup.period_seconds, 10);
            (
                number(startup.initial_delay_seconds, 0) + period.saturating_mul(number(startup.failure_threshold, 3)),
                period,
            )
        });
        let start = starting.map_or(delay, |(time, _)| time.max(delay));
        Some(object! { origin;
            "test": self.test(service, container, role, probe, origin),
            "interval": time(probe.period_seconds, 10),
            "timeout": time(probe.timeout_seconds, 1),
            "retries": Node::new(i64::from(number(probe.failure_threshold, 3)), origin),
            "start_period"?: (start > 0).then(|| Node::string(seconds(start), origin)),
            "start_interval"?: starting.map(|(_, period)| Node::string(seconds(period), origin)),
        })
    }

    fn test(&mut self, service: &EcoString, container: &Container, role: Role, probe: &Probe, origin: Origin) -> Node {
        let (tool, line) = match &probe.action {
            ProbeAction::Exec(command) => {
                let mut test = vec![Node::string("CMD", origin)];
                test.extend(words(command));
                return Node::new(test, origin);
            }
            ProbeAction::Http(http, port) => ("wget or curl", http_line(http, self.port(container, &port.0))),
            ProbeAction::Tcp(port) => ("nc", format!("nc -z 127.0.0.1 {}", self.port(container, &port.0))),
            ProbeAction::Grpc(port) => ("grpc_health_probe", format!("grpc_health_probe -addr=127.0.0.1:{port}")),
        };
        // The official images of backing services have what their probes need.
        if role != Role::Backs {
            self.tools.push((tool, service.clone(), probe.origin));
        }
        Node::new(vec![Node::string("CMD-SHELL", origin), Node::string(literal(&line), origin)], origin)
    }

    /// The number of a port that is given by name or number.
    fn port(&self, container: &Container, port: &Node) -> i64 {
        let named = || container.ports.iter().find(|known| Some(known.name.as_str()) == port.as_str());
        match port.value() {
            Value::Int(number) => *number,
            _ => named().map_or(0, |known| i64::from(known.port.value)),
        }
    }
}

/// Asks by wget where it is, else by curl.
fn http_line(http: &HttpProbe, port: i64) -> String {
    let tls = http.scheme.is_some_and(|scheme| scheme.value == HttpScheme::Https);
    let url = eco_format!("{}://127.0.0.1:{port}{}", if tls { "https" } else { "http" }, http.path);
    let url = quoted(&url);
    let options = |flag: &str| -> String {
        http.headers.iter().map(|(name, value)| format!(" {flag} {}", quoted(&format!("{name}: {value}")))).collect()
    };
    let (wget_tls, curl_tls) = if tls { (" --no-check-certificate", " -k") } else { ("", "") };
    format!(
        "wget -q -O /dev/null{wget_tls}{} {url} || curl -fsS -o /dev/null{curl_tls}{} {url}",
        options("--header"),
        options("-H")
    )
}
