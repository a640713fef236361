//! Rules of the fold on small data, from the files to the bytes.

mod plugin_tests;

use crate::emit;
use crate::pipeline::{self, Request};

use super::Options;

/// A folder with the given files; `main` is what is built.
struct Case(tempfile::TempDir);

impl Case {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn outcome(&self, kustomize: Options) -> pipeline::Outcome {
        let cwd = self.0.path().canonicalize().unwrap();
        pipeline::build(&Request { entries: vec!["main".into()], cwd, kustomize, ..Request::default() }).unwrap()
    }

    /// What is printed.
    fn output(&self) -> String {
        let outcome = self.outcome(Options::default());
        let errors: Vec<_> = outcome.diagnostics.iter().map(|d| d.message.clone()).collect();
        assert!(!outcome.diagnostics.has_errors(), "{errors:?}");
        let roots = outcome.builds.iter().flat_map(|build| &build.resources).map(|resource| &resource.root);
        String::from_utf8(emit::yaml::yaml(roots)).unwrap()
    }

    /// The code of the first error and where it points, as `file:line`.
    fn error(&self) -> (&'static str, String) {
        let outcome = self.outcome(Options::default());
        assert!(outcome.builds.is_empty());
        let error = outcome.diagnostics.iter().find(|d| d.level == crate::diagnostic::Level::Error).unwrap();
        let position = error.primary.as_ref().and_then(|label| label.origin.position()).unwrap();
        let place = outcome.sources.locate(position).unwrap();
        (error.code, format!("{}:{}", place.path.display(), place.line))
    }
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

fn main_alone(kustomization: &str) -> Case {
    Case::new(&[("main/kustomization.yaml", kustomization), ("main/a.yaml", CONFIG_MAP)])
}

#[test]
fn layers_fold_from_the_inside_out() {
    let case = Case::new(&[
        ("main/kustomization.yaml", "resources: [../base]\nnamePrefix: outer-\n"),
        ("base/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: inner-\nnameSuffix: -x\n"),
        ("base/a.yaml", CONFIG_MAP),
    ]);
    assert_eq!(case.output(), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: outer-inner-a-x\n");
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let names: Vec<String> = (0..40).map(|i| format!("r{i}.yaml")).collect();
    let texts: Vec<String> = (0..40).map(|i| CONFIG_MAP.replace("name: a", &format!("name: a{i}"))).collect();
    let kustomization =
        format!("resources: [{}]\nnamePrefix: p-\nlabels: [{{pairs: {{b: c, a: d}}}}]\n", names.join(", "));
    let paths: Vec<String> = names.iter().map(|name| format!("main/{name}")).collect();
    let mut files: Vec<(&str, &str)> = paths.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
    files.push(("main/kustomization.yaml", &kustomization));
    let case = Case::new(&files);
    let first = case.output();
    assert_eq!(first.matches("name: p-a").count(), 40);
    (0..5).for_each(|_| assert_eq!(case.output(), first));
}

#[test]
fn a_component_changes_what_its_parent_has_before_the_parents_transforms() {
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -c\n";
    let case = Case::new(&[
        ("main/kustomization.yaml", "resources: [a.yaml]\ncomponents: [../c]\nnameSuffix: -m\n"),
        ("main/a.yaml", CONFIG_MAP),
        ("c/kustomization.yaml", component),
    ]);
    assert!(case.output().ends_with("name: a-c-m\n"));
    let wrong = Case::new(&[("main/kustomization.yaml", "resources: [../c]\n"), ("c/kustomization.yaml", component)]);
    assert_eq!(wrong.error(), ("wrong-kind", "main/kustomization.yaml:1".into()));
}

#[test]
fn a_generator_merges_with_what_is_there_and_keeps_its_hash_only_when_that_has_one() {
    let generator = "configMapGenerator: [{name: a, behavior: merge, literals: [b=2]}]\n";
    let plain = main_alone(&format!("resources: [a.yaml]\n{generator}"));
    assert!(plain.output().contains("data:\n  b: \"2\"\n") && plain.output().ends_with("name: a\n"));
    let both = Case::new(&[
        ("main/kustomization.yaml", &format!("resources: [../base]\n{generator}")),
        ("base/kustomization.yaml", "configMapGenerator: [{name: a, literals: [a=1]}]\n"),
    ]);
    assert!(both.output().contains("  a: \"1\"\n  b: \"2\"\n") && both.output().contains("name: a-"));
    assert_eq!(main_alone(generator).error(), ("generator-without-base", "main/kustomization.yaml:1".into()));
}

#[test]
fn one_id_is_held_once_but_versions_differ() {
    let twice = Case::new(&[
        ("main/kustomization.yaml", "resources: [a.yaml, b.yaml]\n"),
        ("main/a.yaml", CONFIG_MAP),
        ("main/b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: default\n"),
    ]);
    assert_eq!(twice.error(), ("duplicate-resource", "main/b.yaml:1".into()));
    let two = "apiVersion: x/v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: x/v2\nkind: A\nmetadata: {name: a}\n";
    let case = Case::new(&[("main/kustomization.yaml", "resources: [a.yaml]\n"), ("main/a.yaml", two)]);
    assert_eq!(case.output().matches("name: a").count(), 2);
}

#[test]
fn files_outside_of_the_folder_are_refused_unless_it_is_permitted() {
    let case = Case::new(&[("main/kustomization.yaml", "resources: [../a.yaml]\n"), ("a.yaml", CONFIG_MAP)]);
    assert_eq!(case.error(), ("outside-kustomization", "main/kustomization.yaml:1".into()));
    let anywhere = Options { load_anywhere: true, ..Options::default() };
    assert_eq!(case.outcome(anywhere).builds.len(), 1);
}

#[test]
fn mistakes_in_a_kustomization_are_errors_at_their_place() {
    for (text, code, line) in [
        ("resource: [a.yaml]\n", "unknown-field", 1),
        ("resources: [a.yaml]\nimages:\n- {name: x, newTag: 1.0}\n", "wrong-type", 3),
        ("resources: [a.yaml]\npatches: [file]\n", "wrong-type", 2),
        ("kind: Kustomization\n", "empty-file", 1),
        ("kind: App\nresources: [a.yaml]\n", "unknown-kind", 1),
        ("resources: [b.yaml]\n", "file-not-found", 1),
        ("resources: ['https://example.com/a.yaml']\n", "not-vendored", 1),
        ("resources: [../main]\n", "kustomization-cycle", 1),
        ("resources: [a.yaml]\nhelmCharts: [{name: x}]\n", "helm-not-enabled", 2),
        (
            "resources: [a.yaml]\ntransformers:\n- |\n  apiVersion: x/v1\n  kind: Y\n  metadata: {name: z}\n",
            "not-supported",
            4,
        ),
        ("resources: [a.yaml]\nreplicas: [{name: b, count: 1}]\n", "replicas-match-nothing", 2),
        ("resources: [a.yaml]\npatches:\n- {patch: '[]', target: {name: '('}}\n", "invalid-pattern", 3),
        (
            "resources: [a.yaml]\nreplacements:\n- source: {kind: Pod}\n  targets: [{select: {kind: Pod}}]\n",
            "replacement-without-source",
            3,
        ),
        ("resources: [a.yaml]\nreplacements: [{source: {kind: Pod}, targets: []}]\n", "missing-field", 2),
        ("resources: [a.yaml]\nreplacements: [{path: a.yaml, source: {kind: Pod}}]\n", "conflicting-fields", 2),
        ("resources: [a.yaml]\npatches: [null]\n", "missing-field", 2),
        ("resources: [a.yaml]\npatches: [{jsonOp: x}]\n", "unknown-field", 2),
        ("resources: [a.yaml]\npatches: [{patch: '[]', target: {kind: ConfigMap}}]\n", "missing-field", 2),
        ("resources: [a.yaml]\npatches: [{patch: '[]', target: {kind: 'a**'}}]\n", "invalid-pattern", 2),
        ("resources: [a.yaml]\nreplicas: [{count: 1}]\n", "replicas-match-nothing", 2),
        ("resources: [a.yaml]\nvars: [{objref: {kind: Pod, name: p}}]\n", "variable-without-value", 2),
        ("resources: [a.yaml]\nmetadata: {nmae: x}\n", "unknown-field", 2),
        ("resources: [a.yaml]\nmetadata: x\n", "wrong-type", 2),
        ("configMapGenerator: [{name: x, type: Opaque}]\n", "unknown-field", 1),
        ("resources: [a.yaml]\nvars: [{name: V, objref: {kind: Pod, name: p}}]\n", "variable-without-value", 2),
    ] {
        let (found, place) = main_alone(text).error();
        assert_eq!(found, code, "{text}");
        assert_eq!(place, format!("main/kustomization.yaml:{line}"), "{text}");
    }
}

#[test]
fn a_patch_keeps_name_and_kind_unless_it_may_change_them() {
    let patch = |options: &str| {
        format!(
            "resources: [a.yaml]\npatches:\n- target: {{kind: ConfigMap, name: a}}\n{options}  patch: |\n    \
             apiVersion: v1\n    kind: ConfigMap\n    metadata: {{name: b}}\n    data: {{k: v}}\n"
        )
    };
    let data = "data:\n  k: v\n";
    assert_eq!(
        main_alone(&patch("")).output(),
        format!("apiVersion: v1\n{data}kind: ConfigMap\nmetadata:\n  name: a\n")
    );
    let allowed = main_alone(&patch("  options: {allowNameChange: true}\n"));
    assert!(allowed.output().ends_with("name: b\n"));
}

#[test]
fn a_replacement_copies_a_part_into_a_field_that_it_makes() {
    let case = main_alone(
        "resources: [a.yaml]\nreplacements:\n- sourceValue: one\n  targets:\n  - select: {kind: ConfigMap}\n    \
         fieldPaths: [data.k]\n    options: {create: true}\n- source: {kind: ConfigMap, fieldPath: data.k}\n  targets:\n  \
         - select: {kind: ConfigMap}\n    fieldPaths: [metadata.name]\n    options: {delimiter: '-', index: 9}\n",
    );
    assert_eq!(case.output(), "apiVersion: v1\ndata:\n  k: one\nkind: ConfigMap\nmetadata:\n  name: a-one\n");
}

#[test]
fn a_custom_field_of_one_kind_takes_the_place_of_the_known_one() {
    let case = Case::new(&[
        ("main/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: p-\nconfigurations: [c.yaml]\n"),
        ("main/a.yaml", CONFIG_MAP),
        ("main/c.yaml", "namePrefix: [{path: metadata/name, kind: Secret}]\n"),
    ]);
    assert!(case.output().ends_with("name: a\n"));
}

#[test]
fn the_order_is_legacy_unless_something_else_is_said() {
    let resources = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n";
    let first = |sort: &str| {
        let kustomization = format!("resources: [r.yaml]\n{sort}");
        let case = Case::new(&[("main/kustomization.yaml", &kustomization), ("main/r.yaml", resources)]);
        case.output().lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(first(""), "kind: Namespace");
    assert_eq!(first("sortOptions: {order: fifo}\n"), "kind: Service");
    let lists = "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Service], orderLast: [Namespace]}}\n";
    assert_eq!(first(lists), "kind: Service");
}

#[test]
fn an_error_in_an_inline_patch_points_to_its_line_of_the_kustomization() {
    let case = main_alone(
        "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - op: remove\n      path: /nothing\n",
    );
    assert_eq!(case.error().1, "main/kustomization.yaml:6");
}

/// What is printed of `a.yaml` (a ConfigMap and what follows) with this kustomization.
fn printed(kustomization: &str, more: &str) -> String {
    let resource = format!("{CONFIG_MAP}{more}");
    Case::new(&[("main/kustomization.yaml", kustomization), ("main/a.yaml", &resource)]).output()
}

#[test]
fn a_patch_finds_a_resource_that_moved_in_a_lower_layer() {
    let case = Case::new(&[
        (
            "main/kustomization.yaml",
            "resources: [../base]\npatches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: v}}'}]\n",
        ),
        ("base/kustomization.yaml", "resources: [a.yaml]\nnamespace: ns\n"),
        ("base/a.yaml", CONFIG_MAP),
    ]);
    assert!(case.output().contains("data:\n  k: v\n"));
}

#[test]
fn a_json_patch_adds_to_annotations_that_are_not_there() {
    let patch = "target: {kind: ConfigMap, name: a}\n  patch: '- {op: add, path: /metadata/annotations/x, value: v}'\n";
    let output = printed(&format!("resources: [a.yaml]\npatches:\n- {patch}"), "");
    assert!(output.contains("annotations:\n    x: v\n"), "{output}");
    let old = main_alone(&format!("resources: [a.yaml]\npatchesJson6902:\n- {patch}"));
    assert_eq!(old.error().0, "patch-path-not-found");
}

#[test]
fn references_follow_a_name_that_a_patch_changes_but_not_one_of_the_deprecated_sort() {
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {volumes: [{configMap: {name: a}}]}\n";
    let rename = |field: &str| {
        let target = "target: {kind: ConfigMap, name: a, version: v1}";
        printed(
            &format!(
                "resources: [a.yaml]\n{field}:\n- {target}\n  patch: '- {{op: replace, path: /metadata/name, value: b}}'\n"
            ),
            pod,
        )
    };
    assert!(rename("patches").ends_with("name: b\n"));
    assert!(rename("patchesJson6902").ends_with("name: a\n"));
}

#[test]
fn a_strategic_merge_takes_nulls_away_that_are_not_written() {
    let patch = "patches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n    k: v\n";
    let more = "spec:\n  a:\n    b:\n    c: null\n    d: ~\n";
    assert!(
        printed(&format!("resources: [a.yaml]\n{patch}"), more).ends_with("spec:\n  a:\n    c: null\n    d: null\n")
    );
    assert!(printed("resources: [a.yaml]\n", more).contains("    b: null\n"));
    let json = "- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"add\", \"path\": \"/x\", \"value\": 1}]'\n";
    let after_json = patch.replace("patches:\n", &format!("patches:\n{json}"));
    assert!(printed(&format!("resources: [a.yaml]\n{after_json}"), more).contains("    b: null\n"));
}

#[test]
fn a_replacement_names_keys_with_dots_in_brackets() {
    let output = printed(
        "resources: [a.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: .metadata.name}\n  targets:\n  \
         - select: {kind: ConfigMap}\n    fieldPaths: ['data.[x.y/z]']\n",
        "data: {x.y/z: old}\n",
    );
    assert!(output.contains("data:\n  x.y/z: a\n"), "{output}");
}

#[test]
fn a_replacement_by_an_empty_text_makes_null_but_between_braces() {
    let kustomization = "resources: [a.yaml]\nreplacements:\n- source: {kind: ConfigMap, fieldPath: data.k}\n  targets:\n  - \
         select: {kind: ConfigMap}\n    fieldPaths: [spec.a.b, spec.c, spec.d]\n    options: {create: true}\n";
    let output = printed(kustomization, "data:\n  k: ''\nspec:\n  a: {}\n  d: x\n");
    assert!(output.ends_with("spec:\n  a:\n    b: \"\"\n  c: null\n  d: \"\"\n"), "{output}");
}

#[test]
fn a_secret_that_is_made_of_nothing_has_empty_data() {
    let output = main_alone("secretGenerator: [{name: s, options: {disableNameSuffixHash: true}}]\n").output();
    assert_eq!(output, "apiVersion: v1\ndata: {}\nkind: Secret\nmetadata:\n  name: s\ntype: Opaque\n");
    let output = main_alone("configMapGenerator: [{name: s, options: {disableNameSuffixHash: true}}]\n").output();
    assert_eq!(output, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: s\n");
}

#[test]
fn a_generator_makes_texts_of_the_data_that_it_merges_with() {
    let kustomization = "resources: [a.yaml]\nconfigMapGenerator: [{name: a, behavior: merge, literals: [b=2]}]\n";
    assert!(
        printed(kustomization, "data: {a: 1, n: true}\n")
            .contains("data:\n  a: \"1\"\n  b: \"2\"\n  \"n\": \"true\"\n")
    );
}

#[test]
fn a_label_that_a_base_put_at_several_places_is_one_value_in_the_overlay() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n";
    let overlay = |more: &str| {
        let case = Case::new(&[
            ("main/kustomization.yaml", &format!("resources: [../base]\n{more}")),
            ("base/kustomization.yaml", "resources: [s.yaml]\ncommonLabels: {app: old}\n"),
            ("base/s.yaml", service),
        ]);
        case.output()
    };
    let patched =
        "patches:\n- patch: |\n    {apiVersion: v1, kind: Service, metadata: {name: s, labels: {app: new}}}\n";
    let labelled = "labels: [{pairs: {app: new}}]\n";
    for more in [patched, labelled] {
        let output = overlay(more);
        assert_eq!((output.matches("app: new").count(), output.matches("app: old").count()), (2, 0), "{output}");
    }
    let json = "patches:\n- target: {kind: Service}\n  patch: |\n    - {op: replace, path: /metadata/labels/app, value: new}\n";
    let output = overlay(&format!("{json}{labelled}"));
    assert_eq!((output.matches("app: new").count(), output.matches("app: old").count()), (1, 1), "{output}");
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    foo: spam
  name: a
spec:
  containers:
  - image: host:5/app:latest
    name: c
";

fn pod(kustomization: &str) -> Case {
    Case::new(&[("main/kustomization.yaml", kustomization), ("main/a.yaml", POD)])
}

#[test]
fn the_name_of_an_image_is_the_beginning_of_a_pattern() {
    for (name, image) in [
        ("host:5/app", "host:5/new:latest"),
        ("host:5/app:latest", "host:5/new:latest"),
        ("host:.*/app:l[a-z]+", "host:5/new:latest"),
        ("host:5/app:late", "host:5/app:latest"),
        ("host:5/ap", "host:5/app:latest"),
        ("host:5/app(", "host:5/app:latest"),
    ] {
        let images = format!("resources: [a.yaml]\nimages: [{{name: '{name}', newName: 'host:5/new'}}]\n");
        let output = pod(&images).output();
        assert!(output.contains(&format!("image: {image}\n")), "{name}: {output}");
    }
}

#[test]
fn a_null_among_the_annotations_of_a_patch_takes_away_only_without_a_target() {
    let patch = |foo: &str, field: &str| {
        let text = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {foo}}}}}");
        pod(&format!("resources: [a.yaml]\n{}", field.replace('@', &text))).output()
    };
    let (named, target, merge) = (
        "patches: [{patch: '@'}]\n",
        "patches: [{patch: '@', target: {kind: Pod}}]\n",
        "patchesStrategicMerge: ['@']\n",
    );
    assert!(!patch("{foo: null}", named).contains("annotations"));
    assert!(!patch("null", named).contains("annotations"));
    for field in [target, merge] {
        assert!(patch("{foo: null}", field).contains("    foo: \"null\"\n"));
        assert!(patch("{foo: }", field).contains("    foo: \"\"\n"));
        assert!(patch("null", field).contains("    foo: spam\n"));
        assert!(patch("{}", field).contains("    foo: spam\n"));
    }
}

#[test]
fn webhooks_of_the_beta_version_merge_by_their_names() {
    let hooks = |rest: &str| {
        format!(
            "{{apiVersion: admissionregistration.k8s.io/v1beta1, kind: MutatingWebhookConfiguration, metadata: {{name: a}}, webhooks: [{{name: h{rest}}}]}}"
        )
    };
    let case = Case::new(&[
        ("main/kustomization.yaml", "resources: [a.yaml]\npatches: [{path: p.yaml}]\n"),
        ("main/a.yaml", &hooks(", failurePolicy: Fail")),
        ("main/p.yaml", &hooks(", sideEffects: None")),
    ]);
    let output = case.output();
    assert!(output.ends_with("webhooks:\n- failurePolicy: Fail\n  name: h\n  sideEffects: None\n"), "{output}");
}

/// Files that configure, each `c.yaml` beside a kustomization with `field`.
fn configured(field: &str, text: &str) -> Case {
    let kustomization = format!("resources: [a.yaml]\n{field}\n");
    Case::new(&[("main/kustomization.yaml", &kustomization), ("main/a.yaml", CONFIG_MAP), ("main/c.yaml", text)])
}

#[test]
fn files_that_configure_have_their_shape() {
    let custom = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n";
    for (field, text, line) in [
        ("crds: [c.yaml]", custom, 1),
        ("crds: [c.yaml]", "a:\n  Schema: 5\n", 2),
        ("crds: [c.yaml]", "[]\n", 1),
        ("openapi: {path: c.yaml}", "[]\n", 1),
        ("openapi: {path: c.yaml}", "definitions: 5\n", 1),
        ("openapi: {path: c.yaml}", "definitions:\n  a: 5\n", 2),
        ("configurations: [c.yaml]", "images: {}\n", 1),
    ] {
        assert_eq!(configured(field, text).error(), ("wrong-type", format!("main/c.yaml:{line}")), "{field} {text}");
    }
    assert_eq!(configured("configurations: [c.yaml]", "metadataLabels: []\n").error().0, "unknown-field");
    for field in ["crds: [c.yaml]", "openapi: {path: c.yaml}", "configurations: [c.yaml]"] {
        assert!(configured(field, "# nothing\n").output().ends_with("name: a\n"), "{field}");
    }
}

#[test]
fn of_a_file_that_configures_the_first_document_counts() {
    let case = configured("namePrefix: p-\nconfigurations: [c.yaml]", "images: []\n---\nnamePrefix: [{path: kind}]\n");
    assert!(case.output().contains("kind: ConfigMap\n"));
    let outcome = case.outcome(Options::default());
    assert_eq!(outcome.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["ignored-document"]);
}

#[test]
fn what_kustomize_passes_over_is_a_warning_and_an_error_when_strict() {
    for text in [
        "buildMetadata: [originAnnotation]\n",
        "images: [{newTag: \"1\"}]\n",
        "patches:\n- patch: |\n    $patch: replace\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}\n",
    ] {
        let case = main_alone(&format!("resources: [a.yaml]\n{text}"));
        assert!(case.output().ends_with("metadata:\n  name: a\n"), "{text}");
        assert_eq!(case.outcome(Options::default()).diagnostics.len(), 1, "{text}");
        assert!(case.outcome(Options { strict: true, ..Options::default() }).diagnostics.has_errors(), "{text}");
    }
}

#[test]
fn a_patch_leaves_the_name() {
    for op in ["op: remove, path: /metadata/name", "op: replace, path: /metadata/name, value: ''"] {
        let patch = format!("resources: [a.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: \"- {{{op}}}\"\n");
        assert_eq!(main_alone(&patch).error(), ("not-a-resource", "main/kustomization.yaml:3".into()), "{op}");
    }
}

#[test]
fn a_replacement_keeps_numbers_and_booleans_what_they_are() {
    let case = |value: &str| {
        let kustomization = format!(
            "resources: [a.yaml]\nreplacements:\n- sourceValue: '{value}'\n  targets:\n  - select: {{kind: ConfigMap}}\n    \
             fieldPaths: [count]\n"
        );
        let resource = format!("{CONFIG_MAP}count: 1\n");
        Case::new(&[("main/kustomization.yaml", &kustomization), ("main/a.yaml", &resource)])
    };
    assert!(case("5").output().contains("count: 5\n"));
    assert_eq!(case("five").error(), ("wrong-type", "main/kustomization.yaml:6".into()));
    assert_eq!(case("true").error().0, "wrong-type");
}

#[test]
fn images_are_found_as_kustomize_finds_them() {
    for (name, image, expected) in [
        ("nginx", "nginx:$(TAG)", "nginx:$(TAG)"),
        ("nginx:1.25", "nginx:1.25", "nginx:9"),
        (".*/app", "ghcr.io/acme/app:1", "ghcr.io/acme/app:9"),
        ("nginx", "nginx@sha256:0f", "nginx:9"),
    ] {
        let kustomization = format!("resources: [a.yaml]\nimages: [{{name: '{name}', newTag: '9'}}]\n");
        let output = printed(&kustomization, &format!("spec: {{containers: [{{image: '{image}'}}]}}\n"));
        assert!(output.ends_with(&format!("- image: {expected}\n")), "{name}: {output}");
    }
}

#[test]
fn a_text_that_doubles_with_each_replacement_has_an_end() {
    let grow = "- source: {kind: ConfigMap, fieldPath: data.a}\n  targets:\n  - select: {kind: ConfigMap}\n    \
                fieldPaths: [data.a]\n    options: {delimiter: ',', index: 99}\n";
    let kustomization = format!("resources: [a.yaml]\nreplacements:\n{}", grow.repeat(64));
    let resource = format!("{CONFIG_MAP}data: {{a: x}}\n");
    let case = Case::new(&[("main/kustomization.yaml", &kustomization), ("main/a.yaml", &resource)]);
    assert_eq!(case.error().0, "patch-too-large");
}

/// A Deployment with one image.
fn deployment(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{template: {{spec: {{containers: [{{name: c, image: \"{image}\"}}]}}}}}}\n---\n"
    )
}

#[test]
fn an_entry_of_images_sees_what_the_entries_before_it_wrote() {
    let images = "resources: [a.yaml]\nimages:\n- {name: a, newName: b}\n- {name: b, newTag: \"2\"}\n- {name: a, newTag: \"3\"}\n- {name: z, newTag: \"4\"}\n";
    let texts = deployment("x", "a:1") + &deployment("y", "b:1");
    let case = Case::new(&[("main/kustomization.yaml", images), ("main/a.yaml", &texts)]);
    assert_eq!(case.output().matches("image: b:2\n").count(), 2, "{}", case.output());
    let outcome = case.outcome(Options::default());
    let said: Vec<_> = outcome.diagnostics.iter().map(|d| (d.code, d.message.as_str())).collect();
    let none = |name| ("image-matches-nothing", format!("no resource has the image `{name}`"));
    let expected = [none("a"), none("z")];
    assert_eq!(said, expected.each_ref().map(|(code, message)| (*code, message.as_str())));
}

#[test]
fn a_target_finds_a_resource_by_each_of_its_names() {
    let base = "resources: [a.yaml]\nnamePrefix: p-\n";
    let patch = |name: &str, count: u8| {
        format!(
            "- target: {{kind: Deployment, name: {name}}}\n  patch: '[{{\"op\": \"add\", \"path\": \"/spec/n{count}\", \"value\": 1}}]'\n"
        )
    };
    // The name that it had first, the present one, one between that is no longer its, and a pattern.
    let patches = patch("x", 1) + &patch("q-p-x", 2) + &patch("p-x", 3) + &patch("q-p-.", 4);
    let own = format!("resources: [../middle]\npatches:\n{patches}");
    let case = Case::new(&[
        ("main/kustomization.yaml", &own),
        ("middle/kustomization.yaml", "resources: [../base]\nnamePrefix: q-\n"),
        ("base/kustomization.yaml", base),
        ("base/a.yaml", &deployment("x", "a:1")),
    ]);
    let output = case.output();
    let has = |field: &str| output.contains(&format!("  {field}: 1\n"));
    assert_eq!(["n1", "n2", "n3", "n4"].map(has), [true, true, false, true], "{output}");
}

#[test]
fn a_target_of_a_replacement_finds_a_resource_by_each_of_its_names() {
    let replacements = "replacements:\n- source: {kind: ConfigMap, name: p-a, fieldPath: data.v}\n  targets:\n  - select: {name: x}\n    fieldPaths: [metadata.annotations.one]\n    options: {create: true}\n  - select: {name: p-x}\n    fieldPaths: [metadata.annotations.two]\n    options: {create: true}\n";
    let case = Case::new(&[
        ("main/kustomization.yaml", &format!("resources: [../base]\n{replacements}")),
        ("base/kustomization.yaml", "resources: [a.yaml, x.yaml]\nnamePrefix: p-\n"),
        ("base/a.yaml", &format!("{CONFIG_MAP}data: {{v: w}}\n")),
        ("base/x.yaml", &deployment("x", "a:1")),
    ]);
    let output = case.output();
    assert!(output.contains("    one: w\n    two: w\n"), "{output}");
}

#[test]
fn a_key_that_a_generator_says_twice_is_refused() {
    let case = main_alone("configMapGenerator:\n- name: g\n  literals: [a=1, b=2, c=3, b=4]\n");
    assert_eq!(case.error(), ("duplicate-key", "main/kustomization.yaml:3".into()));
}

#[test]
fn what_one_patch_deletes_is_gone_for_the_next() {
    let patch = |name: &str, more: &str| {
        format!(
            "- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {{name: {name}}}\n    {more}\n"
        )
    };
    let delete = |name: &str| patch(name, "$patch: delete");
    let built = |patches: &str| {
        let resources: String = ["a", "b", "c", "d"].map(|name| deployment(name, "i:1")).concat();
        let own = format!("resources: [a.yaml]\nnamePrefix: p-\npatches:\n{patches}");
        Case::new(&[("main/kustomization.yaml", &own), ("main/a.yaml", &resources)])
    };
    let names = |case: &Case| case.output().matches("  name: p-").count();
    assert_eq!(names(&built(&(delete("a") + &delete("c") + &patch("d", "spec: {replicas: 4}")))), 2);
    let last = built(&(delete("d") + &delete("a")));
    assert!(last.output().contains("name: p-b\n") && last.output().contains("name: p-c\n"), "{}", last.output());
    let all =
        "- target: {kind: Deployment}\n  patch: '[{\"op\": \"add\", \"path\": \"/spec/replicas\", \"value\": 3}]'\n";
    let case = built(&(delete("b") + all + &delete("a")));
    assert_eq!((case.output().matches("replicas: 3").count(), names(&case)), (2, 2));
    assert_eq!(
        built(&(delete("b") + &delete("b"))).error(),
        ("patch-matches-nothing", "main/kustomization.yaml:10".into())
    );
    assert_eq!(built(&(delete("b") + &patch("b", "spec: {}"))).error().0, "patch-matches-nothing");
    let merges = "resources: [a.yaml]\npatchesStrategicMerge:\n- |-\n  {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, $patch: delete}\n";
    assert_eq!(main_alone(merges).output(), "");
}

#[test]
fn components_that_double_with_each_layer_have_an_end() {
    const LAYERS: usize = 25;
    let mut files = vec![
        ("main/kustomization.yaml".to_owned(), "resources: [a.yaml]\ncomponents: [../a1, ../b1]\n".to_owned()),
        ("main/a.yaml".to_owned(), CONFIG_MAP.to_owned()),
    ];
    for layer in 1..=LAYERS {
        for side in ["a", "b"] {
            let next = layer + 1;
            let below = if layer < LAYERS { format!("components: [../a{next}, ../b{next}]\n") } else { String::new() };
            let head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n";
            files.push((format!("{side}{layer}/kustomization.yaml"), format!("{head}{below}")));
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (code, place) = Case::new(&files).error();
    assert_eq!(code, "layers-too-deep", "{place}");
}

#[test]
fn a_kustomization_file_among_resources_is_read_as_manifests() {
    let of = |listed: &str| {
        Case::new(&[
            ("main/kustomization.yaml", "resources: [sub/kustomization.yaml]\n"),
            ("main/sub/kustomization.yaml", listed),
        ])
    };
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\n";
    assert!(of(flux).output().contains("kind: Kustomization\nmetadata:\n  name: apps\n"));
    assert_eq!(of("resources: []\n").error().0, "not-a-resource");
    let (code, place) = of("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n").error();
    assert_eq!((code, place.as_str()), ("not-a-resource", "main/sub/kustomization.yaml:1"));
}
