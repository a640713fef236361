//! A plan as a table with one object a line, and what there is to know besides.

use std::collections::BTreeSet;

use super::{Planned, until};
use crate::argocd::plan::{Change, Note, Plan};
use crate::argocd::sync::{self, Task};
use crate::resource::Resource;

pub(super) fn render(planned: &Planned) -> String {
    let Planned { build, plan, .. } = planned;
    let steps: BTreeSet<_> = plan.tasks.iter().map(Task::step).collect();
    let mut text =
        format!("{}: {}, in {}", build.name, counted(plan.tasks.len(), "object"), counted(steps.len(), "step"));
    if let Some(application) = build.deployed.application() {
        text += &format!(", as the application {application}");
    }
    text += &since(planned);
    text += "\n\n";
    text += &table(&rows(plan));
    section(&mut text, "First sync", noted(&plan.first_install));
    let later = if plan.is_over_another() { "This sync" } else { "Later syncs" };
    section(&mut text, later, noted(&plan.upgrade));
    let left_out = |(resource, words): &(&Resource, &str)| format!("{}: its hook is {words}", resource.id());
    section(&mut text, "No part of a sync", plan.left_out.iter().map(left_out));
    section(&mut text, "By hand", plan.by_hand.iter().map(|(_, command)| (*command).to_owned()));
    text
}

/// What an earlier sync is to this one.
fn since(planned: &Planned) -> String {
    let count = |change: Change| {
        let tasks = planned.plan.tasks.iter().filter(|task| planned.plan.change(task) == Some(change)).count();
        format!("{tasks} {}", change.as_str())
    };
    match planned.base {
        None => String::new(),
        Some((base, false)) => format!("; it is not in {base}, so this is its first sync"),
        Some((base, true)) => {
            let counts = [Change::New, Change::Changed, Change::Pruned].map(count);
            format!("; since {base} {}", counts.join(", "))
        }
    }
}

/// The lines of the table, the first of them its head.
fn rows(plan: &Plan) -> Vec<Vec<String>> {
    let row = |task: &Task| {
        let change = plan.change(task).map(|change| change.as_str().to_owned());
        let mut row = vec![task.phase.as_str().to_owned(), task.wave.to_string()];
        row.extend(change);
        row.extend([object(task), until(task, &plan.tasks)]);
        row
    };
    let mut head = vec!["PHASE", "WAVE", "OBJECT", "GOES ON WHEN"];
    if plan.is_over_another() {
        head.insert(2, "CHANGE");
    }
    let head = head.into_iter().map(str::to_owned).collect();
    std::iter::once(head).chain(plan.tasks.iter().map(row)).collect()
}

fn object(task: &Task) -> String {
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
    object
}

/// Columns side by side; the second one holds numbers.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            1 => format!("{cell:>width$}"),
            _ => format!("{cell:width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
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
