//! `strata render-to`: rendered manifests in a folder that git keeps.

use strata::cli::ExitCode;

use crate::fixture::{Project, overlay_file};
use crate::repository::files;

fn shop() -> Project {
    let settings =
        "environments: {prod: {secrets: {provider: existing}}, laptop: {local: true, secrets: {provider: existing}}}\n";
    Project::new(&[
        ("strata.yaml", settings),
        (
            "app/app.yaml",
            &crate::fixture::app_file("deployments: {main: {ports: {http: {container: 80, service: 80}}}}\n"),
        ),
        ("overlays/shop/prod/overlay.yaml", &overlay_file("../../../app", "")),
        (
            "overlays/shop/eu/one/overlay.yaml",
            &overlay_file("../../../../app", "namespace: eu\n").replace("namespace: ns\n", ""),
        ),
        (
            "overlays/shop/local/overlay.yaml",
            &overlay_file("../../../app", "").replace("environment: prod", "environment: laptop"),
        ),
    ])
}

fn below(project: &Project, folder: &str) -> Vec<String> {
    files(&project.path().join(folder), |_| true).into_iter().collect()
}

#[track_caller]
fn render(project: &Project, more: &[&str]) -> String {
    let ran = project.strata(&[&["render-to", "out"], more].concat());
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    ran.out
}

#[test]
fn each_overlay_has_a_folder_with_a_file_for_each_object() {
    let project = shop();
    assert_eq!(render(&project, &[]), "");
    let names =
        [".strata-files", "apps_v1_deployment_shop.yaml", "v1_service_shop.yaml", "v1_serviceaccount_shop.yaml"];
    let expected: Vec<String> =
        ["shop/eu/one", "shop/prod"].iter().flat_map(|folder| names.map(|name| format!("{folder}/{name}"))).collect();
    assert_eq!(below(&project, "out"), expected);
    // The files of a folder together are what is built.
    let mut together: Vec<String> =
        names[1..].iter().map(|name| project.read(&format!("out/shop/prod/{name}"))).collect();
    let mut built: Vec<String> =
        project.strata(&["build", "overlays/shop/prod"]).out.split("---\n").map(str::to_owned).collect();
    built.sort();
    together.sort();
    assert_eq!(together, built);
    assert_eq!(project.strata(&["render-to", "out", "--check"]).code, ExitCode::Fine);
}

#[test]
fn a_check_lists_what_differs_and_writes_nothing() {
    let project = shop();
    let ran = project.strata(&["render-to", "out", "--check"]);
    assert_eq!(ran.code, ExitCode::Findings);
    assert!(ran.out.contains("+ shop/prod/v1_service_shop.yaml\n") && !project.path().join("out").exists());
    render(&project, &[]);
    project.write("app/app.yaml", project.read("app/app.yaml").replace("v1.0.0", "v1.1.0"));
    std::fs::remove_dir_all(project.path().join("overlays/shop/eu")).unwrap();
    let ran = project.strata(&["render-to", "out", "--check"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (ExitCode::Findings, "+ shop/prod/apps_v1_deployment_shop.yaml\n- shop/eu/one/\n")
    );
    assert_eq!(below(&project, "out").len(), 8);
    render(&project, &[]);
    assert_eq!(below(&project, "out").len(), 4);
    assert!(!project.path().join("out/shop/eu").exists());
}

#[test]
fn objects_that_are_gone_take_their_files_along() {
    let project = shop();
    render(&project, &[]);
    project.write("app/app.yaml", project.read("app/app.yaml").replace(", service: 80", ""));
    render(&project, &["overlays/shop/prod"]);
    assert!(!project.path().join("out/shop/prod/v1_service_shop.yaml").exists());
    // With overlays named, the folders of others stay as they are.
    assert!(project.path().join("out/shop/eu/one/v1_service_shop.yaml").exists());
}

#[test]
fn a_file_that_argo_cd_would_read_and_strata_did_not_write_is_an_error() {
    let project = shop();
    render(&project, &[]);
    for name in ["kustomization.yaml", "Chart.yaml", "notes.yml", "x.json", "Kustomization"] {
        project.write(&format!("out/shop/prod/{name}"), "x: 1\n");
        let error = project.refusal_of(&["render-to", "out"]);
        assert!(error.starts_with("error[foreign-file]: ") && error.contains(name), "{error}");
        std::fs::remove_file(project.path().join("out/shop/prod").join(name)).unwrap();
    }
    project.write("out/shop/prod/README.md", "for people\n");
    render(&project, &[]);
    // One that was changed by hand and is no longer rendered stays, and is told.
    let service = project.read("out/shop/prod/v1_service_shop.yaml");
    project.write("out/shop/prod/v1_service_shop.yaml", service + "# by hand\n");
    project.write("app/app.yaml", project.read("app/app.yaml").replace(", service: 80", ""));
    let ran = project.strata(&["render-to", "out"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.err.contains("was changed by hand"), "{}", ran.err);
}

#[test]
fn a_commit_message_names_the_revision_and_what_changed() {
    let project = shop();
    let revision = "0123456789abcdef0123456789abcdef01234567";
    let printed = render(&project, &["--message", "--revision", revision]);
    let expected = format!(
        "Render 2 overlays of 0123456789ab\n\nChanged:\n- shop/eu/one\n- shop/prod\n\nSource-Revision: {revision}\n"
    );
    assert_eq!(printed, expected);
    std::fs::remove_dir_all(project.path().join("overlays/shop/eu")).unwrap();
    // Without git there is no revision to name.
    assert_eq!(render(&project, &["--message-file", "message.txt"]), "");
    assert_eq!(project.read("message.txt"), "Render 1 overlay\n\nRemoved:\n- shop/eu/one\n");
    assert_eq!(render(&project, &["--message"]), "Nothing to render\n");
}

#[test]
fn an_error_leaves_all_folders_alone() {
    let project = shop();
    render(&project, &[]);
    let before = below(&project, "out");
    project.write("overlays/shop/eu/one/overlay.yaml", "kind: [");
    assert!(project.refusal_of(&["render-to", "out"]).starts_with("error[yaml-syntax]"));
    assert_eq!(below(&project, "out"), before);
    std::os::unix::fs::symlink("/tmp", project.path().join("link")).unwrap();
    project.write("overlays/shop/eu/one/overlay.yaml", overlay_file("../../../../app", ""));
    std::fs::remove_dir_all(project.path().join("out/shop/prod")).unwrap();
    std::os::unix::fs::symlink(project.path().join("overlays/shop/prod"), project.path().join("out/shop/prod"))
        .unwrap();
    assert!(project.refusal_of(&["render-to", "out"]).starts_with("error[symbolic-link]"));
    assert_eq!(below(&project, "overlays/shop/prod"), ["overlay.yaml"]);
}

#[test]
fn a_revision_is_dirty_when_what_is_rendered_is_not_committed() {
    let Some(repository) = crate::git::Repository::new(&[
        ("strata.yaml", "environments: {prod: {secrets: {provider: existing}}}\n"),
        ("app/app.yaml", &crate::fixture::app_file("deployments: {main: {}}\n")),
        ("overlays/a/overlay.yaml", &overlay_file("../../app", "")),
        ("overlays/b/overlay.yaml", &overlay_file("../../app", "names: {prefix: b-}\n")),
    ]) else {
        return;
    };
    let commit = repository.git(&["rev-parse", "HEAD"]);
    let render = || repository.strata(&["render-to", "rendered", "--message"]).out;
    let trailer = |of: &str| format!("\nSource-Revision: {of}\n");
    // The rendered files and a note beside them are no part of the source.
    repository.project.write("notes.txt", "x");
    assert!(render().ends_with(&trailer(&commit)));
    assert_eq!(render(), "Nothing to render\n");
    repository.project.write("app/app.yaml", crate::fixture::app_file("deployments: {main: {replicas: 2}}\n"));
    let message = render();
    assert!(message.ends_with(&trailer(&format!("{commit}-dirty"))), "{message}");
    assert!(message.starts_with(&format!("Render 2 overlays of {}-dirty\n", &commit[..12])), "{message}");
    repository.git(&["checkout", "-q", "app"]);
    std::fs::remove_dir_all(repository.path().join("overlays/b")).unwrap();
    let message = render();
    assert!(
        message.contains("Removed:\n- b\n") && message.ends_with(&trailer(&format!("{commit}-dirty"))),
        "{message}"
    );
}
