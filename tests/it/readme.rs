//! The examples of the documentation, run as a reader would: block after block, in one folder.
//!
//! The word after the language says what a block is. `yaml PATH` is a file, written before the next
//! block. `sh` is run line by line: `strata ...` in process, `cd`, and `cargo run --release --
//! ...` as the same in this repository; a comment `# exit code N` says how it ends, if not with 0.
//! `text output` has lines that the last run must have printed, in this order.

use std::path::{Path, PathBuf};

use strata::cli::ExitCode;

use crate::cli::{Ran, strata};

/// A fenced block of a document.
pub struct Block {
    /// The line of its fence.
    pub line: usize,
    /// What stands behind the fence.
    pub info: String,
    /// What it holds.
    pub text: String,
}

/// The fenced blocks of a document.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in document.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => open = Some(Block { line: number + 1, info: info.into(), text: String::new() }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

struct Reader {
    document: &'static str,
    folder: PathBuf,
    last: Option<Ran>,
}

impl Reader {
    fn follow(&mut self, block: &Block) {
        let place = format!("{}:{}", self.document, block.line);
        match block.info.split_once(' ').unwrap_or((&block.info, "")) {
            ("yaml", path) if !path.is_empty() => self.write(path, &block.text),
            ("sh", "") => block.text.lines().for_each(|line| self.run(line, &place)),
            ("text", "output") => self.compare(&block.text, &place),
            _ => panic!("{place}: `{}` says neither a file nor something to run or compare", block.info),
        }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&mut self, line: &str, place: &str) {
        let (command, comment) = line.split_once(" #").unwrap_or((line, ""));
        let words: Vec<&str> = command.split_whitespace().collect();
        let ran = match words.as_slice() {
            ["cd", folder] => return self.folder.push(folder),
            ["cargo", "test"] => return,
            ["cargo", "run", "--release", "--", arguments @ ..] => {
                strata(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
            }
            ["strata", arguments @ ..] => strata(&self.folder, arguments),
            _ => panic!("{place}: only `strata`, `cd` and `cargo run` can be run: {line}"),
        };
        let expected = match comment.trim() {
            "exit code 1" => ExitCode::Findings,
            "exit code 2" => ExitCode::Failed,
            _ => ExitCode::Fine,
        };
        assert_eq!(ran.code, expected, "{place}: {line}\n{}", ran.err);
        self.last = Some(ran);
    }

    fn compare(&self, lines: &str, place: &str) {
        let ran = self.last.as_ref().unwrap_or_else(|| panic!("{place}: nothing has been run"));
        let printed = format!("{}{}", ran.out, ran.err);
        let mut rest = printed.as_str();
        for line in lines.lines() {
            let found = rest.find(line).unwrap_or_else(|| panic!("{place}: `{line}` is not in\n{printed}"));
            rest = &rest[found + line.len()..];
        }
    }
}

fn follow(document: &'static str) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(document)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut reader = Reader { document, folder: folder.path().into(), last: None };
    let blocks = blocks(&text);
    assert!(!blocks.is_empty(), "{document} has no examples");
    blocks.iter().for_each(|block| reader.follow(block));
}

#[test]
fn every_example_of_the_readme_works() {
    follow("README.md");
}

#[test]
fn every_example_of_the_model_reference_works() {
    follow("docs/model.md");
}

#[test]
fn every_example_of_the_page_on_kustomizations_works() {
    follow("docs/kustomize.md");
}

#[test]
fn every_example_of_the_compose_reference_works() {
    follow("docs/compose.md");
}

#[test]
fn every_example_of_the_page_on_policies_works() {
    follow("docs/policies.md");
}

#[test]
fn the_page_on_argo_cd_works_as_written() {
    follow("docs/argocd.md");
}

#[test]
fn every_path_that_the_readme_links_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in [
        "README.md",
        "docs/model.md",
        "docs/ci.md",
        "docs/model-reference.md",
        "docs/kustomize.md",
        "docs/diff.md",
        "docs/policies.md",
        "docs/argocd.md",
        "benches/README.md",
        "CHANGELOG.md",
    ] {
        let text = std::fs::read_to_string(root.join(document)).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
            let path = root.join(document).parent().unwrap().join(link);
            assert!(path.exists(), "{document} links to {link}, which is not there");
        }
    }
}
