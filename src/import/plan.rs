//! Which object of the base is which of an environment, and what an overlay does to all alike.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, eco_format};

use super::{Environment, here, text};
use crate::image::ImageRef;
use crate::object;
use crate::resource::{ObjectKey, Resource, pod_template_path};
use crate::scope::is_cluster_scoped;
use crate::tree::Node;

/// Everything that is imported.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The application's name.
    pub app: String,
    /// The names of the environments.
    pub environments: Vec<String>,
    /// The objects.
    pub subjects: Vec<Subject>,
    pub(super) facts: Vec<Facts>,
}

/// One object through all environments.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The API group.
    pub group: EcoString,
    /// The kind.
    pub kind: EcoString,
    /// The name without what overlays and hashes put around it.
    pub name: EcoString,
    /// Whether the name ends in a hash of the content.
    pub hashed: bool,
    /// What the base renders.
    pub base: Option<Node>,
    /// What each environment renders.
    pub built: Vec<Option<Node>>,
}

/// What an overlay does to all objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub prefix: EcoString,
    pub suffix: EcoString,
    pub namespace: Option<EcoString>,
    pub labels: Vec<(EcoString, EcoString)>,
    pub annotations: Vec<(EcoString, EcoString)>,
    /// By the name in the base.
    pub images: Vec<(EcoString, Node)>,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Plan {
    /// Pairs what `base` renders with what each environment does.
    pub fn new(app: String, base: &[Resource], environments: &[Environment]) -> Self {
        let twice = twice(std::iter::once(base).chain(environments.iter().map(|built| built.resources.as_slice())));
        let mut index: HashMap<ObjectKey, usize> = HashMap::new();
        let mut subjects: Vec<Subject> = Vec::new();
        let sets = std::iter::once((None, base));
        for (place, resources) in sets.chain(environments.iter().enumerate().map(|(i, e)| (Some(i), &*e.resources))) {
            for resource in resources {
                let at = *index.entry(key(resource, &twice)).or_insert_with(|| {
                    subjects.push(subject(resource, environments.len()));
                    subjects.len() - 1
                });
                match place {
                    None => subjects[at].base = Some(resource.root.clone()),
                    Some(place) => subjects[at].built[place] = Some(resource.root.clone()),
                }
            }
        }
        let mut facts = Vec::with_capacity(environments.len());
        for (place, environment) in environments.iter().enumerate() {
            facts.push(facts_of(place, &environment.resources, &subjects));
        }
        strip_own_names(&mut subjects, &facts);
        Self { app, environments: environments.iter().map(|built| built.name.clone()).collect(), subjects, facts }
    }

    /// What environment `place` says for all objects.
    pub(super) fn facts(&self, place: usize, used: bool) -> Facts {
        self.facts.get(place).filter(|_| used).cloned().unwrap_or_default()
    }

    /// What a build has of an object; where it has none, what the base has, which is then removed.
    pub(super) fn seen(&self, index: usize, place: Option<usize>) -> Option<Node> {
        let subject = &self.subjects[index];
        place.and_then(|place| subject.built[place].clone()).or_else(|| subject.base.clone())
    }

    /// The object as the base has it, or else the first environment that has it.
    pub(super) fn first(&self, index: usize) -> Option<&Node> {
        let subject = &self.subjects[index];
        subject.base.iter().chain(subject.built.iter().flatten()).next()
    }

    /// The indexes of the objects of a kind of the core or another group.
    pub fn of_kind<'a>(&'a self, group: &'a str, kind: &'a str) -> impl Iterator<Item = usize> + 'a {
        let is = move |(_, subject): &(usize, &Subject)| subject.group == group && subject.kind == kind;
        self.subjects.iter().enumerate().filter(is).map(|(index, _)| index)
    }
}

impl Facts {
    /// `name` without prefix and suffix; as it is when it does not have both.
    pub fn local(&self, name: &str) -> EcoString {
        let inner = name.strip_prefix(self.prefix.as_str()).and_then(|rest| rest.strip_suffix(self.suffix.as_str()));
        inner.filter(|inner| !inner.is_empty()).unwrap_or(name).into()
    }
}

/// A base for environments that have none: what all of them have, as the first one has it. One
/// alone is its own.
pub fn common(environments: &[Environment]) -> Vec<Resource> {
    let Some((first, others)) = environments.split_first() else { return Vec::new() };
    let keys = |built: &Environment| -> HashSet<ObjectKey> {
        built.resources.iter().map(|resource| resource.original_id().object_key()).collect()
    };
    let others: Vec<HashSet<ObjectKey>> = others.iter().map(keys).collect();
    let everywhere = |resource: &&Resource| {
        let key = resource.original_id().object_key();
        others.iter().all(|other| other.contains(&key))
    };
    first.resources.iter().filter(everywhere).cloned().collect()
}

/// The first ids that two objects of one build share; such objects are told apart by their last.
fn twice<'a>(sets: impl Iterator<Item = &'a [Resource]>) -> HashSet<ObjectKey> {
    let mut found = HashSet::new();
    for set in sets {
        let mut seen = HashSet::new();
        let keys = set.iter().map(|resource| resource.original_id().object_key());
        found.extend(keys.filter(|key| !seen.insert(key.clone())));
    }
    found
}

fn key(resource: &Resource, twice: &HashSet<ObjectKey>) -> ObjectKey {
    let first = resource.original_id().object_key();
    if twice.contains(&first) { resource.id().object_key() } else { first }
}

fn subject(resource: &Resource, environments: usize) -> Subject {
    let (name, hashed) = without_hash(resource);
    let id = resource.id();
    Subject {
        group: id.gvk.group.clone(),
        kind: id.gvk.kind.clone(),
        name,
        hashed,
        base: None,
        built: vec![None; environments],
    }
}

/// The name before a hash came behind it, and whether one did.
fn without_hash(resource: &Resource) -> (EcoString, bool) {
    let before = resource.previous_ids().last().map(|id| id.name.clone());
    let hash = |before: &EcoString| {
        let rest = resource.name().strip_prefix(before.as_str())?.strip_prefix('-')?;
        (rest.len() == 10 && rest.chars().all(|c| c.is_ascii_alphanumeric())).then_some(())
    };
    match before.filter(|before| hash(before).is_some()) {
        Some(before) => (before, true),
        None => (resource.name().into(), false),
    }
}

fn facts_of(place: usize, resources: &[Resource], subjects: &[Subject]) -> Facts {
    let pairs: Vec<(&Node, &Node)> = subjects
        .iter()
        .filter_map(|subject| Some((subject.base.as_ref()?, subject.built.get(place)?.as_ref()?)))
        .collect();
    let (prefix, suffix) = affixes(place, resources, subjects);
    let common = |path: &'static [&'static str], templates: bool| {
        let mut found = pairs_at(resources.first().map(|first| &first.root), path);
        found.retain(|(key, value)| {
            let has = |root: &Node| root.at(path).and_then(|map| map.get(key)).and_then(Node::as_str) == Some(value);
            let template = |resource: &Resource| resource.pod_template().is_none_or(has);
            let new = !pairs.iter().all(|(base, _)| has(base));
            new && resources.iter().all(|resource| has(&resource.root) && (!templates || template(resource)))
        });
        found
    };
    Facts {
        prefix,
        suffix,
        namespace: namespace(resources),
        labels: common(&["metadata", "labels"], true),
        annotations: common(&["metadata", "annotations"], false),
        images: images(&pairs),
    }
}

fn pairs_at(root: Option<&Node>, path: &[&str]) -> Vec<(EcoString, EcoString)> {
    let entries = root.and_then(|root| root.at(path)).into_iter().flat_map(Node::entries);
    entries.filter_map(|entry| Some((entry.key.clone(), entry.node.as_str()?.into()))).collect()
}

/// Kinds whose names kustomize leaves alone.
pub(super) const NAMED_BY_OTHERS: [&str; 3] = ["CustomResourceDefinition", "APIService", "Namespace"];

/// The prefix and the suffix that every object of the environment has and the base has not.
fn affixes(place: usize, resources: &[Resource], subjects: &[Subject]) -> (EcoString, EcoString) {
    let none = (EcoString::new(), EcoString::new());
    let known: HashMap<ObjectKey, &Resource> =
        resources.iter().map(|resource| (resource.id().object_key(), resource)).collect();
    let mut found: Option<(EcoString, EcoString)> = None;
    for subject in subjects.iter().filter(|subject| !NAMED_BY_OTHERS.contains(&subject.kind.as_str())) {
        let Some(Some(built)) = subject.built.get(place) else { continue };
        let Some(resource) = crate::resource::ResourceId::of(built).and_then(|id| known.get(&id.object_key()).copied())
        else {
            return none;
        };
        let (name, hashed) = without_hash(resource);
        if subject.base.is_none() {
            continue;
        }
        let Some(at) = name.find(subject.name.as_str()) else { return none };
        let (prefix, suffix) = (EcoString::from(&name[..at]), EcoString::from(&name[at + subject.name.len()..]));
        // The hash comes behind a suffix, which a plain manifest could not say.
        let differs = found.as_ref().is_some_and(|found| *found != (prefix.clone(), suffix.clone()));
        if differs || (hashed && !suffix.is_empty()) {
            return none;
        }
        found = Some((prefix, suffix));
    }
    let (prefix, suffix) = found.unwrap_or(none.clone());
    let others = subjects.iter().filter(|subject| subject.base.is_none());
    let others = others.filter(|subject| subject.built.get(place).is_some_and(Option::is_some));
    let fits = |subject: &Subject| subject.name.starts_with(prefix.as_str()) && subject.name.ends_with(suffix.as_str());
    if others.clone().all(fits) { (prefix, suffix) } else { none }
}

/// Objects of one environment alone have the overlay's prefix in their names.
fn strip_own_names(subjects: &mut [Subject], facts: &[Facts]) {
    for subject in subjects.iter_mut().filter(|subject| subject.base.is_none()) {
        let place = subject.built.iter().position(Option::is_some);
        if let Some(facts) = place.and_then(|place| facts.get(place)) {
            subject.name = facts.local(&subject.name);
        }
    }
}

/// The one namespace of everything that can have one.
fn namespace(resources: &[Resource]) -> Option<EcoString> {
    let mut found = resources
        .iter()
        .filter(|resource| !is_cluster_scoped(&resource.id().gvk.group, resource.kind()))
        .map(|resource| text(&resource.root, &["metadata", "namespace"]));
    let first = found.next()??;
    found.all(|other| other == Some(first)).then(|| first.into())
}

/// The lists of containers of a pod.
const CONTAINERS: [&str; 2] = ["initContainers", "containers"];

/// What images become, where each image of one name becomes the same everywhere.
fn images(pairs: &[(&Node, &Node)]) -> Vec<(EcoString, Node)> {
    let mut found: Vec<(EcoString, Option<EcoString>)> = Vec::new();
    for (before, after) in pairs.iter().flat_map(|(base, built)| image_pairs(base, built)) {
        let name = EcoString::from(ImageRef::split(&before).name);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if known.as_ref() != Some(&after) => *known = None,
            Some(_) => {}
            None => found.push((name, Some(after))),
        }
    }
    let changed = |name: &EcoString, after: &str| {
        let mut befores = pairs.iter().flat_map(|(base, built)| image_pairs(base, built));
        befores.any(|(before, _)| ImageRef::split(&before).name == name && before != after)
    };
    let entry = |(name, after): (EcoString, Option<EcoString>)| {
        let after = after.filter(|after| changed(&name, after))?;
        let image = ImageRef::split(&after);
        let new_name = (image.name != name).then(|| EcoString::from(image.name));
        let entry = object! { here();
            "newName"?: new_name.map(|name| Node::string(name, here())),
            "tag"?: image.tag.map(|tag| Node::string(tag, here())),
            "digest"?: image.digest.map(|digest| Node::string(digest, here())),
        };
        (image.tag.is_some() || image.digest.is_some()).then_some((name, entry))
    };
    found.into_iter().filter_map(entry).collect()
}

/// The images of containers that both objects have, by name.
fn image_pairs(base: &Node, built: &Node) -> Vec<(EcoString, EcoString)> {
    let kind = text(base, &["kind"]).unwrap_or_default();
    let Some(template) = pod_template_path(kind) else { return Vec::new() };
    let list = |root: &Node, field: &str| -> Vec<Node> {
        let spec = root.at(template).and_then(|template| template.get("spec"));
        spec.and_then(|spec| spec.get(field)).into_iter().flat_map(|list| list.items().cloned()).collect()
    };
    let mut found = Vec::new();
    for field in CONTAINERS {
        let after = list(built, field);
        for container in list(base, field) {
            let same = after.iter().find(|other| text(other, &["name"]) == text(&container, &["name"]));
            let images = same.and_then(|same| Some((text(&container, &["image"])?, text(same, &["image"])?)));
            found.extend(images.map(|(before, after)| (eco_format!("{before}"), eco_format!("{after}"))));
        }
    }
    found
}

impl Facts {
    /// The image of the base that the overlay's `images` turn into `image`.
    pub fn image_before(&self, before: &str) -> bool {
        self.images.iter().any(|(name, _)| *name == ImageRef::split(before).name)
    }
}
