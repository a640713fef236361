//! Text to trees and trees to text, in MB/s, for the shapes that manifests come in.
//!
//! `cargo bench --bench throughput [-- --runs N]`; benches/README.md says what the figures mean.

#![allow(clippy::print_stdout, clippy::panic, reason = "a benchmark prints its figures and stops where it fails")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use strata::diagnostic::Diagnostics;
use strata::emit;
use strata::load::yaml::{Dialect, read};
use strata::tree::Node;

const MB: usize = 1_000_000;
const RUNS: usize = 7;

/// A kind of input: its name, its size, and what makes the document of a number.
type Shape = (&'static str, usize, fn(u64) -> String);

const SHAPES: [Shape; 5] = [
    ("block style", 10 * MB, block_style),
    ("flow style", 10 * MB, flow_style),
    ("block scalars", 10 * MB, block_scalars),
    ("anchors", 10 * MB, anchors),
    ("CRD bundle", 12 * MB, custom_resource_definition),
];

fn main() {
    let runs = runs_from(std::env::args().skip(1));
    println!("{runs} runs each; MB are 10^6 bytes; read: text to trees; emit: trees to text");
    println!("{:<14} {:>7} {:>6}  {:>18}  {:>7}  {:>18}", "", "", "", "read MB/s", "", "emit MB/s");
    println!(
        "{:<14} {:>7} {:>6}  {:>8} {:>9}  {:>7}  {:>8} {:>9}",
        "input", "MB", "docs", "best", "median", "MB out", "best", "median"
    );
    for (name, size, document) in SHAPES {
        measure(name, &bundle(size, document), runs);
    }
}

/// Cargo itself passes `--bench`, which is ignored.
fn runs_from(mut args: impl Iterator<Item = String>) -> usize {
    let given = args.by_ref().any(|arg| arg == "--runs").then(|| args.next()).flatten();
    given.and_then(|number| number.parse().ok()).filter(|number| *number > 0).unwrap_or(RUNS)
}

fn measure(name: &str, text: &str, runs: usize) {
    let (documents, reading) = timed(runs, || trees(text));
    let (printed, emitting) = timed(runs, || emit::yaml::yaml(&documents));
    let (best_read, median_read) = per_second(text.len(), &reading);
    let (best_emit, median_emit) = per_second(printed.len(), &emitting);
    println!(
        "{name:<14} {:>7.1} {:>6}  {best_read:>8.1} {median_read:>9.1}  {:>7.1}  {best_emit:>8.1} {median_emit:>9.1}",
        text.len() as f64 / MB as f64,
        documents.len(),
        printed.len() as f64 / MB as f64,
    );
}

/// Runs `work` `runs` times: its last result, and the times sorted. Dropping a result is not timed.
fn timed<T>(runs: usize, work: impl Fn() -> T) -> (T, Vec<Duration>) {
    let mut result = None;
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        drop(result.take());
        let start = Instant::now();
        result = Some(black_box(work()));
        times.push(start.elapsed());
    }
    times.sort();
    (result.unwrap_or_else(|| panic!("no run")), times)
}

/// Best and median.
fn per_second(bytes: usize, times: &[Duration]) -> (f64, f64) {
    let rate = |time: Duration| bytes as f64 / MB as f64 / time.as_secs_f64();
    (rate(times[0]), rate(times[times.len() / 2]))
}

fn trees(text: &str) -> Vec<Node> {
    let mut diagnostics = Diagnostics::default();
    let trees = read(text, 0, Dialect::Resource, &mut diagnostics);
    trees.unwrap_or_else(|| panic!("the input cannot be read: {:?}", diagnostics.iter().next()))
}

/// Documents until there are `size` bytes.
fn bundle(size: usize, document: fn(u64) -> String) -> String {
    let mut text = String::with_capacity(size + MB);
    for number in 0.. {
        if text.len() >= size {
            break;
        }
        if number > 0 {
            text.push_str("---\n");
        }
        text.push_str(&document(number));
    }
    text
}

/// A Deployment or a Service as people write them.
fn block_style(number: u64) -> String {
    if number % 2 == 1 {
        return format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  namespace: team-{}\n  labels:\n    \
             app.kubernetes.io/name: app-{number}\nspec:\n  selector:\n    app.kubernetes.io/name: app-{number}\n  \
             ports:\n    - name: http\n      port: 80\n      targetPort: http\n",
            number % 40
        );
    }
    let mut text = format!(
        "# Deployment {number}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: \
         team-{}\n  labels:\n    app.kubernetes.io/name: app-{number}\n    app.kubernetes.io/part-of: suite\n  \
         annotations:\n    example.com/owner: \"team-{}@example.com\"\nspec:\n  replicas: {}\n  selector:\n    \
         matchLabels:\n      app.kubernetes.io/name: app-{number}\n  template:\n    metadata:\n      labels:\n        \
         app.kubernetes.io/name: app-{number}\n    spec:\n      containers:\n        - name: app\n          image: \
         registry.example.com/team/app-{number}:v1.{}.{}\n          ports:\n            - name: http\n              \
         containerPort: 8080\n          env:\n",
        number % 40,
        number % 40,
        1 + number % 5,
        number % 20,
        number % 7,
    );
    for variable in 0..8 {
        let _ = write!(
            text,
            "            - name: SETTING_{variable}\n              value: \"{}\"\n",
            number * 31 + variable
        );
    }
    text.push_str(
        "            - name: DATABASE_URL\n              valueFrom:\n                secretKeyRef:\n                  \
         name: database\n                  key: url\n          resources:\n            requests:\n              cpu: \
         100m\n              memory: 128Mi\n            limits:\n              memory: 256Mi\n          \
         readinessProbe:\n            httpGet:\n              path: /healthz\n              port: http\n            \
         periodSeconds: 10\n          securityContext:\n            allowPrivilegeEscalation: false\n            \
         runAsNonRoot: true\n",
    );
    text
}

/// The same Deployment in one flow mapping, as JSON and generators write it.
fn flow_style(number: u64) -> String {
    let variables: Vec<String> =
        (0..8).map(|v| format!("{{name: SETTING_{v}, value: \"{}\"}}", number * 31 + v)).collect();
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: app-{number}, namespace: team-{}, labels: \
         {{\"app.kubernetes.io/name\": app-{number}}}}}, spec: {{replicas: {}, selector: {{matchLabels: \
         {{\"app.kubernetes.io/name\": app-{number}}}}}, template: {{metadata: {{labels: \
         {{\"app.kubernetes.io/name\": app-{number}}}}}, spec: {{containers: [{{name: app, image: \
         \"registry.example.com/team/app-{number}:v1.{}\", ports: [{{name: http, containerPort: 8080}}], env: [{}], \
         resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}}}]}}}}}}}}\n",
        number % 40,
        1 + number % 5,
        number % 20,
        variables.join(", "),
    )
}

/// A ConfigMap with files, literal and folded.
fn block_scalars(number: u64) -> String {
    let mut text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: files-{number}\ndata:\n");
    for file in 0..3 {
        let _ = writeln!(text, "  server-{file}.conf: |");
        for line in 0..24 {
            let _ = writeln!(text, "    location /api/v{line}/{number} {{ proxy_pass http://backend-{file}:8080; }}");
        }
    }
    text.push_str("  notice: >-\n");
    for line in 0..8 {
        let _ = writeln!(text, "    folded words of line {line} of the notice number {number}, which is not short");
    }
    text
}

/// A Deployment that repeats itself by anchors, aliases and merge keys.
fn anchors(number: u64) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: &name app-{number}\n  labels: &labels\n    \
         app.kubernetes.io/name: *name\n    app.kubernetes.io/part-of: suite\nspec:\n  selector:\n    matchLabels: \
         *labels\n  template:\n    metadata:\n      labels: *labels\n    spec:\n      containers:\n        - &main\n          \
         name: app\n          image: registry.example.com/team/app-{number}:v1\n          env: &env\n            - \
         {{name: A, value: \"{number}\"}}\n            - name: B\n              value: b-{number}\n          \
         resources: &resources\n            requests:\n              cpu: 100m\n              memory: 128Mi\n            \
         limits:\n              memory: 256Mi\n      initContainers:\n        - <<: *main\n          name: prepare\n          \
         command: [prepare, \"--fast\"]\n        - name: other\n          image: busybox:1.37\n          env: *env\n          \
         resources: *resources\n",
    )
}

/// A CRD of some 160 KB: deep schemas with descriptions, as controller-gen writes them.
fn custom_resource_definition(number: u64) -> String {
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  annotations:\n    \
         controller-gen.kubebuilder.io/version: v0.17.2\n  name: things{number}.example.com\nspec:\n  group: \
         example.com\n  names:\n    kind: Thing{number}\n    listKind: Thing{number}List\n    plural: things{number}\n    \
         singular: thing{number}\n  scope: Namespaced\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    \
         schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec:\n            \
         type: object\n            properties:\n"
    );
    for field in 0..60 {
        properties(&mut text, field, 14, 4);
    }
    text
}

fn properties(text: &mut String, field: u64, indent: usize, depth: u32) {
    let pad = " ".repeat(indent);
    let _ = write!(
        text,
        "{pad}field{field}:\n{pad}  description: |-\n{pad}    Field {field} says how the thing is to be made; see the \
         documentation of the\n{pad}    project for what it means together with others.\n{pad}    More info: \
         https://example.com/docs/reference#field-{field}\n"
    );
    if depth == 0 {
        let _ = write!(text, "{pad}  type: integer\n{pad}  format: int32\n{pad}  minimum: 0\n");
        return;
    }
    let _ = write!(text, "{pad}  type: object\n{pad}  required:\n{pad}  - name\n{pad}  properties:\n");
    let _ = write!(text, "{pad}    name:\n{pad}      type: string\n{pad}      maxLength: 253\n");
    properties(text, field + 1, indent + 4, depth - 1);
}
