//! What a route names: hosts, and prefixes of paths.

use super::{dns_subdomain, shown};

/// A host of a route: a DNS name, or `*.` and a DNS name.
pub fn host(text: &str) -> Result<(), String> {
    match text.strip_prefix("*.") {
        Some(rest) => dns_subdomain(rest),
        None if text.contains('*') => Err("`*` stands for the whole first part, as in `*.example.com`".into()),
        None if text.contains("://") || text.contains(':') || text.contains('/') => {
            Err("a host has no scheme, port or path".into())
        }
        None if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.') => {
            Err("a host is a name, not an address".into())
        }
        None => dns_subdomain(text),
    }
}

/// A prefix of paths that every provider of routes takes: absolute, without a slash at the end,
/// and in the one spelling that a path has (the Gateway API's rule for `PathPrefix`).
pub fn path_prefix(text: &str) -> Result<(), String> {
    if !text.starts_with('/') {
        return Err("a path starts with `/`".into());
    }
    if text == "/" {
        return Ok(());
    }
    if text.ends_with('/') {
        return Err("a prefix has no `/` at its end: it covers what is below it anyway".into());
    }
    if text.split('/').skip(1).any(|part| matches!(part, "" | "." | "..")) {
        return Err("a path has no empty part and no `.` or `..`".into());
    }
    let lower = text.to_ascii_lowercase();
    if lower.contains("%2f") {
        return Err("`%2F` is read as `/` by some and not by others".into());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-/._~!$&'()*+,;=:@".contains(c);
    let mut rest = text;
    while let Some(bad) = rest.find(|c| !allowed(c)) {
        let hex = |at: usize| rest.as_bytes().get(bad + at).is_some_and(u8::is_ascii_hexdigit);
        if !(rest[bad..].starts_with('%') && hex(1) && hex(2)) {
            let bad = rest[bad..].chars().next().unwrap_or('?');
            return Err(format!("{} is not allowed in a path", shown(bad)));
        }
        rest = &rest[bad + 3..];
    }
    Ok(())
}

/// Whether `path` is `prefix` or lies below it.
pub fn is_below(path: &str, prefix: &str) -> bool {
    prefix == "/" || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_with_at_most_one_star_in_front() {
        for good in ["example.com", "*.example.com", "a-b.example.com", "localhost"] {
            assert_eq!(host(good), Ok(()), "{good}");
        }
        for bad in ["", "*", "a.*.com", "*a.com", "https://a.com", "a.com:80", "a.com/x", "10.0.0.1", "A.com", "a..b"] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_prefix_has_one_spelling() {
        for good in ["/", "/v1/api/sale", "/a.b/c-d_~", "/%20x", "/a:b@c"] {
            assert_eq!(path_prefix(good), Ok(()), "{good}");
        }
        for bad in [
            "", "v1", "/a/", "//", "/a//b", "/a/../b", "/./a", "/a%2fb", "/a%2Fb", "/a?x", "/a#x", "/a`b", "/é", "/%2",
            "/%zz", "/a b",
        ] {
            assert!(path_prefix(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn below_is_by_parts_of_the_path() {
        assert!(is_below("/a/b", "/a") && is_below("/a", "/a") && is_below("/a", "/"));
        assert!(!is_below("/ab", "/a") && !is_below("/a", "/a/b"));
    }
}
