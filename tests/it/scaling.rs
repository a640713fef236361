//! Workers that are like another workload, autoscaling, disruption budgets, and where sources lie.

use serde_json::json;

use crate::fixture::{Objects, Project, app_file, overlay_file};

/// A server with what a worker of the same image takes over, and what it does not.
const SERVER: &str = "\
deployments:
  main:
    replicas: 3
    ports: {http: {container: 3000, service: 80}}
    probes: {readiness: {http: {path: /}}}
    command: [node, server.js]
    args: [--port, '3000']
    env: {MODE: pgboss, DEBUG: '1'}
    resources: {requests: {cpu: 100m, memory: 64Mi}}
    volumes: {data: {claim: datasets, mount: /datasets}}
    security: {runAsUser: 1000}
    serviceAccount: {annotations: {role: shop}}
    labels: {tier: web}
    podAnnotations: {scrape: 'yes'}
";

fn built(app: &str, overlay: &str) -> Objects {
    Project::usual(app, overlay, &[]).objects()
}

#[track_caller]
fn refused(app: &str, overlay: &str, parts: &[&str]) {
    let said = Project::usual(app, overlay, &[]).refusal();
    for part in parts {
        assert!(said.contains(part), "`{part}` in {said}");
    }
}

#[test]
fn a_worker_takes_what_makes_the_pods_of_another_workload_and_nothing_else() {
    let objects = built(SERVER, "app: {workers: {jobs: {like: main}}}\n");
    let (main, jobs) = (objects.pod("shop"), objects.pod("shop-jobs"));
    let (server, worker) = (&main["spec"]["containers"][0], &jobs["spec"]["containers"][0]);
    for field in ["image", "command", "args", "env", "resources", "volumeMounts", "securityContext"] {
        assert_eq!(server[field], worker[field], "{field}");
        assert!(!server[field].is_null(), "{field}");
    }
    assert_eq!(main["spec"]["volumes"], jobs["spec"]["volumes"]);
    assert_eq!(jobs["spec"]["serviceAccountName"], "shop", "the account is shared");
    assert!(worker["ports"].is_null() && worker["readinessProbe"].is_null());
    assert!(jobs["metadata"]["annotations"].is_null() && jobs["metadata"]["labels"]["tier"].is_null());
    let deployment = objects.get("Deployment", "shop-jobs");
    assert!(deployment["spec"]["replicas"].is_null() && deployment["metadata"]["labels"]["tier"].is_null());
}

#[test]
fn what_is_taken_is_what_all_layers_make_of_it_and_lies_below_every_field_of_its_own() {
    let app = format!(
        "{SERVER}workers: {{jobs: {{like: main, command: [node, worker.js], env: {{TYPES: a, DEBUG: '2'}}}}}}\n"
    );
    let overlay = "app: {deployments: {main: {env: {MODE: cron, DEBUG: '3', NEW: x}}}, workers: {jobs: {env: {TYPES: b, NEW: null}, volumes: null}}}\n";
    let objects = built(&app, overlay);
    let env = objects.env("shop-jobs");
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    assert_eq!(env, [("MODE", "cron"), ("DEBUG", "2"), ("TYPES", "b")]);
    let container = objects.container("shop-jobs");
    assert_eq!(container["command"], json!(["node", "worker.js"]));
    assert!(container["args"].is_null(), "arguments go with the command that they were written for");
    assert!(container["volumeMounts"].is_null() && !objects.container("shop")["volumeMounts"].is_null());
}

#[test]
fn likeness_leads_through_several_workloads_of_any_section_and_can_be_taken_away() {
    let app = "\
deployments: {main: {env: {A: '1'}}}
workers: {jobs: {like: nightly, env: {C: '3'}}}
cronJobs: {nightly: {like: main, schedule: '@daily', env: {B: '2'}}}
";
    let names = |objects: &Objects| objects.env("shop-jobs").into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&built(app, "")), ["A", "B", "C"]);
    assert_eq!(names(&built(app, "app: {workers: {jobs: {like: main}}}\n")), ["A", "C"]);
    assert_eq!(names(&built(app, "app: {workers: {jobs: {like: null}}}\n")), ["C"]);
    let objects = built(app, "app: {workers: {jobs: null}}\n");
    assert!(!objects.names().contains(&"Deployment/shop-jobs".to_owned()));
}

#[test]
fn likeness_to_what_is_not_there_and_in_a_circle_is_refused_at_the_word() {
    let workers = |more: &str| format!("deployments: {{main: {{}}}}\nworkers: {{{more}}}\n");
    refused(
        &workers("jobs: {like: mian}"),
        "",
        &["error[unknown-workload]: no workload has the key `mian`", "app.yaml:6:24", "did you mean `main`?"],
    );
    refused(
        &workers("a: {like: b}, b: {like: a}"),
        "",
        &["error[like-cycle]: `a` is like `b`, which leads back to it", "app.yaml:6:21", "app.yaml:6:35"],
    );
    refused(&workers("a: {like: a}"), "", &["error[like-cycle]"]);
    refused(
        &workers("jobs: {like: main, env: {X: null}}"),
        "",
        &["error[null-removes-nothing]: no lower layer writes `workers.jobs.env.X`"],
    );
}

#[test]
fn the_guard_of_a_workload_that_is_like_another_stays() {
    let app = "deployments: {main: {}}\nworkers: {jobs: {like: main, replicas: {exactly: 1, because: one writer}}}\n";
    refused(app, "app: {workers: {jobs: null}}\n", &["error[guard-removed]", "one writer"]);
    refused(app, "app: {workers: {jobs: {replicas: 2}}}\n", &["error[replicas-guard]", "one writer"]);
}

#[test]
fn an_error_in_a_taken_field_points_at_the_line_that_wrote_it() {
    refused(
        "deployments:\n  main:\n    resources: {requests: {cpu: lots}}\nworkers: {jobs: {like: main}}\n",
        "",
        &["`lots` is not a quantity", "app.yaml:7:33"],
    );
}

#[test]
fn pods_of_workers_carry_a_name_of_their_own_and_no_service_reaches_them() {
    let objects = built(SERVER, "app: {workers: {jobs: {like: main}}}\n");
    let worker = json!({"app.kubernetes.io/name": "shop-worker", "app.kubernetes.io/component": "jobs"});
    assert_eq!(objects.get("Deployment", "shop-jobs")["spec"]["selector"]["matchLabels"], worker);
    let labels = &objects.pod("shop-jobs")["metadata"]["labels"];
    assert_eq!(labels["app.kubernetes.io/name"], "shop-worker");
    assert_eq!(objects.pod("shop")["metadata"]["labels"]["app.kubernetes.io/name"], "shop");
    let object = &objects.get("Deployment", "shop-jobs")["metadata"]["labels"];
    assert_eq!(object["app.kubernetes.io/name"], "shop", "the object is the application's");
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: all}\nspec: {selector: {app.kubernetes.io/part-of: store}, ports: [{port: 1}]}\n";
    let app = format!("{}workers: {{jobs: {{}}}}\n", SERVER.replace("labels: {tier: web}", "labels: {all: x}"));
    let service = service.replace("app.kubernetes.io/part-of: store", "all: x");
    let project = Project::usual(
        &app.replace("workers: {jobs: {}}", "workers: {jobs: {labels: {all: x}}}"),
        "resources: [s.yaml]\n",
        &[("o/s.yaml", &service)],
    );
    assert!(project.refusal().contains("error[service-catches-other-pods]"));
    let adopted = built("workers: {jobs: {selector: {app: legacy}}}\n", "");
    let labels = &adopted.pod("shop-jobs")["metadata"]["labels"];
    assert_eq!((&labels["app"], &labels["app.kubernetes.io/name"]), (&json!("legacy"), &json!("shop-worker")));
    let long = app_file("workers: {w: {}}\n").replace("name: shop", &format!("name: {}", "a".repeat(60)));
    let project = Project::new(&[
        ("app/app.yaml", &long),
        ("o/overlay.yaml", &overlay_file("../app", "")),
        ("strata.yaml", "environments: {prod: {}}\n"),
    ]);
    assert!(project.refusal().contains("cannot carry the label value"));
}

const SCALED: &str =
    "deployments: {main: {resources: {requests: {cpu: 1, memory: 1Gi}}, autoscaling: {max: 6, cpu: 70}}}\n";

#[test]
fn an_autoscaler_takes_the_place_of_a_number() {
    let objects = built(
        SCALED,
        "names: {prefix: x-}\napp: {deployments: {main: {autoscaling: {min: 2, memory: 80, scaleDownStabilizationSeconds: 600}}}}\n",
    );
    let scaler = objects.one("HorizontalPodAutoscaler");
    let metric = |name: &str, percent: u32| json!({"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}}});
    assert_eq!(
        scaler["spec"],
        json!({
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x-shop"},
            "minReplicas": 2, "maxReplicas": 6,
            "metrics": [metric("memory", 80), metric("cpu", 70)],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
        })
    );
    assert_eq!(scaler["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"], "20");
    assert!(objects.one("Deployment")["spec"]["replicas"].is_null());
    assert_eq!(built(SCALED, "").one("HorizontalPodAutoscaler")["spec"]["minReplicas"], 1);
}

#[test]
fn a_number_and_an_autoscaler_exclude_each_other_in_whatever_layer() {
    let number = "app: {deployments: {main: {replicas: 3}}}\n";
    refused(SCALED, number, &["error[conflicting-fields]: `main` has both", "overlay.yaml:6:38", "app.yaml:5:87"]);
    let objects = built(SCALED, "app: {deployments: {main: {replicas: 3, autoscaling: null}}}\n");
    assert_eq!(objects.one("Deployment")["spec"]["replicas"], 3);
    refused(
        SCALED,
        "patches: [{target: {kind: Deployment}, merge: {spec: {replicas: 3}}}]\n",
        &["error[replicas-beside-autoscaler]", "overlay.yaml:6:65"],
    );
    let guard =
        |most: u32| format!("app: {{deployments: {{main: {{replicas: {{max: {most}, because: licences}}}}}}}}\n");
    assert!(built(SCALED, &guard(6)).one("Deployment")["spec"]["replicas"].is_null());
    refused(SCALED, &guard(5), &["error[replicas-guard]", "sets `maxReplicas` to 6", "licences", "app.yaml:5:87"]);
}

#[test]
fn an_autoscaler_that_could_not_work_is_refused() {
    let app = |fields: &str| format!("deployments: {{main: {{{fields}}}}}\n");
    for (fields, part) in [
        ("autoscaling: {max: 3, cpu: 70}", "error[autoscaling-without-request]: the container `shop` requests no cpu"),
        ("autoscaling: {max: 3}", "error[missing-field]: `autoscaling` of `main` follows no load"),
        ("autoscaling: {min: 3, cpu: 70}", "error[missing-field]: `autoscaling` of `main` has no `max`"),
        ("autoscaling: {min: 4, max: 3, cpu: 70}", "`min` is 4, above `max`, which is 3"),
        ("autoscaling: {min: 0, max: 3, cpu: 70}", "`min` of `autoscaling` is at least 1"),
        (
            "resources: {limits: {cpu: 1}}, sidecars: {proxy: {image: 'envoy:1.31.0'}}, autoscaling: {max: 3, cpu: 70}",
            "the container `proxy` requests no cpu",
        ),
        (
            "resources: {limits: {cpu: 1}}, autoscaling: {max: 3, cpu: 70, scaleUpStabilizationSeconds: 4000}",
            "3600 seconds",
        ),
    ] {
        refused(&app(fields), "", &[part]);
    }
}

#[test]
fn a_budget_has_the_selector_of_its_pods_and_leaves_one_that_may_go() {
    let app = "deployments: {main: {replicas: 2, wave: 3, disruption: {minAvailable: 1}}}\n";
    let objects = built(app, "");
    let budget = objects.one("PodDisruptionBudget");
    let labels = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/component": "main"});
    assert_eq!(budget["spec"], json!({"minAvailable": 1, "selector": {"matchLabels": labels}}));
    assert_eq!(budget["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"], "3");
    let other = built(app, "app: {deployments: {main: {disruption: {maxUnavailable: 25%}}}}\n");
    assert_eq!(other.one("PodDisruptionBudget")["spec"]["maxUnavailable"], "25%");
    assert!(other.one("PodDisruptionBudget")["spec"]["minAvailable"].is_null());
    let alone = "app: {deployments: {main: {replicas: 1}}}\n";
    refused(
        app,
        alone,
        &["error[disruption-blocks-drain]", "has 1 as `minAvailable`: of 1 pod none may go", "app.yaml:5:71"],
    );
    for (bound, part) in [
        ("{}", "needs exactly one of"),
        ("{maxUnavailable: 1, minAvailable: 1}", "needs exactly one of"),
        ("{maxUnavailable: half}", "expected a number of pods, or a percentage"),
        ("{maxUnavailable: 0}", "error[disruption-blocks-drain]"),
    ] {
        refused(&format!("deployments: {{main: {{disruption: {bound}}}}}\n"), "", &[part]);
    }
}

#[test]
fn where_sources_lie_is_said_on_the_object() {
    let objects = built("deployments: {main: {sourcePaths: [api/**, 'go.{mod,sum}']}}\n", "");
    let deployment = objects.one("Deployment");
    assert_eq!(deployment["metadata"]["annotations"]["strata.dev/source-paths"], "api/**;go.{mod,sum}");
    assert!(objects.pod("shop")["metadata"]["annotations"].is_null());
    for path in ["/api", "../api", "''", "a;b"] {
        refused(&format!("deployments: {{main: {{sourcePaths: [{path}]}}}}\n"), "", &["error[invalid-source-path]"]);
    }
}
