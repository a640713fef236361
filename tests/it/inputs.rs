//! What a build says that it was made from.

use std::collections::BTreeSet;
use std::path::Path;

use strata::pipeline::{self, Inputs, Request};

use crate::dependencies::{APP, SHARED};
use crate::fixture::{Project, app_file, component_file, overlay_file};
use crate::repository::repository;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";

#[track_caller]
fn inputs(project: &Project, overlay: &str) -> Inputs {
    let request = Request { entries: vec![overlay.into()], cwd: project.path().into(), ..Request::default() };
    let mut outcome = pipeline::build(&request).unwrap();
    let said: Vec<&str> = outcome.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    assert_eq!(outcome.builds.len(), 1, "{said:?}");
    outcome.builds.remove(0).inputs
}

/// Paths as seen from the project's root.
fn below(project: &Project, paths: &BTreeSet<std::path::PathBuf>) -> Vec<String> {
    let root = project.path().canonicalize().unwrap();
    paths.iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect()
}

#[test]
fn a_typed_overlay_is_made_from_its_layers_and_what_they_name() {
    let overlay = "components: [../c]\nresources: [more]\ntemplates: [t.j2]\npatches: [{target: {kind: ConfigMap, name: c}, merge: m.yaml}]\n";
    let project = Project::usual(
        "config: {settings: {a.txt: {file: a.txt}}}\n",
        overlay,
        &[
            ("app/a.txt", "a\n"),
            ("c/component.yaml", &component_file("labels: {a: b}\n")),
            ("o/more/c.yaml", CONFIG_MAP),
            ("o/more/README.md", ""),
            ("o/t.j2", "{# nothing #}\n"),
            ("o/m.yaml", "data: {A: b}\n"),
            ("other/overlay.yaml", &overlay_file("../app", "")),
        ],
    );
    let inputs = inputs(&project, "o");
    let files = [
        "app/a.txt",
        "app/app.yaml",
        "c/component.yaml",
        "o/m.yaml",
        "o/more/c.yaml",
        "o/overlay.yaml",
        "o/t.j2",
        "strata.yaml",
    ];
    assert_eq!(below(&project, &inputs.files), files);
    assert_eq!(below(&project, &inputs.folders), ["o/more"]);
    let missing = below(&project, &inputs.missing);
    for path in ["o/app.yaml", "o/strata.yaml", "app/overlay.yaml", "o/more/kustomization.yaml"] {
        assert!(missing.contains(&path.to_owned()), "{path}: {missing:?}");
    }
    assert!(!missing.contains(&"strata.yaml".to_owned()), "{missing:?}");
}

#[test]
fn a_kustomization_is_made_from_its_bases_generators_patches_and_charts() {
    let project = Project::new(&[
        ("strata.yaml", ""),
        (
            "k/prod/kustomization.yaml",
            "resources: [../base]\npatches: [{path: p.yaml}]\nconfigMapGenerator: [{name: g, files: [x=f.txt], envs: [g.env]}]\n",
        ),
        ("k/prod/p.yaml", &format!("{CONFIG_MAP}data: {{A: b}}\n")),
        ("k/prod/f.txt", "f"),
        ("k/prod/g.env", "A=b\n"),
        ("k/base/kustomization.yaml", "resources: [c.yaml]\n"),
        ("k/base/c.yaml", CONFIG_MAP),
    ]);
    let found = inputs(&project, "k/prod");
    let files = [
        "k/base/c.yaml",
        "k/base/kustomization.yaml",
        "k/prod/f.txt",
        "k/prod/g.env",
        "k/prod/kustomization.yaml",
        "k/prod/p.yaml",
        "strata.yaml",
    ];
    assert_eq!(below(&project, &found.files), files);
    assert!(below(&project, &found.missing).contains(&"k/base/kustomization.yml".to_owned()));
}

#[test]
fn of_an_application_that_a_dependency_names_only_what_it_says_counts() {
    let project = Project::usual(
        APP,
        "app: {dependencies: {db: {application: {overlay: ../shared/prod}}}}\n",
        &[
            ("shared/base/app.yaml", SHARED),
            ("shared/prod/overlay.yaml", &overlay_file("../base", "resources: [c.yaml]\n")),
            ("shared/prod/c.yaml", CONFIG_MAP),
        ],
    );
    let files = below(&project, &inputs(&project, "o").files);
    assert!(files.contains(&"shared/base/app.yaml".to_owned()), "{files:?}");
    assert!(!files.contains(&"shared/prod/c.yaml".to_owned()), "{files:?}");
}

#[cfg(unix)]
#[test]
fn a_link_and_what_it_leads_to_count_both() {
    let project = Project::usual("", "resources: [../linked/c.yaml]\n", &[("real/c.yaml", CONFIG_MAP)]);
    std::os::unix::fs::symlink("real", project.path().join("linked")).unwrap();
    let files = below(&project, &inputs(&project, "o").files);
    assert!(files.contains(&"linked".to_owned()) && files.contains(&"real/c.yaml".to_owned()), "{files:?}");
}

#[test]
fn without_settings_a_file_of_settings_would_change_the_build() {
    let project = Project::new(&[
        (".git/HEAD", ""),
        ("app/app.yaml", &app_file("")),
        ("o/overlay.yaml", &overlay_file("../app", "resources: [c.yaml]\n").replace("environment: prod\n", "")),
        ("o/c.yaml", CONFIG_MAP),
    ]);
    let missing = below(&project, &inputs(&project, "o").missing);
    assert!(missing.contains(&"strata.yaml".to_owned()), "{missing:?}");
}

#[test]
fn every_source_of_a_build_alone_is_among_its_inputs() {
    let root = repository();
    let all = Request { entries: vec!["overlays".into()], cwd: root.clone(), ..Request::default() };
    for build in pipeline::build(&all).unwrap().builds {
        let request = Request { entries: vec![build.folder.clone()], cwd: root.clone(), ..Request::default() };
        let alone = pipeline::build(&request).unwrap();
        assert_eq!(alone.builds[0].inputs, build.inputs, "{}", build.name);
        for file in &build.inputs.files {
            assert!(file.is_file() && file.starts_with(&root), "{}: {}", build.name, file.display());
        }
        let missing = build.inputs.missing.iter().find(|path| path.exists());
        assert_eq!(missing, None, "{}", build.name);
        // What is read besides belongs to the rest of the project: neighbours and the cluster's capacity.
        let read: Vec<&Path> = alone.sources.all().map(|source| source.canonical.as_path()).collect();
        assert!(build.inputs.files.iter().all(|file| read.contains(&file.as_path())), "{}", build.name);
    }
}
