//! Files in the making: their texts with the edits so far.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::origin::{Origin, Source, Sources};
use crate::pipeline::{Dialect, Edits, WrittenFile, edit};
use crate::project::Kind;
use crate::tree::{self, Node, Segment, Value};

/// The fields of an overlay in the order in which people write them: where a new one goes.
const OVERLAY: [&str; 25] = [
    "apiVersion",
    "kind",
    "base",
    "environment",
    "components",
    "parameters",
    "values",
    "namespace",
    "order",
    "names",
    "labels",
    "annotations",
    "images",
    "secrets",
    "monitoring",
    "routing",
    "networkPolicies",
    "app",
    "patches",
    "remove",
    "resources",
    "templates",
    "compose",
    "argocd",
    "allowEmpty",
];

const BY_HAND: &str = "nothing was written; edit the file by hand, where you see all of it";

/// A file that is edited.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The path as people see it.
    pub shown: PathBuf,
    /// What it holds.
    pub kind: Kind,
    /// The text that was read.
    pub before: Arc<str>,
    /// The text as it would be.
    pub after: String,
    base: u32,
    /// What was replaced, each in the text of its time.
    changes: Vec<(Range<usize>, usize)>,
}

impl Draft {
    /// The document as it would be.
    pub fn tree(&self) -> Option<Node> {
        edit::tree(&self.after, self.dialect())
    }

    pub fn is_changed(&self) -> bool {
        *self.before != *self.after
    }

    fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Kustomization => Dialect::JsonPatch,
            Kind::App | Kind::Overlay | Kind::Component => Dialect::Model,
        }
    }

    /// Puts a value at a path. What is there as an interpolation is not followed.
    pub fn put(&mut self, path: &[Segment], value: &Value) -> Result<()> {
        let order: &[&str] = if self.kind == Kind::Overlay { &OVERLAY } else { &[] };
        let changed = edit::put(&self.after, self.dialect(), path, value, order);
        self.take(path, changed)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, path: &[Segment]) -> Result<()> {
        let changed = edit::remove(&self.after, self.dialect(), path);
        self.take(path, changed)
    }

    /// Puts a value in place of the scalar at byte `at` of the text that was read.
    pub fn put_at(&mut self, at: usize, value: &Value) -> Result<()> {
        let at = self.now(at);
        let changed = edit::put_at(&self.after, Dialect::Resource, at, value).map_err(|refusal| {
            let message = format!("the value cannot be changed in place: {}", refusal.reason);
            Diagnostic::error("cannot-edit", message).at(self.origin(refusal.at)).help(BY_HAND)
        })?;
        self.take(&[], Ok(changed))
    }

    /// Puts a value behind `NAME=` in the line that holds byte `at` of the text that was read.
    pub fn put_line(&mut self, at: usize, name: &str, value: &str) -> Result<()> {
        let at = self.now(at);
        let start = self.after[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = self.after[start..].find('\n').map_or(self.after.len(), |newline| start + newline);
        let line = self.after[start..end].trim_end_matches('\r');
        let begin = line.trim_start().strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        let Some(old) = begin.filter(|_| !value.contains(['\n', '\r'])) else {
            let message = match begin {
                Some(_) => format!("a file of variables has one on each line, and `{name}` would have several"),
                None => format!("`{name}` does not stand there as `{name}=VALUE`"),
            };
            return Err(Diagnostic::error("cannot-edit", message).at(self.origin(start)).help(BY_HAND).into());
        };
        let replaced = start + line.len() - old.len()..start + line.len();
        let text = format!("{}{value}{}", &self.after[..replaced.start], &self.after[replaced.end..]);
        self.take(&[], Ok(edit::Changed { text, replaced, length: value.len() }))
    }

    /// Where byte `at` of the text that was read is now.
    fn now(&self, at: usize) -> usize {
        let moved = |at: usize, (replaced, length): &(Range<usize>, usize)| match at >= replaced.end {
            true => at - replaced.len() + length,
            false => at,
        };
        self.changes.iter().fold(at, moved).min(self.after.len())
    }

    fn take(&mut self, path: &[Segment], changed: std::result::Result<edit::Changed, edit::Refusal>) -> Result<()> {
        match changed {
            Ok(changed) => {
                self.changes.push((changed.replaced, changed.length));
                self.after = changed.text;
                Ok(())
            }
            Err(refusal) => Err(self.refused(path, &refusal).into()),
        }
    }

    fn refused(&self, path: &[Segment], refusal: &edit::Refusal) -> Diagnostic {
        let message = format!("`{}` cannot be changed in place: {}", shown(path), refusal.reason);
        Diagnostic::error("cannot-edit", message).at(self.origin(refusal.at)).help(BY_HAND)
    }

    /// The place in the file that was read of byte `at` of the text as it would be.
    fn origin(&self, at: usize) -> Origin {
        let at = self.changes.iter().rev().fold(at, |at, (replaced, length)| match at {
            at if at < replaced.start => at,
            at if at < replaced.start + length => replaced.start,
            at => at - length + replaced.len(),
        });
        Origin::source(self.base + at.min(self.before.len()) as u32)
    }

    /// The place of a node of the tree as it would be.
    pub fn place(&self, node: &Node) -> Origin {
        self.origin(node.origin().position().unwrap_or_default() as usize)
    }
}

/// A path as people read it.
pub fn shown(path: &[Segment]) -> String {
    let mut whole = tree::Path::default();
    for step in path {
        match step {
            Segment::Key(key) => whole.push_key(key.clone()),
            Segment::Index(index) => whole.push_index(*index),
        }
    }
    whole.to_string()
}

/// The keys as a path.
pub fn keys<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<Segment> {
    keys.into_iter().map(|key| Segment::Key(key.into())).collect()
}

/// `path` with one more key.
pub fn below(path: &[Segment], key: &str) -> Vec<Segment> {
    [path, &[Segment::Key(key.into())]].concat()
}

/// The node at a path.
pub fn at<'n>(node: &'n Node, path: &[Segment]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match step {
        Segment::Key(key) => node.get(key),
        Segment::Index(index) => node.as_seq()?.get(*index),
    })
}

/// All files that are edited, by their canonical paths.
#[derive(Clone, Debug, Default)]
pub struct Drafts(BTreeMap<PathBuf, Draft>);

impl Drafts {
    /// The draft of a file.
    pub fn of(&mut self, file: &WrittenFile, sources: &Sources) -> &mut Draft {
        self.0.entry(file.canonical.clone()).or_insert_with(|| {
            let source = sources.source(file.base);
            let before: Arc<str> = source.map_or_else(|| "".into(), |source| Arc::clone(&source.text));
            Draft {
                shown: source.map_or_else(|| file.canonical.clone(), |source| source.path.clone()),
                kind: file.kind,
                after: before.to_string(),
                before,
                base: file.base,
                changes: Vec::new(),
            }
        })
    }

    /// The draft of a file that is no layer: a manifest, a patch, a file of variables.
    pub fn of_source(&mut self, source: &Source) -> &mut Draft {
        self.0.entry(source.canonical.clone()).or_insert_with(|| Draft {
            shown: source.path.clone(),
            kind: Kind::Kustomization,
            after: source.text.to_string(),
            before: Arc::clone(&source.text),
            base: source.base,
            changes: Vec::new(),
        })
    }

    /// The document of a file, with its edits so far.
    pub fn tree(&self, file: &WrittenFile) -> Node {
        let edited = self.0.get(&file.canonical).filter(|draft| draft.is_changed());
        edited.and_then(Draft::tree).unwrap_or_else(|| file.root.clone())
    }

    /// The files that become something else.
    pub fn changed(&self) -> impl Iterator<Item = (&Path, &Draft)> {
        self.0.iter().filter(|(_, draft)| draft.is_changed()).map(|(path, draft)| (path.as_path(), draft))
    }

    /// The new texts, to build with.
    pub fn edits(&self) -> Edits {
        self.changed().map(|(path, draft)| (path.to_path_buf(), draft.after.as_str().into())).collect()
    }
}
