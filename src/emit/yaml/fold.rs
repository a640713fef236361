//! Plain and quoted text, folded where a line is longer than 80 columns.
//!
//! A line breaks at the first lone space past the limit and goes on one level deeper. A column is
//! one character. An `indent` of `None` means not to fold: keys.

use super::scalar::{is_break, is_printable};
use super::write_spaces;

/// The last column that a space may have without becoming a line break.
const WIDTH: usize = 80;

/// Whether the text certainly ends before the limit, so that it need not be looked at: a byte is
/// at least as much as a column.
pub fn has_room(text: &str, out: &[u8]) -> bool {
    if text.len() > WIDTH {
        return !text.as_bytes().contains(&b' ');
    }
    let rest = WIDTH - text.len();
    out.len() <= rest || out[out.len() - rest..].contains(&b'\n') || line(out).len() <= rest
}

fn line(out: &[u8]) -> &[u8] {
    let start = out.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &out[start..]
}

fn columns(text: &[u8]) -> usize {
    text.iter().filter(|byte| *byte & 0xC0 != 0x80).count()
}

/// The output and the column that it has come to.
struct Line<'a> {
    out: &'a mut Vec<u8>,
    column: usize,
    indent: Option<usize>,
}

impl<'a> Line<'a> {
    fn new(out: &'a mut Vec<u8>, indent: Option<usize>) -> Self {
        let column = columns(line(out));
        Self { out, column, indent }
    }

    fn push(&mut self, text: &str) {
        self.column += columns(text.as_bytes());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn is_full(&self) -> bool {
        self.indent.is_some() && self.column > WIDTH
    }

    fn fold(&mut self) {
        self.out.push(b'\n');
        self.column = 0;
        self.go_to_indent();
    }

    fn go_to_indent(&mut self) {
        let count = self.indent.unwrap_or(0).saturating_sub(self.column);
        write_spaces(count, self.out);
        self.column += count;
    }
}

/// Cuts a text into runs of spaces and runs of anything else.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first_is_space = rest.chars().next()? == ' ';
        let end = rest.find(|c| (c == ' ') != first_is_space).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// Writes a text that may stand without quotes.
pub fn write_plain(text: &str, indent: usize, out: &mut Vec<u8>) {
    let mut line = Line::new(out, Some(indent));
    for run in runs(text) {
        match run == " " && line.is_full() {
            true => line.fold(),
            false => line.push(run),
        }
    }
}

/// Writes a text in single quotes.
pub fn write_single_quoted(text: &str, indent: Option<usize>, out: &mut Vec<u8>) {
    let mut line = Line::new(out, indent);
    line.push("'");
    let mut end = 0;
    for run in runs(text) {
        let at_edge = end == 0 || end + run.len() == text.len();
        end += run.len();
        match run == " " && !at_edge && line.is_full() {
            true => line.fold(),
            false => push_single_quoted(run, &mut line),
        }
    }
    line.push("'");
}

fn push_single_quoted(run: &str, line: &mut Line<'_>) {
    let mut after_break = false;
    for part in run.split_inclusive(|c| c == '\'' || is_break(c)) {
        // U+2028 and U+2029 are all the breaks that come here. They begin a new line in YAML 1.1,
        // whose indentation is not part of the text.
        if after_break && !part.starts_with(is_break) {
            line.go_to_indent();
        }
        line.push(part);
        after_break = part.ends_with(is_break);
        if after_break {
            line.column = 0;
        }
        if part.ends_with('\'') {
            line.push("'");
        }
    }
}

/// Writes a text in double quotes, with escapes for what cannot be printed.
pub fn write_double_quoted(text: &str, indent: Option<usize>, out: &mut Vec<u8>) {
    let mut line = Line::new(out, indent);
    // go-yaml takes every character for a byte order mark when the text begins with one.
    let escape_all = text.starts_with('\u{FEFF}');
    let mut after_space = false;
    line.push("\"");
    for (at, c) in text.char_indices() {
        let at_edge = at == 0 || at + 1 >= text.len();
        if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
            push_escaped(c, &mut line);
            after_space = false;
        } else if c == ' ' && !after_space && !at_edge && line.is_full() {
            line.fold();
            // A backslash keeps a space that would be lost at the start of a line.
            if text.as_bytes().get(at + 1) == Some(&b' ') {
                line.push("\\");
            }
            after_space = true;
        } else {
            line.push(c.encode_utf8(&mut [0; 4]));
            after_space = c == ' ';
        }
    }
    line.push("\"");
}

fn push_escaped(c: char, line: &mut Line<'_>) {
    let short = match c {
        '\0' => "\\0",
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{B}' => "\\v",
        '\u{C}' => "\\f",
        '\r' => "\\r",
        '\u{1B}' => "\\e",
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{85}' => "\\N",
        '\u{A0}' => "\\_",
        '\u{2028}' => "\\L",
        '\u{2029}' => "\\P",
        _ => return push_code_point(c, line),
    };
    line.push(short);
}

fn push_code_point(c: char, line: &mut Line<'_>) {
    let (letter, digits) = match u32::from(c) {
        0..=0xFF => ("\\x", 2),
        0x100..=0xFFFF => ("\\u", 4),
        _ => ("\\U", 8),
    };
    line.push(letter);
    for place in (0..digits).rev() {
        let digit = (u32::from(c) >> (place * 4)) & 0xF;
        let digit = char::from_digit(digit, 16).unwrap_or('0').to_ascii_uppercase();
        line.push(digit.encode_utf8(&mut [0; 4]));
    }
}
