//! docs/model-reference.md is what the types say: every field with type, default, merge rule, what
//! it becomes, and an example that builds. `STRATA_UPDATE=1 cargo test` rewrites it, and what the
//! examples below docs/examples/ render.
//!
//! A new section of the model (a field of an App, Overlay, Component or of strata.yaml) needs an
//! example: a file docs/examples/SECTION.yaml of the section's name, or a line in [`SHOWN_IN`] that
//! names the example that shows it with others.

mod document;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::Project;
use crate::repository::{compare, files, repository, text};
use crate::schemas::schemas;

/// Sections that are shown by an example of another name: kind, section, example.
const SHOWN_IN: &[(&str, &str, &str)] = &[
    ("app", "metadata", "application"),
    ("app", "image", "application"),
    ("app", "imagePullPolicy", "application"),
    ("app", "imagePullSecrets", "application"),
    ("app", "env", "application"),
    ("app", "configMaps", "config"),
    ("app", "metricSources", "alerts"),
    ("app", "verifySecrets", "secrets"),
    ("app", "verifyDependencies", "release"),
    ("app", "verifyRollout", "release"),
    ("app", "restartOnSecretChange", "release"),
    ("overlay", "base", "environment"),
    ("overlay", "environment", "environment"),
    ("overlay", "namespace", "environment"),
    ("overlay", "app", "environment"),
    ("overlay", "allowEmpty", "environment"),
    ("overlay", "monitoring", "alerts"),
    ("overlay", "routing", "routes"),
    ("overlay", "labels", "names"),
    ("overlay", "annotations", "names"),
    ("overlay", "remove", "patches"),
    ("overlay", "policy", "exceptions"),
    ("overlay", "templates", "resources"),
    ("component", "", "components"),
    ("project", "edition", "project"),
    ("project", "requires", "project"),
    ("project", "kubernetes", "project"),
    ("project", "environments", "project"),
];

/// The kinds of files: the schema's name, and what the file is called.
const KINDS: [(&str, &str); 4] =
    [("app", "app.yaml"), ("overlay", "overlay.yaml"), ("component", "component.yaml"), ("project", "strata.yaml")];

fn folder() -> PathBuf {
    repository().join("docs/examples")
}

/// The name of the example that shows a section.
fn example_of(kind: &str, section: &str) -> String {
    let listed = SHOWN_IN.iter().find(|(of, name, _)| *of == kind && (*name == section || name.is_empty()));
    listed.map_or(section, |(.., example)| example).to_owned()
}

/// The sections of a kind: its fields, but for those that say what kind it is.
fn sections(kind: &str) -> Vec<String> {
    let schema = &schemas()[&format!("{kind}.schema.json")];
    let fields = schema["properties"].as_object().unwrap().keys();
    fields.filter(|field| !["apiVersion", "kind"].contains(&field.as_str())).cloned().collect()
}

/// The files of an example: each begins with a comment that is its path, `---` is between them.
fn files_of(example: &str) -> Vec<(String, String)> {
    let whole = text(&folder().join(format!("{example}.yaml"))).unwrap_or_default();
    let part = |part: &str| {
        let (path, text) = part.split_once('\n')?;
        Some((path.strip_prefix("# ")?.to_owned(), text.to_owned()))
    };
    whole.split("---\n").filter_map(part).collect()
}

fn all_examples() -> Vec<String> {
    let names = files(&folder(), |path| !path.contains('/') && path.ends_with(".yaml"));
    names.into_iter().map(|name| name.trim_end_matches(".yaml").to_owned()).collect()
}

/// What an example renders; it builds without a word.
fn rendered(example: &str) -> String {
    let files = files_of(example);
    let written: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(!written.is_empty(), "docs/examples/{example}.yaml begins with no `# PATH`");
    let project = Project::new(&written);
    let entry = if project.path().join("overlays").is_dir() { "overlays" } else { "base/shop" };
    let target = if example == "compose" { "compose" } else { "kubernetes" };
    let ran = project.strata(&["build", entry, "--target", target]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "docs/examples/{example}.yaml");
    ran.out
}

#[test]
fn every_section_of_the_model_has_an_example_that_says_it() {
    let mut wanted = BTreeSet::new();
    let mut missing = Vec::new();
    for (kind, file) in KINDS {
        for section in sections(kind) {
            let example = example_of(kind, &section);
            let says = |(path, text): &(String, String)| {
                path.rsplit('/').next() == Some(file)
                    && serde_yaml::from_str::<Value>(text).is_ok_and(|value| value.get(&section).is_some())
            };
            if !files_of(&example).iter().any(says) {
                missing.push(format!("docs/examples/{example}.yaml has no {file} that says `{section}`"));
            }
            wanted.insert(example);
        }
    }
    assert!(
        missing.is_empty(),
        "{}\nSHOWN_IN names the example of a section that has none of its own",
        missing.join("\n")
    );
    let unused: Vec<String> = all_examples().into_iter().filter(|name| !wanted.contains(name)).collect();
    assert_eq!(unused, [""; 0], "these examples show no section");
}

#[test]
fn every_example_builds_to_what_is_kept() {
    let expected: Vec<(String, String)> =
        all_examples().into_iter().map(|example| (format!("{example}.yaml"), rendered(&example))).collect();
    let folder = folder().join("rendered");
    std::fs::create_dir_all(&folder).unwrap();
    compare(&folder, &expected, &files(&folder, |_| true));
}

#[test]
fn the_reference_is_what_the_types_say() {
    let schemas = schemas();
    let reach = reach::reach(&schemas);
    let examples: BTreeMap<String, String> = all_examples()
        .into_iter()
        .map(|name| {
            let text = text(&folder().join(format!("{name}.yaml"))).unwrap();
            (name, text)
        })
        .collect();
    let document = document::document(&schemas, &reach, &examples);
    compare(&repository().join("docs"), &[("model-reference.md".to_owned(), document)], &[]);
}

#[test]
fn what_a_field_becomes_is_found_where_it_stands_in_manifests() {
    let reach = reach::reach(&schemas());
    for (field, becomes) in [
        ("Deployment.replicas", "Deployment `spec.replicas`"),
        ("CronJob.schedule", "CronJob `spec.schedule`"),
        ("Deployment.command", "pod `spec.containers[].command[]`"),
        ("overlay.namespace", "`metadata.namespace`"),
        ("Port.service", "Service `spec.ports[].port`"),
    ] {
        assert!(reach[field].iter().any(|found| found.contains(becomes)), "{field}: {:?}", reach[field]);
    }
    assert!(reach.len() > 150, "{}", reach.len());
}
