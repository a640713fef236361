//! How much of what is printed leads back to where it comes from, over all snapshots and all cases
//! of the kustomize conformance suite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use strata::explain::{Chains, Found, Places, Reason};
use strata::pipeline::{self, KustomizeOptions, Outcome, Request};
use strata::tree::{Node, Value};

use crate::cli::strata;
use crate::repository::{maximal, repository};

/// Where the conformance suite lies beside the project; a variable says another place.
fn suite() -> Option<PathBuf> {
    let beside = || repository().parent().map(|above| above.join("shared/conformance/kustomize"));
    let folder = std::env::var_os("STRATA_CONFORMANCE").map(PathBuf::from).or_else(beside)?;
    folder.join("cases").is_dir().then_some(folder)
}

/// A copy of the input of a case, with the flags that it asks for.
struct Case {
    name: String,
    folder: tempfile::TempDir,
    dir: String,
    options: KustomizeOptions,
}

/// All cases that render something.
fn cases() -> Vec<Case> {
    let Some(suite) = suite() else {
        println!("skipped: the conformance suite is not beside the project, and STRATA_CONFORMANCE names none");
        return Vec::new();
    };
    let mut found: Vec<PathBuf> =
        std::fs::read_dir(suite.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found.retain(|path| path.join("expected.yaml").is_file() && path.join("input").is_dir());
    found.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let run: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path.join("run.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for entry in walkdir::WalkDir::new(path.join("input")) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(path.join("input")).unwrap());
        match entry.file_type().is_dir() {
            true => std::fs::create_dir_all(to).unwrap(),
            false => {
                let text = std::fs::read(entry.path()).unwrap();
                let root = folder.path().to_str().unwrap();
                let text = String::from_utf8(text).map(|text| text.replace("__CASE_ROOT__", root).into_bytes());
                std::fs::write(to, text.unwrap_or_else(|error| error.into_bytes())).unwrap();
            }
        }
    }
    let options = KustomizeOptions {
        load_anywhere: run["load_restrictor"] == "LoadRestrictionsNone",
        managed_by: run["enable_managedby_label"] == true,
        ..KustomizeOptions::default()
    };
    let dir = run["dir"].as_str().unwrap().to_owned();
    Case { name: path.file_name().unwrap().to_str().unwrap().to_owned(), folder, dir, options }
}

impl Case {
    fn outcome(&self) -> Outcome {
        let entries = vec![PathBuf::from(&self.dir)];
        let cwd = self.folder.path().to_path_buf();
        let request = Request { entries, cwd, kustomize: self.options, traced: true, ..Request::default() };
        pipeline::build(&request).unwrap_or_else(|error| panic!("{}: {error:?}", self.name))
    }
}

fn projects() -> Vec<(String, Outcome)> {
    let built = |root: PathBuf| {
        let cwd = root.clone();
        let request = Request { entries: vec!["overlays".into()], cwd, traced: true, ..Request::default() };
        (root.display().to_string(), pipeline::build(&request).unwrap())
    };
    [repository(), maximal()].map(built).into()
}

/// How leaves lead back: to which reason, and whether at a place.
#[derive(Default)]
struct Count {
    leaves: usize,
    placed: usize,
    ruled: usize,
    lost: Vec<String>,
    reasons: BTreeMap<&'static str, usize>,
}

impl Count {
    fn add(&mut self, name: &str, outcome: &Outcome) {
        for build in &outcome.builds {
            let places = Places::new(&outcome.project, &build.sources, build.file);
            let mut chains = Chains::new(&build.origins, places);
            for resource in &build.resources {
                for leaf in Found::root(&resource.root).leaves() {
                    self.leaves += 1;
                    let steps = chains.steps(&leaf);
                    let Some(newest) = steps.first() else {
                        self.lost.push(format!("{name}: {} {}", resource.id(), leaf.path));
                        continue;
                    };
                    *self.reasons.entry(newest.reason.as_str()).or_default() += 1;
                    match (&newest.place, newest.rule) {
                        (Some(_), _) => self.placed += 1,
                        (None, Some(_)) => self.ruled += 1,
                        (None, None) if newest.reason == Reason::Metadata => self.ruled += 1,
                        (None, None) => self.lost.push(format!("{name}: {} {}", resource.id(), leaf.path)),
                    }
                }
            }
        }
    }

    fn told(&self, what: &str) {
        let Self { leaves, placed, ruled, lost, reasons } = self;
        println!("{what}: {leaves} leaves: {placed} lead to a place, {ruled} to a named rule, {} nowhere", lost.len());
        reasons.iter().for_each(|(reason, count)| println!("  {count:6} {reason}"));
    }
}

#[test]
fn what_is_printed_leads_to_a_place_or_to_a_named_rule() {
    let mut typed = Count::default();
    projects().iter().for_each(|(name, outcome)| typed.add(name, outcome));
    typed.told("snapshots and the project of all fields");
    let mut kustomized = Count::default();
    cases().iter().for_each(|case| kustomized.add(&case.name, &case.outcome()));
    kustomized.told("conformance cases");
    for count in [&typed, &kustomized] {
        assert!(count.lost.len() * 100 <= count.leaves, "{}", count.lost.join("\n"));
    }
    assert!(typed.lost.is_empty(), "{}", typed.lost.join("\n"));
}

/// The documents of a text, by an independent reader; `None` where it cannot read them.
fn parsed(text: &str) -> Option<Vec<serde_json::Value>> {
    use serde::Deserialize;
    serde_yaml::Deserializer::from_str(text).map(|one| serde_json::Value::deserialize(one).ok()).collect()
}

#[test]
fn comments_change_no_data() {
    let mut compared = 0;
    let mut same = |name: &str, cwd: &Path, args: &[&str]| {
        let plain = strata(cwd, &[&["build"], args].concat()).out;
        let annotated = strata(cwd, &[&["build", "--annotate"], args].concat()).out;
        assert_eq!(plain.is_empty(), annotated.is_empty(), "{name}");
        assert_eq!(parsed(&plain), parsed(&annotated), "{name}\n{annotated}");
        compared += plain.lines().count();
        let bare = annotated.lines().filter(|line| !line.contains(" # ")).count();
        assert!(plain.is_empty() || bare < annotated.lines().count(), "{name} has no comment");
    };
    same("snapshots", &repository(), &["overlays"]);
    same("maximal", &maximal(), &["overlays"]);
    for case in cases() {
        let mut args = vec![case.dir.as_str()];
        if case.options.load_anywhere {
            args.extend(["--load-restrictor", "LoadRestrictionsNone"]);
        }
        same(&case.name, case.folder.path(), &args);
    }
    println!("{compared} lines are the same data with comments");
}

/// Whether a scalar may be what is written at the start of `text`.
fn is_written(printed: &str, text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let quoted = |text: &str| {
        let mut documents = serde_yaml::Deserializer::from_str(text);
        let first = documents.next()?;
        <serde_yaml::Value as serde::Deserialize>::deserialize(first).ok()
    };
    let scalar = |value: serde_yaml::Value| match value {
        serde_yaml::Value::String(text) => Some(text),
        serde_yaml::Value::Number(number) => Some(number.to_string()),
        serde_yaml::Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    };
    let encoded = |text: &str| strata::base64::encode(text.as_bytes()) == printed.replace('\n', "");
    text.starts_with(printed)
        || encoded(text)
        || line.split_once('=').is_some_and(|(_, value)| encoded(value.trim_end_matches(['"', '\''])))
        || line.trim_end_matches(',').parse::<f64>().ok().is_some_and(|number| printed.parse() == Ok(number))
        || quoted(line).and_then(scalar).is_some_and(|text| text == printed)
        || text.contains('\n') && text.split_whitespace().next() == printed.split_whitespace().next()
        || line.contains(printed)
}

/// The fields that a generator makes of its own.
const MADE: [&str; 4] = ["apiVersion", "kind", "type", "immutable"];

/// Scalars that YAML 1.1 reads as what is printed, and how they are written.
const OTHER_SPELLINGS: [(&str, &str); 8] = [
    ("8", "010"),
    ("1000", "1_000"),
    ("420", "0644"),
    ("2020-01-01T00:00:00Z", "2020-01-01"),
    ("2001-12-14T21:59:43.1-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("hello", "aGVsbG8="),
    ("", "\"\\u0085\""),
    ("a b", "\"a\\u0085b\""),
];

#[test]
fn what_a_person_wrote_leads_to_where_it_is_written() {
    let (mut right, mut wrong) = (0, Vec::new());
    for case in cases() {
        let outcome = case.outcome();
        for build in &outcome.builds {
            let places = Places::new(&outcome.project, &build.sources, build.file);
            let mut chains = Chains::new(&build.origins, places);
            for resource in &build.resources {
                for leaf in Found::root(&resource.root).leaves() {
                    let node: &Node = leaf.node().unwrap();
                    let (Some(printed), Some(position)) = (node.scalar_text(), node.origin().position()) else {
                        continue;
                    };
                    let text = build.sources.text_from(position).unwrap();
                    // What a generator or plugin adds of its own stands where it is asked for, and so do
                    // the files of a Secret.
                    let reason = chains.newest(node).map(|step| step.reason);
                    let is_made = MADE.contains(&leaf.path.to_string().as_str()) || resource.kind() == "Secret";
                    let is_noted = leaf.path.to_string().contains("config.kubernetes.io/");
                    let is_plugin = is_made && text.starts_with("apiVersion: builtin");
                    if is_noted
                        || is_plugin
                        || reason == Some(Reason::Plugin)
                        || reason == Some(Reason::Generator) && is_made
                    {
                        continue;
                    }
                    let key = leaf.path.to_string();
                    let literal = format!("{}=", key.rsplit('.').next().unwrap_or_default());
                    let is_other = text.starts_with(&literal)
                        || key.starts_with("binaryData")
                        || OTHER_SPELLINGS
                            .iter()
                            .any(|(printed_as, written)| *printed_as == printed.trim() && text.starts_with(written));
                    match is_other || is_written(&printed, text) || matches!(node.value(), Value::Null) {
                        true => right += 1,
                        false => wrong.push(format!(
                            "{}: {} {}: {printed:?} at {:?}",
                            case.name,
                            resource.id(),
                            leaf.path,
                            text.lines().next()
                        )),
                    }
                }
            }
        }
    }
    println!("{right} scalars stand where they lead to, {} do not", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
