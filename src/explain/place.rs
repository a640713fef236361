//! What is written at a position of the sources: the file and line, the layer that the file is part
//! of, and the field of the file.

use std::collections::{HashMap, VecDeque};

use ecow::EcoString;

use super::reason::Reason;
use crate::origin::{Location, Locations, Origin, Sources};
use crate::project::{FileId, Kind, Project, Role};
use crate::tree::{Node, Path, Segment, Value};

/// A place, and what it is a place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The position in the sources.
    pub position: u32,
    /// File, line and column.
    pub location: Location,
    /// The layer, such as `overlay overlays/shop/prod`.
    pub layer: String,
    /// The field of the file, such as `app.deployments.main.replicas`; empty at its top.
    pub field: String,
    /// Why what is written there has an effect.
    pub reason: Reason,
    /// That in words.
    pub words: String,
}

/// One node or key of a file.
#[derive(Clone, Debug)]
struct Spot {
    position: u32,
    /// The spot of the collection that holds it, counted from 1; 0 at the top.
    parent: u32,
    step: Option<Segment>,
}

/// Of the things that begin at one position (a mapping and its first key), which one is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Outermost,
    Innermost,
}

/// Who names a file, and where.
#[derive(Clone, Copy, Debug)]
struct Referrer {
    holder: FileId,
    at: Origin,
    role: Role,
}

/// Looks places up. What a file holds is indexed when it is asked for first.
pub struct Places<'a> {
    project: &'a Project,
    locations: Locations<'a>,
    /// The file of the overlay or kustomization.
    first: Option<FileId>,
    referrers: HashMap<FileId, Referrer>,
    spots: HashMap<FileId, Vec<Spot>>,
}

impl<'a> Places<'a> {
    /// Places of a build that begins with the file `first`; `sources` are those of the build.
    pub fn new(project: &'a Project, sources: &'a Sources, first: Option<FileId>) -> Self {
        let mut referrers: HashMap<FileId, Referrer> = HashMap::new();
        let mut open: VecDeque<FileId> = first.into_iter().chain(project.settings).collect();
        while let Some(holder) = open.pop_front() {
            for link in project.links(holder) {
                let by = Referrer { holder, at: link.reference.origin, role: link.reference.role };
                for file in &link.files {
                    if Some(*file) != first && !referrers.contains_key(file) {
                        referrers.insert(*file, by);
                        open.push_back(*file);
                    }
                }
            }
        }
        Self { project, locations: Locations::new(sources), first, referrers, spots: HashMap::new() }
    }

    /// What is at `position`; `None` when no source holds it.
    pub fn at(&mut self, position: u32) -> Option<Place> {
        let Some(file) = self.project.holder(position) else { return self.elsewhere(position) };
        let location = self.locations.locate(position)?;
        let (reason, words) = self.reason(file, position);
        let field = self.path(file, position).to_string();
        Some(Place { position, location, layer: self.layer(file, position), field, reason, words })
    }

    /// Whether what is written at `position` of a model file is surely not `text`: a name that is made
    /// of a key, say. A text in quotes, in a block or over several lines is not looked at.
    pub(super) fn says_other(&self, position: u32, text: &str) -> bool {
        let is_model = |file: FileId| !matches!(self.project.get(file).kind, None | Some(Kind::Kustomization));
        let line =
            self.locations.sources().text_from(position).and_then(|text| text.lines().next()).unwrap_or_default();
        let is_plain = !line.starts_with(['"', '\'', '|', '>', '&', '*', '!', '[', '{', '-', '?']);
        let same_number = |word: &str| matches!((word.parse::<f64>(), text.parse::<f64>()), (Ok(a), Ok(b)) if a == b);
        let word = line.split([',', '}', ']', ' ']).next().unwrap_or_default();
        self.project.holder(position).is_some_and(is_model)
            && is_plain
            && !text.contains('\n')
            && !line.starts_with(text)
            && !same_number(word)
    }

    /// The files that the build reads.
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> {
        self.referrers.keys().copied().chain(self.first).chain(self.project.settings)
    }

    /// Whether a file holds manifests that are rendered as they are.
    pub(super) fn is_manifest(&self, file: FileId) -> bool {
        let by = self.referrers.get(&file).map(|by| by.role);
        self.project.get(file).kind.is_none() && matches!(by, Some(Role::Resource | Role::KustomizeResource))
    }

    /// The collections that hold what is at `position` in its file, the nearest first: the position of
    /// each, and the way from it.
    pub(super) fn parents(&mut self, position: u32) -> Vec<(u32, Vec<Segment>)> {
        let Some(file) = self.project.holder(position) else { return Vec::new() };
        let spots = self.spots(file);
        let mut next = spots.partition_point(|spot| spot.position <= position);
        let (mut below, mut found) = (Vec::new(), Vec::new());
        while let Some(spot) = next.checked_sub(1).and_then(|index| spots.get(index)) {
            if !below.is_empty() {
                found.push((spot.position, below.iter().rev().cloned().collect()));
            }
            below.extend(spot.step.clone());
            next = spot.parent as usize;
        }
        found
    }

    fn spots(&mut self, file: FileId) -> &[Spot] {
        let project = self.project;
        self.spots.entry(file).or_insert_with(|| spots(project.get(file).documents()))
    }

    /// What is no file: the command line, what a template or a chart printed.
    fn elsewhere(&mut self, position: u32) -> Option<Place> {
        let location = self.locations.locate(position)?;
        let shown = location.path.to_string_lossy();
        let (layer, reason) = match &*shown {
            "--set" => ("command line".to_owned(), Reason::Written),
            text => match text.strip_suffix(" (rendered)") {
                Some(template) => (format!("template {template}"), Reason::Template),
                None => (format!("chart {text}"), Reason::Chart),
            },
        };
        Some(Place { position, layer, field: String::new(), reason, words: reason.words(""), location })
    }

    /// Whether what is at `inner` is part of the value at `outer`: both in one file, and below.
    pub fn holds(&mut self, outer: u32, inner: u32) -> bool {
        let (Some(file), other) = (self.project.holder(outer), self.project.holder(inner)) else { return false };
        if Some(file) != other {
            return false;
        }
        let (outer, inner) = (self.path_of(file, outer, Which::Outermost), self.path(file, inner));
        inner.segments().starts_with(outer.segments())
    }

    /// The path of what is at `position`, or of the last thing before it.
    fn path(&mut self, file: FileId, position: u32) -> Path {
        self.path_of(file, position, Which::Innermost)
    }

    fn path_of(&mut self, file: FileId, position: u32, which: Which) -> Path {
        let spots = self.spots(file);
        let mut steps = Vec::new();
        let mut next = spots.partition_point(|spot| spot.position <= position);
        while which == Which::Outermost && next > 1 && spots[next - 2].position == spots[next - 1].position {
            next -= 1;
        }
        while let Some(spot) = next.checked_sub(1).and_then(|index| spots.get(index)) {
            steps.extend(spot.step.clone());
            next = spot.parent as usize;
        }
        let mut path = Path::default();
        for step in steps.into_iter().rev() {
            match step {
                Segment::Key(key) => path.push_key(key),
                Segment::Index(index) => path.push_index(index),
            }
        }
        path
    }

    fn reason(&mut self, file: FileId, position: u32) -> (Reason, String) {
        let path = self.path(file, position);
        let Some(kind) = self.project.get(file).kind else { return self.reason_by_referrer(file, &path) };
        let reason = reason_in(kind, path.segments());
        let field = match reason {
            Reason::Written => path.to_string(),
            Reason::Patch | Reason::Removal | Reason::Generator | Reason::Plugin => entry(&path),
            _ => path.to_string(),
        };
        let mut words = reason.words(&field);
        if let [_, _, Segment::Key(key), Segment::Index(operation), ..] = path.segments()
            && reason == Reason::Patch
            && key == "json6902"
        {
            words.push_str(&format!(", operation {}", operation + 1));
        }
        (reason, words)
    }

    /// A file that is no document of the model has the effect for which it is named.
    fn reason_by_referrer(&mut self, file: FileId, path: &Path) -> (Reason, String) {
        let Some(by) = self.referrers.get(&file).copied() else { return (Reason::Written, path_words(path)) };
        let holder = self.project.get(by.holder);
        let shown = self.project.shown(holder).display().to_string();
        let is_here = holder.canonical == self.project.get(file).canonical;
        let of = if is_here { String::new() } else { format!(" of {shown}") };
        let above = self.path(by.holder, by.at.position().unwrap_or_default());
        let (reason, words) = match by.role {
            Role::Patch | Role::JsonPatch | Role::KustomizePatch => {
                (Reason::Patch, Reason::Patch.words(&entry(&above)))
            }
            Role::Template => (Reason::Template, Reason::Template.words("")),
            Role::KustomizePlugin => (Reason::Plugin, Reason::Plugin.words(&entry(&above))),
            Role::KustomizeConfig => (Reason::Plugin, Reason::Plugin.words(&entry(&above))),
            Role::Text => match holder.kind {
                Some(Kind::Kustomization) => (Reason::Generator, Reason::Generator.words(&entry(&above))),
                _ => (Reason::File, Reason::File.words(&above.to_string())),
            },
            _ => return (Reason::Written, path_words(path)),
        };
        let operation = match path.segments().first() {
            Some(Segment::Index(operation)) if reason == Reason::Patch => format!(", operation {}", operation + 1),
            _ => String::new(),
        };
        (reason, format!("{words}{of}{operation}"))
    }

    fn layer(&mut self, file: FileId, position: u32) -> String {
        if Some(file) == self.project.settings {
            return match self.path(file, position).segments() {
                [Segment::Key(first), Segment::Key(name), ..] if first == "environments" => {
                    format!("environment {name}")
                }
                _ => "project".to_owned(),
            };
        }
        let (mut at, mut steps) = (file, 0);
        while self.project.get(at).kind.is_none() && steps < self.referrers.len() {
            let Some(by) = self.referrers.get(&at) else { break };
            at = by.holder;
            steps += 1;
        }
        let holder = self.project.get(at);
        let folder = holder.canonical.parent().unwrap_or(&holder.canonical);
        let folder = folder.strip_prefix(&self.project.root).unwrap_or(folder);
        let parts: Vec<_> = folder.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let folder = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
        let word = match holder.kind {
            Some(Kind::App) => "app",
            Some(Kind::Overlay) => "overlay",
            Some(Kind::Component) => "component",
            Some(Kind::Kustomization) => "kustomization",
            None => "manifests",
        };
        format!("{word} {folder}")
    }
}

/// The spots of documents, sorted by position.
fn spots(documents: &[Node]) -> Vec<Spot> {
    let mut found = Vec::new();
    for document in documents {
        add_spots(document, 0, None, &mut found);
    }
    // Aliases stand before what they repeat; parents are numbers in the order of the walk.
    let mut order: Vec<u32> = (0..found.len() as u32).collect();
    order.sort_by_key(|index| found[*index as usize].position);
    let mut place = vec![0; found.len() + 1];
    for (sorted, index) in order.iter().enumerate() {
        place[*index as usize + 1] = sorted as u32 + 1;
    }
    let sorted = order.iter().map(|index| {
        let spot = found[*index as usize].clone();
        Spot { parent: place[spot.parent as usize], ..spot }
    });
    sorted.collect()
}

fn add_spots(node: &Node, parent: u32, step: Option<Segment>, found: &mut Vec<Spot>) {
    let Some(position) = node.origin().position() else { return };
    found.push(Spot { position, parent, step });
    let here = found.len() as u32;
    match node.value() {
        Value::Map(map) => {
            for entry in map {
                let step = Some(Segment::Key(entry.key.clone()));
                if let Some(position) = entry.key_origin.position() {
                    found.push(Spot { position, parent: here, step: step.clone() });
                }
                add_spots(&entry.node, here, step, found);
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                add_spots(item, here, Some(Segment::Index(index)), found);
            }
        }
        _ => {}
    }
}

/// The first key and index of a path: `patches[0]`.
fn entry(path: &Path) -> String {
    let mut short = Path::default();
    for step in path.segments().iter().take(2) {
        match step {
            Segment::Key(key) => short.push_key(key.clone()),
            Segment::Index(index) => short.push_index(*index),
        }
    }
    short.to_string()
}

fn path_words(path: &Path) -> String {
    Reason::Written.words(&path.to_string())
}

/// Why a field of a model file or of a kustomization has an effect.
fn reason_in(kind: Kind, path: &[Segment]) -> Reason {
    let Some(Segment::Key(first)) = path.first() else { return Reason::Written };
    match kind {
        Kind::App => Reason::Written,
        Kind::Overlay | Kind::Component => match first.as_str() {
            "patches" => Reason::Patch,
            "remove" => Reason::Removal,
            "images" => Reason::Image,
            "labels" => Reason::Label,
            "annotations" => Reason::Annotation,
            "names" => Reason::Name,
            "namespace" => Reason::Namespace,
            _ => Reason::Written,
        },
        Kind::Kustomization => in_kustomization(&first.to_ascii_lowercase()),
    }
}

fn in_kustomization(field: &EcoString) -> Reason {
    match field.as_str() {
        "patches" | "patchesstrategicmerge" | "patchesjson6902" => Reason::Patch,
        "configmapgenerator" | "secretgenerator" | "generatoroptions" => Reason::Generator,
        "images" | "imagetags" => Reason::Image,
        "labels" | "commonlabels" => Reason::Label,
        "commonannotations" => Reason::Annotation,
        "nameprefix" | "namesuffix" => Reason::Name,
        "namespace" => Reason::Namespace,
        "replicas" => Reason::Replicas,
        "replacements" => Reason::Replacement,
        "vars" => Reason::Variable,
        "helmcharts" | "helmchartinflationgenerator" | "helmglobals" => Reason::Chart,
        "buildmetadata" => Reason::Metadata,
        "generators" | "transformers" | "validators" => Reason::Plugin,
        _ => Reason::Written,
    }
}
