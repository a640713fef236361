//! The levels that a project may set: `policy:` of strata.yaml, by code.
//!
//! Not every code is here. An error of the files themselves leaves nothing to print, so it stays
//! an error. A guard is there so that nobody gets around it, so it stays one too.

use super::codes::{self, Standing};
use super::{Diagnostic, Diagnostics, Level};

/// The settable code that `text` is; the name of a policy stands behind the code `policy` and `/`.
pub fn settable(text: &str) -> Option<&'static str> {
    let (code, policy) = text.split_once('/').map_or((text, None), |(code, policy)| (code, Some(policy)));
    let whole = policy.is_none_or(|policy| code == POLICY && !policy.is_empty());
    codes::settable().find(|known| *known == code && whole)
}

/// The code of what breaks a policy of the organisation.
pub const POLICY: &str = "policy";

/// Whether `text` is a guard.
pub fn is_guard(text: &str) -> bool {
    codes::find(text).is_some_and(|(_, code)| code.standing == Standing::Guard)
}

impl Diagnostics {
    /// Chooses all levels for good.
    pub fn judge(&mut self) {
        self.list.iter_mut().for_each(|diagnostic| diagnostic.judged = true);
    }

    /// Gives the findings with `code` another level, unless it has been chosen; `None` takes them
    /// away. A code that is a warning by itself may also be an error where the files themselves are
    /// wrong: that one stays.
    pub fn set_level(&mut self, code: &str, level: Option<Level>) {
        let known = settable(code).and_then(codes::find).map(|(_, code)| code.standing);
        let Some(Standing::Settable(usual)) = known else { return };
        let meant =
            |d: &Diagnostic| d.is_named(code) && !d.judged && (d.level != Level::Error || usual == Level::Error);
        match level {
            None => self.list.retain(|diagnostic| !meant(diagnostic)),
            Some(level) => {
                for found in self.list.iter_mut().filter(|diagnostic| meant(diagnostic)) {
                    found.level = level;
                    // What is said of one policy counts more than what is said of all.
                    found.judged = code.contains('/');
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_guard_has_no_other_level() {
        let mut list: Diagnostics = [Diagnostic::error("replicas-guard", "a")].into_iter().collect();
        list.set_level("replicas-guard", None);
        assert!(list.has_errors() && is_guard("replicas-guard") && settable("replicas-guard").is_none());
    }
}
