//! Findings as SARIF 2.1.0, which code scanning reads.

use std::fmt::Write as _;

use serde::Serialize;

use crate::cli::json::{self, Place};
use crate::diagnostic::codes::{self, Code};
use crate::diagnostic::{Diagnostic, Diagnostics, Label, Level};
use crate::origin::{Locations, Sources};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    version: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'a str,
    results: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'a str,
    semantic_version: &'a str,
    information_uri: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Message<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Message<'a>>,
    help: Message<'a>,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    rule_id: std::borrow::Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
}

/// The whole log. Its rules are the codes that were found.
pub(super) fn report(found: &Diagnostics, sources: &Sources) -> String {
    let mut rules: Vec<&Code> = Vec::new();
    for diagnostic in found.iter() {
        let code = codes::find(diagnostic.code).map(|(_, code)| code);
        rules.extend(code.filter(|code| rules.iter().all(|known| known.name != code.name)));
    }
    let mut places = Locations::new(sources);
    let results = found.iter().map(|diagnostic| finding(diagnostic, &rules, &mut places)).collect();
    let driver = Driver {
        name: "strata",
        semantic_version: crate::VERSION,
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: rules.iter().map(|code| rule(code)).collect(),
    };
    json::to_text(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results }],
    })
}

fn rule(code: &'static Code) -> Rule<'static> {
    let message = |text: &'static str| Message { text: text.into() };
    Rule {
        id: code.name,
        short_description: message(code.rule),
        full_description: Some(code.why).filter(|why| !why.is_empty()).map(message),
        help: message(code.fix),
        default_configuration: Configuration { level: word(code.standing.level()) },
    }
}

/// SARIF has the same three words.
fn word(level: Level) -> &'static str {
    level.as_str()
}

fn finding<'a>(diagnostic: &'a Diagnostic, rules: &[&Code], places: &mut Locations<'_>) -> Finding<'a> {
    let text = match &diagnostic.help {
        Some(help) => format!("{}\n{help}", diagnostic.message).into(),
        None => diagnostic.message.as_str().into(),
    };
    let mut locations = |labels: &'a [Label]| labels.iter().filter_map(|label| location(label, places)).collect();
    Finding {
        rule_id: diagnostic.name(),
        rule_index: rules.iter().position(|code| code.name == diagnostic.code),
        level: word(diagnostic.level),
        message: Message { text },
        locations: locations(diagnostic.primary.as_slice()),
        related_locations: locations(&diagnostic.related),
    }
}

fn location<'a>(label: &'a Label, places: &mut Locations<'_>) -> Option<Location<'a>> {
    let Place { file, line, column, end_column } = json::place(label, places);
    let region = Region { start_line: line?, start_column: column?, end_column };
    let artifact_location = Artifact { uri: uri(&file?) };
    let message = Some(label.text.as_str()).filter(|text| !text.is_empty()).map(|text| Message { text: text.into() });
    Some(Location { physical_location: Physical { artifact_location, region }, message })
}

/// A path as a relative URI: what is no letter, digit or one of `-._~/` is written in percent.
fn uri(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' if cfg!(windows) => text.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(byte as char),
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("overlays/a b/é:1.yaml"), "overlays/a%20b/%C3%A9%3A1.yaml");
    }
}
