//! Objects that supply Secrets, one type for each provider that needs one.

use crate::model::secret::{InfisicalAuth, InfisicalVersion, SecretStore};
use crate::tree::Text;

/// An object that supplies a Secret.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// An InfisicalSecret: one path.
    Infisical(InfisicalSecret),
    /// An InfisicalStaticSecret: several paths.
    InfisicalStatic(InfisicalSecret),
    /// An ExternalSecret.
    External(ExternalSecret),
    /// A Secret with fixed values, for a local environment.
    Local(LocalSecret),
}

/// What Infisical's custom resources need.
#[derive(Clone, Debug)]
pub struct InfisicalSecret {
    /// The version of the API.
    pub version: InfisicalVersion,
    /// The name of the Secret, and of the object.
    pub name: Text,
    /// Address of the API.
    pub host_api: Option<Text>,
    /// Slug of the project.
    pub project: Text,
    /// Slug of the environment.
    pub environment: Text,
    /// Sign-in.
    pub auth: InfisicalAuth,
    /// Time between synchronisations, as one number with one unit.
    pub resync: Option<Text>,
    /// The main path first; v1alpha1 has exactly one.
    pub paths: Vec<Text>,
    /// The keys that reach the Secret.
    pub keys: Vec<SecretEntry>,
}

/// What an ExternalSecret needs.
#[derive(Clone, Debug)]
pub struct ExternalSecret {
    /// The name of the Secret, and of the object.
    pub name: Text,
    /// The store.
    pub store: SecretStore,
    /// Time between synchronisations, in Go's spelling.
    pub refresh: Option<Text>,
    /// The keys that reach the Secret.
    pub keys: Vec<SecretEntry>,
}

/// A Secret with fixed values.
#[derive(Clone, Debug)]
pub struct LocalSecret {
    /// The name of the Secret.
    pub name: Text,
    /// The values that are written.
    pub data: Vec<(Text, Text)>,
    /// The values that are made for a dependency, each with the place that asks for it.
    pub made: Vec<(Text, Text)>,
}

/// One key of a Secret at its provider.
#[derive(Clone, Debug)]
pub struct SecretEntry {
    /// The key in the Secret.
    pub key: Text,
    /// The path at the provider.
    pub path: Text,
    /// The key at the provider.
    pub remote_key: Text,
    /// Whether it may be missing.
    pub optional: bool,
}
