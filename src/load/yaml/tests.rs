use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::origin::{Origin, Sources};
use crate::tree::Value;

fn read_as(dialect: Dialect, text: &str) -> Result<Vec<Node>, Vec<String>> {
    let mut diagnostics = Diagnostics::default();
    let documents = read(text, 0, dialect, &mut diagnostics);
    let shown = diagnostics.iter().map(|d| {
        let at = d.primary.as_ref().and_then(|label| label.origin.position()).expect("every error has a place");
        let line = text[..at as usize].matches('\n').count() + 1;
        let column = text[..at as usize].lines().last().map_or(0, |l| l.chars().count());
        let column = if text[..at as usize].ends_with('\n') { 0 } else { column };
        assert!(d.help.is_some(), "{} has no help", d.code);
        assert!(!d.message.ends_with('.') && !d.message.starts_with(char::is_uppercase), "{}", d.message);
        format!("{line}:{}: {}: {}", column + 1, d.code, d.message)
    });
    let shown: Vec<_> = shown.collect();
    documents.ok_or(shown)
}

/// One document of the model as JSON.
fn json(node: &Node) -> serde_json::Value {
    match node.value() {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Str(text) => text.as_str().into(),
        Value::Seq(items) => items.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.to_string(), json(&entry.node))).collect(),
    }
}

fn as_json(dialect: Dialect, text: &str) -> String {
    match read_as(dialect, text) {
        Ok(documents) => documents.iter().map(|d| json(d).to_string()).collect::<Vec<_>>().join("\n"),
        Err(errors) => errors.join("\n"),
    }
}

fn model(text: &str) -> String {
    as_json(Dialect::Model, text)
}

fn resource(text: &str) -> String {
    as_json(Dialect::Resource, text)
}

fn patch(text: &str) -> String {
    as_json(Dialect::JsonPatch, text)
}

#[track_caller]
fn error(text: &str, expected: &str) {
    let shown = model(text);
    assert!(shown.starts_with(expected), "{text:?} gives\n{shown}\nnot\n{expected}");
}

#[test]
fn plain_scalars_of_resources_become_what_kustomize_prints() {
    // Each pair was seen with kustomize 5.5.0.
    let cases = [
        ("y", r#""y""#),
        ("yes", r#""yes""#),
        ("on", r#""on""#),
        ("true", "true"),
        ("True", "true"),
        ("tRUE", r#""tRUE""#),
        ("FALSE", "false"),
        ("null", "null"),
        ("Null", "null"),
        ("~", "null"),
        ("nUll", r#""nUll""#),
        ("0", "0"),
        ("00", "0"),
        ("007", "7"),
        ("08", "8"),
        ("-08", "-8"),
        ("010", "8"),
        ("-010", "-8"),
        ("+010", "8"),
        ("0o10", "8"),
        ("0O7", "7"),
        ("+0o7", "7"),
        ("-0o7", "-7"),
        ("0o8", r#""0o8""#),
        ("0o", r#""0o""#),
        ("0x1F", "31"),
        ("0X1F", "31"),
        ("-0x1F", "-31"),
        ("0x", r#""0x""#),
        ("0x_1", "1"),
        ("0b101", "5"),
        ("-0b11", "-3"),
        ("0B1", "1"),
        ("-0b", r#""-0b""#),
        ("1_000", "1000"),
        ("1_", "1"),
        ("1__0", "10"),
        ("_1", r#""_1""#),
        ("0_8", "8"),
        ("+1", "1"),
        ("-1", "-1"),
        ("1.0", "1"),
        ("1.", "1"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1e+3", "1000"),
        ("1.5e10", "15000000000"),
        ("1e5_0", "1e+50"),
        ("1.5_5", "1.55"),
        ("1_0.5", "10.5"),
        (".1e5", "10000"),
        (".", r#"".""#),
        (".e1", r#"".e1""#),
        ("1e", r#""1e""#),
        ("08.5", "8.5"),
        ("1e19", "10000000000000000000"),
        ("1e20", "1e+20"),
        ("1e21", "1e+21"),
        ("1e400", r#""1e400""#),
        ("1e-400", "0"),
        ("123456789.5", "123456789.5"),
        ("-0.0", "0"),
        ("1.10", "1.1"),
        ("12345678901234567890", "12345678901234567890"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854775e+18"),
        ("9007199254740993", "9007199254740993"),
        ("9007199254740993.0", "9007199254740992"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("0x10000000000000000", r#""0x10000000000000000""#),
        ("0x1p4", r#""0x1p4""#),
        ("12:30", r#""12:30""#),
        ("190:20:30", r#""190:20:30""#),
        ("2020-01-01", r#""2020-01-01T00:00:00Z""#),
        ("2001-12-14t21:59:43.10-05:00", r#""2001-12-14T21:59:43.1-05:00""#),
        ("20200101", "20200101"),
        ("2020-13-01", r#""2020-13-01""#),
        ("0644", "420"),
        ("infinity", r#""infinity""#),
        ("Inf", r#""Inf""#),
        ("nan", r#""nan""#),
        ("=", r#""=""#),
        ("<<", r#""<<""#),
        ("100m", r#""100m""#),
        ("1,0", r#""1,0""#),
        ("!!str 123", r#""123""#),
        ("!!int \"123\"", "123"),
        ("!!int \"1_0\"", "10"),
        ("!!float 1", "1"),
        ("!!float 010", "8"),
        ("!!bool \"true\"", "true"),
        ("!!null", "null"),
        ("!!null \"\"", "null"),
        ("!!str", r#""""#),
        ("! 12", "12"),
        ("!!timestamp \"2020-01-01\"", r#""2020-01-01T00:00:00Z""#),
        ("!!binary aGVsbG8=", r#""hello""#),
        ("!!binary gIE=", "\"\u{FFFD}\u{FFFD}\""),
        ("!!map [b]", r#"["b"]"#),
        ("'1'", r#""1""#),
        ("\"yes\"", r#""yes""#),
        ("", "null"),
        ("\"\\x01\"", r#""\u0001""#),
    ];
    for (text, expected) in cases {
        let shown = resource(&format!("a: {text}\n"));
        let same_float = || {
            let float = |json: &str| json.parse::<f64>().ok().filter(|_| json.contains(['e', '.']));
            let shown = shown.strip_prefix("{\"a\":")?.strip_suffix('}')?;
            Some((float(shown)? / float(expected)? - 1.0).abs() < 1e-9)
        };
        assert!(shown == format!("{{\"a\":{expected}}}") || same_float() == Some(true), "{text}: {shown}");
    }
}

#[test]
fn inline_json_patches_have_yaml_1_1_booleans_and_float_numbers() {
    let cases = [
        ("on", "true"),
        ("ON", "true"),
        ("oN", r#""oN""#),
        ("y", "true"),
        ("n", "false"),
        ("off", "false"),
        ("12:30:45", r#""12:30:45""#),
        ("010", "8"),
        ("0b1", "1"),
        ("2020-01-01", r#""2020-01-01""#),
        ("08", "8"),
        ("9007199254740993", "9007199254740992"),
        ("9223372036854775807", "9223372036854776000"),
        ("! 12", r#""12""#),
        ("{1: a, on: b, 0x1F: c}", r#"{"1":"a","true":"b","31":"c"}"#),
        ("!!bool on", "true"),
    ];
    for (text, expected) in cases {
        assert_eq!(patch(&format!("a: {text}\n")), format!("{{\"a\":{expected}}}"), "{text}");
    }
}

#[test]
fn the_last_of_a_repeated_key_counts_in_json_patches() {
    let mut diagnostics = Diagnostics::default();
    let text = "{a: 1, b: 2, a: 3, <<: {c: 4}, '1': x, 1: z}";
    let documents = read(text, 0, Dialect::JsonPatch, &mut diagnostics).unwrap();
    assert_eq!(json(&documents[0]).to_string(), r#"{"b":2,"a":3,"1":"z","c":4}"#);
    assert_eq!(diagnostics.len(), 2);
    assert!(!diagnostics.has_errors());
}

#[test]
fn resources_refuse_what_kustomize_refuses() {
    for text in [
        ".nan",
        ".inf",
        "-.INF",
        "!!int 1.0",
        "!!int \"\"",
        "!!int x",
        "!!bool yes",
        "!!null x",
        "!!float x",
        "!!binary \"%%\"",
        "\"\\x7f\"",
        "\"\\x80\"",
        "\"\\uFFFE\"",
        "x\u{1}y",
        "{1: b}",
        "{null: b}",
        "{true: b}",
        "{010: b}",
        "{2: b, '2': c}",
        "{<<: 1}",
        "{<<: [{a: 1}, b]}",
        "{<<: {a: 1}, <<: {b: 1}}",
        "{[a]: b}",
        "{a, a}",
    ] {
        assert!(read_as(Dialect::Resource, &format!("a: {text}\n")).is_err(), "{text}");
    }
    assert_eq!(resource("y: 1\nyes: 2\n!!str 1: 3\n"), r#"{"y":1,"yes":2,"1":3}"#);
    assert_eq!(resource("a: \"\\uFEFF\""), "{\"a\":\"\u{FEFF}\"}");
}

#[test]
fn old_line_breaks_fold_on_the_way_through_json() {
    let text = r#"{a: "\x85", b: "a \x85 b", c: "a\x85 \x85b", d: "a \u2028 b", e: "é\u2029\x85"}"#;
    let expected = "{\"a\":\" \",\"b\":\"a b\",\"c\":\"a\\nb\",\"d\":\"a \u{2028} b\",\"e\":\"é\u{2029} \"}";
    assert_eq!(resource(text), expected);
    assert!(resource(r#"{"k\x85": 1}"#).starts_with("1:2: control-character: the key holds"));
}

#[test]
fn the_model_is_yaml_1_2() {
    assert_eq!(
        model("a: [1, -2, +3, 0x1F, 1.5, .5, true, False, ~, null, '', text, 10.0.0.1, 100m, v1.0]"),
        r#"{"a":[1,-2,3,31,1.5,0.5,true,false,null,null,"","text","10.0.0.1","100m","v1.0"]}"#
    );
    assert_eq!(
        model("a: [0, 00.5, 0.0, 1.5e+3, 8080:80, a:b, -x, ., nope, oN, '010', \"on\"]"),
        r#"{"a":[0,0.5,0.0,1500.0,"8080:80","a:b","-x",".","nope","oN","010","on"]}"#
    );
    assert_eq!(
        model("a: [! 12, !!str 010, !!int '3', !!bool true, !!seq [], !!map {}]"),
        r#"{"a":["12","010",3,true,[],{}]}"#
    );
}

#[test]
fn scalars_that_two_versions_of_yaml_read_differently_are_errors() {
    for text in [
        "y",
        "N",
        "yes",
        "No",
        "on",
        "OFF",
        "010",
        "-010",
        "08",
        "00012",
        "0o7",
        "12:30",
        "08:30",
        "190:20:30.15",
        "1_000",
        "0b1",
        "+0x1F",
        "1e3",
        "1_0.5",
        "2020-01-01",
        "2020-1-1",
        "2001-12-14 21:59:43.10 -5",
        "0777777777777777777777777",
    ] {
        let shown = model(&format!("a: {text}\n"));
        assert!(shown.starts_with("1:4: ambiguous-scalar: "), "{text}: {shown}");
    }
    let help = |text: &str| {
        let mut diagnostics = Diagnostics::default();
        assert!(read(text, 0, Dialect::Model, &mut diagnostics).is_none());
        diagnostics.iter().filter_map(|d| d.help.clone()).collect::<Vec<_>>().join("\n")
    };
    let expected = "write \"010\" if text is meant: YAML 1.1 reads the integer `8` here, YAML 1.2 the integer `10`";
    assert_eq!(help("010"), expected);
    let expected = "write \"on\" if text is meant: YAML 1.1 reads the boolean `true` here, YAML 1.2 text";
    assert_eq!(help("on"), expected);
    assert!(help("12:30").contains("the base-60 number `750`"));
    error("a: 123456789012345678901234567890\n", "1:4: number-too-large: ");
    error("a: .inf\n", "1:4: not-finite: ");
    error("on: a\n", "1:1: ambiguous-scalar: ");
    error("1: a\n", "1:1: key-not-text: the key `1` is a number, not text");
    error(
        "a: on\nb:\n  c: off\n",
        "1:4: ambiguous-scalar: `on` without quotes means different things to different \
        readers\n3:6: ambiguous-scalar: `off`",
    );
}

#[test]
fn env_and_config_keep_their_source_text() {
    let all = "{A: 1.10, B: 0123, C: 3000, D: on, E: true, F: ~, G: , H: 'x', I: 2020-01-01, 1: x}";
    let kept =
        r#"{"A":"1.10","B":"0123","C":"3000","D":"on","E":"true","F":null,"G":null,"H":"x","I":"2020-01-01","1":"x"}"#;
    let app = |json: String| json.replace(kept, "KEPT");
    assert_eq!(app(model(&format!("env: {all}"))), r#"{"env":KEPT}"#);
    assert_eq!(
        app(model(&format!("deployments: {{main: {{env: {all}}}}}"))),
        r#"{"deployments":{"main":{"env":KEPT}}}"#
    );
    assert_eq!(app(model(&format!("config: {{settings: {all}}}"))), r#"{"config":{"settings":KEPT}}"#);
    assert_eq!(app(model(&format!("config: {{env: {all}}}"))), r#"{"config":{"env":KEPT}}"#);
    assert_eq!(app(model(&format!("app: {{config: {{env: {all}}}}}"))), r#"{"app":{"config":{"env":KEPT}}}"#);
    assert_eq!(model("env: {A: {secret: x, optional: true}}"), r#"{"env":{"A":{"secret":"x","optional":true}}}"#);
}

/// Every path of the application's schema that ends in variables; names are `env`, the worst choice.
fn paths_of_variables(schema: &Json, root: &Json, path: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = root.pointer(reference.trim_start_matches('#')).unwrap();
        paths_of_variables(schema, root, path, found);
    }
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        paths_of_variables(choice, root, path, found);
    }
    let fields = schema["properties"].as_object().into_iter().flatten();
    for (key, field) in fields.filter(|(key, _)| !path.contains(key.as_str()) || *key == "env") {
        let path = format!("{path}{key}: {{");
        let entries = &field["additionalProperties"];
        match (key.as_str(), entries["$ref"].as_str()) {
            ("env", Some("#/$defs/EnvValue")) => found.push(path),
            _ if entries.is_object() => paths_of_variables(entries, root, &format!("{path}env: {{"), found),
            _ => paths_of_variables(field, root, &path, found),
        }
    }
}

#[test]
fn the_variables_of_every_workload_and_container_keep_their_text() {
    let schema: Json = serde_json::from_str(include_str!("../../../schemas/app.schema.json")).unwrap();
    let mut paths = Vec::new();
    paths_of_variables(&schema, &schema, "", &mut paths);
    assert_eq!(paths.len(), 1 + 6 * 3 + 1, "{paths:#?}");
    for path in paths {
        let end = "}".repeat(path.matches('{').count());
        for layer in [path.clone(), format!("app: {{{path}")] {
            let close = if layer == path { "" } else { "}" };
            let json = model(&format!("{layer}A: 1.10{end}{close}"));
            assert!(json.contains(r#"{"A":"1.10"}"#), "{json}");
        }
    }
}

#[test]
fn text_is_kept_nowhere_else() {
    for text in [
        "configMaps: {env: {hash: false, A: 1}}",
        "app: {configMaps: {env: {hash: false}}}",
        "statefulSets: {env: {replicas: 2}}",
        "jobs: {jobs: {volumes: {env: {A: 1}}}}",
        "dependencies: {env: {port: 1}}",
        "routes: {env: {websocket: true}}",
        "secrets: {config: {env: {A: 1}}}",
        "uniqueNumbers: {config: 1, env: 2}",
        "deployments: {web: {config: {env: {A: 1}}}}",
    ] {
        assert!(!model(text).contains(r#":"1""#) && !model(text).contains(r#":"false""#), "{text}: {}", model(text));
    }
    assert_eq!(model("patches: [{merge: {env: {A: 1}}}]"), r#"{"patches":[{"merge":{"env":{"A":1}}}]}"#);
    assert_eq!(
        model("values: {config: {a: {b: 1}}, env: {x: 1}}"),
        r#"{"values":{"config":{"a":{"b":1}},"env":{"x":1}}}"#
    );
    assert_eq!(
        model("deployments: {env: {replicas: 2}, config: {resources: {cpu: 1}}}"),
        r#"{"deployments":{"env":{"replicas":2},"config":{"resources":{"cpu":1}}}}"#
    );
    assert_eq!(model("config: {a: {B: {hash: true}}}"), r#"{"config":{"a":{"B":{"hash":true}}}}"#);
    assert_eq!(resource("env: {A: 1}"), r#"{"env":{"A":1}}"#);
}

#[test]
fn a_number_that_lost_its_source_text_does_not_get_into_env() {
    assert_eq!(
        model("a: &a '1.10'\nenv: {A: *a, B: &b 1.10, C: *b}"),
        r#"{"a":"1.10","env":{"A":"1.10","B":"1.10","C":"1.10"}}"#
    );
    error("a: &a 1.10\nenv:\n  A: *a\n", "3:3: text-lost: the value of `A` is text");
    error("a: &a {B: 1.10}\nenv:\n  <<: *a\n", "1:8: text-lost: the value of `B` is text");
}

#[test]
fn documents_are_counted_as_kustomize_counts_them() {
    for text in ["", "\n", "# only a comment\n", "  # one\n\n# two"] {
        assert_eq!(read_as(Dialect::Model, text), Ok(vec![]), "{text:?}");
    }
    assert_eq!(model("---\n---\na: 1\n...\n---\n- b\n"), "null\n{\"a\":1}\n[\"b\"]");
    assert_eq!(model("%YAML 1.2\n---\na: b\n"), r#"{"a":"b"}"#);
    assert_eq!(model("a: 1\r\nb:\r\n- c\r\n- |\r\n  x\r\n  y\r\n"), r#"{"a":1,"b":["c","x\ny\n"]}"#);
    error("a: &x 1\n---\nb: *x\n", "3:4: yaml-syntax: the alias names an anchor");
}

#[test]
fn merge_keys_give_way_to_explicit_keys_and_to_earlier_maps() {
    let text = "a: &a {x: 1, w: 1}\nb: &b {w: 2, z: 2}\nc:\n  first: 0\n  <<: [*a, *b]\n  x: 9\n";
    assert!(model(text).ends_with(r#""c":{"first":0,"w":1,"z":2,"x":9}}"#), "{}", model(text));
    assert_eq!(model("\"<<\": 1"), r#"{"<<":1}"#);
    error("a:\n  <<: 1\n", "2:7: merge-key: ");
    error("a:\n  <<: [{b: 1}, c]\n", "2:7: merge-key: ");
    error("a:\n  <<: {b: 1}\n  <<: {c: 1}\n", "3:3: duplicate-key: ");
}

#[test]
fn of_two_equal_keys_of_a_patch_one_counts() {
    let text = "a: 1\nb: {c: 1, c: 2, d: 3}\na: 2\nb: 4\n";
    for (dialect, expected, which) in [
        (Dialect::MergePatch, r#"{"a":1,"b":{"c":1,"d":3}}"#, "first"),
        (Dialect::JsonPatch, r#"{"a":2,"b":4}"#, "last"),
    ] {
        let mut diagnostics = Diagnostics::default();
        let read = read(text, 0, dialect, &mut diagnostics).unwrap();
        assert_eq!(json(&read[0]).to_string(), expected);
        assert!(
            diagnostics
                .iter()
                .all(|said| said.level == crate::diagnostic::Level::Warning && said.message.contains(which))
        );
        assert_eq!(diagnostics.iter().count(), 3);
    }
}

#[test]
fn every_duplicate_key_is_reported_with_the_first() {
    let text = "a: 1\nb:\n  c: 1\n  c: 2\n  c: 3\na: 2\n";
    let mut diagnostics = Diagnostics::default();
    assert!(read(text, 100, Dialect::Resource, &mut diagnostics).is_none());
    let places: Vec<_> = diagnostics
        .iter()
        .map(|d| (d.code, d.primary.as_ref().unwrap().origin, d.related[0].origin))
        .map(|(code, at, first)| (code, at.position().unwrap() - 100, first.position().unwrap() - 100))
        .collect();
    assert_eq!(places, [("duplicate-key", 17, 10), ("duplicate-key", 24, 10), ("duplicate-key", 29, 0)]);
    let many: String = (0..40).map(|n| format!("k{}: 1\n", n % 39)).collect();
    error(&many, "40:1: duplicate-key: the key `k0`");
}

#[test]
fn aliases_expand_within_a_budget() {
    assert_eq!(model("a: &x [1, 2]\nb: *x\nc: &k key\n*k : 1\n"), r#"{"a":[1,2],"b":[1,2],"c":"key","key":1}"#);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    error(&bomb, "6:45: alias-budget: ");
    let mut merges = String::from("a: &a {");
    (0..2000).for_each(|n| merges += &format!("k{n}: 1, "));
    merges += "}\nb:\n";
    (0..2000).for_each(|_| merges += "- {<<: *a}\n");
    assert!(model(&merges).contains("alias-budget"));
    error("a: &a [*a]\n", "1:8: alias-cycle: ");
    error("a: &a\n  b: {<<: *a}\n", "2:11: alias-cycle: ");
    let mut chain = format!("- &a0 {}{}\n", "[".repeat(100), "]".repeat(100));
    chain += &format!("- {}*a0{}\n", "[".repeat(50), "]".repeat(50));
    error(&chain, "2:53: too-deep: ");
}

#[test]
fn nesting_has_a_limit_that_points_at_the_place() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read_as(Dialect::Model, &nested(128)).is_ok());
    error(&nested(129), "1:129: too-deep: ");
    error(&"[".repeat(20_000), "1:129: too-deep: ");
    error(&"- ".repeat(20_000), "1:257: too-deep: ");
    error(&"{a: ".repeat(20_000), "1:513: too-deep: ");
    error(&"? ".repeat(20_000), "1:3: key-not-text: ");
    error(&format!("{}{}", "- ".repeat(100), nested(100)), "1:229: too-deep: ");
    let lines: String = (0..20_000).map(|depth| format!("{}a:\n", " ".repeat(depth.min(300)))).collect();
    error(&lines, "129:129: too-deep: ");
}

#[test]
fn tags_that_nothing_reads_are_errors() {
    error("a: !foo x\n", "1:4: unknown-tag: the tag `!foo` is unknown");
    error("a:\n  - !<tag:x.y,2000:z> {b: 1}\n", "2:5: unknown-tag: ");
    error("a: !!set {b}\n", "1:4: unknown-tag: the tag `!!set`");
    error("a: !!map [b]\n", "1:10: tag-mismatch: ");
    error("a: !!int x\n", "1:10: tag-mismatch: `x` does not fit its tag `!!int`");
}

#[test]
fn to_kustomize_a_scalar_with_an_unknown_tag_is_text() {
    let text = "{a: !b 12, c: !<tag:x> true, d: !b [1], e: !b }\n";
    let expected = r#"{"a":"12","c":"true","d":[1],"e":""}"#;
    assert_eq!((resource(text), patch(text)), (expected.into(), expected.into()));
}

#[test]
fn syntax_errors_point_at_the_place_in_plain_words() {
    error("a:\n\tb: 1\n", "2:1: yaml-syntax: a tab stands where the indentation should be");
    error("a:\n  b: 1\n\tc: 1\n", "3:1: yaml-syntax: a tab stands where the indentation should be");
    error("\ta: 1\n", "1:1: yaml-syntax: a tab stands where the indentation should be");
    error("a: |\n\tx\n", "2:1: yaml-syntax: a tab stands");
    error("a: \"x\nb: 1\n", "1:4: yaml-syntax: the text that starts with a double quote here has no closing quote");
    error("# don't\nb: 'x\n", "2:4: yaml-syntax: the text that starts with a single quote here has no closing quote");
    error("a: \"x", "1:4: yaml-syntax: the text that starts with a double quote here");
    error("a: [1, 2\n", "1:4: yaml-syntax: the `[` has no closing bracket");
    error("a: {b: 1\n", "1:4: yaml-syntax: the `{` has no closing bracket");
    error("a: b: c\n", "1:5: yaml-syntax: a `:` stands where no key can be");
    error("a: @x\n", "1:4: yaml-syntax: no text without quotes starts with `@`");
    error("a: {{ x }}\n", "1:5: key-not-text: a mapping cannot be a key");
    error("a: *x\n", "1:4: yaml-syntax: the alias names an anchor");
    error("a: x\u{7}y\n", "1:5: control-character: the character U+0007");
    error("a: 'x' y\n", "1:8: yaml-syntax: there is more text after the closing quote");
}

#[test]
fn origins_point_at_the_line_and_column() {
    let text = "# é\na: &x\n  key: ü\n  'q': \"v\"\nb: !!seq\n- 1\n-   c: |\n      text\nd: {e: [2]}\nf: *x\n";
    let mut sources = Sources::default();
    sources.add("other.yaml".into(), "/other.yaml".into(), "xyz".into()).unwrap();
    let base = sources.add("a.yaml".into(), "/a.yaml".into(), text.into()).unwrap();
    let documents = read(text, base, Dialect::Model, &mut Diagnostics::default()).unwrap();
    let place = |origin: Origin| {
        let location = sources.locate(origin.position().unwrap()).unwrap();
        (location.line, location.column)
    };
    let root = &documents[0];
    let at = |keys: &[&str]| place(root.at(keys).unwrap().origin());
    let key = |parent: &Node, key: &str| place(parent.as_map().unwrap().entry(key).unwrap().key_origin);
    assert_eq!(place(root.origin()), (2, 1));
    assert_eq!(at(&["a"]), (3, 3));
    assert_eq!(at(&["a", "key"]), (3, 8));
    assert_eq!(at(&["a", "q"]), (4, 8));
    assert_eq!(key(root.get("a").unwrap(), "q"), (4, 3));
    assert_eq!(key(root, "d"), (9, 1));
    assert_eq!(at(&["b"]), (6, 1));
    let items: Vec<_> = root.get("b").unwrap().items().collect();
    assert_eq!(place(items[0].origin()), (6, 3));
    assert_eq!(place(items[1].origin()), (7, 5));
    assert_eq!(place(items[1].get("c").unwrap().origin()), (8, 7));
    let dash = |text: &str| {
        let documents = read(text, 0, Dialect::Model, &mut Diagnostics::default()).unwrap();
        documents[0].get("b").unwrap().origin().position().unwrap()
    };
    for (text, expected) in
        [("b:\n- - 1\n", 3), ("b: &x # -\n-\n  - c: 1\n", 10), ("b:\n  - - 1\n", 5), ("? b\n: - 1", 6)]
    {
        assert_eq!(dash(text), expected, "{text}");
    }
    assert_eq!(at(&["d"]), (9, 4));
    assert_eq!(at(&["d", "e"]), (9, 8));
    assert_eq!(at(&["f"]), (3, 3));
}

#[test]
fn a_very_long_scalar_is_read() {
    let text = format!("a: {}\nb: '{}'\n", "x".repeat(1 << 20), "y".repeat(1 << 20));
    let documents = read_as(Dialect::Resource, &text).unwrap();
    assert_eq!(documents[0].get("b").unwrap().as_str().map(str::len), Some(1 << 20));
}

/// Trees of JSON with scalars that writers and readers get wrong.
fn tree() -> impl Strategy<Value = serde_json::Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[a-z:#\\[\\]{}&*!|>'\"%@`,? \n-]{0,8}",
        // The other writer takes YAML 1.1's line breaks for line breaks.
        "\\PC{0,6}".prop_map(|text| text.replace(['\u{85}', '\u{2028}', '\u{2029}'], "é")),
        prop::sample::select(vec![
            "yes",
            "on",
            "010",
            "1e3",
            "~",
            "<<",
            "2020-01-01",
            "12:30",
            "0x1F",
            "true",
            "1_000"
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        (-1e6..1e6_f64).prop_map(Into::into),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The writer of `serde_yaml` leaves some scalars bare that the model refuses; quoted ones and
/// everything that JSON writes must read alike.
fn agrees(tree: &serde_json::Value, text: &str) -> Result<(), TestCaseError> {
    let mut diagnostics = Diagnostics::default();
    match read(text, 0, Dialect::Model, &mut diagnostics) {
        Some(documents) => {
            prop_assert_eq!(documents.len(), 1);
            prop_assert_eq!(&json(&documents[0]), tree, "{}", text);
            let oracle: serde_json::Value =
                serde_yaml::from_str(text).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(&oracle, tree);
        }
        None => {
            let known = |code| matches!(code, "ambiguous-scalar" | "control-character" | "number-too-large");
            prop_assert!(diagnostics.iter().all(|d| known(d.code)), "{:?}\n{}", diagnostics, text);
        }
    }
    Ok(())
}

#[test]
fn kustomize_reads_quoted_texts_that_go_on_without_indentation() {
    let text = "a:\n  b: \"one\n  two\"\n  c: 'one\n\n two\n'\nd: 1\n";
    let expected = r#"{"a":{"b":"one two","c":"one\ntwo "},"d":1}"#;
    assert_eq!(resource(text), expected);
    assert_eq!(patch(text), expected);
    error(text, "2:6: yaml-syntax: the text that starts with a double quote here has no closing quote");
    let documents = read_as(Dialect::Resource, text).unwrap();
    let position = documents[0].get("d").unwrap().origin().position().unwrap();
    assert_eq!(&text[position as usize..], "1\n");
    assert!(resource("a:\n  b: \"one\n  two\n").starts_with("2:6: yaml-syntax: "));
}

#[test]
fn a_block_that_the_end_of_the_file_cuts_has_no_line_break_at_its_end() {
    for mark in ["|", ">", "|+", "|-"] {
        assert_eq!(
            model(&format!("a: {mark}\n  b\n  c")),
            model(&format!("a: {mark}\n  b\n  c\n")).replace("c\\n", "c")
        );
        assert!(resource(&format!("a: {mark}\n  b")).ends_with("b\"}"), "{mark}");
    }
    for (text, value) in [("a: |+\n  b\n  ", "b\\n"), ("a: |+\n  b\n    ", "b\\n  "), ("a: >+\n  b\n\n ", "b\\n\\n\\n")]
    {
        assert_eq!(resource(text), format!(r#"{{"a":"{value}"}}"#), "{text:?}");
    }
    assert_eq!(resource("a: |\n  b\n---\na: |\n  b"), "{\"a\":\"b\\n\"}\n{\"a\":\"b\"}");
}

#[test]
fn folded_blocks_are_what_kustomize_reads_the_second_time() {
    let text = "a: >\n  b\n   c\nd: [x]\n";
    assert_eq!(resource(text), r#"{"a":"b\n\n c\n","d":["x"]}"#);
    assert_eq!(patch(text), r#"{"a":"b\n c\n","d":["x"]}"#);
    assert_eq!(model(text), r#"{"a":"b\n c\n","d":["x"]}"#);
    assert_eq!(resource("a: >+\n  b\n\n"), r#"{"a":"b\n\n\n"}"#);
    let annotation = "metadata:\n  annotations:\n    a: >\n      b\n       c\n";
    assert_eq!(resource(annotation), r#"{"metadata":{"annotations":{"a":"b\n c\n"}}}"#);
}

#[test]
fn annotations_of_a_manifest_are_text_as_written() {
    let text = "metadata: {annotations: {a: 1.10, b: yes, c: 010, d: null, e: 2020-01-01}, labels: {a: 1.10}}\nannotations: {a: 1.10}\n";
    let expected = r#"{"metadata":{"annotations":{"a":"1.10","b":"yes","c":"010","d":null,"e":"2020-01-01"},"labels":{"a":1.1}},"annotations":{"a":1.1}}"#;
    assert_eq!(resource(text), expected);
}

#[test]
fn a_null_that_is_not_written_is_told_from_one_that_is() {
    let documents = read_as(Dialect::Resource, "a:\nb: null\nc: ~\nd: ''\n").unwrap();
    let absent = ["a", "b", "c", "d"].map(|key| documents[0].get(key).unwrap().is_absent());
    assert_eq!(absent, [true, false, false, false]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_other_writers_write_reads_back_as_the_same_data(tree in tree()) {
        // Outside of `env` and `config`, which the root key `x` makes sure of.
        let tree = serde_json::json!({"x": [tree]});
        let yaml = serde_yaml::to_string(&tree).unwrap();
        // It writes the key `<<` without quotes, which is a merge key.
        if !yaml.contains("<<:") {
            agrees(&tree, &yaml)?;
        }
        agrees(&tree, &serde_json::to_string(&tree).unwrap())?;
        agrees(&tree, &serde_json::to_string_pretty(&tree).unwrap())?;
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\PC|[-a:#\\[\\]{}&*!|>'\"%@`,? \n\t\r<0-9._]){0,60}") {
        for dialect in [Dialect::Resource, Dialect::JsonPatch, Dialect::Model] {
            let mut diagnostics = Diagnostics::default();
            let documents = read(&text, 7, dialect, &mut diagnostics);
            prop_assert_eq!(documents.is_none(), diagnostics.has_errors());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        match decode(bytes) {
            Ok(text) => drop(read(&text, 0, Dialect::Model, &mut Diagnostics::default())),
            Err(error) => drop(error.diagnostic(0)),
        }
    }

    #[test]
    fn no_broken_manifest_makes_the_reader_panic(
        place in 0..MANIFEST.len(),
        cut in 0..20_usize,
        insert in "[-a:#\\[\\]{}&*!|>'\"%@`,? \n\t]{0,4}",
    ) {
        let mut bytes = MANIFEST.as_bytes().to_vec();
        bytes.splice(place..(place + cut).min(MANIFEST.len()), insert.bytes());
        if let Ok(text) = decode(bytes) {
            for dialect in [Dialect::Resource, Dialect::Model] {
                let mut diagnostics = Diagnostics::default();
                let documents = read(&text, 0, dialect, &mut diagnostics);
                prop_assert_eq!(documents.is_none(), diagnostics.has_errors());
            }
        }
    }
}

const MANIFEST: &str = "\
# A comment with é
apiVersion: apps/v1
kind: Deployment
metadata: {name: \"web\", labels: &labels {app: web, 'tier': front}}
spec:
  replicas: 2
  template:
    metadata:
      labels: {<<: *labels, extra: \"a\\tb\"}
    spec:
      containers:
      - name: web
        args: [--port, '8080', \"--on\"]
        command:
          - sh
          - |-
            echo 'x'
             y
      - &c
        name: side
        image: >
          folded
          text
---
- ? key
  : &labels 1
- *labels
...
";

/// The text between quotes in JSON.
#[track_caller]
fn text_of(written: &str, expected: &str) {
    assert_eq!(resource(written), serde_json::json!({ "a": expected }).to_string(), "{written:?}");
}

#[test]
fn line_breaks_of_yaml_1_1_are_read_as_kustomize_reads_them() {
    for (written, expected) in [
        ("a: x\u{2028}", "x"),
        ("a: x\u{2028}\n  y", "x\u{2028}\ny"),
        ("a: x\n  \u{2028}  y", "x\u{2028}y"),
        ("a: 'x \u{2028}  it''s'", "x\u{2028}it's"),
        ("a: \"x \u{2029} \\\"\\x41\\u00e9\"", "x\u{2029}\"A\u{e9}"),
        ("a: \"x\\\u{2028}  y\"", "xy"),
        ("a: \"\u{2028}x\u{2029}\"", "\u{2028}x\u{2029}"),
        ("a: |\n  x\u{2028}  y\n", "x\u{2028}y\n"),
        ("a: |-\n  x\u{2028}", "x"),
        ("a: |+\n  x\u{2028}\n", "x\u{2028}\n"),
        ("a: |2\n\n   x\u{2029}  y\n", "\n x\u{2029}y\n"),
        ("a: |2+\n\n\u{2028}", "\n\u{2028}"),
        ("a: |2+\n\u{2028}\n", "\u{2028}\n"),
        ("a: |\n  x\u{2028}  y\n", "x\u{2028}y\n"),
        ("a: >-\n  x\u{2028}\n  y\n\n  z", "x\u{2028}\ny\nz"),
        ("a: >-\n  x\u{85}  y\n\n  z", "x y\nz"),
        ("a: x\u{85}\n  y", "x\ny"),
        ("a: |\n  x\u{85}\n  y\n", "x\n\ny\n"),
        ("# c\u{2028}a: x", "x"),
        ("a: \"x\\Ly\"", "x\u{2028}y"),
    ] {
        text_of(written, expected);
    }
    assert_eq!(resource("|2-\n\n\u{2028}  a\n"), "\"\\n\u{2028}a\"");
    assert_eq!(resource("|2+\n\u{2028}\n"), "\"\u{2028}\\n\"");
    assert_eq!(resource("a: x\u{2028}b: y\n"), r#"{"a":"x","b":"y"}"#);
    assert_eq!(patch("a: x # c\u{85}b: z\n"), r#"{"a":"x","b":"z"}"#);
    assert!(resource("a: x\u{2028}y").contains("yaml-syntax"), "the next line is no key");
    assert_eq!(model("a: x\u{2028}y"), "{\"a\":\"x\u{2028}y\"}", "YAML 1.2 has no such breaks");
}

#[test]
fn positions_after_an_odd_line_break_are_those_of_the_file() {
    let text = "a: \u{2028}\nb: \u{feff}x\nc: {d: 1, d: 2}\n";
    assert_eq!(resource(text), "3:11: duplicate-key: the key `d` is written twice in one mapping");
}

#[test]
fn a_byte_order_mark_starts_a_document_or_is_a_letter() {
    assert_eq!(resource("a: 1\n---\n\u{feff}b: 2\n"), "{\"a\":1}\n{\"b\":2}");
    assert_eq!(resource("a: 1\n--- # c\n\u{feff}# c\nb: 2\n"), "{\"a\":1}\n{\"b\":2}");
    text_of("a: \u{feff}x", "\u{feff}x");
    text_of("a: |\n  x\n  \u{feff}\u{e000}y\n", "x\n\u{feff}\u{e000}y\n");
    assert!(model("a: \u{feff}x").contains("BOM"));
}

#[test]
fn tabs_that_kustomize_takes_for_indentation_are_taken() {
    for text in ["a: \"b\n\tc\"", "k:\n  a: \"b\n  \tc\"", "a: 'b\n\t\tc'"] {
        assert!(resource(text).contains(r#""a":"b c""#), "{text:?}: {}", resource(text));
    }
    assert_eq!(resource("k:\n  a: [b,\n\tc]\n"), r#"{"k":{"a":["b","c"]}}"#);
    assert_eq!(resource("a: b\n  \t\nc: d\n"), r#"{"a":"b","c":"d"}"#, "it may be more of the text");
    assert_eq!(resource("- a: b\n    \t\n  c: d\n"), r#"[{"a":"b","c":"d"}]"#);
    assert_eq!(resource("a: b\n \tc\n  d\n"), r#"{"a":"b c d"}"#);
    assert_eq!(resource("a:\t|\t\n  x\n"), r#"{"a":"x\n"}"#);
    assert_eq!(resource("a: |2\n  \tx\n  \t\n"), r#"{"a":"\tx\n\t\n"}"#);
    assert_eq!(resource("k:\n  #c\n\t\n\t#d\n  a: b\n#c\n\t#d\n"), r#"{"k":{"a":"b"}}"#, "between comments");
}

#[test]
fn tabs_that_kustomize_refuses_are_refused() {
    for text in [
        "a: b\n\t\nc: d\n",
        "k:\n  a: b\n  \t\n",
        "k:\n- a\n\t\n",
        "a: \"b\"\n\t\nc: d\n",
        "a: {}\n\t# c\n",
        "\t# c\na: b\n",
        "k:\n  \t\n  a: b\n",
        "a:\n-\tb\n",
        "a: b #c\n\t#d\nc: d\n",
        "#c\n\t\na: b\n",
        "a:\n- \t\n  b\n",
        "a: |\n  \tx\n",
        "a: >-\n  x\n \ty\n",
        "k:\n  a: |\n    x\n\t\n",
        "\t#c\n---\na: 1\n",
        "a: 1\n...\n \t#c\n---\nb: 1\n",
        "#c\n\t\n---\na: 1\n",
        "a: b\n\t\n  c\n",
        "a: b\n\t c\n",
    ] {
        assert!(resource(text).contains("yaml-syntax: a tab stands"), "{text:?}: {}", resource(text));
    }
    assert_eq!(model("a: b\n\t\nc: d\n"), r#"{"a":"b","c":"d"}"#);
}

#[test]
fn anchors_have_names_that_kustomize_takes() {
    assert_eq!(resource("a: &x-1_Y b\nc: *x-1_Y\n"), r#"{"a":"b","c":"b"}"#);
    assert_eq!(resource("a: # R&D's\n  &x b\n"), r#"{"a":"b"}"#);
    for text in ["a: &x.y b\n", "a: &\u{e9} {b: c}\n", "a: &x/y\n  b: c\n", "a: &x.y [b]\n"] {
        assert!(resource(text).contains("yaml-syntax: the name of an anchor"), "{text:?}: {}", resource(text));
    }
}

#[test]
fn characters_are_escaped_as_a_whole() {
    assert_eq!(resource(r#"a: "\U0001F600 \\ud83d \u00e9""#), r#"{"a":"😀 \\ud83d é"}"#);
    let refused = "1:6: yaml-syntax: the double quotes hold an escape of half a character, which kustomize refuses";
    assert_eq!(resource(r#"a: "x\ud83d\ude00""#), refused);
    assert_eq!(model(r#"a: "\ud83d\ude00""#), r#"{"a":"😀"}"#);
}
