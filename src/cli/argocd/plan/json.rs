//! A plan for machines.

use serde::Serialize;

use super::{Planned, until};
use crate::argocd::plan::{Change, Note, Plan, is_waited_for};
use crate::argocd::sync::{self, Task};
use crate::cli::json;
use crate::resource::Resource;

/// The plans as a list.
pub(super) fn render(planned: &[Planned]) -> String {
    json::to_text(&planned.iter().map(report).collect::<Vec<_>>())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    overlay: &'a str,
    application: Option<&'a str>,
    namespace: &'a str,
    /// The revision that the sync goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    steps: Vec<Step<'a>>,
    left_out: Vec<LeftOut<'a>>,
    first_sync: Vec<Said<'a>>,
    later_syncs: Vec<Said<'a>>,
    /// What holds for the sync over that of the base.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    this_sync: Vec<Said<'a>>,
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
    /// What becomes of it: new, changed, none, pruned or runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
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
fn report<'a>(planned: &'a Planned<'a>) -> Report<'a> {
    let Planned { build, plan, base } = planned;
    let step = |tasks: &'a [Task<'a>]| Step {
        phase: tasks.first().map_or("", |task| task.phase.as_str()),
        wave: tasks.first().map_or(0, |task| task.wave),
        objects: tasks.iter().map(|task| object(task, plan)).collect(),
    };
    let steps = plan.tasks.chunk_by(|a, b| a.step() == b.step()).map(step).collect();
    let said = |notes: &'a [Note<'a>]| {
        notes.iter().map(|note| Said { object: note.resource.map(id), text: &note.text }).collect()
    };
    let over = plan.is_over_another();
    Report {
        overlay: &build.name,
        application: build.deployed.application(),
        namespace: build.deployed.namespace(),
        base: base.map(|(base, _)| base),
        steps,
        left_out: plan.left_out.iter().map(|(resource, hook)| LeftOut { id: id(resource), hook }).collect(),
        first_sync: said(&plan.first_install),
        later_syncs: if over { Vec::new() } else { said(&plan.upgrade) },
        this_sync: if over { said(&plan.upgrade) } else { Vec::new() },
        by_hand: plan.by_hand.iter().map(|(resource, command)| Command { object: id(resource), command }).collect(),
    }
}

fn object<'a>(task: &Task<'a>, plan: &Plan) -> Object<'a> {
    Object {
        id: id(task.resource),
        hook: task.hook,
        delete_policies: if task.hook { sync::delete_policies(task.resource) } else { Vec::new() },
        pulled_forward: task.moved,
        change: plan.change(task).map(|change| match change {
            Change::Same => "none",
            change => change.as_str(),
        }),
        waited_for: is_waited_for(task, &plan.tasks),
        until: until(task, &plan.tasks),
    }
}
