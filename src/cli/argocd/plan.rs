//! `strata argocd plan`: what Argo CD will do with an overlay, step by step.

use serde::Serialize;

use crate::argocd::health::{self, Done as Health};
use crate::argocd::plan::{self, Note, Plan};
use crate::argocd::sync::{self, Task};
use crate::cli::args::MessageFormat;
use crate::cli::args::argocd::{PlanArguments, PlanFormat};
use crate::cli::{Context, Done, Ended, json};
use crate::pipeline::{self, Rendered, Request};
use crate::resource::Resource;

pub(super) fn run(arguments: &PlanArguments, context: &mut Context) -> Ended {
    let request = Request {
        entries: arguments.paths.clone(),
        cwd: context.env.cwd.clone(),
        set: arguments.set.clone(),
        ..Request::default()
    };
    let outcome = pipeline::build(&request)?;
    if outcome.diagnostics.has_errors() {
        context.show(&outcome.diagnostics, &outcome.sources, MessageFormat::Text);
        return Ok(Done::Errors);
    }
    let text = match arguments.format {
        PlanFormat::Json => {
            let plans: Vec<Plan> = outcome.builds.iter().map(of).collect();
            json::to_text(
                &outcome.builds.iter().zip(&plans).map(|(build, plan)| report(build, plan)).collect::<Vec<_>>(),
            )
        }
        PlanFormat::Text => joined(&outcome.builds, text),
        PlanFormat::Mermaid => joined(&outcome.builds, mermaid),
    };
    context.print(text.as_bytes())?;
    Ok(Done::Fine)
}

fn joined(builds: &[Rendered], one: fn(&Rendered) -> String) -> String {
    builds.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn of(build: &Rendered) -> Plan<'_> {
    plan::of(&build.resources, build.deployed.namespace())
}

/// When Argo CD goes on after a task.
fn until(task: &Task, tasks: &[Task]) -> String {
    if !plan::is_waited_for(task, tasks) {
        return "nobody waits for it".to_owned();
    }
    match health::of(task.resource) {
        Health::Applied => "applied".to_owned(),
        Health::When(when) => when.to_owned(),
        Health::WithCheck(when) => format!("{when}, with the health check installed"),
        Health::Never(why) => format!("never: {why}"),
    }
}

fn text(build: &Rendered) -> String {
    let plan = of(build);
    let steps: std::collections::BTreeSet<_> = plan.tasks.iter().map(|task| (task.phase, task.wave)).collect();
    let mut text =
        format!("{}: {}, in {}", build.name, counted(plan.tasks.len(), "object"), counted(steps.len(), "step"));
    if let Some(application) = build.deployed.application() {
        text += &format!(", as the application {application}");
    }
    text += "\n\n";
    let rows: Vec<[String; 4]> = plan.tasks.iter().map(|task| row(task, &plan.tasks)).collect();
    let head = ["PHASE", "WAVE", "OBJECT", "GOES ON WHEN"].map(str::to_owned);
    text += &table(&head, &rows);
    section(&mut text, "First sync", noted(&plan.first_install));
    section(&mut text, "Later syncs", noted(&plan.upgrade));
    let left_out = |(resource, words): &(&Resource, &str)| format!("{}: its hook is {words}", resource.id());
    section(&mut text, "No part of a sync", plan.left_out.iter().map(left_out));
    section(&mut text, "By hand", plan.by_hand.iter().map(|(_, command)| (*command).to_owned()));
    text
}

fn row(task: &Task, tasks: &[Task]) -> [String; 4] {
    let mut object = task.resource.id().to_string();
    if task.resource.name().is_empty() {
        object += "(generated)";
    }
    if task.hook {
        object += &format!(" (hook, {})", sync::delete_policies(task.resource).join(", "));
    }
    if task.moved {
        object += " (pulled forward)";
    }
    [task.phase.as_str().to_owned(), task.wave.to_string(), object, until(task, tasks)]
}

fn table(head: &[String; 4], rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().chain([head]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (phase, wave, object) = (width(0), width(1), width(2));
    let line = |row: &[String; 4]| format!("{:phase$}  {:>wave$}  {:object$}  {}\n", row[0], row[1], row[2], row[3]);
    std::iter::once(head).chain(rows).map(line).collect()
}

fn section(text: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.map(|line| format!("  {line}\n")).collect();
    if !lines.is_empty() {
        text.push_str(&format!("\n{title}:\n{}", lines.concat()));
    }
}

/// The notes, those that say the same of several objects on one line.
fn noted(notes: &[Note]) -> impl Iterator<Item = String> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for note in notes {
        let object = note.resource.map(|resource| resource.id().to_string());
        match lines.iter_mut().find(|(text, objects)| *text == note.text && !objects.is_empty()) {
            Some((_, objects)) => objects.extend(object),
            None => lines.push((&note.text, object.into_iter().collect())),
        }
    }
    let line = |(text, objects): (&str, Vec<String>)| match objects.is_empty() {
        true => text.to_owned(),
        false => format!("{}: {text}", objects.join(", ")),
    };
    lines.into_iter().map(line).collect::<Vec<_>>().into_iter()
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// A timeline of Mermaid: a section for each phase, a period for each wave.
fn mermaid(build: &Rendered) -> String {
    let plan = of(build);
    let mut text = format!("timeline\n    title {}\n", safe(&build.name));
    let (mut phase, mut wave) = (None, None);
    for task in &plan.tasks {
        if phase != Some(task.phase) {
            (phase, wave) = (Some(task.phase), None);
            text += &format!("    section {}\n", task.phase.as_str());
        }
        let object = safe(&task.resource.id().to_string());
        if wave != Some(task.wave) {
            wave = Some(task.wave);
            text += &format!("        wave {} : {object}\n", task.wave);
        } else {
            text += &format!("                 : {object}\n");
        }
    }
    text
}

/// A text without what Mermaid reads as its own.
fn safe(text: &str) -> String {
    let escaped = |c: char| match c {
        '#' | ':' | ';' => format!("#{};", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    overlay: &'a str,
    application: Option<&'a str>,
    namespace: &'a str,
    steps: Vec<Step<'a>>,
    left_out: Vec<LeftOut<'a>>,
    first_sync: Vec<Said<'a>>,
    later_syncs: Vec<Said<'a>>,
    by_hand: Vec<Command<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    phase: &'static str,
    wave: i64,
    objects: Vec<Object<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    #[serde(flatten)]
    id: Id<'a>,
    hook: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    delete_policies: Vec<&'a str>,
    pulled_forward: bool,
    waited_for: bool,
    until: String,
}

#[derive(Serialize)]
struct Id<'a> {
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct LeftOut<'a> {
    #[serde(flatten)]
    id: Id<'a>,
    hook: &'a str,
}

#[derive(Serialize)]
struct Said<'a> {
    object: Option<Id<'a>>,
    text: &'a str,
}

#[derive(Serialize)]
struct Command<'a> {
    object: Id<'a>,
    command: &'a str,
}

fn id(resource: &Resource) -> Id<'_> {
    let id = resource.id();
    Id { group: &id.gvk.group, kind: &id.gvk.kind, namespace: &id.namespace, name: &id.name }
}

/// The plan of a build for machines.
fn report<'a>(build: &'a Rendered, plan: &'a Plan<'a>) -> Report<'a> {
    let step = |tasks: &'a [Task<'a>]| Step {
        phase: tasks.first().map_or("", |task| task.phase.as_str()),
        wave: tasks.first().map_or(0, |task| task.wave),
        objects: tasks.iter().map(|task| object(task, &plan.tasks)).collect(),
    };
    let steps = plan.tasks.chunk_by(|a, b| (a.phase, a.wave) == (b.phase, b.wave)).map(step).collect();
    let said = |notes: &'a [Note<'a>]| {
        notes.iter().map(|note| Said { object: note.resource.map(id), text: &note.text }).collect()
    };
    Report {
        overlay: &build.name,
        application: build.deployed.application(),
        namespace: build.deployed.namespace(),
        steps,
        left_out: plan.left_out.iter().map(|(resource, hook)| LeftOut { id: id(resource), hook }).collect(),
        first_sync: said(&plan.first_install),
        later_syncs: said(&plan.upgrade),
        by_hand: plan.by_hand.iter().map(|(resource, command)| Command { object: id(resource), command }).collect(),
    }
}

fn object<'a>(task: &Task<'a>, tasks: &[Task]) -> Object<'a> {
    Object {
        id: id(task.resource),
        hook: task.hook,
        delete_policies: if task.hook { sync::delete_policies(task.resource) } else { Vec::new() },
        pulled_forward: task.moved,
        waited_for: plan::is_waited_for(task, tasks),
        until: until(task, tasks),
    }
}
