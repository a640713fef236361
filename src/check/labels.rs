//! Which pods a selector selects, through an index of the labels of all pod templates.

use std::collections::{BTreeMap, HashMap};

use super::pods;
use crate::diagnostic::near_miss;
use crate::kubernetes;
use crate::resource::{Resource, ResourceSet};
use crate::tree::Node;

/// Labels that all pods of an application or of a part of it have: one of them shows nothing.
const SHARED: [&str; 4] = [
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
];

/// How many values of a label a near miss is looked for among.
const NEAR: usize = 500;

/// The pods of one resource.
pub(super) struct Pods<'a> {
    /// The index of the resource in the set.
    pub index: usize,
    pub resource: &'a Resource,
    labels: Option<&'a Node>,
}

/// The pods of all resources, by namespace and label.
pub(super) struct PodIndex<'a> {
    pods: Vec<Pods<'a>>,
    namespaces: BTreeMap<&'a str, Namespace<'a>>,
}

/// The positions of the pods of one namespace: all of them, and by key and value of each label.
#[derive(Default)]
struct Namespace<'a> {
    all: Vec<usize>,
    by_label: HashMap<&'a str, HashMap<&'a str, Vec<usize>>>,
}

impl<'a> PodIndex<'a> {
    pub fn new(resources: &'a ResourceSet) -> Self {
        Self::of(resources, |resource| Some(resource.pod_template()?.at(&["metadata", "labels"])))
    }

    /// The pods of custom kinds too.
    pub fn of_every_kind(resources: &'a ResourceSet) -> Self {
        Self::of(resources, |resource| Some(pods::template(resource)?.at(&["metadata", "labels"])))
    }

    /// Custom resources in the place of the pods that their operators make: those carry the labels of
    /// `podMetadata`, or of the resource itself.
    pub fn of_operators(resources: &'a ResourceSet) -> Self {
        Self::of(resources, |resource| {
            let is_custom = kubernetes::is_namespaced(&resource.id().gvk).is_none();
            let own = || resource.root.at(&["metadata", "labels"]);
            let labels = resource.root.at(&["spec", "podMetadata", "labels"]).or_else(own);
            labels.filter(|_| is_custom).map(Some)
        })
    }

    /// The Services in the place of pods, by their own labels.
    pub fn of_services(resources: &'a ResourceSet) -> Self {
        let is_service = |resource: &Resource| resource.kind() == "Service" && resource.id().gvk.group.is_empty();
        Self::of(resources, |resource| is_service(resource).then(|| resource.root.at(&["metadata", "labels"])))
    }

    /// The resources that `labels_of` takes, by the labels that it gives.
    fn of(resources: &'a ResourceSet, labels_of: impl Fn(&'a Resource) -> Option<Option<&'a Node>>) -> Self {
        let mut made = Self { pods: Vec::new(), namespaces: BTreeMap::new() };
        for (index, resource) in resources.iter().enumerate() {
            let Some(labels) = labels_of(resource) else { continue };
            let namespace = made.namespaces.entry(&resource.id().namespace).or_default();
            let position = made.pods.len();
            namespace.all.push(position);
            for (key, value) in pairs(labels) {
                namespace.by_label.entry(key).or_default().entry(value).or_default().push(position);
            }
            made.pods.push(Pods { index, resource, labels });
        }
        made
    }

    /// The pods of `namespace` that `selector` selects, in the order of the resources.
    pub fn selected(&self, namespace: &str, selector: &Selector<'_>) -> impl Iterator<Item = &Pods<'a>> {
        let candidates = self.namespaces.get(namespace).map_or(&[] as &[usize], |n| n.candidates(selector));
        self.among(candidates, selector)
    }

    /// Pods of `namespace` that a selector with these labels was probably meant for: they have one
    /// of the labels, or nearly.
    pub fn near(&self, namespace: &str, labels: &[(&str, &str)]) -> Option<&Pods<'a>> {
        let namespace = self.namespaces.get(namespace)?;
        let exact = labels.iter().filter(|(key, _)| !SHARED.contains(key));
        let mut exact = exact.map(|(key, value)| namespace.with(key, value)).filter(|found| !found.is_empty());
        let misspelt = || {
            labels.iter().find_map(|(key, value)| {
                let values = namespace.by_label.get(key)?;
                let near = near_miss(value, values.keys().copied().take(NEAR))?;
                values.get(near).map(Vec::as_slice)
            })
        };
        exact.next().or_else(misspelt)?.first().map(|position| &self.pods[*position])
    }

    /// The pods of every namespace that `selector` selects.
    pub fn selected_anywhere(&self, selector: &Selector<'_>) -> impl Iterator<Item = &Pods<'a>> {
        self.namespaces.values().flat_map(|namespace| self.among(namespace.candidates(selector), selector))
    }

    fn among(&self, candidates: &[usize], selector: &Selector<'_>) -> impl Iterator<Item = &Pods<'a>> {
        candidates.iter().map(|position| &self.pods[*position]).filter(|pods| selector.matches(pods.labels))
    }
}

impl Namespace<'_> {
    /// The pods with the rarest of the labels that the selector asks for: only these need a look.
    fn candidates(&self, selector: &Selector<'_>) -> &[usize] {
        let rarest = selector.labels.iter().map(|(key, value)| self.with(key, value)).min_by_key(|found| found.len());
        rarest.unwrap_or(&self.all)
    }

    fn with(&self, key: &str, value: &str) -> &[usize] {
        self.by_label.get(key).and_then(|values| values.get(value)).map_or(&[], Vec::as_slice)
    }
}

/// A label selector.
pub(super) struct Selector<'a> {
    labels: Vec<(&'a str, &'a str)>,
    expressions: Vec<Expression<'a>>,
}

struct Expression<'a> {
    key: &'a str,
    operator: &'a str,
    values: Vec<&'a str>,
}

impl<'a> Selector<'a> {
    /// A selector with `matchLabels` and `matchExpressions`.
    pub fn of(node: &'a Node) -> Self {
        let expressions = node.get("matchExpressions").into_iter().flat_map(Node::items);
        let text = |node: &'a Node, field| node.get(field).and_then(Node::as_str);
        let expressions = expressions.filter_map(|expression| {
            let values = expression.get("values").into_iter().flat_map(Node::items);
            let (key, operator) = (text(expression, "key")?, text(expression, "operator")?);
            Some(Expression { key, operator, values: values.filter_map(Node::as_str).collect() })
        });
        Self { labels: pairs(node.get("matchLabels")).collect(), expressions: expressions.collect() }
    }

    /// A selector that is a map of labels, as a Service has it.
    pub fn of_map(node: &'a Node) -> Self {
        Self::of_pairs(pairs(Some(node)))
    }

    /// A selector for labels.
    pub fn of_pairs(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { labels: labels.into_iter().collect(), expressions: Vec::new() }
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether it selects the pods of `template`.
    pub fn matches_template(&self, template: &Node) -> bool {
        self.matches(template.at(&["metadata", "labels"]))
    }

    fn matches(&self, labels: Option<&Node>) -> bool {
        let value = |key: &str| labels.and_then(|labels| labels.get(key)?.as_str());
        self.labels.iter().all(|(key, wanted)| value(key) == Some(wanted))
            && self.expressions.iter().all(|expression| expression.matches(value(expression.key)))
    }
}

impl Expression<'_> {
    /// As `labels.Requirement` of Kubernetes has it: `NotIn` also holds where the label is missing.
    fn matches(&self, value: Option<&str>) -> bool {
        match self.operator {
            "In" => value.is_some_and(|value| self.values.contains(&value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(&value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// The entries of a mapping whose values are texts.
pub(super) fn pairs(node: Option<&Node>) -> impl Iterator<Item = (&str, &str)> {
    let entries = node.into_iter().flat_map(Node::entries);
    entries.filter_map(|entry| Some((entry.key.as_str(), entry.node.as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::super::test::resources;
    use super::*;

    #[test]
    fn expressions_select_as_kubernetes_does() {
        let set = resources(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: x, tier: web}}}\n---\n\
             {apiVersion: v1, kind: Pod, metadata: {name: b, labels: {app: x}}}\n---\n\
             {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: other, labels: {app: x}}}\n",
        );
        let index = PodIndex::new(&set);
        for (selector, expected) in [
            ("{matchLabels: {app: x}}", "ab"),
            ("{matchLabels: {app: x, tier: web}}", "a"),
            ("{matchLabels: {app: z}}", ""),
            ("{matchExpressions: [{key: tier, operator: Exists}]}", "a"),
            ("{matchExpressions: [{key: tier, operator: DoesNotExist}]}", "b"),
            ("{matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}", "b"),
            ("{matchLabels: {app: x}, matchExpressions: [{key: tier, operator: In, values: [web]}]}", "a"),
            ("{}", "ab"),
        ] {
            let holder = resources(&format!("{{apiVersion: v1, kind: X, metadata: {{name: x}}, s: {selector}}}"));
            let selector = Selector::of(holder.get(0).root.get("s").unwrap());
            let names: String = index.selected("", &selector).map(|pods| pods.resource.name()).collect();
            assert_eq!(names, expected);
        }
    }
}
