//! The front end over the events of granit-parser.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, Span, StructureStyle, Tag as ParsedTag};

use super::builder::{Builder, Properties, Stop};
use super::outdent::Outdented;
use super::scalar::{Style, Tag};
use super::{MAX_DEPTH, breaks, syntax, tabs};
use crate::diagnostic::Diagnostic;

/// The namespace of the tags that are written with `!!`.
const CORE: &str = "tag:yaml.org,2002:";

fn parser(text: &str) -> Parser<'_, granit_parser::StrInput<'_>> {
    let mut options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// The text with the lines indented on which quoted texts and collections in brackets go on without
/// the indentation that YAML asks for, or with tabs: kustomize's readers do not mind. `None` when
/// there are no such lines.
pub(super) fn outdented(text: &str) -> Option<Outdented> {
    /// Each such line is found by reading from the start.
    const LINES: usize = 1000;
    let mut outdented = Outdented::new(text);
    for _ in 0..LINES {
        let Some(at) = outdented_line(outdented.text()) else { break };
        outdented.indent(at);
    }
    outdented.is_changed().then_some(outdented)
}

/// Where spaces let the parser go on that stops at the indentation of a line.
fn outdented_line(text: &str) -> Option<usize> {
    let mut parser = parser(text);
    let mut in_brackets = Vec::new();
    let error = loop {
        match parser.next_event()? {
            Ok((Event::MappingStart(style, ..) | Event::SequenceStart(style, ..), _)) => {
                in_brackets.push(style == StructureStyle::Flow);
            }
            Ok((Event::MappingEnd | Event::SequenceEnd, _)) => _ = in_brackets.pop(),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    let at = offset(text, error.marker());
    match error.kind() {
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation => Some(at),
        ErrorKind::TabInBlockIndentation if in_brackets.last() == Some(&true) => {
            Some(text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1))
        }
        _ => None,
    }
}

/// Passes the documents of `text` that start before `until` to `builder`.
pub(super) fn drive(text: &str, until: usize, builder: &mut Builder<'_>) -> Result<(), Stop> {
    let mut parser = parser(text);
    let mut last = 0;
    let mut block = builder.is_go().then(|| BlockContext::new(text)).filter(BlockContext::is_of_account);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                // What stands before the next document is read with this one.
                let is_last = matches!(event, Event::DocumentStart(true, _)) && offset(text, &span.start) >= until;
                if let Some(block) = &mut block
                    && let Some(diagnostic) = block.refused(&event, last, &span, builder)
                {
                    builder.report(diagnostic);
                    return Err(Stop);
                }
                if is_last {
                    break;
                }
                pass(text, builder, event, &span, last)?;
                last = offset(text, &span.end);
            }
            Err(error) => {
                let at = offset(text, error.marker());
                let diagnostic = syntax::explain(text, error.kind(), at, last, |offset| builder.origin(offset));
                builder.report(diagnostic);
                return Err(Stop);
            }
        }
    }
    Ok(())
}

/// What is told of kustomize's readers between the events of the parser.
struct BlockContext<'t> {
    text: &'t str,
    /// For each open collection, whether it is one in brackets.
    in_brackets: Vec<bool>,
    /// Where the plain text starts that came last.
    plain: Option<usize>,
}

impl<'t> BlockContext<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, in_brackets: Vec::new(), plain: None }
    }

    fn is_of_account(&self) -> bool {
        self.text.contains(['\t', '&']) || self.text.contains("\\u")
    }

    /// What kustomize's readers refuse before `event`, where the parser does not.
    fn refused(&mut self, event: &Event<'_>, last: usize, span: &Span, builder: &Builder<'_>) -> Option<Diagnostic> {
        let (at, end) = (offset(self.text, &span.start), offset(self.text, &span.end));
        let between = last..at;
        let is_block = self.in_brackets.last() != Some(&true);
        let plain = self.plain.take();
        let mut anchored = 0;
        match event {
            Event::MappingStart(style, anchor, _) | Event::SequenceStart(style, anchor, _) => {
                anchored = *anchor;
                self.in_brackets.push(*style == StructureStyle::Flow);
            }
            Event::MappingEnd | Event::SequenceEnd => _ = self.in_brackets.pop(),
            Event::Scalar(_, style, anchor, _) => {
                anchored = *anchor;
                self.plain = (*style == ScalarStyle::Plain).then_some(at);
                if let Some(diagnostic) = self.refused_scalar(*style, [last, at, end], builder) {
                    return Some(diagnostic);
                }
            }
            _ => {}
        }
        let before = self.text.get(between.clone()).filter(|_| anchored != 0);
        if let Some(anchor) = before.and_then(tabs::refused_anchor) {
            return Some(syntax::anchor(builder.origin(between.start + anchor)));
        }
        let tab = tabs::refused(self.text, between, plain).filter(|_| is_block)?;
        Some(syntax::tab(builder.origin(tab)))
    }

    /// What they refuse inside of a scalar.
    fn refused_scalar(&self, style: ScalarStyle, place: [usize; 3], builder: &Builder<'_>) -> Option<Diagnostic> {
        let [_, start, end] = place;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                Some(syntax::tab(builder.origin(tabs::refused_in_block(self.text, place)?)))
            }
            ScalarStyle::DoubleQuoted => {
                let half = start + tabs::half_character(self.text.get(start..end)?)?;
                Some(syntax::half_character(builder.origin(half)))
            }
            ScalarStyle::Plain if self.in_brackets.last() != Some(&true) => {
                Some(syntax::tab(builder.origin(tabs::refused(self.text, start..end, Some(start))?)))
            }
            _ => None,
        }
    }
}

fn pass(text: &str, builder: &mut Builder<'_>, event: Event<'_>, span: &Span, last: usize) -> Result<(), Stop> {
    let at = offset(text, &span.start);
    match event {
        Event::Scalar(value, style, anchor, tag) => {
            let properties = properties(builder, anchor, tag, span, text);
            // The parser writes `~` for a scalar that is not there.
            let absent = style == ScalarStyle::Plain && span.is_empty();
            let value = if absent { Cow::Borrowed("") } else { value };
            let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
            let place = [last, at, offset(text, &span.end)].map(|offset| builder.original(offset));
            let again = builder.text().and_then(|written| breaks::value(written, place, style));
            let value = match again {
                Some(value) => value.into(),
                None if is_block => without_break(text, value, span),
                None => value,
            };
            let style = match style {
                ScalarStyle::Plain => Style::Plain,
                ScalarStyle::Folded => Style::Folded,
                _ => Style::Quoted,
            };
            builder.scalar(&value, style, at, properties)
        }
        Event::MappingStart(style, anchor, tag) => {
            refuse_tabs(text, builder, style, at)?;
            let properties = properties(builder, anchor, tag, span, text);
            builder.start_map(at, properties)
        }
        Event::SequenceStart(style, anchor, tag) => {
            refuse_tabs(text, builder, style, at)?;
            let properties = properties(builder, anchor, tag, span, text);
            let is_value = style == StructureStyle::Block && builder.expects_value();
            builder.start_seq(if is_value { first_dash(text, last, at) } else { at }, properties)
        }
        Event::MappingEnd => builder.end_map(),
        Event::SequenceEnd => builder.end_seq(),
        Event::Alias(anchor) => builder.alias(anchor, at),
        Event::DocumentEnd => {
            builder.end_document();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The value of a literal or folded block without the line break that the parser gives it when the
/// text ends in the middle of its last line.
fn without_break<'v>(text: &str, value: Cow<'v, str>, span: &Span) -> Cow<'v, str> {
    let Some(cut) = value.strip_suffix('\n').filter(|_| offset(text, &span.end) >= text.len()) else { return value };
    let is_blank = |line: &str| line.bytes().all(|byte| byte == b' ');
    let written = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    let read = cut.rsplit('\n').next().unwrap_or_default();
    // Spaces alone are a line of the block only when they are more than its indentation.
    match !is_blank(written) || (!written.is_empty() && !read.is_empty() && is_blank(read)) {
        true => cut.to_owned().into(),
        false => value,
    }
}

/// The byte offset of a marker.
fn offset(text: &str, marker: &Marker) -> usize {
    let offset = marker.byte_offset();
    offset.or_else(|| text.char_indices().nth(marker.index()).map(|(offset, _)| offset)).unwrap_or(text.len())
}

/// The parser takes tabs before the first key of a text, which no other reader does.
fn refuse_tabs(text: &str, builder: &mut Builder<'_>, style: StructureStyle, at: usize) -> Result<(), Stop> {
    let before = text.get(..at).unwrap_or_default();
    if style == StructureStyle::Flow || !before.ends_with('\t') {
        return Ok(());
    }
    let start = before.trim_end_matches([' ', '\t']).len();
    if before.get(..start).is_some_and(|before| before.is_empty() || before.ends_with(['\n', '\r'])) {
        let tab = start + before.get(start..).and_then(|indent| indent.find('\t')).unwrap_or_default();
        let diagnostic = syntax::tab(builder.origin(tab));
        builder.report(diagnostic);
        return Err(Stop);
    }
    Ok(())
}

/// The first dash of a block list that is the value of the key that ends at `last`: of a list that
/// is not indented below its key the parser gives `at`, the start of the first item.
fn first_dash(text: &str, last: usize, at: usize) -> usize {
    let mut offset = last;
    while let Some(rest) = text.get(offset..at).filter(|rest| !rest.is_empty()) {
        offset += match rest.as_bytes() {
            [b'-', ..] => return offset,
            [b'#', ..] => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            [b'&' | b'!', ..] => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            [b' ' | b'\t' | b'\n' | b'\r' | b':', ..] => 1,
            _ => return at,
        };
    }
    at
}

fn properties(
    builder: &mut Builder<'_>,
    anchor: usize,
    tag: Option<Cow<'_, ParsedTag>>,
    span: &Span,
    text: &str,
) -> Properties {
    let Some(tag) = tag else { return Properties { anchor, tag: None } };
    let known = match tag.suffix_in_namespace(CORE) {
        Some(name) => Tag::core(&name),
        None if matches!(tag.parts(), ("", "!") | ("!", "")) => Some(Tag::NonSpecific),
        None => None,
    };
    if known.is_none() {
        let at = span.tag_start().unwrap_or(span.start);
        let message = format!("the tag `{}` is unknown", super::scalar::excerpt(&tag.original()));
        let help = "remove the tag: manifests are plain data, and nothing would read it";
        let origin = builder.origin(offset(text, &at));
        return Properties { anchor, tag: builder.unknown_tag(message, help, origin) };
    }
    Properties { anchor, tag: known }
}
