//! The Service in front of a Deployment: what its ports ask for, and what the API server refuses.

use super::Resolver;
use crate::app::{Service, ServicePort};
use crate::diagnostic::Diagnostic;
use crate::model::container::Port;
use crate::model::workload::{ServiceOptions, ServiceType};
use crate::names;
use crate::tree::{Keyed, Text};

impl Resolver<'_> {
    /// The Service of a workload; `None` when none of its ports has a `service`.
    pub(super) fn service(
        &mut self,
        workload: &Text,
        written: &Keyed<Port>,
        options: &ServiceOptions,
        worker: bool,
    ) -> Option<Service> {
        let ports: Vec<ServicePort> = written
            .iter()
            .filter_map(|(name, port)| {
                Some(ServicePort {
                    name: name.clone(),
                    port: port.service?,
                    node_port: port.node_port,
                    protocol: port.protocol,
                    app_protocol: port.app_protocol.clone(),
                })
            })
            .collect();
        for port in written.iter().map(|(_, port)| port).filter(|port| port.service.is_none()) {
            self.without_service(port, "add `service: PORT` to the port");
        }
        let Some(first) = ports.first() else {
            self.unused_service(options);
            return None;
        };
        self.service_type(options, &ports);
        self.distinct_service_ports(&ports);
        if worker {
            let message = format!("the worker `{workload}` has no Service, so its ports have no `service`");
            self.say(
                Diagnostic::error("worker-with-service", message)
                    .at(first.port.origin)
                    .help("declare it under `deployments:`, or take `service` away"),
            );
            return None;
        }
        let name = options.name.clone().unwrap_or_else(|| workload.clone());
        self.valid(&name, "invalid-name", "the name of a Service", names::service_name);
        self.annotations(&options.annotations);
        Some(Service {
            name,
            service_type: options.service_type,
            headless: options.headless.filter(|headless| headless.value).map(|headless| headless.origin),
            annotations: options.annotations.clone(),
            ports,
        })
    }

    /// Fields of a port that only a Service could use, on one that has none.
    pub(super) fn without_service(&mut self, port: &Port, help: &str) {
        let fields = [
            ("nodePort", port.node_port.as_ref().map(|port| port.origin)),
            ("appProtocol", port.app_protocol.as_ref().map(|text| text.origin)),
        ];
        for (field, origin) in fields {
            if let Some(origin) = origin {
                let message = format!("`{field}` is for the Service, and this port has none");
                self.say(Diagnostic::error("field-without-effect", message).at(origin).help(help));
            }
        }
    }

    /// What the API server refuses: a port on every node of a Service without one, and a Service
    /// of several addresses that should have none (Kubernetes: ValidateService).
    fn service_type(&mut self, options: &ServiceOptions, ports: &[ServicePort]) {
        let written = options.service_type;
        let outside = written.filter(|kind| kind.value != ServiceType::ClusterIp);
        if let (None, Some(port)) = (outside, ports.iter().find_map(|port| port.node_port)) {
            self.say(
                Diagnostic::error("conflicting-fields", "`nodePort` needs a Service of type NodePort or LoadBalancer")
                    .at(port.origin)
                    .help("write `service: {type: NodePort}`"),
            );
        }
        let headless = options.headless.filter(|headless| headless.value);
        if let (Some(outside), Some(headless)) = (outside, headless) {
            self.say(
                Diagnostic::error("conflicting-fields", "a headless Service is of type ClusterIP")
                    .at(headless.origin)
                    .related(outside.origin, "the type")
                    .help("take one of the two away"),
            );
        }
    }

    /// Options of a Service that is never made would be ignored.
    fn unused_service(&mut self, options: &ServiceOptions) {
        let origin = options.name.as_ref().map(|name| name.origin);
        let origin = origin.or(options.headless.as_ref().map(|headless| headless.origin));
        let origin = origin.or(options.service_type.map(|kind| kind.origin));
        let origin = origin.or_else(|| options.annotations.keys().next().map(|key| key.origin));
        if let Some(origin) = origin {
            let message = "no port says `service`, so there is no Service for this to apply to";
            self.say(
                Diagnostic::error("field-without-effect", message).at(origin).help("add `service: PORT` to a port"),
            );
        }
    }
}
