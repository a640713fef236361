//! Whatever a file holds, a build ends well or with a message: never by a panic, never late.
//!
//! The project of this repository with one file damaged at random. `PROPTEST_CASES=20000` looks
//! at more.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use strata::cli::ExitCode;

use crate::project::Project;

const FILES: [&str; 4] = [
    "strata.yaml",
    "base/pos-partner-api/app.yaml",
    "overlays/pos-partner-api/prod/overlay.yaml",
    "overlays/pos-partner-api/uat/overlay.yaml",
];

/// An overlay that uses what those of the repository do not.
const RICH: &str = "\
apiVersion: strata.dev/v1alpha1
kind: Overlay
base: ../prod
components: [../../../components/extra]
names: {prefix: a-, suffix: -b}
labels: {team: pos}
values: {size: 2, host: example.com}
parameters: {size: {type: integer, default: 1, min: 1, max: 5}}
app:
  env: {HOST: '${{ values.host }}', REGION: eu}
  config: {settings: {level: info, size: '${{ values.size }}'}}
  deployments: {main: {replicas: 1, probes: {startup: null}, initContainers: {wait: {image: busybox:1.37, command: [sleep]}}}}
  workers: {queue: {}, batch: {replicas: '${{ values.size }}'}}
patches:
  - target: {kind: Deployment, name: pos-partner-api}
    json6902:
      - {op: test, path: /spec/replicas, value: 1}
      - {op: add, path: /spec/template/spec/priorityClassName, value: business}
      - {op: move, from: /metadata/labels/extra, path: /metadata/labels/team~1x}
  - target: {kind: Deployment, name: pos-partner-api}
    strategic: {spec: {template: {spec: {initContainers: [{name: wait, $patch: delete}], containers: [{name: new, image: 'new:1'}]}}}}
  - target: {kind: Service}
    merge: {spec: {type: ClusterIP, ports: null}}
remove: [{kind: ServiceAccount}]
resources: [more.yaml]
templates: [map.yaml.j2]
";

const MORE: &str = "\
apiVersion: v1
kind: List
items:
  - &map {apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {a: \"b\\n\"}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: queue}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: pos-partner-api-queue}
  maxReplicas: 3
--- # last
apiVersion: v1
kind: Secret
metadata:
  name: more
stringData:
  text: |-
    several
     lines
data: {a: YQ==}
";

const MAP: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ values.host }}}
data:
{% for n in range(values.size) %}
  {{ 'k' ~ n }}: {{ [n, app.metadata.name, environment, namespace]|join('-') }}
{% endfor %}
";

const EXTRA: &str = "\
apiVersion: strata.dev/v1alpha1
kind: Component
labels: {extra: 'yes'}
app: {deployments: {main: {scheduling: {spread: [topology.kubernetes.io/zone]}}}}
";

/// One change of a file.
#[derive(Clone, Debug)]
enum Mutation {
    Flip(Index, u8),
    Delete(Index, usize),
    Duplicate(Index, usize),
    SwapLines(Index, Index),
    DropLine(Index),
    Insert(Index, &'static str),
    ReplaceWord(Index, &'static str),
}

/// Texts that mean something to a reader of YAML, of the model or of templates.
const WORDS: [&str; 38] = [
    "null",
    "~",
    "{}",
    "[]",
    "-1",
    "0",
    "1e400",
    ".nan",
    "9223372036854775808",
    "-9223372036854775809",
    "on",
    "0x7f",
    "''",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "<<: ",
    "- ",
    ": ",
    "? ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "#",
    "\t",
    "${{ values.size }}",
    "${{",
    "{{ x }}",
    "{% for a in range(99999) %}",
    "é\u{301}😀",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "/a/~1/-",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, bit)| Mutation::Flip(at, bit % 8)),
        (at(), 1..40usize).prop_map(|(at, length)| Mutation::Delete(at, length)),
        (at(), 1..200usize).prop_map(|(at, length)| Mutation::Duplicate(at, length)),
        (at(), at()).prop_map(|(one, other)| Mutation::SwapLines(one, other)),
        at().prop_map(Mutation::DropLine),
        (at(), select(&WORDS[..])).prop_map(|(at, word)| Mutation::Insert(at, word)),
        (at(), select(&WORDS[..])).prop_map(|(at, word)| Mutation::ReplaceWord(at, word)),
    ]
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    let length = bytes.len();
    if length == 0 {
        return;
    }
    match mutation {
        Mutation::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
        Mutation::Delete(at, count) => {
            let start = at.index(length);
            bytes.drain(start..(start + count).min(length));
        }
        Mutation::Duplicate(at, count) => {
            let start = at.index(length);
            let part = bytes[start..(start + count).min(length)].to_vec();
            bytes.splice(start..start, part);
        }
        Mutation::SwapLines(one, other) => lines(bytes, |lines| {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }),
        Mutation::DropLine(at) => lines(bytes, |lines| drop(lines.remove(at.index(lines.len())))),
        Mutation::Insert(at, word) => {
            let start = at.index(length);
            bytes.splice(start..start, word.bytes());
        }
        Mutation::ReplaceWord(at, word) => {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
            let starts = (0..length).filter(|at| is_word(&bytes[*at]) && (*at == 0 || !is_word(&bytes[*at - 1])));
            let starts: Vec<usize> = starts.collect();
            if !starts.is_empty() {
                let start = starts[at.index(starts.len())];
                let end = start + bytes[start..].iter().take_while(|byte| is_word(byte)).count();
                bytes.splice(start..end, word.bytes());
            }
        }
    }
}

fn lines(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    change(&mut lines);
    *bytes = lines.concat();
}

fn project() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = FILES
        .iter()
        .fold(Project::of(&[]), |project, file| project.bytes(file, &std::fs::read(root.join(file)).unwrap()));
    own.bytes("overlays/pos-partner-api/rich/overlay.yaml", RICH.as_bytes())
        .bytes("overlays/pos-partner-api/rich/more.yaml", MORE.as_bytes())
        .bytes("overlays/pos-partner-api/rich/map.yaml.j2", MAP.as_bytes())
        .bytes("components/extra/component.yaml", EXTRA.as_bytes())
}

fn check(project: &Project, file: &Path, damaged: &[u8]) -> Result<(), TestCaseError> {
    std::fs::write(file, damaged).unwrap();
    let start = Instant::now();
    let ran = project.run(&["build", "overlays"]);
    let taken = start.elapsed();
    prop_assert!(!ran.err.contains("this is a bug"), "{}", ran.err);
    prop_assert!(taken < Duration::from_secs(5), "{taken:?}");
    let bad = ran.err.bytes().find(|byte| byte.is_ascii_control() && *byte != b'\n');
    prop_assert!(bad.is_none(), "{bad:?} in {}", ran.err);
    match ran.code {
        ExitCode::Fine => prop_assert!(!ran.out.is_empty()),
        ExitCode::Failed => {
            prop_assert!(ran.out.is_empty());
            prop_assert!(ran.err.contains("error["), "{}", ran.err);
        }
        ExitCode::Findings => prop_assert!(false, "a build has no findings: {}", ran.err),
    }
    Ok(())
}

#[test]
fn the_rich_overlay_builds() {
    let ran = project().run(&["build", "overlays"]);
    assert_eq!((ran.code, ran.err.as_str()), (ExitCode::Fine, ""));
}

#[test]
fn damaged_files_never_panic() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(120);
    let project = project();
    let files: Vec<_> = walkdir::WalkDir::new(project.root())
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| (entry.path().to_path_buf(), std::fs::read(entry.path()).unwrap()))
        .collect();
    let strategy = (any::<Index>(), proptest::collection::vec(mutation(), 1..4));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&strategy, |(file, mutations)| {
        let (path, whole) = &files[file.index(files.len())];
        let mut damaged = whole.clone();
        mutations.iter().for_each(|mutation| mutate(&mut damaged, mutation));
        let checked = check(&project, path, &damaged);
        std::fs::write(path, whole).unwrap();
        checked.map_err(|error| match error {
            TestCaseError::Fail(why) => {
                TestCaseError::fail(format!("{why}\n{}:\n{}", path.display(), String::from_utf8_lossy(&damaged)))
            }
            error => error,
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
