//! Conversions, sizes and types.

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::Special;
use super::{Function, both, format, free, length, text, time};

pub(super) const FUNCTIONS: [Function; 9] = [
    both("size", 1, 1, size),
    free("int", 1, int),
    free("uint", 1, uint),
    free("double", 1, double),
    free("string", 1, string),
    free("bool", 1, bool),
    free("bytes", 1, bytes),
    free("dyn", 1, |arguments, _| Ok(arguments[0].clone())),
    free("type", 1, |arguments, _| Ok(Value::Type(arguments[0].type_name()))),
];

/// Characters of a text, bytes, elements.
fn size(arguments: &[Value], _: &mut Budget) -> Outcome {
    Ok(match &arguments[0] {
        Value::Text(text) => length(text.chars().count()),
        Value::Bytes(bytes) => length(bytes.len()),
        other => length(other.count().ok_or(Refusal::NoOverload)?),
    })
}

fn int(arguments: &[Value], _: &mut Budget) -> Outcome {
    let out = || Refusal::Because("the number does not fit into 64 bits".into());
    match &arguments[0] {
        Value::Int(number) => Ok(Value::Int(*number)),
        Value::Uint(number) => i64::try_from(*number).map(Value::Int).map_err(|_| out()),
        Value::Double(number) if number.abs() < 9.2e18 => Ok(Value::Int(*number as i64)),
        Value::Double(_) => Err(out()),
        Value::Text(text) => match text.parse() {
            Ok(number) => Ok(Value::Int(number)),
            Err(_) => because(format!("`{}` is no whole number", format::cut(text))),
        },
        Value::Special(special) => match special.as_ref() {
            Special::Timestamp(at) => Ok(Value::Int(at.div_euclid(time::SECOND) as i64)),
            Special::Duration(span) => i64::try_from(*span).map(Value::Int).map_err(|_| out()),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn uint(arguments: &[Value], _: &mut Budget) -> Outcome {
    let out = || Refusal::Because("the number does not fit into 64 bits without a sign".into());
    match &arguments[0] {
        Value::Uint(number) => Ok(Value::Uint(*number)),
        Value::Int(number) => u64::try_from(*number).map(Value::Uint).map_err(|_| out()),
        Value::Double(number) if (0.0..1.8e19).contains(number) => Ok(Value::Uint(*number as u64)),
        Value::Double(_) => Err(out()),
        Value::Text(text) => match text.parse() {
            Ok(number) => Ok(Value::Uint(number)),
            Err(_) => because(format!("`{}` is no whole number without a sign", format::cut(text))),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn double(arguments: &[Value], _: &mut Budget) -> Outcome {
    match &arguments[0] {
        Value::Double(number) => Ok(Value::Double(*number)),
        Value::Int(number) => Ok(Value::Double(*number as f64)),
        Value::Uint(number) => Ok(Value::Double(*number as f64)),
        Value::Text(text) => match text.parse() {
            Ok(number) => Ok(Value::Double(number)),
            Err(_) => because(format!("`{}` is no number", format::cut(text))),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn string(arguments: &[Value], _: &mut Budget) -> Outcome {
    match &arguments[0] {
        Value::Text(text) => Ok(Value::Text(text.clone())),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Value::text(text)),
            Err(_) => because("the bytes are no text"),
        },
        value @ (Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_)) => {
            Ok(Value::text(format::shown(value)))
        }
        Value::Special(special) => match special.as_ref() {
            Special::Quantity(_) | Special::Semver(_) | Special::Format(_) => Err(Refusal::NoOverload),
            _ => Ok(Value::text(format::shown(&arguments[0]))),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn bool(arguments: &[Value], _: &mut Budget) -> Outcome {
    match &arguments[0] {
        Value::Bool(truth) => Ok(Value::Bool(*truth)),
        Value::Text(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            other => because(format!("`{}` is no truth value", format::cut(other))),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn bytes(arguments: &[Value], _: &mut Budget) -> Outcome {
    match &arguments[0] {
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes.clone())),
        other => Ok(Value::Bytes(text(other)?.as_bytes().into())),
    }
}
