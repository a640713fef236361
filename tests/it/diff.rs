//! `strata diff`: two renders, two revisions, two environments.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::cli::Ran;
use crate::fixture::{Project, app_file, overlay_file};
use crate::git::{Repository, strata};

const APP: &str = "\
config: {settings: {LOG_LEVEL: info}}
deployments:
  main:
    ports: {http: {container: 3000, service: 80}}
    replicas: 2
    env: {COLOR: blue}
";

fn files() -> Vec<(&'static str, String)> {
    let settings = "environments: {prod: {secrets: {provider: existing}}, staging: {secrets: {provider: existing}}}\n";
    let staging =
        overlay_file("../../../base/shop", "app: {deployments: {main: {env: {COLOR: green}, replicas: 1}}}\n");
    vec![
        ("strata.yaml", settings.to_owned()),
        ("base/shop/app.yaml", app_file(APP)),
        ("overlays/shop/prod/overlay.yaml", overlay_file("../../../base/shop", "")),
        (
            "overlays/shop/staging/overlay.yaml",
            staging.replace("environment: prod", "environment: staging").replace("namespace: ns", "namespace: other"),
        ),
    ]
}

fn repository() -> Option<Repository> {
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    Repository::new(&files)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err))
}

#[test]
fn a_change_is_told_with_its_effect_and_its_line() {
    let Some(repository) = repository() else { return };
    let ran = repository.strata(&["diff", "--base", "HEAD", "--exit-code"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert_eq!(ran.out, "nothing that changed between `HEAD` and the working tree changes an overlay\n");
    repository
        .project
        .write("base/shop/app.yaml", app_file(&APP.replace("replicas: 2", "replicas: 0").replace("blue", "red")));
    let ran = repository.strata(&["diff", "--base", "HEAD", "overlays/shop/prod"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert_eq!(
        ran.out,
        "\
1 overlay differs between `HEAD` and the working tree
  scaled-to-zero  1 object in 1 overlay

overlays/shop/prod
  ~ Deployment/shop in ns
      scaled-to-zero: `spec.replicas` goes from 2 to 0
      restart: `spec.template.spec.containers[shop].env[COLOR].value`: all pods are replaced
    spec.replicas: 2 → 0  base/shop/app.yaml:9
    spec.template.spec.containers[shop].env[COLOR].value: blue → red  base/shop/app.yaml:10
"
    );
    let code = |args: &[&str]| repository.strata(&[&["diff", "--base", "HEAD"], args].concat()).code;
    assert_eq!(code(&["--exit-code"]), ExitCode::Findings);
    assert_eq!(code(&["--fail-on", "data-loss,scaled-to-zero"]), ExitCode::Findings);
    assert_eq!(code(&["--fail-on", "data-loss"]), ExitCode::Fine);
    let ran = repository.strata(&["diff", "--base", "HEAD", "--fail-on", "dataloss"]);
    assert!(ran.err.contains("did you mean `data-loss`?"), "{}", ran.err);
}

#[test]
fn a_hash_in_a_name_and_a_move_between_files_are_no_new_objects() {
    let Some(repository) = repository() else { return };
    repository.project.write("base/shop/app.yaml", app_file(&APP.replace("LOG_LEVEL: info", "LOG_LEVEL: debug")));
    let report = json(&repository.strata(&["diff", "--base", "HEAD", "overlays/shop/prod", "--format", "json"]));
    let objects = report["overlays"][0]["objects"].as_array().unwrap();
    let changes: Vec<&str> = objects.iter().map(|object| object["change"].as_str().unwrap()).collect();
    assert!(changes.iter().all(|change| *change == "changed"), "{report}");
    let config = objects.iter().find(|object| object["kind"] == "ConfigMap").unwrap();
    assert_eq!(config["fields"].as_array().unwrap().len(), 1);
    assert_eq!(config["fields"][0]["path"], "data.LOG_LEVEL");
    assert_eq!(
        (config["fields"][0]["old"].as_str(), config["fields"][0]["new"].as_str()),
        (Some("info"), Some("debug"))
    );
    repository.git(&["checkout", "-q", "."]);
    // The same from another file.
    repository.project.write("base/shop/app.yaml", app_file(&APP.replace("    env: {COLOR: blue}\n", "")));
    let overlay = overlay_file("../../../base/shop", "app: {deployments: {main: {env: {COLOR: blue}}}}\n");
    repository.project.write("overlays/shop/prod/overlay.yaml", overlay);
    let ran = repository.strata(&["diff", "--base", "HEAD", "overlays/shop/prod"]);
    assert_eq!(ran.out, "no difference between `HEAD` and the working tree in 1 overlay\n");
}

#[test]
fn overlays_come_and_go_and_a_broken_one_is_named() {
    let Some(repository) = repository() else { return };
    repository.project.write("overlays/shop/eu/overlay.yaml", overlay_file("../../../base/shop", ""));
    std::fs::remove_dir_all(repository.path().join("overlays/shop/staging")).unwrap();
    let ran = repository.strata(&["diff", "--base", "HEAD"]);
    assert!(ran.out.contains("\noverlays/shop/eu (new)\n"), "{}", ran.out);
    assert!(ran.out.contains("\noverlays/shop/staging (gone)\n"), "{}", ran.out);
    let ran = repository.strata(&["diff", "--base", "HEAD", "overlays/shop/staging"]);
    assert!(
        ran.out.contains("1 overlay differs") && ran.out.contains("overlays/shop/staging (gone)"),
        "{}{}",
        ran.out,
        ran.err
    );
    let ran = repository.strata(&["diff", "--base", "HEAD", "overlays/shop/nowhere"]);
    assert!(ran.err.contains("is neither in the working tree nor in `HEAD`"), "{}", ran.err);
    // Broken now: said, and the rest is shown.
    repository.project.write("overlays/shop/prod/overlay.yaml", overlay_file("../../../base/shop", "labels: 3\n"));
    let ran = repository.strata(&["diff", "--base", "HEAD"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(
        ran.out.contains("not compared, for it cannot be rendered at the working tree: overlays/shop/prod"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("overlays/shop/eu (new)") && ran.err.contains("overlays/shop/prod/overlay.yaml:6:9"),
        "{}",
        ran.err
    );
    // Broken before: no error of this change.
    repository.commit("broken");
    repository.project.write("overlays/shop/prod/overlay.yaml", overlay_file("../../../base/shop", "labels: {a: b}\n"));
    let ran = repository.strata(&["diff", "--base", "HEAD"]);
    assert_eq!(ran.code, ExitCode::Fine);
    assert!(ran.out.contains("cannot be rendered at `HEAD`: overlays/shop/prod"), "{}", ran.out);
    assert!(ran.err.starts_with("overlays/shop/prod cannot be rendered at `HEAD`:\nerror["), "{}", ran.err);
}

#[test]
fn kustomizations_below_a_folder_are_compared_but_for_those_that_others_list() {
    let Some(repository) = crate::affected::kustomizations() else { return };
    let base = repository.project.read("apps/shop/base/d.yaml");
    repository.project.write("apps/shop/base/d.yaml", base.replace("x:1", "x:2"));
    std::fs::remove_dir_all(repository.path().join("apps/solo")).unwrap();
    let names = |args: &[&str]| -> Vec<(String, String)> {
        let report = json(&repository.strata(&[&["diff", "--format", "json"], args].concat()));
        let told =
            |overlay: &Value| (overlay["overlay"].as_str().unwrap().into(), overlay["change"].as_str().unwrap().into());
        report["overlays"].as_array().unwrap().iter().map(told).collect()
    };
    let two = |change: &str| {
        ["apps/shop/overlays/prod", "apps/shop/overlays/staging"].map(|name| (name.to_owned(), change.to_owned()))
    };
    let solo = ("apps/solo".to_owned(), "removed".to_owned());
    let [prod, staging] = two("changed");
    assert_eq!(names(&["--base", "HEAD"]), [solo, prod, staging]);
    repository.git(&["rm", "-r", "-q", "-f", "apps/shop"]);
    repository.git(&["checkout", "-q", "HEAD", "apps/solo"]);
    assert_eq!(names(&["--base", "HEAD"]), two("removed"));
    assert_eq!(names(&["--base", "HEAD", "apps/shop"]), two("removed"), "a folder that is gone");
    repository.commit("second");
    assert_eq!(names(&["--base", "HEAD~1", "--head", "HEAD"]), two("removed"));
    assert_eq!(names(&["--base", "HEAD", "--head", "HEAD~1"]), two("added"));
}

#[test]
fn a_value_in_a_patch_that_stands_in_a_kustomization_has_its_line_there() {
    let patch = "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: add\n      path: /spec/replicas\n      value: 3\n";
    let kustomization = format!("resources: [../../base]\nnamespace: shop-prod\n{patch}");
    let Some(repository) = crate::affected::kustomizations() else { return };
    repository.project.write("apps/shop/overlays/prod/kustomization.yaml", &kustomization);
    let report = json(&repository.strata(&["diff", "--base", "HEAD", "--format", "json"]));
    let fields = report["overlays"][0]["objects"][0]["fields"].as_array().unwrap();
    let replicas = fields.iter().find(|field| field["path"] == "spec.replicas").unwrap();
    assert_eq!(replicas["file"], "apps/shop/overlays/prod/kustomization.yaml");
    // What a patch adds comes from the path that it names.
    assert_eq!((&replicas["line"], &replicas["column"]), (&7.into(), &13.into()));
    let ran = repository.strata(&["diff", "--base", "HEAD", "--format", "github"]);
    assert!(ran.out.contains("file=apps/shop/overlays/prod/kustomization.yaml,line=7,"), "{}", ran.out);
}

#[test]
fn revisions_are_read_with_their_links_and_without_a_checkout() {
    let Some(repository) = repository() else { return };
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\ndata: {A: a}\n";
    repository.project.write("real/c.yaml", map);
    repository.project.write(
        "overlays/shop/prod/overlay.yaml",
        overlay_file("../../../base/shop", "resources: [../../../linked/c.yaml, more]\n"),
    );
    repository.project.write("overlays/shop/prod/more/d.yaml", map.replace("plain", "other"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("real", repository.path().join("linked")).unwrap();
    #[cfg(not(unix))]
    return;
    repository.commit("second");
    repository.project.write("real/c.yaml", map.replace("A: a", "A: b"));
    repository.commit("third");
    std::fs::remove_dir_all(repository.path().join("overlays")).unwrap();
    std::fs::create_dir(repository.path().join("overlays")).unwrap();
    let report = json(&repository.strata(&["diff", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"]));
    assert_eq!(report["overlays"].as_array().unwrap().len(), 1, "{report}");
    let field = &report["overlays"][0]["objects"][0]["fields"][0];
    assert_eq!((field["path"].as_str(), field["file"].as_str()), (Some("data.A"), Some("real/c.yaml")));
    // A link of a revision leads nowhere outside.
    let secret = tempfile::tempdir().unwrap();
    std::fs::write(secret.path().join("c.yaml"), map).unwrap();
    repository.git(&["checkout", "-q", "."]);
    std::fs::remove_file(repository.path().join("linked")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(secret.path(), repository.path().join("linked")).unwrap();
    repository.commit("outside");
    let ran = repository.strata(&["diff", "--base", "HEAD~1", "--head", "HEAD"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.err.contains("error[outside-project]"), "{}", ran.err);
}

#[test]
fn pointers_into_lfs_and_submodules_are_said() {
    let Some(repository) = repository() else { return };
    let overlay = |resources: &str| overlay_file("../../../base/shop", &format!("resources: [{resources}]\n"));
    repository.project.write("overlays/shop/prod/overlay.yaml", overlay("big.yaml"));
    repository
        .project
        .write("overlays/shop/prod/big.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    repository.commit("lfs");
    let ran = repository.strata(&["diff", "--base", "HEAD~1", "--head", "HEAD"]);
    assert!(ran.err.contains("a pointer into Git LFS"), "{}{}", ran.out, ran.err);
    let url = repository.path().display().to_string();
    repository.git(&["submodule", "--quiet", "add", &url, "module"]);
    repository.project.write("overlays/shop/prod/overlay.yaml", overlay("../../../module/base/x.yaml"));
    repository.commit("module");
    let ran = repository.strata(&["diff", "--base", "HEAD~1", "--head", "HEAD"]);
    assert!(ran.err.contains("in a submodule of git"), "{}{}", ran.out, ran.err);
}

#[test]
fn two_files_folders_and_stdin_are_compared() {
    let map = |value: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{A: {value}}}\n");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n- {}", map("y").replace('\n', "\n  "));
    let project = Project::new(&[("old.yaml", &map("x")), ("new.yaml", &list), ("new/a/c.yaml", &map("z"))]);
    let ran = project.strata(&["diff", "old.yaml", "new.yaml"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert!(ran.out.contains("data.A: x → y  new.yaml:7"), "{}", ran.out);
    let ran = project.strata(&["diff", "old.yaml", "new"]);
    assert!(ran.out.contains("data.A: x → z  new/a/c.yaml:4"), "{}", ran.out);
    let ran =
        strata(project.path(), &["diff", "-", "old.yaml"], "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
    assert!(ran.out.contains("data.A: + x  old.yaml:4"), "{}", ran.out);
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let project = Project::new(&files);
    let built = project.strata(&["build", "overlays/shop/prod"]);
    project.write("rendered/prod.yaml", &built.out);
    let ran = project.strata(&["diff", "rendered", "overlays/shop/prod"]);
    assert_eq!(ran.out, "no difference between `rendered` and `overlays/shop/prod` in 1 overlay\n");
    for (args, part) in [
        (&["diff"][..], "two things are compared, and none is given"),
        (&["diff", "-", "-"], "stdin can be one side"),
        (&["diff", "gone.yaml", "rendered"], "gone.yaml"),
        (&["diff", "--base", "HEAD", "overlays"], "git"),
    ] {
        assert!(project.refusal_of(args).contains(part), "{args:?}");
    }
    project.write("bad.yaml", "a: [\n");
    assert!(project.refusal_of(&["diff", "bad.yaml", "rendered"]).contains("`bad.yaml:"));
}

#[test]
fn environments_differ_and_what_is_expected_is_folded() {
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let project = Project::new(&files);
    let ran = project.strata(&["diff", "--between", "staging", "prod", "--app", "shop"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert!(ran.out.contains("env[COLOR].value: green → blue"), "{}", ran.out);
    assert!(
        !ran.out.contains("spec.replicas") && ran.out.contains("expected differences, shown by --all"),
        "{}",
        ran.out
    );
    let ran = project.strata(&["diff", "--between", "staging", "prod", "--all"]);
    assert!(ran.out.contains("spec.replicas: 1 → 2"), "{}", ran.out);
    assert!(project.refusal_of(&["diff", "--between", "stagin", "prod"]).contains("did you mean `staging`?"));
    assert!(
        project.refusal_of(&["diff", "--between", "staging", "prod", "--app", "shp"]).contains("did you mean `shop`?")
    );
}

#[test]
fn values_of_secrets_are_in_no_format() {
    let secret = |value: &str, more: &str| {
        let config = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata: {{URL: 'https://bob:hunter1@h.example'{more}}}\n"
        );
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{PASSWORD: {value}, SAME: hunter9}}\n---\n{config}"
        )
    };
    let project = Project::new(&[
        ("old.yaml", &secret("hunter2", "")),
        ("new.yaml", &secret("hunter3", ", X: 'https://eve:hunter4@h.example'")),
    ]);
    for format in ["text", "markdown", "json", "github"] {
        let ran = project.strata(&["diff", "old.yaml", "new.yaml", "--format", format]);
        assert!(ran.out.contains("PASSWORD"), "{format}: {}", ran.out);
        assert!(
            !ran.out.contains("SAME") && !ran.out.contains("hunter") && !ran.out.contains("aHVudGVy"),
            "{format}: {}",
            ran.out
        );
    }
}

#[test]
fn a_large_object_has_as_much_of_a_comment_as_there_is_room() {
    let map = |value: &str| {
        let data: String = (0..2000).map(|key| format!("  KEY_{key}: {value}\n")).collect();
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{data}")
    };
    let project = Project::new(&[("old.yaml", &map("a")), ("new.yaml", &map("b"))]);
    for limit in [3000, 60_000] {
        let ran =
            project.strata(&["diff", "old.yaml", "new.yaml", "--format", "markdown", "--limit", &limit.to_string()]);
        let shown = ran.out.matches("@@ data.KEY_").count();
        assert!(shown > 10 && ran.out.len() <= limit, "{limit}: {shown} {}", ran.out.len());
        assert!(ran.out.contains(&format!("# … and {} more fields not shown\n```\n", 2000 - shown)), "{}", ran.out);
        assert_eq!(ran.out.matches("```").count(), 2);
    }
}

#[test]
fn a_comment_stays_below_its_limit_and_says_what_it_leaves_out() {
    let Some(repository) = repository() else { return };
    for index in 0..40 {
        repository
            .project
            .write(&format!("overlays/shop/o{index}/overlay.yaml"), overlay_file("../../../base/shop", ""));
    }
    repository.commit("many");
    repository.project.write("base/shop/app.yaml", app_file(&APP.replace("blue", "red")));
    for limit in ["2000", "5000", "60000"] {
        let ran = repository.strata(&["diff", "--base", "HEAD", "--format", "markdown", "--limit", limit]);
        assert!(ran.out.len() <= limit.parse().unwrap(), "{limit}: {}", ran.out.len());
        assert!(ran.out.starts_with("**41 overlays differ between"), "{}", ran.out);
        assert!(ran.out.contains("| 🔵 rolling restart | 41 | 41 |"), "{}", ran.out);
        let shown = ran.out.matches("<details>").count();
        assert_eq!(shown, ran.out.matches("</details>").count());
        let rest = format!("**{} more overlays with {} objects not shown", 41 - shown, 41 - shown);
        assert_eq!(ran.out.contains(&rest), limit != "60000", "{}", ran.out);
    }
    let ran = repository.strata(&["diff", "--base", "HEAD", "--format", "github"]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.out.starts_with("::notice file=base/shop/app.yaml,line=10,title=rolling restart::"), "{}", ran.out);
    assert!(ran.out.ends_with("in 41 overlays\n"), "{}", ran.out);
}
