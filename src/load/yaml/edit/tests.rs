use proptest::prelude::*;

use super::*;
use crate::origin::Origin;
use crate::tree::Map;

/// `a.b[0]` as a path; a key with other characters stands between `<` and `>`.
fn path(text: &str) -> Vec<Segment> {
    let mut rest = text;
    let mut path = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.chars().next() {
            Some('<') => rest[1..].split_once('>').unwrap(),
            Some('[') => rest[1..].split_once(']').unwrap(),
            _ => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        path.push(match rest.starts_with('[') {
            true => Segment::Index(step.parse().unwrap()),
            false => Segment::Key(step.into()),
        });
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    path
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn map(pairs: &[(&str, Value)]) -> Value {
    let origin = Origin::source(0);
    let mut map = Map::default();
    pairs.iter().for_each(|(key, value)| map.push(*key, origin, Node::new(value.clone(), origin)));
    map.into()
}

fn changed(source: &str, at: &str, value: &Value) -> String {
    match put(source, Dialect::Model, &path(at), value, &["base", "images", "app"]) {
        Ok(changed) => changed.text,
        Err(refusal) => format!("refused at {}: {}", refusal.at, refusal.reason),
    }
}

/// Puts a text at a path, and compares the whole result.
fn check(source: &str, at: &str, value: &str, expected: &str) {
    assert_eq!(changed(source, at, &text(value)), expected, "{source}");
}

#[test]
fn a_scalar_keeps_its_quotes_where_the_new_value_allows_it() {
    check("a: v1 # why\nb: 2\n", "a", "v2", "a: v2 # why\nb: 2\n");
    check("a: 'v1'\n", "a", "v2", "a: 'v2'\n");
    check("a: 'v1'\n", "a", "it's", "a: 'it''s'\n");
    check("a: \"v1\"\n", "a", "v2", "a: \"v2\"\n");
    check("a: 'v1'\n", "a", "two\nlines", "a: \"two\\nlines\"\n");
    check("a: !!str v1\n", "a", "v2", "a: !!str v2\n");
    check("a: one\n  text\nb: 1\n", "a", "v2", "a: v2\nb: 1\n");
}

#[test]
fn a_text_gets_the_quotes_that_it_needs_to_stay_text() {
    for (value, written) in [
        ("1.10", "\"1.10\""),
        ("true", "\"true\""),
        ("on", "\"on\""),
        ("", "\"\""),
        ("12:30", "\"12:30\""),
        ("a: b", "\"a: b\""),
        ("a #b", "\"a #b\""),
        ("{x}", "\"{x}\""),
        ("*x", "\"*x\""),
        ("sha256:abc", "sha256:abc"),
        ("é", "é"),
        ("\u{7}", "\"\\u0007\""),
    ] {
        check("a: v1\n", "a", value, &format!("a: {written}\n"));
        check("x: {a: v1}\n", "x.a", value, &format!("x: {{a: {written}}}\n"));
    }
}

#[test]
fn env_keeps_the_characters_that_are_written() {
    check("app:\n  env:\n    A: 3000\n", "app.env.A", "1.10", "app:\n  env:\n    A: 1.10\n");
    check("app:\n  env:\n    A: x\n", "app.env.B", "8080", "app:\n  env:\n    A: x\n    B: 8080\n");
    check("env:\n  A: |\n    x\n\n# end\n", "env.B", "v", "env:\n  A: |\n    x\n  B: v\n\n# end\n");
}

#[test]
fn numbers_stay_numbers() {
    assert_eq!(changed("a: {replicas: 1} # n\n", "a.replicas", &Value::Int(3)), "a: {replicas: 3} # n\n");
    assert_eq!(changed("a: '1'\n", "a", &Value::Int(3)), "a: 3\n");
}

#[test]
fn line_breaks_and_the_end_of_the_file_stay() {
    check("a: v1\r\nb: 1\r\n", "a", "v2", "a: v2\r\nb: 1\r\n");
    check("x:\r\n  a: v1\r\nz: 1\r\n", "x.b", "v2", "x:\r\n  a: v1\r\n  b: v2\r\nz: 1\r\n");
    check("x:\n  a: v1", "x.b", "v2", "x:\n  a: v1\n  b: v2");
    check("x:\n  a: v1", "x.a", "v2", "x:\n  a: v2");
}

#[test]
fn an_entry_comes_last_in_the_style_of_its_neighbours() {
    let image = |tag: &str| map(&[("tag", text(tag))]);
    let add = |source: &str, at: &str| changed(source, at, &image("v1"));
    assert_eq!(
        add("images:\n  a/b: {tag: v0} # x\n  # c\napp: {}\n", "images.<c/d>"),
        "images:\n  a/b: {tag: v0} # x\n  c/d: {tag: v1}\n  # c\napp: {}\n"
    );
    assert_eq!(
        add("images:\n    a/b:\n        tag: v0\n", "images.c"),
        "images:\n    a/b:\n        tag: v0\n    c:\n        tag: v1\n"
    );
    assert_eq!(add("images: {a: {tag: v0}}\n", "images.c"), "images: {a: {tag: v0}, c: {tag: v1}}\n");
    assert_eq!(add("images: {}\n", "images.c"), "images: {c: {tag: v1}}\n");
    assert_eq!(add("images: null\n", "images.c"), "images: {c: {tag: v1}}\n");
    assert_eq!(add("images: # none\napp: {}\n", "images.c"), "images: # none\n  c: {tag: v1}\napp: {}\n");
    assert_eq!(
        add("{\"images\": {\"a\": {\"tag\": \"v0\"}}}", "images.c"),
        "{\"images\": {\"a\": {\"tag\": \"v0\"}, \"c\": {\"tag\": \"v1\"}}}"
    );
    assert_eq!(
        add("images: {\n  a: {tag: v0}, # x\n}\n", "images.c"),
        "images: {\n  a: {tag: v0}, # x\n  c: {tag: v1},\n}\n"
    );
    assert_eq!(
        add("images: {\n  a: {tag: v0} # x\n}\n", "images.c"),
        "images: {\n  a: {tag: v0}, # x\n  c: {tag: v1}\n}\n"
    );
}

#[test]
fn what_is_missing_on_the_way_is_made() {
    let add = |source: &str, at: &str| changed(source, at, &Value::Int(2));
    assert_eq!(
        add("base: x\napp:\n  env: {A: b}\n", "app.deployments.main.replicas"),
        "base: x\napp:\n  env: {A: b}\n  deployments: {main: {replicas: 2}}\n"
    );
    assert_eq!(
        add("base: x\n", "app.deployments.main.replicas"),
        "base: x\napp:\n  deployments:\n    main: {replicas: 2}\n"
    );
    assert_eq!(add("app: {}\n", "app.deployments.main.replicas"), "app: {deployments: {main: {replicas: 2}}}\n");
    let image = map(&[("tag", text("v1"))]);
    assert_eq!(
        changed("base: x\n# own\napp: {}\nargocd: {}\n", "images.a", &image),
        "base: x\nimages:\n  a: {tag: v1}\n# own\napp: {}\nargocd: {}\n"
    );
}

#[test]
fn items_of_lists_follow_their_neighbours() {
    let add = |source: &str, at: &str| {
        let value = map(&[("name", text("b")), ("newTag", text("1.10"))]);
        put(source, Dialect::JsonPatch, &path(at), &value, &[]).map(|changed| changed.text).unwrap()
    };
    assert_eq!(
        add("images:\n- name: a\n  newTag: v1\nreplicas: []\n", "images[1]"),
        "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: \"1.10\"\nreplicas: []\n"
    );
    assert_eq!(
        add("images:\n  - {name: a}\n", "images[1]"),
        "images:\n  - {name: a}\n  - {name: b, newTag: \"1.10\"}\n"
    );
    assert_eq!(add("images: [{name: a}]\n", "images[1]"), "images: [{name: a}, {name: b, newTag: \"1.10\"}]\n");
    assert_eq!(add("images: []\n", "images[0]"), "images: [{name: b, newTag: \"1.10\"}]\n");
    assert_eq!(
        add("resources:\n  - x\n", "images[0]"),
        "resources:\n  - x\nimages:\n  - name: b\n    newTag: \"1.10\"\n"
    );
    assert_eq!(add("namespace: x\n", "images[0]"), "namespace: x\nimages:\n- name: b\n  newTag: \"1.10\"\n");
}

#[test]
fn an_entry_is_taken_out_with_its_line_or_its_comma() {
    let cut = |source: &str, at: &str| match remove(source, Dialect::Model, &path(at)) {
        Ok(changed) => changed.text,
        Err(refusal) => format!("refused at {}: {}", refusal.at, refusal.reason),
    };
    assert_eq!(cut("x: {tag: v1, digest: \"d\"} # c\n", "x.digest"), "x: {tag: v1} # c\n");
    assert_eq!(cut("x: {digest: d, tag: v1}\n", "x.digest"), "x: {tag: v1}\n");
    assert_eq!(cut("x:\n  tag: v1\n  digest: d # c\nz: 1\n", "x.digest"), "x:\n  tag: v1\nz: 1\n");
    assert_eq!(cut("x:\r\n  digest: d\r\n  tag: v1", "x.digest"), "x:\r\n  tag: v1");
    assert_eq!(cut("x:\n  tag: v1\n  digest: d", "x.digest"), "x:\n  tag: v1");
    assert_eq!(cut("- digest: d\n  tag: v1\n", "[0].digest"), "- tag: v1\n");
    assert_eq!(cut("x: {\n  digest: d,\n  tag: v1\n}\n", "x.digest"), "x: {\n  tag: v1\n}\n");
    assert_eq!(
        cut("x:\n  digest: d\n", "x.digest"),
        "refused at 5: it stands so close to other text that it cannot be cut out"
    );
}

#[test]
fn an_alias_of_its_own_is_replaced_and_a_shared_value_is_refused() {
    check("v: &t v1\na: *t\n", "a", "v2", "v: &t v1\na: v2\n");
    check("v: &t v1\na: 1\n", "v", "v2", "v: &t v2\na: 1\n");
    check(
        "v: &t v1\na: *t\n",
        "v",
        "v2",
        "refused at 6: it has an anchor, and an alias elsewhere stands for it as well",
    );
    check("v: &m {t: v1}\na: *m\n", "v.t", "v2", "refused at 6: an alias elsewhere stands for it as well");
    let through = "refused at 17: an alias stands there, and what it stands for is used elsewhere as well";
    check("v: &m {t: v1}\na: *m\n", "a.t", "v2", through);
    check("v: &m {t: v1}\na:\n  <<: *m\n", "a.t", "v2", "v: &m {t: v1}\na:\n  <<: *m\n  t: v2\n");
}

#[test]
fn what_is_no_scalar_is_refused_with_its_kind() {
    check("a: |\n  x\n", "a", "v", "refused at 7: a text of several lines is written there");
    check("a: [x]\n", "a", "v", "refused at 3: a list is written there");
    check("a: {b: x}\n", "a", "v", "refused at 3: a mapping is written there");
    check("a: x\n", "a.b", "v", "refused at 0: the place of the value is not in the file");
    check("# nothing\n", "a", "v", "refused at 0: the file holds nothing");
    check("a: [\n", "a", "v", "refused at 0: the file is no YAML that can be read");
}

#[test]
fn only_the_first_document_with_content_changes() {
    check("---\n# c\n---\na: v1\n---\na: v1\n", "a", "v2", "---\n# c\n---\na: v2\n---\na: v1\n");
    check("--- {a: v1}\n...\n", "a", "v2", "--- {a: v2}\n...\n");
}

#[test]
fn nothing_changes_when_the_value_is_there() {
    check("a:   'v1'\n", "a", "v1", "a:   'v1'\n");
}

/// Paths of all scalars of a tree.
fn leaves(node: &Node, path: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
    match node.value() {
        Value::Map(map) => {
            for entry in map {
                path.push(Segment::Key(entry.key.clone()));
                leaves(&entry.node, path, found);
                path.pop();
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Segment::Index(index));
                leaves(item, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

/// YAML text of a few shapes, with comments, quotes, anchors, braces and both line breaks.
fn source() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("v1".to_owned()),
        Just("'it''s'".to_owned()),
        Just("\"a\\tb\"".to_owned()),
        Just("12".to_owned()),
        Just("true".to_owned()),
        Just(String::new()),
        Just("&a v".to_owned()),
        Just("!!str 5".to_owned()),
        Just("|\n      block\n      text\n".to_owned()),
        Just("{x: 1, \"y\": 'z', w: [1, {k: v}]}".to_owned()),
        Just("[a, b,\n      c]".to_owned()),
        Just("{\n      m: 1, # c\n      n: two\n      }".to_owned()),
        "[a-z]{1,6}",
    ];
    let comment = prop_oneof![Just(""), Just(" # why"), Just("\n    # line")];
    let entry = ("[a-d]", scalar, comment).prop_map(|(key, value, comment)| match value.ends_with('\n') {
        true => format!("    {key}: {}", value.trim_end_matches('\n')),
        false => format!("    {key}: {value}{comment}"),
    });
    let entries = prop::collection::vec(entry, 1..4);
    let section = ("[m-p]", entries, any::<bool>()).prop_map(|(key, entries, is_list)| match is_list {
        false => format!("{key}:\n{}\n", entries.join("\n")),
        true => {
            let items: Vec<_> = entries.iter().map(|entry| format!("  - {}", entry.trim_start())).collect();
            format!("{key}:\n{}\n", items.join("\n"))
        }
    });
    let document = prop::collection::vec(section, 1..4).prop_map(|sections| sections.concat());
    (prop::collection::vec(document, 1..3), any::<bool>(), any::<bool>()).prop_map(|(documents, crlf, end)| {
        let text = documents.join("---\n");
        let text = if end { text } else { text.trim_end_matches('\n').to_owned() };
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_value_changes_and_every_other_byte_stays(
        source in source(),
        pick in any::<prop::sample::Index>(),
        key in "[e-h]",
        value in prop_oneof!["[ -~]{0,8}", "\\PC{0,4}", Just("two\nlines".to_owned())],
        adds in any::<bool>(),
    ) {
        let Some(trees) = trees(&source, Dialect::Resource) else { return Ok(()) };
        let Some(tree) = trees.iter().find(|tree| !tree.is_null()) else { return Ok(()) };
        let mut paths = Vec::new();
        leaves(tree, &mut Vec::new(), &mut paths);
        prop_assume!(!paths.is_empty());
        let mut at = pick.get(&paths).clone();
        if adds {
            at.pop();
            while matches!(at.last(), Some(Segment::Index(_))) {
                at.pop();
            }
            at.push(Segment::Key(key.into()));
        }
        let wanted = Value::Str(value.into());
        let Ok(changed) = put(&source, Dialect::Resource, &at, &wanted, &[]) else { return Ok(()) };
        let Changed { text, replaced, length } = changed;
        prop_assert_eq!(&text[..replaced.start], &source[..replaced.start]);
        prop_assert_eq!(&text[replaced.start + length..], &source[replaced.end..]);
        let after = super::trees(&text, Dialect::Resource).unwrap();
        let place = trees.iter().position(|tree| !tree.is_null()).unwrap();
        for (index, (before, after)) in trees.iter().zip(&after).enumerate() {
            if index != place {
                prop_assert_eq!(before, after);
                continue;
            }
            let mut found = after;
            for step in &at {
                found = match step {
                    Segment::Key(key) => found.get(key).unwrap(),
                    Segment::Index(index) => &found.as_seq().unwrap()[*index],
                };
            }
            prop_assert_eq!(found.value(), &wanted);
            let same = expected::put(before, &at, &wanted).unwrap();
            prop_assert_eq!(&same, after);
        }
        prop_assert_eq!(text.contains("\r\n"), source.contains("\r\n"));
    }

    #[test]
    fn any_text_is_changed_or_refused(source in "[a-c:{}\\[\\],&*|>'\"#\\- \n\r\t!]{0,30}", value in "\\PC{0,4}") {
        for at in ["a", "a.b", "[0]", "[1]", "a[0]"] {
            let _ = put(&source, Dialect::Model, &path(at), &text(&value), &["a"]);
            let _ = put(&source, Dialect::JsonPatch, &path(at), &map(&[("b", text(&value))]), &[]);
            let _ = remove(&source, Dialect::Model, &path(at));
        }
    }
}

#[test]
fn ordinary_changes_are_not_refused() {
    let texts = ["v2", "1.10", "it's", "two\nlines", "", "on"];
    for source in
        ["m:\n    a: v1 # why\n", "m:\n  - a: 'x'\n    b: 2\n", "m: {a: \"x\", b: [1, 2]}\r\n", "m: {\n  a: 1,\n}\n"]
    {
        let tree = &trees(source, Dialect::Resource).unwrap()[0];
        let mut paths = Vec::new();
        leaves(tree, &mut Vec::new(), &mut paths);
        for (at, value) in paths.iter().flat_map(|at| texts.iter().map(move |value| (at, value))) {
            let changed = put(source, Dialect::Resource, at, &text(value), &[]);
            assert!(changed.is_ok(), "{source:?} {at:?} {value:?}: {changed:?}");
        }
    }
}

#[test]
fn the_scalar_at_a_byte_is_changed_in_any_document_and_in_a_patch_that_is_a_text() {
    let changed = |source: &str, from: &str, to: &str| {
        let at = source.find(from).unwrap();
        put_at(source, Dialect::Resource, at, &text(to)).map(|changed| changed.text)
    };
    let two = "# c\na: 'x'\n---\nb:\n- {c: old, d: old2}   # why\n";
    assert_eq!(changed(two, "old,", "new"), Ok(two.replace("old,", "new,")));
    assert_eq!(changed(two, "'x'", "it's"), Ok(two.replace("'x'", "'it''s'")));
    assert_eq!(changed(two, "old2", "on"), Ok(two.replace("old2", "\"on\"")));
    let patch =
        "patches:\n- target: {kind: A}\n  patch: |-\n    - op: add\n      path: /x\n\n      value: old # why\n- x: y\n";
    assert_eq!(changed(patch, "old", "new"), Ok(patch.replace("old", "new")));
    assert_eq!(changed(patch, "old", "true"), Ok(patch.replace("old", "\"true\"")));
    let crlf = patch.replace('\n', "\r\n");
    assert_eq!(changed(&crlf, "old", "new"), Ok(crlf.replace("old", "new")));
    for (source, at) in [
        (patch.replace("|-", ">-").as_str(), "old"),
        ("a: &x old\nb: *x\n", "old"),
        ("a: |\n  : [ old\n", "old"),
        ("a: old\n", "a:"),
    ] {
        assert!(changed(source, at, "new").is_err(), "{source}");
    }
}

proptest! {
    #[test]
    fn any_byte_is_changed_or_refused(source in "[a-c:{}\\[\\],&*|>'\"#\\- \n\r\t!]{0,40}", at in 0usize..40, value in "\\PC{0,4}") {
        let _ = put_at(&source, Dialect::Resource, at, &text(&value));
    }
}
