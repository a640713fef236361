//! Every code has a case that yields it. Of each finding tests/it/findings.yaml has one, and beside it one
//! that is near and does not yield it; an error, which leaves nothing to print, stands in some test.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use strata::cli::ExitCode;
use strata::diagnostic::codes::{self, CheckedBy, Code, Family, Standing};

use crate::fixture::{Project, app_file, overlay_file};
use crate::repository::{files, repository};

/// Texts by what they are: `manifests`, `app`, `overlay`, `args` or a path.
type Case = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    wrong: Option<Case>,
    right: Option<Case>,
    test: Option<String>,
}

/// One finding for several objects: an exception names any of them.
const OF_SEVERAL: [&str; 3] = ["moving-tag", "hash-without-prune-last", "default-namespace"];

/// The findings of the command line and of Compose files, which have tests of their own.
const ELSEWHERE: [Family; 2] = [Family::Command, Family::Compose];

fn entries() -> BTreeMap<String, Entry> {
    let text = std::fs::read_to_string(repository().join("tests/it/findings.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// What `check` finds in a case.
fn found(case: &Case) -> Vec<Value> {
    let get = |name: &str| case.get(name).map(String::as_str);
    let project = Project::new(&[]);
    if let Some(manifests) = get("manifests") {
        project.write("kustomization.yaml", "resources: [manifests.yaml]\n");
        project.write("manifests.yaml", manifests);
    }
    if let Some(app) = get("app") {
        project.write("strata.yaml", "environments: {prod: {secrets: {provider: existing}}}\n");
        project.write("app/app.yaml", app_file(app));
        project.write("o/overlay.yaml", overlay_file("../app", get("overlay").unwrap_or_default()));
    }
    let is_file = |name: &&String| !["manifests", "app", "overlay", "args"].contains(&name.as_str());
    case.keys().filter(is_file).for_each(|name| project.write(name, &case[name]));
    let args: Vec<&str> = get("args").into_iter().flat_map(str::split_whitespace).collect();
    let ran = project.strata(&[&["check", ".", "--format", "json"], args.as_slice()].concat());
    let report: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{case:?}\n{}{}", ran.out, ran.err));
    assert!(report["summary"]["checked"] != 0 || ran.code == ExitCode::Failed, "{case:?}\n{}", ran.out);
    report["diagnostics"].as_array().unwrap().clone()
}

fn needs_entry(family: Family, code: &Code) -> bool {
    matches!(code.standing, Standing::Guard | Standing::Settable(_)) && !ELSEWHERE.contains(&family)
}

/// Whether `policy` and `exceptions` reach it by its object.
fn is_of_an_object(family: Family, code: &Code) -> bool {
    let of_objects = [Family::Schema, Family::References, Family::Selectors, Family::ArgoCd, Family::Safety];
    let by_check = code.checked_by == CheckedBy::Check && family != Family::Project;
    matches!(code.standing, Standing::Settable(_)) && (of_objects.contains(&family) || by_check)
}

#[test]
fn every_finding_has_a_case_that_yields_it_and_a_near_one_that_does_not() {
    let (entries, tests) = (entries(), texts_of_tests());
    let mut problems = Vec::new();
    for (family, code) in codes::all().filter(|(family, code)| needs_entry(*family, code)) {
        let name = code.name;
        let Some(entry) = entries.get(name) else {
            problems.push(format!("{name}: tests/it/findings.yaml has no entry"));
            continue;
        };
        if let Some(test) = &entry.test {
            let body = tests.iter().find_map(|text| text.split(&format!("fn {test}(")).nth(1));
            let body = body.map(|rest| rest.split("\n}\n").next().unwrap_or_default()).unwrap_or_default();
            if !body.contains(name) {
                problems.push(format!("{name}: there is no test `{test}` that names it"));
            }
            continue;
        }
        let (wrong, changes) = (entry.wrong.clone().unwrap_or_default(), entry.right.clone().unwrap_or_default());
        let mut right = wrong.clone();
        right.extend(changes);
        let is_it = |finding: &&Value| finding["code"] == name;
        let in_wrong = found(&wrong);
        match in_wrong.iter().find(is_it) {
            None => problems.push(format!("{name}: `wrong` does not yield it: {:?}", shown(&in_wrong))),
            Some(finding) => {
                let is_missing = finding.get("object").is_none_or(Value::is_null);
                if is_of_an_object(family, code) && is_missing && !OF_SEVERAL.contains(&name) {
                    problems.push(format!("{name}: the finding names no object"));
                }
                if finding["line"].is_null() && name != "empty-render" {
                    problems.push(format!("{name}: the finding has no place"));
                }
            }
        }
        if found(&right).iter().any(|finding| is_it(&finding)) {
            problems.push(format!("{name}: `right` yields it"));
        }
    }
    let known: BTreeSet<&str> = codes::all().map(|(_, code)| code.name).collect();
    problems
        .extend(entries.keys().filter(|name| !known.contains(name.as_str())).map(|name| format!("{name}: no code")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn shown(findings: &[Value]) -> Vec<String> {
    findings.iter().map(|one| format!("{}: {}", one["code"].as_str().unwrap(), one["message"])).collect()
}

/// The texts of all tests: those of tests/it, and the test modules of src.
fn texts_of_tests() -> Vec<String> {
    let root = repository();
    let read = |folder: &str, path: &String| std::fs::read_to_string(root.join(folder).join(path)).unwrap();
    let of_it = files(&root.join("tests/it"), |path| path.ends_with(".rs") && !path.ends_with("findings.rs"));
    let expected = files(&root.join("tests/it/bad"), |path| path.ends_with("expected.txt"));
    let mut texts: Vec<String> = of_it.iter().map(|path| read("tests/it", path)).collect();
    texts.extend(expected.iter().map(|path| read("tests/it/bad", path)));
    for path in files(&root.join("src"), |path| path.ends_with(".rs") && !path.starts_with("diagnostic/codes")) {
        let text = read("src", &path);
        let is_tests = path.ends_with("tests.rs") || path.ends_with("test.rs");
        let tests = text.find("#[cfg(test)]\nmod tests {").map(|start| text[start..].replace("\n    }\n", "\n}\n"));
        texts.extend(if is_tests { Some(text) } else { tests });
    }
    texts
}

#[test]
fn every_other_code_stands_in_a_test() {
    let texts = texts_of_tests().concat();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words: BTreeSet<&str> = texts.split(|c| !is_word(c)).collect();
    let others = codes::all().filter(|(family, code)| !needs_entry(*family, code));
    let missing: BTreeSet<&str> = others.map(|(_, code)| code.name).filter(|name| !words.contains(name)).collect();
    assert_eq!(
        missing,
        BTreeSet::from(UNTESTED),
        "write a test for a new code, and take one that has got a test out of the list"
    );
}

/// What no test provokes yet. The list only gets shorter.
const UNTESTED: [&str; 63] = [
    "ambiguous-merge",
    "ambiguous-reference",
    "ambiguous-source",
    "ambiguous-variable",
    "ambiguous-workload",
    "broken-layer",
    "cannot-import",
    "compose-env-file",
    "compose-health-tool",
    "compose-route",
    "duplicate-port",
    "duplicate-variable",
    "duplicate-workload-key",
    "empty-guard",
    "empty-selector",
    "git-failed",
    "interpolated-key",
    "invalid-autoscaling",
    "invalid-config-key",
    "invalid-disruption",
    "invalid-env-file",
    "invalid-env-name",
    "invalid-file-source",
    "invalid-list",
    "invalid-literal",
    "invalid-port",
    "invalid-port-name",
    "invalid-probe",
    "invalid-secret-key",
    "invalid-secret-path",
    "invalid-values",
    "missing-image",
    "missing-local-value",
    "missing-namespace",
    "missing-path",
    "missing-port",
    "no-place",
    "no-version",
    "not-in-compose",
    "nothing-to-promote",
    "nothing-to-vendor",
    "patch-moves-into-itself",
    "patch-test-failed",
    "promoted-tag",
    "remotes-too-deep",
    "replacement-option",
    "several-overlays",
    "sleep-beyond-grace-period",
    "stale-file",
    "two-sides",
    "unknown-config",
    "unknown-config-key",
    "unknown-database-user",
    "unknown-deployment",
    "unknown-field-reference",
    "unknown-generator",
    "unknown-key",
    "unknown-openapi-version",
    "unknown-rule",
    "unknown-schema",
    "unknown-volume",
    "unreachable-dependency",
    "validator-changes",
];
