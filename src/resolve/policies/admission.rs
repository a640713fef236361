//! `ValidatingAdmissionPolicy` and its bindings, as a cluster takes them.

use ecow::EcoString;

use super::Reader;
use crate::cel::{Names, Program};
use crate::diagnostic::{Diagnostic, Level};
use crate::kubernetes::{self, Definitions, Version};
use crate::origin::Origin;
use crate::policy::{Binding, Condition, Constraints, ParamRef, Policy, Rule, Validation};
use crate::tree::Node;

/// How many variables a policy has at most.
const MAX_VARIABLES: usize = 64;

/// The binding of a policy that has none: it counts wherever the policy itself counts.
pub(super) fn everywhere() -> Binding {
    Binding { level: Level::Error, constraints: Constraints::default(), params: None }
}

impl Reader<'_> {
    /// Whether the definitions of Kubernetes permit the document; what they do not is said.
    fn is_valid(&mut self, document: &Node) -> bool {
        let violations = kubernetes::validate(document, Definitions::of(Version::NEWEST)).unwrap_or_default();
        for violation in &violations {
            let diagnostic = Diagnostic::error("invalid-policy", violation.message()).at(violation.origin);
            self.say(diagnostic.help("the API server refuses this too"));
        }
        violations.is_empty()
    }

    pub(super) fn admission(&mut self, document: &Node) -> Option<Policy> {
        if !self.is_valid(document) {
            return None;
        }
        let name = self.named(document)?;
        let empty = Node::map(document.origin());
        let spec = document.get("spec").unwrap_or(&empty);
        let param_kind = spec.get("paramKind").map(|kind| (text(kind, "apiVersion"), text(kind, "kind")));
        let params = param_kind.is_some();
        let (variables, known) = self.variables(spec, params);
        let known: Vec<&str> = known.iter().map(EcoString::as_str).collect();
        let names = Names { variables: &known, params };
        let conditions = items(spec, "matchConditions").filter_map(|condition| {
            let expression = condition.get("expression")?;
            // Kubernetes has no variables there.
            let program = self.expressions().compile(expression, Names { variables: &[], params })?;
            Some(Condition { program, place: expression.origin() })
        });
        let conditions = conditions.collect();
        let validations: Vec<Validation> =
            items(spec, "validations").filter_map(|validation| self.validation(validation, names)).collect();
        let constraints = constraints(spec.get("matchConstraints"));
        let place = document.at(&["metadata", "name"]).map_or(document.origin(), Node::origin);
        if constraints.rules.is_empty() {
            let message = format!("the policy `{name}` is for updates and deletions alone, and here objects are made");
            self.say(Diagnostic::note("unchecked-policy", message).at(place));
            return None;
        }
        if variables.len() != known.len() || validations.is_empty() {
            if items(spec, "validations").next().is_none() {
                let message = format!("the policy `{name}` has no `validations`");
                self.say(Diagnostic::note("unchecked-policy", message).at(place));
            }
            return None;
        }
        Some(Policy {
            name,
            place,
            constraints,
            conditions,
            variables,
            validations,
            ignores_failures: spec.get("failurePolicy").and_then(Node::as_str) == Some("Ignore"),
            param_kind,
            bindings: Vec::new(),
        })
    }

    fn named(&mut self, document: &Node) -> Option<EcoString> {
        let name = document.at(&["metadata", "name"]).and_then(Node::as_str);
        if name.is_none() {
            let diagnostic = Diagnostic::error("invalid-policy", "a policy has a name under `metadata`");
            self.say(diagnostic.at(document.origin()).help("write `metadata: {name: NAME}`"));
        }
        name.map(EcoString::from)
    }

    /// The variables, and the names of all of them.
    fn variables(&mut self, spec: &Node, params: bool) -> (Vec<(EcoString, Program)>, Vec<EcoString>) {
        let (mut variables, mut known) = (Vec::new(), Vec::<EcoString>::new());
        for variable in items(spec, "variables") {
            if known.len() == MAX_VARIABLES {
                let message = format!("a policy has at most {MAX_VARIABLES} variables here");
                self.say(Diagnostic::error("invalid-policy", message).at(variable.origin()));
                known.push(EcoString::new());
                break;
            }
            let before: Vec<&str> = known.iter().map(EcoString::as_str).collect();
            let name = text(variable, "name");
            let names = Names { variables: &before, params };
            let program = variable.get("expression").and_then(|text| self.expressions().compile(text, names));
            variables.extend(program.map(|program| (name.clone(), program)));
            known.push(name);
        }
        (variables, known)
    }

    fn validation(&mut self, validation: &Node, names: Names<'_>) -> Option<Validation> {
        let expression = validation.get("expression")?;
        let program = self.expressions().compile(expression, names);
        let message = validation.get("messageExpression");
        let message_expression = message.and_then(|text| self.expressions().compile(text, names));
        Some(Validation {
            program: program?,
            text: text(validation, "expression"),
            place: expression.origin(),
            message: validation.get("message").and_then(Node::as_str).map(EcoString::from),
            message_expression,
            help: None,
        })
    }

    /// A binding, with the name of its policy and where that is written.
    pub(super) fn binding(&mut self, document: &Node) -> Option<(EcoString, Origin, Binding)> {
        if !self.is_valid(document) {
            return None;
        }
        let spec = document.get("spec")?;
        let name = spec.get("policyName")?;
        let actions: Vec<&str> = items(spec, "validationActions").filter_map(Node::as_str).collect();
        let level = match () {
            () if actions.contains(&"Deny") => Level::Error,
            () if actions.contains(&"Warn") => Level::Warning,
            () => Level::Note,
        };
        let params = spec.get("paramRef").map(|node| ParamRef {
            name: node.get("name").and_then(Node::as_str).map(EcoString::from),
            namespace: node.get("namespace").and_then(Node::as_str).map(EcoString::from),
            selector: node.get("selector").cloned(),
            allows_none: text(node, "parameterNotFoundAction") == "Allow",
            place: node.origin(),
        });
        let constraints = constraints(spec.get("matchResources"));
        Some((name.as_str()?.into(), name.origin(), Binding { level, constraints, params }))
    }
}

fn items<'n>(node: &'n Node, key: &str) -> impl Iterator<Item = &'n Node> + use<'n> {
    node.get(key).into_iter().flat_map(Node::items)
}

fn text(node: &Node, key: &str) -> EcoString {
    node.get(key).and_then(Node::as_str).unwrap_or_default().into()
}

fn texts(node: &Node, key: &str) -> Vec<EcoString> {
    items(node, key).filter_map(Node::as_str).map(EcoString::from).collect()
}

/// `matchConstraints` and `matchResources`; of their rules those for objects that are made.
fn constraints(node: Option<&Node>) -> Constraints {
    let Some(node) = node else { return Constraints::default() };
    let equivalent = text(node, "matchPolicy") != "Exact";
    let rules = |key: &str| items(node, key).filter_map(|rule| resource_rule(rule, equivalent)).collect();
    Constraints {
        rules: rules("resourceRules"),
        excluded: rules("excludeResourceRules"),
        namespaces: node.get("namespaceSelector").cloned(),
        objects: node.get("objectSelector").cloned(),
        ..Constraints::default()
    }
}

fn resource_rule(rule: &Node, equivalent: bool) -> Option<Rule> {
    let operations = texts(rule, "operations");
    operations.iter().any(|operation| ["CREATE", "*"].contains(&operation.as_str())).then_some(())?;
    // An object in another version of the same resource is converted before a policy sees it.
    let versions = if equivalent { vec!["*".into()] } else { texts(rule, "apiVersions") };
    let namespaced = match text(rule, "scope").as_str() {
        "Namespaced" => Some(true),
        "Cluster" => Some(false),
        _ => None,
    };
    let (groups, resources) = (texts(rule, "apiGroups"), texts(rule, "resources"));
    Some(Rule::Resource { groups, versions, resources, names: texts(rule, "resourceNames"), namespaced })
}
