//! Variables of services, and the env file that the values of secrets stand in.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, eco_format};

use super::Composer;
use super::rules::VARIABLES;
use super::text::{literal, taken};
use crate::app::{App, Container, EnvSource, KeyReference, Pod, SecretSource, VolumeSource};
use crate::diagnostic::Diagnostic;
use crate::model::container::ResourceAmounts;
use crate::names;
use crate::origin::Origin;
use crate::tree::{Map, Node, Text};

/// A Secret and one of its keys.
type Key<'a> = (&'a str, &'a str);

/// The values of secrets that services need, by Secret and key.
pub(super) struct Variables<'a> {
    /// The values that are no secrets, of a local environment.
    local: HashMap<Key<'a>, &'a Text>,
    /// The Secrets whose values are all known.
    known: HashSet<&'a str>,
    /// Keys that several Secrets have.
    shared: HashSet<&'a str>,
    /// The variables of the env file: whether each is required, and where it is used.
    needed: Vec<(EcoString, bool, Origin)>,
}

/// What a service is told.
pub(super) struct Environment {
    /// Its variables.
    pub variables: Option<Node>,
    /// The env files that it gets whole.
    pub files: Option<Node>,
}

impl<'a> Variables<'a> {
    pub fn of(app: &'a App) -> Self {
        let mut variables =
            Self { local: HashMap::new(), known: HashSet::new(), shared: HashSet::new(), needed: Vec::new() };
        for source in &app.secrets {
            let SecretSource::Local(secret) = source else { continue };
            variables.known.insert(&secret.name);
            variables.local.extend(
                secret
                    .data
                    .iter()
                    .chain(&secret.made)
                    .map(|(key, value)| ((secret.name.as_str(), key.as_str()), value)),
            );
        }
        let mut holders: HashMap<&str, &str> = HashMap::new();
        for declared in &app.contract.declared {
            for key in &declared.keys {
                let other = holders.insert(key, &declared.name);
                if other.is_some_and(|other| other != declared.name.as_str()) {
                    variables.shared.insert(key);
                }
            }
        }
        variables
    }

    /// The value of a key in a local environment; `Some(None)` for one that has none there.
    pub fn local(&self, secret: &str, key: &str) -> Option<Option<&'a Text>> {
        self.known.contains(secret).then(|| self.local.get(&(secret, key)).copied())
    }

    /// The name of the variable in the env file: the key, and the Secret before it where several
    /// have that key or it is no name of a variable.
    pub fn name(&mut self, secret: &str, key: &str, required: bool, at: Origin) -> EcoString {
        let plain = names::c_identifier(key).is_ok() && !self.shared.contains(key);
        let name: EcoString = match plain {
            true => key.into(),
            false => eco_format!("{secret}_{key}")
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
                .collect(),
        };
        match self.needed.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, known, _)) => *known |= required,
            None => self.needed.push((name.clone(), required, at)),
        }
        name
    }
}

impl Composer<'_> {
    /// The variables of a container.
    pub(super) fn environment(&mut self, container: &Container) -> Environment {
        let origin = self.rule(&VARIABLES);
        let mut map = Map::default();
        let mut file = false;
        let app = self.app;
        for group in &container.env_from {
            let data = app.config_maps.iter().filter(|known| known.name == *group).flat_map(|known| &known.data);
            for (key, _) in data {
                if let Some(text) = self.config_text(group, key) {
                    put(&mut map, key, text);
                }
            }
        }
        for (name, source) in &container.env {
            let node = match source {
                EnvSource::Literal(text) => Some(taken(text)),
                EnvSource::Dependency(text) => Some(taken(text)),
                EnvSource::Number(_, number) => Some(Node::string(eco_format!("{number}"), number.origin)),
                EnvSource::Config(reference) => self.config_text(&reference.name, &reference.key),
                EnvSource::Secret(reference) => self.secret_value(name, reference, &mut file),
                EnvSource::Field(path) => self.field_value(name, path),
                EnvSource::Resource(path) => self.resource_value(name, path, container),
            };
            if let Some(node) = node {
                put(&mut map, name, node);
            }
        }
        let env_file = file.then(|| Node::new(vec![self.env_file()], origin));
        Environment { variables: (!map.is_empty()).then(|| Node::new(map, origin)), files: env_file }
    }

    fn env_file(&mut self) -> Node {
        let origin = self.rule(&VARIABLES);
        match &self.given.settings.env_file {
            Some(path) => taken(path),
            None => Node::string(".env", origin),
        }
    }

    /// The value of a secret: itself in a local environment; otherwise nothing, for the env file
    /// has it under this name, or an interpolation where it is called otherwise there.
    fn secret_value(&mut self, name: &Text, reference: &KeyReference, file: &mut bool) -> Option<Node> {
        let KeyReference { name: secret, key, optional } = reference;
        if let Some(value) = self.variables.local(secret, key) {
            return value.map(taken);
        }
        let required = optional.is_none();
        let variable = self.variables.name(secret, key, required, name.origin);
        if variable == *name.value {
            *file = true;
            return None;
        }
        let origin = self.rule_at(&VARIABLES, key.origin);
        let text = match required {
            true => eco_format!("${{{variable}:?set it in the env file}}"),
            false => eco_format!("${{{variable}-}}"),
        };
        Some(Node::string(text, origin))
    }

    fn field_value(&mut self, name: &Text, path: &Text) -> Option<Node> {
        if *path == "metadata.namespace" {
            return self.app.namespace.as_ref().map(|namespace| Node::string(literal(namespace), path.origin));
        }
        let message = format!("a container in Compose has no field `{path}`, so `{name}` is left out");
        self.diagnostics.push(Diagnostic::note("not-in-compose", message).at(path.origin));
        None
    }

    fn resource_value(&mut self, name: &Text, path: &Text, container: &Container) -> Option<Node> {
        let resources = &container.resources;
        let amounts = |amounts: &ResourceAmounts, of: &str| match of {
            "memory" => amounts.memory.clone(),
            "cpu" => amounts.cpu.clone(),
            _ => None,
        };
        let amount = path.split_once('.').and_then(|(kind, of)| match kind {
            "limits" => amounts(&resources.limits, of),
            "requests" => amounts(&resources.requests, of),
            _ => None,
        });
        let whole = amount.and_then(|amount| names::amount(&amount.0)).map(|billionths| {
            // As the kubelet: whole bytes or cores, rounded up.
            billionths / 1_000_000_000 + i128::from(billionths % 1_000_000_000 > 0)
        });
        if whole.is_none() {
            let message = format!("`{path}` is not written, so `{name}` is left out");
            self.diagnostics.push(Diagnostic::note("not-in-compose", message).at(path.origin));
        }
        whole.map(|whole| Node::string(eco_format!("{whole}"), path.origin))
    }

    /// Says what the env file has to hold.
    pub(super) fn say_env_file(&mut self) {
        let needed = std::mem::take(&mut self.variables.needed);
        let Some((_, _, at)) = needed.first() else { return };
        let list = |wanted: bool| {
            let names = needed.iter().filter(|(_, required, _)| *required == wanted);
            names.map(|(name, ..)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        };
        let (required, optional) = (list(true), list(false));
        let optional = if optional.is_empty() { String::new() } else { format!("; it may hold {optional}") };
        let file = self.given.settings.env_file.as_ref().map_or(".env", |file| file.as_str());
        let message = match required.is_empty() {
            true => format!("values of secrets are read from `{file}`{optional}"),
            false => format!("values of secrets are read from `{file}`, which has to hold {required}{optional}"),
        };
        self.diagnostics.push(Diagnostic::note("compose-env-file", message).at(*at));
    }
}

/// Keys of a Secret that a volume of these pods shows: all declared ones, or those that it names.
pub(super) fn keys_of<'a>(app: &'a App, source: &'a VolumeSource) -> Vec<(&'a str, &'a str)> {
    match source {
        VolumeSource::Config(_, items) | VolumeSource::Secret(_, items) if !items.is_empty() => {
            items.iter().map(|(key, path)| (key.as_str(), path.as_str())).collect()
        }
        VolumeSource::Config(name, _) => {
            let maps = app.config_maps.iter().filter(|map| map.name == *name);
            maps.flat_map(|map| map.data.iter().map(|(key, _)| (key.as_str(), key.as_str()))).collect()
        }
        VolumeSource::Secret(name, _) => {
            let declared = app.contract.declared.iter().filter(|declared| declared.name == *name);
            declared.flat_map(|declared| declared.keys.iter().map(|key| (key.as_str(), key.as_str()))).collect()
        }
        _ => Vec::new(),
    }
}

/// How many containers of the pod mount a volume.
pub(super) fn mounted(pod: &Pod, volume: &str) -> usize {
    let containers = std::iter::once(&pod.main).chain(&pod.init);
    containers.filter(|container| container.mounts.iter().any(|mount| mount.volume == *volume)).count()
}

fn put(map: &mut Map, name: &Text, node: Node) {
    match map.get_mut(name) {
        Some(old) => *old = node,
        None => map.push(name.value.clone(), name.origin, node),
    }
}
