//! Explanations as text for people.

use super::Asked;
use crate::cli::excerpt::escape;
use crate::cli::redact;
use crate::diagnostic::Diagnostics;
use crate::emit;
use crate::explain::{Chains, Found, Reason, Relation, Step, Unused};
use crate::origin::{Location, Locations, Sources};
use crate::resource::Resource;
use crate::tree::{Node, Path, Value};

/// How many characters of a value are shown.
const WIDTH: usize = 120;
/// What stands for a value of a Secret.
const HIDDEN: &str = "…";

/// One line for each resource: its name, and where it comes from.
pub(super) fn resources(resources: &[Resource], chains: &mut Chains) -> String {
    let names: Vec<String> = resources.iter().map(|resource| resource.id().to_string()).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(60);
    let line = |(resource, name): (&Resource, &String)| {
        let source = chains.maker(resource).map(|step| source(&step)).unwrap_or_default();
        format!("  {name:width$}  {source}").trim_end().to_owned() + "\n"
    };
    resources.iter().zip(&names).map(line).collect()
}

/// The fields that were asked for, each leaf with its life.
pub(super) fn fields(asked: &Asked, chains: &mut Chains) -> String {
    let (resource, alone) = (&*asked.resource, asked.alone);
    let mut blocks = Vec::new();
    for asked in &asked.fields {
        let leaves = if alone { vec![asked.clone()] } else { asked.leaves() };
        let is_leaf = leaves.iter().all(|leaf| leaf.path == asked.path);
        // A collection that replaced another one as a whole has a life of its own.
        if !is_leaf && asked.taken.is_none() && chains.steps(asked).iter().any(|step| step.relation == Relation::Was) {
            blocks.push(field(resource, asked, chains));
        }
        blocks.extend(leaves.iter().map(|leaf| field(resource, leaf, chains)));
    }
    blocks.join("\n")
}

fn field(resource: &Resource, leaf: &Found, chains: &mut Chains) -> String {
    let Some(node) = leaf.node() else { return String::new() };
    let secret = redact::is_secret_value(resource, &leaf.path);
    let path = match leaf.path.segments().is_empty() {
        true => ".".to_owned(),
        false => escape(&leaf.path.to_string()),
    };
    let shown = |node: &Node| value(&masked(resource, node, &leaf.path));
    let now = match leaf.taken {
        Some(_) => "taken away".to_owned(),
        None if secret => HIDDEN.to_owned(),
        None => shown(node),
    };
    let mut text = format!("{path}: {now}\n");
    // Of what is taken away nothing comes after.
    let mut above = leaf.taken.is_none().then(|| node.clone());
    for step in chains.steps(leaf) {
        let lost = step.value.as_ref().map(|old| match (secret, &above) {
            (true, None) => HIDDEN.to_owned(),
            (true, Some(above)) if old == above => "the same".to_owned(),
            (true, Some(_)) => "another value".to_owned(),
            (false, _) => shown(old),
        });
        let lost = lost.unwrap_or_default();
        match step.relation {
            Relation::Is => {}
            Relation::Was => text.push_str(&format!("  was {lost}\n")),
            Relation::From => text.push_str("  from\n"),
            Relation::InsteadOf => text.push_str(&format!("  instead of {lost}\n")),
        }
        above = step.value.clone().or(above);
        let step = shorter(step, &path);
        text.push_str(&format!("    {}\n", source(&step)));
    }
    text
}

/// In a manifest, where a field is written is the field itself; a mapping begins with one of its own.
fn shorter(mut step: Step, path: &str) -> Step {
    let below =
        |field: &str| field.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let is_below = |field: &str| path == "." || below(field);
    if step.reason == Reason::Written
        && step.value.is_some()
        && step.place.as_ref().is_some_and(|place| is_below(&place.field))
    {
        step.words = step.reason.as_str().to_owned();
    }
    step
}

/// `FILE:LINE:COLUMN  why (layer)`.
pub(super) fn source(step: &Step) -> String {
    match &step.place {
        Some(place) => {
            let at = &place.location;
            let mut text = location(at);
            if !step.words.is_empty() {
                text.push_str(&format!("  {}", escape(&step.words)));
            }
            if !place.layer.is_empty() {
                text.push_str(&format!(" ({})", escape(&place.layer)));
            }
            text
        }
        None => escape(&step.words),
    }
}

fn location(at: &Location) -> String {
    format!("{}:{}:{}", escape(&at.path.display().to_string()), at.line, at.column)
}

/// What reaches no output, a line for each.
pub(super) fn unused(unused: &[Unused], unmatched: &Diagnostics, sources: &Sources) -> String {
    let (mut lines, mut locations) = (String::new(), Locations::new(sources));
    for Unused { place, lost } in unused {
        let why = match lost {
            Some(loss) if loss.taken_away => format!("taken away at {}", location(&loss.by.location)),
            Some(loss) => format!("overridden at {}", location(&loss.by.location)),
            None => "in no output".to_owned(),
        };
        lines.push_str(&format!("{}  `{}` {why}\n", location(&place.location), escape(&place.field)));
    }
    for said in unmatched.iter() {
        let position = said.primary.as_ref().and_then(|label| label.origin.position());
        let at = position.and_then(|position| locations.locate(position)).map(|at| location(&at)).unwrap_or_default();
        lines.push_str(&format!("{at}  {}: {}\n", said.code, escape(&said.message)));
    }
    lines
}

/// The manifest with `…` for each value of a Secret.
pub(super) fn without_secrets(resource: &Resource) -> Node {
    masked(resource, &resource.root, &Path::default())
}

/// What stands at `path`, with `…` for what is a value of a Secret.
pub(super) fn masked(resource: &Resource, node: &Node, path: &Path) -> Node {
    let mut node = node.clone();
    hide(resource, &mut node, &mut path.clone());
    node
}

fn hide(resource: &Resource, node: &mut Node, path: &mut Path) {
    let origin = node.origin();
    match node.value_mut() {
        Value::Map(map) if !map.is_empty() => {
            for entry in map.iter_mut() {
                path.push_key(entry.key.clone());
                hide(resource, &mut entry.node, path);
                path.pop();
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for (index, item) in items.make_mut().iter_mut().enumerate() {
                path.push_index(index);
                hide(resource, item, path);
                path.pop();
            }
        }
        _ if redact::is_secret_value(resource, path) => *node = Node::string(HIDDEN, origin),
        _ => {}
    }
}

/// A value on one line, cut where it is long.
fn value(node: &Node) -> String {
    let bytes = match node.value() {
        Value::Str(text) if !text.contains('\n') => emit::yaml::as_written(node),
        _ => emit::json::json([node], emit::json::Layout::Compact),
    };
    let text = escape(String::from_utf8_lossy(&bytes).trim_end());
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
