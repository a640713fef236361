//! Forbidden keys: none is named anywhere in the final resources, as a key of a mapping or as a
//! whole word of a text, the base64 data of Secrets and ConfigMaps included.

use std::collections::HashMap;

use super::Build;
use crate::base64;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::{Entry, Node, Path, Text, TextAt};

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    let Some(words) = build.app.and_then(|app| Words::new(&app.contract.forbidden)) else { return };
    for resource in build.resources {
        let mut search = |text: &str, origin: Origin, path: &Path| {
            for forbidden in words.in_text(text) {
                diagnostics.push(finding(build, resource, forbidden, origin, path));
            }
        };
        resource.root.each_text(&mut |TextAt { text, origin, .. }, path| search(text, origin, path));
        for (text, origin, path) in decoded(resource) {
            search(&text, origin, &path);
        }
    }
}

fn finding(build: &Build<'_>, resource: &Resource, forbidden: &Text, origin: Origin, path: &Path) -> Diagnostic {
    let message = format!("`{}` names the forbidden key `{forbidden}` in `{path}`", resource.id());
    Diagnostic::error("forbidden-key", message)
        .about(resource.id())
        .at(build.or_resource(resource, origin))
        .related(forbidden.origin, "forbidden here")
        .help("take it out of what renders this field, or out of `forbidden` if it is allowed now")
}

/// The forbidden keys, by the first word in each.
struct Words<'a> {
    by_first: HashMap<&'a str, Vec<(usize, &'a Text)>>,
    shortest: usize,
}

impl<'a> Words<'a> {
    /// `None` when nothing is forbidden.
    fn new(keys: &'a [Text]) -> Option<Self> {
        let mut by_first: HashMap<&str, Vec<(usize, &Text)>> = HashMap::new();
        for key in keys {
            // A key of punctuation alone, such as `-`, is no word of any text.
            let Some((start, word)) = words(key).next() else { continue };
            let known = by_first.entry(word).or_default();
            if !known.iter().any(|(_, other)| *other == key) {
                known.push((start, key));
            }
        }
        let shortest = by_first.values().flatten().map(|(_, key)| key.len()).min()?;
        Some(Self { by_first, shortest })
    }

    /// The forbidden keys that `text` holds as whole words, each once.
    fn in_text(&self, text: &str) -> Vec<&'a Text> {
        let mut found: Vec<&Text> = Vec::new();
        if text.len() < self.shortest {
            return found;
        }
        for (start, word) in words(text) {
            for (offset, key) in self.by_first.get(word).into_iter().flatten() {
                let whole = start.checked_sub(*offset).and_then(|from| text.get(from..)).is_some_and(|rest| {
                    let after = rest.strip_prefix(key.as_str());
                    after.is_some_and(|after| !(key.ends_with(is_word) && after.starts_with(is_word)))
                });
                if whole && !found.contains(key) {
                    found.push(key);
                }
            }
        }
        found
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The runs of letters, digits and `_` in a text, and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text.get(rest..)?.find(is_word)?;
        let tail = text.get(start..)?;
        let length = tail.find(|c| !is_word(c)).unwrap_or(tail.len());
        rest = start + length;
        Some((start, tail.get(..length)?))
    })
}

/// The texts of a resource that are written as base64, decoded, with their places.
fn decoded(resource: &Resource) -> Vec<(String, Origin, Path)> {
    let field = match (resource.id().gvk.group.as_str(), resource.kind()) {
        ("", "Secret") => "data",
        ("", "ConfigMap") => "binaryData",
        _ => return Vec::new(),
    };
    let entries = resource.root.get(field).into_iter().flat_map(Node::entries);
    let decode = |entry: &Entry| {
        let bytes = entry.node.as_str().and_then(base64::decode)?;
        let mut path = Path::default();
        path.push_key(field);
        path.push_key(entry.key.clone());
        Some((String::from_utf8_lossy(&bytes).into_owned(), entry.node.origin(), path))
    };
    entries.filter_map(decode).collect()
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings, text};
    use super::*;
    use crate::app::Contract;

    fn found(yaml: &str) -> Vec<String> {
        let forbidden = ["DB_URL", "a-b.c", "-"].map(text).to_vec();
        let contract = Contract { forbidden, ..Contract::default() };
        findings(check, &Case { yaml, contract, ..Case::default() })
    }

    #[test]
    fn a_forbidden_key_is_found_wherever_it_is_named() {
        for (fields, at, path) in [
            ("data: {DB_URL: x}", "DB_URL: x}", "data.DB_URL"),
            ("data: {text: 'export DB_URL=1'}", "'export DB_URL=1'}", "data.text"),
            ("spec: {env: [{name: DB_URL}]}", "DB_URL}]}", "spec.env[0].name"),
            ("spec: {args: [sh, 'echo ${DB_URL}']}", "'echo ${DB_URL}']}", "spec.args[1]"),
            ("spec: {template: '{{ .DB_URL.Value }}'}", "'{{ .DB_URL.Value }}'}", "spec.template"),
            ("binaryData: {x: eD1EQl9VUkw=}", "eD1EQl9VUkw=}", "binaryData.x"),
        ] {
            let yaml = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{fields}\n");
            let expected = format!("forbidden-key [{at}] `ConfigMap/c` names the forbidden key `DB_URL` in `{path}`");
            assert_eq!(found(&yaml), [expected]);
        }
    }

    #[test]
    fn only_whole_words_count() {
        for (value, count) in [
            ("MY_DB_URL", 0),
            ("DB_URL2", 0),
            ("db_url", 0),
            ("éDB_URLé", 1),
            ("x-a-b.c.d", 1),
            ("xa-b.c", 0),
            ("a-b.cd", 0),
            ("a-b-c DB_URL DB_URL a-b.c", 2),
            ("-", 0),
        ] {
            let yaml = format!("apiVersion: v1\nkind: X\nmetadata: {{name: c}}\ns: '{value}'\n");
            assert_eq!(found(&yaml).len(), count, "{value}");
        }
    }

    #[test]
    fn values_of_secrets_are_searched_and_never_shown() {
        let yaml = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {x: aHVudGVyMiBEQl9VUkw=}\n";
        let found = found(yaml);
        let message = found[0].split("] ").nth(1).unwrap();
        assert_eq!(message, "`Secret/s` names the forbidden key `DB_URL` in `data.x`");
    }
}
