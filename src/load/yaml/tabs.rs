//! Tabs, escapes and names of anchors that the parser takes and kustomize's readers refuse.

use std::ops::Range;

use super::breaks;

/// The tab of what stands between two tokens in block context that is no separation to kustomize's
/// readers: one that begins a line, or follows a dash. Behind a plain text, which starts at `plain`,
/// they look for more of it first, and there a tab that is indented far enough is one. Between lines
/// of comments everything is.
pub(super) fn refused(text: &str, between: Range<usize>, plain: Option<usize>) -> Option<usize> {
    let gap = text.get(between.clone())?;
    if !gap.contains('\t') {
        return None;
    }
    // A key is followed by its value, not by more of itself.
    let plain = plain.filter(|_| !gap.trim_start_matches([' ', '\t']).starts_with(':'));
    let mut start = between.start;
    let is_comment = |line: &&str| line.trim_start_matches([' ', '\t']).starts_with('#');
    let lines: Vec<&str> = gap.split_inclusive(['\n', '\r']).collect();
    let last_comment = lines.iter().rposition(is_comment);
    let mut after_comment = false;
    for (index, line) in lines.iter().enumerate() {
        let is_start = start == 0 || text.get(..start).is_some_and(|before| before.ends_with(['\n', '\r']));
        let is_free = !is_start || after_comment && last_comment.is_some_and(|last| index <= last);
        let content = line.trim_start_matches([' ', '\t']);
        let blank = line.get(..line.len() - content.len())?;
        if let Some(tab) = blank.find('\t').filter(|tab| !is_free && !is_indented(text, *tab, plain)) {
            return Some(start + tab);
        }
        let after_dash = content.strip_prefix(['-', '?']).filter(|rest| rest.starts_with([' ', '\t']));
        let tab = after_dash.and_then(|rest| rest.find(|c| c != ' ').filter(|at| rest[*at..].starts_with('\t')));
        if let Some(tab) = tab {
            return Some(start + blank.len() + 1 + tab);
        }
        after_comment |= is_start && is_comment(line);
        start += line.len();
    }
    None
}

/// Whether `column` is deeper than the collection that the plain text at `plain` stands in.
fn is_indented(text: &str, column: usize, plain: Option<usize>) -> bool {
    let Some(plain) = plain else { return false };
    let line = text.get(..plain).unwrap_or_default();
    let start = line.rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
    let bytes = line.as_bytes();
    let spaces = |at: usize| bytes.iter().skip(at).take_while(|byte| **byte == b' ').count();
    let mut at = start + spaces(start);
    let mut dash = None;
    while bytes.get(at) == Some(&b'-') && bytes.get(at + 1) == Some(&b' ') {
        dash = Some(at);
        at += 1 + spaces(at + 1);
    }
    match (at == plain, dash) {
        (true, Some(dash)) => column > dash - start,
        // The key is on a line before.
        (true, None) => true,
        (false, _) => column > at - start,
    }
}

/// Whether the name of the anchor in `before`, the properties of a node, is one that kustomize's
/// readers take; if not, where it is.
pub(super) fn refused_anchor(before: &str) -> Option<usize> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut start = 0;
    for line in before.split_inclusive(['\n', '\r']) {
        let comment = if line.trim_start().starts_with('#') { Some(0) } else { line.find(" #") };
        let written = line.get(..comment.unwrap_or(line.len()))?;
        if let Some((blank, anchor)) = written.split_once('&') {
            let name = anchor.split([' ', '\t', '\n', '\r']).next()?;
            return (!name.chars().all(is_fine)).then_some(start + blank.len());
        }
        start += line.len();
    }
    None
}

/// A tab where the lines of a block are indented. The places are those of [`breaks::value`].
pub(super) fn refused_in_block(text: &str, [after, start, _]: [usize; 3]) -> Option<usize> {
    let rest = text.get(start..)?;
    let (header, _, indent) = breaks::header(text, [after, start])?;
    if rest.starts_with('\t') && !header.contains(|c: char| c.is_ascii_digit()) {
        return Some(start);
    }
    let mut at = start;
    let mut lines = rest.split_inclusive('\n');
    at += lines.next()?.len();
    for line in lines {
        let spaces = line.bytes().take_while(|byte| *byte == b' ').count();
        match line.as_bytes().get(spaces) {
            Some(b'\t') if spaces < indent => return Some(at + spaces),
            None | Some(b'\n' | b'\r') => {}
            Some(_) if spaces < indent => return None,
            Some(_) => {}
        }
        at += line.len();
    }
    None
}

/// An escape of half a character (a surrogate), as JSON writes characters of four bytes.
pub(super) fn half_character(quoted: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = quoted.get(at..)?.find('\\') {
        at += found;
        let escape = quoted.as_bytes().get(at..at + 4).unwrap_or_default();
        if matches!(escape, [_, b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F']) {
            return Some(at);
        }
        at += 1 + quoted.get(at + 1..)?.chars().next()?.len_utf8();
    }
    None
}
