//! Reads a JSON patch from a tree and validates it.

use super::{Action, Dialect, From, Operation};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::origin::Origin;
use crate::transform::patch::pointer::{Malformed, Pointer};
use crate::tree::Node;

const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];
const FIELDS: [&str; 4] = ["op", "path", "value", "from"];

/// Reads a list of `{op, path, value|from}`. Every operation that is wrong is reported.
pub fn parse(node: &Node, dialect: Dialect) -> Result<Vec<Operation>, Diagnostics> {
    let Some(items) = node.as_seq() else {
        return Err(one(Diagnostic::error(
            "wrong-type",
            format!("a JSON 6902 patch is a list of operations, but this is {}", node.kind()),
        )
        .at(node.origin())
        .help("write `[{op: add, path: /spec/replicas, value: 3}]`")));
    };
    let mut problems = Diagnostics::default();
    let operations: Vec<_> = items.iter().filter_map(|item| operation(item, dialect, &mut problems)).collect();
    if problems.has_errors() { Err(problems) } else { Ok(operations) }
}

fn one(diagnostic: Diagnostic) -> Diagnostics {
    std::iter::once(diagnostic).collect()
}

fn operation(item: &Node, dialect: Dialect, problems: &mut Diagnostics) -> Option<Operation> {
    if item.as_map().is_none() {
        let message = format!("an operation of a JSON 6902 patch is a mapping, but this is {}", item.kind());
        problems.push(Diagnostic::error("wrong-type", message).at(item.origin()));
        return None;
    }
    let name = text_field(item, "op", problems);
    let path = text_field(item, "path", problems).and_then(|path| pointer(path, dialect, problems));
    let action = name.and_then(|name| action(item, name, dialect, problems));
    if dialect == Dialect::Standard {
        refuse_other_fields(item, action.as_ref(), problems);
    }
    let (path, path_origin) = path?;
    Some(Operation { action: action?, path, path_origin })
}

fn action(item: &Node, name: &Node, dialect: Dialect, problems: &mut Diagnostics) -> Option<Action> {
    let word = name.as_str().unwrap_or_default();
    Some(match word {
        "add" => Action::Add(value(item, word, dialect, problems)?),
        "replace" => Action::Replace(value(item, word, dialect, problems)?),
        "test" => Action::Test(value(item, word, dialect, problems)?),
        "remove" => Action::Remove,
        "move" => Action::Move(from(item, dialect, problems)?),
        "copy" => Action::Copy(from(item, dialect, problems)?),
        _ => {
            let help = match near_miss(word, OPERATIONS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the operations are `add`, `remove`, `replace`, `move`, `copy` and `test`".to_string(),
            };
            let message = format!("`{word}` is no operation of a JSON 6902 patch");
            problems.push(Diagnostic::error("unknown-patch-operation", message).at(name.origin()).help(help));
            return None;
        }
    })
}

fn value(item: &Node, operation: &str, dialect: Dialect, problems: &mut Diagnostics) -> Option<Node> {
    match item.get("value") {
        Some(value) => Some(value.clone()),
        None if dialect == Dialect::Kustomize => Some(Node::null(item.origin())),
        None => {
            let message = format!("the operation `{operation}` needs a `value`");
            problems
                .push(Diagnostic::error("missing-field", message).at(item.origin()).help("for null say `value: null`"));
            None
        }
    }
}

fn from(item: &Node, dialect: Dialect, problems: &mut Diagnostics) -> Option<From> {
    let (path, origin) = pointer(text_field(item, "from", problems)?, dialect, problems)?;
    Some(From { path, origin })
}

fn pointer(node: &Node, dialect: Dialect, problems: &mut Diagnostics) -> Option<(Pointer, Origin)> {
    let text = node.as_str().unwrap_or_default();
    let (message, help) = match Pointer::parse(text, dialect) {
        Ok(pointer) => return Some((pointer, node.origin())),
        Err(Malformed::NoSlash) => {
            // A field path with dots is the usual slip.
            let slashed = if text.contains('/') { text.to_string() } else { text.replace('.', "/") };
            (format!("the path `{text}` does not start with `/`"), format!("write `/{slashed}`"))
        }
        Err(Malformed::Escape) => (
            format!("the path `{text}` has a `~` that is not followed by `0` or `1`"),
            "in a JSON pointer `~0` stands for `~` and `~1` for `/`".to_string(),
        ),
    };
    problems.push(Diagnostic::error("invalid-json-pointer", message).at(node.origin()).help(help));
    None
}

fn text_field<'a>(item: &'a Node, field: &str, problems: &mut Diagnostics) -> Option<&'a Node> {
    let problem = match item.get(field) {
        Some(node) if node.as_str().is_some() => return Some(node),
        Some(node) => {
            let message = format!("`{field}` of an operation is a string, but this is {}", node.kind());
            Diagnostic::error("wrong-type", message).at(node.origin())
        }
        None => Diagnostic::error("missing-field", format!("an operation of a JSON 6902 patch needs `{field}`"))
            .at(item.origin()),
    };
    problems.push(problem);
    None
}

fn refuse_other_fields(item: &Node, action: Option<&Action>, problems: &mut Diagnostics) {
    for entry in item.entries() {
        let unused = match entry.key.as_str() {
            "value" => matches!(action, Some(Action::Remove | Action::Move(_) | Action::Copy(_))),
            "from" => matches!(action, Some(Action::Add(_) | Action::Remove | Action::Replace(_) | Action::Test(_))),
            _ => false,
        };
        if FIELDS.contains(&entry.key.as_str()) && !unused {
            continue;
        }
        let mut problem = match action.filter(|_| unused) {
            Some(action) => {
                let message = format!("the operation `{}` takes no `{}`", action.name(), entry.key);
                Diagnostic::error("unknown-field", message).help("remove this field")
            }
            None => Diagnostic::error(
                "unknown-field",
                format!("an operation of a JSON 6902 patch has no field `{}`", entry.key),
            ),
        };
        if !unused {
            let near = near_miss(&entry.key, FIELDS).map(|near| format!("did you mean `{near}`?"));
            problem = problem.help(near.unwrap_or("the fields are `op`, `path`, `value` and `from`".to_string()));
        }
        problems.push(problem.at(entry.key_origin));
    }
}
