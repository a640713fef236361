//! What the schema of a custom resource keeps.

use super::{Case, Effect, Found, Rule};
use crate::diff::{FieldChange, Step};

pub(super) const RULE: Rule = Rule {
    name: "definition-field",
    effect: Effect::DataLoss,
    text: "a field goes from the schema of a CustomResourceDefinition: its values are dropped when an object is written",
    source: "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("apiextensions.k8s.io", &["CustomResourceDefinition"]) {
        return;
    }
    let goes = |field: &&FieldChange| {
        let [.., Step::Key(above), Step::Key(_)] = field.path.as_slice() else { return false };
        above == "properties" && field.new.is_none() && field.passes(&["schema", "openAPIV3Schema"])
    };
    for field in case.fields().filter(goes) {
        let path = field.shown_path();
        found.push(format!("`{path}` goes: values there are dropped when an object is written"), Some(path));
    }
}
