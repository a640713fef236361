//! Where each part of a text is: the bytes of scalars, collections and keys, as they are written.

use std::collections::HashSet;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use super::super::MAX_DEPTH;
use super::super::scalar;

/// A node of the text.
#[derive(Clone, Debug)]
pub(super) struct Syntax {
    /// Its bytes, without anchor and tag. Of a block collection: from its first key or item to the
    /// end of its last. Of what is not there: the place right behind the colon or dash.
    pub span: Range<usize>,
    pub shape: Shape,
    /// Whether aliases stand for it elsewhere.
    pub is_shared: bool,
    anchor: usize,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A scalar on its own bytes.
    Scalar(ScalarStyle),
    /// A literal or folded block; the span holds its lines without blank ones at the end.
    Block,
    /// Nothing behind a colon or dash.
    Absent,
    Alias,
    Seq {
        is_flow: bool,
        items: Vec<Syntax>,
    },
    Map {
        is_flow: bool,
        entries: Vec<Entry>,
    },
    /// A pair without braces in a flow list, or a collection as a key: rare, and left alone.
    Odd,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key's text; `None` when it is an alias or no scalar.
    pub key: Option<String>,
    /// The bytes of the key, quotes included.
    pub key_span: Range<usize>,
    pub value: Syntax,
}

impl Entry {
    pub fn span(&self) -> Range<usize> {
        self.key_span.start..self.value.span.end
    }
}

impl Syntax {
    fn new(span: Range<usize>, shape: Shape) -> Self {
        Self { span, shape, is_shared: false, anchor: 0 }
    }

    /// Whether it holds nothing: no text at all, or a document of comments.
    pub fn is_null(&self, text: &str) -> bool {
        match self.shape {
            Shape::Absent => true,
            Shape::Scalar(ScalarStyle::Plain) => text.get(self.span.clone()).is_some_and(scalar::is_null),
            _ => false,
        }
    }
}

/// An open collection.
struct Open {
    node: Syntax,
    key: Option<(Option<String>, Range<usize>)>,
}

/// The documents of `text`; `None` when it is no YAML.
pub(super) fn documents(text: &str) -> Option<Vec<Syntax>> {
    let mut options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader { text, open: Vec::new(), documents: Vec::new(), aliases: HashSet::new() };
    while let Some(event) = parser.next_event() {
        let (event, span) = event.ok()?;
        reader.take(event, &span)?;
    }
    let Reader { mut documents, aliases, .. } = reader;
    documents.iter_mut().for_each(|document| mark_shared(document, &aliases));
    Some(documents)
}

struct Reader<'t> {
    text: &'t str,
    open: Vec<Open>,
    documents: Vec<Syntax>,
    /// The anchors that aliases name; their numbers are never used again.
    aliases: HashSet<usize>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Option<()> {
        let bytes = span.byte_range()?;
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let shape = match style {
                    ScalarStyle::Plain if bytes.is_empty() => Shape::Absent,
                    ScalarStyle::Literal | ScalarStyle::Folded => Shape::Block,
                    style => Shape::Scalar(style),
                };
                let bytes = if matches!(shape, Shape::Block) { self.without_blank_end(bytes) } else { bytes };
                let node = Syntax { anchor, ..Syntax::new(bytes, shape) };
                self.place(node, Some(value.into_owned()))
            }
            Event::Alias(anchor) => {
                self.aliases.insert(anchor);
                self.place(Syntax::new(bytes, Shape::Alias), None)
            }
            Event::MappingStart(style, anchor, _) => {
                let is_flow = style == StructureStyle::Flow;
                let entries = Vec::new();
                self.start(bytes, Shape::Map { is_flow, entries }, anchor);
                Some(())
            }
            Event::SequenceStart(style, anchor, _) => {
                let is_flow = style == StructureStyle::Flow;
                self.start(bytes, Shape::Seq { is_flow, items: Vec::new() }, anchor);
                Some(())
            }
            Event::MappingEnd | Event::SequenceEnd => self.end(bytes),
            _ => Some(()),
        }
    }

    fn start(&mut self, bytes: Range<usize>, shape: Shape, anchor: usize) {
        self.open.push(Open { node: Syntax { anchor, ..Syntax::new(bytes, shape) }, key: None });
    }

    fn end(&mut self, bytes: Range<usize>) -> Option<()> {
        let Open { mut node, .. } = self.open.pop()?;
        let brackets = self.text.get(node.span.clone()).unwrap_or_default();
        match &node.shape {
            Shape::Map { is_flow: true, .. } | Shape::Seq { is_flow: true, .. } if !matches!(brackets, "{" | "[") => {
                node.shape = Shape::Odd;
            }
            Shape::Map { is_flow: true, .. } | Shape::Seq { is_flow: true, .. } => node.span.end = bytes.end,
            Shape::Map { entries, .. } => node.span = around(entries.iter().map(Entry::span), &node.span),
            Shape::Seq { items, .. } => node.span = around(items.iter().map(|item| item.span.clone()), &node.span),
            _ => {}
        }
        self.place(node, None)
    }

    /// Puts a finished node where it belongs; `text` is that of a scalar.
    fn place(&mut self, node: Syntax, text: Option<String>) -> Option<()> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Some(());
        };
        match &mut open.node.shape {
            Shape::Seq { items, .. } => items.push(node),
            Shape::Map { entries, .. } => match open.key.take() {
                None => open.key = Some((text, node.span)),
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
            },
            _ => return None,
        }
        Some(())
    }

    /// The lines of a literal or folded block without blank ones and the line break at the end.
    fn without_blank_end(&self, bytes: Range<usize>) -> Range<usize> {
        let lines = self.text.get(bytes.clone()).unwrap_or_default();
        bytes.start..bytes.start + lines.trim_end_matches([' ', '\n', '\r']).len()
    }
}

fn around(mut parts: impl Iterator<Item = Range<usize>>, none: &Range<usize>) -> Range<usize> {
    let Some(first) = parts.next() else { return none.clone() };
    first.start..parts.last().map_or(first.end, |last| last.end)
}

fn mark_shared(node: &mut Syntax, aliases: &HashSet<usize>) {
    node.is_shared = aliases.contains(&node.anchor);
    match &mut node.shape {
        Shape::Seq { items, .. } => items.iter_mut().for_each(|item| mark_shared(item, aliases)),
        Shape::Map { entries, .. } => entries.iter_mut().for_each(|entry| mark_shared(&mut entry.value, aliases)),
        _ => {}
    }
}
