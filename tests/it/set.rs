//! `strata set`: what it edits, what it leaves alone, and what it refuses.

use strata::cli::ExitCode;

use crate::cli::Ran;
use crate::fixture::{Project, app_file, overlay_file};

const SETTINGS: &str = "environments:\n  prod: {tags: semver, secrets: {provider: existing}}\n  staging: {secrets: {provider: existing}}\n";
const APP: &str = "\
env: {REGION: eu}
config: {settings: {LOG_LEVEL: info}}
deployments:
  main: {ports: {http: {container: 3000, service: 80}}, env: {WORKERS: 2}}
workers:
  mail: {image: ghcr.io/acme/mail:v1.0.0, replicas: 1}
  single: {replicas: {exactly: 1, because: one writer}}
";
const DIGEST: &str = "sha256:4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d";

/// One app with the overlays `prod`, `staging` and, over `prod`, `prod/eu`.
fn shop(prod: &str) -> Project {
    let staging = overlay_file("../../../base/shop", "").replace("environment: prod", "environment: staging");
    Project::new(&[
        ("strata.yaml", SETTINGS),
        ("base/shop/app.yaml", &app_file(APP)),
        ("overlays/shop/prod/overlay.yaml", &overlay_file("../../../base/shop", prod)),
        (
            "overlays/shop/prod/eu/overlay.yaml",
            "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ..\nnamespace: eu\n",
        ),
        ("overlays/shop/staging/overlay.yaml", &staging),
    ])
}

const PROD: &str = "overlays/shop/prod/overlay.yaml";

impl Project {
    /// Edits without an error and returns the text of the overlay `prod` behind its head.
    #[track_caller]
    fn edited(&self, args: &[&str]) -> String {
        let ran = self.strata(&[&["set"], args].concat());
        assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
        tail(&self.read(PROD))
    }

    /// Says why an edit is refused, and that no file changed.
    #[track_caller]
    fn not_edited(&self, args: &[&str]) -> String {
        let before = self.read(PROD);
        let ran = self.strata(&[&["set"], args].concat());
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{}", ran.err);
        assert_eq!(self.read(PROD), before);
        ran.err
    }
}

fn tail(text: &str) -> String {
    text.split_once("namespace: ns\n").unwrap().1.to_owned()
}

#[test]
fn an_image_is_edited_where_the_overlay_says_it_and_all_else_stays() {
    let images = "images:\n  # the shop\n  ghcr.io/acme/shop: {tag: 'v1.0.0'}   # from CI\r\nlabels: {a: b}\n";
    let project = shop(images);
    let edited = project.edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!(edited, images.replace("v1.0.0", "v1.1.0"));
    let built = project.objects_of("overlays/shop/prod", &[]);
    assert_eq!(built.pod("shop")["spec"]["containers"][0]["image"], "ghcr.io/acme/shop:v1.1.0");
}

#[test]
fn an_image_that_the_overlay_does_not_say_is_added_there_and_the_base_stays() {
    let project = shop("labels: {a: b}\n");
    let base = project.read("base/shop/app.yaml");
    let edited = project.edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!(edited, "labels: {a: b}\nimages:\n  ghcr.io/acme/shop: {tag: v1.1.0}\n");
    assert_eq!(project.read("base/shop/app.yaml"), base);
}

#[test]
fn a_shared_layer_is_edited_only_when_that_is_asked_for() {
    let project = shop("");
    let ran = project.strata(&["set", "image", "ghcr.io/acme/mail:v1.1.0", "overlays/shop/prod", "--shared"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Fine, "edited base/shop/app.yaml\n"));
    let all = "`overlays/shop/prod`, `overlays/shop/prod/eu`, `overlays/shop/staging` render differently\n";
    assert_eq!(ran.err, all);
    assert!(project.read("base/shop/app.yaml").contains("mail: {image: ghcr.io/acme/mail:v1.1.0, replicas: 1}"));
    assert_eq!(tail(&project.read(PROD)), "");
}

#[test]
fn a_tag_replaces_a_digest_and_a_digest_a_tag_but_the_flag_keeps_the_tag() {
    let both = format!("images:\n  ghcr.io/acme/shop: {{tag: v1.0.0, digest: \"{DIGEST}\"}}\n");
    let set = |args: &[&str]| shop(&both).edited(&[&["image"], args, &["overlays/shop/prod"]].concat());
    let images = |entry: &str| format!("images:\n  ghcr.io/acme/shop: {{{entry}}}\n");
    let other = DIGEST.replace("4b1d", "9c2e");
    assert_eq!(set(&["ghcr.io/acme/shop:v1.1.0"]), images("tag: v1.1.0"));
    assert_eq!(set(&["ghcr.io/acme/shop", "--digest", &other]), images(&format!("tag: v1.0.0, digest: \"{other}\"")));
    let whole = format!("ghcr.io/acme/shop:v1.1.0@{other}");
    assert_eq!(set(&[&whole]), images(&format!("tag: v1.1.0, digest: \"{other}\"")));
    let kept = format!("ghcr.io/acme/shop:*@{other}");
    assert_eq!(set(&[&kept]), images(&format!("tag: v1.0.0, digest: \"{other}\"")));
    let renamed = format!("tag: v1.0.0, digest: \"{DIGEST}\", newName: ghcr.io/acme/store");
    assert_eq!(set(&["ghcr.io/acme/shop=ghcr.io/acme/store"]), images(&renamed));
    let alone = format!("ghcr.io/acme/shop@{other}");
    let refused = shop(&both).not_edited(&["image", &alone, "overlays/shop/prod"]);
    assert!(refused.contains("error[tag-policy]"), "{refused}");
}

#[test]
fn a_digest_alone_keeps_the_tag_of_the_base() {
    let project = shop("");
    let edited = project.edited(&["image", "ghcr.io/acme/shop", "--digest", DIGEST, "overlays/shop/prod"]);
    assert_eq!(edited, format!("images:\n  ghcr.io/acme/shop: {{tag: v1.0.0, digest: {DIGEST}}}\n"));
}

#[test]
fn an_image_in_the_fields_of_the_application_is_edited_there() {
    let app =
        "app:\n  image: ghcr.io/acme/shop:v1.0.0 # ours\n  workers: {mail: {image: \"ghcr.io/acme/mail:v1.0.0\"}}\n";
    let project = shop(app);
    project.edited(&["image", "ghcr.io/acme/shop:v1.2.0", "overlays/shop/prod"]);
    let edited = project.edited(&["image", "ghcr.io/acme/mail=ghcr.io/acme/post:v3.0.0", "overlays/shop/prod"]);
    assert_eq!(edited, app.replace("shop:v1.0.0", "shop:v1.2.0").replace("mail:v1.0.0", "post:v3.0.0"));
}

#[test]
fn an_image_that_a_base_renames_is_known_by_both_names() {
    let project = shop("images: {ghcr.io/acme/shop: {newName: r.example.com/shop, tag: v1.0.0}}\n");
    for name in ["ghcr.io/acme/shop", "r.example.com/shop"] {
        project
            .write("overlays/shop/prod/eu/overlay.yaml", "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ..\n");
        let ran = project.strata(&["set", "image", &format!("{name}:v1.1.0"), "overlays/shop/prod/eu"]);
        assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
        let text = project.read("overlays/shop/prod/eu/overlay.yaml");
        assert!(text.ends_with("base: ..\nimages:\n  r.example.com/shop: {tag: v1.1.0}\n"), "{text}");
    }
}

#[test]
fn a_folder_of_overlays_is_edited_where_the_image_is_said() {
    let project = shop("images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n");
    let ran = project.strata(&["set", "image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop"]);
    assert_eq!(ran.out, "edited overlays/shop/prod/overlay.yaml\nedited overlays/shop/staging/overlay.yaml\n");
}

#[test]
fn what_the_files_say_already_is_no_edit() {
    let project = shop("images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n");
    let ran = project.strata(&["set", "image", "ghcr.io/acme/shop:v1.0.0", "overlays/shop/prod"]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Fine, ""));
    assert_eq!(ran.err, "nothing to change: the files say so already\n");
}

#[test]
fn a_dry_run_shows_the_files_and_the_manifests_and_writes_nothing() {
    let project = shop("images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n");
    let ran = project.strata(&["set", "image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod", "--dry-run"]);
    assert_eq!(ran.code, ExitCode::Fine);
    for part in [
        "--- overlays/shop/prod/overlay.yaml\n+++ overlays/shop/prod/overlay.yaml, edited\n",
        "-images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n+images: {ghcr.io/acme/shop: {tag: v1.1.0}}\n",
        "--- overlays/shop/prod/eu, rendered\n+++ overlays/shop/prod/eu, rendered with the edit\n",
        "-        image: ghcr.io/acme/shop:v1.0.0\n+        image: ghcr.io/acme/shop:v1.1.0\n",
    ] {
        assert!(ran.out.contains(part), "{part} in {}", ran.out);
    }
    let said = "`overlays/shop/prod`, `overlays/shop/prod/eu` render differently; nothing was written (--dry-run)\n";
    assert_eq!(ran.err, said);
    assert!(project.read(PROD).contains("v1.0.0"));
}

#[test]
fn json_is_one_object() {
    let project = shop("");
    let json = |args: &[&str]| -> (ExitCode, serde_json::Value) {
        let Ran { code, out, err } = project.strata(&[&["set", "image"], args, &["--format", "json"]].concat());
        (code, serde_json::from_str(if out.is_empty() { &err } else { &out }).unwrap())
    };
    let (code, report) = json(&["ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!((code, &report["written"]), (ExitCode::Fine, &true.into()));
    assert_eq!(report["files"][0]["path"], "overlays/shop/prod/overlay.yaml");
    assert_eq!(report["overlays"][1]["overlay"], "overlays/shop/prod/eu");
    assert_eq!(report["diagnostics"], serde_json::json!([]));
    let (code, report) = json(&["ghcr.io/acme/shop:latest", "overlays/shop/prod"]);
    assert_eq!((code, &report["written"]), (ExitCode::Failed, &false.into()));
    assert_eq!(report["diagnostics"][0]["code"], "tag-policy");
    let (code, report) = json(&["ghcr.io/acme/shp:v1.0.0", "overlays/shop/prod"]);
    assert_eq!((code, &report["diagnostics"][0]["code"]), (ExitCode::Failed, &"unknown-image".into()));
}

#[test]
fn an_unknown_image_names_the_near_one() {
    let project = shop("");
    let said = project.not_edited(&["image", "shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!(
        said,
        "error[unknown-image]: `overlays/shop/prod` runs no image `shop`\n |\n = help: did you mean `ghcr.io/acme/shop`?\n\n\
         nothing was written\n"
    );
    let said = project.not_edited(&["image", "redis:7", "overlays/shop/prod"]);
    assert!(said.contains("help: there is `ghcr.io/acme/mail`, `ghcr.io/acme/shop`\n"), "{said}");
}

#[test]
fn a_tag_against_the_policy_is_refused_with_the_file_as_it_would_be() {
    let project = shop("images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n");
    let said = project.not_edited(&["image", "ghcr.io/acme/shop:latest", "overlays/shop/prod"]);
    assert!(said.contains("error[tag-policy]: `Deployment/shop` runs `ghcr.io/acme/shop:latest`"), "{said}");
    assert!(said.contains("--> overlays/shop/prod/overlay.yaml:6:35\n"), "{said}");
    assert!(said.ends_with("these are the files as they would be\nnothing was written\n"), "{said}");
}

#[test]
fn an_overlay_that_does_not_build_can_be_mended_by_an_edit() {
    let project = shop("images: {ghcr.io/acme/shop: {tag: latest}}\n");
    project.refusal_of(&["build", "overlays/shop/prod"]);
    let edited = project.edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!(edited, "images: {ghcr.io/acme/shop: {tag: v1.1.0}}\n");
}

#[test]
fn wrong_arguments_say_what_to_write() {
    let project = shop("");
    for (args, code, help) in [
        (vec!["image", "ghcr.io/acme/shop", "overlays/shop/prod"], "invalid-image", "write NAME:TAG"),
        (vec!["image", "ghcr.io/acme/shop:a b", "overlays/shop/prod"], "invalid-image", "NAME=NEWNAME:TAG"),
        (vec!["image", "shop@sha256:ab", "overlays/shop/prod"], "invalid-image", "write NAME:TAG"),
        (vec!["image", "a", "b:v1", "--digest", DIGEST, "overlays/shop/prod"], "several-images", "NAME:TAG@DIGEST"),
        (vec!["image", "ghcr.io/acme/shop:v1.1.0"], "missing-overlay", "name the folders"),
        (vec!["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shp"], "file-not-found", "did you mean `shop`"),
        (vec!["replicas", "overlays/shop/prod"], "invalid-argument", "NAME=N"),
        (vec!["replicas", "main=many", "overlays/shop/prod"], "invalid-argument", "a whole number"),
        (vec!["replicas", "=3", "overlays/shop/prod"], "invalid-argument", "NAME=N"),
        (vec!["env", "main/=3", "overlays/shop/prod"], "invalid-argument", "WORKLOAD/NAME=VALUE"),
    ] {
        let said = project.not_edited(&args);
        assert!(said.starts_with(&format!("error[{code}]: ")) && said.contains(help), "{args:?}: {said}");
    }
    let here = project.strata_in("overlays/shop/prod", &["set", "image", "ghcr.io/acme/shop:v1.1.0"]);
    assert_eq!((here.code, here.out.as_str()), (ExitCode::Fine, "edited overlay.yaml\n"));
}

#[test]
fn a_value_that_stands_for_a_tag_is_changed_itself_unless_more_is_made_of_it() {
    let images = |more: &str| {
        format!("values: {{tag: v1.0.0}}\nimages:\n  ghcr.io/acme/shop: {{tag: \"${{{{ values.tag }}}}\"}}\n{more}")
    };
    let project = shop(&images(""));
    let edited = project.edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert_eq!(edited, images("").replace("v1.0.0", "v1.1.0"));
    let project = shop(&images("labels: {version: \"${{ values.tag }}\"}\n"));
    let said = project.not_edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert!(said.starts_with("error[cannot-edit]: `images[\"ghcr.io/acme/shop\"].tag` is made of values"), "{said}");
    assert!(said.contains("--> overlays/shop/prod/overlay.yaml:8:"), "{said}");
}

#[test]
fn what_an_alias_shares_is_refused_at_its_place() {
    let project = shop("labels: &x {tag: v1.0.0}\nimages:\n  ghcr.io/acme/shop: *x\n");
    let said = project.not_edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod"]);
    assert!(said.contains("cannot be changed in place: an alias stands there"), "{said}");
    assert!(said.contains("--> overlays/shop/prod/overlay.yaml:8:22\n"), "{said}");
}

#[test]
fn replicas_are_set_by_key_or_name() {
    let project = shop("app: {workers: {mail: {replicas: 2}}}\n");
    let edited = project.edited(&["replicas", "mail=3", "overlays/shop/prod"]);
    assert_eq!(edited, "app: {workers: {mail: {replicas: 3}}}\n");
    let edited = project.edited(&["replicas", "shop=2", "shop-mail=4", "overlays/shop/prod"]);
    assert_eq!(edited, "app: {workers: {mail: {replicas: 4}}, deployments: {main: {replicas: 2}}}\n");
    let said = project.not_edited(&["replicas", "mial=3", "overlays/shop/prod"]);
    assert!(said.contains("error[unknown-workload]: `overlays/shop/prod` has no workload `mial`"), "{said}");
    assert!(said.contains("help: did you mean `mail`?"), "{said}");
}

#[test]
fn a_guard_holds_whether_the_overlay_or_a_lower_layer_says_it() {
    let project = shop("");
    let said = project.not_edited(&["replicas", "single=2", "overlays/shop/prod"]);
    assert!(said.contains("error[replicas-guard]"), "{said}");
    let project = shop("app: {workers: {mail: {replicas: {exactly: 1, because: one queue}}}}\n");
    let said = project.not_edited(&["replicas", "mail=2", "overlays/shop/prod"]);
    assert!(said.contains("error[replicas-guard]: `mail` has a guard, `exactly: 1`: one queue"), "{said}");
    let project = shop("app: {workers: {mail: {replicas: {min: 1, max: 3, because: memory}}}}\n");
    let edited = project.edited(&["replicas", "mail=2", "overlays/shop/prod"]);
    assert_eq!(edited, "app: {workers: {mail: {replicas: {min: 1, max: 3, because: memory, count: 2}}}}\n");
}

#[test]
fn variables_are_set_where_the_layers_say_them() {
    let set = |args: &[&str]| shop("").edited(&[&["env"], args, &["overlays/shop/prod"]].concat());
    assert_eq!(set(&["LOG_LEVEL=debug"]), "app:\n  config:\n    settings: {LOG_LEVEL: debug}\n");
    assert_eq!(set(&["REGION=us"]), "app:\n  env: {REGION: us}\n");
    assert_eq!(set(&["WORKERS=1.10"]), "app:\n  deployments:\n    main:\n      env: {WORKERS: 1.10}\n");
    assert_eq!(set(&["mail/REGION=a: b"]), "app:\n  workers:\n    mail:\n      env: {REGION: \"a: b\"}\n");
    assert_eq!(set(&["main/NEW="]), "app:\n  deployments:\n    main:\n      env: {NEW: \"\"}\n");
}

#[test]
fn a_new_variable_names_a_near_one_and_one_of_several_workloads_is_asked_for() {
    let project = shop("");
    let ran = project.strata(&["set", "env", "LOG_LEVL=debug", "overlays/shop/prod"]);
    assert_eq!(ran.code, ExitCode::Fine);
    assert!(ran.err.contains("warning[new-variable]") && ran.err.contains("did you mean `LOG_LEVEL`?"), "{}", ran.err);
    let project = shop("app: {workers: {mail: {env: {WORKERS: 4}}}}\n");
    let said = project.not_edited(&["env", "WORKERS=8", "overlays/shop/prod"]);
    assert!(said.contains("help: write `main/WORKERS=…` or `mail/WORKERS=…`"), "{said}");
    let edited = project.edited(&["env", "mail/WORKERS=8", "overlays/shop/prod"]);
    assert_eq!(edited, "app: {workers: {mail: {env: {WORKERS: 8}}}}\n");
}

#[test]
fn a_variable_from_a_secret_is_not_made_a_text() {
    let project = shop("app: {secrets: {db: {keys: {URL: {}}}}, env: {URL: {secret: db}}}\n");
    let said = project.not_edited(&["env", "URL=x", "overlays/shop/prod"]);
    assert!(said.contains("error[cannot-edit]: `URL` takes its value from `secret`, and is no text here"), "{said}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_and_a_link_leave_all_files_as_they_were() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = shop("images: {ghcr.io/acme/shop: {tag: v1.0.0}}\n");
    let staging = project.path().join("overlays/shop/staging/overlay.yaml");
    std::fs::set_permissions(&staging, std::fs::Permissions::from_mode(0o444)).unwrap();
    let said =
        project.not_edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/prod", "overlays/shop/staging"]);
    assert!(
        said.starts_with("error[cannot-write]: cannot write `overlays/shop/staging/overlay.yaml`: permission denied")
            && said.ends_with("nothing was written\n"),
        "{said}"
    );
    assert!(said.contains("help: nothing was written; allow writing to the file and its folder"), "{said}");
    std::fs::remove_file(&staging).unwrap();
    symlink("../prod/overlay.yaml", &staging).unwrap();
    let said = project.not_edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/staging"]);
    assert!(said.starts_with("error[symbolic-link]: "), "{said}");
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("overlay.yaml"), overlay_file("../x", "")).unwrap();
    std::fs::remove_file(&staging).unwrap();
    symlink(outside.path().join("overlay.yaml"), &staging).unwrap();
    let said = project.not_edited(&["image", "ghcr.io/acme/shop:v1.1.0", "overlays/shop/staging"]);
    assert!(said.starts_with("error[outside-project]: "), "{said}");
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers: [{name: c, image: \"nginx:1.25\"}]\n";

fn kustomized(overlay: &str) -> Project {
    Project::new(&[
        (
            "k/base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [LOG=info, A=b]\n",
        ),
        ("k/base/web.yaml", DEPLOYMENT),
        ("k/prod/kustomization.yaml", overlay),
    ])
}

/// Edits `k/prod` and returns its kustomization.
#[track_caller]
fn kustomization(overlay: &str, args: &[&str]) -> String {
    let project = kustomized(overlay);
    let ran = project.strata(&[&["set"], args, &["k/prod"]].concat());
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    project.read("k/prod/kustomization.yaml")
}

#[test]
fn images_of_a_kustomization_are_edited_as_well() {
    let base = "resources:\n- ../base\n";
    let images = "resources:\n- ../base\nimages:   # pinned\n- name: nginx\n  newTag: \"1.26\"   # why\n";
    assert_eq!(kustomization(images, &["image", "nginx:1.27"]), images.replace("1.26", "1.27"));
    let digest = format!("nginx@{DIGEST}");
    let expected = format!("{}  digest: {DIGEST}\n", images.replace("  newTag: \"1.26\"   # why\n", ""));
    assert_eq!(kustomization(images, &["image", &digest]), expected);
    let added = "images:\n- name: nginx\n  newName: r.example.com/nginx\n  newTag: \"1.27\"\n";
    assert_eq!(kustomization(base, &["image", "nginx=r.example.com/nginx:1.27"]), format!("{base}{added}"));
    let said = kustomized(base).strata(&["set", "image", "ngnix:1.27", "k/prod"]);
    assert!(said.err.contains("error[unknown-image]") && said.err.contains("did you mean `nginx`?"), "{}", said.err);
}

#[test]
fn replicas_and_literals_of_a_kustomization_are_edited_as_well() {
    let base = "resources: [../base]\n";
    assert_eq!(kustomization(base, &["replicas", "web=3"]), format!("{base}replicas:\n- name: web\n  count: 3\n"));
    let replicas = "resources: [../base]\nreplicas: [{name: web, count: 2}]\n";
    assert_eq!(kustomization(replicas, &["replicas", "web=3"]), replicas.replace('2', "3"));
    let said = kustomized(base).strata(&["set", "replicas", "wbe=3", "k/prod"]);
    assert!(said.err.contains("error[unknown-workload]") && said.err.contains("did you mean `web`?"), "{}", said.err);
    let merge = "configMapGenerator:\n- name: settings\n  behavior: merge\n  literals:\n  - LOG=debug\n";
    assert_eq!(kustomization(base, &["env", "LOG=debug"]), format!("{base}{merge}"));
    let own = format!("{base}{merge}");
    assert_eq!(kustomization(&own, &["env", "LOG=warn"]), own.replace("debug", "warn"));
    assert_eq!(kustomization(&own, &["env", "settings/NEW=a b"]), format!("{own}  - NEW=a b\n"));
    let said = kustomized(base).strata(&["set", "env", "NEW=x", "k/prod"]);
    assert!(said.err.contains("error[unknown-variable]") && said.err.contains("`GENERATOR/NEW=…`"), "{}", said.err);
}

/// A base and two overlays whose variables stand in manifests, patches and files of variables.
fn variables() -> Project {
    let pod = |env: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        env:\n{env}"
        )
    };
    let inline = pod("        - {name: INLINE, value: one}   # why\n").replace('\n', "\n    ");
    let kustomization = format!(
        "resources: [../base]\nconfigMapGenerator:\n- name: own\n  envs: [own.env]\npatches:\n- path: p.yaml\n- patch: |-\n    {}\n- target: {{kind: Deployment}}\n  patch: |-\n    - op: add\n      path: /spec/template/spec/containers/0/env/-\n      value: {{name: OP, value: 'a'}}\n",
        inline.trim_end()
    );
    let base = pod(
        "        - {name: BASE, value: \"x\"}\n        - name: KEY\n          valueFrom: {secretKeyRef: {name: keys, key: k}}\n",
    );
    let patch = format!("# first\n---\n{}", pod("        - name: PATCH   # kept\n          value: 'b'   # this too\n"));
    Project::new(&[
        (
            "k/base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n- name: settings\n  envs: [app.env]\n",
        ),
        ("k/base/app.env", "# c\nLOG=info\n"),
        ("k/base/web.yaml", &base),
        ("k/prod/kustomization.yaml", &kustomization),
        ("k/prod/own.env", "A=1\nOWN=old value\r\nB=2\n"),
        ("k/prod/p.yaml", &patch),
    ])
}

#[test]
fn a_variable_of_a_kustomization_is_edited_where_its_value_is_written() {
    let project = variables();
    let edited = |args: &[&str], file: &str, from: &str, to: &str| {
        let before = project.read(file);
        let ran = project.strata(&[&["set", "env"], args, &["k/prod"]].concat());
        assert_eq!(ran.code, ExitCode::Fine, "{args:?}: {}", ran.err);
        assert_eq!(ran.out, format!("edited {file}\n"), "{args:?}");
        assert_eq!(project.read(file), before.replace(from, to), "{args:?}");
    };
    edited(&["PATCH=it's"], "k/prod/p.yaml", "'b'", "'it''s'");
    edited(&["INLINE=true"], "k/prod/kustomization.yaml", "value: one", "value: \"true\"");
    edited(&["web/OP=two words"], "k/prod/kustomization.yaml", "'a'", "'two words'");
    edited(&["OWN=new=value"], "k/prod/own.env", "old value", "new=value");
    edited(&["--shared", "BASE=y"], "k/base/web.yaml", "\"x\"", "\"y\"");
    let before = project.read("k/prod/kustomization.yaml");
    let ran = project.strata(&["set", "env", "LOG=debug", "k/prod"]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    let merged = "- name: settings\n  behavior: merge\n  literals:\n  - LOG=debug\n";
    assert_eq!(project.read("k/prod/kustomization.yaml"), before.replace("patches:", &format!("{merged}patches:")));
    assert!(project.strata(&["build", "k/prod"]).out.contains("LOG: debug"));
}

#[test]
fn a_variable_of_a_kustomization_that_cannot_be_edited_has_a_place_and_a_reason() {
    let project = variables();
    let refused = |args: &[&str]| {
        let ran = project.strata(&[&["set", "env"], args, &["k/prod"]].concat());
        assert_eq!(ran.code, ExitCode::Failed, "{args:?}: {}", ran.out);
        assert!(ran.err.ends_with("nothing was written\n"), "{}", ran.err);
        ran.err
    };
    let said = refused(&["BASE=y"]);
    assert!(
        said.contains("`BASE` of `Deployment/web` is written in `k/base/web.yaml`, which is not `k/prod` alone"),
        "{said}"
    );
    assert!(said.contains("k/base/web.yaml:10:") && said.contains("`--shared` edits it there"), "{said}");
    let said = refused(&["KEY=y"]);
    assert!(said.contains("takes its value from `k` of the Secret `keys`"), "{said}");
    project.write(
        "k/prod/kustomization.yaml",
        project.read("k/prod/kustomization.yaml") + "secretGenerator:\n- name: s\n  literals: [TOKEN=hunter2]\n",
    );
    let said = refused(&["TOKEN=y"]);
    assert!(
        said.contains("error[cannot-edit]: `TOKEN` is a value of `Secret/s-") && !said.contains("hunter2"),
        "{said}"
    );
    let said = refused(&["NOPE=y"]);
    assert!(said.contains("error[unknown-variable]: nothing that `k/prod` renders sets `NOPE`"), "{said}");
    let said = refused(&["OWN=two\nlines"]);
    assert!(said.contains("a file of variables has one on each line"), "{said}");
}

#[test]
fn every_way_to_set_something_has_examples() {
    for what in ["image", "replicas", "env"] {
        let ran = kustomized("").strata(&["set", what, "--help"]);
        assert!(
            ran.code == ExitCode::Fine && ran.out.contains(&format!("Examples:\n  strata set {what} ")),
            "{}",
            ran.out
        );
    }
}
