//! The line breaks that YAML 1.1 has and YAML 1.2 has not: U+0085, U+2028 and U+2029.
//!
//! Kustomize's readers break lines there, and the parser does not. For the parser each becomes a
//! newline, with spaces before it so that offsets stay what they are; a scalar that holds one is
//! then read again from the text as it was, by the rules of go-yaml: U+0085 is a newline there, and
//! the other two fold into no space.
//!
//! A byte order mark inside of a text is one more character that the parser refuses and kustomize
//! takes: as nothing at the start of a document, as a letter elsewhere.

use std::borrow::Cow;

use granit_parser::ScalarStyle;

use super::syntax::characters;

const MARK: char = '\u{FEFF}';

fn is_special(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | MARK)
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether a text holds what this is about.
pub(super) fn is_odd(text: &str) -> bool {
    characters(text, |byte| matches!(byte, 0xC2 | 0xE2 | 0xEF)).any(|(_, c)| is_special(c))
}

/// The text as the parser can read it, of as many bytes; `None` when it can read it as it is.
pub(super) fn adapted(text: &str) -> Option<String> {
    if !is_odd(text) {
        return None;
    }
    // A letter that the text does not hold, of three bytes like the mark.
    let letter = ('\u{E000}'..'\u{F8FF}').find(|letter| !text.contains(*letter))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{85}' => out.push_str(" \n"),
            '\u{2028}' | '\u{2029}' => out.push_str("  \n"),
            MARK if starts_document(&out) => {
                out.pop();
                out.push_str("   \n");
            }
            MARK => out.push(letter),
            c => out.push(c),
        }
    }
    Some(out)
}

/// Whether the line that has just ended is one that separates documents.
fn starts_document(before: &str) -> bool {
    let line = before.strip_suffix('\n').map(|before| before.rsplit('\n').next().unwrap_or_default());
    line.is_some_and(|line| line.starts_with("---"))
}

/// The value of a scalar that holds one of these characters; `None` when the parser's is right.
/// The places are the end of what came before it, its start, and its end.
pub(super) fn value(text: &str, [after, start, end]: [usize; 3], style: ScalarStyle) -> Option<String> {
    let whole = text.get(start..end)?;
    match style {
        ScalarStyle::Plain => is_odd(whole).then(|| flow(whole, None)).flatten(),
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let quote = whole.chars().next()?;
            let inner = whole.strip_prefix(quote)?.strip_suffix(quote)?;
            is_odd(whole).then(|| flow(inner, Some(quote))).flatten()
        }
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let (header, from, indent) = header(text, [after, start])?;
            let lines = text.get(from..end)?;
            is_odd(lines).then(|| block(lines, indent, style == ScalarStyle::Literal, header)).flatten()
        }
    }
}

/// The header of the block whose text begins at `start`, where its line ends, and how far the text
/// is indented. A block without text begins at its header.
pub(super) fn header(text: &str, [after, start]: [usize; 2]) -> Option<(&str, usize, usize)> {
    // What starts a document without a marker ends nowhere in particular.
    let after = if after < start { after } else { 0 };
    let before = text.get(after..start)?;
    let head = before.trim_end_matches(|c| is_blank(c) || is_break(c));
    let line = head.rsplit(is_break).next()?;
    let word = |line: &'_ str| line.find(['|', '>']).map(|at| at + 1);
    if let Some(at) = word(line) {
        let header = line.get(at..)?.split(is_blank).next()?;
        let indentation = text.get(..start)?.rsplit(is_break).next()?;
        let indent = indentation.bytes().all(|byte| byte == b' ').then_some(indentation.len())?;
        return Some((header, after + head.len(), indent));
    }
    let line = text.get(start..)?.split(is_break).next()?;
    let header = line.get(word(line)?..)?.split(is_blank).next()?;
    Some((header, start + line.len(), usize::MAX))
}

/// Takes the line break that `rest` begins with.
fn take_break<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let first = rest.chars().next().filter(|c| is_break(*c))?;
    let length = if rest.starts_with("\r\n") { 2 } else { first.len_utf8() };
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(if matches!(first, '\u{2028}' | '\u{2029}') { taken } else { "\n" })
}

/// What stands between two runs of characters in a plain or quoted text.
#[derive(Default)]
struct Between<'t> {
    blanks: String,
    first: Option<&'t str>,
    more: String,
}

impl<'t> Between<'t> {
    fn push_break(&mut self, line_break: &'t str) {
        match self.first {
            None => self.first = Some(line_break),
            Some(_) => self.more.push_str(line_break),
        }
    }

    fn fold_into(&mut self, out: &mut String) {
        let Self { blanks, first, more } = std::mem::take(self);
        match first {
            None => out.push_str(&blanks),
            Some("\n") if more.is_empty() => out.push(' '),
            Some("\n") => out.push_str(&more),
            Some(first) => {
                out.push_str(first);
                out.push_str(&more);
            }
        }
    }
}

/// A plain text, or the inside of a quoted one.
fn flow(text: &str, quote: Option<char>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut between = Between::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(line_break) = take_break(&mut rest) {
            between.push_break(line_break);
            continue;
        }
        rest = rest.get(c.len_utf8()..)?;
        if is_blank(c) {
            if between.first.is_none() {
                between.blanks.push(c);
            }
            continue;
        }
        between.fold_into(&mut out);
        match (quote, c) {
            (Some('\''), '\'') => {
                rest = rest.strip_prefix('\'')?;
                out.push('\'');
            }
            // The break goes, and the blanks of the next line with it.
            (Some('"'), '\\') if take_break(&mut rest).is_some() => between.first = Some(""),
            (Some('"'), '\\') => out.push(escaped(&mut rest)?),
            _ => out.push(c),
        }
    }
    if quote.is_some() {
        between.fold_into(&mut out);
    }
    Some(out)
}

/// The character for which an escape stands, whose backslash is read.
fn escaped(rest: &mut &str) -> Option<char> {
    let letter = rest.chars().next()?;
    *rest = rest.get(letter.len_utf8()..)?;
    let digits = match letter {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let (code, after) = rest.split_at_checked(digits)?;
        *rest = after;
        return char::from_u32(u32::from_str_radix(code, 16).ok()?);
    }
    Some(match letter {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{B}',
        'f' => '\u{C}',
        'r' => '\r',
        'e' => '\u{1B}',
        ' ' | '"' | '\'' | '/' | '\\' => letter,
        'N' => '\u{85}',
        '_' => '\u{A0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

/// A literal or folded block: its lines from the end of the header on.
fn block(lines: &str, indent: usize, literal: bool, header: &str) -> Option<String> {
    let mut out = String::with_capacity(lines.len());
    let mut rest = lines.trim_start_matches(is_blank);
    take_break(&mut rest)?;
    let mut more = breaks(&mut rest, indent);
    let mut leading: Cow<'_, str> = "".into();
    let mut was_blank = false;
    while let Some(first) = rest.chars().next() {
        let folds = !literal && !was_blank && !is_blank(first) && leading == "\n";
        match folds {
            true if more.is_empty() => out.push(' '),
            true => {}
            false => out.push_str(&leading),
        }
        out.push_str(&more);
        was_blank = is_blank(first);
        let end = rest.find(is_break).unwrap_or(rest.len());
        let (line, after) = rest.split_at_checked(end)?;
        out.push_str(line);
        rest = after;
        leading = take_break(&mut rest).unwrap_or_default().into();
        more = breaks(&mut rest, indent);
    }
    if !header.contains('-') {
        out.push_str(&leading);
    }
    if header.contains('+') {
        out.push_str(&more);
    }
    Some(out)
}

/// Takes the line breaks of empty lines, and the indentation of the line behind them.
fn breaks(rest: &mut &str, indent: usize) -> String {
    let mut found = String::new();
    loop {
        let spaces = rest.bytes().take(indent).take_while(|byte| *byte == b' ').count();
        *rest = rest.get(spaces..).unwrap_or_default();
        match take_break(rest) {
            Some(line_break) => found.push_str(line_break),
            None => return found,
        }
    }
}
