//! What Argo CD does with an overlay: the plan of a sync, and the Applications.

use serde_json::{Value, json};
use strata::cli::ExitCode;
use strata::diagnostic::Diagnostics;
use strata::kubernetes::{Definitions, Pinned, Version};
use strata::load::yaml::{Dialect, read};
use strata::resource::Gvk;

use crate::fixture::{Objects, Project, app_file, overlay_file};
use crate::repository::{files, maximal, repository, text};

/// The order of kinds in Argo CD's `sync_tasks.go`.
pub const KINDS: &str = "Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy PodDisruptionBudget \
    ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim \
    CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList \
    RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment \
    HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService";

/// A task as Argo CD's own rules see it: phase, wave, rank of the kind, name, kind.
type Task = (usize, i64, usize, String, String);

/// The order that Argo CD's rules give the objects of a snapshot, worked out from the text alone.
fn expected(snapshot: &str, destination: &str) -> Vec<String> {
    let kinds: Vec<&str> = KINDS.split_whitespace().collect();
    let objects = Objects::read(snapshot).0;
    let phases = ["PreSync", "Sync", "PostSync", "SyncFail"];
    let mut tasks: Vec<(Task, &Value)> = Vec::new();
    for object in &objects {
        let note = |key: &str| object["metadata"]["annotations"][format!("argocd.argoproj.io/{key}")].as_str();
        let wave = note("sync-wave").and_then(|wave| wave.parse().ok()).unwrap_or(0);
        let kind = object["kind"].as_str().unwrap();
        let rank = kinds.iter().position(|known| *known == kind).unwrap_or(kinds.len());
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        for (index, phase) in phases.iter().enumerate() {
            if note("hook").map_or(*phase == "Sync", |hook| hook.split(',').any(|word| word.trim() == *phase)) {
                tasks.push(((index, wave, rank, name.clone(), kind.to_owned()), object));
            }
        }
    }
    tasks.sort_by(|a, b| a.0.cmp(&b.0));
    // A namespace goes before the first object in it, and takes its phase and wave.
    let namespace = |object: &Value| object["metadata"]["namespace"].as_str().unwrap_or(destination).to_owned();
    for at in 0..tasks.len() {
        if tasks[at].1["kind"] == "Namespace" {
            let name = tasks[at].1["metadata"]["name"].as_str().unwrap().to_owned();
            let user = tasks[..at].iter().position(|(_, one)| one["kind"] != "Namespace" && namespace(one) == name);
            if let Some(user) = user {
                let mut task = tasks.remove(at);
                (task.0.0, task.0.1) = (tasks[user].0.0, tasks[user].0.1);
                tasks.insert(user, task);
            }
        }
    }
    tasks.iter().map(|(task, _)| format!("{} {} {}/{}", phases[task.0], task.1, task.4, task.3)).collect()
}

/// The order of a plan in JSON.
fn planned(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for step in report["steps"].as_array().unwrap() {
        for object in step["objects"].as_array().unwrap() {
            let (kind, name) = (object["kind"].as_str().unwrap(), object["name"].as_str().unwrap());
            found.push(format!("{} {} {kind}/{name}", step["phase"].as_str().unwrap(), step["wave"]));
        }
    }
    found
}

#[test]
fn every_overlay_is_planned_in_the_order_of_argo_cd() {
    for (root, folder) in [(repository(), "overlays"), (maximal(), "overlays")] {
        let ran = crate::cli::strata(&root, &["argocd", "plan", folder, "--format", "json"]);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
        let reports: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
        assert!(reports.len() > 5);
        for report in &reports {
            let overlay = report["overlay"].as_str().unwrap();
            let snapshot = root.join(overlay.replacen("overlays/", "snapshots/", 1) + ".yaml");
            let snapshot = text(&snapshot).unwrap_or_else(|| crate::cli::strata(&root, &["build", overlay]).out);
            let expected = expected(&snapshot, report["namespace"].as_str().unwrap());
            assert_eq!(planned(report), expected, "{overlay}");
        }
    }
}

/// An application with all that a plan speaks of.
fn shop() -> Project {
    let app = "deployments: {main: {ports: {http: {container: 80, service: 80}}, replicas: 2, config: [settings], env: {K: {secret: s, key: K}}}}\n\
        cronJobs: {nightly: {schedule: '0 3 * * *', command: [x]}}\n\
        migrations: {schema: {command: [x]}, repair: {command: [z], mode: manual}}\n\
        config: {settings: {A: b}}\nsecrets: {s: {path: /s, keys: {K: {}}}}\n";
    let settings = "clusters: {one: {server: 'https://one.example.com'}, two: {}}\n\
        argocd: {repository: 'https://git.example.com/acme/deploy.git'}\n\
        environments: {prod: {destination: {cluster: one}, secrets: {provider: externalSecrets, store: {name: v}}}, laptop: {local: true, secrets: {provider: existing}}}\n";
    let overlay = |fields: &str| overlay_file("../../../app", fields);
    Project::new(&[
        ("strata.yaml", settings),
        ("app/app.yaml", &app_file(app)),
        ("overlays/shop/prod/overlay.yaml", &overlay("")),
        ("overlays/shop/local/overlay.yaml", &overlay("").replace("environment: prod", "environment: laptop")),
    ])
}

#[test]
fn a_plan_says_what_each_step_waits_for_and_what_an_upgrade_does() {
    let ran = shop().strata(&["argocd", "plan", "overlays/shop/prod"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    for line in [
        "Sync    -20  ExternalSecret/s",
        "Sync    -10  Job/shop-schema (hook, BeforeHookCreation)",
        "it has succeeded",
        "Sync      0  Deployment/shop",
        "all its pods are new and available",
        "Sync     20  CronJob/shop-nightly",
        "nobody waits for it",
        "the namespace `ns` is not part of it: it has to be there, or the Application says `CreateNamespace=true`, as",
        "the cluster has to know `ExternalSecret.external-secrets.io`",
        "Job/shop-schema: the one of the last sync is deleted before it is made anew",
        "a change gives it a new name; the old one is pruned after the last wave",
        "By hand:\n  kubectl -n ns create job --from=cronjob/shop-repair shop-repair-manual",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    let objects = ran.out.lines().filter(|line| line.starts_with("Sync ")).count();
    assert!(objects >= 8, "one object a line\n{}", ran.out);
}

#[test]
fn a_plan_is_a_timeline_of_mermaid() {
    let project = shop();
    project.write(
        "overlays/shop/prod/r.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'system:x'}\nrules: []\n",
    );
    project.write("overlays/shop/prod/overlay.yaml", overlay_file("../../../app", "resources: [r.yaml]\n"));
    let ran = project.strata(&["argocd", "plan", "overlays/shop/prod", "--format", "mermaid"]);
    assert_eq!(ran.code, ExitCode::Fine);
    assert!(
        ran.out.starts_with("timeline\n    title overlays/shop/prod\n    section Sync\n        wave -20 : "),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(": ClusterRole/system#58;x\n"), "{}", ran.out);
    let fields = |line: &str| line.matches(" : ").count();
    assert!(ran.out.lines().skip(3).all(|line| fields(line) == 1), "{}", ran.out);
    // One text is one timeline.
    let several = project.strata(&["argocd", "plan", "overlays", "--format", "mermaid"]).out;
    let blocks: Vec<&str> = several.split("```mermaid\n").skip(1).collect();
    assert_eq!(blocks.len(), 2, "{several}");
    assert!(
        blocks.iter().all(|block| block.starts_with("timeline\n") && block.trim_end().ends_with("\n```")),
        "{several}"
    );
}

#[test]
fn the_last_step_is_done_at_once_unless_a_hook_is_in_it() {
    let object = |name: &str, annotations: &str| {
        format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, annotations: {{{annotations}}}}}\n"
        )
    };
    let waited = |objects: &[String]| {
        let project =
            Project::new(&[("k/kustomization.yaml", "resources: [a.yaml]\n"), ("k/a.yaml", &objects.concat())]);
        let reports: Value =
            serde_json::from_str(&project.strata(&["argocd", "plan", "k", "--format", "json"]).out).unwrap();
        let steps = reports[0]["steps"].as_array().unwrap().iter();
        let objects = steps.flat_map(|step| step["objects"].as_array().unwrap());
        let shown = |one: &Value| {
            format!("{}{}", one["name"].as_str().unwrap(), if one["waitedFor"] == true { "" } else { "!" })
        };
        objects.map(shown).collect::<Vec<_>>()
    };
    let (early, hook) = ("argocd.argoproj.io/sync-wave: '-1'", "argocd.argoproj.io/hook: Sync");
    assert_eq!(waited(&[object("a", "")]), ["a!"]);
    assert_eq!(waited(&[object("a", early), object("b", "")]), ["a", "b!"]);
    assert_eq!(waited(&[object("a", ""), object("h", hook)]), ["a!", "h"]);
    assert_eq!(waited(&[object("a", early), object("b", ""), object("h", hook)]), ["a", "b", "h"]);
    let after = "argocd.argoproj.io/hook: PostSync";
    assert_eq!(waited(&[object("a", ""), object("h", after)]), ["a", "h"]);
}

#[test]
fn what_blocks_a_first_sync_is_said() {
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data, namespace: ns, annotations: {argocd.argoproj.io/sync-wave: '-1'}}\n";
    let paused = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: p, namespace: ns}\nspec: {paused: true}\n";
    let after =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: z, annotations: {argocd.argoproj.io/sync-wave: '1'}}\n";
    let hooks =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone, annotations: {argocd.argoproj.io/hook: PostDelete}}\n";
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n";
    let all = [claim, paused, after, hooks, job].join("---\n");
    let project = Project::new(&[("k/kustomization.yaml", "resources: [a.yaml]\n"), ("k/a.yaml", &all)]);
    let ran = project.strata(&["argocd", "plan", "k"]);
    for line in [
        "PersistentVolumeClaim/data: where volumes wait for their first pod, it stays pending, and the sync hangs in Sync -1",
        "Deployment/p: it is never done, for it is paused: the sync hangs in Sync 0",
        "ConfigMap/gone: its hook is PostDelete",
        "Job/j: its pods cannot change: a sync that changes them fails",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
}

#[test]
fn an_overlay_with_errors_has_no_plan_and_no_application() {
    let project = Project::usual("deployments: {main: {replicas: many}}\n", "", &[]);
    for command in ["plan", "apps"] {
        assert!(project.refusal_of(&["argocd", command, "o"]).starts_with("error[wrong-type]"));
    }
}

#[test]
fn what_has_no_application_is_said() {
    let project = shop();
    let ran = project.strata(&["argocd", "apps", "overlays/shop/local"]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (ExitCode::Fine, "", "no overlay here is one that Argo CD applies\n")
    );
    project.write("k/kustomization.yaml", "resources: [a.yaml]\n");
    project.write("k/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let error = project.refusal_of(&["argocd", "apps", "k"]);
    assert!(
        error.starts_with("error[no-destination]: nothing says which cluster `k` is for: it is a kustomization"),
        "{error}"
    );
}

/// The Applications and AppProjects of a project, each valid by Argo CD's own definitions.
fn apps(project: &Project, more: &[&str]) -> Objects {
    let ran = project.strata(&[&["argocd", "apps", "."], more].concat());
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    valid(&ran.out);
    Objects::read(&ran.out)
}

/// Validates objects of Argo CD against its CustomResourceDefinitions.
fn valid(yaml: &str) {
    let mut said = Diagnostics::default();
    let objects = read(yaml, 0, Dialect::Resource, &mut said).unwrap();
    assert!(said.is_empty() && !objects.is_empty());
    for object in &objects {
        let kind = object.get("kind").unwrap().as_str().unwrap();
        let custom = Pinned::of(&Gvk::new("argoproj.io/v1alpha1", kind)).unwrap().kind("v1alpha1").unwrap();
        let wrong = custom.validate(object, Definitions::of(Version::NEWEST));
        assert!(wrong.is_empty(), "{kind}: {wrong:?}\n{yaml}");
    }
    for sign in [": false", ": {}", ": []", ": null"] {
        assert!(!yaml.contains(sign), "Argo CD would compare `{sign}` for ever\n{yaml}");
    }
}

#[test]
fn an_application_says_what_the_overlay_needs_and_no_more() {
    let application = apps(&shop(), &[]);
    // Overlays of a machine of one's own have none, and neither has the project `default`.
    assert_eq!(application.names(), ["Application/shop-prod"]);
    let paths = "/app/app.yaml;/overlays/shop/prod/overlay.yaml;/strata.yaml";
    let expected = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {
            "name": "shop-prod", "namespace": "argocd",
            "annotations": {"argocd.argoproj.io/manifest-generate-paths": paths},
        },
        "spec": {
            "project": "default",
            "destination": {"server": "https://one.example.com", "namespace": "ns"},
            "source": {
                "repoURL": "https://git.example.com/acme/deploy.git", "path": "overlays/shop/prod",
                "targetRevision": "HEAD", "plugin": {"name": "strata"},
            },
            "syncPolicy": {"syncOptions": ["CreateNamespace=true", "SkipDryRunOnMissingResource=true"]},
        },
    });
    assert_eq!(application.0[0], expected);
}

#[test]
fn project_environment_and_overlay_are_laid_over_each_other() {
    let project = shop();
    project.write("strata.yaml", project.read("strata.yaml").replace("argocd: {repository: 'https://git.example.com/acme/deploy.git'}",
        "argocd: {repository: 'https://git.example.com/acme/deploy.git', revision: main, path: deploy/, project: shop, namespace: argo, labels: {a: x, b: x},\n  \
         sync: {automated: true, prune: true, selfHeal: true, options: [ApplyOutOfSyncOnly=true, CreateNamespace=false], retry: {limit: 3, duration: 5s, factor: 2, maxDuration: 1m}}}")
        .replace("{cluster: one}", "{cluster: two}, argocd: {labels: {b: z}, annotations: {argocd-image-updater.argoproj.io/image-list: x}, sync: {prune: false}}"));
    project.write(
        "overlays/shop/prod/overlay.yaml",
        overlay_file("../../../app", "argocd: {application: webshop, finalizer: foreground}\n"),
    );
    let found = apps(&project, &[]);
    assert_eq!(found.names(), ["AppProject/shop", "Application/webshop"]);
    let application = found.one("Application");
    assert_eq!(application["metadata"]["labels"], json!({"a": "x", "b": "z"}));
    assert_eq!(application["metadata"]["namespace"], "argo");
    assert_eq!(application["metadata"]["finalizers"], json!(["resources-finalizer.argocd.argoproj.io"]));
    assert_eq!(application["metadata"]["annotations"]["argocd-image-updater.argoproj.io/image-list"], "x");
    let paths = application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"].as_str().unwrap();
    assert!(paths.starts_with("/deploy/app/app.yaml;/deploy/overlays/"), "{paths}");
    let expected = json!({
        "automated": {"selfHeal": true},
        "retry": {"limit": 3, "backoff": {"duration": "5s", "factor": 2, "maxDuration": "1m"}},
        "syncOptions": ["ApplyOutOfSyncOnly=true", "CreateNamespace=false", "SkipDryRunOnMissingResource=true"],
    });
    assert_eq!(application["spec"]["syncPolicy"], expected);
    assert_eq!(application["spec"]["destination"], json!({"name": "two", "namespace": "ns"}));
    assert_eq!(application["spec"]["source"]["path"], "deploy/overlays/shop/prod");
    let expected = json!({
        "sourceRepos": ["https://git.example.com/acme/deploy.git"],
        "destinations": [{"name": "two", "namespace": "ns"}],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}],
    });
    assert_eq!(found.one("AppProject")["spec"], expected);
    assert_eq!(apps(&project, &["--without-project"]).names(), ["Application/webshop"]);
}

#[test]
fn the_source_is_a_rendered_folder_or_the_hydrator_by_a_word() {
    let project = shop();
    let overlay = |word: &str| {
        overlay_file(
            "../../../app",
            &format!(
                "argocd: {{source: {word}, rendered: {{repository: 'https://git.example.com/acme/rendered.git', branch: env/prod, path: /manifests/}}}}\n"
            ),
        )
    };
    project.write("overlays/shop/prod/overlay.yaml", overlay("rendered"));
    let application = apps(&project, &[]);
    let source = json!({"repoURL": "https://git.example.com/acme/rendered.git", "path": "manifests/shop/prod", "targetRevision": "env/prod"});
    assert_eq!(application.one("Application")["spec"]["source"], source);
    assert!(application.one("Application")["metadata"].get("annotations").is_none());
    project.write("overlays/shop/prod/overlay.yaml", overlay("hydrator"));
    let application = apps(&project, &[]);
    let spec = &application.one("Application")["spec"];
    assert!(spec.get("source").is_none());
    assert_eq!(
        spec["sourceHydrator"]["syncSource"],
        json!({"path": "manifests/shop/prod", "targetBranch": "env/prod"})
    );
    assert_eq!(spec["sourceHydrator"]["drySource"]["plugin"]["name"], "strata");
    assert_eq!(spec["sourceHydrator"]["drySource"]["path"], "overlays/shop/prod");
}

#[test]
fn what_an_autoscaler_changes_is_no_difference_and_large_objects_are_applied_by_the_server() {
    let project = shop();
    let scaled =
        "app: {deployments: {main: {replicas: null, autoscaling: {min: 2, max: 4, cpu: 70}}}}\nresources: [big.yaml]\n";
    project.write("overlays/shop/prod/overlay.yaml", overlay_file("../../../app", scaled));
    project.write(
        "app/app.yaml",
        project.read("app/app.yaml").replace("replicas: 2", "resources: {requests: {cpu: 100m}}, replicas: 2"),
    );
    let big = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big, namespace: ns}}\ndata: {{x: {}}}\n",
        "x".repeat(270_000)
    );
    project.write("overlays/shop/prod/big.yaml", big);
    let application = apps(&project, &[]);
    let spec = &application.one("Application")["spec"];
    let difference =
        json!([{"group": "apps", "kind": "Deployment", "name": "shop", "jsonPointers": ["/spec/replicas"]}]);
    assert_eq!(spec["ignoreDifferences"], difference);
    let options = spec["syncPolicy"]["syncOptions"].as_array().unwrap();
    assert!(
        options.contains(&"ServerSideApply=true".into()) && !options.contains(&"RespectIgnoreDifferences=true".into())
    );
}

#[test]
fn one_application_set_makes_the_same_applications() {
    let project = shop();
    let single = apps(&project, &[]);
    let set = apps(&project, &["--as", "applicationset"]);
    let spec = &set.one("ApplicationSet")["spec"];
    assert_eq!(spec["goTemplateOptions"], json!(["missingkey=error"]));
    let element = &spec["generators"][0]["list"]["elements"][0];
    assert_eq!(&made(spec, element), &single.0[0]);
    // Else the controller gives each Application a finalizer of its own.
    assert_eq!(spec["syncPolicy"]["preserveResourcesOnDeletion"], true);
}

/// The Application that the controller makes of an element: the template with the patch over it, which
/// leaves the AppProject alone.
fn made(spec: &Value, element: &Value) -> Value {
    assert_eq!(spec["templatePatch"], r#"{{ toJson (set .patch "spec" (omit .patch.spec "project")) }}"#);
    assert_eq!(spec["template"]["metadata"]["name"], "{{ .name }}");
    let mut made = element["patch"].clone();
    assert!(made["spec"].get("project").is_none());
    made["spec"]["project"] = spec["template"]["spec"]["project"].clone();
    made["apiVersion"] = "argoproj.io/v1alpha1".into();
    made["kind"] = "Application".into();
    made["metadata"]["name"] = element["name"].clone();
    made["metadata"]["namespace"] = "argocd".into();
    made
}

#[test]
fn an_application_set_reads_a_file_for_each_application() {
    let project = shop();
    let settings = project.read("strata.yaml").replace("deploy.git'}", "deploy.git', path: deploy, project: web}");
    project.write("strata.yaml", settings.clone());
    let files_of = |more: &[&str]| project.strata(&[&["argocd", "apps", "--files", "argocd/apps"], more].concat());
    let file = "argocd/apps/web/shop-prod.application.yaml";
    let ran = files_of(&["--check"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Findings, "+ web/shop-prod.application.yaml\n"));
    assert!(!project.path().join("argocd").exists());
    let ran = files_of(&[]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, "1 application: 1 file written, 0 removed\n"));
    valid(&ran.out);
    let found = Objects::read(&ran.out);
    assert_eq!(found.names(), ["AppProject/web", "ApplicationSet/web"]);
    let spec = &found.one("ApplicationSet")["spec"];
    let git = json!({"repoURL": "https://git.example.com/acme/deploy.git", "revision": "HEAD",
        "files": [{"path": "deploy/argocd/apps/web/*.application.yaml"}]});
    assert_eq!(spec["generators"], json!([{"git": git}]));
    let element = &Objects::read(&project.read(file)).0[0];
    assert_eq!(&made(spec, element), apps(&project, &[]).one("Application"));
    // One more overlay is one more file, and the ApplicationSet stays as it is.
    project.write("overlays/shop/eu/overlay.yaml", overlay_file("../../../app", ""));
    assert_eq!(files_of(&["--check"]).out, "+ web/shop-eu.application.yaml\n");
    let again = files_of(&["overlays/shop/eu"]);
    assert_eq!(again.out, ran.out);
    assert_eq!((files_of(&["--check"]).code, files_of(&["--check"]).out.as_str()), (ExitCode::Fine, ""));
    // With overlays named, the files of others stay; without, those of overlays that are gone go.
    std::fs::remove_dir_all(project.path().join("overlays/shop/eu")).unwrap();
    files_of(&["overlays/shop/prod"]);
    assert_eq!(files_of(&["--check"]).out, "- web/shop-eu.application.yaml\n");
    files_of(&[]);
    assert_eq!(files(&project.path().join("argocd/apps"), |_| true).len(), 1);
    // They are no files of the project's own.
    assert_eq!(project.strata(&["build", "."]).code, ExitCode::Fine);
}

#[test]
fn files_of_applications_never_take_the_place_of_others() {
    let project = shop();
    let run = |folder: &str| project.refusal_of(&["argocd", "apps", "--files", folder]);
    for folder in ["../elsewhere", "/tmp", "."] {
        assert!(run(folder).starts_with("error[outside-project]: "), "{folder}: {}", run(folder));
    }
    for name in ["shop-prod", "by-hand"] {
        project.write(&format!("argocd/default/{name}.application.yaml"), "name: x\n");
        let error = run("argocd");
        assert!(error.starts_with("error[foreign-file]: ") && error.contains(name), "{error}");
        std::fs::remove_file(project.path().join(format!("argocd/default/{name}.application.yaml"))).unwrap();
    }
    project.write("argocd/default/notes.yaml", "of no interest: true\n");
    assert_eq!(project.strata(&["argocd", "apps", "--files", "argocd"]).code, ExitCode::Fine);
    std::fs::remove_dir_all(project.path().join("argocd")).unwrap();
    std::os::unix::fs::symlink("/tmp", project.path().join("argocd")).unwrap();
    assert!(run("argocd/x").starts_with("error[symbolic-link]"), "{}", run("argocd/x"));
    // An ApplicationSet reads one repository.
    std::fs::remove_file(project.path().join("argocd")).unwrap();
    let other = "argocd: {repository: 'https://git.example.com/acme/other.git'}\n";
    project.write("overlays/shop/eu/overlay.yaml", overlay_file("../../../app", other));
    assert!(run("argocd").starts_with("error[several-repositories]"), "{}", run("argocd"));
}

#[test]
fn what_is_missing_for_an_application_is_an_error() {
    let project = shop();
    project.write("overlays/shop/eu/overlay.yaml", overlay_file("../../../app", "argocd: {application: shop-prod}\n"));
    let error = project.refusal_of(&["argocd", "apps", "."]);
    assert!(error.contains("error[duplicate-application]: two overlays are the application `shop-prod`"), "{error}");
    project.write("overlays/shop/eu/overlay.yaml", overlay_file("../../../app", "argocd: {enabled: false}\n"));
    apps(&project, &[]);
    project.write(
        "strata.yaml",
        "environments: {prod: {secrets: {provider: existing}}, laptop: {secrets: {provider: existing}}}\n",
    );
    let error = project.refusal_of(&["argocd", "apps", "overlays/shop/prod"]);
    assert!(
        error.contains("error[no-destination]") && error.contains("error[application-without-repository]"),
        "{error}"
    );
    project.write("strata.yaml", "argocd: {application: x}\nenvironments: {prod: {secrets: {provider: existing}}}\n");
    assert!(project.refusal_of(&["build", "overlays/shop/prod"]).contains("error[misplaced-field]"));
    project.write(
        "strata.yaml",
        "argocd: {sync: {retry: {limit: 1, duration: soon}}}\nenvironments: {prod: {secrets: {provider: existing}}}\n",
    );
    assert!(project.refusal_of(&["build", "overlays/shop/prod"]).contains("error[invalid-interval]"));
}

#[test]
fn the_applications_of_this_repository_are_valid_and_read_what_they_are_made_from() {
    let root = repository();
    let ran = crate::cli::strata(&root, &["argocd", "apps", "overlays"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    valid(&ran.out);
    let found = Objects::read(&ran.out);
    let applications: Vec<&Value> = found.0.iter().filter(|one| one["kind"] == "Application").collect();
    assert!(applications.len() >= 10 && found.names()[0] == "AppProject/acme");
    for application in applications {
        let paths =
            application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"].as_str().unwrap();
        // Nothing else is needed: a project of these files alone renders the same.
        let alone = Project::new(&[]);
        for path in paths.split(';') {
            let from = root.join(path.trim_start_matches('/'));
            let below = if from.is_dir() { files(&from, |_| true) } else { vec![String::new()] };
            for file in below {
                let path = format!("{}/{file}", path.trim_start_matches('/'));
                let path = path.trim_end_matches('/');
                alone.write(path, std::fs::read(root.join(path)).unwrap());
            }
        }
        let folder = application["spec"]["source"]["path"].as_str().unwrap();
        let ran = alone.strata(&["argocd", "generate", folder]);
        let snapshot = text(&root.join(folder.replacen("overlays/", "snapshots/", 1) + ".yaml")).unwrap();
        assert_eq!((&ran.out, ran.err.as_str()), (&snapshot, ""), "{folder}");
        // And nothing more is named: without any of them it renders something else, or not at all.
        for path in paths.split(';') {
            let (path, away) = (alone.path().join(path.trim_start_matches('/')), alone.path().join("away"));
            std::fs::rename(&path, &away).unwrap();
            assert_ne!(alone.strata(&["argocd", "generate", folder]).out, snapshot, "{folder}: {}", path.display());
            std::fs::rename(&away, &path).unwrap();
        }
    }
}
