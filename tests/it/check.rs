//! `strata check`: what it looks at, how it ends, how findings are printed, what lets them pass.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::cli::Ran;
use crate::fixture::{Project, overlay_file};
use crate::repository::repository;

const KUSTOMIZATION: &str = "resources: [deployment.yaml]\n";

/// A Deployment of one container with this line.
fn deployment(container: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      containers:\n        - {container}\n"
    )
}

const FINE: &str = "{name: web, image: 'ghcr.io/acme/web:v1.0.0'}";

/// The usual application, with an image whose tag moves and these fields of the overlay.
fn moving(overlay: &str) -> Project {
    Project::usual(
        "deployments: {main: {resources: {requests: {cpu: 100m, memory: 64Mi}}}}\n",
        &format!("images: {{ghcr.io/acme/shop: {{tag: latest}}}}\n{overlay}"),
        &[],
    )
}

fn codes(ran: &Ran) -> Vec<String> {
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err));
    report["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

/// The codes that these tests are about; other checks may find more.
const OWN: [&str; 8] = [
    "moving-tag",
    "unknown-field",
    "unused-exception",
    "exception-expired",
    "deprecated-api",
    "removed-api",
    "unserved-kind",
    "wrong-kind",
];

/// The codes of what `check` finds in all of the project that are not only advice of other checks.
#[track_caller]
fn found(project: &Project, more: &[&str], code: ExitCode) -> Vec<String> {
    let ran = project.strata(&[&["check", "--format", "json"], more].concat());
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    let of_others = |code: &String| !OWN.contains(&code.as_str());
    let mut codes: Vec<String> = codes(&ran).into_iter().filter(|code| !of_others(code)).collect();
    codes.sort();
    codes
}

#[test]
fn the_systems_of_this_repository_are_clean() {
    let ran = crate::cli::strata(&repository(), &["check", "overlays", "--drift", "--deny", "warning"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{}", ran.out);
}

#[test]
fn exit_codes_tell_clean_from_findings_from_what_could_not_be_checked() {
    let project = moving("");
    assert_eq!(found(&project, &[], ExitCode::Fine), ["moving-tag"]);
    assert_eq!(found(&project, &["--deny", "warning"], ExitCode::Findings), ["moving-tag"]);
    project.write("strata.yaml", "policy: {moving-tag: error}\nenvironments: {prod: {}}\n");
    assert_eq!(found(&project, &[], ExitCode::Findings), ["moving-tag"]);
    project.write("broken/overlay.yaml", overlay_file("../app", "app: {image: 1\n"));
    let ran = project.strata(&["check"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.out.contains("error[yaml-syntax]") && ran.out.contains("error[moving-tag]"), "{}", ran.out);
    assert!(
        ran.out.contains("checked 1 build: ") && ran.out.ends_with("; the rest could not be built\n"),
        "{}",
        ran.out
    );
    let nothing = Project::new(&[]).strata(&["check"]);
    assert_eq!(nothing.code, ExitCode::Failed);
    assert!(nothing.err.contains("error[nothing-to-build]"), "{}", nothing.err);
}

#[test]
fn a_kustomization_is_held_against_the_same_rules_and_what_it_lists_is_part_of_it() {
    let project = Project::new(&[
        ("k8s/base/kustomization.yaml", KUSTOMIZATION),
        ("k8s/base/deployment.yaml", &deployment("{name: web, imagePullPolcy: Always, image: 'ghcr.io/acme/web:v1'}")),
        ("k8s/prod/kustomization.yaml", "resources: [../base]\ncomponents: [../more]\n"),
        (
            "k8s/more/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: my-\n",
        ),
    ]);
    let ran = project.strata(&["check", "--format", "json"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.out);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["summary"]["checked"], 1, "{report}");
    let finding = report["diagnostics"].as_array().unwrap().iter().find(|one| one["code"] == "unknown-field").unwrap();
    assert_eq!((&finding["file"], &finding["line"]), (&Value::from("k8s/base/deployment.yaml"), &Value::from(10)));
    assert_eq!(finding["object"]["name"], "my-web");
    assert_eq!(project.strata(&["build", "k8s/prod"]).err, "", "a build says what kustomize says");
}

#[test]
fn the_version_of_kubernetes_can_be_another_one() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {ordinals: {start: 1}, serviceName: s, \
        selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: 'i:v1'}]}}}\n";
    let project = Project::new(&[("kustomization.yaml", "resources: [set.yaml]\n"), ("set.yaml", set)]);
    assert_eq!(found(&project, &["--kubernetes-version", "1.25"], ExitCode::Fine), ["unknown-field"]);
    assert!(found(&project, &["--kubernetes-version", "1.33"], ExitCode::Fine).is_empty());
    let refused = project.strata(&["check", "--kubernetes-version", "1.12"]);
    assert!(refused.code == ExitCode::Failed && refused.err.contains("supported are 1.25 to"), "{}", refused.err);
}

#[test]
fn an_exception_lets_one_finding_on_one_object_pass() {
    let with = |fields: &str| {
        moving(&format!(
            "exceptions:\n  - {{code: moving-tag, object: Deployment/shop, reason: a mirror keeps it{fields}}}\n"
        ))
    };
    assert!(found(&with(""), &["--deny", "warning"], ExitCode::Fine).is_empty());
    let field = ", namespace: ns, field: 'spec.template.spec.containers[0].image'";
    assert!(found(&with(field), &["--deny", "warning"], ExitCode::Fine).is_empty());
    for other in [", namespace: other", ", field: 'spec.template.spec.containers[1].image'", ", field: metadata.name"] {
        assert_eq!(found(&with(other), &[], ExitCode::Fine), ["moving-tag", "unused-exception"], "{other}");
    }
    assert!(with("").strata(&["build", "o"]).err.is_empty(), "a build lets it pass, too");
    let error = with("");
    error.write("strata.yaml", "policy: {moving-tag: error}\nenvironments: {prod: {}}\n");
    assert_eq!(error.strata(&["build", "o"]).code, ExitCode::Fine);
}

#[test]
fn an_exception_that_lets_nothing_pass_is_a_finding() {
    let own = "exceptions: [{code: moving-tag, object: Deployment/shpo, reason: left over}]\n";
    let clean = Project::usual("deployments: {main: {}}\n", own, &[]);
    let ran = clean.strata(&["check", "o"]);
    assert!(ran.out.contains("warning[unused-exception]") && ran.out.contains("--> o/overlay.yaml:"), "{}", ran.out);
    assert!(clean.strata(&["build", "o"]).err.is_empty());
    let shared = moving("");
    shared.write("strata.yaml", format!("{own}environments: {{prod: {{}}}}\n"));
    assert_eq!(found(&shared, &["o"], ExitCode::Fine), ["moving-tag"], "it may be for what was not checked");
    assert_eq!(found(&shared, &[], ExitCode::Fine), ["moving-tag", "unused-exception"]);
}

#[test]
fn an_exception_ends_on_its_last_day_and_a_build_never_asks_which_day_it_is() {
    let until = "exceptions: [{code: moving-tag, object: Deployment/shop, reason: soon, until: \"2026-06-30\"}]\n";
    let project = moving(until);
    assert!(found(&project, &["--today", "2026-06-30"], ExitCode::Fine).is_empty());
    assert_eq!(found(&project, &["--today", "2026-07-01"], ExitCode::Findings), ["exception-expired", "moving-tag"]);
    assert!(found(&project, &[], ExitCode::Fine).is_empty());
    assert!(project.strata(&["build", "o"]).err.is_empty());
    assert_eq!(project.strata(&["check", "--today", "tomorrow"]).code, ExitCode::Failed);
}

#[test]
fn guards_take_no_exception_and_every_exception_says_whom_and_why() {
    for (exception, said) in [
        ("{code: tag-policy, object: Deployment/shop, reason: x}", "error[fixed-level]: `tag-policy` is a guard"),
        ("{code: base-cycle, object: Deployment/shop, reason: x}", "error[unknown-code]: `base-cycle` is no finding"),
        ("{code: moving-tga, object: Deployment/shop, reason: x}", "did you mean `moving-tag`?"),
        ("{code: moving-tag, object: shop, reason: x}", "error[invalid-object]: `shop` does not name an object"),
        ("{code: moving-tag, object: Deployment/*, reason: x}", "error[invalid-object]"),
        ("{code: moving-tag, object: Deployment/shop, reason: ' '}", "error[empty-reason]"),
        ("{code: moving-tag, object: Deployment/shop}", "missing field `reason`"),
        (
            "{code: moving-tag, object: Deployment/shop, reason: x, until: soon}",
            "error[invalid-date]: `soon` is no day",
        ),
    ] {
        let of_overlay = Project::usual("deployments: {main: {}}\n", &format!("exceptions: [{exception}]\n"), &[]);
        let err = of_overlay.refusal();
        assert!(err.contains(said), "{exception}: {err}");
        let settings = format!("exceptions: [{exception}]\nenvironments: {{prod: {{}}}}\n");
        let of_project = Project::usual("deployments: {main: {}}\n", "", &[("strata.yaml", &settings)]);
        let err = of_project.refusal();
        assert!(err.contains(said), "{exception}: {err}");
    }
}

#[test]
fn the_levels_of_an_overlay_go_before_those_of_its_base_and_of_the_project() {
    let project = moving("policy: {moving-tag: note}\n");
    project.write("strata.yaml", "policy: {moving-tag: error}\nenvironments: {prod: {}}\n");
    assert!(project.strata(&["build", "o"]).err.starts_with("note[moving-tag]"));
    project.write("above/overlay.yaml", overlay_file("../o", ""));
    assert!(project.strata(&["build", "above"]).err.starts_with("note[moving-tag]"));
    project.write("above/overlay.yaml", overlay_file("../o", "policy: {moving-tag: ignore}\n"));
    assert_eq!(project.strata(&["build", "above"]).err, "");
    project.write("o/overlay.yaml", overlay_file("../app", "policy: {tag-policy: warning}\n"));
    assert!(project.refusal().contains("error[fixed-level]"));
}

#[test]
fn sarif_follows_the_schema_of_oasis() {
    let schema = std::fs::read_to_string(repository().join("schemas/sarif/sarif-2.1.0.json")).unwrap();
    // A pattern of the published schema (of a language) is no regular expression by the standard.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let clean = Project::usual("deployments: {main: {}}\n", "images: {ghcr.io/acme/shop: {tag: v2.0.0}}\n", &[]);
    let unused = moving("exceptions: [{code: unknown-tag, object: Deployment/shop, reason: x}]\n");
    for project in [clean, moving(""), unused] {
        let ran = project.strata(&["check", "--format", "sarif"]);
        let log: Value = serde_json::from_str(&ran.out).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{}", ran.out);
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let rule = &log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
            assert_eq!(rule["id"], result["ruleId"]);
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            assert!(uri == "o/overlay.yaml" || uri == "app/app.yaml", "{uri}");
        }
    }
}

#[test]
fn annotations_of_github_name_the_line() {
    let ran = moving("").strata(&["check", "--format", "github"]);
    let line = ran.out.lines().find(|line| line.contains("title=moving-tag::")).unwrap();
    assert!(line.starts_with("::warning file=o/overlay.yaml,line=6,col=35,endColumn=41,title=moving-tag::`"), "{line}");
}

#[test]
fn every_code_is_explained_and_near_misses_are_named() {
    let project = Project::new(&[]);
    let ran = project.strata(&["check", "--explain", "moving-tag"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    for part in ["moving-tag (safety; warning", "why:", "to do:", "wrong:", "right:"] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let all = project.strata(&["check", "--explain"]);
    for (_, code) in strata::diagnostic::codes::all() {
        assert!(all.out.contains(&format!("  {} ", code.name)), "{}", code.name);
    }
    let json = project.strata(&["check", "--explain", "tag-policy", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&json.out).unwrap()[0]["guard"], true);
    let wrong = project.strata(&["check", "--explain", "moving-tga"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (ExitCode::Failed, ""));
    assert!(wrong.err.contains("did you mean `moving-tag`?"), "{}", wrong.err);
}

#[test]
fn a_deployment_with_nothing_wrong_is_clean() {
    let project = Project::new(&[("kustomization.yaml", KUSTOMIZATION), ("deployment.yaml", &deployment(FINE))]);
    assert!(found(&project, &[], ExitCode::Fine).is_empty());
}

const WIDGETS: &str = include_str!("maximal/definitions/widgets.yaml");
const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {siz: 3}\n";

#[test]
fn custom_resources_are_held_against_definitions_of_the_build_or_of_the_project() {
    let kustomization = "resources: [widget.yaml]\n";
    let files = [("k/kustomization.yaml", kustomization), ("k/widget.yaml", WIDGET), ("definitions/w.yaml", WIDGETS)];
    let project = Project::new(&files);
    assert!(found(&project, &["k"], ExitCode::Fine).is_empty(), "nobody defines it");
    for written in ["crds: [definitions]\n", "crds: [definitions/w.yaml]\n"] {
        project.write("strata.yaml", written);
        assert_eq!(found(&project, &["k"], ExitCode::Fine), ["unknown-field"]);
        assert!(found(&project, &[], ExitCode::Fine).contains(&"unknown-field".to_owned()));
    }
    project.write("strata.yaml", "crds: [k/widget.yaml]\n");
    assert_eq!(found(&project, &["k"], ExitCode::Failed), ["wrong-kind"]);
    project.write("strata.yaml", "crds: [nowhere]\n");
    assert_eq!(project.strata(&["check", "k"]).code, ExitCode::Failed);
    let rendered = Project::new(&[
        ("kustomization.yaml", "resources: [widgets.yaml, widget.yaml]\n"),
        ("widget.yaml", WIDGET),
        ("widgets.yaml", WIDGETS),
    ]);
    let ran = rendered.strata(&["check"]);
    assert!(ran.out.contains("unknown field `spec.siz`") && ran.out.contains("--> widget.yaml:4:8"), "{}", ran.out);
}

#[test]
fn old_api_versions_are_findings_of_check_alone() {
    let budget = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {maxUnavailable: 1, \
        selector: {matchLabels: {app: web}}}\n";
    let kustomization = "resources: [budget.yaml]\n";
    let project = Project::new(&[("kustomization.yaml", kustomization), ("budget.yaml", budget)]);
    let ran = project.strata(&["check"]);
    assert_eq!(ran.code, ExitCode::Findings);
    assert!(ran.out.contains("error[removed-api]") && ran.out.contains("write `apiVersion: policy/v1`"), "{}", ran.out);
    assert_eq!(project.strata(&["build", "."]).code, ExitCode::Fine);
}
