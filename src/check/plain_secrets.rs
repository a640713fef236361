//! Secrets in plain text: in ConfigMaps, variables, arguments, annotations and URLs, wherever one
//! stands that is no Secret. What is found is never shown.

use super::Build;
use super::needs;
use super::pods::{self, list};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::origin::Origin;
use crate::resource::Resource;
use crate::tree::{Entry, Node, Path, TextAt};

/// What a token of a service begins with, how long the whole is at least, and whose it is.
const TOKENS: [(&str, usize, &str); 24] = [
    ("AIza", 39, "an API key of Google"),
    ("GOCSPX-", 30, "a client secret of Google"),
    ("ghp_", 40, "a token of GitHub"),
    ("gho_", 40, "a token of GitHub"),
    ("ghs_", 40, "a token of GitHub"),
    ("ghu_", 40, "a token of GitHub"),
    ("github_pat_", 60, "a token of GitHub"),
    ("glpat-", 26, "a token of GitLab"),
    ("gldt-", 25, "a token of GitLab"),
    ("xoxb-", 30, "a token of Slack"),
    ("xoxp-", 30, "a token of Slack"),
    ("xapp-", 30, "a token of Slack"),
    ("sk_live_", 24, "a key of Stripe"),
    ("rk_live_", 24, "a key of Stripe"),
    ("sk-ant-", 40, "a key of Anthropic"),
    ("sk-proj-", 40, "a key of OpenAI"),
    ("hvs.", 28, "a token of Vault"),
    ("dckr_pat_", 30, "a token of Docker Hub"),
    ("npm_", 40, "a token of npm"),
    ("pypi-AgEI", 50, "a token of PyPI"),
    ("dop_v1_", 64, "a token of DigitalOcean"),
    ("SG.", 60, "a key of SendGrid"),
    ("lin_api_", 40, "a key of Linear"),
    ("AGE-SECRET-KEY-1", 60, "a key of age"),
];

pub(super) fn check(build: &Build<'_>, diagnostics: &mut Diagnostics) {
    for resource in build.resources.iter().filter(|resource| !holds_secrets(resource)) {
        resource.root.each_text(&mut |TextAt { text, origin, is_key }, path| {
            if let Some((what, sure)) = (!is_key).then(|| in_text(text)).flatten() {
                diagnostics.push(finding(build, resource, Found { what, sure, origin, path }));
            }
        });
        named(build, resource, diagnostics);
    }
}

/// Secrets hold secrets; what is encrypted or describes a schema does not.
fn holds_secrets(resource: &Resource) -> bool {
    matches!(resource.kind(), "Secret" | "SealedSecret" | "SopsSecret" | "CustomResourceDefinition")
        || resource.root.get("sops").is_some()
}

struct Found<'a> {
    what: &'static str,
    sure: bool,
    origin: Origin,
    path: &'a Path,
}

fn finding(build: &Build<'_>, resource: &Resource, Found { what, sure, origin, path }: Found<'_>) -> Diagnostic {
    let message = format!("`{}` holds {what} in plain text, in `{path}`", resource.id());
    let diagnostic = match sure {
        true => Diagnostic::error("plain-secret", message),
        false => Diagnostic::warning("likely-secret", message),
    };
    let help = "move it into a Secret and refer to its key; what is in the repository already has to be replaced";
    diagnostic.about(resource.id()).at(build.or_resource(resource, origin)).help(help)
}

/// The first secret in a text, by its form alone: what it is, and whether nothing else looks so.
fn in_text(text: &str) -> Option<(&'static str, bool)> {
    if text.len() < 12 {
        return None;
    }
    if text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN ") && has_key(text) {
        return Some(("a private key", true));
    }
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let token = text.split(is_end).filter(|word| word.len() >= 20).find_map(|word| {
        let is_it = |(start, length, _): &&(&str, usize, &str)| word.len() >= *length && word.starts_with(start);
        let (_, _, what) = TOKENS.iter().find(is_it)?;
        (entropy(word) > 3.0).then_some(*what)
    });
    if let Some(what) = token {
        return Some((what, true));
    }
    has_credentials(text).then_some(("the password of a URL", false))
}

/// Whether a block of a key has content: an example has an ellipsis there.
fn has_key(text: &str) -> bool {
    let body = text.split("PRIVATE KEY-----").nth(1).unwrap_or_default();
    body.split_whitespace()
        .any(|line| line.len() >= 32 && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)))
}

/// Whether a URL in the text has a password that is no placeholder.
fn has_credentials(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = text.get(at + 3..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || "/'\"`<>?#,;|)".contains(c);
        let host = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        let password = host.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
        password.is_some_and(|password| password.len() >= 3 && !is_placeholder(password))
    })
}

/// Texts that stand for a value, or that everybody knows.
fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let stands_for = [
        "$",
        "{",
        "<",
        "%",
        "*",
        "...",
        "placeholder",
        "example",
        "redacted",
        "your",
        "replace",
        "xxx",
        "changeme",
        "change-me",
        "todo",
    ];
    stands_for.iter().any(|one| lower.contains(one))
        || ["password", "passwd", "pass", "secret", "token", "none", "null", "true", "false", "empty", "test", "dummy"]
            .contains(&&*lower)
        || text.bytes().all(|byte| text.bytes().next() == Some(byte))
}

/// Variables and entries of ConfigMaps whose name says that the value is a secret.
fn named(build: &Build<'_>, resource: &Resource, diagnostics: &mut Diagnostics) {
    let mut say = |name: &str, node: &Node, what: &str| {
        if node.as_str().is_some_and(|value| is_secret(name, value) && in_text(value).is_none()) {
            let message = format!("{what} `{name}` of `{}` looks like a secret in plain text", resource.id());
            diagnostics.push(
                Diagnostic::warning("likely-secret", message)
                    .about(resource.id())
                    .at(build.at(resource, node))
                    .help("move it into a Secret and refer to its key"),
            );
        }
    };
    if resource.kind() == "ConfigMap" && resource.id().gvk.group.is_empty() {
        let entries: Vec<&Entry> = resource.root.get("data").into_iter().flat_map(Node::entries).collect();
        entries.iter().for_each(|entry| say(&entry.key, &entry.node, "the entry"));
    }
    let Some(spec) = pods::spec(resource) else { return };
    for variable in needs::containers(spec).flat_map(|container| list(container, "env")) {
        if let (Some(name), Some(value)) = (pods::text(variable, "name"), variable.get("value")) {
            say(name, value, "the variable");
        }
    }
}

/// Words of a name that say what the value is.
const SECRET: [&str; 8] = ["password", "passwd", "pwd", "secret", "token", "credential", "credentials", "passphrase"];
/// Words that together do.
const PAIRS: [[&str; 2]; 5] =
    [["api", "key"], ["access", "key"], ["private", "key"], ["encryption", "key"], ["signing", "key"]];
/// Last words of names of something else: where a secret is, how long it counts.
const OTHER: [&str; 50] = [
    "name",
    "file",
    "path",
    "ref",
    "url",
    "uri",
    "enabled",
    "enable",
    "disabled",
    "ttl",
    "expiry",
    "expiration",
    "expires",
    "timeout",
    "length",
    "size",
    "issuer",
    "header",
    "endpoint",
    "mount",
    "dir",
    "id",
    "policy",
    "namespace",
    "prefix",
    "suffix",
    "count",
    "max",
    "min",
    "algorithm",
    "audience",
    "duration",
    "provider",
    "store",
    "mode",
    "rotation",
    "type",
    "format",
    "claim",
    "field",
    "required",
    "lifetime",
    "interval",
    "version",
    "host",
    "port",
    "user",
    "username",
    "key_name",
    "template",
];

fn is_secret(name: &str, value: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_named = words.iter().any(|word| SECRET.contains(word) || *word == "apikey")
        || words.windows(2).any(|pair| PAIRS.iter().any(|known| known == pair));
    if !is_named || words.last().is_some_and(|last| OTHER.contains(last)) {
        return false;
    }
    let weak = words.iter().any(|word| word.starts_with("passw") || *word == "passphrase" || *word == "pwd");
    let plain = !value.contains(char::is_whitespace)
        && !value.contains("://")
        && !value.starts_with('/')
        && !is_placeholder(value);
    let is_word =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.' | b'_' | b'/'));
    let number = value.parse::<f64>().is_ok() && value.len() < 12;
    match weak {
        true => plain && value.len() >= 4 && !(number && value.len() < 6) && !value.ends_with(".txt"),
        false => plain && value.len() >= 12 && !is_word(value) && !number && entropy(value) > 3.0,
    }
}

/// The words of `DB_PASSWORD`, `dbPassword`, `db.password`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        let starts = c.is_ascii_uppercase() && before_lower;
        if (starts || !c.is_ascii_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        before_lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Bits of information in each character (Shannon).
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|part| -part * part.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::test::{Case, findings};
    use super::*;

    fn found(fields: &str) -> Vec<String> {
        let yaml = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{fields}\n");
        findings(check, &Case { yaml: &yaml, ..Case::default() })
    }

    /// A token in two parts, so that nobody who searches this file finds one.
    fn token(start: &str) -> String {
        format!("{start}{}", "q7Zk2LmX9vB4nR1tY8wC3dF6gH5jP0sA")
    }

    #[test]
    fn tokens_keys_and_passwords_of_urls_are_found_and_never_shown() {
        let github = token("ghp_0123");
        let said = found(&format!("data: {{a: 'token={github};'}}"));
        assert!(said[0].ends_with("`ConfigMap/c` holds a token of GitHub in plain text, in `data.a`"), "{said:?}");
        assert!(said[0].starts_with("plain-secret ['token"));
        let message = said[0].split("] ").nth(1).unwrap();
        assert!(!message.contains("q7Zk2"));
        let key = format!("data: {{a: \"-----BEGIN RSA PRIVATE KEY-----\\n{}\\n\"}}", token("MIIE"));
        assert!(found(&key)[0].contains("holds a private key in plain text"));
        let url = "spec: {annotations: {a: 'postgres://shop:hunter2@db/x'}}";
        assert!(found(url)[0].starts_with("likely-secret ["));
        for good in [
            "data: {a: 'postgres://shop:$(PASSWORD)@db/x'}",
            "data: {a: 'postgres://user@db/x'}",
            "data: {a: 'https://example.com/x:y@z'}",
            "data: {a: '-----BEGIN PRIVATE KEY-----...'}",
            "data: {a: AKIAIOSFODNN7EXAMPLE}",
            "data: {a: 'the prefix ghp_ is what a token begins with'}",
        ] {
            assert_eq!(found(good), [""; 0], "{good}");
        }
    }

    #[test]
    fn a_name_that_says_secret_is_enough_for_a_value_that_looks_like_one() {
        for bad in [
            "DB_PASSWORD: hunter2",
            "dbPassword: hunter2",
            "API_TOKEN: q7Zk2LmX9vB4nR1tY8",
            "session-secret: q7Zk2LmX9vB4nR1tY8",
        ] {
            assert!(found(&format!("data: {{{bad}}}"))[0].starts_with("likely-secret ["), "{bad}");
        }
        for good in [
            "PASSWORD_FILE: /run/x",
            "DB_PASSWORD: changeme",
            "DB_PASSWORD: ''",
            "TOKEN_TTL: 3600s",
            "SECRET_NAME: q7Zk2LmX9vB4nR1tY8",
            "API_TOKEN: some-secret-of-mine",
            "TOKEN_URL: 'https://a.example.com/q7Zk2LmX9vB4'",
            "DB_PASSWORD: '${DB_PASSWORD}'",
            "COLOR: q7Zk2LmX9vB4nR1tY8",
        ] {
            assert_eq!(found(&format!("data: {{{good}}}")), [""; 0], "{good}");
        }
    }

    #[test]
    fn variables_count_and_secrets_do_not() {
        let yaml = "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{env: [{name: DB_PASSWORD, value: hunter2}]}]}}";
        assert!(findings(check, &Case { yaml, ..Case::default() })[0].starts_with("likely-secret [hunter2}"));
        let yaml = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: s}}, stringData: {{a: {}}}}}",
            token("ghp_0123")
        );
        assert_eq!(findings(check, &Case { yaml: &yaml, ..Case::default() }), [""; 0]);
    }
}
