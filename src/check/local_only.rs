//! What is made for a machine of the user's own never reaches another environment.

use super::Build;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::tree::Node;

/// Marks what the provider `local` renders.
const LOCAL_ONLY: &str = "strata.dev/local-only";

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.local {
        return;
    }
    let place = match &build.policy.environment {
        Some(environment) => format!("the environment `{environment}` is not `local: true`"),
        None => "the build has no environment that is `local: true`".to_owned(),
    };
    for resource in build.resources {
        let mark = resource.root.at(&["metadata", "annotations", LOCAL_ONLY]);
        let Some(mark) = mark.filter(|mark| is_true(mark)) else { continue };
        let message = format!("`{}` is for a local environment only, but {place}", resource.id());
        let diagnostic = Diagnostic::error("local-only", message).about(resource.id()).at(build.at(resource, mark));
        let diagnostic = diagnostic.help("leave it out of this overlay, or choose another provider of secrets");
        diagnostics.push(match &build.policy.environment {
            Some(environment) => diagnostic.related(environment.origin, "the environment"),
            None => diagnostic,
        });
    }
}

fn is_true(mark: &Node) -> bool {
    mark.as_str() == Some("true") || mark.as_bool() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::check::Policy;

    #[test]
    fn local_resources_stay_in_local_environments() {
        let yaml = "{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {strata.dev/local-only: 'true'}}}";
        let found = |policy| findings(check, &Case { yaml, policy, ..Case::default() });
        let message = "local-only ['true'}}}] `Secret/s` is for a local environment only, but ";
        let policy = Policy { environment: Some(text("prod")), ..Policy::default() };
        assert_eq!(found(policy), [format!("{message}the environment `prod` is not `local: true`")]);
        assert_eq!(found(Policy::default()).len(), 1);
        assert!(found(Policy { local: true, ..Policy::default() }).is_empty());
    }
}
