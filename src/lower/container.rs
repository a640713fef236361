//! Containers.

use super::rules::{CONTAINER, DEPENDENCY_PART, NATIVE_SIDECAR};
use super::{Lowering, list, unless_empty};
use crate::app::{Container, ContainerPort, EnvSource, KeyReference, Pod};
use crate::model::container::{PullPolicy, ResourceAmounts, Resources};
use crate::object;
use crate::origin::Origin;
use crate::tree::{Node, Text};

impl Lowering<'_> {
    pub(super) fn container(&mut self, container: &Container, pod: &Pod) -> Node {
        let Some(place) = container.waits else { return self.plain_container(container, pod) };
        let confined = self.confined_wait(container);
        let mut node = self.plain_container(&confined, pod);
        self.attribute_wait(&mut node, place);
        node
    }

    fn plain_container(&mut self, container: &Container, pod: &Pod) -> Node {
        let origin = self.rule(&CONTAINER);
        let always = self.rule(&NATIVE_SIDECAR);
        object! { origin;
            "name": &container.name,
            "image": &container.image,
            "imagePullPolicy"?: container.image_pull_policy.map(|policy| policy.map(policy_word)),
            "restartPolicy"?: container.sidecar.then(|| Node::string("Always", always)),
            "command"?: container.command.as_ref(),
            "args"?: container.args.as_ref(),
            "workingDir"?: container.working_dir.as_ref(),
            "envFrom"?: list(&container.env_from, origin, |name| env_from(name, origin)),
            "env"?: list(&container.env, origin, |(name, source)| self.env(name, source)),
            "ports"?: list(&container.ports, origin, |port| self.container_port(port)),
            "livenessProbe"?: container.liveness.as_ref().map(|probe| self.probe(probe)),
            "readinessProbe"?: container.readiness.as_ref().map(|probe| self.probe(probe)),
            "startupProbe"?: container.startup.as_ref().map(|probe| self.probe(probe)),
            "lifecycle"?: self.lifecycle(&container.lifecycle),
            "resources"?: resources(&container.resources, origin),
            "volumeMounts"?: list(&container.mounts, origin, |mount| self.volume_mount(mount)),
            "securityContext"?: self.container_security(container, pod),
        }
    }

    fn container_port(&mut self, port: &ContainerPort) -> Node {
        let origin = self.rule(&CONTAINER);
        object! { origin;
            "name": &port.name,
            "containerPort": port.port,
            "protocol": self.protocol(port.protocol),
        }
    }

    fn env(&mut self, name: &Text, source: &EnvSource) -> Node {
        let origin = self.rule(&CONTAINER);
        let from = match source {
            EnvSource::Literal(value) => return object! { origin; "name": name, "value": value },
            EnvSource::Number(_, number) => {
                let text = Text::new(ecow::eco_format!("{}", number.value), number.origin);
                return object! { origin; "name": name, "value": &text };
            }
            EnvSource::Dependency(value) => {
                let made = self.rule_at(&DEPENDENCY_PART, value.origin);
                return object! { origin; "name": name, "value": Node::string(value.value.clone(), made) };
            }
            EnvSource::Secret(key) => object! { origin; "secretKeyRef": key_reference(key, origin) },
            EnvSource::Config(key) => object! { origin; "configMapKeyRef": key_reference(key, origin) },
            EnvSource::Field(path) => object! { origin; "fieldRef": object! { origin; "fieldPath": path } },
            EnvSource::Resource(name) => object! { origin; "resourceFieldRef": object! { origin; "resource": name } },
        };
        object! { origin; "name": name, "valueFrom": from }
    }
}

fn env_from(name: &Text, origin: Origin) -> Node {
    object! { origin; "configMapRef": object! { origin; "name": name } }
}

fn key_reference(key: &KeyReference, origin: Origin) -> Node {
    let optional = key.optional.map(|written| Node::new(true, written));
    object! { origin; "name": &key.name, "key": &key.key, "optional"?: optional }
}

fn resources(resources: &Resources, origin: Origin) -> Option<Node> {
    unless_empty(object! { origin;
        "requests"?: amounts(&resources.requests, origin),
        "limits"?: amounts(&resources.limits, origin),
    })
}

fn amounts(amounts: &ResourceAmounts, origin: Origin) -> Option<Node> {
    unless_empty(object! { origin;
        "cpu"?: amounts.cpu.as_ref().map(|amount| &amount.0),
        "memory"?: amounts.memory.as_ref().map(|amount| &amount.0),
        "ephemeral-storage"?: amounts.ephemeral_storage.as_ref().map(|amount| &amount.0),
    })
}

fn policy_word(policy: PullPolicy) -> &'static str {
    match policy {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    }
}
