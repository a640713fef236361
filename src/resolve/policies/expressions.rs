//! Expressions in YAML: what is wrong with one is said where it stands in the file.

use crate::cel::{Fault, Names, Program};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::{Origin, Sources};
use crate::tree::Node;

pub(super) struct Expressions<'a> {
    pub sources: &'a Sources,
    pub diagnostics: &'a mut Diagnostics,
}

impl Expressions<'_> {
    /// Compiles the text of a node.
    pub fn compile(&mut self, node: &Node, names: Names<'_>) -> Option<Program> {
        let Some(text) = node.as_str() else {
            let message = format!("an expression is a text, and this is {}", node.kind());
            let help = "write it in quotes, or behind `|`";
            self.diagnostics.push(Diagnostic::error("invalid-cel", message).at(node.origin()).help(help));
            return None;
        };
        // A panic of the reader is caught at this text, so that it can be named.
        let compiled = std::panic::catch_unwind(|| Program::compile(text, names));
        let faults = match compiled {
            Ok(Ok(program)) => return Some(program),
            Ok(Err(faults)) => faults,
            Err(_) => {
                let message = "the reader of expressions gave up on this".to_owned();
                vec![Fault { at: 0, message, help: "write it differently, and report this as a bug".into() }]
            }
        };
        for Fault { at, message, help } in faults {
            let place = inside(self.sources, node.origin(), text, at);
            let diagnostic = Diagnostic::error("invalid-cel", message).at(place);
            self.diagnostics.push(if help.is_empty() { diagnostic } else { diagnostic.help(help) });
        }
        None
    }
}

/// Where the character `at` of the text of a scalar stands in the file.
///
/// Blanks are what a block, a fold or a quoted text of several lines changes; all other characters
/// come in the same order, so they are counted.
fn inside(sources: &Sources, origin: Origin, text: &str, at: usize) -> Origin {
    let place = || {
        let start = origin.position()?;
        let written = sources.text_from(start)?;
        let before = text.chars().take(at).filter(|c| !c.is_whitespace()).count();
        let skipped = match written.chars().next()? {
            '|' | '>' => written.find('\n')? + 1,
            '\'' | '"' => 1,
            _ => 0,
        };
        let quote = written.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let mut rest = written.get(skipped..)?.char_indices().filter(|(_, c)| !c.is_whitespace());
        for _ in 0..before {
            let (_, c) = rest.next()?;
            // A quote that is doubled and a character behind a backslash are one of the text.
            if quote == Some(c) || (quote == Some('"') && c == '\\') {
                rest.next()?;
            }
        }
        let (offset, _) = rest.next()?;
        start.checked_add(u32::try_from(skipped + offset).ok()?)
    };
    place().map_or(origin, Origin::source)
}
