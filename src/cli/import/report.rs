//! What became of each object.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::trial::Found;
use crate::cli::args::MessageFormat;
use crate::cli::{excerpt, json};
use crate::import::Plan;

/// What an import came to.
#[derive(Serialize)]
pub(super) struct Report {
    app: String,
    environments: Vec<String>,
    files: Vec<String>,
    objects: Vec<Object>,
}

/// One object.
#[derive(Serialize)]
struct Object {
    object: String,
    /// `typed`, `resource` or `resources` (one for each environment).
    became: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// What Strata renders beside what was there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added: Vec<String>,
    /// What a patch says, because the model does not or says otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    patched: Vec<Patched>,
    /// What renders otherwise, by `--allow-defaults`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<Differs>,
}

#[derive(Serialize, PartialEq)]
struct Patched {
    environment: String,
    op: &'static str,
    path: String,
}

#[derive(Serialize)]
struct Differs {
    environment: String,
    path: String,
    rule: &'static str,
}

impl Report {
    pub fn new(plan: &Plan, found: &Found, files: Vec<String>) -> Self {
        let objects = (0..plan.subjects.len()).map(|index| object(plan, found, index)).collect();
        Self { app: plan.app.clone(), environments: plan.environments.clone(), files, objects }
    }

    /// The report for people, or as JSON.
    pub fn text(&self, format: MessageFormat, output: &Path) -> String {
        if format == MessageFormat::Json {
            return json::to_text(self);
        }
        let mut text = String::new();
        for object in &self.objects {
            text.push_str(&object.text());
        }
        for file in &self.files {
            let path = if output == Path::new(".") { file.into() } else { output.join(file) };
            text.push_str(&format!("wrote {}\n", excerpt::escape(&path.display().to_string())));
        }
        text
    }
}

impl Object {
    fn text(&self) -> String {
        let why = self.why.as_deref().map(|why| format!(": {}", excerpt::escape(why))).unwrap_or_default();
        let mut text = format!("{:<9} {}{why}\n", self.became, excerpt::escape(&self.object));
        if !self.added.is_empty() {
            text.push_str(&format!("          added    {}\n", self.added.join(", ")));
        }
        let lines: BTreeSet<String> = self.patched.iter().map(|one| format!("{} {}", one.op, one.path)).collect();
        for line in lines {
            text.push_str(&format!("          patch    {}\n", excerpt::escape(&line)));
        }
        let lines: BTreeSet<String> =
            self.differs.iter().map(|one| format!("{} by the rule {}", one.path, one.rule)).collect();
        for line in lines {
            text.push_str(&format!("          differs  {}\n", excerpt::escape(&line)));
        }
        text
    }
}

fn object(plan: &Plan, found: &Found, index: usize) -> Object {
    let subject = &plan.subjects[index];
    let typed = found.choice.typed.contains(&index);
    let own = !found.choice.fields || subject.base.is_none() || found.choice.own.contains(&index);
    let changes = found.changes.iter().filter(|((_, subject), _)| *subject == index);
    let patched = changes.flat_map(|((place, _), list)| {
        let patched = |change: &crate::import::Change| Patched {
            environment: plan.environments[*place].clone(),
            op: change.op,
            path: change.path.clone(),
        };
        list.iter().map(patched).collect::<Vec<_>>()
    });
    let defaults = found.defaults.iter().filter(|(_, subject, ..)| *subject == index);
    Object {
        object: plan.name(index).into(),
        became: if typed {
            "typed"
        } else if own {
            "resources"
        } else {
            "resource"
        },
        why: (!typed).then(|| why(plan, found, index)),
        added: found.added.iter().filter(|(subject, _)| *subject == index).map(|(_, what)| what.clone()).collect(),
        patched: patched.collect(),
        differs: defaults
            .map(|(place, _, path, rule)| Differs {
                environment: plan.environments[*place].clone(),
                path: path.clone(),
                rule,
            })
            .collect(),
    }
}

/// Why an object is a manifest.
fn why(plan: &Plan, found: &Found, index: usize) -> String {
    let subject = &plan.subjects[index];
    let reason = match (subject.kind.as_str(), &subject.base) {
        _ if found.reasons.contains_key(&index) => found.reasons.get(&index).map(String::as_str).unwrap_or_default(),
        ("Secret", _) => "a Secret stays what it is; its values go into this manifest, and into no typed file",
        (_, None) => "the base does not have it",
        ("Service", _) => "no typed Deployment has its selector",
        ("ConfigMap", _) => "it has more than `data`, or `${{`",
        ("Deployment", _) => "it holds `${{`",
        _ => "objects of this kind are taken as they are",
    };
    reason.to_owned()
}
