//! Docker Compose files: the same application, held against the Compose Specification.

use std::process::Command;

use serde_json::{Value, json};
use strata::cli::ExitCode;
use strata::pipeline::{self, Request, Target};

use crate::fixture::Project;
use crate::repository::{compare, files, maximal, repository};

/// What a value has to be to be a Compose file.
fn violations(file: &Value) -> Vec<String> {
    let text = std::fs::read_to_string(repository().join("schemas/compose/compose-spec.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(file).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The Compose file of the overlay `o`, and what is said.
#[track_caller]
fn composed(project: &Project) -> (Value, String) {
    let ran = project.strata(&["build", "o", "--target", "compose"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    let file: Value = serde_yaml::from_str(&ran.out).unwrap();
    assert_eq!(violations(&file), [""; 0], "{}", ran.out);
    (file, ran.err)
}

/// The overlays of the repository that run with Compose too.
const RUN: [&str; 3] = ["overlays/kiwari-pos", "overlays/kiwari-postgres", "overlays/webhook-platform/local"];

/// The Compose files of overlays, by the path that `-o FOLDER/` gives them.
fn all(root: &std::path::Path, entries: &[&str]) -> Vec<(String, String)> {
    let request = Request {
        entries: entries.iter().map(Into::into).collect(),
        cwd: root.to_path_buf(),
        target: Target::Compose,
        ..Request::default()
    };
    let outcome = pipeline::build(&request).unwrap();
    assert!(!outcome.diagnostics.has_errors(), "{:?}", outcome.diagnostics);
    let text = |build: &pipeline::Rendered| {
        let bytes = strata::emit::yaml::as_written(build.compose.as_ref().unwrap());
        let name = build.name.strip_prefix("overlays/").unwrap();
        (format!("{name}/compose.yaml"), String::from_utf8(bytes).unwrap())
    };
    outcome.builds.iter().map(text).collect()
}

#[test]
fn the_kept_compose_files_are_what_is_made() {
    let kept = repository().join("compose");
    compare(&kept, &all(&repository(), &RUN), &files(&kept, |_| true));
}

#[test]
fn every_compose_file_is_valid() {
    for (root, entries) in [(repository(), &["overlays"]), (maximal(), &["overlays"])] {
        for (name, text) in all(&root, entries) {
            let file: Value = serde_yaml::from_str(&text).unwrap();
            assert_eq!(violations(&file), [""; 0], "{name}");
        }
    }
}

#[test]
fn no_two_containers_of_one_machine_have_one_name() {
    let mut seen = std::collections::HashSet::new();
    for (name, text) in all(&repository(), &RUN[..2]) {
        let file: Value = serde_yaml::from_str(&text).unwrap();
        for (service, told) in file["services"].as_object().unwrap() {
            let shared = told["networks"].as_array().is_some_and(|all| all.contains(&json!("proxy")));
            assert!(shared && told["env_file"].as_array().is_none_or(|files| files[..] == [json!(".env")]), "{told}");
            let by_hand = told["profiles"].is_array() || told["restart"] == "no";
            assert!(
                by_hand || (told["container_name"] == **service && seen.insert(service.clone())),
                "{name} {service}"
            );
        }
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn docker_accepts_the_kept_compose_files_where_its_plugin_is() {
    let version = Command::new("docker").args(["compose", "version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        println!("skipped: no `docker compose` here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let values = "DATABASE_URL=x\nJWT_SECRET=y\nPOSTGRES_PASSWORD=a\nPOS_STG_PASSWORD=b\nPOS_PROD_PASSWORD=c\n";
    std::fs::write(folder.path().join(".env"), values).unwrap();
    for (name, text) in all(&repository(), &RUN) {
        let file = folder.path().join("compose.yaml");
        std::fs::write(&file, text).unwrap();
        let output = Command::new("docker").args(["compose", "-f"]).arg(&file).args(["config", "--quiet"]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

const APP: &str = "
deployments:
  main:
    ports: {http: {container: 3000, service: 80}}
    env: {URL: {secret: s}, MAY: {secret: s}, OTHER: {secret: s, key: RENAMED}, CERT: {secret: t, key: URL}}
    volumes: {c: {secret: s, items: {URL: url.txt}, mount: /run/s}}
secrets: {s: {keys: {URL: {}, MAY: {optional: true}, RENAMED: {}}}, t: {keys: {URL: {}}}}
";

#[test]
fn values_of_secrets_stay_in_the_env_file() {
    let (file, said) = composed(&Project::usual(APP, "compose: {envFile: pos.env, project: shop}\n", &[]));
    assert_eq!(file["name"], "shop");
    let service = &file["services"]["shop"];
    assert_eq!(service["env_file"], json!(["pos.env"]));
    // `URL` is a key of two Secrets, so the file has it under the names of both.
    let expected = json!({
        "URL": "${S_URL:?set it in the env file}",
        "OTHER": "${RENAMED:?set it in the env file}",
        "CERT": "${T_URL:?set it in the env file}",
    });
    assert_eq!(service["environment"], expected);
    assert_eq!(service["secrets"], json!([{"source": "s.URL", "target": "/run/s/url.txt"}]));
    assert_eq!(file["secrets"], json!({"s.URL": {"environment": "S_URL"}}));
    assert!(said.contains("`pos.env`, which has to hold `S_URL`, `RENAMED`, `T_URL`; it may hold `MAY`"), "{said}");
}

#[test]
fn names_and_images_are_those_of_the_final_resources() {
    let overlay = "names: {prefix: eu-}\nimages: {ghcr.io/acme/shop: {tag: v2}}\ncompose: {network: proxy}\n";
    let app = "deployments: {main: {ports: {http: {container: 3000, service: 80}}, service: {name: front}}}\n";
    let (file, _) = composed(&Project::usual(app, overlay, &[]));
    let service = &file["services"]["eu-shop"];
    assert_eq!(service["image"], "ghcr.io/acme/shop:v2");
    assert_eq!(service["networks"], json!({"proxy": {"aliases": ["eu-front"]}}));
    assert_eq!(file["networks"], json!({"proxy": {"external": true}}));
    let removed =
        Project::usual("deployments: {main: {}, two: {}}\n", "remove: [{kind: Deployment, name: shop}]\n", &[]);
    let (file, _) = composed(&removed);
    assert_eq!(file["services"].as_object().unwrap().keys().collect::<Vec<_>>(), ["shop-two"]);
}

#[test]
fn what_compose_cannot_say_is_a_note_and_never_dropped_in_silence() {
    let app = "deployments: {main: {ports: {http: {container: 3000, service: 80}}, env: {IP: {field: status.podIP}}}}\ncronJobs: {nightly: {schedule: \"0 3 * * *\"}}\nroutes: {main: {hosts: [a.example.com], paths: [/v1], tls: true, rateLimit: {requestsPerSecond: 5}}}\n";
    let overlay = "routing: traefik\nresources: [r.yaml]\npatches: [{target: {kind: Deployment}, merge: {spec: {minReadySeconds: 5}}}]\n";
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {selector: {matchLabels: {a: x}}, template: {metadata: {labels: {a: x}}, spec: {containers: [{name: x, image: \"x:1\"}]}}}\n";
    let (file, said) = composed(&Project::usual(app, overlay, &[("o/r.yaml", quota)]));
    for part in [
        "Compose has no word for ResourceQuota `q`",
        "Compose has no word for Deployment `x`",
        "no field `status.podIP`, so `IP` is left out",
        "`shop-nightly` runs when somebody starts it",
        "a proxy has to send requests for `a.example.com` below `/v1` to `shop:3000`, with TLS forced, with a rate limit",
        "a patch changes Kubernetes objects, and nothing here",
    ] {
        assert!(said.contains(part), "`{part}` in {said}");
    }
    assert!(!said.contains("IngressRoute") && !said.contains("Middleware"), "{said}");
    assert_eq!(file["services"]["shop-nightly"]["profiles"], json!(["by-hand"]));
}

#[test]
fn each_overlay_has_a_compose_file_of_its_own() {
    let root = repository();
    let ran = crate::cli::strata(&root, &["build", "overlays", "--target", "compose"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    assert!(ran.err.contains("error[several-compose-files]") && ran.err.contains("-o FOLDER/"), "{}", ran.err);
    let folder = tempfile::tempdir().unwrap();
    let out = format!("{}/", folder.path().display());
    let ran = crate::cli::strata(&root, &["build", "overlays", "--target", "compose", "-o", &out]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Fine, ""), "{}", ran.err);
    let written = files(folder.path(), |_| true);
    assert!(written.len() > 2 && written.iter().all(|path| path.ends_with("/compose.yaml")), "{written:?}");
    assert_eq!(written[0], "dealbot/local/compose.yaml");
}

#[test]
fn a_kustomization_has_no_compose_file() {
    let project = Project::new(&[("kustomization.yaml", "resources: []\n")]);
    let said = project.refusal_of(&["build", ".", "--target", "compose"]);
    assert!(said.contains("error[compose-without-application]"), "{said}");
}

#[test]
fn json_is_a_compose_file_too() {
    let ran = Project::usual(APP, "", &[]).strata(&["build", "o", "--target", "compose", "--format", "json"]);
    let file: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(violations(&file), [""; 0]);
}

#[test]
fn what_comes_after_another_starts_after_it_and_no_pod_waits_by_itself() {
    let app = "\
deployments: {api: {ports: {http: {container: 80, service: 80}}}}
workers: {mail: {like: api, after: [api]}}
migrations: {schema: {command: [migrate]}, by-hand: {mode: manual}}
verifyRollout: {http: {health: {deployment: api, path: /}}}
";
    let project = Project::usual(app, "order: initContainers\n", &[]);
    let (file, said) = composed(&project);
    let services = file["services"].as_object().unwrap();
    let names: Vec<&String> = services.keys().collect();
    assert!(names.iter().all(|name| !name.contains("wait-") && !name.contains("verify")), "{names:?}");
    let after = |name: &str| services[name]["depends_on"].clone();
    let done = serde_json::json!({"condition": "service_completed_successfully"});
    assert_eq!(after("shop-api"), serde_json::json!({"shop-schema": done}));
    assert_eq!(
        after("shop-mail"),
        serde_json::json!({"shop-schema": done, "shop-api": {"condition": "service_started"}})
    );
    assert!(services["shop-by-hand"]["profiles"].is_array(), "{}", services["shop-by-hand"]);
    assert!(said.contains("Compose does not prove what it has started") && !said.contains("schedules"), "{said}");
}

#[test]
fn a_volume_within_an_empty_folder_takes_its_place_so_that_it_has_the_owner_of_the_image() {
    let app = "\
statefulSets:
  queue:
    volumes:
      home: {emptyDir: {}, mount: /var/lib/queue}
      data: {claimTemplate: {size: 1Gi}, mount: /var/lib/queue/data}
      log: {emptyDir: {}, mount: /var/lib/queue-log}
";
    let (file, _) = composed(&Project::usual(app, "", &[]));
    let expected = json!([
        {"type": "volume", "source": "shop-queue.data", "target": "/var/lib/queue"},
        {"type": "volume", "target": "/var/lib/queue-log"},
    ]);
    assert_eq!(file["services"]["shop-queue"]["volumes"], expected);
}
