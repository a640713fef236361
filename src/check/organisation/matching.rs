//! Which objects a policy means.

use std::collections::HashMap;

use ecow::EcoString;

use super::object::Target;
use crate::check::labels::Selector;
use crate::policy::{Constraints, Rule};
use crate::resource::{Gvk, Resource, ResourceSet};
use crate::tree::Node;

/// The label that every namespace has.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Whether an object is meant.
pub(super) enum Verdict {
    Yes,
    No,
    /// Only a cluster can say it, for it knows this.
    Unknown(EcoString),
}

impl Verdict {
    pub fn and(self, next: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => next(),
            Self::Unknown(what) => match next() {
                Self::No => Self::No,
                _ => Self::Unknown(what),
            },
        }
    }
}

/// The namespaces that a build makes.
pub(super) struct Namespaces<'a>(HashMap<&'a str, &'a Resource>);

impl<'a> Namespaces<'a> {
    pub fn of(resources: &'a ResourceSet) -> Self {
        let is_namespace = |one: &&Resource| one.kind() == "Namespace" && one.id().gvk.group.is_empty();
        Self(resources.into_iter().filter(is_namespace).map(|one| (one.name(), one)).collect())
    }

    pub fn get(&self, name: &str) -> Option<&'a Resource> {
        self.0.get(name).copied()
    }

    /// Whether a selector means the namespace `name`.
    fn select(&self, selector: &Node, name: &str) -> Verdict {
        let keys = || {
            let labels = selector.get("matchLabels").into_iter().flat_map(Node::entries);
            let expressions = selector.get("matchExpressions").into_iter().flat_map(Node::items);
            let expressions = expressions.filter_map(|one| one.get("key")?.as_str());
            labels.map(|entry| entry.key.as_str()).chain(expressions)
        };
        let known = self.get(name);
        if known.is_none() && keys().any(|key| key != NAME_LABEL) {
            return Verdict::Unknown(ecow::eco_format!("the labels of the namespace `{name}`"));
        }
        let at = selector.origin();
        let mut labels = known.and_then(|one| one.root.at(&["metadata", "labels"]).cloned());
        let labels = labels.get_or_insert_with(|| Node::map(at));
        if let Some(map) = labels.as_map_mut() {
            map.insert(NAME_LABEL, Node::string(name, at));
        }
        let holder = crate::object! { at; "metadata": crate::object! { at; "labels": labels.clone() } };
        if Selector::of(selector).matches_template(&holder) { Verdict::Yes } else { Verdict::No }
    }
}

/// How the API names kinds: in the plural.
pub(super) struct Kinds<'a> {
    /// As the definitions of a build say, by group and kind.
    custom: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Kinds<'a> {
    pub fn of(resources: &'a ResourceSet) -> Self {
        let definitions = resources.into_iter().filter(|one| one.kind() == "CustomResourceDefinition");
        let custom = definitions.filter_map(|one| {
            let text = |keys: &[&str]| one.root.at(keys).and_then(Node::as_str);
            Some(((text(&["spec", "group"])?, text(&["spec", "names", "kind"])?), text(&["spec", "names", "plural"])?))
        });
        Self { custom: custom.collect() }
    }

    pub fn plural(&self, gvk: &Gvk) -> EcoString {
        match self.custom.get(&(gvk.group.as_str(), gvk.kind.as_str())) {
            Some(plural) => (*plural).into(),
            None => plural(&gvk.kind),
        }
    }
}

/// The plural that a kind usually has.
fn plural(kind: &str) -> EcoString {
    let kind = kind.to_ascii_lowercase();
    let before = kind.chars().rev().nth(1);
    match kind.chars().next_back() {
        _ if kind == "endpoints" => kind.into(),
        Some('s' | 'x') => (kind + "es").into(),
        _ if kind.ends_with("ch") || kind.ends_with("sh") => (kind + "es").into(),
        Some('y') if before.is_some_and(|c| !"aeiou".contains(c)) => {
            ecow::eco_format!("{}ies", kind.trim_end_matches('y'))
        }
        _ => (kind + "s").into(),
    }
}

/// Whether `constraints` mean an object.
pub(super) fn means(
    constraints: &Constraints,
    target: &Target<'_>,
    environment: Option<&str>,
    namespaces: &Namespaces<'_>,
) -> Verdict {
    let any = |rules: &[Rule]| rules.iter().any(|rule| fits(rule, target));
    let named = |names: &[EcoString], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
    };
    if !(constraints.rules.is_empty() || any(&constraints.rules)) || any(&constraints.excluded) {
        return Verdict::No;
    }
    let object = if target.is_made { target.resource.pod_template() } else { Some(&target.resource.root) };
    let by_labels = constraints
        .objects
        .as_ref()
        .is_none_or(|selector| object.is_some_and(|object| Selector::of(selector).matches_template(object)));
    if !by_labels
        || !named(&constraints.environments, environment)
        || !named(&constraints.namespace_names, target.namespace.as_deref())
    {
        return Verdict::No;
    }
    match (&constraints.namespaces, &target.namespace) {
        (None, _) => Verdict::Yes,
        (Some(selector), Some(namespace)) => namespaces.select(selector, namespace),
        // A namespace is selected by its own labels; any other object without a namespace is meant.
        (Some(selector), None) if target.gvk.kind == "Namespace" => namespaces.select(selector, target.resource.name()),
        (Some(_), None) => Verdict::Yes,
    }
}

fn fits(rule: &Rule, target: &Target<'_>) -> bool {
    let one_of = |known: &[EcoString], wanted: &str| known.iter().any(|known| known == "*" || known == wanted);
    match rule {
        Rule::Kind(kind, group) => {
            (kind == "*" && !target.is_made || *kind == target.gvk.kind)
                && group.as_ref().is_none_or(|group| *group == target.gvk.group)
        }
        Rule::Resource { groups, versions, resources, names, namespaced } => {
            let all = |resource: &EcoString| resource == "*" || resource == "*/*";
            one_of(groups, &target.gvk.group)
                && one_of(versions, &target.gvk.version)
                && resources.iter().any(|resource| all(resource) || *resource == target.plural)
                && (names.is_empty() || names.iter().any(|name| name == target.resource.name()))
                && namespaced.is_none_or(|namespaced| namespaced == target.namespace.is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_plurals_of_the_api() {
        for (kind, expected) in [
            ("Deployment", "deployments"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Endpoints", "endpoints"),
            ("Gateway", "gateways"),
            ("StorageClass", "storageclasses"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }
}
