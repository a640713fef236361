//! `*.j2` templates: minijinja with strict undefined, a fuel limit, and no way to files or the
//! process environment.
//!
//! In scope are `values`, `app`, `environment` and `namespace`. Every value is printed as a JSON
//! scalar (or list, or object), which is YAML too, so that no value can break quoting or
//! indentation; an expression therefore is a whole value, and a text is put together inside of it.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::tree::{Node, Value};

mod parts;

pub use parts::parts;

/// How much a template may do: a loop of a few hundred thousand steps.
const FUEL: u64 = 2_000_000;
/// How much a template may print, in bytes.
const OUTPUT: usize = 16 << 20;

/// What templates see.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The values of the overlay, a mapping.
    pub values: &'a Node,
    /// The merged application, as it is written.
    pub app: &'a Node,
    /// The environment's name.
    pub environment: Option<&'a str>,
    /// The namespace.
    pub namespace: Option<&'a str>,
}

/// Renders the template `text`, whose first byte is at the source position `base`.
pub fn render(text: &str, base: u32, scope: Scope<'_>) -> Result<String> {
    whole_values_only(text, base)?;
    match print(text, scope) {
        Ok(out) => String::from_utf8(out).map_err(|_| {
            Error::from(
                Diagnostic::error("template-error", "the template prints what is no text").at(Origin::source(base)),
            )
        }),
        Err(error) => Err(diagnostic(&error, text, base).into()),
    }
}

fn print(text: &str, scope: Scope<'_>) -> std::result::Result<Vec<u8>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_debug(true);
    // `safe` would let a value out of its quotes; `debug` would print what is not its business.
    environment.remove_filter("safe");
    environment.remove_global("debug");
    let context = minijinja::context! {
        values => visible(scope.values),
        app => visible(scope.app),
        environment => scope.environment,
        namespace => scope.namespace,
    };
    let mut out = Bounded(Vec::new());
    environment.template_from_str(text)?.render_captured_to(context, &mut out)?;
    Ok(out.0)
}

/// Collects output up to a limit.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT {
            return Err(std::io::Error::other(format!("the template prints more than {} MiB", OUTPUT >> 20)));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn diagnostic(error: &minijinja::Error, text: &str, base: u32) -> Diagnostic {
    use minijinja::ErrorKind;
    let offset = error.range().map(|range| range.start).or_else(|| Some(line_start(text, error.line()?)));
    let origin = Origin::source(base + offset.unwrap_or(0).min(text.len()) as u32);
    let detail = error.detail().unwrap_or_default();
    let (code, message, help) = match error.kind() {
        ErrorKind::UndefinedError => (
            "undefined-variable",
            format!("the template uses what is not defined{}", colon(detail)),
            "in scope are `values`, `app`, `environment` and `namespace`; give a default with `| default(...)`",
        ),
        ErrorKind::OutOfFuel => (
            "template-too-long",
            "the template does too much: a loop in it may never end".to_owned(),
            "a template prints a few manifests; compute less in it",
        ),
        ErrorKind::SyntaxError => {
            ("template-syntax", format!("this is not a template{}", colon(detail)), "see the syntax of Jinja templates")
        }
        ErrorKind::WriteFailure => (
            "template-too-long",
            format!("the template prints more than {} MiB", OUTPUT >> 20),
            "a template prints a few manifests; compute less in it",
        ),
        kind => (
            "template-error",
            format!("the template fails: {kind}{}", colon(detail)),
            "correct the expression at this place",
        ),
    };
    Diagnostic::error(code, message.to_lowercase_first()).at(origin).help(help)
}

trait LowercaseFirst {
    fn to_lowercase_first(self) -> String;
}

impl LowercaseFirst for String {
    /// Messages start in lower case; those of the engine may not.
    fn to_lowercase_first(self) -> String {
        let mut chars = self.chars();
        match chars.next() {
            Some(first) => first.to_lowercase().chain(chars).collect(),
            None => self,
        }
    }
}

fn colon(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(": {detail}") }
}

fn line_start(text: &str, line: usize) -> usize {
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1));
    starts.nth(line.saturating_sub(1)).unwrap_or(0)
}

/// Refuses `api.{{ values.domain }}`: the value is printed with its quotes, which would end up
/// inside of the text.
fn whole_values_only(text: &str, base: u32) -> Result<()> {
    let mut rest = 0;
    while let Some((start, kind)) = next_tag(text, rest) {
        let close = match kind {
            b'{' => "}}",
            b'%' => "%}",
            _ => "#}",
        };
        let Some(end) = text[start..].find(close).map(|end| start + end + 2) else { return Ok(()) };
        rest = end;
        let before = text[..start].chars().next_back().unwrap_or('\n');
        let after = text[end..].chars().next().unwrap_or('\n');
        let fits = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '{' | '}' | ',' | ':' | '%' | '#');
        if kind == b'{' && !(fits(before) && fits(after)) && !in_comment(text, start) {
            return Err(Diagnostic::error(
                "value-inside-text",
                "a value of a template cannot stand inside a text: it is printed with its quotes",
            )
            .at(Origin::source(base + start as u32))
            .help("put the text together inside the expression: `{{ \"https://\" ~ values.domain }}`")
            .into());
        }
    }
    Ok(())
}

fn next_tag(text: &str, from: usize) -> Option<(usize, u8)> {
    let bytes = text.as_bytes();
    (from..bytes.len().saturating_sub(1)).find_map(|at| {
        let kind = bytes[at + 1];
        (bytes[at] == b'{' && matches!(kind, b'{' | b'%' | b'#')).then_some((at, kind))
    })
}

/// Whether the position is inside a comment of the YAML text, where nothing can break.
fn in_comment(text: &str, position: usize) -> bool {
    let line = text[..position].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..position].trim_start().starts_with('#')
}

/// A tree as the template engine sees it.
fn visible(node: &Node) -> minijinja::Value {
    match node.value() {
        Value::Null => minijinja::Value::from(()),
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Uint(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Str(text) => text.as_str().into(),
        Value::Seq(items) => items.iter().map(visible).collect::<Vec<_>>().into(),
        Value::Map(map) => {
            let entries = map.iter().map(|entry| (entry.key.to_string(), visible(&entry.node)));
            entries.collect::<BTreeMap<String, minijinja::Value>>().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    fn rendered(template: &str) -> std::result::Result<String, (&'static str, Option<u32>)> {
        let o = Origin::source(0);
        let values = object! { o; "domain": "example.com", "evil": "a\"\n  b: c", "list": Node::new(vec![Node::new(1, o), Node::new("x", o)], o) };
        let app = object! { o; "metadata": object! { o; "name": "shop" } };
        let scope = Scope { values: &values, app: &app, environment: Some("prod"), namespace: Some("shop-prod") };
        render(template, 100, scope)
            .map_err(Diagnostic::from)
            .map_err(|d| (d.code, d.primary.and_then(|label| label.origin.position())))
    }

    #[test]
    fn values_are_printed_as_json_scalars() {
        assert_eq!(rendered("a: {{ values.domain }}\n").unwrap(), "a: \"example.com\"");
        assert_eq!(rendered("a: {{ \"https://\" ~ values.domain }}\n").unwrap(), "a: \"https://example.com\"");
        assert_eq!(rendered("a: {{ values.list }}").unwrap(), "a: [1,\"x\"]");
        assert_eq!(
            rendered("n: {{ app.metadata.name }} # {{ namespace }}, {{environment}}").unwrap(),
            "n: \"shop\" # \"shop-prod\", \"prod\""
        );
    }

    #[test]
    fn a_value_cannot_break_out_of_its_place() {
        assert_eq!(rendered("a: {{ values.evil }}\n").unwrap(), "a: \"a\\\"\\n  b: c\"");
        assert_eq!(rendered("a: {{ values.evil | safe }}\n").unwrap_err().0, "template-error");
        assert_eq!(rendered("a: api.{{ values.domain }}\n").unwrap_err(), ("value-inside-text", Some(107)));
        assert_eq!(rendered("a: \"{{ values.domain }}\"\n").unwrap_err().0, "value-inside-text");
    }

    #[test]
    fn errors_point_into_the_template() {
        assert_eq!(rendered("a: 1\nb: {{ values.nothing }}\n").unwrap_err(), ("undefined-variable", Some(111)));
        assert_eq!(rendered("a: {{ nothing }}\n").unwrap_err().0, "undefined-variable");
        assert_eq!(rendered("a: {% if %}\n").unwrap_err().0, "template-syntax");
    }

    #[test]
    fn an_endless_template_ends() {
        let nested = "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
        assert_eq!(rendered(nested).unwrap_err().0, "template-too-long");
        let large = "{% for a in range(10000) %}{{ \"x\" * 100000 }}{% endfor %}";
        assert_eq!(rendered(large).unwrap_err().0, "template-too-long");
        assert_eq!(rendered("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").unwrap_err().0, "template-error");
    }

    #[test]
    fn there_is_no_way_out() {
        for template in
            ["{% include 'x' %}", "{% extends 'x' %}", "{% import 'x' as y %}", "{{ env('HOME') }}", "{{ debug() }}"]
        {
            assert!(rendered(template).is_err(), "{template}");
        }
    }
}
