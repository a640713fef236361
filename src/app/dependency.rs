//! What an application talks to, and what of it runs beside the application.

use super::pod::KeyReference;
use super::stateful_set::StatefulSet;
use crate::model::dependency::DependencyType;
use crate::tree::{Spanned, Text};

/// Something that the application talks to, at a place that is known.
///
/// Whoever waits for it, proves it or lets pods out to it reads this and nothing of what is
/// written. An optional dependency of which no layer says where it is, is not there.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Its key under `dependencies:`.
    pub key: Text,
    /// What it is.
    pub dependency_type: DependencyType,
    /// Whether the application does not start without it: only then it is waited for and verified.
    pub required: bool,
    /// The host, as the application's pods resolve it.
    pub host: Text,
    /// The port.
    pub port: Spanned<u16>,
    /// Who is behind the host.
    pub peer: Peer,
    /// The version that the server has to have.
    pub version: Option<Text>,
    /// postgres: the application's database.
    pub database: Option<Text>,
    /// The user that the application signs in as.
    pub user: Option<Text>,
    /// Schemas that have to be there.
    pub schemas: Vec<Text>,
    /// Extensions that have to be there.
    pub extensions: Vec<Text>,
    /// The key of a Secret of the application's namespace that holds the URL.
    pub url: Option<KeyReference>,
    /// The key of such a Secret that holds the password.
    pub password: Option<KeyReference>,
}

/// Who is behind the host of a dependency: what network policies let pods talk to.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Pods of this application: the StatefulSet of one of [`Bundled`], in its own namespace.
    Bundled {
        /// The labels that select them.
        labels: Vec<(Text, Text)>,
    },
    /// Pods of this cluster that somebody else runs.
    Service {
        /// Their namespace; `None` is the application's own.
        namespace: Option<Text>,
        /// The labels that select them.
        labels: Vec<(Text, Text)>,
        /// Their port, where it is not the Service's.
        port: Option<Spanned<u16>>,
    },
    /// Pods of another application of this project.
    Application {
        /// The application's name.
        name: Text,
        /// Their namespace; `None` is the application's own.
        namespace: Option<Text>,
        /// The labels that select them.
        labels: Vec<(Text, Text)>,
    },
    /// Something outside of the cluster: the host by name, and the addresses that it may have.
    External {
        /// In CIDR notation.
        cidrs: Vec<Text>,
    },
    /// Hosts that only the running application knows: every public address. The host is `*`.
    Public {
        /// Private addresses that are meant too, in CIDR notation.
        cidrs: Vec<Text>,
    },
}

/// A backing service that runs beside the application. Its pod holds the image, the environment,
/// the command and the mounts; its one claim template is the volume.
#[derive(Clone, Debug)]
pub struct Bundled {
    /// The key of the dependency.
    pub dependency: Text,
    /// What it is.
    pub dependency_type: DependencyType,
    /// The StatefulSet of one pod, with the Service in front of it.
    pub stateful_set: StatefulSet,
    /// A command that exits 0 when the server answers, to be run in its container.
    pub healthy: Vec<Text>,
    /// postgres: the databases that the Job of [`super::JobPurpose::Databases`] makes.
    pub databases: Vec<Database>,
}

/// A database, and the user that owns it.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its name.
    pub name: Text,
    /// Its owner.
    pub user: Text,
    /// The key of the Secret that holds the owner's password.
    pub password: KeyReference,
    /// Its schemas.
    pub schemas: Vec<Text>,
    /// Its extensions.
    pub extensions: Vec<Text>,
}
