//! YAML text to trees. The dialect is an argument, never guessed from the text.
//!
//! A front end turns text into events, and one [`builder`] turns events into trees: duplicate
//! keys, merge keys, aliases with their budget, depth and the meaning of scalars are decided
//! there, alike for every front end.

#[cfg(test)]
mod agreement;
mod ambiguous;
mod block;
mod breaks;
mod builder;
mod cut;
mod decode;
pub mod edit;
mod events;
mod frame;
mod number;
mod outdent;
mod refold;
mod scalar;
mod syntax;
mod tabs;
#[cfg(test)]
mod tests;
mod timestamp;

pub use decode::{Encoding, Undecodable, decode};

use crate::diagnostic::Diagnostics;
use crate::tree::Node;

/// How plain scalars and some structures are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A manifest, as kustomize reads resources.
    Resource,
    /// A strategic-merge patch, as kustomize reads one: a manifest in which the first of two equal
    /// keys counts.
    MergePatch,
    /// The text of an inline JSON 6902 patch, and a kustomization file, as kustomize reads them:
    /// YAML 1.1 booleans, and of a key that is written twice the last one counts.
    JsonPatch,
    /// What users write for Strata: the YAML 1.2 core schema. A plain scalar that YAML 1.1 reads
    /// differently is an error. Plain scalars directly in `env` and in `config.<name>` are text
    /// as written.
    Model,
}

/// Collections may be nested this deep, aliases expanded; code that walks trees may recurse.
pub const MAX_DEPTH: usize = 128;

/// Who turns text into events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reader {
    /// The block scanner, and the parser for the documents that it declines.
    #[default]
    Fast,
    /// The parser (granit-parser) alone.
    Granit,
}

/// Reads all documents of `text`, whose first byte has the position `base` in the source space.
///
/// A document without content is a null; a text of comments alone has no documents. The origin of
/// a scalar is its first character (of a literal or folded block: of its content), that of a
/// collection its bracket, its first key or its first dash. What is wrong goes into `diagnostics`,
/// and then the result is `None`.
pub fn read(text: &str, base: u32, dialect: Dialect, diagnostics: &mut Diagnostics) -> Option<Vec<Node>> {
    read_with(Reader::Fast, text, base, dialect, diagnostics)
}

/// [`read`] by a reader of choice; all come to the same result.
pub fn read_with(
    reader: Reader,
    text: &str,
    base: u32,
    dialect: Dialect,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Node>> {
    if let Some(diagnostic) = syntax::control_character(text, |offset| builder::origin(base, offset)) {
        diagnostics.push(diagnostic);
        return None;
    }
    let adapted = if dialect == Dialect::Model { None } else { breaks::adapted(text) };
    if reader == Reader::Fast
        && adapted.is_none()
        && let Ok(documents) = cut::read(text, base, dialect, diagnostics)
    {
        return documents;
    }
    let mut said = Diagnostics::default();
    let (read, written) = (adapted.as_deref().unwrap_or(text), adapted.is_some().then_some(text));
    let mut documents = whole(read, builder::Builder::new(base, dialect, &mut said).written(written));
    if documents.is_none()
        && dialect != Dialect::Model
        && let Some(outdented) = events::outdented(read)
    {
        said = Diagnostics::default();
        let builder = builder::Builder::new(base, dialect, &mut said).written(written);
        documents = whole(outdented.text(), builder.of(&outdented));
    }
    diagnostics.append(said);
    documents
}

/// Reads all of a text by the parser.
fn whole(text: &str, mut builder: builder::Builder<'_>) -> Option<Vec<Node>> {
    events::drive(text, text.len(), &mut builder).ok()?;
    builder.finish()
}
