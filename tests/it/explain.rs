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

/// An overlay that overrides a list, takes a mapping away, and whose patch takes a default away.
fn overridden() -> Project {
    let app = APP.to_owned() + "    command: [serve, --port, \"8080\"]\n    resources: {requests: {cpu: 100m}}\n";
    let overlay =
        OVERLAY.replace("patches:", "  deployments: {main: {command: [serve, --fast], resources: null}}\npatches:");
    let project = typed();
    project.write("app/app.yaml", app_file(&app));
    project.write("o/overlay.yaml", overlay_file("../app", &overlay));
    project
}

#[test]
fn what_is_part_of_a_list_that_won_shows_the_list_that_lost() {
    let said = explained(&overridden(), &["o", "Deployment/shop", "spec.template.spec.containers[0].command[1]"]);
    assert_eq!(
        said,
        "\
Deployment/shop in o

spec.template.spec.containers[0].command[1]: --fast
    o/overlay.yaml:10:41  written as `app.deployments.main.command[1]` (overlay o)
  was --port
    app/app.yaml:11:22  written as `deployments.main.command[1]` (app app)
"
    );
    let project = kustomized();
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: '- {op: replace, path: /spec/template/spec/containers/0, value: {name: web, image: b:2, env: [{name: OLD, value: z}]}}'\n",
    );
    let said = explained(&project, &["prod", "Deployment/my-web", "spec.template.spec.containers[0]"]);
    for expected in [
        "spec.template.spec.containers[0]: {\"env\":",
        "containers[0].image: b:2\n    prod/kustomization.yaml:4:93  patch `patches[0]`, operation 1 (kustomization prod)\n  was nginx:1.0\n    base/web.yaml:13:16  written",
        "env[0].value: z\n    prod/kustomization.yaml:4:123  patch `patches[0]`, operation 1 (kustomization prod)\n  was x\n    base/web.yaml:14:34  written",
    ] {
        assert!(said.contains(expected), "{expected}\n---\n{said}");
    }
}

#[test]
fn a_merged_generator_shows_what_it_overrides_and_a_secret_only_that_it_does() {
    let project = kustomized();
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\nconfigMapGenerator:\n- {name: settings, behavior: merge, literals: [A=2]}\nsecretGenerator:\n- {name: pw, behavior: merge, literals: [P=hunter3]}\n",
    );
    let names = explained(&project, &["prod"]);
    let name = |kind: &str| names.split_whitespace().find(|word| word.starts_with(kind)).unwrap().to_owned();
    let said = explained(&project, &["prod", &name("ConfigMap/"), "data.A"]);
    assert!(said.ends_with("data.A: \"2\"\n    prod/kustomization.yaml:3:48  generator `configMapGenerator[0]` (kustomization prod)\n  was \"1\"\n    base/kustomization.yaml:5:14  generator `configMapGenerator[0]` (kustomization base)\n"), "{said}");
    let said = explained(&project, &["prod", &name("Secret/"), "data.P"]);
    assert!(said.ends_with("data.P: …\n    prod/kustomization.yaml:5:42  generator `secretGenerator[0]` (kustomization prod)\n  was another value\n    base/kustomization.yaml:8:14  generator `secretGenerator[0]` (kustomization base)\n"), "{said}");
    let json = explained(&project, &["prod", &name("Secret/"), "data.P", "--format", "json"]);
    assert!(json.contains("\"secret\":true,\"value\":null") && json.contains("\"changed\":true"), "{json}");
    let unused = explained(&project, &["prod", "--unused"]);
    assert_eq!(
        unused,
        "\
base/kustomization.yaml:5:14  `configMapGenerator[0].literals[0]` overridden at prod/kustomization.yaml:3:48
base/kustomization.yaml:8:14  `secretGenerator[0].literals[0]` overridden at prod/kustomization.yaml:5:42
"
    );
    let whole = explained(&project, &["prod", &name("Secret/")]);
    assert!(whole.contains("  P: … # prod/kustomization.yaml:5:42  generator `secretGenerator[0]`\n"), "{whole}");
    for text in [said, json, unused, whole] {
        assert!(!text.contains("hunter") && !text.contains("aHVudGVy"), "{text}");
    }
}

#[test]
fn without_a_path_the_manifest_is_printed_with_its_sources() {
    let project = kustomized();
    assert_eq!(
        explained(&project, &["prod", "Deployment/my-web"]),
        "\
apiVersion: apps/v1 # base/web.yaml:1:1
kind: Deployment
metadata:
  labels: # prod/kustomization.yaml:8:17  label transform `labels[0].pairs.team`
    team: a
  name: my-web # base/kustomization.yaml:2:13  name transform `namePrefix`
spec:
  paused: true # prod/kustomization.yaml:18:14  patch `patches[1]`, operation 2
  replicas: 3 # prod/kustomization.yaml:6:10  replicas entry `replicas[0].name`
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - env:
        - name: OLD
          value: z # prod/patch.yaml:9:34  patch `patches[0]` of prod/kustomization.yaml
        envFrom:
        - configMapRef:
            name: my-settings-89g4tffbfk # base/kustomization.yaml:2:13  the name of what it refers to
        image: nginx:2.0 # prod/kustomization.yaml:3:9  image entry `images[0].name`
        name: web
"
    );
    let ran = project.strata(&["build", "prod", "--annotate"]);
    assert!(ran.out.contains("aHVudGVyMg==") && ran.out.contains("\n---\n"), "the data stays: {}", ran.out);
    project.strata(&["build", "prod", "--annotate", "-o", "out.yaml"]);
    assert_eq!(project.read("out.yaml"), ran.out);
    for more in [&["--format", "json"][..], &["-o", "out/"]] {
        let said = project.refusal_of(&[&["build", "prod", "--annotate"], more].concat());
        assert!(said.starts_with("error[annotate-format]"), "{said}");
    }
}

#[test]
fn what_reaches_no_output_is_listed_with_what_it_lost_to() {
    assert_eq!(
        explained(&overridden(), &["o", "--unused"]),
        "\
strata.yaml:4:22  `environments.prod.values.domain` overridden at app/app.yaml:5:18
app/app.yaml:6:48  `env.LEVEL` overridden at o/overlay.yaml:9:16
app/app.yaml:9:15  `deployments.main.replicas` overridden at ha/component.yaml:3:38
app/app.yaml:11:15  `deployments.main.command[0]` overridden at o/overlay.yaml:10:33
app/app.yaml:11:22  `deployments.main.command[1]` overridden at o/overlay.yaml:10:33
app/app.yaml:11:30  `deployments.main.command[2]` overridden at o/overlay.yaml:10:33
app/app.yaml:12:33  `deployments.main.resources.requests.cpu` taken away at o/overlay.yaml:10:61
"
    );
    let project = overridden();
    project.write("p/overlay.yaml", overlay_file("../app", ""));
    let both = explained(&project, &[".", "--unused"]);
    assert_eq!(both, "strata.yaml:4:22  `environments.prod.values.domain` overridden at app/app.yaml:5:18\n");
    // Written anywhere after the flag, or before it; `o` alone would list `env.LEVEL` too.
    for args in [&["--unused", "o", "p"][..], &["o", "p", "--unused"], &["o", "p", "o", "p", "o", "--unused"]] {
        assert_eq!(explained(&project, args), both);
    }
    let project = kustomized();
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\nimages:\n- {name: ngnix, newTag: '2.0'}\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    - op: remove\n      path: /spec/template/spec/containers/0/env\n",
    );
    let said = explained(&project, &["prod", "--unused"]);
    assert_eq!(
        said,
        "\
base/web.yaml:14:22  `spec.template.spec.containers[0].env[0].name` taken away at prod/kustomization.yaml:8:13
base/web.yaml:14:34  `spec.template.spec.containers[0].env[0].value` taken away at prod/kustomization.yaml:8:13
prod/kustomization.yaml:3:10  image-matches-nothing: no resource has the image `ngnix`
"
    );
    let ran = typed().strata(&["explain", "p", "--unused"]);
    assert_eq!(ran.code, ExitCode::Failed);
}

#[test]
fn what_reaches_no_output_is_listed_for_a_whole_project() {
    // Of the kustomizations those that no other one lists: what all of them override is unused.
    let project = kustomized();
    project.write("stage/kustomization.yaml", "resources: [../base]\nreplicas: [{name: web, count: 2}]\n");
    project.write("prod/kustomization.yaml", "resources: [../base]\nreplicas: [{name: web, count: 3}]\n");
    let all = explained(&project, &["--unused"]);
    assert_eq!(all, "base/web.yaml:6:13  `spec.replicas` overridden at prod/kustomization.yaml:2:19\n");
    assert_eq!(explained(&project, &["--unused", "stage", "prod"]), all);
    let ran = project.strata(&["explain", "--unused", "stage", "prod", "base"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Fine, ""));
    assert_eq!(ran.err, "all that is written reaches an output, or decides something\n");
    // At the root of a project of Strata: its overlays.
    let project = overridden();
    project.write("overlays/a/overlay.yaml", overlay_file("../../app", OVERLAY.replace("../ha", "../../ha").as_str()));
    assert_eq!(explained(&project, &["--unused"]), explained(&project, &["--unused", "overlays/a"]));
    let said = project.refusal_of(&["explain", "o", "Deployment/shop", "spec", "more"]);
    assert!(said.contains("--unused"), "{said}");
}

#[test]
fn what_a_patch_took_away_leads_to_the_patch() {
    let project = kustomized();
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\npatches:\n- path: patch.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: test\n      path: /spec/paused\n      value: true\n    - op: remove\n      path: /spec/paused\n- patch: |-\n    {apiVersion: v1, kind: Secret, metadata: {name: pw}, $patch: delete}\n",
    );
    project.write(
        "prod/patch.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: null\n  paused: true\n  template:\n    spec:\n      containers:\n      - name: web\n        env:\n        - name: OLD\n          $patch: delete\n        envFrom: [{secretRef: {name: other}}]\n",
    );
    let said = |path: &str| explained(&project, &["prod", "Deployment/my-web", path]);
    assert_eq!(
        said("spec.replicas"),
        "\
Deployment/my-web in prod

spec.replicas: taken away
    prod/patch.yaml:5:13  patch `patches[0]` of prod/kustomization.yaml (kustomization prod)
  was 1
    base/web.yaml:6:13  written (kustomization base)
"
    );
    assert_eq!(
        said("spec.paused"),
        "\
Deployment/my-web in prod

spec.paused: taken away
    prod/kustomization.yaml:10:13  patch `patches[1]`, operation 2 (kustomization prod)
  was true
    prod/patch.yaml:6:11  patch `patches[0]` of prod/kustomization.yaml (kustomization prod)
"
    );
    for (path, expected) in [
        (
            "spec.template.spec.containers[0].env[name=OLD].value",
            "env[0].value: taken away\n    prod/patch.yaml:13:11  ",
        ),
        (
            "/spec/template/spec/containers/0/envFrom/0/configMapRef",
            "configMapRef.name: taken away\n    prod/patch.yaml:14:18  ",
        ),
    ] {
        assert!(said(path).contains(expected), "{path}: {}", said(path));
    }
    let json = explained(&project, &["prod", "Deployment/my-web", "spec.replicas", "--format", "json"]);
    assert!(
        json.contains("\"value\":null,\"removed\":true,\"steps\":[{\"relation\":\"is\",\"reason\":\"patch\""),
        "{json}"
    );
    // A whole resource, by the name that it had.
    let said = explained(&project, &["prod", "Secret/my-pw"]);
    assert_eq!(
        said,
        "\
Secret/my-pw in prod

.: taken away
    prod/kustomization.yaml:12:58  patch `patches[2]` (kustomization prod)
  was …
    base/kustomization.yaml:7:3  generator `secretGenerator[0]` (kustomization base)
"
    );
    let said = project.refusal_of(&["explain", "prod", "Deployment/my-web", "spec.replcas"]);
    assert!(said.contains("unknown-path"), "{said}");
}

#[test]
fn a_patch_by_target_and_one_by_another_merge_key_are_found_too() {
    let project = kustomized();
    let web = project.read("base/web.yaml")
        + "        volumeMounts: [{name: data, mountPath: /data}, {name: data, mountPath: /more}]\n      volumes: [{name: data, emptyDir: {}}]\n";
    project.write("base/web.yaml", web);
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: any\n    spec:\n      replicas: null\n      template:\n        spec:\n          containers:\n          - name: web\n            volumeMounts:\n            - mountPath: /more\n              $patch: delete\n",
    );
    let said = |path: &str| explained(&project, &["prod", "Deployment/my-web", path]);
    assert!(
        said("spec.replicas").contains("taken away\n    prod/kustomization.yaml:10:17  patch"),
        "{}",
        said("spec.replicas")
    );
    let mount = said("spec.template.spec.containers[0].volumeMounts[mountPath=/more].name");
    assert!(mount.contains("taken away\n    prod/kustomization.yaml:17:15  patch"), "{mount}");
}

#[test]
fn what_a_layer_took_away_leads_to_the_layer() {
    let project = overridden();
    assert_eq!(
        explained(&project, &["o", "Deployment/shop", "spec.template.spec.containers[0].resources.requests.cpu"]),
        "\
Deployment/shop in o

spec.template.spec.containers[0].resources.requests.cpu: taken away
    o/overlay.yaml:10:61  `null` in `app.deployments.main.resources` (overlay o)
  was 100m
    app/app.yaml:12:33  written as `deployments.main.resources.requests.cpu` (app app)
"
    );
    let said = project.refusal_of(&["explain", "o", "Deployment/shop", "spec.template.spec.containers[0].nothing"]);
    assert!(said.contains("`spec.template.spec.containers[0]` has no `nothing`"), "{said}");
    project.write(
        "o/overlay.yaml",
        overlay_file("../app", "app:\n  deployments: {main: {ports: null}}\nremove:\n  - {kind: Deployment}\n"),
    );
    let said = explained(&project, &["o", "Deployment/shop", "spec.replicas"]);
    assert!(said.contains("spec.replicas: taken away\n    o/overlay.yaml:9:12  removal `remove[0]`"), "{said}");
    let said = explained(&project, &["o", "Service/shop"]);
    assert!(said.contains(".: taken away\n    o/overlay.yaml:7:31  `null` in `app.deployments.main.ports`"), "{said}");
}

#[test]
fn what_a_tool_alone_reads_is_taken_away_by_its_annotation() {
    let project = kustomized();
    let web = project.read("base/web.yaml").replace(
        "  name: web\nspec",
        "  name: web\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec",
    );
    project.write("base/web.yaml", web);
    let said = explained(&project, &["prod", "Deployment/my-web"]);
    assert!(said.contains(".: taken away\n    base/web.yaml:5:52  "), "{said}");
}

#[test]
fn a_generator_that_replaces_another_shows_what_it_replaces() {
    let project = kustomized();
    project.write(
        "prod/kustomization.yaml",
        "resources: [../base]\nconfigMapGenerator:\n- {name: settings, behavior: replace, literals: [A=2]}\nsecretGenerator:\n- {name: pw, behavior: replace, literals: [Q=hunter3]}\ngeneratorOptions: {disableNameSuffixHash: true}\n",
    );
    assert_eq!(
        explained(&project, &["prod", "ConfigMap/my-settings", "data.A"]),
        "\
ConfigMap/my-settings in prod

data.A: \"2\"
    prod/kustomization.yaml:3:50  generator `configMapGenerator[0]` (kustomization prod)
  was \"1\"
    base/kustomization.yaml:5:14  generator `configMapGenerator[0]` (kustomization base)
"
    );
    assert_eq!(
        explained(&project, &["prod", "Secret/my-pw", "data.P"]),
        "\
Secret/my-pw in prod

data.P: taken away
    prod/kustomization.yaml:5:3  generator `secretGenerator[0]` (kustomization prod)
  was …
    base/kustomization.yaml:8:14  generator `secretGenerator[0]` (kustomization base)
"
    );
}

#[test]
fn what_a_template_prints_leads_to_its_line_and_to_the_values() {
    let project = typed();
    project.write("o/map.yaml.j2", "# {{ app.metadata.name }}\n{%- for name in [\"a\", \"b\"] %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ \"map-\" ~ name }}}\ndata:\n  HOST: {{ \"www.\" ~ values.domain }}\n  FIX: \"1\"\n{%- endfor %}\n");
    project.write("o/overlay.yaml", overlay_file("../app", "templates: [map.yaml.j2]\n"));
    assert_eq!(
        explained(&project, &["o", "ConfigMap/map-b", "data"]),
        "\
ConfigMap/map-b in o

data.HOST: www.example.com
    o/map.yaml.j2:8:9  template (overlay o)
  from
    app/app.yaml:5:18  written as `values.domain` (app app)
  instead of shop.example.com
    strata.yaml:4:22  written as `environments.prod.values.domain` (environment prod)

data.FIX: \"1\"
    o/map.yaml.j2:9:8  template (overlay o)
"
    );
    let listed = explained(&project, &["o"]);
    assert!(listed.contains("ConfigMap/map-b      o/map.yaml.j2:4:1  template (overlay o)\n"), "{listed}");
}

/// Each line of the output, and the path and the place that are said of it.
fn lines(project: &Project, folder: &str) -> Vec<(String, String, String)> {
    let out = project.strata(&["build", folder]).out;
    let said = |number: usize| {
        let said = explained(project, &[folder, "--line", &number.to_string()]);
        let mut rest = said.lines().skip(2);
        let path = rest.next().unwrap().split(": ").next().unwrap().to_owned();
        (path, rest.next().unwrap().split_whitespace().next().unwrap().to_owned())
    };
    let line = |(index, line): (usize, &str)| {
        let (path, place) = said(index + 1);
        (line.trim().to_owned(), path, place)
    };
    out.lines().enumerate().map(line).collect()
}

#[test]
fn a_line_of_the_output_leads_to_what_it_shows() {
    let project = Project::new(&[
        ("o/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: my-\n"),
        (
            "o/a.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  text: |\n    one\n    two\n  z: \"1\"\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: web, args: [[x], y]}]}\n",
        ),
    ]);
    let expected = [
        ("apiVersion: v1", "apiVersion", "o/a.yaml:1:13"),
        ("data:", "data", "o/a.yaml:5:3"),
        ("text: |", "data.text", "o/a.yaml:6:5"),
        ("one", "data.text", "o/a.yaml:6:5"),
        ("two", "data.text", "o/a.yaml:6:5"),
        ("z: \"1\"", "data.z", "o/a.yaml:8:6"),
        ("kind: ConfigMap", "kind", "o/a.yaml:2:7"),
        ("metadata:", "metadata", "o/a.yaml:3:11"),
        ("name: my-a", "metadata.name", "o/kustomization.yaml:2:13"),
        ("---", ".", "o/a.yaml:10:1"),
        ("apiVersion: v1", "apiVersion", "o/a.yaml:10:13"),
        ("kind: Pod", "kind", "o/a.yaml:11:7"),
        ("metadata:", "metadata", "o/a.yaml:12:11"),
        ("name: my-p", "metadata.name", "o/kustomization.yaml:2:13"),
        ("spec:", "spec", "o/a.yaml:13:7"),
        ("containers:", "spec.containers", "o/a.yaml:13:20"),
        ("- args:", "spec.containers[0].args", "o/a.yaml:13:39"),
        ("- - x", "spec.containers[0].args[0][0]", "o/a.yaml:13:41"),
        ("- \"y\"", "spec.containers[0].args[1]", "o/a.yaml:13:45"),
        ("name: web", "spec.containers[0].name", "o/a.yaml:13:28"),
    ];
    let expected: Vec<_> = expected.map(|(line, path, place)| (line.into(), path.into(), place.into())).into();
    assert_eq!(lines(&project, "o"), expected);
    let json = explained(&project, &["o", "--line", "5", "--format", "json"]);
    assert!(json.contains("\"fields\":[{\"path\":\"data.text\",\"pointer\":\"/data/text\""), "{json}");
    let said = project.refusal_of(&["explain", "o", "--line", "21"]);
    assert!(said.starts_with("error[unknown-line]: the output has no line 21\n |\n = help: it has 20 lines"), "{said}");
    assert!(project.refusal_of(&["explain", "o", "--line", "0"]).contains("--line"));
    let project = kustomized();
    let count = lines(&project, "prod").len();
    for line in 1..=count {
        let said = explained(&project, &["prod", "--line", &line.to_string()]);
        assert!(!said.contains("aHVudGVy") && !said.contains("hunter"), "{said}");
    }
}

#[test]
fn a_rule_tells_what_it_sets_and_how_to_change_it() {
    let project = Project::new(&[]);
    let said = explained(&project, &["--rule", "sync-waves"]);
    assert!(said.starts_with("sync-waves\n\nArgo CD waits for each wave"), "{said}");
    assert!(said.ends_with("\nTo change it: write `after:` or `wave:` of the workload\n"), "{said}");
    assert!(explained(&project, &["--rules"]).lines().any(|line| line.starts_with("security-defaults  ")));
    let listed = explained(&project, &["--rules"]);
    assert!(listed.contains("Objects and pods carry app.kubernetes.io/name"), "{listed}");
    assert!(listed.lines().all(|line| line.chars().count() < 130), "{listed}");
    let json = explained(&project, &["--rules", "--format", "json"]);
    assert!(json.starts_with("{\"rules\":[{\"name\":\"object-names\",\"text\":"), "{json}");
    for (name, near) in [("security-defalts", "security-defaults"), ("waves", "sync-waves")] {
        let said = project.refusal_of(&["explain", "--rule", name]);
        assert!(said.contains(&format!("did you mean `{near}`?")), "{said}");
    }
    let said = project.refusal_of(&["explain", "--rule", "something-else"]);
    assert!(said.contains("`strata explain --rules` lists them"), "{said}");
}

/// The JSON blocks of docs/explain.md, in order.
fn documented() -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(crate::repository::repository().join("docs/explain.md")).unwrap();
    let blocks = text.split("\n\n").filter(|block| block.starts_with("    {\""));
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

#[test]
fn the_documentation_shows_what_json_is_printed() {
    let project = overridden();
    let printed = |args: &[&str]| {
        let text = explained(&project, &[args, &["--format", "json"]].concat());
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let [fields, list, unused, rules] = &documented()[..] else { panic!("four blocks of JSON") };
    assert_eq!(printed(&["o", "Deployment/shop", "spec.replicas"]), *fields);
    let mut all = printed(&["o"]);
    all["overlays"][0]["resources"].as_array_mut().unwrap().truncate(1);
    assert_eq!(all, *list);
    let mut all = printed(&["o", "--unused"]);
    let last = all["unused"].as_array_mut().unwrap().pop().unwrap();
    all["unused"] = vec![last].into();
    assert_eq!(all, *unused);
    assert_eq!(printed(&["--rule", "no-service-links"]), *rules);
}
