//! CEL, the Common Expression Language, as a ValidatingAdmissionPolicy of Kubernetes uses it.
//!
//! The crate `cel` reads a text into its syntax tree. What an expression means is here, and works on
//! the [`crate::tree`] as it is: nothing is converted, every finding knows the field that was asked
//! last, and what an evaluation may cost is bounded. The crate's own interpreter knows neither places
//! nor bounds; it is the oracle of the tests.
//!
//! Nothing that is written here can take long: [`MAX_TEXT`] and [`MAX_DEPTH`] bound what is compiled,
//! and [`Budget`] what is evaluated.

mod budget;
mod evaluate;
mod expression;
mod functions;
mod operators;
mod parse;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub use budget::Budget;
pub use evaluate::{Answer, Evaluation, Given, Stop};
pub use parse::{MAX_DEPTH, MAX_TEXT};
pub use value::Value;

use expression::Expression;

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub struct Program {
    root: Expression,
}

/// What an expression may name beside what every policy has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// The variables of the policy that stand before it.
    pub variables: &'a [&'a str],
    /// Whether the policy has parameters.
    pub params: bool,
}

/// What is wrong with an expression, or with its evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where: characters from the start of the expression.
    pub at: usize,
    /// What is wrong, in the words of a diagnostic.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: String::new() }
    }

    fn help(self, help: impl Into<String>) -> Self {
        Self { help: help.into(), ..self }
    }
}

impl Program {
    /// Compiles a text. All unknown names are told at once.
    ///
    /// Reading a deep text takes stack in proportion to [`MAX_TEXT`], so this is called where there
    /// is enough of it: see [`with_stack`].
    pub fn compile(text: &str, names: Names<'_>) -> Result<Self, Vec<Fault>> {
        parse::parse(text, names).map(|root| Self { root })
    }
}

/// Runs `work` where there is stack enough to compile what is as deep as a text may be; `None` when
/// the reader of expressions gave up, which would be a mistake of its own.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(parse::STACK).spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}
