//! `policy` and `exceptions`, of strata.yaml and of an overlay: only findings have other levels or
//! exceptions, and an exception says whom it is for and why.
//!
//! A guard has none of both: what it guards can be changed where that is written, with a reason
//! that stands beside it.

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Diagnostics, codes, levels, near_miss};
use crate::model::exception::Exception;
use crate::model::project::FindingLevel;
use crate::tree::{Keyed, Spanned, Text};

/// Checks the codes of `policy`.
pub fn policy(policy: &Keyed<Spanned<FindingLevel>>, diagnostics: &mut Diagnostics) {
    policy.keys().for_each(|name| code(name, "whose level can be set", diagnostics));
}

/// Checks `exceptions`.
pub fn exceptions(exceptions: &[Exception], diagnostics: &mut Diagnostics) {
    for exception in exceptions {
        code(&exception.code, "that can be excepted", diagnostics);
        if *exception.code == *levels::POLICY {
            let diagnostic = Diagnostic::error("unknown-code", "an exception names the policy that may be broken");
            diagnostics.push(diagnostic.at(exception.code.origin).help("write `policy/NAME`"));
        }
        let object = &exception.object;
        let parts = object.split_once('/').filter(|(kind, name)| !kind.is_empty() && !name.is_empty());
        if parts.is_none_or(|(_, name)| name.contains('/')) || object.contains('*') {
            let message = format!("`{object}` does not name an object");
            let help =
                "write `Kind/name` as the object is rendered, such as `Deployment/shop`; each object has its own";
            diagnostics.push(Diagnostic::error("invalid-object", message).at(object.origin).help(help));
        }
        if exception.reason.trim().is_empty() {
            let message = "an exception needs a reason, which whoever reviews it will read";
            diagnostics.push(Diagnostic::error("empty-reason", message).at(exception.reason.origin));
        }
        if let Some(until) = exception.until.as_ref().filter(|until| until.parse::<Date>().is_err()) {
            let message = format!("`{until}` is no day");
            let help = "write it as `\"2026-12-31\"`, in quotes";
            diagnostics.push(Diagnostic::error("invalid-date", message).at(until.origin).help(help));
        }
    }
}

fn code(name: &Text, what: &str, diagnostics: &mut Diagnostics) {
    if levels::settable(name).is_some() {
        return;
    }
    let diagnostic = match levels::is_guard(name) {
        true => Diagnostic::error("fixed-level", format!("`{name}` is a guard, which is always an error"))
            .help("change what it guards where that is written, with its reason"),
        false => {
            let help = match near_miss(name, codes::settable()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "docs/checks.md lists the codes whose level can be set".to_owned(),
            };
            Diagnostic::error("unknown-code", format!("`{name}` is no finding {what}")).help(help)
        }
    };
    diagnostics.push(diagnostic.at(name.origin));
}
