//! A build that renders nothing: Argo CD would delete everything that is there.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    // After an error, nothing is there for another reason, which has been said.
    if !build.resources.is_empty() || build.policy.allow_empty || diagnostics.has_errors() {
        return;
    }
    let message = "the build renders no resources, and with pruning Argo CD would delete all that is there";
    let help = "check `remove` and the patches; if this is meant, say `allowEmpty: true` in the overlay";
    let diagnostic = Diagnostic::error("empty-render", message).help(help);
    diagnostics.push(match build.app {
        Some(app) => diagnostic.at(app.name.origin),
        None => diagnostic,
    });
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, codes};
    use super::*;
    use crate::check::Policy;

    #[test]
    fn an_empty_render_is_an_error_unless_the_overlay_allows_it() {
        assert_eq!(codes(check, &Case::default()), ["empty-render"]);
        let policy = Policy { allow_empty: true, ..Policy::default() };
        assert!(codes(check, &Case { policy, ..Case::default() }).is_empty());
    }
}
