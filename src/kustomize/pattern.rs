//! Regular expressions as Go's `regexp` reads them, where it differs from ours: a brace that begins
//! no count, and a bracket inside of a class, stand for themselves.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Error, Regex};

/// Compiles a pattern.
pub(super) fn compile(pattern: &str) -> Result<Regex, Error> {
    Regex::new(&ours(pattern))
}

/// What an image must match that an entry of `images` with this name is for, where kustomize, which
/// takes every name for the beginning of a pattern, finds others by it than those of that name.
pub(super) fn image(name: &str) -> Option<Regex> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let rest = "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$";
    (!name.chars().all(is_plain)).then(|| compile(&format!("^{name}{rest}")).ok()).flatten()
}

/// The same pattern in our syntax.
fn ours(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '[' => class(&mut chars, &mut out),
            '{' if !is_count(chars.clone()) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
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
fn is_count(chars: Peekable<Chars>) -> bool {
    let text: String = chars.take_while(|c| *c != '}').take(16).collect();
    let (least, most) = text.split_once(',').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
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
}
