//! The levels that a project may set: `policy:` of strata.yaml, by code.
//!
//! Not every code is here. An error of the files themselves leaves nothing to print, so it stays
//! an error. A guard is there so that nobody gets around it, so it stays one too.

use super::codes::{self, Standing};
use super::{Diagnostic, Diagnostics, Level};

/// The settable code that `text` is.
pub fn settable(text: &str) -> Option<&'static str> {
    codes::settable().find(|code| *code == text)
}

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
        let standing = codes::find(code).map(|(_, code)| code.standing);
        let Some(Standing::Settable(usual)) = standing else { return };
        let meant = |d: &Diagnostic| d.code == code && !d.judged && (d.level != Level::Error || usual == Level::Error);
        match level {
            None => self.list.retain(|diagnostic| !meant(diagnostic)),
            Some(level) => {
                self.list.iter_mut().filter(|diagnostic| meant(diagnostic)).for_each(|found| found.level = level);
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
