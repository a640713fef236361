//! The two readers come to the same trees, positions and diagnostics, whatever the text.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::diagnostic::Diagnostic;

const DIALECTS: [Dialect; 4] = [Dialect::Resource, Dialect::MergePatch, Dialect::JsonPatch, Dialect::Model];

/// How many texts each property is tried on; more with `STRATA_FUZZ=COUNT`.
fn cases() -> u32 {
    std::env::var("STRATA_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

type Said = (Option<Vec<Node>>, Vec<Diagnostic>);

/// Everything that a reader says about a text.
fn said(reader: Reader, dialect: Dialect, text: &str) -> Said {
    let mut diagnostics = Diagnostics::default();
    let documents = read_with(reader, text, 10, dialect, &mut diagnostics);
    (documents, diagnostics.into_iter().collect())
}

#[track_caller]
fn agree(text: &str) {
    for dialect in DIALECTS {
        let (fast, granit) = (said(Reader::Fast, dialect, text), said(Reader::Granit, dialect, text));
        if format!("{fast:?}") != format!("{granit:?}") {
            panic!("{dialect:?} of {text:?}:\n{}", difference(&fast, &granit));
        }
    }
}

fn difference(fast: &Said, granit: &Said) -> String {
    let (fast, granit) = (format!("{fast:#?}"), format!("{granit:#?}"));
    let diff = similar::TextDiff::from_lines(&fast, &granit);
    diff.unified_diff().context_radius(4).header("scanner", "parser").to_string()
}

/// Whether the scanner takes the whole text.
fn takes(text: &str) -> bool {
    let mut diagnostics = Diagnostics::default();
    let mut builder = builder::Builder::new(0, Dialect::Resource, &mut diagnostics);
    let mut start = 0;
    while start < text.len() {
        match block::scan(text, start, &mut builder) {
            Ok(next) => start = next,
            Err(block::Declined) => return false,
        }
    }
    !text.contains('\r')
}

fn try_all(texts: impl Strategy<Value = String>) {
    let config = Config { cases: cases(), failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let done = TestRunner::new(config).run(&texts, |text| {
        agree(&text);
        Ok(())
    });
    if let Err(error) = done {
        panic!("{error}");
    }
}

/// Parts of lines: what YAML gives a meaning, and what looks like it.
const PARTS: [&str; 76] = [
    "a",
    "b",
    "key",
    "name",
    "a b",
    "1",
    "010",
    "1.5",
    "~",
    "null",
    "true",
    "yes",
    "on",
    "2020-01-01",
    "é",
    "日本",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\u{a0}",
    "😀",
    "：",
    "env",
    "config",
    "patches",
    "<<",
    "a:",
    "b: ",
    "c: ",
    "key: ",
    "'a': ",
    "\"b\": ",
    "\"a\":",
    "a :",
    "- ",
    "- ",
    "-",
    "-x",
    "--",
    "---",
    "--- ",
    "...",
    "? ",
    "?",
    ": ",
    ":x",
    "|",
    "|-",
    "|+",
    "|2",
    "|1-",
    ">",
    ">-",
    ">+",
    "'x'",
    "'it''s'",
    "'",
    "\"x\"",
    "\"\\n\"",
    "\"",
    "{}",
    "[]",
    "{a: b}",
    "[a, b]",
    "[",
    "}",
    ",",
    "&x ",
    "*x",
    "!!str ",
    "!t ",
    "%YAML 1.2",
    "# c",
    " # c",
    "#",
    "`@",
];

const BREAKS: [&str; 10] = ["\n", "\n", "\n", "\n", "\n\n", " \n", "\t\n", "\r\n", "\r", " # comment\n"];

fn lines() -> impl Strategy<Value = String> {
    let indent = prop_oneof![4 => 0..3_usize, 2 => 0..8_usize].prop_map(|count| " ".repeat(count));
    let odd_indent = prop_oneof![30 => indent, 1 => Just("\t".to_owned()), 1 => Just(" \t".to_owned())];
    let part = proptest::sample::select(&PARTS[..]);
    let space = proptest::sample::select(&["", "", "", " ", "  ", "\t"][..]);
    let content = proptest::collection::vec((part, space), 0..4);
    let line = (odd_indent, content, proptest::sample::select(&BREAKS[..]));
    proptest::collection::vec(line, 0..10).prop_map(|lines| {
        let line = |(indent, parts, end): (String, Vec<(&str, &str)>, &str)| {
            let parts: String = parts.into_iter().flat_map(|(part, space)| [part, space]).collect();
            format!("{indent}{parts}{end}")
        };
        lines.into_iter().map(line).collect()
    })
}

/// What stands at one place of a well-formed document.
#[derive(Clone, Debug)]
enum Written {
    Text(&'static str),
    Block(&'static str, Vec<(usize, &'static str)>),
    Nothing,
    List(usize, Vec<Written>),
    Map(usize, Vec<(&'static str, Written, &'static str)>),
}

const KEYS: [&str; 16] = [
    "a", "b", "name", "env", "config", "patches", "'q'", "\"d\"", "a.b/c", "true", "1", "<<", "x-y", "日", "a b", "-k",
];
const TEXTS: [&str; 58] = [
    "[a, \"b\", 'c']",
    "[ sh, -c, 1 ]",
    "[a,b]",
    "[a,]",
    "[ ]",
    "[a b]",
    "[,]",
    "[\"a\": b]",
    "[\"a\":b]",
    "[a\n     ]",
    "[a] # c",
    "[a]: b",
    "[-]",
    "[- a]",
    "[\"\n     a\"]",
    "[a#]",
    "x",
    "some text",
    "1",
    "010",
    "\"1\"",
    "'it''s'",
    "''",
    "\"\"",
    "null",
    "~",
    "true",
    "on",
    "1.10",
    "12:30",
    "http://a:80/b",
    "a#b",
    "--flag=1",
    "-1",
    "- ",
    "{}",
    "[]",
    "[a]",
    "{a: 1}",
    "*a",
    "&a x",
    "!!str 1",
    "\"a\\nb\"",
    "é—日",
    "a: b",
    "x:",
    "first\n   second",
    "first \n      second\n     third",
    "\"first \n     second\\n x \\\" \\\\\"",
    "'first\n     it''s '",
    "\"a\n\n      b\"",
    "\"\n     a\n      \"",
    "a\n     # c\n     b",
    "a\n     - b",
    "a # c\n     b",
    ".5",
    "$(X)",
    "{{ x }}",
];
const AFTER: [&str; 8] = ["", "", "", " ", " # c", "\n", "\n# c", "\n    # c"];
const HEADERS: [&str; 8] = ["|", "|", "|-", "|+", ">", ">-", "| # c", "|2"];
const LINES: [&str; 10] = ["text", "text", "more text ", "", "", "# no comment", "- a", "a: b", "\ttab", "---"];

fn written() -> impl Strategy<Value = Written> {
    let lines = proptest::collection::vec((0..3_usize, proptest::sample::select(&LINES[..])), 0..5);
    let leaf = prop_oneof![
        6 => proptest::sample::select(&TEXTS[..]).prop_map(Written::Text),
        2 => (proptest::sample::select(&HEADERS[..]), lines).prop_map(|(header, lines)| Written::Block(header, lines)),
        1 => Just(Written::Nothing),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let entry = (proptest::sample::select(&KEYS[..]), inner.clone(), proptest::sample::select(&AFTER[..]));
        prop_oneof![
            (0..4_usize, proptest::collection::vec(inner, 1..4))
                .prop_map(|(indent, items)| Written::List(indent, items)),
            (1..4_usize, proptest::collection::vec(entry, 1..5)).prop_map(|(indent, map)| Written::Map(indent, map)),
        ]
    })
}

/// Writes what follows a key or a dash; `column` is that of the collection that holds it.
fn write(node: &Written, column: usize, after_dash: bool, out: &mut String) {
    let pad = |count: usize| " ".repeat(count);
    match node {
        Written::Text(text) => *out += &format!(" {text}\n"),
        Written::Nothing => out.push('\n'),
        Written::Block(header, lines) => {
            *out += &format!(" {header}\n");
            for (more, line) in lines {
                *out += &format!("{}{line}\n", pad(column + 1 + more / 2));
            }
        }
        Written::List(indent, items) => {
            let own = if after_dash { column + 1 + indent.max(&1) } else { column + indent };
            for (index, item) in items.iter().enumerate() {
                match (index, after_dash) {
                    (0, true) => *out += &pad(own - column - 1),
                    (0, false) => *out += &format!("\n{}", pad(own)),
                    _ => *out += &pad(own),
                }
                out.push('-');
                write(item, own, true, out);
            }
        }
        Written::Map(indent, entries) => {
            let own = column + indent.max(&1) + usize::from(after_dash);
            for (index, (key, value, after)) in entries.iter().enumerate() {
                match (index, after_dash) {
                    (0, true) => *out += &pad(own - column - 1),
                    (0, false) => *out += &format!("\n{}", pad(own)),
                    _ => *out += &pad(own),
                }
                *out += &format!("{key}:");
                write(value, own, false, out);
                *out += &format!("{}{after}\n", if after.starts_with('\n') { "" } else { "#" }).replace("#\n", "\n");
            }
        }
    }
}

fn document() -> impl Strategy<Value = String> {
    written().prop_map(|root| {
        let mut text = String::new();
        match &root {
            Written::Map(_, entries) => {
                for (key, value, after) in entries {
                    text += &format!("{key}:");
                    write(value, 0, false, &mut text);
                    text += &after.replace(" # c", "# c").replace(' ', "");
                    text.push('\n');
                }
            }
            root => write(root, 0, false, &mut text),
        }
        text
    })
}

fn documents() -> impl Strategy<Value = String> {
    let marker = proptest::sample::select(&["---\n", "---\n", "--- # c\n", "# c\n---\n", "...\n---\n", "--- \n\n"][..]);
    (document(), proptest::collection::vec((marker, document()), 0..3)).prop_map(|(first, more)| {
        let more = more.into_iter().map(|(marker, document)| format!("{marker}{document}"));
        first + &more.collect::<String>()
    })
}

/// A document with a few characters changed.
fn changed() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        proptest::sample::select(&PARTS[..]),
        proptest::sample::select(&["", " ", "  ", "\n", "\t", "\r\n", ":", "#", "\n\n", "\n ", "- ", "\n---\n"][..]),
    ];
    let change = (any::<proptest::sample::Index>(), 0..3_usize, part);
    (documents(), proptest::collection::vec(change, 1..4)).prop_map(|(text, changes)| {
        let mut text: Vec<char> = text.chars().collect();
        for (place, removed, part) in changes {
            let at = place.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, part.chars());
        }
        text.into_iter().collect()
    })
}

#[test]
fn the_readers_agree_on_any_lines() {
    try_all(lines());
}

#[test]
fn the_readers_agree_on_documents() {
    try_all(documents());
}

#[test]
fn the_readers_agree_on_changed_documents() {
    try_all(changed());
}

#[test]
fn the_readers_agree_on_chosen_texts() {
    for text in [
        "",
        "\n",
        "# c",
        "---",
        "---\n---\n",
        "a:\nb:\n  c:   \n  d: # x\n# x\ne:",
        "a: |\n  x\n  y\nb: |\n\n\n   z\n",
        "a: >-\n  x \n  y\nb: 1\n",
        "a:\n- b\n- c: d\n  e:\n  - f\n",
        "- |\n x\n- - a\n  - b\n",
        "a: x\u{85}y\nb: x\u{2028}y\ne: \u{85}\nf: \u{2028}\ng: \u{a0}\n",
        "a: |\n  x\u{85}y\n  z\u{2028}y\n  \u{FEFF}y\nb: \"x\u{85}y\u{2028}\"\n# \u{FEFF}\n",
        "# \u{FEFF}\na: 1\n",
        "a: 1 # \u{FEFF}\n",
        "a: ---\nb: --x\n",
        "a: |\n  x",
        "a: |+\n  x\n\n",
        "a: |+\n\n\nb: 1\n",
        "a: >+\n  b\n\n ",
        "a: [,b]\n",
        "a: [ , b]\nc: [b,,c]\nd: [b,]\n",
        "a: |\n    b\n  ",
        "a: |\n    b\n  c",
        "a: 1\nb:\n  c: 1\n  c: 2\na: 2\n",
        "a: &x 1\n---\nb: *x\n",
        "%TAG ! tag:x,2000:\n---\na: !t 1\n",
        "a: 1\n...\n%YAML 1.2\n---\nb: 1\n",
        "a: [\n---\n]\n",
        "a: \"x\n---\ny\"\n",
        "a: b\n--- |\n c\n---x\n",
    ] {
        agree(text);
    }
}

/// The YAML files below a folder.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let is_ours = |entry: &walkdir::DirEntry| entry.file_name() != "target" && entry.file_name() != ".git";
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_entry(is_ours).filter_map(Result::ok);
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|e| end == *e));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).filter(is_yaml)
}

#[test]
fn the_readers_agree_on_files() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let more = std::env::var_os("STRATA_YAML").unwrap_or_default();
    let folders = [own.to_path_buf()].into_iter().chain(std::env::split_paths(&more));
    let mut count = 0;
    for path in folders.flat_map(|folder| files(&folder).collect::<Vec<_>>()) {
        let text = std::fs::read(&path).map(decode);
        if let Ok(Ok(text)) = text {
            agree(&text);
            count += 1;
        }
    }
    assert!(count > 30, "{count} files");
}

#[test]
fn nesting_is_refused_alike() {
    for depth in [126, 127, 128, 129, 200] {
        let maps: String = (0..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        agree(&maps);
        agree(&format!("{}x\n", "- ".repeat(depth)));
        agree(&format!("{maps}{}{{}}\n", " ".repeat(depth)));
    }
}

#[test]
fn the_scanner_takes_what_manifests_consist_of() {
    for text in [
        "# a\n\n---\na: 1\n# b\nb:\n  c: x # d\n  e:\n  - f\n  -   g: 1\n      h: 'i'\n  - - j\n---\n- \"k\"\n",
        "a: |\n  x\n\n   y\nb: |-\n  z\nc: |+\n  z\n\nd: >-\n  one\n  two\ne: {}\nf: []\ng:\nh:\n",
        "a: one\n  two\n   three # c\nb: 'it''s\n  more'\nc: \"x \\\" \\n\"\nd: [a, \"b\", -1]\ne: []\nf: >-\n  a\n\n  b\n",
        "args:\n  - --flag=a:b#c\n  - -x\nimage: a/b:c@sha256:0\n\"app.kubernetes.io/name\": é\n",
    ] {
        assert!(takes(text), "{text}");
        agree(text);
    }
}

#[test]
fn large_texts_are_cut_between_documents() {
    let document = |number: u32| format!("---\nname: n{number}\ntext: |\n  ---\n   {number}\nlist: [{number}, é]\n");
    let mut text: String = (0..8_000).map(document).collect();
    agree(&text);
    text += "---\na: 1\na: 2\nb: [\n---\n";
    agree(&text);
    let aliases: String =
        (0..3_000).map(|_| "---\na: &a [1,1,1,1,1,1,1,1]\nb: [*a,*a,*a,*a,*a,*a,*a]\n".repeat(2)).collect();
    agree(&aliases);
}
