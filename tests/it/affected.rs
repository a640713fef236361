//! `strata affected`: which overlays changed files change.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::cli::Ran;
use crate::fixture::{app_file, component_file, overlay_file};
use crate::git::{Repository, git, strata};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

fn repository() -> Option<Repository> {
    let named = |name: &str| app_file("deployments: {main: {}}\n").replace("name: shop", &format!("name: {name}"));
    Repository::new(&[
        ("strata.yaml", "environments: {prod: {}}\n"),
        ("base/a/app.yaml", &named("a")),
        ("base/b/app.yaml", &named("b")),
        ("components/ha/component.yaml", &component_file("labels: {a: b}\n")),
        ("overlays/a/dev/overlay.yaml", &overlay_file("../../../base/a", "")),
        ("overlays/a/prod/overlay.yaml", &overlay_file("../../../base/a", "resources: [more]\n")),
        ("overlays/a/prod/more/c.yaml", CONFIG_MAP),
        ("overlays/b/prod/overlay.yaml", &overlay_file("../../../base/b", "components: [../../../components/ha]\n")),
        ("README.md", "hello\n"),
    ])
}

#[track_caller]
fn listed(ran: &Ran) -> Vec<&str> {
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    ran.out.lines().collect()
}

#[test]
fn the_overlays_that_read_a_changed_file_are_listed() {
    let Some(repository) = repository() else { return };
    let affected = |args: &[&str]| {
        let ran = repository.strata(&[&["affected", "--base", "HEAD"], args].concat());
        listed(&ran).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(affected(&[]), [""; 0]);
    repository.project.write("README.md", "changed");
    assert_eq!(affected(&[]), [""; 0]);
    repository.project.write("base/a/app.yaml", app_file("").replace("name: shop", "name: a"));
    assert_eq!(affected(&[]), ["overlays/a/dev", "overlays/a/prod"]);
    assert_eq!(affected(&["overlays/a/prod", "overlays/b"]), ["overlays/a/prod"]);
    repository.git(&["checkout", "-q", "."]);
    repository.project.write("overlays/a/prod/more/new.yaml", CONFIG_MAP.replace("name: c", "name: d"));
    assert_eq!(affected(&[]), ["overlays/a/prod"], "a new file in a folder of manifests");
    repository.commit("second");
    repository.project.write("components/ha/kustomization.yaml", "");
    repository.project.write("overlays/a/app.yaml", "");
    assert_eq!(affected(&[]), ["overlays/b/prod"], "a file where the build looked in vain");
}

#[test]
fn between_two_revisions_the_working_tree_has_no_say() {
    let Some(repository) = repository() else { return };
    repository.project.write("overlays/b/prod/overlay.yaml", overlay_file("../../../base/b", "labels: {x: y}\n"));
    repository.project.write("overlays/c/prod/overlay.yaml", overlay_file("../../../base/a", ""));
    repository.commit("second");
    std::fs::remove_dir_all(repository.path().join("overlays/b")).unwrap();
    let ran = repository.strata(&["affected", "--base", "HEAD~1", "--head", "HEAD"]);
    assert_eq!(listed(&ran), ["overlays/b/prod", "overlays/c/prod"]);
    let ran = repository.strata(&["affected", "--base", "HEAD", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["removed"], serde_json::json!(["overlays/b/prod"]));
}

#[test]
fn with_merge_base_what_the_base_did_meanwhile_does_not_count() {
    let Some(repository) = repository() else { return };
    repository.git(&["checkout", "-q", "-b", "topic"]);
    repository.project.write("overlays/a/dev/overlay.yaml", overlay_file("../../../base/a", "labels: {x: y}\n"));
    repository.commit("topic");
    repository.git(&["checkout", "-q", "main"]);
    repository.project.write("base/b/app.yaml", app_file("").replace("name: shop", "name: b"));
    repository.commit("main");
    repository.git(&["checkout", "-q", "topic"]);
    let ran = repository.strata(&["affected", "--base", "main"]);
    assert_eq!(listed(&ran), ["overlays/a/dev", "overlays/b/prod"]);
    let ran = repository.strata(&["affected", "--base", "main", "--merge-base"]);
    assert_eq!(listed(&ran), ["overlays/a/dev"]);
}

#[test]
fn a_list_of_files_needs_no_git() {
    let Some(repository) = repository() else { return };
    let stdin = "base/b/app.yaml\r\n./overlays/x/../a/dev/overlay.yaml\ngone.txt\n";
    let ran = strata(repository.path(), &["affected", "--files", "-"], stdin);
    assert_eq!(listed(&ran), ["overlays/a/dev", "overlays/b/prod"]);
    let below = repository.path().join("overlays/a");
    let ran = strata(&below, &["affected", "--files", "-"], stdin);
    assert_eq!(listed(&ran), ["dev", "../b/prod"]);
    repository.project.write("list", "strata.yaml\n");
    let ran = crate::cli::strata(repository.path(), &["affected", "--files", "list", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["overlays"].as_array().unwrap().len(), 3);
    assert_eq!(report["overlays"][0]["name"], "overlays/a/dev");
    assert_eq!(report["overlays"][0]["because"], "strata.yaml");
    let ran = strata(repository.path(), &["affected", "--files", "-", "--format", "matrix"], "base/b/app.yaml\n");
    assert_eq!(ran.out, "{\"include\":[{\"overlay\":\"overlays/b/prod\",\"folder\":\"overlays/b/prod\"}]}\n");
    let ran = strata(repository.path(), &["affected", "--files", "-", "--format", "matrix"], "");
    assert_eq!(ran.out, "{\"include\":[]}\n");
}

#[test]
fn what_git_does_not_know_is_said() {
    let Some(repository) = repository() else { return };
    let refused = |args: &[&str]| {
        let ran = repository.strata(&[&["affected"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
        ran.err
    };
    let unknown = refused(&["--base", "origin/mian"]);
    assert!(unknown.starts_with("error[unknown-revision]: `origin/mian` is no revision"), "{unknown}");
    assert!(refused(&["--base=--output=x"]).contains("is no revision"));
    assert!(!repository.path().join("x").exists());
    let clone = tempfile::tempdir().unwrap();
    repository.commit("second");
    let url = format!("file://{}", repository.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &url, "."]);
    let ran = strata(clone.path(), &["affected", "--base", "HEAD~1"], "");
    assert!(ran.err.contains("is shallow") && ran.err.contains("`git fetch --unshallow`"), "{}", ran.err);
    let ran = strata(clone.path(), &["affected", "--base", "origin/next"], "");
    assert!(ran.err.contains("`git fetch --depth 1 origin next:refs/remotes/origin/next`"), "{}", ran.err);
    let nowhere = tempfile::tempdir().unwrap();
    std::fs::create_dir(nowhere.path().join("overlays")).unwrap();
    let ran = strata(nowhere.path(), &["affected", "--base", "HEAD"], "");
    assert!(ran.err.starts_with("error[no-repository]: "), "{}", ran.err);
}

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [{name: c, image: 'x:1'}]}}}\n";

/// A repository of kustomizations alone: a base, two overlays of it, one by itself, and a component.
pub fn kustomizations() -> Option<Repository> {
    Repository::new(&[
        ("apps/shop/base/kustomization.yaml", "resources: [d.yaml]\n"),
        ("apps/shop/base/d.yaml", MANIFEST),
        ("apps/shop/overlays/prod/kustomization.yaml", "resources: [../../base]\nnamespace: shop-prod\n"),
        ("apps/shop/overlays/staging/kustomization.yaml", "resources: [../../base]\nnamespace: shop-staging\n"),
        ("apps/solo/Kustomization", "resources: [c.yaml]\n"),
        ("apps/solo/c.yaml", CONFIG_MAP),
        ("parts/x/kustomization.yaml", "kind: Component\nnamePrefix: x-\n"),
        ("README.md", "hello\n"),
    ])
}

#[test]
fn kustomizations_are_found_below_a_folder_but_for_those_that_others_list() {
    let Some(repository) = kustomizations() else { return };
    let affected = |args: &[&str]| {
        let ran = repository.strata(&[&["affected", "--base", "HEAD"], args].concat());
        listed(&ran).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(affected(&[]), [""; 0]);
    repository.project.write("apps/shop/base/d.yaml", MANIFEST.replace("x:1", "x:2"));
    repository.project.write("parts/x/kustomization.yaml", "kind: Component\nnamePrefix: y-\n");
    let both = ["apps/shop/overlays/prod", "apps/shop/overlays/staging"];
    assert_eq!(affected(&[]), both);
    assert_eq!(affected(&["apps"]), both);
    assert_eq!(affected(&["apps/shop/base"]), ["apps/shop/base"], "asked for");
    let ran = strata(&repository.path().join("apps/shop"), &["affected", "--base", "HEAD"], "");
    assert_eq!(listed(&ran), ["overlays/prod", "overlays/staging"], "the whole project from a folder of it");
}

#[test]
fn a_kustomization_that_was_a_part_alone_is_not_removed_by_itself() {
    let Some(repository) = kustomizations() else { return };
    repository.git(&["rm", "-r", "-q", "apps/shop"]);
    let removed = serde_json::json!(["apps/shop/overlays/prod", "apps/shop/overlays/staging"]);
    let report = |args: &[&str]| -> Value {
        let ran = repository.strata(&[&["affected", "--format", "json"], args].concat());
        serde_json::from_str(&ran.out).unwrap()
    };
    assert_eq!(report(&["--base", "HEAD"])["removed"], removed);
    repository.commit("second");
    repository.git(&["checkout", "-q", "HEAD~1"]);
    assert_eq!(report(&["--base", "main~1", "--head", "main"])["removed"], removed, "the working tree has no say");
    assert_eq!(report(&["--base", "main~1", "--head", "main", "apps/solo"])["removed"], serde_json::json!([]));
}

#[test]
fn a_folder_with_an_overlay_and_a_kustomization_is_the_overlay() {
    let Some(repository) = repository() else { return };
    repository.project.write("overlays/a/dev/kustomization.yaml", "resources: []\n");
    repository.commit("second");
    repository.project.write("base/a/app.yaml", app_file("").replace("name: shop", "name: a"));
    let ran = repository.strata(&["affected", "--base", "HEAD"]);
    assert_eq!(listed(&ran), ["overlays/a/dev", "overlays/a/prod"]);
}
