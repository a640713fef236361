//! What the query of an address asks for: `ref` or `version`, `timeout`, `submodules`.

use std::time::Duration;

/// What a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub reference: Option<String>,
    pub timeout: Option<Duration>,
    pub submodules: bool,
}

/// Reads a query; `Err` when it is none. Kustomize lets a query that cannot be read count for
/// nothing, and so the `ref` in it: what is built then is the default branch, in silence.
pub(super) fn read(query: &str) -> Result<Query, String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(key)?, decoded(value)?)).filter(|_| !pair.contains(';'))
    });
    let pairs = pairs.collect::<Option<Vec<_>>>().ok_or("its query cannot be read: `%` is written `%25`, `;` `%3B`")?;
    // Of a key that is there twice the first counts.
    let value = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    };
    Ok(Query {
        reference: value("ref").or_else(|| value("version")).map(str::to_owned),
        timeout: value("timeout").and_then(duration),
        submodules: !matches!(value("submodules"), Some("0" | "f" | "F" | "false" | "FALSE" | "False")),
    })
}

/// `%2F` and `+` of a query; `None` when a `%` has no two digits after it.
fn decoded(text: &str) -> Option<String> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let [high, low, after @ ..] = after else { return None };
                bytes.push(digit(high)? * 16 + digit(low)?);
                rest = after;
            }
            _ => bytes.push(*byte),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A number of seconds, or the like of `61s`, `2m`, `1m30s`.
fn duration(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u32>() {
        return (seconds > 0).then(|| Duration::from_secs(seconds.into()));
    }
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        rest = &rest[end..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end..];
    }
    (total > 0.0 && total < 86_400.0).then(|| Duration::from_secs_f64(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_of_seconds_or_durations() {
        let seconds = |text| duration(text).map(|time| time.as_secs_f64());
        assert_eq!(seconds("61"), Some(61.0));
        assert_eq!(seconds("1m30s"), Some(90.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!([seconds("0"), seconds("-1"), seconds("x"), seconds("1y"), seconds("")], [None; 5]);
    }

    #[test]
    fn a_query_is_read_as_go_reads_one_and_refused_where_go_would_drop_it() {
        let reference = |text| read(text).map(|query| query.reference);
        let said = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(reference("ref=a%2Fb&ref=c"), said("a/b"));
        assert_eq!(reference("version=a&ref=b"), said("b"));
        assert_eq!(reference("ref=&version=a"), said("a"));
        assert_eq!(reference("%72ef=a+b"), said("a b"));
        assert_eq!(reference("ref&ref=a"), Ok(None));
        assert_eq!(reference(""), Ok(None));
        for text in ["ref=100%", "ref=a%zz", "ref=a%+1", "ref=a;b", "%=x&ref=a"] {
            assert!(reference(text).unwrap_err().starts_with("its query cannot be read"), "{text}");
        }
        assert!(!read("submodules=f").unwrap().submodules && read("submodules=no").unwrap().submodules);
    }
}
