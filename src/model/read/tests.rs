#![expect(dead_code, reason = "the types are here to be read, not used")]

use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{read, schema_of, schema_walk};
use crate::diagnostic::Diagnostics;
use crate::origin::Origin;
use crate::short_or_long;
use crate::tree::{Keyed, Map, Node, Raw, Spanned, Text, Value};

/// One application.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AppSpec {
    /// The kind of file.
    kind: Kind,
    /// The image, without a tag. A digest is written by an overlay.
    image: Text,
    /// The deployments, by name.
    #[serde(default)]
    deployments: Keyed<Deployment>,
    meta: Option<Meta>,
    affinity: Option<Raw>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
enum Kind {
    App,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Meta {
    owner: Option<Text>,
    label: Option<Spanned<Label>>,
}

/// A deployment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Deployment {
    /// How many pods run.
    replicas: Option<Replicas>,
    probe: Option<Probe>,
    #[serde(default)]
    env: Keyed<EnvValue>,
    #[serde(default)]
    ports: Keyed<Port>,
    #[serde(default)]
    args: Vec<Text>,
    strategy: Option<Strategy>,
    paused: Option<Spanned<bool>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Port {
    /// The port that the container listens on.
    container: Spanned<u16>,
    weight: Option<Spanned<f64>>,
}

short_or_long! {
    /// How many pods run.
    #[derive(Clone, Debug)]
    enum Replicas {
        /// This many.
        Count(Spanned<u32>) = "a number",
        /// Exactly this many, in every layer.
        Guarded(Guard) = "a mapping with `exactly` and `because`",
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Guard {
    exactly: Spanned<u32>,
    because: Text,
}

short_or_long! {
    /// The value of an environment variable.
    #[derive(Clone, Debug)]
    enum EnvValue {
        Plain(Text) = "a string",
        From(Source) = "a mapping with `secret` or `field`",
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Source {
    secret: Option<Text>,
    field: Option<Text>,
}

/// How the pods are probed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Probe {
    Http { path: Text },
    Tcp(Spanned<u16>),
    Off,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
enum Strategy {
    /// All at once.
    Recreate,
    /// One after the other.
    RollingUpdate,
}

/// A DNS label.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
struct Label(String);

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.contains('_') {
            true => Err(format!("`{text}` is not a DNS label\nuse lower-case letters, digits and `-`")),
            false => Ok(Self(text)),
        }
    }
}

/// A reader of flow-style text for these tests: the origin of a node is its byte offset.
struct Flow<'a> {
    text: &'a str,
    at: usize,
}

impl Flow<'_> {
    fn tree(text: &str) -> Node {
        Flow { text, at: 0 }.node()
    }

    fn peek(&mut self) -> char {
        while self.text[self.at..].starts_with([' ', '\n', ',']) {
            self.at += 1;
        }
        self.text[self.at..].chars().next().unwrap_or('\0')
    }

    fn origin(&self) -> Origin {
        Origin::source(self.at as u32)
    }

    fn word(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let length = match rest.strip_prefix('"') {
            Some(quoted) => quoted.find('"').unwrap() + 2,
            None => rest.find([',', ':', '}', ']', ' ', '\n']).unwrap_or(rest.len()),
        };
        self.at += length;
        &rest[..length]
    }

    fn node(&mut self) -> Node {
        let first = self.peek();
        let origin = self.origin();
        match first {
            '{' => {
                self.at += 1;
                let mut map = Map::default();
                while self.peek() != '}' {
                    let key_origin = self.origin();
                    let key = self.word().trim_matches('"').to_owned();
                    assert_eq!(self.peek(), ':', "at {}", self.at);
                    self.at += 1;
                    map.push(key, key_origin, self.node());
                }
                self.at += 1;
                Node::new(map, origin)
            }
            '[' => {
                self.at += 1;
                let mut items = Vec::new();
                while self.peek() != ']' {
                    items.push(self.node());
                }
                self.at += 1;
                Node::new(items, origin)
            }
            _ => scalar(self.word(), origin),
        }
    }
}

fn scalar(word: &str, origin: Origin) -> Node {
    match word {
        "null" => Node::null(origin),
        "true" | "false" => Node::new(word == "true", origin),
        _ => match (word.parse::<i64>(), word.parse::<f64>()) {
            (Ok(number), _) => Node::new(number, origin),
            (_, Ok(number)) => Node::new(number, origin),
            _ => Node::string(word.trim_matches('"'), origin),
        },
    }
}

/// What reading `text` reports, a line each: the offset of the place, counted from `start`, code
/// and message, then related places and help.
fn findings<T: serde::de::DeserializeOwned + JsonSchema>(text: &str, start: usize) -> String {
    let mut diagnostics = Diagnostics::default();
    let read = read::<T>(&Flow::tree(text), &mut diagnostics);
    assert_eq!(read.is_none(), diagnostics.has_errors());
    let place = |origin: Origin| origin.position().unwrap() as usize - start;
    let mut lines = String::new();
    for diagnostic in diagnostics {
        let at = place(diagnostic.primary.unwrap().origin);
        lines.push_str(&format!("  {at} {}: {}\n", diagnostic.code, diagnostic.message));
        for label in diagnostic.related {
            lines.push_str(&format!("    {} {}\n", place(label.origin), label.text));
        }
        if let Some(help) = diagnostic.help {
            lines.push_str(&format!("    help: {help}\n"));
        }
    }
    lines
}

/// Checks what is reported for an otherwise right app with each of `fields` in its deployment
/// `main`. Offsets count from the start of the field.
#[track_caller]
fn check(fields: &[&str], expected: &str) {
    let mut report = String::new();
    for field in fields {
        let text = format!("{{kind: App, image: nginx, deployments: {{main: {{{field}}}}}}}");
        let start = text.find(&format!("{{{field}}}")).unwrap() + 1;
        report.push_str(&format!("{field}\n{}", findings::<AppSpec>(&text, start)));
    }
    assert_eq!(report, expected, "\n{report}");
}

#[test]
fn a_right_file_is_read_without_a_word() {
    for field in [
        "replicas: 3, probe: {http: {path: /}}, env: {A: x, B: {secret: s}}, ports: {http: {container: 80}}",
        "replicas: {exactly: 1, because: writer}, probe: off, args: [a], strategy: Recreate, paused: true",
        "probe: null, replicas: null, env: {}",
    ] {
        check(&[field], &format!("{field}\n"));
    }
}

#[test]
fn the_short_and_the_long_form_keep_their_places() {
    let text = "{kind: App, image: nginx, deployments: {a: {replicas: 3}, b: {replicas: {exactly: 1, because: x}}}}";
    let app: AppSpec = read(&Flow::tree(text), &mut Diagnostics::default()).unwrap();
    let place = |origin: Origin| &text[origin.position().unwrap() as usize..][..1];
    let Some(Replicas::Count(count)) = &app.deployments.get("a").unwrap().replicas else { panic!() };
    assert_eq!((count.value, place(count.origin)), (3, "3"));
    let Some(Replicas::Guarded(guard)) = &app.deployments.get("b").unwrap().replicas else { panic!() };
    assert_eq!((guard.exactly.value, place(guard.exactly.origin), place(guard.because.origin)), (1, "1", "x"));
    assert_eq!(app.kind, Kind::App);
}

#[test]
fn an_unknown_field_names_what_was_meant_or_where_it_belongs() {
    check(
        &["replcias: 3", "image: nginx", "container: 80", "zzz: 1", "ports: {http: {container: 1, replicas: 2}}"],
        r#"replcias: 3
  0 unknown-field: unknown field `replcias` in `deployments.main`
    help: did you mean `replicas`?
image: nginx
  0 unknown-field: unknown field `image` in `deployments.main`
    help: `image` is a field of the top level: indent it less
container: 80
  0 unknown-field: unknown field `container` in `deployments.main`
    help: `container` is a field of each entry of `ports`: write it there
zzz: 1
  0 unknown-field: unknown field `zzz` in `deployments.main`
    help: the fields here are `replicas`, `probe`, `env`, `ports`, `args`, `strategy`, `paused`
ports: {http: {container: 1, replicas: 2}}
  29 unknown-field: unknown field `replicas` in `deployments.main.ports.http`
    help: `replicas` is a field of `deployments.main`: indent it less
"#,
    );
}

#[test]
fn a_wrong_type_says_what_is_needed_and_how_to_write_it() {
    check(
        &[
            "replicas: three",
            r#"replicas: "3""#,
            "replicas: [3]",
            "replicas: 1.5",
            "ports: {http: 80}",
            "ports: [{container: 80}]",
            "ports: null",
            r#"ports: {http: {container: 80, weight: "0.5"}}"#,
            "args: serve",
            "args: {a: b}",
            "args: [1, ok, true]",
            "paused: yes",
            r#"paused: "true""#,
        ],
        r#"replicas: three
  10 wrong-type: `deployments.main.replicas` must be a number or a mapping with `exactly` and `because`, found a string
replicas: "3"
  10 wrong-type: `deployments.main.replicas` must be a number or a mapping with `exactly` and `because`, found a string
    help: remove the quotes, so that it is read as a number
replicas: [3]
  10 wrong-type: `deployments.main.replicas` must be a number or a mapping with `exactly` and `because`, found a list
    help: write one value, not a list of them
replicas: 1.5
  10 wrong-type: `deployments.main.replicas` must be a number or a mapping with `exactly` and `because`, found a number
    help: write a whole number
ports: {http: 80}
  14 wrong-type: `deployments.main.ports.http` must be a mapping, found an integer
    help: its fields are `container`, `weight`
ports: [{container: 80}]
  7 wrong-type: `deployments.main.ports` must be a mapping, found a list
    help: write `NAME: …` in place of each `- `: entries are keyed by name, so that a layer can change one
ports: null
  7 wrong-type: `deployments.main.ports` must be a mapping, found null
    help: write `{}` for an empty mapping, or remove the field
ports: {http: {container: 80, weight: "0.5"}}
  38 wrong-type: `deployments.main.ports.http.weight` must be a number, found a string
    help: remove the quotes, so that it is read as a number
args: serve
  6 wrong-type: `deployments.main.args` must be a list, found a string
    help: write it as a list: on a line of its own, after `- `
args: {a: b}
  6 wrong-type: `deployments.main.args` must be a list, found a mapping
    help: start each item of the list with `- `
args: [1, ok, true]
  7 wrong-type: `deployments.main.args[0]` must be a string, found an integer
    help: put it in quotes, so that it is read as a string
  14 wrong-type: `deployments.main.args[2]` must be a string, found a boolean
    help: put it in quotes, so that it is read as a string
paused: yes
  8 wrong-type: `deployments.main.paused` must be a boolean, found a string
    help: write `true`, without quotes
paused: "true"
  8 wrong-type: `deployments.main.paused` must be a boolean, found a string
    help: write `true`, without quotes
"#,
    );
}

#[test]
fn a_number_out_of_range_says_the_range() {
    check(
        &["replicas: -1", "replicas: 5000000000", "ports: {http: {container: 70000}}"],
        r#"replicas: -1
  10 out-of-range: `deployments.main.replicas` must be between 0 and 4294967295, found `-1`
replicas: 5000000000
  10 out-of-range: `deployments.main.replicas` must be between 0 and 4294967295, found `5000000000`
ports: {http: {container: 70000}}
  26 out-of-range: `deployments.main.ports.http.container` must be between 0 and 65535, found `70000`
"#,
    );
}

#[test]
fn a_missing_field_points_at_its_mapping() {
    check(
        &["ports: {http: {}}", "replicas: {exactly: 1}"],
        r#"ports: {http: {}}
  14 missing-field: missing field `container` in `deployments.main.ports.http`
    help: add `container`, an integer: The port that the container listens on
replicas: {exactly: 1}
  10 missing-field: missing field `because` in `deployments.main.replicas`
    help: add `because`, a string
"#,
    );
}

#[test]
fn every_mistake_is_reported_at_once() {
    check(
        &[
            "replicas: {exactly: one, becuase: x}",
            "env: {A: 1, B: true, C: 1.5, D: null, E: [x], F: {secrte: a}}, probe: {tcp: x}",
        ],
        r#"replicas: {exactly: one, becuase: x}
  20 wrong-type: `deployments.main.replicas.exactly` must be an integer, found a string
  25 unknown-field: unknown field `becuase` in `deployments.main.replicas`
    help: did you mean `because`?
env: {A: 1, B: true, C: 1.5, D: null, E: [x], F: {secrte: a}}, probe: {tcp: x}
  9 wrong-type: `deployments.main.env.A` must be a string or a mapping with `secret` or `field`, found an integer
    help: put it in quotes, so that it is read as a string
  15 wrong-type: `deployments.main.env.B` must be a string or a mapping with `secret` or `field`, found a boolean
    help: put it in quotes, so that it is read as a string
  24 wrong-type: `deployments.main.env.C` must be a string or a mapping with `secret` or `field`, found a number
    help: put it in quotes, so that it is read as a string
  32 wrong-type: `deployments.main.env.D` must be a string or a mapping with `secret` or `field`, found null
    help: write a value, or remove the field
  41 wrong-type: `deployments.main.env.E` must be a string or a mapping with `secret` or `field`, found a list
    help: write one value, not a list of them
  50 unknown-field: unknown field `secrte` in `deployments.main.env.F`
    help: did you mean `secret`?
  76 wrong-type: `deployments.main.probe.tcp` must be an integer, found a string
"#,
    );
}

#[test]
fn an_unknown_value_names_the_known_ones() {
    check(
        &["strategy: recreate", "strategy: Never", "probe: on"],
        r#"strategy: recreate
  10 unknown-value: unknown value `recreate` of `deployments.main.strategy`
    help: did you mean `Recreate`?
strategy: Never
  10 unknown-value: unknown value `Never` of `deployments.main.strategy`
    help: write one of `Recreate`, `RollingUpdate`
probe: on
  7 unknown-value: unknown value `on` of `deployments.main.probe`
    help: write `off` or a mapping with one of `http`, `tcp`
"#,
    );
}

#[test]
fn a_one_of_says_all_its_shapes_and_goes_into_the_one_that_is_meant() {
    check(
        &[
            "probe: http",
            "probe: 1",
            "probe: {}",
            "probe: {http: {path: /}, tcp: 80}",
            "probe: {htpp: {path: /}}",
            "probe: {http: {path: 1, port: 80}}",
            "probe: {off: null}",
        ],
        r#"probe: http
  7 unknown-value: unknown value `http` of `deployments.main.probe`
    help: `http` takes a value: write it as a key, `http: …`
probe: 1
  7 wrong-type: `deployments.main.probe` must be `off` or a mapping with one of `http`, `tcp`, found an integer
probe: {}
  7 wrong-shape: `deployments.main.probe` must be `off` or a mapping with one of `http`, `tcp`
probe: {http: {path: /}, tcp: 80}
  25 wrong-shape: `deployments.main.probe` takes one of `http` and `tcp`, not both
    8 `http` is written here
    help: keep exactly one of `http`, `tcp`
probe: {htpp: {path: /}}
  8 unknown-field: unknown field `htpp` in `deployments.main.probe`
    help: did you mean `http`?
probe: {http: {path: 1, port: 80}}
  21 wrong-type: `deployments.main.probe.http.path` must be a string, found an integer
    help: put it in quotes, so that it is read as a string
  24 unknown-field: unknown field `port` in `deployments.main.probe.http`
    help: the fields here are `path`
probe: {off: null}
  8 unknown-field: unknown field `off` in `deployments.main.probe`
    help: `off` takes no value: write it alone, without `:`
"#,
    );
}

#[test]
fn mistakes_at_the_top_level_are_told_without_a_path() {
    let report = findings::<AppSpec>(
        "{kind: Ap, deployments: [a], owner: x, nope: 1, meta: {label: 3, replicas: 1}, affinity: {x: 1}}",
        0,
    );
    assert_eq!(
        report,
        r#"  7 unknown-value: unknown value `Ap` of `kind`
    help: did you mean `App`?
  24 wrong-type: `deployments` must be a mapping, found a list
    help: write `NAME: …` in place of each `- `: entries are keyed by name, so that a layer can change one
  29 unknown-field: unknown field `owner`
    help: `owner` is a field of `meta`: write it there
  39 unknown-field: unknown field `nope`
    help: the fields here are `kind`, `image`, `deployments`, `meta`, `affinity`
  62 wrong-type: `meta.label` must be a string, found an integer
    help: put it in quotes, so that it is read as a string
  65 unknown-field: unknown field `replicas` in `meta`
    help: the fields here are `owner`, `label`
  0 missing-field: missing field `image`
    help: add `image`, a string: The image, without a tag
"#,
        "\n{report}"
    );
}

#[test]
fn a_document_of_another_kind_is_one_mistake() {
    let report = findings::<AppSpec>("[a]", 0);
    assert_eq!(
        report,
        r#"  0 wrong-type: the document must be a mapping, found a list
    help: write one value, not a list of them
"#,
        "\n{report}"
    );
}

#[test]
fn an_empty_document_lacks_what_is_required() {
    let report = findings::<AppSpec>("{}", 0);
    assert_eq!(
        report,
        r#"  0 missing-field: missing field `kind`
    help: add `kind: App`: The kind of file
  0 missing-field: missing field `image`
    help: add `image`, a string: The image, without a tag
"#,
        "\n{report}"
    );
}

#[test]
fn a_validated_type_speaks_for_itself() {
    let report = findings::<AppSpec>("{kind: App, image: a, meta: {label: a_b}}", 0);
    assert_eq!(
        report,
        r#"  36 invalid-value: `a_b` is not a DNS label
    help: use lower-case letters, digits and `-`
"#,
        "\n{report}"
    );
}

/// The tree as JSON; `None` where an independent validator would read a number in another way.
fn json(node: &Node) -> Option<serde_json::Value> {
    Some(match node.value() {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        // JSON Schema calls 1.0 an integer, and JSON has no infinity.
        Value::Float(number) if number.fract() == 0.0 || !number.is_finite() => return None,
        Value::Float(number) => (*number).into(),
        Value::Str(text) => text.as_str().into(),
        Value::Seq(items) => serde_json::Value::Array(items.iter().map(json).collect::<Option<_>>()?),
        Value::Map(map) => serde_json::Value::Object(
            map.iter().map(|entry| Some((entry.key.to_string(), json(&entry.node)?))).collect::<Option<_>>()?,
        ),
    })
}

/// Replaces the node that comes `*place`th in the order of the text.
fn graft(node: &mut Node, place: &mut usize, graft_in: &Node) {
    if *place == 0 {
        *node = graft_in.clone();
    }
    *place = place.wrapping_sub(1);
    match node.value_mut() {
        Value::Map(map) => map.iter_mut().for_each(|entry| graft(&mut entry.node, place, graft_in)),
        Value::Seq(items) => items.make_mut().iter_mut().for_each(|item| graft(item, place, graft_in)),
        _ => {}
    }
}

const RIGHT: &str = "{kind: App, image: nginx, affinity: {x: 1}, meta: {owner: a, label: b}, deployments: {
    a: {replicas: 3, probe: off, env: {A: x, B: {secret: y}}, args: [serve], paused: true},
    b: {replicas: {exactly: 1, because: x}, probe: {http: {path: /}}, ports: {http: {container: 80, weight: 0.5}}},
    c: {probe: {tcp: 80}, strategy: Recreate}}}";

proptest! {
    #[test]
    fn the_walk_agrees_with_an_independent_validator(mut place in 0..40usize, tree in any_model_tree()) {
        let mut root = Flow::tree(RIGHT);
        graft(&mut root, &mut place, &tree);
        let schema = schema_of::<AppSpec>().to_value();
        if let Some(json) = json(&root) {
            let mut diagnostics = Diagnostics::default();
            schema_walk::walk(&root, &schema, &mut diagnostics);
            prop_assert_eq!(jsonschema::is_valid(&schema, &json), diagnostics.is_empty(), "{} {:?}", json, diagnostics);
        }
    }

    #[test]
    fn any_tree_is_read_or_explained(tree in any_model_tree()) {
        let mut diagnostics = Diagnostics::default();
        let read = read::<AppSpec>(&tree, &mut diagnostics);
        prop_assert_eq!(read.is_none(), diagnostics.has_errors());
        prop_assert!(diagnostics.iter().all(|diagnostic| diagnostic.primary.is_some()));
    }
}

#[test]
fn what_the_schema_allows_is_read() {
    let app: AppSpec = read(&Flow::tree(RIGHT), &mut Diagnostics::default()).unwrap();
    assert_eq!(app.deployments.len(), 3);
}

#[test]
fn a_mapping_nested_without_end_is_refused_without_looking_into_it() {
    let mut node = Node::map(Origin::source(0));
    for _ in 0..2000 {
        let mut map = Map::default();
        map.push("inner", Origin::source(0), node);
        node = Node::new(map, Origin::source(0));
    }
    assert!(read::<Nested>(&node, &mut Diagnostics::default()).is_some());
    let mut diagnostics = Diagnostics::default();
    assert!(read::<AppSpec>(&node, &mut diagnostics).is_none() && diagnostics.len() == 3);
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
struct Nested {
    inner: Raw,
}

fn any_model_tree() -> impl proptest::strategy::Strategy<Value = Node> {
    crate::tree::any_tree(&[
        "kind",
        "App",
        "image",
        "deployments",
        "meta",
        "affinity",
        "owner",
        "label",
        "replicas",
        "probe",
        "env",
        "ports",
        "args",
        "strategy",
        "container",
        "exactly",
        "because",
        "http",
        "tcp",
        "off",
        "path",
        "secret",
    ])
}
