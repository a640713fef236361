//! What a layer changes by target: removals and patches. A target that matches nothing and a patch
//! that changes nothing are said.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::kubernetes::Definitions;
use crate::model::overlay::{Patch, Target as WrittenTarget};
use crate::origin::Origin;
use crate::project::{Project, Role};
use crate::resolve::layers::{Layer, Plan};
use crate::resolve::values::interpolate;
use crate::resource::{ResourceId, UpdateError};
use crate::transform::patch::target::Target;
use crate::transform::patch::{Dialect, Outcome, json6902, merge, selector::Selector, strategic};
use crate::tree::{Node, Spanned, Text, Value};

use super::Build;
use super::layer::name_place;

/// A patch, ready to apply.
enum Body {
    Json6902(Vec<json6902::Operation>),
    Merge(Node),
    Strategic(Node),
}

impl Body {
    fn place(&self) -> Option<Origin> {
        match self {
            Self::Json6902(operations) => operations.first().map(|operation| operation.path_origin),
            Self::Merge(node) | Self::Strategic(node) => Some(node.origin()),
        }
    }
}

impl Build<'_> {
    /// Takes away what the layer removes.
    pub(super) fn removals(&mut self, layer: &Layer) {
        // They are taken out together, for each time the indexes are made anew.
        let mut gone = HashSet::new();
        for written in &layer.remove {
            let target = target(written);
            let mut matched = self.matched(&target);
            matched.retain(|index| !gone.contains(index));
            for index in &matched {
                self.origins.taken_away(&self.resources.get(*index).root, None, place(written));
            }
            if matched.is_empty() {
                self.resources.remove_at(&std::mem::take(&mut gone));
                self.no_match(&target, written, "removal-matches-nothing", "there is nothing to remove");
            }
            gone.extend(matched);
        }
        self.resources.remove_at(&gone);
    }

    /// The resources that a target matches, in order.
    fn matched(&mut self, target: &Target) -> Vec<usize> {
        let mut matched = self.resources.candidates(target.name.as_deref());
        matched.retain(|index| target.matches(self.resources.get(*index)));
        matched
    }

    fn no_match(&mut self, target: &Target, written: &Spanned<WrittenTarget>, code: &'static str, what: &str) {
        let near: Vec<String> =
            target.near_misses(&self.resources).iter().map(|near| format!("`{}`", near.id())).collect();
        let help = match near.is_empty() {
            true => "no resource of this build is near it".to_owned(),
            false => format!("did you mean {}?", near.join(", ")),
        };
        self.diagnostics.push(
            Diagnostic::error(code, format!("{what}: no resource matches {}", in_words(written)))
                .at(place(written))
                .help(help),
        );
    }

    /// Applies one patch to every resource that its target matches.
    pub(super) fn patch(&mut self, patch: &Patch, plan: &Plan, index: usize, definitions: Definitions) {
        let Some(body) = self.patch_body(patch, plan) else { return };
        let target = target(&patch.target);
        let matched = self.matched(&target);
        if matched.is_empty() {
            return self.no_match(&target, &patch.target, "patch-matches-nothing", "the patch changes nothing");
        }
        let mut outcomes = Outcome::default();
        let mut deleted: HashSet<ResourceId> = HashSet::new();
        for resource in matched {
            let before = self.resources.get(resource).root.clone();
            if !self.same_object(resource, &body) {
                return;
            }
            let Some(outcome) = self.patch_one(resource, &body, definitions) else { return };
            if let Body::Merge(node) | Body::Strategic(node) = &body {
                let after = Some(&self.resources.get(resource).root);
                self.origins.patched_away(&before, after, place(&patch.target), node);
            }
            self.shadowed(&before, resource, patch, plan, index);
            outcomes.changed |= outcome.changed;
            outcomes.removed_missing.extend(outcome.removed_missing);
            if outcome.deleted {
                deleted.insert(self.resources.get(resource).id().clone());
            }
        }
        for (path, origin) in &outcomes.removed_missing {
            let message = format!("the patch takes `{path}` away, which is not there");
            self.diagnostics.push(Diagnostic::error("patch-removes-nothing", message).at(*origin).help("leave it out"));
        }
        if !deleted.is_empty() {
            let gone = self.resources.remove(|resource| deleted.contains(resource.id()));
            if let Body::Merge(node) | Body::Strategic(node) = &body {
                let by = place(&patch.target);
                gone.iter().for_each(|resource| self.origins.patched_away(&resource.root, None, by, node));
            }
        } else if !outcomes.changed && outcomes.removed_missing.is_empty() {
            self.diagnostics.push(
                Diagnostic::warning("patch-changes-nothing", "everything is already as the patch says")
                    .at(place(&patch.target))
                    .help("leave the patch out"),
            );
        }
    }

    /// The patch itself: inline, or the content of the file that it names. Values are put into both
    /// alike, so that a patch may move into a file.
    fn patch_body(&mut self, patch: &Patch, plan: &Plan) -> Option<Body> {
        let (raw, role) = match (&patch.json6902, &patch.merge, &patch.strategic) {
            (Some(raw), ..) => (raw, Role::JsonPatch),
            (_, Some(raw), _) | (_, _, Some(raw)) => (raw, Role::Patch),
            (None, None, None) => return None,
        };
        let node = match raw.0.as_str() {
            None => raw.0.clone(),
            Some(path) => {
                let project: &Project = self.run.project;
                let from = self.origins.settle(raw.0.origin())?;
                let file = project.file(from, path, role)?;
                match file.documents() {
                    [document] => {
                        interpolate(document, &plan.values, project.sources(), &mut self.origins, &mut self.diagnostics)
                    }
                    documents => {
                        let message =
                            format!("the patch file holds {} documents, and one is expected", documents.len());
                        self.diagnostics.push(Diagnostic::error("several-documents", message).at(raw.0.origin()));
                        return None;
                    }
                }
            }
        };
        if role == Role::JsonPatch {
            return match json6902::parse(&node, Dialect::Standard) {
                Ok(operations) => Some(Body::Json6902(operations)),
                Err(said) => {
                    self.diagnostics.append(said);
                    None
                }
            };
        }
        if node.as_map().is_none() {
            let message = format!("a merge patch is a mapping, and this is {}", node.kind());
            self.diagnostics.push(Diagnostic::error("wrong-type", message).at(node.origin()));
            return None;
        }
        Some(if patch.merge.is_some() { Body::Merge(node) } else { Body::Strategic(node) })
    }

    /// Whether a merge leaves the object what it is. Fields that other tools match a patch by
    /// (`metadata.name` and the like) would rename the object here: to a cluster, a deletion.
    fn same_object(&mut self, index: usize, body: &Body) -> bool {
        let (Body::Merge(patch) | Body::Strategic(patch)) = body else { return true };
        let resource = self.resources.get(index);
        for path in [&["apiVersion"][..], &["kind"], &["metadata", "name"], &["metadata", "namespace"]] {
            let Some(new) = patch.at(path).filter(|new| resource.root.at(path) != Some(new)) else { continue };
            // A patch file may call the object by a name that it had before, as `target` may.
            let known =
                |id: &ResourceId| new.as_str().is_some_and(|new| path.last() == Some(&"name") && id.name == new);
            let message = match resource.every_id().any(known) {
                true => format!("`{}` is called `{}` by now", resource.id(), resource.name()),
                false => format!(
                    "the patch changes `{}` of `{}`, which makes it another object",
                    path.join("."),
                    resource.id()
                ),
            };
            self.diagnostics.push(
                Diagnostic::error("patch-renames", message)
                    .at(new.origin())
                    .help("leave the field out: `target` says which objects are meant; to rename one, use `name` of the model or `json6902`"),
            );
            return false;
        }
        true
    }

    fn patch_one(&mut self, index: usize, body: &Body, definitions: Definitions) -> Option<Outcome> {
        let origins = &mut self.origins;
        let updated = self.resources.update(index, |resource| match body {
            Body::Json6902(operations) => json6902::apply(&mut resource.root, operations, Dialect::Standard, origins),
            Body::Merge(patch) => Ok(merge::apply(&mut resource.root, patch, origins)),
            Body::Strategic(patch) => {
                let shape = definitions.resource(&resource.id().gvk);
                strategic::apply(&mut resource.root, patch, shape, Dialect::Standard, origins)
            }
        });
        match updated {
            Ok(Ok(outcome)) => Some(outcome),
            Ok(Err(error)) => {
                let id = self.resources.get(index).id().clone();
                let mut diagnostic = Diagnostic::from(error);
                diagnostic.message = format!("the patch of `{id}` fails: {}", diagnostic.message);
                self.diagnostics.push(diagnostic);
                None
            }
            Err(error) => {
                self.refused(index, error, body.place());
                None
            }
        }
    }

    fn refused(&mut self, index: usize, error: UpdateError, place: Option<Origin>) {
        let id = self.resources.get(index).id().clone();
        let diagnostic = match error {
            UpdateError::Taken(other) => {
                let other = self.resources.get(other);
                Diagnostic::error(
                    "duplicate-resource",
                    format!("the patch makes `{id}` the same object as `{}`", other.id()),
                )
                .related(name_place(&other.root), "the other one")
            }
            UpdateError::NoKind => {
                Diagnostic::error("not-a-resource", format!("the patch takes `apiVersion` or `kind` of `{id}` away"))
            }
        };
        self.diagnostics.push(match place {
            Some(place) => diagnostic.at(place),
            None => diagnostic,
        });
    }

    /// A typed field of a later layer that this patch took away or replaced: the later layer was
    /// meant to win, so this is an error that names both.
    fn shadowed(&mut self, before: &Node, resource: usize, patch: &Patch, plan: &Plan, index: usize) {
        let after = &self.resources.get(resource).root;
        let mut changed = Vec::new();
        changed_nodes(before, after, &mut changed);
        let later: HashSet<_> = plan.layers[index + 1..].iter().map(|layer| layer.file).collect();
        if later.is_empty() || changed.is_empty() {
            return;
        }
        let project: &Project = self.run.project;
        let written_later = |origin: Origin| {
            let position = self.origins.place(origin)?;
            later.contains(&project.holder(position)?).then_some(position)
        };
        let (mut was, mut is) = (Vec::new(), Vec::new());
        changed.into_iter().for_each(|node| positions(node, &written_later, &mut was));
        if was.is_empty() {
            return;
        }
        // What is gone here may be there all the same.
        positions(after, &written_later, &mut is);
        is.sort_unstable();
        was.sort_unstable();
        was.dedup();
        let lost: Vec<u32> = was.into_iter().filter(|position| is.binary_search(position).is_err()).collect();
        for position in lost {
            self.diagnostics.push(
                Diagnostic::error(
                    "shadowed-by-patch",
                    "a patch of an earlier layer overwrites what this later layer says",
                )
                .at(Origin::source(position))
                .related(place(&patch.target), "the patch")
                .help("change the value with a patch here, or turn the earlier patch into a field of its layer"),
            );
        }
    }
}

/// The target as the transforms take it.
fn target(written: &WrittenTarget) -> Target {
    let exact = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let labels = written.labels.iter().map(|(key, value)| (key.value.clone(), value.value.clone()));
    Target {
        group: exact(&written.group),
        version: exact(&written.version),
        kind: exact(&written.kind),
        name: exact(&written.name),
        namespace: exact(&written.namespace),
        labels: Selector::equal(labels),
        annotations: Selector::default(),
    }
}

/// Where a target is written.
fn place(target: &Spanned<WrittenTarget>) -> Origin {
    target.place().unwrap_or(target.origin)
}

/// ``kind `Deployment`, name `web` ``.
fn in_words(target: &WrittenTarget) -> String {
    let fields = [
        ("group", &target.group),
        ("version", &target.version),
        ("kind", &target.kind),
        ("name", &target.name),
        ("namespace", &target.namespace),
    ];
    let mut words: Vec<String> =
        fields.iter().filter_map(|(field, text)| Some(format!("{field} `{}`", text.as_ref()?))).collect();
    words.extend(target.labels.iter().map(|(key, value)| format!("label `{key}: {value}`")));
    words.join(", ")
}

/// The nodes of `before` that are not in their place any more. What both share is not looked into.
fn changed_nodes<'n>(before: &'n Node, after: &Node, out: &mut Vec<&'n Node>) {
    match (before.value(), after.value()) {
        (Value::Map(old), Value::Map(new)) if std::ptr::eq(old.as_slice(), new.as_slice()) => {}
        (Value::Seq(old), Value::Seq(new)) if std::ptr::eq(old.as_slice(), new.as_slice()) => {}
        (Value::Map(old), Value::Map(new)) => {
            for (entry, place) in old.iter().zip(new.positions(old.keys())) {
                match place.and_then(|place| new.as_slice().get(place)) {
                    Some(now) => changed_nodes(&entry.node, &now.node, out),
                    None => out.push(&entry.node),
                }
            }
        }
        (Value::Seq(old), Value::Seq(new)) if old.len() == new.len() => {
            old.iter().zip(new).for_each(|(old, new)| changed_nodes(old, new, out));
        }
        (Value::Map(_) | Value::Seq(_), _) | (_, Value::Map(_) | Value::Seq(_)) => out.push(before),
        _ if before.origin() == after.origin() => {}
        _ => out.push(before),
    }
}

/// The positions of all scalars below `node` for which `written` gives one.
fn positions(node: &Node, written: &impl Fn(Origin) -> Option<u32>, out: &mut Vec<u32>) {
    match node.value() {
        Value::Seq(items) => items.iter().for_each(|item| positions(item, written, out)),
        Value::Map(map) => map.iter().for_each(|entry| positions(&entry.node, written, out)),
        _ => out.extend(written(node.origin())),
    }
}
