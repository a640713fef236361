//! Lists, and lists as sets.

use std::cmp::Ordering;

use super::super::Value;
use super::super::budget::Budget;
use super::super::expression::Operator;
use super::super::operators::{self, Outcome, Refusal, because};
use super::{Function, free, length, list, method, text};

pub(super) const FUNCTIONS: [Function; 13] = [
    method("isSorted", 1, 1, is_sorted),
    method("sum", 1, 1, sum),
    method("min", 1, 1, |a, _| extreme(&a[0], Ordering::Less)),
    method("max", 1, 1, |a, _| extreme(&a[0], Ordering::Greater)),
    method("indexOf", 2, 3, index_of),
    method("lastIndexOf", 2, 3, last_index_of),
    method("distinct", 1, 1, distinct),
    method("flatten", 1, 1, flatten),
    method("slice", 3, 3, slice),
    method("sort", 1, 1, sort),
    free("sets.contains", 2, |a, budget| Ok(Value::Bool(all_in(&list(&a[1])?, &list(&a[0])?, budget)?))),
    free("sets.equivalent", 2, |a, budget| {
        let (one, other) = (list(&a[0])?, list(&a[1])?);
        Ok(Value::Bool(all_in(&one, &other, budget)? && all_in(&other, &one, budget)?))
    }),
    free("sets.intersects", 2, |a, budget| {
        let (one, other) = (list(&a[0])?, list(&a[1])?);
        for item in &one {
            if holds(&other, item, budget)? {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(one.is_empty() && other.is_empty()))
    }),
];

fn is_sorted(a: &[Value], _: &mut Budget) -> Outcome {
    for pair in list(&a[0])?.windows(2) {
        if let [first, second] = pair
            && operators::order(first, second)? == Some(Ordering::Greater)
        {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn sum(a: &[Value], budget: &mut Budget) -> Outcome {
    let mut items = list(&a[0])?.into_iter();
    let Some(first) = items.next() else { return Ok(Value::Int(0)) };
    if !matches!(first, Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Special(_)) {
        return Err(Refusal::NoOverload);
    }
    items.try_fold(first, |sum, item| operators::apply(Operator::Add, &sum, &item, budget))
}

fn extreme(of: &Value, wanted: Ordering) -> Outcome {
    let mut items = list(of)?.into_iter();
    let Some(mut best) = items.next() else {
        return because("an empty list has no smallest and no greatest element");
    };
    operators::order(&best, &best)?;
    for item in items {
        if operators::order(&item, &best)? == Some(wanted) {
            best = item;
        }
    }
    Ok(best)
}

/// The first place of an element, or of a text in a text; -1 when it is not there.
fn index_of(a: &[Value], budget: &mut Budget) -> Outcome {
    if let Value::Text(of) = &a[0] {
        let from = a.get(2).map(super::whole).transpose()?.unwrap_or(0);
        let start =
            of.char_indices().map(|(at, _)| at).chain([of.len()]).nth(usize::try_from(from).unwrap_or(usize::MAX));
        let Some(start) = start else { return because(format!("{from} lies outside of the text")) };
        let found = of.get(start..).unwrap_or_default().find(text(&a[1])?);
        return Ok(found.map_or(Value::Int(-1), |at| length(of.chars().count().min(characters(of, start + at)))));
    }
    if a.len() > 2 {
        return Err(Refusal::NoOverload);
    }
    for (index, item) in list(&a[0])?.iter().enumerate() {
        if operators::equal(item, &a[1], budget)? {
            return Ok(length(index));
        }
    }
    Ok(Value::Int(-1))
}

fn characters(text: &str, end: usize) -> usize {
    text.get(..end).unwrap_or(text).chars().count()
}

fn last_index_of(a: &[Value], budget: &mut Budget) -> Outcome {
    if let Value::Text(of) = &a[0] {
        let wanted = text(&a[1])?;
        let most = a.get(2).map(super::whole).transpose()?.unwrap_or(i64::MAX);
        let found = of.rmatch_indices(wanted).map(|(at, _)| characters(of, at));
        let found = found.map(|at| i64::try_from(at).unwrap_or(i64::MAX)).find(|at| *at <= most);
        return Ok(Value::Int(found.unwrap_or(-1)));
    }
    if a.len() > 2 {
        return Err(Refusal::NoOverload);
    }
    for (index, item) in list(&a[0])?.iter().enumerate().rev() {
        if operators::equal(item, &a[1], budget)? {
            return Ok(length(index));
        }
    }
    Ok(Value::Int(-1))
}

fn holds(items: &[Value], wanted: &Value, budget: &mut Budget) -> Result<bool, Refusal> {
    for item in items {
        if operators::equal(item, wanted, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all_in(items: &[Value], others: &[Value], budget: &mut Budget) -> Result<bool, Refusal> {
    for item in items {
        if !holds(others, item, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn distinct(a: &[Value], budget: &mut Budget) -> Outcome {
    let mut kept: Vec<Value> = Vec::new();
    for item in list(&a[0])? {
        if !holds(&kept, &item, budget)? {
            kept.push(item);
        }
    }
    Ok(Value::List(kept.into()))
}

/// One level of lists in a list.
fn flatten(a: &[Value], budget: &mut Budget) -> Outcome {
    let mut flat = Vec::new();
    for item in list(&a[0])? {
        match item.items() {
            Some(items) => flat.extend(items),
            None => flat.push(item),
        }
        if flat.len() > operators::MAX_ITEMS {
            return because("the list would have more than 100000 elements");
        }
    }
    budget.spend(flat.len())?;
    Ok(Value::List(flat.into()))
}

fn slice(a: &[Value], _: &mut Budget) -> Outcome {
    let (items, start, end) = (list(&a[0])?, super::whole(&a[1])?, super::whole(&a[2])?);
    let part =
        usize::try_from(start).ok().zip(usize::try_from(end).ok()).and_then(|(start, end)| items.get(start..end));
    match part {
        Some(part) => Ok(Value::List(part.into())),
        None => because(format!("{start} to {end} is no part of a list of {}", items.len())),
    }
}

fn sort(a: &[Value], budget: &mut Budget) -> Outcome {
    let mut items = list(&a[0])?;
    for pair in items.windows(2) {
        if let [first, second] = pair {
            operators::order(first, second)?;
        }
    }
    budget.spend(items.len().saturating_mul(16))?;
    items.sort_by(|a, b| operators::order(a, b).ok().flatten().unwrap_or(Ordering::Equal));
    Ok(Value::List(items.into()))
}
