//! Explanations as text for people.

use crate::cli::excerpt::escape;
use crate::cli::redact;
use crate::emit;
use crate::explain::{Chains, Found, Reason, Relation, Step};
use crate::resource::Resource;
use crate::tree::{Node, Value};

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
pub(super) fn fields(resource: &Resource, fields: &[Found], chains: &mut Chains) -> String {
    let leaves: Vec<Found> = fields.iter().flat_map(Found::leaves).collect();
    let blocks: Vec<String> = leaves.iter().map(|leaf| field(resource, leaf, chains)).collect();
    blocks.join("\n")
}

fn field(resource: &Resource, leaf: &Found, chains: &mut Chains) -> String {
    let Some(node) = leaf.node() else { return String::new() };
    let secret = redact::is_secret_value(resource, &leaf.path);
    let path = match leaf.path.segments().is_empty() {
        true => ".".to_owned(),
        false => escape(&leaf.path.to_string()),
    };
    let mut text = format!("{path}: {}\n", if secret { HIDDEN.to_owned() } else { value(node) });
    let mut above = node.clone();
    for step in chains.steps(node) {
        let lost = step.value.as_ref().map(|old| match secret {
            true if *old == above => "the same".to_owned(),
            true => "another value".to_owned(),
            false => value(old),
        });
        let lost = lost.unwrap_or_default();
        match step.relation {
            Relation::Is => {}
            Relation::Was => text.push_str(&format!("  was {lost}\n")),
            Relation::From => text.push_str("  from\n"),
            Relation::InsteadOf => text.push_str(&format!("  instead of {lost}\n")),
        }
        above = step.value.clone().unwrap_or(above);
        let step = shorter(step, &path);
        text.push_str(&format!("    {}\n", source(&step)));
    }
    text
}

/// In a manifest, where a field is written is the field itself.
fn shorter(mut step: Step, path: &str) -> Step {
    if step.reason == Reason::Written && step.place.as_ref().is_some_and(|place| place.field == path) {
        step.words = step.reason.as_str().to_owned();
    }
    step
}

/// `FILE:LINE:COLUMN  why (layer)`.
pub(super) fn source(step: &Step) -> String {
    match &step.place {
        Some(place) => {
            let at = &place.location;
            let file = escape(&at.path.display().to_string());
            format!("{file}:{}:{}  {} ({})", at.line, at.column, escape(&step.words), escape(&place.layer))
        }
        None => escape(&step.words),
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
