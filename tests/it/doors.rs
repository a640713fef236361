//! Guards and forbidden keys hold on the final resources, whatever door something comes in by.
//! Each message shows the place that did it, the place of the rule, and the reason.

use crate::project::Project;

const REASON: &str = "a single writer of ledgers";

/// `shop` with a guard on its replicas.
fn guarded() -> Project {
    Project::shop().app(
        "\
deployments:
  main:
    replicas:
      exactly: ▽1
      because: a single writer of ledgers
",
    )
}

fn guard_holds(project: &Project, says: &str) {
    project.refuses(&["replicas-guard"]).saying(&[says, REASON]);
}

/// The same where an autoscaler does it: then the number that the guard gives is one too many as well.
fn guard_holds_against_a_scaler(project: &Project, says: &str) {
    project.refuses(&["replicas-beside-autoscaler", "replicas-guard"]).saying(&[says, REASON]);
}

#[test]
fn the_guarded_application_builds() {
    let out = guarded().overlay("namespace: shop\n").builds();
    assert!(out.contains("  replicas: 1\n") && out.contains("    type: Recreate\n"), "{out}");
}

#[test]
fn the_guard_holds_against_a_typed_merge() {
    let project = guarded().overlay("app: {deployments: {main: {replicas: ▼2}}}\n");
    guard_holds(&project, "`shop` would run 2 pods");
}

#[test]
fn the_guard_holds_against_another_guard() {
    let project = guarded().overlay("app: {deployments: {main: {replicas: ▼{exactly: 3, because: sale}}}}\n");
    project.refuses(&["guard-replaced"]).saying(&[REASON]);
}

#[test]
fn the_guard_holds_against_null() {
    let project = guarded().overlay("app: {deployments: {main: {replicas: ▼null}}}\n");
    project.refuses(&["guard-removed"]).saying(&[REASON]);
}

#[test]
fn the_guard_holds_against_null_on_the_whole_deployment() {
    let project = guarded().overlay("app: {deployments: {main: ▼null, other: {}}}\n");
    project.refuses(&["guard-removed"]).saying(&[REASON]);
}

#[test]
fn the_guard_holds_against_a_json6902_patch() {
    let project = guarded().overlay(
        "\
patches:
  - target: {kind: Deployment, name: shop}
    json6902: [{op: replace, path: /spec/replicas, value: ▼2}]
",
    );
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 2");
}

#[test]
fn the_guard_holds_against_a_json6902_patch_of_a_file() {
    let project = guarded()
        .overlay("patches: [{target: {kind: Deployment}, json6902: scale.yaml}]\n")
        .with("overlays/shop/prod/scale.yaml", "- op: replace\n  path: /spec/replicas\n  value: ▼2\n");
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 2");
}

#[test]
fn the_guard_holds_against_a_merge_patch() {
    let project = guarded().overlay("patches: [{target: {kind: Deployment}, merge: {spec: {replicas: ▼2}}}]\n");
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 2");
}

#[test]
fn the_guard_holds_against_a_strategic_patch() {
    let project = guarded().overlay("patches: [{target: {kind: Deployment}, strategic: {spec: {replicas: ▼2}}}]\n");
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 2");
}

#[test]
fn the_guard_holds_against_a_patch_that_takes_replicas_away_and_zero() {
    let project = guarded().overlay("patches: [{target: {kind: Deployment}, merge: {spec: {replicas: ▼0}}}]\n");
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 0");
}

#[test]
fn the_guard_holds_against_a_raw_autoscaler() {
    let project = guarded().overlay("resources: [hpa.yaml]\n").with(
        "overlays/shop/prod/hpa.yaml",
        "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  minReplicas: 1
  maxReplicas: ▼3
",
    );
    guard_holds_against_a_scaler(&project, "`HorizontalPodAutoscaler/shop` sets `maxReplicas` to 3");
}

#[test]
fn the_guard_holds_against_a_scaled_object() {
    let project = guarded().overlay("resources: [keda.yaml]\n").with(
        "overlays/shop/prod/keda.yaml",
        "\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: shop}
spec:
  scaleTargetRef: {name: shop}
  minReplicaCount: 1
  maxReplicaCount: ▼4
  triggers: []
",
    );
    guard_holds_against_a_scaler(&project, "`ScaledObject/shop` sets `maxReplicaCount` to 4");
}

#[test]
fn the_guard_holds_against_a_second_deployment_with_the_same_pods() {
    let project = guarded().overlay("resources: [second.yaml]\n").with(
        "overlays/shop/prod/second.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: second}
spec:
  replicas: ▼1
  selector: {matchLabels: {tier: second}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: shop, app.kubernetes.io/component: main, tier: second}
    spec: {containers: [{name: main, image: ghcr.io/acme/shop:v1.0.0}]}
",
    );
    project
        .refuses(&["overlapping-selectors", "replicas-guard"])
        .saying(&["`Deployment/second` runs pods with the labels of `Deployment/shop` too, 2 in all", REASON]);
}

#[test]
fn the_guard_holds_against_a_template() {
    let project = guarded().overlay("values: {most: 5}\ntemplates: [hpa.yaml.j2]\n").with(
        "overlays/shop/prod/hpa.yaml.j2",
        "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
  maxReplicas: {{ values.most }}
",
    );
    project
        .refuses(&["replicas-beside-autoscaler", "replicas-guard"])
        .saying(&["`HorizontalPodAutoscaler/shop` sets `maxReplicas` to 5", REASON])
        .saying(&["--> overlays/shop/prod/hpa.yaml.j2 (rendered):6:16"]);
}

#[test]
fn the_guard_holds_against_a_typed_surge() {
    let project = guarded().overlay("app: {deployments: {main: {strategy: {maxSurge: ▼1, maxUnavailable: 0}}}}\n");
    guard_holds(&project, "`Deployment/shop` sets `maxSurge` to 1");
}

#[test]
fn the_guard_holds_against_a_patched_surge() {
    let project = guarded()
        .overlay("patches: [{target: {kind: Deployment}, merge: {spec: {strategy: {type: ▼RollingUpdate}}}}]\n");
    guard_holds(&project, "`Deployment/shop` has no `maxSurge`, which means 25%");
}

#[test]
fn the_guard_holds_against_a_parameter() {
    let project = Project::shop()
        .app(
            "\
values: {replicas: 1}
deployments:
  main:
    replicas: {exactly: 1, count: '${{ values.replicas }}', because: a single writer of ledgers}
",
        )
        .overlay("parameters: {replicas: {type: integer, default: 1}}\n");
    project.refuses_with(&["--set", "replicas=2"], &["replicas-guard"]).saying(&[REASON]);
}

#[test]
fn the_guard_holds_against_a_parameter_in_a_patch() {
    let project = guarded().overlay(
        "\
parameters: {replicas: {type: integer, default: 1}}
patches: [{target: {kind: Deployment}, merge: {spec: {replicas: '${{ values.replicas }}'}}}]
",
    );
    project
        .refuses_with(&["--set", "replicas=2"], &["replicas-guard"])
        .saying(&["`Deployment/shop` sets `replicas` to 2", REASON]);
}

#[test]
fn the_guard_holds_against_a_component() {
    let project = guarded()
        .overlay("components: [../../../components/ha]\n")
        .component("ha", "patches: [{target: {kind: Deployment}, merge: {spec: {replicas: ▼2}}}]\n");
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 2");
    let typed = guarded()
        .overlay("components: [../../../components/ha]\n")
        .component("ha", "app: {deployments: {main: {replicas: ▼2}}}\n");
    guard_holds(&typed, "`shop` would run 2 pods");
}

#[test]
fn the_guard_holds_against_a_raw_deployment_in_the_place_of_the_rendered_one() {
    let own = "\
apiVersion: strata.dev/v1alpha1
kind: Overlay
base: ../less
resources: [own.yaml]
";
    let less = "\
apiVersion: strata.dev/v1alpha1
kind: Overlay
base: ../../../base/shop
remove: [{kind: Deployment, name: shop}]
";
    let project =
        guarded().with("overlays/shop/less/overlay.yaml", less).with("overlays/shop/prod/overlay.yaml", own).with(
            "overlays/shop/prod/own.yaml",
            "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replicas: ▼4
  strategy: {type: Recreate}
  selector: {matchLabels: {app: own}}
  template: {metadata: {labels: {app: own}}, spec: {containers: [{name: main, image: own}]}}
",
        );
    guard_holds(&project, "`Deployment/shop` sets `replicas` to 4");
}

#[test]
fn the_guard_holds_against_another_name_and_another_kind() {
    let renamed = guarded().overlay(
        "\
names: {prefix: a-}
patches:
  - target: {kind: Deployment}
    merge: {spec: {replicas: ▼3}}
",
    );
    guard_holds(&renamed, "`Deployment/a-shop` sets `replicas` to 3");
    let stateful = guarded().overlay(
        "\
patches:
  - target: {kind: Deployment}
    json6902:
      - {op: replace, path: /kind, value: StatefulSet}
      - {op: replace, path: /spec/replicas, value: ▼3}
      - {op: remove, path: /spec/strategy}
",
    );
    guard_holds(&stateful, "`StatefulSet/shop` runs pods with the labels of `Deployment/shop` too, 3 in all");
}

#[test]
fn the_guard_holds_against_an_autoscaler_of_the_final_name() {
    let hpa = |name: &str| {
        guarded().overlay("names: {prefix: a-}\nresources: [hpa.yaml]\n").with(
            "overlays/shop/prod/hpa.yaml",
            &format!(
                "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: shop}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}
  maxReplicas: ▼3
"
            ),
        )
    };
    guard_holds_against_a_scaler(&hpa("shop"), "sets `maxReplicas` to 3");
    guard_holds_against_a_scaler(&hpa("a-shop"), "sets `maxReplicas` to 3");
}

#[test]
fn a_guard_lets_through_what_is_within_it() {
    let project = |most: u32| {
        Project::shop()
            .app("deployments: {main: {replicas: {min: 1, max: ▽3, because: licences}}}\n")
            .overlay(
                "resources: [hpa.yaml]\npatches: [{target: {kind: Deployment}, merge: {spec: {replicas: null}}}]\n",
            )
            .with(
                "overlays/shop/prod/hpa.yaml",
                &format!(
                    "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: shop}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: shop}}
  maxReplicas: ▼{most}
"
                ),
            )
    };
    assert!(project(3).builds().contains("maxReplicas: 3\n"));
    project(4).refuses(&["replicas-guard"]).saying(&["licences"]);
}

/// `shop` with a secret and a key that nothing may name.
fn forbidding() -> Project {
    Project::shop()
        .app(
            "\
deployments:
  main:
    env: {TOKEN: {secret: shop}}
secrets: {shop: {path: /shop, keys: {TOKEN: {}}, forbidden: [▽OLD_DATABASE_URL]}}
",
        )
        .overlay("environment: prod\n")
}

fn with_environment(fields: &str) -> String {
    format!("environment: prod\n{fields}")
}

fn forbidden(fields: &str) -> Project {
    forbidding().overlay(&with_environment(fields))
}

#[test]
fn the_application_with_a_forbidden_key_builds() {
    assert!(forbidding().builds().contains("key: TOKEN"));
}

#[test]
fn a_forbidden_key_is_found_in_a_typed_merge() {
    forbidden("app: {deployments: {main: {env: {URL: {secret: shop, key: ▼OLD_DATABASE_URL}}}}}\n")
        .refuses(&["forbidden-key"])
        .saying(&["OLD_DATABASE_URL"]);
}

#[test]
fn a_forbidden_key_is_found_as_the_name_of_a_variable() {
    forbidden("app: {deployments: {main: {env: {▼OLD_DATABASE_URL: {secret: shop}}}}}\n").refuses(&["forbidden-key"]);
    forbidden("app: {deployments: {main: {env: {▼OLD_DATABASE_URL: x}}}}\n").refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_among_declared_keys() {
    forbidden("app: {secrets: {shop: {keys: {▼OLD_DATABASE_URL: {}}}}}\n").refuses(&["forbidden-key"]);
}

#[test]
fn the_list_of_forbidden_keys_is_not_taken_back_by_null() {
    forbidden("app: {secrets: {shop: {forbidden: ▼null}}}\n").refuses(&["guard-removed"]);
    forbidden("app: {secrets: {shop: ▼null}, deployments: {main: {env: {TOKEN: null}}}}\n").refuses(&["guard-removed"]);
}

#[test]
fn the_list_of_forbidden_keys_is_not_emptied() {
    let project = forbidden(
        "app: {secrets: {shop: {forbidden: []}}, deployments: {main: {env: {URL: {secret: shop, key: ▼OLD_DATABASE_URL}}}}}\n",
    );
    project.refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_json6902_patch() {
    let project = forbidden(
        "\
patches:
  - target: {kind: Deployment}
    json6902:
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value: {name: URL, valueFrom: {secretKeyRef: {name: other, key: ▼OLD_DATABASE_URL}}}
",
    );
    project.refuses(&["forbidden-key"]).saying(&["`Deployment/shop` names the forbidden key `OLD_DATABASE_URL`"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_merge_patch() {
    let project = forbidden(
        "patches: [{target: {kind: Deployment}, merge: {metadata: {annotations: {uses: ▼OLD_DATABASE_URL}}}}]\n",
    );
    project.refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_strategic_patch() {
    let project = forbidden(
        "\
patches:
  - target: {kind: Deployment}
    strategic:
      spec: {template: {spec: {containers: [{name: main, env: [{name: ▼OLD_DATABASE_URL, value: x}]}]}}}
",
    );
    project.refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_raw_resource() {
    let secret = |fields: &str| {
        forbidden("resources: [more.yaml]\n").with(
            "overlays/shop/prod/more.yaml",
            &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: more}}\n{fields}\n"),
        )
    };
    secret("stringData: {▼OLD_DATABASE_URL: x}").refuses(&["forbidden-key"]);
    // printf 'url=$OLD_DATABASE_URL' | base64
    secret("data: {a: ▼dXJsPSRPTERfREFUQUJBU0VfVVJM}").refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_an_autoscaler_and_a_scaled_object() {
    let project = forbidden("resources: [keda.yaml]\n").with(
        "overlays/shop/prod/keda.yaml",
        "\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: shop}
spec:
  scaleTargetRef: {name: shop}
  maxReplicaCount: 4
  triggers: [{type: postgresql, metadata: {connectionFromEnv: ▼OLD_DATABASE_URL}}]
",
    );
    project.refuses(&["forbidden-key"]);
    let project = forbidden("resources: [hpa.yaml]\n").with(
        "overlays/shop/prod/hpa.yaml",
        "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, annotations: {note: ▼by OLD_DATABASE_URL}}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, maxReplicas: 3}
",
    );
    project.refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_template() {
    let project = forbidden("values: {key: OLD_DATABASE_URL}\ntemplates: [map.yaml.j2]\n").with(
        "overlays/shop/prod/map.yaml.j2",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\ndata: {key: {{ values.key }}}\n",
    );
    project.refuses(&["forbidden-key"]).saying(&["--> overlays/shop/prod/map.yaml.j2 (rendered):4:13"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_parameter() {
    let project = forbidden(
        "\
parameters: {key: {type: string, default: TOKEN}}
app: {deployments: {main: {env: {URL: '${{ values.key }}'}}}}
",
    );
    project.refuses_with(&["--set", "key=OLD_DATABASE_URL"], &["forbidden-key"]).saying(&["--set"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_component() {
    let project = forbidden("components: [../../../components/old]\n")
        .component("old", "app: {deployments: {main: {env: {▼OLD_DATABASE_URL: {secret: shop}}}}}\n");
    project.refuses(&["forbidden-key"]);
}

#[test]
fn a_forbidden_key_is_found_in_a_configuration_file() {
    let project = forbidden("app: {config: {settings: {app.conf: {file: app.conf}}}}\n")
        .with("overlays/shop/prod/app.conf", "first\nurl = ${OLD_DATABASE_URL}\n");
    project.refuses(&["forbidden-key"]);
}
