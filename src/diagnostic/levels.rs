//! Whose level a project may set: `policy:` of strata.yaml, by code.
//!
//! Not every code is here. An error of the files themselves leaves nothing to print, so it stays
//! an error. A guard is there so that nobody gets around it, so it stays one too.

use super::{Diagnostics, Level};

/// Findings that are warnings unless the project says otherwise. A code may also be an error where
/// the files themselves are wrong; that one stays.
pub const WARNINGS: &[&str] = &[
    "capacity-unknown",
    "component-alone",
    "deprecated-field",
    "empty-file",
    "empty-render",
    "image-matches-nothing",
    "live-field",
    "malformed-value",
    "merge-changes-nothing",
    "missing-field",
    "moving-tag",
    "new-workload",
    "not-interpolated",
    "out-of-bounds",
    "patch-changes-nothing",
    "patch-matches-nothing",
    "pods-without-policy",
    "replacement-matches-nothing",
    "selector-matches-nothing",
    "shared-unique-number",
    "unknown-field",
    "unknown-tag",
    "unmounted-volume",
    "unused-variable",
    "value-not-allowed",
    "wrong-type",
];

/// Findings on what is rendered that are errors unless the project says otherwise.
pub const ERRORS: &[&str] = &["missing-request", "needs-later-object", "unknown-metric"];

/// Findings that are always errors, whatever a project says.
pub const GUARDS: &[&str] = &[
    "capacity-exceeded",
    "duplicate-number",
    "forbidden-key",
    "guard-removed",
    "guard-replaced",
    "local-secrets",
    "migration-on-boot-scaled",
    "monitor-catches-other-pods",
    "not-let-in",
    "overlapping-selectors",
    "path-rule-lost",
    "pod-security",
    "registry-not-allowed",
    "replicas-beside-autoscaler",
    "replicas-guard",
    "secret-in-config",
    "secret-key-not-supplied",
    "secret-read-whole",
    "service-catches-other-pods",
    "shadowed-by-patch",
    "sops-ciphertext",
    "tag-policy",
    "worker-with-service",
];

/// The code of [`WARNINGS`] or [`ERRORS`] that `text` is.
pub fn settable(text: &str) -> Option<&'static str> {
    WARNINGS.iter().chain(ERRORS).copied().find(|code| *code == text)
}

impl Diagnostics {
    /// Gives the findings with `code` another level; `None` takes them away.
    pub fn set_level(&mut self, code: &str, level: Option<Level>) {
        let may_change = |found: Level| found != Level::Error || ERRORS.contains(&code);
        match level {
            None => self.list.retain(|d| d.code != code || !may_change(d.level)),
            Some(level) => {
                let meant = self.list.iter_mut().filter(|d| d.code == code && may_change(d.level));
                meant.for_each(|diagnostic| diagnostic.level = level);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Diagnostic;
    use super::*;

    #[test]
    fn a_code_is_in_one_list_alone() {
        let mut all: Vec<_> = [WARNINGS, ERRORS, GUARDS].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn an_error_of_a_file_keeps_its_level_where_a_warning_shares_its_code() {
        let both = || [Diagnostic::error("unknown-field", "a"), Diagnostic::warning("unknown-field", "b")];
        let levels = |level: Option<Level>| -> Vec<Level> {
            let mut list: Diagnostics = both().into_iter().collect();
            list.set_level("unknown-field", level);
            list.iter().map(|d| d.level).collect()
        };
        assert_eq!(levels(None), [Level::Error]);
        assert_eq!(levels(Some(Level::Note)), [Level::Error, Level::Note]);
        assert_eq!(levels(Some(Level::Error)), [Level::Error, Level::Error]);
    }

    #[test]
    fn an_error_on_what_is_rendered_can_be_lowered() {
        let mut list: Diagnostics = [Diagnostic::error("missing-request", "a")].into_iter().collect();
        list.set_level("missing-request", Some(Level::Warning));
        assert!(!list.has_errors() && list.len() == 1);
    }
}
