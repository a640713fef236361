//! Which document of the model a file holds: `apiVersion` and `kind` decide, never its name.

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model::API_VERSION;
use crate::origin::Origin;
use crate::project::Kind;
use crate::tree::Node;

/// The kind of a model file, from its documents; what is wrong goes into `diagnostics`.
pub(super) fn of_file(documents: &[Node], start: Origin, diagnostics: &mut Diagnostics) -> Option<Kind> {
    let root = one_document(documents, start, diagnostics)?;
    if root.as_map().is_none() {
        let message = format!("an app, overlay or component is a mapping, and this is {}", root.kind());
        diagnostics.push(Diagnostic::error("wrong-type", message).at(root.origin()).help(beginning()));
        return None;
    }
    let version = api_version(root, diagnostics);
    let kind = kind(root, version.is_some(), diagnostics);
    version.and(kind)
}

/// The single document of a model file.
pub(super) fn one_document<'a>(
    documents: &'a [Node],
    start: Origin,
    diagnostics: &mut Diagnostics,
) -> Option<&'a Node> {
    if documents.is_empty() {
        let diagnostic = Diagnostic::error("empty-file", "the file holds no document");
        diagnostics.push(diagnostic.label(start, "nothing but comments and space").help(beginning()));
        return None;
    }
    if let Some(second) = documents.get(1) {
        let message = format!("the file holds {} documents, and one is permitted", documents.len());
        diagnostics.push(
            Diagnostic::error("several-documents", message)
                .label(second.origin(), "the second document")
                .help("put each app, overlay and component into a file of its own; resources go under `resources`"),
        );
    }
    documents.first()
}

fn beginning() -> String {
    format!("begin with `apiVersion: {API_VERSION}` and `kind: App`, `kind: Overlay` or `kind: Component`")
}

fn api_version(root: &Node, diagnostics: &mut Diagnostics) -> Option<()> {
    let Some(node) = root.get("apiVersion") else {
        diagnostics.push(missing(root, "apiVersion", API_VERSION));
        return None;
    };
    let written = node.as_str().unwrap_or_default();
    if written == API_VERSION {
        return Some(());
    }
    diagnostics.push(wrong_api_version(node, written));
    None
}

fn wrong_api_version(node: &Node, written: &str) -> Diagnostic {
    let wrong = |message: String| Diagnostic::error("unknown-api-version", message).at(node.origin());
    if node.as_str().is_none() {
        return wrong(format!("`apiVersion` is {}", node.kind())).help(format!("write `{API_VERSION}`"));
    }
    if written.starts_with("strata.dev/") || near_miss(written, [API_VERSION]).is_some() {
        return wrong(format!("`{written}` is no known version")).help(format!("did you mean `{API_VERSION}`?"));
    }
    let what =
        if written.starts_with("kustomize.config.k8s.io/") { "a kustomization" } else { "a Kubernetes resource" };
    wrong(format!("`{written}` is the version of {what}; expected an app, overlay or component"))
        .help(format!("list resources under `resources` of an overlay; its own version is `{API_VERSION}`"))
}

/// The kind; its absence and errors are reported only when the version is ours, for otherwise
/// the file is of another world and one message is enough, unless the version is missing too.
fn kind(root: &Node, version_is_ours: bool, diagnostics: &mut Diagnostics) -> Option<Kind> {
    let Some(node) = root.get("kind") else {
        if version_is_ours || root.get("apiVersion").is_none() {
            diagnostics.push(missing(root, "kind", "`App`, `Overlay` or `Component`"));
        }
        return None;
    };
    let written = node.as_str().unwrap_or_default();
    let known = Kind::ALL.into_iter().find(|kind| kind.as_str() == written);
    if known.is_none() && version_is_ours {
        diagnostics.push(unknown(node, written));
    }
    known
}

fn unknown(node: &Node, written: &str) -> Diagnostic {
    let shown = node.scalar_text().unwrap_or_else(|| node.kind().into());
    let diagnostic = Diagnostic::error("unknown-kind", format!("`{shown}` is no kind of `{API_VERSION}`"));
    let help = match near_miss(written, Kind::ALL.map(Kind::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "the kinds are `App`, `Overlay` and `Component`".to_owned(),
    };
    diagnostic.at(node.origin()).help(help)
}

fn missing(root: &Node, field: &str, value: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("missing-field", format!("`{field}` is missing"));
    let near = near_miss(field, root.entries().map(|entry| entry.key.as_str()));
    match near.and_then(|near| root.as_map()?.entry(near)) {
        Some(entry) => diagnostic.at(entry.key_origin).help(format!("did you mean `{field}`?")),
        None => diagnostic
            .at(root.origin())
            .help(format!("add `{field}: {}`", if value.starts_with('`') { "Overlay" } else { value })),
    }
}
