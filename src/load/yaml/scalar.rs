//! What a scalar means: one function per dialect, from source text to value.

use std::borrow::Cow;

use ecow::EcoString;

use super::ambiguous;
use super::number::{float, go_integer, integer, split_sign, through_json};
use super::{Dialect, refold, timestamp};
use crate::tree::Value;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes: its type follows from its characters.
    Plain,
    /// Between quotes, or a literal block: text.
    Quoted,
    /// A folded block: text, which kustomize does not always read as it is written.
    Folded,
}

/// An explicit tag that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `!`: no particular type.
    NonSpecific,
    /// `!!str`.
    Str,
    /// `!!int`.
    Int,
    /// `!!float`.
    Float,
    /// `!!bool`.
    Bool,
    /// `!!null`.
    Null,
    /// `!!timestamp`.
    Timestamp,
    /// `!!binary`.
    Binary,
    /// `!!map`.
    Map,
    /// `!!seq`.
    Seq,
}

impl Tag {
    /// The tag whose name in the namespace `tag:yaml.org,2002:` is `name`.
    pub(super) fn core(name: &str) -> Option<Self> {
        Some(match name {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "timestamp" => Self::Timestamp,
            "binary" => Self::Binary,
            "map" => Self::Map,
            "seq" => Self::Seq,
            _ => return None,
        })
    }

    /// How the tag is written.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::NonSpecific => "!",
            Self::Str => "!!str",
            Self::Int => "!!int",
            Self::Float => "!!float",
            Self::Bool => "!!bool",
            Self::Null => "!!null",
            Self::Timestamp => "!!timestamp",
            Self::Binary => "!!binary",
            Self::Map => "!!map",
            Self::Seq => "!!seq",
        }
    }
}

/// Why a scalar has no value: the parts of a diagnostic.
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

impl Problem {
    pub(super) fn new(code: &'static str, message: String, help: impl Into<String>) -> Self {
        Self { code, message, help: help.into() }
    }
}

/// The value of a scalar without regard to the place where it stands.
pub(super) fn resolve(dialect: Dialect, text: &str, style: Style, tag: Option<Tag>) -> Result<Value, Problem> {
    let value = match (tag, style) {
        (None, Style::Quoted) => return Ok(Value::Str(text.into())),
        (None, Style::Folded) => {
            let refolded =
                if matches!(dialect, Dialect::Resource | Dialect::MergePatch) { refold::refolded(text) } else { None };
            return Ok(Value::Str(refolded.unwrap_or_else(|| text.into())));
        }
        (None, Style::Plain) => plain(dialect, text)?,
        (Some(tag), style) => tagged(dialect, text, style, tag)?,
    };
    match value {
        Value::Float(number) if !number.is_finite() => Err(not_finite(text)),
        value => Ok(value),
    }
}

/// The text of a plain scalar at a place that keeps text: its source characters, unless it says
/// that there is nothing.
pub(super) fn kept_text(text: &str) -> Value {
    if is_null(text) { Value::Null } else { Value::Str(text.into()) }
}

fn not_finite(text: &str) -> Problem {
    Problem::new(
        "not-finite",
        format!("`{}` is not a finite number, and JSON has no other", excerpt(text)),
        "write a number, or put it in quotes if text is meant",
    )
}

fn plain(dialect: Dialect, text: &str) -> Result<Value, Problem> {
    match dialect {
        Dialect::Resource | Dialect::MergePatch => Ok(go(text, true)),
        Dialect::JsonPatch => Ok(json_patch(text)),
        Dialect::Model => ambiguous::settled(text),
    }
}

/// Whether the YAML 1.2 core schema reads `text` as null, which YAML 1.1 does too.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// The truth value in the YAML 1.2 core schema.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The truth value that only YAML 1.1 reads.
pub(super) fn old_truth(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Infinity and not-a-number, which are written alike in YAML 1.1, 1.2 and Go's readers.
pub(super) fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Whether a plain scalar may be something other than text in the readers of kustomize, by its
/// first character.
fn is_text_by_first_byte(text: &str) -> bool {
    let hint =
        |byte: &u8| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9' | b'~' | b't' | b'T' | b'f' | b'F' | b'n' | b'N');
    !text.is_empty() && !text.as_bytes().first().is_some_and(hint)
}

/// A plain scalar as yaml.v3 reads it and JSON and yaml.v2 pass it on (observed on kustomize
/// 5.5.0): YAML 1.2 booleans, YAML 1.1 numbers with underscores, octal with `0` and `0o`, binary,
/// and no sexagesimal numbers.
fn go(text: &str, with_timestamps: bool) -> Value {
    if is_text_by_first_byte(text) {
        return Value::Str(text.into());
    }
    if is_null(text) {
        return Value::Null;
    }
    if let Some(truth) = truth(text) {
        return Value::Bool(truth);
    }
    if let Some(special) = special_float(text) {
        return Value::Float(special);
    }
    if with_timestamps && let Some(moment) = timestamp::normalize(text) {
        return Value::Str(moment);
    }
    go_number(text).unwrap_or_else(|| Value::Str(text.into()))
}

fn go_number(text: &str) -> Option<Value> {
    let starts_as_number = text.bytes().next().is_some_and(|byte| matches!(byte, b'+' | b'-' | b'.' | b'0'..=b'9'));
    if !starts_as_number {
        return None;
    }
    // Go drops underscores wherever they stand, but not in what starts with a point.
    let digits = match text.contains('_') && !text.starts_with('.') {
        true => Cow::Owned(text.replace('_', "")),
        false => Cow::Borrowed(text),
    };
    go_integer(&digits).or_else(|| float(&digits).filter(|number| number.is_finite()).map(through_json))
}

/// A plain scalar inside an inline JSON 6902 patch, which kustomize reads with yaml.v2: YAML 1.1
/// booleans, timestamps stay as written, and every number passes through a 64-bit float.
fn json_patch(text: &str) -> Value {
    if let Some(truth) = old_truth(text) {
        return Value::Bool(truth);
    }
    const EXACT: i64 = 1 << f64::MANTISSA_DIGITS;
    match go(text, false) {
        Value::Int(number) if !(-EXACT..=EXACT).contains(&number) => through_json(number as f64),
        Value::Uint(number) => through_json(number as f64),
        value => value,
    }
}

/// A plain scalar in the YAML 1.2 core schema (specification 1.2.2, section 10.3.2).
pub(super) fn core(text: &str) -> Value {
    if is_null(text) {
        return Value::Null;
    }
    if let Some(truth) = truth(text) {
        return Value::Bool(truth);
    }
    let number = || match text.get(..2) {
        Some("0x") => integer(None, text.get(2..)?, 16),
        Some("0o") => integer(None, text.get(2..)?, 8),
        _ => {
            let (sign, digits) = split_sign(text);
            integer(sign, digits, 10)
        }
    };
    let floating = || special_float(text).or_else(|| float(text)).map(Value::Float);
    number().or_else(floating).unwrap_or_else(|| Value::Str(text.into()))
}

/// A scalar with a tag: the tag decides, not the quotes. Kustomize refuses text that does not
/// resolve to the type of its tag, and so does this.
fn tagged(dialect: Dialect, text: &str, style: Style, tag: Tag) -> Result<Value, Problem> {
    let untagged = || match dialect {
        Dialect::Resource | Dialect::MergePatch | Dialect::JsonPatch => plain(dialect, text),
        Dialect::Model => Ok(core(text)),
    };
    let mismatch = || {
        let message = format!("`{}` does not fit its tag `{}`", excerpt(text), tag.text());
        Problem::new("tag-mismatch", message, "remove the tag, or write a value of that type")
    };
    match tag {
        // yaml.v3 ignores `!`; yaml.v2 and YAML 1.2 read text.
        Tag::NonSpecific if matches!(dialect, Dialect::Resource | Dialect::MergePatch) && style == Style::Plain => {
            untagged()
        }
        Tag::NonSpecific | Tag::Str => Ok(Value::Str(text.into())),
        Tag::Binary => decode_base64(text).map(Value::Str).ok_or_else(mismatch),
        Tag::Timestamp => timestamp::normalize(text).map(Value::Str).ok_or_else(mismatch),
        Tag::Map | Tag::Seq => Err(mismatch()),
        Tag::Int if is_written_as_float(text) => Err(mismatch()),
        Tag::Int | Tag::Float | Tag::Bool | Tag::Null => untagged().and_then(|value| match fits(&value, tag) {
            true => Ok(value),
            false => Err(mismatch()),
        }),
    }
}

/// Whether `text` is written as a float although its value may be whole (`1.0`).
fn is_written_as_float(text: &str) -> bool {
    text.contains('.') || (text.contains(['e', 'E']) && float(text).is_some())
}

fn fits(value: &Value, tag: Tag) -> bool {
    match value {
        Value::Null => tag == Tag::Null,
        Value::Bool(_) => tag == Tag::Bool,
        Value::Int(_) | Value::Uint(_) => matches!(tag, Tag::Int | Tag::Float),
        Value::Float(_) => tag == Tag::Float,
        Value::Str(_) | Value::Seq(_) | Value::Map(_) => false,
    }
}

/// Base64 with padding (RFC 4648, section 4), line breaks ignored as Go does. Bytes that are no
/// UTF-8 become U+FFFD one by one, for that is what Go's JSON makes of them.
fn decode_base64(text: &str) -> Option<EcoString> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let data = digits.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    if !digits.len().is_multiple_of(4) || digits.len() - data > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(data);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.get(..data)? {
        bits = (bits << 6 | sextet(*digit)?) & 0xFFFF;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    let mut decoded = EcoString::new();
    for chunk in bytes.utf8_chunks() {
        decoded.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|_| decoded.push('\u{FFFD}'));
    }
    Some(decoded)
}

fn sextet(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// A character that kustomize refuses in a value: JSON passes it on raw, and the next reader does
/// not take it (U+007F, the C1 control characters but U+0085, U+FFFE and U+FFFF).
pub(super) fn refused_character(text: &str) -> Option<char> {
    if !text.bytes().any(|byte| byte >= 0x7F) {
        return None;
    }
    let refused = |c: &char| matches!(c, '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}');
    text.chars().find(refused)
}

/// The text that is left of `text` after kustomize has written it as JSON and read that as YAML
/// 1.1, where U+0085 is a line break and folds: one becomes a space, more become newlines, and
/// the spaces around them go. `None` when the text stays as it is.
pub(super) fn folded(text: &str) -> Option<EcoString> {
    const BREAK: char = '\u{85}';
    if text.is_ascii() || !text.contains(BREAK) {
        return None;
    }
    let mut folded = EcoString::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BREAK) {
        rest = after.trim_start_matches([' ', BREAK]);
        let more = after.strip_suffix(rest)?.matches(BREAK).count();
        folded.push_str(before.trim_end_matches(' '));
        folded.push_str(if more == 0 { " " } else { "" });
        (0..more).for_each(|_| folded.push('\n'));
    }
    folded.push_str(rest);
    Some(folded)
}

/// A character that kustomize refuses in a key: the same, and U+0085, for no key may hold a line
/// break on the way through JSON.
pub(super) fn refused_in_key(text: &str) -> Option<char> {
    refused_character(text).or_else(|| text.chars().find(|c| *c == '\u{85}'))
}

/// At most 40 characters of `text`, for messages.
pub(super) fn excerpt(text: &str) -> String {
    let mut short: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
