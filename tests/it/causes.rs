//! The place that `explain` names decides the field: with another text there, the field is another
//! one, or gone, or the build is refused.

use std::collections::BTreeMap;

use serde_json::Value;
use strata::cli::ExitCode;

use crate::fixture::{Objects, Project, component_file};

/// A kustomization with all that puts values into manifests.
fn kustomized() -> Project {
    Project::new(&[
        (
            "base/kustomization.yaml",
            "\
resources: [web.yaml, service.yaml, account.yaml]
namePrefix: my-
configMapGenerator:
- name: settings
  literals: [MODE=fast, LEVEL=info]
  files: [app.conf]
  envs: [some.env]
secretGenerator:
- name: pw
  literals: [P=hunter2]
vars:
- {name: SVC, objref: {kind: Service, name: web, apiVersion: v1}, fieldref: {fieldpath: spec.type}}
",
        ),
        ("base/app.conf", "size = 10\n"),
        ("base/some.env", "REGION=eu\n"),
        (
            "base/web.yaml",
            "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {owner: unknown}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: nginx:1.0
        args: [--service, $(SVC)]
        env:
        - {name: OLD, value: x}
        - {name: KEPT, value: y}
        - {name: COPY, value: z}
        envFrom: [{configMapRef: {name: settings}}, {secretRef: {name: pw}}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
",
        ),
        (
            "base/service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n",
        ),
        ("base/account.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"),
        (
            "comp/kustomization.yaml",
            "\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
commonAnnotations: {note: by-component}
patches:
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/template/spec/priorityClassName
      value: high
    - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 200m}
",
        ),
        (
            "prod/kustomization.yaml",
            "\
resources: [../base]
components: [../comp]
namespace: shop
nameSuffix: -v2
images:
- name: nginx
  newName: registry.example.com/nginx
  newTag: '2.0'
replicas:
- {name: web, count: 3}
labels:
- pairs: {team: blue}
- pairs: {tier: front}
  includeSelectors: true
configMapGenerator:
- name: settings
  behavior: merge
  literals: [LEVEL=debug]
patches:
- path: patch.yaml
replacements:
- source: {kind: Service, name: web, fieldPath: 'spec.ports.0.targetPort'}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=COPY].value']
",
        ),
        (
            "prod/patch.yaml",
            "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {owner: shop-team}}
spec:
  template:
    spec:
      terminationGracePeriodSeconds: 15
      containers:
      - name: web
        env: [{name: OLD, value: changed}]
",
        ),
    ])
}

/// An overlay with all that puts values into manifests, but the rules.
fn typed() -> Project {
    let app = "\
values: {domain: example.com}
env: {HOST: \"api.${{ values.domain }}\", LEVEL: info}
config: {settings: {SIZE: 10, MODE: fast}}
deployments:
  main:
    replicas: 2
    command: [serve, --all]
    resources: {requests: {cpu: 100m, memory: 64Mi}}
    ports: {http: {container: 8080, service: 80}}
";
    let overlay = "\
components: [../ha]
images: {ghcr.io/acme/shop: {tag: v2.0.0}}
names: {prefix: a-}
labels: {team: blue}
annotations: {note: here}
resources: [extra.yaml]
templates: [map.yaml.j2]
app:
  config: {settings: {MODE: slow}}
patches:
  - target: {kind: Deployment}
    json6902:
      - {op: add, path: /spec/template/spec/priorityClassName, value: high}
  - target: {kind: Deployment}
    strategic: {spec: {template: {spec: {terminationGracePeriodSeconds: 15}}}}
";
    Project::usual(
        app,
        overlay,
        &[
            ("ha/component.yaml", &component_file("app: {env: {LEVEL: debug}}\n")),
            ("o/extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {A: one}\n"),
            (
                "o/map.yaml.j2",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: printed}\ndata:\n  HOST: {{ \"www.\" ~ values.domain }}\n  FIX: plain\n",
            ),
        ],
    )
}

/// The text with another value at a place, of the same sort; `None` where no scalar stands.
fn other(text: &str, line: usize, column: usize) -> Option<String> {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>() + column - 1;
    let (before, rest) = text.split_at(start);
    if let Some(expression) = rest.strip_prefix("{{") {
        return Some(format!("{before}{{{{ \"x\" ~{expression}"));
    }
    let quote = rest.starts_with(['"', '\'']).then(|| &rest[..1]);
    let from = usize::from(quote.is_some());
    let ends = |(index, c): (usize, char)| match quote {
        Some(quote) => rest[index..].starts_with(quote),
        None => c.is_whitespace() || ",{}[]".contains(c) || c == ':' && rest[index + 1..].starts_with([' ', '\n']),
    };
    let end = from + rest[from..].char_indices().map(|(index, c)| (from + index, c)).find(|at| ends(*at))?.0 - from;
    let word = &rest[from..end];
    let new = match word {
        "" => return None,
        "true" => "false".to_owned(),
        _ => match word.parse::<u32>() {
            Ok(number) => (number + 1).to_string(),
            Err(_) if word.ends_with("Mi") || word.ends_with('m') && word.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("1{word}")
            }
            Err(_) => format!("{word}x"),
        },
    };
    Some(format!("{before}{}{new}{}", &rest[..from], &rest[end..]))
}

/// The kind and the name of an object without its hash.
fn id(object: &Value) -> (String, String) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let is_hash = |part: &str| part.len() == 10 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let name = name.rsplit_once('-').filter(|(_, part)| is_hash(part)).map_or(name, |(name, _)| name);
    (object["kind"].as_str().unwrap_or_default().to_owned(), name.to_owned())
}

/// Asks for each field, writes another text where it leads, and counts by reason what becomes of it;
/// gives the fields that stay.
fn stay(project: &Project, folder: &str) -> (BTreeMap<String, usize>, Vec<String>) {
    let plain = project.strata(&["build", folder]);
    assert_eq!(plain.code, ExitCode::Fine, "{}", plain.err);
    let (mut counts, mut stay) = (BTreeMap::new(), Vec::new());
    for object in &Objects::read(&plain.out).0 {
        let name = format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
        let said = project.strata(&["explain", folder, &name, "--format", "json"]).out;
        let said: Value = serde_json::from_str(&said).unwrap();
        for field in said["fields"].as_array().unwrap() {
            let step = &field["steps"][0];
            let (at, reason) = (&step["at"], step["reason"].as_str().unwrap());
            if reason == "rule" || at.is_null() {
                continue;
            }
            let number = |key: &str| at[key].as_u64().unwrap() as usize;
            let (file, path) = (at["file"].as_str().unwrap(), field["path"].as_str().unwrap());
            let text = project.read(file);
            let told = format!("{name} {path}: {file}:{}:{} {}", number("line"), number("column"), step["text"]);
            let Some(new) = other(&text, number("line"), number("column")) else {
                stay.push(format!("{told}: no scalar"));
                continue;
            };
            project.write(file, new);
            let ran = project.strata(&["build", folder]);
            project.write(file, text);
            let others = Objects::read(&ran.out).0;
            let same = others.iter().find(|other| id(other) == id(object));
            let pointer = field["pointer"].as_str().unwrap();
            if same.is_some_and(|same| same.pointer(pointer) == object.pointer(pointer)) {
                stay.push(told);
            } else {
                *counts.entry(reason.to_owned()).or_default() += 1;
            }
        }
    }
    (counts, stay)
}

#[track_caller]
fn check(project: &Project, folder: &str, reasons: &[&str]) {
    let (counts, mut stay) = stay(project, folder);
    println!("{counts:?}");
    // A patch that names the container or the variable as it was makes another one of it.
    stay.retain(|told| !told.contains("[0].name: base/"));
    assert!(stay.is_empty(), "{}", stay.join("\n"));
    for reason in reasons {
        assert!(counts.contains_key(*reason), "no field of reason {reason}: {counts:?}");
    }
}

#[test]
fn the_place_of_a_field_of_a_kustomization_decides_it() {
    let reasons = [
        "written",
        "patch",
        "generator",
        "image",
        "label",
        "annotation",
        "name",
        "namespace",
        "replicas",
        "reference",
        "hash",
        "replacement",
        "variable",
    ];
    check(&kustomized(), "prod", &reasons);
}

#[test]
fn the_place_of_a_field_of_an_overlay_decides_it() {
    let reasons = [
        "written",
        "patch",
        "image",
        "label",
        "annotation",
        "name",
        "namespace",
        "interpolation",
        "template",
        "reference",
        "hash",
    ];
    check(&typed(), "o", &reasons);
}
