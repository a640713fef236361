//! How YAML 1.1 reads a plain scalar, by the expressions on <https://yaml.org/type/>, written
//! without a look at the writer. The types whose expressions differ between that page and common
//! readers are taken in the wider sense.

use crate::tree::Value;

/// The value of a plain scalar.
pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    integer(text).or_else(|| float(text)).or_else(|| timestamp(text)).unwrap_or_else(|| Value::Str(text.into()))
}

/// Whether a text is a number to the specification but beyond 64 bits.
pub fn overflows(text: &str) -> bool {
    let digits = text.replace('_', "");
    let unsigned = digits.trim_start_matches(['+', '-']);
    let prefixed = ["0x", "0X", "0b", "0B", "0o", "0O", "0"].iter().any(|prefix| unsigned.starts_with(prefix));
    digits.parse::<f64>().is_ok_and(f64::is_infinite) || prefixed && unsigned.len() > 12
}

fn integer(text: &str) -> Option<Value> {
    let (negative, unsigned) = sign(text);
    let digits = unsigned.replace('_', "");
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) || digits.contains(['+', '-']) {
        return None;
    }
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'b', ..] => (2, &digits[2..]),
        [b'0', b'x', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits.as_str()),
    };
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let number = if negative { -magnitude } else { magnitude };
    Some(i64::try_from(number).map_or_else(|_| Value::Float(number as f64), Value::Int)).map(|value| match value {
        Value::Float(_) if u64::try_from(number).is_ok() => Value::Uint(number as u64),
        value => value,
    })
}

fn float(text: &str) -> Option<Value> {
    let (negative, unsigned) = sign(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(Value::Float(f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => return Some(Value::Float(f64::NAN)),
        _ => {}
    }
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit());
    if begins && unsigned.contains(':') {
        return base_60(unsigned).map(|value| Value::Float(if negative { -value } else { value }));
    }
    let allowed = unsigned.bytes().all(|byte| byte.is_ascii_digit() || b"._eE+-".contains(&byte));
    let pointed = unsigned.starts_with('.') && unsigned[1..].starts_with(|c: char| c.is_ascii_digit());
    // `._5` and `.5_` are no float to go-yaml, and to this page only by the letter.
    let underscore = unsigned.starts_with('.') && unsigned.contains('_');
    (allowed && (begins || pointed) && !underscore)
        .then(|| text.replace('_', "").parse().ok().map(Value::Float))
        .flatten()
}

fn base_60(text: &str) -> Option<f64> {
    let (first, groups) = text.split_once(':')?;
    if !first.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let mut value: f64 = first.replace('_', "").parse().ok()?;
    let (groups, fraction) = groups.split_once('.').unwrap_or((groups, ""));
    for group in groups.split(':') {
        let digits: f64 =
            (group.len() <= 2 && group.bytes().all(|byte| byte.is_ascii_digit())).then(|| group.parse().ok())??;
        value = (digits < 60.0).then_some(value * 60.0 + digits)?;
    }
    fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_').then_some(value)
}

/// A day that exists, alone or with a time of day in UTC; the expression of the page alone would
/// take 2020-13-45, which no reader does. The tree has no timestamps, so null stands for one: it
/// is no text, which is all that matters.
fn timestamp(text: &str) -> Option<Value> {
    let (day, time) = text.split_once(['T', 't']).unwrap_or((text, "0:00:00Z"));
    let numbers = |text: &str, by| text.split(by).map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>();
    let short = |text: &str, by, first| {
        text.split(by).skip(1).all(|p| matches!(p.len(), 1 | 2)) && text.find(by) <= Some(first)
    };
    let ([_, 1..=12, 1..=28], true) = (numbers(day, '-')?.as_slice(), short(day, '-', 4) && day.find('-') == Some(4))
    else {
        return None;
    };
    let time = time.strip_suffix('Z')?;
    let ([0..24, 0..60, 0..60], true) = (numbers(time, ':')?.as_slice(), short(time, ':', 2)) else { return None };
    (!text.contains('+')).then_some(Value::Null)
}

fn sign(text: &str) -> (bool, &str) {
    (text.starts_with('-'), text.strip_prefix(['+', '-']).unwrap_or(text))
}
