//! `buildMetadata`: annotations that say where a resource comes from and what changed it.

use crate::object;
use crate::origin::Origin;
use crate::remote::Repository;
use crate::tree::{Node, Value};

/// Says where a resource comes from.
pub(super) const ORIGIN: &str = "config.kubernetes.io/origin";
/// Says which transformers changed it.
pub(super) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// The way from the kustomization that is built to a file or folder.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// The repository that it is in, when that is another one, with what was asked of it.
    repository: Option<(String, Option<String>)>,
    /// The path, in that repository or from the kustomization that is built.
    path: String,
}

impl Way {
    /// The way on to `path`, or to what it names elsewhere.
    pub fn to(&self, path: &str) -> Self {
        match Repository::parse(path) {
            Ok(found) => Self { path: join("", &found.folder), repository: Some((found.shown(), found.reference)) },
            Err(_) => Self { path: join(&self.path, path), repository: self.repository.clone() },
        }
    }

    /// The annotation of what is read from the file at its end.
    pub fn origin(&self) -> String {
        let mut lines = vec![format!("path: {}", self.path)];
        lines.extend(self.repository_lines());
        lines.join("\n") + "\n"
    }

    fn repository_lines(&self) -> Vec<String> {
        let Some((url, reference)) = &self.repository else { return Vec::new() };
        let reference = reference.as_ref().map(|reference| format!("ref: {reference}"));
        std::iter::once(format!("repo: {url}")).chain(reference).collect()
    }

    /// Reads the annotation back.
    fn of_origin(text: &str) -> Option<Self> {
        let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let repository = line("repo").map(|url| (url.to_owned(), line("ref").map(str::to_owned)));
        Some(Self { path: line("path")?.to_owned(), repository })
    }
}

/// What made or changed a resource.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    /// The file that asks for it.
    pub configured_in: Way,
    /// The plugin: its version, kind and name.
    pub api_version: String,
    pub kind: String,
    pub name: Option<String>,
    pub namespace: Option<String>,
}

impl Maker {
    /// A field of a kustomization.
    pub fn builtin(configured_in: Way, kind: &str) -> Self {
        Self { configured_in, api_version: "builtin".into(), kind: kind.into(), name: None, namespace: None }
    }

    /// The lines of the annotation.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.configured_in.repository_lines();
        lines.extend([
            format!("configuredIn: {}", self.configured_in.path),
            "configuredBy:".to_owned(),
            format!("  apiVersion: {}", self.api_version),
            format!("  kind: {}", self.kind),
        ]);
        lines.extend(self.name.as_ref().map(|name| format!("  name: {name}")));
        lines.extend(self.namespace.as_ref().map(|namespace| format!("  namespace: {namespace}")));
        lines
    }

    /// The annotation of what it made.
    pub fn origin(&self) -> String {
        self.lines().join("\n") + "\n"
    }
}

/// Where the file lies that a resource was read from, when its annotation says so.
pub(super) fn origin(root: &Node) -> Option<Way> {
    Way::of_origin(annotation(root, ORIGIN)?)
}

/// The text of an annotation.
pub(super) fn annotation<'n>(root: &'n Node, key: &str) -> Option<&'n str> {
    root.at(&["metadata", "annotations", key])?.as_str()
}

/// Sets an annotation.
pub(super) fn annotate(root: &mut Node, key: &str, value: String, at: Origin) {
    if let Some(map) = root.as_map_mut()
        && map.get("metadata").is_none_or(Node::is_null)
    {
        map.insert("metadata", object! { at; });
    }
    if let Some(metadata) = root.at_mut(&["metadata"])
        && let Some(annotations) = metadata.map_under("annotations", at)
    {
        annotations.insert(key, Node::string(value, at));
    }
}

/// Annotations that kustomize keeps its books in; they never reach the output. Those of the first
/// list stand below `internal.config.kubernetes.io/`.
const INTERNAL: [&str; 15] = [
    "previousKinds",
    "previousNames",
    "previousNamespaces",
    "prefixes",
    "suffixes",
    "allowNameChange",
    "allowKindChange",
    "refBy",
    "generatorBehavior",
    "needsHashSuffix",
    "path",
    "index",
    "seqindent",
    "id",
    "annotations-migration-resource-id",
];
const LEGACY: [&str; 3] = ["config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id"];
const PREFIX: &str = "internal.config.kubernetes.io/";

/// Whether a resource asks for a hash of its content after its name.
pub(super) fn asks_for_hash(root: &Node) -> bool {
    annotation(root, "internal.config.kubernetes.io/needsHashSuffix") == Some("enabled")
}

/// Takes away the annotations of `gone` and the internal ones, and with the last one the mapping;
/// an empty one too. Values become texts, which kustomize makes them in passing.
pub(super) fn clean(root: &mut Node, gone: &[&str]) {
    let is_gone = |key: &str| {
        let internal = key.strip_prefix(PREFIX).is_some_and(|name| INTERNAL.contains(&name));
        internal || LEGACY.contains(&key) || gone.contains(&key)
    };
    let touched = match root.at(&["metadata", "annotations"]).map(Node::value) {
        Some(Value::Map(map)) => {
            map.is_empty() || map.iter().any(|entry| is_gone(&entry.key) || entry.node.as_str().is_none())
        }
        // Kustomize takes what is no mapping for none.
        Some(_) => true,
        None => false,
    };
    if !touched {
        return;
    }
    let Some(metadata) = root.at_mut(&["metadata"]).and_then(Node::as_map_mut) else { return };
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
        annotations.retain(|entry| !is_gone(&entry.key));
        for entry in annotations.iter_mut().filter(|entry| entry.node.as_str().is_none()) {
            let other = if entry.node.is_null() && !entry.node.is_absent() { "null" } else { "" };
            entry.node = Node::string(entry.node.scalar_text().unwrap_or(other.into()), entry.node.origin());
        }
        if !annotations.is_empty() {
            return;
        }
    }
    metadata.remove("annotations");
}

/// Notes what changed a resource. One that says nothing of its origin yet was made by it.
pub(super) fn transformed(root: &mut Node, maker: &Maker, at: Origin) {
    if annotation(root, ORIGIN).is_none() {
        return annotate(root, ORIGIN, maker.origin(), at);
    }
    let before = annotation(root, TRANSFORMATIONS).unwrap_or_default();
    let lines = maker.lines().join("\n  ");
    let text = format!("{before}- {lines}\n");
    annotate(root, TRANSFORMATIONS, text, at);
}

/// Joins a relative path to another, with `..` worked out on the text (Go's `filepath.Join`).
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_annotations_go_and_values_become_texts() {
        let o = Origin::source(0);
        let annotations = object! { o; "config.kubernetes.io/index": "0", "n": 5, "a": "b", "x": Node::absent(o) };
        let mut root = object! { o; "metadata": object! { o; "annotations": annotations } };
        clean(&mut root, &["a"]);
        let left = object! { o; "n": "5", "x": "" };
        assert_eq!(root, object! { o; "metadata": object! { o; "annotations": left } });
        clean(&mut root, &["n", "x"]);
        assert_eq!(root, object! { o; "metadata": object! { o; } });
        let mut root = object! { o; "metadata": object! { o; "annotations": object! { o; "l": Node::seq(o) } } };
        clean(&mut root, &[]);
        assert_eq!(root, object! { o; "metadata": object! { o; "annotations": object! { o; "l": "" } } });
        let mut root = object! { o; "metadata": object! { o; "annotations": "text" } };
        clean(&mut root, &[]);
        assert_eq!(root, object! { o; "metadata": object! { o; } });
    }

    #[test]
    fn paths_join_on_their_text() {
        assert_eq!(join("", "../base"), "../base");
        assert_eq!(join("../base", "a.yaml"), "../base/a.yaml");
        assert_eq!(join("../a/b", "../c"), "../a/c");
        let way = Way::default().to("../base").to("https://github.com/a/b/c?ref=v1").to("../d.yaml");
        assert_eq!(way.origin(), "path: d.yaml\nrepo: https://github.com/a/b\nref: v1\n");
    }
}
