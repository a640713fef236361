//! Compares what overlays render with the snapshots that are kept: pure, so that it is tested
//! without files.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::excerpt;
use super::redact;

/// Lines of a diff that are shown for one snapshot.
const LINES: usize = 200;
/// After this time a diff of two large texts need not be the smallest.
const PATIENCE: Duration = Duration::from_secs(1);
/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// How a snapshot differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The overlay renders something else now.
    Changed,
    /// The overlay has no snapshot.
    Missing,
    /// No overlay renders it.
    Orphan,
}

impl Kind {
    /// The word for it, in text and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Orphan => "orphan",
        }
    }
}

/// One snapshot that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How.
    pub kind: Kind,
    /// The snapshot's path below snapshots/, with `/`.
    pub path: String,
}

/// Compares what is rendered now with what is kept; both by the path below snapshots/. Orphans
/// are found only when `complete` says that every overlay of the project was rendered.
pub(super) fn compare(
    rendered: &BTreeMap<String, Vec<u8>>,
    kept: &BTreeMap<String, Vec<u8>>,
    complete: bool,
) -> Vec<Finding> {
    let differs = rendered.iter().filter_map(|(path, now)| {
        let kind = match kept.get(path) {
            None => Kind::Missing,
            Some(before) if before != now => Kind::Changed,
            Some(_) => return None,
        };
        Some(Finding { kind, path: path.clone() })
    });
    let orphans = kept
        .keys()
        .filter(|path| complete && !rendered.contains_key(*path))
        .map(|path| Finding { kind: Kind::Orphan, path: path.clone() });
    let mut findings: Vec<_> = differs.chain(orphans).collect();
    findings.sort_by(|a, b| a.path.cmp(&b.path));
    findings
}

/// A unified diff from `before` to `now`, without its header. Values of Secrets are `…`: that one
/// changed is seen, not how. At most 200 lines, then the count of the changed lines left out.
pub(super) fn diff(before: &[u8], now: &[u8], color: bool) -> String {
    let (before, now) = (String::from_utf8_lossy(before), String::from_utf8_lossy(now));
    let mut text = String::new();
    if before.replace("\r\n", "\n") == now {
        text.push_str("only the line breaks differ: the snapshot has CRLF (`snapshots/** -text` in .gitattributes)\n");
        return text;
    }
    if before.lines().eq(now.lines()) {
        text.push_str("only the line break at the end differs\n");
        return text;
    }
    let (shown_before, shown_now) = (redact::lines(&before), redact::lines(&now));
    // Cut as `redact::lines` does: a line and what may be shown of it have one index.
    let (lines_before, lines_now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let changes = TextDiff::configure().timeout(PATIENCE).diff_slices(&lines_before, &lines_now);
    let (mut lines, mut added_left_out, mut removed_left_out) = (0, 0, 0);
    for group in changes.grouped_ops(CONTEXT) {
        if lines < LINES {
            paint(&mut text, "36", &header(&group), color);
        }
        for change in group.iter().flat_map(|op| changes.iter_changes(op)) {
            lines += 1;
            let (sign, paint_code, line) = match change.tag() {
                ChangeTag::Equal => (' ', "", change.old_index().and_then(|index| shown_before.get(index))),
                ChangeTag::Delete => ('-', "31", change.old_index().and_then(|index| shown_before.get(index))),
                ChangeTag::Insert => ('+', "32", change.new_index().and_then(|index| shown_now.get(index))),
            };
            match change.tag() {
                _ if lines <= LINES => {
                    let line = line.map_or("", |line| line.as_ref());
                    let shown = excerpt::excerpt(&redact::without_credentials(line), 0..0).text;
                    paint(&mut text, paint_code, &format!("{sign}{shown}"), color);
                }
                ChangeTag::Insert => added_left_out += 1,
                ChangeTag::Delete => removed_left_out += 1,
                ChangeTag::Equal => {}
            }
        }
    }
    if added_left_out + removed_left_out > 0 {
        let _ = writeln!(text, "… and {added_left_out} more added, {removed_left_out} more removed lines");
    }
    text
}

fn header(group: &[similar::DiffOp]) -> String {
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    };
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return String::new() };
    let old = range(first.old_range().start, last.old_range().end);
    let new = range(first.new_range().start, last.new_range().end);
    format!("@@ -{old} +{new} @@")
}

/// Writes a line, in colour when `color` says so and the line has one.
fn paint(text: &mut String, code: &str, line: &str, color: bool) {
    let _ = match color && !code.is_empty() {
        true => writeln!(text, "\x1b[{code}m{line}\x1b[0m"),
        false => writeln!(text, "{line}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        files.iter().map(|(path, text)| ((*path).into(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn changed_missing_and_orphaned_snapshots_are_found() {
        let rendered = tree(&[("a/dev.yaml", "x"), ("a/prod.yaml", "new"), ("b/prod.yaml", "y")]);
        let kept = tree(&[("a/dev.yaml", "x"), ("a/old.yaml", "z"), ("a/prod.yaml", "old")]);
        let found = |complete| -> Vec<_> {
            let findings = compare(&rendered, &kept, complete);
            findings.into_iter().map(|finding| format!("{} {}", finding.kind.as_str(), finding.path)).collect()
        };
        assert_eq!(found(true), ["orphan a/old.yaml", "changed a/prod.yaml", "missing b/prod.yaml"]);
        assert_eq!(found(false), ["changed a/prod.yaml", "missing b/prod.yaml"]);
    }

    #[test]
    fn a_diff_shows_what_changed_with_context() {
        let before = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n";
        let now = "a: 1\nb: 2\nc: 3\nd: 4\ne: 50\nf: 6\ng: \x1b[31m\n";
        assert_eq!(
            diff(before.as_bytes(), now.as_bytes(), false),
            "@@ -2,5 +2,6 @@\n b: 2\n c: 3\n d: 4\n-e: 5\n+e: 50\n f: 6\n+g: \\x1b[31m\n"
        );
    }

    #[test]
    fn a_changed_secret_value_is_seen_but_not_shown() {
        let text = |value| format!("apiVersion: v1\nkind: Secret\nstringData:\n  A: {value}\n");
        assert_eq!(
            diff(text("old").as_bytes(), text("new").as_bytes(), false),
            "@@ -1,4 +1,4 @@\n apiVersion: v1\n kind: Secret\n stringData:\n-  A: …\n+  A: …\n"
        );
    }

    #[test]
    fn credentials_in_a_url_are_covered() {
        let shown = diff(b"a: https://u:old@x.example.com\n", b"a: https://u:new1@x.example.com\n", false);
        assert!(!shown.contains("old") && !shown.contains("new1") && shown.contains("@x.example.com"), "{shown}");
    }

    #[test]
    fn a_lone_carriage_return_does_not_shift_what_is_hidden() {
        let text = |value| format!("kind: Secret\nstringData:\n  A: x\r  B: {value}\n  C: {value}\n");
        let shown = diff(text("old").as_bytes(), text("new").as_bytes(), false);
        assert!(!shown.contains("old") && !shown.contains("new"), "{shown}");
    }

    #[test]
    fn line_breaks_alone_are_named() {
        assert!(diff(b"a: 1\r\nb: 2\r\n", b"a: 1\nb: 2\n", false).starts_with("only the line breaks differ"));
        assert_eq!(diff(b"a: 1", b"a: 1\n", false), "only the line break at the end differs\n");
    }

    #[test]
    fn a_long_diff_ends_with_a_true_count() {
        let now: String = (0..1000).map(|number| format!("k{number}: v\n")).collect();
        let shown = diff(b"", now.as_bytes(), false);
        assert_eq!(shown.lines().filter(|line| line.starts_with('+')).count(), 200);
        assert!(shown.ends_with("… and 800 more added, 0 more removed lines\n"), "{shown}");
    }

    #[test]
    fn colour_is_added_around_whole_lines() {
        let shown = diff(b"a: 1\n", b"a: 2\n", true);
        assert_eq!(shown, "\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-a: 1\x1b[0m\n\x1b[32m+a: 2\x1b[0m\n");
    }
}
