//! Configuration groups: a ConfigMap each.

use ecow::EcoString;

use super::Resolver;
use super::secrets::SecretTable;
use crate::app::{ConfigData, ConfigMap};
use crate::diagnostic::Diagnostic;
use crate::model::app::{ConfigMapOptions, ConfigValue};
use crate::names;
use crate::tree::{Keyed, Text};

/// The configuration groups of an application.
pub(super) struct ConfigTable {
    /// The ConfigMaps.
    pub maps: Vec<ConfigMap>,
    groups: Vec<Group>,
}

/// What workloads need to know about a group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Its key under `config:`.
    pub key: Text,
    /// The name of the ConfigMap, without a hash.
    pub name: Text,
    /// Whether the name gets a hash.
    pub hash: bool,
    /// Whether its keys become variables of every workload.
    pub env: bool,
    /// Its data keys.
    pub keys: Vec<EcoString>,
}

impl ConfigTable {
    pub fn group(&self, key: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.key == *key)
    }

    pub fn groups(&self) -> &[Group] {
        &self.groups
    }
}

impl Resolver<'_> {
    pub(super) fn config_table(&mut self, secrets: &SecretTable) -> ConfigTable {
        let mut table = ConfigTable { maps: Vec::new(), groups: Vec::new() };
        for key in self.spec.config_maps.keys() {
            if !self.spec.config.contains(key) && self.queries(key).is_none() {
                let known: Vec<&str> = self.spec.config.keys().map(Text::as_str).collect();
                self.unknown("unknown-config", "the configuration group", key, &known, "declare it under `config:`");
            }
        }
        let spec = self.spec;
        let sources = spec.metric_sources.keys().filter(|key| !spec.config.contains(key));
        let queried: Vec<&Text> = sources.filter(|key| self.queries(key).is_some()).collect();
        let none = Keyed::default();
        let groups = spec.config.iter().chain(queried.iter().map(|key| (*key, &none)));
        for (key, values) in groups {
            let options = self.spec.config_maps.get(key).cloned().unwrap_or_default();
            let (map, group) = self.config_group(key, values, &options, secrets);
            table.maps.push(map);
            table.groups.push(group);
        }
        table
    }

    fn config_group(
        &mut self,
        key: &Text,
        values: &Keyed<ConfigValue>,
        options: &ConfigMapOptions,
        secrets: &SecretTable,
    ) -> (ConfigMap, Group) {
        self.valid(key, "invalid-key", "the key of a configuration group", names::dns_label);
        let name = self.object_name("a ConfigMap", key, options.name.as_ref(), 63);
        let mut data = Vec::with_capacity(values.len());
        for (entry, value) in values.iter() {
            self.valid(entry, "invalid-config-key", "a key of a ConfigMap", names::config_key);
            if let Some(secret) = secrets.secret_of_key(entry) {
                let message =
                    format!("`{entry}` is a key of the secret `{secret}`, so its value does not belong in a ConfigMap");
                self.say(
                    Diagnostic::error("secret-in-config", message)
                        .at(entry.origin)
                        .related(secret.origin, "declared here")
                        .help("refer to it from `env:` as `{secret: NAME}`"),
                );
            }
            if let Some(value) = self.config_value(value) {
                data.push((entry.clone(), value));
            }
        }
        let queries = self.queries(key);
        let all_variables = queries.is_none()
            && values
                .iter()
                .all(|(entry, value)| names::env_var_name(entry).is_ok() && matches!(value, ConfigValue::Literal(_)));
        let env = options.env.as_ref().map_or(all_variables, |env| env.value);
        let hash = options.hash.as_ref().is_none_or(|hash| hash.value);
        let file = queries.as_ref().map(|(file, _)| file.clone());
        data.extend(queries);
        let keys = values.keys().chain(file.as_ref()).map(|key| key.value.clone()).collect();
        let group = Group { key: key.clone(), name: name.clone(), hash, env, keys };
        (ConfigMap { name, hash, data }, group)
    }

    fn config_value(&mut self, value: &ConfigValue) -> Option<ConfigData> {
        match value {
            ConfigValue::Literal(text) => Some(ConfigData::Text(text.clone())),
            ConfigValue::File(source) => (self.context.file)(&source.file),
        }
    }
}
