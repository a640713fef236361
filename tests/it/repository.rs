//! What the tests of whole builds share: the two projects, their builds, and expected files that
//! one variable rewrites.

use std::path::{Path, PathBuf};

use strata::cli::{RenderOptions, diagnostics_as_text};
use strata::pipeline::{self, Outcome, Request};
use strata::tree::{Node, Value};

/// The variable that rewrites snapshots/ and schemas/ instead of comparing them.
const UPDATE: &str = "STRATA_UPDATE";

/// The repository, which is a project itself.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The project that sets every field of the model.
pub fn maximal() -> PathBuf {
    repository().join("tests/it/maximal")
}

/// Builds `entries` of the project at `root`; any error ends the test with what people would see.
pub fn build(root: &Path, entries: &[&str]) -> Outcome {
    let request =
        Request { entries: entries.iter().map(PathBuf::from).collect(), cwd: root.to_path_buf(), ..Request::default() };
    let outcome = pipeline::build(&request).unwrap_or_else(|error| panic!("{error:?}"));
    let said =
        diagnostics_as_text(&outcome.diagnostics, &outcome.sources, &RenderOptions { color: false, width: None });
    assert!(!outcome.diagnostics.has_errors(), "{said}");
    outcome
}

/// The text of `path`, or `None` where there is no such file.
pub fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Whether files are rewritten instead of compared.
pub fn updating() -> bool {
    std::env::var_os(UPDATE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// Compares the files of a folder (path from `folder`, text) with what they should be: those that
/// differ, are missing, or should not be there. With the variable set they are rewritten instead.
pub fn compare(folder: &Path, expected: &[(String, String)], kept: &[String]) {
    let orphans = kept.iter().filter(|path| expected.iter().all(|(known, _)| known != *path));
    let mut findings: Vec<String> = orphans.map(|path| format!("orphan {path}")).collect();
    for (path, text) in expected {
        match self::text(&folder.join(path)) {
            Some(kept) if kept == *text => {}
            Some(kept) => findings.push(format!("changed {path}\n{}", first_difference(&kept, text))),
            None => findings.push(format!("missing {path}")),
        }
    }
    if !updating() {
        let shown = folder.display();
        assert!(findings.is_empty(), "{shown}: {}\n{UPDATE}=1 cargo test rewrites", findings.join("\n"));
        return;
    }
    for path in kept.iter().filter(|path| expected.iter().all(|(known, _)| known != *path)) {
        std::fs::remove_file(folder.join(path)).unwrap();
    }
    for (path, text) in expected {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn first_difference(kept: &str, now: &str) -> String {
    let (mut kept, mut now) = (kept.lines(), now.lines());
    for line in 1.. {
        match (kept.next(), now.next()) {
            (None, None) => break,
            (a, b) if a == b => {}
            (a, b) => return format!("  line {line}: {a:?} is {b:?} now"),
        }
    }
    "  line ends differ".to_owned()
}

/// The files below `folder` that `wanted` names, as sorted paths from it with `/`; nothing below
/// hidden folders, `target` and other projects.
pub fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let inside = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let skipped = name.starts_with('.') || name == "target" || entry.path().join("strata.yaml").is_file();
        entry.depth() == 0 || !entry.file_type().is_dir() || !skipped
    };
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(inside);
    let files = entries.map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let paths = files.map(|file| file.path().strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"));
    paths.filter(|path| wanted(path)).collect()
}

/// Every scalar, empty list and empty mapping of a tree, with its path.
pub fn leaves<'n>(node: &'n Node, path: &str, each: &mut impl FnMut(&str, &'n Node)) {
    match node.value() {
        Value::Map(map) if !map.is_empty() => {
            map.iter().for_each(|entry| leaves(&entry.node, &format!("{path}/{}", entry.key), each));
        }
        Value::Seq(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &format!("{path}/{index}"), each));
        }
        _ => each(path, node),
    }
}
