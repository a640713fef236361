//! The policies of an organisation, ready to be held against objects: what `kind: Policy` and a
//! `ValidatingAdmissionPolicy` with its bindings say alike.

use ecow::EcoString;

use crate::cel::Program;
use crate::diagnostic::Level;
use crate::origin::Origin;
use crate::tree::Node;

/// All policies of a run.
#[derive(Debug, Default)]
pub struct Policies {
    /// The policies, sorted by where they are written.
    pub list: Vec<Policy>,
    /// The objects beside them, which policies may have as their parameters.
    pub params: Vec<Node>,
}

/// One policy.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: EcoString,
    /// Where the name is written.
    pub place: Origin,
    /// What it is held against.
    pub constraints: Constraints,
    /// What has to be true before it counts.
    pub conditions: Vec<Condition>,
    /// What its expressions can name, each behind those that it names itself.
    pub variables: Vec<(EcoString, Program)>,
    /// What has to be true.
    pub validations: Vec<Validation>,
    /// Whether an expression that fails lets the object pass (`failurePolicy: Ignore`).
    pub ignores_failures: bool,
    /// Kind and version of its parameters.
    pub param_kind: Option<(EcoString, EcoString)>,
    /// To what it is bound; each is held against objects by itself.
    pub bindings: Vec<Binding>,
}

/// A condition on objects.
#[derive(Debug)]
pub struct Condition {
    /// Its expression.
    pub program: Program,
    /// Where that is written.
    pub place: Origin,
}

/// One rule of a policy.
#[derive(Debug)]
pub struct Validation {
    /// Its expression.
    pub program: Program,
    /// The expression as it is written.
    pub text: EcoString,
    /// Where that is written.
    pub place: Origin,
    /// What an object that breaks it is told.
    pub message: Option<EcoString>,
    /// The same, made of the object.
    pub message_expression: Option<Program>,
    /// What to do.
    pub help: Option<EcoString>,
}

/// Where and how a policy counts.
#[derive(Debug)]
pub struct Binding {
    /// How serious a finding is.
    pub level: Level,
    /// What it is held against, within what the policy is held against.
    pub constraints: Constraints,
    /// Its parameters.
    pub params: Option<ParamRef>,
}

/// The objects that a binding takes as parameters.
#[derive(Debug)]
pub struct ParamRef {
    /// By name.
    pub name: Option<EcoString>,
    /// In this namespace; else in the object's, where the kind of the parameters has one.
    pub namespace: Option<EcoString>,
    /// By labels: a selector of Kubernetes.
    pub selector: Option<Node>,
    /// Whether an object passes when there are none.
    pub allows_none: bool,
    /// Where it is written.
    pub place: Origin,
}

/// Which objects are meant. What is empty does not matter.
#[derive(Debug, Default)]
pub struct Constraints {
    /// Of these, one has to fit.
    pub rules: Vec<Rule>,
    /// Of these, none may fit.
    pub excluded: Vec<Rule>,
    /// A selector on the labels of the object's namespace.
    pub namespaces: Option<Node>,
    /// A selector on the labels of the object.
    pub objects: Option<Node>,
    /// The names of namespaces.
    pub namespace_names: Vec<EcoString>,
    /// The names of environments.
    pub environments: Vec<EcoString>,
}

/// A kind of object.
#[derive(Debug)]
pub enum Rule {
    /// As `resourceRules` name it.
    Resource {
        /// Groups; `*` is any.
        groups: Vec<EcoString>,
        /// Versions; `*` is any.
        versions: Vec<EcoString>,
        /// Resources in the plural; `*` is any.
        resources: Vec<EcoString>,
        /// Names; any when there is none.
        names: Vec<EcoString>,
        /// Whether only objects with (or only those without) a namespace are meant.
        namespaced: Option<bool>,
    },
    /// By kind and perhaps group; `*` is any kind.
    Kind(EcoString, Option<EcoString>),
}
