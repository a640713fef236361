//! An expression as it is evaluated: names are found, macros are nodes of their own.

use ecow::EcoString;
use regex::Regex;

use super::Value;
use super::functions::Function;

/// A node and where it stands.
#[derive(Debug)]
pub(super) struct Expression {
    /// Characters from the start of the text.
    pub at: usize,
    pub node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Literal(Value),
    /// The variable of a macro, by its place from the outermost one.
    Local(usize),
    Global(Global),
    /// A variable of the policy.
    Variable(usize),
    /// What is known only in a cluster, such as `authorizer`.
    Unknown(EcoString),
    Select(Box<Expression>, EcoString),
    /// `a.?b`.
    MaybeSelect(Box<Expression>, EcoString),
    Has(Box<Expression>, EcoString),
    Index(Box<[Expression; 2]>),
    /// `a[?b]`.
    MaybeIndex(Box<[Expression; 2]>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    Conditional(Box<[Expression; 3]>),
    Binary(Operator, Box<[Expression; 2]>),
    List(Vec<Item>),
    Map(Vec<(Expression, Item)>),
    Call(&'static Function, Vec<Expression>),
    /// `matches`, `find` and `findAll` with a pattern that is written out.
    Pattern(&'static Function, Box<Regex>, Vec<Expression>),
    Fold(Box<Fold>),
}

/// An element of a list or the value of a mapping.
#[derive(Debug)]
pub(super) struct Item {
    /// Whether it is left out when it is an optional without a value.
    pub optional: bool,
    pub value: Expression,
}

/// What every policy can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    Object,
    OldObject,
    Request,
    NamespaceObject,
    Params,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
}

/// A macro that runs over a list or a mapping, or over what an optional holds.
#[derive(Debug)]
pub(super) struct Fold {
    pub kind: FoldKind,
    pub range: Expression,
    /// Whether the macro has a second variable: index and value, or key and value.
    pub two: bool,
    /// Which elements count, of a `map` with three arguments.
    pub filter: Option<Expression>,
    pub body: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoldKind {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
    OptMap,
    OptFlatMap,
}
