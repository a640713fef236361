//! Dependencies at their places, as the rest of the application and other stages read them.

use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

use super::Resolver;
use super::places::Place;
use super::secrets::SecretTable;
use crate::app::{Dependency, EnvSource, KeyReference, Peer};
use crate::diagnostic::Diagnostic;
use crate::model::container::EnvReference;
use crate::model::dependency::{self, DependencyPart, DependencyType, SecretKeyReference};
use crate::names;
use crate::resolve::reserved::{COMPONENT_LABEL, NAME_LABEL};
use crate::tree::{Spanned, Text};

/// The dependencies that have a place.
pub(super) struct DependencyTable<'a> {
    known: Vec<Known<'a>>,
}

/// A dependency at its place.
pub(super) struct Known<'a> {
    /// Its key under `dependencies:`.
    pub key: &'a Text,
    /// What is written.
    pub spec: &'a dependency::Dependency,
    /// The host.
    pub host: Text,
    /// The port.
    pub port: Spanned<u16>,
    peer: Peer,
    /// The application's database.
    pub database: Option<Text>,
    /// Who the application signs in as.
    pub user: Option<Text>,
    /// The user's password, where this build can know it.
    password: Option<EcoString>,
}

impl<'a> DependencyTable<'a> {
    pub fn get(&self, key: &str) -> Option<&Known<'a>> {
        self.known.iter().find(|known| *known.key == *key)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Known<'a>> {
        self.known.iter()
    }
}

impl Known<'_> {
    /// Whether it is hosts that only the running application knows.
    pub fn is_everywhere(&self) -> bool {
        matches!(self.peer, Peer::Public { .. })
    }

    /// The value of a secret part, where it can be known.
    pub fn secret(&self, part: dependency::SecretPart) -> Option<EcoString> {
        let password = self.password.as_ref()?;
        match part {
            dependency::SecretPart::Password => Some(password.clone()),
            dependency::SecretPart::Url => self.url(password),
        }
    }

    fn url(&self, password: &str) -> Option<EcoString> {
        let (password, host, port) = (percent_encoded(password), &self.host, self.port);
        let user = self.user.as_deref().unwrap_or_default();
        match self.spec.dependency_type.value {
            DependencyType::Postgres => {
                let database = self.database.as_ref()?;
                Some(eco_format!("postgres://{user}:{password}@{host}:{port}/{database}"))
            }
            DependencyType::Redis => Some(eco_format!("redis://:{password}@{host}:{port}")),
            DependencyType::Rabbitmq => Some(eco_format!("amqp://{user}:{password}@{host}:{port}")),
            DependencyType::Kafka | DependencyType::Http | DependencyType::Tcp => None,
        }
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn dependency_table(&mut self) -> DependencyTable<'a> {
        let spec = self.spec;
        let mut known = Vec::with_capacity(spec.dependencies.len());
        for (key, dependency) in spec.dependencies.iter() {
            self.valid(key, "invalid-key", "the key of a dependency", names::dns_label);
            self.fields_of_type(key, dependency);
            let Some(place) = self.place_of(key, dependency) else { continue };
            let Place { host, port, peer, database, user, password } = place;
            known.push(Known { key, spec: dependency, host, port, peer, database, user, password });
        }
        DependencyTable { known }
    }

    /// The dependencies as other stages read them.
    pub(super) fn dependencies(&mut self, table: &DependencyTable<'_>, secrets: &SecretTable) -> Vec<Dependency> {
        let mut made = Vec::with_capacity(table.known.len());
        for known in table.iter() {
            let spec = known.spec;
            let mut key = |reference: &Option<SecretKeyReference>| self.key_reference(reference.as_ref()?, secrets);
            let (url, password) = (key(&spec.url), key(&spec.password));
            made.push(Dependency {
                key: known.key.clone(),
                dependency_type: spec.dependency_type.value,
                required: !known.is_everywhere() && !spec.optional.is_some_and(|optional| optional.value),
                host: known.host.clone(),
                port: known.port,
                peer: known.peer.clone(),
                version: spec.version.clone(),
                database: known.database.clone(),
                user: known.user.clone(),
                schemas: spec.schemas.clone(),
                extensions: spec.extensions.clone(),
                url,
                password,
            });
        }
        made
    }

    pub(super) fn key_reference(
        &mut self,
        reference: &SecretKeyReference,
        secrets: &SecretTable,
    ) -> Option<KeyReference> {
        self.secret_reference(secrets, &reference.secret, &reference.key, None)
    }

    /// A variable that is a part of a dependency.
    pub(super) fn dependency_part(
        &mut self,
        name: &Text,
        dependency: &Text,
        reference: &EnvReference,
        table: &DependencyTable<'_>,
    ) -> Option<EnvSource> {
        let Some(part) = reference.part else {
            let message = format!("`{name}` does not say which part of the dependency `{dependency}` it is");
            self.say(
                Diagnostic::error("missing-field", message)
                    .at(dependency.origin)
                    .help("write `part: host`, `port`, `address`, `database` or `user`"),
            );
            return None;
        };
        let known = self.known_dependency(table, dependency)?;
        let text = match part.value {
            DependencyPart::Host | DependencyPart::Address if known.is_everywhere() => None,
            DependencyPart::Host => Some(known.host.clone()),
            DependencyPart::Port => Some(Text::new(eco_format!("{}", known.port), known.port.origin)),
            DependencyPart::Address => Some(Text::new(eco_format!("{}:{}", known.host, known.port), known.host.origin)),
            DependencyPart::Database => known.database.clone(),
            DependencyPart::User => known.user.clone(),
        };
        if text.is_none() {
            let message = format!("the dependency `{dependency}` says nothing about that part");
            self.say(
                Diagnostic::error("unknown-part", message).at(part.origin).related(known.key.origin, "declared here"),
            );
        }
        text.map(EnvSource::Dependency)
    }

    /// The dependency at its place; one that is not declared is said, and so is a use of one
    /// without a place, unless that has been said.
    fn known_dependency<'t, 'k>(&mut self, table: &'t DependencyTable<'k>, key: &Text) -> Option<&'t Known<'k>> {
        let found = table.get(key);
        match self.spec.dependencies.entry(key) {
            Some((declared, spec)) if found.is_none() && spec.optional.is_some_and(|optional| optional.value) => {
                let message = format!("no layer says where the dependency `{key}` is");
                self.say(
                    Diagnostic::error("unplaced-dependency", message)
                        .at(key.origin)
                        .related(declared.origin, "declared here")
                        .help("say `bundled`, `external`, `service` or `application` of it, or take the variable away"),
                );
            }
            Some(_) => {}
            None => self.undeclared_dependency(key),
        }
        found
    }

    pub(super) fn undeclared_dependency(&mut self, key: &Text) {
        let known: Vec<&str> = self.spec.dependencies.keys().map(Text::as_str).collect();
        self.unknown("unknown-dependency", "the dependency", key, &known, "declare it under `dependencies:`");
    }
}

/// The labels that select the pods of what is bundled under `key`: no Service or monitor of the
/// application's name reaches them.
pub(super) fn bundled_labels(name: &Text, key: &Text) -> Vec<(Text, Text)> {
    let label = |label: &str, value: &Text| (Text::new(label, value.origin), value.clone());
    vec![label(NAME_LABEL, name), label(COMPONENT_LABEL, key)]
}

/// A password for a machine of the user's own: it follows from names that anybody can read, so it
/// protects nothing, and is the same wherever it is needed.
pub(super) fn local_password(app: &str, namespace: &str, dependency: &str, user: &str) -> EcoString {
    let digest = Sha256::digest(format!("strata/local-password\0{app}\0{namespace}\0{dependency}\0{user}"));
    digest.iter().take(16).map(|byte| eco_format!("{byte:02x}")).collect()
}

fn percent_encoded(text: &str) -> EcoString {
    let kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if kept(byte) { eco_format!("{}", byte as char) } else { eco_format!("%{byte:02X}") })
        .collect()
}
