//! ConfigMaps and Secrets made of files, env files and literals.

use std::collections::HashMap;

use ecow::EcoString;

use super::spec::Generator;
use crate::base64;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::origin::Origin;
use crate::project::{Content, FileId, Project, Role};
use crate::tree::{Map, Node, Text};

/// One value: its bytes, where it is written, and where its key or file is named.
struct Value {
    bytes: Vec<u8>,
    origin: Origin,
    named: Origin,
}

impl Value {
    /// A value that is written where it is named.
    fn here(bytes: Vec<u8>, origin: Origin) -> Self {
        Self { bytes, origin, named: origin }
    }
}

/// The values of a generator in their order, each key once.
#[derive(Default)]
struct Values {
    list: Vec<(EcoString, Value)>,
    known: HashMap<EcoString, usize>,
}

impl Values {
    fn add(&mut self, key: &str, value: Value, generator: &Generator) -> Result<()> {
        let other = self.known.insert(key.into(), self.list.len()).and_then(|index| self.list.get(index));
        if let Some((_, other)) = other {
            let message = format!("a {} has the key `{key}` twice", generator.kind);
            let problem = Diagnostic::error("duplicate-key", message).at(value.named);
            return Err(problem.related(other.named, "the other one").into());
        }
        self.list.push((key.into(), value));
        Ok(())
    }
}

/// The object that a generator of the kustomization `file` makes.
pub(super) fn object(generator: &Generator, project: &Project, file: FileId) -> Result<Node> {
    let origin = generator.origin;
    let Some(name) = &generator.name else {
        return Err(Diagnostic::error("missing-field", "a generator needs a `name`").at(origin).into());
    };
    let source = Files { project, file };
    let values = source.values(generator)?;
    let mut metadata = crate::object! { origin; "name": name };
    let options = &generator.options;
    if let Some(map) = metadata.as_map_mut() {
        if let Some(namespace) = &generator.namespace {
            map.push("namespace", namespace.origin, Node::string(namespace.value.clone(), namespace.origin));
        }
        for (key, pairs) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            let mut values = Map::default();
            for (key, value) in pairs {
                values.push(key.value.clone(), key.origin, Node::string(value.value.clone(), value.origin));
            }
            if !values.is_empty() {
                map.push(key, origin, Node::new(values, origin));
            }
        }
    }
    let mut root = crate::object! { origin; "apiVersion": "v1", "kind": generator.kind, "metadata": metadata };
    let Some(map) = root.as_map_mut() else { return Ok(root) };
    if generator.kind == "Secret" {
        let secret_type = generator.secret_type.clone().unwrap_or(Text::new("Opaque", origin));
        map.push("type", secret_type.origin, Node::string(secret_type.value, secret_type.origin));
    }
    let (mut data, mut binary) = (Map::default(), Map::default());
    for (key, value) in values {
        let (at, named) = (value.origin, value.named);
        match String::from_utf8(value.bytes) {
            Ok(text) if generator.kind == "ConfigMap" => data.push(key, named, Node::string(text, at)),
            Ok(text) => data.push(key, named, Node::string(wrapped(text.as_bytes()), at)),
            Err(error) => {
                let to = if generator.kind == "ConfigMap" { &mut binary } else { &mut data };
                to.push(key, named, Node::string(wrapped(error.as_bytes()), at));
            }
        }
    }
    // A Secret has its `data` even when there is none.
    let is_secret = generator.kind == "Secret";
    for (key, map_of) in [("data", data), ("binaryData", binary)] {
        if !map_of.is_empty() || (is_secret && key == "data") {
            map.push(key, origin, Node::new(map_of, origin));
        }
    }
    if options.immutable {
        map.push("immutable", origin, Node::new(true, origin));
    }
    Ok(root)
}

/// Base64 in lines of 70 characters, each with its newline, when it does not fit into one
/// (kustomize: more than 70).
fn wrapped(bytes: &[u8]) -> EcoString {
    const LINE: usize = 70;
    let text = base64::encode(bytes);
    if text.len() <= LINE {
        return text.into();
    }
    let mut out = EcoString::with_capacity(text.len() + text.len() / LINE + 1);
    for line in text.as_bytes().chunks(LINE) {
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
        out.push('\n');
    }
    out
}

/// The files that a kustomization names.
struct Files<'a> {
    project: &'a Project,
    file: FileId,
}

impl Files<'_> {
    /// The values in kustomize's order: env files, literals, files.
    fn values(&self, generator: &Generator) -> Result<Vec<(EcoString, Value)>> {
        let mut values = Values::default();
        for path in &generator.envs {
            let (bytes, start) = self.content(path, path)?;
            for (key, text, offset) in lines(&bytes, path)? {
                let origin = self.inside(generator, start, offset, path.origin);
                let value = Value { bytes: text.into_bytes(), origin, named: path.origin };
                values.add(&key, value, generator)?;
            }
        }
        for literal in &generator.literals {
            let (key, text) = match literal.split_once('=') {
                Some((key, text)) if !key.is_empty() => (key, unquoted(text)),
                _ => {
                    let message = format!("`{literal}` is no literal");
                    let problem = Diagnostic::error("invalid-literal", message).at(literal.origin);
                    return Err(problem.help("write `key=value`").into());
                }
            };
            values.add(key, Value::here(text.into(), literal.origin), generator)?;
        }
        for file in &generator.files {
            let (key, path) = match file.split_once('=') {
                None => (file.rsplit('/').next().unwrap_or(file), file.as_str()),
                Some((key, path)) if !key.is_empty() && !path.is_empty() && !path.contains('=') => (key, path),
                Some(_) => {
                    let message = format!("`{file}` names no file");
                    let problem = Diagnostic::error("invalid-file-source", message).at(file.origin);
                    return Err(problem.help("write `path`, or `key=path`").into());
                }
            };
            let (bytes, start) = self.content(&Text::new(path, file.origin), file)?;
            let origin = self.inside(generator, start, 0, file.origin);
            values.add(key, Value { bytes, origin, named: file.origin }, generator)?;
        }
        Ok(values.list)
    }

    /// The place `offset` bytes behind `start`. What is in the files of a Secret is nobody's to see, so
    /// it stands where the file is named.
    fn inside(&self, generator: &Generator, start: Origin, offset: usize, named: Origin) -> Origin {
        let position = start.position().filter(|_| generator.kind == "ConfigMap");
        position.map_or(named, |position| Origin::source(position + offset as u32))
    }

    /// The bytes of a file, and its start.
    fn content(&self, path: &Text, written: &Text) -> Result<(Vec<u8>, Origin)> {
        let missing = || {
            let message = format!("the file `{path}` of the generator was not read");
            Error::from(Diagnostic::error("file-not-found", message).at(written.origin))
        };
        let file = self.project.linked(self.file, path, Role::Text).first().copied().ok_or_else(missing)?;
        let file = self.project.get(file);
        let bytes = match &file.content {
            Content::Bytes(bytes) => bytes.clone(),
            _ => self.project.text(file).as_bytes().to_vec(),
        };
        Ok((bytes, file.start()))
    }
}

/// The text without the quotes around it.
fn unquoted(text: &str) -> &str {
    let stripped = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    stripped('"').or_else(|| stripped('\'')).unwrap_or(text)
}

/// The variables of an env file: `KEY=value` lines, without comments and empty ones; with each the
/// place of its value in the file.
fn lines(bytes: &[u8], path: &Text) -> Result<Vec<(EcoString, String, usize)>> {
    let invalid = |message: String| Diagnostic::error("invalid-env-file", message).at(path.origin);
    let text = std::str::from_utf8(bytes).map_err(|_| Error::from(invalid(format!("`{path}` is no UTF-8 text"))))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut pairs = Vec::new();
    let mut rest = text.len();
    for raw in text.split_inclusive('\n') {
        let (start, line) = (rest, raw.trim_end_matches('\n'));
        rest -= raw.len();
        let line = line.strip_suffix('\r').filter(|_| raw.ends_with('\n')).unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        // Kustomize takes any name, and passes over a line without one.
        if !key.is_empty() {
            let before = bytes.len() - start;
            let value_start = raw.find('=').filter(|_| line.contains('=')).map_or(0, |equals| equals + 1);
            let offset = before + value_start;
            pairs.push((key.into(), value.to_owned(), offset));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_base64_is_wrapped_at_seventy_characters() {
        assert_eq!(wrapped(&[0; 51]).len(), 68);
        let long = wrapped(&[0; 54]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 2]);
        assert!(long.ends_with('\n'));
    }

    #[test]
    fn an_env_file_has_a_variable_a_line() {
        let path = Text::new("a.env", Origin::source(0));
        let pairs = lines("\u{feff}# c\n A=1=2 \n\nB\n".as_bytes(), &path).unwrap();
        assert_eq!(pairs, [("A".into(), "1=2 ".to_owned(), 10), ("B".into(), String::new(), 16)]);
        assert!(lines(b"=2", &path).unwrap().is_empty());
        assert!(lines(b"A=\xff", &path).is_err());
    }

    #[test]
    fn only_quotes_on_both_sides_are_taken_off() {
        assert_eq!(["\"a\"", "'a'", "\"a'", "\"", "a\""].map(unquoted), ["a", "a", "\"a'", "\"", "a\""]);
    }
}
