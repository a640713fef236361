//! `strata explain`: where fields come from, and what is said when there is no such field.

use strata::cli::ExitCode;

use crate::fixture::{Project, app_file, component_file, overlay_file};

const APP: &str = "\
values: {domain: example.com}
env: {HOST: \"api.${{ values.domain }}\", LEVEL: info}
deployments:
  main:
    replicas: 2
    ports: {http: {container: 8080, service: 80}}
";

const OVERLAY: &str = "\
components: [../ha]
images: {ghcr.io/acme/shop: {tag: v2.0.0}}
app:
  env: {LEVEL: debug}
patches:
  - target: {kind: Deployment}
    json6902:
      - {op: add, path: /spec/paused, value: true}
      - {op: replace, path: /spec/template/spec/enableServiceLinks, value: true}
";

fn typed() -> Project {
    Project::new(&[
        (
            "strata.yaml",
            "environments:\n  prod:\n    secrets: {provider: existing}\n    values: {domain: shop.example.com}\n",
        ),
        ("app/app.yaml", &app_file(APP)),
        ("ha/component.yaml", &component_file("app: {deployments: {main: {replicas: 3}}}\n")),
        ("o/overlay.yaml", &overlay_file("../app", OVERLAY)),
    ])
}

fn kustomized() -> Project {
    Project::new(&[
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nnamePrefix: my-\nconfigMapGenerator:\n- name: settings\n  literals: [A=1]\nsecretGenerator:\n- name: pw\n  literals: [P=hunter2]\n",
        ),
        (
            "base/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.0\n        env: [{name: OLD, value: x}]\n        envFrom: [{configMapRef: {name: settings}}]\n",
        ),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nimages:\n- name: nginx\n  newTag: '2.0'\nreplicas:\n- {name: web, count: 3}\nlabels:\n- pairs: {team: a}\npatches:\n- path: patch.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: replace\n      path: /spec/replicas\n      value: 5\n    - op: add\n      path: /spec/paused\n      value: true\n",
        ),
        (
            "prod/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        env: [{name: OLD, value: z}]\n",
        ),
    ])
}

#[track_caller]
fn explained(project: &Project, args: &[&str]) -> String {
    let ran = project.strata(&[&["explain"], args].concat());
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""), "{args:?}");
    ran.out
}

#[test]
fn a_field_of_a_typed_overlay_leads_to_its_layer_and_to_what_it_replaced() {
    let project = typed();
    assert_eq!(
        explained(&project, &["o", "Deployment/shop", "spec.replicas"]),
        "\
Deployment/shop in o

spec.replicas: 3
    ha/component.yaml:3:38  written as `app.deployments.main.replicas` (component ha)
  was 2
    app/app.yaml:9:15  written as `deployments.main.replicas` (app app)
"
    );
    assert_eq!(
        explained(&project, &["o", "Deployment/shop", "spec.template.spec.containers[0].env"]),
        "\
Deployment/shop in o

spec.template.spec.containers[0].env[0].name: HOST
    app/app.yaml:6:7  written as `env.HOST` (app app)

spec.template.spec.containers[0].env[0].value: api.example.com
    app/app.yaml:6:13  interpolation in `env.HOST` (app app)
  from
    app/app.yaml:5:18  written as `values.domain` (app app)
  instead of shop.example.com
    strata.yaml:4:22  written as `environments.prod.values.domain` (environment prod)

spec.template.spec.containers[0].env[1].name: LEVEL
    app/app.yaml:6:41  written as `env.LEVEL` (app app)

spec.template.spec.containers[0].env[1].value: debug
    o/overlay.yaml:9:16  written as `app.env.LEVEL` (overlay o)
  was info
    app/app.yaml:6:48  written as `env.LEVEL` (app app)
"
    );
    assert_eq!(
        explained(&project, &["o", "Deployment/shop", "{.spec.template.spec.enableServiceLinks}"]),
        "\
Deployment/shop in o

spec.template.spec.enableServiceLinks: true
    o/overlay.yaml:14:76  patch `patches[0]`, operation 2 (overlay o)
  was false
    default of rule `no-service-links`
"
    );
    assert_eq!(
        explained(&project, &["o", "Deployment/shop", "/spec/template/spec/containers/0/image"]),
        "\
Deployment/shop in o

spec.template.spec.containers[0].image: ghcr.io/acme/shop:v2.0.0
    o/overlay.yaml:7:35  image entry `images[\"ghcr.io/acme/shop\"].tag` (overlay o)
  was ghcr.io/acme/shop:v1.0.0
    app/app.yaml:4:8  written as `image` (app app)
"
    );
}

#[test]
fn a_field_of_a_kustomization_leads_to_what_asks_for_it() {
    let project = kustomized();
    assert_eq!(
        explained(&project, &["prod", "Deployment/my-web", "spec.replicas"]),
        "\
Deployment/my-web in prod

spec.replicas: 3
    prod/kustomization.yaml:6:10  replicas entry `replicas[0].name` (kustomization prod)
  was 5
    prod/kustomization.yaml:15:14  patch `patches[1]`, operation 1 (kustomization prod)
  was 1
    base/web.yaml:6:13  written (kustomization base)
"
    );
    let all = explained(&project, &["prod", "Deployment/my-web", "."]);
    for expected in [
        "metadata.name: my-web\n    base/kustomization.yaml:2:13  name transform `namePrefix` (kustomization base)\n  was web\n",
        "metadata.labels.team: a\n    prod/kustomization.yaml:8:17  label transform `labels[0].pairs.team` (kustomization prod)\n",
        "spec.paused: true\n    prod/kustomization.yaml:18:14  patch `patches[1]`, operation 2 (kustomization prod)\n",
        "image: nginx:2.0\n    prod/kustomization.yaml:3:9  image entry `images[0].name` (kustomization prod)\n  was nginx:1.0\n",
        "env[0].value: z\n    prod/patch.yaml:9:34  patch `patches[0]` of prod/kustomization.yaml (kustomization prod)\n  was x\n",
        "configMapRef.name: my-settings-",
    ] {
        assert!(all.contains(expected), "{expected}\n---\n{all}");
    }
    assert_eq!(
        explained(&project, &["prod"])
            .lines()
            .map(|line| line.split_once("  ").unwrap_or((line, "")).1.trim_start().to_owned())
            .collect::<Vec<_>>(),
        [
            "",
            "ConfigMap/my-settings-89g4tffbfk  base/kustomization.yaml:4:3  generator `configMapGenerator[0]` (kustomization base)",
            "Secret/my-pw-77f487d9c2           base/kustomization.yaml:7:3  generator `secretGenerator[0]` (kustomization base)",
            "Deployment/my-web                 base/web.yaml:1:1  written (kustomization base)",
        ]
    );
}

#[test]
fn values_of_secrets_are_not_shown() {
    let project = kustomized();
    let listed = explained(&project, &["prod"]);
    let name = listed.split_whitespace().find(|word| word.starts_with("Secret/")).unwrap();
    let all = explained(&project, &["prod", name, "."]);
    assert!(all.contains("data.P: …\n    base/kustomization.yaml:8:14  generator"), "{all}");
    assert!(all.contains("type: Opaque\n"), "{all}");
    let said = explained(&project, &["prod", name, "data.P"]);
    assert!(!said.contains("hunter2") && !said.contains("aHVudGVyMg"), "{said}");
}

#[test]
fn what_is_asked_for_and_is_not_there_is_named_with_what_is() {
    let project = typed();
    let said = |args: &[&str]| project.refusal_of(&[&["explain", "o"], args].concat());
    assert_eq!(
        said(&["Deployment/shpo", "spec.replicas"]),
        "error[unknown-resource]: no resource is called `Deployment/shpo`\n |\n = help: did you mean `Deployment/shop`?\n\n"
    );
    for (path, expected) in [
        ("spec.replcas", "`spec` has no `replcas`\n |\n = help: did you mean `replicas`?"),
        ("spec.replicas.x", "`spec.replicas` is an integer, which has no `x`"),
        (
            "spec.template.spec.containers[3]",
            "`spec.template.spec.containers` has 1 item, and no index 3\n |\n = help: the only index is 0",
        ),
        ("spec.template.spec.containers[name=x]", "has no item with `name: x`\n |\n = help: there is `[name=shop]`"),
        ("spec[", "error[bad-path]: `spec[` is not the path of a field: `[` has no closing `]`"),
    ] {
        let said = said(&["Deployment/shop", path]);
        assert!(said.contains(expected), "{path}: {said}");
    }
    let said = project.refusal_of(&["explain", "nowhere", "Deployment/shop"]);
    assert!(said.starts_with("error[file-not-found]"), "{said}");
    project
        .write("p/overlay.yaml", overlay_file("../app", "environment: prod\n").replacen("environment: prod\n", "", 1));
    let said = project.refusal_of(&["explain", ".", "Deployment/shop"]);
    assert_eq!(
        said,
        "error[ambiguous-resource]: 2 resources are called `Deployment/shop`\n |\n = help: name one overlay: `o`, `p`\n\n"
    );
}
