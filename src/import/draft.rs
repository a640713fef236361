//! The files of a project.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use super::app::App;
use super::container::{filled, put};
use super::layer::layer;
use super::plan::{Facts, NAMED_BY_OTHERS, Plan};
use super::route::class;
use super::workload::without;
use super::{Change, Changes, Choice, here, text};
use crate::object;
use crate::resource::pod_template_path;
use crate::tree::{Map, Node};

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path below the project's root, with `/`.
    pub path: String,
    /// What it holds.
    pub root: Node,
    /// Whether it is written for people, in the order of its keys; else it is a manifest.
    pub is_model: bool,
}

impl File {
    /// The name of the Secret whose values it holds.
    pub fn secret(&self) -> Option<&str> {
        let values = ["data", "stringData"].into_iter().filter_map(|field| self.root.get(field));
        let is_secret =
            text(&self.root, &["kind"]) == Some("Secret") && text(&self.root, &["apiVersion"]) == Some("v1");
        let holds = values.flat_map(Node::entries).next().is_some();
        (is_secret && holds).then(|| text(&self.root, &["metadata", "name"]).unwrap_or_default())
    }
}

pub(super) const API: &str = "strata.dev/v1alpha1";

/// The files that say `plan` in the way of `choice`, with `changes` as patches.
pub fn draft(plan: &Plan, choice: &Choice, changes: &Changes) -> Vec<File> {
    let base = App::read(plan, choice, None);
    let mut files = vec![File { path: format!("base/{}/app.yaml", plan.app), root: base.root(plan), is_model: true }];
    let shared = shared(plan, choice);
    let (common, changes) = &split(plan, choice, changes);
    for index in &shared {
        if let Some(root) = &plan.subjects[*index].base {
            files.push(manifest(
                &format!("base/{}", plan.app),
                plan,
                *index,
                plain(root, &plan.subjects[*index].name, plan, choice),
            ));
        }
    }
    let has_component = !shared.is_empty() || !common.is_empty();
    if has_component {
        files.push(component(plan, &shared, common));
    }
    for place in 0..plan.environments.len() {
        overlay(plan, choice, changes, (place, &base, has_component), &mut files);
    }
    files
}

/// The objects that are one manifest for all environments.
fn shared(plan: &Plan, choice: &Choice) -> BTreeSet<usize> {
    let is_shared = |index: &usize| {
        let subject = &plan.subjects[*index];
        choice.fields && subject.base.is_some() && !choice.typed.contains(index) && !choice.own.contains(index)
    };
    (0..plan.subjects.len()).filter(is_shared).collect()
}

/// What every environment changes in the same way, by object, and what is left to each. Where
/// items of lists come and go the operations stay together, for their indexes count on each other.
fn split(plan: &Plan, choice: &Choice, changes: &Changes) -> (BTreeMap<usize, Vec<Change>>, Changes) {
    let (mut common, mut rest) = (BTreeMap::new(), changes.clone());
    for index in (0..plan.subjects.len()).filter(|index| !choice.own.contains(index)) {
        let all: Vec<&Vec<Change>> =
            (0..plan.environments.len()).filter_map(|place| changes.get(&(place, index))).collect();
        let Some(first) = all.first().filter(|_| all.len() == plan.environments.len()) else { continue };
        let moves = all.iter().flat_map(|list| list.iter()).any(moves_items);
        let everywhere = |change: &&Change| match moves {
            true => all.iter().all(|list| list == first),
            false => all.iter().all(|list| list.contains(change)),
        };
        let shared: Vec<Change> = first.iter().filter(everywhere).cloned().collect();
        for place in 0..plan.environments.len() {
            if let Some(list) = rest.get_mut(&(place, index)) {
                list.retain(|change| !shared.contains(change));
            }
        }
        common.insert(index, shared);
    }
    common.retain(|_, list| !list.is_empty());
    rest.retain(|_, list| !list.is_empty());
    (common, rest)
}

fn moves_items(change: &Change) -> bool {
    let last = change.path.rsplit('/').next().unwrap_or_default();
    change.op != "replace" && (last == "-" || last.parse::<usize>().is_ok())
}

fn component(plan: &Plan, shared: &BTreeSet<usize>, common: &BTreeMap<usize, Vec<Change>>) -> File {
    let folder = Node::string(format!("../../base/{}/resources", plan.app), here());
    let patches: Vec<Node> = common.iter().filter_map(|(index, changes)| patch(plan, *index, changes)).collect();
    let root = object! { here();
        "apiVersion": API,
        "kind": "Component",
        "resources"?: (!shared.is_empty()).then(|| Node::new(vec![folder], here())),
        "patches"?: (!patches.is_empty()).then(|| Node::new(patches, here())),
    };
    File { path: format!("components/{}/component.yaml", plan.app), root, is_model: true }
}

fn overlay(
    plan: &Plan,
    choice: &Choice,
    changes: &Changes,
    (place, base, has_component): (usize, &App, bool),
    files: &mut Vec<File>,
) {
    let facts = plan.facts(place, choice.fields);
    let folder = format!("overlays/{}/{}", plan.app, plan.environments[place]);
    let own: Vec<usize> = (0..plan.subjects.len()).filter(|index| is_own(plan, choice, place, *index)).collect();
    for index in &own {
        if let Some(root) = &plan.subjects[*index].built[place] {
            let name = text(root, &["metadata", "name"]).unwrap_or_default();
            let alone = NAMED_BY_OTHERS.contains(&plan.subjects[*index].kind.as_str());
            let name = if alone { name.into() } else { facts.local(name) };
            files.push(manifest(&folder, plan, *index, plain(root, &name, plan, choice)));
        }
    }
    let app = App::read(plan, choice, Some(place));
    let patches: Vec<Node> = changes
        .iter()
        .filter(|((environment, _), _)| *environment == place)
        .filter_map(|((_, index), changes)| patch(plan, *index, changes))
        .collect();
    let remove = removals(plan, choice, place);
    let list = |nodes: Vec<Node>| (!nodes.is_empty()).then(|| Node::new(nodes, here()));
    let word = |text: String| Node::string(text, here());
    let mut root = object! { here();
        "apiVersion": API,
        "kind": "Overlay",
        "base": word(format!("../../../base/{}", plan.app)),
        "components"?: has_component.then(|| Node::new(vec![word(format!("../../../components/{}", plan.app))], here())),
        "namespace"?: namespace(plan, choice, place, &facts),
        "names"?: names(&facts),
        "labels"?: pairs(&facts.labels),
        "annotations"?: pairs(&facts.annotations),
        "images"?: images(plan, choice, &facts),
        "routing"?: routing(plan, choice, place),
        "secrets"?: app.has_secrets().then(|| object! { here(); "provider": "existing" }),
        "app"?: layer(&base.sections(), &app.sections()),
        "remove"?: list(remove),
        "resources"?: (!own.is_empty()).then(|| Node::new(vec![word("resources".into())], here())),
        "patches"?: list(patches),
    };
    if plan.subjects.iter().all(|subject| subject.built[place].is_none())
        && let Some(map) = root.as_map_mut()
    {
        map.push("allowEmpty", here(), true);
    }
    files.push(File { path: format!("{folder}/overlay.yaml"), root, is_model: true });
}

/// Whether the object is a manifest of environment `place` alone.
fn is_own(plan: &Plan, choice: &Choice, place: usize, index: usize) -> bool {
    let subject = &plan.subjects[index];
    let plain = subject.built[place].is_some() && !choice.typed.contains(&index);
    plain && (!choice.fields || subject.base.is_none() || choice.own.contains(&index))
}

fn removals(plan: &Plan, choice: &Choice, place: usize) -> Vec<Node> {
    let gone = |index: &usize| {
        let subject = &plan.subjects[*index];
        // A namespace is made by the overlay that says so.
        let of_overlay = subject.kind == "Namespace" && choice.typed.contains(index);
        let rendered = choice.typed.contains(index) || (choice.fields && !choice.own.contains(index));
        subject.base.is_some() && subject.built[place].is_none() && rendered && !of_overlay
    };
    (0..plan.subjects.len()).filter(gone).map(|index| target(plan, index)).collect()
}

fn target(plan: &Plan, index: usize) -> Node {
    let subject = &plan.subjects[index];
    object! { here();
        "group"?: (!subject.group.is_empty()).then(|| Node::string(subject.group.clone(), here())),
        "kind": Node::string(subject.kind.clone(), here()),
        "name": Node::string(subject.name.clone(), here()),
    }
}

fn patch(plan: &Plan, index: usize, changes: &[Change]) -> Option<Node> {
    let operation = |change: &Change| {
        object! { here();
            "op": change.op,
            "path": Node::string(change.path.clone(), here()),
            "value"?: change.value.clone(),
        }
    };
    let operations: Vec<Node> = changes.iter().map(operation).collect();
    (!operations.is_empty()).then(|| {
        object! { here(); "target": target(plan, index), "json6902": Node::new(operations, here()) }
    })
}

/// The namespace of an environment: its name, or what it is when it is made here.
fn namespace(plan: &Plan, choice: &Choice, place: usize, facts: &Facts) -> Option<Node> {
    let name = Node::string(facts.namespace.clone()?, here());
    let made = plan.of_kind("", "Namespace").filter(|index| choice.typed.contains(index));
    let made = made.filter_map(|index| plan.subjects[index].built[place].as_ref());
    let Some(root) = made.filter(|root| root.at(&["metadata", "name"]) == Some(&name)).last() else {
        return Some(name);
    };
    let without = |field, pairs: &[_]| without(root.at(&["metadata", field]), pairs);
    Some(object! { here();
        "name": name,
        "create": true,
        "labels"?: without("labels", &facts.labels),
        "annotations"?: without("annotations", &facts.annotations),
    })
}

/// Who serves the routes of an environment.
fn routing(plan: &Plan, choice: &Choice, place: usize) -> Option<Node> {
    let typed = plan.of_kind("networking.k8s.io", "Ingress").filter(|index| choice.typed.contains(index));
    let roots: Vec<Node> = typed.filter_map(|index| plan.seen(index, Some(place))).collect();
    if roots.is_empty() {
        return None;
    }
    Some(match class(roots.iter()) {
        None => Node::string("ingress", here()),
        Some(class) => {
            let settings = object! { here(); "class": Node::string(class, here()) };
            object! { here(); "provider": "ingress", "ingress": settings }
        }
    })
}

fn names(facts: &Facts) -> Option<Node> {
    let mut map = Map::default();
    for (key, value) in [("prefix", &facts.prefix), ("suffix", &facts.suffix)] {
        put(&mut map, key, (!value.is_empty()).then(|| Node::string(value.clone(), here())));
    }
    filled(map)
}

fn pairs(pairs: &[(EcoString, EcoString)]) -> Option<Node> {
    let mut map = Map::default();
    pairs.iter().for_each(|(key, value)| map.push(key.clone(), here(), Node::string(value.clone(), here())));
    filled(map)
}

/// The images that something runs which all environments share.
fn images(plan: &Plan, choice: &Choice, facts: &Facts) -> Option<Node> {
    let shared = shared(plan, choice);
    let mut map = Map::default();
    for (name, entry) in &facts.images {
        let runs = |index: &usize| {
            let subject = &plan.subjects[*index];
            let template = subject.base.as_ref().zip(pod_template_path(&subject.kind));
            template.and_then(|(base, path)| base.at(path)).is_some_and(|template| runs_image(template, name))
        };
        if shared.iter().chain(&choice.typed).any(runs) {
            map.push(name.clone(), here(), entry.clone());
        }
    }
    filled(map)
}

fn runs_image(template: &Node, name: &str) -> bool {
    let containers = ["initContainers", "containers"].map(|list| template.at(&["spec", list]));
    let mut images = containers.into_iter().flatten().flat_map(Node::items).filter_map(|one| text(one, &["image"]));
    images.any(|image| crate::image::ImageRef::split(image).name == name)
}

/// A manifest under the name that it has before the overlay's prefix, and without the namespace
/// that overlays give.
fn plain(root: &Node, name: &str, plan: &Plan, choice: &Choice) -> Node {
    let mut root = root.clone();
    let given = choice.fields && (0..plan.environments.len()).all(|place| plan.facts(place, true).namespace.is_some());
    if let Some(metadata) = root.get("metadata").and_then(Node::as_map).cloned() {
        let mut metadata = metadata;
        metadata.insert("name", Node::string(name, here()));
        if given {
            metadata.remove("namespace");
        }
        if let Some(map) = root.as_map_mut() {
            map.insert("metadata", Node::new(metadata, here()));
        }
    }
    root
}

fn manifest(folder: &str, plan: &Plan, index: usize, root: Node) -> File {
    let subject = &plan.subjects[index];
    let same = |other: &&super::Subject| other.kind == subject.kind && other.name == subject.name;
    let number = match plan.subjects.iter().filter(same).count() {
        1 => String::new(),
        _ => format!("-{index}"),
    };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '-' };
    let name: String = format!("{}-{}", subject.kind.to_lowercase(), subject.name).chars().map(safe).collect();
    File { path: format!("{folder}/resources/{name}{number}.yaml"), root, is_model: false }
}
