//! The policies of an organisation: from their documents to what is held against objects. All that
//! can be wrong with one is said here, at its place.

mod admission;
mod expressions;
mod own;

use std::collections::HashMap;

use ecow::EcoString;

use crate::cel;
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::model::API_VERSION;
use crate::origin::{Origin, Sources};
use crate::policy::{Policies, Policy};
use crate::resource::Gvk;
use crate::tree::Node;
use expressions::Expressions;

/// The group of the policies of Kubernetes.
const ADMISSION: &str = "admissionregistration.k8s.io";

/// Reads all policies, bindings and parameters.
pub fn resolve(documents: &[Node], sources: &Sources, diagnostics: &mut Diagnostics) -> Policies {
    if documents.is_empty() {
        return Policies::default();
    }
    let read = cel::with_stack(|| {
        let mut found = Diagnostics::default();
        let policies = Reader { sources, diagnostics: &mut found, bindings: Vec::new() }.read(documents);
        (policies, found)
    });
    let Some((policies, found)) = read else {
        let message = "the policies could not be read: the reader of expressions gave up";
        let place = documents.first().map(Node::origin).unwrap_or_else(|| Origin::source(0));
        diagnostics.push(Diagnostic::error("invalid-cel", message).at(place).help("report this as a bug"));
        return Policies::default();
    };
    diagnostics.append(found);
    policies
}

struct Reader<'a> {
    sources: &'a Sources,
    diagnostics: &'a mut Diagnostics,
    bindings: Vec<(EcoString, Origin, crate::policy::Binding)>,
}

impl Reader<'_> {
    fn read(mut self, documents: &[Node]) -> Policies {
        let mut policies = Policies::default();
        for document in documents {
            let is_list = document.get("kind").and_then(Node::as_str) == Some("List");
            match document.get("items").and_then(Node::as_seq).filter(|_| is_list) {
                Some(items) => items.iter().for_each(|item| self.document(item, &mut policies)),
                None => self.document(document, &mut policies),
            }
        }
        self.bind(&mut policies.list);
        self.unique(&policies.list);
        self.params(&policies);
        policies
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn expressions(&mut self) -> Expressions<'_> {
        Expressions { sources: self.sources, diagnostics: self.diagnostics }
    }

    fn document(&mut self, document: &Node, policies: &mut Policies) {
        let Some(gvk) = Gvk::of(document).filter(|gvk| !gvk.version.is_empty()) else {
            let message = "a file of policies holds objects with `apiVersion` and `kind`";
            let help = format!("begin with `apiVersion: {API_VERSION}` and `kind: Policy`");
            return self.say(Diagnostic::error("invalid-policy", message).at(document.origin()).help(help));
        };
        match (gvk.group.as_str(), gvk.kind.as_str()) {
            ("strata.dev", "Policy") if gvk.api_version() == API_VERSION => {
                policies.list.extend(self.own(document));
            }
            ("strata.dev", kind) => {
                let message = format!("`{kind}` of `{}` is no policy", gvk.api_version());
                let help = format!("write `apiVersion: {API_VERSION}` and `kind: Policy`");
                self.say(Diagnostic::error("invalid-policy", message).at(document.origin()).help(help));
            }
            (ADMISSION, "ValidatingAdmissionPolicy") => policies.list.extend(self.admission(document)),
            (ADMISSION, "ValidatingAdmissionPolicyBinding") => {
                let binding = self.binding(document);
                self.bindings.extend(binding);
            }
            (ADMISSION, kind) => {
                let message = format!("`{kind}` is nothing that can be held against objects offline");
                let place = document.get("kind").map_or(document.origin(), Node::origin);
                self.say(Diagnostic::note("unchecked-policy", message).at(place));
            }
            _ => policies.params.push(document.clone()),
        }
    }

    /// Gives each policy its bindings; one without any counts everywhere.
    fn bind(&mut self, policies: &mut [Policy]) {
        let mut of: HashMap<EcoString, usize> = HashMap::new();
        for (index, policy) in policies.iter().enumerate() {
            of.entry(policy.name.clone()).or_insert(index);
        }
        for (name, place, binding) in std::mem::take(&mut self.bindings) {
            match of.get(&name).and_then(|index| policies.get_mut(*index)) {
                Some(policy) => policy.bindings.push(binding),
                None => {
                    let near = near_miss(&name, policies.iter().map(|policy| policy.name.as_str()));
                    let help = near.map_or_else(
                        || "put the policy beside its binding".to_owned(),
                        |near| format!("did you mean `{near}`?"),
                    );
                    let message = format!("there is no policy `{name}` to bind");
                    self.say(Diagnostic::error("invalid-policy", message).at(place).help(help));
                }
            }
        }
        for policy in policies.iter_mut().filter(|policy| policy.bindings.is_empty()) {
            policy.bindings.push(admission::everywhere());
        }
    }

    fn unique(&mut self, policies: &[Policy]) {
        let mut known: HashMap<&str, Origin> = HashMap::new();
        for policy in policies {
            if let Some(first) = known.insert(&policy.name, policy.place) {
                let message = format!("there are two policies `{}`", policy.name);
                let diagnostic = Diagnostic::error("invalid-policy", message).at(policy.place);
                self.say(diagnostic.related(first, "the other one").help("findings name a policy: give each its own"));
            }
        }
    }

    /// What is neither a policy nor the parameters of one is probably a mistake.
    fn params(&mut self, policies: &Policies) {
        for object in &policies.params {
            let gvk = Gvk::of(object).unwrap_or_default();
            let wanted = |policy: &&Policy| {
                policy
                    .param_kind
                    .as_ref()
                    .is_some_and(|(version, kind)| gvk.api_version() == *version && gvk.kind == *kind)
            };
            if policies.list.iter().find(wanted).is_none() {
                let message = format!("no policy has a `{}` as its parameters", gvk.kind);
                let place = object.get("kind").map_or(object.origin(), Node::origin);
                let help = "name its kind under `paramKind` of a policy, or move it out of the folder of policies";
                self.say(Diagnostic::warning("unused-params", message).at(place).help(help));
            }
        }
    }
}
