//! A text that stands in a scalar of another source (a patch in a kustomization), and the way from
//! its lines to those of the file.

use super::Source;

/// Where a text stands in the source that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The position of the scalar.
    pub(super) at: u32,
    /// The position at which the line of its first line begins; in quotes, at which the text does.
    pub(super) begin: u32,
    /// The bytes before each line: the indentation of a block.
    pub(super) indent: u32,
    /// How many lines stand there as they are, from the first on: all of a literal block, and of a
    /// folded or quoted text those in which nothing is joined or escaped.
    pub(super) lines: u32,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The position.
    pub position: u32,
    /// Whether it is the place itself; else the text that holds it begins there.
    pub exact: bool,
}

impl Within {
    /// The place of `text`, which is what the scalar at the position `at` of `holder` says.
    pub(super) fn of(text: &str, at: u32, holder: &Source) -> Self {
        let offset = at.saturating_sub(holder.base) as usize;
        let known = in_block(text, offset, &holder.text).or_else(|| in_quotes(text, offset, &holder.text));
        let (begin, indent, lines) = known.unwrap_or((offset, 0, 0));
        Self { at, begin: holder.base + begin as u32, indent: indent as u32, lines: lines as u32 }
    }
}

/// Where a block begins, its indentation, and how many of its lines are those of `text`.
fn in_block(text: &str, offset: usize, holder: &str) -> Option<(usize, usize, usize)> {
    let is_blank = |text: &str| text.bytes().all(|byte| byte == b' ');
    // A block is known by the place of its first line that is not empty.
    let empty = text.bytes().take_while(|byte| *byte == b'\n').count();
    let first = text.get(empty..)?.lines().next()?;
    let line = line_start(holder, offset)?;
    let indent = holder.get(line..)?.lines().next()?.strip_suffix(first).filter(|indent| is_blank(indent))?.len();
    let begin = (0..empty).try_fold(line, |line, _| line_start(holder, line.checked_sub(1)?))?;
    let is_same = |(there, here): &(&str, &str)| match here.is_empty() {
        true => is_blank(there),
        false => there.strip_suffix(*here).is_some_and(|before| before.len() == indent && is_blank(before)),
    };
    let lines = holder.get(begin..)?.lines().zip(text.lines()).take_while(is_same).count();
    Some((begin, indent, lines))
}

/// The same for a text in quotes, of which the first line is looked at.
fn in_quotes(text: &str, offset: usize, holder: &str) -> Option<(usize, usize, usize)> {
    let written = holder.get(offset..)?.strip_prefix(['"', '\''])?;
    written.starts_with(text.lines().next()?).then_some((offset + 1, 0, 1))
}

fn line_start(text: &str, offset: usize) -> Option<usize> {
    Some(text.get(..offset)?.rfind('\n').map_or(0, |newline| newline + 1))
}
