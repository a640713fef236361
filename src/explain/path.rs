//! Paths of fields, in every form that people write: `spec.containers[0].env[name=PORT]`, a JSON
//! pointer, `{.spec.containers[?(@.name=="web")]}` as kubectl takes it.

use ecow::EcoString;

use crate::diagnostic::near_miss;
use crate::error::{Error, Result};
use crate::origin::Taken;
use crate::tree::{Entry, Map, Node, Path, Value};

/// How many names a message lists.
const NAMED: usize = 12;
/// The keys that tell the items of a list apart, in the order of preference.
const ITEM_KEYS: [&str; 4] = ["name", "key", "containerPort", "port"];

/// A path as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A key; `open` when the next step may be the rest of it, as in
    /// `annotations.argocd.argoproj.io/hook`.
    Key { key: EcoString, open: bool },
    /// The item at an index of a list.
    Index(usize),
    /// The items of a list that hold this value.
    Item { key: EcoString, value: EcoString },
    /// All items or values.
    Every,
}

/// A field that a path leads to.
#[derive(Clone, Debug)]
pub struct Found<'n> {
    /// Its path from the root.
    pub path: Path,
    /// The nodes on the way, the root first and the field last.
    pub way: Vec<&'n Node>,
    /// What took it away; `None` when it is there.
    pub taken: Option<&'n Taken>,
}

impl<'n> Found<'n> {
    /// The root itself.
    pub fn root(root: &'n Node) -> Self {
        Self { path: Path::default(), way: vec![root], taken: None }
    }

    /// The field.
    pub fn node(&self) -> Option<&'n Node> {
        self.way.last().copied()
    }

    /// The value of an entry below it.
    #[must_use]
    pub fn entry(&self, entry: &'n Entry) -> Self {
        let mut below = self.clone();
        below.path.push_key(entry.key.clone());
        below.way.push(&entry.node);
        below
    }

    /// The item at an index below it.
    #[must_use]
    pub fn item(&self, index: usize, item: &'n Node) -> Self {
        let mut below = self.clone();
        below.path.push_index(index);
        below.way.push(item);
        below
    }

    /// Every scalar, empty list and empty mapping at or below it, in written order.
    pub fn leaves(&self) -> Vec<Self> {
        match self.node().map(Node::value) {
            Some(Value::Map(map)) if !map.is_empty() => map.iter().flat_map(|e| self.entry(e).leaves()).collect(),
            Some(Value::Seq(items)) if !items.is_empty() => {
                items.iter().enumerate().flat_map(|(index, item)| self.item(index, item).leaves()).collect()
            }
            _ => vec![self.clone()],
        }
    }
}

impl FieldPath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.starts_with('/') {
            return Ok(Self(pointer(text)));
        }
        let inner = text.strip_prefix('{').map_or(Some(text), |rest| rest.strip_suffix('}'));
        let inner = inner.ok_or_else(|| bad(text, "`{` has no closing `}`"))?;
        let inner = inner.strip_prefix('$').unwrap_or(inner);
        let mut steps = Vec::new();
        let mut rest = inner;
        while !rest.is_empty() {
            rest = match rest.strip_prefix('[') {
                Some(bracket) => {
                    let end = closing(bracket).ok_or_else(|| bad(text, "`[` has no closing `]`"))?;
                    steps.push(
                        bracketed(&bracket[..end]).ok_or_else(|| bad(text, "this is no index, key or `name=x`"))?,
                    );
                    &bracket[end + 1..]
                }
                None => dotted(rest.strip_prefix('.').unwrap_or(rest), &mut steps)
                    .ok_or_else(|| bad(text, "a key is empty"))?,
            };
        }
        Ok(Self(steps))
    }

    /// The fields that it leads to below `root`; an error that names what is there instead.
    pub fn find<'n>(&self, root: &'n Node) -> Result<Vec<Found<'n>>> {
        find(&self.0, Found::root(root))
    }
}

fn bad(text: &str, why: &str) -> Error {
    Error::new("bad-path", format!("`{text}` is not the path of a field: {why}"))
        .help("write `spec.containers[0].image`, `spec.containers[name=web].image` or `/spec/containers/0/image`")
}

fn pointer(text: &str) -> Vec<Step> {
    let tokens = text.split('/').skip(1).filter(|token| !token.is_empty());
    tokens.map(|token| Step::Key { key: token.replace("~1", "/").replace("~0", "~").into(), open: false }).collect()
}

/// The place of the `]` that ends a bracket, behind quotes.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (None, ']') => return Some(index),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn bracketed(text: &str) -> Option<Step> {
    let text = text.trim();
    let filter = text.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')'));
    let condition = filter.map_or(text, |filter| filter.trim().trim_start_matches("@."));
    let is_quoted = |text: &str| text.starts_with(['"', '\'']) && text.len() > 1;
    match text {
        "" => None,
        "*" => Some(Step::Every),
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Step::Index),
        _ if is_quoted(text) => Some(Step::Key { key: unquoted(text).into(), open: false }),
        _ => match condition.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                let value = unquoted(value.trim_start_matches('=').trim());
                Some(Step::Item { key: key.trim().into(), value: value.into() })
            }
            _ if filter.is_none() => Some(Step::Key { key: text.into(), open: false }),
            _ => None,
        },
    }
}

fn unquoted(text: &str) -> &str {
    let quoted = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    quoted.unwrap_or(text)
}

/// Reads one key up to a dot or bracket, where `\.` is a dot of the key, and gives what follows.
fn dotted<'t>(text: &'t str, steps: &mut Vec<Step>) -> Option<&'t str> {
    let (mut key, mut escaped, mut end) = (EcoString::new(), false, text.len());
    for (index, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '.' | '[' if !escaped => {
                end = index;
                break;
            }
            _ => {
                key.push(c);
                escaped = false;
            }
        }
    }
    let rest = &text[end..];
    if key == "*" {
        steps.push(Step::Every);
    } else if key.is_empty() {
        // `.` alone is the root, and `a..b` is a slip.
        return rest.is_empty().then_some(rest);
    } else {
        steps.push(Step::Key { key, open: rest.starts_with('.') });
    }
    Some(rest)
}

fn find<'n>(steps: &[Step], at: Found<'n>) -> Result<Vec<Found<'n>>> {
    let (Some((step, rest)), Some(node)) = (steps.split_first(), at.node()) else { return Ok(vec![at]) };
    match (step, node.value()) {
        (Step::Every, Value::Map(map)) => several(map.iter().map(|entry| at.entry(entry)), rest),
        (Step::Every, Value::Seq(items)) => several(items.iter().enumerate().map(|(i, item)| at.item(i, item)), rest),
        (Step::Key { .. }, Value::Map(map)) => match key(map, steps) {
            Some((entry, rest)) => find(rest, at.entry(entry)),
            None => Err(unknown_key(step, map, &at)),
        },
        (Step::Index(index), Value::Seq(items)) => match items.get(*index) {
            Some(item) => find(rest, at.item(*index, item)),
            None => Err(out_of_range(*index, items, &at)),
        },
        (Step::Key { key, .. }, Value::Seq(items)) => match (key.parse::<usize>(), named(items, key)) {
            (Ok(index), _) => find(&[&[Step::Index(index)], rest].concat(), at),
            (_, Some((index, item))) => find(rest, at.item(index, item)),
            _ => Err(in_list(key, items, &at)),
        },
        (Step::Item { key, value }, Value::Seq(items)) => {
            let fits = |item: &Node| item.get(key).and_then(Node::scalar_text).is_some_and(|text| text == *value);
            let found = items.iter().enumerate().filter(|(_, item)| fits(item)).map(|(i, item)| at.item(i, item));
            match found.clone().next() {
                Some(_) => several(found, rest),
                None => Err(no_item(key, value, items, &at)),
            }
        }
        _ => Err(into_other(step, node, &at)),
    }
}

/// What all of `found` lead to; the first error only when none leads anywhere.
fn several<'n>(found: impl Iterator<Item = Found<'n>>, rest: &[Step]) -> Result<Vec<Found<'n>>> {
    let (mut all, mut error) = (Vec::new(), None);
    for one in found {
        match find(rest, one) {
            Ok(found) => all.extend(found),
            Err(other) => error = error.or(Some(other)),
        }
    }
    match error {
        Some(error) if all.is_empty() => Err(error),
        _ => Ok(all),
    }
}

/// The entry of the first key, or of the longest row of keys with dots between that is there.
fn key<'n, 's>(map: &'n Map, steps: &'s [Step]) -> Option<(&'n Entry, &'s [Step])> {
    let mut name = EcoString::new();
    let mut found = None;
    for (index, step) in steps.iter().enumerate() {
        let Step::Key { key, open } = step else { break };
        name.push_str(key);
        if let Some(entry) = map.entry(&name) {
            found = Some((entry, &steps[index + 1..]));
        }
        if !open || index == 0 && found.is_some() {
            break;
        }
        name.push('.');
    }
    found
}

/// The item whose name this is.
fn named<'n>(items: &'n [Node], name: &str) -> Option<(usize, &'n Node)> {
    items.iter().enumerate().find(|(_, item)| item.get("name").and_then(Node::as_str) == Some(name))
}

/// The path of what was found, as messages name it.
fn shown(at: &Found) -> String {
    match at.path.segments().is_empty() {
        true => "the resource".to_owned(),
        false => format!("`{}`", at.path),
    }
}

fn unknown(message: String, help: String) -> Error {
    Error::new("unknown-path", message).help(help)
}

/// Names for a message.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(NAMED) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn unknown_key(step: &Step, map: &Map, at: &Found) -> Error {
    let Step::Key { key, .. } = step else { return bad("", "") };
    let help = match near_miss(key, map.keys()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if map.is_empty() => "it is empty".to_owned(),
        None => format!("it has {}", list(map.keys())),
    };
    unknown(format!("{} has no `{key}`", shown(at)), help)
}

fn out_of_range(index: usize, items: &[Node], at: &Found) -> Error {
    let count = items.len();
    let help = match count {
        0 => "the list is empty".to_owned(),
        1 => "the only index is 0".to_owned(),
        _ => format!("indexes go from 0 to {}", count - 1),
    };
    let items = if count == 1 { "1 item".to_owned() } else { format!("{count} items") };
    unknown(format!("{} has {items}, and no index {index}", shown(at)), help)
}

/// How the items of a list can be named: `[name=web]`, or their indexes.
fn selectors(items: &[Node]) -> String {
    let has = |key: &&str| !items.is_empty() && items.iter().all(|item| item.get(key).is_some());
    match ITEM_KEYS.iter().copied().find(has) {
        Some(key) => {
            let names = items.iter().filter_map(|item| item.get(key)?.scalar_text());
            let names: Vec<String> = names.map(|name| format!("[{key}={name}]")).collect();
            list(names.iter().map(String::as_str))
        }
        None if items.is_empty() => "nothing: the list is empty".to_owned(),
        None => format!("`[0]` to `[{}]`", items.len() - 1),
    }
}

fn in_list(key: &str, items: &[Node], at: &Found) -> Error {
    let names = items.iter().filter_map(|item| item.get("name")?.as_str());
    let help = match near_miss(key, names) {
        Some(near) => format!("did you mean `[name={near}]`?"),
        None => format!("write {}", selectors(items)),
    };
    unknown(format!("{} is a list, which has no `{key}`", shown(at)), help)
}

fn no_item(key: &str, value: &str, items: &[Node], at: &Found) -> Error {
    let values: Vec<EcoString> = items.iter().filter_map(|item| item.get(key)?.scalar_text()).collect();
    let help = match near_miss(value, values.iter().map(EcoString::as_str)) {
        Some(near) => format!("did you mean `[{key}={near}]`?"),
        None => format!("there is {}", selectors(items)),
    };
    unknown(format!("{} has no item with `{key}: {value}`", shown(at)), help)
}

fn into_other(step: &Step, node: &Node, at: &Found) -> Error {
    let (asked, is_list) = match step {
        Step::Key { key, .. } => (format!("`{key}`"), false),
        Step::Index(index) => (format!("index {index}"), true),
        Step::Item { key, value } => (format!("item with `{key}: {value}`"), true),
        Step::Every => ("values below it".to_owned(), false),
    };
    let help = match node.value() {
        Value::Map(map) if is_list => format!("it has {}", list(map.keys())),
        _ => "the path ends here".to_owned(),
    };
    unknown(format!("{} is {}, which has no {asked}", shown(at), node.kind()), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    fn deployment() -> Node {
        let o = Origin::source(0);
        let container = |name: &str| object! { o; "name": name, "image": "a:1" };
        let containers = Node::new(vec![container("web"), container("log")], o);
        object! { o;
            "metadata": object! { o; "annotations": object! { o; "argocd.argoproj.io/hook": "Sync" } },
            "spec": object! { o; "replicas": 3, "containers": containers, "none": Node::seq(o) },
        }
    }

    fn found(path: &str) -> Vec<String> {
        let root = deployment();
        let found =
            FieldPath::parse(path).and_then(|path| Ok(path.find(&root)?.iter().map(|f| f.path.to_string()).collect()));
        found.unwrap_or_else(|error: Error| {
            let said = error.diagnostic();
            vec![format!("{}: {}; {}", said.code, said.message, said.help.clone().unwrap_or_default())]
        })
    }

    #[test]
    fn one_field_has_many_spellings() {
        for path in [
            "spec.containers[0].image",
            ".spec.containers[0].image",
            "{.spec.containers[0].image}",
            "$.spec.containers[0].image",
            "/spec/containers/0/image",
            "spec.containers.0.image",
            "spec.containers.web.image",
            "spec.containers[name=web].image",
            "{.spec.containers[?(@.name==\"web\")].image}",
            "spec['containers'][0][\"image\"]",
        ] {
            assert_eq!(found(path), ["spec.containers[0].image"], "{path}");
        }
        assert_eq!(found("spec.containers[*].image"), ["spec.containers[0].image", "spec.containers[1].image"]);
        assert_eq!(found("spec.*.0.name"), ["spec.containers[0].name"]);
        for root in ["", ".", "/", "{}", "$"] {
            assert_eq!(found(root), [""], "{root}");
        }
    }

    #[test]
    fn keys_with_dots_are_found_as_they_stand() {
        let hook = ["metadata.annotations[\"argocd.argoproj.io/hook\"]"];
        for path in [
            "metadata.annotations.argocd.argoproj.io/hook",
            "metadata.annotations.argocd\\.argoproj\\.io/hook",
            "metadata.annotations[argocd.argoproj.io/hook]",
            "/metadata/annotations/argocd.argoproj.io~1hook",
        ] {
            assert_eq!(found(path), hook, "{path}");
        }
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        for (path, expected) in [
            ("spec.replcas", "unknown-path: `spec` has no `replcas`; did you mean `replicas`?"),
            ("status", "unknown-path: the resource has no `status`; it has `metadata`, `spec`"),
            ("spec.replicas.x", "unknown-path: `spec.replicas` is an integer, which has no `x`; the path ends here"),
            (
                "spec.replicas[1]",
                "unknown-path: `spec.replicas` is an integer, which has no index 1; the path ends here",
            ),
            (
                "spec[0]",
                "unknown-path: `spec` is a mapping, which has no index 0; it has `replicas`, `containers`, `none`",
            ),
            (
                "spec.containers[2]",
                "unknown-path: `spec.containers` has 2 items, and no index 2; indexes go from 0 to 1",
            ),
            ("spec.none[0]", "unknown-path: `spec.none` has 0 items, and no index 0; the list is empty"),
            (
                "spec.containers[name=wep]",
                "unknown-path: `spec.containers` has no item with `name: wep`; did you mean `[name=web]`?",
            ),
            (
                "spec.containers[name=db]",
                "unknown-path: `spec.containers` has no item with `name: db`; there is `[name=web]`, `[name=log]`",
            ),
            (
                "spec.containers.image",
                "unknown-path: `spec.containers` is a list, which has no `image`; write `[name=web]`, `[name=log]`",
            ),
            (
                "/spec/containers/9",
                "unknown-path: `spec.containers` has 2 items, and no index 9; indexes go from 0 to 1",
            ),
        ] {
            assert_eq!(found(path), [expected], "{path}");
        }
        for path in ["spec[", "{.spec", "spec..replicas", "spec[]", "spec[\"x]", "spec[?(x)]"] {
            assert!(found(path)[0].starts_with("bad-path: "), "{path}: {:?}", found(path));
        }
    }
}
