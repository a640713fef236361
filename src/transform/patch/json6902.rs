//! JSON patches (RFC 6902): a list of operations on places that JSON pointers name.
//!
//! Where kustomize (evanphx/json-patch v4 with its default options) deviates from the RFC,
//! [`Dialect::Kustomize`] follows it: `replace` of a missing key of a mapping adds it, `copy` and
//! `test` take a missing key as null, an index may be negative or have leading zeros or a plus
//! sign, a missing `value` is null, members that an operation does not use are passed over, and
//! only `replace` reaches the whole document. A missing parent of an `add` and a missing path of
//! a `remove` are errors in both: kustomize sets neither `EnsurePathExistsOnAdd` nor
//! `AllowMissingPathOnRemove`.

use super::pointer::{self, Pointer};
use super::{Dialect, MAX_DEPTH, Outcome, identical, measure};
use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::origin::{Cause, Origin, Origins};
use crate::tree::{Node, Value};

mod parse;

pub use parse::parse;

/// How many nodes the `copy` operations of one patch may copy: repeated copies of a mapping into
/// itself double it each time.
pub(super) const COPY_LIMIT: usize = 1_000_000;

/// One operation of a JSON patch.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What to do.
    pub action: Action,
    /// Where to do it.
    pub path: Pointer,
    /// Where `path` is written: what errors point at.
    pub path_origin: Origin,
}

/// What an [`Operation`] does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Adds the value: a key of a mapping (replacing what is there) or an item of a list.
    Add(Node),
    /// Takes the value away.
    Remove,
    /// Puts the value in the place of another.
    Replace(Node),
    /// Takes the value from there and adds it.
    Move(From),
    /// Adds what is there.
    Copy(From),
    /// Fails when the value is not this one.
    Test(Node),
}

/// The source of a `move` or `copy`.
#[derive(Clone, Debug)]
pub struct From {
    /// Where the value is.
    pub path: Pointer,
    /// Where that is written.
    pub origin: Origin,
}

impl Action {
    /// The value of `op` that stands for this action.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "add",
            Self::Remove => "remove",
            Self::Replace(_) => "replace",
            Self::Move(_) => "move",
            Self::Copy(_) => "copy",
            Self::Test(_) => "test",
        }
    }
}

/// Applies the operations in order. When one fails, the tree stays as it was before all of them,
/// and the diagnostic points at the operation's `path` (or `from`).
pub fn apply(
    root: &mut Node,
    operations: &[Operation],
    dialect: Dialect,
    origins: &mut Origins,
) -> Result<Outcome, Error> {
    let mut run = Run { root: root.clone(), dialect, origins, outcome: Outcome::default(), copied: COPY_LIMIT };
    for (number, operation) in operations.iter().enumerate() {
        let before = run.origins.keeps_losses().then(|| run.root.clone());
        run.operation(number, operation)?;
        before.iter().for_each(|before| run.origins.taken_away(before, Some(&run.root), operation.path_origin));
    }
    let Run { root: patched, outcome, .. } = run;
    *root = patched;
    Ok(outcome)
}

/// One application of a patch.
struct Run<'a> {
    root: Node,
    dialect: Dialect,
    origins: &'a mut Origins,
    outcome: Outcome,
    /// How many nodes may still be copied.
    copied: usize,
}

impl Run<'_> {
    fn operation(&mut self, number: usize, operation: &Operation) -> Result<(), Error> {
        let cause = Cause::Patch { operation: u32::try_from(number).unwrap_or(u32::MAX) };
        let here = At { name: operation.action.name(), pointer: &operation.path, origin: operation.path_origin };
        match &operation.action {
            Action::Add(value) => self.add(&here, value.clone(), value.origin(), cause),
            Action::Remove => self.remove(&here).map(drop),
            Action::Replace(value) => self.replace(&here, value, cause),
            Action::Test(value) => self.test(&here, value),
            Action::Move(from) => {
                if operation.path.is_inside(&from.path) {
                    let message = format!("`{}` cannot move into itself, to `{}`", from.path, operation.path);
                    return Err(Diagnostic::error("patch-moves-into-itself", message).at(here.origin).into());
                }
                if from.path == operation.path {
                    return self.place(&from.at("move")).map(drop);
                }
                let value = self.remove(&from.at("move"))?;
                self.add(&here, value, here.origin, cause)
            }
            Action::Copy(from) => {
                let value = self.copied(&from.at("copy"))?;
                self.add(&here, value, here.origin, cause)
            }
        }
    }

    fn copied(&mut self, from: &At<'_>) -> Result<Node, Error> {
        let value = match self.place_or_null(from)? {
            Some(steps) => self.node(&steps).cloned().unwrap_or(Node::null(from.origin)),
            None => Node::null(from.origin),
        };
        measure(&value, MAX_DEPTH, &mut self.copied).ok_or_else(|| {
            Diagnostic::error("patch-too-large", "the `copy` operations of this patch make the resource too large")
                .at(from.origin)
                .help(format!("one patch may copy {COPY_LIMIT} values; write the result as a resource"))
        })?;
        Ok(value)
    }

    /// Adds `value`; `at` is where a value that replaces another one is written.
    fn add(&mut self, here: &At<'_>, value: Node, at: Origin, cause: Cause) -> Result<(), Error> {
        self.check_depth(here, &value)?;
        let Some((last, parents)) = here.pointer.tokens().split_last() else {
            return self.set_document(here, value, cause);
        };
        let steps = self.locate(here, parents)?;
        let dialect = self.dialect;
        let Some(parent) = descend(&mut self.root, &steps) else { return Err(here.lost().into()) };
        match parent.value_mut() {
            Value::Map(map) => match map.position(last) {
                Some(place) => {
                    if let Some(entry) = map.at_mut(place)
                        && !identical(&entry.node, &value)
                    {
                        let origin = self.origins.replace(cause, at, &entry.node);
                        entry.node = value.with_origin(origin);
                        self.outcome.changed = true;
                    }
                    return Ok(());
                }
                None => map.push(last.clone(), here.origin, value),
            },
            Value::Seq(items) => {
                // kustomize counts a negative index from the end of the list that results.
                let index = if last == "-" {
                    Some(items.len())
                } else {
                    pointer::index(last, items.len() + 1, dialect).filter(|index| *index <= items.len())
                };
                match index {
                    Some(index) => items.insert(index, value),
                    None => return Err(here.missing(&self.root, &steps, parents.len()).into()),
                }
            }
            _ => return Err(here.missing(&self.root, &steps, parents.len()).into()),
        }
        self.outcome.changed = true;
        Ok(())
    }

    fn remove(&mut self, here: &At<'_>) -> Result<Node, Error> {
        let steps = self.place(here)?;
        let Some((last, parents)) = steps.split_last() else {
            let message = format!("`{}` cannot take the whole resource away", here.name);
            return Err(Diagnostic::error("patch-path-not-found", message)
                .at(here.origin)
                .help("to delete a resource, remove it by its target")
                .into());
        };
        let removed = match descend(&mut self.root, parents).map(Node::value_mut) {
            Some(Value::Map(map)) => {
                let key = map.as_slice().get(*last).map(|entry| entry.key.clone());
                key.and_then(|key| map.remove(&key)).map(|entry| entry.node)
            }
            Some(Value::Seq(items)) if *last < items.len() => Some(items.remove(*last)),
            _ => None,
        };
        self.outcome.changed = true;
        removed.ok_or_else(|| here.lost().into())
    }

    fn replace(&mut self, here: &At<'_>, value: &Node, cause: Cause) -> Result<(), Error> {
        self.check_depth(here, value)?;
        let Some(steps) = self.place_or_null(here)? else {
            return self.add(here, value.clone(), value.origin(), cause);
        };
        if let Some(node) = descend(&mut self.root, &steps)
            && !identical(node, value)
        {
            let origin = self.origins.replace(cause, value.origin(), node);
            *node = value.clone().with_origin(origin);
            self.outcome.changed = true;
        }
        Ok(())
    }

    fn test(&mut self, here: &At<'_>, value: &Node) -> Result<(), Error> {
        let found = match self.place_or_null(here)? {
            Some(steps) => self.node(&steps),
            None => None,
        };
        if found.map_or(value.is_null(), |node| node == value) {
            return Ok(());
        }
        // The values stay out of the message: this may be a Secret.
        let message = format!("the patch expects another value at `{}`", here.pointer);
        let error = Diagnostic::error("patch-test-failed", message).label(value.origin(), "this is expected");
        Err(match found {
            Some(node) => error.related(node.origin(), "this is there").into(),
            None => error.help("there is nothing at this path").into(),
        })
    }

    fn set_document(&mut self, here: &At<'_>, value: Node, cause: Cause) -> Result<(), Error> {
        if self.dialect == Dialect::Kustomize {
            let message = format!("`{}` cannot reach the whole resource", here.name);
            return Err(Diagnostic::error("patch-path-not-found", message).at(here.origin).into());
        }
        if !identical(&self.root, &value) {
            let origin = self.origins.replace(cause, value.origin(), &self.root);
            self.root = value.with_origin(origin);
            self.outcome.changed = true;
        }
        Ok(())
    }

    fn check_depth(&self, here: &At<'_>, value: &Node) -> Result<(), Error> {
        let left = MAX_DEPTH.checked_sub(here.pointer.tokens().len());
        let mut any_number = usize::MAX;
        left.and_then(|left| measure(value, left, &mut any_number)).ok_or_else(|| {
            let message = format!("`{}` nests the resource more than {MAX_DEPTH} levels deep", here.name);
            Diagnostic::error("patch-too-deep", message).at(here.origin).into()
        })
    }

    /// The place that `here` points at; an error when it does not exist.
    fn place(&self, here: &At<'_>) -> Result<Vec<usize>, Error> {
        self.locate(here, here.pointer.tokens())
    }

    /// Like [`Run::place`], but `None` for a key that is missing in an existing mapping, where
    /// kustomize takes it as null.
    fn place_or_null(&self, here: &At<'_>) -> Result<Option<Vec<usize>>, Error> {
        if self.dialect == Dialect::Kustomize
            && let Some((last, parents)) = here.pointer.tokens().split_last()
        {
            let steps = self.locate(here, parents)?;
            if self.node(&steps).and_then(Node::as_map).is_some_and(|map| !map.contains_key(last)) {
                return Ok(None);
            }
        }
        self.place(here).map(Some)
    }

    fn locate(&self, here: &At<'_>, tokens: &[ecow::EcoString]) -> Result<Vec<usize>, Error> {
        let mut steps = Vec::with_capacity(tokens.len());
        let mut node = &self.root;
        for token in tokens {
            let found = match node.value() {
                Value::Map(map) => map.position(token),
                Value::Seq(items) => pointer::index(token, items.len(), self.dialect),
                _ => None,
            };
            match found.and_then(|place| Some((place, child(node, place)?))) {
                Some((place, below)) => {
                    steps.push(place);
                    node = below;
                }
                None => return Err(here.missing(&self.root, &steps, steps.len()).into()),
            }
        }
        Ok(steps)
    }

    fn node(&self, steps: &[usize]) -> Option<&Node> {
        steps.iter().try_fold(&self.root, |node, place| child(node, *place))
    }
}

fn child(node: &Node, place: usize) -> Option<&Node> {
    match node.value() {
        Value::Map(map) => map.as_slice().get(place).map(|entry| &entry.node),
        Value::Seq(items) => items.get(place),
        _ => None,
    }
}

fn descend<'a>(root: &'a mut Node, steps: &[usize]) -> Option<&'a mut Node> {
    steps.iter().try_fold(root, |node, place| match node.value_mut() {
        Value::Map(map) => map.at_mut(*place).map(|entry| &mut entry.node),
        Value::Seq(items) if *place < items.len() => Some(&mut items.make_mut()[*place]),
        _ => None,
    })
}

impl From {
    fn at<'a>(&'a self, name: &'static str) -> At<'a> {
        At { name, pointer: &self.path, origin: self.origin }
    }
}

/// A pointer of an operation, for messages.
struct At<'a> {
    name: &'static str,
    pointer: &'a Pointer,
    origin: Origin,
}

impl At<'_> {
    /// What to say when the token number `depth` leads nowhere from the node at `steps`, the
    /// deepest one that exists.
    fn missing(&self, root: &Node, steps: &[usize], depth: usize) -> Diagnostic {
        let deepest = steps.iter().try_fold(root, |node, place| child(node, *place)).unwrap_or(root);
        let parent = match depth {
            0 => "the resource".to_string(),
            _ => format!("`{}`", self.pointer.prefix(depth)),
        };
        let token = self.pointer.tokens().get(depth).map_or("", |token| token.as_str());
        let (reason, help) = explain_missing(&parent, token, deepest);
        let message = format!("`{}` cannot reach `{}`: {reason}", self.name, self.pointer);
        let mut error = Diagnostic::error("patch-path-not-found", message)
            .at(self.origin)
            .related(deepest.origin(), format!("{parent} is here"));
        error.help = help;
        error
    }

    /// A place that was found is gone: cannot happen, and is an error rather than a panic.
    fn lost(&self) -> Diagnostic {
        Diagnostic::error("patch-path-not-found", format!("`{}` cannot reach `{}`", self.name, self.pointer))
            .at(self.origin)
    }
}

fn explain_missing(parent: &str, token: &str, deepest: &Node) -> (String, Option<String>) {
    match deepest.value() {
        Value::Map(map) => {
            let help = match crate::diagnostic::near_miss(token, map.keys()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => known_keys(parent, map),
            };
            (format!("{parent} has no key `{token}`"), help)
        }
        Value::Seq(items) => {
            let count = match items.len() {
                1 => "1 item".to_string(),
                length => format!("{length} items"),
            };
            let help = "indexes count from 0; `-` stands for the end of the list in `add`".to_string();
            (format!("{parent} is a list of {count}, without an index `{token}`"), Some(help))
        }
        _ => (format!("{parent} is {}, with nothing below it", deepest.kind()), None),
    }
}

fn known_keys(parent: &str, map: &crate::tree::Map) -> Option<String> {
    const SHOWN: usize = 10;
    let mut keys: Vec<_> = map.keys().take(SHOWN).map(|key| format!("`{key}`")).collect();
    if map.len() > SHOWN {
        keys.push("…".to_string());
    }
    (!keys.is_empty()).then(|| format!("{parent} has {}", keys.join(", ")))
}

#[cfg(test)]
mod tests;
