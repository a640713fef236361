//! The block scanner: a fast front end for what most manifests consist of.
//!
//! It takes block mappings and lists, texts on one line (plain, or in quotes without escapes),
//! empty flow collections, comments, and literal and simple folded blocks. Whatever it does not
//! recognize with certainty it declines, be it valid or not: then the parser reads the document
//! from its start. So it never reports an error of syntax, and a new form is added only with the
//! property tests that compare the two (`agreement`).

use std::borrow::Cow;

use super::MAX_DEPTH;
use super::builder::{Builder, Properties, Stop};
use super::scalar::Style;

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

/// A text that stands on one line.
struct Text<'t> {
    text: Cow<'t, str>,
    style: Style,
    /// Where the text ends, and its colon when it is a key.
    end: usize,
    is_key: bool,
}

/// What a byte means inside a plain text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Itself, also as the first byte.
    Plain,
    /// Itself, but not as the first byte.
    Inner,
    /// Depends on its neighbours: space, colon, number sign, and the newline.
    Context,
    /// Nothing that the scanner takes: tabs, and what starts a byte order mark or an odd break.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = b'!' as usize;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => Class::Plain,
            b'_' | b'/' | b'.' | b'$' | b'(' | b')' | b'+' | b'=' | b'^' | b'~' | b';' | b'<' | b'\\' => Class::Plain,
            b':' | b'#' => Class::Context,
            0x7F => Class::Other,
            b'!'..=b'~' => Class::Inner,
            // U+FEFF, a byte order mark, begins with it.
            0xEF => Class::Other,
            _ => Class::Plain,
        };
        byte += 1;
    }
    classes[b' ' as usize] = Class::Context;
    classes[b'\n' as usize] = Class::Context;
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
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
            Some(b'{' | b'[') => self.empty_collection(start),
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
            Some(b'{' | b'[') => self.empty_collection(start),
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
        self.line = self.rest_is_empty(text.end)?;
        Ok(self.builder.scalar(&text.text, text.style, start, Properties::default())?)
    }

    /// `{}` or `[]`.
    fn empty_collection(&mut self, start: usize) -> Scan {
        self.line = self.rest_is_empty(start + 2)?;
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(Declined);
        }
        match self.bytes.get(start..start + 2) {
            Some(b"{}") => {
                self.builder.start_map(start, Properties::default())?;
                self.builder.end_map()?;
            }
            Some(b"[]") => {
                self.builder.start_seq(start, Properties::default())?;
                self.builder.end_seq()?;
            }
            _ => return Err(Declined),
        }
        Ok(())
    }

    /// The text that starts at `start`, to the end of its line or to its colon.
    fn text(&self, start: usize) -> Scan<Text<'t>> {
        match self.byte(start) {
            Some(quote @ (b'"' | b'\'')) => self.quoted(start, quote),
            Some(b'-') if self.byte(start + 1).is_some_and(|byte| class(byte) == Class::Plain || byte == b'-') => {
                self.plain(start)
            }
            // `...` at the start of a line ends a document.
            Some(b'.') if start == self.line => Err(Declined),
            Some(byte) if class(byte) == Class::Plain => self.plain(start),
            _ => Err(Declined),
        }
    }

    fn plain(&self, start: usize) -> Scan<Text<'t>> {
        let (mut at, mut end) = (start, start);
        let (end, is_key) = loop {
            let Some(byte) = self.byte(at) else { break (end, false) };
            match class(byte) {
                Class::Plain | Class::Inner => end = at + 1,
                Class::Context => match byte {
                    b' ' => {}
                    b'\n' => break (end, false),
                    b'#' if end < at => break (end, false),
                    // A space before the colon is rare enough to be left to the parser.
                    b':' if self.is_blank(at + 1) => {
                        if end < at {
                            return Err(Declined);
                        }
                        break (at, true);
                    }
                    _ => end = at + 1,
                },
                Class::Other => return Err(Declined),
            }
            at += 1;
        };
        let text = self.text.get(start..end).ok_or(Declined)?;
        Ok(Text { text: text.into(), style: Style::Plain, end: end + usize::from(is_key), is_key })
    }

    /// A text in quotes that ends on its line and holds no escape but a doubled single quote.
    fn quoted(&self, start: usize, quote: u8) -> Scan<Text<'t>> {
        let mut doubled = false;
        let mut at = start + 1;
        loop {
            match self.byte(at).ok_or(Declined)? {
                byte if byte == quote && quote == b'\'' && self.byte(at + 1) == Some(quote) => {
                    doubled = true;
                    at += 1;
                }
                byte if byte == quote => break,
                b'\\' if quote == b'"' => return Err(Declined),
                b'\n' | 0xEF => return Err(Declined),
                _ => {}
            }
            at += 1;
        }
        let text = self.text.get(start + 1..at).ok_or(Declined)?;
        let text = if doubled { Cow::Owned(text.replace("''", "'")) } else { Cow::Borrowed(text) };
        let is_key = self.byte(at + 1) == Some(b':') && self.is_blank(at + 2);
        Ok(Text { text, style: Style::Quoted, end: at + 1 + usize::from(is_key), is_key })
    }

    /// A literal or folded block below a collection at `column`; a folded one only when it has no
    /// blank and no further indented lines.
    fn block(&mut self, start: usize, column: usize) -> Scan {
        let folded = self.byte(start) == Some(b'>');
        let chomp = self.byte(start + 1).filter(|byte| matches!(byte, b'+' | b'-'));
        self.line = self.rest_is_empty(start + 1 + usize::from(chomp.is_some()))?;
        let (indent, at) = self.block_indent(column)?;
        let mut content = String::new();
        let mut blank = 0;
        while let Some(line) = self.block_line(indent)? {
            if line.is_empty() {
                blank += 1;
                continue;
            }
            if folded && (blank > 0 || line.starts_with([' ', '\t'])) {
                return Err(Declined);
            }
            if folded && content.pop().is_some() {
                content.push(' ');
            }
            (0..blank).for_each(|_| content.push('\n'));
            blank = 0;
            content.push_str(line);
            content.push('\n');
        }
        match chomp {
            Some(b'+') => (0..blank).for_each(|_| content.push('\n')),
            Some(_) => _ = content.pop(),
            None => {}
        }
        Ok(self.builder.scalar(&content, Style::Quoted, at, Properties::default())?)
    }

    /// The indentation of a block whose header is read, and where its first text starts.
    fn block_indent(&self, column: usize) -> Scan<(usize, usize)> {
        let (mut line, mut longest) = (self.line, 0);
        loop {
            let start = self.skip_spaces(line);
            let indent = start - line;
            match self.byte(start) {
                None | Some(b'\t') => return Err(Declined),
                Some(b'\n') => (line, longest) = (start + 1, longest.max(indent)),
                Some(_) if indent > column && longest <= indent => return Ok((indent, start)),
                Some(_) => return Err(Declined),
            }
        }
    }

    /// The next line of a block without its indentation; `None` behind its end.
    fn block_line(&mut self, indent: usize) -> Scan<Option<&'t str>> {
        let start = self.line;
        let rest = self.bytes.get(start..start + indent).unwrap_or_default();
        let at = start + rest.iter().take_while(|byte| **byte == b' ').count();
        match self.byte(at) {
            None if at == start => Ok(None),
            None | Some(b'\t') => Err(Declined),
            Some(b'\n') => {
                self.line = at + 1;
                Ok(Some(""))
            }
            Some(_) if at - start == indent => {
                let rest = self.text.get(at..).ok_or(Declined)?;
                let line = rest.get(..rest.find('\n').ok_or(Declined)?).ok_or(Declined)?;
                self.line = at + line.len() + 1;
                Ok(Some(line))
            }
            Some(_) => Ok(None),
        }
    }
}
