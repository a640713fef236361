//! A resource is one Kubernetes object; a resource set is what a build renders.

use std::collections::{HashMap, HashSet};

use ecow::EcoString;
use foldhash::fast::FixedState;

use crate::tree::Node;

/// Group, version and kind. The group of the core API is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// API group, empty for core.
    pub group: EcoString,
    /// API version, such as `v1`.
    pub version: EcoString,
    /// Kind.
    pub kind: EcoString,
}

impl Gvk {
    /// Reads `apiVersion` (`apps/v1`, `v1`) and `kind`.
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_version(api_version);
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// `apps/v1`, or `v1` for core.
    pub fn api_version(&self) -> EcoString {
        match self.group.is_empty() {
            true => self.version.clone(),
            false => ecow::eco_format!("{}/{}", self.group, self.version),
        }
    }

    /// The kind and group of a manifest; `None` when `kind` is missing or no text. Without
    /// `apiVersion`, which kustomize permits, group and version are empty.
    pub fn of(root: &Node) -> Option<Self> {
        let version = root.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        Some(Self::new(version, root.get("kind")?.as_str()?))
    }
}

/// Group and version.
fn split_version(api_version: &str) -> (&str, &str) {
    api_version.rsplit_once('/').unwrap_or(("", api_version))
}

/// What identifies an object in a cluster: group, kind, namespace and name (the version comes
/// along but two versions of one object are one object).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId {
    /// Group, version, kind.
    pub gvk: Gvk,
    /// Namespace as written; empty when none is.
    pub namespace: EcoString,
    /// Name.
    pub name: EcoString,
}

impl ResourceId {
    /// Reads the id of a manifest. `generateName` does not name an object: the name is empty.
    pub fn of(root: &Node) -> Option<Self> {
        let text = |key| root.at(&["metadata", key]).and_then(Node::as_str).unwrap_or_default().into();
        Some(Self { gvk: Gvk::of(root)?, namespace: text("namespace"), name: text("name") })
    }

    /// Whether this is the id of a manifest.
    fn is_of(&self, root: &Node) -> bool {
        let text = |keys: &[&str]| root.at(keys).and_then(Node::as_str);
        let (group, version) = split_version(text(&["apiVersion"]).unwrap_or_default());
        text(&["kind"]).is_some_and(|kind| kind == self.gvk.kind)
            && (self.gvk.group.as_str(), self.gvk.version.as_str()) == (group, version)
            && text(&["metadata", "name"]).unwrap_or_default() == self.name
            && text(&["metadata", "namespace"]).unwrap_or_default() == self.namespace
    }

    /// The same id without the API version: two of these collide in a cluster.
    pub fn object_key(&self) -> ObjectKey {
        (self.gvk.group.clone(), self.gvk.kind.clone(), self.namespace.clone(), self.name.clone())
    }
}

/// Group, kind, namespace, name.
pub type ObjectKey = (EcoString, EcoString, EcoString, EcoString);

/// `Deployment/name`, as messages name a resource.
impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.gvk.kind, self.name)
    }
}

/// One object with what the build knows about it and does not write into it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The manifest. Change `metadata.name`, `metadata.namespace`, `kind` and `apiVersion` only
    /// through [`ResourceSet`], which keeps its indexes in step.
    pub root: Node,
    id: ResourceId,
    original_id: ResourceId,
    previous_ids: Vec<ResourceId>,
    /// Whether the name gets a suffix made of the content.
    pub needs_hash: bool,
    /// The prefixes that layers put before the name, innermost first: name references tell
    /// resources of one original name apart by them.
    pub prefixes: Vec<EcoString>,
    /// The suffixes that layers put after the name, innermost first.
    pub suffixes: Vec<EcoString>,
    /// The variables of kustomize that take their value from it.
    pub vars: Vec<EcoString>,
    /// The labels and annotations that kustomize keeps as one value at several places.
    pub twins: Vec<Twins>,
}

/// A label or an annotation that is one value at several places of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twins {
    /// The key of the label.
    pub key: EcoString,
    /// The paths of the mappings that hold it.
    pub paths: Vec<EcoString>,
}

impl Resource {
    /// A resource from a manifest; `None` when `apiVersion` or `kind` is missing.
    pub fn new(root: Node) -> Option<Self> {
        root.get("apiVersion")?.as_str()?;
        Self::without_version(root)
    }

    /// A resource from a manifest that may lack `apiVersion` (kustomize permits that); `None` when
    /// `kind` is missing.
    pub fn without_version(root: Node) -> Option<Self> {
        let id = ResourceId::of(&root)?;
        Some(Self {
            root,
            original_id: id.clone(),
            id,
            previous_ids: Vec::new(),
            needs_hash: false,
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            vars: Vec::new(),
            twins: Vec::new(),
        })
    }

    /// The present id.
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// The id it had when it was made or read.
    pub fn original_id(&self) -> &ResourceId {
        &self.original_id
    }

    /// The ids it had since, oldest first, without the present one.
    pub fn previous_ids(&self) -> &[ResourceId] {
        &self.previous_ids
    }

    /// Every id it ever had, the present one first.
    pub fn every_id(&self) -> impl Iterator<Item = &ResourceId> {
        std::iter::once(&self.id).chain(self.previous_ids.iter().rev())
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        &self.id.gvk.kind
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.id.name
    }

    /// The pod template of a workload: the node that holds `metadata` and `spec` of the pods.
    /// A Pod is its own template.
    pub fn pod_template(&self) -> Option<&Node> {
        self.root.at(pod_template_path(self.kind())?)
    }

    /// [`Resource::pod_template`], to change in place.
    pub fn pod_template_mut(&mut self) -> Option<&mut Node> {
        let path = pod_template_path(self.kind())?;
        self.root.at_mut(path)
    }
}

/// The containers of a pod's `spec`, of every sort.
pub fn containers(spec: &Node) -> impl Iterator<Item = &Node> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists.into_iter().filter_map(|list| spec.get(list)).flat_map(Node::items)
}

/// Where the pod template of a kind is; `None` for kinds without pods.
pub fn pod_template_path(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "ReplicationController" => {
            Some(&["spec", "template"])
        }
        "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
        "Pod" => Some(&[]),
        _ => None,
    }
}

/// When two resources are the same object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// Group, kind, namespace and name are equal: the cluster's view.
    #[default]
    Object,
    /// The version too; no namespace is `default`, and cluster-scoped kinds have none (kustomize).
    Kustomize,
}

impl Identity {
    fn key(self, id: &ResourceId) -> ObjectKey {
        let mut key = id.object_key();
        if self == Self::Kustomize {
            key.0 = id.gvk.api_version();
            match crate::scope::is_cluster_scoped_for_kustomize(&id.gvk) {
                true => key.2 = EcoString::new(),
                false if key.2.is_empty() => key.2 = EcoString::inline("default"),
                false => {}
            }
        }
        key
    }
}

/// What a build looks its own resources up in; a fast hash, the same in every run.
type Index<K, V> = HashMap<K, V, FixedState>;

/// The resources of a build in order, with an index of present ids and one of every id ever held.
/// The set alone changes ids, so both indexes are always right.
#[derive(Clone, Debug, Default)]
pub struct ResourceSet {
    resources: Vec<Resource>,
    by_object: Index<ObjectKey, usize>,
    by_kind_and_name: Index<(EcoString, EcoString), Vec<usize>>,
    /// By every name ever held, from when it is first asked for.
    by_name: Option<Box<Index<EcoString, Vec<usize>>>>,
    identity: Identity,
}

impl ResourceSet {
    /// An empty set with this view of which resources are the same.
    pub fn with_identity(identity: Identity) -> Self {
        Self { identity, ..Self::default() }
    }

    /// Which resources are the same.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// All resources, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.resources.iter()
    }

    /// The resource at `index`.
    pub fn get(&self, index: usize) -> &Resource {
        &self.resources[index]
    }

    /// The number of resources.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resources alone, in order.
    pub fn into_resources(self) -> Vec<Resource> {
        self.resources
    }

    /// Adds a resource at the end. When an object of the same group, kind, namespace and name is
    /// there, nothing changes and its index comes back as the error.
    pub fn insert(&mut self, resource: Resource) -> Result<usize, usize> {
        let key = self.identity.key(&resource.id);
        if !resource.id.name.is_empty()
            && let Some(index) = self.by_object.get(&key)
        {
            return Err(*index);
        }
        let index = self.resources.len();
        self.by_object.insert(key, index);
        for id in resource.every_id() {
            let known = self.by_kind_and_name.entry((id.gvk.kind.clone(), id.name.clone())).or_default();
            // Of two ids that differ in the namespace only, one is enough.
            if known.last() != Some(&index) {
                known.push(index);
            }
        }
        if let Some(by_name) = &mut self.by_name {
            add_names(by_name, index, &resource);
        }
        self.resources.push(resource);
        Ok(index)
    }

    /// The indexes of all resources, or of those that have or ever had this name, in order.
    pub fn candidates(&mut self, name: Option<&str>) -> Vec<usize> {
        let Some(name) = name else { return (0..self.resources.len()).collect() };
        let by_name = self.by_name.get_or_insert_with(|| {
            let mut by_name = Box::<Index<_, _>>::default();
            let numbered = self.resources.iter().enumerate();
            numbered.for_each(|(index, resource)| add_names(&mut by_name, index, resource));
            by_name
        });
        by_name.get(name).cloned().unwrap_or_default()
    }

    /// The resource of this group, kind, namespace and name.
    pub fn find(&self, id: &ResourceId) -> Option<&Resource> {
        self.by_object.get(&self.identity.key(id)).map(|index| &self.resources[*index])
    }

    /// The indexes of the resources that have or ever had this kind and name, in order.
    pub fn find_by_any_name(&self, kind: &str, name: &str) -> &[usize] {
        // A tuple of owned texts is the key; short names are stored inline, so this is no allocation.
        self.by_kind_and_name.get(&(kind.into(), name.into())).map_or(&[], Vec::as_slice)
    }

    /// Changes the manifest of one resource in place and brings the indexes in step when the
    /// change touched its id. `Err` when the new id is that of another resource (its index comes
    /// back and the resource keeps its old manifest) or the manifest lost its kind.
    pub fn update<T>(&mut self, index: usize, change: impl FnOnce(&mut Resource) -> T) -> Result<T, UpdateError> {
        let before = self.resources[index].root.clone();
        let result = change(&mut self.resources[index]);
        let Resource { root, id, .. } = &self.resources[index];
        let version = |root: &Node| root.get("apiVersion").is_some_and(|node| node.as_str().is_some());
        let lost = version(&before) && !version(root);
        if !lost && id.is_of(root) {
            return Ok(result);
        }
        let Some(id) = ResourceId::of(root).filter(|_| !lost) else {
            self.resources[index].root = before;
            return Err(UpdateError::NoKind);
        };
        if let Err(other) = self.re_id(index, id) {
            self.resources[index].root = before;
            return Err(UpdateError::Taken(other));
        }
        Ok(result)
    }

    /// Gives a resource another name, which `name` makes of the node at `metadata.name`; nothing
    /// happens where there is none. `Err` as for [`ResourceSet::update`], which would copy what
    /// the resource shares with its former self.
    pub fn rename(&mut self, index: usize, name: impl FnOnce(&Node) -> Node) -> Result<(), UpdateError> {
        let Some(old) = self.resources[index].root.at(&["metadata", "name"]) else { return Ok(()) };
        let new = name(old);
        let mut id = self.resources[index].id.clone();
        id.name = new.as_str().unwrap_or_default().into();
        if id != self.resources[index].id {
            self.re_id(index, id).map_err(UpdateError::Taken)?;
        }
        if let Some(old) = self.resources[index].root.at_mut(&["metadata", "name"]) {
            *old = new;
        }
        Ok(())
    }

    /// Puts another manifest in the place of a resource. It is the same object: it keeps the ids
    /// that were held before, and what refers to it.
    pub fn replace(&mut self, index: usize, root: Node, needs_hash: bool) -> Result<(), UpdateError> {
        self.update(index, |resource| {
            resource.root = root;
            resource.needs_hash = needs_hash;
        })
    }

    /// Counts the present id of a resource among the earlier ones too: kustomize does so where a
    /// transform could have changed it.
    pub fn remember(&mut self, index: usize) {
        let resource = &mut self.resources[index];
        resource.previous_ids.push(resource.id.clone());
    }

    /// Takes the newest of the earlier ids of a resource out again, as where kustomize does not note
    /// that a transform changes ids. Without any, the present id is the original one.
    pub fn forget(&mut self, index: usize) {
        let resource = &mut self.resources[index];
        resource.previous_ids.pop();
        if resource.previous_ids.is_empty() {
            resource.original_id = resource.id.clone();
        }
    }

    /// All resources, to change what is no part of an id.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.resources.iter_mut()
    }

    /// The same as one slice.
    pub fn as_mut_slice(&mut self) -> &mut [Resource] {
        &mut self.resources
    }

    /// The manifests of all resources, to change what is no part of an id.
    pub fn roots_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.iter_mut().map(|resource| &mut resource.root)
    }

    fn re_id(&mut self, index: usize, id: ResourceId) -> Result<(), usize> {
        let key = self.identity.key(&id);
        if let Some(other) = self.by_object.get(&key)
            && *other != index
            && !id.name.is_empty()
        {
            return Err(*other);
        }
        let resource = &mut self.resources[index];
        let old = std::mem::replace(&mut resource.id, id);
        self.by_object.remove(&self.identity.key(&old));
        self.by_object.insert(key, index);
        let name = (resource.id.gvk.kind.clone(), resource.id.name.clone());
        let known = self.by_kind_and_name.entry(name).or_default();
        if let Err(place) = known.binary_search(&index) {
            known.insert(place, index);
        }
        if let Some(by_name) = &mut self.by_name {
            let known = by_name.entry(resource.id.name.clone()).or_default();
            if let Err(place) = known.binary_search(&index) {
                known.insert(place, index);
            }
        }
        resource.previous_ids.push(old);
        Ok(())
    }

    /// Takes resources out: those for which `remove` is true. The indexes are made anew.
    pub fn remove(&mut self, remove: impl FnMut(&Resource) -> bool) -> Vec<Resource> {
        let leaves: Vec<bool> = self.resources.iter().map(remove).collect();
        if !leaves.contains(&true) {
            return Vec::new();
        }
        let mut gone = Vec::new();
        let all = std::mem::replace(self, Self::with_identity(self.identity));
        for (resource, leaves) in all.resources.into_iter().zip(leaves) {
            match leaves {
                true => gone.push(resource),
                // Ids were unique before, so they are now.
                false => _ = self.insert(resource),
            }
        }
        gone
    }

    /// Takes the resources at these indexes out.
    pub fn remove_at(&mut self, indexes: &HashSet<usize>) {
        if !indexes.is_empty() {
            let mut index = 0;
            self.remove(|_| {
                index += 1;
                indexes.contains(&(index - 1))
            });
        }
    }
}

fn add_names(by_name: &mut Index<EcoString, Vec<usize>>, index: usize, resource: &Resource) {
    for id in resource.every_id() {
        let known = by_name.entry(id.name.clone()).or_default();
        if known.last() != Some(&index) {
            known.push(index);
        }
    }
}

/// Why a change of a resource was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// The change would give it the id of the resource at this index.
    Taken(usize),
    /// The change took `kind` or `apiVersion` away.
    NoKind,
}

impl<'a> IntoIterator for &'a ResourceSet {
    type Item = &'a Resource;
    type IntoIter = std::slice::Iter<'a, Resource>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;
    use crate::origin::Origin;

    fn config_map(name: &str) -> Resource {
        let o = Origin::source(0);
        let root = object! { o; "apiVersion": "v1", "kind": "ConfigMap", "metadata": object! { o; "name": name } };
        Resource::new(root).unwrap()
    }

    fn rename(set: &mut ResourceSet, index: usize, name: &str) -> Result<(), UpdateError> {
        set.update(index, |resource| {
            *resource.root.at_mut(&["metadata", "name"]).unwrap() = Node::string(name, Origin::source(0));
        })
    }

    #[test]
    fn a_rename_keeps_every_earlier_name_findable() {
        let mut set = ResourceSet::default();
        set.insert(config_map("a")).unwrap();
        rename(&mut set, 0, "b").unwrap();
        rename(&mut set, 0, "c").unwrap();
        for name in ["a", "b", "c"] {
            assert_eq!(set.find_by_any_name("ConfigMap", name), [0], "{name}");
        }
        assert_eq!(set.get(0).original_id().name, "a");
        assert!(set.insert(config_map("b")).is_ok(), "a name that was given up is free again");
    }

    #[test]
    fn the_candidates_of_a_name_are_all_that_ever_had_it() {
        let mut set = ResourceSet::default();
        for name in ["a", "b", "c"] {
            set.insert(config_map(name)).unwrap();
        }
        rename(&mut set, 2, "x").unwrap();
        assert_eq!(set.candidates(Some("x")), [2]);
        rename(&mut set, 1, "y").unwrap();
        set.insert(config_map("b")).unwrap();
        let of = |set: &mut ResourceSet, name: &str| set.candidates(Some(name));
        assert_eq!((of(&mut set, "b"), of(&mut set, "y"), of(&mut set, "c")), (vec![1, 3], vec![1], vec![2]));
        assert_eq!((of(&mut set, "z"), set.candidates(None)), (vec![], vec![0, 1, 2, 3]));
        set.remove(|resource| resource.name() == "a");
        assert_eq!((of(&mut set, "a"), of(&mut set, "b")), (vec![], vec![0, 2]));
    }

    #[test]
    fn a_resource_with_several_ids_of_one_name_is_found_once() {
        let mut set = ResourceSet::default();
        set.insert(config_map("a")).unwrap();
        set.remember(0);
        let moved = set.into_resources().remove(0);
        let mut other = ResourceSet::default();
        other.insert(moved).unwrap();
        assert_eq!(other.find_by_any_name("ConfigMap", "a"), [0]);
    }

    #[test]
    fn two_objects_never_share_an_id() {
        let mut set = ResourceSet::default();
        set.insert(config_map("a")).unwrap();
        set.insert(config_map("b")).unwrap();
        assert_eq!(set.insert(config_map("a")), Err(0));
        assert_eq!(rename(&mut set, 1, "a"), Err(UpdateError::Taken(0)));
        assert_eq!(set.get(1).name(), "b");
        assert_eq!(set.get(1).root.at(&["metadata", "name"]).unwrap().as_str(), Some("b"));
    }
}
