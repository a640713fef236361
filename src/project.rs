//! Everything that was read for a run: the files, what they are, and what they refer to.

mod inputs;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use ecow::EcoString;

use crate::diagnostic::{Diagnostics, Level};
use crate::origin::{Origin, Sources};
use crate::remote::Remote;
use crate::tree::{Node, Text};

pub use inputs::{Inputs, is_manifest};

/// The file that marks a project's root and holds its settings.
pub const SETTINGS: &str = "strata.yaml";
/// The file of an overlay in its folder.
pub const OVERLAY: &str = "overlay.yaml";
/// The file of an app in its folder.
pub const APP: &str = "app.yaml";
/// The file of a component in its folder.
pub const COMPONENT: &str = "component.yaml";
/// The names that kustomize gives its file.
pub const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The files that make a folder one to build, the first that is there counts.
pub const ENTRIES: [&str; 5] = [OVERLAY, APP, KUSTOMIZATIONS[0], KUSTOMIZATIONS[1], KUSTOMIZATIONS[2]];

/// The number of a file within its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    pub(crate) fn new(index: usize) -> Self {
        // Every file takes at least one of the 2^31 source positions.
        Self(index as u32)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// One file that was read. A file that is named for two purposes (as a resource and as the
/// content of a ConfigMap, say) is there twice.
#[derive(Clone, Debug)]
pub struct File {
    /// The canonical path.
    pub canonical: PathBuf,
    /// The position of its first byte in the source space.
    pub base: u32,
    /// What it holds.
    pub content: Content,
    /// Which document of the model it holds; `None` for other files, and for one whose kind is
    /// missing or unknown (which a diagnostic says).
    pub kind: Option<Kind>,
}

impl File {
    /// The parsed documents; none for texts and binary files.
    pub fn documents(&self) -> &[Node] {
        match &self.content {
            Content::Documents(documents) => documents,
            Content::Text | Content::Bytes(_) => &[],
        }
    }

    /// The document of a model file, or the first of another.
    pub fn root(&self) -> Option<&Node> {
        self.documents().first()
    }

    /// The place of its first byte.
    pub fn start(&self) -> Origin {
        Origin::source(self.base)
    }
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// Parsed YAML or JSON, without documents that hold nothing.
    Documents(Vec<Node>),
    /// A text (see [`Project::text`]), or what should be YAML and could not be parsed, which a
    /// diagnostic says.
    Text,
    /// Bytes that are no UTF-8 text.
    Bytes(Vec<u8>),
}

/// A reference of a file and what it leads to.
#[derive(Clone, Debug)]
pub struct Link {
    /// What is written.
    pub reference: Reference,
    /// The files that it stands for, in order: several when it names a folder of manifests. One
    /// that could not be read is not there; a diagnostic says so.
    pub files: Vec<FileId>,
    /// The folder that was listed to find them, canonical.
    pub folder: Option<PathBuf>,
}

/// Everything that was read for a run: the sources and the parsed trees.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The canonical project root.
    pub root: PathBuf,
    /// The folder that kustomizations stay in: the root where a `strata.yaml` marks it, else the
    /// top of the file system.
    pub bounds: PathBuf,
    /// The file `strata.yaml` of the root.
    pub settings: Option<FileId>,
    /// The files with policies, where they are asked for.
    pub policies: Vec<FileId>,
    /// What is to be built, in the order given and found.
    pub entries: Vec<Entry>,
    /// What kustomizations name elsewhere, in the order in which it is found.
    pub remotes: Vec<RemoteUse>,
    /// What else the project builds, when that matters to what is to be built: the other overlays
    /// and applications. One that is broken has no file, and no diagnostic says so.
    pub others: Vec<Entry>,
    /// The number of files that were read for the entries; the rest is there for the others.
    pub(crate) asked: usize,
    pub(crate) sources: Sources,
    pub(crate) files: Vec<File>,
    /// The links of each file, at the index of the file.
    pub(crate) links: Vec<Vec<Link>>,
    /// What was looked at for the references of a file, by their purpose, beside the files that were
    /// read: links, folders and what is not there.
    pub(crate) looked: HashMap<FileId, BTreeMap<Role, Inputs>>,
    /// The links that are no path but the content itself, by where that stands: the same text may stand
    /// in several places.
    pub(crate) contents: HashMap<Origin, (FileId, usize)>,
    /// The index of a link among those of its file.
    pub(crate) by_text: HashMap<(FileId, Role), HashMap<EcoString, usize>>,
}

impl Project {
    /// All texts that were read, with their positions.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The sources, to add what stands for a file: the output of a template.
    pub fn sources_mut(&mut self) -> &mut Sources {
        &mut self.sources
    }

    /// All files, in the order of their positions.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &File)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId::new(index), file))
    }

    /// The file of an id that this project gave.
    pub fn get(&self, id: FileId) -> &File {
        &self.files[id.index()]
    }

    /// Whether a file was read for what is to be built, and not for the rest of the project alone.
    pub fn is_asked_for(&self, id: FileId) -> bool {
        id.index() < self.asked
    }

    /// The text of a file; of a file that is no text, the part before the first bad byte.
    pub fn text(&self, file: &File) -> &str {
        self.sources.source(file.base).map_or("", |source| &source.text)
    }

    /// The file that holds `position`; `None` for what was added to the sources later.
    pub fn holder(&self, position: u32) -> Option<FileId> {
        let index = self.files.partition_point(|file| file.base <= position).checked_sub(1)?;
        let end = u64::from(self.files[index].base) + self.text(&self.files[index]).len() as u64;
        (u64::from(position) <= end).then(|| FileId::new(index))
    }

    /// What a file refers to, in the order of its fields.
    pub fn links(&self, id: FileId) -> &[Link] {
        self.links.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// The link behind the path `relative`, written in the file that holds `from` for the purpose
    /// `role`. `None` when no such reference is there or it leads nowhere, which a diagnostic says.
    pub fn link(&self, from: Origin, relative: &str, role: Role) -> Option<&Link> {
        let holder = self.holder(from.position()?)?;
        let index = self.by_text.get(&(holder, role))?.get(relative)?;
        self.links(holder).get(*index)
    }

    /// The files behind the text `written` in the file `holder`, named for the purpose `role`;
    /// none when it leads nowhere.
    pub fn linked(&self, holder: FileId, written: &Text, role: Role) -> &[FileId] {
        let content = self.contents.get(&written.origin).copied();
        let by_text = || Some((holder, *self.by_text.get(&(holder, role))?.get(written.as_str())?));
        let link = |(holder, index): (FileId, usize)| self.links(holder).get(index);
        let is_same = |link: &&Link| link.reference.role == role && link.reference.text == written.value;
        let link = content.and_then(link).filter(is_same).or_else(|| by_text().and_then(link));
        link.map_or(&[], |link| &link.files)
    }

    /// The file behind such a path: the first one when it names a folder of manifests.
    pub fn file(&self, from: Origin, relative: &str, role: Role) -> Option<&File> {
        self.link(from, relative, role)?.files.first().map(|id| self.get(*id))
    }

    /// The canonical paths of the files that errors of `diagnostics` point at.
    pub fn broken(&self, diagnostics: &Diagnostics) -> BTreeSet<PathBuf> {
        let errors = diagnostics.iter().filter(|d| d.level == Level::Error);
        let places = errors.filter_map(|d| d.primary.as_ref()?.origin.position());
        places.filter_map(|position| self.sources.source(position)).map(|source| source.canonical.clone()).collect()
    }

    /// The path of `file` as people see it.
    pub fn shown<'a>(&'a self, file: &'a File) -> &'a Path {
        self.sources.source(file.base).map_or(&file.canonical, |source| &source.path)
    }
}

/// A document of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An application.
    App,
    /// A variant of an application for one environment.
    Overlay,
    /// A partial app and patches, which overlays mix in.
    Component,
    /// A kustomization or a component of kustomize.
    Kustomization,
}

impl Kind {
    /// Those that `kind:` of `strata.dev` files says.
    pub const ALL: [Self; 3] = [Self::App, Self::Overlay, Self::Component];

    /// The word in `kind:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "App",
            Self::Overlay => "Overlay",
            Self::Component => "Component",
            Self::Kustomization => "Kustomization",
        }
    }
}

/// How an entry is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An overlay or an app.
    Layer,
    /// A kustomization.
    Kustomization,
}

/// A text that names something elsewhere.
#[derive(Clone, Debug)]
pub struct RemoteUse {
    /// What it names.
    pub remote: Remote,
    /// The file that it names when no repository answers, where the text leaves that open.
    pub otherwise: Option<Remote>,
    /// Where it is written.
    pub origin: Origin,
    /// Whether it was fetched; when not, a diagnostic says so.
    pub fetched: bool,
}

/// One thing to build.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The path as given; for what was found below a given folder: that folder joined with the
    /// way to it.
    pub path: PathBuf,
    /// How it is built.
    pub kind: EntryKind,
    /// The file to begin with; `None` when it could not be read, which a diagnostic says.
    pub file: Option<FileId>,
    /// The canonical path of that file; of a kustomization behind a link, the link's.
    pub canonical: PathBuf,
    /// What was looked at to find it.
    pub looked: Inputs,
}

/// What a file is named for. It decides how the file is read and what it may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The layer below: an app or an overlay, or the folder of one.
    Base,
    /// A component, or the folder of one.
    Component,
    /// The overlay of an application that a dependency names, or its folder.
    Application,
    /// Manifests, or a folder of files with manifests.
    Resource,
    /// Of strata.yaml: definitions of custom resources, or a folder of them.
    Definitions,
    /// Of strata.yaml: policies, or a folder of them.
    Policies,
    /// The operations of a JSON 6902 patch.
    JsonPatch,
    /// A merge patch or a strategic-merge patch.
    Patch,
    /// A template whose output is manifests.
    Template,
    /// The content of one key of a ConfigMap.
    Text,
    /// Of a kustomization: manifests, or the folder of another kustomization.
    KustomizeResource,
    /// Of a kustomization: the folder of a component.
    KustomizeComponent,
    /// Of a kustomization: a patch of either sort, in a file or inline.
    KustomizePatch,
    /// Of a kustomization: what configures it (`configurations`, `crds`, `openapi`, replacements).
    KustomizeConfig,
    /// Of a kustomization: the configuration of generators, transformers or validators, in a file,
    /// inline, or what the kustomization of a folder renders.
    KustomizePlugin,
}

impl Role {
    /// Whether the text may be the content itself instead of a path.
    pub fn may_be_inline(self) -> bool {
        matches!(self, Self::KustomizePatch | Self::KustomizePlugin)
    }
}

/// One text that names a file or folder, relative to the folder of the file that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The path as written.
    pub text: EcoString,
    /// Where it is written.
    pub origin: Origin,
    /// What the file is for.
    pub role: Role,
}
