//! Kustomizations below typed overlays, and typed overlays below kustomizations.

use strata::cli::ExitCode;

use crate::fixture::{Project, app_file};

const MAIN: &str = "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\n";
const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: b}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx:1.27, envFrom: [{configMapRef: {name: settings}}]}]
";

/// A project with a kustomization in `k` that makes and prefixes two objects, and an overlay over it.
fn over(overlay: &str, more: &[(&str, &str)]) -> Project {
    let project = Project::new(&[
        ("strata.yaml", "edition: \"2026.1\"\n"),
        (
            "k/kustomization.yaml",
            "namePrefix: pre-\nresources: [web.yaml]\nconfigMapGenerator: [{name: settings, literals: [A=b]}]\n",
        ),
        ("k/web.yaml", DEPLOYMENT),
    ]);
    let head = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../k\nnamespace: ns\n";
    project.write("o/overlay.yaml", format!("{head}{overlay}"));
    more.iter().for_each(|(path, text)| project.write(path, text));
    project
}

#[test]
fn an_overlay_takes_a_kustomization_as_its_base() {
    let overlay = "images: {nginx: {tag: \"1.28\"}}
names: {suffix: -x}
patches: [{target: {kind: Deployment, name: pre-web}, merge: {spec: {replicas: 2}}}]
";
    let objects = over(overlay, &[]).objects();
    let deployment = objects.get("Deployment", "pre-web-x");
    assert_eq!(deployment["metadata"]["namespace"], "ns");
    assert_eq!(deployment["spec"]["replicas"], 2);
    let container = objects.container("pre-web-x");
    assert_eq!(container["image"], "nginx:1.28");
    let name = container["envFrom"][0]["configMapRef"]["name"].as_str().unwrap().to_owned();
    assert!(name.starts_with("pre-settings-") && name.ends_with("-x"), "{name}");
    assert_eq!(objects.get("ConfigMap", &name)["data"]["A"], "b", "the reference follows both renames");
}

#[test]
fn an_overlay_may_list_a_kustomization_among_its_resources() {
    let project = Project::usual(
        MAIN,
        "resources: [../k]\n",
        &[("k/kustomization.yaml", "resources: [c.yaml]\n"), ("k/c.yaml", CONFIG_MAP)],
    );
    let objects = project.objects();
    assert_eq!(objects.get("ConfigMap", "settings")["metadata"]["namespace"], "ns");
    objects.get("Deployment", "shop");
}

#[test]
fn app_over_a_kustomization_is_refused_and_names_what_works() {
    let said = over("app: {image: x}\n", &[]).refusal();
    assert!(said.contains("error[app-over-kustomization]") && said.contains("o/overlay.yaml:5:1"), "{said}");
    assert!(said.contains("`patches`"), "{said}");
}

#[test]
fn a_kustomization_takes_a_typed_overlay_among_its_resources() {
    let project = Project::usual(
        MAIN,
        "",
        &[
            (
                "k/kustomization.yaml",
                "resources: [../o, c.yaml]\nnamePrefix: a-\nlabels: [{pairs: {team: x}, includeSelectors: true}]\n",
            ),
            ("k/c.yaml", CONFIG_MAP),
        ],
    );
    let objects = project.objects_of("k", &[]);
    let deployment = objects.get("Deployment", "a-shop");
    assert_eq!(deployment["spec"]["template"]["metadata"]["labels"]["team"], "x");
    assert_eq!(deployment["metadata"]["namespace"], "ns");
    objects.get("ConfigMap", "a-settings");
    let alone = Project::new(&[("app/app.yaml", &app_file(MAIN)), ("k/kustomization.yaml", "resources: [../app]\n")]);
    alone.objects_of("k", &[]).get("Deployment", "shop");
}

#[test]
fn what_is_wrong_in_the_overlay_is_said_at_its_place_when_a_kustomization_is_built() {
    let project = Project::usual(
        MAIN,
        "app: {deployments: {main: {replica: 2}}}\n",
        &[("k/kustomization.yaml", "resources: [../o]\n")],
    );
    let said = project.refusal_of(&["build", "k"]);
    assert!(said.contains("o/overlay.yaml:6:") && said.contains("`replicas`"), "{said}");
    let ran = project.strata(&["build", "k"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
}

#[test]
fn layers_of_both_kinds_that_lead_back_to_themselves_are_a_cycle() {
    for (overlay, kustomization) in
        [("base: ../k\n", "resources: [../o]\n"), ("base: ../app\nresources: [../k]\n", "resources: [../o]\n")]
    {
        let project = Project::new(&[
            ("app/app.yaml", &app_file(MAIN)),
            ("k/kustomization.yaml", kustomization),
            ("o/overlay.yaml", &format!("apiVersion: strata.dev/v1alpha1\nkind: Overlay\n{overlay}")),
        ]);
        for folder in ["k", "o"] {
            let said = project.refusal_of(&["build", folder]);
            assert!(said.contains("error[base-cycle]"), "{said}");
        }
    }
}

#[test]
fn a_component_of_the_other_sort_is_refused_with_where_it_belongs() {
    let project = Project::usual(
        MAIN,
        "components: [../k]\n",
        &[("k/kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")],
    );
    let said = project.refusal();
    assert!(said.contains("error[wrong-kind]") && said.contains("o/overlay.yaml:6:"), "{said}");
    let project = Project::new(&[
        ("app/app.yaml", &app_file(MAIN)),
        ("o/overlay.yaml", "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../k\n"),
        ("k/c.yaml", CONFIG_MAP),
        (
            "k/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [c.yaml]\n",
        ),
    ]);
    let said = project.refusal();
    assert!(said.contains("omponent") && said.contains("error["), "{said}");
}

#[test]
fn layers_of_both_kinds_lie_as_deep_as_anybody_needs_and_no_deeper() {
    let project = Project::new(&[("strata.yaml", ""), ("l0/app.yaml", &app_file(MAIN))]);
    for index in 1..=82 {
        let below = index - 1;
        match index % 2 {
            0 => project.write(&format!("l{index}/kustomization.yaml"), format!("resources: [../l{below}]\n")),
            _ => project.write(
                &format!("l{index}/overlay.yaml"),
                format!("apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../l{below}\n"),
            ),
        }
    }
    // Enough of them to build on threads, whose stacks are small.
    let ran = project.strata(&["build", "l81", "l79", "l77", "l75"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    let said = project.refusal_of(&["build", "l82"]);
    assert_eq!(said.matches("error[layers-too-deep]").count(), 1, "{said}");
    assert!(said.contains("l82/kustomization.yaml:1:13"), "{said}");
}
