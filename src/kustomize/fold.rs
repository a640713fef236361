//! The fold: each kustomization takes in what is below it, makes what it generates, and applies
//! its transforms. This is the one place beside the pipeline that calls transforms, because that
//! is what kustomize means.

mod absorb;
mod charts;
mod layer;
mod patches;
mod plugins;
mod transformers;

use std::collections::HashSet;
use std::path::PathBuf;

use super::config::Config;
use super::generator;
use super::provenance::{self, Maker, ORIGIN, Way};
use super::schema::Schema;
use super::spec::{Generator, Kustomization};
use super::vars::Vars;
use super::{Imports, Options};
use crate::diagnostic::{Diagnostic, Diagnostics, Level, near_miss};
use crate::error::{Error, Result};
use crate::origin::{Origin, Origins};
use crate::project::{FileId, Kind, Project, Role};
use crate::resource::{Identity, Resource, ResourceSet};
use crate::transform::ids::Conflict;
use crate::tree::{Node, Text, Value};

/// What is known after some layers.
pub(super) struct Layer {
    pub set: ResourceSet,
    pub config: Config,
    pub vars: Vars,
    /// The resources that patches have deleted and that still take their places in the set, as long as
    /// further patches delete more: to take one out makes the indexes of the set anew.
    gone: HashSet<usize>,
}

impl Layer {
    /// Takes out what is gone.
    pub(super) fn settle(&mut self) {
        self.set.remove_at(&std::mem::take(&mut self.gone));
    }
}

impl Default for Layer {
    fn default() -> Self {
        let set = ResourceSet::with_identity(Identity::Kustomize);
        Self { set, config: Config::default(), vars: Vars::default(), gone: HashSet::new() }
    }
}

/// One build of a kustomization.
pub(super) struct Fold<'a> {
    pub project: &'a Project,
    imports: &'a mut dyn Imports,
    pub origins: &'a mut Origins,
    pub diagnostics: &'a mut Diagnostics,
    /// Whether what matches nothing is an error.
    strict: bool,
    schema: Schema,
    /// The folders of the kustomizations that are open, the outermost first.
    open: Vec<PathBuf>,
    /// The way from the kustomization that is built to the open one, when origins are recorded.
    way: Option<Way>,
    /// Whether transformers note what they changed.
    notes: bool,
    /// How many kustomizations were folded, each as often as it is named.
    folded: usize,
}

/// More than this are no build: what names two that name the same two doubles with each layer.
const MOST_LAYERS: usize = 1 << 16;

impl<'a> Fold<'a> {
    pub fn new(
        project: &'a Project,
        options: &Options,
        imports: &'a mut dyn Imports,
        origins: &'a mut Origins,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        let (schema, strict) = (Schema::default(), options.strict);
        let (open, way) = (Vec::new(), None);
        Self { project, imports, origins, diagnostics, strict, schema, open, way, notes: false, folded: 0 }
    }

    /// Says what kustomize passes over in silence.
    pub fn finding(&mut self, finding: Diagnostic) {
        let level = if self.strict { Level::Error } else { Level::Warning };
        self.diagnostics.push(Diagnostic { level, ..finding });
    }

    /// Says what is to be recorded: where resources come from, and what changed them.
    pub fn record(&mut self, origins: bool, transformations: bool) {
        self.way = origins.then(Way::default);
        self.notes = transformations;
    }

    /// Reads a kustomization; boxed, as each open layer holds one and the stacks of threads are small.
    pub fn spec(&mut self, file: FileId) -> Result<Box<Kustomization>> {
        let empty = Node::map(self.project.get(file).start());
        let root = self.project.get(file).root().unwrap_or(&empty);
        let mut said = Diagnostics::default();
        let spec = Box::new(Kustomization::read(root, &mut said));
        self.refused(said)?;
        Ok(spec)
    }

    /// Passes on what was said; the first error ends the build, and what kustomize passes over in
    /// silence is a finding.
    pub fn refused(&mut self, said: Diagnostics) -> Result<()> {
        let mut first = None;
        for diagnostic in said {
            match diagnostic.level == Level::Error && first.is_none() {
                true => first = Some(diagnostic),
                false if diagnostic.code == "deprecated-field" => self.diagnostics.push(diagnostic),
                false => self.finding(diagnostic),
            }
        }
        first.map_or(Ok(()), |diagnostic| Err(diagnostic.into()))
    }

    /// Reports the first of the ids that two resources would share.
    pub fn conflicts(&self, conflicts: &[Conflict], set: &ResourceSet, cause: &str, at: Option<Origin>) -> Result<()> {
        let Some(conflict) = conflicts.first() else { return Ok(()) };
        let (one, other) = (set.get(conflict.index), set.get(conflict.with));
        let message = format!("{cause} gives `{}` the id of `{}`", one.id(), other.id());
        let problem = Diagnostic::error("duplicate-resource", message).at(at.unwrap_or(one.root.origin()));
        Err(problem.related(other.root.origin(), "the other one").into())
    }

    /// Adds to `layer` all that the kustomization `file` renders. A component begins with what its
    /// parent has.
    pub fn accumulate(&mut self, file: FileId, mut layer: Layer) -> Result<Layer> {
        let spec = self.spec(file)?;
        self.folded += 1;
        if self.folded > MOST_LAYERS {
            let message =
                format!("more than {MOST_LAYERS} kustomizations make one, each counted as often as it is named");
            let problem = Diagnostic::error("layers-too-deep", message).at(spec.origin);
            return Err(problem.help("name each base and component once").into());
        }
        let folder = self.project.get(file).canonical.parent().map(PathBuf::from).unwrap_or_default();
        self.ignored_document(file);
        self.choose_schema(&spec, file)?;
        self.build_metadata(&spec.build_metadata);
        self.open.push(folder);
        for path in &spec.resources {
            self.resource(file, path, Role::KustomizeResource, &mut layer)?;
        }
        self.configure(&spec, file, &mut layer.config)?;
        self.generate(&spec, file, &mut layer)?;
        for path in &spec.components {
            layer = self.component(file, path, layer)?;
        }
        self.transforms(&spec, file, &mut layer)?;
        self.validators(&spec, file, &mut layer)?;
        layer.vars.add(&spec.vars, &mut layer.set)?;
        self.open.pop();
        Ok(layer)
    }

    fn ignored_document(&mut self, file: FileId) {
        if let Some(second) = self.project.get(file).documents().get(1) {
            let message = "kustomize reads the first document of a kustomization alone, and ignores this one";
            let finding = Diagnostic::warning("ignored-document", message).at(second.origin());
            self.finding(finding.help("write its fields into the first document, or take it away"));
        }
    }

    /// The first kustomization that names a schema decides.
    fn choose_schema(&mut self, spec: &Kustomization, file: FileId) -> Result<()> {
        const BUILTIN: &str = "v1.21.2";
        if self.schema.is_set() {
            return Ok(());
        }
        if let Some(path) = &spec.openapi.path {
            let root = self.document(file, path)?.unwrap_or(Node::map(path.origin));
            super::schema::check(&root)?;
            // Below the top, kustomize has loaded its own definitions before.
            self.schema = Schema::Custom { root, builtin: !self.open.is_empty() };
        } else if let Some(version) = &spec.openapi.version {
            if *version != BUILTIN {
                let message = format!("the OpenAPI version `{version}` is not built in");
                let problem = Diagnostic::error("unknown-openapi-version", message).at(version.origin);
                return Err(problem.help(format!("write `{BUILTIN}`, or name a file under `path`")).into());
            }
            self.schema = Schema::Builtin;
        }
        Ok(())
    }

    /// The documents behind a path or an inline content.
    fn documents(&self, holder: FileId, written: &Text, role: Role) -> Result<Vec<Node>> {
        let files = self.project.linked(holder, written, role);
        if files.is_empty() {
            let message = format!("`{written}` was not read");
            return Err(Diagnostic::error("file-not-found", message).at(written.origin).into());
        }
        Ok(files.iter().flat_map(|file| self.project.get(*file).documents()).cloned().collect())
    }

    /// The one document of a file that configures: kustomize reads no further.
    fn document(&mut self, holder: FileId, written: &Text) -> Result<Option<Node>> {
        let documents = self.documents(holder, written, Role::KustomizeConfig)?;
        if let [_, second, ..] = &documents[..] {
            let message = format!("`{written}` is read up to the end of its first document");
            let finding = Diagnostic::warning("ignored-document", message).at(second.origin());
            self.finding(finding.help("put it into a file of its own"));
        }
        Ok(documents.into_iter().next())
    }

    /// One entry of `resources`: a file of manifests, or a kustomization.
    fn resource(&mut self, holder: FileId, written: &Text, role: Role, layer: &mut Layer) -> Result<()> {
        for file in self.project.linked(holder, written, role).to_vec() {
            if matches!(self.project.get(file).kind, Some(Kind::App | Kind::Overlay)) {
                self.typed_overlay(file, written, layer)?;
                continue;
            }
            if self.project.get(file).kind == Some(Kind::Kustomization) {
                let below = self.below(file, written, false, Layer::default())?;
                match layer.set.is_empty() {
                    true => layer.set = below.set,
                    false => {
                        let mut resources = below.set.into_resources().into_iter();
                        resources.try_for_each(|resource| insert(&mut layer.set, resource))?;
                    }
                }
                layer.config.merge(below.config);
                layer.vars.merge(below.vars)?;
                continue;
            }
            let inline = self.project.get(file).canonical == self.project.get(holder).canonical;
            let name = self.project.get(holder).canonical.file_name().unwrap_or_default().to_string_lossy();
            let path = if inline { &*name } else { written.as_str() };
            let origin = self.way.as_ref().map(|way| way.to(path).origin());
            for mut root in manifests(self.project.get(file).documents())? {
                if let Some(origin) = &origin {
                    provenance::annotate(&mut root, ORIGIN, origin.clone(), written.origin);
                }
                let mut resource = Resource::without_version(root).ok_or_else(|| not_a_resource(written))?;
                resource.needs_hash = provenance::asks_for_hash(&resource.root);
                insert(&mut layer.set, resource)?;
            }
        }
        Ok(())
    }

    /// A typed overlay (or application), whose resources come with their final names.
    fn typed_overlay(&mut self, file: FileId, written: &Text, layer: &mut Layer) -> Result<()> {
        let Some(roots) = self.imports.overlay(file, self.origins, self.diagnostics) else {
            let message = format!("`{written}` could not be built");
            return Err(Diagnostic::error("broken-layer", message).at(written.origin).into());
        };
        for root in roots {
            insert(&mut layer.set, Resource::new(root).ok_or_else(|| not_a_resource(written))?)?;
        }
        Ok(())
    }

    fn component(&mut self, holder: FileId, written: &Text, layer: Layer) -> Result<Layer> {
        match self.project.linked(holder, written, Role::KustomizeComponent).first() {
            Some(file) => self.below(*file, written, true, layer),
            None => Ok(layer),
        }
    }

    /// The layer below, which must be a component or must not be one.
    fn below(&mut self, file: FileId, written: &Text, component: bool, layer: Layer) -> Result<Layer> {
        let folder = self.project.get(file).canonical.parent().map(PathBuf::from).unwrap_or_default();
        if let Some(open) = self.open.iter().find(|open| open.starts_with(&folder)) {
            let message = format!("`{written}` is, or contains, `{}`, which is being built", open.display());
            return Err(Diagnostic::error("kustomization-cycle", message).at(written.origin).into());
        }
        let root = self.project.get(file).root();
        let kind = root.and_then(|root| root.get("kind"));
        let is_component = kind.and_then(Node::as_str) == Some("Component");
        if is_component != component {
            let (field, what, right) = match component {
                true => ("components", "no component", "resources"),
                false => ("resources", "a component", "components"),
            };
            let message = format!("`{written}` is {what}, so it does not belong under `{field}`");
            let problem = Diagnostic::error("wrong-kind", message).at(written.origin);
            return Err(problem.help(format!("list it under `{right}`")).into());
        }
        let way = self.way.clone();
        self.way = way.as_ref().map(|way| way.to(written));
        let layer = self.accumulate(file, layer);
        self.way = way;
        layer
    }

    fn configure(&mut self, spec: &Kustomization, file: FileId, config: &mut Config) -> Result<()> {
        let mut said = Diagnostics::default();
        for path in &spec.configurations {
            if let Some(root) = self.document(file, path)? {
                config.add(&root, &mut said);
            }
        }
        for path in &spec.crds {
            if let Some(root) = self.document(file, path)? {
                config.add_crds(&root)?;
            }
        }
        self.refused(said)
    }

    /// Kustomize passes over what it does not know.
    fn build_metadata(&mut self, written: &[Text]) {
        const KNOWN: [&str; 3] = ["originAnnotations", "transformerAnnotations", "managedByLabel"];
        for text in written.iter().filter(|text| !KNOWN.contains(&text.as_str())) {
            let message = format!("`{text}` is no option of `buildMetadata`");
            let finding = Diagnostic::warning("unknown-build-metadata", message).at(text.origin);
            self.finding(match near_miss(text, KNOWN) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("the options are `{}`", KNOWN.join("`, `"))),
            });
        }
    }

    /// Kustomize takes any other word for `create`.
    fn behavior(&mut self, generator: &Generator) {
        const KNOWN: [&str; 3] = ["create", "merge", "replace"];
        if let Some(word) = generator.behavior.as_ref().filter(|word| !KNOWN.contains(&word.as_str())) {
            let message = format!("`{word}` is no behavior of a generator, and counts as `create`");
            let finding = Diagnostic::warning("unknown-behavior", message).at(word.origin);
            self.finding(finding.help("the behaviors are `create`, `merge`, `replace`"));
        }
    }

    fn generate(&mut self, spec: &Kustomization, file: FileId, layer: &mut Layer) -> Result<()> {
        for generator in &spec.generators {
            self.behavior(generator);
            let mut root = generator::object(generator, self.project, file)?;
            let kind = format!("{}Generator", generator.kind);
            if let Some(maker) = self.maker(file, &kind) {
                provenance::annotate(&mut root, ORIGIN, maker.origin(), generator.origin);
            }
            absorb::absorb(&mut layer.set, root, generator, self.origins)?;
        }
        for chart in &spec.charts {
            let maker = self.maker(file, "HelmChartInflationGenerator");
            self.chart(file, chart, maker, layer)?;
        }
        for config in self.plugin_configs(file, &spec.generator_plugins)? {
            self.generator_plugin(file, &config, layer)?;
        }
        Ok(())
    }

    /// What a field of the open kustomization is, as a maker.
    fn maker(&self, file: FileId, kind: &str) -> Option<Maker> {
        let name = self.project.get(file).canonical.file_name()?.to_string_lossy().into_owned();
        Some(Maker::builtin(self.way.as_ref()?.to(&name), kind))
    }
}

/// Adds a resource whose id must be new.
fn insert(set: &mut ResourceSet, resource: Resource) -> Result<()> {
    let (id, origin) = (resource.id().clone(), resource.root.origin());
    match set.insert(resource) {
        Ok(_) => Ok(()),
        Err(other) => {
            let message = format!("there is a resource `{id}` already");
            let problem = Diagnostic::error("duplicate-resource", message).at(origin);
            Err(problem.related(set.get(other).root.origin(), "the other one").into())
        }
    }
}

fn not_a_resource(written: &Text) -> Error {
    let message = "this is not a Kubernetes object: it has no `kind`";
    Diagnostic::error("not-a-resource", message).at(written.origin).into()
}

/// The objects of some documents, with those of lists in their place behind the others.
fn manifests(documents: &[Node]) -> Result<Vec<Node>> {
    let mut open: std::collections::VecDeque<Node> = documents.iter().cloned().collect();
    let mut objects = Vec::with_capacity(open.len());
    while let Some(document) = open.pop_front() {
        if document.as_map().is_some_and(|map| map.is_empty()) {
            continue;
        }
        let kind = document.get("kind").and_then(Node::as_str).unwrap_or_default();
        let problem = |message: String| Error::from(Diagnostic::error("not-a-resource", message).at(document.origin()));
        if document.as_map().is_none() {
            return Err(problem(format!("a Kubernetes object is a mapping, and this is {}", document.kind())));
        }
        if kind.is_empty() {
            return Err(problem("this is not a Kubernetes object: it has no `kind`".to_owned()));
        }
        let is_list = kind.ends_with("List");
        match document.get("items").filter(|_| is_list).map(Node::value) {
            Some(Value::Seq(items)) => open.extend(items.iter().cloned()),
            Some(Value::Null) => {}
            Some(_) => return Err(problem("the `items` of a list are no list".to_owned())),
            None => {
                let name = document.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default();
                if name.is_empty() && !is_list {
                    return Err(problem("this is not a Kubernetes object: it has no `metadata.name`".to_owned()));
                }
                objects.push(document);
            }
        }
    }
    Ok(objects)
}
