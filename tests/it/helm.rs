//! `--enable-helm`, with a helm that writes down what it is asked.

use std::path::Path;
use std::sync::{Arc, Mutex};

use strata::cli::{Env, ExitCode, Finished, Program, run};

use crate::cli::{Ran, env};
use crate::fixture::Project;

const RENDERED: &str = "\
---
# Source: web/templates/cm.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: from-chart
";

/// What helm was asked: its words, with the project's folder left out, and its input.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// Surroundings whose helm prints `text`, or fails with `err`.
fn with_helm(folder: &Path, text: &'static str, err: &'static str) -> (Env, Asked) {
    let asked = Asked::default();
    let (log, root) = (Arc::clone(&asked), folder.canonicalize().unwrap());
    let helm = move |program: &Program| {
        assert_eq!(program.name, "helm");
        assert!(program.variables.iter().any(|(name, value)| name == "HELM_CONFIG_HOME" && value.is_some()));
        let words: Vec<_> = program.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let words = words.join(" ").replace(root.to_str().unwrap(), "");
        log.lock().unwrap().push((words, String::from_utf8(program.input.clone()).unwrap()));
        if program.args.first().is_some_and(|word| word == "pull") {
            std::fs::create_dir_all(root.join("charts/web-1.2.3/web")).unwrap();
        }
        let (out, err) = (text.as_bytes().to_vec(), err.as_bytes().to_vec());
        Ok(Finished { success: err.is_empty(), timed_out: false, out, err })
    };
    (Env { programs: Box::new(helm), ..env(folder, &[]) }, asked)
}

fn strata(env: &Env, args: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = run(["strata"].iter().chain(args).map(Into::into), env, &mut out, &mut err);
    Ran { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn project(chart: &str) -> Project {
    Project::new(&[
        (".git/HEAD", ""),
        ("kustomization.yaml", &format!("namePrefix: x-\nhelmCharts:\n- {chart}\n")),
        ("charts/web/values.yaml", "a: 1\nb: {c: 2, d: [3]}\n"),
        ("own.yaml", "a: 5\n"),
        ("more.yaml", "z: 1\n"),
    ])
}

/// What helm is asked to render this chart: its words, and the values that it reads.
fn asked(chart: &str, flags: &[&str]) -> (String, String) {
    let project = project(chart);
    let (env, asked) = with_helm(project.path(), RENDERED, "");
    let ran = strata(&env, &[&["build", ".", "--enable-helm"], flags].concat());
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    assert_eq!(ran.out, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x-from-chart\n");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    asked[0].clone()
}

#[test]
fn a_chart_gets_its_own_values_and_a_generated_name() {
    let (words, values) = asked("{name: web}", &[]);
    assert_eq!(words, "template --generate-name /charts/web --values -");
    assert_eq!(values, "a: 1\nb: {c: 2, d: [3]}\n");
}

#[test]
fn every_field_becomes_a_word() {
    let chart = "{name: web, releaseName: shop, namespace: ns, nameTemplate: t, valuesFile: own.yaml, \
        additionalValuesFiles: [more.yaml], includeCRDs: true, skipHooks: true, skipTests: true, \
        apiVersions: [a/v1, b/v1], kubeVersion: '1.30', debug: true}";
    let (words, values) = asked(chart, &["--helm-api-versions", "c/v1", "--helm-kube-version", "1.20"]);
    assert_eq!(
        words,
        "template shop /charts/web --namespace ns --name-template t --values - --values /more.yaml \
         --api-versions a/v1 --api-versions b/v1 --kube-version 1.30 --include-crds --skip-tests --no-hooks --debug"
    );
    assert_eq!(values, "a: 5\n");
    let (words, _) = asked("{name: web}", &["--helm-api-versions", "c/v1", "--helm-kube-version", "1.20"]);
    assert!(words.ends_with(" --api-versions c/v1 --kube-version 1.20"), "{words}");
}

#[test]
fn values_in_the_kustomization_win_or_lose_or_stand_alone() {
    let values = |merge: &str| asked(&format!("{{name: web, valuesInline: {{a: 9, b: {{d: [4]}}}}{merge}}}"), &[]).1;
    assert_eq!(values(""), "a: 9\nb:\n  c: 2\n  d:\n  - 4\n");
    assert_eq!(values(", valuesMerge: override"), values(""));
    assert_eq!(values(", valuesMerge: merge"), "a: 1\nb:\n  c: 2\n  d:\n  - 3\n");
    assert_eq!(values(", valuesMerge: replace"), "a: 9\nb:\n  d:\n  - 4\n");
}

#[test]
fn a_chart_that_is_not_there_is_pulled_once() {
    let project = project("{name: web, version: 1.2.3, repo: https://charts.example.com, releaseName: r}");
    let (env, asked) = with_helm(project.path(), RENDERED, "");
    for _ in 0..2 {
        let ran = strata(&env, &["build", ".", "--enable-helm"]);
        assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    }
    let words: Vec<String> = asked.lock().unwrap().iter().map(|(words, _)| words.clone()).collect();
    let template = "template r /charts/web-1.2.3/web";
    let pull = "pull --untar --untardir /charts/web-1.2.3 --repo https://charts.example.com web --version 1.2.3";
    assert_eq!(words, [pull, template, template]);
}

#[test]
fn the_plugin_and_the_older_field_render_as_well() {
    let project = project("{name: web, releaseName: r}");
    let (env, asked) = with_helm(project.path(), RENDERED, "");
    project.write("kustomization.yaml", "generators: [g.yaml]\n");
    project.write(
        "g.yaml",
        "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: g}\nname: web\nreleaseName: g\n",
    );
    let ran = strata(&env, &["build", ".", "--enable-helm"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
    project.write("kustomization.yaml", "helmChartInflationGenerator: [{chartName: web, releaseName: o}]\n");
    let ran = strata(&env, &["build", ".", "--enable-helm"]);
    assert!(ran.code == ExitCode::Fine && ran.err.contains("warning[deprecated-field]"), "{}", ran.err);
    let words: Vec<String> = asked.lock().unwrap().iter().map(|(words, _)| words.clone()).collect();
    assert_eq!(words, ["template g /charts/web --values -", "template o /charts/web --values -"]);
}

#[track_caller]
fn refusal(chart: &str, err: &'static str, flags: &[&str]) -> String {
    let project = project(chart);
    let (env, asked) = with_helm(project.path(), if err.is_empty() { RENDERED } else { "" }, err);
    let ran = strata(&env, &[&["build", "."], flags].concat());
    assert_eq!((ran.code, ran.out.as_str()), (ExitCode::Failed, ""), "{}", ran.err);
    assert!(flags.contains(&"--enable-helm") || asked.lock().unwrap().is_empty());
    ran.err
}

#[test]
fn without_the_flag_no_helm_is_run() {
    let said = refusal("{name: web}", "", &[]);
    assert!(said.contains("error[helm-not-enabled]") && said.contains("--> kustomization.yaml:3:10"), "{said}");
    let project = project("{name: web}");
    let said = project.refusal_of(&["build", ".", "--enable-helm"]);
    assert!(said.contains("`helm` is not installed") && said.contains("kustomization.yaml:3:10"), "{said}");
}

#[test]
fn what_is_wrong_with_a_chart_is_said_at_its_place() {
    let refused = |chart: &str, err, parts: &[&str]| {
        let said = refusal(chart, err, &["--enable-helm"]);
        parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` is not in\n{said}"));
    };
    refused("{name: gone}", "", &["error[chart-not-found]", "`charts/gone`", "kustomization.yaml:3:10"]);
    refused("{releaseName: r}", "", &["error[missing-field]", "a chart needs `name`", "kustomization.yaml:3:3"]);
    refused("{name: web, releaseName: --post-renderer=x}", "", &["error[invalid-chart]", "would be a flag of helm"]);
    refused("{name: web, valuesMerge: both}", "", &["error[unknown-option]", ":3:28"]);
    refused("{name: web, valuesInline: [a]}", "", &["error[wrong-type]", "`valuesInline` is a mapping"]);
    refused("{name: web, valueFile: own.yaml}", "", &["error[unknown-field]", "did you mean `valuesFile`?"]);
    refused("{name: web, valuesFile: gone.yaml}", "", &["error[file-not-found]", ":3:27"]);
    refused("{name: web, additionalValuesFiles: [../x.yaml]}", "", &["error[outside-kustomization]", ":3:39"]);
    refused(
        "{name: web}",
        "Error: values don't meet the specifications\n",
        &["error[helm-failed]", "`helm` says: Error: values don't meet the specifications", ":3:10"],
    );
}

#[test]
fn what_helm_prints_is_a_source_of_its_own() {
    let project = project("{name: web}");
    let (env, _) = with_helm(project.path(), "kind: [\n", "");
    let ran = strata(&env, &["build", ".", "--enable-helm"]);
    assert_eq!(ran.code, ExitCode::Failed);
    assert!(ran.err.contains("--> charts/web (rendered by helm):1:7"), "{}", ran.err);
}
