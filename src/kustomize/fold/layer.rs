//! The transforms of a layer, in kustomize's order.

use super::patches::labels_fit;
use super::{Fold, Layer};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::kustomize::config::{as_field, fields};
use crate::kustomize::plugin::REPLACEMENT;
use crate::kustomize::provenance::{self, Maker};
use crate::kustomize::read::Pairs;
use crate::kustomize::spec::{Image, Kustomization, Labels, Replacement, ReplacementField, Replicas, Spec};
use crate::kustomize::{pattern, replacement};
use crate::origin::{Cause, Origin};
use crate::project::FileId;
use crate::transform::fields::{self as walk, FieldSpec, Missing};
use crate::transform::images::{self, ImageEntry};
use crate::transform::labels::Pair;
use crate::transform::names::{self, Affixes};
use crate::transform::replicas::{self, ReplicasEntry};
use crate::transform::{annotations, labels, namespace};
use crate::tree::{Node, Text};

impl Fold<'_> {
    /// All transforms that the fields of a kustomization ask for, then those of `transformers`.
    pub(super) fn transforms(&mut self, spec: &Kustomization, file: FileId, layer: &mut Layer) -> Result<()> {
        if let Some(patches) = spec.patches_strategic_merge.as_ref().filter(|patches| !patches.is_empty()) {
            self.strategic_merges(file, patches, layer)?;
            self.note(file, "PatchStrategicMergeTransformer", layer);
        }
        for patch in &spec.patches {
            self.patch(file, patch, layer)?;
            self.note(file, "PatchTransformer", layer);
        }
        layer.settle();
        if let Some(name) = &spec.namespace {
            let config = layer.config.namespace.clone();
            let more = fields(&config);
            let options = namespace::Options { fields: &more, ..namespace::Options::KUSTOMIZE };
            self.namespace(name, &options, layer)?;
            self.note(file, "NamespaceTransformer", layer);
        }
        if let Some(prefix) = &spec.name_prefix {
            let more = layer.config.name_prefix.clone();
            self.affix(prefix, Affix::Prefix, None, &more, layer)?;
            self.note(file, "PrefixTransformer", layer);
        }
        if let Some(suffix) = &spec.name_suffix {
            let more = layer.config.name_suffix.clone();
            self.affix(suffix, Affix::Suffix, None, &more, layer)?;
            self.note(file, "SuffixTransformer", layer);
        }
        for entry in &spec.labels {
            self.labels(entry, layer);
            self.note(file, "LabelTransformer", layer);
        }
        if !spec.labels.is_empty() || !spec.common_labels.is_empty() {
            let more = layer.config.common_labels.clone();
            let options = labels::Options { selectors: true, fields: &fields(&more), ..labels::Options::default() };
            labels::apply(&mut layer.set, &pairs(&spec.common_labels), &options, self.origins);
            self.note(file, "LabelTransformer", layer);
        }
        if !spec.common_annotations.is_empty() {
            let more = layer.config.annotations.clone();
            let options = annotations::Options { templates: true, fields: &fields(&more) };
            annotations::apply(&mut layer.set, &pairs(&spec.common_annotations), &options, self.origins);
            self.note(file, "AnnotationsTransformer", layer);
        }
        for patch in &spec.patches_json6902 {
            if let Some(problem) = nameless(patch) {
                return Err(problem.into());
            }
            self.json6902_alone(file, patch, layer)?;
            self.note(file, "PatchJson6902Transformer", layer);
        }
        for entry in &spec.replicas {
            self.replicas(entry, None, layer)?;
            self.note(file, "ReplicaCountTransformer", layer);
        }
        self.images(&spec.images, None, layer)?;
        spec.images.iter().for_each(|_| self.note(file, "ImageTagTransformer", layer));
        if !spec.replacements.is_empty() {
            self.replacements(file, &spec.replacements, layer)?;
            self.note(file, "ReplacementTransformer", layer);
        }
        for config in self.plugin_configs(file, &spec.transformers)? {
            let maker = self.transformer_plugin(file, &config, layer)?;
            self.note_maker(maker, layer);
        }
        Ok(())
    }

    /// Validators are transformers that change nothing.
    pub(super) fn validators(&mut self, spec: &Kustomization, file: FileId, layer: &mut Layer) -> Result<()> {
        for config in self.plugin_configs(file, &spec.validators)? {
            let set = layer.set.clone();
            let mut copy = Layer { set, config: layer.config.clone(), vars: layer.vars.clone(), ..Layer::default() };
            self.transformer_plugin(file, &config, &mut copy)?;
            let same =
                copy.set.iter().map(|resource| &resource.root).eq(layer.set.iter().map(|resource| &resource.root));
            if !same {
                let problem = Diagnostic::error("validator-changes", "a validator changes resources");
                return Err(problem.at(config.origin()).help("list it under `transformers`").into());
            }
        }
        Ok(())
    }

    /// Notes in all resources what changed them, where that is asked for.
    fn note(&mut self, file: FileId, kind: &str, layer: &mut Layer) {
        let maker = self.maker(file, kind);
        self.note_maker(maker, layer);
    }

    fn note_maker(&mut self, maker: Option<Maker>, layer: &mut Layer) {
        let Some(maker) = maker.filter(|_| self.notes) else { return };
        let origin = self.origins.transform("buildMetadata", None);
        layer.set.roots_mut().for_each(|root| provenance::transformed(root, &maker, origin));
    }

    pub(super) fn namespace(&mut self, name: &Text, options: &namespace::Options<'_>, layer: &mut Layer) -> Result<()> {
        let before: Vec<usize> = layer.set.iter().map(|resource| resource.previous_ids().len()).collect();
        let conflicts = namespace::apply(&mut layer.set, name, name.origin, options, self.origins);
        for (index, before) in before.into_iter().enumerate() {
            // Kustomize notes the id of every resource here, changed or not.
            if layer.set.get(index).previous_ids().len() == before {
                layer.set.remember(index);
            }
        }
        self.conflicts(&conflicts, &layer.set, "the namespace", Some(name.origin))
    }

    /// Puts a prefix or suffix to names: to all that kustomize renames by default, or to the
    /// fields `only`, and to `more` fields.
    pub(super) fn affix(
        &mut self,
        text: &Text,
        affix: Affix,
        only: Option<&[Spec]>,
        more: &[Spec],
        layer: &mut Layer,
    ) -> Result<()> {
        let everywhere =
            |spec: &Spec| *spec == Spec { path: "metadata/name".into(), create: spec.create, ..Spec::default() };
        // As for labels, a name of one kind takes the place of all names.
        let narrowed = more.iter().any(|spec| spec.path == "metadata/name" && !everywhere(spec));
        if only.is_none() && !narrowed {
            self.affix_all(text, affix, layer)?;
        }
        only.unwrap_or_default().iter().chain(more).try_for_each(|spec| match everywhere(spec) {
            true if only.is_some() => self.affix_all(text, affix, layer),
            true => Ok(()),
            false => self.affix_at(text, affix, &as_field(spec), layer),
        })
    }

    fn affix_all(&mut self, text: &Text, affix: Affix, layer: &mut Layer) -> Result<()> {
        let (prefix, suffix) = match affix {
            Affix::Prefix => (text.as_str(), ""),
            Affix::Suffix => ("", text.as_str()),
        };
        let affixes = Affixes { prefix, suffix, origin: text.origin };
        let conflicts = names::affix(&mut layer.set, &affixes, self.origins);
        self.conflicts(&conflicts, &layer.set, "the name's change", Some(text.origin))?;
        let longest = layer.set.iter().map(|resource| resource.name().len()).max();
        longest.is_none_or(|length| length <= LONGEST_NAME).then_some(()).ok_or_else(|| too_long(text))
    }

    fn affix_at(&mut self, text: &Text, affix: Affix, field: &FieldSpec<'_>, layer: &mut Layer) -> Result<()> {
        for index in 0..layer.set.len() {
            let resource = layer.set.get(index);
            if !field.selects(&resource.original_id().gvk) || names::keeps_its_name(resource) {
                continue;
            }
            let origins = &mut *self.origins;
            let made = origins.transform("names", Some(text.origin));
            let missing = if field.create { Missing::Create(made) } else { Missing::Skip };
            let mut longest = 0;
            let done = layer.set.update(index, |resource| {
                let _ = walk::upsert(&mut resource.root, field.path, missing, &mut |node: &mut Node| {
                    let null = if node.origin() == made { "" } else { "null" };
                    let old = node.scalar_text().unwrap_or(null.into());
                    let new = match affix {
                        Affix::Prefix => ecow::eco_format!("{text}{old}"),
                        Affix::Suffix => ecow::eco_format!("{old}{text}"),
                    };
                    longest = longest.max(new.len());
                    let origin = origins.replace(Cause::Transform("names"), text.origin, node);
                    *node = Node::string(new, origin);
                });
                if field.path == "metadata/name" {
                    match affix {
                        Affix::Prefix => resource.prefixes.push(text.value.clone()),
                        Affix::Suffix => resource.suffixes.push(text.value.clone()),
                    }
                }
            });
            if done.is_err() {
                let message = format!("the name's change gives `{}` the id of another", layer.set.get(index).id());
                return Err(Diagnostic::error("duplicate-resource", message).at(text.origin).into());
            }
            if longest > LONGEST_NAME {
                return Err(too_long(text));
            }
        }
        Ok(())
    }

    fn labels(&mut self, entry: &Labels, layer: &mut Layer) {
        let config = &layer.config;
        let mut more = entry.fields.clone();
        more.extend(config.labels.iter().cloned());
        match entry.selectors {
            true => more.extend(config.common_labels.iter().cloned()),
            false => {
                more.extend(config.template_labels.iter().filter(|_| entry.templates).cloned());
                more.extend(config.volume_claim_labels.iter().filter(|_| entry.volume_claims).cloned());
            }
        }
        let options = labels::Options {
            templates: entry.templates,
            selectors: entry.selectors,
            volume_claims: entry.volume_claims,
            fields: &fields(&more),
        };
        labels::apply(&mut layer.set, &pairs(&entry.pairs), &options, self.origins);
    }

    /// Sets replicas: of the usual kinds, or at the fields `only`.
    pub(super) fn replicas(&mut self, entry: &Replicas, only: Option<&[Spec]>, layer: &mut Layer) -> Result<()> {
        let name = entry.name.value.clone();
        let written = ReplicasEntry { name, kind: None, count: entry.count, origin: entry.name.origin };
        let matched = match only {
            Some(only) => replicas::apply_to(&mut layer.set, &written, &fields(only), self.origins),
            None => {
                let more = fields(&layer.config.replicas);
                replicas::apply(&mut layer.set, &[written], &more, self.origins).into_iter().sum()
            }
        };
        if matched == 0 {
            let message = match entry.name.is_empty() {
                true => "an entry of `replicas` needs a `name`".to_owned(),
                false => format!("no resource `{}` has replicas", entry.name),
            };
            let problem = Diagnostic::error("replicas-match-nothing", message).at(entry.name.origin);
            let names = layer.set.iter().map(|resource| resource.name());
            return Err(match crate::diagnostic::near_miss(&entry.name, names) {
                Some(near) => problem.help(format!("did you mean `{near}`?")).into(),
                None => problem.into(),
            });
        }
        Ok(())
    }

    /// Rewrites images, one entry after the other; `only` are the fields that a plugin names.
    pub(super) fn images(&mut self, written: &[Image], only: Option<&[Spec]>, layer: &mut Layer) -> Result<()> {
        let Some(first) = written.first() else { return Ok(()) };
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
        let entry = |image: &Image| ImageEntry {
            name: image.name.value.clone(),
            matcher: pattern::image(&image.name),
            new_name: text(&image.new_name),
            tag: text(&image.new_tag),
            tag_suffix: text(&image.tag_suffix),
            digest: text(&image.digest),
            origin: image.name.origin,
        };
        let config = only.map_or_else(|| layer.config.images.clone(), <[Spec]>::to_vec);
        let usual = if only.is_none() { images::Options::KUSTOMIZE.fields } else { &[] };
        let all: Vec<FieldSpec<'_>> = usual.iter().copied().chain(fields(&config)).collect();
        let options = images::Options { fields: &all, ..images::Options::KUSTOMIZE };
        let entries: Vec<ImageEntry> = written.iter().map(entry).collect();
        let facts = images::apply(&mut layer.set, &entries, &options, self.origins);
        if let Some((origin, kind)) = facts.not_text.first() {
            let problem =
                Diagnostic::error("wrong-type", format!("an image is a string, and this is {kind}")).at(*origin);
            return Err(problem.related(first.name.origin, "this looks at all images").into());
        }
        let unmatched = written.iter().zip(&facts.matched).filter(|(_, count)| **count == 0);
        for (image, _) in unmatched {
            let message = match image.name.is_empty() {
                true => "an entry of `images` needs a `name`".to_owned(),
                false => format!("no resource has the image `{}`", image.name),
            };
            let finding = Diagnostic::warning("image-matches-nothing", message).at(image.name.origin);
            self.finding(match facts.near_miss(&image.name) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding,
            });
        }
        Ok(())
    }

    pub(super) fn replacements(&mut self, file: FileId, written: &[ReplacementField], layer: &mut Layer) -> Result<()> {
        let mut all: Vec<Replacement> = Vec::new();
        let mut said = Diagnostics::default();
        for field in written {
            match field {
                ReplacementField::Inline(replacement) => all.push(replacement.clone()),
                ReplacementField::Path(path) => {
                    let Some(document) = self.document(file, path)? else {
                        let problem = Diagnostic::error("empty-file", format!("`{path}` holds no replacement"));
                        return Err(problem.at(path.origin).help("write one, or take the entry away").into());
                    };
                    let mut ignored = Vec::new();
                    let document = REPLACEMENT.read(&document, &mut ignored);
                    ignored.into_iter().for_each(|field| self.finding(field));
                    match document.as_seq() {
                        Some(items) => all.extend(items.iter().map(|item| Replacement::read(item, &mut said))),
                        None => all.push(Replacement::read(&document, &mut said)),
                    }
                }
            }
        }
        self.refused(said)?;
        for replacement in &all {
            let unmatched = replacement::apply(&mut layer.set, replacement, &labels_fit, self.origins)?;
            for at in unmatched {
                let message = "no resource fits this target of a replacement";
                self.finding(Diagnostic::warning("replacement-matches-nothing", message).at(at));
            }
        }
        Ok(())
    }
}

/// A name that prefixes and suffixes make longer than this, in bytes, is one that layers put them to
/// without end: those of Kubernetes have at most 253 characters, and each layer keeps the earlier ones.
const LONGEST_NAME: usize = 1024;

fn too_long(text: &Text) -> Error {
    let message = format!("`{text}` makes a name of more than {LONGEST_NAME} bytes");
    let help = "name each base and component once, and put a prefix or suffix in one layer";
    Diagnostic::error("layers-too-deep", message).at(text.origin).help(help).into()
}

/// Before a name or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affix {
    Prefix,
    Suffix,
}

/// Labels and annotations as transforms take them.
pub(super) fn pairs(pairs: &Pairs) -> Vec<Pair> {
    let pair = |(key, value): &(Text, Text)| Pair {
        key: key.value.clone(),
        value: value.value.clone(),
        origin: Origin::max(key.origin, value.origin),
    };
    pairs.iter().map(pair).collect()
}

/// `patchesJson6902` needs the name of its target.
pub(super) fn nameless(patch: &crate::kustomize::spec::Patch) -> Option<Diagnostic> {
    let named = patch.target.as_ref().is_some_and(|target| target.has_name());
    let problem = || Diagnostic::error("missing-field", "the target of a JSON patch needs a `name`").at(patch.origin);
    (!named).then(problem)
}
