//! The paths of field specs, and what kustomize refuses along them.

use super::spec::Spec;
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::origin::Origin;
use crate::resource::{Gvk, Resource, ResourceSet};
use crate::tree::{Node, Value};

/// What stands at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// A text, a number or a truth value.
    Scalar,
    /// A mapping.
    Map,
}

/// The steps of a path: `\/` is a `/` inside of one.
pub(super) fn steps(path: &str) -> Vec<String> {
    let mut steps: Vec<String> = Vec::new();
    for part in path.split('/') {
        match steps.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push('/');
                last.push_str(part);
            }
            _ => steps.push(part.to_owned()),
        }
    }
    steps
}

/// Refuses a path that leads through a scalar, or to something that is not a `leaf`. `at` is where
/// the specs are written.
pub(super) fn check(set: &ResourceSet, specs: &[Spec], leaf: Leaf, at: Origin) -> Result<()> {
    set.iter().try_for_each(|resource| check_one(resource, specs, leaf, at))
}

/// The same for one resource.
pub(super) fn check_one(resource: &Resource, specs: &[Spec], leaf: Leaf, at: Origin) -> Result<()> {
    let mut selecting = specs.iter().filter(|spec| spec.selects(&resource.id().gvk));
    selecting.try_for_each(|spec| walk(&resource.root, &steps(&spec.path), leaf, &spec.path, at))
}

fn walk(node: &Node, steps: &[String], leaf: Leaf, path: &str, at: Origin) -> Result<()> {
    let wrong = |wanted: &str| {
        let message = format!("the field `{path}` leads to {wanted}, and this is {}", node.kind());
        Err(Diagnostic::error("wrong-type", message).at(node.origin()).related(at, "it is asked for here").into())
    };
    let Some((step, rest)) = steps.split_first() else {
        return match (leaf, node.value()) {
            (_, Value::Null) | (Leaf::Map, Value::Map(_)) => Ok(()),
            (Leaf::Scalar, Value::Map(_) | Value::Seq(_)) => wrong("a scalar"),
            (Leaf::Map, _) => wrong("a mapping"),
            (Leaf::Scalar, _) => Ok(()),
        };
    };
    match node.value() {
        Value::Null => Ok(()),
        Value::Seq(items) => items.iter().try_for_each(|item| walk(item, steps, leaf, path, at)),
        Value::Map(map) => {
            let key = step.strip_suffix("[]").unwrap_or(step);
            if key.is_empty() {
                let problem = Diagnostic::error("missing-field", format!("the path `{path}` has an empty step"));
                return Err(problem.at(at).help("write the keys that lead to the field, with `/` in between").into());
            }
            map.get(key).map_or(Ok(()), |child| walk(child, rest, leaf, path, at))
        }
        _ => wrong("a field below a mapping or a list"),
    }
}

impl Spec {
    /// Whether the field is one of resources of this group, version and kind.
    pub fn selects(&self, gvk: &Gvk) -> bool {
        super::config::as_field(self).selects(gvk)
    }
}
