//! Bad input: no panic, exit code 2, a message at the exact place, nothing written.

use std::io::{Error, ErrorKind, Write};

use strata::cli::{ExitCode, run};

use crate::cli::env;
use crate::project::{OVERLAY, Project};

/// `shop` whose overlay has these fields.
fn overlay(fields: &str) -> Project {
    Project::shop().overlay(fields)
}

/// `shop` whose application has these fields.
fn app(fields: &str) -> Project {
    Project::shop().app(fields)
}

/// `shop` whose application is these bytes.
fn app_file(bytes: &[u8]) -> Project {
    Project::shop().app("").bytes("base/shop/app.yaml", bytes)
}

/// `shop` with a manifest beside it.
fn resource(text: &str) -> Project {
    overlay("resources: [more.yaml]\n").with("overlays/shop/prod/more.yaml", text)
}

const BASE: &str = "--> base/shop/app.yaml";
const SECRETS: &str = "\
deployments: {main: {env: {TOKEN: {secret: shop}}}}
secrets: {shop: {path: /shop, keys: {TOKEN: {}}}}
";

#[test]
fn the_project_of_these_tests_builds() {
    assert!(Project::shop().builds().contains("kind: Service\n"));
}

// Fields and types.

#[test]
fn an_unknown_field_with_its_near_miss() {
    app("deployments: {main: {▼replcias: 2}}\n")
        .refuses(&["unknown-field"])
        .saying(&["unknown field `replcias` in `deployments.main`", "did you mean `replicas`?"]);
    overlay("▼namspace: shop\n").refuses(&["unknown-field"]).saying(&["did you mean `namespace`?"]);
    overlay("app: {deployments: {main: {▼replcias: 2}}}\n").refuses(&["unknown-field"]);
    Project::shop()
        .with("strata.yaml", "environments: {prod: {▼tgas: semver}}\n")
        .refuses(&["unknown-field"])
        .saying(&["did you mean `tags`?"]);
}

#[test]
fn a_wrong_type() {
    app("deployments: {main: {replicas: ▼many}}\n")
        .refuses(&["wrong-type"])
        .saying(&["must be a whole number or a guard"]);
    app("deployments: ▼[main]\n").refuses(&["wrong-type"]);
    overlay("namespace: ▼[shop]\n").refuses(&["wrong-type"]);
    overlay("patches: ▼{target: {}}\n").refuses(&["wrong-type"]);
}

#[test]
fn a_number_that_is_too_large_or_negative() {
    app("deployments: {main: {replicas: ▼99999999999}}\n").refuses(&["out-of-range"]);
    app("deployments: {main: {replicas: ▼-1}}\n").refuses(&["out-of-range"]);
    app("deployments: {main: {ports: {http: {container: ▼70000}}}}\n").refuses(&["out-of-range"]);
}

#[test]
fn a_duplicate_key() {
    app("deployments: {main: {▽replicas: 1, ▼replicas: 2}}\n").refuses(&["duplicate-key"]).saying(&["`replicas`"]);
    resource("kind: A\napiVersion: v1\n▽metadata: {name: a}\n▼metadata: {name: b}\n").refuses(&["duplicate-key"]);
}

#[test]
fn an_unquoted_on_in_the_model() {
    app("deployments: {main: {image: ▼on}}\n").refuses(&["ambiguous-scalar"]).saying(&["`on`", "quotes"]);
    app("deployments: {main: {workingDir: ▼12:30}}\n").refuses(&["ambiguous-scalar"]);
    // Variables keep their text, whatever it is.
    assert!(app("deployments: {main: {env: {DEBUG: on}}}\n").builds().contains("value: \"on\"\n"));
}

#[test]
fn an_unknown_tag() {
    app("deployments: {main: {replicas: ▼!int 2}}\n").refuses(&["unknown-tag"]).saying(&["`!int`"]);
}

#[test]
fn an_unknown_kind_and_version() {
    app_file(b"apiVersion: strata.dev/v1alpha1\nkind: Ap\nmetadata: {name: shop}\n")
        .refuses(&["unknown-kind"])
        .saying(&["--> base/shop/app.yaml:2:7", "did you mean `App`?"]);
    app_file(b"apiVersion: strata.dev/v2\nkind: App\nmetadata: {name: shop}\n")
        .refuses(&["unknown-api-version"])
        .saying(&["--> base/shop/app.yaml:1:13"]);
    app_file(b"kind: App\nmetadata: {name: shop}\n").refuses(&["missing-field"]).saying(&["apiVersion", BASE]);
}

// Files that are no YAML.

#[test]
fn indentation_by_tabs() {
    app("deployments:\n▼\tmain: {}\n").refuses(&["yaml-syntax"]).saying(&["tab"]);
}

#[test]
fn an_unclosed_quote() {
    app("values: {a: ▼\"b}\ndeployments: {}\n").refuses(&["yaml-syntax"]);
    resource("apiVersion: v1\nkind: ▼'A\n").refuses(&["yaml-syntax"]);
}

#[test]
fn an_unclosed_bracket() {
    app("values: {a: [b\ndeployments▼: {}\n").refuses(&["yaml-syntax"]).saying(&["close the bracket"]);
}

#[test]
fn an_empty_file() {
    app_file(b"").refuses(&["empty-file"]).saying(&["--> base/shop/app.yaml:1:1"]);
    overlay("").bytes("overlays/shop/prod/overlay.yaml", b"").refuses(&["empty-file"]);
    let ran = resource("").run(&["build", OVERLAY]);
    assert_eq!(ran.code, ExitCode::Fine);
    assert!(ran.err.contains("warning[empty-file]: the file holds no resource\n"), "{}", ran.err);
    assert!(ran.err.contains("--> overlays/shop/prod/more.yaml:1:1\n"), "{}", ran.err);
}

#[test]
fn a_file_of_comments_alone() {
    app_file(b"# later\n").refuses(&["empty-file"]).saying(&["--> base/shop/app.yaml:1:1"]);
    let ran = resource("# later\n---\n# more\n").run(&["build", OVERLAY]);
    assert!(ran.err.contains("warning[empty-file]"), "{}", ran.err);
    overlay("patches: [{target: {kind: Deployment}, merge: patch.yaml}]\n")
        .with("overlays/shop/prod/patch.yaml", "# later\n")
        .refuses(&["empty-file"])
        .saying(&["--> overlays/shop/prod/patch.yaml:1:1"]);
}

#[test]
fn bytes_that_are_not_utf8() {
    let bytes = b"apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: \xff}\n";
    app_file(bytes).refuses(&["not-utf8"]).saying(&["--> base/shop/app.yaml:3:18"]);
    resource("").bytes("overlays/shop/prod/more.yaml", b"a: b\nc: \xc3(\n").refuses(&["not-utf8"]);
}

#[test]
fn a_nul() {
    app_file(b"apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: a\0b}\n")
        .refuses(&["control-character"])
        .saying(&["--> base/shop/app.yaml:3:19"]);
}

#[test]
fn utf16() {
    let text = "kind: App\n";
    for (bom, order) in [([0xff, 0xfe], u16::to_le_bytes as fn(u16) -> [u8; 2]), ([0xfe, 0xff], u16::to_be_bytes)] {
        let bytes: Vec<u8> = bom.into_iter().chain(text.encode_utf16().flat_map(order)).collect();
        app_file(&bytes).refuses(&["not-utf8"]).saying(&["UTF-16", "--> base/shop/app.yaml:1:1"]);
    }
}

#[test]
fn an_alias_bomb() {
    let mut bomb = String::from("values:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("  a{level}: &a{level} [{alias}]\n"));
    }
    app(&bomb).refuses(&["alias-budget"]).saying(&[BASE]);
}

#[test]
fn an_anchor_that_holds_itself() {
    app("values: {a: &a [▼*a]}\n").refuses(&["alias-cycle"]);
    app("values: {a: ▼*nowhere}\n").refuses(&["yaml-syntax"]).saying(&["nowhere"]);
}

#[test]
fn twenty_thousand_nested_sequences() {
    app(&format!("values: {{a: {}{}}}\n", "[".repeat(20_000), "]".repeat(20_000))).refuses(&["too-deep"]);
    app(&format!("values: {{a: {}\n", "[".repeat(20_000))).refuses(&["too-deep"]);
    resource(&format!("a:\n  {}x\n", "- ".repeat(20_000))).refuses(&["too-deep"]);
    resource(&"{a: ".repeat(20_000)).refuses(&["too-deep"]);
}

#[test]
fn a_patch_that_grows_without_end() {
    let copies: String = (0..60).map(|at| format!("{{op: copy, from: /spec, path: /spec/more{at}}}, ")).collect();
    overlay(&format!("patches: [{{target: {{kind: Deployment}}, json6902: [{copies}]}}]\n"))
        .refuses(&["patch-too-large"]);
}

#[test]
fn a_target_with_a_label_that_cannot_be_matches_nothing() {
    overlay("remove: [{labels: {▼'a b': '!x'}}]\n").refuses(&["removal-matches-nothing"]);
    overlay("remove: [{labels: {app.kubernetes.io/name: 'shop,!x'}}]\n").refuses(&["removal-matches-nothing"]);
}

/// Runs the real binary on `project` with so many KiB of address space.
#[cfg(target_os = "linux")]
fn in_little_memory(project: &Project, kib: usize) -> (Option<i32>, String) {
    let script = format!("ulimit -v {kib} && exec \"$0\" build {OVERLAY}");
    let output = std::process::Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_strata")])
        .env("RAYON_NUM_THREADS", "2")
        .current_dir(project.root())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_scalar_of_100_megabytes_is_refused_in_bounded_memory() {
    use std::io::{Seek, SeekFrom};
    for file in ["base/shop/app.yaml", "overlays/shop/prod/more.yaml"] {
        let project = overlay("resources: [more.yaml]\n").with("overlays/shop/prod/more.yaml", "a: \"");
        let mut file = std::fs::OpenOptions::new().append(true).open(project.root().join(file)).unwrap();
        let text = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            file.write_all(&text).unwrap();
        }
        file.seek(SeekFrom::End(0)).unwrap();
        let (code, err) = in_little_memory(&project, 512 << 10);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.len() < 2000, "{} bytes", err.len());
        assert!(err.starts_with("error[file-too-large]"), "{err}");
    }
}

// Paths.

#[test]
fn a_base_that_is_missing() {
    overlay("")
        .with(
            "overlays/shop/prod/overlay.yaml",
            "apiVersion: strata.dev/v1alpha1\nkind: Overlay\nbase: ▼../../../base/shpo\n",
        )
        .refuses(&["file-not-found"])
        .saying(&["`../../../base/shpo`", "did you mean `shop`?"]);
}

const LAYER: &str = "apiVersion: strata.dev/v1alpha1\nkind: Overlay\n";

#[test]
fn a_base_that_is_its_own_base() {
    let layer = |base: &str| format!("{LAYER}base: {base}\n");
    Project::shop()
        .with("overlays/shop/prod/overlay.yaml", &layer("▼../uat"))
        .with("overlays/shop/uat/overlay.yaml", &layer("../prod"))
        .refuses(&["base-cycle"])
        .saying(&["overlays/shop/uat"]);
    Project::shop().with("overlays/shop/prod/overlay.yaml", &layer("▼.")).refuses(&["base-cycle"]);
}

#[test]
fn a_path_that_leaves_the_project() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.yaml"), "password: hunter2\n").unwrap();
    let outside = folder.path().join("secret.yaml");
    let outside = outside.display();
    overlay(&format!("resources: [▼{outside}]\n")).refuses(&["outside-project"]).not_saying(&["hunter2"]);
    overlay("resources: [▼../../../../secret.yaml]\n").refuses(&["outside-project"]);
    overlay("resources: [▼../../../../../../../../../../etc/passwd]\n").refuses(&["outside-project"]);
    app("config: {a: {b: {file: ▼../../../secret.yaml}}}\n").refuses(&["outside-project"]);
    overlay("patches: [{target: {kind: Deployment}, merge: ▼../../../../x.yaml}]\n").refuses(&["outside-project"]);
    overlay("templates: [▼../../../../x.j2]\n").refuses(&["outside-project"]);
    overlay("components: [▼../../../../x]\n").refuses(&["outside-project"]);
    let project = Project::shop();
    let inside = project.root().canonicalize().unwrap().join("base/shop/app.yaml");
    project.overlay(&format!("resources: [▼{}]\n", inside.display())).refuses(&["absolute-path"]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_may_lead_elsewhere_in_the_project_only() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.yaml"), "password: hunter2\n").unwrap();
    let project = overlay("resources: [▼more.yaml]\n");
    symlink(folder.path().join("secret.yaml"), project.root().join("overlays/shop/prod/more.yaml")).unwrap();
    project.refuses(&["outside-project"]).not_saying(&["hunter2"]);
    let project = overlay("resources: [▼more/secret.yaml]\n");
    symlink(folder.path(), project.root().join("overlays/shop/prod/more")).unwrap();
    project.refuses(&["outside-project"]).not_saying(&["hunter2"]);
    let project = overlay("resources: [more.yaml]\n")
        .with("common/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n");
    symlink("../../../common/map.yaml", project.root().join("overlays/shop/prod/more.yaml")).unwrap();
    assert!(project.builds().contains("name: map\n"));
    let project = overlay("resources: [▼more.yaml]\n");
    symlink("nowhere.yaml", project.root().join("overlays/shop/prod/more.yaml")).unwrap();
    project.refuses(&["file-not-found"]);
    let project = overlay("resources: [▼more.yaml]\n");
    symlink("more.yaml", project.root().join("overlays/shop/prod/more.yaml")).unwrap();
    project.refuses(&["file-not-readable"]);
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_regular_file_is_not_read() {
    use std::os::unix::fs::symlink;
    let project = overlay("resources: [▼pipe.yaml]\n");
    let pipe = project.root().join("overlays/shop/prod/pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    project.refuses(&["not-a-regular-file"]).saying(&["`pipe.yaml` is a named pipe"]);
    overlay("resources: [▼/dev/zero]\n").refuses(&["outside-project"]);
    let project = overlay("resources: [▼zero.yaml]\n");
    symlink("/dev/zero", project.root().join("overlays/shop/prod/zero.yaml")).unwrap();
    project.refuses(&["outside-project"]);
    overlay("").refuses_to(&["build", "/dev/zero"], &["not-a-regular-file"]).saying(&["/dev/zero"]);
}

#[test]
fn a_path_that_is_not_there_at_all() {
    let project = Project::shop();
    project.refuses_to(&["build", "overlays/shop/prd"], &["file-not-found"]).saying(&["did you mean `prod`?"]);
    project.refuses_to(&["build", "base"], &["nothing-to-build"]);
}

// Layers.

#[test]
fn a_field_that_an_earlier_patch_overwrites() {
    Project::shop()
        .with(
            "overlays/shop/all/overlay.yaml",
            &format!("{LAYER}base: ../../../base/shop\npatches:\n  - target: {{kind: ▽Deployment}}\n    merge: {{spec: {{replicas: 3}}}}\n"),
        )
        .with(
            "overlays/shop/prod/overlay.yaml",
            &format!("{LAYER}base: ../all\napp: {{deployments: {{main: {{replicas: ▼5}}}}}}\n"),
        )
        .refuses(&["shadowed-by-patch"]);
}

#[test]
fn a_diamond_that_disagrees() {
    let side = |count: &str| {
        format!("{LAYER}base: ../../../base/shop\napp: {{deployments: {{main: {{replicas: {count}}}}}}}\n")
    };
    Project::shop()
        .with("overlays/shop/a/overlay.yaml", &side("▽2"))
        .with("overlays/shop/b/overlay.yaml", &side("▼3"))
        .with("overlays/shop/prod/overlay.yaml", &format!("{LAYER}base: [../a, ../b]\n"))
        .refuses(&["diamond-conflict"])
        .saying(&["replicas"]);
}

#[test]
fn two_applications_in_one_overlay() {
    Project::shop()
        .with("base/other/app.yaml", "apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: ▼other}\n")
        .with("overlays/shop/prod/overlay.yaml", &format!("{LAYER}base: [../../../base/shop, ../../../base/other]\n"))
        .refuses(&["several-applications"]);
}

#[test]
fn null_on_a_guard_and_on_a_missing_key() {
    let guard = "deployments: {main: {replicas: {exactly: ▽1, because: ledgers}}}\n";
    app(guard)
        .overlay("app: {deployments: {main: {replicas: ▼{exactly: null}}}}\n")
        .refuses(&["guard-replaced"])
        .saying(&["ledgers"]);
    overlay("app: {deployments: {main: {▼command: null}}}\n").refuses(&["null-removes-nothing"]);
    overlay("app: {deployments: {▼mian: null}}\n").refuses(&["null-removes-nothing"]).saying(&["did you mean `main`?"]);
}

#[test]
fn an_unknown_environment() {
    overlay("environment: ▼prdo\n").refuses(&["unknown-environment"]).saying(&["did you mean `prod`?"]);
}

#[test]
fn an_unknown_component() {
    overlay("components: [▼../../../components/ah]\n")
        .component("ha", "")
        .refuses(&["file-not-found"])
        .saying(&["did you mean `ha`?"]);
    overlay("components: [▼../../../base/shop]\n").refuses(&["file-not-found"]);
}

#[test]
fn two_ways_to_say_the_image_in_one_layer() {
    overlay("images: {▽ghcr.io/acme/shop: {tag: v2.0.0}}\napp: {image: ▼'ghcr.io/acme/shop:v3.0.0'}\n")
        .refuses(&["conflicting-image"]);
}

#[test]
fn an_image_that_nothing_has() {
    overlay("images: {▼ghcr.io/acme/shpo: {tag: v2}}\n")
        .refuses(&["image-matches-nothing"])
        .saying(&["did you mean `ghcr.io/acme/shop`?"]);
}

#[test]
fn a_removal_that_matches_nothing() {
    overlay("remove: [{kind: Ingress, name: ▼shop}]\n").refuses(&["removal-matches-nothing"]);
}

#[test]
fn an_empty_render() {
    app("").refuses(&["empty-render"]).saying(&["allowEmpty"]);
    overlay("remove: [{name: shop}]\n").refuses(&["empty-render"]);
}

#[test]
fn a_project_that_needs_a_newer_strata() {
    Project::shop().with("strata.yaml", "requires: ▼'>=99'\n").refuses(&["strata-too-old"]).saying(&[">=99"]);
    Project::shop().with("strata.yaml", "requires: ▼soon\n").refuses(&["invalid-requirement"]);
    Project::shop().with("strata.yaml", "edition: ▼'1999.1'\n").refuses(&["unknown-value"]).saying(&["2026.1"]);
}

// Values and templates.

#[test]
fn an_unknown_value() {
    overlay("values: {domain: example.com}\napp: {deployments: {main: {env: {URL: ▼'${{ values.domian }}'}}}}\n")
        .refuses(&["unknown-value"])
        .saying(&["did you mean `values.domain`?"]);
    overlay("app: {deployments: {main: {env: {URL: ▼'${{ values.a'}}}}\n").refuses(&["unclosed-interpolation"]);
}

#[test]
fn an_unknown_parameter_and_one_out_of_range() {
    let project = overlay("parameters: {replicas: {type: integer, default: 1, max: 3}}\n");
    project
        .refuses_with(&["--set", "replcias=2"], &["unknown-parameter"])
        .saying(&["--> --set:1:1\n", "did you mean `replicas`?"]);
}

#[test]
fn a_parameter_out_of_range() {
    let project = overlay("parameters: {replicas: {type: integer, default: 1, max: 3}}\n");
    project.refuses_with(&["--set", "replicas=4"], &["invalid-parameter"]).saying(&[
        "--> --set:1:10\n",
        "3",
        "declared here",
    ]);
    project
        .refuses_with(&["--set", "replicas=many"], &["invalid-parameter"])
        .saying(&["--> --set:1:10\n", "whole number"]);
    overlay("parameters: {▼replicas: {type: integer}}\n").refuses(&["invalid-parameter"]);
}

#[test]
fn a_template_with_an_undefined_variable() {
    overlay("values: {most: 1}\ntemplates: [a.j2]\n")
        .with("overlays/shop/prod/a.j2", "kind: A\nname: {{ ▼values.least }}\n")
        .refuses(&["undefined-variable"]);
    overlay("templates: [a.j2]\n")
        .with("overlays/shop/prod/a.j2", "kind: A\nname: {{ ▼vlaues }}\n")
        .refuses(&["undefined-variable"]);
}

#[test]
fn a_template_that_does_not_end() {
    overlay("templates: [a.j2]\n")
        .with(
            "overlays/shop/prod/a.j2",
            "# many\n{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}\n",
        )
        .refuses(&["template-too-long"])
        .saying(&["--> overlays/shop/prod/a.j2:2:"]);
    overlay("templates: [a.j2]\n")
        .with("overlays/shop/prod/a.j2", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}\n")
        .refuses(&["template-error"])
        .saying(&["--> overlays/shop/prod/a.j2:1:"]);
}

#[test]
fn a_template_that_is_none_or_prints_no_yaml() {
    overlay("templates: [a.j2]\n")
        .with("overlays/shop/prod/a.j2", "kind: {% if %}\n")
        .refuses(&["template-syntax"])
        .saying(&["--> overlays/shop/prod/a.j2:1:"]);
    overlay("templates: [a.j2]\n")
        .with("overlays/shop/prod/a.j2", "a: [\n")
        .refuses(&["yaml-syntax"])
        .saying(&["overlays/shop/prod/a.j2 (rendered):"]);
}

// Names, labels, schedules.

#[test]
fn a_name_that_is_too_long() {
    let name = "n".repeat(64);
    app(&format!("deployments: {{main: {{name: ▼{name}}}}}\n")).refuses(&["name-too-long"]).saying(&["63"]);
    app(&format!("cronJobs: {{a: {{name: ▼{}, schedule: '@daily'}}}}\n", "n".repeat(53)))
        .refuses(&["name-too-long"])
        .saying(&["52"]);
    app(&format!("cronJobs: {{▼{}: {{schedule: '@daily'}}}}\n", "n".repeat(48))).refuses(&["name-too-long"]);
    app("deployments: {main: {name: ▼Shop_1}}\n").refuses(&["invalid-name"]);
}

#[test]
fn a_name_that_becomes_too_long() {
    let prefix = "p".repeat(60);
    overlay(&format!("names: {{prefix: ▼{prefix}-}}\n")).refuses(&["name-too-long"]);
    resource(&format!("apiVersion: v1\nkind: Service\nmetadata: {{name: ▼{}}}\n", "n".repeat(64)))
        .refuses(&["name-too-long"]);
}

#[test]
fn a_bad_label() {
    overlay("labels: {team: ▼'a b'}\n").refuses(&["invalid-label"]).saying(&["`a b`"]);
    overlay("labels: {▼'a b': x}\n").refuses(&["invalid-label"]).saying(&["`a b`"]);
    app("deployments: {main: {labels: {team: ▼-x}}}\n").refuses(&["invalid-label"]);
    overlay("patches: [{target: {kind: Deployment}, merge: {metadata: {labels: {team: ▼a b}}}}]\n")
        .refuses(&["invalid-label"]);
}

#[test]
fn a_bad_schedule() {
    app("cronJobs: {a: {schedule: ▼'61 * * * *'}}\n").refuses(&["invalid-schedule"]).saying(&["61"]);
    app("cronJobs: {a: {schedule: ▼'* * * *'}}\n").refuses(&["invalid-schedule"]);
    app("cronJobs: {a: {schedule: ▼often}}\n").refuses(&["invalid-schedule"]);
}

// Secrets.

#[test]
fn a_secret_key_that_is_not_declared() {
    app("deployments: {main: {env: {▼TOKNE: {secret: shop}}}}\nsecrets: {shop: {keys: {TOKEN: {}}}}\n")
        .overlay("environment: prod\n")
        .refuses(&["unknown-secret-key"])
        .saying(&["in the secret `shop`, the key `TOKNE` is not declared", "did you mean `TOKEN`?"]);
    app("deployments: {main: {env: {A: {secret: ▼shpo}}}}\nsecrets: {shop: {keys: {A: {}}}}\n")
        .overlay("environment: prod\n")
        .refuses(&["unknown-secret"])
        .saying(&["did you mean `shop`?"]);
    let patched = "\
environment: prod
patches:
  - target: {kind: Deployment}
    strategic:
      spec: {template: {spec: {containers: [{name: main, env: [{name: A, valueFrom: {secretKeyRef: {name: shop, key: ▼A}}}]}]}}}
";
    app(SECRETS).overlay(patched).refuses(&["unknown-secret-key"]);
}

#[test]
fn the_whole_of_a_guarded_secret() {
    let patched = "\
environment: prod
patches:
  - target: {kind: Deployment}
    strategic:
      spec: {template: {spec: {containers: [{name: main, envFrom: [{secretRef: {name: ▼shop}}]}]}}}
";
    let secrets = SECRETS.replace("TOKEN: {}}", "TOKEN: {}}, forbidden: [OLD]");
    app(&secrets).overlay(patched).refuses(&["secret-read-whole"]);
}

#[test]
fn providers() {
    app(SECRETS).refuses(&["no-secret-provider"]).saying(&["`shop`", BASE]);
    let in_files = SECRETS.replace("env: {TOKEN: {secret: shop}}", "volumes: {s: {secret: shop, mount: /s}}");
    app(&in_files).refuses(&["no-secret-provider"]);
    app(SECRETS)
        .overlay("secrets: {provider: externalSecrets, store: {name: vault}, hostAPI: ▼'https://x'}\n")
        .refuses(&["field-of-another-provider"]);
    app(SECRETS).overlay("secrets: {provider: ▼externalSecrets}\n").refuses(&["missing-field"]).saying(&["`store`"]);
    app(SECRETS).overlay("secrets: {provider: ▼vault}\n").refuses(&["unknown-value"]).saying(&["`infisical`"]);
}

#[test]
fn fixed_secrets_outside_of_a_local_environment() {
    app(SECRETS)
        .overlay("environment: ▽prod\nsecrets: {provider: ▼local, literals: {shop: {TOKEN: hunter2}}}\n")
        .refuses(&["local-secrets"])
        .not_saying(&["hunter2"]);
    app(SECRETS)
        .overlay("secrets: {provider: ▼local, literals: {shop: {TOKEN: hunter2}}}\n")
        .refuses(&["local-secrets"])
        .not_saying(&["hunter2"]);
}

#[test]
fn ciphertext_in_a_core_secret() {
    resource("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: ▼'ENC[AES256_GCM,data:x]'}\n")
        .refuses(&["sops-ciphertext"])
        .saying(&["decryptedBy"])
        .not_saying(&["ENC[AES256_GCM,data"]);
}

#[test]
fn a_tag_that_the_environment_does_not_allow() {
    Project::shop()
        .with("strata.yaml", "environments: {prod: {tags: ▽semver}}\n")
        .overlay("environment: prod\nimages: {ghcr.io/acme/shop: {tag: ▼latest}}\n")
        .refuses(&["tag-policy"])
        .saying(&["`ghcr.io/acme/shop:latest`", "under `except` of `tags`"]);
}

#[test]
fn a_tag_that_the_overlay_does_not_allow() {
    let environment = "environments: {prod: {tags: {default: any, except: {ghcr.io/acme: ▽sha}}}}\n";
    let project = || Project::shop().with("strata.yaml", environment);
    project().overlay("environment: prod\nimages: {ghcr.io/acme/shop: {tag: ▼v1.2.3}}\n").refuses(&["tag-policy"]);
    let environment = environment.replace('▽', "");
    Project::shop()
        .with("strata.yaml", &environment)
        .overlay("environment: prod\ntags: ▽semver\nimages: {ghcr.io/acme/shop: {tag: ▼sha-1f6d0c2}}\n")
        .refuses(&["tag-policy"])
        .saying(&["the policy `semver` asks for a version"]);
}

#[test]
fn a_policy_for_tags_that_excepts_no_image() {
    Project::shop()
        .with("strata.yaml", "environments: {prod: {tags: {default: sha, except: {▼\"quay.io/prom:v1\": any}}}}\n")
        .overlay("environment: prod\n")
        .refuses(&["invalid-image"]);
}

// Patches and resources.

#[test]
fn a_patch_whose_target_matches_nothing() {
    overlay("patches: [{target: {kind: Deployment, name: ▼shpo}, merge: {a: b}}]\n")
        .refuses(&["patch-matches-nothing"])
        .saying(&["did you mean `Deployment/shop`?"]);
}

#[test]
fn a_patch_path_that_does_not_exist() {
    overlay("patches: [{target: {kind: Deployment}, json6902: [{op: replace, path: ▼/spec/tempalte, value: 2}]}]\n")
        .refuses(&["patch-path-not-found"])
        .saying(&["`/spec/tempalte`", "did you mean"]);
    overlay("patches: [{target: {kind: Deployment}, json6902: [{op: remove, path: ▼/spec/a/b}]}]\n")
        .refuses(&["patch-path-not-found"]);
    overlay("patches: [{target: {kind: Deployment}, merge: {spec: {nothing: ▼null}}}]\n")
        .refuses(&["patch-removes-nothing"]);
    overlay("patches: [{target: {kind: Deployment}, json6902: [{op: ▼set, path: /a, value: 1}]}]\n")
        .refuses(&["unknown-patch-operation"]);
    overlay("patches: [{target: {kind: Deployment}, json6902: [{op: add, path: ▼spec, value: 1}]}]\n")
        .refuses(&["invalid-json-pointer"]);
}

#[test]
fn a_patch_of_two_kinds_or_none() {
    overlay("patches: [{target: {kind: Deployment}, merge: {a: b}, strategic: ▼{a: b}}]\n")
        .refuses(&["conflicting-fields"])
        .saying(&["`merge`", "`strategic`"]);
    overlay("patches: [{target: {kind: ▼Deployment}}]\n").refuses(&["missing-field"]);
    overlay("patches: [{target: {▼knid: Deployment}, merge: {a: b}}]\n").refuses(&["unknown-field"]);
}

#[test]
fn a_duplicate_resource() {
    resource("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ▼shop}\n").refuses(&["duplicate-resource"]);
    let twice = "apiVersion: v1\nkind: A\nmetadata: {name: ▽a}\n---\napiVersion: v1\nkind: A\nmetadata: {name: ▼a}\n";
    resource(twice).refuses(&["duplicate-resource"]);
}

#[test]
fn a_resource_without_kind_or_name() {
    resource("▼apiVersion: v1\nmetadata: {name: a}\n").refuses(&["not-a-resource"]).saying(&["`kind`"]);
    resource("▼apiVersion: v1\nkind: A\n").refuses(&["not-a-resource"]).saying(&["`metadata.name`"]);
    resource("▼kind: A\nmetadata: {name: a}\n").refuses(&["not-a-resource"]).saying(&["it has no `apiVersion`"]);
    resource("▼a: b\n").refuses(&["not-a-resource"]).saying(&["it has neither `apiVersion` nor `kind`"]);
    resource("▼- a\n").refuses(&["not-a-resource"]).saying(&["it is a list"]);
    resource("▼text\n").refuses(&["not-a-resource"]).saying(&["it is a string"]);
    resource("apiVersion: v1\nkind: List\nitems: [▼{apiVersion: v1, metadata: {name: a}}]\n")
        .refuses(&["not-a-resource"]);
}

// Several at once.

#[test]
fn several_errors_are_shown_at_once_and_sorted() {
    let project = Project::shop()
        .app("deployments:\n  main: {▼replcias: 1, image: ▼[]}\ncronJobs: {a: {▼shedule: '@daily'}}\n")
        .overlay("▼namspace: a\n");
    project.refuses(&["unknown-field", "unknown-field", "wrong-type", "unknown-field"]);
}

#[test]
fn a_broken_overlay_beside_a_good_one() {
    let project = overlay("namspace: shop\n").with(
        "overlays/shop/uat/overlay.yaml",
        &format!(
            "{LAYER}base: ../../../base/shop\npatches: [{{target: {{kind: Service}}, merge: {{kind: Service}}}}]\n"
        ),
    );
    project
        .refuses_to(&["build", "overlays"], &["unknown-field"])
        .saying(&["--> overlays/shop/prod/overlay.yaml:4:1", "warning[patch-changes-nothing]"])
        .saying(&["--> overlays/shop/uat/overlay.yaml:4:27"]);
}

// Output.

#[cfg(unix)]
#[test]
fn an_output_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::shop();
    let folder = project.root().join("out");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Nothing is read-only for root; then a file that is in the way shows the same.
    let is_root = std::fs::write(folder.join("probe"), "").is_ok();
    if is_root {
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "a file").unwrap();
    }
    for output in ["out/", "out/all.yaml"] {
        let ran = project.run(&["build", OVERLAY, "-o", output]);
        assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{}", ran.err);
        assert!(ran.err.contains("error[cannot-write]: cannot write"), "{}", ran.err);
        assert!(ran.err.contains("out"), "{}", ran.err);
    }
    if is_root {
        assert_eq!(std::fs::read_to_string(&folder).unwrap(), "a file");
    } else {
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }
}

struct Gone;

impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(Error::from(ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_of_manifests_that_goes_away() {
    let project = Project::shop();
    let (args, mut err) = (["strata", "build", OVERLAY].map(Into::into), Vec::new());
    assert_eq!(run(args, &env(project.root(), &[]), &mut Gone, &mut err), ExitCode::Fine);
    assert_eq!(String::from_utf8(err).unwrap(), "");
}

#[test]
fn terminal_escapes_are_shown_and_not_sent() {
    app("deployments: {main: {▼\"a\\e[31mb\": 1}}\n").refuses(&["unknown-field"]).saying(&["a\\x1b[31mb"]);
    app("deployments: {main: {name: ▼\"a\\e]0;x\\a\"}}\n").refuses(&["invalid-name"]).saying(&["\\x1b]0;x\\x07"]);
    app_file(b"apiVersion: strata.dev/v1alpha1\nkind: App\nmetadata: {name: a\x1b[31m}\n")
        .refuses(&["control-character"])
        .saying(&["\\x1b[31m", "--> base/shop/app.yaml:3:19"]);
    let project = overlay("resources: [▼\"a\\e[31m.yaml\"]\n");
    project.refuses(&["file-not-found"]).saying(&["a\\x1b[31m.yaml"]);
    // Right-to-left overrides make a text look like another one.
    app("deployments: {main: {▼\"a\u{202e}b\": 1}}\n").refuses(&["unknown-field"]).not_saying(&["\u{202e}"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_names_of_files_are_shown_without_their_escapes() {
    let layer = format!("{LAYER}base: ../../../base/shop\nnamspace: a\n");
    let project = Project::shop().bytes("overlays/shop/a\u{1b}[31mb/overlay.yaml", layer.as_bytes());
    project
        .refuses_to(&["build", "overlays"], &["unknown-field"])
        .saying(&["overlays/shop/a\\x1b[31mb/overlay.yaml:4:1"]);
}

#[test]
fn a_snapshot_of_what_cannot_be_built_is_not_written() {
    let project = overlay("namspace: shop\n");
    let ran = project.run(&["snapshot", "--accept"]);
    assert_eq!(ran.code, ExitCode::Failed, "{}", ran.err);
    assert!(ran.err.contains("--> overlays/shop/prod/overlay.yaml:4:1"), "{}", ran.err);
    assert!(!project.root().join("snapshots").exists());
    let ran = Project::shop().run(&["snapshot"]);
    assert_eq!(ran.code, ExitCode::Findings, "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn snapshots_never_follow_a_link() {
    use std::os::unix::fs::symlink;
    // What a link leads to is a temporary file of this test.
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("prod.yaml");
    for link in ["snapshots", "snapshots/shop", "snapshots/shop/prod.yaml"] {
        std::fs::write(&kept, "precious: hunter2\n").unwrap();
        let project = Project::shop();
        let place = project.root().join(link);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(if link.ends_with(".yaml") { &kept } else { outside.path() }, &place).unwrap();
        for args in [&["snapshot"][..], &["snapshot", "--accept"], &["snapshot", OVERLAY, "--accept"]] {
            let ran = project.run(args);
            assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{link}: {}", ran.err);
            assert!(ran.err.starts_with("error[symbolic-link]: "), "{link}: {}", ran.err);
            assert!(!ran.err.contains("hunter2"), "{}", ran.err);
        }
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "precious: hunter2\n", "{link}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1, "{link}");
    }
}
