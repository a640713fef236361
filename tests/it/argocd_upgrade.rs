//! `strata argocd plan --base`: what a sync over an earlier one does.

use serde_json::{Value, json};
use strata::cli::ExitCode;

use crate::fixture::{app_file, overlay_file};
use crate::git::Repository;

const APP: &str = "deployments: {main: {config: [settings]}}\nworkers: {mail: {}}\nconfig: {settings: {A: b}}\n\
    migrations: {schema: {command: [x]}}\n";

/// A repository with one commit.
fn shop() -> Option<Repository> {
    Repository::new(&[
        ("strata.yaml", "environments: {prod: {secrets: {provider: existing}}}\n"),
        ("app/app.yaml", &app_file(APP)),
        ("overlays/shop/overlay.yaml", &overlay_file("../../app", "")),
    ])
}

fn plan(repository: &Repository, more: &[&str]) -> String {
    let ran = repository.strata(&[&["argocd", "plan", "overlays/shop", "--base", "HEAD"], more].concat());
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{}", ran.out);
    ran.out
}

#[test]
fn a_plan_over_a_revision_says_what_is_new_changed_and_pruned() {
    let Some(repository) = shop() else { return };
    let unchanged = plan(&repository, &[]);
    assert!(unchanged.contains("; since HEAD 0 new, 0 changed, 0 pruned\n"), "{unchanged}");
    repository.project.write("app/app.yaml", app_file(&APP.replace("A: b", "A: c").replace("mail", "post")));
    let text = plan(&repository, &[]);
    for line in [
        "; since HEAD 2 new, 1 changed, 2 pruned\n",
        "PHASE  WAVE  CHANGE   OBJECT",
        "pruned   ConfigMap/shop-settings-",
        "changed  Deployment/shop ",
        "runs     Job/shop-schema (hook, BeforeHookCreation)",
        "the last step prunes, so the sync waits for all steps before it",
        "`Deployment/shop` has new pods by then",
        "Deployment/shop-post",
        "Deployment/shop-mail: its pods stop",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("Later syncs"), "{text}");
    let reports: Value = serde_json::from_str(&plan(&repository, &["--format", "json"])).unwrap();
    let objects = reports[0]["steps"].as_array().unwrap().iter().flat_map(|step| step["objects"].as_array().unwrap());
    let of = |change: &str| objects.clone().filter(|one| one["change"] == change).count();
    assert_eq!((of("new"), of("changed"), of("pruned"), of("runs")), (2, 1, 2, 1), "{reports:#}");
    assert_eq!(reports[0]["base"], json!("HEAD"));
    // What nobody waits for in a sync without pruning has to be done here, for a step comes after it.
    let waited = objects.clone().find(|one| one["name"] == "shop" && one["kind"] == "Deployment").unwrap();
    assert_eq!(waited["waitedFor"], true, "{waited}");
}

#[test]
fn what_an_old_pod_loses_before_it_is_replaced_is_said() {
    let map = |name: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {{argocd.argoproj.io/sync-wave: '-5'}}}}\n"
        )
    };
    let deployment = |config: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: [{{name: web, envFrom: [{{configMapRef: {{name: {config}}}}}]}}]}}}}}}\n"
        )
    };
    let claim = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n";
    let guarded = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: {argocd.argoproj.io/sync-options: 'Prune=confirm'}}\n";
    let old = [map("one"), deployment("one"), claim.to_owned(), guarded.to_owned()].concat();
    let Some(repository) = Repository::new(&[
        ("overlays/shop/kustomization.yaml", "resources: [a.yaml]\n"),
        ("overlays/shop/a.yaml", &old),
    ]) else {
        return;
    };
    repository.project.write("overlays/shop/a.yaml", [map("two"), deployment("two")].concat());
    let text = plan(&repository, &[]);
    for line in [
        "ConfigMap/one: `Deployment/web` has its old pods until Sync 0: one that restarts before cannot start",
        "PersistentVolumeClaim/data: its data goes, where its volume is not retained",
        "Secret/s: the sync waits until somebody confirms that it is pruned",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let mermaid = plan(&repository, &["--format", "mermaid"]);
    assert!(mermaid.contains(": prune ConfigMap/one\n"), "{mermaid}");
}

#[test]
fn an_overlay_that_is_new_has_its_first_sync() {
    let Some(repository) = shop() else { return };
    repository.project.write("overlays/new/overlay.yaml", overlay_file("../../app", "names: {prefix: x-}\n"));
    let text = plan(&repository, &["overlays/new"]);
    assert!(text.starts_with("overlays/new: "), "{text}");
    assert!(
        text.contains("; it is not in HEAD, so this is its first sync\n") && text.contains("First sync:"),
        "{text}"
    );
}

#[test]
fn a_base_that_is_none_or_cannot_be_rendered_is_an_error() {
    let Some(repository) = shop() else { return };
    let run = |base: &str| repository.strata(&["argocd", "plan", "overlays/shop", "--base", base]);
    assert!(run("nope").err.starts_with("error[unknown-revision]"), "{}", run("nope").err);
    let good = repository.project.read("app/app.yaml");
    repository.project.write("app/app.yaml", app_file("deployments: {main: {replicas: many}}\n"));
    repository.commit("broken");
    repository.project.write("app/app.yaml", good);
    let ran = run("HEAD");
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    assert!(ran.err.starts_with("cannot be rendered at `HEAD`:\nerror[wrong-type]"), "{}", ran.err);
}
