//! What kustomize's way through text makes of a folded block (`>`).
//!
//! Kustomize writes every resource out as YAML, each scalar in the style in which it was written,
//! and reads that again. Its writer of folded blocks adds a line break where it must not: before a
//! line that is indented more, and at an end that keeps its line breaks.

use ecow::EcoString;

/// The text that is left of a folded block after it was written and read again; `None` when it
/// stays as it is.
pub(super) fn refolded(text: &str) -> Option<EcoString> {
    if !text.contains('\n') || !is_written_folded(text) {
        return None;
    }
    let read = read(&written(text), text.ends_with("\n\n"), text.ends_with('\n'));
    (read != text).then_some(read)
}

/// Whether the writer keeps the style: for these texts it takes double quotes instead.
fn is_written_folded(text: &str) -> bool {
    let unprintable = |c: char| c.is_control() && c != '\n' && c != '\t';
    let wide = |c: char| matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') || c > '\u{ffff}';
    !text.ends_with(' ') && !text.contains(" \n") && !text.contains(|c| unprintable(c) || wide(c))
}

fn is_blank(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

/// The lines of the block as the writer makes them.
fn written(text: &str) -> String {
    // It looks at the start of the text where it means the start of the next line.
    let doubles = !is_blank(text.trim_start_matches('\n'));
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        out.push_str(line);
        if doubles && line.len() > 1 && line.ends_with('\n') && !is_blank(line) {
            out.push('\n');
        }
    }
    out
}

/// What a reader makes of the lines of a block: `keeps` of all line breaks at the end, `ends` of
/// one.
fn read(lines: &str, keeps: bool, ends: bool) -> EcoString {
    let mut out = EcoString::with_capacity(lines.len());
    let mut breaks = 0;
    // Whether there was a line, and whether it was indented more.
    let mut before = None;
    for line in lines.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        if !content.is_empty() {
            let folds = before == Some(false) && !is_blank(content);
            match breaks {
                1 if folds => out.push(' '),
                _ => (0..breaks - usize::from(folds && breaks > 0)).for_each(|_| out.push('\n')),
            }
            out.push_str(content);
            before = Some(is_blank(content));
            breaks = 0;
        }
        breaks += usize::from(line.ends_with('\n'));
    }
    let kept = if keeps { breaks } else { breaks.min(usize::from(ends)) };
    (0..kept).for_each(|_| out.push('\n'));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_block_grows_before_lines_that_are_indented_more() {
        for (text, expected) in [
            ("a\n b\nc\n", "a\n\n b\nc\n"),
            ("a\n\n b", "a\n\n\n b"),
            ("a\n\tb\n", "a\n\n\tb\n"),
            ("\na\n b", "\na\n\n b"),
            ("a\n\n", "a\n\n\n"),
        ] {
            assert_eq!(refolded(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn other_folded_blocks_stay_as_they_are() {
        for text in ["a", "a\n", "a\nb\n\nc\n", " a\n b\n", "a \n b\n", "a\u{7}\n b\n", "a\u{1f600}\n b\n", ""] {
            assert_eq!(refolded(text), None, "{text:?}");
        }
    }
}
