//! Regular expressions as Go's `regexp` reads them, where it differs from ours: a brace that begins
//! no count, and a bracket inside of a class, stand for themselves.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Error, Regex};

use crate::transform::images::Matcher;

/// Compiles a pattern.
pub(super) fn compile(pattern: &str) -> Result<Regex, Error> {
    Regex::new(&ours(pattern)?)
}

/// What finds the images of an entry: kustomize puts its name into a pattern as it stands. A name
/// that makes none finds nothing.
pub(super) fn image(name: &str) -> Matcher {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_./:@-".contains(&b);
    if name.bytes().all(is_plain) {
        return Matcher::Kustomize;
    }
    let version = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$";
    compile(&format!("^{name}{version}")).map_or(Matcher::Name, Matcher::Pattern)
}

/// The same pattern in our syntax. What ours knows and Go's does not is an error.
fn ours(pattern: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut repeated = false;
    while let Some(c) = chars.next() {
        let repeats = matches!(c, '*' | '+' | '?') || (c == '{' && count(chars.clone())?);
        match c {
            '\\' => {
                out.push(c);
                let escaped = chars.next();
                out.extend(escaped);
                // `\p{Greek}` and `\x{1F600}`.
                if matches!(escaped, Some('p' | 'P' | 'x')) && chars.peek() == Some(&'{') {
                    braces(&mut chars, &mut out);
                }
            }
            '[' => class(&mut chars, &mut out),
            '{' if !repeats => out.push_str("\\{"),
            _ if repeats && repeated => return Err(Error::Syntax("a repetition is repeated".to_owned())),
            '{' => {
                out.push(c);
                braces(&mut chars, &mut out);
            }
            '(' => {
                out.push(c);
                group(&mut chars, &mut out)?;
            }
            _ => out.push(c),
        }
        if repeats {
            out.extend(chars.next_if_eq(&'?'));
        }
        repeated = repeats;
    }
    Ok(out)
}

/// Passes on what stands up to a closing brace.
fn braces(chars: &mut Peekable<Chars>, out: &mut String) {
    while let Some(c) = chars.next_if(|c| *c != '}') {
        out.push(c);
    }
    out.extend(chars.next());
}

/// Passes on what says the sort of a group, behind its parenthesis. What it matches is never asked
/// for, and would be kept for each of thousands of groups.
fn group(chars: &mut Peekable<Chars>, out: &mut String) -> Result<(), Error> {
    out.push('?');
    if chars.next_if_eq(&'?').is_none() {
        out.push(':');
        return Ok(());
    }
    while let Some(flag) = chars.next_if(|c| c.is_ascii_alphabetic() || *c == '-') {
        if flag == 'P' && chars.peek() == Some(&'<') {
            out.push(flag);
            return Ok(());
        }
        if !"imsU-".contains(flag) {
            return Err(Error::Syntax(format!("a group has no flag `{flag}`")));
        }
        out.push(flag);
    }
    Ok(())
}

/// Passes a class on, up to its closing bracket.
fn class(chars: &mut Peekable<Chars>, out: &mut String) {
    out.push('[');
    out.extend(chars.next_if_eq(&'^'));
    if chars.next_if_eq(&']').is_some() {
        out.push_str("\\]");
    }
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' if chars.peek() == Some(&':') => {
                out.push(c);
                while let Some(c) = chars.next_if(|c| *c != ']') {
                    out.push(c);
                }
                out.extend(chars.next());
            }
            '[' | '&' | '~' => out.extend(['\\', c]),
            _ => {
                out.push(c);
                if c == ']' {
                    return;
                }
            }
        }
    }
}

/// Whether a count such as `{2}`, `{2,}` or `{2,3}` goes on here, behind its brace.
fn count(chars: Peekable<Chars>) -> Result<bool, Error> {
    const MOST: u32 = 1000;
    let text: String = chars.take_while(|c| *c != '}').take(16).collect();
    let (least, most) = text.split_once(',').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_count = !least.is_empty() && digits(least) && digits(most);
    let above = |text: &str| !text.is_empty() && text.parse::<u32>().map_or(true, |number| number > MOST);
    match is_count && (above(least) || above(most)) {
        true => Err(Error::Syntax(format!("`{{{text}}}` is more than {MOST} times"))),
        false => Ok(is_count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_takes_literally_stands_for_itself() {
        for (pattern, text) in [
            ("^${NAME}-a$", ""),
            ("\\$\\{NAME}", "${NAME}"),
            ("\\${NAME}", "${NAME}"),
            ("a{2}", "aa"),
            ("a{2,}b{1,2}", "aaabb"),
            ("a{,2}", "a{,2}"),
            ("{a", "{a"),
            ("[a[]", "["),
            ("[]a]", "]"),
            ("[^]]", "["),
            ("[[:alpha:]]", "x"),
            ("[a&&b]", "&"),
            ("\\[x", "[x"),
        ] {
            let compiled = compile(pattern).unwrap();
            assert_eq!(compiled.is_match(text), !text.is_empty(), "{pattern}");
        }
        assert!(compile("(").is_err() && compile("*").is_err());
    }
    #[test]
    fn what_go_does_not_know_is_an_error() {
        for pattern in ["a**", "a+*", "a{2}{3}", "a{1001}", "a{1,99999999999}", "(?x)a", "(?u)a", "a???"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
        for pattern in
            ["a*?", "(a*)*", "a{2}?", "(?i)a", "(?:a)", "(?P<n>a)", "(?<n>a)", "(?s-i:a)", r"\pL", r"\p{Greek}"]
        {
            assert!(compile(pattern).is_ok(), "{pattern}");
        }
        assert!(compile(&"(a|b)*".repeat(20_000)).is_ok_and(|pattern| pattern.is_match("ab")));
        assert!(compile("(?i)DEPLOYMENT").is_ok_and(|pattern| pattern.is_match("Deployment")));
    }

    #[test]
    fn the_name_of_an_image_is_a_pattern() {
        for (name, text, fits) in [
            ("nginx", "nginx:1", true),
            ("nginx:1.25", "nginx:1.25", true),
            (".*/app", "ghcr.io/acme/app:1", true),
            (".*/app", "ghcr.io/acme/app:${T}", false),
            ("a|b", "a:$(T)", true),
            ("*", "a:1@sha256:0f", true),
            ("[", "a:1", false),
        ] {
            assert_eq!(image(name).fits(name, text), fits, "{name} {text}");
        }
    }
}
