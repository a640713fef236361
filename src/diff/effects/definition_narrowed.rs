//! What the schema of a custom resource permits.

use super::{Case, Effect, Found, Rule};
use crate::diff::{FieldChange, Step};

pub(super) const RULE: Rule = Rule {
    name: "definition-narrowed",
    effect: Effect::Availability,
    text: "the schema of a CustomResourceDefinition demands more: a field more is required, a value goes from `enum`, a bound or type changes; what an object has already is refused for a required field alone, and before Kubernetes 1.30",
    source: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting",
    find,
};

/// What narrows when it changes.
const BOUNDS: [&str; 9] =
    ["type", "pattern", "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

fn find(case: &Case, found: &mut Found) {
    let is_definition = case.is("apiextensions.k8s.io", &["CustomResourceDefinition"]);
    if !is_definition || case.both().is_none() {
        return;
    }
    for field in case.fields().filter(|field| field.passes(&["schema", "openAPIV3Schema"])) {
        let Some(keyword) = narrowed(field) else { continue };
        let path = field.shown_path();
        // What an object has and does not change stays permitted (from Kubernetes 1.30 on), but for this.
        let reason = match keyword {
            "required" => format!("`{path}`: objects that are there may be refused when they are written"),
            _ => format!("`{path}`: what does not fit is refused when an object is made or changes it"),
        };
        found.push(reason, Some(path));
    }
}

/// The keyword of a schema that permits less now.
fn narrowed(field: &FieldChange) -> Option<&str> {
    let (mut keys, mut is_item) = (field.path.iter().rev(), false);
    let key = keys.find_map(|step| match step {
        Step::Key(key) => Some(key.as_str()),
        Step::Item(_) | Step::Index(_) => {
            is_item = true;
            None
        }
    });
    // A field may be called as a keyword is.
    let is_name = matches!(keys.next(), Some(Step::Key(above)) if above == "properties");
    key.filter(|key| match *key {
        _ if is_name => false,
        "required" => field.new.is_some() && (is_item || field.old.is_none()),
        "enum" => field.old.is_some() || !is_item,
        key => BOUNDS.contains(&key) && field.new.is_some(),
    })
}
