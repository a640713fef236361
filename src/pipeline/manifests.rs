//! What a layer adds: plain manifests as they are, and what its templates print.

use std::path::Path;

use crate::app::App;
use crate::diagnostic::Diagnostic;
use crate::load::yaml::{self, Dialect};
use crate::origin::Origin;
use crate::project::{File, FileId, Kind, Project, Role};
use crate::resolve::layers::{Layer, Plan};
use crate::resolve::template::{self, Scope};
use crate::resource::Resource;
use crate::tree::{Node, Text};

use super::Build;

impl Build<'_> {
    /// Adds the plain manifests of a layer.
    pub(super) fn manifests(&mut self, layer: &Layer) {
        let project: &Project = self.run.project;
        for path in &layer.resources {
            let Some(from) = self.origins.settle(path.origin) else { continue };
            let files = project.link(from, path, Role::Resource).map(|link| link.files.as_slice()).unwrap_or_default();
            let plain = |file: &&File| file.kind != Some(Kind::Kustomization);
            for file in files.iter().map(|file| project.get(*file)).filter(plain) {
                if let Some(place) = interpolation(project.text(file)) {
                    self.diagnostics.push(
                        Diagnostic::warning("not-interpolated", "a plain manifest is taken as it is, so this stays")
                            .at(Origin::source(file.base + place))
                            .help("print the manifest with a `*.j2` template, or set the field with a patch"),
                    );
                }
            }
            for file in files {
                match project.get(*file).kind {
                    Some(Kind::Kustomization) => self.kustomized(*file),
                    _ => project.get(*file).documents().iter().for_each(|document| self.manifest(document)),
                }
            }
        }
    }

    /// Adds what a kustomization renders, with the names that it gives.
    pub(super) fn kustomized(&mut self, file: FileId) {
        if let Some(kind) = crate::kustomize::component(self.run.project, file) {
            let message = "a component of kustomize is no base and no resource";
            let problem = Diagnostic::error("wrong-kind", message).at(kind);
            return self.diagnostics.push(problem.help("name a kustomization that lists it under `components`"));
        }
        for resource in self.kustomize(file).unwrap_or_default() {
            self.manifest(&resource.root);
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

    /// Adds what the templates of a layer print.
    pub(super) fn templates(&mut self, layer: &Layer, plan: &Plan, app: Option<&App>) {
        let project: &Project = self.run.project;
        for path in &layer.templates {
            let Some(from) = self.origins.settle(path.origin) else { continue };
            let Some(file) = project.file(from, path, Role::Template) else { continue };
            let (values, none) = (Node::new(plan.values.map().clone(), path.origin), Node::map(path.origin));
            let scope = Scope {
                values: &values,
                app: plan.app.as_ref().unwrap_or(&none),
                environment: plan.environment.as_ref().map(Text::as_str),
                namespace: plan.namespace.as_ref().or_else(|| app?.namespace.as_ref()).map(Text::as_str),
            };
            match template::render(project.text(file), file.base, scope) {
                Ok(text) => {
                    let position = self.sources.end() as u32;
                    self.rendered_template(project.shown(file), &file.canonical, &text);
                    if self.run.traced {
                        let parts = template::parts(project.text(file), file.base, scope, &text, position);
                        self.origins.prints(parts.unwrap_or_default());
                    }
                }
                Err(error) => self.diagnostics.push(error.into()),
            }
        }
    }

    /// Reads what a template printed. It becomes a source of its own, so that a message about it
    /// shows the line that was printed.
    fn rendered_template(&mut self, shown: &Path, canonical: &Path, text: &str) {
        let shown = format!("{} (rendered)", shown.display());
        let Some(base) = self.sources.add(shown.into(), canonical.to_path_buf(), text.into()) else {
            self.diagnostics
                .push(Diagnostic::error("project-too-large", "templates print more than there is room for"));
            return;
        };
        for document in yaml::read(text, base, Dialect::Resource, &mut self.diagnostics).unwrap_or_default() {
            self.manifest(&document);
        }
    }
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
