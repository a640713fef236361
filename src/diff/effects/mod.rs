//! What a change does to what runs. Each rule is a file of its own and names its source; docs/diff.md
//! has the table, which a test holds against this list.

mod access;
mod admission_fails;
mod admission_off;
mod autoscaler;
mod blocked_drain;
mod claim;
mod claim_growth;
mod claim_retention;
mod class_handler;
mod cloud_identity;
mod default;
mod definition;
mod definition_field;
mod definition_narrowed;
mod definition_version;
mod disruption_budget;
mod exposure;
mod finalizer;
mod hook;
mod host;
mod immutable_data;
mod job_template;
mod network_narrowed;
mod network_policy;
mod plain_text;
mod pod_template;
mod priority_class;
mod privileged;
mod probe_removed;
mod pruned;
mod quota;
mod reclaim_policy;
mod recreated_pods;
mod registry;
mod removed_data;
mod role_ref;
mod scaled_to_zero;
mod schedule;
mod secret_access;
mod selector;
mod service_address;
mod service_fixed;
mod service_reach;
mod single_replica;
mod stateful_set;
mod storage_class;
mod suspended;
mod unreachable;
mod volume;
mod world;

#[cfg(test)]
mod tests;

use super::{Change, FieldChange, Object};
use crate::tree::Node;

pub use world::World;

/// What a change does, the riskiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Data goes with the object.
    DataLoss,
    /// The API server refuses it: the object has to be deleted and made again.
    Recreate,
    /// Nothing runs any more.
    ScaledToZero,
    /// Less is there to answer, or nobody notices when something is not.
    Availability,
    /// Somebody or something may do more, or is reached by more.
    Security,
    /// The object is deleted.
    Pruned,
    /// A hook runs.
    Hook,
    /// Pods are replaced one after the other.
    Restart,
    /// A setting changes, and no pod is replaced for it.
    Configuration,
    /// The object is new.
    Created,
    /// Nothing that runs notices.
    None,
}

impl Effect {
    /// All of them, the riskiest first.
    pub const ALL: [Self; 11] = [
        Self::DataLoss,
        Self::Recreate,
        Self::ScaledToZero,
        Self::Availability,
        Self::Security,
        Self::Pruned,
        Self::Hook,
        Self::Restart,
        Self::Configuration,
        Self::Created,
        Self::None,
    ];

    /// The word for it on the command line, in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::Recreate => "recreate",
            Self::ScaledToZero => "scaled-to-zero",
            Self::Availability => "availability",
            Self::Security => "security",
            Self::Pruned => "pruned",
            Self::Hook => "hook",
            Self::Restart => "restart",
            Self::Configuration => "configuration",
            Self::Created => "created",
            Self::None => "none",
        }
    }

    /// What it means, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::DataLoss => "data at risk",
            Self::Recreate => "refused by the API, or recreated",
            Self::ScaledToZero => "scaled to zero",
            Self::Availability => "availability",
            Self::Security => "security",
            Self::Pruned => "pruned",
            Self::Hook => "hook runs",
            Self::Restart => "rolling restart",
            Self::Configuration => "configuration only",
            Self::Created => "created",
            Self::None => "no effect",
        }
    }
}

/// One thing that a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub effect: Effect,
    /// The rule that says so.
    pub rule: &'static str,
    /// Why.
    pub reason: String,
    /// The field that it is about.
    pub path: Option<String>,
}

/// A rule of effects.
pub struct Rule {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it finds.
    pub effect: Effect,
    /// When that is so.
    pub text: &'static str,
    /// Where that is said.
    pub source: &'static str,
    find: fn(&Case<'_>, &mut Found<'_>),
}

/// All rules but those for what no rule finds anything in.
pub const RULES: [&Rule; 48] = [
    &claim_retention::RULE,
    &definition_field::RULE,
    &reclaim_policy::RULE,
    &removed_data::RULE,
    &claim::RULE,
    &class_handler::RULE,
    &definition::RULE,
    &immutable_data::RULE,
    &job_template::RULE,
    &priority_class::RULE,
    &role_ref::RULE,
    &selector::RULE,
    &service_address::RULE,
    &service_fixed::RULE,
    &stateful_set::RULE,
    &storage_class::RULE,
    &volume::RULE,
    &scaled_to_zero::RULE,
    &admission_fails::RULE,
    &autoscaler::RULE,
    &blocked_drain::RULE,
    &definition_narrowed::RULE,
    &definition_version::RULE,
    &disruption_budget::RULE,
    &network_narrowed::RULE,
    &probe_removed::RULE,
    &quota::RULE,
    &recreated_pods::RULE,
    &service_reach::RULE,
    &single_replica::RULE,
    &suspended::RULE,
    &unreachable::RULE,
    &access::RULE,
    &admission_off::RULE,
    &cloud_identity::RULE,
    &exposure::RULE,
    &host::RULE,
    &network_policy::RULE,
    &plain_text::RULE,
    &privileged::RULE,
    &registry::RULE,
    &secret_access::RULE,
    &pruned::RULE,
    &hook::RULE,
    &pod_template::RULE,
    &claim_growth::RULE,
    &finalizer::RULE,
    &schedule::RULE,
];

/// An object that differs, for the rules.
struct Case<'a> {
    object: &'a Object<'a>,
    world: &'a World<'a>,
    kind: &'a str,
    group: &'a str,
    old: Option<&'a Node>,
    new: Option<&'a Node>,
}

/// Where a rule puts what it finds.
struct Found<'f> {
    rule: &'static Rule,
    findings: &'f mut Vec<Finding>,
}

impl Found<'_> {
    fn push(&mut self, reason: impl Into<String>, path: Option<String>) {
        let Rule { effect, name: rule, .. } = *self.rule;
        let finding = Finding { effect, rule, reason: reason.into(), path };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

impl Found<'_> {
    /// Says of the changed fields below one of `ways` that the API server refuses to change them.
    fn fixed(&mut self, case: &Case, ways: &[&[&str]]) {
        if let Some(field) = case.refusable().find(|field| ways.iter().any(|keys| field.is_below(keys))) {
            let path = field.shown_path();
            self.push(format!("`{path}` is immutable: the {} is to be deleted and made again", case.kind), Some(path));
        }
    }
}

impl<'a> Case<'a> {
    fn is(&self, group: &str, kinds: &[&str]) -> bool {
        self.group == group && kinds.contains(&self.kind)
    }

    /// The object before and after, when it is there both times.
    fn both(&self) -> Option<(&'a Node, &'a Node)> {
        Some((self.old?, self.new?))
    }

    fn fields(&self) -> impl Iterator<Item = &'a FieldChange> {
        self.object.fields.iter()
    }

    /// The changed fields that the API server could refuse: a default that is spelled out, or left out from
    /// now on, is the value that the object has.
    fn refusable(&self) -> impl Iterator<Item = &'a FieldChange> {
        self.fields().filter(|field| !default::is_spelled_out(field))
    }

    /// The changed fields below these keys.
    fn below(&self, keys: &'static [&'static str]) -> impl Iterator<Item = &'a FieldChange> {
        self.fields().filter(move |field| field.is_below(keys))
    }

    /// The pod template before and after; `None` where there was or is none.
    fn pods(&self) -> (Option<&'a Node>, Option<&'a Node>) {
        let spec = |resource: Option<&'a crate::resource::Resource>| resource?.pod_template()?.get("spec");
        (spec(self.object.old), spec(self.object.new))
    }
}

/// An annotation of an object.
fn annotation<'n>(root: &'n Node, key: &str) -> Option<&'n str> {
    root.at(&["metadata", "annotations", key])?.as_str()
}

/// Whether Argo CD is told this about an object.
fn has_sync_option(root: &Node, option: &str) -> bool {
    let options = annotation(root, "argocd.argoproj.io/sync-options").unwrap_or_default();
    options.split(',').any(|word| word.trim() == option)
}

/// The phases that an object is a hook of; none for an ordinary one.
fn hook(root: &Node) -> Option<&str> {
    annotation(root, "argocd.argoproj.io/hook").filter(|phases| !phases.is_empty())
}

/// The containers of a pod, those that start before the others included, by name.
fn containers(pod: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let all = pod.into_iter().flat_map(crate::resource::containers);
    all.map(|container| (text(container, &["name"]), container))
}

/// How many pods a workload asks for; one where it does not say.
fn replicas(root: &Node) -> i64 {
    root.at(&["spec", "replicas"]).and_then(Node::as_i64).unwrap_or(1)
}

fn container<'n>(pod: Option<&'n Node>, name: &str) -> Option<&'n Node> {
    containers(pod).find(|(known, _)| *known == name).map(|(_, container)| container)
}

fn text<'n>(node: &'n Node, keys: &[&str]) -> &'n str {
    node.at(keys).and_then(Node::as_str).unwrap_or_default()
}

fn is_true(node: &Node, keys: &[&str]) -> bool {
    node.at(keys).and_then(Node::as_bool) == Some(true)
}

/// What the change of an object does; at least one thing.
pub(super) fn of(object: &Object, world: &World) -> Vec<Finding> {
    let (old, new) = (object.old.map(|old| &old.root), object.new.map(|new| &new.root));
    let Some(id) = object.shown().map(crate::resource::Resource::id) else { return Vec::new() };
    let case = Case { object, world, kind: &id.gvk.kind, group: &id.gvk.group, old, new };
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.find)(&case, &mut Found { rule, findings: &mut findings });
    }
    if findings.is_empty() || object.change == Change::Added {
        findings.push(rest(&case));
    }
    findings.sort_by_key(|finding| finding.effect);
    findings
}

/// What there is to say of an object that no rule is about.
fn rest(case: &Case) -> Finding {
    let say = |effect, rule, reason: &str| Finding { effect, rule, reason: reason.into(), path: None };
    let is_remark = |field: &FieldChange| {
        [["metadata", "labels"], ["metadata", "annotations"]].iter().any(|keys| field.is_below(keys))
    };
    match case.object.change {
        Change::Added => say(Effect::Created, "created", "it is new"),
        Change::Removed => say(Effect::None, "kept", "Argo CD is told not to prune it"),
        Change::Changed if case.fields().all(is_remark) => {
            say(Effect::None, "metadata", "labels and annotations alone, which no pod carries")
        }
        Change::Changed => say(Effect::Configuration, "configuration", "it is updated in place"),
    }
}
