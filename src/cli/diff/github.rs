//! A comparison as annotations of GitHub Actions on the lines that make the difference. One line that
//! changes many overlays has one annotation.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Report;
use super::text::{change, count};
use super::value;
use crate::cli::excerpt;
use crate::cli::github::{data, property};
use crate::diff::{Change, Effect, FieldChange, Matching};
use crate::origin::Location;

/// What is said on one line: the riskiest thing, the words, and the overlays.
#[derive(Default)]
struct Said<'a> {
    effect: Option<Effect>,
    words: BTreeSet<String>,
    overlays: BTreeSet<&'a str>,
}

/// The most sentences of one annotation.
const WORDS: usize = 6;

pub fn render(report: &Report) -> String {
    let mut lines: BTreeMap<(String, usize), Said> = BTreeMap::new();
    for overlay in &report.overlays {
        let mut written = overlay.places();
        for object in &overlay.objects {
            let show = |field: &FieldChange, node| value::shown(node, field.secret);
            let mut told: Vec<(Option<Location>, String)> = Vec::new();
            for field in &object.fields {
                let (old, new) = (show(field, field.old.as_ref()), show(field, field.new.as_ref()));
                let change = change(old.as_deref(), new.as_deref(), field);
                told.push((written.field(field), format!("{}: {}: {change}", object.title(), field.shown_path())));
            }
            if object.fields.is_empty() {
                told.push((written.object(object), format!("{}: {}", object.title(), object.change.as_str())));
            }
            for (place, words) in told {
                // A line of the side before need not be there any more.
                let place = place.filter(|_| object.change != Change::Removed);
                let place = place.filter(|place| !place.path.to_string_lossy().contains(" ("));
                let line = place.map(|place| (place.path.display().to_string(), place.line)).unwrap_or_default();
                let said = lines.entry(line).or_default();
                said.words.insert(words);
                said.overlays.insert(&overlay.name);
                said.effect = said.effect.into_iter().chain([object.effect()]).min();
                said.words.extend(
                    object
                        .findings
                        .iter()
                        .filter(|one| one.effect < Effect::Pruned)
                        .map(|one| format!("{}: {}: {}", object.title(), one.effect.meaning(), one.reason)),
                );
            }
        }
    }
    lines.into_iter().map(|((file, line), said)| annotation(&file, line, &said, report.matching)).collect()
}

fn annotation(file: &str, line: usize, said: &Said, matching: Matching) -> String {
    let effect = said.effect.unwrap_or(Effect::None);
    let level = if effect < Effect::Pruned { "warning" } else { "notice" };
    let mut words: Vec<String> = said.words.iter().take(WORDS).cloned().collect();
    if let Some(more) = said.words.len().checked_sub(WORDS).filter(|more| *more > 0) {
        words.push(format!("and {more} more"));
    }
    let overlays: Vec<&str> = said.overlays.iter().copied().collect();
    words.push(match overlays.as_slice() {
        [one] => format!("in {one}"),
        many => format!("in {}", count(many.len(), "overlay", "overlays")),
    });
    let title = match matching {
        Matching::SameObjects => effect.meaning(),
        Matching::Environments => "differs between environments",
    };
    let message = data(&excerpt::escape_lines(&words.join("\n")));
    let place = match file.is_empty() {
        true => String::new(),
        false => format!("file={},line={line},", property(file)),
    };
    format!("::{level} {place}title={}::{message}\n", property(title))
}
