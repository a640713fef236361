//! The order of a sync, compared with what Argo CD's own code answered (argocd_oracle/README.md).

use serde_json::Value;
use strata::argocd::sync::{self, Task};
use strata::diagnostic::Diagnostics;
use strata::load::yaml::{Dialect, read};
use strata::resource::Resource;
use strata::tree::Node;

use crate::argocd::KINDS;

/// The order of the objects of a case, as its answer writes it.
fn ordered(case: &Value) -> Vec<String> {
    let node = |object: &Value| {
        let mut documents = read(&object.to_string(), 0, Dialect::Resource, &mut Diagnostics::default()).unwrap();
        Resource::new(documents.remove(0)).unwrap()
    };
    let resources = |key: &str| case[key].as_array().into_iter().flatten().map(node).collect::<Vec<Resource>>();
    let (resources, live) = (resources("objects"), resources("live"));
    let tasks = sync::order_over(&resources, &live, case["namespace"].as_str().unwrap());
    let name = |task: &Task| {
        let generated = task.resource.root.at(&["metadata", "generateName"]).and_then(Node::as_str);
        generated.unwrap_or_else(|| task.resource.name()).to_owned()
    };
    let rank = |task: &Task| KINDS.split_whitespace().position(|kind| kind == task.resource.kind());
    let equal = |a: &Task, b: &Task| (a.phase, a.wave, rank(a), name(a)) == (b.phase, b.wave, rank(b), name(b));
    let shown = |task: &Task| {
        let prune = if task.prune { "prune " } else { "" };
        format!("{} {} {prune}{}/{}", task.phase.as_str(), task.wave, task.resource.kind(), name(task))
    };
    // What is equal for Argo CD comes in any order; the answer has it sorted.
    let mut found = Vec::new();
    for run in tasks.chunk_by(equal) {
        let mut lines: Vec<String> = run.iter().map(shown).collect();
        lines.sort();
        found.extend(lines);
    }
    found
}

#[test]
fn the_order_is_the_one_that_argo_cd_itself_gives() {
    let path = std::env::var_os("STRATA_ORDER_CASES").map(std::path::PathBuf::from);
    let kept = crate::repository::repository().join("tests/it/argocd_oracle/cases.jsonl");
    let text = std::fs::read_to_string(path.unwrap_or(kept)).unwrap();
    let cases: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 50);
    for case in &cases {
        let expected: Vec<&str> = case["order"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        assert_eq!(ordered(case), expected, "{}: {}", case["name"], case["objects"]);
    }
}

/// A value as Lua writes it.
fn lua(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Array(items) => format!("{{{}}}", items.iter().map(lua).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("[\"{key}\"] = {}", lua(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

#[test]
fn the_health_checks_say_what_they_should() {
    let root = crate::repository::repository();
    let patch = std::fs::read_to_string(root.join("deploy/argocd/argocd-cm-health.yaml")).unwrap();
    let patch: Value = serde_yaml::from_str(&patch).unwrap();
    let cases = std::fs::read_to_string(root.join("tests/it/argocd_oracle/health.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    let script = |case: &Value| {
        let kind = case["object"]["kind"].as_str().unwrap();
        let key = format!("resource.customizations.health.secrets.infisical.com_{kind}");
        patch["data"][key].as_str().unwrap().to_owned()
    };
    // Each check has a case for each thing that it says.
    for (key, _) in patch["data"].as_object().unwrap() {
        assert!(
            cases.iter().any(|case| key.ends_with(&format!("_{}", case["object"]["kind"].as_str().unwrap()))),
            "{key}"
        );
    }
    let version = |name: &&&str| std::process::Command::new(name).arg("-v").output().is_ok();
    let Some(interpreter) = ["lua", "lua5.1", "lua5.3", "lua5.4", "luajit"].iter().find(version) else {
        println!("skipped: no Lua interpreter is on PATH (README.md has what gopher-lua answered)");
        return;
    };
    for case in &cases {
        let text = format!(
            "obj = {}\nlocal function check()\n{}end\nprint(check().status)\n",
            lua(&case["object"]),
            script(case)
        );
        let output = std::process::Command::new(interpreter).args(["-e", &text]).output().unwrap();
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), case["says"].as_str().unwrap(), "{case}");
    }
}
