//! Overlays end to end: layers, values, parameters, transforms, patches, resources, templates.

use serde_json::json;
use strata::cli::ExitCode;

use crate::fixture::{Objects, Project, app_file, component_file, overlay_file};

const MAIN: &str = "deployments: {main: {ports: {http: {container: 3000, service: 80}}}}\n";

/// Asserts that an overlay over a plain app is refused, and that the message has all these parts.
#[track_caller]
fn refused(app: &str, overlay: &str, more: &[(&str, &str)], parts: &[&str]) {
    let said = Project::usual(app, overlay, more).refusal();
    for part in parts {
        assert!(said.contains(part), "`{part}` in {said}");
    }
}

#[test]
fn values_and_fields_come_from_the_last_layer_that_says_them() {
    let layer = |name: &str| format!("values: {{{name}: {name}, who: {name}}}\n");
    let app = format!(
        "{}deployments: {{main: {{replicas: 1, env: {{ALL: \"${{{{ values.env }}}} ${{{{ values.app }}}} ${{{{ values.mix }}}} ${{{{ values.low }}}} ${{{{ values.top }}}}\", WHO: \"${{{{ values.who }}}}\"}}}}}}\n",
        layer("app")
    );
    let mut project = Project::new(&[
        (
            "strata.yaml",
            "environments: {prod: {values: {env: env, who: env, app: env, mix: env, low: env, top: env}}}\n",
        ),
        ("app/app.yaml", &app_file(&app)),
        (
            "mix/component.yaml",
            &component_file(&format!("{}app: {{deployments: {{main: {{replicas: 3}}}}}}\n", layer("mix"))),
        ),
        (
            "low/overlay.yaml",
            &overlay_file("../app", &format!("{}app: {{deployments: {{main: {{replicas: 2}}}}}}\n", layer("low"))),
        ),
        ("o/overlay.yaml", &overlay_file("../low", &format!("components: [../mix]\n{}", layer("top")))),
        ("last/overlay.yaml", &overlay_file("../o", "parameters: {who: {type: string}}\n")),
    ]);
    let objects = project.objects();
    assert_eq!(objects.variable("shop", "ALL"), "env app mix low top");
    assert_eq!(objects.variable("shop", "WHO"), "top");
    assert_eq!(objects.get("Deployment", "shop")["spec"]["replicas"], 3, "a component is laid over the base");
    let objects = project.objects_of("last", &["--set", "who=set"]);
    assert_eq!(objects.variable("shop", "WHO"), "set", "a parameter wins over every layer, three deep");
    project = Project::usual(MAIN, "app: {image: \"x:1\"}\n", &[]);
    assert_eq!(project.objects().container("shop")["image"], "x:1");
}

#[test]
fn an_interpolation_that_is_a_whole_scalar_keeps_the_type_and_env_keeps_the_text() {
    let app = "deployments: {main: {replicas: \"${{ values.count }}\", args: \"${{ values.list }}\", env: {RATIO: \"${{ values.ratio }}\", URL: \"https://${{ values.host }}:${{ values.count }}/${{ values.ratio }}\"}}}\n";
    let values = "values: {count: 3, list: [a, b], ratio: 1.10, host: example.com}\n";
    let objects = Project::usual(app, values, &[]).objects();
    assert_eq!(objects.get("Deployment", "shop")["spec"]["replicas"], 3);
    assert_eq!(objects.container("shop")["args"], json!(["a", "b"]));
    assert_eq!(objects.variable("shop", "RATIO"), "1.10");
    assert_eq!(objects.variable("shop", "URL"), "https://example.com:3/1.10");
}

#[test]
fn values_reach_every_field_of_an_overlay_and_patch_files_like_inline_patches() {
    let overlay = "values: {word: gold, count: 4}\nlabels: {tier: \"${{ values.word }}\"}\nimages: {ghcr.io/acme/shop: {tag: \"${{ values.word }}\"}}\nnames: {suffix: \"-${{ values.word }}\"}\npatches: [{target: {kind: Deployment}, merge: p.yaml}]\n";
    let objects =
        Project::usual(MAIN, overlay, &[("o/p.yaml", "spec: {replicas: \"${{ values.count }}\"}\n")]).objects();
    let deployment = objects.get("Deployment", "shop-gold");
    assert_eq!(deployment["metadata"]["labels"]["tier"], "gold");
    assert_eq!(deployment["spec"]["replicas"], 4);
    assert_eq!(objects.container("shop-gold")["image"], "ghcr.io/acme/shop:gold");
}

#[test]
fn what_is_not_interpolated_is_never_printed_as_if_it_were_meant() {
    refused(MAIN, "values: {a: x, b: \"${{ values.a }}\"}\n", &[], &["error[bad-interpolation]", "overlay.yaml:6:19"]);
    refused(
        MAIN,
        "parameters: {b: {type: string, default: \"${{ values.a }}\"}}\n",
        &[],
        &["error[bad-interpolation]: a parameter is taken as it is"],
    );
    let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"${{ values.s }}\"}\n";
    let ran = Project::usual(MAIN, "resources: [r.yaml]\n", &[("o/r.yaml", config)]).strata(&["build", "o"]);
    assert!(ran.err.contains("warning[not-interpolated]") && ran.err.contains("o/r.yaml:4:12"), "{}", ran.err);
}

#[test]
fn a_parameter_has_a_type_a_range_and_a_default_and_says_once_what_is_wrong() {
    let overlay = |more: &str| {
        format!(
            "parameters: {{count: {{type: integer, min: 1, max: 5{more}}}}}\napp: {{deployments: {{main: {{replicas: \"${{{{ values.count }}}}\"}}}}}}\n"
        )
    };
    let with_default = Project::usual(MAIN, &overlay(", default: 2"), &[]);
    let replicas = |objects: Objects| objects.get("Deployment", "shop")["spec"]["replicas"].clone();
    assert_eq!(replicas(with_default.objects()), 2);
    assert_eq!(replicas(with_default.objects_of("o", &["--set", "count=5"])), 5);
    let layered = Project::usual(MAIN, &(overlay(", default: 2") + "values: {count: 4}\n"), &[]);
    assert_eq!(replicas(layered.objects()), 4, "a default gives way to a value");
    for (set, message) in [
        ("count=6", "the parameter `count` is at most 5, not 6"),
        ("count=x", "the parameter `count` is a whole number"),
        ("cuont=1", "the overlay declares no parameter `cuont`"),
    ] {
        let said = with_default.refusal_of(&["build", "o", "--set", set]);
        assert!(said.contains(message) && said.matches("error[").count() == 1, "{said}");
    }
    refused(MAIN, &overlay(""), &[], &["the parameter `count` has no default, and nobody sets it"]);
    refused(MAIN, &overlay(", default: 9"), &[], &["is at most 5, not 9"]);
    refused(MAIN, &(overlay("") + "values: {count: 40}\n"), &[], &["is at most 5, not 40"]);
    refused(MAIN, "parameters: {p: {type: integer, min: 5, max: 1, default: 3}}\n", &[], &["which no number is"]);
    refused(MAIN, "parameters: {p: {type: string, min: 5, default: a}}\n", &[], &["`min` and `max` have no effect"]);
    refused(MAIN, "parameters: {p: {type: integer, allowed: [a], default: 3}}\n", &[], &["`allowed` has no effect"]);
}

#[test]
fn a_diamond_that_agrees_renders_shared_layers_once_and_one_that_disagrees_names_both_lines() {
    let diamond = |a: &str, b: &str| {
        Project::new(&[
            ("strata.yaml", "environments: {prod: {}}\n"),
            ("app/app.yaml", &app_file(MAIN)),
            ("mix/component.yaml", &component_file("labels: {mixed: once}\n")),
            ("a/overlay.yaml", &overlay_file("../app", a)),
            ("b/overlay.yaml", &overlay_file("../app", b)),
            ("o/overlay.yaml", &overlay_file("[../a, ../b]", "")),
        ])
    };
    let both = "components: [../mix]\napp: {deployments: {main: {replicas: 2}}}\n";
    let objects = diamond(&format!("{both}labels: {{a: one}}\n"), &format!("{both}labels: {{b: two}}\n")).objects();
    let labels = &objects.get("Deployment", "shop")["metadata"]["labels"];
    assert_eq!((&labels["a"], &labels["b"], &labels["mixed"]), (&json!("one"), &json!("two"), &json!("once")));
    let said = diamond(both, "app: {deployments: {main: {replicas: 3}}}\n").refusal();
    assert!(said.contains("two bases set `app.deployments.main.replicas` differently"), "{said}");
    assert!(said.contains("a/overlay.yaml:7") && said.contains("b/overlay.yaml:6"), "{said}");
    let said = diamond("names: {prefix: a-}\n", "names: {prefix: a-}\n").refusal();
    assert!(said.contains("both would be added"), "{said}");
}

#[test]
fn labels_reach_objects_and_pods_but_no_selector_and_reserved_ones_are_refused() {
    let objects = Project::usual(MAIN, "labels: {tier: gold}\nannotations: {owner: me}\n", &[]).objects();
    for object in &objects.0 {
        assert_eq!(object["metadata"]["labels"]["tier"], "gold");
        assert_eq!(object["metadata"]["annotations"]["owner"], "me");
    }
    assert_eq!(objects.pod("shop")["metadata"]["labels"]["tier"], "gold");
    let selector = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/component": "main"});
    assert_eq!(objects.one("Deployment")["spec"]["selector"]["matchLabels"], selector);
    assert_eq!(objects.one("Service")["spec"]["selector"], selector);
    for key in ["name", "component", "instance"] {
        refused(
            MAIN,
            &format!("labels: {{app.kubernetes.io/{key}: x}}\n"),
            &[],
            &["error[reserved-label]", "overlay.yaml:6:10"],
        );
    }
    refused(
        MAIN,
        "labels: {\"not a key\": x, tier: \"not a value!\"}\n",
        &[],
        &["not a label key", "not a label value"],
    );
    for key in ["argocd.argoproj.io/sync-wave", "argocd.argoproj.io/hook", "argocd.argoproj.io/tracking-id"] {
        let said = ["error[reserved-annotation]"];
        refused(MAIN, &format!("annotations: {{{key}: x}}\n"), &[], &said);
        let component = component_file(&format!("annotations: {{{key}: x}}\n"));
        refused(MAIN, "components: [../c]\n", &[("c/component.yaml", &component)], &said);
    }
}

#[test]
fn images_change_name_tag_and_digest_alone_and_together() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let image = |fields: &str| {
        let overlay = format!("images: {{ghcr.io/acme/shop: {{{fields}}}}}\n");
        Project::usual(MAIN, &overlay, &[]).objects().container("shop")["image"].as_str().unwrap().to_owned()
    };
    assert_eq!(image("tag: v2"), "ghcr.io/acme/shop:v2");
    assert_eq!(image("newName: r.io/x"), "r.io/x:v1.0.0");
    assert_eq!(image(&format!("digest: \"{digest}\"")), format!("ghcr.io/acme/shop@{digest}"));
    assert_eq!(image(&format!("newName: r.io/x, tag: v2, digest: \"{digest}\"")), format!("r.io/x:v2@{digest}"));
    refused(MAIN, "images: {ghcr.io/acme/shup: {tag: v2}}\n", &[], &["did you mean `ghcr.io/acme/shop`?"]);
}

#[test]
fn a_prefix_and_a_suffix_take_references_along_and_patches_may_use_the_earlier_name() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {defaultBackend: {service: {name: shop, port: {name: http}}}}\n";
    let app = format!("{MAIN}config: {{settings: {{A: one}}}}\n");
    let project = Project::usual(
        &app,
        "names: {prefix: eu-, suffix: -x}\nresources: [r.yaml]\n",
        &[
            ("o/r.yaml", ingress),
            (
                "last/overlay.yaml",
                &overlay_file(
                    "../o",
                    "names: {prefix: one-}\npatches:\n- {target: {kind: Deployment, name: shop}, merge: {spec: {replicas: 2}}}\n- {target: {kind: Deployment, name: eu-shop-x}, merge: {spec: {minReadySeconds: 5}}}\n",
                ),
            ),
        ],
    );
    let objects = project.objects_of("last", &[]);
    let deployment = objects.get("Deployment", "one-eu-shop-x");
    assert_eq!((&deployment["spec"]["replicas"], &deployment["spec"]["minReadySeconds"]), (&json!(2), &json!(5)));
    assert_eq!(objects.pod("one-eu-shop-x")["spec"]["serviceAccountName"], "one-eu-shop-x");
    let config = objects.one("ConfigMap")["metadata"]["name"].as_str().unwrap();
    assert!(config.starts_with("one-eu-shop-settings-x-"), "{config}");
    assert_eq!(objects.container("one-eu-shop-x")["envFrom"][0]["configMapRef"]["name"], config);
    assert_eq!(
        objects.one("Ingress")["spec"]["defaultBackend"]["service"]["name"],
        objects.one("Service")["metadata"]["name"]
    );
    assert_eq!(objects.one("Service")["spec"]["selector"]["app.kubernetes.io/name"], "shop");
}

#[test]
fn maps_merge_by_key_lists_and_one_ofs_are_replaced_and_null_restores_the_default() {
    let app = "deployments:\n  main:\n    args: [x]\n    command: [a, b]\n    env: {A: one, B: two}\n    ports: {http: {container: 1}}\n    probes: {liveness: {http: {path: /}, periodSeconds: 5}}\n    terminationGracePeriodSeconds: 9\n    initContainers: {one: {command: [a]}, two: {command: [b]}}\n    strategy: {maxSurge: 1}\n";
    let over = "app:\n  deployments:\n    main:\n      command: [c]\n      env: {A: null, C: three}\n      probes: {liveness: {exec: [t]}}\n      terminationGracePeriodSeconds: null\n      initContainers: {mid: {command: [c], after: one}}\n      strategy: recreate\n      security: {allowPrivilegeEscalation: true, runAsNonRoot: false}\n";
    let objects = Project::usual(app, over, &[]).objects();
    let container = objects.container("shop");
    assert_eq!((&container["command"], &container["args"]), (&json!(["c"]), &json!(["x"])));
    assert_eq!(objects.env("shop"), [("B".to_owned(), json!("two")), ("C".to_owned(), json!("three"))]);
    assert_eq!(container["livenessProbe"], json!({"exec": {"command": ["t"]}}));
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], true);
    let pod = &objects.pod("shop")["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], json!(null));
    let names: Vec<_> = pod["initContainers"].as_array().unwrap().iter().map(|init| init["name"].clone()).collect();
    assert_eq!(names, ["one", "mid", "two"]);
    assert_eq!(objects.one("Deployment")["spec"]["strategy"], json!({"type": "Recreate"}));
    refused(app, "app: {deployments: {main: {lifecycle: null}}}\n", &[], &["error[null-removes-nothing]"]);
}

#[test]
fn a_part_of_an_application_says_no_kind_and_no_values() {
    for field in ["kind: Nope", "apiVersion: v2", "values: {x: 1}"] {
        refused(MAIN, &format!("app: {{{field}}}\n"), &[], &["error[misplaced-field]", "overlay.yaml:6:7"]);
    }
}

#[test]
fn what_merges_without_effect_or_mounts_nowhere_is_a_warning() {
    let warns = |app: &str, overlay: &str, part: &str| {
        let ran = Project::usual(app, overlay, &[]).strata(&["build", "o"]);
        assert!(ran.err.contains(part), "{}", ran.err);
    };
    let app = "deployments: {main: {env: {A: one}, volumes: {v: {emptyDir: {}, mount: /v}}}}\n";
    warns(app, "app: {deployments: {main: {env: {}}}}\n", "warning[merge-changes-nothing]");
    warns(app, "app: {deployments: {main: {volumes: {v: {claim: c}}}}}\n", "warning[unmounted-volume]");
}

#[test]
fn patches_of_every_kind_apply_in_order_inline_and_from_files() {
    let overlay = "patches:\n\
        - {target: {kind: Deployment}, json6902: [{op: add, path: /spec/replicas, value: 2}]}\n\
        - {target: {kind: Deployment}, json6902: j.yaml}\n\
        - {target: {labels: {app.kubernetes.io/component: main}}, merge: {metadata: {annotations: {patched: both}}}}\n\
        - {target: {kind: Deployment, name: shop}, strategic: s.yaml}\n\
        - {target: {kind: Deployment}, strategic: {spec: {template: {spec: {containers: [{name: shop, env: [{name: B, $patch: delete}]}]}}}}}\n\
        - {target: {group: apps, version: v1}, merge: m.yaml}\n";
    let files = [
        ("o/j.yaml", "- {op: test, path: /spec/replicas, value: 2}\n- {op: replace, path: /spec/replicas, value: 3}\n"),
        (
            "o/s.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec: {template: {spec: {containers: [{name: shop, tty: true}]}}}\n",
        ),
        ("o/m.yaml", "spec: {minReadySeconds: 7}\n"),
    ];
    let app = "deployments: {main: {env: {A: one, B: two}, ports: {http: {container: 1, service: 2}}}}\n";
    let objects = Project::usual(app, overlay, &files).objects();
    let spec = &objects.one("Deployment")["spec"];
    assert_eq!((&spec["replicas"], &spec["minReadySeconds"]), (&json!(3), &json!(7)));
    assert_eq!(objects.container("shop")["tty"], true);
    assert_eq!(objects.env("shop"), [("A".to_owned(), json!("one"))]);
    assert_eq!(objects.one("Service")["metadata"]["annotations"]["patched"], "both");
    assert_eq!(objects.one("ServiceAccount")["metadata"]["annotations"]["patched"], json!(null));
}

#[test]
fn a_patch_never_renames_an_object_by_the_way() {
    for body in
        ["merge: {metadata: {name: other}}", "strategic: {kind: StatefulSet}", "merge: {metadata: {namespace: x}}"]
    {
        let overlay = format!("patches: [{{target: {{kind: Deployment}}, {body}}}]\n");
        refused(MAIN, &overlay, &[], &["error[patch-renames]", "makes it another object"]);
    }
    let overlay =
        "patches: [{target: {kind: Service}, json6902: [{op: replace, path: /metadata/name, value: front}]}]\n";
    assert_eq!(Project::usual(MAIN, overlay, &[]).objects().one("Service")["metadata"]["name"], "front");
}

#[test]
fn removals_and_patches_without_a_target_point_at_their_place() {
    let objects = Project::usual(MAIN, "remove: [{kind: Service, name: shop}]\n", &[]).objects();
    assert_eq!(objects.names(), ["ServiceAccount/shop", "Deployment/shop"]);
    refused(MAIN, "remove: [{}]\n", &[], &["error[empty-target]", "overlay.yaml:6:10"]);
    refused(MAIN, "patches: [{target: {}, merge: {a: b}}]\n", &[], &["error[empty-target]", "overlay.yaml:6:20"]);
    refused(MAIN, "remove: [{kind: Sevrice}]\n", &[], &["did you mean `Service/shop`?"]);
}

#[test]
fn resources_come_from_files_with_several_documents_folders_and_lists() {
    let config = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    let two = format!("{}---\n---\n{}", config("a"), config("b"));
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: d}}\n- {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: e}}\n";
    let objects = Project::usual(
        MAIN,
        "resources: [two.yaml, folder]\n",
        &[
            ("o/two.yaml", &two),
            ("o/folder/c.yml", &config("c")),
            ("o/folder/d.json", &json!(null).to_string()),
            ("o/folder/e.yaml", list),
        ],
    )
    .strata(&["build", "o"]);
    let objects = Objects::read(&objects.out);
    for name in ["a", "b", "c", "d"] {
        assert_eq!(objects.get("ConfigMap", name)["metadata"]["namespace"], "ns");
    }
    assert_eq!(objects.one("ClusterRole")["metadata"]["namespace"], json!(null), "it has no namespace");
    refused(MAIN, "resources: [../app/app.yaml]\n", &[], &["the kind `App` is for Strata", "under `base`"]);
    refused(MAIN, "resources: [two.yaml, two.yaml]\n", &[("o/two.yaml", &two)], &["`ConfigMap/a` is rendered twice"]);
}

#[test]
fn templates_print_manifests_from_values_with_every_value_escaped() {
    let template = "{% for part in range(values.count) %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ \"part-\" ~ part }}}\ndata: {text: {{ values.text }}, app: {{ app.metadata.name }}, place: {{ environment ~ \"/\" ~ namespace }} }\n{% endfor %}\n";
    let overlay = "values: {count: 2, text: \"a: 'b'\\n#\"}\ntemplates: [t.yaml.j2]\n";
    let objects = Project::usual(MAIN, overlay, &[("o/t.yaml.j2", template)]).objects();
    assert_eq!(
        objects.get("ConfigMap", "part-1")["data"],
        json!({"text": "a: 'b'\n#", "app": "shop", "place": "prod/ns"})
    );
    refused(MAIN, "templates: [t.yaml.j2]\n", &[("o/t.yaml.j2", template)], &["o/t.yaml.j2:1", "`values.count`"]);
}

#[test]
fn files_become_config_maps_whose_hash_the_pods_follow() {
    let app = "config: {files: {app.toml: {file: app.toml}}, settings: {LEVEL: info}}\ndeployments: {main: {volumes: {v: {config: files, mount: /etc/shop}}, env: {COPY: {config: settings, key: LEVEL}}}}\n";
    let project = Project::usual(app, "", &[("app/app.toml", "a = 1\n")]);
    let objects = project.objects();
    let named = |objects: &Objects, start: &str| {
        objects.names().into_iter().find(|name| name.starts_with(&format!("ConfigMap/{start}"))).unwrap()[10..]
            .to_owned()
    };
    let (files, settings) = (named(&objects, "shop-files-"), named(&objects, "shop-settings-"));
    assert_eq!(objects.get("ConfigMap", &files)["data"]["app.toml"], "a = 1\n");
    let options = &objects.get("ConfigMap", &files)["metadata"]["annotations"]["argocd.argoproj.io/sync-options"];
    assert_eq!(options, "PruneLast=true");
    assert_eq!(objects.pod("shop")["spec"]["volumes"][0]["configMap"]["name"], files);
    assert_eq!(objects.container("shop")["envFrom"][0]["configMapRef"]["name"], settings);
    assert_eq!(objects.env("shop")[0].1["configMapKeyRef"]["name"], settings);
    project.write("app/app.toml", "a = 2\n");
    assert_ne!(named(&project.objects(), "shop-files-"), files);
    project.write("app/app.toml", b"\xff\x00");
    let objects = project.objects();
    assert_eq!(objects.get("ConfigMap", &named(&objects, "shop-files-"))["binaryData"]["app.toml"], "/wA=");
}

#[test]
fn a_config_map_without_hash_rolls_its_pods_by_a_checksum() {
    let app = "config: {files: {app.toml: {file: app.toml}}}\nconfigMaps: {files: {hash: false}}\ndeployments: {main: {volumes: {v: {config: files, mount: /etc/shop}}}, other: {}}\n";
    let project = Project::usual(app, "", &[("app/app.toml", "a = 1\n")]);
    let sum = |project: &Project| {
        let objects = project.objects();
        assert_eq!(objects.one("ConfigMap")["metadata"]["name"], "shop-files");
        assert_eq!(objects.pod("shop-other")["metadata"]["annotations"], json!(null), "it does not use the file");
        objects.pod("shop")["metadata"]["annotations"]["checksum/shop-files"].as_str().unwrap().to_owned()
    };
    let before = sum(&project);
    project.write("app/app.toml", "a = 2\n");
    assert_ne!(sum(&project), before);
}

#[test]
fn a_workload_wins_over_the_application_and_that_over_config() {
    let app = "env: {A: app, B: app}\nconfig: {settings: {A: config, B: config, C: 0123}}\ndeployments: {main: {env: {A: workload}}}\n";
    let objects = Project::usual(app, "", &[]).objects();
    assert_eq!(objects.env("shop"), [("A".to_owned(), json!("workload")), ("B".to_owned(), json!("app"))]);
    assert_eq!(objects.one("ConfigMap")["data"], json!({"A": "config", "B": "config", "C": "0123"}));
    assert_eq!(objects.container("shop")["envFrom"].as_array().unwrap().len(), 1);
}

#[test]
fn a_running_app_is_adopted_by_exact_name_and_selector() {
    let app = "deployments: {main: {name: legacy, selector: {app: legacy}, ports: {http: {container: 1, service: 2}}, service: {name: legacy-svc}}}\n";
    let objects = Project::usual(app, "labels: {tier: gold}\n", &[]).objects();
    let deployment = objects.get("Deployment", "legacy");
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], json!({"app": "legacy"}));
    assert_eq!(deployment["spec"]["template"]["metadata"]["labels"]["app"], "legacy");
    assert_eq!(objects.get("Service", "legacy-svc")["spec"]["selector"], json!({"app": "legacy"}));
}

#[test]
fn jobs_run_in_their_phase_and_what_they_need_comes_before() {
    let app = "config: {settings: {A: one}}\ndeployments: {main: {}}\ncronJobs: {nightly: {schedule: \"0 3 * * *\"}}\nmigrations: {schema: {}}\njobs: {before: {run: beforeRollout}, with: {}, after: {run: afterSync}, own: {wave: 7}}\n";
    let objects = Project::usual(app, "", &[]).objects();
    let moment = |kind: &str, name: &str| {
        let annotations = &objects.get(kind, name)["metadata"]["annotations"];
        let text = |key: &str| annotations[key].as_str().map(str::to_owned);
        let wave = text("argocd.argoproj.io/sync-wave").map_or(0, |wave| wave.parse::<i32>().unwrap());
        (text("argocd.argoproj.io/hook").unwrap_or("Sync".to_owned()), wave)
    };
    let config = objects.one("ConfigMap")["metadata"]["name"].as_str().unwrap();
    let order = [
        moment("ConfigMap", config).1,
        moment("Job", "shop-schema").1,
        moment("Job", "shop-before").1,
        moment("Deployment", "shop").1,
        moment("Job", "shop-own").1,
        moment("CronJob", "shop-nightly").1,
    ];
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
    assert_eq!(moment("ServiceAccount", "shop").1, moment("ConfigMap", config).1);
    assert_eq!(moment("Job", "shop-with"), ("Sync".to_owned(), moment("Deployment", "shop").1));
    assert_eq!(moment("Job", "shop-after").0, "PostSync");
    assert_eq!(moment("Job", "shop-schema").0, "Sync");
}

#[test]
fn building_twice_and_from_anywhere_gives_the_same_bytes() {
    let project = Project::usual(MAIN, "", &[]);
    let once = project.strata(&["build", "o"]).out;
    assert_eq!(project.strata(&["build", "o"]).out, once);
    assert_eq!(project.strata_in("o", &["build"]).out, once);
    assert_eq!(project.strata_in("app", &["build", "../o/overlay.yaml"]).out, once);
    assert_eq!(project.strata_in("/", &["build", project.path().join("o").to_str().unwrap()]).out, once);
}

#[test]
fn what_an_api_server_refuses_is_refused_where_it_is_written() {
    for (main, part) in [
        (
            "ports: {a: {container: 1, service: 80}, b: {container: 2, service: 80}}",
            "`b` and `a` are the same port of the Service",
        ),
        (
            "probes: {liveness: {exec: [x], successThreshold: 2}}",
            "a liveness probe has succeeded after one success, not 2",
        ),
        ("env: {IP: {field: status.podIp}}", "did you mean `status.podIP`?"),
        ("env: {CPU: {resource: limit.cpu}}", "did you mean `limits.cpu`?"),
        ("lifecycle: {preStop: {sleep: 31}}", "longer than the grace period of 30"),
        ("annotations: {argocd.argoproj.io/sync-wave: \"3\"}", "write `wave: NUMBER`"),
    ] {
        refused(&format!("deployments: {{main: {{{main}}}}}\n"), "", &[], &[part, "app/app.yaml:5:"]);
    }
    let fine = "deployments: {main: {env: {L: {field: \"metadata.labels['a']\"}, R: {resource: requests.memory}}, lifecycle: {preStop: {sleep: 30}}}}\n";
    assert_eq!(Project::usual(fine, "", &[]).objects().env("shop").len(), 2);
}

#[test]
fn one_service_account_is_described_once() {
    let two = |second: &str| {
        format!(
            "deployments: {{main: {{serviceAccount: {{name: x, annotations: {{role: a}}}}}}, other: {{serviceAccount: {{name: x{second}}}}}}}\n"
        )
    };
    let objects = Project::usual(&two(""), "", &[]).objects();
    assert_eq!(objects.one("ServiceAccount")["metadata"]["annotations"]["role"], "a");
    assert_eq!(objects.pod("shop-other")["spec"]["serviceAccountName"], "x");
    refused(&two(", annotations: {role: b}"), "", &[], &["error[conflicting-service-account]"]);
}

#[test]
fn a_manifest_copied_from_a_cluster_is_a_warning() {
    let live = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, resourceVersion: \"1\"}\n";
    let ran = Project::usual(MAIN, "resources: [r.yaml]\n", &[("o/r.yaml", live)]).strata(&["build", "o"]);
    assert!(
        ran.err.contains("warning[live-field]: `resourceVersion`") && ran.err.contains("o/r.yaml:3:21"),
        "{}",
        ran.err
    );
}

#[test]
fn what_kubernetes_does_not_know_is_a_warning_at_the_key_that_wrote_it() {
    let overlay = "\
patches:
  - target: {kind: Deployment}
    merge:
      spec:
        replcias: 3
resources: [r.yaml]
";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: http}]}\n";
    let project = Project::usual("deployments: {main: {}, other: {}}\n", overlay, &[("o/r.yaml", service)]);
    let ran = project.strata(&["build", "o"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    let said = |text: &str| assert!(ran.err.contains(text), "{}", ran.err);
    said("warning[unknown-field]: unknown field `spec.replcias`\n  --> o/overlay.yaml:10:9\n");
    said("did you mean `replicas`?");
    said("warning[wrong-type]: `spec.ports[0].port` must be an integer, not a string\n --> o/r.yaml:4:23\n");
    assert_eq!(ran.err.matches("warning[").count(), 2, "one patch of two objects is wrong once: {}", ran.err);
}

#[test]
fn a_misspelled_workload_is_a_warning_and_a_new_one_is_none() {
    let build = |overlay: &str| Project::usual(MAIN, overlay, &[]).strata(&["build", "o"]);
    let ran = build("app: {deployments: {mian: {replicas: 2}}}\n");
    assert!(ran.err.contains("warning[new-workload]") && ran.err.contains("did you mean `main`?"), "{}", ran.err);
    assert_eq!(build("app: {deployments: {mian: {command: [x]}, other: {}}}\n").err, "");
}

#[test]
fn a_removal_finds_what_the_removals_before_it_have_left() {
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n");
    let maps: String = ["a", "b", "c", "d"].map(map).concat();
    let removed = |names: &[&str]| {
        let entries: String = names.iter().map(|name| format!("- {{kind: ConfigMap, name: {name}}}\n")).collect();
        let deployments = "deployments: {main: {}}\n";
        let project = Project::usual(deployments, &format!("resources: [m.yaml]\nremove:\n{entries}"), &[]);
        project.write("o/m.yaml", &maps);
        project.strata(&["build", "o"])
    };
    let ran = removed(&["d", "a", "c"]);
    let left: Vec<&str> =
        ["a", "b", "c", "d"].into_iter().filter(|name| ran.out.contains(&format!("  name: {name}\n"))).collect();
    assert_eq!(left, ["b"], "{}", ran.err);
    let ran = removed(&["d", "a", "d", "b"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert_eq!(ran.err.matches("error[removal-matches-nothing]").count(), 1, "{}", ran.err);
}
