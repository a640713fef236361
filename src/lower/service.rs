//! Services.

use super::metadata::{Metadata, WAVE};
use super::rules::{PORT_PROTOCOL, SERVICE, STABLE_SELECTORS};
use super::{Lowering, list, pairs, texts};
use crate::app::{Pod, Service, ServicePort};
use crate::model::container::Protocol;
use crate::model::workload::ServiceType;
use crate::object;
use crate::tree::{Node, Spanned, Text};

impl Lowering<'_> {
    /// The Service in front of the pods that `selector` selects, in their wave.
    pub(super) fn service(&mut self, service: &Service, pod: &Pod, selector: &[(Text, Text)], wave: i32) -> Node {
        let origin = self.rule(&SERVICE);
        let selecting = self.rule(&STABLE_SELECTORS);
        let wave = self.wave(wave, pod.wave);
        let app = self.app;
        let metadata = self.metadata(Metadata {
            name: &service.name,
            component: Some(&pod.component),
            labels: &app.labels,
            annotations: &service.annotations.0,
            by_rule: vec![(WAVE, wave)],
        });
        let spec = object! { origin;
            "type"?: service.service_type.map(|kind| kind.map(type_word)),
            "clusterIP"?: service.headless.map(|written| Node::string("None", written)),
            "selector": texts(pairs(selector), selecting),
            "ports"?: list(&service.ports, origin, |port| self.service_port(port)),
        };
        object! { origin; "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec }
    }

    fn service_port(&mut self, port: &ServicePort) -> Node {
        let origin = self.rule(&SERVICE);
        object! { origin;
            "name": &port.name,
            "port": port.port,
            "targetPort": &port.name,
            "nodePort"?: port.node_port,
            "protocol": self.protocol(port.protocol),
            "appProtocol"?: port.app_protocol.as_ref(),
        }
    }

    /// The protocol of a port, also where it is the default.
    pub(super) fn protocol(&mut self, written: Option<Spanned<Protocol>>) -> Node {
        let word = |protocol| match protocol {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
            Protocol::Sctp => "SCTP",
        };
        self.or_rule(written.map(|protocol| protocol.map(word)), &PORT_PROTOCOL, word(Protocol::Tcp))
    }
}

fn type_word(service_type: ServiceType) -> &'static str {
    match service_type {
        ServiceType::ClusterIp => "ClusterIP",
        ServiceType::NodePort => "NodePort",
        ServiceType::LoadBalancer => "LoadBalancer",
    }
}
