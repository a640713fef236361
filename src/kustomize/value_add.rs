//! The ValueAddTransformer: one text that is written into fields, or made a part of the paths in them.

use super::field_spec;
use super::read::Fields;
use super::scalar;
use super::selector::Selector;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::tree::{Entry, Map, Node, Text, Value};

/// The configuration.
pub(super) struct ValueAdd {
    /// What is written; the name of the kustomization's folder when there is none.
    pub value: Option<Text>,
    /// Where to.
    pub targets: Vec<Target>,
    /// A file with more targets.
    pub file: Option<Text>,
}

/// Fields that get the value.
pub(super) struct Target {
    /// Of which resources; of all when there is none.
    pub selector: Option<Selector>,
    /// The path of the field.
    pub path: Text,
    /// Which part of the path in the field the value becomes, counted from 1; 0 when it takes the
    /// place of the whole.
    pub position: i64,
}

impl ValueAdd {
    /// Reads the configuration.
    pub fn read(config: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["metadata", "value", "targets", "targetFilePath"];
        let mut fields = Fields::new(config, "the configuration of a plugin", FIELDS, diagnostics);
        let trimmed = |text: Text| Text::new(text.trim(), text.origin);
        Self {
            value: fields.text("value").map(trimmed).filter(|text| !text.is_empty()),
            targets: fields.each("targets", Target::read),
            file: fields.filled("targetFilePath"),
        }
    }
}

impl Target {
    /// Reads an entry of `targets`.
    pub fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        const FIELDS: &[&str] = &["selector", "fieldPath", "filePathPosition"];
        let mut fields = Fields::new(node, "a target", FIELDS, diagnostics);
        let selector = fields.get("selector").map(|node| Selector::read(node, fields.diagnostics));
        let path = fields.filled("fieldPath").unwrap_or_else(|| {
            let problem = Diagnostic::error("missing-field", "a target needs a `fieldPath`").at(node.origin());
            fields.diagnostics.push(problem.help("write the keys that lead to the field, with `/` in between"));
            Text::new("", node.origin())
        });
        let position = fields.number("filePathPosition").unwrap_or(0);
        if position < 0 {
            let problem = Diagnostic::error("out-of-range", "`filePathPosition` counts from 1");
            let at = fields.get("filePathPosition").map_or(node.origin(), Node::origin);
            fields.diagnostics.push(problem.at(at).help("write 1 to put the value in front"));
        }
        Self { selector, path, position }
    }

    /// Writes `value` into the field of one manifest, and makes the field where it is missing.
    /// `wrap` gives what is written its origin.
    pub fn apply(&self, root: &mut Node, value: &str, wrap: &mut dyn FnMut(Value, &Node) -> Node) -> Result<()> {
        let steps: Vec<String> = field_spec::steps(&self.path).iter().map(|step| step.trim().to_owned()).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).filter(|step| !step.is_empty()).collect();
        self.below(root, &steps, &mut |node| {
            let old = node.scalar_text().unwrap_or_default();
            let new = match self.position {
                0 => value.to_owned(),
                position => inserted(&old, position, value),
            };
            // Kustomize keeps the quotes of what was there, and writes none of its own.
            let new = if node.as_str().is_some_and(is_quoted) { Value::from(new) } else { scalar::resolve(&new) };
            *node = wrap(new, node);
        })
    }

    fn below(&self, node: &mut Node, steps: &[&str], write: &mut dyn FnMut(&mut Node)) -> Result<()> {
        let at = self.path.origin;
        let (kind, origin) = (node.kind(), node.origin());
        let wrong = |wanted: &str| {
            let message = format!("the field `{}` leads to {wanted}, and this is {kind}", self.path);
            Err(Diagnostic::error("wrong-type", message).at(origin).related(at, "it is asked for here").into())
        };
        let Some((step, rest)) = steps.split_first() else {
            return match node.value() {
                Value::Map(_) | Value::Seq(_) => wrong("a scalar"),
                _ => {
                    write(node);
                    Ok(())
                }
            };
        };
        if *step == "*" {
            let problem = Diagnostic::error("replacement-path", "`*` is no step of this path").at(at);
            return Err(problem.help("name the item: `[name=web]`, or its number").into());
        }
        if let Some(item) = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            return match node.value_mut() {
                Value::Null => Ok(()),
                Value::Seq(items) => {
                    let index = self.item(items, item)?;
                    items.make_mut().get_mut(index).map_or(Ok(()), |item| self.below(item, rest, write))
                }
                _ => wrong("an item of a list"),
            };
        }
        if let Some(index) = index(step) {
            return match node.value_mut() {
                Value::Null => Ok(()),
                Value::Seq(items) => {
                    let index = index.unwrap_or(items.len().saturating_sub(1));
                    items.make_mut().get_mut(index).map_or(Ok(()), |item| self.below(item, rest, write))
                }
                _ => wrong("an item of a list"),
            };
        }
        match node.value_mut() {
            Value::Null => Ok(()),
            Value::Map(map) => {
                if map.get(step).is_none() {
                    map.push(*step, at, made(rest, at));
                }
                map.get_mut(step).map_or(Ok(()), |child| self.below(child, rest, write))
            }
            _ => wrong("a field of a mapping"),
        }
    }

    /// The position of the item of a list that `key=value` means, which is made where it is missing.
    fn item(&self, items: &mut ecow::EcoVec<Node>, step: &str) -> Result<usize> {
        let at = self.path.origin;
        let Some((key, value)) = step.split_once('=') else {
            let problem = Diagnostic::error("replacement-path", format!("`[{step}]` names no item")).at(at);
            return Err(Error::from(problem.help("write `[key=value]`, as in `[name=web]`")));
        };
        let fits = |item: &Node| {
            let field = if key.is_empty() { Some(item) } else { item.get(key) };
            field.and_then(Node::scalar_text).is_some_and(|text| text == value)
        };
        if let Some(index) = items.iter().position(fits) {
            return Ok(index);
        }
        let value = Node::new(scalar::resolve(value), at);
        let entry = |node| Entry { key: key.into(), key_origin: at, node };
        items.push(match key {
            "" => value,
            _ => Node::new(std::iter::once(entry(value)).collect::<Map>(), at),
        });
        Ok(items.len() - 1)
    }
}

/// What stands where the rest of a path goes on.
fn made(rest: &[&str], at: Origin) -> Node {
    match rest.first() {
        None => Node::null(at),
        Some(next) if next.starts_with('[') && next.ends_with(']') => Node::seq(at),
        Some(next) if matches!(index(next), Some(Some(_))) => Node::seq(at),
        Some(_) => Node::map(at),
    }
}

/// Whether a text would be something else without quotes, so that quotes were there.
fn is_quoted(text: &str) -> bool {
    !matches!(scalar::resolve(text), Value::Str(_))
}

/// The number of an item; of the last one when the step is `-`.
fn index(step: &str) -> Option<Option<usize>> {
    if step == "-" { Some(None) } else { step.parse::<i64>().ok()?.try_into().ok().map(Some) }
}

/// A path with one part more.
fn inserted(path: &str, position: i64, part: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    let is_absolute = path.starts_with('/');
    parts.retain(|part| !part.is_empty());
    let position = usize::try_from(position - 1).unwrap_or(usize::MAX).min(parts.len());
    parts.insert(position, part);
    format!("{}{}", if is_absolute { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_goes_into_a_path_where_it_is_counted() {
        for (path, position, expected) in [
            ("", 1, "P"),
            ("/", 1, "/P"),
            ("pie", 1, "P/pie"),
            ("/pie", 1, "/P/pie"),
            ("raw", 2, "raw/P"),
            ("/raw", 9999, "/raw/P"),
            ("a/nice/warm/pie", 4, "a/nice/warm/P/pie"),
            ("/a/nice/warm/pie", 4, "/a/nice/warm/P/pie"),
        ] {
            assert_eq!(inserted(path, position, "P"), expected, "{path}");
        }
    }
}
