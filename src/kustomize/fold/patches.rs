//! Patches of a layer: which resources they are for, and what keeps its id.

use super::absorb::matching;
use super::{Fold, Layer, manifests};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::kustomize::json;
use crate::kustomize::schema::Schema;
use crate::kustomize::selector::Selector;
use crate::kustomize::spec::Patch;
use crate::origin::{Origin, Origins};
use crate::project::{FileId, Role};
use crate::resource::{Gvk, Resource, ResourceId, ResourceSet, UpdateError};
use crate::transform::patch::json6902::{self, Operation};
use crate::transform::patch::{self, Dialect, strategic};
use crate::transform::twins;
use crate::tree::{Map, Node, Text};

impl Fold<'_> {
    /// `patchesStrategicMerge`: each document is for the resource that it names.
    pub(super) fn strategic_merges(&mut self, file: FileId, patches: &[Text], layer: &mut Layer) -> Result<()> {
        for written in patches {
            let documents = manifests(&self.documents(file, written, Role::KustomizePatch)?)?;
            for document in documents {
                self.named(&with_texts(&document), layer, (false, false))?;
            }
        }
        layer.settle();
        Ok(())
    }

    /// A patch of either sort. What it deletes goes with [`Layer::settle`].
    pub(super) fn patch(&mut self, file: FileId, patch: &Patch, layer: &mut Layer) -> Result<()> {
        let Some(written) = patch.inline.as_ref().or(patch.path.as_ref()) else { return Ok(()) };
        let documents = self.documents(file, written, Role::KustomizePatch)?;
        if let Some(list) = documents.first().filter(|document| document.as_seq().is_some()) {
            return self.json6902(list, patch, Ids::Noted, layer);
        }
        let allowed = (patch.allow_name_change, patch.allow_kind_change);
        let documents = manifests(&documents)?;
        let Some(target) = &patch.target else {
            return documents.iter().try_for_each(|document| self.named(document, layer, allowed));
        };
        let [document] = &documents[..] else {
            let message = format!("a patch with a `target` is one document, and this one has {}", documents.len());
            return Err(Diagnostic::error("several-documents", message).at(patch.origin).into());
        };
        layer.settle();
        let selected = select(&mut layer.set, target)?;
        self.unmatched(&selected, patch.origin);
        let document = with_texts(document);
        let of = |gvk: &Gvk| {
            let mut document = document.clone();
            if let Some(map) = document.as_map_mut() {
                map.insert("apiVersion", Node::string(gvk.api_version(), patch.origin));
            }
            document
        };
        match !selected.is_empty() && self.replaces_all(&document) {
            true => Ok(()),
            false => self.strategic(&selected, &of, layer, allowed),
        }
    }

    /// An entry of `patchesJson6902`.
    pub(super) fn json6902_alone(&mut self, file: FileId, patch: &Patch, layer: &mut Layer) -> Result<()> {
        let Some(written) = patch.inline.as_ref().or(patch.path.as_ref()) else { return Ok(()) };
        match self.documents(file, written, Role::KustomizePatch)?.first() {
            Some(list) => self.json6902(list, patch, Ids::Passed, layer),
            None => Ok(()),
        }
    }

    fn json6902(&mut self, list: &Node, patch: &Patch, ids: Ids, layer: &mut Layer) -> Result<()> {
        let Some(target) = &patch.target else {
            let problem = Diagnostic::error("missing-field", "a JSON patch needs a `target`").at(patch.origin);
            return Err(problem.into());
        };
        self.json_in_brackets(list, patch, ids)?;
        let operations = match json6902::parse(list, Dialect::Kustomize) {
            Ok(operations) => operations,
            Err(said) => {
                self.refused(said)?;
                return Ok(());
            }
        };
        if operations.is_empty() {
            let problem = Diagnostic::error("missing-field", "the patch has no operations").at(list.origin());
            return Err(problem.help("write one, or take the patch away").into());
        }
        layer.settle();
        let selected = select(&mut layer.set, target)?;
        self.unmatched(&selected, patch.origin);
        self.operate(&selected, &operations, ids, patch.origin, layer)
    }

    /// Kustomize reads a text that begins with a bracket as JSON, and any other as YAML. Of
    /// `patches` it takes the blank around an inline one away before.
    fn json_in_brackets(&self, list: &Node, patch: &Patch, ids: Ids) -> Result<()> {
        let position = list.origin().position();
        let Some(source) = position.and_then(|position| self.project.sources.source(position)) else { return Ok(()) };
        let is_trimmed = ids == Ids::Noted && patch.inline.is_some();
        let text = if is_trimmed { source.text.trim() } else { &source.text };
        let Some(fault) = text.starts_with('[').then(|| json::fault(text)).flatten() else { return Ok(()) };
        let skipped = if is_trimmed { source.text.len() - source.text.trim_start().len() } else { 0 };
        let offset = u32::try_from(skipped + fault).unwrap_or_default();
        let message = "a patch that begins with `[` is JSON, and this is not";
        let problem = Diagnostic::error("not-json", message).at(Origin::source(source.base.saturating_add(offset)));
        Err(problem.help("put keys and texts in double quotes, or write the list with dashes as YAML").into())
    }

    /// Applies operations to each of the resources `selected`.
    fn operate(
        &mut self,
        selected: &[usize],
        operations: &[Operation],
        ids: Ids,
        at: Origin,
        layer: &mut Layer,
    ) -> Result<()> {
        let set = &layer.set;
        // Kustomize keeps such notes in annotations, which a patch can then add to.
        let is_noted =
            |resource: &Resource| ids == Ids::Noted || !resource.previous_ids().is_empty() || resource.needs_hash;
        let mut roots: Vec<(Node, bool)> =
            selected.iter().map(|index| set.get(*index)).map(|it| (it.root.clone(), is_noted(it))).collect();
        let done = self.origins.each(&mut roots, |(root, is_noted), origins| {
            if *is_noted {
                make_annotations(root, at);
            }
            json6902::apply(root, operations, Dialect::Kustomize, origins)?;
            if *is_noted {
                drop_empty_annotations(root);
            }
            // It goes through JSON, which has one null.
            root.write_absent();
            Ok(())
        });
        for ((index, (root, _)), done) in selected.iter().zip(roots).zip(done) {
            let resource = layer.set.get(*index);
            let (before, id) = (resource.previous_ids().len(), resource.id().clone());
            done.map_err(|error| about(&id, error))?;
            let updated = layer.set.update(*index, |resource| {
                resource.root = root;
                resource.twins.clear();
            });
            updated.map_err(|error| taken(&layer.set, &id, error, at))?;
            if layer.set.get(*index).name().is_empty() {
                let message = format!("the patch takes `metadata.name` of `{id}` away");
                return Err(Diagnostic::error("not-a-resource", message).at(at).into());
            }
            let is_new = layer.set.get(*index).previous_ids().len() > before;
            match ids {
                Ids::Noted if !is_new => layer.set.remember(*index),
                Ids::Passed if is_new => layer.set.forget(*index),
                _ => {}
            }
        }
        Ok(())
    }

    /// Kustomize says nothing of a target that fits nothing.
    pub(super) fn unmatched(&mut self, selected: &[usize], at: Origin) {
        if selected.is_empty() {
            let finding = Diagnostic::warning("patch-matches-nothing", "no resource fits the target of this patch");
            self.finding(finding.at(at));
        }
    }

    /// Whether a patch says to replace the whole resource, which kustomize passes over.
    fn replaces_all(&mut self, document: &Node) -> bool {
        let Some(word) = document.get("$patch").filter(|word| word.as_str() == Some("replace")) else { return false };
        let message = "`$patch: replace` of a whole resource changes nothing, as in kustomize";
        let finding = Diagnostic::warning("patch-changes-nothing", message).at(word.origin());
        self.finding(finding.help("write it into the field that the patch replaces"));
        true
    }

    /// A strategic merge patch for the one resource that has or had its id.
    fn named(&mut self, document: &Node, layer: &mut Layer, allowed: (bool, bool)) -> Result<()> {
        let problem = |code, message: String| Error::from(Diagnostic::error(code, message).at(document.origin()));
        let text = |keys: &[&str]| document.at(keys).and_then(Node::as_str).unwrap_or_default();
        let id = ResourceId {
            gvk: crate::resource::Gvk::new(text(&["apiVersion"]), text(&["kind"])),
            namespace: text(&["metadata", "namespace"]).into(),
            name: text(&["metadata", "name"]).into(),
        };
        if !strategic::deletes(document) {
            layer.settle();
        }
        let mut found = matching(&layer.set, &id);
        found.retain(|index| !layer.gone.contains(index));
        let index = match found[..] {
            [index] => index,
            [] => {
                layer.settle();
                let near = near(&layer.set, &id);
                let mut found =
                    Diagnostic::error("patch-matches-nothing", format!("no resource is the `{id}` of this patch"));
                found = found.at(document.origin());
                return Err(match near {
                    Some(near) => found.help(near).into(),
                    None => found.into(),
                });
            }
            _ => {
                return Err(problem(
                    "ambiguous-patch",
                    format!("several resources are or were the `{id}` of this patch"),
                ));
            }
        };
        match self.replaces_all(document) {
            true => Ok(()),
            false => self.strategic(&[index], &|_| document.clone(), layer, allowed),
        }
    }

    /// Merges into each of the resources `selected` the patch that `document` gives for its kind. Name
    /// and kind stay unless the patch may change them; the namespace does.
    fn strategic(
        &mut self,
        selected: &[usize],
        document: &(dyn Fn(&Gvk) -> Node + Sync),
        layer: &mut Layer,
        allowed: (bool, bool),
    ) -> Result<()> {
        let (set, schema) = (&layer.set, &self.schema);
        let mut merges: Vec<Merge> = selected.iter().map(|index| Merge::of(set.get(*index), *index)).collect();
        let merged = self.origins.each(&mut merges, |merge, origins| {
            let patch = document(&merge.id.gvk);
            merge.apply(patch, schema, allowed, origins)
        });
        for (merge, merged) in merges.into_iter().zip(merged) {
            let Some(patch) = merged? else {
                layer.gone.insert(merge.index);
                continue;
            };
            let done = layer.set.update(merge.index, |resource| {
                resource.root = merge.root;
                twins::after_patch(&mut resource.root, &resource.twins, &patch);
            });
            done.map_err(|error| taken(&layer.set, &merge.id, error, patch.origin()))?;
        }
        Ok(())
    }
}

/// A patch with its labels and annotations as mappings of texts. Kustomize copies them so, but from
/// an entry of `patches` without a target: a null there is the text of one, and takes nothing away.
fn with_texts(patch: &Node) -> Node {
    let mut patch = patch.clone();
    let Some(metadata) = patch.at_mut(&["metadata"]).and_then(Node::as_map_mut) else { return patch };
    for field in ["labels", "annotations"] {
        let is_none = |node: &Node| node.is_null() || node.as_map().is_some_and(Map::is_empty);
        if metadata.get(field).is_some_and(is_none) {
            metadata.remove(field);
        }
        let Some(texts) = metadata.get_mut(field).and_then(Node::as_map_mut) else { continue };
        for entry in texts.iter_mut().filter(|entry| entry.node.as_map().is_none() && entry.node.as_seq().is_none()) {
            if entry.node.as_str().is_none() {
                let null = if entry.node.is_absent() { "" } else { "null" };
                let text = entry.node.scalar_text().unwrap_or(null.into());
                entry.node = Node::string(text, entry.node.origin());
            }
        }
    }
    patch
}

/// A strategic merge into one resource.
struct Merge {
    index: usize,
    id: ResourceId,
    root: Node,
}

impl Merge {
    fn of(resource: &Resource, index: usize) -> Self {
        Self { index, id: resource.id().clone(), root: resource.root.clone() }
    }

    /// Merges the patch, and gives it back; `None` when it deletes the resource.
    fn apply(
        &mut self,
        patch: Node,
        schema: &Schema,
        (name_may_change, kind_may_change): (bool, bool),
        origins: &mut Origins,
    ) -> Result<Option<Node>> {
        let before = self.root.clone();
        let shape = schema.shape(&self.id.gvk);
        let outcome = strategic::apply(&mut self.root, &patch, shape, Dialect::Kustomize, origins)
            .map_err(|error| about(&self.id, error))?;
        if outcome.deleted {
            origins.patched_away(&before, None, patch.origin(), &patch);
            return Ok(None);
        }
        origins.patched_away(&before, Some(&self.root), patch.origin(), &patch);
        if !kind_may_change {
            restore(&mut self.root, &before, &[], "kind");
        }
        if !name_may_change {
            restore(&mut self.root, &before, &["metadata"], "name");
        }
        restore(&mut self.root, &before, &["metadata"], "namespace");
        Ok(Some(patch))
    }
}

/// Whether the id that a resource has before a JSON patch is noted among its earlier ones:
/// kustomize does so for `patches` alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    Noted,
    Passed,
}

fn make_annotations(root: &mut Node, at: Origin) {
    if let Some(metadata) = root.map_under("metadata", at)
        && metadata.get("annotations").is_none_or(Node::is_null)
    {
        metadata.insert("annotations", Node::map(at));
    }
}

fn drop_empty_annotations(root: &mut Node) {
    if let Some(metadata) = root.at_mut(&["metadata"]).and_then(Node::as_map_mut)
        && metadata.get("annotations").and_then(Node::as_map).is_some_and(|map| map.is_empty())
    {
        metadata.remove("annotations");
    }
}

/// Puts a field back as it was.
fn restore(root: &mut Node, before: &Node, keys: &[&str], key: &str) {
    let old = before.at(keys).and_then(|node| node.get(key));
    let same = |new: Option<&Node>| match (new, old) {
        (Some(new), Some(old)) => new == old,
        (None, None) => true,
        _ => false,
    };
    if same(root.at(keys).and_then(|node| node.get(key))) {
        return;
    }
    let Some(map) = root.at_mut(keys).and_then(Node::as_map_mut) else { return };
    match old {
        Some(old) => drop(map.insert(key, old.clone())),
        None => drop(map.remove(key)),
    }
}

fn about(id: &ResourceId, error: Error) -> Error {
    let mut diagnostic = Diagnostic::from(error);
    diagnostic.message = format!("the patch of `{id}` fails: {}", diagnostic.message);
    diagnostic.into()
}

/// Why a change of an id is not possible.
pub(super) fn taken(set: &ResourceSet, id: &ResourceId, error: UpdateError, at: Origin) -> Error {
    match error {
        UpdateError::Taken(other) => {
            let other = set.get(other);
            let message = format!("the patch of `{id}` gives it the id of `{}`", other.id());
            let problem = Diagnostic::error("duplicate-resource", message).at(at);
            problem.related(other.root.origin(), "the other one").into()
        }
        UpdateError::NoKind => {
            let message = format!("the patch takes `apiVersion` or `kind` of `{id}` away");
            Diagnostic::error("not-a-resource", message).at(at).into()
        }
    }
}

/// The resources that a target selects.
pub(super) fn select(set: &mut ResourceSet, target: &Selector) -> Result<Vec<usize>> {
    let parsed = Labels::of(target)?;
    let mut selected = set.candidates(target.exact_name());
    selected.retain(|index| target.selects(set.get(*index)) && parsed.fit(set.get(*index)));
    Ok(selected)
}

/// Whether the selectors of labels and annotations fit a resource.
pub(super) fn labels_fit(target: &Selector, resource: &Resource) -> Result<bool> {
    Ok(Labels::of(target)?.fit(resource))
}

/// The parsed selectors of labels and annotations.
struct Labels {
    labels: Option<patch::selector::Selector>,
    annotations: Option<patch::selector::Selector>,
}

impl Labels {
    fn of(target: &Selector) -> Result<Self> {
        let parse = |text: &Option<Text>| -> Result<_> {
            let node = text.as_ref().map(|text| Node::string(text.value.clone(), text.origin));
            node.map(|node| patch::selector::Selector::parse(&node)).transpose()
        };
        Ok(Self { labels: parse(&target.labels)?, annotations: parse(&target.annotations)? })
    }

    fn fit(&self, resource: &Resource) -> bool {
        let fits = |selector: &Option<patch::selector::Selector>, key| {
            let map = || resource.root.at(&["metadata", key]).and_then(Node::as_map);
            selector.as_ref().is_none_or(|selector| selector.matches(map()))
        };
        fits(&self.labels, "labels") && fits(&self.annotations, "annotations")
    }
}

/// A resource that was probably meant by an id that none has.
fn near(set: &ResourceSet, id: &ResourceId) -> Option<String> {
    let same_name = set.iter().find(|resource| resource.name() == id.name && resource.kind() == id.gvk.kind);
    if let Some(other) = same_name {
        let other = other.id();
        return Some(match other.gvk == id.gvk {
            true => format!("`{other}` is in the namespace `{}`", other.namespace),
            false => format!("`{other}` has `apiVersion: {}`", other.gvk.api_version()),
        });
    }
    let names = set.iter().filter(|resource| resource.kind() == id.gvk.kind).map(Resource::name);
    let near = crate::diagnostic::near_miss(&id.name, names)?;
    Some(format!("did you mean `{near}`?"))
}
