//! Diagnostics as text for people: code, message, place, the line with the token underlined,
//! related places, and what to do.

use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use super::excerpt::{self, Excerpt, escape, escape_lines};
use super::redact;
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Level, points_at_secret};
use crate::origin::{Location, Locations, Source, Sources};

/// How many diagnostics are shown before the rest is only counted.
const SHOWN: usize = 50;
/// Other places of one diagnostic that are shown.
const RELATED: usize = 8;

/// How to render.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    /// Whether to colour; the characters are the same either way.
    pub color: bool,
    /// Columns of the terminal, where known.
    pub width: Option<usize>,
}

/// The text of `diagnostics`, in their order, empty when there are none. Labels are places in
/// `sources` (settled: see [`Diagnostics::settle`]).
pub fn diagnostics(diagnostics: &Diagnostics, sources: &Sources, options: &RenderOptions) -> String {
    let renderer = if options.color { Renderer::styled() } else { Renderer::plain() };
    // Lines are cut already; the renderer's own cutting would hide the ends of labels.
    let renderer = renderer.term_width(options.width.unwrap_or(0).max(300));
    let (mut text, mut locations) = (String::new(), Locations::new(sources));
    let (shown, hidden) = chosen(diagnostics);
    for diagnostic in shown {
        text.push_str(&one(diagnostic, &mut locations, &renderer));
        text.push_str("\n\n");
    }
    text.push_str(&rest(&hidden));
    text
}

/// What is shown, in its order, and what is not: errors before warnings before notes, so that a
/// crowd of notes never hides why nothing came out.
fn chosen(diagnostics: &Diagnostics) -> (Vec<&Diagnostic>, Vec<&Diagnostic>) {
    let mut of_level = [0; 3];
    diagnostics.iter().for_each(|diagnostic| of_level[rank(diagnostic.level)] += 1);
    let mut left = SHOWN;
    let mut room = of_level.map(|count| {
        let taken = left.min(count);
        left -= taken;
        taken
    });
    diagnostics.iter().partition(|diagnostic| {
        let room = &mut room[rank(diagnostic.level)];
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    })
}

fn rank(level: Level) -> usize {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Note => 2,
    }
}

/// How many are not shown.
fn rest(hidden: &[&Diagnostic]) -> String {
    let count = |level| hidden.iter().filter(|diagnostic| diagnostic.level == level).count();
    let words: Vec<_> = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")]
        .into_iter()
        .filter_map(|(level, word)| match count(level) {
            0 => None,
            1 => Some(format!("1 {word}")),
            many => Some(format!("{many} {word}s")),
        })
        .collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("{} more not shown; JSON has all of them\n", words.join(", ")),
    }
}

/// A label with the place and the line that it means.
struct Place<'a> {
    label: &'a Label,
    location: Location,
    excerpt: Excerpt,
    primary: bool,
}

fn one(diagnostic: &Diagnostic, locations: &mut Locations<'_>, renderer: &Renderer) -> String {
    let labels = diagnostic.primary.iter().chain(diagnostic.related.iter().take(RELATED));
    let secret = points_at_secret(diagnostic.code);
    let mut places: Vec<Place> = labels.filter_map(|label| place(label, locations, secret)).collect();
    if let (Some(first), Some(primary)) = (places.first_mut(), &diagnostic.primary) {
        first.primary = std::ptr::eq(first.label, primary);
    }
    let level = match diagnostic.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
        Level::Note => Shown::NOTE,
    };
    let title = level.primary_title(escape(&diagnostic.message)).id(diagnostic.name());
    let mut group = Group::with_title(title);
    let lines: Vec<&[Place]> = same_line(&places).collect();
    for (number, line) in lines.iter().enumerate() {
        group = group.element(snippet(line, number));
    }
    if let Some(subject) = diagnostic.subject.as_ref().filter(|_| places.is_empty()) {
        group = group.element(Shown::NOTE.message(format!("in `{}`", escape(subject))));
    }
    if let Some(more) = diagnostic.related.len().checked_sub(RELATED).filter(|more| *more > 0) {
        group = group.element(Shown::NOTE.message(format!("and {more} more places")));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Shown::HELP.message(escape_lines(help)));
    }
    with_true_places(&renderer.render(&[group]), &lines)
}

/// Stands for a place in what the renderer prints; no text that goes in can hold it, for
/// [`escape`] does not let it through.
const PLACE: char = '\u{10fffd}';

/// The renderer counts columns in the piece of the line that it is given. This puts the place in
/// the file where it printed `PLACE`, the number of the line's label, and its own line and column.
fn with_true_places(text: &str, lines: &[&[Place]]) -> String {
    let mut pieces = text.split(PLACE);
    let mut replaced = pieces.next().unwrap_or_default().to_owned();
    for (piece, line) in pieces.zip(lines) {
        if let Some(Place { location, .. }) = line.first() {
            let path = escape(&location.path.display().to_string());
            replaced.push_str(&format!("{path}:{}:{}", location.line, location.column));
        }
        replaced.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':'));
    }
    replaced
}

fn place<'a>(label: &'a Label, locations: &mut Locations<'_>, secret: bool) -> Option<Place<'a>> {
    let position = label.origin.position()?;
    let (location, written) = (locations.locate(position)?, locations.written(position));
    let (own, file) = (locations.sources().source(position)?, locations.sources().source(written.position)?);
    let at = |source: &Source, position: u32| (position - source.base) as usize;
    // What is given on the command line may be a password too.
    let secret =
        secret || [crate::pipeline::COMMAND_LINE, crate::pipeline::ARGOCD].contains(&&*own.path.to_string_lossy());
    // A text in a file has its line shown as it stands there; what it hides, it knows itself.
    let is_hidden = || redact::line_at(&own.text, at(own, position)).is_some();
    let excerpt = match written.exact && (file.base == own.base || !is_hidden()) {
        true => line(&file.text, at(file, written.position), secret),
        false => line(&own.text, at(own, position), secret),
    };
    Some(Place { label, location, excerpt, primary: false })
}

/// The line at byte `offset`, with the token there marked, and secret values hidden: where the
/// whole line is `secret`, all behind its first key.
fn line(text: &str, offset: usize, secret: bool) -> Excerpt {
    let range = excerpt::line_at(text, offset);
    let start = offset.min(range.end).saturating_sub(range.start);
    let hidden = match secret {
        true => Some(redact::first_key(&text[range.clone()])),
        false => redact::line_at(text, range.start),
    };
    let Some(hidden) = hidden else {
        let line = &text[range];
        return excerpt::excerpt(line, start..excerpt::token_end(line, start));
    };
    // What is hidden is always the end of the line: a label in there means the `…`.
    let kept = hidden.trim_end_matches('…');
    let start = start.min(kept.len());
    let end = if start < kept.len() { excerpt::token_end(kept, start) } else { hidden.len() };
    excerpt::excerpt(&hidden, start..end)
}

/// Cuts `places` where the line changes, so that labels on one line share it.
fn same_line<'a, 'b>(places: &'a [Place<'b>]) -> impl Iterator<Item = &'a [Place<'b>]> {
    places.chunk_by(|a, b| {
        (&a.location.path, a.location.line, &a.excerpt.text) == (&b.location.path, b.location.line, &b.excerpt.text)
    })
}

/// One line with its labels; `number` makes its header differ from the others', so that each has one.
fn snippet<'a>(places: &'a [Place], number: usize) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let (text, line) = places.first().map_or(("", 1), |place| (place.excerpt.text.as_str(), place.location.line));
    let annotations = places.iter().map(|place| {
        let kind = if place.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let label = Some(&place.label.text).filter(|text| !text.is_empty()).map(|text| escape(text));
        kind.span(place.excerpt.span.clone()).label(label)
    });
    Snippet::source(text).path(format!("{PLACE}{number}")).line_start(line).fold(false).annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    /// Renders with `files`; `^` in an expectation's source marks nothing, places come from `at`.
    fn sources(files: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        for (path, text) in files {
            sources.add((*path).into(), format!("/p/{path}").into(), (*text).into()).unwrap();
        }
        sources
    }

    /// The origin of the first `needle` in the file `path`.
    fn at(sources: &Sources, path: &str, needle: &str) -> Origin {
        let file = sources.own().iter().find(|file| file.path.as_os_str() == path).unwrap();
        Origin::source(file.base + file.text.find(needle).unwrap() as u32)
    }

    fn plain(diagnostic: Diagnostic, sources: &Sources) -> String {
        diagnostics(&[diagnostic].into_iter().collect(), sources, &RenderOptions::default())
    }

    const OVERLAY: &str = "kind: Overlay\napp:\n  deployments:\n    main: {replicas: 3}\n";

    #[test]
    fn an_error_shows_its_line_related_places_and_help() {
        let sources = sources(&[
            ("overlays/a/prod/overlay.yaml", OVERLAY),
            ("base/a/app.yaml", "deployments:\n  main:\n    replicas: {exactly: 1, because: single writer} # keep\n"),
        ]);
        let diagnostic = Diagnostic::error("guard", "`replicas` is `3`, but the guard says exactly `1`")
            .label(at(&sources, "overlays/a/prod/overlay.yaml", "3}"), "set here")
            .related(at(&sources, "base/a/app.yaml", "1, because"), "the guard")
            .related(at(&sources, "base/a/app.yaml", "single"), "its reason")
            .help("remove `replicas` from the overlay");
        assert_eq!(
            plain(diagnostic, &sources),
            "\
error[guard]: `replicas` is `3`, but the guard says exactly `1`
 --> overlays/a/prod/overlay.yaml:4:22
  |
4 |     main: {replicas: 3}
  |                      ^ set here
  |
 ::: base/a/app.yaml:3:25
  |
3 |     replicas: {exactly: 1, because: single writer} # keep
  |                         - the guard ------------- its reason
  |
  = help: remove `replicas` from the overlay

"
        );
    }

    #[test]
    fn colours_do_not_change_the_text() {
        let sources = sources(&[("a.yaml", OVERLAY)]);
        let list: Diagnostics =
            [Diagnostic::warning("w", "odd").label(at(&sources, "a.yaml", "main"), "here").help("do")]
                .into_iter()
                .collect();
        let color = diagnostics(&list, &sources, &RenderOptions { color: true, width: None });
        let plain = diagnostics(&list, &sources, &RenderOptions::default());
        assert!(color.contains("\x1b["));
        let mut stripped = String::new();
        let mut escape = false;
        for c in color.chars() {
            match c {
                '\x1b' => escape = true,
                'm' if escape => escape = false,
                _ if escape => {}
                _ => stripped.push(c),
            }
        }
        assert_eq!(stripped, plain);
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_and_keeps_its_column() {
        let text = format!("a: [{}MARK, {}]\n", "x, ".repeat(200_000), "y, ".repeat(200_000));
        let sources = sources(&[("a.yaml", &text)]);
        let shown = plain(Diagnostic::error("e", "m").at(at(&sources, "a.yaml", "MARK")), &sources);
        assert!(shown.contains("a.yaml:1:600005\n"), "{shown}");
        assert!(shown.contains("MARK") && shown.contains("^^^^\n"), "{shown}");
        assert!(shown.len() < 1_000);
    }

    #[test]
    fn hostile_long_lines_are_cheap() {
        for piece in ["Secret, ", "{data: [", "\"a\": ", "kind: Secret ", "- ", "'", "    ", "\n---", "é"] {
            let text = piece.repeat(1_000_000 / piece.len());
            let sources = sources(&[("a.yaml", &text)]);
            let half = (text.len() / 2) as u32;
            let shown =
                plain(Diagnostic::error("e", "m").at(Origin::source(half)).related(Origin::source(0), ""), &sources);
            assert!(shown.len() < 3_000, "{piece}: {}", shown.len());
        }
    }

    #[test]
    fn terminal_escapes_are_visible_and_dead() {
        let sources = sources(&[("a\x1b[2J.yaml", "na\x1b[31mme: \u{202e}x\n")]);
        let diagnostic = Diagnostic::error("e", "bad name `\x1b]0;x\x07`\nnext")
            .label(at(&sources, "a\x1b[2J.yaml", "\u{202e}"), "\x1b[1m")
            .help("first\nsecond\x1b");
        let shown = plain(diagnostic, &sources);
        assert!(!shown.contains(['\x1b', '\x07', '\u{202e}']), "{shown:?}");
        assert!(shown.contains("a\\x1b[2J.yaml:1:12"), "{shown}");
        assert!(shown.contains("bad name `\\x1b]0;x\\x07`\\nnext"), "{shown}");
        assert!(shown.contains("na\\x1b[31mme: \\u{202e}x"), "{shown}");
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_underline_in_place() {
        let sources = sources(&[("a.yaml", "a:\n\tb: 日本 # x\n")]);
        assert_eq!(
            plain(Diagnostic::error("tab", "a tab").at(at(&sources, "a.yaml", "日本")), &sources),
            "\
error[tab]: a tab
 --> a.yaml:2:5
  |
2 |     b: 日本 # x
  |        ^^^^

"
        );
    }

    #[test]
    fn a_label_into_a_secret_shows_the_key_only() {
        let sources = sources(&[("s.yaml", "kind: Secret\nstringData:\n  PASSWORD: hunter2 # hunter3\n")]);
        assert_eq!(
            plain(Diagnostic::error("e", "m").label(at(&sources, "s.yaml", "hunter2"), "here"), &sources),
            "\
error[e]: m
 --> s.yaml:3:13
  |
3 |   PASSWORD: …
  |             ^ here

"
        );
        let key = plain(Diagnostic::error("e", "m").at(at(&sources, "s.yaml", "PASSWORD")), &sources);
        assert!(key.contains("|   ^^^^^^^^\n") && !key.contains("hunter"), "{key}");
    }

    #[test]
    fn the_end_of_a_file_and_an_empty_file_are_places() {
        let sources = sources(&[("a.yaml", "a: b\n"), ("empty.yaml", "")]);
        let end = plain(Diagnostic::error("e", "m").at(Origin::source(5)), &sources);
        assert!(end.contains("a.yaml:2:1"), "{end}");
        let empty = plain(Diagnostic::error("e", "m").at(Origin::source(6)), &sources);
        assert!(empty.contains("empty.yaml:1:1"), "{empty}");
    }

    #[test]
    fn without_a_place_the_subject_is_named() {
        let shown = plain(Diagnostic::error("e", "m").subject("overlays/a/prod").help("do"), &Sources::default());
        assert_eq!(shown, "error[e]: m\n |\n = note: in `overlays/a/prod`\n = help: do\n\n");
    }

    #[test]
    fn no_text_and_no_place_makes_it_panic() {
        for text in [
            "",
            "\n\n",
            "\r\n\t\"\r",
            "kind: Secret\ndata: {a: \"b",
            "\u{feff}é: 'ü\u{301}\u{200d}👩‍👩‍👧 # \u{202e}\n\u{10fffd}0:1",
            "---\n...\n--- # x\nkind: Secret\n---\ndata:\n- {\n",
            "{\"kind\": \"Secret\",\n}",
        ] {
            let mut sources = Sources::default();
            sources.add("é\n.yaml".into(), "/p".into(), text.into()).unwrap();
            for a in 0..=text.len() as u32 + 2 {
                for b in [0, a / 2, text.len() as u32] {
                    let diagnostic = Diagnostic::error("e", "m\u{10fffd}")
                        .label(Origin::source(a), "x\ny")
                        .related(Origin::source(b), "");
                    let list: Diagnostics = [diagnostic].into_iter().collect();
                    diagnostics(&list, &sources, &RenderOptions { color: a % 2 == 0, width: Some(20) });
                    super::super::json::diagnostics(&list, &sources);
                }
            }
        }
    }

    #[test]
    fn fifty_are_shown_and_the_rest_is_counted() {
        let list: Diagnostics = (0..53)
            .map(|number| match number {
                10 => Diagnostic::warning("w", "m"),
                11 => Diagnostic::note("n", "m"),
                _ => Diagnostic::error("e", format!("m{number}")),
            })
            .collect();
        let shown = diagnostics(&list, &Sources::default(), &RenderOptions::default());
        assert_eq!(shown.matches("error[e]").count(), 50);
        assert!(shown.ends_with("\n1 error, 1 warning, 1 note more not shown; JSON has all of them\n"), "{shown}");
    }

    #[test]
    fn no_crowd_of_notes_hides_the_error() {
        let list: Diagnostics = (0..60)
            .map(|number| match number {
                58 => Diagnostic::error("e", "m"),
                _ => Diagnostic::note("n", format!("m{number}")),
            })
            .collect();
        let shown = diagnostics(&list, &Sources::default(), &RenderOptions::default());
        assert_eq!((shown.matches("error[e]").count(), shown.matches("note[n]").count()), (1, 49));
        assert!(shown.ends_with("\n10 notes more not shown; JSON has all of them\n"), "{shown}");
    }
}
