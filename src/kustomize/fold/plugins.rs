//! `generators`, `transformers` and `validators`: the builtin plugins, each configured by an
//! object of its own.

use super::layer::{Affix, nameless, pairs};
use super::{Fold, Layer, absorb, insert};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::kustomize::Chart;
use crate::kustomize::config::fields;
use crate::kustomize::generator;
use crate::kustomize::provenance::{self, Maker, ORIGIN};
use crate::kustomize::read::Fields;
use crate::kustomize::spec::{self, Generator, GeneratorOptions, Patch, ReplacementField, Spec};
use crate::object;
use crate::project::{FileId, Role};
use crate::resource::Resource;
use crate::transform::namespace::{self, Subjects};
use crate::transform::{annotations, labels};
use crate::tree::{Node, Text};

const COMMON: [&str; 3] = ["apiVersion", "kind", "metadata"];

impl Fold<'_> {
    /// The configurations that a list of files, folders and inline objects holds.
    pub(super) fn plugin_configs(&mut self, file: FileId, written: &[Text]) -> Result<Vec<Node>> {
        let mut layer = Layer::default();
        // Kustomize takes what stands in the list itself before files and folders.
        let is_inline = |text: &&Text| match self.project.linked(file, text, Role::KustomizePlugin) {
            [inline, ..] => self.project.get(*inline).canonical == self.project.get(file).canonical,
            [] => false,
        };
        let (inline, paths): (Vec<_>, Vec<_>) = written.iter().partition(is_inline);
        for text in inline.into_iter().chain(paths) {
            self.resource(file, text, Role::KustomizePlugin, &mut layer)?;
        }
        Ok(layer.set.into_resources().into_iter().map(|resource| resource.root).collect())
    }

    /// Runs a generator.
    pub(super) fn generator_plugin(&mut self, file: FileId, config: &Node, layer: &mut Layer) -> Result<()> {
        let kind = kind(config);
        let mut said = Diagnostics::default();
        let none = GeneratorOptions::default();
        let known = match kind {
            "ConfigMapGenerator" if is_builtin(config) => "ConfigMap",
            "SecretGenerator" if is_builtin(config) => "Secret",
            "HelmChartInflationGenerator" if is_builtin(config) => {
                let chart = Chart::plugin(config, &mut said);
                self.refused(said)?;
                let maker = self.plugin_maker(file, config);
                return chart.map_or(Ok(()), |chart| self.chart(file, &chart, maker, layer));
            }
            "IAMPolicyGenerator" if is_builtin(config) => {
                let root = account(config)?;
                let resource = Resource::new(root).ok_or_else(|| not_supported(config))?;
                return insert(&mut layer.set, resource);
            }
            _ => return Err(not_supported(config)),
        };
        let generator = Generator::read(config, known, &none, true, &mut said);
        self.refused(said)?;
        let mut root = generator::object(&generator, self.project, file)?;
        if let Some(maker) = self.plugin_maker(file, config) {
            provenance::annotate(&mut root, ORIGIN, maker.origin(), config.origin());
        }
        absorb::absorb(&mut layer.set, root, &generator, self.origins)
    }

    /// Runs a transformer; what it is when origins are recorded.
    pub(super) fn transformer_plugin(
        &mut self,
        file: FileId,
        config: &Node,
        layer: &mut Layer,
    ) -> Result<Option<Maker>> {
        if !is_builtin(config) {
            return Err(not_supported(config));
        }
        let mut said = Diagnostics::default();
        let done = self.transformer(file, config, layer, &mut said);
        self.refused(said)?;
        done?;
        Ok(self.plugin_maker(file, config))
    }

    fn transformer(&mut self, file: FileId, config: &Node, layer: &mut Layer, said: &mut Diagnostics) -> Result<()> {
        match kind(config) {
            "PatchTransformer" => {
                let patch = Patch::read(config, said);
                self.patch(file, &patch, layer)
            }
            "PatchJson6902Transformer" => {
                let patch = Patch::read(config, said);
                nameless(&patch).map_or(Ok(()), |problem| Err(Error::from(problem)))?;
                self.json6902_alone(file, &patch, layer)
            }
            "PatchStrategicMergeTransformer" => {
                let mut fields = read(config, &["apiVersion", "kind", "metadata", "paths", "patches"], said);
                let mut patches = fields.texts("paths");
                patches.extend(fields.filled("patches"));
                self.strategic_merges(file, &patches, layer)
            }
            "ReplacementTransformer" => {
                let mut fields = read(config, &["apiVersion", "kind", "metadata", "replacements"], said);
                let replacements = fields.each("replacements", ReplacementField::read);
                self.replacements(file, &replacements, layer)
            }
            "LabelTransformer" => {
                let (pairs, specs) = pairs_and_specs(config, "labels", said);
                labels::apply_to(&mut layer.set, &pairs, &fields(&specs), self.origins);
                Ok(())
            }
            "AnnotationsTransformer" => {
                let (pairs, specs) = pairs_and_specs(config, "annotations", said);
                annotations::apply_to(&mut layer.set, &pairs, &fields(&specs), self.origins);
                Ok(())
            }
            "PrefixSuffixTransformer" | "PrefixTransformer" | "SuffixTransformer" => self.affixes(config, layer, said),
            "NamespaceTransformer" => self.namespace_plugin(config, layer, said),
            "ImageTagTransformer" => {
                let mut fields = read(config, &["apiVersion", "kind", "metadata", "imageTag", "fieldSpecs"], said);
                let image = fields.get("imageTag").and_then(|node| spec::image(node, fields.diagnostics));
                let specs = fields.each("fieldSpecs", Spec::lenient);
                image.iter().try_for_each(|image| self.image(image, Some(&specs), layer))?;
                Ok(())
            }
            "ReplicaCountTransformer" => {
                let mut fields = read(config, &["apiVersion", "kind", "metadata", "replica", "fieldSpecs"], said);
                let replicas = fields.get("replica").and_then(|node| spec::replicas(node, fields.diagnostics));
                let specs = fields.each("fieldSpecs", Spec::lenient);
                replicas.iter().try_for_each(|replicas| self.replicas(replicas, Some(&specs), layer))
            }
            _ => Err(not_supported(config)),
        }
    }

    fn affixes(&mut self, config: &Node, layer: &mut Layer, said: &mut Diagnostics) -> Result<()> {
        let mut fields = read(config, &["apiVersion", "kind", "metadata", "prefix", "suffix", "fieldSpecs"], said);
        let (prefix, suffix) = (fields.filled("prefix"), fields.filled("suffix"));
        let specs = fields.each("fieldSpecs", Spec::lenient);
        for (text, affix) in [(prefix, Affix::Prefix), (suffix, Affix::Suffix)] {
            if let Some(text) = text {
                self.affix(&text, affix, Some(&specs), &[], layer)?;
            }
        }
        Ok(())
    }

    fn namespace_plugin(&mut self, config: &Node, layer: &mut Layer, said: &mut Diagnostics) -> Result<()> {
        const FIELDS: &[&str] =
            &["apiVersion", "kind", "metadata", "namespace", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"];
        let mut fields = read(config, FIELDS, said);
        let metadata = config.at(&["metadata", "namespace"]);
        let name = metadata.and_then(|node| Some(Text::new(node.as_str()?, node.origin())));
        let Some(name) = name.or(fields.filled("namespace")) else { return Ok(()) };
        let specs = fields.each("fieldSpecs", Spec::lenient);
        let subjects = match fields.plain("setRoleBindingSubjects").as_str() {
            "none" => Subjects::None,
            "allServiceAccounts" => Subjects::ServiceAccounts,
            _ => Subjects::Default,
        };
        let unset_only = fields.truth("unsetOnly");
        let more = crate::kustomize::config::fields(&specs);
        let options = namespace::Options { unset_only, subjects, fields: &more, ..namespace::Options::KUSTOMIZE };
        self.namespace(&name, &options, layer)
    }

    /// A plugin as the maker of what it makes or changes.
    fn plugin_maker(&self, file: FileId, config: &Node) -> Option<Maker> {
        let way = self.way.as_ref()?;
        let name = self.project.get(file).canonical.file_name()?.to_string_lossy().into_owned();
        let configured_in = provenance::origin(config).unwrap_or_else(|| way.to(&name));
        let text = |keys: &[&str]| config.at(keys).and_then(Node::as_str).map(str::to_owned);
        Some(Maker {
            configured_in,
            api_version: text(&["apiVersion"]).unwrap_or_default(),
            kind: kind(config).to_owned(),
            name: text(&["metadata", "name"]),
            namespace: text(&["metadata", "namespace"]),
        })
    }
}

fn read<'n, 'd>(config: &'n Node, names: &'static [&'static str], said: &'d mut Diagnostics) -> Fields<'n, 'd> {
    debug_assert!(COMMON.iter().all(|name| names.contains(name)));
    Fields::lenient(config, "the configuration of a plugin", names, said)
}

fn kind(config: &Node) -> &str {
    config.get("kind").and_then(Node::as_str).unwrap_or_default()
}

fn is_builtin(config: &Node) -> bool {
    config.get("apiVersion").and_then(Node::as_str) == Some("builtin")
}

fn not_supported(config: &Node) -> Error {
    let kind = kind(config);
    let (message, help) = match is_builtin(config) {
        true => (format!("there is no builtin plugin `{kind}`"), "look at its kind, and at the field that lists it"),
        false => (
            format!("the plugin `{kind}` is a program or a container, and those are not run"),
            "render it beforehand and list the result under `resources`",
        ),
    };
    Diagnostic::error("not-supported", message).at(config.origin()).help(help).into()
}

fn pairs_and_specs(
    config: &Node,
    field: &'static str,
    said: &mut Diagnostics,
) -> (Vec<crate::transform::labels::Pair>, Vec<Spec>) {
    const FIELDS: &[&str] = &["apiVersion", "kind", "metadata", "labels", "annotations", "fieldSpecs"];
    let mut fields = read(config, FIELDS, said);
    (pairs(&fields.pairs(field)), fields.each("fieldSpecs", Spec::lenient))
}

/// The account that the IAMPolicyGenerator makes for Google's workload identity.
fn account(config: &Node) -> Result<Node> {
    let origin = config.origin();
    let text = |keys: &[&str]| config.at(keys).and_then(Node::as_str).unwrap_or_default();
    if text(&["cloud"]) != "gke" {
        let message = format!("the cloud `{}` is not supported", text(&["cloud"]));
        return Err(Diagnostic::error("not-supported", message).at(origin).help("write `cloud: gke`").into());
    }
    let (account, project) = (text(&["serviceAccount", "name"]), text(&["serviceAccount", "projectId"]));
    let address = format!("{account}@{project}.iam.gserviceaccount.com");
    let namespace = config.at(&["kubernetesService", "namespace"]).cloned();
    let metadata = object! { origin;
        "annotations": object! { origin; "iam.gke.io/gcp-service-account": address },
        "name": text(&["kubernetesService", "name"]),
        "namespace"?: namespace,
    };
    Ok(object! { origin; "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata })
}
