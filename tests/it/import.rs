//! `strata import kustomize`: what it writes renders what the kustomizations render.

use serde_json::{Value, json};
use strata::cli::ExitCode;

use crate::fixture::{Objects, Project};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: ghcr.io/acme/web:latest
        ports: [{containerPort: 8080, name: http}]
        envFrom: [{configMapRef: {name: web-config}}]
        env:
        - {name: ZONE, value: \"yes\"}
        - {name: API_TOKEN, valueFrom: {secretKeyRef: {name: web-secrets, key: API_TOKEN}}}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 5}
        resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}
        volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
";

const BASE: [(&str, &str); 4] = [
    (
        "k8s/base/kustomization.yaml",
        "resources: [deployment.yaml, service.yaml, more.yaml]\n\
         configMapGenerator: [{name: web-config, literals: [LOG_LEVEL=info, PORT=8080]}]\n",
    ),
    ("k8s/base/deployment.yaml", DEPLOYMENT),
    (
        "k8s/base/service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app: web}}\n\
         spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}\n",
    ),
    (
        "k8s/base/more.yaml",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n---\n\
         apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  rules:\n  - host: web.example.com\n    \
         http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}]}\n",
    ),
];

const DEV: &str = "\
resources: [../../base]
namespace: web-dev
namePrefix: dev-
images: [{name: ghcr.io/acme/web, newTag: v1.2.3-rc1}]
";

const PROD: &str = "\
resources: [../../base, budget.yaml]
namespace: web-prod
namePrefix: prod-
labels: [{pairs: {tier: production}, includeTemplates: true}]
images: [{name: ghcr.io/acme/web, newTag: v1.2.3}]
replicas: [{name: web, count: 4}]
configMapGenerator: [{name: web-config, behavior: merge, literals: [LOG_LEVEL=warn, REGION=eu]}]
secretGenerator: [{name: web-secrets, literals: [API_TOKEN=hunter2]}]
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec: {template: {spec: {containers: [{name: web, resources: {limits: {memory: 1Gi}}, env: [{name: EXTRA, value: \"1\"}]}]}}}
- target: {kind: Ingress}
  patch: '- {op: replace, path: /spec/rules/0/host, value: web.example.org}'
";

const BUDGET: &str = "\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
";

fn shop() -> Project {
    let overlays = [
        ("k8s/overlays/dev/kustomization.yaml", DEV),
        ("k8s/overlays/prod/kustomization.yaml", PROD),
        ("k8s/overlays/prod/budget.yaml", BUDGET),
    ];
    Project::new(&[BASE.as_slice(), overlays.as_slice()].concat())
}

/// The objects of a build without what an import may add, lists of named things in one order.
fn plain(text: &str) -> Vec<Value> {
    let mut objects = Objects::read(text).0;
    objects.iter_mut().for_each(strip);
    objects.sort_by_key(|object| format!("{} {}", object["kind"], object["metadata"]["name"]));
    objects
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(labels)) = map.get_mut("labels") {
                labels.retain(|key, _| !key.starts_with("app.kubernetes.io/"));
            }
            if let Some(Value::Object(annotations)) = map.get_mut("annotations") {
                annotations.retain(|key, _| !key.starts_with("argocd.argoproj.io/"));
            }
            if map.get("protocol") == Some(&json!("TCP")) {
                map.remove("protocol");
            }
            if map.get("serviceAccountName") == Some(&json!("default")) {
                map.remove("serviceAccountName");
            }
            if map.get("port") == Some(&json!({"name": "http"})) {
                map.insert("port".into(), json!({"number": 80}));
            }
            if map.get("targetPort") == Some(&json!(8080)) {
                map.insert("targetPort".into(), json!("http"));
            }
            if let Some(Value::Array(env)) = map.get_mut("env") {
                env.sort_by_key(|variable| variable["name"].to_string());
            }
            map.values_mut().for_each(strip);
            map.retain(|_, value| *value != json!({}));
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Holds that the report calls these objects typed.
fn typed(report: &str, objects: &[&str]) {
    for object in objects {
        assert!(report.contains(&format!("typed     {object}\n")), "{object}:\n{report}");
    }
}

/// Imports `folder` into `out` and compares the builds of `overlays`.
fn imported(project: &Project, folder: &str, overlays: &[(&str, &str)]) -> String {
    let ran = project.strata(&["import", "kustomize", folder, "--output", "out", "--name", "shop"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}{}", ran.out, ran.err);
    for (from, to) in overlays {
        let before = project.strata(&["build", from]);
        let after = project.strata_in("out", &["build", to]);
        assert_eq!(after.code, ExitCode::Fine, "{}", after.err);
        assert_eq!(plain(&after.out), plain(&before.out), "{from}");
    }
    ran.out
}

const OVERLAYS: [(&str, &str); 2] =
    [("k8s/overlays/dev", "overlays/shop/dev"), ("k8s/overlays/prod", "overlays/shop/prod")];

#[test]
fn a_base_and_its_overlays_become_an_application_that_renders_the_same() {
    let project = shop();
    let report = imported(&project, "k8s", &OVERLAYS);
    typed(&report, &["ConfigMap/web-config", "Deployment/web", "Service/web", "ServiceAccount/web", "Ingress/web"]);
    typed(&report, &["PodDisruptionBudget/web"]);
    assert!(
        report
            .ends_with("\n6 of 7 objects are typed, 1 object has patches\nnext: strata build out/overlays/shop/dev\n"),
        "{report}"
    );
    let prod = project.read("out/overlays/shop/prod/overlay.yaml");
    for text in [
        "namespace: web-prod",
        "prefix: prod-",
        "tier: production",
        "tag: v1.2.3",
        "replicas: 4",
        "LOG_LEVEL: warn",
        "- web.example.org",
    ] {
        assert!(prod.contains(text), "{prod}");
    }
    assert!(!prod.contains("enableServiceLinks"), "what all environments undo is said once:\n{prod}");
    let app = project.read("out/base/shop/app.yaml");
    assert!(app.contains("service: 80") && app.contains("secret: web-secrets"), "{app}");
}

#[test]
fn every_way_to_name_the_base_and_its_overlays_leads_to_the_same_project() {
    let files = |folder: &str| {
        let project = shop();
        imported(&project, folder, &OVERLAYS);
        (project.read("out/base/shop/app.yaml"), project.read("out/overlays/shop/prod/overlay.yaml"))
    };
    let first = files("k8s");
    assert_eq!(files("k8s/base"), first);
    assert_eq!(files("k8s/overlays"), first);
}

#[test]
fn one_kustomization_is_an_application_with_one_overlay() {
    let project = shop();
    imported(&project, "k8s/overlays/prod", &[("k8s/overlays/prod", "overlays/shop/prod")]);
}

#[test]
fn values_of_secrets_are_in_no_typed_file_and_in_no_report() {
    let project = shop();
    let report = imported(&project, "k8s", &OVERLAYS);
    let files = ["out/base/shop/app.yaml", "out/overlays/shop/prod/overlay.yaml", "out/components/shop/component.yaml"];
    for text in files.map(|file| project.read(file)).iter().chain([&report]) {
        assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    }
    assert!(report.contains("Secret/web-secrets: a Secret stays what it is"), "{report}");
}

#[test]
fn each_file_that_gets_the_values_of_a_secret_is_named() {
    let project = shop();
    let ran = project.strata(&["import", "kustomize", "k8s", "--output", "out", "--name", "shop"]);
    let warning = "warning[secret-values-copied]: `overlays/shop/prod/resources/secret-web-secrets.yaml` holds the values \
                   of the Secret `web-secrets-";
    assert!(ran.err.contains(warning) && !ran.err.contains("aHVudGVyMg"), "{}", ran.err);
    assert_eq!(ran.err.matches("secret-values-copied").count(), 1, "{}", ran.err);
    assert!(project.read("out/overlays/shop/prod/resources/secret-web-secrets.yaml").contains("aHVudGVyMg"));
}

#[test]
fn defaults_that_are_allowed_are_listed_and_not_patched_away() {
    let project = shop();
    let args = ["import", "kustomize", "k8s", "--output", "out", "--name", "shop", "--allow-defaults"];
    let report = project.strata(&args).out;
    assert!(
        report.contains("differs  /spec/template/spec/enableServiceLinks by the rule no-service-links\n"),
        "{report}"
    );
    assert!(!report.contains("remove /spec/template/spec/enableServiceLinks"), "{report}");
    let built = project.strata_in("out", &["build", "overlays/shop/dev"]).out;
    assert!(built.contains("enableServiceLinks: false"), "{built}");
}

#[test]
fn the_report_says_which_field_stands_against_a_typed_object_and_where_it_is() {
    let project = shop();
    let exact = project.read("k8s/base/more.yaml").replace("Prefix", "Exact");
    project.write("k8s/base/more.yaml", &exact);
    let ran = project.strata(&["import", "kustomize", "k8s", "--output", "out", "--name", "shop", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["app"], &report["environments"]), (&json!("shop"), &json!(["dev", "prod"])));
    let objects = report["objects"].as_array().unwrap();
    let ingress = objects.iter().find(|object| object["object"] == "Ingress/web").unwrap();
    assert_eq!(ingress["became"], "resource");
    assert_eq!(ingress["why"], "the paths of a route are prefixes");
    assert_eq!(ingress["place"], "k8s/base/more.yaml:11:40");
    let host = "k8s/overlays/prod/kustomization.yaml:16:60";
    let patched = json!([{"environment": "prod", "op": "replace", "path": "/spec/rules/0/host", "place": host}]);
    assert_eq!(ingress["patched"], patched);
    let deployment = objects.iter().find(|object| object["object"] == "Deployment/web").unwrap();
    let of_rules = deployment["patched"].as_array().unwrap().iter().filter(|one| one["rule"] == "no-service-links");
    assert_eq!(of_rules.count(), 2, "{deployment}");
}

const STATE: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {team: shop}}
---
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: pg, port: 5432, targetPort: pg}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: docker.io/library/postgres:17.2
        ports: [{name: pg, containerPort: 5432}]
        volumeMounts: [{name: data, mountPath: /data}, {name: more, mountPath: /more}]
        resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {memory: 256Mi}}
      volumes: [{name: more, persistentVolumeClaim: {claimName: more}}]
  volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], volumeMode: Filesystem, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: more}
spec: {accessModes: [ReadWriteMany], storageClassName: slow, resources: {requests: {storage: 5Gi}}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: smoke
  annotations: {argocd.argoproj.io/hook: PostSync, argocd.argoproj.io/hook-delete-policy: BeforeHookCreation}
spec:
  backoffLimit: 1
  activeDeadlineSeconds: 60
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: smoke
        image: docker.io/library/busybox:1.37
        args: [\"true\"]
        resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
";

fn with_state(state: &str) -> Project {
    let prod = "resources: [../../base]\nnamespace: web-prod\npatches:\n- patch: '{apiVersion: apps/v1, kind: StatefulSet, \
                metadata: {name: db}, spec: {replicas: 3}}'\n";
    Project::new(&[
        ("k8s/base/kustomization.yaml", "resources: [state.yaml]\n"),
        ("k8s/base/state.yaml", state),
        ("k8s/overlays/dev/kustomization.yaml", "resources: [../../base]\nnamespace: web-dev\n"),
        ("k8s/overlays/prod/kustomization.yaml", prod),
    ])
}

#[test]
fn stateful_sets_claims_hooks_and_the_namespace_are_typed() {
    let project = with_state(STATE);
    let report = imported(&project, "k8s", &OVERLAYS);
    typed(&report, &["StatefulSet/db", "Service/db", "PersistentVolumeClaim/more", "Job/smoke", "Namespace/web"]);
    let app = project.read("out/base/shop/app.yaml");
    for text in ["statefulSets:\n  db:\n", "claimTemplate:\n          size: 1Gi\n", "claim: more\n", "run: afterSync\n"]
    {
        assert!(app.contains(text), "{text}:\n{app}");
    }
    let prod = project.read("out/overlays/shop/prod/overlay.yaml");
    assert!(prod.contains("app:\n  statefulSets:\n    db:\n      replicas: 3\n"), "{prod}");
    assert!(prod.contains("namespace:\n  name: web-prod\n  create: true\n"), "{prod}");
}

#[test]
fn what_the_model_cannot_say_of_state_stays_a_manifest_with_the_reason() {
    let state = STATE.replace("serviceName: db", "serviceName: gone").replace("PostSync", "PreSync");
    let report = imported(&with_state(&state), "k8s", &OVERLAYS);
    for line in [
        "resource  StatefulSet/db: the Service `gone` that names its pods is not there (k8s/base/state.yaml:14:16)\n",
        "resource  Job/smoke: Jobs of the model are hooks of the phases Sync and PostSync (k8s/base/state.yaml:41:42)\n",
    ] {
        assert!(report.contains(line), "{line}:\n{report}");
    }
}

#[test]
fn environments_without_a_base_share_what_all_have_and_say_the_rest_in_their_layers() {
    let deployment = |name: &str, replicas: &str| {
        DEPLOYMENT.replace("name: web, labels: {app: web}", &format!("name: {name}")).replace("replicas: 1", replicas)
    };
    let project = Project::new(&[
        ("o/a/kustomization.yaml", "namespace: a\nresources: [web.yaml]\n"),
        ("o/a/web.yaml", &deployment("web", "replicas: 1")),
        ("o/b/kustomization.yaml", "namespace: b\nresources: [web.yaml, only.yaml]\n"),
        ("o/b/web.yaml", &deployment("web", "replicas: 5")),
        ("o/b/only.yaml", &deployment("only", "replicas: 2").replace("app: web", "app: only")),
    ]);
    let report = imported(&project, "o", &[("o/a", "overlays/shop/a"), ("o/b", "overlays/shop/b")]);
    typed(&report, &["Deployment/web", "Deployment/only"]);
    let overlay = project.read("out/overlays/shop/b/overlay.yaml");
    assert!(overlay.contains("replicas: 5") && overlay.contains("replicas: 2"), "{overlay}");
    assert!(!project.read("out/base/shop/app.yaml").contains("only"));
}

#[test]
fn a_name_that_two_objects_share_a_deletion_and_an_unprefixed_overlay_render_the_same() {
    let two = format!(
        "{DEPLOYMENT}---\n{}",
        DEPLOYMENT.replace("name: web, labels: {app: web}", "name: job").replace("app: web", "app: job")
    );
    let project = Project::new(&[
        ("k8s/base/kustomization.yaml", "resources: [web.yaml, config.yaml]\n"),
        ("k8s/base/web.yaml", &two),
        (
            "k8s/base/config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-config}\ndata: {A: \"${{ values.x }}\"}\n",
        ),
        ("k8s/overlays/a/kustomization.yaml", "resources: [../../base]\n"),
        (
            "k8s/overlays/b/kustomization.yaml",
            "resources: [../../base]\nnameSuffix: -b\npatches: [{patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: job}, $patch: delete}'}]\n",
        ),
    ]);
    imported(&project, "k8s", &[("k8s/overlays/a", "overlays/shop/a"), ("k8s/overlays/b", "overlays/shop/b")]);
}

#[test]
fn overlays_without_a_base_are_manifests_and_what_strata_refuses_is_said() {
    let project = Project::new(&[
        ("o/a/kustomization.yaml", "resources: [c.yaml]\n"),
        ("o/a/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"),
        ("o/b/kustomization.yaml", "resources: [c.yaml]\nnamespace: b\n"),
        ("o/b/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {k: v}\n"),
    ]);
    imported(&project, "o", &[("o/a", "overlays/shop/a"), ("o/b", "overlays/shop/b")]);
}

/// What an import says that cannot be done; it writes nothing.
fn refusal(project: &Project, folder: &str) -> String {
    let ran = project.strata(&["import", "kustomize", folder, "--output", "out", "--name", "shop"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{}", ran.err);
    assert!(!project.path().join("out/base").exists());
    ran.err
}

#[test]
fn what_cannot_be_imported_is_said_and_nothing_is_written() {
    let project = shop();
    project.write("empty/readme.md", "");
    assert!(refusal(&project, "nowhere").contains("error[not-found]: there is no folder"));
    assert!(refusal(&project, "empty").contains("error[no-kustomization]:"));
    project.write("bad/kustomization.yaml", "resources: [gone.yaml]\n");
    assert!(refusal(&project, "bad").contains("bad/kustomization.yaml:1:13"));
    project.write("k8s/overlays/dev/kustomization.yaml", "resources: [../../base]\nnames: x\n");
    assert!(refusal(&project, "k8s").contains("k8s/overlays/dev/kustomization.yaml:2:1"));
    project.write("strata.yaml", "");
    assert!(refusal(&project, "k8s/base").contains("error[nested-project]:"));
}

#[test]
fn existing_files_are_not_written_over() {
    let project = shop();
    project.write("out/overlays/shop/prod/overlay.yaml", "mine");
    let err = project.strata(&["import", "kustomize", "k8s", "--output", "out", "--name", "shop"]).err;
    assert!(err.starts_with("error[would-overwrite]: `overlays/shop/prod/overlay.yaml` exists already\n"), "{err}");
    assert_eq!(project.read("out/overlays/shop/prod/overlay.yaml"), "mine");
    assert!(!project.path().join("out/base").exists());
}

const BESIDE: &str = "\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: other}
spec: {minAvailable: 1, selector: {matchLabels: {app: other}}}
";

const CRON_JOB: &str = "\
apiVersion: batch/v1
kind: CronJob
metadata: {name: web-tidy}
spec:
  schedule: 0 3 * * *
  concurrencyPolicy: Forbid
  failedJobsHistoryLimit: 2
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          serviceAccountName: web
          containers:
          - name: tidy
            image: ghcr.io/acme/web:latest
            args: [tidy]
            envFrom: [{configMapRef: {name: web-config}}]
            resources: {requests: {cpu: 50m, memory: 64Mi}}
";

#[test]
fn cron_jobs_and_what_stands_beside_a_deployment_are_typed() {
    let project = shop();
    project.write("k8s/base/deployment.yaml", DEPLOYMENT.replace("  replicas: 1\n", ""));
    project.write("k8s/base/cron.yaml", CRON_JOB);
    let base = project.read("k8s/base/kustomization.yaml").replace("more.yaml]", "more.yaml, cron.yaml]");
    project.write("k8s/base/kustomization.yaml", &base);
    // The base has neither autoscaler nor budget.
    project.write("k8s/overlays/prod/budget.yaml", BESIDE);
    let prod = PROD.replace("replicas: [{name: web, count: 4}]\n", "");
    project.write("k8s/overlays/prod/kustomization.yaml", &prod);
    let report = imported(&project, "k8s", &OVERLAYS);
    typed(&report, &["CronJob/web-tidy", "HorizontalPodAutoscaler/web", "PodDisruptionBudget/web"]);
    assert!(report.contains("PodDisruptionBudget/other: no typed Deployment is what it is for\n"), "{report}");
    let app = project.read("out/base/shop/app.yaml");
    assert!(app.contains("cronJobs:\n  tidy:\n    name: web-tidy\n    schedule: 0 3 * * *\n"), "{app}");
    assert!(!app.contains("autoscaling"), "{app}");
    let prod = project.read("out/overlays/shop/prod/overlay.yaml");
    assert!(prod.contains("autoscaling:\n        min: 2\n        max: 6\n        cpu: 70\n"), "{prod}");
    assert!(prod.contains("disruption:\n        minAvailable: 1\n"), "{prod}");
}
