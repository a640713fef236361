//! A text that stands in another file (a patch in a kustomization) has its places in that file, whoever
//! tells them.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::Project;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 1\n  template: {spec: {containers: [{name: c, image: i}]}}\n";

/// A kustomization whose patches are `patches`, of the Deployment `d`.
fn kustomized(patches: &str) -> Project {
    let own = format!("resources: [d.yaml]\npatches:\n{patches}");
    Project::new(&[("k/kustomization.yaml", &own), ("k/d.yaml", DEPLOYMENT)])
}

/// Line and column of the error of a build, and that all formats of `check` say the same.
#[track_caller]
fn place_of_error(patches: &str) -> (u64, u64) {
    let project = kustomized(patches);
    let json = |args: &[&str]| -> Value {
        let ran = project.strata(args);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}{}", ran.out, ran.err))
    };
    let found = json(&["check", "k", "--format", "json"]);
    let error = |list: &Value| list.as_array().unwrap().iter().find(|one| one["level"] == "error").unwrap().clone();
    let first = error(&found["diagnostics"]);
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{found}"));
    let (line, column) = (number(&first["line"]), number(&first["column"]));
    assert_eq!(first["file"], "k/kustomization.yaml", "{found}");
    let sarif = json(&["check", "k", "--format", "sarif"]);
    let physical = &error(&sarif["runs"][0]["results"])["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "k/kustomization.yaml", "{sarif}");
    assert_eq!((number(&physical["region"]["startLine"]), number(&physical["region"]["startColumn"])), (line, column));
    let github = project.strata(&["check", "k", "--format", "github"]).out;
    assert!(github.contains(&format!("::error file=k/kustomization.yaml,line={line},col={column},")), "{github}");
    let text = project.strata(&["build", "k"]).err;
    assert!(text.contains(&format!("--> k/kustomization.yaml:{line}:{column}\n")), "{text}");
    (line, column)
}

#[test]
fn an_error_in_a_patch_that_stands_in_a_kustomization_has_its_place_there() {
    let block = |header: &str| {
        format!(
            "- target: {{kind: Deployment}}\n  patch: {header}\n    - op: replace\n      path: /spec/no/x\n      value: 3\n"
        )
    };
    for header in ["|", "|-", "|+", ">", ">-", "&anchor |", "!!str |-", "| # why"] {
        assert_eq!(place_of_error(&block(header)), (6, 13), "{header}");
    }
    // An indentation that is said, empty lines, line breaks of Windows, a second document.
    assert_eq!(place_of_error(&block("|-").replace("    - op", "\n  \n    - op")), (8, 13));
    assert_eq!(place_of_error(&block("|2").replace("    ", "     ")), (6, 14));
    assert_eq!(place_of_error(&block("|-").replace('\n', "\r\n")), (6, 13));
    assert_eq!(place_of_error(&block("|-").replace("    - op", "    # é\n\n    - op")), (8, 13));
    let json =
        "- target: {kind: Deployment}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/no/x\", \"value\": 3}]'\n";
    assert_eq!(place_of_error(json), (4, 38));
    let older = "- {op: replace, path: /spec/no/x, value: 3}";
    let older = format!(
        "  []\npatchesJson6902:\n- target: {{version: v1, group: apps, kind: Deployment, name: d}}\n  patch: |-\n    {older}\n"
    );
    assert_eq!(place_of_error(&older), (7, 27));
}

#[test]
fn an_error_in_a_text_whose_lines_are_not_those_of_the_file_is_at_its_beginning() {
    let quoted = "- target: {kind: Deployment}\n  patch: \"- op: replace\\n  path: /spec/no/x\\n  value: 3\"\n";
    assert_eq!(place_of_error(quoted), (4, 10));
    let folded = "- target: {kind: Deployment}\n  patch: >-\n    [{\"op\": \"replace\",\n    \"path\": \"/spec/no/x\", \"value\": 3}]\n";
    assert_eq!(place_of_error(folded), (5, 5));
}

#[test]
fn the_line_that_is_shown_is_the_one_of_the_file() {
    let project = kustomized(
        "- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/no/x\n      value: 3\n",
    );
    let said = project.strata(&["build", "k"]).err;
    assert!(said.contains("6 |       path: /spec/no/x\n  |             ^^^^^^^^^^\n"), "{said}");
}

#[test]
fn a_value_of_a_secret_is_hidden_in_the_line_of_the_file_too() {
    let project = kustomized(
        "- target: {name: d}\n  patch: |-\n    - op: replace\n      path: /data/x\n      value: hunter2\n    - {op: test, path: /data/y, value: hunter3}\n- patch: |-\n    apiVersion: v1\n    kind: Secret\n    metadata: {name: s}\n    stringData: {A: hunter4}\n",
    );
    for args in [["build", "k"], ["check", "k"]] {
        let ran = project.strata(&args);
        assert_ne!(ran.code, ExitCode::Fine, "{}", ran.out);
        assert!(!ran.err.contains("hunter") && !ran.out.contains("hunter"), "{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_patch_in_the_configuration_of_a_plugin_that_stands_in_a_kustomization_has_its_place_there() {
    let plugin = "resources: [d.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/no/x\n      value: 3\n";
    let project = Project::new(&[("k/kustomization.yaml", plugin), ("k/d.yaml", DEPLOYMENT)]);
    let said = project.strata(&["build", "k"]).err;
    assert!(said.contains("--> k/kustomization.yaml:10:13\n"), "{said}");
}

#[test]
fn of_two_patches_of_one_text_each_has_its_own_place() {
    let patch = |name: &str| {
        format!(
            "- target: {{kind: Deployment, name: {name}}}\n  patch: |-\n    - op: replace\n      path: /spec/template/spec/containers/0/env/0/value\n      value: old\n"
        )
    };
    let pod = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: c, image: i, env: [{{name: V, value: x}}]}}]}}}}}}\n---\n"
        )
    };
    let project = Project::new(&[
        ("k/kustomization.yaml", &format!("resources: [d.yaml]\npatches:\n{}{}", patch("a"), patch("b"))),
        ("k/d.yaml", &(pod("a") + &pod("b"))),
    ]);
    let field = "spec.template.spec.containers[0].env[0].value";
    for (name, line) in [("a", 7), ("b", 12)] {
        let said = project.strata(&["explain", "k", &format!("Deployment/{name}"), field]);
        assert!(said.out.contains(&format!("k/kustomization.yaml:{line}:14")), "{}{}", said.out, said.err);
    }
    let ran = project.strata(&["set", "env", "b/V=new", "k"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    let written = project.read("k/kustomization.yaml");
    assert_eq!(written.lines().nth(6), Some("      value: old"), "{written}");
    assert_eq!(written.lines().nth(11), Some("      value: new"), "{written}");
}
