//! Labels and annotations of users: their syntax, and those that are not for users to set.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::names;
use crate::tree::{Keyed, Text};

/// The label that selects pods by application.
pub(super) const NAME_LABEL: &str = "app.kubernetes.io/name";

/// The label that selects pods by workload.
pub(super) const COMPONENT_LABEL: &str = "app.kubernetes.io/component";

/// Selectors are made of the first two, and Argo CD's label tracking rewrites the third.
const LABELS: [&str; 3] = [NAME_LABEL, COMPONENT_LABEL, "app.kubernetes.io/instance"];

/// Argo CD and kubectl write these on live objects; in a manifest they claim another object's state.
const LIVE: [&str; 2] = ["argocd.argoproj.io/tracking-id", "kubectl.kubernetes.io/last-applied-configuration"];

/// When Argo CD applies one object; on all objects alike they would undo the order of a sync.
const ORDER: [&str; 3] =
    ["argocd.argoproj.io/sync-wave", "argocd.argoproj.io/hook", "argocd.argoproj.io/hook-delete-policy"];

/// Whose annotations are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those of one object.
    One,
    /// Those of every object.
    All,
}

/// Checks labels that a user writes.
pub(super) fn labels(labels: &Keyed<Text>, diagnostics: &mut Diagnostics) {
    for (key, value) in labels.iter() {
        valid(key, "invalid-label", "a label key", names::label_key, diagnostics);
        valid(value, "invalid-label", "a label value", names::label_value, diagnostics);
        if LABELS.contains(&key.as_str()) {
            diagnostics.push(
                Diagnostic::error("reserved-label", format!("the label `{key}` is set by Strata or by Argo CD"))
                    .at(key.origin)
                    .help("choose another label; `selector` and `name` adopt a running object"),
            );
        }
    }
}

/// Checks annotations that a user writes.
pub(super) fn annotations(annotations: &Keyed<Text>, reach: Reach, diagnostics: &mut Diagnostics) {
    for key in annotations.keys() {
        valid(key, "invalid-annotation", "an annotation key", names::annotation_key, diagnostics);
        let (why, help) = match key.as_str() {
            live if LIVE.contains(&live) => ("is what the cluster's tools write", "leave it out"),
            order if ORDER.contains(&order) && reach == Reach::All => {
                ("would put every object into one place of the sync", "say `wave` of one workload, or patch one object")
            }
            _ => continue,
        };
        diagnostics.push(
            Diagnostic::error("reserved-annotation", format!("the annotation `{key}` {why}")).at(key.origin).help(help),
        );
    }
}

fn valid(
    text: &Text,
    code: &'static str,
    what: &str,
    rule: fn(&str) -> Result<(), String>,
    diagnostics: &mut Diagnostics,
) {
    if let Err(reason) = rule(text) {
        diagnostics.push(Diagnostic::error(code, format!("`{text}` is not {what}: {reason}")).at(text.origin));
    }
}
