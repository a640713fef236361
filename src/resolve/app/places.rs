//! Where a dependency is: beside the application, outside of the cluster, a Service, or another
//! application of the project.

use ecow::{EcoString, eco_format};

use super::Resolver;
use super::databases::databases;
use super::dependencies::{bundled_labels, local_password};
use crate::app::Peer;
use crate::diagnostic::Diagnostic;
use crate::model;
use crate::model::dependency::{self, DependencyType, SecretKeyReference};
use crate::model::secret::ProviderKind;
use crate::names;
use crate::resolve::reserved::NAME_LABEL;
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
    /// Whether network policies let in its clients alone.
    pub guarded: bool,
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

/// Where a dependency is.
pub(super) struct Place {
    pub host: Text,
    pub port: Spanned<u16>,
    pub peer: Peer,
    pub database: Option<Text>,
    pub user: Option<Text>,
    pub password: Option<EcoString>,
}

impl<'a> Resolver<'a> {
    /// Where the dependency is; `None` when no layer says it, which only an optional one may leave.
    pub(super) fn place_of(&mut self, key: &Text, dependency: &'a dependency::Dependency) -> Option<Place> {
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
                let cidrs = external.cidrs.clone();
                let peer = if external.host == "*" { Peer::Public { cidrs } } else { Peer::External { cidrs } };
                (external.host.clone(), peer)
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

    fn external_host(&mut self, external: &dependency::External) {
        if external.host != "*" && names::ip_address(&external.host).is_err() {
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
        if let Some(port) = service.pod_port.filter(|port| port.value == 0) {
            self.say(Diagnostic::error("invalid-port", "a port is between 1 and 65535").at(port.origin));
        }
        let peer = Peer::Service { namespace: service.namespace.clone(), labels, port: service.pod_port };
        (Text::new(host, service.name.origin), peer)
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
        let host = match self.context.in_cluster {
            true => host_of(&final_name, neighbour.namespace.as_ref(), self.context.namespace),
            false => final_name.clone(),
        };
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
