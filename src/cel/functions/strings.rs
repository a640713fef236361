//! Texts. Positions count characters.

use ecow::EcoVec;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, because, bounded};
use super::{Function, format, free, length, list, method, text, whole};

pub(super) const FUNCTIONS: [Function; 14] = [
    method("contains", 2, 2, |a, _| Ok(Value::Bool(text(&a[0])?.contains(text(&a[1])?)))),
    method("startsWith", 2, 2, |a, _| Ok(Value::Bool(text(&a[0])?.starts_with(text(&a[1])?)))),
    method("endsWith", 2, 2, |a, _| Ok(Value::Bool(text(&a[0])?.ends_with(text(&a[1])?)))),
    method("charAt", 2, 2, char_at),
    method("lowerAscii", 1, 1, |a, _| Ok(Value::text(text(&a[0])?.to_ascii_lowercase()))),
    method("upperAscii", 1, 1, |a, _| Ok(Value::text(text(&a[0])?.to_ascii_uppercase()))),
    method("trim", 1, 1, |a, _| Ok(Value::text(text(&a[0])?.trim()))),
    method("reverse", 1, 1, reverse),
    method("replace", 3, 4, replace),
    method("split", 2, 3, split),
    method("substring", 2, 3, substring),
    method("join", 1, 2, join),
    free("strings.quote", 1, |a, budget| {
        let quoted = format!("{:?}", text(&a[0])?);
        bounded(quoted.len(), budget)?;
        Ok(Value::text(quoted))
    }),
    method("format", 2, 2, |a, budget| format::format(text(&a[0])?, &list(&a[1])?, budget)),
];

fn char_at(a: &[Value], _: &mut Budget) -> Outcome {
    let (text, at) = (text(&a[0])?, whole(&a[1])?);
    let count = text.chars().count();
    match usize::try_from(at) {
        Ok(at) if at < count => Ok(Value::text(text.chars().skip(at).take(1).collect::<String>())),
        Ok(at) if at == count => Ok(Value::text("")),
        _ => because(format!("position {at} lies outside of a text of {count} characters")),
    }
}

fn reverse(a: &[Value], _: &mut Budget) -> Outcome {
    if let Value::Text(text) = &a[0] {
        return Ok(Value::text(text.chars().rev().collect::<String>()));
    }
    Ok(Value::List(list(&a[0])?.into_iter().rev().collect()))
}

/// `replace(old, new)` and `replace(old, new, count)`; a negative count is all of them.
fn replace(a: &[Value], budget: &mut Budget) -> Outcome {
    let (of, old, new) = (text(&a[0])?, text(&a[1])?, text(&a[2])?);
    let most = match a.get(3).map(whole).transpose()? {
        Some(count) => usize::try_from(count).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let found = of.matches(old).count().min(most);
    bounded(of.len().saturating_add(found.saturating_mul(new.len())), budget)?;
    Ok(Value::text(of.replacen(old, new, found)))
}

/// `split(separator)` and `split(separator, count)`; a negative count is no limit.
fn split(a: &[Value], budget: &mut Budget) -> Outcome {
    let (of, separator) = (text(&a[0])?, text(&a[1])?);
    let most = a.get(2).map(whole).transpose()?.unwrap_or(-1);
    let parts: Vec<&str> = match (usize::try_from(most), separator.is_empty()) {
        (Ok(0), _) => Vec::new(),
        (Ok(most), true) => {
            let cut = of.char_indices().nth(most - 1).map_or(of.len(), |(at, _)| at);
            let (singles, rest) = of.split_at(cut);
            singles.split_inclusive(|_| true).chain((!rest.is_empty()).then_some(rest)).collect()
        }
        (Err(_), true) => of.split_inclusive(|_| true).collect(),
        (Ok(most), false) => of.splitn(most, separator).collect(),
        (Err(_), false) => of.split(separator).collect(),
    };
    budget.spend(parts.len())?;
    Ok(Value::List(parts.into_iter().map(Value::text).collect()))
}

fn substring(a: &[Value], _: &mut Budget) -> Outcome {
    let text = text(&a[0])?;
    let count = length(text.chars().count());
    let end = a.get(2).unwrap_or(&count);
    let (Value::Int(count), start, end) = (&count, whole(&a[1])?, whole(end)?) else { return Ok(Value::Null) };
    if start < 0 || end < start || end > *count {
        return because(format!("{start} to {end} is no part of a text of {count} characters"));
    }
    let (start, length) = (start as usize, (end - start) as usize);
    Ok(Value::text(text.chars().skip(start).take(length).collect::<String>()))
}

fn join(a: &[Value], budget: &mut Budget) -> Outcome {
    let separator = a.get(1).map(text).transpose()?.unwrap_or_default();
    let items = list(&a[0])?;
    let parts: EcoVec<&str> = items.iter().map(text).collect::<Result<_, _>>()?;
    bounded(parts.iter().map(|part| part.len() + separator.len()).sum(), budget)?;
    Ok(Value::text(parts.join(separator)))
}
