//! What became of each object.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::places::Places;
use super::trial::{At, Found};
use crate::cli::args::MessageFormat;
use crate::cli::{excerpt, json};
use crate::import::Plan;

/// What an import came to.
#[derive(Serialize)]
pub(super) struct Report {
    app: String,
    environments: Vec<String>,
    files: Vec<String>,
    /// Why overlays say namespace, names, labels and images of no object, when they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    scattered: Option<String>,
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
    /// Where the field is that stands against a field of the model, as `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
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
    /// Where the value comes from, as `file:line:column`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// The rule of Strata whose default is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
}

#[derive(Serialize)]
struct Differs {
    environment: String,
    path: String,
    rule: &'static str,
}

impl Report {
    pub fn new(plan: &Plan, found: &Found, places: &Places, files: Vec<String>) -> Self {
        let objects = (0..plan.subjects.len()).map(|index| object(plan, found, places, index)).collect();
        let scattered = found.scattered.as_ref().map(|why| match places.of(plan, why.at.as_ref()) {
            Some(place) => format!("{} ({place})", why.reason),
            None => why.reason.clone(),
        });
        Self { app: plan.app.clone(), environments: plan.environments.clone(), files, scattered, objects }
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
            text.push_str(&format!("wrote {}\n", shown(output, file)));
        }
        text.push_str(&self.summary(output));
        text
    }

    /// How much is typed, and what to do next.
    fn summary(&self, output: &Path) -> String {
        let typed = self.objects.iter().filter(|object| object.became == "typed").count();
        let patched = self.objects.iter().filter(|object| object.patched.iter().any(|one| one.op != "remove")).count();
        let mut text = format!("\n{typed} of {} objects are typed", self.objects.len());
        match patched {
            0 => text.push('\n'),
            1 => text.push_str(", 1 object has patches\n"),
            _ => text.push_str(&format!(", {patched} objects have patches\n")),
        }
        if let Some(scattered) = &self.scattered {
            let scattered = excerpt::escape(scattered);
            text.push_str(&format!("each environment has manifests of its own, for else {scattered}\n"));
        }
        if let Some(environment) = self.environments.first() {
            let overlay = shown(output, &format!("overlays/{}/{environment}", self.app));
            text.push_str(&format!("next: strata build {overlay}\n"));
        }
        text
    }
}

/// A path below the folder that is written to, from the current one.
fn shown(output: &Path, path: &str) -> String {
    let path = if output == Path::new(".") { path.into() } else { output.join(path) };
    excerpt::escape(&path.display().to_string())
}

impl Object {
    fn text(&self) -> String {
        let why = self.why.as_deref().map(|why| format!(": {}", excerpt::escape(why))).unwrap_or_default();
        let place = self.place.as_deref().map(|place| format!(" ({})", excerpt::escape(place))).unwrap_or_default();
        let mut text = format!("{:<9} {}{why}{place}\n", self.became, excerpt::escape(&self.object));
        if !self.added.is_empty() {
            text.push_str(&format!("          added    {}\n", self.added.join(", ")));
        }
        let without: BTreeSet<&str> = self.patched.iter().filter_map(|one| one.rule).collect();
        if !without.is_empty() {
            let rules: Vec<&str> = without.into_iter().collect();
            text.push_str(&format!("          without  the defaults {}\n", rules.join(", ")));
        }
        let mut lines: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for one in self.patched.iter().filter(|one| one.rule.is_none()) {
            lines.entry(format!("{} {}", one.op, one.path)).or_default().extend(one.place.as_deref());
        }
        for (line, places) in lines {
            let place = places.iter().next().map(|first| match places.len() {
                1 => format!(" ({first})"),
                count => format!(" ({first} and {} more)", count - 1),
            });
            let line = format!("{line}{}", place.unwrap_or_default());
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

fn object(plan: &Plan, found: &Found, places: &Places, index: usize) -> Object {
    let subject = &plan.subjects[index];
    let typed = found.choice.typed.contains(&index);
    let own = !found.choice.fields || subject.base.is_none() || found.choice.own.contains(&index);
    let changes = found.changes.iter().filter(|((_, subject), _)| *subject == index);
    let patched = changes.flat_map(|((place, _), list)| {
        let patched = |change: &crate::import::Change| Patched {
            environment: plan.environments[*place].clone(),
            op: change.op,
            path: change.path.clone(),
            place: change.at.and_then(|at| places.of(plan, Some(&At::Origin { place: *place, at }))),
            rule: change.rule,
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
        place: found.reasons.get(&index).and_then(|why| places.of(plan, why.at.as_ref())),
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
    let reason = match subject.kind.as_str() {
        _ if found.reasons.contains_key(&index) => {
            found.reasons.get(&index).map(|why| why.reason.as_str()).unwrap_or_default()
        }
        "Secret" => "a Secret stays what it is; its values go into this manifest, and into no typed file",
        "Service" => "no typed workload has its selector",
        "ConfigMap" => "it has more than `data`, or `${{`",
        "Deployment" | "StatefulSet" | "CronJob" | "Job" | "Ingress" => "it holds `${{`",
        _ => "objects of this kind are taken as they are",
    };
    reason.to_owned()
}
