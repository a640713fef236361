//! What whoever builds gives besides the files: values of parameters, images and replicas.

use ecow::EcoString;

use super::settings::settings;
use super::{Build, Rendered, Request};
use crate::diagnostic::{Diagnostic, Diagnostics, Level, near_miss};
use crate::error::Result;
use crate::image::ImageRef;
use crate::kubernetes::Version;
use crate::load;
use crate::model::overlay::Parameter;
use crate::origin::{Origin, Origins};
use crate::project::{Entry, EntryKind, Project};
use crate::resolve::layers::{self, Setting};
use crate::resource::{Resource, ResourceSet};
use crate::transform::images::{self, ImageEntry, Matcher};
use crate::transform::replicas::{self, ReplicasEntry};
use crate::tree::{Node, Text};

/// The name of what `--set` gives, where messages need a file.
pub const COMMAND_LINE: &str = "--set";
/// The name of what Argo CD gives, where messages need a file.
pub const ARGOCD: &str = "ARGOCD_APP_PARAMETERS";

/// What is given besides the files and the values of parameters.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Tags (`v1.2.3`), digests (`sha256:...`) or both (`v1.2.3@sha256:...`) of images, by the name
    /// of the image in the final resources.
    pub images: Vec<(String, String)>,
    /// Replicas of workloads, by name.
    pub replicas: Vec<(String, i64)>,
    /// The version of Kubernetes of the cluster, where the project names none.
    pub kubernetes: Option<Version>,
    /// Whether Argo CD gives it, to a build in its plugin: one overlay, with perhaps only a part of
    /// the project beside it.
    pub by_argocd: bool,
}

impl Given {
    /// What stands for the file in messages about it.
    fn place(&self) -> &'static str {
        if self.by_argocd { ARGOCD } else { COMMAND_LINE }
    }

    /// Whether anything of it changes what is rendered.
    pub(super) fn changes_something(&self) -> bool {
        !self.images.is_empty() || !self.replicas.is_empty()
    }
}

/// What is given, each with a place in the sources, so that messages can point at it.
#[derive(Clone, Debug, Default)]
pub(super) struct Placed {
    pub set: Vec<Setting>,
    images: Vec<(String, String, Origin)>,
    replicas: Vec<ReplicasEntry>,
}

impl Placed {
    pub(super) fn of(set: &[(String, String)], given: &Given, project: &mut Project) -> Self {
        let mut place = |before: &str, name: &str, value: &str| {
            let text = format!("{before}{name}={value}");
            let base = project.sources_mut().add(given.place().into(), given.place().into(), text.into());
            // A full source space has been refused by load.
            base.map(|base| Origin::source(base + (before.len() + name.len()) as u32 + 1))
        };
        let pair =
            |(name, value): &(String, String), origin: Option<Origin>| Some((name.clone(), value.clone(), origin?));
        let set = set.iter().filter_map(|one| pair(one, place("", &one.0, &one.1))).collect();
        let images = given.images.iter().filter_map(|one| pair(one, place("images.", &one.0, &one.1))).collect();
        let replicas = given.replicas.iter().filter_map(|(name, count)| {
            let origin = place("replicas.", name, &count.to_string())?;
            Some(ReplicasEntry { name: name.as_str().into(), kind: None, count: *count, origin })
        });
        let replicas = replicas.collect();
        Self { set, images, replicas }
    }
}

/// A parameter that an overlay declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Its name.
    pub name: Text,
    /// What it takes.
    pub parameter: Parameter,
    /// The value when nobody sets it; `None` when it must be set.
    pub value: Option<Node>,
}

/// The parameters of the one overlay that `request` names, with what it sets of no account.
pub fn declared(request: &Request) -> Result<Vec<Declared>> {
    let mut diagnostics = Diagnostics::default();
    let project =
        load::load(&request.entries, &request.cwd, request.reading(load::Files::Disk), |_| false, &mut diagnostics)?;
    if let Some(error) = diagnostics.into_iter().find(|one| one.level == Level::Error) {
        return Err(error.into());
    }
    let layers = |entry: &&Entry| entry.kind == EntryKind::Layer;
    let Some(file) = project.entries.iter().find(layers).and_then(|entry| entry.file) else { return Ok(Vec::new()) };
    let mut said = Diagnostics::default();
    let settings = settings(&project, &mut said).unwrap_or_default();
    let plan = layers::plan(&project, &settings, file, &[], &mut Origins::default(), &mut said);
    let declared = layers::parameters(&project, file).into_iter().map(|(name, parameter)| {
        let of_layers = plan.as_ref().and_then(|plan| plan.values.get(&name).cloned());
        let value = of_layers.or_else(|| parameter.default.as_ref().map(|default| default.0.clone()));
        Declared { name, parameter, value }
    });
    Ok(declared.collect())
}

/// The images of a build by name, with tag and digest as the parameter `images` takes them.
pub fn images(build: &Rendered) -> Vec<(String, String)> {
    let version = |image: &ImageRef| match (image.tag, image.digest) {
        (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
        (tag, digest) => tag.or(digest).map(str::to_owned),
    };
    let written = build.resources.iter().flat_map(|one| images::references(one, &images::Options::TYPED));
    written.map(ImageRef::split).map(|image| (image.name.to_owned(), version(&image).unwrap_or_default())).collect()
}

/// The workloads of a build whose replicas are written, as the parameter `replicas` takes them.
pub fn replicas(build: &Rendered) -> Vec<(String, String)> {
    let written = build.resources.iter().filter(|resource| has_replicas(resource));
    let count = |resource: &Resource| resource.root.at(&["spec", "replicas"])?.as_i64();
    written.filter_map(|one| Some((one.name().to_owned(), count(one)?.to_string()))).collect()
}

impl Build<'_> {
    /// Puts the images and replicas that are given over what all layers say.
    pub(super) fn images_and_replicas(&mut self, given: &Placed) {
        let entries: Vec<ImageEntry> = given.images.iter().filter_map(|image| self.image(image)).collect();
        let facts = images::apply(&mut self.resources, &entries, &images::Options::TYPED, &mut self.origins);
        for (entry, matched) in entries.iter().zip(&facts.matched) {
            if *matched == 0 {
                let help = match facts.near_miss(&entry.name) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => listed("the images are", facts.occurring.iter().map(EcoString::as_str)),
                };
                self.unknown("images", &entry.name, "no image of that name is used", entry.origin, help);
            }
        }
        let matched = replicas::apply(&mut self.resources, &given.replicas, &[], &mut self.origins);
        for (entry, matched) in given.replicas.iter().zip(matched) {
            if matched == 0 {
                let known = || self.resources.iter().filter(|one| has_replicas(one)).map(Resource::name);
                let help = match near_miss(&entry.name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => listed("the workloads are", known()),
                };
                self.unknown("replicas", &entry.name, "no workload of that name has replicas", entry.origin, help);
            }
        }
    }

    /// [`Self::images_and_replicas`] of what a kustomization renders.
    pub(super) fn over_kustomization(&mut self, given: &Placed, rendered: Vec<Resource>) -> Vec<Resource> {
        if given.images.is_empty() && given.replicas.is_empty() {
            return rendered;
        }
        self.resources = ResourceSet::with_identity(crate::resource::Identity::Kustomize);
        for resource in rendered {
            // What is rendered has been a set before, so no two are the same.
            let _ = self.resources.insert(resource);
        }
        self.images_and_replicas(given);
        std::mem::take(&mut self.resources).into_resources()
    }

    /// Refuses values of parameters for a kustomization, which declares none.
    pub(super) fn refuse_parameters(&mut self, given: &Placed) {
        for setting in &given.set {
            let message = format!("a kustomization has no parameters, and `{}` is set", setting.0);
            let help = "leave `--set` out; an overlay with the kustomization as its `base` may declare `parameters:`";
            self.diagnostics
                .push(Diagnostic::error("unknown-parameter", message).at(layers::name_of(setting)).help(help));
        }
    }

    fn image(&mut self, (name, value, origin): &(String, String, Origin)) -> Option<ImageEntry> {
        let (tag, digest) = match value.split_once('@') {
            Some((tag, digest)) => (Some(tag), Some(digest)),
            None if value.starts_with("sha256:") => (None, Some(value.as_str())),
            None => (Some(value.as_str()), None),
        };
        let reason = tag.map_or(Ok(()), crate::image::tag).and(digest.map_or(Ok(()), crate::image::digest)).err();
        if let Some(reason) = reason {
            let message = format!("the parameter `images` gives `{name}` no tag or digest: {reason}");
            let help = "write a tag, a digest, or `TAG@DIGEST`; the image itself is not changed by a parameter";
            self.diagnostics.push(Diagnostic::error("invalid-parameter", message).at(*origin).help(help));
            return None;
        }
        let text = |text: Option<&str>| text.map(EcoString::from);
        let (tag, digest) = (text(tag), text(digest));
        let (name, matcher) = (name.as_str().into(), Matcher::Name);
        Some(ImageEntry { name, matcher, new_name: None, tag, tag_suffix: None, digest, origin: *origin })
    }

    fn unknown(&mut self, parameter: &str, name: &str, why: &str, origin: Origin, help: String) {
        let message = format!("the parameter `{parameter}` names `{name}`, and {why}");
        self.diagnostics.push(Diagnostic::error("unknown-parameter", message).at(origin).help(help));
    }
}

/// Whether the field `spec.replicas` of a resource is there.
pub(super) fn has_replicas(resource: &Resource) -> bool {
    resource.root.at(&["spec", "replicas"]).is_some_and(|node| node.as_i64().is_some())
        && replicas::FIELDS.iter().any(|field| field.kind == resource.kind())
}

fn listed<'n>(before: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "there is none".to_owned() } else { format!("{before} {}", names.join(", ")) }
}
