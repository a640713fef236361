//! Argo CD's annotations of hooks and waves: a misspelt value does not fail there, the resource
//! is silently left out or applied at another time.

use super::Build;
pub(super) use crate::argocd::{DELETE_POLICY, HOOK, WAVE, listed};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::resource::Resource;
use crate::tree::Node;

/// The phases that Argo CD knows, case-sensitive (gitops-engine `HookType`).
const HOOKS: [&str; 7] = ["PreSync", "Sync", "PostSync", "SyncFail", "Skip", "PreDelete", "PostDelete"];
/// When Argo CD deletes a hook (gitops-engine `HookDeletePolicy`).
const DELETE_POLICIES: [&str; 3] = ["BeforeHookCreation", "HookSucceeded", "HookFailed"];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    if build.policy.without_argo_cd {
        return;
    }
    never_after_the_sync(build, diagnostics);
    for resource in build.resources {
        words(build, resource, HOOK, &HOOKS, diagnostics);
        words(build, resource, DELETE_POLICY, &DELETE_POLICIES, diagnostics);
        wave(build, resource, diagnostics);
        generated_name(build, resource, diagnostics);
    }
}

/// Whether Argo CD takes a resource for a hook: by its own annotation, or by that of Helm.
pub(super) fn is_hook(resource: &Resource) -> bool {
    [HOOK, "helm.sh/hook"].into_iter().any(|key| annotation(resource, key).is_some())
}

/// Whether something shows that Argo CD applies the result: a typed application, or an annotation
/// of Argo CD.
pub(super) fn is_applied_by_argo_cd(build: &Build<'_>) -> bool {
    let annotated = |resource: &Resource| {
        let annotations = resource.root.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
        annotations.into_iter().any(|entry| entry.key.starts_with("argocd.argoproj.io/"))
    };
    !build.policy.without_argo_cd && (build.app.is_some() || build.resources.iter().any(annotated))
}

/// An annotation of a resource; `None` also where it is no text, which another check says.
pub(super) fn annotation<'a>(resource: &'a Resource, key: &str) -> Option<(&'a Node, &'a str)> {
    let node = resource.root.at(&["metadata", "annotations", key])?;
    Some((node, node.as_str()?))
}

fn words(build: &Build<'_>, resource: &Resource, key: &str, known: &[&str], diagnostics: &mut Diagnostics) {
    let Some((node, text)) = annotation(resource, key) else { return };
    let unknown = match listed(text).next() {
        None => Some(""),
        Some(_) => listed(text).find(|word| !known.contains(word)),
    };
    let Some(word) = unknown else { return };
    let message = format!("Argo CD does not know `{word}` as a value of `{key}` and ignores it without a word");
    let help = match near_miss(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it knows {}", known.join(", ")),
    };
    diagnostics
        .push(Diagnostic::error("unknown-hook", message).about(resource.id()).at(build.at(resource, node)).help(help));
}

/// Argo CD reads a wave with Go's `strconv.Atoi` and takes 0 where that fails.
fn wave(build: &Build<'_>, resource: &Resource, diagnostics: &mut Diagnostics) {
    let Some((node, text)) = annotation(resource, WAVE) else { return };
    if text.parse::<i64>().is_err() {
        let message = format!("the wave `{text}` is no whole number, so Argo CD would take 0");
        let help = "write a whole number in quotes, such as \"-1\"";
        diagnostics.push(
            Diagnostic::error("invalid-wave", message).about(resource.id()).at(build.at(resource, node)).help(help),
        );
    }
}

/// Hooks after the sync wait until all is healthy, and what is suspended never is.
fn never_after_the_sync(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let is_after = |text: &str| listed(text).any(|word| word == "PostSync");
    let waits = |resource: &&Resource| annotation(resource, HOOK).is_some_and(|(_, text)| is_after(text));
    let Some(waiting) = build.resources.iter().find(waits) else { return };
    for resource in build.resources.iter().filter(|resource| matches!(resource.kind(), "CronJob" | "Job")) {
        let Some(node) = resource.root.at(&["spec", "suspend"]).filter(|node| node.as_bool() == Some(true)) else {
            continue;
        };
        if annotation(resource, HOOK).is_none() {
            let message = format!(
                "`{}` is suspended, so `{}` never runs: it waits until all is healthy",
                resource.id(),
                waiting.id()
            );
            diagnostics.push(
                Diagnostic::error("suspended-before-hook", message)
                    .about(resource.id())
                    .at(build.at(resource, node))
                    .related(build.place_of(waiting), format!("`{}` runs after the sync", waiting.id()))
                    .help("do without one of the two; a job that never runs by itself can be left out as well"),
            );
        }
    }
}

fn generated_name(build: &Build<'_>, resource: &Resource, diagnostics: &mut Diagnostics) {
    let Some(node) = resource.root.at(&["metadata", "generateName"]).filter(|node| !node.is_null()) else { return };
    if resource.name().is_empty() && annotation(resource, HOOK).is_none() {
        let message = format!("a `{}` with `generateName` is a new object on every sync", resource.kind());
        let help = "give it a `name`; only hooks of Argo CD may have a generated one";
        diagnostics.push(
            Diagnostic::error("generated-name", message).about(resource.id()).at(build.at(resource, node)).help(help),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(metadata: &str) -> Vec<String> {
        let yaml = format!("{{apiVersion: v1, kind: Job, metadata: {{{metadata}}}}}");
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    #[test]
    fn misspelt_hooks_are_errors() {
        let annotated = |key: &str, value: &str| format!("name: j, annotations: {{argocd.argoproj.io/{key}: {value}}}");
        for good in ["Sync", "'PreSync,PostSync'", "'PreSync, Sync'"] {
            assert!(found(&annotated("hook", good)).is_empty(), "{good}");
        }
        assert!(found(&annotated("hook-delete-policy", "HookFailed")).is_empty());
        for good in ["'-1'", "'+2'", "'0'"] {
            assert!(found(&annotated("sync-wave", good)).is_empty(), "{good}");
        }
        for (key, value, start, end) in [
            ("hook", "Presync", "unknown-hook [Presync}}}]", "(did you mean `PreSync`?)"),
            ("hook", "'Sync,Nope'", "unknown-hook ['Sync,Nope'}}}] Argo CD does not know `Nope`", "without a word"),
            ("hook", "''", "unknown-hook [''}}}]", "without a word"),
            ("hook-delete-policy", "HookSuceeded", "unknown-hook [HookSuceeded}}}]", "(did you mean `HookSucceeded`?)"),
            ("sync-wave", "'1.5'", "invalid-wave ['1.5'}}}]", "would take 0"),
        ] {
            let found = found(&annotated(key, value));
            assert!(found[0].starts_with(start) && found[0].ends_with(end), "{found:?}");
        }
    }

    #[test]
    fn only_hooks_have_generated_names() {
        assert!(found("generateName: a-")[0].starts_with("generated-name [a-}}]"));
        assert!(found("generateName: a-, annotations: {argocd.argoproj.io/hook: Sync}").is_empty());
    }
}
