//! Plain scalars that YAML 1.1 and YAML 1.2 read differently.
//!
//! What users write is read as YAML 1.2, but editors, formatters and other tools read YAML 1.1,
//! and so did people's eyes for years: where the two disagree, the reader asks for quotes.

use std::fmt;

use super::number::{digits, float, integer, split_sign};
use super::scalar::{Problem, core, excerpt, old_truth, special_float};
use super::timestamp;
use crate::tree::Value;

/// The value of a plain scalar that both versions read alike, else an error with both readings.
pub(super) fn settled(text: &str) -> Result<Value, Problem> {
    let hint = |byte: u8| byte.is_ascii_digit() || b"+-.~tTfFnNyYoO".contains(&byte);
    if !text.is_empty() && !text.bytes().next().is_some_and(hint) {
        return Ok(Value::Str(text.into()));
    }
    let new = core(text);
    let old = old_reading(text);
    if let Some(old) = old.filter(|old| !old.is(&new)) {
        return Err(ambiguous(text, &old, &new));
    }
    match new {
        // More digits than 64 bits hold: as a float it would come out as another number.
        Value::Float(_) if split_sign(text).1.bytes().all(|byte| byte.is_ascii_digit()) => Err(too_large(text)),
        new => Ok(new),
    }
}

fn ambiguous(text: &str, old: &Reading, new: &Value) -> Problem {
    let shown = excerpt(text);
    Problem::new(
        "ambiguous-scalar",
        format!("`{shown}` without quotes means different things to different readers"),
        format!("write \"{shown}\" if text is meant: YAML 1.1 reads {old} here, YAML 1.2 {}", Reading::of(new)),
    )
}

fn too_large(text: &str) -> Problem {
    Problem::new(
        "number-too-large",
        format!("`{}` does not fit in 64 bits", excerpt(text)),
        "put it in quotes if text is meant",
    )
}

/// What one version of YAML makes of a plain scalar.
enum Reading {
    Value(Value),
    /// A number to the base 60, such as `12:30`.
    Sixty(f64),
    Timestamp,
    /// A number that 64 bits do not hold, or a form that no tool agrees on.
    Number,
}

impl Reading {
    fn of(value: &Value) -> Self {
        Self::Value(value.clone())
    }

    fn is(&self, value: &Value) -> bool {
        matches!(self, Self::Value(own) if own == value)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(Value::Bool(truth)) => write!(f, "the boolean `{truth}`"),
            Self::Value(Value::Int(number)) => write!(f, "the integer `{number}`"),
            Self::Value(Value::Uint(number)) => write!(f, "the integer `{number}`"),
            Self::Value(Value::Float(number)) => write!(f, "the number `{number}`"),
            Self::Value(Value::Null) => write!(f, "null"),
            Self::Value(_) => write!(f, "text"),
            Self::Sixty(number) => write!(f, "the base-60 number `{number}`"),
            Self::Timestamp => write!(f, "a timestamp"),
            Self::Number => write!(f, "a number"),
        }
    }
}

/// What YAML 1.1 (its type repository: bool, int, float, timestamp) reads, where that may differ
/// from YAML 1.2; `None` where it cannot.
fn old_reading(text: &str) -> Option<Reading> {
    if let Some(truth) = old_truth(text) {
        return Some(Reading::Value(Value::Bool(truth)));
    }
    if timestamp::has_shape(text) {
        return Some(Reading::Timestamp);
    }
    let (sign, rest) = split_sign(text);
    let is_decimal = digits(rest) == rest.len() && (rest == "0" || !rest.starts_with('0'));
    if is_decimal || special_float(text).is_some() {
        return None;
    }
    if !rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    if let Some(number) = base_sixty(rest) {
        return Some(Reading::Sixty(if sign == Some(b'-') { -number } else { number }));
    }
    old_number(sign, rest).or_else(|| {
        // What only YAML 1.2 takes for a number is text in YAML 1.1: `1e3`, `0o7`.
        (!matches!(core(text), Value::Str(_))).then(|| Reading::Value(Value::Str(text.into())))
    })
}

fn old_number(sign: Option<u8>, rest: &str) -> Option<Reading> {
    let plain = rest.replace('_', "");
    let starts = |prefix: &str| plain.strip_prefix(prefix).filter(|digits| !digits.is_empty());
    let in_radix = |digits: &str, radix: u32| {
        let all = digits.chars().all(|digit| digit.is_digit(radix));
        all.then(|| integer(sign, digits, radix).map_or(Reading::Number, Reading::Value))
    };
    if let Some(digits) = starts("0x") {
        return in_radix(digits, 16);
    }
    if let Some(digits) = starts("0b") {
        return in_radix(digits, 2);
    }
    if let Some(digits) = starts("0").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        // `08` is no octal number, and readers disagree on what it is instead.
        return Some(in_radix(digits, 8).unwrap_or(Reading::Value(Value::Str(rest.into()))));
    }
    if digits(&plain) == plain.len() {
        return in_radix(&plain, 10);
    }
    let exponent_is_signed = plain.split_once(['e', 'E']).is_none_or(|(_, exponent)| exponent.starts_with(['+', '-']));
    let number = float(&plain).filter(|_| plain.contains('.') && exponent_is_signed)?;
    Some(Reading::Value(Value::Float(if sign == Some(b'-') { -number } else { number })))
}

/// The value of `[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn base_sixty(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let (first, parts) = whole.split_once(':')?;
    let mut number: f64 = first.replace('_', "").parse().ok().filter(|_| !first.contains(['.', 'e', 'E']))?;
    for part in parts.split(':') {
        if part.is_empty() || part.len() > 2 || digits(part) != part.len() {
            return None;
        }
        number = number * 60.0 + part.parse::<f64>().ok().filter(|part| *part < 60.0)?;
    }
    Some(number + format!("0.{}0", fraction.replace('_', "")).parse::<f64>().unwrap_or_default())
}
