//! From a stream of scalars and collection borders to trees.
//!
//! Nothing here knows a parser: a front end calls [`Builder`] with plain byte offsets, and the
//! rules of keys, merge keys, aliases and depth hold for every front end.

use std::collections::{HashMap, HashSet};

use ecow::{EcoString, EcoVec};

use super::frame::{Frame, Key, Merge, Shape, is_annotations, keeps_text};
use super::outdent::Outdented;
use super::scalar::{self, Problem, Style, Tag};
use super::syntax::too_deep;
use super::{Dialect, MAX_DEPTH};
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::origin::{Origin, SOURCE_SPACE};
use crate::tree::{Entry, Map, Node, Value};

/// Reading cannot go on; the diagnostic that says why is already there.
#[derive(Debug)]
pub(super) struct Stop;

/// What may stand before a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Properties {
    /// The number of the anchor that the node defines; 0 for none.
    pub(super) anchor: usize,
    /// The tag, when one is written.
    pub(super) tag: Option<Tag>,
}

/// Builds the trees of one text.
pub(super) struct Builder<'d> {
    base: u32,
    /// The text, when the parser reads an adapted one.
    text: Option<&'d str>,
    /// What the offsets are of, when it is not the text itself.
    outdented: Option<&'d Outdented>,
    /// What is added to the offsets that a front end passes.
    shift: usize,
    dialect: Dialect,
    diagnostics: &'d mut Diagnostics,
    failed: bool,
    documents: Vec<Node>,
    open: Vec<Frame>,
    /// The finished items of all open lists, and the finished entries of all open mappings: a
    /// collection takes its own from the end, so that it is allocated once in its final size.
    items: Vec<Node>,
    entries: Vec<Entry>,
    anchors: HashMap<usize, Measured>,
    keys: KnownKeys,
    /// Nodes as written, and as they would be with every alias expanded.
    written: u64,
    expanded: u64,
}

/// A place between two documents; see [`Builder::mark`].
#[derive(Clone, Copy)]
pub(super) struct Mark {
    documents: usize,
    diagnostics: usize,
    failed: bool,
    written: u64,
    expanded: u64,
}

/// A finished node with the size and height of its expansion.
#[derive(Clone)]
struct Measured {
    node: Node,
    size: u64,
    height: usize,
}

impl<'d> Builder<'d> {
    /// A builder for a text whose first byte has the position `base`.
    pub(super) fn new(base: u32, dialect: Dialect, diagnostics: &'d mut Diagnostics) -> Self {
        Self {
            base,
            text: None,
            outdented: None,
            shift: 0,
            dialect,
            diagnostics,
            failed: false,
            documents: Vec::new(),
            open: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            anchors: HashMap::new(),
            keys: KnownKeys::default(),
            written: 0,
            expanded: 0,
        }
    }

    /// The same with the text as it is written, where the parser reads an adapted one.
    pub(super) fn written(self, text: Option<&'d str>) -> Self {
        Self { text, ..self }
    }

    /// The same for a text that was changed for the parser.
    pub(super) fn of(self, outdented: &'d Outdented) -> Self {
        Self { outdented: Some(outdented), ..self }
    }

    /// The documents, unless something was wrong with one of them.
    pub(super) fn finish(self) -> Option<Vec<Node>> {
        (!self.failed && self.open.is_empty()).then_some(self.documents)
    }

    /// Says that offsets are counted from the byte `shift` of the text on.
    pub(super) fn count_from(&mut self, shift: usize) {
        self.shift = shift;
    }

    /// How far reading has come, between two documents.
    pub(super) fn mark(&self) -> Mark {
        let (documents, diagnostics) = (self.documents.len(), self.diagnostics.len());
        let Self { failed, written, expanded, .. } = *self;
        Mark { documents, diagnostics, failed, written, expanded }
    }

    /// Forgets what came after `mark`.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.documents.truncate(mark.documents);
        self.diagnostics.truncate(mark.diagnostics);
        (self.failed, self.written, self.expanded) = (mark.failed, mark.written, mark.expanded);
        self.open.clear();
        self.items.clear();
        self.entries.clear();
        self.anchors.clear();
    }

    /// The nodes as written, and as they would be with every alias expanded.
    pub(super) fn sizes(&self) -> (u64, u64) {
        (self.written, self.expanded)
    }

    /// Whether kustomize reads such texts, with the YAML of Go.
    pub(super) fn is_go(&self) -> bool {
        self.dialect != Dialect::Model
    }

    /// The text as it is written, where the parser reads an adapted one.
    pub(super) fn text(&self) -> Option<&'d str> {
        self.text
    }

    /// Where in the text as it is written an offset of the parser is.
    pub(super) fn original(&self, offset: usize) -> usize {
        self.outdented.map_or(self.shift + offset, |outdented| outdented.original(offset))
    }

    /// The origin of the byte `offset` of the text.
    pub(super) fn origin(&self, offset: usize) -> Origin {
        origin(self.base, self.original(offset))
    }

    /// Reports an error; the result will be none.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        self.diagnostics.push(diagnostic);
    }

    /// Reports a tag that nobody knows, and returns the one that stands for it: to kustomize's
    /// readers such a scalar is text.
    pub(super) fn unknown_tag(&mut self, message: String, help: &str, origin: Origin) -> Option<Tag> {
        if self.dialect == Dialect::Model {
            self.report(Diagnostic::error("unknown-tag", message).at(origin).help(help));
            return None;
        }
        self.diagnostics.push(Diagnostic::warning("unknown-tag", message).at(origin).help(help));
        Some(Tag::Str)
    }

    fn report_problem(&mut self, problem: Problem, origin: Origin) {
        self.report(Diagnostic::error(problem.code, problem.message).at(origin).help(problem.help));
    }

    /// Ends a document: its anchors are forgotten.
    pub(super) fn end_document(&mut self) {
        self.anchors.clear();
    }

    /// A scalar whose text is `text`.
    pub(super) fn scalar(&mut self, text: &str, style: Style, at: usize, properties: Properties) -> Result<(), Stop> {
        let origin = self.origin(at);
        self.count(1);
        if self.expects_key() {
            return self.key(text, style, origin, properties);
        }
        let kept = self.open.last().is_some_and(|frame| frame.keeps_text);
        let value = match properties.tag {
            None if kept && style == Style::Plain => Ok(scalar::kept_text(text)),
            // Kustomize writes annotations anew, without the style that they had.
            None if kept => Ok(Value::Str(text.into())),
            tag => scalar::resolve(self.dialect, text, style, tag),
        };
        let mut value = value.unwrap_or_else(|problem| {
            self.report_problem(problem, origin);
            Value::Null
        });
        // The text of the file was checked before: without quotes there is no escape.
        if style == Style::Quoted || !text.is_ascii() {
            self.pass_through_json(&mut value, origin);
        }
        let node = match (&value, text, properties.tag) {
            (Value::Null, "", None) => Node::absent(origin),
            _ => Node::new(value, origin),
        };
        self.place(Measured { node, size: 1, height: 0 }, properties.anchor)
    }

    /// Starts a mapping.
    pub(super) fn start_map(&mut self, at: usize, properties: Properties) -> Result<(), Stop> {
        let shape = Shape::Map { key: None, merge: None };
        self.start(at, properties, Tag::Map, shape, self.entries.len())
    }

    /// Starts a list.
    pub(super) fn start_seq(&mut self, at: usize, properties: Properties) -> Result<(), Stop> {
        self.start(at, properties, Tag::Seq, Shape::Seq, self.items.len())
    }

    fn start(
        &mut self,
        at: usize,
        properties: Properties,
        own_tag: Tag,
        shape: Shape,
        first: usize,
    ) -> Result<(), Stop> {
        let origin = self.origin(at);
        self.count(1);
        if self.expects_key() {
            return self.stop(complex_key(own_tag).at(origin));
        }
        if self.open.len() >= MAX_DEPTH {
            return self.stop(too_deep(origin));
        }
        // Kustomize's readers ignore the tag of a collection.
        if let Some(tag) = properties.tag
            && self.dialect == Dialect::Model
            && tag != own_tag
            && tag != Tag::NonSpecific
        {
            let message = format!("the tag `{}` does not fit {}", tag.text(), kind_of(own_tag));
            self.report(Diagnostic::error("tag-mismatch", message).at(origin).help("remove the tag"));
        }
        let is_text = match self.dialect {
            Dialect::Model => keeps_text(&self.open),
            Dialect::Resource | Dialect::MergePatch => is_annotations(&self.open),
            Dialect::JsonPatch => false,
        };
        let keeps_text = own_tag == Tag::Map && is_text;
        let anchor = properties.anchor;
        self.open.push(Frame { origin, anchor, size: 1, height: 0, first, shape, keeps_text });
        Ok(())
    }

    /// Ends the innermost collection, which is a list.
    pub(super) fn end_seq(&mut self) -> Result<(), Stop> {
        let Some(frame) = self.open.pop() else { return Err(Stop) };
        let items: EcoVec<Node> = self.items.drain(frame.first.min(self.items.len())..).collect();
        self.close(Value::Seq(items), &frame)
    }

    /// Ends the innermost collection, which is a mapping.
    pub(super) fn end_map(&mut self) -> Result<(), Stop> {
        let Some(mut frame) = self.open.pop() else { return Err(Stop) };
        let first = frame.first.min(self.entries.len());
        self.check_duplicates(first);
        if let Shape::Map { merge: Some(merge), .. } = &mut frame.shape {
            self.merge(first, merge);
        }
        if frame.keeps_text && self.dialect == Dialect::Model {
            self.check_texts(first);
        }
        let map: Map = self.entries.drain(first..).collect();
        self.close(Value::Map(map), &frame)
    }

    fn close(&mut self, value: Value, frame: &Frame) -> Result<(), Stop> {
        let node = match value {
            Value::Map(map) if map.is_empty() => Node::braces(frame.origin),
            value => Node::new(value, frame.origin),
        };
        self.place(Measured { node, size: frame.size, height: frame.height + 1 }, frame.anchor)
    }

    /// An alias of the anchor number `anchor`.
    pub(super) fn alias(&mut self, anchor: usize, at: usize) -> Result<(), Stop> {
        let origin = self.origin(at);
        let Some(target) = self.anchors.get(&anchor).cloned() else {
            let message = "the alias stands inside the value of its own anchor";
            let help = "write the value out, or move the anchor to another value";
            return self.stop(Diagnostic::error("alias-cycle", message).at(origin).help(help));
        };
        self.count(target.size);
        if self.expanded > ALIAS_FLOOR.max(ALIAS_FACTOR.saturating_mul(self.written)) {
            let message = format!("the aliases of this file stand for more than {ALIAS_FLOOR} values");
            let help = "write fewer aliases of aliases; no manifest needs this many values";
            return self.stop(Diagnostic::error("alias-budget", message).at(origin).help(help));
        }
        if self.open.len() + target.height > MAX_DEPTH {
            return self.stop(too_deep(origin));
        }
        if !self.expects_key() {
            return self.place(target, 0);
        }
        match target.node.into_value() {
            Value::Str(text) => self.set_key(Key::Text(text, origin)),
            _ => {
                let message = "the alias stands for something other than text and cannot be a key";
                let help = "write the key as text";
                return self.stop(Diagnostic::error("key-not-text", message).at(origin).help(help));
            }
        }
        Ok(())
    }

    fn stop(&mut self, diagnostic: Diagnostic) -> Result<(), Stop> {
        self.report(diagnostic);
        Err(Stop)
    }

    fn count(&mut self, size: u64) {
        self.written += 1;
        self.expanded = self.expanded.saturating_add(size);
    }

    /// Whether the next node is the key of a mapping.
    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { shape: Shape::Map { key: None, .. }, .. }))
    }

    /// Whether the next node is the value of a key.
    pub(super) fn expects_value(&self) -> bool {
        matches!(self.open.last(), Some(Frame { shape: Shape::Map { key: Some(_), .. }, .. }))
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Frame { shape: Shape::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(new);
        }
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, done: Measured, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.anchors.insert(anchor, done.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.documents.push(done.node);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(done.size);
        frame.height = frame.height.max(done.height);
        match &mut frame.shape {
            Shape::Seq => self.items.push(done.node),
            Shape::Map { key, .. } => match key.take() {
                Some(Key::Text(key, key_origin)) => self.entries.push(Entry { key, key_origin, node: done.node }),
                Some(Key::Merge(origin)) => self.add_merge(origin, done.node),
                None => return Err(Stop),
            },
        }
        Ok(())
    }

    fn key(&mut self, text: &str, style: Style, origin: Origin, properties: Properties) -> Result<(), Stop> {
        if text == "<<" && style == Style::Plain && properties.tag.is_none() {
            self.set_key(Key::Merge(origin));
            return Ok(());
        }
        let kept = self.open.last().is_some_and(|frame| frame.keeps_text);
        let is_usual = style == Style::Plain && !kept && properties.tag.is_none() && properties.anchor == 0;
        if is_usual && let Some(known) = self.keys.get(text) {
            let key = Key::Text(known.clone(), origin);
            self.set_key(key);
            return Ok(());
        }
        let value = match properties.tag {
            None if kept && style == Style::Plain => Ok(scalar::kept_text(text)),
            // Kustomize writes annotations anew, without the style that they had.
            None if kept => Ok(Value::Str(text.into())),
            tag => scalar::resolve(self.dialect, text, style, tag),
        };
        let key = match value {
            Ok(Value::Str(key)) if is_usual && key.is_ascii() => {
                self.keys.add(&key);
                key
            }
            Ok(value) => self.key_text(value, text, origin),
            Err(problem) => {
                self.report_problem(problem, origin);
                text.into()
            }
        };
        if properties.anchor != 0 {
            let node = Node::string(key.clone(), origin);
            self.anchors.insert(properties.anchor, Measured { node, size: 1, height: 0 });
        }
        self.set_key(Key::Text(key, origin));
        Ok(())
    }

    /// The text of a key. Kustomize refuses keys of resources that are no text; inside inline
    /// JSON patches it prints whole numbers and booleans.
    fn key_text(&mut self, value: Value, written: &str, origin: Origin) -> EcoString {
        if self.dialect != Dialect::Model
            && let Value::Str(text) = &value
            && let Some(refused) = scalar::refused_in_key(text)
        {
            self.report(refused_in("the key", refused).at(origin));
        }
        let kind = match (&value, self.dialect) {
            (Value::Str(text), _) => return text.clone(),
            (Value::Bool(_) | Value::Int(_) | Value::Uint(_), Dialect::JsonPatch) => {
                return Node::new(value, origin).scalar_text().unwrap_or_default();
            }
            (Value::Null, _) => "null",
            (Value::Bool(_), _) => "a boolean",
            _ => "a number",
        };
        let shown = scalar::excerpt(written);
        let (message, help) = match written {
            "" => ("a key is missing before the `:`".to_owned(), "write the key".to_owned()),
            _ => (format!("the key `{shown}` is {kind}, not text"), format!("put it in quotes: \"{shown}\"")),
        };
        self.report(Diagnostic::error("key-not-text", message).at(origin).help(help));
        written.into()
    }

    /// What kustomize's way through JSON does to the characters of a text. Only escapes can bring
    /// in what it refuses: the text of the file as a whole is checked before.
    fn pass_through_json(&mut self, value: &mut Value, origin: Origin) {
        let Value::Str(text) = value else { return };
        if self.dialect == Dialect::Model {
            return;
        }
        if let Some(folded) = scalar::folded(text) {
            *text = folded;
        }
        if let Some(refused) = scalar::refused_character(text) {
            self.report(refused_in("the text", refused).at(origin));
        }
    }

    /// Reports every key of the entries from `first` on that is there a second time. The reader
    /// that kustomize uses for inline JSON patches takes the last one, its merge of patches the
    /// first one, and so must this; there is a warning.
    fn check_duplicates(&mut self, first: usize) {
        let entries = self.entries.get(first..).unwrap_or_default();
        if all_differ(entries) {
            return;
        }
        let mut seen: HashMap<&str, Origin> = HashMap::new();
        let mut found = Vec::new();
        for entry in entries {
            match seen.get(entry.key.as_str()) {
                Some(origin) => found.push(duplicate(&entry.key, entry.key_origin, *origin)),
                None => {
                    seen.insert(&entry.key, entry.key_origin);
                }
            }
        }
        let which = match self.dialect {
            Dialect::JsonPatch => "last",
            Dialect::MergePatch => "first",
            Dialect::Resource | Dialect::Model => {
                return found.into_iter().for_each(|diagnostic| self.report(diagnostic));
            }
        };
        found.into_iter().for_each(|diagnostic| self.diagnostics.push(overridden(diagnostic, which)));
        match self.dialect {
            Dialect::JsonPatch => self.keep_last(first),
            _ => self.keep_first(first),
        }
    }

    /// Drops the entries from `first` on whose key was written before.
    fn keep_first(&mut self, first: usize) {
        let mut seen = HashSet::new();
        let kept: Vec<Entry> = self.entries.drain(first..).filter(|e| seen.insert(e.key.clone())).collect();
        self.entries.extend(kept);
    }

    /// Drops the entries from `first` on whose key is written again later.
    fn keep_last(&mut self, first: usize) {
        let mut seen = HashSet::new();
        let mut kept: Vec<Entry> = self.entries.drain(first..).rev().filter(|e| seen.insert(e.key.clone())).collect();
        kept.reverse();
        self.entries.append(&mut kept);
    }

    /// Reports the entries from `first` on that an alias or a merge key brought to a place that
    /// keeps text, after they were read as something else: `1.10` has become the number 1.1.
    fn check_texts(&mut self, first: usize) {
        let is_lost =
            |node: &Node| matches!(node.value(), Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_));
        let lost = self.entries.get(first..).unwrap_or_default().iter().filter(|entry| is_lost(&entry.node));
        let found: Vec<_> = lost.map(text_lost).collect();
        found.into_iter().for_each(|diagnostic| self.report(diagnostic));
    }

    /// Takes up the value of a merge key (<https://yaml.org/type/merge.html>): a mapping or a
    /// list of mappings.
    fn add_merge(&mut self, origin: Origin, node: Node) {
        let at = node.origin();
        let maps: Option<Vec<Map>> = match node.into_value() {
            Value::Map(map) => Some(vec![map]),
            Value::Seq(items) => items.iter().map(|item| item.as_map().cloned()).collect(),
            _ => None,
        };
        let Some(maps) = maps else {
            let message = "the merge key `<<` takes a mapping or a list of mappings";
            let help = "give it an alias such as *defaults, or put the key in quotes if text is meant";
            self.report(Diagnostic::error("merge-key", message).label(at, "this is neither").help(help));
            return;
        };
        let place = self.entries.len();
        let Some(Frame { shape: Shape::Map { merge, .. }, .. }) = self.open.last_mut() else { return };
        match merge {
            None => *merge = Some(Box::new(Merge { origin, place, maps })),
            Some(first) => {
                let first = first.origin;
                self.report(duplicate("<<", origin, first));
            }
        }
    }

    /// Adds the merged entries where the merge key stands: explicit keys win, then earlier maps.
    fn merge(&mut self, first: usize, merge: &mut Merge) {
        let own = self.entries.get(first..).unwrap_or_default();
        let mut taken: HashSet<EcoString> = own.iter().map(|entry| entry.key.clone()).collect();
        let entries = merge.maps.iter().flat_map(Map::iter);
        let merged: Vec<Entry> = entries.filter(|entry| taken.insert(entry.key.clone())).cloned().collect();
        let place = merge.place.clamp(first, self.entries.len());
        self.entries.splice(place..place, merged);
    }
}

/// The origin of the byte `offset` of a text whose first byte has the position `base`.
pub(super) fn origin(base: u32, offset: usize) -> Origin {
    let position = u64::from(base).saturating_add(offset as u64).min(SOURCE_SPACE - 1);
    Origin::source(position as u32)
}

/// The plain keys that were read lately: manifests repeat few keys often.
#[derive(Default)]
struct KnownKeys {
    /// Each at the place that its characters give; empty before the first key.
    slots: Vec<EcoString>,
}

impl KnownKeys {
    const SLOTS: usize = 256;

    fn get(&self, text: &str) -> Option<&EcoString> {
        self.slots.get(Self::slot(text)).filter(|known| *known == text && !text.is_empty())
    }

    fn add(&mut self, key: &EcoString) {
        self.slots.resize(Self::SLOTS, EcoString::new());
        if let Some(slot) = self.slots.get_mut(Self::slot(key)) {
            *slot = key.clone();
        }
    }

    fn slot(text: &str) -> usize {
        let bytes = text.as_bytes();
        let at = |index: usize| usize::from(bytes.get(index).copied().unwrap_or_default());
        let length = bytes.len();
        (length * 29 + at(0) * 3 + at(length / 2) * 7 + at(length.wrapping_sub(1)) * 13) % Self::SLOTS
    }
}

/// The values that aliases may stand for in one text: this many, or this many times the values
/// written when that is more.
pub(super) const ALIAS_FLOOR: u64 = 1_000_000;
const ALIAS_FACTOR: u64 = 100;

/// Whether all keys differ; small mappings need no allocation for that.
fn all_differ(entries: &[Entry]) -> bool {
    const SMALL: usize = 16;
    if entries.len() <= SMALL {
        return entries.iter().enumerate().all(|(index, entry)| entries[..index].iter().all(|e| e.key != entry.key));
    }
    let mut keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}

fn duplicate(key: &str, at: Origin, first: Origin) -> Diagnostic {
    let message = format!("the key `{}` is written twice in one mapping", scalar::excerpt(key));
    Diagnostic::error("duplicate-key", message).at(at).related(first, "first written here").help("keep one of the two")
}

fn refused_in(what: &str, refused: char) -> Diagnostic {
    let message = format!("{what} holds the character U+{:04X}, which manifests cannot", u32::from(refused));
    let help = "remove the escape, or store the value as base64 in binaryData";
    Diagnostic::error("control-character", message).help(help)
}

fn text_lost(entry: &Entry) -> Diagnostic {
    let kind = entry.node.kind();
    let message = format!("the value of `{}` is text, but {kind} was written", scalar::excerpt(&entry.key));
    let written = entry.node.origin();
    let help = "put the value in quotes where it is written, so that no character of it is lost";
    Diagnostic::error("text-lost", message).at(entry.key_origin).related(written, "written here").help(help)
}

fn overridden(mut diagnostic: Diagnostic, which: &str) -> Diagnostic {
    diagnostic.level = Level::Warning;
    diagnostic.message.push_str(&format!(", and the {which} one counts"));
    diagnostic
}

fn complex_key(tag: Tag) -> Diagnostic {
    let message = format!("{} cannot be a key", kind_of(tag));
    let help = match tag {
        Tag::Map => "put braces that are text in quotes, such as \"{{ name }}\"",
        _ => "put brackets that are text in quotes",
    };
    Diagnostic::error("key-not-text", message).help(help)
}

fn kind_of(tag: Tag) -> &'static str {
    if tag == Tag::Map { "a mapping" } else { "a list" }
}
