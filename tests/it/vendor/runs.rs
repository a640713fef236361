//! Runs of `strata vendor`: for users with mirrors, several at once, and after one that was stopped.

use std::process::{Command, Stdio};

use super::{Repository, config_map, git, is_installed, lock, project, refused, serve, strata, strata_with};
use crate::fixture::Project;

#[test]
fn a_mirror_that_the_user_configured_for_git_is_asked() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let config = Project::new(&[(
        "gitconfig",
        &format!("[url \"{}\"]\n\tinsteadOf = https://host.invalid/org/repo\n", repository.url()),
    )]);
    let config = config.path().join("gitconfig");
    let project = project(&["https://host.invalid/org/repo//more?ref=v1"]);
    refused(&strata(&project, &["vendor"]), &["error[fetch-failed]"]);
    let ran = strata_with(&project, &config, &["build", "over", "--fetch"]);
    assert_eq!((ran.ok, ran.out), (true, config_map("more")), "{}", ran.err);
    assert!(lock(&project).contains("url: https://host.invalid/org/repo\n") && !lock(&project).contains("file:"));
}

#[test]
fn behind_a_mirror_on_this_machine_a_submodule_still_may_not_name_its_files() {
    if !is_installed("git") {
        return;
    }
    let (inner, outer) = (Repository::new(), Repository::new());
    git(outer.path(), &["submodule", "--quiet", "add", &inner.url(), "sub"]);
    outer.commit("two");
    let config = Project::new(&[(
        "gitconfig",
        &format!("[url \"{}\"]\n\tinsteadOf = https://host.invalid/org/repo\n", outer.url()),
    )]);
    let project = project(&["https://host.invalid/org/repo//more"]);
    let ran = strata_with(&project, &config.path().join("gitconfig"), &["vendor"]);
    refused(&ran, &["error[fetch-failed]", "`git submodule` says: ", "transport 'file' not allowed"]);
}

#[test]
fn runs_at_the_same_time_lose_nothing() {
    if !is_installed("git") {
        return;
    }
    let repositories: Vec<Repository> = (0..4).map(|_| Repository::new()).collect();
    let project = project(&[]);
    for (index, repository) in repositories.iter().enumerate() {
        let text = format!("resources: ['{}//more', '{}//base']\n", repository.url(), repositories[0].url());
        project.write(&format!("at-once/{index}/kustomization.yaml"), text);
    }
    let start = |index: usize| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
        command.args(["vendor", &format!("at-once/{index}")]).current_dir(project.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..repositories.len()).map(start).collect();
    let outputs: Vec<_> = runs.into_iter().map(|run| run.wait_with_output().unwrap()).collect();
    let err: String = outputs.iter().map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).collect();
    assert!(outputs.iter().all(|output| output.status.success()), "{err}");
    assert_eq!(err.matches("fetched ").count(), repositories.len(), "each once: {err}");
    assert_eq!(lock(&project).matches("sha256: ").count(), repositories.len());
}

#[test]
fn what_a_stopped_run_left_behind_is_removed_by_the_next() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let project = project(&[&format!("{}//more", repository.url())]);
    project.write("vendor/strata/.fetch-a1b2c3/tree/half.yaml", "a: [\n");
    // A tree that no lock file speaks of is nothing that a build may read.
    project.write("vendor/strata/unknown/kustomization.yaml", "");
    refused(&strata(&project, &["build", "over"]), &["error[not-vendored]"]);
    assert!(strata(&project, &["vendor"]).ok);
    assert!(!project.path().join("vendor/strata/.fetch-a1b2c3").exists());
    assert_eq!(strata(&project, &["build", "over"]).out, config_map("more"));
}

#[test]
fn a_mirror_behind_a_server_without_tls_is_the_users_choice_as_well() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    git(repository.path(), &["update-server-info"]);
    let address = serve(repository.path().to_path_buf());
    let config =
        Project::new(&[("gitconfig", &format!("[url \"{address}/.git\"]\n\tinsteadOf = git@host.invalid:org/repo\n"))]);
    let project = project(&["git@host.invalid:org/repo//more?ref=v1"]);
    let ran = strata_with(&project, &config.path().join("gitconfig"), &["build", "over", "--fetch"]);
    assert_eq!((ran.ok, ran.out), (true, config_map("more")), "{}", ran.err);
}
