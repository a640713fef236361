//! Edits of files that people write: a scalar takes the place of another, byte for byte, so that
//! comments, order and quotes stay as they are.

use super::excerpt;

/// `text` with `value` in place of the scalar at byte `start`, which must be `old` now; in the
/// same quotes. `None` when something else is there, such as a block scalar or an alias.
pub(super) fn replace_scalar(text: &str, start: usize, old: &str, value: &str) -> Option<String> {
    let line = excerpt::line_at(text, start);
    let end = line.start + excerpt::token_end(&text[line.clone()], start.checked_sub(line.start)?);
    let quote = ["\"", "'"].into_iter().find(|quote| text[start..].starts_with(quote)).unwrap_or("");
    let same = text.get(start..end)?.trim_end() == format!("{quote}{old}{quote}");
    let end = start + old.len() + 2 * quote.len();
    same.then(|| format!("{}{quote}{value}{quote}{}", &text[..start], &text[end..]))
}

/// `text` with the entry `line` before the first entry of its top mapping, which begins at byte
/// `first`. `None` when that is no mapping with an entry a line.
pub(super) fn insert_before_first(text: &str, first: usize, line: &str) -> Option<String> {
    let starts_a_line = text.get(..first)?.is_empty() || text[..first].ends_with('\n');
    let is_block = !text[first..].starts_with(['{', '?', '&', '!']);
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    (starts_a_line && is_block).then(|| format!("{}{line}{end}{}", &text[..first], &text[first..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_keeps_its_quotes_and_all_around_it() {
        for (text, expected) in [
            ("# c\nedition: 2026.1   # why\nx: 1\n", "# c\nedition: 2026.2   # why\nx: 1\n"),
            ("edition: \"2026.1\"\r\n", "edition: \"2026.2\"\r\n"),
            ("{edition: '2026.1', x: 1}", "{edition: '2026.2', x: 1}"),
            ("{edition: 2026.1}", "{edition: 2026.2}"),
            ("edition: 2026.1", "edition: 2026.2"),
        ] {
            let start = text.find(": ").unwrap() + 2;
            assert_eq!(replace_scalar(text, start, "2026.1", "2026.2").as_deref(), Some(expected));
        }
        for text in ["edition: |\n  2026.1\n", "edition: *e\n", "edition: !!str 2026.1\n", "edition: 2026.10\n"] {
            assert_eq!(replace_scalar(text, 9, "2026.1", "2026.2"), None, "{text}");
        }
    }

    #[test]
    fn a_new_entry_comes_before_the_first_one() {
        let insert = |text: &str, first| insert_before_first(text, first, "edition: \"2026.1\"");
        assert_eq!(insert("# c\na: 1\n", 4).as_deref(), Some("# c\nedition: \"2026.1\"\na: 1\n"));
        assert_eq!(insert("a: 1\r\n", 0).as_deref(), Some("edition: \"2026.1\"\r\na: 1\r\n"));
        assert_eq!(insert("{a: 1}\n", 0), None);
        assert_eq!(insert("--- a: 1\n", 4), None);
    }
}
