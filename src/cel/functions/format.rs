//! Values as texts: for messages, and `"%s".format([...])`.

use std::fmt::Write as _;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{MAX_BYTES, Outcome, Refusal, because, bounded};
use super::super::types::Special;
use super::time;

/// A text that came from outside, short enough for a message.
pub(in crate::cel) fn cut(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A value in a message.
pub(in crate::cel) fn shown(value: &Value) -> String {
    let mut text = String::new();
    // What does not fit is cut, so it does not matter how much there was.
    let _ = write_value(value, &mut text, &mut Budget::new(1000));
    cut(&text)
}

fn write_value(value: &Value, out: &mut String, budget: &mut Budget) -> Result<(), Refusal> {
    budget.spend(1)?;
    if out.len() > MAX_BYTES {
        return because("the text would be longer than 1 MiB");
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Uint(number) => out.push_str(&number.to_string()),
        Value::Double(number) => out.push_str(&double(*number)),
        Value::Text(text) => {
            budget.spend_bytes(text.len())?;
            out.push_str(text);
        }
        Value::Bytes(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Value::Type(name) => out.push_str(name),
        Value::Optional(None) => out.push_str("optional.none()"),
        Value::Optional(Some(inner)) => write_value(inner, out, budget)?,
        Value::Special(special) => out.push_str(&special_text(special)),
        container => write_container(container, out, budget)?,
    }
    Ok(())
}

fn write_container(container: &Value, out: &mut String, budget: &mut Budget) -> Result<(), Refusal> {
    let is_map = super::super::operators::is_map(container);
    out.push(if is_map { '{' } else { '[' });
    for index in 0..container.count().unwrap_or_default() {
        if index > 0 {
            out.push_str(", ");
        }
        let value = match is_map {
            true => container.entry(index).map(|(key, value, _)| (Some(key), value)),
            false => container.item(index).map(|(value, _)| (None, value)),
        };
        let Some((key, value)) = value else { continue };
        if let Some(key) = key {
            write_value(&key, out, budget)?;
            out.push_str(": ");
        }
        write_value(&value, out, budget)?;
    }
    out.push(if is_map { '}' } else { ']' });
    Ok(())
}

fn double(number: f64) -> String {
    match number {
        _ if number.is_nan() => "NaN".to_owned(),
        _ if number.is_infinite() => if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        _ => number.to_string(),
    }
}

fn special_text(special: &Special) -> String {
    match special {
        Special::Duration(span) => {
            let (seconds, rest) = (span / time::SECOND, (span % time::SECOND).abs());
            let sign = if *span < 0 && seconds == 0 { "-" } else { "" };
            match rest {
                0 => format!("{seconds}s"),
                rest => format!("{sign}{seconds}.{}s", format!("{rest:09}").trim_end_matches('0')),
            }
        }
        Special::Timestamp(at) => time::timestamp_text(*at),
        Special::Quantity(amount) => crate::names::canonical_quantity(&format!("{amount}n")),
        Special::Url(url) => {
            let authority = if url.host.is_empty() { String::new() } else { format!("//{}", url.host) };
            let scheme = if url.scheme.is_empty() { String::new() } else { format!("{}:", url.scheme) };
            let query = if url.query.is_empty() { String::new() } else { format!("?{}", url.query) };
            format!("{scheme}{authority}{}{query}", url.path)
        }
        Special::Ip(ip) => ip.to_string(),
        Special::Cidr(ip, length) => format!("{ip}/{length}"),
        Special::Semver(version) => version.to_string(),
        Special::Format(name) => (*name).to_owned(),
    }
}

/// `%s`, `%d`, `%f` and `%e` with a precision, `%b`, `%x`, `%X`, `%o`, `%%`.
pub(super) fn format(pattern: &str, values: &[Value], budget: &mut Budget) -> Outcome {
    let (mut out, mut rest) = (String::new(), pattern);
    let mut values = values.iter();
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        rest = behind;
        if let Some(behind) = rest.strip_prefix('%') {
            out.push('%');
            rest = behind;
            continue;
        }
        let digits = rest
            .strip_prefix('.')
            .map_or("", |rest| rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()).0);
        let precision =
            if rest.starts_with('.') { digits.parse::<usize>().ok().filter(|p| *p <= 100) } else { Some(6) };
        let Some(precision) = precision else { return because("a precision is a number of at most 100") };
        let skipped = if rest.starts_with('.') { digits.len() + 1 } else { 0 };
        let mut letters = rest.get(skipped..).unwrap_or_default().chars();
        let Some(verb) = letters.next() else { return because("a `%` stands at the end of the format") };
        rest = letters.as_str();
        let Some(value) = values.next() else { return because(format!("there is no value for `%{verb}`")) };
        write_verb(verb, precision, value, &mut out, budget)?;
    }
    out.push_str(rest);
    bounded(out.len(), budget)?;
    Ok(Value::text(out))
}

fn write_verb(
    verb: char,
    precision: usize,
    value: &Value,
    out: &mut String,
    budget: &mut Budget,
) -> Result<(), Refusal> {
    let text = match (verb, value) {
        ('s', value) => return write_value(value, out, budget),
        ('d', Value::Int(_) | Value::Uint(_)) => return write_value(value, out, budget),
        ('f', Value::Double(number)) => format!("{number:.precision$}"),
        ('f', Value::Int(number)) => format!("{:.precision$}", *number as f64),
        ('e', Value::Double(number)) => exponent(*number, precision),
        ('b', Value::Bool(truth)) => u8::from(*truth).to_string(),
        ('b', Value::Int(number)) => signed(*number, |n| format!("{n:b}")),
        ('b', Value::Uint(number)) => format!("{number:b}"),
        ('o', Value::Int(number)) => signed(*number, |n| format!("{n:o}")),
        ('o', Value::Uint(number)) => format!("{number:o}"),
        ('x', Value::Int(number)) => signed(*number, |n| format!("{n:x}")),
        ('x', Value::Uint(number)) => format!("{number:x}"),
        ('X', Value::Int(number)) => signed(*number, |n| format!("{n:X}")),
        ('X', Value::Uint(number)) => format!("{number:X}"),
        ('x' | 'X', Value::Text(text)) => hexadecimal(text.as_bytes(), verb),
        ('x' | 'X', Value::Bytes(bytes)) => hexadecimal(bytes, verb),
        ('d' | 'f' | 'e' | 'b' | 'o' | 'x' | 'X', other) => {
            return because(format!("`%{verb}` takes no value of type `{}`", other.type_name()));
        }
        _ => return because(format!("`%{verb}` is no format; there are %s %d %f %e %b %o %x %X and %%")),
    };
    out.push_str(&text);
    Ok(())
}

fn signed(number: i64, digits: fn(u64) -> String) -> String {
    format!("{}{}", if number < 0 { "-" } else { "" }, digits(number.unsigned_abs()))
}

fn hexadecimal(bytes: &[u8], verb: char) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = if verb == 'x' { write!(out, "{byte:02x}") } else { write!(out, "{byte:02X}") };
        out
    })
}

/// As Go prints it: at least two digits in the exponent.
fn exponent(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}
