//! What differs between two renders: which objects came, went and changed, each changed field with
//! its old and new value, and what a change does to what runs. Pure, and it knows no stage.

pub mod effects;
mod expected;
mod fields;
mod objects;
mod renames;

#[cfg(test)]
mod tests;

use ecow::EcoString;

use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::Node;

pub use effects::{Effect, Finding, Rule};
pub use expected::Expected;
pub use objects::Words;

/// How an object differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Added,
    /// It is not rendered any more.
    Removed,
    /// Some of its fields differ.
    Changed,
}

impl Change {
    /// The word for it, in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// An object that differs.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// How.
    pub change: Change,
    /// What it was.
    pub old: Option<&'a Resource>,
    /// What it is.
    pub new: Option<&'a Resource>,
    /// The fields that differ; none of an object that came or went.
    pub fields: Vec<FieldChange>,
    /// What that does, the riskiest first; never empty, unless effects were not asked for.
    pub findings: Vec<Finding>,
}

impl Object<'_> {
    /// The object as it is, or as it was.
    pub fn shown(&self) -> Option<&Resource> {
        self.new.or(self.old)
    }

    /// The object's name. Of one whose name ends in a hash of its content, the name as it is now.
    pub fn title(&self) -> String {
        let Some(id) = self.shown().map(Resource::id) else { return String::new() };
        match id.namespace.is_empty() {
            true => format!("{}/{}", id.gvk.kind, id.name),
            false => format!("{}/{} in {}", id.gvk.kind, id.name, id.namespace),
        }
    }

    /// The riskiest thing that the change does.
    pub fn effect(&self) -> Effect {
        self.findings.iter().map(|finding| finding.effect).min().unwrap_or(Effect::None)
    }
}

/// One step to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value under a key.
    Key(EcoString),
    /// The item of a list that its merge key names.
    Item(EcoString),
    /// The item of a list without merge keys, counted from 0.
    Index(usize),
}

/// A field that differs.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// The way to it.
    pub path: Vec<Step>,
    /// The value that it had; `None` when it is new.
    pub old: Option<Node>,
    /// The value that it has; `None` when it is gone.
    pub new: Option<Node>,
    /// Where what it is now comes from: of the value, else of what holds it.
    pub place: Option<Origin>,
    /// Whether the values are a secret.
    pub secret: bool,
    /// Whether only the order of a list differs; the values are the names in their order.
    pub order: bool,
    /// Whether the values are the names that one thing has in two environments.
    pub renamed: bool,
}

impl FieldChange {
    /// The way to the field, as `spec.containers[main].env[PORT].value`.
    pub fn shown_path(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if is_plain(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(key);
                }
                Step::Key(key) => text.push_str(&format!("[{key:?}]")),
                Step::Item(item) => text.push_str(&format!("[{item}]")),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// Whether the way begins with these keys.
    pub fn is_below(&self, keys: &[&str]) -> bool {
        self.path.len() >= keys.len() && self.path.iter().zip(keys).all(|(step, key)| step.is(key))
    }

    /// Whether the way is these keys.
    pub fn is_at(&self, keys: &[&str]) -> bool {
        self.path.len() == keys.len() && self.is_below(keys)
    }

    /// Whether the way has these steps somewhere, one after the other; `*` is any item of a list.
    pub fn passes(&self, keys: &[&str]) -> bool {
        self.path.windows(keys.len()).any(|steps| steps.iter().zip(keys).all(|(step, key)| step.is(key)))
    }
}

impl Step {
    fn is(&self, key: &str) -> bool {
        match self {
            Self::Key(own) => own == key,
            Self::Item(_) | Self::Index(_) => key == "*",
        }
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

/// How two renders are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Matching {
    /// They are two states of the same objects.
    #[default]
    SameObjects,
    /// They are two environments: an object of the one is that of the same kind and name in the
    /// other, whatever the namespace, prefix and suffix. What a change does is not said.
    Environments,
}

/// The objects that differ, in the order of their kinds and names.
pub fn compare<'a>(old: &'a [Resource], new: &'a [Resource], matching: Matching) -> Vec<Object<'a>> {
    let (pairs, world) = (objects::pairs(old, new, matching), effects::World::new(old, new));
    let renames = (matching == Matching::Environments).then(|| renames::Renames::of(old, new, &pairs));
    let mut differing: Vec<Object> = pairs.into_iter().filter_map(|pair| object(pair, renames.as_ref())).collect();
    if matching == Matching::SameObjects {
        for object in &mut differing {
            object.findings = effects::of(object, &world);
        }
    }
    let key = |object: &Object| {
        let id = object.shown().map(|resource| resource.id().object_key());
        (object.effect(), id, object.change)
    };
    differing.sort_by_cached_key(key);
    differing
}

fn object<'a>(
    (old, new): (Option<&'a Resource>, Option<&'a Resource>),
    renames: Option<&renames::Renames>,
) -> Option<Object<'a>> {
    let (change, fields) = match (old, new) {
        (Some(old), Some(new)) => (Change::Changed, fields::changes(old, new, renames)),
        (None, _) => (Change::Added, Vec::new()),
        (_, None) => (Change::Removed, Vec::new()),
    };
    let differs = change != Change::Changed || !fields.is_empty();
    differs.then_some(Object { change, old, new, fields, findings: Vec::new() })
}
