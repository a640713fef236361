use std::cmp::Ordering;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::object;
use crate::origin::Origin;
use crate::tree::Entry;

#[path = "yaml11.rs"]
mod yaml11;

fn origin() -> Origin {
    Origin::source(0)
}

fn print(root: &Node) -> String {
    let mut out = Vec::new();
    write_document(root, &mut out);
    String::from_utf8(out).unwrap()
}

fn value(text: &str) -> String {
    let printed = print(&object! { origin(); "k": text });
    printed.strip_prefix("k: ").unwrap().trim_end_matches('\n').to_owned()
}

fn strings(texts: &[&str]) -> Vec<Node> {
    texts.iter().map(|text| Node::string(*text, origin())).collect()
}

#[test]
fn documents_are_joined_by_dashes_and_no_document_is_no_byte() {
    let root = object! { origin(); "a": 1 };
    assert_eq!(yaml([]), b"");
    assert_eq!(yaml([&root, &root]), b"a: 1\n---\na: 1\n");
    let many = vec![root; 1000];
    assert_eq!(yaml(&many), ["a: 1\n"; 1000].join("---\n").as_bytes(), "in order also when written in parallel");
}

#[test]
fn sequences_are_not_indented_and_nested_collections_begin_on_their_line() {
    let o = origin();
    let nested = vec![
        Node::new(strings(&["a", "b"]), o),
        Node::seq(o),
        Node::map(o),
        object! { o; "x": 1, "y": strings(&["z"]) },
    ];
    let root = object! { o; "list": nested, "map": object! { o; "none": Node::null(o), "yes": true } };
    let expected = "list:\n- - a\n  - b\n- []\n- {}\n- x: 1\n  \"y\":\n  - z\nmap:\n  none: null\n  \"yes\": true\n";
    assert_eq!(print(&root), expected);
    assert_eq!(print(&Node::map(o)), "{}\n");
    assert_eq!(print(&Node::string("x", o)), "x\n");
}

#[test]
fn words_and_numbers_of_yaml_1_1_are_double_quoted() {
    for text in [
        "y",
        "N",
        "yes",
        "No",
        "ON",
        "off",
        "true",
        "False",
        "null",
        "~",
        "",
        ".nan",
        "+.inf",
        "-.Inf",
        "0",
        "-1",
        "+1",
        "010",
        "08",
        "0o10",
        "0x1F",
        "-0b11",
        "0b+1",
        "1_000",
        "1_",
        "1.",
        ".5",
        "-.5",
        "1e3",
        "12e03",
        ".5_0",
        "12:30",
        "+190:20:30.15",
        "1_0:30",
        "2020-1-1",
        "2020-02-29",
        "2001-12-14t21:59:43.10-05:00",
        "2020-01-01   00:00:00",
        "18446744073709551615",
        "123456789012345678901234567890",
        "-9223372036854775808",
    ] {
        assert_eq!(value(text), format!("\"{text}\""));
    }
}

#[test]
fn what_only_looks_like_a_number_or_a_word_stays_plain() {
    let texts = [
        "yy",
        "tRUE",
        "yEs",
        "nan",
        "NaN",
        "Inf",
        "<<",
        "=",
        "1.2.3",
        "100m",
        "0xg",
        "_1",
        "1e",
        "e3",
        ".5.",
        "._5",
        "1:60",
        "12:3x",
        "2020-13-01",
        "2020-02-30",
        "2020-01",
        "2001-12-14 21:59:43.10 -5",
        "10.0.0.1",
        "v1.0",
        "50%",
        "--",
        "~a",
        ".",
        "..",
        "-a",
        "?a",
        ":a",
        "a:b",
        "a#b",
        "a'b",
        "/*",
        "$(X)",
        "a  b",
        "日本",
        "0b2",
        "0o8",
    ];
    // Beyond what 64 bits hold there is no number for go-yaml.
    for text in texts.into_iter().chain(["1e999", "0xFFFFFFFFFFFFFFFFFF"]) {
        assert_eq!(value(text), text);
    }
}

#[test]
fn indicators_and_edge_spaces_are_single_quoted() {
    for text in [
        "#a", ",a", "[a]", "]", "{a}", "}", "&a", "*a", "!a", "|", ">", "'", "\"a", "%a", "@a", "`a`", "- a", "-", "?",
        "? a", "---a", "...", "a: b", "a:", "a #b", " a", "a ", ": a", "{{ x }}", "it's:",
    ] {
        assert_eq!(value(text), format!("'{}'", text.replace('\'', "''")));
    }
}

#[test]
fn what_cannot_be_printed_is_escaped_in_double_quotes() {
    assert_eq!(value("a\tb\0\u{1b}\u{7f}\u{85}"), r#""a\tb\0\e\x7F\N""#);
    assert_eq!(value("\u{1F600} \"\\é"), r#""\U0001F600 \"\\é""#);
    assert_eq!(value("a\u{FEFF}b\u{FFFE}"), r#""a\uFEFFb\uFFFE""#);
    assert_eq!(value("\u{FEFF}ab"), r#""\uFEFF\x61\x62""#, "after a leading byte order mark everything is escaped");
}

#[test]
fn several_lines_are_a_literal_block() {
    for (text, expected) in [
        ("a\nb", "|-\n  a\n  b"),
        ("a\n\nb\n", "|\n  a\n\n  b"),
        ("\n", "|2+"),
        (" a\nb", "|2-\n   a\n  b"),
        ("a\n b\t", "\"a\\n b\\t\""),
        ("a \nb", "\"a \\nb\""),
        ("a\nb ", "\"a\\nb \""),
        ("a\r\nb", "\"a\\r\\nb\""),
    ] {
        assert_eq!(value(text), expected, "{text:?}");
    }
    assert_eq!(print(&object! { origin(); "k": "a\n\n", "l": 1 }), "k: |+\n  a\n\nl: 1\n");
    assert_eq!(print(&object! { origin(); "k": strings(&["a\n", "b"]) }), "k:\n- |\n  a\n- b\n");
}

#[test]
fn long_lines_fold_at_the_first_lone_space_past_80() {
    let many = |count| vec!["seven77"; count].join(" ");
    let words = many(14);
    assert_eq!(value(&words), format!("{}\n  {}", many(10), many(4)));
    let quoted = value(&format!("# {words}"));
    assert!(quoted.starts_with("'# seven77") && quoted.contains("\n  seven77"), "{quoted}");
    let double = value(&format!("\t {}", words.replace(' ', "  ")));
    assert!(double.contains("\n  \\ seven77"), "double quotes keep the second space with a backslash: {double}");
    assert!(!value(&words.replace(' ', "  ")).contains('\n'), "double spaces do not break in plain text");
    assert!(!value(&"x".repeat(200)).contains('\n'));
    let wide = format!("{} 本 本", "日".repeat(77));
    assert_eq!(value(&wide), format!("{} 本\n  本", "日".repeat(77)), "columns are characters, not bytes");
}

#[test]
fn keys_never_fold_and_long_ones_stand_alone() {
    let key = vec!["kk"; 43].join(" ");
    assert_eq!(key.len(), 128);
    assert_eq!(print(&object! { origin(); "a": 1 }.rename(&key)), format!("{key}: 1\n"));
    let key = "k".repeat(129);
    assert_eq!(print(&object! { origin(); "a": 1 }.rename(&key)), format!("? {key}\n: 1\n"));
    let o = origin();
    let nested = object! { o; "a": object! { o; "b": strings(&["c"]) } }.rename("x\ny");
    assert_eq!(print(&nested), "? |-\n  x\n  y\n: b:\n  - c\n");
    assert_eq!(print(&object! { o; "a": strings(&["c", "d"]) }.rename("x\r")), "? \"x\\r\"\n: - c\n  - d\n");
    for (key, expected) in
        [("", "\"\""), (" ", "' '"), ("on", "\"on\""), ("a: b", "'a: b'"), ("\t", "\"\\t\""), ("8080", "\"8080\"")]
    {
        assert_eq!(print(&object! { o; "a": 1 }.rename(key)), format!("{expected}: 1\n"));
    }
}

trait Rename {
    fn rename(self, key: &str) -> Node;
}

impl Rename for Node {
    fn rename(self, key: &str) -> Node {
        let entries = self.entries().map(|entry| Entry { key: key.into(), ..entry.clone() });
        Node::new(entries.collect::<Map>(), origin())
    }
}

#[test]
fn numbers_print_as_the_shortest_g() {
    for (number, expected) in [
        (1.0, "1"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (123456.5, "123456.5"),
        (1234567.5, "1.2345675e+06"),
        (123456789.5, "1.234567895e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e20, "1e+20"),
        (1e19, "10000000000000000000"),
        (1e100, "1e+100"),
        (9223372036854775808.0, "9223372036854776000"),
        (-1e19, "-1e+19"),
        (0.1, "0.1"),
        (-0.00123, "-0.00123"),
        // Halfway between two shortest forms: the even digit.
        (6735312799325370.0 / 8.0, "8.419140999156712e+14"),
        (5e-324, "5e-324"),
        (2.5, "2.5"),
        (100000.25, "100000.25"),
    ] {
        assert_eq!(print(&Node::new(number, origin())).trim_end(), expected);
    }
    assert_eq!(print(&Node::new(u64::MAX, origin())), "18446744073709551615\n");
    assert_eq!(print(&Node::new(i64::MIN, origin())), "-9223372036854775808\n");
}

#[test]
fn unicode_line_separators_are_printed_as_go_yaml_prints_them() {
    assert_eq!(value("a\u{2028}b"), "'a\u{2028}  b'");
    assert_eq!(value("a\u{2028} b"), r#""a\L b""#);
    assert_eq!(value("a\u{2028}b\nc"), "|-\n  a\u{2028}  b\n  c");
    let last = object! { origin(); "a": "x\n\u{2028}", "b": 1 };
    assert_eq!(print(&last), "a: |+\n  x\n\u{2028}b: 1\n", "it ends the last line of a block");
    let people = as_written(&object! { origin(); "b": "x\u{2028}y", "a": "1\n2" }.rename("k\u{2029}"));
    assert_eq!(String::from_utf8(people).unwrap(), "? \"k\\P\"\n: \"x\\Ly\"\n? \"k\\P\"\n: |-\n  1\n  2\n");
}

fn mapping<'a>(keys: impl IntoIterator<Item = &'a str>) -> Node {
    let entries =
        keys.into_iter().map(|key| Entry { key: key.into(), key_origin: origin(), node: Node::null(origin()) });
    Node::new(entries.collect::<Map>(), origin())
}

#[test]
fn keys_are_in_natural_order() {
    let sorted = [
        "a",
        "a-1",
        "a-b",
        "a.1",
        "a/b",
        "a_1",
        "a1",
        "a2",
        "a02",
        "a10",
        "aa",
        "foo",
        "foo-1-bar",
        "foo.bar",
        "foo1bar",
        "foo01bar",
        "é",
    ];
    let expected: String = sorted.iter().map(|key| format!("{key}: null\n")).collect();
    assert_eq!(print(&mapping(sorted)), expected);
    assert_eq!(print(&mapping(sorted.into_iter().rev())), expected);
    assert_eq!(keys::natural("v1.10", "v1.9"), Ordering::Greater);
    assert_eq!(keys::natural("Z", "a"), Ordering::Less);
    assert_eq!(keys::natural("é", "è"), Ordering::Greater);
}

#[test]
fn large_mappings_are_sorted_too() {
    let keys: Vec<String> = (0..5000).map(|number| format!("key{number}")).collect();
    let printed = print(&mapping(keys.iter().rev().map(String::as_str)));
    assert_eq!(printed, keys.iter().map(|key| format!("{key}: null\n")).collect::<String>());
}

#[test]
fn keys_that_go_round_in_a_circle_have_one_order_all_the_same() {
    let circle = ["a02", "a10b", "a1b", "a2b", "1E3", "007", "1234567890"];
    let expected = print(&mapping(circle));
    for turn in 0..circle.len() {
        let turned = circle.iter().cycle().skip(turn).take(circle.len()).copied();
        assert_eq!(print(&mapping(turned.clone())), expected);
        assert_eq!(print(&mapping(turned.collect::<Vec<_>>().into_iter().rev())), expected);
    }
}

/// Texts that meet every rule: ordinary ones, pieces of YAML syntax, digits, long lines, anything.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "on",
        "yes",
        "no",
        "null",
        "0",
        "1",
        "9",
        "e",
        "x",
        "_",
        ".",
        "-",
        "+",
        ":",
        ": ",
        " #",
        "#",
        " ",
        "\n",
        "\t",
        "\r",
        "'",
        "\"",
        "\\",
        "~",
        "[",
        "{",
        ",",
        "?",
        "!",
        "&",
        "*",
        "|",
        ">",
        "%",
        "@",
        "`",
        "é",
        "日",
        "😀",
        "\u{FEFF}",
        "\u{85}",
        "word",
        "---",
        "...",
        "2020-01-02",
        "12:30",
        "0x1f",
        "0b1",
        "1e3",
        ".inf",
        "<<",
        "=",
    ]);
    let number = prop::sample::select(vec![
        "0", "1", "7", "9", "_", ".", "-", "+", ":", "e", "x", "b", "o", "f", "T", "Z", "60", "2020-1-1",
    ]);
    prop_oneof![
        3 => "[a-zA-Z0-9./:-]{0,20}",
        4 => prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat()),
        3 => prop::collection::vec(number, 1..6).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec("[a-z#:'é\t\"-]{0,9}", 8..40).prop_map(|words| words.join(" ")),
        1 => any::<String>(),
    ]
    .prop_filter("YAML 1.1 takes these for line breaks, 1.2 does not", |text| !text.contains(['\u{2028}', '\u{2029}']))
    .prop_filter("Go has no number of this size, so it stays plain", |text| !yaml11::overflows(text))
}

fn tree() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        1 => Just(Node::null(origin())),
        1 => any::<bool>().prop_map(|truth| Node::new(truth, origin())),
        1 => any::<i64>().prop_map(|number| Node::new(number, origin())),
        1 => any::<u64>().prop_map(|number| Node::new(number, origin())),
        1 => any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| Node::new(number, origin())),
        6 => text().prop_map(|text| Node::string(text, origin())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Node::new(items, origin())),
            prop::collection::btree_map(text(), inner, 0..6).prop_map(|entries| {
                let entry = |(key, node): (String, Node)| Entry { key: key.into(), key_origin: origin(), node };
                Node::new(entries.into_iter().map(entry).collect::<Map>(), origin())
            }),
        ]
    })
}

fn read_1_2(value: &serde_yaml::Value) -> Node {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Node::null(origin()),
        Yaml::Bool(truth) => Node::new(*truth, origin()),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Node::new(number, origin()),
            (_, Some(number)) => Node::new(number, origin()),
            _ => Node::new(number.as_f64().unwrap(), origin()),
        },
        Yaml::String(text) => Node::string(text.as_str(), origin()),
        Yaml::Sequence(items) => Node::new(items.iter().map(read_1_2).collect::<Vec<_>>(), origin()),
        Yaml::Mapping(map) => {
            let entry = |(key, node): (&serde_yaml::Value, _)| Entry {
                key: key.as_str().expect("every key is a text").into(),
                key_origin: origin(),
                node: read_1_2(node),
            };
            Node::new(map.iter().map(entry).collect::<Map>(), origin())
        }
        Yaml::Tagged(tagged) => panic!("{tagged:?}"),
    }
}

/// The plain scalars that a tree is printed with, and what each stands for.
fn plain_scalars(node: &Node, found: &mut Vec<(String, Value)>) {
    let one = |node: &Node| print(node).trim_end_matches('\n').replace("\n  ", " ");
    match node.value() {
        Value::Map(map) => map.iter().for_each(|entry| {
            found.push((one(&Node::string(entry.key.clone(), origin())), Value::Str(entry.key.clone())));
            plain_scalars(&entry.node, found);
        }),
        Value::Seq(items) => items.iter().for_each(|item| plain_scalars(item, found)),
        scalar => found.push((one(node), scalar.clone())),
    }
    found.retain(|(printed, _)| !printed.starts_with(['"', '\'', '|']));
}

fn shuffled(node: &Node, seed: usize) -> Node {
    match node.value() {
        Value::Map(map) => {
            let mut entries: Vec<Entry> =
                map.iter().map(|entry| Entry { node: shuffled(&entry.node, seed), ..entry.clone() }).collect();
            entries.rotate_left(seed % map.len().max(1));
            if seed % 2 == 1 {
                entries.reverse();
            }
            Node::new(entries.into_iter().collect::<Map>(), origin())
        }
        Value::Seq(items) => Node::new(items.iter().map(|item| shuffled(item, seed)).collect::<Vec<_>>(), origin()),
        _ => node.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back_in_an_independent_yaml_1_2_reader(root in tree()) {
        let printed = print(&object! { origin(); "root": root.clone() });
        let read = serde_yaml::Value::deserialize(serde_yaml::Deserializer::from_str(&printed));
        let read = read_1_2(&read.map_err(|error| TestCaseError::fail(format!("{error}\n{printed}")))?);
        prop_assert_eq!(read.get("root"), Some(&root), "{}", printed);
    }

    #[test]
    fn every_plain_scalar_is_the_same_value_under_yaml_1_1(root in tree()) {
        let mut found = Vec::new();
        plain_scalars(&root, &mut found);
        for (printed, value) in found {
            prop_assert_eq!(yaml11::resolve(&printed), value, "{}", printed);
        }
    }

    #[test]
    fn the_order_in_which_keys_were_written_does_not_matter(root in tree(), seed in 0usize..7) {
        prop_assert_eq!(print(&root), print(&shuffled(&root, seed)));
    }

    #[test]
    fn floats_keep_their_value(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
        let printed = print(&Node::new(number, origin()));
        prop_assert_eq!(printed.trim_end().parse::<f64>().unwrap(), number);
    }
}
