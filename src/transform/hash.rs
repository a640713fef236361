//! Content hashes of ConfigMaps and Secrets.

use sha2::{Digest, Sha256};

use super::ids::{Conflict, change_all};
use crate::origin::{Cause, Origins};
use crate::resource::{Resource, ResourceSet};
use crate::tree::{Map, Node, Value};

/// The ten characters that kustomize puts after the name of a generated ConfigMap or Secret: the
/// start of the SHA-256 of its content as compact JSON, with digits that could form words or
/// numbers replaced. `None` for other kinds.
pub fn suffix(root: &Node) -> Option<String> {
    let word = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    Some(hex(&encoded(root)?, 10).chars().map(word).collect())
}

/// A checksum of the content of a ConfigMap or Secret for an annotation of the pods that use it:
/// the first 16 hexadecimal digits of the SHA-256 of what [`suffix`] hashes. Of other kinds,
/// everything but `metadata` and `status` counts.
pub fn content(root: &Node) -> String {
    let text = encoded(root).unwrap_or_else(|| {
        let counts = |key: &str| !matches!(key, "metadata" | "status");
        let kept: Map = root.entries().filter(|entry| counts(&entry.key)).cloned().collect();
        let mut text = String::new();
        json_map(&mut text, &kept);
        text
    });
    hex(&text, 16)
}

/// Puts the content hash after the name of every resource that asks for it. Returns the renames
/// that would have made two objects one.
pub fn apply(set: &mut ResourceSet, origins: &mut Origins) -> Vec<Conflict> {
    let asked = |resource: &mut Resource, _: &mut Origins| resource.needs_hash.then(|| suffix(&resource.root))?;
    let suffixes = origins.each(set.as_mut_slice(), asked);
    change_all(
        set,
        |resource| resource.needs_hash,
        |set, index| {
            let Some(Some(suffix)) = suffixes.get(index) else { return Ok(()) };
            set.rename(index, |old| {
                let name = ecow::eco_format!("{}-{suffix}", old.as_str().unwrap_or_default());
                Node::string(name, origins.replace(Cause::Transform("hash"), old.origin(), old))
            })
        },
        |resource| resource.needs_hash = false,
    )
}

/// The first `count` hexadecimal digits of the SHA-256 of a text.
fn hex(text: &str, count: usize) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).take(count).collect()
}

/// The JSON that is hashed. The name is always empty, because kustomize looks `metadata/name` up
/// as one key; a missing field is the empty text.
fn encoded(root: &Node) -> Option<String> {
    let fields: &[(&str, Field)] = match root.get("kind")?.as_str()? {
        "ConfigMap" => &[("binaryData", Field::OnlyMap), ("data", Field::Always)],
        "Secret" => &[("data", Field::Always), ("stringData", Field::OnlyMap), ("type", Field::Always)],
        _ => return None,
    };
    let mut parts: Vec<(&str, String)> = vec![("kind", quoted(root.get("kind")?.as_str()?)), ("name", quoted(""))];
    for (key, field) in fields {
        let value = root.get(key);
        match (value.map(Node::value), field) {
            (Some(Value::Map(map)), _) => {
                let mut text = String::new();
                json_map(&mut text, map);
                parts.push((key, text));
            }
            (Some(Value::Seq(_)), _) => parts.push((key, "null".into())),
            (_, Field::OnlyMap) => {}
            (Some(Value::Null), Field::Always) => parts.push((key, quoted("null"))),
            (_, Field::Always) => {
                let text = value.and_then(Node::scalar_text).unwrap_or_default();
                parts.push((key, quoted(&text)));
            }
        }
    }
    parts.sort_unstable();
    let parts: Vec<_> = parts.into_iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    Some(format!("{{{}}}", parts.join(",")))
}

#[derive(Clone, Copy)]
enum Field {
    Always,
    OnlyMap,
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    json_string(&mut out, text);
    out
}

/// JSON as Go's encoder prints it: keys in byte order, `&`, `<`, `>`, U+2028 and U+2029 escaped.
fn json(out: &mut String, node: &Node) {
    match node.value() {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => json_number(out, *number as f64),
        Value::Uint(number) => json_number(out, *number as f64),
        Value::Float(number) => json_number(out, *number),
        Value::Str(text) => json_string(out, text),
        Value::Seq(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                json(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => json_map(out, map),
    }
}

fn json_map(out: &mut String, map: &Map) {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    out.push('{');
    for (index, entry) in entries.into_iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        json_string(out, &entry.key);
        out.push(':');
        json(out, &entry.node);
    }
    out.push('}');
}

/// A number as Go prints a float64 into JSON: an exponent below 1e-6 and from 1e21 on.
fn json_number(out: &mut String, number: f64) {
    let size = number.abs();
    let text = match size != 0.0 && !(1e-6..1e21).contains(&size) {
        true if size >= 1.0 => format!("{number:e}").replace('e', "e+"),
        true => format!("{number:e}"),
        false => format!("{number}"),
    };
    out.push_str(&text);
}

fn json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '&' | '<' | '>' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::test::{names, origins, resource, set, tree};
    use super::*;

    /// The suffixes are those of `kubectl kustomize` (5.5.0) for the same content.
    #[test]
    fn suffixes_are_those_of_kustomize() {
        for (expected, text) in [
            ("6ct58987ht", r#"{"kind":"ConfigMap"}"#),
            ("86fg992hdf", r#"{"binaryData":{},"data":{},"kind":"ConfigMap"}"#),
            ("g56995f869", r#"{"kind":"ConfigMap","data":{"t":"true","B":"z","a":"b","e":"","n":"1"}}"#),
            (
                "d45tght66c",
                r#"{"kind":"ConfigMap","data":{"odd":"a<b>&\"\\\u2028\u2029\t\r\nemoji\ud83d\ude00\u00e9\n"}}"#,
            ),
            ("h4g8h5fc2b", r#"{"kind":"ConfigMap","data":{"ctl":"x\b\f\u0001y"}}"#),
            (
                "26427mkg5k",
                r#"{"binaryData":{"bin":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMz\nQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdo\naWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ\n2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR\n0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==\n"},"kind":"ConfigMap"}"#,
            ),
            ("46f8b28mk5", r#"{"data":{},"kind":"Secret","type":"Opaque"}"#),
            (
                "4c54724586",
                r#"{"data":{"a":"Yg==","p":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMT\nIzNDU2Nzg5MDEyMzQ1Njc4OQ==\n"},"kind":"Secret","type":"Opaque"}"#,
            ),
            (
                "m6h7bkm2dg",
                r#"{"data":{"tls.key":"Yg==","tls.crt":"YQ=="},"kind":"Secret","type":"kubernetes.io/tls"}"#,
            ),
            (
                "469b7mh562",
                r#"{"data":{"a":1,"b":1.5,"c":true,"d":null,"e":12345678901234567000,"f":1e-07,"g":1e+22,"h":1e+20,"i":123456.75,"j":-1e-06,"l":[1,{"x":2}]},"kind":"ConfigMap"}"#,
            ),
            ("dk855m5d49", r#"{"data":["a"],"kind":"ConfigMap"}"#),
            ("bfmhfghghg", r#"{"data":12,"kind":"ConfigMap"}"#),
            ("g886t7dd28", r#"{"data":null,"kind":"ConfigMap"}"#),
        ] {
            assert_eq!(suffix(&tree(text)).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(suffix(&tree(r#"{"kind":"Pod"}"#)), None);
    }

    #[test]
    fn the_name_does_not_count_and_every_value_does() {
        let sum = |kind: &str, name: &str, fields: &str| content(&resource(kind, name, fields).root);
        let a = sum("v1 ConfigMap", "a", r#"{"data":{"k":"1"}}"#);
        assert_eq!((a.len(), &a), (16, &sum("v1 ConfigMap", "x/b", r#"{"data":{"k":"1"}}"#)));
        assert_ne!(a, sum("v1 ConfigMap", "a", r#"{"data":{"k":"2"}}"#));
        assert_ne!(sum("x/v1 Own", "a", r#"{"spec":1}"#), sum("x/v1 Own", "a", r#"{"spec":2}"#));
    }

    #[test]
    fn only_resources_that_ask_for_it_get_the_suffix_and_only_once() {
        let mut generated = resource("v1 ConfigMap", "a", "{}");
        generated.needs_hash = true;
        let mut set = set([generated, resource("v1 ConfigMap", "b", "{}")]);
        for _ in 0..2 {
            assert_eq!(apply(&mut set, &mut origins()), []);
            assert_eq!(names(&set), ["a-6ct58987ht", "b"]);
        }
    }
}
