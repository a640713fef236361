//! Which part of a template prints what, for whoever asks where a line comes from.
//!
//! The template is rendered once more with a mark before each of its parts, and the marks are found
//! again in the output. Where the output without them is another one, a mark has changed what the
//! template does, and nothing is said.

use std::collections::HashMap;

use super::{Scope, next_tag, print};
use crate::origin::{Origin, Printed};
use crate::tree::Node;

/// What begins and ends a mark: characters that no manifest has a use for.
const MARK: [char; 2] = ['\u{F0000}', '\u{F0001}'];

/// A part of a template.
struct Part {
    start: usize,
    /// The values that it takes, when it is an expression.
    values: Option<Vec<Origin>>,
}

/// The parts of the template `text`, whose first byte is at `base`, that printed `out`, which is laid at
/// `position`; `None` when that cannot be told.
pub fn parts(text: &str, base: u32, scope: Scope<'_>, out: &str, position: u32) -> Option<Vec<Printed>> {
    if text.contains(MARK) || out.contains(MARK) {
        return None;
    }
    let found = Reader { text, scope, names: HashMap::new(), parts: Vec::new() }.read();
    let marked = String::from_utf8(print(&with_marks(text, &found), scope).ok()?).ok()?;
    let (mut plain, mut printed) = (String::with_capacity(out.len()), Vec::<Printed>::new());
    let mut pieces = marked.split(MARK[0]);
    plain.push_str(pieces.next()?);
    for piece in pieces {
        let (number, rest) = piece.split_once(MARK[1])?;
        let part = found.get(number.parse::<usize>().ok()?)?;
        let start = position + plain.len() as u32;
        plain.push_str(rest);
        let at = Origin::source(base + part.start as u32);
        printed.push(Printed { position: start, end: position + plain.len() as u32, at, values: part.values.clone() });
    }
    (plain == out).then_some(printed)
}

fn with_marks(text: &str, parts: &[Part]) -> String {
    let (mut marked, mut done) = (String::with_capacity(text.len() * 2), 0);
    for (number, part) in parts.iter().enumerate() {
        marked.push_str(&text[done..part.start]);
        marked.push_str(&format!("{}{number}{}", MARK[0], MARK[1]));
        done = part.start;
    }
    marked + &text[done..]
}

struct Reader<'a> {
    text: &'a str,
    scope: Scope<'a>,
    /// What the variables of loops and assignments are taken from.
    names: HashMap<&'a str, Vec<Origin>>,
    parts: Vec<Part>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Vec<Part> {
        let mut done = 0;
        while let Some((start, kind)) = next_tag(self.text, done) {
            self.literal(done, start);
            let close = match kind {
                b'{' => "}}",
                b'%' => "%}",
                _ => "#}",
            };
            let Some(end) = self.text[start..].find(close).map(|end| start + end) else { return self.parts };
            let inside = self.text[start + 2..end].trim_matches(['-', '+']).trim();
            match kind {
                b'{' => self.expression(start, inside),
                b'%' => self.statement(inside),
                _ => {}
            }
            done = end + 2;
        }
        self.literal(done, self.text.len());
        self.parts
    }

    /// A part for each line, at its first character: tags may take the space before it away.
    fn literal(&mut self, start: usize, end: usize) {
        let mut at = start;
        for line in self.text[start..end].split_inclusive('\n') {
            if !line.trim().is_empty() {
                let indent = line.len() - line.trim_start().len();
                self.parts.push(Part { start: at + indent, values: None });
            }
            at += line.len();
        }
    }

    fn expression(&mut self, start: usize, inside: &'a str) {
        // The space before this one is taken away, which a mark would keep.
        if !self.text[start + 2..].starts_with('-') {
            let values = Some(self.values(inside));
            self.parts.push(Part { start, values });
        }
    }

    fn statement(&mut self, inside: &'a str) {
        let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let halves = match word {
            "for" => rest.split_once(" in "),
            "set" => rest.split_once('='),
            _ => None,
        };
        let Some((names, of)) = halves else { return };
        let values = self.values(of);
        for name in names.split([',', ' ', '(', ')']).filter(|name| !name.is_empty()) {
            self.names.insert(name, values.clone());
        }
    }

    /// Where the values are written that an expression names.
    fn values(&self, expression: &'a str) -> Vec<Origin> {
        let mut found = Vec::new();
        let mut quote = None;
        let is_outside = |c: char| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            quote.is_some() || !(c.is_alphanumeric() || matches!(c, '_' | '.'))
        };
        for word in expression.split(is_outside).filter(|word| !word.is_empty()) {
            found.extend(self.value(word).into_iter().filter(|origin| !found.contains(origin)).collect::<Vec<_>>());
        }
        found
    }

    fn value(&self, word: &str) -> Vec<Origin> {
        let mut keys = word.split('.');
        let root = match keys.next() {
            Some("values") => self.scope.values,
            Some("app") => self.scope.app,
            Some(name) => return self.names.get(name).cloned().unwrap_or_default(),
            None => return Vec::new(),
        };
        // A method of the value, such as `values.hosts.items()`, is no key of it.
        let deepest = keys.try_fold(root, |node: &Node, key| node.get(key).ok_or(node));
        let node = deepest.unwrap_or_else(|node| node);
        if std::ptr::eq(node, root) { Vec::new() } else { vec![node.origin()] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    /// For each part its text in the output and in the template, and its values.
    fn told(template: &str) -> Vec<(String, String, Vec<u32>)> {
        let o = Origin::source;
        let list = Node::new(vec![Node::string("a", o(3)), Node::string("b", o(4))], o(2));
        let values = object! { o(0); "domain": Node::string("x.org", o(1)), "hosts": list };
        let app = object! { o(5); "name": Node::string("shop", o(6)) };
        let scope = Scope { values: &values, app: &app, environment: None, namespace: None };
        let out = super::super::render(template, 100, scope).unwrap();
        let parts = parts(template, 100, scope, &out, 0).unwrap_or_default();
        let told = parts.iter().map(|part| {
            let at = part.at.position().unwrap() as usize - 100;
            let values = part.values.iter().flatten().map(|origin| origin.position().unwrap());
            let line = template[at..].lines().next().unwrap();
            let printed = out[part.position as usize..part.end as usize].trim();
            (printed.to_owned(), line.to_owned(), values.collect())
        });
        told.collect()
    }

    #[track_caller]
    fn check(template: &str, expected: &[(&str, &str, &[u32])]) {
        let expected: Vec<_> =
            expected.iter().map(|(out, at, values)| ((*out).to_owned(), (*at).to_owned(), values.to_vec())).collect();
        assert_eq!(told(template), expected, "{template}");
    }

    #[test]
    fn each_line_and_each_expression_is_a_part() {
        check(
            "a: 1\nb: {{ values.domain }}\nc: {{ \"https://\" ~ values.domain ~ app.name }}\n",
            &[
                ("a: 1", "a: 1", &[]),
                ("b:", "b: {{ values.domain }}", &[]),
                ("\"x.org\"", "{{ values.domain }}", &[1]),
                ("c:", "c: {{ \"https://\" ~ values.domain ~ app.name }}", &[]),
                ("\"https://x.orgshop\"", "{{ \"https://\" ~ values.domain ~ app.name }}", &[1, 6]),
            ],
        );
    }

    #[test]
    fn what_a_loop_prints_leads_to_its_body_and_to_what_it_goes_over() {
        check(
            "{% for host in values.hosts -%}\n- {{ host }}\n{% endfor %}",
            &[
                ("-", "- {{ host }}", &[]),
                ("\"a\"", "{{ host }}", &[2]),
                ("-", "- {{ host }}", &[]),
                ("\"b\"", "{{ host }}", &[2]),
            ],
        );
        check("{% set d = values.domain %}x: {{ d }}", &[("x:", "x: {{ d }}", &[]), ("\"x.org\"", "{{ d }}", &[1])]);
    }

    #[test]
    fn where_a_mark_would_change_something_nothing_is_said() {
        check("{% set x %}ab{% endset %}n: {{ x | length }}", &[]);
        check("a: \u{F0000}", &[]);
    }
}
