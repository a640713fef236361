//! `kind: Policy`: a rule of the organisation, held against the final objects by `strata check`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::tree::{Keyed, Spanned, Text};

/// A rule of the organisation: policies/<name>.yaml.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// `strata.dev/v1alpha1`.
    #[serde(rename = "apiVersion")]
    pub api_version: Text,
    /// `Policy`.
    pub kind: Text,
    /// How findings, levels and exceptions name it.
    pub metadata: PolicyMetadata,
    /// The objects that it is held against (default: all).
    #[serde(rename = "match", default)]
    pub matches: PolicyMatch,
    /// Expressions by name, for `variables.NAME`; one can name those before it.
    #[serde(default)]
    pub variables: Keyed<Text>,
    /// A CEL expression that is true for an object as it should be. `object` is the object.
    pub expression: Text,
    /// What an object breaks (default: the expression).
    pub message: Option<Text>,
    /// A CEL expression that makes the message.
    #[serde(rename = "messageExpression")]
    pub message_expression: Option<Text>,
    /// What to do about it.
    pub help: Option<Text>,
    /// How serious it is (default: `error`).
    pub level: Option<Spanned<PolicyLevel>>,
}

/// The name of a policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyMetadata {
    /// Unique among the policies: lower-case letters, digits, `-` and `.`.
    pub name: Text,
}

/// The objects that a policy is held against; what is not written does not matter.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyMatch {
    /// Kinds, such as `Deployment`, or `Certificate.cert-manager.io` with the group. `Pod` is also
    /// every pod that a workload makes.
    #[serde(default)]
    pub kinds: Vec<Text>,
    /// Namespaces of objects.
    #[serde(default)]
    pub namespaces: Vec<Text>,
    /// Labels that an object has.
    #[serde(default)]
    pub labels: Keyed<Text>,
    /// Environments of overlays; a kustomization has none.
    #[serde(default)]
    pub environments: Vec<Text>,
    /// A CEL expression that is true for the objects that are meant.
    #[serde(rename = "when")]
    pub condition: Option<Text>,
}

/// How serious it is to break a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PolicyLevel {
    /// The check fails.
    Error,
    /// It is shown.
    Warning,
    /// It is shown as good to know.
    Note,
}
