//! Regular expressions. They take time in proportion to the text, whatever the pattern.

use regex::{Regex, RegexBuilder};

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{MAX_ITEMS, Outcome, Refusal};
use super::{Function, both, method, text, whole};

pub(super) const FUNCTIONS: [Function; 3] =
    [both("matches", 2, 2, run), method("find", 2, 2, run_find), method("findAll", 2, 3, run_find_all)];

/// The memory that a pattern may take when it is compiled.
const SIZE: usize = 1 << 20;
/// What compiling a pattern costs that an expression makes.
const COST: usize = 2_000;

/// Compiles a pattern.
pub(in crate::cel) fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(100).build();
    built.map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim();
        reason.strip_prefix("error: ").unwrap_or(reason).to_owned()
    })
}

/// Calls one of the functions with a pattern that was compiled before.
pub(in crate::cel) fn with_pattern(
    function: &Function,
    pattern: &Regex,
    arguments: &[Value],
    budget: &mut Budget,
) -> Outcome {
    let of = text(&arguments[0])?;
    budget.spend_bytes(of.len())?;
    match function.name {
        "matches" => Ok(Value::Bool(pattern.is_match(of))),
        "find" => Ok(Value::text(pattern.find(of).map_or("", |found| found.as_str()))),
        _ => {
            let most = arguments.get(2).map(whole).transpose()?.unwrap_or(-1);
            let most = usize::try_from(most).unwrap_or(MAX_ITEMS).min(MAX_ITEMS);
            let found: Vec<&str> = pattern.find_iter(of).take(most).map(|found| found.as_str()).collect();
            budget.spend(found.len())?;
            Ok(Value::List(found.into_iter().map(Value::text).collect()))
        }
    }
}

fn with_text(name: &'static str, arguments: &[Value], budget: &mut Budget) -> Outcome {
    budget.spend(COST)?;
    let pattern = compile(text(&arguments[1])?);
    let pattern = pattern.map_err(|why| Refusal::Because(format!("this is no regular expression: {why}")))?;
    let function = super::named(name).next().ok_or(Refusal::NoOverload)?;
    with_pattern(function, &pattern, arguments, budget)
}

fn run(arguments: &[Value], budget: &mut Budget) -> Outcome {
    with_text("matches", arguments, budget)
}

fn run_find(arguments: &[Value], budget: &mut Budget) -> Outcome {
    with_text("find", arguments, budget)
}

fn run_find_all(arguments: &[Value], budget: &mut Budget) -> Outcome {
    with_text("findAll", arguments, budget)
}
