//! `strata init`.

use std::path::Path;

use strata::cli::ExitCode;

use crate::cli::strata;

fn files_below(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).unwrap().display().to_string())
        .collect();
    files.sort();
    files
}

#[test]
fn init_writes_a_small_project_named_like_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ran = strata(folder.path(), &["init", "My Shop"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    let files = files_below(&folder.path().join("My Shop"));
    for file in [
        "base/my-shop/app.yaml",
        "overlays/my-shop/dev/overlay.yaml",
        "overlays/my-shop/prod/overlay.yaml",
        "strata.yaml",
    ] {
        assert!(files.iter().any(|found| found == file), "{file} in {files:?}");
        assert!(ran.out.contains(&format!("wrote My Shop/{file}\n")), "{}", ran.out);
    }
    assert!(ran.err.contains("strata build overlays/my-shop/dev\n"), "{}", ran.err);
}

#[test]
fn every_modeline_leads_to_a_schema() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(strata(folder.path(), &["init", "--name", "shop"]).code, ExitCode::Fine);
    let yaml: Vec<_> = files_below(folder.path()).into_iter().filter(|file| file.ends_with(".yaml")).collect();
    assert_eq!(yaml.len(), 4);
    for file in yaml {
        let path = folder.path().join(&file);
        let text = std::fs::read_to_string(&path).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        assert!(path.parent().unwrap().join(schema).is_file(), "{file}: {schema}");
    }
}

#[test]
fn init_lists_what_is_in_the_way_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("strata.yaml"), "mine").unwrap();
    std::fs::write(folder.path().join("overlays"), "a file").unwrap();
    std::fs::write(folder.path().join("README.md"), "fine").unwrap();
    let ran = strata(folder.path(), &["init", "--name", "shop"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    assert!(ran.err.starts_with("error[would-overwrite]: `overlays`, `strata.yaml` exists already\n"), "{}", ran.err);
    assert_eq!(files_below(folder.path()), ["README.md", "overlays", "strata.yaml"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("strata.yaml")).unwrap(), "mine");
}

#[test]
fn init_keeps_to_a_folder_with_other_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    std::fs::create_dir(folder.path().join("base")).unwrap();
    assert_eq!(strata(folder.path(), &["init", "--name", "shop"]).code, ExitCode::Fine);
    assert_eq!(strata(folder.path(), &["init", "--name", "shop"]).code, ExitCode::Failed);
}

#[test]
fn a_name_that_kubernetes_refuses_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Shop", "-a", "a_b", "", "1a", "a/b", "..", &"a".repeat(60)] {
        let ran = strata(folder.path(), &["init", &format!("--name={name}")]);
        assert_eq!(ran.code, ExitCode::Failed, "{name}");
        assert!(ran.err.contains("bad-name"), "{}", ran.err);
    }
    assert!(files_below(folder.path()).is_empty());
}
