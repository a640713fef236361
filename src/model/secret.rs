//! Secrets: declared once in the application, supplied by the provider of the environment.

use schemars::JsonSchema;
use serde::Deserialize;

use super::container::Resources;
use super::dependency::SecretPart;
use crate::short_or_long;
use crate::tree::{Keyed, Spanned, Text};

/// A secret that the application needs: the keys are declared here, once; where the values come
/// from is the choice of the environment or the overlay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The exact name of the Kubernetes Secret (default: the key of this declaration).
    pub name: Option<Text>,
    /// Where the provider keeps the values, such as `/pos/partner-api`.
    pub path: Option<Text>,
    /// The keys. Only these reach the Secret, even when the provider holds more at that path.
    #[serde(default)]
    pub keys: Keyed<SecretKey>,
    /// Keys that must not be used anywhere: naming one is an error. The lists of all layers count.
    #[serde(default)]
    pub forbidden: Vec<Text>,
}

/// One key of a secret; `{}` is enough.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Another place of the provider that the value comes from, such as `/dependencies/pos`. The
    /// providers `existing` and `local` have no places, and take the key as it is.
    pub from: Option<Text>,
    /// The name of the key at the provider (default: the same).
    #[serde(rename = "remoteKey")]
    pub remote_key: Option<Text>,
    /// Whether the application starts without it (default: false). References to it become optional.
    pub optional: Option<Spanned<bool>>,
    /// The dependency that the value is for. In a local environment the provider `local` makes it
    /// for a dependency that a project bundles, unless `literals` has one.
    pub dependency: Option<Text>,
    /// The part of the dependency (default: `url`).
    pub part: Option<Spanned<SecretPart>>,
    /// What it is for.
    pub description: Option<Text>,
    /// How the value is written; checked where the value is visible, and by `verify`.
    pub format: Option<SecretFormat>,
    /// The values that are allowed (in `pairs`: on the right side of each pair).
    #[serde(default)]
    pub allowed: Vec<Text>,
}

/// How the value of a secret is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretFormat {
    /// Any text that is not empty.
    Text,
    /// A URL with scheme and host.
    Url,
    /// A whole number.
    Integer,
    /// `name:value,name:value`.
    Pairs,
}

/// A Job before the rollout that proves that every required key is there, not empty and well
/// formed. It prints names only.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifySecrets {
    /// Whether the Job is made (default: true where `verifySecrets` is written).
    pub enabled: Option<Spanned<bool>>,
    /// An image with a POSIX shell (default: the application's).
    pub image: Option<Text>,
    /// Seconds until it is stopped and the sync fails (default: 300). On a first installation
    /// this includes the wait for the secret.
    #[serde(rename = "activeDeadlineSeconds")]
    pub active_deadline_seconds: Option<Spanned<u32>>,
    /// CPU and memory (default: 10m and 16Mi requested, 64Mi of memory at most).
    #[serde(default)]
    pub resources: Resources,
}

short_or_long! {
    /// Who supplies secrets: a word, or the word with what the provider needs. A later layer that names
    /// another provider takes its settings from `alternatives`, where they are, and replaces the rest.
    #[derive(Clone, Debug)]
    pub enum Secrets {
        /// The provider.
        Provider(Spanned<ProviderKind>) = "`infisical`, `externalSecrets`, `existing` or `local`",
        /// The provider, and what it needs.
        Settings(Box<SecretProvider>) = "a mapping such as `{provider: externalSecrets, store: {name: vault}}`",
    }
}

/// Who supplies secrets, and what the provider needs. A later layer that names the same provider
/// changes the fields that it says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretProvider {
    /// The provider; the fields that belong to another one are refused.
    pub provider: Spanned<ProviderKind>,
    /// infisical: the API of the operator's custom resource (default: v1alpha1).
    pub version: Option<Spanned<InfisicalVersion>>,
    /// infisical: the API's address, for an instance of your own.
    #[serde(rename = "hostAPI")]
    pub host_api: Option<Text>,
    /// infisical: the slug of the project.
    pub project: Option<Text>,
    /// infisical: the environment's slug, such as `prod`.
    pub environment: Option<Text>,
    /// infisical: how the operator signs in.
    pub auth: Option<Spanned<InfisicalAuth>>,
    /// infisical: the time between synchronisations, such as `60s`.
    pub resync: Option<Text>,
    /// externalSecrets: the store.
    pub store: Option<SecretStore>,
    /// externalSecrets: the time between synchronisations, such as `1h` (default: 1h0m0s).
    pub refresh: Option<Text>,
    /// local: the values, by secret and key. Refused in an environment that is not `local: true`.
    pub literals: Option<Keyed<Keyed<Text>>>,
    /// existing: the name of the stage that decrypts SOPS ciphertext in core Secrets between
    /// Strata and the cluster, such as `ksops`. Without it such a Secret is an error.
    #[serde(rename = "decryptedBy")]
    pub decrypted_by: Option<Text>,
    /// Other providers and what they need, so that an overlay switches to one of them by its word.
    #[serde(default)]
    pub alternatives: Vec<SecretProvider>,
}

/// The providers of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProviderKind {
    /// The Infisical operator: an InfisicalSecret or InfisicalStaticSecret.
    Infisical,
    /// The External Secrets operator: an ExternalSecret.
    ExternalSecrets,
    /// Somebody else supplies the Secret: by hand, or as a SealedSecret, SopsSecret or encrypted
    /// Secret among the overlay's resources.
    Existing,
    /// Fixed values, for a machine of your own only.
    Local,
}

impl ProviderKind {
    /// The word that users write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Infisical => "infisical",
            Self::ExternalSecrets => "externalSecrets",
            Self::Existing => "existing",
            Self::Local => "local",
        }
    }
}

/// The API version of Infisical's custom resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InfisicalVersion {
    /// InfisicalSecret.
    V1alpha1,
    /// InfisicalStaticSecret, its successor.
    V1beta1,
}

/// How the Infisical operator signs in: exactly one of `kubernetes`, `universal` and `ref`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InfisicalAuth {
    /// v1alpha1: by a service account of the cluster.
    pub kubernetes: Option<InfisicalKubernetesAuth>,
    /// v1alpha1: by a client id and client secret, which a Secret holds.
    pub universal: Option<SecretReference>,
    /// v1beta1: by an InfisicalAuth object that exists, by its name (and namespace).
    #[serde(rename = "ref")]
    pub reference: Option<ObjectReference>,
}

/// Sign-in by a service account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InfisicalKubernetesAuth {
    /// The id of the machine identity.
    #[serde(rename = "identityId")]
    pub identity_id: Text,
    /// The service account whose token is shown to Infisical.
    #[serde(rename = "serviceAccount")]
    pub service_account: ObjectReference,
}

/// An object by name and namespace.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectReference {
    /// Name.
    pub name: Text,
    /// Namespace.
    pub namespace: Option<Text>,
}

/// A Secret by name and namespace.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretReference {
    /// Name of the Secret.
    pub secret: Text,
    /// Namespace.
    pub namespace: Text,
}

/// A SecretStore or ClusterSecretStore.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretStore {
    /// Name.
    pub name: Text,
    /// Kind (default: ClusterSecretStore).
    pub kind: Option<Spanned<SecretStoreKind>>,
}

/// The kind of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum SecretStoreKind {
    /// Of one namespace.
    SecretStore,
    /// Of the cluster.
    ClusterSecretStore,
}
