//! Hides the values of Secrets in source lines and diffs. The decision is made from the text,
//! which may be broken YAML, so it errs on the side of hiding.

use std::borrow::Cow;
use std::ops::Range;

use super::excerpt;
use crate::resource::Resource;
use crate::tree::{Path, Segment};

/// What stands for a hidden value.
const HIDDEN: &str = "…";
/// Fields of a Secret whose values are no secret.
const OPEN_FIELDS: [&str; 6] = ["apiVersion", "kind", "metadata", "type", "immutable", "status"];
/// An annotation in which kubectl keeps a copy of the whole object.
const LAST_APPLIED: &str = "last-applied-configuration";

/// Bytes before the word `Secret` in which `kind` is looked for.
const LOOK_BACK: usize = 200;

/// What a document has to do with Secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Nothing.
    Plain,
    /// It mentions one: a List, a patch of a Secret.
    Mentions,
    /// It is a Secret, written in blocks.
    Secret,
    /// It is or mentions one, and is written in flow style (JSON), where lines say little.
    Flow,
}

/// Whether the field at `path` of a resource is a value of a Secret, or may hold one.
pub(super) fn is_secret_value(resource: &Resource, path: &Path) -> bool {
    let key = |segment: Option<&Segment>| match segment {
        Some(Segment::Key(key)) => key.to_string(),
        _ => String::new(),
    };
    let (first, last) = (path.segments().first(), path.segments().last());
    let copy = key(last).ends_with(LAST_APPLIED);
    copy || resource.kind() == "Secret" && !OPEN_FIELDS.contains(&key(first).as_str())
}

/// Every line of `text` (without line breaks) as it may be shown.
pub(super) fn lines(text: &str) -> Vec<Cow<'_, str>> {
    let mut shown = Vec::new();
    for document in documents(text) {
        let mut reader = Reader::new(document);
        shown.extend(document.lines().map(|line| reader.show(line)));
    }
    shown
}

/// The line that holds byte `offset` of `text` as it may be shown; `None` when nothing in it has
/// to be hidden.
pub(super) fn line_at(text: &str, offset: usize) -> Option<String> {
    let line = &text[excerpt::line_at(text, offset)];
    let shown = secret_line_at(text, offset);
    match without_credentials(shown.as_deref().unwrap_or(line)) {
        hidden if hidden != line => Some(hidden.into_owned()),
        _ => None,
    }
}

fn secret_line_at(text: &str, offset: usize) -> Option<String> {
    let range = excerpt::line_at(text, offset);
    let document = document_at(text, range.start);
    let mut reader = Reader::new(&text[document.clone()]);
    if reader.hides_nothing(&text[document.clone()]) {
        return None;
    }
    text[document.start..range.start].lines().for_each(|line| drop(reader.show(line)));
    let line = &text[range];
    let shown = reader.show(line);
    (shown != line).then(|| shown.into_owned())
}

/// `text` with the user and password of each URL in it covered, character by character, so that
/// what points into the text still does. The user `git` is nobody.
pub(super) fn without_credentials(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|at| at + "://".len()) {
        let (before, after) = rest.split_at(start);
        let ends = |c: char| c.is_whitespace() || c.is_control() || "/'\"`<>".contains(c);
        let host = &after[..after.find(ends).unwrap_or(after.len())];
        let user = host.rfind('@').map_or("", |at| &host[..at]);
        shown.push_str(before);
        match user {
            "git" => shown.push_str(user),
            user => shown.extend(user.chars().map(|_| '*')),
        }
        rest = &after[user.len()..];
    }
    match shown.is_empty() {
        true => text.into(),
        false => (shown + rest).into(),
    }
}

/// A line of which nothing is shown but its first key: that of a mapping, or what is before `=`.
pub(super) fn first_key(line: &str) -> String {
    let start = line.find(|c| !matches!(c, ' ' | '\t' | '-')).unwrap_or(line.len());
    let end = match Key::at(line, start) {
        Some(key) => key.end,
        None => line.find('=').map_or(start, |equals| equals + 1),
    };
    hide_after(line, end).into_owned()
}

/// The document that holds the line which starts at byte `line`.
fn document_at(text: &str, line: usize) -> Range<usize> {
    let before = |marker| text[..line].rfind(marker).map_or(0, |newline| newline + 1);
    let after = |marker| text[line..].find(marker).map_or(text.len(), |newline| line + newline + 1);
    let starts_here = text[line..].starts_with("---") || text[line..].starts_with("...");
    let start = if starts_here { line } else { before("\n---").max(before("\n...")) };
    start..after("\n---").min(after("\n..."))
}

/// The documents of a stream, cut before each `---` and `...` in column 0.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let cut = rest.match_indices('\n').map(|(index, _)| index + 1).find(|next| {
            let line = &rest[*next..];
            line.starts_with("---") || line.starts_with("...")
        });
        let (document, after) = rest.split_at(cut.unwrap_or(rest.len()));
        rest = after;
        Some(document)
    })
}

/// A key above the line that is read.
struct Parent {
    indent: usize,
    /// How many levels below it may still show their keys; `None` when nothing is hidden here.
    keys_shown: Option<usize>,
    /// Whether it is or is below `configMapGenerator`, whose literals are no secret.
    config: bool,
}

/// Reads the lines of one document from the top.
struct Reader {
    class: Class,
    /// The document has JSON pointers into the data of what may be a Secret: `value` is hidden.
    pointers: bool,
    /// The document has patches, or does not say its kind: `data` may be that of a Secret.
    patch: bool,
    parents: Vec<Parent>,
}

impl Reader {
    fn new(document: &str) -> Self {
        let class = class(document);
        let any = |words: &[&str]| words.iter().any(|word| document.contains(word));
        let pointers = any(&["/stringData", "path: /data/", "path: \"/data/", "path: '/data/", "\"path\": \"/data/"])
            || (class != Class::Plain && any(&["/data"]));
        let patch = any(&["merge:", "strategic:"]) || !any(&["kind"]);
        Self { class, pointers, patch, parents: Vec::new() }
    }

    /// Whether no line of the document can be hidden: true for most, and quick to tell.
    fn hides_nothing(&self, document: &str) -> bool {
        let words = ["literals", LAST_APPLIED, "stringData", "stringdata"];
        let data = self.patch && document.contains("data");
        let hidden = data || self.pointers || words.iter().any(|word| document.contains(word));
        self.class == Class::Plain && !hidden
    }

    /// The line as it may be shown.
    fn show<'a>(&mut self, line: &'a str) -> Cow<'a, str> {
        let content = line.trim_start_matches([' ', '\t']);
        if content.is_empty() || line.starts_with("---") && content.trim_end() == "---" || line.starts_with("...") {
            return line.into();
        }
        let indent = line.len() - content.len();
        let item = content == "-" || content.starts_with("- ");
        // An item may stand in the column of its list's key.
        self.parents.retain(|parent| parent.indent < indent || (item && parent.indent == indent));
        if self.class == Class::Flow {
            return self.show_flow(line);
        }
        let body = content.trim_start_matches(['-', ' ']);
        let start = if item { line.len() - body.len() } else { indent };
        let key = Key::at(line, start);
        match self.parents.last() {
            Some(Parent { keys_shown: Some(levels), config, .. }) => {
                let (levels, config) = (*levels, *config);
                let key = key.filter(|_| levels > 0 && !item);
                let below = if key.as_ref().is_some_and(|key| key.value(line).is_empty()) {
                    levels.saturating_sub(1)
                } else {
                    0
                };
                self.parents.push(Parent { indent: start, keys_shown: Some(below), config });
                hide_after(line, key.map_or(start, |key| key.end))
            }
            _ => self.show_open(line, start, key),
        }
    }

    /// A line that is not below a hidden key.
    fn show_open<'a>(&mut self, line: &'a str, start: usize, key: Option<Key<'a>>) -> Cow<'a, str> {
        let config = self.parents.last().is_some_and(|parent| parent.config)
            || key.as_ref().is_some_and(|key| key.name == "configMapGenerator");
        if let Some(key) = &key
            && let Some(levels) = self.levels_below(key.name, start, config)
        {
            let open = if key.value(line).is_empty() { levels } else { 0 };
            self.parents.push(Parent { indent: start, keys_shown: Some(open), config });
            return hide_after(line, key.end);
        }
        let comment = line[start..].starts_with('#');
        if let Some(cut) = self.hidden_key_inside(line, config) {
            self.parents.push(Parent { indent: start, keys_shown: Some(0), config });
            return hide_after(line, cut);
        }
        if key.is_some() && !comment {
            self.parents.push(Parent { indent: start, keys_shown: None, config });
        }
        line.into()
    }

    /// How many levels of keys below the key `name` may be shown; `None` when it holds no secret.
    fn levels_below(&self, name: &str, indent: usize, config: bool) -> Option<usize> {
        let data = name.eq_ignore_ascii_case("data") && (self.patch || self.class != Class::Plain);
        let levels = match () {
            () if name == "literals" && !config => 2,
            () if name.ends_with(LAST_APPLIED) => 0,
            () if self.class == Class::Secret && indent == 0 && !OPEN_FIELDS.contains(&name) => 1,
            () if data || name.eq_ignore_ascii_case("stringData") => 1,
            () if name == "value" && self.pointers => 0,
            () => return None,
        };
        Some(levels)
    }

    /// The byte after a key inside a flow collection on this line whose value is hidden.
    fn hidden_key_inside(&self, line: &str, config: bool) -> Option<usize> {
        let starts = line.char_indices().filter(|(_, c)| matches!(c, '{' | '[' | ','));
        starts
            .filter_map(|(index, _)| {
                let after = &line[index + 1..];
                Key::at(line, line.len() - after.trim_start().len())
            })
            .find(|key| self.levels_below(key.name, usize::MAX, config).is_some())
            .map(|key| key.end)
    }

    /// A line of a Secret in flow style: only what names the object is shown.
    fn show_flow<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let start = line.len() - line.trim_start().len();
        let names = |key: &Key| matches!(key.name, "apiVersion" | "kind") && !line[key.end..].contains(['{', '[']);
        match Key::at(line, start) {
            Some(key) if names(&key) && line[key.end..].matches(':').count() == 0 => line.into(),
            Some(key) if OPEN_FIELDS.contains(&key.name) => hide_after(line, key.end),
            _ if line.trim().chars().all(|c| matches!(c, '{' | '}' | '[' | ']' | ',')) => line.into(),
            _ => hide_after(line, start),
        }
    }
}

/// `line` up to byte `end`, and `…` for the rest when there is one.
fn hide_after(line: &str, end: usize) -> Cow<'_, str> {
    match line[end..].trim() {
        "" => line.into(),
        _ => format!("{}{}{HIDDEN}", &line[..end], if line[..end].ends_with(':') { " " } else { "" }).into(),
    }
}

/// A key on a line.
#[derive(Clone, Copy)]
struct Key<'a> {
    name: &'a str,
    /// The byte after its colon.
    end: usize,
}

impl<'a> Key<'a> {
    /// The plain or quoted key that starts at byte `start` of `line`.
    fn at(line: &'a str, start: usize) -> Option<Self> {
        let text = line.get(start..)?;
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
        let body = &text[usize::from(quote.is_some())..];
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '$');
        let name = &body[..body.find(|c| !plain(c)).unwrap_or(body.len())];
        let mut rest = &body[name.len()..];
        if let Some(quote) = quote {
            rest = rest.strip_prefix(quote)?;
        }
        let after = rest.trim_start_matches(' ').strip_prefix(':')?;
        let separated = after.is_empty() || quote.is_some() || after.starts_with([' ', '\t']);
        (!name.is_empty() && separated).then_some(Self { name, end: line.len() - after.len() })
    }

    /// What follows on the line, without a comment that stands alone.
    fn value(&self, line: &'a str) -> &'a str {
        let value = line[self.end..].trim();
        if value.starts_with('#') { "" } else { value }
    }
}

fn class(document: &str) -> Class {
    let mut class = Class::Plain;
    for (index, word) in document.match_indices("Secret") {
        let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if joined(document[..index].chars().next_back()) || joined(document[index + word.len()..].chars().next()) {
            continue;
        }
        // `kind:` is on the line, with whatever quotes, tags and anchors between, or ends the line above.
        // A bounded look back keeps long lines cheap.
        let window = excerpt::floor(document, index.saturating_sub(LOOK_BACK));
        let before = document[window..index].trim_end();
        let newline = before.rfind('\n').map(|newline| newline + 1);
        let line = &before[newline.unwrap_or(0)..];
        let starts_line = newline.is_some() || window == 0;
        if starts_line && line.trim_start_matches(['"', '\'']).starts_with("kind") {
            class = Class::Secret;
            break;
        }
        if line.contains("kind") {
            class = Class::Mentions;
        }
    }
    let first = document
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with(['#', '%']) && *line != "---");
    let flow = first.is_some_and(|line| line.trim_start_matches("---").trim_start().starts_with(['{', '[']));
    if flow && class != Class::Plain { Class::Flow } else { class }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &str) {
        assert_eq!(lines(input).join("\n"), expected);
        for (number, line) in input.lines().enumerate() {
            let offset = input.lines().take(number).map(|line| line.len() + 1).sum::<usize>();
            let expected = expected.lines().nth(number).unwrap();
            assert_eq!(line_at(input, offset).unwrap_or(line.into()), expected, "line {number}");
            assert_eq!(line_at(input, offset + line.len()).unwrap_or(line.into()), expected, "end of line {number}");
        }
    }

    #[test]
    fn users_and_passwords_of_urls_are_covered_in_place() {
        let shown = |text| without_credentials(text).into_owned();
        assert_eq!(shown("a https://bob:p@ss@h.example/x b"), "a https://********@h.example/x b");
        assert_eq!(shown("`https://t0ken@h/x` and 'ssh://git@h/y'"), "`https://*****@h/x` and 'ssh://git@h/y'");
        assert_eq!(shown("https://h.example/a@b mail a@b"), "https://h.example/a@b mail a@b");
        assert_eq!(line_at("- https://a:b@h/x\n", 3).as_deref(), Some("- https://***@h/x"));
    }

    #[test]
    fn values_of_a_secret_are_hidden_and_its_keys_are_not() {
        check(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  labels: {a: b}\ntype: Opaque\nstringData:\n  URL: postgres://u:pw@h\n  # old: pw\n  file: |\n    user: me\n    pw\n  'x y': pw\nstringdata:\n  KEY: pw\n",
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  labels: {a: b}\ntype: Opaque\nstringData:\n  URL: …\n  …\n  file: …\n    …\n    …\n  …\nstringdata:\n  KEY: …",
        );
    }

    #[test]
    fn the_data_of_other_kinds_stays() {
        let text = "kind: ConfigMap\ndata:\n  A: b\n---\nkind: SecretStore\ndata:\n  A: b\n";
        check(text, text.trim_end());
    }

    #[test]
    fn one_secret_does_not_hide_the_next_document() {
        check(
            "kind: Secret\ndata: {A: pw}\n---\nkind: ConfigMap\ndata: {A: b}\n",
            "kind: Secret\ndata: …\n---\nkind: ConfigMap\ndata: {A: b}",
        );
        check(
            "kind: ConfigMap\ndata:\n  A: b\n---\ndata:\n  A: pw\nkind: Secret",
            "kind: ConfigMap\ndata:\n  A: b\n---\ndata:\n  A: …\nkind: Secret",
        );
    }

    #[test]
    fn lists_patches_and_copies_of_secrets_are_hidden() {
        check(
            "kind: List\nitems:\n- kind: Secret\n  data:\n    A: pw\n  type: Opaque\n",
            "kind: List\nitems:\n- kind: Secret\n  data:\n    A: …\n  type: Opaque",
        );
        check(
            "replicas: 3\npatches:\n  - target: {kind: Secret, name: db}\n    merge: {stringData: {A: pw}}\n",
            "replicas: 3\npatches:\n  - target: {kind: Secret, name: db}\n    merge: {stringData: …",
        );
        check(
            "patches:\n- target: {kind: Secret}\n  json6902:\n  - op: add\n    path: /stringData/A\n    value: pw\n",
            "patches:\n- target: {kind: Secret}\n  json6902:\n  - op: add\n    path: /stringData/A\n    value: …",
        );
        check(
            "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {pw}\n",
            "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: …\n      …",
        );
    }

    #[test]
    fn patches_that_may_be_of_secrets_are_hidden() {
        check("- {op: add, path: /stringData/A, value: pw}\n", "- {op: add, path: /stringData/A, value: …");
        check("- op: add\n  path: /data/A\n  value: pw\n", "- op: add\n  path: /data/A\n  value: …");
        check("data:\n  A: pw\n", "data:\n  A: …");
        check(
            "kind: Overlay\npatches:\n- target: {name: db}\n  merge:\n    data:\n      A: pw\n",
            "kind: Overlay\npatches:\n- target: {name: db}\n  merge:\n    data:\n      A: …",
        );
        let container = "kind: Deployment\nenv:\n- name: A\n  value: shown\n  mountPath: /data\n";
        check(container, container.trim_end());
    }

    #[test]
    fn a_kind_behind_quotes_tags_and_line_breaks_is_seen() {
        for kind in
            ["kind: 'Secret'", "\"kind\": \"Secret\"", "kind: !!str Secret", "kind:\n  Secret", "kind: &k Secret # x"]
        {
            check(&format!("{kind}\ndata: {{A: pw}}\n"), &format!("{kind}\ndata: …"));
        }
    }

    #[test]
    fn local_literals_are_hidden_and_configuration_is_not() {
        check(
            "secrets:\n  provider: local\n  literals:\n    db:\n      PASSWORD: pw\n      CERT: |\n        a: b\nimages: {}\n",
            "secrets:\n  provider: local\n  literals:\n    db:\n      PASSWORD: …\n      CERT: …\n        …\nimages: {}",
        );
        check("secrets: {provider: local, literals: {db: {P: pw}}}\n", "secrets: {provider: local, literals: …");
        check(
            "secrets: {provider: local, literals: {\n  db: {P: pw}}}\n",
            "secrets: {provider: local, literals: …\n  …",
        );
        check(
            "secretGenerator:\n- name: a\n  literals:\n  - P=pw\nconfigMapGenerator:\n- name: b\n  literals:\n  - A=b\n",
            "secretGenerator:\n- name: a\n  literals:\n  - …\nconfigMapGenerator:\n- name: b\n  literals:\n  - A=b",
        );
    }

    #[test]
    fn a_secret_in_json_is_hidden_whole() {
        check(
            "{\n\"kind\": \"Secret\",\n\"metadata\": {\"name\": \"a\"},\n\"data\": {\n\"A\": \"pw\"\n}\n}\n",
            "{\n\"kind\": \"Secret\",\n\"metadata\": …\n…\n…\n}\n}",
        );
        check("{\"kind\": \"Secret\", \"stringData\": {\"A\": \"pw\"}}", "…");
    }
}
