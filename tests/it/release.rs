//! The order of a release: waves and what comes after what, migrations by mode, pods that keep the
//! order without Argo CD, the proof of a rollout, restarts, the namespace and what it enforces.

use serde_json::{Value, json};

use crate::fixture::{Objects, Project};

const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Two deployments with Services, a worker, a migration and a job.
const APP: &str = "\
deployments:
  main: {ports: {http: {container: 3000, service: 80}}}
  api: {ports: {dns: {container: 53, service: 53, protocol: UDP}, http: {container: 3001, service: 81}}}
workers: {jobs: {after: [api, main]}}
migrations: {schema: {command: [migrate], env: {RUN: '1'}}}
jobs: {seed: {command: [seed], after: [jobs]}}
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

fn annotation<'o>(object: &'o Value, key: &str) -> &'o Value {
    &object["metadata"]["annotations"][key]
}

#[test]
fn what_comes_after_others_lies_a_step_behind_the_last_of_them() {
    let app = format!("{APP}cronJobs: {{nightly: {{schedule: '@daily'}}}}\n");
    let objects = built(&app, "app: {deployments: {api: {wave: 10}}}\n");
    let wave = |kind: &str, name: &str| annotation(objects.get(kind, name), WAVE).clone();
    assert_eq!(wave("Deployment", "shop"), Value::Null);
    assert_eq!((wave("Deployment", "shop-api"), wave("Service", "shop-api")), (json!("10"), json!("10")));
    assert_eq!((wave("Deployment", "shop-jobs"), wave("Job", "shop-seed")), (json!("15"), json!("20")));
    assert_eq!(wave("CronJob", "shop-nightly"), "25", "the last wave stays behind all workloads");
    let plain = built(&app, "");
    assert_eq!(annotation(plain.get("Deployment", "shop-jobs"), WAVE), "5");
    assert_eq!(annotation(plain.get("CronJob", "shop-nightly"), WAVE), "20");
    assert_eq!(annotation(plain.get("Job", "shop-schema"), WAVE), "-10");
}

#[test]
fn an_order_that_cannot_be_kept_is_refused() {
    let deployments = |fields: &str| format!("deployments: {{{fields}}}\n");
    for (app, parts) in [
        (
            deployments("a: {after: [b]}, b: {after: [a]}"),
            vec!["error[after-cycle]: `a` comes after `b`, which comes after `a`"],
        ),
        (deployments("a: {after: [a]}"), vec!["error[after-cycle]", "app.yaml:5:27"]),
        (
            deployments("a: {}, main: {after: [aa]}"),
            vec!["error[unknown-workload]: the workload `aa` is not declared", "did you mean `a`?"],
        ),
        (
            deployments("a: {}, b: {after: [a], wave: 3}"),
            vec!["error[conflicting-fields]: `after` of `b` says the wave already"],
        ),
        ("jobs: {a: {}, b: {run: beforeRollout, after: [a]}}\n".into(), vec!["is for jobs that run with the rollout"]),
        ("jobs: {a: {run: afterSync}, b: {after: [a]}}\n".into(), vec!["`a` runs when the sync is over"]),
    ] {
        refused(&app, "", &parts);
    }
}

#[test]
fn a_migration_by_hand_is_a_cron_job_that_is_switched_off_and_says_how_to_start_it() {
    let objects = built(APP, "names: {prefix: eu-}\napp: {migrations: {schema: {mode: manual, backoffLimit: 0}}}\n");
    let cron = objects.get("CronJob", "eu-shop-schema");
    assert_eq!((&cron["spec"]["suspend"], &cron["spec"]["schedule"]), (&json!(true), &json!("0 0 1 1 *")));
    let job = &cron["spec"]["jobTemplate"]["spec"];
    assert_eq!((&job["backoffLimit"], &job["activeDeadlineSeconds"]), (&json!(0), &json!(600)));
    assert_eq!(annotation(cron, WAVE), "20");
    let command = "kubectl -n ns create job --from=cronjob/eu-shop-schema eu-shop-schema-manual";
    assert_eq!(annotation(cron, "strata.dev/run"), command);
    assert!(!objects.names().iter().any(|name| name == "Job/eu-shop-schema"));
    refused(
        APP,
        "app: {migrations: {schema: {mode: manual}}, jobs: {seed: {after: null, run: afterSync}}}\n",
        &[
            "error[suspended-before-hook]: `CronJob/shop-schema` is suspended, so `Job/shop-seed` never runs",
            "overlay.yaml:6:35",
        ],
    );
}

const ON_BOOT: &str = "app: {migrations: {schema: {mode: onBoot, onBoot: {env: {RUN_MODE: all, KEEP: new}}}}}\n";

#[test]
fn a_migration_on_boot_runs_in_the_one_pod_of_its_deployment() {
    let app = "deployments: {main: {env: {KEEP: old, OWN: x}}}\nworkers: {jobs: {like: main}}\nmigrations: {schema: {command: [migrate]}}\n";
    let objects = built(app, ON_BOOT);
    let texts = |name: &str| {
        objects
            .env(name)
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(texts("shop"), ["KEEP=new", "OWN=x", "RUN_MODE=all"]);
    assert_eq!(texts("shop-jobs"), ["KEEP=old", "OWN=x"], "who is like it does not migrate");
    assert_eq!(objects.get("Deployment", "shop")["spec"]["strategy"]["type"], "Recreate");
    assert!(!objects.names().iter().any(|name| name.starts_with("Job/")));
    let boot = ON_BOOT.trim_end().strip_suffix('}').unwrap();
    let with = |fields: &str| format!("{boot}, deployments: {{main: {{{fields}}}}}}}\n");
    for (fields, part) in [
        (
            "replicas: 2",
            "`Deployment/shop` sets `replicas` to 2; at most 1 are allowed in `shop`, because the migration `schema` runs in each pod that starts",
        ),
        ("strategy: {maxSurge: 1}", "`Deployment/shop` sets `maxSurge` to 1"),
        ("resources: {requests: {cpu: 1}}, autoscaling: {max: 3, cpu: 70}", "sets `maxReplicas` to 3"),
    ] {
        refused(app, &with(fields), &["error[migration-on-boot-scaled]", part, "the migration runs on boot"]);
    }
    refused(
        "deployments: {a: {}, b: {}}\nmigrations: {m: {}}\n",
        "app: {migrations: {m: {mode: onBoot}}}\n",
        &["error[missing-field]: no deployment is said to run"],
    );
    refused(
        app,
        "app: {migrations: {schema: {mode: onBoot, onBoot: {deployment: mian}}}}\n",
        &["did you mean `main`?"],
    );
}

const IN_PODS: &str = "order: initContainers\nnames: {suffix: -x}\n";

fn init(pod: &Value) -> Vec<String> {
    pod["spec"]["initContainers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn without_argo_cd_pods_wait_for_what_comes_before_them() {
    let app = APP
        .replace("after: [jobs]", "after: [api]")
        .replace("main: {", "main: {initContainers: {own: {command: [x]}}, sidecars: {proxy: {image: 'p:1'}}, ");
    let objects = built(&app, IN_PODS);
    assert_eq!(init(objects.pod("shop-x")), ["proxy", "schema", "own"]);
    assert_eq!(init(objects.pod("shop-api-x")), ["schema"]);
    assert_eq!(init(objects.pod("shop-jobs-x")), ["wait-api", "wait-main"]);
    let wait = &objects.pod("shop-jobs-x")["spec"]["initContainers"][0];
    let env = json!([{"name": "HOST", "value": "shop-api-x"}, {"name": "PORT", "value": "81"}]);
    assert_eq!((&wait["env"], &wait["image"]), (&env, &json!("docker.io/library/busybox:1.37")));
    assert_eq!(wait["securityContext"]["runAsUser"], 65534);
    let seed = objects.get("Job", "shop-seed-x");
    assert_eq!(init(&seed["spec"]["template"]), ["wait-api"]);
    let annotations = json!({"argocd.argoproj.io/sync-options": "Force=true,Replace=true"});
    assert_eq!(seed["metadata"]["annotations"], annotations, "no hook, no wave");
    assert!(!objects.names().iter().any(|name| name == "Job/shop-schema-x"));
    let hooks = "argocd.argoproj.io/hook";
    assert!(objects.0.iter().all(|object| annotation(object, WAVE).is_null() && annotation(object, hooks).is_null()));
}

#[test]
fn a_job_without_a_word_on_order_runs_after_the_migrations_and_one_after_the_sync_waits_for_all() {
    let app = APP.replace("after: [jobs]", "env: {A: '1'}").replace(
        "command: [migrate]",
        "volumes: {tmp: {emptyDir: {}, mount: /tmp}}, initContainers: {fetch: {command: [fetch]}}",
    );
    let objects = built(&app, &format!("{IN_PODS}app: {{jobs: {{tell: {{run: afterSync}}}}}}\n"));
    let seed = &objects.get("Job", "shop-seed-x")["spec"]["template"];
    assert_eq!(init(seed), ["schema-fetch", "schema"]);
    assert_eq!(seed["spec"]["volumes"][0]["name"], "schema-tmp");
    assert_eq!(seed["spec"]["initContainers"][1]["volumeMounts"][0]["name"], "schema-tmp");
    assert_eq!(init(&objects.get("Job", "shop-tell-x")["spec"]["template"]), ["wait-api", "wait-main"]);
}

#[test]
fn an_order_that_pods_cannot_keep_is_refused() {
    refused(
        APP,
        IN_PODS,
        &["error[after-without-service]: `seed` cannot wait for `jobs`, which has no Service", "app.yaml:10:40"],
    );
    let app = APP.replace("after: [jobs]", "run: beforeRollout");
    refused(
        &app,
        IN_PODS,
        &["error[order-needs-waves]: nothing makes the workloads wait for the job `seed`", "overlay.yaml:6:8"],
    );
    let app = APP
        .replace("after: [jobs]", "after: [api]")
        .replace("main: {", "main: {initContainers: {schema: {command: [x]}}, ");
    refused(&app, IN_PODS, &["error[duplicate-container]: two containers of the pod are named `schema`"]);
    refused(APP, "order: init\n", &["initContainers"]);
}

#[test]
fn the_environment_keeps_the_order_unless_the_overlay_says_otherwise() {
    let app = APP.replace("after: [jobs]", "after: [api]");
    let settings = ("strata.yaml", "environments: {prod: {order: initContainers}}\n");
    let jobs = |overlay: &str| {
        let objects = Project::usual(&app, overlay, &[settings]).objects();
        objects.names().into_iter().filter(|name| name.starts_with("Job/")).collect::<Vec<_>>()
    };
    assert_eq!(jobs(""), ["Job/shop-seed"]);
    assert_eq!(jobs("order: waves\n"), ["Job/shop-schema", "Job/shop-seed"]);
}

const CHECKS: &str = "\
secrets: {s: {keys: {HOOK: {}}}}
verifyRollout:
  http: {health: {deployment: api, path: /health, port: http}}
  urls: {callback: 'https://hooks.example.com/in', other-hook: {secret: s, key: HOOK}}
";

#[test]
fn a_rollout_is_proven_by_a_hook_that_prints_names_only() {
    let app = format!("{APP}{CHECKS}");
    let objects = built(&app, "names: {prefix: eu-}\n");
    let job = objects.get("Job", "eu-shop-verify-rollout");
    assert_eq!(annotation(job, "argocd.argoproj.io/hook"), "PostSync");
    assert_eq!(annotation(job, "argocd.argoproj.io/hook-delete-policy"), "BeforeHookCreation");
    assert_eq!(annotation(job, WAVE), "-5", "before the other jobs of its phase");
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let script = container["args"][0].as_str().unwrap();
    assert!(script.contains("status 'http://eu-shop-api:81/health'"), "{script}");
    assert!(
        script.contains("\"${URL_OTHER_HOOK}\"") && script.contains("fail callback 'cannot be reached'"),
        "{script}"
    );
    let names: Vec<&str> =
        container["env"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["URL_CALLBACK", "URL_OTHER_HOOK"]);
    assert_eq!(container["securityContext"]["runAsUser"], 65534);
    let off = built(&app, "app: {verifyRollout: {enabled: false}}\n");
    assert!(!off.names().iter().any(|name| name.contains("verify")));
}

#[test]
fn a_proof_that_proves_nothing_or_asks_what_is_not_there_is_refused() {
    let check = |check: &str| format!("{APP}verifyRollout: {{{check}}}\n");
    for (written, part) in [
        ("image: 'x:1'", "error[missing-field]: `verifyRollout` has nothing to prove"),
        ("http: {a: {deployment: apii, path: /}}", "did you mean `api`?"),
        ("http: {a: {deployment: jobs, path: /}}", "error[check-without-service]: `jobs` has no Service"),
        ("http: {a: {deployment: api, path: /, port: htp}}", "did you mean `http`?"),
        ("http: {a: {deployment: api, path: health}}", "error[invalid-path]"),
        ("urls: {a: hooks.example.com}", "error[invalid-url]"),
        ("urls: {a_b: 'https://x'}", "error[invalid-key]"),
    ] {
        refused(&check(written), "", &[part]);
    }
}

#[cfg(unix)]
#[test]
fn the_script_of_the_proof_tells_good_answers_from_bad_ones() {
    let objects = built(&format!("{APP}{CHECKS}"), "");
    let script =
        objects.get("Job", "shop-verify-rollout")["spec"]["template"]["spec"]["containers"][0]["args"][0].clone();
    let run = |health: &str, hook: &str| {
        let folder = tempfile::tempdir().unwrap();
        let answers = format!(
            "#!/bin/sh\nfor last; do :; done\ncase \"$last\" in */health) printf {health};; *) printf {hook};; esac\n"
        );
        let curl = folder.path().join("curl");
        std::fs::write(&curl, answers).unwrap();
        std::fs::set_permissions(&curl, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let ran = std::process::Command::new("/bin/sh")
            .args(["-ec", script.as_str().unwrap()])
            .env_clear()
            .envs([("PATH", path.as_str()), ("URL_CALLBACK", "https://u:hush@x"), ("URL_OTHER_HOOK", "https://hush")])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ran.status.success(), text(&ran.stdout) + &text(&ran.stderr))
    };
    assert_eq!(run("200", "404"), (true, "what was rolled out works\n".to_owned()));
    assert_eq!(run("503", "200"), (false, "health does not answer as it should\n".to_owned()));
    assert_eq!(run("302", "000"), (false, "callback cannot be reached\nother-hook cannot be reached\n".to_owned()));
}

#[test]
fn a_changed_secret_restarts_the_pods_that_use_it_by_the_operator_in_use() {
    let app = "restartOnSecretChange: true\nsecrets: {s: {path: /s, keys: {K: {}}}}\ndeployments: {main: {env: {K: {secret: s}}}, other: {}, quiet: {restartOnSecretChange: false, env: {K: {secret: s}}}}\n";
    let infisical = "secrets: {provider: infisical, project: p, environment: e, auth: {universal: {secret: i, namespace: infisical}}}\n";
    let of = |objects: &Objects, name: &str| objects.get("Deployment", name)["metadata"]["annotations"].clone();
    let objects = built(app, infisical);
    assert_eq!(of(&objects, "shop"), json!({"secrets.infisical.com/auto-reload": "true"}));
    assert!(of(&objects, "shop-other").is_null() && of(&objects, "shop-quiet").is_null());
    let objects = built(app, "app: {secrets: {s: {path: null}}}\n");
    assert_eq!(of(&objects, "shop"), json!({"secret.reloader.stakater.com/auto": "true"}));
    let sets = app.replace("deployments:", "statefulSets:");
    let of = |objects: &Objects, name: &str| objects.get("StatefulSet", name)["metadata"]["annotations"].clone();
    assert_eq!(of(&built(&sets, infisical), "shop"), json!({"secrets.infisical.com/auto-reload": "true"}));
    assert!(of(&built(&sets, infisical), "shop-quiet").is_null());
    refused(
        "deployments: {main: {restartOnSecretChange: true}}\n",
        "",
        &["error[field-without-effect]: the pods of `main` use no Secret"],
    );
    refused(
        "restartOnSecretChange: true\ndeployments: {main: {}}\n",
        "",
        &["error[field-without-effect]: no pods use a Secret"],
    );
}

/// The overlay of the usual project with another namespace.
fn in_namespace(app: &str, namespace: &str) -> Project {
    let overlay =
        crate::fixture::overlay_file("../app", "").replace("namespace: ns", &format!("namespace: {namespace}"));
    Project::usual(app, "", &[("o/overlay.yaml", &overlay)])
}

#[test]
fn a_namespace_can_be_made_with_what_it_enforces() {
    let project = in_namespace(
        APP,
        "{name: shop, create: true, podSecurity: restricted, labels: {team: a}, annotations: {note: b}}",
    );
    let objects = project.objects();
    let namespace = objects.get("Namespace", "shop");
    let labels = &namespace["metadata"]["labels"];
    for mode in ["enforce", "warn", "audit"] {
        assert_eq!(labels[format!("pod-security.kubernetes.io/{mode}")], "restricted");
    }
    assert_eq!((&labels["team"], annotation(namespace, "note")), (&json!("a"), &json!("b")));
    assert_eq!(annotation(namespace, "argocd.argoproj.io/sync-options"), "Prune=false,Delete=false");
    assert_eq!(annotation(namespace, WAVE), "-25");
    assert!(namespace["metadata"]["namespace"].is_null());
    assert_eq!(objects.one("ServiceAccount")["metadata"]["namespace"], "shop");
    for (namespace, part) in [
        ("{name: shop, labels: {a: b}}", "error[field-without-effect]: the namespace `shop` is not made here"),
        ("{name: shop, podSecurity: strict}", "restricted"),
        (
            "{name: shop, create: true, podSecurity: baseline, labels: {pod-security.kubernetes.io/enforce: baseline}}",
            "error[conflicting-fields]",
        ),
    ] {
        let said = in_namespace(APP, namespace).refusal();
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn pods_that_break_the_level_of_their_namespace_are_refused_where_it_is_written() {
    let app = "deployments: {main: {security: {runAsNonRoot: false}}}\n";
    let said = in_namespace(app, "{name: shop, podSecurity: restricted}").refusal();
    assert!(
        said.contains("error[pod-security]: pods of `Deployment/shop` may run as root in the container `shop`"),
        "{said}"
    );
    assert!(said.contains("app.yaml:5:47") && said.contains("overlay.yaml:5:38"), "{said}");
    assert_eq!(in_namespace(app, "{name: shop, podSecurity: baseline}").objects().names().len(), 2);
}

const DEPENDENCIES: &str = "\
secrets: {s: {keys: {URL: {}, TOKEN: {}}}}
dependencies:
  database: {type: postgres, version: '17', extensions: [pgcrypto], schemas: [sale], url: {secret: s, key: URL}, external: {host: db.example.com}}
  cache: {type: redis, service: {name: redis, namespace: data}}
  events: {type: kafka, optional: true, external: {host: kafka.example.com}}
verifyDependencies: {enabled: true}
";

/// The script of a proof, and the Job.
fn proof(objects: &Objects, name: &str) -> (String, Value) {
    let job = objects.get("Job", name);
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    (container["args"][0].as_str().unwrap().to_owned(), job.clone())
}

#[test]
fn required_dependencies_are_proven_before_the_migrations() {
    let objects = built(&format!("{APP}{DEPENDENCIES}"), "");
    let (script, job) = proof(&objects, "shop-verify-dependencies");
    assert!(
        script.contains("reach database 'db.example.com' 5432") && script.contains("reach cache 'redis.data.svc' 6379"),
        "{script}"
    );
    assert!(!script.contains("kafka"), "{script}");
    assert!(script.contains("WHERE extname = 'pgcrypto'") && script.contains("WHERE nspname = 'sale'"), "{script}");
    assert_eq!((annotation(&job, WAVE), annotation(&job, "argocd.argoproj.io/hook")), (&json!("-15"), &json!("Sync")));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "docker.io/library/postgres:17-alpine");
    let url = json!([{"name": "URL_DATABASE", "valueFrom": {"secretKeyRef": {"name": "s", "key": "URL"}}}]);
    assert_eq!((&container["env"], &container["securityContext"]["runAsUser"]), (&url, &json!(65534)));
}

#[test]
fn bundled_dependencies_are_proven_when_they_and_their_databases_are_there() {
    let app = format!(
        "{APP}dependencies: {{cache: {{type: redis, bundled: {{storage: 1Gi, credentials: {{secret: s, key: P}}}}}}}}\nsecrets: {{s: {{keys: {{P: {{}}}}}}}}\nverifyDependencies: {{}}\n"
    );
    let objects = built(&app, "names: {prefix: eu-}\n");
    let (script, job) = proof(&objects, "eu-shop-verify-dependencies");
    assert!(script.contains("reach cache 'eu-shop-cache' 6379"), "{script}");
    assert_eq!(annotation(&job, WAVE), "-11");
    assert_eq!(job["spec"]["template"]["spec"]["containers"][0]["image"], "docker.io/library/busybox:1.37");
    refused(
        &format!("{APP}verifyDependencies: {{}}\n"),
        "",
        &["error[missing-field]: `verifyDependencies` has nothing to prove"],
    );
    let odd = DEPENDENCIES.replace("version: '17'", "version: '17; x'");
    refused(&format!("{APP}{odd}"), "", &["error[invalid-version]"]);
}

#[test]
fn a_rollout_proves_connections_too() {
    let app = format!(
        "{APP}{}verifyRollout: {{dependencies: [cache]}}\n",
        DEPENDENCIES.replace("verifyDependencies: {enabled: true}\n", "")
    );
    let (script, _) = proof(&built(&app, ""), "shop-verify-rollout");
    assert!(
        script.contains("nc -w 5 'redis.data.svc' 6379 -e true 2>/dev/null || fail cache 'takes no connections'"),
        "{script}"
    );
    refused(&app.replace("[cache]", "[cahce]"), "", &["error[unknown-dependency]", "did you mean `cache`?"]);
}

#[test]
fn without_argo_cd_what_comes_after_nothing_waits_for_the_dependencies() {
    let app = format!("{}{DEPENDENCIES}", APP.replace("after: [jobs]", "env: {A: '1'}"));
    let objects = built(&app, IN_PODS);
    let all = ["wait-database", "wait-cache", "schema"];
    assert_eq!(init(objects.pod("shop-x")), all);
    assert_eq!(init(&objects.get("Job", "shop-seed-x")["spec"]["template"]), all);
    assert_eq!(init(objects.pod("shop-jobs-x")), ["wait-api", "wait-main"]);
    let wait = &objects.pod("shop-x")["spec"]["initContainers"][0];
    assert_eq!(wait["env"][0]["value"], "db.example.com");
}

#[cfg(unix)]
#[test]
fn the_script_of_the_dependencies_tells_what_is_missing_and_never_a_url() {
    let (script, _) = proof(&built(&format!("{APP}{DEPENDENCIES}"), ""), "shop-verify-dependencies");
    let run = |nc: &str, version: &str, extension: &str| {
        let folder = tempfile::tempdir().unwrap();
        let asked = format!(
            "#!/bin/sh\n[ \"$3\" = postgres://u:hush@db/x ] || exit 3\ncase \"$5\" in *version*) echo '{version}';; *extension*) printf '{extension}';; *) echo 1;; esac\n"
        );
        for (name, text) in [
            ("psql", asked),
            ("nc", format!("#!/bin/sh\ncase \"$3\" in {nc}) exit 0;; esac\nexit 1\n")),
            ("sleep", "#!/bin/sh\n".into()),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let ran = std::process::Command::new("/bin/sh")
            .args(["-ec", &script])
            .env_clear()
            .envs([
                ("PATH", format!("{}:/usr/bin:/bin", folder.path().display())),
                ("URL_DATABASE", "postgresql://u:hush@db/x?schema=public".into()),
            ])
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ran.status.success(), text(&ran.stdout) + &text(&ran.stderr))
    };
    assert_eq!(run("*", "17.2 (Debian 17.2-1)", "1"), (true, "all required dependencies are there\n".to_owned()));
    assert_eq!(
        run("db*", "170.1", ""),
        (
            false,
            "database is not PostgreSQL 17\ndatabase has no extension pgcrypto\ncache takes no connections\n"
                .to_owned()
        )
    );
    assert_eq!(run("*", "", "1"), (false, "database lets nobody in\n".to_owned()));
}

#[test]
fn a_stateful_set_may_come_before_others() {
    let app = "statefulSets: {queue: {ports: {amqp: {container: 5672, service: 5672}}}}\ndeployments: {main: {after: [queue]}}\n";
    let objects = built(app, "");
    assert_eq!(objects.get("Deployment", "shop")["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"], "5");
    let objects = built(app, "order: initContainers\n");
    let wait = &objects.pod("shop")["spec"]["initContainers"][0];
    assert_eq!(wait["name"], "wait-queue");
    assert!(wait.to_string().contains("shop-queue"), "{wait}");
    refused("statefulSets: {queue: {}}\ndeployments: {main: {after: [queu]}}\n", "", &["did you mean `queue`?"]);
}

#[test]
fn a_time_zone_has_the_form_of_one() {
    for (zone, fine) in [
        ("Europe/London", true),
        ("Etc/GMT+1", true),
        ("America/Argentina/Ushuaia", true),
        ("UTC", true),
        ("Local", false),
        ("Europe/", false),
        ("+01:00", false),
    ] {
        let app = format!("cronJobs: {{nightly: {{schedule: \"0 3 * * *\", timeZone: \"{zone}\"}}}}\n");
        match fine {
            true => assert_eq!(built(&app, "").one("CronJob")["spec"]["timeZone"], zone),
            false => refused(&app, "", &["error[invalid-time-zone]"]),
        }
    }
}
