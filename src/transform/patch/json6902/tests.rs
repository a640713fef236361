//! Cases for JSON 6902 patches.

use super::super::oracle::{json, text, yaml};
use super::*;

const ROOT: &str = r#"{"spec":{"l":[1,2,3],"m":{"a":1},"s":1,"app/name":"x"}}"#;

fn patched(patch: &str, dialect: Dialect) -> Result<(Node, Outcome), Box<Diagnostic>> {
    let mut root = json(ROOT, 0);
    let operations = parse(&yaml(patch, 1000), dialect).unwrap();
    let outcome = apply(&mut root, &operations, dialect, &mut Origins::default());
    if outcome.is_err() {
        assert_eq!(root, json(ROOT, 0), "a patch that fails changes nothing");
    }
    Ok((root, outcome.map_err(|error| Box::new(Diagnostic::from(error)))?))
}

#[test]
fn each_operation_does_what_the_rfc_says() {
    for (patch, expected) in [
        ("[{op: add, path: /spec/n, value: 1}]", r#"{"spec":{"l":[1,2,3],"m":{"a":1},"s":1,"app/name":"x","n":1}}"#),
        ("[{op: add, path: /spec/l/-, value: 4}]", r#"{"spec":{"l":[1,2,3,4],"m":{"a":1},"s":1,"app/name":"x"}}"#),
        ("[{op: add, path: /spec/l/0, value: 0}]", r#"{"spec":{"l":[0,1,2,3],"m":{"a":1},"s":1,"app/name":"x"}}"#),
        ("[{op: remove, path: /spec/app~1name}]", r#"{"spec":{"l":[1,2,3],"m":{"a":1},"s":1}}"#),
        (
            "[{op: replace, path: /spec/l/1, value: {b: 2}}]",
            r#"{"spec":{"l":[1,{"b":2},3],"m":{"a":1},"s":1,"app/name":"x"}}"#,
        ),
        ("[{op: move, from: /spec/s, path: /spec/l/0}]", r#"{"spec":{"l":[1,1,2,3],"m":{"a":1},"app/name":"x"}}"#),
        (
            "[{op: copy, from: /spec/m, path: /spec/s}]",
            r#"{"spec":{"l":[1,2,3],"m":{"a":1},"s":{"a":1},"app/name":"x"}}"#,
        ),
        ("[{op: test, path: /spec/m, value: {a: 1.0}}]", ROOT),
        ("[{op: move, from: /spec/m, path: /spec/m}]", ROOT),
    ] {
        let (root, outcome) = patched(patch, Dialect::Standard).unwrap();
        assert_eq!(text(&root), text(&json(expected, 0)), "{patch}");
        assert_eq!(outcome.changed, expected != ROOT, "{patch}");
    }
}

#[test]
fn an_error_names_what_exists_and_what_was_probably_meant() {
    for (patch, message, help) in [
        (
            "[{op: replace, path: /spec/nope/x, value: 1}]",
            "`replace` cannot reach `/spec/nope/x`: `/spec` has no key `nope`",
            "`/spec` has `l`, `m`, `s`, `app/name`",
        ),
        (
            "[{op: remove, path: /spce/l}]",
            "`remove` cannot reach `/spce/l`: the resource has no key `spce`",
            "did you mean `spec`?",
        ),
        (
            "[{op: add, path: /spec/l/5, value: 1}]",
            "`add` cannot reach `/spec/l/5`: `/spec/l` is a list of 3 items, without an index `5`",
            "indexes count from 0; `-` stands for the end of the list in `add`",
        ),
        (
            "[{op: add, path: /spec/s/x, value: 1}]",
            "`add` cannot reach `/spec/s/x`: `/spec/s` is an integer, with nothing below it",
            "",
        ),
        (
            "[{op: copy, from: /spec/mm, path: /x}]",
            "`copy` cannot reach `/spec/mm`: `/spec` has no key `mm`",
            "did you mean `m`?",
        ),
        (
            "[{op: add, path: /spec/l/-/x, value: 1}]",
            "`add` cannot reach `/spec/l/-/x`: `/spec/l` is a list of 3 items, without an index `-`",
            "indexes count from 0; `-` stands for the end of the list in `add`",
        ),
        ("[{op: move, from: /spec, path: /spec/m/x}]", "`/spec` cannot move into itself, to `/spec/m/x`", ""),
        ("[{op: test, path: /spec/s, value: 2}]", "the patch expects another value at `/spec/s`", ""),
        (
            "[{op: remove, path: ''}]",
            "`remove` cannot take the whole resource away",
            "to delete a resource, remove it by its target",
        ),
    ] {
        let patch = format!("[{{op: add, path: /first, value: 1}}, {}", &patch[1..]);
        let error = patched(&patch, Dialect::Standard).unwrap_err();
        assert_eq!((error.message.as_str(), error.help.as_deref().unwrap_or("")), (message, help));
        assert!(error.primary.unwrap().origin.position().unwrap() >= 1000);
    }
}

#[test]
fn kustomize_deviates_as_documented() {
    let spec = |fields: &str| format!(r#"{{"spec":{{{fields}}}}}"#);
    let all = r#""m":{"a":1},"s":1,"app/name":"x""#;
    for (patch, expected) in [
        ("[{op: replace, path: /spec/nope, value: 1}]", spec(&format!(r#""l":[1,2,3],{all},"nope":1"#))),
        ("[{op: replace, path: /spec/l/-1, value: z}]", spec(&format!(r#""l":[1,2,"z"],{all}"#))),
        ("[{op: add, path: /spec/l/-1, value: z}]", spec(&format!(r#""l":[1,2,3,"z"],{all}"#))),
        ("[{op: add, path: /spec/l/+1, value: z}]", spec(&format!(r#""l":[1,"z",2,3],{all}"#))),
        ("[{op: add, path: /spec/l/01, value: z}]", spec(&format!(r#""l":[1,"z",2,3],{all}"#))),
        ("[{op: copy, from: /spec/nope, path: /spec/n2}]", spec(&format!(r#""l":[1,2,3],{all},"n2":null"#))),
        ("[{op: add, path: /spec/n2}]", spec(&format!(r#""l":[1,2,3],{all},"n2":null"#))),
        ("[{op: test, path: /spec/zzz, value: null}]", ROOT.to_string()),
        ("[{op: add, path: /spec/a~2b~01, value: 1, zz: 2}]", spec(&format!(r#""l":[1,2,3],{all},"a~2b~1":1"#))),
    ] {
        let (root, _) = patched(patch, Dialect::Kustomize).unwrap();
        assert_eq!(text(&root), text(&json(&expected, 0)), "{patch}");
    }
    for patch in [
        "[{op: replace, path: /spec/nope/x, value: 1}]",
        "[{op: remove, path: /spec/l/-}]",
        "[{op: remove, path: /spec/zzz}]",
        "[{op: move, from: /spec/nope, path: /spec/n2}]",
        "[{op: add, path: /spec/s/q, value: 1}]",
        "[{op: add, path: '', value: {a: 1}}]",
    ] {
        assert!(patched(patch, Dialect::Kustomize).is_err(), "{patch}");
    }
}

#[test]
fn each_mistake_in_an_operation_is_reported() {
    for (patch, codes, help) in [
        ("{op: add}", &["wrong-type"][..], "write `[{op: add, path: /spec/replicas, value: 3}]`"),
        ("[1]", &["wrong-type"], ""),
        ("[{op: ad, path: /a, value: 1}]", &["unknown-patch-operation"], "did you mean `add`?"),
        ("[{op: add, path: /a}]", &["missing-field"], "for null say `value: null`"),
        ("[{op: add, path: spec.replicas, value: 1}]", &["invalid-json-pointer"], "write `/spec/replicas`"),
        (
            "[{op: add, path: /a~b, value: 1}]",
            &["invalid-json-pointer"],
            "in a JSON pointer `~0` stands for `~` and `~1` for `/`",
        ),
        ("[{op: add, path: 1, value: 1}]", &["wrong-type"], ""),
        ("[{op: add, pth: /a, value: 1}]", &["missing-field", "unknown-field"], ""),
        ("[{op: remove, path: /a, value: 1}]", &["unknown-field"], "remove this field"),
        ("[{op: test, path: /a, value: 1, vlaue: 2}]", &["unknown-field"], "did you mean `value`?"),
        ("[{op: move, path: /a}, {op: copy, path: /a, from: b}]", &["missing-field", "invalid-json-pointer"], ""),
        ("[{path: /a}]", &["missing-field"], ""),
    ] {
        let problems = parse(&yaml(patch, 0), Dialect::Standard).unwrap_err();
        assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), codes, "{patch}");
        assert_eq!(problems.iter().next().unwrap().help.as_deref().unwrap_or(""), help, "{patch}");
    }
}

#[test]
fn the_winner_remembers_the_operation_and_the_loser() {
    let mut root = json(ROOT, 0);
    let operations = parse(
        &yaml("[{op: add, path: /x, value: 1}, {op: replace, path: /spec/s, value: 2}]", 1000),
        Dialect::Standard,
    )
    .unwrap();
    let mut origins = Origins::default();
    apply(&mut root, &operations, Dialect::Standard, &mut origins).unwrap();
    let Action::Replace(value) = &operations[1].action else { panic!("{operations:?}") };
    let step = origins.get(root.at(&["spec", "s"]).unwrap().origin()).unwrap();
    assert_eq!((step.cause, step.at), (Cause::Patch { operation: 1 }, Some(value.origin())));
    assert_eq!(step.old.as_ref().unwrap().as_i64(), Some(1));
    assert!(origins.get(root.get("x").unwrap().origin()).is_none());
}

#[test]
fn copies_into_themselves_are_stopped() {
    let wide = format!("[{}]", vec!["{op: copy, from: /spec, path: /spec/m/x}, {op: move, from: /spec/m/x, path: /spec/y}, {op: copy, from: /spec/y, path: /spec/l/-}"; 30].join(","));
    assert_eq!(patched(&wide, Dialect::Standard).unwrap_err().code, "patch-too-large");
    let deep = format!("[{}]", vec!["{op: copy, from: /spec, path: /spec/s}"; 300].join(","));
    assert!(matches!(patched(&deep, Dialect::Standard).unwrap_err().code, "patch-too-deep" | "patch-too-large"));
}
