use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::app::ConfigData;
use crate::diagnostic::Diagnostics;
use crate::model;
use crate::model::monitoring::MonitoringSettings;
use crate::model::network::PolicySettings;
use crate::model::project::Edition;
use crate::model::secret::SecretProvider;
use crate::resolve::app::{Affixes, Context, resolve};

/// A tree of `json` in which every node has a place of its own.
fn tree(json: &Json, next: &mut u32) -> Node {
    *next += 1;
    let origin = Origin::source(*next);
    match json {
        Json::Null => Node::null(origin),
        Json::Bool(truth) => Node::new(*truth, origin),
        Json::Number(number) => Node::new(number.as_i64().unwrap(), origin),
        Json::String(text) => Node::string(text.as_str(), origin),
        Json::Array(items) => Node::new(items.iter().map(|item| tree(item, next)).collect::<Vec<_>>(), origin),
        Json::Object(entries) => {
            let mut map = Map::default();
            for (key, value) in entries {
                *next += 1;
                map.push(key.as_str(), Origin::source(*next), tree(value, next));
            }
            Node::new(map, origin)
        }
    }
}

/// Plain data without origins.
fn plain(node: &Node) -> Json {
    use crate::tree::Value;
    match node.value() {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Uint(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Str(text) => json!(text.as_str()),
        Value::Seq(items) => items.iter().map(plain).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.to_string(), plain(&entry.node))).collect(),
    }
}

fn app(spec: Json, provider: Option<Json>) -> (App, Result<(), String>) {
    let mut whole = json!({
        "apiVersion": "strata.dev/v1alpha1", "kind": "App", "metadata": {"name": "shop"}, "image": "ghcr.io/acme/shop",
    });
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let (mut diagnostics, mut next) = (Diagnostics::default(), 0);
    let spec: Option<model::app::App> = model::read(&tree(&whole, &mut next), &mut diagnostics);
    let provider = provider.map(|provider| tree(&provider, &mut next));
    let provider: Option<SecretProvider> = provider.and_then(|provider| model::read(&provider, &mut diagnostics));
    let namespace = Text::new("shop-prod", Origin::source(next + 1));
    let bytes = |at: &Text| Some(ConfigData::Binary(Arc::from([0xffu8, 0x00].as_slice()), at.origin));
    let context = Context {
        edition: Edition::default(),
        namespace: Some(&namespace),
        provider: provider.as_ref(),
        monitoring: &MonitoringSettings::default(),
        routing: None,
        network: &PolicySettings::default(),
        environment: None,
        local: true,
        in_cluster: true,
        affixes: &Affixes::default(),
        neighbours: &[],
        release: Default::default(),
        file: &bytes,
    };
    let resolved = spec.and_then(|spec| resolve(&spec, &context, &mut diagnostics));
    let said: Vec<_> = diagnostics.iter().map(|d| format!("{}: {}", d.code, d.message)).collect();
    (resolved.unwrap_or_else(|| panic!("{said:?}")), if said.is_empty() { Ok(()) } else { Err(said.join("\n")) })
}

fn lowered_with(spec: Json, provider: Option<Json>) -> Vec<Json> {
    let (app, said) = app(spec, provider);
    assert_eq!(said, Ok(()));
    lower(&app, &mut Origins::default()).iter().map(|resource| plain(&resource.root)).collect()
}

fn lowered(spec: Json) -> Vec<Json> {
    lowered_with(spec, None)
}

fn of_kind<'r>(resources: &'r [Json], kind: &str) -> &'r Json {
    resources.iter().find(|resource| resource["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {resources:?}"))
}

fn wave<'r>(resources: &'r [Json], kind: &str) -> &'r Json {
    &of_kind(resources, kind)["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
}

fn infisical() -> Json {
    json!({
        "provider": "infisical", "project": "acme", "environment": "prod", "resync": "60s",
        "auth": {"kubernetes": {"identityId": "id", "serviceAccount": {"name": "operator"}}},
    })
}

fn infisical_v1beta1() -> Json {
    json!({
        "provider": "infisical", "version": "v1beta1", "project": "acme", "environment": "prod",
        "auth": {"ref": {"name": "auth", "namespace": "infisical"}},
    })
}

fn everything() -> Json {
    json!({
        "metadata": {"name": "shop", "partOf": "acme", "labels": {"team": "a"}, "annotations": {"note": "x"}},
        "imagePullPolicy": "IfNotPresent",
        "imagePullSecrets": ["registry"],
        "env": {"A": "1"},
        "serviceAccount": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["x"]}]},
        "deployments": {"main": {
            "replicas": {"exactly": 1, "because": "single writer"},
            "ports": {"http": {"container": 3000, "service": 80, "nodePort": 31000, "appProtocol": "http"}, "dns": {"container": 53, "protocol": "UDP"}},
            "service": {"type": "NodePort", "annotations": {"a": "b"}},
            "probes": {
                "liveness": {"http": {"path": "/live", "port": "http", "scheme": "HTTPS", "headers": {"X": "y"}}, "periodSeconds": 5},
                "readiness": {"tcp": {"port": "http"}, "timeoutSeconds": 2},
                "startup": {"grpc": {"port": 3000}},
            },
            "env": {
                "S": {"secret": "s", "key": "ONE"}, "O": {"secret": "s", "key": "TWO", "optional": true},
                "C": {"config": "settings", "key": "LOG"}, "IP": {"field": "status.podIP"}, "M": {"resource": "limits.memory"},
            },
            "resources": {"requests": {"cpu": "200m"}, "limits": {"memory": "512Mi"}},
            "lifecycle": {"preStop": {"sleep": 5}, "postStart": {"exec": ["true"]}},
            "volumes": {
                "tmp": {"emptyDir": {"sizeLimit": "64Mi", "memory": true}, "mount": "/tmp"},
                "cfg": {"config": "files", "items": {"a.bin": "b.bin"}, "mount": {"path": "/cfg", "subPath": "x"}},
                "sec": {"secret": "s", "mount": "/sec"},
                "pvc": {"claim": "data", "mount": "/data"},
                "pro": {"projected": {"sources": []}, "mount": "/projected"},
            },
            "initContainers": {"wait": {"image": "busybox:1", "command": ["true"], "security": {"runAsUser": 5}}},
            "sidecars": {"proxy": {"image": "proxy:1", "ports": {"p": {"container": 9000}}, "mounts": {"tmp": "/tmp"}}},
            "scheduling": {
                "nodeSelector": {"disk": "ssd"}, "tolerations": [{"operator": "Exists"}], "affinity": {"podAffinity": {}},
                "spread": ["topology.kubernetes.io/zone"], "priorityClass": "high",
            },
            "security": {"runAsUser": 1000, "fsGroup": 1000, "readOnlyRootFilesystem": true, "addCapabilities": ["NET_BIND_SERVICE"], "seccomp": "Unconfined"},
            "revisionHistoryLimit": 3, "terminationGracePeriodSeconds": 60, "podAnnotations": {"p": "q"}, "annotations": {"o": "p"}, "labels": {"l": "m"},
        }},
        "workers": {"queue": {"strategy": {"maxSurge": 1}}},
        "cronJobs": {"nightly": {"schedule": "0 3 * * *", "timeZone": "Europe/London", "concurrency": "Replace", "suspend": true, "history": {"successful": 1}}},
        "migrations": {"schema": {"command": ["migrate"]}},
        "jobs": {"seed": {"run": "beforeRollout"}, "smoke": {"run": "afterSync", "activeDeadlineSeconds": 60}},
        "config": {"settings": {"LOG": "info"}, "files": {"a.bin": {"file": "a.bin"}}},
        "configMaps": {"files": {"hash": false}},
        "secrets": {"s": {"path": "/shop", "keys": {"ONE": {}, "TWO": {"from": "/other", "optional": true}, "my-key": {}}}},
        "verifySecrets": {},
    })
}

#[test]
fn every_node_leads_to_a_place_or_to_a_rule() {
    fn walk(node: &Node, path: &str, origins: &Origins) {
        let known = |origin| origins.place(origin).is_some() || origins.rule_of(origin).is_some();
        assert!(known(node.origin()), "{path}");
        for entry in node.entries() {
            assert!(known(entry.key_origin), "{path}.{}", entry.key);
            walk(&entry.node, &format!("{path}.{}", entry.key), origins);
        }
        node.items().enumerate().for_each(|(index, item)| walk(item, &format!("{path}[{index}]"), origins));
    }
    let external = json!({"provider": "externalSecrets", "store": {"name": "vault"}, "refresh": "15m"});
    let local = json!({"provider": "local", "literals": {"s": {"ONE": "1", "my-key": "k"}}});
    for provider in [infisical(), infisical_v1beta1(), external, local] {
        let (app, said) = app(everything(), Some(provider));
        assert_eq!(said, Ok(()));
        let mut origins = Origins::default();
        let resources = lower(&app, &mut origins);
        assert!(resources.len() >= 13, "{}", resources.len());
        for resource in &resources {
            walk(&resource.root, &format!("{}", resource.id()), &origins);
            let namespace = resource.root.at(&["metadata", "namespace"]).unwrap();
            assert_eq!(namespace.as_str(), Some("shop-prod"));
        }
    }
}

#[test]
fn a_plain_deployment_holds_no_defaults_of_kubernetes() {
    let resources = lowered(json!({"deployments": {"main": {"ports": {"http": {"container": 3000, "service": 80}}}}}));
    let names = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/component": "main"});
    let labels = json!({"app.kubernetes.io/name": "shop", "app.kubernetes.io/component": "main", "app.kubernetes.io/managed-by": "strata"});
    assert_eq!(
        *of_kind(&resources, "Deployment"),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": "shop-prod", "labels": labels},
            "spec": {
                "selector": {"matchLabels": names},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "serviceAccountName": "shop", "automountServiceAccountToken": false, "enableServiceLinks": false,
                        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                        "containers": [{
                            "name": "shop", "image": "ghcr.io/acme/shop",
                            "ports": [{"name": "http", "containerPort": 3000, "protocol": "TCP"}],
                            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
                        }],
                    },
                },
            },
        })
    );
    assert_eq!(
        of_kind(&resources, "Service")["spec"],
        json!({"selector": names, "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]})
    );
    assert_eq!(of_kind(&resources, "ServiceAccount")["automountServiceAccountToken"], false);
}

#[test]
fn an_exact_selector_is_on_the_pods_and_nowhere_else() {
    let resources = lowered(json!({
        "metadata": {"name": "shop", "labels": {"app": "mine"}},
        "deployments": {"main": {"selector": {"app": "legacy", "app.kubernetes.io/name": "old"}, "ports": {"http": {"container": 1, "service": 1}}}},
    }));
    let selector = json!({"app": "legacy", "app.kubernetes.io/name": "old"});
    let deployment = of_kind(&resources, "Deployment");
    assert_eq!(deployment["spec"]["selector"]["matchLabels"], selector);
    assert_eq!(of_kind(&resources, "Service")["spec"]["selector"], selector);
    let pods = &deployment["spec"]["template"]["metadata"]["labels"];
    assert_eq!((&pods["app"], &pods["app.kubernetes.io/name"]), (&json!("legacy"), &json!("old")));
    let own = &deployment["metadata"]["labels"];
    assert_eq!((&own["app"], &own["app.kubernetes.io/name"]), (&json!("mine"), &json!("shop")));
}

#[test]
fn a_guard_of_one_writer_replaces_pods_without_overlap_and_says_why() {
    let spec = json!({"deployments": {"main": {"replicas": {"exactly": 1, "because": "single writer"}}}});
    let (app, _) = app(spec, None);
    let mut origins = Origins::default();
    let resources = lower(&app, &mut origins);
    let deployment = resources.iter().find(|resource| resource.kind() == "Deployment").unwrap();
    let strategy = deployment.root.at(&["spec", "strategy"]).unwrap();
    assert_eq!(plain(strategy), json!({"type": "Recreate"}));
    assert_eq!(origins.rule_of(strategy.origin()).unwrap().name, "single-writer-rollout");
    assert!(origins.place(strategy.origin()).is_some(), "the guard's place");
    assert_eq!(deployment.root.at(&["spec", "replicas"]).unwrap().as_i64(), Some(1));
}

#[test]
fn what_others_need_comes_in_earlier_waves() {
    let resources = lowered_with(everything(), Some(infisical()));
    for kind in ["ServiceAccount", "Role", "RoleBinding", "ConfigMap", "InfisicalSecret"] {
        assert_eq!(wave(&resources, kind), "-20", "{kind}");
    }
    assert_eq!((wave(&resources, "Deployment"), wave(&resources, "Service")), (&Json::Null, &Json::Null));
    assert_eq!(wave(&resources, "CronJob"), "20");
    let jobs: Vec<_> = resources.iter().filter(|resource| resource["kind"] == "Job").collect();
    let of = |name: &str| {
        let annotations = &jobs.iter().find(|job| job["metadata"]["name"] == name).unwrap()["metadata"]["annotations"];
        assert_eq!(annotations["argocd.argoproj.io/hook-delete-policy"], "BeforeHookCreation");
        (annotations["argocd.argoproj.io/hook"].clone(), annotations["argocd.argoproj.io/sync-wave"].clone())
    };
    assert_eq!(of("shop-verify-secrets"), (json!("Sync"), json!("-15")));
    assert_eq!(of("shop-schema"), (json!("Sync"), json!("-10")));
    assert_eq!(of("shop-seed"), (json!("Sync"), json!("-5")));
    assert_eq!(of("shop-smoke"), (json!("PostSync"), Json::Null));
}

#[test]
fn a_wave_that_is_moved_ahead_takes_its_prerequisites_along() {
    let resources = lowered_with(
        json!({
            "migrations": {"schema": {"wave": -30}},
            "jobs": {"after": {"run": "afterSync", "wave": -900}},
            "secrets": {"s": {"path": "/s", "keys": {"A": {}}}},
            "verifySecrets": {},
        }),
        Some(infisical()),
    );
    assert_eq!(wave(&resources, "ServiceAccount"), "-40");
    assert_eq!(wave(&resources, "InfisicalSecret"), "-40");
    assert_eq!(wave(&resources, "Job"), "-35", "the proof of secrets comes before the migration");
    let resources = lowered(json!({"migrations": {"schema": {"wave": -2147483648i64}}}));
    assert_eq!(wave(&resources, "ServiceAccount"), "-2147483648");
    let resources =
        lowered(json!({"deployments": {"main": {"wave": 0}}, "cronJobs": {"c": {"schedule": "@daily", "wave": 0}}}));
    assert_eq!(wave(&resources, "CronJob"), &Json::Null);
}

#[test]
fn jobs_and_cron_jobs_have_their_limits_and_run_once() {
    let resources = lowered(json!({
        "migrations": {"schema": {}},
        "cronJobs": {"nightly": {"schedule": "0 3 * * *"}},
    }));
    let job = &of_kind(&resources, "Job")["spec"];
    assert_eq!((&job["backoffLimit"], &job["activeDeadlineSeconds"]), (&json!(3), &json!(600)));
    assert_eq!(job["template"]["spec"]["restartPolicy"], "Never");
    assert_eq!(job["ttlSecondsAfterFinished"], Json::Null);
    let mut cron = of_kind(&resources, "CronJob")["spec"].clone();
    let template = cron.as_object_mut().unwrap().remove("jobTemplate").unwrap();
    assert_eq!(cron, json!({"schedule": "0 3 * * *", "concurrencyPolicy": "Forbid", "failedJobsHistoryLimit": 3}));
    assert_eq!(
        (&template["spec"]["backoffLimit"], &template["spec"]["activeDeadlineSeconds"]),
        (&json!(1), &json!(3600))
    );
    assert_eq!(template["metadata"]["labels"]["app.kubernetes.io/component"], "nightly");
    assert_eq!(template["spec"]["template"]["spec"]["restartPolicy"], "Never");
}

#[test]
fn a_config_map_with_a_hash_is_pruned_last() {
    let spec = json!({
        "metadata": {"name": "shop", "annotations": {"argocd.argoproj.io/sync-options": "Validate=false"}},
        "config": {"a": {"K": "v"}, "b": {"f.bin": {"file": "f.bin"}}},
        "configMaps": {"b": {"hash": false}},
    });
    let (app, _) = app(spec, None);
    let maps: Vec<Resource> = lower(&app, &mut Origins::default());
    let options =
        |map: &Resource| plain(&map.root)["metadata"]["annotations"]["argocd.argoproj.io/sync-options"].clone();
    assert_eq!((maps[0].needs_hash, options(&maps[0])), (true, json!("Validate=false,PruneLast=true")));
    assert_eq!((maps[1].needs_hash, options(&maps[1])), (false, json!("Validate=false")));
    assert_eq!(plain(&maps[0].root)["data"], json!({"K": "v"}));
    assert_eq!(plain(&maps[1].root)["binaryData"], json!({"f.bin": "/wA="}));
    assert_eq!(plain(&maps[1].root)["data"], Json::Null);
}

#[test]
fn security_stands_at_the_pod_and_differences_at_the_container() {
    let resources = lowered(json!({"deployments": {"main": {
        "security": {"runAsUser": 1000, "fsGroup": 2000},
        "initContainers": {
            "chown": {"image": "busybox:1", "security": {"runAsUser": 0, "runAsNonRoot": false}},
            "same": {},
            "host": {"image": "tool:1", "security": {"privileged": true}},
        },
    }}}));
    let pod = &of_kind(&resources, "Deployment")["spec"]["template"]["spec"];
    let seccomp = json!({"type": "RuntimeDefault"});
    assert_eq!(pod["securityContext"], json!({"runAsNonRoot": true, "fsGroup": 2000, "seccompProfile": seccomp}));
    let safe = json!({"drop": ["ALL"]});
    let ordinary = json!({"runAsUser": 1000, "allowPrivilegeEscalation": false, "capabilities": safe});
    assert_eq!(pod["containers"][0]["securityContext"], ordinary);
    let init = |index: usize| &pod["initContainers"][index]["securityContext"];
    assert_eq!(
        *init(0),
        json!({"runAsUser": 0, "runAsNonRoot": false, "allowPrivilegeEscalation": false, "capabilities": safe})
    );
    assert_eq!(*init(1), ordinary, "the same image has the same user");
    assert_eq!(*init(2), json!({"privileged": true}));
}

#[test]
fn a_sidecar_is_an_init_container_that_always_runs() {
    let resources = lowered_with(everything(), Some(infisical()));
    let deployment = of_kind(&resources, "Deployment");
    let init = deployment["spec"]["template"]["spec"]["initContainers"].as_array().unwrap();
    let policies: Vec<_> = init.iter().map(|container| (&container["name"], &container["restartPolicy"])).collect();
    assert_eq!(policies, [(&json!("proxy"), &json!("Always")), (&json!("wait"), &Json::Null)]);
    let env = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(env[0], json!({"name": "A", "value": "1"}));
    assert_eq!(env[1], json!({"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "ONE"}}}));
    assert_eq!(env[2]["valueFrom"]["secretKeyRef"]["optional"], true);
}

#[test]
fn a_role_binding_names_its_account_without_an_api_group() {
    let resources = lowered_with(everything(), Some(infisical()));
    let binding = of_kind(&resources, "RoleBinding");
    assert_eq!(binding["subjects"], json!([{"kind": "ServiceAccount", "name": "shop", "namespace": "shop-prod"}]));
    assert_eq!(binding["roleRef"], json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "shop"}));
    let pod = &of_kind(&resources, "Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], true, "rules ask for the token");
}

#[test]
fn an_infisical_secret_holds_declared_keys_and_fails_where_one_is_missing() {
    let resources = lowered_with(everything(), Some(infisical()));
    let spec = &of_kind(&resources, "InfisicalSecret")["spec"];
    assert_eq!(spec["syncConfig"], json!({"resyncInterval": "60s"}));
    assert_eq!(
        spec["authentication"]["kubernetesAuth"]["secretsScope"],
        json!({"projectSlug": "acme", "envSlug": "prod", "secretsPath": "/shop"})
    );
    let managed = &spec["managedKubeSecretReferences"][0];
    assert_eq!((&managed["secretName"], &managed["creationPolicy"]), (&json!("s"), &json!("Orphan")));
    assert_eq!(managed["template"]["includeAllSecrets"], false);
    assert_eq!(
        managed["template"]["data"],
        json!({
            "ONE": "{{ with .ONE.Value }}{{ . }}{{ else }}{{ fail \"the key ONE at /shop is missing or empty\" }}{{ end }}",
            "my-key": "{{ with (index . \"my-key\").Value }}{{ . }}{{ else }}{{ fail \"the key my-key at /shop is missing or empty\" }}{{ end }}",
        })
    );
    assert_eq!(managed["template"]["metadata"]["labels"]["app.kubernetes.io/managed-by"], "strata");
    let other = resources.iter().filter(|resource| resource["kind"] == "InfisicalSecret").nth(1).unwrap();
    let data = &other["spec"]["managedKubeSecretReferences"][0]["template"]["data"];
    assert_eq!(*data, json!({"TWO": "{{ with .TWO.Value }}{{ . }}{{ end }}"}));
}

#[test]
fn an_infisical_static_secret_reads_further_paths_by_path() {
    let secrets = |optional: bool| {
        json!({"secrets": {"s": {"path": "/shop", "keys": {
            "ONE": {}, "URL": {"from": "/deps", "remoteKey": "DB"}, "TWO": {"from": "/deps", "optional": optional},
        }}}})
    };
    let resources = lowered_with(secrets(false), Some(infisical_v1beta1()));
    let spec = &of_kind(&resources, "InfisicalStaticSecret")["spec"];
    assert_eq!(spec["infisicalAuthRef"], json!({"name": "auth", "namespace": "infisical"}));
    let paths: Vec<_> = spec["sources"].as_array().unwrap().iter().map(|source| &source["secretPath"]).collect();
    assert_eq!(paths, ["/shop", "/deps"]);
    let target = &spec["targets"][0];
    assert_eq!(target["metadata"]["annotations"], json!({}));
    let url = "{{ with (secretFrom \"/deps\" \"DB\").Value }}{{ . }}{{ else }}{{ fail \"the key DB at /deps is missing or empty\" }}{{ end }}";
    assert_eq!(target["template"]["data"]["URL"], url);
    let resources = lowered_with(secrets(true), Some(infisical_v1beta1()));
    let data = &of_kind(&resources, "InfisicalStaticSecret")["spec"]["targets"][0]["template"]["data"];
    assert_eq!(
        data.as_str().unwrap(),
        "{{- with .ONE.Value }}\n\"ONE\": {{ . | toJson }}\n\
         {{- else }}{{ fail \"the key ONE at /shop is missing or empty\" }}{{ end }}\n\
         {{- with (secretFrom \"/deps\" \"DB\").Value }}\n\"URL\": {{ . | toJson }}\n\
         {{- else }}{{ fail \"the key DB at /deps is missing or empty\" }}{{ end }}\n\
         {{- with (ternary .TWO.Value \"\" (eq \"/deps\" (print .TWO.SecretPath))) }}\n\"TWO\": {{ . | toJson }}\n{{- end }}\n"
    );
}

#[test]
fn an_external_secret_searches_for_optional_keys() {
    let provider = json!({"provider": "externalSecrets", "store": {"name": "vault"}, "refresh": "15m"});
    let spec = json!({"secrets": {"s": {"path": "/shop/", "keys": {
        "ONE": {}, "ROOT": {"from": "/"}, "TWO": {"remoteKey": "two.x", "optional": true},
    }}}});
    let resources = lowered_with(spec, Some(provider));
    let spec = &of_kind(&resources, "ExternalSecret")["spec"];
    assert_eq!(spec["refreshInterval"], "15m0s");
    assert_eq!(spec["secretStoreRef"], json!({"name": "vault", "kind": "ClusterSecretStore"}));
    let defaults = |key: &str| json!({"key": key, "conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"});
    assert_eq!(
        spec["data"],
        json!([{"secretKey": "ONE", "remoteRef": defaults("/shop/ONE")}, {"secretKey": "ROOT", "remoteRef": defaults("ROOT")}])
    );
    assert_eq!(
        spec["dataFrom"],
        json!([{
            "find": {"path": "/shop/", "name": {"regexp": "^(.*/)?two\\.x$"}, "conversionStrategy": "Default", "decodingStrategy": "None"},
            "rewrite": [{"regexp": {"source": "^(.*/)?two\\.x$", "target": "TWO"}}],
        }])
    );
    let target = &spec["target"];
    assert_eq!((&target["creationPolicy"], &target["deletionPolicy"]), (&json!("Owner"), &json!("Retain")));
    assert_eq!(target["template"]["data"], Json::Null);
}

#[test]
fn a_local_secret_is_marked_and_in_base64() {
    let provider = json!({"provider": "local", "literals": {"s": {"A": "foobar"}}});
    let resources = lowered_with(json!({"secrets": {"s": {"keys": {"A": {}}}}}), Some(provider));
    let secret = of_kind(&resources, "Secret");
    assert_eq!(secret["data"], json!({"A": "Zm9vYmFy"}));
    assert_eq!(secret["metadata"]["annotations"]["strata.dev/local-only"], "true");
}

#[test]
fn the_proof_of_secrets_needs_nothing_but_a_shell() {
    let spec = json!({
        "secrets": {
            "s": {"path": "/s", "keys": {"A": {}, "tls.crt": {}}},
            "t": {"path": "/t", "keys": {"A": {}, "bad": {}}},
        },
        "verifySecrets": {},
    });
    let resources = lowered_with(spec, Some(infisical()));
    let job = &of_kind(&resources, "Job")["spec"];
    assert_eq!((&job["backoffLimit"], &job["activeDeadlineSeconds"]), (&Json::Null, &json!(300)));
    let container = &job["template"]["spec"]["containers"][0];
    assert_eq!(container["securityContext"]["runAsUser"], 65534);
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    let names: Vec<_> = container["env"].as_array().unwrap().iter().map(|env| &env["name"]).collect();
    assert_eq!(names, ["A", "secret_1", "secret_2", "secret_3"], "no name twice, and each one is one for a shell");
}

#[test]
fn lists_and_mappings_are_never_empty_and_nothing_is_null() {
    fn walk(json: &Json, path: &str) {
        assert!(!json.is_null(), "{path}");
        if let Some(map) = json.as_object() {
            assert!(!map.is_empty(), "{path}");
            map.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}")));
        }
        if let Some(items) = json.as_array() {
            assert!(!items.is_empty(), "{path}");
            items.iter().for_each(|item| walk(item, path));
        }
    }
    let mut spec = everything();
    let main = &mut spec["deployments"]["main"];
    main["volumes"]["pro"]["projected"] = json!({"sources": [{"configMap": {"name": "x"}}]});
    main["scheduling"]["affinity"] = json!({"podAffinity": {"x": 1}});
    lowered_with(spec, Some(infisical())).iter().for_each(|resource| walk(resource, &resource["kind"].to_string()));
}
