//! The fast way through a text: document by document, on several threads where it is large.
//!
//! Each document goes to the block scanner, and when that declines to the parser. What concerns
//! the text as a whole is left to the parser alone, which then reads all of it: errors of syntax,
//! directives, and aliases that stand for very many values.

use rayon::prelude::*;

use super::block::{self, Declined};
use super::builder::{ALIAS_FLOOR, Builder};
use super::{Dialect, events};
use crate::diagnostic::Diagnostics;
use crate::tree::Node;

/// From how many bytes on a thread of its own pays for a part of a text.
const PART: usize = 64 << 10;

/// Parts for each thread, so that all end at about the same time.
const PARTS_PER_THREAD: usize = 4;

/// The documents of `text` (`None` when one of them is wrong), or that the parser must read it.
pub(super) fn read(
    text: &str,
    base: u32,
    dialect: Dialect,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Vec<Node>>, Declined> {
    if text.contains('\r') {
        return Err(Declined);
    }
    let parts: Vec<Part> = match text.len() < 2 * PART {
        true => vec![part(text, 0, text.len(), base, dialect)?],
        false => {
            let bounds = bounds(text);
            bounds.into_par_iter().map(|(from, to)| part(text, from, to, base, dialect)).collect::<Result<_, _>>()?
        }
    };
    let total = |size: fn(&Part) -> u64| parts.iter().map(size).sum::<u64>();
    let (written, expanded) = (total(|part| part.written), total(|part| part.expanded));
    if parts.len() > 1 && expanded > ALIAS_FLOOR && expanded > written {
        return Err(Declined);
    }
    let mut all = Some(Vec::new());
    for part in parts {
        diagnostics.append(part.diagnostics);
        all = match (all, part.documents) {
            (Some(mut all), Some(documents)) if !all.is_empty() => {
                all.extend(documents);
                Some(all)
            }
            (Some(_), documents) => documents,
            (None, _) => None,
        };
    }
    Ok(all)
}

/// What came of some documents of a text.
struct Part {
    documents: Option<Vec<Node>>,
    diagnostics: Diagnostics,
    written: u64,
    expanded: u64,
}

/// Reads the documents between two places.
fn part(text: &str, from: usize, to: usize, base: u32, dialect: Dialect) -> Result<Part, Declined> {
    let mut diagnostics = Diagnostics::default();
    let mut builder = Builder::new(base, dialect, &mut diagnostics);
    let text = text.get(..to).ok_or(Declined)?;
    let mut start = from;
    while start < to {
        start = document(text, start, &mut builder)?;
    }
    let (written, expanded) = builder.sizes();
    let documents = builder.finish();
    Ok(Part { documents, diagnostics, written, expanded })
}

/// Reads the document that starts at `start`, and returns where the next one does.
fn document(text: &str, start: usize, builder: &mut Builder<'_>) -> Result<usize, Declined> {
    let mark = builder.mark();
    if let Ok(next) = block::scan(text, start, builder) {
        return Ok(next);
    }
    builder.rewind(mark);
    let end = next_marker(text, start);
    // A directive belongs to the document that follows.
    if text.get(start..end).is_none_or(|alone| alone.starts_with('%') || alone.contains("\n%")) {
        return Err(Declined);
    }
    // The marker is read too, for positions at the end of a document depend on what follows.
    let with_marker = text.get(start..end + MARKER.len()).or_else(|| text.get(start..)).ok_or(Declined)?;
    builder.count_from(start);
    let read = events::drive(with_marker, end - start, builder);
    builder.count_from(0);
    read.map(|()| end).map_err(Declined::from)
}

const MARKER: &str = "---";

/// The next line after the one at `start` that begins a document.
fn next_marker(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let mut found = rest.match_indices("\n---").map(|(newline, _)| start + newline + 1);
    found.find(|at| text.as_bytes().get(*at..).is_some_and(block::is_marker)).unwrap_or(text.len())
}

/// Cuts a text into parts of whole documents: their starts and ends.
fn bounds(text: &str) -> Vec<(usize, usize)> {
    let size = (text.len() / (PARTS_PER_THREAD * rayon::current_num_threads())).max(PART);
    let mut bounds = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let mut wanted = (start + size).min(text.len());
        while !text.is_char_boundary(wanted) {
            wanted += 1;
        }
        let end = next_marker(text, wanted);
        bounds.push((start, end));
        start = end;
    }
    bounds
}
