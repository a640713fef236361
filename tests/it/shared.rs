//! What a whole project shares: clusters and their capacity, registries and mirrors, levels of
//! findings, unique numbers, versions; and that a project needs none of it.

use strata::cli::ExitCode;

use crate::fixture::{Project as Plain, app_file, overlay_file};
use crate::project::{OVERLAY, Project};

const MAIN: &str = "deployments: {main: {}}\n";

/// A project `shop` for the environment `prod`, with these settings behind `environments`.
fn shop(environment: &str, settings: &str) -> Project {
    Project::shop()
        .with("strata.yaml", &format!("environments:\n  prod: {{{environment}}}\n{settings}"))
        .app(MAIN)
        .overlay("environment: prod\nnamespace: shop\n")
}

/// An application with a Deployment of so many pods and so much memory.
fn sized(name: &str, replicas: u32, memory: &str) -> String {
    app_file(&format!(
        "deployments:\n  main:\n    replicas: {replicas}\n    strategy: recreate\n    resources: {{requests: {{memory: {memory}}}}}\n"
    ))
    .replace("{name: shop}", &format!("{{name: {name}}}"))
}

const SMALL: &str = "\
environments:
  prod: {destination: {cluster: small}}
  test: {destination: {cluster: large}}
clusters:
  small:
    capacity: {memory: 2Gi}
    systemReserve: {memory: 300Mi, because: k3s and Traefik}
  large: {}
";

fn overlay(app: &str, environment: &str) -> String {
    overlay_file(&format!("../../../base/{app}"), "")
        .replace("environment: prod", &format!("environment: {environment}"))
}

/// Two applications on one small cluster, 1Gi and `memory`.
fn two_on_one(memory: &str) -> Plain {
    Plain::new(&[
        ("strata.yaml", SMALL),
        ("base/shop/app.yaml", &sized("shop", 2, "512Mi")),
        ("base/blog/app.yaml", &sized("blog", 1, memory)),
        ("overlays/shop/prod/overlay.yaml", &overlay("shop", "prod")),
        ("overlays/blog/prod/overlay.yaml", &overlay("blog", "prod")),
    ])
}

#[test]
fn a_destination_is_one_of_the_clusters_once_one_is_described() {
    shop("destination: {cluster: ▼eu-2}", "clusters: {eu-1: {}}\n")
        .refuses(&["unknown-cluster"])
        .saying(&["strata.yaml declares no cluster `eu-2`", "did you mean `eu-1`?"]);
    shop("destination: {cluster: ▼asia}", "clusters: {eu-1: {}, us-1: {}}\n")
        .refuses(&["unknown-cluster"])
        .saying(&["strata.yaml declares `eu-1`, `us-1`"]);
    shop("destination: {cluster: eu-2}", "").builds();
}

#[test]
fn what_is_said_of_a_cluster_fits_together() {
    let cluster = |said: &str| shop("", &format!("clusters: {{one: {{{said}}}}}\n"));
    cluster("capacity: {memory: 1Gi}, systemReserve: {cpu: ▼1}").refuses(&["field-without-effect"]);
    cluster("nodes: ▼3").refuses(&["field-without-effect"]);
    cluster("capacity: {cpu: ▽1}, systemReserve: {cpu: ▼1100m}").refuses(&["conflicting-fields"]);
    cluster("capacity: {cpu: ▼-1}").refuses(&["invalid-value"]);
    cluster("kubernetes: ▼'1.10'").refuses(&["unknown-kubernetes-version"]);
    cluster("capacity: {cpu: 1}, systemReserve: {cpu: 1}, nodes: 3").builds();
}

#[test]
fn an_overlay_is_checked_against_the_kubernetes_of_its_cluster() {
    let ordinals = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec: {ordinals: {start: 1}, serviceName: s, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a:1'}]}}}\n";
    let said = |version: &str| {
        let settings = format!("kubernetes: '1.30'\nclusters: {{one: {{kubernetes: '{version}'}}}}\n");
        let project = shop("destination: {cluster: one}", &settings)
            .overlay("environment: prod\nnamespace: shop\nresources: [s.yaml]\n")
            .with(&format!("{OVERLAY}/s.yaml"), ordinals);
        project.run(&["build", OVERLAY]).err
    };
    assert!(said("1.25").contains("checked as a StatefulSet of Kubernetes 1.25"), "{}", said("1.25"));
    assert_eq!(said("1.31"), "");
}

#[test]
fn all_overlays_of_a_cluster_fit_it_whichever_of_them_is_built() {
    let project = two_on_one("700Mi");
    for built in ["overlays/shop/prod", "overlays/blog/prod", "overlays", "overlays/shop"] {
        assert_eq!(project.strata(&["build", built]).err, "", "{built}");
    }
    let project = two_on_one("800Mi");
    let expected = "\
error[capacity-exceeded]: `small` has 1748Mi of memory for applications, and all that runs there at one time asks for 1824Mi
 --> strata.yaml:6:24
  |
6 |     capacity: {memory: 2Gi}
  |                        ^^^ the capacity
  |
 ::: strata.yaml:7:29
  |
7 |     systemReserve: {memory: 300Mi, because: k3s and Traefik}
  |                             ----- 300Mi of it are reserved for k3s and Traefik
  |
 ::: base/shop/app.yaml:9:36
  |
9 |     resources: {requests: {memory: 512Mi}}
  |                                    ----- 1Gi by Deployment/shop (2 x 512Mi)
  |
 ::: base/blog/app.yaml:9:36
  |
9 |     resources: {requests: {memory: 800Mi}}
  |                                    ----- 800Mi by Deployment/blog
  |
  = help: what asks for memory:
            1Gi by Deployment/shop (2 x 512Mi) in overlays/shop/prod
            800Mi by Deployment/blog in overlays/blog/prod
";
    for built in ["overlays/shop/prod", "overlays/blog/prod", "overlays"] {
        let said = project.refusal_of(&["build", built]);
        assert_eq!(said.trim_end(), expected.trim_end(), "{built}");
    }
}

#[test]
fn an_overlay_of_another_cluster_or_of_none_does_not_count() {
    let project = two_on_one("1Gi");
    project.write("overlays/blog/prod/overlay.yaml", overlay("blog", "test"));
    assert_eq!(project.strata(&["build", "overlays"]).err, "");
    assert_eq!(project.strata(&["build", "base/blog"]).code, ExitCode::Fine);
}

#[test]
fn jobs_surge_and_whatever_a_patch_adds_count_too() {
    let project = two_on_one("600Mi");
    let refused = |fields: &str| {
        project.write("overlays/blog/prod/overlay.yaml", overlay("blog", "prod") + fields);
        project.refusal_of(&["build", "overlays/shop/prod"])
    };
    let said = refused("patches: [{target: {kind: Deployment}, merge: {spec: {replicas: 2}}}]\n");
    assert!(said.contains("1200Mi by Deployment/blog (2 x 600Mi) in overlays/blog/prod"), "{said}");
    let said = refused("app: {deployments: {main: {strategy: {maxSurge: 1}}}}\n");
    assert!(said.contains("1200Mi by Deployment/blog (2 x 600Mi)"), "{said}");
    let said = refused("app: {migrations: {schema: {command: [m], resources: {requests: {memory: 200Mi}}}}}\n");
    assert!(said.contains("200Mi by Job/blog-schema in overlays/blog/prod"), "{said}");
    project.write("overlays/blog/prod/s.yaml.j2", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: a, image: a, resources: {requests: {memory: 300Mi}}}]}\n");
    let said = refused("templates: [s.yaml.j2]\n");
    assert!(said.contains("300Mi by Pod/p in overlays/blog/prod"), "{said}");
}

#[test]
fn an_object_that_two_overlays_render_is_there_once() {
    let project = two_on_one("600Mi");
    let above = |fields: &str| overlay_file("../prod", fields);
    project.write("overlays/blog/workers/overlay.yaml", above("app: {deployments: {main: {replicas: 1}}}\n"));
    assert_eq!(project.strata(&["build", "overlays"]).err, "");
    project.write("overlays/blog/workers/overlay.yaml", above("app: {deployments: {main: {replicas: 2}}}\n"));
    let said = project.refusal_of(&["build", "overlays/shop/prod"]);
    assert!(said.contains("1200Mi by Deployment/blog (2 x 600Mi) in overlays/blog/workers"), "{said}");
    assert!(!said.contains("overlays/blog/prod"), "{said}");
}

#[test]
fn without_a_request_the_sum_is_not_known() {
    let unsized_app = |policy: &str| {
        shop("destination: {cluster: one}", &format!("clusters: {{one: {{capacity: {{cpu: 2}}}}}}\n{policy}"))
    };
    unsized_app("").refuses(&["missing-request"]).saying(&[
        "the container `shop` of `Deployment/shop` does not say how much cpu it needs",
        "base/shop/app.yaml",
    ]);
    let ran = unsized_app("policy: {missing-request: warning}\n").run(&["build", OVERLAY]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    assert!(ran.err.contains("warning[missing-request]"), "{}", ran.err);
    assert_eq!(unsized_app("policy: {missing-request: ignore}\n").run(&["build", OVERLAY]).err, "");
}

#[test]
fn what_does_not_build_is_not_counted_and_that_is_said() {
    let project = two_on_one("600Mi");
    let warned = |text: &str| {
        project.write("overlays/blog/prod/overlay.yaml", text);
        let ran = project.strata(&["build", "overlays/shop/prod"]);
        assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
        assert!(ran.err.starts_with("warning[capacity-unknown]: `overlays/blog/prod` does not build"), "{}", ran.err);
        assert_eq!(ran.err.matches("[capacity-unknown]").count(), 1, "and nothing else: {}", ran.err);
        assert!(!ran.err.contains("error["), "{}", ran.err);
    };
    warned(&(overlay("blog", "prod") + "nonsense: 1\n"));
    warned(&(overlay("blog", "prod") + "broken: [\n"));
    warned(&(overlay("blog", "prod") + "resources: [none.yaml]\n"));
    warned(&overlay_file("../prod", ""));
    project.write("strata.yaml", SMALL.to_owned() + "policy: {capacity-unknown: error}\n");
    project.refusal_of(&["build", "overlays/shop/prod"]);
}

#[test]
fn the_level_of_a_finding_is_the_projects_choice_but_not_that_of_a_guard() {
    let with = |policy: &str| {
        shop("", &format!("policy: {{{policy}}}\n"))
            .app("deployments: {main: {volumes: {tmp: {emptyDir: {}}}}}\n")
            .run(&["build", OVERLAY])
    };
    for (level, code, said) in [
        ("error", ExitCode::Failed, "error[unmounted-volume]"),
        ("warning", ExitCode::Fine, "warning[unmounted-volume]"),
        ("note", ExitCode::Fine, "note[unmounted-volume]"),
        ("ignore", ExitCode::Fine, ""),
    ] {
        let ran = with(&format!("unmounted-volume: {level}"));
        assert_eq!(ran.code, code, "{level}: {}", ran.err);
        assert!(ran.err.starts_with(said) && ran.err.is_empty() == said.is_empty(), "{level}: {}", ran.err);
        assert_eq!(ran.out.is_empty(), code == ExitCode::Failed, "an error prints nothing");
    }
    shop("", "policy: {▼replicas-guard: warning}\n")
        .refuses(&["fixed-level"])
        .saying(&["`replicas-guard` is a guard, which is always an error"]);
    shop("", "policy: {▼unmounted-volumes: error}\n")
        .refuses(&["unknown-code"])
        .saying(&["did you mean `unmounted-volume`?"]);
    shop("", "policy: {▼base-cycle: warning}\n").refuses(&["unknown-code"]).saying(&["docs/checks.md lists"]);
}

#[test]
fn an_image_of_another_registry_is_refused_whatever_door_it_came_through() {
    let with = |overlay: &str| {
        shop("", "registries: {allowed: [▽ghcr.io/acme]}\n")
            .overlay(&format!("environment: prod\nnamespace: shop\n{overlay}"))
    };
    with("").builds();
    with("app: {image: ▼ghcr.io/acmes/shop}\n").refuses(&["registry-not-allowed"]);
    with("images: {ghcr.io/acme/shop: {newName: ▼docker.io/acme/shop}}\n").refuses(&["registry-not-allowed"]);
    with("patches: [{target: {kind: Deployment}, json6902: [{op: add, path: /spec/template/spec/initContainers, value: [{name: i, image: ▼busybox}]}]}]\n")
        .refuses(&["registry-not-allowed"])
        .saying(&["`Deployment/shop` runs `busybox`", "take the image from `ghcr.io/acme`"]);
    shop("", "registries: {allowed: [▼acme]}\n")
        .refuses(&["invalid-registry"])
        .saying(&["it begins with no host such as `docker.io`"]);
}

#[test]
fn a_mirror_takes_the_place_of_a_registry_in_one_environment_whatever_wrote_the_image() {
    let project = shop(
        "mirrors: {ghcr.io/acme: eu.example.com/acme, ghcr.io: ghcr.example.com, docker.io: hub.example.com}",
        "registries: {allowed: [eu.example.com, hub.example.com, ghcr.example.com]}\n",
    )
    .overlay("environment: prod\nnamespace: shop\nresources: [pod.yaml]\nimages: {ghcr.io/acme/shop: {tag: v2.0.0}}\n")
    .with(
        &format!("{OVERLAY}/pod.yaml"),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {initContainers: [{name: a, image: busybox:1.36}], containers: [{name: b, image: 'ghcr.io/other/b@sha256:aa'}]}\n",
    );
    let built = project.builds();
    for image in [
        "image: eu.example.com/acme/shop:v2.0.0",
        "image: hub.example.com/library/busybox:1.36",
        "image: ghcr.example.com/other/b@sha256:aa",
    ] {
        assert!(built.contains(image), "{image} in {built}");
    }
    shop("mirrors: {ghcr.io/acme: ▼nowhere}", "").refuses(&["invalid-registry"]);
}

#[test]
fn a_number_is_one_applications_alone() {
    let app = |name: &str, number: u32| {
        app_file(&format!("uniqueNumbers: {{snowflake: {number}}}\ndeployments: {{main: {{replicas: 1, env: {{SNOWFLAKE_ID: {{number: snowflake}}}}}}}}\n"))
            .replace("{name: shop}", &format!("{{name: {name}}}"))
    };
    let project = Plain::new(&[
        ("strata.yaml", "environments: {prod: {}, test: {}}\n"),
        ("base/shop/app.yaml", &app("shop", 3)),
        ("base/blog/app.yaml", &app("blog", 4)),
        ("overlays/shop/prod/overlay.yaml", &overlay("shop", "prod")),
        ("overlays/shop/test/overlay.yaml", &overlay("shop", "test")),
        ("overlays/blog/prod/overlay.yaml", &overlay("blog", "prod")),
    ]);
    let objects = project.objects_of("overlays/shop/prod", &[]);
    assert_eq!(objects.variable("shop", "SNOWFLAKE_ID"), "3");
    assert_eq!(project.strata(&["build", "overlays"]).err, "", "overlays of one application share its number");

    project
        .write("overlays/blog/prod/overlay.yaml", overlay("blog", "prod") + "app: {uniqueNumbers: {snowflake: 3}}\n");
    let expected = "\
error[duplicate-number]: `shop` and `blog` have the same number `snowflake`, 3
 --> base/shop/app.yaml:5:28
  |
5 | uniqueNumbers: {snowflake: 3}
  |                            ^
  |
 ::: overlays/blog/prod/overlay.yaml:6:34
  |
6 | app: {uniqueNumbers: {snowflake: 3}}
  |                                  - the other one
  |
  = help: give one of them a number that no application of the project has

";
    assert_eq!(project.refusal_of(&["build", "overlays/shop/prod"]), expected);
    assert!(project.refusal_of(&["build", "overlays/blog/prod"]).contains("`blog` and `shop` have the same number"));
    assert_eq!(project.refusal_of(&["build", "overlays"]).matches("error[").count(), 1, "said once");

    project.write("base/blog/app.yaml", app("blog", 3));
    std::fs::remove_file(project.path().join("strata.yaml")).unwrap();
    assert!(project.refusal_of(&["build", "base/shop"]).contains("duplicate-number"), "without a strata.yaml too");
    project.write("strata.yaml", "environments: {prod: {}, test: {}}\n");
    project.write("overlays/blog/prod/overlay.yaml", overlay("blog", "prod") + "broken: [\n");
    assert!(
        project.refusal_of(&["build", "overlays/shop/prod"]).contains("base/blog/app.yaml:5:28"),
        "an app alone counts"
    );
}

#[test]
fn a_number_over_several_pods_is_a_warning_that_says_why() {
    let app = "uniqueNumbers: {snowflake: 3}\ndeployments: {main: {env: {ID: {number: snowflake}}}}\n";
    let said = |overlay: &str| {
        let project = shop("", "").app(app).overlay(&format!("environment: prod\nnamespace: shop\n{overlay}"));
        let ran = project.run(&["build", OVERLAY]);
        assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
        ran.err
    };
    assert_eq!(said(""), "");
    let warning = said("app: {deployments: {main: {replicas: 2}}}\n");
    for part in [
        "warning[shared-unique-number]: up to 2 pods of `Deployment/shop` have the number `snowflake`, 3: two pods with one number make the same ids",
        "overlay.yaml:6:38",
        "the number",
    ] {
        assert!(warning.contains(part), "{part} in {warning}");
    }
    assert!(said("patches: [{target: {kind: Deployment}, merge: {spec: {replicas: 5}}}]\n").contains("up to 5 pods"));
    assert!(
        said("app: {workers: {w: {env: {ID: {number: snowflake}}}}}\n").contains("the pods of `Deployment/shop` and")
    );
    let set = "uniqueNumbers: {snowflake: 3}\nstatefulSets: {s: {replicas: 3, env: {ID: {number: snowflake}}}}\n";
    let ran = shop("", "").app(set).overlay("environment: prod\nnamespace: shop\n").run(&["build", OVERLAY]);
    assert!(ran.err.contains("up to 3 pods of `StatefulSet/shop-s`"), "{}", ran.err);
    shop("", "")
        .app("deployments: {main: {env: {ID: {number: ▼snowflakes}}}}\nuniqueNumbers: {snowflake: 3}\n")
        .refuses(&["unknown-number"])
        .saying(&["did you mean `snowflake`?"]);
    shop("", "")
        .app("deployments: {main: {env: {▼ID: {number: a, secret: b}}}}\nuniqueNumbers: {a: 3}\n")
        .refuses(&["conflicting-fields"]);
}

#[test]
fn a_newer_requirement_is_refused_and_a_pre_release_of_it_too() {
    let own = env!("CARGO_PKG_VERSION");
    shop("", &format!("requires: '>={own}'\n")).builds();
    shop("", &format!("requires: '>={own}-rc.1'\n")).builds();
    for newer in [format!("requires: ▼'>{own}'\n"), "requires: ▼'>=99.0.0-rc.1'\n".to_owned()] {
        shop("", &newer).refuses(&["strata-too-old"]).saying(&["and this is", "install a version that fits"]);
    }
    shop("", "requires: ▼at least one\n").refuses(&["invalid-requirement"]);
}

#[test]
fn an_application_alone_builds_without_a_project() {
    let alone = Plain::new(&[("app.yaml", &app_file(MAIN))]);
    assert_eq!(alone.objects_of(".", &[]).names(), ["ServiceAccount/shop", "Deployment/shop"]);
    let no_settings = Plain::new(&[
        ("base/shop/app.yaml", &app_file(MAIN)),
        (
            "overlays/shop/prod/overlay.yaml",
            "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../../base/shop\nnamespace: ns\n",
        ),
    ]);
    assert_eq!(no_settings.objects_of("overlays/shop/prod", &[]).0.len(), 2);
    assert_eq!(no_settings.objects_of("base/shop", &[]).0.len(), 2);
}
