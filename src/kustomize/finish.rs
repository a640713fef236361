//! What comes once, after all layers: hashes, name references, variables, order, labels.

use super::Options;
use super::fold::{Fold, Layer};
use super::provenance::{self, ORIGIN, TRANSFORMATIONS};
use super::sort::Order;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::Result;
use crate::origin::Origins;
use crate::project::FileId;
use crate::resource::{Resource, ResourceSet};
use crate::transform::fields::FieldSpec;
use crate::transform::hash;
use crate::transform::labels::{self, Pair};
use crate::transform::references::{self, Table};
use crate::tree::Node;

/// The whole build of one kustomization.
pub(super) fn build(fold: &mut Fold, file: FileId, options: &Options) -> Result<Vec<Resource>> {
    let spec = fold.spec(file)?;
    if let Some(kind) = super::component(fold.project, file) {
        // What it patches is not there when it is built alone; kustomize does it all the same.
        let finding = Diagnostic::warning("component-alone", "a component is built by itself").at(kind);
        fold.finding(finding.help("build a kustomization that lists it under `components`"));
    }
    let asked = |option: &str| spec.build_metadata.iter().any(|text| *text == option);
    let mut said = Diagnostics::default();
    let order = spec.sort.as_ref().map(|node| Order::read(node, &mut said));
    fold.refused(said)?;
    fold.record(!spec.build_metadata.is_empty(), asked("transformerAnnotations"));
    let Layer { mut set, config, vars, .. } = fold.accumulate(file, Layer::default())?;
    let conflicts = hash::apply(&mut set, fold.origins);
    fold.conflicts(&conflicts, &set, "the hash", None)?;
    nameless(&set)?;
    blank_namespaces(&set)?;
    let mut table = Table::kustomize();
    config.references.into_iter().for_each(|rule| table.add(rule));
    ambiguities(&references::apply(&mut set, &table, fold.origins), &set)?;
    let mut unused = Diagnostics::default();
    vars.resolve(&mut set, &config.vars, fold.origins, &mut unused)?;
    unused.into_iter().for_each(|variable| fold.finding(variable));
    without_local(&mut set, fold.origins);
    if options.managed_by || asked("managedByLabel") {
        let origin = spec.origin;
        let value = ecow::eco_format!("strata-{}", crate::VERSION);
        let pair = Pair { key: "app.kubernetes.io/managed-by".into(), value, origin };
        let field = FieldSpec { path: "metadata/labels", create: true, ..FieldSpec::default() };
        labels::apply_to(&mut set, &[pair], &[field], fold.origins);
    }
    let notes = [("originAnnotations", ORIGIN), ("transformerAnnotations", TRANSFORMATIONS)];
    let gone: Vec<&str> = notes.into_iter().filter(|(option, _)| !asked(option)).map(|(_, key)| key).collect();
    set.roots_mut().for_each(|root| provenance::clean(root, &gone));
    let mut resources = set.into_resources();
    match order {
        Some(order) => order.sort(&mut resources),
        None if options.reorder => Order::legacy().sort(&mut resources),
        None => {}
    }
    if resources.is_empty() {
        fold.finding(Diagnostic::warning("empty-render", "the kustomization renders nothing").at(spec.origin));
    }
    Ok(resources)
}

/// Takes away what is for tools alone.
fn without_local(set: &mut ResourceSet, origins: &mut Origins) {
    for resource in set.remove(|resource| is_local(&resource.root).is_some()) {
        let by = is_local(&resource.root).map_or(resource.root.origin(), Node::origin);
        origins.taken_away(&resource.root, None, by);
    }
}

/// What says that a resource is for tools alone.
fn is_local(root: &Node) -> Option<&Node> {
    root.at(&["metadata", "annotations", "config.kubernetes.io/local-config"])
        .filter(|value| value.as_str() != Some("false"))
}

/// A patch may not take the name of an object away.
fn nameless(set: &ResourceSet) -> Result<()> {
    let is_named = |resource: &Resource| !resource.name().is_empty() || resource.kind().ends_with("List");
    let Some(resource) = set.iter().find(|resource| !is_named(resource)) else { return Ok(()) };
    let message = format!("the `{}` has no `metadata.name` any more", resource.kind());
    let problem = Diagnostic::error("not-a-resource", message).at(resource.root.origin());
    Err(problem.help("let no patch take the name away; it may be replaced").into())
}

/// The account of a RoleBinding has no namespace, or one that is a text.
fn blank_namespaces(set: &ResourceSet) -> Result<()> {
    for binding in set.iter().filter(|resource| resource.kind() == "RoleBinding") {
        for subject in binding.root.get("subjects").into_iter().flat_map(Node::items) {
            let account = subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount");
            if let Some(namespace) = subject.get("namespace").filter(|node| account && node.as_str().is_none()) {
                let message = format!("the namespace of an account of `{}` is blank", binding.id());
                let problem = Diagnostic::error("invalid-namespace", message).at(namespace.origin());
                return Err(problem.help("write its name, or take the field away").into());
            }
        }
    }
    Ok(())
}

fn ambiguities(found: &[references::Ambiguity], set: &ResourceSet) -> Result<()> {
    let Some(first) = found.first() else { return Ok(()) };
    let candidates: Vec<String> = first
        .candidates
        .iter()
        .map(|index| {
            let id = set.get(*index).id();
            match id.namespace.is_empty() {
                true => format!("`{id}`"),
                false => format!("`{id}` in `{}`", id.namespace),
            }
        })
        .collect();
    let referrer = set.get(first.referrer).id();
    let message = format!(
        "`{}` in `{referrer}` could be any of several resources of kind `{}`: {}",
        first.name,
        first.kind,
        candidates.join(", ")
    );
    Err(Diagnostic::error("ambiguous-reference", message).at(first.origin).into())
}
