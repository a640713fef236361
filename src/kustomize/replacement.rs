//! `replacements`: a value of one resource is copied into fields of others.

use ecow::EcoString;

use super::path::{self, Create, Place};
use super::scalar;
use super::selector::{Selector, effective};
use super::spec::{FieldOptions, Replacement, ReplacementTarget, Source};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::origin::{Cause, Origin, Origins};
use crate::resource::{Resource, ResourceId, ResourceSet};
use crate::transform::patch::{MAX_DEPTH, may_stand_below};
use crate::transform::twins;
use crate::tree::{Node, Text, Value};

/// Applies one replacement; returns where targets stand that no resource fits. `labels_fit` tells
/// whether the selectors of labels and annotations of a target fit a resource.
pub(super) fn apply(
    set: &mut ResourceSet,
    replacement: &Replacement,
    labels_fit: &dyn Fn(&Selector, &Resource) -> Result<bool>,
    origins: &mut Origins,
) -> Result<Vec<Origin>> {
    let value = match (&replacement.source, &replacement.value) {
        (Some(source), _) => value(set, source, replacement.origin)?,
        (None, Some(value)) => Node::string(value.value.clone(), value.origin),
        (None, None) => return Ok(Vec::new()),
    };
    let mut unmatched = Vec::new();
    for target in &replacement.targets {
        let mut matched = false;
        if let (Some(select), Some(resource)) = (&target.select, set.iter().next()) {
            // What is wrong with it is said, also where no resource has the name.
            labels_fit(select, resource)?;
        }
        for index in set.candidates(target.select.as_ref().and_then(Selector::exact_name)) {
            if is_target(set.get(index), target, labels_fit)? {
                matched = true;
                let done = set.update(index, |resource| {
                    let before = resource.root.clone();
                    let done = copy(&mut resource.root, &value, target, origins);
                    twins::after_change(&mut resource.root, &resource.twins, &before);
                    done
                });
                done.map_err(|_| {
                    let message = "the replacement gives a resource the id of another";
                    Error::from(Diagnostic::error("duplicate-resource", message).at(target.origin))
                })??;
            }
        }
        if !matched {
            unmatched.push(target.origin);
        }
    }
    Ok(unmatched)
}

/// The ids of a resource, oldest first; earlier ones have a namespace always, as in kustomize.
fn ids(resource: &Resource) -> Vec<ResourceId> {
    let earlier = resource.previous_ids().iter().map(|id| {
        let mut id = ResourceId { namespace: effective(id).into(), ..id.clone() };
        id.gvk.version = resource.id().gvk.version.clone();
        id
    });
    earlier.chain([resource.id().clone()]).collect()
}

fn value(set: &mut ResourceSet, source: &Source, origin: Origin) -> Result<Node> {
    let candidates = set.candidates(Some(source.id.name.as_str()).filter(|name| !name.is_empty()));
    let candidates = candidates.into_iter().map(|index| set.get(index));
    let mut selected = candidates.filter(|resource| ids(resource).iter().any(|id| source.id.selects(id)));
    let problem = |code, message: String| Error::from(Diagnostic::error(code, message).at(origin));
    let named = format!("{}/{}", source.id.gvk.kind, source.id.name);
    let Some(resource) = selected.next() else {
        return Err(problem("replacement-without-source", format!("no resource is the source `{named}`")));
    };
    if let Some(other) = selected.next() {
        let message = format!("`{}` and `{}` are both the source `{named}`", resource.id(), other.id());
        return Err(problem("ambiguous-source", message));
    }
    let node = path::get(&resource.root, &path::split(&source.path));
    let node = node.filter(|node| match node.value() {
        Value::Null => false,
        Value::Seq(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
        _ => true,
    });
    let Some(node) = node else {
        let message = format!("`{}` has no field `{}`", resource.id(), source.path);
        return Err(Diagnostic::error("replacement-without-source", message).at(source.path.origin).into());
    };
    part(node, &source.options, &source.path)
}

/// The part of the source's value that is meant.
fn part(node: &Node, options: &FieldOptions, path: &Text) -> Result<Node> {
    if options.delimiter.is_empty() {
        return Ok(node.clone());
    }
    let problem = |message: String| Error::from(Diagnostic::error("replacement-option", message).at(path.origin));
    let text = node.scalar_text().ok_or_else(|| problem("`delimiter` needs a scalar".to_owned()))?;
    let index = usize::try_from(options.index).ok();
    match index.and_then(|index| text.split(options.delimiter.as_str()).nth(index)) {
        Some(part) => Ok(Node::string(part, node.origin())),
        None => Err(problem(format!("the index {} is out of bounds for `{text}`", options.index))),
    }
}

fn is_target(
    resource: &Resource,
    target: &ReplacementTarget,
    labels_fit: &dyn Fn(&Selector, &Resource) -> Result<bool>,
) -> Result<bool> {
    let Some(select) = &target.select else { return Ok(false) };
    let ids = ids(resource);
    if !labels_fit(select, resource)? || !ids.iter().any(|id| select.fits_id(id)) {
        return Ok(false);
    }
    for reject in &target.reject {
        let by_labels = (reject.labels.is_some() || reject.annotations.is_some()) && labels_fit(reject, resource)?;
        if by_labels || (!reject.is_any_id() && ids.iter().any(|id| reject.fits_id(id))) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn copy(root: &mut Node, value: &Node, target: &ReplacementTarget, origins: &mut Origins) -> Result<()> {
    for path in &target.paths {
        let steps = path::split(path);
        if !may_stand_below(value, steps.len()) {
            let message =
                format!("the replacement nests or multiplies a resource without bounds: at most {MAX_DEPTH} levels");
            return Err(Diagnostic::error("patch-too-deep", message).at(path.origin).into());
        }
        let create = if target.options.create { Create::like(value) } else { Create::No };
        let mut set = |field: &mut Node, place| put(field, place, value, &target.options, path, origins);
        let count = path::change(root, &steps, create, path, &mut set)?;
        if count == 0 {
            let message = match target.options.create {
                true => format!("the field `{path}` cannot be found or made in a target of the replacement"),
                false => format!("a target of the replacement has no field `{path}`"),
            };
            let problem = Diagnostic::error("replacement-path", message).at(path.origin);
            return Err(problem.help("`options: {create: true}` makes a missing field").into());
        }
    }
    Ok(())
}

/// A text that parts are put into has an end: one that doubles with each replacement has none. No
/// cluster takes an object that is a fraction of this.
const LONGEST: usize = 16 << 20;

/// Whether a number or a boolean can have this text and still be one.
fn keeps_type(field: &Node, text: &str) -> bool {
    let new = scalar::resolve(text);
    // Other notations of numbers, such as `0x1F`, begin so too.
    let is_number = || {
        !matches!(new, Value::Bool(_) | Value::Null)
            && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
    };
    match field.value() {
        Value::Int(_) | Value::Uint(_) | Value::Float(_) => is_number(),
        Value::Bool(_) => matches!(new, Value::Bool(_)),
        _ => true,
    }
}

/// Puts a value into a field. A scalar keeps its type and takes the text alone, as in kustomize.
fn put(
    field: &mut Node,
    place: Place,
    value: &Node,
    options: &FieldOptions,
    path: &Text,
    origins: &mut Origins,
) -> Result<()> {
    let is_scalar = !matches!(field.value(), Value::Map(_) | Value::Seq(_));
    let mut text: EcoString = value.scalar_text().unwrap_or_default();
    if !options.delimiter.is_empty() {
        if !is_scalar {
            let problem = Diagnostic::error("replacement-option", "`delimiter` needs a scalar");
            return Err(problem.at(path.origin).into());
        }
        let old = field.scalar_text().unwrap_or_default();
        let mut parts: Vec<&str> = old.split(options.delimiter.as_str()).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, &text),
            Ok(index) if index < parts.len() => parts[index] = &text,
            Ok(_) => parts.push(&text),
        }
        if text.len().saturating_add(old.len()) > LONGEST {
            let message = format!("replacements make a text of more than {LONGEST} bytes");
            return Err(Diagnostic::error("patch-too-large", message).at(path.origin).into());
        }
        text = parts.join(options.delimiter.as_str()).into();
    }
    if !keeps_type(field, &text) {
        // The value may be of a Secret.
        let message = format!("`{path}` is {} in a target of the replacement, and the value is none", field.kind());
        return Err(Diagnostic::error("wrong-type", message)
            .at(path.origin)
            .related(value.origin(), "the value")
            .into());
    }
    let new = match (is_scalar, field.value()) {
        (false, _) => value.value().clone(),
        // Nothing at all is null, but between braces the writer puts quotes around it.
        (true, Value::Null) if text.is_empty() && place.is_new && place.in_flow => Value::Str(text),
        (true, Value::Null) if text.is_empty() => Value::Null,
        (true, Value::Null) if options.create && !matches!(value.value(), Value::Str(_)) => value.value().clone(),
        (true, Value::Str(_)) => Value::Str(text),
        (true, old) if !(place.is_new || old == &Value::Null && options.create) => scalar::of_type(&text, old)
            .ok_or_else(|| {
                // The value may be that of a Secret.
                let message = format!("the field `{path}` is {}, and the replacement makes it another", field.kind());
                let problem = Diagnostic::error("wrong-type", message).at(path.origin);
                Error::from(problem.related(field.origin(), "the field").help("a field in quotes takes any text"))
            })?,
        (true, _) => scalar::resolve(&text),
    };
    let origin = origins.replace(Cause::Transform("replacements"), value.origin(), field);
    *field = Node::new(new, origin);
    Ok(())
}
