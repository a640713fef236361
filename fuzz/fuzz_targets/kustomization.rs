//! Folders of kustomizations. A line `>>> NAME` begins the file NAME; what is before the first one
//! is `kustomization.yaml`. A build ends with 0 and what can be read again, or with 2, a message
//! with a place and an empty stdout; both readers and a second run say the same.

#![no_main]

use std::ffi::OsString;
use std::path::{Component, Path};

use libfuzzer_sys::{Corpus, fuzz_target};
use strata::cli::{self, ExitCode};
use strata::load::yaml::Dialect;
use strata_fuzz::documents;

fuzz_target!(|text: &str| -> Corpus {
    let folder = tempfile::tempdir().unwrap();
    // Nothing above the folder is read.
    std::fs::write(folder.path().join("strata.yaml"), "{}\n").unwrap();
    let mut name = "kustomization.yaml";
    for (number, part) in text.split("\n>>> ").enumerate() {
        let mut body = part;
        if number > 0 {
            (name, body) = part.split_once('\n').unwrap_or((part, ""));
        }
        if !write(folder.path(), name, body) {
            return Corpus::Reject;
        }
    }
    let once = build(folder.path(), &[]);
    assert_eq!(once, build(folder.path(), &["--reader", "granit"]));
    let (code, out, err) = once;
    if code == ExitCode::Fine {
        assert!(documents(&out, Dialect::Resource).is_some(), "{out}");
    } else {
        assert!(code == ExitCode::Failed && out.is_empty() && err.contains("error"), "{code:?} {out} {err}");
    }
    Corpus::Keep
});

/// Whether the file has a name that stays in the folder, and could be written.
fn write(folder: &Path, name: &str, body: &str) -> bool {
    let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    let is_short = name.len() < 60 && name.chars().all(|c| c.is_ascii_graphic());
    if !is_inside || !is_short || name.is_empty() || name == "strata.yaml" {
        return false;
    }
    let path = folder.join(name);
    path.parent().is_some_and(|parent| std::fs::create_dir_all(parent).is_ok()) && std::fs::write(path, body).is_ok()
}

fn build(folder: &Path, more: &[&str]) -> (ExitCode, String, String) {
    let env = cli::Env {
        cwd: folder.to_path_buf(),
        var: Box::new(|_| None),
        names: Box::new(Vec::new),
        stdout_is_terminal: false,
        stderr_is_terminal: false,
        width: None,
        programs: Box::new(|_| Err(std::io::ErrorKind::NotFound.into())),
        stdin: Box::new(|| Ok(Vec::new())),
        panic_place: || None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["strata", "build", "."].iter().chain(more).map(OsString::from);
    let code = cli::run(args, &env, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}
