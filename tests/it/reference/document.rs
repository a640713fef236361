//! The text of docs/model-reference.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use super::{KINDS, example_of, sections};

const HEAD: &str = "\
# Model reference

Every field that can be written, from the types themselves: this file is generated, and a test
compares it. [model.md](model.md) tells how layers fold and why the defaults are what they are;
editors show the same from `schemas/`.

- *layers*: what a later layer does to the field of an earlier one: `by key` merges mappings,
  `replaced` puts the later value in its place, `one of` replaces when another variant is written,
  `guard` stays and `adds` adds to a list. `null` takes away what is no guard.
- *becomes*: where in the manifests the value of the field stands. `pod` is the pod template of
  any workload; a place without a kind is one of many kinds. A field without one changes how others are rendered.
- *Kubernetes: 30* as a default is that of Kubernetes: nothing is rendered.
";

type Reach = BTreeMap<String, Vec<String>>;

struct Reference<'a> {
    schemas: &'a BTreeMap<String, Value>,
    reach: &'a Reach,
    text: String,
    /// The examples that are shown.
    shown: BTreeSet<String>,
    /// The types to tell, with the schema file that has them, and where they are used.
    types: BTreeMap<String, (&'a Value, BTreeSet<String>)>,
}

pub fn document(schemas: &BTreeMap<String, Value>, reach: &Reach, examples: &BTreeMap<String, String>) -> String {
    let mut reference =
        Reference { schemas, reach, text: HEAD.to_owned(), shown: BTreeSet::new(), types: BTreeMap::new() };
    for (kind, file) in KINDS {
        reference.kind(kind, file, examples);
    }
    reference.text.push_str("\n## Types\n");
    // Telling a type may name further ones.
    let mut told = BTreeSet::new();
    loop {
        let next = reference.types.keys().find(|name| !told.contains(*name)).cloned();
        let Some(name) = next else { break };
        reference.find_types(&name);
        told.insert(name);
    }
    for name in told {
        reference.one_type(&name);
    }
    reference.text
}

impl<'a> Reference<'a> {
    fn kind(&mut self, kind: &str, file: &str, examples: &BTreeMap<String, String>) {
        let schema = &self.schemas[&format!("{kind}.schema.json")];
        let _ = write!(self.text, "\n## `{file}`\n\n{}\n", description(schema, schema).0);
        self.table(schema, kind, schema);
        let mut shown: Vec<(String, Vec<String>)> = Vec::new();
        for section in sections(kind) {
            let example = example_of(kind, &section);
            match shown.iter_mut().find(|(known, _)| *known == example) {
                Some((_, of)) => of.push(section),
                None => shown.push((example, vec![section])),
            }
        }
        for (example, of) in shown {
            let of: Vec<String> = of.iter().map(|section| format!("`{section}`")).collect();
            let _ = write!(self.text, "\n### Example: {}\n\n", of.join(", "));
            // An example that shows sections of two kinds is there once.
            match self.shown.insert(example.clone()) {
                true => drop(write!(self.text, "```yaml\n{}```\n\n", examples[&example])),
                false => drop(write!(self.text, "In [{example}.yaml](examples/{example}.yaml), shown above. ")),
            }
            let _ = writeln!(self.text, "It renders [rendered/{example}.yaml](examples/rendered/{example}.yaml).");
        }
    }

    fn table(&mut self, schema: &'a Value, owner: &str, root: &'a Value) {
        self.text.push_str("\n| field | type | default | layers | becomes | |\n|---|---|---|---|---|---|\n");
        for (name, field) in schema["properties"].as_object().unwrap() {
            let required = schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let (told, default) = description(field, root);
            let default = if required { "required".to_owned() } else { default };
            let place = format!("{owner}.{name}");
            let of = self.type_of(field, root, &place);
            let becomes = self.reach.get(&place).map(|places| places.join(", ")).unwrap_or_default();
            let cells = [format!("`{name}`"), of, default, layers(field).to_owned(), becomes, told];
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            let _ = writeln!(self.text, "| {} |", cells.join(" | "));
        }
    }

    /// The type of a field in words; types of their own are told below.
    fn type_of(&mut self, schema: &'a Value, root: &'a Value, place: &str) -> String {
        if let Some(reference) = schema["$ref"].as_str() {
            let Some(name) = reference.strip_prefix("#/$defs/") else { return "[App](#appyaml), in parts".to_owned() };
            let definition = &root["$defs"][name];
            if definition.get("properties").is_some() {
                self.types.entry(name.to_owned()).or_insert((root, BTreeSet::new())).1.insert(place.to_owned());
                return format!("[{name}](#{})", name.to_lowercase());
            }
            return self.type_of(definition, root, place);
        }
        let options: Vec<&Value> = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema[*key].as_array())
            .flatten()
            .filter(|o| o["type"] != "null")
            .collect();
        if !options.is_empty() {
            let mut words: Vec<String> = Vec::new();
            for option in options {
                let word = match option["title"].as_str() {
                    Some(title) if option.get("$ref").is_none() && option.get("enum").is_none() => title.to_owned(),
                    _ => self.type_of(option, root, place),
                };
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            return words.join(" or ");
        }
        if let Some(words) = schema["enum"].as_array() {
            return words.iter().map(|word| format!("`{}`", plain(word))).collect::<Vec<_>>().join(", ");
        }
        if let Some(word) = schema.get("const") {
            return format!("`{}`", plain(word));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|of| *of != "null").collect(),
            Value::String(of) => vec![of],
            _ => return "anything".to_owned(),
        };
        match types.as_slice() {
            ["array"] => format!("list of {}", self.type_of(&schema["items"], root, place)),
            ["object"] if schema["additionalProperties"].is_object() => {
                format!("by name: {}", self.type_of(&schema["additionalProperties"], root, place))
            }
            ["object"] => "mapping".to_owned(),
            ["string"] => "text".to_owned(),
            ["boolean"] => "`true`, `false`".to_owned(),
            ["integer"] => "number".to_owned(),
            types => types.join(" or "),
        }
    }

    /// Finds the types that a type names.
    fn find_types(&mut self, name: &str) {
        let root = self.types[name].0;
        let definition = &root["$defs"][name];
        for (field, schema) in definition["properties"].as_object().unwrap() {
            self.type_of(schema, root, &format!("{name}.{field}"));
        }
    }

    fn one_type(&mut self, name: &str) {
        let (root, used) = self.types[name].clone();
        let definition = &root["$defs"][name];
        let used: Vec<String> = used.iter().map(|place| format!("`{place}`")).collect();
        let (told, _) = description(definition, root);
        let _ = write!(self.text, "\n### {name}\n\n{told} Written in {}.\n", used.join(", "));
        self.table(definition, name, root);
    }
}

fn plain(word: &Value) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

fn layers(field: &Value) -> &'static str {
    match field["x-strata-merge"].as_str() {
        Some("keys") => "by key",
        Some("replace") => "replaced",
        Some("one-of") => "one of",
        Some("guard") => "guard",
        Some("union") => "adds",
        _ => "",
    }
}

/// The description of a field, or of its type, without what other columns tell; and the default.
fn description(field: &Value, root: &Value) -> (String, String) {
    let of_type = || {
        let name = field["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        root["$defs"][name]["description"].as_str()
    };
    let text = field["description"].as_str().or_else(of_type).unwrap_or_default();
    let text = text.split(" Layering: ").next().unwrap_or_default();
    let text = if text.starts_with("Layering: ") { "" } else { text };
    let text = text.replace('\n', " ");
    for (mark, words) in [("(default: ", ""), ("(Kubernetes: ", "Kubernetes: ")] {
        if let Some(start) = text.find(mark)
            && let Some(end) = closing(&text[start..])
        {
            let default = format!("{words}{}", &text[start + mark.len()..start + end]);
            let rest = format!("{}{}", text[..start].trim_end(), &text[start + end + 1..]);
            return (rest, default);
        }
    }
    (text, String::new())
}

/// Where the parenthesis that `text` opens is closed.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some(index),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
