//! A stand-in for the YAML reader: plain block and flow documents, no aliases, no limits.

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::tree::{Map, Node, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Resource,
    JsonPatch,
    Model,
}

#[derive(Debug)]
pub(super) struct Undecodable {
    pub prefix: String,
}

impl Undecodable {
    pub fn diagnostic(&self, base: u32) -> Diagnostic {
        let end = Origin::source(base + self.prefix.len() as u32);
        Diagnostic::error("not-utf8", "the file is not UTF-8 text").at(end).help("save the file as UTF-8")
    }
}

pub(super) fn decode(bytes: Vec<u8>) -> Result<String, Undecodable> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let prefix = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        Undecodable { prefix }
    })
}

enum Open {
    Seq(Vec<Node>, Origin),
    Map(Map, Option<(String, Origin)>, Origin),
}

pub(super) fn read(text: &str, base: u32, _: Dialect, diagnostics: &mut Diagnostics) -> Option<Vec<Node>> {
    let (mut documents, mut open) = (Vec::new(), Vec::<Open>::new());
    for next in Parser::new_from_str(text) {
        let (event, span) = match next {
            Ok(next) => next,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0) as u32;
                diagnostics.push(Diagnostic::error("yaml-syntax", error.info()).at(Origin::source(base + at)));
                return None;
            }
        };
        let origin = Origin::source(base + span.byte_range().map_or(0, |range| range.start) as u32);
        let mut done = match event {
            Event::SequenceStart(..) => {
                open.push(Open::Seq(Vec::new(), origin));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::default(), None, origin));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop()? {
                Open::Seq(items, origin) => Node::new(items, origin),
                Open::Map(map, _, origin) => Node::new(map, origin),
            },
            Event::Scalar(text, style, ..) => Node::new(scalar(&text, style), origin),
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some(Open::Seq(items, _)) => items.push(done),
            Some(Open::Map(map, key, _)) => match key.take() {
                None => *key = Some((done.scalar_text().unwrap_or_default().into(), origin)),
                Some((name, at)) => map.push(name, at, std::mem::replace(&mut done, Node::null(at))),
            },
        }
    }
    Some(documents)
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => text.into(),
        "" | "~" | "null" => Value::Null,
        "true" => true.into(),
        "false" => false.into(),
        _ => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}
