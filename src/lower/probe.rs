//! Probes, and the handlers of start and stop.

use super::rules::{CONTAINER, PROBE};
use super::{Lowering, unless_empty};
use crate::app::{Probe, ProbeAction};
use crate::model::container::{HttpProbe, HttpScheme, Lifecycle, LifecycleHandler};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

impl Lowering<'_> {
    pub(super) fn probe(&mut self, probe: &Probe) -> Node {
        let origin = self.rule_at(&PROBE, probe.origin);
        let (http, tcp, exec, grpc) = match &probe.action {
            ProbeAction::Http(http, port) => (Some(http_get(http, Some(port.0.clone()), origin)), None, None, None),
            ProbeAction::Tcp(port) => (None, Some(object! { origin; "port": port.0.clone() }), None, None),
            ProbeAction::Exec(command) => (None, None, Some(exec(command, origin)), None),
            ProbeAction::Grpc(port) => (None, None, None, Some(object! { origin; "port": port })),
        };
        object! { origin;
            "httpGet"?: http,
            "tcpSocket"?: tcp,
            "exec"?: exec,
            "grpc"?: grpc,
            "initialDelaySeconds"?: probe.initial_delay_seconds,
            "periodSeconds"?: probe.period_seconds,
            "timeoutSeconds"?: probe.timeout_seconds,
            "failureThreshold"?: probe.failure_threshold,
            "successThreshold"?: probe.success_threshold,
        }
    }

    pub(super) fn lifecycle(&mut self, lifecycle: &Lifecycle) -> Option<Node> {
        let origin = self.rule(&CONTAINER);
        unless_empty(object! { origin;
            "postStart"?: lifecycle.post_start.as_ref().map(|written| handler(written, origin)),
            "preStop"?: lifecycle.pre_stop.as_ref().map(|written| handler(written, origin)),
        })
    }
}

fn handler(handler: &LifecycleHandler, origin: Origin) -> Node {
    let http = handler.http.as_ref();
    object! { origin;
        "exec"?: handler.exec.as_ref().map(|command| exec(&command.value, command.origin)),
        "httpGet"?: http.map(|http| http_get(http, http.port.as_ref().map(|port| port.0.clone()), origin)),
        "sleep"?: handler.sleep.map(|seconds| object! { seconds.origin; "seconds": seconds }),
    }
}

fn exec(command: &[Text], origin: Origin) -> Node {
    object! { origin; "command": command }
}

fn http_get(http: &HttpProbe, port: Option<Node>, origin: Origin) -> Node {
    let scheme = |scheme| match scheme {
        HttpScheme::Http => "HTTP",
        HttpScheme::Https => "HTTPS",
    };
    object! { origin;
        "path": &http.path,
        "port"?: port,
        "scheme"?: http.scheme.map(|written| written.map(scheme)),
        "httpHeaders"?: super::list(&http.headers.0, origin, |(name, value)| {
            object! { origin; "name": name, "value": value }
        }),
    }
}
