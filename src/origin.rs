//! Where every node comes from: a byte of a source file, or a rule that made it.
//!
//! An [`Origin`] is four bytes in every node. It is either a position in one global source space
//! (all files of a run laid end to end, see [`Sources`]) or an index into the [`Origins`] of one
//! build, which records why a value is what it is and what it replaced. Lines and columns are
//! computed only when something is printed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::tree::{Node, Value};

mod kept;
mod locations;
mod numbers;
mod parts;
mod within;

use kept::Kept;
pub use kept::{Printed, Taken};
pub use locations::Locations;
use numbers::{Numbers, Run};
pub use within::{Within, Written};

/// Where a node comes from; see the module documentation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(u32);

/// The highest bit tells a derived origin from a source position.
const DERIVED: u32 = 1 << 31;

/// The number of bytes that all sources of one run may hold together (2 GiB).
pub const SOURCE_SPACE: u64 = DERIVED as u64;

impl Origin {
    /// The position `position` of the global source space, in bytes (below [`SOURCE_SPACE`]).
    pub fn source(position: u32) -> Self {
        debug_assert!(position & DERIVED == 0, "a source position is below 2^31");
        Self(position & !DERIVED)
    }

    /// The derivation of this number; `None` when there are as many as numbers.
    fn derived(number: u64) -> Option<Self> {
        (number < SOURCE_SPACE).then_some(Self(number as u32 | DERIVED))
    }

    /// The source position, when this origin is one.
    pub fn position(self) -> Option<u32> {
        (self.0 & DERIVED == 0).then_some(self.0)
    }

    /// The four bytes, for a way that carries only numbers; [`Origin::from_bits`] takes them back.
    pub(crate) fn to_bits(self) -> u32 {
        self.0
    }

    /// The origin that [`Origin::to_bits`] gave.
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The number of its derivation, when it has one.
    fn number(self) -> Option<u64> {
        (self.0 & DERIVED != 0).then_some(u64::from(self.0 & !DERIVED))
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number() {
            Some(number) => write!(f, "derived#{number}"),
            None => write!(f, "@{}", self.0),
        }
    }
}

/// A documented rule that puts fields into manifests which nobody wrote, such as the security
/// defaults. Every field that it made leads to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case name, stable across releases.
    pub name: &'static str,
    /// What the rule sets and why, in one or two sentences.
    pub text: &'static str,
    /// What a user writes to change or switch off what the rule sets.
    pub change: &'static str,
}

/// Why a derived node is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A later layer wrote the field over an earlier one.
    Layer,
    /// A default or structure that a named rule of the lowering gives.
    Rule(&'static Rule),
    /// Operation number `operation` (counted from 0; 0 for merge patches) of a patch.
    Patch {
        /// The index of the operation in a JSON 6902 patch.
        operation: u32,
    },
    /// A transform, by its name: `images`, `labels`, `namespace`, `names`, `hash`, ...
    Transform(&'static str),
    /// A `${{ values.x }}` was replaced by the value.
    Interpolation,
    /// Printed by a `*.j2` template; `at` is the start of the template.
    Template,
}

/// One step in the life of a value.
#[derive(Clone, Debug)]
pub struct Derived {
    /// What made the value.
    pub cause: Cause,
    /// The place a reader should look at: where the winning value is written, or what the rule
    /// was applied to. `None` when a rule needs nothing from the sources.
    pub at: Option<Origin>,
    /// The origin of the value that lost, when there was one.
    pub replaced: Option<Origin>,
    /// The value that lost.
    pub old: Option<Node>,
}

/// The derivations of one build, in the order in which they happened.
///
/// What is done to each of many resources can be done on threads, by [`Origins::each`].
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// What was recorded before the last parts were taken, and by them.
    before: Vec<Run>,
    /// What was recorded since then.
    derived: Vec<Derived>,
    numbers: Numbers,
    /// One origin per (rule, place): a rule that only adds records one entry, not one a resource.
    rules: Vec<(&'static Rule, Origin)>,
    transforms: Vec<(&'static str, Option<Origin>, Origin)>,
    /// What a build has no use for.
    kept: Option<Box<Kept>>,
}

impl Origins {
    /// Origins that keep what [`crate::explain`] asks for: what is taken away, and which part of a
    /// template prints what.
    pub fn with_losses() -> Self {
        Self { kept: Some(Box::default()), ..Self::default() }
    }

    /// The same for a build in which no `null` of a layer takes anything away.
    pub fn without_losses() -> Self {
        Self { kept: Some(Box::new(Kept { prevented: true, ..Kept::default() })), ..Self::default() }
    }

    /// Whether what is taken away is kept.
    pub fn keeps_losses(&self) -> bool {
        self.kept.is_some()
    }

    /// Whether a `null` of a layer takes nothing away.
    pub fn prevents_losses(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.prevented)
    }

    /// Notes that what is at `by` takes all of `before` away that `after` does not have.
    pub fn taken_away(&mut self, before: &Node, after: Option<&Node>, by: Origin) {
        if let Some(kept) = &mut self.kept {
            kept.losses.push(Taken { before: before.clone(), after: after.cloned(), by, patch: None });
        }
    }

    /// The same for a merge patch, which is applied at `by`.
    pub fn patched_away(&mut self, before: &Node, after: Option<&Node>, by: Origin, patch: &Node) {
        if let Some(kept) = &mut self.kept {
            kept.losses.push(Taken { before: before.clone(), after: after.cloned(), by, patch: Some(patch.clone()) });
        }
    }

    /// What was taken away, in the order in which that happened; empty unless it is kept.
    pub fn losses(&self) -> &[Taken] {
        self.kept.as_ref().map_or(&[], |kept| &kept.losses)
    }

    /// Notes which part of a template printed what; the parts stand in order, behind those of before.
    pub fn prints(&mut self, parts: Vec<Printed>) {
        if let Some(kept) = &mut self.kept {
            kept.printed.extend(parts);
        }
    }

    /// The part of a template that printed what is at `position`, where that is known.
    pub fn printed(&self, position: u32) -> Option<&Printed> {
        let printed = &self.kept.as_ref()?.printed;
        let index = printed.partition_point(|part| part.position <= position).checked_sub(1)?;
        printed.get(index).filter(|part| position < part.end)
    }

    /// All derivations, in the order in which they happened.
    pub fn derivations(&self) -> impl Iterator<Item = &Derived> {
        self.before.iter().flat_map(Run::derivations).chain(&self.derived)
    }

    /// Records `derived` and returns the origin that stands for it. When there are no numbers left,
    /// that is the place alone.
    pub fn derive(&mut self, derived: Derived) -> Origin {
        let place = derived.at.or(derived.replaced).unwrap_or(Origin::source(0));
        // What a build costs without derivations, `benches/provenance` measures.
        if cfg!(without_derivations) {
            return place;
        }
        let Some(origin) = Origin::derived(self.numbers.of(self.derived.len())) else { return place };
        self.derived.push(derived);
        origin
    }

    /// The origin of what `rule` makes from nothing; the same origin for each call with one rule.
    pub fn rule(&mut self, rule: &'static Rule) -> Origin {
        if let Some((_, origin)) = self.rules.iter().find(|(known, _)| std::ptr::eq(*known, rule)) {
            return *origin;
        }
        let origin = self.derive(Derived { cause: Cause::Rule(rule), at: None, replaced: None, old: None });
        self.rules.push((rule, origin));
        origin
    }

    /// The origin of what the transform `name` adds because of the text at `at`; the same origin
    /// for each call with one pair.
    pub fn transform(&mut self, name: &'static str, at: Option<Origin>) -> Origin {
        let known = |(n, a, _): &&(&str, Option<Origin>, Origin)| *n == name && *a == at;
        if let Some((.., origin)) = self.transforms.iter().rev().find(known) {
            return *origin;
        }
        let origin = self.derive(Derived { cause: Cause::Transform(name), at, replaced: None, old: None });
        self.transforms.push((name, at, origin));
        origin
    }

    /// The origin of a value at `at` that replaces `old` for the reason `cause`.
    pub fn replace(&mut self, cause: Cause, at: Origin, old: &Node) -> Origin {
        let replaced = Some(old.origin());
        self.derive(Derived { cause, at: Some(at), replaced, old: Some(old.clone()) })
    }

    /// The step behind a derived origin; `None` for a source position.
    pub fn get(&self, origin: Origin) -> Option<&Derived> {
        let number = origin.number()?;
        if let Some(index) = self.numbers.index(number) {
            return self.derived.get(index);
        }
        let run = self.before.partition_point(|run| run.begins_by(number)).checked_sub(1)?;
        self.before.get(run)?.get(number)
    }

    /// How many derivations there are.
    fn len(&self) -> usize {
        self.before.iter().map(Run::len).sum::<usize>() + self.derived.len()
    }

    /// The source position that a reader should look at for `origin`: the position itself, or the
    /// place of the newest step that has one, or of what it replaced.
    pub fn place(&self, origin: Origin) -> Option<u32> {
        let mut current = origin;
        // Steps only refer to older ones, so this ends; the bound guards against a broken caller.
        for _ in 0..=self.len() {
            let Some(step) = self.get(current) else { return current.position() };
            current = step.at.or(step.replaced)?;
        }
        None
    }

    /// [`Origins::place`] as an origin that is valid outside of this build.
    pub fn settle(&self, origin: Origin) -> Option<Origin> {
        self.place(origin).map(Origin::source)
    }

    /// Where the value is written that an interpolation put at `origin`, when one did.
    pub fn interpolated(&self, origin: Origin) -> Option<Origin> {
        let mut current = origin;
        for _ in 0..=self.len() {
            let step = self.get(current)?;
            if matches!(step.cause, Cause::Interpolation) {
                return self.settle(step.replaced?);
            }
            current = step.at?;
        }
        None
    }

    /// The named rule that made `origin`, when a rule did.
    pub fn rule_of(&self, origin: Origin) -> Option<&'static Rule> {
        match self.get(origin)?.cause {
            Cause::Rule(rule) => Some(rule),
            _ => None,
        }
    }
}

/// Every scalar, empty list and empty mapping below `node`.
pub fn each_scalar<'n>(node: &'n Node, each: &mut impl FnMut(&'n Node)) {
    match node.value() {
        Value::Map(map) if !map.is_empty() => map.iter().for_each(|entry| each_scalar(&entry.node, each)),
        Value::Seq(items) if !items.is_empty() => items.iter().for_each(|item| each_scalar(item, each)),
        _ => each(node),
    }
}

/// One file that was read, or text that stands for one (a template's output, standard input).
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as people should see it: relative to the current folder where that is possible.
    pub path: PathBuf,
    /// The canonical path, which relative paths inside the file are resolved against.
    pub canonical: PathBuf,
    /// The text (of a file that is not UTF-8: the part before the first bad byte).
    pub text: Arc<str>,
    /// The position of the first byte in the global source space.
    pub base: u32,
    /// Where it stands in the file, when it is a text in it (a patch in a kustomization).
    pub within: Option<Within>,
}

/// A place for people: counted from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path for display.
    pub path: PathBuf,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
}

/// All sources of one run, laid end to end with one byte between, so that the end of one file
/// is not the start of the next.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Sources that many builds share; the own ones come after them.
    below: Option<Arc<Sources>>,
    files: Vec<Source>,
}

impl Sources {
    /// Sources that hold all of `below`, to add to without copying it.
    pub fn over(below: Arc<Sources>) -> Self {
        Self { below: Some(below), files: Vec::new() }
    }

    /// The position at which the next source would start.
    pub fn end(&self) -> u64 {
        match self.files.last() {
            Some(last) => u64::from(last.base) + last.text.len() as u64 + 1,
            None => self.below.as_ref().map_or(0, |below| below.end()),
        }
    }

    /// Adds a text and returns its base position; `None` when the source space is full.
    pub fn add(&mut self, path: PathBuf, canonical: PathBuf, text: Arc<str>) -> Option<u32> {
        self.push(Source { path, canonical, text, base: 0, within: None })
    }

    /// Adds the text that the scalar at the position `at` holds, and which is a source of its own; its
    /// places are those in the file that `at` is in.
    pub fn add_within(&mut self, at: u32, text: Arc<str>) -> Option<u32> {
        let holder = self.source(at)?;
        let within = Some(Within::of(&text, at, holder));
        let (path, canonical) = (holder.path.clone(), holder.canonical.clone());
        self.push(Source { path, canonical, text, base: 0, within })
    }

    /// Adds what another build's sources held.
    pub fn push(&mut self, source: Source) -> Option<u32> {
        let base = self.end();
        if base + source.text.len() as u64 + 1 >= SOURCE_SPACE {
            return None;
        }
        let base = base as u32;
        self.files.push(Source { base, ..source });
        Some(base)
    }

    /// The sources that were added to these, without the shared ones below, in the order of their
    /// positions.
    pub fn own(&self) -> &[Source] {
        &self.files
    }

    /// All sources, the shared ones below too.
    pub fn all(&self) -> impl Iterator<Item = &Source> {
        let mut next = Some(self);
        let layers = std::iter::from_fn(move || {
            let layer = next?;
            next = layer.below.as_deref();
            Some(&layer.files)
        });
        layers.flatten()
    }

    /// The source that holds `position`.
    pub fn source(&self, position: u32) -> Option<&Source> {
        match self.files.partition_point(|file| file.base <= position).checked_sub(1) {
            Some(index) => self.files.get(index),
            None => self.below.as_ref()?.source(position),
        }
    }

    /// The folder of the source that holds `position`, canonical: what relative paths written
    /// there are relative to.
    pub fn folder(&self, position: u32) -> Option<&Path> {
        self.source(position)?.canonical.parent()
    }

    /// The text from `position` to the end of its source.
    pub fn text_from(&self, position: u32) -> Option<&str> {
        let source = self.source(position)?;
        source.text.get((position - source.base) as usize..)
    }

    /// File, line and column of `position`. Whoever asks more than once asks [`Locations`].
    pub fn locate(&self, position: u32) -> Option<Location> {
        Locations::new(self).locate(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_in_the_file_that_holds_it() {
        let mut sources = Sources::default();
        let first = sources.add("a.yaml".into(), "/p/a.yaml".into(), "a: 1\nbé: 2\n".into()).unwrap();
        let second = sources.add("b.yaml".into(), "/p/b.yaml".into(), "c: 3\n".into()).unwrap();
        assert_eq!(first, 0);
        let place = |position| sources.locate(position).map(|l| (l.path.display().to_string(), l.line, l.column));
        assert_eq!(place(5), Some(("a.yaml".into(), 2, 1)));
        assert_eq!(place(10), Some(("a.yaml".into(), 2, 5)));
        assert_eq!(place(second + 3), Some(("b.yaml".into(), 1, 4)));
        assert_eq!(place(second - 1), Some(("a.yaml".into(), 3, 1)));
        assert_eq!(place(second + 9), Some(("b.yaml".into(), 2, 1)));
    }

    #[test]
    fn a_derived_origin_leads_back_to_the_text() {
        let mut origins = Origins::default();
        let old = Node::string("2", Origin::source(7));
        let layered = origins.replace(Cause::Layer, Origin::source(40), &old);
        assert_eq!(origins.place(layered), Some(40));
        let patched = origins.derive(Derived {
            cause: Cause::Patch { operation: 0 },
            at: None,
            replaced: Some(layered),
            old: None,
        });
        assert_eq!(origins.place(patched), Some(40));
        static RULE: Rule = Rule { name: "r", text: "t", change: "c" };
        assert_eq!(origins.rule(&RULE), origins.rule(&RULE));
        let made = origins.rule(&RULE);
        assert_eq!(origins.place(made), None);
    }
}
