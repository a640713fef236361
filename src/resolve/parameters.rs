//! Parameters: values that whoever builds may set, within what the overlay allows.

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model::overlay::{Parameter, ParameterType};
use crate::origin::{Origin, Origins};
use crate::tree::{Node, Text, Value};

use super::layers::{self, Setting};
use super::values::Values;

/// Puts what is set, or the defaults, over the values of all layers. A default gives way to a
/// value that a layer sets, which keeps to the declaration too.
pub(super) fn apply(
    declared: &[(Text, Parameter)],
    set: &[Setting],
    values: &mut Values,
    origins: &mut Origins,
    diagnostics: &mut Diagnostics,
) {
    for setting in set {
        let name = &setting.0;
        if !declared.iter().any(|(known, _)| *known == name.as_str()) {
            let known: Vec<&str> = declared.iter().map(|(known, _)| known.as_str()).collect();
            let help = match near_miss(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "the overlay declares no `parameters:`".to_owned(),
                None => format!(
                    "the overlay declares {}",
                    known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            let message = format!("the overlay declares no parameter `{name}`");
            diagnostics.push(Diagnostic::error("unknown-parameter", message).at(layers::name_of(setting)).help(help));
        }
    }
    for (name, parameter) in declared {
        fits_its_type(name, parameter, diagnostics);
        let given = set.iter().rev().find(|(set, _, _)| *name == set.as_str());
        let node = match (given, values.get(name), &parameter.default) {
            (Some((_, text, origin)), ..) => typed(text, parameter.parameter_type)
                .map(|value| Node::new(value, *origin))
                .map_err(|reason| (reason, *origin)),
            (None, Some(layers), _) => of_type(layers, parameter.parameter_type, "a layer sets"),
            (None, None, Some(default)) => of_type(&default.0, parameter.parameter_type, "its default is"),
            (None, None, None) => Err(("has no default, and nobody sets it".to_owned(), name.origin)),
        };
        match node
            .and_then(|node| within(&node, parameter).map(|()| node.clone()).map_err(|reason| (reason, node.origin())))
        {
            Ok(_) if given.is_none() && values.get(name).is_some() => {}
            Ok(node) => values.set(name, name.origin, node, origins),
            Err((reason, origin)) => {
                let diagnostic =
                    Diagnostic::error("invalid-parameter", format!("the parameter `{name}` {reason}")).at(origin);
                let diagnostic =
                    if origin == name.origin { diagnostic } else { diagnostic.related(name.origin, "declared here") };
                diagnostics.push(diagnostic.help(format!(
                    "give `{name}` a value that fits, with `--set` or in the Application, or change its declaration"
                )));
            }
        }
    }
}

/// Refuses bounds that could never matter for the parameter's type, or that nothing can keep.
fn fits_its_type(name: &Text, parameter: &Parameter, diagnostics: &mut Diagnostics) {
    let mut refuse = |message: String, origin| {
        let diagnostic = Diagnostic::error("invalid-parameter", format!("the parameter `{name}` {message}")).at(origin);
        diagnostics.push(diagnostic.related(name.origin, "declared here"));
    };
    if parameter.parameter_type != ParameterType::Integer
        && let Some(bound) = parameter.min.or(parameter.max)
    {
        refuse("is no integer, so `min` and `max` have no effect".to_owned(), bound.origin);
    }
    if parameter.parameter_type != ParameterType::String
        && let Some(allowed) = parameter.allowed.first()
    {
        refuse("is no string, so `allowed` has no effect".to_owned(), allowed.origin);
    }
    if let (Some(min), Some(max)) = (parameter.min, parameter.max)
        && min.value > max.value
    {
        refuse(format!("is at least {min} and at most {max}, which no number is"), min.origin);
    }
}

/// The text of a setting as a value of the parameter's type.
fn typed(text: &str, parameter_type: ParameterType) -> Result<Value, String> {
    match parameter_type {
        ParameterType::String => Ok(text.into()),
        ParameterType::Integer => text.parse::<i64>().map(Value::Int).map_err(|_| "is a whole number".to_owned()),
        ParameterType::Boolean => text.parse::<bool>().map(Value::Bool).map_err(|_| "is `true` or `false`".to_owned()),
    }
}

/// The node itself when it is of the type; `says` tells who wrote it.
fn of_type(node: &Node, parameter_type: ParameterType, says: &str) -> Result<Node, (String, Origin)> {
    let wanted = match (parameter_type, node.value()) {
        (ParameterType::String, Value::Str(_))
        | (ParameterType::Integer, Value::Int(_))
        | (ParameterType::Boolean, Value::Bool(_)) => return Ok(node.clone()),
        (ParameterType::String, _) => "a string",
        (ParameterType::Integer, _) => "a whole number",
        (ParameterType::Boolean, _) => "a boolean",
    };
    Err((format!("is {wanted}, and {says} {}", node.kind()), node.origin()))
}

fn within(node: &Node, parameter: &Parameter) -> Result<(), String> {
    if let Some(number) = node.as_i64() {
        if let Some(min) = parameter.min.filter(|min| number < min.value) {
            return Err(format!("is at least {min}, not {number}"));
        }
        if let Some(max) = parameter.max.filter(|max| number > max.value) {
            return Err(format!("is at most {max}, not {number}"));
        }
    }
    match node.as_str() {
        Some(text) if !parameter.allowed.is_empty() && !parameter.allowed.iter().any(|allowed| *allowed == text) => {
            let allowed: Vec<String> = parameter.allowed.iter().map(|allowed| format!("`{allowed}`")).collect();
            Err(format!("is one of {}", allowed.join(", ")))
        }
        _ => Ok(()),
    }
}
