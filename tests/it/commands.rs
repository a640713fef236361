//! The commands as they are used together: formats, outputs, snapshots, places.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::{Objects, Project, app_file, overlay_file};

const MAIN: &str = "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\n";

/// Two overlays of one app, `overlays/shop/a` and `overlays/shop/b`.
fn two() -> Project {
    Project::new(&[
        ("strata.yaml", "environments: {prod: {}}\n"),
        ("base/shop/app.yaml", &app_file(MAIN)),
        ("overlays/shop/a/overlay.yaml", &overlay_file("../../../base/shop", "names: {prefix: a-}\n")),
        ("overlays/shop/b/overlay.yaml", &overlay_file("../../../base/shop", "names: {prefix: b-}\n")),
    ])
}

/// The names of the files in a folder, sorted.
fn files(project: &Project, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project.path().join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn one_many_and_a_folder_of_overlays_print_sorted_by_name() {
    let project = two();
    let (a, b) = (project.strata(&["build", "overlays/shop/a"]).out, project.strata(&["build", "overlays/shop/b"]).out);
    let both = format!("{a}---\n{b}");
    for entries in [vec!["overlays/shop/b", "overlays/shop/a"], vec!["overlays"], vec!["."], vec![]] {
        assert_eq!(project.strata(&[vec!["build"], entries].concat()).out, both);
    }
}

#[test]
fn json_holds_the_same_objects_as_yaml() {
    let project = two();
    let yaml = Objects::read(&project.strata(&["build", "overlays/shop/a"]).out).0;
    let json = project.strata(&["build", "overlays/shop/a", "--format", "json"]).out;
    let json: Vec<Value> = serde_json::Deserializer::from_str(&json).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(json, yaml);
}

#[test]
fn a_file_gets_what_would_be_printed_and_a_folder_one_file_for_each_resource() {
    let project = two();
    let printed = project.strata(&["build", "overlays/shop/a"]).out;
    assert_eq!(project.strata(&["build", "overlays/shop/a", "-o", "a.yaml"]).code, ExitCode::Fine);
    assert_eq!(project.read("a.yaml"), printed);
    project.write("out/kept.yaml", "mine");
    project.strata(&["build", "overlays/shop/a", "-o", "out"]);
    let names =
        ["apps_v1_deployment_a-shop.yaml", "kept.yaml", "v1_service_a-shop.yaml", "v1_serviceaccount_a-shop.yaml"];
    assert_eq!(files(&project, "out").into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), names);
    project.strata(&["build", "overlays/shop/b", "-o", "out"]);
    let names = names.map(|name| name.replace("a-shop", "b-shop"));
    assert_eq!(files(&project, "out").into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), names);
    project.strata(&["build", "overlays", "-o", "many/"]);
    assert_eq!(files(&project, "many/shop"), ["a", "b"]);
}

#[test]
fn an_error_writes_nothing() {
    let project = two();
    project.write("overlays/shop/b/overlay.yaml", overlay_file("../../../base/shop", "nonsense: 1\n"));
    let said = project.refusal_of(&["build", "overlays", "-o", "many/"]);
    assert!(said.contains("error[unknown-field]"), "{said}");
    assert!(!project.path().join("many").exists());
}

#[test]
fn snapshots_are_missing_accepted_equal_changed_and_orphaned() {
    let project = two();
    let ran = project.strata(&["snapshot"]);
    assert_eq!(ran.code, ExitCode::Findings);
    assert!(ran.out.contains("missing snapshots/shop/a.yaml"), "{}", ran.out);
    assert_eq!(project.strata(&["snapshot", "--accept"]).code, ExitCode::Fine);
    assert_eq!(project.read("snapshots/shop/a.yaml"), project.strata(&["build", "overlays/shop/a"]).out);
    assert_eq!(project.strata(&["snapshot"]).code, ExitCode::Fine);
    project.write("overlays/shop/a/overlay.yaml", overlay_file("../../../base/shop", "names: {prefix: z-}\n"));
    std::fs::remove_dir_all(project.path().join("overlays/shop/b")).unwrap();
    let ran = project.strata(&["snapshot"]);
    assert_eq!(ran.code, ExitCode::Findings);
    for line in ["-  name: a-shop", "+  name: z-shop", "orphan snapshots/shop/b.yaml"] {
        assert!(ran.out.contains(line), "{line} in {}", ran.out);
    }
    assert_eq!(project.strata(&["snapshot", "--accept"]).code, ExitCode::Fine);
    assert_eq!(files(&project, "snapshots/shop"), ["a.yaml"]);
}

#[test]
fn kustomizations_below_overlays_have_snapshots_but_for_those_that_others_list() {
    let project = two();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    project.write("overlays/k/base/kustomization.yaml", "resources: [c.yaml]\n");
    project.write("overlays/k/base/c.yaml", map);
    project.write("overlays/k/prod/kustomization.yaml", "resources: [../base]\nnamespace: k\n");
    assert_eq!(project.strata(&["snapshot", "--accept"]).code, ExitCode::Fine);
    assert_eq!(files(&project, "snapshots/k"), ["prod.yaml"]);
    assert_eq!(project.read("snapshots/k/prod.yaml"), project.strata(&["build", "overlays/k/prod"]).out);
    let ran = project.strata(&["snapshot", "--check"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (ExitCode::Fine, "", ""));
    assert_eq!(project.strata(&["snapshot", "--check", "--accept"]).code, ExitCode::Failed);
}

#[test]
fn a_path_with_spaces_and_letters_of_any_language_is_a_path_like_any_other() {
    let project = two();
    project.write("overlays/shop/süd west/overlay.yaml", overlay_file("../../../base/shop", "names: {prefix: c-}\n"));
    let printed = project.strata(&["build", "overlays/shop/süd west"]).out;
    assert!(printed.contains("name: c-shop"));
    assert_eq!(project.strata_in("overlays/shop/süd west", &["build"]).out, printed);
    project.strata(&["build", "overlays", "-o", "many/"]);
    assert_eq!(files(&project, "many/shop"), ["a", "b", "süd west"]);
}

#[test]
fn a_new_project_builds_and_its_snapshots_hold() {
    let project = Project::new(&[]);
    assert_eq!(project.strata(&["init", "--name", "shop"]).code, ExitCode::Fine);
    for args in
        [vec!["build", "overlays/shop/dev"], vec!["build", "overlays"], vec!["snapshot", "--accept"], vec!["snapshot"]]
    {
        let ran = project.strata(&args);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{args:?}");
    }
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    let project = two();
    let before = project.read("base/shop/app.yaml");
    let overlay = project.read("overlays/shop/b/overlay.yaml");
    for output in
        ["base/shop/app.yaml", "./overlays/../base/shop/app.yaml", "strata.yaml", "overlays/shop/b/overlay.yaml"]
    {
        let said = project.refusal_of(&["build", "overlays/shop/a", "-o", output]);
        assert!(said.contains("error[output-is-input]"), "{said}");
    }
    assert_eq!(project.read("base/shop/app.yaml"), before);
    assert_eq!(project.read("overlays/shop/b/overlay.yaml"), overlay);
    // A folder that holds a manifest which the overlay reads, under the name that it would be written to.
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b} # mine\n";
    project.write("overlays/shop/a/v1_configmap_a-c.yaml", manifest);
    project.write(
        "overlays/shop/a/overlay.yaml",
        overlay_file("../../../base/shop", "names: {prefix: a-}\nresources: [v1_configmap_a-c.yaml]\n"),
    );
    let said = project.refusal_of(&["build", "overlays/shop/a", "-o", "overlays/shop/a"]);
    assert!(said.contains("error[output-is-input]"), "{said}");
    assert_eq!(project.read("overlays/shop/a/v1_configmap_a-c.yaml"), manifest);
    assert_eq!(files(&project, "overlays/shop/a"), ["overlay.yaml", "v1_configmap_a-c.yaml"]);
}

#[cfg(unix)]
#[test]
fn an_output_folder_for_each_overlay_is_no_link() {
    let (project, outside) = (two(), tempfile::tempdir().unwrap());
    std::fs::create_dir(project.path().join("out")).unwrap();
    std::os::unix::fs::symlink(outside.path(), project.path().join("out/shop")).unwrap();
    let said = project.refusal_of(&["build", "overlays", "-o", "out"]);
    assert!(said.contains("error[symbolic-link]"), "{said}");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn what_is_nothing_to_build_is_explained() {
    let project = two();
    project.write("components/x/component.yaml", "apiVersion: strata.dev/v1alpha1\nkind: Component\n");
    for (path, says) in [
        ("strata.yaml", "name an overlay, or the folder of the project"),
        ("components/x", "build an overlay that lists it under `components`"),
        ("nowhere", "paths are relative to the current folder"),
        ("overlay", "did you mean `overlays`?"),
    ] {
        let said = project.refusal_of(&["build", path]);
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn no_message_shows_the_value_of_a_declared_secret_key_or_of_a_setting() {
    let app = "deployments: {main: {env: {OTHER: hunter2, URL: hunter2}}}\nsecrets: {s: {path: /s, keys: {URL: {format: url}}}}\n";
    let project = Project::usual(app, "parameters: {count: {type: integer, default: 1}}\n", &[]);
    for format in ["text", "json"] {
        let said = project.refusal_of(&["build", "o", "--message-format", format]);
        assert!(said.contains("the value of `URL` is not a URL") && !said.contains("hunter2"), "{said}");
        for set in ["count=hunter2", "other=hunter2"] {
            let said = project.refusal_of(&["build", "o", "--set", set, "--message-format", format]);
            assert!(said.contains("-parameter") && !said.contains("hunter2"), "{said}");
        }
    }
}
