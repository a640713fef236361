//! `generators`, `transformers` and `validators`: the builtin plugins, each configured by an
//! object of its own.

use super::{Fold, Layer, absorb, insert};
use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::error::{Error, Result};
use crate::kustomize::provenance::{self, Maker, ORIGIN};
use crate::kustomize::spec::{Generator, GeneratorOptions};
use crate::kustomize::{Chart, account, generator, plugin};
use crate::project::{FileId, Role};
use crate::resource::Resource;
use crate::tree::{Node, Text};

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
        if !is_builtin(config) {
            return Err(not_run(config));
        }
        let mut said = Diagnostics::default();
        let known = match kind(config) {
            "ConfigMapGenerator" => "ConfigMap",
            "SecretGenerator" => "Secret",
            "HelmChartInflationGenerator" => {
                let chart = Chart::plugin(config, &mut said);
                self.refused(said)?;
                let maker = self.plugin_maker(file, config);
                return chart.map_or(Ok(()), |chart| self.chart(file, &chart, maker, layer));
            }
            "IAMPolicyGenerator" => {
                let read = self.plugin(config)?;
                let mut root = account::service_account(&read)?;
                self.made_by(file, config, &mut root);
                let resource = Resource::new(root).ok_or_else(|| unknown(config, GENERATORS))?;
                return insert(&mut layer.set, resource);
            }
            _ => return Err(unknown(config, GENERATORS)),
        };
        let read = self.plugin(config)?;
        let generator = Generator::read(&read, known, &GeneratorOptions::default(), true, &mut said);
        self.refused(said)?;
        self.behavior(&generator);
        let mut root = generator::object(&generator, self.project, file)?;
        self.made_by(file, config, &mut root);
        absorb::absorb(&mut layer.set, root, &generator, self.origins)
    }

    /// Notes which plugin made an object, where origins are recorded.
    fn made_by(&self, file: FileId, config: &Node, root: &mut Node) {
        if let Some(maker) = self.plugin_maker(file, config) {
            provenance::annotate(root, ORIGIN, maker.origin(), config.origin());
        }
    }

    /// Runs a transformer; what it is when origins are recorded.
    pub(super) fn transformer_plugin(
        &mut self,
        file: FileId,
        config: &Node,
        layer: &mut Layer,
    ) -> Result<Option<Maker>> {
        if !is_builtin(config) {
            return Err(not_run(config));
        }
        if kind(config) == "HelmChartInflationGenerator" || kind(config).ends_with("Generator") {
            return Err(unknown(config, TRANSFORMERS));
        }
        let read = self.plugin(config)?;
        self.transformer(file, kind(config), &read, layer)?;
        Ok(self.plugin_maker(file, config))
    }

    /// What kustomize reads of the configuration of a plugin.
    fn plugin(&mut self, config: &Node) -> Result<Node> {
        let shape = plugin::of(kind(config)).ok_or_else(|| unknown(config, TRANSFORMERS))?;
        let mut ignored = Vec::new();
        let read = shape.read(config, &mut ignored);
        ignored.into_iter().for_each(|field| self.finding(field));
        Ok(read)
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

fn kind(config: &Node) -> &str {
    config.get("kind").and_then(Node::as_str).unwrap_or_default()
}

fn is_builtin(config: &Node) -> bool {
    config.get("apiVersion").and_then(Node::as_str) == Some("builtin")
}

fn not_run(config: &Node) -> Error {
    let message = format!("the plugin `{}` is a program or a container, and those are not run", kind(config));
    let problem = Diagnostic::error("not-supported", message).at(config.origin());
    problem.help("render it beforehand and list the result under `resources`").into()
}

/// The kinds of plugins of a field, as a message names them.
type Kinds = (&'static str, &'static [&'static str]);

const GENERATORS: Kinds =
    ("generators", &["ConfigMapGenerator", "SecretGenerator", "IAMPolicyGenerator", "HelmChartInflationGenerator"]);

const TRANSFORMERS: Kinds = (
    "transformers",
    &[
        "AnnotationsTransformer",
        "HashTransformer",
        "ImageTagTransformer",
        "LabelTransformer",
        "NamespaceTransformer",
        "PatchJson6902Transformer",
        "PatchStrategicMergeTransformer",
        "PatchTransformer",
        "PrefixSuffixTransformer",
        "PrefixTransformer",
        "ReplacementTransformer",
        "ReplicaCountTransformer",
        "SuffixTransformer",
        "ValueAddTransformer",
    ],
);

/// There is no such plugin, or it belongs elsewhere.
fn unknown(config: &Node, (field, kinds): Kinds) -> Error {
    let kind = kind(config);
    let at = config.get("kind").map_or(config.origin(), Node::origin);
    let other = [GENERATORS, TRANSFORMERS].into_iter().find(|(_, kinds)| kinds.contains(&kind));
    let (message, help) = match other {
        Some((other, _)) => (format!("`{kind}` is none of the {field}"), format!("list it under `{other}`")),
        None => {
            let help = match near_miss(kind, kinds.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the {field} are `{}`", kinds.join("`, `")),
            };
            (format!("there is no builtin plugin `{kind}`"), help)
        }
    };
    Diagnostic::error("not-supported", message).at(at).help(help).into()
}
