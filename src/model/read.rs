//! Reads a model type from the tree: all that is wrong is reported at once, each at its line.
//!
//! serde goes first and is all there is for a file without mistakes. Only when it refuses is the
//! tree walked against the schema of the type, which finds every unknown field, wrong type and
//! missing field; serde's own message, which knows only the first mistake, is shown when the walk
//! finds nothing: that is how the rules of validated types (a port name, a cron expression) speak.
//!
//! How a type of the model is written:
//!
//! ```ignore
//! /// One application.
//! #[derive(Clone, Debug, Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "camelCase")]
//! pub struct AppSpec {
//!     /// The image without a tag.
//!     pub image: Text,                              // a text leaf; required, for it has no default
//!     /// The deployments, by name.
//!     #[serde(default)]                             // absent is empty, and that is no mistake
//!     #[schemars(extend("x-strata-merge" = "keys"))]
//!     pub deployments: Keyed<Deployment>,           // keys keep their order and their places
//!     /// Kubernetes' own field, passed through.
//!     pub affinity: Option<Raw>,                    // an `Option` needs no default
//! }
//!
//! /// A deployment.
//! #[derive(Clone, Debug, Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "camelCase")]
//! pub struct Deployment {
//!     /// How many pods run.
//!     pub replicas: Option<Replicas>,
//!     /// How the pods are probed.
//!     pub probe: Option<Probe>,
//! }
//!
//! short_or_long! {
//!     /// How many pods run.
//!     #[derive(Clone, Debug)]                       // serde and schemars come from the macro
//!     pub enum Replicas {
//!         /// This many.
//!         Count(Spanned<u32>) = "a number",         // anything but a mapping is read as this
//!         /// Exactly this many, in every layer.
//!         Guarded(Guard) = "a mapping with `exactly` and `because`",
//!     }
//! }
//!
//! /// One of: `http: {path: ...}`, `tcp: 5432`, `off`.
//! #[derive(Clone, Debug, Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields, rename_all = "camelCase")]
//! pub enum Probe { Http { path: Text }, Tcp(Spanned<u16>), Off }
//!
//! /// A DNS label: a validated leaf, used as `Spanned<Label>`.
//! #[derive(Clone, Debug, Deserialize, JsonSchema)]
//! #[serde(try_from = "String")]
//! #[schemars(with = "String")]
//! pub struct Label(EcoString);
//!
//! impl TryFrom<String> for Label {
//!     type Error = String;                          // message; lines after the first are the help
//!     fn try_from(text: String) -> Result<Self, String> { ... }
//! }
//! ```
//!
//! `flatten`, `untagged` and `tag` have no place here: they read into a buffer first, which loses
//! the places and the messages. A type that serde accepts in a form which its schema does not say
//! (an `alias`) is reported wrongly once something else in the file is wrong.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::schema::schema_of;
use super::schema_walk;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::Node;
use crate::tree::de::{self, from_node};

/// Reads a `T` from `root`. `None` when that cannot be; then `diagnostics` has at least one error
/// more.
pub fn read<T: DeserializeOwned + JsonSchema>(root: &Node, diagnostics: &mut Diagnostics) -> Option<T> {
    match from_node(root) {
        Ok(read) => Some(read),
        Err(error) => {
            explain(root, schema_of::<T>().as_value(), &error, diagnostics);
            None
        }
    }
}

/// Says all that is wrong with `root`, for which `error` was the reason to look.
fn explain(root: &Node, schema: &serde_json::Value, error: &de::Error, diagnostics: &mut Diagnostics) {
    let before = diagnostics.len();
    schema_walk::walk(root, schema, diagnostics);
    if diagnostics.len() == before {
        diagnostics.push(refusal(root, error));
    }
}

/// The message of a type that refused its value; the lines after the first say what to do.
fn refusal(root: &Node, error: &de::Error) -> Diagnostic {
    let text = error.to_string();
    let (message, help) = text.split_once('\n').unwrap_or((&text, ""));
    let diagnostic = Diagnostic::error("invalid-value", message).at(error.origin().unwrap_or(root.origin()));
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

#[cfg(test)]
mod tests;
