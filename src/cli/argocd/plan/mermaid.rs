//! A plan as a timeline of Mermaid.

use super::Planned;

/// A timeline of Mermaid: a section for each phase, a period for each wave.
pub(super) fn render(planned: &Planned) -> String {
    let Planned { build, plan, .. } = planned;
    let mut text = format!("timeline\n    title {}\n", safe(&build.name));
    let (mut phase, mut wave) = (None, None);
    for task in &plan.tasks {
        if phase != Some(task.phase) {
            (phase, wave) = (Some(task.phase), None);
            text += &format!("    section {}\n", task.phase.as_str());
        }
        let prune = if task.prune { "prune " } else { "" };
        let object = format!("{prune}{}", safe(&task.resource.id().to_string()));
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
