//! Amounts of resources.

use super::super::Value;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::Special;
use super::{Function, format, free, method, text};
use crate::names::amount;

pub(super) const FUNCTIONS: [Function; 8] = [
    free("quantity", 1, |a, _| quantity(&a[0])),
    free("isQuantity", 1, |a, _| Ok(Value::Bool(amount(text(&a[0])?).is_some()))),
    method("sign", 1, 1, |a, _| Ok(Value::Int(of(&a[0])?.signum() as i64))),
    method("isInteger", 1, 1, |a, _| Ok(Value::Bool(integer(of(&a[0])?).is_some()))),
    method("asInteger", 1, 1, |a, _| match integer(of(&a[0])?) {
        Some(number) => Ok(Value::Int(number)),
        None => because("the quantity is no whole number"),
    }),
    method("asApproximateFloat", 1, 1, |a, _| Ok(Value::Double(of(&a[0])? as f64 / BILLION as f64))),
    method("add", 2, 2, |a, _| combined(&a[0], &a[1], i128::saturating_add)),
    method("sub", 2, 2, |a, _| combined(&a[0], &a[1], i128::saturating_sub)),
];

const BILLION: i128 = 1_000_000_000;

fn quantity(value: &Value) -> Outcome {
    match amount(text(value)?) {
        Some(amount) => Ok(Value::special(Special::Quantity(amount))),
        None => because(format!("`{}` is no quantity", format::cut(text(value)?))),
    }
}

fn of(value: &Value) -> Result<i128, Refusal> {
    match value {
        Value::Special(special) => match special.as_ref() {
            Special::Quantity(amount) => Ok(*amount),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn integer(amount: i128) -> Option<i64> {
    (amount % BILLION == 0).then(|| i64::try_from(amount / BILLION).ok())?
}

/// The other amount may be a whole number.
fn combined(a: &Value, b: &Value, operation: fn(i128, i128) -> i128) -> Outcome {
    let other = match b {
        Value::Int(number) => i128::from(*number) * BILLION,
        other => of(other)?,
    };
    Ok(Value::special(Special::Quantity(operation(of(a)?, other))))
}
