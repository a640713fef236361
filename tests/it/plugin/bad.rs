//! Bad input of the plugin: an exit code other than 0, nothing on stdout, and a short text.

use super::server::{Server, command};
use super::shop;
use crate::fixture::Project;

#[track_caller]
fn refused(server: &Server, folder: &str, vars: &[(&str, &str)]) -> String {
    let error = server.generate(folder, vars).unwrap_err();
    assert!(error.starts_with("error["), "{error}");
    assert!(error.lines().count() <= 12 && error.len() < 2000, "{error}");
    error
}

#[test]
fn parameters_that_are_not_what_argo_cd_writes() {
    let project = shop();
    let server = Server::of(project.path());
    let huge = format!(r#"[{{"name":"log-level","string":"{}"}}]"#, "x".repeat(100_000));
    for (given, says) in [
        ("{", "`ARGOCD_APP_PARAMETERS` is not the JSON that Argo CD writes"),
        ("[", "at line 1, column 1"),
        (r#"{"name":"a"}"#, "another shape is expected"),
        (r#"["hunter2"]"#, "another shape is expected"),
        (r#"[{"name":"log-level","string":7}]"#, "another shape is expected"),
        (r#"[{"name":"log-level","sting":"debug"}]"#, "another shape is expected"),
        (r#"[{"string":"debug"}]"#, "a parameter has no name"),
        (r#"[{"name":"log-level"}]"#, "the parameter `log-level` is one value"),
        (r#"[{"name":"log-level","array":["debug"]}]"#, "the parameter `log-level` is one value"),
        (r#"[{"name":"log-level","string":"debug","map":{}}]"#, "the parameter `log-level` is one value"),
        (
            r#"[{"name":"log-level","string":"a"},{"name":"log-level","string":"b"}]"#,
            "the parameter `log-level` is given twice",
        ),
        (
            r#"[{"name":"log-level","string":"loud"}]"#,
            "the parameter `log-level` is one of `debug`, `info` (parameters of the Application)",
        ),
        (r#"[{"name":"log-level","string":"$(id); `id` && rm -rf /"}]"#, "the parameter `log-level` is one of"),
        (r#"[{"name":"workers","string":"2; true"}]"#, "the parameter `workers` is a whole number"),
        (r#"[{"name":"workers","string":"5"}]"#, "the parameter `workers` is at most 4, not 5"),
        (r#"[{"name":"log-levl","string":"debug"}]"#, "did you mean `log-level`?"),
        (r#"[{"name":"images","map":{"ghcr.io/acme/shopp":"v1"}}]"#, "did you mean `ghcr.io/acme/shop`?"),
        (
            r#"[{"name":"images","map":{"ghcr.io/acme/shop":"evil/image:v1"}}]"#,
            "gives `ghcr.io/acme/shop` no tag or digest",
        ),
        (r#"[{"name":"images","map":{"ghcr.io/acme/shop":""}}]"#, "gives `ghcr.io/acme/shop` no tag or digest"),
        (r#"[{"name":"images","string":"ghcr.io/acme/shop:v1"}]"#, "the parameter `images` is a map"),
        (r#"[{"name":"replicas","map":{"shop":"many"}}]"#, "gives `shop` no whole number"),
        (r#"[{"name":"replicas","map":{"shop":"-1"}}]"#, "gives `shop` no whole number"),
        (r#"[{"name":"replicas","map":{"shops":"1"}}]"#, "did you mean `shop`?"),
        (&huge, "the parameter `log-level` is one of"),
    ] {
        let error = refused(&server, "o", &[("ARGOCD_APP_PARAMETERS", given)]);
        assert!(error.contains(says) && !error.contains("hunter2"), "{given}: {error}");
    }
    let error = refused(&server, "o", &[("ARGOCD_ENV_LOG_LEVL", "debug")]);
    assert!(error.contains("for the variable `LOG_LEVL`") && error.contains("did you mean `LOG_LEVEL`?"), "{error}");
}

#[test]
fn a_guard_holds_against_parameters() {
    let project =
        Project::usual("deployments: {main: {replicas: {exactly: 1, because: it is a single writer}}}\n", "", &[]);
    let server = Server::of(project.path());
    let error = refused(&server, "o", &[("ARGOCD_APP_PARAMETERS", r#"[{"name":"replicas","map":{"shop":"2"}}]"#)]);
    assert!(error.starts_with("error[replicas-guard]: ") && error.contains("the guard: app/app.yaml:5:"), "{error}");
    let project = shop();
    project.write("strata.yaml", "environments: {prod: {tags: semver, secrets: {provider: existing}}}\n");
    let server = Server::of(project.path());
    let error = refused(
        &server,
        "o",
        &[("ARGOCD_APP_PARAMETERS", r#"[{"name":"images","map":{"ghcr.io/acme/shop":"latest"}}]"#)],
    );
    assert!(error.starts_with("error[tag-policy]: "), "{error}");
}

#[test]
fn folders_that_are_no_overlay() {
    let project = shop();
    std::fs::create_dir(project.path().join("empty")).unwrap();
    let server = Server::of(project.path());
    for folder in [".", "empty"] {
        let error = refused(&server, folder, &[]);
        assert!(error.starts_with("error[nothing-to-build]"), "{folder}: {error}");
    }
    // The server itself fails to start a command in a folder that is not there.
    assert!(server.generate("nope", &[]).is_err());
    project.write("out/overlay.yaml", crate::fixture::overlay_file("../../../../../etc", ""));
    let error = refused(&Server::of(project.path()), "out", &[]);
    assert!(error.starts_with("error[outside-project]"), "{error}");
}

#[test]
fn no_folder_of_the_run_is_in_an_error() {
    let project = shop();
    // Without strata.yaml the overlay is all that there is, and its base lies outside.
    std::fs::remove_file(project.path().join("strata.yaml")).unwrap();
    let server = Server::of(project.path());
    let (first, second) = (refused(&server, "o", &[]), refused(&server, "o", &[]));
    assert!(first == second && first.contains("`../app` leads to `../app`, outside of the project `.`"), "{first}");
}

#[test]
fn what_argo_cd_would_misread_is_refused_or_put_right() {
    let utf16: Vec<u8> = "\u{feff}kind: A\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ns";
    for (name, content, says) in [
        ("r.json", br#"[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}]"#.to_vec(), "it is a list"),
        ("r.json", br#"{"apiVersion":"v1","kind":"List","items":null}"#.to_vec(), "it has no `metadata.name`"),
        ("r.yaml", format!("{map}, labels: {{a: 1}}}}\n").into_bytes(), "the label `a`"),
        ("r.yaml", format!("{map}, annotations: {{a: null}}}}\n").into_bytes(), "the annotation `a`"),
        ("r.yaml", utf16, "UTF-16"),
        ("r.yaml", b"kind: ConfigMap\nmetadata: {name: a}\n".to_vec(), "it has no `apiVersion`"),
    ] {
        let project = shop();
        project.write("o/overlay.yaml", crate::fixture::overlay_file("../app", &format!("resources: [{name}]\n")));
        project.write(&format!("o/{name}"), content);
        let error = refused(&Server::of(project.path()), "o", &[]);
        assert!(error.contains(says), "{error}");
    }
    for content in ["null\n", "", "---\n---\n# nothing\n", "apiVersion: v1\nkind: List\nitems: []\n"] {
        let project = shop();
        let before = Server::of(project.path()).generate("o", &[]).unwrap().len();
        project.write("o/overlay.yaml", crate::fixture::overlay_file("../app", "resources: [r.yaml]\n"));
        project.write("o/r.yaml", content);
        assert_eq!(Server::of(project.path()).generate("o", &[]).unwrap().len(), before, "{content}");
    }
}

#[test]
fn nothing_is_never_rendered_by_mistake() {
    let project = Project::new(&[("k/kustomization.yaml", "resources: []\n")]);
    assert!(refused(&Server::of(project.path()), "k", &[]).starts_with("error[empty-render]"));
    let project = Project::usual("", "", &[]);
    assert!(refused(&Server::of(project.path()), "o", &[]).starts_with("error[empty-render]"));
    project.write("o/overlay.yaml", crate::fixture::overlay_file("../app", "allowEmpty: true\n"));
    assert!(Server::of(project.path()).generate("o", &[]).unwrap().is_empty());
}

#[test]
fn nothing_is_fetched_and_no_program_is_started() {
    let project = shop();
    for flag in ["--fetch", "--enable-helm"] {
        let error = project.refusal_of(&["argocd", "generate", "o", flag]);
        assert!(error.starts_with(&format!("error[not-in-plugin]: `{flag}` is refused")), "{error}");
    }
    project.write("k/kustomization.yaml", "resources: ['https://example.com/x//y?ref=v1']\n");
    let error = project.refusal_of(&["argocd", "generate", "k"]);
    assert!(error.contains("strata vendor"), "{error}");
}

#[test]
fn a_full_or_closed_stdout_is_an_error() {
    let project = shop();
    let folder = project.path().join("o");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for what in ["generate", "parameters"] {
        let output = command(what, &folder, &[]).stdout(full.try_clone().unwrap()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.starts_with("error[cannot-write]: cannot write to stdout"), "{err}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(command(what, &folder, &[]).stdout(writer).output().unwrap().status.code(), Some(2), "{what}");
    }
}

#[test]
fn the_environment_may_be_empty_or_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let project = shop();
    let folder = project.path().join("o");
    let run = |name: &str, value: &[u8]| {
        command("generate", &folder, &[]).env(name, std::ffi::OsStr::from_bytes(value)).output().unwrap()
    };
    let output = command("generate", &folder, &[]).env_clear().output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
    for name in ["ARGOCD_APP_PARAMETERS", "ARGOCD_ENV_LOG_LEVEL", "KUBE_VERSION"] {
        let output = run(name, b"\xff");
        assert!(String::from_utf8(output.stderr).unwrap().contains(&format!("the variable `{name}` is not text")));
    }
    for version in ["", "nonsense", "1.99.0", "v1.30.4-gke.100"] {
        assert!(run("KUBE_VERSION", version.as_bytes()).status.success(), "{version}");
    }
    // The single values that Argo CD sets beside the JSON are not read, for two names can give one.
    assert!(run("PARAM_LOG_LEVEL", b"nonsense").status.success());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let project = shop();
    project.write("o/overlay.yaml", crate::fixture::overlay_file("../app", "resources: [r.yaml]\n"));
    std::fs::create_dir(project.path().join("r.yaml.d")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", project.path().join("o/r.yaml")).unwrap();
    let error = refused(&Server::of(project.path()), "o", &[]);
    assert!(error.contains("r.yaml") && error.contains("overlay.yaml:6:"), "{error}");
}
