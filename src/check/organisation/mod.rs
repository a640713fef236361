//! The policies of the organisation (`policies/`), held against the final objects as the API server
//! would hold them against a request that makes each of them.
//!
//! A policy on pods is also held against the pods that a workload makes: in a cluster it would stop
//! them, and the workload would stand there without any. What only a cluster knows is said, once for
//! each policy.

mod defaults;
mod matching;
mod object;
mod params;

use ecow::EcoString;

use super::Build;
use crate::cel::{Answer, Budget, Evaluation, Given, Program, Stop, Value};
use crate::diagnostic::{Diagnostic, Diagnostics, Level, levels};
use crate::origin::Origin;
use crate::policy::{Binding, Policy, Validation};
use matching::{Kinds, Namespaces, Verdict};
use object::Target;
use params::Params;

/// What one binding of a policy may cost in one build: seconds, where a policy of twenty steps takes
/// milliseconds for a thousand objects.
const STEPS: u64 = 20_000_000;

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let policies = &build.policy.organisation;
    if policies.list.is_empty() {
        return;
    }
    let kinds = Kinds::of(build.resources);
    let targets = object::targets(build.resources, &kinds);
    let objects = vec![None; targets.len()];
    let namespaces = Namespaces::of(build.resources);
    let mut review = Review { build, targets, objects, namespaces, diagnostics };
    for policy in &policies.list {
        for binding in &policy.bindings {
            review.hold(policy, binding);
        }
    }
}

struct Review<'a, 'd> {
    build: &'a Build<'a>,
    targets: Vec<Target<'a>>,
    /// Each target as a policy sees it, once one looks at it.
    objects: Vec<Option<Given>>,
    namespaces: Namespaces<'a>,
    diagnostics: &'d mut Diagnostics,
}

/// Why the rest of a policy is not looked at.
enum Enough {
    /// Only a cluster can say it.
    Unknown(EcoString),
    /// It costs too much.
    Spent,
}

impl Review<'_, '_> {
    /// Holds one policy, as one binding has it, against all objects that it means.
    fn hold(&mut self, policy: &Policy, binding: &Binding) {
        let mut budget = Budget::new(STEPS);
        let mut unknown: Vec<EcoString> = Vec::new();
        for index in 0..self.targets.len() {
            let verdict = self.means(policy, binding, index);
            let outcome = match verdict {
                Verdict::No => continue,
                Verdict::Unknown(what) => Err(Enough::Unknown(what)),
                Verdict::Yes => self.against(policy, binding, index, &mut budget),
            };
            match outcome {
                Ok(()) => {}
                Err(Enough::Spent) => return self.costly(policy),
                Err(Enough::Unknown(what)) if unknown.contains(&what) => {}
                Err(Enough::Unknown(what)) => unknown.push(what),
            }
        }
        for what in unknown {
            let message = format!("the policy `{}` needs {what}, which only a cluster knows", policy.name);
            let diagnostic = Diagnostic::note("unchecked-policy", message).at(policy.place);
            self.diagnostics.push(diagnostic.help("the objects that it depends on are not held against it here"));
        }
    }

    fn means(&self, policy: &Policy, binding: &Binding, index: usize) -> Verdict {
        let Some(target) = self.targets.get(index) else { return Verdict::No };
        // What a workload makes is meant only where pods are named: else it is the workload that is meant.
        if target.is_made && policy.constraints.rules.is_empty() {
            return Verdict::No;
        }
        let environment = self.build.policy.environment.as_deref();
        let by_policy = matching::means(&policy.constraints, target, environment, &self.namespaces);
        by_policy.and(|| matching::means(&binding.constraints, target, environment, &self.namespaces))
    }

    /// Holds a policy against one object, with each of its parameters.
    fn against(&mut self, policy: &Policy, binding: &Binding, index: usize, budget: &mut Budget) -> Result<(), Enough> {
        let (Some(target), Some(object)) = (self.targets.get(index), self.objects.get_mut(index)) else {
            return Ok(());
        };
        let given = object.get_or_insert_with(|| object::given(target, &self.namespaces)).clone();
        let organisation = &self.build.policy.organisation;
        match params::of(policy, binding, target, organisation, self.build.resources) {
            Params::None => self.one(policy, binding, index, given, budget),
            Params::Unknown(what) => Err(Enough::Unknown(what)),
            Params::Allowed => Ok(()),
            Params::Some(all) => {
                for params in all {
                    let given = Given { params: Value::of(&params, false), ..given.clone() };
                    self.one(policy, binding, index, given, budget)?;
                }
                Ok(())
            }
        }
    }

    fn one(
        &mut self,
        policy: &Policy,
        binding: &Binding,
        index: usize,
        given: Given,
        budget: &mut Budget,
    ) -> Result<(), Enough> {
        let mut evaluation = Evaluation::new(&given, &policy.variables);
        let mut failed = None;
        for condition in &policy.conditions {
            match self.truth(&mut evaluation, &condition.program, budget)? {
                Ok((true, _)) => {}
                Ok((false, _)) => return Ok(()),
                Err(fault) => failed = failed.or(Some((fault, condition.place))),
            }
        }
        if let Some((fault, place)) = failed {
            if !policy.ignores_failures {
                self.found(policy, binding, index, &fault, place, None);
            }
            return Ok(());
        }
        let mut unknown = Ok(());
        for validation in &policy.validations {
            let truth = match self.truth(&mut evaluation, &validation.program, budget) {
                Ok(truth) => truth,
                Err(Enough::Spent) => return Err(Enough::Spent),
                // The other rules of the policy can be told all the same.
                Err(what) => {
                    unknown = Err(what);
                    continue;
                }
            };
            let broken = match truth {
                Ok((true, _)) => continue,
                Err(_) if policy.ignores_failures => continue,
                Ok((false, place)) => Broken { text: self.message(&mut evaluation, validation, index, budget), place },
                Err(fault) => fault,
            };
            self.found(policy, binding, index, &broken, validation.place, validation.help.as_ref());
        }
        unknown
    }

    /// Whether an expression is true, and the field that decided it; else why it is neither.
    fn truth(
        &self,
        evaluation: &mut Evaluation<'_>,
        program: &Program,
        budget: &mut Budget,
    ) -> Result<Result<(bool, Option<Origin>), Broken>, Enough> {
        match evaluation.run(program, budget) {
            Ok(Answer { value: Value::Bool(truth), place }) => Ok(Ok((truth, place))),
            Ok(Answer { value, place }) => {
                let text =
                    format!("the expression is a value of type `{}`, and neither true nor false", value.type_name());
                Ok(Err(Broken { text, place }))
            }
            Err((Stop::Unknown(what), _)) => Err(Enough::Unknown(format!("`{what}`").into())),
            Err((Stop::Spent, _)) => Err(Enough::Spent),
            Err((Stop::Fault(fault), place)) => {
                let help = if fault.help.is_empty() { String::new() } else { format!("; {}", fault.help) };
                Ok(Err(Broken { text: format!("the expression has no result: {}{help}", fault.message), place }))
            }
        }
    }

    /// What the policy says of an object that breaks it.
    fn message(
        &self,
        evaluation: &mut Evaluation<'_>,
        validation: &Validation,
        index: usize,
        budget: &mut Budget,
    ) -> String {
        let secret = self.targets.get(index).is_some_and(Target::is_secret);
        // What is made of a Secret may hold its values.
        if let Some(program) = validation.message_expression.as_ref().filter(|_| !secret)
            && let Ok(Answer { value: Value::Text(text), .. }) = evaluation.run(program, budget)
            && !text.trim().is_empty()
            && !text.contains('\n')
        {
            return shortened(text.trim());
        }
        match &validation.message {
            Some(message) => shortened(message.trim()),
            None => format!("`{}` is false", shortened(&one_line(&validation.text))),
        }
    }

    fn found(
        &mut self,
        policy: &Policy,
        binding: &Binding,
        index: usize,
        broken: &Broken,
        rule: Origin,
        help: Option<&EcoString>,
    ) {
        let Some(target) = self.targets.get(index) else { return };
        let resource = target.resource;
        let (id, name) = (resource.id(), &policy.name);
        let pods = if target.is_made { "the pods of " } else { "" };
        let text = match target.is_secret() && broken.text.starts_with("the expression has no result") {
            true => "the expression has no result",
            false => broken.text.as_str(),
        };
        let message =
            format!("{pods}`{id}` break{} the policy `{name}`: {text}", if target.is_made { "" } else { "s" });
        let place = broken.place.filter(|_| !target.is_secret());
        let place =
            place.map_or_else(|| self.build.place_of(resource), |place| self.build.or_resource(resource, place));
        let diagnostic = match binding.level {
            Level::Error => Diagnostic::error(levels::POLICY, message),
            Level::Warning => Diagnostic::warning(levels::POLICY, message),
            Level::Note => Diagnostic::note(levels::POLICY, message),
        };
        let help = help.map_or_else(
            || format!("change the object; what may pass has an exception with `code: policy/{name}`"),
            |help| shortened(help),
        );
        let diagnostic = diagnostic.at(place).about(id).of_policy(name).related(rule, "the rule").help(help);
        self.diagnostics.push(diagnostic);
    }

    fn costly(&mut self, policy: &Policy) {
        let message = format!("the policy `{}` takes too long", policy.name);
        let help = "an expression may take a million steps, one for each element that it looks at: write it \
                    without lists in lists";
        self.diagnostics.push(Diagnostic::error("policy-too-costly", message).at(policy.place).help(help));
    }
}

/// Why an object does not satisfy a policy.
struct Broken {
    text: String,
    place: Option<Origin>,
}

/// A text of a policy in a message of ours.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(1000) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.trim_end_matches('.').to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
