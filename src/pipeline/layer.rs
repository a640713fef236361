//! One layer of a typed overlay over the resources so far: its manifests and templates, removals,
//! patches, images, labels, annotations, names. What a transform reports as a fact is an error
//! here: nothing that a layer writes is silently ignored.

use crate::app::App;
use crate::diagnostic::Diagnostic;
use crate::kubernetes::Definitions;
use crate::load::yaml::{self, Dialect as Reading};
use crate::model::overlay::{Image, Patch, Target as WrittenTarget};
use crate::names::{label_key, label_value};
use crate::origin::Origin;
use crate::project::{Project, Role};
use crate::resolve::layers::{Layer, Plan};
use crate::resolve::template::{self, Scope};
use crate::resolve::values::interpolate;
use crate::resource::{Resource, ResourceId, UpdateError};
use crate::transform::images::ImageEntry;
use crate::transform::labels::Pair;
use crate::transform::names::Affixes;
use crate::transform::patch::target::{Pattern, Target};
use crate::transform::patch::{Dialect, Outcome, json6902, merge, selector::Selector, strategic};
use crate::transform::{annotations, checksums, hash, images, labels, names as naming, namespace, references};
use crate::tree::{Keyed, Node, Text, Value};

use super::{Build, source_place};

impl Build<'_> {
    /// Applies the layer at `index` of the plan.
    pub(super) fn layer(&mut self, plan: &Plan, index: usize, app: Option<&App>, definitions: Definitions) {
        let layer = &plan.layers[index];
        self.manifests(layer);
        self.templates(layer, plan, app);
        self.namespace(plan);
        self.removals(layer);
        for patch in &layer.patches {
            self.patch(patch, plan, index, definitions);
        }
        self.images(&layer.images);
        self.labels(layer);
        self.names(layer);
    }

    /// Adds a resource; a second one of the same id is an error that names both.
    pub(super) fn insert(&mut self, resource: Resource) {
        let (id, place) = (resource.id().clone(), name_place(&resource.root));
        if let Err(other) = self.resources.insert(resource) {
            let other = name_place(&self.resources.get(other).root);
            self.diagnostics.push(
                Diagnostic::error("duplicate-resource", format!("`{id}` is rendered twice"))
                    .at(place)
                    .related(other, "the other one")
                    .help("change the one that is there with a field of the model or a patch, or `remove` it first"),
            );
        }
    }

    fn manifests(&mut self, layer: &Layer) {
        let project: &Project = self.run.project;
        for path in &layer.resources {
            let Some(from) = source_place(&self.origins, path.origin) else { continue };
            let files = project.link(from, path, Role::Resource).map(|link| link.files.as_slice()).unwrap_or_default();
            for file in files.iter().map(|file| project.get(*file)) {
                if let Some(place) = interpolation(project.text(file)) {
                    self.diagnostics.push(
                        Diagnostic::warning("not-interpolated", "a plain manifest is taken as it is, so this stays")
                            .at(Origin::source(file.base + place))
                            .help("print the manifest with a `*.j2` template, or set the field with a patch"),
                    );
                }
            }
            for document in files.iter().flat_map(|file| project.get(*file).documents()) {
                self.manifest(document);
            }
        }
    }

    /// Adds one document, or the items of a List.
    fn manifest(&mut self, document: &Node) {
        if document.is_null() {
            return;
        }
        if let Some(diagnostic) = not_for_a_cluster(document) {
            return self.diagnostics.push(diagnostic);
        }
        if let Some(diagnostic) = of_a_live_object(document) {
            self.diagnostics.push(diagnostic);
        }
        let is_list = document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        if let Some(items) = document.get("items").filter(|items| is_list && items.as_seq().is_some()) {
            return items.items().for_each(|item| self.manifest(item));
        }
        let says = |path: &[&str]| document.at(path).and_then(Node::as_str).is_some_and(|text| !text.is_empty());
        let what = match Resource::new(document.clone()) {
            Some(resource) if says(&["metadata", "name"]) || says(&["metadata", "generateName"]) => {
                return self.insert(resource);
            }
            Some(_) => "it has no `metadata.name`".to_owned(),
            None if document.as_map().is_none() => format!("it is {}", document.kind()),
            None if says(&["apiVersion"]) => "it has no `kind`".to_owned(),
            None if says(&["kind"]) => "it has no `apiVersion`".to_owned(),
            None => "it has neither `apiVersion` nor `kind`".to_owned(),
        };
        self.diagnostics.push(
            Diagnostic::error("not-a-resource", format!("this is not a Kubernetes object: {what}"))
                .at(document.origin())
                .help("each document needs `apiVersion`, `kind` and `metadata.name`"),
        );
    }

    fn templates(&mut self, layer: &Layer, plan: &Plan, app: Option<&App>) {
        let project: &Project = self.run.project;
        for path in &layer.templates {
            let Some(from) = source_place(&self.origins, path.origin) else { continue };
            let Some(file) = project.file(from, path, Role::Template) else { continue };
            let (values, none) = (Node::new(plan.values.map().clone(), path.origin), Node::map(path.origin));
            let scope = Scope {
                values: &values,
                app: plan.app.as_ref().unwrap_or(&none),
                environment: plan.environment.as_ref().map(Text::as_str),
                namespace: plan.namespace.as_ref().or_else(|| app?.namespace.as_ref()).map(Text::as_str),
            };
            match template::render(project.text(file), file.base, scope) {
                Ok(text) => self.rendered_template(project.shown(file), &file.canonical, &text),
                Err(error) => self.diagnostics.push(error.into()),
            }
        }
    }

    /// Reads what a template printed. It becomes a source of its own, so that a message about it
    /// shows the line that was printed.
    fn rendered_template(&mut self, shown: &std::path::Path, canonical: &std::path::Path, text: &str) {
        let shown = format!("{} (rendered)", shown.display());
        let Some(base) = self.sources.add(shown.into(), canonical.to_path_buf(), text.into()) else {
            self.diagnostics
                .push(Diagnostic::error("project-too-large", "templates print more than there is room for"));
            return;
        };
        for document in yaml::read(text, base, Reading::Resource, &mut self.diagnostics).unwrap_or_default() {
            self.manifest(&document);
        }
    }

    /// Gives the namespace to what a layer has added and what has none.
    fn namespace(&mut self, plan: &Plan) {
        let Some(name) = &plan.namespace else { return };
        let by_definition = namespace::cluster_scoped_by_definition(&self.resources);
        let options =
            namespace::Options { also_cluster_scoped: &by_definition, unset_only: true, ..namespace::Options::TYPED };
        let conflicts = namespace::apply(&mut self.resources, name, name.origin, &options, &mut self.origins);
        self.conflicts(&conflicts, "the namespace", name.origin);
    }

    fn removals(&mut self, layer: &Layer) {
        for written in &layer.remove {
            let target = target(written);
            if self.resources.remove(|resource| target.matches(resource)).is_empty() {
                self.no_match(&target, written, "removal-matches-nothing", "there is nothing to remove");
            }
        }
    }

    fn no_match(&mut self, target: &Target, written: &WrittenTarget, code: &'static str, what: &str) {
        let near: Vec<String> =
            target.near_misses(&self.resources).iter().map(|near| format!("`{}`", near.id())).collect();
        let help = match near.is_empty() {
            true => "no resource of this build is near it".to_owned(),
            false => format!("did you mean {}?", near.join(", ")),
        };
        let mut diagnostic =
            Diagnostic::error(code, format!("{what}: no resource matches {}", in_words(written))).help(help);
        if let Some(place) = written.place() {
            diagnostic = diagnostic.at(place);
        }
        self.diagnostics.push(diagnostic);
    }

    fn patch(&mut self, patch: &Patch, plan: &Plan, index: usize, definitions: Definitions) {
        let Some(body) = self.patch_body(patch, plan) else { return };
        let target = target(&patch.target);
        let matched: Vec<usize> =
            (0..self.resources.len()).filter(|index| target.matches(self.resources.get(*index))).collect();
        if matched.is_empty() {
            return self.no_match(&target, &patch.target, "patch-matches-nothing", "the patch changes nothing");
        }
        let mut outcomes = Outcome::default();
        let mut deleted = Vec::new();
        for resource in matched {
            let before = self.resources.get(resource).root.clone();
            if !self.same_object(resource, &body) {
                return;
            }
            let Some(outcome) = self.patch_one(resource, &body, definitions) else { return };
            self.shadowed(&before, resource, patch, plan, index);
            outcomes.changed |= outcome.changed;
            outcomes.removed_missing.extend(outcome.removed_missing);
            if outcome.deleted {
                deleted.push(self.resources.get(resource).id().clone());
            }
        }
        for (path, origin) in &outcomes.removed_missing {
            let message = format!("the patch takes `{path}` away, which is not there");
            self.diagnostics.push(Diagnostic::error("patch-removes-nothing", message).at(*origin).help("leave it out"));
        }
        if !deleted.is_empty() {
            self.resources.remove(|resource| deleted.contains(resource.id()));
        } else if !outcomes.changed && outcomes.removed_missing.is_empty() {
            let mut diagnostic =
                Diagnostic::warning("patch-changes-nothing", "everything is already as the patch says")
                    .help("leave the patch out");
            if let Some(place) = patch.target.place() {
                diagnostic = diagnostic.at(place);
            }
            self.diagnostics.push(diagnostic);
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
                let from = source_place(&self.origins, raw.0.origin())?;
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
            let known = |id: &ResourceId| {
                new.as_str().is_some_and(|new| *path.last().unwrap_or(&"") == "name" && id.name == new)
            };
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
        let later: Vec<_> = plan.layers[index + 1..].iter().map(|layer| layer.file).collect();
        if later.is_empty() {
            return;
        }
        let project: &Project = self.run.project;
        let written_later = |origin: Origin| {
            let position = self.origins.place(origin)?;
            later.contains(&project.holder(position)?).then_some(position)
        };
        let (mut was, mut is) = (Vec::new(), Vec::new());
        positions(before, &written_later, &mut was);
        positions(&self.resources.get(resource).root, &written_later, &mut is);
        is.sort_unstable();
        was.sort_unstable();
        was.dedup();
        let lost: Vec<u32> = was.into_iter().filter(|position| is.binary_search(position).is_err()).collect();
        for position in lost {
            let mut diagnostic = Diagnostic::error(
                "shadowed-by-patch",
                "a patch of an earlier layer overwrites what this later layer says",
            )
            .at(Origin::source(position))
            .help("change the value with a patch here, or turn the earlier patch into a field of its layer");
            if let Some(place) = patch.target.place() {
                diagnostic = diagnostic.related(place, "the patch");
            }
            self.diagnostics.push(diagnostic);
        }
    }

    fn images(&mut self, written: &Keyed<Image>) {
        let mut entries = Vec::with_capacity(written.len());
        for (name, image) in written.iter() {
            self.valid_image(image);
            let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
            let origin =
                [&image.tag, &image.digest, &image.new_name].into_iter().flatten().map(|text| text.origin).next();
            entries.push(ImageEntry {
                name: name.value.clone(),
                new_name: text(&image.new_name),
                tag: text(&image.tag),
                tag_suffix: None,
                digest: text(&image.digest),
                origin: origin.unwrap_or(name.origin),
            });
        }
        if entries.is_empty() {
            return;
        }
        let facts = images::apply(&mut self.resources, &entries, &images::Options::TYPED, &mut self.origins);
        for ((name, _), matched) in written.iter().zip(&facts.matched) {
            if *matched == 0 {
                let help = match facts.near_miss(name) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name the image as the manifests have it, without tag and digest".to_owned(),
                };
                let message = format!("no container runs the image `{name}`");
                self.diagnostics.push(Diagnostic::error("image-matches-nothing", message).at(name.origin).help(help));
            }
        }
    }

    fn valid_image(&mut self, image: &Image) {
        type Rule = fn(&str) -> Result<(), String>;
        let parts: [(&Option<Text>, &str, Rule); 3] = [
            (&image.new_name, "the name of an image", crate::image::name),
            (&image.tag, "a tag", crate::image::tag),
            (&image.digest, "a digest", crate::image::digest),
        ];
        for (text, what, rule) in parts {
            let Some(text) = text else { continue };
            if let Err(reason) = rule(text) {
                let message = format!("`{text}` is not {what}: {reason}");
                self.diagnostics.push(Diagnostic::error("invalid-image", message).at(text.origin));
            }
        }
    }

    fn labels(&mut self, layer: &Layer) {
        self.valid_labels(&layer.labels);
        let options = labels::Options { templates: true, ..labels::Options::default() };
        labels::apply(&mut self.resources, &pairs(&layer.labels), &options, &mut self.origins);
        annotations::apply(
            &mut self.resources,
            &pairs(&layer.annotations),
            &annotations::Options::default(),
            &mut self.origins,
        );
    }

    /// What is written is checked here, because a label that a transform adds has the place of
    /// its value alone.
    fn valid_labels(&mut self, labels: &Keyed<Text>) {
        for (key, value) in labels.iter() {
            self.valid_label("key", key, label_key(key));
            self.valid_label("value", value, label_value(value));
        }
    }

    fn valid_label(&mut self, what: &str, text: &Text, checked: Result<(), String>) {
        if let Err(reason) = checked {
            let message = format!("`{text}` is no label {what}: {reason}");
            let help = format!("correct the {what}, or make it an annotation");
            self.diagnostics.push(Diagnostic::error("invalid-label", message).at(text.origin).help(help));
        }
    }

    fn names(&mut self, layer: &Layer) {
        let Some(names) = &layer.names else { return };
        let part = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let (prefix, suffix) = (part(&names.prefix), part(&names.suffix));
        let Some(origin) = names.prefix.as_ref().or(names.suffix.as_ref()).map(|text| text.origin) else { return };
        let affixes = Affixes { prefix: &prefix, suffix: &suffix, origin };
        let conflicts = naming::affix(&mut self.resources, &affixes, &mut self.origins);
        self.conflicts(&conflicts, "the prefix or suffix", origin);
    }

    fn conflicts(&mut self, conflicts: &[crate::transform::ids::Conflict], what: &str, origin: Origin) {
        for conflict in conflicts {
            let (one, other) = (self.resources.get(conflict.index), self.resources.get(conflict.with));
            let message = format!("{what} makes `{}` the same object as `{}`", one.id(), other.id());
            let place = name_place(&other.root);
            self.diagnostics
                .push(Diagnostic::error("duplicate-resource", message).at(origin).related(place, "the other one"));
        }
    }

    /// What needs the final content: hash suffixes, checksums, and the references that follow.
    pub(super) fn final_names(&mut self, app: Option<&App>) {
        let conflicts = hash::apply(&mut self.resources, &mut self.origins);
        for conflict in conflicts {
            let id = self.resources.get(conflict.index).id().clone();
            let place = name_place(&self.resources.get(conflict.index).root);
            let message = format!("`{id}` with its content hash is the name of another object");
            self.diagnostics.push(Diagnostic::error("duplicate-resource", message).at(place));
        }
        if let Some(app) = app {
            checksums::apply(&mut self.resources, &users(app), &mut self.origins);
        }
        for ambiguity in references::apply(&mut self.resources, &references::Table::typed(), &mut self.origins) {
            let candidates: Vec<String> =
                ambiguity.candidates.iter().map(|index| format!("`{}`", self.resources.get(*index).id())).collect();
            let message = format!("the {} `{}` may mean {}", ambiguity.kind, ambiguity.name, candidates.join(" or "));
            self.diagnostics.push(
                Diagnostic::error("ambiguous-reference", message)
                    .at(ambiguity.origin)
                    .help("refer to it by its final name"),
            );
        }
    }
}

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

fn target(written: &WrittenTarget) -> Target {
    let exact = |text: &Option<Text>| text.as_ref().map(|text| Pattern::Exact(text.value.clone()));
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

/// `kind Deployment, name web`.
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

fn pairs(written: &Keyed<Text>) -> Vec<Pair> {
    let pair = |(key, value): (&Text, &Text)| Pair {
        key: key.value.clone(),
        value: value.value.clone(),
        origin: value.origin,
    };
    written.iter().map(pair).collect()
}

fn users(app: &App) -> Vec<checksums::Users> {
    let deployments = app.deployments.iter().map(|deployment| ("Deployment", &deployment.name, &deployment.pod));
    let cron_jobs = app.cron_jobs.iter().map(|cron_job| ("CronJob", &cron_job.name, &cron_job.pod));
    let jobs = app.jobs.iter().map(|job| ("Job", &job.name, &job.pod));
    let all = deployments.chain(cron_jobs).chain(jobs).filter(|(_, _, pod)| !pod.checksums.is_empty());
    all.map(|(kind, name, pod)| checksums::Users { kind, name: name.value.clone(), config_maps: pod.checksums.clone() })
        .collect()
}

/// A field that a cluster writes: whoever copied a live object keeps Argo CD comparing for ever,
/// or has the object refused for being another one.
fn of_a_live_object(document: &Node) -> Option<Diagnostic> {
    let fields = ["uid", "resourceVersion", "generation", "managedFields", "selfLink"];
    let metadata = fields.iter().find_map(|field| document.get("metadata")?.as_map()?.entry(field));
    let entry = metadata.or_else(|| document.as_map()?.entry("status"))?;
    Some(
        Diagnostic::warning("live-field", format!("`{}` is what the cluster writes, not what is applied", entry.key))
            .at(entry.key_origin)
            .help("leave it out of the manifest"),
    )
}

/// Where the text of a plain manifest has what would be an interpolation elsewhere.
fn interpolation(text: &str) -> Option<u32> {
    let mut found = text.match_indices("${{");
    let (place, _) = found.find(|(place, mark)| text[place + mark.len()..].trim_start().starts_with("values."))?;
    u32::try_from(place).ok()
}

/// A file for Strata or kustomize among the manifests: a cluster knows no such kind.
fn not_for_a_cluster(document: &Node) -> Option<Diagnostic> {
    let version = document.get("apiVersion")?;
    let (whose, help) = match version.as_str()?.split_once('/')?.0 {
        "strata.dev" => ("Strata", "list it under `base` or `components`"),
        "kustomize.config.k8s.io" => ("kustomize", "name the manifests that it lists"),
        _ => return None,
    };
    let kind = document.get("kind").and_then(Node::as_str).unwrap_or_default();
    let message = format!("the kind `{kind}` is for {whose}, not for a cluster");
    Some(Diagnostic::error("not-a-resource", message).at(version.origin()).help(help))
}

/// The place to show for an object as a whole: its name.
fn name_place(root: &Node) -> Origin {
    root.at(&["metadata", "name"]).or_else(|| root.get("kind")).unwrap_or(root).origin()
}

/// The positions of all scalars below `node` for which `written` gives one.
fn positions(node: &Node, written: &impl Fn(Origin) -> Option<u32>, out: &mut Vec<u32>) {
    match node.value() {
        Value::Seq(items) => items.iter().for_each(|item| positions(item, written, out)),
        Value::Map(map) => map.iter().for_each(|entry| positions(&entry.node, written, out)),
        _ => out.extend(written(node.origin())),
    }
}
