//! The builtin transformers, each with a configuration of its own.

use super::layer::{Affix, nameless, pairs};
use super::{Fold, Layer};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::kustomize::config::fields;
use crate::kustomize::field_spec::{self, Leaf};
use crate::kustomize::plugin::{self, TARGETS};
use crate::kustomize::read::Fields;
use crate::kustomize::spec::{self, Patch, ReplacementField, Spec};
use crate::kustomize::value_add::{Target, ValueAdd};
use crate::origin::{Cause, Origin};
use crate::project::{FileId, Role};
use crate::resource::{Resource, ResourceSet};
use crate::transform::namespace::{self, Services, Subjects};
use crate::transform::{annotations, hash, labels};
use crate::tree::{Node, Text, Value};

impl Fold<'_> {
    /// Runs the transformer of a kind; `config` is what kustomize reads of its configuration.
    pub(super) fn transformer(&mut self, file: FileId, kind: &str, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        match kind {
            "PatchTransformer" => {
                let patch = Patch::read(config, &mut said);
                self.refused(said)?;
                self.patch(file, &patch, layer)?;
                layer.settle();
                Ok(())
            }
            "PatchJson6902Transformer" => {
                let patch = Patch::operations(config, &mut said);
                self.refused(said)?;
                nameless(&patch).map_or(Ok(()), |problem| Err(Error::from(problem)))?;
                self.json6902_alone(file, &patch, layer)
            }
            "PatchStrategicMergeTransformer" => self.strategic_merge_plugin(file, config, layer),
            "ReplacementTransformer" => {
                let mut fields = read(config, &["replacements"], &mut said);
                let replacements = fields.each("replacements", ReplacementField::read);
                self.refused(said)?;
                self.replacements(file, &replacements, layer)
            }
            "LabelTransformer" => {
                let (pairs, specs) = self.pairs_and_specs(config, "labels", layer)?;
                labels::apply_to(&mut layer.set, &pairs, &fields(&specs), self.origins);
                Ok(())
            }
            "AnnotationsTransformer" => {
                let (pairs, specs) = self.pairs_and_specs(config, "annotations", layer)?;
                annotations::apply_to(&mut layer.set, &pairs, &fields(&specs), self.origins);
                Ok(())
            }
            "PrefixTransformer" | "SuffixTransformer" | "PrefixSuffixTransformer" => self.affixes(config, layer),
            "NamespaceTransformer" => self.namespace_plugin(config, layer),
            "ImageTagTransformer" => {
                let mut fields = read(config, &["imageTag", "fieldSpecs"], &mut said);
                let image = fields.get("imageTag").map(|node| spec::image(node, fields.diagnostics));
                let specs = fields.each("fieldSpecs", Spec::read);
                self.refused(said)?;
                field_spec::check(&layer.set, &specs, Leaf::Scalar, config.origin())?;
                self.images(image.as_slice(), Some(&specs), layer)
            }
            "ReplicaCountTransformer" => self.replica_plugin(config, layer),
            "HashTransformer" => self.hash_plugin(config, layer),
            _ => self.value_add(file, config, layer),
        }
    }

    fn strategic_merge_plugin(&mut self, file: FileId, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        let mut fields = read(config, &["paths", "patches"], &mut said);
        let mut patches = fields.texts("paths");
        patches.extend(fields.filled("patches"));
        self.refused(said)?;
        if patches.is_empty() {
            let problem = Diagnostic::error("missing-field", "a strategic merge needs `paths` or `patches`");
            return Err(problem.at(config.origin()).into());
        }
        self.strategic_merges(file, &patches, layer)
    }

    /// What is added, and to which fields.
    fn pairs_and_specs(
        &mut self,
        config: &Node,
        field: &'static str,
        layer: &Layer,
    ) -> Result<(Vec<labels::Pair>, Vec<Spec>)> {
        let mut said = Diagnostics::default();
        let mut fields = read(config, &["labels", "annotations", "fieldSpecs"], &mut said);
        let (pairs, specs) = (pairs(&fields.pairs(field)), fields.each("fieldSpecs", Spec::read));
        self.refused(said)?;
        if !pairs.is_empty() {
            field_spec::check(&layer.set, &specs, Leaf::Map, config.origin())?;
        }
        Ok((pairs, specs))
    }

    fn affixes(&mut self, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        let mut fields = read(config, &["prefix", "suffix", "fieldSpecs"], &mut said);
        let (prefix, suffix) = (fields.filled("prefix"), fields.filled("suffix"));
        let specs = fields.each("fieldSpecs", Spec::read);
        let is_told = fields.get("fieldSpecs").is_some();
        self.refused(said)?;
        if !is_told {
            let problem = Diagnostic::error("missing-field", "`fieldSpecs` is missing").at(config.origin());
            return Err(problem.help("write `fieldSpecs: [{path: metadata/name}]`").into());
        }
        field_spec::check(&layer.set, &specs, Leaf::Scalar, config.origin())?;
        for (text, affix) in [(prefix, Affix::Prefix), (suffix, Affix::Suffix)] {
            if let Some(text) = text {
                self.affix(&text, affix, Some(&specs), &[], layer)?;
            }
        }
        Ok(())
    }

    fn namespace_plugin(&mut self, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        let names = &["metadata", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"];
        let mut fields = read(config, names, &mut said);
        let specs = fields.each("fieldSpecs", Spec::read);
        let unset_only = fields.truth("unsetOnly");
        let subjects = fields.filled("setRoleBindingSubjects");
        let subjects = match subjects.as_ref().map_or("defaultOnly", Text::as_str) {
            "none" => Subjects::None,
            "allServiceAccounts" => Subjects::ServiceAccounts,
            "defaultOnly" => Subjects::Default,
            other => {
                let problem =
                    Diagnostic::error("unknown-option", format!("`{other}` says of no subjects what they get"));
                let at = subjects.as_ref().map_or(config.origin(), |text| text.origin);
                let help = "write `defaultOnly`, `allServiceAccounts` or `none`";
                fields.diagnostics.push(problem.at(at).help(help));
                Subjects::Default
            }
        };
        let [_, name] = plugin::metadata(config, fields.diagnostics);
        self.refused(said)?;
        let Some(name) = name else { return Ok(()) };
        field_spec::check(&layer.set, &specs, Leaf::Scalar, config.origin())?;
        let more = crate::kustomize::config::fields(&specs);
        let options = namespace::Options {
            rename_namespaces: false,
            services: Services::None,
            unset_only,
            subjects,
            fields: &more,
            ..namespace::Options::KUSTOMIZE
        };
        self.namespace(&name, &options, layer)
    }

    fn replica_plugin(&mut self, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        let mut fields = read(config, &["replica", "fieldSpecs"], &mut said);
        let replica = fields.get("replica").map(|node| spec::replicas(node, fields.diagnostics));
        let specs = fields.each("fieldSpecs", Spec::read);
        self.refused(said)?;
        let Some(replica) = replica else {
            let problem = Diagnostic::error("missing-field", "`replica` is missing").at(config.origin());
            return Err(problem.help("write `replica: {name: web, count: 3}`").into());
        };
        let named = layer.set.iter().filter(|resource| resource.every_id().any(|id| replica.name == *id.name));
        for resource in named {
            field_spec::check_one(resource, &specs, Leaf::Scalar, config.origin())?;
        }
        self.replicas(&replica, Some(&specs), layer)
    }

    /// Puts the hash after names that ask for one, before the end of the build puts it there again.
    fn hash_plugin(&mut self, config: &Node, layer: &mut Layer) -> Result<()> {
        let asking: Vec<bool> = layer.set.iter().map(|resource| resource.needs_hash).collect();
        let conflicts = hash::apply(&mut layer.set, self.origins);
        for (resource, asks) in layer.set.iter_mut().zip(asking) {
            resource.needs_hash = asks;
        }
        self.conflicts(&conflicts, &layer.set, "the hash", Some(config.origin()))
    }

    fn value_add(&mut self, file: FileId, config: &Node, layer: &mut Layer) -> Result<()> {
        let mut said = Diagnostics::default();
        let mut adds = ValueAdd::read(config, &mut said);
        if let Some(path) = &adds.file {
            let documents = self.documents(file, path, Role::KustomizeConfig)?;
            let mut ignored = Vec::new();
            let root = documents.first().map(|root| TARGETS.read(root, &mut ignored));
            ignored.into_iter().for_each(|field| self.finding(field));
            if let Some(root) = &root {
                let mut fields = Fields::new(root, "a file of targets", &["targets"], &mut said);
                adds.targets.extend(fields.each("targets", Target::read));
            }
        }
        self.refused(said)?;
        if adds.targets.is_empty() {
            let problem = Diagnostic::error("missing-field", "there is no target").at(config.origin());
            return Err(problem.help("write `targets` with a `fieldPath`").into());
        }
        let folder = self.open.last().and_then(|folder| folder.file_name());
        let folder = folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let value = adds.value.unwrap_or(Text::new(folder, config.origin()));
        adds.targets.iter().try_for_each(|target| self.value_add_at(target, &value, layer))
    }

    fn value_add_at(&mut self, target: &Target, value: &Text, layer: &mut Layer) -> Result<()> {
        let selected = match &target.selector {
            Some(selector) => super::patches::select(&mut layer.set, selector)?,
            None => (0..layer.set.len()).collect(),
        };
        self.unmatched(&selected, target.path.origin);
        if target.path == "metadata/namespace" {
            return self.namespace_at(&selected, value, layer);
        }
        for index in selected {
            let origins = &mut *self.origins;
            let mut wrap = |new: Value, old: &Node| match old.is_null() {
                true => Node::new(new, origins.transform("value-add", Some(value.origin))),
                false => Node::new(new, origins.replace(Cause::Transform("value-add"), value.origin, old)),
            };
            let change = |root: &mut Node| target.apply(root, value, &mut wrap);
            unnoted(&mut layer.set, index, change, value.origin)?;
        }
        Ok(())
    }

    /// Sets the namespace of some resources, as the NamespaceTransformer does.
    fn namespace_at(&mut self, selected: &[usize], value: &Text, layer: &mut Layer) -> Result<()> {
        let options =
            namespace::Options { rename_namespaces: false, services: Services::None, ..namespace::Options::KUSTOMIZE };
        for index in selected {
            let mut one = ResourceSet::with_identity(layer.set.identity());
            let resource = layer.set.get(*index);
            let Some(copy) = Resource::without_version(resource.root.clone()) else { continue };
            let _ = one.insert(copy);
            namespace::apply(&mut one, value, value.origin, &options, self.origins);
            let root = one.into_resources().into_iter().next().map(|resource| resource.root);
            let change = |old: &mut Node| {
                root.into_iter().for_each(|root| *old = root);
                Ok(())
            };
            unnoted(&mut layer.set, *index, change, value.origin)?;
        }
        Ok(())
    }
}

/// Brings a change of an id in step that kustomize does not note.
fn unnoted(
    set: &mut ResourceSet,
    index: usize,
    change: impl FnOnce(&mut Node) -> Result<()>,
    at: Origin,
) -> Result<()> {
    let before = set.get(index).previous_ids().len();
    match set.update(index, |resource| change(&mut resource.root)) {
        Ok(result) => result?,
        Err(error) => return Err(super::patches::taken(set, set.get(index).id(), error, at)),
    }
    if set.get(index).previous_ids().len() > before {
        set.forget(index);
    }
    Ok(())
}

fn read<'n, 'd>(config: &'n Node, names: &'static [&'static str], said: &'d mut Diagnostics) -> Fields<'n, 'd> {
    Fields::new(config, "the configuration of a plugin", names, said)
}
