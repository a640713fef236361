//! Which resources a patch, a replacement or a target is for.

use ecow::EcoString;
use regex::Regex;

use super::read::Fields;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::{Gvk, Resource, ResourceId};
use crate::tree::{Node, Text};

/// Group, version, kind, name and namespace as regular expressions that match whole texts, and
/// selectors of labels and annotations. What is empty fits all.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    /// A selector of labels, as written.
    pub labels: Option<Text>,
    /// A selector of annotations, as written.
    pub annotations: Option<Text>,
}

/// A regular expression that matches whole texts.
#[derive(Clone, Debug)]
enum Pattern {
    /// One without a special character matches itself alone.
    Exact(EcoString),
    Regex(Regex),
}

const FIELDS: &[&str] = &["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];

impl Selector {
    /// Reads a mapping.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(node, "a selector", FIELDS, diagnostics);
        let mut pattern = |name| fields.filled(name).and_then(|text| anchored(&text, fields.diagnostics));
        Self {
            group: pattern("group"),
            version: pattern("version"),
            kind: pattern("kind"),
            name: pattern("name"),
            namespace: pattern("namespace"),
            labels: fields.filled("labelSelector"),
            annotations: fields.filled("annotationSelector"),
        }
    }

    /// Whether it says nothing about the id.
    pub fn is_any_id(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].iter().all(|part| part.is_none())
    }

    /// Whether a name is asked for.
    pub fn has_name(&self) -> bool {
        self.name.is_some()
    }

    /// The only name that fits, when there is no more than one.
    pub fn exact_name(&self) -> Option<&str> {
        match &self.name {
            Some(Pattern::Exact(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether the present kind fits, and the name and namespace that the resource has or had
    /// first; each by itself, as kustomize does. Labels are not looked at.
    pub fn selects(&self, resource: &Resource) -> bool {
        let ids = [resource.original_id(), resource.id()];
        ids.iter().any(|id| fits(&self.namespace, effective(id)))
            && ids.iter().any(|id| fits(&self.name, &id.name))
            && self.fits_kind(&resource.id().gvk)
    }

    /// Whether one id fits, its namespace as written.
    pub fn fits_id(&self, id: &ResourceId) -> bool {
        self.fits_kind(&id.gvk) && fits(&self.name, &id.name) && fits(&self.namespace, &id.namespace)
    }

    fn fits_kind(&self, gvk: &Gvk) -> bool {
        fits(&self.group, &gvk.group) && fits(&self.version, &gvk.version) && fits(&self.kind, &gvk.kind)
    }
}

fn fits(pattern: &Option<Pattern>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| match pattern {
        Pattern::Exact(exact) => exact == text,
        Pattern::Regex(regex) => regex.is_match(text),
    })
}

fn anchored(text: &Text, diagnostics: &mut Diagnostics) -> Option<Pattern> {
    if !text.contains(['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$']) {
        return Some(Pattern::Exact(text.value.clone()));
    }
    match super::pattern::compile(&format!("^(?:{text})$")) {
        Ok(pattern) => Some(Pattern::Regex(pattern)),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let message = format!("`{text}` is no regular expression: {reason}");
            diagnostics.push(Diagnostic::error("invalid-pattern", message).at(text.origin));
            None
        }
    }
}

/// The namespace that counts: none for cluster-scoped kinds, `default` where none is written.
pub(super) fn effective(id: &ResourceId) -> &str {
    match id.namespace.as_str() {
        _ if crate::scope::is_cluster_scoped_for_kustomize(&id.gvk) => "_non_namespaceable_",
        "" => "default",
        other => other,
    }
}

/// An exact reference to one resource; what is empty fits all.
#[derive(Clone, Debug, Default)]
pub(super) struct Reference {
    /// Group, version, kind.
    pub gvk: Gvk,
    /// Name.
    pub name: EcoString,
    /// Namespace.
    pub namespace: EcoString,
}

impl Reference {
    /// Whether an id is the one that is meant.
    pub fn selects(&self, id: &ResourceId) -> bool {
        let fits = |wanted: &EcoString, text: &str| wanted.is_empty() || wanted == text;
        fits(&self.gvk.group, &id.gvk.group)
            && fits(&self.gvk.version, &id.gvk.version)
            && fits(&self.gvk.kind, &id.gvk.kind)
            && fits(&self.name, &id.name)
            && fits(&self.namespace, effective(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn a_pattern_without_special_characters_fits_what_its_expression_fits() {
        let texts = ["", "a", "a-b", "A", "ab", "a.b", "axb", "a\n", "a/b", "é", "a|b"];
        for pattern in ["a", "a-b", "é", "a/b", "a.b", "a|b", "a\\.b", "[a]", "a$", "^a", "a*", "(a)", "a b", "_~&#"] {
            let mut said = Diagnostics::default();
            let found = anchored(&Text::new(pattern, Origin::source(0)), &mut said);
            let regex = super::super::pattern::compile(&format!("^(?:{pattern})$")).unwrap();
            for text in texts {
                assert_eq!(fits(&found, text), regex.is_match(text), "{pattern:?} {text:?}");
            }
        }
    }
}
