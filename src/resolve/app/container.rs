//! Containers: environment, ports, resources and mounts.

use std::collections::HashMap;

use super::probes::{handler_place, probe_places};
use super::{Resolver, Tables};
use crate::app::{Container, ContainerPort, EnvSource, KeyReference, VolumeMount};
use crate::diagnostic::Diagnostic;
use crate::model::container::{self, EnvReference, EnvValue, ExtraContainer, Mount, Port, Protocol};
use crate::model::workload::PodFields;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Spanned, Text};

/// The parts of a container that only some workloads have.
#[derive(Default)]
pub(super) struct Exposed<'a> {
    pub ports: Option<&'a Keyed<Port>>,
    pub probes: Option<&'a container::Probes>,
}

impl Resolver<'_> {
    /// The container that the workload is there for.
    pub(super) fn main_container(
        &mut self,
        key: &Text,
        pod: &PodFields<'_>,
        exposed: &Exposed<'_>,
        tables: &Tables<'_>,
    ) -> Container {
        let name = match *key == "main" {
            true => Text::new(self.spec.metadata.name.value.clone(), key.origin),
            false => key.clone(),
        };
        let none = Keyed::default();
        let ports = self.ports(exposed.ports.unwrap_or(&none));
        let probes = exposed.probes.cloned().unwrap_or_default();
        let env_from = self.env_from(pod.config, tables);
        let mut env: Vec<(Text, EnvValue)> = self.spec.env.0.clone();
        overlay_env(&mut env, pod.env);
        Container {
            sidecar: false,
            waits: None,
            image: self.image(key, pod.image),
            image_pull_policy: pod.image_pull_policy.or(self.spec.image_pull_policy),
            command: pod.command.map(<[Text]>::to_vec),
            args: pod.args.map(<[Text]>::to_vec),
            working_dir: pod.working_dir.cloned(),
            env_from,
            env: self.env(&env, tables),
            liveness: self.probe(probes.liveness.as_ref(), &ports),
            readiness: self.probe(probes.readiness.as_ref(), &ports),
            startup: self.probe(probes.startup.as_ref(), &ports),
            resources: self.resources(pod.resources),
            mounts: self.main_mounts(pod),
            lifecycle: self.lifecycle(pod.lifecycle, &ports),
            security: pod.security.clone(),
            name,
            ports,
        }
    }

    /// An init container or a sidecar.
    pub(super) fn extra_container(
        &mut self,
        name: &Text,
        extra: &ExtraContainer,
        sidecar: bool,
        pod: &PodFields<'_>,
        tables: &Tables<'_>,
    ) -> Container {
        self.name("a container", name, 63);
        self.only_beside_main(extra, sidecar);
        let ports = self.ports(&extra.ports);
        // The application's own image gets the application's environment; another one does not.
        let own_image = extra.image.is_none();
        let mut env = if own_image { self.spec.env.0.clone() } else { Vec::new() };
        overlay_env(&mut env, &extra.env);
        Container {
            name: name.clone(),
            sidecar,
            waits: None,
            image: self.image(name, extra.image.as_ref().or(pod.image)),
            image_pull_policy: extra.image_pull_policy.or(self.spec.image_pull_policy),
            command: extra.command.clone(),
            args: extra.args.clone(),
            working_dir: extra.working_dir.clone(),
            env_from: if own_image { self.env_from(pod.config, tables) } else { Vec::new() },
            env: self.env(&env, tables),
            liveness: self.probe(extra.probes.liveness.as_ref(), &ports),
            readiness: self.probe(extra.probes.readiness.as_ref(), &ports),
            startup: self.probe(extra.probes.startup.as_ref(), &ports),
            resources: self.resources(&extra.resources),
            mounts: self.extra_mounts(extra, pod),
            lifecycle: self.lifecycle(&extra.lifecycle, &ports),
            security: extra.security.clone(),
            ports,
        }
    }

    /// What has no meaning beside the main container, or before it.
    fn only_beside_main(&mut self, extra: &ExtraContainer, sidecar: bool) {
        for (_, port) in extra.ports.iter() {
            let help = "declare the port under `ports:` of the deployment: a Service finds it by its name there";
            self.without_service(port, help);
            if let Some(service) = &port.service {
                let message = "the Service of a deployment is made of the ports of its main container";
                self.say(Diagnostic::error("field-without-effect", message).at(service.origin).help(help));
            }
        }
        let lifecycle = [&extra.lifecycle.post_start, &extra.lifecycle.pre_stop].into_iter().flatten();
        let probes = [&extra.probes.liveness, &extra.probes.readiness, &extra.probes.startup].into_iter().flatten();
        let place = probes.map(|probe| probe_places(probe).next()).chain(lifecycle.map(handler_place)).next();
        if let Some(place) = place.filter(|_| !sidecar) {
            let message = "an init container has no probes and no start and stop handlers";
            let name = self.spec.metadata.name.origin;
            self.say(
                Diagnostic::error("field-without-effect", message)
                    .at(place.unwrap_or(name))
                    .help("declare the container under `sidecars:` if it should run beside the main one"),
            );
        }
    }

    fn image(&mut self, key: &Text, image: Option<&Text>) -> Text {
        let image = image.or(self.spec.image.as_ref());
        match image {
            Some(image) if image.trim().is_empty() || image.contains(char::is_whitespace) => {
                self.say(
                    Diagnostic::error("invalid-image", format!("`{image}` is not the name of an image"))
                        .at(image.origin),
                );
            }
            Some(_) => {}
            None => self.say(
                Diagnostic::error("missing-image", format!("`{key}` has no image, and neither has the application"))
                    .at(key.origin)
                    .help("set `image` of the application or of the workload"),
            ),
        }
        image.cloned().unwrap_or_else(|| Text::new("", key.origin))
    }

    fn env_from(&mut self, chosen: Option<&[Text]>, tables: &Tables<'_>) -> Vec<Text> {
        let Some(chosen) = chosen else {
            return tables.config.groups().iter().filter(|group| group.env).map(|group| group.name.clone()).collect();
        };
        let mut names = Vec::new();
        for key in chosen {
            match tables.config.group(key) {
                Some(group) => names.push(Text::new(group.name.value.clone(), key.origin)),
                None => self.unknown_group(key, tables),
            }
        }
        names
    }

    pub(super) fn unknown_group(&mut self, key: &Text, tables: &Tables<'_>) {
        let known: Vec<&str> = tables.config.groups().iter().map(|group| group.key.as_str()).collect();
        self.unknown("unknown-config", "the configuration group", key, &known, "declare it under `config:`");
    }

    fn env(&mut self, env: &[(Text, EnvValue)], tables: &Tables<'_>) -> Vec<(Text, EnvSource)> {
        let mut sources = Vec::with_capacity(env.len());
        for (name, value) in env {
            self.valid(name, "invalid-env-name", "the name of an environment variable", names::env_var_name);
            let source = match value {
                EnvValue::Literal(text) => {
                    self.visible_literal(name, text);
                    Some(EnvSource::Literal(text.clone()))
                }
                EnvValue::Reference(reference) => self.env_reference(name, reference, tables),
            };
            sources.extend(source.map(|source| (name.clone(), source)));
        }
        sources
    }

    /// A literal in place of a secret's key is a value that can be checked.
    fn visible_literal(&mut self, name: &Text, text: &Text) {
        let spec = self.spec;
        let declared = spec.secrets.iter().find_map(|(_, secret)| secret.keys.get(name));
        if let Some(key) = declared {
            self.visible_value(name, text, key);
        }
    }

    fn env_reference(&mut self, name: &Text, reference: &EnvReference, tables: &Tables<'_>) -> Option<EnvSource> {
        let optional = reference.optional.as_ref().filter(|optional| optional.value).map(|optional| optional.origin);
        if let Some(number) = &reference.number {
            return self.number_reference(name, number, reference);
        }
        if let (Some(part), None) = (reference.part, &reference.dependency) {
            let message = format!("`part` of `{name}` goes with `dependency`");
            self.say(Diagnostic::error("conflicting-fields", message).at(part.origin));
        }
        let EnvReference { secret, config, dependency, field, resource, .. } = reference;
        match (secret, config, dependency, field, resource) {
            (Some(secret), None, None, None, None) => {
                let key = reference.key.as_ref().unwrap_or(name);
                self.secret_reference(tables.secrets, secret, key, optional).map(EnvSource::Secret)
            }
            (None, Some(group), None, None, None) => {
                self.config_reference(group, reference.key.as_ref().unwrap_or(name), optional, tables)
            }
            (None, None, Some(dependency), None, None) => {
                self.only_with_key(name, reference);
                self.dependency_part(name, dependency, reference, tables.dependencies)
            }
            (None, None, None, Some(field), None) => {
                self.only_with_key(name, reference);
                Some(EnvSource::Field(field.clone()))
            }
            (None, None, None, None, Some(resource)) => {
                self.only_with_key(name, reference);
                Some(EnvSource::Resource(resource.clone()))
            }
            _ => self.not_one_source(name),
        }
    }

    fn not_one_source(&mut self, name: &Text) -> Option<EnvSource> {
        let message =
            format!("`{name}` needs exactly one of `secret`, `config`, `dependency`, `field`, `resource` and `number`");
        self.say(Diagnostic::error("conflicting-fields", message).at(name.origin));
        None
    }

    /// A number of `uniqueNumbers`, as a text.
    fn number_reference(&mut self, name: &Text, number: &Text, reference: &EnvReference) -> Option<EnvSource> {
        let EnvReference { secret, config, dependency, field, resource, .. } = reference;
        let others = [secret, config, dependency, field, resource];
        if others.into_iter().any(Option::is_some) {
            return self.not_one_source(name);
        }
        self.only_with_key(name, reference);
        let declared = &self.spec.unique_numbers;
        if let Some(value) = declared.get(number) {
            return Some(EnvSource::Number(number.clone(), *value));
        }
        let known: Vec<&str> = declared.keys().map(Text::as_str).collect();
        self.unknown("unknown-number", "the number", number, &known, "declare it under `uniqueNumbers:`");
        None
    }

    fn only_with_key(&mut self, name: &Text, reference: &EnvReference) {
        let origin = reference.key.as_ref().map(|key| key.origin).or(reference.optional.as_ref().map(|o| o.origin));
        if let Some(origin) = origin {
            let message = format!("`key` and `optional` of `{name}` go with `secret` or `config` only");
            self.say(Diagnostic::error("conflicting-fields", message).at(origin));
        }
    }

    fn config_reference(
        &mut self,
        group: &Text,
        key: &Text,
        optional: Option<Origin>,
        tables: &Tables<'_>,
    ) -> Option<EnvSource> {
        let Some(known) = tables.config.group(group) else {
            self.unknown_group(group, tables);
            return None;
        };
        if !known.keys.contains(&key.value) && optional.is_none() {
            let keys: Vec<&str> = known.keys.iter().map(|key| key.as_str()).collect();
            let what = format!("the key of the configuration group `{group}`");
            self.unknown("unknown-config-key", &what, key, &keys, "add it under `config:`");
            return None;
        }
        let name = Text::new(known.name.value.clone(), group.origin);
        Some(EnvSource::Config(KeyReference { name, key: key.clone(), optional }))
    }

    fn ports(&mut self, ports: &Keyed<Port>) -> Vec<ContainerPort> {
        let mut made: Vec<ContainerPort> = Vec::with_capacity(ports.len());
        for (name, port) in ports.iter() {
            self.valid(name, "invalid-port-name", "the name of a port", names::port_name);
            let protocol = |port: Option<Spanned<Protocol>>| port.map_or(Protocol::Tcp, |protocol| protocol.value);
            let same = |other: &&ContainerPort| {
                other.port == port.container && protocol(other.protocol) == protocol(port.protocol)
            };
            for number in [Some(&port.container), port.service.as_ref(), port.node_port.as_ref()].into_iter().flatten()
            {
                if number.value == 0 {
                    self.say(Diagnostic::error("invalid-port", "a port is between 1 and 65535").at(number.origin));
                }
            }
            if let Some(other) = made.iter().find(same) {
                let message = format!("`{name}` and `{}` are the same port", other.name);
                self.say(
                    Diagnostic::error("duplicate-port", message)
                        .at(port.container.origin)
                        .related(other.port.origin, "the other one"),
                );
            }
            made.push(ContainerPort { name: name.clone(), port: port.container, protocol: port.protocol });
        }
        made
    }

    /// Limits below requests are refused by the API server.
    pub(super) fn resources(&mut self, resources: &container::Resources) -> container::Resources {
        let pairs = [
            ("cpu", &resources.requests.cpu, &resources.limits.cpu),
            ("memory", &resources.requests.memory, &resources.limits.memory),
            ("ephemeral-storage", &resources.requests.ephemeral_storage, &resources.limits.ephemeral_storage),
        ];
        for (what, request, limit) in pairs {
            let (Some(request), Some(limit)) = (request, limit) else { continue };
            if names::compare_quantities(&request.0, &limit.0) == Some(std::cmp::Ordering::Greater) {
                let message = format!("the {what} limit `{}` is below the request `{}`", limit.0, request.0);
                self.say(
                    Diagnostic::error("limit-below-request", message)
                        .at(limit.0.origin)
                        .related(request.0.origin, "the request"),
                );
            }
        }
        resources.clone()
    }

    fn main_mounts(&mut self, pod: &PodFields<'_>) -> Vec<VolumeMount> {
        let mounted = pod.volumes.iter().filter_map(|(name, volume)| Some((name, volume.mount.as_ref()?, volume)));
        let mounts = mounted.map(|(name, mount, volume)| volume_mount(name, mount, volume)).collect();
        self.distinct(mounts)
    }

    /// The API server refuses two mounts at one path.
    fn distinct(&mut self, mounts: Vec<VolumeMount>) -> Vec<VolumeMount> {
        let mut seen: HashMap<&str, Origin> = HashMap::new();
        for mount in &mounts {
            if let Some(other) = seen.insert(&mount.path, mount.path.origin) {
                let message = format!("two volumes are mounted at `{}`", mount.path);
                self.diagnostics.push(
                    Diagnostic::error("duplicate-mount", message).at(mount.path.origin).related(other, "the other one"),
                );
            }
        }
        mounts
    }

    fn extra_mounts(&mut self, extra: &ExtraContainer, pod: &PodFields<'_>) -> Vec<VolumeMount> {
        let known: Vec<&str> = pod.volumes.keys().map(Text::as_str).collect();
        let mut mounts = Vec::new();
        for (name, mount) in extra.mounts.iter() {
            match pod.volumes.get(name) {
                Some(volume) => mounts.push(volume_mount(name, mount, volume)),
                None => self.unknown(
                    "unknown-volume",
                    "the volume",
                    name,
                    &known,
                    "declare it under `volumes:` of the workload",
                ),
            }
        }
        self.distinct(mounts)
    }
}

/// Variables of a workload replace the application's in place; new ones come last.
fn overlay_env(env: &mut Vec<(Text, EnvValue)>, over: &Keyed<EnvValue>) {
    for (name, value) in over.iter() {
        match env.iter_mut().find(|(known, _)| known == name) {
            Some(slot) => *slot = (name.clone(), value.clone()),
            None => env.push((name.clone(), value.clone())),
        }
    }
}

fn volume_mount(name: &Text, mount: &Mount, volume: &container::Volume) -> VolumeMount {
    let (path, sub_path, read_only) = match mount {
        Mount::Path(path) => (path, None, None),
        Mount::Options(options) => (&options.path, options.sub_path.clone(), options.read_only),
    };
    let files = [
        volume.config.as_ref().map(|text| text.origin),
        volume.secret.as_ref().map(|text| text.origin),
        volume.projected.as_ref().map(|raw| raw.0.origin()),
    ];
    let by_source = files.into_iter().flatten().next().map(|origin| Spanned::new(true, origin));
    VolumeMount { volume: name.clone(), path: path.clone(), sub_path, read_only: read_only.or(by_source) }
}
