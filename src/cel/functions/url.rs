//! URLs.

use ecow::EcoString;

use super::super::Value;
use super::super::budget::Budget;
use super::super::operators::{Outcome, Refusal, because};
use super::super::types::{Special, Url};
use super::{Function, format, free, method, text};

pub(super) const FUNCTIONS: [Function; 8] = [
    free("url", 1, |a, _| match parse(text(&a[0])?) {
        Some(url) => Ok(Value::special(Special::Url(url))),
        None => because(format!("`{}` is no URL and no absolute path", format::cut(text(&a[0])?))),
    }),
    free("isURL", 1, |a, _| Ok(Value::Bool(parse(text(&a[0])?).is_some()))),
    method("getScheme", 1, 1, |a, _| part(&a[0], |url| &url.scheme)),
    method("getHost", 1, 1, |a, _| part(&a[0], |url| &url.host)),
    method("getHostname", 1, 1, |a, _| part(&a[0], |url| &url.hostname)),
    method("getPort", 1, 1, |a, _| part(&a[0], |url| &url.port)),
    method("getEscapedPath", 1, 1, |a, _| part(&a[0], |url| &url.path)),
    method("getQuery", 1, 1, query),
];

fn of(value: &Value) -> Result<&Url, Refusal> {
    match value {
        Value::Special(special) => match special.as_ref() {
            Special::Url(url) => Ok(url),
            _ => Err(Refusal::NoOverload),
        },
        _ => Err(Refusal::NoOverload),
    }
}

fn part(value: &Value, part: fn(&Url) -> &EcoString) -> Outcome {
    Ok(Value::Text(part(of(value)?).clone()))
}

/// An absolute URL or an absolute path, as Go's `url.ParseRequestURI` takes them.
fn parse(text: &str) -> Option<Url> {
    if text.chars().any(|c| c.is_ascii_control() || c == ' ') {
        return None;
    }
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let (scheme, rest) = match before.starts_with('/') {
        true => ("", before),
        false => before.split_once(':')?,
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letters);
    if !scheme.is_empty() && !is_scheme {
        return None;
    }
    if scheme.is_empty() && !before.starts_with('/') {
        return None;
    }
    let (authority, path) = match rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (hostname, port) = host_and_port(host)?;
    Some(Url {
        scheme: scheme.to_ascii_lowercase().into(),
        host: host.into(),
        hostname: hostname.into(),
        port: port.into(),
        path: path.into(),
        query: query.into(),
    })
}

fn host_and_port(host: &str) -> Option<(&str, &str)> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = match rest {
        "" => "",
        rest => rest.strip_prefix(':')?,
    };
    port.bytes().all(|byte| byte.is_ascii_digit()).then_some((name, port))
}

/// The values of each key of the query, in the order of the keys.
fn query(a: &[Value], budget: &mut Budget) -> Outcome {
    let mut entries: Vec<(Value, Vec<Value>)> = Vec::new();
    let query = &of(&a[0])?.query;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        budget.spend(entries.len())?;
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (unescaped(key), Value::text(unescaped(value)));
        let known = entries.iter_mut().find(|(known, _)| matches!(known, Value::Text(text) if *text == key));
        match known {
            Some((_, values)) => values.push(value),
            None => entries.push((Value::text(key), vec![value])),
        }
    }
    Ok(Value::Map(entries.into_iter().map(|(key, values)| (key, Value::List(values.into()))).collect()))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (byte, digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = behind.get(2..).unwrap_or_default();
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
