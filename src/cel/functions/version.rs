//! Semantic versions, and the comparisons that quantities share with them.

use std::cmp::Ordering;

use semver::Version;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::Special;
use super::{Form, Function, format, method, text};

pub(super) const FUNCTIONS: [Function; 8] = [
    Function { name: "semver", form: Form::Free, least: 1, most: 2, run: semver },
    Function { name: "isSemver", form: Form::Free, least: 1, most: 2, run: is_semver },
    method("major", 1, 1, |a, _| number(of(&a[0])?.major)),
    method("minor", 1, 1, |a, _| number(of(&a[0])?.minor)),
    method("patch", 1, 1, |a, _| number(of(&a[0])?.patch)),
    method("isLessThan", 2, 2, |a, _| Ok(Value::Bool(compare(&a[0], &a[1])?.is_lt()))),
    method("isGreaterThan", 2, 2, |a, _| Ok(Value::Bool(compare(&a[0], &a[1])?.is_gt()))),
    method("compareTo", 2, 2, |a, _| Ok(Value::Int(compare(&a[0], &a[1])? as i64))),
];

fn semver(a: &[Value], _: &mut Budget) -> Outcome {
    match parse(a)? {
        Some(version) => Ok(Value::special(Special::Semver(version))),
        None => because(format!("`{}` is no semantic version", format::cut(text(&a[0])?))),
    }
}

fn is_semver(a: &[Value], _: &mut Budget) -> Outcome {
    Ok(Value::Bool(parse(a)?.is_some()))
}

/// The version of a text; with `true` behind it also `v1.2` and `01.2.3`.
fn parse(a: &[Value]) -> Result<Option<Version>, Refusal> {
    let text = text(&a[0])?;
    match a.get(1) {
        None | Some(Value::Bool(false)) => Ok(Version::parse(text).ok()),
        Some(Value::Bool(true)) => Ok(Version::parse(&normal(text)).ok()),
        Some(_) => Err(Refusal::NoOverload),
    }
}

fn normal(text: &str) -> String {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let mut parts: Vec<&str> = numbers.split('.').map(|part| part.trim_start_matches('0')).collect();
    parts.iter_mut().filter(|part| part.is_empty()).for_each(|part| *part = "0");
    if rest.is_empty() {
        parts.resize(parts.len().max(3), "0");
    }
    parts.join(".") + rest
}

fn of(value: &Value) -> Result<&Version, Refusal> {
    match value {
        Value::Special(special) => match special.as_ref() {
            Special::Semver(version) => Ok(version),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn number(number: u64) -> Outcome {
    Ok(Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
}

/// Two quantities, or two versions.
fn compare(a: &Value, b: &Value) -> Result<Ordering, Refusal> {
    let (Value::Special(a), Value::Special(b)) = (a, b) else { return Err(Refusal::NoOverload) };
    match (a.as_ref(), b.as_ref()) {
        (Special::Quantity(a), Special::Quantity(b)) => Ok(a.cmp(b)),
        (Special::Semver(a), Special::Semver(b)) => Ok(a.cmp_precedence(b)),
        _ => Err(Refusal::NoOverload),
    }
}
