//! Texts: plain, in quotes, and in blocks.

use std::borrow::Cow;

use super::{Declined, Scan, Scanner};
use crate::load::yaml::builder::Properties;
use crate::load::yaml::scalar::Style;

/// A plain or quoted text.
pub(super) struct Text<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) style: Style,
    /// Where the text ends, and its colon when it is a key.
    pub(super) end: usize,
    pub(super) is_key: bool,
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

impl<'t> Scanner<'t, '_, '_> {
    /// A text in brackets.
    pub(super) fn flow_text(&self, start: usize) -> Scan<Text<'t>> {
        let is_word = |byte: &u8| class(*byte) == Class::Plain || *byte == b'-';
        let rest = self.bytes.get(start..).unwrap_or_default();
        let text = match rest.first() {
            Some(quote @ (b'"' | b'\'')) => self.quoted(start, *quote)?,
            Some(byte) if class(*byte) == Class::Plain || (*byte == b'-' && rest.get(1).is_some_and(is_word)) => {
                let end = start + rest.iter().take_while(|byte| is_word(byte)).count();
                let text = self.text.get(start..end).ok_or(Declined)?;
                Text { text: text.into(), style: Style::Plain, end, is_key: false }
            }
            _ => return Err(Declined),
        };
        let is_whole = !text.is_key && self.bytes.get(start..text.end).is_some_and(|text| !text.contains(&b'\n'));
        if is_whole { Ok(text) } else { Err(Declined) }
    }

    /// The text that starts at `start`, to the end of its line or to its colon.
    pub(super) fn text(&self, start: usize) -> Scan<Text<'t>> {
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

    pub(super) fn plain(&self, start: usize) -> Scan<Text<'t>> {
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

    /// A text in quotes, which may go on in further indented lines.
    fn quoted(&self, start: usize, quote: u8) -> Scan<Text<'t>> {
        // What is read already, where it is not simply what is written.
        let mut read = String::new();
        let (mut from, mut at) = (start + 1, start + 1);
        let mut one_line = true;
        loop {
            let written = || self.text.get(from..at).ok_or(Declined);
            let next = match (self.byte(at).ok_or(Declined)?, self.byte(at + 1)) {
                (b'\'', Some(b'\'')) | (b'\\', Some(b'"' | b'\\'))
                    if (self.byte(at) == Some(b'\'')) == (quote == b'\'') =>
                {
                    read.push_str(written()?);
                    at += 1;
                    at + 1
                }
                (b'\\', Some(b'n')) if quote == b'"' => {
                    read.push_str(written()?);
                    read.push('\n');
                    at += 2;
                    at
                }
                (b'\\', _) if quote == b'"' => return Err(Declined),
                (byte, _) if byte == quote => break,
                (b'\n', _) => {
                    one_line = false;
                    read.push_str(written()?.trim_end_matches(' '));
                    read.push(' ');
                    at = self.further(at + 1)?.ok_or(Declined)?;
                    at
                }
                (b'\t' | 0xEF, _) => return Err(Declined),
                _ => {
                    at += 1;
                    continue;
                }
            };
            (from, at) = (at, next);
        }
        let last = self.text.get(from..at).ok_or(Declined)?;
        let text = if from == start + 1 { Cow::Borrowed(last) } else { Cow::Owned(read + last) };
        let is_key = self.byte(at + 1) == Some(b':') && self.is_blank(at + 2);
        if is_key && !one_line {
            return Err(Declined);
        }
        Ok(Text { text, style: Style::Quoted, end: at + 1 + usize::from(is_key), is_key })
    }

    /// Where the text of the line that starts at `line` begins, when it is further indented than
    /// the open collection.
    pub(super) fn further(&self, line: usize) -> Scan<Option<usize>> {
        let start = self.skip_spaces(line);
        let column = self.open.last().ok_or(Declined)?.column;
        let is_text = !matches!(self.byte(start), None | Some(b'\n' | b'#'));
        Ok((is_text && start - line > column).then_some(start))
    }

    /// A literal or folded block below a collection at `column`; a folded one only when it has no
    /// further indented lines.
    pub(super) fn block(&mut self, start: usize, column: usize) -> Scan {
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
            if folded && line.starts_with([' ', '\t']) {
                return Err(Declined);
            }
            if folded && content.pop().is_some() && blank == 0 {
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
        let style = if folded { Style::Folded } else { Style::Quoted };
        Ok(self.builder.scalar(&content, style, at, Properties::default())?)
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
        let rest = self.bytes.get(start..).unwrap_or_default();
        let at = start + rest.iter().take(indent).take_while(|byte| **byte == b' ').count();
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
