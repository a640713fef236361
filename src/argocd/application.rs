//! The Application of an overlay and the AppProject of several, as trees.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::foreign_kinds;
use crate::model::argocd::{ArgoCd, Finalizer, ManifestSource, RenderedManifests};
use crate::object;
use crate::origin::Origin;
use crate::resource::Resource;
use crate::scope;
use crate::tree::{Keyed, Map, Node, Text, Value};

pub(super) const API: &str = "argoproj.io/v1alpha1";
/// The annotation with the paths whose change matters.
const PATHS: &str = "argocd.argoproj.io/manifest-generate-paths";
/// The name of the plugin in deploy/argocd/plugin.yaml.
const PLUGIN: &str = "strata";

/// An overlay as an Application sees it.
#[derive(Clone, Debug)]
pub struct Overlay<'a> {
    /// The name of the Application.
    pub name: String,
    /// The overlay's folder below the project's root.
    pub folder: &'a str,
    /// The folder with its rendered manifests below that of all.
    pub rendered: &'a str,
    /// What is written about the Application.
    pub settings: &'a ArgoCd,
    /// The git repository with the project.
    pub repository: &'a Text,
    /// The namespace, empty where none is said.
    pub namespace: &'a str,
    /// The cluster.
    pub cluster: Cluster<'a>,
    /// What the overlay renders.
    pub resources: &'a [Resource],
    /// Whether an object is too large for the annotation that a client-side apply leaves on it.
    pub large: bool,
    /// The paths that the overlay is made from, below the project's root, sorted.
    pub inputs: Vec<String>,
    /// Where the overlay is written.
    pub origin: Origin,
}

/// A cluster as Argo CD knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cluster<'a> {
    /// By its name.
    Name(&'a str),
    /// By the URL of its API server.
    Server(&'a str),
}

impl Overlay<'_> {
    /// The AppProject.
    pub fn project(&self) -> &str {
        self.settings.project.as_ref().map_or("default", Text::as_str)
    }

    /// The Application.
    pub fn application(&self) -> Node {
        let origin = self.origin;
        object! {
            origin;
            "apiVersion": API,
            "kind": "Application",
            "metadata": self.metadata(),
            "spec": self.spec(),
        }
    }

    /// The metadata of the Application.
    pub fn metadata(&self) -> Node {
        let (origin, settings) = (self.origin, self.settings);
        let mut annotations: Map = texts(&settings.annotations, origin);
        if !self.is_rendered() && annotations.get(PATHS).is_none() {
            annotations.push(PATHS, origin, Node::string(self.paths(), origin));
        }
        let labels = texts(&settings.labels, origin);
        let some = |map: Map| (!map.is_empty()).then(|| Node::new(map, origin));
        let finalizer = match settings.finalizer.map(|finalizer| finalizer.value) {
            Some(Finalizer::Foreground) => Some("resources-finalizer.argocd.argoproj.io"),
            Some(Finalizer::Background) => Some("resources-finalizer.argocd.argoproj.io/background"),
            Some(Finalizer::None) | None => None,
        };
        object! {
            origin;
            "annotations"?: some(annotations),
            "finalizers"?: finalizer.map(|name| list([name], origin)),
            "labels"?: some(labels),
            "name": self.name.as_str(),
            "namespace": namespace_of(settings),
        }
    }

    /// The spec of the Application.
    pub fn spec(&self) -> Node {
        let origin = self.origin;
        let differences = self.differences();
        let hydrated = self.source() == ManifestSource::Hydrator;
        object! {
            origin;
            "destination": self.destination(),
            "ignoreDifferences"?: (!differences.is_empty()).then(|| Node::new(differences, origin)),
            "project": self.project(),
            "source"?: (!hydrated).then(|| self.plain_source()),
            "sourceHydrator"?: hydrated.then(|| self.hydrator()),
            "syncPolicy"?: self.sync_policy(),
        }
    }

    /// The repositories that it reads.
    fn repositories(&self) -> Vec<&str> {
        let rendered = self.rendered_manifests().and_then(|rendered| rendered.repository.as_ref());
        match (self.source(), rendered) {
            (ManifestSource::Rendered, Some(rendered)) => vec![rendered],
            _ => vec![self.repository],
        }
    }

    fn source(&self) -> ManifestSource {
        self.settings.source.map(|source| source.value).unwrap_or_default()
    }

    fn is_rendered(&self) -> bool {
        self.source() == ManifestSource::Rendered
    }

    fn rendered_manifests(&self) -> Option<&RenderedManifests> {
        self.settings.rendered.as_ref()
    }

    /// The files that the overlay is made from, from the root of the repository.
    fn paths(&self) -> String {
        let top = below("/", self.settings.path.as_ref());
        let paths: Vec<String> = self.inputs.iter().map(|path| joined(&top, path)).collect();
        paths.join(";")
    }

    fn destination(&self) -> Node {
        let origin = self.origin;
        let (name, server) = match self.cluster {
            Cluster::Name(name) => (Some(name), None),
            Cluster::Server(server) => (None, Some(server)),
        };
        let namespace = Some(self.namespace).filter(|namespace| !namespace.is_empty());
        object! { origin; "name"?: name, "namespace"?: namespace, "server"?: server }
    }

    pub(super) fn revision(&self) -> &str {
        self.settings.revision.as_ref().map_or("HEAD", Text::as_str)
    }

    fn branch(&self) -> &str {
        self.rendered_manifests().and_then(|one| one.branch.as_ref()).map_or("rendered", Text::as_str)
    }

    fn rendered_path(&self) -> String {
        joined(&below("", self.rendered_manifests().and_then(|one| one.path.as_ref())), self.rendered)
    }

    fn plain_source(&self) -> Node {
        let origin = self.origin;
        if self.is_rendered() {
            let rendered = self.rendered_manifests().and_then(|one| one.repository.as_ref());
            return object! {
                origin;
                "path": self.rendered_path().as_str(),
                "repoURL": rendered.unwrap_or(self.repository).as_str(),
                "targetRevision": self.branch(),
            };
        }
        self.overlay_source()
    }

    fn overlay_source(&self) -> Node {
        let origin = self.origin;
        object! {
            origin;
            "path": joined(&below("", self.settings.path.as_ref()), self.folder).as_str(),
            "plugin": object! { origin; "name": PLUGIN },
            "repoURL": self.repository.as_str(),
            "targetRevision": self.revision(),
        }
    }

    fn hydrator(&self) -> Node {
        let origin = self.origin;
        let to = object! { origin; "path": self.rendered_path().as_str(), "targetBranch": self.branch() };
        object! { origin; "drySource": self.overlay_source(), "syncSource": to }
    }

    /// The replicas of what an autoscaler scales.
    fn differences(&self) -> ecow::EcoVec<Node> {
        let origin = self.origin;
        let difference = |(group, kind, name): (String, String, String)| {
            object! {
                origin;
                "group"?: Some(group.as_str()).filter(|group| !group.is_empty()),
                "jsonPointers": list(["/spec/replicas"], origin),
                "kind": kind.as_str(),
                "name": name.as_str(),
            }
        };
        self.scaled().into_iter().map(difference).collect()
    }

    /// Group, kind and name of what autoscalers scale.
    fn scaled(&self) -> BTreeSet<(String, String, String)> {
        let scales = |one: &&Resource| {
            let group = one.id().gvk.group.as_str();
            matches!((group, one.kind()), ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject"))
        };
        let target = |one: &Resource| {
            let field = |key| one.root.at(&["spec", "scaleTargetRef", key]).and_then(Node::as_str);
            let group =
                field("apiVersion").map_or("apps", |version| version.rsplit_once('/').map_or("", |(group, _)| group));
            Some((group.to_owned(), field("kind").unwrap_or("Deployment").to_owned(), field("name")?.to_owned()))
        };
        self.resources.iter().filter(scales).filter_map(target).collect()
    }

    fn sync_policy(&self) -> Option<Node> {
        let origin = self.origin;
        let sync = self.settings.sync.as_ref();
        let says = |field: Option<crate::tree::Spanned<bool>>| field.is_some_and(|word| word.value);
        let automated = sync.filter(|sync| says(sync.automated)).map(|sync| {
            let (prune, heal) = (says(sync.prune).then_some(true), says(sync.self_heal).then_some(true));
            // An empty mapping may not survive a server; the word alone says the same.
            let enabled = (prune.is_none() && heal.is_none()).then_some(true);
            object! { origin; "enabled"?: enabled, "prune"?: prune, "selfHeal"?: heal }
        });
        let retry = sync.and_then(|sync| sync.retry.as_ref()).map(|retry| {
            let written = retry.duration.is_some() || retry.factor.is_some() || retry.max_duration.is_some();
            let backoff = object! {
                origin;
                "duration"?: retry.duration.as_ref().map(Text::as_str),
                "factor"?: retry.factor.map(|factor| i64::from(factor.value)),
                "maxDuration"?: retry.max_duration.as_ref().map(Text::as_str),
            };
            object! { origin; "backoff"?: written.then_some(backoff), "limit": retry.limit.value }
        });
        let options = self.options();
        let options = (!options.is_empty()).then(|| list(options.iter().map(String::as_str), origin));
        (automated.is_some() || retry.is_some() || options.is_some())
            .then(|| object! { origin; "automated"?: automated, "retry"?: retry, "syncOptions"?: options })
    }

    /// What is written, and what the objects need besides.
    fn options(&self) -> Vec<String> {
        let written = self.settings.sync.iter().flat_map(|sync| &sync.options).map(ToString::to_string);
        let mut options: Vec<String> = written.collect();
        let mut need = |name: &str| {
            // Somebody who writes `NAME=false` wants it so.
            if !options.iter().any(|option| option.split('=').next() == Some(name)) {
                options.push(format!("{name}=true"));
            }
        };
        if self.creates_namespace() {
            need("CreateNamespace");
        }
        if self.large {
            need("ServerSideApply");
        }
        if !foreign_kinds(self.resources).is_empty() {
            need("SkipDryRunOnMissingResource");
        }
        if self.resources.iter().any(|one| self.drifts(one)) {
            need("RespectIgnoreDifferences");
        }
        options
    }

    fn creates_namespace(&self) -> bool {
        let makes = |one: &Resource| one.kind() == "Namespace" && one.name() == self.namespace;
        !self.namespace.is_empty() && !self.resources.iter().any(makes)
    }

    /// Whether a resource says replicas that an autoscaler changes.
    fn drifts(&self, resource: &Resource) -> bool {
        let id = resource.id();
        let key = (id.gvk.group.to_string(), id.gvk.kind.to_string(), id.name.to_string());
        resource.root.at(&["spec", "replicas"]).is_some() && self.scaled().contains(&key)
    }
}

/// The AppProject of `overlays`, which are all of one, with the least that they need.
pub fn project(overlays: &[&Overlay]) -> Option<Node> {
    let first = overlays.first()?;
    let origin = first.origin;
    let repositories: BTreeSet<&str> = overlays.iter().flat_map(|one| one.repositories()).collect();
    let destinations: BTreeSet<(Cluster, &str)> = overlays.iter().flat_map(|one| destinations(one)).collect();
    let destinations: ecow::EcoVec<Node> = destinations
        .into_iter()
        .map(|(cluster, namespace)| {
            let (name, server) = match cluster {
                Cluster::Name(name) => (Some(name), None),
                Cluster::Server(server) => (None, Some(server)),
            };
            object! { origin; "name"?: name, "namespace": namespace, "server"?: server }
        })
        .collect();
    let kinds: BTreeSet<(&str, &str)> = overlays.iter().flat_map(|one| cluster_kinds(one)).collect();
    let kinds: ecow::EcoVec<Node> =
        kinds.into_iter().map(|(group, kind)| object! { origin; "group": group, "kind": kind }).collect();
    let spec = object! {
        origin;
        "clusterResourceWhitelist"?: (!kinds.is_empty()).then(|| Node::new(kinds, origin)),
        "destinations": Node::new(destinations, origin),
        "sourceRepos": list(repositories, origin),
    };
    let metadata = object! { origin; "name": first.project(), "namespace": namespace_of(first.settings) };
    Some(object! { origin; "apiVersion": API, "kind": "AppProject", "metadata": metadata, "spec": spec })
}

/// The clusters and namespaces that objects of an overlay are in.
fn destinations<'a>(overlay: &'a Overlay<'a>) -> BTreeSet<(Cluster<'a>, &'a str)> {
    let written = overlay.resources.iter().map(|one| one.id().namespace.as_str());
    let namespaces = written.chain([overlay.namespace]).filter(|namespace| !namespace.is_empty());
    namespaces.map(|namespace| (overlay.cluster, namespace)).collect()
}

/// Group and kind of the objects of an overlay that are in no namespace.
fn cluster_kinds<'a>(overlay: &'a Overlay<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let gvks = overlay.resources.iter().map(|one| &one.id().gvk);
    let mut kinds: BTreeSet<(&str, &str)> = gvks
        .filter(|gvk| scope::is_cluster_scoped(&gvk.group, &gvk.kind))
        .map(|gvk| (gvk.group.as_str(), gvk.kind.as_str()))
        .collect();
    if overlay.creates_namespace() {
        kinds.insert(("", "Namespace"));
    }
    kinds
}

pub(super) fn namespace_of(settings: &ArgoCd) -> &str {
    settings.namespace.as_ref().map_or("argocd", Text::as_str)
}

pub(super) fn list<'n>(texts: impl IntoIterator<Item = &'n str>, origin: Origin) -> Node {
    let texts: ecow::EcoVec<Node> = texts.into_iter().map(|text| Node::string(text, origin)).collect();
    Node::new(Value::Seq(texts), origin)
}

fn texts(written: &Keyed<Text>, origin: Origin) -> Map {
    let sorted: BTreeMap<&str, &Text> = written.iter().map(|(key, text)| (key.as_str(), text)).collect();
    let mut map = Map::default();
    sorted.into_iter().for_each(|(key, text)| map.push(key, origin, Node::string(text.as_str(), text.origin)));
    map
}

/// `top` with a folder below it, without `/` at its end.
pub(super) fn below(top: &str, folder: Option<&Text>) -> String {
    let folder = folder.map_or("", |folder| folder.trim_matches('/'));
    match folder {
        "" | "." => top.trim_end_matches('/').to_owned() + if top == "/" { "/" } else { "" },
        folder => format!("{top}{folder}"),
    }
}

pub(super) fn joined(top: &str, path: &str) -> String {
    match (top, path) {
        ("", path) => path.to_owned(),
        ("/", path) => format!("/{path}"),
        (top, ".") => top.to_owned(),
        (top, path) => format!("{top}/{path}"),
    }
}
