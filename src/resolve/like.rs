//! Folds the parts of an application, and lays a workload with `like` over the one that it is like.
//!
//! What `like` takes is a layer below everything that is written for the workload itself, in
//! whichever layer: so `null` takes away what came from there, and the rules of layering hold. It is
//! taken from the other workload as all layers together make it. Values keep their places.

use ecow::{EcoString, eco_format};

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model::workload::{LIKE_FIELDS, SECTIONS};
use crate::origin::{Origin, Origins};
use crate::tree::{Entry, Map, Node};

use super::{layer_rules, merge};

/// Merges `parts`, base first; `None` when there are none.
pub(super) fn fold(parts: &[Node], origins: &mut Origins, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut waiting = likenesses(parts);
    let mut merged: Option<Node> = None;
    for part in parts {
        let lower = merged.take().unwrap_or_else(|| Node::map(part.origin()));
        layer_rules::check_new_workloads(&lower, part, diagnostics);
        merged = Some(merge::merge(lower, &emptied(part, &waiting), origins, diagnostics));
    }
    let mut merged = merged?;
    while !waiting.is_empty() {
        let is_waiting = |key: &str| waiting.iter().any(|likeness| likeness.key == key);
        let (ready, later): (Vec<_>, Vec<_>) =
            waiting.iter().cloned().partition(|likeness| !likeness.target().is_some_and(is_waiting));
        let cycle = ready.is_empty();
        for likeness in if cycle { &later } else { &ready } {
            let taken = match cycle {
                true => likeness.cycle(diagnostics),
                false => likeness.taken(&merged, parts, diagnostics),
            };
            if let Some(node) = likeness.fold(taken, parts, origins, diagnostics)
                && let Some(slot) = merged.at_mut(&[likeness.section, &likeness.key])
            {
                *slot = node;
            }
        }
        waiting = if cycle { Vec::new() } else { later };
    }
    Some(merged)
}

/// A workload that is like another one.
#[derive(Clone, Debug)]
struct Likeness {
    section: &'static str,
    key: EcoString,
    /// What it is like, as it is written.
    like: Node,
}

/// The workloads with `like`, as the last layer that says something of it leaves them.
fn likenesses(parts: &[Node]) -> Vec<Likeness> {
    let mut found: Vec<Likeness> = Vec::new();
    for part in parts {
        for (section, entry) in workloads(part) {
            let like = entry.node.get("like");
            if entry.node.is_null() || like.is_some() {
                found.retain(|known| known.section != section || known.key != entry.key);
            }
            if let Some(like) = like.filter(|like| like.as_str().is_some()) {
                found.push(Likeness { section, key: entry.key.clone(), like: like.clone() });
            }
        }
    }
    found
}

/// The workloads of an application or of a part of one.
fn workloads(part: &Node) -> impl Iterator<Item = (&'static str, &Entry)> {
    let of = |section: &'static str| part.get(section).into_iter().flat_map(Node::entries);
    SECTIONS.into_iter().flat_map(move |section| of(section).map(move |entry| (section, entry)))
}

/// The part with nothing in the workloads of `likenesses`: they are folded by themselves, and here
/// keep their place in the order.
fn emptied(part: &Node, likenesses: &[Likeness]) -> Node {
    let mut part = part.clone();
    for Likeness { section, key, .. } in likenesses {
        // Only what is there is changed, for a change copies the mappings above it.
        if part.at(&[section, key]).is_some_and(|own| own.as_map().is_some())
            && let Some(own) = part.at_mut(&[section, key])
        {
            *own = Node::map(own.origin());
        }
    }
    part
}

impl Likeness {
    fn target(&self) -> Option<&str> {
        self.like.as_str()
    }

    /// What the workload takes: the fields of the other one that make its pods.
    fn taken(&self, merged: &Node, parts: &[Node], diagnostics: &mut Diagnostics) -> Option<Node> {
        let target = self.target()?;
        let Some((_, entry)) = workloads(merged).find(|(_, entry)| entry.key == target) else {
            self.unknown(merged, diagnostics);
            return None;
        };
        let mut own_command = parts.iter().filter_map(|part| part.at(&[self.section, &self.key, "command"]));
        let own_command = own_command.next_back().is_some_and(|command| !command.is_null());
        let mut taken = entry.node.clone();
        taken
            .as_map_mut()?
            .retain(|field| LIKE_FIELDS.contains(&field.key.as_str()) && !(own_command && field.key == "args"));
        if let Some(account) = taken.at_mut(&["serviceAccount"]).and_then(Node::as_map_mut)
            && !account.contains_key("name")
        {
            account.push("name", entry.key_origin, object_name(merged, entry));
        }
        Some(taken)
    }

    fn unknown(&self, merged: &Node, diagnostics: &mut Diagnostics) {
        let name = self.target().unwrap_or_default();
        let known: Vec<&str> = workloads(merged).map(|(_, entry)| entry.key.as_str()).collect();
        let others = known.iter().copied().filter(|other| *other != self.key);
        let help = match near_miss(name, others.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", others.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
        };
        let message = format!("no workload has the key `{name}`, which `{}` is like", self.key);
        diagnostics.push(Diagnostic::error("unknown-workload", message).at(self.like.origin()).help(help));
    }

    fn cycle(&self, diagnostics: &mut Diagnostics) -> Option<Node> {
        let message = format!("`{}` is like `{}`, which leads back to it", self.key, self.target().unwrap_or_default());
        diagnostics.push(
            Diagnostic::error("like-cycle", message)
                .at(self.like.origin())
                .help("let one of them say its fields itself"),
        );
        None
    }

    /// What all parts say of the workload, laid over what it takes; `None` when a part has taken it
    /// away.
    fn fold(
        &self,
        taken: Option<Node>,
        parts: &[Node],
        origins: &mut Origins,
        diagnostics: &mut Diagnostics,
    ) -> Option<Node> {
        let path = [self.section, self.key.as_str()];
        let taken = taken.unwrap_or_else(|| Node::map(self.like.origin()));
        let mut folded: Option<Node> = None;
        for part in parts {
            let Some(own) = part.get(self.section).and_then(|section| section.as_map()?.entry(&self.key)) else {
                continue;
            };
            let lower = folded.take().filter(|folded| folded.at(&path).is_some());
            let lower = lower.unwrap_or_else(|| self.alone(own.key_origin, taken.clone()));
            let upper = self.alone(own.key_origin, own.node.clone());
            folded = Some(merge::merge(lower, &upper, origins, diagnostics));
        }
        folded?.at(&path).cloned()
    }

    /// An application that is nothing but this workload.
    fn alone(&self, key_origin: Origin, node: Node) -> Node {
        let within = |key: &str, node: Node| {
            let mut map = Map::default();
            map.push(key, key_origin, node);
            Node::new(map, key_origin)
        };
        within(self.section, within(&self.key, node))
    }
}

/// The name of the object that an entry makes: an account of its own has it, and who is like it
/// shares that account.
fn object_name(merged: &Node, entry: &Entry) -> Node {
    if let Some(name) = entry.node.get("name") {
        return name.clone();
    }
    let app = merged.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
    let name = if entry.key == "main" { app.into() } else { eco_format!("{app}-{}", entry.key) };
    Node::string(name, entry.key_origin)
}
