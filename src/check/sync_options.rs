//! The options that Argo CD reads from annotations and Applications: what it does not know it
//! ignores without a word.

use super::Build;
use super::argocd_hooks::{DELETE_POLICY, annotation, is_hook, listed};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

pub(super) const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
const COMPARE_OPTIONS: &str = "argocd.argoproj.io/compare-options";

/// An option and its values.
type Known = (&'static str, &'static [&'static str]);

const BOTH: &[&str] = &["true", "false"];
const KEPT: &[&str] = &["false", "confirm", "true"];

/// What an annotation may say (gitops-engine `sync/common`).
const OF_RESOURCES: [Known; 9] = [
    ("ClientSideApplyMigration", BOTH),
    ("Delete", KEPT),
    ("Force", BOTH),
    ("Prune", KEPT),
    ("PruneLast", BOTH),
    ("Replace", BOTH),
    ("ServerSideApply", BOTH),
    ("SkipDryRunOnMissingResource", BOTH),
    ("Validate", BOTH),
];

/// What an Application may say besides.
const OF_APPLICATIONS: [Known; 5] = [
    ("ApplyOutOfSyncOnly", BOTH),
    ("CreateNamespace", BOTH),
    ("FailOnSharedResource", BOTH),
    ("PrunePropagationPolicy", &["foreground", "background", "orphan"]),
    ("RespectIgnoreDifferences", BOTH),
];

const COMPARISONS: [Known; 4] = [
    ("IgnoreExtraneous", &[]),
    ("IgnoreResourceUpdates", BOTH),
    ("IncludeMutationWebhook", BOTH),
    ("ServerSideDiff", BOTH),
];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    for resource in build.resources {
        for (key, known) in [(SYNC_OPTIONS, OF_RESOURCES.as_slice()), (COMPARE_OPTIONS, &COMPARISONS)] {
            let Some((node, text)) = annotation(resource, key) else { continue };
            let place = build.at(resource, node);
            diagnostics.extend(listed(text).filter_map(|option| unknown(option, known, resource, place)));
        }
        if let Some((node, _)) = annotation(resource, DELETE_POLICY).filter(|_| !is_hook(resource)) {
            let message = format!("`{}` has a policy for hooks and is none, so nothing deletes it", resource.id());
            diagnostics.push(
                Diagnostic::warning("policy-without-hook", message)
                    .about(resource.id())
                    .at(build.at(resource, node))
                    .help("write `argocd.argoproj.io/hook` too, or take the policy out"),
            );
        }
        of_application(build, resource, diagnostics);
    }
}

/// The options of an Application or an ApplicationSet.
fn of_application(build: &Build<'_>, resource: &Resource, diagnostics: &mut Diagnostics) {
    let policy: &[&str] = match (resource.id().gvk.group.as_str(), resource.kind()) {
        ("argoproj.io", "Application") => &["spec", "syncPolicy", "syncOptions"],
        ("argoproj.io", "ApplicationSet") => &["spec", "template", "spec", "syncPolicy", "syncOptions"],
        _ => return,
    };
    let known = [OF_RESOURCES.as_slice(), &OF_APPLICATIONS].concat();
    for node in resource.root.at(policy).into_iter().flat_map(Node::items) {
        let text = node.as_str().filter(|text| !text.contains("{{"));
        diagnostics.extend(text.and_then(|text| unknown(text.trim(), &known, resource, build.at(resource, node))));
    }
}

fn unknown(option: &str, known: &[Known], resource: &Resource, place: Origin) -> Option<Diagnostic> {
    let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
    let (message, help) = match known.iter().find(|(known, _)| *known == name) {
        Some((_, values)) => {
            let fits = value.map_or(values.is_empty() || *values == BOTH, |value| values.contains(&value));
            // `IgnoreResourceUpdates` alone means true; an option of a sync always has a value.
            if fits && (value.is_some() || !OF_RESOURCES.iter().any(|(known, _)| *known == name)) {
                return None;
            }
            let message = format!("Argo CD does not know `{}` as a value of `{name}`", value.unwrap_or_default());
            (
                message,
                format!(
                    "write {}",
                    values.iter().map(|value| format!("`{name}={value}`")).collect::<Vec<_>>().join(" or ")
                ),
            )
        }
        None => {
            let message = format!("Argo CD does not know the option `{name}` and ignores it without a word");
            let names = || known.iter().map(|(known, _)| *known);
            let help = match near_miss(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it knows {}", names().collect::<Vec<_>>().join(", ")),
            };
            (message, help)
        }
    };
    Some(Diagnostic::warning("unknown-sync-option", message).about(resource.id()).at(place).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn annotated(key: &str, value: &str) -> Vec<String> {
        let yaml = format!(
            "{{apiVersion: v1, kind: X, metadata: {{name: x, annotations: {{argocd.argoproj.io/{key}: '{value}'}}}}}}"
        );
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn options_that_argo_cd_does_not_know_are_told() {
        for good in ["Prune=false", "Prune=confirm,Delete=false", "Replace=true, Force=true", "ServerSideApply=false"] {
            assert_eq!(annotated("sync-options", good), [""; 0], "{good}");
        }
        for good in ["IgnoreExtraneous", "ServerSideDiff=true,IncludeMutationWebhook=true"] {
            assert_eq!(annotated("compare-options", good), [""; 0], "{good}");
        }
        let said = annotated("sync-options", "Prnue=false");
        assert_eq!(
            said,
            [
                "unknown-sync-option ['Prnue=false'}}}] Argo CD does not know the option `Prnue` and ignores it without a \
              word (did you mean `Prune`?)"
            ]
        );
        for bad in ["Prune=no", "PruneLast", "CreateNamespace=true"] {
            assert_eq!(annotated("sync-options", bad).len(), 1, "{bad}");
        }
        assert_eq!(annotated("compare-options", "IgnoreExtraneus").len(), 1);
    }

    #[test]
    fn an_application_has_more_options() {
        let with = |option: &str| {
            let yaml = format!(
                "{{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {{name: x}}, spec: {{syncPolicy: {{syncOptions: [{option}]}}}}}}"
            );
            findings(check, &Case { yaml: &yaml, ..Case::default() })
        };
        assert_eq!(with("CreateNamespace=true, PrunePropagationPolicy=foreground"), [""; 0]);
        assert!(with("CreateNamespaces=true")[0].starts_with("unknown-sync-option [CreateNamespaces=true]"));
    }

    #[test]
    fn a_policy_of_hooks_without_a_hook_is_told() {
        assert!(
            annotated("hook-delete-policy", "HookSucceeded")[0].starts_with("policy-without-hook ['HookSucceeded'")
        );
        let yaml = "{apiVersion: v1, kind: X, metadata: {name: x, annotations: {argocd.argoproj.io/hook: Sync, argocd.argoproj.io/hook-delete-policy: HookSucceeded}}}";
        assert_eq!(findings(check, &Case { yaml, ..Case::default() }), [""; 0]);
    }
}
