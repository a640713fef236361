//! The examples of docs/ci.md and the hooks: they are YAML, and every `strata` in them is a command
//! line that can be run.

use std::collections::BTreeSet;

use serde_yaml::Value;
use strata::cli::usage;

use crate::readme::blocks;
use crate::repository::{repository, text};

/// The texts of a YAML value, those of lists and mappings too.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Sequence(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Mapping(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// The command lines of `strata` in a script: after a pipe, `&&`, `$(` or xargs too.
fn commands(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ").replace("${{", "").replace("}}", "");
    let parts = script.lines().flat_map(|line| line.split(['|', ';', '(', ')', '>', '{']));
    let parts = parts.flat_map(|part| part.split("&&")).map(|part| part.split(" #").next().unwrap_or_default());
    let words = parts.map(|part| part.split_whitespace().map(|word| word.trim_matches(['"', '\'', '`']).to_owned()));
    let start = |words: Vec<String>| {
        let at = words.iter().position(|word| word == "strata")?;
        let is_command = at == 0 || ["xargs", "-0"].contains(&words[at - 1].as_str());
        is_command.then(|| words[at..].to_vec())
    };
    words.filter_map(|words| start(words.collect())).collect()
}

/// Checks each command line, and returns the subcommands.
fn check(place: &str, script: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for words in commands(script) {
        if let Err(error) = usage(words.iter().map(Into::into)) {
            panic!("{place}: {words:?}\n{error}");
        }
        names.insert(words[1].clone());
    }
    names
}

#[test]
fn every_command_of_the_page_on_ci_is_one_that_can_be_run() {
    let page = text(&repository().join("docs/ci.md")).unwrap();
    let mut names = BTreeSet::new();
    for block in blocks(&page) {
        let place = format!("docs/ci.md:{}", block.line);
        let mut scripts = Vec::new();
        match block.info.as_str() {
            "yaml" => {
                let value: Value = serde_yaml::from_str(&block.text).unwrap_or_else(|error| panic!("{place}: {error}"));
                texts(&value, &mut scripts);
            }
            "sh" => scripts.push(block.text.clone()),
            other => panic!("{place}: `{other}` is neither YAML nor a script"),
        }
        scripts.iter().for_each(|script| names.extend(check(&place, script)));
    }
    for (line, text) in page.lines().enumerate().filter(|(_, line)| line.starts_with('|')) {
        text.split('`').filter(|part| part.starts_with("strata ")).for_each(|part| {
            names.extend(check(&format!("docs/ci.md:{}", line + 1), part));
        });
    }
    let known = ["affected", "build", "check", "diff", "promote", "set", "snapshot"];
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), known);
}

#[test]
fn the_hooks_for_commits_run_commands_that_there_are() {
    let hooks = text(&repository().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: Vec<Value> = serde_yaml::from_str(&hooks).unwrap();
    let page = text(&repository().join("docs/ci.md")).unwrap();
    for hook in &hooks {
        let field = |name: &str| hook[name].as_str().unwrap_or_else(|| panic!("{name} of {hook:?}"));
        assert_eq!(check("a hook", field("entry")).len(), 1);
        assert!(page.contains(&format!("- id: {}\n", field("id"))), "docs/ci.md does not use {}", field("id"));
        assert!(field("files").contains("overlays|") || field("files").contains("overlays)"));
    }
}
