//! Explanations as JSON for machines: docs/explain.md describes the shapes, which are stable.

use serde::Serialize;

use super::text::masked;
use super::{Asked, Unmatched};
use crate::cli::json::{Data, data, to_text};
use crate::cli::redact;
use crate::explain::{Chains, Found, Place, Relation, Step, Unused};
use crate::origin::{Rule, Sources};
use crate::resource::{Resource, ResourceId};
use crate::tree::{Node, Segment};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Id<'a> {
    api_version: String,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl<'a> Id<'a> {
    fn of(id: &'a ResourceId) -> Self {
        Self { api_version: id.gvk.api_version().into(), kind: &id.gvk.kind, namespace: &id.namespace, name: &id.name }
    }
}

#[derive(Serialize)]
struct At {
    file: String,
    line: usize,
    column: usize,
    layer: String,
    field: String,
}

impl At {
    fn of(place: &Place) -> Self {
        let at = &place.location;
        let file = redact::without_credentials(&at.path.display().to_string()).into_owned();
        Self { file, line: at.line, column: at.column, layer: place.layer.clone(), field: place.field.clone() }
    }
}

#[derive(Serialize)]
struct StepEntry {
    relation: &'static str,
    reason: &'static str,
    text: String,
    rule: Option<&'static str>,
    at: Option<At>,
    value: Option<Data>,
    changed: Option<bool>,
}

#[derive(Serialize)]
struct FieldEntry {
    path: String,
    pointer: String,
    secret: bool,
    value: Option<Data>,
    removed: bool,
    steps: Vec<StepEntry>,
}

#[derive(Serialize)]
struct FieldsReport<'a> {
    overlay: &'a str,
    resource: Id<'a>,
    fields: Vec<FieldEntry>,
}

/// The fields of one resource.
pub(super) fn fields(asked: &Asked, chains: &mut Chains) -> String {
    let leaves = asked.fields.iter().flat_map(|field| if asked.alone { vec![field.clone()] } else { field.leaves() });
    let fields = leaves.map(|leaf| field(&asked.resource, &leaf, chains)).collect();
    to_text(&FieldsReport { overlay: &asked.build.name, resource: Id::of(asked.resource.id()), fields })
}

fn field(resource: &Resource, leaf: &Found, chains: &mut Chains) -> FieldEntry {
    let secret = redact::is_secret_value(resource, &leaf.path);
    let shown = |node: &Node| if secret { None } else { Some(data(&masked(resource, node, &leaf.path))) };
    let there = leaf.node().filter(|_| leaf.taken.is_none());
    let mut newer = there.cloned();
    let mut steps = Vec::new();
    for step in chains.steps(leaf) {
        let changed = match (step.relation, &step.value) {
            (Relation::Was, Some(old)) => Some(newer.as_ref() != Some(old)),
            _ => None,
        };
        newer = step.value.clone().or(newer);
        steps.push(self::step(&step, step.value.as_ref().and_then(shown), changed));
    }
    let path = leaf.path.to_string();
    let removed = leaf.taken.is_some();
    FieldEntry { path, pointer: pointer(leaf), secret, removed, value: there.and_then(shown), steps }
}

fn step(step: &Step, value: Option<Data>, changed: Option<bool>) -> StepEntry {
    let relation = match step.relation {
        Relation::Is => "is",
        Relation::Was => "was",
        Relation::From => "from",
        Relation::InsteadOf => "instead-of",
    };
    let (reason, text) = (step.reason.as_str(), step.words.clone());
    let at = step.place.as_ref().map(At::of);
    StepEntry { relation, reason, text, rule: step.rule.map(|rule| rule.name), at, value, changed }
}

/// The JSON pointer of a field.
fn pointer(leaf: &Found) -> String {
    let token = |segment: &Segment| match segment {
        Segment::Key(key) => format!("/{}", key.as_str().replace('~', "~0").replace('/', "~1")),
        Segment::Index(index) => format!("/{index}"),
    };
    leaf.path.segments().iter().map(token).collect()
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    id: Id<'a>,
    source: Option<StepEntry>,
}

#[derive(Serialize)]
struct OverlayEntry<'a> {
    overlay: &'a str,
    resources: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct ListReport<'a> {
    overlays: Vec<OverlayEntry<'a>>,
}

/// The resources of all builds: the name of each, its resources, and what follows their origins.
pub(super) fn resources<'a>(builds: Vec<(&'a str, &'a [Resource], Chains<'a>)>) -> String {
    let overlay = |(overlay, resources, mut chains): (&'a str, &'a [Resource], Chains<'a>)| {
        let listed = |resource: &'a Resource| {
            let source = chains.maker(resource).map(|made| step(&made, None, None));
            Listed { id: Id::of(resource.id()), source }
        };
        OverlayEntry { overlay, resources: resources.iter().map(listed).collect() }
    };
    to_text(&ListReport { overlays: builds.into_iter().map(overlay).collect() })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnusedEntry {
    at: At,
    lost_to: Option<At>,
    taken_away: bool,
}

#[derive(Serialize)]
struct UnusedReport<'a> {
    unused: Vec<UnusedEntry>,
    unmatched: Vec<crate::cli::json::Entry<'a>>,
}

/// What reaches no output.
pub(super) fn unused(unused: &[Unused], unmatched: &Unmatched, sources: &Sources) -> String {
    let one = |unused: &Unused| UnusedEntry {
        at: At::of(&unused.place),
        lost_to: unused.lost.as_ref().map(|loss| At::of(&loss.by)),
        taken_away: unused.lost.as_ref().is_some_and(|loss| loss.taken_away),
    };
    let unmatched = crate::cli::json::entries(unmatched, sources);
    to_text(&UnusedReport { unused: unused.iter().map(one).collect(), unmatched })
}

#[derive(Serialize)]
struct RuleEntry {
    name: &'static str,
    text: &'static str,
    change: &'static str,
}

#[derive(Serialize)]
struct RulesReport {
    rules: Vec<RuleEntry>,
}

/// The rules of defaults.
pub(super) fn rules(rules: &[&'static Rule]) -> String {
    let one = |rule: &&'static Rule| RuleEntry { name: rule.name, text: rule.text, change: rule.change };
    to_text(&RulesReport { rules: rules.iter().map(one).collect() })
}
