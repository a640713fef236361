//! What a project or an overlay lets pass, each with its reason.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::tree::Text;

/// One finding that is let pass: a code on an object.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The code of the finding; one whose level can be set.
    pub code: Text,
    /// The object that it is about, as it is rendered: `Kind/name`.
    pub object: Text,
    /// The object's namespace (default: any).
    pub namespace: Option<Text>,
    /// The field that the finding points at, such as `spec.template.spec.containers[web].image`; an
    /// item of a list is its `name` or its number, counted from 0 (default: any of the object).
    pub field: Option<Text>,
    /// Why it may pass.
    pub reason: Text,
    /// The last day on which it may, such as `"2026-12-31"`; `strata check --today` compares.
    pub until: Option<Text>,
}
