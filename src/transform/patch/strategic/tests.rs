//! Cases for strategic merge, over a table of types that stands for the definitions.

use proptest::prelude::{BoxedStrategy, Strategy as _, any, prop};
use serde_json::{Value as Json, json};

use super::super::oracle::{plain, yaml};
use super::*;
use crate::origin::Origin;

/// A type of the table.
#[derive(Debug)]
pub struct Def {
    fields: &'static [(&'static str, Shape)],
    items: Option<Shape>,
    keys: &'static [&'static str],
    strategy: &'static str,
}

pub type Shape = &'static Def;

const PLAIN: Shape = &Def { fields: &[], items: None, keys: &[], strategy: "" };
const SET: Shape = &Def { strategy: "merge", ..*PLAIN };
const PORTS: Shape = &Def { items: Some(PLAIN), keys: &["containerPort", "protocol"], strategy: "merge", ..*PLAIN };
const NAMED: Shape = &Def { items: Some(PLAIN), keys: &["name"], strategy: "merge", ..*PLAIN };
const CONTAINER: Shape = &Def { fields: &[("ports", PORTS), ("env", NAMED), ("args", PLAIN)], ..*PLAIN };
const CONTAINERS: Shape = &Def { items: Some(CONTAINER), keys: &["name"], strategy: "merge", ..*PLAIN };
const VOLUMES: Shape = &Def { items: Some(PLAIN), keys: &["name"], strategy: "merge,retainKeys", ..*PLAIN };
const WHOLE: Shape = &Def { strategy: "replace", ..*PLAIN };
const META: Shape = &Def { fields: &[("finalizers", SET), ("labels", PLAIN), ("whole", WHOLE)], ..*PLAIN };
const SPEC: Shape = &Def {
    fields: &[("containers", CONTAINERS), ("volumes", VOLUMES), ("strategy", PLAIN), ("tolerations", PLAIN)],
    ..*PLAIN
};
/// A kind that is a Pod in most respects.
pub const ROOT: Shape = &Def { fields: &[("metadata", META), ("spec", SPEC)], ..*PLAIN };

impl MergeShape for Shape {
    fn field(self, name: &str) -> Option<Self> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
    }
    fn items(self) -> Option<Self> {
        self.items
    }
    fn merge_keys(self) -> Vec<EcoString> {
        self.keys.iter().map(|key| EcoString::from(*key)).collect()
    }
    fn strategy(self) -> Strategy {
        Strategy::parse(self.strategy)
    }
}

fn patched(root: &str, patch: &str, dialect: Dialect) -> Result<(Node, Outcome), Box<Diagnostic>> {
    let mut root = yaml(root, 0);
    let outcome = apply(&mut root, &yaml(patch, 1000), Some(ROOT), dialect, &mut Origins::default());
    Ok((root, outcome.map_err(|error| Box::new(Diagnostic::from(error)))?))
}

pub fn check(dialect: Dialect, root: &str, patch: &str, expected: &str) {
    let (root_after, _) = patched(root, patch, dialect).unwrap_or_else(|error| panic!("{patch}: {}", error.message));
    // In sequence order, for the order of lists is part of what is expected.
    assert_eq!(plain(&root_after), plain(&yaml(expected, 0)), "{dialect:?}: {root} + {patch}");
}

#[test]
fn both_dialects_merge_lists_by_key_with_the_items_of_the_patch_in_front() {
    let root = "{spec: {containers: [{name: one, image: a, env: [{name: A, value: '1'}, {name: B, value: '2'}, \
                {name: C, value: '3'}], args: [x, y]}, {name: two, image: b}], volumes: [{name: v, emptyDir: {}}, \
                {name: w, emptyDir: {}}], tolerations: [{key: a}]}}";
    for (patch, expected) in [
        (
            "{spec: {containers: [{name: three, image: c}, {name: two, image: b2}, {name: one, args: [z], env: \
             [{name: C, value: '33'}, {name: D, value: '4'}, {name: A, $patch: delete}]}], tolerations: [{key: b}]}}",
            "{spec: {containers: [{name: three, image: c}, {name: two, image: b2}, {name: one, image: a, args: [z], \
             env: [{name: C, value: '33'}, {name: D, value: '4'}, {name: B, value: '2'}]}], volumes: [{name: v, \
             emptyDir: {}}, {name: w, emptyDir: {}}], tolerations: [{key: b}]}}",
        ),
        (
            "{spec: {volumes: [{name: w, emptyDir: null, secret: {secretName: z, x: null}}, {name: gone, $patch: \
             delete}], containers: [{name: two, $patch: delete}, {name: one, $patch: delete}, {name: new}]}}",
            "{spec: {containers: [{name: new}], volumes: [{name: w, secret: {secretName: z}}, {name: v, emptyDir: \
             {}}], tolerations: [{key: a}]}}",
        ),
        (
            "{spec: {containers: [{$patch: replace}, {name: c, x: null}], volumes: [{$patch: delete}], tolerations: \
             null, affinity: {$patch: delete, x: 1}, nodeSelector: {$patch: replace, a: b, c: null}}}",
            "{spec: {containers: [{name: c}], nodeSelector: {a: b}}}",
        ),
        ("{spec: {$patch: replace, a: 1}}", "{spec: {a: 1}}"),
        ("{spec: {$patch: delete}}", "{}"),
        (
            "{spec: {containers: []}, x: {$patch: merge, y: 1}}",
            &root.replace("tolerations: [{key: a}]}", "tolerations: [{key: a}]}, x: {y: 1}"),
        ),
    ] {
        check(Dialect::Standard, root, patch, expected);
        check(Dialect::Kustomize, root, patch, expected);
    }
}

#[test]
fn both_dialects_merge_lists_of_scalars_as_sets() {
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        check(
            dialect,
            "{metadata: {finalizers: [x, 'y']}}",
            "{metadata: {finalizers: [z, 'y']}}",
            "{metadata: {finalizers: [z, 'y', x]}}",
        );
    }
}

#[test]
fn a_port_without_protocol_is_tcp_or_the_only_one_of_its_number() {
    let ports = |list: &str| format!("{{spec: {{containers: [{{name: a, ports: {list}}}]}}}}");
    for (before, patch, after) in [
        (
            "[{containerPort: 80}]",
            "[{containerPort: 80, protocol: TCP, name: h}]",
            "[{containerPort: 80, protocol: TCP, name: h}]",
        ),
        (
            "[{containerPort: 80, protocol: UDP}]",
            "[{containerPort: 80, name: h}]",
            "[{containerPort: 80, protocol: UDP, name: h}]",
        ),
        (
            "[{containerPort: 81, protocol: UDP}, {containerPort: 80}]",
            "[{containerPort: 81, protocol: TCP, name: q}]",
            "[{containerPort: 81, protocol: TCP, name: q}, {containerPort: 81, protocol: UDP}, {containerPort: 80}]",
        ),
        (
            "[{containerPort: 80}]",
            "[{containerPort: 80, name: h}, {containerPort: 80, protocol: TCP, hostPort: 1}]",
            "[{containerPort: 80, name: h, protocol: TCP, hostPort: 1}]",
        ),
        (
            "[{containerPort: 80, name: h}]",
            "[{containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}]",
            "[{containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP, name: h}]",
        ),
    ] {
        check(Dialect::Standard, &ports(before), &ports(patch), &ports(after));
    }
    check(
        Dialect::Standard,
        &ports("[{containerPort: 81, protocol: UDP}, {containerPort: 81, protocol: TCP}]"),
        &ports("[{containerPort: 81, protocol: UDP, name: u}, {containerPort: 81, name: t}]"),
        &ports("[{containerPort: 81, protocol: UDP, name: u}, {containerPort: 81, protocol: TCP, name: t}]"),
    );
    let both = ports("[{containerPort: 53, protocol: UDP}, {containerPort: 53, protocol: SCTP}]");
    let error = patched(&both, &ports("[{containerPort: 53, name: dns}]"), Dialect::Standard).unwrap_err();
    assert_eq!(error.code, "ambiguous-patch-item");
    assert_eq!(error.message, "2 items of this list have `containerPort: 53`");
    assert_eq!(error.help.as_deref(), Some("say which one with `protocol`"));
}

#[test]
fn an_item_of_a_list_is_replaced_as_a_whole() {
    check(
        Dialect::Standard,
        "{spec: {volumes: [{name: v, emptyDir: {}}, {name: w, emptyDir: {}}]}}",
        "{spec: {volumes: [{name: w, $patch: replace, secret: {secretName: z}}]}}",
        "{spec: {volumes: [{name: w, secret: {secretName: z}}, {name: v, emptyDir: {}}]}}",
    );
}

#[test]
fn the_standard_dialect_knows_all_directives() {
    for (root, patch, expected) in [
        (
            "{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}",
            "{spec: {strategy: {$retainKeys: [type], type: Recreate}}}",
            "{spec: {strategy: {type: Recreate}}}",
        ),
        ("{metadata: {whole: {a: 1, b: 2}}}", "{metadata: {whole: {b: 3}}}", "{metadata: {whole: {b: 3}}}"),
        (
            "{metadata: {finalizers: [a, b, c]}}",
            "{metadata: {$deleteFromPrimitiveList/finalizers: [b]}}",
            "{metadata: {finalizers: [a, c]}}",
        ),
        (
            "{metadata: {finalizers: [a, b, c, d]}}",
            "{metadata: {$setElementOrder/finalizers: [d, e, b], finalizers: [e]}}",
            "{metadata: {finalizers: [a, c, d, e, b]}}",
        ),
        (
            "{metadata: {finalizers: [a, b, c]}}",
            "{metadata: {$setElementOrder/finalizers: [b, x], finalizers: [b, x]}}",
            "{metadata: {finalizers: [a, b, c, x]}}",
        ),
        (
            "{spec: {containers: [{name: a}, {name: b}]}}",
            "{spec: {$setElementOrder/containers: [{name: b}, {name: a}]}}",
            "{spec: {containers: [{name: b}, {name: a}]}}",
        ),
    ] {
        check(Dialect::Standard, root, patch, expected);
    }
}

#[test]
fn in_the_kustomize_dialect_the_other_directives_are_ordinary_keys() {
    check(
        Dialect::Kustomize,
        "{metadata: {finalizers: [a]}}",
        "{metadata: {$deleteFromPrimitiveList/finalizers: [a]}}",
        "{metadata: {finalizers: [a], $deleteFromPrimitiveList/finalizers: [a]}}",
    );
}

#[test]
fn deleting_the_whole_resource_is_an_outcome() {
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        let (root, outcome) = patched("{spec: {a: 1}}", "{$patch: delete, spec: {b: 2}}", dialect).unwrap();
        assert!(outcome.deleted && !outcome.changed);
        assert_eq!(plain(&root), json!({"spec": {"a": 1}}));
    }
}

#[test]
fn what_is_taken_away_and_was_not_there_is_reported() {
    let root = "{spec: {containers: [{name: a}], volumes: [{name: v}]}, metadata: {finalizers: [x]}}";
    let patch = "{spec: {x: null, containers: [{name: a, image: null}], volumes: [{name: w, $patch: delete}]}}";
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        let (_, outcome) = patched(root, patch, dialect).unwrap();
        let mut paths: Vec<_> = outcome.removed_missing.iter().map(|(path, _)| path.to_string()).collect();
        paths.sort();
        assert_eq!(paths, ["spec.containers[0].image", "spec.volumes[0]", "spec.x"], "{dialect:?}");
        assert!(!outcome.changed, "{dialect:?}");
    }
    let patch = "{metadata: {$deleteFromPrimitiveList/finalizers: [y], $deleteFromPrimitiveList/other: [z]}}";
    let (_, outcome) = patched(root, patch, Dialect::Standard).unwrap();
    let paths: Vec<_> = outcome.removed_missing.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(paths, ["metadata.finalizers", "metadata.other"]);
}

#[test]
fn a_patch_that_repeats_what_is_there_changes_nothing() {
    let root = "{spec: {containers: [{name: a, image: x}, {name: b}]}}";
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        let mut tree = yaml(root, 0);
        let mut origins = Origins::default();
        let patch = yaml("{spec: {containers: [{name: a, image: x}]}}", 1000);
        let outcome = apply(&mut tree, &patch, Some(ROOT), dialect, &mut origins).unwrap();
        assert!(!outcome.changed);
        assert!(origins.get(tree.at(&["spec", "containers"]).unwrap().origin()).is_none());
    }
}

#[test]
fn a_replaced_value_remembers_the_old_one_and_added_ones_keep_their_place() {
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        let mut root = yaml("{spec: {containers: [{name: a, image: x}]}}", 0);
        let patch = yaml("{spec: {containers: [{name: a, image: 'y', tty: true}, {name: b}]}}", 1000);
        let mut origins = Origins::default();
        apply(&mut root, &patch, Some(ROOT), dialect, &mut origins).unwrap();
        let containers = |node: &Node| node.at(&["spec", "containers"]).unwrap().as_seq().unwrap().clone();
        let (ours, theirs) = (containers(&root), containers(&patch));
        let step = origins.get(ours[0].get("image").unwrap().origin()).unwrap();
        assert_eq!(step.old.as_ref().unwrap().as_str(), Some("x"));
        assert_eq!(step.at, Some(theirs[0].get("image").unwrap().origin()));
        assert_eq!(ours[0].get("tty").unwrap().origin(), theirs[0].get("tty").unwrap().origin());
        assert_eq!(ours[1].origin(), theirs[1].origin());
        assert!(origins.get(Origin::source(0)).is_none());
    }
}

#[test]
fn what_cannot_be_meant_is_an_error_at_its_place_and_changes_nothing() {
    let root = "{spec: {containers: [{name: a}], strategy: {type: x}}, metadata: {finalizers: [x]}}";
    for (patch, code) in [
        ("{a: 1, spec: {$patch: remove}}", "unknown-patch-directive"),
        ("{a: 1, spec: {$patch: 1}}", "unknown-patch-directive"),
        ("{a: 1, spec: {containers: [{$patch: drop}]}}", "unknown-patch-directive"),
        ("{a: 1, spec: {containers: [{image: x}]}}", "missing-merge-key"),
        ("{a: 1, spec: {containers: [x]}}", "missing-merge-key"),
        ("{a: 1, spec: {tolerations: [{key: a, $patch: delete}]}}", "misplaced-patch-directive"),
        ("{a: 1, spec: {strategy: {$retainKeys: [type], rollingUpdate: {}}}}", "patch-directive-conflict"),
        ("{a: 1, spec: {strategy: {$retainKeys: type}}}", "wrong-type"),
        ("{a: 1, metadata: {$deleteFromPrimitiveList/finalizers: x}}", "wrong-type"),
        ("{a: 1, metadata: {finalizers: [{a: b}]}}", "wrong-type"),
        ("{a: 1, metadata: {$setElementOrder/finalizers: x}}", "wrong-type"),
    ] {
        let mut tree = yaml(root, 0);
        let result = apply(&mut tree, &yaml(patch, 1000), Some(ROOT), Dialect::Standard, &mut Origins::default());
        let error = Diagnostic::from(result.unwrap_err());
        assert_eq!(error.code, code, "{patch}");
        assert!(error.primary.unwrap().origin.position().unwrap() >= 1000, "{patch}");
        assert_eq!(tree, yaml(root, 0));
    }
}

#[test]
fn a_custom_resource_merges_with_its_lists_replaced() {
    let patch = "{spec: {l: [{name: a, z: null}], m: {$patch: replace, b: 1, d: {e: null}}, s: 2}}";
    for dialect in [Dialect::Standard, Dialect::Kustomize] {
        let mut root = yaml("{spec: {l: [{name: b, v: 1}], m: {a: 1}, s: 1}}", 0);
        apply(&mut root, &yaml(patch, 1000), None::<Shape>, dialect, &mut Origins::default()).unwrap();
        let expected = json!({"spec": {"l": [{"name": "a", "z": null}], "m": {"b": 1, "d": {}}, "s": 2}});
        assert_eq!(plain(&root), expected, "{dialect:?}");
    }
}

/// Trees that have the fields of the table, with all kinds of values in all places.
pub fn podlike() -> BoxedStrategy<Json> {
    let scalar =
        prop::sample::select(vec![json!(null), json!("a"), json!("b"), json!(80), json!(true), json!("delete")]);
    let directive = prop::sample::select(vec![
        "$patch",
        "$retainKeys",
        "$setElementOrder/containers",
        "$deleteFromPrimitiveList/finalizers",
    ]);
    let field = prop::sample::select(vec![
        "metadata",
        "spec",
        "containers",
        "volumes",
        "finalizers",
        "ports",
        "env",
        "name",
        "containerPort",
        "protocol",
        "x",
    ]);
    let key = prop::strategy::Union::new_weighted(vec![(9, field.boxed()), (1, directive.boxed())]);
    let any = scalar.clone().prop_recursive(5, 40, 4, move |inner| {
        let object = prop::collection::vec((key.clone(), inner.clone()), 0..4)
            .prop_map(|entries| Json::Object(entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect()));
        prop::strategy::Union::new(vec![
            prop::collection::vec(inner, 0..4).prop_map(Json::from).boxed(),
            object.boxed(),
        ])
    });
    let maybe = any.clone();
    (named_list(), named_list(), ports(), any, maybe, any_bool())
        .prop_map(|(containers, volumes, ports, extra, finalizers, first)| {
            let mut root =
                json!({"metadata": {"finalizers": finalizers}, "spec": {"containers": containers, "volumes": volumes}});
            if let Some(container) = root["spec"]["containers"].get_mut(0).filter(|item| item.is_object()) {
                container["ports"] = ports;
            }
            match first {
                true => extra,
                false => {
                    root["spec"]["x"] = extra;
                    root
                }
            }
        })
        .boxed()
}

fn any_bool() -> BoxedStrategy<bool> {
    any::<u8>().prop_map(|n| n < 80).boxed()
}

fn named_list() -> BoxedStrategy<Json> {
    let item =
        (prop::sample::select(vec!["a", "b", "c", ""]), 0..3u8, 0..12u8).prop_map(|(name, image, kind)| match kind {
            0 => json!({"name": name, "$patch": "delete"}),
            1 => json!({"name": name, "$patch": "replace", "image": image}),
            2 => json!({"$patch": "replace"}),
            3 => json!({"image": image}),
            4 => json!({"name": name, "image": null}),
            5 => json!(null),
            _ => json!({"name": name, "image": image}),
        });
    prop::collection::vec(item, 0..5).prop_map(Json::from).boxed()
}

fn ports() -> BoxedStrategy<Json> {
    let item = (80..83u16, prop::sample::select(vec![None, Some("TCP"), Some("UDP")]), 0..3u8).prop_map(
        |(port, protocol, host)| {
            let mut item = json!({"containerPort": port, "hostPort": host});
            if let Some(protocol) = protocol {
                item["protocol"] = json!(protocol);
            }
            item
        },
    );
    prop::collection::vec(item, 0..4).prop_map(Json::from).boxed()
}

/// Lists of items that all have both keys, none twice.
pub fn full_list() -> BoxedStrategy<Json> {
    let item = (80..84u16, any::<bool>(), 0..3u8, 0..8u8).prop_map(|(port, udp, host, kind)| {
        let mut item = json!({"containerPort": port, "protocol": if udp { "UDP" } else { "TCP" }, "hostPort": host});
        match kind {
            0 => item["$patch"] = json!("delete"),
            1 => item["hostPort"] = json!(null),
            _ => {}
        }
        item
    });
    let unique = |items: Vec<Json>| {
        let mut seen = std::collections::HashSet::new();
        let key = |item: &Json| (item["containerPort"].to_string(), item["protocol"].to_string());
        items.into_iter().filter(|item| seen.insert(key(item))).collect::<Vec<_>>()
    };
    prop::collection::vec(item, 0..6).prop_map(move |items| Json::from(unique(items))).boxed()
}
