//! Findings as workflow commands of GitHub Actions, which become annotations of lines.

use std::fmt::Write as _;

use crate::cli::github::{data, property};
use crate::cli::{excerpt, json};
use crate::diagnostic::{Diagnostic, Diagnostics, Level};
use crate::origin::{Locations, Sources};

/// One command a line.
pub(super) fn annotations(found: &Diagnostics, sources: &Sources) -> String {
    let mut locations = Locations::new(sources);
    found.iter().map(|diagnostic| annotation(diagnostic, &mut locations)).collect()
}

fn annotation(diagnostic: &Diagnostic, locations: &mut Locations<'_>) -> String {
    let command = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let place = diagnostic.primary.as_ref().map(|label| json::place(label, locations)).unwrap_or_default();
    let mut text = format!("::{command} ");
    if let Some(file) = &place.file {
        let _ = write!(text, "file={},", property(file));
    }
    for (name, number) in [("line", place.line), ("col", place.column), ("endColumn", place.end_column)] {
        if let Some(number) = number {
            let _ = write!(text, "{name}={number},");
        }
    }
    let mut message = excerpt::escape(&diagnostic.message);
    if let Some(help) = &diagnostic.help {
        message.push('\n');
        message.push_str(&excerpt::escape_lines(help));
    }
    let _ = writeln!(text, "title={}::{}", property(&diagnostic.name()), data(&message));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    #[test]
    fn a_message_cannot_end_its_command_or_begin_another() {
        let mut sources = Sources::default();
        sources.add("a,b:c%.yaml".into(), "/p".into(), "x: y\n".into()).unwrap();
        let found: Diagnostics = [
            Diagnostic::error("bad", "100% wrong\n::error::forged").at(Origin::source(3)).help("do\nthis"),
            Diagnostic::note("good", "to know"),
        ]
        .into_iter()
        .collect();
        let text = annotations(&found, &sources);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with("::error file=a%2Cb%3Ac%25.yaml,line=1,col=4,endColumn=5,title=bad::100%25 wrong")
        );
        assert!(lines[0].ends_with("%0Ado%0Athis"), "{text}");
        assert_eq!(lines[1], "::notice title=good::to know");
    }
}
