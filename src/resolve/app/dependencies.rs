//! Dependencies: where each is, and what of it is known before secrets are.

use ecow::{EcoString, eco_format};
use sha2::{Digest, Sha256};

use super::Resolver;
use super::secrets::SecretTable;
use crate::app::{Dependency, EnvSource, KeyReference, Peer};
use crate::diagnostic::Diagnostic;
use crate::model;
use crate::model::container::EnvReference;
use crate::model::dependency::{self, DependencyPart, DependencyType, SecretKeyReference};
use crate::model::secret::ProviderKind;
use crate::names;
use crate::origin::Origin;
use crate::resolve::reserved::{COMPONENT_LABEL, NAME_LABEL};
use crate::tree::{Spanned, Text};

/// Another application of the project, as one of its overlays runs it.
pub struct Neighbour {
    /// What is written about it, all layers merged.
    pub spec: model::app::App,
    /// The namespace of its objects.
    pub namespace: Option<Text>,
    /// What its overlay does to names.
    pub affixes: Affixes,
    /// Whether its environment is a machine of the user's own.
    pub local: bool,
}

/// What the layers of an overlay put around every name, innermost layer first.
#[derive(Clone, Debug, Default)]
pub struct Affixes(pub Vec<(EcoString, EcoString)>);

impl Affixes {
    /// The name that an object has in the end.
    pub fn around(&self, name: &str) -> EcoString {
        self.0.iter().fold(name.into(), |name, (prefix, suffix)| eco_format!("{prefix}{name}{suffix}"))
    }
}

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

/// A database that a bundled PostgreSQL has.
pub(super) struct Planned<'a> {
    /// Its name.
    pub name: Text,
    /// Its owner.
    pub user: Text,
    /// The owner's password.
    pub password: Option<&'a SecretKeyReference>,
    /// Its schemas.
    pub schemas: Vec<Text>,
    /// Its extensions.
    pub extensions: Vec<Text>,
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

/// Where a dependency is.
struct Place {
    host: Text,
    port: Spanned<u16>,
    peer: Peer,
    database: Option<Text>,
    user: Option<Text>,
    password: Option<EcoString>,
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

    /// Where the dependency is; `None` when no layer says it, which only an optional one may leave.
    fn place_of(&mut self, key: &Text, dependency: &'a dependency::Dependency) -> Option<Place> {
        self.one_place(key, dependency)?;
        if let Some(bundled) = &dependency.bundled {
            return self.bundled_place(key, dependency, bundled);
        }
        if let Some(application) = &dependency.application {
            return self.application_place(key, dependency, application);
        }
        let port = self.port_of(key, dependency)?;
        let (host, peer) = match (&dependency.external, &dependency.service) {
            (Some(external), _) => {
                self.external_host(external);
                (external.host.clone(), Peer::External { cidrs: external.cidrs.clone() })
            }
            (_, Some(service)) => self.service_of_cluster(service),
            _ => return None,
        };
        let (database, user) = (dependency.database.clone(), dependency.user.clone().or(dependency.database.clone()));
        let user =
            user.filter(|_| dependency.dependency_type.value == DependencyType::Postgres || dependency.user.is_some());
        Some(Place { host, port, peer, database, user, password: None })
    }

    /// Whether exactly one place is written.
    fn one_place(&mut self, key: &Text, dependency: &dependency::Dependency) -> Option<()> {
        let places = [
            dependency.bundled.as_ref().map(|bundled| ("bundled", bundled.origin)),
            dependency.external.as_ref().map(|external| ("external", external.host.origin)),
            dependency.service.as_ref().map(|service| ("service", service.name.origin)),
            dependency.application.as_ref().map(|application| ("application", application.overlay.origin)),
        ];
        let mut written = places.into_iter().flatten();
        match (written.next(), written.next()) {
            (Some(_), None) => Some(()),
            (Some((one, first)), Some((other, second))) => {
                let message = format!("the dependency `{key}` is at two places, `{one}` and `{other}`");
                self.say(
                    Diagnostic::error("conflicting-fields", message)
                        .at(second)
                        .related(first, "the other one")
                        .help("say one of them"),
                );
                None
            }
            (None, _) if dependency.optional.is_some_and(|optional| optional.value) => None,
            (None, _) => {
                let message = format!("no layer says where the dependency `{key}` is");
                self.say(Diagnostic::error("unplaced-dependency", message).at(key.origin).help(
                    "say `bundled`, `external`, `service` or `application` of it in the overlay, or `optional: true`",
                ));
                None
            }
        }
    }

    fn port_of(&mut self, key: &Text, dependency: &dependency::Dependency) -> Option<Spanned<u16>> {
        if let Some(port) = dependency.port.filter(|port| port.value == 0) {
            self.say(Diagnostic::error("invalid-port", "a port is between 1 and 65535").at(port.origin));
        }
        let kind = dependency.dependency_type;
        let port = dependency.port.or_else(|| kind.value.port().map(|port| Spanned::new(port, kind.origin)));
        if port.is_none() {
            let message = format!("the dependency `{key}` of type `tcp` needs a `port`");
            self.say(Diagnostic::error("missing-field", message).at(kind.origin));
        }
        port
    }

    /// Fields that say nothing about a dependency of this type, or at this place.
    fn fields_of_type(&mut self, key: &Text, dependency: &dependency::Dependency) {
        use DependencyType::{Http, Kafka, Postgres, Rabbitmq, Redis, Tcp};
        let kind = dependency.dependency_type.value;
        let first = |list: &[Text]| list.first().map(|text| text.origin);
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.origin);
        let reference = |key: &Option<SecretKeyReference>| key.as_ref().map(|key| key.secret.origin);
        let bundled = dependency.bundled.as_deref();
        let fields: [(&str, Option<Origin>, &[DependencyType]); 10] = [
            ("version", text(&dependency.version), &[Postgres, Redis, Rabbitmq, Kafka]),
            ("database", text(&dependency.database), &[Postgres]),
            ("user", text(&dependency.user), &[Postgres, Rabbitmq]),
            ("password", reference(&dependency.password), &[Postgres, Redis, Rabbitmq, Kafka, Http, Tcp]),
            ("url", reference(&dependency.url), &[Postgres, Redis, Rabbitmq, Http, Tcp]),
            ("schemas", first(&dependency.schemas), &[Postgres]),
            ("extensions", first(&dependency.extensions), &[Postgres]),
            ("bundled", dependency.bundled.as_ref().map(|bundled| bundled.origin), &[Postgres, Redis, Rabbitmq, Kafka]),
            ("credentials", bundled.and_then(|bundled| reference(&bundled.credentials)), &[Postgres, Redis, Rabbitmq]),
            ("databases", bundled.and_then(|b| b.databases.keys().next().map(|key| key.origin)), &[Postgres]),
        ];
        for (field, origin, types) in fields {
            if let Some(origin) = origin.filter(|_| !types.contains(&kind)) {
                let message =
                    format!("`{field}` has no meaning for the dependency `{key}` of type `{}`", kind.as_str());
                self.say(
                    Diagnostic::error("field-without-effect", message)
                        .at(origin)
                        .related(dependency.dependency_type.origin, "the type"),
                );
            }
        }
        let elsewhere = bundled.is_some() || dependency.application.is_some();
        if let Some(port) = dependency.port.filter(|_| elsewhere) {
            let message = "what the project bundles listens on the port of its type";
            self.say(Diagnostic::error("field-without-effect", message).at(port.origin).help("leave `port` out"));
        }
        let names =
            dependency.database.iter().chain(&dependency.user).chain(&dependency.schemas).chain(&dependency.extensions);
        for name in names {
            self.sql_name(name);
        }
    }

    /// A name of PostgreSQL that needs no escaping in a URL and stands in a script as it is.
    pub(super) fn sql_name(&mut self, name: &Text) {
        self.valid(name, "invalid-database-name", "a name in the database", |name| {
            let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            match start && name.len() <= 63 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                true => Ok(()),
                false => {
                    Err("it has up to 63 letters, digits, `_` and `-`, and starts with a letter or `_`".to_owned())
                }
            }
        });
    }

    fn external_host(&mut self, external: &dependency::External) {
        if names::ip_address(&external.host).is_err() {
            self.valid(&external.host, "invalid-host", "a host", names::dns_subdomain);
        }
        for cidr in &external.cidrs {
            self.valid(cidr, "invalid-cidr", "a range of addresses", names::cidr);
        }
    }

    fn service_of_cluster(&mut self, service: &dependency::ServiceReference) -> (Text, Peer) {
        self.valid(&service.name, "invalid-name", "the name of a Service", names::service_name);
        if let Some(namespace) = &service.namespace {
            self.valid(namespace, "invalid-namespace", "a namespace", names::dns_label);
        }
        let host = host_of(&service.name, service.namespace.as_ref(), self.context.namespace);
        for (label, value) in service.labels.iter() {
            self.valid(label, "invalid-label", "a label key", names::label_key);
            self.valid(value, "invalid-label", "a label value", names::label_value);
        }
        let labels = match service.labels.is_empty() {
            true => vec![(Text::new(NAME_LABEL, service.name.origin), service.name.clone())],
            false => service.labels.0.clone(),
        };
        (Text::new(host, service.name.origin), Peer::Service { namespace: service.namespace.clone(), labels })
    }

    fn bundled_place(
        &mut self,
        key: &Text,
        dependency: &'a dependency::Dependency,
        bundled: &Spanned<dependency::Bundled>,
    ) -> Option<Place> {
        let name = self.bundled_name(key);
        let kind = dependency.dependency_type.value;
        let planned = databases(&self.spec.metadata.name, dependency);
        let (database, user, reference) = match kind {
            DependencyType::Postgres => {
                let own = self.own_database(key, dependency, &planned)?;
                (Some(own.name.clone()), Some(own.user.clone()), own.password)
            }
            DependencyType::Rabbitmq => {
                let user = dependency.user.clone().unwrap_or_else(|| self.spec.metadata.name.clone());
                (None, Some(user), bundled.credentials.as_ref().or(dependency.password.as_ref()))
            }
            _ => (None, None, bundled.credentials.as_ref().or(dependency.password.as_ref())),
        };
        let password = self.known_password(key, user.as_ref(), reference);
        Some(Place {
            host: Text::new(self.context.affixes.around(&name), bundled.origin),
            port: Spanned::new(kind.port()?, bundled.origin),
            peer: Peer::Bundled { labels: bundled_labels(&name, key) },
            database,
            user,
            password,
        })
    }

    /// The application's database among those that are bundled.
    fn own_database<'p>(
        &mut self,
        key: &Text,
        dependency: &dependency::Dependency,
        planned: &'p [Planned<'p>],
    ) -> Option<&'p Planned<'p>> {
        let Some(wanted) = &dependency.database else { return planned.first() };
        let found = planned.iter().find(|database| database.name == *wanted);
        if found.is_none() {
            let known: Vec<&str> = planned.iter().map(|database| database.name.as_str()).collect();
            let what = format!("in the dependency `{key}`, the database");
            self.unknown("unknown-database", &what, wanted, &known, "declare it under `databases:` of what is bundled");
        }
        let owner = found.filter(|found| dependency.user.as_ref().is_some_and(|user| *user != found.user));
        if let (Some(found), Some(user)) = (owner, &dependency.user) {
            self.another_user(user, found);
        }
        found
    }

    fn another_user(&mut self, user: &Text, database: &Planned<'_>) {
        let message = format!("`{user}` is not the owner of the database `{}`", database.name);
        self.say(
            Diagnostic::error("unknown-database-user", message)
                .at(user.origin)
                .related(database.user.origin, "its owner")
                .help(format!("did you mean `{}`?", database.user)),
        );
    }

    /// The password of a user of a bundled service, where this build can know it: one that is made
    /// for a local environment, or a literal of the provider `local`.
    fn known_password(
        &self,
        key: &Text,
        user: Option<&Text>,
        reference: Option<&SecretKeyReference>,
    ) -> Option<EcoString> {
        if !self.context.local {
            return None;
        }
        let made = || {
            let namespace = self.context.namespace.map(Text::as_str).unwrap_or_default();
            local_password(&self.spec.metadata.name, namespace, key, user.map(Text::as_str).unwrap_or_default())
        };
        let Some(reference) = reference else { return Some(made()) };
        let provider = self.context.provider.filter(|provider| provider.provider.value == ProviderKind::Local)?;
        let literals = provider.literals.as_ref().and_then(|literals| literals.get(&reference.secret));
        if let Some(literal) = literals.and_then(|literals| literals.get(&reference.key)) {
            return Some(literal.value.clone());
        }
        let declared = self.spec.secrets.get(&reference.secret)?.keys.get(&reference.key)?;
        let is_password = declared.part.is_some_and(|part| part.value == dependency::SecretPart::Password);
        (is_password && declared.dependency.as_ref() == Some(key)).then(made)
    }

    fn application_place(
        &mut self,
        key: &Text,
        dependency: &dependency::Dependency,
        application: &dependency::ApplicationReference,
    ) -> Option<Place> {
        let neighbours = self.context.neighbours;
        // One that could not be read has been reported.
        let (_, neighbour) = neighbours.iter().find(|(known, _)| known == key)?;
        let (offered_key, offered) = self.offered(dependency, application, neighbour)?;
        let name = &neighbour.spec.metadata.name;
        let object = object_name(name, offered_key);
        let kind = dependency.dependency_type.value;
        let final_name = neighbour.affixes.around(&object);
        let host = host_of(&final_name, neighbour.namespace.as_ref(), self.context.namespace);
        if kind == DependencyType::Kafka && host != final_name {
            let message = "a bundled Kafka tells its clients a name that only its own namespace knows";
            self.say(Diagnostic::error("unreachable-dependency", message).at(application.overlay.origin));
        }
        let planned = databases(name, offered);
        if let (None, [_, _, ..]) = (&dependency.database, planned.as_slice()) {
            let known: Vec<&str> = planned.iter().map(|database| database.name.as_str()).collect();
            let message = format!("`{name}` has several databases, and `{key}` does not say which is its own");
            let help = format!("say `database:`, one of {}", super::quoted(&known));
            self.say(Diagnostic::error("missing-field", message).at(application.overlay.origin).help(help));
            return None;
        }
        let own = match kind {
            DependencyType::Postgres => Some(self.own_database(key, dependency, &planned)?),
            _ => None,
        };
        let user = own.as_ref().map(|own| own.user.clone()).or_else(|| match kind {
            DependencyType::Rabbitmq => Some(offered.user.clone().unwrap_or_else(|| name.clone())),
            _ => None,
        });
        let declared = match (&own, offered.bundled.as_deref()) {
            (Some(own), _) => own.password.is_some(),
            (None, bundled) => {
                bundled.is_some_and(|bundled| bundled.credentials.is_some()) || offered.password.is_some()
            }
        };
        let namespace = neighbour.namespace.as_deref().unwrap_or_default();
        let made = || local_password(name, namespace, offered_key, user.as_deref().unwrap_or_default());
        let password = (self.context.local && neighbour.local && !declared).then(made);
        Some(Place {
            host: Text::new(host, application.overlay.origin),
            port: Spanned::new(kind.port()?, application.overlay.origin),
            peer: Peer::Application {
                name: name.clone(),
                namespace: neighbour.namespace.clone().filter(|theirs| Some(theirs) != self.context.namespace),
                labels: bundled_labels(&Text::new(object, application.overlay.origin), offered_key),
            },
            database: own.as_ref().map(|own| own.name.clone()),
            user,
            password,
        })
    }

    /// What the other application bundles of this type.
    fn offered<'n>(
        &mut self,
        dependency: &dependency::Dependency,
        application: &dependency::ApplicationReference,
        neighbour: &'n Neighbour,
    ) -> Option<(&'n Text, &'n dependency::Dependency)> {
        let kind = dependency.dependency_type;
        let fits =
            |other: &dependency::Dependency| other.bundled.is_some() && other.dependency_type.value == kind.value;
        let offers: Vec<_> = neighbour.spec.dependencies.iter().filter(|(_, other)| fits(other)).collect();
        let name = &neighbour.spec.metadata.name;
        let known: Vec<&str> = offers.iter().map(|(key, _)| key.as_str()).collect();
        if let Some(wanted) = &application.dependency {
            let found = offers.iter().find(|(key, _)| *key == wanted).copied();
            if found.is_none() {
                let what = format!("of what `{name}` bundles of type `{}`, the dependency", kind.value.as_str());
                self.unknown("unknown-dependency", &what, wanted, &known, "it bundles nothing of this type");
            }
            return found;
        }
        if let [only] = offers.as_slice() {
            return Some(*only);
        }
        let (message, help) = match known.is_empty() {
            true => (
                format!("`{name}` bundles nothing of type `{}`", kind.value.as_str()),
                "add `bundled` there".to_owned(),
            ),
            false => (
                format!("`{name}` bundles several of type `{}`", kind.value.as_str()),
                format!("say `dependency:`, one of {}", super::quoted(&known)),
            ),
        };
        self.say(
            Diagnostic::error("unknown-dependency", message)
                .at(application.overlay.origin)
                .related(name.origin, "the application")
                .help(help),
        );
        None
    }

    /// The name of the objects of what is bundled under `key`.
    pub(super) fn bundled_name(&mut self, key: &Text) -> Text {
        Text::new(object_name(&self.spec.metadata.name, key), key.origin)
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
                required: !spec.optional.is_some_and(|optional| optional.value),
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

/// The databases that a bundled PostgreSQL has: those that are listed, or the one that the
/// application says it needs. What the application needs in its own one counts there.
pub(super) fn databases<'s>(app: &Text, dependency: &'s dependency::Dependency) -> Vec<Planned<'s>> {
    let Some(bundled) =
        dependency.bundled.as_ref().filter(|_| dependency.dependency_type.value == DependencyType::Postgres)
    else {
        return Vec::new();
    };
    if bundled.databases.is_empty() {
        let name = dependency.database.clone();
        return vec![plan_default(
            name.unwrap_or_else(|| Text::new(app.replace('-', "_"), bundled.origin)),
            dependency,
        )];
    }
    let alone = bundled.databases.len() == 1;
    bundled.databases.iter().map(|(name, database)| plan(name, database, dependency, alone)).collect()
}

fn plan_default(name: Text, dependency: &dependency::Dependency) -> Planned<'_> {
    Planned {
        user: dependency.user.clone().unwrap_or_else(|| name.clone()),
        name,
        password: dependency.password.as_ref(),
        schemas: dependency.schemas.clone(),
        extensions: dependency.extensions.clone(),
    }
}

fn plan<'s>(
    name: &Text,
    database: &'s dependency::Database,
    dependency: &'s dependency::Dependency,
    alone: bool,
) -> Planned<'s> {
    let own = dependency.database.as_ref().map_or(alone, |own| own == name);
    let user = database.user.clone().or_else(|| dependency.user.clone().filter(|_| own));
    let needed = |listed: &[Text], needed: &[Text]| {
        let more = needed.iter().filter(|name| own && !listed.contains(name));
        listed.iter().chain(more).cloned().collect()
    };
    Planned {
        name: name.clone(),
        user: user.unwrap_or_else(|| name.clone()),
        password: database.password.as_ref().or(dependency.password.as_ref().filter(|_| own)),
        schemas: needed(&database.schemas, &dependency.schemas),
        extensions: needed(&database.extensions, &dependency.extensions),
    }
}

/// The labels that select the pods of what is bundled under `key`: no Service or monitor of the
/// application's name reaches them.
pub(super) fn bundled_labels(name: &Text, key: &Text) -> Vec<(Text, Text)> {
    let label = |label: &str, value: &Text| (Text::new(label, value.origin), value.clone());
    vec![label(NAME_LABEL, name), label(COMPONENT_LABEL, key)]
}

fn object_name(app: &str, key: &str) -> EcoString {
    match key {
        "main" => app.into(),
        key => eco_format!("{app}-{key}"),
    }
}

/// The host of a Service: its name alone within a namespace.
fn host_of(name: &str, namespace: Option<&Text>, own: Option<&Text>) -> EcoString {
    match namespace.filter(|namespace| Some(*namespace) != own) {
        Some(namespace) => eco_format!("{name}.{namespace}.svc"),
        None => name.into(),
    }
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
