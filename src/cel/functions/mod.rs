//! The functions that an expression can call: those of CEL, and the libraries that Kubernetes adds.

mod convert;
mod format;
mod lists;
mod names;
mod network;
mod optional;
mod patterns;
mod quantity;
mod strings;
mod time;
mod url;
mod version;

use super::Value;
use super::budget::Budget;
use super::operators::{Outcome, Refusal};

pub(super) use format::shown;
pub(super) use patterns::{compile as compile_pattern, with_pattern};

/// One function, for all types that it takes.
#[derive(Debug)]
pub(super) struct Function {
    /// The name, with its namespace where it has one: `optional.of`.
    pub name: &'static str,
    pub form: Form,
    /// How many values it takes; that before the point counts.
    pub least: usize,
    pub most: usize,
    run: Run,
}

type Run = fn(&[Value], &mut Budget) -> Outcome;

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `f(a)`.
    Free,
    /// `a.f()`.
    Method,
    /// Either.
    Both,
}

const fn free(name: &'static str, count: usize, run: Run) -> Function {
    Function { name, form: Form::Free, least: count, most: count, run }
}

const fn method(name: &'static str, least: usize, most: usize, run: Run) -> Function {
    Function { name, form: Form::Method, least, most, run }
}

const fn both(name: &'static str, least: usize, most: usize, run: Run) -> Function {
    Function { name, form: Form::Both, least, most, run }
}

/// All functions, by what they are about.
static ALL: [&[Function]; 11] = [
    &convert::FUNCTIONS,
    &strings::FUNCTIONS,
    &patterns::FUNCTIONS,
    &lists::FUNCTIONS,
    &optional::FUNCTIONS,
    &quantity::FUNCTIONS,
    &url::FUNCTIONS,
    &network::FUNCTIONS,
    &version::FUNCTIONS,
    &names::FUNCTIONS,
    &time::FUNCTIONS,
];

/// Namespaces of functions.
pub(super) const NAMESPACES: [&str; 6] = ["optional", "sets", "ip", "format", "strings", "math"];

/// The functions of a name; several when they share it and differ in what they take.
pub(super) fn named(name: &str) -> impl Iterator<Item = &'static Function> + Clone {
    ALL.iter().flat_map(|table| table.iter()).filter(move |function| function.name == name)
}

/// The names of all functions that are called in this way.
pub(super) fn names(method: bool) -> impl Iterator<Item = &'static str> {
    let fits = move |function: &&Function| match method {
        true => function.form != Form::Free,
        false => function.form != Form::Method,
    };
    ALL.iter().flat_map(|table| table.iter()).filter(fits).map(|function| function.name)
}

impl Function {
    pub fn call(&self, arguments: &[Value], budget: &mut Budget) -> Outcome {
        for argument in arguments {
            match argument {
                Value::Text(text) => budget.spend_bytes(text.len())?,
                Value::Bytes(bytes) => budget.spend_bytes(bytes.len())?,
                other => budget.spend(other.count().unwrap_or_default())?,
            }
        }
        (self.run)(arguments, budget)
    }
}

/// A text among the arguments.
fn text(value: &Value) -> Result<&str, Refusal> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Refusal::NoOverload),
    }
}

/// A whole number among the arguments.
fn whole(value: &Value) -> Result<i64, Refusal> {
    match value {
        Value::Int(number) => Ok(*number),
        _ => Err(Refusal::NoOverload),
    }
}

/// The elements of a list among the arguments.
fn list(value: &Value) -> Result<Vec<Value>, Refusal> {
    value.items().ok_or(Refusal::NoOverload)
}

/// A whole number made of a length.
fn length(length: usize) -> Value {
    Value::Int(i64::try_from(length).unwrap_or(i64::MAX))
}
