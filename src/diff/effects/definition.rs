//! What a custom resource definition defines is immutable.

use super::{Case, Effect, Found, Rule};

pub(super) const RULE: Rule = Rule {
    name: "definition",
    effect: Effect::Recreate,
    text: "`group`, `scope`, `names.plural` or `names.kind` of a CustomResourceDefinition changes",
    source: "`ValidateCustomResourceDefinitionUpdate` in kubernetes/staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation",
    find,
};

fn find(case: &Case, found: &mut Found) {
    if !case.is("apiextensions.k8s.io", &["CustomResourceDefinition"]) {
        return;
    }
    let fixed = [&["spec", "group"][..], &["spec", "scope"], &["spec", "names", "plural"], &["spec", "names", "kind"]];
    for field in case.fields().filter(|field| fixed.iter().any(|keys| field.is_below(keys))) {
        let path = field.shown_path();
        found.push(format!("`{path}` is immutable: with the definition, all its objects would go"), Some(path));
    }
}
