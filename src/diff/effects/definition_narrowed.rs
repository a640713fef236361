//! What the schema of a custom resource permits.

use super::{Case, Effect, Found, Rule};
use crate::diff::{FieldChange, Step};

pub(super) const RULE: Rule = Rule {
    name: "definition-narrowed",
    effect: Effect::Availability,
    text: "the schema of a CustomResourceDefinition demands more: a field more is required, a value goes from `enum`, a bound or type changes",
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
    for field in case.fields().filter(|field| field.passes(&["schema", "openAPIV3Schema"])).filter(|one| narrows(one)) {
        let path = field.shown_path();
        found.push(format!("`{path}`: objects that are there may be refused when they are written"), Some(path));
    }
}

fn narrows(field: &FieldChange) -> bool {
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
    match key.filter(|_| !is_name) {
        Some("required") => field.new.is_some() && (is_item || field.old.is_none()),
        Some("enum") => field.old.is_some() || !is_item,
        Some(key) => BOUNDS.contains(&key) && field.new.is_some(),
        None => false,
    }
}
