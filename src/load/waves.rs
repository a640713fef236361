//! Reading in waves: the entries, then what they name, and so on until nothing new is named.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ecow::EcoString;
use rayon::prelude::*;

use super::disk::{self, Refusal};
use super::entry::{self, Candidate};
use super::lookup::{Lookups, Policy, Target};
use super::path::Places;
use super::reading::{Fetched, Laid, Reading, fetch, parse};
use super::references;
use super::root::SETTINGS;
use super::{Folders, Given, Limits};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::project::{Entry, File, FileId, Kind, Link, Project, Reference, Role};
use crate::tree::Node;

/// The folder of policies where strata.yaml names none.
const POLICIES: &str = "policies";

/// What a file is known by.
type Key = (PathBuf, Reading);

/// A file that was asked for: its size when it was looked at, and the first place that names it.
struct Request {
    size: u64,
    origin: Option<Origin>,
}

struct Loading<'a> {
    limits: Limits,
    given: Given<'a>,
    lookups: Lookups<'a>,
    project: Project,
    /// The files asked for so far; `None` while one is not read, or when it could not be.
    index: HashMap<Key, Option<FileId>>,
    /// The next wave, in the order of canonical paths.
    next: BTreeMap<Key, Request>,
    /// The bytes that were read so far and those of the next wave.
    total: u64,
    /// For each link in the order in which they are found: what it leads to.
    leads: Vec<(FileId, usize, Vec<Key>)>,
    /// Contents that stand in a kustomization, to be laid out after the files of the next wave.
    inline: Vec<Inline>,
    /// Which kustomizations name a file as the configuration of a plugin.
    plugins: HashMap<Key, Vec<(FileId, PathBuf)>>,
    /// The configurations of plugins that came through a folder, by the kustomization that names
    /// the folder: the files that they name are asked for.
    followed: HashSet<(FileId, FileId)>,
}

/// A content that stands in a kustomization.
struct Inline {
    holder: FileId,
    link: usize,
    text: EcoString,
    reading: Reading,
}

/// Reads `entries`, the settings of the project, and everything that they name; where `others`
/// says so, all other entries of the project too, about which `unheard` learns what is wrong.
pub(super) fn load(
    limits: Limits,
    given: Given<'_>,
    places: &Places,
    entries: Vec<Candidate>,
    others: &dyn Fn(&Project) -> bool,
    diagnostics: &mut Diagnostics,
    unheard: &mut Diagnostics,
) -> Result<Project> {
    let project = Project { root: places.root.clone(), bounds: places.bounds.clone(), ..Project::default() };
    let mut loading = Loading {
        limits,
        given,
        lookups: Lookups::new(places, limits.file),
        project,
        index: HashMap::new(),
        next: BTreeMap::new(),
        total: 0,
        leads: Vec::new(),
        inline: Vec::new(),
        plugins: HashMap::new(),
        followed: HashSet::new(),
    };
    let settings = loading.request_settings()?;
    let policies = loading.request_policies()?;
    for entry in &entries {
        loading.request(&entry.target, Reading::of_entry(entry.kind), None);
    }
    loading.all_waves(diagnostics)?;
    loading.connect();
    loading.project.settings = settings.as_ref().and_then(|key| loading.file_of(key));
    loading.project.policies = loading.policies(&policies);
    loading.project.entries = loading.entries(&entries);
    loading.project.asked = loading.project.files.len();
    loading.project.remotes = std::mem::take(&mut loading.lookups.remotes);
    if others(&loading.project) {
        let more = entry::others(&entries, places)?;
        for entry in &more {
            loading.request(&entry.target, Reading::of_entry(entry.kind), None);
        }
        loading.all_waves(unheard)?;
        loading.connect();
        loading.project.others = loading.entries(&more);
    }
    loading.check_kinds(diagnostics, unheard);
    let mut project = loading.project;
    check_entries(&mut project, diagnostics);
    Ok(project)
}

impl Loading<'_> {
    fn request_settings(&mut self) -> Result<Option<Key>> {
        let path = self.lookups.places.root.join(SETTINGS);
        if !self.lookups.places.files.exists(&path) {
            return Ok(None);
        }
        let target = self.lookups.file(&path, &self.lookups.places.root, &self.lookups.places.show(&path))?;
        self.request(&target, Reading::Settings, None);
        Ok(Some((target.canonical, Reading::Settings)))
    }

    /// Asks for the policies that are named beside the files.
    fn request_policies(&mut self) -> Result<Vec<Key>> {
        let Some((path, cwd)) = self.given.policies else { return Ok(Vec::new()) };
        let root = self.lookups.places.root.clone();
        let full = super::path::join(cwd, path);
        let full = self.lookups.places.files.canonicalize(&full).unwrap_or(full);
        let Ok(below) = full.strip_prefix(&root) else {
            let shown = path.display().to_string();
            return Err(Refusal::Outside(full).diagnostic(&shown, path, &root, self.lookups.places).into());
        };
        let text: EcoString = if below.as_os_str().is_empty() { ".".into() } else { below.to_string_lossy().into() };
        let reference = Reference { text, origin: Origin::source(0), role: Role::Policies };
        let targets = self.lookups.targets(&root, &reference, Policy::Model)?;
        let keys = targets.files.iter().map(|target| {
            self.request(target, targets.reading, None);
            (target.canonical.clone(), targets.reading)
        });
        Ok(keys.collect())
    }

    /// The files of policies: those that are asked for, and those that strata.yaml names.
    fn policies(&self, keys: &[Key]) -> Vec<FileId> {
        let settings = self.project.settings.into_iter().flat_map(|settings| self.project.links(settings));
        let named = settings.filter(|link| link.reference.role == Role::Policies).flat_map(|link| &link.files);
        let mut files: Vec<FileId> = keys.iter().filter_map(|key| self.file_of(key)).chain(named.copied()).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    fn request(&mut self, target: &Target, reading: Reading, origin: Option<Origin>) {
        let key = (target.canonical.clone(), reading);
        if !self.index.contains_key(&key) {
            self.index.insert(key.clone(), None);
            self.next.insert(key, Request { size: target.size, origin });
            self.total = self.total.saturating_add(target.size);
        }
    }

    /// Reads until nothing new is named.
    fn all_waves(&mut self, diagnostics: &mut Diagnostics) -> Result<()> {
        loop {
            while !self.next.is_empty() || !self.inline.is_empty() {
                self.wave(diagnostics)?;
            }
            // What a folder of plugins holds is known now; the files that they name are not read yet.
            if !self.follow_plugin_folders(diagnostics) {
                return Ok(());
            }
        }
    }

    /// Reads, lays out and parses the files of the next wave, and asks for what they name.
    fn wave(&mut self, diagnostics: &mut Diagnostics) -> Result<()> {
        if self.total > self.limits.total {
            return Err(too_large(self.limits));
        }
        let wave: Vec<_> = std::mem::take(&mut self.next).into_iter().collect();
        let bytes = wave.iter().map(|(_, request)| request.size).sum();
        let paths = wave.iter().map(|((path, _), _)| path.as_path());
        let held = self.lookups.places.files.hold(paths, self.limits.file);
        let read = each(wave, bytes, |((path, reading), request)| {
            let fetched = fetch(&path, reading, self.limits.file, self.given.edits, &held);
            (path, reading, request, fetched)
        });
        let mut laid = Vec::with_capacity(read.len());
        for (path, reading, request, fetched) in read {
            match fetched {
                Ok(fetched) => laid.push(self.lay(path, reading, fetched)?),
                Err(refusal) => diagnostics.push(self.unread(&path, request.origin, &refusal)),
            }
        }
        let inline = std::mem::take(&mut self.inline);
        let files = laid.len();
        for inline in &inline {
            laid.push(self.lay_inline(inline)?);
        }
        for (index, (reading, file, found)) in
            each(laid, bytes, |laid| parse(laid, self.limits.reader)).into_iter().enumerate()
        {
            diagnostics.append(found);
            match index.checked_sub(files).and_then(|index| inline.get(index)) {
                Some(inline) => self.store_inline(inline, file, diagnostics),
                None => self.store(reading, file, diagnostics),
            }
        }
        Ok(())
    }

    fn unread(&self, path: &Path, origin: Option<Origin>, refusal: &Refusal) -> Diagnostic {
        let shown = self.lookups.places.show(path);
        let diagnostic =
            refusal.diagnostic(&shown, path, &self.lookups.places.root, self.lookups.places).subject(shown);
        if let Some(origin) = origin { diagnostic.at(origin) } else { diagnostic }
    }

    /// Gives a file its place in the source space.
    fn lay(&mut self, canonical: PathBuf, reading: Reading, mut fetched: Fetched) -> Result<Laid> {
        let text: Arc<str> = fetched.text().into();
        let shown = self.lookups.places.show(&canonical).into();
        let base = self.project.sources.add(shown, canonical.clone(), Arc::clone(&text));
        let base = base.ok_or_else(|| too_large(self.limits))?;
        Ok(Laid { canonical, reading, base, text, fetched })
    }

    /// Takes a parsed file in and asks for what it names.
    fn store(&mut self, reading: Reading, file: File, diagnostics: &mut Diagnostics) {
        let id = FileId::new(self.project.files.len());
        self.index.insert((file.canonical.clone(), reading), Some(id));
        let links = match (file.kind, file.root()) {
            (Some(kind), Some(root)) => self.follow(id, &file.canonical, kind, root, diagnostics),
            (None, root) if reading == Reading::Settings && self.limits.folders == Folders::Everything => {
                let empty = Node::null(file.start());
                self.definitions(id, &file.canonical, root.unwrap_or(&empty), diagnostics)
            }
            _ => Vec::new(),
        };
        let key = (file.canonical.clone(), reading);
        let inline = contents_of(reading, &file);
        self.project.files.push(file);
        self.project.links.push(links);
        self.follow_contents(id, inline, diagnostics);
        for (holder, folder) in self.plugins.get(&key).cloned().unwrap_or_default() {
            self.follow_plugin(holder, &folder, id, diagnostics);
        }
        if reading == Reading::Kustomization {
            self.follow_known_plugins(id, diagnostics);
        }
    }

    /// Gives a content that stands in a kustomization a place of its own in the source space.
    fn lay_inline(&mut self, inline: &Inline) -> Result<Laid> {
        let holder = self.project.get(inline.holder);
        let canonical = holder.canonical.clone();
        let origin = self.project.links(inline.holder)[inline.link].reference.origin;
        let text: Arc<str> = inline.text.as_str().into();
        let base = self.project.sources.add_within(origin.position().unwrap_or(holder.base), Arc::clone(&text));
        let base = base.ok_or_else(|| too_large(self.limits))?;
        let fetched = Fetched::Text(String::new());
        Ok(Laid { canonical, reading: inline.reading, base, text, fetched })
    }

    fn store_inline(&mut self, inline: &Inline, file: File, diagnostics: &mut Diagnostics) {
        let id = FileId::new(self.project.files.len());
        let folder = file.canonical.parent().map(Path::to_path_buf).unwrap_or_default();
        let contents = contents_of(inline.reading, &file);
        self.project.files.push(file);
        self.project.links.push(Vec::new());
        self.follow_contents(id, contents, diagnostics);
        let link = &mut self.project.links[inline.holder.index()][inline.link];
        link.files = vec![id];
        if link.reference.role == Role::KustomizePlugin {
            self.follow_plugin(inline.holder, &folder, id, diagnostics);
        }
    }

    /// What stands in the configuration of a plugin itself.
    fn follow_contents(&mut self, id: FileId, references: Vec<Reference>, diagnostics: &mut Diagnostics) {
        let mut links = std::mem::take(&mut self.project.links[id.index()]);
        for reference in references {
            self.follow_one(id, Path::new(""), Kind::Kustomization, reference, &mut links, diagnostics);
        }
        self.project.links[id.index()] = links;
    }

    /// The files that the configuration of a plugin names, relative to the kustomization that
    /// names the configuration.
    fn follow_plugin(&mut self, holder: FileId, folder: &Path, file: FileId, diagnostics: &mut Diagnostics) {
        let mut references = Vec::new();
        for document in self.project.get(file).documents() {
            super::kustomization::plugin_references(document, &mut references);
        }
        references.retain(|reference: &Reference| !super::kustomization::is_inline(reference));
        let mut links = std::mem::take(&mut self.project.links[holder.index()]);
        for reference in references {
            self.follow_one(holder, folder, Kind::Kustomization, reference, &mut links, diagnostics);
        }
        self.project.links[holder.index()] = links;
    }

    /// Follows what configurations name that a kustomization takes from a folder; relative to the
    /// kustomization, as for those it names itself. Whether there was anything new.
    fn follow_plugin_folders(&mut self, diagnostics: &mut Diagnostics) -> bool {
        let mut found = Vec::new();
        for (holder, link, keys) in &self.leads {
            if self.project.links[holder.index()][*link].reference.role == Role::KustomizePlugin {
                let files = keys.iter().filter(|key| key.1 == Reading::Kustomization);
                found.extend(files.filter_map(|key| Some((*holder, (*self.index.get(key)?)?))));
            }
        }
        let mut below: HashMap<FileId, Vec<FileId>> = HashMap::new();
        for (holder, link, keys) in self.leads.iter().filter(|_| !found.is_empty()) {
            if self.project.links[holder.index()][*link].reference.role == Role::KustomizeResource {
                below.entry(*holder).or_default().extend(keys.iter().filter_map(|key| *self.index.get(key)?));
            }
        }
        let mut new = Vec::new();
        while let Some((holder, file)) = found.pop() {
            if self.followed.insert((holder, file)) {
                found.extend(below.get(&file).into_iter().flatten().map(|file| (holder, *file)));
                new.push((holder, file));
            }
        }
        new.sort_unstable();
        for (holder, file) in &new {
            let folder = self.project.get(*holder).canonical.parent().map(Path::to_path_buf).unwrap_or_default();
            self.follow_plugin(*holder, &folder, *file, diagnostics);
        }
        !new.is_empty()
    }

    /// Configurations of plugins that were read before the kustomization that names them.
    fn follow_known_plugins(&mut self, holder: FileId, diagnostics: &mut Diagnostics) {
        let mut known: Vec<(FileId, PathBuf)> = self
            .plugins
            .iter()
            .filter_map(|(key, users)| Some(((*self.index.get(key)?)?, users)))
            .flat_map(|(file, users)| users.iter().map(move |(user, folder)| (file, *user, folder)))
            .filter(|(_, user, _)| *user == holder)
            .map(|(file, _, folder)| (file, folder.clone()))
            .collect();
        known.sort();
        for (file, folder) in known {
            self.follow_plugin(holder, &folder, file, diagnostics);
        }
    }

    fn follow(&mut self, id: FileId, file: &Path, kind: Kind, root: &Node, diagnostics: &mut Diagnostics) -> Vec<Link> {
        let folder = file.parent().unwrap_or(file);
        let mut links = Vec::new();
        for reference in references::of(kind, root) {
            self.follow_one(id, folder, kind, reference, &mut links, diagnostics);
        }
        links
    }

    /// What strata.yaml names that only a check needs.
    fn definitions(&mut self, id: FileId, file: &Path, root: &Node, diagnostics: &mut Diagnostics) -> Vec<Link> {
        let folder = file.parent().unwrap_or(file);
        let mut references = Vec::new();
        references::one_or_many(root.get("crds"), Role::Definitions, &mut references);
        match root.get("policies") {
            _ if self.given.policies.is_some() => {}
            Some(written) => references::one_or_many(Some(written), Role::Policies, &mut references),
            None if super::folder::holds_manifests(&folder.join(POLICIES), self.lookups.places.files) => {
                references.push(Reference { text: POLICIES.into(), origin: root.origin(), role: Role::Policies });
            }
            None => {}
        }
        let mut links = Vec::new();
        for reference in references {
            self.follow_one(id, folder, Kind::App, reference, &mut links, diagnostics);
        }
        links
    }

    /// Finds what one reference leads to, and asks for it.
    fn follow_one(
        &mut self,
        id: FileId,
        folder: &Path,
        kind: Kind,
        reference: Reference,
        links: &mut Vec<Link>,
        diagnostics: &mut Diagnostics,
    ) {
        if super::kustomization::is_inline(&reference) {
            let reading = Reading::of(reference.role);
            self.project.contents.insert(reference.origin, (id, links.len()));
            let by_text = self.project.by_text.entry((id, reference.role)).or_default();
            by_text.entry(reference.text.clone()).or_insert(links.len());
            self.inline.push(Inline { holder: id, link: links.len(), text: reference.text.clone(), reading });
            links.push(Link { reference, files: Vec::new(), folder: None });
            return;
        }
        let policy = match (kind, self.limits.anywhere) {
            (Kind::Kustomization, true) => Policy::Anywhere,
            (Kind::Kustomization, false) => Policy::Below,
            _ => Policy::Model,
        };
        let targets = self.lookups.targets(folder, &reference, policy);
        let looked = std::mem::take(&mut self.lookups.looked);
        if !looked.is_empty() {
            self.project.looked.entry(id).or_default().entry(reference.role).or_default().extend(&looked);
        }
        let targets = match targets {
            Ok(targets) => targets,
            Err(error) => {
                diagnostics.push(Diagnostic::from(error).at(reference.origin));
                return;
            }
        };
        let key = |target: &Target| (target.canonical.clone(), targets.reading);
        let keys: Vec<Key> = targets.files.iter().map(key).collect();
        for (target, key) in targets.files.iter().zip(&keys) {
            self.request(target, key.1, Some(reference.origin));
            if reference.role == Role::KustomizePlugin && key.1 == Reading::Resource {
                self.plugins.entry(key.clone()).or_default().push((id, folder.to_path_buf()));
            }
        }
        self.leads.push((id, links.len(), keys));
        let by_text = self.project.by_text.entry((id, reference.role)).or_default();
        by_text.entry(reference.text.clone()).or_insert(links.len());
        links.push(Link { reference, files: Vec::new(), folder: targets.folder });
    }

    /// Fills in the files of every link, now that all are read.
    fn connect(&mut self) {
        for (id, link, keys) in std::mem::take(&mut self.leads) {
            let files = keys.iter().filter_map(|key| *self.index.get(key)?).collect();
            self.project.links[id.index()][link].files = files;
        }
    }

    /// `base` leads to an app or an overlay, `components` to components.
    fn check_kinds(&self, diagnostics: &mut Diagnostics, unheard: &mut Diagnostics) {
        let (asked, others) = self.project.links.split_at(self.project.asked.min(self.project.links.len()));
        self.check_kinds_of(asked, diagnostics);
        self.check_kinds_of(others, unheard);
    }

    fn check_kinds_of(&self, links: &[Vec<Link>], diagnostics: &mut Diagnostics) {
        for link in links.iter().flatten() {
            let (field, kinds, wanted) = match link.reference.role {
                Role::Base => ("base", &[Kind::App, Kind::Overlay, Kind::Kustomization][..], "an App or an Overlay"),
                Role::Application => ("overlay", &[Kind::App, Kind::Overlay][..], "an Overlay or an App"),
                Role::Component => ("components", &[Kind::Component][..], "a Component"),
                Role::Resource => ("resources", &[Kind::Kustomization][..], "manifests"),
                _ => continue,
            };
            for file in link.files.iter().map(|id| self.project.get(*id)) {
                if let Some(kind) = file.kind.filter(|kind| !kinds.contains(kind)) {
                    diagnostics.push(wrong_kind(link, file, field, wanted, kind));
                } else if super::kustomization::is_component(file) {
                    diagnostics.push(not_alone(link, field));
                }
            }
        }
    }

    fn file_of(&self, key: &Key) -> Option<FileId> {
        self.index.get(key).copied().flatten()
    }

    fn entries(&self, candidates: &[Candidate]) -> Vec<Entry> {
        let entry = |candidate: &Candidate| {
            let canonical = candidate.target.canonical.clone();
            let file = self.file_of(&(canonical.clone(), Reading::of_entry(candidate.kind)));
            let looked = candidate.looked.clone();
            Entry { path: candidate.path.clone(), kind: candidate.kind, file, canonical, looked }
        };
        candidates.iter().map(entry).collect()
    }
}

/// What the configurations of plugins in a file hold.
fn contents_of(reading: Reading, file: &File) -> Vec<Reference> {
    if reading == Reading::Resource { super::kustomization::plugin_contents(file) } else { Vec::new() }
}

fn too_large(limits: Limits) -> Error {
    let message = format!("the files of this build hold more than {}", disk::size(limits.total));
    Error::new("project-too-large", message).help("build fewer overlays in one call")
}

fn wrong_kind(link: &Link, file: &File, field: &str, wanted: &str, kind: Kind) -> Diagnostic {
    let right = if kind == Kind::Component { "components" } else { "base" };
    let message = format!("`{field}` takes {wanted}, and `{}` is of kind `{}`", link.reference.text, kind.as_str());
    let diagnostic = Diagnostic::error("wrong-kind", message).at(link.reference.origin);
    let diagnostic = match file.root().and_then(|root| root.get("kind")) {
        Some(node) => diagnostic.related(node.origin(), "its kind"),
        None => diagnostic,
    };
    diagnostic.help(format!("list it under `{right}`"))
}

fn not_alone(link: &Link, field: &str) -> Diagnostic {
    let message = format!("`{}` is a component of kustomize, which `{field}` does not take", link.reference.text);
    Diagnostic::error("wrong-kind", message)
        .at(link.reference.origin)
        .help("name a kustomization that lists it under `components`")
}

/// A component is a part of something, so it is not built by itself.
fn check_entries(project: &mut Project, diagnostics: &mut Diagnostics) {
    for file in project.entries.iter().filter_map(|entry| entry.file).map(|id| project.get(id)) {
        if file.kind == Some(Kind::Component) {
            let origin = file.root().and_then(|root| root.get("kind")).map_or(file.start(), Node::origin);
            diagnostics.push(
                Diagnostic::error("wrong-kind", "a component is not built by itself")
                    .at(origin)
                    .help("build an overlay that lists it under `components`"),
            );
        }
    }
}

/// From how many items or bytes on threads pay.
const PARALLEL_ITEMS: usize = 8;
const PARALLEL_BYTES: u64 = 256 << 10;

/// Does `work` on each item and keeps their order; in parallel where that pays.
fn each<T: Send, R: Send>(items: Vec<T>, bytes: u64, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if items.len() >= PARALLEL_ITEMS || (items.len() > 1 && bytes >= PARALLEL_BYTES) {
        items.into_par_iter().map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}
