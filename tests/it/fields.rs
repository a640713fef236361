//! No field is silently ignored: whatever is taken out of an application that says everything
//! changes what is rendered, or is refused; and the schema has no field that is not proven so.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use strata::cli::ExitCode;

use crate::fixture::{Project, overlay_file};

/// Fields that speak only in other circumstances: descriptions are for people, a default may be said,
/// guards, forbidden keys and what policies, proofs and monitors read speak when they are broken, and
/// [`changes`] breaks them.
const SILENT: [&str; 17] = [
    "verifyRollout.enabled",
    "verifyDependencies.enabled",
    "metricSources.own.workload",
    "metricSources.database.database.dependency",
    "secrets.s.keys.OTHER.part",
    "dependencies.database.version",
    "dependencies.cache.url",
    "dependencies.cache.service.labels",
    "dependencies.cache.service.labels.app",
    "dependencies.outer.external.cidrs",
    "dependencies.later",
    "verifySecrets.enabled",
    "secrets.s.keys.KEY.description",
    "secrets.s.forbidden",
    "deployments.guarded.replicas.min",
    "deployments.guarded.replicas.max",
    "routes.main.deployment",
];

/// Changes of the maximal application that must show or be refused, for what taking away alone
/// cannot prove.
fn changes() -> Vec<(&'static str, Value)> {
    vec![
        ("metricSources.own.workload", json!("plain")),
        ("metricSources.database.database.dependency", json!("cache")),
        ("secrets.s.keys.OTHER.part", json!("host")),
        ("dependencies.database.version", json!("17")),
        ("dependencies.cache.url.key", json!("MISSING")),
        ("dependencies.cache.service.labels.app", json!("not a label")),
        ("dependencies.outer.external.cidrs", json!(["10.0.0.0"])),
        ("verifySecrets.enabled", json!(false)),
        ("verifyRollout.enabled", json!(false)),
        ("verifyDependencies.enabled", json!(false)),
        ("secrets.s.forbidden", json!(["KEY"])),
        ("deployments.guarded.replicas.max", json!(1)),
        ("deployments.guarded.replicas.min", json!(3)),
        ("deployments.main.security.privileged", json!(true)),
        ("deployments.main.sidecars.side.after", json!("other")),
        ("deployments.main.initContainers.init.ports.x.container", json!(9)),
        ("deployments.main.initContainers.init.probes.liveness.tcp.port", json!(9)),
        ("deployments.main.initContainers.init.lifecycle.preStop.sleep", json!(9)),
        ("deployments.main.sidecars.side.security.fsGroup", json!(5)),
        ("workers.queue.ports.http.service", json!(80)),
        ("workers.queue.service.name", json!("x")),
        ("jobs.seed.run", json!("afterSync")),
        ("routes.main.deployment", json!("headless")),
    ]
}

/// The workloads that say all that a pod may say: section, key and wave.
const PODS: [(&str, &str, i32); 6] = [
    ("deployments", "main", 3),
    ("workers", "queue", 4),
    ("cronJobs", "nightly", 5),
    ("migrations", "schema", -11),
    ("jobs", "seed", -6),
    ("statefulSets", "store", 6),
];

/// What every workload may say; `wave` and `at` make it different from the others.
fn pod(wave: i32) -> Value {
    json!({
        "name": format!("exact-{wave}"), "image": "ghcr.io/acme/other:v1.0.0", "imagePullPolicy": "Always",
        "command": ["run"], "args": ["fast"], "workingDir": "/work",
        "env": {
            "TEXT": "x", "K": {"secret": "s", "key": "KEY", "optional": true}, "CONF": {"config": "settings", "key": "LEVEL", "optional": true},
            "IP": {"field": "status.podIP"}, "MEM": {"resource": "limits.memory"},
            "NUM": {"number": "ids"},
            "DB": {"dependency": "database", "part": "host"}, "CACHE": {"dependency": "cache", "part": "address"},
            "OUTER": {"dependency": "outer", "part": "address"}, "THEIRS": {"dependency": "theirs", "part": "host"},
        },
        "config": [],
        "resources": {
            "requests": {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "1Gi"},
            "limits": {"cpu": "200m", "memory": "128Mi", "ephemeral-storage": "2Gi"},
        },
        "volumes": {
            "tmp": {"emptyDir": {"sizeLimit": "64Mi", "memory": true}, "mount": {"path": "/tmp", "subPath": "a", "readOnly": true}},
            "pvc": {"claim": "data", "mount": "/data"},
            "conf": {"config": "settings", "mount": "/conf", "items": {"LEVEL": "level.txt"}},
            "sec": {"secret": "s", "mount": "/sec", "items": {"KEY": "key.txt"}},
            "pro": {"projected": {"sources": [{"configMap": {"name": "x"}}]}, "mount": "/pro"},
        },
        "initContainers": {
            "zero": {"command": ["zero"]},
            "init": {
                "image": "busybox:1.36", "imagePullPolicy": "Always", "command": ["a"], "args": ["b"], "workingDir": "/w",
                "env": {"A": "1", "B": {"secret": "s", "key": "KEY", "optional": true}},
                "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "2Mi"}},
                "mounts": {"tmp": {"path": "/t", "subPath": "b", "readOnly": true}, "pvc": "/p"},
                "security": {"runAsUser": 7, "readOnlyRootFilesystem": true, "addCapabilities": ["NET_ADMIN"]},
            },
            "late": {"command": ["late"], "after": "zero"},
        },
        "sidecars": {
            "side": {
                "image": "proxy:1.0", "command": ["p"], "ports": {"admin": {"container": 9901, "protocol": "UDP"}, "rpc": {"container": 9902}},
                "probes": {"startup": {"tcp": {"port": 9901}, "periodSeconds": 3}, "liveness": {"exec": ["l"]}, "readiness": {"grpc": {"port": 9902}}},
                "lifecycle": {"preStop": {"exec": ["stop"]}, "postStart": {"http": {"path": "/s", "port": 9901}}},
                "mounts": {"tmp": "/t"},
            },
        },
        "scheduling": {
            "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "a", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "spread": ["topology.kubernetes.io/zone"], "priorityClass": "business",
        },
        "serviceAccount": {
            "name": format!("account-{wave}"), "annotations": {"role": "x"}, "token": false,
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["one"]}],
        },
        "lifecycle": {"postStart": {"exec": ["start"]}, "preStop": {"sleep": 5}},
        "terminationGracePeriodSeconds": 40,
        "security": {
            "runAsUser": 1, "runAsGroup": 2, "fsGroup": 3, "runAsNonRoot": false, "readOnlyRootFilesystem": true,
            "allowPrivilegeEscalation": true, "addCapabilities": ["NET_BIND_SERVICE"], "seccomp": "Unconfined",
        },
        "labels": {"tier": "gold"}, "annotations": {"note": "x"}, "podAnnotations": {"pod": "x"}, "wave": wave,
        "sourcePaths": ["api/**"],
    })
}

fn with(base: Value, more: Value) -> Value {
    let (Value::Object(mut base), Value::Object(more)) = (base, more) else { panic!() };
    base.extend(more);
    Value::Object(base)
}

/// An application that says everything.
fn maximal() -> Value {
    let http = json!({"http": {"path": "/x", "port": "http", "scheme": "HTTPS", "headers": {"Accept": "text/plain"}},
        "initialDelaySeconds": 1, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 4, "successThreshold": 2});
    let said = json!({
        "apiVersion": "strata.dev/v1alpha1", "kind": "App",
        "metadata": {"name": "shop", "partOf": "store", "labels": {"team": "a"}, "annotations": {"owner": "b"}},
        "values": {"who": "world"},
        "uniqueNumbers": {"ids": 3},
        "image": "ghcr.io/acme/shop:v1.0.0", "imagePullPolicy": "Never", "imagePullSecrets": ["regcred"],
        "env": {"HELLO": "${{ values.who }}", "TEXT": "app", "S": {"secret": "s", "key": "KEY"}},
        "deployments": {
            "plain": {}, "boots": {"ports": {"http": {"container": 1, "service": 2}, "admin": {"container": 3, "service": 4}}},
            "late": {"after": ["plain"], "restartOnSecretChange": false},
            "main": with(pod(3), json!({
                "replicas": 3, "strategy": {"maxSurge": 1, "maxUnavailable": "10%"}, "selector": {"app": "legacy"},
                "ports": {
                    "http": {"container": 3000, "service": 80, "nodePort": 30080, "appProtocol": "http"},
                    "dns": {"container": 53, "service": 53, "protocol": "UDP"},
                    "admin": {"container": 3001, "service": 81},
                },
                "probes": {"readiness": http, "liveness": {"tcp": {"port": "http"}}, "startup": {"grpc": {"port": 3000}}},
                "metrics": {"port": "http", "path": "/m", "interval": "30s", "timeout": "5s"},
                "service": {"name": "front", "type": "NodePort", "annotations": {"svc": "x"}},
                "revisionHistoryLimit": 2, "progressDeadlineSeconds": 100, "minReadySeconds": 5,
            })),
            "headless": {"ports": {"http": {"container": 1, "service": 2}, "admin": {"container": 5}}, "service": {"headless": true}},
            "scaled": {
                "autoscaling": {"min": 2, "max": 5, "cpu": 70, "memory": 80, "scaleUpStabilizationSeconds": 1, "scaleDownStabilizationSeconds": 2},
                "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}, "disruption": {"maxUnavailable": 1},
            },
            "kept": {"replicas": 2, "disruption": {"minAvailable": 1}},
            "guarded": {"replicas": {"min": 1, "max": 4, "count": 2, "because": "reasons"}},
            "single": {"replicas": {"exactly": 1, "because": "reasons"}, "serviceAccount": {"name": "theirs", "create": false}},
        },
        "workers": {"alike": {"like": "scaled", "after": ["late"], "restartOnSecretChange": false}, "queue": with(pod(4), json!({
            "replicas": 3, "strategy": "recreate", "selector": {"app": "queue"}, "ports": {"metrics": {"container": 9000}},
            "metrics": {"port": "metrics", "path": "/m", "interval": "30s", "timeout": "5s"},
            "probes": {"liveness": {"exec": ["check"]}},
            "revisionHistoryLimit": 2, "progressDeadlineSeconds": 100, "minReadySeconds": 5,
        }))},
        "statefulSets": {
            "ranked": {"like": "scaled", "ports": {"http": {"container": 1, "service": 2}}},
            "store": with(pod(6), json!({
                "replicas": 3, "podManagement": "Parallel", "selector": {"app": "store"},
                "ports": {"http": {"container": 3000, "service": 80, "nodePort": 30081, "appProtocol": "http"}},
                "probes": {"liveness": {"tcp": {"port": "http"}}},
                "service": {"name": "stored", "type": "NodePort", "annotations": {"svc": "x"}},
                "revisionHistoryLimit": 2, "minReadySeconds": 5,
            })),
            "large": {"volumes": {
                "own": {"claimTemplate": {"size": "1Gi", "storageClass": "fast", "accessModes": ["ReadWriteOncePod"]}, "mount": "/own"},
                "all": {"claim": "all", "mount": "/all"},
            }, "retain": false},
            "quiet": {"restartOnSecretChange": false, "env": {"K": {"secret": "s", "key": "KEY"}}},
            "addressed": {"ports": {"http": {"container": 1, "service": 2}}, "service": {"headless": false}},
        },
        "claims": {
            "all": {"name": "exact-claim", "size": "2Gi", "storageClass": "nfs", "accessModes": ["ReadWriteMany"], "retain": false},
            "rest": {"size": "1Gi"},
        },
        "dependencies": {
            "database": {
                "type": "postgres", "version": "16", "database": "orders", "user": "clerk",
                "password": {"secret": "s", "key": "KEY"}, "schemas": ["sale"], "extensions": ["pgcrypto"],
                "bundled": {
                    "storage": "10Gi", "storageClass": "fast", "image": "postgres:16.4",
                    "resources": {"requests": {"cpu": "10m"}, "limits": {"memory": "1Gi"}},
                    "credentials": {"secret": "s", "key": "OTHER"}, "retain": false,
                    "databases": {
                        "orders": {"schemas": ["audit"], "extensions": ["ltree"]},
                        "reports": {"user": "reporter", "password": {"secret": "s", "key": "KEY"}},
                    },
                },
            },
            "queue": {"type": "rabbitmq", "version": "4.1", "user": "mover", "bundled": {"storage": "1Gi", "credentials": {"secret": "s", "key": "KEY"}}},
            "cache": {"type": "redis", "port": 6380, "url": {"secret": "s", "key": "KEY"},
                "service": {"name": "redis", "namespace": "data", "labels": {"app": "redis"}, "podPort": 6379}},
            "outer": {"type": "http", "port": 8080, "external": {"host": "api.example.com", "cidrs": ["10.0.0.0/24"]}},
            "theirs": {"type": "redis", "application": {"overlay": "../other", "dependency": "second"}},
            "later": {"type": "kafka", "optional": true},
        },
        "cronJobs": {"hourly": {"like": "scaled", "schedule": "@hourly"}, "nightly": with(pod(5), json!({
            "schedule": "0 3 * * *", "timeZone": "Europe/London", "concurrency": "Replace", "suspend": false,
            "startingDeadlineSeconds": 100, "history": {"successful": 5, "failed": 6}, "backoffLimit": 7, "activeDeadlineSeconds": 8,
        }))},
        "migrations": {"data": {"like": "scaled"}, "boot": {"mode": "onBoot", "onBoot": {"deployment": "boots", "env": {"RUN": "x"}}}, "schema": with(pod(-11), json!({"backoffLimit": 7, "activeDeadlineSeconds": 8}))},
        "jobs": {
            "early": {"run": "beforeRollout", "like": "scaled"}, "later": {"after": ["late"]},
            "seed": with(pod(-6), json!({"backoffLimit": 7, "activeDeadlineSeconds": 8})),
        },
        "routes": {
            "main": {
                "name": "public", "deployment": "main", "port": "http", "hosts": ["shop.example.com"], "paths": ["/v1"],
                "exclude": ["/v1/hooks"], "allowed": ["/v1/shop"], "tls": {"secret": "cert", "issuer": "letsencrypt"}, "forceTls": false,
                "websocket": true, "rateLimit": {"requestsPerSecond": 5, "burst": 20}, "annotations": {"route": "x"},
            },
            "plain": {"deployment": "headless"},
        },
        "clients": {
            "pay": {"service": {"namespace": "pay", "labels": {"app": "pay"}}, "deployment": "headless", "port": "http",
                "paths": ["/v1/hooks"], "methods": ["POST"]},
            "queue": {"workload": "queue", "deployment": "headless"},
            "reports": {"service": {"namespace": "reports"}, "dependency": "database"},
            "office": {"cidrs": ["10.0.0.0/8"], "port": "dns"},
        },
        "config": {"settings": {"LEVEL": "info"}, "files": {"app.toml": {"file": "app.toml"}, "K": "v"}, "more": {"M": "1"}},
        "configMaps": {"files": {"name": "exact-files", "hash": false, "env": true}, "more": {"env": false}},
        "secrets": {
            "s": {
                "name": "exact-secret", "path": "/shop",
                "keys": {
                    "KEY": {"from": "/other", "remoteKey": "REMOTE", "description": "for people", "format": "url"},
                    "OTHER": {"optional": true, "format": "pairs", "allowed": ["a", "b"], "dependency": "queue", "part": "password"},
                },
                "forbidden": ["NEVER"],
            },
        },
        "verifySecrets": {"enabled": true, "image": "busybox:1.36", "activeDeadlineSeconds": 33,
            "resources": {"requests": {"cpu": "3m", "memory": "9Mi", "ephemeral-storage": "1Mi"}, "limits": {"cpu": "7m", "memory": "99Mi", "ephemeral-storage": "2Mi"}}},
        "metricSources": {
            "scraped": {"metrics": ["requests_total", "kube_*"], "from": "the gateway"},
            "own": {"metrics": ["own_total"], "workload": "main", "from": "here"},
            "logs": {"logs": {"selector": "{app=\"x\", namespace=\"n\"}"}, "from": "Loki"},
            "database": {"database": {"exporter": "postgres_exporter", "dependency": "database"}},
        },
        "alerts": {
            "Errors": {"source": "scraped", "expr": "rate(requests_total[5m]) > kube_x", "for": "5m", "keepFiringFor": "1m",
                "severity": "critical", "summary": "a", "check": "b", "fix": "c", "escalate": "d", "runbook": "e",
                "labels": {"team": "x"}, "annotations": {"more": "y"}},
            "Own": {"source": "own", "expr": "own_total > 1", "severity": "info"},
            "Lines": {"source": "logs", "expr": "rate({app=\"x\", namespace=\"n\"}[5m]) > 1", "severity": "warning"},
            "Rows": {"source": "database", "query": "SELECT 1 AS value", "metric": "stuck_rows", "severity": "warning"},
        },
        "serviceAccount": {"name": "shared", "annotations": {"role": "y"}, "token": false,
            "rules": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]}]},
    });
    with(said, release())
}

/// What it says of a release; one expression has no room for all.
fn release() -> Value {
    json!({
        "restartOnSecretChange": true,
        "verifyDependencies": {"enabled": true, "image": "pg:16", "activeDeadlineSeconds": 55, "resources": {"requests": {"cpu": "9m"}}},
        "verifyRollout": {"enabled": true, "dependencies": ["database"], "resources": {"limits": {"memory": "99Mi"}}, "image": "curl:8.0", "activeDeadlineSeconds": 44,
            "http": {"ok": {"deployment": "boots", "path": "/ok", "port": "admin", "scheme": "HTTPS"}},
            "urls": {"back": "https://example.com/", "other": {"secret": "s", "key": "KEY", "optional": true}}},
    })
}

/// Another application of the project.
const OTHER: &str = "{apiVersion: strata.dev/v1alpha1, kind: App, metadata: {name: other}, dependencies: \
    {first: {type: redis, bundled: {storage: 1Gi}}, second: {type: redis, bundled: {storage: 1Gi}}}}\n";

const SETTINGS: &str = "environments: {prod: {secrets: {provider: externalSecrets, store: {name: vault}}, \
    routing: {provider: ingress, ingress: {controller: nginx, pods: {namespace: nginx}}}, \
    networkPolicies: {provider: cilium, monitoring: {namespace: monitoring}}}}\n";

/// What an application renders: the text, or `None` when it is refused.
fn rendered(app: &Value) -> Result<String, String> {
    let project = Project::new(&[
        ("strata.yaml", SETTINGS),
        ("app/app.yaml", &app.to_string()),
        ("app/app.toml", "a = 1\n"),
        ("other/app.yaml", OTHER),
        ("o/overlay.yaml", &overlay_file("../app", "")),
    ]);
    let ran = project.strata(&["build", "o"]);
    if ran.code == ExitCode::Fine { Ok(ran.out) } else { Err(ran.err) }
}

/// The path of every entry of every mapping, `*` for the position in a list.
fn paths(value: &Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    if let Value::Object(map) = value {
        for (key, value) in map {
            path.push(key.clone());
            out.push(path.clone());
            paths(value, path, out);
            path.pop();
        }
    }
}

fn without(value: &mut Value, path: &[String]) {
    let (last, above) = path.split_last().unwrap();
    let parent = above.iter().fold(value, |value, key| &mut value[key.as_str()]);
    parent.as_object_mut().unwrap().remove(last);
}

/// The documents about one workload and its account.
fn about<'a>(rendered: &'a str, key: &str, wave: i32) -> Vec<&'a str> {
    let (component, account) = (format!("component: {key}\n"), format!("account-{wave}\n"));
    rendered.split("---\n").filter(|text| text.contains(&component) || text.contains(&account)).collect()
}

/// Runs `job` on all `items` on all cores, and collects what it says.
fn on_all_cores<T: Sync>(items: &[T], job: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let job = &job;
    std::thread::scope(|scope| {
        let chunks = items.chunks(items.len().div_ceil(threads).max(1));
        let runs: Vec<_> =
            chunks.map(|chunk| scope.spawn(move || chunk.iter().flat_map(job).collect::<Vec<_>>())).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    })
}

#[test]
fn every_field_of_an_application_changes_what_is_rendered_or_is_refused() {
    let app = maximal();
    let before = rendered(&app).unwrap_or_else(|said| panic!("{said}"));
    let mut all = Vec::new();
    paths(&app, &mut Vec::new(), &mut all);
    let of_pod =
        |path: &Vec<String>| PODS.iter().any(|(section, key, _)| path.starts_with(&[(*section).into(), (*key).into()]));
    all.retain(|path| !of_pod(path) && !SILENT.contains(&path.join(".").as_str()));
    let ignored = on_all_cores(&all, |path| {
        let mut less = app.clone();
        without(&mut less, path);
        let ignored = rendered(&less).is_ok_and(|after| after == before);
        ignored.then(|| path.join(".")).into_iter().collect()
    });
    assert_eq!(ignored, [""; 0], "these fields have no effect");
}

#[test]
fn every_field_of_a_pod_has_an_effect_in_every_kind_of_workload() {
    let app = maximal();
    let before = rendered(&app).unwrap_or_else(|said| panic!("{said}"));
    let mut all = Vec::new();
    for (section, key, _) in PODS {
        paths(&app[section][key], &mut Vec::new(), &mut all);
    }
    let all: Vec<_> = all.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    // One field is taken out of all workloads at once, which is as telling and five times faster.
    let ignored = on_all_cores(&all, |path| {
        let mut less = app.clone();
        let says = |(section, key, _): &&(&str, &str, i32)| {
            path.iter().try_fold(&app[*section][*key], |value, key| value.get(key)).is_some()
        };
        let saying: Vec<_> = PODS.iter().filter(says).collect();
        for (section, key, _) in &saying {
            without(&mut less[*section][*key], path);
        }
        let Ok(after) = rendered(&less) else { return Vec::new() };
        let same = |(_, key, wave): &&&(&str, &str, i32)| about(&before, key, *wave) == about(&after, key, *wave);
        saying.iter().filter(same).map(|(section, key, _)| format!("{section}.{key}.{}", path.join("."))).collect()
    });
    assert_eq!(ignored, [""; 0], "these fields have no effect");
}

#[test]
fn what_cannot_show_in_one_place_shows_or_is_refused_when_it_changes() {
    let before = rendered(&maximal()).unwrap();
    for (path, value) in changes() {
        assert_ne!(rendered(&changed(path, value)).as_ref(), Ok(&before), "{path} is ignored");
    }
}

fn changed(path: &str, value: Value) -> Value {
    let mut app = maximal();
    let mut place = &mut app;
    for key in path.split('.') {
        let Value::Object(map) = place else { panic!("{path}") };
        place = map.entry(key).or_insert(Value::Object(Map::new()));
    }
    *place = value;
    app
}

/// The fields of all types of a schema, as `Type.field`.
fn declared(root: &Value) -> BTreeSet<String> {
    let types = root["$defs"].as_object().unwrap().iter().map(|(name, schema)| (name.as_str(), schema));
    let fields = |(name, schema): (&str, &Value)| -> Vec<String> {
        schema["properties"].as_object().into_iter().flat_map(Map::keys).map(|key| format!("{name}.{key}")).collect()
    };
    types.chain([("App", root)]).flat_map(fields).collect()
}

/// Collects the fields that `value` says, read by `schema`, as `Type.field`.
fn said(root: &Value, name: &str, schema: &Value, value: &Value, out: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        said(root, name, root.pointer(&reference[1..]).unwrap(), value, out);
    }
    for branch in ["oneOf", "anyOf", "allOf"].iter().flat_map(|key| schema[*key].as_array().into_iter().flatten()) {
        said(root, name, branch, value, out);
    }
    for item in value.as_array().into_iter().flatten() {
        said(root, name, &schema["items"], item, out);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        if let Some(below) = schema["properties"].get(key) {
            out.insert(format!("{name}.{key}"));
            said(root, name, below, value, out);
        } else if schema["additionalProperties"].is_object() {
            said(root, name, &schema["additionalProperties"], value, out);
        }
    }
}

#[test]
fn the_proof_covers_every_field_of_the_schema() {
    let root: Value = serde_json::from_str(&Project::new(&[]).strata(&["schema", "app"]).out).unwrap();
    let mut covered = BTreeSet::new();
    let all = changes().into_iter().map(|(path, value)| changed(path, value)).chain([maximal()]);
    all.for_each(|app| said(&root, "App", &root, &app, &mut covered));
    let missing: Vec<_> = declared(&root).difference(&covered).cloned().collect();
    assert_eq!(missing, [""; 0], "the application above says nothing of these");
}
