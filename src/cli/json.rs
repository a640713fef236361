//! Diagnostics as JSON for machines: docs/diagnostics.md describes the shape, which is stable.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::excerpt;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::emit;
use crate::origin::{Locations, Sources};
use crate::tree::Node;

#[derive(Serialize)]
struct Report<'a> {
    diagnostics: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    level: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place,
    related: Vec<Related<'a>>,
    help: Option<&'a str>,
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Object<'a>>,
}

#[derive(Serialize)]
struct Object<'a> {
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    pub file: Option<String>,
    pub line: Option<usize>,
    pub column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
}

/// One JSON object on one line that holds all of `diagnostics`, also when there are none.
pub fn diagnostics(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let report = Report { diagnostics: entries(diagnostics, sources) };
    to_text(&report)
}

/// The diagnostics as a value to put into a larger report.
pub(super) fn entries<'a>(diagnostics: &'a Diagnostics, sources: &Sources) -> Vec<Entry<'a>> {
    let mut locations = Locations::new(sources);
    diagnostics.iter().map(|diagnostic| entry(diagnostic, &mut locations)).collect()
}

/// `value` on one line. Our types have text keys only, so writing them cannot fail.
pub(super) fn to_text(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string(value).unwrap_or_else(|_| "{}".into());
    text.push('\n');
    text
}

/// Reads what another program wrote as JSON. The error says where it is wrong and never what is
/// there, for that may be secret.
pub(super) fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        let what = if error.is_data() { "another shape is expected" } else { "the text ends or goes on wrongly" };
        format!("{what} at line {}, column {}", error.line(), error.column())
    })
}

/// A value of a tree in a report.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Data(serde_json::Value);

/// `node` as JSON; what JSON cannot say is null.
pub(super) fn data(node: &Node) -> Data {
    let text = emit::json::json([node], emit::json::Layout::Compact);
    Data(serde_json::from_slice(&text).unwrap_or_default())
}

fn entry<'a>(diagnostic: &'a Diagnostic, locations: &mut Locations<'_>) -> Entry<'a> {
    Entry {
        code: diagnostic.code,
        policy: diagnostic.policy.as_deref(),
        level: diagnostic.level.as_str(),
        message: &diagnostic.message,
        place: diagnostic.primary.as_ref().map(|label| place(label, locations)).unwrap_or_default(),
        related: diagnostic
            .related
            .iter()
            .map(|label| Related { message: &label.text, place: place(label, locations) })
            .collect(),
        help: diagnostic.help.as_deref(),
        subject: diagnostic.subject.as_deref(),
        object: diagnostic.about.as_deref().map(|id| Object {
            kind: &id.gvk.kind,
            namespace: Some(id.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
            name: &id.name,
        }),
    }
}

/// Where a label is; nothing known where its source is none.
pub(super) fn place(label: &Label, locations: &mut Locations<'_>) -> Place {
    let mut found = || {
        let position = locations.written(label.origin.position()?).position;
        let source = locations.sources().source(position)?;
        let location = locations.locate(position)?;
        let offset = (position - source.base) as usize;
        let range = excerpt::line_at(&source.text, offset);
        let start = offset.min(range.end).saturating_sub(range.start);
        let line = &source.text[range];
        let token = line.get(start..excerpt::token_end(line, start)).unwrap_or_default();
        let end_column =
            Some(token.chars().count()).filter(|length| *length > 0).map(|length| location.column + length);
        let file = Some(location.path.display().to_string());
        Some(Place { file, line: Some(location.line), column: Some(location.column), end_column })
    };
    found().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn the_shape_is_as_documented() {
        let mut sources = Sources::default();
        sources.add("a.yaml".into(), "/p/a.yaml".into(), "é: value # x\nb: c\n".into()).unwrap();
        let list: Diagnostics = [
            Diagnostic::error("unknown-field", "no `é`")
                .at(Origin::source(4))
                .related(Origin::source(14), "this one")
                .help("remove it"),
            Diagnostic::warning("w", "m").subject("overlays/a"),
        ]
        .into_iter()
        .collect();
        let expected = r#"{"diagnostics":[
{"code":"unknown-field","level":"error","message":"no `é`","file":"a.yaml","line":1,"column":4,"endColumn":9,
"related":[{"message":"this one","file":"a.yaml","line":2,"column":1,"endColumn":2}],"help":"remove it","subject":null},
{"code":"w","level":"warning","message":"m","file":null,"line":null,"column":null,"related":[],"help":null,"subject":"overlays/a"}]}"#;
        assert_eq!(diagnostics(&list, &sources), expected.replace('\n', "") + "\n");
        assert_eq!(diagnostics(&Diagnostics::default(), &sources), "{\"diagnostics\":[]}\n");
    }

    #[test]
    fn the_documentation_shows_what_is_printed() {
        let documentation = include_str!("../../docs/diagnostics.md");
        let block = |start: &str| -> String {
            let lines = documentation.lines().skip_while(|line| !line.starts_with(&format!("    {start}")));
            let lines = lines.take_while(|line| line.starts_with("    ")).map(|line| line[4..].trim_end());
            lines.collect::<Vec<_>>().join("\n")
        };
        let mut sources = Sources::default();
        let overlay = format!("{}      replcias: 2\n", "#\n".repeat(9));
        let app = format!("{}    replicas: 1\n", "#\n".repeat(7));
        let first = sources.add("overlays/shop/prod/overlay.yaml".into(), "/a".into(), overlay.into()).unwrap();
        let second = sources.add("base/shop/app.yaml".into(), "/b".into(), app.into()).unwrap();
        let list: Diagnostics = [Diagnostic::error("unknown-field", "there is no field `replcias`")
            .at(Origin::source(first + 24))
            .related(Origin::source(second + 18), "the field that the base has")
            .help("did you mean `replicas`?")]
        .into_iter()
        .collect();
        let text = crate::cli::diagnostics_as_text(&list, &sources, &crate::cli::RenderOptions::default());
        let text: Vec<_> = text.lines().map(str::trim_end).collect();
        assert_eq!(text.join("\n").trim_end(), block("error[unknown-field]"));
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&diagnostics(&list, &sources)), value(&block("{\"diagnostics\"")));
    }
}
