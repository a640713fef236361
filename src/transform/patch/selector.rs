//! Label selectors, as Kubernetes writes them: `app=web,tier!=db,env in (uat, prod),!legacy`.

use ecow::EcoString;

use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::tree::{Map, Node};

/// A label selector: all requirements have to hold. Without any it selects everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: EcoString,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<EcoString>),
    /// Holds for a missing key too.
    NotIn(Vec<EcoString>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads a text in Kubernetes' selector syntax, or a mapping of keys to the values that they
    /// must have.
    pub fn parse(node: &Node) -> Result<Self, Error> {
        if let Some(map) = node.as_map() {
            return Self::of_map(map);
        }
        let text = node.as_str().ok_or_else(|| {
            let message = format!("a label selector is a string or a mapping, but this is {}", node.kind());
            Diagnostic::error("wrong-type", message).at(node.origin())
        })?;
        Self::of_text(text).map_err(|reason| {
            Diagnostic::error("invalid-label-selector", format!("`{text}` is no label selector: {reason}"))
                .at(node.origin())
                .help("write `key=value`, `key!=value`, `key in (a, b)`, `key notin (a, b)`, `key` or `!key`, with commas between")
                .into()
        })
    }

    fn of_map(map: &Map) -> Result<Self, Error> {
        let requirement = |entry: &crate::tree::Entry| match entry.node.as_str() {
            Some(value) => Ok(Requirement { key: entry.key.clone(), test: Test::In(vec![value.into()]) }),
            None => {
                let message = format!("the value of `{}` is a string, but this is {}", entry.key, entry.node.kind());
                Err(Diagnostic::error("wrong-type", message).at(entry.node.origin()).help("put it in quotes").into())
            }
        };
        map.iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// The selector of objects that have all these labels with these values.
    pub fn equal(pairs: impl Iterator<Item = (EcoString, EcoString)>) -> Self {
        Self(pairs.map(|(key, value)| Requirement { key, test: Test::In(vec![value]) }).collect())
    }

    /// Reads Kubernetes' selector syntax; the error says what is wrong.
    pub fn of_text(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        clauses(text)?.into_iter().map(requirement).collect::<Result<_, _>>().map(Self)
    }

    /// Whether labels (or annotations) satisfy all requirements; `None` stands for no labels.
    pub fn matches(&self, labels: Option<&Map>) -> bool {
        self.0.iter().all(|requirement| {
            let value =
                labels.and_then(|labels| labels.get(&requirement.key)).map(|node| node.as_str().unwrap_or_default());
            let number = || value.and_then(|value| value.parse::<i64>().ok());
            match &requirement.test {
                Test::In(values) => value.is_some_and(|value| values.iter().any(|known| known == value)),
                Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|known| known != value)),
                Test::Exists => value.is_some(),
                Test::Missing => value.is_none(),
                Test::Above(limit) => number().is_some_and(|number| number > *limit),
                Test::Below(limit) => number().is_some_and(|number| number < *limit),
            }
        })
    }

    /// Whether it has no requirement.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The parts between the commas that are not inside of parentheses.
fn clauses(text: &str) -> Result<Vec<&str>, String> {
    let mut parts = vec![];
    let (mut start, mut open) = (0, false);
    for (place, character) in text.char_indices() {
        match character {
            '(' if open => return Err("a parenthesis opens inside another".to_string()),
            ')' if !open => return Err("a parenthesis closes that was not opened".to_string()),
            '(' => open = true,
            ')' => open = false,
            ',' if !open => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    if open { Err("a parenthesis is not closed".to_string()) } else { Ok(parts) }
}

fn requirement(clause: &str) -> Result<Requirement, String> {
    let clause = clause.trim();
    if let Some(key) = clause.strip_prefix('!') {
        return Ok(Requirement { key: key_of(key)?, test: Test::Missing });
    }
    if clause.ends_with(')') {
        return set(clause);
    }
    let Some(at) = clause.find(['=', '!', '<', '>']) else {
        return Ok(Requirement { key: key_of(clause)?, test: Test::Exists });
    };
    let (key, rest) = clause.split_at(at);
    let single = |value: &str| -> Result<Vec<EcoString>, String> { Ok(vec![value_of(value)?]) };
    let number = |value: &str| value.trim().parse().map_err(|_| format!("`{}` is no integer", value.trim()));
    let test = if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
        Test::In(single(value)?)
    } else if let Some(value) = rest.strip_prefix("!=") {
        Test::NotIn(single(value)?)
    } else if let Some(value) = rest.strip_prefix('>') {
        Test::Above(number(value)?)
    } else if let Some(value) = rest.strip_prefix('<') {
        Test::Below(number(value)?)
    } else {
        return Err(format!("`{clause}` has a `!` without `=`"));
    };
    Ok(Requirement { key: key_of(key)?, test })
}

/// `key in (a, b)` or `key notin (a, b)`.
fn set(clause: &str) -> Result<Requirement, String> {
    let (head, values) = clause.trim_end_matches(')').split_once('(').ok_or("a parenthesis is not opened")?;
    let mut words = head.split_whitespace();
    let (key, operator) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let values: Vec<EcoString> = values.split(',').map(value_of).collect::<Result<_, _>>()?;
    let test = match operator {
        "in" => Test::In(values),
        "notin" => Test::NotIn(values),
        _ => return Err(format!("`{operator}` is neither `in` nor `notin`")),
    };
    match words.next() {
        Some(word) => Err(format!("`{word}` is too much")),
        None => Ok(Requirement { key: key_of(key)?, test }),
    }
}

fn key_of(text: &str) -> Result<EcoString, String> {
    let key = text.trim();
    match crate::names::label_key(key) {
        Ok(()) => Ok(key.into()),
        Err(_) => Err(format!("`{key}` is no label key")),
    }
}

fn value_of(text: &str) -> Result<EcoString, String> {
    let value = text.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match value.chars().all(allowed) {
        true => Ok(value.into()),
        false => Err(format!("`{value}` is no label value")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::json;
    use super::*;

    #[test]
    fn a_selector_matches_as_kubernetes_says() {
        let labels = json(r#"{"app":"web","env":"prod","app.kubernetes.io/name":"x","n":"5","e":""}"#, 0);
        for (text, expected) in [
            ("", true),
            ("app=web", true),
            ("app == web , env=prod", true),
            ("app=db", false),
            ("app!=db", true),
            ("missing!=db", true),
            ("env in (uat, prod)", true),
            ("env in (uat)", false),
            ("env notin (uat),app", true),
            ("missing notin (uat)", true),
            ("missing", false),
            ("!missing", true),
            ("!app", false),
            ("app.kubernetes.io/name=x", true),
            ("n>4", true),
            ("n<5", false),
            ("e=", true),
        ] {
            assert_eq!(Selector::of_text(text).unwrap().matches(labels.as_map()), expected, "{text}");
        }
        assert!(!Selector::of_text("app").unwrap().matches(None));
    }

    #[test]
    fn what_is_no_selector_is_refused_with_its_reason() {
        for (text, reason) in [
            ("a=b,", "`` is no label key"),
            ("a b", "`a b` is no label key"),
            ("a in (b", "a parenthesis is not closed"),
            ("a within (b)", "`within` is neither `in` nor `notin`"),
            ("a in b)", "a parenthesis closes that was not opened"),
            ("a>x", "`x` is no integer"),
            ("a=b=c", "`b=c` is no label value"),
            ("a!b", "`a!b` has a `!` without `=`"),
            ("é=ü", "`ü` is no label value"),
        ] {
            assert_eq!(Selector::of_text(text).unwrap_err(), reason, "{text}");
        }
    }
}
