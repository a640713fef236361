//! snapshots/ is exactly what the overlays render, whatever the order of files, entries and
//! threads. `STRATA_UPDATE=1 cargo test` rewrites it.

use std::path::Path;
use std::process::Command;

use crate::repository::{build, compare, files, maximal, repository};

/// What `strata build` prints for each overlay, by the path of its snapshot.
fn rendered(root: &Path) -> Vec<(String, String)> {
    let outcome = build(root, &["overlays"]);
    let print = |build: &strata::pipeline::Rendered| {
        let bytes = strata::emit::yaml::yaml(build.resources.iter().map(|resource| &resource.root));
        (format!("{}.yaml", build.name.strip_prefix("overlays/").unwrap()), String::from_utf8(bytes).unwrap())
    };
    outcome.builds.iter().map(print).collect()
}

#[test]
fn every_overlay_equals_its_snapshot_and_no_snapshot_is_left_over() {
    let folder = repository().join("snapshots");
    compare(&folder, &rendered(&repository()), &files(&folder, |_| true));
}

#[test]
fn the_command_that_compares_snapshots_agrees() {
    if crate::repository::updating() {
        return;
    }
    let ran = crate::cli::strata(&repository(), &["snapshot"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (strata::cli::ExitCode::Fine, "", ""));
}

#[test]
fn the_overlays_of_the_repository_are_all_found() {
    let overlays = files(&repository().join("overlays"), |path| path.ends_with("/overlay.yaml"));
    assert!(!overlays.is_empty());
    assert_eq!(rendered(&repository()).len(), overlays.len());
}

/// What the real binary prints.
fn print(cwd: &Path, threads: &str, entries: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    let output =
        command.arg("build").args(entries).current_dir(cwd).env("RAYON_NUM_THREADS", threads).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A copy of a project whose files are made in another order, so that its folders list them in
/// another one.
fn copied_backwards(root: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let wanted =
        |path: &str| ["base/", "components/", "overlays/", "strata.yaml"].iter().any(|part| path.starts_with(part));
    for path in files(root, wanted).iter().rev() {
        let to = copy.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(root.join(path), to).unwrap();
    }
    copy
}

#[test]
fn files_entries_and_threads_in_any_order_give_the_same_bytes() {
    for root in [repository(), maximal()] {
        let expected: Vec<String> = rendered(&root).into_iter().map(|(_, text)| text).collect();
        let expected = expected.join("---\n");
        let copy = copied_backwards(&root);
        let names: Vec<String> = build(&root, &["overlays"]).builds.into_iter().map(|build| build.name).collect();
        let backwards: Vec<&str> = names.iter().rev().map(String::as_str).collect();
        let twice: Vec<&str> = backwards.iter().copied().chain(["overlays", "./overlays"]).collect();
        for (cwd, threads, entries) in [
            (root.as_path(), "1", &["overlays"][..]),
            (root.as_path(), "4", &["overlays"][..]),
            (root.as_path(), "4", &["overlays"][..]),
            (root.as_path(), "4", backwards.as_slice()),
            (root.as_path(), "4", twice.as_slice()),
            (copy.path(), "4", &["overlays"][..]),
            (copy.path(), "1", backwards.as_slice()),
        ] {
            assert_eq!(print(cwd, threads, entries), expected, "{} {entries:?}", cwd.display());
        }
    }
}

#[test]
fn a_missing_a_changed_and_an_orphaned_snapshot_are_each_found() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("same.yaml"), "a: 1\n").unwrap();
    let expected = |name: &str, text: &str| [(name.to_owned(), text.to_owned())];
    let fails = |expected: &[(String, String)], kept: &[String]| {
        let compared = || compare(folder.path(), expected, kept);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(compared)).is_err()
    };
    if crate::repository::updating() {
        return;
    }
    assert!(!fails(&expected("same.yaml", "a: 1\n"), &["same.yaml".into()]));
    assert!(fails(&expected("same.yaml", "a: 1"), &["same.yaml".into()]));
    assert!(fails(&expected("other.yaml", "a: 1\n"), &[]));
    assert!(fails(&[], &["same.yaml".into()]));
}
