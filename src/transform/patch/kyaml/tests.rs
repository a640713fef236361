//! What kustomize 5.5 prints for lists whose items do not all have every key, once.

use std::collections::HashMap;

use ecow::{EcoString, EcoVec};

use super::super::Dialect;
use super::super::oracle::plain;
use super::super::strategic::tests::{ROOT, Shape, check};
use super::*;

/// The direct way and kyaml's own steps give the same list, for one key and for two.
pub fn check_both_ways(known: &Node, patch: &Node) {
    let (known, patch) = (known.as_seq().unwrap(), patch.as_seq().unwrap());
    for keys in [&["containerPort".into(), "protocol".into()][..], &["containerPort".into()]] {
        // By one key, some items may come twice: then there is only one way.
        if let (Some(index), Some(_)) = (list::index(known, keys), list::index(patch, keys)) {
            compare(known, patch, keys, &index);
        }
    }
}

fn compare(known: &EcoVec<Node>, patch: &EcoVec<Node>, keys: &[EcoString], index: &HashMap<Vec<EcoString>, usize>) {
    let mut origins = Origins::default();
    let mut walk = Walk { recorder: Recorder::new(&mut origins) };
    let direct = walk.direct(known, patch, keys, index, None::<Shape>).unwrap();
    let slow = walk.slow(known, Some(patch), keys, None::<Shape>).unwrap();
    let plain = |items| plain(&Node::new(Value::Seq(items), crate::origin::Origin::source(0)));
    assert_eq!(plain(direct), plain(slow));
}

fn container(root: &str, patch: &str, expected: &str) {
    let wrap = |fields: &str| format!("{{spec: {{containers: [{{name: one, {fields}}}]}}}}");
    check(Dialect::Kustomize, &wrap(root), &wrap(patch), &wrap(expected));
}

#[test]
fn items_of_one_key_collapse_whatever_the_patch_says() {
    container(
        "env: [{name: A, value: '1'}, {name: B, value: '2'}, {name: A, value: '3'}]",
        "tty: true",
        "tty: true, env: [{name: A, value: '3'}, {name: B, value: '2'}]",
    );
}

#[test]
fn ports_with_and_without_protocol_lose_items() {
    let dns = "ports: [{name: dns, containerPort: 53, protocol: UDP}, {name: tcp, containerPort: 53}]";
    for patch in ["hostPort: 9", "hostPort: 9, protocol: TCP"] {
        container(dns, &format!("ports: [{{containerPort: 53, {patch}}}]"), "ports: [{name: tcp, containerPort: 53}]");
    }
    container(
        "ports: [{containerPort: 80}, {containerPort: 81, protocol: UDP}]",
        "ports: [{containerPort: 80, protocol: TCP, name: h}, {containerPort: 81, protocol: TCP, name: q}]",
        "ports: [{containerPort: 81, protocol: TCP, name: q}, {containerPort: 80}, {containerPort: 81, protocol: UDP}]",
    );
    container(
        "ports: [{containerPort: 80, name: a}, {containerPort: 81, name: b}]",
        "ports: [{containerPort: 80, hostPort: 9, protocol: TCP}]",
        "ports: [{containerPort: 80, name: a}, {containerPort: 81, name: b}]",
    );
}

#[test]
fn ports_without_protocol_merge_by_number() {
    container(
        "ports: [{containerPort: 80, name: a}, {containerPort: 81, name: b}]",
        "ports: [{containerPort: 80, hostPort: 9}]",
        "ports: [{containerPort: 80, name: a, hostPort: 9}, {containerPort: 81, name: b}]",
    );
    container(
        "ports: [{containerPort: 80, name: a}, {containerPort: 81, name: b}]",
        "ports: [{containerPort: 82, protocol: UDP, name: q}]",
        "ports: [{containerPort: 82, protocol: UDP, name: q}, {containerPort: 80, name: a}, {containerPort: 81, name: b}]",
    );
}

#[test]
fn replacing_an_item_only_moves_it_to_the_front() {
    check(
        Dialect::Kustomize,
        "{spec: {volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]}}",
        "{spec: {volumes: [{name: w, $patch: replace, secret: {}}, {name: n, $patch: replace, secret: {}}]}}",
        "{spec: {volumes: [{name: w, emptyDir: {}}, {name: n, secret: {}}, {name: v, emptyDir: {}}]}}",
    );
}

#[test]
fn an_item_without_its_key_takes_the_list_with_it() {
    check(
        Dialect::Kustomize,
        "{spec: {containers: [{name: one}, {name: two}]}}",
        "{spec: {containers: [{image: q}]}}",
        "{spec: {containers: []}}",
    );
}

#[test]
fn in_a_new_list_items_are_deleted_merged_and_emptied() {
    for (patch, expected) in [
        (
            "[{name: a, $patch: delete}, {name: b, emptyDir: null}, {name: b, emptyDir: {}}]",
            "[{name: b, emptyDir: {}}]",
        ),
        ("[{name: b, emptyDir: {a: null}, $patch: merge}, {}, null]", "[{name: b, emptyDir: {}}]"),
        ("[{$patch: replace}, {name: q, emptyDir: {}}]", "[{$patch: replace}]"),
    ] {
        let patch = format!("{{spec: {{volumes: {patch}}}}}");
        check(Dialect::Kustomize, "{spec: {}}", &patch, &format!("{{spec: {{volumes: {expected}}}}}"));
    }
}

#[test]
fn the_nulls_of_the_resource_stay() {
    check(
        Dialect::Kustomize,
        "{spec: {x: null, containers: [{name: a, args: [null, b]}]}}",
        "{spec: {y: 1}}",
        "{spec: {x: null, 'y': 1, containers: [{name: a, args: [null, b]}]}}",
    );
}

#[test]
fn another_kind_of_value_is_an_error_with_both_places() {
    for patch in ["{spec: foo}", "{spec: {containers: {a: b}}}", "{spec: {s: {a: 1}}}"] {
        let mut root = super::super::oracle::yaml("{spec: {containers: [], s: 1}}", 0);
        let patch = super::super::oracle::yaml(patch, 1000);
        let error = Diagnostic::from(apply(&mut root, &patch, Some(ROOT), &mut Origins::default()).unwrap_err());
        assert_eq!(error.code, "patch-kind-mismatch");
        assert_eq!(error.related.len(), 1);
    }
}

#[test]
fn with_several_keys_new_items_come_first_and_the_others_stay_in_order() {
    container(
        "ports: [{containerPort: 80, protocol: TCP}, {containerPort: 81, protocol: TCP}, {containerPort: 82, protocol: TCP}]",
        "ports: [{containerPort: 82, protocol: TCP, name: x}, {containerPort: 83, protocol: TCP}, {containerPort: 81, \
         protocol: TCP, $patch: delete}]",
        "ports: [{containerPort: 83, protocol: TCP}, {containerPort: 80, protocol: TCP}, {containerPort: 82, protocol: \
         TCP, name: x}]",
    );
}

#[test]
fn an_item_without_others_goes_the_short_way_as_it_would_go_the_long_one() {
    let (keys, shape) = (["containerPort".into(), "protocol".into()], None::<Shape>);
    let (mut origins, parse) = (Origins::default(), super::super::oracle::yaml);
    let mut walk = Walk { recorder: Recorder::new(&mut origins) };
    let fields = |key, values: &[&str]| -> Vec<String> {
        values.iter().map(|value| if value.is_empty() { String::new() } else { format!("{key}: {value}, ") }).collect()
    };
    for port in fields("containerPort", &["", "80", "null", "~", "{a: 1}", "'a'"]) {
        for protocol in fields("protocol", &["", "TCP", "null", "''", "[1]"]) {
            for other in fields("name", &["", "x", "null", "{}", "[{}]"]) {
                let text = format!("[{{{port}{protocol}{other}}}]");
                let node = parse(&text, 0);
                let items = node.as_seq().unwrap();
                let short = walk.slow_alone(items, &keys, shape, Side::Resource).unwrap();
                let long = walk.slow(items, None, &keys, shape).unwrap();
                assert_eq!(short, long, "{text}");
            }
        }
    }
}
