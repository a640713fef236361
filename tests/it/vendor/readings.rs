//! What a text means that names something elsewhere: a repository, a file, or after all a path.

use super::{Repository, config_map, is_installed, lock, project, refused, serve, strata};
use crate::fixture::Project;

#[test]
fn a_url_that_could_be_a_repository_is_the_file_that_a_server_has() {
    if !is_installed("git") || !is_installed("curl") {
        return;
    }
    let server =
        Project::new(&[("k8s/net", &config_map("net")), ("a/login", "\n<!DOCTYPE html><html>Who are you?</html>\n")]);
    let address = serve(server.path().to_path_buf());
    let project = project(&[&format!("{address}/k8s/net?version=1.16")]);
    refused(&strata(&project, &["build", "over"]), &["error[not-vendored]"]);
    let ran = strata(&project, &["build", "over", "--fetch"]);
    assert_eq!((ran.ok, ran.out), (true, config_map("net")), "{}", ran.err);
    // The lock file says what it is.
    for args in [&["vendor"][..], &["build", "over"], &["vendor", "--update", "--prune"], &["build", "over"]] {
        let ran = strata(&project, args);
        assert!(ran.ok && !ran.err.contains("removed") && lock(&project).matches("sha256").count() == 1, "{}", ran.err);
    }
    // A page for people is neither.
    project.write("over/kustomization.yaml", format!("resources: ['{address}/a/login']\n"));
    refused(&strata(&project, &["vendor"]), &["error[fetch-failed]", "`git fetch` says: ", "/a/login"]);
}

#[test]
fn where_a_file_is_needed_every_url_is_one() {
    if !is_installed("curl") {
        return;
    }
    let server = Project::new(&[
        ("org/repo/raw/main/run.sh", "echo\n"),
        ("o/r/patch", "- {op: add, path: /data/b, value: c}\n"),
    ]);
    let address = serve(server.path().to_path_buf());
    let project = project(&[]);
    let generator = format!("configMapGenerator: [{{name: a, files: ['{address}/org/repo/raw/main/run.sh']}}]\n");
    let options = "generatorOptions: {disableNameSuffixHash: true}\n";
    let patch = format!("patches: [{{path: '{address}/o/r/patch', target: {{kind: ConfigMap}}}}]\n");
    project.write("over/kustomization.yaml", generator + options + &patch);
    let ran = strata(&project, &["build", "over", "--fetch"]);
    assert!(ran.ok, "{}", ran.err);
    assert_eq!(
        ran.out,
        "apiVersion: v1\ndata:\n  b: c\n  run.sh: |\n    echo\nkind: ConfigMap\nmetadata:\n  name: a\n"
    );
    let missing = format!("patches: [{{path: '{address}/o/r//base?ref=v1'}}]\n");
    project.write("over/kustomization.yaml", missing);
    refused(&strata(&project, &["vendor"]), &["error[fetch-failed]", "404", "help: a file is needed here"]);
    project.write("over/kustomization.yaml", "patches: [{path: 'git@host.example:o/r'}]\n");
    refused(&strata(&project, &["build", "over"]), &["error[wrong-kind]", "a repository, and a file is needed"]);
}

#[test]
fn a_folder_here_comes_first_where_the_text_names_no_repository() {
    let project = project(&["github.com/base", "x@v1/base"]);
    for (name, folder) in [("one", "github.com/base"), ("two", "x@v1/base")] {
        project.write(&format!("over/{folder}/cm.yaml"), config_map(name));
        project.write(&format!("over/{folder}/kustomization.yaml"), "resources: [cm.yaml]\n");
    }
    let ran = project.strata(&["build", "over"]);
    assert_eq!(ran.out, format!("{}---\n{}", config_map("one"), config_map("two")), "{}", ran.err);
}

#[test]
fn a_query_that_cannot_be_read_is_no_reason_to_build_the_default_branch() {
    let project = project(&["https://host.example/o/r//base?ref=100%"]);
    let refusal = project.refusal_of(&["build", "over"]);
    assert!(refusal.contains("error[invalid-remote]: this names no repository: its query cannot be read"), "{refusal}");
}

#[test]
fn a_reference_that_is_not_there_is_said_with_what_it_may_have_been() {
    if !is_installed("git") {
        return;
    }
    let repository = Repository::new();
    let commit = repository.commit_of("HEAD");
    let short = &commit[..8];
    for (reference, help) in [
        ("v2", "did you mean `v1`?".to_owned()),
        ("mian", "did you mean `main`?".to_owned()),
        (short, format!("servers know a commit by all of its 40 digits only, here `{commit}`")),
        ("0123456", "servers know a commit by all of its 40 digits only\n".to_owned()),
    ] {
        let project = project(&[&format!("{}//base?ref={reference}", repository.url())]);
        let ran = strata(&project, &["vendor"]);
        refused(&ran, &["error[fetch-failed]", "over/kustomization.yaml:2:3", &format!("help: {help}")]);
    }
    for reference in [commit.as_str(), "refs/heads/main", "main", "v1", "refs/tags/v1"] {
        let project = project(&[&format!("{}//more?ref={reference}", repository.url())]);
        assert_eq!(strata(&project, &["build", "over", "--fetch"]).out, config_map("more"), "{reference}");
    }
}
