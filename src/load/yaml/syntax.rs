//! Syntax errors in words that do not need the YAML specification.

use granit_parser::ErrorKind;

use super::MAX_DEPTH;
use crate::diagnostic::Diagnostic;
use crate::origin::Origin;

/// The code of everything that is no YAML at all.
const CODE: &str = "yaml-syntax";

/// A character that YAML allows nowhere, not even in comments (specification 1.2.2, production
/// `c-printable`); kustomize refuses such files too.
pub(super) fn control_character(text: &str, origin: impl Fn(usize) -> Origin) -> Option<Diagnostic> {
    let is_suspect =
        |byte: u8| (byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r')) | matches!(byte, 0x7F | 0xC2 | 0xEF);
    let (at, refused) = characters(text, is_suspect).find(|(_, character)| is_refused(*character))?;
    let message = format!("the character U+{:04X} is not allowed in YAML", u32::from(refused));
    let help = "remove it, or write it as an escape in double quotes";
    Some(Diagnostic::error("control-character", message).at(origin(at)).help(help))
}

/// The characters whose first byte is one of these, with their places. `is_first` says no to bytes
/// inside of characters.
pub(super) fn characters(text: &str, is_first: impl Fn(u8) -> bool + Copy) -> impl Iterator<Item = (usize, char)> {
    // Most blocks hold none, which is found out for many bytes at once.
    const BLOCK: usize = 64;
    let blocks = text.as_bytes().chunks(BLOCK).enumerate();
    let blocks = blocks.filter(move |(_, block)| block.iter().fold(false, |any, byte| any | is_first(*byte)));
    let bytes = blocks.flat_map(|(number, block)| (number * BLOCK..).zip(block));
    let places = bytes.filter(move |(_, byte)| is_first(**byte));
    places.filter_map(|(at, _)| Some((at, text.get(at..)?.chars().next()?)))
}

fn is_refused(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        other => other.is_control(),
    }
}

/// A tab where the indentation should be.
pub(super) fn tab(origin: Origin) -> Diagnostic {
    Diagnostic::error(CODE, "a tab stands where the indentation should be")
        .at(origin)
        .help("indent with spaces: YAML does not allow tabs there")
}

/// An anchor that kustomize's readers do not take.
pub(super) fn anchor(origin: Origin) -> Diagnostic {
    Diagnostic::error(CODE, "the name of an anchor holds something other than letters, digits, `-` and `_`")
        .at(origin)
        .help("name the anchor with letters and digits of ASCII")
}

/// An escape that stands for half a character.
pub(super) fn half_character(origin: Origin) -> Diagnostic {
    Diagnostic::error(CODE, "the double quotes hold an escape of half a character, which kustomize refuses")
        .at(origin)
        .help("write the character itself, or `\\U` with eight digits")
}

/// More levels than [`MAX_DEPTH`].
pub(super) fn too_deep(origin: Origin) -> Diagnostic {
    let message = format!("values are nested more than {MAX_DEPTH} levels deep");
    Diagnostic::error("too-deep", message).at(origin).help("flatten the value; no manifest is nested this deep")
}

/// The diagnostic for an error of the parser at byte `at`; `last` is the end of what was read
/// before without error.
pub(super) fn explain(
    text: &str,
    kind: &ErrorKind,
    at: usize,
    last: usize,
    origin: impl Fn(usize) -> Origin,
) -> Diagnostic {
    use ErrorKind as K;
    match kind {
        K::RecursionLimitExceeded => too_deep(origin(at)),
        K::TabInBlockIndentation | K::TabInIndentation | K::TabNotAllowed => tab(origin(tab_before(text, at))),
        K::TabInPlainScalar => {
            let found = text.get(at..).and_then(|rest| rest.find('\t')).unwrap_or_default();
            tab(origin(at + found))
        }
        K::TabAtBlockScalarStart => {
            let content = text.get(at..).and_then(|rest| rest.find('\n')).map_or(at, |newline| at + newline + 1);
            tab(origin(content))
        }
        K::UnclosedQuotedScalar | K::InvalidQuotedScalarIndent | K::DocumentIndicatorInQuotedScalar => {
            let (at, quote) = opening_quote(text, last, at);
            let message = format!("the text that starts with {quote} here has no closing quote");
            let help = "close the quote on the same line, or indent the lines on which the text goes on";
            Diagnostic::error(CODE, message).at(origin(at)).help(help)
        }
        K::UnexpectedCharacter { character } => {
            let message = format!("no text without quotes starts with `{character}`");
            Diagnostic::error(CODE, message).at(origin(at)).help("put the whole value in quotes")
        }
        kind => {
            let (message, help) = words(kind);
            Diagnostic::error(CODE, message).at(origin(at)).help(help)
        }
    }
}

/// The tab that the parser stopped at or just behind.
fn tab_before(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    match before.get(line..).and_then(|line| line.find('\t')) {
        Some(tab) => line + tab,
        None => at,
    }
}

/// The first quote after `last` that is not in a comment: the parser reports where it gave up.
fn opening_quote(text: &str, last: usize, at: usize) -> (usize, &'static str) {
    let mut in_comment = false;
    let mut previous = ' ';
    for (offset, character) in text.get(last..).unwrap_or_default().char_indices() {
        match character {
            '\n' => in_comment = false,
            '#' if previous.is_whitespace() => in_comment = true,
            '"' if !in_comment => return (last + offset, "a double quote"),
            '\'' if !in_comment => return (last + offset, "a single quote"),
            _ => {}
        }
        previous = character;
    }
    (at, "a quote")
}

/// Message and help for the kinds that need no look at the text.
fn words(kind: &ErrorKind) -> (String, String) {
    use ErrorKind as K;
    let (message, help) = match kind {
        K::MappingValueNotAllowed => (
            "a `:` stands where no key can be",
            "put a value that holds `: ` in quotes, and check the indentation of this line and the one before",
        ),
        K::InvalidColonPlacement => ("a `:` stands where no key can be", "close the bracket before this line"),
        K::MappingKeyNotAllowed => ("a key stands where none can be", "start the key on a line of its own"),
        K::ExpectedBlockMappingKey | K::SimpleKeyExpected | K::InvalidSimpleKey => (
            "this is no `key: value`, and the lines around it are",
            "check the indentation, and that the key ends with `: `",
        ),
        K::InvalidIndentation | K::InvalidFlowScalarIndent | K::InvalidBlockScalarIndent => {
            ("the indentation fits no level above", "align the line with its neighbours")
        }
        K::ExpectedBlockSequenceEntry => ("this is no list item, and the lines around it are", "start it with `- `"),
        K::BlockSequenceEntryNotAllowed | K::BlockEntryInFlowCollection | K::InvalidBlockEntryWhitespace => {
            ("a list item stands where none can be", "start the list on a line of its own, below its key")
        }
        K::ExpectedFlowMappingSeparator | K::UnexpectedEofFlowMapping | K::UnexpectedEofImplicitFlowMapping => {
            ("a `,` or `}` is missing", "separate entries with `,` and close the `{`")
        }
        K::ExpectedFlowSequenceSeparator | K::UnexpectedEofFlowSequence => {
            ("a `,` or `]` is missing", "separate items with `,` and close the `[`")
        }
        K::MisplacedFlowCollectionEnd => {
            ("a closing bracket has no opening one", "remove it, or put the text in quotes")
        }
        K::UnknownAnchor => (
            "the alias names an anchor that is not written before it",
            "write `&name` before its first use, or put text that starts with `*` in quotes",
        ),
        K::UnexpectedEof | K::UnexpectedEofBlockSequence | K::UnexpectedEofBlockMapping => {
            ("the file ends in the middle of a value", "complete the value")
        }
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => (
            "there is more text after the closing quote",
            "put the whole value in one pair of quotes; double a single quote inside single quotes",
        ),
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidUnicodeEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate => {
            ("the double quotes hold an unknown escape", "write `\\\\` for a backslash, or use single quotes")
        }
        K::InvalidBlockScalarHeader | K::ZeroBlockScalarIndent => {
            ("there is more text after `|` or `>`", "start the text on the next line")
        }
        K::CommentNotSeparated => ("a comment needs a space before its `#`", "add the space"),
        K::CommentInterceptedScalar => {
            ("a comment stands between the lines of one text", "move the comment above the text")
        }
        K::UndeclaredTagHandle => {
            ("the tag is not declared", "put text that starts with `!` in quotes, or remove the tag")
        }
        K::UnsupportedYamlMajorVersion => ("only YAML 1 is read", "remove the `%YAML` line"),
        K::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{close}` does not close `{open}`"), "close brackets in the order they opened".into());
        }
        K::UnclosedFlowCollection { open } => {
            return (format!("the `{open}` has no closing bracket"), "close it, or put the text in quotes".into());
        }
        other => {
            let message = format!("this is no valid YAML: {other}").replace('\n', " ");
            return (message, "check the line and the one before".into());
        }
    };
    (message.into(), help.into())
}
