//! `kind: Policy`.

use ecow::EcoString;

use super::Reader;
use super::admission::everywhere;
use crate::cel::{Names, Program};
use crate::diagnostic::{Diagnostic, Level};
use crate::model;
use crate::model::policy::{Policy as Written, PolicyLevel};
use crate::names;
use crate::object;
use crate::policy::{Binding, Condition, Constraints, Policy, Rule, Validation};
use crate::tree::{Map, Node, Text};

impl Reader<'_> {
    pub(super) fn own(&mut self, document: &Node) -> Option<Policy> {
        let written = model::read::<Written>(document, self.diagnostics)?;
        let name = &written.metadata.name;
        if let Err(why) = names::dns_subdomain(name) {
            let diagnostic = Diagnostic::error("invalid-policy", why).at(name.origin);
            self.say(diagnostic.help("findings, levels and exceptions name a policy by it: `policy/NAME`"));
        }
        if let (Some(_), Some(second)) = (&written.message, &written.message_expression) {
            let message = "a policy has either `message` or `messageExpression`";
            self.say(Diagnostic::error("invalid-policy", message).at(second.origin));
        }
        let mut variables: Vec<(EcoString, Program)> = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        for (name, text) in written.variables.iter() {
            if let Some(program) = self.text(text, &known) {
                variables.push((name.value.clone(), program));
            }
            known.push(name);
        }
        let condition = written.matches.condition.as_ref();
        let conditions =
            condition.and_then(|text| Some(Condition { program: self.text(text, &known)?, place: text.origin }));
        let message_expression = written.message_expression.as_ref().and_then(|text| self.text(text, &known));
        let validation = Validation {
            program: self.text(&written.expression, &known)?,
            text: written.expression.value.clone(),
            place: written.expression.origin,
            message: written.message.as_ref().map(|message| message.value.clone()),
            message_expression,
            help: written.help.as_ref().map(|help| help.value.clone()),
        };
        (variables.len() == known.len()).then(|| Policy {
            name: name.value.clone(),
            place: name.origin,
            constraints: constraints(&written),
            conditions: conditions.into_iter().collect(),
            variables,
            validations: vec![validation],
            ignores_failures: false,
            param_kind: None,
            bindings: vec![Binding { level: level(&written), ..everywhere() }],
        })
    }

    fn text(&mut self, text: &Text, variables: &[&str]) -> Option<Program> {
        let node = Node::string(text.value.clone(), text.origin);
        self.expressions().compile(&node, Names { variables, params: false })
    }
}

fn level(written: &Written) -> Level {
    match written.level.map(|level| level.value) {
        None | Some(PolicyLevel::Error) => Level::Error,
        Some(PolicyLevel::Warning) => Level::Warning,
        Some(PolicyLevel::Note) => Level::Note,
    }
}

fn constraints(written: &Written) -> Constraints {
    let matches = &written.matches;
    let texts = |texts: &[Text]| texts.iter().map(|text| text.value.clone()).collect();
    let kind = |text: &Text| match text.split_once('.') {
        Some((kind, group)) => Rule::Kind(kind.into(), Some(group.into())),
        None => Rule::Kind(text.value.clone(), None),
    };
    let mut labels = Map::default();
    for (key, value) in matches.labels.iter() {
        labels.insert(key.value.clone(), Node::string(value.value.clone(), value.origin));
    }
    let at = written.metadata.name.origin;
    let objects = (!labels.is_empty()).then(|| object! { at; "matchLabels": Node::new(labels, at) });
    Constraints {
        rules: matches.kinds.iter().map(kind).collect(),
        objects,
        namespace_names: texts(&matches.namespaces),
        environments: texts(&matches.environments),
        ..Constraints::default()
    }
}
