//! Differences between environments that are expected: folded away, each by a named rule.

use super::{FieldChange, Object, Step};
use crate::tree::Node;

/// Why a difference between environments is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// The tag or digest of an image.
    Tag,
    /// A host name, and what is made of it.
    Host,
    /// Replicas, amounts of CPU, memory and storage.
    Size,
    /// The namespace, and names that a prefix, suffix or hash changes.
    Name,
    /// Labels and annotations of the environment.
    Label,
}

impl Expected {
    /// The word for it, in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tags",
            Self::Host => "hosts",
            Self::Size => "sizes",
            Self::Name => "names",
            Self::Label => "labels",
        }
    }

    /// Why a field of `object` that differs between two environments is expected to; `None` when it
    /// is worth a look.
    pub fn of(object: &Object, field: &FieldChange) -> Option<Self> {
        let key = field.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        });
        let key = key.unwrap_or_default();
        let texts = (scalar(&field.old), scalar(&field.new));
        match () {
            () if key == "image" && same_image(&texts) => Some(Self::Tag),
            () if is_size(field, key) => Some(Self::Size),
            () if field.is_at(&["metadata", "namespace"]) || field.is_at(&["metadata", "name"]) => Some(Self::Name),
            () if key.to_ascii_lowercase().contains("host") && texts.0.is_some() && texts.1.is_some() => {
                Some(Self::Host)
            }
            () if is_host_change(&texts) => Some(Self::Host),
            () if field.renamed || renames(object, &texts) => Some(Self::Name),
            () if is_checksum(key) => Some(Self::Name),
            () if field.passes(&["metadata", "labels"]) && is_environment(key) => Some(Self::Label),
            () => None,
        }
    }
}

fn scalar(node: &Option<Node>) -> Option<String> {
    node.as_ref()?.scalar_text().map(Into::into)
}

fn same_image((old, new): &(Option<String>, Option<String>)) -> bool {
    let name =
        |image: &Option<String>| image.as_deref().map(|image| crate::image::ImageRef::split(image).name.to_owned());
    name(old).is_some() && name(old) == name(new)
}

fn is_size(field: &FieldChange, key: &str) -> bool {
    let keys = ["replicas", "minReplicas", "maxReplicas", "minAvailable", "maxUnavailable", "storage", "parallelism"];
    let amounts = [["resources", "requests"], ["resources", "limits"]];
    keys.contains(&key) || amounts.iter().any(|keys| field.passes(keys)) || field.is_below(&["spec", "hard"])
}

/// Two texts that are alike but for host names in them: `https://a.example.com/x`, Host(`a`).
fn is_host_change((old, new): &(Option<String>, Option<String>)) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    let shape = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
        parts.map(|part| if is_host(part) { "<host>".to_owned() } else { part.to_owned() }).collect()
    };
    let (old, new) = (shape(old), shape(new));
    old == new && old.iter().any(|part| part == "<host>")
}

fn is_host(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    let ends_in_letters =
        labels.last().is_some_and(|last| last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic()));
    labels.len() >= 2 && labels.iter().all(is_label) && ends_in_letters
}

/// Whether the values are names of one object that its environments give.
fn renames(object: &Object, (old, new): &(Option<String>, Option<String>)) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    let plain = |name: &str| crate::names::without_hash(name).unwrap_or(name).to_owned();
    if plain(old) == plain(new) {
        return true;
    }
    let namespaces = |text: &str, side: Option<&crate::resource::Resource>| {
        side.is_some_and(|side| !side.id().namespace.is_empty() && text.contains(side.id().namespace.as_str()))
    };
    let (Some(before), Some(after)) = (object.old, object.new) else { return false };
    namespaces(old, Some(before))
        && namespaces(new, Some(after))
        && old.replace(before.id().namespace.as_str(), "") == new.replace(after.id().namespace.as_str(), "")
}

fn is_checksum(key: &str) -> bool {
    key.starts_with("checksum/") || key.ends_with("/checksum")
}

fn is_environment(key: &str) -> bool {
    ["environment", "env", "stage", "tier"].iter().any(|word| key == *word || key.ends_with(&format!("/{word}")))
}
