//! Which resources a patch is for.

use ecow::EcoString;

use super::selector::Selector;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::error::Error;
use crate::resource::{Resource, ResourceId, ResourceSet};
use crate::tree::{Entry, Node};

/// How targets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// In a typed overlay: exact texts, `labels` and `annotations` as a selector or a mapping.
    Typed,
    /// In a kustomization: `labelSelector` and `annotationSelector`; an empty field is as none.
    Kustomize,
}

/// A text that a field must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The text itself.
    Exact(EcoString),
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Exact(exact) => exact,
        }
    }
}

/// Which resources a patch is for: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// API group.
    pub group: Option<Pattern>,
    /// API version.
    pub version: Option<Pattern>,
    /// Kind.
    pub kind: Option<Pattern>,
    /// Name: the present one, or one that the resource had before.
    pub name: Option<Pattern>,
    /// Namespace, likewise.
    pub namespace: Option<Pattern>,
    /// What the labels must be.
    pub labels: Selector,
    /// What the annotations must be.
    pub annotations: Selector,
}

impl Target {
    /// Reads a mapping with `group`, `version`, `kind`, `name`, `namespace` and the selectors.
    pub fn parse(node: &Node, style: Style) -> Result<Self, Diagnostics> {
        let mut problems = Diagnostics::default();
        let mut target = Self::default();
        if node.as_map().is_none() {
            let message = format!("a target is a mapping, but this is {}", node.kind());
            problems.push(
                Diagnostic::error("wrong-type", message)
                    .at(node.origin())
                    .help("write `target: {kind: Deployment, name: web}`"),
            );
        }
        for entry in node.entries() {
            if let Err(problem) = target.field(entry, style) {
                problems.push(problem.into());
            }
        }
        if style == Style::Typed && node.as_map().is_some_and(|map| map.is_empty()) {
            problems.push(
                Diagnostic::error("empty-target", "a target that names nothing would match every resource")
                    .at(node.origin())
                    .help("name at least a `kind`, a `name` or `labels`"),
            );
        }
        if problems.has_errors() { Err(problems) } else { Ok(target) }
    }

    fn field(&mut self, entry: &Entry, style: Style) -> Result<(), Error> {
        let (labels, annotations) = match style {
            Style::Typed => ("labels", "annotations"),
            Style::Kustomize => ("labelSelector", "annotationSelector"),
        };
        match entry.key.as_str() {
            "group" => self.group = pattern(entry, style)?,
            "version" => self.version = pattern(entry, style)?,
            "kind" => self.kind = pattern(entry, style)?,
            "name" => self.name = pattern(entry, style)?,
            "namespace" => self.namespace = pattern(entry, style)?,
            key if key == labels => self.labels = Selector::parse(&entry.node)?,
            key if key == annotations => self.annotations = Selector::parse(&entry.node)?,
            key => {
                let fields = ["group", "version", "kind", "name", "namespace", labels, annotations];
                let help = match near_miss(key, fields) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the fields are `{}`", fields.join("`, `")),
                };
                let problem = Diagnostic::error("unknown-field", format!("a target has no field `{key}`"));
                return Err(problem.at(entry.key_origin).help(help).into());
            }
        }
        Ok(())
    }

    /// Whether the patch is for this resource. Name and namespace may be those of any id that the
    /// resource has or had, both of the same one.
    pub fn matches(&self, resource: &Resource) -> bool {
        let metadata = |key| resource.root.at(&["metadata", key]).and_then(Node::as_map);
        self.matches_kind(resource)
            && resource.every_id().any(|id| self.matches_name(id))
            && (self.labels.is_empty() || self.labels.matches(metadata("labels")))
            && (self.annotations.is_empty() || self.annotations.matches(metadata("annotations")))
    }

    fn matches_kind(&self, resource: &Resource) -> bool {
        let gvk = &resource.id().gvk;
        fits(&self.group, &gvk.group) && fits(&self.version, &gvk.version) && fits(&self.kind, &gvk.kind)
    }

    fn matches_name(&self, id: &ResourceId) -> bool {
        fits(&self.name, &id.name) && fits(&self.namespace, &id.namespace)
    }

    /// For a target that matches nothing: up to three resources that it was probably meant for,
    /// the best first. Those are resources of the kind with a name like the target's, then of the
    /// name but another kind, then others of the kind.
    pub fn near_misses<'a>(&self, resources: &'a ResourceSet) -> Vec<&'a Resource> {
        const SHOWN: usize = 3;
        let mut ranked: Vec<_> =
            resources.iter().filter_map(|resource| Some((self.distance(resource)?, resource))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().take(SHOWN).map(|(_, resource)| resource).collect()
    }

    /// How far a resource is from the target; `None` when it has nothing to do with it.
    fn distance(&self, resource: &Resource) -> Option<u8> {
        let alike = |pattern: &Option<Pattern>, text: &str| {
            pattern.as_ref().is_some_and(|pattern| near_miss(pattern.text(), [text]).is_some())
        };
        let same_kind = self.kind.is_some() && fits(&self.kind, resource.kind());
        let same_name = self.name.is_some() && fits(&self.name, resource.name());
        let like_kind = alike(&self.kind, resource.kind());
        let like_name = alike(&self.name, resource.name());
        match (same_kind, same_name) {
            // Group, version, namespace or labels make the difference.
            (true, true) => Some(0),
            (true, false) if like_name => Some(1),
            (false, true) if like_kind => Some(1),
            (false, false) if like_kind && (like_name || self.name.is_none()) => Some(2),
            (false, true) => Some(3),
            (true, false) => Some(4),
            (false, false) => None,
        }
    }
}

fn fits(pattern: &Option<Pattern>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
}

fn pattern(entry: &Entry, style: Style) -> Result<Option<Pattern>, Error> {
    let key = &entry.key;
    let text = entry.node.as_str().ok_or_else(|| {
        let message = format!("`{key}` of a target is a string, but this is {}", entry.node.kind());
        Diagnostic::error("wrong-type", message).at(entry.node.origin())
    })?;
    match style {
        // An empty group is the core API's; nothing else can be empty.
        Style::Typed if text.is_empty() && key != "group" => {
            let message = format!("`{key}` of a target is empty, which no resource is");
            Err(Diagnostic::error("empty-target", message).at(entry.node.origin()).help("remove this field").into())
        }
        Style::Kustomize if text.is_empty() => Ok(None),
        Style::Kustomize if text.contains(['\\', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$']) => {
            let message = format!("`{key}` of a target is a regular expression, which is not supported here");
            Err(Diagnostic::error("unsupported-pattern", message).at(entry.node.origin()).into())
        }
        _ => Ok(Some(Pattern::Exact(text.into()))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::json;
    use super::*;

    fn resources() -> ResourceSet {
        let mut set = ResourceSet::default();
        for (api, kind, name, labels) in [
            ("apps/v1", "Deployment", "web", r#"{"app":"web","env":"prod"}"#),
            ("apps/v1", "Deployment", "worker", r#"{"app":"worker"}"#),
            ("v1", "Service", "web", "{}"),
            ("v1", "ConfigMap", "settings", "{}"),
        ] {
            let text = format!(
                r#"{{"apiVersion":"{api}","kind":"{kind}","metadata":{{"name":"{name}","namespace":"shop","labels":{labels}}}}}"#
            );
            set.insert(Resource::new(json(&text, 0)).unwrap()).unwrap();
        }
        set
    }

    fn target(text: &str) -> Target {
        Target::parse(&json(text, 500), Style::Typed).unwrap()
    }

    #[test]
    fn a_target_matches_resources_that_fit_all_it_gives() {
        let set = resources();
        for (text, expected) in [
            (r#"{"kind":"Deployment"}"#, &["Deployment/web", "Deployment/worker"][..]),
            (r#"{"name":"web"}"#, &["Deployment/web", "Service/web"]),
            (r#"{"kind":"Deployment","name":"web"}"#, &["Deployment/web"]),
            (r#"{"group":""}"#, &["Service/web", "ConfigMap/settings"]),
            (r#"{"group":"apps","version":"v2"}"#, &[]),
            (r#"{"namespace":"shop","labels":"app in (web, x)"}"#, &["Deployment/web"]),
            (r#"{"labels":{"app":"worker"}}"#, &["Deployment/worker"]),
            (r#"{"kind":"Deploy.*"}"#, &[]),
            (r#"{"namespace":"other"}"#, &[]),
        ] {
            let target = target(text);
            let found: Vec<_> = set.iter().filter(|r| target.matches(r)).map(|r| r.id().to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn an_earlier_name_still_matches() {
        let mut set = resources();
        set.update(0, |resource| {
            *resource.root.at_mut(&["metadata", "name"]).unwrap() = json(r#""prod-web""#, 0);
        })
        .unwrap();
        assert!(target(r#"{"name":"web","kind":"Deployment"}"#).matches(set.get(0)));
        assert!(target(r#"{"name":"prod-web"}"#).matches(set.get(0)));
    }

    #[test]
    fn near_misses_name_the_same_kind_and_the_same_name() {
        let set = resources();
        for (text, expected) in [
            (r#"{"kind":"Deployment","name":"wbe"}"#, &["Deployment/web", "Deployment/worker"][..]),
            (r#"{"kind":"StatefulSet","name":"web"}"#, &["Deployment/web", "Service/web"]),
            (r#"{"kind":"Deploymnet"}"#, &["Deployment/web", "Deployment/worker"]),
            (
                r#"{"kind":"Deployment","name":"web","namespace":"prod"}"#,
                &["Deployment/web", "Service/web", "Deployment/worker"],
            ),
            (r#"{"kind":"Job","name":"nothing"}"#, &[]),
        ] {
            let found: Vec<_> = target(text).near_misses(&set).iter().map(|r| r.id().to_string()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for (text, style, code) in [
            ("[]", Style::Typed, "wrong-type"),
            ("{}", Style::Typed, "empty-target"),
            (r#"{"kind":""}"#, Style::Typed, "empty-target"),
            (r#"{"kind":1}"#, Style::Typed, "wrong-type"),
            (r#"{"labelSelector":"a"}"#, Style::Typed, "unknown-field"),
            (r#"{"labels":"a in"}"#, Style::Typed, "invalid-label-selector"),
            (r#"{"labels":"a=b"}"#, Style::Kustomize, "unknown-field"),
            (r#"{"name":"a.*"}"#, Style::Kustomize, "unsupported-pattern"),
        ] {
            let problems = Target::parse(&json(text, 0), style).unwrap_err();
            assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [code], "{text}");
        }
        assert!(Target::parse(&json(r#"{"name":"a.b","kind":"","labelSelector":"a"}"#, 0), Style::Kustomize).is_ok());
    }
}
