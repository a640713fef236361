//! The style of a text: the plainest that reads back as the same text.

use super::{fold, resolve, write_spaces};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Writes a text as a value, or as a key after `? `. `indent` is that of its continuation lines.
/// Only a literal block writes the newline of its last line, and only when the text has one.
pub fn write(text: &str, indent: usize, out: &mut Vec<u8>) {
    let room = fold::has_room(text, out);
    if room && is_surely_plain(text) {
        return out.extend_from_slice(text.as_bytes());
    }
    match style(text) {
        Style::Plain if room => out.extend_from_slice(text.as_bytes()),
        Style::Plain => fold::write_plain(text, indent, out),
        Style::Single => fold::write_single_quoted(text, Some(indent), out),
        Style::Double => fold::write_double_quoted(text, Some(indent), out),
        Style::Literal => write_literal(text, indent, out),
    }
}

/// [`write`], with escapes for the line breaks that only YAML 1.1 has.
pub fn write_for_people(text: &str, indent: usize, out: &mut Vec<u8>) {
    match text.contains(['\u{2028}', '\u{2029}']) {
        true => fold::write_double_quoted(text, Some(indent), out),
        false => write(text, indent, out),
    }
}

/// Writes a key that stands before its colon: without line breaks, never folded.
pub fn write_simple_key(key: &str, out: &mut Vec<u8>) {
    match style(key) {
        Style::Plain => out.extend_from_slice(key.as_bytes()),
        Style::Single => fold::write_single_quoted(key, None, out),
        Style::Double | Style::Literal => fold::write_double_quoted(key, None, out),
    }
}

/// Whether a text holds what YAML 1.1 takes for a line break.
pub fn has_break(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, b'\n' | b'\r' | 0xC2 | 0xE2)) && text.chars().any(is_break)
}

/// A quick look that knows most texts of manifests to be plain; `false` means to look closer.
pub fn is_surely_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let starts_well = match first {
        // A word of YAML 1.1, such as `on`, begins with one of these and is no longer than `false`.
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => bytes.len() > 5,
        b'0'..=b'9' => !resolve::is_other_than_text(text),
        first => first.is_ascii_alphabetic() || matches!(first, b'/' | b'_' | b'$' | b'(' | b'\\' | b'^'),
    };
    starts_well && has_only_plain_bytes(bytes)
}

/// What a byte after the first means for a plain text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Always fine.
    Plain,
    /// Fine or not by its neighbours: space, colon, number sign.
    Context,
    /// To be looked at closer: control characters and everything beyond ASCII.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        classes[byte as usize] = Class::Plain;
        byte += 1;
    }
    classes[b' ' as usize] = Class::Context;
    classes[b':' as usize] = Class::Context;
    classes[b'#' as usize] = Class::Context;
    classes
};

fn has_only_plain_bytes(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match CLASSES[usize::from(*byte)] {
        Class::Plain => true,
        Class::Other => false,
        Class::Context => match byte {
            b':' => !matches!(bytes.get(at + 1), None | Some(b' ')),
            b' ' => !matches!(bytes.get(at + 1), None | Some(b'#')),
            _ => true,
        },
    })
}

fn style(text: &str) -> Style {
    let shape = Shape::of(text);
    if text.contains('\n') {
        let double = shape.unprintable || shape.space_before_break || text.ends_with(' ');
        return if double { Style::Double } else { Style::Literal };
    }
    let unquotable = shape.unprintable || shape.space_before_break || shape.break_before_space;
    if unquotable || resolve::is_other_than_text(text) {
        Style::Double
    } else if shape.breaks || text.starts_with(' ') || text.ends_with(' ') || has_indicators(text) {
        Style::Single
    } else {
        Style::Plain
    }
}

/// What in a text rules styles out.
#[derive(Default)]
struct Shape {
    unprintable: bool,
    breaks: bool,
    space_before_break: bool,
    break_before_space: bool,
}

impl Shape {
    fn of(text: &str) -> Self {
        let mut shape = Self::default();
        let (mut after_space, mut after_break) = (false, false);
        for c in text.chars() {
            if ('!'..='~').contains(&c) {
                (after_space, after_break) = (false, false);
                continue;
            }
            let (space, line_break) = (c == ' ', is_break(c));
            shape.unprintable |= !is_printable(c);
            shape.breaks |= line_break;
            shape.space_before_break |= after_space && line_break;
            shape.break_before_space |= after_break && space;
            (after_space, after_break) = (space, line_break);
        }
        shape
    }
}

/// The line breaks of YAML 1.1.
pub fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What go-yaml prints as it is: no tab, no byte order mark, nothing of four bytes.
pub fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

/// Whether something in the text would mean more than itself outside quotes in block context.
fn has_indicators(text: &str) -> bool {
    let bytes = text.as_bytes();
    let blank = |at: usize| matches!(bytes.get(at), None | Some(b' ' | b'\t'));
    let starts_badly = match bytes.first() {
        Some(
            b'#' | b',' | b'[' | b']' | b'{' | b'}' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`',
        ) => true,
        Some(b'?' | b'-') => blank(1),
        _ => false,
    };
    starts_badly
        || text.starts_with("---")
        || text.starts_with("...")
        || (0..bytes.len()).any(|at| match bytes[at] {
            b':' => blank(at + 1),
            b'#' => at > 0 && blank(at - 1),
            _ => false,
        })
}

fn write_literal(text: &str, indent: usize, out: &mut Vec<u8>) {
    out.push(b'|');
    if text.starts_with(' ') || text.starts_with(is_break) {
        out.push(b'2');
    }
    let mut backwards = text.chars().rev();
    if !backwards.next().is_some_and(is_break) {
        out.push(b'-');
    } else if backwards.next().is_none_or(is_break) {
        out.push(b'+');
    }
    out.push(b'\n');
    let exotic = text.contains(['\u{2028}', '\u{2029}']);
    for line in text.split_inclusive('\n') {
        if exotic {
            write_exotic_line(line, indent, out);
        } else {
            write_spaces(if line == "\n" { 0 } else { indent }, out);
            out.extend_from_slice(line.as_bytes());
        }
    }
}

/// A line with U+2028 or U+2029: each is a line break to YAML 1.1, so what follows is indented.
fn write_exotic_line(line: &str, indent: usize, out: &mut Vec<u8>) {
    for part in line.split_inclusive(is_break) {
        write_spaces(if part.starts_with(is_break) { 0 } else { indent }, out);
        out.extend_from_slice(part.as_bytes());
    }
}
