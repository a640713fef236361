//! The architecture as absences: who must not import whom, and what the library must not hold.

use std::collections::HashSet;

use crate::repository::{files, repository};

/// The stages; `pipeline` alone brings them together.
const STAGES: [&str; 9] = ["load", "resolve", "lower", "transform", "check", "emit", "kustomize", "import", "explain"];

/// Who may import a stage, which, and why.
const MAY_IMPORT: [(&str, &str, &str); 5] = [
    ("pipeline", "", "it is the flow"),
    ("kustomize", "transform", "its fold applies transforms layer by layer, for that is what kustomize means"),
    ("cli", "emit", "bytes go to stdout, to files and to folders there, and nowhere else"),
    ("cli", "explain", "what is explained is printed"),
    ("cli", "import", "what is imported is built and written, and compared in between"),
];

/// Uses of `serde_json` outside of schemas and JSON messages, with reasons.
const JSON_TEXTS: [(&str, &str); 2] = [
    ("src/kustomize/json.rs", "a patch in brackets that kustomize gives to a reader of JSON"),
    ("src/lower/infisical_secret.rs", "a JSON string is a string of Go templates"),
];

/// Shared state in the library, with reasons. There is none.
const SHARED_STATE: [(&str, &str); 0] = [];

/// A file of src/ without tests and comments, with its lines' numbers.
struct Code {
    path: String,
    lines: Vec<(usize, String)>,
    /// All its lines but those of tests.
    length: usize,
}

impl Code {
    /// The top module that the file is part of: `load` for src/load/disk.rs.
    fn module(&self) -> &str {
        let below = self.path.strip_prefix("src/").unwrap();
        below.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// How many `super::` lead to the crate's root.
    fn depth(&self) -> usize {
        let below = self.path.strip_prefix("src/").unwrap();
        below.split('/').filter(|part| !["mod.rs", "lib.rs", "main.rs"].contains(part)).count()
    }

    /// The top modules that a line names: `crate::x` and what as many `super::` as lead there name.
    fn imports<'c>(&self, line: &'c str) -> Vec<&'c str> {
        let above = "super::".repeat(self.depth());
        let by_super = line.split(above.as_str()).skip(1).filter(|_| self.depth() > 0);
        let named = line.split("crate::").skip(1).chain(by_super);
        named.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()).collect()
    }

    fn lines_with<'c>(&'c self, words: &'c [&str]) -> impl Iterator<Item = String> + 'c {
        let has = |(_, line): &&(usize, String)| words.iter().any(|word| holds(line, word));
        self.lines.iter().filter(has).map(|(number, line)| format!("{}:{number}: {}", self.path, line.trim()))
    }
}

/// Whether `line` holds `word`, not as the end of a longer one (`eprintln!` holds no `println!`).
fn holds(line: &str, word: &str) -> bool {
    let starts_inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !word.starts_with(starts_inside) || !line[..at].ends_with(starts_inside))
}

/// All code of src/ that is not for tests only.
fn code() -> Vec<Code> {
    let root = repository();
    let paths = files(&root.join("src"), |path| path.ends_with(".rs"));
    let mut tests = HashSet::new();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(root.join("src").join(&path)).unwrap();
        let (lines, only_tests) = without_tests(&text);
        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs")) => folder.to_owned(),
            _ => path.trim_end_matches(".rs").to_owned(),
        };
        tests.extend(only_tests.into_iter().map(|name| format!("src/{folder}/{name}")));
        let length = lines.len();
        let is_code = |(_, line): &(usize, String)| !line.trim_start().starts_with("//");
        all.push(Code { path: format!("src/{path}"), lines: lines.into_iter().filter(is_code).collect(), length });
    }
    let is_test = |code: &Code| {
        tests.iter().any(|test| code.path == format!("{test}.rs") || code.path.starts_with(&format!("{test}/")))
    };
    all.retain(|code| !is_test(code));
    assert!(all.len() > 80 && !tests.is_empty(), "{} files, {} for tests", all.len(), tests.len());
    all
}

/// The lines of a file without items under `#[cfg(test)]`, and the modules that are declared so.
fn without_tests(text: &str) -> (Vec<(usize, String)>, Vec<String>) {
    let (mut kept, mut modules) = (Vec::new(), Vec::new());
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.push((index + 1, line.to_owned()));
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let item = lines.by_ref().map(|(_, line)| line).find(|line| !line.trim_start().starts_with("#["));
        let item = item.unwrap_or_default().trim();
        if let Some(module) = item.strip_suffix(';').and_then(|item| item.rsplit_once("mod ")) {
            modules.push(module.1.to_owned());
        }
        if item == "mod tests {" {
            // Tests come last; a text in them may hold what looks like their end.
            break;
        }
        if item.ends_with('{') {
            let end = format!("{}}}", " ".repeat(indent));
            lines.by_ref().find(|(_, line)| *line == end);
        }
    }
    (kept, modules)
}

fn is_in(path: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| path.starts_with(part))
}

#[test]
fn a_stage_imports_no_other_stage_and_nouns_import_none() {
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    for code in code().iter().filter(|code| !["lib", "main"].contains(&code.module())) {
        for (number, line) in &code.lines {
            assert!(!line.contains("crate::{"), "{}:{number}: one line for each module, please", code.path);
            for name in code.imports(line) {
                let is_stage = STAGES.contains(&name) || ["pipeline", "cli"].contains(&name);
                let own = name == code.module();
                let allowed = |(from, to, _): &&(&str, &str, &str)| *from == code.module() && [name, ""].contains(to);
                let by_list = MAY_IMPORT.iter().find(allowed);
                let runs_it = (code.module(), name) == ("cli", "pipeline");
                seen.extend(by_list.map(|(from, to, _)| (*from, *to)).filter(|_| is_stage));
                if is_stage && !own && by_list.is_none() && !runs_it {
                    wrong.push(format!("{}:{number}: {} imports {name}", code.path, code.module()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen.len(), MAY_IMPORT.len(), "an exception that nobody needs any more");
}

#[test]
fn no_json_values_go_between_stages() {
    let words = ["serde_json::Value", "serde_json::Map", "serde_json::{", "use serde_json"];
    let all = code();
    let outside = || all.iter().filter(|code| !is_in(&code.path, &["src/model/", "src/cli/json.rs"]));
    let wrong: Vec<String> = outside().flat_map(|code| code.lines_with(&words)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let using = outside().filter(|code| code.lines_with(&["serde_json"]).next().is_some());
    let using: Vec<&str> = using.map(|code| code.path.as_str()).collect();
    assert_eq!(using, JSON_TEXTS.map(|(path, _)| path));
}

#[test]
fn the_library_prints_nothing() {
    let words = ["println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout", "io::stderr"];
    let all = code();
    let library = all.iter().filter(|code| code.path != "src/main.rs");
    let wrong: Vec<String> = library.flat_map(|code| code.lines_with(&words)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_gives_up_on_input() {
    let words = [".unwrap()", ".expect(", "panic!", "todo!", "unimplemented!", "unreachable!", "assert!", "assert_eq!"];
    let at_compile_time = |line: &String| line.contains("const _: () = assert!(");
    let wrong: Vec<String> = code()
        .iter()
        .flat_map(|code| code.lines_with(&words).collect::<Vec<_>>())
        .filter(|line| !at_compile_time(line))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_library_shares_no_state() {
    let words = [
        "Mutex",
        "RwLock",
        "sync::atomic",
        "static mut",
        "OnceLock",
        "OnceCell",
        "LazyLock",
        "LazyCell",
        "thread_local!",
    ];
    let all = code();
    let library = all.iter().filter(|code| code.path != "src/main.rs");
    let excused = |code: &&Code| SHARED_STATE.iter().any(|(path, _)| *path == code.path);
    let wrong: Vec<String> = library.filter(|code| !excused(code)).flat_map(|code| code.lines_with(&words)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn load_alone_reads_files_and_nothing_asks_the_network() {
    let words = ["std::fs", "fs::read", "File::open"];
    // `emit` and `cli` write; what they read is only what they wrote before.
    let allowed = ["src/load/", "src/emit/", "src/cli/", "src/main.rs"];
    let all = code();
    let outside = all.iter().filter(|code| !is_in(&code.path, &allowed));
    let wrong: Vec<String> = outside.flat_map(|code| code.lines_with(&words)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let words = ["std::net", "std::process::Command", "process::Command", "std::env::var"];
    let wrong: Vec<String> =
        all.iter().filter(|code| code.path != "src/main.rs").flat_map(|code| code.lines_with(&words)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_over_800_lines_and_few_are_over_450() {
    let all = code();
    let long: Vec<&Code> = all.iter().filter(|code| code.length > 450).collect();
    for code in &long {
        println!("note: {} has {} lines without tests", code.path, code.length);
    }
    assert!(long.iter().all(|code| code.length <= 800));
    assert!(long.len() * 10 <= all.len(), "{} of {} files are over 450 lines", long.len(), all.len());
}

#[test]
fn every_rule_of_the_lowering_is_named_told_and_can_be_changed() {
    let rules = strata::lower::rules();
    let mut names = HashSet::new();
    for rule in rules {
        let kebab = rule.name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
        assert!(kebab && names.insert(rule.name), "{}", rule.name);
        assert!(rule.text.len() > 20 && rule.text.ends_with('.'), "{}", rule.name);
        assert!(!rule.change.is_empty() && !rule.change.ends_with('.'), "{}", rule.name);
    }
    assert!(rules.len() > 20);
}

#[test]
fn the_scan_sees_what_it_looks_for() {
    let at = |path: &str| Code { path: path.into(), lines: vec![], length: 0 };
    let (file, module) = (at("src/lower/pod.rs"), at("src/lower/mod.rs"));
    assert_eq!((file.module(), file.imports("use crate::resolve::app::App;")), ("lower", vec!["resolve"]));
    assert_eq!(file.imports("    super::super::emit::yaml::yaml(x)"), ["emit"]);
    assert_eq!(module.imports("use super::check;"), ["check"]);
    assert_eq!(file.imports("use super::check;"), [""; 0]);
    assert!(holds("x.unwrap();", ".unwrap()") && holds("panic!(", "panic!") && !holds("eprintln!(", "println!"));
    let text = "use a;\n#[cfg(test)]\nmod oracle;\nfn b() {}\n#[cfg(test)]\nfn c() {\n    x\n}\nd\n#[cfg(test)]\nmod tests {\n}\ne\n";
    let (lines, modules) = without_tests(text);
    assert_eq!(lines.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 4, 9]);
    assert_eq!(modules, ["oracle"]);
}
