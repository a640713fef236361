//! `strata check --drift`, and objects that two overlays share: what several builds of one project are
//! beside each other.

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::{Project, app_file};

const APP: &str = "secrets: {shop: {path: /shop, keys: {API_KEY: {}}}}\nconfig: {settings: {LOG: info}}\ndeployments: {main: {env: {API_KEY: {secret: shop}}, ports: {http: {container: 80, service: 80}}}}\n";

fn overlay(environment: &str, fields: &str) -> String {
    format!(
        "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ../../../base/shop\nenvironment: {environment}\nnamespace: shop-{environment}\n{fields}"
    )
}

/// An application with two environments, which have different providers, and these fields of each.
fn shop(staging: &str, prod: &str) -> Project {
    let settings = "clusters: {one: {}}\nenvironments:\n  staging: {destination: {cluster: one}, secrets: {provider: existing}}\n  prod: {destination: {cluster: one}, secrets: {provider: externalSecrets, store: {name: s}}}\n";
    Project::new(&[
        ("strata.yaml", settings),
        ("base/shop/app.yaml", &app_file(APP)),
        ("overlays/shop/staging/overlay.yaml", &overlay("staging", staging)),
        ("overlays/shop/prod/overlay.yaml", &overlay("prod", prod)),
    ])
}

/// `file:line message` of the findings that compare builds.
#[track_caller]
fn found(project: &Project, args: &[&str], code: ExitCode) -> Vec<String> {
    let ran = project.strata(&[&["check", "--format", "json"], args].concat());
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let own =
        ["environment-drift", "object-of-two-overlays", "unused-exception", "exception-expired", "nothing-to-compare"];
    let of_own = |found: &&Value| own.contains(&found["code"].as_str().unwrap());
    let line = |found: &Value| {
        let file = found["file"].as_str().unwrap_or("-");
        format!("{file}:{} {}", found["line"], found["message"].as_str().unwrap())
    };
    report["diagnostics"].as_array().unwrap().iter().filter(of_own).map(line).collect()
}

#[test]
fn what_one_environment_has_and_another_lacks_is_shown_where_it_is_written() {
    let project =
        shop("app: {config: {settings: {CACHE: redis}}}\n", "app: {deployments: {main: {env: {REGION: eu}}}}\n");
    let expected = [
        "overlays/shop/prod/overlay.yaml:6 `Deployment/shop` of `shop` has the variable `REGION` of the container `shop` in `prod` and not in `staging`",
        "overlays/shop/staging/overlay.yaml:6 `ConfigMap/shop-settings` of `shop` has the key `CACHE` in `staging` and not in `prod`",
    ];
    assert_eq!(found(&project, &["--drift"], ExitCode::Fine), expected);
    found(&project, &["--drift", "--deny", "warning"], ExitCode::Findings);
    assert_eq!(found(&project, &[], ExitCode::Fine), [""; 0]);
}

#[test]
fn objects_secrets_dependencies_and_routes_are_compared() {
    let staging = "app:\n  workers: {mail: {command: [mail]}}\n  secrets: {shop: {keys: {EXTRA: {}}}}\n  dependencies: {cache: {type: redis, external: {host: cache.example.com, cidrs: [10.0.0.0/24]}}}\n";
    let expected = [
        "overlays/shop/staging/overlay.yaml:7 `Deployment/shop-mail` of `shop` is in `staging` and not in `prod`",
        "overlays/shop/staging/overlay.yaml:8 `Secret/shop` of `shop` has the key `EXTRA` in `staging` and not in `prod`",
        "overlays/shop/staging/overlay.yaml:9 the dependency `cache` of `shop` is in `staging` and not in `prod`",
    ];
    assert_eq!(found(&shop(staging, ""), &["--drift"], ExitCode::Fine), expected);
}

#[test]
fn names_sizes_and_providers_are_expected_to_differ() {
    let prod = "names: {prefix: prod-}\napp: {deployments: {main: {autoscaling: {min: 2, max: 5, cpu: 80}, resources: {requests: {cpu: 200m}, limits: {memory: 1Gi}}}}}\n";
    assert_eq!(found(&shop("", prod), &["--drift"], ExitCode::Fine), [""; 0]);
}

#[test]
fn an_exception_of_the_project_or_of_an_overlay_says_that_a_difference_is_meant() {
    let exception = "{code: environment-drift, object: ConfigMap/shop-settings, field: data.CACHE, reason: a trial}";
    let config = "app: {config: {settings: {CACHE: redis}}}\n";
    for (staging, prod) in [
        (format!("exceptions: [{exception}]\n{config}"), String::new()),
        (config.into(), format!("exceptions: [{exception}]\n")),
    ] {
        let project = shop(&staging, &prod);
        assert_eq!(found(&project, &["--drift"], ExitCode::Fine), [""; 0]);
        assert_eq!(found(&project, &[], ExitCode::Fine), [""; 0], "what is not compared leaves no exception over");
    }
    let project = shop(config, "");
    let settings = project.read("strata.yaml");
    project.write("strata.yaml", format!("exceptions: [{exception}]\n{settings}"));
    assert_eq!(found(&project, &["--drift"], ExitCode::Fine), [""; 0]);
    let until = exception.replace("reason", "until: \"2026-06-30\", reason");
    project.write("strata.yaml", format!("exceptions: [{until}]\n{settings}"));
    assert_eq!(found(&project, &["--drift", "--today", "2026-07-01"], ExitCode::Findings).len(), 2);
    let left_over = shop("", &format!("exceptions: [{exception}]\n"));
    let expected = "overlays/shop/prod/overlay.yaml:6 no `environment-drift` is found on `ConfigMap/shop-settings`, so there is nothing to let pass";
    assert_eq!(found(&left_over, &["--drift"], ExitCode::Fine), [expected]);
}

#[test]
fn levels_are_those_of_the_environment_that_lacks_something() {
    let config = "app: {config: {settings: {CACHE: redis}}}\n";
    let strict = shop(config, "policy: {environment-drift: error}\n");
    assert_eq!(found(&strict, &["--drift"], ExitCode::Findings).len(), 1);
    let left_out = shop(config, "policy: {environment-drift: ignore}\n");
    let expected = "-:null no application that is checked has two environments (`shop`)";
    assert_eq!(found(&left_out, &["--drift"], ExitCode::Findings), [expected]);
    assert_eq!(found(&strict, &["--drift", "overlays/shop/staging"], ExitCode::Findings), [expected]);
}

#[test]
fn kustomizations_are_environments_of_the_base_that_they_share() {
    let kustomization = |keys: &str| {
        format!("resources: [../../base]\nconfigMapGenerator:\n  - name: settings\n    literals: [{keys}]\n")
    };
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\ndata: {A: x}\n";
    let project = Project::new(&[
        ("k/base/kustomization.yaml", "resources: [map.yaml]\n"),
        ("k/base/map.yaml", map),
        ("k/overlays/dev/kustomization.yaml", &kustomization("A=1,\n      B=2")),
        ("k/overlays/prod/kustomization.yaml", &format!("nameSuffix: -prod\n{}", kustomization("A=1"))),
    ]);
    let expected = "k/overlays/dev/kustomization.yaml:5 `ConfigMap/settings` of `k/base` has the key `B` in `k/overlays/dev` and not in `k/overlays/prod`";
    assert_eq!(found(&project, &["--drift"], ExitCode::Fine), [expected]);
}

#[test]
fn two_overlays_that_render_one_object_to_one_cluster_are_an_error() {
    let project = shop("", "");
    project.write("overlays/shop/prod/overlay.yaml", overlay("prod", "").replace("shop-prod", "shop-staging"));
    let said = found(&project, &[], ExitCode::Findings);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("`overlays/shop/prod` and `overlays/shop/staging` both render `ConfigMap/shop-settings-"),
        "{said:?}"
    );
    assert!(said[0].contains("other objects"), "{said:?}");
    assert_eq!(project.strata(&["build", "overlays", "-o", "out"]).err, "", "a build says nothing of it");
    let one = "argocd: {application: shop}\n";
    let phases = shop(one, one);
    phases.write("overlays/shop/prod/overlay.yaml", overlay("prod", one).replace("shop-prod", "shop-staging"));
    assert_eq!(found(&phases, &[], ExitCode::Fine), [""; 0], "one Argo CD application, two states of it");
    assert_eq!(found(&shop("", ""), &[], ExitCode::Fine), [""; 0]);
}
