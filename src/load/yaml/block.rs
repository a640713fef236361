//! The block scanner: a fast front end for what most manifests consist of.
//!
//! It takes block mappings and lists, plain and quoted texts (without blank lines and rare escapes),
//! comments, one-line lists in brackets, and literal and simple folded blocks. Whatever it does not
//! recognize with certainty it declines, be it valid or not: then the parser reads the document
//! from its start. So it never reports an error of syntax, and a new form is added only with the
//! property tests that compare the two (`agreement`).

mod text;

use super::MAX_DEPTH;
use super::builder::{Builder, Properties, Stop};
use super::scalar::Style;
use text::Text;

/// The document holds something that the scanner does not know, or that is wrong.
#[derive(Debug)]
pub(super) struct Declined;

/// What [`Builder`] refuses is read again by the parser, which then says the same.
impl From<Stop> for Declined {
    fn from(Stop: Stop) -> Self {
        Self
    }
}

type Scan<T = ()> = Result<T, Declined>;

/// Passes the document of `text` that starts with the line at `start` to `builder`, and returns
/// where the next one starts: at a `---` line, or at the end. `text` holds no carriage return.
pub(super) fn scan(text: &str, start: usize, builder: &mut Builder<'_>) -> Scan<usize> {
    Scanner { text, bytes: text.as_bytes(), line: start, open: Vec::new(), builder }.document()
}

/// Whether a line that begins with `rest` starts a document: `---` and nothing or a space.
pub(super) fn is_marker(rest: &[u8]) -> bool {
    matches!(rest, [b'-', b'-', b'-'] | [b'-', b'-', b'-', b' ' | b'\t' | b'\n', ..])
}

struct Scanner<'t, 'b, 'd> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where the next line starts that was not looked at yet.
    line: usize,
    /// The open collections, the outermost first.
    open: Vec<Open>,
    builder: &'b mut Builder<'d>,
}

/// An open collection.
#[derive(Clone, Copy)]
struct Open {
    /// The column of its keys or dashes.
    column: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Seq,
    Map,
    /// A mapping whose last key has no value yet; its colon is here.
    Waiting(usize),
}

/// Keys are followed by their colon within 1024 characters.
const LONGEST_KEY: usize = 1000;

impl<'t> Scanner<'t, '_, '_> {
    fn document(mut self) -> Scan<usize> {
        let mut is_marked = false;
        while let Some((column, start)) = self.content_line() {
            if column == 0 && self.bytes.get(start..).is_some_and(is_marker) {
                if is_marked || !self.open.is_empty() {
                    break;
                }
                self.line = self.rest_is_empty(start + 3)?;
                is_marked = true;
            } else {
                self.content(column, start)?;
            }
        }
        match (self.open.is_empty(), is_marked) {
            (false, _) => {}
            // Comments alone are no document, and a marker alone is a null.
            (true, false) => return Ok(self.line),
            (true, true) => return Err(Declined),
        }
        while !self.open.is_empty() {
            self.close()?;
        }
        self.builder.end_document();
        Ok(self.line)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Whether a line ends at `at`.
    fn is_end(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b'\n'))
    }

    fn is_blank(&self, at: usize) -> bool {
        matches!(self.byte(at), None | Some(b'\n' | b' '))
    }

    /// Whether a list item begins at `at`.
    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && self.is_blank(at + 1)
    }

    /// The first byte from `at` on that is no space.
    fn skip_spaces(&self, mut at: usize) -> usize {
        while self.byte(at) == Some(b' ') {
            at += 1;
        }
        at
    }

    /// The start of the line after the one that holds `at`.
    fn next_line(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |newline| at + newline + 1)
    }

    /// The start of the next line, when nothing but spaces and a comment follows at `at`.
    fn rest_is_empty(&self, at: usize) -> Scan<usize> {
        let end = self.skip_spaces(at);
        match self.byte(end) {
            None => Ok(end),
            Some(b'\n') => Ok(end + 1),
            Some(b'#') if end > at => Ok(self.next_line(end)),
            Some(_) => Err(Declined),
        }
    }

    /// The column and the place of the first character of the next line that is not blank or a
    /// comment.
    fn content_line(&mut self) -> Option<(usize, usize)> {
        loop {
            let start = self.skip_spaces(self.line);
            match self.byte(start) {
                None => {
                    self.line = start;
                    return None;
                }
                Some(b'\n') => self.line = start + 1,
                Some(b'#') => self.line = self.next_line(start),
                Some(_) => return Some((start - self.line, start)),
            }
        }
    }

    /// One line of a collection.
    fn content(&mut self, column: usize, start: usize) -> Scan {
        let is_dash = self.is_dash(start);
        let is_root = self.open.is_empty();
        self.close_to(column, is_dash)?;
        let top = self.open.last().copied();
        match top {
            None if is_root && column == 0 => {}
            Some(Open { column: own, kind: Kind::Waiting(_) }) if column > own || (column == own && is_dash) => {}
            Some(Open { column: own, kind: Kind::Seq }) if column == own && is_dash => {
                return self.item(column, start);
            }
            Some(Open { column: own, kind }) if column == own && !is_dash && kind != Kind::Seq => {
                if let Kind::Waiting(colon) = kind {
                    self.absent(colon)?;
                }
                let key = self.text(start)?;
                return self.entry(start, key);
            }
            _ => return Err(Declined),
        }
        match is_dash {
            true => self.list(column, start),
            false => {
                let key = self.text(start)?;
                self.mapping(column, start, key)
            }
        }
    }

    /// Closes the collections that a line at `column` does not go on.
    fn close_to(&mut self, column: usize, is_dash: bool) -> Scan {
        while let Some(top) = self.open.last() {
            // A list that is not indented below its key ends with the next key.
            let ends = top.column == column && top.kind == Kind::Seq && !is_dash;
            if top.column <= column && !ends {
                break;
            }
            self.close()?;
        }
        Ok(())
    }

    fn open(&mut self, column: usize, kind: Kind) -> Scan {
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(Declined);
        }
        // What was waited for is here.
        if let Some(Open { kind: kind @ Kind::Waiting(_), .. }) = self.open.last_mut() {
            *kind = Kind::Map;
        }
        self.open.push(Open { column, kind });
        Ok(())
    }

    /// Closes the innermost collection.
    fn close(&mut self) -> Scan {
        match self.open.pop().map(|open| open.kind) {
            None => return Err(Declined),
            Some(Kind::Seq) => self.builder.end_seq()?,
            Some(Kind::Map) => self.builder.end_map()?,
            Some(Kind::Waiting(colon)) => {
                self.absent(colon)?;
                self.builder.end_map()?;
            }
        }
        Ok(())
    }

    /// The value of a key that has none.
    fn absent(&mut self, colon: usize) -> Scan {
        Ok(self.builder.scalar("", Style::Plain, colon, Properties::default())?)
    }

    fn list(&mut self, column: usize, dash: usize) -> Scan {
        self.open(column, Kind::Seq)?;
        self.builder.start_seq(dash, Properties::default())?;
        self.item(column, dash)
    }

    fn mapping(&mut self, column: usize, start: usize, key: Text<'t>) -> Scan {
        self.open(column, Kind::Map)?;
        self.builder.start_map(start, Properties::default())?;
        self.entry(start, key)
    }

    /// What follows a dash at `column`.
    fn item(&mut self, column: usize, dash: usize) -> Scan {
        let start = self.skip_spaces(dash + 1);
        let inner = column + (start - dash);
        match self.byte(start) {
            None | Some(b'\n' | b'#') => Err(Declined),
            Some(b'-') if self.is_blank(start + 1) => self.list(inner, start),
            Some(b'|' | b'>') => self.block(start, column),
            Some(b'{' | b'[') => self.flow(start),
            Some(_) => {
                let text = self.text(start)?;
                if text.is_key { self.mapping(inner, start, text) } else { self.value(start, text) }
            }
        }
    }

    /// A key and what follows its colon, in the innermost mapping.
    fn entry(&mut self, start: usize, key: Text<'t>) -> Scan {
        if !key.is_key || key.end - start > LONGEST_KEY {
            return Err(Declined);
        }
        self.builder.scalar(&key.text, key.style, start, Properties::default())?;
        let start = self.skip_spaces(key.end);
        let is_empty = matches!(self.byte(start), None | Some(b'\n' | b'#'));
        let Some(Open { column, kind }) = self.open.last_mut() else { return Err(Declined) };
        let column = *column;
        *kind = if is_empty { Kind::Waiting(key.end - 1) } else { Kind::Map };
        if is_empty {
            self.line = self.rest_is_empty(key.end)?;
            return Ok(());
        }
        match self.byte(start) {
            Some(b'|' | b'>') => self.block(start, column),
            Some(b'{' | b'[') => self.flow(start),
            _ => {
                let text = self.text(start)?;
                self.value(start, text)
            }
        }
    }

    /// A text as a value; nothing follows it on its line.
    fn value(&mut self, start: usize, text: Text<'t>) -> Scan {
        if text.is_key {
            return Err(Declined);
        }
        let Text { mut text, style, mut end, .. } = text;
        self.line = self.rest_is_empty(end)?;
        // A plain text goes on in further indented lines, unless a comment ends it.
        while style == Style::Plain
            && self.is_end(self.skip_spaces(end))
            && let Some(next) = self.further(self.line)?
        {
            let line = self.plain(next)?;
            if line.is_key {
                return Err(Declined);
            }
            text.to_mut().push(' ');
            text.to_mut().push_str(&line.text);
            end = line.end;
            self.line = self.rest_is_empty(end)?;
        }
        Ok(self.builder.scalar(&text, style, start, Properties::default())?)
    }

    /// `{}`, or a list in brackets on one line, of words and quoted texts.
    fn flow(&mut self, start: usize) -> Scan {
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(Declined);
        }
        if self.bytes.get(start..).is_some_and(|rest| rest.starts_with(b"{}")) {
            self.line = self.rest_is_empty(start + 2)?;
            self.builder.start_map(start, Properties::default())?;
            return Ok(self.builder.end_map()?);
        }
        if self.byte(start) != Some(b'[') {
            return Err(Declined);
        }
        self.builder.start_seq(start, Properties::default())?;
        let mut at = self.skip_spaces(start + 1);
        while self.byte(at) != Some(b']') {
            let item = self.flow_text(at)?;
            self.builder.scalar(&item.text, item.style, at, Properties::default())?;
            at = self.skip_spaces(item.end);
            if self.byte(at) == Some(b',') {
                at = self.skip_spaces(at + 1);
            } else if self.byte(at) != Some(b']') {
                return Err(Declined);
            }
        }
        self.line = self.rest_is_empty(at + 1)?;
        Ok(self.builder.end_seq()?)
    }
}
