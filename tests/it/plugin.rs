//! The config-management plugin, run as Argo CD's plugin server runs it: see `server`.

mod announced;
mod bad;
mod installed;
mod server;
mod surroundings;

use std::time::{Duration, Instant};

use crate::fixture::Project;
use crate::repository::{files, repository};
use server::{Server, objects};

const TAG: &str = "parameters: {log-level: {type: string, default: info, allowed: [debug, info], description: How much is logged}, workers: {type: integer, default: 2, min: 1, max: 4}}\n\
    app: {deployments: {main: {replicas: 2, env: {LEVEL: '${{ values.log-level }}', WORKERS: '${{ values.workers }}'}}}}\n";

/// The usual project with two parameters.
fn shop() -> Project {
    Project::usual("deployments: {main: {}}\n", TAG, &[])
}

/// The base, the overlays and the settings of this repository.
fn ours() -> Project {
    let project = Project::new(&[]);
    let root = repository();
    for folder in ["base", "components", "overlays"] {
        for file in files(&root.join(folder), |_| true) {
            project.write(&format!("{folder}/{file}"), std::fs::read(root.join(folder).join(&file)).unwrap());
        }
    }
    project.write("strata.yaml", std::fs::read(root.join("strata.yaml")).unwrap());
    project
}

#[test]
fn every_overlay_comes_out_of_the_server_as_its_snapshot() {
    let (project, root) = (ours(), repository());
    let server = Server::of(project.path());
    for overlay in files(&root.join("overlays"), |path| path.ends_with("overlay.yaml")) {
        let folder = format!("overlays/{}", overlay.trim_end_matches("/overlay.yaml"));
        let manifests = server.generate(&folder, &[]).unwrap();
        let snapshot = root.join(folder.replace("overlays/", "snapshots/") + ".yaml");
        let expected = std::fs::read_to_string(snapshot).unwrap();
        assert_eq!(objects(&manifests), server::split(&expected).unwrap(), "{folder}");
        assert!(manifests.iter().all(|manifest| manifest.starts_with('{')));
    }
}

#[test]
fn parameters_and_variables_reach_the_manifests() {
    let project = shop();
    let server = Server::of(project.path());
    let env_of = |vars: &[(&str, &str)]| {
        let manifests = objects(&server.generate("o", vars).unwrap());
        let deployment = manifests.iter().find(|one| one["kind"] == "Deployment").unwrap();
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let value = |index: usize| container["env"][index]["value"].as_str().unwrap().to_owned();
        format!("{} {} {} {}", deployment["spec"]["replicas"], container["image"].as_str().unwrap(), value(0), value(1))
    };
    let plain = "2 ghcr.io/acme/shop:v1.0.0 info 2";
    for nothing in ["null", "[]", "", " "] {
        assert_eq!(env_of(&[("ARGOCD_APP_PARAMETERS", nothing)]), plain);
    }
    assert_eq!(env_of(&[]), plain);
    let given = r#"[{"name":"log-level","string":"debug"},{"name":"replicas","map":{"shop":"3"}},
        {"name":"images","map":{"ghcr.io/acme/shop":"v1.2.0"}}]"#;
    assert_eq!(env_of(&[("ARGOCD_APP_PARAMETERS", given)]), "3 ghcr.io/acme/shop:v1.2.0 debug 2");
    assert_eq!(
        env_of(&[("ARGOCD_ENV_LOG_LEVEL", "debug"), ("ARGOCD_ENV_WORKERS", "4")]),
        plain.replace("info 2", "debug 4")
    );
    // What the form sets wins over what the Application's env says.
    let both = [("ARGOCD_APP_PARAMETERS", r#"[{"name":"workers","string":"1"}]"#), ("ARGOCD_ENV_WORKERS", "4")];
    assert_eq!(env_of(&both), plain.replace("info 2", "info 1"));
    let digest = format!("sha256:{}", "ab".repeat(32));
    for version in [digest.clone(), format!("v9@{digest}")] {
        let given = format!(r#"[{{"name":"images","map":{{"ghcr.io/acme/shop":"{version}"}}}}]"#);
        assert!(env_of(&[("ARGOCD_APP_PARAMETERS", &given)]).contains(&version[..9]), "{version}");
    }
}

#[test]
fn a_kustomization_takes_images_and_replicas_too() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, template: {spec: {containers: [{name: web, image: nginx:1}]}}}\n";
    let project = Project::new(&[("k/kustomization.yaml", "resources: [web.yaml]\n"), ("k/web.yaml", deployment)]);
    let given = r#"[{"name":"images","map":{"nginx":"1.27"}},{"name":"replicas","map":{"web":"2"}}]"#;
    let manifests = Server::of(project.path()).generate("k", &[("ARGOCD_APP_PARAMETERS", given)]).unwrap();
    let web = &objects(&manifests)[0];
    assert_eq!(
        (&web["spec"]["replicas"], &web["spec"]["template"]["spec"]["containers"][0]["image"]),
        (&2.into(), &"nginx:1.27".into())
    );
}

#[test]
fn the_files_that_the_overlay_names_are_enough() {
    let project = ours();
    std::fs::remove_dir_all(project.path().join("overlays/dealbot")).unwrap();
    std::fs::remove_dir_all(project.path().join("base/kiwari-pos")).unwrap();
    std::fs::remove_dir_all(project.path().join("overlays/nx-seller-sale/dev")).unwrap();
    let whole = Server::of(ours().path()).generate("overlays/nx-seller-sale/prod", &[]).unwrap();
    assert_eq!(Server::of(project.path()).generate("overlays/nx-seller-sale/prod", &[]).unwrap(), whole);
    std::fs::remove_dir_all(project.path().join("base/nx-seller-sale")).unwrap();
    let error = Server::of(project.path()).generate("overlays/nx-seller-sale/prod", &[]).unwrap_err();
    assert!(error.contains("error[file-not-found]") && !error.contains("/tmp"), "{error}");
}

#[test]
fn other_overlays_are_not_read() {
    let project = ours();
    // Broken ones would be an error as soon as somebody looks at them.
    for index in 0..300 {
        project.write(&format!("overlays/x{index}/prod/overlay.yaml"), "{");
    }
    let server = Server::of(project.path());
    for overlay in ["overlays/nx-seller-sale/prod", "overlays/kiwari-pos/staging"] {
        server.generate(overlay, &[]).unwrap();
    }
}

#[test]
fn two_hundred_at_once_in_one_folder_give_the_same() {
    let project = ours();
    let unpacked = Server::of(project.path()).unpack();
    let folder = unpacked.path().join("overlays/webhook-platform/prod");
    let mut running = Vec::new();
    for round in 0..200 {
        running.push(server::command("generate", &folder, &[]).spawn().unwrap());
        if round % 25 == 24 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    let outputs: Vec<_> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().all(|output| output.status.success() && output.stdout == outputs[0].stdout));
    let before = files(project.path(), |_| true);
    assert_eq!(files(unpacked.path(), |_| true), before, "something was written");
}

#[test]
fn the_end_of_the_time_ends_it_at_once() {
    let project = ours();
    let unpacked = Server::of(project.path()).unpack();
    for wait in [0, 1, 3, 10, 30] {
        let mut child =
            server::command("generate", &unpacked.path().join("overlays/dealbot/production"), &[]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let begin = Instant::now();
        server::terminate(child.id());
        let status = child.wait().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(5));
        let output = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        // Killed, or done before that; never empty and well.
        assert!(status.code().is_none() || (status.success() && !output.is_empty()), "{status:?}");
    }
}
