//! Field paths of replacements: `spec.containers.[name=web].image`, `data.*`, `a.0.b`, `a\.b`.

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::tree::{Map, Node, Text, Value};

/// Splits a path at dots that are not escaped and not in brackets. `[name=a.b]` selects an item and
/// keeps its brackets; `[a.b/c]` is a key and loses them. A dot in front means nothing.
pub(super) fn split(path: &str) -> Vec<String> {
    let mut parts = at_dots(path).into_iter();
    let mut steps = Vec::new();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            steps.push(part);
            continue;
        }
        let mut whole = part;
        for part in parts.by_ref() {
            whole.push('.');
            whole.push_str(&part);
            if part.ends_with(']') {
                break;
            }
        }
        steps.push(match whole.contains('=') {
            true => whole,
            false => whole.trim_matches(['[', ']']).to_owned(),
        });
    }
    steps
}

fn at_dots(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.strip_prefix('.').unwrap_or(path).split('.') {
        match parts.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('.');
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    parts
}

/// The value at a path: keys, indexes (`-` is the last), and `[key=value]` for the first item
/// with that value. Steps of nothing mean nothing.
pub(super) fn get<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    let steps = path.iter().map(|step| step.trim()).filter(|step| !step.is_empty());
    steps.into_iter().try_fold(node, |node, part| match node.value() {
        Value::Map(map) => map.get(part),
        Value::Seq(items) => match condition(part) {
            Some((key, value)) => items.iter().find(|item| {
                let field = if key.is_empty() { Some(*item) } else { item.get(key) };
                field.and_then(Node::scalar_text).is_some_and(|text| text == value)
            }),
            None if part == "-" => items.last(),
            None => items.get(part.parse::<usize>().ok()?),
        },
        _ => None,
    })
}

/// `key` and `value` of `[key=value]`.
fn condition(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// What is made at the end of a path where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Create {
    /// Nothing.
    No,
    /// A scalar, a mapping or a list, whichever the value is.
    Scalar,
    /// A mapping.
    Map,
    /// A list.
    Seq,
}

impl Create {
    /// What a value like this one needs.
    pub fn like(node: &Node) -> Self {
        match node.value() {
            Value::Map(_) => Self::Map,
            Value::Seq(_) => Self::Seq,
            _ => Self::Scalar,
        }
    }
}

/// Where a field is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// Whether it was made on the way.
    pub is_new: bool,
    /// Whether it is in a mapping that was written as `{}`, or below one.
    pub in_flow: bool,
}

/// Changes the fields at `path` below `node`; returns how many there are. A field that was made
/// starts as null, an empty mapping or an empty list.
pub(super) fn change(
    node: &mut Node,
    path: &[String],
    create: Create,
    written: &Text,
    apply: &mut dyn FnMut(&mut Node, Place) -> Result<()>,
) -> Result<usize> {
    below(node, path, create, written, Place::default(), apply)
}

fn below(
    node: &mut Node,
    path: &[String],
    create: Create,
    written: &Text,
    place: Place,
    apply: &mut dyn FnMut(&mut Node, Place) -> Result<()>,
) -> Result<usize> {
    let Some((part, rest)) = path.split_first() else {
        apply(node, place)?;
        return Ok(1);
    };
    let place = Place { in_flow: place.in_flow || node.is_flow(), is_new: false };
    let blocked = |node: &Node| {
        let message = format!("`{part}` of `{written}` looks into {}", node.kind());
        Diagnostic::error("replacement-path", message).at(written.origin)
    };
    let origin = written.origin;
    if let Some((key, value)) = condition(part) {
        let Some(items) = node.as_seq_mut() else { return Err(blocked(node).into()) };
        let pattern = super::pattern::compile(value).map_err(|_| {
            Diagnostic::error("invalid-pattern", format!("`{value}` is no regular expression")).at(origin)
        })?;
        let fits = |item: &Node| {
            let field = if key.is_empty() { Some(item) } else { item.get(key) };
            field.and_then(Node::scalar_text).is_some_and(|text| pattern.is_match(&text))
        };
        if create != Create::No && !items.iter().any(&fits) {
            let value = Node::string(value, origin);
            let item = if key.is_empty() {
                value
            } else {
                Node::new(std::iter::once(entry(key, value)).collect::<Map>(), origin)
            };
            items.push(item);
        }
        let found: Vec<usize> = (0..items.len()).filter(|index| fits(&items[*index])).collect();
        let items = items.make_mut();
        let rest = if key.is_empty() { &[] } else { rest };
        return found
            .into_iter()
            .try_fold(0, |count, index| Ok(count + below(&mut items[index], rest, create, written, place, apply)?));
    }
    if part == "*" {
        return match node.value_mut() {
            Value::Seq(items) => items
                .make_mut()
                .iter_mut()
                .try_fold(0, |count, item| Ok(count + below(item, rest, create, written, place, apply)?)),
            _ => Err(blocked(node).into()),
        };
    }
    match node.value_mut() {
        Value::Seq(items) => {
            let Ok(index) = part.parse::<usize>() else { return Err(blocked(node).into()) };
            if index == items.len() && create != Create::No {
                items.push(made(rest, create, origin));
            }
            if index >= items.len() {
                let message = format!("`{written}` asks for the item {index} of a list of {}", items.len());
                return Err(Diagnostic::error("replacement-path", message).at(origin).into());
            }
            below(&mut items.make_mut()[index], rest, create, written, place, apply)
        }
        Value::Map(map) => {
            let missing = map.get(part).is_none_or(|node| node.is_null() && !rest.is_empty());
            let is_new = missing && create != Create::No;
            if is_new {
                map.insert(part.as_str(), made(rest, create, origin));
            }
            match map.get_mut(part) {
                Some(child) => below(child, rest, create, written, Place { is_new, ..place }, apply),
                None => Ok(0),
            }
        }
        Value::Null => Ok(0),
        _ => Err(blocked(node).into()),
    }
}

fn entry(key: &str, node: Node) -> crate::tree::Entry {
    crate::tree::Entry { key: key.into(), key_origin: node.origin(), node }
}

/// What stands where the rest of a path goes on.
fn made(rest: &[String], create: Create, origin: crate::origin::Origin) -> Node {
    match (rest.first(), create) {
        (Some(next), _) if condition(next).is_some() || next.parse::<usize>().is_ok() || next == "-" => {
            Node::seq(origin)
        }
        (Some(_), _) | (None, Create::Map) => Node::map(origin),
        (None, Create::Seq) => Node::seq(origin),
        (None, _) => Node::null(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_in_brackets_and_escaped_dots_do_not_split() {
        let parts = |path| split(path).join("|");
        assert_eq!(parts("spec.containers.[name=a.b].image"), "spec|containers|[name=a.b]|image");
        assert_eq!(parts(r"metadata.annotations.a\.b/c"), "metadata|annotations|a.b/c");
        assert_eq!(parts("metadata.annotations.[a.b/c]"), "metadata|annotations|a.b/c");
        assert_eq!(parts("a.[b.c.d].e"), "a|b.c.d|e");
        assert_eq!(parts("a.[b.c"), "a|b.c");
    }

    #[test]
    fn a_path_may_begin_with_a_dot() {
        assert_eq!(split(".metadata.name"), ["metadata", "name"]);
    }
}
