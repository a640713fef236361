//! Secrets: declared keys meet the provider of the environment.

use std::collections::HashMap;

use ecow::EcoString;

use super::Resolver;
use super::dependencies::DependencyTable;
use super::secret_values::well_formed;
use crate::app::{Contract, DeclaredSecret, ExternalSecret, KeyReference, LocalSecret, SecretEntry, SecretSource};
use crate::diagnostic::{Diagnostic, SECRET_VALUE};
use crate::model::dependency::SecretPart;
use crate::model::secret::{ProviderKind, Secret, SecretFormat, SecretKey, SecretProvider};
use crate::names;
use crate::origin::Origin;
use crate::tree::{Keyed, Text};

/// A declared secret, and who supplies it.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The name of the Kubernetes Secret.
    pub name: &'a Text,
    /// Its key under `secrets:`.
    pub key: &'a Text,
    /// What is declared.
    pub secret: &'a Secret,
    /// Who supplies it.
    pub provider: &'a SecretProvider,
}

impl Wanted<'_> {
    /// For each key the Secret that holds it, where one holds them all.
    pub fn held_by_one(&self) -> Vec<Text> {
        vec![self.name.clone(); self.secret.keys.len()]
    }
}

/// The secrets of an application, as workloads refer to them.
pub(super) struct SecretTable {
    /// The objects that supply them.
    pub sources: Vec<SecretSource>,
    secrets: Vec<Declared>,
}

/// One declared secret.
pub(super) struct Declared {
    /// Its key under `secrets:`.
    pub key: Text,
    /// The name of the main Secret.
    pub name: Text,
    /// Its keys, and the Secret that holds each.
    pub keys: Vec<DeclaredKey>,
    forbidden: Vec<Text>,
}

/// One key of a declared secret.
pub(super) struct DeclaredKey {
    /// The key.
    pub key: Text,
    /// The Secret that holds it.
    pub holder: Text,
    /// Whether it may be missing, and where that is said.
    pub optional: Option<Origin>,
    /// How its value is written.
    pub format: Option<SecretFormat>,
    /// The allowed values.
    pub allowed: Vec<Text>,
}

impl SecretTable {
    pub fn get(&self, key: &str) -> Option<&Declared> {
        self.secrets.iter().find(|secret| secret.key == *key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Declared> {
        self.secrets.iter()
    }

    /// The secret that declares this key, when one does.
    pub fn secret_of_key(&self, key: &str) -> Option<&Text> {
        self.secrets.iter().find(|secret| secret.keys.iter().any(|known| known.key == *key)).map(|secret| &secret.key)
    }
}

impl Resolver<'_> {
    pub(super) fn secret_table(&mut self, dependencies: &DependencyTable<'_>, contract: &mut Contract) -> SecretTable {
        let mut table = SecretTable { sources: Vec::new(), secrets: Vec::new() };
        let mut held = HashMap::new();
        let provider = self.context.provider;
        if let Some(provider) = provider {
            self.provider_fields(provider);
        }
        for (key, secret) in self.spec.secrets.iter() {
            self.secret_keys(secret);
            self.secret_dependencies(secret);
            contract.forbidden.extend(secret.forbidden.iter().cloned());
            let name = secret.name.clone().unwrap_or_else(|| key.clone());
            self.valid(&name, "invalid-name", "the name of a Secret", names::dns_subdomain);
            let Some(provider) = provider else {
                self.no_provider(key);
                continue;
            };
            let wanted = Wanted { name: &name, key, secret, provider };
            let holders = self.sources(&wanted, dependencies, &mut table.sources);
            let declared = declared(key, name, secret, holders);
            declare(&declared, secret, contract, &mut held);
            table.secrets.push(declared);
        }
        table
    }

    fn no_provider(&mut self, key: &Text) {
        self.say(
            Diagnostic::error("no-secret-provider", format!("no layer says who supplies the secret `{key}`"))
                .at(key.origin)
                .help("set `secrets: {provider: ...}` in the environment of strata.yaml or in the overlay"),
        );
    }

    fn secret_keys(&mut self, secret: &Secret) {
        for (key, spec) in secret.keys.iter() {
            self.valid(key, "invalid-secret-key", "a key of a Secret", names::config_key);
            if let Some(forbidden) = secret.forbidden.iter().find(|forbidden| *forbidden == key) {
                self.say(
                    Diagnostic::error("forbidden-key", format!("the key `{key}` is declared, but it is forbidden"))
                        .at(key.origin)
                        .related(forbidden.origin, "forbidden here")
                        .help("remove the key, or the entry under `forbidden:`"),
                );
            }
            if !spec.allowed.is_empty() && matches!(spec.format, Some(SecretFormat::Url | SecretFormat::Integer)) {
                self.say(
                    Diagnostic::error("conflicting-fields", "`allowed` goes with the formats `text` and `pairs`")
                        .at(spec.allowed[0].origin),
                );
            }
        }
    }

    /// Refuses fields that belong to another provider: they would be ignored.
    fn provider_fields(&mut self, provider: &SecretProvider) {
        use ProviderKind::{Existing, ExternalSecrets, Infisical, Local};
        let written: [(&str, Option<Origin>, ProviderKind); 10] = [
            ("hostAPI", provider.host_api.as_ref().map(|text| text.origin), Infisical),
            ("project", provider.project.as_ref().map(|text| text.origin), Infisical),
            ("environment", provider.environment.as_ref().map(|text| text.origin), Infisical),
            ("version", provider.version.as_ref().map(|version| version.origin), Infisical),
            ("auth", provider.auth.as_ref().map(|auth| auth.origin), Infisical),
            ("resync", provider.resync.as_ref().map(|text| text.origin), Infisical),
            ("store", provider.store.as_ref().map(|store| store.name.origin), ExternalSecrets),
            ("refresh", provider.refresh.as_ref().map(|text| text.origin), ExternalSecrets),
            ("literals", provider.literals.as_ref().and_then(|l| l.keys().next().map(|key| key.origin)), Local),
            ("decryptedBy", provider.decrypted_by.as_ref().map(|text| text.origin), Existing),
        ];
        for (field, origin, owner) in written {
            if let Some(origin) = origin
                && owner != provider.provider.value
            {
                let message = format!(
                    "`{field}` belongs to the provider `{}`, but the provider is `{}`",
                    owner.as_str(),
                    provider.provider.as_str()
                );
                self.say(
                    Diagnostic::error("field-of-another-provider", message)
                        .at(origin)
                        .related(provider.provider.origin, "the provider")
                        .help("remove the field, or name the other provider"),
                );
            }
        }
        if provider.provider.value == Local && !self.context.local {
            let place = match self.context.environment {
                Some(environment) => format!("the environment `{environment}` is not `local: true`"),
                None => "the overlay has no environment that is `local: true`".to_owned(),
            };
            let message = format!("fixed secrets are for a local environment only, but {place}");
            let diagnostic = Diagnostic::error("local-secrets", message)
                .at(provider.provider.origin)
                .help("choose another provider; set `local: true` only for an environment on a machine of your own");
            self.say(match self.context.environment {
                Some(environment) => diagnostic.related(environment.origin, "the environment"),
                None => diagnostic,
            });
        }
    }

    /// Makes the objects that supply one secret, and tells for each key which Secret holds it.
    fn sources(
        &mut self,
        wanted: &Wanted<'_>,
        dependencies: &DependencyTable<'_>,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        match wanted.provider.provider.value {
            ProviderKind::Infisical => self.infisical(wanted, sources),
            ProviderKind::ExternalSecrets => self.external(wanted, sources),
            // Where the values come from is the business of whoever supplies the Secret, so `path`,
            // `from` and `remoteKey` are for the other providers, and the choice stays one word.
            ProviderKind::Existing => wanted.held_by_one(),
            ProviderKind::Local => self.local(wanted, dependencies, sources),
        }
    }

    /// Where the provider keeps each key.
    pub(super) fn entries(&mut self, wanted: &Wanted<'_>) -> Vec<SecretEntry> {
        let Wanted { key, secret, .. } = *wanted;
        let mut entries = Vec::with_capacity(secret.keys.len());
        for (name, spec) in secret.keys.iter() {
            let Some(path) = spec.from.as_ref().or(secret.path.as_ref()) else {
                self.say(
                    Diagnostic::error(
                        "missing-path",
                        format!("the secret `{key}` does not say where the provider keeps `{name}`"),
                    )
                    .at(name.origin)
                    .help("set `path` of the secret, or `from` of the key"),
                );
                continue;
            };
            entries.push(SecretEntry {
                key: name.clone(),
                path: path.clone(),
                remote_key: spec.remote_key.clone().unwrap_or_else(|| name.clone()),
                optional: is_optional(spec),
            });
        }
        entries
    }

    fn external(&mut self, wanted: &Wanted<'_>, sources: &mut Vec<SecretSource>) -> Vec<Text> {
        let provider = wanted.provider;
        let keys = self.entries(wanted);
        let Some(store) = provider.store.clone() else {
            self.say(
                Diagnostic::error("missing-field", "the provider `externalSecrets` needs `store`")
                    .at(provider.provider.origin)
                    .help("write `store: {name: NAME}`, the SecretStore or ClusterSecretStore"),
            );
            return wanted.held_by_one();
        };
        let refresh = provider.refresh.as_ref().map(|refresh| {
            self.valid(refresh, "invalid-interval", "a duration", names::duration);
            Text::new(names::canonical_duration(refresh), refresh.origin)
        });
        sources.push(SecretSource::External(ExternalSecret { name: wanted.name.clone(), store, refresh, keys }));
        wanted.held_by_one()
    }

    /// A Secret with the values that the provider lists: every declared key has one, and no other.
    fn local(
        &mut self,
        wanted: &Wanted<'_>,
        dependencies: &DependencyTable<'_>,
        sources: &mut Vec<SecretSource>,
    ) -> Vec<Text> {
        let Wanted { name, key, secret, provider } = *wanted;
        let none = Keyed::default();
        let literals = provider.literals.as_ref().and_then(|literals| literals.get(key)).unwrap_or(&none);
        let known: Vec<&str> = secret.keys.keys().map(Text::as_str).collect();
        for (literal, value) in literals.iter() {
            match secret.keys.get(literal) {
                Some(spec) => self.visible_value(literal, value, spec),
                None => self.unknown(
                    "unknown-secret-key",
                    "the key",
                    literal,
                    &known,
                    "declare it under `keys:` of the secret",
                ),
            }
        }
        let made = made_values(secret, literals, dependencies);
        for (required, spec) in secret.keys.iter().filter(|(key, _)| !made.iter().any(|(known, _)| known == *key)) {
            if !literals.contains(required) && !is_optional(spec) {
                let message = format!("the local value of `{required}` of the secret `{key}` is missing");
                self.say(
                    Diagnostic::error("missing-local-value", message)
                        .at(provider.provider.origin)
                        .related(required.origin, "declared here")
                        .help(format!("add it under `literals: {{{key}: {{{required}: ...}}}}`")),
                );
            }
        }
        sources.push(SecretSource::Local(LocalSecret { name: name.clone(), data: literals.0.clone(), made }));
        wanted.held_by_one()
    }

    /// Keys that are for a dependency name one, and a part that it has.
    fn secret_dependencies(&mut self, secret: &Secret) {
        for (key, spec) in secret.keys.iter() {
            match (&spec.dependency, spec.part) {
                (Some(dependency), _) if !self.spec.dependencies.contains(dependency) => {
                    self.undeclared_dependency(dependency);
                }
                (None, Some(part)) => {
                    let message = format!("`part` of `{key}` goes with `dependency`");
                    self.say(Diagnostic::error("conflicting-fields", message).at(part.origin));
                }
                _ => {}
            }
        }
    }

    /// Checks a value that can be seen. The message names the key and never the value.
    pub(super) fn visible_value(&mut self, key: &Text, value: &Text, spec: &SecretKey) {
        if let Err(reason) = well_formed(value, spec.format.unwrap_or(SecretFormat::Text), &spec.allowed) {
            self.say(Diagnostic::error(SECRET_VALUE, format!("the value of `{key}` {reason}")).at(value.origin));
        }
    }

    /// The declaration of a secret; one that is not there is said, unless its provider is missing,
    /// which has been said.
    pub(super) fn declared_secret<'t>(&mut self, secrets: &'t SecretTable, secret: &Text) -> Option<&'t Declared> {
        let declared = secrets.get(secret);
        let without_provider = self.context.provider.is_none() && self.spec.secrets.contains(secret);
        if declared.is_none() && !without_provider {
            let known: Vec<&str> = secrets.iter().map(|secret| secret.key.as_str()).collect();
            self.unknown("unknown-secret", "the secret", secret, &known, "declare it under `secrets:`");
        }
        declared
    }

    /// A reference to a key of a declared secret, checked.
    pub(super) fn secret_reference(
        &mut self,
        secrets: &SecretTable,
        secret: &Text,
        key: &Text,
        optional: Option<Origin>,
    ) -> Option<KeyReference> {
        let declared = self.declared_secret(secrets, secret)?;
        if let Some(forbidden) = declared.forbidden.iter().find(|forbidden| *forbidden == key) {
            self.say(
                Diagnostic::error("forbidden-key", format!("the key `{key}` of the secret `{secret}` is forbidden"))
                    .at(key.origin)
                    .related(forbidden.origin, "forbidden here"),
            );
            return None;
        }
        let Some(found) = declared.keys.iter().find(|known| known.key == *key) else {
            let known: Vec<&str> = declared.keys.iter().map(|known| known.key.as_str()).collect();
            let what = format!("in the secret `{secret}`, the key");
            self.unknown("unknown-secret-key", &what, key, &known, "declare it under `keys:` of the secret");
            return None;
        };
        Some(KeyReference { name: found.holder.clone(), key: key.clone(), optional: optional.or(found.optional) })
    }
}

/// The values that follow from dependencies which the project bundles, where no literal is written.
fn made_values(secret: &Secret, literals: &Keyed<Text>, table: &DependencyTable<'_>) -> Vec<(Text, Text)> {
    let value = |key: &Text, spec: &SecretKey| {
        let dependency = spec.dependency.as_ref().filter(|_| !literals.contains(key))?;
        let part = spec.part.map_or(SecretPart::Url, |part| part.value);
        let value = table.get(dependency)?.secret(part)?;
        Some((key.clone(), Text::new(value, dependency.origin)))
    };
    secret.keys.iter().filter_map(|(key, spec)| value(key, spec)).collect()
}

fn declared(key: &Text, name: Text, secret: &Secret, holders: Vec<Text>) -> Declared {
    let keys = secret.keys.iter().zip(holders).map(|((key, spec), holder)| DeclaredKey {
        key: key.clone(),
        holder,
        optional: spec.optional.as_ref().filter(|optional| optional.value).map(|optional| optional.origin),
        format: spec.format,
        allowed: spec.allowed.clone(),
    });
    Declared { key: key.clone(), name, keys: keys.collect(), forbidden: secret.forbidden.clone() }
}

/// Tells the contract which keys each Secret holds. `index` knows the place of each Secret there.
fn declare(declared: &Declared, secret: &Secret, contract: &mut Contract, index: &mut HashMap<EcoString, usize>) {
    for key in &declared.keys {
        let place = *index.entry(key.holder.value.clone()).or_insert_with(|| {
            contract.declared.push(DeclaredSecret {
                name: key.holder.clone(),
                declared_as: declared.key.clone(),
                keys: Vec::new(),
                optional: Vec::new(),
                guarded: !secret.forbidden.is_empty(),
                origin: declared.key.origin,
            });
            contract.declared.len() - 1
        });
        let Some(known) = contract.declared.get_mut(place) else { continue };
        known.keys.push(key.key.clone());
        if key.optional.is_some() {
            known.optional.push(key.key.value.clone());
        }
    }
}

fn is_optional(spec: &SecretKey) -> bool {
    spec.optional.as_ref().is_some_and(|optional| optional.value)
}
