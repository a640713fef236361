//! From a text to an expression: the crate `cel` reads it, and here its names are found.

use ::cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, SourceInfo};
use ::cel::{Env, ParseErrors};
use ecow::EcoString;

use super::expression::{Expression, Fold, FoldKind, Global, Item, Node, Operator};
use super::functions::{self, Form, Function};
use super::{Fault, Names, Value};
use crate::diagnostic::near_miss;

/// The longest text that is compiled, in bytes.
pub const MAX_TEXT: usize = 16_384;
/// How deep an expression may be.
pub const MAX_DEPTH: usize = 100;
/// How deep lists and mappings may lie in each other in one expression.
const MAX_LITERAL: usize = 16;
/// What reading the deepest text of [`MAX_TEXT`] takes of stack, and more.
pub(super) const STACK: usize = 256 << 20;

/// What every policy can name.
const GLOBALS: [(&str, Global); 5] = [
    ("object", Global::Object),
    ("oldObject", Global::OldObject),
    ("request", Global::Request),
    ("namespaceObject", Global::NamespaceObject),
    ("params", Global::Params),
];

/// The types that an expression can name.
const TYPES: [&str; 10] = ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "null_type", "type"];

/// The fields of a request, and whether they are known without a cluster.
const REQUEST: [(&str, bool); 14] = [
    ("operation", true),
    ("kind", true),
    ("resource", true),
    ("requestKind", true),
    ("requestResource", true),
    ("name", true),
    ("namespace", true),
    ("dryRun", true),
    ("subResource", true),
    ("requestSubResource", true),
    ("uid", false),
    ("userInfo", false),
    ("options", false),
    ("object", false),
];

pub(super) fn parse(text: &str, names: Names<'_>) -> Result<Expression, Vec<Fault>> {
    if text.len() > MAX_TEXT {
        let message = format!("the expression has {} bytes, and {MAX_TEXT} are permitted", text.len());
        return Err(vec![Fault::new(0, message).help("put parts of it into `variables`")]);
    }
    if text.trim().is_empty() {
        return Err(vec![Fault::new(0, "the expression is empty")]);
    }
    // An environment without macros: what they mean is found below, with their places.
    let read = Env::default().parser().parse_with_source_info(text);
    let (root, places) = read.map_err(|errors| syntax(text, &errors))?;
    let mut reading =
        Reading { text, names, places: &places, locals: Vec::new(), faults: Vec::new(), depth: 0, literals: 0 };
    let expression = reading.expression(root);
    if reading.faults.is_empty() { Ok(expression) } else { Err(reading.faults) }
}

/// What the reader says, in our words: it names every token that could follow.
fn syntax(text: &str, errors: &ParseErrors) -> Vec<Fault> {
    let Some(first) = errors.errors.first() else { return vec![Fault::new(0, "this is no expression")] };
    let (line, column) = (first.pos.0.max(1) as usize, first.pos.1.max(1) as usize);
    let before: usize = text.split('\n').take(line - 1).map(|line| line.chars().count() + 1).sum();
    let at = (before + column - 1).min(text.chars().count());
    if !first.msg.starts_with("Syntax error") {
        return vec![Fault::new(at, format!("this is no expression: {}", first.msg.trim_end_matches('.')))];
    }
    let rest: String = text.chars().skip(at).take(200).collect();
    let fault = match rest.trim_start().chars().next() {
        None => Fault::new(at, "the expression ends where something has to follow"),
        Some('\'' | '"') if text.matches(['\'', '"']).count() % 2 == 1 => {
            Fault::new(at, "the text that begins here has no end")
        }
        Some('\'' | '"') => Fault::new(at, "a text stands where none can, or has an escape that CEL does not know")
            .help("write `\\\\` for a backslash, or `r'...'` for a text without escapes"),
        Some('=') => Fault::new(at, "`=` is no operator of CEL").help("write `==` to compare"),
        Some('&' | '|') => Fault::new(at, "a single `&` or `|` is no operator of CEL").help("write `&&` or `||`"),
        Some(_) => Fault::new(at, format!("`{}` cannot stand here", token(&rest))),
    };
    vec![fault]
}

/// The word or sign that a text begins with.
fn token(rest: &str) -> String {
    let rest = rest.trim_start();
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').take(40).collect();
    if word.is_empty() { rest.chars().take(1).collect() } else { word }
}

struct Reading<'a> {
    text: &'a str,
    names: Names<'a>,
    places: &'a SourceInfo,
    /// The variables of the macros around, outermost first.
    locals: Vec<EcoString>,
    faults: Vec<Fault>,
    depth: usize,
    literals: usize,
}

impl Reading<'_> {
    fn at(&self, expression: &IdedExpr) -> usize {
        // The reader counts bytes, and people characters.
        let start = self.places.offset_for(expression.id).map_or(0, |(start, _)| start as usize);
        let start = self.text.get(..start).map_or(start, |before| before.chars().count());
        match &expression.expr {
            // A call stands at its bracket, and is shown at its name.
            Expr::Call(call) if call.func_name.starts_with(|c: char| c.is_alphabetic()) => {
                start.saturating_sub(call.func_name.chars().count())
            }
            _ => start,
        }
    }

    /// What stands for an expression that is wrong, which is never evaluated.
    fn wrong(&mut self, fault: Fault) -> Node {
        // A name that is used ten times is told where it stands first.
        if self.faults.iter().all(|known| known.message != fault.message) {
            self.faults.push(fault);
        }
        Node::Literal(Value::Null)
    }

    fn expression(&mut self, read: IdedExpr) -> Expression {
        let at = self.at(&read);
        if self.depth >= MAX_DEPTH {
            let message = format!("the expression is deeper than {MAX_DEPTH} levels");
            let node = self.wrong(Fault::new(at, message).help("put parts of it into `variables`"));
            return Expression { at, node };
        }
        self.depth += 1;
        let node = self.node(at, read.expr);
        self.depth -= 1;
        Expression { at, node }
    }

    fn boxed(&mut self, read: IdedExpr) -> Box<Expression> {
        Box::new(self.expression(read))
    }

    fn node(&mut self, at: usize, read: Expr) -> Node {
        match read {
            Expr::Literal(literal) => Node::Literal(value(&literal)),
            Expr::Ident(name) => self.name(at, &name),
            Expr::Select(select) => self.select(at, *select.operand, &select.field),
            Expr::Call(call) => self.call(at, &call.func_name, call.target.map(|target| *target), call.args),
            Expr::List(list) => {
                self.literals += 1;
                let optional = list.optional_indices;
                let items = list.elements.into_iter().enumerate();
                let items: Vec<Item> = items
                    .map(|(index, item)| Item { optional: optional.contains(&index), value: self.expression(item) })
                    .collect();
                self.literal(at, Node::List(items))
            }
            Expr::Map(map) => {
                self.literals += 1;
                let entries = map.entries.into_iter().filter_map(|entry| match entry.expr {
                    EntryExpr::MapEntry(entry) => Some(entry),
                    EntryExpr::StructField(_) => None,
                });
                let entries = entries.map(|entry| {
                    let key = self.expression(entry.key);
                    (key, Item { optional: entry.optional, value: self.expression(entry.value) })
                });
                let entries = entries.collect();
                self.literal(at, Node::Map(entries))
            }
            Expr::Struct(made) => {
                let message = format!("a policy cannot make a `{}`", made.type_name);
                self.wrong(Fault::new(at, message).help("write a mapping, such as `{'key': 1}`"))
            }
            Expr::Comprehension(_) | Expr::Unspecified => self.wrong(Fault::new(at, "this is no expression")),
        }
    }

    fn literal(&mut self, at: usize, node: Node) -> Node {
        let too_deep = self.literals > MAX_LITERAL;
        self.literals -= 1;
        if too_deep {
            let message = format!("lists and mappings lie in each other more than {MAX_LITERAL} levels deep");
            return self.wrong(Fault::new(at, message));
        }
        node
    }

    fn name(&mut self, at: usize, written: &str) -> Node {
        let name = written.strip_prefix('.').unwrap_or(written);
        if let Some(index) = self.locals.iter().rposition(|local| local == name) {
            return Node::Local(index);
        }
        if let Some((_, global)) = GLOBALS.iter().find(|(known, _)| *known == name) {
            if *global == Global::Params && !self.names.params {
                let help = "write `paramKind`, and a binding with `paramRef`";
                return self.wrong(Fault::new(at, "the policy has no `params`").help(help));
            }
            return Node::Global(*global);
        }
        if let Some(known) = TYPES.into_iter().find(|known| *known == name) {
            return Node::Literal(Value::Type(known));
        }
        match name {
            "authorizer" => Node::Unknown("authorizer".into()),
            "variables" => self.wrong(Fault::new(at, "`variables` is no value").help("write `variables.NAME`")),
            _ => {
                let fault = Fault::new(at, format!("there is nothing called `{name}`"));
                let known = GLOBALS.iter().map(|(known, _)| *known).chain(["variables"]);
                let known = known.chain(self.locals.iter().map(EcoString::as_str)).chain(TYPES);
                let help = match near_miss(name, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if self.names.variables.contains(&name) => format!("write `variables.{name}`"),
                    None => "there are `object`, `oldObject`, `request`, `namespaceObject`, `params` and `variables`"
                        .to_owned(),
                };
                self.wrong(fault.help(help))
            }
        }
    }

    fn is_free(&self, of: &IdedExpr, wanted: &str) -> bool {
        matches!(&of.expr, Expr::Ident(name) if name == wanted) && !self.locals.iter().any(|local| local == wanted)
    }

    fn select(&mut self, at: usize, of: IdedExpr, field: &str) -> Node {
        if self.is_free(&of, "variables") {
            return match self.names.variables.iter().position(|known| *known == field) {
                Some(index) => Node::Variable(index),
                None => {
                    let fault = Fault::new(at + 1, format!("there is no variable `{field}` before this expression"));
                    let near = near_miss(field, self.names.variables.iter().copied());
                    let help = near.map_or_else(
                        || "a variable can name those that stand before it".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    self.wrong(fault.help(help))
                }
            };
        }
        if self.is_free(&of, "request") {
            match REQUEST.iter().find(|(known, _)| *known == field) {
                Some((_, true)) => {}
                Some((_, false)) => return Node::Unknown(ecow::eco_format!("request.{field}")),
                None => {
                    let fault = Fault::new(at + 1, format!("a request has no `{field}`"));
                    let near = near_miss(field, REQUEST.iter().map(|(known, _)| *known));
                    return self
                        .wrong(fault.help(near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default()));
                }
            }
        }
        Node::Select(self.boxed(of), field.into())
    }

    fn pair(&mut self, arguments: Vec<IdedExpr>) -> Option<Box<[Expression; 2]>> {
        let [left, right] = <[IdedExpr; 2]>::try_from(arguments).ok()?;
        Some(Box::new([self.expression(left), self.expression(right)]))
    }

    fn call(&mut self, at: usize, name: &str, target: Option<IdedExpr>, arguments: Vec<IdedExpr>) -> Node {
        let made = match target {
            None => self.operator(at, name, arguments),
            Some(target) => self.method(at, name, target, arguments),
        };
        made.unwrap_or_else(|| self.wrong(Fault::new(at, format!("`{name}` is called wrongly"))))
    }

    /// An operator, a macro or a function without a target.
    fn operator(&mut self, at: usize, name: &str, arguments: Vec<IdedExpr>) -> Option<Node> {
        if let Some(operator) = binary(name) {
            return Some(Node::Binary(operator, self.pair(arguments)?));
        }
        Some(match name {
            "_&&_" => Node::And(self.pair(arguments)?),
            "_||_" => Node::Or(self.pair(arguments)?),
            "_[_]" => Node::Index(self.pair(arguments)?),
            "_[?_]" => Node::MaybeIndex(self.pair(arguments)?),
            "!_" => Node::Not(self.boxed(arguments.into_iter().next()?)),
            "-_" => Node::Negate(self.boxed(arguments.into_iter().next()?)),
            "_?_:_" => {
                let [condition, one, other] = <[IdedExpr; 3]>::try_from(arguments).ok()?;
                let parts = [self.expression(condition), self.expression(one), self.expression(other)];
                Node::Conditional(Box::new(parts))
            }
            "_?._" => {
                let [of, field] = <[IdedExpr; 2]>::try_from(arguments).ok()?;
                let Expr::Literal(LiteralValue::String(field)) = &field.expr else { return None };
                Node::MaybeSelect(self.boxed(of), field.inner().into())
            }
            "has" => return Some(self.has(at, arguments)),
            _ => return Some(self.function(at, name, None, arguments)),
        })
    }

    fn has(&mut self, at: usize, arguments: Vec<IdedExpr>) -> Node {
        let help = "write `has(object.spec.replicas)`; for a key in quotes write `'key' in object.metadata.labels`";
        match <[IdedExpr; 1]>::try_from(arguments).map(|[of]| of.expr) {
            Ok(Expr::Select(select)) => {
                let inner = self.at(&select.operand);
                match self.select(inner, *select.operand, &select.field) {
                    Node::Select(of, field) => Node::Has(of, field),
                    // A variable and a field of a request are there, or the policy is wrong.
                    Node::Unknown(what) => Node::Unknown(what),
                    _ => Node::Literal(Value::Bool(true)),
                }
            }
            _ => self.wrong(Fault::new(at, "`has` takes a field of something").help(help)),
        }
    }

    fn method(&mut self, at: usize, name: &str, target: IdedExpr, arguments: Vec<IdedExpr>) -> Option<Node> {
        if let Expr::Ident(namespace) = &target.expr
            && functions::NAMESPACES.contains(&namespace.as_str())
            && !self.locals.iter().any(|local| local == namespace)
        {
            return Some(self.function(at, &format!("{namespace}.{name}"), None, arguments));
        }
        let kind = match (name, arguments.len()) {
            ("all", 2 | 3) => FoldKind::All,
            ("exists", 2 | 3) => FoldKind::Exists,
            ("exists_one" | "existsOne", 2 | 3) => FoldKind::ExistsOne,
            ("map", 2 | 3) | ("transformList", 3 | 4) => FoldKind::Map,
            ("filter", 2) => FoldKind::Filter,
            ("optMap", 2) => FoldKind::OptMap,
            ("optFlatMap", 2) => FoldKind::OptFlatMap,
            _ => return Some(self.function(at, name, Some(target), arguments)),
        };
        Some(self.fold(kind, name, target, arguments))
    }

    /// A macro: variables, for a `map` a condition, and what is done with each element.
    fn fold(&mut self, kind: FoldKind, name: &str, range: IdedExpr, mut arguments: Vec<IdedExpr>) -> Node {
        let range = self.expression(range);
        let two = match name {
            "map" => false,
            "transformList" => true,
            _ => arguments.len() == 3,
        };
        let variables: Vec<IdedExpr> = arguments.drain(..if two { 2 } else { 1 }).collect();
        let before = self.locals.len();
        for variable in &variables {
            match &variable.expr {
                Expr::Ident(name) if !name.starts_with('.') => self.locals.push(name.as_str().into()),
                _ => {
                    let message = format!("the first value of `{name}` is the name of a variable");
                    let fault = Fault::new(self.at(variable), message);
                    self.wrong(
                        fault.help(format!("write the like of `object.spec.containers.{name}(c, c.name != '')`")),
                    );
                    self.locals.push("".into());
                }
            }
        }
        let body = arguments.pop().map(|body| self.expression(body));
        let filter = arguments.pop().map(|filter| self.expression(filter));
        self.locals.truncate(before);
        match body {
            Some(body) => Node::Fold(Box::new(Fold { kind, range, two, filter, body })),
            None => self.wrong(Fault::new(range.at, format!("`{name}` is called wrongly"))),
        }
    }

    fn function(&mut self, at: usize, name: &str, target: Option<IdedExpr>, arguments: Vec<IdedExpr>) -> Node {
        let is_method = target.is_some();
        let count = arguments.len() + usize::from(is_method);
        let all: Vec<IdedExpr> = target.into_iter().chain(arguments).collect();
        // Whatever is asked of the authorizer, only a cluster knows it.
        let all: Vec<Expression> = all.into_iter().map(|argument| self.expression(argument)).collect();
        if let Some(Expression { node: Node::Unknown(what), .. }) = all.first() {
            return Node::Unknown(what.clone());
        }
        let fits = |function: &&Function| match is_method {
            true => function.form != Form::Free,
            false => function.form != Form::Method,
        };
        let mut known = functions::named(name).filter(fits).peekable();
        if known.peek().is_none() {
            return self.unknown_function(at, name, is_method);
        }
        match known.find(|function| (function.least..=function.most).contains(&count)) {
            Some(function) => self.with_pattern(function, all),
            None => {
                let taken = count - usize::from(is_method);
                self.wrong(Fault::new(at, format!("`{name}` does not take {taken} values")))
            }
        }
    }

    fn unknown_function(&mut self, at: usize, name: &str, is_method: bool) -> Node {
        if functions::named(name).next().is_some() || ["all", "exists", "exists_one", "map", "filter"].contains(&name) {
            let help = match is_method {
                true => format!("write `{name}(value)`"),
                false => format!("write `value.{name}(...)`"),
            };
            return self.wrong(Fault::new(at, format!("`{name}` is not called like this")).help(help));
        }
        let macros = ["all", "exists", "exists_one", "map", "filter", "has"];
        let help = match near_miss(name, functions::names(is_method).chain(macros)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "docs/policies.md lists the functions".to_owned(),
        };
        self.wrong(Fault::new(at, format!("there is no function `{name}`")).help(help))
    }

    /// Compiles a pattern that is written out.
    fn with_pattern(&mut self, function: &'static Function, arguments: Vec<Expression>) -> Node {
        let takes_pattern = ["matches", "find", "findAll"].contains(&function.name);
        let pattern = match arguments.get(1) {
            Some(Expression { at, node: Node::Literal(Value::Text(pattern)) }) if takes_pattern => (*at, pattern),
            _ => return Node::Call(function, arguments),
        };
        match functions::compile_pattern(pattern.1) {
            Ok(compiled) => Node::Pattern(function, Box::new(compiled), arguments),
            Err(why) => self.wrong(Fault::new(pattern.0, format!("this is no regular expression: {why}"))),
        }
    }
}

fn binary(name: &str) -> Option<Operator> {
    Some(match name {
        "_+_" => Operator::Add,
        "_-_" => Operator::Subtract,
        "_*_" => Operator::Multiply,
        "_/_" => Operator::Divide,
        "_%_" => Operator::Modulo,
        "_==_" => Operator::Equal,
        "_!=_" => Operator::NotEqual,
        "_<_" => Operator::Less,
        "_<=_" => Operator::LessEqual,
        "_>_" => Operator::Greater,
        "_>=_" => Operator::GreaterEqual,
        "@in" => Operator::In,
        _ => return None,
    })
}

fn value(literal: &LiteralValue) -> Value {
    match literal {
        LiteralValue::Boolean(truth) => Value::Bool(*truth.inner()),
        LiteralValue::Bytes(bytes) => Value::Bytes(bytes.inner().into()),
        LiteralValue::Double(number) => Value::Double(*number.inner()),
        LiteralValue::Int(number) => Value::Int(*number.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(text) => Value::text(text.inner()),
        LiteralValue::UInt(number) => Value::Uint(*number.inner()),
    }
}
