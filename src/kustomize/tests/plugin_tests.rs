//! The builtin plugins, as kustomize reads and runs them.

use super::{CONFIG_MAP, Case};

const OBJECTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: old}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: old}
spec: {replicas: 1, template: {spec: {containers: [{name: web, image: nginx}]}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, namespace: old}
data: {path: /a/b}
";

fn case(field: &str, plugin: &str, more: &str) -> Case {
    let kustomization = format!("resources: [a.yaml]\n{more}{field}: [p.yaml]\n");
    let plugin = format!("apiVersion: builtin\nmetadata: {{name: p, namespace: new}}\n{plugin}");
    Case::new(&[
        ("main/kustomization.yaml", kustomization.as_str()),
        ("main/a.yaml", OBJECTS),
        ("main/p.yaml", plugin.as_str()),
    ])
}

#[track_caller]
fn prints(plugin: &str, expected: &[&str]) {
    let output = case("transformers", plugin, "").output();
    for expected in expected {
        assert!(output.contains(expected), "{plugin}\n{output}");
    }
}

#[track_caller]
fn refuses(plugin: &str, code: &str, place: &str) {
    let (found, at) = case("transformers", plugin, "").error();
    assert_eq!((found, at.as_str()), (code, place), "{plugin}");
}

#[test]
fn a_value_is_added_at_fields_and_into_paths() {
    let add = |target: &str| format!("kind: ValueAddTransformer\nvalue: ' v '\ntargets: [{target}]\n");
    let image = "fieldPath: 'spec/template/spec/containers/[name=web]/image'";
    prints(&add(&format!("{{selector: {{kind: Deployment}}, {image}}}")), &["- image: v\n        name: web"]);
    let new = "{selector: {kind: Deployment}, fieldPath: 'spec/template/spec/containers/[name=new]/image'}";
    prints(&add(new), &["      - image: v\n        name: new\n"]);
    let path = "{selector: {name: conf}, fieldPath: data/path, filePathPosition: 1}";
    prints(&add(path), &["path: /v/a/b\n"]);
    prints(&add(r"{selector: {name: conf}, fieldPath: 'metadata/labels/a.b\/c'}"), &["  labels:\n    a.b/c: v\n"]);
    prints(&add("{fieldPath: metadata/namespace}"), &["  name: old\n---", "  name: conf\n  namespace: v\n"]);
    let folder = "kind: ValueAddTransformer\ntargets: [{selector: {name: conf}, fieldPath: data/new}]\n";
    prints(folder, &["  new: main\n"]);
    refuses(&add("{fieldPath: ''}"), "missing-field", "main/p.yaml:5");
    refuses(&add("{selector: {kind: ConfigMap}, fieldPath: data}"), "wrong-type", "main/a.yaml:13");
    refuses(&add("{selector: {kind: Deployment}, fieldPath: spec/replicas/x}"), "wrong-type", "main/a.yaml:8");
    refuses(&add("{fieldPath: 'spec/*/x'}"), "replacement-path", "main/p.yaml:5");
    refuses("kind: ValueAddTransformer\n", "missing-field", "main/p.yaml:1");
}

#[test]
fn targets_of_a_value_may_be_in_a_file() {
    let plugin =
        "apiVersion: builtin\nkind: ValueAddTransformer\nmetadata: {name: p}\nvalue: v\ntargetFilePath: t.yaml\n";
    let case = Case::new(&[
        ("main/kustomization.yaml", "resources: [a.yaml]\ntransformers: [p.yaml]\n"),
        ("main/a.yaml", CONFIG_MAP),
        ("main/p.yaml", plugin),
        ("main/t.yaml", "targets: [{fieldPath: data/k}]\n"),
    ]);
    assert!(case.output().starts_with("apiVersion: v1\ndata:\n  k: v\n"));
}

#[test]
fn the_hash_is_added_where_it_is_asked_for_and_again_at_the_end() {
    let generator = "configMapGenerator: [{name: g, literals: [a=b]}]\n";
    let output = case("transformers", "kind: HashTransformer\n", generator).output();
    assert!(output.contains("name: g-4h2mbtbbt6-4h2mbtbbt6\n") && output.contains("name: conf\n"), "{output}");
}

#[test]
fn a_plugin_works_on_the_fields_that_it_names_alone() {
    prints("kind: NamespaceTransformer\n", &["  name: old\n---", "  name: conf\n  namespace: new\n"]);
    let kinds = "fieldSpecs: [{path: metadata/name, kind: Namespace}]\n";
    prints(&format!("kind: NamespaceTransformer\n{kinds}"), &["kind: Namespace\nmetadata:\n  name: new\n"]);
    let replica = "kind: ReplicaCountTransformer\nreplica: {name: web, count: 7}\n";
    prints(&format!("{replica}fieldSpecs: [{{path: spec/replicas, kind: Deployment}}]\n"), &["replicas: 7\n"]);
    refuses(replica, "replicas-match-nothing", "main/p.yaml:4");
    refuses(&format!("{replica}fieldSpecs: [{{path: spec}}]\n"), "wrong-type", "main/a.yaml:8");
    let prefix = "kind: PrefixTransformer\nprefix: 5\nfieldSpecs: [{path: metadata/name}, {path: metadata/name}]\n";
    prints(prefix, &["  name: 55conf\n"]);
    refuses("kind: PrefixTransformer\nprefix: p-\n", "missing-field", "main/p.yaml:1");
    refuses("kind: PrefixTransformer\nprefix: p-\nfieldSpecs: [{path: ''}]\n", "missing-field", "main/p.yaml:1");
    let labels = "kind: LabelTransformer\nlabels: {port: 80}\nfieldSpecs: [{path: PATH, create: true}]\n";
    prints(&labels.replace("PATH", "metadata/labels"), &["  labels:\n    port: \"80\"\n"]);
    refuses(&labels.replace("PATH", "metadata/name"), "wrong-type", "main/a.yaml:3");
}

#[test]
fn what_a_plugin_does_not_know_is_passed_over_and_said() {
    let plugin = "kind: ImageTagTransformer\nimageTag: {name: nginx, newTag: 1.5, tag: x}\nnothing: [1]\n";
    let case = case("transformers", plugin, "");
    assert!(case.output().contains("image: nginx:1.5\n"));
    let said: Vec<_> = case.outcome(super::Options::default()).diagnostics.iter().map(|d| d.message.clone()).collect();
    let what = "the configuration of a plugin has no field `nothing`";
    assert_eq!(said, ["an image has no field `tag`", what]);
    let strict = super::Options { strict: true, ..super::Options::default() };
    assert!(case.outcome(strict).diagnostics.has_errors());
}

#[test]
fn a_plugin_belongs_under_the_field_of_its_sort() {
    refuses("kind: ConfigMapGenerator\n", "not-supported", "main/p.yaml:3");
    refuses("kind: SortOrderTransformer\n", "not-supported", "main/p.yaml:3");
    let (code, place) = case("generators", "kind: HashTransformer\n", "").error();
    assert_eq!((code, place.as_str()), ("not-supported", "main/p.yaml:3"));
    refuses("kind: NamespaceTransformer\nsetRoleBindingSubjects: all\n", "unknown-option", "main/p.yaml:4");
    let both = "kind: ReplacementTransformer\nreplacements: [{path: p.yaml, source: {kind: Pod}}]\n";
    refuses(both, "conflicting-fields", "main/p.yaml:4");
    let jsonop = "kind: PatchJson6902Transformer\ntarget: {name: web}\npatch: '[]'\n";
    refuses(jsonop, "missing-field", "main/p.yaml:1");
}

#[test]
fn an_account_of_the_cloud_has_all_its_names() {
    let account = |names: &str| case("generators", &format!("kind: IAMPolicyGenerator\ncloud: gke\n{names}"), "");
    let whole = "kubernetesService: {name: ksa}\nserviceAccount: {name: gsa, projectId: p}\n";
    assert!(account(whole).output().contains("gsa@p.iam.gserviceaccount.com\n  name: ksa\n"));
    for (names, code) in [
        ("", "missing-field"),
        ("kubernetesService: {name: ksa}\n", "missing-field"),
        ("kubernetesService: {name: 5}\nserviceAccount: {name: gsa, projectId: p}\n", "wrong-type"),
        ("kubernetesService: {name: ksa}\nserviceAccount: {name: 'a: b', projectId: p}\n", "invalid-name"),
    ] {
        assert_eq!(account(names).error().0, code, "{names}");
    }
}

#[test]
fn a_patch_in_brackets_is_json() {
    let patch = |text: &str| {
        let target = "target: {kind: ConfigMap, name: a}";
        Case::new(&[
            ("main/kustomization.yaml", &format!("resources: [a.yaml]\npatches:\n- {target}\n  patch: {text}\n")),
            ("main/a.yaml", CONFIG_MAP),
        ])
    };
    let json = r#"[{"op": "add", "path": "/data", "value": {"a": "b"}}]"#;
    assert!(patch(&format!("'{json}'")).output().contains("a: b\n"));
    assert!(patch(&format!("|\n\n    {json}\n\n")).output().contains("a: b\n"));
    let yaml = "|\n    # c\n    [{op: add, path: /data, value: {a: b}}]\n";
    assert!(patch(yaml).output().contains("a: b\n"), "what begins with a comment is YAML");
    for text in ["'[{op: add, path: /data, value: {a: b}}]'", "|\n\n    [{op: add, path: /data, value: {a: b}}]\n"] {
        let (code, place) = patch(text).error();
        let line = if text.starts_with('|') { 6 } else { 4 };
        assert!(code == "not-json" && place.ends_with(&format!(":{line}")), "{text}: {code} {place}");
    }
    let old = "resources: [a.yaml]\npatchesJson6902:\n- target: {version: v1, kind: ConfigMap, name: a}\n  patch: \"";
    let old =
        |before: &str| super::main_alone(&format!("{old}{before}[{{op: add, path: /data, value: {{a: b}}}}]\"\n"));
    assert!(old(" ").output().contains("a: b\n"), "of this field the blank counts");
    assert_eq!(old("").error().0, "not-json");
}

#[test]
fn fields_of_a_kustomization_are_those_of_kustomize() {
    for (text, code) in [
        ("metadata: {nme: x}\n", "unknown-field"),
        ("metadata: {name: [x]}\n", "wrong-type"),
        ("configMapGenerator: [{name: g, type: Opaque}]\n", "unknown-field"),
        ("configMapGenerator: [{name: g, metadata: {name: g}}]\n", "unknown-field"),
        ("patches: [null]\n", "missing-field"),
        ("patches: [{patch: p.yaml}]\n", "wrong-type"),
        ("patches: [{patch: '[]', target: {apiVersion: v1, kind: ConfigMap}}]\n", "unknown-field"),
        ("replicas: [{count: 3}]\n", "replicas-match-nothing"),
        ("vars: [{}]\n", "variable-without-value"),
    ] {
        let (found, place) = super::main_alone(&format!("resources: [a.yaml]\n{text}")).error();
        assert_eq!((found, place.as_str()), (code, "main/kustomization.yaml:2"), "{text}");
    }
}

#[test]
fn what_kustomize_passes_over_in_a_kustomization_is_said() {
    for text in [
        "openapi: {url: x}\n",
        "patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}', options: {allow: true}}]\n",
    ] {
        let case = super::main_alone(&format!("resources: [a.yaml]\n{text}"));
        assert_eq!(case.output(), CONFIG_MAP, "{text}");
        assert_eq!(case.outcome(super::Options::default()).diagnostics.iter().count(), 1, "{text}");
        let strict = super::Options { strict: true, ..super::Options::default() };
        assert!(case.outcome(strict).diagnostics.has_errors(), "{text}");
    }
    let empty =
        "resources: [a.yaml]\ntransformers: ['', null]\ngenerators: [' ']\nconfigMapGenerator: [{name: g, env: ''}]\n";
    assert!(super::main_alone(empty).output().contains("name: g-"));
}

#[test]
fn a_replacement_does_not_change_the_type_of_a_field() {
    let case = |field: &str, source: &str| {
        let target = format!("apiVersion: x/v1\nkind: T\nmetadata: {{name: t}}\nspec: {{f: {field}}}\n");
        let source = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: s}}\ndata: {{k: '{source}'}}\n");
        let replacement = "replacements:\n- source: {kind: ConfigMap, fieldPath: data.k}\n  targets:\n  - {select: {kind: T}, fieldPaths: [spec.f]}\n";
        Case::new(&[
            ("main/kustomization.yaml", &format!("resources: [a.yaml, b.yaml]\n{replacement}")),
            ("main/a.yaml", &source),
            ("main/b.yaml", &target),
        ])
    };
    assert!(case("1", "0x10").output().contains("  f: 16\n"));
    assert!(case("'1'", "x").output().contains("  f: x\n"));
    for (field, source) in [("1", "x"), ("1", "1.5"), ("true", "1"), ("null", "x"), ("1.5", "yes")] {
        assert_eq!(case(field, source).error(), ("wrong-type", "main/kustomization.yaml:5".into()), "{field} {source}");
    }
}

#[test]
fn a_patch_does_not_take_a_name_away() {
    let patch = "patches: [{target: {kind: ConfigMap}, patch: '- {op: remove, path: /metadata/name}'}]\n";
    let case = super::main_alone(&format!("resources: [a.yaml]\n{patch}"));
    assert_eq!(case.error(), ("not-a-resource", "main/kustomization.yaml:2".into()));
}

#[test]
fn documents_behind_the_first_of_a_kustomization_are_ignored_and_said() {
    let case = super::main_alone("resources: [a.yaml]\n---\nnamePrefix: x-\n");
    assert_eq!(case.output(), CONFIG_MAP);
    let outcome = case.outcome(super::Options::default());
    assert_eq!(outcome.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["ignored-document"]);
}
