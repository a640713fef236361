//! Arithmetic, order and equality.

use std::cmp::Ordering;

use super::Value;
use super::budget::{Budget, Spent};
use super::expression::Operator;
use super::types::Special;
use super::value::Tree;
use crate::tree::Value as Data;

/// Why there is no result.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The operator or function takes no values of these types.
    NoOverload,
    /// There is no result for these values.
    Because(String),
    /// The budget is spent.
    Spent,
}

impl From<Spent> for Refusal {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

pub(super) type Outcome = Result<Value, Refusal>;

/// The longest text and the longest list that an expression can make.
pub(super) const MAX_BYTES: usize = 1 << 20;
pub(super) const MAX_ITEMS: usize = 100_000;

pub(super) fn because<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Because(message.into()))
}

fn overflow() -> Refusal {
    Refusal::Because("the result is too large for a number of 64 bits".into())
}

/// Refuses to make a text of more than [`MAX_BYTES`].
pub(super) fn bounded(bytes: usize, budget: &mut Budget) -> Result<(), Refusal> {
    budget.spend_bytes(bytes)?;
    if bytes > MAX_BYTES { because("the text would be longer than 1 MiB") } else { Ok(()) }
}

pub(super) fn apply(operator: Operator, left: &Value, right: &Value, budget: &mut Budget) -> Outcome {
    match operator {
        Operator::Equal => equal(left, right, budget).map(Value::Bool),
        Operator::NotEqual => equal(left, right, budget).map(|same| Value::Bool(!same)),
        Operator::In => contains(left, right, budget).map(Value::Bool),
        Operator::Less => order(left, right).map(|order| Value::Bool(order == Some(Ordering::Less))),
        Operator::LessEqual => order(left, right).map(|order| Value::Bool(order.is_some_and(Ordering::is_le))),
        Operator::Greater => order(left, right).map(|order| Value::Bool(order == Some(Ordering::Greater))),
        Operator::GreaterEqual => order(left, right).map(|order| Value::Bool(order.is_some_and(Ordering::is_ge))),
        Operator::Add => add(left, right, budget),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply => multiply(left, right),
        Operator::Divide => divide(left, right),
        Operator::Modulo => modulo(left, right),
    }
}

fn add(left: &Value, right: &Value, budget: &mut Budget) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_add(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => a.checked_add(*b).map(Value::Uint).ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a + b)),
        (Value::Text(a), Value::Text(b)) => {
            bounded(a.len() + b.len(), budget)?;
            let mut text = a.clone();
            text.push_str(b);
            Ok(Value::Text(text))
        }
        (Value::Bytes(a), Value::Bytes(b)) => {
            bounded(a.len() + b.len(), budget)?;
            Ok(Value::Bytes(a.iter().chain(b).copied().collect()))
        }
        (Value::Special(a), Value::Special(b)) => Special::add(a, b),
        _ => {
            let (Some(mut a), Some(b)) = (left.items(), right.items()) else { return Err(Refusal::NoOverload) };
            budget.spend(a.len() + b.len())?;
            if a.len() + b.len() > MAX_ITEMS {
                return because("the list would have more than 100000 elements");
            }
            a.extend(b);
            Ok(Value::List(a.into()))
        }
    }
}

fn subtract(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_sub(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => a.checked_sub(*b).map(Value::Uint).ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a - b)),
        (Value::Special(a), Value::Special(b)) => Special::subtract(a, b),
        _ => Err(Refusal::NoOverload),
    }
}

fn multiply(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => a.checked_mul(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => a.checked_mul(*b).map(Value::Uint).ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a * b)),
        _ => Err(Refusal::NoOverload),
    }
}

fn divide(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => because("division by zero"),
        (Value::Int(a), Value::Int(b)) => a.checked_div(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => a.checked_div(*b).map(Value::Uint).ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(a / b)),
        _ => Err(Refusal::NoOverload),
    }
}

fn modulo(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(_), Value::Int(0)) | (Value::Uint(_), Value::Uint(0)) => because("the rest of a division by zero"),
        (Value::Int(a), Value::Int(b)) => a.checked_rem(*b).map(Value::Int).ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => a.checked_rem(*b).map(Value::Uint).ok_or_else(overflow),
        _ => Err(Refusal::NoOverload),
    }
}

/// `-value`.
pub(super) fn negate(value: &Value) -> Outcome {
    match value {
        Value::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(overflow),
        Value::Double(number) => Ok(Value::Double(-number)),
        Value::Special(special) => special.negate(),
        _ => Err(Refusal::NoOverload),
    }
}

/// How two values are ordered; `None` when one of them is not a number (NaN).
pub(super) fn order(left: &Value, right: &Value) -> Result<Option<Ordering>, Refusal> {
    if let Some(order) = numbers(left, right) {
        return Ok(order);
    }
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Some(a.cmp(b))),
        (Value::Special(a), Value::Special(b)) => Special::order(a, b).map(Some).ok_or(Refusal::NoOverload),
        _ => Err(Refusal::NoOverload),
    }
}

/// Numbers of all types are ordered as numbers. `None` when one is none; `Some(None)` with NaN.
fn numbers(left: &Value, right: &Value) -> Option<Option<Ordering>> {
    let whole = |value: &Value| match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        _ => None,
    };
    Some(match (left, right) {
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(a), b) => whole_against(whole(b)?, *a).map(Ordering::reverse),
        (a, Value::Double(b)) => whole_against(whole(a)?, *b),
        (a, b) => Some(whole(a)?.cmp(&whole(b)?)),
    })
}

/// A whole number of at most 65 bits against a double, exactly.
fn whole_against(whole: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Beyond these a double is greater than every number of 64 bits.
    if double >= 3.7e19 {
        return Some(Ordering::Less);
    }
    if double <= -3.7e19 {
        return Some(Ordering::Greater);
    }
    let floor = double.floor();
    Some(whole.cmp(&(floor as i128)).then(if double > floor { Ordering::Less } else { Ordering::Equal }))
}

/// Whether two values are equal. Values of types that have nothing in common are not.
pub(super) fn equal(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Refusal> {
    budget.spend(1)?;
    if let Some(order) = numbers(left, right) {
        return Ok(order == Some(Ordering::Equal));
    }
    Ok(match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => {
            budget.spend_bytes(a.len().min(b.len()))?;
            a == b
        }
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Optional(a), Value::Optional(b)) => match (a, b) {
            (Some(a), Some(b)) => equal(a, b, budget)?,
            (a, b) => a.is_none() && b.is_none(),
        },
        (Value::Special(a), Value::Special(b)) => a == b,
        _ if is_list(left) && is_list(right) => equal_lists(left, right, budget)?,
        _ if is_map(left) && is_map(right) => equal_maps(left, right, budget)?,
        _ => false,
    })
}

fn equal_lists(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Refusal> {
    if left.count() != right.count() {
        return Ok(false);
    }
    for index in 0..left.count().unwrap_or_default() {
        let (Some((a, _)), Some((b, _))) = (left.item(index), right.item(index)) else { return Ok(false) };
        if !equal(&a, &b, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps(left: &Value, right: &Value, budget: &mut Budget) -> Result<bool, Refusal> {
    if left.count() != right.count() {
        return Ok(false);
    }
    for index in 0..left.count().unwrap_or_default() {
        let Some((key, a, _)) = left.entry(index) else { return Ok(false) };
        let Some((b, _)) = at_key(right, &key, budget)? else { return Ok(false) };
        if !equal(&a, &b, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn is_list(value: &Value) -> bool {
    matches!(value, Value::List(_)) || matches!(value, Value::Tree(tree) if tree.node.as_seq().is_some())
}

pub(super) fn is_map(value: &Value) -> bool {
    matches!(value, Value::Map(_)) || matches!(value, Value::Tree(tree) if tree.node.as_map().is_some())
}

/// The value of a mapping under `key`, with its place.
pub(super) fn at_key(
    map: &Value,
    key: &Value,
    budget: &mut Budget,
) -> Result<Option<(Value, Option<crate::origin::Origin>)>, Refusal> {
    if !matches!(key, Value::Text(_) | Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_)) {
        return Err(Refusal::NoOverload);
    }
    if let Value::Text(name) = key {
        budget.spend(1)?;
        return map.field(name).map_err(|()| Refusal::NoOverload);
    }
    let Value::Map(entries) = map else { return Ok(None) };
    for (known, value) in entries {
        if equal(known, key, budget)? {
            return Ok(Some((value.clone(), value.place())));
        }
    }
    Ok(None)
}

/// `value in container`.
fn contains(value: &Value, container: &Value, budget: &mut Budget) -> Result<bool, Refusal> {
    if is_map(container) {
        return Ok(at_key(container, value, budget)?.is_some());
    }
    if let (Value::Text(text), Value::Tree(Tree { node, .. })) = (value, container) {
        let Data::Seq(items) = node.value() else { return Err(Refusal::NoOverload) };
        budget.spend(items.len())?;
        return Ok(items.iter().any(|item| item.as_str() == Some(text)));
    }
    if !is_list(container) {
        return Err(Refusal::NoOverload);
    }
    for index in 0..container.count().unwrap_or_default() {
        if let Some((item, _)) = container.item(index)
            && equal(&item, value, budget)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
