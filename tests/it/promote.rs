//! `strata promote`: what goes from one environment to another, and what cannot be proven of it.

use strata::cli::ExitCode;

use crate::fixture::{Project, app_file, overlay_file};

const SETTINGS: &str = "\
environments:
  staging: {secrets: {provider: existing}}
  production: {tags: semver, secrets: {provider: existing}}
";
const APP: &str = "\
deployments:
  main: {ports: {http: {container: 3000, service: 80}}, initContainers: {wait: {image: busybox:1.36, command: [sleep, \"1\"]}}}
workers: {mail: {image: ghcr.io/acme/mail}}
";
const ONE: &str = "sha256:4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d4b1d";
const TWO: &str = "sha256:9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e9c2e";
const TARGET: &str = "overlays/shop/production/overlay.yaml";

/// One application with an overlay for each environment.
fn shop(staging: &str, production: &str) -> Project {
    let overlay = |environment: &str, fields: &str| {
        overlay_file("../../../base/shop", fields).replace("environment: prod", &format!("environment: {environment}"))
    };
    Project::new(&[
        ("strata.yaml", SETTINGS),
        ("base/shop/app.yaml", &app_file(APP)),
        ("overlays/shop/staging/overlay.yaml", &overlay("staging", staging)),
        (TARGET, &overlay("production", production)),
    ])
}

fn both(staging: &str, production: &str) -> Project {
    let images =
        |version: &str| format!("images: {{ghcr.io/acme/shop: {{{version}}}, ghcr.io/acme/mail: {{{version}}}}}\n");
    shop(&images(staging), &images(production))
}

const PROMOTE: [&str; 5] = ["promote", "--from", "staging", "--to", "production"];

fn promote(project: &Project, more: &[&str]) -> crate::cli::Ran {
    project.strata(&[PROMOTE.as_slice(), more].concat())
}

fn tail(project: &Project) -> String {
    project.read(TARGET).split_once("namespace: ns\n").unwrap().1.to_owned()
}

#[test]
fn one_tag_goes_to_all_images_with_the_digest_of_each_and_comments_stay() {
    let staging = format!(
        "images:\n  ghcr.io/acme/shop: {{tag: staging, digest: \"{ONE}\"}}\n  ghcr.io/acme/mail: {{tag: staging, digest: \"{TWO}\"}}\n"
    );
    let production = "images:\n  # the shop\n  ghcr.io/acme/shop: {tag: v1.1.0} # last week\n  ghcr.io/acme/mail:\n    tag: 'v1.1.0'\n";
    let project = shop(&staging, production);
    let ran = promote(&project, &["--tag", "v1.2.0"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, "`overlays/shop/production` renders differently\n"));
    assert_eq!(
        ran.out,
        "overlay                   image              staging                       production  now\n\
         overlays/shop/production  ghcr.io/acme/mail  staging@sha256:9c2e9c2e9c2e…  v1.1.0      v1.2.0@sha256:9c2e9c2e9c2e…\n\
         overlays/shop/production  ghcr.io/acme/shop  staging@sha256:4b1d4b1d4b1d…  v1.1.0      v1.2.0@sha256:4b1d4b1d4b1d…\n\
         edited overlays/shop/production/overlay.yaml\n"
    );
    let expected = production
        .replace("{tag: v1.1.0}", &format!("{{tag: v1.2.0, digest: {ONE}}}"))
        .replace("tag: 'v1.1.0'", &format!("tag: 'v1.2.0'\n    digest: {TWO}"));
    assert_eq!(tail(&project), expected);
    let again = promote(&project, &["--tag", "v1.2.0"]);
    assert_eq!((again.code, again.out.as_str()), (ExitCode::Fine, ""));
    assert_eq!(again.err, "nothing to change: the files say so already\n");
}

#[test]
fn without_a_tag_what_the_source_runs_is_carried_and_a_digest_that_is_not_of_it_goes() {
    let project = both("tag: v1.3.0", &format!("tag: v1.1.0, digest: \"{ONE}\""));
    let ran = promote(&project, &[]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    assert_eq!(tail(&project), "images: {ghcr.io/acme/shop: {tag: v1.3.0}, ghcr.io/acme/mail: {tag: v1.3.0}}\n");
    let doubt = "warning[unproven-image]: `ghcr.io/acme/mail` is carried by its tag `v1.3.0` alone: nothing proves that it still means the same image\n";
    assert!(ran.err.starts_with(doubt), "{}", ran.err);
    assert!(ran.err.contains("--> overlays/shop/staging/overlay.yaml:6:69\n"), "{}", ran.err);
}

#[test]
fn an_image_that_the_target_does_not_say_yet_is_added() {
    let project = both(&format!("tag: v1.3.0, digest: \"{ONE}\""), "tag: v1.1.0");
    project.write(TARGET, project.read(TARGET).replace(", ghcr.io/acme/mail: {tag: v1.1.0}", ""));
    let settings = SETTINGS.replace("tags: semver, ", "");
    project.write("strata.yaml", &settings);
    assert_eq!(promote(&project, &[]).code, ExitCode::Fine);
    let entry = |name: &str| format!("ghcr.io/acme/{name}: {{tag: v1.3.0, digest: {ONE}}}");
    assert_eq!(tail(&project), format!("images: {{{}, {}}}\n", entry("shop"), entry("mail")));
}

#[test]
fn a_tag_that_the_target_refuses_writes_nothing() {
    let project = both(&format!("tag: staging, digest: \"{ONE}\""), "tag: v1.1.0");
    let before = project.read(TARGET);
    for (tag, hint) in [(&[][..], true), (&["--tag", "latest"], false)] {
        let ran = promote(&project, tag);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
        assert!(ran.err.contains("error[tag-policy]: `Deployment/shop` runs"), "{}", ran.err);
        assert_eq!(ran.err.contains("`--tag v1.2.3` gives the same images the tag"), hint, "{}", ran.err);
        assert!(ran.err.ends_with("these are the files as they would be\nnothing was written\n"), "{}", ran.err);
        assert_eq!(project.read(TARGET), before);
    }
}

#[test]
fn another_tag_or_registry_without_a_digest_is_said_to_be_unproven() {
    let ran = promote(&both("tag: sha-4f2c9d1", "tag: v1.1.0"), &["--tag", "v1.2.0", "--dry-run"]);
    let doubt = "nothing proves that `v1.2.0` of `ghcr.io/acme/shop` is what `sha-4f2c9d1` is in `overlays/shop/staging`: no digest is written there";
    assert!(ran.err.contains(doubt), "{}", ran.err);
    let production =
        "images: {ghcr.io/acme/shop: {newName: r.example.com/shop, tag: v1.1.0}, ghcr.io/acme/mail: {tag: v1.1.0}}\n";
    let staging = format!("tag: v1.2.0, digest: \"{ONE}\"");
    let project = both(&staging, "tag: v1.1.0");
    project.write(TARGET, project.read(TARGET).replace(&tail(&project), production));
    let ran = promote(&project, &[]);
    let doubt = "`overlays/shop/production` runs `r.example.com/shop`, and `overlays/shop/staging` runs `ghcr.io/acme/shop`: nothing proves that the digest is there as well";
    assert!(ran.code == ExitCode::Fine && ran.err.contains(doubt), "{}", ran.err);
    assert!(tail(&project).contains(&format!("newName: r.example.com/shop, tag: v1.2.0, digest: {ONE}")));
}

#[test]
fn what_is_on_one_side_alone_is_said_and_left_alone() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    let staging = project.read("overlays/shop/staging/overlay.yaml");
    let more = "app: {workers: {extra: {image: ghcr.io/acme/extra:v1.0.0}}}\n";
    project.write("overlays/shop/staging/overlay.yaml", staging + more);
    let ran = promote(&project, &["--dry-run"]);
    let note = "note[one-side-only]: `overlays/shop/staging` runs `ghcr.io/acme/extra` of `shop`, and `overlays/shop/production` does not\n";
    assert!(ran.code == ExitCode::Fine && ran.err.contains(note), "{}", ran.err);
    assert!(!ran.out.contains("extra") && !ran.out.contains("busybox"), "{}", ran.out);
}

#[test]
fn two_versions_of_one_image_in_an_environment_are_an_error_at_both() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    let other = project.read("overlays/shop/staging/overlay.yaml").replace("v1.2.0", "v1.3.0");
    project.write("overlays/shop/staging/us/overlay.yaml", other.replace("../../../", "../../../../"));
    let ran = promote(&project, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    let conflict = "error[conflicting-versions]: `ghcr.io/acme/shop` runs as `ghcr.io/acme/shop:v1.2.0` in `overlays/shop/staging` and as `ghcr.io/acme/shop:v1.3.0` in `overlays/shop/staging/us`\n";
    assert!(ran.err.contains(conflict), "{}", ran.err);
    assert!(ran.err.contains("------ the other version") && ran.err.ends_with("nothing was written\n"), "{}", ran.err);
}

#[test]
fn an_overlay_over_another_target_takes_the_image_from_there() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    let over = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ..\nnamespace: eu\n";
    project.write("overlays/shop/production/eu/overlay.yaml", over);
    let ran = promote(&project, &[]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    assert!(
        ran.err.ends_with("`overlays/shop/production`, `overlays/shop/production/eu` render differently\n"),
        "{}",
        ran.err
    );
    assert_eq!(project.read("overlays/shop/production/eu/overlay.yaml"), over);
}

#[test]
fn an_environment_is_a_folder_or_what_overlays_name() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    let root = project.path();
    std::fs::rename(root.join("overlays/shop/production"), root.join("overlays/shop/live")).unwrap();
    let ran = promote(&project, &[]);
    assert_eq!(ran.code, ExitCode::Fine, "{}", ran.err);
    assert!(ran.out.ends_with("edited overlays/shop/live/overlay.yaml\n"), "{}", ran.out);
}

#[test]
fn an_environment_that_does_not_build_is_named() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    project.write("overlays/shop/staging/overlay.yaml", overlay_file("../../../base/none", ""));
    let ran = promote(&project, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""));
    assert!(ran.err.contains("error["), "{}", ran.err);
    assert!(ran.err.ends_with("`overlays/shop/staging` cannot be built; nothing was written\n"), "{}", ran.err);
}

#[test]
fn wrong_arguments_name_what_there_is() {
    let project = both("tag: v1.2.0", "tag: v1.1.0");
    let other = project.read("overlays/shop/staging/overlay.yaml");
    project.write("overlays/store/staging/overlay.yaml", other.replace("v1.2.0", "v1.3.0"));
    project.write("overlays/store/production/overlay.yaml", project.read(TARGET));
    for (args, code, help) in [
        (["--from", "stagin", "--to", "production"].as_slice(), "unknown-environment", "did you mean `staging`?"),
        (&["--from", "staging", "--to", "staging"], "invalid-argument", "name two environments"),
        (&["--from", "staging", "--to", "production", "--app", "shp"], "unknown-application", "did you mean `shop`?"),
        (&["--from", "staging", "--to", "production", "--tag", "v1"], "several-applications", "`--app`"),
        (&["--from", "staging", "--to", "production", "--tag", "a b"], "invalid-image", "`--tag v1.2.3`"),
    ] {
        let said = project.refusal_of(&[&["promote"], args].concat());
        assert!(said.starts_with(&format!("error[{code}]: ")) && said.contains(help), "{args:?}: {said}");
    }
    let ran = promote(&project, &["--app", "shop", "--app", "store", "--tag", "v1.4.0"]);
    assert_eq!(ran.out.matches("edited ").count(), 2, "{}", ran.err);
    let ran = project.strata(&["promote", "--help"]);
    assert!(ran.out.contains("Examples:\n  strata promote --from "), "{}", ran.out);
}

#[test]
fn one_tag_goes_to_all_applications_of_one_build() {
    let project = both("tag: sha-1", "tag: v1.1.0");
    project.write("overlays/store/staging/overlay.yaml", project.read("overlays/shop/staging/overlay.yaml"));
    project.write("overlays/store/production/overlay.yaml", project.read(TARGET));
    let ran = promote(&project, &["--tag", "v1.4.0"]);
    assert_eq!((ran.code, ran.out.matches("edited ").count()), (ExitCode::Fine, 2), "{}", ran.err);
    assert_eq!(project.read("overlays/store/production/overlay.yaml").matches("v1.4.0").count(), 2);
    let staging = project.read("overlays/store/staging/overlay.yaml");
    project.write("overlays/store/staging/overlay.yaml", staging.replace("sha-1", "sha-2"));
    let said = project.refusal_of(&[&PROMOTE[..], &["--tag", "v1.5.0"]].concat());
    assert!(said.contains("not of one build in `staging`: `shop` (`sha-1`), `store` (`sha-2`)"), "{said}");
}

#[test]
fn json_says_for_each_image_what_it_was_and_is_and_whether_that_is_proven() {
    let project = both(&format!("tag: staging, digest: \"{ONE}\""), "tag: v1.1.0");
    let ran = promote(&project, &["--tag", "v1.2.0", "--dry-run", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["from"], &report["written"]), (&"staging".into(), &false.into()));
    let shop = &report["images"][1];
    assert_eq!((&shop["app"], &shop["overlay"]), (&"shop".into(), &"overlays/shop/production".into()));
    assert_eq!(shop["after"], serde_json::json!({"name": "ghcr.io/acme/shop", "tag": "v1.2.0", "digest": ONE}));
    assert_eq!((&shop["before"]["tag"], &shop["proven"]), (&"v1.1.0".into(), &true.into()));
    assert!(report["files"][0]["diff"].as_str().unwrap().contains("+images: "));
}
