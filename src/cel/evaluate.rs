//! What an expression comes to.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::budget::{Budget, Spent};
use super::expression::{Expression, Fold, FoldKind, Global, Item, Node, Operator};
use super::operators::{self, MAX_ITEMS, Refusal};
use super::{Fault, Program, Value, functions};
use crate::origin::Origin;

/// How deep expressions and the variables that they name may lie in each other.
const MAX_NESTING: usize = 200;

/// What an expression looks at.
#[derive(Clone, Debug)]
pub struct Given {
    /// The object. Findings point into it.
    pub object: Value,
    /// What the API server would say of the request.
    pub request: Value,
    /// The object of the namespace; `None` when it is not known.
    pub namespace: Option<Value>,
    /// The parameters; null when there are none.
    pub params: Value,
}

/// One object against the expressions of one policy: a variable is evaluated once, when it is needed.
pub struct Evaluation<'a> {
    given: &'a Given,
    variables: &'a [(EcoString, Program)],
    known: Vec<Option<Result<Answer, Stop>>>,
    locals: Vec<Value>,
    place: Option<Origin>,
    nesting: usize,
    budget: Budget,
}

/// What an expression comes to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// The field of the object that decided it: what was asked last, or where something is missing.
    pub place: Option<Origin>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The expression fails on this object.
    Fault(Fault),
    /// Only a cluster knows this.
    Unknown(EcoString),
    /// It takes too long.
    Spent,
}

impl From<Spent> for Stop {
    fn from(_: Spent) -> Self {
        Self::Spent
    }
}

type Outcome = Result<Value, Stop>;

impl<'a> Evaluation<'a> {
    /// An evaluation with the variables of a policy.
    pub fn new(given: &'a Given, variables: &'a [(EcoString, Program)]) -> Self {
        let known = vec![None; variables.len()];
        let budget = Budget::new(0);
        Self { given, variables, known, locals: Vec::new(), place: None, nesting: 0, budget }
    }

    /// Evaluates one expression within `budget`.
    pub fn run(&mut self, program: &Program, budget: &mut Budget) -> Result<Answer, (Stop, Option<Origin>)> {
        let own = Budget::EXPRESSION.min(budget.left());
        self.budget = Budget::new(own);
        self.place = None;
        self.locals.clear();
        let outcome = self.value(&program.root);
        let used = own - self.budget.left();
        let _ = budget.spend(used as usize);
        match outcome {
            Ok(value) => Ok(Answer { value, place: self.place }),
            Err(stop) => Err((stop, self.place)),
        }
    }

    fn value(&mut self, expression: &Expression) -> Outcome {
        self.budget.spend(1)?;
        if self.nesting >= MAX_NESTING {
            return Err(fault(expression, "the variables lie too deep in each other"));
        }
        self.nesting += 1;
        let outcome = self.node(expression);
        self.nesting -= 1;
        outcome
    }

    fn node(&mut self, expression: &Expression) -> Outcome {
        match &expression.node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Local(index) => Ok(self.local(*index)),
            Node::Global(global) => self.global(*global),
            Node::Variable(index) => self.variable(expression, *index),
            Node::Unknown(what) => Err(Stop::Unknown(what.clone())),
            Node::Select(of, name) => self.select(expression, of, name),
            Node::MaybeSelect(of, name) => {
                let of = self.value(of)?;
                self.maybe(expression, &of, &Value::Text(name.clone()))
            }
            Node::Has(of, name) => self.has(expression, of, name),
            Node::Index(pair) => self.index(expression, &pair[0], &pair[1]),
            Node::MaybeIndex(pair) => {
                let (of, key) = self.pair(&pair[0], &pair[1])?;
                self.maybe(expression, &of, &key)
            }
            Node::And(pair) => self.logical(&pair[0], &pair[1], false),
            Node::Or(pair) => self.logical(&pair[0], &pair[1], true),
            Node::Not(of) => Ok(Value::Bool(!self.truth(of)?)),
            Node::Negate(of) => {
                let value = self.value(of)?;
                operators::negate(&value).map_err(|refusal| refused(expression, refusal, "-", &[value]))
            }
            Node::Conditional(parts) => {
                let chosen = if self.truth(&parts[0])? { &parts[1] } else { &parts[2] };
                self.value(chosen)
            }
            Node::Binary(operator, pair) => self.binary(expression, *operator, &pair[0], &pair[1]),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(expression, entries),
            Node::Call(function, arguments) => {
                let arguments = self.arguments(arguments)?;
                let outcome = function.call(&arguments, &mut self.budget);
                outcome.map_err(|refusal| refused(expression, refusal, function.name, &arguments))
            }
            Node::Pattern(function, regex, arguments) => {
                let arguments = self.arguments(arguments)?;
                let outcome = functions::with_pattern(function, regex, &arguments, &mut self.budget);
                outcome.map_err(|refusal| refused(expression, refusal, function.name, &arguments))
            }
            Node::Fold(fold) => self.fold(expression, fold),
        }
    }

    fn local(&mut self, index: usize) -> Value {
        let value = self.locals.get(index).cloned().unwrap_or(Value::Null);
        self.place = value.place().or(self.place);
        value
    }

    fn global(&mut self, global: Global) -> Outcome {
        Ok(match global {
            Global::Object => self.given.object.clone(),
            Global::OldObject => Value::Null,
            Global::Request => self.given.request.clone(),
            Global::Params => self.given.params.clone(),
            Global::NamespaceObject => {
                self.given.namespace.clone().ok_or_else(|| Stop::Unknown("namespaceObject".into()))?
            }
        })
    }

    fn variable(&mut self, expression: &Expression, index: usize) -> Outcome {
        let Some((name, program)) = self.variables.get(index) else { return Ok(Value::Null) };
        let known = match self.known.get(index).and_then(Option::as_ref) {
            Some(known) => known.clone(),
            None => {
                let locals = std::mem::take(&mut self.locals);
                let before = self.place.take();
                let outcome = self.value(&program.root);
                let place = self.place.take().or(before);
                self.locals = locals;
                let known = outcome.map(|value| Answer { value, place });
                let spent = matches!(known, Err(Stop::Spent));
                if let Some(slot) = self.known.get_mut(index).filter(|_| !spent) {
                    *slot = Some(known.clone());
                }
                known
            }
        };
        match known {
            Ok(answer) => {
                self.place = answer.place.or(self.place);
                Ok(answer.value)
            }
            Err(Stop::Fault(of_variable)) => {
                let message = format!("the variable `{name}` has no value: {}", of_variable.message);
                Err(Stop::Fault(Fault { at: expression.at, message, help: of_variable.help }))
            }
            Err(stop) => Err(stop),
        }
    }

    fn select(&mut self, expression: &Expression, of: &Expression, name: &EcoString) -> Outcome {
        let of = self.value(of)?;
        if matches!(of, Value::Optional(_)) {
            return self.maybe(expression, &of, &Value::Text(name.clone()));
        }
        match of.field(name) {
            Ok(Some((value, place))) => {
                self.place = place.or(self.place);
                Ok(value)
            }
            Ok(None) => {
                self.place = of.place().or(self.place);
                let help = "ask with `has(...)` first, or write `.?` and `orValue(...)`";
                Err(Stop::Fault(Fault::new(expression.at, format!("there is no `{name}` here")).help(help)))
            }
            Err(()) => Err(fault(expression, &format!("{} has no fields, so no `{name}`", described(&of)))),
        }
    }

    fn has(&mut self, expression: &Expression, of: &Expression, name: &EcoString) -> Outcome {
        let mut of = self.value(of)?;
        while let Value::Optional(inner) = of {
            match inner {
                Some(inner) => of = Arc::unwrap_or_clone(inner),
                None => return Ok(Value::Bool(false)),
            }
        }
        match of.field(name) {
            Ok(found) => {
                let place = found.as_ref().and_then(|(_, place)| *place).or(of.place());
                self.place = place.or(self.place);
                Ok(Value::Bool(found.is_some()))
            }
            Err(()) => Err(fault(expression, &format!("{} has no fields, so no `{name}`", described(&of)))),
        }
    }

    fn index(&mut self, expression: &Expression, of: &Expression, key: &Expression) -> Outcome {
        let (of, key) = self.pair(of, key)?;
        if matches!(of, Value::Optional(_)) {
            return self.maybe(expression, &of, &key);
        }
        let found =
            self.at(&of, &key).map_err(|refusal| refused(expression, refusal, "[]", &[of.clone(), key.clone()]));
        match found? {
            Some(value) => Ok(value),
            None => {
                self.place = of.place().or(self.place);
                let shown = functions::shown(&key);
                Err(Stop::Fault(Fault::new(expression.at, format!("there is nothing at `[{shown}]`"))))
            }
        }
    }

    /// What a list or a mapping has at `key`.
    fn at(&mut self, of: &Value, key: &Value) -> Result<Option<Value>, Refusal> {
        let found = match operators::is_list(of) {
            true => position(key)?.and_then(|index| of.item(index)),
            false if operators::is_map(of) => operators::at_key(of, key, &mut self.budget)?,
            false => return Err(Refusal::NoOverload),
        };
        Ok(found.map(|(value, place)| {
            self.place = place.or(self.place);
            value
        }))
    }

    /// `of.?key` and `of[?key]`, and what follows them.
    fn maybe(&mut self, expression: &Expression, of: &Value, key: &Value) -> Outcome {
        let inner = match of {
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => inner.as_ref(),
            other => other,
        };
        let found =
            self.at(inner, key).map_err(|refusal| refused(expression, refusal, "?", &[inner.clone(), key.clone()]));
        let found = found?;
        if found.is_none() {
            self.place = inner.place().or(self.place);
        }
        Ok(match found {
            Some(value) => Value::some(value),
            None => Value::Optional(None),
        })
    }

    /// `&&` (which `false` decides) and `||` (which `true` does). An operand that fails does not
    /// count where the other one decides.
    fn logical(&mut self, left: &Expression, right: &Expression, decides: bool) -> Outcome {
        let first = match self.truth(left) {
            Ok(truth) if truth == decides => return Ok(Value::Bool(decides)),
            Err(Stop::Spent) => return Err(Stop::Spent),
            first => first,
        };
        let place = self.place;
        match (first, self.truth(right)) {
            (_, Ok(truth)) if truth == decides => Ok(Value::Bool(decides)),
            (_, Err(Stop::Spent)) => Err(Stop::Spent),
            (Err(stop), _) => {
                self.place = place;
                Err(stop)
            }
            (Ok(_), second) => second.map(Value::Bool),
        }
    }

    fn truth(&mut self, expression: &Expression) -> Result<bool, Stop> {
        match self.value(expression)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(fault(expression, &format!("{} stands where a truth value is needed", described(&other)))),
        }
    }

    fn binary(
        &mut self,
        expression: &Expression,
        operator: Operator,
        left: &Expression,
        right: &Expression,
    ) -> Outcome {
        let (left, right) = self.pair(left, right)?;
        operators::apply(operator, &left, &right, &mut self.budget)
            .map_err(|refusal| refused(expression, refusal, operator.as_str(), &[left, right]))
    }

    /// Two operands. A finding points at what the first one asked for, where it asked for something.
    fn pair(&mut self, left: &Expression, right: &Expression) -> Result<(Value, Value), Stop> {
        let before = self.place.take();
        let left = self.value(left);
        let first = self.place;
        let left = left?;
        let right = self.value(right)?;
        self.place = first.or(self.place).or(before);
        Ok((left, right))
    }

    fn arguments(&mut self, arguments: &[Expression]) -> Result<Vec<Value>, Stop> {
        let before = self.place.take();
        let mut first = None;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.value(argument)?);
            first = first.or(self.place);
        }
        self.place = first.or(before);
        Ok(values)
    }

    fn list(&mut self, items: &[Item]) -> Outcome {
        let mut values = EcoVec::with_capacity(items.len());
        for item in items {
            values.extend(self.item(item)?);
        }
        Ok(Value::List(values))
    }

    fn item(&mut self, item: &Item) -> Result<Option<Value>, Stop> {
        match (item.optional, self.value(&item.value)?) {
            (false, value) => Ok(Some(value)),
            (true, Value::Optional(inner)) => Ok(inner.map(Arc::unwrap_or_clone)),
            (true, _) => Err(fault(&item.value, "behind `?` stands what may be there, an optional")),
        }
    }

    fn map(&mut self, expression: &Expression, entries: &[(Expression, Item)]) -> Outcome {
        let mut made: EcoVec<(Value, Value)> = EcoVec::with_capacity(entries.len());
        for (key, item) in entries {
            let key = self.value(key)?;
            let known = operators::at_key(&Value::Map(made.clone()), &key, &mut self.budget);
            match known.map_err(|refusal| refused(expression, refusal, "{}", std::slice::from_ref(&key)))? {
                Some(_) => return Err(fault(expression, &format!("`{}` stands there twice", functions::shown(&key)))),
                None => made.extend(self.item(item)?.map(|value| (key, value))),
            }
        }
        Ok(Value::Map(made))
    }

    fn fold(&mut self, expression: &Expression, fold: &Fold) -> Outcome {
        let range = self.value(&fold.range)?;
        let whole = range.place().or(self.place);
        if matches!(fold.kind, FoldKind::OptMap | FoldKind::OptFlatMap) {
            return self.over_optional(expression, fold, &range);
        }
        let Some(count) = range.count() else {
            return Err(fault(expression, &format!("{} is no list and no mapping", described(&range))));
        };
        let base = self.locals.len();
        let outcome = self.over(fold, &range, count, base);
        self.locals.truncate(base);
        let (value, cut_short) = outcome?;
        if !cut_short {
            self.place = whole;
        }
        Ok(value)
    }

    /// Runs over all elements. The second value says whether one of them decided.
    fn over(&mut self, fold: &Fold, range: &Value, count: usize, base: usize) -> Result<(Value, bool), Stop> {
        let mut made: EcoVec<Value> = EcoVec::new();
        let (mut matches, mut failed) = (0usize, None);
        for index in 0..count {
            self.budget.spend(1)?;
            self.locals.truncate(base);
            let key = self.bind(fold, range, index);
            match fold.kind {
                FoldKind::All | FoldKind::Exists => {
                    let decides = fold.kind == FoldKind::Exists;
                    match self.truth(&fold.body) {
                        Ok(truth) if truth == decides => return Ok((Value::Bool(decides), true)),
                        Ok(_) => {}
                        Err(Stop::Spent) => return Err(Stop::Spent),
                        Err(stop) => failed = failed.or(Some((stop, self.place))),
                    }
                }
                FoldKind::ExistsOne => matches += usize::from(self.truth(&fold.body)?),
                FoldKind::Filter => {
                    if self.truth(&fold.body)? {
                        made.push(key);
                    }
                }
                _ => {
                    if fold.filter.as_ref().map_or(Ok(true), |filter| self.truth(filter))? {
                        made.push(self.value(&fold.body)?);
                    }
                }
            }
            if made.len() > MAX_ITEMS {
                return Err(Stop::Spent);
            }
        }
        if let Some((stop, place)) = failed {
            self.place = place;
            return Err(stop);
        }
        let value = match fold.kind {
            FoldKind::All => Value::Bool(true),
            FoldKind::Exists => Value::Bool(false),
            FoldKind::ExistsOne => Value::Bool(matches == 1),
            _ => Value::List(made),
        };
        Ok((value, false))
    }

    /// Gives the variables of a macro their values for one element; what a filter keeps of it.
    fn bind(&mut self, fold: &Fold, range: &Value, index: usize) -> Value {
        let (first, second, place) = match operators::is_map(range) {
            true => range.entry(index),
            false => range.item(index).map(|(item, place)| (Value::Int(index as i64), item, place)),
        }
        .unwrap_or((Value::Null, Value::Null, None));
        self.place = place.or(self.place);
        let is_map = operators::is_map(range);
        if fold.two {
            self.locals.push(first);
            self.locals.push(second.clone());
            return second;
        }
        let kept = if is_map { first } else { second };
        self.locals.push(kept.clone());
        kept
    }

    fn over_optional(&mut self, expression: &Expression, fold: &Fold, range: &Value) -> Outcome {
        let Value::Optional(inner) = range else {
            return Err(fault(expression, &format!("{} is no optional", described(range))));
        };
        let Some(inner) = inner else { return Ok(Value::Optional(None)) };
        self.locals.push(inner.as_ref().clone());
        let outcome = self.value(&fold.body);
        self.locals.pop();
        match (fold.kind, outcome?) {
            (FoldKind::OptMap, value) => Ok(Value::some(value)),
            (_, Value::Optional(inner)) => Ok(Value::Optional(inner)),
            (_, other) => Err(fault(expression, &format!("{} is no optional", described(&other)))),
        }
    }
}

/// The place of a list that a key names.
fn position(key: &Value) -> Result<Option<usize>, Refusal> {
    match key {
        Value::Int(index) => Ok(usize::try_from(*index).ok()),
        Value::Uint(index) => Ok(usize::try_from(*index).ok()),
        Value::Double(index) if index.fract() == 0.0 && *index >= 0.0 => Ok(Some(*index as usize)),
        _ => Err(Refusal::NoOverload),
    }
}

fn fault(expression: &Expression, message: &str) -> Stop {
    Stop::Fault(Fault::new(expression.at, message))
}

/// What kind of value this is, in a sentence.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        other => format!("a value of type `{}`", other.type_name()),
    }
}

fn refused(expression: &Expression, refusal: Refusal, name: &str, values: &[Value]) -> Stop {
    match refusal {
        Refusal::Spent => Stop::Spent,
        Refusal::Because(message) => fault(expression, &message),
        Refusal::NoOverload => {
            let types: Vec<String> = values.iter().map(|value| format!("`{}`", value.type_name())).collect();
            let message = match types.is_empty() {
                true => format!("`{name}` takes no such values"),
                false => format!("`{name}` takes no values of the types {}", types.join(" and ")),
            };
            fault(expression, &message)
        }
    }
}

impl Operator {
    /// As it is written.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
        }
    }
}
