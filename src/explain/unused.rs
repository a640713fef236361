//! What is written and reaches no output: overridden in every build that reads it, or taken away.

use std::collections::{BTreeMap, HashMap, HashSet};

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

/// A value that lost in a build: its position, that of what won, and whether nothing came in its place.
type Lost = (u32, Option<u32>, bool);

/// What one build made of what is written, by position.
#[derive(Default)]
struct Reach {
    live: HashSet<u32>,
    lost: Vec<Lost>,
}

/// What all builds together made of it.
#[derive(Default)]
struct Sum {
    live: HashSet<u32>,
    lost: HashMap<u32, Losses>,
    readers: HashMap<FileId, Readers>,
}

/// The builds in which one value lost.
struct Losses {
    /// The first of them.
    build: usize,
    by: Option<u32>,
    taken_away: bool,
    /// How many of them would have to print it.
    strict: usize,
}

/// The builds that read one file.
#[derive(Default)]
struct Readers {
    /// The first of them.
    build: usize,
    /// Whether one takes it as manifests, all of which are printed.
    is_manifest: bool,
    /// How many of them take it as what may decide something without being printed.
    strict: usize,
}

impl Sum {
    fn add(&mut self, project: &Project, index: usize, made: &Made) {
        for file in made.places.files() {
            let readers = self.readers.entry(file).or_insert(Readers { build: index, ..Readers::default() });
            readers.is_manifest |= made.places.is_manifest(file);
            readers.strict += usize::from(is_strict(project, made, file));
        }
        let reach = reach(made);
        for (position, by, taken_away) in reach.lost {
            let Some(file) = project.holder(position) else { continue };
            let first = Losses { build: index, by, taken_away, strict: 0 };
            self.lost.entry(position).or_insert(first).strict += usize::from(is_strict(project, made, file));
        }
        self.live.extend(reach.live);
    }

    /// Whether a value is live in no build, and known to have lost in all that may use it silently.
    fn is_unused(&self, position: u32, file: FileId) -> bool {
        let lost = self.lost.get(&position).map_or(0, |lost| lost.strict);
        !self.live.contains(&position) && self.readers.get(&file).is_some_and(|readers| readers.strict == lost)
    }
}

/// Whether a value of `file` is unused only where it is known to have lost: of manifests all is
/// printed, and what is not came to nothing.
fn is_strict(project: &Project, made: &Made, file: FileId) -> bool {
    !made.places.is_manifest(file) && project.settings != Some(file)
}

/// The values that reach no output of `builds`, in the order of their places. A field of a model file
/// counts only when it is known to have lost in every build that reads it: it may also decide
/// something without being printed.
pub fn unused(project: &Project, builds: &mut [Made]) -> Vec<Unused> {
    let mut sum = Sum::default();
    for (index, made) in builds.iter().enumerate() {
        sum.add(project, index, made);
    }
    let held = sum.lost.keys().filter_map(|position| Some((*position, project.holder(*position)?)));
    let mut candidates: BTreeMap<u32, FileId> = held.collect();
    for (file, _) in sum.readers.iter().filter(|(_, readers)| readers.is_manifest) {
        for document in project.get(*file).documents().iter().filter(|document| !is_list(document)) {
            each_scalar(document, &mut |node| {
                let position = node.origin().position().filter(|_| node.scalar_text().is_some());
                candidates.extend(position.map(|position| (position, *file)));
            });
        }
    }
    candidates.retain(|position, file| sum.is_unused(*position, *file));
    let found = candidates.into_iter().filter_map(|(position, file)| {
        let lost = sum.lost.get(&position).and_then(|lost| {
            let by = builds.get_mut(lost.build)?.places.at(lost.by?)?;
            Some(Loss { by, taken_away: lost.taken_away })
        });
        let reader = builds.get_mut(sum.readers.get(&file)?.build)?;
        reader.places.at(position).map(|place| Unused { place, lost })
    });
    found.collect()
}

/// A list of objects is no object: of it nothing is rendered.
fn is_list(document: &Node) -> bool {
    document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"))
}

fn reach(made: &Made) -> Reach {
    let mut live = HashSet::new();
    let mut seen = HashSet::new();
    for resource in made.resources {
        each_origin(&resource.root, &mut |origin| self::live(origin, made.origins, &mut seen, &mut live));
    }
    let (mut lost, mut known) = (Vec::new(), HashSet::new());
    let mut lose = |origin: Origin, by: Option<u32>, taken_away: bool| {
        let position = made.origins.place(origin).filter(|position| !live.contains(position));
        lost.extend(position.filter(|position| known.insert(*position)).map(|position| (position, by, taken_away)));
    };
    for derived in made.origins.derivations().filter(|derived| !keeps_the_old(derived.cause)) {
        let by = derived.at.and_then(|at| made.origins.place(at));
        derived.old.iter().for_each(|old| each_scalar(old, &mut |node| lose(node.origin(), by, false)));
    }
    for taken in made.origins.losses() {
        let by = made.origins.place(taken.by);
        taken.each_scalar(&mut |node| lose(node.origin(), by, true));
    }
    Reach { live, lost }
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
