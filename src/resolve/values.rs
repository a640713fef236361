//! Values and the only interpolation: `${{ values.NAME }}`.
//!
//! It is strict and has no expressions. A scalar that is nothing but one interpolation takes the
//! value with its type (a mapping or a list too); inside a longer text the value must be a scalar
//! and is put in as its text.

use ecow::EcoString;

use crate::diagnostic::{Diagnostic, Diagnostics, near_miss};
use crate::origin::{Cause, Derived, Origin, Origins, Sources};
use crate::tree::{Map, Node, Value};

/// The values of one overlay: later layers win.
#[derive(Clone, Debug, Default)]
pub struct Values {
    map: Map,
}

impl Values {
    /// Sets `name`, replacing what an earlier layer said.
    pub fn set(&mut self, name: &str, key_origin: Origin, node: Node, origins: &mut Origins) {
        match self.map.get_mut(name) {
            Some(old) => {
                let origin = origins.replace(Cause::Layer, node.origin(), old);
                *old = node.with_origin(origin);
            }
            None => self.map.push(name, key_origin, node),
        }
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.map.get(name)
    }

    /// All values by name.
    pub fn map(&self) -> &Map {
        &self.map
    }
}

/// Replaces every interpolation below `node`; `sources` gives the text of scalars as they are
/// written (`1.10` stays `1.10` inside of a text).
pub fn interpolate(
    node: &Node,
    values: &Values,
    sources: &Sources,
    origins: &mut Origins,
    diagnostics: &mut Diagnostics,
) -> Node {
    if !mentions(node) {
        return node.clone();
    }
    let mut pass = Interpolation { values, sources, origins, diagnostics };
    pass.node(node, false)
}

/// Reports every interpolation below `node`, which is taken as it is: values do not refer to each
/// other, so that where one comes from is seen at once.
pub fn not_interpolated(node: &Node, what: &str, diagnostics: &mut Diagnostics) {
    match node.value() {
        Value::Str(text) if text.contains("${{") => diagnostics.push(
            Diagnostic::error("bad-interpolation", format!("{what} is taken as it is, without interpolation"))
                .at(node.origin())
                .help("write the text out, or put it together where it is used"),
        ),
        Value::Seq(items) => items.iter().for_each(|item| not_interpolated(item, what, diagnostics)),
        Value::Map(map) => map.iter().for_each(|entry| not_interpolated(&entry.node, what, diagnostics)),
        _ => {}
    }
}

/// Whether there is anything to do, so that trees without interpolation stay shared.
pub(super) fn mentions(node: &Node) -> bool {
    match node.value() {
        Value::Str(text) => text.contains("${{"),
        Value::Seq(items) => items.iter().any(mentions),
        Value::Map(map) => map.iter().any(|entry| entry.key.contains("${{") || mentions(&entry.node)),
        _ => false,
    }
}

struct Interpolation<'a> {
    values: &'a Values,
    sources: &'a Sources,
    origins: &'a mut Origins,
    diagnostics: &'a mut Diagnostics,
}

impl Interpolation<'_> {
    /// `as_text`: whether scalars here are texts whatever they look like (env and config).
    fn node(&mut self, node: &Node, as_text: bool) -> Node {
        match node.value() {
            Value::Str(text) if text.contains("${{") => self.scalar(node, text, as_text),
            Value::Seq(items) => {
                let items: Vec<Node> = items.iter().map(|item| self.node(item, false)).collect();
                Node::new(items, node.origin())
            }
            Value::Map(map) => self.map(map, node.origin()),
            _ => node.clone(),
        }
    }

    fn map(&mut self, map: &Map, origin: Origin) -> Node {
        let mut made = Map::with_capacity(map.len());
        for entry in map {
            if entry.key.contains("${{") {
                self.diagnostics.push(
                    Diagnostic::error("interpolated-key", "a key cannot be interpolated, only a value can")
                        .at(entry.key_origin)
                        .help("write the key out, or use a `*.j2` template"),
                );
            }
            let node = match (entry.key.as_str(), entry.node.as_map()) {
                ("env", Some(variables)) => self.texts(variables, entry.node.origin()),
                ("config", Some(groups)) => self.groups(groups, entry.node.origin()),
                _ => self.node(&entry.node, false),
            };
            made.push(entry.key.clone(), entry.key_origin, node);
        }
        Node::new(made, origin)
    }

    fn groups(&mut self, groups: &Map, origin: Origin) -> Node {
        let mut made = Map::with_capacity(groups.len());
        for entry in groups {
            let node = match entry.node.as_map() {
                Some(group) => self.texts(group, entry.node.origin()),
                None => self.node(&entry.node, false),
            };
            made.push(entry.key.clone(), entry.key_origin, node);
        }
        Node::new(made, origin)
    }

    fn texts(&mut self, map: &Map, origin: Origin) -> Node {
        let mut made = Map::with_capacity(map.len());
        for entry in map {
            made.push(entry.key.clone(), entry.key_origin, self.node(&entry.node, true));
        }
        Node::new(made, origin)
    }

    fn scalar(&mut self, node: &Node, text: &str, as_text: bool) -> Node {
        let mut printed = EcoString::new();
        let (mut rest, mut first) = (text, None);
        while let Some(start) = rest.find("${{") {
            let Some(end) = rest[start..].find("}}") else {
                self.say(
                    node,
                    "unclosed-interpolation",
                    "`${{` has no closing `}}`".to_owned(),
                    "write `${{ values.NAME }}`".to_owned(),
                );
                return node.clone();
            };
            let expression = &rest[start + 3..start + end];
            let after = &rest[start + end + 2..];
            let Some(value) = self.value(node, expression) else { return node.clone() };
            let whole = printed.is_empty() && start == 0 && after.is_empty();
            if whole && !(as_text && value.as_seq().is_none() && value.as_map().is_none()) {
                return self.taken(node, &value, value.value().clone());
            }
            let Some(word) = self.text_of(&value) else {
                let message = format!("`{}` is {}, which cannot stand inside a text", expression.trim(), value.kind());
                self.say(node, "value-is-no-scalar", message, "make the interpolation the whole value".to_owned());
                return node.clone();
            };
            first.get_or_insert(value.origin());
            printed.push_str(&rest[..start]);
            printed.push_str(&word);
            if whole {
                return self.taken(node, &value, Value::Str(printed));
            }
            rest = after;
        }
        printed.push_str(rest);
        let origin = self.origins.derive(Derived {
            cause: Cause::Interpolation,
            at: Some(node.origin()),
            replaced: first,
            old: None,
        });
        Node::string(printed, origin)
    }

    /// The value in place of `node`: it is written where the interpolation is, and comes from
    /// where the value is set.
    fn taken(&mut self, node: &Node, source: &Node, value: Value) -> Node {
        let origin = self.origins.derive(Derived {
            cause: Cause::Interpolation,
            at: Some(node.origin()),
            replaced: Some(source.origin()),
            old: None,
        });
        Node::new(value, origin)
    }

    fn value(&mut self, node: &Node, expression: &str) -> Option<Node> {
        let expression = expression.trim();
        let Some(name) = expression.strip_prefix("values.").filter(|name| is_name(name)) else {
            let message = format!("`${{{{ {expression} }}}}` is not an interpolation");
            self.say(
                node,
                "bad-interpolation",
                message,
                "only `${{ values.NAME }}` is, without expressions".to_owned(),
            );
            return None;
        };
        let found = self.values.get(name).cloned();
        if found.is_none() {
            let known: Vec<&str> = self.values.map.keys().collect();
            let help = match near_miss(name, known.iter().copied()) {
                Some(near) => format!("did you mean `values.{near}`?"),
                None if known.is_empty() => {
                    "set it under `values:` of the overlay, the application or the environment".to_owned()
                }
                None => format!("the values here are {}; set it under `values:`", list(&known)),
            };
            self.say(node, "unknown-value", format!("no layer sets the value `{name}`"), help);
        }
        found
    }

    /// The text of a scalar as it is written in its source, so that `1.10` stays `1.10`.
    fn text_of(&self, value: &Node) -> Option<EcoString> {
        let canonical = value.scalar_text()?;
        if matches!(value.value(), Value::Str(_) | Value::Bool(_)) {
            return Some(canonical);
        }
        let written = self.origins.place(value.origin()).and_then(|position| self.sources.text_from(position));
        let written = written.map(|text| {
            let end = text
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_')))
                .unwrap_or(text.len());
            &text[..end]
        });
        match written {
            Some(written) if written.parse::<f64>().ok() == canonical.parse::<f64>().ok() => Some(written.into()),
            _ => Some(canonical),
        }
    }

    fn say(&mut self, node: &Node, code: &'static str, message: String, help: String) {
        self.diagnostics.push(Diagnostic::error(code, message).at(node.origin()).help(help));
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// Names for a message: at most eight.
fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
    match names.len() > 8 {
        true => format!("{} and {} more", shown.join(", "), names.len() - 8),
        false => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    fn values() -> (Values, Sources, Origins) {
        let mut sources = Sources::default();
        sources.add(
            "v.yaml".into(),
            "/v.yaml".into(),
            "version: 1.10\nport: 3000\nhost: example.com\nlist: [1]\n".into(),
        );
        let mut values = Values::default();
        let mut origins = Origins::default();
        let at = Origin::source;
        values.set("version", at(0), Node::new(1.1, at(9)), &mut origins);
        values.set("port", at(14), Node::new(3000, at(20)), &mut origins);
        values.set("host", at(25), Node::string("example.com", at(31)), &mut origins);
        values.set("list", at(43), Node::new(vec![Node::new(1, at(50))], at(49)), &mut origins);
        (values, sources, origins)
    }

    fn interpolated(input: &Node) -> (Node, Vec<(&'static str, Option<String>)>) {
        let (values, sources, mut origins) = values();
        let mut diagnostics = Diagnostics::default();
        let node = interpolate(input, &values, &sources, &mut origins, &mut diagnostics);
        (node, diagnostics.into_iter().map(|d| (d.code, d.help)).collect())
    }

    #[test]
    fn a_whole_scalar_keeps_its_type_and_a_part_is_text() {
        let o = Origin::source(60);
        let input = object! { o; "a": "${{ values.port }}", "b": "https://${{values.host}}:${{ values.port }}/", "c": "${{ values.list }}", "d": "v${{ values.version }}" };
        let (node, said) = interpolated(&input);
        assert!(said.is_empty(), "{said:?}");
        let list = Node::new(vec![Node::new(1, o)], o);
        assert_eq!(node, object! { o; "a": 3000, "b": "https://example.com:3000/", "c": list, "d": "v1.10" });
    }

    #[test]
    fn env_and_config_get_the_text_as_written() {
        let o = Origin::source(60);
        let input = object! { o; "env": object! { o; "V": "${{ values.version }}", "P": "${{ values.port }}" }, "config": object! { o; "g": object! { o; "V": "${{ values.version }}" } } };
        let (node, said) = interpolated(&input);
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(node.at(&["env", "V"]).unwrap().as_str(), Some("1.10"));
        assert_eq!(node.at(&["env", "P"]).unwrap().as_str(), Some("3000"));
        assert_eq!(node.at(&["config", "g", "V"]).unwrap().as_str(), Some("1.10"));
    }

    #[test]
    fn what_is_unknown_or_malformed_is_said() {
        let o = Origin::source(60);
        let said = |text: &str| interpolated(&Node::string(text, o)).1;
        assert_eq!(said("${{ values.prot }}"), [("unknown-value", Some("did you mean `values.port`?".into()))]);
        assert_eq!(said("${{ values.port + 1 }}")[0].0, "bad-interpolation");
        assert_eq!(said("${{ env.HOME }}")[0].0, "bad-interpolation");
        assert_eq!(said("${{ values.port")[0].0, "unclosed-interpolation");
        assert_eq!(said("x${{ values.list }}")[0].0, "value-is-no-scalar");
        assert!(said("$HOME ${X} {{ y }}").is_empty());
    }
}
