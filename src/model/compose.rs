//! What Docker Compose needs to know of an environment, for `strata build --target compose`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::tree::{Spanned, Text};

/// What the Compose file of an overlay says beside the application.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Compose {
    /// The project, which containers, networks and volumes are named after (default: the
    /// namespace, or the application's name).
    pub project: Option<Text>,
    /// A network that exists, which all services join in place of one of their own: that of a
    /// proxy, or one that several projects share.
    pub network: Option<Text>,
    /// The file beside the Compose file that holds the values of secrets (default: `.env`).
    #[serde(rename = "envFile")]
    pub env_file: Option<Text>,
    /// Whether containers have the names of their services, without the project's (default: false).
    #[serde(rename = "containerNames")]
    pub container_names: Option<Spanned<bool>>,
}
