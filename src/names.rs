//! The syntax of names and short texts that Kubernetes validates: labels, subdomains, keys,
//! schedules, quantities. Each function says in one sentence which rule a text breaks and at
//! which character.

mod address;
mod cron;
mod duration;
mod hash;
mod quantity;
mod route;

pub use address::{cidr, ip_address};
pub use cron::{cron, time_zone};
pub use duration::{canonical_duration, duration, prometheus_duration, prometheus_milliseconds};
pub use hash::without_hash;
pub use quantity::{amount, canonical_quantity, compare_quantities, cpu_text, memory_text, quantity};
pub use route::{host, is_below, path_prefix};

/// What a rule of characters and length allows.
struct Rule {
    /// How messages name such a text, such as `a DNS label`.
    noun: &'static str,
    max: usize,
    /// What may stand anywhere, in words.
    allowed_words: &'static str,
    allowed: fn(char) -> bool,
    first_words: &'static str,
    first: fn(char) -> bool,
    last_words: &'static str,
    last: fn(char) -> bool,
}

impl Rule {
    fn check(&self, text: &str) -> Result<(), String> {
        let Self { noun, max, .. } = self;
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
            return Err(format!("{noun} is not empty"));
        };
        if let Some(bad) = text.chars().find(|c| !(self.allowed)(*c)) {
            return Err(format!("{noun} holds only {}; {} is not allowed", self.allowed_words, shown(bad)));
        }
        if !(self.first)(first) {
            return Err(format!("{noun} starts with {}, not with {}", self.first_words, shown(first)));
        }
        if !(self.last)(last) {
            return Err(format!("{noun} ends with {}, not with {}", self.last_words, shown(last)));
        }
        let length = text.len();
        if length > *max {
            return Err(format!("{noun} has at most {max} characters, this one has {length}"));
        }
        Ok(())
    }
}

/// A character as messages show it: control characters are escaped.
fn shown(c: char) -> String {
    match c {
        '`' => "a backtick".into(),
        ' ' => "a space".into(),
        c if c.is_control() => format!("`{}`", c.escape_default()),
        c => format!("`{c}`"),
    }
}

fn lower_alphanumeric(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn lower_letter(c: char) -> bool {
    c.is_ascii_lowercase()
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn any(_: char) -> bool {
    true
}

const LOWER_ALPHANUMERIC: &str = "a lower-case letter or a digit";
const ALPHANUMERIC: &str = "a letter or a digit";

const DNS_LABEL: Rule = Rule {
    noun: "a DNS label",
    max: 63,
    allowed_words: "lower-case letters, digits and `-`",
    allowed: |c| lower_alphanumeric(c) || c == '-',
    first_words: LOWER_ALPHANUMERIC,
    first: lower_alphanumeric,
    last_words: LOWER_ALPHANUMERIC,
    last: lower_alphanumeric,
};

/// A DNS label as RFC 1123 has it: at most 63 lower-case letters, digits and `-`, with a letter
/// or digit at both ends. Names of namespaces and of containers are such.
pub fn dns_label(text: &str) -> Result<(), String> {
    DNS_LABEL.check(text)
}

/// A DNS label as RFC 1035 has it: a DNS label that starts with a letter. Names of Services are
/// such (Kubernetes before 1.34 takes nothing else).
pub fn service_name(text: &str) -> Result<(), String> {
    Rule { noun: "the name of a Service", first_words: "a lower-case letter", first: lower_letter, ..DNS_LABEL }
        .check(text)
}

/// A DNS subdomain (RFC 1123): DNS labels (of any length) joined by `.`, at most 253 characters.
/// The names of most objects are such.
pub fn dns_subdomain(text: &str) -> Result<(), String> {
    const RULE: Rule = Rule {
        noun: "a DNS subdomain",
        max: 253,
        allowed_words: "lower-case letters, digits, `-` and `.`",
        allowed: |c| lower_alphanumeric(c) || c == '-' || c == '.',
        ..DNS_LABEL
    };
    RULE.check(text)?;
    let bad = |part: &str| part.is_empty() || part.starts_with('-') || part.ends_with('-');
    match text.split('.').find(|part| bad(part)) {
        None => Ok(()),
        Some("") => Err("a DNS subdomain has no two `.` in a row".into()),
        Some(part) => Err(format!(
            "between the `.` of a DNS subdomain each part starts and ends with {LOWER_ALPHANUMERIC}, `{part}` does not"
        )),
    }
}

/// The name part of a label or annotation key, and of nothing else.
const QUALIFIED_NAME: Rule = Rule {
    noun: "the name in a key",
    max: 63,
    allowed_words: "letters, digits, `-`, `_` and `.`",
    allowed: |c| alphanumeric(c) || matches!(c, '-' | '_' | '.'),
    first_words: ALPHANUMERIC,
    first: alphanumeric,
    last_words: ALPHANUMERIC,
    last: alphanumeric,
};

/// A label key: an optional DNS subdomain and `/`, then at most 63 letters, digits, `-`, `_` and
/// `.` with a letter or digit at both ends (Kubernetes `IsQualifiedName`).
pub fn label_key(text: &str) -> Result<(), String> {
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => return Err("a key has at most one `/`".into()),
        Some((prefix, name)) => {
            dns_subdomain(prefix).map_err(|reason| format!("the part of a key before `/` is no DNS name: {reason}"))?;
            name
        }
    };
    QUALIFIED_NAME.check(name)
}

/// An annotation key: a label key whose part before `/` may have upper-case letters, because
/// Kubernetes compares it in lower case.
pub fn annotation_key(text: &str) -> Result<(), String> {
    label_key(&text.to_ascii_lowercase())
}

/// A label value: empty, or at most 63 letters, digits, `-`, `_` and `.` with a letter or digit
/// at both ends.
pub fn label_value(text: &str) -> Result<(), String> {
    match text.is_empty() {
        true => Ok(()),
        false => Rule { noun: "a label value", ..QUALIFIED_NAME }.check(text),
    }
}

/// The name of a port of a container or Service (IANA service name, RFC 6335): at most 15
/// lower-case letters, digits and `-`, with at least one letter and no `-` at an end or beside
/// another.
pub fn port_name(text: &str) -> Result<(), String> {
    Rule { noun: "the name of a port", max: 15, ..DNS_LABEL }.check(text)?;
    if text.contains("--") {
        return Err("the name of a port has no two `-` in a row".into());
    }
    match text.contains(lower_letter) {
        true => Ok(()),
        false => Err("the name of a port has at least one letter".into()),
    }
}

/// The name of an environment variable, as all supported versions of Kubernetes take it: letters,
/// digits, `_`, `-` and `.`, no digit first, neither `.` nor `..` first.
pub fn env_var_name(text: &str) -> Result<(), String> {
    const RULE: Rule = Rule {
        noun: "the name of an environment variable",
        max: 4096,
        allowed_words: "letters, digits, `_`, `-` and `.`",
        allowed: |c| alphanumeric(c) || matches!(c, '_' | '-' | '.'),
        first_words: "a letter, `_`, `-` or `.`",
        first: |c| !c.is_ascii_digit(),
        last_words: "",
        last: any,
    };
    RULE.check(text)?;
    no_dots("the name of an environment variable", text)
}

/// A C identifier: letters, digits and `_`, no digit first. What every shell can read.
pub fn c_identifier(text: &str) -> Result<(), String> {
    const RULE: Rule = Rule {
        noun: "a C identifier",
        max: 4096,
        allowed_words: "letters, digits and `_`",
        allowed: |c| alphanumeric(c) || c == '_',
        first_words: "a letter or `_`",
        first: |c| !c.is_ascii_digit(),
        last_words: "",
        last: any,
    };
    RULE.check(text)
}

/// A key of the data of a ConfigMap or Secret: at most 253 letters, digits, `-`, `_` and `.`,
/// neither `.` nor beginning with `..` (it becomes a file name).
pub fn config_key(text: &str) -> Result<(), String> {
    Rule { noun: "a key of a ConfigMap or Secret", max: 253, first: any, last: any, ..QUALIFIED_NAME }.check(text)?;
    no_dots("a key of a ConfigMap or Secret", text)
}

/// The name of a Role, ClusterRole or binding: any text that can be one part of a URL path.
pub fn path_segment(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a name is not empty".into());
    }
    if matches!(text, "." | "..") {
        return Err(format!("a name is not `{text}`"));
    }
    match text.chars().find(|c| matches!(c, '/' | '%') || c.is_control()) {
        Some(bad) => Err(format!("a name here has no `/` and no `%`; {} is not allowed", shown(bad))),
        None => Ok(()),
    }
}

fn no_dots(noun: &str, text: &str) -> Result<(), String> {
    match text == "." || text.starts_with("..") {
        true => Err(format!("{noun} is not `.` and does not start with `..`")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of `good` passes, each of `bad` is refused with a reason that holds the second text.
    fn check(rule: fn(&str) -> Result<(), String>, good: &[&str], bad: &[(&str, &str)]) {
        for text in good {
            assert_eq!(rule(text), Ok(()), "{text:?}");
        }
        for (text, reason) in bad {
            let message = rule(text).expect_err(text);
            assert!(message.contains(reason), "{text:?}: {message}");
        }
    }

    #[test]
    fn dns_labels_and_subdomains_follow_rfc_1123() {
        let long = "a".repeat(64);
        check(
            dns_label,
            &["a", "0", "a-b", &"a".repeat(63)],
            &[
                ("", "not empty"),
                ("-a", "starts with a lower-case letter or a digit, not with `-`"),
                ("a-", "ends with"),
                ("aB", "`B` is not allowed"),
                ("a.b", "`.` is not allowed"),
                ("é", "`é`"),
                ("a\u{1b}[0m", "`\\u{1b}`"),
                (&long, "at most 63 characters, this one has 64"),
            ],
        );
        check(
            dns_subdomain,
            &["a", "a.b-c.0", &long],
            &[("a..b", "two `.`"), ("a.-b.c", "`-b` does not"), (".a", "starts"), (&"a".repeat(254), "253")],
        );
        check(service_name, &["a0"], &[("0a", "starts with a lower-case letter, not with `0`")]);
    }

    #[test]
    fn label_keys_have_at_most_one_prefix() {
        check(
            label_key,
            &["a", "app.kubernetes.io/name", "A_b.c-d"],
            &[
                ("a/b/c", "at most one `/`"),
                ("/a", "before `/` is no DNS name: a DNS subdomain is not empty"),
                ("a/", "not empty"),
                ("A.io/x", "`A`"),
                ("-a", "starts with"),
                (&"a".repeat(64), "63"),
            ],
        );
        check(annotation_key, &["A.io/x"], &[("a b", "a space")]);
        check(label_value, &["", "v1.2_3-x"], &[("a/b", "`/`"), ("v1.", "ends with"), ("a b", "a space")]);
    }

    #[test]
    fn port_env_and_config_names_follow_their_rules() {
        check(
            port_name,
            &["http", "h2c-0"],
            &[("80", "one letter"), ("a--b", "two `-`"), ("averylongportname", "15"), ("Http", "`H`")],
        );
        check(env_var_name, &["A_B", "_x", "a.b-c", ".a"], &[("1A", "not with `1`"), ("..a", "`..`"), ("A=B", "`=`")]);
        check(c_identifier, &["_a1"], &[("a-b", "`-`")]);
        check(config_key, &[".env", "-a", "A.b_c", "-"], &[("..", "`..`"), ("a/b", "`/`"), (".", "not `.`")]);
        check(path_segment, &["system:auth-delegator", "A b"], &[("a/b", "`/`"), ("..", "not `..`"), ("", "empty")]);
    }
}
