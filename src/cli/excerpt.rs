//! The piece of a source line that a label points at: where its token ends, cut to what a reader
//! can take in, and with nothing in it that a terminal would obey.

use std::ops::Range;

/// Columns of a line that are shown around a label.
const COLUMNS: usize = 200;
/// Columns that are kept before the label when a line is cut.
const BEFORE: usize = 60;

/// One line, ready to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// The text: no control characters, at most about 200 columns.
    pub text: String,
    /// The bytes of `text` that the label means; empty at the end of a line.
    pub span: Range<usize>,
}

/// The line of `text` that holds byte `offset`, without its line break.
pub(super) fn line_at(text: &str, offset: usize) -> Range<usize> {
    let offset = floor(text, offset);
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    start..end.max(start)
}

/// Where the token that starts at byte `start` of `line` ends: a quoted or plain scalar, a key,
/// an anchor, alias or tag, else one character. Never past the line.
pub(super) fn token_end(line: &str, start: usize) -> usize {
    let start = floor(line, start);
    let rest = &line[start..];
    let Some(first) = rest.chars().next() else { return start };
    let next = rest[first.len_utf8()..].chars().next();
    let alone = next.is_none_or(char::is_whitespace);
    let length = match first {
        '"' => double_quoted(rest),
        '\'' => single_quoted(rest),
        '{' | '}' | '[' | ']' | ',' | '#' => 1,
        '-' | '?' | ':' if alone => 1,
        '&' | '*' | '!' | '|' | '>' => word(rest),
        _ if first.is_whitespace() => first.len_utf8(),
        _ => plain(rest, inside_flow(&line[..start])),
    };
    start + length
}

fn double_quoted(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.trim_end().len()
}

fn single_quoted(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut index = 1;
    while index < bytes.len() {
        match (bytes[index], bytes.get(index + 1)) {
            (b'\'', Some(b'\'')) => index += 2,
            (b'\'', _) => return index + 1,
            _ => index += 1,
        }
    }
    text.trim_end().len()
}

fn word(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}')).unwrap_or(text.len())
}

/// A plain scalar ends at `: `, at ` #`, and in a flow collection at `,`, `]` and `}`
/// (YAML 1.2.2, 7.3.3).
fn plain(text: &str, flow: bool) -> usize {
    let mut before = ' ';
    for (index, c) in text.char_indices() {
        let ends = match c {
            ':' => text[index + 1..].chars().next().is_none_or(|next| next.is_whitespace() || (flow && next == ',')),
            '#' => index > 0 && before.is_whitespace(),
            ',' | '[' | ']' | '{' | '}' => flow,
            _ => false,
        };
        if ends && index > 0 {
            return text[..index].trim_end().len();
        }
        before = c;
    }
    text.trim_end().len().max(1)
}

/// Whether more flow collections were opened on the line than closed.
fn inside_flow(before: &str) -> bool {
    let count = |brackets: [u8; 2]| before.bytes().filter(|byte| brackets.contains(byte)).count();
    count([b'{', b'[']) > count([b'}', b']'])
}

/// Cuts `line` to the surroundings of `span` and makes what is left safe to print.
pub(super) fn excerpt(line: &str, span: Range<usize>) -> Excerpt {
    let start = floor(line, span.start);
    let end = floor(line, span.end.max(span.start));
    let from = back(line, start, BEFORE);
    // A line that fits from its start is shown from its start.
    let from = if forward(line, 0, COLUMNS) == line.len() { 0 } else { from };
    let to = forward(line, from, COLUMNS);
    let end = end.min(to).max(start);
    let mut text = String::from(if from > 0 { "…" } else { "" });
    escape_onto(&line[from..start], &mut text);
    let shown_start = text.len();
    escape_onto(&line[start..end], &mut text);
    let shown_end = text.len();
    escape_onto(&line[end..to.max(end)], &mut text);
    text.push_str(if to < line.len() { "…" } else { "" });
    Excerpt { text, span: shown_start..shown_end }
}

/// `text` with everything visible that a terminal would obey or hide: control characters, escape
/// sequences, marks that change the direction of writing, characters without width.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    escape_onto(text, &mut escaped);
    escaped
}

/// [`escape`], but line breaks stay.
pub(super) fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

fn escape_onto(text: &str, onto: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => onto.push_str("    "),
            '\n' => onto.push_str("\\n"),
            '\r' => onto.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}' => onto.push_str(&format!("\\x{:02x}", u32::from(c))),
            _ if is_hidden(c) => onto.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            _ => onto.push(c),
        }
    }
}

fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{10fffd}')
}

/// The nearest start of a character at or before `offset`.
pub(super) fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The byte `count` characters before `offset`, or 0.
fn back(text: &str, offset: usize, count: usize) -> usize {
    text[..offset].char_indices().rev().nth(count.saturating_sub(1)).map_or(0, |(index, _)| index)
}

/// The byte `count` characters after `offset`, or the end.
fn forward(text: &str, offset: usize, count: usize) -> usize {
    text[offset..].char_indices().nth(count).map_or(text.len(), |(index, _)| offset + index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn token(line: &str, expected: &str) {
        let start = line.find('^').unwrap();
        let line = line.replacen('^', "", 1);
        assert_eq!(&line[start..token_end(&line, start)], expected, "{line}");
    }

    #[test]
    fn a_label_covers_the_token_that_starts_there() {
        token("^replicas: 3", "replicas");
        token("replicas: ^3 # a comment", "3");
        token("image: ^ghcr.io/a/b:v1", "ghcr.io/a/b:v1");
        token("a: ^two words  ", "two words");
        token(r#"a: ^"x \" y" # z"#, r#""x \" y""#);
        token("a: ^'it''s' # z", "'it''s'");
        token("a: ^\"open", "\"open");
        token("{a: ^b, c: d}", "b");
        token("{^a: b}", "a");
        token("[^a, b]", "a");
        token("a: ^[x, y]", "[");
        token("^- x", "-");
        token("a: ^-1", "-1");
        token("a: ^|-", "|-");
        token("a: ^&x y", "&x");
        token("a: b^", "");
        token("é: ^ü ", "ü");
    }

    #[test]
    fn a_long_line_is_cut_around_the_label() {
        let line = format!("{}MARK{}", "x".repeat(500_000), "y".repeat(500_000));
        let shown = excerpt(&line, 500_000..500_004);
        assert_eq!(&shown.text[shown.span.clone()], "MARK");
        assert!(shown.text.starts_with("…x") && shown.text.ends_with("y…"));
        assert!(shown.text.chars().count() <= 202);
        let shown = excerpt(&line, 0..line.len());
        assert!(shown.text.chars().count() <= 202);
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let shown = excerpt("a\u{1b}[31mb\u{202e}c\u{7}", 2..2);
        assert_eq!(shown.text, "a\\x1b[31mb\\u{202e}c\\x07");
        assert_eq!(escape("x\ny\u{9b}"), "x\\ny\\u{9b}");
    }

    #[test]
    fn offsets_inside_characters_and_past_the_end_are_harmless() {
        let line = "äöü";
        for start in 0..10 {
            for end in start..10 {
                excerpt(line, start..end);
            }
            token_end(line, start);
            line_at(line, start);
        }
    }
}
