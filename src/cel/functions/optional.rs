//! Values that may be there.

use std::sync::Arc;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal, because};
use super::{Function, free, method};

pub(super) const FUNCTIONS: [Function; 7] = [
    free("optional.of", 1, |a, _| Ok(Value::some(a[0].clone()))),
    free("optional.none", 0, |_, _| Ok(Value::Optional(None))),
    free("optional.ofNonZeroValue", 1, |a, _| {
        Ok(if is_zero(&a[0]) { Value::Optional(None) } else { Value::some(a[0].clone()) })
    }),
    method("hasValue", 1, 1, |a, _| Ok(Value::Bool(inner(&a[0])?.is_some()))),
    method("value", 1, 1, value),
    method("or", 2, 2, |a, _| {
        inner(&a[1])?;
        Ok(if inner(&a[0])?.is_some() { a[0].clone() } else { a[1].clone() })
    }),
    method("orValue", 2, 2, |a, _| Ok(inner(&a[0])?.map_or_else(|| a[1].clone(), |inner| inner.as_ref().clone()))),
];

fn inner(value: &Value) -> Result<Option<&Arc<Value>>, Refusal> {
    match value {
        Value::Optional(inner) => Ok(inner.as_ref()),
        _ => Err(Refusal::NoOverload),
    }
}

fn value(a: &[Value], _: &mut Budget) -> Outcome {
    match inner(&a[0])? {
        Some(inner) => Ok(inner.as_ref().clone()),
        None => because("the optional has no value"),
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Int(number) => *number == 0,
        Value::Uint(number) => *number == 0,
        Value::Double(number) => *number == 0.0,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        other => other.count() == Some(0),
    }
}
