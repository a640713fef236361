//! StatefulSets with their Services, and claims, as fields of an application.

use ecow::EcoString;

use super::container::{self, filled, put};
use super::plan::{Facts, Plan};
use super::workload::{Workload, is_usual, main_container, metadata, pod};
use super::{Choice, Names, here, text};
use crate::object;
use crate::tree::{Map, Node};

/// The Services of a StatefulSet, where they are typed: the one that names its pods, and the one
/// with an address that stands before it.
#[derive(Default)]
pub(super) struct Services {
    pub governing: Option<(usize, Node)>,
    pub front: Option<(usize, Node)>,
}

impl Services {
    /// Those of a build.
    pub fn of(plan: &Plan, choice: &Choice, stateful_set: &Node, place: Option<usize>) -> Self {
        let selector = stateful_set.at(&["spec", "selector", "matchLabels"]);
        let named = |name: Option<&str>| {
            let mut typed = plan.of_kind("", "Service").filter(|index| choice.typed.contains(index));
            typed.find_map(|index| {
                let root = plan.seen(index, place)?;
                let is_it = text(&root, &["metadata", "name"]) == name && root.at(&["spec", "selector"]) == selector;
                is_it.then_some((index, root))
            })
        };
        let Some(governing) = text(stateful_set, &["spec", "serviceName"]) else { return Self::default() };
        let front = governing.strip_suffix("-headless").filter(|front| !front.is_empty());
        let front = front.and_then(|front| named(Some(front)));
        let front = front.filter(|(_, root)| text(root, &["spec", "clusterIP"]) != Some("None"));
        Self { governing: named(Some(governing)), front }
    }
}

/// A StatefulSet as an entry of `statefulSets`.
pub(super) fn stateful_set(
    plan: &Plan,
    (workload, services): (&Workload, &Services),
    facts: &Facts,
    names: &mut Names,
) -> Node {
    let Workload { name, root, .. } = workload;
    let none = Node::map(here());
    let spec = root.get("spec").unwrap_or(&none);
    let main = main_container(root).unwrap_or(&none);
    let mut map = Map::default();
    put(&mut map, "name", (!is_usual(workload, &plan.app)).then(|| Node::string(*name, here())));
    for (from, to) in [
        ("replicas", "replicas"),
        ("podManagementPolicy", "podManagement"),
        ("revisionHistoryLimit", "revisionHistoryLimit"),
        ("minReadySeconds", "minReadySeconds"),
    ] {
        put(&mut map, to, spec.get(from).cloned());
    }
    let deleted = text(spec, &["persistentVolumeClaimRetentionPolicy", "whenDeleted"]) == Some("Delete");
    put(&mut map, "retain", deleted.then_some(false));
    put(&mut map, "selector", spec.at(&["selector", "matchLabels"]).cloned());
    let front = services.front.as_ref();
    let shown = front.or(services.governing.as_ref());
    put(&mut map, "ports", container::ports(main, shown.map(|(_, root)| root)));
    put(&mut map, "service", shown.and_then(|(index, root)| options(plan, (*index, root), name, front.is_some())));
    put(&mut map, "probes", container::probes(main));
    pod(&mut map, root, names);
    templates(&mut map, spec, main);
    metadata(&mut map, root, facts);
    Node::new(map, here())
}

fn options(plan: &Plan, (index, service): (usize, &Node), workload: &str, addressed: bool) -> Option<Node> {
    let own = &plan.subjects[index].name;
    let mut map = Map::default();
    put(&mut map, "name", (own != workload).then(|| Node::string(own.clone(), here())));
    let word = service.at(&["spec", "type"]).filter(|word| addressed && word.as_str() != Some("ClusterIP"));
    put(&mut map, "headless", (addressed && word.is_none()).then_some(false));
    put(&mut map, "type", word.cloned());
    put(&mut map, "annotations", service.at(&["metadata", "annotations"]).cloned());
    filled(map)
}

/// Puts a volume for each template of a claim before the others, as Strata mounts them.
fn templates(map: &mut Map, spec: &Node, main: &Node) {
    let mut volumes = Map::default();
    for template in spec.get("volumeClaimTemplates").into_iter().flat_map(Node::items) {
        let Some(name) = text(template, &["metadata", "name"]) else { continue };
        let mut source = Map::default();
        put(&mut source, "claimTemplate", claim_fields(template).map(|fields| Node::new(fields, here())));
        put(&mut source, "mount", container::mount(main, name, false));
        volumes.push(name, here(), Node::new(source, here()));
    }
    if let Some(written) = map.get("volumes").and_then(Node::as_map) {
        written.iter().for_each(|entry| _ = volumes.insert(&entry.key, entry.node.clone()));
    }
    if let Some(volumes) = filled(volumes) {
        map.insert("volumes", volumes);
    }
}

/// Size, class and modes; `None` without a size.
fn claim_fields(claim: &Node) -> Option<Map> {
    let mut map = Map::default();
    put(&mut map, "size", Some(claim.at(&["spec", "resources", "requests", "storage"])?.clone()));
    put(&mut map, "storageClass", claim.at(&["spec", "storageClassName"]).cloned());
    let modes = claim.at(&["spec", "accessModes"]);
    let usual = |modes: &&Node| {
        let mut items = modes.items();
        items.next().and_then(Node::as_str) == Some("ReadWriteOnce") && items.next().is_none()
    };
    put(&mut map, "accessModes", modes.filter(|modes| !usual(modes)).cloned());
    Some(map)
}

/// A PersistentVolumeClaim as an entry of `claims`. It goes when it is no longer rendered, as it
/// did, unless it says that it stays.
pub(super) fn claim(app: &str, key: &str, name: &str, root: &Node) -> Option<Node> {
    let mut map = Map::default();
    put(&mut map, "name", (name != usual(app, key)).then(|| Node::string(name, here())));
    claim_fields(root)?.iter().for_each(|entry| map.push(entry.key.clone(), here(), entry.node.clone()));
    let options = text(root, &["metadata", "annotations", "argocd.argoproj.io/sync-options"]).unwrap_or_default();
    let stays = options.split(',').any(|option| option.trim() == "Prune=false");
    put(&mut map, "retain", (!stays).then_some(false));
    Some(Node::new(map, here()))
}

/// The name that an entry has by its key.
fn usual(app: &str, key: &str) -> EcoString {
    if key == "main" { app.into() } else { ecow::eco_format!("{app}-{key}") }
}

/// The key of an entry whose name begins with that of the application.
pub(super) fn key_of(app: &str, name: &str) -> EcoString {
    let short = name.strip_prefix(app).and_then(|rest| rest.strip_prefix('-')).filter(|rest| !rest.is_empty());
    if name == app { "main".into() } else { short.unwrap_or(name).into() }
}

/// The account of pods, when it is made here.
pub(super) fn account(root: &Node, facts: &Facts) -> Node {
    let annotations = super::workload::without(root.at(&["metadata", "annotations"]), &facts.annotations);
    object! { here(); "annotations"?: annotations }
}
