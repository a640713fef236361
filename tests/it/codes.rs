//! The table of codes is complete: what src/ says is in it, and what is in it somebody says.
//! docs/checks.md is written from it (`STRATA_UPDATE=1 cargo test` rewrites it).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use strata::diagnostic::Level;
use strata::diagnostic::codes::{self, CheckedBy, Code, FAMILIES, Standing};

use crate::repository::{compare, files, repository, text};

/// The calls whose first argument is a code.
const SAYING: &[&str] = &[
    "error",
    "warning",
    "note",
    "Error::new",
    "Problem::new",
    "problem",
    "report",
    "say",
    "unknown",
    "warn",
    "finding",
];

/// The words between quotes in what is not a test, and whether one of [`SAYING`] stands before it.
fn literals() -> BTreeMap<String, bool> {
    let source = repository().join("src");
    let mut found = BTreeMap::new();
    let wanted =
        |path: &str| path.ends_with(".rs") && !path.starts_with("diagnostic/codes") && !path.ends_with("tests.rs");
    for path in files(&source, wanted) {
        let text = std::fs::read_to_string(source.join(path)).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let mut before = "";
        for part in code.split('"') {
            let call = before.trim_end().strip_suffix('(').unwrap_or_default();
            let says = SAYING.iter().any(|name| call.ends_with(name));
            let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if !part.is_empty() && part.bytes().all(is_code) {
                *found.entry(part.to_owned()).or_insert(false) |= says;
            }
            before = part;
        }
    }
    found
}

#[test]
fn every_code_that_the_program_says_is_in_the_table() {
    let known: BTreeSet<&str> = codes::all().map(|(_, code)| code.name).collect();
    let said =
        literals().into_iter().filter(|(word, says)| *says && word.contains('-') && !known.contains(word.as_str()));
    let missing: Vec<String> = said.map(|(word, _)| word).collect();
    assert!(missing.is_empty(), "without an entry below src/diagnostic/codes/: {missing:?}");
}

#[test]
fn every_code_of_the_table_is_said_somewhere() {
    let words = literals();
    let unused: Vec<&str> = codes::all().map(|(_, code)| code.name).filter(|name| !words.contains_key(*name)).collect();
    assert!(unused.is_empty(), "nothing says {unused:?}");
}

#[test]
fn every_warning_of_the_program_has_a_level_that_can_be_set() {
    let source = repository().join("src");
    let mut fixed = Vec::new();
    for path in files(&source, |path| path.ends_with(".rs") && !path.contains("cli/")) {
        let text = std::fs::read_to_string(source.join(path)).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let made = code.split("Diagnostic::warning(").chain(code.split("Diagnostic::note(")).skip(1);
        let names = made.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        fixed.extend(names.filter(|name| codes::settable().all(|code| code != *name)).map(str::to_owned));
    }
    assert!(fixed.is_empty(), "not settable in src/diagnostic/codes/: {fixed:?}");
}

#[test]
fn the_documentation_of_checks_is_what_the_table_says() {
    let docs = repository().join("docs");
    compare(&docs, &[("checks.md".to_owned(), document())], &[]);
}

#[test]
fn the_documentation_of_diagnostics_leads_to_the_table() {
    let diagnostics = text(&repository().join("docs/diagnostics.md")).unwrap();
    assert!(diagnostics.contains("(checks.md)"));
}

const HEAD: &str = "\
# Checks

Every code that Strata says. `strata check --explain CODE` prints the same text. This page is
written by the tests from src/diagnostic/codes/.

A **guard** is always an error. A finding with a **settable** level is one that `policy:` (of
strata.yaml or of an overlay) makes an `error`, a `warning`, a `note`, or lets go with `ignore`. A
plain **error** leaves nothing to print. Each is found by every command that renders, unless it says
that `strata check` alone looks for it.

";

fn document() -> String {
    let mut page = HEAD.to_owned();
    for (family, entries) in FAMILIES {
        let _ = write!(page, "## {}\n\n{}\n\n", family.as_str(), family.about());
        let (short, long): (Vec<&Code>, Vec<&Code>) = entries.iter().partition(|code| is_short(code));
        long.iter().for_each(|code| in_full(&mut page, code));
        if !short.is_empty() {
            page.push_str("| error | what is right | what to do |\n|---|---|---|\n");
            for code in &short {
                let cell = |text: &str| text.replace('|', "\\|");
                let _ = writeln!(page, "| `{}` | {} | {} |", code.name, cell(code.rule), cell(code.fix));
            }
            page.push('\n');
        }
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// Whether a row of a table holds all that there is to say.
fn is_short(code: &Code) -> bool {
    code.standing == Standing::Error && code.why.is_empty() && code.example.is_none()
}

fn in_full(page: &mut String, code: &Code) {
    let standing = match code.standing {
        Standing::Error => "error",
        Standing::Guard => "guard",
        Standing::Settable(Level::Error) => "error, settable",
        Standing::Settable(Level::Warning) => "warning, settable",
        Standing::Settable(Level::Note) => "note, settable",
        Standing::Remark(_) => "remark on the command line",
    };
    let by = if code.checked_by == CheckedBy::Check { "; `strata check` alone" } else { "" };
    let _ = write!(page, "### {}\n\n*{standing}{by}.* {}.", code.name, capital(code.rule));
    if !code.why.is_empty() {
        let _ = write!(page, " Why: {}.", code.why);
    }
    let _ = write!(page, " What to do: {}.\n\n", code.fix);
    if let Some(example) = code.example {
        for (title, text) in [("wrong", example.bad), ("right", example.good)] {
            let _ = writeln!(page, "    # {title}");
            text.lines().for_each(|line| page.push_str(&format!("    {line}\n")));
        }
        page.push('\n');
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
