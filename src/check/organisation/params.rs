//! The parameters of a policy: objects in the folder of policies, or of the build.

use ecow::EcoString;

use super::object::Target;
use crate::check::labels::Selector;
use crate::policy::{ParamRef, Policies, Policy};
use crate::resource::{Gvk, ResourceSet};
use crate::scope;
use crate::tree::Node;

pub(super) enum Params {
    /// The policy has none.
    None,
    /// It is evaluated once with each.
    Some(Vec<Node>),
    /// There are none, and then an object passes.
    Allowed,
    /// They are not here.
    Unknown(EcoString),
}

pub(super) fn of(
    policy: &Policy,
    binding: &crate::policy::Binding,
    target: &Target<'_>,
    policies: &Policies,
    resources: &ResourceSet,
) -> Params {
    let Some((version, kind)) = &policy.param_kind else { return Params::None };
    let Some(wanted) = &binding.params else {
        return Params::Unknown(ecow::eco_format!("a binding with `paramRef`"));
    };
    let gvk = Gvk::new(version, kind);
    let beside = policies.params.iter();
    let rendered = resources.into_iter().map(|resource| &resource.root);
    let found: Vec<Node> =
        beside.chain(rendered).filter(|object| fits(object, &gvk, wanted, target)).cloned().collect();
    if !found.is_empty() {
        return Params::Some(found);
    }
    match wanted.allows_none {
        true => Params::Allowed,
        false => Params::Unknown(match &wanted.name {
            Some(name) => ecow::eco_format!("the `{kind}` `{name}` as its parameters"),
            None => ecow::eco_format!("a `{kind}` as its parameters"),
        }),
    }
}

fn fits(object: &Node, gvk: &Gvk, wanted: &ParamRef, target: &Target<'_>) -> bool {
    let text = |key: &str| object.at(&["metadata", key]).and_then(Node::as_str);
    if Gvk::of(object).is_none_or(|own| own != *gvk) {
        return false;
    }
    if wanted.name.as_ref().is_some_and(|name| text("name") != Some(name)) {
        return false;
    }
    if wanted.selector.as_ref().is_some_and(|selector| !Selector::of(selector).matches_template(object)) {
        return false;
    }
    // Parameters without a namespace are those of every object, or of a kind that has none.
    let namespace = wanted.namespace.as_deref().or(target.namespace.as_deref());
    let own = text("namespace");
    scope::is_cluster_scoped(&gvk.group, &gvk.kind) || own.is_none() || own == namespace
}
