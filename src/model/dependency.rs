//! What an application needs around it: databases, brokers and other services, each said once.

use schemars::JsonSchema;
use serde::Deserialize;

use super::container::Resources;
use super::scalar::Quantity;
use crate::tree::{Keyed, Spanned, Text};

/// Something that the application talks to. Where it is, exactly one of `bundled`, `external`,
/// `service` and `application` says; a later layer that gives another one replaces it. None of
/// them leaves the place to an overlay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// What it is.
    #[serde(rename = "type")]
    pub dependency_type: Spanned<DependencyType>,
    /// The version of the server, such as `"16"`: the tag of a bundled image.
    pub version: Option<Text>,
    /// Whether the application starts without it (default: false). It is never waited for then,
    /// and no layer needs to say where it is.
    pub optional: Option<Spanned<bool>>,
    /// The port (default: 5432, 6379, 5672, 9092 or 80, by the type; `tcp` has none).
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<Spanned<u16>>,
    /// postgres: the application's database there (default: the only one that is bundled).
    pub database: Option<Text>,
    /// postgres, rabbitmq: the user that the application signs in as (default: the owner of the database).
    pub user: Option<Text>,
    /// The key of a secret that holds the password, for applications that read it by itself.
    pub password: Option<SecretKeyReference>,
    /// The key of a secret that holds the URL with user and password.
    pub url: Option<SecretKeyReference>,
    /// postgres: schemas that the application needs. A later layer replaces the list whole.
    #[serde(default)]
    pub schemas: Vec<Text>,
    /// postgres: extensions that the application needs. A later layer replaces the list whole.
    #[serde(default)]
    pub extensions: Vec<Text>,
    /// It runs beside the application, in a StatefulSet of one pod.
    pub bundled: Option<Spanned<Bundled>>,
    /// It is outside of the cluster.
    pub external: Option<External>,
    /// It is a Service of this cluster that somebody else runs.
    pub service: Option<ServiceReference>,
    /// Another application of this project bundles it.
    pub application: Option<ApplicationReference>,
}

/// What a dependency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DependencyType {
    /// PostgreSQL.
    Postgres,
    /// Redis.
    Redis,
    /// RabbitMQ.
    Rabbitmq,
    /// Kafka.
    Kafka,
    /// A service that speaks HTTP.
    Http,
    /// Anything else that speaks TCP.
    Tcp,
}

impl DependencyType {
    /// The word that users write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Rabbitmq => "rabbitmq",
            Self::Kafka => "kafka",
            Self::Http => "http",
            Self::Tcp => "tcp",
        }
    }

    /// The port that it listens on unless somebody says another.
    pub fn port(self) -> Option<u16> {
        match self {
            Self::Postgres => Some(5432),
            Self::Redis => Some(6379),
            Self::Rabbitmq => Some(5672),
            Self::Kafka => Some(9092),
            Self::Http => Some(80),
            Self::Tcp => None,
        }
    }
}

/// A key of a secret that `secrets:` declares.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKeyReference {
    /// The secret.
    pub secret: Text,
    /// The key.
    pub key: Text,
}

/// A backing service that runs beside the application: one pod with a volume of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bundled {
    /// The size of its volume, such as `1Gi`. Kubernetes never shrinks a volume, and takes no other
    /// size from a StatefulSet that runs.
    pub storage: Quantity,
    /// The StorageClass (default: the cluster's).
    #[serde(rename = "storageClass")]
    pub storage_class: Option<Text>,
    /// The image, one with the layout of the official one (default: the official one of `version`).
    pub image: Option<Text>,
    /// Requests and limits.
    #[serde(default)]
    pub resources: Resources,
    /// The key of a secret that holds the password of the administrator (postgres) or of the one
    /// user (redis, rabbitmq). In a local environment one is made where none is named.
    pub credentials: Option<SecretKeyReference>,
    /// postgres: databases by name (default: the one that `database` says, or one named like the
    /// application). They are made when they are missing, also later, and never taken away.
    #[serde(default)]
    pub databases: Keyed<Database>,
    /// Whether the volume stays when the StatefulSet goes (default: true).
    pub retain: Option<Spanned<bool>>,
}

/// A database, and the user that owns it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Its owner (default: a user of the database's name).
    pub user: Option<Text>,
    /// The key of a secret that holds the owner's password. In a local environment one is made
    /// where none is named.
    pub password: Option<SecretKeyReference>,
    /// Schemas to make, owned by the owner.
    #[serde(default)]
    pub schemas: Vec<Text>,
    /// Extensions to make.
    #[serde(default)]
    pub extensions: Vec<Text>,
}

/// A host outside of the cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// Its name in DNS, or its address; `*` for hosts that only the running application knows: every
    /// public address, for which nobody waits.
    pub host: Text,
    /// The addresses that it may have, for network policies that know no names; beside `*`,
    /// private ones that are meant too.
    #[serde(default)]
    pub cidrs: Vec<Text>,
}

/// A Service of this cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceReference {
    /// The name of the Service.
    pub name: Text,
    /// Its namespace (default: the application's).
    pub namespace: Option<Text>,
    /// The labels of its pods, for network policies (default: `app.kubernetes.io/name` with the
    /// name of the Service).
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// The port of its pods, for network policies (default: that of the Service).
    #[serde(rename = "podPort")]
    #[schemars(range(min = 1, max = 65535))]
    pub pod_port: Option<Spanned<u16>>,
}

/// A bundled dependency of another application of this project.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationReference {
    /// The overlay that runs it: the path of its folder, relative to the file that says it.
    pub overlay: Text,
    /// Which of its dependencies (default: the only one of this type that it bundles).
    pub dependency: Option<Text>,
}

/// A part of what an application has to know of a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DependencyPart {
    /// The host.
    Host,
    /// The port.
    Port,
    /// The host and the port, with `:` between them.
    Address,
    /// The database.
    Database,
    /// The user.
    User,
}

/// A part of a dependency that is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SecretPart {
    /// The URL with user and password.
    Url,
    /// The password.
    Password,
}
