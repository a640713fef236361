//! What Argo CD makes of resources: the annotations that it reads, the order in which it applies
//! them, and what it waits for. Pure, and read from Argo CD's own rules.

pub mod application;
pub mod application_set;
pub mod health;
pub mod plan;
pub mod sync;
mod upgrade;

use crate::resource::Resource;

/// The annotation that makes a hook.
pub const HOOK: &str = "argocd.argoproj.io/hook";
/// The annotation with the wave.
pub const WAVE: &str = "argocd.argoproj.io/sync-wave";
/// The annotation that says when a hook is deleted.
pub const DELETE_POLICY: &str = "argocd.argoproj.io/hook-delete-policy";
/// The annotation with the options of a sync.
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// An annotation of a resource, where it is text.
pub fn annotation<'a>(resource: &'a Resource, key: &str) -> Option<&'a str> {
    resource.root.at(&["metadata", "annotations", key])?.as_str()
}

/// The words of a text with commas between them.
pub fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// Whether a resource asks for an option of the sync, such as `PruneLast=true`.
pub fn has_option(resource: &Resource, option: &str) -> bool {
    annotation(resource, SYNC_OPTIONS).is_some_and(|text| listed(text).any(|word| word == option))
}
