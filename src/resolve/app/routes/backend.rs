//! What answers a route: a deployment, and the port of its Service.

use super::super::{Resolver, quoted};
use crate::app::{Backend, Deployment, Service, ServicePort};
use crate::diagnostic::Diagnostic;
use crate::model::container::Protocol;
use crate::model::route::Route;
use crate::tree::Text;

impl Resolver<'_> {
    pub(super) fn backend(&mut self, key: &Text, spec: &Route, deployments: &[Deployment]) -> Option<Backend> {
        let deployment = self.routed_deployment(key, spec, deployments)?;
        let Some(service) = &deployment.service else {
            let component = &deployment.pod.component;
            let place = spec.deployment.as_ref().unwrap_or(key);
            let help = match deployment.worker {
                true => "route to a deployment: a worker has no Service",
                false => "add `service: PORT` to a port of the deployment",
            };
            let message = format!("the route `{key}` leads to `{component}`, which has no Service");
            self.say(Diagnostic::error("route-without-service", message).at(place.origin).help(help));
            return None;
        };
        let port = self.routed_port(key, spec, service)?;
        let behind = deployment.pod.main.ports.iter().find(|known| known.name == port.name);
        Some(Backend {
            deployment: deployment.name.clone(),
            component: deployment.pod.component.clone(),
            selector: deployment.selector.clone(),
            service: service.name.clone(),
            port: port.port,
            container_port: behind.map_or(port.port, |behind| behind.port),
        })
    }

    fn routed_deployment<'d>(
        &mut self,
        key: &Text,
        spec: &Route,
        deployments: &'d [Deployment],
    ) -> Option<&'d Deployment> {
        let by_key = |wanted: &str| deployments.iter().find(|deployment| deployment.pod.component == *wanted);
        let served: Vec<&Deployment> = deployments.iter().filter(|deployment| deployment.service.is_some()).collect();
        let Some(wanted) = &spec.deployment else {
            return match (by_key("main").filter(|main| main.service.is_some()), served.as_slice()) {
                (Some(main), _) => Some(main),
                (None, [only]) => Some(only),
                (None, []) => {
                    let message = format!("no deployment has a Service that the route `{key}` could lead to");
                    let help = "add `service: PORT` to a port of a deployment";
                    self.say(Diagnostic::error("route-without-service", message).at(key.origin).help(help));
                    None
                }
                (None, several) => {
                    let known: Vec<&str> = several.iter().map(|one| one.pod.component.as_str()).collect();
                    let message = format!("the route `{key}` does not say which deployment answers");
                    let help = format!("write `deployment:`, one of {}", quoted(&known));
                    self.say(Diagnostic::error("missing-field", message).at(key.origin).help(help));
                    None
                }
            };
        };
        let found = by_key(wanted);
        if found.is_none() {
            let known: Vec<&str> = served.iter().map(|one| one.pod.component.as_str()).collect();
            let help = "`deployment` is a key under `deployments:`";
            self.unknown("unknown-deployment", "the deployment", wanted, &known, help);
        }
        found
    }

    fn routed_port<'s>(&mut self, key: &Text, spec: &Route, service: &'s Service) -> Option<&'s ServicePort> {
        let is_tcp = |port: &&ServicePort| port.protocol.is_none_or(|protocol| protocol.value == Protocol::Tcp);
        let ports: Vec<&ServicePort> = service.ports.iter().filter(is_tcp).collect();
        let known: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
        let Some(wanted) = &spec.port else {
            if ports.len() != 1 {
                let message = format!("the Service `{}` has {} ports that speak TCP", service.name, ports.len());
                let help = match ports.is_empty() {
                    true => "add `service: PORT` to a port that speaks HTTP".to_owned(),
                    false => format!("write `port:`, one of {}", quoted(&known)),
                };
                self.say(Diagnostic::error("missing-field", message).at(key.origin).help(help));
            }
            return ports.first().copied().filter(|_| ports.len() == 1);
        };
        let found = ports.iter().find(|port| port.name == *wanted).copied();
        if found.is_none() {
            let what = format!("in the Service `{}`, the port", service.name);
            let help = "declare it under `ports:` of the deployment, with `service: PORT`";
            self.unknown("unknown-port", &what, wanted, &known, help);
        }
        found
    }
}
