//! The order of the output.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use ecow::EcoString;

use super::read::Fields;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::resource::{Gvk, Resource, ResourceId};
use crate::tree::Node;

/// Kinds that come first in the legacy order.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last in it.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// How the output is ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As the resources were read.
    Fifo,
    /// By kind, then by name, with the place of each kind that has one (others are at 0).
    Legacy(HashMap<String, i64>),
}

impl Order {
    /// The legacy order with kustomize's own lists.
    pub fn legacy() -> Self {
        Self::with(FIRST.into_iter(), LAST.into_iter())
    }

    fn with<'a>(first: impl ExactSizeIterator<Item = &'a str>, last: impl Iterator<Item = &'a str>) -> Self {
        let count = first.len() as i64;
        let mut places = HashMap::new();
        places.extend(first.zip(0..).map(|(kind, place)| (kind.to_owned(), place - count)));
        places.extend(last.zip(1..).map(|(kind, place)| (kind.to_owned(), place)));
        Self::Legacy(places)
    }

    /// Reads `sortOptions`.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let mut fields = Fields::new(node, "`sortOptions`", &["order", "legacySortOptions"], diagnostics);
        let order = fields.plain("order");
        let lists = fields.get("legacySortOptions");
        match (order.as_str(), lists) {
            ("fifo", None) => Self::Fifo,
            ("fifo", Some(lists)) => {
                let message = "`legacySortOptions` goes with the order `legacy` alone";
                fields.diagnostics.push(Diagnostic::error("conflicting-fields", message).at(lists.origin()));
                Self::Fifo
            }
            ("legacy", None) => Self::legacy(),
            ("legacy", Some(lists)) => {
                let known = &["orderFirst", "orderLast"];
                let mut lists = Fields::new(lists, "`legacySortOptions`", known, fields.diagnostics);
                let (first, last) = (lists.texts("orderFirst"), lists.texts("orderLast"));
                Self::with(first.iter().map(|text| text.as_str()), last.iter().map(|text| text.as_str()))
            }
            _ => {
                let message = format!("`order` of `sortOptions` is `fifo` or `legacy`, not `{order}`");
                fields.diagnostics.push(Diagnostic::error("invalid-value", message).at(node.origin()));
                Self::Fifo
            }
        }
    }

    /// Orders the resources.
    pub fn sort(&self, resources: &mut [Resource]) {
        if let Self::Legacy(places) = self {
            let mut ranks: HashMap<Gvk, Rc<Rank>> = HashMap::new();
            resources.sort_by_cached_key(|resource| {
                let ResourceId { gvk, namespace, name } = resource.id();
                let known = ranks.get(gvk).map(Rc::clone);
                let rank = known.unwrap_or_else(|| {
                    let rank = Rc::new(Rank::of(gvk, places));
                    ranks.insert(gvk.clone(), Rc::clone(&rank));
                    rank
                });
                Key { rank, namespace: namespace.clone(), name: name.clone() }
            });
        }
    }
}

/// What decides the place of a resource.
#[derive(PartialEq, Eq)]
struct Key {
    rank: Rc<Rank>,
    namespace: EcoString,
    name: EcoString,
}

/// What all resources of one group, version and kind have in common.
#[derive(PartialEq, Eq)]
struct Rank {
    place: i64,
    namespace_kind: bool,
    no_group: bool,
    gvk: String,
    /// What the id of a resource begins with.
    shown: String,
}

impl Rank {
    fn of(gvk: &Gvk, places: &HashMap<String, i64>) -> Self {
        let Gvk { group, version, kind } = gvk;
        Self {
            place: places.get(kind.as_str()).copied().unwrap_or(0),
            namespace_kind: kind == "Namespace",
            no_group: group.is_empty(),
            gvk: format!("{}_{}_{}", or(group, "~G"), or(version, "~V"), or(kind, "~K")),
            shown: format!("{}.{}.{}", or(kind, "[noKind]"), or(version, "[noVer]"), or(group, "[noGrp]")),
        }
    }
}

impl Key {
    /// The characters of `kind.version.group|namespace|name`.
    fn id(&self) -> impl Iterator<Item = u8> {
        let parts = [&self.rank.shown, "|", or(&self.namespace, "~X"), "|", or(&self.name, "~N")];
        parts.into_iter().flat_map(str::bytes)
    }
}

fn or<'t>(text: &'t str, none: &'t str) -> &'t str {
    if text.is_empty() { none } else { text }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let (own, others) = (&*self.rank, &*other.rank);
        if Rc::ptr_eq(&self.rank, &other.rank) && self.namespace == other.namespace {
            return or(&self.name, "~N").cmp(or(&other.name, "~N"));
        }
        // Kustomize turns the order around among Namespaces when one is the core kind.
        let turned = own.namespace_kind && others.namespace_kind && (own.no_group || others.no_group);
        let by_gvk = match turned {
            true => others.gvk.cmp(&own.gvk),
            false => own.gvk.cmp(&others.gvk),
        };
        own.place.cmp(&others.place).then(by_gvk).then_with(|| self.id().cmp(other.id()))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
