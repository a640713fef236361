//! What is written and reaches no output: overridden in every build that reads it, or taken away.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::place::{Place, Places};
use crate::origin::{Cause, Origin, Origins, each_scalar};
use crate::project::{FileId, Project};
use crate::resource::Resource;
use crate::tree::Node;

/// One build, and what it made.
pub struct Made<'a> {
    /// Why its values are what they are, with what was taken away.
    pub origins: &'a Origins,
    /// What it rendered.
    pub resources: &'a [Resource],
    /// What is written where.
    pub places: Places<'a>,
}

/// A value that reaches no output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Where it is written.
    pub place: Place,
    /// What it lost to in one of the builds, where that is known.
    pub lost: Option<Loss>,
}

/// What a value lost to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The place of what won.
    pub by: Place,
    /// Whether nothing came in its place.
    pub taken_away: bool,
}

/// What one build made of what is written, by position.
#[derive(Default)]
struct Reach {
    live: HashSet<u32>,
    /// What lost: the position of what won, and whether nothing came in its place.
    lost: HashMap<u32, (Option<u32>, bool)>,
    files: HashSet<FileId>,
}

/// The values that reach no output of `builds`, in the order of their places. A field of a model file
/// counts only when it is known to have lost in every build that reads it: it may also decide
/// something without being printed.
pub fn unused(project: &Project, builds: &mut [Made]) -> Vec<Unused> {
    let reaches: Vec<Reach> = builds.iter().map(reach).collect();
    let mut candidates: BTreeMap<u32, FileId> = BTreeMap::new();
    let mut manifests: BTreeSet<FileId> = BTreeSet::new();
    for (reach, made) in reaches.iter().zip(&*builds) {
        let held = reach.lost.keys().filter_map(|position| Some((*position, project.holder(*position)?)));
        candidates.extend(held);
        manifests.extend(reach.files.iter().filter(|file| made.places.is_manifest(**file)));
    }
    for file in manifests {
        for document in project.get(file).documents().iter().filter(|document| !is_list(document)) {
            each_scalar(document, &mut |node| {
                let position = node.origin().position().filter(|_| node.scalar_text().is_some());
                candidates.extend(position.map(|position| (position, file)));
            });
        }
    }
    let is_unused = |position: u32, file: FileId| {
        let mut readers = reaches.iter().zip(&*builds).filter(|(reach, _)| reach.files.contains(&file));
        let may_be_silent = |made: &Made| made.places.is_manifest(file) || project.settings == Some(file);
        readers.all(|(reach, made)| {
            !reach.live.contains(&position) && (reach.lost.contains_key(&position) || may_be_silent(made))
        })
    };
    candidates.retain(|position, file| is_unused(*position, *file));
    let mut found = Vec::with_capacity(candidates.len());
    for (position, file) in candidates {
        let reader = reaches.iter().position(|reach| reach.files.contains(&file));
        let Some(made) = reader.and_then(|index| builds.get_mut(index)) else { continue };
        let loss = reaches.iter().find_map(|reach| reach.lost.get(&position)).copied();
        let lost = loss.and_then(|(by, taken_away)| Some(Loss { by: made.places.at(by?)?, taken_away }));
        found.extend(made.places.at(position).map(|place| Unused { place, lost }));
    }
    found
}

/// A list of objects is no object: of it nothing is rendered.
fn is_list(document: &Node) -> bool {
    document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"))
}

fn reach(made: &Made) -> Reach {
    let mut reach = Reach { files: made.places.files().collect(), ..Reach::default() };
    let mut seen = HashSet::new();
    for resource in made.resources {
        each_origin(&resource.root, &mut |origin| live(origin, made.origins, &mut seen, &mut reach.live));
    }
    for derived in made.origins.derivations().iter().filter(|derived| !keeps_the_old(derived.cause)) {
        let by = derived.at.and_then(|at| made.origins.place(at));
        let mut lose = |node: &Node| {
            if let Some(position) = made.origins.place(node.origin()) {
                reach.lost.entry(position).or_insert((by, false));
            }
        };
        derived.old.iter().for_each(|old| each_scalar(old, &mut lose));
    }
    for (origin, by) in made.origins.losses() {
        if let Some(position) = made.origins.place(*origin) {
            reach.lost.entry(position).or_insert((made.origins.place(*by), true));
        }
    }
    let Reach { live, lost, .. } = &mut reach;
    lost.retain(|position, _| !live.contains(position));
    reach
}

/// The origins of all values below `node`. Keys do not count: a generator makes one of each literal.
fn each_origin(node: &Node, each: &mut impl FnMut(Origin)) {
    each(node.origin());
    node.entries().for_each(|entry| each_origin(&entry.node, each));
    node.items().for_each(|item| each_origin(item, each));
}

/// Whether the value before a step is a part of the value after it.
fn keeps_the_old(cause: Cause) -> bool {
    match cause {
        Cause::Interpolation => true,
        Cause::Transform(name) => ["names", "images", "references", "hash", "vars", "replacements"].contains(&name),
        Cause::Layer | Cause::Rule(_) | Cause::Patch { .. } | Cause::Template => false,
    }
}

/// Notes all positions that a value is made of.
fn live(origin: Origin, origins: &Origins, seen: &mut HashSet<Origin>, positions: &mut HashSet<u32>) {
    let mut open = vec![origin];
    while let Some(origin) = open.pop() {
        let Some(derived) = origins.get(origin) else {
            positions.extend(origin.position());
            continue;
        };
        if seen.insert(origin) {
            open.extend(derived.at);
            open.extend(derived.replaced.filter(|_| keeps_the_old(derived.cause)));
        }
    }
}
