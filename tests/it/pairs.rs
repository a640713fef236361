//! Pairs of manifests and the fields that differ: one file of `tests/it/pairs` each.
//!
//! The fields were compared with what `dyff between` 1.12 tells of each pair. They agree but for these:
//! amounts that are spelled otherwise, null and empty lists are a difference there; objects whose names differ
//! are one object there, and one whose name differs in the hash of its content has another name; the order of
//! documents is told there; what comes and goes of a built-in object's third level is told as a whole there, and
//! so are items of lists without names; items of lists are named by `name` there, and here by the key by which
//! Kubernetes merges them.
//!
//! That is why `rules-of-an-ingress` differs: a field names the items of a list there when all items of both
//! lists have it and no two of a list have the same, and it is one of `name`, `key`, `id` and `manager`
//! (`listItemIdentifierCandidates` in `pkg/dyff/core.go`), or any other text if both lists have more than three
//! items (`NonStandardIdentifierGuessCountThreshold`). The `host` of one rule and of two is none, and lists
//! without a name whose lengths differ are compared by hash (`simpleLists`): one rule goes and two come, where
//! here the Service of `a.example.com` changes and `b.example.com` comes.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::Project;

/// What differs, a line for each object and each field.
fn told(old: &str, new: &str) -> String {
    let project = Project::new(&[("old.yaml", old), ("new.yaml", new)]);
    let ran = project.strata(&["diff", "old.yaml", "new.yaml", "--format", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("nothing").to_owned();
    let mut lines = String::new();
    for object in
        report["overlays"].as_array().unwrap().iter().flat_map(|overlay| overlay["objects"].as_array().unwrap())
    {
        lines += &format!("{} {}/{}\n", text(&object["change"]), text(&object["kind"]), text(&object["name"]));
        for field in object["fields"].as_array().unwrap() {
            let order = if field["order"] == true { "order: " } else { "" };
            lines += &format!("{}: {order}{} -> {}\n", text(&field["path"]), text(&field["old"]), text(&field["new"]));
        }
    }
    lines
}

#[test]
fn the_fields_that_differ_in_each_pair_are_told() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/pairs");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (old, rest) = text.split_once("=== new\n").unwrap();
        let (new, expected) = rest.split_once("=== fields\n").unwrap();
        let told = told(old, new);
        if std::env::var_os("STRATA_UPDATE").is_some() {
            std::fs::write(&path, format!("{old}=== new\n{new}=== fields\n{told}")).unwrap();
        } else {
            assert_eq!(told, expected, "{}", path.display());
        }
        count += 1;
    }
    assert!(count >= 40, "{count}");
}
