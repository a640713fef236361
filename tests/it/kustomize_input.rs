//! Bad kustomizations: no panic, exit code 2, a message at the exact place, nothing written; and
//! what is a warning until `--strict` is said.

use strata::cli::ExitCode;

use crate::project::{Project, Refusal};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n";
const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: nginx}]}}}
";

/// The folder `over` with this kustomization, a ConfigMap and a Deployment; and `base` with one.
fn over(kustomization: &str) -> Project {
    Project::of(&[
        (".git/HEAD", ""),
        ("over/kustomization.yaml", kustomization),
        ("over/a.yaml", CONFIG_MAP),
        ("over/web.yaml", DEPLOYMENT),
        ("base/kustomization.yaml", "resources: [b.yaml]\n"),
        ("base/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"),
    ])
}

/// The build of this kustomization fails with these errors, at the marks.
#[track_caller]
fn refused(kustomization: &str, codes: &[&str]) -> Refusal {
    over(kustomization).refuses_to(&["build", "over"], codes)
}

/// It builds with a warning at this place, and fails there under `--strict`.
#[track_caller]
fn strict(kustomization: &str, code: &str) {
    let project = over(kustomization);
    let ran = project.run(&["build", "over"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    assert!(ran.err.starts_with(&format!("warning[{code}]: ")), "{}", ran.err);
    project.refuses_to(&["build", "over", "--strict"], &[code]);
}

#[test]
fn the_kustomization_of_these_tests_builds() {
    let ran = over("resources: [a.yaml, web.yaml, ../base]\n").run(&["build", "over", "--strict"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert_eq!(ran.out.matches("kind: ").count(), 3);
}

// The file itself.

#[test]
fn an_unknown_field() {
    refused("resources: [a.yaml]\n▼namPrefix: x-\n", &["unknown-field"]).saying(&["did you mean `namePrefix`?"]);
    refused("resources: [a.yaml]\nimages: [{name: a, ▼tag: b}]\n", &["unknown-field"]);
}

#[test]
fn a_wrong_type() {
    refused("resources: ▼a.yaml\n", &["wrong-type"]).saying(&["`resources` is a list"]);
    refused("resources: [a.yaml]\nnamePrefix: ▼1\n", &["wrong-type"]).saying(&["put it in quotes"]);
    refused("resources: [a.yaml]\ncommonLabels: {a: ▼[b]}\n", &["wrong-type"]);
    refused("resources: [a.yaml]\nreplicas: [{name: web, count: ▼many}]\n", &["wrong-type"]);
}

#[test]
fn a_patch_that_is_a_text() {
    refused("resources: [a.yaml]\npatches: [▼\"a.yaml\"]\n", &["wrong-type"]).saying(&["a patch"]);
    refused("resources: [a.yaml]\npatches: [▼{target: {kind: ConfigMap}}]\n", &["missing-field"]);
}

#[test]
fn an_image_that_is_a_map() {
    refused("resources: [a.yaml]\nimages: ▼{name: nginx}\n", &["wrong-type"]);
    refused("resources: [a.yaml]\nimages: [▼nginx]\n", &["wrong-type"]);
    refused("resources: [a.yaml]\nimages: [{name: ▼{a: b}}]\n", &["wrong-type"]);
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: r}\nspec: {containers: [{image: ▼{a: b}}]}\n";
    let kustomization = "resources: [pod.yaml]\nimages: [{name: nginx, newTag: b}]\n";
    Project::of(&[(".git/HEAD", ""), ("over/kustomization.yaml", kustomization), ("over/pod.yaml", pod)])
        .refuses_to(&["build", "over"], &["wrong-type"]);
}

#[test]
fn a_behavior_that_is_none() {
    strict("configMapGenerator: [{name: x, behavior: ▼mergee, literals: [a=b]}]\n", "unknown-behavior");
}

#[test]
fn definitions_that_are_no_mapping() {
    let files = [
        (".git/HEAD", ""),
        ("over/kustomization.yaml", "resources: [a.yaml]\ncrds: [crd.json]\n"),
        ("over/a.yaml", CONFIG_MAP),
        ("over/crd.json", "▼[]"),
    ];
    Project::of(&files).refuses_to(&["build", "over"], &["wrong-type"]);
}

#[test]
fn a_wildcard_in_the_path_of_a_field() {
    let variable = "vars: [{name: V, objref: {kind: ConfigMap, name: a, apiVersion: v1}}]\n";
    let kustomization = format!("resources: [a.yaml]\n{variable}configurations: [config.yaml]\n");
    let files = [
        (".git/HEAD", ""),
        ("over/kustomization.yaml", kustomization.as_str()),
        ("over/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"),
        ("over/config.yaml", "varReference: [{path: data/*, kind: ConfigMap}]\n"),
    ];
    let project = Project::of(&files);
    let said = project.run(&["build", "over"]);
    assert_eq!((said.code, said.out.as_str()), (ExitCode::Failed, ""));
    assert!(said.err.contains("error[wildcard-in-path]: the path `data/*`"), "{}", said.err);
}

#[test]
fn an_empty_kustomization() {
    refused("▼", &["empty-file"]);
    refused("▼# later\n", &["empty-file"]);
    refused("▼apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", &["empty-file"]);
    refused("▼{}\n", &["empty-file"]);
    refused("▼- a.yaml\n", &["wrong-type"]);
    strict("resources: [a.yaml]\n---\n▼resources: [a.yaml]\n", "ignored-document");
    refused("resources: ▼[a.yaml\n", &["yaml-syntax"]);
}

#[test]
fn another_kind_and_version() {
    refused("kind: ▼Kustomisation\nresources: [a.yaml]\n", &["unknown-kind"]);
    refused("apiVersion: ▼v1\nresources: [a.yaml]\n", &["unknown-api-version"]);
}

#[test]
fn a_component_alone() {
    strict("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: ▼Component\nresources: [a.yaml]\n", "component-alone");
    refused("components: [▼../base]\n", &["wrong-kind"]);
}

// What it names.

#[test]
fn a_resource_that_is_missing() {
    refused("resources: [▼c.yaml]\n", &["file-not-found"]);
    refused("resources: [a.yaml]\npatches: [{path: ▼c.yaml}]\n", &["file-not-found"]);
    refused("configMapGenerator: [{name: x, files: [▼c.txt]}]\n", &["file-not-found"]);
    refused("resources: [▼../bas]\n", &["file-not-found"]).saying(&["did you mean `base`?"]);
}

#[test]
fn a_folder_without_a_kustomization() {
    over("resources: [▼../empty]\n").with("empty/x.txt", "").refuses_to(&["build", "over"], &["file-not-found"]);
    over("").with("empty/x.txt", "").refuses_to(&["build", "empty"], &["nothing-to-build"]);
}

#[test]
fn a_folder_with_two_kustomizations() {
    let project = over("resources: [▼../base]\n").with("base/kustomization.yml", "resources: [b.yaml]\n");
    project.refuses_to(&["build", "over"], &["ambiguous-folder"]);
}

#[test]
fn a_cycle() {
    over("resources: [../base]\n")
        .with("base/kustomization.yaml", "resources: [▼../over]\n")
        .refuses_to(&["build", "over"], &["kustomization-cycle"]);
    refused("resources: [▼.]\n", &["kustomization-cycle"]);
    refused("resources: [▼..]\n", &["file-not-found"]);
}

#[test]
fn a_file_outside_of_the_root() {
    let help = ["--load-restrictor LoadRestrictionsNone"];
    refused("resources: [▼../base/b.yaml]\n", &["outside-kustomization"]).saying(&help);
    refused("configMapGenerator: [{name: x, files: [▼../base/b.yaml]}]\n", &["outside-kustomization"]);
    refused("resources: [a.yaml]\npatches: [{path: ▼../base/b.yaml}]\n", &["outside-kustomization"]);
    refused("resources: [▼/etc/hostname]\n", &["outside-kustomization"]);
    let ran = over("resources: [../base/b.yaml]\n").run(&["build", "over", "--load-restrictor", "none"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
}

#[cfg(unix)]
#[test]
fn a_link_counts_by_where_it_leads() {
    let linked = |target: &str, kustomization: &str| {
        let project = over(kustomization);
        std::os::unix::fs::symlink(target, project.root().join("over/link")).unwrap();
        project
    };
    linked("../base/b.yaml", "resources: [▼link]\n").refuses_to(&["build", "over"], &["outside-kustomization"]);
    for (target, resources) in [("../base", "link"), ("a.yaml", "link")] {
        let ran = linked(target, &format!("resources: [{resources}]\n")).run(&["build", "over"]);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{target}");
    }
    // A kustomization behind a link names files beside the link.
    let project = over("resources: [a.yaml]\n").with("linked/a.yaml", DEPLOYMENT);
    std::os::unix::fs::symlink("../over/kustomization.yaml", project.root().join("linked/kustomization.yaml")).unwrap();
    assert!(project.run(&["build", "linked"]).out.contains("kind: Deployment\n"));
}

#[test]
fn a_base_may_be_anywhere_unless_a_strata_yaml_marks_the_project() {
    let outside = Project::of(&[
        ("kustomization.yaml", "resources: [b.yaml]\n"),
        ("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: outside}\n"),
    ]);
    let up = "../".repeat(30) + outside.root().canonicalize().unwrap().to_str().unwrap().trim_start_matches('/');
    let project = over(&format!("resources: [▼{up}]\n"));
    assert!(project.run(&["build", "over"]).out.contains("name: outside\n"));
    project.with("strata.yaml", "").refuses_to(&["build", "over"], &["outside-project"]);
}

// What is in the files.

#[test]
fn a_key_twice_in_a_patch_is_a_warning_and_the_first_counts_and_the_last_in_operations() {
    let merge = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2, replicas: 3}\n";
    let operations = "- {op: add, path: /x, path: /spec/replicas, value: 3}\n";
    for (patch, replicas, which) in [(merge, 2, "first"), (operations, 3, "last")] {
        let project = over("resources: [web.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n")
            .with("over/p.yaml", patch);
        let ran = project.run(&["build", "over"]);
        assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
        assert!(ran.out.contains(&format!("  replicas: {replicas}\n")), "{}", ran.out);
        let said = format!("is written twice in one mapping, and the {which} one counts\n --> over/p.yaml:");
        assert!(ran.err.starts_with("warning[duplicate-key]: ") && ran.err.contains(&said), "{}", ran.err);
        assert_eq!(ran.err.matches("warning[").count(), 1, "{}", ran.err);
    }
}

#[test]
fn one_id_twice() {
    over("resources: [a.yaml, c.yaml]\n")
        .with("over/a.yaml", "▽apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .with("over/c.yaml", "▼apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .refuses_to(&["build", "over"], &["duplicate-resource"]);
    refused("resources: [a.yaml]\nconfigMapGenerator: [▼{name: a}]\n", &["duplicate-resource"]);
}

#[test]
fn keys_that_are_no_texts_and_numbers_without_end() {
    let with = |text: &str| {
        over("resources: [a.yaml]\n")
            .with("over/a.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {text}\n"))
    };
    with("{▼1: a}").refuses_to(&["build", "over"], &["key-not-text"]);
    with("{▼true: a}").refuses_to(&["build", "over"], &["key-not-text"]);
    with("{? ▼[a] : b}").refuses_to(&["build", "over"], &["key-not-text"]);
    with("{a: ▼.inf}").refuses_to(&["build", "over"], &["not-finite"]);
    with("{a: ▼-.Inf}").refuses_to(&["build", "over"], &["not-finite"]);
    with("{a: ▼.nan}").refuses_to(&["build", "over"], &["not-finite"]);
    with("{▽a: b, ▼a: c}").refuses_to(&["build", "over"], &["duplicate-key"]);
}

#[test]
fn what_is_no_object() {
    let with = |text: &str| over("resources: [a.yaml]\n").with("over/a.yaml", text);
    with("▼apiVersion: v1\nmetadata: {name: a}\n").refuses_to(&["build", "over"], &["not-a-resource"]);
    with("▼apiVersion: v1\nkind: ConfigMap\n").refuses_to(&["build", "over"], &["not-a-resource"]);
    with("▼- a\n").refuses_to(&["build", "over"], &["not-a-resource"]);
    with("apiVersion: v1\nkind: ConfigMapList\nitems: [▼a]\n").refuses_to(&["build", "over"], &["not-a-resource"]);
}

// Generators, patches, replacements.

#[test]
fn a_generator_that_merges_onto_nothing() {
    for behavior in ["merge", "replace"] {
        refused(
            &format!("configMapGenerator: [▼{{name: x, behavior: {behavior}, literals: [a=b]}}]\n"),
            &["generator-without-base"],
        );
    }
}

#[test]
fn a_patch_that_fits_several_or_none() {
    let patch = "▼{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}";
    refused(&format!("resources: [a.yaml]\npatches: [{{patch: '{patch}'}}]\n"), &["patch-matches-nothing"])
        .saying(&["no resource is the"]);
    over("resources: [a.yaml, c.yaml]\npatches: [{path: p.yaml}]\n")
        .with("over/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n")
        .with("over/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: x}\n")
        .with("over/p.yaml", "▼apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .refuses_to(&["build", "over"], &["patch-matches-nothing"])
        .saying(&["is in the namespace `x`"]);
    over("resources: [one, two]\npatches: [{path: p.yaml}]\n")
        .with("over/one/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: one-\n")
        .with("over/two/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: two-\n")
        .with("over/one/a.yaml", CONFIG_MAP)
        .with("over/two/a.yaml", CONFIG_MAP)
        .with("over/p.yaml", "▼apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .refuses_to(&["build", "over"], &["ambiguous-patch"]);
}

#[test]
fn an_invalid_regular_expression() {
    let patch = "patch: '- {op: remove, path: /data}'";
    refused(&format!("resources: [a.yaml]\npatches: [{{target: {{kind: ▼'(['}}, {patch}}}]\n"), &["invalid-pattern"]);
    refused(
        &format!("resources: [a.yaml]\npatches: [{{target: {{labelSelector: ▼'a in ('}}, {patch}}}]\n"),
        &["invalid-label-selector"],
    );
}

#[test]
fn a_replacement_without_a_source() {
    let target = "targets: [{select: {kind: ConfigMap}, fieldPaths: [data.k]}]";
    refused(
        &format!("resources: [a.yaml]\nreplacements: [▼{{source: {{kind: Secret, name: x}}, {target}}}]\n"),
        &["replacement-without-source"],
    );
    refused(
        &format!(
            "resources: [a.yaml]\nreplacements: [{{source: {{kind: ConfigMap, fieldPath: ▼data.x}}, {target}}}]\n"
        ),
        &["replacement-without-source"],
    );
    refused(&format!("resources: [a.yaml]\nreplacements: [▼{{{target}}}]\n"), &["missing-field"]);
    let missing = "targets: [{select: {kind: ConfigMap}, fieldPaths: [▼data.x]}]";
    refused(
        &format!("resources: [a.yaml]\nreplacements: [{{source: {{kind: ConfigMap}}, {missing}}}]\n"),
        &["replacement-path"],
    );
}

#[test]
fn programs_and_containers_are_refused() {
    let plugin = |text: &str| over("resources: [a.yaml]\ntransformers: [p.yaml]\n").with("over/p.yaml", text);
    let function = "annotations: {config.kubernetes.io/function: 'container: {image: x}'}";
    let text = format!("▼apiVersion: example.com/v1\nkind: Mine\nmetadata: {{name: p, {function}}}\n");
    let flags = ["build", "over", "--enable-alpha-plugins"];
    plugin(&text).refuses_to(&flags, &["not-supported"]).saying(&["`Mine` is a program or a container"]);
    let text = "apiVersion: builtin\nkind: ▼Unknown\nmetadata: {name: p}\n";
    plugin(text).refuses_to(&flags, &["not-supported"]).saying(&["there is no builtin plugin `Unknown`"]);
}

#[test]
fn remote_things_that_were_not_fetched() {
    for remote in
        ["https://github.com/org/repo//base?ref=v1", "git@github.com:org/repo.git", "github.com/org/repo/base"]
    {
        refused(&format!("resources: [▼'{remote}']\n"), &["not-vendored"]).saying(&["strata vendor", "--fetch"]);
        refused(&format!("components: [▼'{remote}']\n"), &["not-vendored"]);
        // A patch behind a URL is a file, whatever the URL looks like.
        let code = if remote.starts_with("https:") { "not-vendored" } else { "wrong-kind" };
        refused(&format!("resources: [a.yaml]\npatches: [{{path: ▼'{remote}'}}]\n"), &[code]);
    }
    let file = "https://host.example/a/b/c.yaml";
    for field in [
        format!("resources: [▼'{file}']\n"),
        format!("resources: [a.yaml]\npatches: [{{path: ▼'{file}'}}]\n"),
        format!("resources: [a.yaml]\ncrds: [▼'{file}']\n"),
        format!("resources: [a.yaml]\nopenapi: {{path: ▼'{file}'}}\n"),
        format!("configMapGenerator: [{{name: x, files: [▼'k={file}']}}]\n"),
        format!("helmCharts: [{{name: x, valuesFile: ▼'{file}'}}]\n"),
    ] {
        refused(&field, &["not-vendored"]);
    }
    for odd in ["https://github.com/org/repo?ref=--upload-pack=x", "git::../x", "ssh://-oProxyCommand=x/a/b"] {
        refused(&format!("resources: [▼'{odd}']\n"), &["invalid-remote"]);
    }
    over("").refuses_to(&["build", "https://github.com/org/repo"], &["not-vendored"]);
    over("").refuses_to(&["build", "https://example.com/a.yaml"], &["wrong-kind"]);
}

// What kustomize passes over in silence.

#[test]
fn what_matches_nothing_is_a_warning_and_strict_makes_it_an_error() {
    strict(
        "resources: [a.yaml]\npatches: [▼{target: {kind: Secret}, patch: '- {op: remove, path: /data}'}]\n",
        "patch-matches-nothing",
    );
    strict("resources: [web.yaml]\nimages: [{name: ▼ngin, newTag: v1}]\n", "image-matches-nothing");
    strict(
        "resources: [a.yaml]\nreplacements: [{source: {kind: ConfigMap}, targets: [▼{select: {kind: Job}}]}]\n",
        "replacement-matches-nothing",
    );
    strict("▼resources: []\nnamePrefix: x\n", "empty-render");
}

#[test]
fn an_unused_variable_is_one_as_well() {
    let var = "vars: [{name: ▼X, objref: {apiVersion: v1, kind: ConfigMap, name: a}}]\n";
    let project = over(&format!("resources: [a.yaml]\n{var}"));
    let ran = project.run(&["build", "over"]);
    assert!(ran.code == ExitCode::Fine && ran.err.contains("warning[unused-variable]"), "{}", ran.err);
    project.refuses_to(&["build", "over", "--strict"], &["unused-variable"]);
}

#[test]
fn flags_without_effect_and_old_ones_are_told_once() {
    let flags = ["--network", "--as-current-user", "-e", "A=b", "--mount", "type=bind", "--enable-alpha-plugins"];
    let ran = over("resources: [a.yaml]\n").run(&[&["build", "over"], &flags[..]].concat());
    assert_eq!((ran.code, ran.err.matches("warning[flag-without-effect]").count()), (ExitCode::Fine, 4), "{}", ran.err);
    let ran = over("resources: [a.yaml]\n").run(&["build", "over", "--reorder", "none", "--enable-managedby-label"]);
    assert_eq!((ran.code, ran.err.matches("warning[deprecated-flag]").count()), (ExitCode::Fine, 2), "{}", ran.err);
    assert!(ran.out.contains("app.kubernetes.io/managed-by: strata-"));
}

#[test]
fn flags_that_are_true_or_false_take_a_value_and_the_last_of_a_flag_counts() {
    let build = |flags: &[&str]| over("resources: [a.yaml]\n").run(&[&["build", "over"], flags].concat());
    for flags in [
        &["--enable-helm=true", "--enable-alpha-plugins=1", "--network=false", "--enable-exec=F"][..],
        &["--enable-helm", "--enable-helm", "--load-restrictor", "none", "--load-restrictor=LoadRestrictionsRootOnly"],
        &["--enable-managedby-label=true", "--enable-managedby-label=false", "--stack-trace"],
    ] {
        let ran = build(flags);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{flags:?}");
        assert!(!ran.out.contains("managed-by"), "{flags:?}");
    }
    let ran = build(&["--enable-helm=maybe"]);
    assert!(ran.code != ExitCode::Fine && ran.err.contains("write `true` or `false`"), "{}", ran.err);
    let ran = build(&["--enable-helm", "true"]);
    assert!(ran.err.contains("`true` does not exist"), "{}", ran.err);
}

#[test]
fn flags_for_charts_are_told_to_need_helm() {
    let flags = ["--helm-kube-version", "1.30", "--helm-api-versions", "a/v1", "--helm-debug", "--helm-command", "h"];
    let ran = over("resources: [a.yaml]\n").run(&[&["build", "over"], &flags[..]].concat());
    assert_eq!((ran.code, ran.err.matches("warning[flag-without-effect]").count()), (ExitCode::Fine, 4), "{}", ran.err);
    assert!(ran.err.contains("`--enable-helm` only"), "{}", ran.err);
}

#[test]
fn a_parameter_for_a_kustomization() {
    over("resources: [a.yaml]\n")
        .refuses_to(&["build", "over", "--set", "replicas=2"], &["unknown-parameter"])
        .saying(&["--> --set:1:1\n", "a kustomization has no parameters, and `replicas` is set", "leave `--set` out"]);
}

// Plugins.

#[test]
fn what_plugins_name_is_relative_to_the_kustomization_that_lists_them() {
    let patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: patched}\n";
    let plugin = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: ▼patch.yaml\n";
    let deep = over("resources: [a.yaml]\ntransformers: [plugins]\n")
        .with("over/plugins/kustomization.yaml", "resources: [more]\nnameSuffix: -x\n")
        .with("over/plugins/more/kustomization.yaml", "resources: [plugin.yaml]\n")
        .with("over/plugins/more/plugin.yaml", plugin);
    deep.refuses_to(&["build", "over"], &["file-not-found"]);
    let ran = deep.with("over/patch.yaml", patch).run(&["build", "over"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert!(ran.out.contains("k: patched\n"), "{}", ran.out);
}
