//! How the bytes of a file are read: as what, in which dialect, and what they may hold.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Refusal;
use super::files::Held;
use super::{Edits, kind, yaml};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::project::{Content, EntryKind, File, Kind, Role};
use crate::tree::Node;

/// How the bytes of a file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reading {
    Settings,
    Model,
    Resource,
    JsonPatch,
    Patch,
    Template,
    Text,
    Kustomization,
    KustomizePatch,
    KustomizeConfig,
}

impl Reading {
    pub fn of(role: Role) -> Self {
        match role {
            Role::Base | Role::Component | Role::Application => Self::Model,
            Role::Resource | Role::Definitions | Role::Policies => Self::Resource,
            Role::JsonPatch => Self::JsonPatch,
            Role::Patch => Self::Patch,
            Role::Template => Self::Template,
            Role::Text => Self::Text,
            Role::KustomizeResource | Role::KustomizePlugin => Self::Resource,
            Role::KustomizeComponent => Self::Kustomization,
            Role::KustomizePatch => Self::KustomizePatch,
            Role::KustomizeConfig => Self::KustomizeConfig,
        }
    }

    pub fn of_entry(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Layer => Self::Model,
            EntryKind::Kustomization => Self::Kustomization,
        }
    }

    /// The dialect of YAML; `None` when the file is not read as YAML.
    pub fn dialect(self) -> Option<yaml::Dialect> {
        match self {
            Self::Settings | Self::Model => Some(yaml::Dialect::Model),
            Self::Resource | Self::Patch => Some(yaml::Dialect::Resource),
            Self::KustomizePatch => Some(yaml::Dialect::MergePatch),
            Self::JsonPatch | Self::Kustomization | Self::KustomizeConfig => Some(yaml::Dialect::JsonPatch),
            Self::Template | Self::Text => None,
        }
    }
}

/// What was read of a file.
pub(super) enum Fetched {
    /// A text.
    Text(String),
    /// Bytes that are no text and need not be one.
    Bytes(Vec<u8>),
    /// Bytes that should be a text and are none.
    Undecodable(yaml::Undecodable),
}

impl Fetched {
    /// The text that stands for the file in the source space.
    pub fn text(&mut self) -> String {
        match self {
            Self::Text(text) => std::mem::take(text),
            Self::Bytes(_) => String::new(),
            Self::Undecodable(broken) => broken.prefix.clone(),
        }
    }
}

/// A file with its place in the source space.
pub(super) struct Laid {
    pub canonical: PathBuf,
    pub reading: Reading,
    pub base: u32,
    pub text: Arc<str>,
    pub fetched: Fetched,
}

/// Reads one file. The content of a ConfigMap is taken as it is; all else is text, and a byte
/// order mark is no part of that. A text in `edits` is taken instead.
pub(super) fn fetch(
    path: &Path,
    reading: Reading,
    file_limit: u64,
    edits: Option<&Edits>,
    held: &Held,
) -> std::result::Result<Fetched, Refusal> {
    let edited = |edits: &Edits| edits.get(&path.canonicalize().ok()?).map(|text| Fetched::Text(text.to_string()));
    if let Some(edited) = edits.and_then(edited) {
        return Ok(edited);
    }
    let bytes = match reading == Reading::Kustomization && held.is_symlink(path) {
        true => held.read_behind(path, file_limit)?,
        false => held.read(path, file_limit)?,
    };
    Ok(match reading {
        Reading::Text => String::from_utf8(bytes).map_or_else(|e| Fetched::Bytes(e.into_bytes()), Fetched::Text),
        _ => yaml::decode(bytes).map_or_else(Fetched::Undecodable, Fetched::Text),
    })
}

/// Parses one file, with diagnostics of its own.
pub(super) fn parse(laid: Laid, reader: yaml::Reader) -> (Reading, File, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    let Laid { canonical, reading, base, text, fetched } = laid;
    let content = match (fetched, reading.dialect()) {
        (Fetched::Bytes(bytes), _) => Content::Bytes(bytes),
        (Fetched::Undecodable(broken), _) => {
            diagnostics.push(broken.diagnostic(base));
            Content::Text
        }
        (Fetched::Text(_), None) => Content::Text,
        // Without documents the reader has said why.
        (Fetched::Text(_), Some(dialect)) => yaml::read_with(reader, &text, base, dialect, &mut diagnostics)
            .map_or(Content::Text, |documents| Content::Documents(meant(documents))),
    };
    let content = match (reading, content) {
        // The operations of a JSON patch are read in a dialect of their own.
        (Reading::KustomizePatch, Content::Documents(documents)) if documents.iter().any(|d| d.as_seq().is_some()) => {
            diagnostics = Diagnostics::default();
            yaml::read_with(reader, &text, base, yaml::Dialect::JsonPatch, &mut diagnostics)
                .map_or(Content::Text, |documents| Content::Documents(meant(documents)))
        }
        (_, content) => content,
    };
    let mut file = File { canonical, base, content, kind: None };
    if let Content::Documents(documents) = &file.content {
        file.kind = check_documents(reading, documents, file.start(), &mut diagnostics);
    }
    (reading, file, diagnostics)
}

/// The documents without those that hold nothing: a `---` too many means nothing.
pub(super) fn meant(documents: Vec<Node>) -> Vec<Node> {
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

/// Reports what a file of this purpose may not be, and finds the kind of a model file.
pub(super) fn check_documents(
    reading: Reading,
    documents: &[Node],
    start: Origin,
    out: &mut Diagnostics,
) -> Option<Kind> {
    let empty = documents.is_empty();
    match reading {
        Reading::Model => return kind::of_file(documents, start, out),
        Reading::Kustomization => return super::kustomization::check(documents, start, out),
        // An empty `strata.yaml` is a project with default settings.
        Reading::Settings if !empty => drop(kind::one_document(documents, start, out)),
        Reading::JsonPatch | Reading::Patch | Reading::KustomizePatch if empty => {
            let diagnostic = Diagnostic::error("empty-file", "the file holds no patch").at(start);
            out.push(diagnostic.help("write the patch, or take the entry away"));
        }
        Reading::Resource if empty => {
            let diagnostic = Diagnostic::warning("empty-file", "the file holds no resource").at(start);
            out.push(diagnostic.help("write a resource, or take the entry away"));
        }
        _ => {}
    }
    None
}
